//! Whether a call gives, for certain, nothing that can be awaited.
//!
//! In: a call. Out: yes where all that it may call is known, stands for itself, and gives something plain: a class
//! without `__await__`, an asynchronous generator, a function of this file whose body shows what it returns, or one from
//! elsewhere that is declared so or returns nothing else. What a subclass, an assignment or a string may replace is
//! unknown, and so is a method that does nothing: a subclass may.

use crate::outline::BlockKind;
use crate::project::elements::FILLING;
use crate::project::expression::Expression;
use crate::project::flow::Around;
use crate::project::inference::{Inference, Names, Place};
use crate::project::layout::ModuleId;
use crate::project::linked::{Definition, Origin};
use crate::project::scopes::BindingKind;
use crate::project::standard::standard;
use crate::project::types::{Function, Kind, Type};
use crate::project::{Answer, Module};
use crate::summary::FactKind;
use crate::syntax::{self, named_children};
use crate::text::{Span, words};
use tree_sitter::Node;

/// Annotations of a result that is certainly no awaitable.
const PLAIN_TYPES: [&str; 6] = ["None", "bool", "int", "float", "str", "bytes"];

impl Module<'_> {
    /// Whether a call is certain to give something that cannot be awaited.
    pub fn is_not_awaitable(&self, call: Node) -> Answer {
        let Some((inference, _)) = self.inference() else { return Answer::alone() };
        let Some(function) = call.child_by_field_name("function") else {
            return Answer::No("it is not a call".to_owned());
        };
        if self.is_meant_to_fail(call) {
            return Answer::Unknown("its error is waited for".to_owned());
        }
        let callee = self.infer(function);
        Answer::all_of(callee.parts().iter().map(|part| self.gives_no_awaitable(inference, function, part)))
    }

    /// Whether calling a type, which is what `node` is, gives nothing to await.
    fn gives_no_awaitable(&self, inference: &Inference, node: Node, callee: &Type) -> Answer {
        if inference.is_listed_as_plain(callee) {
            return Answer::Yes;
        }
        match callee {
            Type::Class(class, _) => inference.instances_lack_await(*class),
            Type::Function(function) => match self.function_gives_no_awaitable(inference, function) {
                Answer::Yes => self.replaced(inference, function).map_or(Answer::Yes, Answer::Unknown),
                other => other,
            },
            Type::Callable(_) if self.fills_container(node) => Answer::Yes,
            // What the standard library makes of a generator function.
            Type::Callable(result) if matches!(**result, Type::Value(Kind::AsyncManager, _)) => {
                match self.names_definition(inference, node) {
                    true => Answer::Yes,
                    false => Answer::Unknown("it is only declared to give a context manager".to_owned()),
                }
            }
            Type::Unknown(reason) | Type::Foreign(reason, _) => Answer::Unknown(reason.to_string()),
            other => Answer::No(format!("it is not known what calling {} gives", inference.describe(other))),
        }
    }

    fn function_gives_no_awaitable(&self, inference: &Inference, function: &Function) -> Answer {
        let Definition { module, block } = function.definition;
        let path = || inference.path(function.definition);
        if matches!(inference.result(function), Type::Value(Kind::AsyncGenerator, _)) {
            return Answer::Yes;
        }
        let entry = inference.entry(module);
        let of = &entry.summary.blocks[block as usize];
        if of.kind != (BlockKind::Function { is_async: false }) {
            return Answer::No(format!("`{}` is a coroutine function", path()));
        }
        // A stub has no bodies, and the table of the standard library is one.
        let is_stub = entry.origin == Origin::Library || entry.path.ends_with(".pyi");
        if function.receiver.is_some() && of.is_empty && !is_stub {
            return Answer::Unknown(format!("`{}` does nothing, and a subclass may", path()));
        }
        let is_plain = match self.inference() {
            Some((_, own)) if own == module => self.body_is_plain(inference, block, function.receiver.is_some()),
            // The body of a method elsewhere is not at hand, and it may be there for a subclass.
            _ => {
                inference.is_declared_plain(function)
                    || function.receiver.is_none() && inference.returns_plainly(function.definition)
            }
        };
        if is_plain { Answer::Yes } else { Answer::Unknown(format!("`{}` may give an awaitable", path())) }
    }

    /// Whether the body of a plain function of this file returns nothing that can be awaited, whatever is declared.
    fn body_is_plain(&self, inference: &Inference, block: u32, is_method: bool) -> bool {
        let (Some(definition), Some((_, id))) = (self.definition(block), self.inference()) else { return false };
        if is_method && does_nothing(definition) {
            return false;
        }
        let is_decorated =
            definition.parent().filter(|outer| outer.kind() == "decorated_definition").is_some_and(|outer| {
                let mut decorators = named_children(outer).filter(|child| child.kind() == "decorator");
                decorators.any(|decorator| {
                    !matches!(self.of(decorator).trim_start_matches('@').trim(), "staticmethod" | "classmethod")
                })
            });
        if is_decorated || self.is_generator(definition) {
            return false;
        }
        let annotation = definition.child_by_field_name("return_type");
        if annotation.is_some_and(|annotation| !PLAIN_TYPES.contains(&self.of(annotation))) {
            return false;
        }
        returned_by(definition).into_iter().all(|value| {
            let names = Around { module: self, id, at: value.start_byte() };
            inference.is_plain_value(&Expression::of(value, self.text), &names, annotation.is_some())
        })
    }

    /// Whether what is called is `append` of a list, or another of a builtin container's methods that give None.
    fn fills_container(&self, function: Node) -> bool {
        let (Some(object), Some(name)) =
            (function.child_by_field_name("object"), function.child_by_field_name("attribute"))
        else {
            return false;
        };
        let is_container = |part: &Type| matches!(part, Type::Value(Kind::Iterable | Kind::Mapping, _));
        FILLING.contains(&self.of(name)) && self.infer(object).parts().iter().all(is_container)
    }

    /// Why a method may be another one on an instance: a subclass has its own, something is assigned to its name, or a
    /// string names it, as those do that replace it in a test.
    fn replaced(&self, inference: &Inference, function: &Function) -> Option<String> {
        function.receiver.as_ref()?;
        let entry = inference.entry(function.definition.module);
        let name = entry.summary.name_of(function.definition.block);
        if let Some(reason) = inference.override_of(function) {
            return Some(reason);
        }
        let (_, own) = self.inference()?;
        [own, function.definition.module]
            .into_iter()
            .find_map(|module| inference.assigned_to(module, name, function))
            .or_else(|| self.is_named_by_string(name).then(|| format!("a string names `{name}`, which may replace it")))
    }

    /// Whether a string ends a dotted path with the name, or is the name and an argument behind another: `setattr(x, "name", …)`.
    fn is_named_by_string(&self, name: &str) -> bool {
        words(self.text, name).any(|at| {
            let strings = &self.outline.strings;
            let before = strings.partition_point(|string| string.start <= at);
            let Some(string) = before.checked_sub(1).map(|index| strings[index]).filter(|it| it.contains(at)) else {
                return false;
            };
            let bytes = self.text.as_bytes();
            let ends = matches!(bytes.get(at + name.len()), Some(b'"' | b'\''));
            match bytes.get(at.wrapping_sub(1)) {
                Some(b'.') => ends,
                Some(b'"' | b'\'') => ends && self.is_later_argument(string),
                _ => false,
            }
        })
    }

    fn is_later_argument(&self, string: Span) -> bool {
        let Some(node) = self.node_at(string) else { return true };
        let node = syntax::ancestors(node).take_while(|outer| syntax::span(*outer) == string).last().unwrap_or(node);
        let list = node.parent().filter(|outer| outer.kind() == "argument_list");
        list.is_some_and(|list| named_children(list).next() != Some(node))
    }

    /// Whether what is called is a function by its `def`, and no parameter or variable that is declared to be like one.
    fn names_definition(&self, inference: &Inference, function: Node) -> bool {
        match function.kind() {
            "identifier" => self.lookup(self.of(function), function).is_some_and(|found| {
                let is_definition =
                    |kind: &BindingKind| matches!(kind, BindingKind::Definition(_) | BindingKind::Import(_));
                found.bindings.iter().all(|binding| is_definition(&binding.kind))
            }),
            "attribute" => {
                let (Some(object), Some(name)) =
                    (function.child_by_field_name("object"), function.child_by_field_name("attribute"))
                else {
                    return false;
                };
                match self.infer(object) {
                    Type::Instance(class, _) | Type::Class(class, _) => inference.defines(class, self.of(name)),
                    Type::Module(_) => true,
                    _ => false,
                }
            }
            _ => false,
        }
    }
}

