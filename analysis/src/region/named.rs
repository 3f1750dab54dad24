//! Regions: shapes with names, as text and as a list in JSON.

use std::fmt;
use std::str::FromStr;

use hutch_model::{Error, ErrorKind, Result};
use serde_json::{Value as Json, json};

use super::Shape;

/// The mark of a JSON file of regions.
pub const SCHEMA: &str = "hutch.regions/1";
/// The mark of what `hutch roi --json` writes.
const SCHEMA_OF_TABLES: &str = "hutch.roi/1";
/// Regions that a file may hold.
const MOST: usize = 10_000;

/// A shape with a name, as in `peak: circle 512 500 30`.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// Its name; may be empty.
    pub name: String,
    /// Its shape.
    pub shape: Shape,
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() {
            return self.shape.fmt(f);
        }
        write!(f, "{}: {}", self.name, self.shape)
    }
}

impl FromStr for Region {
    type Err = Error;

    /// Reads `name: shape`, or a shape alone. A name may hold colons, a shape never does.
    fn from_str(text: &str) -> Result<Self> {
        let (name, shape) = text.rsplit_once(':').unwrap_or(("", text));
        Ok(Self {
            name: name.trim().to_owned(),
            shape: shape.trim().parse()?,
        })
    }
}

/// Writes regions as JSON:
/// `{"schema": "hutch.regions/1", "regions": [{"name": "peak", "shape": "circle 512 500 30"}, ..]}`.
pub fn regions_to_json(regions: &[Region]) -> String {
    let list: Vec<Json> = regions
        .iter()
        .map(|region| json!({"name": region.name, "shape": region.shape.to_string()}))
        .collect();
    let whole = json!({"schema": SCHEMA, "regions": list});
    format!("{whole:#}\n")
}

/// Reads regions as [`regions_to_json`] writes them, and lists `{"shapes": ["circle 1 2 3", ..]}`
/// as `hutch roi --json` writes them.
///
/// # Errors
/// [`ErrorKind::Unreadable`] for what is no such list, [`ErrorKind::Usage`] for a shape that
/// is none, [`ErrorKind::Unsupported`] for another schema, [`ErrorKind::Limit`] for more than a frame can show.
pub fn regions_from_json(text: &str) -> Result<Vec<Region>> {
    let fail = |kind, why: String| Error::new(kind, "read a list of regions", why);
    let json: Json = serde_json::from_str(text)
        .map_err(|error| fail(ErrorKind::Unreadable, error.to_string()))?;
    let schema = json["schema"].as_str().unwrap_or(SCHEMA);
    if schema != SCHEMA && schema != SCHEMA_OF_TABLES {
        let why = format!("its schema \"{schema}\" is none of {SCHEMA} and {SCHEMA_OF_TABLES}");
        return Err(fail(ErrorKind::Unsupported, why));
    }
    let list = json["regions"]
        .as_array()
        .or_else(|| json["shapes"].as_array());
    let list = list.ok_or_else(|| {
        let why = "it has no list \"regions\" and none of \"shapes\"";
        fail(ErrorKind::Unreadable, why.to_owned())
    })?;
    if list.len() > MOST {
        let why = format!("it has {} regions, {MOST} are allowed", list.len());
        return Err(fail(ErrorKind::Limit, why));
    }
    let read = list.iter().enumerate().map(|(index, entry)| {
        one_of_json(entry).map_err(|error| {
            let name = entry["name"].as_str();
            let name = name.map_or_else(String::new, |name| format!(" \"{name}\""));
            let why = format!("region {}{name}: {}", index + 1, error.why);
            fail(error.kind, why)
        })
    });
    read.collect()
}

fn one_of_json(entry: &Json) -> Result<Region> {
    if let Some(shape) = entry.as_str() {
        return shape.parse();
    }
    let shape = entry["shape"].as_str().ok_or_else(|| {
        let why = "it has no text \"shape\"";
        Error::new(ErrorKind::Unreadable, "read a region", why)
    })?;
    Ok(Region {
        name: entry["name"].as_str().unwrap_or_default().to_owned(),
        shape: shape.parse()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_with_a_name_comes_back_from_its_text() {
        for text in ["at 12:30: circle 1 2 3.5", "point 4 5"] {
            let region: Region = text.parse().expect("a region");
            assert_eq!(region.to_string(), text);
        }
        assert!("peak: cheese 1 2".parse::<Region>().is_err());
    }

    #[test]
    fn regions_come_back_from_their_file() {
        let regions = ["a \"b\": polygon 0 0 1 0 1 1", "line 0 0 5 5 3"]
            .map(|text| text.parse::<Region>().expect("a region"));
        let text = regions_to_json(&regions);
        assert_eq!(regions_from_json(&text).expect("a file"), regions);
    }

    #[test]
    fn what_is_wrong_with_a_region_of_a_file_is_said_with_its_place() {
        let why = |text: &str| {
            let error = regions_from_json(text).expect_err("it is wrong");
            error.why.clone()
        };
        let text = r#"{"regions": [{"name": "a", "shape": "point 1 1"}, {"name": "b", "shape": "circle 10 10 -5"}]}"#;
        assert_eq!(
            why(text),
            "region 2 \"b\": its radius is -5, and must not be below 0"
        );
        let text = r#"{"regions": [{"shape": "circle 10"}]}"#;
        assert_eq!(
            why(text),
            "region 1: it has 1 numbers; it is \"circle x y radius\""
        );
        let text = r#"{"regions": [{"shape": "circle 1 x 3"}]}"#;
        assert!(why(text).contains("\"x\" is no number"), "{}", why(text));
        let text = r#"{"schema": "banana/7", "regions": []}"#;
        assert!(why(text).contains("banana/7"), "{}", why(text));
    }

    #[test]
    fn the_shapes_that_the_command_line_writes_are_regions_without_names() {
        let found = regions_from_json(r#"{"shapes": ["cross 3 4"]}"#).expect("a list");
        assert_eq!(
            (found[0].name.as_str(), &found[0].shape),
            ("", &Shape::Cross([3.0, 4.0]))
        );
        for wrong in ["", "[]", "{\"regions\": [7]}", "{\"shapes\": [\"cheese\"]}"] {
            assert!(regions_from_json(wrong).is_err(), "{wrong}");
        }
    }
}
