//! Which calls of a file could make a coroutine, without a tree of it.
//!
//! In: the text, its outline and the look at the file. Out: offsets that a match on such a call has to cover. A call counts
//! when it has the name of something that makes a coroutine, and when nothing that can be told without a tree says that
//! this one does not. What is let through is parsed, and then asked for certain; what is stopped here is never seen, so
//! that in doubt a call is let through.

use crate::codemod::trigger;
use crate::outline::{CallSite, Outline, Place, StatementKind, call_sites};
use crate::project::narrowing::{asks_for_coroutine_functions, tested_callables};
use crate::project::quick::Glance;
use memchr::memmem;
use rustc_hash::FxHashSet;

/// What takes coroutines for a living, by its last name: an argument of it is in good hands.
const TAKERS: [&str; 16] = [
    "create_task",
    "ensure_future",
    "gather",
    "wait_for",
    "shield",
    "wait",
    "as_completed",
    "run",
    "run_until_complete",
    "run_coroutine_threadsafe",
    "create_background_task",
    "async_create_task",
    "async_create_background_task",
    "start_soon",
    "append",
    "timeout",
];

/// Where calls could make a coroutine that nobody awaits on the spot.
#[derive(Default)]
pub(super) struct Awaitable {
    /// The starts of bare call statements, and whether they stand in a coroutine.
    pub statements: Vec<(usize, bool)>,
    /// The names of what is called, anywhere else in a coroutine.
    pub calls: Vec<usize>,
}

/// Looks through the calls of a file.
pub(super) fn find(text: &str, outline: &Outline, glance: &Glance, own: &Own) -> Awaitable {
    let is_known = |name: &str| glance.awaitable_names().contains(name) || own.awaitable.contains(name);
    let mut found = Awaitable::default();
    for site in call_sites(text, outline) {
        let is_statement = site.place == Place::Statement;
        if !(is_statement || site.in_async && matters(text, &site)) {
            continue;
        }
        let name = &text[site.name.range()];
        let is_known = name.is_empty() || is_known(name) || is_statement && site.in_async && is_object(name);
        // Other calls of the same thing are looked for only where a coroutine is likely forgotten.
        let is_lonely = site.in_async && (is_statement || site.place == Place::Assigned);
        let may_make = is_known && glance.may_make_coroutine(site.chain, site.name.end)
            || is_lonely && glance.is_awaited_elsewhere(site.chain, site.name.end)
            || is_statement && site.in_async && takes_scope(text, site.name.end);
        if !may_make {
            continue;
        }
        if is_statement {
            found.statements.push((site.chain, site.in_async));
        }
        if site.in_async {
            found.calls.push(site.chain);
        }
    }
    found
}

/// Whether somebody who is not known may be left with the value of a call.
fn matters(text: &str, site: &CallSite) -> bool {
    match site.place {
        Place::Argument => site.callee.is_none_or(|callee| !TAKERS.contains(&&text[callee.range()])),
        Place::Generated => false,
        _ => true,
    }
}

/// Whether the first argument of a call is written as that of an ASGI application.
fn takes_scope(text: &str, open: usize) -> bool {
    let first = text[open..].strip_prefix('(').unwrap_or_default().split([',', ')']).next().unwrap_or_default();
    first.trim().ends_with("scope")
}

/// Whether a name is that of an object whose class may have a coroutine function for `__call__`.
fn is_object(name: &str) -> bool {
    matches!(name, "self" | "cls")
}

/// The names that a file itself gives: to what makes a coroutine, and to what is asynchronous.
#[derive(Default)]
pub(super) struct Own<'t> {
    pub awaitable: FxHashSet<&'t str>,
    pub asynchronous: FxHashSet<&'t str>,
}

/// The names that the imports and assignments of a file give, and its `with` and `for` headers.
pub(super) fn own_names<'t>(text: &'t str, outline: &Outline, glance: &Glance) -> Own<'t> {
    let mut own = Own::default();
    let last = |chain: &'t str| chain.trim().trim_start_matches("await ").rsplit('.').next().unwrap_or_default();
    let awaitables = glance.awaitable_names();
    let asynchronous = &glance.inference.project.index().asynchronous;
    let makes = |own: &Own, name: &str| awaitables.contains(name) || own.awaitable.contains(name);
    let speaks = |own: &Own, name: &str| asynchronous.contains(name) || own.asynchronous.contains(name);
    for import in &outline.imports {
        if let (Some(name), Some(alias)) = (import.name, import.alias) {
            let name = &text[name.range()];
            if makes(&own, name) {
                own.awaitable.insert(&text[alias.range()]);
            }
            if speaks(&own, name) {
                own.asynchronous.insert(&text[alias.range()]);
            }
        }
    }
    if asks_for_coroutine_functions(text) {
        own.awaitable.extend(tested_callables(text).filter_map(|callable| callable.rsplit('.').next()));
    }
    let has = |word: &str| memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    let is_annotated = has("Awaitable[") || has("Coroutine[");
    for statement in &outline.statements {
        let source = &text[statement.span.range()];
        if statement.kind == StatementKind::Header {
            let Some(at) = memmem::find(source.as_bytes(), b" as ") else { continue };
            let words = source[..at].split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            if words.into_iter().any(|word| speaks(&own, word)) {
                own.asynchronous.extend(trigger::targets(&source[at + 4..]));
            }
            continue;
        }
        let Some(sign) = memchr::memchr(b'=', source.as_bytes()) else { continue };
        if statement.kind != StatementKind::Simple {
            continue;
        }
        if is_annotated && (source[..sign].contains("Awaitable[") || source[..sign].contains("Coroutine[")) {
            own.awaitable.extend(trigger::targets(&source[..=sign]));
        }
        let end = memchr::memrchr(b'=', source.as_bytes()).unwrap_or(sign);
        if source.len() - end < 80 {
            let value = last(&source[end + 1..]);
            if makes(&own, value) {
                own.awaitable.extend(trigger::targets(&source[..=end]));
            }
            if speaks(&own, value) {
                own.asynchronous.extend(trigger::targets(&source[..=end]));
            }
        }
        if let Some(open) = memchr::memchr(b'(', &source.as_bytes()[sign..]) {
            let value = source[sign + 1..sign + open].trim();
            // An object that can be called itself, or something that gives one.
            if value.ends_with("partial") || makes(&own, last(value)) {
                own.awaitable.extend(trigger::targets(&source[..=sign]));
            }
            if speaks(&own, last(value)) {
                own.asynchronous.extend(trigger::targets(&source[..=sign]));
            }
        }
    }
    own
}
