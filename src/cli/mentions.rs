//! Which imported names other files mention, asked for file by file and looked up for all of them at once.

use crate::workspace::{self, Discovery};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Which imported names of which modules other files of their project mention: asked for file by file, looked up for all of
/// them at once.
pub struct Mentions {
    discovery: Discovery,
    known: Mutex<FxHashMap<(PathBuf, String), bool>>,
    wanted: Mutex<FxHashSet<(PathBuf, String)>>,
    /// The files and names that were asked for.
    asked: Mutex<FxHashSet<(PathBuf, String)>>,
}

/// A question, and its answer.
#[derive(Clone, Serialize, Deserialize)]
pub struct Asked {
    pub path: PathBuf,
    name: String,
    answer: bool,
}

impl Mentions {
    pub fn new(discovery: Discovery) -> Mentions {
        Mentions { discovery, known: Mutex::default(), wanted: Mutex::default(), asked: Mutex::default() }
    }

    /// Whether another file may mean `name` of the module at `path`; none before it was looked up.
    pub fn of(&self, path: &Path, name: &str) -> Option<bool> {
        if workspace::is_package_init(path) {
            return Some(true);
        }
        locked(&self.asked).insert((path.to_owned(), name.to_owned()));
        self.known(path, name)
    }

    fn known(&self, path: &Path, name: &str) -> Option<bool> {
        let key = self.key(path, name);
        if let Some(answer) = locked(&self.known).get(&key) {
            return Some(*answer);
        }
        locked(&self.wanted).insert(key);
        None
    }

    /// The same, looked up on the spot.
    pub fn now(&self, path: &Path, name: &str) -> bool {
        self.of(path, name).unwrap_or_else(|| {
            self.settle();
            self.of(path, name).unwrap_or(true)
        })
    }

    /// All that was asked for and is settled.
    pub fn asked(&self) -> Vec<Asked> {
        let mut asked: Vec<(PathBuf, String)> = locked(&self.asked).iter().cloned().collect();
        asked.sort();
        let answered = asked.into_iter().filter_map(|(path, name)| {
            let answer = self.of(&path, &name)?;
            Some(Asked { path, name, answer })
        });
        answered.collect()
    }

    /// The files about which a former run would be answered otherwise by now.
    pub fn changed<'a>(&self, asked: &'a [Asked]) -> FxHashSet<&'a Path> {
        if asked.iter().any(|each| self.known(&each.path, &each.name).is_none()) {
            self.settle();
        }
        let others = asked.iter().filter(|each| self.known(&each.path, &each.name) != Some(each.answer));
        others.map(|each| &*each.path).collect()
    }

    fn key(&self, path: &Path, name: &str) -> (PathBuf, String) {
        let stem = workspace::module_stem(path).unwrap_or_default();
        (workspace::project_root(path), format!("{stem} {name}"))
    }

    /// Looks up all that was asked for, with one pass over each project.
    pub fn settle(&self) {
        let mut by_root: FxHashMap<PathBuf, Vec<String>> = FxHashMap::default();
        for (root, name) in std::mem::take(&mut *locked(&self.wanted)) {
            by_root.entry(root).or_default().push(name);
        }
        for (root, names) in by_root {
            let needles: Vec<String> = names.iter().flat_map(|name| spellings(name)).collect();
            let each = needles.len() / names.len().max(1);
            // A project that cannot be walked may mention anything.
            let found =
                workspace::mentions(&root, &needles, &self.discovery).unwrap_or_else(|_| vec![true; needles.len()]);
            let mut known = locked(&self.known);
            for (name, found) in names.into_iter().zip(found.chunks(each.max(1))) {
                known.insert((root.clone(), name), found.contains(&true));
            }
        }
    }
}

/// How code and strings elsewhere name `name` of module `stem`: a mock's target, an attribute, an import.
fn spellings(key: &str) -> Vec<String> {
    let (stem, name) = key.split_once(' ').unwrap_or((key, ""));
    let mut all: Vec<String> =
        [".", "\"", "'", ")", ",", " ", "\n", "="].iter().map(|end| format!("{stem}.{name}{end}")).collect();
    all.extend([format!("{stem}, \"{name}\""), format!("{stem}, '{name}'"), format!("{stem} import {name}")]);
    all
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
