//! Python as tree-sitter sees it: parsing a file or a region of it, and the facts of the grammar.
//!
//! All spans of nodes are offsets into the whole text, also in the tree of a region: a region is parsed through
//! tree-sitter's included ranges, so nothing has to be shifted. Nothing here knows what a name means.

use crate::text::Span;
use std::borrow::Cow;
use std::cell::RefCell;
use tree_sitter::{Node, Parser, Point, Range, Tree, TreeCursor};

thread_local! {
    static PARSER: RefCell<Parser> = RefCell::new({
        let mut parser = Parser::new();
        parser.set_language(&tree_sitter_python::LANGUAGE.into()).expect("the grammar and the library are of one ABI");
        parser
    });
}

/// Parses a whole file.
pub fn parse(text: &str) -> Tree {
    parse_ranges(text, &[])
}

/// Parses the bytes of `span` as if they were a file of their own; offsets stay those of `text`.
pub fn parse_region(text: &str, span: Span) -> Tree {
    let zero = Point::new(0, 0);
    parse_ranges(
        text,
        &[Range {
            start_byte: span.start,
            end_byte: span.end,
            start_point: zero,
            end_point: Point::new(0, span.len()),
        }],
    )
}

fn parse_ranges(text: &str, ranges: &[Range]) -> Tree {
    let text = with_newlines(text);
    PARSER.with_borrow_mut(|parser| {
        parser.set_included_ranges(ranges).expect("one range is always in order");
        let mut parsed =
            |text: &[u8]| parser.parse(text, None).expect("a parser with a language and no time limit gives a tree");
        let tree = parsed(text.as_bytes());
        match tree.root_node().has_error().then(|| without_type_defaults(&text)).flatten() {
            Some(text) => parsed(text.as_bytes()),
            None => tree,
        }
    })
}

/// The text with blanks for the defaults of type parameters (PEP 696: `class Box[T = int]`), which the grammar does not know
/// yet. Same length; none where there is no such default.
fn without_type_defaults(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = bytes.to_owned();
    for open in memchr::memchr_iter(b'[', bytes) {
        let head = text[..open].trim_end_matches(|letter: char| letter.is_alphanumeric() || letter == '_');
        let keyword = head.trim_end().rsplit(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default();
        if head.len() == open || !matches!(keyword, "def" | "class" | "type") {
            continue;
        }
        let (mut depth, mut blank) = (0usize, false);
        for at in open..bytes.len() {
            match bytes[at] {
                b'[' | b'(' | b'{' => depth += 1,
                b']' | b')' | b'}' => depth -= 1,
                b',' if depth == 1 => blank = false,
                b'=' if depth == 1 => blank = true,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            if blank && !matches!(bytes[at], b'\n' | b'\r') {
                out[at] = b' ';
            }
        }
    }
    (out != bytes).then(|| String::from_utf8_lossy(&out).into_owned()).filter(|masked| masked.len() == text.len())
}

/// The text with every lone `\r` as `\n`, which CPython takes for a line end and the grammar does not. Same length.
fn with_newlines(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    if !memchr::memchr_iter(b'\r', bytes).any(|at| bytes.get(at + 1) != Some(&b'\n')) {
        return Cow::Borrowed(text);
    }
    let mut out = text.to_owned().into_bytes();
    for at in 0..out.len() {
        if out[at] == b'\r' && out.get(at + 1) != Some(&b'\n') {
            out[at] = b'\n';
        }
    }
    Cow::Owned(String::from_utf8(out).expect("one ASCII byte replaced another"))
}

/// The bytes of a node.
pub fn span(node: Node) -> Span {
    Span::from(node.byte_range())
}

/// The text of a node.
pub fn text_of<'t>(node: Node, text: &'t str) -> &'t str {
    &text[node.byte_range()]
}

