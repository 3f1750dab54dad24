//! The curves of a view in the inspector: which are there, what is done with them, their numbers.

use egui::{Popup, Role, ScrollArea, Sense, WidgetInfo, vec2};
use hutch_analysis::curve::{Operation, WINDOW_MAX};

use super::colours;
use super::drawn::{Drawn, DrawnLine};
use super::entry::{Chosen, Entry, Side, Style};
use super::legend::swatch;
use crate::icons::{Icon, icon_button};
use crate::numbers;
use crate::theme::{Tokens, Tone, body, rich, secondary, size, strong};
use crate::tomography::number_row;
use crate::widgets::{key_value, key_value_tone, section_heading, segmented, text_button};

/// More curves than these are a list that scrolls.
const ROWS: usize = 12;

/// What a person asked for beside a change of what was chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// What is drawn is to be made again.
    pub(super) is_changed: bool,
    /// All curves are to be put on the clipboard.
    pub(super) copies: bool,
}

/// Draws how curves are drawn together; says whether it changed.
pub(super) fn style_ui(ui: &mut egui::Ui, chosen: &mut Chosen) -> bool {
    ui.add_space(size::GRID);
    let mut is_changed = segmented(ui, "Points are", &mut chosen.style, &Style::ALL).changed();
    if chosen.entries.len() > 1 {
        let texts = (
            "waterfall",
            "How far each curve stands above the one before",
        );
        let steps = (0.05, 0.0..=2.0);
        is_changed |= number_row(ui, texts, &mut chosen.waterfall, steps, "");
    }
    is_changed
}

/// Draws the list and what belongs to the selected curve.
pub(super) fn ui(
    ui: &mut egui::Ui,
    chosen: &mut Chosen,
    names: &[String],
    drawn: Option<&Drawn>,
) -> Asked {
    let mut asked = Asked::default();
    ui.add_space(size::PADDING);
    section_heading(ui, "Curves", &numbers::count(names.len() as u64));
    let mut rows = |ui: &mut egui::Ui| {
        for (at, name) in names.iter().enumerate() {
            let problem = drawn.and_then(|drawn| {
                let own = drawn.problems.iter().find(|(entry, _)| *entry == at);
                own.map(|(_, why)| why.as_str())
            });
            asked.is_changed |= row_ui(ui, chosen, at, name, problem);
        }
    };
    if names.len() > ROWS {
        // What belongs to the selected curve stays in sight.
        ScrollArea::vertical()
            .id_salt("list of curves")
            .max_height(size::ROW * ROWS as f32)
            .auto_shrink([false, true])
            .show(ui, rows);
    } else {
        rows(ui);
    }
    let selected = chosen.selected;
    if let Some(name) = names.get(selected).cloned() {
        ui.add_space(size::PADDING);
        section_heading(ui, &name, "as plotted");
        let line = drawn.and_then(|drawn| drawn.lines.iter().find(|line| line.entry == selected));
        if let Some(line) = line {
            numbers_ui(ui, line);
        }
        let is_alone = chosen.entries.len() < 2;
        if let Some(entry) = chosen.entries.get_mut(selected) {
            asked.is_changed |= place_ui(ui, entry, is_alone);
            asked.is_changed |= steps_ui(ui, entry, names, selected, line);
        }
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = size::PADDING;
            asked.copies = text_button(ui, "Copy the values", Tone::Accent).clicked();
            let is_added = chosen
                .entries
                .get(selected)
                .is_some_and(|entry| entry.source.is_added());
            if is_added && text_button(ui, "Take it away", Tone::Secondary).clicked() {
                chosen.remove(selected);
                asked.is_changed = true;
            }
        });
    }
    asked
}

