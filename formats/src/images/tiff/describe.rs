//! What a TIFF file says of its images in words: `ImageDescription`, `ImageJ`, OME.

use hutch_model::{Attribute, Value};

use super::directory::{Directory, Entry, Format, tag};
use crate::images::container::attribute;

/// Attributes that one description gives at most.
const LINE_LIMIT: usize = 256;

/// Texts of a directory, by tag.
const TEXTS: &[(u16, &str)] = &[
    (269, "document_name"),
    (tag::DESCRIPTION, "description"),
    (271, "make"),
    (272, "model"),
    (285, "page_name"),
    (305, "software"),
    (306, "date_time"),
    (315, "artist"),
    (316, "host_computer"),
    (33432, "copyright"),
    (42113, "nodata"),
];

/// The entries of a directory whose values are told.
pub(super) fn told(directory: &Directory) -> impl Iterator<Item = (Entry, &'static str)> {
    TEXTS
        .iter()
        .filter_map(|&(tag, name)| Some((directory.entry(tag)?, name)))
        .filter(|(entry, _)| entry.kind == 2)
}

/// The text of an entry, without what fills it up.
pub(super) fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.trim_end_matches('\0').trim().to_owned()
}

/// The axes that a description gives to pages, slowest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Axes {
    pub(super) sizes: Vec<u64>,
    pub(super) names: Vec<&'static str>,
    /// Whether all pages but the first have no directory, as `ImageJ` writes
    /// large files.
    pub(super) may_be_headless: bool,
}

