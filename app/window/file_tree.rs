//! The tree of an open file, read level by level as it is unfolded.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use hutch_model::{Child, Container, Error, Link, Node, NodeKind, Result};
use hutch_viewers::icons::Icon;
use hutch_viewers::numbers;
use hutch_viewers::theme::{Tone, size};
use hutch_viewers::widgets::{Branch, TreeRow};

use crate::ask::{Ask, Asked, Wake};
use crate::pools::Pools;

/// Details of this many children are asked for at once.
const BATCH: usize = 64;

/// Children whose details are on their way.
#[derive(Debug)]
struct Batch {
    children: Vec<u32>,
    ask: Ask<Vec<Result<Node>>>,
}

/// One unfolded group.
#[derive(Debug)]
struct Level {
    children: Asked<Arc<[Child]>>,
    details: HashMap<u32, Arc<Result<Node>>>,
    batch: Option<Batch>,
    wanted: Vec<u32>,
}

/// A row of the flattened tree.
#[derive(Clone, Copy, Debug)]
struct Row {
    level: u32,
    child: u32,
    depth: u16,
}

/// What a person did in the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TreeAction {
    /// A node was chosen.
    Choose(String),
}

/// The tree of one open file.
///
/// Only the rows in sight are built, and only their details are asked for; a
/// group of a million names costs a list of numbers.
#[derive(Debug)]
pub struct FileTree {
    container: Arc<dyn Container>,
    /// Paths of the unfolded groups, in the order of `levels`.
    paths: Vec<String>,
    levels: Vec<Level>,
    open: BTreeMap<String, u32>,
    rows: Vec<Row>,
    is_stale: bool,
    /// The chosen node.
    pub selected: Option<String>,
}

impl FileTree {
    /// The tree of a file with its root unfolded.
    pub fn new(container: Arc<dyn Container>, pools: &Pools, wake: &Wake) -> Self {
        let mut tree = Self {
            container,
            paths: Vec::new(),
            levels: Vec::new(),
            open: BTreeMap::new(),
            rows: Vec::new(),
            is_stale: true,
            selected: None,
        };
        tree.unfold("/", pools, wake);
        tree
    }

    /// How many rows it has at present.
    pub fn row_count(&self) -> usize {
        self.rows.len()
    }

    /// Unfolds a group and its parents, as far as they are known by name.
    pub fn reveal(&mut self, path: &str, pools: &Pools, wake: &Wake) {
        self.selected = Some(path.to_owned());
        let mut parent = String::from("/");
        for part in path.split('/').filter(|part| !part.is_empty()) {
            self.unfold(&parent, pools, wake);
            parent = join(&parent, part);
        }
    }

