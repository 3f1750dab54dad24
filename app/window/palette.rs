//! The palette: every command and every open thing, found by typing.

use hutch_viewers::icons::Icon;
use hutch_viewers::theme::{Tokens, body, rich, secondary, size};

use super::state::State;

/// What the palette can do.
#[derive(Clone, Debug, PartialEq)]
pub enum Doing {
    /// Choose a file of this computer.
    OpenFile,
    /// Open what was typed as an address.
    OpenAddress(String),
    /// Open a catalogue.
    ShowSite(String),
    /// Between dark and light.
    ToggleTheme,
    /// Everything larger, for a control room.
    ToggleScale,
    /// Take the last step back.
    Undo,
    /// Take it again.
    Redo,
    /// Close the view that keys go to.
    CloseView,
    /// Show or hide the left panel.
    ToggleSources,
    /// Show or hide the right panel.
    ToggleInspector,
    /// Show the jobs.
    ShowJobs,
    /// Open the node that is shown in another kind of view.
    ViewAs(&'static str),
}

/// The palette.
#[derive(Debug, Default)]
pub struct Palette {
    /// Whether it is shown.
    pub is_open: bool,
    text: String,
    at: usize,
    is_fresh: bool,
}

struct Line {
    icon: Icon,
    text: String,
    hint: String,
    doing: Doing,
}

impl Palette {
    /// Shows it, empty.
    pub fn open(&mut self) {
        self.is_open = true;
        self.text.clear();
        self.at = 0;
        self.is_fresh = true;
    }
}

/// Draws the palette over the window.
pub fn ui(state: &mut State, context: &egui::Context) -> Option<Doing> {
    if !state.palette.is_open {
        return None;
    }
    let lines = lines(state);
    let screen = context.content_rect();
    let width = 560.0_f32.min(screen.width() - 2.0 * size::PADDING);
    let mut done = None;
    let area = egui::Area::new(egui::Id::unique("palette"))
        .order(egui::Order::Foreground)
        .fixed_pos(egui::pos2(
            screen.center().x - width / 2.0,
            screen.top() + 56.0,
        ))
        .show(context, |ui| {
            let tokens = Tokens::of(ui);
            egui::Frame::new()
                .fill(tokens.raised)
                .stroke(egui::Stroke::new(1.0, tokens.line))
                .corner_radius(size::RADIUS)
                .inner_margin(size::GRID * 2.0)
                .shadow(ui.style().visuals.popup_shadow)
                .show(ui, |ui| {
                    ui.set_width(width);
                    done = palette_ui(&mut state.palette, ui, &lines, &tokens);
                });
        });
    let is_outside = context.input(|input| {
        input.pointer.any_pressed()
            && input
                .pointer
                .interact_pos()
                .is_some_and(|point| !area.response.rect.contains(point))
    });
    if done.is_some() || is_outside || context.input(|input| input.key_pressed(egui::Key::Escape)) {
        state.palette.is_open = false;
    }
    done
}

fn palette_ui(
    palette: &mut Palette,
    ui: &mut egui::Ui,
    lines: &[Line],
    tokens: &Tokens,
) -> Option<Doing> {
    let label = ui.label(rich(
        "Search data, run a command",
        secondary(),
        tokens.secondary,
    ));
    let field = ui
        .add(
            egui::TextEdit::singleline(&mut palette.text)
                .hint_text("a command, a path, an address, or SITE:PATH")
                .desired_width(f32::INFINITY),
        )
        .labelled_by(label.id);
    if palette.is_fresh {
        field.request_focus();
        palette.is_fresh = false;
    }
    let wanted = palette.text.to_lowercase();
    let mut found: Vec<&Line> = lines
        .iter()
        .filter(|line| {
            wanted
                .split_whitespace()
                .all(|word| line.text.to_lowercase().contains(word))
        })
        .take(12)
        .collect();
    let typed = Line {
        icon: Icon::ExternalLink,
        text: format!("Open \"{}\"", palette.text),
        hint: "Enter".to_owned(),
        doing: Doing::OpenAddress(palette.text.clone()),
    };
    let looks_like_address = palette.text.contains('/') || palette.text.contains(':');
    if looks_like_address {
        found.insert(0, &typed);
    }
    let (down, up, enter) = ui.input(|input| {
        (
            input.key_pressed(egui::Key::ArrowDown),
            input.key_pressed(egui::Key::ArrowUp),
            input.key_pressed(egui::Key::Enter),
        )
    });
    if field.changed() {
        palette.at = 0;
    }
    if down {
        palette.at = (palette.at + 1).min(found.len().saturating_sub(1));
    }
    if up {
        palette.at = palette.at.saturating_sub(1);
    }
    let mut done = None;
    ui.add_space(size::GRID);
    for (index, line) in found.iter().enumerate() {
        if line_ui(ui, line, index == palette.at, tokens).clicked()
            || (enter && index == palette.at)
        {
            done = Some(line.doing.clone());
        }
    }
    if found.is_empty() {
        ui.label(rich(
            "No command has these words. Type a path or an address to open it.",
            body(),
            tokens.secondary,
        ));
    }
    done
}

fn line_ui(ui: &mut egui::Ui, line: &Line, is_at: bool, tokens: &Tokens) -> egui::Response {
    let (rect, response) = ui.allocate_exact_size(
        egui::vec2(ui.available_width(), size::ROW + 4.0),
        egui::Sense::click(),
    );
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &line.text));
    if is_at || response.hovered() {
        let fill = if is_at {
            tokens.accent_behind
        } else {
            tokens.hover
        };
        ui.painter().rect_filled(rect, size::RADIUS_SMALL, fill);
    }
    let icon = egui::Rect::from_min_size(rect.left_top(), egui::vec2(28.0, rect.height()));
    line.icon.paint(
        ui,
        icon,
        if is_at {
            tokens.accent
        } else {
            tokens.secondary
        },
    );
    ui.painter().text(
        egui::pos2(rect.left() + 32.0, rect.center().y),
        egui::Align2::LEFT_CENTER,
        &line.text,
        body(),
        tokens.text,
    );
    ui.painter().text(
        egui::pos2(rect.right() - 8.0, rect.center().y),
        egui::Align2::RIGHT_CENTER,
        &line.hint,
        secondary(),
        tokens.secondary,
    );
    response
}

