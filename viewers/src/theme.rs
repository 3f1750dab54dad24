//! Colours, sizes and type of the window: every colour that a view draws comes from here.

use egui::epaint::Shadow;
use egui::style::{ScrollStyle, Selection, WidgetVisuals, Widgets};
use egui::{
    Color32, Context, CornerRadius, FontFamily, FontId, Frame, Id, Margin, RichText, Stroke, Style,
    TextStyle, Ui, Vec2, Visuals, vec2,
};
use serde::{Deserialize, Serialize};

use crate::fonts;

/// Sizes in points; everything that is read stands on a grid of 4.
pub mod size {
    /// The grid.
    pub const GRID: f32 = 4.0;
    /// Height of a row of a tree or a list.
    pub const ROW: f32 = 24.0;
    /// Height of the top line.
    pub const TOP_LINE: f32 = 40.0;
    /// Height of the title of a pane.
    pub const PANE_TITLE: f32 = 30.0;
    /// Height of the status line.
    pub const STATUS: f32 = 26.0;
    /// Height of a segmented control or a text field.
    pub const CONTROL: f32 = 26.0;
    /// Height of a full-width button.
    pub const BUTTON: f32 = 28.0;
    /// Space between the edge of a panel and what is in it.
    pub const PADDING: f32 = 12.0;
    /// Corner radius of buttons, cards, and fields.
    pub const RADIUS: f32 = 6.0;
    /// Corner radius of small things: chips, segments, key hints.
    pub const RADIUS_SMALL: f32 = 4.0;
    /// Side of an icon.
    pub const ICON: f32 = 16.0;
}

/// Which set of colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThemeKind {
    /// For the dim light of a hutch.
    #[default]
    Dark,
    /// For an office and for print.
    Light,
    /// Black, white, and strong lines.
    HighContrast,
}

/// A set of colours at a scale.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Theme {
    /// Which set of colours.
    pub kind: ThemeKind,
    /// Size of everything: 1 at a desk, 1.5 in a control room.
    pub scale: f32,
}

impl Default for Theme {
    fn default() -> Self {
        Self::dark()
    }
}

impl Theme {
    /// The dark theme at a desk.
    pub const fn dark() -> Self {
        Self {
            kind: ThemeKind::Dark,
            scale: 1.0,
        }
    }

    /// The light theme at a desk.
    pub const fn light() -> Self {
        Self {
            kind: ThemeKind::Light,
            scale: 1.0,
        }
    }

    /// The high-contrast theme at a desk.
    pub const fn high_contrast() -> Self {
        Self {
            kind: ThemeKind::HighContrast,
            scale: 1.0,
        }
    }

    /// The same colours, to be read from across the control room.
    #[must_use]
    pub const fn control_room(self) -> Self {
        Self {
            kind: self.kind,
            scale: 1.5,
        }
    }

    /// The theme that was applied last; dark when none was.
    pub fn of(ctx: &Context) -> Self {
        ctx.data(|data| data.get_temp(theme_id()))
            .unwrap_or_default()
    }

    /// Makes this the look of every widget, from the next pass on.
    ///
    /// The scale becomes the zoom factor of the context.
    pub fn apply(self, ctx: &Context) {
        ctx.data_mut(|data| data.insert_temp(theme_id(), self));
        let style = style(Tokens::new(self.kind), self.kind);
        // Both of egui's slots, so that a change of the system's preference changes nothing.
        for slot in [egui::Theme::Dark, egui::Theme::Light] {
            ctx.set_style_of(slot, style.clone());
        }
        ctx.set_theme(match self.kind {
            ThemeKind::Light => egui::Theme::Light,
            ThemeKind::Dark | ThemeKind::HighContrast => egui::Theme::Dark,
        });
        ctx.set_zoom_factor(self.scale.clamp(0.5, 4.0));
        // Sizes are a setting; egui would forget them at the end.
        ctx.options_mut(|options| options.zoom_with_keyboard = false);
    }
}

/// What a text or a mark means; a word or a shape always goes with the colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// What is read first.
    #[default]
    Text,
    /// Names, units, where something came from.
    Secondary,
    /// Placeholders, what may be ignored.
    Faint,
    /// The selected, the main action.
    Accent,
    /// On tape, saturated, about to expire.
    Attention,
    /// Something failed.
    Error,
    /// Signed in, complete.
    Good,
}

