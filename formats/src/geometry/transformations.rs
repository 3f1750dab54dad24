//! Chains of `NXtransformations`: where something is in the laboratory.
//!
//! Source: NeXus `NXtransformations`, active convention: `depends_on` names what is done next, a translation moves a
//! point by `value * vector + offset`, a rotation turns it about `vector` through the origin and moves it by `offset`.

use std::collections::HashSet;

use hutch_model::{Cancel, Container, Node, Value};

use super::affine::{Affine, Vector, scaled, sum};
use crate::nexus::{node, numbers, unit_of};
use crate::path;
use crate::tomo::{metres, radians};

/// Transformations that one chain may have.
const CHAIN_LIMIT: usize = 64;

/// What a chain does to a point, or why that cannot be said.
///
/// `from` is the path of the group that wrote `depends_on`, which may be relative to it. Of motors that move during a
/// scan the first position counts.
pub(crate) async fn chain(
    container: &dyn Container,
    from: &str,
    depends_on: &str,
    cancel: &Cancel,
) -> Result<Affine, String> {
    let mut whole = Affine::IDENTITY;
    let mut group = from.to_owned();
    let mut next = depends_on.trim().to_owned();
    let mut seen = HashSet::new();
    while next != "." && !next.is_empty() {
        let path = resolved(&group, &next);
        if !seen.insert(path.clone()) {
            return Err(format!(
                "its transformations go round in a circle at \"{path}\""
            ));
        }
        if seen.len() > CHAIN_LIMIT {
            return Err(format!("it has more than {CHAIN_LIMIT} transformations"));
        }
        let step = node(container, &path, cancel)
            .await
            .map_err(|error| format!("\"{path}\" cannot be read: {}", error.why))?;
        whole = one(container, &step, cancel).await?.after(&whole);
        let depends_on = step.attribute("depends_on").and_then(Value::as_text);
        depends_on.unwrap_or(".").trim().clone_into(&mut next);
        group = path::parent(&path);
    }
    Ok(whole)
}

/// A path as `depends_on` writes it: absolute, or relative to a group, where `..` leads up.
fn resolved(group: &str, written: &str) -> String {
    let joined = path::join(group, written);
    let mut parts: Vec<&str> = Vec::new();
    for part in path::parts(&joined) {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    path::normal(&parts.join("/"))
}

/// What one transformation does.
async fn one(container: &dyn Container, step: &Node, cancel: &Cancel) -> Result<Affine, String> {
    let kind = step
        .attribute("transformation_type")
        .and_then(Value::as_text);
    let unit = unit_of(step);
    let offset = offset(step)?;
    let values = numbers(container, &step.path, cancel).await;
    let value = values.ok().and_then(|values| values.first().copied());
    let value = || {
        value
            .filter(|value| value.is_finite())
            .ok_or_else(|| format!("\"{}\" has no value", step.path))
    };
    let direction =
        || vector(step, "vector").ok_or_else(|| format!("\"{}\" has no vector", step.path));
    let mut affine = match kind {
        Some("rotation") => {
            let unknown = || format!("\"{}\" turns by \"{unit}\"", step.path);
            let angle = value()? * radians(&unit).ok_or_else(unknown)?;
            Affine::turn(direction()?, angle)
                .ok_or_else(|| format!("\"{}\" turns about nothing", step.path))?
        }
        Some("translation") => {
            let unknown = || format!("\"{}\" moves by \"{unit}\"", step.path);
            let length = value()? * metres(&unit).ok_or_else(unknown)?;
            Affine {
                shift: scaled(direction()?, length),
                ..Affine::IDENTITY
            }
        }
        // Without a type it only says a direction, or moves by its offset.
        _ => Affine::IDENTITY,
    };
    affine.shift = sum(affine.shift, offset);
    Ok(affine)
}

/// The offset of a transformation in metres.
fn offset(step: &Node) -> Result<Vector, String> {
    let Some(offset) = vector(step, "offset") else {
        return Ok([0.0; 3]);
    };
    if offset.iter().all(|part| part.abs() == 0.0) {
        return Ok(offset);
    }
    let unit = step.attribute("offset_units").and_then(Value::as_text);
    let unit = unit.map_or_else(|| unit_of(step), str::to_owned);
    // An offset without a unit of length, as of a rotation in degrees, is in metres as everything in NeXus.
    let factor = metres(&unit).or_else(|| radians(&unit).map(|_| 1.0));
    let factor = factor.or(unit.is_empty().then_some(1.0));
    let unknown = || format!("\"{}\" is offset by \"{unit}\"", step.path);
    Ok(scaled(offset, factor.ok_or_else(unknown)?))
}

/// An attribute of three numbers.
pub(crate) fn vector(node: &Node, name: &str) -> Option<Vector> {
    let numbers: Vec<f64> = node
        .attribute(name)?
        .items()
        .iter()
        .map_while(Value::as_f64)
        .collect();
    match numbers.as_slice() {
        [x, y, z] if numbers.iter().all(|part| part.is_finite()) => Some([*x, *y, *z]),
        _ => None,
    }
}
