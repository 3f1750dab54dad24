//! A folder as an address: its numbered images as one stack, its run or its
//! master file.

use std::path::Path;

use hutch_connectors::site;
use hutch_formats::{FORMATS, Format, series};
use hutch_model::{Cancel, Error, ErrorKind, Result, StorageEntryKind};

use crate::address::{Address, Place};
use crate::sites::Sites;

/// All files of a numbered series as one dataset, beside the data of each.
const STACK: &str = "/stack";
/// So many data sets of a folder are named in a message.
const NAMED: usize = 8;

/// What a folder holds, as the address of a file in it: the first of a numbered
/// series of images with the path of the whole stack, any file of a run of the
/// European XFEL, or the only master or data file. Addresses of files stay as
/// they are, and so do folders at a plain web address, which nobody can list.
///
/// # Errors
/// [`ErrorKind::Usage`] where the folder holds several data sets, with how to
/// name each, and where it holds none; those of listing.
pub async fn in_folder(sites: &Sites, address: Address, cancel: &Cancel) -> Result<Address> {
    let Some((place, mut names)) = list(sites, &address.place, cancel).await? else {
        return Ok(address);
    };
    names.sort();
    let mut found = data_sets(&names);
    let Some(first) = found.first().filter(|_| found.len() == 1) else {
        return Err(none_or_several(&place, &found, names.len()));
    };
    let has_path = address.path.as_ref().is_some_and(|path| !path.is_empty());
    let path = match first.path {
        Some(path) if !has_path => Some(path.to_owned()),
        _ => address.path.filter(|path| !path.is_empty()),
    };
    let name = found.remove(0).name;
    Ok(Address {
        place: inside(&place, &name),
        path,
        slice: address.slice,
    })
}

/// The file that lies so many further on among the numbered files of its folder; none where there is none, or
/// nobody can list the folder.
///
/// # Errors
/// Those of listing.
pub(crate) async fn beside(
    sites: &Sites,
    place: &Place,
    by: i64,
    cancel: &Cancel,
) -> Result<Option<Place>> {
    let (folder, name) = match place {
        Place::Local(path) => {
            let name = path.file_name().and_then(|name| name.to_str());
            let folder = path.parent().map(Path::to_owned);
            match (folder, name) {
                (Some(folder), Some(name)) => (Place::Local(folder), name.to_owned()),
                _ => return Ok(None),
            }
        }
        Place::Site { site, path } => {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            let folder = Place::Site {
                site: site.clone(),
                path: format!("{folder}/"),
            };
            (folder, name.to_owned())
        }
        Place::Url(_) => return Ok(None),
    };
    let Some((folder, names)) = list(sites, &folder, cancel).await? else {
        return Ok(None);
    };
    Ok(neighbour(&names, &name, by).map(|next| inside(&folder, &next)))
}

/// The name that lies so many further on in the numbered series of a name.
fn neighbour(names: &[String], name: &str, by: i64) -> Option<String> {
    let files = series(names);
    let own = files
        .iter()
        .find(|files| files.iter().any(|file| file == name))?;
    let at = own.iter().position(|file| file == name)?;
    let next = i64::try_from(at).ok()?.checked_add(by)?;
    own.get(usize::try_from(next).ok()?).cloned()
}

/// Something in a folder that may be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataSet {
    /// The file that opens it.
    pub name: String,
    /// Where its data are, where the file does not say it by itself.
    pub path: Option<&'static str>,
    /// Its files.
    pub count: usize,
}

impl DataSet {
    fn of_file(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            path: None,
            count: 1,
        }
    }
}

/// What the files of a folder are, by their names alone.
pub fn data_sets(names: &[String]) -> Vec<DataSet> {
    let of = |wanted: fn(&Format) -> bool| -> Vec<String> {
        let fits = |name: &&String| format_of(name).is_some_and(wanted);
        names.iter().filter(fits).cloned().collect()
    };
    let trees = of(is_tree);
    let runs = runs(&trees);
    let masters: Vec<DataSet> = trees
        .iter()
        .filter(|name| stem(name).ends_with("_master"))
        .map(|name| DataSet::of_file(name))
        .collect();
    let mut found = if !runs.is_empty() {
        runs
    } else if !masters.is_empty() {
        masters
    } else {
        trees.iter().map(|name| DataSet::of_file(name)).collect()
    };
    let others: Vec<String> = of(|format| !is_tree(format))
        .into_iter()
        // It describes another file and opens the same.
        .filter(|name| !names.iter().any(|other| *name == format!("{other}.info")))
        .collect();
    for files in series(&others) {
        let Some(name) = files.first() else { continue };
        let is_stack = files.len() > 1 && !format_of(name).is_some_and(is_table);
        if is_stack {
            found.push(DataSet {
                name: name.clone(),
                path: Some(STACK),
                count: files.len(),
            });
        } else {
            found.extend(files.iter().map(|name| DataSet::of_file(name)));
        }
    }
    found
}

