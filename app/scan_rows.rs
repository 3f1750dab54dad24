//! Reading rows of a scan's frames: what a sinogram is made of.

use std::ops::Range;

use hutch_model::{
    Block, BlockState, Cancel, Dataset, Error, ErrorKind, FrameSet, Result, Samples, Slab,
    read_slab,
};
use parking_lot::Mutex;

/// The dataset whose fill values were told last; people are told once.
static TOLD_OF_FILL: Mutex<String> = Mutex::new(String::new());

/// Reads rows `[frame, row, x]` of the frames of a set, in the order of the set.
///
/// Runs of consecutive frames are one slab each, so that a contiguous dataset
/// is read in few, strided requests.
///
/// # Errors
/// Those of reading; [`ErrorKind::Shape`] for a dataset that is no stack;
/// [`ErrorKind::Partial`] where samples are missing at their source and
/// [`ErrorKind::Integrity`] where the file changes, so that neither passes for
/// counts.
pub async fn read_rows(set: &FrameSet, rows: Range<u64>, cancel: &Cancel) -> Result<Samples> {
    let info = set.dataset.info();
    let [_, height, width] = info.shape.as_slice() else {
        return Err(Error::new(
            ErrorKind::Shape,
            format!("read rows of \"{}\"", set.dataset.origin()),
            "it is not a stack of frames [frame, y, x]",
        ));
    };
    let rows = rows.start.min(*height)..rows.end.min(*height);
    let mut samples: Option<Samples> = None;
    for run in runs(&set.frames) {
        let slab = Slab {
            start: vec![run.start, rows.start, 0],
            count: vec![run.end - run.start, rows.end - rows.start, *width],
            step: vec![1; 3],
        };
        let block = read_slab(set.dataset.as_ref(), &slab, cancel).await?;
        check_state(set.dataset.as_ref(), &block, &run)?;
        match &mut samples {
            None => samples = Some(block.samples),
            Some(samples) => samples.append(block.samples)?,
        }
    }
    match samples {
        Some(samples) => Ok(samples),
        None => Samples::zeroed(&info.element, 0),
    }
}

fn check_state(dataset: &dyn Dataset, block: &Block, frames: &Range<u64>) -> Result<()> {
    let origin = dataset.origin().to_string();
    let tried = format!(
        "read the frames {} to {} of \"{origin}\"",
        frames.start,
        frames.end.saturating_sub(1)
    );
    match &block.state {
        BlockState::Present => Ok(()),
        BlockState::Fill => {
            let mut told = TOLD_OF_FILL.lock();
            if *told != origin {
                log::warn!("{tried}: some were never written, and count as the file's fill value");
                *told = origin;
            }
            Ok(())
        }
        BlockState::Missing(why) => Err(Error::new(
            ErrorKind::Partial,
            tried,
            format!("some samples are missing at their source: {why}"),
        )),
        BlockState::Torn => Err(Error::new(
            ErrorKind::Integrity,
            tried,
            "the file changed while it was read",
        )),
    }
}

/// Runs of consecutive frames.
fn runs(frames: &[u64]) -> Vec<Range<u64>> {
    let mut runs: Vec<Range<u64>> = Vec::new();
    for &frame in frames {
        match runs.last_mut() {
            Some(run) if run.end == frame => run.end += 1,
            _ => runs.push(frame..frame + 1),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hutch_model::{BoxFuture, DatasetInfo, ElementType, EncodedSlab, Origin, Validator};

    use super::*;

    #[test]
    fn frames_with_a_gap_are_two_runs() {
        assert_eq!(
            runs(&[3, 4, 5, 9, 10]),
            [3..6, 9..11],
            "a gap between 5 and 9"
        );
        assert_eq!(runs(&[2, 1]), [2..3, 1..2], "backwards is never one run");
    }

    /// A stack of frames whose samples are all in one state.
    #[derive(Debug)]
    struct Stack(BlockState, DatasetInfo, Origin);

    impl Dataset for Stack {
        fn origin(&self) -> &Origin {
            &self.2
        }

        fn info(&self) -> &DatasetInfo {
            &self.1
        }

        fn fetch<'a>(
            &'a self,
            slab: &'a Slab,
            _cancel: &'a Cancel,
        ) -> BoxFuture<'a, Result<EncodedSlab>> {
            let encoded = EncodedSlab {
                slab: slab.clone(),
                pieces: Vec::new(),
                parts: Vec::new(),
                read_bytes: 0,
            };
            Box::pin(async { Ok(encoded) })
        }

        fn decode(&self, encoded: &EncodedSlab) -> Result<Block> {
            let count = usize::try_from(encoded.slab.element_count()?).unwrap();
            Ok(Block {
                shape: encoded.slab.count.clone(),
                samples: Samples::zeroed(&self.1.element, count)?,
                state: self.0.clone(),
            })
        }
    }

    fn read(state: BlockState) -> Result<Samples> {
        let info = DatasetInfo {
            shape: vec![3, 4, 5],
            element: ElementType::U16,
            stored: "uint16".to_owned(),
            chunk_shape: None,
            filters: Vec::new(),
            layout: "contiguous".to_owned(),
            size_bytes: None,
            unreadable: None,
        };
        let origin = Origin {
            url: "memory:stack.h5".to_owned(),
            validator: Validator::Fixed,
            path: "/data".to_owned(),
        };
        let set = FrameSet {
            dataset: Arc::new(Stack(state, info, origin)),
            frames: vec![0, 2],
        };
        pollster::block_on(read_rows(&set, 1..3, &Cancel::new()))
    }

    #[test]
    fn samples_that_are_missing_or_torn_never_pass_for_counts() {
        assert_eq!(
            read(BlockState::Present).unwrap().len(),
            20,
            "two rows of two"
        );
        assert_eq!(read(BlockState::Fill).unwrap().len(), 20, "told, and used");
        let missing = read(BlockState::Missing("no source".to_owned())).unwrap_err();
        assert_eq!(missing.kind, ErrorKind::Partial, "{missing}");
        assert!(missing.why.contains("no source"), "{missing}");
        let torn = read(BlockState::Torn).unwrap_err();
        assert_eq!(torn.kind, ErrorKind::Integrity, "{torn}");
    }
}
