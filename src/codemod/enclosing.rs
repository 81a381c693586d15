//! The operation that puts the rest of a block under a new header.

use crate::codemod::matching::Sight;
use crate::codemod::operations::Step;
use crate::codemod::planning::Draft;
use crate::plan::Edit;
use crate::project::Module;
use crate::syntax::{self, ancestors, named_children};
use crate::text::{self, Span};
use tree_sitter::Node;

/// Replaces the statement by a header and indents what follows it in its block; see the vocabulary.
pub fn enclose_rest(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let module = sight.module;
    let source = module.text;
    let statement = step.node(sight, "enclose-rest")?;
    let block =
        statement.parent().filter(|parent| parent.kind() == "block").ok_or("it is not in a block of statements")?;
    let name = assigned_name(statement).map(|name| module.of(name)).ok_or("it binds no name")?;
    let rest: Vec<Node> = named_children(block).filter(|node| node.start_byte() > statement.start_byte()).collect();
    let close = rest.iter().position(|node| is_close(module, *node, name, step.names()));
    let inside = &rest[..close.unwrap_or(rest.len())];
    let last = inside.last().ok_or("nothing follows it in its block")?;
    let nested = closes_within(module, block, name, step.names());
    let absorbed = close.map(|at| syntax::span(rest[at]));
    if let Some(other) = nested.iter().find(|other| Some(**other) != absorbed) {
        return Err(format!("`{name}` is closed on line {} already", module.row(other.start)));
    }
    if let Some(later) = close.and_then(|at| rest[at + 1..].iter().find(|node| mentions(module, **node, name))) {
        return Err(format!("`{name}` is used on line {}, after it is closed", module.row(later.start_byte())));
    }
    if !rest.iter().all(|node| text::starts_its_line(source, node.start_byte())) {
        return Err("other code shares a line with the rest of the block".to_owned());
    }
    let header = draft.render(&step.templates("in")[0], sight, statement)?;
    draft.edits.push(Edit::replace(syntax::span(statement), header));
    let unit = indentation_unit(source, block, statement);
    let first = text::next_line(source, statement.end_byte());
    let end = match close {
        Some(at) => text::line_start(source, rest[at].start_byte()),
        None => behind_comments(source, last.end_byte(), text::indentation(source, statement.start_byte())),
    };
    let strings = strings_within(block);
    let mut at = first;
    while at < end {
        let line = &source[at..text::line_end(source, at)];
        let in_string = strings.iter().any(|string| string.start < at && at < string.end);
        if !in_string && !line.trim().is_empty() {
            draft.edits.push(Edit::insert(at, unit.as_str()));
        }
        let next = text::next_line(source, at);
        if next == at {
            break;
        }
        at = next;
    }
    let mut claimed = Span::new(statement.start_byte(), end.max(statement.end_byte()));
    if let Some(at) = close {
        let lines =
            Span::new(text::line_start(source, rest[at].start_byte()), text::next_line(source, rest[at].end_byte()));
        claimed.end = lines.end;
        draft.edits.push(Edit::delete(last_line_of_text(source, lines)));
    }
    draft.claims.push(claimed);
    Ok(())
}

/// The lines to delete; when they are the last of a text without a final newline, the line end before them goes too.
pub(super) fn last_line_of_text(source: &str, lines: Span) -> Span {
    if lines.end < source.len() || source.ends_with(['\n', '\r']) {
        return lines;
    }
    let before = source[..lines.start].trim_end_matches(['\n', '\r']).len();
    Span::new(before, lines.end)
}

fn assigned_name(statement: Node) -> Option<Node> {
    let assignment = named_children(statement).find(|child| child.kind() == "assignment")?;
    assignment.child_by_field_name("left").filter(|left| left.kind() == "identifier")
}

/// Whether a statement is `await name.close()` or `name.close()`.
fn is_close(module: &Module, statement: Node, name: &str, methods: &[String]) -> bool {
    if statement.kind() != "expression_statement" || statement.named_child_count() != 1 {
        return false;
    }
    let Some(mut value) = statement.named_child(0) else { return false };
    if value.kind() == "await" {
        value = value.named_child(0).unwrap_or(value);
    }
    is_close_call(module, value, name, methods)
}

fn is_close_call(module: &Module, call: Node, name: &str, methods: &[String]) -> bool {
    let Some(function) = call.child_by_field_name("function").filter(|function| function.kind() == "attribute") else {
        return false;
    };
    let field = |field: &str| function.child_by_field_name(field).map(|node| module.of(node));
    field("object") == Some(name)
        && field("attribute").is_some_and(|method| methods.iter().any(|known| known == method))
}

/// The statements below `block` that close `name`, at whatever depth.
fn closes_within(module: &Module, block: Node, name: &str, methods: &[String]) -> Vec<Span> {
    let mut found = Vec::new();
    let mut stack = vec![block];
    while let Some(node) = stack.pop() {
        if node.kind() == "call" && is_close_call(module, node, name, methods) {
            let statement = ancestors(node).find(|outer| outer.kind() == "expression_statement");
            found.push(syntax::span(statement.unwrap_or(node)));
        }
        stack.extend(named_children(node));
    }
    found
}

fn mentions(module: &Module, node: Node, name: &str) -> bool {
    text::words(module.of(node), name).next().is_some()
}

/// What one level of indentation is here: what the block has beyond its owner, else four spaces.
pub(super) fn indentation_unit(source: &str, block: Node, statement: Node) -> String {
    let inner = text::indentation(source, statement.start_byte());
    let owner = block.parent().map_or("", |owner| text::indentation(source, owner.start_byte()));
    match inner.strip_prefix(owner) {
        Some(unit) if !unit.is_empty() => unit.to_owned(),
        _ => "    ".to_owned(),
    }
}

/// Behind the comments that follow the last statement of a block at the block's own indentation.
fn behind_comments(source: &str, offset: usize, indentation: &str) -> usize {
    let mut end = text::next_line(source, offset);
    let mut at = end;
    while at < source.len() {
        let line = &source[at..text::line_end(source, at)];
        if line.trim_start().starts_with('#') && line.starts_with(indentation) {
            end = text::next_line(source, at);
        } else if !line.trim().is_empty() {
            break;
        }
        let next = text::next_line(source, at);
        if next == at {
            break;
        }
        at = next;
    }
    end
}

/// The string literals, whose bytes belong to the program.
pub(super) fn strings_within(block: Node) -> Vec<Span> {
    let mut found = Vec::new();
    let mut stack = vec![block];
    while let Some(node) = stack.pop() {
        if node.kind() == "string" {
            found.push(syntax::span(node));
        } else {
            stack.extend(named_children(node));
        }
    }
    found
}
