//! A scan point by point: what was counted, and where motors stood.

use std::sync::Arc;

use crate::Dataset;

/// A scan as a table with one row for each point.
#[derive(Clone, Debug)]
pub struct ScanTable {
    /// The path of its entry: `/12.1`.
    pub entry: String,
    /// What was typed to start it: `ascan th 0 1 10 0.1`; empty where the file does not say.
    pub command: String,
    /// How many points there are.
    pub points: u64,
    /// Counters and motors that have a value for each point.
    pub columns: Vec<ScanColumn>,
    /// Motors that stood still, in the order of the file.
    pub positions: Vec<ScanPosition>,
    /// The entries of all scans of the file, in the order of their numbers.
    pub scans: Arc<[String]>,
}

/// What has a value for each point of a scan.
#[derive(Clone, Debug)]
pub struct ScanColumn {
    /// Its name.
    pub name: String,
    /// Its unit; empty where the file gives none.
    pub unit: String,
    /// Its values `[point]`.
    pub data: Arc<dyn Dataset>,
    /// Whether it is the place of a motor.
    pub is_motor: bool,
    /// Where the command names it among the motors that it moves, from 0.
    pub moved: Option<usize>,
}

/// Where a motor stood during a scan.
#[derive(Clone, Debug, PartialEq)]
pub struct ScanPosition {
    /// Its name.
    pub name: String,
    /// Its unit; empty where the file gives none.
    pub unit: String,
    /// Where it stood.
    pub value: f64,
}

impl ScanTable {
    /// The number of the scan: `12.1`.
    pub fn number(&self) -> &str {
        self.entry.trim_start_matches('/')
    }

    /// Its number and its command.
    pub fn words(&self) -> String {
        format!("{}  {}", self.number(), self.command)
            .trim()
            .to_owned()
    }

    /// The column of a name.
    pub fn column(&self, name: &str) -> Option<&ScanColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The motor that the scan moves: the first of the command, else the first motor with a column.
    pub fn scanned(&self) -> Option<&ScanColumn> {
        let moved = self.columns.iter().filter(|column| column.moved.is_some());
        moved
            .min_by_key(|column| column.moved)
            .or_else(|| self.columns.iter().find(|column| column.is_motor))
    }

    /// The entry that lies so many scans further on; none beyond the ends.
    pub fn beside(&self, by: i64) -> Option<&str> {
        let at = self.scans.iter().position(|scan| *scan == self.entry)?;
        let at = i64::try_from(at).ok()?.checked_add(by)?;
        let scan = self.scans.get(usize::try_from(at).ok()?)?;
        Some(scan)
    }
}
