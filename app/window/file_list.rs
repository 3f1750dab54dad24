//! A list of files inside the window, for machines without file dialogs.

use std::path::PathBuf;

use hutch_viewers::icons::{Icon, icon_button};
use hutch_viewers::numbers;
use hutch_viewers::theme::{Tone, size};
use hutch_viewers::widgets::{Branch, TreeRow, text_button, text_field};

use crate::ask::{Ask, Asked, Wake};
use crate::pools::Pools;

/// A file or folder.
#[derive(Clone, Debug)]
struct Item {
    name: String,
    path: PathBuf,
    is_folder: bool,
    size_bytes: u64,
}

/// What a person chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// A file.
    File(PathBuf),
    /// The newest file of a folder, and each newer one.
    Follow(PathBuf),
}

/// A folder shown in the window.
#[derive(Debug)]
pub struct FileList {
    /// The folder.
    folder: PathBuf,
    typed: String,
    items: Option<Asked<Vec<Item>>>,
}

impl FileList {
    /// The list of a folder.
    pub fn at(folder: PathBuf) -> Self {
        Self {
            typed: folder.display().to_string(),
            folder,
            items: None,
        }
    }

    fn go(&mut self, folder: PathBuf) {
        *self = Self::at(folder);
    }

    /// Draws the list; returns what was chosen.
    pub fn ui(&mut self, ui: &mut egui::Ui, pools: &Pools, wake: &Wake) -> Option<Chosen> {
        let folder = self.folder.clone();
        let items = self.items.get_or_insert_with(|| {
            Asked::Waiting(Ask::start(pools, wake, move |_| async move {
                // A hanging mount holds one abandoned thread, never the window.
                tokio::task::spawn_blocking(move || read_folder(&folder))
                    .await
                    .unwrap_or_else(|error| Err(std::io::Error::other(error)))
                    .map_err(Into::into)
            }))
        });
        items.poll();
        let mut chosen = None;
        let mut next = None;
        ui.horizontal(|ui| {
            if icon_button(ui, Icon::ArrowUp, "One folder up").clicked() {
                next = self.folder.parent().map(PathBuf::from);
            }
            ui.vertical(|ui| {
                let field = text_field(ui, "Path", "/path/to/file.h5", &mut self.typed);
                if field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter)) {
                    let typed = PathBuf::from(&self.typed);
                    if typed.extension().is_some() {
                        chosen = Some(typed);
                    } else {
                        next = Some(typed);
                    }
                }
            });
        });
        ui.add_space(size::GRID);
        let follows = text_button(ui, "Follow the newest file", Tone::Accent)
            .on_hover_text(
                "Shows the newest data file of this folder, and each newer one as it comes",
            )
            .clicked();
        match items {
            Asked::Waiting(_) => {
                ui.spinner();
            }
            Asked::Failed(error) => {
                ui.label(error.to_string());
            }
            Asked::Here(items) => rows_ui(ui, items, &mut chosen, &mut next),
        }
        if follows {
            return Some(Chosen::Follow(self.folder.clone()));
        }
        if let Some(folder) = next {
            self.go(folder);
        }
        chosen.map(Chosen::File)
    }
}

fn rows_ui(
    ui: &mut egui::Ui,
    items: &[Item],
    chosen: &mut Option<PathBuf>,
    next: &mut Option<PathBuf>,
) {
    ui.spacing_mut().item_spacing.y = 0.0;
    egui::ScrollArea::vertical()
        .auto_shrink([false, true])
        .show_rows(ui, size::ROW, items.len(), |ui, range| {
            for item in items.get(range).unwrap_or_default() {
                let size = if item.is_folder {
                    String::new()
                } else {
                    numbers::bytes(item.size_bytes)
                };
                let is_ours = hutch_formats::may_open(&item.name);
                let answer = TreeRow::new(&item.name)
                    .branch(Branch::Leaf)
                    .icon(if item.is_folder {
                        Icon::Folder
                    } else {
                        Icon::File
                    })
                    .icon_tone(if is_ours { Tone::Accent } else { Tone::Faint })
                    .right(&size)
                    .tooltip(&item.path.display().to_string())
                    .show(ui);
                if answer.response.clicked() {
                    if item.is_folder {
                        *next = Some(item.path.clone());
                    } else {
                        *chosen = Some(item.path.clone());
                    }
                }
            }
        });
}

fn read_folder(folder: &std::path::Path) -> std::io::Result<Vec<Item>> {
    let mut items = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        // One that vanished meanwhile is left out.
        let Ok(metadata) = std::fs::metadata(entry.path()) else {
            continue;
        };
        items.push(Item {
            name,
            path: entry.path(),
            is_folder: metadata.is_dir(),
            size_bytes: metadata.len(),
        });
    }
    items.sort_by(|one, other| (!one.is_folder, &one.name).cmp(&(!other.is_folder, &other.name)));
    Ok(items)
}
