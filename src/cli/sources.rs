//! The texts of a project, read again for what has to look at all mentions of a name.

use super::mentions::Mentions;
use super::reading::Reading;
use crate::driver::Sources;
use crate::project::layout::ModuleId;
use crate::project::propagation::{FileText, Texts};
use crate::workspace::{self, Discovery, Fingerprint, Source};
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

/// The texts of the files of a run, and what lies beside them in their projects.
///
/// `now` gives the text that a file has by now, where that is another than the one that was read. A file that changed under our
/// hands is none of the run's any more.
pub fn sources<'s>(
    readings: &'s [Reading],
    now: &(dyn Fn(usize) -> Option<Arc<str>> + Sync),
    discovery: &Discovery,
    mentions: &'s Mentions,
) -> Sources<'s> {
    let text = |(at, reading): (usize, &Reading)| {
        let text = match now(at) {
            // A notebook is mentioned as one that cannot be changed.
            _ if workspace::is_notebook(&reading.file.path) => None,
            Some(text) => Some(text),
            None => unchanged(reading),
        };
        text.map(FileText::new)
    };
    let files: Vec<Option<FileText>> = readings.par_iter().enumerate().map(text).collect();
    let roots: BTreeSet<PathBuf> =
        folders(readings).into_iter().map(|folder| workspace::project_root(&folder)).collect();
    let known: FxHashSet<PathBuf> = readings
        .iter()
        .zip(&files)
        .filter(|(_, file)| file.is_some())
        .map(|(reading, _)| real(&reading.file.path))
        .collect();
    let roots: Vec<PathBuf> = roots.into_iter().collect();
    let found = workspace::discover(&roots, discovery).map(|found| found.files).unwrap_or_default();
    let others = found.into_par_iter().filter(|file| !known.contains(&real(&file.path)));
    let beyond = others.filter_map(|file| {
        let (_, bytes) = Fingerprint::taken(&file.path, SystemTime::now());
        Some((file.display, Source::decode(bytes.ok()?).ok()?.text))
    });
    Sources {
        files,
        beyond: beyond.collect(),
        configuration: roots.iter().map(|root| configuration(root)).collect(),
        keeps: Box::new(|file: ModuleId, name: &str| mentions.now(&readings[file.0 as usize].file.path, name)),
    }
}

/// The text of a file that is what it was when it was read.
fn unchanged(reading: &Reading) -> Option<Arc<str>> {
    reading.encoding.as_ref().ok()?;
    let (fingerprint, bytes) = Fingerprint::taken(&reading.file.path, SystemTime::now());
    let text = Source::decode(bytes.ok()?).ok()?.text;
    (fingerprint.hash == reading.fingerprint.hash).then(|| text.into())
}

/// The folders of some files, each once.
fn folders(readings: &[Reading]) -> BTreeSet<PathBuf> {
    readings.iter().filter_map(|reading| Some(real(&reading.file.path).parent()?.to_owned())).collect()
}

fn real(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// What configures the project at `root`.
fn configuration(root: &Path) -> String {
    let files = ["pyproject.toml", "setup.cfg", "setup.py"];
    files.iter().filter_map(|name| workspace::read_text(&root.join(name)).ok()).collect()
}

/// Texts that are read when somebody asks for one.
pub struct Later<'s> {
    made: OnceLock<Sources<'s>>,
    make: Box<dyn Fn() -> Sources<'s> + Send + Sync + 's>,
}

impl<'s> Later<'s> {
    pub fn new(make: impl Fn() -> Sources<'s> + Send + Sync + 's) -> Later<'s> {
        Later { made: OnceLock::new(), make: Box::new(make) }
    }

    fn now(&self) -> &Sources<'s> {
        self.made.get_or_init(|| (self.make)())
    }
}

impl Texts for Later<'_> {
    fn text(&self, file: ModuleId) -> Option<&FileText> {
        self.now().text(file)
    }

    fn mentioning(&self, word: &str) -> Vec<ModuleId> {
        self.now().mentioning(word)
    }

    fn mentioned_beyond(&self, word: &str) -> Option<String> {
        self.now().mentioned_beyond(word)
    }

    fn configuration(&self) -> &str {
        self.now().configuration()
    }

    fn keeps_import(&self, file: ModuleId, name: &str) -> bool {
        self.now().keeps_import(file, name)
    }
}
