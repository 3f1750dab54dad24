//! Regions in the inspector: tools, a line for each, and the numbers of the one that is selected.

use std::fmt::Write as _;

use egui::{Align, Role, Sense, Ui, WidgetInfo, vec2};
use hutch_analysis::reduce::Number;
use hutch_analysis::region::{Region, RegionStatistics};

use super::profiles::{Units, What};
use super::stack::Reduce;
use super::{Regions, colour_of};
use crate::icons::{Icon, icon_button};
use crate::numbers;
use crate::theme::{self, Tokens, Tone, rich, secondary, size};
use crate::widgets::{
    focus_ring, folding_heading_with, key_value, key_value_tone, section_heading, segmented,
    text_button, text_field,
};

/// What is typed into the fields of a region.
#[derive(Default)]
pub(super) struct Typed {
    /// Which region the texts are of, as it was when they were taken.
    of: Option<(usize, Region)>,
    name: String,
    shape: String,
    problem: String,
}

impl Regions {
    /// The part of the inspector; `stage` is what the numbers are of.
    pub(super) fn list_ui(&mut self, ui: &mut Ui, stage: &str, units: &Units, frame_count: u64) {
        let mut copies = false;
        let has_some = !self.list.is_empty();
        let is_open = folding_heading_with(ui, "Regions", true, |ui| {
            if has_some {
                copies = icon_button(ui, Icon::Copy, "Copy the table for a spreadsheet").clicked();
            }
        });
        self.wants_copy |= copies;
        if !is_open {
            return;
        }
        self.tool_bar_ui(ui);
        if self.list.is_empty() {
            let hint = "Choose a shape, then draw it on the frame.";
            let tokens = Tokens::of(ui);
            ui.label(rich(hint, secondary(), tokens.secondary));
            return;
        }
        ui.add_space(4.0);
        let mut chosen = None;
        for (index, region) in self.list.iter().enumerate() {
            let found = self.measured.of(index, &region.shape);
            let has_none = self.problems.get(index).is_some_and(Option::is_some);
            let missing = if has_none { "no numbers" } else { "\u{2026}" };
            let mean = found.map_or(missing.to_owned(), mean_of);
            if row(ui, index, region, &mean, self.selected == Some(index)) {
                chosen = Some(index);
            }
        }
        if let Some(index) = chosen {
            let is_same = self.selected == Some(index);
            self.selected = (!is_same).then_some(index);
        }
        if frame_count > 1 {
            self.stack_ui(ui);
        }
        self.selected_ui(ui, stage, units);
    }

    fn stack_ui(&mut self, ui: &mut Ui) {
        ui.add_space(4.0);
        ui.checkbox(&mut self.stack.is_on, "over the stack, as curves");
        if self.stack.is_on {
            segmented(
                ui,
                "Value over the stack",
                &mut self.stack.reduce,
                &Reduce::ALL,
            );
            if let Some(why) = &self.stack.problem {
                let text = format!("There are no curves: {why}.");
                ui.label(rich(text, secondary(), Tokens::of(ui).attention));
            }
        }
    }

    fn selected_ui(&mut self, ui: &mut Ui, stage: &str, units: &Units) {
        let Some((index, region)) = self.selected().map(|(index, of)| (index, of.clone())) else {
            return;
        };
        ui.add_space(8.0);
        section_heading(ui, &region.name, stage);
        match self.measured.of(index, &region.shape) {
            Some(found) => numbers_ui(ui, found),
            None => match self.problems.get(index).and_then(Option::as_ref) {
                Some(why) => {
                    let text = format!("It has no numbers: {why}.");
                    ui.label(rich(text, secondary(), Tokens::of(ui).attention));
                }
                None => {
                    key_value(ui, "samples", "\u{2026}");
                }
            },
        }
        ui.add_space(6.0);
        segmented(
            ui,
            "Profile",
            &mut self.profiles.what,
            What::of(&region.shape),
        )
        .on_hover_text("The profile of the region, under the frame");
        if self.profiles.what != What::Nothing && units.pixel_mm.is_some() {
            let axes = [(false, "pixels"), (true, "millimetres")];
            ui.add_space(4.0);
            segmented(
                ui,
                "Axis of the profile",
                &mut self.profiles.is_physical,
                &axes,
            );
        }
        ui.add_space(6.0);
        self.fields_ui(ui, index, &region);
    }

    /// Name and shape as text, and the way to remove it.
    fn fields_ui(&mut self, ui: &mut Ui, index: usize, region: &Region) {
        let typed = &mut self.typed;
        let is_known = typed
            .of
            .as_ref()
            .is_some_and(|(at, of)| *at == index && of == region);
        if !is_known {
            typed.of = Some((index, region.clone()));
            typed.name.clone_from(&region.name);
            typed.shape = region.shape.to_string();
            typed.problem.clear();
        }
        let name = text_field(ui, "Name", "peak", &mut typed.name);
        let shape = text_field(ui, "Shape in pixels", "circle x y radius", &mut typed.shape);
        if name.lost_focus() || shape.lost_focus() {
            let line: String = typed.name.chars().filter(|any| !any.is_control()).collect();
            match typed.shape.parse() {
                Ok(shape) => {
                    typed.problem.clear();
                    if let Some(region) = self.list.get_mut(index) {
                        *region = Region {
                            name: line.trim().to_owned(),
                            shape,
                        };
                    }
                }
                Err(error) => typed.problem = error.why,
            }
        }
        if !self.typed.problem.is_empty() {
            let tokens = Tokens::of(ui);
            ui.label(rich(&self.typed.problem, secondary(), tokens.error));
        }
        ui.add_space(2.0);
        let remove = text_button(ui, "Remove it", Tone::Secondary);
        if remove
            .on_hover_text("Remove this region (Delete)")
            .clicked()
        {
            self.remove(index);
        }
    }

