//! The rules of the house that a compiler does not check: which room knows
//! which, that every entry is in its registry, that every shader is valid, and
//! that what is linked may be shipped.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "rules/licences.rs"]
mod licences;
#[path = "rules/shaders.rs"]
mod shaders;

type Outcome = Result<(), Box<dyn Error>>;

/// A room: its package, the packages of Hutch that it may know, and the
/// libraries that it must not, however far down they are.
struct Room {
    package: &'static str,
    may_know: &'static [&'static str],
    must_not_know: &'static [&'static str],
}

const WINDOW: &[&str] = &["egui", "eframe", "winit"];
const WINDOW_AND_GPU: &[&str] = &["egui", "eframe", "winit", "wgpu"];
const WINDOW_GPU_AND_NETWORK: &[&str] = &["egui", "eframe", "winit", "wgpu", "reqwest", "hyper"];
const WINDOW_AND_NETWORK: &[&str] = &["egui", "eframe", "winit", "reqwest", "hyper"];
const NETWORK: &[&str] = &["reqwest", "hyper", "tokio"];

const ROOMS: &[Room] = &[
    Room {
        package: "hutch-model",
        may_know: &[],
        must_not_know: &[
            "egui", "eframe", "winit", "wgpu", "reqwest", "hyper", "tokio", "rayon", "serde",
        ],
    },
    Room {
        package: "hutch-codecs",
        may_know: &[],
        must_not_know: WINDOW_GPU_AND_NETWORK,
    },
    Room {
        package: "hutch-hdf5",
        may_know: &["hutch-codecs"],
        must_not_know: WINDOW_GPU_AND_NETWORK,
    },
    Room {
        package: "hutch-formats",
        may_know: &["hutch-model", "hutch-codecs", "hutch-hdf5"],
        must_not_know: WINDOW_GPU_AND_NETWORK,
    },
    Room {
        package: "hutch-connectors",
        may_know: &["hutch-model"],
        must_not_know: WINDOW_AND_GPU,
    },
    Room {
        package: "hutch-analysis",
        may_know: &["hutch-model"],
        must_not_know: WINDOW_AND_NETWORK,
    },
    Room {
        package: "hutch-render",
        may_know: &["hutch-model"],
        must_not_know: WINDOW,
    },
    Room {
        package: "hutch-viewers",
        may_know: &["hutch-model", "hutch-analysis", "hutch-render"],
        must_not_know: NETWORK,
    },
    // A double that shared code with the client would share its bugs.
    Room {
        package: "hutch-facility",
        may_know: &["hutch-model", "hutch-codecs", "hutch-hdf5", "hutch-formats"],
        must_not_know: WINDOW_AND_GPU,
    },
];

#[test]
fn each_room_knows_only_what_it_may() -> Outcome {
    let mut broken = Vec::new();
    for room in ROOMS {
        for known in dependencies(room.package)? {
            let is_ours = known.starts_with("hutch");
            let is_forbidden = if is_ours {
                known != room.package && !room.may_know.contains(&known.as_str())
            } else {
                room.must_not_know.contains(&known.as_str())
            };
            if is_forbidden {
                broken.push(format!("{} must not know {known}", room.package));
            }
        }
    }
    assert!(
        broken.is_empty(),
        "arrows that the rooms do not have (`cargo tree --package A --invert B` shows the way):\n{}",
        broken.join("\n")
    );
    Ok(())
}

#[test]
fn every_package_of_the_workspace_is_a_room_with_rules() -> Outcome {
    let manifest = fs::read_to_string(root().join("Cargo.toml"))?;
    for line in manifest.lines() {
        let Some((package, _)) = line.split_once(" = { path = ") else {
            continue;
        };
        assert!(
            package == "hutch-testservers" || ROOMS.iter().any(|room| room.package == package),
            "'{package}' has no rule in tests/rules.rs"
        );
    }
    Ok(())
}

/// Constants that make a file an entry of the list beside it.
const ENTRY_NAMES: &[&str] = &[
    "KIND",
    "VIEW_KIND",
    "FORMAT",
    "KERNEL",
    "CONNECTOR",
    "CATALOGUE",
    "STORAGE",
    "COMPUTE",
    "IDENTITY",
    "LIVE",
    "ENTRY",
];

#[test]
fn each_registry_lists_the_entries_beside_it() -> Outcome {
    let mut missing = Vec::new();
    for registry in files_ending(root(), "registry.rs")? {
        let list = fs::read_to_string(&registry)?;
        let folder = registry.parent().unwrap_or(root());
        for file in files_ending(folder, ".rs")? {
            // The list itself may name its kinds in constants.
            if file != registry && is_entry(&fs::read_to_string(&file)?) {
                let name = module_name(&file);
                if !list.contains(&format!("{name}::")) {
                    missing.push(format!(
                        "'{}' is not in '{}'",
                        file.display(),
                        registry.display()
                    ));
                }
            }
        }
    }
    assert!(
        missing.is_empty(),
        "an entry that is in no list is never offered, nor tested:\n{}",
        missing.join("\n")
    );
    Ok(())
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The names of what is linked with a package, itself included: neither what
/// only its build nor what only its tests need.
fn dependencies(package: &str) -> Result<BTreeSet<String>, Box<dyn Error>> {
    let lines = tree(package, "{p}")?;
    let names = lines.lines().filter_map(|line| line.split(' ').next());
    Ok(names.map(str::to_owned).collect())
}

/// `cargo tree` of what is linked with a package, one library a line.
fn tree(package: &str, format: &str) -> Result<String, Box<dyn Error>> {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["tree", "--offline", "--locked", "--package", package])
        .args(["--edges", "normal", "--prefix", "none"])
        .args(["--format", format])
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    // A library that was shown before is marked.
    Ok(String::from_utf8(output.stdout)?.replace(" (*)", ""))
}

/// Files below a folder, in its subfolders too, whose name ends like this; sorted.
/// Hidden folders and build results are left out; no folder, no files.
fn files_ending(folder: &Path, ending: &str) -> Result<BTreeSet<PathBuf>, Box<dyn Error>> {
    let mut found = BTreeSet::new();
    if !folder.is_dir() {
        return Ok(found);
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || name == "target" {
            continue;
        }
        if entry.file_type()?.is_dir() {
            found.extend(files_ending(&entry.path(), ending)?);
        } else if name.ends_with(ending) {
            found.insert(entry.path());
        }
    }
    Ok(found)
}

fn is_entry(source: &str) -> bool {
    source.lines().any(|line| {
        let Some(rest) = line.strip_prefix("pub") else {
            return false;
        };
        let rest = rest.trim_start_matches("(crate)").trim_start();
        let declared = rest.strip_prefix("const ").or(rest.strip_prefix("static "));
        declared
            .and_then(|declared| declared.split_once(':'))
            .is_some_and(|(name, _)| ENTRY_NAMES.contains(&name))
    })
}

/// `view` for `view.rs` and for `view/mod.rs`.
fn module_name(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default();
    let name = if stem == "mod" {
        file.parent().and_then(Path::file_name).unwrap_or_default()
    } else {
        stem
    };
    name.to_string_lossy().into_owned()
}
