//! Frames are put on the device by workers, and counted there or on the processor: what is seen is the same.

use std::path::Path;
use std::time::Duration;

use hutch::settings::CountOn;

use crate::window;

const LIMIT: Duration = Duration::from_mins(1);

mod gpu {
    use super::*;

    /// The window with a frame in its own range, and its histogram in the inspector.
    fn picture(count_on: CountOn) -> Option<(u32, u32, Vec<u8>)> {
        let home = tempfile::tempdir().unwrap();
        let mut window = window(home.path())?;
        window.state.settings.count_on = count_on;
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
        let file = data.join("calibrants/agbehenate.h5");
        window.state.open_address(&file.display().to_string(), "");
        window
            .settle(LIMIT, |state| {
                state.views.len() == 1 && !state.residency.is_loading()
            })
            .unwrap();
        Some(window.picture().unwrap())
    }

    #[test]
    fn a_frame_looks_the_same_wherever_its_samples_are_counted() {
        let Some(on_processor) = picture(CountOn::Cpu) else {
            return;
        };
        let pixels = on_processor.2.chunks_exact(4);
        let mut colours: Vec<_> = pixels.collect();
        colours.sort_unstable();
        colours.dedup();
        assert!(colours.len() > 100, "there is a picture");
        for count_on in [CountOn::Gpu, CountOn::Auto] {
            let picture = picture(count_on).unwrap();
            assert!(picture == on_processor, "counted on {count_on:?}");
        }
    }
}
