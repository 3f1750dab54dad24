//! Icons: one atlas of alpha masks for each density of the screen, tinted by the theme.
//!
//! The drawings are in `icons/svg`; `icons/export` makes the atlases, so that nothing reads SVG
//! while the program runs.

use egui::{
    Color32, ColorImage, Context, CornerRadius, Id, Image, Rect, Response, Role, Sense, Stroke,
    TextureHandle, TextureOptions, Ui, Vec2, WidgetInfo, load::SizedTexture, pos2, vec2,
};

use crate::theme::{Tokens, size};
use crate::widgets::focus_ring;

/// Icons in a row of the atlas; as in `icons/export`.
const COLUMNS: usize = 12;
/// Empty pixels around each icon; as in `icons/export`.
const GUTTER: usize = 1;

/// The atlases: pixels of an icon, and the PNG file with the alpha masks.
const ATLASES: [(usize, &[u8]); 4] = [
    (16, include_bytes!("../../icons/atlas/icons-16.png")),
    (24, include_bytes!("../../icons/atlas/icons-24.png")),
    (32, include_bytes!("../../icons/atlas/icons-32.png")),
    (48, include_bytes!("../../icons/atlas/icons-48.png")),
];

/// A drawing of the icon set, in the order of `icons/atlas/names.txt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Icon {
    /// Activity.
    Activity,
    /// Arrow down.
    ArrowDown,
    /// Arrow up.
    ArrowUp,
    /// A beamtime.
    Beamtime,
    /// Bell.
    Bell,
    /// Box.
    Box,
    /// Calendar.
    Calendar,
    /// Chart line.
    ChartLine,
    /// Check.
    Check,
    /// Chevron down.
    ChevronDown,
    /// Chevron left.
    ChevronLeft,
    /// Chevron right.
    ChevronRight,
    /// Chevron up.
    ChevronUp,
    /// Circle.
    Circle,
    /// Circle dot.
    CircleDot,
    /// Clock.
    Clock,
    /// Cloud.
    Cloud,
    /// Code.
    Code,
    /// Command.
    Command,
    /// Contrast.
    Contrast,
    /// Copy.
    Copy,
    /// Cpu.
    Cpu,
    /// Crosshair.
    Crosshair,
    /// Database.
    Database,
    /// A detector frame.
    Detector,
    /// Download.
    Download,
    /// Something failed.
    Error,
    /// External link.
    ExternalLink,
    /// Eye.
    Eye,
    /// Eye off.
    EyeOff,
    /// File.
    File,
    /// Filter.
    Filter,
    /// Fit to the view.
    Fit,
    /// Folder.
    Folder,
    /// Folder open.
    FolderOpen,
    /// Hard drive.
    HardDrive,
    /// Hash.
    Hash,
    /// Help.
    Help,
    /// Home.
    Home,
    /// Image.
    Image,
    /// Images.
    Images,
    /// Info.
    Info,
    /// Key.
    Key,
    /// Layers.
    Layers,
    /// Link.
    Link,
    /// Lock.
    Lock,
    /// Log in.
    LogIn,
    /// Log out.
    LogOut,
    /// Maximize.
    Maximize,
    /// Minimize.
    Minimize,
    /// Minus.
    Minus,
    /// Moon.
    Moon,
    /// More.
    More,
    /// Move.
    Move,
    /// Palette.
    Palette,
    /// Panel left.
    PanelLeft,
    /// Panel right.
    PanelRight,
    /// Pause.
    Pause,
    /// Pencil.
    Pencil,
    /// Pin.
    Pin,
    /// Play.
    Play,
    /// Plus.
    Plus,
    /// Record.
    Record,
    /// Redo.
    Redo,
    /// Refresh.
    Refresh,
    /// Rotate.
    Rotate,
    /// Ruler.
    Ruler,
    /// Search.
    Search,
    /// Server.
    Server,
    /// Settings.
    Settings,
    /// A sinogram.
    Sinogram,
    /// Skip back.
    SkipBack,
    /// Skip forward.
    SkipForward,
    /// Sliders.
    Sliders,
    /// Sort both.
    SortBoth,
    /// Split.
    Split,
    /// Square.
    Square,
    /// Star.
    Star,
    /// Step back.
    StepBack,
    /// Step forward.
    StepForward,
    /// Stop.
    Stop,
    /// Sun.
    Sun,
    /// Table.
    Table,
    /// Tag.
    Tag,
    /// On tape.
    Tape,
    /// Terminal.
    Terminal,
    /// Text.
    Text,
    /// Trash.
    Trash,
    /// Undo.
    Undo,
    /// Unlink.
    Unlink,
    /// Upload.
    Upload,
    /// User.
    User,
    /// A volume.
    Volume,
    /// Attention.
    Warning,
    /// X.
    X,
    /// Zap.
    Zap,
    /// Zoom in.
    ZoomIn,
    /// Zoom out.
    ZoomOut,
}

