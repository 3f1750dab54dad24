//! `hutch peaks`: what CrystFEL found in the frames of an experiment.

use hutch_formats::stream::{Chunk, Crystal, Index, Row, StreamFile};
use hutch_model::{Error, Result};
use serde_json::{Value as Json, json};

use super::context::{Context, no_slice};
use super::out::{Out, note};
use super::values;

/// What `hutch peaks` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// A stream of CrystFEL.
    pub(super) url: String,
    /// Only what was found in this frame: a number as in the list; with its peaks and reflections.
    #[arg(long, value_name = "N")]
    frame: Option<usize>,
    /// Only frames that were taken for hits.
    #[arg(long)]
    hits: bool,
}

/// Runs the command.
///
/// # Errors
/// Those of opening and reading; [`hutch_model::ErrorKind::Usage`] for a frame that is not there.
pub(super) fn run(context: &Context, options: &Options) -> Result<()> {
    let address = context.address(&options.url)?;
    no_slice(&address, "choose a frame with --frame")?;
    let stream = context.pools.wait(async {
        let (_, source, _) = context.source(address).await?;
        StreamFile::open(source.bytes, &context.cancel).await
    })?;
    for problem in stream.index().all_problems() {
        note(problem.to_string());
    }
    match options.frame {
        Some(frame) => one(context, &stream, frame),
        None => all(context, stream.index(), options.hits),
    }
}

/// The rows of each frame.
fn frames(index: &Index) -> Vec<&[Row]> {
    index
        .rows
        .chunk_by(|one, other| one.start == other.start)
        .collect()
}

fn all(context: &Context, index: &Index, only_hits: bool) -> Result<()> {
    let frames = frames(index);
    let chosen = frames
        .iter()
        .enumerate()
        .filter(|(_, rows)| !only_hits || rows.iter().any(|row| row.is_hit));
    let mut out = Out::new();
    if context.wants_json {
        let frames: Vec<Json> = chosen
            .map(|(at, rows)| frame_json(index, at, rows))
            .collect();
        out.json(&json!({
            "schema": "hutch.peaks/1",
            "frame_count": index.chunk_count,
            "hit_count": index.hit_count,
            "indexed_count": index.indexed_count,
            "crystal_count": index.crystal_count,
            "problems": index.all_problems().map(ToString::to_string).collect::<Vec<_>>(),
            "frames": frames,
        }))?;
        return out.finish();
    }
    out.line(format!(
        "{} frames, {} hits, {} indexed, {} crystals",
        index.chunk_count, index.hit_count, index.indexed_count, index.crystal_count
    ))?;
    out.line("frame  peaks  crystals  reflections  resolution/Å  event  file")?;
    for (at, rows) in chosen {
        let Some(first) = rows.first() else { continue };
        let reflections: u64 = rows.iter().map(|row| u64::from(row.reflection_count)).sum();
        let best = rows
            .iter()
            .map(|row| row.resolution_limit)
            .fold(f32::NAN, f32::max);
        let best = if best.is_nan() {
            "-".to_owned()
        } else {
            format!("{:.2}", 10.0 / best)
        };
        out.line(format!(
            "{at:5}  {:5}  {:8}  {reflections:11}  {best:>12}  {}  {}",
            first.peak_count,
            crystal_count(rows),
            index.text(first.event),
            index.text(first.filename)
        ))?;
    }
    out.finish()
}

fn crystal_count(rows: &[Row]) -> usize {
    rows.iter().filter(|row| row.is_crystal()).count()
}

fn frame_json(index: &Index, at: usize, rows: &[Row]) -> Json {
    let Some(first) = rows.first() else {
        return Json::Null;
    };
    let crystals: Vec<Json> = rows
        .iter()
        .filter(|row| row.is_crystal())
        .map(|row| {
            json!({
                "cell": row.cell.map(|part| values::real(f64::from(part))),
                "lattice": index.text(row.lattice),
                "resolution_limit": values::real(f64::from(row.resolution_limit)),
                "reflection_count": row.reflection_count,
            })
        })
        .collect();
    json!({
        "frame": at,
        "file": index.text(first.filename),
        "event": index.text(first.event),
        "hit": first.is_hit,
        "indexed_by": index.text(first.indexed_by),
        "peak_count": first.peak_count,
        "peak_resolution": values::real(f64::from(first.peak_resolution)),
        "crystals": crystals,
    })
}

fn one(context: &Context, stream: &StreamFile, frame: usize) -> Result<()> {
    let frames = frames(stream.index());
    let row = frames
        .get(frame)
        .and_then(|rows| rows.first())
        .ok_or_else(|| {
            Error::new(
                hutch_model::ErrorKind::Usage,
                format!("show frame {frame}"),
                format!("the stream has {} frames, from 0", frames.len()),
            )
        })?;
    let chunk = context.pools.wait(stream.chunk(row, &context.cancel))?;
    let mut out = Out::new();
    if context.wants_json {
        out.json(&chunk_json(frame, &chunk))?;
        return out.finish();
    }
    out.line(format!("{} {}", chunk.filename, chunk.event))?;
    out.line(format!(
        "{} peaks: fs ss intensity panel",
        chunk.peaks.len()
    ))?;
    for peak in &chunk.peaks {
        let [ss, fs] = peak.at_px;
        out.line(format!("{fs} {ss} {} {}", peak.intensity, peak.panel))?;
    }
    for crystal in &chunk.crystals {
        let count = crystal.reflections.len();
        out.line(format!("{count} reflections: h k l I sigma fs ss panel"))?;
        for reflection in &crystal.reflections {
            let ([h, k, l], [ss, fs]) = (reflection.hkl, reflection.at_px);
            let [sum, sigma, ..] = reflection.intensity;
            let panel = &reflection.panel;
            out.line(format!("{h} {k} {l} {sum} {sigma} {fs} {ss} {panel}"))?;
        }
    }
    out.finish()
}

fn chunk_json(frame: usize, chunk: &Chunk) -> Json {
    let peaks: Vec<Json> = chunk
        .peaks
        .iter()
        .map(|peak| {
            json!({
                "fs": values::real(peak.at_px[1]),
                "ss": values::real(peak.at_px[0]),
                "intensity": values::real(peak.intensity),
                "inverse_d_per_nm": values::real(peak.inverse_d_per_nm),
                "panel": peak.panel,
            })
        })
        .collect();
    json!({
        "schema": "hutch.peaks/1",
        "frame": frame,
        "file": chunk.filename,
        "event": chunk.event,
        "hit": chunk.is_hit,
        "indexed_by": chunk.indexed_by,
        "photon_energy_ev": chunk.photon_energy_ev.map(values::real),
        "peaks": peaks,
        "crystals": chunk.crystals.iter().map(crystal_json).collect::<Vec<_>>(),
    })
}

fn crystal_json(crystal: &Crystal) -> Json {
    let reflections: Vec<Json> = crystal
        .reflections
        .iter()
        .map(|reflection| {
            json!({
                "hkl": reflection.hkl,
                "intensity": values::real(reflection.intensity[0]),
                "sigma": values::real(reflection.intensity[1]),
                "fs": values::real(reflection.at_px[1]),
                "ss": values::real(reflection.at_px[0]),
                "panel": reflection.panel,
            })
        })
        .collect();
    json!({
        "cell": crystal.cell.map(|cell| cell.map(|part| values::real(f64::from(part)))),
        "lattice": crystal.lattice,
        "centring": crystal.centring,
        "resolution_limit_per_nm": crystal.resolution_limit_per_nm.map(values::real),
        "reflections": reflections,
    })
}
