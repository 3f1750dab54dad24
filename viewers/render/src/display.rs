//! How a frame is shown: place on the screen, range, norm, colours. All of it fits in one uniform.

use crate::colormap::ColourMap;

/// Function between a sample and its place in the colour map.
///
/// With `t = (sample - lo) / (hi - lo)` clamped to 0..=1 where it says t.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Norm {
    /// `t`.
    #[default]
    Linear,
    /// `ln(sample / lo) / ln(hi / lo)`; samples that are not positive are below the range. See [`Range::for_log`].
    Log,
    /// `sqrt(t)`.
    Sqrt,
    /// `asinh(t * stretch) / asinh(stretch)`: linear near lo, logarithmic near hi. 10 is a good stretch.
    ///
    /// Source: Lupton et al. 2004, PASP 116, 133; astropy's `AsinhStretch` with `a = 1 / stretch`.
    Asinh {
        /// Positive; how far the logarithmic part reaches.
        stretch: f32,
    },
    /// `sign(sample) * ln(1 + |sample| / threshold)` between its values at lo and hi, for signed samples.
    Symlog {
        /// Positive, in the unit of the samples; linear below, logarithmic above.
        threshold: f32,
    },
    /// `t ^ exponent`.
    Gamma {
        /// Positive; below 1 brightens.
        exponent: f32,
    },
}

impl Norm {
    /// The norm of that name (`linear`, `log`, `sqrt`, `asinh`, `symlog`, `gamma`) with usual parameters.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "linear" => Self::Linear,
            "log" => Self::Log,
            "sqrt" => Self::Sqrt,
            "asinh" => Self::Asinh { stretch: 10.0 },
            "symlog" => Self::Symlog { threshold: 1.0 },
            "gamma" => Self::Gamma { exponent: 0.5 },
            _ => return None,
        })
    }

    /// The same norm with its parameter (stretch, threshold or exponent) set; one without a parameter stays as
    /// it is, as does one that is given a number that is not positive.
    #[must_use]
    pub fn with_parameter(self, value: f32) -> Self {
        if !(value > 0.0 && value.is_finite()) {
            return self;
        }
        match self {
            Self::Asinh { .. } => Self::Asinh { stretch: value },
            Self::Symlog { .. } => Self::Symlog { threshold: value },
            Self::Gamma { .. } => Self::Gamma { exponent: value },
            other => other,
        }
    }

    /// Its parameter by name, where it has one.
    pub const fn parameter(self) -> Option<(&'static str, f32)> {
        match self {
            Self::Asinh { stretch } => Some(("stretch", stretch)),
            Self::Symlog { threshold } => Some(("threshold", threshold)),
            Self::Gamma { exponent } => Some(("exponent", exponent)),
            Self::Linear | Self::Log | Self::Sqrt => None,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Log => "log",
            Self::Sqrt => "sqrt",
            Self::Asinh { .. } => "asinh",
            Self::Symlog { .. } => "symlog",
            Self::Gamma { .. } => "gamma",
        }
    }
}

/// The samples that the colour map spans, in their unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// Shown in the first colour.
    pub lo: f64,
    /// Shown in the last colour.
    pub hi: f64,
}

impl Range {
    /// A range from one value to another, in either order.
    pub fn new(first: f64, second: f64) -> Self {
        Self {
            lo: first.min(second),
            hi: first.max(second),
        }
    }

    /// The range with a positive lower end, as the logarithm needs it: at most 1, at most hi / 1000.
    #[must_use]
    pub fn for_log(self) -> Self {
        if self.lo > 0.0 {
            return self;
        }
        let hi = if self.hi > 0.0 { self.hi } else { 1.0 };
        Self {
            lo: (hi * 1e-3).min(1.0),
            hi,
        }
    }
}

/// Which real number of a complex sample is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Component {
    /// `|z|`.
    #[default]
    Magnitude,
    /// `atan2(im, re)` in radians; give it the range -pi..=pi and a cyclic colour map.
    Phase,
    /// The real part.
    Real,
    /// The imaginary part.
    Imaginary,
    /// `|z|` as brightness and the phase as colour; give it a cyclic colour map.
    PhaseColour,
}

