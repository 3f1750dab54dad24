//! Dectris Eiger masters: the data files as one dataset.
//!
//! Source: DECTRIS EIGER HDF5 files of filewriter 1: `/entry/data/data_000001`
//! and so on lead to `[n, y, x]` in `*_data_000001.h5`; the first versions had
//! `/entry/data_01`. Images are counted from 1 in the attributes `image_nr_low`
//! and `image_nr_high` of each; `nimages` for each of `ntrigger` triggers.

mod files;
mod frames;

use std::sync::Arc;

use hutch_model::{
    Attribute, BoxFuture, Cancel, Child, Container, Dataset, Error, ErrorKind, Link, Neighbours,
    NodeKind, Result,
};

use super::added::{self, Additions, Recipe};
use crate::nexus;
use crate::path;

use files::Files;

/// The name of the layout.
const LAYOUT: &str = "Eiger master";
/// Where the joined dataset goes.
const JOINED: &str = "/entry/data/data";

/// A master, where the file is one.
pub(super) async fn look(
    container: &Arc<dyn Container>,
    neighbours: &Arc<dyn Neighbours>,
    cancel: &Cancel,
) -> Result<Option<Additions>> {
    let entry = nexus::node(&**container, "/entry", cancel).await;
    if !entry.is_ok_and(|entry| matches!(entry.kind, NodeKind::Group)) {
        return Ok(None);
    }
    let children = container.children("/entry", cancel).await?;
    let data = children.iter().find(|child| child.name == "data");
    let group = match data {
        // Other files are not opened to see whether they hold a layout.
        Some(child) if child.link == Link::Hard => {
            let data = nexus::node(&**container, "/entry/data", cancel).await;
            // In files of others a dataset has this name.
            if !data.is_ok_and(|data| matches!(data.kind, NodeKind::Group)) {
                return Ok(None);
            }
            "/entry/data"
        }
        Some(_) => return Ok(None),
        None => "/entry",
    };
    let children = container.children(group, cancel).await?;
    if children.iter().any(|child| child.name == "data") {
        return Ok(None);
    }
    let links = numbered(&children);
    if links.is_empty() {
        return Ok(None);
    }
    let mut additions = Additions::new(LAYOUT);
    if group == "/entry" {
        additions.group("/entry/data", &[("NX_class", "NXdata"), ("signal", "data")]);
    }
    let files = Files::new(container, neighbours, group, &links);
    let frames = Frames {
        container: Arc::clone(container),
        group: group.to_owned(),
        files: Arc::new(files),
    };
    additions.dataset(JOINED, Box::new(frames));
    Ok(Some(additions))
}

/// The children that are data files: `data_` and a number, by that number.
fn numbered(children: &[Child]) -> Vec<&Child> {
    let mut links: Vec<(u64, &Child)> = children
        .iter()
        .filter_map(|child| {
            let digits = child.name.strip_prefix("data_")?;
            let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
            Some((digits.parse().ok().filter(|_| is_number)?, child))
        })
        .collect();
    links.sort_by_key(|(number, _)| *number);
    links.into_iter().map(|(_, child)| child).collect()
}

/// All frames of a master.
#[derive(Debug)]
struct Frames {
    container: Arc<dyn Container>,
    group: String,
    files: Arc<Files>,
}

impl Recipe for Frames {
    fn make<'a>(&'a self, cancel: &'a Cancel) -> BoxFuture<'a, Result<Arc<dyn Dataset>>> {
        Box::pin(async move {
            let origin = self.container.origin().at(JOINED);
            let joined = frames::join(&self.container, &self.files, origin, cancel).await?;
            Ok(Arc::new(joined) as Arc<dyn Dataset>)
        })
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![added::attribute(LAYOUT, "interpretation", "image")]
    }

    fn problems(&self) -> Vec<String> {
        self.files.problems()
    }

    fn refresh<'a>(&'a self, cancel: &'a Cancel) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let children = self.container.children(&self.group, cancel).await?;
            let links = numbered(&children);
            self.files.refresh(&links).await
        })
    }
}

/// A number of the master that may be absent.
async fn optional_number(container: &dyn Container, name: &str, cancel: &Cancel) -> Option<u64> {
    let detector = "/entry/instrument/detector";
    let path = path::join(detector, name);
    let number = nexus::number(container, &path, cancel).await.ok()??;
    whole(number)
}

/// A number of frames or pixels.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be whole and in range"
)]
fn whole(number: f64) -> Option<u64> {
    ((0.0..9e15).contains(&number) && number.fract() == 0.0).then_some(number as u64)
}

/// An error about the joined frames.
fn error(kind: ErrorKind, why: impl Into<String>) -> Error {
    Error::new(kind, "join the data files of the Eiger master", why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryContainer;
    use hutch_model::{Neighbour, Samples};
    use pollster::block_on;

    /// Nothing lies beside the file.
    #[derive(Debug)]
    struct Alone;

    impl Neighbours for Alone {
        fn open<'a>(
            &'a self,
            _target: &'a str,
            _from: &'a str,
        ) -> BoxFuture<'a, Result<Neighbour>> {
            Box::pin(async { Ok(Neighbour::Absent("it is alone".to_owned())) })
        }

        fn list<'a>(
            &'a self,
            _prefix: &'a str,
            _from: &'a str,
        ) -> BoxFuture<'a, Result<Vec<String>>> {
            Box::pin(async { Ok(Vec::new()) })
        }
    }

    #[test]
    fn a_file_whose_data_are_a_dataset_is_no_master() {
        let file = MemoryContainer::new("other.h5")
            .dataset("/entry/data", &[2, 3], Samples::U8(vec![0; 6]), &[])
            .expect("a dataset of six samples");
        let file: Arc<dyn Container> = Arc::new(file);
        let neighbours: Arc<dyn Neighbours> = Arc::new(Alone);
        let found = block_on(look(&file, &neighbours, &Cancel::new()));
        assert!(
            found.expect("it is looked at").is_none(),
            "it opens as it is"
        );
    }
}
