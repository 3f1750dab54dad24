//! The command line: the same program without a display.
//!
//! Data goes to stdout, messages to stderr; every command takes `--json`.

#![expect(
    clippy::doc_markdown,
    reason = "comments of options are their help, where backticks would show"
)]

mod axis_order;
mod calibrate;
mod cat;
mod columns;
mod context;
mod convert;
mod cut;
mod demo;
mod doctor;
mod existing;
mod fields;
mod fit;
mod info;
mod integrate;
mod jobs;
mod login;
mod ls;
mod mask;
mod near;
mod opened;
mod out;
mod part_folder;
mod peaks;
mod pictures;
mod pieces;
mod profile;
mod reconstruct;
pub(crate) mod render;
mod roi;
mod save;
mod search;
mod stats;
mod stream;
mod values;
mod watch;
mod whole_frames;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use hutch_model::{Error, ErrorKind, Result};

use crate::address::shown;
use crate::window::run::WindowOptions;
use context::{Context, is_remote};
pub(crate) use render::marks::Marks;
pub(crate) use save::{SaveCake, SaveMovie, SaveValues, save_movie, save_patterns, save_values};

/// A browser and workbench for the data of synchrotrons, neutron sources and
/// FELs. Without a command the window opens.
#[derive(Debug, Parser)]
#[command(name = "hutch", version, subcommand_precedence_over_arg = true)]
struct Arguments {
    /// Print JSON, and errors as JSON on stderr as well.
    #[arg(long, global = true)]
    json: bool,
    /// How the window draws: vulkan or gl; the best there is by default.
    #[arg(long, value_name = "NAME")]
    renderer: Option<String>,
    /// Files and folders to open in the window: a path, an address, SITE:PATH.
    urls: Vec<String>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List a folder, a file, or a group in a file (URL::PATH).
    Ls(ls::Options),
    /// Tell shape, type, chunks, filters and attributes of a node (URL::PATH).
    Info(info::Options),
    /// Write exact values of a dataset: URL::PATH[SLICE].
    Cat(cat::Options),
    /// Write a dataset, or a part of it, as npy, TIFF, HDF5 or OME-Zarr.
    Convert(convert::Options),
    /// Statistics of every frame of a dataset, and of all together.
    Stats(stats::Options),
    /// Integrate frames over the azimuth, with the geometry of the file, of a .poni or of a .geom.
    Integrate(integrate::Options),
    /// Find where a detector is from the rings of a known substance; writes a .poni.
    Calibrate(Box<calibrate::Options>),
    /// Statistics of shapes in every frame.
    Roi(roi::Options),
    /// Write which pixels of frames are masked: by their file, by another one, by limits and by shapes.
    Mask(mask::Options),
    /// Values along a line or around a centre in every frame.
    Profile(profile::Options),
    /// Fit peaks on a straight background to a line of numbers.
    Fit(fit::Options),
    /// Draw a frame or a volume into a PNG file.
    Render(Box<render::Options>),
    /// Tell what CrystFEL found in each frame: hits, peaks, crystals, reflections.
    Peaks(peaks::Options),
    /// Search the catalogue of a site.
    Search(search::Options),
    /// Sign in to a site.
    Login(login::LoginOptions),
    /// Sign out of a site and forget its secrets.
    Logout(login::LogoutOptions),
    /// Who is signed in where, and where each secret is kept.
    Whoami,
    /// Reconstruct a tomography scan, here or at a site.
    Reconstruct(reconstruct::Options),
    /// Jobs that were sent to sites.
    Jobs(jobs::Options),
    /// Follow the newest file of a folder.
    Watch(watch::Options),
    /// One page about this computer to paste into a report; no secrets.
    Doctor,
    /// The embedded facility: sample data, a catalogue, WebDAV.
    Demo(demo::Options),
    /// Draw the pictures of the user guide.
    #[command(hide = true)]
    Pictures(pictures::Options),
}

