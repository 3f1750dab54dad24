//! Where the pixels of a picture are: its panels, the pixels that a geometry calls bad, beam centre and rings.

use std::sync::Arc;

use hutch_formats::transposed::has_stored_frames;
use hutch_model::{Dataset, Error, ErrorKind, Geometry, Result, Value, ViewState};
use hutch_render::{ImageFromTarget, RgbaPicture};
use hutch_viewers::assembled::Assembled;
use hutch_viewers::diffraction::{Rings, plane_of, rings};
use hutch_viewers::{Pixels, Subject};

use super::marks::stored_size;
use super::{Options, Picture};
use crate::cli::context::Context;
use crate::cli::out::note;
use crate::geometry::{Frames, read};
use crate::window::given::GEOMETRY;

/// The colour of rings: none of the colours of the usual maps.
const RING: [u8; 4] = [0xff, 0x40, 0xa0, 0xff];
/// Pixels from the beam centre to the ends of its cross.
const CROSS: f64 = 8.0;

/// What is known of where pixels are.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// The geometry that the options name, or that the file of the frame says where something asks for it.
    geometry: Option<Arc<Geometry>>,
    /// Where the file that the options name is.
    address: Option<String>,
    /// The picture of its panels, where the options ask for it.
    pub(super) assembled: Option<Assembled>,
}

impl Place {
    /// Finds it for frames of a dataset, and masks the pixels that a `.geom` calls bad.
    ///
    /// # Errors
    /// Those of reading the file that is named; [`ErrorKind::NotFound`] where rings or panels are asked for and nothing
    /// says where the pixels are; [`ErrorKind::Shape`] where the panels make no picture.
    pub(super) fn of(
        context: &Context,
        options: &Options,
        (subject, dataset): (&Subject, &Arc<dyn Dataset>),
        pixels: &mut Pixels,
    ) -> Result<Self> {
        let shape = &dataset.info().shape;
        let found = geometry(context, options, (subject, shape), pixels)?;
        let Some((geometry, address)) = found else {
            return Ok(Self::default());
        };
        let assembled = options.assembled.then(|| Assembled::of(&geometry, shape));
        let assembled = assembled.transpose().map_err(|why| {
            let tried = format!("assemble the panels of \"{}\"", dataset.origin());
            Error::new(ErrorKind::Shape, tried, why)
        })?;
        Ok(Self {
            geometry: Some(geometry),
            address,
            assembled,
        })
    }

    /// Writes what the picture is drawn with into the state that its link opens.
    pub(super) fn write(&self, state: &mut ViewState) {
        if let Some(address) = &self.address {
            state.set(GEOMETRY, Value::Text(address.clone()));
        }
        if self.geometry.is_some() {
            state.set("assembled", Value::Bool(self.assembled.is_some()));
        }
    }

    /// Width and height of what is drawn: of the stored frame, or of the picture of its panels.
    pub(super) fn whole(&self, dataset: &Arc<dyn Dataset>) -> Option<[u32; 2]> {
        let stored = stored_size(dataset.as_ref())?;
        Some(self.assembled.as_ref().map_or(stored, Assembled::size))
    }

    /// Draws beam centre and rings over a picture of a frame, by its number, of a dataset.
    pub(super) fn add(
        &self,
        picture: &mut Picture,
        options: &Options,
        (dataset, frame): (&Arc<dyn Dataset>, u64),
    ) {
        let Some((geometry, which)) = self.rings(options) else {
            return;
        };
        let Some(whole) = self.whole(dataset) else {
            return;
        };
        let picture = &mut picture.rgba;
        let size = [picture.width, picture.height];
        let place = ImageFromTarget::fit_oriented(size, whole, options.look().orientation);
        if let Some(assembled) = &self.assembled {
            draw_assembled(picture, &place, assembled, which);
        } else {
            let plane = plane_of(&geometry, &dataset.info().shape, frame);
            draw(picture, &place, (&geometry, &plane), which);
        }
    }

    /// The geometry and the rings that the options ask for.
    pub(super) fn rings(&self, options: &Options) -> Option<(Arc<Geometry>, Rings)> {
        let is_asked = options.rings.is_some() || options.poni.is_some() || options.geom.is_some();
        let geometry = self.geometry.as_ref().filter(|_| is_asked)?;
        Some((Arc::clone(geometry), options.rings.unwrap_or_default()))
    }
}

/// The geometry that the options name and where its file is, or that the file of the frame says; `None` where nothing
/// asks for it.
fn geometry(
    context: &Context,
    options: &Options,
    (subject, shape): (&Subject, &[u64]),
    pixels: &mut Pixels,
) -> Result<Option<(Arc<Geometry>, Option<String>)>> {
    let named = options.poni.as_ref().or(options.geom.as_ref());
    let is_asked = named.is_some() || options.assembled || options.rings.is_some();
    let signal = subject.signal.as_ref().filter(|_| is_asked);
    if let Some(signal) = signal.filter(|signal| !has_stored_frames(signal)) {
        let tried = format!("draw \"{}\" with a geometry", signal.data.origin());
        let why = "a geometry is of frames as they are stored, and other axes are drawn";
        return Err(Error::new(ErrorKind::Usage, tried, why));
    }
    let Some(url) = named else {
        let tried = match (options.assembled, options.rings) {
            (true, _) => "assemble the panels",
            (false, Some(_)) => "draw rings",
            (false, None) => return Ok(None),
        };
        let own = subject
            .signal
            .as_ref()
            .and_then(|signal| signal.geometry.clone());
        let why = "the file does not say where its pixels are; name a file with --poni or --geom";
        let absent = || Error::new(ErrorKind::NotFound, tried, why);
        return own.map(|own| Some((own, None))).ok_or_else(absent);
    };
    let address = context.address(url)?;
    let frames = Frames {
        container: subject.container.as_deref(),
        shape,
    };
    let (found, address) = context.pools.wait(async {
        let (_, source, _) = context.source(address).await?;
        let address = source.bytes.identity().await?.url;
        let mut found = read(source, frames, &context.cancel).await?;
        found.unite(pixels.mask.as_ref(), &context.cancel).await?;
        Ok::<_, Error>((found, address))
    })?;
    for problem in &found.problems {
        note(format!("\"{url}\": {problem}"));
    }
    if let Some(mask) = found.mask() {
        pixels.mask = Some(Arc::clone(mask));
    }
    Ok(Some((found.geometry, Some(address))))
}

