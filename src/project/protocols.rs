//! Which protocol a value speaks: iterated or entered asynchronously, awaited, called for a coroutine.
//!
//! One file and the table of the standard library are what is known. A class whose bases are elsewhere may speak any
//! protocol; so may what an unknown decorator or metaclass makes. All of that is unknown, and yes is only said of what
//! Python is bound to refuse the other way round.

use crate::outline::BlockKind;
use crate::project::calls::{DEPTH, Instance};
use crate::project::names::Symbol;
use crate::project::scopes::BindingKind;
use crate::project::standard::standard;
use crate::project::types::{Kind, Type};
use crate::project::{Answer, Module};
use crate::syntax::named_children;
use crate::text::{Span, words};
use std::collections::BTreeSet;
use tree_sitter::Node;

/// One of the two protocols that exist in an asynchronous and in a plain form.
struct Protocol {
    method: &'static str,
    plain: &'static [&'static str],
    /// The decorator under which a generator function gives such a value.
    factory: Option<&'static str>,
    makers: fn() -> &'static BTreeSet<String>,
    types: fn() -> &'static BTreeSet<String>,
}

const ITERATION: Protocol = Protocol {
    method: "__aiter__",
    plain: &["__iter__", "__getitem__"],
    factory: None,
    makers: || &standard().protocols.iterables,
    types: || &standard().protocols.iterable_types,
};

const ENTERING: Protocol = Protocol {
    method: "__aenter__",
    plain: &["__enter__"],
    factory: Some("contextlib.asynccontextmanager"),
    makers: || &standard().protocols.managers,
    types: || &standard().protocols.manager_types,
};

/// What the expression in front of a call's parentheses may refer to.
pub(super) enum Callee {
    /// A function or class of this file, and whether its first parameter is given already.
    Block(u32, bool),
    /// A dotted path, or the name of a builtin.
    Path(String),
    Other(String),
    Unknown(String),
}

/// Annotations of a result that is certainly no awaitable.
const PLAIN_TYPES: [&str; 6] = ["None", "bool", "int", "float", "str", "bytes"];

