//! The geometry that the header of an image tells: miniCBF, EDF, SMV, `MarCCD`.

use hutch_model::{Geometry, Node, Value};

use super::flat::{Flat, arm};
use super::nxdetector::OfGeometry;
use crate::tomo::metres;

/// What the attributes of a frame say, which were made of its header in the words of `NXdetector` and `NXbeam`.
///
/// `None` where they say no distance and no size of a pixel.
pub(crate) fn of_attributes(node: &Node, frame: [u64; 2]) -> Option<OfGeometry> {
    let number = |name: &str| node.attribute(name).and_then(Value::as_f64);
    let unit = |name: &str| {
        let units = node.attribute(&format!("{name}_units"));
        units.and_then(Value::as_text).unwrap_or_default()
    };
    let length = |name: &str| Some(number(name)? * metres(unit(name))?);
    let exposure_s = number("count_time").filter(|_| unit("count_time") == "s");
    let pixel_m = [length("y_pixel_size"), length("x_pixel_size")];
    let ([Some(slow), Some(fast)], Some(distance_m)) = (pixel_m, length("distance")) else {
        return exposure_s.map(|_| OfGeometry {
            geometry: None,
            exposure_s,
        });
    };
    let centre = |name: &str, pixel: f64| {
        let value = number(name)?;
        match metres(unit(name)) {
            Some(factor) => Some(value * factor / pixel),
            None => Some(value),
        }
    };
    let centre_px = centre("beam_center_y", slow).zip(centre("beam_center_x", fast));
    let flat = centre_px.map(|(slow_px, fast_px)| Flat {
        distance_m,
        pixel_m: [slow, fast],
        centre_px: [slow_px, fast_px],
        frame,
    });
    let polar = number("polar_angle").unwrap_or(0.0).to_radians();
    let panel = flat
        .filter(|_| !is_barrel(frame, slow))
        .and_then(|flat| flat.panel(&arm(polar, 0.0)));
    let geometry = panel.map(|panel| Geometry {
        panels: vec![panel],
        wavelength_m: length("incident_wavelength").filter(|length| *length > 0.0),
        source: "the header of the image".to_owned(),
    });
    Some(OfGeometry {
        geometry,
        exposure_s,
    })
}

/// Whether a frame is that of the Pilatus 12M of Diamond I23, whose 24 rows of modules stand around the sample: its
/// header tells where one of them is.
fn is_barrel(frame: [u64; 2], pixel_m: f64) -> bool {
    frame == [5071, 2463] && (pixel_m - 172e-6).abs() < 1e-6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::container::attribute;
    use hutch_model::NodeKind;

    fn node(attributes: &[(&str, f64, &str)]) -> Node {
        let pairs = attributes.iter().flat_map(|(name, value, units)| {
            let units_name = format!("{name}_units");
            [attribute(name, *value), attribute(&units_name, *units)]
        });
        Node {
            path: "/data".to_owned(),
            kind: NodeKind::Group,
            attributes: pairs.collect(),
            problems: Vec::new(),
        }
    }

    #[test]
    fn a_pilatus_header_is_a_detector_across_the_beam() {
        let node = node(&[
            ("x_pixel_size", 172e-6, "m"),
            ("y_pixel_size", 172e-6, "m"),
            ("distance", 0.2, "m"),
            ("beam_center_x", 241.5, "pixel"),
            ("beam_center_y", 90.25, "pixel"),
            ("incident_wavelength", 1.5e-10, "m"),
            ("count_time", 0.5, "s"),
        ]);
        let of = of_attributes(&node, [195, 487]).expect("a header that says it");
        let geometry = of.geometry.expect("a geometry");
        let centre = geometry.beam_centre().expect("in the beam");
        assert!((centre[0] - 90.25).abs() < 1e-9 && (centre[1] - 241.5).abs() < 1e-9);
        assert!((geometry.distance_m().expect("a distance") - 0.2).abs() < 1e-15);
        assert_eq!(
            (geometry.wavelength_m, of.exposure_s),
            (Some(1.5e-10), Some(0.5))
        );
    }

    #[test]
    fn a_centre_in_metres_is_the_same_place() {
        let node = node(&[
            ("x_pixel_size", 1e-4, "m"),
            ("y_pixel_size", 2e-4, "m"),
            ("distance", 100.0, "mm"),
            ("beam_center_x", 0.01, "m"),
            ("beam_center_y", 10.0, "mm"),
        ]);
        let geometry = of_attributes(&node, [100, 200])
            .and_then(|of| of.geometry)
            .expect("a geometry");
        let centre = geometry.beam_centre().expect("in the beam");
        assert!((centre[0] - 50.0).abs() < 1e-9 && (centre[1] - 100.0).abs() < 1e-9);
    }

    #[test]
    fn a_detector_around_the_sample_is_not_taken_for_a_flat_one() {
        let node = node(&[
            ("x_pixel_size", 172e-6, "m"),
            ("y_pixel_size", 172e-6, "m"),
            ("distance", 0.01, "m"),
            ("beam_center_x", 1080.0, "pixel"),
            ("beam_center_y", 2595.0, "pixel"),
        ]);
        let of = of_attributes(&node, [5071, 2463]).expect("a header");
        assert_eq!(of.geometry, None);
    }
}
