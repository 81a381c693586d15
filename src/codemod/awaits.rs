//! The places where one `await` after the other could wait beside each other, found without a tree: statements that follow each
//! other and bind what they await, loops that append what they await, lists of what is awaited.

use crate::outline::{Outline, StatementKind};
use crate::text::{self, Span, is_whole_word, words};
use memchr::memmem;
use std::cell::OnceCell;

const AWAIT: &[u8] = b"await";

/// The places of one file, each kind looked for once, when the first page asks.
pub(super) struct Awaits<'t> {
    source: &'t str,
    outline: &'t Outline,
    pairs: OnceCell<Vec<usize>>,
    elements: OnceCell<Vec<usize>>,
    loops: OnceCell<Vec<usize>>,
    displays: OnceCell<Vec<usize>>,
}

impl<'t> Awaits<'t> {
    pub fn new(source: &'t str, outline: &'t Outline) -> Awaits<'t> {
        let (pairs, elements, loops, displays) = Default::default();
        Awaits { source, outline, pairs, elements, loops, displays }
    }

    /// See [`pairs`].
    pub fn pairs(&self) -> &[usize] {
        self.pairs.get_or_init(|| pairs(self.source, self.outline).collect())
    }

    /// See [`elements`].
    pub fn elements(&self) -> &[usize] {
        self.elements.get_or_init(|| elements(self.source, self.outline))
    }

    /// See [`in_displays`] and [`in_loops`].
    pub fn in_rounds(&self, of_display: bool) -> &[usize] {
        match of_display {
            true => self.displays.get_or_init(|| in_displays(self.source, self.outline)),
            false => self.loops.get_or_init(|| in_loops(self.source, self.outline)),
        }
    }
}

/// The starts of the statements `target = await …` that begin a pair of such in one block, the second of which does not mention what the
/// first binds.
fn pairs<'t>(source: &'t str, outline: &'t Outline) -> impl Iterator<Item = usize> + 't {
    let mut before: Option<usize> = None;
    memmem::find_iter(source.as_bytes(), AWAIT).filter_map(move |at| {
        let statement = binding_statement(source, outline, at)?;
        let first = before.replace(statement)?;
        let is_next = first + 1 == statement && is_beside(source, outline, first, statement);
        (is_next && !reads(source, outline, first, statement)).then(|| outline.statements[first].span.start)
    })
}

