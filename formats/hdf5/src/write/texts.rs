//! Datasets of strings.

use super::node::{Dataset, ElementKind, Stored};
use super::spec::{TextStorage, WriteError};

/// A dataset of strings whose parts fit each other.
///
/// # Errors
/// [`WriteError::Shape`] where they do not, [`WriteError::Text`] for a zero byte.
pub(super) fn texts_checked(
    path: &str,
    shape: &[u64],
    texts: &[String],
    storage: TextStorage,
) -> Result<Dataset, WriteError> {
    let error = |what| WriteError::Shape {
        what,
        path: path.to_owned(),
    };
    let count = shape
        .iter()
        .try_fold(1u64, |count, axis| count.checked_mul(*axis));
    if count != Some(texts.len() as u64) || shape.len() > 32 {
        return Err(error("the texts do not have the shape of the dataset"));
    }
    if texts.iter().any(|text| text.contains('\0')) {
        return Err(WriteError::Text(path.to_owned()));
    }
    let (kind, stored) = match storage {
        TextStorage::Variable => (ElementKind::Text, Stored::Texts(texts.to_vec())),
        TextStorage::Fixed => {
            let longest = texts.iter().map(String::len).max().unwrap_or(0).max(1);
            let size = u32::try_from(longest).ok();
            let size = size.ok_or_else(|| error("a text is too long for a fixed length"))?;
            let mut data = Vec::new();
            let bytes = longest.checked_mul(texts.len());
            bytes
                .and_then(|bytes| data.try_reserve_exact(bytes).ok())
                .ok_or_else(|| error("the dataset is too large"))?;
            for text in texts {
                data.extend_from_slice(text.as_bytes());
                data.resize(data.len() + longest - text.len(), 0);
            }
            let size_bytes = data.len() as u64;
            let data = Some(data);
            let stored = Stored::Contiguous {
                data,
                size: size_bytes,
            };
            (ElementKind::FixedText(size), stored)
        }
    };
    Ok(Dataset {
        shape: shape.to_vec(),
        kind,
        stored,
    })
}
