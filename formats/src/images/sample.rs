//! The type of a stored sample, and its bytes in the order of this machine.

use hutch_model::{DatasetInfo, ElementType};

/// How one sample is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SampleType {
    /// Its type; one with numbers.
    pub(crate) element: ElementType,
    /// Whether the most significant byte comes first.
    pub(crate) is_big_endian: bool,
}

impl SampleType {
    /// A type whose least significant byte comes first.
    pub(crate) const fn little(element: ElementType) -> Self {
        Self {
            element,
            is_big_endian: false,
        }
    }

    /// Bytes of one sample; 0 for a type without numbers.
    pub(crate) fn size_bytes(&self) -> usize {
        self.element.size_bytes().unwrap_or(0)
    }

    /// The type in words, as in `big-endian uint16`.
    pub(crate) fn words(&self) -> String {
        match (self.size_bytes(), self.is_big_endian) {
            (0 | 1, _) => self.element.to_string(),
            (_, true) => format!("big-endian {}", self.element),
            (_, false) => format!("little-endian {}", self.element),
        }
    }

    /// Turns stored bytes into those of this machine, in place.
    pub(crate) fn to_native(&self, bytes: &mut [u8]) {
        if self.is_big_endian == cfg!(target_endian = "big") {
            return;
        }
        // The parts of a complex number are swapped one by one.
        let word = self.size_bytes() / if self.element.is_complex() { 2 } else { 1 };
        match word {
            2 => swap::<2>(bytes),
            4 => swap::<4>(bytes),
            8 => swap::<8>(bytes),
            _ => {}
        }
    }
}

fn swap<const WIDTH: usize>(bytes: &mut [u8]) {
    for word in bytes.as_chunks_mut::<WIDTH>().0 {
        word.reverse();
    }
}

/// Describes a dataset of samples that can be read.
pub(crate) fn describe(shape: &[u64], sample: &SampleType, layout: &str) -> DatasetInfo {
    let count = shape
        .iter()
        .try_fold(1u64, |product, &size| product.checked_mul(size));
    DatasetInfo {
        shape: shape.to_vec(),
        element: sample.element.clone(),
        stored: sample.words(),
        chunk_shape: None,
        filters: Vec::new(),
        layout: layout.to_owned(),
        size_bytes: count.and_then(|count| count.checked_mul(sample.size_bytes() as u64)),
        unreadable: None,
    }
}

/// Describes a dataset that cannot be read, and why.
pub(crate) fn describe_unreadable(shape: &[u64], stored: &str, why: String) -> DatasetInfo {
    DatasetInfo {
        shape: shape.to_vec(),
        element: ElementType::Other(stored.to_owned()),
        stored: stored.to_owned(),
        chunk_shape: None,
        filters: Vec::new(),
        layout: "unknown".to_owned(),
        size_bytes: None,
        unreadable: Some(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_complex_number_are_swapped_one_by_one() {
        let sample = SampleType {
            element: ElementType::Complex64,
            is_big_endian: cfg!(target_endian = "little"),
        };
        let mut bytes = [1, 2, 3, 4, 5, 6, 7, 8];
        sample.to_native(&mut bytes);
        assert_eq!(bytes, [4, 3, 2, 1, 8, 7, 6, 5], "two words of four bytes");
    }
}
