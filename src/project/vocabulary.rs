//! The names under which a project may know something that makes a coroutine: what a scan of the bytes looks for.
//!
//! A coroutine function has its own name; so has a plain function that returns one, that starts a task and returns it, or that a decorator makes one. A
//! parameter or an attribute that is annotated as a callable of that kind lends its name, and the attribute that it is
//! assigned to as well. The names are a net: what it lets through is looked at, and nothing that matters slips through.

use crate::outline::BlockKind;
use crate::project::awaitables::GATHERING;
use crate::project::library::library;
use crate::project::linked::Entry;
use crate::project::standard::standard;
use crate::summary::{FactKind, Piece, Summary};
use crate::text::{Span, is_whole_word, is_word};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// How far aliases of aliases, and functions that return what others return, are followed.
const ROUNDS: usize = 4;

/// How many pieces before an offset may hold it.
const MOST: usize = 4;

/// How many packages are told apart.
pub const PACKAGES: usize = u64::BITS as usize;

/// The builtin that makes a coroutine.
const BUILTIN: &str = "anext";

/// The callables that an ASGI server gives an application.
const ASGI: [&str; 2] = ["receive", "send"];

/// What starts a task, by its last name.
const SPAWNING: [&str; 2] = ["create_task", "ensure_future"];

/// Decorators from elsewhere that make a coroutine function of a plain one.
const MAKERS: [&str; 6] = ["sync_to_async", "coroutine", "inlineCallbacks", "run_on_executor", "as_future", "asyncify"];

/// The names that a scan of one file looks for.
#[derive(Clone, Copy)]
pub struct Vocabulary<'v> {
    names: &'v Names,
    /// The packages that the file leads to, a bit each.
    near: u64,
}

impl Vocabulary<'_> {
    pub fn contains(&self, name: &str) -> bool {
        let mut packages = self.names.packages.iter().enumerate().filter(|(at, _)| self.near >> at & 1 == 1);
        self.names.shared.contains(name) || packages.any(|(_, names)| names.contains(name))
    }
}

type Set = FxHashSet<Box<str>>;

/// Names, and where they count.
#[derive(Default)]
struct Names {
    /// Everywhere.
    shared: Set,
    /// For each package in itself and in the files that lead to it.
    packages: Vec<Set>,
}

impl Names {
    fn new(shared: impl Iterator<Item = Box<str>>, packages: usize) -> Names {
        Names { shared: shared.collect(), packages: vec![Set::default(); packages] }
    }

    /// Adds what was found in the run, to be known everywhere, and in each package, where `is_narrow` tells what counts
    /// near it only.
    fn add(&mut self, found: Vec<Set>, is_narrow: impl Fn(&str) -> bool) {
        for (at, found) in found.into_iter().enumerate() {
            match at.checked_sub(1) {
                None => self.shared.extend(found),
                Some(package) => {
                    let (narrow, wide): (Vec<_>, Vec<_>) = found.into_iter().partition(|name| is_narrow(name));
                    self.packages[package].extend(narrow);
                    self.shared.extend(wide);
                }
            }
        }
        for names in &mut self.packages {
            names.retain(|name| !self.shared.contains(name));
        }
    }

    fn len(&self) -> usize {
        self.shared.len() + self.packages.iter().map(FxHashSet::len).sum::<usize>()
    }
}

/// All names of a project's files, of the standard library and of the installed packages that are imported.
///
/// Packages have coroutine functions that are called `append`, `remove` or `info`, and a file is full of such calls. So a
/// name that classes of the standard library have as well counts only in files whose imports lead to the package, and so
/// do a package's decorators and its names for annotations.
#[derive(Default)]
pub struct AwaitableNames {
    names: Names,
    /// For each file of the run the packages that it leads to; empty where no package matters.
    near: Vec<u64>,
}

