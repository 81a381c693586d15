//! Fixes that change several files: one after the other, each in all its files or in none.
//!
//! In: all texts, the project that they are, and the files with findings of such pages. Out: the new texts. After each fix the
//! other fixes have their turn in the files that it changed, as a coroutine function has pitfalls that a plain one has not.

use super::{ROUNDS, Read, Settings, Sources, fix, opened, planned};
use crate::codemod::candidates::Selection;
use crate::finding::Applicability;
use crate::project::layout::ModuleId;
use crate::project::linked::Project;
use crate::project::propagation::Texts;
use crate::rewrite;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How to look at all files.
pub struct Wide<'w> {
    pub selection: &'w Selection<'w>,
    pub prefer: &'w [String],
    pub least: Applicability,
    pub whole_files: bool,
    /// The Python 3 minor version that a file has to run on.
    pub minor: &'w dyn Fn(ModuleId) -> u8,
}

/// What became of all files.
#[derive(Default)]
pub struct FixedTogether {
    /// The new texts of the files that changed.
    pub texts: BTreeMap<ModuleId, String>,
    /// How many fixes of which page began in which file.
    pub applied: BTreeMap<(ModuleId, Arc<str>), usize>,
    /// Faults of ours, with the file of the finding.
    pub bugs: Vec<(ModuleId, String)>,
    /// The project after all fixes.
    pub project: Option<Project>,
}

/// Applies the fixes that change several files, those of the findings in `open` first.
pub fn fix_together(wide: &Wide, sources: &mut Sources, project: &Project, open: &[ModuleId]) -> FixedTogether {
    let mut fixed = FixedTogether::default();
    let mut project = project.clone();
    let mut queue: BTreeSet<ModuleId> = open.iter().copied().collect();
    let mut rounds = 0;
    while let Some(file) = queue.pop_first() {
        if rounds == ROUNDS * open.len().max(1) {
            fixed.bugs.push((file, "the fixes of several files did not come to an end".to_owned()));
            break;
        }
        let Some(made) = first(wide, sources, &project, file, &mut fixed.bugs) else { continue };
        rounds += 1;
        *fixed.applied.entry((file, made.page)).or_default() += 1;
        for (changed, text) in made.texts {
            put(sources, &mut project, &mut fixed, changed, text);
            let more = sources.text(changed).map(|file| Read::of(file.text.clone())).and_then(|read| {
                let keeps = |name: &str| sources.keeps_import(changed, name);
                let done = fix(&read, &settings(wide, &project, changed, &keeps, None));
                done.applied.iter().for_each(|(page, count)| {
                    *fixed.applied.entry((changed, page.clone())).or_default() += count;
                });
                fixed.bugs.extend(done.bugs.into_iter().map(|bug| (changed, bug)));
                done.text
            });
            if let Some(text) = more {
                put(sources, &mut project, &mut fixed, changed, text);
            }
        }
        queue.insert(file);
    }
    fixed.project = Some(project);
    fixed
}

fn put(sources: &mut Sources, project: &mut Project, fixed: &mut FixedTogether, file: ModuleId, text: String) {
    let read = Read::of(text.as_str().into());
    *project = project.with(file, read.summary.clone());
    sources.put(file, &read);
    fixed.texts.insert(file, text);
}

fn settings<'s>(
    wide: &Wide<'s>,
    project: &'s Project,
    file: ModuleId,
    keeps: &'s dyn Fn(&str) -> bool,
    texts: Option<&'s dyn Texts>,
) -> Settings<'s> {
    let Wide { selection, prefer, least, whole_files, minor } = *wide;
    Settings { selection, minor: minor(file), least, prefer, whole_files, keeps, project, file, texts }
}

/// A fix of several files, carried out.
struct Made {
    page: Arc<str>,
    /// The new texts, that of the finding's own file first.
    texts: Vec<(ModuleId, String)>,
}

/// The first allowed fix of a file that can be proved, among those that need all texts.
fn first(
    wide: &Wide,
    sources: &Sources,
    project: &Project,
    file: ModuleId,
    bugs: &mut Vec<(ModuleId, String)>,
) -> Option<Made> {
    let read = Read::of(sources.text(file)?.text.clone());
    let keeps = |name: &str| sources.keeps_import(file, name);
    let settings = settings(wide, project, file, &keeps, Some(sources));
    let opened = opened(&read, &settings, project).ok()?;
    let before = rewrite::shape(&read.text, false);
    let plans = planned(&opened, &settings).into_iter().filter_map(|planned| planned.plan);
    for plan in plans.filter(|plan| plan.applicability >= wide.least && wide.selection.spreads(&plan.page)) {
        let applied = rewrite::apply(&opened.module, &before, std::slice::from_ref(&plan), &keeps);
        if let Some(text) = applied.text {
            let others =
                plan.elsewhere.into_iter().map(|companion| (ModuleId(companion.file), companion.after.to_string()));
            return Some(Made { page: plan.page, texts: std::iter::once((file, text)).chain(others).collect() });
        }
        for (_, reason) in applied.refused {
            let bug = (file, format!("the fix of `{}` was dropped, because {reason}", plan.page));
            if !bugs.contains(&bug) {
                bugs.push(bug);
            }
        }
    }
    None
}
