//! Notes: text or a document inside of a file, with what is said of it.

use std::sync::Arc;

use crate::{Dataset, Remark};

/// What a group of class `NXnote` holds.
///
/// Source: NeXus base class `NXnote` (`type`, `data`, `description`, `file_name`, `author`, `date`).
#[derive(Clone, Debug, Default)]
pub struct Note {
    /// The document: text, or its bytes. None where the note has none that can be read.
    pub data: Option<Arc<dyn Dataset>>,
    /// What the document is, as a media type: `text/plain`, `image/png`. Empty where the note does not say.
    pub media_type: String,
    /// What it is about.
    pub description: String,
    /// The file that it was, by name.
    pub file_name: String,
    /// Who wrote it.
    pub author: String,
    /// When it was written, as the file says it.
    pub date: String,
    /// What is wrong with it.
    pub remarks: Vec<Remark>,
}

impl Note {
    /// Whether the document says that it is text, or is stored as text and says nothing.
    pub fn is_text(&self) -> bool {
        let kind = self.media_type.split(';').next().unwrap_or_default();
        let kind = kind.trim().to_lowercase();
        if kind.is_empty() {
            let data = self.data.as_ref();
            return data.is_some_and(|data| data.info().element == crate::ElementType::Text);
        }
        const TEXTS: [&str; 12] = [
            "json",
            "xml",
            "yaml",
            "x-yaml",
            "toml",
            "csv",
            "javascript",
            "x-python",
            "x-sh",
            "sql",
            "rtf",
            "x-ipynb+json",
        ];
        let subtype = kind.strip_prefix("application/");
        kind.starts_with("text")
            || subtype.is_some_and(|subtype| TEXTS.contains(&subtype))
            || kind.ends_with("+json")
            || kind.ends_with("+xml")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_tell_text_from_other_documents() {
        let is_text = |media_type: &str| {
            let media_type = media_type.to_owned();
            Note {
                media_type,
                ..Note::default()
            }
            .is_text()
        };
        for text in [
            "text/plain",
            "TEXT/HTML; charset=utf-8",
            "application/json",
            "image/svg+xml",
        ] {
            assert!(is_text(text), "{text} is text");
        }
        for other in [
            "image/png",
            "application/pdf",
            "",
            "application/octet-stream",
        ] {
            assert!(!is_text(other), "{other} is no text");
        }
    }
}
