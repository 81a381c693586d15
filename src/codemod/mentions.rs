//! The statements that mention what a pattern asks about by a predicate alone: something asynchronous, whatever its name.
//!
//! A name is lexical: the last word of a chain, bound in the file by a definition, an import, an assignment, `as` or an
//! annotation. As with every trigger, in doubt a statement counts.

use crate::codemod::query::Pattern;
use crate::codemod::trigger;
use crate::outline::{BlockKind, Outline, Statement, StatementKind};
use crate::project::standard::standard;
use crate::text::{Span, is_whole_word, is_word, line_end, line_start, words};
use aho_corasick::{AhoCorasick, MatchKind};
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use std::sync::LazyLock;

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
pub(super) fn places(
    text: &str,
    outline: &Outline,
    names: &FxHashSet<&str>,
    stand: Stand,
    in_async: bool,
) -> Vec<usize> {
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
    names: &FxHashSet<&str>,
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

/// The names right behind an `await`.
fn awaited_names(text: &str) -> FxHashSet<&str> {
    let behind = words(text, "await").map(|at| &text[at + "await".len()..]);
    behind.filter_map(|rest| identifiers(rest).next()).map(|(_, word)| word).collect()
}

/// Which statements mention one of some names so.
pub(super) struct Beside<'n, 't> {
    names: &'n FxHashSet<&'t str>,
    stand: Stand,
    /// In order.
    places: Vec<usize>,
}

impl<'n, 't> Beside<'n, 't> {
    pub fn new(text: &str, outline: &Outline, names: &'n FxHashSet<&'t str>, stand: Stand) -> Beside<'n, 't> {
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
pub(super) fn names<'t>(text: &'t str, outline: &Outline, kind: Kind) -> FxHashSet<&'t str> {
    match kind {
        Kind::CoroutineFunctions => coroutine_functions(text, outline),
        Kind::Asynchronous => asynchronous(text, outline),
        Kind::Unawaitable => unawaitable(text, outline),
    }
}

/// The names of coroutine functions, imported aliases and assigned ones included.
pub(super) fn coroutine_functions<'t>(text: &'t str, outline: &Outline) -> FxHashSet<&'t str> {
    let mut names: FxHashSet<&str> = standard().awaitable_names().collect();
    for block in &outline.blocks {
        if block.kind == (BlockKind::Function { is_async: true }) {
            names.insert(&text[block.name.range()]);
        }
    }
    add_aliases(text, outline, &mut names);
    for statement in outline.statements.iter().filter(|statement| statement.kind == StatementKind::Simple) {
        let source = &text[statement.span.range()];
        if let Some(end) = source.rfind('=')
            && source.len() - end < 80
            && names.contains(source[end + 1..].trim().rsplit('.').next().unwrap_or_default())
        {
            names.extend(trigger::targets(&source[..=end]));
        } else if let Some(at) = words(source, "partial").next() {
            names.extend(trigger::targets(&source[..at]));
        }
    }
    names.remove("return");
    names
}

fn add_aliases<'t>(text: &'t str, outline: &Outline, names: &mut FxHashSet<&'t str>) {
    for import in &outline.imports {
        if let (Some(name), Some(alias)) = (import.name, import.alias)
            && names.contains(&text[name.range()])
        {
            names.insert(&text[alias.range()]);
        }
    }
}

/// What the table of the standard library and others knows to be asynchronous.
struct Known {
    searcher: AhoCorasick,
    /// The last names of the paths, as the searcher counts them, each with the modules that it comes from.
    names: Vec<(&'static str, Vec<&'static str>)>,
}

fn known() -> &'static Known {
    static KNOWN: LazyLock<Known> = LazyLock::new(|| {
        let protocols = &standard().protocols;
        let paths = [&protocols.iterables, &protocols.managers, &protocols.iterable_types, &protocols.manager_types];
        // A coroutine function such as `open_connection` gives a stream reader.
        let paths = paths.into_iter().flatten().chain(standard().returns.keys());
        let mut by_last: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for path in paths {
            let (top, last) = (path.split('.').next().unwrap_or(path), path.rsplit('.').next().unwrap_or(path));
            by_last.entry(last).or_default().push(top);
        }
        let mut builder = AhoCorasick::builder();
        let searcher = builder.match_kind(MatchKind::LeftmostLongest).build(by_last.keys());
        Known { searcher: searcher.expect("a few short words always build"), names: by_last.into_iter().collect() }
    });
    &KNOWN
}

fn asynchronous<'t>(text: &'t str, outline: &Outline) -> FxHashSet<&'t str> {
    let mut names: FxHashSet<&str> = FxHashSet::default();
    for block in &outline.blocks {
        let speaks = match block.kind {
            BlockKind::Class => ["__aiter__", "__aenter__"].iter().any(|name| text[block.span.range()].contains(name)),
            BlockKind::Function { is_async: true } => text[block.span.range()].contains("yield"),
            BlockKind::Function { is_async: false } => {
                text[block.header.range()].rsplit_once("->").is_some_and(|(_, result)| result.contains("Async"))
            }
        };
        if speaks {
            names.insert(&text[block.name.range()]);
        }
    }
    let known = known();
    for found in known.searcher.find_iter(text) {
        if is_whole_word(text.as_bytes(), Span::new(found.start(), found.end())) {
            let (last, tops) = &known.names[found.pattern()];
            let is_imported = |top: &&str| {
                outline.imports.iter().any(|import| text[import.module.range()].split('.').next() == Some(top))
            };
            if !names.contains(last) && tops.iter().any(is_imported) {
                names.insert(last);
            }
        }
    }
    add_aliases(text, outline, &mut names);
    while add_bound(text, outline, &mut names) {}
    names
}

/// Adds the names that statements and parameters bind to what one of the names gives; whether there were any.
fn add_bound<'t>(text: &'t str, outline: &Outline, names: &mut FxHashSet<&'t str>) -> bool {
    let before = names.len();
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
                    names.extend(bound.filter(|word| !matches!(*word, "self" | "cls")));
                }
            }
            StatementKind::Header => {
                for (at, _) in source.match_indices(" as ") {
                    if identifiers(&source[..at]).any(|(_, word)| names.contains(word)) {
                        names.extend(identifiers(&source[at + 4..]).next().map(|(_, word)| word));
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
                names.insert(&text[block.name.range()]);
            }
            continue;
        }
        let annotated: Vec<&str> = identifiers(header)
            .filter(|(_, word)| names.contains(word))
            .filter_map(|(at, _)| header[..at].rfind(':').filter(|colon| !header[*colon..at].contains([',', '=', '>'])))
            .filter_map(|colon| identifiers(&header[..colon]).last())
            .map(|(_, word)| word)
            .collect();
        names.extend(annotated);
    }
    names.len() > before
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

fn unawaitable<'t>(text: &'t str, outline: &Outline) -> FxHashSet<&'t str> {
    let is_plain = |kind: BlockKind| kind != BlockKind::Function { is_async: true };
    let blocks = outline.blocks.iter().filter(|block| is_plain(block.kind)).map(|block| &text[block.name.range()]);
    let known = standard().protocols.not_awaitable.iter().map(|path| path.rsplit('.').next().unwrap_or(path));
    let mut names: FxHashSet<&str> = blocks.chain(known).collect();
    add_aliases(text, outline, &mut names);
    names
}