impl Module<'_> {
    /// Whether an expression that is not called refers to a coroutine function: a name, an attribute, or
    /// `functools.partial` of one. A lambda is another function, whatever it returns.
    pub fn is_coroutine_function_reference(&self, node: Node) -> Answer {
        self.reference_within(node, DEPTH)
    }

    fn reference_within(&self, node: Node, depth: usize) -> Answer {
        let no = |reason: &str| Answer::No(reason.to_owned());
        if depth == 0 {
            return Answer::Unknown("it is assigned through too many names".to_owned());
        }
        match node.kind() {
            "parenthesized_expression" => match node.named_child(0) {
                Some(inner) => self.reference_within(inner, depth - 1),
                None => no("it is not a name"),
            },
            "identifier" | "attribute" => match self.symbols(node).as_slice() {
                [Symbol::Value(span)] if node.kind() == "identifier" => match self.node_at(*span) {
                    Some(value) if value.kind() == "call" => self.reference_within(value, depth - 1),
                    _ => no("it is the result of an expression"),
                },
                _ => self.makes_coroutine(node),
            },
            "call" => match self.partial_of(node) {
                Some(function) => self.reference_within(function, depth - 1),
                None => no("it is a call"),
            },
            _ => no("it is not a name"),
        }
    }

    /// The function of `functools.partial(function, …)`.
    pub(super) fn partial_of<'a>(&self, call: Node<'a>) -> Option<Node<'a>> {
        let function = call.child_by_field_name("function")?;
        let is_partial = self.resolves_to(function, &["functools.partial", "functools.partialmethod"]) == Answer::Yes;
        named_children(call.child_by_field_name("arguments")?).next().filter(|_| is_partial)
    }

    /// Whether the value of an expression can be iterated by `async for` and not by `for`.
    pub fn iterates_asynchronously(&self, node: Node) -> Answer {
        self.speaks_anywhere(node, &ITERATION)
    }

    /// Whether the value of an expression can be entered by `async with` and not by `with`.
    pub fn enters_asynchronously(&self, node: Node) -> Answer {
        self.speaks_anywhere(node, &ENTERING)
    }

    /// What the file says for certain, else what the project does.
    fn speaks_anywhere(&self, node: Node, protocol: &Protocol) -> Answer {
        let here = self.speaks(node, protocol, DEPTH);
        let is_tested = node.kind() == "identifier" && self.is_narrowed(node);
        let Some((inference, _)) = self.inference().filter(|_| here != Answer::Yes && !is_tested) else { return here };
        let ty = self.infer(node);
        let speaks = |part: &Type| match part {
            Type::Value(Kind::AsyncIterable | Kind::AsyncGenerator, _) => protocol.method == ITERATION.method,
            Type::Value(Kind::AsyncManager, _) => protocol.method == ENTERING.method,
            Type::Instance(class, _) => inference.speaks_only(*class, protocol.method, protocol.plain),
            _ => false,
        };
        if ty.parts().iter().all(speaks) { Answer::Yes } else { here }
    }

    fn speaks(&self, node: Node, protocol: &Protocol, depth: usize) -> Answer {
        let unknown = || Answer::Unknown(format!("it is not known what `{}` is", self.of(node)));
        if depth == 0 {
            return unknown();
        }
        match node.kind() {
            "parenthesized_expression" => {
                node.named_child(0).map_or_else(unknown, |inner| self.speaks(inner, protocol, depth - 1))
            }
            "call" => {
                let callees = node.child_by_field_name("function").map(|function| self.callees(function));
                Answer::all_of(callees.into_iter().flatten().map(|callee| self.result_speaks(&callee, protocol)))
            }
            "identifier" => self.name_speaks(node, protocol, depth),
            "attribute" | "await" => match self.instance_of(node, depth) {
                Some(instance) => self.instance_speaks(&instance, protocol),
                None => unknown(),
            },
            _ => Answer::No("it is not a name or a call".to_owned()),
        }
    }

    /// What a name is bound to has to agree; `None` is left out, since it speaks neither protocol.
    fn name_speaks(&self, name: Node, protocol: &Protocol, depth: usize) -> Answer {
        let unknown = || Answer::Unknown(format!("it is not known what `{}` is", self.of(name)));
        let Some(found) = self.lookup(self.of(name), name) else { return unknown() };
        if self.is_narrowed(name) {
            return Answer::Unknown(format!("a test narrows what `{}` is", self.of(name)));
        }
        let mut answers = Vec::new();
        for binding in found.bindings.iter().filter(|binding| !binding.typing_only) {
            answers.push(match &binding.kind {
                BindingKind::Value(span) => match self.node_at(*span) {
                    Some(value) if value.kind() == "none" => continue,
                    Some(value) => self.speaks(value, protocol, depth - 1),
                    None => unknown(),
                },
                BindingKind::Parameter(Some(annotation)) => self.annotation_speaks(*annotation, protocol),
                BindingKind::Other("it is unpacked from a value") => match self.instance_of(name, depth) {
                    Some(instance) => self.instance_speaks(&instance, protocol),
                    None => unknown(),
                },
                _ => unknown(),
            });
        }
        Answer::all_of(answers)
    }

    /// Whether the function around a name asks what kind of thing it is.
    fn is_narrowed(&self, name: Node) -> bool {
        let Some(function) = self.function_of(name) else { return false };
        let (text, name) = (self.of(function), self.of(name));
        ["isinstance", "hasattr", "isasyncgen", "callable"].iter().any(|test| {
            words(text, test).any(|at| {
                let rest = text[at + test.len()..].trim_start().strip_prefix('(').unwrap_or_default().trim_start();
                rest.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with([',', ')']))
            })
        })
    }

    fn annotation_speaks(&self, annotation: Span, protocol: &Protocol) -> Answer {
        let unknown = || Answer::Unknown(format!("it is annotated as `{}`", self.slice(annotation)));
        let Some(node) = self.node_at(annotation) else { return unknown() };
        let mut inner = if node.kind() == "type" { node.named_child(0).unwrap_or(node) } else { node };
        if inner.kind() == "generic_type" || inner.kind() == "subscript" {
            inner = inner.named_child(0).unwrap_or(inner);
        }
        Answer::all_of(self.symbols(inner).iter().map(|symbol| match symbol {
            Symbol::Path(path) if (protocol.types)().contains(path) || (protocol.makers)().contains(path) => {
                Answer::Yes
            }
            Symbol::Definition(class) if self.is_class(*class) => self.class_speaks(*class, protocol),
            _ => unknown(),
        }))
    }

    fn instance_speaks(&self, instance: &Instance, protocol: &Protocol) -> Answer {
        match instance {
            Instance::Of(class) => self.class_speaks(*class, protocol),
            Instance::Standard(path) if (protocol.makers)().contains(path) => Answer::Yes,
            Instance::Standard(path) => Answer::No(format!("`{path}` has no `{}`", protocol.method)),
            Instance::Class(class) => Answer::No(format!("it is the class `{}`", self.name_of(*class))),
        }
    }

    /// Whether a class of this file has the asynchronous method and, for certain, none of the plain ones.
    fn class_speaks(&self, class: u32, protocol: &Protocol) -> Answer {
        let name = self.name_of(class);
        if let Some(doubt) = self.class_doubt(class) {
            return Answer::Unknown(doubt);
        }
        match self.method(class, protocol.method) {
            Ok(Some(_)) => {}
            Ok(None) => return Answer::No(format!("`{name}` has no `{}`", protocol.method)),
            Err(reason) => return Answer::Unknown(reason),
        }
        for plain in protocol.plain {
            match self.method(class, plain) {
                Ok(None) => {}
                Ok(Some(_)) => return Answer::No(format!("`{name}` has `{plain}` as well")),
                Err(reason) => return Answer::Unknown(reason),
            }
        }
        Answer::Yes
    }

    fn result_speaks(&self, callee: &Callee, protocol: &Protocol) -> Answer {
        match callee {
            Callee::Block(block, _) if self.is_class(*block) => self.class_speaks(*block, protocol),
            Callee::Block(block, _) => self.function_result_speaks(*block, protocol),
            Callee::Path(path) if (protocol.makers)().contains(path) => Answer::Yes,
            Callee::Path(path) => Answer::No(format!("`{path}` is not known to give such a thing")),
            Callee::Other(reason) => Answer::No(reason.clone()),
            Callee::Unknown(reason) => Answer::Unknown(reason.clone()),
        }
    }

    fn function_result_speaks(&self, block: u32, protocol: &Protocol) -> Answer {
        let name = self.name_of(block);
        let Some(definition) = self.definition(block) else {
            return Answer::Unknown(format!("`{name}` could not be parsed"));
        };
        let is_async = self.outline.blocks[block as usize].kind == BlockKind::Function { is_async: true };
        let mut is_factory = false;
        for decorator in self.decorators_of(definition) {
            let is_wanted =
                |path| decorator.named_child(0).is_some_and(|it| self.resolves_to(it, &[path]) == Answer::Yes);
            if protocol.factory.is_some_and(is_wanted) && !is_factory {
                is_factory = true;
            } else if self.keeps_awaitable(decorator) != Answer::Yes {
                return self.keeps_awaitable(decorator);
            }
        }
        if is_factory {
            return Answer::Yes;
        }
        if protocol.factory.is_none() && is_async && self.is_generator(definition) {
            return Answer::Yes;
        }
        match definition.child_by_field_name("return_type") {
            Some(annotation) if !is_async && !self.is_generator(definition) => {
                match self.annotation_speaks(crate::syntax::span(annotation), protocol) {
                    Answer::Yes => Answer::Yes,
                    _ => Answer::No(format!("`{name}` is a plain function")),
                }
            }
            _ => Answer::No(format!("`{name}` is no such function")),
        }
    }

    /// What an expression that is called may refer to; a method is found through what its receiver is an instance of.
    pub(super) fn callees(&self, function: Node) -> Vec<Callee> {
        let symbols = self.symbols(function);
        let is_object = |symbol: &Symbol| matches!(symbol, Symbol::Value(_) | Symbol::Other(_));
        if function.kind() == "attribute" && symbols.iter().all(is_object) {
            return vec![self.method_called(function)];
        }
        let through_class = function.kind() == "attribute";
        let callee = |symbol| match symbol {
            Symbol::Definition(block) => Callee::Block(block, through_class && self.is_decorated(block, "classmethod")),
            Symbol::Path(path) | Symbol::Builtin(path) => Callee::Path(path),
            Symbol::Value(_) => Callee::Other("it is the result of an expression".to_owned()),
            Symbol::Other(reason) => Callee::Other(reason),
            Symbol::Unknown(reason) => Callee::Unknown(reason),
        };
        symbols.into_iter().map(callee).collect()
    }

    fn method_called(&self, function: Node) -> Callee {
        let (Some(receiver), Some(name)) =
            (function.child_by_field_name("object"), function.child_by_field_name("attribute"))
        else {
            return Callee::Other("it is not a method".to_owned());
        };
        let name = self.of(name);
        let (class, is_instance) = match self.instance_of(receiver, DEPTH) {
            Some(Instance::Standard(class)) => return Callee::Path(format!("{class}.{name}")),
            Some(Instance::Of(class)) => (class, true),
            Some(Instance::Class(class)) => (class, false),
            None => return Callee::Other(format!("it is not known what `{}` is", self.of(receiver))),
        };
        match self.method(class, name) {
            Ok(Some(method)) => match self.replaced_elsewhere(class, name).or_else(|| self.overridden(class, name)) {
                Some(Answer::Unknown(reason) | Answer::No(reason)) => Callee::Unknown(reason),
                _ => {
                    let is_bound = is_instance || self.is_decorated(method, "classmethod");
                    Callee::Block(method, is_bound && !self.is_decorated(method, "staticmethod"))
                }
            },
            Ok(None) => Callee::Other(format!("`{}` has no method `{name}`", self.name_of(class))),
            Err(reason) => Callee::Unknown(reason),
        }
    }

    /// Why a method may be another one on an instance: a subclass in this file has one of its name, or a string names it,
    /// as those do that replace it in a test.
    fn overridden(&self, class: u32, name: &str) -> Option<Answer> {
        let mut blocks = (0..self.outline.blocks.len() as u32).filter(|&block| self.name_of(block) == name);
        let overrides = blocks.any(|block| {
            let owner = self.outline.blocks[block as usize].parent.filter(|owner| self.is_class(*owner));
            owner.is_some_and(|owner| owner != class && self.derives(owner, class, DEPTH))
        });
        let in_string = words(self.text, name).any(|at| {
            let strings = &self.outline.strings;
            let before = strings.partition_point(|string| string.start <= at);
            let quote = |byte: Option<&u8>| matches!(byte, Some(b'"' | b'\'' | b'.'));
            let bytes = self.text.as_bytes();
            before.checked_sub(1).is_some_and(|index| strings[index].contains(at))
                && quote(bytes.get(at.wrapping_sub(1)))
                && matches!(bytes.get(at + name.len()), Some(b'"' | b'\''))
        });
        let reason = match (overrides, in_string) {
            (true, _) => format!("a subclass has a `{name}` of its own"),
            (_, true) => format!("a string names `{name}`, which may replace it"),
            _ => return None,
        };
        Some(Answer::Unknown(reason))
    }

    /// Whether a call is certain to give something that cannot be awaited.
    pub fn is_not_awaitable(&self, call: Node) -> Answer {
        let here = self.is_not_awaitable_here(call);
        let Some((inference, own)) = self.inference().filter(|_| matches!(here, Answer::Unknown(_))) else {
            return here;
        };
        let function = call.child_by_field_name("function").map(|function| self.infer(function));
        let is_declared = match function.as_ref().and_then(|ty| inference.function_of_type(ty)) {
            // What a function of this file does is told by its body.
            Some(function) => function.definition.module != own && inference.is_declared_plain(function),
            None => false,
        };
        if is_declared { Answer::Yes } else { here }
    }

    fn is_not_awaitable_here(&self, call: Node) -> Answer {
        let Some(function) = call.child_by_field_name("function") else {
            return Answer::No("it is not a call".to_owned());
        };
        Answer::all_of(self.callees(function).iter().map(|callee| match callee {
            Callee::Path(path) if standard().protocols.not_awaitable.contains(path) => Answer::Yes,
            Callee::Path(path) => Answer::No(format!("it is not known what `{path}` gives")),
            Callee::Block(block, _) if self.is_class(*block) => self.instances_lack_await(*block),
            Callee::Block(block, is_bound) => self.function_result_is_plain(*block, *is_bound),
            Callee::Other(reason) => Answer::No(reason.clone()),
            Callee::Unknown(reason) => Answer::Unknown(reason.clone()),
        }))
    }

    fn instances_lack_await(&self, class: u32) -> Answer {
        if let Some(doubt) = self.class_doubt(class) {
            return Answer::Unknown(doubt);
        }
        match self.method(class, "__await__") {
            Ok(None) => Answer::Yes,
            Ok(Some(_)) => Answer::No(format!("`{}` can be awaited", self.name_of(class))),
            Err(reason) => Answer::Unknown(reason),
        }
    }

    /// Whether a function is a plain, undecorated one all of whose results are of a plain kind. One that does nothing may
    /// be there for a subclass to fill in.
    fn function_result_is_plain(&self, block: u32, is_method: bool) -> Answer {
        let name = self.name_of(block);
        let is_asynchronous =
            [ITERATION, ENTERING].iter().any(|it| self.function_result_speaks(block, it) == Answer::Yes);
        if is_asynchronous && self.outline.blocks[block as usize].kind == (BlockKind::Function { is_async: true }) {
            return Answer::Yes;
        }
        if self.outline.blocks[block as usize].kind != (BlockKind::Function { is_async: false }) {
            return Answer::No(format!("`{name}` is a coroutine function"));
        }
        let Some(definition) = self.definition(block) else {
            return Answer::Unknown(format!("`{name}` could not be parsed"));
        };
        let is_plain_decorator = |decorator: &Node| {
            matches!(self.of(*decorator).trim_start_matches('@').trim(), "staticmethod" | "classmethod")
        };
        if !self.decorators_of(definition).iter().all(is_plain_decorator) || self.is_generator(definition) {
            return Answer::Unknown(format!("`{name}` is a generator or decorated"));
        }
        if is_method && self.does_nothing(definition) {
            return Answer::Unknown(format!("`{name}` does nothing, and a subclass may"));
        }
        let promised = match definition.child_by_field_name("return_type") {
            Some(annotation) if PLAIN_TYPES.contains(&self.of(annotation)) => true,
            Some(_) => return Answer::Unknown(format!("the annotation of `{name}` may be that of an awaitable")),
            None => false,
        };
        let returned = self.returned_by(definition);
        match returned.into_iter().find(|value| !self.is_plain_value(*value, promised)) {
            Some(value) => Answer::Unknown(format!("`{name}` returns `{}`", self.of(value))),
            None => Answer::Yes,
        }
    }

    /// Whether the body of a function is `pass`, `...`, a docstring, or raises at once.
    fn does_nothing(&self, definition: Node) -> bool {
        let Some(body) = definition.child_by_field_name("body") else { return true };
        named_children(body).all(|statement| {
            let inner = statement.named_child(0).map_or("", |child| child.kind());
            matches!(statement.kind(), "pass_statement" | "raise_statement")
                || statement.kind() == "expression_statement" && matches!(inner, "string" | "ellipsis")
                || statement.kind() == "return_statement" && matches!(inner, "" | "none")
        })
    }

    /// The expressions that a function returns, nested functions left out.
    fn returned_by<'a>(&self, definition: Node<'a>) -> Vec<Node<'a>> {
        let mut found = Vec::new();
        let mut stack: Vec<Node> = definition.child_by_field_name("body").into_iter().collect();
        while let Some(node) = stack.pop() {
            match node.kind() {
                "return_statement" => found.extend(named_children(node)),
                "function_definition" | "lambda" | "class_definition" => {}
                _ => stack.extend(named_children(node)),
            }
        }
        found
    }

    /// Whether a value cannot be awaited, by its syntax alone; where the annotation promises a plain type, names and calls of
    /// anything but a coroutine function are believed as well.
    fn is_plain_value(&self, value: Node, promised: bool) -> bool {
        match value.kind() {
            "none"
            | "true"
            | "false"
            | "integer"
            | "float"
            | "string"
            | "concatenated_string"
            | "list"
            | "tuple"
            | "dictionary"
            | "set"
            | "list_comprehension"
            | "dictionary_comprehension"
            | "set_comprehension"
            | "comparison_operator"
            | "not_operator"
            | "expression_list" => true,
            "parenthesized_expression" | "boolean_operator" | "conditional_expression" => {
                named_children(value).all(|part| self.is_plain_value(part, promised))
            }
            "identifier" | "attribute" | "subscript" | "binary_operator" | "unary_operator" => promised,
            "call" => {
                self.is_builtin_result(value) || promised && matches!(self.returns_awaitable(value), Answer::No(_))
            }
            _ => false,
        }
    }

    fn is_builtin_result(&self, call: Node) -> bool {
        let callees = call.child_by_field_name("function").map(|function| self.callees(function)).unwrap_or_default();
        !callees.is_empty()
            && callees
                .iter()
                .all(|callee| matches!(callee, Callee::Path(path) if standard().protocols.not_awaitable.contains(path)))
    }
}