fn row_ui(
    ui: &mut egui::Ui,
    chosen: &mut Chosen,
    at: usize,
    name: &str,
    problem: Option<&str>,
) -> bool {
    let tokens = Tokens::of(ui);
    let is_selected = chosen.selected == at;
    let Some(entry) = chosen.entries.get_mut(at) else {
        return false;
    };
    let wanted = vec2(ui.available_width(), size::ROW);
    let (rect, response) = ui.allocate_exact_size(wanted, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, is_selected, name));
    let back = rect.expand2(vec2(size::GRID, 0.0));
    if is_selected {
        ui.painter()
            .rect_filled(back, size::RADIUS_SMALL, tokens.accent_behind);
    } else if response.hovered() {
        ui.painter()
            .rect_filled(back, size::RADIUS_SMALL, tokens.hover);
    }
    let mut is_changed = false;
    let eye = egui::Rect::from_min_size(rect.min, vec2(size::ROW, size::ROW));
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(eye));
    let (icon, tip) = if entry.is_visible {
        (Icon::Eye, "Hide this curve")
    } else {
        (Icon::EyeOff, "Show this curve")
    };
    if icon_button(&mut child, icon, tip).clicked() {
        entry.is_visible = !entry.is_visible;
        is_changed = true;
    }
    let ink = if entry.is_visible {
        tokens.text
    } else {
        tokens.faint
    };
    let colour = colours::colour(&tokens, entry.colour);
    let mark = egui::Rect::from_min_size(eye.right_top(), vec2(20.0, size::ROW));
    swatch(ui, mark.translate(vec2(4.0, 0.0)), entry.colour, colour);
    let left = mark.right() + 12.0;
    let mut room = rect.right() - left;
    if problem.is_some() {
        room -= 20.0;
        let sign = egui::Rect::from_center_size(
            rect.right_center() - vec2(8.0, 0.0),
            egui::Vec2::splat(14.0),
        );
        Icon::Error.paint(ui, sign, tokens.attention);
    }
    let font = if is_selected { strong() } else { body() };
    let text = numbers::elide_middle(name, room, font.clone(), ui);
    let place = egui::pos2(left, rect.center().y);
    ui.painter()
        .text(place, egui::Align2::LEFT_CENTER, text, font, ink);
    if response.clicked() && !is_selected {
        chosen.selected = at;
        is_changed = true;
    }
    let why = problem.map_or_else(String::new, |why| format!("\n{why}"));
    response.on_hover_text(format!("{name}{why}"));
    is_changed
}

/// A place along a curve, with the digits that tell it from others: times lie far from zero.
fn along(line: &DrawnLine, place: f64) -> String {
    let ends = line.curve.as_ref().map_or(&[][..], |curve| &curve.x);
    let [from, to] = [ends.first(), ends.last()].map(|end| end.copied().unwrap_or(place));
    numbers::precise(place, from.abs().max(to.abs()), (to - from).abs() * 1e-4)
}

/// The numbers of one line, without a model.
fn numbers_ui(ui: &mut egui::Ui, line: &DrawnLine) {
    key_value(ui, "points", &numbers::count(line.full_count as u64));
    let float = |value: f64| numbers::float(value, 6);
    if line.min <= line.max {
        let at = |[value, place]: [f64; 2]| format!("{} at {}", float(value), along(line, place));
        let smallest = line
            .summary
            .map_or_else(|| float(line.min), |of| at(of.smallest));
        let largest = line
            .summary
            .map_or_else(|| float(line.max), |of| at(of.largest));
        key_value(ui, "smallest", &smallest);
        key_value(ui, "largest", &largest);
        key_value(ui, "mean", &float(line.mean));
    }
    if let Some(of) = line.summary {
        key_value(ui, "centre of mass", &along(line, of.centre_of_mass))
            .on_hover_text("The mean place, weighted by the height above the smallest value");
        let width = if of.fwhm.is_finite() {
            format!("{} at {}", float(of.fwhm), along(line, of.fwhm_centre))
        } else {
            numbers::NO_VALUE.to_owned()
        };
        key_value(ui, "FWHM", &width).on_hover_text(
            "The width around the largest value, midway between it and the smallest, and its middle",
        );
    }
    for (name, count) in [
        ("not a number", line.not_finite),
        ("masked", line.masked),
        ("not on a logarithmic axis", line.below),
    ] {
        if count > 0 {
            key_value_tone(ui, name, &numbers::count(count as u64), Tone::Attention);
        }
    }
}

/// Factor, offset, and which axis it has.
fn place_ui(ui: &mut egui::Ui, entry: &mut Entry, is_alone: bool) -> bool {
    let anything = f64::MIN..=f64::MAX;
    let speed = |value: f64| (value.abs() / 20.0).max(0.01);
    let steps = (speed(entry.factor), anything.clone());
    let texts = ("factor", "Values are drawn times this");
    let mut is_changed = number_row(ui, texts, &mut entry.factor, steps, "");
    let steps = (speed(entry.offset), anything);
    let texts = ("offset", "Values are moved by this");
    is_changed |= number_row(ui, texts, &mut entry.offset, steps, "");
    if !is_alone {
        ui.add_space(size::GRID);
        is_changed |= segmented(ui, "Axis of values", &mut entry.side, &Side::ALL).changed();
    }
    is_changed
}

