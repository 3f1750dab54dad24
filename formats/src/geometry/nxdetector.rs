//! The geometry that `NXdetector` tells, the masters of DECTRIS and CXI included.
//!
//! Source: NeXus `NXdetector`, `NXdetector_module` and `NXtransformations`; the DECTRIS file writer; CXI 1.6,
//! `corner_positions` and `basis_vectors`.

use std::collections::BTreeMap;

use hutch_model::{Cancel, Container, DatasetInfo, Geometry, Node, NodeKind, Panel};

use super::affine::Affine;
use super::flat::{Flat, arm};
use super::{beam, cxi, header, module};
use crate::nexus::{is_class, number, numbers, one_text, unit_of};
use crate::path;
use crate::tomo::{metres, radians};

/// Numbers that a detector or a group below it has, by the name that NeXus gives them.
const FIELDS: [(&str, &str); 12] = [
    ("distance", "distance"),
    ("detector_distance", "distance"),
    ("x_pixel_size", "x_pixel_size"),
    ("y_pixel_size", "y_pixel_size"),
    ("beam_center_x", "beam_center_x"),
    ("beam_center_y", "beam_center_y"),
    ("polar_angle", "polar_angle"),
    ("azimuthal_angle", "azimuthal_angle"),
    ("count_time", "count_time"),
    ("exposure_time", "count_time"),
    ("depends_on", "depends_on"),
    ("basis_vectors", "basis_vectors"),
];

/// What a file says of the places of pixels, and of their exposure.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct OfGeometry {
    /// Where the pixels are, where the file says enough.
    pub(crate) geometry: Option<Geometry>,
    /// How long a frame was exposed.
    pub(crate) exposure_s: Option<f64>,
}

/// What is known of the places of the pixels of a signal.
///
/// `groups` are those that may be its detector, `instruments` those of its entry.
pub(crate) async fn of_signal(
    container: &dyn Container,
    signal: &Node,
    info: &DatasetInfo,
    [groups, instruments]: [&[String]; 2],
    cancel: &Cancel,
) -> OfGeometry {
    let Some((height, width)) = info.frame_size() else {
        return OfGeometry::default();
    };
    let frame = [height, width];
    if let Some(found) = header::of_attributes(signal, frame) {
        return found;
    }
    let mut found = OfGeometry::default();
    for group in groups {
        let Some(detector) = Detector::read(container, group, cancel).await else {
            continue;
        };
        let entry = path::parts(&signal.path).next().unwrap_or_default();
        let entry = format!("/{entry}");
        found.exposure_s = found.exposure_s.or(detector.exposure_s());
        if found.geometry.is_none()
            && let Some((panels, mut source)) = detector.panels(container, frame, cancel).await
        {
            let beam = beam::wavelength(container, &entry, instruments, group, cancel).await;
            let (wavelength_m, said) = beam.unzip();
            if let Some(said) = said {
                source = format!("{source}; wavelength from \"{said}\"");
            }
            found.geometry = Some(Geometry {
                panels,
                wavelength_m,
                source,
            });
        }
        if found.geometry.is_some() && found.exposure_s.is_some() {
            break;
        }
    }
    found
}

/// A number with its unit, as it is written.
#[derive(Clone, Debug, PartialEq)]
struct Field {
    value: f64,
    unit: String,
}

/// The fields of a detector.
#[derive(Debug)]
struct Detector {
    group: String,
    fields: BTreeMap<&'static str, Field>,
    depends_on: Option<String>,
    has_vectors: bool,
}

impl Detector {
    /// Reads the fields; `None` where a group has none of them and is no `NXdetector`.
    async fn read(container: &dyn Container, group: &str, cancel: &Cancel) -> Option<Self> {
        let fields = FIELDS.iter().map(|(name, _)| path::join(group, name));
        let paths: Vec<String> = fields.chain([group.to_owned()]).collect();
        let mut nodes = container.nodes(&paths, cancel).await;
        let own = nodes.pop().and_then(Result::ok);
        let is_detector = own.is_some_and(|own| is_class(&own, "NXdetector"));
        let mut detector = Self {
            group: group.to_owned(),
            fields: BTreeMap::new(),
            depends_on: None,
            has_vectors: false,
        };
        for (((_, name), path), node) in FIELDS.iter().zip(&paths).zip(nodes) {
            let Ok(node) = node else { continue };
            match (*name, &node.kind) {
                ("depends_on", NodeKind::Dataset(_)) => {
                    detector.depends_on = one_text(container, path, cancel).await;
                }
                ("basis_vectors", NodeKind::Dataset(_)) => detector.has_vectors = true,
                (name, NodeKind::Dataset(info)) if info.element.is_numeric() => {
                    if let Some(value) = scalar(container, path, info, cancel).await {
                        let unit = unit_of(&node);
                        detector.fields.entry(name).or_insert(Field { value, unit });
                    }
                }
                _ => {}
            }
        }
        let says = !detector.fields.is_empty() || detector.depends_on.is_some();
        (says || detector.has_vectors || is_detector).then_some(detector)
    }