impl AwaitableNames {
    /// Of [`PACKAGES`] packages at most; `near` tells which of some packages each file of the run leads to.
    pub fn new(run: &[&Summary], packages: &[Vec<&Summary>], near: impl FnOnce(u64) -> Vec<u64>) -> AwaitableNames {
        let mut all: Vec<(Of, &Summary)> =
            run.iter().enumerate().map(|(at, summary)| (Of::Run(at), *summary)).collect();
        for (at, package) in packages.iter().enumerate() {
            all.extend(package.iter().map(|summary| (Of::Package(at), *summary)));
        }
        let mut learner = Learner {
            names: Names::new(
                library().awaitable_names().chain(GATHERING).chain(ASGI).chain([BUILTIN]).map(Box::from),
                packages.len(),
            ),
            makers: Names::new(MAKERS.iter().map(|name| Box::from(*name)), packages.len()),
            aliases: Names::new(["Awaitable", "Coroutine"].into_iter().map(Box::from), packages.len()),
            packages: packages.len(),
            near: Vec::new(),
            all,
        };
        learner.learn(near);
        AwaitableNames { names: learner.names, near: learner.near }
    }

    /// All sets of names, in an order that depends on the packages, and for each file which of these it leads to.
    pub fn sets(&self) -> (impl Iterator<Item = &FxHashSet<Box<str>>>, &[u64]) {
        (std::iter::once(&self.names.shared).chain(&self.names.packages), &self.near)
    }

    /// The names for one file of the run.
    pub fn of(&self, file: usize) -> Vocabulary<'_> {
        Vocabulary { names: &self.names, near: self.near.get(file).copied().unwrap_or_default() }
    }
}

/// Where a summary is from: a file of the run, or a package, by its number.
#[derive(Clone, Copy)]
enum Of {
    Run(usize),
    Package(usize),
}

struct Learner<'s> {
    all: Vec<(Of, &'s Summary)>,
    packages: usize,
    names: Names,
    /// Functions that may make a coroutine function of another.
    makers: Names,
    /// What stands for an awaitable in annotations.
    aliases: Names,
    near: Vec<u64>,
}

impl Learner<'_> {
    fn learn(&mut self, near: impl FnOnce(u64) -> Vec<u64>) {
        let is_common = |name: &str| library().is_common_name(name);
        self.names.add(self.gather(|_, summary, found| coroutine_functions(summary, found)), is_common);
        self.names.add(self.gather(|_, summary, found| spawners(summary, found)), is_common);
        self.makers.add(self.gather(|_, summary, found| makers(summary, found)), |_| true);
        let protocols = self.gather(|_, summary, found| callable_protocols(summary, found));
        self.names.add(protocols.clone(), is_common);
        self.aliases.add(protocols, |_| true);
        let matters =
            |at: &usize| [&self.names, &self.makers, &self.aliases].iter().any(|it| !it.packages[*at].is_empty());
        self.near = near((0..self.packages).filter(matters).map(|at| 1 << at).sum());
        let made = self.gather(|of, summary, found| decorated(summary, self.of(&self.makers, of), found));
        self.names.add(made, is_common);
        self.follow_aliases(is_common);
        for _ in 0..ROUNDS {
            let before = self.names.len();
            let found = self.gather(|of, summary, found| handed_on(summary, self.of(&self.names, of), found));
            self.names.add(found, is_common);
            if self.names.len() == before {
                break;
            }
        }
    }

    /// Adds what is annotated as awaitable, and what has the name of an alias of such an annotation.
    fn follow_aliases(&mut self, is_common: impl Fn(&str) -> bool + Copy) {
        let mut new: Set = self.aliases.packages.iter().flatten().chain(&self.aliases.shared).cloned().collect();
        for _ in 0..ROUNDS {
            let mut builder = AhoCorasick::builder();
            builder.kind(Some(AhoCorasickKind::DFA));
            let Ok(searcher) = builder.build(new.iter().map(|alias| alias.as_bytes())) else { break };
            let found = self.gather(|of, summary, found| {
                annotated(summary, &searcher, self.of(&self.aliases, of), found);
            });
            let (mut names, mut aliases) = (Vec::new(), Vec::new());
            for found in found {
                let (made, other): (Set, Set) = found.into_iter().partition(|name| name.starts_with('='));
                let made: Set = made.into_iter().map(|alias| Box::from(&alias[1..])).collect();
                names.push(union(other, made.clone()));
                aliases.push(made);
            }
            self.names.add(names, is_common);
            new = aliases.iter().flatten().cloned().collect();
            let before = self.aliases.len();
            self.aliases.add(aliases, |_| true);
            if self.aliases.len() == before {
                break;
            }
        }
    }

    /// Those of the names that count in a summary.
    fn of<'n>(&self, names: &'n Names, of: Of) -> Vocabulary<'n> {
        let near = match of {
            Of::Run(file) => self.near.get(file).copied().unwrap_or_default(),
            Of::Package(package) => 1 << package,
        };
        Vocabulary { names, near }
    }

    /// What is found in the files of the run, and behind it in those of each package.
    fn gather(&self, find: impl Fn(Of, &Summary, &mut Set) + Sync) -> Vec<Set> {
        let sets = || vec![Set::default(); self.packages + 1];
        let one = |mut found: Vec<Set>, (of, summary): &(Of, &Summary)| {
            let at = match of {
                Of::Run(_) => 0,
                Of::Package(package) => package + 1,
            };
            find(*of, summary, &mut found[at]);
            found
        };
        let both = |one: Vec<Set>, other: Vec<Set>| one.into_iter().zip(other).map(|(one, other)| union(one, other));
        self.all.par_iter().fold(sets, one).reduce(sets, |one, other| both(one, other).collect())
    }
}

