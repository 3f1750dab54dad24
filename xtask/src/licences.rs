//! The licences of everything that is linked into the program.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::run;

/// How deep in a package its licence files are looked for: C sources that it
/// brings along keep theirs in folders of their own.
const DEPTH: u32 = 3;

/// The text of THIRD-PARTY.txt: a list of the packages, then each licence text
/// once, with the packages that it belongs to.
///
/// # Errors
/// When cargo's metadata cannot be read.
pub(crate) fn third_party(target: &str) -> Result<String> {
    let metadata = run::output(
        run::cargo()
            .args(["metadata", "--format-version", "1", "--locked"])
            .args(["--filter-platform", target]),
    )?;
    let metadata: Value = serde_json::from_str(&metadata).context("cargo metadata is not JSON")?;
    let linked = linked_packages(&metadata, "hutch");
    let mut list = Vec::new();
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in array(&metadata["packages"]) {
        // Packages of the workspace have no source.
        if !linked.contains(text(&package["id"])) || package["source"].is_null() {
            continue;
        }
        let name = format!("{} {}", text(&package["name"]), text(&package["version"]));
        let licence = package["license"]
            .as_str()
            .unwrap_or("see its licence file");
        list.push(format!(
            "{name}: {licence}; {}",
            text(&package["repository"])
        ));
        let manifest = Path::new(text(&package["manifest_path"]));
        for found in licence_texts(manifest.parent().unwrap_or(manifest), DEPTH) {
            texts.entry(found).or_default().insert(name.clone());
        }
    }
    let mut parts = vec![format!(
        "Hutch contains these packages.\n\n{}\n",
        list.join("\n")
    )];
    let rule = "-".repeat(80);
    parts.extend(texts.into_iter().map(|(licence, packages)| {
        let packages: Vec<String> = packages.into_iter().collect();
        format!("{rule}\n{}\n\n{licence}\n", packages.join(", "))
    }));
    Ok(parts.join("\n"))
}

/// The ids of what `root` depends on to run: not to build, not to be tested.
fn linked_packages(metadata: &Value, root: &str) -> BTreeSet<String> {
    let dependencies: BTreeMap<&str, Vec<&str>> = array(&metadata["resolve"]["nodes"])
        .map(|node| {
            let normal = array(&node["deps"])
                .filter(|dependency| {
                    array(&dependency["dep_kinds"]).any(|kind| kind["kind"].is_null())
                })
                .map(|dependency| text(&dependency["pkg"]));
            (text(&node["id"]), normal.collect())
        })
        .collect();
    let mut to_do: Vec<&str> = array(&metadata["packages"])
        .filter(|package| package["name"] == root && package["source"].is_null())
        .map(|package| text(&package["id"]))
        .collect();
    let mut linked = BTreeSet::new();
    while let Some(id) = to_do.pop() {
        if linked.insert(id.to_owned()) {
            to_do.extend(dependencies.get(id).into_iter().flatten());
        }
    }
    linked
}

/// The texts of a package's licence files, without their trailing white space.
fn licence_texts(folder: &Path, depth: u32) -> Vec<String> {
    let mut texts = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else {
        return texts;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() && depth > 1 {
            texts.extend(licence_texts(&path, depth - 1));
        } else if is_licence(&entry.file_name().to_string_lossy())
            && let Ok(content) = fs::read_to_string(&path)
        {
            texts.push(content.trim_end().replace("\r\n", "\n"));
        }
    }
    texts
}

fn is_licence(file_name: &str) -> bool {
    let name = file_name.to_uppercase();
    let is_source = [".RS", ".C", ".H", ".PY", ".SH"]
        .iter()
        .any(|ending| name.ends_with(ending));
    !is_source
        && [
            "LICENSE",
            "LICENCE",
            "COPYING",
            "COPYRIGHT",
            "NOTICE",
            "UNLICENSE",
        ]
        .iter()
        .any(|start| name.starts_with(start))
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
