//! What people set, in a file that they may edit.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hutch_model::{Error, ErrorKind, Result};
use hutch_viewers::widgets::Folds;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

/// Which colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThemeChoice {
    /// Dark panels.
    #[default]
    Dark,
    /// Light panels.
    Light,
    /// Black, white and strong colours.
    HighContrast,
}

/// Where the samples of frames are counted, for percentiles and histograms; the numbers are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CountOn {
    /// On the graphics card, where there is one.
    #[default]
    Auto,
    /// On the device that draws, even where that is a software driver.
    Gpu,
    /// On the processor.
    Cpu,
}

/// How much larger or smaller than usual everything can be.
const SCALES: std::ops::RangeInclusive<f32> = 0.5..=4.0;

/// What people set. Unknown keys are kept and named in a warning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Settings {
    /// Which colours.
    pub theme: ThemeChoice,
    /// Size of everything; 1.5 suits a control room.
    pub scale: f32,
    /// Memory for frames, in MiB; 0 takes a quarter of the machine's.
    pub memory_mib: usize,
    /// Where the samples of frames are counted.
    pub count_on: CountOn,
    /// Sections of the inspector that a person opened, by their headings.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub open_sections: BTreeSet<String>,
    /// Sections of the inspector that a person folded.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub folded_sections: BTreeSet<String>,
    /// Folders of frames that lie elsewhere than streams say, the newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub moved_folders: Vec<crate::serial::MovedFolder>,
    /// Everything that this version does not know.
    #[serde(flatten)]
    pub unknown: toml::Table,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: ThemeChoice::Dark,
            scale: 1.0,
            memory_mib: 0,
            count_on: CountOn::Auto,
            open_sections: BTreeSet::new(),
            folded_sections: BTreeSet::new(),
            moved_folders: Vec::new(),
            unknown: toml::Table::new(),
        }
    }
}

impl Settings {
    /// Reads settings; what cannot be used is left out and told, so that a wrong line stops nobody. A file that cannot be
    /// understood is kept beside, since the next change of a setting writes a new one.
    pub fn load_or_default(path: &Path) -> (Self, Option<Error>) {
        let (mut settings, mut told) = match Self::load(path) {
            Ok(settings) => (settings, None),
            Err(error) => (Self::default(), Some(kept_beside(path, &error))),
        };
        if !(SCALES.contains(&settings.scale)) {
            let why = format!("a scale of {} is none; it is 1 now", settings.scale);
            let tried = format!("read the settings \"{}\"", path.display());
            told = Some(Error::new(ErrorKind::Usage, tried, why));
            settings.scale = 1.0;
        }
        (settings, told)
    }

    /// Reads settings; a missing file gives the defaults.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] with the line when the file cannot be understood.
    pub fn load(path: &Path) -> Result<Self> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(error.into()),
        };
        let settings: Self = toml::from_str(&text).map_err(|error| {
            Error::new(
                ErrorKind::Usage,
                format!("read the settings \"{}\"", path.display()),
                error.message().to_owned(),
            )
        })?;
        for key in settings.unknown.keys() {
            log::warn!("unknown setting \"{key}\" is kept and has no effect");
        }
        Ok(settings)
    }

    /// Writes settings.
    ///
    /// # Errors
    /// [`ErrorKind::Disk`] when they cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let text = toml::to_string_pretty(self).map_err(|error| {
            Error::new(ErrorKind::Internal, "write settings", error.to_string())
        })?;
        replace_file(path, text.as_bytes())
    }

    /// Which sections of the inspector a person opened or folded.
    pub fn folds(&self) -> Folds {
        Folds {
            open: self.open_sections.clone(),
            folded: self.folded_sections.clone(),
        }
    }

    /// Takes which sections a person opened or folded.
    pub fn keep_folds(&mut self, folds: Folds) {
        self.open_sections = folds.open;
        self.folded_sections = folds.folded;
    }

    /// Memory for frames, in bytes.
    pub fn memory_bytes(&self) -> usize {
        if self.memory_mib > 0 {
            return self.memory_mib.saturating_mul(1 << 20);
        }
        (machine_memory_bytes() / 4).clamp(256 << 20, 8 << 30)
    }
}

/// Writes settings on threads that may wait for the disk: whatever order they come to it in, the newest stay.
#[derive(Clone, Debug, Default)]
pub struct Keeper {
    asked: Arc<AtomicU64>,
    written: Arc<Mutex<u64>>,
}

