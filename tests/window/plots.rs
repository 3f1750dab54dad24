//! Plots beside a frame: saved as they are, with the numbers of the command line.

use std::process::Command;

use hutch_viewers::ViewCommand;
use hutch_viewers::curve::PlottedCurves;

use super::*;

const PLOTS: [&str; 3] = ["Profile", "Pattern", "Regions over the stack"];

/// A stack of frames with a geometry, two regions on it, and every plot that there is of them.
fn stage_with_plots() -> Option<(Stage, String)> {
    let mut stage = Stage::with_gpu(With::Nothing)?;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/calibrants/lab6.h5");
    let address = format!("{}::/entry/data/data", text_of(&file));
    stage.open(&address, "image");
    let text = |text: &str| Value::Text(text.to_owned());
    let regions = ["a: line 5 6 100 90 3", "b: circle 50 60 12"].map(text);
    let mut state = stage.active_state();
    for (name, value) in [
        ("frame", Value::Integer(2)),
        ("regions", Value::List(regions.to_vec())),
        ("selected region", Value::Integer(0)),
        ("profile", text("along")),
        ("regions over the stack", Value::Bool(true)),
        ("integrate", text("pattern")),
        ("integrate points", Value::Integer(40)),
        // Plots that a session expects leave in front what is there.
        ("plots", Value::List(PLOTS.map(text).to_vec())),
    ] {
        state.set(name, value);
    }
    show(&mut stage, &state);
    Some((stage, address))
}

fn show(stage: &mut Stage, state: &ViewState) {
    let shared = stage.state();
    let id = shared.active.expect("a view");
    let slot = shared.views.get_mut(&id).expect("the view");
    slot.view.set_state(state);
}

fn plot(stage: &mut Stage) -> Option<PlottedCurves> {
    let state = stage.state();
    let id = state.active?;
    state.views[&id].view.curves()
}

/// Brings a plot to the front, and waits until it is whole.
fn bring(stage: &mut Stage, name: &str, is_whole: impl Fn(&PlottedCurves) -> bool) {
    stage.until(name, |stage| {
        let mut state = stage.active_state();
        state.set("plot in front", Value::Text(name.to_owned()));
        let all = PLOTS.map(|plot| Value::Text(plot.to_owned()));
        state.set("plots", Value::List(all.to_vec()));
        show(stage, &state);
        plot(stage).is_some_and(|found| found.title == name && is_whole(&found))
    });
}

/// Ctrl E, a name, Save.
fn save(stage: &mut Stage, name: &str) -> PathBuf {
    let path = stage.folder.path().join(name);
    stage.press(Modifiers::COMMAND, Key::E);
    saving::save_as(stage, &path);
    let wanted = path.clone();
    stage.until("the file", move |_| wanted.exists());
    path
}

/// The rows of numbers of the only or the first curve in a file, and what stands above them.
fn read(path: &Path) -> (String, Vec<Vec<f64>>) {
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().filter_map(|line| {
        let cells = line.split(',').map(|cell| cell.parse::<f64>().ok());
        cells.collect::<Option<Vec<f64>>>()
    });
    (text.clone(), rows.collect())
}

/// Some columns of what `hutch` prints.
fn by_hutch(arguments: &[&str], columns: &[usize]) -> Vec<Vec<f64>> {
    let run = Command::new(env!("CARGO_BIN_EXE_hutch"))
        .args(arguments)
        .arg("--csv")
        .output()
        .unwrap();
    assert!(run.status.success(), "{run:?}");
    let text = String::from_utf8(run.stdout).unwrap();
    let rows = text.lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        columns
            .iter()
            .map(|at| cells[*at].parse().unwrap())
            .collect()
    });
    rows.collect()
}

fn assert_same(ours: &[Vec<f64>], theirs: &[Vec<f64>], what: &str) {
    assert!(!ours.is_empty(), "{what}: no numbers");
    assert_eq!(ours.len(), theirs.len(), "{what}: as many points");
    for (ours, theirs) in ours.iter().zip(theirs) {
        let bits = |row: &[f64]| -> Vec<u64> { row.iter().map(|value| value.to_bits()).collect() };
        assert_eq!(bits(ours), bits(theirs), "{what}: {ours:?} and {theirs:?}");
    }
}

