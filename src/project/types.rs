//! What an expression can be: the [`Type`]s of the inference.
//!
//! As coarse as the pitfalls allow: a class and its type arguments, a function with its receiver, and the forms that an
//! awaitable takes. None of an alternative is left out, since using it would have failed; what disagrees is a union.

use crate::project::layout::ModuleId;
use crate::project::linked::Definition;
use crate::text::is_word;
use std::rc::Rc;

#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// Not to be known, and why, as a clause.
    Unknown(Rc<str>),
    /// Not to be known, and why, but the same as all else of this origin: what one call of it turns out to give, the
    /// others give too. The origin is a key and nothing to read.
    Foreign(Rc<str>, Rc<str>),
    None,
    Module(ModuleId),
    /// A dotted path into a module that cannot be read, as seen from a module.
    Missing(ModuleId, Rc<str>),
    Class(Definition, Rc<[Type]>),
    Instance(Definition, Rc<[Type]>),
    /// The rest of a class's method resolution order, behind the class itself.
    Super(Definition),
    Function(Rc<Function>),
    /// What the decorators of that name make of a function.
    Property(Rc<Type>),
    StaticMethod(Rc<Type>),
    ClassMethod(Rc<Type>),
    /// A value of a builtin kind.
    Value(Kind, Rc<[Type]>),
    /// A coroutine that has not started, and what awaiting it gives.
    Coroutine(Rc<Type>),
    /// Something to await that may have started, and what awaiting it gives.
    Awaitable(Rc<Type>),
    /// A future or a task, which runs by itself, and what awaiting it gives.
    Future(Rc<Type>),
    /// Something to call, and what calling it gives.
    Callable(Rc<Type>),
    Union(Rc<[Type]>),
}

/// A function, as far as its decorators leave it one.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    pub definition: Definition,
    /// What it is bound to.
    pub receiver: Option<Type>,
}

/// The builtin kinds that matter to iteration and context management; the arguments of the type are what they hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A string, a number, a set of bytes: no method of it gives an awaitable. An argument is the class that made it, of
    /// what is not in the table of the standard library.
    Plain,
    /// A list, a set, an iterator: what it holds.
    Iterable,
    Tuple,
    /// Keys and values.
    Mapping,
    AsyncIterable,
    AsyncGenerator,
    Manager,
    AsyncManager,
}

/// What a query that is part of its own answer gives.
pub const CYCLE: &str = "it is defined in terms of itself";

/// Longer chains of steps come from loops, and say nothing.
const LONGEST_ORIGIN: usize = 200;

/// How the origin of a type variable begins, and that of its class.
const VARIABLE: char = '$';
const CLASS_OF_VARIABLE: &str = "$type ";
const VARIABLE_REASON: &str = "its annotation is a type variable";

/// How the reason ends where a class that is known has no such member.
pub const ABSENT: &str = "that can be seen";

impl Type {
    pub fn unknown(reason: impl Into<Rc<str>>) -> Type {
        Type::Unknown(reason.into())
    }

    pub fn plain() -> Type {
        Type::Value(Kind::Plain, Rc::new([]))
    }

    pub fn value(kind: Kind, arguments: Vec<Type>) -> Type {
        Type::Value(kind, arguments.into())
    }

    pub fn is_unknown(&self) -> bool {
        matches!(self, Type::Unknown(_) | Type::Foreign(..))
    }

    /// A type variable.
    pub fn variable(name: &str) -> Type {
        Type::Foreign(VARIABLE_REASON.into(), format!("{VARIABLE}{name}").into())
    }

    /// The class that a type variable stands for: `type[T]`.
    pub fn class_of_variable(name: &str) -> Type {
        Type::Foreign(VARIABLE_REASON.into(), format!("{CLASS_OF_VARIABLE}{name}").into())
    }

    /// The name of the type variable that this is.
    pub fn as_variable(&self) -> Option<&str> {
        let Type::Foreign(_, origin) = self else { return None };
        origin.strip_prefix(VARIABLE).filter(|name| name.bytes().all(is_word))
    }

    /// The name of the type variable whose class this is.
    pub fn as_class_of_variable(&self) -> Option<&str> {
        let Type::Foreign(_, origin) = self else { return None };
        origin.strip_prefix(CLASS_OF_VARIABLE).filter(|name| name.bytes().all(is_word))
    }

    /// Whether a type variable is anywhere in it.
    pub fn has_variable(&self) -> bool {
        match self {
            Type::Foreign(_, origin) => origin.starts_with(VARIABLE),
            Type::Class(_, parts) | Type::Instance(_, parts) | Type::Value(_, parts) | Type::Union(parts) => {
                parts.iter().any(Type::has_variable)
            }
            Type::Property(inner) | Type::StaticMethod(inner) | Type::ClassMethod(inner) => inner.has_variable(),
            Type::Coroutine(inner) | Type::Awaitable(inner) | Type::Future(inner) | Type::Callable(inner) => {
                inner.has_variable()
            }
            _ => false,
        }
    }