/// One file of each run of the European XFEL.
fn runs(names: &[String]) -> Vec<DataSet> {
    let mut all: Vec<(String, DataSet)> = Vec::new();
    for name in names {
        let Some(run) = run_of(name) else { continue };
        match all.iter_mut().find(|(known, _)| known == run) {
            Some((_, set)) => set.count += 1,
            None => all.push((run.to_owned(), DataSet::of_file(name))),
        }
    }
    all.into_iter().map(|(_, set)| set).collect()
}

/// `RAW-R0348` of `RAW-R0348-AGIPD04-S00002.h5`.
///
/// Source: European XFEL, "EXDF" file format, names of files.
fn run_of(name: &str) -> Option<&str> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (rest, sequence) = name.strip_suffix(".h5")?.rsplit_once("-S")?;
    let (run, _) = rest.rsplit_once('-')?;
    let (_, number) = run.split_once("-R")?;
    (is_number(sequence) && is_number(number)).then_some(run)
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// The format that a name promises.
fn format_of(name: &str) -> Option<&'static Format> {
    let name = name.to_lowercase();
    let has = |extension: &&str| {
        let stem = name.strip_suffix(extension);
        stem.is_some_and(|stem| stem.len() > 1 && stem.ends_with('.'))
    };
    FORMATS
        .iter()
        .find(|format| format.extensions.iter().any(has))
}

/// HDF5 names the other files of a scan by itself.
fn is_tree(format: &Format) -> bool {
    format.name == "HDF5"
}

/// Scans of different counters do not make a stack.
fn is_table(format: &Format) -> bool {
    matches!(format.name, "SPEC" | "FIO")
}

fn none_or_several(place: &Place, found: &[DataSet], files: usize) -> Error {
    let tried = format!("open the folder \"{}\"", shown(place));
    if found.is_empty() {
        let why = match files {
            0 => "there is no file in it; name one".to_owned(),
            _ => format!("none of its {files} files has a name that Hutch knows; name one"),
        };
        return Error::new(ErrorKind::Usage, tried, why);
    }
    let name = |set: &DataSet| match set.path {
        Some(path) => format!("{}::{path}", set.name),
        None => set.name.clone(),
    };
    let named: Vec<String> = found
        .iter()
        .take(NAMED)
        .map(|set| match set.count {
            1 => format!("\"{}\"", name(set)),
            count => format!("\"{}\" ({count} files)", name(set)),
        })
        .collect();
    let more = match found.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let example = found.first().map(name).unwrap_or_default();
    let why = format!(
        "it holds {} data sets: {}{more}; name one, as \"{}\"",
        found.len(),
        named.join(", "),
        shown(&inside(place, &example))
    );
    Error::new(ErrorKind::Usage, tried, why)
}

/// The files of a folder, and its place without a site's words for a mount;
/// `None` where the address is no folder.
async fn list(
    sites: &Sites,
    place: &Place,
    cancel: &Cancel,
) -> Result<Option<(Place, Vec<String>)>> {
    let (site, location) = match place {
        Place::Local(path) => {
            return Ok(list_local(path).await?.map(|names| (place.clone(), names)));
        }
        Place::Url(_) => return Ok(None),
        Place::Site { site, path } => (site, path),
    };
    let known = sites
        .profile(site)
        .and_then(|profile| profile.place_of(location));
    let path = match known {
        Some(site::Place::Mount(path)) => {
            let names = list_local(&path).await?;
            return Ok(names.map(|names| (Place::Local(path), names)));
        }
        Some(site::Place::Storage(path)) => path,
        None => location.clone(),
    };
    // A name that promises a file costs no request.
    let is_named = !path.ends_with('/') && format_of(&path).is_some();
    let Some(storage) = sites.storage(site).filter(|_| !is_named) else {
        return Ok(None);
    };
    if storage.stat(&path, cancel).await?.kind != StorageEntryKind::Folder {
        return Ok(None);
    }
    let entries = storage.list(&path, cancel).await?;
    let files = entries
        .into_iter()
        .filter(|entry| entry.kind != StorageEntryKind::Folder);
    Ok(Some((
        place.clone(),
        files.map(|entry| entry.name).collect(),
    )))
}

