//! The calls of a file from a whole-file tree: what the lexical pass is held against.

use super::Place;
use super::reader::is_consumer;
use crate::syntax;
use crate::text::Span;
use tree_sitter::{Node, Tree};

/// Each call of a tree that is not awaited where it stands, in order of their parentheses: its name as
/// [`super::CallSite::name`] has it, and its place.
pub fn call_places(tree: &Tree, text: &str) -> Vec<(Span, Place)> {
    let mut found = Vec::new();
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        if node.kind() == "call"
            && let Some(name) = name(node)
            && let Some(place) = place(node, text)
        {
            found.push((name, place));
        }
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                found.sort_by_key(|(name, _)| name.end);
                return found;
            }
        }
    }
}

fn name(call: Node) -> Option<Span> {
    let mut function = call.child_by_field_name("function")?;
    // The grammar takes `[*f()]` for a call of `*f`.
    if function.kind() == "list_splat" {
        function = function.named_child(0)?;
    }
    let parenthesis = Span::at(call.child_by_field_name("arguments")?.start_byte());
    Some(match function.kind() {
        "identifier" => syntax::span(function),
        "attribute" => function.child_by_field_name("attribute").map_or(parenthesis, syntax::span),
        _ => parenthesis,
    })
}

/// What becomes of the value of a call. None: it is awaited.
fn place(call: Node, text: &str) -> Option<Place> {
    let mut node = call;
    let mut parent = node.parent()?;
    while parent.kind() == "parenthesized_expression" {
        (node, parent) = (parent, parent.parent()?);
    }
    let is = |field: &str| parent.child_by_field_name(field).is_some_and(|child| child.id() == node.id());
    Some(match parent.kind() {
        "await" => return None,
        // Of `f(),` the comma is a child too.
        "expression_statement" if !syntax::children(parent).any(|child| child.kind() == ",") => Place::Statement,
        "assignment" if is("right") => Place::Assigned,
        // The grammar takes `type(x).y = f()` for an alias of a type.
        "type" if parent.parent().is_some_and(|alias| alias.kind() == "type_alias_statement") => Place::Assigned,
        "named_expression" if is("value") => Place::Assigned,
        "return_statement" => Place::Returned,
        "argument_list" | "keyword_argument" if is_of_call(parent) => Place::Argument,
        "list" | "tuple" | "set" | "pair" | "expression_list" | "expression_statement" | "yield" => Place::Element,
        "generator_expression" if is("body") && !is_consumed(parent, text) => Place::Generated,
        "lambda" | "generator_expression" | "list_comprehension" | "set_comprehension" if is("body") => Place::Element,
        "default_parameter" | "typed_default_parameter" if is("value") => Place::Element,
        _ => Place::Value,
    })
}

/// Whether a generator expression is the sole argument of what may take all of it at once.
fn is_consumed(generator: Node, text: &str) -> bool {
    let call = generator.parent().filter(|parent| parent.kind() == "call");
    call.and_then(name).is_some_and(|callee| is_consumer(text[callee.range()].as_bytes()))
}

/// Whether an argument, or a list of them, is a call's, and not among the bases of a class.
fn is_of_call(arguments: Node) -> bool {
    let list = if arguments.kind() == "keyword_argument" { arguments.parent() } else { Some(arguments) };
    list.and_then(|list| list.parent()).is_some_and(|owner| owner.kind() == "call")
}
