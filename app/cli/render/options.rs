//! What `hutch render` takes, as people write it.

mod given;
mod parse;

use std::path::PathBuf;

use hutch_analysis::reduce::Reduction;
use hutch_analysis::region::Region;
use hutch_model::{Error, ErrorKind, Slice, Value, ViewState};
use hutch_render::{ColourMap, Component, Norm, Orientation, Range};
use hutch_viewers::diffraction::Rings;
use hutch_viewers::display::{MarkSwitches, RangeMode};
use hutch_viewers::spectra::Band;

use self::parse::{
    colour_map, component, ends, flips, frames, marks, norm, percentiles, picture, positive,
    quarter_turns, reduction, region, rings, scale,
};
use super::Look;
use super::numbers::{Corners, Pair, Size};
use crate::cli::axis_order::AxisOrder;
use crate::cli::existing::{Content, check_existing};
use crate::settings::ThemeChoice;
use crate::window::alone;
use crate::window::link::Link;

/// Width and height of a picture of curves, in pixels, where nothing is said.
const DRAWING: [u32; 2] = [1200, 800];
/// What says nothing of a picture in three colours.
const COLOURED: [&str; 8] = [
    "norm",
    "range",
    "sigma",
    "min_max",
    "symmetric",
    "colormap",
    "invert",
    "marks",
];

