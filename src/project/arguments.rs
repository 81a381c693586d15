//! What a call does with a coroutine among its arguments.
//!
//! asyncio runs it; builtins, the standard library and logging want a value, as `standard.toml` lists; a function or class
//! of this file says by an annotation what it wants. Whatever else is called may do anything with it.

use crate::outline::BlockKind;
use crate::project::Module;
use crate::project::names::Symbol;
use crate::project::sinks::{Effect, Escape, Sink, value};
use crate::project::standard::{Standard, standard};
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
        let told = self
            .wanted_by_library(argument, call, position, keyword)
            .or_else(|| self.wanted_by_annotation(argument, call, position, keyword));
        told.unwrap_or(Sink::Escape(Escape::Argument { call, position, keyword }))
    }

    fn wanted_by_library<'a>(
        &'a self,
        argument: Node<'a>,
        call: Node<'a>,
        position: usize,
        keyword: Option<Node>,
    ) -> Option<Sink<'a>> {
        let function = call.child_by_field_name("function")?;
        let name = self.called_name(call);
        let what = format!("is given to `{}`", self.of(function));
        if function.kind() == "attribute" {
            let object = function.child_by_field_name("object")?;
            match (object.kind(), name) {
                ("string" | "concatenated_string", "format") => {
                    return Some(value(argument, Effect::Misleads, "is put into text"));
                }
                ("string" | "concatenated_string", _) => return Some(value(argument, Effect::Raises, &what)),
                _ if LEVELS.contains(&name) && self.is_logger(object) => {
                    return Some(value(argument, Effect::Misleads, "is logged"));
                }
                _ => {}
            }
        }
        let symbols = self.symbols(function);
        let path = match symbols.as_slice() {
            [Symbol::Path(path) | Symbol::Builtin(path)] => path.as_str(),
            _ => return None,
        };
        let facts = &standard().arguments;
        let is_first = position == 0 && keyword.is_none();
        if facts.inspecting.contains(path) {
            return Some(if path == "isinstance" && is_first {
                self.asked_for_type(argument, call)
            } else {
                Sink::Inspected
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

    /// `isinstance(value, Coroutine)` asks for a coroutine; with any other type, it is a value that is asked about.
    fn asked_for_type<'a>(&self, argument: Node<'a>, call: Node) -> Sink<'a> {
        let types = call.child_by_field_name("arguments").and_then(|list| named_children(list).nth(1));
        let types = types.map_or("", |types| self.of(types));
        if AWAITABLE_WORDS.iter().any(|word| types.contains(word)) || types.contains("async") {
            return Sink::Inspected;
        }
        value(argument, Effect::Tests, "is asked for its type")
    }

    fn is_logger(&self, object: Node) -> bool {
        let text = self.of(object).to_ascii_lowercase();
        let last = text.rsplit('.').next().unwrap_or_default().trim_start_matches('_');
        let is_name = |name: &str| matches!(name, "log" | "logger" | "logging");
        is_name(last) || last.rsplit('_').next().is_some_and(is_name) || text.contains("getlogger(")
    }

    fn wanted_by_annotation<'a>(
        &'a self,
        argument: Node<'a>,
        call: Node<'a>,
        position: usize,
        keyword: Option<Node>,
    ) -> Option<Sink<'a>> {
        let annotation = self.annotation_for(call, position, keyword.map(|keyword| self.of(keyword)))?;
        let what = format!(
            "is given to `{}` as {}",
            self.called_name(call),
            self.of(annotation).split_whitespace().collect::<Vec<_>>().join(" ")
        );
        self.is_annotated_as_value(annotation).then(|| value(argument, Effect::Misleads, &what))
    }

    /// The annotation of the parameter that an argument is for, where the call is of a function or class of this file.
    fn annotation_for(&self, call: Node, position: usize, keyword: Option<&str>) -> Option<Node<'_>> {
        let list = call.child_by_field_name("arguments")?;
        if named_children(list).take(position).any(|other| other.kind().ends_with("_splat")) {
            return None;
        }
        let called = self.called_definition(call)?;
        let function = if self.is_class(called) { self.method(called, "__init__").ok()?? } else { called };
        let definition = self.definition(function)?;
        let blocks = &self.outline.blocks;
        if !self.is_class(called) && blocks[function as usize].decorators > 0 && !self.is_plain_method(definition) {
            return None;
        }
        let is_method = blocks[function as usize].parent.is_some_and(|parent| self.is_class(parent));
        let is_bound = is_method && !self.is_decorated_with(definition, "staticmethod");
        let parameters = definition.child_by_field_name("parameters")?;
        let parameter = match keyword {
            Some(keyword) => named_children(parameters).find(|parameter| self.parameter_name(*parameter) == keyword)?,
            None => named_children(parameters).nth(position + usize::from(is_bound))?,
        };
        let splat = |node: Node| node.kind().ends_with("_splat_pattern") || node.kind() == "keyword_separator";
        let reaches = named_children(parameters)
            .take_while(|other| *other != parameter)
            .chain([parameter])
            .any(|other| splat(other) || other.named_child(0).is_some_and(splat));
        if reaches && keyword.is_none() {
            return None;
        }
        parameter.child_by_field_name("type")
    }

    fn parameter_name(&self, parameter: Node) -> &str {
        let name = parameter.child_by_field_name("name").or_else(|| parameter.named_child(0)).unwrap_or(parameter);
        self.of(name)
    }

    fn is_plain_method(&self, definition: Node) -> bool {
        ["staticmethod", "classmethod", "abstractmethod", "override"]
            .iter()
            .any(|name| self.is_decorated_with(definition, name))
    }

    fn is_decorated_with(&self, definition: Node, name: &str) -> bool {
        let decorated = definition.parent().filter(|parent| parent.kind() == "decorated_definition");
        decorated.into_iter().flat_map(named_children).filter(|child| child.kind() == "decorator").any(|decorator| {
            decorator.named_child(0).is_some_and(|child| self.of(child).rsplit('.').next() == Some(name))
        })
    }

    /// Whether an annotation names types of which none can be awaited: builtins, `None`, plain classes of this file,
    /// containers, and unions of these.
    pub fn is_annotated_as_value(&self, annotation: Node) -> bool {
        match annotation.kind() {
            "none" => true,
            "type" | "parenthesized_expression" => {
                annotation.named_child(0).is_some_and(|inner| self.is_annotated_as_value(inner))
            }
            "identifier" | "attribute" => self.symbols(annotation).iter().all(|symbol| self.is_value_type(symbol)),
            "binary_operator" | "union_type" => named_children(annotation).all(|part| self.is_annotated_as_value(part)),
            "generic_type" | "subscript" => self.is_generic_value(annotation),
            "string" => {
                let name = self.of(annotation).trim_matches(['"', '\'']);
                let blocks = || self.blocks_in(None).filter(|block| self.name_of(*block) == name);
                standard().arguments.types.contains(name) || blocks().any(|block| self.is_value_class(block))
            }
            _ => false,
        }
    }

    fn is_generic_value(&self, annotation: Node) -> bool {
        let Some(base) = named_children(annotation).next() else { return false };
        let text = self.of(base);
        match text.rsplit('.').next().unwrap_or(text) {
            "Optional" | "Union" => {
                let mut arguments = named_children(annotation).skip(1).flat_map(|argument| {
                    if argument.kind() == "type_parameter" {
                        named_children(argument).collect()
                    } else {
                        vec![argument]
                    }
                });
                arguments.all(|argument| self.is_annotated_as_value(argument))
            }
            "Literal" => true,
            _ => self.is_annotated_as_value(base),
        }
    }

    fn is_value_type(&self, symbol: &Symbol) -> bool {
        match symbol {
            Symbol::Builtin(name) | Symbol::Path(name) => standard().arguments.types.contains(name),
            Symbol::Definition(block) => self.is_value_class(*block),
            _ => false,
        }
    }

    /// Whether instances of a class of this file cannot be awaited, as far as the file tells.
    fn is_value_class(&self, class: u32) -> bool {
        if self.outline.blocks[class as usize].kind != BlockKind::Class {
            return false;
        }
        let header = self.slice(self.outline.blocks[class as usize].header);
        !matches!(self.method(class, "__await__"), Ok(Some(_)))
            && !AWAITABLE_WORDS.iter().any(|word| header.contains(word))
    }
}