    /// The numbers of all regions with tabs between them; `None` until all of them are known.
    pub(super) fn table(&self) -> Option<String> {
        let mut text =
            "region\tshape\tcount\tmasked\tsum\tmean\tsigma\tmin\tmin x\tmin y\tmax\tmax x\tmax y\tcentre x\tcentre y\n"
                .to_owned();
        for (index, region) in self.list.iter().enumerate() {
            let found = self.measured.of(index, &region.shape)?;
            let of = &found.values;
            let place = |at: Option<[usize; 2]>| {
                at.map_or_else(|| "\t".to_owned(), |[x, y]| format!("{x}\t{y}"))
            };
            // Writing to a String cannot fail.
            let _written = writeln!(
                text,
                "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
                region.name,
                region.shape,
                of.count,
                of.masked,
                plain(of.sum),
                of.mean,
                of.sigma,
                plain(of.min),
                place(found.min_at),
                plain(of.max),
                place(found.max_at),
                found.centre[0],
                found.centre[1],
            );
        }
        Some(text)
    }
}

/// A number as spreadsheets read it.
fn plain(number: Number) -> String {
    match number {
        Number::Int(whole) => whole.to_string(),
        Number::Real(value) => value.to_string(),
    }
}

fn mean_of(found: &RegionStatistics) -> String {
    if found.values.count == 0 {
        "no samples".to_owned()
    } else {
        numbers::float(found.values.mean, 5)
    }
}

/// A line with colour, name and mean; says whether it was pressed.
fn row(ui: &mut Ui, index: usize, region: &Region, mean: &str, is_selected: bool) -> bool {
    let wanted = vec2(ui.available_width().max(0.0), size::ROW);
    let (rect, response) = ui.allocate_exact_size(wanted, Sense::click());
    response.widget_info(|| WidgetInfo {
        current_text_value: Some(format!("mean {mean}")),
        ..WidgetInfo::selected(Role::Button, true, is_selected, region.name.as_str())
    });
    let tokens = Tokens::of(ui);
    let back = rect.expand2(vec2(size::GRID, 0.0));
    let fill = match (is_selected, response.hovered()) {
        (true, _) => Some(tokens.accent_behind),
        (false, true) => Some(tokens.hover),
        _ => None,
    };
    if let Some(fill) = fill {
        ui.painter().rect_filled(back, size::RADIUS_SMALL, fill);
    }
    let dot = egui::Rect::from_center_size(
        egui::pos2(rect.left() + 6.0, rect.center().y),
        vec2(10.0, 10.0),
    );
    ui.painter().rect_filled(dot, 2.0, colour_of(index));
    let value = ui
        .painter()
        .layout_no_wrap(mean.to_owned(), theme::strong(), tokens.text);
    let room = rect.width() - value.size().x - 30.0;
    let name = numbers::elide_middle(&region.name, room, theme::body(), ui);
    let name = ui
        .painter()
        .layout_no_wrap(name, theme::body(), tokens.text);
    let at = |galley: &egui::Galley, align: Align| {
        let x = match align {
            Align::Max => rect.right() - galley.size().x,
            _ => rect.left() + 20.0,
        };
        egui::pos2(x.round(), (rect.center().y - galley.size().y / 2.0).round())
    };
    ui.painter()
        .galley(at(&name, Align::Min), name, tokens.text);
    ui.painter()
        .galley(at(&value, Align::Max), value, tokens.text);
    focus_ring(ui, &response, back);
    let text = format!("{}: mean {mean}", region.shape);
    response.on_hover_text(text).clicked()
}

fn numbers_ui(ui: &mut Ui, found: &RegionStatistics) {
    let of = &found.values;
    key_value(ui, "pixels", &numbers::count(of.count));
    if of.masked > 0 {
        key_value_tone(
            ui,
            "masked, left out",
            &numbers::count(of.masked),
            Tone::Attention,
        );
    }
    if of.count == 0 {
        return;
    }
    key_value(ui, "sum", &shown(of.sum));
    key_value(ui, "mean ± σ", &numbers::spread(of.mean, of.sigma));
    for (name, value, at) in [
        ("smallest", of.min, found.min_at),
        ("largest", of.max, found.max_at),
    ] {
        let place = at.map_or_else(String::new, |[x, y]| format!(" at {x}, {y}"));
        key_value(ui, name, &format!("{}{place}", shown(value)));
    }
    if found.centre.iter().all(|part| part.is_finite()) {
        let [x, y] = found.centre.map(|part| numbers::float(part, 6));
        key_value(ui, "centre of mass", &format!("{x}, {y}"));
    }
}

/// A number of a region, with its thousands apart.
fn shown(number: Number) -> String {
    match number {
        Number::Int(whole) => {
            i64::try_from(whole).map_or_else(|_| whole.to_string(), numbers::integer)
        }
        Number::Real(real) => numbers::float(real, 6),
    }
}
