//! `.fio` files of DESY: one scan, as silx's fioh5 lays it out.
//!
//! Lines behind `%c` are comments, behind `%p` parameters `name = value`, behind `%d`
//! columns ` Col 1 name DOUBLE` and then their numbers; `!` begins a remark.

use std::sync::Arc;

use hutch_model::{ByteRange, Cancel, Container, Neighbours, ReadAt, Result};

use super::fault::Fault;
use super::pairs::text;
use super::scan::{NAME_LIMIT, Scan, Tree};
use crate::images::container::{ImageContainer, attribute};
use crate::images::file::ImageFile;

/// Bytes that a file may have.
const FILE_LIMIT_BYTES: u64 = 256 << 20;
/// Bytes by which a file is recognised.
const HEAD_BYTES: u64 = 4096;
/// What stands before the start time in a comment of Sardana.
const STARTED: &str = "acquisition started at";

/// Whether a file begins as a `.fio` one: with remarks or a section of it.
pub(crate) fn is_fio(head: &[u8], name: &str) -> bool {
    let is_named = name.to_lowercase().ends_with(".fio");
    let mut lines = head.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with(b"!"));
    match first {
        Some(b"%c" | b"%p" | b"%d") => true,
        _ => is_named && head.starts_with(b"!"),
    }
}

/// Opens a `.fio` file.
///
/// # Errors
/// [`hutch_model::ErrorKind::Unreadable`] when there are no columns in it,
/// [`hutch_model::ErrorKind::Limit`] beyond 256 MiB.
pub(crate) async fn open(
    source: Arc<dyn ReadAt>,
    _neighbours: Arc<dyn Neighbours>,
    cancel: &Cancel,
) -> Result<Arc<dyn Container>> {
    let file = ImageFile::of(source).await?;
    let head = file.read_one(ByteRange::new(0, HEAD_BYTES), cancel).await?;
    if !is_fio(&head, file.name()) {
        return Err(file.unreadable("it does not begin as a .fio file"));
    }
    let size = file.size_bytes();
    if size > FILE_LIMIT_BYTES {
        let tried = format!("open \"{}\"", file.url());
        return Err(Fault::limit("it has more than 256 MiB").tried(tried));
    }
    let body = text(&file.read_one(ByteRange::new(0, size), cancel).await?);
    let scan = parse(&body, cancel)?;
    if scan.labels.is_empty() {
        return Err(file.unreadable("there are no columns in the .fio file"));
    }
    let key = key(file.name());
    let mut tree = Tree {
        file: &file,
        container: ImageContainer::new(&file, "FIO"),
    };
    let about = [
        attribute("NX_class", "NXroot"),
        attribute("default", key.as_str()),
    ];
    tree.container.add_attributes("/", about);
    scan.describe(&mut tree, &key);
    tree.container
        .add_attributes(&format!("/{key}"), [attribute("default", "plotselect")]);
    Ok(Arc::new(tree.container))
}

/// `scan_00056.fio` holds scan `56.1`; a name without a number stays as it is.
fn key(name: &str) -> String {
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    let digits = stem.rsplit('_').next().unwrap_or(stem);
    match digits.parse::<u64>() {
        Ok(number) => format!("{number}.1"),
        Err(_) if stem.is_empty() => "1.1".to_owned(),
        Err(_) => stem.to_owned(),
    }
}

fn parse(body: &str, cancel: &Cancel) -> Result<Scan> {
    let mut scan = Scan::default();
    let mut section = "";
    let mut comments: Vec<&str> = Vec::new();
    for line in body.lines() {
        let word = line.trim();
        if word.is_empty() || word.starts_with('!') {
            continue;
        }
        if word.starts_with('%') && word.len() == 2 {
            section = word;
            continue;
        }
        match section {
            "%c" => comments.push(word),
            "%p" => scan
                .motors
                .extend(parameter(word).filter(|_| scan.motors.len() < NAME_LIMIT)),
            "%d" => match column(word) {
                Some(_) if scan.labels.len() >= NAME_LIMIT => {
                    let why = format!("it has more than {NAME_LIMIT} columns");
                    return Err(Fault::limit(why).tried("read a scan"));
                }
                Some(name) if scan.rows.columns.is_empty() => scan.labels.push(name),
                _ => scan.rows.add(word, scan.labels.len(), cancel)?,
            },
            _ => {}
        }
    }
    if let Some(title) = comments.first() {
        (*title).clone_into(&mut scan.title);
    }
    let started = |line: &&str| {
        line.find(STARTED).and_then(|at| {
            line.get(at + STARTED.len()..)
                .map(str::trim)
                .map(str::to_owned)
        })
    };
    scan.start_time = comments.iter().find_map(started).unwrap_or_default();
    scan.comments = comments.join("\n");
    scan.finish();
    Ok(scan)
}

/// A parameter `name = value` with a number for a value.
fn parameter(line: &str) -> Option<(String, f64)> {
    let (name, value) = line.split_once('=')?;
    Some((name.trim().to_owned(), value.trim().parse().ok()?))
}

/// The name in a line `Col 1 name DOUBLE`; a name may have blanks.
fn column(line: &str) -> Option<String> {
    let rest = line.strip_prefix("Col")?.trim_start();
    let (number, rest) = rest.split_once(char::is_whitespace)?;
    number.parse::<u32>().ok()?;
    let (name, _) = rest.trim().rsplit_once(char::is_whitespace)?;
    Some(name.trim().to_owned())
}
