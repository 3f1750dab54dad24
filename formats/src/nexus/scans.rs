//! Scans point by point, as BLISS writes them and as SPEC and `.fio` files are laid out:
//! `/12.1/measurement/<counter>`, `/12.1/instrument/positioners/<motor>`, `/12.1/title`.

use std::collections::BTreeMap;
use std::sync::Arc;

use hutch_model::{
    Axis, AxisKind, Cancel, Container, NodeKind, Result, Scaling, ScanColumn, ScanPosition,
    ScanTable, Signal, Value,
};

use super::counters;
use super::walk::{self, Named};
use crate::path;

/// Links of a measurement into other files that are followed; images of detectors mostly.
const EXTERNAL_LIMIT: usize = 16;
/// Motors that are read one by one.
const POSITIONS_MAX: usize = 512;
/// Scans that are looked at for one with points.
const NEWEST_MAX: usize = 16;
/// Columns that are offered.
const COLUMNS_MAX: usize = 1024;
/// The scan that a path lies in; none where it lies in no scan.
///
/// # Errors
/// Only when cancelled: what cannot be read is left out.
pub async fn scan_at(
    container: &dyn Container,
    asked: &str,
    cancel: &Cancel,
) -> Result<Option<ScanTable>> {
    let Some(first) = path::parts(asked).next() else {
        return Ok(None);
    };
    let entry = format!("/{first}");
    let measurement = format!("{entry}/measurement");
    let paths = [entry.clone(), measurement.clone()];
    let nodes = container.nodes(&paths, cancel).await;
    let is_group = |at: usize| {
        let node = nodes.get(at).and_then(|node| node.as_ref().ok());
        node.is_some_and(|node| matches!(node.kind, NodeKind::Group))
    };
    if !is_group(0) || !is_group(1) {
        return cancel.check().map(|()| None);
    }
    let Ok(children) = walk::children_of(container, &measurement, EXTERNAL_LIMIT, cancel).await
    else {
        return cancel.check().map(|()| None);
    };
    let title = walk::one_text(container, &format!("{entry}/title"), cancel).await;
    let command = title.unwrap_or_default();
    let motors = positioners(container, &entry, cancel).await;
    let Some((points, columns)) = columns(container, &children, &motors, &command, cancel).await
    else {
        return cancel.check().map(|()| None);
    };
    let positions = positions(container, motors, &columns, cancel).await;
    cancel.check()?;
    Ok(Some(ScanTable {
        scans: scans(container, cancel).await?,
        entry,
        command,
        points,
        columns,
        positions,
    }))
}

async fn positioners(container: &dyn Container, entry: &str, cancel: &Cancel) -> Vec<Named> {
    let group = format!("{entry}/instrument/positioners");
    let children = walk::children_of(container, &group, 0, cancel).await;
    children.unwrap_or_default()
}

fn unit(named: &Named) -> String {
    let unit = named.found().and_then(|node| node.attribute("units"));
    let unit = unit.and_then(Value::as_text).unwrap_or_default();
    unit.to_owned()
}

fn shape(named: &Named) -> Option<&[u64]> {
    match &named.found()?.kind {
        NodeKind::Dataset(info) if info.element.is_numeric() && info.unreadable.is_none() => {
            Some(&info.shape)
        }
        _ => None,
    }
}

/// The columns of the length that most of them have, and that length.
async fn columns(
    container: &dyn Container,
    children: &[Named],
    motors: &[Named],
    command: &str,
    cancel: &Cancel,
) -> Option<(u64, Vec<ScanColumn>)> {
    let mut lengths: BTreeMap<u64, usize> = BTreeMap::new();
    for child in children {
        if let Some([length]) = shape(child) {
            *lengths.entry(*length).or_default() += 1;
        }
    }
    let (&points, _) = lengths
        .iter()
        .max_by_key(|(length, count)| (**count, **length))?;
    let words: Vec<&str> = command
        .split(|any: char| any.is_whitespace() || "(),".contains(any))
        .filter(|word| !word.is_empty())
        .collect();
    let mut columns = Vec::new();
    for child in children
        .iter()
        .filter(|child| shape(child) == Some(&[points]))
    {
        if columns.len() >= COLUMNS_MAX {
            break;
        }
        let Ok(data) = container.dataset(&child.path, cancel).await else {
            continue;
        };
        let is_motor = motors.iter().any(|motor| motor.name == child.name);
        // The first word is what was done, the others name motors and counters.
        let named = words.iter().skip(1).position(|word| *word == child.name);
        columns.push(ScanColumn {
            name: child.name.clone(),
            unit: unit(child),
            data,
            is_motor,
            moved: named.filter(|_| is_motor || motors.is_empty()),
        });
    }
    Some((points, columns))
}