/// The colours of a theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// Behind the data.
    pub behind: Color32,
    /// Panels, the top line, the status line.
    pub panel: Color32,
    /// Fields, buttons, cards, chips.
    pub raised: Color32,
    /// Lines between panels and around quiet things.
    pub line: Color32,
    /// Lines around what can be typed in or pressed.
    pub control_line: Color32,
    /// A row or a button under the pointer.
    pub hover: Color32,
    /// Text that is read first.
    pub text: Color32,
    /// Names and units.
    pub secondary: Color32,
    /// Placeholders.
    pub faint: Color32,
    /// The selected, the main action, the focus ring.
    pub accent: Color32,
    /// Behind the selected.
    pub accent_behind: Color32,
    /// Text on the accent.
    pub on_accent: Color32,
    /// On tape, saturated.
    pub attention: Color32,
    /// Failed.
    pub error: Color32,
    /// Well.
    pub good: Color32,
    /// Pixels without a place among the colours of a map.
    pub marks: PixelColours,
}

/// Colours of pixels that have no place in a colour map; none of them is in the map that frames open with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PixelColours {
    /// Masked by the detector.
    pub masked: Color32,
    /// Missing at their source; drawn as hatching.
    pub missing: Color32,
    /// NaN or infinite.
    pub not_finite: Color32,
    /// At or above what the detector can count.
    pub saturated: Color32,
    /// Below the range.
    pub below: Color32,
    /// Above the range.
    pub above: Color32,
}

const fn hex(rgb: u32) -> Color32 {
    let [_, r, g, b] = rgb.to_be_bytes();
    Color32::from_rgb(r, g, b)
}

impl Tokens {
    /// The colours of one kind of theme.
    pub const fn new(kind: ThemeKind) -> Self {
        match kind {
            ThemeKind::Dark => Self {
                behind: hex(0x10_13_17),
                panel: hex(0x16_1a_1f),
                raised: hex(0x1d_22_28),
                line: hex(0x27_2d_35),
                control_line: hex(0x33_3b_45),
                hover: hex(0x25_2b_33),
                text: hex(0xdb_e1_e8),
                secondary: hex(0x8a_94_9f),
                // A step from the drawings (7d8793), for 4.5 to 1 on what is raised.
                faint: hex(0x80_8a_96),
                accent: hex(0x4c_c2_b0),
                accent_behind: hex(0x1b_36_34),
                on_accent: hex(0x0b_1a_18),
                attention: hex(0xe6_b4_50),
                error: hex(0xe5_70_7a),
                good: hex(0x7b_c4_7f),
                marks: PixelColours {
                    masked: hex(0x2c_38_42),
                    missing: hex(0x5a_66_73),
                    not_finite: hex(0x8c_4a_82),
                    saturated: hex(0xff_4d_9d),
                    below: hex(0x2a_5b_d7),
                    above: hex(0xe8_3a_2f),
                },
            },
            ThemeKind::Light => Self {
                behind: hex(0xee_f1_f4),
                panel: hex(0xf8_f9_fb),
                raised: hex(0xff_ff_ff),
                line: hex(0xd9_de_e4),
                control_line: hex(0xc3_ca_d2),
                hover: hex(0xed_f0_f3),
                text: hex(0x1c_24_2c),
                secondary: hex(0x5d_68_73),
                // A step from the drawings (66717c), for 4.5 to 1 behind the data.
                faint: hex(0x64_6f_7a),
                accent: hex(0x0b_72_66),
                accent_behind: hex(0xd7_ef_eb),
                on_accent: hex(0xff_ff_ff),
                attention: hex(0x8a_5a_00),
                error: hex(0xb3_30_3c),
                good: hex(0x2b_7a_31),
                marks: PixelColours {
                    masked: hex(0xc2_cb_d3),
                    missing: hex(0x9a_a5_b0),
                    not_finite: hex(0xb0_7a_a8),
                    saturated: hex(0xe0_1b_78),
                    below: hex(0x2a_5b_d7),
                    above: hex(0xd0_2a_20),
                },
            },
            ThemeKind::HighContrast => Self {
                behind: hex(0x00_00_00),
                panel: hex(0x00_00_00),
                raised: hex(0x12_12_12),
                line: hex(0x80_88_92),
                control_line: hex(0xb4_bc_c6),
                hover: hex(0x2a_30_38),
                text: hex(0xff_ff_ff),
                secondary: hex(0xd4_db_e2),
                faint: hex(0xb4_bc_c6),
                accent: hex(0x5c_ee_d8),
                accent_behind: hex(0x06_3b_35),
                on_accent: hex(0x00_00_00),
                attention: hex(0xff_cc_5c),
                error: hex(0xff_94_9c),
                good: hex(0x94_ec_99),
                marks: PixelColours {
                    masked: hex(0x3a_44_4e),
                    missing: hex(0x9a_a4_ae),
                    not_finite: hex(0xc0_60_b4),
                    saturated: hex(0xff_3d_a0),
                    below: hex(0x3c_78_ff),
                    above: hex(0xff_40_30),
                },
            },
        }
    }

