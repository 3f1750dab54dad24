//! From a guess to a calibration: rings are found, the detector is refined, points that lie far off are left out.

use hutch_model::{Cancel, ErrorKind, Result, two_theta};

use super::{Parameter, Refined, RingPoint, Search, Setting, fail, place, refine, ring_points};

/// How far rings are looked for in each pass, as a share of the reach.
const PASSES: [f64; 4] = [1.0, 0.6, 0.4, 0.4];
/// Points farther off than so many standard deviations are left out; of a normal distribution one in 370.
const FAR: f64 = 3.0;
/// The standard deviation of a normal distribution for one median of absolute values.
const OF_MEDIAN: f64 = 1.4826;
/// Points within this are never far, in pixels.
const NEAR_PX: f64 = 0.1;
/// The fewest points that tell a detector.
const POINTS_MIN: usize = 12;

/// What a calibration is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// The detector as it is guessed.
    pub start: Setting,
    /// What is refined.
    pub parameters: Vec<Parameter>,
    /// Lattice spacings of the rings in metres, largest first.
    pub spacings_m: Vec<f64>,
    /// How rings are looked for.
    pub search: Search,
}

/// A point on a ring, and how far off it lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FoundPoint {
    /// The point and its ring.
    pub point: RingPoint,
    /// From its ring to it, in pixels; positive outside of it.
    pub residual_px: f64,
}

/// A calibration, and the points that it stands on.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// The detector.
    pub refined: Refined,
    /// The points, with what is left of their distances from the rings.
    pub points: Vec<FoundPoint>,
    /// Points that lay far off and were left out.
    pub left_out: usize,
    /// Root of the mean squared distance of the points from the rings of the guess, in pixels.
    pub before_px: f64,
    /// The same for the rings of the refined detector.
    pub after_px: f64,
}

/// Finds rings on a frame and refines the detector until both agree.
///
/// `value` gives what counts at a pixel `[slow, fast]`, `None` where it is masked.
///
/// # Errors
/// [`ErrorKind::Usage`] where there are too few points on rings, those of [`refine`], and
/// [`ErrorKind::Cancelled`].
pub fn calibrate(
    task: &Task,
    value: impl Fn([u64; 2]) -> Option<f64>,
    cancel: &Cancel,
) -> Result<Calibration> {
    let mut setting = task.start.clone();
    let mut last = None;
    for share in PASSES {
        cancel.check()?;
        let search = Search {
            reach_px: (task.search.reach_px * share).max(2.0),
            ..task.search
        };
        let found = ring_points(&setting.geometry(), &task.spacings_m, search, &value);
        cancel.check()?;
        let (points, left_out) = near(&setting, &task.parameters, found)?;
        let refined = refine(&setting, &task.parameters, &points)?;
        setting = refined.setting.clone();
        last = Some((refined, points, left_out));
    }
    let (refined, points, left_out) =
        last.ok_or_else(|| fail(ErrorKind::Internal, "no pass was made".to_owned()))?;
    Ok(told(&task.start, refined, &points, left_out))
}

/// Refines a detector by points that a person chose.
///
/// # Errors
/// Those of [`refine`].
pub fn calibrate_by(
    start: &Setting,
    parameters: &[Parameter],
    points: &[RingPoint],
) -> Result<Calibration> {
    let refined = refine(start, parameters, points)?;
    Ok(told(start, refined, points, 0))
}

fn told(start: &Setting, refined: Refined, points: &[RingPoint], left_out: usize) -> Calibration {
    let before = residuals_px(start, points);
    let after = residuals_px(&refined.setting, points);
    let pairs = points.iter().zip(&after);
    Calibration {
        points: pairs
            .map(|(point, residual_px)| FoundPoint {
                point: *point,
                residual_px: *residual_px,
            })
            .collect(),
        left_out,
        before_px: root_mean_square(&before),
        after_px: root_mean_square(&after),
        refined,
    }
}

/// How far points lie from their rings in pixels, outwards.
///
/// The scattering angle changes along the detector by its gradient at the point, so that rings are
/// right on tilted detectors.
pub fn residuals_px(setting: &Setting, points: &[RingPoint]) -> Vec<f64> {
    let geometry = setting.geometry();
    let angle = |point_px| place(&geometry, point_px).map_or(f64::NAN, two_theta);
    let of_point = |point: &RingPoint| {
        let [slow, fast] = point.point_px;
        let wanted = geometry.two_theta_of_d(point.spacing_m).unwrap_or(f64::NAN);
        let along_slow = angle([slow + 0.5, fast]) - angle([slow - 0.5, fast]);
        let along_fast = angle([slow, fast + 0.5]) - angle([slow, fast - 0.5]);
        (angle(point.point_px) - wanted) / along_slow.hypot(along_fast)
    };
    points.iter().map(of_point).collect()
}

