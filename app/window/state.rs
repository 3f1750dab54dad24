//! The state of the program. It does not live in the window: when the device is
//! lost the window closes, and the next one shows the same state.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use hutch_model::{Result, ViewState};
use hutch_viewers::{Action, Actor, Command, Pointed, Subject, View, ViewId, registry};
use parking_lot::Mutex;

use crate::ask::{Ask, Wake};
use crate::jobs::Jobs;
use crate::open::OpenedFile;
use crate::pools::Pools;
use crate::residency::Residency;
use crate::settings::{Folders, Keeper, Settings};
use crate::sites::Sites;
use crate::window::bookmarks::Bookmark;
use crate::window::capture::Capture;
use crate::window::catalogue_pane::CataloguePane;
use crate::window::compare::Compare;
use crate::window::fields::Fields;
use crate::window::file_tree::FileTree;
use crate::window::find::Find;
use crate::window::given::Given;
use crate::window::history::History;
use crate::window::layout::Returning;
use crate::window::linked::Links;
use crate::window::notices::Notice;
use crate::window::openings::Opening;
use crate::window::palette::Palette;
use crate::window::panels::Panels;
use crate::window::save::Save;

/// What arrives within this time is shown together.
pub(super) const SOON: std::time::Duration = std::time::Duration::from_millis(1);

/// What a tile shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pane {
    /// A view.
    View(ViewId),
    /// Two views in one place, by the first of them.
    Compare(ViewId),
    /// The catalogue of a site.
    Catalogue(String),
    /// What to do first.
    Start,
}

/// A file in the left panel.
#[derive(Debug)]
pub struct OpenFile {
    /// The address as it was asked for.
    pub address: String,
    /// What is known of it.
    pub file: Arc<OpenedFile>,
    /// Its tree.
    pub tree: FileTree,
    /// Whether its tree is unfolded.
    pub is_open: bool,
}

/// A view with what the window keeps about it.
#[expect(
    missing_debug_implementations,
    reason = "holds trait objects or closures that have no Debug"
)]
pub struct Slot {
    /// The view.
    pub view: Box<dyn View>,
    /// Its state at the last pass, to notice changes worth undoing.
    pub last_state: ViewState,
    /// When the state last changed by hand.
    pub changed: Option<Instant>,
    /// The geometry that a person gave to it.
    pub given: Option<Given>,
    /// The order of its axes that a person chose, where that is not the one of the file.
    pub(super) axes: Option<Vec<usize>>,
    /// The dark and the flat field that a person gave to it.
    pub fields: Fields,
    /// Roles and addresses on their way since a state names them: what comes of them is no step of its own.
    pub(super) expected: BTreeSet<(&'static str, String)>,
}

/// What lies over the window until it is done with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Over {
    /// The list of keys.
    Keys,
    /// Where something is saved.
    Save(Save),
}

