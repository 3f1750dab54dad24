//! The list of a catalogue: where you are, filters, search, rows.

use hutch_model::{Entry, EntryKind};
use hutch_viewers::icons::Icon;
use hutch_viewers::numbers;
use hutch_viewers::theme::{Tokens, body, rich, size};
use hutch_viewers::widgets::{breadcrumbs, empty_state, filter_chip, search_box, table_header};

use super::rows::{columns, entry_row};
use super::{CatalogueAction, CataloguePane, ROW, error_card};
use crate::ask::Wake;
use crate::pools::Pools;

impl CataloguePane {
    pub(super) fn rows_ui(
        &mut self,
        ui: &mut egui::Ui,
        pools: &Pools,
        wake: &Wake,
    ) -> Option<CatalogueAction> {
        self.head_ui(ui, pools, wake);
        if let Some(problem) = self
            .stack
            .last()
            .and_then(|listing| listing.problem.clone())
        {
            ui.add_space(size::PADDING);
            if error_card(ui, &problem, "What was read stays in the list.").is_some() {
                if let Some(listing) = self.stack.last_mut() {
                    listing.problem = None;
                }
                self.ask_page(pools, wake);
            }
        }
        let filter = (self.instrument.clone(), self.year.clone());
        let sort = self.sort;
        let words = if self.stack.len() > 1 {
            self.words.to_lowercase()
        } else {
            String::new()
        };
        if let Some(listing) = self.stack.last_mut()
            && listing.is_stale
        {
            listing.refresh(&filter.0, &filter.1, &words, sort);
        }
        let chosen = self.table_ui(ui, pools, wake);
        let entry = chosen?;
        if entry.id.kind == EntryKind::Datafile {
            return entry.location.map(CatalogueAction::Open);
        }
        self.words.clear();
        self.list(Some(entry));
        self.ask_page(pools, wake);
        None
    }

