//! The operation that runs a blocking call in a thread, or awaits what somebody named in its place ([`super::replacing`]).
//!
//! `f(a, b)` becomes `await asyncio.to_thread(f, a, b)`: what is called and its arguments are still evaluated on the loop, in
//! their order, and only the call itself moves. A chain whose links block (`open(p).read()`) moves whole, in a lambda; what else is
//! evaluated in it moves along, so that nothing may be in it but names, literals and calls that are known.

use crate::codemod::asynchronous::suspend;
use crate::codemod::extracting::extract;
use crate::codemod::matching::Sight;
use crate::codemod::movable::is_of_one_thread;
use crate::codemod::operations::{Step, needs_parentheses};
use crate::codemod::planning::Draft;
use crate::codemod::replacing::await_instead;
use crate::plan::Edit;
use crate::project::blocking::Offload;
use crate::project::blocks::chained;
use crate::project::descent::{Goal, Reached};
use crate::project::names::Symbol;
use crate::project::{Answer, Module, Row};
use crate::summary::builtins::is_calculating;
use crate::syntax::{self, ancestors, descendants, named_children};
use crate::text::Span;
use tree_sitter::Node;

/// Builtins whose result depends on the frame that calls them.
pub(super) const FRAME_BOUND: [&str; 6] = ["super", "locals", "vars", "dir", "eval", "exec"];

pub fn offload(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let call = step.node(sight, "offload")?;
    let module = sight.module;
    if let Some(reason) = module.purposeful_blocking(call).map(str::to_owned).or_else(|| module.indivisible(call)) {
        return Err(reason);
    }
    let function = call.child_by_field_name("function").ok_or("it is not a call")?;
    let name = module.of(function);
    let found = match module.blocking_call(function) {
        Ok(found) => found,
        Err(answer) => return offload_descent(sight, call, function, answer, draft),
    };
    if let Some(replacement) = &found.group.replacement {
        return await_instead(sight, call, function, replacement, draft);
    }
    if let Some(reason) = module.own_affinity(function).filter(|_| found.group.is_own) {
        return Err(reason);
    }
    let whole = std::iter::successors(Some(call), |link| chained(*link)).last().unwrap_or(call);
    if let Some(statement) = statement_that_uses(module, call, whole) {
        return extract(sight, statement, draft);
    }
    match found.group.offload {
        Offload::Thread => {}
        Offload::Process => {
            let holds = if found.group.is_own { "may hold" } else { "holds" };
            return Err(format!(
                "`{name}` {holds} the interpreter lock, so that a thread would not help: a `ProcessPoolExecutor` would"
            ));
        }
        Offload::Collected => {
            return collect(sight, call, draft).map_err(|reason| match reason {
                Some(reason) => reason,
                None => found.group.reason.clone().unwrap_or_default(),
            });
        }
        Offload::Refused => return Err(found.group.reason.clone().unwrap_or_default()),
    }
    let arguments = call.child_by_field_name("arguments").ok_or("it is not a call")?;
    let is_lone_generator = arguments.kind() == "generator_expression";
    let holds_other = |node: Node| descendants(node).any(|node| blocks(module, node));
    if whole == call && !is_lone_generator && !holds_other(function) && !holds_other(arguments) {
        return directly(sight, call, draft);
    }
    match in_lambda(sight, whole, ("", ""), draft) {
        // The call alone moves; what is called on its result, and what its arguments do, stays.
        Err(_) if !is_lone_generator && !holds_other(function) => directly(sight, call, draft),
        result => result,
    }
}

/// The same of a plain function that gets to what blocks: only its call moves, and what is done with the result stays.
fn offload_descent(sight: &Sight, call: Node, function: Node, answer: Answer, draft: &mut Draft) -> Result<(), String> {
    let module = sight.module;
    let is_bridge = module.gets_to(function, Goal::Loop) == Answer::Yes;
    match (module.descends(function, Goal::Block), answer) {
        (Reached::By(_), _) => {}
        _ if is_bridge => {}
        (_, Answer::No(reason) | Answer::Unknown(reason)) => return Err(reason),
        (_, Answer::Yes) => return Err("it does not block".to_owned()),
    }
    // What runs a loop of its own may do so in any thread.
    if let Some(reason) = module.affinity(function).filter(|_| !is_bridge) {
        return Err(reason);
    }
    if statement_that_uses(module, call, call).is_some() {
        return Err(
            "what is around it goes on to block with its result: move the statement whole to a function".to_owned()
        );
    }
    let arguments = call.child_by_field_name("arguments").ok_or("it is not a call")?;
    if arguments.kind() == "generator_expression" || descendants(arguments).any(|node| blocks(module, node)) {
        return Err("its arguments block as well".to_owned());
    }
    directly(sight, call, draft)
}

