//! The installed packages that the files of a run import: found in an environment, read, and told apart from the run.

use crate::project::layout::ModuleId;
use crate::project::linked::{Installed, Loaded, Packages};
use crate::workspace::{self, Environment};
use rustc_hash::FxHashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// The packages of an environment, for a run over some files.
pub struct InstalledPackages {
    environment: Arc<Environment>,
    /// The files of the run, absolute, in the order of their numbers.
    files: Vec<PathBuf>,
    /// The same by their real paths, once something is installed.
    numbers: OnceLock<FxHashMap<PathBuf, ModuleId>>,
}

impl InstalledPackages {
    pub fn new(environment: Arc<Environment>, files: Vec<PathBuf>) -> InstalledPackages {
        InstalledPackages { environment, files, numbers: OnceLock::new() }
    }

    /// The file of the run that `path` is, however an editable install or a link leads there.
    fn in_run(&self, path: &Path) -> Option<ModuleId> {
        let numbers = self.numbers.get_or_init(|| {
            let mut folders: FxHashMap<&Path, PathBuf> = FxHashMap::default();
            let mut numbers = FxHashMap::default();
            for (at, file) in self.files.iter().enumerate() {
                let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else { continue };
                // Links to folders are common, and looking at folders alone is ten times as fast.
                let folder = folders.entry(folder).or_insert_with(|| workspace::real_path(folder));
                numbers.insert(folder.join(name), ModuleId(at as u32));
            }
            numbers
        });
        let folder = self.environment.real_folder(path.parent()?);
        numbers.get(&folder.join(path.file_name()?)).copied()
    }
}

impl Packages for InstalledPackages {
    fn has(&self, name: &str) -> bool {
        self.environment.has(name)
    }

    fn load(&self, dotted: &str) -> Option<Installed> {
        let found = self.environment.find(dotted)?;
        if let Some(id) = self.in_run(&found.path) {
            return Some(Installed::Run(id));
        }
        let paths = found.stub.iter().chain([&found.path]);
        let sources: Vec<Loaded> = paths
            .filter_map(|path| {
                let text = self.environment.read(path)?;
                Some(Loaded { path: path.display().to_string(), text })
            })
            .collect();
        (!sources.is_empty()).then_some(Installed::Read { is_package: found.is_package, sources })
    }
}
