//! Every file of a run, read once, and the project that they are together.

use crate::driver::Read;
use crate::finding::Skip;
use crate::project::layout::{Layout, ModuleId};
use crate::project::linked::{NoPackages, Project};
use crate::workspace::{self, Discovery, Encoding, File};
use rayon::prelude::*;
use std::path::{Path, PathBuf};

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

/// The project that the file at `path` is part of, with `read` for its text, and the file's number in it.
pub fn project_around(path: &Path, read: &Read) -> (Project, ModuleId) {
    let root = workspace::project_root(path);
    let own = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let directory = std::env::current_dir().unwrap_or_else(|_| root.clone());
    let discovery = Discovery::in_directory(directory);
    let files =
        workspace::discover(std::slice::from_ref(&root), &discovery).map(|found| found.files).unwrap_or_default();
    let is_own = |reading: &Reading| std::path::absolute(&reading.file.path).is_ok_and(|other| other == own);
    let mut readings = read_all(files);
    let at = match readings.iter().position(is_own) {
        Some(at) => at,
        None => {
            let file = File { path: path.to_owned(), display: path.display().to_string() };
            readings.push(Reading {
                file,
                encoding: workspace::read(path).map(|source| source.encoding),
                read: read.clone(),
            });
            readings.len() - 1
        }
    };
    readings[at].read = read.clone();
    (link(&readings), ModuleId(at as u32))
}

/// The project of all files.
pub fn link(readings: &[Reading]) -> Project {
    let absolute =
        |reading: &Reading| std::path::absolute(&reading.file.path).unwrap_or_else(|_| reading.file.path.clone());
    let paths: Vec<PathBuf> = readings.iter().map(absolute).collect();
    let files = readings.iter().map(|reading| (reading.file.display.clone(), reading.read.summary.clone()));
    Project::new(Layout::new(&paths), files.collect(), Box::new(NoPackages))
}
