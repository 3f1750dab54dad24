//! The formats that Hutch opens: a new one is one file and one line here.

use std::sync::Arc;

use hutch_model::{
    BoxFuture, ByteRange, Cancel, Container, Error, ErrorKind, Neighbours, ReadAt, Result,
};

use crate::beamline::{cbf, edf, fio, marccd, smv, spec, wrapped};
use crate::images::{mrc, npy, raw, series, tiff, vol};
use crate::layouts;
use crate::{looks, stream};

/// Bytes of the head of a file by which formats recognise it.
pub const HEAD_BYTES: u64 = 4096;

/// The format that names other files by itself.
const HDF5: &str = "HDF5";
/// The format of files that have no header at all.
const RAW: &str = "raw binary";

/// How a format opens a source.
pub type OpenFn = for<'a> fn(
    Arc<dyn ReadAt>,
    Arc<dyn Neighbours>,
    &'a Cancel,
) -> BoxFuture<'a, Result<Arc<dyn Container>>>;

/// A format: how to recognise it, and how to open it.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// Its name.
    pub name: &'static str,
    /// The ends of file names that it usually has, in lower case.
    pub extensions: &'static [&'static str],
    /// Whether the first bytes, or what follows them in the file, may be of this format.
    pub recognise: fn(&[u8], &str) -> bool,
    /// Opens a source of this format.
    pub open: OpenFn,
}

/// All formats, in the order in which they are tried.
pub static FORMATS: &[Format] = &[
    Format {
        name: HDF5,
        extensions: &[
            "h5", "hdf5", "hdf", "nxs", "nx5", "nexus", "cxi", "h5ebsd", "mat",
        ],
        recognise: is_hdf5,
        open: |source, neighbours, cancel| Box::pin(layouts::open(source, neighbours, cancel)),
    },
    // Before TIFF, since each of them is one too.
    Format {
        name: "MarCCD",
        extensions: &["mccd"],
        recognise: marccd::is_marccd,
        open: |source, neighbours, cancel| Box::pin(marccd::open(source, neighbours, cancel)),
    },
    Format {
        name: "TIFF",
        extensions: &["tif", "tiff", "btf", "tf8", "tf2"],
        recognise: tiff::is_tiff,
        open: |source, neighbours, cancel| Box::pin(tiff::open(source, neighbours, cancel)),
    },
    Format {
        name: "NumPy array",
        extensions: &["npy"],
        recognise: npy::is_npy,
        open: |source, neighbours, cancel| Box::pin(npy::open(source, neighbours, cancel)),
    },
    Format {
        name: "EDF",
        extensions: &["edf", "ehf"],
        recognise: edf::is_edf,
        open: |source, neighbours, cancel| Box::pin(edf::open(source, neighbours, cancel)),
    },
    Format {
        name: "SMV",
        extensions: &["img"],
        recognise: smv::is_smv,
        open: |source, neighbours, cancel| Box::pin(smv::open(source, neighbours, cancel)),
    },
    Format {
        name: "CBF",
        extensions: &["cbf"],
        recognise: cbf::is_cbf,
        open: |source, neighbours, cancel| Box::pin(cbf::open(source, neighbours, cancel)),
    },
    Format {
        name: "SPEC",
        extensions: &["spec"],
        recognise: spec::is_spec,
        open: |source, neighbours, cancel| Box::pin(spec::open(source, neighbours, cancel)),
    },
    Format {
        name: "FIO",
        extensions: &["fio"],
        recognise: fio::is_fio,
        open: |source, neighbours, cancel| Box::pin(fio::open(source, neighbours, cancel)),
    },
    Format {
        name: "CrystFEL stream",
        extensions: &["stream"],
        recognise: stream::is_stream,
        open: |source, neighbours, cancel| Box::pin(stream::open(source, neighbours, cancel)),
    },
    Format {
        name: "compressed file",
        extensions: &[
            "edf.gz", "edf.bz2", "cbf.gz", "cbf.bz2", "img.gz", "img.bz2", "mccd.gz", "mccd.bz2",
            "tif.gz", "tif.bz2", "npy.gz", "mrc.gz", "mrc.bz2", "spec.gz", "fio.gz",
        ],
        recognise: wrapped::is_wrapped,
        open: |source, neighbours, cancel| Box::pin(wrapped::open(source, neighbours, cancel)),
    },
    Format {
        name: "MRC",
        extensions: &["mrc", "mrcs", "map", "ccp4", "rec", "ali"],
        recognise: mrc::is_mrc,
        open: |source, neighbours, cancel| Box::pin(mrc::open(source, neighbours, cancel)),
    },
    Format {
        name: "volume of PyHST",
        extensions: &["vol"],
        recognise: vol::is_vol,
        open: |source, neighbours, cancel| Box::pin(vol::open(source, neighbours, cancel)),
    },
    Format {
        name: "description of a PyHST volume",
        extensions: &["vol.info"],
        recognise: vol::is_info,
        open: |source, neighbours, cancel| Box::pin(vol::open_info(source, neighbours, cancel)),
    },
    // The last: it knows files by their names alone.
    Format {
        name: RAW,
        extensions: &["raw", "bin"],
        recognise: raw::is_raw,
        open: |source, neighbours, cancel| Box::pin(raw::open(source, neighbours, cancel)),
    },
];

