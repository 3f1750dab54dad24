//! Finding names in the open files: every group is looked into, level by level, while results appear.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hutch_model::{Cancel, Container, Link, NodeKind, Result};
use hutch_viewers::icons::Icon;
use hutch_viewers::numbers;
use hutch_viewers::theme::{Tokens, Tone, rich, secondary, size};
use hutch_viewers::widgets::{Branch, TreeRow, search_box};
use parking_lot::Mutex;

use super::file_tree::join;
use super::state::State;
use crate::ask::{Ask, Wake};
use crate::pools::Pools;
use crate::window::panels::Side;

/// Results that are kept; more help nobody.
const RESULTS: usize = 500;
/// Names that are looked at in each file.
const NAMES: u64 = 2_000_000;
/// Nodes whose kind is asked for at once.
const BATCH: usize = 256;
/// Height of the line below a name, and how far it stands in: below the name.
const PLACE: f32 = 16.0;
const INDENT: f32 = 22.0;
/// Nothing is read before typing has paused.
const PAUSE: Duration = Duration::from_millis(200);

/// A name that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    /// Which of the open files, by its address.
    url: String,
    path: String,
}

/// What the search and the window share.
#[derive(Debug, Default)]
struct Progress {
    found: Mutex<Vec<Found>>,
    names: AtomicU64,
    /// Groups that could not be read.
    unread: AtomicU64,
}

/// A search in the open files.
#[derive(Debug, Default)]
pub struct Find {
    text: String,
    typed: Option<Instant>,
    searches: Vec<Ask<()>>,
    progress: Arc<Progress>,
    is_fresh: bool,
    /// Files that are looked into.
    files: usize,
}

/// Shows the search field, and gives it the keys.
pub fn open(state: &mut State) {
    state.panels.show(Side::Sources);
    state.find.get_or_insert_default().is_fresh = true;
}

/// Draws the field and what was found; says which node was chosen.
pub fn ui(ui: &mut egui::Ui, state: &mut State) -> Option<(String, String)> {
    let mut find = state.find.take()?;
    let width = ui.available_width();
    let field = search_box(
        ui,
        "Find a name",
        "name or path",
        "Esc",
        &mut find.text,
        width,
    );
    if std::mem::take(&mut find.is_fresh) {
        field.request_focus();
    }
    if field.changed() {
        find.typed = Some(Instant::now());
        find.searches.clear();
        find.progress = Arc::default();
    }
    if find.typed.is_some_and(|typed| typed.elapsed() >= PAUSE) {
        find.typed = None;
        find.start(state);
    } else if find.typed.is_some() {
        ui.ctx().request_repaint_after(PAUSE);
    }
    find.searches.retain_mut(|search| search.poll().is_none());
    let chosen = find.results_ui(ui);
    // The field clears itself at the first Escape.
    let is_left = find.text.is_empty()
        && ui.input(|input| input.key_pressed(egui::Key::Escape))
        && !field.changed();
    if !is_left {
        state.find = Some(find);
    }
    chosen
}

impl Find {
    fn start(&mut self, state: &State) {
        let words: Vec<String> = self
            .text
            .split_whitespace()
            .map(str::to_lowercase)
            .collect();
        if words.is_empty() {
            return;
        }
        self.files = state.files.len();
        for open in &state.files {
            let container = Arc::clone(&open.file.container);
            let search = search(
                container,
                words.clone(),
                Arc::clone(&self.progress),
                &state.pools,
                &state.wake,
            );
            self.searches.push(search);
        }
    }

    fn results_ui(&self, ui: &mut egui::Ui) -> Option<(String, String)> {
        if self.text.is_empty() {
            return None;
        }
        let found = self.progress.found.lock().clone();
        let names = self.progress.names.load(Ordering::Relaxed);
        let word = match (
            self.searches.is_empty() && self.typed.is_none(),
            found.len(),
        ) {
            (false, _) => format!("looking, {} names so far", numbers::count(names)),
            (true, 0) => format!("nothing among {} names", numbers::count(names)),
            (true, RESULTS) => format!("the first {RESULTS}; type more of the name"),
            (true, count) => format!("{count} of {} names", numbers::count(names)),
        };
        let tokens = Tokens::of(ui);
        ui.add_space(size::GRID);
        ui.label(rich(word, secondary(), tokens.secondary));
        let unread = self.progress.unread.load(Ordering::Relaxed);
        if unread > 0 {
            let word = format!("{} groups could not be read", numbers::count(unread));
            ui.label(rich(word, secondary(), tokens.attention));
        }
        // One file needs no name beside each of its groups.
        let are_several = self.files > 1;
        let mut chosen = None;
        let height = (ui.available_height() * 0.5).max(size::ROW * 6.0);
        egui::ScrollArea::vertical()
            .id_salt("found names")
            .max_height(height)
            .auto_shrink([false, true])
            .show_rows(ui, size::ROW + PLACE, found.len(), |ui, rows| {
                for result in &found[rows] {
                    if result_ui(ui, result, are_several) {
                        chosen = Some((result.url.clone(), result.path.clone()));
                    }
                }
            });
        chosen
    }
}

