//! What a person chose, in the state of the view.

use hutch_model::{Value, ViewState};

use super::Choice;
use super::slot::Region;

/// Names of the colours in the state.
pub(super) const COLOURS: [&str; 3] = ["red", "green", "blue"];

/// Writes the channels of a colour; a map of one range has those of the first.
pub(super) fn write_band(state: &mut ViewState, name: &str, [first, last]: [usize; 2]) {
    state.set(name, Value::Text(format!("{first}-{last}")));
}

/// Writes between which shares of the places a colour goes from dark to bright.
pub(super) fn write_percent(state: &mut ViewState, name: &str, [low, high]: [f64; 2]) {
    let percent = format!("{low} {high}");
    state.set(&format!("{name} percent"), Value::Text(percent));
}

impl Choice {
    /// What is shown at first, of a range of channels.
    pub(super) fn usual(band: [usize; 2], channels_first: bool) -> Self {
        Self {
            frame: 0,
            bands: [band; 3],
            percent: [crate::prepared::PERCENT; 3],
            active: 0,
            is_rgb: false,
            is_net: false,
            is_density: false,
            is_mean: channels_first,
            is_log: !channels_first,
            region: Region::All,
            reference: None,
            elements: String::new(),
        }
    }

    /// Writes it into a state.
    pub(super) fn write(&self, state: &mut ViewState) {
        state.set("frame", Value::Integer(i128::from(self.frame)));
        for (index, name) in COLOURS.into_iter().enumerate() {
            write_band(state, name, self.bands[index]);
            write_percent(state, name, self.percent[index]);
        }
        state.set("active", Value::Integer(self.active as i128));
        for (name, is_on) in [
            ("rgb", self.is_rgb),
            ("net", self.is_net),
            ("density", self.is_density),
            ("mean", self.is_mean),
            ("log spectrum", self.is_log),
        ] {
            state.set(name, Value::Bool(is_on));
        }
        state.set("region", Value::Text(self.region.text()));
        if let Some(reference) = self.reference {
            state.set("reference", Value::Text(reference.text()));
        }
        state.set("elements", self.elements.as_str().into());
    }

    /// Takes what a state says, as far as it makes sense for the data.
    pub(super) fn read(&mut self, state: &ViewState, frames: u64, channels: usize) {
        let whole = |name: &str| state.values.get(name).and_then(Value::as_integer);
        if let Some(frame) = whole("frame").and_then(|frame| u64::try_from(frame).ok()) {
            self.frame = frame.min(frames.saturating_sub(1));
        }
        for (index, name) in COLOURS.into_iter().enumerate() {
            let band = state.text(name, "").split_once('-');
            let ends =
                band.and_then(|(first, last)| Some([first.parse().ok()?, last.parse().ok()?]));
            if let Some([first, last]) = ends
                && first <= last
                && last < channels
            {
                self.bands[index] = [first, last];
            }
            let percent = state
                .text(&format!("{name} percent"), "")
                .split_once(' ')
                .and_then(|(low, high)| Some([low.parse().ok()?, high.parse().ok()?]));
            if let Some([low, high]) = percent
                && (0.0..high).contains(&low)
                && high <= 100.0
            {
                self.percent[index] = [low, high];
            }
        }
        let active = whole("active").and_then(|active| usize::try_from(active).ok());
        self.active = active.filter(|active| *active < 3).unwrap_or(self.active);
        for (name, is_on) in [
            ("rgb", &mut self.is_rgb),
            ("net", &mut self.is_net),
            ("density", &mut self.is_density),
            ("mean", &mut self.is_mean),
            ("log spectrum", &mut self.is_log),
        ] {
            *is_on = state.flag(name, *is_on);
        }
        self.region = Region::parse(state.text("region", "")).unwrap_or(self.region);
        self.reference = Region::parse(state.text("reference", ""));
        state.text("elements", "").clone_into(&mut self.elements);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_chose_comes_back_from_the_state() {
        let chosen = Choice {
            frame: 1,
            bands: [[3, 9], [20, 31], [5, 5]],
            percent: [[1.0, 99.8], [0.5, 99.0], [2.0, 98.0]],
            active: 2,
            is_rgb: true,
            is_net: true,
            is_density: false,
            is_mean: true,
            is_log: false,
            region: Region::Point(7),
            reference: Some(Region::between([0.0, 0.5], [1.0, 2.0])),
            elements: "Fe Cu".to_owned(),
        };
        let mut state = ViewState::new("spectra", 1);
        chosen.write(&mut state);
        let mut found = Choice {
            frame: 0,
            bands: [[0, 0]; 3],
            percent: [[0.0, 100.0]; 3],
            active: 0,
            is_rgb: false,
            is_net: false,
            is_density: true,
            is_mean: false,
            is_log: true,
            region: Region::All,
            reference: None,
            elements: String::new(),
        };
        found.read(&state, 2, 32);
        assert_eq!(found, chosen, "all of it");
        let before = found.clone();
        state.set("green", "20-40".into());
        found.read(&state, 2, 32);
        assert_eq!(found.bands, before.bands, "beyond the last channel");
    }
}
