//! Numbers of contiguous datasets that are read straight into samples: no copy
//! is made after that.

use hutch_hdf5::Layout;
use hutch_model::{
    BlockState, ByteRange, Cancel, Dataset as _, EncodedPart, Landing, Result, Samples, Slab,
};

use super::dataset::Hdf5Dataset;
use super::elements::Elements;
use super::{contiguous, ready};

/// Slabs below this come with the structure of the file or in one read.
const LEAST_BYTES: usize = 128 << 10;
/// Rows that are shorter on average are read together with what lies between.
const ROW_BYTES: usize = 4 << 10;
/// Latency from which on copies do not count.
const FAR_SECS: f64 = 2e-3;

/// Reads a slab into its samples, where it lies in the file in long rows.
pub(super) async fn fetch(
    dataset: &Hdf5Dataset,
    slab: &Slab,
    size: usize,
    cancel: &Cancel,
) -> Result<Option<EncodedPart>> {
    let Some(landings) = landings(dataset, slab, size)? else {
        return Ok(None);
    };
    let count = size / dataset.element_size.max(1);
    let samples = Samples::unspecified(&dataset.info().element, count)?;
    if samples.bytes().len() != size {
        return Ok(None);
    }
    let source = dataset.file.source();
    let samples = source.read_into(&landings, samples, cancel).await?;
    let part = ready::part(dataset, slab, samples, BlockState::Present);
    Ok(Some(part))
}

/// Where the rows of a slab lie and go; none where another way is better.
fn landings(dataset: &Hdf5Dataset, slab: &Slab, size: usize) -> Result<Option<Vec<Landing>>> {
    let (Elements::Numbers(_), Layout::Contiguous { address, .. }) =
        (&dataset.elements, &dataset.stored.layout)
    else {
        return Ok(None);
    };
    let Some(address) = address else {
        return Ok(None);
    };
    if size < LEAST_BYTES || dataset.file.source().cost_hint().latency_secs > FAR_SECS {
        return Ok(None);
    }
    let runs = contiguous::pieces(dataset, *address, slab)?;
    let file_size = dataset.file.metadata.identity().size_bytes;
    let is_here = runs
        .iter()
        .all(|run| run.step == 1 && run.range.end <= file_size);
    if !is_here || runs.len() > size / ROW_BYTES {
        return Ok(None);
    }
    let landings = runs.iter().map(|run| Landing {
        range: ByteRange::new(run.range.start, run.range.end),
        place: run.out_offset,
    });
    Ok(Some(landings.collect()))
}
