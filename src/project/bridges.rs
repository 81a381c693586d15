//! How plain functions get to what runs an event loop, through any number of calls across files.
//!
//! In: what is called. Out: the way to `asyncio.run` or a loop's `run_until_complete`, which always raises where a loop runs
//! already, and the function that makes that call. A way is followed as in [`super::descent`], and along a net of names of its
//! own; where a call may run one of several functions, all of them have to get there. A function that asks whether a loop runs,
//! or that has a thread at hand, is not followed: it does one thing in a coroutine and another elsewhere.

use crate::outline::BlockKind;
use crate::project::expression::Expression;
use crate::project::inference::{Inference, Place};
use crate::project::linked::Definition;
use crate::project::types::Type;
use crate::project::{Answer, Module};
use crate::summary::{DeedKind, callee_end, last_name};
use crate::syntax::ancestors;
use tree_sitter::Node;

/// How many functions lie on the longest way that is followed.
const DEPTH: usize = 16;

/// How many functions are looked at for one call.
const FUNCTIONS: usize = 400;

/// What runs a loop, by its path.
pub(super) const RUNNERS: [&str; 2] = ["asyncio.run", "asyncio.run_until_complete"];

/// The method of a loop that runs a coroutine to its end.
const RUN: &str = "run_until_complete";

/// What a function calls that does one thing where a loop runs and another elsewhere: it asks, or has a thread at hand.
const ASKS: [&str; 12] = [
    "Thread",
    "ThreadPoolExecutor",
    "_get_running_loop",
    "current_async_library",
    "current_task",
    "current_thread",
    "get_ident",
    "get_running_loop",
    "is_running",
    "main_thread",
    "run_coroutine_threadsafe",
    "submit",
];

/// A way from a plain function to what runs a loop.
#[derive(Clone, Debug)]
pub struct Bridge {
    /// `load → fetch → asyncio.run`, with the places of the calls.
    pub told: String,
    /// The function that runs the loop.
    pub holder: Definition,
}

/// A function on the way, and the rows of the calls so far.
struct Walk {
    way: Vec<(Definition, u32)>,
    looked: usize,
    /// Whether something was left out, because it is on the way already or too far.
    is_cut: bool,
}

impl Module<'_> {
    /// The way from a call of `function` to what runs an event loop.
    pub fn bridge(&self, function: Node) -> Result<Bridge, Answer> {
        let no = |reason: &str| Err(Answer::No(reason.to_owned()));
        let Some((inference, _)) = self.inference() else { return no("the file is looked at alone") };
        let Some(call) = function.parent().filter(|call| call.kind() == "call") else { return no("it is not called") };
        let around = ancestors(call).find(|outer| outer.kind() != "parenthesized_expression");
        if around.is_some_and(|outer| outer.kind() == "await") {
            return no("it is awaited");
        }
        inference
            .bridge(&self.infer(function))
            .ok_or(Answer::No("nothing that it is known to call runs an event loop".to_owned()))
    }
}

impl Inference<'_> {
    /// The way from calling something to what runs an event loop.
    pub fn bridge(&self, callee: &Type) -> Option<Bridge> {
        let functions = self.functions_of(callee).ok()?;
        let mut walk = Walk { way: Vec::new(), looked: 0, is_cut: false };
        self.all_bridge(&functions, &mut walk)
    }

    /// The way of the first of some functions, if all of them have one.
    fn all_bridge(&self, functions: &[Definition], walk: &mut Walk) -> Option<Bridge> {
        let mut all = functions.iter().map(|function| self.bridge_of(*function, walk));
        let first = all.next()??;
        all.all(|other| other.is_some()).then_some(first)
    }

    /// The way of one function. Remembered where nothing was left out.
    fn bridge_of(&self, function: Definition, walk: &mut Walk) -> Option<Bridge> {
        if let Some(known) = self.bridges.borrow().get(&function) {
            return known.clone();
        }
        let is_first = walk.way.is_empty();
        let was_cut = std::mem::take(&mut walk.is_cut);
        let found = self.bridge_from(function, walk);
        if is_first || !walk.is_cut {
            self.bridges.borrow_mut().insert(function, found.clone());
        }
        walk.is_cut |= was_cut;
        found
    }

    fn bridge_from(&self, function: Definition, walk: &mut Walk) -> Option<Bridge> {
        let entry = self.entry(function.module);
        let block = &entry.summary.blocks[function.block as usize];
        let is_known = walk.way.iter().any(|(known, _)| *known == function);
        walk.looked += 1;
        if is_known || walk.way.len() >= DEPTH || walk.looked > FUNCTIONS {
            walk.is_cut = true;
            return None;
        }
        if block.kind != (BlockKind::Function { is_async: false }) || block.is_generator {
            return None;
        }
        let deeds = self.deeds(function);
        let called = |deed: &crate::summary::Deed| last_name(entry.summary.slice(deed.source)).to_owned();
        if deeds.iter().any(|deed| deed.kind == DeedKind::Call && ASKS.contains(&called(deed).as_str())) {
            return None;
        }
        let place = Place { module: function.module, block: Some(function.block) };
        let calls = || deeds.iter().filter(|deed| deed.kind == DeedKind::Call);
        // The shortest way is the one that people understand.
        for deed in calls() {
            if let Some(runner) = self.runner(entry.summary.slice(deed.source), &place) {
                walk.way.push((function, deed.row));
                let told = self.told_bridge(&walk.way, &runner);
                walk.way.pop();
                return Some(Bridge { told, holder: function });
            }
        }
        for deed in calls().filter(|deed| self.project.index().bridges.contains(called(deed).as_str())) {
            let call = Expression::parse(entry.summary.slice(deed.source));
            let Expression::Call(callee, ..) = &call else { continue };
            let Ok(functions) = self.functions_of(&self.infer(callee, &place)) else { continue };
            walk.way.push((function, deed.row));
            let found = self.all_bridge(&functions, walk);
            walk.way.pop();
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// What a call is named by, where it runs a loop.
    fn runner(&self, source: &str, place: &Place) -> Option<String> {
        let callee = &source[..callee_end(source)];
        let name = last_name(source);
        if name == RUN {
            return Some(callee.to_owned());
        }
        // Most calls have another name, and what is called by its name alone may be an alias.
        if name != "run" && callee.contains('.') {
            return None;
        }
        let Expression::Call(callee, ..) = Expression::parse(source) else { return None };
        let path = self.path_of(&self.infer(&callee, place))?;
        matches!(path.as_str(), "asyncio.run" | "asyncio.runners.run").then(|| "asyncio.run".to_owned())
    }

    /// The names on a way, and where each is called.
    fn told_bridge(&self, way: &[(Definition, u32)], runner: &str) -> String {
        let name = |function: &Definition| {
            let entry = self.entry(function.module);
            entry.summary.name_of(function.block).to_owned()
        };
        let mut names: Vec<String> = way.iter().map(|(function, _)| name(function)).collect();
        names.push(runner.to_owned());
        let places = way.iter().map(|(function, row)| format!("{}:{row}", self.entry(function.module).path));
        format!("`{}` ({})", names.join(" → "), places.collect::<Vec<_>>().join(", "))
    }
}
