//! Installs what is missing on Debian and Ubuntu; says what to type elsewhere.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use crate::packages::{self, Package, Purpose, find_program};

/// Whether missing packages may be installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Install,
    Tell,
}

impl Mode {
    pub(crate) fn from_no_install(no_install: bool) -> Self {
        if no_install {
            Self::Tell
        } else {
            Self::Install
        }
    }
}

/// Sees to the system packages for these purposes.
///
/// Nothing here ends the command: what is still missing shows where it is
/// needed, as a test that is skipped (and may be required) or a window that
/// does not open.
pub(crate) fn ensure(purposes: &[Purpose], mode: Mode) {
    let missing = packages::missing(purposes);
    if missing.is_empty() {
        return;
    }
    let names: BTreeSet<&str> = missing
        .iter()
        .map(|package| system().name_of(package))
        .filter(|name| !name.is_empty())
        .collect();
    if names.is_empty() {
        return;
    }
    let names: Vec<&str> = names.into_iter().collect();
    println!("Missing system packages: {}", names.join(" "));
    match (system(), mode) {
        (System::Debian, Mode::Install) => install_with_apt(&names, &units_of(&missing)),
        (system, _) => println!("To install them:\n\n    {}\n", system.line(&names)),
    }
}

/// The families of systems that the table knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum System {
    Debian,
    Fedora,
    MacOs,
    Other,
}

impl System {
    fn name_of(self, package: &Package) -> &'static str {
        match self {
            Self::Debian | Self::Other => package.apt,
            Self::Fedora => package.dnf,
            Self::MacOs => package.brew,
        }
    }

    /// The line that a person types.
    fn line(self, names: &[&str]) -> String {
        let names = names.join(" ");
        match self {
            Self::Debian => format!("sudo apt-get install --no-install-recommends {names}"),
            Self::Fedora => format!("sudo dnf install {names}"),
            Self::MacOs => format!("brew install {names}"),
            Self::Other => format!("(the packages that Debian calls) {names}"),
        }
    }
}

fn system() -> System {
    if cfg!(target_os = "macos") {
        return System::MacOs;
    }
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    family(&release)
}

/// The family that `/etc/os-release` tells.
fn family(release: &str) -> System {
    let words: Vec<&str> = release
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or(line.strip_prefix("ID_LIKE=")))
        .flat_map(|value| value.trim_matches('"').split_whitespace())
        .collect();
    if words.iter().any(|word| ["debian", "ubuntu"].contains(word)) {
        System::Debian
    } else if words.iter().any(|word| ["fedora", "rhel"].contains(word)) {
        System::Fedora
    } else {
        System::Other
    }
}

/// Installs as root, or through sudo; the command is shown before it runs.
///
/// A package that this release lacks is left out: one unknown name would make
/// apt refuse all of them.
fn install_with_apt(names: &[&str], units: &[&str]) {
    let as_root: &[&str] = if is_root() {
        &[]
    } else if find_program("sudo").is_some() {
        &["sudo"]
    } else {
        println!("This needs root, and there is no sudo. To install them:\n");
        println!("    {}\n", System::Debian.line(names).replace("sudo ", ""));
        return;
    };
    let through = if as_root.is_empty() {
        ""
    } else {
        " through sudo"
    };
    println!(
        "Installing them now{through}: apt-get install {}",
        names.join(" ")
    );
    if !units.is_empty() {
        println!(
            "No packaged daemon is started or left enabled: {}",
            units.join(" ")
        );
    }
    let script = apt_script(names, units);
    let mut words = as_root.iter().copied().chain(["sh", "-euc", &script]);
    let Some(program) = words.next() else { return };
    match Command::new(program).args(words).status() {
        Ok(status) if status.success() => {}
        Ok(status) => println!("The installation failed ({status}); going on without."),
        Err(error) => println!("The installation did not start ({error}); going on without."),
    }
}

/// What runs as root.
///
/// While packages are installed, `policy-rc.d` forbids that their daemons
/// start. Debian also enables them for the next boot, which is undone for
/// those that this run brought.
fn apt_script(names: &[&str], units: &[&str]) -> String {
    let (names, units) = (names.join(" "), units.join(" "));
    format!(
        "export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    trap 'rm -f '$policy EXIT
    printf '#!/bin/sh\\nexit 101\\n' >$policy
    chmod 755 $policy
fi
apt-get update -qq
known=
for name in {names}; do
    if apt-cache show \"$name\" >/dev/null 2>&1; then
        known=\"$known $name\"
    else
        echo \"this release has no package '$name'\"
    fi
done
apt-get install -y -qq --no-install-recommends $known
if command -v systemctl >/dev/null; then
    for unit in {units}; do
        systemctl --quiet disable \"$unit\" || true
    done
fi
"
    )
}

fn units_of(missing: &[&'static Package]) -> Vec<&'static str> {
    missing
        .iter()
        .flat_map(|package| package.units)
        .copied()
        .collect()
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_family_is_told_from_os_release() {
        assert_eq!(
            family("NAME=x\nID=debian\n"),
            System::Debian,
            "Debian itself"
        );
        assert_eq!(
            family("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"),
            System::Debian,
            "a relative of Ubuntu"
        );
        assert_eq!(
            family("ID=\"almalinux\"\nID_LIKE=\"rhel centos fedora\"\n"),
            System::Fedora,
            "a rebuild of RHEL"
        );
        assert_eq!(family("ID=arch\n"), System::Other, "another family");
    }

    #[test]
    fn daemons_are_forbidden_before_anything_is_installed() {
        let script = apt_script(&["munge"], &["munge.service"]);
        let position = |text: &str| script.find(text).expect("the script has each step");
        assert!(
            position("exit 101") < position("apt-get install"),
            "the policy comes first"
        );
        assert!(
            position("apt-get install")
                < position("for unit in munge.service; do\n        systemctl --quiet disable"),
            "what installing enabled is disabled afterwards"
        );
    }
}
