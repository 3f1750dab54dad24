//! Curves, and what links of the window open, drawn without a window: `hutch render`.

use std::path::Path;

use hutch::window::link::Link;
use hutch_render::{AdapterWish, Gpu};
use hutch_testservers::skip;

use crate::hutch::{Hutch, data, refused, said};

/// The program, where the window can be drawn.
fn drawing() -> Option<Hutch> {
    match Gpu::headless(AdapterWish::Fastest) {
        Ok(_) => Some(Hutch::new()),
        Err(error) => {
            skip("lavapipe", &error.to_string());
            None
        }
    }
}

fn scan(file: &str, path: &str) -> String {
    format!("{}::{path}", data("beamline").join(file).display())
}

fn size(path: &Path) -> (u32, u32) {
    let picture = image::open(path).unwrap();
    (picture.width(), picture.height())
}

/// Whether two pictures have the same pixels.
fn are_alike(hutch: &Hutch, one: &str, other: &str) -> bool {
    let pixels = |name| image::open(hutch.path(name)).unwrap().to_rgba8();
    pixels(one) == pixels(other)
}

#[test]
fn a_scan_is_drawn_as_the_curve_that_its_picture_links_to() {
    let Some(hutch) = drawing() else { return };
    let json = hutch.json(&[
        "render",
        &scan("bliss.h5", "/1.1"),
        "-o",
        "scan.png",
        "--json",
    ]);
    assert_eq!(json["schema"], "hutch.render/1");
    assert_eq!(json["view"], "curve", "counters against a motor");
    assert_eq!(size(&hutch.path("scan.png")), (1200, 800));
    let said = hutch::picture::provenance_of(&hutch.path("scan.png")).unwrap();
    assert!(said.source.contains("bliss.h5::/1.1"), "{said:?}");
    assert_eq!(json["link"], said.link.as_str());

    hutch.json(&["render", &said.link, "-o", "again.png", "--json"]);
    assert!(
        are_alike(&hutch, "scan.png", "again.png"),
        "its link draws the same"
    );
    hutch.json(&[
        "render",
        &said.link,
        "--theme",
        "light",
        "-o",
        "light.png",
        "--json",
    ]);
    assert!(!are_alike(&hutch, "scan.png", "light.png"));
    assert!(
        !hutch.path("home/state/session.json").exists(),
        "no window was open"
    );
}

#[test]
fn curves_are_drawn_as_asked_for_and_kept_in_the_link() {
    let Some(hutch) = drawing() else { return };
    let json = hutch.json(&[
        "render",
        &scan("bliss.h5", "/1.1"),
        "--add",
        &scan("scans.spec", "/1.1/measurement/det"),
        "--log-y",
        "--x-limits",
        "1,3.5",
        "--style",
        "points",
        "--size",
        "640x480",
        "--scale",
        "1.5",
        "-o",
        "two.png",
        "--json",
    ]);
    assert_eq!(size(&hutch.path("two.png")), (640, 480));
    let link = Link::parse(json["link"].as_str().unwrap()).unwrap();
    let values = &link.state.values;
    assert!(link.state.flag("log y", false));
    assert_eq!(link.state.text("style", ""), "points");
    let limits: Vec<f64> = values["x limits"]
        .items()
        .iter()
        .filter_map(hutch_model::Value::as_f64)
        .collect();
    assert_eq!(limits, [1.0, 3.5]);
    let curves = values["curves"].to_string();
    assert!(
        curves.contains("scans.spec::/1.1/measurement/det"),
        "{curves}"
    );
    assert!(
        curves.contains("at /"),
        "an address from everywhere: {curves}"
    );
}

#[test]
fn a_drawing_keeps_words_and_lines_as_such() {
    let Some(hutch) = drawing() else { return };
    let scan = scan("bliss.h5", "/1.1");
    hutch.json(&[
        "render", &scan, "--theme", "light", "-o", "scan.svg", "--json",
    ]);
    let text = std::fs::read_to_string(hutch.path("scan.svg")).unwrap();
    assert!(text.starts_with("<svg") && text.trim_end().ends_with("</svg>"));
    for part in [
        "<path",
        "<text",
        "ascan th 0 5 20 0.5",
        "bliss.h5::/1.1",
        "hutch://open?",
    ] {
        assert!(text.contains(part), "{part} is missing");
    }
    // It is made again, and nothing else is replaced.
    hutch.json(&["render", &scan, "-o", "scan.svg", "--json"]);
    std::fs::write(hutch.path("mine.svg"), "my notes").unwrap();
    let why = refused(&hutch, &["render", &scan, "-o", "mine.svg"], 2);
    assert!(why.contains("--overwrite"), "{why}");
}

