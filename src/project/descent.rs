//! How plain functions get to some end, through any number of calls across files: to a call that blocks, or to what runs an
//! event loop.
//!
//! In: what is called. Out: whether running it gets there, and by which way, or why nobody can tell. What a function
//! calls is in its summary ([`DeedKind::Call`]); each call is followed where the inference knows what it means, and where it
//! may be one of several, a method with overrides, all of them have to get there. What a function hands to others without
//! calling it is not followed, and so nothing that a thread or an executor is given.
//!
//! A call that blocks counts where the function makes it whenever it runs: what blocks only in a branch, behind a value that was
//! kept or while an error is handled may as well never block, and that a chain of such calls does says nothing. One that only
//! asks the file system about a name does not count: a function that makes one is no slower for it. A loop is another matter:
//! where one runs already the call raises, in whatever branch.
//!
//! All ways to an end are found at once ([`ways`]).

mod ends;
mod ways;

pub use ways::{Calls, Ends, Ways};

use crate::outline::BlockKind;
use crate::project::expression::Expression;
use crate::project::inference::{Inference, Place};
use crate::project::linked::{Definition, Origin, Project};
use crate::project::types::Type;
use crate::project::{Answer, Module};
use crate::summary::{Deed, DeedKind, Summary, last_name};
use crate::syntax::ancestors;
use std::sync::{Arc, Mutex, OnceLock};
use tree_sitter::Node;

/// How many functions lie on the longest way that is found.
const LONGEST: usize = 16;

/// What tells whether a loop runs, and in which thread.
const LOOPS: [&str; 6] =
    ["_get_running_loop", "current_async_library", "current_task", "current_thread", "get_ident", "get_running_loop"];

/// What ways lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// A call that blocks its thread, by the table.
    Block,
    /// What runs an event loop.
    Loop,
}

impl Goal {
    pub const ALL: [Goal; 2] = [Goal::Block, Goal::Loop];

    /// Whether only what a function does whenever it runs leads there.
    fn is_certain(self) -> bool {
        self == Goal::Block
    }

    /// What a function asks, or has at hand, that does one thing on an event loop and another elsewhere. What is called for the
    /// sake of another thread's loop is called in none.
    fn asks_where(self, name: &str) -> bool {
        LOOPS.contains(&name)
            || name == "main_thread"
            || match self {
                Goal::Block => name == "get_event_loop" || name.ends_with("_threadsafe"),
                Goal::Loop => {
                    ["Thread", "ThreadPoolExecutor", "is_running", "run_coroutine_threadsafe", "submit"].contains(&name)
                }
            }
    }
}

/// A way from a plain function to an end.
#[derive(Clone, Debug)]
pub struct Descent {
    /// `load → _read → time.sleep`, with the places of the calls.
    pub told: String,
    /// The function that calls the end.
    pub holder: Definition,
}

/// Whether a call gets to an end.
#[derive(Clone, Debug)]
pub enum Reached {
    By(Descent),
    No(String),
    Unknown(String),
}

/// The ways of a project, found when somebody asks, and what was found out of calls, which outlives a change of some files.
#[derive(Default)]
pub struct Descents {
    blocks: OnceLock<Ways>,
    loops: OnceLock<Ways>,
    edges: Arc<Mutex<ways::Edges>>,
    /// Those before any file changed.
    before: Option<Arc<Descents>>,
}

impl Descents {
    /// Those of a project that differs from another's in some files.
    pub fn of_changed(other: &Arc<Descents>) -> Descents {
        let before = other.before.clone().unwrap_or_else(|| other.clone());
        Descents { edges: other.edges.clone(), before: Some(before), ..Descents::default() }
    }

    /// Whether something of a name may get to an end. The names are those before any file changed, so that a file that changes and
    /// calls nothing of the kind costs no search.
    pub fn has_name(&self, project: &Project, goal: Goal, name: &str) -> bool {
        let known = self.before.as_ref().and_then(|before| before.slot(goal).get());
        known.unwrap_or_else(|| self.ways(project, goal)).names.contains_key(name)
    }

    /// Finds the ways to some ends, for all files at once.
    pub fn find(&self, project: &Project, goals: &[Goal]) {
        let ends: Vec<Ends> = goals.iter().map(|goal| Ends::of(project, *goal)).collect();
        let calls = Calls::of(project, &ends);
        let mut edges = self.edges.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone();
        for goal in goals {
            let ways = Ways::search(project, &calls, *goal, &mut edges);
            // Another may have been faster.
            let _ = self.slot(*goal).set(ways);
        }
        *self.edges.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = edges;
    }

