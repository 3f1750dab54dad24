//! A view as a few lines of Python that give the very same numbers.

mod bad;
mod cut;
mod fields;
mod integration;
mod painted;
mod regions;

use std::fmt::Write as _;
use std::sync::Arc;

use hutch_analysis::region::Region;
use hutch_formats::corrected::Field;
use hutch_formats::nexus::mask_fits;
use hutch_model::{COMPUTED, CORRECTED, Dataset, Scaling, Signal, Slab, ViewState};
use hutch_viewers::Subject;

pub(crate) use self::cut::part_words;
use crate::geometry::BadParts;
use crate::masks::on_fastest_axes;

/// What a person drew on a view or gave to it.
#[derive(Clone, Copy, Debug, Default)]
pub struct OnIt<'a> {
    /// The regions.
    pub regions: &'a [Region],
    /// The state of the view, where it is integrated.
    pub state: Option<&'a ViewState>,
    /// What the bad pixels of a geometry are made of that was given, and the mask of the data themselves.
    pub bad: Option<(&'a BadParts, Option<&'a Arc<dyn Dataset>>)>,
    /// The dark and the flat field that correct the frames; the subject is that of the frames as they are stored.
    pub fields: [Option<&'a Field>; 2],
}

/// Lines of Python that read what a view shows, correct it, leave out what Hutch leaves out, and print its numbers, those
/// of the regions on it, and the pattern or the cake of its state by pyFAI.
///
/// `None` where no library of Python reads the format, and for what is in no file.
pub fn snippet(subject: &Subject, shown: &Slab, on_it: &OnIt<'_>) -> Option<String> {
    let data = subject.data()?;
    if let COMPUTED | CORRECTED = data.info().layout.as_str() {
        return None;
    }
    // A given geometry is of frames as they are stored; of others the mask of the signal is turned, and lies in no file.
    let on_it = &OnIt {
        bad: on_it.bad.filter(|_| data.transposed().is_none()),
        ..*on_it
    };
    let origin = data.origin();
    let format = subject.container.as_ref().map(|file| file.format())?;
    let mut text = format!(
        "# {} of {}, as Hutch {} shows it.\n",
        origin.path,
        origin.url,
        env!("CARGO_PKG_VERSION")
    );
    text.push_str(imports(data, format)?);
    text.push('\n');
    text.push_str(&reading(data, format, shown, "data")?);
    let own = own_mask(subject, on_it).filter(|_| is_hdf5(format));
    beside(&mut text, (subject, own), shown);
    if on_it.fields.iter().any(Option::is_some) {
        text.push_str(&fields::lines(on_it.fields)?);
    }
    if let Some((parts, _)) = on_it.bad {
        text.push_str(&bad::lines(parts, own.is_some(), shown));
    }
    let painted = painted::lines(subject, (format, shown), on_it)?;
    text.push_str(&painted);
    valid(&mut text, subject, on_it);
    let has_mask = masked(&mut text, (subject, own), on_it, !painted.is_empty());
    scaled(&mut text, subject, on_it);
    text.push_str(PRINT);
    text.push_str(&regions::lines(on_it.regions));
    let pattern = on_it
        .state
        .and_then(|state| integration::lines((subject, has_mask), shown, state));
    text.push_str(&pattern.unwrap_or_default());
    Some(text)
}

