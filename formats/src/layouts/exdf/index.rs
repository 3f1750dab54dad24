//! Which rows of a source belong to which train.

use std::sync::Arc;

use hutch_model::{Cancel, Container, Result, Samples, Slab, read_slab};

use crate::nexus;

/// Values that an index holds at most.
const INDEX_LIMIT: u64 = 1 << 24;

/// The rows of one train in one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rows {
    /// The train.
    pub(super) train: u64,
    /// Its first row.
    pub(super) first: u64,
    /// How many rows it has.
    pub(super) count: u64,
}

/// The sources that a file names, as `INSTRUMENT/SPB_DET_AGIPD1M-1/DET/0CH0:xtdf/image`.
pub(super) async fn sources(container: &dyn Container, cancel: &Cancel) -> Result<Vec<String>> {
    // Since format 1.0 one group deeper than before.
    let paths = [
        "/METADATA/dataSources/dataSourceId",
        "/METADATA/dataSourceId",
    ];
    for path in paths {
        let Ok(dataset) = container.dataset(path, cancel).await else {
            continue;
        };
        let slab = Slab::whole(&dataset.info().shape);
        if slab.element_count()? > INDEX_LIMIT {
            continue;
        }
        if let Samples::Text(texts) = read_slab(&*dataset, &slab, cancel).await?.samples {
            let texts = texts.into_iter().map(|text| text.trim().to_owned());
            return Ok(texts.filter(|text| !text.is_empty()).collect());
        }
    }
    Ok(Vec::new())
}

/// The trains of a file; the zeros that fill up the last chunk are left out.
pub(super) async fn trains(container: &dyn Container, cancel: &Cancel) -> Result<Vec<u64>> {
    let trains = whole_numbers(container, "/INDEX/trainId", cancel).await?;
    let used = trains.iter().rposition(|&train| train != 0);
    let used = used.map_or(0, |last| last + 1);
    Ok(trains.into_iter().take(used).collect())
}

/// The rows of a source for each train of a file that has some.
pub(super) async fn rows(
    container: &dyn Container,
    source: &str,
    trains: &[u64],
    cancel: &Cancel,
) -> Result<Vec<Rows>> {
    let path = |name: &str| format!("/INDEX/{source}/{name}");
    let first = whole_numbers(container, &path("first"), cancel).await?;
    let count = whole_numbers(container, &path("count"), cancel).await;
    let count = if let Ok(count) = count {
        count
    } else {
        // Format 0.1 says the last row, and whether there is any.
        let last = whole_numbers(container, &path("last"), cancel).await?;
        let status = whole_numbers(container, &path("status"), cancel).await?;
        let spans = first.iter().zip(last).zip(status);
        spans
            .map(|((&first, last), status)| match status {
                0 => 0,
                _ => last.saturating_sub(first).saturating_add(1),
            })
            .collect()
    };
    let spans = trains.iter().zip(first.into_iter().zip(count));
    Ok(spans
        .filter(|(train, (_, count))| **train != 0 && *count > 0)
        .map(|(&train, (first, count))| Rows {
            train,
            first,
            count,
        })
        .collect())
}

/// All numbers of a list, whole and below 2^53 as ids and counts are.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float that is no such number saturates, and fits no train"
)]
pub(super) async fn whole_numbers(
    container: &dyn Container,
    path: &str,
    cancel: &Cancel,
) -> Result<Vec<u64>> {
    let numbers = nexus::numbers(container, path, cancel).await?;
    Ok(numbers.into_iter().map(|number| number as u64).collect())
}

/// Equal lists of one file are kept once.
#[derive(Debug, Default)]
pub(super) struct Shared(Option<Arc<[u64]>>);

impl Shared {
    /// The list, the one before where they are equal.
    pub(super) fn of(&mut self, list: &[u64]) -> Arc<[u64]> {
        match &self.0 {
            Some(known) if **known == *list => Arc::clone(known),
            _ => {
                let list: Arc<[u64]> = list.into();
                self.0 = Some(Arc::clone(&list));
                list
            }
        }
    }
}
