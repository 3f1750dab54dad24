//! Azimuthal integration of what an image view shows: a pattern that follows the slider, a cake, and all frames of a
//! stack.
//!
//! Everything is computed on the pool. The matrix from pixels to bins is kept while geometry, mask and choice stay, so
//! that the next frame costs one pass over its samples; the numbers are those of `hutch integrate`.

mod cake;
mod choice;
mod inspector;
mod panels;
mod picture;
mod ring;
mod shown;
mod stack;
mod work;

use std::sync::Arc;

use hutch_model::{Dataset, Error, Geometry, ViewState};
use hutch_render::ColourMap;

pub use cake::Cake;
pub use choice::{Chosen, Kind};

use self::picture::Picture;
use self::ring::radius_at;
use self::shown::plot;
use self::stack::Stack;
use self::work::{Done, Matrix, Wish, integrate};
use crate::diffraction::{Rings, plane_of};
use crate::plot_strip::{PlotStrip, StripDone, StripEvent};
use crate::prepared::PreparedFrame;
use crate::{Priority, Task, ViewContext};

/// The name of the plot.
const PLOT: &str = "Pattern";

/// What a view shows, for one pass.
pub(crate) struct Seen<'a> {
    pub(crate) data: &'a Arc<dyn Dataset>,
    pub(crate) geometry: Option<&'a Arc<Geometry>>,
    /// The frame that is drawn, and its number.
    pub(crate) frame: (u64, &'a Arc<PreparedFrame>),
    /// The pixel under the pointer.
    pub(crate) pixel: Option<[i64; 2]>,
    /// The rings that are marked.
    pub(crate) rings: Rings,
    /// Which frame that is, in words: its file, its path and its number.
    pub(crate) source: String,
    /// The colours of pictures, and whether they are logarithmic.
    pub(crate) colours: (ColourMap, bool),
}

/// A task with what it computes.
struct UnderWay {
    frame: Arc<PreparedFrame>,
    wish: Wish,
    task: Task<Done>,
}

/// A radius, what it is of, and its places on the frame.
type Ring = (f64, Wish, Vec<Vec<[f64; 2]>>);

/// The integration of one view.
#[derive(Default)]
pub(crate) struct Integration {
    pub(crate) chosen: Chosen,
    matrix: Option<Arc<Matrix>>,
    under_way: Option<UnderWay>,
    /// What was computed last, and of what.
    done: Option<(Arc<PreparedFrame>, Wish, Arc<Done>)>,
    failed: Option<Arc<Error>>,
    cake: Picture,
    /// Whether the values of the cake are to be copied.
    wants_copy: bool,
    copying: Option<Task<String>>,
    stack: Option<Stack>,
    stack_picture: Picture,
    /// The radius that the pointer marks on a plot.
    pointed: Option<f64>,
    ring: Option<Ring>,
    rings: Option<(Rings, Arc<Done>)>,
    /// What was asked for last.
    last_wish: Option<Wish>,
    generation: u64,
}

impl Integration {
    /// Goes on with what is under way, and asks for what changed; answers with the frame that a person chose in the
    /// picture of a stack.
    pub(crate) fn ui(
        &mut self,
        ui: &mut egui::Ui,
        context: &mut ViewContext<'_>,
        seen: &Seen<'_>,
        (strip, events): (&mut PlotStrip, &[StripEvent]),
    ) -> Option<u64> {
        self.pointed = None;
        for event in events.iter().filter(|event| event.plot == PLOT) {
            match event.what {
                StripDone::Hovered(x) | StripDone::Clicked(x) => self.pointed = Some(x),
                StripDone::Closed => self.chosen.kind = Kind::Off,
                StripDone::Stopped => {}
            }
        }
        let wish = self.wish(seen);
        self.take();
        self.take_copy(context);
        if let Some(wish) = &wish {
            self.ask(context, seen, wish);
        } else {
            self.under_way = None;
            self.done = None;
            // The matrix of a large frame takes much memory.
            self.matrix = None;
        }
        self.fill_strip(strip, seen);
        self.step_stack(context, seen, wish.as_ref());
        self.pictures_ui(ui, context, seen)
    }

    fn wish(&self, seen: &Seen<'_>) -> Option<Wish> {
        let geometry = seen.geometry.filter(|_| self.chosen.kind != Kind::Off)?;
        Some(Wish {
            geometry: Arc::clone(geometry),
            plane: plane_of(geometry, &seen.data.info().shape, seen.frame.0),
            chosen: Chosen {
                all_frames: false,
                ..self.chosen.clone()
            },
        })
    }

