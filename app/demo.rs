//! The walk: what a person does with Hutch, without a window.
//!
//! It signs in, searches, opens a large scan over WebDAV, draws a projection,
//! reconstructs, and leaves pictures and a summary. Any step that fails ends it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hutch_analysis::recipe::{Recipe, Slices};
use hutch_facility::{Facility, data};
use hutch_formats::results::VolumePlan;
use hutch_model::{
    Cancel, Catalogue, Dataset, Entry, EntryId, Error, ErrorKind, PageRequest, Progress, Result,
    Scan, Secret, Slab, read_slab,
};
use hutch_viewers::{Pixels, numbers};
use serde_json::{Value as Json, json};

use crate::address::{Address, shown};
use crate::cli::render::{Look, Picture, image_picture, read_frame, volume_picture, write_png};
use crate::open::open_file;
use crate::picture::Provenance;
use crate::pools::Pools;
use crate::reconstruct::output::check_folder;
use crate::reconstruct::{Outcome, Run, reconstruct};
use crate::remote::{self, Follow};
use crate::settings::{Folders, replace_file};
use crate::sites::Sites;

/// A projection costs at most this share of the bytes of its file.
const PROJECTION_SHARE: f64 = 0.02;
/// A slice with its rotation axis costs at most this share.
const SLICE_SHARE: f64 = 0.10;
/// What the large scan is called by the demonstration's catalogue.
const LARGE: &str = "diamond_pin_large.nxs";

/// How the walk is taken.
#[derive(Clone, Debug, Default)]
pub struct WalkOptions {
    /// Where pictures and summary go; a folder in the state folder where empty.
    pub folder: Option<PathBuf>,
    /// Time that the facility waits before every answer.
    pub latency: Duration,
}

/// One thing that the walk did.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it did.
    pub name: String,
    /// What came of it.
    pub result: String,
    /// Bytes that came over the network.
    pub bytes: u64,
    /// Requests that were sent.
    pub requests: u64,
    /// Time that it took.
    pub secs: f64,
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:<34} {:>10} {:>5} requests {:>9}  {}",
            self.name,
            numbers::bytes(self.bytes),
            self.requests,
            numbers::duration(self.secs),
            self.result
        )
    }
}

/// What the walk left.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The folder with everything.
    pub folder: PathBuf,
    /// What it did, in order.
    pub steps: Vec<Step>,
    /// The pictures.
    pub pictures: Vec<PathBuf>,
}

impl Summary {
    /// The summary as JSON.
    pub fn to_json(&self) -> Json {
        let steps: Vec<Json> = self
            .steps
            .iter()
            .map(|step| {
                json!({
                    "name": step.name,
                    "result": step.result,
                    "bytes": step.bytes,
                    "requests": step.requests,
                    "secs": step.secs,
                })
            })
            .collect();
        json!({
            "schema": "hutch.demo/1",
            "version": env!("CARGO_PKG_VERSION"),
            "folder": self.folder,
            "steps": steps,
            "pictures": self.pictures,
        })
    }
}

/// Somebody on the walk: where they are, and what they did so far.
pub struct Walk<'a> {
    /// The facilities.
    pub sites: &'a Sites,
    /// Threads.
    pub pools: &'a Pools,
    /// Ends the walk.
    pub cancel: &'a Cancel,
    /// Hears of every step when it is done.
    pub say: &'a (dyn Fn(&Step) + Sync),
    /// What was done and left.
    pub summary: Summary,
}

impl std::fmt::Debug for Walk<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Walk")
            .field("summary", &self.summary)
            .finish_non_exhaustive()
    }
}

