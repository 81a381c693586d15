//! All plain functions of a run that get to some end, by their shortest ways: what a search back from the ends gives at once.
//!
//! In: the summaries of a run. Out: [`Ways`], which is the functions that get there, what each of them calls for it, and the names by
//! which they are called. The search begins with the few calls that have the name of an end and goes up by names: only a call
//! that has the name of a function that is known to get there is looked at, and only once. So what is found does not depend on
//! who asks first, a circle of calls gets nowhere by itself, and most calls of a run cost no look.

use super::{Goal, LONGEST};
use crate::outline::BlockKind;
use crate::project::blocking::{Blocking, Cost};
use crate::project::inference::Inference;
use crate::project::layout::ModuleId;
use crate::project::library::library;
use crate::project::linked::{Definition, Project};
use crate::summary::{Condition, Deed, DeedKind, Summary, callee_end, last_name};
use crate::text::is_word;
use rayon::prelude::*;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::sync::Arc;

/// The functions that get to one end.
#[derive(Default)]
pub struct Ways {
    found: FxHashMap<Definition, Way>,
    /// By the names that they may be called by, what tells them and their ways apart from others.
    pub names: FxHashMap<Box<str>, u64>,
}

/// What a function calls to get there.
pub struct Way {
    pub row: u32,
    pub next: Next,
}

pub enum Next {
    /// The end, as people know it.
    End(Box<str>),
    Function(Definition),
}

/// A call of a plain function: its module, and which of the summary's deeds it is.
type Site = (u32, u32);

/// What was found out of calls: the functions that each runs one of.
pub type Edges = FxHashMap<Site, Arc<[Definition]>>;

/// The calls of all files by which a search may go on.
pub struct Calls<'s> {
    /// By the last name of what is called.
    by_name: FxHashMap<&'s str, Vec<Site>>,
    /// The other names of what has a name: those of imports, and of the classes that inherit from it.
    others: FxHashMap<&'s str, Vec<&'s str>>,
    /// Those that may be an end, by the goal.
    ends: Vec<(Goal, Vec<Site>)>,
}

impl Ways {
    pub fn of(&self, function: Definition) -> Option<&Way> {
        self.found.get(&function)
    }

    /// The ways of all functions to one end. `known` is what was found out of calls before, and what is found is added.
    pub fn search(project: &Project, calls: &Calls, goal: Goal, known: &mut Edges) -> Ways {
        let mut ways = Ways::default();
        let mut edges: Vec<(Site, Arc<[Definition]>)> = Vec::new();
        let mut names: FxHashSet<&str> = FxHashSet::default();
        let ends = calls.ends.iter().find(|(other, _)| *other == goal).map_or(&[][..], |(_, sites)| sites);
        let mut reached = ways.ends(project, goal, ends);
        for _ in 0..LONGEST {
            if reached.is_empty() {
                break;
            }
            let mut open: Vec<&str> = reached.iter().map(|(function, _)| called(project, *function)).collect();
            ways.found.extend(reached);
            let mut sites = Vec::new();
            while let Some(name) = open.pop() {
                if names.insert(name) {
                    sites.extend(calls.by_name.get(name).into_iter().flatten());
                    open.extend(calls.others.get(name).into_iter().flatten());
                }
            }
            edges.extend(ways.edges(project, goal, sites, known));
            edges.sort_unstable_by_key(|(site, _)| *site);
            edges.retain(|(site, _)| !ways.found.contains_key(&caller(project, *site)));
            reached = ways.next(project, &edges);
        }
        ways.names = ways.told_apart(project, calls);
        ways
    }

    /// The functions that call an end.
    fn ends(&self, project: &Project, goal: Goal, sites: &[Site]) -> Vec<(Definition, Way)> {
        let found =
            looks(project, goal, sites.to_vec(), |inference, function, deed| inference.end(goal, function, deed));
        let ways = found.into_iter().map(|(site, end)| {
            (caller(project, site), Way { row: deed(project, site).row, next: Next::End(end.into()) })
        });
        let mut first: Vec<(Definition, Way)> = Vec::new();
        for (function, way) in ways {
            if first.last().is_none_or(|(last, _)| *last != function) {
                first.push((function, way));
            }
        }
        first
    }

