//! `hutch render`: pictures without a window.

mod alone;
mod colours;
mod found;
mod geometry;
mod kinds;
mod map;
pub(crate) mod marks;
pub(crate) mod movie;
mod names;
mod numbers;
mod one;
mod options;
mod regions;
mod said;
mod spectra;
mod subject;
mod volume;

use std::path::Path;
use std::sync::Arc;

use hutch_model::{BlockState, Cancel, Dataset, Error, ErrorKind, Result, Signal, Slab};
use hutch_render::{
    AdapterWish, AutoRange, ColourMap, FramePyramid, Gpu, ImageDisplay, ImageFromTarget,
    Orientation, Range, RenderError, RgbaPicture, cpu, headless,
};
use hutch_viewers::assembled::Assembled;
use hutch_viewers::colour_image::picture_slab;
use hutch_viewers::display::Display;
use hutch_viewers::image::overviews;
use hutch_viewers::theme::{ThemeKind, Tokens};
use hutch_viewers::{Pixels, PreparedFrame, Subject};

use self::kinds::{check_is_image, is_line, refuse_many_in_colours};
use self::options::Kind;
pub(super) use self::options::Options;
use self::said::{provenance, tell};
use self::subject::{OpenedSubject, opened_subject, shown};
pub(crate) use self::volume::volume_picture;
use super::context::{Context, no_slice};
use super::fields;
use super::out::note;
use crate::frames::fetch_frame;
use crate::masks::Masks;
use crate::picture::{Provenance, Rgba8};
use crate::pools::Pools;
use crate::reconstruct::output::check_named;
use crate::window::link::Link;

/// Pictures without a size are as large as the frame, up to this edge.
const LONGEST_EDGE: f64 = 2048.0;

/// How something is drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    /// How samples become colours, as in the window.
    pub(crate) display: Display,
    /// How it lies.
    pub(crate) orientation: Orientation,
    /// Colours; those of the view where nothing is said.
    pub(crate) colour_map: Option<ColourMap>,
    /// Width and height in pixels; those of the frame where nothing is said.
    pub(crate) size: Option<[u32; 2]>,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            display: Display::of_frames(),
            orientation: Orientation::default(),
            colour_map: None,
            size: None,
        }
    }
}

impl Look {
    /// How radiographs and slices are drawn: grey, as people know them.
    pub(crate) fn of_radiographs() -> Self {
        Self {
            colour_map: Some(ColourMap::GRAY),
            ..Self::default()
        }
    }

    /// The range in which a frame is shown.
    fn range_of(&self, frame: &PreparedFrame) -> Result<Range> {
        let mut display = self.display;
        if display.follow(frame) {
            return Ok(display.range);
        }
        let [lo, hi] = display.percent;
        let found = AutoRange::Percentile(lo, hi).of(&frame.raw()?);
        display.take_percentiles(found.unwrap_or(frame.min_max));
        Ok(display.range)
    }
}

/// A picture, and how it was made.
#[derive(Debug)]
pub(crate) struct Picture {
    /// The pixels.
    pub(crate) rgba: RgbaPicture,
    /// The values that are darkest and brightest.
    pub(crate) range: Range,
    /// What drew it: the name of the adapter, or `CPU`.
    pub(crate) renderer: String,
}

/// Runs the command.
///
/// # Errors
/// Those of reading; [`ErrorKind::Gpu`] for volumes without an adapter.
pub(super) fn run(context: &Context, options: &Options) -> Result<()> {
    if Link::is_link(&options.url) {
        return alone::link(context, options);
    }
    let kind = options.view();
    if kind == Kind::Curve {
        return alone::curves(context, options);
    }
    let address = context.address(&options.url)?;
    no_slice(&address, "choose a frame with --frame")?;
    if options.says_view() {
        options.check_ending()?;
        options.check_view(kind)?;
    }
    check_named(&context.sites, Some(&address.place), &options.output)?;
    let of = opened_subject(context, options, address)?;
    if !options.says_view() {
        if is_line(&of.subject) {
            return alone::curves(context, options);
        }
        options.check_ending()?;
        options.check_view(kind)?;
    }
    options.check_existing()?;
    if kind == Kind::Map {
        return map::run(context, options, &of.subject, &of.opened);
    }
    if kind == Kind::Spectra {
        return spectra::run(context, options, &of.subject, &of.opened);
    }
    frames(context, options, of)
}

