//! What stands in a function that turns: how it reaches coroutines by itself, and what a coroutine cannot do.

use super::{Act, Frontier, Spreading};
use crate::project::descent::{Goal, Reached};
use crate::project::linked::Definition;
use crate::project::{Answer, Module};
use crate::syntax::{self, named_children};
use tree_sitter::Node;

/// Functions that run a coroutine to its end, from where no loop runs.
const RUNNERS: [&str; 2] = ["asyncio.run", "asyncio.runners.run"];

/// What runs a loop and cannot be awaited instead.
const OTHER_RUNNERS: [&str; 5] =
    ["anyio.run", "trio.run", "uvloop.run", "asyncio.Runner", "asyncio.run_coroutine_threadsafe"];

impl Spreading<'_> {
    /// Whether a coroutine can do what the body of a function does.
    pub(super) fn may_be_rewritten(&self, function: Definition) -> Result<(), Frontier> {
        let Some(module) = self.module(function.module) else { return Ok(()) };
        let Some(node) = module.definition(function.block) else {
            return Err(self.frontier_at(function, "its definition does not parse".to_owned()));
        };
        let name = self.name(function);
        let refused = |at: Node, reason: String| {
            let path = self.inference.entry(function.module).path.clone();
            Err(Frontier { path, row: module.row(at.start_byte()).number(), reason })
        };
        if module.error_near(node.start_byte()).is_some() {
            return refused(node, format!("`{name}` stands in code that does not parse"));
        }
        for inner in own_nodes(node) {
            match inner.kind() {
                "yield" if syntax::children(inner).any(|child| child.kind() == "from") => {
                    return refused(inner, format!("`{name}` delegates with `yield from`, which a coroutine cannot"));
                }
                "return_statement" if self.block(function).is_generator && named_children(inner).next().is_some() => {
                    return refused(inner, format!("`{name}` is a generator and returns a value"));
                }
                "call" => {
                    if let Some(reason) = unbridgeable(&module, inner) {
                        return refused(inner, format!("`{name}` calls {reason}"));
                    }
                    if let Some(runner) = self.runs_loop(&module, inner) {
                        let shown = self.name(runner);
                        return refused(
                            inner,
                            format!("`{name}` calls `{shown}`, which may run an event loop of its own"),
                        );
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What a call runs that may run an event loop, and cannot be told to turn.
    fn runs_loop(&self, module: &Module, call: Node) -> Option<Definition> {
        let callee = call.child_by_field_name("function")?;
        let runner = self.inference.may_run_loop(&module.infer(callee))?;
        self.project.ways(Goal::Loop).of(runner).is_none().then_some(runner)
    }

    /// Turns what a function calls and what runs an event loop, which it could not do in a coroutine.
    pub(super) fn turn_callees(&mut self, function: Definition) {
        let Some(module) = self.module(function.module) else { return };
        let Some(node) = module.definition(function.block) else { return };
        let calls = own_nodes(node).into_iter().filter(|node| node.kind() == "call");
        for callee in calls.filter_map(|call| call.child_by_field_name("function")) {
            let name = callee.child_by_field_name("attribute").unwrap_or(callee);
            if !self.project.may_descend(module.of(name), Goal::Loop) {
                continue;
            }
            if let Reached::By(descent) = module.descends(callee, Goal::Loop) {
                self.needs.push((function, descent.holder));
                self.enqueue(descent.holder, None);
            }
        }
    }

    /// Notes that what a function runs to its end is awaited instead.
    pub(super) fn replace_bridges(&mut self, function: Definition) {
        let Some(module) = self.module(function.module) else { return };
        let Some(node) = module.definition(function.block) else { return };
        for call in own_nodes(node) {
            if let Some(operand) = bridged(&module, call) {
                let act = Act::Bridge(syntax::span(operand));
                self.act(&module, function.module, call, act, function);
            }
        }
    }
}

/// The argument of a call that runs it to its end: `asyncio.run(x)`, `loop.run_until_complete(x)`.
pub(super) fn bridged<'a>(module: &Module, call: Node<'a>) -> Option<Node<'a>> {
    if !is_runner(module, call) {
        return None;
    }
    let arguments: Vec<Node> = named_children(call.child_by_field_name("arguments")?).collect();
    let [only] = arguments.as_slice() else { return None };
    (!matches!(only.kind(), "keyword_argument" | "list_splat" | "dictionary_splat")).then_some(*only)
}

fn is_runner(module: &Module, call: Node) -> bool {
    let Some(function) = call.child_by_field_name("function").filter(|_| call.kind() == "call") else { return false };
    let attribute = function.child_by_field_name("attribute").map(|name| module.of(name));
    attribute == Some("run_until_complete")
        || (module.of(function).ends_with("run") || function.kind() == "identifier")
            && module.resolves_to(function, &RUNNERS) == Answer::Yes
}

/// What a call does with a loop that no `await` can do instead.
fn unbridgeable(module: &Module, call: Node) -> Option<String> {
    let function = call.child_by_field_name("function")?;
    let shown = module.of(function).split_whitespace().collect::<String>();
    let attribute = function.child_by_field_name("attribute").map(|name| module.of(name));
    if attribute == Some("run_forever") {
        return Some(format!("`{shown}`, which never ends"));
    }
    if is_runner(module, call) && bridged(module, call).is_none() {
        return Some(format!("`{shown}` with arguments that `await` does not take"));
    }
    let last = shown.rsplit('.').next().unwrap_or_default();
    let is_other = OTHER_RUNNERS.iter().any(|path| path.rsplit('.').next() == Some(last));
    (is_other && module.resolves_to(function, &OTHER_RUNNERS) == Answer::Yes)
        .then(|| format!("`{shown}`, which works from outside of the loop"))
}

/// All nodes that the frame of a function evaluates, in order: neither nested functions and lambdas nor what is around.
pub(super) fn own_nodes(function: Node) -> Vec<Node> {
    let mut found = Vec::new();
    let mut stack: Vec<Node> = function.child_by_field_name("body").into_iter().collect();
    while let Some(node) = stack.pop() {
        found.push(node);
        let body = matches!(node.kind(), "function_definition" | "lambda").then(|| node.child_by_field_name("body"));
        let children: Vec<Node> = named_children(node).filter(|child| body.flatten() != Some(*child)).collect();
        stack.extend(children.into_iter().rev());
    }
    found
}
