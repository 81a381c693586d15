//! The places where statements that follow each other each bind what they await, found without a tree.

use crate::outline::Outline;
use crate::text::{self, Span, is_whole_word, words};
use memchr::memmem;

const AWAIT: &[u8] = b"await";

/// The starts of the statements `target = await …` that begin a pair of such in one block, the second of which does not mention what the
/// first binds.
pub(super) fn pairs<'t>(source: &'t str, outline: &'t Outline) -> impl Iterator<Item = usize> + 't {
    let mut before: Option<usize> = None;
    memmem::find_iter(source.as_bytes(), AWAIT).filter_map(move |at| {
        let statement = binding_statement(source, outline, at)?;
        let first = before.replace(statement)?;
        let is_next = first + 1 == statement && is_beside(source, outline, first, statement);
        (is_next && !reads(source, outline, first, statement)).then(|| outline.statements[first].span.start)
    })
}

/// Which statement it is whose value begins with the `await` at an offset.
fn binding_statement(source: &str, outline: &Outline, at: usize) -> Option<usize> {
    let word = Span::new(at, at + AWAIT.len());
    let target = source[..at].trim_end_matches([' ', '\t', '\\', '\n', '\r']).strip_suffix('=')?;
    if !is_whole_word(source.as_bytes(), word) || !outline.is_code(word) {
        return None;
    }
    let statement = outline.statements.partition_point(|statement| statement.span.start <= at).checked_sub(1)?;
    let span = outline.statements[statement].span;
    let is_operator = target.ends_with(['=', '+', '-', '*', '/', '|', '&', ':', '<', '>', '!', '%', '^', '@']);
    // A parenthesis before it would make it an argument.
    let is_target = span.contains(at) && !is_operator && !source[span.start..target.len()].contains('(');
    is_target.then_some(statement)
}

/// Whether two statements stand in one block of statements.
fn is_beside(source: &str, outline: &Outline, first: usize, second: usize) -> bool {
    let (one, other) = (&outline.statements[first], &outline.statements[second]);
    let indentation = |at: usize| text::indentation(source, at);
    one.block == other.block
        && one.compound == other.compound
        && indentation(one.span.start) == indentation(other.span.start)
        && !outline.blocks.iter().any(|block| one.span.end <= block.span.start && block.span.start < other.span.start)
}

/// Whether a statement mentions the name that the one before it binds.
fn reads(source: &str, outline: &Outline, first: usize, second: usize) -> bool {
    let text = |at: usize| &source[outline.statements[at].span.range()];
    let target = text(first).split(['=', ':']).next().unwrap_or_default().trim();
    let is_name = !target.is_empty() && target.bytes().all(text::is_word);
    let value = text(second).split_once("await").map_or("", |(_, value)| value);
    is_name && words(value, target).next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> usize {
        pairs(source, &crate::outline::read(source)).count()
    }

    #[test]
    fn pairs_are_found_in_one_block_only() {
        assert_eq!(found("async def f():\n    a = await g()\n    b: int = await h()\n    c = await i()\n"), 2);
        assert_eq!(found("async def f():\n    a = await g()\n    # why\n\n    b = await h(\n        1)\n"), 1);
        assert_eq!(found("async def f():\n    if x:\n        a = await g()\n    b = await h()\n"), 0);
        assert_eq!(found("async def f():\n    if x:\n        a = await g()\n    else:\n        b = await h()\n"), 0);
        assert_eq!(found("async def f():\n    a = await g()\n    x()\n    b = await h()\n"), 0);
    }

    #[test]
    fn what_reads_the_first_is_no_pair() {
        assert_eq!(found("async def f():\n    a = await g()\n    b = await h(a)\n"), 0);
        assert_eq!(found("async def f():\n    a = await g()\n    b = await h(a1)\n"), 1);
        assert_eq!(found("async def f():\n    a += await g()\n    b = await h(x=await i())\n"), 0);
    }
}
