//! The tiles in the middle: views, catalogues, and what to do first.

use hutch_viewers::icons::{Icon, icon_button};
use hutch_viewers::theme::{Tokens, size};
use hutch_viewers::{Action, GpuPass, ViewContext, widgets};

use super::catalogue_pane::CatalogueAction;
use super::compare::Compare;
use super::state::{Pane, State};

/// Draws the tiles.
pub fn ui(
    ui: &mut egui::Ui,
    state: &mut State,
    gpu: Option<GpuPass<'_>>,
    actions: &mut Vec<Action>,
) {
    // The tree is taken out for the pass, since its panes are drawn with the
    // rest of the state.
    let mut tree = std::mem::replace(
        &mut state.tiles,
        egui_tiles::Tree::empty(egui::Id::unique("no tiles")),
    );
    let sites = state.sites.compute_names();
    let mut behaviour = Behaviour {
        state,
        gpu,
        actions,
        sites: &sites,
        requests: Vec::new(),
    };
    tree.ui(&mut behaviour, ui);
    let requests = behaviour.requests;
    state.tiles = tree;
    for request in requests {
        match request {
            Request::Close(pane) => close(state, &pane),
            Request::Open(location, site) => state.open_address(&format!("{site}:{location}"), ""),
            Request::Split(id) => split(state, id),
            Request::Add(id, origin) => super::others::add_to(state, id, &origin.to_string()),
            Request::Compute(first, mode) => {
                super::compare::computed(state, first, mode);
            }
            Request::GoOn => state.go_on_after_sign_in(),
            // Only here are the tiles back in the state.
            Request::ShowSite(site) => state.show_site(&site),
        }
    }
}

enum Request {
    Close(Pane),
    Compute(hutch_viewers::ViewId, super::compare::Mode),
    Open(String, String),
    Split(hutch_viewers::ViewId),
    Add(hutch_viewers::ViewId, hutch_model::Origin),
    GoOn,
    ShowSite(String),
}

fn close(state: &mut State, pane: &Pane) {
    match pane {
        Pane::View(id) => state.close_view(*id),
        Pane::Compare(first) => state.end_comparison(*first),
        Pane::Catalogue(_) => {
            if let Some(tile) = state.tile_of(pane) {
                state.tiles.remove_recursively(tile);
            }
            // What was read stays, and the source list goes on saying who is
            // signed in.
            state.keep_a_pane();
        }
        Pane::Start => {}
    }
}

/// Shows the same subject once more, beside.
pub fn split(state: &mut State, id: hutch_viewers::ViewId) {
    if let Some(slot) = state.views.get(&id) {
        let subject = slot.view.subject().clone();
        let before = slot.state();
        state.show_subject(subject, &before.kind, None);
        let added = state.active;
        if let Some(slot) = added.and_then(|id| state.views.get_mut(&id)) {
            slot.view.set_state(&before);
            slot.last_state = slot.state();
        }
        state.place_beside(id);
    }
}

struct Behaviour<'a> {
    state: &'a mut State,
    gpu: Option<GpuPass<'a>>,
    actions: &'a mut Vec<Action>,
    sites: &'a [String],
    requests: Vec<Request>,
}