/// What `hutch render` takes.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "switches of a command line")]
pub(in crate::cli) struct Options {
    /// A file or a dataset in it: URL or URL::PATH; or a link of the window (hutch://...), which is drawn as the window
    /// shows it.
    pub(in crate::cli) url: String,
    /// Which frame; the first projection of a scan, else the one that the file's
    /// `default_slice` names, else the first; of a stream its first hit.
    #[arg(long)]
    pub(super) frame: Option<u64>,
    /// Which two axes of the dataset are the picture, downwards and across, counted from 0: 0,2; or all axes in
    /// their order. Else those that the file's `default_slice` keeps, else the last two.
    #[arg(long, value_name = "AXES", conflicts_with_all = ["view", "assembled"])]
    pub(super) axes: Option<AxisOrder>,
    /// Draw many frames as one: sum, mean, max, min, sigma or median of all, or of --frames.
    #[arg(long, value_name = "KIND", value_parser = reduction, conflicts_with_all = ["frame", "view", "fps"])]
    pub(super) as_one: Option<Reduction>,
    /// Frames of a movie as START:END or START:END:STEP (: is all of them); the file is a GIF, in one range.
    #[arg(long, value_name = "FRAMES", value_parser = frames, conflicts_with_all = ["frame", "view"])]
    pub(super) frames: Option<Slice>,
    /// Frames of a movie in a second, up to 50; 12 by default.
    #[arg(long, value_name = "NUMBER", value_parser = positive, requires = "frames")]
    pub(super) fps: Option<f32>,
    /// Correct the frames by a dark field, a dataset as URL::PATH; of a stack the mean of its frames is taken.
    #[arg(long, value_name = "URL::PATH", conflicts_with = "view")]
    pub(super) dark: Option<String>,
    /// The same by a flat field: what the detector sees without a sample.
    #[arg(long, value_name = "URL::PATH", conflicts_with = "view")]
    pub(super) flat: Option<String>,
    /// image, volume, map: values at the places of a scan, spectra: the map of a stack of spectra, or curve; an image
    /// by default, and a curve of what has one axis.
    #[arg(long, value_name = "KIND")]
    view: Option<Kind>,
    /// linear, log, sqrt, asinh, symlog or gamma.
    #[arg(long, default_value = "linear", value_parser = norm)]
    norm: Norm,
    /// How far asinh stretches the dark end; 10 by default. Only with --norm asinh.
    #[arg(long, value_name = "NUMBER", value_parser = positive)]
    stretch: Option<f32>,
    /// Below which value symlog is linear; 1 by default. Only with --norm symlog.
    #[arg(long, value_name = "NUMBER", value_parser = positive)]
    threshold: Option<f32>,
    /// The exponent of gamma; 0.5 by default. Only with --norm gamma.
    #[arg(long, value_name = "NUMBER", value_parser = positive)]
    exponent: Option<f32>,
    /// Values that are drawn darkest and brightest.
    #[arg(long, value_name = "LO,HI", group = "span", allow_hyphen_values = true, value_parser = ends)]
    range: Option<Pair>,
    /// The same as shares of the samples, in per cent; 1,99.8 by default.
    #[arg(long, value_name = "LO,HI", group = "span", value_parser = percentiles)]
    percentile: Option<Pair>,
    /// The same as the mean plus and minus so many standard deviations.
    #[arg(long, value_name = "K", group = "span", value_parser = positive)]
    sigma: Option<f32>,
    /// As far below zero as above, to the larger of the shares of --percentile: for differences.
    #[arg(long, conflicts_with_all = ["range", "sigma", "min_max"])]
    symmetric: bool,
    /// The same as the smallest and the largest sample.
    #[arg(long, group = "span")]
    min_max: bool,
    /// A colour map: gray, viridis, inferno, ...
    #[arg(long, alias = "colourmap", value_name = "NAME", value_parser = colour_map)]
    colormap: Option<ColourMap>,
    /// Runs the colours backwards.
    #[arg(long)]
    invert: bool,
    /// Of complex samples: amplitude, phase, real, imaginary, or both.
    #[arg(long, value_name = "PART", value_parser = component)]
    component: Option<Component>,
    /// Exchanges the axes, before it is turned and flipped.
    #[arg(long)]
    transpose: bool,
    /// Turns it clockwise: 90, 180 or 270 degrees.
    #[arg(long, value_name = "DEGREES", value_parser = quarter_turns)]
    rotate: Option<u8>,
    /// Flips what is seen, after it was turned: across, down, or both as across,down.
    #[arg(long, value_name = "WAY,...", value_parser = flips)]
    flip: Option<Orientation>,
    /// Which pixels have a colour of their own: masked, missing, not-a-number, saturated,
    /// under-range, over-range, or none.
    #[arg(long, value_name = "KIND,...", value_parser = marks)]
    marks: Option<MarkSwitches>,
    /// Where the pixels are, from a file of pyFAI; else what the frame's own file says.
    #[arg(long, value_name = "FILE", group = "geometry")]
    pub(super) poni: Option<String>,
    /// The same from a file of CrystFEL.
    #[arg(long, value_name = "FILE", group = "geometry")]
    pub(super) geom: Option<String>,
    /// Draw the panels of the geometry where they lie, seen along the beam, instead of the frame as it is stored; modules
    /// that are images of their own become one picture, of which --frame is the number.
    #[arg(long, conflicts_with_all = ["rois", "regions"])]
    pub(super) assembled: bool,
    /// Draw the beam centre and rings: resolution, AgBehenate, LaB6, CeO2, Si or Al2O3.
    #[arg(long, value_name = "NAME", value_parser = rings)]
    pub(super) rings: Option<Rings>,
    /// Draw boxes around the peaks that the file keeps of the frame, as CXI does; of a frame of a stream they are drawn
    /// always, with its reflections.
    #[arg(long, conflicts_with_all = ["view", "frames", "as_one"])]
    pub(super) peaks: bool,
    /// Write h, k and l beside the reflections of a frame of a stream.
    #[arg(long, conflicts_with_all = ["view", "frames", "as_one"])]
    pub(super) hkl: bool,
    /// Draw a region, as "circle x y radius" or "name: circle x y radius"; may be given more than once.
    #[arg(long = "roi", value_name = "SHAPE", value_parser = region)]
    pub(super) rois: Vec<Region>,
    /// Draw the regions of a JSON file, as the window saves them.
    #[arg(long, value_name = "FILE")]
    pub(super) regions: Option<PathBuf>,
    /// Of a map: draw each point as a disc of so many pixels, and no cells.
    #[arg(long, value_name = "PIXELS", value_parser = positive)]
    pub(super) point_size: Option<f32>,
    /// Of spectra: channels that are summed, as FIRST-LAST, or a line of an element, as Fe or "Fe Kb"; all of them, or
    /// the middle one of images over energies.
    #[arg(long, value_name = "CHANNELS", conflicts_with = "red")]
    pub(super) channels: Option<Band>,
    /// Of spectra: channels of the red of a picture in three colours, named in the same way; --percentile says between
    /// which shares of its places each colour goes from dark to bright.
    #[arg(long, value_name = "CHANNELS", requires_all = ["green", "blue"], conflicts_with_all = COLOURED)]
    pub(super) red: Option<Band>,
    /// Those of the green.
    #[arg(long, value_name = "CHANNELS", requires = "red")]
    pub(super) green: Option<Band>,
    /// Those of the blue.
    #[arg(long, value_name = "CHANNELS", requires = "red")]
    pub(super) blue: Option<Band>,
    /// Of spectra: less a background, a line from the first to the last channel.
    #[arg(long)]
    pub(super) net: bool,
    /// Of spectra: optical densities, -ln(I / I0); I0 is the mean of the places between two corners without a sample.
    #[arg(
        long,
        value_name = "X,Y,X,Y",
        allow_hyphen_values = true,
        conflicts_with = "net"
    )]
    pub(super) i0: Option<Corners>,
    /// Of curves: a logarithmic horizontal axis.
    #[arg(long)]
    log_x: bool,
    /// Of curves: a logarithmic vertical axis.
    #[arg(long)]
    log_y: bool,
    /// Of curves: how far the horizontal axis reaches.
    #[arg(long, value_name = "LO,HI", allow_hyphen_values = true, value_parser = ends)]
    x_limits: Option<Pair>,
    /// Of curves: how far the vertical axis reaches.
    #[arg(long, value_name = "LO,HI", allow_hyphen_values = true, value_parser = ends)]
    y_limits: Option<Pair>,
    /// Of curves: lines, points or steps.
    #[arg(long, value_name = "STYLE", value_parser = ["lines", "points", "steps"])]
    style: Option<String>,
    /// Of curves: draw another one beside; may be given more than once.
    #[arg(long = "add", value_name = "URL::PATH")]
    pub(super) further: Vec<String>,
    /// Of curves and links: dark, light or high-contrast; as the settings of the window say by default.
    #[arg(long, value_name = "THEME")]
    pub(super) theme: Option<ThemeName>,
    /// Of curves and links: how large words and lines are, from 0.5 to 4; 1 by default.
    #[arg(long, value_name = "NUMBER", value_parser = scale)]
    scale: Option<f32>,
    /// Size of the picture, in pixels.
    #[arg(long, value_name = "WxH")]
    size: Option<Size>,
    /// The PNG file; a GIF file for a movie; of curves and links also an SVG file.
    #[arg(short, long, value_name = "FILE.png", value_parser = picture)]
    pub(super) output: PathBuf,
    /// Replace a file that exists, also where it is no picture of the same ending.
    #[arg(long)]
    overwrite: bool,
}

