//! A list of files inside the window, for machines without file dialogs.

use std::path::{Path, PathBuf};

use hutch_model::{Error, Result};
use hutch_viewers::icons::{Icon, icon_button};
use hutch_viewers::numbers;
use hutch_viewers::theme::{Tone, size};
use hutch_viewers::widgets::{Branch, TreeRow, text_button, text_field};

use crate::ask::{Ask, Asked, Wake};
use crate::open::data_sets;
use crate::pools::Pools;

/// A row of the list.
#[derive(Clone, Debug)]
struct Item {
    name: String,
    path: PathBuf,
    kind: ItemKind,
}

/// What a row stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ItemKind {
    Folder,
    /// So many files that are one data set.
    DataSet(usize),
    /// A file of so many bytes.
    File(u64),
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
    /// What was typed turns out to be; asked for on Enter.
    looked_at: Option<Asked<Typed>>,
}

/// What a path that was typed turns out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Typed {
    Folder(PathBuf),
    File(PathBuf),
}

impl FileList {
    /// The list of a folder.
    pub fn at(folder: PathBuf) -> Self {
        Self {
            typed: folder.display().to_string(),
            folder,
            items: None,
            looked_at: None,
        }
    }

    fn go(&mut self, folder: PathBuf) {
        *self = Self::at(folder);
    }

    /// Looks at what was typed, away from the window.
    fn look_at_typed(&mut self, pools: &Pools, wake: &Wake) {
        let typed = self.typed.trim().to_owned();
        if typed.is_empty() {
            return;
        }
        let folder = self.folder.clone();
        self.looked_at = Some(Asked::Waiting(Ask::start(
            pools,
            wake,
            move |_| async move { off_sockets(move || look_at(&folder, &typed)).await },
        )));
    }

    /// Takes what the typed path turned out to be: goes to a folder, returns a
    /// file.
    fn take_typed(&mut self) -> Option<PathBuf> {
        let looked_at = self.looked_at.as_mut()?;
        looked_at.poll();
        match looked_at.here().cloned()? {
            Typed::Folder(folder) => {
                self.go(folder);
                None
            }
            Typed::File(file) => {
                self.looked_at = None;
                Some(file)
            }
        }
    }

    /// Draws the list; returns what was chosen.
    pub fn ui(&mut self, ui: &mut egui::Ui, pools: &Pools, wake: &Wake) -> Option<Chosen> {
        let mut chosen = self.take_typed();
        let folder = self.folder.clone();
        let items = self.items.get_or_insert_with(|| {
            Asked::Waiting(Ask::start(pools, wake, move |_| async move {
                off_sockets(move || Ok(read_folder(&folder)?)).await
            }))
        });
        items.poll();
        let mut next = None;
        let mut is_entered = false;
        ui.horizontal(|ui| {
            if icon_button(ui, Icon::ArrowUp, "One folder up").clicked() {
                next = self.folder.parent().map(PathBuf::from);
            }
            ui.vertical(|ui| {
                let field = text_field(ui, "Path", "/path/to/file.h5", &mut self.typed);
                is_entered =
                    field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            });
        });
        if let Some(Asked::Failed(error)) = &self.looked_at {
            ui.label(error.to_string());
        }
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
        if is_entered {
            self.look_at_typed(pools, wake);
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
                let (icon, right) = match item.kind {
                    ItemKind::Folder => (Icon::Folder, String::new()),
                    ItemKind::DataSet(count) => {
                        let count = numbers::count(count as u64);
                        (Icon::Images, format!("{count} files"))
                    }
                    ItemKind::File(size) => (Icon::File, numbers::bytes(size)),
                };
                let is_ours = matches!(item.kind, ItemKind::DataSet(_))
                    || hutch_formats::may_open(&item.name);
                let answer = TreeRow::new(&item.name)
                    .branch(Branch::Leaf)
                    .icon(icon)
                    .icon_tone(if is_ours { Tone::Accent } else { Tone::Faint })
                    .right(&right)
                    .tooltip(&item.path.display().to_string())
                    .show(ui);
                if answer.response.clicked() {
                    if item.kind == ItemKind::Folder {
                        *next = Some(item.path.clone());
                    } else {
                        *chosen = Some(item.path.clone());
                    }
                }
            }
        });
}

/// Asks the disk; a hanging mount holds one abandoned thread, never the window.
async fn off_sockets<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(std::io::Error::other(error).into()))
}

/// What a typed path is: names of files need no ending.
fn look_at(folder: &Path, typed: &str) -> Result<Typed> {
    if typed.contains("://") {
        // An address of a server: no disk knows it.
        return Ok(Typed::File(PathBuf::from(typed)));
    }
    // `file::path` names a node of a file.
    let file = typed.split_once("::").map_or(typed, |(file, _)| file);
    let path = folder.join(typed);
    let metadata = match std::fs::metadata(&path) {
        Err(_) if file != typed => std::fs::metadata(folder.join(file)),
        found => found,
    };
    let metadata = metadata.map_err(|error| {
        let tried = format!("look at \"{}\"", path.display());
        Error {
            tried,
            ..Error::from(error)
        }
    })?;
    Ok(if metadata.is_dir() {
        Typed::Folder(path)
    } else {
        Typed::File(path)
    })
}

