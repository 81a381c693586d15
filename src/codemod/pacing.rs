//! The operation that lets others run while a loop goes on.
//!
//! The line stands first in the body, where no `continue` passes it by. It is reached in every round, or in every so many, by
//! the loop's own counter or by one of `enumerate`; never in the first, in which nothing has taken long yet.

use crate::codemod::asynchronous::suspend;
use crate::codemod::matching::Sight;
use crate::codemod::operations::Step;
use crate::codemod::planning::Draft;
use crate::plan::Edit;
use crate::project::{Answer, Module};
use crate::syntax::named_children;
use crate::text::{self, Span};
use tree_sitter::Node;

pub fn pace(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let node = step.node(sight, "pace")?;
    let module = sight.module;
    let source = module.text;
    let first = node.child_by_field_name("body").and_then(|body| named_children(body).next());
    let first = first.filter(|first| text::starts_its_line(source, first.start_byte()));
    let first = first.ok_or("its body stands on the line of its header")?;
    suspend(sight, first, draft)?;
    let line = draft.render(&step.templates("with")[0], sight, first)?;
    let every = draft.render(&step.templates("every")[0], sight, first)?;
    let every: u32 = every.parse().map_err(|_| "`every` is a number of rounds".to_owned())?;
    let newline = text::newline(source);
    let indentation = text::indentation(source, first.start_byte());
    let added = if every < 2 {
        format!("{line}{newline}{indentation}")
    } else {
        let outer = text::indentation(source, node.start_byte());
        let unit = indentation.strip_prefix(outer).unwrap_or("    ");
        let test = counted(sight, node, every, draft)?;
        format!("if {test}:{newline}{indentation}{unit}{line}{newline}{indentation}")
    };
    draft.edits.push(Edit::insert(first.start_byte(), added));
    draft.claims.push(Span::new(node.start_byte(), first.end_byte()));
    Ok(())
}

/// The condition that is true once in so many rounds of a `for`, and not in the first.
fn counted(sight: &Sight, node: Node, every: u32, draft: &mut Draft) -> Result<String, String> {
    let module = sight.module;
    let field = |name: &str| node.child_by_field_name(name);
    let (target, iterable) = field("left").zip(field("right")).ok_or("it counts no rounds")?;
    if let Some((counter, start)) = own_counter(module, node, target, iterable) {
        let rest = (start + every - 1) % every;
        return Ok(format!("{} % {every} == {rest}", module.of(counter)));
    }
    if iterable.kind() == "expression_list" {
        return Err("it iterates a tuple without parentheses".to_owned());
    }
    if let Some(found) = module.lookup("enumerate", node) {
        return Err(format!("`enumerate` means something else here (line {})", module.row(found.bindings[0].at)));
    }
    let counter = draft.fresh("count", module, node);
    let is_bare = target.kind() == "pattern_list";
    let (open, close) = if is_bare { ("(", ")") } else { ("", "") };
    draft.edits.push(Edit::insert(target.start_byte(), format!("{counter}, {open}")));
    if is_bare {
        draft.edits.push(Edit::insert(target.end_byte(), close));
    }
    draft.edits.push(Edit::insert(iterable.start_byte(), "enumerate("));
    draft.edits.push(Edit::insert(iterable.end_byte(), ", 1)"));
    Ok(format!("{counter} % {every} == 0"))
}

/// The name that counts the rounds of a `for` already, and where it starts: the target of a plain `range`, or the first
/// of an `enumerate`. None where the body gives it another value.
fn own_counter<'a>(module: &Module, node: Node<'a>, target: Node<'a>, iterable: Node<'a>) -> Option<(Node<'a>, u32)> {
    let function = iterable.child_by_field_name("function").filter(|_| iterable.kind() == "call")?;
    let is = |name: &str| module.resolves_to(function, &[name]) == Answer::Yes;
    let arguments: Vec<Node> = named_children(iterable.child_by_field_name("arguments")?).collect();
    let number = |node: &Node| module.of(*node).parse().ok();
    let (counter, start) = match (target.kind(), arguments.as_slice()) {
        ("identifier", [_]) if is("range") => (target, 0),
        ("identifier", [start, _]) if is("range") => (target, number(start)?),
        ("pattern_list" | "tuple_pattern", [_]) if is("enumerate") => (named_children(target).next()?, 0),
        ("pattern_list" | "tuple_pattern", [_, start]) if is("enumerate") => {
            (named_children(target).next()?, number(start)?)
        }
        _ => return None,
    };
    let name = module.of(counter);
    let scope = module.function_of(node)?;
    let names = module.names_of(scope);
    let within = |at: usize| node.byte_range().contains(&at) && at != counter.start_byte();
    let is_changed = names.bound.get(name).is_some_and(|all| all.iter().any(|binding| within(binding.at)));
    (counter.kind() == "identifier" && !name.starts_with('_') && !is_changed).then_some((counter, start))
}