/// A name, its file where there are several, and below it the group that it is in.
fn result_ui(ui: &mut egui::Ui, result: &Found, are_several: bool) -> bool {
    let (group, name) = result.path.rsplit_once('/').unwrap_or_default();
    let file = result.url.rsplit('/').next().unwrap_or_default();
    let tooltip = format!("{}\n{}", result.url, result.path);
    let row = egui::vec2(ui.available_width(), size::ROW + PLACE);
    let layout = egui::Layout::top_down(egui::Align::Min);
    ui.allocate_ui_with_layout(row, layout, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let above = TreeRow::new(name)
            .branch(Branch::Leaf)
            .icon(Icon::Search)
            .icon_tone(Tone::Faint)
            .right(if are_several { file } else { "" })
            .right_tone(Tone::Faint)
            .tooltip(&tooltip)
            .show(ui)
            .response;
        let below = place_ui(ui, if group.is_empty() { "/" } else { group });
        above.clicked() || below.on_hover_text(&tooltip).clicked()
    })
    .inner
}

/// The group of a result, without its beginning where it has no room: the end tells results apart.
fn place_ui(ui: &mut egui::Ui, group: &str) -> egui::Response {
    let room = egui::vec2(ui.available_width(), PLACE);
    let (rect, response) = ui.allocate_exact_size(room, egui::Sense::click());
    let color = Tokens::of(ui).secondary;
    let width = rect.width() - INDENT - size::GRID;
    let mut text = group.to_owned();
    let mut rest = group;
    loop {
        let galley = ui
            .painter()
            .layout_no_wrap(text.clone(), secondary(), color);
        let is_whole = galley.size().x <= width;
        let shorter = rest.trim_start_matches('/').split_once('/');
        if let (false, Some((_, after))) = (is_whole, shorter) {
            rest = after;
            text = format!("\u{2026}/{rest}");
            continue;
        }
        let place = rect.left_top() + egui::vec2(INDENT, 0.0);
        ui.painter_at(rect).galley(place, galley, color);
        return response;
    }
}

fn search(
    container: Arc<dyn Container>,
    words: Vec<String>,
    progress: Arc<Progress>,
    pools: &Pools,
    wake: &Wake,
) -> Ask<()> {
    let waker = Arc::clone(wake);
    Ask::start(pools, wake, move |cancel| async move {
        walk(&*container, &words, &progress, &cancel, &waker).await
    })
}

/// Looks into every group, the nearest to the root first.
async fn walk(
    container: &dyn Container,
    words: &[String],
    progress: &Progress,
    cancel: &Cancel,
    wake: &Wake,
) -> Result<()> {
    let mut level = vec!["/".to_owned()];
    while !level.is_empty() {
        let mut below = Vec::new();
        for group in &level {
            cancel.check()?;
            // Its row in the tree says why; the others are looked into all the same.
            let Ok(children) = container.children(group, cancel).await else {
                progress.unread.fetch_add(1, Ordering::Relaxed);
                continue;
            };
            let count = progress
                .names
                .fetch_add(children.len() as u64, Ordering::Relaxed);
            for child in children.iter() {
                let path = join(group, &child.name);
                note(container, &path, words, progress);
                // A link leads to a group that is also elsewhere, or into another file; following it could go round.
                if matches!(child.link, Link::Hard) {
                    below.push(path);
                }
            }
            wake();
            let is_full = progress.found.lock().len() >= RESULTS;
            if is_full || count > NAMES {
                return Ok(());
            }
        }
        level = groups_of(container, &below, cancel).await?;
    }
    Ok(())
}

fn note(container: &dyn Container, path: &str, words: &[String], progress: &Progress) {
    let lower = path.to_lowercase();
    // The last word is about the name itself, or everything below a match would match.
    let Some((last, others)) = words.split_last() else {
        return;
    };
    let name = lower.rsplit('/').next().unwrap_or_default();
    let is_match = if last.contains('/') {
        lower.ends_with(last.as_str())
    } else {
        name.contains(last.as_str())
    };
    if is_match && others.iter().all(|word| lower.contains(word.as_str())) {
        let mut found = progress.found.lock();
        if found.len() < RESULTS {
            found.push(Found {
                url: container.origin().url.clone(),
                path: path.to_owned(),
            });
        }
    }
}

/// Which of these paths are groups.
async fn groups_of(
    container: &dyn Container,
    paths: &[String],
    cancel: &Cancel,
) -> Result<Vec<String>> {
    let mut groups = Vec::new();
    for batch in paths.chunks(BATCH) {
        cancel.check()?;
        let nodes = container.nodes(batch, cancel).await;
        let is_group = |node: &Result<hutch_model::Node>| matches!(node, Ok(node) if matches!(node.kind, NodeKind::Group));
        let named = batch.iter().zip(&nodes);
        groups.extend(
            named
                .filter(|(_, node)| is_group(node))
                .map(|(path, _)| path.clone()),
        );
    }
    Ok(groups)
}
