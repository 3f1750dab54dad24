//! Pictures in colours: red, green and blue (or hue, or inks) as the last axis of a dataset.

mod levels;

use std::any::Any;
use std::sync::Arc;

use egui::{Color32, Mesh, Pos2, Shape, TextureHandle, TextureOptions};
use hutch_model::{ElementType, Error, Slab, Value, ViewState};

pub use self::levels::{ColourLevels, ColourModel};
use crate::canvas::{Canvas, ScreenMap};
use crate::icons::Icon;
use crate::image::MOST_PIXELS;
use crate::waiting::{failed_ui, nothing_ui, waiting_ui};
use crate::widgets::{Corner, chip_readout, key_value, section_heading};
use crate::{
    Fit, PaneTitle, Priority, Residence, Resident, Shortcut, Subject, Task, Timeline,
    TimelineAction, View, ViewContext, ViewKind, Wait, numbers, slow_axes,
};

/// The kind.
pub static KIND: ColourImageKind = ColourImageKind;

/// Pictures in colours: the two axes before the last one, whose elements are the components.
#[derive(Debug)]
pub struct ColourImageKind;

impl ViewKind for ColourImageKind {
    fn name(&self) -> &'static str {
        "colour"
    }

    fn label(&self) -> &'static str {
        "Colours"
    }

    fn icon(&self) -> Icon {
        Icon::Image
    }

    fn fits(&self, subject: &Subject) -> Fit {
        let Some(info) = subject.data().map(|data| data.info()) else {
            return Fit::No;
        };
        match info.shape.as_slice() {
            [.., height, width, 3 | 4]
                if *height > 0 && *width > 0 && info.element.is_numeric() =>
            {
                if model_of(subject).is_some() {
                    Fit::Primary
                } else if info.element == ElementType::U8 && *height > 4 && *width > 4 {
                    // Nobody says so, but bytes in threes and fours are colours more often than not.
                    Fit::Possible
                } else {
                    Fit::No
                }
            }
            _ => Fit::No,
        }
    }

    fn open(&self, subject: Subject) -> Box<dyn View> {
        let frame = subject
            .signal
            .as_ref()
            .map_or(0, |signal| signal.first_frame(3));
        Box::new(ColourView {
            subject,
            frame,
            follows: false,
            canvas: Canvas::default(),
            picture: None,
            task: None,
            failed: None,
            waits: None,
            generation: 0,
            place: String::new(),
            pixel: None,
        })
    }
}

/// The colours that a file says its data are.
fn model_of(subject: &Subject) -> Option<ColourModel> {
    ColourModel::of(subject.signal.as_ref()?.interpretation?)
}

/// The model of a dataset and the part of it that is one picture `[.., y, x, component]`; `frame` counts over all axes
/// before these. `None` where the file does not say that they are colours.
pub fn picture_slab(subject: &Subject, frame: u64) -> Option<(ColourModel, Slab)> {
    Some((model_of(subject)?, slab_of(subject.shape(), frame)?))
}

fn slab_of(shape: &[u64], frame: u64) -> Option<Slab> {
    let (components, image) = shape.split_last()?;
    let mut slab = Slab::frame(image, frame);
    slab.start.push(0);
    slab.count.push(*components);
    slab.step.push(1);
    Some(slab)
}

/// A picture with its textures, each made when it is first drawn.
struct Picture {
    frame: u64,
    levels: ColourLevels,
    textures: Vec<Option<TextureHandle>>,
}

/// A view of one picture in colours of a stack.
struct ColourView {
    subject: Subject,
    frame: u64,
    follows: bool,
    canvas: Canvas,
    picture: Option<Picture>,
    task: Option<(u64, Task<ColourLevels>)>,
    failed: Option<Arc<Error>>,
    waits: Option<Wait>,
    generation: u64,
    place: String,
    pixel: Option<[i64; 2]>,
}

impl ColourView {
    fn model(&self) -> ColourModel {
        model_of(&self.subject).unwrap_or(ColourModel::Rgb)
    }

    fn frame_count(&self) -> u64 {
        let shape = self.subject.shape();
        shape[..shape.len().saturating_sub(3)]
            .iter()
            .fold(1, |product, &size| u64::saturating_mul(product, size))
    }