impl Options {
    /// What is drawn, where the data leave a choice.
    pub(super) fn view(&self) -> Kind {
        self.view.unwrap_or(Kind::Image)
    }

    /// Whether a person said so.
    pub(super) fn says_view(&self) -> bool {
        self.view.is_some()
    }

    /// The file or the dataset that is drawn, of a link as well.
    pub(in crate::cli) fn source(&self) -> String {
        Link::parse(&self.url).map_or_else(|_| self.url.clone(), |link| link.address)
    }

    /// All that is read.
    pub(in crate::cli) fn sources(&self) -> impl Iterator<Item = String> {
        std::iter::once(self.source()).chain(self.further.clone())
    }

    /// Whether frames are drawn one after the other.
    pub(super) fn is_movie(&self) -> bool {
        self.frames.is_some() && self.as_one.is_none()
    }

    /// Refuses a movie that is named as a picture, a picture that is named as a movie, and panels of what has none.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] with what suits.
    pub(super) fn check_ending(&self) -> hutch_model::Result<()> {
        if self.assembled && (self.view() != Kind::Image || self.is_movie()) {
            let why = "volumes, maps, spectra and movies have no panels; leave out --assembled";
            return Err(Error::new(ErrorKind::Usage, "assemble the panels", why));
        }
        let is_of_spectra =
            self.channels.is_some() || self.red.is_some() || self.net || self.i0.is_some();
        if is_of_spectra && self.view() != Kind::Spectra {
            let why = "--channels, --red, --net and --i0 are of --view spectra";
            return Err(Error::new(ErrorKind::Usage, "choose channels", why));
        }
        let ending = if self.is_movie() { "gif" } else { "png" };
        let found = self.output.extension().unwrap_or_default();
        if found.eq_ignore_ascii_case("svg") {
            let why =
                "curves and links of the window are drawn as SVG; name a file that ends in .png";
            let tried = format!("write \"{}\"", self.output.display());
            return Err(Error::new(ErrorKind::Usage, tried, why));
        }
        if found.eq_ignore_ascii_case(ending) || self.output.is_dir() {
            return Ok(());
        }
        let why = if self.is_movie() {
            "a movie is a GIF; name a file that ends in .gif"
        } else {
            "a GIF is a movie; say --frames START:END, or name a file that ends in .png"
        };
        let tried = format!("write \"{}\"", self.output.display());
        Err(Error::new(ErrorKind::Usage, tried, why))
    }

