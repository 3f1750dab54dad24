//! Files that exist where a command writes: which of them it replaces without being asked to.

use std::io::Read as _;
use std::path::Path;

use hutch_model::{Error, ErrorKind, Result};

use super::out::note;

/// What a command writes into a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// A PNG picture.
    Png,
    /// A GIF movie.
    Gif,
    /// An SVG drawing.
    Svg,
    /// Values as text.
    Lines,
    /// JSON.
    Json,
    /// A numpy array.
    Npy,
    /// Pages of images.
    Tiff,
    /// HDF5 with NXdata.
    Hdf5,
    /// A folder of OME-Zarr.
    Zarr,
    /// A geometry as pyFAI reads it.
    Poni,
    /// A mask, of which the ending says the format.
    Other,
}

impl Content {
    /// Its name in a sentence.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Png => "a PNG picture",
            Self::Gif => "a GIF movie",
            Self::Svg => "an SVG drawing",
            Self::Lines => "lines of values",
            Self::Json => "JSON",
            Self::Npy => "a numpy array",
            Self::Tiff => "a TIFF file",
            Self::Hdf5 => "an HDF5 file",
            Self::Zarr => "an OME-Zarr folder",
            Self::Poni => "a geometry of pyFAI",
            Self::Other => "another file",
        }
    }

    /// The ends of names that say so, the usual one first; without any every name does.
    const fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Png => &["png"],
            Self::Gif => &["gif"],
            Self::Svg => &["svg"],
            Self::Lines => &["csv", "txt", "dat", "tsv", "asc", "xy"],
            Self::Json => &["json", "txt"],
            Self::Npy => &["npy"],
            Self::Tiff => &["tif", "tiff", "btf", "tf8"],
            Self::Hdf5 => &["h5", "hdf5", "hdf", "nxs", "nx5"],
            Self::Zarr => &["zarr"],
            Self::Poni => &["poni"],
            Self::Other => &[],
        }
    }

    fn fits(self, ending: &str) -> bool {
        self.endings().is_empty() || self.endings().contains(&ending)
    }
}

/// Whether a file may be written: there is none, it may be replaced, or it is a picture or a text of the same kind, as
/// people make them again and again. Data are never replaced unasked.
///
/// # Errors
/// [`ErrorKind::Usage`] where a file would be lost.
pub(super) fn check_existing(output: &Path, content: Content, may_replace: bool) -> Result<()> {
    if may_replace || !output.exists() || is_made_again(output, content) {
        return Ok(());
    }
    Err(exists(output))
}

/// The words for a file that exists.
pub(super) fn exists(output: &Path) -> Error {
    let tried = format!("write \"{}\"", output.display());
    let why = "it exists; add --overwrite to replace it";
    Error::new(ErrorKind::Usage, tried, why)
}

/// Tells where the end of a name says something else than what is written.
pub(super) fn tell_ending(output: &Path, content: Content) {
    let ending = ending(output);
    if ending.is_empty() || content.fits(&ending) {
        return;
    }
    let usual = content.endings().first().copied().unwrap_or_default();
    note(format!(
        "\"{}\" becomes {}, which its ending does not say; .{usual} would",
        output.display(),
        content.name(),
    ));
}

fn ending(path: &Path) -> String {
    let ending = path.extension().unwrap_or_default();
    ending.to_string_lossy().to_lowercase()
}

/// A picture or a text of the kind that is written, by its name and by its first bytes.
fn is_made_again(output: &Path, content: Content) -> bool {
    let ending = ending(output);
    let is_text = |head: &[u8]| !head.contains(&0);
    let is_known: &dyn Fn(&[u8]) -> bool = match (content, ending.as_str()) {
        (Content::Png, "png") => &|head| head.starts_with(b"\x89PNG\r\n"),
        (Content::Gif, "gif") => &|head| head.starts_with(b"GIF8"),
        (Content::Svg, "svg") => &|head| head.starts_with(b"<svg") || head.starts_with(b"<?xml"),
        (Content::Lines, "csv" | "txt") | (Content::Json, "json" | "txt") => &is_text,
        _ => return false,
    };
    head_of(output).is_ok_and(|head| is_known(&head))
}

/// The first bytes of a file.
fn head_of(path: &Path) -> std::io::Result<Vec<u8>> {
    const HEAD_BYTES: u64 = 4096;
    let mut head = Vec::new();
    let file = std::fs::File::open(path)?;
    file.take(HEAD_BYTES).read_to_end(&mut head)?;
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pictures_and_texts_are_replaced_by_their_own_kind() {
        let folder = tempfile::tempdir().unwrap();
        let check = |name: &str, bytes: &[u8], content| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            assert!(check_existing(&path, content, true).is_ok(), "{name}");
            check_existing(&path, content, false)
        };
        for (name, bytes, content) in [
            ("a.png", &b"\x89PNG\r\n\x1a\n"[..], Content::Png),
            ("a.GIF", b"GIF89a", Content::Gif),
            ("a.csv", b"1,2\n", Content::Lines),
            ("a.json", b"{}", Content::Json),
        ] {
            assert!(check(name, bytes, content).is_ok(), "{name} again");
        }
        for (name, bytes, content) in [
            ("scan.png", &b"\x89HDF\r\n\x1a\n"[..], Content::Png),
            ("a.png", b"\x89PNG\r\n\x1a\n", Content::Npy),
            ("a.csv", b"\x93NUMPY\x01\x00v\x00", Content::Lines),
            ("a.npy", b"\x93NUMPY", Content::Npy),
            ("a.edf", b"{ }", Content::Other),
            ("a.poni", b"Distance: 1", Content::Poni),
            ("a.dat", b"1 2", Content::Lines),
        ] {
            let refused = check(name, bytes, content).unwrap_err();
            assert!(refused.why.contains("--overwrite"), "{name}: {refused}");
        }
        let none = folder.path().join("new.h5");
        assert!(check_existing(&none, Content::Hdf5, false).is_ok(), "new");
    }
}
