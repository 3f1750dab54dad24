//! The blocks of one version of one file, as a file on the disk.
//!
//! It begins with a line of JSON that says whose blocks these are; then records
//! follow, each appended with one write, so that several processes can add to
//! it: `[magic u32, block u64, length u32, checksum of the data u32, checksum of
//! these u32]`, little endian, and the data. A record that a crash tore is told
//! by its checksums; the file is then begun anew.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use hutch_model::{Identity, Validator};
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::storage::{part_of, read_exact_at};

const MAGIC: u32 = 0x4843_4231;
const HEAD_BYTES: usize = 24;
/// The longest first line.
const LINE_BYTES: u64 = 16 * 1024;
/// The longest block that is believed.
const MOST_BLOCK_BYTES: u32 = 16 * 1024 * 1024;

/// How often and how long a record is waited for that another process writes.
const MOST_LOOKS: u32 = 8;
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Where the data of a block lies, how long it is, and its checksum.
type Place = (u64, u32, u32);
type Places = HashMap<u64, Place>;

/// An open file of blocks.
#[derive(Debug)]
pub(super) struct BlockFile {
    identity: Identity,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    places: Places,
    size_bytes: u64,
}

impl BlockFile {
    /// Whose blocks a file holds; `None` for what is none of ours.
    pub(super) fn version(path: &Path) -> Option<Identity> {
        let file = File::open(path).ok()?;
        first_line(&file).map(|(identity, _)| identity)
    }

    /// Opens the file of a version. `None` when there is none, or it is of
    /// another version, or a crash tore it.
    pub(super) fn open(path: &Path, identity: &Identity) -> Option<Self> {
        let file = File::options().read(true).append(true).open(path).ok()?;
        let (found, begin) = first_line(&file)?;
        if found != *identity {
            return None;
        }
        let (places, size_bytes) = scan(&file, begin)?;
        // The time of the last use; only the order of eviction depends on it.
        let _touched = file.set_modified(SystemTime::now());
        Some(Self {
            identity: found,
            state: Mutex::new(State {
                file,
                places,
                size_bytes,
            }),
        })
    }

    /// Puts an empty file for a version in place of whatever is there. Who
    /// reads the old one reads on.
    pub(super) fn create(path: &Path, identity: &Identity) -> io::Result<Self> {
        let part = part_of(path);
        let mut options = File::options();
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let mut file = options
            .read(true)
            .append(true)
            .create_new(true)
            .open(&part)?;
        let line = format!("{}\n", to_json(identity));
        let made = file
            .write_all(line.as_bytes())
            .and_then(|()| std::fs::rename(&part, path));
        if let Err(error) = made {
            // The first error is the one to tell.
            let _removed = std::fs::remove_file(&part);
            return Err(error);
        }
        Ok(Self {
            identity: identity.clone(),
            state: Mutex::new(State {
                file,
                places: HashMap::new(),
                size_bytes: line.len() as u64,
            }),
        })
    }

    pub(super) fn identity(&self) -> &Identity {
        &self.identity
    }

    pub(super) fn size_bytes(&self) -> u64 {
        self.state.lock().size_bytes
    }

    /// A block, if it is here and whole.
    pub(super) fn read(&self, block: u64) -> Option<Bytes> {
        let mut state = self.state.lock();
        let (at, length, checksum) = *state.places.get(&block)?;
        let mut data = vec![0; usize::try_from(length).ok()?];
        let read = read_exact_at(&state.file, &mut data, at);
        if read.is_err() || crc32fast::hash(&data) != checksum {
            state.places.remove(&block);
            return None;
        }
        Some(data.into())
    }

    /// Adds blocks that are not here yet; how many bytes that took.
    pub(super) fn append(&self, blocks: &[(u64, Bytes)]) -> io::Result<u64> {
        let mut state = self.state.lock();
        let mut written = 0;
        for (block, data) in blocks {
            if state.places.contains_key(block) {
                continue;
            }
            let length = u32::try_from(data.len()).map_err(io::Error::other)?;
            let checksum = crc32fast::hash(data);
            let mut record = Vec::with_capacity(HEAD_BYTES + data.len());
            record.extend_from_slice(&head_of(*block, length, checksum));
            record.extend_from_slice(data);
            state.file.write_all(&record)?;
            // After appending, the position is where this record ends,
            // whatever other processes added before it.
            let end = state.file.stream_position()?;
            let at = end.saturating_sub(u64::from(length));
            state.places.insert(*block, (at, length, checksum));
            state.size_bytes = end;
            written += record.len() as u64;
        }
        Ok(written)
    }
}

/// Reads where the records lie; `None` when one is torn.
fn scan(file: &File, begin: u64) -> Option<(Places, u64)> {
    let mut size = file.metadata().ok()?.len();
    let mut places = HashMap::new();
    let mut at = begin;
    let mut looks = 0;
    while at < size {
        if let Some((block, place, end)) = record_at(file, at, size)? {
            places.insert(block, place);
            at = end;
            continue;
        }
        // Another process may be writing this record just now; what a crash
        // tore stays as it is.
        if looks == MOST_LOOKS {
            return None;
        }
        looks += 1;
        std::thread::sleep(LOOK_AGAIN);
        size = file.metadata().ok()?.len();
    }
    Some((places, size))
}

