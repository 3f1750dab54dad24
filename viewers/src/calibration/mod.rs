//! Calibration in the window: the detector is brought to the rings of a calibrant, and the result is a value of the
//! view's state, so that it is undone, restored and linked as any other.

mod inspector;
mod overlay;

use std::sync::Arc;

use hutch_analysis::calibrants::Calibrant;
use hutch_analysis::calibration::{
    self, Parameter, RingPoint, Search, Setting, calibrate, calibrate_by,
};
use hutch_model::{Error, Geometry, Value, ViewState};

use crate::diffraction::Rings;
use crate::prepared::PreparedFrame;
use crate::{Priority, Resident, Subject, Task};

/// Rings that are looked for at most.
const RINGS: usize = 20;
/// The name of the calibrated detector in a state.
const SETTING: &str = "calibration";

/// What a calibration found, and where it began.
struct Found {
    start: Setting,
    found: calibration::Calibration,
}

/// The calibration of one view.
pub(crate) struct Calibration {
    /// The detector as it was calibrated.
    setting: Option<Setting>,
    /// The geometry of the file, and the one that was put in its place.
    replaced: Option<(Option<Arc<Geometry>>, Arc<Geometry>, Setting)>,
    refines_tilt: bool,
    refines_wavelength: bool,
    reach_px: f64,
    /// Points that a person clicked, each on a ring.
    clicked: Vec<RingPoint>,
    /// The ring that a click belongs to, counted from 1; none while nothing is picked.
    picking: Option<usize>,
    /// Rings that are to be looked for with the next pass.
    wanted: Option<&'static Calibrant>,
    /// Whether a person wants to begin where nothing says where the detector is.
    is_begun: bool,
    /// What is typed where nothing says about where the detector is: distance in mm, pixel in um, energy in keV.
    typed: [f64; 3],
    task: Option<Task<calibration::Calibration>>,
    start: Option<Setting>,
    found: Option<Found>,
    failed: Option<Arc<Error>>,
    generation: u64,
}

impl Default for Calibration {
    fn default() -> Self {
        Self {
            setting: None,
            replaced: None,
            refines_tilt: true,
            refines_wavelength: false,
            reach_px: 10.0,
            clicked: Vec::new(),
            picking: None,
            wanted: None,
            is_begun: false,
            typed: [200.0, 75.0, 12.4],
            task: None,
            start: None,
            found: None,
            failed: None,
            generation: 0,
        }
    }
}

impl Calibration {
    /// Lets a person click points on rings from now on, or no more.
    pub(crate) const fn toggle_picking(&mut self) {
        self.picking = match self.picking {
            Some(_) => None,
            None => Some(1),
        };
    }

    /// Looks for the rings of a calibrant with the next pass; says whether there is one to look for.
    pub(crate) fn find_rings(&mut self, rings: Rings) -> bool {
        self.wanted = match rings {
            Rings::Of(calibrant) => Some(calibrant),
            _ => None,
        };
        self.wanted.is_some()
    }

    /// Begins to look for the rings that [`Self::find_rings`] asked for, on a frame of a known geometry.
    pub(crate) fn begin_found(
        &mut self,
        resident: &mut dyn Resident,
        (geometry, frame): (Option<&Geometry>, &Arc<PreparedFrame>),
    ) {
        // What cannot begin now does not begin by itself later.
        let wanted = self.wanted.take();
        let Some(geometry) = geometry.filter(|_| self.task.is_none()) else {
            return;
        };
        if let Some(calibrant) = wanted
            && let Some(start) = start_of(geometry)
        {
            self.begin(resident, (start, calibrant), frame, false);
        }
    }

    /// Takes what was found, and gives the subject its calibrated geometry, or the file's own again.
    pub(crate) fn apply(&mut self, subject: &mut Subject) {
        self.take();
        let Some(signal) = &mut subject.signal else {
            return;
        };
        let now = signal.geometry.clone();
        let is_ours = |ours: &Arc<Geometry>| now.as_ref().is_some_and(|now| Arc::ptr_eq(now, ours));
        let replaced = self.replaced.take();
        let (own, known) = match replaced {
            Some((own, ours, setting)) if is_ours(&ours) => (own, Some((ours, setting))),
            // The file has a newer version, or another geometry was given.
            _ => (now, None),
        };
        let Some(setting) = &self.setting else {
            signal.geometry = own;
            return;
        };
        let ours = match known {
            Some((ours, of)) if of == *setting => ours,
            _ => Arc::new(setting.geometry()),
        };
        signal.geometry = Some(Arc::clone(&ours));
        self.replaced = Some((own, ours, setting.clone()));
    }

    fn take(&mut self) {
        let Some(answer) = self.task.as_mut().and_then(Task::poll) else {
            return;
        };
        self.task = None;
        let start = self.start.take();
        match (answer, start) {
            (Ok(found), Some(start)) => {
                self.setting = Some(found.refined.setting.clone());
                self.found = Some(Found { start, found });
                self.failed = None;
            }
            (Err(error), _) => self.failed = Some(Arc::new(error)),
            (Ok(_), None) => {}
        }
    }

