//! The colours behind everything, which the device fills by itself.

use std::time::Duration;

use hutch::settings::ThemeChoice;
use hutch::window::offscreen::Offscreen;
use hutch_viewers::theme::{ThemeKind, Tokens};

use crate::window;

/// Pixels `[red, green, blue]` in a corner of the status line, and behind the middle of the window.
fn behind(window: &mut Offscreen) -> [[u8; 3]; 2] {
    let (width, height, pixels) = window.picture().unwrap();
    let at = |x: u32, y: u32| {
        let first = 4 * (y as usize * width as usize + x as usize);
        [pixels[first], pixels[first + 1], pixels[first + 2]]
    };
    [at(1, height - 2), at(width / 2, height - 40)]
}

mod gpu {
    use super::*;

    #[test]
    fn panels_and_data_lie_on_the_colours_of_the_theme() {
        let home = tempfile::tempdir().unwrap();
        let Some(mut window) = window(home.path()) else {
            return;
        };
        for (choice, kind) in [
            (ThemeChoice::Dark, ThemeKind::Dark),
            (ThemeChoice::Light, ThemeKind::Light),
            (ThemeChoice::HighContrast, ThemeKind::HighContrast),
        ] {
            window.state.settings.theme = choice;
            window.restyle();
            window.settle(Duration::from_mins(1), |_| true).unwrap();
            let tokens = Tokens::new(kind);
            let colours = [tokens.panel, tokens.behind].map(|of| [of.r(), of.g(), of.b()]);
            assert_eq!(behind(&mut window), colours, "{kind:?}");
        }
    }
}
