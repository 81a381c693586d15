//! Dotted names to files, asking the file system only about the names in question.

use super::{Environment, Found};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is known of one dotted name: what it is, and where its submodules are.
#[derive(Debug, Default)]
pub(super) struct Level {
    found: Option<Found>,
    /// One folder for a package, several for a namespace, none for a module.
    folders: Vec<PathBuf>,
    /// The same in stub-only packages (PEP 561).
    stubs: Vec<PathBuf>,
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
        let stubs = self.site_packages.iter().map(|folder| folder.join(format!("{name}-stubs")));
        let stubs: Vec<PathBuf> = stubs.filter(|folder| folder.is_dir()).take(1).collect();
        let stub = stubs.first().map(|folder| folder.join("__init__.pyi")).filter(|stub| stub.is_file());
        Level::of(regular(&self.site_packages, name), Stub { path: stub, is_package: true, folders: stubs })
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
    folders: Vec<PathBuf>,
}

impl Stub {
    fn of(folders: &[PathBuf], name: &str) -> Stub {
        for folder in folders {
            let inner = folder.join(name);
            if inner.is_dir() {
                let path = Some(inner.join("__init__.pyi")).filter(|path| path.is_file());
                return Stub { path, is_package: true, folders: vec![inner] };
            }
            let path = folder.join(format!("{name}.pyi"));
            if path.is_file() {
                return Stub { path: Some(path), is_package: false, folders: Vec::new() };
            }
        }
        Stub { path: None, is_package: false, folders: Vec::new() }
    }
}

/// What `folders` have by a name: the first package or module, else a namespace of all folders of that name.
fn regular(folders: &[PathBuf], name: &str) -> Level {
    let mut portions = Vec::new();
    for folder in folders {
        let inner = folder.join(name);
        let is_folder = inner.is_dir();
        if is_folder && let Some(found) = pair(&inner, "__init__") {
            return Level {
                found: Some(Found { is_package: true, ..found }),
                folders: vec![inner],
                ..Level::default()
            };
        }
        if let Some(found) = pair(folder, name) {
            return Level { found: Some(found), ..Level::default() };
        }
        portions.extend(is_folder.then_some(inner));
    }
    Level { folders: portions, ..Level::default() }
}

/// A module and the stub beside it.
fn pair(folder: &Path, name: &str) -> Option<Found> {
    let file = |suffix: &str| Some(folder.join(format!("{name}{suffix}"))).filter(|path| path.is_file());
    let (path, stub) = match (file(".py"), file(".pyi")) {
        (Some(path), stub) => (path, stub),
        (None, stub) => (stub?, None),
    };
    Some(Found { path, stub, is_package: false })
}

fn is_stub(path: &Path) -> bool {
    path.extension().is_some_and(|suffix| suffix == "pyi")
}

/// Whether it can stand in an import, so that it leads to no other folder.
fn is_name(part: &str) -> bool {
    !part.is_empty() && part.chars().all(|letter| letter == '_' || letter.is_alphanumeric())
}
