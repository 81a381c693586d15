//! One text through the pipeline: outline, matches, plans, rounds of fixes.
//!
//! [`check`] gives the findings of a text, each with its fix as it would be applied alone. [`fix`] applies what is allowed,
//! round after round, until nothing changes. Nothing here sees a path, a file or a terminal, and no text makes it fail.

mod sources;
mod together;

pub use sources::Sources;
pub use together::{FixedTogether, Wide, fix_together};

use crate::codemod::candidates::Selection;
use crate::codemod::matching::{self, Trial};
use crate::codemod::planning::{self, Plans};
use crate::codemod::regions::Candidate;
use crate::finding::{Applicability, Elsewhere, Finding, Fix, Skip};
use crate::outline::{self, Cell, Outline};
use crate::plan::{Companion, Edit, Plan};
use crate::project::Module;
use crate::project::inference::{Consulted, Inference};
use crate::project::layout::ModuleId;
use crate::project::linked::Project;
use crate::project::propagation::Texts;
use crate::rewrite::{self, Keeps};
use crate::summary::{self, Summary};
use crate::suppression;
use crate::syntax;
use crate::text::{self, Lines, Span};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// How many rounds of fixes a text gets. Each round applies all fixes that do not touch each other, so that rounds count
/// how deep fixes lie in one another.
const ROUNDS: usize = 32;

/// How to look at one text.
#[derive(Clone, Copy)]
pub struct Settings<'s> {
    pub selection: &'s Selection<'s>,
    /// The Python 3 minor version that the code has to run on.
    pub minor: u8,
    /// The least trusted fixes that are applied.
    pub least: Applicability,
    /// The names of the fixes that are asked for, the dearest first.
    pub prefer: &'s [String],
    /// Parse every file whole, rather than the regions around candidates.
    pub whole_files: bool,
    /// Whether another file may mean an imported name of this one.
    pub keeps: Keeps<'s>,
    /// All files together.
    pub project: &'s Project,
    /// The file, as the project knows it.
    pub file: ModuleId,
    /// The texts of all files, for fixes that change several; none where such fixes are not to be made.
    pub texts: Option<&'s dyn Texts>,
}

/// A text with its outline and its summary, ready to be looked at.
#[derive(Clone)]
pub struct Read {
    pub text: Arc<str>,
    /// What people see of it: the same, or the cells of a notebook with what is IPython's in them, at the same offsets.
    pub shown: Arc<str>,
    pub outline: Arc<Outline>,
    pub summary: Arc<Summary>,
    /// What begins each cell of a notebook.
    mark: Option<Arc<str>>,
}

impl Read {
    /// Reads a text.
    pub fn of(text: Arc<str>) -> Read {
        Read::with(text.clone(), text, Vec::new(), None)
    }

    /// Reads the cells of a notebook, each under a line that begins with `mark`.
    pub fn of_cells(shown: Arc<str>, mark: Arc<str>) -> Read {
        let program = outline::program(&shown, &mark);
        Read::with(program.text.into(), shown, program.cells, Some(mark))
    }

    /// Where the outline is lost, the summary is that of the whole-file tree.
    fn with(text: Arc<str>, shown: Arc<str>, cells: Vec<Cell>, mark: Option<Arc<str>>) -> Read {
        let outline = Outline { cells, ..outline::read(&text) };
        let summary = match outline.lost {
            None => summary::summarise(&text, &outline),
            Some(_) => {
                let whole = outline::from_tree(&syntax::parse(&text), &text);
                summary::summarise(&text, &Outline { cells: outline.cells.clone(), ..whole })
            }
        };
        Read { text, shown, outline: Arc::new(outline), summary: Arc::new(summary), mark }
    }

