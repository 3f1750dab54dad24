//! Frames corrected by a dark and a flat field, as lines of numpy.

use std::fmt::Write as _;

use hutch_formats::corrected::Field;

use super::{open_hdf5, path_of, quoted};

/// What stands for no value, and the mean of frames without it.
const MEANS: &str = "
def has_value(values):
    \"\"\"Sentinels of detectors and NaN stand for no value.\"\"\"
    if values.dtype == np.uint32:
        return values < 2**32 - 2
    if values.dtype == np.int32:
        return (values != -1) & (values != -2)
    return ~np.isnan(values)

def mean(frames):
    total, count = 0.0, 0
    for frame in frames:
        good = has_value(frame)
        total = total + np.where(good, frame, 0).astype(np.float64)
        count = count + good
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)

";

/// Lines that correct `data` as Hutch does, by a function `corrected` for other frames; `None` where no library of Python reads a field.
pub(super) fn lines([dark, flat]: [Option<&Field>; 2]) -> Option<String> {
    let mut text = MEANS.to_owned();
    for (name, field) in [("dark", dark), ("flat", flat)] {
        if let Some(field) = field {
            text.push_str(&read(name, field)?);
        }
    }
    text.push_str(
        "\ndef corrected(data):\n    \
         data = np.where(has_value(data), data, np.nan).astype(np.float64)\n",
    );
    text.push_str(match (dark, flat) {
        (Some(_), Some(_)) => {
            "    above, whole = data - dark, flat - dark\n    \
             return np.divide(above, whole, out=np.full(data.shape, np.nan), where=whole > 0)\n"
        }
        (Some(_), None) => "    return data - dark\n",
        (None, Some(_)) => {
            "    return np.divide(data, flat, out=np.full(data.shape, np.nan), where=flat > 0)\n"
        }
        (None, None) => "    return data\n",
    });
    text.push_str("\ndata = corrected(data)\n");
    Some(text)
}

/// The line that reads a field: its only frame, or some of them, spread evenly.
fn read(name: &str, field: &Field) -> Option<String> {
    let (url, path) = (&field.origin().url, quoted(&field.origin().path));
    let indices: Vec<String> = field.indices().iter().map(u64::to_string).collect();
    let indices = indices.join(", ");
    let is_stack = field.shape.len() > 2;
    // Sizes of 1 in front of a frame are no stack of frames.
    let is_plain = field.shape.len() <= 3 && !field.is_turned;
    let frames = |of: &str| {
        if is_stack {
            format!("[{of}[index] for index in [{indices}]]")
        } else {
            format!("[{of}[()]]")
        }
    };
    let mut text = String::new();
    let file = quoted(&path_of(url));
    let format = field.format.as_str();
    // Writing to a String cannot fail.
    if format.starts_with("HDF5") && !format.contains(", ") && is_plain {
        let opened = open_hdf5(url);
        let frames = frames(&format!("file[{path}]"));
        let _written = write!(
            text,
            "import h5py, hdf5plugin\n{opened}\n    {name} = mean({frames})\n"
        );
    } else if super::is_far(url) || !is_plain {
        return None;
    } else if format.starts_with(super::NUMPY) {
        let frames = frames(&format!("np.load({file}, mmap_mode=\"r\")"));
        let _written = writeln!(text, "{name} = mean({frames})");
    } else if super::FABIO.iter().any(|known| format.starts_with(known)) {
        let _written = write!(
            text,
            "import fabio\nwith fabio.open({file}) as file:\n    \
             {name} = mean([file.get_frame(index).data for index in [{indices}]])\n"
        );
    } else {
        return None;
    }
    Some(text)
}
