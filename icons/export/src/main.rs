//! Exports `icons/svg/*.svg` as alpha masks: one atlas for each pixel size, and the list of names.
//!
//! Icons are drawn on a grid of 24 and shown at 16 points; the stroke is set here, so that every
//! icon has the same weight whatever its file says.

use std::error::Error;
use std::fs;
use std::path::Path;

use resvg::{tiny_skia, usvg};

/// Pixel sizes of an icon in the four atlases: 1x, 1.5x, 2x, 3x of 16 points.
const SIZES: [u32; 4] = [16, 24, 32, 48];
/// Icons in a row of the atlas.
const COLUMNS: u32 = 12;
/// Empty pixels around each icon, so that linear filtering never sees a neighbour.
const GUTTER: u32 = 1;
/// Stroke in the icon's own grid of 24: 1.25 pixels at 16.
const STROKE: &str = "1.9";

fn main() -> Result<(), Box<dyn Error>> {
    let icons = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut names = Vec::new();
    for entry in fs::read_dir(icons.join("svg"))? {
        let path = entry?.path();
        if let Some(name) = path.file_stem().and_then(|stem| stem.to_str()) {
            names.push(name.to_owned());
        }
    }
    names.sort();
    let row_count = u32::try_from(names.len())?.div_ceil(COLUMNS);
    for size in SIZES {
        let cell = size + 2 * GUTTER;
        let mut atlas = image::GrayImage::new(COLUMNS * cell, row_count * cell);
        for (index, name) in names.iter().enumerate() {
            let svg = fs::read_to_string(icons.join("svg").join(format!("{name}.svg")))?;
            let mask = rasterise(&svg, size)?;
            let index = u32::try_from(index)?;
            let left = (index % COLUMNS) * cell + GUTTER;
            let top = (index / COLUMNS) * cell + GUTTER;
            for y in 0..size {
                for x in 0..size {
                    let alpha = mask.pixel(x, y).map_or(0, |pixel| pixel.alpha());
                    atlas.put_pixel(left + x, top + y, image::Luma([alpha]));
                }
            }
        }
        atlas.save(icons.join("atlas").join(format!("icons-{size}.png")))?;
    }
    fs::write(icons.join("atlas").join("names.txt"), names.join("\n") + "\n")?;
    println!("{} icons, {} sizes", names.len(), SIZES.len());
    Ok(())
}

fn rasterise(svg: &str, size: u32) -> Result<tiny_skia::Pixmap, Box<dyn Error>> {
    let svg = svg
        .replace("stroke-width=\"2\"", &format!("stroke-width=\"{STROKE}\""))
        .replace("currentColor", "#ffffff");
    let tree = usvg::Tree::from_str(&svg, &usvg::Options::default())?;
    let mut mask = tiny_skia::Pixmap::new(size, size).ok_or("an icon of no size")?;
    let scale = size as f32 / 24.0;
    resvg::render(&tree, tiny_skia::Transform::from_scale(scale, scale), &mut mask.as_mut());
    Ok(mask)
}