impl Component {
    /// All of them, in the order in which a list shows them.
    pub const ALL: [Self; 5] = [
        Self::Magnitude,
        Self::Phase,
        Self::Real,
        Self::Imaginary,
        Self::PhaseColour,
    ];

    /// Its name in states and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Magnitude => "amplitude",
            Self::Phase => "phase",
            Self::Real => "real",
            Self::Imaginary => "imaginary",
            Self::PhaseColour => "both",
        }
    }

    /// The component of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }
}

/// An sRGB colour with straight alpha, as in a theme.
pub type Rgba = [u8; 4];

/// Colours of samples that have no place in the colour map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    /// Masked, or a sentinel.
    pub masked: Rgba,
    /// Missing at its source; drawn as hatching over what is outside.
    pub missing: Rgba,
    /// NaN and infinities.
    pub not_finite: Rgba,
    /// Below the range; the first colour of the map where it is `None`.
    pub below: Option<Rgba>,
    /// Above the range; the last colour of the map where it is `None`.
    pub above: Option<Rgba>,
    /// At or above the saturation threshold; not marked where it is `None`.
    pub saturated: Option<Rgba>,
    /// Outside the frame.
    pub outside: Rgba,
}

impl Default for Marks {
    fn default() -> Self {
        Self {
            masked: [39, 56, 66, 255],
            missing: [74, 84, 96, 255],
            not_finite: [110, 58, 102, 255],
            below: None,
            above: None,
            saturated: None,
            outside: [16, 19, 23, 255],
        }
    }
}

/// Map from target pixels (edges at integers, origin top left) to image pixels (centres at integers).
///
/// `x = xx X + xy Y + x0`, `y = yx X + yy Y + y0`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImageFromTarget {
    /// `[xx, xy]`.
    pub x: [f64; 2],
    /// `[yx, yy]`.
    pub y: [f64; 2],
    /// `[x0, y0]`: the image point at the top left corner of the target.
    pub origin: [f64; 2],
}

impl ImageFromTarget {
    /// Shows image point `centre_px` in the middle of a target of `size` pixels, `zoom` target pixels for each image pixel.
    pub fn centred(size: [u32; 2], centre_px: [f64; 2], zoom: [f64; 2]) -> Self {
        let step = zoom.map(|zoom| 1.0 / zoom);
        let origin =
            std::array::from_fn(|axis| centre_px[axis] - 0.5 * f64::from(size[axis]) * step[axis]);
        Self {
            x: [step[0], 0.0],
            y: [0.0, step[1]],
            origin,
        }
    }

    /// Shows a whole image of `image` pixels `[width, height]`, square pixels, centred.
    pub fn fit(size: [u32; 2], image: [u32; 2]) -> Self {
        let zoom = (0..2)
            .map(|axis| f64::from(size[axis].max(1)) / f64::from(image[axis].max(1)))
            .fold(f64::INFINITY, f64::min);
        let centre = image.map(|edge| 0.5 * f64::from(edge) - 0.5);
        Self::centred(size, centre, [zoom, zoom])
    }

    /// The image point under a point of the target.
    pub fn apply(&self, point: [f64; 2]) -> [f64; 2] {
        [
            self.x[0] * point[0] + self.x[1] * point[1] + self.origin[0],
            self.y[0] * point[0] + self.y[1] * point[1] + self.origin[1],
        ]
    }
}

/// Everything about showing a frame but the frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImageDisplay {
    /// Pan, zoom, flips and quarter turns.
    pub image_from_target: ImageFromTarget,
    /// Samples that the colour map spans.
    pub range: Range,
    /// Function within the range.
    pub norm: Norm,
    /// Which colours.
    pub colour_map: ColourMap,
    /// Runs the colour map backwards.
    pub is_inverted: bool,
    /// Which part of complex samples.
    pub component: Component,
    /// Samples at or above are saturated, compared exactly for integers.
    pub saturation: Option<f64>,
    /// Colours of what has no place in the map.
    pub marks: Marks,
}

impl ImageDisplay {
    /// A linear gray picture of the whole frame.
    pub fn new(image_from_target: ImageFromTarget, range: Range) -> Self {
        Self {
            image_from_target,
            range,
            norm: Norm::Linear,
            colour_map: ColourMap::GRAY,
            is_inverted: false,
            component: Component::Magnitude,
            saturation: None,
            marks: Marks::default(),
        }
    }
}