impl Inference<'_> {
    /// Whether a class or a function is one of the table's, whose result nobody can await.
    fn is_listed_as_plain(&self, callee: &Type) -> bool {
        self.path_of(callee).is_some_and(|path| {
            standard().protocols.not_awaitable.contains(path.strip_prefix("builtins.").unwrap_or(&path))
        })
    }

    /// Whether the instances of a class, and of all that inherit from it, have no `__await__`.
    pub(super) fn instances_lack_await(&self, class: Definition) -> Answer {
        if let Some(doubt) = self.class_doubt(class) {
            return Answer::Unknown(doubt);
        }
        if self.declares(class, "__await__") {
            return Answer::No(format!("`{}` can be awaited", self.path(class)));
        }
        match self.overrides(class, "__await__").first() {
            Some(other) => Answer::Unknown(format!("a subclass can be awaited ({})", self.location(*other))),
            None => Answer::Yes,
        }
    }

    /// Whether a plain function without a decorator or an annotation returns what is plain by its syntax, or nothing.
    fn returns_plainly(&self, function: Definition) -> bool {
        let entry = self.entry(function.module);
        let block = &entry.summary.blocks[function.block as usize];
        if entry.origin == Origin::Library
            || entry.path.ends_with(".pyi")
            || block.decorators > 0
            || block.is_generator
            || block.is_empty
            || entry.head(function.block).returns.is_some()
        {
            return false;
        }
        let place = Place { module: function.module, block: Some(function.block) };
        let facts = entry.summary.facts.iter().enumerate();
        facts.filter(|(_, fact)| fact.block == Some(function.block)).all(|(at, fact)| match fact.kind {
            FactKind::Unclear => false,
            FactKind::Return => {
                let value = entry.fact(at as u32).value.as_ref();
                value.is_some_and(|value| self.is_plain_value(value, &place, false))
            }
            _ => true,
        })
    }

    /// Whether a value cannot be awaited, by its syntax alone; where the annotation promises a plain type, names and calls
    /// of anything but what is known to give an awaitable are believed as well.
    fn is_plain_value(&self, value: &Expression, names: &dyn Names, promised: bool) -> bool {
        match value {
            Expression::None
            | Expression::Literal(_)
            | Expression::Integer(_)
            | Expression::String(_)
            | Expression::List(_)
            | Expression::Tuple(_)
            | Expression::Set(_)
            | Expression::Dictionary(_) => true,
            Expression::Comprehension(kind, _) => *kind != "generator",
            Expression::OneOf(parts) => parts.iter().all(|part| self.is_plain_value(part, names, promised)),
            Expression::Call(function, ..) => {
                let is_awaitable =
                    |part: &Type| matches!(part, Type::Coroutine(_) | Type::Awaitable(_) | Type::Future(_));
                self.is_listed_as_plain(&self.infer(function, names))
                    || promised && !self.infer(value, names).parts().iter().any(is_awaitable)
            }
            Expression::Name(..)
            | Expression::Attribute(..)
            | Expression::Subscript(..)
            | Expression::Either(..)
            | Expression::Other("binary_operator") => promised,
            _ => false,
        }
    }

    /// Where a subclass of its receiver has a method of the same name.
    fn override_of(&self, function: &Function) -> Option<String> {
        let (Type::Instance(class, _) | Type::Class(class, _)) = function.receiver.as_ref()? else { return None };
        let entry = self.entry(function.definition.module);
        let name = entry.summary.name_of(function.definition.block);
        let other = *self.overrides(*class, name).first()?;
        Some(format!("`{}` overrides it ({})", self.path(other), self.location(other)))
    }

    /// Where a module assigns something to an attribute of a name: of an object that nobody knows, or of an instance of the
    /// receiver's class, of one above it or of one below.
    fn assigned_to(&self, module: ModuleId, name: &str, function: &Function) -> Option<String> {
        let (Type::Instance(receiver, _) | Type::Class(receiver, _)) = function.receiver.as_ref()? else { return None };
        let entry = self.entry(module);
        let is_relative = |block: Option<u32>| {
            entry.class_around(block).is_none_or(|block| {
                let class = Definition { module, block };
                self.inherits(class, *receiver) || self.inherits(*receiver, class)
            })
        };
        let found = entry.summary.facts.iter().find(|fact| {
            let is_named = entry.summary.slice(fact.name) == name;
            match fact.kind {
                FactKind::OtherAttribute => is_named,
                FactKind::Attribute => is_named && is_relative(fact.block),
                _ => false,
            }
        })?;
        Some(format!("something is assigned to `{name}` ({})", entry.place(found.row)))
    }
}

/// Whether the body of a function is `pass`, `...`, a docstring, `return None`, or raises at once.
fn does_nothing(definition: Node) -> bool {
    let Some(body) = definition.child_by_field_name("body") else { return true };
    named_children(body).all(|statement| {
        let inner = statement.named_child(0).map_or("", |child| child.kind());
        matches!(statement.kind(), "pass_statement" | "raise_statement")
            || statement.kind() == "expression_statement" && matches!(inner, "string" | "ellipsis")
            || statement.kind() == "return_statement" && matches!(inner, "" | "none")
    })
}

/// The expressions that a function returns, nested functions left out.
fn returned_by(definition: Node) -> Vec<Node> {
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
