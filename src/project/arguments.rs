//! What a call does with a coroutine among its arguments.
//!
//! asyncio runs it; builtins, the standard library and logging want a value, as `standard.toml` lists. What else is called
//! may do anything with it, and [`super::handover`] asks its annotations.

use crate::project::Module;
use crate::project::expression::Expression;
use crate::project::flow::Around;
use crate::project::names::Symbol;
use crate::project::sinks::{Effect, Escape, Sink, is_of_coroutines, value};
use crate::project::standard::{Standard, standard};
use crate::project::types::Type;
use crate::syntax::named_children;
use tree_sitter::Node;

/// What runs a coroutine that it is given, in asyncio and its kin.
const RUNNERS: [&str; 15] = [
    "gather",
    "wait",
    "wait_for",
    "shield",
    "create_task",
    "ensure_future",
    "run",
    "run_until_complete",
    "run_coroutine_threadsafe",
    "as_completed",
    "start_soon",
    "iscoroutine",
    "isawaitable",
    "timeout",
    "async_to_sync",
];

const LEVELS: [&str; 9] = ["debug", "info", "warning", "warn", "error", "exception", "critical", "fatal", "log"];

/// Words in the name of a type that say, or may hide, that it can be awaited.
const AWAITABLE_WORDS: [&str; 13] = [
    "Await",
    "Corout",
    "Future",
    "Task",
    "Deferred",
    "Promise",
    "Protocol",
    "Callable",
    "Handle",
    "Async",
    "Operation",
    "Generator",
    "Mock",
];

impl Module<'_> {
    /// What a call does with the argument `argument` of its list, which stands behind `keyword` where there is one.
    pub(super) fn argument<'a>(&'a self, argument: Node<'a>, list: Node<'a>, keyword: Option<Node<'a>>) -> Sink<'a> {
        let Some(call) = list.parent().filter(|call| call.kind() == "call") else {
            return Sink::Escape(Escape::Elsewhere(list));
        };
        let position = named_children(list).position(|other| other == argument).unwrap_or_default();
        if RUNNERS.contains(&self.called_name(call)) {
            return Sink::Awaited;
        }
        self.wanted_by_library(argument, call, position, keyword).unwrap_or(Sink::Escape(Escape::Argument {
            call,
            position,
            keyword,
        }))
    }

    fn wanted_by_library<'a>(
        &'a self,
        argument: Node<'a>,
        call: Node<'a>,
        position: usize,
        keyword: Option<Node>,
    ) -> Option<Sink<'a>> {
        let function = call.child_by_field_name("function")?;
        let what = format!("is given to `{}`", self.of(function));
        if let Some(wanted) = self.wanted_by_method(argument, function, &what) {
            return Some(wanted);
        }
        let symbols = self.symbols(function);
        let path = match symbols.as_slice() {
            [Symbol::Path(path) | Symbol::Builtin(path)] => path.as_str(),
            _ => return None,
        };
        let facts = &standard().arguments;
        let is_first = position == 0 && keyword.is_none();
        if facts.inspecting.contains(path) {
            return Some(match path {
                "isinstance" if is_first => self.asked_for_type(argument, call),
                "hasattr" | "getattr" if is_first => self.asked_by_name(argument, call, path),
                _ => Sink::Inspected,
            });
        }
        if facts.misleading.contains(path) {
            return Some(value(argument, Effect::Misleads, &what));
        }
        let raises = facts.raising.contains(path) && keyword.is_none()
            || facts.raising_first.contains(path) && is_first
            || Standard::module_of(path).is_some_and(|module| facts.modules.contains(module));
        raises.then(|| value(argument, Effect::Raises, &what))
    }

    /// What a method of a text or of a logger wants.
    fn wanted_by_method<'a>(&self, argument: Node<'a>, function: Node, what: &str) -> Option<Sink<'a>> {
        let object = function.child_by_field_name("object").filter(|_| function.kind() == "attribute")?;
        let name = self.of(function.child_by_field_name("attribute")?);
        match (object.kind(), name) {
            ("string" | "concatenated_string", "format") => Some(value(argument, Effect::Misleads, "is put into text")),
            ("string" | "concatenated_string", _) => Some(value(argument, Effect::Raises, what)),
            _ if LEVELS.contains(&name) && self.is_logger(object) => {
                Some(value(argument, Effect::Misleads, "is logged"))
            }
            _ => None,
        }
    }

    /// `isinstance(value, Coroutine)` asks for a coroutine; with any other type, it is a value that is asked about.
    fn asked_for_type<'a>(&self, argument: Node<'a>, call: Node) -> Sink<'a> {
        let types = call.child_by_field_name("arguments").and_then(|list| named_children(list).nth(1));
        let types = types.map_or("", |types| self.of(types));
        if AWAITABLE_WORDS.iter().any(|word| types.contains(word)) || types.contains("async") {
            return Sink::Inspected;
        }
        value(argument, Effect::Tests, "is asked for its type")
    }

    /// `getattr(value, "name")` asks as `value.name` does; with a default it goes on where there is no such attribute.
    fn asked_by_name<'a>(&self, argument: Node<'a>, call: Node, asking: &str) -> Sink<'a> {
        let arguments: Vec<Node> = call.child_by_field_name("arguments").into_iter().flat_map(named_children).collect();
        let name = arguments.get(1).map_or("", |name| self.of(*name)).trim_matches(['"', '\'']);
        if is_of_coroutines(name) {
            return Sink::Inspected;
        }
        let effect = match (asking, arguments.len()) {
            ("hasattr", _) => Effect::Tests,
            (_, 2) => Effect::Raises,
            _ => Effect::Misleads,
        };
        value(argument, effect, "is asked for an attribute")
    }

    fn is_logger(&self, object: Node) -> bool {
        let text = self.of(object).to_ascii_lowercase();
        let last = text.rsplit('.').next().unwrap_or_default().trim_start_matches('_');
        let is_name = |name: &str| matches!(name, "log" | "logger" | "logging");
        is_name(last) || last.rsplit('_').next().is_some_and(is_name) || text.contains("getlogger(")
    }

    /// Whether an annotation names types of which none can be awaited.
    pub fn is_annotated_as_value(&self, annotation: Node) -> bool {
        let Some((inference, id)) = self.inference() else { return false };
        let names = Around { module: self, id, at: annotation.start_byte() };
        let ty = inference.annotated(&Expression::of(annotation, self.text), &names);
        ty.parts().iter().all(|part| inference.is_value(part) == Some(true))
    }

    /// The function or class of this file that a call calls, where it is one for certain.
    pub fn called_definition(&self, call: Node) -> Option<u32> {
        let (inference, id) = self.inference()?;
        let callee = self.infer(call.child_by_field_name("function")?);
        let definition = match &callee {
            Type::Class(class, _) => *class,
            other => inference.function_of_type(other)?.definition,
        };
        (definition.module == id).then_some(definition.block)
    }

    /// The last name of what a call calls: `get` in `session.get(url)`.
    pub(super) fn called_name(&self, call: Node) -> &str {
        let function = call.child_by_field_name("function").map_or("", |function| self.of(function));
        function.rsplit('.').next().unwrap_or(function)
    }
}
