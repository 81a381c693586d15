//! What a run keeps for the next one, and when the next one may use it.
//!
//! A run is a function of what is typed and configured, of the files with their content, and of what it saw beside them:
//! installed packages, the Python versions of projects, names that other files mention. All of that is written down with
//! the reports, and a run that finds all of it as it was prints the reports again ([`Cache::replay`]). One that finds the
//! content of some files changed takes what was known of the project ([`super::kept`]) to look at few files. Whatever is
//! damaged, of another version or of other settings is no cache, and nothing is told of it.

use super::document;
use super::kept::{self, Kept};
use super::mentions::{Asked, Mentions};
use super::reading::Reading;
use crate::finding::{FileReport, Skip};
use crate::project::changes::Nets;
use crate::project::inference::Consulted;
use crate::workspace::{self, CacheFolder, File, Fingerprint, Half, Hash, Observed, Source};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The cache, as it serves one run.
pub struct Cache {
    folder: CacheFolder,
    /// What is typed and configured, hashed.
    name: String,
    maker: Hash,
    started: SystemTime,
}

/// A run, written down.
#[derive(Serialize, Deserialize)]
struct Stored {
    /// The program.
    maker: Hash,
    /// What [`frame`] made of the files.
    frame: Hash,
    /// Of the files, in their order.
    fingerprints: Vec<Fingerprint>,
    observed: Observed,
    asked: Vec<Asked>,
    reports: Vec<FileReport>,
    /// Of what was kept of the project.
    project: Hash,
}

/// The last run of the same settings over the same files, and what is different now.
pub struct Former {
    stored: Stored,
    /// Of the files, as they are now.
    pub fingerprints: Vec<Fingerprint>,
    /// The files with another content, by their numbers.
    pub changed: FxHashSet<usize>,
    /// Those of which others mention something else.
    pub mentioned: FxHashSet<usize>,
    is_stale: bool,
}

/// A run, to be written down.
pub struct Told<'t> {
    /// None of them is without a fingerprint.
    pub readings: &'t [Reading],
    pub reports: Vec<FileReport>,
    pub nets: &'t Nets,
    /// What the looks at the files asked of others.
    pub consulted: &'t [Consulted],
    pub observed: Observed,
    pub asked: Vec<Asked>,
}

