//! The tree of an open file, read level by level as it is unfolded.

mod level;
mod look;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;

use hutch_model::{Container, Error};
use hutch_viewers::icons::Icon;
use hutch_viewers::theme::{Tone, size};
use hutch_viewers::widgets::{Branch, TreeRow};

use self::level::Level;
use self::look::Look;
use super::builder::Dragged;
use super::fields::FieldKind;
use crate::ask::{Asked, Wake};
use crate::pools::Pools;

/// A row of the flattened tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    /// A child of an unfolded group.
    Child { depth: u16, level: u32, child: u32 },
    /// Says why the names of an unfolded group are not there.
    Failed { depth: u16, level: u32 },
}

/// What a person did in the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TreeAction {
    /// A node was chosen.
    Choose(String),
    /// A node is to be drawn beside the curves of a view.
    AddToCurves(String),
    /// The frames of a view are to be corrected by a node.
    UseAs(FieldKind, String),
}

/// What a person did to a row.
#[derive(Debug, Default)]
struct RowAnswer {
    chosen: Option<String>,
    toggled: Option<String>,
    added: Option<String>,
    field: Option<(FieldKind, String)>,
    /// The level that is to be read again.
    retried: Option<u32>,
}

/// The tree of one open file.
///
/// Only the rows in sight are built, and only their details are asked for; a
/// group of a million names costs a list of numbers.
#[derive(Debug)]
pub struct FileTree {
    container: Arc<dyn Container>,
    /// Groups that were unfolded once; one that is folded keeps its names.
    levels: Vec<Level>,
    known: HashMap<String, u32>,
    /// Paths of the unfolded groups.
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
            levels: Vec::new(),
            known: HashMap::new(),
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

    /// Reads again what failed, as after a sign-in.
    pub fn retry_failed(&mut self, pools: &Pools, wake: &Wake) {
        for level in &mut self.levels {
            level.forget_failures();
            if matches!(level.children, Asked::Failed(_)) {
                level.read(&self.container, pools, wake);
            }
        }
        self.is_stale = true;
    }

