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

/// Decorators from elsewhere that make a coroutine function of a plain one.
const MAKERS: [&str; 6] = ["sync_to_async", "coroutine", "inlineCallbacks", "run_on_executor", "as_future", "asyncify"];

/// All names of a project's files, and of the standard library.
pub fn awaitable_names(summaries: &[&Summary]) -> FxHashSet<Box<str>> {
    let mut names: FxHashSet<Box<str>> = library().awaitable_names().map(Box::from).collect();
    let summaries = || summaries.par_iter().copied();
    names.extend(gather(summaries(), coroutine_functions));
    let makers: FxHashSet<Box<str>> =
        gather(summaries(), makers).into_iter().chain(MAKERS.iter().map(|name| Box::from(*name))).collect();
    names.extend(gather(summaries(), |summary, found| decorated(summary, &makers, found)));
    let mut aliases: Vec<Box<str>> = vec!["Awaitable".into(), "Coroutine".into()];
    aliases.extend(gather(summaries(), callable_protocols));
    names.extend(aliases.iter().cloned());
    let mut known: FxHashSet<Box<str>> = aliases.iter().cloned().collect();
    for _ in 0..ROUNDS {
        let Ok(searcher) = AhoCorasick::new(aliases.iter().map(|alias| alias.as_bytes())) else { break };
        let found = gather(summaries(), |summary, found| annotated(summary, &searcher, found));
        let (new_aliases, callables): (Vec<_>, Vec<_>) = found.into_iter().partition(|name| name.starts_with('='));
        names.extend(callables);
        aliases = new_aliases.into_iter().map(|alias| Box::from(&alias[1..])).collect();
        names.extend(aliases.iter().cloned());
        aliases.retain(|alias| known.insert(alias.clone()));
        if aliases.is_empty() {
            break;
        }
    }
    for _ in 0..ROUNDS {
        let new: Vec<Box<str>> =
            gather(summaries(), |summary, found| handed_on(summary, &names, found)).into_iter().collect();
        let before = names.len();
        names.extend(new);
        if names.len() == before {
            break;
        }
    }
    names
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
        .reduce(FxHashSet::default, |one, other| {
            let (mut large, small) = if one.len() > other.len() { (one, other) } else { (other, one) };
            large.extend(small);
            large
        })
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
fn handed_on(summary: &Summary, names: &FxHashSet<Box<str>>, found: &mut FxHashSet<Box<str>>) {
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
