//! Notes in files: what they hold, as text, as bytes, or as a picture where Hutch knows how to show it.

use std::sync::Arc;

use hutch_connectors::read_at::MemoryReadAt;
use hutch_formats::memory::MemoryContainer;
use hutch_formats::nexus;
use hutch_model::{
    Cancel, Container, Dataset, Error, ErrorKind, Interpretation, Note, Origin, Remark, Result,
    Samples, Signal, Slab, read_slab,
};

use crate::neighbours::NoNeighbours;

/// Documents that are opened unasked.
const OPENED_BYTES: u64 = 64 << 20;
/// Pixels of a picture that is unpacked unasked, in bytes.
const PICTURE_BYTES: usize = 256 << 20;

/// The note at a path, and what of it can be drawn; none where the node is no note.
///
/// # Errors
/// Those of reading the node; a document that cannot be shown is remarked.
pub(crate) async fn note(
    container: &dyn Container,
    path: &str,
    cancel: &Cancel,
) -> Result<Option<(Note, Option<Signal>)>> {
    let Some(mut note) = nexus::note_at(container, path, cancel).await? else {
        return Ok(None);
    };
    let shown = match shown(container.origin(), path, &note, cancel).await {
        Ok(signal) => signal,
        Err(error) if error.kind == ErrorKind::Cancelled => return Err(error),
        Err(error) => {
            let text = format!("it is shown as bytes: {}", error.why);
            note.remarks.push(Remark::new(path, text));
            None
        }
    };
    Ok(Some((note, shown)))
}

/// What the document of a note shows, where its type says that it is no text.
async fn shown(file: &Origin, path: &str, note: &Note, cancel: &Cancel) -> Result<Option<Signal>> {
    let kind = note.media_type.trim().to_lowercase();
    let is_document = kind.starts_with("image/") || kind.contains("hdf5") || kind.contains("nexus");
    let Some(data) = note
        .data
        .as_ref()
        .filter(|_| is_document && !note.is_text())
    else {
        return Ok(None);
    };
    let bytes = document(data, cancel).await?;
    let name = format!(
        "{:?} {}::{path}/{}",
        file.validator, file.url, note.file_name
    );
    let mut signal = if bytes.starts_with(b"\x89PNG") {
        Some(of_png(&bytes, &name, cancel).await?)
    } else {
        let source = Arc::new(MemoryReadAt::new(format!("memory:{name}"), bytes));
        let nobody = Arc::new(NoNeighbours::new(
            "a document in a note opens no other files",
        ));
        let container = hutch_formats::open(source, nobody, cancel).await?;
        nexus::default_plot(container.as_ref(), cancel)
            .await?
            .signal
    };
    if let Some(signal) = &mut signal {
        signal.rule = format!("NXnote: its document is {kind}");
        signal.group.clear();
        let named = [&note.description, &note.file_name]
            .into_iter()
            .find(|text| !text.is_empty());
        if let Some(title) = named {
            signal.title.clone_from(title);
        }
    }
    Ok(signal)
}

/// The bytes of a document.
async fn document(data: &Arc<dyn Dataset>, cancel: &Cancel) -> Result<Vec<u8>> {
    let tried = || format!("open the note \"{}\"", data.origin());
    let data = match data.info().element.size_bytes() {
        Some(1) => Arc::clone(data),
        _ => data.stored_bytes().ok_or_else(|| {
            Error::new(
                ErrorKind::Unsupported,
                tried(),
                "its document is not stored as bytes",
            )
        })?,
    };
    let slab = Slab::whole(&data.info().shape);
    if slab.element_count()? > OPENED_BYTES {
        let limit = OPENED_BYTES >> 20;
        let why = format!("it is larger than the {limit} MiB that are opened unasked");
        return Err(Error::new(ErrorKind::Limit, tried(), why));
    }
    let block = read_slab(data.as_ref(), &slab, cancel).await?;
    Ok(block.samples.bytes().to_vec())
}

/// The pixels of a PNG file as a picture in colours, or in grey.
async fn of_png(bytes: &[u8], name: &str, cancel: &Cancel) -> Result<Signal> {
    let tried = || format!("unpack the picture \"{name}\"");
    let failed =
        |error: png::DecodingError| Error::new(ErrorKind::Unreadable, tried(), error.to_string());
    let mut decoder = png::Decoder::new_with_limits(
        std::io::Cursor::new(bytes),
        png::Limits {
            bytes: PICTURE_BYTES,
        },
    );
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(failed)?;
    let size = reader
        .output_buffer_size()
        .filter(|size| *size <= PICTURE_BYTES);
    let size = size.ok_or_else(|| {
        Error::new(
            ErrorKind::Limit,
            tried(),
            "it has too many pixels to be shown unasked",
        )
    })?;
    let mut pixels = vec![0; size];
    let frame = reader.next_frame(&mut pixels).map_err(failed)?;
    pixels.truncate(frame.buffer_size());
    let mut shape = vec![u64::from(frame.height), u64::from(frame.width)];
    match frame.color_type.samples() {
        // Grey with alpha: colour maps know no transparency.
        2 => pixels = pixels.chunks_exact(2).map(|pixel| pixel[0]).collect(),
        1 => {}
        channels => shape.push(channels as u64),
    }
    let in_colours = shape.len() == 3;
    let container =
        MemoryContainer::new(name).dataset("/picture", &shape, Samples::U8(pixels), &[])?;
    let dataset = Container::dataset(&container, "/picture", cancel).await?;
    let mut signal = Signal::bare(dataset, "");
    signal.interpretation = Some(if in_colours {
        Interpretation::RgbImage
    } else {
        Interpretation::Image
    });
    Ok(signal)
}
