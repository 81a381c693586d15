//! Which function runs a node, whether an `await` may stand there, and what a new suspension point would disturb.
//!
//! A class body runs inline in its function; a lambda, a nested `def` and a generator expression run when somebody else
//! decides; decorators, defaults and base classes run with the statement that holds them.

use crate::project::scopes::is_comprehension;
use crate::project::{Answer, Module};
use crate::syntax::{self, ancestors, is_async, named_children};
use rustc_hash::FxHashSet;
use tree_sitter::Node;

/// Builtins that consume an iterable whole, and so may be given a list where they got a generator expression. `any` and
/// `all` stop early, which a list does not.
const CONSUMERS: [&str; 9] = ["sum", "list", "tuple", "set", "frozenset", "sorted", "min", "max", "dict"];

impl Module<'_> {
    /// The function or lambda whose frame evaluates `node`; none at module level.
    pub fn function_of<'a>(&self, node: Node<'a>) -> Option<Node<'a>> {
        let mut inner = node;
        for outer in ancestors(node) {
            if matches!(outer.kind(), "function_definition" | "lambda")
                && outer.child_by_field_name("body") == Some(inner)
            {
                return Some(outer);
            }
            inner = outer;
        }
        None
    }

    /// Whether `node` runs inside a coroutine, as part of it.
    pub fn in_coroutine(&self, node: Node) -> Answer {
        if let Some(generator) = self.lazy_generator(node) {
            let row = self.row(generator.start_byte());
            return Answer::No(format!("the generator expression on line {row} runs where it is consumed"));
        }
        if ancestors(node).any(|outer| outer.kind() == "type") {
            return Answer::No("it is part of an annotation".to_owned());
        }
        if self.is_typing_only(node) {
            return Answer::No("it stands under `if TYPE_CHECKING:` and never runs".to_owned());
        }
        match self.function_of(node) {
            Some(function) if function.kind() == "lambda" => {
                Answer::No("a lambda is called by somebody else".to_owned())
            }
            Some(function) if is_async(function) => Answer::Yes,
            Some(function) => {
                let name = function.child_by_field_name("name").map_or("", |name| self.of(name));
                Answer::No(format!("`{name}` is a plain function"))
            }
            None => Answer::No("it runs at module level".to_owned()),
        }
    }

    /// The generator expression that delays `node`, unless a builtin consumes it on the spot.
    fn lazy_generator<'a>(&self, node: Node<'a>) -> Option<Node<'a>> {
        self.generators_around(node).into_iter().find(|generator| !self.is_consumed_at_once(*generator))
    }

    /// The generator expressions that delay `node`, from the inside out, up to its function.
    pub fn generators_around<'a>(&self, node: Node<'a>) -> Vec<Node<'a>> {
        self.comprehensions_around(node).into_iter().filter(|node| node.kind() == "generator_expression").collect()
    }

    /// The comprehensions that evaluate `node` over and over, from the inside out, up to its function. The one of whose
    /// first iterable `node` is part is not among them.
    pub fn comprehensions_around<'a>(&self, node: Node<'a>) -> Vec<Node<'a>> {
        let mut found = Vec::new();
        let (mut inner, mut from_iterable) = (node, false);
        for outer in ancestors(node) {
            if matches!(outer.kind(), "function_definition" | "lambda" | "class_definition") {
                break;
            }
            if is_comprehension(outer) {
                let first = named_children(outer).find(|child| child.kind() == "for_in_clause");
                if !(from_iterable && first == Some(inner)) {
                    found.push(outer);
                }
            }
            from_iterable = outer.kind() == "for_in_clause" && outer.child_by_field_name("right") == Some(inner);
            inner = outer;
        }
        found
    }

    /// Whether a generator expression is the sole argument of a builtin, or of `str.join`, that takes all of it at once.
    pub fn is_consumed_at_once(&self, generator: Node) -> bool {
        let Some(call) = generator.parent().filter(|parent| parent.kind() == "call") else { return false };
        let Some(function) = call.child_by_field_name("function") else { return false };
        match function.kind() {
            "identifier" => self.resolves_to(function, &CONSUMERS) == Answer::Yes,
            "attribute" => {
                function.child_by_field_name("object").is_some_and(|object| object.kind() == "string")
                    && function.child_by_field_name("attribute").is_some_and(|name| self.of(name) == "join")
            }
            _ => false,
        }
    }

    /// Why no `await` may stand at `node`, as far as the generator expressions around it are not concerned.
    pub fn await_refusal(&self, node: Node, minor: u8) -> Option<String> {
        let mut inner = node;
        for outer in ancestors(node) {
            let is_body = outer.child_by_field_name("body") == Some(inner);
            match outer.kind() {
                "lambda" if is_body => return Some("`await` cannot stand in a lambda".to_owned()),
                "class_definition" if is_body => return Some("`await` cannot stand in a class body".to_owned()),
                "type" | "type_alias_statement" | "type_parameter" => {
                    return Some("`await` cannot stand in an annotation".to_owned());
                }
                "interpolation" if children_hold(outer, "=") => {
                    return Some("an f-string with `=` prints the source of its expression".to_owned());
                }
                "function_definition" if is_body => {
                    return (!is_async(outer)).then(|| "the function around it is a plain `def`".to_owned());
                }
                _ if is_comprehension(outer)
                    && outer.kind() != "generator_expression"
                    && minor < 11
                    && self.is_nested_comprehension(node, outer) =>
                {
                    let reason = "an asynchronous comprehension inside another needs Python 3.11 (PEP 530, bpo-33346)";
                    return Some(reason.to_owned());
                }
                _ => {}
            }
            inner = outer;
        }
        Some("`await` needs a coroutine around it".to_owned())
    }

    /// Whether `node` makes comprehension `outer` asynchronous, and `outer` lies in another that is not.
    fn is_nested_comprehension(&self, node: Node, outer: Node) -> bool {
        self.comprehensions_around(node).contains(&outer) && !self.comprehensions_around(outer).is_empty()
    }

    /// What a new suspension point at `node` could disturb, a sentence, or none.
    pub fn suspension_hazard(&self, node: Node) -> Option<String> {
        let function = self.function_of(node)?;
        let name = function.child_by_field_name("name").map_or("", |name| self.of(name));
        if matches!(name, "__aexit__" | "__del__") {
            return Some(format!("`{name}` now suspends, and can be cancelled there"));
        }
        let mut inner = node;
        for outer in ancestors(node).take_while(|outer| *outer != function) {
            match outer.kind() {
                "with_statement" if !is_async(outer) && outer.child_by_field_name("body") == Some(inner) => {
                    if let Some(lock) = self.thread_lock_of(outer) {
                        return Some(format!("other tasks now run while `{lock}` is held"));
                    }
                }
                "finally_clause" => {
                    return Some("a `finally` clause now suspends, and can be cancelled there".to_owned());
                }
                "except_clause" | "except_group_clause" if self.catches_cancellation(outer) => {
                    return Some(
                        "a handler of `CancelledError` now suspends while the task is being cancelled".to_owned(),
                    );
                }
                _ => {}
            }
            inner = outer;
        }
        self.shared_state_across(node, function).map(|state| {
            format!("other tasks can now change `{state}` between where it is read and where it is written")
        })
    }

    /// The context manager of a `with` statement that looks like a lock of `threading`.
    fn thread_lock_of(&self, with: Node) -> Option<String> {
        let clause = named_children(with).find(|child| child.kind() == "with_clause")?;
        named_children(clause).filter_map(|item| item.child_by_field_name("value")).find_map(|value| {
            let value = if value.kind() == "as_pattern" { value.named_child(0)? } else { value };
            let text = self.of(value);
            let lower = text.to_ascii_lowercase();
            ["lock", "mutex", "semaphore", "condition", "_cv", "cond"]
                .iter()
                .any(|word| lower.contains(word))
                .then(|| text.to_owned())
        })
    }

    fn catches_cancellation(&self, clause: Node) -> bool {
        let caught = clause
            .child_by_field_name("value")
            .or_else(|| named_children(clause).find(|child| child.kind() != "block"));
        caught.is_none_or(|caught| {
            let text = self.of(caught);
            text.contains("CancelledError") || text.contains("BaseException")
        })
    }

    /// An attribute of `self`/`cls`, or a global or nonlocal name, that the function reads before `node` and writes after it.
    /// In a loop around `node`, before and after are one.
    fn shared_state_across(&self, node: Node, function: Node) -> Option<String> {
        let names = self.names_of(function);
        let looped = ancestors(node)
            .take_while(|outer| *outer != function)
            .filter(|outer| matches!(outer.kind(), "for_statement" | "while_statement"))
            .last();
        let (from, to) =
            looped.map_or((node.end_byte(), node.start_byte()), |outer| (outer.start_byte(), outer.end_byte()));
        let (mut read, mut written) = (FxHashSet::default(), FxHashSet::default());
        let mut stack = vec![function.child_by_field_name("body")?];
        while let Some(at) = stack.pop() {
            let shared = match at.kind() {
                "attribute" => {
                    at.child_by_field_name("object").is_some_and(|object| matches!(self.of(object), "self" | "cls"))
                }
                "identifier" => names.globals.contains(self.of(at)) || names.nonlocals.contains(self.of(at)),
                _ => false,
            };
            if shared && !node.byte_range().contains(&at.start_byte()) {
                let (reads, writes) = access(at);
                if reads && at.start_byte() < to {
                    read.insert(self.of(at));
                }
                if writes && at.start_byte() >= from {
                    written.insert(self.of(at));
                }
            }
            if !matches!(at.kind(), "function_definition" | "lambda") {
                stack.extend(named_children(at));
            }
        }
        read.intersection(&written).min().map(|state| (*state).to_owned())
    }
}

/// Whether the place of a name or attribute reads it, and whether it writes it. An item or a mutated container counts as
/// both; a call of a method counts as a read.
fn access(node: Node) -> (bool, bool) {
    let mut target = node;
    while let Some(parent) = target.parent() {
        let is_field = |field: &str| parent.child_by_field_name(field) == Some(target);
        match parent.kind() {
            "subscript" if is_field("value") => target = parent,
            "pattern_list" | "tuple_pattern" | "list_pattern" | "expression_list" | "tuple" | "list" => target = parent,
            "assignment" if is_field("left") => return (target != node, true),
            "augmented_assignment" if is_field("left") => return (true, true),
            "delete_statement" => return (false, true),
            "for_statement" if is_field("left") => return (false, true),
            _ => return (true, false),
        }
    }
    (true, false)
}

fn children_hold(node: Node, token: &str) -> bool {
    syntax::children(node).any(|child| child.kind() == token)
}
