//! Maps of stacks of spectra, of one range of channels or of three as colours, as the window draws them.

use std::sync::Arc;

use hutch_model::{BlockState, Dataset, Error, ErrorKind, Result, ViewState, read_slab};
use hutch_viewers::map::{Ground, image_display};
use hutch_viewers::prepared::PERCENT;
use hutch_viewers::spectra::{Bands, StackMaps, StackWish, three_colours};
use hutch_viewers::theme::{ThemeKind, Tokens};
use hutch_viewers::{PreparedFrame, Subject};
use serde_json::json;

use super::{Look, Options, Picture, blank_parts, map, write_png};
use crate::cli::context::Context;
use crate::cli::opened::Opened;
use crate::cli::out::{Out, note};
use crate::cli::values;
use crate::picture::Provenance;
use crate::window::link::Link;

/// Draws the map of a stack of spectra.
///
/// # Errors
/// [`ErrorKind::Usage`] for data that are none, and for channels that are not there; those of reading.
pub(super) fn run(
    context: &Context,
    options: &Options,
    subject: &Subject,
    opened: &Opened,
) -> Result<()> {
    let signal = subject.signal.as_ref();
    let frame = options.frame.unwrap_or(0);
    let maps = signal.and_then(|signal| StackMaps::of(signal, frame));
    let (Some(signal), Some(maps)) = (signal, maps) else {
        return Err(Error::new(
            ErrorKind::Usage,
            format!("draw \"{}\" as spectra", subject.origin),
            "it is no stack of spectra that says so (an axis of energies, or the interpretation spectrum), or there is \
             no such frame",
        ));
    };
    options.check_look(false)?;
    let wish = wish(context, options, &maps)?;
    let ground = maps.ground(&map::read(context, maps.slabs())?)?;
    let data = signal.data.as_ref();
    let (drawn, left_out) = draw(context, options, (&maps, &wish), (&ground, data))?;
    opened.check(data, &options.output)?;
    let said = provenance(options, data, &wish);
    write_png(&drawn.picture.rgba, &said, &options.output)?;
    tell(context, options, (&ground, data), (&wish, &drawn))?;
    let state = match left_out {
        0 => BlockState::Present,
        count => BlockState::Missing(format!("{count} pieces of the stack")),
    };
    blank_parts(data, state)
}

/// Which channels are drawn, and how.
fn wish(context: &Context, options: &Options, maps: &StackMaps) -> Result<StackWish> {
    let energies = map::read(context, maps.energies().into_iter().collect())?;
    let energies = energies.first().map(Arc::as_ref);
    let bands = match (&options.red, &options.green, &options.blue) {
        (Some(red), Some(green), Some(blue)) => Bands::Three([
            maps.band(red, energies)?,
            maps.band(green, energies)?,
            maps.band(blue, energies)?,
        ]),
        _ => Bands::One(match &options.channels {
            Some(band) => maps.band(band, energies)?,
            None => maps.usual_band(),
        }),
    };
    Ok(StackWish {
        frame: options.frame.unwrap_or(0),
        bands,
        percent: options.percentile().unwrap_or(PERCENT),
        is_net: options.net,
        light: options.i0.map(|corners| corners.0),
    })
}

/// A picture, and the values between which each of its colours goes from dark to bright.
struct Drawn {
    picture: Picture,
    ranges: Vec<[f64; 2]>,
}