impl Icon {
    /// Every icon, in the order of the atlas.
    pub const ALL: &'static [Self] = &[
        Self::Activity,
        Self::ArrowDown,
        Self::ArrowUp,
        Self::Beamtime,
        Self::Bell,
        Self::Box,
        Self::Calendar,
        Self::ChartLine,
        Self::Check,
        Self::ChevronDown,
        Self::ChevronLeft,
        Self::ChevronRight,
        Self::ChevronUp,
        Self::Circle,
        Self::CircleDot,
        Self::Clock,
        Self::Cloud,
        Self::Code,
        Self::Command,
        Self::Contrast,
        Self::Copy,
        Self::Cpu,
        Self::Crosshair,
        Self::Database,
        Self::Detector,
        Self::Download,
        Self::Error,
        Self::ExternalLink,
        Self::Eye,
        Self::EyeOff,
        Self::File,
        Self::Filter,
        Self::Fit,
        Self::Folder,
        Self::FolderOpen,
        Self::HardDrive,
        Self::Hash,
        Self::Help,
        Self::Home,
        Self::Image,
        Self::Images,
        Self::Info,
        Self::Key,
        Self::Layers,
        Self::Link,
        Self::Lock,
        Self::LogIn,
        Self::LogOut,
        Self::Maximize,
        Self::Minimize,
        Self::Minus,
        Self::Moon,
        Self::More,
        Self::Move,
        Self::Palette,
        Self::PanelLeft,
        Self::PanelRight,
        Self::Pause,
        Self::Pencil,
        Self::Pin,
        Self::Play,
        Self::Plus,
        Self::Record,
        Self::Redo,
        Self::Refresh,
        Self::Rotate,
        Self::Ruler,
        Self::Search,
        Self::Server,
        Self::Settings,
        Self::Sinogram,
        Self::SkipBack,
        Self::SkipForward,
        Self::Sliders,
        Self::SortBoth,
        Self::Split,
        Self::Square,
        Self::Star,
        Self::StepBack,
        Self::StepForward,
        Self::Stop,
        Self::Sun,
        Self::Table,
        Self::Tag,
        Self::Tape,
        Self::Terminal,
        Self::Text,
        Self::Trash,
        Self::Undo,
        Self::Unlink,
        Self::Upload,
        Self::User,
        Self::Volume,
        Self::Warning,
        Self::X,
        Self::Zap,
        Self::ZoomIn,
        Self::ZoomOut,
    ];

    /// The name of its drawing in `icons/svg`.
    #[expect(clippy::too_many_lines, reason = "a table, one line for each icon")]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Activity => "activity",
            Self::ArrowDown => "arrow-down",
            Self::ArrowUp => "arrow-up",
            Self::Beamtime => "beamtime",
            Self::Bell => "bell",
            Self::Box => "box",
            Self::Calendar => "calendar",
            Self::ChartLine => "chart-line",
            Self::Check => "check",
            Self::ChevronDown => "chevron-down",
            Self::ChevronLeft => "chevron-left",
            Self::ChevronRight => "chevron-right",
            Self::ChevronUp => "chevron-up",
            Self::Circle => "circle",
            Self::CircleDot => "circle-dot",
            Self::Clock => "clock",
            Self::Cloud => "cloud",
            Self::Code => "code",
            Self::Command => "command",
            Self::Contrast => "contrast",
            Self::Copy => "copy",
            Self::Cpu => "cpu",
            Self::Crosshair => "crosshair",
            Self::Database => "database",
            Self::Detector => "detector",
            Self::Download => "download",
            Self::Error => "error",
            Self::ExternalLink => "external-link",
            Self::Eye => "eye",
            Self::EyeOff => "eye-off",
            Self::File => "file",
            Self::Filter => "filter",
            Self::Fit => "fit",
            Self::Folder => "folder",
            Self::FolderOpen => "folder-open",
            Self::HardDrive => "hard-drive",
            Self::Hash => "hash",
            Self::Help => "help",
            Self::Home => "home",
            Self::Image => "image",
            Self::Images => "images",
            Self::Info => "info",
            Self::Key => "key",
            Self::Layers => "layers",
            Self::Link => "link",
            Self::Lock => "lock",
            Self::LogIn => "log-in",
            Self::LogOut => "log-out",
            Self::Maximize => "maximize",
            Self::Minimize => "minimize",
            Self::Minus => "minus",
            Self::Moon => "moon",
            Self::More => "more",
            Self::Move => "move",
            Self::Palette => "palette",
            Self::PanelLeft => "panel-left",
            Self::PanelRight => "panel-right",
            Self::Pause => "pause",
            Self::Pencil => "pencil",
            Self::Pin => "pin",
            Self::Play => "play",
            Self::Plus => "plus",
            Self::Record => "record",
            Self::Redo => "redo",
            Self::Refresh => "refresh",
            Self::Rotate => "rotate",
            Self::Ruler => "ruler",
            Self::Search => "search",
            Self::Server => "server",
            Self::Settings => "settings",
            Self::Sinogram => "sinogram",
            Self::SkipBack => "skip-back",
            Self::SkipForward => "skip-forward",
            Self::Sliders => "sliders",
            Self::SortBoth => "sort-both",
            Self::Split => "split",
            Self::Square => "square",
            Self::Star => "star",
            Self::StepBack => "step-back",
            Self::StepForward => "step-forward",
            Self::Stop => "stop",
            Self::Sun => "sun",
            Self::Table => "table",
            Self::Tag => "tag",
            Self::Tape => "tape",
            Self::Terminal => "terminal",
            Self::Text => "text",
            Self::Trash => "trash",
            Self::Undo => "undo",
            Self::Unlink => "unlink",
            Self::Upload => "upload",
            Self::User => "user",
            Self::Volume => "volume",
            Self::Warning => "warning",
            Self::X => "x",
            Self::Zap => "zap",
            Self::ZoomIn => "zoom-in",
            Self::ZoomOut => "zoom-out",
        }
    }

    /// The icon as an image of `size` points in a colour.
    pub fn image(self, ui: &Ui, size: f32, color: Color32) -> Image<'static> {
        let (texture, uv) = self.texture(ui.ctx(), size);
        Image::new(texture)
            .uv(uv)
            .tint(color)
            .fit_to_exact_size(Vec2::splat(size))
    }

    /// Draws the icon in the middle of a rectangle, on whole pixels, at most 16 points large.
    pub fn paint(self, ui: &Ui, rect: Rect, color: Color32) {
        let side = size::ICON.min(rect.width()).min(rect.height());
        let (texture, uv) = self.texture(ui.ctx(), side);
        let pixels_per_point = ui.ctx().pixels_per_point();
        let corner = rect.center() - Vec2::splat(side / 2.0);
        let snap = |value: f32| (value * pixels_per_point).round() / pixels_per_point;
        let place = Rect::from_min_size(pos2(snap(corner.x), snap(corner.y)), Vec2::splat(side));
        ui.painter().image(texture.id, place, uv, color);
    }

    /// The atlas for this size on this screen, and where the icon is in it.
    fn texture(self, ctx: &Context, size: f32) -> (SizedTexture, Rect) {
        let wanted_px = size * ctx.pixels_per_point();
        let (atlas_index, side) = ATLASES
            .iter()
            .enumerate()
            .map(|(index, (side, _))| (index, *side))
            .find(|(_, side)| *side as f32 + 0.5 >= wanted_px)
            .unwrap_or((ATLASES.len() - 1, 48));
        let texture = atlas(ctx, atlas_index);
        let [width, height] = texture.size().map(|pixels| pixels as f32);
        let cell = side + 2 * GUTTER;
        let index = self as usize;
        let left = (index % COLUMNS * cell + GUTTER) as f32;
        let top = (index / COLUMNS * cell + GUTTER) as f32;
        let side = side as f32;
        let uv = Rect::from_min_max(
            pos2(left / width, top / height),
            pos2((left + side) / width, (top + side) / height),
        );
        (SizedTexture::new(texture.id(), Vec2::splat(size)), uv)
    }
}

