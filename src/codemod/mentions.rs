//! The statements that mention what a pattern asks about by a predicate alone: something asynchronous, whatever its name.
//!
//! A name is lexical: the last word of a chain, bound in the file by a definition, an import, an assignment, `as` or an
//! annotation. As with every trigger, in doubt a statement counts.

use crate::codemod::awaitables::Own;
use crate::codemod::query::Pattern;
use crate::codemod::trigger;
use crate::outline::{Outline, Statement, StatementKind};
use crate::project::quick::Glance;
use crate::project::vocabulary::Vocabulary;
use crate::text::{Span, is_word, line_end, line_start, words};
use rustc_hash::FxHashSet;
use std::rc::Rc;

/// The longest bare statement that is looked at, in bytes.
const LONGEST: usize = 200;

/// What the names stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    CoroutineFunctions,
    /// What is iterated or entered asynchronously, or makes such a thing.
    Asynchronous,
    /// What is called for something that cannot be awaited.
    Unawaitable,
}

/// How a statement has to hold the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// Without a call behind it.
    Uncalled,
    /// Iterated by a `for`.
    Iterated,
    /// Entered by a plain `with`.
    Entered,
    /// Behind a star.
    Starred,
    /// As an argument.
    Argument,
    /// Behind `await`, called or not.
    Awaited { called: bool },
    /// As the whole statement.
    Alone,
    /// Called behind `=`.
    Assigned,
}

/// What a pattern needs a file to mention, and how; none where it asks about names of its own.
pub(super) fn needed(pattern: &Pattern) -> Option<(Kind, Stand)> {
    let asks = |name: &str| pattern.predicates.iter().any(|call| call.name == name && !call.negated);
    let kind = if asks("coroutine-function?") || asks("awaited-again?") {
        Kind::CoroutineFunctions
    } else if asks("iterates-asynchronously?") || asks("enters-asynchronously?") {
        Kind::Asynchronous
    } else if asks("unawaitable?") {
        Kind::Unawaitable
    } else {
        return None;
    };
    let stand = match pattern.root.as_str() {
        "for_statement" | "for_in_clause" => Stand::Iterated,
        "with_statement" => Stand::Entered,
        "list_splat" => Stand::Starred,
        "call" if kind == Kind::Asynchronous => Stand::Argument,
        "await" | "return_statement" if pattern.source.contains("function:") => Stand::Uncalled,
        "await" => Stand::Awaited { called: kind != Kind::CoroutineFunctions },
        "expression_statement" => Stand::Alone,
        "assignment" => Stand::Assigned,
        _ => Stand::Uncalled,
    };
    Some((kind, stand))
}

/// Where statements mention one of the names so, in order of statement.
pub(super) fn places(text: &str, outline: &Outline, names: &Named, stand: Stand, in_async: bool) -> Vec<usize> {
    let statements = outline.statements.iter().filter(|statement| {
        let source = &text[statement.span.start..];
        let kind = match stand {
            // `async for` and `async with` are what they should be, whatever their header holds.
            Stand::Iterated if statement.kind == StatementKind::Header => !source.starts_with("async"),
            Stand::Entered => statement.kind == StatementKind::Header && source.starts_with("with"),
            Stand::Alone | Stand::Assigned => statement.kind == StatementKind::Simple,
            _ => !matches!(statement.kind, StatementKind::Import | StatementKind::Global),
        };
        kind && (!in_async || outline.in_async(statement.block))
    });
    let awaited = if stand == Stand::Assigned { awaited_names(text) } else { FxHashSet::default() };
    statements.flat_map(|statement| places_in(text, outline, statement, names, stand, &awaited)).collect()
}

fn places_in(
    text: &str,
    outline: &Outline,
    statement: &Statement,
    names: &Named,
    stand: Stand,
    awaited: &FxHashSet<&str>,
) -> Vec<usize> {
    let source = &text[statement.span.range()];
    let needs = match stand {
        Stand::Iterated => Some("for"),
        Stand::Starred => Some("*"),
        Stand::Argument => Some("("),
        Stand::Awaited { .. } => Some("await"),
        Stand::Assigned => Some("="),
        Stand::Alone if source.len() > LONGEST => return Vec::new(),
        Stand::Entered | Stand::Alone | Stand::Uncalled => None,
    };
    if needs.is_some_and(|word| memchr::memmem::find(source.as_bytes(), word.as_bytes()).is_none()) {
        return Vec::new();
    }
    let stands = |at: usize, word: &str| {
        let is_link = |byte: &u8| is_word(*byte) || *byte == b'.';
        let chain = source.as_bytes()[..at].iter().rposition(|byte| !is_link(byte)).map_or(0, |last| last + 1);
        let before = source[..chain].trim_end_matches(['(', ' ', '\t', '\r', '\n', '\\']);
        let behind = source[at + word.len()..].trim_start();
        // The name may be that of a method of a call or a subscript, and a comment may stand between.
        let is_follower = source[chain..].starts_with('.') || source[before.len()..chain].contains('#');
        let follows = |word: &str| is_follower || before.ends_with(word);
        match stand {
            Stand::Uncalled => !behind.starts_with(['(', '.']),
            Stand::Iterated => !behind.starts_with('.') && follows("in"),
            Stand::Entered => !behind.starts_with('.') && ["with", ",", "await"].iter().any(|word| follows(word)),
            Stand::Starred => !behind.starts_with('.') && follows("*"),
            Stand::Argument => {
                let is_first = source[before.len()..chain].contains('(');
                !behind.starts_with('.') && (is_first || follows(","))
            }
            Stand::Awaited { called: true } => behind.starts_with(['(', '#', '\\']) && follows("await"),
            Stand::Awaited { called: false } => !behind.starts_with(['(', '.']) && follows("await"),
            Stand::Assigned => {
                behind.starts_with('(')
                    && follows("=")
                    && trigger::targets(&source[..at]).any(|name| awaited.contains(name))
            }
            Stand::Alone => before.is_empty() && behind.trim_matches(')').is_empty(),
        }
    };
    identifiers(source)
        .filter(|(at, word)| names.contains(word) && stands(*at, word))
        .map(|(at, word)| Span::new(statement.span.start + at, statement.span.start + at + word.len()))
        .filter(|span| outline.is_code(*span))
        .map(|span| span.start)
        .collect()
}

