//! Who swallows a cancellation, and who only collects what it has cancelled itself.
//!
//! A task is cancelled by raising `asyncio.CancelledError` in it, which is a `BaseException` (CPython's
//! `Lib/asyncio/exceptions.py`). A handler that takes it and raises nothing makes the task go on: `cancel()` has no effect,
//! `asyncio.timeout()` does not time out. Whoever cancels a task and then waits for it takes the `CancelledError` of that
//! task, and rightly so. In: handlers and awaits. Out: answers.

use crate::project::linked::Definition;
use crate::project::{Answer, Module};
use crate::syntax::{self, ancestors, is_async, named_children, own_descendants};
use crate::text::{self, is_word, words};
use tree_sitter::Node;

/// What waits for tasks that it is given, and raises what they raise.
const WAITERS: [&str; 6] = ["gather", "wait", "wait_for", "shield", "as_completed", "wrap_future"];

/// Methods of loggers and functions that only tell of an exception.
const TELLING: [&str; 16] = [
    "debug",
    "info",
    "warning",
    "warn",
    "error",
    "exception",
    "critical",
    "log",
    "print",
    "str",
    "repr",
    "format",
    "isinstance",
    "type",
    "format_exception",
    "print_exception",
];

/// Parts of the name of what runs a coroutine by itself.
const STARTING: [&str; 8] = ["task", "future", "spawn", "start", "run", "submit", "schedule", "background"];

/// How many mentions of a local are looked at behind where it is bound.
const MENTIONS: usize = 4;

/// What lets go of something, by its last name.
const CLOSING: [&str; 8] =
    ["__aexit__", "aclose", "close", "disconnect", "shutdown", "stop", "unsubscribe", "wait_closed"];

/// What only cancels what runs in it.
const DEADLINES: [&str; 4] = ["timeout", "timeout_at", "fail_after", "move_on_after"];

/// Libraries whose cancellation is another exception, or another thing.
const OTHER_LOOPS: [&str; 3] = ["trio", "curio", "anyio"];

/// How a handler takes the cancellation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taking {
    /// It takes `CancelledError` and nothing else.
    Alone,
    /// It takes other exceptions as well.
    AmongOthers,
}

impl<'t> Module<'t> {
    /// Whether a handler takes the cancellation of its own coroutine and goes on.
    pub fn swallows_cancellation(&self, clause: Node) -> Answer {
        let no = |reason: String| Answer::No(reason);
        let Some(attempt) = clause.parent().filter(|outer| outer.kind() == "try_statement") else {
            return no("it belongs to no `try`".to_owned());
        };
        if self.takes_cancellation(clause).is_none() {
            return no("a cancellation passes it".to_owned());
        }
        let earlier = named_children(attempt).take_while(|part| *part != clause);
        let taken =
            earlier.filter(|part| part.kind() == "except_clause").find(|part| self.takes_cancellation(*part).is_some());
        if let Some(taken) = taken {
            return no(format!("the handler on line {} takes it before", self.row(taken.start_byte())));
        }
        let (Some(body), Some(function)) = (attempt.child_by_field_name("body"), self.function_of(clause)) else {
            return no("it is in no function".to_owned());
        };
        let awaits = awaits_in(body);
        if awaits.is_empty() {
            return no("nothing in the `try` can be cancelled".to_owned());
        }
        if let Some(way) = self.is_passed_on(clause) {
            return no(way);
        }
        if self.may_be_of_task(clause, &awaits) {
            return no("the cancellation may be that of the task which is awaited".to_owned());
        }
        if awaits.iter().all(|awaited| self.only_closes(*awaited)) {
            return no("it only lets something go, and what failed before is told".to_owned());
        }
        if self.is_shielded(clause, function) {
            return no("a `with` around it keeps cancellations off".to_owned());
        }
        if self.cancels_before(function, clause.start_byte()) {
            return no("the function cancels what it waits for".to_owned());
        }
        if self.raises_behind(clause, function) {
            return no("an exception is raised behind it anyway".to_owned());
        }
        if self.runs_on_another_loop() {
            return no("the file is written for another event loop".to_owned());
        }
        if self.in_program_entry(clause) == Answer::Yes {
            return no("the program or the test ends with it".to_owned());
        }
        match self.is_meant_to_end(clause, function) {
            Some(reason) => no(reason.to_owned()),
            None => Answer::Yes,
        }
    }