/// The texture of an atlas, read and uploaded on first use, kept by the context.
fn atlas(ctx: &Context, index: usize) -> TextureHandle {
    let id = Id::unique(("hutch-icons", index));
    if let Some(texture) = ctx.data(|data| data.get_temp::<TextureHandle>(id)) {
        return texture;
    }
    let image = ATLASES
        .get(index)
        .and_then(|(_, png)| image::load_from_memory(png).ok())
        .map_or_else(
            // The files are part of the program and a test reads them all; an empty icon is
            // better than no window.
            || ColorImage::filled([1, 1], Color32::TRANSPARENT),
            |png| {
                let mask = png.to_luma8();
                let size = [mask.width() as usize, mask.height() as usize];
                let pixels = mask.pixels().map(|p| Color32::from_white_alpha(p.0[0]));
                ColorImage::new(size, pixels.collect())
            },
        );
    let texture = ctx.load_texture(format!("icons-{index}"), image, TextureOptions::LINEAR);
    ctx.data_mut(|data| data.insert_temp(id, texture.clone()));
    texture
}

/// A square button of 24 points with an icon; the tooltip is its accessible name too.
pub fn icon_button(ui: &mut Ui, icon: Icon, tooltip: &str) -> Response {
    button_of(ui, icon, tooltip, None)
}

