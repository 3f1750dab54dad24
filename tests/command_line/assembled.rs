//! `hutch render --assembled`: panels of a detector where they lie, against a projection with plain numbers.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixels of small pictures"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use image::RgbaImage;

use crate::hutch::{self, Hutch, said};

/// Modules, panels of a module, rows and columns of a panel.
const MODULES: usize = 4;
const PANELS: usize = 3;
const ROWS: usize = 17;
const COLUMNS: usize = 26;
/// Where each module lies: its angle, and the place of its first pixel's corner in pixels from the beam.
const POSES: [(f64, [f64; 2]); MODULES] = [
    (0.0, [6.5, 60.25]),
    (0.05, [-35.0, 58.0]),
    (std::f64::consts::PI, [-4.0, -61.5]),
    (std::f64::consts::FRAC_PI_2, [7.0, -40.0]),
];
/// Rows between two panels of a module.
const GAP: f64 = 2.25;
/// Times that a pixel of the picture is larger.
const ZOOM: f64 = 4.0;
const RING: [u8; 4] = [0xff, 0x40, 0xa0, 0xff];

/// Steps along fast and slow, and the corner, of a panel: +x to the right, +y up.
fn pose(module: usize, panel: usize) -> [[f64; 2]; 3] {
    let (angle, corner) = POSES[module];
    let (sine, cosine) = angle.sin_cos();
    let (fast, slow) = ([cosine, sine], [sine, -cosine]);
    let down = panel as f64 * (ROWS as f64 + GAP);
    let corner = [corner[0] + down * slow[0], corner[1] + down * slow[1]];
    [fast, slow, corner]
}

/// The laboratory point of a place on a panel, in pixels from the beam.
fn lab(module: usize, panel: usize, [fs, ss]: [f64; 2]) -> [f64; 2] {
    let [fast, slow, corner] = pose(module, panel);
    [0, 1].map(|axis| corner[axis] + fs * fast[axis] + ss * slow[axis])
}

/// The geometry, of data whose modules are images of their own or lie below each other.
fn geom(is_of_images: bool) -> String {
    let mut text = "wavelength = 1.3 A\nclen = 0.02\nres = 5000\nmin_fs = 0\n".to_owned();
    writeln!(text, "max_fs = {}", COLUMNS - 1).unwrap();
    for module in 0..MODULES {
        if is_of_images {
            writeln!(text, "dim0 = %\ndim1 = {module}\ndim2 = ss\ndim3 = fs").unwrap();
        } else {
            text += "dim0 = %\ndim1 = ss\ndim2 = fs\n";
        }
        for panel in 0..PANELS {
            let [fast, slow, corner] = pose(module, panel);
            let above = if is_of_images { 0 } else { module * PANELS };
            let first = (above + panel) * ROWS;
            let name = format!("m{module}a{panel}");
            writeln!(
                text,
                "{name}/min_ss = {first}\n{name}/max_ss = {}\n{name}/fs = {:+.12}x {:+.12}y\n\
                 {name}/ss = {:+.12}x {:+.12}y\n{name}/corner_x = {}\n{name}/corner_y = {}",
                first + ROWS - 1,
                fast[0],
                fast[1],
                slow[0],
                slow[1],
                corner[0],
                corner[1]
            )
            .unwrap();
        }
    }
    text
}

/// The count of a pixel of a frame.
fn count(frame: usize, module: usize, row: usize, column: usize) -> u16 {
    let index = ((frame * MODULES + module) * PANELS * ROWS + row) * COLUMNS + column;
    u16::try_from(index * 7919 % 1000).unwrap()
}

fn npy(path: &Path, shape: &str) {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    let header = format!("{{'descr': '<u2', 'fortran_order': False, 'shape': {shape}, }}");
    bytes.extend(118u16.to_le_bytes());
    bytes.extend(format!("{header:<117}\n").bytes());
    for frame in 0..2 {
        for module in 0..MODULES {
            for pixel in 0..PANELS * ROWS * COLUMNS {
                let value = count(frame, module, pixel / COLUMNS, pixel % COLUMNS);
                bytes.extend(value.to_le_bytes());
            }
        }
    }
    fs::write(path, bytes).unwrap();
}

/// The left and the upper end of all panels, and width and height of the picture.
fn extent() -> ([f64; 2], [u32; 2]) {
    let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    for (module, panel) in (0..MODULES).flat_map(|module| (0..PANELS).map(move |at| (module, at))) {
        for corner in [[0, 0], [COLUMNS, 0], [0, ROWS], [COLUMNS, ROWS]] {
            let point = lab(module, panel, corner.map(|part| part as f64));
            for axis in 0..2 {
                low[axis] = low[axis].min(point[axis]);
                high[axis] = high[axis].max(point[axis]);
            }
        }
    }
    let size = [0, 1].map(|axis| (high[axis] - low[axis] - 1e-6).ceil() as u32);
    ([low[0], high[1]], size)
}

