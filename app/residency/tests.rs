use std::sync::atomic::{AtomicUsize, Ordering};

use hutch_model::{BlockState, Retry};
use hutch_model::{BoxFuture, DatasetInfo, ElementType, EncodedSlab, Error, Samples, Validator};
use hutch_viewers::Wait;

use super::*;

/// What a dataset of these tests does when it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reads {
    Never,
    AtOnce,
    WithAPanic,
}

#[derive(Debug)]
struct Counts {
    info: DatasetInfo,
    origin: Origin,
    reads: Reads,
    fetches: AtomicUsize,
}

impl Dataset for Counts {
    fn info(&self) -> &DatasetInfo {
        &self.info
    }

    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn fetch<'a>(
        &'a self,
        slab: &'a Slab,
        _cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<EncodedSlab>> {
        self.fetches.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            match self.reads {
                Reads::Never => std::future::pending().await,
                Reads::AtOnce => Ok(EncodedSlab {
                    slab: slab.clone(),
                    pieces: Vec::new(),
                    parts: Vec::new(),
                    read_bytes: 0,
                }),
                Reads::WithAPanic => panic!("chunk 7 of 5"),
            }
        })
    }

    fn decode(&self, _encoded: &EncodedSlab) -> Result<Block> {
        Ok(block())
    }
}

fn counts(reads: Reads) -> Arc<dyn Dataset> {
    Arc::new(Counts {
        info: DatasetInfo {
            shape: vec![1 << 20, 4],
            element: ElementType::U8,
            stored: "uint8".to_owned(),
            chunk_shape: None,
            filters: Vec::new(),
            layout: "contiguous".to_owned(),
            size_bytes: None,
            unreadable: None,
        },
        origin: Origin {
            url: "file:///a.h5".to_owned(),
            validator: Validator::Fixed,
            path: "/data".to_owned(),
        },
        reads,
        fetches: AtomicUsize::new(0),
    })
}

/// Four samples of one byte each.
fn block() -> Block {
    Block {
        shape: vec![1, 4],
        samples: Samples::U8(vec![1, 2, 3, 4]),
        state: BlockState::Present,
    }
}

fn row(index: u64) -> Slab {
    Slab {
        start: vec![index, 0],
        count: vec![1, 4],
        step: vec![1, 1],
    }
}

fn key(dataset: &Arc<dyn Dataset>, index: u64) -> Key {
    Key {
        origin: dataset.origin().clone(),
        order: None,
        slab: row(index),
        form: Form::Block,
        pixels: PixelsKey::default(),
    }
}

struct Stage {
    residency: Residency,
    dataset: Arc<dyn Dataset>,
    wakes: Receiver<()>,
}

impl Stage {
    fn new(reads: Reads) -> Self {
        let (woken, wakes) = crossbeam_channel::bounded(1024);
        let wake: Wake = Arc::new(move || woken.try_send(()).unwrap_or_default());
        let pools = Pools::start().unwrap();
        Self {
            residency: Residency::new(pools, Jobs::default(), 1 << 20, wake),
            dataset: counts(reads),
            wakes,
        }
    }

    /// A pass that wants these rows.
    fn pass(&mut self, rows: std::ops::Range<u64>) -> Vec<Residence<Block>> {
        self.residency.begin_pass();
        let found = rows
            .map(|index| {
                self.residency
                    .block(&self.dataset, &row(index), Priority::Visible)
            })
            .collect();
        self.residency.end_pass();
        found
    }

    fn answer(&mut self, index: u64, generation: u64, result: Result<Block>) {
        self.residency.take(Answer {
            key: key(&self.dataset, index),
            generation,
            result: result.map(Loaded::Block),
        });
    }

    fn used_bytes(&self) -> usize {
        self.residency.memory().0
    }
}

fn failure(kind: ErrorKind) -> Error {
    Error::new(kind, "read the row", "the test says so")
}

#[test]
fn the_end_of_a_cancelled_load_leaves_the_next_one_alone() {
    let mut stage = Stage::new(Reads::Never);
    stage.pass(0..1);
    stage.pass(0..0);
    stage.pass(0..0);
    assert!(!stage.residency.is_loading(), "nobody wants it any more");
    stage.pass(0..1);
    stage.answer(0, 1, Err(failure(ErrorKind::Cancelled)));
    assert!(stage.residency.is_loading(), "the second load goes on");
    stage.answer(0, 1, Ok(block()));
    assert_eq!(stage.used_bytes(), 0, "the first load is not taken");
    stage.answer(0, 2, Ok(block()));
    stage.answer(0, 2, Ok(block()));
    assert_eq!(stage.used_bytes(), 4, "samples are counted once");
    stage.residency.forget_url("file:///a.h5");
    assert_eq!(stage.used_bytes(), 0, "and given back once");
}

#[test]
fn what_is_wanted_comes_and_is_counted() {
    let mut stage = Stage::new(Reads::AtOnce);
    stage.pass(0..1);
    stage.wakes.recv().expect("the window is woken");
    let found = stage.pass(0..1);
    assert!(matches!(&found[..], [Residence::Here(_)]), "it is here");
    assert_eq!(stage.used_bytes(), 4, "four samples of a byte");
}

#[test]
fn a_panic_while_fetching_is_told_and_gives_its_place_free() {
    let rows = IN_FLIGHT as u64 + 1;
    let mut stage = Stage::new(Reads::WithAPanic);
    stage.pass(0..rows);
    for _ in 0..rows {
        stage.wakes.recv().expect("the window is woken");
        stage.pass(0..rows);
    }
    for found in stage.pass(0..rows) {
        let Residence::Failed(error) = found else {
            panic!("every row ends with an error: {found:?}");
        };
        assert_eq!(error.kind, ErrorKind::Internal, "a fault of Hutch");
        assert_eq!(error.why, "chunk 7 of 5", "the words of the panic");
    }
}

