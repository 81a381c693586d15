//! A call becomes that of another function: of one that the page names, or of a coroutine function that somebody named for
//! what blocks.
//!
//! The arguments stay as they are, and have to be among those that both functions take alike. `client.fetch(a)` becomes `await client.fetch_async(a)`, and `load(a)` becomes `await pkg.load_async(a)`, by a name that the
//! file has for it or by an import. What is known of the project has to agree that it can be awaited.

use crate::codemod::asynchronous::suspend;
use crate::codemod::matching::Sight;
use crate::codemod::operations::{Step, needs_parentheses};
use crate::codemod::planning::Draft;
use crate::plan::Edit;
use crate::project::Module;
use crate::project::names::Symbol;
use crate::project::scopes::{BindingKind, Scope};
use crate::syntax::{self, named_children};
use tree_sitter::Node;

/// Calls what a template says in the place of what is called, with the same arguments.
pub(super) fn call_instead(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let (call, module) = (step.node(sight, "call-instead")?, sight.module);
    let (function, arguments) = (call.child_by_field_name("function"), call.child_by_field_name("arguments"));
    let (function, arguments) = function.zip(arguments).ok_or("it is not a call")?;
    if arguments.kind() == "generator_expression" {
        return Err("its argument is a generator".to_owned());
    }
    let given: Vec<Node> = named_children(arguments).filter(|node| node.kind() != "comment").collect();
    let keeps = |name: &str| step.names("keeps").iter().any(|kept| kept == name);
    for (at, node) in given.iter().enumerate() {
        let is_kept = match node.kind() {
            "keyword_argument" => node.child_by_field_name("name").is_some_and(|name| keeps(module.of(name))),
            "list_splat" | "dictionary_splat" => false,
            _ => keeps(&at.to_string()),
        };
        if !is_kept {
            return Err(format!("`{}` is not translated", module.of(*node)));
        }
    }
    let instead = draft.render(&step.templates("with")[0], sight, call)?;
    draft.edits.push(Edit::replace(syntax::span(function), instead));
    let adds = step.templates("adds").iter().map(|template| draft.render(template, sight, call));
    let adds = adds.collect::<Result<Vec<String>, String>>()?.join(", ");
    if !adds.is_empty() {
        let (at, comma) = given.last().map_or((arguments.start_byte() + 1, ""), |last| (last.end_byte(), ", "));
        draft.edits.push(Edit::insert(at, format!("{comma}{adds}")));
    }
    draft.claims.push(syntax::span(call));
    Ok(())
}

/// Awaits a call of what `replacement` names in the place of one of `function`. An error is the reason why it cannot.
pub fn await_instead(
    sight: &Sight,
    call: Node,
    function: Node,
    replacement: &str,
    draft: &mut Draft,
) -> Result<(), String> {
    let module = sight.module;
    if let Some(reason) = module.unawaitable_at(replacement) {
        return Err(reason);
    }
    let spelled = spelled(module, function, replacement, draft)?;
    suspend(sight, call, draft)?;
    let (open, close) = if needs_parentheses(call) { ("(", ")") } else { ("", "") };
    draft.title = Some(format!("Await `{replacement}`, which the configuration names"));
    draft.edits.push(Edit::replace(syntax::span(function), format!("{open}await {spelled}")));
    if !close.is_empty() {
        draft.edits.push(Edit::insert(call.end_byte(), close.to_owned()));
    }
    draft.claims.push(syntax::span(call));
    Ok(())
}

/// What is called instead: a member of the same object, a name of the file, or what an import leads to.
fn spelled(module: &Module, function: Node, replacement: &str, draft: &mut Draft) -> Result<String, String> {
    let (of, name) = replacement.rsplit_once('.').unwrap_or(("", replacement));
    if let Some(object) = function.child_by_field_name("object") {
        if module.has_member_at(object, name, replacement) {
            return Ok(format!("{}.{name}", module.of(object)));
        }
        if !matches!(module.symbols(function).as_slice(), [Symbol::Path(_) | Symbol::Definition(_)]) {
            return Err(format!("`{}` is no `{of}`, which has `{name}`", module.of(object)));
        }
    }
    let defined = module.defined_at(replacement);
    let defined = defined.as_deref().unwrap_or(replacement);
    let local = module.dotted_name().and_then(|own| defined.strip_prefix(&format!("{own}.")).map(str::to_owned));
    let Some(local) = local else { return draft.symbol(replacement, module, function) };
    let first = local.split('.').next().unwrap_or(&local);
    let found = module.lookup(first, function);
    let is_defined = found.is_some_and(|found| {
        matches!(found.scope, Scope::Module)
            && found.bindings.iter().all(|binding| matches!(binding.kind, BindingKind::Definition(_)))
    });
    if is_defined { Ok(local) } else { Err(format!("`{first}` means something else here")) }
}
