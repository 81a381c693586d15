//! `check` once more: what the last run told of the files that nothing changed for, and a look at the others.

use super::{Done, Looks, Run};
use crate::cli::arguments::RunOptions;
use crate::cli::cache::{Cache, Former, Told};
use crate::cli::kept::{Differing, Kept};
use crate::cli::reading::{self, Reading};
use crate::finding::FileReport;
use crate::project::changes::Nets;
use crate::summary::Summary;
use crate::workspace::File;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::path::Path;

impl Run<'_> {
    /// What this run tells, as far as the last one helps; none where it does not.
    pub(super) fn again(&self, cache: &Cache, options: &RunOptions, files: &[File]) -> Option<Vec<Done>> {
        let former = cache.former(files, &options.paths, |path| self.minor(path), &self.mentions)?;
        match former.is_same() {
            true => Some(cache.replay(former, files)?.into_iter().map(Done::of).collect()),
            false => self.changed(cache, options, files, &former),
        }
    }

    fn changed(&self, cache: &Cache, options: &RunOptions, files: &[File], former: &Former) -> Option<Vec<Done>> {
        let mut kept = cache.kept(former)?;
        let (mut readings, before) = renewed(cache, files, former, &kept)?;
        let project = reading::link(&readings, &self.environment, self.selection.asks().with(self.own), false);
        let nets = Nets::of(&project);
        let reports = former.reports(files);
        let which = {
            let now = former.changed.iter().map(|&at| (at, &*readings[at].summary)).collect();
            let open = &former.mentioned;
            kept.affected(&readings, &Differing { now, before, open, nets: &nets, reports: &reports })?
        };
        fill(cache, &mut readings, &which, former)?;
        let Looks { mut done, consulted } = self.all(&readings, &which, &project, options.quiet);
        consulted.into_iter().for_each(|(at, consulted)| kept.consulted[at] = consulted);
        let others: Vec<(&usize, &&FileReport)> =
            reports.iter().filter(|(at, _)| which.binary_search(at).is_err()).collect();
        let others = others.into_par_iter().map(|(_, report)| cache.with_text(report, files, &former.fingerprints));
        done.extend(others.collect::<Option<Vec<FileReport>>>()?.into_iter().map(Done::of));
        let paths: FxHashSet<&Path> = which.iter().map(|&at| &*files[at].path).collect();
        let told = Told {
            readings: &readings,
            reports: done.iter().map(|done| done.report.clone()).collect(),
            nets: &nets,
            consulted: &kept.consulted,
            observed: former.observed(self.environment.observed()),
            asked: former.asked(&paths, self.mentions.asked()),
        };
        self.store(cache, told, options, Some((&kept, &former.changed)));
        std::mem::forget((readings, project));
        Some(done)
    }
}

/// All files, those alone with their text that changed, and the former summaries of these.
fn renewed(
    cache: &Cache,
    files: &[File],
    former: &Former,
    kept: &Kept,
) -> Option<(Vec<Reading>, FxHashMap<usize, Summary>)> {
    let summaries = kept.summaries()?.into_par_iter().zip(files.par_iter().zip(&former.fingerprints)).enumerate();
    let renewed = summaries.map(|(at, (summary, (file, fingerprint)))| match former.changed.contains(&at) {
        true => (Reading::of(file.clone(), cache.started()), Some((at, summary))),
        false => (Reading::unread(file.clone(), fingerprint.clone(), summary), None),
    });
    let (readings, before): (Vec<Reading>, Vec<Option<(usize, Summary)>>) = renewed.unzip();
    Some((readings, before.into_iter().flatten().collect()))
}

/// Reads the files that are to be looked at; none where one of them changed under our hands.
fn fill(cache: &Cache, readings: &mut [Reading], which: &[usize], former: &Former) -> Option<()> {
    let unread = which.par_iter().filter(|at| !former.changed.contains(at));
    let read: Vec<(usize, Reading)> =
        unread.map(|&at| (at, Reading::of(readings[at].file.clone(), cache.started()))).collect();
    for (at, reading) in read {
        (reading.fingerprint.hash == readings[at].fingerprint.hash).then_some(())?;
        readings[at] = reading;
    }
    Some(())
}
