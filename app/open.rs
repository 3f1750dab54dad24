//! Opening an address: a storage, then a container, then what can be seen in it.

mod folder;

use std::sync::Arc;

use hutch_formats::{nexus, tomo, transposed};
use hutch_model::{
    Cancel, Container, Dataset, Error, ErrorKind, Neighbours, Node, NodeKind, Note, Origin,
    PlotChoice, ReadAt, Result, Scan, Signal,
};
use hutch_viewers::Subject;

pub(crate) use folder::beside;
pub use folder::{DataSet, data_sets, in_folder};

/// Bytes that can be read, and how they come here.
#[derive(Debug)]
pub struct Source {
    /// The bytes.
    pub bytes: Arc<dyn ReadAt>,
    /// What files that these bytes point to may open.
    pub neighbours: Arc<dyn Neighbours>,
    /// How they come here, in words: `WebDAV`, `local disk`.
    pub way: String,
}

/// An open file with what is known of it as a whole.
#[derive(Clone, Debug)]
pub struct OpenedFile {
    /// The tree of its nodes.
    pub container: Arc<dyn Container>,
    /// The tomography scan in it, where there is one.
    pub scan: Option<Arc<Scan>>,
    /// Why a scan could not be used, where there is the sign of one.
    pub scan_problem: Option<String>,
    /// What is plotted by default.
    pub default: Option<Signal>,
    /// The rule that chose it, or why there is none.
    pub why: String,
    /// Why nothing of it can be seen, where its first group cannot be read.
    pub unreadable: Option<Arc<Error>>,
    /// What was odd, in words.
    pub remarks: Vec<String>,
    /// How its bytes come here.
    pub way: String,
}

impl OpenedFile {
    /// The file.
    pub fn origin(&self) -> &Origin {
        self.container.origin()
    }
}

/// Opens a file and finds what can be seen in it.
///
/// # Errors
/// Those of the source and of the format; a scan or a default plot that cannot
/// be used is a remark, never an error.
pub async fn open_file(source: Source, cancel: &Cancel) -> Result<OpenedFile> {
    let container = hutch_formats::open(source.bytes, source.neighbours, cancel).await?;
    looked_at(container, source.way, cancel).await
}

/// Opens a file again that grew, with what is known of it where its format can use that.
///
/// # Errors
/// Those of [`open_file`].
pub async fn open_grown(
    old: &dyn Container,
    source: Source,
    cancel: &Cancel,
) -> Result<OpenedFile> {
    match old.grown(Arc::clone(&source.bytes), cancel).await? {
        Some(container) => looked_at(container, source.way, cancel).await,
        None => open_file(source, cancel).await,
    }
}

/// Finds what a file shows first.
async fn looked_at(
    container: Arc<dyn Container>,
    way: String,
    cancel: &Cancel,
) -> Result<OpenedFile> {
    let (scan, scan_problem) = match tomo::scan(container.as_ref(), cancel).await {
        Ok(scan) => (scan.map(Arc::new), None),
        Err(error) if error.kind == ErrorKind::Cancelled => return Err(error),
        Err(error) => (None, Some(error.to_string())),
    };
    let plot = nexus::default_plot(container.as_ref(), cancel).await;
    let mut unreadable = None;
    let (default, why, remarks) = match plot {
        Ok(plot) => (plot.signal, plot.why, plot.remarks),
        Err(error) if error.kind == ErrorKind::Cancelled => return Err(error),
        Err(error) => {
            let why = error.to_string();
            unreadable = Some(Arc::new(error));
            (None, why, Vec::new())
        }
    };
    Ok(OpenedFile {
        container,
        scan,
        scan_problem,
        default,
        why,
        unreadable,
        remarks,
        way,
    })
}

