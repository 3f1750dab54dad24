//! How views stand beside and behind each other, as a session keeps it.

use std::collections::{BTreeMap, BTreeSet};

use egui_tiles::{Container, Linear, LinearDir, Tabs, Tile, TileId, Tiles};
use hutch_viewers::ViewId;
use serde::{Deserialize, Serialize};

use super::state::{Pane, State};

/// A place with views in it; views are known by their number in the session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// One view.
    View(usize),
    /// One behind the other, and which of them is in front.
    Tabs(Vec<Self>, usize),
    /// Beside each other from left to right, with their shares of the width.
    Row(Vec<(f32, Self)>),
    /// Below each other from the top, with their shares of the height.
    Column(Vec<(f32, Self)>),
}

/// The views of a session on their way back.
#[derive(Debug, Default)]
pub struct Returning {
    /// How they stood.
    pub layout: Option<Layout>,
    /// Those that are here, by their number in the session.
    pub here: BTreeMap<usize, ViewId>,
}

/// How the views of a window stand; `views` are those that are kept, in the order of the session.
pub fn of(state: &State, views: &[ViewId]) -> Option<Layout> {
    let number = |id: ViewId| views.iter().position(|view| *view == id).map(Layout::View);
    layout_of(state, state.tiles.root()?, &number)
}

fn layout_of(
    state: &State,
    tile: TileId,
    number: &impl Fn(ViewId) -> Option<Layout>,
) -> Option<Layout> {
    let inner = |tile: TileId| layout_of(state, tile, number);
    match state.tiles.tiles.get(tile)? {
        Tile::Pane(Pane::View(id)) => number(*id),
        // Two in one place stand beside each other when they come back.
        Tile::Pane(Pane::Compare(first)) => {
            let compare = state.comparison_of(*first)?;
            let both = [compare.first, compare.second]
                .into_iter()
                .filter_map(number);
            only_or(both.map(|view| (1.0, view)).collect(), Layout::Row)
        }
        Tile::Pane(Pane::Catalogue(_) | Pane::Start) => None,
        Tile::Container(Container::Linear(linear)) => {
            let children = linear.children.iter();
            let children = children
                .filter_map(|child| Some((linear.shares[*child], inner(*child)?)))
                .collect();
            match linear.dir {
                LinearDir::Horizontal => only_or(children, Layout::Row),
                LinearDir::Vertical => only_or(children, Layout::Column),
            }
        }
        Tile::Container(container) => {
            let front = match container {
                Container::Tabs(tabs) => tabs.active,
                _ => None,
            };
            let kept: Vec<(TileId, Layout)> = container
                .children()
                .filter_map(|child| Some((*child, inner(*child)?)))
                .collect();
            let in_front = kept.iter().position(|(tile, _)| Some(*tile) == front);
            let children = kept.into_iter().map(|(_, layout)| layout).collect();
            Some(Layout::Tabs(children, in_front.unwrap_or(0)))
        }
    }
}

/// What is left of a line: nothing, the only one, or the line.
fn only_or(
    mut children: Vec<(f32, Layout)>,
    line: impl FnOnce(Vec<(f32, Layout)>) -> Layout,
) -> Option<Layout> {
    match children.len() {
        0 => None,
        1 => children.pop().map(|(_, only)| only),
        _ => Some(line(children)),
    }
}

/// Puts views where they stood; those that the layout does not know become tabs.
pub(super) fn restore(state: &mut State, returning: &Returning) {
    let Some(layout) = &returning.layout else {
        return;
    };
    if !state.comparisons.is_empty() {
        return;
    }
    let mut builder = Builder {
        tiles: Tiles::default(),
        here: &returning.here,
        used: BTreeSet::new(),
    };
    let Some(mut root) = builder.build(layout) else {
        return;
    };
    let Builder {
        mut tiles, used, ..
    } = builder;
    if !matches!(tiles.get_container(root), Some(Container::Tabs(_))) {
        root = tiles.insert_tab_tile(vec![root]);
    }
    let others: Vec<Pane> = state
        .tiles
        .tiles
        .tiles()
        .filter_map(|tile| match tile {
            Tile::Pane(Pane::View(id)) if used.contains(id) => None,
            Tile::Pane(Pane::Start) | Tile::Container(_) => None,
            Tile::Pane(pane) => Some(pane.clone()),
        })
        .collect();
    for pane in others {
        let tile = tiles.insert_pane(pane);
        if let Some(Tile::Container(tabs)) = tiles.get_mut(root) {
            tabs.add_child(tile);
        }
    }
    state.tiles = egui_tiles::Tree::new(egui::Id::unique("tiles"), root, tiles);
    // Keys go to what is in front.
    let in_front: Vec<TileId> = state.tiles.active_tiles();
    let first = in_front
        .iter()
        .find_map(|tile| match state.tiles.tiles.get(*tile)? {
            Tile::Pane(Pane::View(id)) => Some(*id),
            _ => None,
        });
    state.active = first.or(state.active);
}

struct Builder<'a> {
    tiles: Tiles<Pane>,
    here: &'a BTreeMap<usize, ViewId>,
    used: BTreeSet<ViewId>,
}

impl Builder<'_> {
    fn build(&mut self, layout: &Layout) -> Option<TileId> {
        match layout {
            Layout::View(number) => {
                let id = *self.here.get(number)?;
                // A file that names a view twice gets it once.
                let is_new = self.used.insert(id);
                is_new.then(|| self.tiles.insert_pane(Pane::View(id)))
            }
            Layout::Tabs(children, front) => {
                let built: Vec<(usize, TileId)> = children
                    .iter()
                    .enumerate()
                    .filter_map(|(at, child)| Some((at, self.build(child)?)))
                    .collect();
                let mut tabs = Tabs::new(built.iter().map(|(_, tile)| *tile).collect());
                if let Some((_, tile)) = built.iter().find(|(at, _)| at == front) {
                    tabs.set_active(*tile);
                }
                (!built.is_empty()).then(|| self.tiles.insert_container(tabs))
            }
            Layout::Row(children) => self.line(LinearDir::Horizontal, children),
            Layout::Column(children) => self.line(LinearDir::Vertical, children),
        }
    }

    fn line(&mut self, dir: LinearDir, children: &[(f32, Layout)]) -> Option<TileId> {
        let built: Vec<(f32, TileId)> = children
            .iter()
            .filter_map(|(share, child)| Some((*share, self.build(child)?)))
            .collect();
        let mut line = Linear::new(dir, built.iter().map(|(_, tile)| *tile).collect());
        for (share, tile) in &built {
            // A share that is none would leave no room for the others.
            let share = if (0.01..=100.0).contains(share) {
                *share
            } else {
                1.0
            };
            line.shares.set_share(*tile, share);
        }
        (!built.is_empty()).then(|| self.tiles.insert_container(line))
    }
}
