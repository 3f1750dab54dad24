//! Curves in an HDF5 file, each an `NXdata` beside what was done to make it.

use hutch_hdf5::ScalarKind;
use hutch_hdf5::write::{AttributeValue, DatasetSpec, Storage, TextStorage, WriteError, Writer};
use hutch_model::{Error, ErrorKind, Result};

/// A curve that is written.
#[derive(Clone, Copy, Debug)]
pub struct CurveData<'a> {
    /// What it is called.
    pub name: &'a str,
    /// Where its numbers are from, and what was done with them.
    pub way: &'a str,
    /// What stands along the axis, with its unit.
    pub axis: &'a str,
    /// What its values are, with their unit.
    pub value: &'a str,
    /// Places of its points.
    pub x: &'a [f64],
    /// As many values.
    pub y: &'a [f64],
    /// As many standard deviations, where they are known.
    pub sigma: Option<&'a [f64]>,
}

/// Who wrote a file, and how to see again what is in it.
#[derive(Clone, Copy, Debug)]
pub struct Author<'a> {
    /// The version of Hutch.
    pub version: &'a str,
    /// A link that opens the view again.
    pub link: &'a str,
}

/// The bytes of an HDF5 file with curves: `/entry/curve_1` and so on, each an `NXdata` with `x`, `data` and, where
/// they are known, `data_errors`, and an `NXprocess` that says where it comes from. The first is the default plot.
///
/// # Errors
/// [`ErrorKind::Shape`] where a curve has not as many values as places, [`ErrorKind::Limit`] where all of it is too
/// large for one file in memory.
pub fn curves_file(curves: &[CurveData<'_>], author: Author<'_>) -> Result<Vec<u8>> {
    const TRIED: &str = "write curves";
    for curve in curves {
        let count = curve.x.len();
        if curve.y.len() != count || curve.sigma.is_some_and(|sigma| sigma.len() != count) {
            let why = format!("\"{}\" has not as many values as places", curve.name);
            return Err(Error::new(ErrorKind::Shape, TRIED, why));
        }
    }
    nexus(curves, author)
        .map_err(|error| Error::new(ErrorKind::Limit, TRIED, error.to_string()).with_source(error))
}

fn nexus(curves: &[CurveData<'_>], author: Author<'_>) -> std::result::Result<Vec<u8>, WriteError> {
    let mut writer = Writer::new();
    class(&mut writer, "/", "NXroot")?;
    class(&mut writer, "/entry", "NXentry")?;
    text(&mut writer, "/", "default", "entry")?;
    text(
        &mut writer,
        "/",
        "creator",
        &format!("Hutch {}", author.version),
    )?;
    for (index, curve) in curves.iter().enumerate() {
        let number = index + 1;
        let group = format!("/entry/curve_{number}");
        if index == 0 {
            text(&mut writer, "/entry", "default", "curve_1")?;
        }
        class(&mut writer, &group, "NXdata")?;
        text(&mut writer, &group, "signal", "data")?;
        text(&mut writer, &group, "axes", "x")?;
        words(&mut writer, &format!("{group}/title"), curve.name)?;
        let columns = [
            ("x", curve.axis, Some(curve.x)),
            ("data", curve.value, Some(curve.y)),
            ("data_errors", curve.value, curve.sigma),
        ];
        for (name, label, values) in columns {
            let Some(values) = values else { continue };
            let path = format!("{group}/{name}");
            let spec = DatasetSpec {
                shape: vec![values.len() as u64],
                kind: ScalarKind::F64,
                storage: Storage::Data(
                    values
                        .iter()
                        .flat_map(|value| value.to_le_bytes())
                        .collect(),
                ),
            };
            writer.dataset(&path, spec)?;
            text(&mut writer, &path, "long_name", label)?;
        }
        let process = format!("/entry/process_{number}");
        class(&mut writer, &process, "NXprocess")?;
        words(&mut writer, &format!("{process}/program"), "hutch")?;
        words(&mut writer, &format!("{process}/version"), author.version)?;
        let note = format!("{process}/note");
        class(&mut writer, &note, "NXnote")?;
        words(&mut writer, &format!("{note}/type"), "text/plain")?;
        words(&mut writer, &format!("{note}/description"), author.link)?;
        words(&mut writer, &format!("{note}/data"), curve.way)?;
    }
    let plan = writer.plan()?;
    plan.to_bytes()
        .ok_or_else(|| WriteError::TooLarge("/".to_owned()))
}

fn class(writer: &mut Writer, path: &str, class: &str) -> std::result::Result<(), WriteError> {
    writer.group(path)?;
    text(writer, path, "NX_class", class)
}

fn text(
    writer: &mut Writer,
    path: &str,
    name: &str,
    value: &str,
) -> std::result::Result<(), WriteError> {
    writer.attribute(path, name, AttributeValue::Text(value.to_owned()))
}

fn words(writer: &mut Writer, path: &str, value: &str) -> std::result::Result<(), WriteError> {
    writer.texts(path, &[], &[value.to_owned()], TextStorage::Fixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_without_a_value_for_each_place_is_refused() {
        let curve = CurveData {
            name: "a",
            way: "",
            axis: "",
            value: "",
            x: &[1.0, 2.0],
            y: &[1.0],
            sigma: None,
        };
        let author = Author {
            version: "0",
            link: "",
        };
        let error = curves_file(&[curve], author).expect_err("one value for two places");
        assert_eq!(error.kind, ErrorKind::Shape, "{error}");
        assert!(
            curves_file(&[], author).is_ok(),
            "no curve is a file without a plot"
        );
    }
}
