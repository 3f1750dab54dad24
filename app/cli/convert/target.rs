//! Where a conversion goes: one file, a folder, or a file for each frame.

use std::path::{Path, PathBuf};

use hutch_formats::write::{
    Compression, NexusSink, NpySink, Pyramid, Sink, Stack, TiffSink, ZarrSink,
};
use hutch_model::{Error, ErrorKind, Result};

use super::Work;
use crate::address::Place;
use crate::cli::context::Context;
use crate::cli::existing::{Content, check_existing};
use crate::cli::part_folder::PartFolder;
use crate::reconstruct::output::{PartFile, check_folder, check_named, check_room, local_path};

/// Formats that are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Form {
    /// A numpy array.
    Npy,
    /// Pages of images.
    Tiff,
    /// HDF5 with NXdata.
    Hdf5,
    /// OME-Zarr 0.4.
    Zarr,
}

impl Form {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Npy => "npy",
            Self::Tiff => "tiff",
            Self::Hdf5 => "hdf5",
            Self::Zarr => "zarr",
        }
    }

    pub(super) const fn content(self) -> Content {
        match self {
            Self::Npy => Content::Npy,
            Self::Tiff => Content::Tiff,
            Self::Hdf5 => Content::Hdf5,
            Self::Zarr => Content::Zarr,
        }
    }
}

/// The format that is asked for, or the one of the name.
///
/// # Errors
/// [`ErrorKind::Usage`] where the name tells none.
pub(super) fn form(output: &Path, asked: Option<Form>) -> Result<Form> {
    if let Some(form) = asked {
        return Ok(form);
    }
    let ending = output
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    match ending.as_str() {
        "npy" => Ok(Form::Npy),
        "tif" | "tiff" | "btf" | "tf8" => Ok(Form::Tiff),
        "h5" | "hdf5" | "hdf" | "nxs" | "nx5" => Ok(Form::Hdf5),
        "zarr" => Ok(Form::Zarr),
        _ => Err(Error::new(
            ErrorKind::Usage,
            writing(output),
            "its ending tells no format; add --format npy, tiff, hdf5 or zarr",
        )),
    }
}

/// What is written, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) form: Form,
    pub(super) compression: Compression,
    pub(super) pyramid: Pyramid,
    pub(super) may_replace: bool,
}

impl Target {
    /// Whether all of it may be written, before any of it is.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for the source and for what exists, [`ErrorKind::Refused`] among raw data,
    /// [`ErrorKind::Disk`] where there is no room.
    pub(super) fn check(
        &self,
        context: &Context,
        source: &Place,
        output: &Path,
        stack: &Stack,
    ) -> Result<()> {
        let bad = |why: &str| Err(Error::new(ErrorKind::Usage, writing(output), why));
        if let (Form::Npy, Compression::Deflate(_)) = (self.form, self.compression) {
            return bad("a .npy file is not compressed");
        }
        let local = local_path(&context.sites, source);
        if let Some(names) = FrameNames::of(self.form, output) {
            let folder = folder_of(output);
            check_folder(&context.sites, &folder)?;
            let real = |path: &Path| path.canonicalize().ok();
            let is_source = local.as_ref().is_some_and(|local| {
                let folder = real(&folder);
                folder.is_some()
                    && (real(local) == folder || local.parent().and_then(real) == folder)
            });
            if is_source {
                return bad("this is the folder of the source; name another one");
            }
            let exists =
                (0..stack.frame_count()).any(|frame| folder.join(names.name(frame)).exists());
            if exists && !self.may_replace {
                return bad("some of the files exist; add --overwrite to replace them");
            }
        } else if self.form == Form::Zarr {
            check_folder(&context.sites, output)?;
            check_zarr(local.as_deref(), output)?;
            check_existing(output, self.form.content(), self.may_replace)?;
        } else {
            check_named(&context.sites, Some(source), output)?;
            check_existing(output, self.form.content(), self.may_replace)?;
        }
        // What will be compressed cannot be told before.
        match self.compression {
            Compression::None => check_room(output, stack.size_bytes()?),
            Compression::Deflate(_) => Ok(()),
        }
    }

    /// The files, or the folder, that will be there.
    pub(super) fn outputs(&self, output: &Path, stack: &Stack) -> Vec<PathBuf> {
        let Some(names) = FrameNames::of(self.form, output) else {
            return vec![output.to_owned()];
        };
        let folder = folder_of(output);
        let frames = 0..stack.frame_count();
        let paths = frames.map(|frame| folder.join(names.name(frame)));
        paths.filter(|path| path.exists()).collect()
    }

