//! Between points of a frame and points of the screen.

use hutch_render::Orientation;

/// Maps points of the image to points of the screen.
#[derive(Clone, Copy, Debug)]
pub struct ScreenMap {
    pub(super) rect: egui::Rect,
    pub(super) centre_px: [f64; 2],
    /// Points of the screen across and down for each pixel.
    pub(super) zoom: [f64; 2],
    pub(super) orientation: Orientation,
}

impl ScreenMap {
    /// The place on the screen of a point of the image.
    pub fn ui_from_image(&self, point_px: [f64; 2]) -> egui::Pos2 {
        let step = [0, 1].map(|axis| point_px[axis] - self.centre_px[axis]);
        let [across, down] = self.orientation.seen_step(step);
        #[expect(clippy::cast_possible_truncation, reason = "points of a screen")]
        let shift = egui::vec2((across * self.zoom[0]) as f32, (down * self.zoom[1]) as f32);
        self.rect.center() + shift
    }

    /// The point of the image under a place on the screen.
    pub fn image_from_ui(&self, place: egui::Pos2) -> [f64; 2] {
        let step = self.step_of_ui(place - self.rect.center());
        [0, 1].map(|axis| self.centre_px[axis] + step[axis])
    }

    /// A step on the screen in pixels of the image.
    pub fn step_of_ui(&self, step: egui::Vec2) -> [f64; 2] {
        let seen = [
            f64::from(step.x) / self.zoom[0],
            f64::from(step.y) / self.zoom[1],
        ];
        self.orientation.step_of_seen(seen)
    }

    /// Points of the screen for each pixel of the image, across.
    pub const fn zoom(&self) -> f64 {
        self.zoom[0]
    }

    /// Width and height of a pixel on the screen, in points.
    #[expect(clippy::cast_possible_truncation, reason = "points of a screen")]
    pub const fn pixel_size(&self) -> egui::Vec2 {
        egui::vec2(self.zoom[0] as f32, self.zoom[1] as f32)
    }

    /// How the image lies.
    pub const fn orientation(&self) -> Orientation {
        self.orientation
    }

    /// The place of the canvas on the screen.
    pub const fn rect(&self) -> egui::Rect {
        self.rect
    }

    /// The pixels `[x, y, width, height]` of a frame of `size` that are on the screen.
    pub fn visible_part(&self, size: [u32; 2]) -> Option<[u32; 4]> {
        let corners = [self.rect.min, self.rect.max].map(|place| self.image_from_ui(place));
        let ends = |axis: usize| {
            let (one, other) = (corners[0][axis], corners[1][axis]);
            let most = f64::from(size[axis]);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "clamped to the frame"
            )]
            let edge = |place: f64| place.round().clamp(0.0, most) as u32;
            let (first, end) = (edge(one.min(other)), edge(one.max(other) + 1.0));
            [first, end.saturating_sub(first)]
        };
        let ([x, width], [y, height]) = (ends(0), ends(1));
        (width > 0 && height > 0).then_some([x, y, width, height])
    }
}
