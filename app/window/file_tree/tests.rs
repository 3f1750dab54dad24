use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crossbeam_channel::Receiver;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use hutch_model::{
    BoxFuture, Cancel, Child, Dataset, ErrorKind, Link, Node, NodeKind, Origin, Result, Validator,
};

use super::*;

thread_local! {
    static JOINS: Cell<usize> = const { Cell::new(0) };
    static COMPARISONS: Cell<usize> = const { Cell::new(0) };
}

pub(super) fn count_join() {
    JOINS.set(JOINS.get() + 1);
}

pub(super) fn count_comparison() {
    COMPARISONS.set(COMPARISONS.get() + 1);
}

/// A root of groups with two children each.
#[derive(Debug)]
struct Groups {
    origin: Origin,
    names: Vec<String>,
    is_broken: AtomicBool,
    listed: AtomicUsize,
}

impl Groups {
    fn new(names: Vec<String>) -> Arc<Self> {
        Arc::new(Self {
            origin: Origin {
                url: "file:///a.h5".to_owned(),
                validator: Validator::Fixed,
                path: String::new(),
            },
            names,
            is_broken: AtomicBool::new(false),
            listed: AtomicUsize::new(0),
        })
    }

    fn check(&self, path: &str) -> Result<()> {
        if self.is_broken.load(Ordering::Relaxed) && path != "/" {
            return Err(Error::new(ErrorKind::Unreadable, "read a group", "damaged"));
        }
        Ok(())
    }
}

impl Container for Groups {
    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn format(&self) -> &'static str {
        "test"
    }

    fn children<'a>(
        &'a self,
        path: &'a str,
        _cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Arc<[Child]>>> {
        self.listed.fetch_add(1, Ordering::Relaxed);
        let inner = ["a".to_owned(), "b".to_owned()];
        let names: &[String] = if path == "/" { &self.names } else { &inner };
        let child = |name: &String| Child {
            name: name.clone(),
            link: Link::Hard,
        };
        let children = self.check(path).map(|()| names.iter().map(child).collect());
        Box::pin(async move { children })
    }

    fn nodes<'a>(
        &'a self,
        paths: &'a [String],
        _cancel: &'a Cancel,
    ) -> BoxFuture<'a, Vec<Result<Node>>> {
        let node = |path: &String| Node {
            path: path.clone(),
            kind: NodeKind::Group,
            attributes: Vec::new(),
            problems: Vec::new(),
        };
        let nodes = paths
            .iter()
            .map(|path| self.check(path).map(|()| node(path)))
            .collect();
        Box::pin(async move { nodes })
    }

    fn dataset<'a>(
        &'a self,
        _path: &'a str,
        _cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Arc<dyn Dataset>>> {
        Box::pin(async { Err(Error::new(ErrorKind::Usage, "read", "a group")) })
    }
}

struct Stage {
    groups: Arc<Groups>,
    tree: FileTree,
    pools: Pools,
    wake: Wake,
    wakes: Receiver<()>,
}

impl Stage {
    fn new(names: Vec<String>) -> Self {
        let (woken, wakes) = crossbeam_channel::bounded(1024);
        let wake: Wake = Arc::new(move || woken.try_send(()).unwrap_or_default());
        let pools = Pools::start().unwrap();
        let groups = Groups::new(names);
        let container = Arc::clone(&groups) as Arc<dyn Container>;
        let mut stage = Self {
            groups,
            tree: FileTree::new(container, &pools, &wake),
            pools,
            wake,
            wakes,
        };
        stage.take_answer();
        stage
    }

    fn take_answer(&mut self) {
        self.wakes.recv().expect("the window is woken");
        self.tree.poll();
    }

    fn unfold(&mut self, path: &str) {
        self.tree.unfold(path, &self.pools, &self.wake);
    }
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|index| format!("scan_{index:07}")).collect()
}

fn child(depth: u16, level: u32, child: u32) -> Row {
    Row::Child {
        depth,
        level,
        child,
    }
}

#[test]
fn an_unfolded_child_of_a_million_names_costs_no_path_for_each() {
    const COUNT: usize = 1_000_000;
    let mut stage = Stage::new(names(COUNT));
    stage.unfold("/scan_0500000");
    stage.take_answer();
    assert_eq!(stage.tree.row_count(), COUNT + 2, "its two children show");
    assert_eq!(stage.tree.rows[500_000], child(0, 0, 500_000), "the group");
    assert_eq!(stage.tree.rows[500_001], child(1, 1, 0), "its first child");
    assert_eq!(stage.tree.rows[500_002], child(1, 1, 1), "its second child");
    assert_eq!(stage.tree.rows[500_003], child(0, 0, 500_001), "the next");
    assert_eq!(JOINS.get(), 0, "no path is put together");
    let found = COMPARISONS.get();
    assert!(found <= 32, "{found} names were looked at");

    stage.tree.is_stale = true;
    stage.tree.poll();
    assert_eq!(COMPARISONS.get(), found, "a child is looked for once");
}