/// Whether the name of a file promises a format that Hutch opens.
pub fn may_open(name: &str) -> bool {
    FORMATS.iter().any(|format| has_extension(format, name))
}

/// The ends of names, in lower case, of files that say in their first bytes
/// what they are.
pub fn extensions_with_signature() -> impl Iterator<Item = &'static str> {
    let with_signature = FORMATS.iter().filter(|format| format.name != RAW);
    with_signature.flat_map(|format| format.extensions).copied()
}

/// Opens a file of any format that Hutch knows.
///
/// # Errors
/// [`ErrorKind::Unreadable`] for an unknown format, with what the file looks
/// like; otherwise what the format says.
pub async fn open(
    source: Arc<dyn ReadAt>,
    neighbours: Arc<dyn Neighbours>,
    cancel: &Cancel,
) -> Result<Arc<dyn Container>> {
    let (format, opened) = open_alone(source, Arc::clone(&neighbours), cancel).await?;
    // HDF5 has its own ways to name the other files of a scan.
    Ok(match format {
        HDF5 => opened,
        _ => series::with_series(opened, neighbours),
    })
}

/// Opens a file as it is, without a series that it may belong to, and names
/// its format.
pub(crate) async fn open_alone(
    source: Arc<dyn ReadAt>,
    neighbours: Arc<dyn Neighbours>,
    cancel: &Cancel,
) -> Result<(&'static str, Arc<dyn Container>)> {
    let identity = source.identity().await?;
    let name = identity.url.rsplit('/').next().unwrap_or_default();
    open_as(source, name, neighbours, cancel).await
}

/// Opens a file as if it had this name, which may promise a format.
pub(crate) async fn open_as(
    source: Arc<dyn ReadAt>,
    name: &str,
    neighbours: Arc<dyn Neighbours>,
    cancel: &Cancel,
) -> Result<(&'static str, Arc<dyn Container>)> {
    let identity = source.identity().await?;
    // Where the name promises a format, its own first request is the only one.
    let mut said = None;
    if let Some(format) = FORMATS.iter().find(|format| has_extension(format, name)) {
        let opened = (format.open)(Arc::clone(&source), Arc::clone(&neighbours), cancel).await;
        match opened {
            Err(error) if error.kind == ErrorKind::Unreadable => said = Some((format, error)),
            other => return Ok((format.name, other?)),
        }
    }
    let head = head(&*source, identity.size_bytes, cancel).await?;
    for format in FORMATS {
        if (format.recognise)(&head, name) {
            match said {
                Some((tried, error)) if tried.name == format.name => return Err(error),
                _ => {
                    let opened = (format.open)(source, neighbours, cancel).await?;
                    return Ok((format.name, opened));
                }
            }
        }
    }
    Err(Error::new(
        ErrorKind::Unreadable,
        format!("open \"{}\"", identity.url),
        looks::like(&head, name),
    ))
}

async fn head(source: &dyn ReadAt, size: u64, cancel: &Cancel) -> Result<bytes::Bytes> {
    let range = ByteRange::new(0, size.min(HEAD_BYTES));
    if range.is_empty() {
        return Ok(bytes::Bytes::new());
    }
    let mut results = source.read(&[range], cancel).await;
    results.pop().unwrap_or_else(|| {
        Err(Error::new(
            ErrorKind::Internal,
            "read the head of a file",
            "the source gave no answer",
        ))
    })
}

/// Whether the first bytes of a file are those of a format that has a header.
pub(crate) fn has_signature(head: &[u8], name: &str) -> bool {
    FORMATS
        .iter()
        .any(|format| format.name != RAW && (format.recognise)(head, name))
}

/// The name of the format that the name of a file promises.
pub(crate) fn promised(name: &str) -> Option<&'static str> {
    let promised = FORMATS.iter().find(|format| has_extension(format, name))?;
    Some(promised.name)
}

fn has_extension(format: &Format, name: &str) -> bool {
    let name = name.to_lowercase();
    format.extensions.iter().any(|extension| {
        name.strip_suffix(extension)
            .is_some_and(|stem| stem.ends_with('.'))
    })
}

/// HDF5 begins with its signature, maybe behind a user block.
fn is_hdf5(head: &[u8], _name: &str) -> bool {
    const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";
    [0, 512, 1024, 2048].iter().any(|&offset| {
        head.get(offset..)
            .is_some_and(|head| head.starts_with(SIGNATURE))
    })
}
