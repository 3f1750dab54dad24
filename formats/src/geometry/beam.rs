//! The wavelength of the beam, from whatever says it; never from the energy of the machine.
//!
//! Source: NeXus `NXbeam`, `NXmonochromator`; CXI 1.6, where `source_1/energy` is that of a photon in joules.

use hutch_model::{Cancel, Container, Node, NodeKind};

use crate::nexus::{number, numbers, unit_of};
use crate::path;

/// Planck's constant times the speed of light, in eV m (CODATA 2018, exact since 2019).
const HC_EV_M: f64 = 1.239_841_984_332_002_8e-6;
/// One electronvolt in joules (CODATA 2018, exact).
const EV_J: f64 = 1.602_176_634e-19;
/// Photons of beamlines, in electronvolts: what lies outside is something else.
const PHOTONS_EV: std::ops::RangeInclusive<f64> = 1.0..=1e6;

/// The wavelength of photons of an energy.
pub fn wavelength_of_energy(energy_ev: f64) -> Option<f64> {
    PHOTONS_EV.contains(&energy_ev).then(|| HC_EV_M / energy_ev)
}

/// The energy of photons of a wavelength.
pub fn energy_of_wavelength(wavelength_m: f64) -> Option<f64> {
    let energy = HC_EV_M / wavelength_m;
    PHOTONS_EV.contains(&energy).then_some(energy)
}

/// Where a wavelength or an energy lies under an instrument, best first.
const UNDER_INSTRUMENT: [(&str, Kind); 6] = [
    ("beam/incident_wavelength", Kind::Wavelength),
    ("monochromator/wavelength", Kind::Wavelength),
    ("beam/incident_energy", Kind::Energy),
    ("monochromator/energy", Kind::Energy),
    ("source_1/wavelength", Kind::Wavelength),
    ("source_1/energy", Kind::Joules),
];
/// The same under an entry.
const UNDER_ENTRY: [(&str, Kind); 5] = [
    ("sample/beam/incident_wavelength", Kind::Wavelength),
    ("beam/incident_wavelength", Kind::Wavelength),
    ("sample/beam/incident_energy", Kind::Energy),
    ("beam/incident_energy", Kind::Energy),
    ("monochromator/wavelength", Kind::Wavelength),
];
/// The same under a detector of DECTRIS.
const UNDER_DETECTOR: [(&str, Kind); 2] = [
    ("detectorSpecific/photon_energy", Kind::Energy),
    ("photon_energy", Kind::Energy),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Wavelength,
    Energy,
    Joules,
}

/// The wavelength that a file says, and the path that says it.
pub(crate) async fn wavelength(
    container: &dyn Container,
    entry: &str,
    instruments: &[String],
    detector: &str,
    cancel: &Cancel,
) -> Option<(f64, String)> {
    let mut places: Vec<(String, Kind)> = Vec::new();
    let mut add = |group: &str, names: &[(&str, Kind)]| {
        places.extend(
            names
                .iter()
                .map(|(name, kind)| (path::join(group, name), *kind)),
        );
    };
    for instrument in instruments {
        add(instrument, &UNDER_INSTRUMENT);
    }
    add(entry, &UNDER_ENTRY);
    add(detector, &UNDER_DETECTOR);
    let paths: Vec<String> = places.iter().map(|(path, _)| path.clone()).collect();
    let nodes = container.nodes(&paths, cancel).await;
    for ((path, kind), node) in places.into_iter().zip(nodes) {
        let Ok(node) = node else { continue };
        let is_number = matches!(&node.kind, NodeKind::Dataset(info) if info.element.is_numeric());
        if !is_number {
            continue;
        }
        let Some(value) = first(container, &path, cancel).await else {
            continue;
        };
        if let Some(wavelength) = in_metres(value, kind, &node) {
            return Some((wavelength, path));
        }
    }
    None
}

/// The number of a scalar, or of the first frame of a list.
async fn first(container: &dyn Container, path: &str, cancel: &Cancel) -> Option<f64> {
    if let Ok(Some(value)) = number(container, path, cancel).await {
        return Some(value);
    }
    let values = numbers(container, path, cancel).await.ok()?;
    values
        .into_iter()
        .find(|value| value.is_finite() && *value > 0.0)
}

fn in_metres(value: f64, kind: Kind, node: &Node) -> Option<f64> {
    let unit = unit_of(node).to_lowercase();
    match kind {
        Kind::Wavelength => {
            let factor = match unit.as_str() {
                // NXmx and DECTRIS write angstrom, also where they write no unit.
                "" | "a" | "\u{e5}" | "\u{212b}" | "angstrom" | "angstroms" | "angstroem" => 1e-10,
                "pm" => 1e-12,
                other => crate::tomo::metres(other)?,
            };
            let wavelength = value * factor;
            energy_of_wavelength(wavelength).map(|_| wavelength)
        }
        Kind::Energy | Kind::Joules => {
            let factor = match (unit.as_str(), kind) {
                ("j", _) | ("", Kind::Joules) => EV_J.recip(),
                ("kev", _) => 1e3,
                // Without a unit, a beamline's photons of less than 250 are of keV.
                ("", _) if value < 250.0 => 1e3,
                ("ev" | "", _) => 1.0,
                _ => return None,
            };
            wavelength_of_energy(value * factor)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(units: &str) -> Node {
        Node {
            path: String::new(),
            kind: NodeKind::Group,
            attributes: vec![crate::images::container::attribute("units", units)],
            problems: Vec::new(),
        }
    }

    #[test]
    fn an_energy_is_the_wavelength_that_codata_gives_it() {
        let wavelength = in_metres(12.398_419_843_320_028, Kind::Energy, &node("keV"));
        assert!((wavelength.expect("a photon") - 1e-10).abs() < 1e-24);
        let joules = in_metres(12_398.419_843 * EV_J, Kind::Joules, &node(""));
        assert!((joules.expect("a photon") - 1e-10).abs() < 1e-19);
    }

    #[test]
    fn the_energy_of_a_machine_is_no_photon() {
        assert_eq!(in_metres(6.0, Kind::Energy, &node("GeV")), None, "a ring");
        assert_eq!(
            in_metres(6e9, Kind::Energy, &node("eV")),
            None,
            "a ring in eV"
        );
        assert_eq!(
            in_metres(9.6e-10, Kind::Joules, &node("J")),
            None,
            "a ring in J"
        );
    }
}
