//! The statements that mention what a pattern asks about by a predicate alone: something asynchronous, whatever its name.
//!
//! A name is lexical: the last word of a chain, bound in the file by a definition, an import, an assignment, `as` or an
//! annotation. As with every trigger, in doubt a statement counts.

use crate::codemod::awaitables;
use crate::codemod::query::Pattern;
use crate::codemod::trigger;
use crate::outline::{BlockKind, Outline, Statement, StatementKind};
use crate::project::quick::Glance;
use crate::text::{Span, is_whole_word, is_word, line_end, line_start, words};
use rustc_hash::FxHashSet;

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
    if names.is_empty() {
        return Vec::new();
    }
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
        Kind::Asynchronous => true,
    }
}

/// The names right behind an `await`.
fn awaited_names(text: &str) -> FxHashSet<&str> {
    let behind = words(text, "await").map(|at| &text[at + "await".len()..]);
    behind.filter_map(|rest| identifiers(rest).next()).map(|(_, word)| word).collect()
}

/// Which statements mention one of some names so.
pub(super) struct Beside<'n, 't> {
    names: &'n Named<'t>,
    stand: Stand,
    /// In order.
    places: Vec<usize>,
}

impl<'n, 't> Beside<'n, 't> {
    pub fn new(text: &str, outline: &Outline, names: &'n Named<'t>, stand: Stand) -> Beside<'n, 't> {
        Beside { names, stand, places: places(text, outline, names, stand, false) }
    }

    /// Whether the statement around an offset mentions one of the names, or, where there is none, the line.
    pub fn holds(&self, text: &str, outline: &Outline, offset: usize) -> bool {
        let Some(statement) = outline.statement_at(offset) else {
            let line = &text[line_start(text, offset)..line_end(text, offset)];
            return identifiers(line).any(|(_, word)| self.names.contains(word));
        };
        // What is an argument of the call stands behind its name.
        let from = if self.stand == Stand::Argument { offset } else { statement.span.start };
        let first = self.places.partition_point(|place| *place < from);
        self.places.get(first).is_some_and(|place| *place < statement.span.end)
    }
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
    own: FxHashSet<&'t str>,
    /// Those that the project knows.
    project: Option<&'t FxHashSet<Box<str>>>,
    /// Whether the names are all others.
    is_negated: bool,
}

impl<'t> Named<'t> {
    pub fn none() -> Named<'t> {
        Named { own: FxHashSet::default(), project: None, is_negated: false }
    }

    pub fn of(kind: Kind, text: &'t str, outline: &Outline, glance: &Glance<'t, 't>) -> Named<'t> {
        match kind {
            Kind::CoroutineFunctions | Kind::Unawaitable => Named {
                own: awaitables::own_names(text, outline, glance),
                project: Some(glance.awaitable_names()),
                is_negated: kind == Kind::Unawaitable,
            },
            Kind::Asynchronous => asynchronous(text, outline, glance),
        }
    }

    fn contains(&self, name: &str) -> bool {
        let is_known = self.own.contains(name) || self.project.is_some_and(|project| project.contains(name));
        is_known != self.is_negated
    }

    fn is_empty(&self) -> bool {
        !self.is_negated && self.own.is_empty() && self.project.is_none_or(|project| project.is_empty())
    }
}

fn asynchronous<'t>(text: &'t str, outline: &Outline, glance: &Glance<'t, 't>) -> Named<'t> {
    let index = glance.inference.project.index();
    let bytes = text.as_bytes();
    let is_mentioned = index.asynchronous_searcher.as_ref().is_some_and(|searcher| {
        searcher.find_iter(bytes).any(|found| is_whole_word(bytes, Span::new(found.start(), found.end())))
    });
    if !is_mentioned {
        return Named::none();
    }
    let mut names = Named { own: FxHashSet::default(), project: Some(&index.asynchronous), is_negated: false };
    for import in &outline.imports {
        if let (Some(name), Some(alias)) = (import.name, import.alias)
            && names.contains(&text[name.range()])
        {
            names.own.insert(&text[alias.range()]);
        }
    }
    while add_bound(text, outline, &mut names) {}
    names
}

/// Adds the names that statements and parameters bind to what one of the names gives; whether there were any.
fn add_bound<'t>(text: &'t str, outline: &Outline, names: &mut Named<'t>) -> bool {
    let before = names.own.len();
    for statement in &outline.statements {
        let source = &text[statement.span.range()];
        match statement.kind {
            StatementKind::Simple => {
                // What is bound stands before the last `=` outside of parentheses, its annotation behind a colon.
                let open = source.find('(').unwrap_or(source.len());
                let (targets, value) = match source[..open].rfind('=') {
                    Some(equals) => (&source[..equals], &source[equals + 1..]),
                    None => (source, ""),
                };
                let is_binding = !targets.contains(['"', '\'', '\n']);
                if is_binding && (names.contains(head(value)) || names.contains(annotation(targets))) {
                    let bound = identifiers(targets.split(':').next().unwrap_or_default()).map(|(_, word)| word);
                    names.own.extend(bound.filter(|word| !matches!(*word, "self" | "cls")));
                }
            }
            StatementKind::Header => {
                for (at, _) in source.match_indices(" as ") {
                    if identifiers(&source[..at]).any(|(_, word)| names.contains(word)) {
                        names.own.extend(identifiers(&source[at + 4..]).next().map(|(_, word)| word));
                    }
                }
            }
            _ => {}
        }
    }
    for block in &outline.blocks {
        let header = &text[block.header.range()];
        if block.kind == BlockKind::Class {
            if identifiers(header).any(|(_, word)| names.contains(word)) {
                names.own.insert(&text[block.name.range()]);
            }
            continue;
        }
        let annotated: Vec<&str> = identifiers(header)
            .filter(|(_, word)| names.contains(word))
            .filter_map(|(at, _)| header[..at].rfind(':').filter(|colon| !header[*colon..at].contains([',', '=', '>'])))
            .filter_map(|colon| identifiers(&header[..colon]).last())
            .map(|(_, word)| word)
            .collect();
        names.own.extend(annotated);
    }
    names.own.len() > before
}

/// The last name of the chain that an expression begins with, behind `await` and parentheses.
fn head(expression: &str) -> &str {
    let rest = expression.trim_start_matches(['(', ' ', '\t', '\r', '\n', '\\']);
    let rest = rest.strip_prefix("await ").unwrap_or(rest).trim_start();
    let end = rest.bytes().position(|byte| !is_word(byte) && byte != b'.').unwrap_or(rest.len());
    rest[..end].rsplit('.').next().unwrap_or_default()
}

/// The last name of an annotation in front of `=`.
fn annotation(target: &str) -> &str {
    target.split_once(':').map_or("", |(_, annotation)| head(annotation))
}