    /// The text after some edits; none where they do not keep the cells of a notebook apart.
    fn after(&self, edits: &[Edit]) -> Option<Read> {
        let shown: Arc<str> = rewrite::replaced(&self.shown, edits)?.into();
        let Some(mark) = &self.mark else { return Some(Read::of(shown)) };
        let read = Read::of_cells(shown, mark.clone());
        let numbers = |read: &Read| read.outline.cells.iter().map(|cell| cell.number).collect::<Vec<_>>();
        (numbers(&read) == numbers(self) && *read.text == *rewrite::replaced(&self.text, edits)?).then_some(read)
    }

    /// Whether what is IPython's in a notebook mentions a name.
    fn mentions(&self, name: &str) -> bool {
        let hides = |at: usize| self.text.as_bytes()[at] != self.shown.as_bytes()[at];
        self.mark.is_some()
            && text::words(&self.shown, name).any(|at| {
                let line = Span::new(text::line_start(&self.shown, at), text::line_end(&self.shown, at));
                !self.outline.is_code(Span::at(at)) && line.range().any(hides) || hides(at)
            })
    }

    /// Why a fix may not make its edits: where they touch what is IPython's.
    fn refusal(&self, edits: &[Edit]) -> Option<String> {
        let touched = edits.iter().find(|edit| self.text[edit.span.range()] != self.shown[edit.span.range()])?;
        let line = &self.shown[touched.span.start..text::line_end(&self.shown, touched.span.start)];
        Some(format!("`{}` is IPython's, and stays as it is", line.trim()))
    }
}

/// What a text shows.
#[derive(Debug, Default)]
pub struct Checked {
    pub findings: Vec<Finding>,
    pub skip: Option<Skip>,
    /// What the look asked of other files.
    pub consulted: Consulted,
}

/// What became of a text.
#[derive(Debug, Default)]
pub struct Fixed {
    /// What people see of it now; none when it stayed as it was.
    pub text: Option<String>,
    /// The cells of the new text, where it is that of a notebook.
    pub cells: Vec<Cell>,
    /// How many fixes of each page are in it.
    pub applied: Vec<(Arc<str>, usize)>,
    /// What is left, with places in the new text.
    pub remaining: Checked,
    /// Faults of ours, a sentence each.
    pub bugs: Vec<String>,
}

/// A finding with the plans of its fixes.
struct Planned {
    finding: Finding,
    plan: Option<Plan>,
    alternatives: Vec<Plan>,
}

/// The findings of a text.
pub fn check(read: &Read, settings: &Settings) -> Checked {
    let opened = match opened(read, settings, settings.project) {
        Ok(opened) => opened,
        Err(inference) => return Checked { consulted: inference.consulted(), ..Checked::default() },
    };
    let planned = planned(&opened, settings);
    let findings = rendered(&opened, planned, settings);
    let skip = opened.broken().map(Skip::Unparsable);
    let consulted = opened.module.inference().map(|(inference, _)| inference.consulted());
    Checked { findings, skip, consulted: consulted.unwrap_or_default() }
}

/// Applies the fixes that are allowed, until none is left.
pub fn fix(read: &Read, settings: &Settings) -> Fixed {
    let mut fixed = Fixed::default();
    let mut counts: FxHashMap<Arc<str>, usize> = FxHashMap::default();
    let mut seen = FxHashSet::from_iter([blake3::hash(read.text.as_bytes())]);
    let mut now = read.clone();
    let mut project = settings.project.clone();
    let mut broken = None;
    for round_number in 0.. {
        if round_number == ROUNDS {
            fixed.bugs.push(format!("its fixes did not come to an end in {ROUNDS} rounds; running again goes on"));
            break;
        }
        let next = match round(&now, settings, &project, &mut counts, &mut fixed) {
            Ok(Some(next)) => next,
            Ok(None) => break,
            Err(skip) => {
                broken = Some(skip);
                break;
            }
        };
        if !seen.insert(blake3::hash(next.text.as_bytes())) {
            fixed
                .bugs
                .push("the fixes of this file undo each other; the last text that they agreed on is kept".to_owned());
            break;
        }
        now = next;
        project = settings.project.with(settings.file, now.summary.clone());
    }
    fixed.remaining = check(&now, &Settings { project: &project, ..*settings });
    if broken.is_some() {
        fixed.remaining.skip = broken;
    }
    fixed.applied = counts.into_iter().collect();
    fixed.applied.sort();
    fixed.text = (now.shown != read.shown).then(|| now.shown.to_string());
    fixed.cells = now.outline.cells.clone();
    fixed
}