    fn head_ui(&mut self, ui: &mut egui::Ui, pools: &Pools, wake: &Wake) {
        ui.add_space(size::GRID);
        ui.horizontal(|ui| {
            ui.add_space(size::PADDING);
            let names: Vec<String> = std::iter::once("my beamtimes".to_owned())
                .chain(self.stack.iter().filter_map(|listing| {
                    listing.parent.as_ref().map(|entry| {
                        if entry.title.is_empty() {
                            entry.name.clone()
                        } else {
                            format!("{} {}", entry.name, entry.title)
                        }
                    })
                }))
                .collect();
            let parts: Vec<&str> = names.iter().map(String::as_str).collect();
            ui.scope(|ui| {
                ui.set_max_width(ui.available_width() * 0.5);
                if let Some(depth) = breadcrumbs(ui, &parts) {
                    self.go_back(depth);
                }
            });
            self.count_ui(ui);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.add_space(size::PADDING);
                let at_top = self.stack.len() <= 1;
                let hint = if at_top {
                    "title, sample, keyword"
                } else {
                    "filter by name"
                };
                let width = 240.0_f32.min(ui.available_width());
                let response =
                    search_box(ui, "Search the catalogue", hint, "", &mut self.words, width);
                let is_entered =
                    response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
                if at_top && (is_entered || (response.changed() && self.words.is_empty())) {
                    self.searched.clone_from(&self.words);
                    self.stack.clear();
                    self.list(None);
                    self.ask_page(pools, wake);
                } else if response.changed()
                    && let Some(listing) = self.stack.last_mut()
                {
                    listing.is_stale = true;
                }
            });
        });
        self.filters_ui(ui);
        ui.add_space(size::GRID);
    }

    /// Goes back to a place above; at the top a search ends.
    fn go_back(&mut self, depth: usize) {
        self.words.clear();
        if depth == 0 && !self.searched.is_empty() {
            self.searched.clear();
            self.stack.clear();
            self.list(None);
        } else {
            self.stack.truncate(depth + 1);
        }
        if let Some(listing) = self.stack.last_mut() {
            listing.is_stale = true;
        }
    }

    fn count_ui(&self, ui: &mut egui::Ui) {
        let tokens = Tokens::of(ui);
        if let Some(listing) = self.stack.last() {
            let shown = numbers::count(listing.shown.len() as u64);
            let text = match listing.total {
                Some(total) if total != listing.shown.len() as u64 => {
                    format!("{shown} of {}", numbers::count(total))
                }
                _ => shown,
            };
            ui.label(rich(text, body(), tokens.secondary));
            if listing.page.is_some() {
                ui.spinner();
            }
        }
    }

    fn filters_ui(&mut self, ui: &mut egui::Ui) {
        let Some(listing) = self.stack.last() else {
            return;
        };
        if listing.parent.is_some() {
            return;
        }
        let mut instruments: Vec<&str> = listing
            .entries
            .iter()
            .map(|entry| entry.instrument.as_str())
            .filter(|instrument| !instrument.is_empty())
            .collect();
        instruments.sort_unstable();
        instruments.dedup();
        let mut years: Vec<&str> = listing
            .entries
            .iter()
            .filter_map(|entry| entry.start.get(..4))
            .collect();
        years.sort_unstable();
        years.dedup();
        let mut picked: Option<(bool, String)> = None;
        ui.horizontal(|ui| {
            ui.add_space(size::PADDING);
            for (is_instrument, current, options) in [
                (true, &self.instrument, &instruments),
                (false, &self.year, &years),
            ] {
                if current.is_empty() {
                    let title = if is_instrument {
                        "+ instrument"
                    } else {
                        "+ year"
                    };
                    ui.menu_button(title, |ui| {
                        for option in options {
                            if ui.button(*option).clicked() {
                                picked = Some((is_instrument, (*option).to_owned()));
                            }
                        }
                    });
                } else if filter_chip(ui, current).removed {
                    picked = Some((is_instrument, String::new()));
                }
            }
        });
        if let Some((is_instrument, value)) = picked {
            if is_instrument {
                self.instrument = value;
            } else {
                self.year = value;
            }
            if let Some(listing) = self.stack.last_mut() {
                listing.is_stale = true;
            }
        }
    }

    fn table_ui(&mut self, ui: &mut egui::Ui, pools: &Pools, wake: &Wake) -> Option<Entry> {
        let kind = self
            .stack
            .last()
            .and_then(|listing| listing.parent.as_ref())
            .map(|parent| parent.id.kind);
        let columns = columns(kind, ui.available_width());
        if table_header(ui, &columns, &mut self.sort).changed()
            && let Some(listing) = self.stack.last_mut()
        {
            listing.is_stale = true;
        }
        let listing = self.stack.last_mut()?;
        if listing.shown.is_empty() {
            let is_at_end =
                (listing.next.is_none() && !listing.is_new) || listing.problem.is_some();
            // A filter looks further, not only at the pages read so far.
            if listing.page.is_none() && !is_at_end && !listing.is_stale {
                self.ask_page(pools, wake);
            } else if listing.page.is_none() && !listing.is_stale {
                ui.add_space(size::ROW);
                empty_state(
                    ui,
                    Icon::Search,
                    "Nothing to show here. You may not see everything that exists; try other words or fewer filters.",
                    &[],
                );
            }
            return None;
        }
        let mut chosen = None;
        let mut is_near_end = false;
        let total = listing.shown.len();
        ui.spacing_mut().item_spacing.y = 0.0;
        egui::ScrollArea::vertical()
            .auto_shrink([false, false])
            .show_rows(ui, ROW, total, |ui, range| {
                is_near_end = range.end + 100 > total;
                for row in range {
                    let Some(entry) = listing
                        .shown
                        .get(row)
                        .and_then(|&index| listing.entries.get(index as usize))
                    else {
                        continue;
                    };
                    let is_selected = listing.selected.as_ref() == Some(&entry.id);
                    let response = entry_row(ui, &columns, kind, entry, is_selected);
                    if response.clicked() {
                        listing.selected = Some(entry.id.clone());
                    }
                    if response.double_clicked()
                        || (response.has_focus()
                            && ui.input(|input| input.key_pressed(egui::Key::Enter)))
                    {
                        chosen = Some(entry.clone());
                    }
                }
            });
        // Reading on while the rest of a list is out of sight would fetch what
        // nobody looks at; sorting by another column needs all of it anyway.
        if is_near_end
            && listing.next.is_some()
            && listing.page.is_none()
            && listing.problem.is_none()
        {
            self.ask_page(pools, wake);
        }
        chosen
    }
}
