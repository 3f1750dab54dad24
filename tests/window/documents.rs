//! Bytes, notes and long text in the window.

use std::process::Command;

use super::*;

/// Notes of several types, and datasets of all ranks for their bytes.
const SCRIPT: &str = r#"
import sys, zlib, struct, h5py, numpy as np
def png(w, h):
    rows = b"".join(b"\0" + bytes([x % 256, 128, 255 - x % 256] ) * w for x in range(h))
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
with h5py.File(sys.argv[1], "w") as f:
    def note(name, data, **fields):
        group = f.create_group(name)
        group.attrs["NX_class"] = "NXnote"
        if data is not None:
            group["data"] = data
        for key, value in fields.items():
            group[key] = value
    log = "\n".join(f"{n:05d} motor th moved to {n / 7:.4f}" for n in range(20000)) + "\nthe shutter closed"
    note("log", log, type="text/plain", description="what happened", file_name="scan.log", date="2026-11-20")
    note("picture", np.frombuffer(png(40, 30), "u1"), type="image/png", file_name="sample.png")
    note("broken", np.frombuffer(png(40, 30)[:60], "u1"), type="image/png")
    note("binary", np.void(bytes(range(256))), type="application/octet-stream")
    note("empty", None, type="text/plain")
    f.create_group("huge").attrs["NX_class"] = "NXnote"
    f["huge/type"] = "text/plain"
    f.create_dataset("huge/data", (2 << 30,), dtype="u1", chunks=(1 << 20,))[:1 << 20] = np.tile(np.frombuffer(b"0123456789abcde\n", "u1"), 1 << 16)
    f["numbers"] = np.arange(6000, dtype=">u2").reshape(20, 300)
    f["scalar"] = 1.5
    f["none"] = np.zeros((0, 4))
    f["null"] = h5py.Empty("f8")
    f["opaque"] = np.frombuffer(bytes(range(60)), dtype="V20")
    f.create_dataset("vast", (1 << 20, 1 << 20), dtype="u1", chunks=(1 << 10, 1 << 10))
"#;

fn opened(stage: &Stage) -> Option<String> {
    let python = hutch_testservers::python_with("h5py")?;
    let path = stage.folder.path().join("documents.h5");
    let output = Command::new(python)
        .args(["-c", SCRIPT])
        .arg(&path)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "h5py writes the file: {errors}");
    Some(text_of(&path))
}

/// The value beside a name in the inspector.
fn value(stage: &Stage, name: &str) -> String {
    let mut named = stage.harness.query_all_by_label(name);
    let value = named.find_map(|node| node.accesskit_node().value());
    value.unwrap_or_default()
}

#[test]
fn a_note_opens_as_its_text_which_is_searched() {
    let mut stage = Stage::without_gpu(With::Nothing);
    let Some(file) = opened(&stage) else { return };
    stage.open(&format!("{file}::/log"), "");
    assert_eq!(stage.active_state().kind, "text");
    stage.until("the first lines", |stage| {
        stage.says("00003 motor th moved")
    });
    assert_eq!(value(&stage, "file name"), "scan.log");
    assert_eq!(value(&stage, "about"), "what happened");
    assert!(
        !stage.says("19999 motor"),
        "only lines in sight are laid out"
    );
    stage.type_into("Find in this text", "SHUTTER");
    stage.until("the place is shown", |stage| {
        stage.says("the shutter closed") && stage.says("1 of 1")
    });
    assert_eq!(
        stage.active_state().text("find", ""),
        "SHUTTER",
        "links and sessions keep it"
    );
    stage.harness.check_accessibility();
}

#[test]
fn a_note_of_two_gigabytes_is_cut_and_says_so() {
    let mut stage = Stage::without_gpu(With::Nothing);
    let Some(file) = opened(&stage) else { return };
    stage.open(&format!("{file}::/huge"), "");
    stage.until("its beginning", |stage| stage.says("0123456789abcde"));
    assert!(stage.says("Cut: the first"), "it is not all of it");
    let (used, _) = stage.state().residency.memory();
    assert!(used < 64 << 20, "{used} bytes are held");
}

#[test]
fn notes_open_as_what_their_type_says() {
    let mut stage = Stage::without_gpu(With::Nothing);
    let Some(file) = opened(&stage) else { return };
    for (path, kind) in [
        ("picture", "colour"),
        ("broken", "hex"),
        ("binary", "hex"),
        ("empty", "attributes"),
    ] {
        stage.open(&format!("{file}::/{path}"), "");
        let state = stage.active_state();
        assert!(state.kind == kind, "{path} opens as {}", state.kind);
    }
    assert!(stage.notices().is_empty(), "{:?}", stage.notices());
    stage.open(&format!("{file}::/broken"), "hex");
    stage.until("why it is no picture", |stage| {
        value(stage, "problem").contains("it is shown as bytes")
    });
}

#[test]
fn bytes_of_any_dataset_are_shown_and_gone_to() {
    let mut stage = Stage::without_gpu(With::Nothing);
    let Some(file) = opened(&stage) else { return };
    stage.open(&format!("{file}::/numbers"), "hex");
    // 1000 as big-endian uint16 is 03 e8; it is element [3, 100].
    stage.type_into("Go to offset", "0x7d0");
    stage.press(Modifiers::NONE, Key::Enter);
    stage.until("where it is", |stage| value(stage, "element") == "[3, 100]");
    stage
        .harness
        .get_by_role_and_label(Role::RadioButton, "big-endian")
        .click();
    stage.until("what it means", |stage| value(stage, "uint16") == "1000");
    let state = stage.active_state();
    assert_eq!(state.text("chosen", ""), "2000 2000");
    assert_eq!(state.text("order", ""), "big");
    stage.harness.check_accessibility();
}

#[test]
fn bytes_at_the_edges_of_what_files_hold_are_told() {
    let mut stage = Stage::without_gpu(With::Nothing);
    let Some(file) = opened(&stage) else { return };
    for path in ["scalar", "none", "opaque", "vast", "null"] {
        stage.open(&format!("{file}::/{path}"), "hex");
        if path == "none" {
            assert!(stage.says("This dataset has no bytes"), "{path}");
        }
    }
    stage.open(&format!("{file}::/opaque"), "");
    assert_eq!(
        stage.active_state().kind,
        "hex",
        "opaque bytes are shown as bytes"
    );
    stage.open(&format!("{file}::/vast"), "hex");
    stage.press(Modifiers::NONE, Key::End);
    stage.settle();
    stage.until("the last byte", |stage| {
        value(stage, "element") == "[1048575, 1048575]"
    });
    let (used, _) = stage.state().residency.memory();
    assert!(used < 64 << 20, "{used} bytes are held");
    assert!(stage.notices().is_empty(), "{:?}", stage.notices());
}
