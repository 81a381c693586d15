//! Names in the text of a whole project.
//!
//! A name such as `pkg.mod.time` can be the target of a mock in a string of some other file, where no analysis of
//! imports sees it. Here files are text: Python, and the formats in which projects configure their tests.

use super::discover::{DiscoverError, Discovery, Excludes, Step, walk};
use aho_corasick::AhoCorasick;
use rayon::prelude::*;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Whether each of `needles` occurs in a Python or configuration file below `root`, in their order.
///
/// The files are those that [`super::discover`] would look at, stubs and configuration besides. A file that cannot be
/// read mentions nothing: the tests that a user runs cannot read it either. Stops when every needle is found.
pub fn mentions(root: &Path, needles: &[String], options: &Discovery) -> Result<Vec<bool>, DiscoverError> {
    if needles.is_empty() {
        return Ok(Vec::new());
    }
    let Ok(searcher) = AhoCorasick::new(needles) else {
        // An automaton of all of them would be too large. Held to be found, each keeps what depends on it.
        return Ok(vec![true; needles.len()]);
    };
    let steps = walk(root, options, &Excludes::new(options)?, can_mention);
    let missing = AtomicUsize::new(needles.len());
    let found = Mutex::new(vec![false; needles.len()]);
    steps.par_iter().for_each(|step| {
        let (Step::File(path) | Step::Link(path)) = step else { return };
        if missing.load(Ordering::Relaxed) == 0 || !path.is_file() {
            return;
        }
        let Ok(text) = fs::read(path) else { return };
        // Needles overlap where one module's name ends in another's, as in `mydb.time` and `db.time`.
        for hit in searcher.find_overlapping_iter(&text) {
            let mut found = found.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            if !std::mem::replace(&mut found[hit.pattern()], true) {
                missing.fetch_sub(1, Ordering::Relaxed);
            }
        }
    });
    Ok(found.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()))
}

fn can_mention(path: &Path) -> bool {
    ["py", "pyi", "cfg", "toml", "ini"].iter().any(|suffix| path.extension() == Some(OsStr::new(suffix)))
}
