//! What an annotation says that a value is.

use crate::outline::BlockKind;
use crate::project::expression::Expression;
use crate::project::inference::{Inference, Names, Place, Source};
use crate::project::linked::Definition;
use crate::project::types::{Kind, Type};
use std::rc::Rc;

/// How many aliases are followed.
const HOPS: usize = 8;

impl Inference<'_> {
    /// The type that an annotation stands for.
    pub fn annotated(&self, annotation: &Expression, names: &dyn Names) -> Type {
        self.annotation(annotation, names, HOPS)
    }

    /// What a plain function gives that is annotated to return something.
    pub(super) fn handed_out(&self, annotation: &Expression, names: &dyn Names) -> Type {
        self.held(annotation, names, HOPS)
    }

    fn annotation(&self, annotation: &Expression, names: &dyn Names, hops: usize) -> Type {
        if hops == 0 {
            return Type::unknown("its annotation is an alias of an alias of …");
        }
        match annotation {
            Expression::None => Type::None,
            Expression::String(text) => {
                let inner = Expression::parse(text.trim());
                // A string inside a string is no annotation.
                if matches!(inner, Expression::String(_)) {
                    return Type::unknown("its annotation is a string in a string");
                }
                self.annotation(&inner, names, hops - 1)
            }
            Expression::Either(left, right) => {
                Type::join([self.annotation(left, names, hops), self.annotation(right, names, hops)])
            }
            Expression::Name(name, _) => {
                let sources = names.sources(self, name);
                if sources.is_empty() {
                    if self.is_type_parameter(names.place(), name) {
                        return Type::variable(name);
                    }
                    return self.named(&format!("builtins.{name}"), &[], names, hops);
                }
                Type::join(sources.into_iter().map(|source| self.annotation_source(source, &[], names, hops)))
            }
            Expression::Attribute(..) => match self.infer(annotation, names) {
                Type::Class(definition, _) => self.annotation_source(Source::Block(definition), &[], names, hops),
                Type::Missing(from, path) => self.annotation_source(Source::Missing(from, path), &[], names, hops),
                _ => match self.attribute_source(annotation, names) {
                    Some(source) => self.annotation_source(source, &[], names, hops),
                    None => Type::unknown("its annotation is not followed"),
                },
            },
            Expression::Subscript(base, arguments) => {
                let source = match &**base {
                    Expression::Name(name, _) => {
                        let mut sources = names.sources(self, name);
                        if sources.is_empty() {
                            return self.named(&format!("builtins.{name}"), arguments, names, hops);
                        }
                        (sources.len() == 1).then(|| sources.remove(0))
                    }
                    _ => match self.infer(base, names) {
                        Type::Class(definition, _) => Some(Source::Block(definition)),
                        Type::Missing(from, path) => Some(Source::Missing(from, path)),
                        _ => self.attribute_source(base, names),
                    },
                };
                match source {
                    Some(source) => self.annotation_source(source, arguments, names, hops),
                    None => Type::unknown("its annotation is not followed"),
                }
            }
            _ => Type::unknown("its annotation is not followed"),
        }
    }

    /// What `module.name` refers to, where `module` is one.
    fn attribute_source(&self, expression: &Expression, names: &dyn Names) -> Option<Source> {
        let Expression::Attribute(object, name) = expression else { return None };
        let Type::Module(module) = self.infer(object, names) else { return None };
        let mut sources = self.sources_in(module, None, name, 1);
        if sources.len() == 1 { sources.pop() } else { None }
    }

    /// What a source stands for in an annotation, given type arguments.
    fn annotation_source(&self, source: Source, arguments: &[Expression], names: &dyn Names, hops: usize) -> Type {
        match source {
            Source::Missing(from, path) => self.named(&self.project.absolute(from, &path), arguments, names, hops),
            Source::Block(definition) => {
                let entry = self.entry(definition.module);
                if entry.summary.blocks[definition.block as usize].kind != BlockKind::Class {
                    let path = self.path(definition);
                    return self.named(&path, arguments, names, hops);
                }
                let path = self.path(definition);
                if let Some(special) = self.special(&path, arguments, names, hops) {
                    return special;
                }
                if let Some(protocol) = self.callable_protocol(definition) {
                    return protocol;
                }
                let arguments: Vec<Type> =
                    arguments.iter().map(|argument| self.held(argument, names, hops - 1)).collect();
                Type::Instance(definition, arguments.into())
            }
            Source::Fact(module, fact) => {
                let entry = self.entry(module);
                let place = Place { module, block: entry.summary.facts[fact as usize].block };
                match &entry.fact(fact).value {
                    Some(Expression::Call(function, _, named)) => {
                        let made = function.dotted().unwrap_or_default();
                        let made = made.rsplit('.').next().unwrap_or_default();
                        let bound = named.iter().find(|(name, _)| &**name == "bound").map(|(_, bound)| bound);
                        match (made, bound) {
                            ("TypeVar", Some(bound)) => self.annotation(bound, &place, hops - 1),
                            ("TypeVar", None) => {
                                Type::variable(entry.summary.slice(entry.summary.facts[fact as usize].name))
                            }
                            ("ParamSpec", None) => Type::unknown("its annotation is a parameter specification"),
                            _ => Type::unknown("its annotation is made at run time"),
                        }
                    }
                    Some(value) => self.annotation(value, &place, hops - 1),
                    None => Type::unknown("its annotation is not followed"),
                }
            }
            Source::Unknown(reason) => Type::Unknown(reason),
            Source::Parameter(..) | Source::Module(_) => Type::unknown("its annotation is no class"),
        }
    }

    /// The type of something that others get from what is annotated: None is a value to them that nobody can await.
    fn held(&self, annotation: &Expression, names: &dyn Names, hops: usize) -> Type {
        let ty = self.annotation(annotation, names, hops);
        let is_awaitable = |part: &Type| matches!(part, Type::Coroutine(_) | Type::Awaitable(_) | Type::Future(_));
        match ty.parts().iter().any(is_awaitable) && allows_none(annotation) {
            true => Type::join([ty, Type::plain()]),
            false => ty,
        }
    }

    /// A protocol whose only point is `__call__` stands for a callable.
    fn callable_protocol(&self, definition: Definition) -> Option<Type> {
        let entry = self.entry(definition.module);
        let bases = &entry.head(definition.block).bases;
        let is_protocol = bases.iter().any(|base| {
            let base = if let Expression::Subscript(base, _) = base { base } else { base };
            base.dotted().is_some_and(|name| name.rsplit('.').next() == Some("Protocol"))
        });
        if !is_protocol || entry.locals(Some(definition.block), "__call__").is_empty() {
            return None;
        }
        let call = self.member(definition, "__call__", false);
        Some(Type::Callable(Rc::new(self.called(&call))))
    }

    /// A name of `typing`, of the builtins, or of something that cannot be read.
    fn named(&self, path: &str, arguments: &[Expression], names: &dyn Names, hops: usize) -> Type {
        if let Some(special) = self.special(path, arguments, names, hops) {
            return special;
        }
        match path.split('.').next() {
            Some("builtins") => Type::plain(),
            _ if self.is_standard(path) => {
                Type::value(Kind::Plain, vec![Type::Missing(names.place().module, path.into())])
            }
            _ => {
                let reason = format!("its annotation `{path}` cannot be read");
                Type::Foreign(reason.into(), format!("{path}()").into())
            }
        }
    }

    /// The names that mean something to us.
    fn special(&self, path: &str, arguments: &[Expression], names: &dyn Names, hops: usize) -> Option<Type> {
        let (module, name) = path.rsplit_once('.').unwrap_or(("", path));
        let known =
            ["typing", "typing_extensions", "collections.abc", "builtins", "contextlib", "asyncio", "collections"];
        let known =
            known.contains(&module) || matches!(module, "types" | "_typeshed" | "asyncio.tasks" | "asyncio.futures");
        if !known {
            return None;
        }
        let argument = |at: usize| match arguments.get(at) {
            Some(argument) => self.annotation(argument, names, hops - 1),
            None => Type::unknown("what it holds is not told"),
        };
        let unknown = || Some(Type::unknown("its annotation allows anything"));
        let value = |kind: Kind, parts: Vec<Type>| Some(Type::value(kind, parts));
        match name {
            "Optional" | "Annotated" | "ClassVar" | "Final" | "Required" | "NotRequired" | "ReadOnly" | "InitVar" => {
                Some(argument(0))
            }
            "Union" => Some(Type::join(arguments.iter().map(|argument| self.annotation(argument, names, hops - 1)))),
            "Any" | "object" | "TypeVar" | "ParamSpec" | "Unpack" | "Concatenate" => unknown(),
            "Self" => {
                let place = names.place();
                let class = self.entry(place.module).class_around(place.block)?;
                Some(Type::Instance(Definition { module: place.module, block: class }, Rc::new([])))
            }
            "Type" | "type" if !arguments.is_empty() => match argument(0) {
                Type::Instance(class, arguments) => Some(Type::Class(class, arguments)),
                other if other.as_variable().is_some() => other.as_variable().map(Type::class_of_variable),
                other => Some(Type::unknown(format!("it is the class of {}", self.describe(&other)))),
            },
            "Awaitable" => Some(Type::Awaitable(Rc::new(argument(0)))),
            "Future" | "Task" => Some(Type::Future(Rc::new(argument(0)))),
            "Coroutine" | "CoroutineType" => Some(Type::Coroutine(Rc::new(argument(2)))),
            "Callable" if arguments.len() == 2 => {
                Some(Type::Callable(Rc::new(self.held(&arguments[1], names, hops - 1))))
            }
            "Callable" => Some(Type::Callable(Rc::new(Type::unknown("what the callable gives is not told")))),
            "List" | "list" | "Set" | "set" | "FrozenSet" | "frozenset" | "Sequence" | "MutableSequence"
            | "Iterable" | "Iterator" | "Collection" | "AbstractSet" | "MutableSet" | "Deque" | "deque"
            | "Reversible" | "KeysView" | "ValuesView" => value(Kind::Iterable, vec![argument(0)]),
            "Generator" => value(Kind::Iterable, vec![argument(0), argument(2)]),
            "Tuple" | "tuple" => match arguments {
                [of, Expression::Ellipsis] => value(Kind::Iterable, vec![self.annotation(of, names, hops - 1)]),
                [] => value(Kind::Iterable, vec![]),
                all => value(Kind::Tuple, all.iter().map(|each| self.annotation(each, names, hops - 1)).collect()),
            },
            "Dict" | "dict" | "Mapping" | "MutableMapping" | "DefaultDict" | "defaultdict" | "OrderedDict"
            | "ChainMap" | "MappingProxyType" => value(Kind::Mapping, vec![argument(0), argument(1)]),
            "AsyncIterator" | "AsyncIterable" => value(Kind::AsyncIterable, vec![argument(0)]),
            "AsyncGenerator" | "AsyncGeneratorType" => value(Kind::AsyncGenerator, vec![argument(0)]),
            "ContextManager" | "AbstractContextManager" => value(Kind::Manager, vec![argument(0)]),
            "AsyncContextManager" | "AbstractAsyncContextManager" | "aclosing" => {
                value(Kind::AsyncManager, vec![argument(0)])
            }
            "Literal" | "LiteralString" | "NoReturn" | "Never" | "TypeGuard" | "TypeIs" => Some(Type::plain()),
            _ if module == "builtins" => Some(Type::plain()),
            _ => None,
        }
    }
}

/// Whether an annotation has None for an alternative.
fn allows_none(annotation: &Expression) -> bool {
    match annotation {
        Expression::None => true,
        Expression::Either(left, right) => allows_none(left) || allows_none(right),
        Expression::Subscript(base, parts) => match base.dotted().as_deref().and_then(|base| base.rsplit('.').next()) {
            Some("Optional") => true,
            Some("Union") => parts.iter().any(allows_none),
            _ => false,
        },
        _ => false,
    }
}
