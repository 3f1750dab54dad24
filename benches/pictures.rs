//! How long a frame of 4 megapixels takes to be drawn anew, off-screen: `cargo xtask bench pictures`.
//!
//! CPU milliseconds are those of all threads of this process, so that a software adapter counts in full.
//! The pyramid is built before. Every round of a recolouring changes norm, range and colour map; every round of a move
//! shows another place, so that all samples under the picture are visited.
#![expect(clippy::print_stdout, reason = "this program prints its figures")]

use std::time::{Duration, Instant};

use anyhow::Result;
use hutch_render::headless::HeadlessFrame;
use hutch_render::{
    AdapterWish, BinScale, ColourMap, Distribution, FramePyramid, Gpu, Histogram, ImageDisplay,
    ImageFrame, ImageFromTarget, Norm, Pooling, Range, RawFrame, SampleCounter, SampleSlice, cpu,
    percentiles,
};

/// An Eiger2 4M.
const FRAME: [usize; 2] = [2070, 2167];
const SIZE: [u32; 2] = [1024, 768];

fn main() -> Result<()> {
    let rounds = if std::env::args().any(|argument| argument == "--test") {
        2
    } else {
        40
    };
    let [width, height] = FRAME;
    let counts = counts(width * height);
    let frame = RawFrame::new(width, height, SampleSlice::U32(&counts))?
        .with_sentinels(&[u32::MAX.into(), (u32::MAX - 1).into()]);
    measure("pyramid of maxima", 10, |_| {
        FramePyramid::build(&frame, Pooling::Max)?;
        Ok(())
    })?;
    measure("two exact percentiles", 10, |_| {
        percentiles(&frame, [1.0, 99.8]);
        Ok(())
    })?;
    let (range, scale) = (Range::new(0.0, 20_000.0), BinScale::Linear);
    measure("a histogram, sample by sample", 10, |_| {
        std::hint::black_box(Histogram::of(&frame, 128, range, scale));
        Ok(())
    })?;
    measure("percentiles and histogram, from counts", 10, |_| {
        let mut counts = Distribution::of(&frame);
        counts.percentiles([1.0, 99.8]);
        std::hint::black_box(counts.histogram(128, range, scale));
        Ok(())
    })?;
    let pyramid = FramePyramid::build(&frame, Pooling::Max)?;
    for wish in [AdapterWish::OnlySoftware, AdapterWish::OnlyHardware] {
        match Gpu::headless(wish) {
            Ok(gpu) => {
                count_on_device(&gpu, &frame, &pyramid)?;
                let mut on_device = HeadlessFrame::new(&gpu, &pyramid)?;
                let name = format!("recolour on {}", gpu.adapter_info.name);
                measure(&name, rounds, |round| {
                    Ok(on_device.draw(&display(round), SIZE)?)
                })?;
                let name = format!("move on {}", gpu.adapter_info.name);
                measure(&name, rounds, |round| {
                    Ok(on_device.draw(&moved(round), SIZE)?)
                })?;
            }
            Err(error) => println!("{wish:?}: {error}"),
        }
    }
    measure("recolour on the processor", rounds, |round| {
        cpu::shade_image(&pyramid, &display(round), SIZE);
        Ok(())
    })
}

/// What a worker does with a frame beside decoding it: puts it on the device, and counts it there.
fn count_on_device(gpu: &Gpu, frame: &RawFrame<'_>, pyramid: &FramePyramid) -> Result<()> {
    let name = &gpu.adapter_info.name;
    let upload = format!("put a frame on {name}");
    measure(&upload, 10, |_| {
        ImageFrame::from_pyramid(gpu, pyramid)?;
        // Copies are done when something is submitted.
        gpu.queue.submit([]);
        Ok(())
    })?;
    let Some(counter) = SampleCounter::new(gpu) else {
        println!("{name} counts nothing");
        return Ok(());
    };
    let on_device = ImageFrame::from_pyramid(gpu, pyramid)?;
    let (range, scale) = (Range::new(0.0, 20_000.0), BinScale::Linear);
    let counted = format!("percentiles and histogram, counted on {name}");
    measure(&counted, 10, |_| {
        let mut counts = Distribution::on_device(frame, &counter, &on_device);
        counts.percentiles([1.0, 99.8]);
        std::hint::black_box(counts.histogram(128, range, scale));
        anyhow::ensure!(counts.is_on_device(), "the device counts");
        Ok(())
    })
}

/// Few counts with spots and a cross of gaps, as a detector has them; the same in every run.
fn counts(length: usize) -> Vec<u32> {
    let mut state = 1_u32;
    (0..length)
        .map(|pixel| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            match state >> 8 {
                _ if pixel % 2070 / 10 == 103 => u32::MAX,
                noise if noise % 40_000 == 0 => 20_000,
                noise => noise % 7,
            }
        })
        .collect()
}

fn display(round: usize) -> ImageDisplay {
    let place = ImageFromTarget::fit(SIZE, [2070, 2167]);
    let top = 40.0 + round as f64;
    let maps: Vec<ColourMap> = ColourMap::all().collect();
    ImageDisplay {
        norm: [Norm::Log, Norm::Linear, Norm::Asinh { stretch: 10.0 }][round % 3],
        colour_map: maps[round % maps.len()],
        ..ImageDisplay::new(place, Range::new(0.0, top))
    }
}

/// The same frame, a little to the side.
fn moved(round: usize) -> ImageDisplay {
    let mut display = display(0);
    display.image_from_target.origin[0] += round as f64;
    display
}

/// Runs something once to warm up and then so often, and prints the mean.
fn measure(name: &str, rounds: usize, mut work: impl FnMut(usize) -> Result<()>) -> Result<()> {
    work(0)?;
    let (began, cpu) = (Instant::now(), cpu_time());
    for round in 1..=rounds {
        work(round)?;
    }
    let per_round = |time: Duration| time.as_secs_f64() * 1e3 / rounds as f64;
    println!(
        "{name:44} {:8.2} ms of CPU {:8.2} ms of the clock",
        per_round(cpu_time().saturating_sub(cpu)),
        per_round(began.elapsed())
    );
    Ok(())
}

fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap_or_default()
}
