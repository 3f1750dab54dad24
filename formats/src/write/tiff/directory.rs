//! Image file directories as bytes.
//!
//! Source: TIFF 6.0, section 2; the `BigTIFF` design of Aware Systems.

/// The types of fields that are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldKind {
    Short,
    Long,
    /// 4 bytes, in `BigTIFF` 8.
    Offset,
}

/// The fields of a page, in the order of their tags.
#[derive(Debug)]
pub(super) struct Directory {
    is_big: bool,
    fields: Vec<Field>,
}

#[derive(Debug)]
struct Field {
    tag: u16,
    kind: u16,
    count: u64,
    bytes: Vec<u8>,
}

/// The header of a file whose first directory lies at `first`.
pub(super) fn header(is_big: bool, first: u64) -> Vec<u8> {
    let mut bytes = b"II".to_vec();
    if is_big {
        bytes.extend([43, 0, 8, 0, 0, 0]);
        bytes.extend(first.to_le_bytes());
    } else {
        bytes.extend([42, 0]);
        bytes.extend(low(first).to_le_bytes());
    }
    bytes
}

/// The low half; whoever calls it knows that there is no other.
fn low(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

impl Directory {
    pub(super) const fn new(is_big: bool) -> Self {
        Self {
            is_big,
            fields: Vec::new(),
        }
    }

    fn push(&mut self, tag: u16, kind: u16, count: usize, bytes: Vec<u8>) {
        let count = count as u64;
        self.fields.push(Field {
            tag,
            kind,
            count,
            bytes,
        });
    }

    /// Whole numbers.
    pub(super) fn number(&mut self, tag: u16, kind: FieldKind, values: &[u64]) {
        let (code, size) = match kind {
            FieldKind::Short => (3, 2),
            FieldKind::Offset if self.is_big => (16, 8),
            FieldKind::Long | FieldKind::Offset => (4, 4),
        };
        let mut bytes = Vec::with_capacity(values.len() * size);
        for value in values {
            bytes.extend(value.to_le_bytes().iter().take(size));
        }
        self.push(tag, code, values.len(), bytes);
    }

    /// ASCII with its zero byte; other characters become `?`.
    pub(super) fn text(&mut self, tag: u16, text: &str) {
        let ascii = |letter: char| {
            u8::try_from(letter)
                .ok()
                .filter(u8::is_ascii)
                .filter(|&byte| byte > 0)
        };
        let mut bytes: Vec<u8> = text
            .chars()
            .map(|letter| ascii(letter).unwrap_or(b'?'))
            .collect();
        bytes.push(0);
        self.push(tag, 2, bytes.len(), bytes);
    }

    /// `1 / size` as a ratio of whole numbers.
    pub(super) fn ratio(&mut self, tag: u16, size: f64) {
        // As many digits as 32 bits hold.
        let mut numerator = 1_000_000_000u32;
        while numerator > 1 && size * f64::from(numerator) > f64::from(u32::MAX) {
            numerator /= 10;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "positive, and below 2^32 but for sizes that mean nothing"
        )]
        let denominator = ((size * f64::from(numerator)).round() as u32).max(1);
        let mut bytes = numerator.to_le_bytes().to_vec();
        bytes.extend(denominator.to_le_bytes());
        self.push(tag, 5, 1, bytes);
    }

    /// The directory at an offset, with what does not fit into its fields behind
    /// it, and the next one behind that.
    pub(super) fn into_bytes(self, at: u64, is_last: bool) -> Vec<u8> {
        let is_big = self.is_big;
        let (word, entry, head) = if is_big { (8, 20, 8) } else { (4, 12, 2) };
        let table = head + entry * self.fields.len() + word;
        let mut bytes = Vec::new();
        let mut behind = Vec::new();
        let push = |bytes: &mut Vec<u8>, value: u64| {
            bytes.extend(value.to_le_bytes().iter().take(word));
        };
        bytes.extend((self.fields.len() as u64).to_le_bytes().iter().take(head));
        for field in self.fields {
            bytes.extend(field.tag.to_le_bytes());
            bytes.extend(field.kind.to_le_bytes());
            push(&mut bytes, field.count);
            if field.bytes.len() <= word {
                let padding = word - field.bytes.len();
                bytes.extend(field.bytes);
                bytes.resize(bytes.len() + padding, 0);
            } else {
                push(&mut bytes, at + (table + behind.len()) as u64);
                behind.extend(field.bytes);
                behind.resize(behind.len().next_multiple_of(8), 0);
            }
        }
        let size = (table + behind.len()).next_multiple_of(16);
        push(&mut bytes, if is_last { 0 } else { at + size as u64 });
        bytes.extend(behind);
        bytes.resize(size, 0);
        bytes
    }
}
