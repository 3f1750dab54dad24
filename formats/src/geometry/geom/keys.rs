//! What each key of a `.geom` file means.

use super::values::{BeamKind, bits, cut, index, number, vector};
use super::{BadRegion, Beam, Dimension, Geom, GeomPanel, Length, PANEL_LIMIT, Reading};

/// Keys that say nothing which is shown: counts for a photon, edges, bandwidth, and those of old versions.
const PASSED_BY: [&str; 22] = [
    "adu_per_photon",
    "adu_per_eV",
    "saturation_map",
    "saturation_map_file",
    "flag_lessthan",
    "flag_morethan",
    "flag_equal",
    "mask_edge_pixels",
    "bandwidth",
    "peak_list_type",
    "rail_direction",
    "photon_energy_bandwidth",
    "photon_energy_scale",
    "badrow_direction",
    "noise",
    "peak_info_location",
    "beam_bandwidth",
    "profile_radius",
    "detector_shift_z",
    "integr_radius",
    "peak_sep",
    "default_event",
];

impl Reading {
    /// Takes one line.
    pub(super) fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        if let Some((owner, key)) = key.rsplit_once('/') {
            return if owner.starts_with("bad") {
                self.set_bad(owner, key, value)
            } else {
                self.set_panel(owner, key, value)
            };
        }
        if key.starts_with("group_") {
            let name = key.trim_start_matches("group_").to_owned();
            self.geom.groups.push((name, members(value)));
            return Ok(());
        }
        // Older files name groups so; CrystFEL passes them by since 0.11.
        if key.starts_with("rigid_group") {
            return Ok(());
        }
        match set_whole(&mut self.geom, key, value) {
            Some(done) => done,
            None => set_panel(&mut self.template, key, value),
        }
    }

    fn set_panel(&mut self, owner: &str, key: &str, value: &str) -> Result<(), String> {
        let at = match self.index.get(owner) {
            Some(at) => *at,
            None if self.geom.panels.len() >= PANEL_LIMIT => {
                return Err(format!("only {PANEL_LIMIT} panels are read"));
            }
            None => {
                let at = self.geom.panels.len();
                let mut panel = self.template.clone();
                owner.clone_into(&mut panel.name);
                self.geom.panels.push(panel);
                self.index.insert(owner.to_owned(), at);
                at
            }
        };
        match self.geom.panels.get_mut(at) {
            Some(panel) => set_panel(panel, key, value),
            None => Ok(()),
        }
    }

    fn set_bad(&mut self, owner: &str, key: &str, value: &str) -> Result<(), String> {
        let has = |bad: &BadRegion| bad.name == owner;
        let at = match self.geom.bad.iter().position(has) {
            Some(at) => at,
            None if self.geom.bad.len() >= PANEL_LIMIT => {
                return Err(format!("only {PANEL_LIMIT} bad regions are read"));
            }
            None => {
                self.geom.bad.push(BadRegion {
                    name: owner.to_owned(),
                    ..BadRegion::default()
                });
                self.geom.bad.len() - 1
            }
        };
        let Some(bad) = self.geom.bad.get_mut(at) else {
            return Ok(());
        };
        match key {
            "panel" => bad.panel = Some(value.to_owned()),
            "min_fs" | "max_fs" | "min_ss" | "max_ss" | "min_x" | "max_x" | "min_y" | "max_y" => {
                bad.limits.insert(key.to_owned(), number(value)?);
            }
            _ => {
                return Err(format!(
                    "the key \"{}\" of a bad region is not known",
                    cut(key)
                ));
            }
        }
        Ok(())
    }
}

/// Takes a key of the detector as a whole; `None` where it is none of those.
fn set_whole(geom: &mut Geom, key: &str, value: &str) -> Option<Result<(), String>> {
    let beam = |kind| Beam::parse(kind, value).map(Some);
    let done = match key {
        "wavelength" => beam(BeamKind::Wavelength).map(|beam| geom.beam = beam),
        "photon_energy" => beam(BeamKind::PhotonEnergy).map(|beam| geom.beam = beam),
        "electron_voltage" => beam(BeamKind::ElectronVoltage).map(|beam| geom.beam = beam),
        "clen" => Length::parse(value).map(|length| geom.clen = Some(length)),
        "detector_shift_x" => Length::parse(value).map(|length| geom.shift[0] = Some(length)),
        "detector_shift_y" => Length::parse(value).map(|length| geom.shift[1] = Some(length)),
        "peak_list" => {
            geom.peak_list = Some(value.to_owned());
            Ok(())
        }
        _ => return None,
    };
    Some(done)
}

