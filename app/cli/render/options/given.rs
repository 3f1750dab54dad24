//! What a person gave, so that nothing of it is left out in silence.

use hutch_model::{Error, ErrorKind, Result};
use hutch_render::Norm;

use super::super::numbers::Pair;
use super::{Kind, Options};

/// Which pictures an option is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    /// What lies on frames, or how they lie.
    Frames,
    /// Colours of samples, and which of them become one picture.
    Samples,
    /// The frame or the line.
    Part,
    /// Curves alone.
    Curves,
    /// Pictures that the window draws: curves, and what a link opens.
    Drawings,
}

impl Options {
    /// What was given, as it is written.
    fn given(&self) -> impl Iterator<Item = (&'static str, About)> {
        let frames = [
            ("--transpose", self.transpose),
            ("--rotate", self.rotate.is_some()),
            ("--flip", self.flip.is_some()),
            ("--poni", self.poni.is_some()),
            ("--geom", self.geom.is_some()),
            ("--assembled", self.assembled),
            ("--rings", self.rings.is_some()),
            ("--peaks", self.peaks),
            ("--hkl", self.hkl),
            ("--roi", !self.rois.is_empty()),
            ("--regions", self.regions.is_some()),
        ];
        let samples = [
            ("--axes", self.axes.is_some()),
            ("--as-one", self.as_one.is_some()),
            ("--frames", self.frames.is_some()),
            ("--dark", self.dark.is_some()),
            ("--flat", self.flat.is_some()),
            ("--norm", self.norm != Norm::Linear),
            ("--stretch", self.stretch.is_some()),
            ("--threshold", self.threshold.is_some()),
            ("--exponent", self.exponent.is_some()),
            ("--range", self.range.is_some()),
            ("--percentile", self.percentile.is_some()),
            ("--sigma", self.sigma.is_some()),
            ("--symmetric", self.symmetric),
            ("--min-max", self.min_max),
            ("--colormap", self.colormap.is_some()),
            ("--invert", self.invert),
            ("--component", self.component.is_some()),
            ("--marks", self.marks.is_some()),
            ("--point-size", self.point_size.is_some()),
            ("--channels", self.channels.is_some()),
            ("--red", self.red.is_some()),
            ("--net", self.net),
            ("--i0", self.i0.is_some()),
        ];
        let curves = [
            ("--log-x", self.log_x),
            ("--log-y", self.log_y),
            ("--x-limits", self.x_limits.is_some()),
            ("--y-limits", self.y_limits.is_some()),
            ("--style", self.style.is_some()),
            ("--add", !self.further.is_empty()),
        ];
        let drawings = [
            ("--theme", self.theme.is_some()),
            ("--scale", self.scale.is_some()),
        ];
        let given =
            |(name, is_given): (&'static str, bool), about| is_given.then_some((name, about));
        let frames = frames
            .into_iter()
            .filter_map(move |one| given(one, About::Frames));
        let samples = samples
            .into_iter()
            .filter_map(move |one| given(one, About::Samples));
        let curves = curves
            .into_iter()
            .filter_map(move |one| given(one, About::Curves));
        let drawings = drawings
            .into_iter()
            .filter_map(move |one| given(one, About::Drawings));
        let part = self.frame.map(|_| ("--frame", About::Part));
        frames
            .chain(samples)
            .chain(part)
            .chain(curves)
            .chain(drawings)
    }

    /// Refuses what has no meaning for the kind of picture, which would be drawn without it.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] with what was given in vain.
    pub(in super::super) fn check_view(&self, kind: Kind) -> Result<()> {
        let is_in_vain = |about: About| match kind {
            Kind::Image | Kind::Volume => matches!(about, About::Curves | About::Drawings),
            Kind::Map | Kind::Spectra => {
                matches!(about, About::Frames | About::Curves | About::Drawings)
            }
            Kind::Curve => matches!(about, About::Frames | About::Samples),
        };
        let mut given = self.given();
        let Some((name, about)) = given.find(|(_, about)| is_in_vain(*about)) else {
            return Ok(());
        };
        let why = match about {
            About::Frames => "is of frames",
            About::Samples | About::Part => "is of images, maps and spectra",
            About::Curves => "is of curves",
            About::Drawings => "is of curves and of links of the window",
        };
        let drawn = match kind {
            Kind::Image => "this is drawn as an image",
            Kind::Volume => "this is drawn as a volume",
            Kind::Map => "this is drawn as a map",
            Kind::Spectra => "this is drawn as a map of spectra",
            Kind::Curve => "this is drawn as a curve",
        };
        let why = format!("{name} {why}, and {drawn}; leave it out");
        Err(Error::new(ErrorKind::Usage, "draw a picture", why))
    }

    /// Refuses limits that a logarithmic axis does not have.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for limits that begin at or below zero.
    pub(in super::super) fn check_limits(&self) -> Result<()> {
        let axes = [
            ("--x-limits", self.x_limits, self.log_x),
            ("--y-limits", self.y_limits, self.log_y),
        ];
        let is_wrong = |(_, ends, is_log): &(&str, Option<Pair>, bool)| {
            *is_log && ends.is_some_and(|Pair(low, _)| low <= 0.0)
        };
        match axes.iter().find(|axis| is_wrong(axis)) {
            None => Ok(()),
            Some((name, ..)) => {
                let why =
                    format!("{name} begins at or below 0, where a logarithmic axis has no place");
                Err(Error::new(ErrorKind::Usage, "draw a curve", why))
            }
        }
    }

    /// Refuses what a link says itself.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] with what was given in vain.
    pub(in super::super) fn check_link(&self) -> Result<()> {
        let view = self.view.map(|_| ("--view", About::Part));
        let mut given = self.given().chain(view);
        match given.find(|(_, about)| *about != About::Drawings) {
            None => Ok(()),
            Some((name, _)) => {
                let why = format!("the link says how it is drawn; leave out {name}");
                Err(Error::new(ErrorKind::Usage, "draw a link", why))
            }
        }
    }
}
