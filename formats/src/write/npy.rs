//! `.npy` files.

use hutch_model::{ElementType, Error, ErrorKind, Result};

use super::stack::{Band, Stack};
use super::{Sink, WriteAt};

/// Magic, version and length.
const PREFIX: usize = 10;

/// A `.npy` file that is being written.
pub struct NpySink<'a> {
    file: &'a dyn WriteAt,
    stack: Stack,
    header_bytes: u64,
}

impl<'a> NpySink<'a> {
    /// Begins the file: its header and its full size.
    ///
    /// # Errors
    /// Those of [`npy_header`] and of the file.
    pub fn create(file: &'a dyn WriteAt, stack: Stack) -> Result<Self> {
        let header = npy_header(&stack.element, &stack.shape)?;
        let header_bytes = header.len() as u64;
        let size = header_bytes.saturating_add(stack.size_bytes()?);
        file.write_at(size - 1, &[0])?;
        file.write_at(0, &header)?;
        Ok(Self {
            file,
            stack,
            header_bytes,
        })
    }
}

impl Sink for NpySink<'_> {
    fn band_rows(&self) -> u64 {
        self.stack.usual_band_rows()
    }

    fn write(&self, band: Band, bytes: &[u8]) -> Result<()> {
        let offset = self.stack.offset(band, bytes)?;
        self.file.write_at(self.header_bytes + offset, bytes)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

impl std::fmt::Debug for NpySink<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NpySink")
            .field("stack", &self.stack)
            .finish_non_exhaustive()
    }
}

/// The header of a little-endian array in C order, version 1.0.
///
/// Source: NEP 1, "A Simple File Format for `NumPy` Arrays"; the header ends on a
/// multiple of 64 bytes with a line feed.
///
/// # Errors
/// [`ErrorKind::Usage`] for text, which `.npy` could only hold as pickled
/// objects; [`ErrorKind::Limit`] for more axes than a header holds.
pub fn npy_header(element: &ElementType, shape: &[u64]) -> Result<Vec<u8>> {
    let descr = descr(element).ok_or_else(|| {
        Error::new(
            ErrorKind::Usage,
            "write a .npy file",
            format!("it holds numbers only, not {element}; `hutch cat` writes --csv and --json"),
        )
    })?;
    let axes: Vec<String> = shape.iter().map(u64::to_string).collect();
    let shape = match axes.as_slice() {
        [one] => format!("({one},)"),
        more => format!("({})", more.join(", ")),
    };
    let mut dict = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    let unpadded = PREFIX + dict.len() + 1;
    dict.push_str(&" ".repeat(unpadded.next_multiple_of(64) - unpadded));
    dict.push('\n');
    let length = u16::try_from(dict.len()).map_err(|error| {
        Error::new(ErrorKind::Limit, "write a .npy header", "too many axes").with_source(error)
    })?;
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(dict.as_bytes());
    Ok(bytes)
}

/// What numpy calls a type, as Zarr version 2 does; none for what is no number.
pub(super) fn descr(element: &ElementType) -> Option<&'static str> {
    Some(match element {
        ElementType::U8 => "|u1",
        ElementType::I8 => "|i1",
        ElementType::U16 => "<u2",
        ElementType::U32 => "<u4",
        ElementType::U64 => "<u8",
        ElementType::I16 => "<i2",
        ElementType::I32 => "<i4",
        ElementType::I64 => "<i8",
        ElementType::F16 => "<f2",
        ElementType::F32 => "<f4",
        ElementType::F64 => "<f8",
        ElementType::Complex64 => "<c8",
        ElementType::Complex128 => "<c16",
        ElementType::Text | ElementType::Values(_) | ElementType::Other(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_ends_on_a_multiple_of_64_with_a_line_feed() {
        for shape in [&[][..], &[5], &[3, 4], &[1_000_000, 2167, 2070]] {
            let header = npy_header(&ElementType::U16, shape).unwrap();
            assert_eq!(header.len() % 64, 0, "aligned for {shape:?}");
            assert_eq!(header.last(), Some(&b'\n'), "a line feed for {shape:?}");
            let length = usize::from(u16::from_le_bytes([header[8], header[9]]));
            assert_eq!(header.len(), 10 + length, "the length that it says");
        }
    }

    #[test]
    fn one_axis_is_a_python_tuple_too() {
        let header = npy_header(&ElementType::F32, &[5]).unwrap();
        let text = String::from_utf8_lossy(&header[10..]).into_owned();
        assert!(
            text.starts_with("{'descr': '<f4', 'fortran_order': False, 'shape': (5,), }"),
            "{text}"
        );
    }

    #[test]
    fn text_is_refused_with_what_to_do_instead() {
        let error = npy_header(&ElementType::Text, &[1]).unwrap_err();
        assert!(error.why.contains("--csv"), "{error}");
    }
}