    fn take(&mut self) {
        let Some(answer) = self.under_way.as_mut().and_then(|of| of.task.poll()) else {
            return;
        };
        let Some(of) = self.under_way.take() else {
            return;
        };
        match answer {
            Ok(done) => {
                self.failed = None;
                self.matrix = Some(Arc::clone(&done.matrix));
                self.done = Some((of.frame, of.wish, Arc::new(done)));
            }
            Err(error) => {
                self.failed = Some(Arc::new(error));
                self.done = None;
                // The same again would fail again; a change asks anew.
                self.under_way = None;
                self.matrix = None;
            }
        }
    }

    fn ask(&mut self, context: &mut ViewContext<'_>, seen: &Seen<'_>, wish: &Wish) {
        let frame = seen.frame.1;
        let is_done = self
            .done
            .as_ref()
            .is_some_and(|(of, with, _)| Arc::ptr_eq(of, frame) && with == wish);
        let has_failed = self.failed.is_some() && self.asked_last(wish);
        // While one is worked on others wait, and only the last of them matters; a matrix of an old choice is not
        // finished.
        let is_under_way = self.under_way.as_ref().is_some_and(|of| of.wish == *wish);
        if is_done || has_failed || is_under_way {
            return;
        }
        self.generation += 1;
        let (kept, to_do, of) = (self.matrix.clone(), wish.clone(), Arc::clone(frame));
        let source = seen.source.clone();
        self.failed = None;
        self.last_wish = Some(wish.clone());
        self.under_way = Some(UnderWay {
            frame: Arc::clone(frame),
            wish: wish.clone(),
            task: Task::start(
                context.resident,
                Priority::Visible,
                "integrate a frame",
                self.generation,
                move |cancel| {
                    let done = integrate(&to_do, kept, &of, cancel)?;
                    Ok(Done { source, ..done })
                },
            ),
        });
    }

    fn asked_last(&self, wish: &Wish) -> bool {
        self.last_wish.as_ref() == Some(wish)
    }

    /// Puts the pattern into the strip, with the rings of the substance and a line at the pointer.
    fn fill_strip(&mut self, strip: &mut PlotStrip, seen: &Seen<'_>) {
        let done = self
            .done
            .as_ref()
            .filter(|_| self.chosen.kind == Kind::Pattern);
        let Some((_, wish, done)) = done else {
            if self.chosen.kind != Kind::Pattern && strip.contains(PLOT) {
                strip.remove(PLOT);
                self.rings = None;
            }
            return;
        };
        let is_shown = self
            .rings
            .as_ref()
            .is_some_and(|(rings, of)| *rings == seen.rings && Arc::ptr_eq(of, done));
        if !is_shown || !strip.contains(PLOT) {
            strip.put(PLOT, Arc::new(plot(wish, done, seen.rings)));
            self.rings = Some((seen.rings, Arc::clone(done)));
        }
        #[expect(clippy::cast_precision_loss, reason = "pixels of a frame")]
        let point = seen.pixel.map(|pixel| pixel.map(|part| part as f64));
        let radius =
            point.and_then(|at| radius_at(&wish.geometry, &wish.plane, wish.chosen.unit, at));
        strip.mark(PLOT, radius);
    }

    fn step_stack(&mut self, context: &mut ViewContext<'_>, seen: &Seen<'_>, wish: Option<&Wish>) {
        // Images of modules are parts of frames, each with panels of its own.
        let [width, height] = seen.frame.1.size.map(u64::from);
        let is_image = seen.data.info().frame_size() == Some((height, width));
        let is_whole = |wish: &&Wish| self.chosen.all_frames && wish.plane.is_empty() && is_image;
        let wish = wish.filter(is_whole);
        let wish = wish.map(|wish| Wish {
            chosen: wish.chosen.as_pattern(),
            ..wish.clone()
        });
        let Some(wish) = wish else {
            self.stack = None;
            return;
        };
        if self.stack.as_ref().is_none_or(|stack| stack.wish != wish) {
            self.stack = Stack::new(wish, seen.data.info().frame_count());
        }
        if let Some(stack) = &mut self.stack {
            stack.step(context.resident, seen.data, seen.frame.1);
        }
    }

    /// Writes the choice into a state.
    pub(crate) fn write(&self, state: &mut ViewState) {
        self.chosen.write(state);
    }

    /// Takes the choice of a state.
    pub(crate) fn read(&mut self, state: &ViewState) {
        if let Some(chosen) = Chosen::of(state) {
            self.chosen = chosen;
        }
    }
}
