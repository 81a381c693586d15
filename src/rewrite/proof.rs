//! What must hold of a text that we made. tree-sitter is no validator: it accepts `await` in a plain `def`, an empty
//! suite, uneven indentation. Every fault is counted before and after; an edit may not add one.

use crate::plan::Edit;
use crate::project::Module;
use crate::syntax::{self, ancestors, children, is_async};
use crate::text::{self, Span};
use tree_sitter::{Node, Tree};

/// How many faults of each kind a text has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Byte offset of the first ERROR or MISSING node.
    pub error: Option<usize>,
    errors: usize,
    illegal_awaits: usize,
    empty_suites: usize,
    uneven_suites: usize,
    /// The text of all comments, sorted.
    comments: Vec<String>,
}

/// Counts the faults of a text; `is_notebook` is whether `await` is legal at its top level.
pub fn shape(text: &str, is_notebook: bool) -> Shape {
    shape_of(&syntax::parse(text), text, is_notebook)
}

fn shape_of(tree: &Tree, text: &str, is_notebook: bool) -> Shape {
    let mut shape = Shape::default();
    let mut cursor = tree.walk();
    loop {
        count(cursor.node(), text, is_notebook, &mut shape);
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                shape.comments.sort_unstable();
                return shape;
            }
        }
    }
}

fn count(node: Node, text: &str, is_notebook: bool, shape: &mut Shape) {
    if node.is_error() || node.is_missing() {
        shape.errors += 1;
        shape.error.get_or_insert(node.start_byte());
    }
    if is_python_2(node, text) {
        shape.errors += 1;
        shape.error.get_or_insert(node.start_byte());
    }
    match node.kind() {
        "comment" => shape.comments.push(syntax::text_of(node, text).trim_end().to_owned()),
        "await" if node.is_named() => shape.illegal_awaits += usize::from(!may_await(node, is_notebook)),
        "for_statement" | "with_statement" | "for_in_clause" if is_async(node) => {
            shape.illegal_awaits += usize::from(!may_await(node, is_notebook));
        }
        "block" => {
            let statements: Vec<Node> = syntax::named_children(node).collect();
            shape.empty_suites += usize::from(statements.is_empty());
            let own_lines = statements.iter().filter(|node| text::starts_its_line(text, node.start_byte()));
            let mut indentations = own_lines.map(|statement| text::indentation(text, statement.start_byte()));
            let first = indentations.next();
            shape.uneven_suites += usize::from(indentations.any(|other| Some(other) != first));
        }
        _ => {}
    }
}

/// Whether a statement is one of Python 2 that the grammar still knows: `print x`, `exec code`. What has parentheses may be a
/// call with something behind it.
fn is_python_2(node: Node, text: &str) -> bool {
    matches!(node.kind(), "print_statement" | "exec_statement") && {
        let rest = syntax::text_of(node, text).trim_start_matches(char::is_alphabetic).trim_start();
        !rest.starts_with('(')
    }
}

/// Whether the innermost function around a node is a coroutine function, or none is and the top level is one.
fn may_await(node: Node, is_notebook: bool) -> bool {
    let mut inner = node;
    for outer in ancestors(node) {
        match outer.kind() {
            "lambda" if outer.child_by_field_name("body") == Some(inner) => return false,
            "class_definition" if outer.child_by_field_name("body") == Some(inner) => return false,
            "function_definition" if outer.child_by_field_name("body") == Some(inner) => return is_async(outer),
            // An asynchronous generator expression is legal anywhere; what consumes it is another matter.
            "generator_expression" => return true,
            _ => {}
        }
        inner = outer;
    }
    is_notebook
}

/// Proves that `after`, which `edits` made of the module's text, is as sound as it was. An error is a sentence.
pub fn prove(before: &Shape, module: &Module, edits: &[Edit], after: &str) -> Result<(), String> {
    let now = shape(after, module.outline.is_notebook());
    if now.errors > before.errors {
        let row = text::Lines::of(after).location(after, now.error.unwrap_or(0)).row;
        return Err(format!("the result has a syntax error on line {row}"));
    }
    if now.illegal_awaits > before.illegal_awaits {
        return Err("the result awaits outside of a coroutine".to_owned());
    }
    if now.empty_suites > before.empty_suites {
        return Err("the result has an empty suite".to_owned());
    }
    if now.uneven_suites > before.uneven_suites {
        return Err("the result is unevenly indented".to_owned());
    }
    let dropped = |comment: &String| {
        // A fix that drops a comment says so, and is lowered for it.
        edits.iter().any(|edit| module.slice(edit.span).contains(comment.as_str()))
    };
    let mut left = now.comments.iter().peekable();
    for comment in &before.comments {
        while left.peek().is_some_and(|other| *other < comment) {
            left.next();
        }
        if left.peek() == Some(&comment) {
            left.next();
        } else if !dropped(comment) {
            return Err(format!("the result has lost the comment `{comment}`"));
        }
    }
    touches_no_error(module, edits)
}

/// No edit may lie in code that the grammar did not understand.
fn touches_no_error(module: &Module, edits: &[Edit]) -> Result<(), String> {
    for edit in edits {
        let Some(node) = module.node_at(Span::at(edit.span.start)) else { continue };
        let broken = std::iter::once(node).chain(ancestors(node)).find(|node| node.is_error());
        if broken.is_some() || children(node).any(|child| child.is_missing()) {
            return Err(format!("it touches code on line {} that does not parse", module.row(edit.span.start)));
        }
    }
    Ok(())
}