/// An icon button that stays pressed while `on`.
pub fn icon_toggle(ui: &mut Ui, icon: Icon, tooltip: &str, on: bool) -> Response {
    button_of(ui, icon, tooltip, Some(on))
}

fn button_of(ui: &mut Ui, icon: Icon, tooltip: &str, on: Option<bool>) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(size::ROW, size::ROW), Sense::click());
    let is_enabled = ui.is_enabled();
    response.widget_info(|| match on {
        Some(on) => WidgetInfo::selected(Role::Button, is_enabled, on, tooltip),
        None => WidgetInfo::labeled(Role::Button, is_enabled, tooltip),
    });
    if ui.is_rect_visible(rect) {
        let tokens = Tokens::of(ui);
        let is_on = on == Some(true);
        let fill = if is_on {
            tokens.accent_behind
        } else if response.hovered() && is_enabled {
            tokens.hover
        } else {
            Color32::TRANSPARENT
        };
        ui.painter().rect(
            rect,
            CornerRadius::same(4),
            fill,
            Stroke::NONE,
            egui::StrokeKind::Inside,
        );
        let color = if is_on {
            tokens.accent
        } else if response.hovered() && is_enabled {
            tokens.text
        } else {
            tokens.secondary
        };
        icon.paint(ui, rect, color);
        focus_ring(ui, &response, rect);
    }
    response.on_hover_text(tooltip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn icons_are_in_the_order_of_the_atlas() {
        let names: Vec<_> = include_str!("../../icons/atlas/names.txt")
            .lines()
            .collect();
        let icons: Vec<_> = Icon::ALL.iter().map(|icon| icon.name()).collect();
        assert_eq!(
            icons, names,
            "run icons/export after a change of the drawings"
        );
        for (index, icon) in Icon::ALL.iter().enumerate() {
            assert_eq!(*icon as usize, index, "{} has its place", icon.name());
        }
    }

    #[test]
    fn every_icon_has_ink_in_every_atlas() {
        for (side, png) in ATLASES {
            let mask = image::load_from_memory(png).expect("a PNG").to_luma8();
            let cell = side + 2 * GUTTER;
            for (index, icon) in Icon::ALL.iter().enumerate() {
                let left = index % COLUMNS * cell + GUTTER;
                let top = index / COLUMNS * cell + GUTTER;
                let has_ink = (0..side * side).any(|at| {
                    let x = u32::try_from(left + at % side).expect("small");
                    let y = u32::try_from(top + at / side).expect("small");
                    mask.get_pixel(x, y).0[0] > 128
                });
                assert!(has_ink, "{} is drawn at {side} pixels", icon.name());
            }
        }
    }
}
