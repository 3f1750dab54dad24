//! A painted mask as lines of numpy.

use std::fmt::Write as _;

use hutch_analysis::mask::{Ink, Side, Step, frames_of};
use hutch_model::Slab;
use hutch_viewers::Subject;
use hutch_viewers::image::MOST_PIXELS;
use hutch_viewers::masking::steps_of;

use super::{OnIt, bad, reading, regions};

/// The places of pixels, and what of them is masked.
const EMPTY: &str = "
# What was painted as a mask, step by step.
y, x = np.indices(data.shape[-2:])
painted = np.zeros(x.shape, bool)
";

/// What a round pencil goes over.
const STROKE: &str = "
def stroke(radius, places):
    \"\"\"A circle at each place, and what lies between two of them.\"\"\"
    inside = np.zeros(x.shape, bool)
    places = np.array(places, float)
    for (x0, y0), (x1, y1) in zip(places[[0, *range(len(places) - 1)]], places):
        rows, columns = (
            slice(max(int(min(a, b) - radius), 0), max(int(max(a, b) + radius) + 2, 0))
            for a, b in [(y0, y1), (x0, x1)])
        near_x, near_y = x[rows, columns], y[rows, columns]
        inside[rows, columns] |= (near_x - x1)**2 + (near_y - y1)**2 <= radius * radius
        run, rise = x1 - x0, y1 - y0
        if run or rise:
            along = (near_x - x0) * run + (near_y - y0) * rise
            aside = np.abs((near_x - x0) * rise - (near_y - y0) * run) / np.sqrt(run * run + rise * rise)
            inside[rows, columns] |= (along >= 0) & (along <= run * run + rise * rise) & (aside <= radius)
    return inside

";

/// Lines that make `painted`, true where a person masked a pixel of an image; none where nothing is painted.
///
/// `None` where the frame of a threshold is one that no library of Python reads.
pub(super) fn lines(
    subject: &Subject,
    (format, shown): (&str, &Slab),
    on_it: &OnIt<'_>,
) -> Option<String> {
    let mut text = String::new();
    let state = on_it.state.filter(|state| state.kind == "image");
    let steps = state.map(steps_of).unwrap_or_default();
    let data = subject.data()?;
    let info = data.info();
    // Nothing is painted on what is never read whole.
    let is_whole = info
        .frame_size()
        .is_some_and(|(height, width)| height.saturating_mul(width) <= MOST_PIXELS);
    if steps.is_empty() || !is_whole {
        return Some(text);
    }
    text.push_str(EMPTY);
    let is_stroke = |step: &Step| matches!(step, Step::Paint(Ink::Stroke(..), _));
    if steps.iter().any(is_stroke) {
        text.push_str(STROKE);
    }
    let is_corrected = on_it.fields.iter().any(Option::is_some);
    let frame_count = info.frame_count();
    for number in frames_of(&steps) {
        let part = Slab::frame(&info.shape, number.min(frame_count.saturating_sub(1)));
        let name = format!("frame_{number}");
        if number >= frame_count {
            continue;
        }
        if part == *shown {
            // Writing to a String cannot fail.
            let _written = writeln!(text, "{name} = data");
            continue;
        }
        text.push_str(&reading(data, format, &part, &name)?);
        if is_corrected {
            let _written = writeln!(text, "{name} = corrected({name})");
        }
    }
    for step in &steps {
        text.push_str(&of_step(step, frame_count));
    }
    Some(text)
}

/// The lines of one step.
fn of_step(step: &Step, frame_count: u64) -> String {
    let (ink, adds) = match step {
        Step::Invert => return "painted = ~painted\n".to_owned(),
        Step::Paint(ink, adds) => (ink, *adds),
    };
    let mut text = match ink {
        Ink::Shape(shape) => regions::inside(shape),
        Ink::Stroke(radius, places) if !places.is_empty() => {
            let places: Vec<String> = places.iter().map(|[x, y]| format!("({x}, {y})")).collect();
            format!("inside = stroke({radius}, [{}])\n", places.join(", "))
        }
        Ink::Boxes(boxes) if !boxes.is_empty() => {
            let value = if adds { "True" } else { "False" };
            return format!(
                "for x0, y0, x1, y1 in {}:\n    painted[y0:y1 + 1, x0:x1 + 1] = {value}\n",
                bad::list(boxes)
            );
        }
        // A frame that is not there masks nothing.
        Ink::Threshold(side, limit, number) if *number < frame_count => {
            let sign = match side {
                Side::Above => '>',
                Side::Below => '<',
            };
            format!("inside = frame_{number}.reshape(x.shape).astype(np.float64) {sign} {limit}\n")
        }
        Ink::Stroke(..) | Ink::Boxes(_) | Ink::Threshold(..) => return String::new(),
    };
    text.push_str(if adds {
        "painted |= inside\n"
    } else {
        "painted &= ~inside\n"
    });
    text
}
