//! The names of curves in a corner of their plot, and the short piece of each that stands beside its name.

use egui::{Color32, Sense, vec2};
use egui_plot::{LineStyle, MarkerShape};

use super::colours;
use super::plot::Pass;
use crate::numbers;
use crate::theme::size;

/// Draws the names in a corner; says which of them was pressed.
pub(super) fn legend_ui(
    ui: &mut egui::Ui,
    plot: egui::Rect,
    names: &[String],
    pass: Pass<'_>,
) -> Option<usize> {
    let tokens = pass.tokens;
    let font = crate::theme::secondary();
    let widest = (plot.width() * 0.4).clamp(60.0, 260.0);
    let cut: Vec<String> = names
        .iter()
        .map(|name| numbers::elide_middle(name, widest, font.clone(), ui))
        .collect();
    let width_of = |text: &String| {
        let galley = ui
            .painter()
            .layout_no_wrap(text.clone(), font.clone(), tokens.text);
        galley.size().x
    };
    let width = cut.iter().map(width_of).fold(0.0, f32::max) + 44.0;
    let row = 20.0;
    let room = ((plot.height() - 24.0) / row).max(1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a few rows"
    )]
    let shown = cut.len().min(room as usize);
    let wanted = vec2(width, row * shown as f32 + size::GRID * 2.0);
    let corner = plot.right_top() + vec2(-8.0 - width, 8.0);
    let back = egui::Rect::from_min_size(corner, wanted);
    ui.painter()
        .rect_filled(back, size::RADIUS_SMALL, tokens.panel.gamma_multiply(0.85));
    let hidden = cut.len() - shown;
    if hidden > 0 {
        let text = format!("and {} more", hidden + 1);
        let place = egui::pos2(back.left() + 34.0, back.bottom() - size::GRID - 0.5 * row);
        let centre = egui::Align2::LEFT_CENTER;
        ui.painter()
            .text(place, centre, text, font.clone(), tokens.faint);
    }
    // The last row says how many there is no room for.
    let shown = shown - usize::from(hidden > 0);
    let mut toggled = None;
    for (index, (text, entry)) in cut.iter().zip(&pass.chosen.entries).take(shown).enumerate() {
        let top = back.top() + size::GRID + row * index as f32;
        let rect = egui::Rect::from_min_size(egui::pos2(back.left(), top), vec2(width, row));
        let response = ui.interact(rect, ui.scope_id().with(("legend", index)), Sense::click());
        let (is_on, name) = (entry.is_visible, &names[index]);
        response.widget_info(|| {
            egui::WidgetInfo::selected(egui::Role::CheckBox, true, is_on, format!("Show {name}"))
        });
        if response.hovered() {
            ui.painter()
                .rect_filled(rect, size::RADIUS_SMALL, tokens.hover);
        }
        let colour = colours::colour(tokens, entry.colour);
        let colour = if is_on {
            colour
        } else {
            tokens.faint.gamma_multiply(0.5)
        };
        swatch(
            ui,
            egui::Rect::from_min_size(rect.min + vec2(8.0, 0.0), vec2(20.0, row)),
            entry.colour,
            colour,
        );
        let ink = if is_on { tokens.text } else { tokens.faint };
        let at = egui::pos2(rect.left() + 34.0, rect.center().y);
        ui.painter()
            .text(at, egui::Align2::LEFT_CENTER, text, font.clone(), ink);
        if response.clicked() {
            toggled = Some(index);
        }
        response.on_hover_text(format!("{name}\nClick to show or hide it"));
    }
    toggled
}

/// A short piece of a curve: its colour, its line, its marker.
pub(super) fn swatch(ui: &egui::Ui, rect: egui::Rect, place: usize, colour: Color32) {
    let painter = ui.painter();
    let (left, right) = (rect.left_center(), rect.right_center());
    let stroke = egui::Stroke::new(1.5, colour);
    match colours::line(place) {
        LineStyle::Solid => {
            painter.line_segment([left, right], stroke);
        }
        LineStyle::Dashed { .. } => {
            painter.extend(egui::Shape::dashed_line(&[left, right], stroke, 5.0, 3.0));
        }
        LineStyle::Dotted { .. } => {
            painter.extend(egui::Shape::dashed_line(&[left, right], stroke, 2.0, 3.0));
        }
    }
    let (centre, radius) = (rect.center(), 3.5);
    let corners = |angles: &[f32]| {
        let corner = |angle: &f32| centre + radius * 1.2 * egui::Vec2::angled(angle.to_radians());
        egui::Shape::convex_polygon(
            angles.iter().map(corner).collect(),
            colour,
            egui::Stroke::NONE,
        )
    };
    let crossed = |angles: [f32; 2]| {
        for angle in angles {
            let reach = radius * egui::Vec2::angled(angle.to_radians());
            painter.line_segment([centre - reach, centre + reach], stroke);
        }
    };
    match colours::shape(place) {
        MarkerShape::Circle => {
            painter.circle_filled(centre, radius, colour);
        }
        MarkerShape::Square => {
            painter.add(corners(&[45.0, 135.0, 225.0, 315.0]));
        }
        MarkerShape::Up => {
            painter.add(corners(&[-90.0, 30.0, 150.0]));
        }
        MarkerShape::Down => {
            painter.add(corners(&[90.0, 210.0, 330.0]));
        }
        MarkerShape::Diamond => {
            painter.add(corners(&[0.0, 90.0, 180.0, 270.0]));
        }
        MarkerShape::Cross => crossed([45.0, -45.0]),
        _ => crossed([0.0, 90.0]),
    }
}
