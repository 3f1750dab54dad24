//! The system packages that building, running and testing need: one table.
//!
//! What is there is told from what is needed (a program, a library, a file),
//! not from a package manager, so that other distributions work as well.
//! A C compiler is not among them: without one this program would not exist.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Open the window, or draw without one.
    Window,
    /// Run the tests.
    Test,
    /// Run the tests against system servers and Python peers.
    Servers,
    /// Measure against other programs with windows.
    Viewers,
}

/// How to tell that a package is there.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Need {
    /// A program on the path, or where daemons are kept.
    Program(&'static str),
    /// A shared library that the loader finds; asked on Linux only.
    Library(&'static str),
    /// A file whose name begins like this, in one of these folders; on Linux only.
    File(&'static [&'static str], &'static str),
    /// A module that the system's Python imports.
    PythonModule(&'static str),
}

/// One package and its names; an empty name: that system needs none.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) purpose: Purpose,
    pub(crate) need: Need,
    pub(crate) apt: &'static str,
    pub(crate) dnf: &'static str,
    pub(crate) brew: &'static str,
    /// Units that Debian enables on installing, so that they can be disabled.
    pub(crate) units: &'static [&'static str],
}

const fn package(
    purpose: Purpose,
    need: Need,
    [apt, dnf, brew]: [&'static str; 3],
    units: &'static [&'static str],
) -> Package {
    Package {
        purpose,
        need,
        apt,
        dnf,
        brew,
        units,
    }
}

use Need::{File, Library, Program, PythonModule};
use Purpose::{Servers, Test, Viewers, Window};

/// Where Vulkan drivers register.
const VULKAN_DRIVERS: &[&str] = &[
    "/usr/share/vulkan/icd.d",
    "/etc/vulkan/icd.d",
    "/usr/local/share/vulkan/icd.d",
];

/// Where the libraries of the emulated processor are.
const ARM_LIBRARIES: &[&str] = &[
    "/usr/aarch64-linux-gnu/lib",
    "/usr/aarch64-redhat-linux/sys-root",
];

/// Where Apache keeps its modules.
const APACHE_MODULES: &[&str] = &["/usr/lib/apache2/modules", "/usr/lib64/httpd/modules"];

/// Where libraries are that nothing links with, on Debian and Fedora.
const PLUG_INS: &[&str] = &[
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
];