    fn unfold(&mut self, path: &str, pools: &Pools, wake: &Wake) {
        if self.open.contains_key(path) {
            return;
        }
        let container = Arc::clone(&self.container);
        let asked = path.to_owned();
        let children = Ask::start(pools, wake, move |cancel| async move {
            container.children(&asked, &cancel).await
        });
        #[expect(
            clippy::cast_possible_truncation,
            reason = "nobody unfolds 2^32 groups"
        )]
        let index = self.levels.len() as u32;
        self.paths.push(path.to_owned());
        self.levels.push(Level {
            children: Asked::Waiting(children),
            details: HashMap::new(),
            batch: None,
            wanted: Vec::new(),
        });
        self.open.insert(path.to_owned(), index);
        self.is_stale = true;
    }

    fn fold(&mut self, path: &str) {
        self.open.remove(path);
        self.is_stale = true;
    }

    /// Takes answers and asks for the details of what was in sight.
    pub fn poll(&mut self, pools: &Pools, wake: &Wake) {
        for (index, level) in self.levels.iter_mut().enumerate() {
            self.is_stale |= level.children.poll();
            if let Some(Batch { children, ask }) = &mut level.batch
                && let Some(answer) = ask.poll()
            {
                match answer {
                    Ok(nodes) => {
                        for (child, node) in children.iter().zip(nodes) {
                            level.details.insert(*child, Arc::new(node));
                        }
                    }
                    Err(error) => {
                        let first = Arc::new(Err(error));
                        for child in children.iter() {
                            level.details.insert(*child, Arc::clone(&first));
                        }
                    }
                }
                level.batch = None;
            }
            if level.batch.is_none() && !level.wanted.is_empty() {
                level.start_batch(&self.container, &self.paths[index], pools, wake);
            }
            level.wanted.clear();
        }
        if self.is_stale {
            self.flatten();
        }
    }

    fn flatten(&mut self) {
        self.is_stale = false;
        self.rows.clear();
        let mut rows = std::mem::take(&mut self.rows);
        self.flatten_level("/", 0, &mut rows);
        self.rows = rows;
    }

    fn flatten_level(&self, path: &str, depth: u16, rows: &mut Vec<Row>) {
        let Some(&level) = self.open.get(path) else {
            return;
        };
        let Some(children) = self.levels[level as usize].children.here() else {
            return;
        };
        // Most groups have no unfolded child; then no path is put together.
        let has_open_child = self
            .open
            .range(prefix(path)..)
            .find(|(next, _)| next.as_str() != path)
            .is_some_and(|(next, _)| next.starts_with(&prefix(path)));
        rows.reserve(children.len());
        for (index, child) in children.iter().enumerate() {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a group has under 2^32 names"
            )]
            rows.push(Row {
                level,
                child: index as u32,
                depth,
            });
            if has_open_child {
                self.flatten_level(&join(path, &child.name), depth.saturating_add(1), rows);
            }
        }
    }

    /// Draws the rows in sight.
    pub fn ui(&mut self, ui: &mut egui::Ui, pools: &Pools, wake: &Wake) -> Option<TreeAction> {
        self.poll(pools, wake);
        if let Some(&root) = self.open.get("/") {
            match &self.levels[root as usize].children {
                Asked::Waiting(_) => {
                    ui.weak("Reading the file …");
                }
                Asked::Failed(error) => {
                    ui.weak(error.to_string());
                }
                Asked::Here(children) if children.is_empty() => {
                    ui.weak("This file is empty.");
                }
                Asked::Here(_) => {}
            }
        }
        let mut action = None;
        let mut toggle = None;
        let total = self.rows.len();
        ui.spacing_mut().item_spacing.y = 0.0;
        egui::ScrollArea::vertical()
            .auto_shrink([false, true])
            .show_rows(ui, size::ROW, total, |ui, range| {
                for index in range {
                    if let Some(&row) = self.rows.get(index) {
                        self.row_ui(ui, row, &mut action, &mut toggle);
                    }
                }
            });
        if let Some(path) = toggle {
            if self.open.contains_key(&path) {
                self.fold(&path);
            } else {
                self.unfold(&path, pools, wake);
            }
            ui.ctx().request_repaint();
        }
        action
    }

    fn row_ui(
        &mut self,
        ui: &mut egui::Ui,
        row: Row,
        action: &mut Option<TreeAction>,
        toggle: &mut Option<String>,
    ) {
        let level = &self.levels[row.level as usize];
        let Some(child) = level
            .children
            .here()
            .and_then(|children| children.get(row.child as usize))
        else {
            return;
        };
        let path = join(&self.paths[row.level as usize], &child.name);
        let details = level.details.get(&row.child).map(Arc::as_ref);
        let look = Look::of(child, details);
        let branch = match (look.is_group, self.open.contains_key(&path)) {
            (false, _) => Branch::Leaf,
            (true, true) => Branch::Open,
            (true, false) => Branch::Closed,
        };
        let is_selected = self.selected.as_deref() == Some(path.as_str());
        let mut tree_row = TreeRow::new(&child.name)
            .depth(usize::from(row.depth))
            .branch(branch);
        // A branch has its arrow where a leaf has its icon, so names line up.
        if !look.is_group {
            tree_row = tree_row.icon(look.icon).icon_tone(look.tone);
        }
        let answer = tree_row
            .right(&look.right)
            .right_tone(look.tone_right)
            .selected(is_selected)
            .tooltip(&look.tooltip)
            .show(ui);
        if answer.toggled || (look.is_group && answer.response.double_clicked()) {
            *toggle = Some(path.clone());
        }
        if answer.response.clicked() && !answer.toggled {
            *action = Some(TreeAction::Choose(path.clone()));
            self.selected = Some(path);
        }
        let level = &mut self.levels[row.level as usize];
        if !level.details.contains_key(&row.child) {
            level.wanted.push(row.child);
        }
    }
}

