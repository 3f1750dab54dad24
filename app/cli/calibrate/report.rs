//! What a calibration found: lines for people, or JSON.

use hutch_analysis::calibration::{Calibration, Setting};
use hutch_model::Result;
use serde_json::{Value as Json, json};

use crate::cli::context::Context;
use crate::cli::out::Out;

/// Says what was found.
pub(super) fn tell(
    context: &Context,
    calibrant: &str,
    start: &Setting,
    found: &Calibration,
) -> Result<()> {
    let mut out = Out::new();
    if context.wants_json {
        out.json(&report(calibrant, start, found))?;
        return out.finish();
    }
    let now = &found.refined.setting;
    let [y, x] = now.geometry().beam_centre().unwrap_or([f64::NAN; 2]);
    out.line(format!(
        "{} points on rings of {}, {} left out",
        found.points.len(),
        calibrant,
        found.left_out
    ))?;
    out.line(format!(
        "residual     {:.4} px before, {:.4} px after",
        found.before_px, found.after_px
    ))?;
    out.line(format!("distance     {:.5} mm", now.distance_m * 1e3))?;
    out.line(format!(
        "beam centre  x {:.3}, y {:.3} px",
        x - 0.5,
        y - 0.5
    ))?;
    out.line(format!("tilt         {:.4} deg", now.tilt().to_degrees()))?;
    out.line(format!("wavelength   {:.7} A", now.wavelength_m * 1e10))?;
    out.finish()
}

fn report(calibrant: &str, start: &Setting, found: &Calibration) -> Json {
    let setting = |of: &Setting, residual: f64| {
        let centre = of.geometry().beam_centre().map(|[y, x]| [x - 0.5, y - 0.5]);
        json!({
            "distance_m": of.distance_m,
            "poni_m": of.poni_m,
            "rotation_rad": of.rotation,
            "wavelength_m": of.wavelength_m,
            "beam_centre_px": centre,
            "tilt_deg": of.tilt().to_degrees(),
            "residual_px": residual,
        })
    };
    let points = found.points.iter().map(|found| {
        let [slow, fast] = found.point.point_px;
        json!({
            "x": fast - 0.5,
            "y": slow - 0.5,
            "spacing_m": found.point.spacing_m,
            "residual_px": found.residual_px,
        })
    });
    json!({
        "schema": "hutch.calibrate/1",
        "calibrant": calibrant,
        "before": setting(start, found.before_px),
        "after": setting(&found.refined.setting, found.after_px),
        "left_out": found.left_out,
        "points": points.collect::<Vec<_>>(),
    })
}