/// Everything that the program knows.
#[expect(
    missing_debug_implementations,
    reason = "holds trait objects or closures that have no Debug"
)]
pub struct State {
    /// Threads.
    pub pools: Pools,
    /// Long work.
    pub jobs: Jobs,
    /// Asks the window for another pass.
    pub wake: Wake,
    /// The window that wakes: replaced with every new one.
    pub waker: Arc<Mutex<Option<egui::Context>>>,
    /// Folders of this user.
    pub folders: Folders,
    /// What people set.
    pub settings: Settings,
    /// Writes them.
    pub keeper: Keeper,
    /// Facilities.
    pub sites: Sites,
    /// Chunks in memory.
    pub residency: Residency,
    /// Open files.
    pub files: Vec<OpenFile>,
    /// Addresses on their way.
    pub opening: Vec<Opening>,
    /// Open catalogues.
    pub catalogues: BTreeMap<String, CataloguePane>,
    /// Views.
    pub views: BTreeMap<ViewId, Slot>,
    /// Tiles.
    pub tiles: egui_tiles::Tree<Pane>,
    /// Where keys go.
    pub active: Option<ViewId>,
    /// Lines at the top.
    pub notices: Vec<Notice>,
    /// Files opened lately, the newest first.
    pub recent: Vec<String>,
    /// Views that share a place.
    pub comparisons: Vec<Compare>,
    /// The views of the last session, while they come back.
    pub returning: Returning,
    /// Views to come back to, the newest first.
    pub bookmarks: Vec<Bookmark>,
    /// Whether views of the same kind move together.
    pub links: Links,
    /// The pixel that all of them show, where they move together.
    pub pointed: Option<Pointed>,
    /// Looks for names in the open files, while it is open.
    pub find: Option<Find>,
    /// What lies over the window.
    pub over: Option<Over>,
    /// Pictures that are to be taken.
    pub captures: Vec<Capture>,
    /// The folder that was saved to last.
    pub saved_to: Option<std::path::PathBuf>,
    /// Whether what a person named in the panel can be saved, on its way.
    pub(super) save_check: Option<Ask<()>>,
    /// A dialog of the system for a folder, while it is open.
    pub folder_dialog: Option<Ask<Option<std::path::PathBuf>>>,
    /// The palette of commands.
    pub palette: Palette,
    /// Frames played for each second, and whether they are.
    pub playback: hutch_viewers::widgets::Playback,
    /// When the last frame was shown while playing.
    pub played: Instant,
    /// Which panel of the right side is shown: jobs instead of the inspector.
    pub shows_jobs: bool,
    /// Files of geometries that were named before the frames that they belong to were here.
    pub(super) waiting_geometry: Vec<String>,
    /// The panels at the sides.
    pub panels: Panels,
    /// The folder that the in-app file list shows, while it is open.
    pub file_list: Option<crate::window::file_list::FileList>,
    /// A file dialog of the system that is open.
    pub dialog: Option<Ask<Option<std::path::PathBuf>>>,
    /// The folder whose newest file is followed.
    pub live: Option<crate::window::live::Live>,
    /// The files that views follow.
    pub growing: crate::window::growing::Growing,
    /// Other data on their way to views.
    pub rebuilding: Vec<crate::window::rebuild::Rebuild>,
    /// Other data on their way to views that show several.
    pub others: Vec<crate::window::others::Other>,
    /// Where a person puts a plot together, while it is open.
    pub builder: Option<crate::window::builder::Builder>,
    /// Tables of streams, and the frames beside them.
    pub serial: crate::window::serial::Serial,
    /// egui's own memory, kept from one window to the next.
    pub memory: Option<egui::Memory>,
    /// Steps that can be taken back.
    pub history: History,
    /// When the session was last written.
    pub kept: Instant,
    /// Whether its views are all that is drawn, and nothing of it is remembered: for a picture without a window.
    pub is_alone: bool,
    sequence: u64,
    next_view: u64,
}

impl State {
    /// The state of a fresh start.
    ///
    /// # Errors
    /// Those of starting threads.
    pub fn new(folders: Folders, settings: Settings, sites: Sites, pools: Pools) -> Result<Self> {
        let waker: Arc<Mutex<Option<egui::Context>>> = Arc::default();
        let seen = Arc::clone(&waker);
        let wake: Wake = Arc::new(move || {
            // A window that is being replaced has no context; its state is
            // drawn again by the next one anyway.
            if let Some(context) = seen.lock().as_ref() {
                // One pass for what came within a moment; asked for at once egui makes two.
                context.request_repaint_after(SOON);
            }
        });
        let jobs = Jobs::default();
        let residency = Residency::new(
            pools.clone(),
            jobs.clone(),
            settings.memory_bytes(),
            Arc::clone(&wake),
        );
        let mut tiles = egui_tiles::Tiles::default();
        let start = tiles.insert_pane(Pane::Start);
        let root = tiles.insert_tab_tile(vec![start]);
        Ok(Self {
            pools,
            jobs,
            wake,
            waker,
            folders,
            settings,
            keeper: Keeper::default(),
            sites,
            residency,
            files: Vec::new(),
            opening: Vec::new(),
            catalogues: BTreeMap::new(),
            views: BTreeMap::new(),
            tiles: egui_tiles::Tree::new(egui::Id::unique("tiles"), root, tiles),
            active: None,
            notices: Vec::new(),
            recent: Vec::new(),
            comparisons: Vec::new(),
            returning: Returning::default(),
            bookmarks: Vec::new(),
            links: Links::Apart,
            pointed: None,
            find: None,
            over: None,
            captures: Vec::new(),
            saved_to: None,
            save_check: None,
            folder_dialog: None,
            palette: Palette::default(),
            playback: hutch_viewers::widgets::Playback::default(),
            played: Instant::now(),
            shows_jobs: false,
            waiting_geometry: Vec::new(),
            panels: Panels::default(),
            file_list: None,
            dialog: None,
            live: None,
            growing: crate::window::growing::Growing::default(),
            rebuilding: Vec::new(),
            others: Vec::new(),
            builder: None,
            serial: crate::window::serial::Serial::default(),
            memory: None,
            history: History::default(),
            kept: Instant::now(),
            is_alone: false,
            sequence: 0,
            next_view: 1,
        })
    }

