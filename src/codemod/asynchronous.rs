//! The operations that put `async` and `await` where they belong, and take them from where they do not.
//!
//! Whatever makes its function suspend goes through [`suspend`], which knows where Python refuses that.

use crate::codemod::matching::Sight;
use crate::codemod::operations::Step;
use crate::codemod::planning::Draft;
use crate::codemod::trigger;
use crate::outline::StatementKind;
use crate::plan::Edit;
use crate::project::{Answer, Module, Row};
use crate::syntax::{self, children, named_children};
use crate::text::{Span, words};
use tree_sitter::Node;

/// Notes that the function now suspends at `node`, and turns the generator expressions around it into what may: a list or
/// set comprehension where a builtin consumes them whole. An error is the reason why no `await` may stand there.
pub fn suspend(sight: &Sight, node: Node, draft: &mut Draft) -> Result<(), String> {
    suspend_among(sight.module, sight.minor, node, draft, &|function| syntax::is_async(function))
}

/// The same where other functions are coroutine functions, or are going to be.
pub fn suspend_among(
    module: &Module,
    minor: u8,
    node: Node,
    draft: &mut Draft,
    is_coroutine: &dyn Fn(Node) -> bool,
) -> Result<(), String> {
    for generator in module.generators_around(node) {
        if draft.claims.contains(&syntax::span(generator)) {
            continue;
        }
        if !module.is_consumed_at_once(generator) {
            return Err(
                "in a generator expression, `await` would make it asynchronous for whoever consumes it".to_owned()
            );
        }
        // The consumer takes a list as well, and a list comprehension may await.
        draft.edits.push(Edit::insert(generator.start_byte() + 1, "["));
        draft.edits.push(Edit::insert(generator.end_byte() - 1, "]"));
        draft.claims.push(syntax::span(generator));
    }
    if let Some(reason) = module.await_refusal_among(node, minor, is_coroutine) {
        return Err(reason);
    }
    draft.suspensions.push(syntax::span(node));
    Ok(())
}

/// The same as an operation of its own.
pub fn suspends(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    suspend(sight, step.node(sight, "suspend")?, draft)
}

pub fn make_async(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let statement = step.node(sight, "async")?;
    let module = sight.module;
    if statement.kind() == "with_statement" {
        let items: Vec<Node> = managers(statement).collect();
        let other = items.iter().find(|manager| module.enters_asynchronously(**manager) != Answer::Yes);
        if let Some(other) = other.filter(|other| items.len() > 1 || other.kind() != "await") {
            return Err(format!(
                "`{}` beside it is not known to be an async context manager, and needs a `with` of its own",
                module.of(*other)
            ));
        }
    }
    suspend(sight, statement, draft)?;
    draft.edits.push(Edit::insert(statement.start_byte(), "async "));
    draft.mistaken.push(syntax::span(statement));
    Ok(())
}

/// What a `with` statement enters, in order.
pub(super) fn managers(statement: Node) -> impl Iterator<Item = Node> {
    let clause = named_children(statement).find(|child| child.kind() == "with_clause");
    let values = clause.into_iter().flat_map(named_children).filter_map(|item| item.child_by_field_name("value"));
    values.map(|value| if value.kind() == "as_pattern" { value.named_child(0).unwrap_or(value) } else { value })
}

pub fn call(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let function = step.node(sight, "call")?;
    let name = sight.module.of(function);
    match sight.module.minimum_arguments(function) {
        Some(0) => draft.edits.push(Edit::insert(function.end_byte(), "()")),
        Some(1) => return Err(format!("`{name}` needs an argument")),
        Some(count) => return Err(format!("`{name}` needs {count} arguments")),
        None => return Err(format!("it is not known which arguments `{name}` needs")),
    }
    Ok(())
}

pub fn call_directly(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let function = step.node(sight, "call-directly")?;
    let outer = step.node(sight, "of")?;
    if !matches!(function.kind(), "identifier" | "attribute") {
        return Err(format!("`{}` is no name", sight.module.of(function)));
    }
    let source = sight.module.text;
    let arguments = function.parent().ok_or("it is no argument")?;
    let comma = children(arguments).find(|child| child.kind() == "," && child.start_byte() >= function.end_byte());
    let behind = match comma {
        Some(comma) => {
            let rest = &source[comma.end_byte()..arguments.end_byte()];
            comma.end_byte() + rest.len() - rest.trim_start_matches([' ', '\t']).len()
        }
        None => arguments.end_byte() - 1,
    };
    draft.edits.push(Edit::delete(Span::new(outer.start_byte(), function.start_byte())));
    draft.edits.push(Edit::replace(Span::new(function.end_byte(), behind), "("));
    draft.claims.push(syntax::span(outer));
    Ok(())
}

