//! The modules of a detector as one dataset by train and pulse.

use std::sync::Arc;

use hutch_model::{
    BoxFuture, Cancel, Dataset, DatasetInfo, ElementType, ErrorKind, Result, Samples, Slab,
};

use super::super::added::Recipe;
use super::detector::{Detector, Plan, is_passing};
use super::modules::Span;
use super::run::Run;
use crate::assembled::{AssembledDataset, Assembly, Placement, Source};
use crate::memory::MemoryDataset;

/// Sources from here on stand for modules without data.
const NO_DATA: u64 = 1 << 32;

/// One dataset of a detector.
#[derive(Debug)]
pub(super) struct Key {
    detector: Arc<Detector>,
    key: String,
    path: String,
}

impl Recipe for Key {
    fn make<'a>(&'a self, cancel: &'a Cancel) -> BoxFuture<'a, Result<Arc<dyn Dataset>>> {
        Box::pin(async move {
            let plan = self.detector.plan(cancel).await?;
            match self.key.as_str() {
                "trainId" | "pulseId" | "cellId" => Ok(self.ids(&plan)),
                _ => self.joined(&plan, cancel).await,
            }
        })
    }
}

impl Key {
    /// The dataset `key` of all modules, at a path.
    pub(super) fn new(detector: &Arc<Detector>, key: &str, path: &str) -> Self {
        Self {
            detector: Arc::clone(detector),
            key: key.to_owned(),
            path: path.to_owned(),
        }
    }

    /// One id for each pulse.
    fn ids(&self, plan: &Plan) -> Arc<dyn Dataset> {
        let ids = plan.trains.iter().flat_map(|(number, train)| {
            let list: Vec<u64> = match self.key.as_str() {
                "trainId" => vec![*number; train.pulses.len()],
                "cellId" => train.cells.to_vec(),
                _ => train.pulses.to_vec(),
            };
            list
        });
        let origin = self.detector.run.origin(&self.path);
        let samples = Samples::U64(ids.collect());
        Arc::new(MemoryDataset::of_samples(origin, samples))
    }

    /// What the first module says that has it.
    async fn of_module(&self, plan: &Plan, cancel: &Cancel) -> Result<DatasetInfo> {
        for (file, source) in &plan.files {
            let container = self.detector.run.open(file, cancel).await?;
            let path = format!("/{source}/{}", self.key);
            match container.dataset(&path, cancel).await {
                Ok(dataset) => return Ok(dataset.info().clone()),
                Err(error) if is_passing(&error) => return Err(error),
                Err(_) => {}
            }
        }
        let why = format!("no file has \"{}\"", self.key);
        Err(self.detector.error(ErrorKind::NotFound, why))
    }

    /// `[pulse, module, ...]` of all files.
    async fn joined(&self, plan: &Arc<Plan>, cancel: &Cancel) -> Result<Arc<dyn Dataset>> {
        let of_module = self.of_module(plan, cancel).await?;
        let row = of_module.shape.get(1..).unwrap_or_default().to_vec();
        let mut shape = vec![plan.pulse_count, plan.spans.len() as u64];
        shape.extend(&row);
        let chunk_shape = of_module.chunk_shape.and_then(|chunk| {
            let (pulses, rest) = chunk.split_first()?;
            Some([&[*pulses, 1], rest].concat())
        });
        let info = DatasetInfo {
            shape,
            chunk_shape,
            layout: format!("{} modules in {} files", plan.spans.len(), plan.files.len()),
            size_bytes: None,
            ..of_module
        };
        // Nothing is better told by a number that is none.
        let fill = match info.element {
            ElementType::F16 | ElementType::F32 | ElementType::F64 => {
                Some(Samples::F64(vec![f64::NAN]))
            }
            _ => None,
        };
        let modules = Modules {
            run: Arc::clone(&self.detector.run),
            plan: Arc::clone(plan),
            key: self.key.clone(),
            row,
        };
        let origin = self.detector.run.origin(&self.path);
        let joined = AssembledDataset::new(info, origin, fill, Box::new(modules));
        Ok(Arc::new(joined))
    }
}

/// The plan of a joined dataset `[pulse, module, ...]`.
#[derive(Debug)]
struct Modules {
    run: Arc<Run>,
    plan: Arc<Plan>,
    key: String,
    /// The shape of one row of a module.
    row: Vec<u64>,
}

impl Assembly for Modules {
    fn placements(&self, slab: &Slab) -> Result<Vec<Placement>> {
        let mut placements = Vec::new();
        for index in 0..slab.count[1] {
            let module = slab.start[1].saturating_add(index.saturating_mul(slab.step[1]));
            let number = usize::try_from(module).unwrap_or(usize::MAX);
            let spans = self.plan.spans.get(number).map_or(&[][..], Vec::as_slice);
            let from = spans.partition_point(|span| span.at + span.count <= slab.start[0]);
            for span in spans.get(from..).unwrap_or_default() {
                let (start, count, step) = (slab.start[0], slab.count[0], slab.step[0]);
                let first = span.at.saturating_sub(start).div_ceil(step);
                if first >= count {
                    break;
                }
                let end = (span.at + span.count - start).div_ceil(step).min(count);
                if first >= end {
                    continue;
                }
                let offset = start + first * step - span.at;
                placements.push(placement(
                    slab,
                    (index, module),
                    (first, end - first),
                    (span, offset),
                ));
            }
        }
        Ok(placements)
    }

    fn open<'a>(&'a self, source: u64, cancel: &'a Cancel) -> BoxFuture<'a, Result<Source>> {
        Box::pin(async move {
            if let Some(module) = source.checked_sub(NO_DATA) {
                return Ok(Source::Missing(self.why_missing(module)));
            }
            let found = usize::try_from(source)
                .ok()
                .and_then(|at| self.plan.files.get(at));
            let Some((file, name)) = found else {
                return Ok(Source::Missing("there is no such file".to_owned()));
            };
            let container = self.run.open(file, cancel).await?;
            let dataset = container
                .dataset(&format!("/{name}/{}", self.key), cancel)
                .await?;
            let shape = &dataset.info().shape;
            if shape.get(1..) != Some(&self.row[..]) {
                let why = format!(
                    "\"{}\" in \"{}\" has the shape {shape:?}",
                    self.key, file.name
                );
                return Ok(Source::Missing(why));
            }
            Ok(Source::Open(dataset))
        })
    }
}

/// Rows of one span, `first` and how many in the slab, from `offset` in the span.
fn placement(
    slab: &Slab,
    (index, module): (u64, u64),
    (first, count): (u64, u64),
    (span, offset): (&Span, u64),
) -> Placement {
    let mut place = Slab::whole(&slab.count);
    (place.start[0], place.count[0]) = (first, count);
    (place.start[1], place.count[1]) = (index, 1);
    let mut from = slab.clone();
    from.start.remove(1);
    from.count.remove(1);
    from.step.remove(1);
    from.count[0] = count;
    let source = match span.rows {
        Some((file, row)) => {
            from.start[0] = row.saturating_add(offset);
            file
        }
        None => NO_DATA.saturating_add(module),
    };
    Placement {
        source,
        from,
        place,
    }
}

impl Modules {
    fn why_missing(&self, module: u64) -> String {
        let number = usize::try_from(module).unwrap_or(usize::MAX);
        let has_rows = self
            .plan
            .spans
            .get(number)
            .is_some_and(|spans| spans.iter().any(|span| span.rows.is_some()));
        if has_rows {
            format!("module {module} recorded nothing of these pulses")
        } else {
            format!("module {module} has no file that can be read")
        }
    }
}
