//! The operation that runs a blocking call in a thread.
//!
//! `f(a, b)` becomes `await asyncio.to_thread(f, a, b)`: what is called and its arguments are still evaluated on the loop, in
//! their order, and only the call itself moves. A chain whose links block (`open(p).read()`) moves whole, in a lambda; what else is
//! evaluated in it moves along, so that nothing may be in it but names, literals and calls that are known.

use crate::codemod::asynchronous::suspend;
use crate::codemod::matching::Sight;
use crate::codemod::operations::{Step, needs_parentheses};
use crate::codemod::planning::Draft;
use crate::plan::Edit;
use crate::project::blocking::Offload;
use crate::project::blocks::chained;
use crate::project::descent::Reached;
use crate::project::names::Symbol;
use crate::project::{Answer, Module};
use crate::syntax::{self, named_children};
use crate::text::Span;
use tree_sitter::Node;

/// Builtins that may be called in a thread as well as on the loop.
const HARMLESS: [&str; 13] =
    ["bool", "bytes", "dict", "float", "int", "len", "list", "max", "min", "repr", "set", "str", "tuple"];

/// Builtins whose result depends on the frame that calls them.
const FRAME_BOUND: [&str; 6] = ["super", "locals", "vars", "dir", "eval", "exec"];

pub fn offload(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let call = step.node(sight, "offload")?;
    let module = sight.module;
    let function = call.child_by_field_name("function").ok_or("it is not a call")?;
    let name = module.of(function);
    let found = match module.blocking_call(function) {
        Ok(found) => found,
        Err(answer) => return offload_descent(sight, call, function, answer, draft),
    };
    match found.group.offload {
        Offload::Thread => {}
        Offload::Process => {
            return Err(format!(
                "`{name}` holds the interpreter lock, so that a thread would not help: a `ProcessPoolExecutor` would"
            ));
        }
        Offload::Refused => return Err(found.group.reason.clone().unwrap_or_default()),
    }
    let whole = std::iter::successors(Some(call), |link| chained(*link)).last().unwrap_or(call);
    refuse_place(module, call, whole)?;
    let arguments = call.child_by_field_name("arguments").ok_or("it is not a call")?;
    let is_lone_generator = arguments.kind() == "generator_expression";
    let holds_other = |node: Node| descendants(node).into_iter().any(|node| blocks(module, node));
    if whole == call && !is_lone_generator && !holds_other(function) && !holds_other(arguments) {
        return directly(sight, call, draft);
    }
    match in_lambda(sight, whole, draft) {
        // The call alone moves; what is called on its result, and what its arguments do, stays.
        Err(_) if !is_lone_generator && !holds_other(function) => directly(sight, call, draft),
        result => result,
    }
}

/// The same of a plain function that gets to what blocks: only its call moves, and what is done with the result stays.
fn offload_descent(sight: &Sight, call: Node, function: Node, answer: Answer, draft: &mut Draft) -> Result<(), String> {
    let module = sight.module;
    let is_bridge = module.bridge(function).is_ok();
    match (module.descends(function), answer) {
        (Reached::By(_), _) => {}
        _ if is_bridge => {}
        (_, Answer::No(reason) | Answer::Unknown(reason)) => return Err(reason),
        (_, Answer::Yes) => return Err("it does not block".to_owned()),
    }
    // What runs a loop of its own may do so in any thread.
    if let Some(reason) = module.affinity(function).filter(|_| !is_bridge) {
        return Err(reason);
    }
    refuse_place(module, call, call)?;
    let arguments = call.child_by_field_name("arguments").ok_or("it is not a call")?;
    if arguments.kind() == "generator_expression" || descendants(arguments).into_iter().any(|node| blocks(module, node))
    {
        return Err("its arguments block as well".to_owned());
    }
    directly(sight, call, draft)
}

/// Whether a node is a blocking call.
fn blocks(module: &Module, node: Node) -> bool {
    let function = node.child_by_field_name("function").filter(|_| node.kind() == "call");
    function.is_some_and(|function| module.blocking_call(function).is_ok())
}

/// Why the result of a call cannot come from a thread: the code around it goes on to block with it.
fn refuse_place(module: &Module, call: Node, whole: Node) -> Result<(), String> {
    let outer = whole.parent().filter(|outer| outer.kind() == "as_pattern").unwrap_or(whole);
    if outer.parent().is_some_and(|item| item.kind() == "with_item") {
        return Err(
            "the body of the `with` uses it on the event loop: move the statement whole to a function".to_owned()
        );
    }
    let is_iterable = |around: &Node| matches!(around.kind(), "for_statement" | "for_in_clause");
    let iterates = whole
        .parent()
        .filter(is_iterable)
        .is_some_and(|around| around.child_by_field_name("right") == Some(whole) || around.kind() == "for_in_clause");
    if iterates && whole == call && module.of(call).contains("open(") {
        return Err("the loop reads it line by line on the event loop: move the loop whole to a function".to_owned());
    }
    Ok(())
}

