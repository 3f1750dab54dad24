//! The left panel: facilities, open files with their trees, recent files.

use hutch_viewers::icons::{Icon, icon_button};
use hutch_viewers::theme::{Tokens, Tone, rich, secondary, size};
use hutch_viewers::widgets::{Branch, TreeRow, section_heading, section_heading_with, source_row};

use super::file_list::Chosen;
use super::file_tree::TreeAction;
use super::state::{Pane, State};

/// Bookmarks in the panel; the palette has all of them.
const BOOKMARKS: usize = 8;

/// Draws the panel.
pub fn ui(ui: &mut egui::Ui, state: &mut State) {
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.add_space(size::PADDING);
    egui::Frame::new()
        .inner_margin(egui::Margin::symmetric(12, 0))
        .show(ui, |ui| {
            section_heading_with(ui, "Sources", |ui| {
                if icon_button(ui, Icon::Plus, "Open a file (Ctrl O)").clicked() {
                    super::keys::open_dialog(state);
                }
            });
            sites_ui(ui, state);
        });
    if state.file_list.is_some() {
        file_list_ui(ui, state);
    }
    egui::Frame::new()
        .inner_margin(egui::Margin::symmetric(8, 0))
        .show(ui, |ui| {
            bookmarks_ui(ui, state);
            recent_ui(ui, state);
            files_ui(ui, state);
        });
}

fn heading_row(ui: &mut egui::Ui, add: impl FnOnce(&mut egui::Ui)) {
    egui::Frame::new()
        .inner_margin(egui::Margin::symmetric(4, 2))
        .show(ui, add);
}

fn sites_ui(ui: &mut egui::Ui, state: &mut State) {
    let mut chosen = None;
    for site in state.sites.list() {
        let (word, tone) = match state.catalogues.get(&site.name) {
            Some(pane) => pane.state_word(),
            None if site.has_catalogue => ("sign in".to_owned(), Tone::Faint),
            None => ("by address".to_owned(), Tone::Faint),
        };
        let is_shown = state.tile_of(&Pane::Catalogue(site.name.clone())).is_some();
        let row = source_row(ui, &site.label, &word, tone, false);
        let row = row.on_hover_text(format!("{}\n{}", site.label, site.summary));
        if row.clicked() {
            chosen = Some((site.name.clone(), is_shown));
        }
    }
    let count = state.files.len();
    let word = match count {
        0 => "no file open".to_owned(),
        1 => "1 file open".to_owned(),
        more => format!("{more} files open"),
    };
    if let Some(live) = &state.live {
        let name = live.folder.file_name().unwrap_or_default();
        let row =
            source_row(ui, &name.to_string_lossy(), "following", Tone::Good, false).on_hover_text(
                format!("{}\nClick to stop following", live.folder.display()),
            );
        if row.clicked() {
            state.live = None;
        }
    }
    if source_row(
        ui,
        "This computer",
        &word,
        Tone::Accent,
        state.file_list.is_some(),
    )
    .on_hover_text("List the files of this computer")
    .clicked()
    {
        if state.file_list.is_some() {
            state.file_list = None;
        } else {
            super::keys::open_file_list(state);
        }
    }
    if let Some((site, _)) = chosen {
        state.show_site(&site);
    }
}

fn file_list_ui(ui: &mut egui::Ui, state: &mut State) {
    ui.add_space(size::GRID * 2.0);
    heading_row(ui, |ui| {
        section_heading(ui, "Files", "");
    });
    let Some(list) = &mut state.file_list else {
        return;
    };
    let height = (ui.available_height() * 0.5).max(120.0);
    let chosen = egui::Frame::new()
        .inner_margin(egui::Margin::symmetric(8, 0))
        .show(ui, |ui| {
            ui.set_max_height(height);
            list.ui(ui, &state.pools, &state.wake)
        })
        .inner;
    match chosen {
        Some(Chosen::File(path)) => {
            state.file_list = None;
            state.open_address(&path.display().to_string(), "");
        }
        Some(Chosen::Follow(folder)) => {
            state.file_list = None;
            super::live::follow(state, &folder);
        }
        None => {}
    }
}

fn bookmarks_ui(ui: &mut egui::Ui, state: &mut State) {
    if state.bookmarks.is_empty() {
        return;
    }
    ui.add_space(size::GRID * 2.0);
    heading_row(ui, |ui| {
        section_heading(ui, "Bookmarks", "");
    });
    let mut open = None;
    let mut forget = None;
    for (index, bookmark) in state.bookmarks.iter().take(BOOKMARKS).enumerate() {
        let row = TreeRow::new(&bookmark.name)
            .branch(Branch::Leaf)
            .icon(Icon::Pin)
            .icon_tone(Tone::Faint)
            .tooltip(&bookmark.link)
            .show(ui);
        if row.response.clicked() {
            open = Some(bookmark.link.clone());
        }
        row.response.context_menu(|ui| {
            if ui.button("Forget this bookmark").clicked() {
                forget = Some(index);
            }
            if ui.button("Copy its link").clicked() {
                ui.ctx().copy_text(bookmark.link.clone());
            }
        });
    }
    if let Some(link) = open {
        state.open_address(&link, "");
    }
    if let Some(index) = forget {
        state.bookmarks.remove(index);
        super::session::keep_soon(state);
    }
}

