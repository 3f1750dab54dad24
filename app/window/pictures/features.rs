//! What Hutch does with frames, curves and maps, on the small files that its tests are made of.

use std::path::Path;

use hutch_viewers::ViewCommand;
use url::form_urlencoded::Serializer;

use crate::window::compare::Mode;

/// A view that is shown in the guide.
pub(super) struct Feature {
    /// The name of the picture.
    pub(super) name: &'static str,
    /// The file below the folder of samples, with the path in it.
    address: &'static str,
    /// The kind of view.
    kind: &'static str,
    /// What is set in it, as a link writes it.
    values: &'static [(&'static str, &'static str)],
    /// What a person does then.
    pub(super) then: Then,
}

/// What is done once a view is shown.
pub(super) enum Then {
    Nothing,
    /// The frame of a row of a stream is opened beside its table.
    Row(u32),
    /// Another dataset, below the folder of samples, is compared with it.
    Compare(&'static str, Mode),
    /// Something that its kind of view does.
    Command(ViewCommand),
    /// The window that puts a plot together is opened.
    Build,
}

/// One picture each; they are dark and light in turn.
pub(super) const FEATURES: &[Feature] = &[
    Feature {
        name: "integration",
        address: "calibrants/lab6.h5",
        kind: "image",
        values: &[("rings", "LaB6"), ("integrate", "pattern")],
        then: Then::Nothing,
    },
    Feature {
        name: "cake",
        address: "calibrants/lab6.h5",
        kind: "image",
        values: &[("rings", "LaB6"), ("integrate", "cake")],
        then: Then::Nothing,
    },
    Feature {
        name: "regions",
        address: "calibrants/lab6.h5",
        kind: "image",
        values: &[
            ("rings", "off"),
            ("regions", REGIONS),
            ("selected region", "1"),
            ("profile", "along"),
        ],
        then: Then::Nothing,
    },
    Feature {
        name: "fit",
        address: "beamline/bliss.h5::/1.1/measurement/det",
        kind: "curve",
        values: &[("fit", "gauss")],
        then: Then::Nothing,
    },
    Feature {
        name: "map",
        address: "maps/maps.h5::/entry/scattered",
        kind: "map",
        values: &[],
        then: Then::Nothing,
    },
    Feature {
        name: "spectra",
        address: "maps/maps.h5::/entry/xrf",
        kind: "spectra",
        values: &[("elements", "Fe Cu")],
        then: Then::Nothing,
    },
    Feature {
        name: "stream",
        address: "serial/quad.stream",
        kind: "stream",
        values: &[("filter", "hit")],
        then: Then::Nothing,
    },
    Feature {
        name: "panels",
        address: "serial/quad.stream",
        kind: "stream",
        values: &[],
        then: Then::Row(4),
    },
    Feature {
        name: "bytes",
        address: "beamline/bliss.h5::/1.1/measurement/eiger",
        kind: "hex",
        values: &[],
        then: Then::Nothing,
    },
    Feature {
        name: "mask",
        address: "calibrants/lab6.h5",
        kind: "image",
        values: &[("rings", "off"), ("mask", MASK)],
        then: Then::Nothing,
    },
    Feature {
        name: "calibration",
        address: "calibrants/agbehenate.h5",
        kind: "image",
        values: &[("rings", "AgBehenate")],
        then: Then::Command(ViewCommand::FindRings),
    },
    Feature {
        name: "swipe",
        address: "calibrants/agbehenate.h5::/entry/data",
        kind: "image",
        values: &[("rings", "off")],
        then: Then::Compare("calibrants/agbehenate.h5::/later/data", Mode::Swipe),
    },
    Feature {
        name: "difference",
        address: "calibrants/agbehenate.h5::/entry/data",
        kind: "image",
        values: &[("rings", "off")],
        then: Then::Compare("calibrants/agbehenate.h5::/later/data", Mode::Difference),
    },
    Feature {
        name: "scan",
        address: "beamline/bliss.h5::/1.1",
        kind: "curve",
        values: &[],
        then: Then::Nothing,
    },
    Feature {
        name: "colours",
        address: "maps/grains.h5",
        kind: "spectra",
        values: &[
            ("elements", "Fe Cu Zn"),
            ("rgb", "true"),
            ("red", "124-130"),
            ("green", "157-163"),
            ("blue", "169-174"),
        ],
        then: Then::Nothing,
    },
    Feature {
        name: "sum",
        address: "tomography/diamond_pin.nxs::/entry/instrument/detector/data",
        kind: "image",
        values: &[
            ("reduce", "sum"),
            ("reduce first", "2"),
            ("reduce last", "92"),
        ],
        then: Then::Nothing,
    },
    Feature {
        name: "build",
        address: "beamline/bliss.h5::/1.1/measurement",
        kind: "curve",
        values: &[
            ("plot signal", "/1.1/measurement/det"),
            ("plot axes", r#"["/1.1/measurement/th"]"#),
            ("plot errors", ""),
            ("plot mask", ""),
            ("plot auxiliary", r#"["/1.1/measurement/elapsed_time"]"#),
        ],
        then: Then::Build,
    },
];

const MASK: &str =
    r#"["add circle 63.5 63.5 9","add rectangle 0 61 58 66","add stroke 2 90 20 112 34 118 60"]"#;

const REGIONS: &str =
    r#"["beam: circle 61 63 30","across: line 10 12 110 118 5","corner: rectangle 70 20 112 46"]"#;

impl Feature {
    /// A link that shows it, for a folder of samples.
    pub(super) fn link(&self, samples: &Path) -> String {
        self.link_of(self.address, samples)
    }

    /// A link that shows other data in the same way.
    pub(super) fn link_of(&self, address: &str, samples: &Path) -> String {
        let (file, path) = address.split_once("::").unwrap_or((address, ""));
        let file = samples.join(file);
        let separator = if path.is_empty() { "" } else { "::" };
        let address = format!("{}{separator}{path}", file.display());
        let mut query = Serializer::new(String::new());
        query.append_pair("at", &address);
        query.append_pair("view", self.kind);
        for (name, value) in self.values {
            query.append_pair(name, value);
        }
        format!("hutch://open?{}", query.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::link::Link;

    #[test]
    fn every_feature_is_a_link_to_a_sample_that_is_there() {
        let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
        for feature in FEATURES {
            let link = Link::parse(&feature.link(&samples)).expect(feature.name);
            let file = link.address.split("::").next().unwrap_or_default();
            assert!(Path::new(file).exists(), "{}: {file}", feature.name);
            let kind = hutch_viewers::registry::named(&link.state.kind);
            assert!(kind.is_some(), "{}: {}", feature.name, link.state.kind);
            assert_eq!(
                link.state.values.len(),
                feature.values.len(),
                "{}",
                feature.name
            );
        }
    }
}
