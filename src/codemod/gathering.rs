//! The operation that hands what a loop or a comprehension makes each round to something that awaits all of it.

use crate::codemod::enclosing::last_line_of_text;
use crate::codemod::matching::Sight;
use crate::codemod::operations::{Step, needs_parentheses};
use crate::codemod::planning::Draft;
use crate::plan::Edit;
use crate::project::Answer;
use crate::project::iterations::Taking;
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
    let (before, behind) = if needs_parentheses(whole) { ("(", ")") } else { ("", "") };
    let mut head = format!("{before}{open}");
    let mut tail = format!("{close}{behind}");
    let value = body.child_by_field_name("value").unwrap_or(body);
    if let Some(key) = body.child_by_field_name("key") {
        builtin(sight, "dict", node)?;
        head = format!("dict({open}({}, ", sight.module.of(key));
        draft.edits.push(Edit::insert(value.end_byte(), ")"));
        tail = format!("{close})");
    }
    if node.kind() == "set_comprehension" {
        builtin(sight, "set", node)?;
        head = format!("set({open}");
        tail = format!("{close})");
    }
    let element = if value.kind() == "await" { value.named_child(0).unwrap_or(value) } else { value };
    draft.edits.push(Edit::replace(Span::new(whole.start_byte(), element.start_byte()), head));
    draft.edits.push(Edit::replace(Span::new(last_part(node).end_byte(), whole.end_byte()), tail));
    Ok(())
}

/// Refuses a place where a builtin is another thing.
fn builtin(sight: &Sight, name: &str, node: Node) -> Result<(), String> {
    match sight.module.lookup(name, node) {
        Some(_) => Err(format!("`{name}` is another thing here")),
        None => Ok(()),
    }
}

/// The last clause of a comprehension.
fn last_part(comprehension: Node) -> Node {
    named_children(comprehension).filter(|part| part.kind() != "comment").last().unwrap_or(comprehension)
}

/// Puts one statement in the place of a loop, or a loop over the results: a list or dictionary that is made right before it is made at once.
fn of_loop(sight: &Sight, node: Node, (open, close): (&str, &str), draft: &mut Draft) -> Result<(), String> {
    let module = sight.module;
    let found = module.independent_iterations(node).or_else(|_| module.seemingly_independent_iterations(node));
    let iteration = found.map_err(|answer| match answer {
        Answer::No(reason) | Answer::Unknown(reason) => reason,
        Answer::Yes => String::new(),
    })?;
    let Some((targets, iterable)) = iteration.clause else { return Err("it is no loop".to_owned()) };
    let rounds = format!("for {} in {}", module.of(targets), in_clause(module.of(iterable), iterable));
    let (call, target) = (module.of(iteration.call), as_tuple(module.of(targets), targets));
    match iteration.taking {
        Taking::Append { list } => {
            let all = format!("{open}{call} {rounds}{close}");
            fill(sight, node, list, ["[]", "list()"], (all.clone(), format!("extend({all})")), draft)
        }
        Taking::Store { mapping, key } => {
            builtin(sight, "dict", node)?;
            let all = format!("{open}({}, {call}) {rounds}{close}", as_tuple(module.of(key), key));
            fill(sight, node, mapping, ["{}", "dict()"], (format!("dict({all})"), format!("update({all})")), draft)
        }
        Taking::Use { first, awaited, name, with_targets } => {
            let value = name.map_or_else(|| draft.fresh("value", module, node), |name| module.of(name).to_owned());
            let (each, made) = match with_targets {
                true => (format!("{target}, {value}"), format!("({target}, {call})")),
                false => (value.clone(), call.to_owned()),
            };
            let header = format!("for {each} in {open}{made} {rounds}{close}:");
            of_results(sight, node, (first, awaited, name.is_some()), (header, value), draft)
        }
        Taking::Element | Taking::Value { .. } => Err("it is no loop".to_owned()),
    }
}

/// Makes a loop of one statement fill what it fills at once; `texts` are the value for something empty, and the method that adds to what
/// has something already.
fn fill(
    sight: &Sight,
    node: Node,
    filled: Node,
    empty: [&str; 2],
    texts: (String, String),
    draft: &mut Draft,
) -> Result<(), String> {
    let module = sight.module;
    refuse_comments(sight, syntax::span(node))?;
    let name = module.of(filled);
    match empty_before(sight, node, name, empty) {
        Some(value) => {
            draft.edits.push(Edit::replace(value, texts.0));
            let lines = Span::new(
                text::line_start(module.text, node.start_byte()),
                text::next_line(module.text, node.end_byte()),
            );
            draft.edits.push(Edit::delete(last_line_of_text(module.text, lines)));
            draft.claims.push(value);
        }
        None => draft.edits.push(Edit::replace(syntax::span(node), format!("{name}.{}", texts.1))),
    }
    Ok(())
}

/// Makes a loop one over the results; its first statement goes where it only names one.
fn of_results(
    sight: &Sight,
    node: Node,
    (first, awaited, is_named): (Node, Node, bool),
    (header, value): (String, String),
    draft: &mut Draft,
) -> Result<(), String> {
    let source = sight.module.text;
    let body = node.child_by_field_name("body").ok_or("it has no body")?;
    if !text::starts_its_line(source, first.start_byte()) {
        return Err("its body stands on its own line".to_owned());
    }
    let colon = source[..body.start_byte()].rfind(':').ok_or("it has no header")?;
    let head = Span::new(node.start_byte(), colon + 1);
    refuse_comments(sight, Span::new(node.start_byte(), text::line_end(source, first.end_byte())))?;
    draft.edits.push(Edit::replace(head, header));
    match is_named {
        true => draft.edits.push(Edit::delete(Span::new(
            text::line_start(source, first.start_byte()),
            text::next_line(source, first.end_byte()),
        ))),
        false => draft.edits.push(Edit::replace(syntax::span(awaited), value)),
    }
    Ok(())
}

fn refuse_comments(sight: &Sight, span: Span) -> Result<(), String> {
    match sight.module.outline.comments.iter().find(|comment| span.encloses(**comment)) {
        Some(comment) => Err(format!("`{}` would be lost", sight.module.slice(*comment))),
        None => Ok(()),
    }
}

/// Something as one element of a tuple: several targets need parentheses there.
fn as_tuple(text: &str, node: Node) -> String {
    let is_bare = matches!(node.kind(), "pattern_list" | "expression_list" | "tuple") && !text.starts_with('(');
    if is_bare { format!("({text})") } else { text.to_owned() }
}

/// An iterable as a clause takes it: a tuple without parentheses needs some there.
fn in_clause(text: &str, iterable: Node) -> String {
    let is_bare = matches!(iterable.kind(), "expression_list" | "conditional_expression" | "lambda");
    if is_bare { format!("({text})") } else { text.to_owned() }
}

/// The value of `name = []`, or another empty one, right before a statement.
fn empty_before(sight: &Sight, node: Node, name: &str, empty: [&str; 2]) -> Option<Span> {
    let module = sight.module;
    let before = node.prev_named_sibling().filter(|before| before.kind() == "expression_statement")?;
    let assignment =
        before.named_child(0).filter(|only| only.kind() == "assignment" && before.named_child_count() == 1)?;
    let value = assignment.child_by_field_name("right")?;
    let is_name = assignment.child_by_field_name("left").is_some_and(|left| module.of(left) == name);
    let is_alone = module.text[before.end_byte()..node.start_byte()].trim().is_empty()
        && text::starts_its_line(module.text, node.start_byte());
    (is_name && is_alone && empty.contains(&module.of(value))).then(|| syntax::span(value))
}
