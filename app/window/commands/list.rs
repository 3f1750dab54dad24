//! All commands: the lists of what they are about, one behind another.

use egui::{KeyboardShortcut, Modifiers};
use hutch_viewers::icons::Icon;

use super::{Doing, Entry, Group, drawing, files, frames, kinds, settings, view, window};

pub(super) const PLAIN: Modifiers = Modifiers::NONE;
pub(super) const CTRL: Modifiers = Modifiers::COMMAND;
pub(super) const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

macro_rules! keys {
    ($($modifiers:expr, $key:ident);*) => {
        &[$(KeyboardShortcut::new($modifiers, Key::$key)),*]
    };
}
pub(super) use keys;

pub(super) const fn entry(
    group: Group,
    icon: Icon,
    text: &'static str,
    keys: &'static [KeyboardShortcut],
    doing: Doing,
) -> Entry {
    Entry {
        group,
        icon,
        text,
        also: "",
        keys,
        doing,
    }
}

/// Every command that does not depend on what is open.
///
/// Where two share a key, the one with more modifiers stands first: egui takes Ctrl Shift Z for Ctrl Z otherwise.
pub fn commands() -> impl Iterator<Item = &'static Entry> {
    let lists = [
        kinds::KINDS,
        files::FILES,
        frames::FRAMES,
        view::VIEW,
        settings::SETTINGS,
        drawing::DRAWING,
        window::WINDOW,
    ];
    lists.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::words;
    use egui::Key;

    use super::*;

    #[test]
    fn no_two_commands_share_their_keys_or_their_words() {
        let mut keys = BTreeSet::new();
        let mut texts = BTreeSet::new();
        for entry in commands() {
            assert!(
                texts.insert(entry.text),
                "\"{}\" is there twice",
                entry.text
            );
            for shortcut in entry.keys {
                let text = words(shortcut);
                assert!(keys.insert(text.clone()), "{text} does two things");
            }
        }
    }

    #[test]
    fn keys_with_more_modifiers_stand_before_those_with_fewer() {
        let flat: Vec<&KeyboardShortcut> = commands().flat_map(|entry| entry.keys).collect();
        for (at, shortcut) in flat.iter().enumerate() {
            let hidden = flat[at + 1..].iter().find(|later| {
                later.logical_key == shortcut.logical_key
                    && later.modifiers.shift
                    && !shortcut.modifiers.shift
                    && later.modifiers.command == shortcut.modifiers.command
            });
            assert!(hidden.is_none(), "{} takes {hidden:?}", words(shortcut));
        }
    }

    #[test]
    fn keys_are_written_as_people_read_them() {
        let redo = KeyboardShortcut::new(CTRL_SHIFT, Key::Z);
        let command = if cfg!(target_os = "macos") {
            "Cmd"
        } else {
            "Ctrl"
        };
        assert_eq!(words(&redo), format!("{command} Shift Z"));
    }
}
