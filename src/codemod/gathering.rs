//! The operation that hands what a loop or a comprehension makes each round to something that awaits all of it.

use crate::codemod::enclosing::last_line_of_text;
use crate::codemod::matching::Sight;
use crate::codemod::operations::{Step, needs_parentheses};
use crate::codemod::planning::Draft;
use crate::plan::Edit;
use crate::project::Answer;
use crate::syntax::{self, named_children};
use crate::text::{self, Span};
use tree_sitter::Node;

pub fn gather_each(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let node = step.node(sight, "gather-each")?;
    let whole = step.optional_node(sight, "of").unwrap_or(node);
    let text = draft.render(&step.templates("in")[0], sight, whole)?;
    let (open, close) = text.split_once("{}").ok_or("the text of `gather-each` has no `{}`")?;
    draft.claims.push(syntax::span(whole));
    if node.kind() == "for_statement" {
        return of_loop(sight, node, (open, close), draft);
    }
    let body = node.child_by_field_name("body").ok_or("it is no comprehension")?;
    let element = if body.kind() == "await" { body.named_child(0).unwrap_or(body) } else { body };
    let (before, behind) = if needs_parentheses(whole) { ("(", ")") } else { ("", "") };
    let head = Span::new(whole.start_byte(), element.start_byte());
    let tail = Span::new(last_part(node).end_byte(), whole.end_byte());
    draft.edits.push(Edit::replace(head, format!("{before}{open}")));
    draft.edits.push(Edit::replace(tail, format!("{close}{behind}")));
    Ok(())
}

/// The last clause of a comprehension.
fn last_part(comprehension: Node) -> Node {
    named_children(comprehension).filter(|part| part.kind() != "comment").last().unwrap_or(comprehension)
}

/// Puts one statement in the place of a loop: a list that is made right before it is made at once.
fn of_loop(sight: &Sight, node: Node, (open, close): (&str, &str), draft: &mut Draft) -> Result<(), String> {
    let module = sight.module;
    let iteration = module.independent_iterations(node).map_err(|answer| match answer {
        Answer::No(reason) | Answer::Unknown(reason) => reason,
        Answer::Yes => String::new(),
    })?;
    let (Some(list), Some((targets, iterable))) = (iteration.list, iteration.clause) else {
        return Err("it appends to no list".to_owned());
    };
    if let Some(comment) = module.outline.comments.iter().find(|comment| syntax::span(node).encloses(**comment)) {
        return Err(format!("`{}` would be lost", module.slice(*comment)));
    }
    let list = module.of(list);
    let all = format!(
        "{open}{} for {} in {}{close}",
        module.of(iteration.call),
        module.of(targets),
        in_clause(module.of(iterable), iterable)
    );
    match empty_list_before(sight, node, list) {
        Some(value) => {
            draft.edits.push(Edit::replace(value, all));
            let lines = Span::new(
                text::line_start(module.text, node.start_byte()),
                text::next_line(module.text, node.end_byte()),
            );
            draft.edits.push(Edit::delete(last_line_of_text(module.text, lines)));
            draft.claims.push(value);
        }
        None => draft.edits.push(Edit::replace(syntax::span(node), format!("{list}.extend({all})"))),
    }
    Ok(())
}

/// An iterable as a clause takes it: a tuple without parentheses needs some there.
fn in_clause(text: &str, iterable: Node) -> String {
    let is_bare = matches!(iterable.kind(), "expression_list" | "conditional_expression" | "lambda");
    if is_bare { format!("({text})") } else { text.to_owned() }
}

/// The value of `list = []` right before a statement.
fn empty_list_before(sight: &Sight, node: Node, list: &str) -> Option<Span> {
    let module = sight.module;
    let before = node.prev_named_sibling().filter(|before| before.kind() == "expression_statement")?;
    let assignment =
        before.named_child(0).filter(|only| only.kind() == "assignment" && before.named_child_count() == 1)?;
    let value = assignment.child_by_field_name("right")?;
    let is_name = assignment.child_by_field_name("left").is_some_and(|left| module.of(left) == list);
    let is_alone = module.text[before.end_byte()..node.start_byte()].trim().is_empty()
        && text::starts_its_line(module.text, node.start_byte());
    (is_name && is_alone && matches!(module.of(value), "[]" | "list()")).then(|| syntax::span(value))
}
