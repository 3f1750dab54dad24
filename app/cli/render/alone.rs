//! Pictures that the window itself draws: curves, and whatever a link of it opens.

use hutch_model::{BlockState, Error, ErrorKind, Result};
use serde_json::json;

use super::super::context::{Context, no_slice};
use super::super::out::{Out, note};
use super::options::{Kind, Options};
use crate::address::{Place, shown};
use crate::reconstruct::output::check_named;
use crate::window::alone::{Drawn, draw};
use crate::window::link::Link;
use crate::window::state::State;

/// Draws what a link opens, as the window shows it.
///
/// # Errors
/// Those of the link, of reading and of writing.
pub(super) fn link(context: &Context, options: &Options) -> Result<()> {
    options.check_link()?;
    run(context, options, &Link::parse(&options.url)?)
}

/// Draws lines of numbers.
///
/// # Errors
/// Those of reading and of writing.
pub(super) fn curves(context: &Context, options: &Options) -> Result<()> {
    options.check_view(Kind::Curve)?;
    options.check_limits()?;
    let link = Link {
        address: options.url.clone(),
        state: options.curve_state(),
    };
    run(context, options, &link)
}

fn run(context: &Context, options: &Options, link: &Link) -> Result<()> {
    let address = context.address(&link.address)?;
    no_slice(&address, "choose a line with --frame")?;
    check_named(&context.sites, Some(&address.place), &options.output)?;
    let further = options.further.iter();
    let further: Vec<String> = further
        .map(|text| further_curve(context, options, text))
        .collect::<Result<_>>()?;
    options.check_drawing()?;
    let mut settings = context.settings.clone();
    settings.theme = options.theme.map_or(settings.theme, Into::into);
    settings.scale = 1.0;
    let state = State::new(
        context.folders.clone(),
        settings,
        context.sites.clone(),
        context.pools.clone(),
    )?;
    let size = options.drawing_size();
    let (output, cancel) = (&options.output, &context.cancel);
    let drawn = draw(state, (link, &further), size, output, cancel)?;
    tell(context, options, &drawn)?;
    check(&drawn)
}

/// Where a further curve is, as the picture says it: from everywhere, and without secrets.
fn further_curve(context: &Context, options: &Options, text: &str) -> Result<String> {
    let address = context.address(text)?;
    no_slice(&address, "name a dataset with one axis")?;
    check_named(&context.sites, Some(&address.place), &options.output)?;
    let refuse = |why: &str| {
        let tried = format!("add \"{}\"", shown(text));
        Error::new(ErrorKind::Usage, tried, why)
    };
    match &address.place {
        Place::Local(path) => {
            let whole = std::path::absolute(path).map_err(|error| refuse(&error.to_string()))?;
            let inside = address.path.map(|path| format!("::{path}"));
            Ok(format!("{}{}", whole.display(), inside.unwrap_or_default()))
        }
        Place::Url(url) if !url.username().is_empty() || url.password().is_some() => Err(refuse(
            "the picture would hold the password; sign in to the site, or open it without one",
        )),
        Place::Url(_) | Place::Site { .. } => Ok(text.to_owned()),
    }
}

/// Says what was drawn.
fn tell(context: &Context, options: &Options, drawn: &Drawn) -> Result<()> {
    for text in drawn.notices.iter().chain(&drawn.problems) {
        note(text);
    }
    let mut out = Out::new();
    if context.wants_json {
        out.json(&json!({
            "schema": "hutch.render/1",
            "file": options.output,
            "path": drawn.path,
            "view": drawn.kind,
            "size": options.drawing_size().pixels,
            "link": drawn.link,
            "renderer": drawn.renderer,
        }))?;
    } else {
        let output = options.output.display();
        note(format!("drew \"{output}\" with {}", drawn.renderer));
    }
    out.finish()
}

/// Whether all of it was drawn.
fn check(drawn: &Drawn) -> Result<()> {
    let why = match (&drawn.missing, drawn.problems.first()) {
        (BlockState::Missing(why), _) => {
            format!("samples that are missing at their source are left blank: {why}")
        }
        (_, Some(problem)) => format!("not all of it is there: {problem}"),
        _ => return Ok(()),
    };
    let tried = format!("draw \"{}\"", drawn.path);
    Err(Error::new(ErrorKind::Partial, tried, why))
}