#[test]
fn every_view_of_the_window_is_drawn_from_its_link() {
    let Some(hutch) = drawing() else { return };
    for (file, kind) in [
        ("maps/maps.h5", "map"),
        ("serial/quad.stream", "stream"),
        ("tooth.h5", "tomography"),
        ("nexus/features.h5", "attributes"),
    ] {
        let link = Link {
            address: data(file).display().to_string(),
            state: hutch_model::ViewState::new(kind, 1),
        };
        let link = link.to_string();
        let json = hutch.json(&[
            "render", &link, "--size", "500x400", "-o", "view.png", "--json",
        ]);
        assert_eq!(json["view"], kind, "{file}");
        assert_eq!(size(&hutch.path("view.png")), (500, 400), "{file}");
        let picture = image::open(hutch.path("view.png")).unwrap().to_rgba8();
        let first = picture.get_pixel(250, 200);
        assert!(
            picture.pixels().any(|pixel| pixel != first),
            "{kind} is empty"
        );
    }
}

#[test]
fn what_has_no_meaning_for_a_curve_or_a_link_is_refused() {
    let hutch = Hutch::new();
    let scan = scan("bliss.h5", "/1.1");
    let tooth = data("tooth.h5").display().to_string();
    let link = format!("hutch://open?at={tooth}&view=image");
    for (arguments, word) in [
        (vec![scan.as_str(), "--norm", "log"], "--norm is of images"),
        (vec![&scan, "--rings", "LaB6"], "--rings is of frames"),
        (vec![&tooth, "--log-y"], "--log-y is of curves"),
        (vec![&tooth, "--theme", "light"], "--theme is of curves"),
        (vec![&scan, "--x-limits", "3,1"], "the smaller number first"),
        (vec![&scan, "--scale", "9"], "0.5 to 4"),
        (vec![&link, "--norm", "log"], "leave out --norm"),
        (vec![&link, "--view", "image"], "leave out --view"),
        (vec!["hutch://delete?at=x"], "hutch://open?"),
        (
            vec![&scan, "--add", "http://me:secret@localhost/a.h5"],
            "password",
        ),
    ] {
        let mut all = vec!["render"];
        all.extend(&arguments);
        all.extend(["-o", "a.png"]);
        let why = refused(&hutch, &all, 2);
        assert!(why.contains(word), "{arguments:?}: {why}");
        assert!(!why.contains("secret"), "{why}");
    }
    let why = refused(&hutch, &["render", &scan, "-o", "a.gif"], 2);
    assert!(why.contains(".svg"), "{why}");
    let why = refused(&hutch, &["render", &tooth, "-o", "a.svg"], 2);
    assert!(why.contains(".png"), "{why}");
}

#[test]
fn what_cannot_be_drawn_of_curves_ends_the_command_in_words() {
    let Some(hutch) = drawing() else { return };
    let scan = scan("bliss.h5", "/1.1");
    let output = hutch.run(&["render", &scan, "--add", "nothing.h5::/a", "-o", "a.png"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("nothing.h5"), "{}", said(&output));
    let link = "hutch://open?at=nothing.h5&view=curve";
    refused(&hutch, &["render", link, "-o", "a.png"], 7);
    let folder = format!("hutch://open?at={}", data("beamline").display());
    let why = refused(&hutch, &["render", &folder, "-o", "b.png"], 2);
    assert!(why.contains("opens no view"), "{why}");
    assert!(!hutch.path("b.png").exists());
}

#[test]
fn without_any_adapter_curves_are_refused() {
    let hutch = Hutch::new();
    let scan = scan("bliss.h5", "/1.1");
    let mut command = hutch.command(&["render", &scan, "-o", "a.png"]);
    command
        .env("WGPU_BACKEND", "vulkan")
        .env("VK_ICD_FILENAMES", "/nonexistent")
        .env("VK_DRIVER_FILES", "/nonexistent");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(9), "{}", said(&output));
}

#[test]
fn every_picture_of_a_movie_has_its_rings_and_regions() {
    let hutch = Hutch::new();
    let stack = data("calibrants/lab6.h5").display().to_string();
    let drawn = |name: &str, marks: &[&str]| {
        let mut all = vec!["render", &stack, "--frames", ":", "-o", name];
        all.extend(marks);
        let output = hutch.run(&all);
        assert!(output.status.success(), "{}", said(&output));
        let bytes = std::fs::read(hutch.path(name)).unwrap();
        let mut options = gif::DecodeOptions::new();
        options.set_color_output(gif::ColorOutput::RGBA);
        let mut movie = options.read_info(&bytes[..]).unwrap();
        let mut frames = Vec::new();
        while let Some(frame) = movie.read_next_frame().unwrap() {
            frames.push(frame.buffer.to_vec());
        }
        assert_eq!(frames.len(), 3, "{name}");
        frames
    };
    let plain = drawn("plain.gif", &[]);
    let marks = ["--rings", "LaB6", "--roi", "circle 40 40 20"];
    for (marked, plain) in drawn("marked.gif", &marks).into_iter().zip(plain) {
        assert_eq!(marked.len(), plain.len());
        let pixels = marked.chunks(4).zip(plain.chunks(4));
        let count = pixels.filter(|(one, other)| one != other).count();
        assert!(count > 300, "lines over the frame: {count} pixels");
        assert!(count < plain.len() / 16, "and little else: {count} pixels");
    }
}

