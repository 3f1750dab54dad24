//! How a child looks in its row.

use hutch_model::{Child, DatasetInfo, Error, ErrorKind, Link, Node, NodeKind, Result};
use hutch_viewers::icons::Icon;
use hutch_viewers::numbers;
use hutch_viewers::theme::Tone;

/// How a child looks in its row.
pub(super) struct Look {
    pub(super) icon: Icon,
    pub(super) tone: Tone,
    pub(super) right: String,
    pub(super) tone_right: Tone,
    pub(super) tooltip: String,
    pub(super) is_group: bool,
}

impl Look {
    pub(super) fn of(child: &Child, details: Option<&Result<Node>>) -> Self {
        let mut look = Self {
            icon: Icon::More,
            tone: Tone::Faint,
            right: String::new(),
            tone_right: Tone::Secondary,
            tooltip: link_text(child),
            is_group: false,
        };
        match details {
            None => {}
            Some(Err(error)) => look.fail(error),
            Some(Ok(node)) => look.describe(node),
        }
        look
    }

    fn fail(&mut self, error: &Error) {
        self.icon = Icon::Unlink;
        let word = match error.kind {
            ErrorKind::NotFound => "absent",
            ErrorKind::Refused => "refused",
            _ => "unreadable",
        };
        word.clone_into(&mut self.right);
        self.tone_right = Tone::Attention;
        self.tooltip = format!("{}{error}", lines(&self.tooltip));
    }

    fn describe(&mut self, node: &Node) {
        match &node.kind {
            NodeKind::Group => {
                self.is_group = true;
                self.icon = Icon::Folder;
                self.tone = Tone::Secondary;
                node.nx_class()
                    .unwrap_or_default()
                    .clone_into(&mut self.right);
                if self.right == "NXdata" {
                    self.icon = Icon::ChartLine;
                    self.tone = Tone::Accent;
                }
            }
            NodeKind::Dataset(info) => {
                (self.icon, self.right) = dataset_look(info);
                self.tone = if info.shape.len() >= 2 {
                    Tone::Accent
                } else {
                    Tone::Faint
                };
                if let Some(why) = &info.unreadable {
                    "unreadable".clone_into(&mut self.right);
                    self.tone_right = Tone::Attention;
                    self.tooltip = format!("{}{why}", lines(&self.tooltip));
                }
            }
            NodeKind::NamedType => {
                self.icon = Icon::Code;
                "type".clone_into(&mut self.right);
            }
        }
    }
}

fn dataset_look(info: &DatasetInfo) -> (Icon, String) {
    let element = info.element.to_string();
    let shape: Vec<String> = info
        .shape
        .iter()
        .map(|&size| numbers::count(size))
        .collect();
    match info.shape.len() {
        0 => (Icon::Hash, element),
        1 => (Icon::ChartLine, format!("{} {element}", shape.join(""))),
        2 => (Icon::Image, shape.join(" × ")),
        _ => (Icon::Images, shape.join(" × ")),
    }
}

fn link_text(child: &Child) -> String {
    match &child.link {
        Link::Hard => child.name.clone(),
        Link::Soft(target) => format!("{} → {target}", child.name),
        Link::External { file, path } => format!("{} → {file}::{path}", child.name),
    }
}

fn lines(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("{text}\n")
    }
}
