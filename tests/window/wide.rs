//! A group of very many names in the tree.

use super::*;

/// A file with one group of so many names.
#[derive(Debug)]
struct Wide {
    origin: Origin,
    children: Arc<[Child]>,
    asked: AtomicUsize,
}

impl Wide {
    fn new(count: usize) -> Arc<Self> {
        Arc::new(Self {
            origin: Origin {
                url: "memory:wide".to_owned(),
                validator: Validator::Fixed,
                path: String::new(),
            },
            children: (0..count)
                .map(|index| Child {
                    name: format!("scan_{index:07}"),
                    link: Link::Hard,
                })
                .collect(),
            asked: AtomicUsize::new(0),
        })
    }
}

impl Container for Wide {
    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn format(&self) -> &'static str {
        "memory"
    }

    fn children<'a>(
        &'a self,
        _path: &'a str,
        _cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Arc<[Child]>>> {
        Box::pin(async move { Ok(Arc::clone(&self.children)) })
    }

    fn nodes<'a>(
        &'a self,
        paths: &'a [String],
        _cancel: &'a Cancel,
    ) -> BoxFuture<'a, Vec<Result<Node>>> {
        self.asked.fetch_add(paths.len(), Ordering::Relaxed);
        Box::pin(async move {
            let node = |path: &String| Node {
                path: path.clone(),
                kind: NodeKind::Group,
                attributes: Vec::new(),
                problems: Vec::new(),
            };
            paths.iter().map(|path| Ok(node(path))).collect()
        })
    }

    fn dataset<'a>(
        &'a self,
        path: &'a str,
        _cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Arc<dyn Dataset>>> {
        let error = Error::new(ErrorKind::Usage, format!("read \"{path}\""), "a group");
        Box::pin(async move { Err(error) })
    }
}

/// A tree alone in a window, with its file.
fn tree_of(count: usize) -> (Harness<'static, FileTree>, Arc<Wide>) {
    let wide = Wide::new(count);
    let pools = Pools::start().unwrap();
    let wake: Wake = Arc::new(|| {});
    let tree = FileTree::new(Arc::clone(&wide) as Arc<dyn Container>, &pools, &wake);
    let mut harness = Harness::builder()
        .with_size([300.0, 600.0])
        .with_step_dt(1.0 / 30.0)
        .with_context_setup(hutch_viewers::fonts::install)
        .build_ui_state(
            move |ui, tree: &mut FileTree| {
                tree.ui(ui, &pools, &wake);
            },
            tree,
        );
    let started = Instant::now();
    while harness.state().row_count() < count {
        harness.step();
        assert!(started.elapsed() < LIMIT, "the names are listed");
    }
    (harness, wide)
}

fn one_pass<S>(harness: &mut Harness<'_, S>) -> Duration {
    let fastest = (0..20).map(|_| {
        let started = Instant::now();
        harness.step();
        started.elapsed()
    });
    fastest.min().unwrap_or_default()
}

#[test]
fn a_group_of_a_million_names_costs_the_rows_in_sight() {
    const COUNT: usize = 1_000_000;
    let (mut harness, wide) = tree_of(COUNT);
    let rows = |harness: &Harness<'_, FileTree>| harness.query_all_by_role(Role::TreeItem).count();
    for _ in 0..30 {
        harness.step();
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(rows(&harness) > 10, "the tree is full: {}", rows(&harness));
    assert!(
        rows(&harness) < 100,
        "only rows in sight: {}",
        rows(&harness)
    );
    harness.get_by_label("scan_0000000");
    harness.hover_at(egui::pos2(100.0, 300.0));
    scroll(&mut harness, -1e9);
    assert!(
        rows(&harness) < 100,
        "only rows in sight: {}",
        rows(&harness)
    );
    harness.get_by_label("scan_0999999");
    let asked = wide.asked.load(Ordering::Relaxed);
    assert!(asked < 5000, "details of {asked} nodes were asked for");
    let (mut small, _) = tree_of(100);
    let (large_pass, small_pass) = (one_pass(&mut harness), one_pass(&mut small));
    assert!(
        large_pass < small_pass * 4 + Duration::from_millis(5),
        "a pass of a million names takes {large_pass:?}, one of a hundred {small_pass:?}"
    );
}
