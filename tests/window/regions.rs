//! Regions on images that are never read whole.

use hutch_model::Value;

use super::*;

const WIDTH: u64 = 2000;
const HEIGHT: u64 = 40_000;

/// An image of 80 million pixels, zero but for its diagonal, where the number of the row stands.
fn diagonal(path: &Path) {
    use std::io::{Seek as _, SeekFrom, Write as _};
    let mut head = format!(
        "\u{93}NUMPY\u{1}\u{0}v\u{0}{{'descr': '<u2', 'fortran_order': False, 'shape': ({HEIGHT}, {WIDTH}), }}"
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
    for row in 0..WIDTH {
        let at = 128 + 2 * (row * WIDTH + row);
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(&u16::try_from(row).unwrap().to_le_bytes())
            .unwrap();
    }
    file.set_len(128 + 2 * HEIGHT * WIDTH).unwrap();
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
        diagonal(&path);
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
}
