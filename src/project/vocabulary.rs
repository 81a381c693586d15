//! The names under which a project may know something that makes a coroutine: what a scan of the bytes looks for.
//!
//! A coroutine function has its own name; so has a plain function that returns one, or that a decorator makes one. A
//! parameter or an attribute that is annotated as a callable of that kind lends its name, and the attribute that it is
//! assigned to as well. The names are a net: what it lets through is looked at, and nothing that matters slips through.

use crate::outline::BlockKind;
use crate::project::library::library;
use crate::summary::{FactKind, Piece, Summary};
use crate::text::is_word;
use aho_corasick::AhoCorasick;
use rayon::prelude::*;
use rustc_hash::FxHashSet;

/// How far aliases of aliases, and functions that return what others return, are followed.
const ROUNDS: usize = 4;

/// How many packages are told apart.
pub const PACKAGES: usize = u64::BITS as usize;

/// Decorators from elsewhere that make a coroutine function of a plain one.
const MAKERS: [&str; 6] = ["sync_to_async", "coroutine", "inlineCallbacks", "run_on_executor", "as_future", "asyncify"];

/// The names that a scan of one file looks for.
#[derive(Clone, Copy)]
pub struct Vocabulary<'v> {
    names: &'v AwaitableNames,
    /// The packages that the file leads to, a bit each.
    near: u64,
}

impl Vocabulary<'_> {
    pub fn contains(&self, name: &str) -> bool {
        let common = self.names.common.iter().enumerate();
        self.names.shared.contains(name)
            || common.filter(|(at, _)| self.near >> at & 1 == 1).any(|(_, names)| names.contains(name))
    }
}

/// All names of a project's files, of the standard library and of the installed packages that are imported.
///
/// Packages have coroutine functions that are called `append`, `remove` or `info`, and a file is full of such calls. So a
/// name that classes of the standard library have as well counts only in files whose imports lead to the package.
#[derive(Default)]
pub struct AwaitableNames {
    shared: FxHashSet<Box<str>>,
    /// For each package the names that count only near it.
    common: Vec<FxHashSet<Box<str>>>,
    /// For each file of the run the packages that it leads to; empty where no package matters.
    near: Vec<u64>,
}

/// A summary of the run with its number, or of a package with that of the package.
#[derive(Clone, Copy)]
enum Of {
    Run(usize),
    Package(usize),
}

impl AwaitableNames {
    /// Of [`PACKAGES`] packages at most; `near` tells which of those with names of their own each file of the run leads to.
    pub fn new(run: &[&Summary], packages: &[Vec<&Summary>], near: impl FnOnce(u64) -> Vec<u64>) -> AwaitableNames {
        let mut all: Vec<(Of, &Summary)> =
            run.iter().enumerate().map(|(at, summary)| (Of::Run(at), *summary)).collect();
        for (at, package) in packages.iter().enumerate() {
            all.extend(package.iter().map(|summary| (Of::Package(at), *summary)));
        }
        let shared = library().awaitable_names().map(Box::from).collect();
        let common = packages.iter().map(|_| FxHashSet::default()).collect();
        let mut names = AwaitableNames { shared, common, near: Vec::new() };
        names.learn(&all, |_, summary, found| coroutine_functions(summary, found));
        names.settle();
        let with_common = names.common.iter().enumerate().filter(|(_, names)| !names.is_empty());
        names.near = near(with_common.map(|(at, _)| 1 << at).sum());
        let summaries = || all.par_iter().map(|(_, summary)| *summary);
        let makers: FxHashSet<Box<str>> =
            gather(summaries(), makers).into_iter().chain(MAKERS.iter().map(|name| Box::from(*name))).collect();
        names.learn(&all, |_, summary, found| decorated(summary, &makers, found));
        names.learn_aliases(&all);
        for _ in 0..ROUNDS {
            let before = names.len();
            names.learn(&all, |names, summary, found| handed_on(summary, names, found));
            if names.len() == before {
                break;
            }
        }
        names.settle();
        names
    }

