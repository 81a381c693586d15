//! Which chains of names a text calls, and whether it awaits what they give.
//!
//! In: a text and its outline. Out: the spans of the chains with their functions, in order of the source. A function that
//! asks whether something is awaitable awaits only where it is, so that its awaits show nothing and are left out.

use crate::outline::{Outline, StatementKind};
use crate::text::{Span, is_word};
use memchr::memmem;
use rustc_hash::FxHashSet;

const AWAIT: &str = "await";
const SUPER: &[u8] = b"super()";

/// What a function says that takes both kinds of callables.
const TESTS: [&str; 3] = ["iscoroutine", "isawaitable", "is_coroutine"];

/// A chain of names that is called, and the function in which that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Site {
    pub chain: Span,
    pub is_awaited: bool,
    pub block: u32,
}

/// All such chains of a text, each once a function and kind.
pub(super) fn sites(text: &str, outline: &Outline) -> Vec<Site> {
    let mut found = Vec::new();
    if memmem::find(text.as_bytes(), b"async").is_some() {
        let mut seen: FxHashSet<(bool, u32, &str)> = FxHashSet::default();
        let mut add = |chain: Span, is_awaited: bool, block: u32| {
            if seen.insert((is_awaited, block, &text[chain.range()])) {
                found.push(Site { chain, is_awaited, block });
            }
        };
        awaited(text, outline, &mut add);
        dropped(text, outline, &mut add);
        found.sort_by_key(|site| site.chain.start);
    }
    found
}

fn awaited(text: &str, outline: &Outline, add: &mut impl FnMut(Span, bool, u32)) {
    let has_tests = tests(text);
    for at in memmem::find_iter(text.as_bytes(), AWAIT) {
        let word = Span::new(at, at + AWAIT.len());
        let Some(chain) = chain_behind(text.as_bytes(), word).filter(|_| outline.is_code(word)) else { continue };
        let Some(block) = outline.innermost_block(at) else { continue };
        if goes_on(text, outline, chain.end) {
            continue;
        }
        if !(has_tests && tests(&text[outline.blocks[block].span.range()])) {
            add(chain, true, block as u32);
        }
    }
}

fn dropped(text: &str, outline: &Outline, add: &mut impl FnMut(Span, bool, u32)) {
    for statement in &outline.statements {
        let (StatementKind::Call { callee }, Some(block)) = (statement.kind, statement.block) else { continue };
        let chain = Span::new(statement.span.start, callee.end);
        let is_chain = |bytes: &[u8]| bytes.iter().all(|byte| is_word(*byte) || *byte == b'.');
        let bytes = text.as_bytes()[chain.range()].strip_prefix(SUPER).unwrap_or(&text.as_bytes()[chain.range()]);
        if !callee.is_empty() && is_chain(bytes) && outline.in_async(Some(block)) {
            add(chain, false, block);
        }
    }
}

fn tests(function: &str) -> bool {
    TESTS.iter().any(|test| memmem::find(function.as_bytes(), test.as_bytes()).is_some())
}

/// Whether something is made of what the call gives whose parenthesis opens at `open`, before that is awaited:
/// `await connect().query()`.
fn goes_on(text: &str, outline: &Outline, open: usize) -> bool {
    const LONGEST: usize = 2000;
    let bytes = text.as_bytes();
    let mut depth = 0usize;
    for (at, byte) in bytes.iter().enumerate().skip(open).take(LONGEST) {
        match byte {
            b'(' | b'[' | b'{' if outline.is_code(Span::new(at, at + 1)) => depth += 1,
            b')' | b']' | b'}' if outline.is_code(Span::new(at, at + 1)) => {
                depth -= 1;
                if depth == 0 {
                    return matches!(bytes.get(at + 1), Some(b'(' | b'.' | b'['));
                }
            }
            _ => {}
        }
    }
    false
}

/// The chain of names that is called behind an `await`.
fn chain_behind(bytes: &[u8], word: Span) -> Option<Span> {
    let is_free = word.start == 0 || !is_word(bytes[word.start - 1]);
    let blanks = bytes[word.end..].iter().take_while(|byte| **byte == b' ').count();
    if !is_free || blanks == 0 {
        return None;
    }
    let start = word.end + blanks;
    let mut end = start + if bytes[start..].starts_with(SUPER) { SUPER.len() } else { 0 };
    end += bytes[end..].iter().take_while(|byte| is_word(**byte) || **byte == b'.').count();
    let is_name = bytes.get(start).is_some_and(|byte| is_word(*byte) && !byte.is_ascii_digit());
    (is_name && bytes.get(end) == Some(&b'(') && bytes[end - 1] != b'.' && bytes[end - 1] != b')')
        .then(|| Span::new(start, end))
}