/// Draws a frame, many of them, or a volume.
fn frames(context: &Context, options: &Options, of: OpenedSubject) -> Result<()> {
    let OpenedSubject {
        subject,
        opened,
        why,
        image_of_run,
    } = of;
    let (dataset, is_signal) = shown(&subject, &why)?;
    options.check_look(dataset.info().element.is_complex())?;
    let named = [options.dark.as_deref(), options.flat.as_deref()];
    let drawn = fields::corrected(context, named, (dataset, subject.signal.as_ref()))?;
    let dataset = &drawn.dataset;
    let mut pixels = if is_signal {
        subject.pixels()
    } else {
        Pixels::default()
    };
    if !drawn.fields.is_empty() {
        // It is a count as it is stored.
        pixels.saturation = None;
    }
    let look = options.look();
    let place = geometry::Place::of(context, options, (&subject, dataset), &mut pixels)?;
    refuse_many_in_colours(options, &subject, dataset)?;
    if options.is_movie() {
        opened.check(dataset.as_ref(), &options.output)?;
        return movie::run(context, options, (&drawn, &pixels), (&look, &place));
    }
    let images = place.assembled.as_ref().map_or(1, Assembled::image_count);
    let frame = match (image_of_run, options.frame) {
        (Some(image), _) => image / images * images,
        (None, Some(frame)) => frame.saturating_mul(images),
        (None, None) => first_frame(&subject, &drawn, is_signal) / images * images,
    };
    let mut state = BlockState::Present;
    let colours = picture_slab(&subject, options.frame.unwrap_or(0)).filter(|_| is_signal);
    let picture = match (options.view(), colours) {
        (Kind::Image, Some((model, slab))) => {
            let (pools, cancel) = (&context.pools, &context.cancel);
            let frame = options.frame.unwrap_or(0);
            colours::picture(pools, dataset, (model, &slab, frame), &look, cancel)?
        }
        (Kind::Image, None) => {
            check_is_image(&subject, dataset)?;
            let of = (dataset, &pixels, frame);
            let signal = subject.signal.as_ref().filter(|_| is_signal);
            let how = (&look, &place);
            let (picture, found) = one_frame(context, options, of, signal, how)?;
            state = found;
            picture
        }
        (Kind::Volume | Kind::Map | Kind::Spectra | Kind::Curve, _) => {
            volume_picture(&context.pools, dataset, &look, &context.cancel)?
        }
    };
    opened.check(dataset.as_ref(), &options.output)?;
    let mut said = provenance(&drawn, options, (&look, &place), frame)?;
    if image_of_run.is_some() {
        said.source = format!("{}, and what \"{}\" found in it", said.source, options.url);
    }
    write_png(&picture.rgba, &said, &options.output)?;
    tell(
        context,
        options,
        (dataset.as_ref(), frame),
        (&picture, &look),
    )?;
    blank_parts(dataset.as_ref(), state)
}

/// Draws a frame, or many as one, with what lies over it; tells what is known of its samples.
fn one_frame(
    context: &Context,
    options: &Options,
    (dataset, pixels, frame): (&Arc<dyn Dataset>, &Pixels, u64),
    signal: Option<&Signal>,
    (look, place): (&Look, &geometry::Place),
) -> Result<(Picture, BlockState)> {
    let panels = place.assembled.as_ref();
    let prepared = match options.as_one {
        Some(_) if panels.is_some_and(|panels| panels.image_count() > 1) => {
            let tried = format!("make one frame of \"{}\"", dataset.origin());
            let why =
                "frames whose modules are images of their own become no sum; leave out --assembled";
            return Err(Error::new(ErrorKind::Unsupported, tried, why));
        }
        Some(kind) => one::read(context, (dataset, pixels), (kind, options.frames.as_ref()))?,
        None => {
            let of = (frame, panels);
            read_picture(&context.pools, dataset, pixels, of, &context.cancel)?
        }
    };
    let mut picture = image_picture_on(adapter().as_ref(), (&prepared, panels), look)?;
    place.add(&mut picture, options, (dataset, frame));
    if let Some(whole) = place.whole(dataset).filter(|_| options.as_one.is_none()) {
        let marks = found::marks(context, options, (signal, frame), panels)?;
        let size = [picture.rgba.width, picture.rgba.height];
        let lies = ImageFromTarget::fit_oriented(size, whole, look.orientation);
        found::draw(&mut picture.rgba, &marks, (&lies, options.hkl));
    }
    let drawn = regions::of_options(options)?;
    if let Some(stored) = marks::stored_size(dataset.as_ref()) {
        regions::draw(&mut picture.rgba, &drawn, stored, look.orientation);
    }
    Ok((picture, prepared.state))
}