    /// The ways that were found.
    pub fn known(&self) -> impl Iterator<Item = &Ways> {
        Goal::ALL.into_iter().filter_map(|goal| self.slot(goal).get())
    }

    /// The ways to an end.
    pub fn ways(&self, project: &Project, goal: Goal) -> &Ways {
        let slot = self.slot(goal);
        if slot.get().is_none() {
            self.find(project, &[goal]);
        }
        slot.get().expect("they were just found")
    }

    fn slot(&self, goal: Goal) -> &OnceLock<Ways> {
        match goal {
            Goal::Block => &self.blocks,
            Goal::Loop => &self.loops,
        }
    }
}

impl Module<'_> {
    /// Whether a call of `function` runs plain functions that get to an end.
    pub fn descends(&self, function: Node, goal: Goal) -> Reached {
        let Some((inference, _)) = self.inference() else {
            return Reached::No("the file is looked at alone".to_owned());
        };
        let Some(call) = function.parent().filter(|call| call.kind() == "call") else {
            return Reached::No("it is not called".to_owned());
        };
        let around = ancestors(call).find(|outer| outer.kind() != "parenthesized_expression");
        if around.is_some_and(|outer| outer.kind() == "await") {
            return Reached::No("it is awaited".to_owned());
        }
        if goal == Goal::Block {
            match self.blocking_call(function) {
                Ok(_) => return Reached::No("it blocks by itself".to_owned()),
                Err(Answer::Unknown(reason)) if self.runs_by_hand() => return Reached::Unknown(reason),
                Err(_) => {}
            }
        }
        inference.descends(&self.infer(function), goal)
    }

    /// The same as an answer.
    pub fn gets_to(&self, function: Node, goal: Goal) -> Answer {
        match self.descends(function, goal) {
            Reached::By(_) => Answer::Yes,
            Reached::No(reason) => Answer::No(reason),
            Reached::Unknown(reason) => Answer::Unknown(reason),
        }
    }
}