/// A block, its place and where the next record begins; the inner `None` when
/// the file ends before the record does, the outer one when it is none of ours.
#[expect(clippy::option_option, reason = "broken and unfinished are two things")]
fn record_at(file: &File, at: u64, size: u64) -> Option<Option<(u64, Place, u64)>> {
    let data = at.checked_add(HEAD_BYTES as u64)?;
    if data > size {
        return Some(None);
    }
    let mut head = [0; HEAD_BYTES];
    read_exact_at(file, &mut head, at).ok()?;
    let (block, length, checksum) = parse_head(&head)?;
    let end = data.checked_add(u64::from(length))?;
    Some((end <= size).then_some((block, (data, length, checksum), end)))
}

fn head_of(block: u64, length: u32, checksum: u32) -> [u8; HEAD_BYTES] {
    let mut head = [0; HEAD_BYTES];
    head[..4].copy_from_slice(&MAGIC.to_le_bytes());
    head[4..12].copy_from_slice(&block.to_le_bytes());
    head[12..16].copy_from_slice(&length.to_le_bytes());
    head[16..20].copy_from_slice(&checksum.to_le_bytes());
    let own = crc32fast::hash(&head[..20]);
    head[20..].copy_from_slice(&own.to_le_bytes());
    head
}

fn parse_head(head: &[u8; HEAD_BYTES]) -> Option<(u64, u32, u32)> {
    let word = |at: usize| Some(u32::from_le_bytes(head.get(at..at + 4)?.try_into().ok()?));
    let block = u64::from_le_bytes(head.get(4..12)?.try_into().ok()?);
    let length = word(12)?;
    let is_ours = word(0)? == MAGIC && word(20)? == crc32fast::hash(&head[..20]);
    (is_ours && length <= MOST_BLOCK_BYTES).then_some((block, length, word(16)?))
}

/// The identity in the first line, and where the records begin.
fn first_line(file: &File) -> Option<(Identity, u64)> {
    let mut line = Vec::new();
    let mut reader: &File = file;
    reader.rewind().ok()?;
    reader.take(LINE_BYTES).read_to_end(&mut line).ok()?;
    let end = line.iter().position(|byte| *byte == b'\n')?;
    let value: Value = serde_json::from_slice(line.get(..end)?).ok()?;
    Some((from_json(&value)?, end as u64 + 1))
}

fn to_json(identity: &Identity) -> Value {
    let version = match &identity.validator {
        Validator::ETag(tag) => json!({ "etag": tag }),
        Validator::SizeAndTime {
            size_bytes,
            modified_ns,
        } => json!({
            "size": size_bytes,
            "modified_ns": modified_ns.map(|ns| ns.to_string()),
        }),
        Validator::Fixed => json!("fixed"),
    };
    json!({
        "schema": "hutch.blocks/1",
        "url": identity.url,
        "size": identity.size_bytes,
        "version": version,
    })
}

fn from_json(value: &Value) -> Option<Identity> {
    if value["schema"] != "hutch.blocks/1" {
        return None;
    }
    let version = &value["version"];
    let validator = if let Some(tag) = version["etag"].as_str() {
        Validator::ETag(tag.to_owned())
    } else if let Some(size_bytes) = version["size"].as_u64() {
        let modified_ns = match version["modified_ns"].as_str() {
            Some(text) => Some(text.parse().ok()?),
            None => None,
        };
        Validator::SizeAndTime {
            size_bytes,
            modified_ns,
        }
    } else if version == "fixed" {
        Validator::Fixed
    } else {
        return None;
    };
    Some(Identity {
        url: value["url"].as_str()?.to_owned(),
        size_bytes: value["size"].as_u64()?,
        validator,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(validator: Validator) -> Identity {
        Identity {
            url: "http://x/a b.h5".to_owned(),
            size_bytes: 1 << 60,
            validator,
        }
    }

    #[test]
    fn every_kind_of_version_is_read_as_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.blocks");
        for validator in [
            Validator::ETag("\"a\\\"b\"".to_owned()),
            Validator::SizeAndTime {
                size_bytes: u64::MAX,
                modified_ns: Some(i128::from(i64::MAX) * 1000),
            },
            Validator::SizeAndTime {
                size_bytes: 1,
                modified_ns: None,
            },
            Validator::Fixed,
        ] {
            let wanted = identity(validator);
            BlockFile::create(&path, &wanted).unwrap();
            assert_eq!(BlockFile::version(&path), Some(wanted), "as written");
        }
    }

    #[test]
    fn a_file_cut_at_any_byte_gives_right_blocks_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.blocks");
        let wanted = identity(Validator::Fixed);
        let file = BlockFile::create(&path, &wanted).unwrap();
        let blocks = [
            (0, Bytes::from(vec![1; 100])),
            (9, Bytes::from(vec![2; 50])),
        ];
        file.append(&blocks).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for length in 0..=whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            let Some(file) = BlockFile::open(&path, &wanted) else {
                continue;
            };
            for (block, data) in &blocks {
                let got = file.read(*block);
                assert!(got.is_none_or(|got| got == *data), "cut at {length}");
            }
        }
    }

    #[test]
    fn a_flipped_byte_is_never_given_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.blocks");
        let wanted = identity(Validator::Fixed);
        let data = Bytes::from(vec![7; 64]);
        BlockFile::create(&path, &wanted)
            .unwrap()
            .append(&[(5, data.clone())])
            .unwrap();
        let whole = std::fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x40;
            std::fs::write(&path, &damaged).unwrap();
            let Some(file) = BlockFile::open(&path, &wanted) else {
                continue;
            };
            let got = file.read(5);
            assert!(got.is_none_or(|got| got == data), "flipped at {at}");
        }
    }
}
