//! Dotted names to files, listing only the folders that the names in question lead to, and each of them once.

use super::{Environment, Found};
use crate::workspace::cache::{Observations, listing};
use rustc_hash::FxHashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// What is known of one dotted name: what it is, and where its submodules are.
#[derive(Debug, Default)]
pub(super) struct Level {
    found: Option<Found>,
    /// One folder for a package, several for a namespace, none for a module.
    folders: Vec<Folder>,
    /// The same in stub-only packages (PEP 561).
    stubs: Vec<Folder>,
}

/// A folder with modules. Packages import their own modules by the hundred, so that one look at all names is cheaper
/// than several at each.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// What is in it, and whether that is a folder.
    names: OnceLock<FxHashMap<Box<str>, bool>>,
    observations: Arc<Observations>,
}

impl Folder {
    pub(super) fn at(path: PathBuf, observations: Arc<Observations>) -> Folder {
        Folder { path, names: OnceLock::new(), observations }
    }

    fn names(&self) -> &FxHashMap<Box<str>, bool> {
        self.names.get_or_init(|| {
            let names = listing(&self.path);
            self.observations.listed(&self.path, &names);
            names.into_iter().map(|(name, is_folder)| (name.into(), is_folder)).collect()
        })
    }

    fn folder(&self, name: &str) -> Option<Folder> {
        (self.names().get(name) == Some(&true)).then(|| Folder::at(self.path.join(name), self.observations.clone()))
    }

    fn file(&self, name: &str) -> Option<PathBuf> {
        (self.names().get(name) == Some(&false)).then(|| self.path.join(name))
    }

    /// A module and the stub beside it.
    fn pair(&self, name: &str) -> Option<Found> {
        let (path, stub) = match (self.file(&format!("{name}.py")), self.file(&format!("{name}.pyi"))) {
            (Some(path), stub) => (path, stub),
            (None, stub) => (stub?, None),
        };
        Some(Found { path, stub, is_package: false })
    }
}

impl Environment {
    /// The module `dotted`, such as `httpx._client`. None for a namespace, for what only a compiled extension has, and
    /// for what is not installed.
    pub fn find(&self, dotted: &str) -> Option<Found> {
        if self.site_packages.is_empty() {
            return None;
        }
        self.level(dotted).found.clone()
    }

    /// Whether there is a package, a module or a namespace of this name, which has no dots.
    pub fn has(&self, name: &str) -> bool {
        let level = self.level(name);
        level.found.is_some() || !level.folders.is_empty() || !level.stubs.is_empty()
    }

    fn level(&self, dotted: &str) -> Arc<Level> {
        let known = || self.known.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(level) = known().get(dotted) {
            return level.clone();
        }
        let level = match dotted.rsplit_once('.') {
            _ if !dotted.split('.').all(is_name) => Level::default(),
            Some((above, name)) => self.level(above).below(name),
            None => self.top(dotted),
        };
        // Two threads can both have looked, and found the same.
        known().entry(dotted.to_owned()).or_insert_with(|| Arc::new(level)).clone()
    }

    fn top(&self, name: &str) -> Level {
        let folder = |path: &PathBuf| Folder::at(path.clone(), self.observations.clone());
        let listed = self.listed.get_or_init(|| self.site_packages.iter().map(folder).collect());
        let stubs: Option<Folder> = listed.iter().find_map(|folder| folder.folder(&format!("{name}-stubs")));
        let path = stubs.as_ref().and_then(|folder| folder.file("__init__.pyi"));
        Level::of(regular(listed, name), Stub { path, is_package: true, folders: stubs.into_iter().collect() })
    }
}

impl Level {
    fn below(&self, name: &str) -> Level {
        Level::of(regular(&self.folders, name), Stub::of(&self.stubs, name))
    }

    /// What a package says of a name, with what a stub-only package says of it, which goes before the package's own stub.
    fn of(regular: Level, stub: Stub) -> Level {
        let found = match (regular.found, stub.path) {
            (Some(found), Some(path)) => Some(match is_stub(&found.path) {
                true => Found { path, stub: None, is_package: stub.is_package },
                false => Found { stub: Some(path), ..found },
            }),
            (None, Some(path)) => Some(Found { path, stub: None, is_package: stub.is_package }),
            (found, None) => found,
        };
        Level { found, folders: regular.folders, stubs: stub.folders }
    }
}

/// What a stub-only package says of a name.
struct Stub {
    path: Option<PathBuf>,
    is_package: bool,
    folders: Vec<Folder>,
}

impl Stub {
    fn of(folders: &[Folder], name: &str) -> Stub {
        for folder in folders {
            if let Some(inner) = folder.folder(name) {
                return Stub { path: inner.file("__init__.pyi"), is_package: true, folders: vec![inner] };
            }
            if let Some(path) = folder.file(&format!("{name}.pyi")) {
                return Stub { path: Some(path), is_package: false, folders: Vec::new() };
            }
        }
        Stub { path: None, is_package: false, folders: Vec::new() }
    }
}

/// What `folders` have by a name: the first package or module, else a namespace of all folders of that name.
fn regular(folders: &[Folder], name: &str) -> Level {
    let mut portions = Vec::new();
    for folder in folders {
        let inner = folder.folder(name);
        if let Some(found) = inner.as_ref().and_then(|inner| inner.pair("__init__")) {
            let found = Some(Found { is_package: true, ..found });
            return Level { found, folders: inner.into_iter().collect(), ..Level::default() };
        }
        if let Some(found) = folder.pair(name) {
            return Level { found: Some(found), ..Level::default() };
        }
        portions.extend(inner);
    }
    Level { folders: portions, ..Level::default() }
}

fn is_stub(path: &Path) -> bool {
    path.extension().is_some_and(|suffix| suffix == "pyi")
}

/// Whether it can stand in an import, so that it leads to no other folder.
fn is_name(part: &str) -> bool {
    !part.is_empty() && part.chars().all(|letter| letter == '_' || letter.is_alphanumeric())
}