#[test]
fn steps_go_along_the_axes_and_a_line_of_many_points_is_no_picture() {
    let Some(hutch) = drawing() else { return };
    let path = hutch.path("many.spec");
    let rows = (0..2000).map(|at| format!("{at} {}\n", 50 + (at * 7919) % 101));
    let text = format!(
        "#S 1 ascan th 0 1 2000 1\n#N 2\n#L th  det\n{}",
        rows.collect::<String>()
    );
    std::fs::write(&path, text).unwrap();
    let many = format!("{}::/1.1", path.display());
    let scan = scan("bliss.h5", "/1.1");
    let svg = |address: &str, style: &str| {
        hutch.json(&["render", address, "--style", style, "--json", "-o", "a.svg"]);
        std::fs::read_to_string(hutch.path("a.svg")).unwrap()
    };
    let lines = svg(&many, "lines");
    assert!(!lines.contains("<image"), "lines stay lines");
    let steps = svg(&scan, "steps");
    assert!(!steps.contains("<image"), "steps stay lines");
    let longest = steps.split("<path d=\"M").skip(1);
    let longest = longest.map(|path| path.split('"').next().unwrap());
    let path = longest.max_by_key(|path| path.len()).unwrap();
    let point = |text: &str| {
        let (x, y) = text.trim_end_matches('Z').split_once(' ').unwrap();
        [x.parse::<f64>().unwrap(), y.parse::<f64>().unwrap()]
    };
    let corners: Vec<[f64; 2]> = path.split('L').map(point).collect();
    assert!(corners.len() > 20, "{} corners", corners.len());
    for pair in corners.windows(2) {
        let [x, y] = [0, 1].map(|along| (pair[1][along] - pair[0][along]).abs());
        assert!(x < 1e-3 || y < 1e-3, "along an axis: {pair:?}");
    }
}

#[test]
fn what_a_link_or_an_option_names_in_vain_is_refused_or_told() {
    let Some(hutch) = drawing() else { return };
    let tooth = format!("{}::/exchange/data", data("tooth.h5").display());
    let scan = scan("bliss.h5", "/1.1");
    for (arguments, word) in [
        (
            vec![tooth.as_str(), "--view", "curve", "--frame", "1000000"],
            "there is no line 1000000; the last one is",
        ),
        (vec![&scan, "--frame", "3"], "there is no line 3"),
        (
            vec![&scan, "--log-y", "--y-limits", "-10,10"],
            "--y-limits begins at or below 0",
        ),
        (
            vec![&format!("hutch://open?at={scan}&view=banana")],
            "no view \"banana\" shows it",
        ),
        (
            vec![&format!("hutch://open?at={tooth}&view=image&frame=9999")],
            "there is no frame 9999",
        ),
    ] {
        let mut all = vec!["render"];
        all.extend(&arguments);
        all.extend(["-o", "a.png"]);
        let why = refused(&hutch, &all, 2);
        assert!(why.contains(word), "{arguments:?}: {why}");
        assert!(!hutch.path("a.png").exists(), "{arguments:?}");
    }
    let link = format!("hutch://open?at={scan}&view=curve&style=foo&x+limits=[5,1]");
    let output = hutch.run(&["render", &link, "-o", "a.png"]);
    assert!(output.status.success(), "{}", said(&output));
    for name in ["style foo", "x limits"] {
        assert!(said(&output).contains(name), "{}", said(&output));
    }
}

#[test]
fn a_file_that_was_cut_off_is_no_empty_one() {
    let hutch = Hutch::new();
    let bytes = std::fs::read(data("maps/maps.h5")).unwrap();
    std::fs::write(hutch.path("cut.h5"), &bytes[..1200]).unwrap();
    for command in [
        &["stats", "cut.h5"][..],
        &["render", "cut.h5", "-o", "a.png"],
    ] {
        let why = refused(&hutch, command, 9);
        assert!(why.contains("ends before"), "{command:?}: {why}");
    }
}

#[test]
fn a_scan_of_bliss_is_fitted_by_what_the_window_plots_of_it() {
    let hutch = Hutch::new();
    let whole = hutch.run(&["fit", &scan("bliss.h5", "/1.1")]);
    let named = hutch.run(&["fit", &scan("bliss.h5", "/1.1/measurement/det")]);
    assert!(whole.status.success(), "{}", said(&whole));
    assert_eq!(whole.stdout, named.stdout, "its counter against its motor");
}
