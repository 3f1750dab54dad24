//! A picture of one view as it is on the screen: for the clipboard, or a file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{Color32, ColorImage, Rect};
use hutch_model::{Error, ErrorKind, Result};
use hutch_viewers::ViewId;

use super::state::{Pane, State};
use super::svg::Drawing;
use crate::jobs::JobHandle;
use crate::picture::{Provenance, Rgba8, write_png};
use crate::reconstruct::output::write_file;
use crate::window::panels::Side;

/// Where a picture goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The clipboard of the system.
    Clipboard,
    /// A PNG file; lines and texts are kept as such in an SVG file.
    File {
        /// Where.
        path: PathBuf,
        /// Whether a file that is there already goes.
        may_replace: bool,
    },
}

impl Target {
    fn is_drawing(&self) -> bool {
        let Self::File { path, .. } = self else {
            return false;
        };
        let ending = path.extension().unwrap_or_default();
        ending.eq_ignore_ascii_case("svg")
    }
}

/// A picture that is to be taken once nothing lies over the window.
#[derive(Clone, Debug)]
pub struct Capture {
    view: ViewId,
    target: Target,
    /// Passes until it is taken.
    wait: u8,
}

impl Capture {
    /// Whether it is of this view.
    pub(super) fn is_of(&self, view: ViewId) -> bool {
        self.view == view
    }
}

/// Takes a picture of the view that keys go to.
pub fn ask(state: &mut State, target: Target) {
    if let Some(view) = state.active {
        state.captures.push(Capture {
            view,
            target,
            // One pass without the panel that asked for it.
            wait: 1,
        });
    }
}

/// Takes the pictures that were asked for, at the end of a pass.
pub fn take(ctx: &egui::Context, state: &mut State) {
    let mut waiting = Vec::new();
    for mut capture in std::mem::take(&mut state.captures) {
        if capture.wait > 0 {
            capture.wait -= 1;
            waiting.push(capture);
            ctx.request_repaint();
            continue;
        }
        take_one(ctx, state, &capture);
    }
    state.captures = waiting;
}

fn take_one(ctx: &egui::Context, state: &mut State, capture: &Capture) {
    let tile = state.tile_of(&Pane::View(capture.view));
    let place = tile.and_then(|tile| state.tiles.tiles.rect(tile));
    let (Some(place), Some(slot)) = (place, state.views.get(&capture.view)) else {
        return;
    };
    let provenance = super::bookmarks::provenance(slot);
    // Where the picture went, or why it did not, stands in the list of jobs.
    state.shows_jobs = true;
    state.panels.show(Side::Inspector);
    let job = state.jobs.begin("save a picture", "this computer");
    let (pools, wake) = (state.pools.clone(), Arc::clone(&state.wake));
    let (asking, target) = (ctx.clone(), capture.target.clone());
    let drawing = target.is_drawing().then(|| Drawing::of_pass(ctx, place));
    if let Some(drawing) = &drawing {
        drawing.leave_pixels_alone(ctx);
        // The screen shows no lines for a moment.
        ctx.request_repaint();
    }
    let scale = ctx.pixels_per_point();
    ctx.request_screenshot(move |screen| {
        // Cutting and packing touch every pixel, which is no work for the window.
        pools.batch(move || {
            let answer = match (&drawing, &target) {
                (Some(drawing), Target::File { path, may_replace }) => {
                    refuse_existing(path, *may_replace)
                        .and_then(|()| save_drawing(drawing, &screen, scale, path, &provenance))
                }
                _ => save(&asking, &screen, place, scale, &target, &provenance),
            };
            end(&job, answer);
            wake();
        });
    });
}

fn end(job: &JobHandle, result: Result<String>) {
    match result {
        Ok(remark) => job.finish(remark, None),
        Err(error) => job.fail(error),
    }
}

fn save(
    ctx: &egui::Context,
    screen: &ColorImage,
    place: Rect,
    scale: f32,
    target: &Target,
    provenance: &Provenance,
) -> Result<String> {
    let picture = cut(screen, place, scale)?;
    match target {
        Target::Clipboard => {
            ctx.copy_image(picture);
            Ok("on the clipboard".to_owned())
        }
        Target::File { path, may_replace } => {
            let size = picture.size.map(|edge| u32::try_from(edge).unwrap_or(0));
            let bytes: Vec<u8> = picture.pixels.iter().flat_map(Color32::to_array).collect();
            let picture = Rgba8 {
                size,
                bytes: &bytes,
            };
            refuse_existing(path, *may_replace)?;
            write_png(&picture, provenance, path)?;
            Ok(path.display().to_string())
        }
    }
}

fn save_drawing(
    drawing: &Drawing,
    screen: &ColorImage,
    scale: f32,
    path: &Path,
    provenance: &Provenance,
) -> Result<String> {
    let svg = drawing.to_svg(provenance, |place| cut(screen, place, scale))?;
    write_file(path, svg.as_bytes())?;
    Ok(path.display().to_string())
}

fn refuse_existing(path: &Path, may_replace: bool) -> Result<()> {
    if may_replace || !path.exists() {
        return Ok(());
    }
    let tried = format!("write \"{}\"", path.display());
    Err(Error::new(
        ErrorKind::Usage,
        tried,
        "the file exists; name another one",
    ))
}

/// The part of a screen below a place in points.
fn cut(screen: &ColorImage, place: Rect, scale: f32) -> Result<ColorImage> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the screen"
    )]
    let pixel = |point: f32, edge: usize| ((point * scale).round().max(0.0) as usize).min(edge);
    let [width, height] = screen.size;
    let (left, right) = (pixel(place.left(), width), pixel(place.right(), width));
    let (top, bottom) = (pixel(place.top(), height), pixel(place.bottom(), height));
    if left >= right || top >= bottom {
        return Err(Error::new(
            ErrorKind::Usage,
            "take a picture",
            "the view is not in sight; choose its tab first",
        ));
    }
    let rows = (top..bottom).map(|row| &screen.pixels[row * width + left..row * width + right]);
    Ok(ColorImage::new(
        [right - left, bottom - top],
        rows.flatten().copied().collect(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_cut_out_of_the_screen() {
        let pixels = (0..24).map(Color32::from_gray).collect();
        let screen = ColorImage::new([6, 4], pixels);
        let place = Rect::from_min_max(egui::pos2(1.0, 0.5), egui::pos2(2.0, 1.5));
        let part = cut(&screen, place, 2.0).unwrap();
        assert_eq!(part.size, [2, 2]);
        let grey: Vec<u8> = part.pixels.iter().map(Color32::r).collect();
        assert_eq!(grey, [8, 9, 14, 15], "two rows of two");
        let beside = place.translate(egui::vec2(100.0, 0.0));
        assert!(cut(&screen, beside, 2.0).is_err(), "out of sight");
    }
}
