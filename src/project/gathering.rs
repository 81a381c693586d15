//! What a gather runs side by side, and what becomes of the rest when one of it fails.
//!
//! `asyncio.gather` raises the first failure at once: what else it runs goes on, nobody waits for it any more, and what that
//! raises is dropped (`_done_callback` in CPython's `Lib/asyncio/tasks.py` marks it as retrieved). In: a call of it. Out: its
//! calls, and answers on them. A call that certainly handles its own failures is not one that may fail.

use crate::project::presumption::is_asking;
use crate::project::scopes::{BindingKind, Scope};
use crate::project::{Answer, Module};
use crate::syntax::{self, ancestors, descendants, is_async, named_children};
use crate::text::{self, words};
use tree_sitter::Node;

/// One of the things that a gather is given.
#[derive(Clone, Copy, Debug)]
pub enum Given<'t> {
    /// An expression.
    One(Node<'t>),
    /// A call for each round of a comprehension.
    Each { call: Node<'t>, comprehension: Node<'t> },
}

impl<'t> Given<'t> {
    /// The expression that makes what is awaited.
    pub fn call(&self) -> Node<'t> {
        match self {
            Given::One(call) | Given::Each { call, .. } => *call,
        }
    }
}

/// Callables of asyncio that start or guard the coroutine that they are given first.
pub(super) const STARTERS: [&str; 5] = ["create_task", "ensure_future", "shield", "wait_for", "Task"];

/// Methods that only wait for what somebody else does, and do not fail.
const WAITING: [&str; 4] = ["sleep", "wait", "wait_closed", "join"];

/// Methods of queues and locks that wait for others.
const QUEUING: [&str; 2] = ["get", "acquire"];

/// What gives something that others have.
const TAKEN: [&str; 5] = ["get_nowait", "pop", "popitem", "popleft", "wrap_future"];

/// First words of the name of what goes on until it is stopped.
const LASTING: [&str; 14] = [
    "run",
    "serve",
    "listen",
    "watch",
    "consume",
    "poll",
    "monitor",
    "subscribe",
    "receive",
    "produce",
    "pump",
    "wait",
    "forever",
    "main",
];

/// Last words of such a name.
const LOOPS: [&str; 4] = ["loop", "forever", "worker", "main"];

/// Methods that let go of something.
pub(super) const CLOSING: [&str; 12] = [
    "close",
    "aclose",
    "stop",
    "disconnect",
    "shutdown",
    "terminate",
    "cleanup",
    "release",
    "dispose",
    "kill",
    "clear",
    "quit",
];

/// How many mentions of a list are looked at.
const MENTIONS: usize = 40;

impl<'t> Module<'t> {
    /// What a gather is given, where all of it can be told from the call.
    pub fn gathered<'a>(&'a self, call: Node<'a>) -> Option<Vec<Given<'a>>> {
        let arguments = call.child_by_field_name("arguments").filter(|list| list.kind() == "argument_list")?;
        let given = named_children(arguments).filter(|argument| argument.kind() != "keyword_argument");
        given.map(|argument| self.given(argument)).collect()
    }