fn union(one: Set, other: Set) -> Set {
    let (mut large, small) = if one.len() > other.len() { (one, other) } else { (other, one) };
    large.extend(small);
    large
}

fn add(found: &mut Set, name: &str) {
    if !found.contains(name) {
        found.insert(name.into());
    }
}

fn coroutine_functions(summary: &Summary, found: &mut Set) {
    for block in summary.blocks.iter().filter(|block| block.kind == (BlockKind::Function { is_async: true })) {
        add(found, summary.slice(block.name));
    }
}

/// Plain functions that give a task that they start.
fn spawners(summary: &Summary, found: &mut Set) {
    for fact in summary.facts.iter().filter(|fact| matches!(fact.kind, FactKind::Return | FactKind::Name)) {
        let statement = summary.slice(fact.statement);
        let value =
            statement.split_once('=').filter(|_| fact.kind == FactKind::Name).map_or(statement, |(_, value)| value);
        let callee = value.trim_start().trim_start_matches("return").trim_start().split('(').next().unwrap_or_default();
        if let Some(block) = fact.block.filter(|_| SPAWNING.contains(&last(callee))) {
            add(found, summary.name_of(block));
        }
    }
}

/// Functions with a coroutine function inside, which may be its wrapper.
fn makers(summary: &Summary, found: &mut Set) {
    for block in summary.blocks.iter().filter(|block| block.kind == (BlockKind::Function { is_async: true })) {
        let around = std::iter::successors(block.parent, |&at| summary.blocks[at as usize].parent).take(2);
        for outer in around.filter(|&at| summary.blocks[at as usize].kind == (BlockKind::Function { is_async: false }))
        {
            add(found, summary.name_of(outer));
        }
    }
}

