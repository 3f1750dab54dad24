//! Speed and accuracy of reconstruction on this machine:
//! `cargo xtask bench reconstruction`. CPU seconds are those of all threads, so a
//! loaded machine gives the same figures.
#![expect(clippy::print_stdout, reason = "this program prints its figures")]

use std::f64::consts::PI;
use std::time::Instant;

use hutch_analysis::array::Array;
use hutch_analysis::fbp::Fbp;
use hutch_analysis::flat_field::FlatField;
use hutch_analysis::gpu::GpuContext;
use hutch_analysis::kernel::{Body, run};
use hutch_analysis::phantom::{Detector, Phantom};
use hutch_analysis::preview::Preview;
use hutch_analysis::ramp_filter::Filter;
use hutch_model::{Cancel, Progress, Result};

fn main() -> Result<()> {
    let quick = std::env::args().any(|argument| argument == "--test");
    let width = if quick { 128 } else { 2048 };
    accuracy(width)?;
    one_slice(width, width * 1800 / 2048)?;
    eight_slices(width, width * 1800 / 2048)?;
    preview(width * 1280 / 2048, 361)?;
    flat_field(if quick { 4 } else { 90 })?;
    gpu(width / 4, width * 200 / 2048)
}

fn half_turn(count: usize) -> Vec<f64> {
    (0..count)
        .map(|index| index as f64 * PI / count as f64)
        .collect()
}

/// CPU seconds of all threads of this process; `None` beyond Linux.
fn cpu_secs() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    let ticks: f64 = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    Some(ticks / 100.0)
}

/// Runs once to warm up and once to measure.
fn measured(name: &str, updates: f64, mut work: impl FnMut() -> Result<()>) -> Result<()> {
    work()?;
    let (wall, cpu) = (Instant::now(), cpu_secs());
    work()?;
    let wall = wall.elapsed().as_secs_f64();
    let cpu = cpu_secs()
        .zip(cpu)
        .map_or(f64::NAN, |(end, start)| end - start);
    println!(
        "{name}: {wall:.3} s, {cpu:.2} CPU s, {:.3} ns per item and core, {:.2} G items/s by wall",
        cpu / updates * 1e9,
        updates / wall / 1e9
    );
    Ok(())
}

fn accuracy(width: usize) -> Result<()> {
    let angles = half_turn(width * 157 / 100);
    let axis = (width as f64 - 1.0) / 2.0;
    let phantom = Phantom::shepp_logan(width);
    let sinogram = phantom.sinogram(width, &angles, axis, Detector::Area);
    let truth = phantom.rasterise(width, 8);
    for filter in [Filter::RamLak, Filter::Shepp, Filter::Hann] {
        let fbp = Fbp {
            filter,
            ..Fbp::new(angles.clone(), axis)
        };
        let slice = fbp.slice(&sinogram, width, &Cancel::new())?;
        let (mut products, mut squares, mut errors) = (0.0, 0.0, Vec::new());
        for (index, (&found, &wanted)) in slice.samples().iter().zip(&truth).enumerate() {
            let (x, y) = ((index % width) as f64 - axis, (index / width) as f64 - axis);
            if x.hypot(y) > axis - 3.0 || phantom.edge_distance(x, y) <= 3.0 {
                continue;
            }
            let (found, wanted) = (f64::from(found), f64::from(wanted));
            products += found * wanted;
            squares += wanted * wanted;
            errors.push((found - wanted).abs());
        }
        errors.sort_by(f64::total_cmp);
        let rms = errors.iter().map(|error| error * error).sum::<f64>() / errors.len() as f64;
        println!(
            "accuracy {width} x {} {}: gain {:.5}; farther than 3 px from edges: rms {:.5}, 99 % {:.5}, 99.9 % {:.5}, largest {:.5}",
            angles.len(),
            filter.name(),
            products / squares,
            rms.sqrt(),
            errors[errors.len() * 99 / 100],
            errors[errors.len() * 999 / 1000],
            errors[errors.len() - 1]
        );
    }
    Ok(())
}

fn one_slice(width: usize, angle_count: usize) -> Result<()> {
    let sinogram = vec![0.5; width * angle_count];
    let fbp = Fbp {
        is_circle: false,
        ..Fbp::new(half_turn(angle_count), width as f64 / 2.0)
    };
    let updates = fbp.update_count(width, 1) as f64;
    measured(
        &format!("one slice {width} x {angle_count}"),
        updates,
        || fbp.slice(&sinogram, width, &Cancel::new()).map(drop),
    )
}

fn eight_slices(width: usize, angle_count: usize) -> Result<()> {
    let sinograms = vec![0.5; 8 * width * angle_count];
    let mut output = vec![0.0; 8 * width * width];
    let fbp = Fbp {
        is_circle: false,
        ..Fbp::new(half_turn(angle_count), width as f64 / 2.0)
    };
    let updates = fbp.update_count(width, 8) as f64;
    measured(
        &format!("eight slices {width} x {angle_count}"),
        updates,
        || {
            fbp.slices_into(
                &sinograms,
                width,
                &mut output,
                (&Progress::new(), &Cancel::new()),
            )
        },
    )
}

fn preview(width: usize, angle_count: usize) -> Result<()> {
    let sinogram = vec![0.5; width * angle_count];
    let fbp = Fbp::new(half_turn(angle_count), width as f64 / 2.0);
    for bin in [1, 2, 4] {
        let preview = Preview::new(&fbp, &sinogram, width, bin, &Cancel::new())?;
        let side = (width / bin) as f64;
        let name = format!("axis drag {width} x {angle_count}, bin {bin}");
        measured(&name, side * side * angle_count as f64, || {
            preview
                .slice(width as f64 / 2.0 + 3.0, None, true, &Cancel::new())
                .map(drop)
        })?;
    }
    Ok(())
}

fn flat_field(frames: usize) -> Result<()> {
    let size = 512 * 1024;
    let correction = FlatField::default().prepare(&vec![50_000.0; size], &vec![100.0; size])?;
    let counts = vec![20_000u16; frames * size];
    let mut output = vec![0.0; frames * size];
    measured(
        "flat field and logarithm, per sample",
        (frames * size) as f64,
        || correction.apply(&counts, &mut output, &Cancel::new()),
    )
}

fn gpu(width: usize, angle_count: usize) -> Result<()> {
    let context = match GpuContext::headless() {
        Ok(context) => context,
        Err(error) => {
            println!("no GPU figures: {error}");
            return Ok(());
        }
    };
    let input = Array::zeroed([4, angle_count, width]);
    let fbp = Fbp::new(half_turn(angle_count), width as f64 / 2.0);
    let name = format!("four slices {width} x {angle_count} on {}", context.name());
    measured(&name, fbp.update_count(width, 4) as f64, || {
        run(&fbp, Body::Gpu(&context), &[&input], &Cancel::new()).map(drop)
    })
}
