//! Pictures of what needs more than the files that tests are made of: fields of their own, and an image that is
//! never read whole.

use std::path::{Path, PathBuf};

use hutch_formats::write::{Band, Compression, NexusSink, Sink as _, Stack, StackAxis};
use hutch_model::{Cancel, ElementType, Progress, Result};

use super::super::fields::FieldKind;
use super::super::offscreen::Offscreen;
use super::super::state::State;
use super::super::tiles;
use super::{finish_work, scroll_inspector, show};
use crate::cli::{SaveValues, save_values};
use crate::reconstruct::output::PartFile;

/// A scan whose first two frames are a dark and a flat field.
const SCAN: &str = "tomography/diamond_pin.nxs::/entry/instrument/detector/data";

/// A projection as it is stored and, beside, as a dark and a flat field correct it.
pub(super) fn corrected(window: &mut Offscreen, samples: &Path) -> Result<()> {
    let scan = samples.join(SCAN).display().to_string();
    let mut fields = Vec::new();
    for (frame, kind) in FieldKind::ALL.into_iter().enumerate() {
        fields.push((kind, field(&window.state, &scan, frame)?));
    }
    show(window, &scan, "image")?;
    if let Some(stored) = window.state.active {
        tiles::split(&mut window.state, stored);
    }
    // A field is one of frames that are there.
    finish_work(window)?;
    if let Some(id) = window.state.active {
        for (kind, path) in &fields {
            window
                .state
                .use_field(id, *kind, &path.display().to_string());
            finish_work(window)?;
        }
    }
    scroll_inspector(window);
    finish_work(window)
}

/// A frame of a scan as a file of its own.
fn field(state: &State, scan: &str, frame: usize) -> Result<PathBuf> {
    let output = state.folders.cache.join(["dark.h5", "flat.h5"][frame % 2]);
    if output.exists() {
        std::fs::remove_file(&output)?;
    }
    save_values(&SaveValues {
        folders: state.folders.clone(),
        settings: state.settings.clone(),
        pools: state.pools.clone(),
        sites: state.sites.clone(),
        cancel: Cancel::new(),
        progress: Progress::new(),
        source: format!("{scan}[{frame}]"),
        order: None,
        fields: [None, None],
        output: output.clone(),
    })?;
    Ok(output)
}

/// Patterns of a furnace run, one below the other, in a file of `ROWS * COLUMNS` bytes.
pub(super) fn overview(window: &mut Offscreen) -> Result<()> {
    clear(&window.state)?;
    let path = furnace(&window.state);
    furnace_run(&path)?;
    show(window, &path.display().to_string(), "image")
}

fn furnace(state: &State) -> PathBuf {
    state.folders.cache.join("furnace.h5")
}

/// Takes that file away again.
pub(super) fn clear(state: &State) -> Result<()> {
    let path = furnace(state);
    if path.exists() {
        std::fs::remove_file(&path)?;
    }
    Ok(())
}

/// Patterns, and points of each.
const ROWS: u32 = 120_000;
const COLUMNS: u32 = 3_000;
/// Patterns in a row that are alike.
const ALIKE: u32 = 60;

/// Peaks of a cubic phase in degrees, each with its height and how far it splits where the phase changes.
const PEAKS: [(f64, f64, f64); 8] = [
    (11.2, 90.0, 0.0),
    (15.9, 60.0, 0.35),
    (19.5, 170.0, 0.0),
    (22.6, 75.0, 0.5),
    (27.9, 120.0, 0.45),
    (34.4, 50.0, 0.6),
    (41.8, 65.0, 0.7),
    (50.3, 35.0, 0.8),
];

/// Writes patterns over time: a sample that is heated, changes its phase, and is cooled again.
fn furnace_run(path: &Path) -> Result<()> {
    let axis = |name: &str, unit: &str, count: u32, step: f64, first: f64| StackAxis {
        name: name.to_owned(),
        unit: unit.to_owned(),
        values: (0..count)
            .map(|index| first + step * f64::from(index))
            .collect(),
    };
    let stack = Stack {
        shape: vec![u64::from(ROWS), u64::from(COLUMNS)],
        element: ElementType::U8,
        axes: vec![
            axis("time", "s", ROWS, 0.1, 0.0),
            axis("two_theta", "deg", COLUMNS, 0.017, 5.0),
        ],
        title: "patterns of a furnace run, generated".to_owned(),
        label: "counts".to_owned(),
        unit: String::new(),
        source: String::new(),
        program: format!("Hutch {}", env!("CARGO_PKG_VERSION")),
        sentinels: Vec::new(),
        is_spectra: false,
        has_errors: false,
        made: None,
    };
    let file = PartFile::create(path)?;
    let sink = Box::new(NexusSink::create(&file, stack, Compression::None)?);
    let mut random = 7_u32;
    for first_row in (0..ROWS).step_by(ALIKE as usize) {
        let share = f64::from(first_row) / f64::from(ROWS);
        let row: Vec<u8> = (0..COLUMNS)
            .map(|column| {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let noise = f64::from(random >> 24) / 255.0 - 0.5;
                let mean = counts(share, 5.0 + 0.017 * f64::from(column));
                // Counts scatter by the root of their mean.
                let count = mean + 2.5 * mean.sqrt() * noise;
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "clamped to a byte"
                )]
                let byte = count.clamp(0.0, 255.0) as u8;
                byte
            })
            .collect();
        let band = Band {
            frame: 0,
            first_row: u64::from(first_row),
            rows: u64::from(ALIKE),
        };
        sink.write(band, &row.repeat(ALIKE as usize))?;
    }
    sink.finish()?;
    file.finish()
}

/// Mean counts at a share of the time and an angle in degrees.
fn counts(share: f64, two_theta: f64) -> f64 {
    let heat = (share / 0.55).min((1.0 - share) / 0.35).clamp(0.0, 1.0);
    // The phase changes at a temperature, and back at a lower one.
    let change = if share < 0.6 { 0.72 } else { 0.5 };
    let changed = 1.0 / (1.0 + ((heat - change) / 0.012).exp());
    let width = 0.07 + 0.05 * (1.0 - heat);
    let gauss = |centre: f64| (-0.5 * ((two_theta - centre) / width).powi(2)).exp();
    let peaks: f64 = PEAKS
        .iter()
        .map(|(place, height, split)| {
            // A hot lattice is larger.
            let centre = place * (1.0 - 0.018 * heat);
            let apart = split * changed;
            height * (0.6 * gauss(centre - 0.5 * apart) + 0.4 * gauss(centre + 0.5 * apart))
        })
        .sum();
    peaks + 26.0 * (-two_theta / 22.0).exp() + 5.0
}