/// Which frame is drawn where nobody says: the first projection of a scan, else where the file wants to begin.
fn first_frame(subject: &Subject, drawn: &fields::Drawn, is_signal: bool) -> u64 {
    let first_projection = subject
        .scan
        .as_ref()
        .filter(|scan| scan.projections.dataset.origin() == &drawn.stored)
        .filter(|_| drawn.order.is_none())
        .and_then(|scan| scan.projections.frames.first().copied());
    let signal = subject.signal.as_ref().filter(|_| is_signal);
    first_projection
        .or(signal.map(|signal| signal.first_frame(2)))
        .unwrap_or(0)
}

/// What is missing at its source was left blank: the picture is there, and part of it is not.
fn blank_parts(dataset: &dyn Dataset, state: BlockState) -> Result<()> {
    match state {
        BlockState::Missing(why) => Err(Error::new(
            ErrorKind::Partial,
            format!("draw \"{}\"", dataset.origin()),
            format!("samples that are missing at their source are left blank: {why}"),
        )),
        _ => Ok(()),
    }
}

/// Reads one image of a dataset.
///
/// # Errors
/// [`ErrorKind::Usage`] for a frame that is not there; those of reading.
pub(crate) fn read_frame(
    pools: &Pools,
    dataset: &Arc<dyn Dataset>,
    pixels: &Pixels,
    frame: u64,
    cancel: &Cancel,
) -> Result<PreparedFrame> {
    read_picture(pools, dataset, pixels, (frame, None), cancel)
}

/// The same, or all that the picture of panels needs which the image belongs to.
fn read_picture(
    pools: &Pools,
    dataset: &Arc<dyn Dataset>,
    pixels: &Pixels,
    (frame, assembled): (u64, Option<&Assembled>),
    cancel: &Cancel,
) -> Result<PreparedFrame> {
    let info = dataset.info();
    let count = info.frame_count();
    let is_empty = info.shape.contains(&0);
    if frame >= count || is_empty {
        let why = if count == 0 || is_empty {
            format!("the shape {:?} holds no image", info.shape)
        } else {
            let images = assembled.map_or(1, Assembled::image_count);
            let (frame, count) = (frame / images, count / images);
            format!("there is no frame {frame}; there are {count}, from 0")
        };
        return Err(Error::new(
            ErrorKind::Usage,
            format!("draw \"{}\"", dataset.origin()),
            why,
        ));
    }
    let size = frame_size(&info.shape);
    // What is too large to be read whole is drawn from every so many pixels.
    let overview = overviews(size).pop();
    if let Some(window) = overview {
        let [across, down] = window.step;
        note(format!(
            "drawing every {across} x {down} pixels of a large image"
        ));
    }
    let slab = match (assembled, overview) {
        (Some(assembled), _) => assembled.slab(&info.shape, frame),
        (None, Some(window)) => window.slab(&info.shape, frame),
        (None, None) => Slab::frame(&info.shape, frame),
    };
    let masks = Masks::default();
    let fetched = pools.wait(fetch_frame(dataset.as_ref(), pixels, &slab, &masks, cancel))?;
    fetched.prepare(dataset, None, cancel)
}

/// Width and height of the frames of a shape.
fn frame_size(shape: &[u64]) -> [u64; 2] {
    match shape {
        [.., height, width] => [*width, *height],
        _ => [0, 0],
    }
}

/// Draws a frame; without any adapter the processor does it.
///
/// # Errors
/// Those of a device that fails.
pub(crate) fn image_picture(frame: &PreparedFrame, look: &Look) -> Result<Picture> {
    image_picture_on(adapter().as_ref(), (frame, None), look)
}

