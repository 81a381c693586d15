//! Which event loop code runs on, and what may run one.

use crate::project::scopes::BindingKind;
use crate::project::standard::standard;
use crate::project::{Answer, Module};
use crate::syntax::named_children;
use crate::text::{self, Span};
use tree_sitter::Node;

const SUBMITTERS: [&str; 2] = ["asyncio.run_coroutine_threadsafe", "asyncio.tasks.run_coroutine_threadsafe"];

/// What gives the loop that runs, when it is called in a coroutine.
const LOOKUPS: [&str; 4] = [
    "asyncio.get_running_loop",
    "asyncio.get_event_loop",
    "asyncio.events.get_running_loop",
    "asyncio.events.get_event_loop",
];

/// What let loops run inside another.
const HACKS: [&str; 2] = ["nest_asyncio", "nest_asyncio2"];

/// What runs an event loop, by its last name.
const RUNNERS: [&str; 5] = ["run", "run_until_complete", "run_forever", "run_sync", "async_to_sync"];

impl Module<'_> {
    /// Whether a future is that of a coroutine which was given to the very loop that runs the code here: the call of
    /// `asyncio.run_coroutine_threadsafe`, or a name that is bound only to one.
    pub fn is_future_of_own_loop(&self, node: Node) -> Answer {
        let submitted = |call: Node| {
            let function = call.child_by_field_name("function").filter(|_| call.kind() == "call");
            let Some(function) = function else { return Answer::No("it is no call".to_owned()) };
            match self.resolves_to(function, &SUBMITTERS) {
                Answer::Yes => match self.loop_argument(call) {
                    Some(given) => self.is_running_loop(given),
                    None => Answer::No("it is given no loop".to_owned()),
                },
                told => told,
            }
        };
        if node.kind() == "identifier" { self.all_bindings(node, submitted) } else { submitted(node) }
    }

    /// The second argument of `run_coroutine_threadsafe`.
    fn loop_argument<'a>(&self, call: Node<'a>) -> Option<Node<'a>> {
        let arguments: Vec<Node> = named_children(call.child_by_field_name("arguments")?).collect();
        let named = arguments.iter().find_map(|argument| {
            let name = argument.child_by_field_name("name").filter(|_| argument.kind() == "keyword_argument")?;
            argument.child_by_field_name("value").filter(|_| self.of(name) == "loop")
        });
        let plain =
            |argument: &&Node| !matches!(argument.kind(), "keyword_argument" | "list_splat" | "dictionary_splat");
        named.or_else(|| arguments.get(1).filter(plain).copied())
    }

    /// Whether an expression is the loop that runs the code around it, looked up in the same coroutine.
    fn is_running_loop(&self, node: Node) -> Answer {
        let looked_up = |call: Node| {
            let function = call.child_by_field_name("function").filter(|_| call.kind() == "call");
            let Some(function) = function else { return Answer::No("it is no look-up of a loop".to_owned()) };
            match self.function_of(call) == self.function_of(node) {
                true => self.resolves_to(function, &LOOKUPS),
                false => Answer::No("it is looked up by other code".to_owned()),
            }
        };
        match self.loop_runs(node) {
            Answer::Yes if node.kind() == "identifier" => self.all_bindings(node, looked_up),
            Answer::Yes => looked_up(node),
            told => told,
        }
    }

    /// Whether all that a name is bound to is such a value.
    fn all_bindings(&self, name: Node, is_such: impl Fn(Node) -> Answer) -> Answer {
        let unknown = || Answer::Unknown(format!("it is not known what `{}` is", self.of(name)));
        let Some(found) = self.lookup(self.of(name), name) else { return unknown() };
        Answer::all_of(found.bindings.iter().map(|binding| match &binding.kind {
            BindingKind::Value(span) => self.node_at(*span).map_or_else(unknown, &is_such),
            _ => unknown(),
        }))
    }

    /// Whether something of the program may run an event loop inside the one that runs: of a notebook, what its cells call and
    /// import; of a module, whoever imports it.
    pub fn may_nest_loops(&self) -> Answer {
        if !self.outline.is_notebook() {
            return Answer::Unknown("other modules of the program may count on it".to_owned());
        }
        let is_run = |name: &str| {
            let called = |at: usize| self.text[at + name.len()..].trim_start().starts_with(['(', ',', ')']);
            text::words(self.text, name).find(|at| called(*at) && self.outline.is_code(Span::at(*at)))
        };
        if let Some(at) = RUNNERS.iter().find_map(|name| is_run(name)) {
            return Answer::Unknown(format!("line {} may run a loop inside another", self.row(at)));
        }
        // What is left of `%run`.
        if self.text.contains("0#un ") {
            return Answer::Unknown("a script that a cell runs may count on it".to_owned());
        }
        let foreign = self.outline.imports.iter().find_map(|import| {
            let top = self.slice(import.module).split('.').next().unwrap_or_default().trim();
            (!standard().modules.contains(top) && !HACKS.contains(&top)).then_some(self.slice(import.module))
        });
        match foreign {
            Some(module) => Answer::Unknown(format!("`{module}` may count on it")),
            None => Answer::No("nothing else runs a loop".to_owned()),
        }
    }

    /// Whether `node` is where a program starts: under its main guard, or in a plain function of the module that is called there.
    pub fn is_entry_point(&self, node: Node) -> Answer {
        let Some(function) = self.function_of(node) else { return self.under_main_guard(node) };
        let name = function.child_by_field_name("name").map_or("", |name| self.of(name));
        let is_plain = self.loop_runs(node) != Answer::Yes;
        let is_top = self.block_of(function).is_some_and(|block| self.outline.blocks[block as usize].parent.is_none());
        let is_started = |at: usize| {
            let called = self.text[at + name.len()..].starts_with('(');
            let block = self.outline.innermost_block(at);
            let node = || self.node_at(Span::new(at, at + name.len()));
            called && block.is_none() && node().is_some_and(|node| self.under_main_guard(node) == Answer::Yes)
        };
        match is_plain && is_top && !name.is_empty() && text::words(self.text, name).any(is_started) {
            true => Answer::Yes,
            false => Answer::No("the program does not start here".to_owned()),
        }
    }
}