impl Level {
    fn start_batch(
        &mut self,
        container: &Arc<dyn Container>,
        parent: &str,
        pools: &Pools,
        wake: &Wake,
    ) {
        let Some(children) = self.children.here() else {
            return;
        };
        let asked: Vec<u32> = self.wanted.iter().copied().take(BATCH).collect();
        let paths: Vec<String> = asked
            .iter()
            .filter_map(|&child| children.get(child as usize))
            .map(|child| join(parent, &child.name))
            .collect();
        let container = Arc::clone(container);
        let ask = Ask::start(pools, wake, move |cancel| async move {
            Ok(container.nodes(&paths, &cancel).await)
        });
        self.batch = Some(Batch {
            children: asked,
            ask,
        });
    }
}

/// How a child looks in its row.
struct Look {
    icon: Icon,
    tone: Tone,
    right: String,
    tone_right: Tone,
    tooltip: String,
    is_group: bool,
}

impl Look {
    fn of(child: &Child, details: Option<&Result<Node>>) -> Self {
        let mut look = Self {
            icon: Icon::More,
            tone: Tone::Faint,
            right: String::new(),
            tone_right: Tone::Secondary,
            tooltip: link_text(child),
            is_group: false,
        };
        match details {
            None => {}
            Some(Err(error)) => look.fail(error),
            Some(Ok(node)) => look.describe(node),
        }
        look
    }

    fn fail(&mut self, error: &Error) {
        self.icon = Icon::Unlink;
        let word = match error.kind {
            hutch_model::ErrorKind::NotFound => "absent",
            hutch_model::ErrorKind::Refused => "refused",
            _ => "unreadable",
        };
        word.clone_into(&mut self.right);
        self.tone_right = Tone::Attention;
        self.tooltip = format!("{}{error}", lines(&self.tooltip));
    }

    fn describe(&mut self, node: &Node) {
        match &node.kind {
            NodeKind::Group => {
                self.is_group = true;
                self.icon = Icon::Folder;
                self.tone = Tone::Secondary;
                node.nx_class()
                    .unwrap_or_default()
                    .clone_into(&mut self.right);
                if self.right == "NXdata" {
                    self.icon = Icon::ChartLine;
                    self.tone = Tone::Accent;
                }
            }
            NodeKind::Dataset(info) => {
                (self.icon, self.right) = dataset_look(info);
                self.tone = if info.shape.len() >= 2 {
                    Tone::Accent
                } else {
                    Tone::Faint
                };
                if let Some(why) = &info.unreadable {
                    "unreadable".clone_into(&mut self.right);
                    self.tone_right = Tone::Attention;
                    self.tooltip = format!("{}{why}", lines(&self.tooltip));
                }
            }
            NodeKind::NamedType => {
                self.icon = Icon::Code;
                "type".clone_into(&mut self.right);
            }
        }
    }
}

fn dataset_look(info: &hutch_model::DatasetInfo) -> (Icon, String) {
    let element = info.element.to_string();
    let shape: Vec<String> = info
        .shape
        .iter()
        .map(|&size| numbers::count(size))
        .collect();
    match info.shape.len() {
        0 => (Icon::Hash, element),
        1 => (Icon::ChartLine, format!("{} {element}", shape.join(""))),
        2 => (Icon::Image, shape.join(" × ")),
        _ => (Icon::Images, shape.join(" × ")),
    }
}

fn link_text(child: &Child) -> String {
    match &child.link {
        Link::Hard => child.name.clone(),
        Link::Soft(target) => format!("{} → {target}", child.name),
        Link::External { file, path } => format!("{} → {file}::{path}", child.name),
    }
}

fn lines(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("{text}\n")
    }
}

/// The path of a child.
pub fn join(parent: &str, name: &str) -> String {
    if parent == "/" {
        format!("/{name}")
    } else {
        format!("{parent}/{name}")
    }
}

fn prefix(path: &str) -> String {
    if path == "/" {
        path.to_owned()
    } else {
        format!("{path}/")
    }
}