impl Cache {
    /// The cache in `folder`, for runs that `settings` tell from others.
    pub fn new(folder: PathBuf, settings: &[u8], started: SystemTime) -> Cache {
        let mut maker = env!("CARGO_PKG_VERSION").as_bytes().to_vec();
        maker.extend(workspace::executable());
        let name = workspace::hash(settings)[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        Cache { folder: CacheFolder::at(folder), name, maker: workspace::hash(&maker), started }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn started(&self) -> SystemTime {
        self.started
    }

    /// The last run of the same settings over the same files, unless something outside of these changed that any of them may
    /// lean on; `minor` is the Python version that a file is for.
    pub fn former(
        &self,
        files: &[File],
        roots: &[PathBuf],
        minor: impl Fn(&Path) -> u8,
        mentions: &Mentions,
    ) -> Option<Former> {
        let content = self.folder.read(&self.name, Half::Run)?;
        let mut stored: Stored = postcard::from_bytes(content.part(0)?).ok()?;
        if stored.maker != self.maker
            || stored.fingerprints.len() != files.len()
            || stored.frame != frame(files.iter(), roots, minor)
        {
            return None;
        }
        let known = stored.fingerprints.par_iter().zip(files);
        let fingerprints: Vec<Fingerprint> =
            known.map(|(known, file)| known.renewed(&file.path, self.started)).collect();
        let before = stored.observed.clone();
        if !stored.observed.holds(self.started) {
            return None;
        }
        let is_stale = before != stored.observed || stored.fingerprints != fingerprints;
        let pairs = stored.fingerprints.iter().zip(&fingerprints).enumerate();
        let changed = pairs.filter(|(_, (then, now))| then.hash != now.hash).map(|(at, _)| at).collect();
        let paths = mentions.changed(&stored.asked);
        let mentioned = match paths.is_empty() {
            true => FxHashSet::default(),
            false => (0..files.len()).filter(|&at| paths.contains(&*files[at].path)).collect(),
        };
        Some(Former { stored, fingerprints, changed, mentioned, is_stale })
    }

    /// What the last run told, which this one would tell as well.
    pub fn replay(&self, mut former: Former, files: &[File]) -> Option<Vec<FileReport>> {
        let reports = former.stored.reports.iter();
        let with_text = reports.map(|report| self.with_text(report, files, &former.fingerprints));
        let reports = with_text.collect::<Option<Vec<FileReport>>>()?;
        if former.is_stale {
            former.stored.fingerprints = former.fingerprints;
            // The next run has to read less; that this is not to be is no concern of who waits for the reports.
            let _ = self.write(&former.stored);
        }
        Some(reports)
    }

    /// What the last run knew of the project.
    pub fn kept(&self, former: &Former) -> Option<Kept> {
        let content = self.folder.read(&self.name, Half::Project)?;
        (content.hash == former.stored.project).then_some(())?;
        Kept::read(content, former.fingerprints.len())
    }

    /// A report with the text that it speaks of; none when that is another by now.
    pub fn with_text(&self, report: &FileReport, files: &[File], fingerprints: &[Fingerprint]) -> Option<FileReport> {
        if !matches!(report.skip, None | Some(Skip::Unparsable(_))) {
            return Some(report.clone());
        }
        let at = number(report, files)?;
        let (now, bytes) = Fingerprint::taken(&files[at].path, self.started);
        let read = document::read(&files[at].path, Source::decode(bytes.ok()?).ok()?.text).ok()?;
        let cells = read.outline.cells.clone();
        (now.hash == fingerprints[at].hash).then(|| FileReport { text: read.shown, cells, ..report.clone() })
    }

    /// Writes a run down; `known` is the former run, where this one leans on it.
    pub fn store(
        &self,
        told: Told,
        roots: &[PathBuf],
        minor: impl Fn(&Path) -> u8,
        known: Option<(&Kept, &FxHashSet<usize>)>,
    ) -> io::Result<()> {
        let parts = kept::parts(told.readings, told.nets, told.consulted, known);
        let project = self.folder.write(&self.name, Half::Project, parts)?;
        self.write(&Stored {
            maker: self.maker,
            frame: frame(told.readings.iter().map(|reading| &reading.file), roots, minor),
            fingerprints: told.readings.iter().map(|reading| reading.fingerprint.clone()).collect(),
            observed: told.observed,
            asked: told.asked,
            reports: told.reports,
            project,
        })
    }

    fn write(&self, stored: &Stored) -> io::Result<()> {
        // A path that is no Unicode cannot be written down.
        let bytes = postcard::to_stdvec(stored).map_err(io::Error::other);
        self.folder.write(&self.name, Half::Run, std::iter::once(bytes)).map(drop)
    }
}

impl Former {
    /// Whether nothing is different.
    pub fn is_same(&self) -> bool {
        self.changed.is_empty() && self.mentioned.is_empty()
    }

    /// What was told of each file that something was told of.
    pub fn reports<'f>(&'f self, files: &[File]) -> FxHashMap<usize, &'f FileReport> {
        self.stored.reports.iter().filter_map(|report| Some((number(report, files)?, report))).collect()
    }

    /// What was seen of the environment then and `later`, as far as both hold.
    pub fn observed(&self, later: Observed) -> Observed {
        let mut observed = self.stored.observed.clone();
        observed.extend(later);
        observed
    }

    /// What was asked about the files that are not looked at `again`, and what was asked `later` about the others.
    pub fn asked(&self, again: &FxHashSet<&Path>, later: Vec<Asked>) -> Vec<Asked> {
        self.stored.asked.iter().filter(|each| !again.contains(&*each.path)).cloned().chain(later).collect()
    }
}

/// Which of some files a report is of.
fn number(report: &FileReport, files: &[File]) -> Option<usize> {
    files.binary_search_by(|file| file.display.cmp(&report.path)).ok()
}

/// The hash of all that a run makes something of, beside its settings and the content of its files: which files these are
/// and the versions that they are for, and where the paths that were named lead.
fn frame<'f>(files: impl Iterator<Item = &'f File>, roots: &[PathBuf], minor: impl Fn(&Path) -> u8) -> Hash {
    let mut all = Vec::new();
    for file in files {
        all.push(minor(&file.path));
        all.extend(file.path.as_os_str().as_encoded_bytes());
        all.push(0);
        all.extend(file.display.as_bytes());
        all.push(0);
    }
    for root in roots {
        // What is installed can be a link to a folder of the run.
        let folder = if root.is_dir() { Some(root.as_path()) } else { root.parent() };
        let folder = folder.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        all.extend(workspace::real_path(folder).as_os_str().as_encoded_bytes());
        all.push(0);
    }
    workspace::hash(&all)
}