    fn show(&mut self, frame: u64) {
        self.frame = frame.min(self.frame_count().saturating_sub(1));
    }

    fn is_too_large(&self) -> bool {
        match self.subject.shape() {
            [.., height, width, _] => height.saturating_mul(*width) > MOST_PIXELS,
            _ => true,
        }
    }

    fn refresh(&mut self, resident: &mut dyn Resident) {
        if let Some((frame, mut task)) = self.task.take() {
            match task.poll() {
                Some(Ok(levels)) => {
                    let textures = levels.levels.iter().map(|_| None).collect();
                    self.picture = Some(Picture {
                        frame,
                        levels,
                        textures,
                    });
                    self.failed = None;
                }
                Some(Err(error)) => self.failed = Some(Arc::new(error)),
                None if frame == self.frame => self.task = Some((frame, task)),
                // Another one is wanted by now.
                None => {}
            }
        }
        let is_here = self
            .picture
            .as_ref()
            .is_some_and(|it| it.frame == self.frame);
        if is_here || self.task.is_some() || self.is_too_large() {
            return;
        }
        let Some((data, slab)) = self
            .subject
            .data()
            .and_then(|data| Some((Arc::clone(data), slab_of(self.subject.shape(), self.frame)?)))
        else {
            return;
        };
        self.waits = None;
        match resident.block(&data, &slab, Priority::Visible) {
            Residence::Here(block) => {
                self.generation += 1;
                let model = self.model();
                let task = Task::start(
                    resident,
                    Priority::Visible,
                    "colours of a picture",
                    self.generation,
                    move |cancel| ColourLevels::new(block, model, cancel),
                );
                self.task = Some((self.frame, task));
            }
            Residence::Waiting(wait) => self.waits = Some(wait),
            Residence::Failed(error) => self.failed = Some(error),
        }
    }

    fn readout_ui(&self, ui: &egui::Ui, map: &ScreenMap) {
        let (Some(picture), Some([x, y])) = (&self.picture, self.pixel) else {
            return;
        };
        let levels = &picture.levels;
        let index = usize::try_from(y * i64::from(levels.size()[0]) + x).unwrap_or(0);
        let (x, y) = (numbers::integer(x), numbers::integer(y));
        let names = self.model().names();
        let values: Vec<String> = (0..levels.components)
            .map(|part| {
                levels
                    .block
                    .samples
                    .get_text(index * levels.components + part)
            })
            .collect();
        let mut pairs = vec![("x", x.as_str()), ("y", &y)];
        pairs.extend(names.iter().copied().zip(values.iter().map(String::as_str)));
        chip_readout(ui, map.rect(), Corner::BottomLeft, &pairs);
    }
}

impl Picture {
    /// Draws the level whose pixels are as large as those of the screen.
    fn paint(&mut self, ui: &egui::Ui, map: &ScreenMap) {
        let scale = ui.ctx().pixels_per_point() * map.pixel_size().min_elem();
        let longest = ui.ctx().input(|input| input.max_texture_side);
        let fits = |index: &usize| {
            self.levels.levels[*index]
                .size
                .iter()
                .all(|&edge| edge <= longest)
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small number of levels"
        )]
        let wanted = (1.0 / scale.max(1e-6)).log2().floor().max(0.0) as usize;
        let last = self.levels.levels.len().saturating_sub(1);
        let Some(index) = (wanted.min(last)..=last).find(fits) else {
            return;
        };
        let level = Arc::clone(&self.levels.levels[index]);
        let texture = self.textures[index].get_or_insert_with(|| {
            let options = TextureOptions {
                magnification: egui::TextureFilter::Nearest,
                ..TextureOptions::LINEAR
            };
            ui.ctx()
                .load_texture("a picture in colours", level, options)
        });
        let size = self.levels.size().map(f64::from);
        let corner = |x: f64, y: f64| map.ui_from_image([x * size[0] - 0.5, y * size[1] - 0.5]);
        let mut mesh = Mesh::with_texture(texture.id());
        for (x, y) in [(0.0_f32, 0.0_f32), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)] {
            mesh.vertices.push(egui::epaint::Vertex {
                pos: corner(x.into(), y.into()),
                uv: Pos2::new(x, y),
                color: Color32::WHITE,
            });
        }
        mesh.add_triangle(0, 1, 2);
        mesh.add_triangle(0, 2, 3);
        ui.painter()
            .with_clip_rect(map.rect())
            .add(Shape::mesh(mesh));
    }
}

