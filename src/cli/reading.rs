//! Every file of a run, read once, and the project that they are together.

use crate::driver::Read;
use crate::finding::Skip;
use crate::project::layout::Layout;
use crate::project::linked::{NoPackages, Project};
use crate::workspace::{self, Encoding, File};
use rayon::prelude::*;
use std::path::PathBuf;

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

/// The project of all files.
pub fn link(readings: &[Reading]) -> Project {
    let absolute = |reading: &Reading| std::path::absolute(&reading.file.path).unwrap_or_else(|_| reading.file.path.clone());
    let paths: Vec<PathBuf> = readings.iter().map(absolute).collect();
    let files = readings.iter().map(|reading| (reading.file.display.clone(), reading.read.summary.clone()));
    Project::new(Layout::new(&paths), files.collect(), Box::new(NoPackages))
}
