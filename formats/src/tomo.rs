//! Tomography scans: NXtomo, DXchange, and NeXus files that hold what a scan needs.

mod angles;
mod dxchange;
mod nxtomo;
mod units;

use hutch_model::{Cancel, Container, NodeKind, Result, Scan};

pub(crate) use units::{metres, radians};

use crate::nexus::{children_of, is_class};

/// Children in other files that are looked at while seeking entries.
const EXTERNAL_LIMIT: usize = 8;
/// Entries that are looked at.
const ENTRY_LIMIT: usize = 256;

/// The first tomography scan of a file; `None` where nothing looks like one.
///
/// # Errors
/// [`hutch_model::ErrorKind::NotFound`] when the file describes a scan whose raw
/// data are absent (the message names them), and others when it is a scan that
/// cannot be read. An entry that can be read is preferred to one that cannot.
pub async fn scan(container: &dyn Container, cancel: &Cancel) -> Result<Option<Scan>> {
    let mut first_error = None;
    for entry in entries(container, cancel).await? {
        cancel.check()?;
        match scan_at(container, &entry, cancel).await {
            Ok(Some(scan)) => return Ok(Some(scan)),
            Ok(None) => {}
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
    }
    first_error.map_or(Ok(None), Err)
}

/// The scan of one entry: an entry, a subentry, or an exchange group.
///
/// # Errors
/// Those of [`scan`].
pub async fn scan_at(
    container: &dyn Container,
    entry: &str,
    cancel: &Cancel,
) -> Result<Option<Scan>> {
    if crate::path::name(entry).starts_with("exchange") {
        dxchange::scan(container, entry, cancel).await
    } else {
        nxtomo::scan(container, entry, cancel).await
    }
}

/// The paths that may hold a scan: entries with their subentries, exchange groups.
///
/// # Errors
/// When the root cannot be listed.
pub async fn entries(container: &dyn Container, cancel: &Cancel) -> Result<Vec<String>> {
    let mut entries = Vec::new();
    let root = children_of(container, "/", EXTERNAL_LIMIT, cancel).await?;
    for child in root.into_iter().take(ENTRY_LIMIT) {
        let Ok(node) = &child.node else { continue };
        if !matches!(node.kind, NodeKind::Group) {
            continue;
        }
        let is_exchange = child.name.starts_with("exchange");
        let is_entry = is_class(node, "NXentry")
            || (node.nx_class().is_none() && child.name.starts_with("entry"));
        if !is_exchange && !is_entry {
            continue;
        }
        entries.push(child.path.clone());
        if is_entry {
            // A subentry that cannot be listed hides only itself.
            let inner = children_of(container, &child.path, 0, cancel).await;
            let subentries = inner.unwrap_or_default().into_iter();
            entries.extend(
                subentries
                    .filter(|inner| {
                        inner
                            .found()
                            .is_some_and(|node| is_class(node, "NXsubentry"))
                    })
                    .map(|inner| inner.path),
            );
        }
    }
    Ok(entries)
}
