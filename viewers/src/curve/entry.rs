//! The curves of a view, as plain values.

use hutch_analysis::curve::{Model, Operation};
use hutch_model::{Value, ViewState};

/// Curves that a view holds at most.
pub(super) const ENTRIES_MAX: usize = 64;

/// Which numbers a curve is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The line of the signal that the slider stands on: `signal`.
    Signal,
    /// A further signal of the same group, by its place among them: `further 2`.
    Further(usize),
    /// A line of the signal that stays, whatever the slider does: `line 5`.
    Line(u64),
    /// A counter or a motor of the scan, by its name: `column NAME`.
    Column(String),
    /// What another address shows by default: `at URL::PATH`.
    At(String),
}

impl Source {
    fn read(text: &str) -> Option<Self> {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        match word {
            "signal" => Some(Self::Signal),
            "further" => rest.parse().ok().map(Self::Further),
            "column" if !rest.is_empty() => Some(Self::Column(rest.to_owned())),
            "line" => rest.parse().ok().map(Self::Line),
            "at" if !rest.is_empty() => Some(Self::At(rest.to_owned())),
            _ => None,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Signal => "signal".to_owned(),
            Self::Further(index) => format!("further {index}"),
            Self::Line(line) => format!("line {line}"),
            Self::Column(name) => format!("column {name}"),
            Self::At(address) => format!("at {address}"),
        }
    }

    /// Whether a person added it, so that it can be taken away again.
    pub(super) const fn is_added(&self) -> bool {
        matches!(self, Self::Line(_) | Self::Column(_) | Self::At(_))
    }
}

/// Which axis of values a curve is drawn against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Side {
    /// The right one where its scale differs by much from that of the first curve.
    #[default]
    Auto,
    Left,
    Right,
}

impl Side {
    pub(super) const ALL: [(Self, &'static str); 3] = [
        (Self::Auto, "auto"),
        (Self::Left, "left"),
        (Self::Right, "right"),
    ];

    fn read(text: &str) -> Self {
        let named = Self::ALL.into_iter().find(|(_, name)| *name == text);
        named.map_or(Self::Auto, |(side, _)| side)
    }

    fn text(self) -> &'static str {
        let named = Self::ALL.into_iter().find(|(side, _)| *side == self);
        named.map_or("auto", |(_, name)| name)
    }
}

/// How points are joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Style {
    #[default]
    Lines,
    Points,
    Steps,
}

impl Style {
    pub(super) const ALL: [(Self, &'static str); 3] = [
        (Self::Lines, "lines"),
        (Self::Points, "points"),
        (Self::Steps, "steps"),
    ];

    fn read(text: &str) -> Self {
        let named = Self::ALL.into_iter().find(|(_, name)| *name == text);
        named.map_or(Self::Lines, |(style, _)| style)
    }

    fn text(self) -> &'static str {
        let named = Self::ALL.into_iter().find(|(style, _)| *style == self);
        named.map_or("lines", |(_, name)| name)
    }
}

/// One curve of a view.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) source: Source,
    pub(super) is_visible: bool,
    /// Values are drawn times a factor, then moved by an offset.
    pub(super) factor: f64,
    pub(super) offset: f64,
    pub(super) side: Side,
    /// Its place among the colours, kept while other curves come and go.
    pub(super) colour: usize,
    /// The name that a person gave it; empty for its own.
    pub(super) name: String,
    /// What is done with it, one after the other.
    pub(super) steps: Vec<Operation>,
}

impl Entry {
    pub(super) const fn new(source: Source, colour: usize) -> Self {
        Self {
            source,
            is_visible: true,
            factor: 1.0,
            offset: 0.0,
            side: Side::Auto,
            colour,
            name: String::new(),
            steps: Vec::new(),
        }
    }

    /// `[source, is visible, factor, offset, side, colour, name, steps]`.
    fn value(&self) -> Value {
        let steps: Vec<String> = self.steps.iter().map(ToString::to_string).collect();
        Value::List(vec![
            Value::Text(self.source.text()),
            Value::Bool(self.is_visible),
            Value::Float(self.factor),
            Value::Float(self.offset),
            self.side.text().into(),
            Value::Integer(self.colour as i128),
            Value::Text(self.name.clone()),
            Value::List(steps.into_iter().map(Value::Text).collect()),
        ])
    }

    fn read(value: &Value) -> Option<Self> {
        let Value::List(parts) = value else {
            return None;
        };
        let text = |at: usize| parts.get(at).and_then(Value::as_text).unwrap_or_default();
        let number = |at: usize| parts.get(at).and_then(Value::as_f64);
        let colour = parts.get(5).and_then(Value::as_integer);
        let steps = parts.get(7).map(Value::items).unwrap_or_default();
        Some(Self {
            source: Source::read(text(0))?,
            is_visible: parts.get(1) != Some(&Value::Bool(false)),
            factor: number(2).filter(|factor| factor.is_finite()).unwrap_or(1.0),
            offset: number(3).filter(|offset| offset.is_finite()).unwrap_or(0.0),
            side: Side::read(text(4)),
            colour: colour
                .and_then(|colour| usize::try_from(colour).ok())
                .unwrap_or(0),
            name: text(6).to_owned(),
            steps: steps
                .iter()
                .filter_map(|step| step.as_text()?.parse().ok())
                .collect(),
        })
    }
}

/// Peaks that are fitted to one of the curves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct FitWish {
    pub(super) model: Model,
    pub(super) peaks: usize,
    /// From and to; the whole curve where it is none.
    pub(super) range: Option<[f64; 2]>,
}

