//! The colour maps as the picker shows them.

use std::sync::LazyLock;

use egui::Color32;
use hutch_render::{ColourMap, Family};

use super::swatch;
use crate::widgets;

/// A map with its colours, forwards and backwards, and its note.
struct Entry {
    map: ColourMap,
    colours: [Vec<Color32>; 2],
    note: String,
}

/// Made once: they never change.
static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let families = Family::ALL.into_iter();
    families
        .flat_map(ColourMap::of_family)
        .map(|map| Entry {
            map,
            colours: [swatch(map, false), swatch(map, true)],
            note: note(map),
        })
        .collect()
});

fn note(map: ColourMap) -> String {
    let facts = map.facts();
    let safe = if facts.is_vision_safe {
        "Safe for colour-vision deficiencies"
    } else {
        "Not safe for colour-vision deficiencies"
    };
    format!("{safe}\n{}, {}", facts.author, facts.licence.name())
}

/// Draws the line below a bar of colours, from which another map can be chosen.
pub(crate) fn colour_map_ui(
    ui: &mut egui::Ui,
    chosen: &mut ColourMap,
    is_inverted: bool,
    (low, high): (&str, &str),
) {
    let maps: Vec<widgets::ColourMap<'_>> = ENTRIES
        .iter()
        .map(|entry| widgets::ColourMap {
            name: entry.map.name(),
            colours: &entry.colours[usize::from(is_inverted)],
            group: entry.map.facts().family.label(),
            note: &entry.note,
        })
        .collect();
    let mut selected = ENTRIES
        .iter()
        .position(|entry| entry.map == *chosen)
        .unwrap_or_default();
    if widgets::colour_map_line(ui, &maps, &mut selected, low, high).changed()
        && let Some(entry) = ENTRIES.get(selected)
    {
        *chosen = entry.map;
    }
}