const PRINT: &str = "\
values = data[valid]
print(data.shape, data.dtype, \"valid:\", values.size, \"masked:\", data.size - values.size)
print(\"min\", values.min(), \"max\", values.max(), \"mean\", values.mean(dtype=np.float64), \"sum\", values.sum())
";

/// How the format of arrays of numpy begins.
const NUMPY: &str = "NumPy array";
/// Formats that fabio reads.
const FABIO: [&str; 5] = ["EDF", "CBF", "MarCCD", "SMV", "TIFF"];

fn is_hdf5(format: &str) -> bool {
    format.starts_with("HDF5")
}

fn is_of_fabio(format: &str) -> bool {
    FABIO.iter().any(|name| format.starts_with(name))
}

/// The libraries that read a format; `None` where none does.
fn imports(data: &Arc<dyn Dataset>, format: &str) -> Option<&'static str> {
    let is_far = is_far(&data.origin().url);
    if is_hdf5(format) {
        return Some(if is_far {
            "import h5py, hdf5plugin  # hdf5plugin reads the compressions of detectors\nimport numpy as np\n\
             import fsspec  # and aiohttp; user and password go into client_kwargs\n"
        } else {
            "import h5py, hdf5plugin  # hdf5plugin reads the compressions of detectors\nimport numpy as np\n"
        });
    }
    if is_far {
        return None;
    }
    if is_of_fabio(format) {
        Some("import fabio\nimport numpy as np\n")
    } else {
        format.starts_with(NUMPY).then_some("import numpy as np\n")
    }
}

/// The lines that read a part of the data as `variable`; `None` for a dataset that only Hutch puts together.
fn reading(data: &Arc<dyn Dataset>, format: &str, part: &Slab, variable: &str) -> Option<String> {
    let url = &data.origin().url;
    if is_hdf5(format) {
        let read = read_hdf5(data, format, part, variable)?;
        return Some(format!("{}\n{read}", open_hdf5(url)));
    }
    let path = quoted(&path_of(url));
    if format.starts_with(NUMPY) {
        let index = cut::of_array(data.as_ref(), part);
        let line = format!("{variable} = np.load({path}, mmap_mode=\"r\"){index}\n");
        return Some(line);
    }
    // fabio reads frame by frame, and data with other axes are none of them.
    if data.transposed().is_some() {
        return None;
    }
    let frame = match part.start.as_slice() {
        [frames @ .., _, _] => frames.first().copied().unwrap_or(0),
        _ => 0,
    };
    Some(format!(
        "{variable} = fabio.open({path}).get_frame({frame}).data\n"
    ))
}

fn read_hdf5(data: &Arc<dyn Dataset>, format: &str, part: &Slab, variable: &str) -> Option<String> {
    let path = &data.origin().path;
    let index = cut::of_array(data.as_ref(), part);
    // What a layout adds to the name of the format says who put the dataset together.
    match format.split_once(", ").map(|(_, layout)| layout) {
        None => Some(format!("    {variable} = {}\n", cut::of_file(data, part))),
        Some(layout) if layout.starts_with("Eiger") => {
            let (group, _) = path.rsplit_once('/')?;
            let frame: u64 = index.strip_prefix('[')?.strip_suffix(']')?.parse().ok()?;
            Some(format!(
                "    group = file[{}]
    frame = {frame}
    # The frames of all data files in a row; the last ones may not be there yet.
    for name in sorted(name for name in group if name.startswith(\"data_\")):
        if frame < len(group[name]):
            {variable} = group[name][frame]
            break
        frame -= len(group[name])
",
                quoted(group)
            ))
        }
        Some(_) => None,
    }
}

/// The line that opens an HDF5 file.
fn open_hdf5(url: &str) -> String {
    let path = quoted(&path_of(url));
    let file = if is_far(url) {
        format!("fsspec.open({path}).open()")
    } else {
        path
    };
    format!("with h5py.File({file}, \"r\") as file:")
}

/// The mask of the file itself, where Hutch applies it.
fn own_mask<'a>(subject: &'a Subject, on_it: &OnIt<'a>) -> Option<&'a Arc<dyn Dataset>> {
    let signal = subject.signal.as_ref()?;
    // A geometry that was given has put the mask of the data together with its own.
    let mask = match on_it.bad {
        Some((_, own)) => own,
        None => signal.mask.as_ref(),
    };
    mask.filter(|mask| {
        let info = mask.info();
        let is_of_frames = mask_fits(&info.shape, &signal.data.info().shape);
        !is_in_memory(mask) && info.element.is_numeric() && is_of_frames
    })
}

/// Lines behind those that read the data: what the file has beside them.
fn beside(text: &mut String, (subject, mask): (&Subject, Option<&Arc<dyn Dataset>>), shown: &Slab) {
    let Some(signal) = &subject.signal else {
        return;
    };
    let mut url = &signal.data.origin().url;
    let errors = signal.errors.as_ref();
    for (name, dataset) in [("mask", mask), ("errors", errors)] {
        let Some(dataset) = dataset.filter(|dataset| !is_in_memory(dataset)) else {
            continue;
        };
        // It may lie in a file of its own.
        if dataset.origin().url != *url {
            url = &dataset.origin().url;
            text.push_str(&open_hdf5(url));
            text.push('\n');
        }
        let read = cut_like(dataset, (&signal.data, shown));
        let line = match dataset.info().element.is_integer() {
            _ if name != "mask" => format!("    {name} = {read}\n"),
            // numpy refuses bits that small types have not.
            true => format!("    {name} = {read}.astype(np.int64)\n"),
            false => format!("    {name} = ({read} != 0).astype(np.int64)\n"),
        };
        text.push_str(&line);
    }
}

/// What reads the part of a mask or of errors that belongs to a part of the data: there may be one for all frames.
fn cut_like(dataset: &Arc<dyn Dataset>, (data, shown): (&Arc<dyn Dataset>, &Slab)) -> String {
    let shape = &dataset.info().shape;
    let part = on_fastest_axes(shown, shape);
    let read = cut::of_file(dataset, &part);
    // An axis of one element disappears where the dataset has more of them.
    let rank = |part: &Slab, shape: &[u64]| {
        let sizes = part.count.iter().zip(shape);
        sizes
            .filter(|(count, size)| **count != 1 || **size == 1)
            .count()
    };
    if rank(&part, shape) > rank(shown, &data.info().shape) {
        format!("{read}.reshape(data.shape)")
    } else {
        read
    }
}

/// What Hutch leaves out of ranges and statistics for its value.
fn valid(text: &mut String, subject: &Subject, on_it: &OnIt<'_>) {
    text.push_str("\nvalid = np.isfinite(data)\n");
    // The sentinels of detectors; see hutch_viewers::prepared::sentinels.
    text.push_str("if data.dtype == np.uint32:\n    valid &= data < 2**32 - 2\n");
    text.push_str("elif data.dtype == np.int32:\n    valid &= (data != -1) & (data != -2)\n");
    let mask = subject
        .signal
        .as_ref()
        .and_then(|signal| signal.mask.as_ref());
    if on_it.bad.is_none() && mask.is_some_and(is_in_memory) {
        text.push_str(bad::FROM_A_FILE);
    }
}

/// What is left out as masked, by the file, a geometry, or a person who painted it; says whether there is anything.
fn masked(
    text: &mut String,
    (subject, own): (&Subject, Option<&Arc<dyn Dataset>>),
    on_it: &OnIt<'_>,
    is_painted: bool,
) -> bool {
    let signal = subject.signal.as_ref();
    let mask = signal.and_then(|signal| signal.mask.as_ref());
    let has_mask = on_it.bad.is_some() || own.is_some() || mask.is_some_and(is_in_memory);
    text.push_str(match (has_mask, is_painted) {
        (false, false) => return false,
        (true, false) => "masked = (mask & 0xFFFF) != 0\n",
        (false, true) => "masked = np.zeros(data.shape, bool) | painted\n",
        (true, true) => "masked = ((mask & 0xFFFF) != 0) | painted\n",
    });
    text.push_str("valid &= ~masked\n");
    true
}

/// What values mean, and where they were measured.
fn scaled(text: &mut String, subject: &Subject, on_it: &OnIt<'_>) {
    let Some(signal) = &subject.signal else {
        return;
    };
    // What is corrected is no stored count any more.
    let is_corrected = on_it.fields.iter().any(Option::is_some);
    if signal.scaling != Scaling::IDENTITY && !is_corrected {
        let Scaling { offset, factor } = signal.scaling;
        let line = format!("scaled = (data + {offset}) * {factor}\n");
        text.push_str(&line);
    }
    geometry(text, signal);
}

fn geometry(text: &mut String, signal: &Signal) {
    let Some(geometry) = &signal.geometry else {
        return;
    };
    if let Some(wavelength) = geometry.wavelength_m {
        let line = format!(
            "wavelength = {wavelength:e}  # m, from {}\n",
            geometry.source
        );
        text.push_str(&line);
    }
    if let (Some([slow, fast]), Some(distance)) = (geometry.beam_centre(), geometry.distance_m()) {
        let line = format!(
            "beam_centre = ({slow}, {fast})  # rows, columns in pixels\ndistance = {distance}  # m\n"
        );
        text.push_str(&line);
    }
}

/// A selection of a dataset of this shape as numpy and h5py write it; an axis of one index disappears.
pub fn index_of(slab: &Slab, shape: &[u64]) -> String {
    let axes = slab.start.iter().zip(&slab.count).zip(&slab.step);
    let mut parts: Vec<String> = axes
        .zip(shape)
        .map(|(((start, count), step), size)| axis(*start, *count, *step, *size))
        .collect();
    while parts.last().is_some_and(|part| part == ":") {
        parts.pop();
    }
    if parts.is_empty() {
        return "[()]".to_owned();
    }
    format!("[{}]", parts.join(", "))
}

fn axis(start: u64, count: u64, step: u64, size: u64) -> String {
    if count == 1 && size > 1 {
        return start.to_string();
    }
    if start == 0 && step == 1 && count == size {
        return ":".to_owned();
    }
    let end = start.saturating_add(count.saturating_mul(step)).min(size);
    let mut text = format!("{start}:{end}");
    if step != 1 {
        // Writing to a String cannot fail.
        let _written = write!(text, ":{step}");
    }
    text
}

/// Whether a dataset was made here, as the mask of a `.geom`.
fn is_in_memory(dataset: &Arc<dyn Dataset>) -> bool {
    dataset.origin().url.starts_with("memory:")
}

/// Whether an address is that of a server.
fn is_far(url: &str) -> bool {
    url.contains("://") && !url.starts_with("file:")
}

/// The path of a local file; the address of any other.
fn path_of(url: &str) -> String {
    let path = url::Url::parse(url)
        .ok()
        .filter(|url| url.scheme() == "file")
        .and_then(|url| url.to_file_path().ok());
    path.map_or_else(|| url.to_owned(), |path| path.display().to_string())
}

/// A text as Python writes it: what JSON escapes Python reads alike.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slab(start: &[u64], count: &[u64], step: &[u64]) -> Slab {
        Slab {
            start: start.to_vec(),
            count: count.to_vec(),
            step: step.to_vec(),
        }
    }

    #[test]
    fn selections_are_written_as_numpy_reads_them() {
        let shape = [10, 20, 30];
        for (chosen, text) in [
            (slab(&[0; 3], &shape, &[1; 3]), "[()]"),
            (slab(&[3, 0, 0], &[1, 20, 30], &[1; 3]), "[3]"),
            (slab(&[0, 2, 0], &[10, 5, 30], &[1, 2, 1]), "[:, 2:12:2]"),
            (slab(&[0, 0, 7], &[10, 20, 1], &[1; 3]), "[:, :, 7]"),
        ] {
            assert_eq!(index_of(&chosen, &shape), text);
        }
    }

    #[test]
    fn names_with_quotes_stay_names() {
        assert_eq!(quoted("a\"b\\c"), r#""a\"b\\c""#);
    }
}