impl Behaviour<'_> {
    fn view_ui(&mut self, ui: &mut egui::Ui, id: hutch_viewers::ViewId) -> bool {
        let is_active = self.state.active == Some(id);
        let is_alone = self.state.views.len() < 2;
        let Some(slot) = self.state.views.get_mut(&id) else {
            return false;
        };
        let mut title = slot.view.title();
        let is_pictured = self.state.captures.iter().any(|capture| capture.is_of(id));
        if is_pictured {
            // A picture says which file it is of, and has no buttons.
            title.right = String::from(slot.view.subject().origin.file_name());
        }
        let mut close = false;
        let mut split = false;
        let bar = widgets::PaneTitle::new(&title.name)
            .secondary(&title.detail)
            .right(&title.right)
            .active(is_active && !is_alone)
            .show_with(ui, |ui| {
                if is_pictured {
                    return;
                }
                close = icon_button(ui, Icon::X, "Close this view (Ctrl W)").clicked();
                split = icon_button(ui, Icon::Split, "Show it once more, beside").clicked();
            });
        let mut context = ViewContext {
            resident: &mut self.state.residency,
            gpu: self.gpu,
            tokens: Tokens::of(ui),
            is_active,
            compute_sites: self.sites,
            actions: self.actions,
        };
        slot.view.ui(ui, &mut context);
        if slot.view.can_add()
            && let Some(origin) = super::others::dropped(ui, ui.max_rect(), Tokens::of(ui).accent)
        {
            self.requests.push(Request::Add(id, origin));
        }
        if close {
            self.requests.push(Request::Close(Pane::View(id)));
        }
        if split {
            self.requests.push(Request::Split(id));
        }
        let is_pressed = ui.rect_contains_pointer(ui.max_rect())
            && ui.input(|input| input.pointer.any_pressed());
        if is_pressed {
            self.state.active = Some(id);
        }
        bar.drag_started()
    }

    /// Draws two views in one place; says whether the title is dragged.
    fn compare_ui(&mut self, ui: &mut egui::Ui, first: hutch_viewers::ViewId) -> bool {
        let found = self.state.comparison_of(first).cloned();
        let Some(mut compare) = found else {
            return false;
        };
        let [one, two] = self.compared_names(&compare);
        let words = |id, name: &str| {
            let slot = self.state.views.get(&id);
            let detail = slot.map(|slot| slot.view.title().detail);
            format!("{name}  {}", detail.unwrap_or_default())
        };
        let title = format!("A {}", words(compare.first, &one));
        let detail = format!("B {}", words(compare.second, &two));
        let mut close = false;
        let bar = widgets::PaneTitle::new(&title)
            .secondary(&detail)
            .show_with(ui, |ui| {
                close = icon_button(ui, Icon::X, "End the comparison (Ctrl Shift B)").clicked();
            });
        let shown = super::compare::ui(ui, &mut compare);
        let is_missing = compare
            .computed
            .is_none_or(|(mode, _)| mode != compare.mode);
        if is_missing {
            self.requests.push(Request::Compute(first, compare.mode));
        }
        self.state.active = compare.active_of(self.state.active);
        let place = ui.available_rect_before_wrap();
        self.share_axes([compare.first, compare.second]);
        match shown {
            super::compare::Shown::One(id) => self.part_ui(ui, id, place, place),
            super::compare::Shown::Both(at) => {
                let (left, right) = place.split_left_right_at_x(at);
                self.part_ui(ui, compare.first, place, left);
                self.part_ui(ui, compare.second, place, right);
                super::compare::line_ui(ui, &mut compare, place);
            }
        }
        ui.advance_cursor_after_rect(place);
        if close {
            self.requests.push(Request::Close(Pane::Compare(first)));
        }
        let kept = self.state.comparisons.iter_mut();
        if let Some(kept) = kept.into_iter().find(|kept| kept.first == first) {
            *kept = compare;
        }
        bar.drag_started()
    }

    /// Lets two plots in one place reach as far as both of them, so that a place is the same in both.
    fn share_axes(&mut self, both: [hutch_viewers::ViewId; 2]) {
        let views = &mut self.state.views;
        let extents = both.map(|id| views.get(&id).and_then(|slot| slot.view.extent()));
        let [Some(one), Some(other)] = extents else {
            return;
        };
        let extent = [0, 1].map(|along| {
            let (one, other): ([f64; 2], [f64; 2]) = (one[along], other[along]);
            [one[0].min(other[0]), one[1].max(other[1])]
        });
        for id in both {
            if let Some(slot) = views.get_mut(&id) {
                slot.view.reach(extent);
            }
        }
    }

    /// What tells two compared views apart: their files, and their paths where they are of one file.
    fn compared_names(&self, compare: &Compare) -> [String; 2] {
        let origins = [compare.first, compare.second]
            .map(|id| self.state.views.get(&id))
            .map(|slot| slot.map(|slot| slot.view.subject().origin.clone()));
        let is_one_file = match &origins {
            [Some(one), Some(two)] => one.url == two.url && one.path != two.path,
            _ => false,
        };
        origins.map(|origin| match origin {
            Some(origin) if is_one_file => format!("{} {}", origin.file_name(), origin.path),
            Some(origin) => origin.file_name().to_owned(),
            None => String::new(),
        })
    }

    /// Draws a view as if it had a whole place, and shows a part of it.
    fn part_ui(
        &mut self,
        ui: &mut egui::Ui,
        id: hutch_viewers::ViewId,
        place: egui::Rect,
        part: egui::Rect,
    ) {
        let Some(slot) = self.state.views.get_mut(&id) else {
            return;
        };
        let layout = egui::UiBuilder::new()
            .id_salt(("compared", id))
            .max_rect(place);
        let mut inner = ui.new_child(layout);
        inner.set_clip_rect(part.intersect(ui.clip_rect()));
        let mut context = ViewContext {
            resident: &mut self.state.residency,
            gpu: self.gpu,
            tokens: Tokens::of(ui),
            is_active: self.state.active == Some(id),
            compute_sites: self.sites,
            actions: self.actions,
        };
        slot.view.ui(&mut inner, &mut context);
        let is_pressed =
            ui.rect_contains_pointer(part) && ui.input(|input| input.pointer.any_pressed());
        if is_pressed {
            self.state.active = Some(id);
        }
    }

    fn catalogue_ui(&mut self, ui: &mut egui::Ui, site: &str) -> bool {
        let Some(pane) = self.state.catalogues.get_mut(site) else {
            return false;
        };
        let mut close = false;
        let bar = widgets::PaneTitle::new(&pane.label)
            .secondary("catalogue")
            .right(&pane.state_word().0)
            .show_with(ui, |ui| {
                close = icon_button(ui, Icon::X, "Close this catalogue").clicked();
            });
        match pane.ui(ui, &self.state.pools, &self.state.wake) {
            Some(CatalogueAction::Open(location)) => {
                self.requests.push(Request::Open(location, site.to_owned()));
            }
            Some(CatalogueAction::SignedIn) => self.requests.push(Request::GoOn),
            None => {}
        }
        if close {
            self.requests
                .push(Request::Close(Pane::Catalogue(site.to_owned())));
        }
        bar.drag_started()
    }
}

