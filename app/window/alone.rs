//! One view without a window around it, as a picture in a file: what a link opens, drawn by what draws the window.

use std::path::Path;
use std::time::Duration;

use hutch_model::{BlockState, Cancel, Error, ErrorKind, Result, Value, ViewState};
use hutch_viewers::ViewId;

use super::capture::{self, Target};
use super::link::Link;
use super::offscreen::Offscreen;
use super::state::State;
use super::{bookmarks, others};
use crate::address::shown as shown_address;
use crate::jobs::JobPhase;

/// So many passes without anything to do are the end of all work.
const QUIET: usize = 6;
/// Time from one pass to the next while something is under way.
const PAUSE: Duration = Duration::from_millis(10);

/// How large a picture is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Width and height in pixels.
    pub pixels: [u32; 2],
    /// Pixels for each point, which says how large words and lines are.
    pub scale: f32,
}

/// What was drawn.
#[derive(Debug)]
pub struct Drawn {
    /// The kind of view.
    pub kind: String,
    /// A link that opens the same.
    pub link: String,
    /// What was drawn, as `URL::PATH`.
    pub path: String,
    /// What drew it.
    pub renderer: String,
    /// What the window had to tell.
    pub notices: Vec<String>,
    /// What the view could not draw, in words.
    pub problems: Vec<String>,
    /// Whether samples of its frame are missing at their source.
    pub missing: BlockState,
}

/// Draws what a link opens, with further curves in it, into a PNG or SVG file. The state is a fresh one, with the
/// theme of the picture in its settings.
///
/// # Errors
/// [`ErrorKind::Gpu`] when there is neither a GPU nor a software driver; those of opening, reading and writing.
pub fn draw(
    mut state: State,
    (link, further): (&Link, &[String]),
    size: Size,
    output: &Path,
    cancel: &Cancel,
) -> Result<Drawn> {
    state.is_alone = true;
    let points = size.pixels.map(|edge| edge as f32 / size.scale);
    let mut window = Offscreen::new(state, points, size.scale)?;
    window.state.open_address(&link.to_string(), "");
    finish(&mut window, cancel)?;
    let view = window.state.active;
    let view = view.ok_or_else(|| nothing(&window.state, link))?;
    add(&mut window, view, (link, further), cancel)?;
    let shown = window.state.views[&view].view.state();
    check_shown(link, &shown)?;
    if let Some(error) = window.state.residency.failure() {
        return Err(error.duplicate());
    }
    let told = std::mem::take(&mut window.state.notices);
    for notice in &told {
        if let Some(error) = &notice.error {
            return Err(error.duplicate());
        }
    }
    capture::ask(
        &mut window.state,
        Target::File {
            path: output.to_owned(),
            may_replace: true,
        },
    );
    written(&mut window, cancel)?;
    let renderer = window.renderer();
    let slot = &window.state.views[&view];
    Ok(Drawn {
        kind: slot.view.state().kind,
        link: bookmarks::provenance(slot).link,
        path: slot.view.subject().origin.to_string(),
        renderer,
        problems: slot.view.problems(),
        notices: told
            .into_iter()
            .map(|notice| notice.text)
            .chain(not_taken(link, &shown))
            .collect(),
        missing: slot
            .view
            .frame()
            .map_or(BlockState::Present, |frame| frame.state.clone()),
    })
}

/// Whether the view, the frame and the line of a link are what is shown.
fn check_shown(link: &Link, shown: &ViewState) -> Result<()> {
    let refuse = |why: String| {
        let tried = format!("draw \"{}\"", shown_address(&link.address));
        Err(Error::new(ErrorKind::Usage, tried, why))
    };
    let wanted = &link.state;
    if !wanted.kind.is_empty() && wanted.kind != shown.kind {
        return refuse(format!(
            "no view \"{}\" shows it; \"{}\" would",
            wanted.kind, shown.kind
        ));
    }
    for name in ["frame", "line"] {
        let of = |state: &ViewState| state.values.get(name).and_then(Value::as_integer);
        if let (Some(wanted), Some(shown)) = (of(wanted), of(shown))
            && wanted != shown
        {
            return refuse(format!(
                "there is no {name} {wanted}; the last one is {shown}"
            ));
        }
    }
    Ok(())
}

/// What a link says and the view has otherwise, in words.
fn not_taken(link: &Link, shown: &ViewState) -> Vec<String> {
    let wanted = link.state.values.iter();
    let is_other = |(name, wanted): &(&String, &Value)| {
        let found = shown.values.get(*name);
        found.is_some_and(|found| !is_same(found, wanted))
    };
    wanted
        .filter(is_other)
        .map(|(name, wanted)| format!("{name} {wanted} has no meaning here and is left out"))
        .collect()
}

/// Whether two values are the same, whole numbers also as real ones.
fn is_same(one: &Value, other: &Value) -> bool {
    if let (Some(one), Some(other)) = (one.as_f64(), other.as_f64()) {
        return one.total_cmp(&other).is_eq();
    }
    match (one, other) {
        (Value::List(parts), Value::List(others)) => {
            let mut both = parts.iter().zip(others);
            parts.len() == others.len() && both.all(|(one, other)| is_same(one, other))
        }
        _ => one == other,
    }
}

/// Passes until nothing is on its way and nothing is computed any more.
fn finish(window: &mut Offscreen, cancel: &Cancel) -> Result<()> {
    let mut quiet = 0;
    while quiet < QUIET {
        cancel.check()?;
        window.pass();
        quiet = if window.state.is_at_work() {
            0
        } else {
            quiet + 1
        };
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

/// Draws further curves beside those of the link.
fn add(
    window: &mut Offscreen,
    view: ViewId,
    (link, further): (&Link, &[String]),
    cancel: &Cancel,
) -> Result<()> {
    if further.is_empty() {
        return Ok(());
    }
    for address in further {
        others::add_to(&mut window.state, view, address);
    }
    if let Some(slot) = window.state.views.get_mut(&view) {
        // What is added is shown whole; the link may say how far the axes reach.
        let mut wanted = slot.view.state();
        wanted.values.extend(link.state.values.clone());
        slot.view.set_state(&wanted);
    }
    finish(window, cancel)
}

/// Passes until the picture is in its file.
fn written(window: &mut Offscreen, cancel: &Cancel) -> Result<()> {
    loop {
        cancel.check()?;
        window.pass();
        if let Some(error) = window.take_failure() {
            return Err(error);
        }
        match window.state.jobs.list().last().map(|job| job.phase.clone()) {
            Some(JobPhase::Done(_)) => return Ok(()),
            Some(JobPhase::Failed(error)) => return Err(error.duplicate()),
            _ => std::thread::sleep(PAUSE),
        }
    }
}

/// Why a link opened no view.
fn nothing(state: &State, link: &Link) -> Error {
    let told = state
        .notices
        .iter()
        .find_map(|notice| notice.error.as_ref());
    if let Some(error) = told {
        return error.duplicate();
    }
    let said = state.notices.last().map(|notice| notice.text.clone());
    Error::new(
        ErrorKind::Usage,
        format!("draw \"{}\"", shown_address(&link.address)),
        said.unwrap_or_else(|| {
            "it opens no view; name a file, or a dataset as URL::PATH".to_owned()
        }),
    )
}