/// `f(a)` becomes `await asyncio.to_thread(f, a)`.
fn directly(sight: &Sight, call: Node, draft: &mut Draft) -> Result<(), String> {
    let module = sight.module;
    let (Some(function), Some(arguments)) =
        (call.child_by_field_name("function"), call.child_by_field_name("arguments"))
    else {
        return Err("it is not a call".to_owned());
    };
    let all: Vec<Node> = named_children(arguments).filter(|node| node.kind() != "comment").collect();
    let is_named = |node: &Node| matches!(node.kind(), "keyword_argument" | "dictionary_splat");
    let runner = Runner::of(sight, call, all.iter().any(is_named), draft)?;
    suspend(sight, call, draft)?;
    let (open, close) = if needs_parentheses(call) { ("(", ")") } else { ("", "") };
    let inside = arguments.start_byte() + 1;
    let gap = all.first().map_or("", |first| &module.text[inside..first.start_byte()]);
    let is_broken = gap.starts_with(['\n', '\r']);
    // Arguments on lines of their own keep them, and the function gets one too.
    let lead = if is_broken && gap.trim().is_empty() { gap } else { "" };
    let comma = match (all.is_empty(), is_broken || gap.starts_with(' ')) {
        (true, _) => "",
        (false, true) => ",",
        (false, false) => ", ",
    };
    draft.edits.push(Edit::insert(call.start_byte(), format!("{open}await {}{lead}", runner.before)));
    draft.edits.push(Edit::replace(Span::new(function.end_byte(), inside), comma));
    if !runner.after.is_empty() || !close.is_empty() {
        draft.edits.push(Edit::insert(call.end_byte(), format!("{}{close}", runner.after)));
    }
    draft.claims.push(syntax::span(call));
    Ok(())
}

/// A chain becomes `await asyncio.to_thread(lambda: …)`.
fn in_lambda(sight: &Sight, whole: Node, draft: &mut Draft) -> Result<(), String> {
    refuse_to_move(sight.module, whole)?;
    let runner = Runner::of(sight, whole, false, draft)?;
    suspend(sight, whole, draft)?;
    let (open, close) = if needs_parentheses(whole) { ("(", ")") } else { ("", "") };
    draft.edits.push(Edit::insert(whole.start_byte(), format!("{open}await {}lambda: ", runner.before)));
    draft.edits.push(Edit::insert(whole.end_byte(), format!("){close}")));
    draft.claims.push(syntax::span(whole));
    Ok(())
}

/// What stands around the function and its arguments; the last parenthesis of the arguments closes what `before` opens last.
struct Runner {
    before: String,
    after: &'static str,
}

impl Runner {
    fn of(sight: &Sight, node: Node, has_names: bool, draft: &mut Draft) -> Result<Runner, String> {
        let module = sight.module;
        if sight.minor >= 9 {
            let before = draft.symbol("asyncio.to_thread", module, node)? + "(";
            return Ok(Runner { before, after: "" });
        }
        let executor = draft.symbol("asyncio.get_running_loop", module, node)? + "().run_in_executor(None, ";
        if !has_names {
            return Ok(Runner { before: executor, after: "" });
        }
        let partial = draft.symbol("functools.partial", module, node)?;
        Ok(Runner { before: format!("{executor}{partial}("), after: ")" })
    }
}

/// Why an expression may not be evaluated in a thread.
fn refuse_to_move(module: &Module, whole: Node) -> Result<(), String> {
    let spine: Vec<Node> = std::iter::successors(Some(whole), |call| {
        let object = call.child_by_field_name("function")?.child_by_field_name("object")?;
        Some(object).filter(|object| object.kind() == "call")
    })
    .collect();
    for node in descendants(whole) {
        match node.kind() {
            "await" | "yield" | "named_expression" => {
                return Err(format!("`{}` cannot move to a thread along with it", module.of(node)));
            }
            "identifier" if FRAME_BOUND.contains(&module.of(node)) => {
                return Err(format!("`{}` means something else in a lambda", module.of(node)));
            }
            "call" if !spine.contains(&node) && !blocks(module, node) && !is_harmless(module, node) => {
                return Err(format!("`{}` would run in the thread as well", module.of(node)));
            }
            _ => {}
        }
    }
    // The first link makes what the others are called on.
    let root = spine.last().copied().unwrap_or(whole);
    match blocks(module, root) || is_harmless(module, root) || spine.len() == 1 {
        true => Ok(()),
        false => Err(format!("`{}` would run in the thread as well", module.of(root))),
    }
}

/// Whether a call does nothing but make a value of its arguments.
fn is_harmless(module: &Module, call: Node) -> bool {
    let Some(function) = call.child_by_field_name("function") else { return false };
    match module.symbols(function).as_slice() {
        [Symbol::Builtin(name)] => HARMLESS.contains(&name.as_str()),
        [Symbol::Path(path)] => path == "pathlib.Path",
        _ => false,
    }
}

/// A node and all named nodes in it.
fn descendants(node: Node) -> Vec<Node> {
    let mut all = vec![node];
    let mut at = 0;
    while at < all.len() {
        let children: Vec<Node> = named_children(all[at]).collect();
        all.extend(children);
        at += 1;
    }
    all
}
