//! Lines of pyFAI that give the pattern or the cake that a view shows.

use std::fmt::Write as _;

use hutch_analysis::calibration::Setting;
use hutch_model::{Slab, ViewState};
use hutch_viewers::Subject;
use hutch_viewers::integration::{Chosen, Kind};

/// Lines behind those of [`super::snippet`] that integrate `data` without the pixels `masked`, where it `has_mask`, and
/// print radius, intensity and its standard error.
///
/// `None` where the view integrates nothing; where pyFAI has no words for the detector the lines say so.
pub(super) fn lines(
    (subject, has_mask): (&Subject, bool),
    shown: &Slab,
    state: &ViewState,
) -> Option<String> {
    let chosen = Chosen::of(state).filter(|chosen| chosen.kind != Kind::Off)?;
    let signal = subject.signal.as_ref()?;
    let geometry = signal.geometry.as_ref()?;
    let is_frame = shown.count.iter().rev().skip(2).all(|count| *count == 1);
    let Some(setting) = Setting::of(geometry, geometry.wavelength_m.unwrap_or(f64::NAN)) else {
        return Some("# pyFAI has no words for a detector of several panels; \"hutch integrate\" gives its pattern.\n".to_owned());
    };
    if !is_frame {
        return None;
    }
    let mut text = String::from(
        "\nfrom pyFAI.detectors import Detector\nfrom pyFAI.integrator.azimuthal import AzimuthalIntegrator\n\n",
    );
    let [pixel1, pixel2] = setting.pixel_m;
    let [poni1, poni2] = setting.poni_m;
    let [rot1, rot2, rot3] = setting.rotation;
    let wavelength = if setting.wavelength_m.is_nan() {
        "None".to_owned()
    } else {
        format!("{:e}", setting.wavelength_m)
    };
    // Writing to a String cannot fail.
    let _written = write!(
        text,
        "# {}\n\
         detector = Detector({pixel1:e}, {pixel2:e}, max_shape=data.shape[-2:], orientation={})\n\
         ai = AzimuthalIntegrator(dist={}, poni1={poni1}, poni2={poni2}, rot1={rot1}, rot2={rot2}, rot3={rot3},\n    \
         detector=detector, wavelength={wavelength})\n\
         no_value = -(2.0**40)\n\
         counts = np.where(valid, data, no_value).reshape(data.shape[-2:])\n",
        geometry.source.replace(['\n', '\r'], " "),
        setting.orientation(),
        setting.distance_m,
    );
    // A mask narrows the axes, values that mean no data do not.
    let mask = if has_mask {
        "masked.reshape(data.shape[-2:])"
    } else {
        "None"
    };
    let range = chosen.range.map_or_else(
        || "None".to_owned(),
        |[low, high]| format!("({low}, {high})"),
    );
    let factor = chosen
        .polarization
        .map_or_else(|| "None".to_owned(), |factor| factor.to_string());
    let solid_angle = if chosen.corrects_solid_angle {
        "True"
    } else {
        "False"
    };
    let options = format!(
        "unit=\"{}\", method=(\"{}\", \"csr\", \"cython\"), mask={mask},\n    \
         dummy=no_value, radial_range={range}, correctSolidAngle={solid_angle}, polarization_factor={factor},\n    \
         error_model=\"poisson\"",
        chosen.unit, chosen.split,
    );
    let call = match chosen.kind {
        Kind::Cake => format!(
            "integrate2d_ng(counts, {}, {}, {options})",
            chosen.points, chosen.azimuth_points
        ),
        Kind::Pattern | Kind::Off => {
            format!("integrate1d_ng(counts, {}, {options})", chosen.points)
        }
    };
    let _written = write!(
        text,
        "pattern = ai.{call}\n\
         print(\"radial\", pattern.radial)\nprint(\"intensity\", pattern.intensity)\nprint(\"sigma\", pattern.sem)\n"
    );
    Some(text)
}