/// A folder with the data in both forms and their geometries.
fn folder() -> Hutch {
    let hutch = Hutch::new();
    let rows = PANELS * ROWS;
    npy(
        &hutch.path("modules.npy"),
        &format!("(2, {MODULES}, {rows}, {COLUMNS})"),
    );
    npy(
        &hutch.path("stack.npy"),
        &format!("(2, {}, {COLUMNS})", MODULES * rows),
    );
    fs::write(hutch.path("modules.geom"), geom(true)).unwrap();
    fs::write(hutch.path("stack.geom"), geom(false)).unwrap();
    hutch
}

/// Draws frame 1 with every pixel four times as large.
fn draw(hutch: &Hutch, name: &str, more: &[&str]) -> RgbaImage {
    let (_, size) = extent();
    let size = size.map(|edge| f64::from(edge) * ZOOM);
    let (data, geom, png) = (
        format!("{name}.npy"),
        format!("{name}.geom"),
        format!("{name}.png"),
    );
    let size = format!("{}x{}", size[0], size[1]);
    let common = [
        "render",
        &data,
        "--geom",
        &geom,
        "--assembled",
        "--frame",
        "1",
        "--range",
        "0,1000",
        "--colormap",
        "gray",
        "--size",
        &size,
        "-o",
        &png,
    ];
    let run = hutch.run(&[&common[..], more].concat());
    assert!(run.status.success(), "{}", said(&run));
    image::open(hutch.path(&png)).unwrap().to_rgba8()
}

/// The pixel of the picture at a point of the laboratory.
fn at(picture: &RgbaImage, [x, y]: [f64; 2]) -> [u8; 4] {
    let ([left, top], _) = extent();
    let place = [(x - left) * ZOOM, (top - y) * ZOOM].map(|part| part as u32);
    picture.get_pixel(place[0], place[1]).0
}

#[test]
fn every_pixel_of_every_panel_is_drawn_where_it_lies() {
    let hutch = folder();
    for name in ["stack", "modules"] {
        let picture = draw(&hutch, name, &["--rings", "off"]);
        let mut compared = 0;
        for (module, panel) in
            (0..MODULES).flat_map(|module| (0..PANELS).map(move |at| (module, at)))
        {
            for (row, column) in (0..ROWS).flat_map(|row| (0..COLUMNS).map(move |at| (row, at))) {
                let middle = [column as f64 + 0.5, row as f64 + 0.5];
                let found = at(&picture, lab(module, panel, middle));
                if found == RING {
                    continue;
                }
                let counts = count(1, module, panel * ROWS + row, column);
                let grey = f64::from(counts) / 1000.0 * 255.0;
                assert!(
                    (f64::from(found[0]) - grey).abs() <= 1.0,
                    "{name}: module {module}, panel {panel}, {row}, {column}: {found:?}, not {grey}"
                );
                compared += 1;
            }
        }
        assert!(compared > 5200, "{compared} of 5304 pixels");
        // Between two panels of a module, and beside the beam.
        for gap in [lab(0, 0, [9.0, ROWS as f64 + 1.0]), [0.0, 30.0]] {
            let found = at(&picture, gap);
            assert_eq!(
                found,
                at(&picture, [-36.0, 61.0]),
                "a gap is as what lies outside"
            );
        }
    }
    let pictures = ["stack.png", "modules.png"].map(|name| fs::read(hutch.path(name)).unwrap());
    let pixels = pictures.map(|bytes| image::load_from_memory(&bytes).unwrap().to_rgba8());
    assert!(
        pixels[0] == pixels[1],
        "modules are images or parts of one, the picture is the same"
    );
}

#[test]
fn rings_of_an_assembled_picture_are_circles_around_the_beam() {
    let hutch = folder();
    let picture = draw(&hutch, "modules", &["--rings", "LaB6"]);
    let ([left, top], _) = extent();
    let (edge_m, wavelength_m, distance_px) = (4.156_89e-10, 1.3e-10, 0.02 * 5000.0);
    // All reflections of a primitive cubic cell up to the corners.
    let radii: Vec<f64> = [1, 2, 3, 4, 5, 6, 8, 9, 10]
        .into_iter()
        .map(|sum: i32| {
            let spacing = edge_m / f64::from(sum).sqrt();
            distance_px * (2.0 * (wavelength_m / 2.0 / spacing).asin()).tan()
        })
        .collect();
    let mut seen = 0;
    for (x, y, _) in picture
        .enumerate_pixels()
        .filter(|(_, _, pixel)| pixel.0 == RING)
    {
        let across = left + (f64::from(x) + 0.5) / ZOOM;
        let up = top - (f64::from(y) + 0.5) / ZOOM;
        if across.abs().min(up.abs()) < 1.0 {
            // The cross at the beam.
            continue;
        }
        let radius = across.hypot(up);
        let away = radii
            .iter()
            .map(|of| (of - radius).abs())
            .fold(f64::INFINITY, f64::min);
        assert!(away < 0.6, "{across}, {up} is {away} px beside all rings");
        seen += 1;
    }
    assert!(seen > 300, "{seen} pixels of rings");
}