/// Whether a node is a blocking call.
pub(super) fn blocks(module: &Module, node: Node) -> bool {
    let function = node.child_by_field_name("function").filter(|_| node.kind() == "call");
    function.is_some_and(|function| module.blocking_call(function).is_ok())
}

/// The statement that goes on to block with the result of a call, which cannot come from a thread, then: a `with` that enters
/// it, a `for` that reads it line by line.
fn statement_that_uses<'a>(module: &Module, call: Node<'a>, whole: Node<'a>) -> Option<Node<'a>> {
    let outer = whole.parent().filter(|outer| outer.kind() == "as_pattern").unwrap_or(whole);
    let around = outer.parent()?;
    match around.kind() {
        "with_item" => ancestors(around).find(|statement| statement.kind() == "with_statement"),
        "for_statement" | "for_in_clause" if whole == call && module.of(call).contains("open(") => {
            let is_iterable = around.child_by_field_name("right") == Some(whole) || around.kind() == "for_in_clause";
            let is_statement = |node: &Node| node.kind() == "for_statement" || node.kind().ends_with("_statement");
            std::iter::once(around).chain(ancestors(around)).find(is_statement).filter(|_| is_iterable)
        }
        _ => None,
    }
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

/// What gives an iterator is read to its end in the thread: by what consumes it there already, or by `list`. An error
/// without a reason: it is kept as it is.
fn collect(sight: &Sight, call: Node, draft: &mut Draft) -> Result<(), Option<String>> {
    let module = sight.module;
    let around = call.parent().ok_or(None)?;
    if around.kind() == "argument_list" {
        let consumer =
            around.parent().filter(|outer| outer.kind() == "call" && is_harmless(module, *outer)).ok_or(None)?;
        return in_lambda(sight, consumer, ("", ""), draft).map_err(Some);
    }
    let is_iterated =
        matches!(around.kind(), "for_statement" | "for_in_clause") && around.child_by_field_name("right") == Some(call);
    if !is_iterated {
        return Err(None);
    }
    if let Some(row) = prunes(module, around) {
        return Err(Some(format!("line {row} tells it where not to go")));
    }
    match module.lookup("list", call) {
        Some(_) => Err(Some("`list` means something else here".to_owned())),
        None => in_lambda(sight, call, ("list(", ")"), draft).map_err(Some),
    }
}

/// The row where a loop changes the list of folders that `os.walk` goes on with.
fn prunes(module: &Module, around: Node) -> Option<Row> {
    let target = around.child_by_field_name("left").filter(|_| around.kind() == "for_statement")?;
    let folders = named_children(target).nth(1).filter(|folders| folders.kind() == "identifier")?;
    let body = around.child_by_field_name("body")?;
    let is_changed = |node: &Node| {
        let is_same = node.kind() == "identifier" && module.of(*node) == module.of(folders);
        is_same
            && node.parent().is_some_and(|outer| matches!(outer.kind(), "attribute" | "subscript" | "argument_list"))
    };
    descendants(body).find(|node| is_changed(node)).map(|node| module.row(node.start_byte()))
}

/// A chain becomes `await asyncio.to_thread(lambda: …)`, with something around it in the lambda.
fn in_lambda(sight: &Sight, whole: Node, within: (&str, &str), draft: &mut Draft) -> Result<(), String> {
    refuse_to_move(sight.module, whole)?;
    let runner = Runner::of(sight, whole, false, draft)?;
    suspend(sight, whole, draft)?;
    let (open, close) = if needs_parentheses(whole) { ("(", ")") } else { ("", "") };
    draft.edits.push(Edit::insert(whole.start_byte(), format!("{open}await {}lambda: {}", runner.before, within.0)));
    draft.edits.push(Edit::insert(whole.end_byte(), format!("{}){close}", within.1)));
    draft.claims.push(syntax::span(whole));
    Ok(())
}

/// What stands around the function and its arguments; the last parenthesis of the arguments closes what `before` opens last.
pub(super) struct Runner {
    pub before: String,
    pub after: &'static str,
}

impl Runner {
    pub fn of(sight: &Sight, node: Node, has_names: bool, draft: &mut Draft) -> Result<Runner, String> {
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
            "attribute" if is_of_one_thread(module, node) => {
                return Err(format!("`{}` is another thing in every thread", module.of(node)));
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
        [Symbol::Builtin(name)] => is_calculating(name),
        [Symbol::Path(path)] => path == "pathlib.Path",
        _ => false,
    }
}
