//! Which protocol a value speaks: iterated or entered asynchronously, called for a coroutine.
//!
//! The inference says what the value is. A class with a base that cannot be read may speak any protocol; so may what an
//! unknown decorator or metaclass makes. All of that is unknown, and yes is only said of what Python is bound to refuse
//! the other way round.

use crate::project::inference::Inference;
use crate::project::linked::Definition;
use crate::project::members::maker;
use crate::project::names::Symbol;
use crate::project::standard::standard;
use crate::project::types::{Kind, Type};
use crate::project::{Answer, Module};
use crate::syntax::{ancestors, named_children};
use crate::text::{lines, words};
use std::collections::BTreeSet;
use tree_sitter::Node;

/// One of the two protocols that exist in an asynchronous and in a plain form.
struct Protocol {
    method: &'static str,
    plain: &'static [&'static str],
    kinds: &'static [Kind],
    /// What makes such a value, of the libraries that can hardly be read.
    makers: fn() -> &'static BTreeSet<String>,
}

const ITERATION: Protocol = Protocol {
    method: "__aiter__",
    plain: &["__iter__", "__getitem__"],
    kinds: &[Kind::AsyncIterable, Kind::AsyncGenerator],
    makers: || &standard().protocols.iterables,
};

const ENTERING: Protocol = Protocol {
    method: "__aenter__",
    plain: &["__enter__"],
    kinds: &[Kind::AsyncManager],
    makers: || &standard().protocols.managers,
};

/// How many names are followed from a reference to its function.
const DEPTH: usize = 5;

impl Module<'_> {
    /// Whether an expression that is not called refers to a coroutine function: a name, an attribute, or
    /// `functools.partial` of one. A lambda is another function, whatever it returns.
    pub fn is_coroutine_function_reference(&self, node: Node) -> Answer {
        if self.is_told_apart(node) {
            return Answer::Unknown("a test around it tells what is a coroutine function".to_owned());
        }
        if self.is_meant_to_fail(node) || self.is_asked_for(node) {
            return Answer::No("its error is waited for".to_owned());
        }
        self.reference_within(node, DEPTH)
    }

    /// Whether a statement that only names an attribute asks whether there is one: a handler around takes the error.
    fn is_asked_for(&self, node: Node) -> bool {
        let Some(statement) = node.parent().filter(|outer| outer.kind() == "expression_statement") else {
            return false;
        };
        let mut around = ancestors(statement).take_while(|outer| outer.kind() != "function_definition");
        around.any(|outer| {
            let mut handlers = named_children(outer).filter(|part| part.kind() == "except_clause");
            outer.kind() == "try_statement"
                && handlers.any(|handler| {
                    let head = lines(self.of(handler)).next().unwrap_or_default();
                    words(head, "AttributeError").next().is_some()
                })
        })
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

    /// Whether calling an expression makes a coroutine.
    fn makes_coroutine(&self, function: Node) -> Answer {
        let Some((inference, _)) = self.inference() else { return Answer::alone() };
        let callee = self.infer(function);
        let awaits = |part: &Type| matches!(part, Type::Instance(class, _) if inference.declares(*class, "__await__"));
        if callee.parts().iter().any(awaits) {
            return Answer::No("it can be awaited without a call".to_owned());
        }
        let result = inference.called(&callee);
        if let Some(reason) = result.parts().iter().find_map(Type::reason) {
            return Answer::Unknown(reason.to_string());
        }
        match result.parts().iter().all(|part| matches!(part, Type::Coroutine(_))) {
            true => Answer::Yes,
            false => Answer::No(format!("calling it gives {}", inference.describe(&result))),
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
        self.speaks(node, &ITERATION)
    }

    /// Whether the value of an expression can be entered by `async with` and not by `with`.
    pub fn enters_asynchronously(&self, node: Node) -> Answer {
        self.speaks(node, &ENTERING)
    }

    fn speaks(&self, node: Node, protocol: &Protocol) -> Answer {
        let Some((inference, _)) = self.inference() else { return Answer::alone() };
        if node.kind() == "identifier" && self.is_narrowed(node) {
            return Answer::Unknown(format!("a test narrows what `{}` is", self.of(node)));
        }
        if self.is_meant_to_fail(node) {
            return Answer::Unknown("its error is waited for".to_owned());
        }
        let ty = self.infer(node);
        Answer::all_of(ty.parts().iter().map(|part| inference.speaks(part, protocol)))
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
}

impl Inference<'_> {
    fn speaks(&self, ty: &Type, protocol: &Protocol) -> Answer {
        match ty {
            Type::Value(kind, _) if protocol.kinds.contains(kind) => Answer::Yes,
            Type::Instance(class, _) => self.class_speaks(*class, protocol),
            _ if maker(ty).is_some_and(|maker| (protocol.makers)().contains(maker)) => Answer::Yes,
            Type::Unknown(reason) | Type::Foreign(reason, _) => Answer::Unknown(reason.to_string()),
            other => Answer::No(format!("it is {}", self.describe(other))),
        }
    }

    /// Whether a class has the asynchronous method and, for certain, none of the plain ones, nor a subclass of it.
    fn class_speaks(&self, class: Definition, protocol: &Protocol) -> Answer {
        let path = self.path(class);
        if (protocol.makers)().contains(&path) {
            return Answer::Yes;
        }
        if let Some(doubt) = self.class_doubt(class) {
            return Answer::Unknown(doubt);
        }
        if !self.declares(class, protocol.method) {
            return Answer::No(format!("`{path}` has no `{}`", protocol.method));
        }
        for plain in protocol.plain {
            if self.declares(class, plain) {
                return Answer::No(format!("`{path}` has `{plain}` as well"));
            }
            if let Some(other) = self.overrides(class, plain).first() {
                return Answer::Unknown(format!("a subclass has `{plain}` ({})", self.location(*other)));
            }
        }
        Answer::Yes
    }
}