/// Takes the whole walk through the embedded facility.
///
/// # Errors
/// Those of the step that failed; [`ErrorKind::Limit`] when a step read more
/// of a file than it needs.
pub fn walk(
    folders: &Folders,
    options: &WalkOptions,
    cancel: &Cancel,
    say: &(dyn Fn(&Step) + Sync),
) -> Result<Summary> {
    let pools = Pools::start()?;
    let made = Instant::now();
    let folder = data::make_demo_folder(&folders.cache)?;
    let is_new = make_large_scan(&folder, cancel)?;
    let sites = pools.wait(Sites::with_demo(folders))?;
    let facility = sites
        .demo()
        .ok_or_else(|| Error::new(ErrorKind::Internal, "start the facility", "it is not there"))?;
    facility.set_latency(options.latency);
    let mut walk = Walk::new(
        &sites,
        &pools,
        cancel,
        say,
        options.folder.as_deref(),
        folders,
    )?;
    walk.add(Step {
        name: "start the facility".to_owned(),
        result: format!(
            "{} sample data at {}",
            if is_new { "made" } else { "kept" },
            facility.dav_url()
        ),
        bytes: 0,
        requests: 0,
        secs: made.elapsed().as_secs_f64(),
    });
    let result = walk.through(facility);
    // The user of the demonstration does not stay in a keyring.
    if let Some((_, catalogue)) = sites.catalogue("demo")
        && let Err(error) = pools.wait(catalogue.sign_out())
    {
        log::debug!("{error}");
    }
    result?;
    walk.write_summary()?;
    Ok(walk.summary)
}

fn make_large_scan(folder: &data::DemoFolder, cancel: &Cancel) -> Result<bool> {
    let mut told = Instant::now();
    let mut progress = |done: u64, all: u64| {
        if told.elapsed() > Duration::from_secs(2) {
            told = Instant::now();
            log::warn!("making the large scan: {}", numbers::bytes_of(done, all));
        }
    };
    data::make_large_scan(&folder.large_scan, &mut progress, &|| cancel.is_cancelled()).map_err(
        |error| {
            let kind = if error.kind() == std::io::ErrorKind::Interrupted {
                ErrorKind::Cancelled
            } else {
                ErrorKind::Disk
            };
            let tried = format!("make \"{}\"", folder.large_scan.display());
            Error::new(kind, tried, error.to_string()).with_source(error)
        },
    )
}

impl<'a> Walk<'a> {
    /// A walk that has not begun.
    ///
    /// # Errors
    /// [`ErrorKind::Disk`] when its folder cannot be made;
    /// [`ErrorKind::Refused`] where it lies among raw data.
    pub fn new(
        sites: &'a Sites,
        pools: &'a Pools,
        cancel: &'a Cancel,
        say: &'a (dyn Fn(&Step) + Sync),
        folder: Option<&Path>,
        folders: &Folders,
    ) -> Result<Self> {
        let folder = folder.map_or_else(|| folders.state.join("demo"), Path::to_owned);
        check_folder(sites, &folder)?;
        std::fs::create_dir_all(&folder)?;
        let folder = std::path::absolute(folder)?;
        let summary = Summary {
            folder,
            steps: Vec::new(),
            pictures: Vec::new(),
        };
        Ok(Self {
            sites,
            pools,
            cancel,
            say,
            summary,
        })
    }

    fn add(&mut self, step: Step) {
        (self.say)(&step);
        self.summary.steps.push(step);
    }

    /// Does something, and takes down what it cost.
    fn step<T>(
        &mut self,
        name: &str,
        work: impl FnOnce(&mut Self) -> Result<(T, String)>,
    ) -> Result<T> {
        self.cancel.check()?;
        let started = Instant::now();
        let before = self.sites.meter();
        let (value, result) = work(self)?;
        let after = self.sites.meter();
        self.add(Step {
            name: name.to_owned(),
            result,
            bytes: after.bytes.saturating_sub(before.bytes),
            requests: after.requests.saturating_sub(before.requests),
            secs: started.elapsed().as_secs_f64(),
        });
        Ok(value)
    }