/// Runs the program with its arguments, the first being its name.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let wants_json = arguments.iter().any(|argument| argument == "--json");
    let parsed = Arguments::command()
        .try_get_matches_from(&arguments)
        .and_then(|matches| Arguments::from_arg_matches(&matches));
    let parsed = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return refuse(&error, &arguments, wants_json),
    };
    let result = run(parsed);
    match result {
        Ok(code) => code,
        Err(error) if out::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            out::tell(&error, wants_json);
            ExitCode::from(error.exit_code())
        }
    }
}

/// Help and version are answers; everything else is a wrong request.
fn refuse(error: &clap::Error, arguments: &[OsString], wants_json: bool) -> ExitCode {
    let is_answer = !error.use_stderr();
    let text = without_logins(&error.to_string(), arguments);
    if text == error.to_string() {
        if let Err(failure) = error.print() {
            log::debug!("{failure}");
        }
    } else {
        out::to_stderr(&text);
    }
    if is_answer {
        return ExitCode::SUCCESS;
    }
    if wants_json {
        let why = text.lines().next().unwrap_or_default();
        let error = Error::new(
            ErrorKind::Usage,
            "read the command line",
            why.trim_start_matches("error: "),
        );
        out::tell(&error, true);
    }
    ExitCode::from(ErrorKind::Usage.exit_code())
}

/// The words of the parser, where it quotes addresses with passwords.
fn without_logins(text: &str, arguments: &[OsString]) -> String {
    let mut text = text.to_owned();
    for argument in arguments {
        let argument = argument.to_string_lossy();
        text = text.replace(argument.as_ref(), &shown(&argument));
    }
    text
}

/// Opens the window.
///
/// # Errors
/// [`ErrorKind::Unsupported`] for commands of a later version;
/// [`ErrorKind::Usage`] for a word that is no command, and without a display.
fn open_window(options: &WindowOptions) -> Result<()> {
    if let Some(word) = options.addresses.first().filter(|word| is_later(word)) {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!("run \"hutch {word}\""),
            "this version has no such command yet; a file of this name is opened as ./NAME",
        ));
    }
    if let Some(word) = options.addresses.first() {
        let grammar = Arguments::command();
        let shown = grammar.get_subcommands().filter(|of| !of.is_hide_set());
        near::check_word(word, shown.map(clap::Command::get_name).chain(["help"]))?;
    }
    if !has_display(|name| std::env::var_os(name)) {
        return Err(no_display("there is no display"));
    }
    crate::window::run::run(options).map_err(|error| {
        if error.kind == ErrorKind::Usage && error.tried == "open the window" {
            log::debug!("{error}");
            return no_display("the display does not answer");
        }
        error
    })
}

/// Commands that are planned, and are no files.
fn is_later(word: &str) -> bool {
    matches!(word, "get" | "put") && !std::path::Path::new(word).exists()
}

/// Whether a window can be shown, as far as the environment tells.
fn has_display(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let may_lack = cfg!(all(unix, not(target_os = "macos")));
    let names = ["WAYLAND_DISPLAY", "WAYLAND_SOCKET", "DISPLAY"];
    let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    !may_lack || names.into_iter().any(is_set)
}

fn no_display(why: &str) -> Error {
    Error::new(
        ErrorKind::Usage,
        "open the window",
        format!("{why}; the commands of `hutch --help` work without one"),
    )
}