/// The points that lie near the rings of a first refinement, and how many do not.
fn near(
    setting: &Setting,
    parameters: &[Parameter],
    mut points: Vec<RingPoint>,
) -> Result<(Vec<RingPoint>, usize)> {
    let all = points.len();
    for _ in 0..3 {
        if points.len() < POINTS_MIN.max(2 * parameters.len()) {
            let why = format!(
                "{} points on rings were found; a better guess, or a frame with brighter rings, has more",
                points.len()
            );
            return Err(fail(ErrorKind::Usage, why));
        }
        let refined = refine(setting, parameters, &points)?;
        let residuals = residuals_px(&refined.setting, &points);
        let mut sizes: Vec<f64> = residuals.iter().map(|residual| residual.abs()).collect();
        sizes.sort_by(f64::total_cmp);
        let median = sizes.get(sizes.len() / 2).copied().unwrap_or(0.0);
        let most = (FAR * OF_MEDIAN * median).max(NEAR_PX);
        let before = points.len();
        let mut residuals = residuals.iter();
        points.retain(|_| {
            residuals
                .next()
                .is_some_and(|residual| residual.abs() <= most)
        });
        if points.len() == before {
            break;
        }
    }
    let left_out = all - points.len();
    Ok((points, left_out))
}

fn root_mean_square(of: &[f64]) -> f64 {
    let sum: f64 = of.iter().map(|residual| residual * residual).sum();
    (sum / of.len().max(1) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibrants::Calibrant;

    fn tilted() -> Setting {
        Setting {
            distance_m: 0.12,
            poni_m: [0.021, 0.017],
            rotation: [0.06, -0.04, 0.0],
            wavelength_m: 1.0e-10,
            pixel_m: [2e-4, 2e-4],
            shape: [220, 200],
            is_turned: [false, false],
        }
    }

    fn spacings(of: &Setting) -> Vec<f64> {
        let calibrant = Calibrant::named("LaB6").expect("known");
        let spacings = calibrant.spacings_m(1.2e-10, 6);
        assert!(!spacings.is_empty() && of.wavelength_m > 0.0);
        spacings
    }

    /// Rings of a pixel and a half in width on a background, in numbers of the tilted detector.
    fn frame(of: &Setting) -> impl Fn([u64; 2]) -> Option<f64> {
        let geometry = of.geometry();
        let angles: Vec<f64> = spacings(of)
            .iter()
            .filter_map(|spacing| geometry.two_theta_of_d(*spacing))
            .collect();
        let shape = of.shape;
        move |pixel| {
            if pixel[0] >= shape[0] || pixel[1] >= shape[1] || pixel[0] == 100 {
                return None;
            }
            let point = geometry.point(&[], pixel.map(|index| index as f64 + 0.5))?;
            let angle = two_theta(point);
            let ring = |wanted: &f64| (-0.5 * ((angle - wanted) / 2.2e-3).powi(2)).exp();
            Some(20.0 + 900.0 * angles.iter().map(ring).sum::<f64>())
        }
    }

    #[test]
    fn a_guess_that_is_four_pixels_off_becomes_the_detector() {
        let wanted = tilted();
        let mut start = wanted.clone();
        start.poni_m = [0.021 + 6e-4, 0.017 - 5e-4];
        start.distance_m = 0.1215;
        start.rotation = [0.058, -0.037, 0.0];
        let task = Task {
            start,
            parameters: Parameter::USUAL.to_vec(),
            spacings_m: spacings(&wanted),
            search: Search::default(),
        };
        let found = calibrate(&task, frame(&wanted), &Cancel::new()).expect("rings");
        let setting = &found.refined.setting;
        assert!((setting.distance_m - 0.12).abs() < 3e-5, "{setting:?}");
        for axis in 0..2 {
            assert!(
                (setting.rotation[axis] - wanted.rotation[axis]).abs() < 2e-3,
                "{setting:?}"
            );
        }
        let centre = |setting: &Setting| setting.geometry().beam_centre().expect("a beam");
        for (found, wanted) in centre(setting).into_iter().zip(centre(&wanted)) {
            assert!((found - wanted).abs() < 0.1, "{found}, not {wanted}");
        }
        assert!(found.after_px < 0.1 && found.before_px > 2.0, "{found:?}");
        assert!(found.points.len() > 40, "{}", found.points.len());
    }

    #[test]
    fn residuals_are_pixels_from_the_ring() {
        let setting = tilted();
        let geometry = setting.geometry();
        let spacing_m = spacings(&setting)[0];
        let angle = geometry.two_theta_of_d(spacing_m).expect("resolved");
        let ring = geometry.ring(angle, 90);
        let centre = geometry.beam_centre().expect("a beam");
        let on = ring[0].points[5];
        let away = [on[0] - centre[0], on[1] - centre[1]];
        let length = away[0].hypot(away[1]);
        let out = [0, 1].map(|axis| on[axis] + 0.7 * away[axis] / length);
        let point = |point_px| RingPoint {
            point_px,
            spacing_m,
        };
        let found = residuals_px(&setting, &[point(on), point(out)]);
        assert!(found[0].abs() < 1e-9, "{found:?}");
        assert!((found[1] - 0.7).abs() < 0.01, "{found:?}");
    }

    #[test]
    fn a_dark_frame_has_no_rings_and_says_so() {
        let task = Task {
            start: tilted(),
            parameters: Parameter::USUAL.to_vec(),
            spacings_m: spacings(&tilted()),
            search: Search::default(),
        };
        let error = calibrate(&task, |_| Some(3.0), &Cancel::new()).expect_err("nothing");
        assert_eq!(error.kind, ErrorKind::Usage, "another guess helps");
    }
}