    fn through(&mut self, facility: &Facility) -> Result<()> {
        let (_, catalogue) = self.sites.catalogue("demo").ok_or_else(|| {
            Error::new(
                ErrorKind::Internal,
                "open the catalogue",
                "the site has none",
            )
        })?;
        let catalogue = catalogue.as_ref();
        self.sign_in(catalogue)?;
        self.search(catalogue, "bone")?;
        self.search(catalogue, "pin")?;
        let location = self.find_large_scan(catalogue)?;
        facility.clear_log();
        let address = format!("demo:{location}");
        let scan = self.open_scan(&address)?;
        self.draw_projection(&scan, "projection.png")?;
        let sent = |facility: &Facility| facility.bytes_sent(&format!("/dav{location}"));
        let read_bytes = sent(facility);
        self.within("draw a projection", read_bytes, PROJECTION_SHARE)?;
        self.one_slice(&address, &scan)?;
        let slice_bytes = sent(facility).saturating_sub(read_bytes);
        self.within("reconstruct one slice", slice_bytes, SLICE_SHARE)?;
        self.small_volume("demo:/demo/tomography/diamond_pin.nxs")
    }

    fn sign_in(&mut self, catalogue: &dyn Catalogue) -> Result<()> {
        self.step("sign in", |walk| {
            let fields = [("username", "alice"), ("password", "secret")]
                .map(|(name, value)| (name.to_owned(), Secret::new(value)));
            let who = walk.pools.wait(catalogue.sign_in("db", &fields))?;
            let left = who.remaining_secs.map_or(String::new(), |secs| {
                format!(", {}", numbers::time_left(secs))
            });
            Ok(((), format!("{}{left}", who.user)))
        })
    }

    fn search(&mut self, catalogue: &dyn Catalogue, words: &str) -> Result<()> {
        self.step(&format!("search \"{words}\""), |walk| {
            let request = PageRequest::default();
            let found = catalogue.search(words, &request, walk.cancel);
            let page = walk.pools.wait(found)?;
            let first = page.entries.first().ok_or_else(|| missing(words))?;
            Ok((
                (),
                format!("{} found, first \"{}\"", page.entries.len(), first.title),
            ))
        })
    }

    /// From the beamtime to the file, as a person clicks.
    fn find_large_scan(&mut self, catalogue: &dyn Catalogue) -> Result<String> {
        self.step("investigation, dataset, file", |walk| {
            let beamtime = walk.child(catalogue, None, |entry| entry.name == "11009876")?;
            let dataset = walk.child(catalogue, Some(&beamtime.id), |entry| {
                entry.name.ends_with("large")
            })?;
            let file = walk.child(catalogue, Some(&dataset.id), |entry| entry.name == LARGE)?;
            let location = file
                .location
                .clone()
                .ok_or_else(|| missing("its location"))?;
            let words = format!("{} / {} / {}", beamtime.title, dataset.name, file.name);
            Ok((location, words))
        })
    }

    fn child(
        &self,
        catalogue: &dyn Catalogue,
        parent: Option<&EntryId>,
        is_wanted: impl Fn(&Entry) -> bool,
    ) -> Result<Entry> {
        let request = PageRequest::default();
        let children = catalogue.children(parent, &request, self.cancel);
        let page = self.pools.wait(children)?;
        page.entries
            .into_iter()
            .find(is_wanted)
            .ok_or_else(|| missing("an entry of the demonstration"))
    }

    /// Opens a scan wherever it is.
    ///
    /// # Errors
    /// Those of opening; [`ErrorKind::Unreadable`] where the file is no scan.
    pub fn open_scan(&mut self, address: &str) -> Result<Arc<Scan>> {
        self.step("open the scan", |walk| {
            let parsed = Address::parse(address, &walk.sites.names())?;
            let file = walk.pools.wait(async {
                let source = walk.sites.source(&parsed.place).await?;
                open_file(source, walk.cancel).await
            })?;
            let scan = file.scan.clone().ok_or_else(|| {
                let why = file.scan_problem.clone();
                let why = why.unwrap_or_else(|| "the file holds no scan".to_owned());
                Error::new(
                    ErrorKind::Unreadable,
                    format!("open \"{}\"", shown(address)),
                    why,
                )
            })?;
            let info = scan.projections.dataset.info();
            let words = format!(
                "{} of shape {:?}, {} projections, by {}",
                scan.layout,
                info.shape,
                scan.projections.frames.len(),
                file.way
            );
            Ok((scan, words))
        })
    }