async fn positions(
    container: &dyn Container,
    motors: Vec<Named>,
    columns: &[ScanColumn],
    cancel: &Cancel,
) -> Vec<ScanPosition> {
    let is_still = |motor: &Named| columns.iter().all(|column| column.name != motor.name);
    let mut positions = Vec::new();
    for motor in motors.into_iter().filter(is_still).take(POSITIONS_MAX) {
        let is_one = shape(&motor).is_some_and(|shape| shape.iter().product::<u64>() == 1);
        if !is_one {
            continue;
        }
        if let Ok(Some(value)) = walk::number(container, &motor.path, cancel).await {
            positions.push(ScanPosition {
                unit: unit(&motor),
                name: motor.name,
                value,
            });
        }
    }
    positions
}

/// The entries whose names are numbers of scans, as `12.1`, in their order.
async fn scans(container: &dyn Container, cancel: &Cancel) -> Result<Arc<[String]>> {
    let Ok(children) = container.children("/", cancel).await else {
        return cancel.check().map(|()| Arc::from([]));
    };
    let number = |name: &str| {
        let (scan, part) = name.split_once('.')?;
        Some((scan.parse::<u64>().ok()?, part.parse::<u64>().ok()?))
    };
    let mut scans: Vec<((u64, u64), String)> = children
        .iter()
        .filter_map(|child| Some((number(&child.name)?, format!("/{}", child.name))))
        .collect();
    scans.sort();
    Ok(scans.into_iter().map(|(_, scan)| scan).collect())
}

/// The entry of the newest scan that has points; `None` where a file holds no scans.
///
/// # Errors
/// Only when cancelled: what cannot be read is passed over.
pub async fn newest_scan(container: &dyn Container, cancel: &Cancel) -> Result<Option<String>> {
    for entry in scans(container, cancel)
        .await?
        .iter()
        .rev()
        .take(NEWEST_MAX)
    {
        let table = scan_at(container, entry, cancel).await?;
        if table.is_some_and(|table| table.points > 0) {
            return Ok(Some(entry.clone()));
        }
    }
    Ok(None)
}

/// Says of a signal which scan it is of: its points lie along the motor that the scan moved, and
/// everything else that was counted can be chosen instead.
///
/// # Errors
/// Only when cancelled.
pub async fn describe_scan(
    container: &dyn Container,
    asked: &str,
    signal: Option<Signal>,
    cancel: &Cancel,
) -> Result<Option<Signal>> {
    let Some(table) = scan_at(container, asked, cancel).await? else {
        return Ok(signal);
    };
    let is_whole = path::parts(asked).count() == 1 || asked.ends_with("/measurement");
    // A scan is its counters, where its file names no plot of it.
    let is_named = signal
        .as_ref()
        .is_some_and(|signal| !signal.group.is_empty());
    let counter = if is_whole && !is_named {
        counted(&table, cancel).await?
    } else {
        None
    };
    Ok(counter.or(signal).map(|signal| with_table(signal, table)))
}

/// The counter that is plotted of a scan whose file names none.
async fn counted(table: &ScanTable, cancel: &Cancel) -> Result<Option<Signal>> {
    let chosen = counters::choose(table, cancel).await?;
    Ok(chosen.map(
        |counters::Chosen {
             column,
             rule,
             tried,
         }| {
            let mut signal = Signal::bare(Arc::clone(&column.data), &rule);
            signal.label.clone_from(&column.name);
            signal.unit.clone_from(&column.unit);
            signal.group.clone_from(&table.entry);
            signal.tried = tried;
            signal
        },
    ))
}

fn with_table(mut signal: Signal, table: ScanTable) -> Signal {
    let shape = &signal.data.info().shape;
    let is_of_points = shape.first() == Some(&table.points) && table.points > 0;
    if is_of_points && (shape.len() == 1 || shape.len() == 3) {
        let own = &signal.data.origin().path;
        let has_axis = signal.axis(0).is_some_and(|axis| axis.values.is_some());
        let scanned = table
            .scanned()
            .filter(|column| column.data.origin().path != *own);
        if !has_axis && let Some(column) = scanned {
            signal.axes.retain(|axis| axis.dimension != 0);
            signal.axes.push(axis(column));
        }
        let known: Vec<String> = signal.choices(0).map(|axis| axis.name.clone()).collect();
        let others = table
            .columns
            .iter()
            .filter(|column| !known.contains(&column.name));
        let others: Vec<Axis> = others.map(axis).collect();
        signal.alternatives.extend(others);
    }
    if shape.len() == 1 {
        signal.title = table.words();
    }
    signal.scan = Some(Arc::new(table));
    signal
}

fn axis(column: &ScanColumn) -> Axis {
    Axis {
        name: column.name.clone(),
        label: column.name.clone(),
        unit: column.unit.clone(),
        dimension: 0,
        spans: vec![0],
        kind: AxisKind::Points,
        values: Some(Arc::clone(&column.data)),
        errors: None,
        scaling: Scaling::IDENTITY,
        skipped: 0,
        good: None,
        scale: None,
    }
}