    /// What the calls run that have names of what gets there, as far as their callers do not yet.
    fn edges(
        &self,
        project: &Project,
        goal: Goal,
        mut sites: Vec<Site>,
        known: &mut Edges,
    ) -> Vec<(Site, Arc<[Definition]>)> {
        sites.retain(|site| !self.found.contains_key(&caller(project, *site)));
        let is_changed = |module: u32| project.changed().contains(&ModuleId(module));
        let is_still = |functions: &[Definition]| !functions.iter().any(|function| is_changed(function.module.0));
        let mut edges = Vec::new();
        sites.retain(|site| match known.get(site).filter(|functions| !is_changed(site.0) && is_still(functions)) {
            Some(functions) => {
                edges.push((*site, functions.clone()));
                false
            }
            None => true,
        });
        let found =
            looks(project, goal, sites, |inference, function, deed| inference.runs(function, deed).map(Arc::from));
        known.extend(found.iter().cloned());
        edges.extend(found);
        edges
    }

    /// The functions that get there by what is known by now; of each the first call that does.
    fn next(&self, project: &Project, edges: &[(Site, Arc<[Definition]>)]) -> Vec<(Definition, Way)> {
        let mut next: Vec<(Definition, Way)> = Vec::new();
        for (site, functions) in edges {
            let function = caller(project, *site);
            let is_new = next.last().is_none_or(|(last, _)| *last != function);
            if is_new && functions.iter().all(|function| self.found.contains_key(function)) {
                next.push((function, Way { row: deed(project, *site).row, next: Next::Function(functions[0]) }));
            }
        }
        next
    }

    /// The names of all that is found, with what tells it apart.
    fn told_apart(&self, project: &Project, calls: &Calls) -> FxHashMap<Box<str>, u64> {
        let inference = Inference::new(project);
        let mut own: BTreeMap<&str, u64> = BTreeMap::new();
        for function in self.found.keys() {
            let told = FxBuildHasher.hash_one((inference.path(*function), self.told(&inference, *function)));
            let known = own.entry(called(project, *function)).or_default();
            *known = known.wrapping_add(told);
        }
        let mut all: FxHashMap<Box<str>, u64> = FxHashMap::default();
        for (name, told) in own {
            let (mut open, mut seen) = (vec![name], FxHashSet::default());
            while let Some(name) = open.pop().filter(|name| seen.insert(*name)) {
                let known = all.entry(name.into()).or_default();
                *known = known.wrapping_add(told);
                open.extend(calls.others.get(name).into_iter().flatten().filter(|name| !seen.contains(*name)));
            }
        }
        all
    }

    /// The way of a function in words: who calls what, and where.
    pub fn told(&self, inference: &Inference, function: Definition) -> String {
        let (mut names, mut places) = (Vec::new(), Vec::new());
        let mut at = function;
        while let Some(way) = self.of(at) {
            let entry = inference.entry(at.module);
            names.push(called(inference.project, at).to_owned());
            places.push(entry.place(way.row));
            match &way.next {
                Next::Function(next) => at = *next,
                Next::End(end) => {
                    names.push(end.to_string());
                    break;
                }
            }
        }
        format!("`{}` ({})", names.join(" → "), places.join(", "))
    }

    /// The last function on the way of another.
    pub fn holder(&self, function: Definition) -> Definition {
        let next = |function: &Definition| match self.of(*function)?.next {
            Next::Function(next) => Some(next),
            Next::End(_) => None,
        };
        std::iter::successors(Some(function), next).last().unwrap_or(function)
    }
}