    /// Draws the projection in the middle of a scan.
    ///
    /// # Errors
    /// Those of reading and drawing.
    pub fn draw_projection(&mut self, scan: &Scan, name: &str) -> Result<()> {
        self.step("draw a projection", |walk| {
            let frames = &scan.projections.frames;
            let frame = frames
                .get(frames.len() / 2)
                .ok_or_else(|| missing("a projection"))?;
            let (dataset, pixels) = (&scan.projections.dataset, Pixels::default());
            let drawn = read_frame(walk.pools, dataset, &pixels, *frame, walk.cancel)?;
            let picture = image_picture(&drawn, &Look::of_radiographs())?;
            let words = walk.keep_picture(&picture, name)?;
            Ok(((), format!("frame {frame}: {words}")))
        })
    }

    fn keep_picture(&mut self, picture: &Picture, name: &str) -> Result<String> {
        let path = self.summary.folder.join(name);
        write_png(&picture.rgba, &Provenance::default(), &path)?;
        self.summary.pictures.push(path);
        Ok(format!("{name}, drawn with {}", picture.renderer))
    }

    /// Finds the rotation axis of the large scan and reconstructs its middle
    /// slice.
    fn one_slice(&mut self, address: &str, scan: &Scan) -> Result<()> {
        let middle = scan.frame_size.0 / 2;
        let mut recipe = Recipe::default();
        address.clone_into(&mut recipe.source.url);
        recipe.slices = Slices::Range(middle, middle + 1);
        let outcome = self.reconstruct_here("find the axis, one slice", &recipe, "slice.h5")?;
        self.step("draw the slice", |walk| {
            let dataset = walk.volume(&outcome.path)?;
            let pixels = Pixels::default();
            let slice = read_frame(walk.pools, &dataset, &pixels, 0, walk.cancel)?;
            let picture = image_picture(&slice, &Look::of_radiographs())?;
            Ok(((), walk.keep_picture(&picture, "slice.png")?))
        })
    }

    /// Reconstructs the small scan from a recipe file, and draws the volume.
    fn small_volume(&mut self, address: &str) -> Result<()> {
        let mut recipe = Recipe::default();
        address.clone_into(&mut recipe.source.url);
        let path = self.summary.folder.join("pin.toml");
        replace_file(&path, recipe.to_toml()?.as_bytes())?;
        let (recipe, _) = Recipe::from_toml(&std::fs::read_to_string(&path)?)?;
        let outcome = self.reconstruct_here("reconstruct a volume", &recipe, "pin.h5")?;
        self.step("draw the volume", |walk| {
            let dataset = walk.volume(&outcome.path)?;
            let look = Look::default();
            let picture = volume_picture(walk.pools, &dataset, &look, walk.cancel)?;
            Ok(((), walk.keep_picture(&picture, "volume.png")?))
        })
    }

    /// Runs a recipe on this computer; the volume goes into the walk's folder.
    ///
    /// # Errors
    /// Those of reading, computing and writing.
    pub fn reconstruct_here(
        &mut self,
        name: &str,
        recipe: &Recipe,
        file_name: &str,
    ) -> Result<Outcome> {
        self.step(name, |walk| {
            let output = walk.summary.folder.join(file_name);
            let run = Run {
                sites: walk.sites,
                pools: walk.pools,
                memory_bytes: 512 << 20,
                progress: &Progress::new(),
                cancel: walk.cancel,
                say: &|text| log::debug!("{text}"),
            };
            let outcome = reconstruct(run, recipe, &output)?;
            let words = format!(
                "axis at {:.2} px ({}), {:?} in {file_name}",
                outcome.centre_px, outcome.found_by, outcome.shape
            );
            Ok((outcome, words))
        })
    }

