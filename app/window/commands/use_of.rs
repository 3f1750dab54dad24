//! Whether the view that keys go to has a use for a command, and why not.

use hutch_model::ViewState;
use hutch_viewers::regions::RegionCommand;
use hutch_viewers::{Shortcut, Timeline, View, ViewCommand, registry};

use super::Doing;

/// What is known of the view that keys go to, without its samples.
#[derive(Clone, Debug)]
pub(in crate::window) struct Active {
    state: ViewState,
    timeline: Option<Timeline>,
    has_geometry: bool,
    has_scan: bool,
    /// Curves, or a cake.
    has_plot: bool,
}

impl Active {
    /// What is known of a view.
    pub(in crate::window) fn of(view: &dyn View) -> Self {
        let signal = view.subject().signal.as_ref();
        Self {
            state: view.state(),
            timeline: view.timeline(),
            has_geometry: signal.is_some_and(|signal| signal.geometry.is_some()),
            has_scan: signal.is_some_and(|signal| signal.scan.is_some()),
            has_plot: view.curves().is_some() || view.cake().is_some(),
        }
    }

    /// Why no rings can be found on its frames.
    fn no_rings(&self) -> Option<&'static str> {
        if self.state.flag("assembled", false) {
            return Some("show the frame as it is stored first (A)");
        }
        let is_substance = !matches!(self.state.text("rings", "off"), "off" | "resolution");
        (!is_substance).then_some("choose the calibrant as rings first")
    }

    /// Why nothing can be done with its regions.
    fn no_region(&self, command: RegionCommand) -> Option<&'static str> {
        if matches!(command, RegionCommand::Draw(_)) {
            return None;
        }
        if !self.state.values.contains_key("regions") {
            return Some("draw a region on the frame first");
        }
        let is_selected = self.state.values.contains_key("selected region");
        let is_shown = self.state.values.contains_key("profile");
        let needs_one = match command {
            RegionCommand::Remove => true,
            RegionCommand::Profile => !is_shown,
            _ => false,
        };
        if needs_one && !is_selected {
            return Some("select a region with a click first");
        }
        let count = self.timeline.as_ref().map_or(1, |timeline| timeline.count);
        (command == RegionCommand::OverStack && count < 2).then_some("there is one frame only")
    }
}

/// The kinds of view that a command is for, by their names; none where it is for all.
const fn kinds(doing: &Doing) -> &'static [&'static str] {
    match doing {
        Doing::Own(command) => match command {
            ViewCommand::Copy | ViewCommand::Follow => &[],
            ViewCommand::LogAcross | ViewCommand::Derivative | ViewCommand::FitPeaks => &["curve"],
            ViewCommand::Integrate
            | ViewCommand::IntegrateAll
            | ViewCommand::Calibrate
            | ViewCommand::FindRings => &["image"],
            ViewCommand::ThreeColours => &["spectra"],
            ViewCommand::MapStyle => &["map"],
            ViewCommand::NumberFormat => &["table"],
            ViewCommand::Wrap | ViewCommand::FindBefore | ViewCommand::FindNext => &["text"],
            ViewCommand::ByteOrder => &["hex"],
        },
        Doing::View(shortcut) => match shortcut {
            Shortcut::Region(_) | Shortcut::Mask(_) | Shortcut::Assemble => &["image"],
            Shortcut::FlipAcross
            | Shortcut::FlipDown
            | Shortcut::TurnLeft
            | Shortcut::TurnRight
            | Shortcut::Transpose => &["image", "colour"],
            Shortcut::ToggleLog => &["image", "map", "spectra", "tomography", "curve"],
            Shortcut::RangeDown | Shortcut::RangeUp => &["image", "map", "spectra", "tomography"],
            Shortcut::Fit => &[],
        },
        Doing::UseAs(_) | Doing::RemoveFields | Doing::NextPictureAxes => &["image"],
        Doing::StepHit(_) => &["image", "stream"],
        _ => &[],
    }
}