/// What is done with a curve, one after the other, and how to add to it.
fn steps_ui(
    ui: &mut egui::Ui,
    entry: &mut Entry,
    names: &[String],
    own: usize,
    line: Option<&DrawnLine>,
) -> bool {
    let tokens = Tokens::of(ui);
    let mut is_changed = false;
    let mut gone = None;
    for (at, step) in entry.steps.iter_mut().enumerate() {
        ui.horizontal(|ui| {
            ui.set_min_height(size::ROW);
            let text = format!("{}.  {}", at + 1, step.words());
            let room = ui.available_width() - size::ROW - size::GRID;
            let cut = numbers::elide_middle(&text, room, body(), ui);
            ui.label(rich(cut, body(), tokens.text)).on_hover_text(text);
            let right = egui::Layout::right_to_left(egui::Align::Center);
            ui.with_layout(right, |ui| {
                let words = format!("Take back: {}", step.words());
                if icon_button(ui, Icon::X, &words).clicked() {
                    gone = Some(at);
                }
            });
        });
        is_changed |= parameters_ui(ui, step);
    }
    if let Some(at) = gone {
        entry.steps.remove(at);
        is_changed = true;
    }
    let add = text_button(ui, "Compute …", Tone::Accent);
    let mut added = None;
    Popup::menu(&add).show(|ui| {
        ui.set_min_width(200.0);
        added = menu_ui(ui, names, own, line);
    });
    if let Some(step) = added {
        entry.steps.push(step);
        is_changed = true;
    }
    is_changed
}

/// The numbers of a step.
fn parameters_ui(ui: &mut egui::Ui, step: &mut Operation) -> bool {
    match step {
        Operation::Smooth(window, order) => {
            let mut values = [*window as f64, *order as f64];
            let longest = WINDOW_MAX as f64;
            let window_texts = ("window", "Points of a window; an odd number");
            let mut is_changed =
                number_row(ui, window_texts, &mut values[0], (2.0, 3.0..=longest), "");
            let order_texts = ("order", "Order of the polynomials");
            let highest = (values[0] - 1.0).min(9.0);
            is_changed |= number_row(ui, order_texts, &mut values[1], (1.0, 0.0..=highest), "");
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "both are small and positive"
            )]
            let [half, whole] = [
                (values[0] / 2.0).floor() as usize,
                values[1].round() as usize,
            ];
            (*window, *order) = (half * 2 + 1, whole.min(half * 2));
            is_changed
        }
        Operation::Point(x) => {
            let steps = ((x.abs() / 20.0).max(0.01), f64::MIN..=f64::MAX);
            number_row(
                ui,
                ("at", "The place where the value becomes 1"),
                x,
                steps,
                "",
            )
        }
        _ => false,
    }
}

fn menu_ui(
    ui: &mut egui::Ui,
    names: &[String],
    own: usize,
    line: Option<&DrawnLine>,
) -> Option<Operation> {
    let tokens = Tokens::of(ui);
    let mut added = None;
    let top = line
        .and_then(|line| line.summary)
        .map_or(0.0, |of| of.largest[1]);
    let plain = [
        ("Derivative", Operation::Derivative),
        ("Cumulative sum", Operation::Sum),
        ("Smooth (Savitzky-Golay)", Operation::Smooth(7, 2)),
        ("Normalise to the maximum", Operation::Maximum),
        ("Normalise to the area", Operation::Area),
        ("Normalise to a point", Operation::Point(top)),
    ];
    for (text, step) in plain {
        if ui.button(text).clicked() {
            added = Some(step);
        }
    }
    let others: Vec<&String> = names
        .iter()
        .enumerate()
        .filter(|(at, _)| *at != own)
        .map(|(_, name)| name)
        .collect();
    if others.is_empty() {
        let hint = "Add another curve to subtract it or to divide by it.";
        ui.label(rich(hint, secondary(), tokens.faint));
        return added;
    }
    let mut with = |text: &str, make: &dyn Fn(String) -> Operation| {
        ui.menu_button(text, |ui| {
            for name in &others {
                if ui.button(name.as_str()).clicked() {
                    added = Some(make((*name).clone()));
                }
            }
        });
    };
    with("Minus", &Operation::Minus);
    with("Divided by", &Operation::Over);
    with("Normalise to the monitor", &Operation::Monitor);
    added
}