/// Looks at some calls, file by file, and keeps what is found in their order.
fn looks<T: Send>(
    project: &Project,
    goal: Goal,
    sites: Vec<Site>,
    look: impl Fn(&Inference, Definition, &Deed) -> Option<T> + Sync,
) -> Vec<(Site, T)> {
    let mut of_files: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    sites.into_iter().for_each(|(module, deed)| of_files.entry(module).or_default().push(deed));
    let in_file = |(module, mut deeds): (u32, Vec<u32>)| {
        deeds.sort_unstable();
        deeds.dedup();
        let inference = Inference::new(project);
        let mut otherwise: Option<(u32, bool)> = None;
        let found = deeds.into_iter().filter_map(|at| {
            let site = (module, at);
            let (deed, function) = (deed(project, site), caller(project, site));
            if goal.is_certain() && deed.condition != Condition::Always {
                return None;
            }
            if otherwise.is_none_or(|(block, _)| block != function.block) {
                otherwise = Some((function.block, inference.runs_otherwise(goal, function).is_some()));
            }
            let runs_otherwise = otherwise.is_some_and(|(_, otherwise)| otherwise);
            Some((site, if runs_otherwise { None } else { look(&inference, function, deed) }?))
        });
        found.collect::<Vec<_>>()
    };
    // A worker that looks at one file does so by itself: it must not take up another file that waits for the same.
    match rayon::current_thread_index() {
        Some(_) => of_files.into_iter().flat_map(in_file).collect(),
        None => of_files.into_par_iter().flat_map_iter(in_file).collect(),
    }
}

fn deed(project: &Project, (module, at): Site) -> &Deed {
    &project.entries()[module as usize].summary.deeds[at as usize]
}

fn caller(project: &Project, site: Site) -> Definition {
    Definition { module: ModuleId(site.0), block: deed(project, site).block }
}

/// The name by which a function is called: for `__init__` that of its class.
fn called(project: &Project, function: Definition) -> &str {
    let summary = &project.entries()[function.module.0 as usize].summary;
    called_in(summary, function.block)
}

fn called_in(summary: &Summary, function: u32) -> &str {
    match (summary.name_of(function), summary.blocks[function as usize].parent) {
        ("__init__", Some(class)) => summary.name_of(class),
        (name, _) => name,
    }
}

/// What ways lead to: by the last name, the packages that have it.
pub struct Ends<'b> {
    goal: Goal,
    packages: FxHashMap<&'b str, FxHashSet<&'b str>>,
    /// Last names of what files need not import by the name of its package, since it may be of their own.
    near: FxHashSet<&'b str>,
}

