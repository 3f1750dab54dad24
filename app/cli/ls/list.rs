//! What `hutch ls` writes.

use hutch_model::Result;
use hutch_viewers::numbers;
use serde_json::{Map, Value as Json, json};

use crate::cli::out::Out;

/// Levels that are told apart by their indent.
const INDENT_MAX: usize = 64;

/// What is written, child by child, so that any number takes no memory.
pub(super) struct List {
    out: Out,
    wants_json: bool,
    level: usize,
    /// Whether the next child of JSON is the first of its list.
    is_first: bool,
}

impl List {
    /// Nothing is told yet.
    pub(super) fn new(wants_json: bool) -> Self {
        Self {
            out: Out::new(),
            wants_json,
            level: 0,
            is_first: true,
        }
    }

    /// Says whose children follow.
    pub(super) fn begin(&mut self, path: &str) -> Result<()> {
        if self.wants_json {
            let head = json!({"schema": "hutch.ls/1", "path": path}).to_string();
            let head = head.strip_suffix('}').unwrap_or(&head);
            self.out.text(&format!("{head},\"children\":["))?;
        }
        Ok(())
    }

    /// Tells a child; with `goes_down` its own children come next.
    pub(super) fn child(&mut self, child: Map<String, Json>, goes_down: bool) -> Result<()> {
        if !self.wants_json {
            self.out.line(line(&child, self.level))?;
            self.level += usize::from(goes_down);
            return Ok(());
        }
        let text = Json::Object(child).to_string();
        let comma = if self.is_first { "" } else { "," };
        self.is_first = goes_down;
        if goes_down {
            let open = text.strip_suffix('}').unwrap_or(&text);
            self.out.text(&format!("{comma}{open},\"children\":["))
        } else {
            self.out.text(&format!("{comma}{text}"))
        }
    }

    /// Ends the children of a child.
    pub(super) fn up(&mut self) -> Result<()> {
        self.is_first = false;
        if self.wants_json {
            return self.out.text("]}");
        }
        self.level = self.level.saturating_sub(1);
        Ok(())
    }

    /// Tells children that are all known.
    pub(super) fn whole(&mut self, children: Vec<Json>) -> Result<()> {
        for child in children {
            let Json::Object(mut child) = child else {
                continue;
            };
            let below = child.remove("children");
            self.child(child, below.is_some())?;
            if let Some(Json::Array(below)) = below {
                self.whole(below)?;
                self.up()?;
            }
        }
        Ok(())
    }

    /// Sends what is left.
    pub(super) fn finish(mut self) -> Result<()> {
        if self.wants_json {
            self.out.text("]}\n")?;
        }
        self.out.finish()
    }
}

/// A child in words, indented by its level.
fn line(child: &Map<String, Json>, level: usize) -> String {
    let text = |name: &str| child.get(name).and_then(Json::as_str).unwrap_or_default();
    let is_open = matches!(text("kind"), "group" | "folder");
    // As far as a terminal may be wide.
    let indent = "  ".repeat(level.min(INDENT_MAX));
    let name = format!("{indent}{}{}", text("name"), if is_open { "/" } else { "" });
    let mut words = vec![text("kind").to_owned()];
    words.extend(child.get("shape").and_then(Json::as_array).map(|shape| {
        let axes: Vec<String> = shape.iter().map(Json::to_string).collect();
        format!("[{}]", axes.join(", "))
    }));
    words.push(text("dtype").to_owned());
    words.push(text("nx_class").to_owned());
    let size = child.get("size").and_then(Json::as_u64);
    words.extend(size.map(numbers::bytes));
    if !text("target").is_empty() {
        words.push(format!("-> {}", text("target")));
    }
    if !matches!(text("state"), "" | "disk") {
        words.push(format!("({})", text("state")));
    }
    words.retain(|word| !word.is_empty());
    format!("{name:<32} {}", words.join("  "))
}
