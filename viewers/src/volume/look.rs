//! How a volume is shown: plain values, and the controls for them.

use egui::Color32;
use hutch_model::{Value, ViewState};
use hutch_render::{ColourMap, OrbitCamera, VolumeDisplay, VolumeMode};

use super::data::VolumeData;
use crate::display::{colour_map_ui, swatch};
use crate::numbers;
use crate::theme::{Tokens, body};
use crate::widgets::{self, folding_heading, section_heading, segmented};

/// How a volume is shown, a part of a view's state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// How a ray becomes a colour.
    pub mode: VolumeMode,
    /// The first and the last colour, 0..1 of the volume's range.
    pub window: [f32; 2],
    /// Opacity of one voxel at the upper end of the window.
    pub opacity: f32,
    /// Which colours.
    pub colours: ColourMap,
    /// Shown part `[x, y, z]`, 0..1 along each axis.
    pub clip_lo: [f32; 3],
    /// See `clip_lo`.
    pub clip_hi: [f32; 3],
    /// From where.
    pub camera: OrbitCamera,
}

impl Default for Look {
    fn default() -> Self {
        let display = VolumeDisplay::default();
        Self {
            mode: display.mode,
            window: [0.15, 0.95],
            opacity: 0.3,
            colours: display.colour_map,
            clip_lo: display.clip_lo,
            clip_hi: display.clip_hi,
            camera: display.camera,
        }
    }
}

const fn mode_name(mode: VolumeMode) -> &'static str {
    match mode {
        VolumeMode::MaximumIntensity => "maximum",
        VolumeMode::Composite => "composite",
    }
}

const CAMERA: [&str; 6] = [
    "yaw", "pitch", "distance", "target x", "target y", "target z",
];
const CLIP: [(&str, &str); 3] = [("x from", "x to"), ("y from", "y to"), ("z from", "z to")];

