//! The fixes that change several files, when those of each file alone are done.

use super::{Done, Run, Task};
use crate::cli::mentions::Mentions;
use crate::cli::reading::Reading;
use crate::cli::sources::sources;
use crate::driver::{self, FixedTogether, Read, Settings, Sources, Wide};
use crate::finding::{FileReport, Skip};
use crate::project::layout::ModuleId;
use crate::project::linked::Project;
use crate::project::propagation::Texts;
use crate::report;
use crate::workspace;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Run<'_> {
    /// Applies what is left to apply in several files at once, and adds that to what was done.
    pub(super) fn together(&self, readings: &[Reading], project: &Project, done: &mut Vec<Done>) {
        let numbers: FxHashMap<&str, usize> =
            readings.iter().enumerate().map(|(at, reading)| (&*reading.file.display, at)).collect();
        let open = |done: &&Done| done.report.findings.iter().any(|finding| self.selection.spreads(&finding.page));
        let open: Vec<ModuleId> =
            done.iter().filter(open).map(|done| ModuleId(numbers[&*done.report.path] as u32)).collect();
        if open.is_empty() {
            return;
        }
        let fixed: FxHashMap<usize, Arc<str>> = done
            .iter()
            .filter_map(|done| Some((numbers[&*done.report.path], done.report.fixed.as_deref()?.into())))
            .collect();
        let mut project = project.clone();
        for (at, text) in &fixed {
            project = project.with(ModuleId(*at as u32), Read::of(text.clone()).summary);
        }
        let mentions = Mentions::new(self.discovery.clone());
        let mut sources = sources(readings, &|at| fixed.get(&at).cloned(), &self.discovery, &mentions);
        let before: FxHashMap<ModuleId, Arc<str>> = (0..readings.len() as u32)
            .filter_map(|at| Some((ModuleId(at), sources.text(ModuleId(at))?.text.clone())))
            .collect();
        let minor = |file: ModuleId| self.minor(&readings[file.0 as usize].file.path);
        let wide = Wide {
            selection: &self.selection,
            prefer: &self.prefer,
            least: self.least,
            whole_files: self.whole_files,
            minor: &minor,
        };
        let made = driver::fix_together(&wide, &mut sources, &project, &open);
        for (file, bug) in &made.bugs {
            self.report_of(done, readings, *file, &before).report.bugs.push(bug.clone());
        }
        let written = match self.task {
            Task::Fix => write_all(readings, &made, &before),
            _ => Ok(()),
        };
        match written {
            Ok(()) => {
                self.tell_all(readings, &made, &before, done);
                let project = made.project.as_ref().unwrap_or(&project);
                self.look_again(readings, &open, &made, project, &sources, done);
            }
            Err((file, skip)) => {
                // Nothing was written.
                for (file, text) in before.iter().filter(|(file, _)| made.texts.contains_key(file)) {
                    sources.put(*file, &Read::of(text.clone()));
                }
                self.look_again(readings, &open, &FixedTogether::default(), &project, &sources, done);
                self.report_of(done, readings, file, &before).report.skip = Some(skip);
            }
        }
    }

    /// What is left to find in the files that changed and in those where there was something to do.
    fn look_again(
        &self,
        readings: &[Reading],
        open: &[ModuleId],
        made: &FixedTogether,
        project: &Project,
        sources: &Sources,
        done: &mut Vec<Done>,
    ) {
        if self.task == Task::Diff {
            return;
        }
        let files: BTreeSet<ModuleId> = open.iter().copied().chain(made.texts.keys().copied()).collect();
        for file in files {
            let Some(text) = sources.text(file).map(|file| file.text.clone()) else { continue };
            let path = &readings[file.0 as usize].file.path;
            let keeps = |name: &str| sources.keeps_import(file, name);
            let settings = self.settings(self.minor(path), &keeps, project, file);
            let settings = Settings { texts: Some(sources), ..settings };
            let findings = driver::check(&Read::of(text.clone()), &settings).findings;
            let none = FxHashMap::default();
            let done = self.report_of(done, readings, file, &none);
            (done.report.findings, done.report.text) = (findings, text);
        }
    }

    /// Adds what changed to the reports.
    fn tell_all(
        &self,
        readings: &[Reading],
        made: &FixedTogether,
        before: &FxHashMap<ModuleId, Arc<str>>,
        done: &mut Vec<Done>,
    ) {
        for (file, text) in &made.texts {
            let reading = &readings[file.0 as usize];
            let done = self.report_of(done, readings, *file, before);
            for ((_, page), count) in made.applied.iter().filter(|((at, _), _)| at == file) {
                match done.report.applied.iter_mut().find(|(known, _)| known == page) {
                    Some((_, known)) => *known += count,
                    None => done.report.applied.push((page.clone(), *count)),
                }
            }
            done.report.applied.sort();
            if let (Task::Diff, Ok(encoding)) = (self.task, &reading.encoding) {
                // The text on the disk is still the one before all fixes.
                let old = encoding.encode(&done.report.text).map(|bytes| bytes.into_owned());
                if let (Ok(old), Ok(new)) = (old, encoding.encode(text)) {
                    done.diff = report::diff(&old, &new, &done.report.path, &[], &self.styles);
                }
            }
            done.report.fixed = Some(text.clone());
        }
    }

    /// What was done with a file; of one that nothing was done with yet, a new report.
    fn report_of<'d>(
        &self,
        done: &'d mut Vec<Done>,
        readings: &[Reading],
        file: ModuleId,
        before: &FxHashMap<ModuleId, Arc<str>>,
    ) -> &'d mut Done {
        let path = &readings[file.0 as usize].file.display;
        let at = done.iter().position(|done| done.report.path == *path).unwrap_or_else(|| {
            done.push(Done::of(FileReport::of(path.clone(), before.get(&file).cloned().unwrap_or_default())));
            done.len() - 1
        });
        &mut done[at]
    }
}

/// Writes all files; where one cannot be written, those before it get their old text again.
fn write_all(
    readings: &[Reading],
    made: &FixedTogether,
    before: &FxHashMap<ModuleId, Arc<str>>,
) -> Result<(), (ModuleId, Skip)> {
    let files: Vec<(ModuleId, &str, &str)> =
        made.texts.iter().map(|(file, text)| (*file, &*before[file], text.as_str())).collect();
    let write = |file: ModuleId, old: &str, new: &str| {
        let reading = &readings[file.0 as usize];
        let encoding = reading.encoding.clone()?;
        workspace::write(&reading.file.path, encoding, old, new)
    };
    for (at, (file, old, new)) in files.iter().enumerate() {
        if let Err(skip) = write(*file, old, new) {
            for (file, old, new) in files[..at].iter().rev() {
                write(*file, new, old).map_err(|skip| (*file, skip))?;
            }
            return Err((*file, skip));
        }
    }
    Ok(())
}
