//! The packages that a project depends on: which environment has them, and where in it a module is.
//!
//! What was asked for and what lies around a path go in, and an [`Environment`] comes out, which finds modules by
//! name, one at a time ([`Environment::find`]). No interpreter is run: where one keeps its packages is told from where
//! it lies ([`prefix`]). Folders of packages are never walked: one is listed when a module in it is asked for. Nothing
//! found here is ever edited.

mod lookup;
mod prefix;

use super::cache::{Fingerprint, Observations, Observed};
use super::{Source, real_path};
use lookup::{Folder, Level};
use prefix::Prefix;
use rustc_hash::FxHashMap;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::SystemTime;

/// The names of an interpreter, in the order in which one is looked for.
const INTERPRETERS: [&str; 2] = if cfg!(windows) { ["python.exe", "python3.exe"] } else { ["python3", "python"] };

/// Where the packages are that a project depends on.
#[derive(Debug)]
pub struct Environment {
    /// The folders with packages, in the order in which they are searched; none where no environment was found.
    pub site_packages: Vec<PathBuf>,
    /// The environment and what led to it, for people.
    pub origin: String,
    /// What is known of each dotted name that somebody asked for.
    known: Mutex<FxHashMap<String, Arc<Level>>>,
    /// The same folders as `site_packages`, with what is in them.
    listed: OnceLock<Vec<Folder>>,
    /// When it was found.
    started: SystemTime,
    /// What its answers lean on.
    observations: Arc<Observations>,
}

/// A module of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What runs; the stub, where there is nothing else that can be read.
    pub path: PathBuf,
    /// What type checkers read in place of it.
    pub stub: Option<PathBuf>,
    /// Whether it is an `__init__`.
    pub is_package: bool,
}

/// What of the process says which environment is meant.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// `VIRTUAL_ENV`, which activating an environment sets.
    pub virtual_env: Option<PathBuf>,
    /// `PATH`.
    pub path: Option<OsString>,
    /// `PYENV_VERSION`.
    pub pyenv_version: Option<String>,
    /// The user's own folder, which can hold packages of every interpreter.
    pub home: Option<PathBuf>,
}

impl Surroundings {
    /// Those of this process.
    pub fn of_process() -> Surroundings {
        Surroundings {
            virtual_env: env::var_os("VIRTUAL_ENV").filter(|path| !path.is_empty()).map(PathBuf::from),
            path: env::var_os("PATH"),
            pyenv_version: env::var("PYENV_VERSION").ok(),
            home: env::home_dir(),
        }
    }
}

/// A mistake in the environment that was asked for.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvironmentError {
    #[error("`{}` does not exist, {}", .0.display(), EnvironmentError::EXPECTED)]
    Missing(PathBuf),
    #[error("`{}` has no packages, {}, with `lib/python3.*/site-packages` in it", .0.display(), EnvironmentError::EXPECTED)]
    NoPackages(PathBuf),
}

impl EnvironmentError {
    /// What names an environment, as a clause.
    pub const EXPECTED: &str =
        "expected an interpreter such as `.venv/bin/python`, or the folder of a virtual environment";
}

impl Environment {
    /// The environment at `python`, an interpreter or the folder of a virtual environment; `reason` is what names it.
    pub fn at(python: &Path, reason: &str, surroundings: &Surroundings) -> Result<Environment, EnvironmentError> {
        if !python.exists() {
            return Err(EnvironmentError::Missing(python.to_owned()));
        }
        let absolute = std::path::absolute(python).unwrap_or_else(|_| python.to_owned());
        let prefix = if absolute.is_dir() {
            Prefix::at(&absolute)
        } else {
            let here = std::path::absolute(".").unwrap_or_default();
            let shim = absolute.parent().and_then(|folder| Prefix::of_shim(folder, &here, surroundings));
            shim.or_else(|| Prefix::of_interpreter(&absolute))
        };
        let prefix = prefix.ok_or_else(|| EnvironmentError::NoPackages(python.to_owned()))?;
        Ok(Environment::new(&prefix, reason, surroundings))
    }

    /// The environment that is meant where nobody names one: that of `VIRTUAL_ENV`, else the nearest `.venv` or `venv`
    /// at or above `start`, else that of the first interpreter on `PATH`. One that is broken is passed over; where
    /// there is none, there are no packages.
    pub fn around(start: &Path, surroundings: &Surroundings) -> Environment {
        if let Some(prefix) = surroundings.virtual_env.as_deref().and_then(Prefix::at) {
            return Environment::new(&prefix, "VIRTUAL_ENV", surroundings);
        }
        let start = std::path::absolute(start).unwrap_or_else(|_| start.to_owned());
        let mut local = start.ancestors().flat_map(|folder| [".venv", "venv"].map(|name| folder.join(name)));
        if let Some(prefix) = local.find_map(|folder| Prefix::at(&folder)) {
            return Environment::new(&prefix, "beside the code", surroundings);
        }
        for folder in surroundings.path.iter().flat_map(env::split_paths).filter(|folder| folder.is_absolute()) {
            let prefix = Prefix::of_shim(&folder, &start, surroundings).or_else(|| {
                let interpreters = INTERPRETERS.map(|name| folder.join(name)).into_iter();
                interpreters.filter(|path| path.is_file()).find_map(|path| Prefix::of_interpreter(&path))
            });
            if let Some(prefix) = prefix {
                return Environment::new(&prefix, "PATH", surroundings);
            }
        }
        Environment::of(Vec::new(), "none".to_owned())
    }

    fn new(prefix: &Prefix, reason: &str, surroundings: &Surroundings) -> Environment {
        let origin = format!("{} ({reason})", prefix.folder.display());
        Environment::of(prefix.site_packages(surroundings.home.as_deref()), origin)
    }

    fn of(site_packages: Vec<PathBuf>, origin: String) -> Environment {
        Environment {
            site_packages,
            origin,
            known: Mutex::default(),
            listed: OnceLock::new(),
            started: SystemTime::now(),
            observations: Arc::default(),
        }
    }

    /// The text of a module of an installed package; none where it cannot be read.
    pub fn read(&self, path: &Path) -> Option<String> {
        let (fingerprint, bytes) = Fingerprint::taken(path, self.started);
        self.observations.read(path, fingerprint);
        Some(Source::decode(bytes.ok()?).ok()?.text)
    }

    /// Where a folder with installed packages leads.
    pub fn real_folder(&self, folder: &Path) -> PathBuf {
        let real = real_path(folder);
        self.observations.followed(folder, &real);
        real
    }

    /// All that was seen of the file system so far.
    pub fn observed(&self) -> Observed {
        self.observations.all()
    }
}