fn lines(state: &State) -> Vec<Line> {
    let line = |icon, text: &str, hint: &str, doing| Line {
        icon,
        text: text.to_owned(),
        hint: hint.to_owned(),
        doing,
    };
    let mut lines = vec![
        line(Icon::FolderOpen, "Open a file", "Ctrl O", Doing::OpenFile),
        line(Icon::Undo, "Undo", "Ctrl Z", Doing::Undo),
        line(Icon::Redo, "Redo", "Ctrl Shift Z", Doing::Redo),
        line(Icon::X, "Close this view", "Ctrl W", Doing::CloseView),
        line(Icon::Sun, "Dark or light", "Ctrl T", Doing::ToggleTheme),
        line(Icon::ZoomIn, "Control-room size", "", Doing::ToggleScale),
        line(
            Icon::PanelLeft,
            "Show or hide sources",
            "Ctrl B",
            Doing::ToggleSources,
        ),
        line(
            Icon::PanelRight,
            "Show or hide the inspector",
            "Ctrl I",
            Doing::ToggleInspector,
        ),
        line(Icon::Cpu, "Show jobs", "Ctrl J", Doing::ShowJobs),
    ];
    for site in state.sites.names() {
        lines.push(line(
            Icon::Database,
            &format!("Catalogue of {site}"),
            "",
            Doing::ShowSite(site.clone()),
        ));
    }
    if let Some(slot) = state.active.and_then(|id| state.views.get(&id)) {
        for kind in hutch_viewers::registry::fitting(slot.view.subject()) {
            lines.push(line(
                kind.icon(),
                &format!("View as {}", kind.label()),
                "",
                Doing::ViewAs(kind.name()),
            ));
        }
    }
    for recent in &state.recent {
        lines.push(line(
            Icon::Clock,
            &format!("Open {recent}"),
            "recent",
            Doing::OpenAddress(recent.clone()),
        ));
    }
    lines
}