    /// Refuses to replace a file that is no picture as the one that is drawn.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] without `--overwrite`.
    pub(super) fn check_existing(&self) -> hutch_model::Result<()> {
        let content = if self.is_movie() {
            Content::Gif
        } else {
            Content::Png
        };
        check_existing(&self.output, content, self.overwrite)
    }

    /// The same for a picture that may be a drawing.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] without `--overwrite`, and for the end of a movie.
    pub(super) fn check_drawing(&self) -> hutch_model::Result<()> {
        let found = self.output.extension().unwrap_or_default();
        if found.eq_ignore_ascii_case("gif") {
            let tried = format!("write \"{}\"", self.output.display());
            let why = "curves and links become no movie; name a file that ends in .png or .svg";
            return Err(Error::new(ErrorKind::Usage, tried, why));
        }
        let content = if found.eq_ignore_ascii_case("svg") {
            Content::Svg
        } else {
            Content::Png
        };
        check_existing(&self.output, content, self.overwrite)
    }

    /// How large a picture of curves or of a link is.
    pub(super) fn drawing_size(&self) -> alone::Size {
        alone::Size {
            pixels: self.size.map_or(DRAWING, |size| size.0),
            scale: self.scale.unwrap_or(1.0),
        }
    }

    /// What a link to these curves says.
    pub(super) fn curve_state(&self) -> ViewState {
        let mut state = ViewState::new("curve", 1);
        if let Some(line) = self.frame {
            state.set("line", Value::Integer(i128::from(line)));
        }
        for (name, is_log) in [("log x", self.log_x), ("log y", self.log_y)] {
            // Else the file says.
            if is_log {
                state.set(name, Value::Bool(true));
            }
        }
        let limits = [("x limits", self.x_limits), ("y limits", self.y_limits)];
        for (name, Pair(low, high)) in limits
            .into_iter()
            .filter_map(|(name, ends)| Some((name, ends?)))
        {
            state.set(
                name,
                Value::List(vec![Value::Float(low), Value::Float(high)]),
            );
        }
        if let Some(style) = &self.style {
            state.set("style", Value::Text(style.clone()));
        }
        state
    }