    /// The type with something else in place of its type variables, where `stands` has it.
    pub fn substituted(&self, stands: &dyn Fn(&str) -> Option<Type>) -> Type {
        if !self.has_variable() {
            return self.clone();
        }
        let all = |parts: &Rc<[Type]>| parts.iter().map(|part| part.substituted(stands)).collect::<Rc<[Type]>>();
        let one = |inner: &Rc<Type>| Rc::new(inner.substituted(stands));
        match self {
            Type::Foreign(..) => {
                let by_class = || match stands(self.as_class_of_variable()?)? {
                    Type::Instance(class, arguments) => Some(Type::Class(class, arguments)),
                    _ => Some(Type::unknown("it is the class of something")),
                };
                self.as_variable().and_then(stands).or_else(by_class).unwrap_or_else(|| self.clone())
            }
            Type::Class(class, parts) => Type::Class(*class, all(parts)),
            Type::Instance(class, parts) => Type::Instance(*class, all(parts)),
            Type::Value(kind, parts) => Type::Value(*kind, all(parts)),
            Type::Union(parts) => Type::join(all(parts).iter().cloned()),
            Type::Property(inner) => Type::Property(one(inner)),
            Type::StaticMethod(inner) => Type::StaticMethod(one(inner)),
            Type::ClassMethod(inner) => Type::ClassMethod(one(inner)),
            Type::Coroutine(inner) => Type::Coroutine(one(inner)),
            Type::Awaitable(inner) => Type::Awaitable(one(inner)),
            Type::Future(inner) => Type::Future(one(inner)),
            Type::Callable(inner) => Type::Callable(one(inner)),
            other => other.clone(),
        }
    }

    /// The type as somebody sees it to whom its type variables say nothing.
    pub fn settled(&self) -> Type {
        match self {
            Type::Foreign(reason, origin) if origin.starts_with(VARIABLE) => Type::Unknown(reason.clone()),
            _ => self.substituted(&|_| Some(Type::unknown(VARIABLE_REASON))),
        }
    }

    /// Why it is not to be known.
    pub fn reason(&self) -> Option<&Rc<str>> {
        match self {
            Type::Unknown(reason) | Type::Foreign(reason, _) => Some(reason),
            _ => None,
        }
    }

    /// What is not to be known as something of an origin, unless it has one; a callable that gives such a thing alike.
    pub fn of_origin(self, origin: impl FnOnce() -> String) -> Type {
        match self {
            Type::Unknown(reason) if &*reason != CYCLE => Type::Foreign(reason, origin().into()),
            Type::Callable(result) => match &*result {
                Type::Unknown(reason) if &**reason != CYCLE => {
                    let origin = origin() + "()";
                    Type::Callable(Rc::new(Type::Foreign(reason.clone(), origin.into())))
                }
                _ => Type::Callable(result),
            },
            other => other,
        }
    }

    /// What is made of something that is not to be known: its origin, and a step from there.
    pub fn beyond(reason: &Rc<str>, origin: &str, step: &str) -> Type {
        if origin.len() + step.len() > LONGEST_ORIGIN {
            return Type::Unknown(reason.clone());
        }
        Type::Foreign(reason.clone(), format!("{origin}{step}").into())
    }

    /// What several possibilities are together. None is left out, and so is what asks for itself.
    pub fn join(types: impl IntoIterator<Item = Type>) -> Type {
        let mut all: Vec<Type> = Vec::new();
        let mut add = |ty: Type| {
            if all.contains(&ty) {
                return;
            }
            // Two containers of one kind are one, of what both hold.
            let merged = all.iter_mut().find_map(|known| Type::merged(known, &ty).map(|merged| (known, merged)));
            match merged {
                Some((known, merged)) => *known = merged,
                None => all.push(ty),
            }
        };
        for ty in types {
            match ty {
                Type::Union(parts) => parts.iter().cloned().for_each(&mut add),
                ty => add(ty),
            }
        }
        let is_cycle = |ty: &Type| matches!(ty, Type::Unknown(reason) if &**reason == CYCLE);
        if all.iter().any(|ty| !is_cycle(ty) && *ty != Type::None) {
            all.retain(|ty| !is_cycle(ty) && *ty != Type::None);
        }
        if all.len() > 1
            && let Some(reason) = all.iter().find_map(Type::reason)
        {
            return Type::Unknown(reason.clone());
        }
        match all.len() {
            0 => Type::unknown("nothing binds it"),
            1 => all.remove(0),
            _ => Type::Union(all.into()),
        }
    }

    /// Two values of one builtin kind as one: an empty display says nothing of what the other holds.
    fn merged(one: &Type, other: &Type) -> Option<Type> {
        let (Type::Value(kind, parts), Type::Value(other_kind, others)) = (one, other) else { return None };
        if kind != other_kind || *kind == Kind::Tuple && parts.len() != others.len() {
            return None;
        }
        if parts.is_empty() || others.is_empty() {
            return Some(Type::Value(*kind, if parts.is_empty() { others.clone() } else { parts.clone() }));
        }
        let joined = parts.iter().zip(others.iter()).map(|(one, other)| Type::join([one.clone(), other.clone()]));
        Some(Type::value(*kind, joined.collect()))
    }

    /// Each possibility.
    pub fn parts(&self) -> &[Type] {
        match self {
            Type::Union(parts) => parts,
            one => std::slice::from_ref(one),
        }
    }

    /// The same question asked of each possibility. One that cannot answer it, since its class has no such member, is none:
    /// asking it would have failed.
    pub fn map(&self, ask: impl Fn(&Type) -> Type) -> Type {
        let Type::Union(parts) = self else { return ask(self) };
        let answers: Vec<Type> = parts.iter().map(ask).collect();
        let is_absent = |ty: &Type| matches!(ty, Type::Unknown(reason) if reason.ends_with(ABSENT));
        if answers.iter().all(is_absent) {
            return Type::join(answers);
        }
        Type::join(answers.into_iter().filter(|ty| !is_absent(ty)))
    }
}