#[test]
fn bad_regions_of_a_geom_are_masked_in_pictures_and_move_with_their_panels() {
    let hutch = Hutch::new();
    let [geom, data] = ["quad.geom", "run00.cxi"]
        .map(|name| hutch::data("serial").join(name).display().to_string());
    let address = format!("{data}::/entry_1/data_1/data");
    let draw = |name: &str, more: &[&str]| {
        let common = [
            "render",
            &address,
            "--geom",
            &geom,
            "--frame",
            "2",
            "--range",
            "0,20",
            "--colormap",
            "gray",
            "--rings",
            "off",
            "-o",
            name,
        ];
        let run = hutch.run(&[&common[..], more].concat());
        assert!(run.status.success(), "{}", said(&run));
        image::open(hutch.path(name)).unwrap().to_rgba8()
    };
    let stored = draw("stored.png", &[]);
    let row = |y: u32| {
        (0..48)
            .map(|x| stored.get_pixel(x, y).0)
            .collect::<Vec<_>>()
    };
    let is_masked = |pixel: &[u8; 4]| pixel[0] != pixel[2];
    assert!(row(70).iter().all(is_masked), "the bad row: {:?}", row(70));
    assert!(!row(72).iter().any(is_masked), "another row: {:?}", row(72));
    // From x -50.5 to 50 and from y 34.25 down, four times as large; panel p2 is turned by a thousandth.
    let assembled = draw("assembled.png", &["--assembled"]);
    let size = [assembled.width() * 4, assembled.height() * 4];
    let size = format!("{}x{}", size[0], size[1]);
    let assembled = draw("assembled.png", &["--assembled", "--size", &size]);
    let left = -50.5 - 32.0 * 0.003;
    let top = 34.25_f64.max(-1.75 + 0.003 * 48.0).max(34.25);
    let mut compared = 0;
    for (y, x) in (64..96_u32).flat_map(|y| (0..48_u32).map(move |x| (y, x))) {
        let (fs, ss) = (f64::from(x) + 0.5, f64::from(y) - 64.0 + 0.5);
        let lab = [-50.25 + fs + 0.001 * ss, -2.0 + 0.001 * fs - ss];
        let place = [(lab[0] - left) * 4.0, (top - lab[1]) * 4.0].map(|part| part as u32);
        let found = assembled.get_pixel(place[0], place[1]).0;
        let wanted = stored.get_pixel(x, y).0;
        if found != RING && wanted != RING {
            assert_eq!(found, wanted, "pixel {x}, {y}");
            compared += 1;
        }
    }
    assert!(compared > 1480, "{compared} of 1536 pixels");
}

#[test]
fn panels_are_assembled_only_where_a_geometry_says_how() {
    let hutch = folder();
    let none = hutch.run(&["render", "stack.npy", "--assembled", "-o", "a.png"]);
    assert_eq!(none.status.code(), Some(7), "{}", said(&none));
    assert!(said(&none).contains("--geom"), "{}", said(&none));
    npy(&hutch.path("flat.npy"), "(408, 26)");
    let modules = [
        "render",
        "flat.npy",
        "--geom",
        "modules.geom",
        "--assembled",
        "-o",
        "a.png",
    ];
    let other = hutch.run(&modules);
    assert!(!other.status.success(), "data without an axis of modules");
    assert!(
        said(&other).contains("assemble the panels"),
        "{}",
        said(&other)
    );
    let volume = [
        "render",
        "stack.npy",
        "--geom",
        "stack.geom",
        "--assembled",
        "--view",
        "volume",
        "-o",
        "a.png",
    ];
    assert_eq!(hutch.run(&volume).status.code(), Some(2));
    let late = [
        "render",
        "modules.npy",
        "--geom",
        "modules.geom",
        "--assembled",
        "--frame",
        "2",
        "-o",
        "a.png",
    ];
    let late = hutch.run(&late);
    assert!(
        said(&late).contains("there are 2, from 0"),
        "{}",
        said(&late)
    );
}