impl Keeper {
    /// The turn of settings that are about to be written; later ones are newer.
    pub fn turn(&self) -> u64 {
        self.asked.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Writes settings in their turn, unless newer ones were written already.
    ///
    /// # Errors
    /// Those of [`Settings::save`].
    pub fn save(&self, turn: u64, settings: &Settings, path: &Path) -> Result<()> {
        let mut written = self.written.lock();
        if turn > *written {
            settings.save(path)?;
            *written = turn;
        }
        Ok(())
    }
}

/// Keeps a file of settings that cannot be understood, and says where.
fn kept_beside(path: &Path, error: &Error) -> Error {
    let copy = path.with_extension("toml.kept");
    let kept = match std::fs::copy(path, &copy) {
        Ok(_) => format!("a copy is kept as \"{}\"", copy.display()),
        Err(why) => format!("it cannot be copied: {why}"),
    };
    let why = format!("{}; the usual settings are taken, and {kept}", error.why);
    Error::new(error.kind, error.tried.clone(), why)
}

/// Memory of the machine, or of the control group that the program runs in.
fn machine_memory_bytes() -> usize {
    let group = std::fs::read_to_string("/sys/fs/cgroup/memory.max")
        .ok()
        .and_then(|text| text.trim().parse::<usize>().ok());
    let machine = std::fs::read_to_string("/proc/meminfo")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
            line.split_whitespace().nth(1)?.parse::<usize>().ok()
        })
        .map_or(4 << 30, |kib| kib << 10);
    group.map_or(machine, |group| group.min(machine))
}

/// Replaces a file in one step: written beside it, flushed, then renamed.
///
/// # Errors
/// [`ErrorKind::Disk`] when it cannot be written.
pub fn replace_file(path: &Path, bytes: &[u8]) -> Result<()> {
    use std::io::Write as _;
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)
        .map_err(|error| Error::from(error.error))?;
    Ok(())
}

/// The folders that belong to Hutch on this computer.
#[derive(Clone, Debug)]
pub struct Folders {
    /// Settings and site profiles.
    pub config: PathBuf,
    /// What may be deleted at any time.
    pub cache: PathBuf,
    /// Sessions, jobs and logs.
    pub state: PathBuf,
}

impl Folders {
    /// The folders that the system gives; below `HUTCH_HOME` where that is set.
    pub fn of_this_user() -> Self {
        if let Some(home) = std::env::var_os("HUTCH_HOME").map(PathBuf::from) {
            return Self::below(&home);
        }
        if let Some(dirs) = directories::ProjectDirs::from("org", "hutch", "hutch") {
            return Self {
                config: dirs.config_dir().to_owned(),
                cache: dirs.cache_dir().to_owned(),
                state: dirs
                    .state_dir()
                    .unwrap_or_else(|| dirs.data_local_dir())
                    .to_owned(),
            };
        }
        Self::below(&std::env::temp_dir().join("hutch"))
    }

    /// All folders below one.
    pub fn below(home: &Path) -> Self {
        Self {
            config: home.join("config"),
            cache: home.join("cache"),
            state: home.join("state"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_settings_never_take_the_place_of_newer_ones() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        let keeper = Keeper::default();
        let (first, second) = (keeper.turn(), keeper.turn());
        let of = |memory_mib: usize| Settings {
            memory_mib,
            ..Settings::default()
        };
        keeper.save(second, &of(2), &path).unwrap();
        keeper.save(first, &of(1), &path).unwrap();
        assert_eq!(Settings::load(&path).unwrap().memory_mib, 2);
    }

    #[test]
    fn unknown_settings_are_kept_when_saved() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        std::fs::write(&path, "theme = \"light\"\nfuture = 7\n").unwrap();
        let settings = Settings::load(&path).unwrap();
        assert_eq!(settings.theme, ThemeChoice::Light, "the known one is read");
        settings.save(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.contains("future = 7"),
            "the unknown one is kept: {text}"
        );
    }

    #[test]
    fn settings_that_cannot_be_used_are_told_and_stop_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        for wrong in [
            "theme = \"banana\"",
            "scale = nan",
            "scale = 0.0",
            "theme = ",
        ] {
            std::fs::write(&path, wrong).unwrap();
            let (settings, told) = Settings::load_or_default(&path);
            assert_eq!(settings, Settings::default(), "{wrong}");
            assert!(told.is_some(), "{wrong}");
        }
        let kept = std::fs::read_to_string(folder.path().join("settings.toml.kept")).unwrap();
        assert_eq!(kept, "theme = ", "what cannot be read is not lost");
        std::fs::write(&path, "scale = 1.5").unwrap();
        let (settings, told) = Settings::load_or_default(&path);
        assert!((settings.scale - 1.5).abs() < 1e-6 && told.is_none());
    }

    #[test]
    fn a_missing_file_gives_the_defaults() {
        let settings = Settings::load(Path::new("/nowhere/at/all.toml")).unwrap();
        assert_eq!(settings, Settings::default(), "defaults expected");
    }
}