    /// Whether anything is on its way to a view, or computed for one.
    pub fn is_at_work(&self) -> bool {
        self.residency.is_loading()
            || self.residency.is_computing()
            || !self.opening.is_empty()
            || !self.others.is_empty()
            || !self.rebuilding.is_empty()
            || self.views.values().any(|slot| slot.view.is_waiting())
    }

    /// Shows a subject in the view that suits it best, or in the kind asked for.
    pub fn show_subject(&mut self, subject: Subject, kind: &str, replaces: Option<ViewId>) {
        let Some(id) = self.add_view(subject, kind) else {
            return;
        };
        self.place(Pane::View(id), replaces);
        self.active = Some(id);
    }

    /// Opens a view that stands nowhere yet.
    pub fn add_view(&mut self, subject: Subject, kind: &str) -> Option<ViewId> {
        let Some(kind) = registry::best(&subject, kind) else {
            self.tell(format!("no view can show \"{}\" yet", subject.node.path));
            return None;
        };
        let axes = super::axes::chosen_of(&subject);
        let view = kind.open(subject);
        let id = ViewId(self.next_view);
        self.next_view += 1;
        let mut slot = Slot {
            last_state: view.state(),
            view,
            changed: None,
            given: None,
            axes,
            fields: Fields::default(),
            expected: BTreeSet::new(),
        };
        slot.last_state = slot.state();
        self.views.insert(id, slot);
        Some(id)
    }

    /// Puts a pane into the tiles: in place of a view, or beside the others.
    pub fn place(&mut self, pane: Pane, replaces: Option<ViewId>) {
        // What is compared is not replaced: the new view stands beside.
        let replaces = replaces.filter(|id| self.comparison_of(*id).is_none());
        let old = replaces
            .map(Pane::View)
            .and_then(|pane| self.tile_of(&pane))
            .or_else(|| self.tile_of(&Pane::Start));
        if let Some(tile) = old {
            if let Some(egui_tiles::Tile::Pane(content)) = self.tiles.tiles.get_mut(tile) {
                if let Pane::View(id) = content {
                    self.views.remove(id);
                    self.history.forget(*id);
                }
                *content = pane;
            }
            return;
        }
        let tile = self.tiles.tiles.insert_pane(pane);
        let root = self.tiles.root();
        let holds_tabs = root.and_then(|root| self.tiles.tiles.get_container(root));
        match (root, holds_tabs) {
            (Some(root), Some(egui_tiles::Container::Tabs(_))) => {
                self.tiles
                    .move_tile_to_container(tile, root, usize::MAX, false);
            }
            // A lone pane, or panes side by side, become the first tab.
            (Some(root), _) => {
                self.tiles.root = Some(self.tiles.tiles.insert_tab_tile(vec![root, tile]));
            }
            (None, _) => self.tiles.root = Some(self.tiles.tiles.insert_tab_tile(vec![tile])),
        }
        self.tiles.make_active(|id, _| id == tile);
    }

    /// Puts the newest view beside another one, half and half.
    pub fn place_beside(&mut self, left: ViewId) {
        let (Some(left), Some(right)) = (
            self.tile_of(&Pane::View(left)),
            self.active.and_then(|id| self.tile_of(&Pane::View(id))),
        ) else {
            return;
        };
        if left == right {
            return;
        }
        let parent = self.tiles.tiles.parent_of(left);
        let pair = self.tiles.tiles.insert_horizontal_tile(vec![left]);
        match parent.and_then(|parent| self.tiles.tiles.get_mut(parent)) {
            Some(egui_tiles::Tile::Container(container)) => {
                if container.replace_child(left, pair).is_none() {
                    log::error!("a view has no place among its neighbours");
                }
            }
            _ => self.tiles.root = Some(pair),
        }
        self.tiles.move_tile_to_container(right, pair, 1, false);
        self.tiles.make_active(|id, _| id == left || id == right);
    }

