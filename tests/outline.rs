//! The lexical pass on texts that nobody would write: it ends, it does not panic, and what it lists lies in the text.

use aiofix::outline::{self, Outline};
use aiofix::syntax;
use aiofix::text::Span;
use proptest::prelude::*;

const SOURCE: &str = r#"# -*- coding: utf-8 -*-
"""Wärter der Sitzungen."""
from __future__ import annotations
import asyncio as aio, \
    logging
from .store import (Store,  # held open
    open_store as opened)

log = logging.getLogger(f"{__name__}.{'wächter':>{10}}"); count: int = 0

@aio.coroutine

# for old loops
def watch(store: Store, *, key=lambda s: {s: 1}[s:]) -> dict[str, "Store"]:
    global count
    try: count += 1
    except (KeyError, ValueError) as error:
        log.warning(rf'\{error!r:^{len("x")}}' '''
'quoted' \''' ''')
    else:
        return {k: v for k, v in store if (lambda: k)()}
    finally:
        pass

class Keeper[T](Store):
	name = 'tab'; kind = b'\'"'

	async def run(self):
		async with self as (a,
	b): await a
		match self.kind, b:
			case {"k": [*_]} | None if (x := b): await x
			case _:
				(await b)
		# trailing
if count: log.info("%s" % (count,))
elif log: log . info \
    ("{}".format(count))
"#;

/// Reads a text and holds what every outline must keep, whatever the text.
fn read(text: &str) -> Outline {
    let outline = outline::read(text);
    let end = outline.lost.unwrap_or(text.len());
    assert!(end <= text.len());
    for span in outline.strings.iter().chain(&outline.comments) {
        assert!(span.start < end && !text[span.range()].is_empty());
    }
    for block in &outline.blocks {
        assert!(block.span.encloses(block.header) && block.header.encloses(block.name));
        assert!(!text[block.span.range()].is_empty());
    }
    for statement in &outline.statements {
        assert!(statement.span.end <= statement.end && !text[statement.span.range()].is_empty());
    }
    let starts = |spans: Vec<Span>| assert!(spans.is_sorted_by_key(|span| span.start), "in source order");
    starts(outline.blocks.iter().map(|block| block.span).collect());
    starts(outline.statements.iter().map(|statement| statement.span).collect());
    starts(outline.imports.iter().map(|import| import.span).collect());
    starts(outline.strings.clone());
    starts(outline.comments.clone());
    for region in outline.regions() {
        assert_eq!(outline.region_of(region.start).start, region.start);
        assert!(region.end <= text.len());
    }
    outline
}

#[test]
fn the_source_of_these_tests_is_whole() {
    let tree = syntax::parse(SOURCE);
    assert!(!tree.root_node().has_error());
    assert_eq!(read(SOURCE), outline::from_tree(&tree, SOURCE));
    assert_eq!(read(SOURCE).blocks.len(), 3);
}

#[test]
fn every_line_end_gives_the_same_outline_as_its_tree() {
    for end in ["\r\n", "\r"] {
        let text = SOURCE.replace('\n', end);
        assert_eq!(read(&text), outline::from_tree(&syntax::parse(&text), &text), "{end:?}");
    }
}

#[test]
fn a_text_may_end_or_begin_anywhere() {
    for end in ["\n", "\r\n", "\r"] {
        let text = SOURCE.replace('\n', end);
        for (at, _) in text.char_indices() {
            read(&text[..at]);
            read(&text[at..]);
        }
    }
}

#[test]
fn what_stands_before_a_fault_is_listed_as_if_there_were_none() {
    let whole = read(SOURCE);
    for (at, _) in SOURCE.match_indices('\n') {
        let cut = read(&SOURCE[..at]);
        let known = cut.statements.len().saturating_sub(1);
        for (cut, whole) in cut.statements[..known].iter().zip(&whole.statements) {
            assert_eq!((cut.kind, cut.span, cut.block), (whole.kind, whole.span, whole.block));
        }
    }
}

proptest! {
    #[test]
    fn any_text_has_an_outline(text in any::<String>()) {
        read(&text);
    }

    #[test]
    fn any_bytes_read_as_text_have_an_outline(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        read(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_string_of_tokens_has_an_outline(tokens in proptest::collection::vec(token(), 0..60)) {
        read(&tokens.concat());
    }
}

/// Pieces of Python in which something may begin or end.
fn token() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "\n", "\n    ", "\n\t", "\r", "\r\n", "\x0c", " ", "\\\n", "\\", ";", ":", ":=", ",", "=", ".", "(", ")", "[",
        "]", "{", "}", "{{", "}}", "'", "\"", "'''", "\"\"\"", "f'", "rf\"", "t'''", "b'", "\\N{", "!r", "#", "@", "*",
        "if x:", "else:", "elif ", "try:", "finally:", "match x:", "case y:", "async ", "def f", "class A", "lambda ",
        "import ", "from ", " as ", "global a", "return", "é", "1", "f(x)", "`",
    ])
}
