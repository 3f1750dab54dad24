//! A reader over the bytes of one structure, with every read checked.

use bytes::Bytes;

use crate::error::Error;
use crate::file::Format;

/// Reads fields one after another; running over the end is an error that names the structure.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    format: Format,
    what: &'static str,
    address: u64,
}

impl<'a> Cursor<'a> {
    /// Fields of `what`, whose first byte lies at `address` in the file.
    pub(crate) fn new(format: Format, bytes: &'a [u8], what: &'static str, address: u64) -> Self {
        Self {
            bytes,
            at: 0,
            format,
            what,
            address,
        }
    }

    pub(crate) fn position(&self) -> usize {
        self.at
    }

    pub(crate) fn remaining(&self) -> usize {
        self.bytes.len() - self.at
    }

    pub(crate) fn damaged(&self, why: &str) -> Error {
        Error::damaged(format!("{}: {why}", self.what), self.address)
    }

    pub(crate) fn unsupported(&self, why: &str) -> Error {
        Error::unsupported(format!("{}: {why}", self.what), self.address)
    }

    pub(crate) fn limit_error(&self, what: &str, limit: u64) -> Error {
        Error::limit(what, limit, self.address)
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let end = self
            .at
            .checked_add(length)
            .filter(|end| *end <= self.bytes.len());
        let Some(end) = end else {
            return Err(self.damaged("ends too early"));
        };
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    pub(crate) fn skip(&mut self, length: usize) -> Result<(), Error> {
        self.take(length).map(|_| ())
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Error> {
        Ok(self.take(1)?[0])
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Error> {
        let bytes = self.take(2)?;
        Ok(u16::from_le_bytes([bytes[0], bytes[1]]))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Error> {
        let bytes = self.take(4)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Error> {
        self.uint(8)
    }

    /// A little-endian integer of `size` bytes.
    pub(crate) fn uint(&mut self, size: usize) -> Result<u64, Error> {
        let bytes = self.take(size)?;
        if bytes.iter().skip(8).any(|byte| *byte != 0) {
            return Err(self.damaged("has a number of more than 64 bits"));
        }
        Ok(bytes
            .iter()
            .take(8)
            .rev()
            .fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    /// A length, in the file's size of lengths.
    pub(crate) fn length(&mut self) -> Result<u64, Error> {
        self.uint(usize::from(self.format.length_size))
    }

    /// A length where all ones mean "unlimited".
    pub(crate) fn limit(&mut self) -> Result<Option<u64>, Error> {
        let size = usize::from(self.format.length_size);
        if self.peek(size).iter().all(|byte| *byte == 0xff) {
            self.skip(size)?;
            return Ok(None);
        }
        self.length().map(Some)
    }

    /// An address as an offset in the file; none where it is undefined.
    pub(crate) fn address(&mut self) -> Result<Option<u64>, Error> {
        let bytes = self.take(usize::from(self.format.offset_size))?;
        if bytes.iter().all(|byte| *byte == 0xff) {
            return Ok(None);
        }
        if bytes.iter().skip(8).any(|byte| *byte != 0) {
            return Err(self.damaged("has an address of more than 64 bits"));
        }
        let relative = bytes
            .iter()
            .take(8)
            .rev()
            .fold(0, |value, byte| value << 8 | u64::from(*byte));
        match relative.checked_add(self.format.base) {
            Some(address) => Ok(Some(address)),
            None => Err(self.damaged("has an address beyond any file")),
        }
    }

    /// An address that must be defined.
    pub(crate) fn some_address(&mut self) -> Result<u64, Error> {
        self.address()?
            .ok_or_else(|| self.damaged("lacks an address"))
    }

    /// Checks a four-letter signature.
    pub(crate) fn signature(&mut self, signature: [u8; 4]) -> Result<(), Error> {
        if *self.take(4)? == signature {
            Ok(())
        } else {
            Err(self.damaged("does not begin with its signature"))
        }
    }

    /// Checks a version byte against the one that is known.
    pub(crate) fn version(&mut self, known: u8) -> Result<(), Error> {
        match self.u8()? {
            version if version == known => Ok(()),
            version => Err(self.unsupported(&format!("version {version}"))),
        }
    }

    /// The bytes up to the next zero byte, which is skipped.
    pub(crate) fn zero_terminated(&mut self) -> Result<&'a [u8], Error> {
        let rest = &self.bytes[self.at..];
        let Some(length) = rest.iter().position(|byte| *byte == 0) else {
            return Err(self.damaged("has a name without an end"));
        };
        self.at += length + 1;
        Ok(&rest[..length])
    }

    /// The next bytes, as many as there are up to `length`.
    pub(crate) fn peek(&self, length: usize) -> &'a [u8] {
        let rest = &self.bytes[self.at..];
        &rest[..length.min(rest.len())]
    }
}

/// Text as stored; bytes that are not UTF-8 are replaced.
pub(crate) fn to_text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The bytes before the first zero.
pub(crate) fn until_zero(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or(bytes)
}

/// Splits off the four checksum bytes at the end and checks the rest against them.
pub(crate) fn checked(bytes: &Bytes, what: &'static str, address: u64) -> Result<Bytes, Error> {
    let Some(split) = bytes.len().checked_sub(4) else {
        return Err(Error::damaged(format!("{what}: ends too early"), address));
    };
    let (body, sum) = bytes.split_at(split);
    let stored = u32::from_le_bytes([sum[0], sum[1], sum[2], sum[3]]);
    // A fuzzer would find hardly anything behind checksums; it is built without them.
    if cfg!(fuzzing) || crate::checksum::lookup3(body) == stored {
        Ok(bytes.slice(..split))
    } else {
        let what = what.to_owned();
        Err(Error::Checksum { what, address })
    }
}