    fn exposure_s(&self) -> Option<f64> {
        let time = self.fields.get("count_time")?;
        let factor = match time.unit.to_lowercase().as_str() {
            "" | "s" | "sec" | "second" | "seconds" => 1.0,
            "ms" => 1e-3,
            "us" | "\u{b5}s" => 1e-6,
            _ => return None,
        };
        Some(time.value * factor).filter(|time| *time > 0.0)
    }

    /// The panels, and in words what says where they are.
    async fn panels(
        &self,
        container: &dyn Container,
        frame: [u64; 2],
        cancel: &Cancel,
    ) -> Option<(Vec<Panel>, String)> {
        let group = &self.group;
        let modules = module::panels(container, group, frame, cancel).await;
        if !modules.is_empty() {
            let source = format!("\"{group}\", by the transformations of its modules");
            return Some((modules, source));
        }
        if self.has_vectors
            && let Some(panel) = cxi::panel(container, group, frame, cancel).await
        {
            let source = format!("\"{group}\", by its corner_positions and basis_vectors");
            return Some((vec![panel], source));
        }
        let (flat, note) = self.flat(frame)?;
        let panel = flat.panel(&self.turn(container, cancel).await)?;
        Some((vec![panel], format!("\"{group}\"{note}")))
    }

    /// A flat detector by its distance and the place of the beam, and how units were guessed.
    fn flat(&self, frame: [u64; 2]) -> Option<(Flat, &'static str)> {
        let pixel = |name: &str| {
            let field = self.fields.get(name)?;
            match metres(&field.unit) {
                Some(factor) => Some(field.value * factor),
                // No pixel is a centimetre wide: without a unit it is in millimetres then.
                None if field.unit.is_empty() && field.value >= 1e-2 => Some(field.value * 1e-3),
                None if field.unit.is_empty() => Some(field.value),
                None => None,
            }
        };
        let pixel_m = [pixel("y_pixel_size")?, pixel("x_pixel_size")?];
        let size = self.fields.get("x_pixel_size")?;
        let is_bare = size.unit.is_empty();
        let is_mm = is_bare && size.value >= 1e-2;
        let bare = if is_mm { 1e-3 } else { 1.0 };
        let distance = self.fields.get("distance")?;
        let distance_m = match metres(&distance.unit) {
            Some(factor) => distance.value * factor,
            None if distance.unit.is_empty() => distance.value * bare,
            None => return None,
        };
        let centre = |name: &str, pixel_m: f64| {
            let field = self.fields.get(name)?;
            let unit = field.unit.to_lowercase();
            match metres(&unit) {
                Some(factor) => Some(field.value * factor / pixel_m),
                None if unit.starts_with('p') => Some(field.value),
                // Where nothing has a unit, the centre is a length like the others.
                None if unit.is_empty() && is_mm => Some(field.value * bare / pixel_m),
                None if unit.is_empty() => Some(field.value),
                None => None,
            }
        };
        let centre_px = [
            centre("beam_center_y", pixel_m[0])?,
            centre("beam_center_x", pixel_m[1])?,
        ];
        let flat = Flat {
            distance_m,
            pixel_m,
            centre_px,
            frame,
        };
        let note = if is_mm {
            ", whose lengths have no unit and are taken as mm"
        } else {
            ""
        };
        Some((flat, note))
    }

    /// How the detector stands on its arm: by the rotations that it depends on, or by `polar_angle`.
    async fn turn(&self, container: &dyn Container, cancel: &Cancel) -> Affine {
        if let Some(depends_on) = &self.depends_on {
            let chain = super::transformations::chain(container, &self.group, depends_on, cancel);
            if let Ok(chain) = chain.await
                && chain.is_turned()
            {
                // How far away it stands is in `distance`, not twice.
                return Affine {
                    shift: [0.0; 3],
                    ..chain
                };
            }
        }
        let angle = |name: &str| {
            let field = self.fields.get(name)?;
            let bare = field.unit.is_empty().then_some(1f64.to_radians());
            Some(field.value * radians(&field.unit).or(bare)?)
        };
        let polar = angle("polar_angle").unwrap_or(0.0);
        if polar == 0.0 {
            return Affine::IDENTITY;
        }
        arm(polar, angle("azimuthal_angle").unwrap_or(0.0))
    }
}

/// The number of a scalar; of a list that says the same for each frame, or for each row and column, that number.
async fn scalar(
    container: &dyn Container,
    path: &str,
    info: &DatasetInfo,
    cancel: &Cancel,
) -> Option<f64> {
    if info.shape.iter().product::<u64>() == 1 {
        return number(container, path, cancel).await.ok().flatten();
    }
    let values = numbers(container, path, cancel).await.ok()?;
    let first = values.first().copied().filter(|first| first.is_finite())?;
    let is_same = values
        .iter()
        .all(|value| (value - first).abs() <= 1e-9 * first.abs());
    is_same.then_some(first)
}
