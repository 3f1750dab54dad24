//! Libraries: under licences that allow shipping them, and one version of those
//! whose types cross packages.

use std::collections::BTreeSet;

use crate::{Outcome, tree};

/// Licences that ask for no more than notice; with MPL-2.0, which asks for the
/// source of its own files, and they are public.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
    "bzip2-1.0.6",
];

/// Two versions of one of these would not understand each other.
const ONLY_ONCE: &[&str] = &["egui", "naga", "serde", "tokio", "wgpu"];

#[test]
fn every_library_may_be_shipped() -> Outcome {
    let libraries = tree("hutch", "{p}|{l}")?;
    let mut refused = BTreeSet::new();
    for line in libraries.lines() {
        let Some((library, licence)) = line.split_once('|') else {
            continue;
        };
        if !is_allowed(licence) {
            refused.insert(format!("{library}: '{licence}'"));
        }
    }
    assert!(
        refused.is_empty(),
        "licences that are not in the list of tests/rules/licences.rs: {refused:#?}"
    );
    Ok(())
}

#[test]
fn what_packages_share_is_there_once() -> Outcome {
    let libraries = tree("hutch", "{p}")?;
    for name in ONLY_ONCE {
        let versions: BTreeSet<&str> = libraries
            .lines()
            .filter(|line| line.split(' ').next() == Some(name))
            .collect();
        assert!(
            versions.len() <= 1,
            "'{name}' is linked in several versions: {versions:?}"
        );
    }
    Ok(())
}

#[test]
fn an_expression_of_licences_is_read_as_spdx_says() {
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("", false),
        ("Apache-2.0 OR GPL-2.0-only", true),
        ("MIT AND GPL-2.0-only", false),
        ("(MIT OR GPL-2.0-only) AND Unicode-3.0", true),
        ("GPL-2.0-only OR MIT AND ISC", true),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("MIT/Apache-2.0", true),
    ] {
        assert_eq!(is_allowed(expression), expected, "'{expression}'");
    }
}

/// Whether an SPDX expression (or the older `A/B`) can be met by what is allowed.
fn is_allowed(expression: &str) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    any_of(&mut rest) && rest.is_empty()
}

/// `A OR B ...`; AND binds tighter.
fn any_of(rest: &mut &[&str]) -> bool {
    let mut is_met = all_of(rest);
    while let ["OR", after @ ..] = *rest {
        *rest = after;
        is_met |= all_of(rest);
    }
    is_met
}

/// `A AND B ...`.
fn all_of(rest: &mut &[&str]) -> bool {
    let mut is_met = one(rest);
    while let ["AND", after @ ..] = *rest {
        *rest = after;
        is_met &= one(rest);
    }
    is_met
}

/// A name, a name with an exception (which only permits more), or parentheses.
fn one(rest: &mut &[&str]) -> bool {
    match *rest {
        ["(", after @ ..] => {
            *rest = after;
            let is_met = any_of(rest);
            if let [")", after @ ..] = *rest {
                *rest = after;
            }
            is_met
        }
        [name, "WITH", _, after @ ..] | [name, after @ ..] => {
            *rest = after;
            ALLOWED.contains(name)
        }
        [] => false,
    }
}
