//! The operations on failures and their handlers: a handler that lets the cancellation through, a gather that waits for all.

use crate::codemod::matching::Sight;
use crate::codemod::operations::Step;
use crate::codemod::planning::Draft;
use crate::plan::Edit;
use crate::project::cancellation::{Taking, is_explained};
use crate::syntax::{self, named_children};
use crate::text;
use tree_sitter::Node;

/// Statements that leave a handler, or do nothing in it, and that a `raise` takes the place of.
const REPLACED: [&str; 4] = ["pass_statement", "return_statement", "break_statement", "continue_statement"];

/// Lets the cancellation through a handler; see the vocabulary.
pub fn let_cancellation_through(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let clause = step.node(sight, "let-cancellation-through")?;
    let module = sight.module;
    let taking = module.takes_cancellation(clause).ok_or("the handler does not take a cancellation")?;
    let block = named_children(clause).find(|part| part.kind() == "block").ok_or("the handler has no body")?;
    let source = module.text;
    if !text::starts_its_line(source, clause.start_byte()) || !text::starts_its_line(source, block.start_byte()) {
        return Err("other code shares a line with the handler".to_owned());
    }
    let newline = text::newline(source);
    if module.ends_by_name(clause) {
        return Err("the coroutine ends there, and names the cancellation: who awaits it may count on that".to_owned());
    }
    if taking == Taking::Alone && is_explained(clause) {
        return Err("a comment tells what becomes of the cancellation".to_owned());
    }
    if taking == Taking::Alone && module.goes_on_by_name(clause, block) {
        return Err(
            "it goes on behind the handler only to end, or until it is done: somebody may count on that".to_owned()
        );
    }
    if taking == Taking::AmongOthers {
        let error = draft.symbol("asyncio.CancelledError", module, clause)?;
        let (outer, inner) =
            (text::indentation(source, clause.start_byte()), text::indentation(source, block.start_byte()));
        let added = format!("except {error}:{newline}{inner}raise{newline}{outer}");
        draft.edits.push(Edit::insert(clause.start_byte(), added));
        draft.claims.push(syntax::span(clause));
        return Ok(());
    }
    if let Some(name) = module.given_by_handler(clause, block) {
        return Err(format!(
            "the handler gives `{name}`, which goes on to be read: a cancellation has a result of its own"
        ));
    }
    let last: Node = named_children(block).last().ok_or("the handler has no body")?;
    if !text::starts_its_line(source, last.start_byte()) {
        return Err("several statements share the last line of the handler".to_owned());
    }
    if REPLACED.contains(&last.kind()) {
        draft.edits.push(Edit::replace(syntax::span(last), "raise"));
    } else {
        let indentation = text::indentation(source, last.start_byte());
        let end = text::line_end(source, last.end_byte());
        draft.edits.push(Edit::insert(end, format!("{newline}{indentation}raise")));
    }
    draft.claims.push(syntax::span(clause));
    Ok(())
}

/// Has the handlers around a gather take groups; see the vocabulary.
pub fn handle_groups(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let call = step.node(sight, "handle-groups")?;
    for clause in sight.module.group_handlers(call)? {
        draft.edits.push(Edit::insert(clause.start_byte() + "except".len(), "*"));
        draft.claims.push(syntax::span(clause));
    }
    Ok(())
}

/// Has a gather wait for all that it runs; see the vocabulary.
pub fn wait_for_all(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let call = step.node(sight, "wait-for-all")?;
    let module = sight.module;
    let awaited = call.parent().filter(|outer| outer.kind() == "await").ok_or("the gather is not awaited")?;
    if let Some(reason) = module.may_never_end(call) {
        return Err(format!("it would wait for all: {reason}"));
    }
    let arguments = call.child_by_field_name("arguments").ok_or("it is not a call")?;
    let all: Vec<Node> = named_children(arguments).collect();
    let given = all.iter().find(|argument| {
        argument.child_by_field_name("name").is_some_and(|name| module.of(name) == "return_exceptions")
    });
    match (given.and_then(|argument| argument.child_by_field_name("value")), all.last()) {
        (Some(value), _) => draft.edits.push(Edit::replace(syntax::span(value), "True")),
        (None, Some(last)) => {
            let source = module.text;
            let gap = match text::starts_its_line(source, last.start_byte()) {
                true => format!("{}{}", text::newline(source), text::indentation(source, last.start_byte())),
                false => " ".to_owned(),
            };
            draft.edits.push(Edit::insert(last.end_byte(), format!(",{gap}return_exceptions=True")));
        }
        (None, None) => return Err("it is given nothing".to_owned()),
    }
    let around = draft.render(&step.templates("in")[0], sight, awaited)?;
    let (before, after) = around.split_once("{}").ok_or("the text of `wait-for-all` has no `{}`")?;
    draft.edits.push(Edit::insert(awaited.start_byte(), before));
    draft.edits.push(Edit::insert(awaited.end_byte(), after));
    draft.claims.push(syntax::span(awaited));
    Ok(())
}
