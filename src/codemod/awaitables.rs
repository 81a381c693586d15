//! Which calls of a file could make a coroutine, read off its text and outline alone.
//!
//! In: the text and its outline. Out: offsets that a match on such a call has to cover. What is let through is parsed, and
//! then asked for certain; what is stopped here is never seen, so that in doubt a call is let through.

use crate::codemod::trigger;
use crate::outline::{BlockKind, Import, Outline, StatementKind};
use crate::project::standard::standard;
use crate::text::{Span, is_word};
use rustc_hash::FxHashSet;

/// The last names of what could be a coroutine function: of this file, of asyncio, and what the file calls them.
pub(super) fn names<'t>(text: &'t str, outline: &Outline) -> FxHashSet<&'t str> {
    let mut names: FxHashSet<&str> = FxHashSet::default();
    // Whatever has asyncio's coroutine functions came by an import, perhaps by a star import of somebody else's.
    let brings_asyncio = |module: &str| module.split('.').next().is_some_and(|top| top.trim() == "asyncio");
    let is_star = |import: &Import| import.bound_name(text) == "*";
    if outline.imports.iter().any(|import| brings_asyncio(&text[import.module.range()]) || is_star(import)) {
        names.extend(standard().awaitable_names());
    }
    for block in &outline.blocks {
        if block.kind == (BlockKind::Function { is_async: true }) {
            names.insert(&text[block.name.range()]);
        }
    }
    for import in &outline.imports {
        if let (Some(name), Some(alias)) = (import.name, import.alias)
            && names.contains(&text[name.range()])
        {
            names.insert(&text[alias.range()]);
        }
    }
    for statement in outline.statements.iter().filter(|statement| statement.kind == StatementKind::Simple) {
        let source = &text[statement.span.range()];
        if let Some(end) = source.rfind('=')
            && source.len() - end < 80
            && names.contains(source[end + 1..].trim().rsplit('.').next().unwrap_or_default())
        {
            names.extend(trigger::targets(&source[..=end]));
        }
    }
    names
}

/// The bare call statements in coroutines whose callee has one of the names.
pub(super) fn statements(text: &str, outline: &Outline, names: &FxHashSet<&str>) -> Vec<usize> {
    let calls = outline.statements.iter().filter_map(|statement| match statement.kind {
        StatementKind::Call { callee } if outline.in_async(statement.block) => Some((statement.span.start, callee)),
        _ => None,
    });
    calls.filter(|(_, callee)| callee.is_empty() || names.contains(&text[callee.range()])).map(|(at, _)| at).collect()
}

/// The names, each where it is called in a coroutine and not awaited on the spot.
pub(super) fn calls(text: &str, outline: &Outline, names: &FxHashSet<&str>) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    for open in memchr::memchr_iter(b'(', bytes) {
        let end = text[..open].trim_end_matches([' ', '\t', '\\', '\r', '\n']).len();
        let name = &text[end - bytes[..end].iter().rev().take_while(|byte| is_word(**byte)).count()..end];
        // `(f)(x)` and a comment before the parenthesis hide the name.
        let is_hidden = bytes[..end].last() == Some(&b')') || bytes[end..open].contains(&b'\n');
        if !is_hidden && !names.contains(name) {
            continue;
        }
        let span = Span::new(open, open + 1);
        let block = || outline.innermost_block(open).map(|block| block as u32);
        if outline.is_code(span) && outline.in_async(block()) && !is_awaited(text, outline, end - name.len(), open) {
            found.push(open);
        }
    }
    found
}

/// Whether `await` stands before the chain that the name at `name` ends, and the call from `open` on is all that it awaits.
fn is_awaited(text: &str, outline: &Outline, name: usize, open: usize) -> bool {
    let bytes = text.as_bytes();
    let chain = bytes[..name].iter().rev().take_while(|byte| is_word(**byte) || **byte == b'.').count();
    let before = text[..name - chain].trim_end_matches([' ', '\t']);
    if !before.ends_with("await") || before.len() == name - chain {
        return false;
    }
    let mut depth = 0usize;
    for (at, byte) in bytes.iter().enumerate().skip(open) {
        match byte {
            b'(' | b'[' | b'{' if outline.is_code(Span::new(at, at + 1)) => depth += 1,
            b')' | b']' | b'}' if outline.is_code(Span::new(at, at + 1)) => depth = depth.saturating_sub(1),
            // An f-string is code to the outline, and may hold any bracket as text.
            b'"' | b'\'' if outline.is_code(Span::new(at, at + 1)) => return false,
            _ => {}
        }
        if depth == 0 {
            return !text[at + 1..].trim_start_matches([' ', '\t', '\r', '\n', '\\']).starts_with(['.', '[', '(']);
        }
    }
    false
}