/// All that a person chose about the curves of a view.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Chosen {
    pub(super) entries: Vec<Entry>,
    /// The curve that operations, numbers and fits are about.
    pub(super) selected: usize,
    pub(super) style: Style,
    /// How far each curve stands above the one before, as a share of the largest span.
    pub(super) waterfall: f64,
    pub(super) fit: Option<FitWish>,
}

impl Chosen {
    /// A signal with so many further ones.
    pub(super) fn of(further: usize) -> Self {
        let further = (0..further.min(ENTRIES_MAX - 1)).map(Source::Further);
        let sources = std::iter::once(Source::Signal).chain(further);
        Self {
            entries: sources
                .enumerate()
                .map(|(colour, source)| Entry::new(source, colour))
                .collect(),
            selected: 0,
            style: Style::Lines,
            waterfall: 0.0,
            fit: None,
        }
    }

    /// Adds a curve, and says whether it was not there yet.
    pub(super) fn add(&mut self, source: Source) -> bool {
        let is_there = self.entries.iter().any(|entry| entry.source == source);
        if is_there || self.entries.len() >= ENTRIES_MAX {
            return false;
        }
        let is_free = |colour: &usize| self.entries.iter().all(|entry| entry.colour != *colour);
        let colour = (0..=self.entries.len()).find(is_free).unwrap_or_default();
        self.entries.push(Entry::new(source, colour));
        true
    }

    pub(super) fn remove(&mut self, at: usize) {
        if self
            .entries
            .get(at)
            .is_some_and(|entry| entry.source.is_added())
        {
            self.entries.remove(at);
            self.selected = self.selected.min(self.entries.len().saturating_sub(1));
        }
    }

    /// Addresses of the curves that come from elsewhere.
    pub(super) fn addresses(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter_map(|entry| match &entry.source {
            Source::At(address) => Some(address.as_str()),
            _ => None,
        })
    }

    pub(super) fn write(&self, state: &mut ViewState) {
        let entries = self.entries.iter().map(Entry::value).collect();
        state.set("curves", Value::List(entries));
        state.set("selected", Value::Integer(self.selected as i128));
        state.set("style", self.style.text().into());
        state.set("waterfall", Value::Float(self.waterfall));
        let model = self.fit.map_or("", |fit| fit.model.name());
        state.set("fit", model.into());
        if let Some(fit) = self.fit {
            state.set("fit peaks", Value::Integer(fit.peaks as i128));
            let ends = fit.range.map(|ends| ends.map(Value::Float).to_vec());
            state.set("fit range", Value::List(ends.unwrap_or_default()));
        }
    }

    /// What a state says; `further` is how many further signals there are.
    pub(super) fn read(&mut self, state: &ViewState, further: usize) {
        let is_here = |entry: &Entry| match entry.source {
            Source::Further(index) => index < further,
            _ => true,
        };
        if let Some(Value::List(values)) = state.values.get("curves") {
            let entries = values.iter().filter_map(Entry::read).filter(is_here);
            let entries: Vec<Entry> = entries.take(ENTRIES_MAX).collect();
            if !entries.is_empty() {
                self.entries = entries;
            }
        }
        let whole = |name: &str| {
            let number = state.values.get(name).and_then(Value::as_integer);
            number.and_then(|number| usize::try_from(number).ok())
        };
        let last = self.entries.len().saturating_sub(1);
        self.selected = whole("selected").unwrap_or(self.selected).min(last);
        self.style = Style::read(state.text("style", self.style.text()));
        self.waterfall = state.number("waterfall", self.waterfall).clamp(0.0, 2.0);
        let model = state.text("fit", "");
        if state.values.contains_key("fit") {
            self.fit = Model::of(model).map(|model| FitWish {
                model,
                peaks: whole("fit peaks").unwrap_or(1).clamp(1, 12),
                range: read_range(state),
            });
        }
    }
}

fn read_range(state: &ViewState) -> Option<[f64; 2]> {
    let ends = state.values.get("fit range")?.items();
    let [low, high] = [ends.first()?.as_f64()?, ends.get(1)?.as_f64()?];
    (low < high).then_some([low, high])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_chosen_is_read_as_it_was_written() {
        let mut chosen = Chosen::of(2);
        assert!(chosen.add(Source::Line(7)) && chosen.add(Source::At("/a.h5::/1.1".to_owned())));
        assert!(!chosen.add(Source::Line(7)), "it is there already");
        chosen.entries[1].is_visible = false;
        chosen.entries[2].steps = vec![
            Operation::Smooth(7, 2),
            Operation::Minus("counts; of all".to_owned()),
        ];
        chosen.entries[3].side = Side::Right;
        chosen.entries[3].factor = -0.5;
        chosen.selected = 3;
        chosen.style = Style::Steps;
        chosen.waterfall = 0.25;
        chosen.fit = Some(FitWish {
            model: Model::PseudoVoigt,
            peaks: 2,
            range: Some([-1.0, 3.5]),
        });
        let mut state = ViewState::new("curve", 1);
        chosen.write(&mut state);
        let mut read = Chosen::of(2);
        read.read(&state, 2);
        assert_eq!(read, chosen);
        read.read(&state, 1);
        assert_eq!(
            read.entries.len(),
            4,
            "the second further signal is not there"
        );
    }

    #[test]
    fn a_curve_that_goes_gives_its_colour_back() {
        let mut chosen = Chosen::of(0);
        for line in 0..3 {
            chosen.add(Source::Line(line));
        }
        chosen.remove(2);
        chosen.add(Source::Line(9));
        let colours: Vec<usize> = chosen.entries.iter().map(|entry| entry.colour).collect();
        assert_eq!(colours, [0, 1, 3, 2], "the third colour is used again");
        chosen.remove(0);
        assert_eq!(chosen.entries.len(), 4, "the signal stays");
    }
}
