//! The colours that values are shown in.

use egui::epaint::Mesh;
use egui::{
    Align, Color32, Key, Layout, Popup, PopupCloseBehavior, Rect, Response, Role, Sense, Shape,
    Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::fields::search_box;
use super::paint::{between, focus_ring, layout, layout_heading, text_at, text_before};
use crate::icons::Icon;
use crate::theme::{self, Tokens, size};

/// A colour map by name.
#[derive(Clone, Copy, Debug)]
pub struct ColourMap<'a> {
    /// Its name: "gray", "inferno".
    pub name: &'a str,
    /// Its colours, from low to high.
    pub colours: &'a [Color32],
    /// The heading that it stands under in the picker; maps of a group follow each other.
    pub group: &'a str,
    /// Who made it and under which licence, for its tooltip.
    pub note: &'a str,
}

/// Height of the list of maps before it scrolls.
const LIST_HEIGHT: f32 = 396.0;
/// Width of the picker.
const PICKER_WIDTH: f32 = 264.0;

/// A bar of the colours, 12 points high.
pub fn colour_bar(ui: &mut Ui, colours: &[Color32]) -> Response {
    let (rect, response) = ui.allocate_exact_size(theme::full_width(ui, 12.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Colours from low to high"));
    paint_colours(ui, rect, colours);
    response
}

/// The line below the colours: the low end, the name of the map, the high end.
///
/// The name opens the [`colour_map_picker`]. The response is changed when another map was chosen.
pub fn colour_map_line(
    ui: &mut Ui,
    maps: &[ColourMap<'_>],
    selected: &mut usize,
    low: &str,
    high: &str,
) -> Response {
    let (rect, mut line) = ui.allocate_exact_size(theme::full_width(ui, size::ROW), Sense::hover());
    let tokens = Tokens::of(ui);
    let name = maps.get(*selected).map_or("", |map| map.name);
    text_at(
        ui,
        rect.left(),
        rect,
        layout(ui, low, theme::secondary(), tokens.secondary),
    );
    text_before(
        ui,
        rect.right(),
        rect,
        layout(ui, high, theme::secondary(), tokens.secondary),
    );
    let galley = layout(ui, name, theme::secondary(), tokens.text);
    let half = galley.size().x / 2.0;
    let centre = rect.center().x;
    let place = between(rect, centre - half - 16.0, centre + half + 16.0);
    let button = ui.interact(place, line.id.with("map"), Sense::click());
    button.widget_info(|| WidgetInfo {
        current_text_value: Some(name.to_owned()),
        ..WidgetInfo::labeled(Role::ComboBox, true, "Colour map")
    });
    if button.hovered() || Popup::is_id_open(ui.ctx(), Popup::default_response_id(&button)) {
        ui.painter().rect_filled(
            place.shrink2(vec2(0.0, 2.0)),
            size::RADIUS_SMALL,
            tokens.hover,
        );
    }
    text_at(ui, centre - half - 6.0, rect, galley);
    let mark = between(rect, centre + half - 4.0, centre + half + 10.0);
    Icon::ChevronDown.paint(ui, mark.shrink2(vec2(1.0, 6.0)), tokens.secondary);
    focus_ring(ui, &button, place.shrink2(vec2(0.0, 2.0)));
    let popup = Popup::menu(&button)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .align(egui::RectAlign::BOTTOM);
    let id = popup.get_id();
    let picked = popup.show(|ui| {
        ui.set_width(PICKER_WIDTH);
        colour_map_picker(ui, maps, selected).changed()
    });
    button.on_hover_text("Colour map");
    if picked.is_some_and(|picked| picked.inner) {
        Popup::close_id(ui.ctx(), id);
        line.mark_changed();
    }
    line
}

/// A search box over rows of colour maps, by group: the colours and the name; the chosen one has a tick.
///
/// Enter takes the first that is found. The response is changed when another map was chosen.
pub fn colour_map_picker(ui: &mut Ui, maps: &[ColourMap<'_>], selected: &mut usize) -> Response {
    let memory = ui.scope_id().with("colour map search");
    let mut text: String = ui.data(|data| data.get_temp(memory)).unwrap_or_default();
    let width = ui.available_width();
    let field = search_box(
        ui,
        "Search colour maps",
        "Search colour maps",
        "",
        &mut text,
        width,
    );
    if field.changed() {
        ui.data_mut(|data| data.insert_temp(memory, text.clone()));
    }
    let is_taken = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let wanted = text.to_lowercase();
    let is_found = |map: &ColourMap<'_>| {
        map.name.to_lowercase().contains(&wanted) || map.group.contains(&wanted)
    };
    let found: Vec<usize> = (0..maps.len())
        .filter(|&index| maps.get(index).is_some_and(is_found))
        .collect();
    let mut chosen = found.first().copied().filter(|_| is_taken);
    let list = egui::ScrollArea::vertical()
        .max_height(LIST_HEIGHT)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            ui.with_layout(Layout::top_down(Align::Min), |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                let clicked = picker_rows(ui, maps, &found, *selected);
                chosen = clicked.or(chosen);
            })
            .response
        });
    let mut response = list.inner;
    if let Some(index) = chosen.filter(|index| index != selected) {
        *selected = index;
        response.mark_changed();
    }
    if chosen.is_some() {
        ui.data_mut(|data| data.remove_temp::<String>(memory));
    }
    response
}

