//! The masks of detectors: read once, shared by all frames.

use std::sync::{Arc, Mutex, PoisonError};

use hutch_model::{BlockState, Cancel, Dataset, Error, ErrorKind, Origin, Result, Slab, read_slab};
use tokio::sync::OnceCell;

/// Masks that are kept at once.
const KEPT: usize = 4;
/// A mask of more pixels is no mask of a frame.
const PIXELS_MAX: u64 = 1 << 28;

/// True where a pixel is masked, row by row.
type Mask = Arc<[bool]>;

/// The masks that were read last, the newest at the end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Masks(Arc<Mutex<Vec<Kept>>>);

/// Where a mask is, and its pixels once they are read.
type Kept = (Origin, Arc<OnceCell<Mask>>);

impl Masks {
    /// The mask of a frame: that of all frames, or the part of one that has the
    /// shape of the data.
    ///
    /// # Errors
    /// Those of reading the mask; [`ErrorKind::Partial`] where a part of it is
    /// missing, since without it other pixels would count.
    pub(crate) async fn get(
        &self,
        mask: &dyn Dataset,
        slab: &Slab,
        cancel: &Cancel,
    ) -> Result<Mask> {
        let shape = &mask.info().shape;
        if mask.info().frame_count() > 1 && shape.len() == slab.count.len() {
            return read(mask, slab, cancel).await;
        }
        let kept = self.kept(mask.origin());
        let whole = Slab::whole(shape);
        let mask = kept.get_or_try_init(|| read(mask, &whole, cancel)).await?;
        Ok(Arc::clone(mask))
    }

    fn kept(&self, origin: &Origin) -> Arc<OnceCell<Mask>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().position(|(known, _)| known == origin);
        let entry = match found {
            Some(at) => kept.remove(at),
            None => (origin.clone(), Arc::default()),
        };
        let cell = Arc::clone(&entry.1);
        kept.push(entry);
        let excess = kept.len().saturating_sub(KEPT);
        kept.drain(..excess);
        cell
    }
}

async fn read(mask: &dyn Dataset, slab: &Slab, cancel: &Cancel) -> Result<Mask> {
    let fail = |kind, why: String| {
        let tried = format!("read the mask \"{}\"", mask.origin());
        Err(Error::new(kind, tried, why))
    };
    if slab.element_count()? > PIXELS_MAX {
        return fail(ErrorKind::Limit, "it is larger than any frame".to_owned());
    }
    let block = read_slab(mask, slab, cancel).await?;
    if let BlockState::Missing(why) = block.state {
        return fail(ErrorKind::Partial, why);
    }
    let samples = &block.samples;
    Ok((0..samples.len())
        .map(|pixel| samples.get_f64(pixel) != 0.0)
        .collect())
}