    fn given<'a>(&self, argument: Node<'a>) -> Option<Given<'a>> {
        match argument.kind() {
            "dictionary_splat" => None,
            "list_splat" => {
                let comprehension = argument.named_child(0)?;
                let is_known = matches!(comprehension.kind(), "list_comprehension" | "generator_expression");
                let call = comprehension.child_by_field_name("body").filter(|_| is_known)?;
                let is_async = named_children(comprehension).any(crate::syntax::is_async);
                (!is_async).then_some(Given::Each { call, comprehension })
            }
            _ => Some(Given::One(argument)),
        }
    }

    /// Whether two or more of what a gather runs may fail, and nothing collects what they raise.
    pub fn may_hide_failures(&self, call: Node) -> Answer {
        let no = |reason: &str| Answer::No(reason.to_owned());
        let Some(arguments) = call.child_by_field_name("arguments") else { return no("it has no arguments") };
        for argument in named_children(arguments) {
            let name = argument.child_by_field_name("name").map_or("", |name| self.of(name));
            let value = argument.child_by_field_name("value").map_or("", |value| value.kind());
            if argument.kind() == "dictionary_splat" || name == "return_exceptions" && value != "false" {
                return no("it collects what they raise");
            }
        }
        let count: usize = named_children(arguments).map(|argument| self.count_that_may_fail(argument)).sum();
        if count > 1 { Answer::Yes } else { no("nothing shows that two of them may fail") }
    }

    /// How many of what an argument gives may fail, as far as the function shows; two stand for any number.
    fn count_that_may_fail(&self, argument: Node) -> usize {
        match argument.kind() {
            "keyword_argument" | "comment" => 0,
            "list_splat" => match argument.named_child(0) {
                Some(inner) => self.made_in(inner).iter().map(|(call, many)| self.weight(*call, *many)).sum(),
                None => 0,
            },
            _ => usize::from(self.may_fail(argument)),
        }
    }

    fn weight(&self, call: Node, many: bool) -> usize {
        if self.may_fail(call) { 1 + usize::from(many) } else { 0 }
    }

    /// The calls that fill what is unpacked, and whether each stands for any number: those of a display or a comprehension, or of
    /// a list of the function's own.
    pub(super) fn made_in<'a>(&'a self, unpacked: Node<'a>) -> Vec<(Node<'a>, bool)> {
        match unpacked.kind() {
            "list_comprehension" | "generator_expression" | "set_comprehension" => {
                unpacked.child_by_field_name("body").map(|body| (body, true)).into_iter().collect()
            }
            "list" | "tuple" | "set" => named_children(unpacked).map(|item| (item, false)).collect(),
            "parenthesized_expression" => unpacked.named_child(0).map(|inner| self.made_in(inner)).unwrap_or_default(),
            "identifier" => self.made_for(unpacked),
            _ => Vec::new(),
        }
    }

    /// The calls that fill a list that the function makes itself.
    fn made_for<'a>(&'a self, name: Node<'a>) -> Vec<(Node<'a>, bool)> {
        let Some(found) = self.lookup(self.of(name), name) else { return Vec::new() };
        let Scope::Function(function) = found.scope else { return Vec::new() };
        let mut made = Vec::new();
        for binding in &found.bindings {
            let BindingKind::Value(span) = &binding.kind else { return Vec::new() };
            let value = self.node_at(*span);
            match value.filter(|value| value.kind() != "identifier") {
                Some(value) => made.extend(self.made_in(value)),
                None => return Vec::new(),
            }
        }
        for read in self.reads(function, self.of(name)).into_iter().take(MENTIONS) {
            let method = read.parent().filter(|outer| outer.child_by_field_name("object") == Some(read));
            let put = method.and_then(|method| method.child_by_field_name("attribute"));
            if put.is_some_and(|put| matches!(self.of(put), "append" | "add"))
                && let Some(call) = method.and_then(|method| method.parent()).filter(|call| call.kind() == "call")
                && let Some(value) = call.child_by_field_name("arguments").and_then(|list| list.named_child(0))
            {
                let is_repeated = ancestors(call)
                    .take_while(|outer| *outer != function)
                    .any(|outer| matches!(outer.kind(), "for_statement" | "while_statement"));
                made.push((value, is_repeated));
            }
        }
        made
    }

    /// Whether what an expression makes may fail once it is awaited. Nobody knows of what is no call.
    fn may_fail(&self, made: Node) -> bool {
        let Some(call) = self.coroutine_call(made) else { return false };
        let threaded = call.child_by_field_name("arguments").filter(|_| self.called_name(call) == "to_thread");
        let runs = threaded.and_then(|list| list.named_child(0)).map(|function| self.of(function));
        let name = runs.and_then(|runs| runs.rsplit('.').next()).unwrap_or_else(|| self.called_name(call));
        if WAITING.contains(&name) || self.fills_queue(call) {
            return false;
        }
        let definition = self.called_definition(call).and_then(|block| self.definition(block));
        !definition.is_some_and(|definition| self.handles_its_failures(definition))
    }

    /// Whether a task is made of a coroutine function of this file, which awaits something and may fail.
    pub(super) fn may_fail_in_sight(&self, made: Node) -> bool {
        let definition = self.coroutine_call(made).and_then(|call| self.called_definition(call));
        let body = definition
            .and_then(|block| self.definition(block))
            .and_then(|definition| definition.child_by_field_name("body"));
        body.is_some_and(|body| !self.is_handled(body))
    }

    /// Whether a call starts or guards the coroutine that it is given first, by its name.
    fn is_starter(&self, call: Node) -> bool {
        let name = self.called_name(call);
        STARTERS.contains(&name) || name.contains("create") && name.ends_with("task")
    }

    /// The call that makes the coroutine: that which a task is made of, the one that a local is bound to.
    fn coroutine_call<'a>(&'a self, made: Node<'a>) -> Option<Node<'a>> {
        match made.kind() {
            "identifier" => {
                let found = self.lookup(self.of(made), made)?;
                match found.bindings.as_slice() {
                    [one] if matches!(found.scope, Scope::Function(_)) => match &one.kind {
                        BindingKind::Value(span) => self
                            .node_at(*span)
                            .filter(|value| value.kind() == "call")
                            .and_then(|c| self.coroutine_call(c)),
                        _ => None,
                    },
                    _ => None,
                }
            }
            "conditional_expression" => made.named_child(0).and_then(|first| self.coroutine_call(first)),
            "call" if self.is_starter(made) => {
                let inner = made.child_by_field_name("arguments").and_then(|list| list.named_child(0))?;
                self.coroutine_call(inner)
            }
            "call" => Some(made),
            _ => None,
        }
    }

    /// Whether a function certainly handles what its calls raise: whatever it awaits stands in a `try` that takes every
    /// `Exception` and raises nothing itself.
    fn handles_its_failures(&self, function: Node) -> bool {
        let body = function.child_by_field_name("body");
        body.is_some_and(|body| self.holds_failures(body) && self.is_handled(body))
    }

    /// Whether a statement raises, or awaits what may.
    fn holds_failures(&self, statement: Node) -> bool {
        self.awaits_what_may_fail(statement) || self.mentions_word(statement, "raise")
    }

    /// Whether nothing that a statement does may fail unhandled.
    fn is_handled(&self, statement: Node) -> bool {
        if !self.holds_failures(statement) {
            return true;
        }
        let is_broad = |clause: &Node| {
            let head = text::lines(self.of(*clause)).next().unwrap_or_default();
            let takes = |name: &&str| words(head, name).next().is_some();
            head.trim_end() == "except:" || ["Exception", "BaseException"].iter().any(takes)
        };
        match statement.kind() {
            "block" => named_children(statement).all(|inner| self.is_handled(inner)),
            "while_statement" | "for_statement" if !crate::syntax::is_async(statement) => {
                statement.child_by_field_name("body").is_some_and(|body| self.is_handled(body))
            }
            "with_statement" => named_children(statement)
                .find(|part| part.kind() == "with_clause")
                .is_some_and(|clause| self.of(clause).contains("suppress(Exception)")),
            "try_statement" => {
                let clauses: Vec<Node> =
                    named_children(statement).filter(|part| part.kind() == "except_clause").collect();
                clauses.iter().any(is_broad) && !clauses.iter().any(|clause| self.mentions_word(*clause, "raise"))
            }
            _ => false,
        }
    }

    fn is_queuing(&self, call: Node) -> bool {
        let is_bare = call.child_by_field_name("arguments").is_some_and(|list| list.named_child_count() == 0);
        is_bare && QUEUING.contains(&self.called_name(call))
    }

    /// Whether a call puts something in a queue, by the names of both: it waits for room, and does not fail.
    fn fills_queue(&self, call: Node) -> bool {
        let object = call.child_by_field_name("function").and_then(|method| method.child_by_field_name("object"));
        let is_queue = |object: Node| {
            let name = self.of(object).rsplit('.').next().unwrap_or_default();
            name == "q" || name.to_ascii_lowercase().ends_with("queue")
        };
        self.called_name(call) == "put" && object.is_some_and(is_queue)
    }

    /// Whether something is awaited that does more than wait for others.
    fn awaits_what_may_fail(&self, statement: Node) -> bool {
        let is_harmless = |awaited: Node| {
            let call = awaited.named_child(0).filter(|value| awaited.kind() == "await" && value.kind() == "call");
            call.is_some_and(|call| WAITING.contains(&self.called_name(call)) || self.is_queuing(call))
        };
        crate::project::cancellation::awaits_in(statement).into_iter().any(|awaited| !is_harmless(awaited))
    }

    fn mentions_word(&self, node: Node, word: &str) -> bool {
        words(self.of(node), word).next().is_some()
    }

    /// Whether something that a gather runs does more than ask, by its name.
    pub fn runs_for_effect(&self, call: Node) -> Answer {
        let arguments = call.child_by_field_name("arguments").into_iter().flat_map(named_children);
        for argument in arguments {
            let made = match argument.named_child(0).filter(|_| argument.kind() == "list_splat") {
                Some(unpacked) => self.made_in(unpacked).into_iter().map(|(made, _)| made).collect(),
                None => vec![argument],
            };
            for call in made.into_iter().filter_map(|made| self.coroutine_call(made)) {
                if !self.called_name(call).split('_').any(is_asking) {
                    return Answer::Yes;
                }
            }
        }
        Answer::No("all of it only asks for something, by its name".to_owned())
    }

    /// Whether what a gather or a wait is given is started for it, may fail and does more than clean up, and nobody reads it behind.
    pub fn started_for_it(&self, call: Node) -> Answer {
        let no = |reason: &str| Answer::No(reason.to_owned());
        let arguments: Vec<Node> = call.child_by_field_name("arguments").into_iter().flat_map(named_children).collect();
        if arguments.iter().any(|argument| self.of(*argument).contains("FIRST_COMPLETED")) {
            return no("it waits for the first of them only");
        }
        let is_gather = self.called_name(call) == "gather";
        let mut started = 0;
        for argument in arguments.iter().filter(|argument| argument.kind() != "keyword_argument") {
            let holder = match (is_gather, argument.kind()) {
                (true, "list_splat") => argument.named_child(0),
                (true, _) => None,
                (false, _) => Some(*argument),
            };
            let made = holder.map_or_else(|| vec![(*argument, false)], |holder| self.made_in(holder));
            let mut names = made.iter().map(|(made, _)| *made).chain(holder).filter(|node| node.kind() == "identifier");
            let asked = if holder.is_none() { self.asked_elsewhere(*argument, call) } else { None };
            if let Some(at) = asked.or_else(|| names.find_map(|name| self.read_behind(name, call))) {
                return Answer::No(format!("the tasks are read on line {}", self.row(at)));
            }
            let fresh = made.iter().filter(|(made, _)| self.is_fresh(*made, is_gather));
            for call in fresh.filter_map(|(made, _)| self.coroutine_call(*made)) {
                started += usize::from(self.may_fail(call) && !closes(self.called_name(call)));
            }
        }
        if self.explains(call, "return_exceptions") {
            return no("a comment tells why it raises nothing");
        }
        if started > 0 {
            Answer::Yes
        } else {
            no("nothing is started for it that may fail and does more than clean up")
        }
    }

    /// Where the function reads a local task that was given to a call for more than to cancel it or to ask whether it is done.
    fn asked_elsewhere(&self, task: Node, call: Node) -> Option<usize> {
        let function = self.function_of(call).filter(|_| task.kind() == "identifier")?;
        let is_harmless = |read: &Node| {
            let method = read.parent().and_then(|outer| outer.child_by_field_name("attribute"));
            method.is_some_and(|method| matches!(self.of(method), "cancel" | "done" | "get_name" | "set_name"))
        };
        let others = self.reads(function, self.of(task)).into_iter().filter(|read| *read != task);
        others.filter(|read| !is_harmless(read)).map(|read| read.start_byte()).next()
    }

    /// Whether what a gather or a wait is given is made for it: for a wait a task, for neither something that wraps what others have.
    fn is_fresh(&self, made: Node, is_gather: bool) -> bool {
        let value = match made.kind() {
            "identifier" => self.values_of(made).and_then(|values| <[Node; 1]>::try_from(values).ok()).map(|[one]| one),
            _ => Some(made),
        };
        let Some(call) = value.filter(|value| value.kind() == "call") else { return is_gather };
        let is_task = || self.is_starter(call) || self.called_name(call) == "run_in_executor";
        !TAKEN.contains(&self.called_name(call)) && (is_gather || is_task())
    }

    /// Whether a comment right above the line of a node, or in the node, mentions a word.
    fn explains(&self, node: Node, word: &str) -> bool {
        let start = text::line_start(self.text, node.start_byte());
        let lines: Vec<&str> = text::lines(&self.text[..start]).map(str::trim).collect();
        let mut above = lines.into_iter().rev().take_while(|line| line.starts_with('#'));
        let is_about = |text: &str| words(text, word).next().is_some();
        let mut inside = self.outline.comments.iter().filter(|comment| comment.overlaps(syntax::span(node)));
        above.any(is_about) || inside.any(|comment| is_about(self.slice(*comment)))
    }

    /// Where a list is read that was given to a call, behind it, or before it in the same loop.
    fn read_behind(&self, name: Node, call: Node) -> Option<usize> {
        let function = self.function_of(call)?;
        let around = ancestors(call).take_while(|outer| *outer != function);
        let is_looped = around.into_iter().any(|outer| outer.kind() == "while_statement");
        let reads = self.reads(function, self.of(name)).into_iter().map(|read| read.start_byte());
        reads.into_iter().find(|at| *at > call.end_byte() || is_looped && *at < call.start_byte())
    }

    /// Why a gather that waits for all of its calls might wait forever when one fails; none where nothing speaks for it.
    pub fn may_never_end(&self, call: Node) -> Option<String> {
        let arguments = call.child_by_field_name("arguments")?;
        named_children(arguments).find_map(|argument| {
            let inner = if argument.kind() == "list_splat" { argument.named_child(0)? } else { argument };
            let mut calls: Vec<Node> = self.made_in(inner).into_iter().map(|(call, _)| call).collect();
            calls.push(inner);
            calls.into_iter().filter_map(|made| self.coroutine_call(made)).find_map(|call| self.lasting(call))
        })
    }

    fn lasting(&self, call: Node) -> Option<String> {
        let name = self.called_name(call);
        if let Some(definition) = self.called_definition(call).and_then(|block| self.definition(block)) {
            let body = definition.child_by_field_name("body")?;
            let is_lasting =
                |node: &Node| node.kind() == "while_statement" || node.kind() == "for_statement" && is_async(*node);
            let lasting = descendants(body).find(is_lasting)?;
            let row = self.row(lasting.start_byte());
            return Some(format!("`{name}` may go on as long as its loop on line {row} does"));
        }
        let words = name.split('_').filter(|word| !matches!(*word, "" | "async"));
        let words: Vec<String> = words.map(str::to_ascii_lowercase).collect();
        let (first, last) = (words.first()?, words.last()?);
        let is_loop = LOOPS.contains(&last.as_str())
            && (words.len() == 1 || !CLOSING.contains(&first.as_str()) && first != "remove");
        (LASTING.contains(&first.as_str()) || is_loop).then(|| format!("`{name}` may go on until it is stopped"))
    }
}

/// Whether a name says that what is called lets go of something.
pub(super) fn closes(name: &str) -> bool {
    name.split('_').any(|word| CLOSING.contains(&word))
}
