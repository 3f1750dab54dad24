//! What `hutch stats` writes: each frame as soon as it is known.

use hutch_analysis::reduce::{Number, Percentiles, Statistics};
use hutch_model::Result;
use serde_json::{Map, Value as Json, json};

use super::reduced::Reduced;
use super::{Options, PERCENTS};
use crate::cli::out::Out;
use crate::cli::values;

/// A line for each frame, or one JSON object that is written piece by piece, so
/// that any number of frames takes no memory.
pub(super) struct Table {
    out: Out,
    wants_json: bool,
    /// Percentages of each frame, and of all.
    of_frames: Vec<f64>,
    of_all: Vec<f64>,
    index: u64,
}

impl Table {
    pub(super) fn begin(
        path: &str,
        options: &Options,
        mask: Option<&str>,
        wants_json: bool,
    ) -> Result<Self> {
        let of_frames = options.percentiles.clone();
        let of_all = if of_frames.is_empty() {
            PERCENTS.to_vec()
        } else {
            of_frames.clone()
        };
        let mut table = Self {
            out: Out::new(),
            wants_json,
            of_frames,
            of_all,
            index: 0,
        };
        if wants_json {
            let head = json!({"schema": "hutch.stats/1", "path": path, "mask": mask});
            // The object stays open for the frames.
            let head = head.to_string();
            table
                .out
                .text(&format!("{},\"frames\":[", head.trim_end_matches('}')))?;
        } else {
            let mut line =
                "frame\tcount\tmin\tmax\tmean\tsigma\tsum\tmasked\tsaturated\tnot_a_number"
                    .to_owned();
            for percent in &table.of_frames {
                line.push_str("\tp");
                line.push_str(&percent.to_string());
            }
            table.out.line(line)?;
        }
        Ok(table)
    }

    /// Tells one more frame.
    pub(super) fn frame(&mut self, of: &Statistics, counts: &Percentiles) -> Result<()> {
        let index = self.index;
        self.index += 1;
        if !self.wants_json {
            let mut line = row(&index.to_string(), of);
            for value in counts.values(&self.of_frames) {
                line.push('\t');
                line.push_str(&real(value.unwrap_or(f64::NAN)));
            }
            return self.out.line(line);
        }
        let mut line = statistics(of);
        line.insert("index".to_owned(), json!(index));
        if !self.of_frames.is_empty() {
            add_percentiles(&mut line, &self.of_frames, counts);
        }
        let comma = if index > 0 { "," } else { "" };
        self.out.text(&format!("{comma}{}", Json::Object(line)))
    }

    /// Tells about all, and sends what is left.
    pub(super) fn finish(mut self, all: &Reduced, counts: &Percentiles) -> Result<()> {
        if self.wants_json {
            let mut line = statistics(&all.total);
            add_percentiles(&mut line, &self.of_all, counts);
            line.insert("missing".to_owned(), json!(all.missing_count));
            let tail = json!({"all": line, "missing": all.missing}).to_string();
            self.out
                .text(&format!("],{}\n", tail.trim_start_matches('{')))?;
            return self.out.finish();
        }
        self.out.line(row("all", &all.total))?;
        let about = if counts.is_exact() { "" } else { "\tabout" };
        for (percent, value) in self.of_all.iter().zip(counts.values(&self.of_all)) {
            let value = real(value.unwrap_or(f64::NAN));
            self.out
                .line(format!("percentile {percent}\t{value}{about}"))?;
        }
        self.out.finish()
    }
}

fn statistics(of: &Statistics) -> Map<String, Json> {
    let mut line = Map::new();
    line.insert("count".to_owned(), json!(of.count));
    line.insert("min".to_owned(), values::number(of.min));
    line.insert("max".to_owned(), values::number(of.max));
    line.insert("mean".to_owned(), values::real(of.mean));
    line.insert("sigma".to_owned(), values::real(of.sigma));
    line.insert("sum".to_owned(), values::number(of.sum));
    line.insert("masked".to_owned(), json!(masked(of)));
    line.insert("saturated".to_owned(), json!(of.saturated));
    line.insert("not_a_number".to_owned(), json!(of.not_a_number));
    line
}

fn add_percentiles(line: &mut Map<String, Json>, percents: &[f64], of: &Percentiles) {
    let found = percents
        .iter()
        .zip(of.values(percents))
        .map(|(percent, value)| {
            let value = values::real(value.unwrap_or(f64::NAN));
            (percent.to_string(), value)
        })
        .collect::<Map<String, Json>>();
    line.insert("percentiles".to_owned(), found.into());
    line.insert("percentiles_are_exact".to_owned(), json!(of.is_exact()));
}

fn row(name: &str, of: &Statistics) -> String {
    format!(
        "{name}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
        of.count,
        number(of.min),
        number(of.max),
        real(of.mean),
        real(of.sigma),
        number(of.sum),
        masked(of),
        of.saturated,
        of.not_a_number
    )
}

/// Samples that a mask covers or whose value means no data; NaN is counted apart.
const fn masked(of: &Statistics) -> u64 {
    of.masked.saturating_sub(of.not_a_number)
}

fn number(of: Number) -> String {
    match of {
        Number::Int(whole) => whole.to_string(),
        Number::Real(value) => real(value),
    }
}

/// The shortest text that reads back the same, with an exponent where the
/// digits would not end.
fn real(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || (1e-5..1e16).contains(&size) || !value.is_finite() {
        value.to_string()
    } else {
        format!("{value:e}")
    }
}