/// Why the view that keys go to has no use for a command, in words; `None` where it may have one.
pub(in crate::window) fn no_use(doing: &Doing, active: Option<&Active>) -> Option<String> {
    let Some(active) = active else {
        let needs_view = matches!(
            doing,
            Doing::Own(_) | Doing::View(_) | Doing::Set(..) | Doing::SaveAs(_)
        );
        return needs_view.then(|| "no view is open".to_owned());
    };
    let kinds = kinds(doing);
    if !kinds.is_empty() && !kinds.contains(&active.state.kind.as_str()) {
        return Some(format!(
            "it is for views of the kind {}; this one is {}",
            kinds
                .iter()
                .map(|kind| label(kind))
                .collect::<Vec<_>>()
                .join(" or "),
            label(&active.state.kind)
        ));
    }
    match doing {
        Doing::Set("integrate" | "rings", _) if !active.has_geometry => {
            Some("it is for frames whose detector geometry is known".to_owned())
        }
        Doing::Set(key, _) if !active.state.values.contains_key(*key) => {
            Some(format!("{} has no such setting", label(&active.state.kind)))
        }
        Doing::Own(
            ViewCommand::Integrate
            | ViewCommand::IntegrateAll
            | ViewCommand::Calibrate
            | ViewCommand::FindRings,
        ) if !active.has_geometry => Some(NO_GEOMETRY.to_owned()),
        Doing::Own(ViewCommand::FindRings) => active.no_rings().map(str::to_owned),
        Doing::View(Shortcut::Region(command)) => active.no_region(*command).map(str::to_owned),
        Doing::SavePlot if !active.has_plot => Some("it shows no plot".to_owned()),
        Doing::Scan(_) if !active.has_scan => Some("what is shown is of no scan".to_owned()),
        Doing::Step(_) | Doing::Play if active.timeline.is_none() => {
            Some("there is one frame only".to_owned())
        }
        _ => None,
    }
}

/// What to do about frames without a geometry.
const NO_GEOMETRY: &str =
    "the geometry of the detector is not known; drop a .poni or .geom file onto the frame";

/// A kind of view as people call it.
fn label(kind: &str) -> String {
    let label = registry::named(kind).map_or(kind, |kind| kind.label());
    format!("\"{label}\"")
}

#[cfg(test)]
mod tests {
    use hutch_model::Value;
    use hutch_viewers::regions::Tool;

    use super::*;

    fn frame(frames: u64) -> Active {
        Active {
            state: ViewState::new("image", 1),
            timeline: Some(Timeline {
                count: frames,
                current: 0,
                label: String::new(),
                trace: Vec::new(),
                following: None,
            }),
            has_geometry: true,
            has_scan: false,
            has_plot: false,
        }
    }

    fn told(doing: &Doing, active: &Active) -> String {
        no_use(doing, Some(active)).unwrap_or_default()
    }

    #[test]
    fn rings_are_found_only_where_a_calibrant_is_chosen() {
        let find = Doing::Own(ViewCommand::FindRings);
        let mut active = frame(1);
        for plain in ["off", "resolution"] {
            active.state.set("rings", plain.into());
            assert!(
                told(&find, &active).contains("choose the calibrant"),
                "{plain}"
            );
        }
        active.state.set("rings", "corundum".into());
        assert_eq!(told(&find, &active), "");
        active.has_geometry = false;
        assert!(
            told(&find, &active).contains(".poni"),
            "what to do about it"
        );
    }

    #[test]
    fn what_needs_a_region_says_so() {
        let of = |command| Doing::View(Shortcut::Region(command));
        let mut active = frame(1);
        assert_eq!(told(&of(RegionCommand::Draw(Tool::Line)), &active), "");
        for command in [RegionCommand::Profile, RegionCommand::OverStack] {
            assert!(
                told(&of(command), &active).contains("draw a region"),
                "{command:?}"
            );
        }
        active.state.set("regions", Value::List(Vec::new()));
        assert!(told(&of(RegionCommand::Profile), &active).contains("select a region"));
        assert!(told(&of(RegionCommand::OverStack), &active).contains("one frame"));
        active.state.set("selected region", Value::Integer(0));
        assert_eq!(told(&of(RegionCommand::Profile), &active), "");
        assert_eq!(
            told(&of(RegionCommand::OverStack), &frame_with(&active, 5)),
            ""
        );
    }

    fn frame_with(active: &Active, frames: u64) -> Active {
        Active {
            timeline: frame(frames).timeline,
            ..active.clone()
        }
    }
}