/// Plain functions under a decorator that may make coroutine functions of them.
fn decorated(summary: &Summary, makers: Vocabulary, found: &mut Set) {
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

/// Classes that have a coroutine function for `__call__`, and those whose instances can be awaited.
fn callable_protocols(summary: &Summary, found: &mut Set) {
    for block in &summary.blocks {
        let is_protocol = match block.kind {
            BlockKind::Function { is_async: true } => summary.slice(block.name) == "__call__",
            BlockKind::Function { is_async: false } => summary.slice(block.name) == "__await__",
            BlockKind::Class => false,
        };
        if let Some(class) = block.parent.filter(|_| is_protocol) {
            add(found, summary.name_of(class));
        }
    }
}

/// The names that an annotation with one of the words stands for; the name of an alias with a `=` before it.
fn annotated(summary: &Summary, searcher: &AhoCorasick, aliases: Vocabulary, found: &mut Set) {
    let text = summary.text.as_bytes();
    for hit in searcher.find_iter(text) {
        let (start, end) = (hit.start(), hit.end());
        let is_whole = (start == 0 || !is_word(text[start - 1])) && text.get(end).is_none_or(|byte| !is_word(*byte));
        if !is_whole || !aliases.contains(&summary.text[start..end]) {
            continue;
        }
        if let Some(at) = holder(&summary.blocks, |block| block.head, start as u32) {
            let head = summary.blocks[at].head;
            match parameter_before(&summary.text[head.start as usize..start]) {
                Some(name) => add(found, name),
                None => add(found, summary.slice(summary.blocks[at].name)),
            }
        } else if let Some(at) = holder(&summary.facts, |fact| fact.statement, start as u32) {
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

/// Which of some pieces, which are in order of their starts, holds an offset.
fn holder<T>(all: &[T], piece: impl Fn(&T) -> Piece, offset: u32) -> Option<usize> {
    let at = all.partition_point(|each| piece(each).start <= offset);
    // Several facts may share one statement: the last of them is found first.
    (0..at).rev().take(MOST).find(|at| {
        let piece = piece(&all[*at]);
        piece.start <= offset && offset < piece.end
    })
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
fn handed_on(summary: &Summary, names: Vocabulary, found: &mut Set) {
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

/// The names of what is iterated or entered asynchronously, or gives such a thing, and of what is annotated as one or
/// assigned from one.
pub fn asynchronous_names(entries: &[Arc<Entry>]) -> FxHashSet<Box<str>> {
    let protocols = &standard().protocols;
    let paths = [
        &protocols.iterables,
        &protocols.givers,
        &protocols.managers,
        &protocols.iterable_types,
        &protocols.manager_types,
    ];
    let mut names: Set =
        paths.into_iter().flatten().map(|path| Box::from(path.rsplit('.').next().unwrap_or(path))).collect();
    let gather = |find: &(dyn Fn(&Summary, &mut Set) + Sync)| {
        let found = entries.par_iter().fold(Set::default, |mut found, entry| {
            find(&entry.summary, &mut found);
            found
        });
        found.reduce(Set::default, union)
    };
    names.extend(gather(&asynchronous));
    // What has such a name in its annotation or in its value. Once: what is further away is followed where it is used.
    let mut sorted: Vec<&str> = names.iter().map(|name| &**name).collect();
    sorted.sort_unstable();
    let searcher =
        AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).match_kind(MatchKind::LeftmostLongest).build(&sorted);
    let found = searcher.map(|searcher| gather(&|summary, found| mentioned(summary, &searcher, found)));
    names.extend(found.unwrap_or_default());
    names
}

/// The names of parameters, attributes and functions whose annotation or value has one of the words.
fn mentioned(summary: &Summary, searcher: &AhoCorasick, found: &mut Set) {
    let text = summary.text.as_bytes();
    for hit in searcher.find_iter(text) {
        if !is_whole_word(text, Span::new(hit.start(), hit.end())) {
            continue;
        }
        if let Some(at) = holder(&summary.blocks, |block| block.head, hit.start() as u32) {
            let head = summary.blocks[at].head;
            if let Some(name) = parameter_before(&summary.text[head.start as usize..hit.start()]) {
                add(found, name);
            }
        } else if let Some(at) = holder(&summary.facts, |fact| fact.statement, hit.start() as u32) {
            let name = summary.slice(summary.facts[at].name);
            if !name.is_empty() && name != &summary.text[hit.start()..hit.end()] {
                add(found, name);
            }
        }
    }
}

fn asynchronous(summary: &Summary, found: &mut FxHashSet<Box<str>>) {
    for block in &summary.blocks {
        match block.kind {
            BlockKind::Function { is_async: true } if block.is_generator => add(found, summary.slice(block.name)),
            BlockKind::Function { is_async: false } => {
                let head = summary.slice(block.head);
                if head.rsplit_once("->").is_some_and(|(_, result)| result.contains("Async")) {
                    add(found, summary.slice(block.name));
                }
            }
            _ => {}
        }
        if let Some(class) = block.parent.filter(|_| matches!(summary.slice(block.name), "__aiter__" | "__aenter__")) {
            add(found, summary.name_of(class));
        }
    }
}
