//! The names under which a call may get to one that blocks: what a search of all files gives at once.
//!
//! In: the files of a run. Out: the names of the plain functions and classes from which a way of calls leads to a name that the
//! table has. Ways go by last names alone, so that the names are a net: what it lets through is looked at.

use crate::outline::BlockKind;
use crate::project::blocking::{Blocking, Cost};
use crate::project::library::library;
use crate::project::linked::Entry;
use crate::summary::{DeedKind, Summary, callee_end, last_name};
use crate::text::is_word;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// What one file tells.
#[derive(Default)]
struct Told<'s> {
    /// Functions that call what the table may have.
    blocking: Vec<&'s str>,
    /// What is called, and by what name what calls it may be called itself.
    calls: Vec<(&'s str, &'s str)>,
}

/// The names of all that may get to a call of one of the leaves.
pub fn names(entries: &[Arc<Entry>], leaves: &Leaves) -> FxHashSet<Box<str>> {
    let told: Vec<Told> = entries.par_iter().map(|entry| told(&entry.summary, leaves)).collect();
    let mut callers: FxHashMap<&str, Vec<&str>> = FxHashMap::default();
    let mut open: Vec<&str> = Vec::new();
    for told in &told {
        open.extend(&told.blocking);
        told.calls.iter().for_each(|(callee, caller)| callers.entry(callee).or_default().push(caller));
    }
    let mut found: FxHashSet<Box<str>> = FxHashSet::default();
    while let Some(name) = open.pop() {
        if !found.contains(name) {
            found.insert(name.into());
            open.extend(callers.get(name).into_iter().flatten());
        }
    }
    found
}

/// What ways lead to: by the last name, the packages that have it. Of the table that is all but what only asks about a name.
pub struct Leaves<'b> {
    packages: FxHashMap<&'b str, FxHashSet<&'b str>>,
    /// Last names of what files need not import by the name of its package, since it may be of their own.
    near: FxHashSet<&'b str>,
    /// Whether they are the table's: what is called by its name alone may be a builtin, then, and a function that asks where it
    /// runs leads nowhere.
    of_table: bool,
}

impl<'b> Leaves<'b> {
    /// What the table has.
    pub fn of(blocking: &'b Blocking) -> Leaves<'b> {
        let mut packages: FxHashMap<&str, FxHashSet<&str>> = FxHashMap::default();
        for (path, (_, group)) in blocking.entries() {
            if group.cost != Cost::Metadata {
                let (of, name) = path.rsplit_once('.').unwrap_or(("", path));
                packages.entry(name).or_default().insert(of.split('.').next().unwrap_or_default());
            }
        }
        let near = blocking.own().iter().filter_map(|path| path.rsplit('.').next()).collect();
        Leaves { packages, near, of_table: true }
    }

    /// What has one of some paths.
    pub fn of_paths(paths: &[&'b str]) -> Leaves<'b> {
        let split = paths.iter().filter_map(|path| path.rsplit_once('.'));
        Leaves {
            packages: split.map(|(package, name)| (name, FxHashSet::from_iter([package]))).collect(),
            near: FxHashSet::default(),
            of_table: false,
        }
    }

    /// Whether something of a name blocks, in a file that imports from these packages; what is called by its name alone may
    /// come from anywhere.
    fn has(&self, callee: &str, name: &str, imported: &FxHashSet<&str>) -> bool {
        self.packages.get(name).is_some_and(|packages| {
            self.of_table && !callee.contains('.')
                || self.near.contains(name)
                || packages.iter().any(|package| imported.contains(package))
        })
    }
}

fn told<'s>(summary: &'s Summary, leaves: &Leaves) -> Told<'s> {
    let mut told = Told::default();
    let mut imported: FxHashSet<&str> = FxHashSet::default();
    let mut bound: FxHashSet<&str> = FxHashSet::default();
    for import in &summary.imports {
        let name = import.alias.or(import.name).unwrap_or(import.module);
        bound.insert(summary.slice(name).split('.').next().unwrap_or_default());
        let module = summary.slice(import.module);
        imported.insert(module.split('.').next().unwrap_or(module).trim());
        let Some(alias) = import.alias else { continue };
        match import.name.map(|name| summary.slice(name)) {
            Some(name) if leaves.packages.contains_key(name) => told.blocking.push(summary.slice(alias)),
            Some(name) => told.calls.push((name, summary.slice(alias))),
            None => {}
        }
    }
    for block in summary.blocks.iter().filter(|block| block.kind == BlockKind::Class) {
        let name = summary.slice(block.name);
        bound.insert(name);
        told.calls.extend(bases(summary.slice(block.head)).map(|base| (base, name)));
    }
    let calls = || summary.deeds.iter().filter(|deed| deed.kind == DeedKind::Call);
    let asks = calls().filter(|deed| leaves.of_table && super::asks_where(last_name(summary.slice(deed.source))));
    let mut otherwise: FxHashSet<u32> = asks.map(|deed| deed.block).collect();
    otherwise.extend((0..summary.blocks.len() as u32).filter(|block| super::is_cached(summary, *block)));
    for deed in calls().filter(|deed| !otherwise.contains(&deed.block)) {
        let source = summary.slice(deed.source);
        let callee = &source[..callee_end(source)];
        let name = last_name(source);
        let caller = &summary.blocks[deed.block as usize];
        let caller = match (summary.slice(caller.name), caller.parent) {
            ("__init__", Some(class)) => summary.name_of(class),
            (name, _) => name,
        };
        if leaves.has(callee, name, &imported) {
            told.blocking.push(caller);
        }
        // A name that many classes of the standard library have says nothing, where nothing tells what has it.
        let root = callee.split(['.', '(']).next().unwrap_or(callee);
        let is_told = !callee.contains('.')
            || matches!(root, "self" | "cls" | "super")
            || bound.contains(root)
            || !library().is_common_name(name);
        if name != "__init__" && is_told {
            told.calls.push((name, caller));
        }
    }
    told
}

/// The last names of the bases in the head of a class.
fn bases(head: &str) -> impl Iterator<Item = &str> {
    let bases = head.split_once('(').map_or("", |(_, bases)| bases);
    bases.split(|letter: char| !letter.is_ascii() || !is_word(letter as u8)).filter(|base| !base.is_empty())
}