    /// Begins to calibrate: by the points that were clicked, or by rings that are looked for on a frame.
    fn begin(
        &mut self,
        resident: &mut dyn Resident,
        (start, calibrant): (Setting, &'static Calibrant),
        frame: &Arc<PreparedFrame>,
        by_clicks: bool,
    ) {
        let parameters = self.parameters();
        let clicked = self.clicked.clone();
        let search = Search {
            reach_px: self.reach_px,
            ..Search::default()
        };
        let (from, of) = (start.clone(), Arc::clone(frame));
        self.generation += 1;
        self.failed = None;
        self.start = Some(start);
        self.task = Some(Task::start(
            resident,
            Priority::Visible,
            "calibrate a detector",
            self.generation,
            move |cancel| {
                if by_clicks {
                    return calibrate_by(&from, &parameters, &clicked);
                }
                let task = calibration::Task {
                    spacings_m: from.spacings_m(calibrant, RINGS),
                    parameters,
                    search,
                    start: from,
                };
                calibrate(&task, |pixel| value(&of, pixel), cancel)
            },
        ));
    }

    fn parameters(&self) -> Vec<Parameter> {
        let mut parameters = vec![Parameter::Distance, Parameter::Poni1, Parameter::Poni2];
        if self.refines_tilt {
            parameters.extend([Parameter::Rot1, Parameter::Rot2]);
        }
        if self.refines_wavelength {
            parameters.push(Parameter::Wavelength);
        }
        parameters
    }

    /// Writes the calibrated detector into a state; an empty list where there is none.
    pub(crate) fn write(&self, state: &mut ViewState) {
        let numbers = self.setting.as_ref().map_or_else(Vec::new, |setting| {
            let [height, width] = setting.shape.map(|length| length as f64);
            let [poni1, poni2] = setting.poni_m;
            let [rot1, rot2, rot3] = setting.rotation;
            let [pixel1, pixel2] = setting.pixel_m;
            let beam = setting.wavelength_m;
            let [slow, fast] = setting.is_turned.map(f64::from);
            vec![
                setting.distance_m,
                poni1,
                poni2,
                rot1,
                rot2,
                rot3,
                beam,
                pixel1,
                pixel2,
                height,
                width,
                slow,
                fast,
            ]
        });
        let numbers = numbers.into_iter().map(Value::Float).collect();
        state.set(SETTING, Value::List(numbers));
    }

    /// Takes the detector of a state that says something of it.
    pub(crate) fn read(&mut self, state: &ViewState) {
        if let Some(Value::List(numbers)) = state.values.get(SETTING) {
            let numbers: Vec<f64> = numbers.iter().filter_map(Value::as_f64).collect();
            self.setting = setting_of(&numbers);
            let is_found = self.found.as_ref().map(|of| &of.found.refined.setting);
            if is_found != self.setting.as_ref() {
                self.found = None;
            }
        }
    }
}

/// Where a calibration begins: one flat detector in a beam of a known wavelength.
fn start_of(geometry: &Geometry) -> Option<Setting> {
    let wavelength_m = geometry.wavelength_m.filter(|length| *length > 0.0)?;
    Setting::of(geometry, wavelength_m)
}

/// The detector of the numbers that [`Calibration::write`] writes.
fn setting_of(numbers: &[f64]) -> Option<Setting> {
    let &[
        distance_m,
        poni1,
        poni2,
        rot1,
        rot2,
        rot3,
        wavelength_m,
        pixel1,
        pixel2,
        height,
        width,
        slow,
        fast,
    ] = numbers
    else {
        return None;
    };
    let is_fine = numbers.iter().all(|number| number.is_finite())
        && [distance_m, wavelength_m, pixel1, pixel2]
            .iter()
            .all(|number| *number > 0.0)
        && [height, width]
            .iter()
            .all(|length| (1.0..1e6).contains(length));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "looked at before"
    )]
    let shape = [height, width].map(|length| length as u64);
    is_fine.then_some(Setting {
        distance_m,
        poni_m: [poni1, poni2],
        rotation: [rot1, rot2, rot3],
        wavelength_m,
        pixel_m: [pixel1, pixel2],
        shape,
        is_turned: [slow, fast].map(|turned| turned > 0.0),
    })
}

/// What counts at a pixel `[slow, fast]`.
fn value(frame: &PreparedFrame, [y, x]: [u64; 2]) -> Option<f64> {
    let index = frame.sample_index(i64::try_from(x).ok()?, i64::try_from(y).ok()?)?;
    let value = frame.samples.get_f64(index);
    (value.is_finite() && !frame.has_no_value(index)).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting() -> Setting {
        Setting {
            distance_m: 0.2,
            poni_m: [0.01, 0.02],
            rotation: [0.1, -0.2, 0.3],
            wavelength_m: 1e-10,
            pixel_m: [1e-4, 2e-4],
            shape: [100, 80],
            is_turned: [true, false],
        }
    }

    #[test]
    fn a_calibrated_detector_is_kept_with_the_view_and_taken_back_with_it() {
        let calibrated = Calibration {
            setting: Some(setting()),
            ..Calibration::default()
        };
        let mut state = ViewState::new("image", 1);
        calibrated.write(&mut state);
        let mut other = Calibration::default();
        other.read(&ViewState::new("image", 1));
        assert_eq!(other.setting, None, "a state that says nothing");
        other.read(&state);
        assert_eq!(other.setting, Some(setting()));
        let mut before = ViewState::new("image", 1);
        Calibration::default().write(&mut before);
        other.read(&before);
        assert_eq!(other.setting, None, "taken back");
    }

    #[test]
    fn numbers_that_are_no_detector_are_none() {
        assert_eq!(setting_of(&[1.0; 12]), None);
        assert_eq!(setting_of(&[-1.0; 13]), None);
        assert_eq!(setting_of(&[f64::NAN; 13]), None);
    }
}