#[rustfmt::skip] // One line for each package.
const TABLE: &[Package] = &[
    //                need                                    apt                      dnf                      brew
    package(Window,  Library("libvulkan.so.1"),              ["libvulkan1",           "vulkan-loader",         ""], &[]),
    package(Window,  File(VULKAN_DRIVERS, ""),               ["mesa-vulkan-drivers",  "mesa-vulkan-drivers",   ""], &[]),
    package(Window,  Library("libEGL.so.1"),                 ["libegl1",              "libglvnd-egl",          ""], &[]),
    package(Window,  Library("libX11-xcb.so.1"),             ["libx11-xcb1",          "libX11-xcb",            ""], &[]),
    package(Window,  Library("libXcursor.so.1"),             ["libxcursor1",          "libXcursor",            ""], &[]),
    package(Window,  Library("libXi.so.6"),                  ["libxi6",               "libXi",                 ""], &[]),
    package(Window,  Library("libxkbcommon.so.0"),           ["libxkbcommon0",        "libxkbcommon",          ""], &[]),
    package(Window,  Library("libxkbcommon-x11.so.0"),       ["libxkbcommon-x11-0",   "libxkbcommon-x11",      ""], &[]),
    package(Window,  Library("libwayland-client.so.0"),      ["libwayland-client0",   "libwayland-client",     ""], &[]),
    package(Test,    File(VULKAN_DRIVERS, "lvp_icd"),        ["mesa-vulkan-drivers",  "mesa-vulkan-drivers",   ""], &[]),
    package(Test,    Program("Xvfb"),                        ["xvfb",                 "xorg-x11-server-Xvfb",  ""], &[]),
    package(Test,    Program("xdotool"),                     ["xdotool",              "xdotool",               ""], &[]),
    package(Test,    Program("import"),                      ["imagemagick",          "ImageMagick",           ""], &[]),
    package(Servers, Program("python3"),                     ["python3",              "python3",               "python3"], &[]),
    package(Servers, PythonModule("ensurepip"),              ["python3-venv",         "python3-pip",           "python3"], &[]),
    package(Servers, Program("openssl"),                     ["openssl",              "openssl",               ""], &[]),
    package(Servers, Program("setsid"),                      ["util-linux",           "util-linux-core",       ""], &[]),
    package(Servers, File(APACHE_MODULES, "mod_dav.so"),     ["apache2-bin",          "httpd-core",            ""], &[]),
    package(Servers, File(APACHE_MODULES, "mod_ssl.so"),     ["apache2-bin",          "mod_ssl",               ""], &[]),
    package(Servers, Program("htpasswd"),                    ["apache2-utils",        "httpd-tools",           ""], &[]),
    package(Servers, File(&["/etc"], "mime.types"),          ["media-types",          "mailcap",               ""], &[]),
    package(Servers, Program("xrootd"),                      ["xrootd-server",        "xrootd-server",         ""], &[]),
    package(Servers, File(PLUG_INS, "libXrdHttp-"),          ["xrootd-server-plugins", "xrootd-server-libs",   ""], &[]),
    package(Servers, File(PLUG_INS, "libXrdCrypto.so"),      ["xrootd-plugins",       "xrootd-libs",           ""], &[]),
    package(Servers, Program("qemu-aarch64"),                ["qemu-user",            "qemu-user",             ""], &[]),
    package(Servers, Program("aarch64-linux-gnu-gcc"),       ["gcc-aarch64-linux-gnu", "gcc-aarch64-linux-gnu", ""], &[]),
    package(Servers, File(ARM_LIBRARIES, "libc.so"),         ["libc6-dev-arm64-cross", "sysroot-aarch64-fc40-glibc", ""], &[]),
    package(Servers, Program("ssh"),                         ["openssh-client",       "openssh-clients",       ""], &[]),
    package(Servers, Program("sshd"),                        ["openssh-server",       "openssh-server",        ""], &["ssh.service", "ssh.socket"]),
    package(Servers, Program("munged"),                      ["munge",                "munge",                 ""], &["munge.service"]),
    package(Servers, Program("slurmctld"),                   ["slurmctld",            "slurm-slurmctld",       ""], &["slurmctld.service"]),
    package(Servers, Program("slurmd"),                      ["slurmd",               "slurm-slurmd",          ""], &["slurmd.service"]),
    package(Servers, Program("sbatch"),                      ["slurm-client",         "slurm",                 ""], &[]),
    package(Viewers, Program("Xvfb"),                        ["xvfb",                 "xorg-x11-server-Xvfb",  ""], &[]),
    package(Viewers, Program("xdotool"),                     ["xdotool",              "xdotool",               ""], &[]),
    package(Viewers, Library("libxcb-icccm.so.4"),           ["libxcb-icccm4",        "xcb-util-wm",           ""], &[]),
    package(Viewers, Library("libxcb-image.so.0"),           ["libxcb-image0",        "xcb-util-image",        ""], &[]),
    package(Viewers, Library("libxcb-keysyms.so.1"),         ["libxcb-keysyms1",      "xcb-util-keysyms",      ""], &[]),
    package(Viewers, Library("libxcb-render-util.so.0"),     ["libxcb-render-util0",  "xcb-util-renderutil",   ""], &[]),
    package(Viewers, Library("libxcb-xinerama.so.0"),        ["libxcb-xinerama0",     "libxcb",                ""], &[]),
];

/// The packages of the table for these purposes that are not there.
pub(crate) fn missing(purposes: &[Purpose]) -> Vec<&'static Package> {
    let libraries = loader_cache();
    TABLE
        .iter()
        .filter(|package| purposes.contains(&package.purpose))
        .filter(|package| !is_there(package.need, &libraries))
        .collect()
}

fn is_there(need: Need, libraries: &str) -> bool {
    match need {
        Program(name) => find_program(name).is_some(),
        Library(name) => !cfg!(target_os = "linux") || libraries.contains(name),
        File(folders, prefix) => {
            !cfg!(target_os = "linux") || folders.iter().any(|folder| has_file(folder, prefix))
        }
        PythonModule(name) => Command::new("python3")
            .args(["-c", &format!("import {name}")])
            .output()
            .is_ok_and(|output| output.status.success()),
    }
}

/// Where a program is, on the path or where daemons are kept.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

fn has_file(folder: &str, prefix: &str) -> bool {
    let Ok(entries) = fs::read_dir(Path::new(folder)) else {
        return false;
    };
    entries
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
}

/// What the loader knows, one library a line; empty where there is no `ldconfig`.
fn loader_cache() -> String {
    let Some(ldconfig) = find_program("ldconfig") else {
        return String::new();
    };
    Command::new(ldconfig)
        .arg("-p")
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_package_has_a_name_on_debian_and_fedora() {
        for package in TABLE {
            assert!(
                !package.apt.is_empty(),
                "no apt name for {:?}",
                package.need
            );
            assert!(
                !package.dnf.is_empty(),
                "no dnf name for {:?}",
                package.need
            );
        }
    }

    #[test]
    fn only_server_packages_have_units_to_disable() {
        for package in TABLE {
            assert!(
                package.units.is_empty() || package.purpose == Servers,
                "'{}' would bring a daemon onto a laptop",
                package.apt
            );
        }
    }
}