/// Draws beam centre and rings over a picture of the panels where they lie.
fn draw_assembled(
    picture: &mut RgbaPicture,
    place: &ImageFromTarget,
    assembled: &Assembled,
    which: Rings,
) {
    for ring in rings(&assembled.geometry, &[], which) {
        for line in ring.lines.iter().filter_map(|line| assembled.line(line)) {
            for pair in line.windows(2) {
                let ends = [pair[0], pair[1]].map(|point| target_of(place, point));
                segment(picture, ends, RING);
            }
        }
    }
    cross(picture, target_of(place, assembled.beam()));
}

fn cross(picture: &mut RgbaPicture, [x, y]: [f64; 2]) {
    segment(picture, [[x - CROSS, y], [x + CROSS, y]], RING);
    segment(picture, [[x, y - CROSS], [x, y + CROSS]], RING);
}

/// Draws beam centre and rings over a picture of a plane of the detector, of whose points `place` tells where they are on
/// the frame.
pub(super) fn draw(
    picture: &mut RgbaPicture,
    place: &ImageFromTarget,
    (geometry, plane): (&Geometry, &[u64]),
    which: Rings,
) {
    let target = |point: [f64; 2]| target_of(place, point);
    for ring in rings(geometry, plane, which) {
        for line in &ring.lines {
            for pair in line.windows(2) {
                segment(picture, [target(pair[0]), target(pair[1])], RING);
            }
        }
    }
    if let Some([y, x]) = geometry.beam_centre() {
        cross(picture, target([x - 0.5, y - 0.5]));
    }
}

/// The point of the picture that shows a point of the frame; not finite where the picture shows none.
pub(super) fn target_of(place: &ImageFromTarget, point: [f64; 2]) -> [f64; 2] {
    let [x, y] = [point[0] - place.origin[0], point[1] - place.origin[1]];
    let determinant = place.x[0] * place.y[1] - place.x[1] * place.y[0];
    [
        (x * place.y[1] - y * place.x[1]) / determinant,
        (y * place.x[0] - x * place.y[0]) / determinant,
    ]
}

/// Draws a line from one point of a picture to another; what lies outside is left out.
pub(super) fn segment(picture: &mut RgbaPicture, [from, to]: [[f64; 2]; 2], colour: [u8; 4]) {
    let length = (to[0] - from[0]).abs().max((to[1] - from[1]).abs());
    let longest = f64::from(picture.width.max(picture.height)) * 4.0;
    if !length.is_finite() || length > longest {
        return;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not longer than some pictures"
    )]
    let steps = (2.0 * length).ceil().max(1.0) as u32;
    for step in 0..=steps {
        let share = f64::from(step) / f64::from(steps);
        let point: [f64; 2] =
            std::array::from_fn(|axis| from[axis] + share * (to[axis] - from[axis]));
        dot(picture, point, colour);
    }
}

fn dot(picture: &mut RgbaPicture, [x, y]: [f64; 2], colour: [u8; 4]) {
    let is_inside = (0.0..f64::from(picture.width)).contains(&x)
        && (0.0..f64::from(picture.height)).contains(&y);
    if !is_inside {
        return;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to lie inside of the picture"
    )]
    let (x, y) = (x as usize, y as usize);
    let at = (y * picture.width as usize + x) * 4;
    if let Some(pixel) = picture.pixels.get_mut(at..at + 4) {
        pixel.copy_from_slice(&colour);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hutch_model::Panel;

    #[test]
    fn the_beam_centre_is_drawn_where_it_is() {
        let geometry = Geometry {
            panels: vec![Panel {
                name: String::new(),
                plane: Vec::new(),
                first: [0, 0],
                size: [100, 200],
                corner_m: [0.012, 0.003, 0.1],
                slow_m: [0.0, -1e-4, 0.0],
                fast_m: [-1e-4, 0.0, 0.0],
            }],
            wavelength_m: None,
            source: String::new(),
        };
        // Twice as large as the frame; the beam is at 120, 30 pixels from its corner.
        let mut picture = RgbaPicture {
            width: 400,
            height: 200,
            pixels: vec![0; 400 * 200 * 4],
        };
        let place = ImageFromTarget::fit([400, 200], [200, 100]);
        draw(&mut picture, &place, (&geometry, &[]), Rings::Resolution);
        let drawn: Vec<[usize; 2]> = (0..400 * 200)
            .filter(|at| picture.pixels[at * 4] > 0)
            .map(|at| [at % 400, at / 400])
            .collect();
        assert!(drawn.contains(&[240, 60]), "the middle");
        let is_cross = |[x, y]: &[usize; 2]| *x == 240 || *y == 60;
        assert!(
            drawn.iter().all(is_cross),
            "nothing else without a wavelength"
        );
        assert!(drawn.len() > 30, "{} pixels", drawn.len());
    }
}
