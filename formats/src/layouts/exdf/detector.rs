//! The files of a detector: which pulses its modules recorded, and where.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hutch_model::{BoxFuture, Cancel, Error, ErrorKind, Result};

use super::super::added::Additions;
use super::index::{self, Shared};
use super::joined::Key;
use super::modules::{self, Recorded, Span, Train};
use super::run::{FileName, Run};
use crate::join::join_all;

/// Modules that a detector has at most.
const MODULE_LIMIT: usize = 256;
/// Pulses of a run at most.
const PULSE_LIMIT: u64 = 1 << 28;
/// Files that are opened side by side.
const SIDE_BY_SIDE: usize = 32;

/// A detector of many modules, each written by its own aggregator.
pub(super) struct Detector {
    pub(super) run: Arc<Run>,
    /// Its name, as `SPB_DET_AGIPD1M-1`.
    name: String,
    /// What its aggregators are called, as `AGIPD`.
    family: String,
    /// What its sources end with, as `:xtdf/image`, and the part before the
    /// number of the module, as `/DET/`.
    parts: (String, String),
    keys: Vec<String>,
    /// Whether the file that was opened holds a module of it.
    is_here: bool,
    plan: Mutex<Option<Arc<Plan>>>,
}

/// What all files of a detector say together.
#[derive(Debug)]
pub(super) struct Plan {
    /// The files, with the source that each holds.
    pub(super) files: Vec<(FileName, String)>,
    /// Where the rows of each module lie, by its number.
    pub(super) spans: Vec<Vec<Span>>,
    /// The trains, by their numbers.
    pub(super) trains: Vec<(u64, Train)>,
    /// Pulses of all trains.
    pub(super) pulse_count: u64,
}

/// The parts of a source of one module.
struct ModuleSource<'a> {
    detector: &'a str,
    kind: &'a str,
    module: usize,
    end: &'a str,
}

/// Takes `INSTRUMENT/SPB_DET_AGIPD1M-1/DET/4CH0:xtdf/image` apart.
fn parse(source: &str) -> Option<ModuleSource<'_>> {
    let device = source.strip_prefix("INSTRUMENT/")?;
    let (detector, kind) = ["/DET/", "/CORR/"]
        .iter()
        .find_map(|kind| Some((device.split_once(kind)?.0, *kind)))?;
    let rest = device.get(detector.len() + kind.len()..)?;
    let (number, _) = rest.split_once("CH0:")?;
    let end = rest.get(number.len() + 3..)?;
    let module = number
        .parse()
        .ok()
        .filter(|&module| module < MODULE_LIMIT)?;
    end.ends_with("/image").then_some(ModuleSource {
        detector,
        kind,
        module,
        end,
    })
}

impl Detector {
    /// The detectors of which a file holds a module.
    pub(super) async fn in_file(
        run: &Arc<Run>,
        file: &FileName,
        cancel: &Cancel,
    ) -> Result<Vec<Arc<Self>>> {
        let container = run.open(file, cancel).await?;
        let mut found: Vec<Arc<Self>> = Vec::new();
        for source in index::sources(&*container, cancel).await? {
            let Some(parts) = parse(&source) else {
                continue;
            };
            if found.iter().any(|known| known.name == parts.detector) {
                continue;
            }
            let children = container.children(&format!("/{source}"), cancel).await?;
            found.push(Arc::new(Self {
                run: Arc::clone(run),
                name: parts.detector.to_owned(),
                family: file.family().to_owned(),
                parts: (parts.kind.to_owned(), parts.end.to_owned()),
                keys: children.iter().map(|child| child.name.clone()).collect(),
                is_here: file == run.own_name(),
                plan: Mutex::new(None),
            }));
        }
        Ok(found)
    }

    /// Adds its datasets beside the modules of the file.
    pub(super) fn add_to(self: &Arc<Self>, additions: &mut Additions) {
        let group = format!("/INSTRUMENT/{}", self.name);
        if !self.is_here {
            // A file without a module of it has no such group itself.
            additions.group(&group, &[]);
        }
        let group = format!("{group}/image");
        additions.group(&group, &[("NX_class", "NXdata"), ("signal", "data")]);
        additions.plot(&group);
        for key in &self.keys {
            let path = format!("{group}/{key}");
            let recipe = Key::new(self, key, &path);
            additions.dataset(&path, Box::new(recipe));
        }
    }

    /// Forgets what the files said.
    pub(super) fn forget(&self) {
        *self.known() = None;
    }

    /// The plan, made from the indices of all files.
    pub(super) async fn plan(&self, cancel: &Cancel) -> Result<Arc<Plan>> {
        let known = self.known().clone();
        if let Some(plan) = known {
            return Ok(plan);
        }
        let plan = Arc::new(self.make_plan(cancel).await?);
        *self.known() = Some(Arc::clone(&plan));
        Ok(plan)
    }