#[test]
fn plots_beside_a_frame_are_saved_with_the_numbers_of_the_command_line() {
    let Some((mut stage, address)) = stage_with_plots() else {
        return;
    };
    let frame = format!("{address}[2]");
    let is_of_frame =
        |of: &PlottedCurves| of.curves.iter().all(|curve| curve.way.contains("data[2]"));

    for name in PLOTS {
        bring(&mut stage, name, |_| true);
    }
    bring(&mut stage, "Profile", is_of_frame);
    let (text, rows) = read(&save(&mut stage, "profile.csv"));
    let line = ["profile", &frame, "--line", "5 6 100 90", "--width", "3"];
    assert_same(&rows, &by_hutch(&line, &[1, 2]), "the profile");
    for words in [
        "# Hutch ",
        "# hutch://",
        "a: line 5 6 100 90 3",
        "data/data[2]",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }

    bring(&mut stage, "Pattern", is_of_frame);
    let (text, rows) = read(&save(&mut stage, "pattern.csv"));
    let pattern = ["integrate", &frame, "--points", "40", "--errors"];
    assert_same(&rows, &by_hutch(&pattern, &[1, 2, 3]), "the pattern");
    assert!(
        text.contains("40 bins; pixels split bbox") && text.contains("geometry of "),
        "{text}"
    );

    let is_whole = |of: &PlottedCurves| of.curves.iter().all(|curve| curve.numbers.x().len() == 3);
    bring(&mut stage, "Regions over the stack", is_whole);
    let (text, rows) = read(&save(&mut stage, "regions.csv"));
    let shapes = ["roi", &address, "--shape", "line 5 6 100 90 3"];
    let json = Command::new(env!("CARGO_BIN_EXE_hutch"))
        .args(shapes)
        .args(["--shape", "circle 50 60 12", "--json"])
        .output()
        .unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let mut theirs = Vec::new();
    for region in 0..2 {
        for at in 0..3 {
            let mean = json["frames"][at]["regions"][region]["mean"].as_f64();
            // The plot counts frames from 1.
            theirs.push(vec![at as f64 + 1.0, mean.expect("a mean")]);
        }
    }
    assert_same(&rows, &theirs, "the regions");
    assert!(text.contains("mean of b: circle 50 60 12 in"), "{text}");
}

/// Asks the view to copy, and takes what it puts on the clipboard.
fn copied(stage: &mut Stage) -> String {
    let copied = std::cell::RefCell::new(String::new());
    let state = stage.state();
    let id = state.active.expect("a view");
    let slot = state.views.get_mut(&id).expect("the view");
    assert!(slot.view.on_command(ViewCommand::Copy), "there is a plot");
    stage.until("a copy", |stage| {
        let commands = &stage.harness.output().platform_output.commands;
        let text = commands.iter().find_map(|command| match command {
            egui::OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        });
        text.is_some_and(|text| {
            *copied.borrow_mut() = text;
            true
        })
    });
    copied.into_inner()
}

/// Prints what a saved plot is, as h5py reads it.
const PEER: &str = r#"
import sys, h5py
with h5py.File(sys.argv[1]) as f:
    group = f["entry"][f["entry"].attrs["default"]]
    print(group["data"].attrs["long_name"], "|", group["x"].attrs["long_name"], "|", len(group["data_errors"]))
    note = f["entry/process_1/note"]
    print(note["data"][()].decode())
    print(note["description"][()].decode()[:8], f["entry/process_1/version"][()].decode())
"#;

#[test]
fn a_plot_is_saved_as_nexus_and_copied() {
    let Some((mut stage, _)) = stage_with_plots() else {
        return;
    };
    bring(&mut stage, "Pattern", |_| true);
    let path = save(&mut stage, "pattern.nxs");
    let copied = copied(&mut stage);
    assert!(
        copied.starts_with("q (nm⁻¹)\tpattern\tpattern error\n"),
        "{copied}"
    );
    assert_eq!(copied.lines().count(), 41, "a line for each bin");
    let Some(python) = hutch_testservers::python_with("h5py") else {
        return;
    };
    let run = Command::new(python)
        .args(["-c", PEER])
        .arg(&path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "intensity | q (nm⁻¹) | 40", "{run:?}");
    assert!(lines[1].contains("lab6.h5::/entry/data/data"), "{said}");
    let version = format!("hutch:// {}", env!("CARGO_PKG_VERSION"));
    assert_eq!(lines[2], version);
}

/// The frame of [`stage_with_plots`] with a cake below it and no plot, once its numbers are there.
fn stage_with_cake() -> Option<(Stage, String)> {
    let mut stage = Stage::with_gpu(With::Nothing)?;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/calibrants/lab6.h5");
    let address = format!("{}::/entry/data/data", text_of(&file));
    stage.open(&address, "image");
    let mut state = stage.active_state();
    for (name, value) in [
        ("frame", Value::Integer(2)),
        ("integrate", Value::Text("cake".to_owned())),
        ("integrate points", Value::Integer(40)),
        ("integrate azimuth points", Value::Integer(30)),
        ("integrate polarization", Value::Float(0.9)),
    ] {
        state.set(name, value);
    }
    show(&mut stage, &state);
    stage.until("the cake", |stage| {
        let state = stage.state();
        let id = state.active.expect("a view");
        let cake = state.views[&id].view.cake();
        cake.is_some_and(|cake| cake.source.contains("data[2]"))
    });
    Some((stage, format!("{address}[2]")))
}

