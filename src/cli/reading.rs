//! Every file of a run, read once, and the project that they are together.

use super::document;
use super::packages::InstalledPackages;
use crate::driver::Read;
use crate::finding::Skip;
use crate::project::asked::Asked;
use crate::project::blocking::Own;
use crate::project::layout::{Layout, ModuleId};
use crate::project::linked::Project;
use crate::project::texts::Texts;
use crate::summary::Summary;
use crate::workspace::{self, Discovery, Encoding, Environment, File, Fingerprint, Source};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::SystemTime;

/// One file of the run.
pub struct Reading {
    pub file: File,
    /// How its bytes stand for its text, or why it could not be read.
    pub encoding: Result<Encoding, Skip>,
    pub summary: Arc<Summary>,
    pub fingerprint: Fingerprint,
    /// Its text, empty when it could not be read. None when nobody is going to look at it, or somebody has.
    read: Mutex<Option<Read>>,
}

/// Reads all files, in their order; `started` is when the process began.
pub fn read_all(files: Vec<File>, started: SystemTime) -> Vec<Reading> {
    files.into_par_iter().map(|file| Reading::of(file, started)).collect()
}

impl Reading {
    /// Reads a file; `started` is when the process began.
    pub fn of(file: File, started: SystemTime) -> Reading {
        let (fingerprint, bytes) = Fingerprint::taken(&file.path, started);
        let read = bytes.and_then(Source::decode).and_then(|source| {
            let read = document::read(&file.path, source.text)?;
            Ok((source.encoding, read))
        });
        let (encoding, read) = match read {
            Ok((encoding, read)) => (Ok(encoding), read),
            Err(skip) => (Err(skip), Read::of("".into())),
        };
        Reading::new(file, encoding, read, fingerprint)
    }

    /// A file that is not read, because its summary is known.
    pub fn unread(file: File, fingerprint: Fingerprint, summary: Summary) -> Reading {
        let summary = Arc::new(summary);
        Reading { file, encoding: Ok(Encoding::UTF_8), summary, fingerprint, read: Mutex::default() }
    }

    fn new(file: File, encoding: Result<Encoding, Skip>, read: Read, fingerprint: Fingerprint) -> Reading {
        Reading { file, encoding, summary: read.summary.clone(), fingerprint, read: Mutex::new(Some(read)) }
    }

    /// The text with its outline, for a look. A run holds all texts at first, and is done with most after one look, so that
    /// they make room for what the looks at the others find out.
    pub fn take(&self) -> Read {
        self.read().take().expect("only what was read is looked at")
    }

    /// Gives back what was taken, for another look.
    pub fn put(&self, read: Read) {
        *self.read() = Some(read);
    }

    fn read(&self) -> MutexGuard<'_, Option<Read>> {
        self.read.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// The project that the file at `path` is part of, with `read` for its text, and the file's number in it. Of the files
/// around it, those count that a run over all of them would find; `own` is what the configuration says of what blocks.
pub fn project_around(
    path: &Path,
    read: &Read,
    discovery: &Discovery,
    environment: &Arc<Environment>,
    own: &Own,
) -> (Project, ModuleId) {
    let root = workspace::project_root(path);
    let place = absolute(path);
    let found = workspace::discover(std::slice::from_ref(&root), discovery);
    let mut readings = read_all(found.map(|found| found.files).unwrap_or_default(), SystemTime::now());
    let at = readings.iter().position(|reading| absolute(&reading.file.path) == place).unwrap_or_else(|| {
        let file = File { path: path.to_owned(), display: path.display().to_string() };
        let (fingerprint, bytes) = Fingerprint::taken(path, SystemTime::now());
        let encoding = bytes.and_then(Source::decode).map(|source| source.encoding);
        readings.push(Reading::new(file, encoding, read.clone(), fingerprint));
        readings.len() - 1
    });
    readings[at].summary = read.summary.clone();
    (link(&readings, environment, Asked::ALL.with(own), false), ModuleId(at as u32))
}

/// The project of a text that stands alone.
pub fn link_one(path: &Path, read: &Read, encoding: Encoding, environment: &Arc<Environment>, own: &Own) -> Project {
    let file = File { path: path.to_owned(), display: path.display().to_string() };
    let fingerprint = Fingerprint::of(read.text.as_bytes());
    link(&[Reading::new(file, Ok(encoding), read.clone(), fingerprint)], environment, Asked::ALL.with(own), false)
}

/// The project of all files, and of what they import of an environment; `asked` is what somebody is going to ask about names,
/// `rewrites` whether the files change while the project is asked.
pub fn link(readings: &[Reading], environment: &Arc<Environment>, asked: Asked, rewrites: bool) -> Project {
    let texts = readings.iter().map(|reading| OfFile {
        path: reading.file.path.clone(),
        fingerprint: reading.fingerprint.clone(),
        text: if rewrites { reading.read().as_ref().map(|read| read.text.clone()) } else { None },
    });
    let texts: Vec<OfFile> = texts.collect();
    let paths: Vec<PathBuf> = readings.iter().map(|reading| absolute(&reading.file.path)).collect();
    let files = readings.iter().map(|reading| (reading.file.display.clone(), reading.summary.clone()));
    let layout = Layout::new(&paths);
    let packages = Box::new(InstalledPackages::new(environment.clone(), paths));
    Project::new(layout, files.collect(), packages, asked).with_texts(Arc::new(texts))
}

/// Where the text of a file comes from. It is read again when somebody asks, unless the file is going to change.
struct OfFile {
    path: PathBuf,
    fingerprint: Fingerprint,
    text: Option<Arc<str>>,
}

impl Texts for Vec<OfFile> {
    fn text(&self, file: ModuleId) -> Option<Arc<str>> {
        let of = &self[file.0 as usize];
        let again = || {
            let bytes = workspace::read_bytes(&of.path).ok()?;
            let is_same = Fingerprint::of(&bytes).hash == of.fingerprint.hash;
            let source = Source::decode(bytes).ok().filter(|_| is_same)?;
            document::program(&of.path, source.text).ok()
        };
        of.text.clone().or_else(again)
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
