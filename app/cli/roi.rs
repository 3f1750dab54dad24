//! `hutch roi`: statistics of shapes in every frame.

use hutch_analysis::reduce::Options as Reduction;
use hutch_analysis::region::{
    Region, RegionStatistics, Run, Shape, region_statistics, regions_from_json,
};
use hutch_model::{Error, ErrorKind, Result};
use serde_json::json;

use super::context::Context;
use super::convert::describe;
use super::integrate::mask;
use super::out::{Out, note};
use super::values;
use super::whole_frames::{Batch, Frames, no_data, no_stream};

/// What `hutch roi` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// A dataset or a part of it: URL, URL::PATH or URL::PATH[SLICE].
    pub(super) url: String,
    /// A shape in pixels of a frame, as "rectangle x0 y0 x1 y1" or "circle x y radius"; may be given more than once.
    #[arg(long = "shape", value_name = "SHAPE", value_parser = shape, allow_hyphen_values = true)]
    shapes: Vec<Shape>,
    /// A JSON file of regions, as the window saves them and --json writes them.
    #[arg(long, alias = "shapes-from", value_name = "FILE")]
    regions: Option<std::path::PathBuf>,
    /// A mask beside that of the data, not 0 where pixels are bad: npy, EDF, TIFF, or HDF5 as URL::PATH.
    #[arg(long, value_name = "FILE")]
    mask: Option<String>,
    /// Write lines of values with commas between them; the default.
    #[arg(long)]
    csv: bool,
}

/// A shape of the command line.
pub(super) fn shape(text: &str) -> Result<Shape, String> {
    text.parse().map_err(|error: Error| error.why)
}

/// Bytes of a file of regions at most.
const LARGEST: u64 = 1 << 24;

/// The regions that a file lists, with their names.
///
/// # Errors
/// [`ErrorKind::NotFound`] without the file, [`ErrorKind::Limit`] for one that is no list of
/// regions by its size, [`ErrorKind::Usage`] for one without a region, and those of [`regions_from_json`].
pub(super) fn listed(path: &std::path::Path) -> Result<Vec<Region>> {
    let tried = format!("read the regions in \"{}\"", path.display());
    let wrong = |kind, why: String| Error::new(kind, tried.clone(), why);
    let gone = |error: std::io::Error| wrong(ErrorKind::NotFound, error.to_string());
    if std::fs::metadata(path).map_err(gone)?.len() > LARGEST {
        return Err(wrong(ErrorKind::Limit, "it is too large".to_owned()));
    }
    let bytes = std::fs::read(path).map_err(gone)?;
    let text = String::from_utf8(bytes)
        .map_err(|error| wrong(ErrorKind::Unreadable, error.to_string()))?;
    let regions = regions_from_json(&text).map_err(|error| wrong(error.kind, error.why.clone()))?;
    if regions.is_empty() {
        return Err(wrong(ErrorKind::Usage, "it lists no region".to_owned()));
    }
    Ok(regions)
}

/// Runs the command.
///
/// # Errors
/// Those of reading; [`ErrorKind::Usage`] without a shape and for what has no frames;
/// [`ErrorKind::Partial`] after the numbers where samples are missing at their source.
pub(super) fn run(context: &Context, options: &Options) -> Result<()> {
    let unnamed = options.shapes.iter().map(|shape| Region {
        name: String::new(),
        shape: shape.clone(),
    });
    let mut regions: Vec<Region> = unnamed.collect();
    if let Some(path) = &options.regions {
        regions.extend(listed(path)?);
    }
    if regions.is_empty() {
        let why = format!("add --shape; there are {}", Shape::FORMS);
        return Err(Error::new(ErrorKind::Usage, "reduce regions", why));
    }
    let open = context.open(&options.url)?;
    no_stream(&open)?;
    let (signal, part) = describe::part(context, &open)?;
    let whole = Frames::new(context, &signal, &part, None)?;
    let shape = whole.shape();
    let size = |axis: usize| usize::try_from(shape[shape.len() - axis]).unwrap_or(usize::MAX);
    let (height, width) = (size(2), size(1));
    // Only the rows that some shape covers are read.
    let covered = regions
        .iter()
        .map(|region| region.shape.rows(height))
        .filter(|rows| !rows.is_empty());
    let rows = covered.reduce(|one, other| one.start.min(other.start)..one.end.max(other.end));
    let rows = rows.unwrap_or(0..height.min(1));
    let runs: Vec<Vec<Run>> = regions
        .iter()
        .map(|Region { shape, .. }| shape.runs(shape.rows(height), width))
        .collect();
    for (region, _) in regions
        .iter()
        .zip(&runs)
        .filter(|(_, runs)| runs.is_empty())
    {
        note(format!(
            "\"{region}\" holds no pixel of the frames, which are {width} x {height}"
        ));
    }
    let frames = Frames::new(
        context,
        &signal,
        &part,
        Some(rows.start as u64..rows.end as u64),
    )?;
    let mask = masked_too(context, options.mask.as_deref(), &shape)?;
    let mask = mask.get(rows.start.saturating_mul(width)..rows.end.saturating_mul(width));
    let mask = mask.unwrap_or_default();
    let mut table = Table::begin(
        &signal.data.origin().to_string(),
        &regions,
        context.wants_json && !options.csv,
    )?;
    frames.run(
        "reducing regions",
        |batch| reduced(&batch, &runs, [rows.start, rows.len(), width], mask),
        |first, made| {
            for (frame, of_shapes) in (first..).zip(made) {
                table.frame(frame, &of_shapes)?;
            }
            Ok(())
        },
    )?;
    table.finish()?;
    frames.finish()
}

