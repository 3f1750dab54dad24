//! Frames that become one.

use std::collections::HashSet;

use hutch_model::{
    BlockState, BoxFuture, DatasetInfo, EncodedSlab, ErrorKind, Origin, Samples, Validator,
};

use super::*;
use crate::{FramePixels, prepare_frame};

/// A stack of which only the shape is asked for.
#[derive(Debug)]
struct ShapeOnly(DatasetInfo, Origin);

impl ShapeOnly {
    fn stack(shape: [u64; 3]) -> Arc<dyn Dataset> {
        let info = DatasetInfo {
            shape: shape.to_vec(),
            element: Samples::F64(Vec::new()).element(),
            stored: String::new(),
            chunk_shape: None,
            filters: Vec::new(),
            layout: "contiguous".to_owned(),
            size_bytes: None,
            unreadable: None,
        };
        let origin = Origin {
            url: "memory:stack".to_owned(),
            validator: Validator::Fixed,
            path: "/data".to_owned(),
        };
        Arc::new(Self(info, origin))
    }
}

impl Dataset for ShapeOnly {
    fn info(&self) -> &DatasetInfo {
        &self.0
    }

    fn origin(&self) -> &Origin {
        &self.1
    }

    fn fetch<'a>(&'a self, slab: &'a Slab, _: &'a Cancel) -> BoxFuture<'a, Result<EncodedSlab>> {
        let slab = slab.clone();
        Box::pin(async move {
            Ok(EncodedSlab {
                slab,
                pieces: Vec::new(),
                parts: Vec::new(),
                read_bytes: 0,
            })
        })
    }

    fn decode(&self, _encoded: &EncodedSlab) -> Result<Block> {
        Err(Error::new(ErrorKind::Internal, "decode", "nothing is here"))
    }
}

/// Memory that has every block at the second asking, and runs work at once.
#[derive(Default)]
struct Slow(HashSet<Slab>);

impl Resident for Slow {
    fn block(
        &mut self,
        _dataset: &Arc<dyn Dataset>,
        slab: &Slab,
        _priority: Priority,
    ) -> Residence<Block> {
        if self.0.insert(slab.clone()) {
            return Residence::Waiting(crate::Wait::Queued);
        }
        let frame = slab.start[0] as f64;
        Residence::Here(Arc::new(Block {
            shape: vec![1, 4, 4],
            samples: Samples::F64(vec![frame; 16]),
            state: BlockState::Present,
        }))
    }

    fn frame(
        &mut self,
        _dataset: &Arc<dyn Dataset>,
        _pixels: &crate::Pixels,
        _slab: &Slab,
        _priority: Priority,
    ) -> Residence<PreparedFrame> {
        Residence::Waiting(crate::Wait::Queued)
    }

    fn retry(&mut self, _origin: &Origin) {}

    fn run(
        &mut self,
        _priority: Priority,
        _label: &str,
        _cancel: Cancel,
        work: Box<dyn FnOnce() -> Result<()> + Send>,
    ) {
        work().unwrap();
    }
}

/// A frame of that stack.
fn like() -> Arc<PreparedFrame> {
    let block = Block {
        shape: vec![4, 4],
        samples: Samples::F64(vec![0.0; 16]),
        state: BlockState::Present,
    };
    Arc::new(prepare_frame(block, &FramePixels::default()).unwrap())
}

#[test]
fn blocks_that_are_slow_to_come_still_count_once_each() {
    let data = ShapeOnly::stack([20, 4, 4]);
    let like = like();
    let (mut resident, mut stack) = (
        Slow::default(),
        Stack::new(Choice {
            kind: Reduction::Sum,
            first: 3,
            last: 17,
            step: 1,
        }),
    );
    for _ in 0..100 {
        stack.step(&mut resident, &data, &like);
    }
    assert!(stack.is_done(), "{:?} of 15", stack.progress());
    let picture = stack.picture().unwrap();
    let expected: u32 = (3..=17).sum();
    let found = picture.samples.get_f64(5);
    assert!(
        (found - f64::from(expected)).abs() < 1e-9,
        "3 to 17: {found}"
    );
}

#[test]
fn a_median_sees_the_frames_until_it_is_exact() {
    let data = ShapeOnly::stack([20, 4, 4]);
    let like = like();
    let (mut resident, mut stack) = (
        Slow::default(),
        Stack::new(Choice {
            kind: Reduction::Median,
            first: 2,
            last: 17,
            step: 1,
        }),
    );
    let mut shares = Vec::new();
    for _ in 0..1000 {
        stack.step(&mut resident, &data, &like);
        let (done, all) = stack.progress();
        shares.push(done as f64 / all as f64);
    }
    assert!(stack.is_done(), "{:?}", stack.progress());
    let picture = stack.picture().unwrap();
    let found = picture.samples.get_f64(7);
    assert!((found - 9.5).abs() < 1e-12, "2 to 17: {found}");
    assert!(shares.is_sorted(), "progress never goes back: {shares:?}");
    assert!(shares.iter().all(|share| *share <= 1.0), "{shares:?}");
}

#[test]
fn one_frame_in_three_is_taken_where_a_step_says_so() {
    let data = ShapeOnly::stack([20, 4, 4]);
    let mut resident = Slow::default();
    let mut stack = Stack::new(Choice {
        kind: Reduction::Sum,
        first: 1,
        last: 9,
        step: 3,
    });
    for _ in 0..20 {
        stack.step(&mut resident, &data, &like());
    }
    assert_eq!(stack.progress(), (3, 3), "1, 4 and 7");
    let found = stack.picture().unwrap().samples.get_f64(5);
    assert!((found - 12.0).abs() < 1e-9, "{found}");
}