    /// The colours in use.
    pub fn of(ui: &Ui) -> Self {
        Self::of_ctx(ui.ctx())
    }

    /// The colours of what is drawn over an image: those of a light window are too pale and too dark for colour maps.
    pub fn over_image(ui: &Ui) -> Self {
        match Theme::of(ui.ctx()).kind {
            ThemeKind::Light => Self::new(ThemeKind::Dark),
            other => Self::new(other),
        }
    }

    /// The colours in use, where there is no [`Ui`].
    pub fn of_ctx(ctx: &Context) -> Self {
        Self::new(Theme::of(ctx).kind)
    }

    /// The colour of a tone.
    pub const fn tone(&self, tone: Tone) -> Color32 {
        match tone {
            Tone::Text => self.text,
            Tone::Secondary => self.secondary,
            Tone::Faint => self.faint,
            Tone::Accent => self.accent,
            Tone::Attention => self.attention,
            Tone::Error => self.error,
            Tone::Good => self.good,
        }
    }
}

/// Body text, 13.
pub fn body() -> FontId {
    FontId::new(13.0, FontFamily::Proportional)
}

/// Values and buttons, 13 medium.
pub fn strong() -> FontId {
    FontId::new(13.0, fonts::medium())
}

/// Titles of panes and cards, 13 semibold.
pub fn title() -> FontId {
    FontId::new(13.0, fonts::semibold())
}

/// Names, units, and what stands at the right, 12.
pub fn secondary() -> FontId {
    FontId::new(12.0, FontFamily::Proportional)
}

/// Values in chips, 12 medium.
pub fn secondary_strong() -> FontId {
    FontId::new(12.0, fonts::medium())
}

/// Headings of sections, 11 medium, upper case and wide.
pub fn heading() -> FontId {
    FontId::new(11.0, fonts::medium())
}

/// Paths and values that line up, 12 monospaced.
pub fn mono() -> FontId {
    FontId::new(12.0, FontFamily::Monospace)
}

/// Text in a font and a colour.
pub fn rich(text: impl Into<String>, font: FontId, color: Color32) -> RichText {
    RichText::new(text).font(font).color(color)
}

/// A panel: the padding at its sides. Its colour is that of the window.
pub fn panel_frame() -> Frame {
    Frame::new().inner_margin(Margin::symmetric(12, 8))
}

/// The top line or the status line: a panel without padding above and below.
pub fn bar_frame() -> Frame {
    Frame::new().inner_margin(Margin::symmetric(12, 0))
}

fn theme_id() -> Id {
    Id::unique("hutch-theme")
}

fn style(tokens: Tokens, kind: ThemeKind) -> Style {
    let mut style = Style {
        visuals: visuals(tokens, kind),
        animation_time: 0.08,
        explanation_tooltips: false,
        ..Style::default()
    };
    style.text_styles = [
        (TextStyle::Body, body()),
        (TextStyle::Button, body()),
        (TextStyle::Small, secondary()),
        (TextStyle::Heading, title()),
        (TextStyle::Monospace, mono()),
    ]
    .into();
    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(8.0, 4.0);
    spacing.button_padding = vec2(8.0, 4.0);
    spacing.interact_size = vec2(24.0, size::ROW);
    spacing.window_margin = Margin::same(12);
    spacing.menu_margin = Margin::same(4);
    spacing.indent = 16.0;
    spacing.icon_width = 16.0;
    spacing.icon_width_inner = 8.0;
    spacing.icon_spacing = 8.0;
    spacing.tooltip_width = 400.0;
    spacing.slider_rail_height = 4.0;
    spacing.scroll = ScrollStyle {
        bar_width: 8.0,
        floating_width: 4.0,
        ..ScrollStyle::floating()
    };
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.4;
    style
}