    /// Why a handler may mean to end its coroutine where it is cancelled.
    fn is_meant_to_end(&self, clause: Node, function: Node) -> Option<&'static str> {
        let is_last = || self.ends_behind(clause, function);
        let is_alone = self.takes_cancellation(clause) == Some(Taking::Alone);
        if is_alone && is_explained(clause) && loop_around(clause).is_none() {
            return Some("a comment tells what becomes of the cancellation");
        }
        if self.ends_loop(clause) {
            return Some("the loop ends with it");
        }
        if self.ends_by_name(clause) && !self.is_awaited_in_sight(function) {
            return Some("the coroutine ends there, and nobody in sight awaits it");
        }
        let is_task = || self.is_started_as_task(function) && !self.is_awaited_in_sight(function);
        (is_last() && is_task()).then_some("the task ends right behind it")
    }

    /// Whether a handler binds a name that the condition of the loop around it reads.
    fn ends_loop(&self, clause: Node) -> bool {
        let Some(block) = named_children(clause).find(|part| part.kind() == "block") else { return false };
        let Some(condition) = loop_around(clause).and_then(|around| around.child_by_field_name("condition")) else {
            return false;
        };
        self.bound_in(block).iter().any(|name| words(self.of(condition), name).next().is_some())
    }

    /// Whether the cancellation may be that of a task which is awaited: nothing else is, or the handler names it where one is.
    fn may_be_of_task(&self, clause: Node, awaits: &[Node]) -> bool {
        let mut tasks = awaits.iter().filter(|awaited| self.waits_for_tasks(**awaited));
        if self.names_cancellation(clause) {
            return tasks.any(|awaited| awaited.kind() == "await") || awaits.iter().all(|it| self.waits_for_tasks(*it));
        }
        tasks.count() == awaits.len()
    }

    /// Whether a `with` of anyio's around a node keeps cancellations off.
    fn is_shielded(&self, node: Node, function: Node) -> bool {
        let around = ancestors(node).take_while(|outer| *outer != function);
        around.filter(|outer| outer.kind() == "with_statement").any(|with| {
            let entered = named_children(with).find(|part| part.kind() == "with_clause");
            entered.is_some_and(|entered| self.of(entered).contains("shield=True"))
        })
    }

    /// How a handler takes `CancelledError`; none where it does not.
    pub fn takes_cancellation(&self, clause: Node) -> Option<Taking> {
        if clause.child(0).is_some_and(|keyword| keyword.kind() != "except") {
            return None;
        }
        let Some(caught) = clause.child_by_field_name("value") else { return Some(Taking::AmongOthers) };
        let caught = if caught.kind() == "as_pattern" { caught.named_child(0)? } else { caught };
        let is_cancellation = |node: Node| {
            self.resolves_to(node, &["asyncio.CancelledError", "asyncio.exceptions.CancelledError"]) == Answer::Yes
        };
        match caught.kind() {
            "tuple" => {
                let takes = |node: Node| is_cancellation(node) || self.is_base_exception(node);
                named_children(caught).any(takes).then_some(Taking::AmongOthers)
            }
            _ if is_cancellation(caught) => Some(Taking::Alone),
            _ if self.is_base_exception(caught) => Some(Taking::AmongOthers),
            _ => None,
        }
    }

    fn is_base_exception(&self, node: Node) -> bool {
        self.resolves_to(node, &["BaseException", "builtins.BaseException"]) == Answer::Yes
    }

    /// How a handler passes the exception on: it raises somewhere, leaves the program, or hands the exception to somebody.
    fn is_passed_on(&self, clause: Node) -> Option<String> {
        let block = named_children(clause).find(|part| part.kind() == "block")?;
        let name = clause
            .child_by_field_name("value")
            .and_then(|value| value.child_by_field_name("alias"))
            .and_then(|alias| alias.named_child(0))
            .map(|name| self.of(name));
        let told = own_descendants(block).find_map(|node| match node.kind() {
            "raise_statement" if !is_of_inner_handler(node, block) => Some("it raises"),
            "return_statement" | "break_statement" if is_conditional(node, block) => {
                Some("it tells cancellations apart")
            }
            "call" if matches!(self.called_name(node), "exit" | "_exit" | "fail" | "skip") => {
                Some("it leaves the program")
            }
            "call" if matches!(self.called_name(node), "uncancel" | "cancelling") => {
                Some("it takes the cancellation back")
            }
            "identifier" if Some(self.of(node)) == name && self.hands_on(node, block) => {
                Some("it hands the exception on")
            }
            _ => None,
        });
        told.map(str::to_owned)
    }

    /// Whether a mention of an exception does more than tell of it.
    fn hands_on(&self, mention: Node, block: Node) -> bool {
        let mut inner = mention;
        for outer in ancestors(mention).take_while(|outer| *outer != block) {
            match outer.kind() {
                "call" if outer.child_by_field_name("function") != Some(inner) => {
                    return !TELLING.contains(&self.called_name(outer));
                }
                "assignment" | "return_statement" | "yield" => return true,
                "attribute" | "binary_operator" | "interpolation" | "comparison_operator" => return false,
                _ => {}
            }
            inner = outer;
        }
        false
    }

    /// Whether an `await` waits for a call that lets something go.
    fn only_closes(&self, awaited: Node) -> bool {
        let Some(value) = awaited.named_child(0).filter(|_| awaited.kind() == "await") else { return false };
        let lets_go = |call: Node| {
            let call = self.guarded_call(call);
            let name = self.called_name(call).trim_start_matches('_');
            call.kind() == "call" && CLOSING.contains(&name.strip_prefix("async_").unwrap_or(name))
        };
        match value.kind() {
            "identifier" => self.values_of(value).is_some_and(|values| values.into_iter().all(lets_go)),
            _ => lets_go(value),
        }
    }

    /// The call that `shield` or `wait_for` is given; else the call itself.
    fn guarded_call<'a>(&self, call: Node<'a>) -> Node<'a> {
        let is_guard = call.kind() == "call" && matches!(self.called_name(call), "shield" | "wait_for");
        let first = call.child_by_field_name("arguments").and_then(|list| named_children(list).next());
        first.filter(|_| is_guard).unwrap_or(call)
    }

    /// Whether what is awaited is a task or future that somebody else may have cancelled: a name, or what waits for such.
    fn waits_for_tasks(&self, awaited: Node) -> bool {
        if awaited.kind() == "with_statement" {
            let entered =
                named_children(awaited).find(|part| part.kind() == "with_clause").map_or("", |clause| self.of(clause));
            return DEADLINES.iter().any(|name| words(entered, name).next().is_some());
        }
        if awaited.kind() != "await" {
            return false;
        }
        let Some(mut value) = awaited.named_child(0) else { return false };
        while value.kind() == "parenthesized_expression" {
            let Some(inner) = value.named_child(0) else { return false };
            value = inner;
        }
        match value.kind() {
            "identifier" | "attribute" | "subscript" => true,
            // `typing.cast`.
            "call" if self.called_name(value) == "cast" => {
                let last = value.child_by_field_name("arguments").and_then(|list| named_children(list).last());
                last.is_some_and(|last| matches!(last.kind(), "identifier" | "attribute"))
            }
            "call" if WAITERS.contains(&self.called_name(value)) => {
                let first = value.child_by_field_name("arguments").and_then(|list| named_children(list).next());
                first.is_some_and(|first| {
                    let first =
                        if first.kind() == "list_splat" { first.named_child(0).unwrap_or(first) } else { first };
                    matches!(first.kind(), "identifier" | "attribute" | "subscript" | "list" | "set" | "tuple")
                        || first.kind() == "call" && WAITERS.contains(&self.called_name(first))
                        || first.kind() == "call" && self.called_name(first) == "values"
                })
            }
            _ => false,
        }
    }

    /// Whether a node is evaluated by a function that cancels something, before or in it.
    pub fn cancels(&self, node: Node) -> Answer {
        let is_done = self.function_of(node).is_some_and(|function| self.cancels_before(function, node.end_byte()));
        if is_done { Answer::Yes } else { Answer::No("its function cancels nothing before".to_owned()) }
    }

    /// Whether a function calls something that cancels, by its name, before an offset.
    fn cancels_before(&self, function: Node, end: usize) -> bool {
        let before = &self.text[function.start_byte()..end];
        let calls = |at: usize| {
            let rest = &before[at..];
            let name = rest.bytes().take_while(|byte| is_word(*byte)).count();
            rest[name..].starts_with('(') && !rest.starts_with("cancelled") && !rest.starts_with("cancelling")
        };
        memchr::memmem::find_iter(before.as_bytes(), "cancel").any(calls)
    }

    /// Whether the function ends behind a handler: no loop goes on, and nothing is awaited any more.
    fn ends_behind(&self, clause: Node, function: Node) -> bool {
        let Some(block) = named_children(clause).find(|part| part.kind() == "block") else { return false };
        match named_children(block).last().map_or("", |last| last.kind()) {
            "return_statement" => true,
            leaves => self.is_last(clause, leaves, function),
        }
    }

    /// Whether nothing is awaited any more behind a node of a function, which leaves it in this way.
    fn is_last<'a>(&self, node: Node<'a>, mut leaves: &'a str, function: Node<'a>) -> bool {
        let mut inner = node;
        for outer in ancestors(node).take_while(|outer| *outer != function) {
            match outer.kind() {
                "while_statement" | "for_statement" if leaves != "break_statement" => return false,
                "while_statement" | "for_statement" => leaves = "",
                "block" if leaves != "break_statement" => {
                    let mut rest = named_children(outer).skip_while(|node| *node != inner).skip(1);
                    if let Some(next) =
                        rest.find(|next| next.kind() == "return_statement" || !awaits_in(*next).is_empty())
                    {
                        return awaits_in(next).is_empty();
                    }
                }
                _ => {}
            }
            inner = outer;
        }
        true
    }

    /// Whether a handler is followed by a `raise`, whatever happens in it: the function fails already.
    fn raises_behind(&self, clause: Node, function: Node) -> bool {
        let mut inner = clause;
        for outer in ancestors(clause).take_while(|outer| *outer != function) {
            if outer.kind() == "block" {
                let mut rest = named_children(outer).skip_while(|node| *node != inner).skip(1);
                if rest.any(|next| next.kind() == "raise_statement") {
                    return true;
                }
            }
            inner = outer;
        }
        false
    }

    /// Whether a handler takes the cancellation by its name, and the coroutine does nothing more behind it than end.
    pub fn ends_by_name(&self, clause: Node) -> bool {
        let block = named_children(clause).find(|part| part.kind() == "block");
        let last = block.and_then(|block| named_children(block).last());
        let goes_on = last.is_some_and(|last| last.kind() == "return_statement" && !awaits_in(last).is_empty());
        self.names_cancellation(clause)
            && !goes_on
            && self.function_of(clause).is_some_and(|function| self.ends_behind(clause, function))
    }

    fn names_cancellation(&self, clause: Node) -> bool {
        let caught = clause.child_by_field_name("value").map_or("", |value| self.of(value));
        words(caught, "CancelledError").next().is_some()
    }

    /// Whether the function does not come back to what a handler of `CancelledError` guards, or comes back to insist: the
    /// handler only continues a loop of nothing else.
    pub fn goes_on_by_name(&self, clause: Node, block: Node) -> bool {
        let Some(around) = loop_around(clause) else { return true };
        let statements = |node: Node| named_children(node).filter(|child| child.kind() != "comment").count();
        let is_bare = around.child_by_field_name("body").is_some_and(|body| statements(body) == 1);
        let continues = named_children(block).next().is_some_and(|first| first.kind() == "continue_statement");
        around.kind() == "while_statement" && is_bare && continues
    }

    /// A name that the body of a handler binds and that the function mentions behind it.
    pub fn given_by_handler(&self, clause: Node, block: Node) -> Option<&str> {
        let function = self.function_of(clause)?;
        let behind = &self.text[clause.end_byte()..function.end_byte()];
        self.bound_in(block).into_iter().find(|name| words(behind, name).next().is_some())
    }

    /// The names that the statements of a block bind.
    fn bound_in(&self, block: Node) -> Vec<&str> {
        let assignments = named_children(block).filter_map(|statement| statement.named_child(0));
        let targets = assignments
            .filter(|inner| inner.kind() == "assignment")
            .filter_map(|inner| inner.child_by_field_name("left"));
        targets.filter(|target| target.kind() == "identifier").map(|target| self.of(target)).collect()
    }

    fn runs_on_another_loop(&self) -> bool {
        let tops =
            self.outline.imports.iter().map(|import| self.slice(import.module).split('.').next().unwrap_or("").trim());
        let tops: Vec<&str> = tops.collect();
        !tops.contains(&"asyncio") && tops.iter().any(|top| OTHER_LOOPS.contains(top))
    }

    /// Whether the file hands a call of a function, or the function, to something that runs it by itself.
    fn is_started_as_task(&self, function: Node) -> bool {
        let name = function.child_by_field_name("name").map_or("", |name| self.of(name));
        let is_link = |letter: char| !letter.is_ascii() || is_word(letter as u8) || letter == '.';
        words(self.text, name).any(|at| {
            let start = self.text[..at].trim_end_matches(is_link).len();
            let before = self.text[..start].trim_end();
            // A local that it is given, and that is handed on soon.
            let local = before.strip_suffix('=').map(|target| {
                let target = target.trim_end();
                &target[target.trim_end_matches(is_link).len()..]
            });
            match local.filter(|local| !local.is_empty()) {
                Some(local) => {
                    let behind = text::next_line(self.text, text::line_end(self.text, at));
                    words(&self.text[behind..], local).take(MENTIONS).any(|offset| self.is_started_at(behind + offset))
                }
                None => self.is_started_at(start),
            }
        })
    }

    /// Whether what begins at an offset is an argument of what runs a coroutine by itself, by its name.
    fn is_started_at(&self, at: usize) -> bool {
        let before = self.text[..at].trim_end();
        let Some(outer) = before.strip_suffix('(').or_else(|| before.strip_suffix(',')) else { return false };
        let start = outer.rfind('\n').map_or(0, |line| outer[..line].rfind('\n').unwrap_or(0));
        let head = outer[start..].to_ascii_lowercase();
        STARTING.iter().any(|part| head.contains(part))
    }

    /// Whether somebody in sight may await a call of a function, so that its cancellation is one of theirs as well.
    fn is_awaited_in_sight(&self, function: Node) -> bool {
        let name = function.child_by_field_name("name").map_or("", |name| self.of(name));
        let (Some((inference, own)), Some(block)) = (self.inference(), self.block_of(function)) else { return true };
        let wanted = Definition { module: own, block };
        let is_local = self.function_of(function).is_some();
        inference.uses(name).any(|(module, at)| {
            let entry = inference.entry(module);
            // A test awaits what runs as a task otherwise.
            let used = &entry.summary.uses[at as usize];
            let caller = Definition { module, block: used.block };
            let chain = entry.summary.slice(used.chain);
            used.is_awaited
                && !entry.is_test()
                && (module == own || !is_local)
                && inference.may_call(module, at, wanted)
                && self.in_its_file(caller, |module, caller| module.goes_on_behind(caller, chain)) != Some(false)
        })
    }

    /// Whether a function does more behind where it awaits a call of a chain.
    fn goes_on_behind(&self, function: Node, chain: &str) -> bool {
        let is_call = |awaited: &Node| {
            let call = awaited.named_child(0).and_then(|call| call.child_by_field_name("function"));
            call.is_some_and(|callee| self.of(callee) == chain)
        };
        let body = function.child_by_field_name("body");
        body.into_iter().flat_map(awaits_in).filter(is_call).any(|awaited| {
            let is_returned = awaited.parent().is_some_and(|outer| outer.kind() == "return_statement");
            !is_returned && !self.is_last(awaited, "", function)
        })
    }
}