impl Axes {
    fn new(axes: impl IntoIterator<Item = (&'static str, u64)>, may_be_headless: bool) -> Self {
        let (names, sizes) = axes.into_iter().filter(|(_, size)| *size > 1).unzip();
        Self {
            sizes,
            names,
            may_be_headless,
        }
    }

    /// How many pages they make.
    pub(super) fn page_count(&self) -> Option<u64> {
        self.sizes
            .iter()
            .try_fold(1u64, |product, &size| product.checked_mul(size))
    }
}

/// The axes of pages, as `ImageJ` or OME describe them.
pub(super) fn axes(description: &str) -> Option<Axes> {
    if description.starts_with("ImageJ=") {
        let size = |name: &str| {
            let line = lines(description).find(|(key, _)| *key == name)?;
            line.1.parse::<u64>().ok().filter(|&size| size > 0)
        };
        let known = [
            ("frame", size("frames").unwrap_or(1)),
            ("slice", size("slices").unwrap_or(1)),
            ("channel", size("channels").unwrap_or(1)),
        ];
        let axes = Axes::new(known, true);
        let images = size("images").unwrap_or(1);
        return Some(if axes.page_count() == Some(images) {
            axes
        } else {
            Axes::new([("frame", images)], true)
        });
    }
    let pixels = pixels_of_ome(description)?;
    let size = |name| attribute_of(pixels, name)?.parse::<u64>().ok();
    // The order names the fastest axis first, as in `XYZCT`.
    let order = attribute_of(pixels, "DimensionOrder")?;
    let slow = order.strip_prefix("XY")?.chars().rev();
    let axes: Option<Vec<(&'static str, u64)>> = slow
        .map(|letter| match letter {
            'Z' => Some(("slice", size("SizeZ")?)),
            'C' => Some(("channel", size("SizeC")?)),
            'T' => Some(("frame", size("SizeT")?)),
            _ => None,
        })
        .collect();
    Some(Axes::new(axes?, false))
}

/// What the description says, value by value.
pub(super) fn of_description(description: &str) -> Vec<Attribute> {
    let mut found = Vec::new();
    if description.starts_with("ImageJ=") || description.starts_with("# ") {
        for (key, value) in lines(description).take(LINE_LIMIT) {
            found.push(attribute(key, number_or_text(value)));
        }
    }
    if let Some(pixels) = pixels_of_ome(description) {
        for name in [
            "PhysicalSizeX",
            "PhysicalSizeY",
            "PhysicalSizeZ",
            "TimeIncrement",
        ] {
            if let Some(value) = attribute_of(pixels, name) {
                let unit = attribute_of(pixels, &format!("{name}Unit"));
                let default = if name == "TimeIncrement" { "s" } else { "um" };
                found.push(attribute(name, number_or_text(value)));
                found.push(attribute(&format!("{name}_units"), unit.unwrap_or(default)));
            }
        }
    }
    found
}

/// Lines `key=value` of `ImageJ`, and `# Key value` or `# Key: value` of the
/// detectors of Dectris.
fn lines(description: &str) -> impl Iterator<Item = (&str, &str)> {
    description.lines().filter_map(|line| {
        let line = line.trim();
        let (key, value) = match line.strip_prefix("# ") {
            Some(rest) => rest.split_once([' ', '=', ':'])?,
            None => line.split_once('=')?,
        };
        let value = value.trim_start_matches([' ', '=', ':']).trim_end();
        let key = key.trim();
        (!key.is_empty() && key.len() < 64).then_some((key, value))
    })
}

fn number_or_text(text: &str) -> Value {
    if let Ok(number) = text.parse::<i64>() {
        return Value::Integer(number.into());
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Value::Float(number),
        _ => Value::Text(text.to_owned()),
    }
}

/// The attributes of the first `Pixels` of OME-XML.
fn pixels_of_ome(description: &str) -> Option<&str> {
    if !description.contains("<OME") && !description.contains(":OME") {
        return None;
    }
    let (_, rest) = description.split_once("Pixels ")?;
    let (attributes, _) = rest.split_once('>')?;
    Some(attributes)
}

fn attribute_of<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let at = attributes.match_indices(name).find(|(at, _)| {
        let before = attributes[..*at].chars().next_back();
        before.is_none_or(char::is_whitespace)
            && attributes[at + name.len()..].trim_start().starts_with('=')
    })?;
    let rest = attributes[at.0 + name.len()..]
        .trim_start()
        .strip_prefix('=')?;
    let rest = rest.trim_start();
    let quote = rest
        .chars()
        .next()
        .filter(|quote| matches!(quote, '"' | '\''))?;
    rest[1..].split_once(quote).map(|(value, _)| value)
}

/// The size of a pixel from the tags of resolution, in metres, `[y, x]`.
pub(super) fn pixel_size_m(
    format: Format,
    directory: &Directory,
    read: impl Fn(Entry) -> Option<Vec<u8>>,
) -> Option<[f64; 2]> {
    let unit = directory.entry(tag::RESOLUTION_UNIT)?;
    let unit_m = match format.number(unit.field.get(..2)?) {
        2 => 0.0254,
        3 => 0.01,
        _ => return None,
    };
    let size = |tag| {
        let entry = directory.entry(tag).filter(|entry| entry.kind == 5)?;
        let bytes = read(entry)?;
        let above = format.number(bytes.get(..4)?) as f64;
        let below = format.number(bytes.get(4..8)?) as f64;
        let size = unit_m * below / above;
        (size.is_finite() && size > 0.0).then_some(size)
    };
    Some([size(tag::Y_RESOLUTION)?, size(tag::X_RESOLUTION)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imagej_says_how_pages_follow_each_other() {
        let description = "ImageJ=1.53\nimages=12\nslices=3\nframes=4\nunit=micron\n";
        let axes = axes(description).unwrap();
        assert_eq!(axes.sizes, [4, 3], "frames of slices");
        assert_eq!(axes.names, ["frame", "slice"], "slowest first");
        let found = of_description(description);
        assert!(found.iter().any(|one| one.name == "unit"), "its unit");
    }

    #[test]
    fn ome_says_it_with_the_fastest_axis_first() {
        let description = r#"<?xml?><OME><Image><Pixels DimensionOrder="XYCZT" SizeC='2' SizeT="5" SizeX="9" SizeZ="3" PhysicalSizeX="0.65"><x/></Pixels>"#;
        let axes = axes(description).unwrap();
        assert_eq!(axes.sizes, [5, 3, 2], "frames of slices of channels");
        let size = of_description(description);
        assert_eq!(size[0].value, Value::Float(0.65), "the size of a pixel");
    }

    #[test]
    fn the_header_of_a_pilatus_is_told_line_by_line() {
        let found =
            of_description("# Exposure_time 0.5000000 s\r\n# Threshold_setting: 6000 eV\r\n");
        assert_eq!(found[0].name, "Exposure_time", "a key");
        assert_eq!(
            found[1].value,
            Value::Text("6000 eV".to_owned()),
            "its value"
        );
    }
}