    /// The names for one file of the run.
    pub fn of(&self, file: usize) -> Vocabulary<'_> {
        Vocabulary { names: self, near: self.near.get(file).copied().unwrap_or_default() }
    }

    fn len(&self) -> usize {
        self.shared.len() + self.common.iter().map(FxHashSet::len).sum::<usize>()
    }

    /// Adds what is found in each summary with the names that count there; gives the aliases among it, which have a `=`
    /// before their name.
    fn learn(
        &mut self,
        all: &[(Of, &Summary)],
        find: impl Fn(Vocabulary, &Summary, &mut FxHashSet<Box<str>>) + Sync,
    ) -> FxHashSet<Box<str>> {
        let names = &*self;
        let sets = || vec![FxHashSet::default(); names.common.len() + 1];
        let found = all.par_iter().fold(sets, |mut found, (of, summary)| {
            let (vocabulary, at) = match of {
                Of::Run(file) => (names.of(*file), 0),
                Of::Package(package) => (Vocabulary { names, near: 1 << package }, package + 1),
            };
            find(vocabulary, summary, &mut found[at]);
            found
        });
        let both =
            |one: Vec<_>, other: Vec<_>| one.into_iter().zip(other).map(|(one, other)| union(one, other)).collect();
        let mut aliases = FxHashSet::default();
        for (at, found) in found.reduce(sets, both).into_iter().enumerate() {
            for name in found {
                match name.strip_prefix('=') {
                    Some(alias) => aliases.insert(alias.into()),
                    None if at > 0 && library().is_common_name(&name) => self.common[at - 1].insert(name),
                    None => self.shared.insert(name),
                };
            }
        }
        aliases
    }

    /// Leaves out what counts everywhere from what counts near a package.
    fn settle(&mut self) {
        for names in &mut self.common {
            names.retain(|name| !self.shared.contains(name));
        }
    }

    /// Adds what is annotated as awaitable, and what has the name of an alias of such an annotation.
    fn learn_aliases(&mut self, all: &[(Of, &Summary)]) {
        let summaries = || all.par_iter().map(|(_, summary)| *summary);
        let mut aliases: Vec<Box<str>> = vec!["Awaitable".into(), "Coroutine".into()];
        aliases.extend(gather(summaries(), callable_protocols));
        self.shared.extend(aliases.iter().cloned());
        let mut known: FxHashSet<Box<str>> = aliases.iter().cloned().collect();
        for _ in 0..ROUNDS {
            let Ok(searcher) = AhoCorasick::new(aliases.iter().map(|alias| alias.as_bytes())) else { break };
            let found = self.learn(all, |_, summary, found| annotated(summary, &searcher, found));
            aliases = found.into_iter().collect();
            self.shared.extend(aliases.iter().cloned());
            aliases.retain(|alias| known.insert(alias.clone()));
            if aliases.is_empty() {
                break;
            }
        }
    }
}

fn gather<'s>(
    summaries: impl ParallelIterator<Item = &'s Summary>,
    find: impl Fn(&'s Summary, &mut FxHashSet<Box<str>>) + Sync,
) -> FxHashSet<Box<str>> {
    summaries
        .fold(FxHashSet::default, |mut found, summary| {
            find(summary, &mut found);
            found
        })
        .reduce(FxHashSet::default, union)
}

fn union(one: FxHashSet<Box<str>>, other: FxHashSet<Box<str>>) -> FxHashSet<Box<str>> {
    let (mut large, small) = if one.len() > other.len() { (one, other) } else { (other, one) };
    large.extend(small);
    large
}

fn add(found: &mut FxHashSet<Box<str>>, name: &str) {
    if !found.contains(name) {
        found.insert(name.into());
    }
}

fn coroutine_functions(summary: &Summary, found: &mut FxHashSet<Box<str>>) {
    for block in summary.blocks.iter().filter(|block| block.kind == (BlockKind::Function { is_async: true })) {
        add(found, summary.slice(block.name));
    }
}

/// Functions with a coroutine function inside, which may be its wrapper.
fn makers(summary: &Summary, found: &mut FxHashSet<Box<str>>) {
    for block in summary.blocks.iter().filter(|block| block.kind == (BlockKind::Function { is_async: true })) {
        let around = std::iter::successors(block.parent, |&at| summary.blocks[at as usize].parent).take(2);
        for outer in around.filter(|&at| summary.blocks[at as usize].kind == (BlockKind::Function { is_async: false }))
        {
            add(found, summary.name_of(outer));
        }
    }
}