    /// Refuses what would change nothing of the picture, or leave nothing of it.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] in words.
    pub(super) fn check_look(&self, is_complex: bool) -> hutch_model::Result<()> {
        let refuse = |why: &str| Err(Error::new(ErrorKind::Usage, "choose the colours", why));
        let is_in_vain = |is_given: bool, norm: bool| is_given && !norm;
        if is_in_vain(
            self.stretch.is_some(),
            matches!(self.norm, Norm::Asinh { .. }),
        ) {
            return refuse("--stretch is of --norm asinh");
        }
        if is_in_vain(
            self.threshold.is_some(),
            matches!(self.norm, Norm::Symlog { .. }),
        ) {
            return refuse("--threshold is of --norm symlog");
        }
        if is_in_vain(
            self.exponent.is_some(),
            matches!(self.norm, Norm::Gamma { .. }),
        ) {
            return refuse("--exponent is of --norm gamma");
        }
        let is_below = self.range.is_some_and(|Pair(_, hi)| hi <= 0.0);
        if is_below && matches!(self.norm, Norm::Log) {
            return refuse("--norm log shows nothing at or below 0; take symlog, or another range");
        }
        if self.component.is_some() && !is_complex {
            return refuse("--component is of complex samples; these are real");
        }
        Ok(())
    }

    /// Between which shares of the samples, where a person says so.
    pub(super) fn percentile(&self) -> Option<[f64; 2]> {
        self.percentile.map(|Pair(low, high)| [low, high])
    }

    /// How it is drawn.
    pub(super) fn look(&self) -> Look {
        let mut look = Look {
            colour_map: self.colormap,
            size: self.size.map(|size| size.0),
            ..Look::default()
        };
        let display = &mut look.display;
        let parameter = match self.norm {
            Norm::Asinh { .. } => self.stretch,
            Norm::Symlog { .. } => self.threshold,
            Norm::Gamma { .. } => self.exponent,
            _ => None,
        };
        display.norm = parameter.map_or(self.norm, |value| self.norm.with_parameter(value));
        if let Some(Pair(lo, hi)) = self.range {
            display.mode = RangeMode::Locked;
            display.range = Range::new(lo, hi);
        } else if let Some(sigmas) = self.sigma {
            display.mode = RangeMode::Sigma;
            display.sigmas = f64::from(sigmas);
        } else if self.min_max {
            display.mode = RangeMode::MinMax;
        } else if let Some(Pair(lo, hi)) = self.percentile {
            display.percent = [lo, hi];
        }
        if self.symmetric {
            display.mode = RangeMode::Symmetric;
        }
        display.is_inverted = self.invert;
        display.component = self.component.unwrap_or_default();
        display.marks = self.marks.unwrap_or_default();
        look.orientation = self.orientation();
        look
    }
}

impl Options {
    fn orientation(&self) -> Orientation {
        let mut seen = Orientation::default();
        if self.transpose {
            seen = seen.transposed();
        }
        for _ in 0..self.rotate.unwrap_or(0) {
            seen = seen.turned_right();
        }
        let flip = self.flip.unwrap_or_default();
        Orientation {
            flips_across: seen.flips_across != flip.flips_across,
            flips_down: seen.flips_down != flip.flips_down,
            ..seen
        }
    }
}

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum Kind {
    Image,
    Volume,
    Map,
    Spectra,
    Curve,
}

/// The colours of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum ThemeName {
    Dark,
    Light,
    HighContrast,
}

impl From<ThemeName> for ThemeChoice {
    fn from(name: ThemeName) -> Self {
        match name {
            ThemeName::Dark => Self::Dark,
            ThemeName::Light => Self::Light,
            ThemeName::HighContrast => Self::HighContrast,
        }
    }
}