impl egui_tiles::Behavior<Pane> for Behaviour<'_> {
    fn pane_ui(
        &mut self,
        ui: &mut egui::Ui,
        _tile_id: egui_tiles::TileId,
        pane: &mut Pane,
    ) -> egui_tiles::UiResponse {
        ui.spacing_mut().item_spacing.y = 0.0;
        let is_dragged = match pane {
            Pane::View(id) => self.view_ui(ui, *id),
            Pane::Compare(first) => self.compare_ui(ui, *first),
            Pane::Catalogue(site) => {
                let site = site.clone();
                self.catalogue_ui(ui, &site)
            }
            Pane::Start => {
                if let Some(site) = super::start::ui(ui, self.state) {
                    self.requests.push(Request::ShowSite(site));
                }
                false
            }
        };
        if is_dragged {
            egui_tiles::UiResponse::DragStarted
        } else {
            egui_tiles::UiResponse::None
        }
    }

    fn tab_title_for_pane(&mut self, pane: &Pane) -> egui::WidgetText {
        match pane {
            Pane::View(id) => self
                .state
                .views
                .get(id)
                .map_or_else(String::new, |slot| {
                    format!(
                        "{}  {}",
                        slot.view.title().name,
                        slot.view.subject().origin.file_name()
                    )
                })
                .into(),
            Pane::Compare(first) => {
                let compare = self.state.comparison_of(*first);
                let names = compare.map(|compare| self.compared_names(compare));
                names
                    .map_or_else(String::new, |names| names.join(" | "))
                    .into()
            }
            Pane::Catalogue(site) => site.clone().into(),
            Pane::Start => "Start".into(),
        }
    }

    fn simplification_options(&self) -> egui_tiles::SimplificationOptions {
        egui_tiles::SimplificationOptions {
            all_panes_must_have_tabs: false,
            ..Default::default()
        }
    }

    fn gap_width(&self, _style: &egui::Style) -> f32 {
        1.0
    }

    fn tab_bar_height(&self, _style: &egui::Style) -> f32 {
        size::PANE_TITLE
    }

    fn tab_bar_color(&self, visuals: &egui::Visuals) -> egui::Color32 {
        visuals.panel_fill
    }
}
