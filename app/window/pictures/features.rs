//! What Hutch does with frames, curves and maps, on the small files that its tests are made of.

use std::path::Path;

use url::form_urlencoded::Serializer;

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
];

const MASK: &str =
    r#"["add circle 63.5 63.5 9","add rectangle 0 61 58 66","add stroke 2 90 20 112 34 118 60"]"#;

const REGIONS: &str =
    r#"["beam: circle 61 63 30","across: line 10 12 110 118 5","corner: rectangle 70 20 112 46"]"#;

impl Feature {
    /// A link that shows it, for a folder of samples.
    pub(super) fn link(&self, samples: &Path) -> String {
        let (file, path) = self.address.split_once("::").unwrap_or((self.address, ""));
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
