//! What a run keeps for the next one, and when the next one may use it.
//!
//! A run is a function of what is typed and configured, of the files with their content, and of what it saw beside them:
//! installed packages, the Python versions of projects, names that other files mention. All of that is written down with
//! the reports, and a run that finds all of it as it was prints the reports again. Whatever is damaged, of another version
//! or of other settings is no cache, and nothing is told of it.

use super::mentions::{Asked, Mentions};
use super::reading::Reading;
use crate::finding::{FileReport, Skip};
use crate::workspace::{self, CacheFolder, File, Fingerprint, Hash, Observed, Source};
use rayon::prelude::*;
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
pub struct Stored {
    /// The program.
    maker: Hash,
    files: Vec<Known>,
    /// What [`Cache::inputs`] made of the files.
    inputs: Hash,
    observed: Observed,
    asked: Vec<Asked>,
    reports: Vec<FileReport>,
}

/// A file of a run, as it was.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    path: PathBuf,
    display: String,
    fingerprint: Fingerprint,
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

    /// What the last run of the same settings wrote down.
    pub fn load(&self) -> Option<Stored> {
        let stored: Stored = postcard::from_bytes(&self.folder.read(&self.name)?).ok()?;
        (stored.maker == self.maker).then_some(stored)
    }

    /// What the last run told, when this one would tell the same; `minor` is the Python version that a file is for.
    pub fn replay(
        &self,
        mut stored: Stored,
        files: &[File],
        roots: &[PathBuf],
        minor: impl Fn(&Path) -> u8,
        mentions: &Mentions,
    ) -> Option<Vec<FileReport>> {
        let is_same = |(file, known): (&File, &Known)| file.path == known.path && file.display == known.display;
        if files.len() != stored.files.len() || !files.iter().zip(&stored.files).all(is_same) {
            return None;
        }
        let renewed = stored.files.par_iter().map(|known| known.fingerprint.renewed(&known.path, self.started));
        let renewed: Vec<Fingerprint> = renewed.collect();
        let inputs = inputs(files.iter().zip(&renewed), roots, minor);
        let before = stored.observed.clone();
        if inputs != stored.inputs || !stored.observed.holds(self.started) || !mentions.answer(&stored.asked) {
            return None;
        }
        let with_text = stored.reports.iter().map(|report| self.with_text(report, files, &renewed));
        let reports = with_text.collect::<Option<Vec<FileReport>>>()?;
        let is_renewed = stored.files.iter().zip(&renewed).any(|(known, now)| known.fingerprint != *now);
        if is_renewed || before != stored.observed {
            for (known, now) in stored.files.iter_mut().zip(renewed) {
                known.fingerprint = now;
            }
            // The next run has to read less; that this is not to be is no concern of who waits for the reports.
            let _ = self.write(&stored);
        }
        Some(reports)
    }

    /// A report with the text that it speaks of; none when that is another by now.
    fn with_text(&self, report: &FileReport, files: &[File], fingerprints: &[Fingerprint]) -> Option<FileReport> {
        if !matches!(report.skip, None | Some(Skip::Unparsable(_))) {
            return Some(report.clone());
        }
        let at = files.binary_search_by(|file| file.display.cmp(&report.path)).ok()?;
        let (now, bytes) = Fingerprint::taken(&files[at].path, self.started);
        let text = Source::decode(bytes.ok()?).ok()?.text;
        (now.hash == fingerprints[at].hash).then(|| FileReport { text: text.into(), ..report.clone() })
    }

    /// Writes a run down. None of the readings is without a fingerprint.
    pub fn store(
        &self,
        readings: &[Reading],
        roots: &[PathBuf],
        minor: impl Fn(&Path) -> u8,
        observed: Observed,
        mentions: &Mentions,
        reports: Vec<FileReport>,
    ) -> io::Result<()> {
        let pairs = readings.iter().map(|reading| (&reading.file, &reading.fingerprint));
        let known = |reading: &Reading| Known {
            path: reading.file.path.clone(),
            display: reading.file.display.clone(),
            fingerprint: reading.fingerprint.clone(),
        };
        self.write(&Stored {
            maker: self.maker,
            inputs: inputs(pairs, roots, minor),
            files: readings.iter().map(known).collect(),
            observed,
            asked: mentions.asked(),
            reports,
        })
    }

    fn write(&self, stored: &Stored) -> io::Result<()> {
        // A path that is no Unicode cannot be written down.
        let bytes = postcard::to_stdvec(stored).map_err(io::Error::other)?;
        self.folder.write(&self.name, &bytes)
    }
}

/// The hash of all that a run makes something of, beside its settings: the files with their content and the versions that
/// they are for, and where the paths that were named lead.
fn inputs<'f>(
    files: impl Iterator<Item = (&'f File, &'f Fingerprint)>,
    roots: &[PathBuf],
    minor: impl Fn(&Path) -> u8,
) -> Hash {
    let mut all = Vec::new();
    for (file, fingerprint) in files {
        all.extend(fingerprint.hash);
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
