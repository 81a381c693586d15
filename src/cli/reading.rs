//! Every file of a run, read once, and the project that they are together.

use super::packages::InstalledPackages;
use crate::driver::Read;
use crate::finding::Skip;
use crate::project::layout::{Layout, ModuleId};
use crate::project::linked::Project;
use crate::workspace::{self, Discovery, Encoding, Environment, File};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One file of the run.
pub struct Reading {
    pub file: File,
    /// How its bytes stand for its text, or why it could not be read.
    pub encoding: Result<Encoding, Skip>,
    /// Its text; empty when it could not be read.
    pub read: Read,
}

/// Reads all files, in their order.
pub fn read_all(files: Vec<File>) -> Vec<Reading> {
    let read = |file: File| match workspace::read(&file.path) {
        Ok(source) => Reading { file, encoding: Ok(source.encoding), read: Read::of(source.text.into()) },
        Err(skip) => Reading { file, encoding: Err(skip), read: Read::of("".into()) },
    };
    files.into_par_iter().map(read).collect()
}

/// The project that the file at `path` is part of, with `read` for its text, and the file's number in it. Of the files
/// around it, those count that a run over all of them would find.
pub fn project_around(
    path: &Path,
    read: &Read,
    discovery: &Discovery,
    environment: &Arc<Environment>,
) -> (Project, ModuleId) {
    let root = workspace::project_root(path);
    let own = absolute(path);
    let found = workspace::discover(std::slice::from_ref(&root), discovery);
    let mut readings = read_all(found.map(|found| found.files).unwrap_or_default());
    let at = readings.iter().position(|reading| absolute(&reading.file.path) == own).unwrap_or_else(|| {
        let file = File { path: path.to_owned(), display: path.display().to_string() };
        let encoding = workspace::read(path).map(|source| source.encoding);
        readings.push(Reading { file, encoding, read: read.clone() });
        readings.len() - 1
    });
    readings[at].read = read.clone();
    (link(&readings, environment), ModuleId(at as u32))
}

/// The project of a text that stands alone.
pub fn link_one(path: &Path, read: &Read, encoding: Encoding, environment: &Arc<Environment>) -> Project {
    let file = File { path: path.to_owned(), display: path.display().to_string() };
    link(&[Reading { file, encoding: Ok(encoding), read: read.clone() }], environment)
}

/// The project of all files, and of what they import of an environment.
pub fn link(readings: &[Reading], environment: &Arc<Environment>) -> Project {
    let paths: Vec<PathBuf> = readings.iter().map(|reading| absolute(&reading.file.path)).collect();
    let files = readings.iter().map(|reading| (reading.file.display.clone(), reading.read.summary.clone()));
    let layout = Layout::new(&paths);
    Project::new(layout, files.collect(), Box::new(InstalledPackages::new(environment.clone(), paths)))
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
