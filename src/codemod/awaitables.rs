//! Which calls of a file could make a coroutine, without a tree of it.
//!
//! In: the text, its outline and the look at the file. Out: offsets that a match on such a call has to cover. A call counts
//! when it has the name of something that makes a coroutine, and when nothing that can be told without a tree says that
//! this one does not. What is let through is parsed, and then asked for certain; what is stopped here is never seen, so
//! that in doubt a call is let through.

use crate::codemod::trigger;
use crate::outline::{CallSite, Outline, Place, StatementKind};
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
pub(super) fn find(text: &str, sites: &[CallSite], glance: &Glance, own: &Own) -> Awaitable {
    let is_known = |name: &str| glance.awaitable_names().contains(name) || own.awaitable.contains(name);
    let mut found = Awaitable::default();
    for site in sites {
        let is_statement = site.place == Place::Statement;
        if !(is_statement || site.in_async && matters(text, site)) {
            continue;
        }
        let name = &text[site.name.range()];
        let is_known = name.is_empty() || is_known(name) || site.in_async && is_object(name);
        // Other calls of the same thing are looked for only where a coroutine is likely forgotten.
        let is_lonely = site.in_async && (is_statement || site.place == Place::Assigned);
        let may_make = is_known && glance.may_make_coroutine(site.chain, site.name.end)
            || is_lonely && glance.is_awaited_elsewhere(site.chain, site.name.end)
            || is_statement && site.in_async && takes_scope(text, site.name.end)
            || site.in_async && name == "cast" && casts_to_awaitable(text, site.name.end);
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

/// Whether the first argument of a call is written as something to be awaited: `cast(Awaitable[int], result)`.
fn casts_to_awaitable(text: &str, open: usize) -> bool {
    let first = text[open..].strip_prefix('(').unwrap_or_default().split(['[', ',', ')']).next().unwrap_or_default();
    ["Awaitable", "Coroutine"].iter().any(|name| first.contains(name))
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
pub(super) fn own_names<'t>(text: &'t str, outline: &Outline, glance: &Glance<'t, '_>) -> Own<'t> {
    let mut own = Own::default();
    for import in &outline.imports {
        if let (Some(name), Some(alias)) = (import.name, import.alias) {
            own.add(&text[name.range()], std::iter::once(&text[alias.range()]), glance);
        }
    }
    if asks_for_coroutine_functions(text) {
        own.awaitable.extend(tested_callables(text).filter_map(|callable| callable.rsplit('.').next()));
    }
    let has = |word: &str| memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    let is_annotated = has("Awaitable[") || has("Coroutine[");
    for statement in &outline.statements {
        let source = &text[statement.span.range()];
        match statement.kind {
            StatementKind::Header => own.add_header(source, glance),
            StatementKind::Simple => own.add_assignment(source, is_annotated, glance),
            _ => {}
        }
    }
    own
}

impl<'t> Own<'t> {
    /// Gives what a name stands for to some others.
    fn add(&mut self, name: &str, others: impl Iterator<Item = &'t str> + Clone, glance: &Glance) {
        if glance.awaitable_names().contains(name) || self.awaitable.contains(name) {
            self.awaitable.extend(others.clone());
        }
        if glance.inference.project.index().asynchronous.contains(name) || self.asynchronous.contains(name) {
            self.asynchronous.extend(others);
        }
    }

    fn add_header(&mut self, source: &'t str, glance: &Glance) {
        let Some(at) = memmem::find(source.as_bytes(), b" as ") else { return };
        let asynchronous = &glance.inference.project.index().asynchronous;
        let mut words = source[..at].split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        if words.any(|word| asynchronous.contains(word) || self.asynchronous.contains(word)) {
            self.asynchronous.extend(trigger::targets(&source[at + 4..]));
        }
    }

    fn add_assignment(&mut self, source: &'t str, is_annotated: bool, glance: &Glance) {
        const LONGEST: usize = 80;
        let is_awaitable = |annotation: &str| annotation.contains("Awaitable[") || annotation.contains("Coroutine[");
        let Some(sign) = memchr::memchr(b'=', source.as_bytes()) else {
            // `name: T` alone says what the name is when it is bound.
            if let Some((name, _)) =
                source.split_once(':').filter(|(_, annotation)| is_annotated && is_awaitable(annotation))
            {
                self.awaitable.insert(name.trim().rsplit('.').next().unwrap_or_default());
            }
            return;
        };
        let last = |chain: &'t str| chain.trim().trim_start_matches("await ").rsplit('.').next().unwrap_or_default();
        if is_annotated && is_awaitable(&source[..sign]) {
            self.awaitable.extend(trigger::targets(&source[..=sign]));
        }
        let end = memchr::memrchr(b'=', source.as_bytes()).unwrap_or(sign);
        if source.len() - end < LONGEST {
            self.add(last(&source[end + 1..]), trigger::targets(&source[..=end]), glance);
        }
        if let Some(open) = memchr::memchr(b'(', &source.as_bytes()[sign..]) {
            let value = source[sign + 1..sign + open].trim();
            // An object that can be called itself, or something that gives one.
            if value.ends_with("partial") {
                self.awaitable.extend(trigger::targets(&source[..=sign]));
            }
            self.add(last(value), trigger::targets(&source[..=sign]), glance);
        }
    }
}