/// Takes a key of a panel, or what later panels begin with.
fn set_panel(panel: &mut GeomPanel, key: &str, value: &str) -> Result<(), String> {
    match key {
        "min_ss" => panel.first[0] = Some(index(value)?),
        "min_fs" => panel.first[1] = Some(index(value)?),
        "max_ss" => panel.last[0] = Some(index(value)?),
        "max_fs" => panel.last[1] = Some(index(value)?),
        "corner_x" => panel.corner_px[0] = Some(number(value)?),
        "corner_y" => panel.corner_px[1] = Some(number(value)?),
        "fs" => panel.fast_px = vector(value).map_err(|why| instead(&why, panel.fast_px))?,
        "ss" => panel.slow_px = vector(value).map_err(|why| instead(&why, panel.slow_px))?,
        "res" => {
            let res = number(value)?;
            if res <= 0.0 {
                return Err(format!("res = {res} is no number of pixels in a metre"));
            }
            panel.res_per_m = Some(res);
        }
        "clen" => panel.clen = Some(Length::parse(value)?),
        "coffset" => panel.coffset_m = offset(value)?,
        "data" => value.clone_into(&mut panel.data),
        "max_adu" => panel.max_adu = Some(number(value)?),
        "no_index" => panel.is_bad = number(value)?.abs() > 0.0,
        _ if key.starts_with("dim") => dimension(panel, key, value)?,
        _ if key.starts_with("mask") && !PASSED_BY.contains(&key) => mask(panel, key, value)?,
        _ if PASSED_BY.contains(&key) => {}
        _ => return Err(format!("the key \"{}\" is not known", cut(key))),
    }
    Ok(())
}

/// Says which direction counts where the one of a file is none.
fn instead(why: &str, [x, y, z]: [f64; 3]) -> String {
    format!("{why}; {x:+}x {y:+}y {z:+}z is taken instead")
}

/// An offset in metres, whatever file it comes from.
fn offset(value: &str) -> Result<f64, String> {
    match Length::parse(value)? {
        Length::Metres(length) => Ok(length),
        Length::Path(..) => Err("coffset is a number".to_owned()),
    }
}

fn dimension(panel: &mut GeomPanel, key: &str, value: &str) -> Result<(), String> {
    let unknown = || format!("the key \"{}\" is not known", cut(key));
    let digits = key.trim_start_matches("dim");
    let axis: usize = digits.parse().map_err(|_why| unknown())?;
    if axis >= 32 {
        return Err("a dataset has 32 axes at most".to_owned());
    }
    let dimension = match value {
        "%" => Dimension::Frame,
        "ss" => Dimension::Slow,
        "fs" => Dimension::Fast,
        number => Dimension::Index(index(number)?),
    };
    if panel.dimensions.len() <= axis {
        panel.dimensions.resize(axis + 1, Dimension::Fast);
    }
    if let Some(place) = panel.dimensions.get_mut(axis) {
        *place = dimension;
    }
    Ok(())
}

/// `mask0_data` to `mask7_data` and so on; without a number, the first of them.
fn mask(panel: &mut GeomPanel, key: &str, value: &str) -> Result<(), String> {
    let unknown = || format!("the key \"{}\" is not known", cut(key));
    let rest = key.trim_start_matches("mask");
    let (number, what) = match rest.chars().next() {
        Some(digit @ '0'..='7') => (digit as u8 - b'0', rest.get(1..).unwrap_or_default()),
        _ => (0, rest),
    };
    let mask = panel.masks.entry(number).or_default();
    match what {
        "" | "_data" => mask.data = Some(value.to_owned()),
        "_file" => mask.file = Some(value.to_owned()),
        "_goodbits" | "_good" => mask.good_bits = bits(value)?,
        "_badbits" | "_bad" => mask.bad_bits = bits(value)?,
        _ => return Err(unknown()),
    }
    Ok(())
}

/// Names between commas.
fn members(value: &str) -> Vec<String> {
    value
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}