fn picker_rows(
    ui: &mut Ui,
    maps: &[ColourMap<'_>],
    found: &[usize],
    selected: usize,
) -> Option<usize> {
    let tokens = Tokens::of(ui);
    let mut group = "";
    let mut clicked = None;
    for &index in found {
        let Some(map) = maps.get(index) else {
            continue;
        };
        if map.group != group {
            group = map.group;
            let (rect, _) =
                ui.allocate_exact_size(theme::full_width(ui, size::ROW), Sense::hover());
            let heading = layout_heading(ui, group, tokens.secondary);
            text_at(
                ui,
                rect.left() + 8.0,
                rect.translate(vec2(0.0, 2.0)),
                heading,
            );
        }
        let row = picker_row(ui, *map, index == selected);
        if row.clicked() {
            clicked = Some(index);
        }
        if !map.note.is_empty() {
            row.on_hover_text(map.note);
        }
    }
    if found.is_empty() {
        ui.label(theme::rich(
            "No map of that name.",
            theme::secondary(),
            tokens.faint,
        ));
    }
    clicked
}

fn picker_row(ui: &mut Ui, map: ColourMap<'_>, is_selected: bool) -> Response {
    let (rect, response) = ui.allocate_exact_size(theme::full_width(ui, size::ROW), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::MenuItemRadio, true, is_selected, map.name));
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let tokens = Tokens::of(ui);
    let fill = if is_selected {
        tokens.accent_behind
    } else if response.hovered() {
        tokens.hover
    } else {
        Color32::TRANSPARENT
    };
    ui.painter().rect_filled(rect, size::RADIUS_SMALL, fill);
    let swatch_width = (rect.width() * 0.45).min(112.0);
    let swatch = between(rect, rect.left() + 8.0, rect.left() + 8.0 + swatch_width);
    paint_colours(ui, swatch.shrink2(vec2(0.0, 6.0)), map.colours);
    let galley = layout(ui, map.name, theme::body(), tokens.text);
    text_at(ui, swatch.right() + 12.0, rect, galley);
    if is_selected {
        let mark = between(rect, rect.right() - 24.0, rect.right() - 4.0);
        Icon::Check.paint(ui, mark, tokens.accent);
    }
    focus_ring(ui, &response, rect);
    response
}

/// Fills a rectangle with colours from left to right, with a line around them.
pub(super) fn paint_colours(ui: &Ui, rect: Rect, colours: &[Color32]) {
    let mut mesh = Mesh::default();
    let last = colours.len().saturating_sub(1).max(1) as f32;
    for (index, colour) in colours.iter().enumerate() {
        let x = rect.left() + rect.width() * index as f32 / last;
        mesh.colored_vertex(pos2(x, rect.top()), *colour);
        mesh.colored_vertex(pos2(x, rect.bottom()), *colour);
        if index > 0
            && let Ok(corner) = u32::try_from(2 * index)
        {
            mesh.add_triangle(corner - 2, corner - 1, corner);
            mesh.add_triangle(corner - 1, corner, corner + 1);
        }
    }
    ui.painter().add(Shape::mesh(mesh));
    let edge = Stroke::new(1.0, Tokens::of(ui).control_line);
    ui.painter()
        .rect_stroke(rect, 0.0, edge, StrokeKind::Inside);
}