#[test]
fn a_load_that_is_dropped_on_its_way_still_answers() {
    let (answer_to, answers) = crossbeam_channel::bounded(1);
    let key = key(&counts(Reads::Never), 0);
    drop(Answering::new(key, 1, answer_to, Arc::new(|| {})));
    let error = answers.try_recv().expect("an answer").result.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Internal, "a fault of Hutch");
}

#[test]
fn failures_that_nobody_wants_let_their_dataset_go() {
    let mut stage = Stage::new(Reads::Never);
    stage.pass(0..1);
    stage.answer(0, 1, Err(failure(ErrorKind::Unreadable)));
    for _ in 0..FAILURE_PASSES {
        stage.pass(0..0);
    }
    assert_eq!(stage.residency.entries.len(), 1, "it is remembered a while");
    stage.pass(0..0);
    assert_eq!(stage.residency.entries.len(), 0, "then it is forgotten");
}

#[test]
fn there_is_a_limit_to_what_is_known_however_small_it_is() {
    let mut stage = Stage::new(Reads::Never);
    let rows = ENTRY_LIMIT as u64 + 100;
    stage.residency.budget_bytes = usize::MAX;
    stage.residency.begin_pass();
    for index in 0..rows {
        drop(
            stage
                .residency
                .block(&stage.dataset, &row(index), Priority::Visible),
        );
        // Nothing was started yet: the generation of every entry is 0.
        stage.answer(index, 0, Ok(block()));
    }
    stage.residency.end_pass();
    assert_eq!(
        stage.residency.entries.len() as u64,
        rows,
        "what this pass wants stays"
    );
    stage.pass(0..10);
    let known = stage.residency.entries.len();
    assert!(known <= ENTRY_LIMIT, "{known} things are known");
    assert_eq!(stage.used_bytes(), 4 * known, "bytes follow the entries");
    let found = stage.pass(0..10);
    assert!(
        found.iter().all(|row| row.here().is_some()),
        "what was wanted stayed"
    );
}

#[test]
fn the_next_retry_is_known_while_somebody_wants_it() {
    let mut stage = Stage::new(Reads::Never);
    assert_eq!(stage.residency.next_retry(), None, "nothing failed");
    stage.pass(0..2);
    stage.answer(0, 1, Err(failure(ErrorKind::Network)));
    stage.answer(1, 2, Err(failure(ErrorKind::Unreadable)));
    stage.pass(0..2);
    let wait = stage.residency.next_retry().expect("a retry");
    assert!(wait <= Duration::from_secs(1), "the first after a second");
    stage.pass(1..2);
    stage.pass(1..2);
    assert_eq!(
        stage.residency.next_retry(),
        None,
        "nobody wants what may pass, and the other will not"
    );
}

#[test]
fn signing_in_goes_on_with_what_waited_for_it() {
    let mut stage = Stage::new(Reads::Never);
    stage.pass(0..2);
    stage.answer(0, 1, Err(failure(ErrorKind::SignIn)));
    let found = stage.pass(0..2);
    assert!(
        matches!(found[0], Residence::Waiting(Wait::SignIn)),
        "it waits for somebody to sign in"
    );
    stage.residency.signed_in();
    stage.wakes.try_recv().expect("the window is woken");
    let found = stage.pass(0..2);
    assert!(
        matches!(found[0], Residence::Waiting(Wait::Queued)),
        "it is asked for again: {:?}",
        found[0]
    );

    // The second row was on its way with the session that had ended.
    stage.answer(1, 2, Err(failure(ErrorKind::SignIn)));
    let found = stage.pass(0..2);
    assert!(
        matches!(found[1], Residence::Waiting(Wait::Queued)),
        "it is asked for again: {:?}",
        found[1]
    );
    let generation = stage.residency.generation;
    stage.answer(1, generation, Err(failure(ErrorKind::SignIn)));
    let found = stage.pass(0..2);
    assert!(
        matches!(found[1], Residence::Waiting(Wait::SignIn)),
        "the new session is not enough: {:?}",
        found[1]
    );
}

#[test]
fn a_file_on_tape_is_looked_for_again() {
    let mut stage = Stage::new(Reads::Never);
    stage.pass(0..1);
    stage.answer(0, 1, Err(failure(ErrorKind::OnTape)));
    let found = stage.pass(0..1);
    assert!(
        matches!(found[..], [Residence::Waiting(Wait::Tape)]),
        "it is on tape"
    );
    let wait = stage.residency.next_retry().expect("a retry");
    assert!(wait <= Duration::from_secs(30), "after half a minute");

    let key = key(&stage.dataset, 0);
    let entry = stage.residency.entries.get_mut(&key).expect("the entry");
    if let State::Failed { retry_at, .. } = &mut entry.state {
        *retry_at = Some(Instant::now());
    }
    stage.pass(0..1);
    assert!(stage.residency.is_loading(), "it is fetched again");
}

#[test]
fn a_failure_that_stays_is_not_tried_again() {
    let mut stage = Stage::new(Reads::Never);
    stage.pass(0..1);
    let error = failure(ErrorKind::Network).with_retry(Retry::Never);
    stage.answer(0, 1, Err(error));
    stage.pass(0..1);
    assert_eq!(stage.residency.next_retry(), None, "it says so itself");
}
