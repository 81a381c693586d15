//! The compound statements of a file whose suites have a shape that a page is after, without a tree.
//!
//! In: the text and its outline. Out: where the statements start. Only coroutines are looked at, and every shape is told by the words
//! in the suite and by what its first statement begins with. As with every trigger, in doubt a place counts.

use crate::outline::{Outline, Statement, StatementKind};
use crate::text::{self, Span};
use memchr::memmem;

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Suite {
    /// A loop that may run long and let nobody else run.
    Starving,
    /// An `async for` that may be left early.
    Abandoned,
    /// A `while` that awaits one thing and does nothing else.
    Waiting,
    /// A plain `with` that enters what has a name, and suspends.
    Holding,
}

/// What a loop says that counts far, or without an end.
const COUNTING: [&str; 4] = ["range(", "count(", "cycle(", "repeat("];

/// Where statements of one shape start, in order.
pub(super) fn find(text: &str, outline: &Outline, wanted: Suite) -> Vec<usize> {
    let headers = outline.statements.iter().enumerate().filter(|(_, each)| each.kind == StatementKind::Header);
    let found = headers.filter(|(at, header)| {
        let (at, source) = (*at, &text[header.span.range()]);
        let is_wanted = match wanted {
            Suite::Starving => starves(text, outline, at, source),
            Suite::Abandoned => {
                let rest = source.strip_prefix("async").filter(|_| starts(source, "async"));
                rest.is_some_and(|rest| starts(rest.trim_start(), "for"))
                    && says(text, outline, inside(header), &["break", "return"])
            }
            Suite::Waiting => {
                let mut suite = outline.statements[at + 1..].iter().take_while(|each| each.span.start < header.end);
                let first = suite.next().map_or("", |first| &text[first.span.range()]);
                starts(source, "while") && starts(first, "await") && suite.next().is_none()
            }
            Suite::Holding => {
                let calls = || {
                    source.strip_prefix("with").is_some_and(|items| items.trim_start_matches([' ', '(']).contains('('))
                };
                starts(source, "with") && !calls() && says(text, outline, inside(header), &["await", "async", "yield"])
            }
        };
        is_wanted && outline.in_async(header.block)
    });
    found.map(|(_, header)| header.span.start).collect()
}

/// The suites of a statement.
fn inside(header: &Statement) -> Span {
    Span::new(header.span.end, header.end)
}

fn starts(source: &str, word: &str) -> bool {
    source.starts_with(word) && source.as_bytes().get(word.len()).is_none_or(|byte| !text::is_word(*byte))
}

/// Whether one of the words stands in some code.
fn says(text: &str, outline: &Outline, span: Span, words: &[&str]) -> bool {
    words.iter().any(|word| {
        let bytes = &text.as_bytes()[span.range()];
        memmem::find_iter(bytes, word).any(|at| {
            let at = span.start + at;
            let span = Span::new(at, at + word.len());
            text::is_whole_word(text.as_bytes(), span) && outline.is_code(span)
        })
    })
}

fn starves(text: &str, outline: &Outline, at: usize, source: &str) -> bool {
    let header = &outline.statements[at];
    let yields = || says(text, outline, inside(header), &["await", "async", "yield"]);
    if starts(source, "while") {
        let test = source["while".len()..].trim_end_matches(':').trim();
        let first = outline.statements.get(at + 1).map_or("", |first| &text[first.span.range()]);
        let is_idle = ["if", "pass", "continue"].iter().any(|word| starts(first, word)) || first.starts_with("...");
        let tells = || {
            outline.statements.get(at + 1).is_some_and(|first| matches!(first.kind, StatementKind::Call { .. }))
                && ["log", "print"].iter().any(|word| first.to_ascii_lowercase().starts_with(word))
        };
        return is_idle || tells() || matches!(test, "True" | "1") && !yields();
    }
    if !starts(source, "for") {
        return false;
    }
    let is_nested = || {
        let later = outline.statements[at + 1..].iter().take_while(|later| later.span.start < header.end);
        later.into_iter().any(|later| later.kind == StatementKind::Header && starts(&text[later.span.range()], "for"))
    };
    let counts = COUNTING.iter().any(|word| source.contains(word));
    let is_far = counts && (!source.contains("range(") || !is_short_range(source));
    (is_far || is_nested()) && !yields()
}

/// Whether the bounds of a `range` are written out, and small.
fn is_short_range(source: &str) -> bool {
    let Some((_, bounds)) = source.split_once("range(") else { return false };
    let bounds = bounds.split(')').next().unwrap_or_default();
    bounds.len() < 5 && bounds.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b' '))
}