    /// The tile that shows a pane; a view that is compared has that of the comparison.
    pub fn tile_of(&self, pane: &Pane) -> Option<egui_tiles::TileId> {
        if let Pane::View(id) = pane
            && let Some(compare) = self.comparison_of(*id)
            && let Some(tile) = self.tiles.tiles.find_pane(&Pane::Compare(compare.first))
        {
            return Some(tile);
        }
        self.tiles.tiles.find_pane(pane)
    }

    /// Opens the catalogue of a site.
    pub fn show_site(&mut self, name: &str) {
        if let Some(tile) = self.tile_of(&Pane::Catalogue(name.to_owned())) {
            self.tiles.make_active(|id, _| id == tile);
            if let Some(pane) = self.catalogues.get_mut(name) {
                pane.check(&self.pools, &self.wake);
            }
            return;
        }
        let Some((label, catalogue)) = self.sites.catalogue(name) else {
            self.tell(format!(
                "the site \"{name}\" has no catalogue; open files by their address"
            ));
            return;
        };
        self.catalogues.entry(name.to_owned()).or_insert_with(|| {
            CataloguePane::new(name, &label, catalogue, &self.pools, &self.wake)
        });
        self.place(Pane::Catalogue(name.to_owned()), None);
    }

    /// Carries out what was asked.
    pub fn carry_out(&mut self, actor: Actor, action: Action) {
        self.sequence += 1;
        let command = Command {
            actor,
            sequence: self.sequence,
            action,
        };
        // An address may hold a password, so only the order is logged.
        log::trace!("command {} by {:?}", command.sequence, command.actor);
        match command.action {
            Action::OpenUrl(url) => self.open_address(&url, ""),
            Action::OpenNode { origin, kind } => {
                let file = self
                    .files
                    .iter()
                    .find(|open| open.file.origin().url == origin.url)
                    .map(|open| Arc::clone(&open.file));
                match file {
                    Some(file) => self.show_node(&file, Some(origin.path), &kind),
                    None => self.open_address(&origin.to_string(), &kind),
                }
            }
            Action::SetState { view, state } => {
                if let Some(slot) = self.views.get_mut(&view) {
                    slot.view.set_state(&state);
                }
            }
            Action::Close(view) => self.close_view(view),
            Action::SignIn(place) => match self.sites.name_of(&place) {
                Some(site) => self.show_site(&site),
                None => self.tell(format!(
                    "\"{place}\" belongs to no site profile; write a user into its address, or add a profile"
                )),
            },
            Action::Reconstruct { recipe, place } => crate::runner::start(self, &recipe, &place),
            Action::OpenFound { origin, row } => self.open_found_of(&origin, row),
            Action::FramesAreIn {
                origin,
                row,
                folder,
            } => self.frames_are_in(&origin, row, folder),
            Action::ShowPoint { scan, point } => super::others::show_point(self, &scan, point),
            Action::SaveText { name, text } => super::save::save_text(self, &name, text),
            Action::SavePlot => super::save::open_plot(self),
            Action::SaveCake => super::save::open_cake(self),
            Action::SavePatterns(chosen) => super::save::save_patterns(self, &chosen),
            Action::CopyText(text) => {
                if let Some(context) = self.waker.lock().as_ref() {
                    context.copy_text(text);
                }
            }
            Action::Retry(origin) => {
                hutch_viewers::Resident::retry(&mut self.residency, &origin);
            }
        }
    }

    /// Closes a view and its tile.
    pub fn close_view(&mut self, id: ViewId) {
        if let Some(first) = self.comparison_of(id).map(|compare| compare.first) {
            self.end_comparison(first);
        }
        if let Some(tile) = self.tile_of(&Pane::View(id)) {
            self.tiles.remove_recursively(tile);
        }
        self.views.remove(&id);
        self.history.forget(id);
        if self.active == Some(id) {
            self.active = self.views.keys().next_back().copied();
        }
        self.keep_a_pane();
    }

    /// There is always a pane that says what to do.
    pub fn keep_a_pane(&mut self) {
        let has_pane = self
            .tiles
            .tiles
            .tiles()
            .any(|tile| matches!(tile, egui_tiles::Tile::Pane(_)));
        if !has_pane {
            let start = self.tiles.tiles.insert_pane(Pane::Start);
            self.tiles.root = Some(self.tiles.tiles.insert_tab_tile(vec![start]));
        }
    }
}

/// The part of an address before `::`.
pub fn file_part(address: &str) -> &str {
    address.split_once("::").map_or(address, |(file, _)| file)
}
