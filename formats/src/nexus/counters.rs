//! Which counter of a scan is plotted where its file does not say.

use hutch_model::{Cancel, Remark, Result, ScanColumn, ScanTable, Slab, read_slab};

/// Counters that are read to see whether they vary.
const READ_MAX: usize = 8;
/// Points of a counter that are read for that.
const POINTS_MAX: u64 = 1 << 16;

/// What a column is, as far as its name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Time and number of the point; nobody scans one on purpose.
    Clock,
    /// What the beam was like.
    Monitor,
    Counter,
}

/// Names of clocks as BLISS, SPEC and Sardana have them, in small letters.
const CLOCKS: [&str; 12] = [
    "epoch",
    "timer",
    "time",
    "timestamp",
    "sec",
    "secs",
    "seconds",
    "point_nb",
    "pt_no",
    "index",
    "dt",
    "acq_nb",
];
/// Beginnings of names of clocks: `elapsed_time`, `epoch_trig`, and the timers of PETRA III.
const CLOCK_STARTS: [&str; 3] = ["elapsed_time", "epoch_", "exp_t0"];
/// Ends of names of clocks: `slow_epoch`, `count_time`, `fx_live_time`.
const CLOCK_ENDS: [&str; 5] = ["_epoch", "_time", "_timer", "_timestamp", "_acq_nb"];

/// Names of monitors, in small letters and without digits at their end.
const MONITORS: [&str; 12] = [
    "mon",
    "monitor",
    "i",
    "io",
    "izero",
    "ic",
    "ion",
    "ionch",
    "srcur",
    "current",
    "srcurrent",
    "sbcurr",
];
/// Parts of names of the current in a storage ring.
const RING_CURRENTS: [&str; 3] = ["beamcurrent", "ringcurrent", "machinecurrent"];

fn role(name: &str) -> Role {
    let name = name.to_lowercase();
    let is_clock = CLOCKS.contains(&name.as_str())
        || CLOCK_STARTS.iter().any(|start| name.starts_with(start))
        || CLOCK_ENDS.iter().any(|end| name.ends_with(end));
    if is_clock {
        return Role::Clock;
    }
    let plain: String = name.chars().filter(|letter| *letter != '_').collect();
    let stem = plain.trim_end_matches(|letter: char| letter.is_ascii_digit());
    // `i0` is the beam before the sample, `i1` what came through it.
    let is_monitor = match stem {
        "i" => plain == "i0",
        stem => MONITORS.contains(&stem),
    };
    if is_monitor || RING_CURRENTS.iter().any(|part| plain.contains(part)) {
        return Role::Monitor;
    }
    Role::Counter
}

/// Whether a column counts something, as far as its name tells: no clock and no monitor of the beam.
pub(crate) fn is_counter(name: &str) -> bool {
    role(name) == Role::Counter
}

/// The counter that is plotted, the rule in words, and what was passed over.
pub(super) struct Chosen<'a> {
    pub(super) column: &'a ScanColumn,
    pub(super) rule: String,
    pub(super) tried: Vec<Remark>,
}

/// The first counter that varies, but for clocks and monitors; where none does, the first one.
///
/// Of long scans the first 65536 points are looked at, and eight counters at most.
///
/// # Errors
/// Only when cancelled: a counter that cannot be read is passed over.
pub(super) async fn choose<'a>(
    table: &'a ScanTable,
    cancel: &Cancel,
) -> Result<Option<Chosen<'a>>> {
    let mut tried = Vec::new();
    let mut counters = Vec::new();
    let mut monitors = Vec::new();
    let mut clocks = Vec::new();
    for column in &table.columns {
        if column.is_motor || column.moved.is_some() {
            continue;
        }
        match role(&column.name) {
            Role::Counter => counters.push(column),
            Role::Monitor => {
                monitors.push(column);
                tried.push(remark(column, "its name is that of a monitor of the beam"));
            }
            Role::Clock => {
                clocks.push(column);
                tried.push(remark(column, "its name is that of a clock"));
            }
        }
    }
    let read = if table.points > 1 { READ_MAX } else { 0 };
    for column in counters.iter().take(read) {
        if varies(column, cancel).await {
            let rule = "the scan names nothing to plot, so its first counter that varies is taken";
            return Ok(Some(chosen(column, rule, tried)));
        }
        cancel.check()?;
        tried.push(remark(column, "it is the same at every point"));
    }
    let mut others = counters.iter().chain(&monitors).chain(&clocks).copied();
    let found = others.next().or_else(|| table.columns.last());
    let rule = "the scan names nothing to plot and no counter varies, so its first one is taken";
    Ok(found.map(|column| chosen(column, rule, tried)))
}

fn chosen<'a>(column: &'a ScanColumn, rule: &str, mut tried: Vec<Remark>) -> Chosen<'a> {
    // What is plotted was not passed over in the end.
    let path = &column.data.origin().path;
    tried.retain(|remark| remark.path != *path);
    Chosen {
        column,
        rule: rule.to_owned(),
        tried,
    }
}

fn remark(column: &ScanColumn, why: &str) -> Remark {
    Remark::new(&column.data.origin().path, why)
}

/// Whether a counter has two numbers that differ.
async fn varies(column: &ScanColumn, cancel: &Cancel) -> bool {
    let mut slab = Slab::whole(&column.data.info().shape);
    for count in &mut slab.count {
        *count = (*count).min(POINTS_MAX);
    }
    let Ok(block) = read_slab(column.data.as_ref(), &slab, cancel).await else {
        return false;
    };
    let mut numbers = (0..block.samples.len())
        .map(|point| block.samples.get_f64(point))
        .filter(|number| number.is_finite());
    let first = numbers.next();
    first.is_some_and(|first| numbers.any(|number| (number - first).abs() > 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_and_monitors_are_told_by_the_names_that_beamlines_use() {
        for clock in [
            "elapsed_time",
            "epoch",
            "Epoch",
            "epoch_trig",
            "slow_epoch",
            "timer",
            "Seconds",
            "point_nb",
            "fx_det0_live_time",
            "exp_t01",
            "Pt_No",
        ] {
            assert_eq!(role(clock), Role::Clock, "{clock}");
        }
        for monitor in [
            "mon",
            "Monitor",
            "mon_3",
            "I0",
            "i_0",
            "Io",
            "ic0",
            "ion_1",
            "srcur",
            "petra_beamcurrent",
        ] {
            assert_eq!(role(monitor), Role::Monitor, "{monitor}");
        }
        for counter in [
            "det",
            "Detector",
            "I1",
            "pico2",
            "eiger_roi1",
            "fx_det0_icr",
            "monochromator",
            "timing",
        ] {
            assert_eq!(role(counter), Role::Counter, "{counter}");
        }
    }
}
