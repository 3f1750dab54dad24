//! Which pixels of panels are on the screen.

use hutch_render::{ImageFromTarget, PanelPlace};

use super::ScreenMap;

/// The pixels `[x, y, width, height]` of a frame that each panel has on the screen; a turned panel has some around them.
pub(crate) fn seen_of_panels(panels: &[PanelPlace], map: &ScreenMap) -> Vec<[u32; 4]> {
    panels
        .iter()
        .filter_map(|panel| seen_of(panel, map))
        .collect()
}

/// The pixels of one panel that are on the screen.
pub(super) fn seen_of(panel: &PanelPlace, map: &ScreenMap) -> Option<[u32; 4]> {
    let rect = map.rect();
    let corners = [
        rect.left_top(),
        rect.right_top(),
        rect.left_bottom(),
        rect.right_bottom(),
    ];
    let points = corners.map(|corner| panel.stored_from_picture.apply(map.image_from_ui(corner)));
    let along = |axis: usize| {
        let ends = points
            .iter()
            .fold([f64::INFINITY, f64::NEG_INFINITY], |ends, point| {
                [ends[0].min(point[axis]), ends[1].max(point[axis])]
            });
        let (first, count) = (panel.first[axis], panel.size[axis]);
        let end = f64::from(first.saturating_add(count));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to the panel"
        )]
        let edge = |place: f64| place.round().clamp(f64::from(first), end) as u32;
        let (first, end) = (edge(ends[0]), edge(ends[1] + 1.0));
        Some((first, end.checked_sub(first).filter(|count| *count > 0)?))
    };
    let ((x, width), (y, height)) = (along(0)?, along(1)?);
    Some([x, y, width, height])
}

/// From the pixels of a panel to points of the picture.
pub(super) fn picture_from_stored(panel: &PanelPlace) -> Option<ImageFromTarget> {
    panel.stored_from_picture.inverse()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hutch_render::Orientation;

    #[test]
    fn a_panel_has_on_the_screen_what_lies_there() {
        // Upside down: pixel [0, 0] of the panel, which is [10, 20] of the frame, lies at [49, 29] of the picture.
        let panel = PanelPlace {
            first: [10, 20],
            size: [40, 30],
            stored_from_picture: ImageFromTarget {
                x: [-1.0, 0.0],
                y: [0.0, -1.0],
                origin: [59.0, 49.0],
            },
        };
        let map = ScreenMap {
            rect: egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(40.0, 40.0)),
            centre_px: [49.5, 29.5],
            zoom: [4.0, 4.0],
            orientation: Orientation::default(),
        };
        // Ten pixels of the picture across and down, from 44.5 to 54.5 and from 24.5 to 34.5.
        assert_eq!(seen_of(&panel, &map), Some([10, 20, 6, 6]));
        let beside = ScreenMap {
            centre_px: [500.0, 30.0],
            ..map
        };
        assert_eq!(seen_of(&panel, &beside), None);
    }
}