/// Whether what can be told without a tree leaves it possible that the name at an offset is of a kind.
pub(super) fn is_worth_it(text: &str, glance: &Glance, kind: Kind, at: usize) -> bool {
    let is_link = |byte: &u8| is_word(*byte) || *byte == b'.';
    let start = text.as_bytes()[..at].iter().rposition(|byte| !is_link(byte)).map_or(0, |last| last + 1);
    let end = text.as_bytes()[at..].iter().position(|byte| !is_word(*byte)).map_or(text.len(), |length| at + length);
    match kind {
        Kind::CoroutineFunctions => glance.may_make_coroutine(start, end),
        Kind::Unawaitable => glance.may_make_plain(start, end),
        Kind::Asynchronous => {
            let is_called = text[end..].trim_start().starts_with('(');
            glance.may_be_asynchronous(start, end, is_called)
        }
    }
}

/// The names right behind an `await`.
fn awaited_names(text: &str) -> FxHashSet<&str> {
    let behind = words(text, "await").map(|at| &text[at + "await".len()..]);
    behind.filter_map(|rest| identifiers(rest).next()).map(|(_, word)| word).collect()
}

/// Whether the statement around an offset mentions one of some names so, or, where there is none, the line.
pub(super) fn holds(
    text: &str,
    outline: &Outline,
    names: &Named,
    stand: Stand,
    glance: &Glance,
    offset: usize,
) -> bool {
    let Some(statement) = outline.statement_at(offset) else {
        let line = &text[line_start(text, offset)..line_end(text, offset)];
        return identifiers(line).any(|(_, word)| names.contains(word));
    };
    if stand == Stand::Argument && names.kind == Kind::Asynchronous {
        return first_argument_is_asynchronous(text, names, glance, statement, offset);
    }
    let awaited = if stand == Stand::Assigned { awaited_names(text) } else { FxHashSet::default() };
    // What is an argument of the call stands behind its name.
    let from = if stand == Stand::Argument { offset } else { statement.span.start };
    let places = places_in(text, outline, statement, names, stand, &awaited);
    places.into_iter().any(|place| from <= place)
}

/// Whether the first argument of the call whose name stands at an offset may be asynchronous.
fn first_argument_is_asynchronous(
    text: &str,
    names: &Named,
    glance: &Glance,
    statement: &Statement,
    offset: usize,
) -> bool {
    let Some(open) = text[offset..statement.span.end].find(|letter: char| !letter.is_alphanumeric() && letter != '_')
    else {
        return false;
    };
    if !text[offset + open..].starts_with('(') {
        return text[offset + open..].starts_with([' ', '\\', '\n'])
            && text[offset + open..].trim_start().starts_with('(');
    }
    let start = offset + open + 1 + (text[offset + open + 1..].len() - text[offset + open + 1..].trim_start().len());
    let is_link = |byte: u8| is_word(byte) || byte == b'.';
    let end =
        text.as_bytes()[start..].iter().position(|byte| !is_link(*byte)).map_or(text.len(), |length| start + length);
    let chain = &text[start..end];
    if chain.is_empty() || text[end..].starts_with(['"', '\'']) {
        // A string, a display, a comprehension: its own clauses are looked at by themselves, but for a star.
        return text[start..].starts_with('*');
    }
    let is_called = text[end..].trim_start().starts_with('(');
    let is_item = text[end..].trim_start().starts_with([')', ',']);
    names.contains(chain.rsplit('.').next().unwrap_or(chain))
        && (is_called || is_item && glance.may_be_asynchronous(start, end, false))
}

/// The words of a text that do not start with a digit, each with its offset.
fn identifiers(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() && (!is_word(bytes[at]) || bytes[at].is_ascii_digit()) {
            at += 1;
        }
        let start = at;
        while at < bytes.len() && is_word(bytes[at]) {
            at += 1;
        }
        (start < at).then(|| (start, &text[start..at]))
    })
}

/// The names by which a file calls what is of a kind.
pub(super) struct Named<'t> {
    /// Those that the file itself gives.
    own: Rc<Own<'t>>,
    kind: Kind,
    asynchronous: &'t FxHashSet<Box<str>>,
    awaitable: Vocabulary<'t>,
}

impl<'t> Named<'t> {
    pub fn of(kind: Kind, own: &Rc<Own<'t>>, glance: &Glance<'t, 't>) -> Named<'t> {
        let asynchronous = &glance.inference.project.index().asynchronous;
        Named { own: own.clone(), kind, asynchronous, awaitable: glance.awaitable_names() }
    }

    fn contains(&self, name: &str) -> bool {
        let makes = || self.own.awaitable.contains(name) || self.awaitable.contains(name);
        match self.kind {
            Kind::CoroutineFunctions => makes(),
            Kind::Unawaitable => !makes(),
            Kind::Asynchronous => self.own.asynchronous.contains(name) || self.asynchronous.contains(name),
        }
    }
}
