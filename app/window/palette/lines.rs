//! The lines of the palette: commands, settings with many values, and what can be opened.

use hutch_render::ColourMap;
use hutch_viewers::diffraction::Rings;
use hutch_viewers::icons::Icon;

use crate::window::commands::{Active, Doing, commands, no_use};
use crate::window::state::State;

/// One line.
pub(super) struct Line {
    pub(super) icon: Icon,
    pub(super) text: String,
    /// Other words by which people look for it.
    pub(super) also: &'static str,
    pub(super) hint: String,
    /// Whether the view that keys go to has a use for it.
    pub(super) is_of_use: bool,
    pub(super) doing: Doing,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            icon: Icon::Command,
            text: String::new(),
            also: "",
            hint: String::new(),
            is_of_use: true,
            doing: Doing::ShowPalette,
        }
    }
}

impl Line {
    fn new(icon: Icon, text: String, hint: &str, doing: Doing) -> Self {
        Self {
            icon,
            text,
            hint: hint.to_owned(),
            doing,
            ..Self::default()
        }
    }
}

/// All lines, in the order in which they stand while nothing is typed.
pub(super) fn lines(state: &State) -> Vec<Line> {
    let slot = state.active.and_then(|id| state.views.get(&id));
    let mut lines: Vec<Line> = commands()
        .filter(|entry| entry.doing != Doing::ShowPalette)
        .map(|entry| Line {
            also: entry.also,
            ..Line::new(
                entry.icon,
                entry.text.to_owned(),
                &entry.keys_text(),
                entry.doing.clone(),
            )
        })
        .collect();
    lines.extend(values());
    let active = slot.map(|slot| Active::of(slot.view.as_ref()));
    for line in &mut lines {
        line.is_of_use = no_use(&line.doing, active.as_ref()).is_none();
    }
    for site in state.sites.names() {
        let text = format!("Catalogue of {site}");
        lines.push(Line::new(
            Icon::Database,
            text,
            "",
            Doing::ShowSite(site.clone()),
        ));
    }
    if let Some(slot) = slot {
        for kind in hutch_viewers::registry::fitting(slot.view.subject()) {
            let text = format!("View as {}", kind.label());
            lines.push(Line::new(kind.icon(), text, "", Doing::ViewAs(kind.name())));
        }
    }
    for bookmark in &state.bookmarks {
        let doing = Doing::OpenAddress(bookmark.link.clone());
        let text = format!("Open {}", bookmark.name);
        lines.push(Line::new(Icon::Pin, text, "bookmark", doing));
    }
    for recent in &state.recent {
        let doing = Doing::OpenAddress(recent.clone());
        lines.push(Line::new(
            Icon::Clock,
            format!("Open {recent}"),
            "recent",
            doing,
        ));
    }
    lines
}

/// Settings with so many values that nobody would give each a key.
fn values() -> impl Iterator<Item = Line> {
    let maps = ColourMap::all().map(|map| Line {
        also: "colours palette lut colormap",
        ..Line::new(
            Icon::Image,
            format!("Colour map: {}", map.name()),
            "",
            Doing::Set("colour map", map.name()),
        )
    });
    let rings = Rings::names().map(|name| Line {
        also: "calibrant circles powder",
        ..Line::new(
            Icon::Crosshair,
            format!("Rings: {name}"),
            "",
            Doing::Set("rings", name),
        )
    });
    maps.chain(rings)
}