/// The same with an adapter that was found before, or of the panels of a frame where they lie.
fn image_picture_on(
    gpu: Option<&Gpu>,
    (frame, assembled): (&PreparedFrame, Option<&Assembled>),
    look: &Look,
) -> Result<Picture> {
    let mut display = look.display;
    display.range = look.range_of(frame)?;
    if let Some(colour_map) = look.colour_map {
        display.colours = colour_map;
    }
    let range = display.shown_range();
    let whole = assembled.map_or(frame.size, Assembled::size);
    let seen = look.orientation.across_and_down(whole);
    let size = look
        .size
        .unwrap_or_else(|| natural_size(seen, LONGEST_EDGE));
    let place = ImageFromTarget::fit_oriented(size, whole, look.orientation);
    let display = display.image(place, &Tokens::new(ThemeKind::Dark), frame);
    let (rgba, renderer) = match assembled {
        None => draw_image(gpu, &frame.pyramid, &display, size)?,
        Some(assembled) => draw_panels(gpu, (frame, assembled), &display, size)?,
    };
    Ok(Picture {
        rgba,
        range,
        renderer,
    })
}

/// The graphics adapter; `None`, which is said, where there is no hardware.
fn adapter() -> Option<Gpu> {
    // One picture is drawn sooner by our own code than a software driver is up.
    match Gpu::headless(AdapterWish::OnlyHardware) {
        Ok(gpu) => Some(gpu),
        Err(error) => {
            note(format!("{error}; the processor draws instead"));
            None
        }
    }
}

fn draw_image(
    gpu: Option<&Gpu>,
    pyramid: &FramePyramid,
    display: &ImageDisplay,
    size: [u32; 2],
) -> Result<(RgbaPicture, String)> {
    let Some(gpu) = gpu else {
        return Ok((cpu::shade_image(pyramid, display, size), "CPU".to_owned()));
    };
    let picture = headless::render_image_to_rgba(gpu, pyramid, display, size)
        .map_err(|error| failed(&error))?;
    Ok((picture, gpu.adapter_info.name.clone()))
}

fn draw_panels(
    gpu: Option<&Gpu>,
    (frame, assembled): (&PreparedFrame, &Assembled),
    display: &ImageDisplay,
    size: [u32; 2],
) -> Result<(RgbaPicture, String)> {
    let (pyramid, panels) = (&frame.pyramid, &assembled.places);
    let Some(gpu) = gpu else {
        let picture = cpu::shade_panels(pyramid, display, panels, size);
        return Ok((picture, "CPU".to_owned()));
    };
    let picture = headless::render_panels_to_rgba(gpu, pyramid, display, panels, size)
        .map_err(|error| failed(&error))?;
    Ok((picture, gpu.adapter_info.name.clone()))
}

/// The size of a frame, or smaller with the same sides, up to a longest edge.
fn natural_size([width, height]: [u32; 2], longest_edge: f64) -> [u32; 2] {
    let longest = f64::from(width.max(height).max(1));
    let shrink = (longest_edge / longest).min(1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an edge between 1 and the longest"
    )]
    let edge = |edge: u32| (f64::from(edge) * shrink).round().max(1.0) as u32;
    [edge(width), edge(height)]
}

/// Writes a picture, which says of itself what it is.
///
/// # Errors
/// [`ErrorKind::Disk`] when it cannot be written.
pub(crate) fn write_png(picture: &RgbaPicture, said: &Provenance, path: &Path) -> Result<()> {
    let picture = Rgba8 {
        size: [picture.width, picture.height],
        bytes: &picture.pixels,
    };
    crate::picture::write_png(&picture, said, path)
}

fn failed(error: &RenderError) -> Error {
    let kind = match error {
        RenderError::Shape { .. } => ErrorKind::Shape,
        RenderError::TooLarge { .. } => ErrorKind::Limit,
        _ => ErrorKind::Gpu,
    };
    Error::new(kind, "draw a picture", error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_frame_is_drawn_smaller_and_a_small_one_as_it_is() {
        assert_eq!(
            natural_size([160, 135], LONGEST_EDGE),
            [160, 135],
            "as it is"
        );
        assert_eq!(
            natural_size([4096, 1024], LONGEST_EDGE),
            [2048, 512],
            "halved"
        );
        assert_eq!(
            natural_size([100_000, 1], LONGEST_EDGE),
            [2048, 1],
            "never nothing"
        );
    }
}