    /// Writes everything.
    ///
    /// # Errors
    /// Those of reading and writing; nothing half written stays.
    pub(super) fn write(&self, output: &Path, stack: &Stack, work: &Work<'_>) -> Result<()> {
        if let Some(names) = FrameNames::of(self.form, output) {
            return self.write_frames(output, &names, stack, work);
        }
        if self.form == Form::Zarr {
            let folder = PartFolder::create(output)?;
            let sink = ZarrSink::create(&folder, stack.clone(), self.compression, self.pyramid)?;
            fill(Box::new(sink), stack, work)?;
            work.check(&self.outputs(output, stack))?;
            return folder.finish();
        }
        let file = PartFile::create(output)?;
        let sink = self.sink(&file, stack.clone())?;
        fill(sink, stack, work)?;
        work.check(&self.outputs(output, stack))?;
        file.finish()
    }

    fn sink<'a>(&self, file: &'a PartFile, stack: Stack) -> Result<Box<dyn Sink + 'a>> {
        Ok(match self.form {
            Form::Tiff => Box::new(TiffSink::create(file, stack, self.compression)?),
            Form::Hdf5 => Box::new(NexusSink::create(file, stack, self.compression)?),
            Form::Npy | Form::Zarr => Box::new(NpySink::create(file, stack)?),
        })
    }

    /// A file for each frame: all in a folder of their own first, so that either all or none appear.
    fn write_frames(
        &self,
        output: &Path,
        names: &FrameNames,
        stack: &Stack,
        work: &Work<'_>,
    ) -> Result<()> {
        let folder = PartFolder::create(&folder_of(output).join(names.name(0)))?;
        let mut one = stack.clone();
        let slow = stack.shape.len().saturating_sub(2);
        one.shape.drain(..slow);
        one.axes.drain(..slow.min(one.axes.len()));
        let cut = work.cut.clone().in_frames();
        work.each_band(&cut, &stack.element, |mut band, bytes| {
            let file = PartFile::create(&folder.path().join(names.name(band.frame)))?;
            let sink = self.sink(&file, one.clone())?;
            band.frame = 0;
            sink.write(band, bytes)?;
            sink.finish()?;
            file.finish()
        })?;
        work.check(&self.outputs(output, stack))?;
        folder.move_files_up((0..stack.frame_count()).map(|frame| names.name(frame)))
    }
}

fn fill(sink: Box<dyn Sink + '_>, stack: &Stack, work: &Work<'_>) -> Result<()> {
    work.fill(sink.as_ref(), stack)?;
    sink.finish()
}

/// A folder that exists is replaced only if it is an OME-Zarr folder, and never
/// if the source is in it.
fn check_zarr(source: Option<&Path>, output: &Path) -> Result<()> {
    let bad = |why: &str| Err(Error::new(ErrorKind::Usage, writing(output), why));
    if output.file_name().is_none() {
        return bad("name a folder");
    }
    let Ok(real) = output.canonicalize() else {
        return Ok(());
    };
    if !output.join(".zattrs").is_file() {
        return bad("something else has this name");
    }
    let source = source.and_then(|source| source.canonicalize().ok());
    if source.is_some_and(|source| source.starts_with(&real)) {
        return bad("this is the source itself; name another folder");
    }
    Ok(())
}

/// Names with a number, as `scan_%05d.tif`.
#[derive(Debug)]
struct FrameNames {
    before: String,
    digits: usize,
    after: String,
}

impl FrameNames {
    fn of(form: Form, output: &Path) -> Option<Self> {
        let name = output.file_name()?.to_str()?;
        let (before, rest) = name.split_once('%')?;
        let (digits, after) = rest.split_once('d')?;
        let digits = match digits.strip_prefix('0').unwrap_or(digits) {
            "" => 0,
            digits => digits.parse().ok().filter(|digits| *digits <= 20)?,
        };
        (form != Form::Zarr).then(|| Self {
            before: before.to_owned(),
            digits,
            after: after.to_owned(),
        })
    }

    fn name(&self, frame: u64) -> String {
        format!(
            "{}{frame:0digits$}{}",
            self.before,
            self.after,
            digits = self.digits
        )
    }
}

fn folder_of(output: &Path) -> PathBuf {
    match output.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn writing(path: &Path) -> String {
    format!("write \"{}\"", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_in_the_name_makes_a_file_for_each_frame() {
        let names = FrameNames::of(Form::Tiff, Path::new("out/scan_%05d.tif")).unwrap();
        assert_eq!(names.name(42), "scan_00042.tif", "five digits");
        let bare = FrameNames::of(Form::Npy, Path::new("%d.npy")).unwrap();
        assert_eq!(bare.name(7), "7.npy", "as many as needed");
        assert!(
            FrameNames::of(Form::Tiff, Path::new("50%.tif")).is_none(),
            "no number"
        );
    }

    #[test]
    fn the_ending_tells_the_format() {
        assert_eq!(
            form(Path::new("a.NXS"), None).unwrap(),
            Form::Hdf5,
            "by its ending"
        );
        assert_eq!(
            form(Path::new("a"), Some(Form::Npy)).unwrap(),
            Form::Npy,
            "as asked"
        );
        assert!(form(Path::new("a.png"), None).is_err(), "not known");
    }
}
