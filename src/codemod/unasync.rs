//! A coroutine function that awaits nothing becomes a plain one, where a framework runs plain ones in a thread.
//!
//! In: a node of the function. Out: whether such a framework calls it, and nobody else; and the edit, or why something in the
//! body has to stay on the event loop, as [`super::movable`] knows it. Other coroutines go on meanwhile as they do with any thread.

use crate::codemod::matching::Sight;
use crate::codemod::movable::Movable;
use crate::codemod::operations::Step;
use crate::codemod::planning::Draft;
use crate::plan::Edit;
use crate::project::blocking::Offload;
use crate::project::names::Symbol;
use crate::project::standard::standard;
use crate::project::{Answer, Module};
use crate::summary::containers::changes_container;
use crate::syntax::{self, children, descendants, named_children};
use crate::text::{Span, words};
use tree_sitter::Node;

/// What makes a call run in the event loop, or needs the function to be a coroutine function.
const SUSPENDS: [&str; 4] = ["await", "yield", "async", "global_statement"];

/// Whether a framework that runs plain functions in a thread calls the function around a node.
pub fn is_threaded_entry(module: &Module, node: Node) -> Answer {
    let Some(function) = module.function_of(node) else { return Answer::No("it is in no function".to_owned()) };
    let decorated = function.parent().filter(|outer| outer.kind() == "decorated_definition");
    let decorators: Vec<Node> =
        decorated.into_iter().flat_map(named_children).filter(|child| child.kind() == "decorator").collect();
    let answers = decorators.iter().map(|decorator| is_threaded(module, *decorator));
    match decorators.is_empty() {
        true => match routes(module, function).is_empty() {
            true => Answer::No("no framework is known to call it".to_owned()),
            false => Answer::Yes,
        },
        false => Answer::all_of(answers),
    }
}

/// Whether a decorator hands its function to such a framework.
fn is_threaded(module: &Module, decorator: Node) -> Answer {
    let call = named_children(decorator).next().filter(|call| call.kind() == "call");
    let object = call.and_then(|call| call.child_by_field_name("function")?.child_by_field_name("object"));
    let Some(object) = object else { return Answer::No(format!("`{}` is no route", module.of(decorator))) };
    match module.class_of_value(object) {
        Some(path) if is_among(&path, &standard().entries.threaded) => Answer::Yes,
        Some(path) => Answer::No(format!("`{}` is a `{path}`", module.of(object))),
        None => Answer::Unknown(format!("nobody knows what `{}` is", module.of(object))),
    }
}

/// Whether a class, wherever its package defines it, is one of the listed ones.
fn is_among(path: &str, listed: &[String]) -> bool {
    let ends = |path: &str| {
        let (first, last) = (path.split('.').next().unwrap_or_default(), path.rsplit('.').next().unwrap_or_default());
        (first.to_owned(), last.to_owned())
    };
    listed.iter().any(|known| ends(known) == ends(path))
}

/// The places where a function of the module is given to a route.
fn routes<'a>(module: &'a Module, function: Node) -> Vec<Node<'a>> {
    let Some(name) = function.child_by_field_name("name") else { return Vec::new() };
    let mentions = words(module.text, module.of(name)).filter(|at| *at != name.start_byte());
    let nodes = mentions.filter_map(|at| module.node_at(Span::new(at, at + name.byte_range().len())));
    let is_route = |node: &Node| {
        let call = node.parent().filter(|outer| outer.kind() == "argument_list").and_then(|outer| outer.parent());
        let function = call.and_then(|call| call.child_by_field_name("function"));
        function.is_some_and(|function| {
            let symbols = module.symbols(function);
            let is_threaded =
                |symbol: &Symbol| matches!(symbol, Symbol::Path(path) if is_among(path, &standard().entries.threaded));
            symbols.iter().all(is_threaded)
        })
    };
    nodes.filter(is_route).collect()
}

/// Takes `async` from the function around a node.
pub fn make_plain(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let node = step.node(sight, "make-plain")?;
    let module = sight.module;
    let function = module.function_of(node).ok_or("it is in no function")?;
    let keyword = function.child(0).filter(|child| child.kind() == "async").ok_or("it is no coroutine function")?;
    let body = function.child_by_field_name("body").ok_or("it has no body")?;
    refuse_callers(module, function)?;
    refuse_body(module, body, function)?;
    let next = children(function).nth(1).ok_or("it is no coroutine function")?;
    draft.edits.push(Edit::delete(Span::new(keyword.start_byte(), next.start_byte())));
    draft.claims.push(syntax::span(function));
    Ok(())
}

/// Why somebody else than the framework may call a function, and await it.
fn refuse_callers(module: &Module, function: Node) -> Result<(), String> {
    let name = function.child_by_field_name("name").ok_or("it has no name")?;
    let text = module.of(name);
    let routes: Vec<usize> = routes(module, function).iter().map(Node::start_byte).collect();
    let is_other = |at: &usize| {
        let is_code = module.outline.is_code(Span::new(*at, at + text.len()));
        is_code && *at != name.start_byte() && !routes.contains(at)
    };
    let mut others = words(module.text, text).filter(is_other);
    if let Some(at) = others.next() {
        return Err(format!("`{text}` is mentioned on line {} as well", module.row(at)));
    }
    match module.file_that_calls(text) {
        Some(path) => Err(format!("`{text}` is used in `{path}` as well")),
        None => Ok(()),
    }
}

/// Why what a body does may not run in another thread.
fn refuse_body(module: &Module, body: Node, function: Node) -> Result<(), String> {
    let movable = Movable::of(module, body, function);
    for node in descendants(body) {
        if SUSPENDS.contains(&node.kind()) || syntax::is_async(node) {
            return Err(format!("line {} needs the coroutine", module.row(node.start_byte())));
        }
        let target = node.child_by_field_name("left").filter(|_| node.kind().ends_with("assignment"));
        let stored =
            target.into_iter().flat_map(descendants).find(|target| matches!(target.kind(), "attribute" | "subscript"));
        if let Some(stored) = stored.filter(|stored| !movable.is_made_here(*stored)) {
            return Err(format!("`{}` would be stored from the thread", module.of(stored)));
        }
        let called = node.child_by_field_name("function").filter(|_| node.kind() == "call");
        let Some(called) = called else { continue };
        let of_framework = module.symbols(called).iter().all(|symbol| {
            matches!(symbol, Symbol::Path(path) if standard().entries.threaded.iter().any(|known| known.split('.').next() == path.split('.').next()))
        });
        if of_framework || module.runs_own(called) && module.own_affinity(called).is_none() {
            continue;
        }
        movable.refuse_call(node)?;
        let is_made_here = || called.child_by_field_name("object").is_none_or(|object| movable.is_made_here(object));
        let method = called.child_by_field_name("attribute").map_or("", |name| module.of(name));
        if changes_container(method) && !is_made_here() {
            return Err(format!("`{}` would be changed from several threads", module.of(called)));
        }
        let is_refused = module.blocking_call(called).is_ok_and(|found| found.group.offload == Offload::Refused);
        if is_refused && !movable.is_made_here(node) {
            return Err(format!("`{}` may belong to the thread of the event loop", module.of(called)));
        }
    }
    Ok(())
}
