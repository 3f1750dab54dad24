//! The rules of the house that a compiler does not check: which room knows
//! which, that every entry is in its registry, that every shader is valid.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use naga::valid::{Capabilities, ValidationFlags, Validator};

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
            if is_entry(&fs::read_to_string(&file)?) {
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

#[test]
fn every_shader_is_valid() -> Outcome {
    let shaders = root().join("shaders");
    let mut invalid = Vec::new();
    for file in files_ending(&shaders, ".wgsl")? {
        if file.starts_with(shaders.join("shared")) {
            continue;
        }
        for parts in assemblies(&shaders, &file)? {
            if let Err(why) = validate(&parts) {
                invalid.push(why);
            }
        }
    }
    assert!(invalid.is_empty(), "{}", invalid.join("\n\n"));
    Ok(())
}

#[test]
fn every_shared_shader_is_used() -> Outcome {
    let shaders = root().join("shaders");
    let mut used = BTreeSet::new();
    for file in files_ending(&shaders, ".wgsl")? {
        for parts in assemblies(&shaders, &file)? {
            used.extend(parts.into_iter().filter(|part| *part != file));
        }
    }
    for file in files_ending(&shaders.join("shared"), ".wgsl")? {
        assert!(
            used.contains(&file),
            "no shader names '{}' in its first comment",
            file.display()
        );
    }
    Ok(())
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The names of what is linked with a package, itself included: neither what
/// only its build nor what only its tests need.
fn dependencies(package: &str) -> Result<BTreeSet<String>, Box<dyn Error>> {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["tree", "--offline", "--locked", "--package", package])
        .args(["--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let names = String::from_utf8(output.stdout)?
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect();
    Ok(names)
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

/// The programs that a shader file is part of, each as the files that it is put
/// together from.
///
/// The first comment of a file names the shared code that goes with it, as in
/// `shared/colour_map.wgsl`. A name with a star, `shared/samples_*.wgsl`, means
/// one of those at a time: a program for each.
fn assemblies(shaders: &Path, file: &Path) -> Result<Vec<Vec<PathBuf>>, Box<dyn Error>> {
    let source = fs::read_to_string(file)?;
    let mut programs = vec![vec![file.to_owned()]];
    let shared = files_ending(&shaders.join("shared"), ".wgsl")?;
    for name in names_in_first_comment(&source) {
        let choices: Vec<&PathBuf> = shared
            .iter()
            .filter(|path| {
                let path = path.strip_prefix(shaders).unwrap_or(path).to_string_lossy();
                match name.split_once('*') {
                    Some((start, end)) => path.starts_with(start) && path.ends_with(end),
                    None => path == name,
                }
            })
            .collect();
        if choices.is_empty() {
            return Err(format!("'{}' names '{name}', which is not there", file.display()).into());
        }
        programs = programs
            .iter()
            .flat_map(|program| {
                choices.iter().map(|choice| {
                    let mut longer = program.clone();
                    longer.push((*choice).clone());
                    longer
                })
            })
            .collect();
    }
    Ok(programs)
}

fn names_in_first_comment(source: &str) -> BTreeSet<String> {
    source
        .lines()
        .take_while(|line| line.starts_with("//"))
        .flat_map(|line| {
            line.split(|letter: char| letter.is_whitespace() || "`,;()".contains(letter))
        })
        .filter(|word| word.starts_with("shared/"))
        .filter_map(|word| Some(format!("{}.wgsl", word.split_once(".wgsl")?.0)))
        .collect()
}

/// Parses and validates the files as one module.
fn validate(parts: &[PathBuf]) -> Result<(), String> {
    let names: Vec<String> = parts
        .iter()
        .map(|part| {
            part.strip_prefix(root())
                .unwrap_or(part)
                .display()
                .to_string()
        })
        .collect();
    let names = names.join(" + ");
    let sources: Result<Vec<String>, _> = parts.iter().map(fs::read_to_string).collect();
    let source = sources
        .map_err(|error| format!("{names}: {error}"))?
        .join("\n");
    let module = naga::front::wgsl::parse_str(&source)
        .map_err(|error| error.emit_to_string_with_path(&source, &names))?;
    Validator::new(ValidationFlags::all(), Capabilities::all())
        .validate(&module)
        .map_err(|error| error.emit_to_string_with_path(&source, &names))?;
    Ok(())
}