    fn known(&self) -> MutexGuard<'_, Option<Arc<Plan>>> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn make_plan(&self, cancel: &Cancel) -> Result<Plan> {
        let files = self.run.files().await.into_values().flatten();
        let files: Vec<FileName> = files.filter(|file| file.family() == self.family).collect();
        let mut found = Vec::new();
        let mut rows: Vec<Vec<Recorded>> = Vec::new();
        if self.name.contains("1M") {
            // The megapixel detectors have 16 modules, also when some are off.
            rows.resize(16, Vec::new());
        }
        for (file, of_file) in self.read_files(&files, cancel).await? {
            if rows.len() <= of_file.module {
                rows.resize(of_file.module + 1, Vec::new());
            }
            let number = found.len() as u64;
            let recorded = of_file.recorded.into_iter().map(|recorded| Recorded {
                file: number,
                ..recorded
            });
            rows[of_file.module].extend(recorded);
            found.push((file, of_file.source));
        }
        let trains = modules::trains(&rows);
        let pulse_count = trains.values().last().map_or(0, |train| {
            train.at.saturating_add(train.pulses.len() as u64)
        });
        if pulse_count > PULSE_LIMIT {
            let why = format!("{pulse_count} pulses are more than a run has");
            return Err(self.error(ErrorKind::Limit, why));
        }
        let spans = rows.iter().map(|module| modules::spans(&trains, module));
        Ok(Plan {
            spans: spans.collect(),
            files: found,
            trains: trains.into_iter().collect(),
            pulse_count,
        })
    }

    /// What the files say that hold a module, read side by side.
    async fn read_files(
        &self,
        files: &[FileName],
        cancel: &Cancel,
    ) -> Result<Vec<(FileName, OfFile)>> {
        let mut found = Vec::new();
        for group in files.chunks(SIDE_BY_SIDE) {
            cancel.check()?;
            let reads = group
                .iter()
                .map(|file| -> BoxFuture<'_, Result<Option<OfFile>>> {
                    Box::pin(self.read_file(file, cancel))
                });
            for (file, of_file) in group.iter().zip(join_all(reads.collect()).await) {
                match of_file {
                    Ok(Some(of_file)) => found.push((file.clone(), of_file)),
                    Err(error) if is_passing(&error) => return Err(error),
                    // What cannot be read counts as a module without data.
                    Ok(None) | Err(_) => {}
                }
            }
        }
        Ok(found)
    }

    /// What the index of one file says of the module in it.
    async fn read_file(&self, file: &FileName, cancel: &Cancel) -> Result<Option<OfFile>> {
        let container = self.run.open(file, cancel).await?;
        let sources = index::sources(&*container, cancel).await?;
        let found = sources.iter().find_map(|source| {
            let parts = parse(source)?;
            let is_own = parts.detector == self.name
                && (parts.kind, parts.end) == (self.parts.0.as_str(), self.parts.1.as_str());
            is_own.then_some((source, parts.module))
        });
        let Some((source, module)) = found else {
            return Ok(None);
        };
        let trains = index::trains(&*container, cancel).await?;
        let device = source.strip_prefix("INSTRUMENT/").unwrap_or(source);
        let rows = index::rows(&*container, device, &trains, cancel).await?;
        let list = |name: &str| format!("/{source}/{name}");
        let pulses = index::whole_numbers(&*container, &list("pulseId"), cancel).await?;
        // Not every detector has memory cells.
        let cells = index::whole_numbers(&*container, &list("cellId"), cancel).await;
        let cells = cells.unwrap_or_default();
        let (mut same_pulses, mut same_cells) = (Shared::default(), Shared::default());
        let recorded = rows.into_iter().filter_map(|rows| {
            let first = usize::try_from(rows.first).ok()?;
            let end = first.checked_add(usize::try_from(rows.count).ok()?)?;
            // A file that is being written may announce rows before they are there.
            let pulses = pulses.get(first..end.min(pulses.len()))?;
            let zeros = vec![0; pulses.len()];
            let cells = cells.get(first..first + pulses.len()).unwrap_or(&zeros);
            Some(Recorded {
                train: rows.train,
                file: 0,
                first: rows.first,
                pulses: same_pulses.of(pulses),
                cells: same_cells.of(cells),
            })
        });
        Ok(Some(OfFile {
            module,
            source: source.clone(),
            recorded: recorded.collect(),
        }))
    }

    /// An error about the joined modules.
    pub(super) fn error(&self, kind: ErrorKind, why: impl Into<String>) -> Error {
        Error::new(kind, format!("join the modules of \"{}\"", self.name), why)
    }
}

/// What one file says.
struct OfFile {
    module: usize,
    source: String,
    recorded: Vec<Recorded>,
}

/// Whether a file may be readable later: its data must not be called missing.
pub(super) fn is_passing(error: &Error) -> bool {
    !matches!(
        error.kind,
        ErrorKind::NotFound | ErrorKind::Refused | ErrorKind::Unreadable | ErrorKind::Unsupported
    )
}

impl fmt::Debug for Detector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Detector")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