/// Plain functions under a decorator that may make coroutine functions of them.
fn decorated(summary: &Summary, makers: &FxHashSet<Box<str>>, found: &mut FxHashSet<Box<str>>) {
    for block in summary.blocks.iter() {
        if block.decorators == 0 || block.kind != (BlockKind::Function { is_async: false }) {
            continue;
        }
        let lines = summary.slice(block.head).lines().filter_map(|line| line.trim_start().strip_prefix('@'));
        let mut names = lines.map(|line| {
            let end = line.bytes().position(|byte| !is_word(byte) && byte != b'.').unwrap_or(line.len());
            line[..end].rsplit('.').next().unwrap_or_default()
        });
        if names.any(|name| makers.contains(name)) {
            add(found, summary.slice(block.name));
        }
    }
}

/// Classes that have a coroutine function for `__call__`.
fn callable_protocols(summary: &Summary, found: &mut FxHashSet<Box<str>>) {
    for block in summary.blocks.iter().filter(|block| block.kind == (BlockKind::Function { is_async: true })) {
        if let Some(class) = block.parent.filter(|_| summary.slice(block.name) == "__call__") {
            add(found, summary.name_of(class));
        }
    }
}

/// The names that an annotation with one of the words stands for; the name of an alias with a `=` before it.
fn annotated(summary: &Summary, searcher: &AhoCorasick, found: &mut FxHashSet<Box<str>>) {
    let text = summary.text.as_bytes();
    for hit in searcher.find_iter(text) {
        let (start, end) = (hit.start(), hit.end());
        let is_whole = (start == 0 || !is_word(text[start - 1])) && text.get(end).is_none_or(|byte| !is_word(*byte));
        if !is_whole {
            continue;
        }
        if let Some(at) = holder(summary.blocks.iter().map(|block| block.head), start as u32) {
            let head = summary.blocks[at].head;
            match parameter_before(&summary.text[head.start as usize..start]) {
                Some(name) => add(found, name),
                None => add(found, summary.slice(summary.blocks[at].name)),
            }
        } else if let Some(at) = holder(summary.facts.iter().map(|fact| fact.statement), start as u32) {
            let fact = &summary.facts[at];
            let name = summary.slice(fact.name);
            if fact.kind == FactKind::Name && fact.block.is_none() {
                found.insert(format!("={name}").into());
            } else if !name.is_empty() {
                add(found, name);
            }
        }
    }
}

/// Which of some pieces, which are in order, holds an offset.
fn holder(pieces: impl Iterator<Item = Piece>, offset: u32) -> Option<usize> {
    pieces.enumerate().find(|(_, piece)| piece.start <= offset && offset < piece.end).map(|(at, _)| at)
}

/// The parameter whose annotation ends a text; none where it is that of the result.
fn parameter_before(head: &str) -> Option<&str> {
    let bytes = head.as_bytes();
    let mut depth = 0usize;
    for at in (0..bytes.len()).rev() {
        match bytes[at] {
            b']' | b')' | b'}' => depth += 1,
            b'[' | b'(' | b'{' => depth = depth.saturating_sub(1),
            b'>' if depth == 0 && at > 0 && bytes[at - 1] == b'-' => return None,
            b':' if depth == 0 => {
                let before = head[..at].trim_end();
                let start = before.bytes().rposition(|byte| !is_word(byte)).map_or(0, |space| space + 1);
                return Some(&before[start..]).filter(|name| !name.is_empty());
            }
            _ => {}
        }
    }
    None
}

/// Attributes and functions that hand on what has one of the names: `self._send = send`, `return self.fetch(url)`.
fn handed_on(summary: &Summary, names: Vocabulary, found: &mut FxHashSet<Box<str>>) {
    for fact in &summary.facts {
        let statement = summary.slice(fact.statement);
        match fact.kind {
            FactKind::Return => {
                let value = statement.strip_prefix("return").unwrap_or_default().trim_start();
                let end = value.bytes().position(|byte| !is_word(byte) && byte != b'.').unwrap_or(value.len());
                let called = value[end..].starts_with('(') || value[end..].is_empty();
                if let Some(block) = fact.block.filter(|_| called && names.contains(last(&value[..end]))) {
                    add(found, summary.name_of(block));
                }
            }
            FactKind::Attribute | FactKind::Name => {
                let value = statement.rsplit_once('=').map_or("", |(_, value)| value.trim());
                if value.len() < 80
                    && value.bytes().all(|byte| is_word(byte) || byte == b'.')
                    && names.contains(last(value))
                {
                    add(found, summary.slice(fact.name));
                }
            }
            _ => {}
        }
    }
}

fn last(chain: &str) -> &str {
    chain.rsplit('.').next().unwrap_or(chain)
}
