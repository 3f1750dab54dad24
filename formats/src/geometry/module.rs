//! The modules of a detector, each placed by its own chain of transformations.
//!
//! Source: NeXus `NXdetector_module`; as its writers (nexgen) and readers (dxtbx) have it, `module_offset` leads to the
//! corner of the first pixel of a module.

use hutch_model::{Cancel, Container, Node, NodeKind, Panel, Value};

use super::affine::{Affine, checked, scaled};
use super::transformations::{chain, vector};
use crate::nexus::{children_of, is_class, number, numbers, optional_node, unit_of};
use crate::path;
use crate::tomo::metres;

/// Modules that a detector may have.
const MODULE_LIMIT: usize = 4096;

/// The panels of all modules whose places are told; none where there are no modules.
pub(super) async fn panels(
    container: &dyn Container,
    group: &str,
    frame: [u64; 2],
    cancel: &Cancel,
) -> Vec<Panel> {
    let Ok(children) = children_of(container, group, 0, cancel).await else {
        return Vec::new();
    };
    let is_module = |node: &Node| is_class(node, "NXdetector_module");
    let modules = children
        .iter()
        .filter(|child| child.found().is_some_and(is_module))
        .take(MODULE_LIMIT);
    let mut panels = Vec::new();
    for module in modules {
        if let Some(mut panel) = panel(container, &module.path, frame, cancel).await {
            module.name.clone_into(&mut panel.name);
            panels.push(panel);
        }
    }
    panels
}

async fn panel(
    container: &dyn Container,
    module: &str,
    frame: [u64; 2],
    cancel: &Cancel,
) -> Option<Panel> {
    let slow = direction(container, module, "slow_pixel_direction", cancel).await?;
    let fast = direction(container, module, "fast_pixel_direction", cancel).await?;
    let offset = path::join(module, "module_offset");
    let corner = if optional_node(container, &offset, cancel).await.is_some() {
        chain(container, module, &offset, cancel).await.ok()?
    } else {
        let offset = path::join(module, "fast_pixel_direction");
        let next = depends_on(container, &offset, cancel).await?;
        chain(container, module, &next, cancel).await.ok()?
    };
    let last_two = async |name: &str| -> Option<[u64; 2]> {
        let values = numbers(container, &path::join(module, name), cancel)
            .await
            .ok()?;
        match values.as_slice() {
            [.., slow, fast] => Some([count(*slow)?, count(*fast)?]),
            _ => None,
        }
    };
    let first = last_two("data_origin").await.unwrap_or([0, 0]);
    let size = last_two("data_size").await.unwrap_or(frame);
    // Some writers count the size of the only module along x first.
    let is_turned = first == [0, 0] && [size[1], size[0]] == frame;
    let size = if is_turned { frame } else { size };
    let is_inside = (0..2).all(|axis| {
        let end = first[axis].checked_add(size[axis]);
        end.is_some_and(|end| end <= frame[axis]) && size[axis] > 0
    });
    let panel = Panel {
        name: String::new(),
        plane: Vec::new(),
        first,
        size,
        corner_m: corner.point([0.0; 3]),
        slow_m: slow,
        fast_m: fast,
    };
    checked(panel).filter(|_| is_inside)
}

/// The step from one pixel to the next along an axis of a module.
async fn direction(
    container: &dyn Container,
    module: &str,
    name: &str,
    cancel: &Cancel,
) -> Option<[f64; 3]> {
    let path = path::join(module, name);
    let node = optional_node(container, &path, cancel).await?;
    if !matches!(node.kind, NodeKind::Dataset(_)) {
        return None;
    }
    let size = number(container, &path, cancel).await.ok()??;
    let unit = unit_of(&node);
    let size_m = size * metres(&unit).or(unit.is_empty().then_some(1.0))?;
    let direction = super::affine::unit(vector(&node, "vector")?)?;
    let next = node.attribute("depends_on").and_then(Value::as_text);
    let turn = match next {
        Some(next) => chain(container, module, next, cancel).await.ok()?,
        None => Affine::IDENTITY,
    };
    Some(scaled(turn.direction(direction), size_m))
}

async fn depends_on(container: &dyn Container, path: &str, cancel: &Cancel) -> Option<String> {
    let node = optional_node(container, path, cancel).await?;
    let next = node.attribute("depends_on").and_then(Value::as_text)?;
    Some(next.to_owned())
}

/// A number of pixels.
fn count(value: f64) -> Option<u64> {
    let is_count = value.fract() == 0.0 && (0.0..1e9).contains(&value);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be whole and in range"
    )]
    is_count.then_some(value as u64)
}