fn run(arguments: Arguments) -> Result<ExitCode> {
    let Some(command) = arguments.command else {
        open_window(&WindowOptions {
            addresses: arguments.urls,
            demo: false,
            renderer: arguments.renderer,
        })?;
        return Ok(ExitCode::SUCCESS);
    };
    if let Some(url) = arguments.urls.first() {
        return Err(Error::new(
            ErrorKind::Usage,
            "read the command line",
            format!("\"{}\" stands before the command", shown(url)),
        ));
    }
    let json = arguments.json;
    match command {
        Command::Demo(options) => {
            return demo::run(
                options,
                arguments.renderer,
                json,
                &context::cancel_on_ctrl_c(),
            );
        }
        Command::Pictures(options) => pictures::run(&options)?,
        command => in_context(command, json)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Commands that read profiles.
fn in_context(command: Command, json: bool) -> Result<()> {
    let needs_secrets = match &command {
        Command::Ls(options) => is_remote(&options.url),
        Command::Info(options) => is_remote(&options.url),
        Command::Cat(options) => is_remote(&options.url),
        Command::Convert(options) => is_remote(&options.url),
        Command::Stats(options) => is_remote(&options.url),
        Command::Integrate(options) => is_remote(&options.url),
        Command::Calibrate(options) => is_remote(&options.url),
        Command::Roi(options) => is_remote(&options.url),
        Command::Mask(options) => is_remote(&options.url),
        Command::Profile(options) => is_remote(&options.url),
        Command::Fit(options) => is_remote(&options.url),
        Command::Render(options) => options.sources().any(|url| is_remote(&url)),
        Command::Peaks(options) => is_remote(&options.url),
        Command::Reconstruct(options) => is_remote(&options.source) || options.on.is_some(),
        Command::Doctor | Command::Watch(_) => false,
        _ => true,
    };
    let mut context = Context::start(json, context::cancel_on_ctrl_c())?;
    if needs_secrets {
        context.unlock()?;
    }
    match command {
        Command::Ls(options) => ls::run(&context, &options),
        Command::Info(options) => info::run(&context, &options),
        Command::Cat(options) => cat::run(&context, &options),
        Command::Convert(options) => convert::run(&context, &options),
        Command::Stats(options) => stats::run(&context, &options),
        Command::Integrate(options) => integrate::run(&context, &options),
        Command::Calibrate(options) => calibrate::run(&context, &options),
        Command::Roi(options) => roi::run(&context, &options),
        Command::Mask(options) => mask::run(&context, &options),
        Command::Profile(options) => profile::run(&context, &options),
        Command::Fit(options) => fit::run(&context, &options),
        Command::Render(options) => render::run(&context, &options),
        Command::Peaks(options) => peaks::run(&context, &options),
        Command::Search(options) => search::run(&context, &options),
        Command::Login(options) => login::login(&mut context, &options),
        Command::Logout(options) => login::logout(&context, &options),
        Command::Whoami => login::who_am_i(&context),
        Command::Reconstruct(options) => reconstruct::run(&context, &options),
        Command::Jobs(options) => jobs::run(&context, &options),
        Command::Watch(options) => watch::run(&context, &options),
        Command::Doctor => doctor::run(&context),
        Command::Demo(_) | Command::Pictures(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_has_no_contradictions() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn files_without_a_command_open_the_window() {
        let parsed = Arguments::try_parse_from(["hutch", "a.h5", "b.h5"]).unwrap();
        assert!(parsed.command.is_none(), "no command");
        assert_eq!(parsed.urls, ["a.h5", "b.h5"], "two files");
    }

    #[test]
    fn a_window_needs_a_display() {
        let with =
            |name: &'static str| move |asked: &str| (asked == name).then(|| OsString::from(":0"));
        assert!(has_display(with("DISPLAY")), "X11");
        assert!(has_display(with("WAYLAND_DISPLAY")), "Wayland");
        #[cfg(target_os = "linux")]
        assert!(!has_display(|_| None), "none");
    }

    #[test]
    fn json_may_stand_before_and_behind_the_command() {
        for line in [
            ["hutch", "--json", "ls", "x"],
            ["hutch", "ls", "x", "--json"],
        ] {
            let parsed = Arguments::try_parse_from(line).unwrap();
            assert!(parsed.json, "{line:?}");
            assert!(matches!(parsed.command, Some(Command::Ls(_))), "{line:?}");
        }
    }
}