/// Draws it; and how many pieces of the data are missing at their source.
fn draw(
    context: &Context,
    options: &Options,
    (maps, wish): (&StackMaps, &StackWish),
    (ground, data): (&Ground, &dyn Dataset),
) -> Result<(Drawn, usize)> {
    let look = options.look();
    let mut left_out = 0;
    let mut of_band = |band: [usize; 2]| -> Result<Arc<PreparedFrame>> {
        let mut read = |slab: &_| context.pools.wait(read_slab(data, slab, &context.cancel));
        let (values, missing) = maps.map((band, wish), ground, &mut read, &context.cancel)?;
        left_out = missing.max(left_out);
        Ok(values)
    };
    let picture = match wish.bands {
        Bands::One(band) => {
            let of = (ground, maps.is_equal());
            map::picture(&look, options, (of, of_band(band)?.as_ref()), context)?
        }
        Bands::Three([red, green, blue]) => {
            let three = [of_band(red)?, of_band(green)?, of_band(blue)?];
            let (picture, ranges) = coloured(
                context,
                options,
                (three, wish.percent),
                (ground, maps.is_equal()),
            )?;
            let ranges = ranges.map(|range| [range.lo, range.hi]).to_vec();
            return Ok((Drawn { picture, ranges }, left_out));
        }
    };
    let ranges = vec![[picture.range.lo, picture.range.hi]];
    Ok((Drawn { picture, ranges }, left_out))
}

fn coloured(
    context: &Context,
    options: &Options,
    (three, percent): ([Arc<PreparedFrame>; 3], [f64; 2]),
    (ground, is_equal): (&Ground, bool),
) -> Result<(Picture, [hutch_render::Range; 3])> {
    let look = Look::default();
    let size = options.look().size.unwrap_or(map::SIZE);
    let behind = image_display(&look.display, &Tokens::new(ThemeKind::Dark), &three[0]);
    let at = (map::points(options), ground.fit(size, is_equal));
    let behind = behind.marks.outside;
    let (rgba, ranges) = three_colours(ground, (three, percent), at, behind, &context.cancel)?;
    let picture = Picture {
        rgba,
        range: ranges[0],
        renderer: "CPU".to_owned(),
    };
    Ok((picture, ranges))
}

fn provenance(options: &Options, data: &dyn Dataset, wish: &StackWish) -> Provenance {
    let origin = data.origin();
    let mut state = ViewState::new("spectra", 1);
    wish.write(&mut state);
    if let Bands::One(_) = wish.bands {
        let look = options.look();
        let mut display = look.display;
        display.colours = look.colour_map.unwrap_or(display.colours);
        display.write(&mut state);
    }
    let words = match wish.bands {
        Bands::One([first, last]) => format!("channels {first} to {last}"),
        Bands::Three(bands) => {
            let [red, green, blue] = bands.map(|[first, last]| format!("{first} to {last}"));
            format!("channels {red} in red, {green} in green, {blue} in blue")
        }
    };
    let link = Link {
        address: origin.to_string(),
        state,
    };
    Provenance {
        title: format!("{} of {}", origin.path, origin.file_name()),
        source: format!("{origin}, {words}"),
        link: link.to_string(),
    }
}

fn tell(
    context: &Context,
    options: &Options,
    (ground, data): (&Ground, &dyn Dataset),
    (wish, drawn): (&StackWish, &Drawn),
) -> Result<()> {
    let rgba = &drawn.picture.rgba;
    let mut out = Out::new();
    if context.wants_json {
        let channels = match wish.bands {
            Bands::One(band) => json!(band),
            Bands::Three(bands) => json!({"red": bands[0], "green": bands[1], "blue": bands[2]}),
        };
        let ranges: Vec<_> = drawn
            .ranges
            .iter()
            .map(|range| range.map(values::real))
            .collect();
        let range = match ranges.as_slice() {
            [red, green, blue] => json!({"red": red, "green": green, "blue": blue}),
            one => json!(one.first()),
        };
        out.json(&json!({
            "schema": "hutch.render/1",
            "file": options.output,
            "path": data.origin().to_string(),
            "view": "spectra",
            "frame": wish.frame,
            "channels": channels,
            "points": ground.len(),
            "layout": ground.layout().words(),
            "size": [rgba.width, rgba.height],
            "range": range,
            "renderer": drawn.picture.renderer,
        }))?;
    } else {
        let renderer = &drawn.picture.renderer;
        note(format!(
            "drew \"{}\" with {renderer}",
            options.output.display()
        ));
    }
    out.finish()
}