/// One round: the text with all fixes that can stand together, or none when there is nothing to do. A file that is not valid
/// Python is left alone, wherever in it the mistake is.
fn round(
    read: &Read,
    settings: &Settings,
    project: &Project,
    counts: &mut FxHashMap<Arc<str>, usize>,
    fixed: &mut Fixed,
) -> Result<Option<Read>, Skip> {
    let Ok(module) = opened(read, settings, project) else { return Ok(None) };
    let plans: Vec<Plan> = planned(&module, settings)
        .into_iter()
        .filter_map(|planned| planned.plan)
        .filter(|plan| plan.applicability >= settings.least && plan.elsewhere.is_empty())
        .collect();
    if plans.is_empty() {
        return Ok(None);
    }
    let before = rewrite::shape(&read.text, read.outline.is_notebook());
    if let Some(offset) = before.error {
        return Err(Skip::Unparsable(offset));
    }
    let applied = rewrite::apply(&module.module, &before, &plans, &|name| keeps(read, settings, name));
    for (at, reason) in applied.refused {
        let plan = &plans[at];
        let row = module.module.row(plan.edits.first().map_or(0, |edit| edit.span.start));
        let bug = format!("line {row}: the fix of `{}` was dropped, because {reason}", plan.page);
        if !fixed.bugs.contains(&bug) {
            fixed.bugs.push(bug);
        }
    }
    if applied.kept.is_empty() {
        return Ok(None);
    }
    let Some(next) = read.after(&applied.edits) else {
        fixed.bugs.push("its fixes were dropped, because they do not keep its cells apart".to_owned());
        return Ok(None);
    };
    for &at in &applied.kept {
        *counts.entry(plans[at].page.clone()).or_default() += 1;
    }
    Ok(Some(next))
}

/// Whether an imported name is meant by what is no code of the text: by another file, or by IPython.
fn keeps(read: &Read, settings: &Settings, name: &str) -> bool {
    read.mentions(name) || (settings.keeps)(name)
}

/// A module with the regions that are worth a look.
struct Opened<'t> {
    read: &'t Read,
    module: Module<'t>,
    candidates: Vec<Candidate>,
}

/// What asked the other files in vain, where no page has anything to say.
fn opened<'t>(read: &'t Read, settings: &Settings<'t>, project: &'t Project) -> Result<Opened<'t>, Box<Inference<'t>>> {
    let text = &*read.text;
    let inference = Inference::new(project);
    let (module, candidates) = if settings.whole_files {
        (Module::whole(text).with_cells(&read.outline), vec![Candidate::everywhere(text, &settings.selection.pages)])
    } else {
        let candidates = settings.selection.candidates(text, &read.outline, &inference, settings.file);
        if candidates.is_empty() {
            return Err(Box::new(inference));
        }
        (Module::by_region(text, read.outline.clone()), candidates)
    };
    if suppression::skips_file(text, &module.outline.comments) {
        return Err(Box::new(inference));
    }
    Ok(Opened { read, module: module.within(inference, settings.file).beside(settings.texts), candidates })
}

impl Opened<'_> {
    /// Where the first syntax error is in what was looked at. A mistake in a region without candidates is only found when the
    /// file is parsed whole, to be fixed.
    fn broken(&self) -> Option<usize> {
        if self.module.is_whole() {
            return self.module.first_error();
        }
        self.candidates.iter().filter_map(|candidate| self.module.error_near(candidate.region.start)).min()
    }
}

