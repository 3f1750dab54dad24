//! The bad pixels of a `.geom` as lines of numpy.

use std::fmt::Write as _;

use hutch_model::Slab;

use super::{index_of, open_hdf5, quoted};
use crate::geometry::BadParts;
use crate::masks::on_fastest_axes;

/// Lines for bad pixels that cannot be written as lines: they do not run before the mask is there.
pub(super) const FROM_A_FILE: &str = "\
# The bad pixels of the geometry are too many to be written here: save them (Ctrl S, \"mask\", as mask.npy) and read them.
mask = np.load(\"mask.npy\")
";

/// Boxes in a line of the list.
const IN_A_LINE: usize = 6;

/// Lines that make `mask`, not 0 where a pixel of the part that is shown is bad: by the regions and panels of the
/// geometry, by the files of its masks, and by the mask of the data, which is `mask` before where it `has_own`.
pub(super) fn lines(parts: &BadParts, has_own: bool, shown: &Slab) -> String {
    let (Some(boxes), [.., width]) = (&parts.boxes, parts.frame_shape.as_slice()) else {
        return format!("\n{FROM_A_FILE}");
    };
    let rows: u64 = parts.frame_shape.iter().rev().skip(1).product();
    let mut text = format!(
        "\n# What the geometry calls bad: boxes of pixels [x0, y0, x1, y1], images of a frame below each other.\n\
         bad = np.zeros(({rows}, {width}), bool)\n"
    );
    if !boxes.is_empty() {
        // Writing to a String cannot fail.
        let _written = write!(
            text,
            "for x0, y0, x1, y1 in {}:\n    bad[y0:y1 + 1, x0:x1 + 1] = True\n",
            list(boxes)
        );
    }
    if !parts.masks.is_empty() {
        text.push_str("import h5py, hdf5plugin\n");
    }
    for (url, part) in &parts.masks {
        let rank = parts.frame_shape.len();
        let (path, good, bad) = (quoted(&part.place.1), part.good_bits, part.bad_bits);
        // Of a mask for each frame the first is taken, as Hutch does.
        let _written = write!(
            text,
            "{}\n    bits = file[{path}]\n    bits = bits[(0,) * (bits.ndim - {rank})].astype(np.uint64).reshape(bad.shape)\n\
             is_bad = ((bits & np.uint64({good:#x})) != np.uint64({good:#x})) | ((bits & np.uint64({bad:#x})) != 0)\n\
             for x0, y0, x1, y1 in {}:\n    bad[y0:y1 + 1, x0:x1 + 1] |= is_bad[y0:y1 + 1, x0:x1 + 1]\n",
            open_hdf5(url),
            list(&part.boxes),
        );
    }
    let axes: Vec<String> = parts.frame_shape.iter().map(u64::to_string).collect();
    let shape = axes.join(", ");
    let index = index_of(
        &on_fastest_axes(shown, &parts.frame_shape),
        &parts.frame_shape,
    );
    let _written = writeln!(text, "bad = bad.reshape({shape}){index}");
    text.push_str(if has_own {
        "mask = (((mask & 0xFFFF) != 0) | bad).reshape(bad.shape).astype(np.int64)\n"
    } else {
        "mask = bad.astype(np.int64)\n"
    });
    text
}

/// Boxes as a list of Python.
pub(super) fn list<T: std::fmt::Display>(boxes: &[[T; 4]]) -> String {
    let texts: Vec<String> = boxes
        .iter()
        .map(|[x0, y0, x1, y1]| format!("({x0}, {y0}, {x1}, {y1})"))
        .collect();
    let lines: Vec<String> = texts
        .chunks(IN_A_LINE)
        .map(|line| line.join(", "))
        .collect();
    format!("[{}]", lines.join(",\n    "))
}
