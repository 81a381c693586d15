//! Where a context manager is entered together with another one instead of below it.
//!
//! What is entered first in the body of an `async with` joins its items, as far as the line allows it or Python knows
//! parentheses there; what would lie too deep is given to an `AsyncExitStack`, and the next to the same one.

use crate::codemod::enclosing::Rest;
use crate::codemod::matching::Sight;
use crate::codemod::planning::Draft;
use crate::plan::Edit;
use crate::project::{Answer, Module};
use crate::syntax::{self, ancestors, children, is_async, named_children};
use crate::text::{self, Span};
use tree_sitter::Node;

/// The longest line that joined items may make, in characters.
const WIDTH: usize = 88;

/// How many `with` statements may lie in each other before a stack takes the next.
const DEEPEST: usize = 2;

/// The Python 3 minor version from which the items of a `with` may stand in parentheses.
const PARENTHESES: u8 = 10;

/// Enters what `header` enters without a level of its own, or with a stack; no where it needs the plain way.
pub fn join(sight: &Sight, rest: &Rest, header: &str, draft: &mut Draft) -> Result<bool, String> {
    let item = header.strip_prefix("async with ").and_then(|item| item.strip_suffix(':'));
    let Some(item) = item.filter(|_| rest.ends_block && !rest.has_cleanup()) else { return Ok(false) };
    let Some((value, name)) = item.rsplit_once(" as ") else { return Ok(false) };
    let module = sight.module;
    let around = rest.block.parent().filter(|outer| outer.kind() == "with_statement" && is_async(*outer));
    if let Some(stack) = around.and_then(|around| stack_of(module, around)) {
        draft.edits.push(Edit::replace(syntax::span(rest.statement), on_stack(name, &stack, value)));
        rest.drop_closes(draft);
        return Ok(true);
    }
    if let Some(edit) = around.and_then(|around| joined(sight, rest, around, item)) {
        let source = module.text;
        let lines = Span::new(
            text::line_start(source, rest.statement.start_byte()),
            text::next_line(source, rest.statement.end_byte()),
        );
        draft.edits.extend([edit, Edit::delete(lines)]);
        rest.drop_closes(draft);
        draft.claims.push(around.map_or(lines, |around| Span::new(around.start_byte(), lines.end)));
        return Ok(true);
    }
    let function = module.function_of(rest.statement);
    let inner = ancestors(rest.statement).take_while(|outer| Some(*outer) != function);
    if inner.filter(|outer| outer.kind() == "with_statement").count() < DEEPEST {
        return Ok(false);
    }
    let maker = draft.symbol("contextlib.AsyncExitStack", module, rest.statement)?;
    let stack = draft.fresh("stack", module, rest.statement);
    let newline = text::newline(module.text);
    let inner = format!("{}{}", text::indentation(module.text, rest.statement.start_byte()), rest.unit()?);
    let text = format!("async with {maker}() as {stack}:{newline}{inner}{}", on_stack(name, &stack, value));
    draft.edits.push(Edit::replace(syntax::span(rest.statement), text));
    rest.indent(draft)?;
    Ok(true)
}

fn on_stack(name: &str, stack: &str, value: &str) -> String {
    format!("{name} = await {stack}.enter_async_context({value})")
}

/// The name of the `AsyncExitStack` that an `async with` enters last.
fn stack_of(module: &Module, with: Node) -> Option<String> {
    let value = items(with).last()?.child_by_field_name("value").filter(|value| value.kind() == "as_pattern")?;
    let function = value.named_child(0)?.child_by_field_name("function")?;
    let target = value.child_by_field_name("alias")?;
    let is_stack = module.resolves_to(function, &["contextlib.AsyncExitStack"]) == Answer::Yes;
    is_stack.then(|| module.of(target).to_owned())
}

/// The edit that adds an item to the `async with` whose body begins with the statement.
fn joined(sight: &Sight, rest: &Rest, with: Node, item: &str) -> Option<Edit> {
    let source = sight.module.text;
    let clause = named_children(with).find(|child| child.kind() == "with_clause")?;
    let behind = &source[clause.end_byte()..rest.statement.start_byte()];
    let is_first = behind.trim().trim_start_matches(':').is_empty();
    let line = &source[rest.statement.end_byte()..text::line_end(source, rest.statement.end_byte())];
    let is_short = |text: &str| text.lines().count() == 1;
    if !is_first || !line.trim().is_empty() || !is_short(item) {
        return None;
    }
    let all: Vec<&str> = items(with).map(|item| sight.module.of(item)).collect();
    let last = items(with).last()?;
    let header = text::line_start(source, with.start_byte());
    let indentation = text::indentation(source, with.start_byte());
    let newline = text::newline(source);
    if children(clause).any(|child| child.kind() == "(") {
        let own = text::starts_its_line(source, last.start_byte());
        let added = format!(",{newline}{}{item}", text::indentation(source, last.start_byte()));
        return own.then(|| Edit::insert(last.end_byte(), added));
    }
    let width = source[header..clause.end_byte()].chars().count() + item.chars().count() + ", :".len();
    if is_short(sight.module.of(clause)) && width <= WIDTH {
        return Some(Edit::insert(clause.end_byte(), format!(", {item}")));
    }
    if sight.minor < PARENTHESES || !all.iter().all(|item| is_short(item)) {
        return None;
    }
    let inner = format!("{indentation}{}", rest.unit().ok()?);
    let lines = all.into_iter().chain([item]).map(|item| format!("{inner}{item},{newline}"));
    let text = format!("({newline}{}{indentation})", lines.collect::<String>());
    Some(Edit::replace(syntax::span(clause), text))
}

fn items(with: Node) -> impl Iterator<Item = Node> {
    let clause = named_children(with).find(|child| child.kind() == "with_clause");
    clause.into_iter().flat_map(named_children).filter(|item| item.kind() == "with_item")
}
