//! Fields that belong to another field of their group by their names.
//!
//! Source: NeXus `NXdata` (`FIELDNAME_errors`, `FIELDNAME_scaling_factor`,
//! `FIELDNAME_offset`) and the reserved suffixes of the manual, data rules
//! (`_mask`, `_weights`).

use std::sync::Arc;

use hutch_model::{Cancel, Child, Container, Dataset, Node, NodeKind, Remark, Scaling, Value};

use super::mask::mask_fits;
use super::walk;
use crate::path;

/// What a companion is to its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Errors,
    Mask,
    Weights,
    Offset,
    Factor,
}

/// Suffixes of the names of companions; the deprecated ones come last.
const SUFFIXES: [(Role, &str); 6] = [
    (Role::Errors, "_errors"),
    (Role::Errors, "_error"),
    (Role::Mask, "_mask"),
    (Role::Weights, "_weights"),
    (Role::Offset, "_offset"),
    (Role::Factor, "_scaling_factor"),
];
/// Deprecated names that belong to the signal of the group whatever its name.
const OF_THE_SIGNAL: [(Role, &str); 3] = [
    (Role::Errors, "errors"),
    (Role::Offset, "offset"),
    (Role::Factor, "scaling_factor"),
];

/// What belongs to a field.
#[derive(Debug)]
pub(super) struct Companions {
    pub(super) errors: Option<Arc<dyn Dataset>>,
    pub(super) mask: Option<Arc<dyn Dataset>>,
    pub(super) weights: Option<Arc<dyn Dataset>>,
    pub(super) scaling: Scaling,
    pub(super) problems: Vec<Remark>,
}

/// The companions of a field of a group; those of the signal when `is_signal`.
pub(super) async fn of_field(
    container: &dyn Container,
    group: &Node,
    children: &[Child],
    field: &Node,
    is_signal: bool,
    cancel: &Cancel,
) -> Companions {
    let mut companions = Companions {
        errors: None,
        mask: None,
        weights: None,
        scaling: Scaling::IDENTITY,
        problems: Vec::new(),
    };
    let wanted = wanted(group, children, field, is_signal);
    let NodeKind::Dataset(info) = &field.kind else {
        return companions;
    };
    let names = wanted.iter().map(|(_, name)| name.clone()).collect();
    let nodes = walk::named_nodes(container, &group.path, names, cancel).await;
    let mut had: Vec<Role> = Vec::new();
    for ((role, _), named) in wanted.into_iter().zip(nodes) {
        if had.contains(&role) {
            continue;
        }
        match judge(role, &named, &info.shape) {
            Ok(()) => {
                take(container, &mut companions, role, &named.path, cancel).await;
                had.push(role);
            }
            Err(why) => companions.problems.push(Remark::new(
                &named.path,
                format!("\"{}\" is left out: {why}", named.name),
            )),
        }
    }
    companions
}

/// The names to look for, as far as the group has children of them.
fn wanted(group: &Node, children: &[Child], field: &Node, is_signal: bool) -> Vec<(Role, String)> {
    let own = path::name(&field.path);
    let mut wanted: Vec<(Role, String)> = Vec::new();
    let owners = [Some(field), is_signal.then_some(group)];
    for owner in owners.into_iter().flatten() {
        if let Some(errors) = owner.attribute("uncertainties").and_then(Value::as_text) {
            wanted.push((Role::Errors, errors.to_owned()));
        }
    }
    wanted.extend(SUFFIXES.map(|(role, suffix)| (role, format!("{own}{suffix}"))));
    if is_signal {
        wanted.extend(OF_THE_SIGNAL.map(|(role, name)| (role, name.to_owned())));
    }
    wanted.retain(|(_, name)| children.iter().any(|child| child.name == *name));
    wanted
}

/// Whether a companion suits a field of that shape; why not otherwise.
fn judge(role: Role, named: &walk::Named, shape: &[u64]) -> Result<(), String> {
    let node = named.node.as_ref().map_err(|error| error.why.clone())?;
    let NodeKind::Dataset(own) = &node.kind else {
        return Err("it is not a dataset".to_owned());
    };
    if !own.element.is_numeric() {
        return Err("it does not hold numbers".to_owned());
    }
    if let Some(why) = &own.unreadable {
        return Err(why.clone());
    }
    let fits = match role {
        Role::Offset | Role::Factor => own.shape.iter().all(|&size| size == 1),
        Role::Mask => mask_fits(&own.shape, shape),
        Role::Errors | Role::Weights => own.shape == shape,
    };
    if fits {
        return Ok(());
    }
    Err(match role {
        Role::Offset | Role::Factor => format!("it holds {:?} numbers, not one", own.shape),
        _ => format!("its shape {:?} does not fit {shape:?}", own.shape),
    })
}

async fn take(
    container: &dyn Container,
    companions: &mut Companions,
    role: Role,
    path: &str,
    cancel: &Cancel,
) {
    if let Role::Offset | Role::Factor = role {
        let number = walk::number(container, path, cancel).await.ok().flatten();
        let Some(number) = number else {
            let what = "it is not one finite number; the values are shown without it";
            companions.problems.push(Remark::new(path, what));
            return;
        };
        if role == Role::Offset {
            companions.scaling.offset = number;
        } else {
            companions.scaling.factor = number;
        }
        return;
    }
    match container.dataset(path, cancel).await {
        Ok(dataset) => match role {
            Role::Errors => companions.errors = Some(dataset),
            Role::Mask => companions.mask = Some(dataset),
            _ => companions.weights = Some(dataset),
        },
        Err(error) => companions.problems.push(Remark::new(path, error.why)),
    }
}