/// A node of an open file, ready to be looked at; the default plot, or the scan,
/// or the root where no path is given.
///
/// # Errors
/// Those of reading the node.
pub async fn subject(file: &OpenedFile, path: Option<&str>, cancel: &Cancel) -> Result<Subject> {
    let is_default = path.is_none();
    let path = match path {
        Some(path) => path.to_owned(),
        None => scan_of_guess(file, cancel)
            .await?
            .unwrap_or_else(|| first_look(file)),
    };
    let node = one_node(file, &path, cancel).await?;
    let dataset = match &node.kind {
        NodeKind::Dataset(info) if info.unreadable.is_none() => {
            Some(file.container.dataset(&path, cancel).await?)
        }
        _ => None,
    };
    if let Some((note, signal)) = note_of(file, &path, &node, cancel).await? {
        return Ok(Subject {
            origin: file.origin().at(&path),
            container: Some(Arc::clone(&file.container)),
            scan: None,
            node,
            dataset: None,
            note: Some(Arc::new(note)),
            signal,
            choice: None,
            way: file.way.clone(),
        });
    }
    let default = file.default.as_ref().filter(|_| is_default);
    let signal = match default.filter(|signal| shows(signal, &path)) {
        // It knows the whole way from the root, and was read already.
        Some(signal) => Some(signal.clone()),
        None => match nexus::signal_at(file.container.as_ref(), &path, cancel).await {
            Ok(signal) => Some(signal),
            Err(error) if error.kind == ErrorKind::Cancelled => return Err(error),
            Err(_) => dataset
                .as_ref()
                .map(|dataset| Signal::bare(Arc::clone(dataset), "the dataset itself")),
        },
    };
    let signal = nexus::describe_scan(file.container.as_ref(), &path, signal, cancel).await?;
    let signal = signal.map(transposed::as_the_file_says);
    Ok(Subject {
        origin: file.origin().at(&path),
        container: Some(Arc::clone(&file.container)),
        scan: file
            .scan
            .as_ref()
            .filter(|scan| belongs(scan, &path, dataset.as_ref()))
            .cloned(),
        node,
        dataset,
        note: None,
        signal,
        choice: None,
        way: file.way.clone(),
    })
}

/// The note that a group is, with what of it can be drawn.
async fn note_of(
    file: &OpenedFile,
    path: &str,
    node: &Node,
    cancel: &Cancel,
) -> Result<Option<(Note, Option<Signal>)>> {
    if node.nx_class() != Some("NXnote") {
        return Ok(None);
    }
    crate::notes::note(file.container.as_ref(), path, cancel).await
}

/// What a person chose to plot together, where there is a choice that can be
/// shown; the node at a path otherwise.
///
/// # Errors
/// Those of [`subject`].
pub async fn chosen_or_subject(
    file: &OpenedFile,
    path: Option<&str>,
    choice: Option<&PlotChoice>,
    cancel: &Cancel,
) -> Result<Subject> {
    let Some(choice) = choice else {
        return subject(file, path, cancel).await;
    };
    match nexus::chosen_signal(file.container.as_ref(), choice, cancel).await {
        Ok(signal) => {
            let mut subject = subject(file, Some(&choice.signal), cancel).await?;
            subject.signal = Some(signal);
            subject.scan = None;
            subject.choice = Some(choice.clone());
            Ok(subject)
        }
        Err(error) if error.kind == ErrorKind::Cancelled => Err(error),
        Err(error) => {
            log::info!("{error}; shown as the file says");
            subject(file, path, cancel).await
        }
    }
}

/// Whether a signal is that of the node at a path.
fn shows(signal: &Signal, path: &str) -> bool {
    if signal.group.is_empty() {
        signal.data.origin().path == path
    } else {
        signal.group == path
    }
}

/// Whether a node is the scan's projections, or a group above them.
fn belongs(scan: &Scan, path: &str, dataset: Option<&Arc<dyn Dataset>>) -> bool {
    let projections = &scan.projections.dataset.origin().path;
    match dataset {
        Some(dataset) => {
            dataset.origin() == scan.projections.dataset.origin() || projections == path
        }
        None => path == "/" || projections.starts_with(&format!("{}/", path.trim_end_matches('/'))),
    }
}

/// The newest scan of a file that names nothing to plot: its counters say more than images that were guessed.
async fn scan_of_guess(file: &OpenedFile, cancel: &Cancel) -> Result<Option<String>> {
    let is_guessed = |signal: &Signal| {
        signal.group.is_empty() && signal.data.origin().path.contains("/measurement/")
    };
    if file.scan.is_some() || !file.default.as_ref().is_some_and(is_guessed) {
        return Ok(None);
    }
    nexus::newest_scan(file.container.as_ref(), cancel).await
}

/// What a person most likely wants to see first.
fn first_look(file: &OpenedFile) -> String {
    let in_file = |dataset: &Arc<dyn Dataset>| {
        // Behind a link to another file the path is one of that file.
        let origin = dataset.origin();
        (origin.url == file.origin().url).then(|| origin.path.clone())
    };
    if let Some(scan) = &file.scan {
        return in_file(&scan.projections.dataset).unwrap_or_else(|| "/".to_owned());
    }
    file.default.as_ref().map_or_else(
        || "/".to_owned(),
        |signal| {
            if signal.group.is_empty() {
                in_file(&signal.data).unwrap_or_else(|| "/".to_owned())
            } else {
                signal.group.clone()
            }
        },
    )
}

async fn one_node(file: &OpenedFile, path: &str, cancel: &Cancel) -> Result<Node> {
    let paths = [path.to_owned()];
    file.container
        .nodes(&paths, cancel)
        .await
        .pop()
        .unwrap_or_else(|| {
            Err(Error::new(
                ErrorKind::NotFound,
                format!("open \"{path}\""),
                "the file has no such node",
            ))
        })
}
