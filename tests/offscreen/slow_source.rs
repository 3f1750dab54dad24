//! A slider over a source that takes its time: no pass waits for it, reads from it or touches a
//! sample, and what left the view is given up.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use crate::window;
use bytes::Bytes;
use hutch_model::{
    Block, BlockState, BoxFuture, Cancel, Dataset, DatasetInfo, ElementType, EncodedPiece,
    EncodedSlab, Node, NodeKind, Origin, Result, Samples, Signal, Slab, Validator,
};
use hutch_viewers::{Subject, TimelineAction};
use parking_lot::Mutex;

const LIMIT: Duration = Duration::from_mins(1);
/// What the source takes for a frame.
const DELAY: Duration = Duration::from_millis(200);
const FRAMES: u64 = 1000;
const EDGE: u64 = 64;

/// A stack of frames, each full of its own number, behind a slow line.
#[derive(Debug)]
struct Slow {
    info: DatasetInfo,
    origin: Origin,
    seen: Seen,
}

/// What happened to the source.
#[derive(Debug, Default)]
struct Seen {
    begun: AtomicUsize,
    cancelled: AtomicUsize,
    /// Threads that fetched or decoded.
    threads: Mutex<Vec<ThreadId>>,
}

impl Slow {
    fn new() -> Self {
        Self {
            info: DatasetInfo {
                shape: vec![FRAMES, EDGE, EDGE],
                element: ElementType::U16,
                stored: "uint16".to_owned(),
                chunk_shape: None,
                filters: Vec::new(),
                layout: "far away".to_owned(),
                size_bytes: None,
                unreadable: None,
            },
            origin: Origin {
                url: "file:///far/away.h5".to_owned(),
                validator: Validator::Fixed,
                path: "/data".to_owned(),
            },
            seen: Seen::default(),
        }
    }

    fn note(&self) {
        self.seen.threads.lock().push(std::thread::current().id());
    }
}

impl Dataset for Slow {
    fn info(&self) -> &DatasetInfo {
        &self.info
    }

    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn fetch<'a>(
        &'a self,
        slab: &'a Slab,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<EncodedSlab>> {
        Box::pin(async move {
            self.note();
            self.seen.begun.fetch_add(1, Ordering::Relaxed);
            let step = Duration::from_millis(5);
            for _ in 0..DELAY.as_millis() / step.as_millis() {
                tokio::time::sleep(step).await;
                if let Err(cancelled) = cancel.check() {
                    self.seen.cancelled.fetch_add(1, Ordering::Relaxed);
                    return Err(cancelled);
                }
            }
            let piece = EncodedPiece {
                key: slab.start[0],
                filter_mask: 0,
                state: BlockState::Present,
                bytes: Bytes::new(),
            };
            Ok(EncodedSlab::of_pieces(slab.clone(), vec![piece]))
        })
    }

    fn decode(&self, encoded: &EncodedSlab) -> Result<Block> {
        self.note();
        let number = u16::try_from(encoded.slab.start[0]).unwrap();
        let count = usize::try_from(encoded.slab.element_count()?).unwrap();
        Ok(Block {
            shape: encoded.slab.count.clone(),
            samples: Samples::U16(vec![number; count]),
            state: BlockState::Present,
        })
    }
}

fn subject(dataset: &Arc<Slow>) -> Subject {
    let data: Arc<dyn Dataset> = Arc::<Slow>::clone(dataset);
    Subject {
        origin: data.origin().clone(),
        container: None,
        node: Node {
            path: "/data".to_owned(),
            kind: NodeKind::Dataset(data.info().clone()),
            attributes: Vec::new(),
            problems: Vec::new(),
        },
        dataset: Some(Arc::clone(&data)),
        signal: Some(Signal::bare(data, "a test")),
        choice: None,
        note: None,
        scan: None,
        way: "far away".to_owned(),
    }
}

mod gpu {
    use super::*;

    #[test]
    fn a_thousand_moves_of_the_slider_never_wait_for_a_slow_source() {
        let home = tempfile::tempdir().unwrap();
        let Some(mut window) = window(home.path()) else {
            return;
        };
        let slow = Arc::new(Slow::new());
        window.state.show_subject(subject(&slow), "image", None);
        let id = window.state.active.unwrap();
        for step in 0..FRAMES {
            // There and back, so that no order of reading ahead helps.
            let frame = (step * 389) % FRAMES;
            let slot = window.state.views.get_mut(&id).unwrap();
            slot.view.on_timeline(TimelineAction::Show(frame));
            window.pass();
        }
        let slot = window.state.views.get_mut(&id).unwrap();
        slot.view.on_timeline(TimelineAction::Show(777));
        window
            .settle(LIMIT, |state| !state.residency.is_loading())
            .unwrap();
        let begun = slow.seen.begun.load(Ordering::Relaxed);
        let cancelled = slow.seen.cancelled.load(Ordering::Relaxed);
        let here = std::thread::current().id();
        let threads = slow.seen.threads.lock();
        assert!(!threads.is_empty(), "somebody read");
        assert!(
            threads.iter().all(|thread| *thread != here),
            "no pass fetched or decoded"
        );
        // The last frame and those that are read ahead of it were read to their end.
        assert!(cancelled > 0, "what left the view was given up");
        assert!(
            begun - cancelled < 200,
            "{begun} were begun and only {cancelled} given up"
        );
        let state = window.state.views[&id].view.state();
        assert!((state.number("frame", -1.0) - 777.0).abs() < 1e-9);
    }

    #[test]
    fn a_film_waits_for_a_source_that_is_slower_than_it() {
        let home = tempfile::tempdir().unwrap();
        let Some(mut window) = window(home.path()) else {
            return;
        };
        let slow = Arc::new(Slow::new());
        window.state.show_subject(subject(&slow), "image", None);
        let id = window.state.active.unwrap();
        window
            .settle(LIMIT, |state| !state.residency.is_loading())
            .unwrap();
        let playback = &mut window.state.playback;
        (playback.playing, playback.fps) = (true, 120.0);
        let began = Instant::now();
        let mut frame = 0.0;
        while frame < 12.0 {
            assert!(began.elapsed() < LIMIT, "it goes on");
            window.pass();
            frame = window.state.views[&id].view.state().number("frame", -1.0);
            std::thread::sleep(Duration::from_millis(2));
        }
        let given_up = slow.seen.cancelled.load(Ordering::Relaxed);
        assert_eq!(given_up, 0, "each frame was seen before the next one");
    }
}