pub fn collect(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let iterable = step.node(sight, "collect")?;
    let outer = step.optional_node(sight, "of").unwrap_or(iterable);
    let module = sight.module;
    if sight.minor < 11 && !module.comprehensions_around(outer).is_empty() {
        return Err("an asynchronous comprehension inside another needs Python 3.11 (PEP 530, bpo-33346)".to_owned());
    }
    suspend(sight, outer, draft)?;
    let text = draft.render(&step.templates("in")[0], sight, outer)?;
    let item = draft.fresh("item", module, outer);
    let (open, close) = text.split_once("{}").ok_or("the text of `collect` has no `{}`")?;
    let before = Span::new(outer.start_byte(), iterable.start_byte());
    draft.edits.push(Edit::replace(before, format!("{open}{item} async for {item} in ")));
    draft.edits.push(Edit::replace(Span::new(iterable.end_byte(), outer.end_byte()), close));
    draft.mistaken.push(syntax::span(outer));
    Ok(())
}

pub fn drop_await(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let awaited = step.node(sight, "drop-await")?;
    draft.edits.extend(without_await(sight.module, awaited));
    draft.mistaken.push(syntax::span(awaited));
    Ok(())
}

/// Deletes `await` and the blanks behind it; a comment between it and its operand stays. Parentheses that only the `await`
/// needed, before an attribute or a subscript, go with it.
fn without_await(module: &Module, awaited: Node) -> Vec<Edit> {
    let start = awaited.start_byte();
    let rest = &module.text[start + "await".len()..awaited.end_byte()];
    let blanks = rest.len() - rest.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '\\').len();
    let kept = if rest[blanks..].starts_with('#') { 0 } else { blanks };
    let end = start + "await".len() + kept;
    let outer = awaited.parent().filter(|outer| outer.kind() == "parenthesized_expression");
    let is_needless = |outer: &Node| {
        let text = module.of(*outer);
        let before = &module.text[..outer.start_byte()];
        outer.parent().is_some_and(|around| matches!(around.kind(), "attribute" | "subscript"))
            && text.len() == awaited.byte_range().len() + 2
            && !text.contains(['\n', '\r'])
            && !before.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_')
    };
    match outer.filter(is_needless) {
        Some(outer) => vec![
            Edit::delete(Span::new(outer.start_byte(), end)),
            Edit::delete(Span::new(awaited.end_byte(), outer.end_byte())),
        ],
        None => vec![Edit::delete(Span::new(start, end))],
    }
}

pub fn hoist_await(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let name = step.node(sight, "hoist-await")?;
    let call = step.node(sight, "to")?;
    let awaits = sight.module.awaits_alone(name)?;
    suspend(sight, call, draft)?;
    draft.edits.push(Edit::insert(call.start_byte(), "await "));
    for awaited in awaits {
        if awaited.parent().is_some_and(|outer| outer.kind() == "expression_statement") {
            let row = sight.module.row(awaited.start_byte());
            return Err(format!("line {row} awaits it for what it does: call the function there"));
        }
        draft.edits.extend(without_await(sight.module, awaited));
    }
    Ok(())
}

pub fn rename_methods(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let module = sight.module;
    let function = step.node(sight, "rename-methods")?;
    let class = module.block_of(function).and_then(|block| module.outline.blocks[block as usize].parent);
    let class = class.ok_or("it is not in a class")?;
    let name = module.name_of(class);
    if let Some(row) = plain_with(module, name) {
        return Err(format!("a plain `with` on line {row} enters `{name}`"));
    }
    for pair in step.names("names") {
        let (old, new) = pair.split_once('=').ok_or("a name of `rename-methods` is `old=new`")?;
        let method = module.coroutine_method(class, old);
        let method = method.ok_or_else(|| format!("`{name}` has no coroutine method `{old}`"))?;
        if !module.bindings_in(Some(class), new).is_empty() {
            return Err(format!("`{name}` has a `{new}` already"));
        }
        let span = module.outline.blocks[method as usize].name;
        let called = |at: &usize| module.text[..*at].ends_with('.');
        if let Some(call) = words(module.text, old).find(called) {
            return Err(format!("`{old}` is used by its name on line {}", module.row(call)));
        }
        draft.edits.push(Edit::replace(span, new));
    }
    Ok(())
}

/// The row of a plain `with` whose header mentions a class, or a name that is assigned from a call of it.
fn plain_with(module: &Module, class: &str) -> Option<Row> {
    let statements = || module.outline.statements.iter();
    let mut names = vec![class];
    for statement in statements().filter(|statement| statement.kind == StatementKind::Simple) {
        let text = module.slice(statement.span);
        names.extend(words(text, class).flat_map(|at| trigger::targets(&text[..at])));
    }
    let mut headers = statements().filter(|statement| {
        statement.kind == StatementKind::Header && module.slice(statement.span).starts_with("with")
    });
    let found = headers.find(|header| {
        let text = module.slice(header.span);
        names.iter().any(|name| words(text, name).next().is_some())
    });
    found.map(|header| module.row(header.span.start))
}