#[test]
fn children_are_found_in_a_group_that_is_not_sorted() {
    let made = ["z", "m", "a", "k"].map(str::to_owned);
    let mut stage = Stage::new(made.to_vec());
    for path in ["/z", "/k", "/not there"] {
        stage.unfold(path);
        stage.take_answer();
    }
    let expected = [
        child(0, 0, 0),
        child(1, 1, 0),
        child(1, 1, 1),
        child(0, 0, 1),
        child(0, 0, 2),
        child(0, 0, 3),
        child(1, 2, 0),
        child(1, 2, 1),
    ];
    assert_eq!(stage.tree.rows, expected, "in the order of the file");
}

#[test]
fn folding_and_unfolding_keeps_one_level_and_reads_once() {
    let mut stage = Stage::new(names(3));
    stage.unfold("/scan_0000001");
    stage.take_answer();
    for _ in 0..100 {
        stage.tree.fold("/scan_0000001");
        stage.unfold("/scan_0000001");
    }
    stage.tree.poll();
    assert_eq!(stage.tree.row_count(), 5, "its children show");
    assert_eq!(stage.tree.levels.len(), 2, "the root and the group");
    let listed = stage.groups.listed.load(Ordering::Relaxed);
    assert_eq!(listed, 2, "each was read once");
}

#[test]
fn details_that_failed_are_asked_for_again_when_seen_later() {
    let mut stage = Stage::new(names(1));
    stage.groups.is_broken.store(true, Ordering::Relaxed);
    let start = Instant::now();
    let see = |stage: &mut Stage, secs: u64| {
        let now = start + Duration::from_secs(secs);
        let container = Arc::clone(&stage.tree.container);
        let level = &mut stage.tree.levels[0];
        level.want(0, now);
        level.ask_for_wanted(&container, &stage.pools, &stage.wake);
        if level.is_asking() {
            stage.wakes.recv().expect("the window is woken");
            level.poll(now);
            return true;
        }
        false
    };
    assert!(see(&mut stage, 0), "what is unknown is asked for");
    assert!(!see(&mut stage, 4), "a failure stands for a while");
    assert!(see(&mut stage, 5), "then it is asked for again");
    assert!(!see(&mut stage, 14), "the next wait is longer");
    stage.groups.is_broken.store(false, Ordering::Relaxed);
    assert!(see(&mut stage, 15), "and it is asked for once more");
    let details = stage.tree.levels[0].details(0);
    assert!(matches!(details, Some(Ok(_))), "now it is known");
    assert!(!see(&mut stage, 10_000), "what is known is kept");
}

#[test]
fn a_group_that_cannot_be_read_says_so_and_a_click_tries_again() {
    let mut stage = Stage::new(names(2));
    stage.groups.is_broken.store(true, Ordering::Relaxed);
    stage.unfold("/scan_0000000");
    stage.take_answer();
    let groups = Arc::clone(&stage.groups);
    let wakes = stage.wakes.clone();
    let mut harness = Harness::builder()
        .with_size([300.0, 600.0])
        .with_context_setup(hutch_viewers::fonts::install)
        .build_ui_state(
            |ui, stage: &mut Stage| {
                stage.tree.ui(ui, &stage.pools, &stage.wake);
            },
            stage,
        );
    let title = ErrorKind::Unreadable.title();
    groups.is_broken.store(false, Ordering::Relaxed);
    harness.get_by_label(title).click();
    harness.step();
    // The names, and the details of the rows in sight, come in any order.
    while harness.state().tree.row_count() != 4 {
        wakes.recv().expect("the window is woken");
        harness.step();
    }
    assert!(harness.query_by_label(title).is_none(), "it was read");
}

#[test]
fn after_a_sign_in_what_failed_is_read_again() {
    let mut stage = Stage::new(names(2));
    stage.groups.is_broken.store(true, Ordering::Relaxed);
    stage.unfold("/scan_0000000");
    stage.take_answer();
    let failed = Row::Failed { depth: 1, level: 1 };
    assert_eq!(stage.tree.rows[1], failed, "a row says what went wrong");
    stage.groups.is_broken.store(false, Ordering::Relaxed);
    stage.tree.retry_failed(&stage.pools, &stage.wake);
    stage.take_answer();
    assert_eq!(stage.tree.row_count(), 4, "its children show");
}
