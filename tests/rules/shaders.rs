//! Shaders: each program that they make is validated.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use naga::valid::{Capabilities, ValidationFlags, Validator};

use crate::{Outcome, files_ending, root};

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