impl View for ColourView {
    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn state(&self) -> ViewState {
        let mut state = ViewState::new("colour", 1);
        state.origin = Some(self.subject.origin.clone());
        state.set("frame", Value::Integer(i128::from(self.frame)));
        state.set("follow", Value::Bool(self.follows));
        self.canvas.write(&mut state);
        state
    }

    fn set_state(&mut self, state: &ViewState) {
        let frame = state.values.get("frame").and_then(Value::as_integer);
        if let Some(frame) = frame.and_then(|frame| u64::try_from(frame).ok()) {
            self.show(frame);
        }
        self.follows = state.flag("follow", self.follows);
        self.canvas.read(state);
    }

    fn title(&self) -> PaneTitle {
        let label = self
            .subject
            .signal
            .as_ref()
            .map(|signal| signal.label.clone());
        let count = self.frame_count();
        let detail = if count > 1 {
            let (number, count) = (numbers::count(self.frame + 1), numbers::count(count));
            format!("picture {number} / {count}")
        } else {
            String::new()
        };
        PaneTitle {
            name: label
                .filter(|label| !label.is_empty())
                .unwrap_or_else(|| "Colours".to_owned()),
            detail,
            right: self.subject.way.clone(),
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        self.refresh(context.resident);
        if let Some(signal) = &self.subject.signal {
            self.place = slow_axes::words(signal, 3, self.frame, context.resident);
        }
        if self.is_too_large() {
            nothing_ui(
                ui,
                "More than 64 megapixels; the view \"Image\" shows one component at a time.",
                "",
            );
            return;
        }
        if let Some(error) = self.failed.clone() {
            let subject = self.subject.clone();
            return failed_ui(ui, &error, &subject, context);
        }
        let Some(size) = self.picture.as_ref().map(|picture| picture.levels.size()) else {
            return waiting_ui(ui, self.waits.unwrap_or(Wait::Queued));
        };
        let answer = self.canvas.bare_ui(ui, size);
        self.pixel = answer.pixel;
        if let Some(picture) = &mut self.picture {
            picture.paint(ui, &answer.map);
        }
        self.readout_ui(ui, &answer.map);
    }

    fn inspector_ui(&mut self, ui: &mut egui::Ui, _context: &mut ViewContext<'_>) {
        let Some(picture) = &self.picture else { return };
        section_heading(ui, "Colours", "as stored");
        let [width, height] = picture
            .levels
            .size()
            .map(|edge| numbers::count(edge.into()));
        key_value(ui, "size", &format!("{width} x {height} px"));
        let names = self.model().names();
        key_value(
            ui,
            "components",
            &names[..picture.levels.components].join(", "),
        );
        key_value(
            ui,
            "full brightness",
            &numbers::float(picture.levels.white, 6),
        );
    }

    fn shown(&self) -> Option<Slab> {
        slab_of(self.subject.shape(), self.frame)
    }

    fn timeline(&self) -> Option<Timeline> {
        (self.subject.shape().len() > 3).then(|| Timeline {
            count: self.frame_count(),
            current: self.frame,
            label: self.place.clone(),
            trace: Vec::new(),
            following: Some(self.follows),
        })
    }

    fn is_waiting(&self) -> bool {
        self.waits.is_some()
    }

    fn on_timeline(&mut self, action: TimelineAction) {
        match action {
            TimelineAction::Show(frame) => {
                self.follows = false;
                self.show(frame);
            }
            TimelineAction::Follow(follows) => {
                self.follows = follows;
                if follows {
                    self.show(u64::MAX);
                }
            }
            TimelineAction::Newest(frame) if self.follows => self.show(frame),
            TimelineAction::Newest(_) => {}
        }
    }

    fn on_shortcut(&mut self, shortcut: Shortcut) {
        self.canvas.on_shortcut(shortcut);
    }

    fn replace_subject(&mut self, subject: Subject) {
        self.subject = subject;
        self.picture = None;
        self.task = None;
        self.failed = None;
        let frame = if self.follows { u64::MAX } else { self.frame };
        self.show(frame);
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
