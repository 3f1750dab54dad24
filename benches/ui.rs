//! What a pass of the window costs its own thread, in CPU time: `cargo xtask bench ui`.
//!
//! Each line is a person at work: steps through frames, drags of the range, panning and zooming, a long tree. A pass is
//! everything that the thread of the window does for one picture: events, layout, tessellation, and what it hands to the
//! device. Reading, decoding and preparing run on other threads and are not in it; nor is the device, also where it is
//! software. The goal is 8 ms for 99 of 100 passes, and 16 ms for the worst.
#![expect(clippy::print_stdout, reason = "this program prints its figures")]

#[cfg(unix)]
fn main() -> anyhow::Result<()> {
    work::run()
}

#[cfg(not(unix))]
fn main() {
    println!("the CPU time of a thread is measured on Unix alone");
}

#[cfg(unix)]
mod work {
    use std::io::Write as _;
    use std::path::Path;
    use std::time::Duration;

    use anyhow::{Context as _, Result};
    use egui::{Event, Modifiers, PointerButton, Pos2, pos2, vec2};
    use hutch_hdf5::write::Writer;
    use hutch_model::Value;

    use hutch::pools::Pools;
    use hutch::settings::{Folders, Settings};
    use hutch::sites::Sites;
    use hutch::window::offscreen::Offscreen;
    use hutch::window::state::State;
    use hutch_viewers::TimelineAction;

    /// Frames `[frame, y, x]` of 16 bits: 4 megapixels each.
    const SHAPE: [usize; 3] = [12, 2048, 2048];
    const SIZE: [f32; 2] = [1440.0, 900.0];
    /// What opening may take.
    const LIMIT: Duration = Duration::from_mins(3);
    /// Datasets in the long tree.
    const NAMES: usize = 20_000;
    /// The middle of the view.
    const MIDDLE: Pos2 = pos2(650.0, 420.0);

    /// Passes that are measured of each line.
    fn passes() -> usize {
        let is_test = std::env::args().any(|argument| argument == "--test");
        if is_test { 20 } else { 400 }
    }

    pub(super) fn run() -> Result<()> {
        let home = tempfile::tempdir()?;
        let stack = home.path().join("stack.npy");
        write_stack(&stack)?;
        let mut window = window(home.path())?;
        println!(
            "{:28} {:>9} {:>9} {:>9}",
            "milliseconds of CPU", "median", "99 %", "worst"
        );
        measure(&mut window, "nothing open", |_, _| {});
        window
            .state
            .open_address(&stack.display().to_string(), "image");
        window.settle(LIMIT, |state| !state.views.is_empty())?;
        measure(&mut window, "a still frame", |_, _| {});
        measure(&mut window, "steps through frames", step_frames);
        window.settle(LIMIT, |_| true)?;
        measure(&mut window, "drags of the range", drag_range);
        measure(
            &mut window,
            "the pointer over the frame",
            |window, round| {
                window.send(Event::PointerMoved(
                    MIDDLE + vec2((round % 300) as f32, 40.0),
                ));
            },
        );
        measure(&mut window, "panning", pan);
        measure(&mut window, "zooming to single pixels", zoom);
        let tree = home.path().join("tree.h5");
        write_tree(&tree)?;
        window.state.open_address(&tree.display().to_string(), "");
        window.settle(LIMIT, |state| state.opening.is_empty())?;
        measure(&mut window, "a tree of 20 000 names", |window, _| {
            window.send(Event::PointerMoved(pos2(120.0, 500.0)));
            window.send(Event::MouseWheel {
                unit: egui::MouseWheelUnit::Point,
                delta: vec2(0.0, -90.0),
                phase: egui::TouchPhase::Move,
                source: egui::MouseWheelSource::Wheel,
                modifiers: Modifiers::NONE,
            });
        });
        window.press(egui::Key::K, Modifiers::COMMAND);
        measure(&mut window, "typing into the palette", |window, round| {
            let letter = ["s", "a", "v", "e"][round % 4];
            window.send(Event::Text(letter.to_owned()));
        });
        Ok(())
    }