/// The children of a node that are neither punctuation nor comments.
///
/// Asking for a child by its index walks over those before it, so that they are collected with a cursor.
pub fn named_children<'tree>(node: Node<'tree>) -> impl Iterator<Item = Node<'tree>> {
    children(node).filter(|child| is_code(*child))
}

/// All children of a node, in order.
pub fn children<'tree>(node: Node<'tree>) -> impl Iterator<Item = Node<'tree>> {
    let mut cursor = node.walk();
    let mut next = cursor.goto_first_child();
    std::iter::from_fn(move || {
        next.then(|| {
            let child = cursor.node();
            next = cursor.goto_next_sibling();
            child
        })
    })
}

/// Where the first ERROR or MISSING node at or below a node starts.
pub fn first_error(node: Node) -> Option<usize> {
    let mut broken = node.has_error().then_some(node)?;
    loop {
        if broken.is_error() || broken.is_missing() {
            return Some(broken.start_byte());
        }
        match children(broken).find(|child| child.has_error() || child.is_missing()) {
            Some(child) => broken = child,
            None => return Some(broken.start_byte()),
        }
    }
}

/// The node and what is around it, from the inside out.
pub fn ancestors<'tree>(node: Node<'tree>) -> impl Iterator<Item = Node<'tree>> {
    std::iter::successors(node.parent(), |node| node.parent())
}

/// A node and all named nodes in it, in the order of the source.
pub fn descendants<'tree>(node: Node<'tree>) -> impl Iterator<Item = Node<'tree>> {
    walk(node, |_| true)
}

/// The same, but for what is inside nested functions and classes.
pub fn own_descendants<'tree>(node: Node<'tree>) -> impl Iterator<Item = Node<'tree>> {
    walk(node, |node| !matches!(node.kind(), "function_definition" | "class_definition" | "lambda"))
}

/// The calls in some code, those of nested functions left out.
pub fn calls_in<'tree>(code: Node<'tree>) -> impl Iterator<Item = Node<'tree>> {
    own_descendants(code).filter(|node| node.kind() == "call")
}

/// A node and the named nodes in it, the outer before the inner; what `enters` refuses is not looked into.
///
/// One cursor for all: to make one for each node costs more than to walk.
fn walk<'tree>(node: Node<'tree>, enters: fn(Node) -> bool) -> impl Iterator<Item = Node<'tree>> {
    let mut cursor = node.walk();
    let mut next = Some(node);
    std::iter::from_fn(move || {
        let current = next?;
        let mut is_there = enters(current) && cursor.goto_first_child() || goes_on(&mut cursor);
        while is_there && !is_code(cursor.node()) {
            is_there = goes_on(&mut cursor);
        }
        next = is_there.then(|| cursor.node());
        Some(current)
    })
}

/// Moves to what follows a node and all that is in it.
fn goes_on(cursor: &mut TreeCursor) -> bool {
    while !cursor.goto_next_sibling() {
        if !cursor.goto_parent() {
            return false;
        }
    }
    true
}

/// Whether a node is neither punctuation nor a comment.
fn is_code(node: Node) -> bool {
    node.is_named() && node.kind() != "comment"
}

/// Whether a `def`, `for`, `with` or comprehension clause has `async` before it. The grammar gives both one kind, and
/// `async` is an anonymous token.
pub fn is_async(node: Node) -> bool {
    node.child(0).is_some_and(|child| child.kind() == "async")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_of_type_parameters_parse() {
        let text = "class Box[T: int = dict[str, int], *Ts = *tuple[int, ...]](Base[T]):\n    pass\n\ndef f[T = ()]():\n    pass\n";
        let tree = parse(text);
        assert!(!tree.root_node().has_error(), "{}", tree.root_node().to_sexp());
        assert_eq!(tree.root_node().end_byte(), text.len());
    }

    #[test]
    fn a_lone_carriage_return_ends_a_line() {
        assert!(!parse("if x:\r    y()\rz()\r").root_node().has_error());
    }
}
