//! The files of a run, by their names.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use hutch_model::{
    Cancel, Container, Error, ErrorKind, Neighbour, Neighbours, Origin, Refreshed, Result, Retry,
};

use super::super::beside::Beside;
use crate::hdf5;

/// The parts of `RAW-R0348-AGIPD04-S00002.h5`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::layouts) struct FileName {
    /// What all files of the run begin with: `RAW-R0348-`.
    run: String,
    /// Who wrote it: `AGIPD04`.
    pub(super) aggregator: String,
    /// Which stretch of the run.
    pub(super) sequence: u64,
    /// The name.
    pub(super) name: String,
}

impl FileName {
    /// The parts of a name; `None` for other files.
    pub(in crate::layouts) fn parse(name: &str) -> Option<Self> {
        let stem = name.strip_suffix(".h5")?;
        let (rest, sequence) = stem.rsplit_once("-S")?;
        let (run, aggregator) = rest.rsplit_once('-')?;
        let (class, number) = run.split_once("-R")?;
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let is_word = |text: &str| {
            let mut bytes = text.bytes();
            !text.is_empty() && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
        };
        let fits = is_word(class) && is_number(number) && is_word(aggregator);
        (fits && is_number(sequence)).then_some(Self {
            run: format!("{run}-"),
            aggregator: aggregator.to_owned(),
            sequence: sequence.parse().ok()?,
            name: name.to_owned(),
        })
    }

    /// The aggregator without its number: `AGIPD` of `AGIPD04`.
    pub(super) fn family(&self) -> &str {
        self.aggregator
            .trim_end_matches(|character: char| character.is_ascii_digit())
    }
}

/// A run: its files beside the one that was opened.
#[derive(Debug)]
pub(super) struct Run {
    container: Arc<dyn Container>,
    neighbours: Arc<dyn Neighbours>,
    own: FileName,
    beside: Beside,
    opened: Mutex<HashMap<String, Arc<dyn Container>>>,
}

impl Run {
    pub(super) fn new(
        container: &Arc<dyn Container>,
        neighbours: &Arc<dyn Neighbours>,
        own: FileName,
    ) -> Self {
        let url = &container.origin().url;
        Self {
            container: Arc::clone(container),
            neighbours: Arc::clone(neighbours),
            beside: Beside::new(Arc::clone(neighbours), url, own.run.clone()),
            own,
            opened: Mutex::default(),
        }
    }

    pub(super) fn own_name(&self) -> &FileName {
        &self.own
    }

    pub(super) fn origin(&self, path: &str) -> Origin {
        self.container.origin().at(path)
    }

    /// All files of the run, by aggregator, the sequences in order.
    pub(super) async fn files(&self) -> BTreeMap<String, Vec<FileName>> {
        let mut files: BTreeMap<String, Vec<FileName>> = BTreeMap::new();
        let names = self.beside.names().await.unwrap_or_default();
        let mut names: Vec<FileName> = names
            .iter()
            .filter_map(|name| FileName::parse(name))
            .filter(|name| name.run == self.own.run)
            .collect();
        names.push(self.own.clone());
        names.sort_by(|one, other| one.sequence.cmp(&other.sequence).then(one.cmp(other)));
        names.dedup();
        for name in names {
            files.entry(name.aggregator.clone()).or_default().push(name);
        }
        files
    }

    /// The first file of each group of numbered aggregators, as `AGIPD00` of
    /// `AGIPD00` to `AGIPD15`. Those called `DA` hold no modules.
    pub(super) async fn first_of_each_family(&self) -> Vec<FileName> {
        let files = self.files().await;
        let firsts: Vec<&FileName> = files.values().filter_map(|files| files.first()).collect();
        let family_of = |first: &FileName| first.family().to_owned();
        let mut found: Vec<FileName> = Vec::new();
        for first in &firsts {
            let family = family_of(first);
            let is_new = found.iter().all(|known| known.family() != family);
            let members = firsts.iter().filter(|other| other.family() == family);
            if is_new && family != "DA" && members.count() > 1 {
                found.push((*first).clone());
            }
        }
        found
    }

    /// A file of the run.
    pub(super) async fn open(
        &self,
        file: &FileName,
        cancel: &Cancel,
    ) -> Result<Arc<dyn Container>> {
        if *file == self.own {
            return Ok(Arc::clone(&self.container));
        }
        let known = self.lock().get(&file.name).cloned();
        if let Some(container) = known {
            return Ok(container);
        }
        let name = &file.name;
        let error =
            |kind, why: String| Error::new(kind, format!("open \"{name}\" of the run"), why);
        let url = &self.container.origin().url;
        let source = match self.neighbours.open(name, url).await? {
            Neighbour::Open(source) => source,
            Neighbour::Refused(why) => return Err(error(ErrorKind::Refused, why)),
            Neighbour::Absent(why) => {
                return Err(error(ErrorKind::NotFound, why).with_retry(Retry::Later));
            }
            Neighbour::Offline => {
                return Err(error(ErrorKind::OnTape, "it is on tape".to_owned()));
            }
        };
        let neighbours = Arc::clone(&self.neighbours);
        let container = hdf5::open_hdf5(source, neighbours, cancel).await?;
        self.lock().insert(name.clone(), Arc::clone(&container));
        Ok(container)
    }

    /// Whether files came, went or grew since they were looked at.
    pub(super) async fn refresh(&self, cancel: &Cancel) -> Result<bool> {
        let mut is_changed = self.beside.is_changed().await.unwrap_or(false);
        let opened: Vec<Arc<dyn Container>> = self.lock().values().cloned().collect();
        for container in opened {
            is_changed |= container.refresh(cancel).await? == Refreshed::Changed;
        }
        Ok(is_changed)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<dyn Container>>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_says_its_run_and_its_place_in_it() {
        let name = FileName::parse("RAW-R0348-AGIPD04-S00002.h5").unwrap();
        assert_eq!(name.run, "RAW-R0348-", "the run");
        assert_eq!(name.aggregator, "AGIPD04", "the aggregator");
        assert_eq!(name.family(), "AGIPD", "its family");
        assert_eq!(name.sequence, 2, "the sequence");
        for other in ["RAW-R0348-AGIPD04.h5", "a-b-S1.h5", "R1-S0.h5", "x.h5", ""] {
            assert_eq!(FileName::parse(other), None, "{other} is no such file");
        }
    }
}