/// Where statements await an element that follows another which is awaited: the second `await` of each.
fn elements(source: &str, outline: &Outline) -> Vec<usize> {
    let mut before: Option<usize> = None;
    let follows = |at: &usize| {
        let head = source[..*at].trim_end();
        // Behind a comment it may be one as well.
        let is_commented = head[text::line_start(head, head.len())..].contains('#');
        let is_later = head.ends_with([',', ':']) || is_commented;
        let is_element = is_later || head.ends_with(['=', '(', '[', '{']) || head.ends_with("return");
        if !is_element {
            return false;
        }
        let statement = outline.statements.partition_point(|statement| statement.span.start <= *at);
        is_later && before == Some(statement) || {
            before = Some(statement);
            false
        }
    };
    memmem::find_iter(source.as_bytes(), AWAIT).filter(follows).filter(|at| outline.is_code(Span::at(*at))).collect()
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

/// The awaits with which a plain loop begins that takes what they give, and whose further statements neither wait nor leave it.
fn in_loops(source: &str, outline: &Outline) -> Vec<usize> {
    let awaits = memmem::find_iter(source.as_bytes(), AWAIT);
    let begins_loop = |at: &usize| {
        // What comes before it in the statement: `name = `, `name += `, `name.append(`.
        let is_taken = source[..*at].trim_end_matches([' ', '\t', '\\', '\n', '\r']).ends_with(['=', '(']);
        let statement = outline.statements.partition_point(|statement| statement.span.start <= *at);
        is_taken
            && outline.is_code(Span::at(*at))
            && statement.checked_sub(2).is_some_and(|header| is_loop_of_one_await(source, outline, header))
    };
    awaits.filter(begins_loop).collect()
}

/// Whether a statement is the header of a plain `for`, behind whose first statement nothing waits or leaves.
fn is_loop_of_one_await(source: &str, outline: &Outline, header: usize) -> bool {
    const LEAVING: [&str; 5] = ["await", "break", "raise", "return", "yield"];
    let span = outline.statements[header].span;
    if outline.statements[header].kind != StatementKind::Header || !source[span.start..].starts_with("for") {
        return false;
    }
    let depth = text::indentation(source, span.start).len();
    let body = outline.statements[header + 1..].iter();
    let mut rest = body
        .take_while(|statement| text::indentation(source, statement.span.start).len() > depth)
        .skip(1)
        .map(|statement| &source[statement.span.range()]);
    !rest.any(|statement| LEAVING.iter().any(|word| words(statement, word).next().is_some()))
}

/// The awaits with which an element of a list, set or dictionary begins, before a `for`.
fn in_displays(source: &str, outline: &Outline) -> Vec<usize> {
    let awaits = memmem::find_iter(source.as_bytes(), AWAIT);
    let is_element = |at: &usize| {
        let is_begun = source[..*at].trim_end().ends_with(['[', '{', ':']);
        // Behind the colon of a block a statement begins.
        let rest = outline.statement_at(*at).filter(|statement| is_begun && statement.span.start < *at);
        rest.is_some_and(|statement| words(&source[*at..statement.span.end], "for").next().is_some())
    };
    awaits.filter(is_element).collect()
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
    fn elements_that_follow_each_other_are_found_once_each() {
        let elements = |source: &str| elements(source, &crate::outline::read(source)).len();
        assert_eq!(elements("async def f():\n    return await g(), await h()\n"), 1);
        assert_eq!(elements("async def f():\n    a = {\n        1: await g(),\n        2: await h(),\n    }\n"), 1);
        assert_eq!(elements("async def f():\n    return await g()\n\n\nasync def k():\n    return await h()\n"), 0);
        assert_eq!(elements("async def f():\n    if x:\n        await g()\n    else:\n        await h()\n"), 0);
    }

    #[test]
    fn what_reads_the_first_is_no_pair() {
        assert_eq!(found("async def f():\n    a = await g()\n    b = await h(a)\n"), 0);
        assert_eq!(found("async def f():\n    a = await g()\n    b = await h(a1)\n"), 1);
        assert_eq!(found("async def f():\n    a += await g()\n    b = await h(x=await i())\n"), 0);
    }

    #[test]
    fn loops_and_lists_of_awaits_are_found() {
        let loops = |source: &str| in_loops(source, &crate::outline::read(source)).len();
        assert_eq!(loops("async def f():\n    for x in y:\n        z.append(\n            await g(x))\n"), 1);
        assert_eq!(
            loops("async def f():\n    for x in y:\n        z[x] = await g(x)\n        a += 1\n    return z\n"),
            1
        );
        assert_eq!(
            loops("async def f():\n    for x in y:\n        a += await g(x)\n        if a:\n            break\n"),
            0
        );
        assert_eq!(loops("async def f():\n    for x in y:\n        await g(x)\n"), 0);
        assert_eq!(loops("async def f():\n    for x in y:\n        g()\n        z.append(await g(x))\n"), 0);
        assert_eq!(loops("async def f():\n    while x:\n        z.append(await g(x))\n"), 0);
        let displays = |source: &str| in_displays(source, &crate::outline::read(source)).len();
        assert_eq!(
            displays("a = [await f(x) for x in y]\nb = {\n    1: await f()\n    for x in y}\nc = [f(await g())]\n"),
            2
        );
        assert_eq!(displays("async def f():\n    if x:\n        await g()\n    for z in y:\n        await g()\n"), 0);
    }
}