fn visuals(tokens: Tokens, kind: ThemeKind) -> Visuals {
    let is_dark = kind != ThemeKind::Light;
    let base = if is_dark {
        Visuals::dark()
    } else {
        Visuals::light()
    };
    let shadow = Shadow {
        offset: [0, 4],
        blur: 16,
        spread: 0,
        color: Color32::from_black_alpha(if is_dark { 112 } else { 32 }),
    };
    let radius = CornerRadius::same(6);
    Visuals {
        dark_mode: is_dark,
        weak_text_color: Some(tokens.secondary),
        widgets: widget_visuals(tokens),
        selection: Selection {
            bg_fill: tokens.accent_behind,
            stroke: Stroke::new(1.0, tokens.accent),
        },
        hyperlink_color: tokens.accent,
        faint_bg_color: tokens.panel,
        extreme_bg_color: tokens.behind,
        text_edit_bg_color: Some(tokens.raised),
        code_bg_color: tokens.raised,
        warn_fg_color: tokens.attention,
        error_fg_color: tokens.error,
        window_corner_radius: radius,
        window_shadow: shadow,
        window_fill: tokens.raised,
        window_stroke: Stroke::new(1.0, tokens.control_line),
        menu_corner_radius: radius,
        panel_fill: tokens.panel,
        popup_shadow: shadow,
        slider_trailing_fill: true,
        // A full circle is as high as a row and outshines the numbers beside it.
        handle_shape: egui::style::HandleShape::Rect { aspect_ratio: 0.35 },
        indent_has_left_vline: false,
        ..base
    }
}

fn widget_visuals(tokens: Tokens) -> Widgets {
    let of = |fill: Color32, border: Color32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, border),
        corner_radius: CornerRadius::same(4),
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    Widgets {
        noninteractive: of(tokens.panel, tokens.line, tokens.text),
        inactive: of(tokens.raised, tokens.control_line, tokens.text),
        hovered: of(tokens.hover, tokens.control_line, tokens.text),
        active: of(tokens.accent_behind, tokens.accent, tokens.text),
        open: of(tokens.hover, tokens.control_line, tokens.text),
    }
}

/// The size of a row that fills the width of the ui.
pub(crate) fn full_width(ui: &Ui, height: f32) -> Vec2 {
    vec2(ui.available_width().max(0.0), height)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [ThemeKind; 3] = [ThemeKind::Dark, ThemeKind::Light, ThemeKind::HighContrast];

    /// Contrast of two colours, 1 to 21. Source: WCAG 2.2, relative luminance and contrast ratio.
    fn contrast(a: Color32, b: Color32) -> f64 {
        let luminance = |color: Color32| {
            let linear = |channel: u8| {
                let value = f64::from(channel) / 255.0;
                if value <= 0.04045 {
                    value / 12.92
                } else {
                    ((value + 0.055) / 1.055).powf(2.4)
                }
            };
            0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_can_be_read_on_every_surface() {
        for kind in KINDS {
            let t = Tokens::new(kind);
            let inks = [
                t.text,
                t.secondary,
                t.faint,
                t.accent,
                t.attention,
                t.error,
                t.good,
            ];
            for ink in inks {
                for surface in [t.behind, t.panel, t.raised] {
                    let ratio = contrast(ink, surface);
                    assert!(
                        ratio >= 4.5,
                        "{kind:?} text {ink:?} on {surface:?} is {ratio:.2} to 1"
                    );
                }
            }
        }
    }

    #[test]
    fn text_of_the_selected_row_and_of_the_main_button_can_be_read() {
        for kind in KINDS {
            let t = Tokens::new(kind);
            let pairs = [
                (t.text, t.accent_behind),
                (t.accent, t.accent_behind),
                (t.attention, t.accent_behind),
                (t.on_accent, t.accent),
                (t.text, t.hover),
                (t.secondary, t.hover),
            ];
            for (ink, surface) in pairs {
                let ratio = contrast(ink, surface);
                assert!(
                    ratio >= 4.5,
                    "{kind:?} text {ink:?} on {surface:?} is {ratio:.2} to 1"
                );
            }
        }
    }

    #[test]
    fn handles_and_focus_rings_stand_out() {
        for kind in KINDS {
            let t = Tokens::new(kind);
            for surface in [t.behind, t.panel, t.raised, t.hover] {
                let ratio = contrast(t.accent, surface);
                assert!(ratio >= 3.0, "{kind:?} accent is {ratio:.2} to 1");
            }
        }
        let t = Tokens::new(ThemeKind::HighContrast);
        for surface in [t.behind, t.panel, t.raised] {
            assert!(
                contrast(t.line, surface) >= 3.0,
                "lines are seen in high contrast"
            );
        }
    }

    #[test]
    fn applied_theme_is_found_again() {
        let ctx = Context::default();
        Theme::light().control_room().apply(&ctx);
        assert_eq!(
            Theme::of(&ctx),
            Theme::light().control_room(),
            "the theme that was applied"
        );
        assert_eq!(
            Tokens::of_ctx(&ctx),
            Tokens::new(ThemeKind::Light),
            "its colours"
        );
    }
}