fn recent_ui(ui: &mut egui::Ui, state: &mut State) {
    let sites = state.sites.names();
    let open: Vec<String> = state
        .files
        .iter()
        .map(|file| super::openings::recent_address(&file.address, &sites))
        .collect();
    let recent: Vec<String> = state
        .recent
        .iter()
        .filter(|recent| !open.contains(recent))
        .take(4)
        .cloned()
        .collect();
    if recent.is_empty() {
        return;
    }
    ui.add_space(size::GRID * 2.0);
    heading_row(ui, |ui| {
        section_heading(ui, "Recent", "");
    });
    for address in recent {
        let name = address.rsplit('/').next().unwrap_or(&address);
        let row = TreeRow::new(name)
            .branch(Branch::Leaf)
            .icon(Icon::Clock)
            .icon_tone(Tone::Faint)
            .tooltip(&address)
            .show(ui);
        if row.response.clicked() {
            state.open_address(&address, "");
        }
    }
}

fn files_ui(ui: &mut egui::Ui, state: &mut State) {
    ui.add_space(size::GRID * 2.0);
    heading_row(ui, |ui| {
        section_heading_with(ui, "Open files", |ui| {
            if icon_button(ui, Icon::Search, "Find a name in the open files (Ctrl F)").clicked() {
                super::find::open(state);
            }
        });
    });
    if let Some((url, path)) = super::find::ui(ui, state) {
        show_found(state, &url, path);
    }
    let tokens = Tokens::of(ui);
    if state.files.is_empty() && state.opening.is_empty() {
        egui::Frame::new()
            .inner_margin(egui::Margin::symmetric(4, 4))
            .show(ui, |ui| {
                ui.label(rich(
                    "Drop a file here, or press Ctrl O.",
                    secondary(),
                    tokens.secondary,
                ));
            });
        return;
    }
    let mut close = None;
    let mut chosen: Option<(usize, String)> = None;
    for index in 0..state.files.len() {
        file_ui(ui, state, index, &mut close, &mut chosen);
    }
    if let Some((index, path)) = chosen
        && let Some(open) = state.files.get(index)
    {
        let file = std::sync::Arc::clone(&open.file);
        state.show_node(&file, Some(path), "");
    }
    if let Some(index) = close {
        close_file(state, index);
    }
}

fn show_found(state: &mut State, url: &str, path: String) {
    let open = state
        .files
        .iter_mut()
        .find(|open| open.file.origin().url == url);
    if let Some(open) = open {
        open.is_open = true;
        open.tree.reveal(&path, &state.pools, &state.wake);
        let file = std::sync::Arc::clone(&open.file);
        state.show_node(&file, Some(path), "");
    }
}

fn file_ui(
    ui: &mut egui::Ui,
    state: &mut State,
    index: usize,
    close: &mut Option<usize>,
    chosen: &mut Option<(usize, String)>,
) {
    let Some(open) = state.files.get_mut(index) else {
        return;
    };
    let origin = open.file.origin();
    let branch = if open.is_open {
        Branch::Open
    } else {
        Branch::Closed
    };
    let row = TreeRow::new(origin.file_name())
        .branch(branch)
        .right(&open.file.way)
        .tooltip(&format!(
            "{}\n{}\n{}",
            origin.url,
            open.file.container.format(),
            open.file.why
        ))
        .show(ui);
    row.response.context_menu(|ui| {
        if ui.button("Close this file").clicked() {
            *close = Some(index);
        }
        if ui.button("Copy its address").clicked() {
            ui.ctx().copy_text(origin.url.clone());
        }
    });
    if row.toggled || row.response.clicked() {
        open.is_open = !open.is_open;
    }
    if !open.is_open {
        return;
    }
    let mut added = None;
    let mut field = None;
    let left = ui.available_height().max(size::ROW * 4.0);
    ui.push_id(index, |ui| {
        egui::Frame::new()
            .inner_margin(egui::Margin {
                left: 16,
                ..egui::Margin::ZERO
            })
            .show(ui, |ui| {
                ui.set_max_height(left);
                match open.tree.ui(ui, &state.pools, &state.wake) {
                    Some(TreeAction::Choose(path)) => *chosen = Some((index, path)),
                    Some(TreeAction::AddToCurves(path)) => {
                        added = Some(open.file.origin().at(&path));
                    }
                    Some(TreeAction::UseAs(kind, path)) => {
                        field = Some((kind, open.file.origin().at(&path).to_string()));
                    }
                    None => {}
                }
            });
    });
    if let Some(origin) = added {
        super::others::add(state, origin);
    }
    match (field, state.active) {
        (Some((kind, address)), Some(view)) => state.use_field(view, kind, &address),
        (Some((kind, _)), None) => {
            state.tell(format!("show the frames of this {} first", kind.name()));
        }
        (None, _) => {}
    }
}

fn close_file(state: &mut State, index: usize) {
    let open = state.files.remove(index);
    let url = open.file.origin().url.clone();
    let views: Vec<_> = state
        .views
        .iter()
        .filter(|(_, slot)| slot.view.subject().origin.url == url)
        .map(|(id, _)| *id)
        .collect();
    for id in views {
        state.close_view(id);
    }
    state.residency.forget_url(&url);
    state.forget_openings(&url);
}
