//! What a run knew of the project, written down for a next one in which some files changed.
//!
//! Of each file there are its summary and what the look at it asked of other files; of all together, the nets. From that,
//! and from the new texts of the files that changed, [`Kept::affected`] tells which files have to be looked at again.

use super::reading::Reading;
use crate::finding::FileReport;
use crate::project::changes::{Change, Nets, searched};
use crate::project::inference::Consulted;
use crate::summary::Summary;
use crate::text::{Span, is_whole_word};
use crate::workspace::{Content, read_bytes};
use aho_corasick::AhoCorasick;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::io;

/// How many summaries are written in one part: those of unchanged files are copied part by part.
const PART: usize = 64;

/// How many parts are made at once.
const PARTS: usize = 16;

/// How many names may come or go before every file is looked at: a search for many takes as long.
const NAMES: usize = 300;

/// What is known of a project, beside the summaries.
pub struct Kept {
    content: Content,
    nets: Nets,
    pub consulted: Vec<Consulted>,
}

/// What differs from the last run.
pub struct Differing<'d> {
    /// The summaries of the files with another content, by their numbers.
    pub now: FxHashMap<usize, &'d Summary>,
    /// The former summaries of the same files.
    pub before: FxHashMap<usize, Summary>,
    /// Files that have to be looked at in any case.
    pub open: &'d FxHashSet<usize>,
    pub nets: &'d Nets,
    /// What was found in each file where something was.
    pub reports: &'d FxHashMap<usize, &'d FileReport>,
}

impl Kept {
    /// Of a run over so many files.
    pub fn read(content: Content, files: usize) -> Option<Kept> {
        let (nets, consulted): (Nets, Vec<Consulted>) = postcard::from_bytes(content.part(0)?).ok()?;
        let consulted: Vec<Consulted> = consulted.into_iter().map(absolute).collect();
        (consulted.len() == files).then_some(Kept { content, nets, consulted })
    }

    /// The summaries of all files, in their order.
    pub fn summaries(&self) -> Option<Vec<Summary>> {
        let parts = (1..self.content.count()).into_par_iter();
        let parts = parts.map(|at| postcard::from_bytes(self.content.part(at)?).ok());
        let parts: Vec<Vec<Summary>> = parts.collect::<Option<_>>()?;
        let summaries: Vec<Summary> = parts.into_iter().flatten().collect();
        (summaries.len() == self.consulted.len()).then_some(summaries)
    }

    /// The files for which a look may find something else than before, by their numbers in order. None: too much differs.
    pub fn affected(&self, files: &[Reading], differing: &Differing) -> Option<Vec<usize>> {
        let mut meaning: FxHashSet<u32> = FxHashSet::default();
        let mut rows: FxHashSet<u32> = FxHashSet::default();
        let mut deeds: FxHashSet<u32> = FxHashSet::default();
        let mut names: FxHashSet<Box<str>> = FxHashSet::default();
        for (&at, now) in &differing.now {
            let before = &differing.before[&at];
            let change = Change::between(before, now);
            match change {
                Change::Nothing => continue,
                Change::Rows | Change::Deeds => rows.insert(at as u32),
                Change::Meaning => meaning.insert(at as u32),
            };
            if change == Change::Deeds {
                deeds.insert(at as u32);
            }
            names.extend(searched(before, now));
        }
        let own: Vec<&str> = self.nets.differing(differing.nets).into_iter().collect();
        if own.len() > NAMES || !own.iter().all(|name| name.is_ascii()) {
            return None;
        }
        let searcher = if own.is_empty() { None } else { Some(AhoCorasick::new(&own).ok()?) };
        let is_affected = |at: &usize| {
            let (consulted, report) = (&self.consulted[*at], differing.reports.get(at));
            let tells_of = |module: &u32| report.is_some_and(|it| tells_of(it, &files[*module as usize].file.display));
            differing.now.contains_key(at)
                || differing.open.contains(at)
                || consulted.all_texts && !differing.now.is_empty()
                || self.nets.leads_elsewhere(differing.nets, *at)
                || consulted.modules.iter().any(|module| meaning.contains(module))
                || consulted.followed.iter().any(|module| deeds.contains(module))
                || consulted.texts.iter().any(|file| differing.now.contains_key(&(*file as usize)))
                || consulted.names.iter().any(|name| names.contains(name))
                || consulted.modules.iter().filter(|module| rows.contains(module)).any(tells_of)
                || searcher.as_ref().is_some_and(|searcher| has_word(&files[*at], searcher))
        };
        Some((0..files.len()).into_par_iter().filter(is_affected).collect())
    }
}

/// Whether one of the words stands in a file; in one that cannot be read it may.
fn has_word(file: &Reading, searcher: &AhoCorasick) -> bool {
    let Ok(bytes) = read_bytes(&file.file.path) else { return true };
    searcher.find_overlapping_iter(&bytes).any(|hit| is_whole_word(&bytes, Span::new(hit.start(), hit.end())))
}

/// Whether a report speaks of a line of the file that is shown as `path`.
fn tells_of(report: &FileReport, path: &str) -> bool {
    let place = format!("{path}:");
    report.findings.iter().any(|finding| {
        let fix = finding.fix.iter().flat_map(|fix| fix.notes.iter().chain([&fix.title]));
        fix.chain(&finding.reason).chain([&finding.message]).any(|sentence| sentence.contains(&place))
    })
}

/// The parts of a project, to be written; `known` is what was kept of the former run, in which the files of `changed` had
/// another content.
pub fn parts<'k>(
    files: &'k [Reading],
    nets: &Nets,
    consulted: &[Consulted],
    known: Option<(&'k Kept, &'k FxHashSet<usize>)>,
) -> impl Iterator<Item = io::Result<Vec<u8>>> + 'k {
    let consulted: Vec<Consulted> = consulted.iter().map(relative).collect();
    let first = postcard::to_stdvec(&(nets, consulted)).map_err(io::Error::other);
    let count = files.len().div_ceil(PART);
    let rest = (0..count).step_by(PARTS).flat_map(move |from| {
        let some = (from..count.min(from + PARTS)).into_par_iter();
        some.map(|at| part(files, at, known)).collect::<Vec<_>>()
    });
    std::iter::once(first).chain(rest)
}

fn part(files: &[Reading], at: usize, known: Option<(&Kept, &FxHashSet<usize>)>) -> io::Result<Vec<u8>> {
    let range = at * PART..files.len().min((at + 1) * PART);
    let same = known.filter(|(_, changed)| !range.clone().any(|file| changed.contains(&file)));
    if let Some(bytes) = same.and_then(|(kept, _)| kept.content.part(at + 1)) {
        return Ok(bytes.to_vec());
    }
    let summaries: Vec<&Summary> = files[range].iter().map(|file| &*file.summary).collect();
    postcard::to_stdvec(&summaries).map_err(io::Error::other)
}

/// With the distances of the numbers in place of the numbers, which are small and take one byte.
fn relative(consulted: &Consulted) -> Consulted {
    let distances = |numbers: &[u32]| {
        let before = std::iter::once(0).chain(numbers.iter().copied());
        numbers.iter().zip(before).map(|(at, before)| at - before).collect()
    };
    Consulted { modules: distances(&consulted.modules), texts: distances(&consulted.texts), ..consulted.clone() }
}

fn absolute(mut consulted: Consulted) -> Consulted {
    for numbers in [&mut consulted.modules, &mut consulted.texts] {
        let mut at: u32 = 0;
        for number in numbers {
            at = at.wrapping_add(*number);
            *number = at;
        }
    }
    consulted
}