impl Look {
    /// What the mode is called.
    pub const fn mode_name(&self) -> &'static str {
        mode_name(self.mode)
    }

    /// What the pipelines need; coarse while something moves.
    pub fn display(&self, tokens: &Tokens, is_moving: bool) -> VolumeDisplay {
        VolumeDisplay {
            camera: self.camera,
            mode: self.mode,
            window: self.window,
            opacity: self.opacity,
            colour_map: self.colours,
            clip_lo: self.clip_lo,
            clip_hi: self.clip_hi,
            step_voxels: if is_moving { 2.0 } else { 1.0 },
            resolution: if is_moving { 0.5 } else { 1.0 },
            background: tokens.behind.to_array(),
            box_colour: Some(tokens.control_line.to_array()),
            ..VolumeDisplay::default()
        }
    }

    /// Writes the values into a state.
    pub fn write(&self, state: &mut ViewState) {
        let mut number = |name: &str, value: f32| state.set(name, Value::Float(f64::from(value)));
        number("low", self.window[0]);
        number("high", self.window[1]);
        number("opacity", self.opacity);
        for (axis, (from, to)) in CLIP.into_iter().enumerate() {
            number(from, self.clip_lo[axis]);
            number(to, self.clip_hi[axis]);
        }
        for (name, value) in CAMERA.into_iter().zip(self.camera_values()) {
            number(name, value);
        }
        state.set("mode", mode_name(self.mode).into());
        state.set("colour map", self.colours.name().into());
    }

    /// Takes the values of a state.
    pub fn read(&mut self, state: &ViewState) {
        let number = |name: &str, otherwise: f32| {
            let value = state.number(name, f64::from(otherwise));
            #[expect(clippy::cast_possible_truncation, reason = "written from binary32")]
            let value = value as f32;
            if value.is_finite() { value } else { otherwise }
        };
        self.window = [
            number("low", self.window[0]),
            number("high", self.window[1]),
        ];
        self.opacity = number("opacity", self.opacity).clamp(0.0, 1.0);
        for (axis, (from, to)) in CLIP.into_iter().enumerate() {
            self.clip_lo[axis] = number(from, self.clip_lo[axis]).clamp(0.0, 1.0);
            self.clip_hi[axis] = number(to, self.clip_hi[axis]).clamp(0.0, 1.0);
        }
        let mut values = self.camera_values();
        for (name, value) in CAMERA.into_iter().zip(&mut values) {
            *value = number(name, *value);
        }
        let [yaw_rad, pitch_rad, distance, x, y, z] = values;
        self.camera = OrbitCamera {
            yaw_rad,
            pitch_rad,
            distance: distance.clamp(0.05, 20.0),
            target: [x, y, z],
            ..self.camera
        };
        for mode in [VolumeMode::Composite, VolumeMode::MaximumIntensity] {
            if state.text("mode", self.mode_name()) == mode_name(mode) {
                self.mode = mode;
            }
        }
        if let Some(map) = ColourMap::named(state.text("colour map", self.colours.name())) {
            self.colours = map;
        }
    }

    const fn camera_values(&self) -> [f32; 6] {
        let [x, y, z] = self.camera.target;
        [
            self.camera.yaw_rad,
            self.camera.pitch_rad,
            self.camera.distance,
            x,
            y,
            z,
        ]
    }

    /// Draws the controls.
    pub fn ui(&mut self, ui: &mut egui::Ui, data: Option<&VolumeData>) {
        section_heading(ui, "Display", "");
        let colours = swatch(self.colours, false);
        if let Some(data) = data {
            self.window_ui(ui, data, &colours);
        }
        self.colours_ui(ui, data);
        ui.add_space(4.0);
        let modes = [
            (VolumeMode::Composite, "composite"),
            (VolumeMode::MaximumIntensity, "maximum"),
        ];
        segmented(ui, "Mode", &mut self.mode, &modes);
        ui.add_space(4.0);
        if self.mode == VolumeMode::Composite {
            amount(ui, "opacity", &mut self.opacity, 0.0..=1.0);
        }
        let is_whole =
            self.clip_lo.iter().all(|lo| *lo <= 0.0) && self.clip_hi.iter().all(|hi| *hi >= 1.0);
        let what = if is_whole { "all of it" } else { "a part" };
        if !folding_heading(ui, "Clip", what, true) {
            return;
        }
        for (axis, (from, to)) in CLIP.into_iter().enumerate() {
            let (lo, hi) = (self.clip_lo[axis], self.clip_hi[axis]);
            amount(
                ui,
                from,
                &mut self.clip_lo[axis],
                0.0..=(hi - 0.01).max(0.0),
            );
            amount(ui, to, &mut self.clip_hi[axis], (lo + 0.01).min(1.0)..=1.0);
        }
    }

    fn window_ui(&mut self, ui: &mut egui::Ui, data: &VolumeData, colours: &[Color32]) {
        let (lo, width) = (data.range.lo, data.range.hi - data.range.lo);
        let [first, last] = self.window.map(|share| lo + f64::from(share) * width);
        let mut range = (first, last);
        let domain = (data.range.lo, data.range.hi);
        let widget = widgets::Histogram::new(&data.bins, domain, colours);
        if widget.show(ui, &mut range).changed() && width > 0.0 {
            #[expect(clippy::cast_possible_truncation, reason = "shares of a range")]
            let share = |value: f64| ((value - lo) / width) as f32;
            self.window = [share(range.0), share(range.1)];
        }
    }

    fn colours_ui(&mut self, ui: &mut egui::Ui, data: Option<&VolumeData>) {
        let shown = |share: f32| {
            data.map_or_else(String::new, |data| {
                let width = data.range.hi - data.range.lo;
                numbers::float(data.range.lo + f64::from(share) * width, 3)
            })
        };
        let (low, high) = (shown(self.window[0]), shown(self.window[1]));
        colour_map_ui(ui, &mut self.colours, false, (&low, &high));
    }
}

/// A name and a slider in one row.
fn amount(ui: &mut egui::Ui, name: &str, value: &mut f32, range: std::ops::RangeInclusive<f32>) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(egui::vec2(60.0, 24.0), egui::Sense::hover());
        let left = egui::Align2::LEFT_CENTER;
        ui.painter()
            .text(rect.left_center(), left, name, body(), tokens.secondary);
        ui.spacing_mut().slider_width = (ui.available_width() - 56.0).max(40.0);
        let before = f64::from(*value);
        let slider = ui.add(egui::Slider::new(value, range).fixed_decimals(2));
        slider.widget_info(|| egui::WidgetInfo::slider(true, before, name));
        slider.on_hover_text(name);
    });
}