impl<'b> Ends<'b> {
    /// What the table has, but for what only asks about a name.
    pub fn of_table(blocking: &'b Blocking) -> Ends<'b> {
        let mut packages: FxHashMap<&str, FxHashSet<&str>> = FxHashMap::default();
        for (path, (_, group)) in blocking.entries() {
            if group.cost != Cost::Metadata {
                let (of, name) = path.rsplit_once('.').unwrap_or(("", path));
                packages.entry(name).or_default().insert(of.split('.').next().unwrap_or_default());
            }
        }
        let near = blocking.own().iter().filter_map(|path| path.rsplit('.').next()).collect();
        Ends { goal: Goal::Block, packages, near }
    }

    /// What has one of some paths.
    pub fn of_paths(goal: Goal, paths: &[&'b str]) -> Ends<'b> {
        let split = paths.iter().filter_map(|path| path.rsplit_once('.'));
        let packages = split.map(|(package, name)| (name, FxHashSet::from_iter([package]))).collect();
        Ends { goal, packages, near: FxHashSet::default() }
    }

    /// Whether something of a name may be one, in a file that imports from these packages. A builtin is called by its name alone,
    /// and what an import brings may come from anywhere.
    fn has(&self, name: &str, is_brought: bool, imported: &FxHashSet<&str>) -> bool {
        self.packages.get(name).is_some_and(|packages| {
            is_brought
                || self.near.contains(name)
                || packages.contains("builtins")
                || packages.iter().any(|package| imported.contains(package))
        })
    }
}

impl<'s> Calls<'s> {
    pub fn of(project: &'s Project, ends: &[Ends<'_>]) -> Calls<'s> {
        let read = |entry: &'s Arc<crate::project::linked::Entry>| OfFile::read(&entry.summary, ends);
        let files: Vec<OfFile> = match rayon::current_thread_index() {
            Some(_) => project.entries().iter().map(read).collect(),
            None => project.entries().par_iter().map(read).collect(),
        };
        let mut calls = Calls {
            by_name: FxHashMap::default(),
            others: FxHashMap::default(),
            ends: ends.iter().map(|ends| (ends.goal, Vec::new())).collect(),
        };
        for (module, file) in files.into_iter().enumerate() {
            let module = module as u32;
            for (name, deed) in file.calls {
                calls.by_name.entry(name).or_default().push((module, deed));
            }
            file.others.into_iter().for_each(|(name, other)| calls.others.entry(name).or_default().push(other));
            for (at, deed) in file.ends {
                calls.ends[at].1.push((module, deed));
            }
        }
        calls
    }
}

/// What one file has.
#[derive(Default)]
struct OfFile<'s> {
    calls: Vec<(&'s str, u32)>,
    others: Vec<(&'s str, &'s str)>,
    /// Which of the ends a call may be.
    ends: Vec<(usize, u32)>,
}

impl<'s> OfFile<'s> {
    fn read(summary: &'s Summary, ends: &[Ends]) -> OfFile<'s> {
        let mut file = OfFile::default();
        let mut imported: FxHashSet<&str> = FxHashSet::default();
        let mut bound: FxHashSet<&str> = FxHashSet::default();
        let mut aliases: Vec<(&str, &str)> = Vec::new();
        for import in &summary.imports {
            let name = import.alias.or(import.name).unwrap_or(import.module);
            bound.insert(summary.slice(name).split('.').next().unwrap_or_default());
            let module = summary.slice(import.module);
            imported.insert(module.split('.').next().unwrap_or(module).trim());
            if let (Some(name), Some(alias)) = (import.name, import.alias) {
                aliases.push((summary.slice(name), summary.slice(alias)));
            }
        }
        file.others.extend(&aliases);
        for block in summary.blocks.iter().filter(|block| block.kind == BlockKind::Class) {
            let name = summary.slice(block.name);
            bound.insert(name);
            file.others.extend(bases(summary.slice(block.head)).map(|base| (base, name)));
        }
        let calls = summary.deeds.iter().enumerate().filter(|(_, deed)| deed.kind == DeedKind::Call);
        for (at, deed) in calls {
            let source = summary.slice(deed.source);
            let callee = &source[..callee_end(source)];
            let name = last_name(source);
            let alias = aliases.iter().find(|(_, alias)| *alias == callee).map(|(name, _)| *name);
            let is_end = |ends: &Ends| ends.has(alias.unwrap_or(name), bound.contains(callee), &imported);
            file.ends.extend((0..ends.len()).filter(|end| is_end(&ends[*end])).map(|end| (end, at as u32)));
            // A name that many classes of the standard library have says nothing, where nothing tells what has it.
            let root = callee.split(['.', '(']).next().unwrap_or(callee);
            let is_told = !callee.contains('.')
                || matches!(root, "self" | "cls" | "super")
                || bound.contains(root)
                || !library().is_common_name(name);
            if name != "__init__" && is_told {
                file.calls.push((name, at as u32));
            }
        }
        file
    }
}

/// The last names of the bases in the head of a class.
fn bases(head: &str) -> impl Iterator<Item = &str> {
    let bases = head.split_once('(').map_or("", |(_, bases)| bases);
    bases.split(|letter: char| !letter.is_ascii() || !is_word(letter as u8)).filter(|base| !base.is_empty())
}