    fn window(home: &Path) -> Result<Offscreen> {
        let folders = Folders::below(home);
        let pools = Pools::start()?;
        let sites = pools.wait(Sites::load(&folders))?;
        let state = State::new(folders, Settings::default(), sites, pools)?;
        Ok(Offscreen::new(state, SIZE, 1.0)?)
    }

    /// Prints what passes cost, each after something was done to the window.
    fn measure(window: &mut Offscreen, name: &str, mut work: impl FnMut(&mut Offscreen, usize)) {
        // The first passes compile shaders and lay out fonts.
        for round in 0..5 {
            work(window, round);
            window.paint();
        }
        let mut times: Vec<f64> = (0..passes())
            .map(|round| {
                work(window, round);
                let began = thread_time();
                window.paint();
                let cost = thread_time().saturating_sub(began);
                // A display shows a picture each 16 ms; the threads behind it need the time, too.
                std::thread::sleep(Duration::from_millis(4));
                cost.as_secs_f64() * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let last = times.len().saturating_sub(1) as f64;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "an index"
            )]
            let index = (last * share).round() as usize;
            times.get(index).copied().unwrap_or_default()
        };
        println!("{name:28} {:9.2} {:9.2} {:9.2}", at(0.5), at(0.99), at(1.0));
    }

    fn step_frames(window: &mut Offscreen, round: usize) {
        let frame = (round as u64 * 5) % SHAPE[0] as u64;
        let active = window.state.active;
        if let Some(slot) = active.and_then(|id| window.state.views.get_mut(&id)) {
            slot.view.on_timeline(TimelineAction::Show(frame));
        }
    }

    fn drag_range(window: &mut Offscreen, round: usize) {
        let active = window.state.active;
        if let Some(slot) = active.and_then(|id| window.state.views.get_mut(&id)) {
            let mut state = slot.view.state();
            state.set("range mode", "locked".into());
            state.set("low", Value::Float(0.0));
            state.set("high", Value::Float(100.0 + round as f64));
            slot.view.set_state(&state);
        }
    }

    fn pan(window: &mut Offscreen, round: usize) {
        let place = MIDDLE + vec2((round % 40) as f32 * 4.0, (round % 40) as f32);
        if round.is_multiple_of(40) {
            window.send(button(place, false));
            window.send(Event::PointerMoved(place));
            window.send(button(place, true));
        }
        window.send(Event::PointerMoved(place));
    }

    fn button(pos: Pos2, pressed: bool) -> Event {
        Event::PointerButton {
            pos,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        }
    }

    fn zoom(window: &mut Offscreen, round: usize) {
        window.send(button(MIDDLE, false));
        window.send(Event::PointerMoved(MIDDLE));
        let factor = if (round / 60).is_multiple_of(2) {
            1.12
        } else {
            1.0 / 1.12
        };
        window.send(Event::Zoom(factor));
    }

    /// Counts of a detector as numpy keeps them.
    fn write_stack(path: &Path) -> Result<()> {
        let [frames, rows, columns] = SHAPE;
        let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
        let words = format!(
            "{{'descr': '<u2', 'fortran_order': False, 'shape': ({frames}, {rows}, {columns}), }}"
        );
        // The header is padded to 64 bytes with blanks and ends its line.
        let padded = (10 + words.len() + 1).next_multiple_of(64) - 10;
        file.write_all(b"\x93NUMPY\x01\x00")?;
        file.write_all(&u16::try_from(padded)?.to_le_bytes())?;
        file.write_all(format!("{words:<width$}\n", width = padded - 1).as_bytes())?;
        let mut state = 1_u32;
        let mut row = vec![0_u8; columns * 2];
        for _ in 0..frames * rows {
            for pixel in row.as_chunks_mut::<2>().0 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let [.., high] = state.to_le_bytes();
                *pixel = u16::from(high % 120).to_le_bytes();
            }
            file.write_all(&row)?;
        }
        Ok(file.flush()?)
    }

    /// A file of many small datasets.
    fn write_tree(path: &Path) -> Result<()> {
        let mut writer = Writer::new();
        for name in 0..NAMES {
            writer.group(&format!("/entry_{name:05}"))?;
        }
        let bytes = writer.plan()?.to_bytes().context("a small file")?;
        Ok(std::fs::write(path, bytes)?)
    }

    fn thread_time() -> Duration {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::try_from(time).unwrap_or_default()
    }
}
