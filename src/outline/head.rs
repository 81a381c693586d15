//! What the first word of a statement makes of it, and whether an expression statement is a chain that ends in a call.

use super::scan::{Item, Scanner};
use crate::text::{Span, is_word};

/// What a statement is, as far as its first word tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Head {
    Decorator,
    /// Ends behind `def`.
    Def {
        is_async: bool,
        end: usize,
    },
    /// Ends behind `class`.
    Class {
        end: usize,
    },
    /// The first header of a compound statement.
    Opener,
    /// `elif`, `else`, `except` or `finally`.
    Clause,
    /// `match`, which is a header only where the logical line ends in a colon.
    Match,
    Import,
    Global,
    /// A simple statement that begins with a keyword, and so is no chain.
    Keyword,
    /// Anything else: an expression or an assignment.
    Other,
}

/// Reads the first word of the statement at `at`.
pub(super) fn head(scan: &Scanner, at: usize) -> Head {
    if scan.bytes[at] == b'@' {
        return Head::Decorator;
    }
    let end = scan.word_end(at);
    match &scan.bytes[at..end] {
        b"def" => Head::Def { is_async: false, end },
        b"class" => Head::Class { end },
        b"async" => {
            let next = scan.skip_blanks(end);
            let end = scan.word_end(next);
            match &scan.bytes[next..end] {
                b"def" => Head::Def { is_async: true, end },
                b"for" | b"with" => Head::Opener,
                // Before Python 3.7 `async` is a name.
                _ => Head::Other,
            }
        }
        b"if" | b"for" | b"while" | b"try" | b"with" => Head::Opener,
        b"elif" | b"else" | b"except" | b"finally" => Head::Clause,
        b"match" => Head::Match,
        b"import" | b"from" => Head::Import,
        b"global" => Head::Global,
        b"return" | b"raise" | b"assert" | b"del" | b"await" | b"yield" | b"lambda" | b"not" | b"pass" | b"break"
        | b"continue" | b"nonlocal" => Head::Keyword,
        _ => Head::Other,
    }
}

/// How many lambdas stand in `span` outside of `items`.
pub(super) fn lambdas(scan: &Scanner, span: Span) -> usize {
    let mut count = 0;
    let mut start = span.start;
    let gap_ends = scan.items.iter().map(|item| (item.span.start, item.span.end)).chain([(span.end, span.end)]);
    for (end, next) in gap_ends {
        let gap = &scan.bytes[start..end];
        count += memchr::memmem::find_iter(gap, b"lambda")
            .filter(|&at| (at == 0 || !is_word(gap[at - 1])) && gap.get(at + 6).is_none_or(|&byte| !is_word(byte)))
            .count();
        start = next;
    }
    count
}

/// The callee of a statement that does not begin with a keyword, if it is a chain that ends in a call (see
/// [`super::StatementKind::Call`]). `scan.items` are the statement's own.
pub(super) fn callee(scan: &Scanner, span: Span) -> Option<Span> {
    if scan.bytes[span.end - 1] != b')' {
        return None;
    }
    let mut items = scan.items.iter().copied().peekable();
    let mut at = span.start;
    let mut before = Span::at(at);
    match items.peek() {
        Some(item) if item.span.start == at && item.is_string => {
            while let Some(string) = items.next_if(|item| item.is_string && item.span.start == at) {
                at = scan.skip_blanks(string.span.end);
            }
        }
        Some(group) if group.span.start == at => {
            at = scan.skip_blanks(group.span.end);
            items.next();
        }
        _ => {
            let end = word_or_ellipsis(scan, at)?;
            before = Span::new(at, if is_name(&scan.bytes[at..end]) { end } else { at });
            at = scan.skip_blanks(end);
        }
    }
    if at >= span.end {
        // The statement is one bracket or string, and it ends in a parenthesis.
        return Some(Span::at(span.start));
    }
    let mut last = Span::at(span.start);
    while at < span.end {
        match items.next_if(|item| item.span.start == at) {
            Some(Item { is_string: true, .. }) => return None,
            Some(group) if scan.bytes[at] != b'{' => {
                last = before;
                before = Span::at(group.span.start);
                at = scan.skip_blanks(group.span.end);
            }
            None if scan.bytes[at] == b'.' => {
                let start = scan.skip_blanks(at + 1);
                let end = scan.word_end(start);
                if start == end {
                    return None;
                }
                before = Span::new(start, end);
                at = scan.skip_blanks(end);
            }
            _ => return None,
        }
    }
    Some(if last.is_empty() { Span::at(span.start) } else { last })
}

fn word_or_ellipsis(scan: &Scanner, at: usize) -> Option<usize> {
    if scan.bytes[at..].starts_with(b"...") {
        return Some(at + 3);
    }
    let end = scan.word_end(at);
    (end > at).then_some(end)
}

/// Whether a word (or `...`) that begins a chain is an identifier, not a number or a constant.
fn is_name(word: &[u8]) -> bool {
    !word[0].is_ascii_digit() && !matches!(word, b"None" | b"True" | b"False" | b"...")
}