/// The findings with their plans, in order of place; none in a region that does not parse.
fn planned(opened: &Opened, settings: &Settings) -> Vec<Planned> {
    let module = &opened.module;
    let mut found: Vec<Planned> = Vec::new();
    for candidate in &opened.candidates {
        for matched in matching::matches(module, settings.selection, candidate, settings.minor, None) {
            let page = matched.page;
            let known = found.iter().any(|other| other.finding.span == matched.span && other.finding.page == page.name);
            let is_broken = || module.error_near(matched.span.start).is_some();
            if known || suppression::is_suppressed(module, page, matched.span) || is_broken() {
                continue;
            }
            let Plans { mut chosen, mut reason, mut others, refusals } = planning::plans(&matched, settings.prefer);
            let refusal = |plan: &Plan| opened.read.refusal(&plan.edits);
            if let Some(refusal) = chosen.as_ref().and_then(refusal) {
                (chosen, reason) = (None, Some(refusal));
            }
            others.retain(|plan| refusal(plan).is_none());
            let finding = Finding {
                page: page.name.clone(),
                code: page.code.clone(),
                message: planning::message(&matched),
                span: matched.span,
                fix: None,
                reason,
                alternatives: Vec::new(),
                refusals,
                matter: planning::matter(&matched),
            };
            found.push(Planned { finding, plan: chosen, alternatives: others });
        }
    }
    found.sort_by(|one, other| {
        let key = |planned: &Planned| (planned.finding.span, planned.finding.code.clone());
        key(one).cmp(&key(other))
    });
    found
}

fn rendered(opened: &Opened, planned: Vec<Planned>, settings: &Settings) -> Vec<Finding> {
    let keeps = |name: &str| keeps(opened.read, settings, name);
    let alone = |plan: Plan| Fix {
        edits: rewrite::assemble(&opened.module, &[&plan], &keeps),
        title: plan.title,
        name: plan.name,
        applicability: plan.applicability,
        notes: plan.notes,
        elsewhere: plan.elsewhere.iter().map(elsewhere).collect(),
    };
    let with_fixes = |planned: Planned| Finding {
        fix: planned.plan.map(alone),
        alternatives: planned.alternatives.into_iter().map(alone).collect(),
        ..planned.finding
    };
    planned.into_iter().map(with_fixes).collect()
}

fn elsewhere(companion: &Companion) -> Elsewhere {
    let lines = Lines::of(&companion.before);
    let place = |offset: usize| lines.location(&companion.before, offset);
    let located = |edit: &Edit| (edit.clone(), place(edit.span.start), place(edit.span.end));
    Elsewhere { path: companion.path.clone(), edits: companion.edits.iter().map(located).collect() }
}

/// What was asked of one candidate, and what came of it: for `aiofix why`.
pub struct Reasoning {
    pub page: Arc<str>,
    pub code: Arc<str>,
    pub span: Span,
    /// Each predicate with its answer.
    pub answers: Vec<(String, crate::project::Answer)>,
    pub suppressed: bool,
    /// What the inference knows of the place, and from where, a sentence each.
    pub evidence: Vec<String>,
}

/// Everything that the pages asked of the places on some lines, whether it led to a finding or not.
pub fn reasons(read: &Read, lines: Span, settings: &Settings) -> Vec<Reasoning> {
    let module =
        Module::whole(&read.text).with_cells(&read.outline).within(Inference::new(settings.project), settings.file);
    let module = module.beside(settings.texts);
    let everywhere = Candidate::everywhere(&read.text, &settings.selection.pages);
    let mut trials: Vec<Trial> = Vec::new();
    matching::matches(&module, settings.selection, &everywhere, settings.minor, Some(&mut trials));
    let here = trials.into_iter().filter(|trial| trial.span.start < lines.end && lines.start <= trial.span.start);
    here.map(|trial| Reasoning {
        page: trial.page.name.clone(),
        code: trial.page.code.clone(),
        span: trial.span,
        suppressed: suppression::is_suppressed(&module, trial.page, trial.span),
        evidence: module.node_at(trial.span).map(|node| module.evidence(node)).unwrap_or_default(),
        answers: trial.answers,
    })
    .collect()
}