/// The mask that a file has for frames of a shape; empty where none is named.
///
/// # Errors
/// Those of reading it; [`ErrorKind::Shape`] where it is that of other frames.
pub(super) fn masked_too(
    context: &Context,
    named: Option<&str>,
    shape: &[u64],
) -> Result<Vec<bool>> {
    match shape {
        [.., height, width] if named.is_some() => {
            mask(context, [&[], &[]], named, &[*height, *width])
        }
        _ => Ok(Vec::new()),
    }
}

/// The statistics of every shape in every frame of a piece.
fn reduced(
    batch: &Batch<'_>,
    runs: &[Vec<Run>],
    [first_row, rows, width]: [usize; 3],
    mask: &[bool],
) -> Result<Vec<Vec<RegionStatistics>>> {
    let bad = batch.bad_with(mask);
    let options = Reduction {
        mask: Some(&bad),
        sentinels: no_data(batch.samples),
        saturation: None,
    };
    let of = |frame: usize, runs: &Vec<Run>| {
        // Frames lie below each other.
        let shift = frame * rows;
        let shifted: Vec<Run> = runs
            .iter()
            .map(|run| Run {
                row: run.row + shift,
                ..*run
            })
            .collect();
        let mut found = region_statistics(batch.samples, width, first_row, &shifted, &options)?;
        found.centre[1] -= shift as f64;
        for at in [&mut found.min_at, &mut found.max_at].into_iter().flatten() {
            at[1] = at[1].saturating_sub(shift);
        }
        Ok(found)
    };
    (0..batch.frame_count)
        .map(|frame| runs.iter().map(|runs| of(frame, runs)).collect())
        .collect()
}

/// A line for each frame and shape, or one JSON object piece by piece.
struct Table {
    out: Out,
    wants_json: bool,
    shapes: Vec<String>,
    /// Their names, as they are written into a line; empty where no region has one.
    names: Vec<String>,
    line_count: u64,
}

impl Table {
    fn begin(path: &str, regions: &[Region], wants_json: bool) -> Result<Self> {
        let has_names = regions.iter().any(|region| !region.name.is_empty());
        let named = regions.iter().filter(|_| has_names);
        let mut table = Self {
            out: Out::new(),
            wants_json,
            shapes: regions
                .iter()
                .map(|region| region.shape.to_string())
                .collect(),
            names: named.clone().map(|region| cell(&region.name)).collect(),
            line_count: 0,
        };
        if wants_json {
            let mut head = json!({"schema": "hutch.roi/1", "path": path, "shapes": table.shapes});
            if has_names {
                head["names"] = named.map(|region| region.name.as_str()).collect();
            }
            let head = head.to_string();
            let open = head.strip_suffix('}').unwrap_or(&head);
            table.out.text(&format!("{open},\"frames\":["))?;
        } else {
            let name = if has_names { "name," } else { "" };
            table.out.line(format!(
                "frame,{name}shape,count,sum,mean,sigma,min,max,x,y,masked,min_x,min_y,max_x,max_y"
            ))?;
        }
        Ok(table)
    }

    fn frame(&mut self, index: u64, of_shapes: &[RegionStatistics]) -> Result<()> {
        if self.wants_json {
            let regions: Vec<_> = of_shapes.iter().map(json_of).collect();
            let comma = if self.line_count > 0 { "," } else { "" };
            self.line_count += 1;
            let line = json!({"index": index, "regions": regions});
            return self.out.text(&format!("{comma}{line}"));
        }
        for (at, (shape, found)) in self.shapes.iter().zip(of_shapes).enumerate() {
            let of = &found.values;
            let name = self.names.get(at).map(|name| format!("{name},"));
            let name = name.unwrap_or_default();
            self.out.line(format!(
                "{index},{name}{shape},{},{},{},{},{},{},{},{},{},{},{}",
                of.count,
                text(of.sum),
                of.mean,
                of.sigma,
                text(of.min),
                text(of.max),
                found.centre[0],
                found.centre[1],
                of.masked,
                place(found.min_at),
                place(found.max_at),
            ))?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<()> {
        if self.wants_json {
            self.out.line("]}")?;
        }
        self.out.finish()
    }
}

fn text(number: hutch_analysis::reduce::Number) -> String {
    use hutch_analysis::reduce::Number;
    match number {
        Number::Int(whole) => whole.to_string(),
        Number::Real(value) => value.to_string(),
    }
}

/// A name as a cell between commas.
fn cell(name: &str) -> String {
    let mut cell = String::new();
    values::push_quoted(name, &mut cell);
    cell
}

/// The pixel `x,y` of a value; empty where there is none.
fn place(at: Option<[usize; 2]>) -> String {
    at.map_or_else(|| ",".to_owned(), |[x, y]| format!("{x},{y}"))
}

fn json_of(found: &RegionStatistics) -> serde_json::Value {
    let of = &found.values;
    json!({
        "count": of.count,
        "sum": values::number(of.sum),
        "mean": values::real(of.mean),
        "sigma": values::real(of.sigma),
        "min": values::number(of.min),
        "max": values::number(of.max),
        "x": values::real(found.centre[0]),
        "y": values::real(found.centre[1]),
        "masked": of.masked,
        "min_at": found.min_at,
        "max_at": found.max_at,
    })
}