    fn unfold(&mut self, path: &str, pools: &Pools, wake: &Wake) {
        if self.open.contains_key(path) {
            return;
        }
        let index = self.known.get(path).copied().unwrap_or_else(|| {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "nobody unfolds 2^32 groups"
            )]
            let index = self.levels.len() as u32;
            let level = Level::reading(path, &self.container, pools, wake);
            self.levels.push(level);
            self.known.insert(path.to_owned(), index);
            index
        });
        if matches!(self.levels[index as usize].children, Asked::Failed(_)) {
            self.levels[index as usize].read(&self.container, pools, wake);
        }
        self.open.insert(path.to_owned(), index);
        self.is_stale = true;
    }

    fn fold(&mut self, path: &str) {
        self.open.remove(path);
        self.is_stale = true;
    }

    /// Takes the answers that came.
    pub fn poll(&mut self) {
        let now = Instant::now();
        for level in &mut self.levels {
            self.is_stale |= level.poll(now);
        }
        if self.is_stale {
            self.flatten();
        }
    }

    fn flatten(&mut self) {
        self.is_stale = false;
        let unfolded = self.unfolded_children();
        let mut rows = std::mem::take(&mut self.rows);
        rows.clear();
        if let Some(&root) = self.open.get("/") {
            self.flatten_level(root, 0, &unfolded, &mut rows);
        }
        self.rows = rows;
    }

    /// For each level its unfolded children: where they stand and their level.
    ///
    /// It goes through what is unfolded, never through the names of a group.
    fn unfolded_children(&mut self) -> HashMap<u32, Vec<(u32, u32)>> {
        let mut unfolded: HashMap<u32, Vec<(u32, u32)>> = HashMap::new();
        for (path, &index) in &self.open {
            let Some((parent, name)) = split(path) else {
                continue;
            };
            let Some(&parent) = self.open.get(parent) else {
                continue;
            };
            if let Some(place) = self.levels[parent as usize].place_of(name) {
                let children = unfolded.entry(parent).or_default();
                let at = children.partition_point(|&(other, _)| other < place);
                children.insert(at, (place, index));
            }
        }
        unfolded
    }

    fn flatten_level(
        &self,
        level: u32,
        depth: u16,
        unfolded: &HashMap<u32, Vec<(u32, u32)>>,
        rows: &mut Vec<Row>,
    ) {
        let names = match &self.levels[level as usize].children {
            Asked::Here(names) => names,
            Asked::Failed(_) => {
                rows.push(Row::Failed { depth, level });
                return;
            }
            Asked::Waiting(_) => return,
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a group has under 2^32 names"
        )]
        let count = names.len() as u32;
        let row = |child: u32| Row::Child {
            depth,
            level,
            child,
        };
        rows.reserve(names.len());
        let mut next = 0;
        for &(place, child_level) in unfolded.get(&level).into_iter().flatten() {
            rows.extend((next..=place).map(row));
            next = place + 1;
            self.flatten_level(child_level, depth.saturating_add(1), unfolded, rows);
        }
        rows.extend((next..count).map(row));
    }

    /// Draws the rows in sight.
    pub fn ui(&mut self, ui: &mut egui::Ui, pools: &Pools, wake: &Wake) -> Option<TreeAction> {
        self.poll();
        if let Some(&root) = self.open.get("/") {
            match &self.levels[root as usize].children {
                Asked::Waiting(_) => {
                    ui.weak("Reading the file …");
                }
                Asked::Here(children) if children.is_empty() => {
                    ui.weak("This file is empty.");
                }
                // What failed has a row of its own.
                Asked::Here(_) | Asked::Failed(_) => {}
            }
        }
        let mut answer = RowAnswer::default();
        let total = self.rows.len();
        ui.spacing_mut().item_spacing.y = 0.0;
        egui::ScrollArea::vertical()
            .auto_shrink([false, true])
            .show_rows(ui, size::ROW, total, |ui, range| {
                for index in range {
                    match self.rows.get(index) {
                        Some(&Row::Child {
                            depth,
                            level,
                            child,
                        }) => self.child_ui(ui, (level, child), depth, &mut answer),
                        Some(&Row::Failed { depth, level }) => {
                            if let Asked::Failed(error) = &self.levels[level as usize].children
                                && failed_ui(ui, depth, error)
                            {
                                answer.retried = Some(level);
                            }
                        }
                        None => {}
                    }
                }
            });
        for level in &mut self.levels {
            level.ask_for_wanted(&self.container, pools, wake);
        }
        if let Some(level) = answer.retried {
            self.levels[level as usize].read(&self.container, pools, wake);
            self.is_stale = true;
        }
        if let Some(path) = answer.toggled {
            if self.open.contains_key(&path) {
                self.fold(&path);
            } else {
                self.unfold(&path, pools, wake);
            }
        }
        if self.is_stale {
            ui.ctx().request_repaint();
        }
        let added = answer.added.map(TreeAction::AddToCurves);
        let field = answer.field;
        let field = field.map(|(kind, path)| TreeAction::UseAs(kind, path));
        added.or(field).or(answer.chosen.map(TreeAction::Choose))
    }

    fn child_ui(
        &mut self,
        ui: &mut egui::Ui,
        (level, place): (u32, u32),
        depth: u16,
        row_answer: &mut RowAnswer,
    ) {
        let level = &mut self.levels[level as usize];
        level.want(place, Instant::now());
        let Some(child) = level.child(place) else {
            return;
        };
        let path = join(&level.path, &child.name);
        let look = Look::of(child, level.details(place));
        let branch = match (look.is_group, self.open.contains_key(&path)) {
            (false, _) => Branch::Leaf,
            (true, true) => Branch::Open,
            (true, false) => Branch::Closed,
        };
        let is_selected = self.selected.as_deref() == Some(path.as_str());
        let mut tree_row = TreeRow::new(&child.name)
            .depth(usize::from(depth))
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
        if !look.is_group {
            // Onto a place of a plot that is being put together.
            let grip = answer.response.interact(egui::Sense::drag());
            grip.dnd_set_drag_payload(Dragged(self.container.origin().at(&path)));
        }
        answer.response.context_menu(|ui| {
            if ui.button("Add to the curves").clicked() {
                row_answer.added = Some(path.clone());
            }
            for kind in FieldKind::ALL {
                if ui.button(format!("Use as {}", kind.name())).clicked() {
                    row_answer.field = Some((kind, path.clone()));
                }
            }
        });
        if answer.toggled || (look.is_group && answer.response.double_clicked()) {
            row_answer.toggled = Some(path.clone());
        }
        if answer.response.clicked() && !answer.toggled {
            row_answer.chosen = Some(path.clone());
            self.selected = Some(path);
        }
    }
}

/// The row of a group whose names cannot be had; says whether it was clicked.
fn failed_ui(ui: &mut egui::Ui, depth: u16, error: &Error) -> bool {
    let answer = TreeRow::new(error.kind.title())
        .depth(usize::from(depth))
        .icon(Icon::Refresh)
        .icon_tone(Tone::Attention)
        .right("try again")
        .right_tone(Tone::Attention)
        .tooltip(&format!("{error}\n{}", error.kind.advice()))
        .show(ui);
    answer.response.clicked()
}

/// The path of a child.
pub fn join(parent: &str, name: &str) -> String {
    #[cfg(test)]
    tests::count_join();
    if parent == "/" {
        format!("/{name}")
    } else {
        format!("{parent}/{name}")
    }
}

/// The parent and the name of a path; the root has none.
fn split(path: &str) -> Option<(&str, &str)> {
    let (parent, name) = path.rsplit_once('/')?;
    let parent = if parent.is_empty() { "/" } else { parent };
    (!name.is_empty()).then_some((parent, name))
}