    /// Runs a recipe on the cluster of a site and brings the volume here.
    ///
    /// # Errors
    /// Those of the site and of the job.
    pub fn reconstruct_there(
        &mut self,
        recipe: &Recipe,
        site: &str,
        folders: &Folders,
    ) -> Result<PathBuf> {
        self.step(&format!("the same recipe at \"{site}\""), |walk| {
            let path = walk.pools.wait(async {
                let record = remote::submit(walk.sites, folders, recipe, site).await?;
                let follow = Follow {
                    cancel: walk.cancel,
                    say: &|text| log::debug!("{text}"),
                };
                remote::wait(walk.sites, &record, follow).await?;
                remote::fetch(walk.sites, folders, &record, walk.cancel).await
            })?;
            let words = format!("came back as {}", path.display());
            Ok((path, words))
        })
    }

    /// Compares two volumes bit for bit.
    ///
    /// # Errors
    /// [`ErrorKind::Integrity`] with the first slice that differs.
    pub fn compare(&mut self, first: &Path, second: &Path) -> Result<()> {
        self.step("compare bit for bit", |walk| {
            let (first, second) = (walk.volume(first)?, walk.volume(second)?);
            let shape = first.info().shape.clone();
            if shape != second.info().shape {
                return Err(differ(format!("{shape:?} and {:?}", second.info().shape)));
            }
            for z in 0..shape.first().copied().unwrap_or(0) {
                let slab = Slab::frame(&shape, z);
                let (here, there) = walk.pools.wait(async {
                    let here = read_slab(first.as_ref(), &slab, walk.cancel).await?;
                    let there = read_slab(second.as_ref(), &slab, walk.cancel).await?;
                    Ok::<_, Error>((here, there))
                })?;
                if here.samples.bytes() != there.samples.bytes() {
                    return Err(differ(format!("slice {z} differs")));
                }
            }
            Ok(((), format!("{shape:?} are equal")))
        })
    }

    fn volume(&self, path: &Path) -> Result<Arc<dyn Dataset>> {
        let place = crate::address::Place::Local(path.to_owned());
        self.pools.wait(async {
            let source = self.sites.source(&place).await?;
            let container =
                hutch_formats::open(source.bytes, source.neighbours, self.cancel).await?;
            container.dataset(VolumePlan::DATA_PATH, self.cancel).await
        })
    }

    /// Fails where more of the large file was sent than a step may read.
    fn within(&mut self, name: &str, sent_bytes: u64, limit: f64) -> Result<()> {
        let share = sent_bytes as f64 / data::LARGE_SCAN_SIZE_BYTES as f64;
        if share > limit {
            return Err(Error::new(
                ErrorKind::Limit,
                name,
                format!(
                    "the facility sent {} of the file, {}, where {} is the most",
                    numbers::bytes(sent_bytes),
                    numbers::percent(share),
                    numbers::percent(limit)
                ),
            ));
        }
        self.step("check the facility's log", |_| {
            let words = format!(
                "{name}: {} sent, {} of the file",
                numbers::bytes(sent_bytes),
                numbers::percent(share)
            );
            Ok(((), words))
        })
    }

    /// Writes `summary.json` and `summary.txt`.
    ///
    /// # Errors
    /// [`ErrorKind::Disk`] when they cannot be written.
    pub fn write_summary(&self) -> Result<()> {
        let json = self.summary.to_json().to_string();
        replace_file(&self.summary.folder.join("summary.json"), json.as_bytes())?;
        let mut text = String::new();
        for step in &self.summary.steps {
            text.push_str(&step.to_string());
            text.push('\n');
        }
        replace_file(&self.summary.folder.join("summary.txt"), text.as_bytes())
    }
}

fn missing(what: &str) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!("find {what}"),
        "the catalogue answered without it",
    )
}

fn differ(why: String) -> Error {
    Error::new(ErrorKind::Integrity, "compare two volumes", why)
}
