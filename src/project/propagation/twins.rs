//! Asynchronous twins: which plain functions get one beside them, where they are kept.
//!
//! In: a function that is to have a twin. Out: a [`Spread`] whose `turned` functions get twins, and whose changes are made in
//! these and in the coroutines that call them. Nobody who calls plainly has to change, so what cannot be told or crossed ends a
//! way up, and is no frontier: only what the function itself needs is one. A plain function in between gets a twin where a
//! coroutine calls it, at whatever distance.

use super::{Change, Frontier, Place, Spread, Spreading, Texts};
use crate::outline::BlockKind;
use crate::project::linked::{Definition, Origin, Project};
use rustc_hash::FxHashSet;
use std::collections::{BTreeMap, BTreeSet};

/// How a project tells the asynchronous one of two functions by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Naming {
    prefix: &'static str,
    suffix: &'static str,
}

/// The ways that are in use; the first is taken where a project has no pair yet.
const NAMINGS: [Naming; 3] = [
    Naming { prefix: "", suffix: "_async" },
    Naming { prefix: "a", suffix: "" },
    Naming { prefix: "async_", suffix: "" },
];

impl Naming {
    /// The one of which a project has most pairs: a plain function and a coroutine function beside it.
    pub fn of(project: &Project) -> Naming {
        let mut counts = [0usize; NAMINGS.len()];
        for entry in project.entries().iter().filter(|entry| entry.origin == Origin::Run) {
            let named = |wanted: bool| {
                let blocks = entry.summary.blocks.iter().enumerate();
                blocks.filter_map(move |(at, block)| {
                    let is_it = block.kind == BlockKind::Function { is_async: wanted };
                    is_it.then(|| (block.parent, entry.summary.name_of(at as u32)))
                })
            };
            let coroutines: FxHashSet<_> = named(true).collect();
            if coroutines.is_empty() {
                continue;
            }
            for (parent, name) in named(false) {
                for (naming, count) in NAMINGS.iter().zip(&mut counts) {
                    *count += usize::from(coroutines.contains(&(parent, naming.twin(name).as_str())));
                }
            }
        }
        let most = (0..NAMINGS.len()).rev().max_by_key(|at| counts[*at]);
        NAMINGS[most.unwrap_or(0)]
    }

    /// The name of the twin. What makes a name private stays in front.
    pub fn twin(self, name: &str) -> String {
        let bare = name.trim_start_matches('_');
        format!("{}{}{bare}{}", &name[..name.len() - bare.len()], self.prefix, self.suffix)
    }
}

/// What it takes to have a function twice. `stops` are functions that get no twin.
pub fn twins(
    project: &Project,
    texts: &dyn Texts,
    function: Definition,
    stops: &[Definition],
) -> Result<Spread, Vec<Frontier>> {
    let mut spreading = Spreading::new(project, texts, stops);
    spreading.spread.naming = Some(Naming::of(project));
    spreading.enqueue(function, None);
    while let Some((next, because)) = spreading.queue.pop_front() {
        spreading.turn(next, because);
        if let Some(frontier) = spreading.ends.get(&function) {
            return Err(vec![frontier.clone()]);
        }
    }
    spreading.pruned(function)
}

impl Spreading<'_> {
    /// Why a function cannot have a twin, beside what its definition says of itself.
    pub(super) fn may_be_twinned(&self, function: Definition, naming: Naming) -> Result<(), Frontier> {
        let entry = self.inference.entry(function.module);
        let parent = self.block(function).parent;
        let twin = naming.twin(&self.name(function));
        if !entry.locals(parent, &twin).is_empty() {
            return Err(self.frontier_at(function, format!("there is a `{twin}` already")));
        }
        let around = parent.map(|block| self.block(Definition { module: function.module, block }).kind);
        if around == Some(BlockKind::Function { is_async: false }) {
            let reason = format!("`{}` is nested in a plain function", self.name(function));
            return Err(self.frontier_at(function, reason));
        }
        Ok(())
    }

    /// The twins that coroutines call, directly or through others, and what those need.
    fn pruned(mut self, function: Definition) -> Result<Spread, Vec<Frontier>> {
        let mut kept: BTreeSet<Definition> = BTreeSet::new();
        loop {
            let calls = |callee: Definition| {
                let mut changes = self.spread.changes.values().filter(move |change| change.of == callee);
                changes
                    .any(|change| change.within.is_some_and(|within| self.is_async(within) || kept.contains(&within)))
            };
            let families = self.families.iter().filter(|family| !kept.contains(&family[0]));
            let next =
                families.filter(|family| family.contains(&function) || family.iter().any(|member| calls(*member)));
            let next: Vec<Definition> = next.flatten().copied().collect();
            if next.is_empty() {
                break;
            }
            kept.extend(next);
        }
        // A twin that runs an event loop inside of the one that runs it is no use.
        let needed = self.needs.iter().filter(|(by, holder)| kept.contains(by) && !kept.contains(holder));
        let frontiers: BTreeSet<Frontier> = needed
            .map(|(_, holder)| {
                let name = self.name(*holder);
                let unknown = || self.frontier_at(*holder, format!("`{name}` runs an event loop, and gets no twin"));
                self.ends.get(holder).cloned().unwrap_or_else(unknown)
            })
            .collect();
        if !frontiers.is_empty() {
            return Err(frontiers.into_iter().collect());
        }
        let all = std::mem::take(&mut self.spread.changes);
        let is_kept = |within: Definition| self.is_async(within) || kept.contains(&within);
        let changes: BTreeMap<Place, Change> = all
            .into_iter()
            .filter(|(_, change)| change.within.is_some_and(is_kept) && kept.contains(&change.of))
            .collect();
        self.spread.changes = changes;
        for (end, frontier) in &self.ends {
            let is_above = self.callers.iter().any(|(caller, callee)| caller == end && kept.contains(callee));
            if is_above {
                let note = format!("`{}` gets no twin: {frontier}", self.name(*end));
                self.spread.notes.push(note);
            }
        }
        self.spread.turned.retain(|turned| kept.contains(&turned.definition));
        Ok(self.spread)
    }
}