impl Inference<'_> {
    /// Whether calling something gets to an end.
    pub fn descends(&self, callee: &Type, goal: Goal) -> Reached {
        let ways = self.project.ways(goal);
        // Where the method itself does not get there, no override changes that.
        if let Type::Function(function) = callee
            && self.is_of_run(function.definition)
            && !self.does_nothing(function.definition)
            && ways.of(function.definition).is_none()
        {
            return Reached::No(self.reason(function.definition, goal));
        }
        let functions = match self.functions_of(callee) {
            Ok(functions) => functions,
            Err(reason) => return Reached::Unknown(reason),
        };
        let Some(first) = functions.first() else {
            return Reached::No("it runs no function of the project".to_owned());
        };
        let (there, elsewhere): (Vec<Definition>, Vec<Definition>) =
            functions.iter().partition(|function| ways.of(**function).is_some());
        match elsewhere.first() {
            None => Reached::By(Descent { told: ways.told(self, *first), holder: ways.holder(*first) }),
            Some(other) if !there.is_empty() => {
                Reached::Unknown(format!("`{}` does otherwise ({})", self.path(*other), self.location(*other)))
            }
            Some(other) => Reached::No(self.reason(*other, goal)),
        }
    }

    /// A function that calling something may run and that may run an event loop itself, whether or not one runs already: it has
    /// other ways, but does not ask for a loop first.
    pub fn may_run_loop(&self, callee: &Type) -> Option<Definition> {
        let functions = self.functions_of(callee).ok()?;
        functions.into_iter().find(|function| {
            let entry = self.entry(function.module);
            let deeds = entry.summary.deeds_of(function.block);
            let mut calls = deeds.iter().filter(|deed| deed.kind == DeedKind::Call);
            let asks = |deed: &Deed| {
                let name = last_name(entry.summary.slice(deed.source));
                LOOPS.contains(&name) || name == "is_running"
            };
            let is_plain =
                entry.summary.blocks[function.block as usize].kind == BlockKind::Function { is_async: false };
            is_plain && !deeds.iter().any(asks) && calls.any(|deed| self.end(Goal::Loop, *function, deed).is_some())
        })
    }

    /// Why a function does not get to an end.
    fn reason(&self, function: Definition, goal: Goal) -> String {
        self.runs_otherwise(goal, function).unwrap_or_else(|| match goal {
            Goal::Block => "nothing that it is known to call whenever it runs blocks".to_owned(),
            Goal::Loop => "nothing that it is known to call runs an event loop".to_owned(),
        })
    }

    fn does_nothing(&self, function: Definition) -> bool {
        self.entry(function.module).summary.blocks[function.block as usize].is_empty
    }

    /// The functions of the project that calling something runs, one of them; none where it runs nothing of the kind.
    pub(super) fn functions_of(&self, callee: &Type) -> Result<Vec<Definition>, String> {
        match callee {
            Type::Unknown(reason) | Type::Foreign(reason, _) => Err(reason.to_string()),
            Type::StaticMethod(inner) | Type::ClassMethod(inner) => self.functions_of(inner),
            Type::Union(parts) => {
                let all: Result<Vec<_>, _> = parts.iter().map(|part| self.functions_of(part)).collect();
                let all = all?;
                match all.iter().any(Vec::is_empty) {
                    true if all.iter().any(|functions| !functions.is_empty()) => {
                        Err("it may be one thing or another".to_owned())
                    }
                    _ => Ok(all.concat()),
                }
            }
            Type::Class(class, _) => match self.member(*class, "__init__", false) {
                Type::Function(init) if self.is_of_run(init.definition) => Ok(vec![init.definition]),
                _ => Ok(Vec::new()),
            },
            Type::Function(function) if self.is_of_run(function.definition) => {
                let own = function.definition;
                let entry = self.entry(own.module);
                let mut all = match &function.receiver {
                    Some(Type::Instance(class, _)) => self.near_overrides(*class, entry.summary.name_of(own.block)),
                    _ => Vec::new(),
                };
                // A method that does nothing is there to be overridden.
                if all.is_empty() || !entry.summary.blocks[own.block as usize].is_empty {
                    all.insert(0, own);
                }
                Ok(all)
            }
            _ => Ok(Vec::new()),
        }
    }

    /// The methods of subclasses that stand in for a method of a class. A class that nobody names as a base has none.
    fn near_overrides(&self, class: Definition, name: &str) -> Vec<Definition> {
        if self.methods(name).len() < 2 || self.heirs(class).len() < 2 {
            Vec::new()
        } else {
            self.overrides(class, name)
        }
    }

    fn is_of_run(&self, function: Definition) -> bool {
        self.entry(function.module).origin == Origin::Run
    }

    /// Why calling a function does not run its body then and there, or not as it does elsewhere.
    fn runs_otherwise(&self, goal: Goal, function: Definition) -> Option<String> {
        let entry = self.entry(function.module);
        let block = &entry.summary.blocks[function.block as usize];
        if block.kind != (BlockKind::Function { is_async: false }) {
            return Some("calling it only makes a coroutine".to_owned());
        }
        if block.is_generator {
            return Some("calling it only makes a generator".to_owned());
        }
        let name = || entry.summary.name_of(function.block);
        let asks =
            |deed: &Deed| deed.kind == DeedKind::Call && goal.asks_where(last_name(entry.summary.slice(deed.source)));
        if entry.summary.deeds_of(function.block).iter().any(asks) {
            return Some(format!("`{}` asks where it runs", name()));
        }
        if goal == Goal::Loop {
            return None;
        }
        if self.project.blocking().ignores(&self.path(function)) {
            return Some(format!("the configuration says to ignore `{}`", name()));
        }
        let is_kept = is_cached(&entry.summary, function.block);
        is_kept.then(|| format!("`{}` keeps what it gave, and only its first call blocks", name()))
    }

    /// What a function does, as its summary says.
    pub(super) fn deeds(&self, function: Definition) -> Vec<Deed> {
        self.follow(function.module);
        let entry = self.entry(function.module);
        entry.summary.deeds_of(function.block).to_vec()
    }

    /// The functions of which a call in a summary runs one, none of them where that is not known.
    fn runs(&self, caller: Definition, deed: &Deed) -> Option<Vec<Definition>> {
        let entry = self.entry(caller.module);
        let Expression::Call(callee, ..) = Expression::parse(entry.summary.slice(deed.source)) else { return None };
        let place = Place { module: caller.module, block: Some(caller.block) };
        self.functions_of(&self.infer(&callee, &place)).ok().filter(|functions| !functions.is_empty())
    }
}

/// Whether a decorator keeps what a function gave.
fn is_cached(summary: &Summary, function: u32) -> bool {
    let block = &summary.blocks[function as usize];
    let decorators =
        summary.slice(block.head).split(['\n', '\r']).filter_map(|line| line.trim_start().strip_prefix('@'));
    block.decorators > 0
        && decorators.into_iter().any(|decorator| {
            let path = decorator.split('(').next().unwrap_or(decorator).trim();
            matches!(path.rsplit('.').next(), Some("cache" | "lru_cache"))
        })
}