/// Asks the disk on a thread that may hang.
async fn list_local(path: &Path) -> Result<Option<Vec<String>>> {
    let folder = path.to_owned();
    let work = move || -> Result<Option<Vec<String>>> {
        if !folder.is_dir() {
            return Ok(None);
        }
        let entries = std::fs::read_dir(&folder).map_err(|error| {
            let tried = format!("list \"{}\"", folder.display());
            let known = Error::from(error);
            Error::new(known.kind, tried, known.why)
        })?;
        let names = entries.filter_map(|entry| {
            let entry = entry.ok()?;
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            (!is_folder).then(|| entry.file_name().into_string().ok())?
        });
        Ok(Some(names.collect()))
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        let tried = format!("list \"{}\"", path.display());
        Error::new(ErrorKind::Internal, tried, "the work broke off").with_source(error)
    })?
}

fn inside(folder: &Place, name: &str) -> Place {
    match folder {
        Place::Local(path) => Place::Local(path.join(name)),
        Place::Url(url) => Place::Url(url.clone()),
        Place::Site { site, path } => Place::Site {
            site: site.clone(),
            path: format!("{}/{name}", path.trim_end_matches('/')),
        },
    }
}

fn shown(place: &Place) -> String {
    match place {
        Place::Local(path) => path.display().to_string(),
        Place::Url(url) => crate::address::shown(url.as_str()),
        Place::Site { site, path } => format!("{site}:{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(names: &[&str]) -> Vec<(String, Option<&'static str>, usize)> {
        let mut names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        names.sort();
        let sets = data_sets(&names).into_iter();
        sets.map(|set| (set.name, set.path, set.count)).collect()
    }

    #[test]
    fn numbered_images_are_one_stack() {
        let sets = found(&["raw_10.tif", "raw_9.tif", "angles.txt"]);
        assert_eq!(sets, [("raw_9.tif".to_owned(), Some(STACK), 2)], "a stack");
        let sets = found(&["raw_1.cbf.gz", "raw_2.cbf.gz", "flat.cbf"]);
        assert_eq!(sets.len(), 2, "a stack and an image: {sets:?}");
    }

    #[test]
    fn files_follow_one_another_by_their_numbers() {
        let names = [
            "scan_00009.fio",
            "scan_00010.fio",
            "scan_00100.fio",
            "scan_00010.dat",
            "other_00011.fio",
        ];
        let names = names.map(str::to_owned);
        let beside = |name: &str, by| neighbour(&names, name, by);
        assert_eq!(
            beside("scan_00009.fio", 1).as_deref(),
            Some("scan_00010.fio")
        );
        assert_eq!(
            beside("scan_00010.fio", 1).as_deref(),
            Some("scan_00100.fio"),
            "numbers may be left out"
        );
        assert_eq!(beside("scan_00009.fio", -1), None, "it is the first");
        assert_eq!(beside("other_00011.fio", 1), None, "it is alone");
        assert_eq!(beside("gone.fio", 1), None);
    }

    #[test]
    fn a_run_is_one_data_set_and_a_master_speaks_for_its_files() {
        let sets = found(&[
            "RAW-R0007-AGIPD00-S00000.h5",
            "RAW-R0007-DA01-S00000.h5",
            "overview.h5",
        ]);
        assert_eq!(
            sets,
            [("RAW-R0007-AGIPD00-S00000.h5".to_owned(), None, 2)],
            "the run"
        );
        let sets = found(&["a_data_000001.h5", "a_data_000002.h5", "a_master.h5"]);
        assert_eq!(sets, [("a_master.h5".to_owned(), None, 1)], "the master");
    }

    #[test]
    fn tables_and_descriptions_make_no_stack() {
        assert_eq!(found(&["s_1.fio", "s_2.fio"]).len(), 2, "two scans");
        let sets = found(&["v.vol", "v.vol.info"]);
        assert_eq!(sets, [("v.vol".to_owned(), None, 1)], "one volume");
        assert!(found(&["notes.txt", ".tif"]).is_empty(), "nothing");
    }
}
