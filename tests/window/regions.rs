//! Regions on images that are never read whole.

use hutch_model::Value;

use super::*;

const WIDTH: u64 = 2000;
const HEIGHT: u64 = 40_000;

/// Images of 80 million pixels, zero but for their diagonal, where the number of the row stands, and that of the frame
/// is added.
fn diagonals(path: &Path, frames: u16) {
    use std::io::{Seek as _, SeekFrom, Write as _};
    let mut head = format!(
        "\u{93}NUMPY\u{1}\u{0}v\u{0}{{'descr': '<u2', 'fortran_order': False, 'shape': ({frames}, {HEIGHT}, {WIDTH}), }}"
    );
    while head.chars().count() < 127 {
        head.push(' ');
    }
    head.push('\n');
    let bytes: Vec<u8> = head
        .chars()
        .map(|byte| u8::try_from(byte).unwrap())
        .collect();
    let mut file = std::fs::File::create(path).unwrap();
    file.write_all(&bytes).unwrap();
    let frame_bytes = 2 * HEIGHT * WIDTH;
    for (frame, row) in (0..frames).flat_map(|frame| (0..WIDTH).map(move |row| (frame, row))) {
        let at = 128 + u64::from(frame) * frame_bytes + 2 * (row * WIDTH + row);
        let value = u16::try_from(row).unwrap() + frame;
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(&value.to_le_bytes()).unwrap();
    }
    file.set_len(128 + u64::from(frames) * frame_bytes).unwrap();
}

/// Whether a value stands somewhere.
fn has(stage: &Stage, value: &str) -> bool {
    stage.harness.query_all_by_value(value).next().is_some()
}

mod gpu {
    use super::*;

    #[test]
    fn a_region_of_an_image_that_is_never_read_whole_has_exact_numbers() {
        let Some(mut stage) = Stage::with_gpu(With::Nothing) else {
            return;
        };
        let path = stage.folder.path().join("diagonal.npy");
        diagonals(&path, 1);
        stage.open(&path.display().to_string(), "");
        let mut wanted = stage.active_state();
        let shapes = [
            "small: rectangle 1000 1000 1009 1009",
            "all: rectangle 0 0 1999 39999",
        ];
        let texts = shapes.map(|text| Value::Text(text.to_owned()));
        wanted.set("regions", Value::List(texts.to_vec()));
        wanted.set("selected region", Value::Integer(0));
        let state = stage.state();
        let id = state.active.unwrap();
        state.views.get_mut(&id).unwrap().view.set_state(&wanted);
        // The sum of 1000 to 1009, and where the largest lies in the image.
        stage.until("the sum", |stage| has(stage, "10\u{2009}045"));
        assert!(has(&stage, "1\u{2009}009 at 1009, 1009"), "the largest");
        assert!(has(&stage, "mean no numbers"), "the other one is too large");
        wanted.set("selected region", Value::Integer(1));
        let state = stage.state();
        state.views.get_mut(&id).unwrap().view.set_state(&wanted);
        stage.until("the reason", |stage| {
            stage.says("80\u{2009}000\u{2009}000 pixels around it")
        });
    }

    #[test]
    fn curves_over_a_stack_of_such_images_read_what_lies_around_the_regions() {
        let Some(mut stage) = Stage::with_gpu(With::Nothing) else {
            return;
        };
        let path = stage.folder.path().join("diagonals.npy");
        diagonals(&path, 3);
        stage.open(&path.display().to_string(), "");
        let mut wanted = stage.active_state();
        let text = |text: &str| Value::Text(text.to_owned());
        let near = ["a: rectangle 1000 1000 1009 1009", "b: point 1500 1500"];
        wanted.set("regions", Value::List(near.map(text).to_vec()));
        wanted.set("regions over the stack", Value::Bool(true));
        wanted.set("stack value", text("sum"));
        let state = stage.state();
        let id = state.active.unwrap();
        state.views.get_mut(&id).unwrap().view.set_state(&wanted);
        let curves = |stage: &mut Stage| stage.state().views[&id].view.curves();
        stage.until("all frames", |stage| {
            curves(stage).is_some_and(|of| of.curves[0].numbers.x().len() == 3)
        });
        let found = curves(&mut stage).unwrap();
        assert_eq!(found.curves[0].numbers.x(), [1.0, 2.0, 3.0]);
        let sums = [10_045.0, 10_055.0, 10_065.0];
        assert_eq!(
            found.curves[0].numbers.y(),
            sums,
            "of 1000 to 1009, and 10 more"
        );
        assert_eq!(found.curves[1].numbers.y(), [1500.0, 1501.0, 1502.0]);
        // Far from each other they have too many pixels between them.
        let far = ["a: rectangle 1000 1000 1009 1009", "b: point 3 39000"];
        wanted.set("regions", Value::List(far.map(text).to_vec()));
        let state = stage.state();
        state.views.get_mut(&id).unwrap().view.set_state(&wanted);
        stage.until("the reason", |stage| stage.says("There are no curves: "));
        assert!(curves(&mut stage).is_none(), "what was there is gone");
    }
}