/// The awaits in a node that its own function runs, `async for` and `async with` among them.
pub(super) fn awaits_in(node: Node) -> Vec<Node> {
    let suspends = |inner: &Node| match inner.kind() {
        "for_statement" | "with_statement" | "for_in_clause" => is_async(*inner),
        kind => kind == "await",
    };
    own_descendants(node).filter(suspends).collect()
}

/// Whether a comment stands in a handler.
pub fn is_explained(clause: Node) -> bool {
    syntax::descendants(clause).into_iter().any(|node| node.kind() == "comment")
}

/// Whether a handler in a block, of what fails in the block, has a node.
fn is_of_inner_handler(node: Node, block: Node) -> bool {
    ancestors(node).take_while(|outer| *outer != block).any(|outer| outer.kind() == "except_clause")
}

/// The nearest loop around a node in its function.
fn loop_around(node: Node) -> Option<Node> {
    let mut around = ancestors(node).take_while(|outer| outer.kind() != "function_definition");
    around.find(|outer| matches!(outer.kind(), "while_statement" | "for_statement"))
}

/// Whether a statement runs only under an `if` of the block.
fn is_conditional(statement: Node, block: Node) -> bool {
    ancestors(statement).take_while(|outer| *outer != block).any(|outer| outer.kind() == "if_statement")
}