fn read_folder(folder: &Path) -> std::io::Result<Vec<Item>> {
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
            kind: if metadata.is_dir() {
                ItemKind::Folder
            } else {
                ItemKind::File(metadata.len())
            },
        });
    }
    add_data_sets(folder, &mut items);
    let order = |item: &Item| match item.kind {
        ItemKind::Folder => 0,
        ItemKind::DataSet(_) => 1,
        ItemKind::File(_) => 2,
    };
    items.sort_by(|one, other| (order(one), &one.name).cmp(&(order(other), &other.name)));
    Ok(items)
}

/// Adds a row for each series of images and each run.
fn add_data_sets(folder: &Path, items: &mut Vec<Item>) {
    let files = items.iter().filter(|item| item.kind != ItemKind::Folder);
    let names: Vec<String> = files.map(|item| item.name.clone()).collect();
    let many = data_sets(&names).into_iter().filter(|set| set.count > 1);
    items.extend(many.map(|set| {
        let path = match set.path {
            Some(inner) => folder.join(format!("{}::{inner}", set.name)),
            None => folder.join(&set.name),
        };
        Item {
            name: format!("{} …", set.name),
            path,
            kind: ItemKind::DataSet(set.count),
        }
    }));
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// What comes of a path that is typed into the list of a folder.
    fn enter(folder: &Path, typed: &str) -> (Option<PathBuf>, FileList) {
        let pools = Pools::start().unwrap();
        let (woken, wakes) = crossbeam_channel::bounded(8);
        let wake: Wake = Arc::new(move || woken.try_send(()).unwrap_or_default());
        let mut list = FileList::at(folder.to_owned());
        typed.clone_into(&mut list.typed);
        list.look_at_typed(&pools, &wake);
        wakes.recv().expect("the window is woken");
        (list.take_typed(), list)
    }

    #[test]
    fn a_typed_file_opens_whatever_its_name_and_a_folder_is_shown() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path();
        std::fs::write(home.join("scan_0007"), b"counts").unwrap();
        std::fs::create_dir(home.join("2024.06")).unwrap();

        let file = home.join("scan_0007");
        let (chosen, _) = enter(home, &file.display().to_string());
        assert_eq!(chosen, Some(file.clone()), "a file without an ending");
        let (chosen, _) = enter(home, "scan_0007");
        assert_eq!(chosen, Some(file), "a name in the folder that is shown");
        let (chosen, _) = enter(home, "scan_0007::/entry/data");
        assert_eq!(
            chosen,
            Some(home.join("scan_0007::/entry/data")),
            "a node of a file"
        );

        let folder = home.join("2024.06");
        let (chosen, list) = enter(home, &folder.display().to_string());
        assert_eq!(chosen, None, "a folder with an ending is no file");
        assert_eq!(list.folder, folder, "it is shown");
    }

    #[test]
    fn a_typed_path_to_nothing_says_so_and_keeps_the_folder() {
        let home = tempfile::tempdir().unwrap();
        let (chosen, list) = enter(home.path(), "missing.h5");
        assert_eq!(chosen, None, "there is nothing to open");
        assert_eq!(list.folder, home.path(), "the folder stays");
        let Some(Asked::Failed(error)) = &list.looked_at else {
            panic!("the error is shown: {list:?}");
        };
        assert!(
            error.to_string().contains("missing.h5"),
            "it names the file: {error}"
        );
    }

    #[test]
    fn numbered_images_are_listed_as_one_stack_above_the_files() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("z")).unwrap();
        for name in ["scan_1.tif", "scan_2.tif", "scan_10.tif", "notes.txt"] {
            std::fs::write(home.path().join(name), b"counts").unwrap();
        }
        let items = read_folder(home.path()).unwrap();
        let rows: Vec<_> = items.iter().map(|item| item.name.as_str()).collect();
        let files = ["notes.txt", "scan_1.tif", "scan_10.tif", "scan_2.tif"];
        assert_eq!(rows[..2], ["z", "scan_1.tif …"], "folders, then data sets");
        assert_eq!(rows[2..], files);
        assert_eq!(items[1].kind, ItemKind::DataSet(3));
        assert_eq!(items[1].path, home.path().join("scan_1.tif::/stack"));
    }

    #[test]
    fn an_address_that_is_typed_is_opened_as_one() {
        let (chosen, _) = enter(Path::new("/"), "https://example.org/a/scan");
        assert_eq!(
            chosen,
            Some(PathBuf::from("https://example.org/a/scan")),
            "no disk is asked"
        );
    }
}