/// Prints a saved cake as h5py reads it: values as they are stored, in hexadecimal digits.
const CAKE: &str = r#"
import sys, h5py
with h5py.File(sys.argv[1]) as f:
    group = f["entry/data"]
    print(list(group.attrs["axes"]), group["data"].attrs["interpretation"], group["data"].shape)
    note = f["entry/process_1/note"]
    print(note["data"][()].decode())
    print(note["description"][()].decode()[:8], f["entry/process_1/version"][()].decode())
    for chi, row, sigma in zip(group["azimuth"], group["data"], group["data_errors"]):
        for q, value, error in zip(group["q"], row, sigma):
            print(chi.hex(), q.hex(), value.hex(), error.hex(), sep=",")
"#;

#[test]
fn a_cake_is_saved_and_copied_with_the_numbers_of_the_command_line() {
    let Some((mut stage, frame)) = stage_with_cake() else {
        return;
    };
    let path = save(&mut stage, "cake.csv");
    let (text, rows) = read(&path);
    let options = "--two-d --points 40 --azimuth-points 30 --polarization 0.9 --errors";
    let mut line = vec!["integrate", &frame];
    line.extend(options.split(' '));
    let theirs = by_hutch(&line, &[0, 1, 2, 3, 4]);
    assert_same(&rows, &theirs, "the cake");
    assert_eq!(rows.len(), 30 * 40);
    for words in [
        "# Hutch ",
        "# hutch://",
        "30 × 40 bins",
        "polarisation 0.9",
        "data/data[2]",
        "\nframe,chi_deg,q_nm^-1,intensity,sigma\n",
    ] {
        assert!(text.contains(words), "{words}: {}", &text[..900]);
    }

    let copied = copied(&mut stage);
    let lines: Vec<Vec<&str>> = copied
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    assert_eq!(
        (lines.len(), lines[0].len()),
        (31, 41),
        "a head on both sides"
    );
    assert_eq!(lines[0][0], "χ (°) \\ q (nm⁻¹)");
    for (at, row) in rows.iter().enumerate() {
        let cells = [
            lines[1 + at / 40][0],
            lines[0][1 + at % 40],
            lines[1 + at / 40][1 + at % 40],
        ];
        let cells = cells.map(|cell| cell.parse::<f64>().unwrap().to_bits());
        assert_eq!(cells, [row[1], row[2], row[3]].map(f64::to_bits), "{at}");
    }

    let Some(python) = hutch_testservers::python_with("h5py") else {
        return;
    };
    let path = save(&mut stage, "cake.nxs");
    let run = Command::new(python)
        .args(["-c", CAKE])
        .arg(&path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    let mut lines = said.lines();
    let head = lines.next().unwrap_or_default();
    assert_eq!(head, "['azimuth', 'q'] image (30, 40)", "{run:?}");
    assert!(lines.next().is_some_and(|way| way.contains("30 × 40 bins")));
    let version = format!("hutch:// {}", env!("CARGO_PKG_VERSION"));
    assert_eq!(lines.next(), Some(version.as_str()));
    let theirs: Vec<String> = theirs
        .iter()
        .map(|row| {
            row[1..]
                .iter()
                .map(|value| hex(*value))
                .collect::<Vec<_>>()
                .join(",")
        })
        .collect();
    assert_eq!(lines.collect::<Vec<_>>(), theirs, "every bit");
}

/// A number as Python's `float.hex` writes it.
fn hex(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value == 0.0 {
        return format!("{sign}0x0.0p+0");
    }
    let (exponent, mantissa) = (
        value.to_bits() >> 52 & 0x7ff,
        value.to_bits() & ((1 << 52) - 1),
    );
    let exponent = i64::try_from(exponent).unwrap() - 1023;
    format!("{sign}0x1.{mantissa:013x}p{exponent:+}")
}

#[test]
fn without_a_plot_it_is_said_how_to_come_to_one() {
    let mut stage = Stage::without_gpu(With::Nothing);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/calibrants/lab6.h5");
    stage.open(&text_of(&file), "image");
    stage.press(Modifiers::COMMAND, Key::E);
    let told = stage.notices().join("\n");
    assert!(told.contains("draw a region and press P"), "{told}");
}
