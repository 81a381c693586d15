//! What decorators make of a function, read from their own bodies.
//!
//! A decorator gives back what it got, or a function of its own that calls it. What that one returns says what calling the
//! decorated function gives: the same awaitable, a coroutine of its own, or something plain. The few that matter and
//! cannot be read are in the table of the standard library.

use crate::outline::BlockKind;
use crate::project::expression::Expression;
use crate::project::inference::{Inference, Place, Source};
use crate::project::linked::Definition;
use crate::project::standard::standard;
use crate::project::types::{Function, Kind, Type};
use crate::summary::FactKind;
use std::rc::Rc;

/// What a decorator does with what it gets.
#[derive(Clone, Debug, PartialEq)]
enum Effect {
    /// Calling the result gives what calling the function gives.
    Same,
    /// Calling the result makes a coroutine.
    Coroutine,
    /// Calling the result makes a coroutine where the function is a coroutine function; of others it is not known, and why.
    CoroutineOfCoroutine(String),
    /// Calling the result gives no awaitable.
    Plain,
    /// Calling the result gives this, as an annotation says.
    Gives(Type),
    /// The result is a descriptor that calls the function when it is read.
    Property,
    Unknown(String),
}

impl Inference<'_> {
    /// What a decorator, which stands in `place`, makes of a function.
    pub(super) fn decorated(&self, function: Type, decorator: &Expression, place: Place) -> Type {
        let (callee, is_called) = match decorator {
            Expression::Call(callee, ..) => (&**callee, true),
            callee => (callee, false),
        };
        // The getter of a property names it: `@x.setter`.
        if let Expression::Attribute(_, name) = callee
            && matches!(&**name, "setter" | "deleter" | "getter")
        {
            return Type::Property(Rc::new(function));
        }
        let shown = callee.dotted().unwrap_or_default();
        let ty = self.infer(callee, &place);
        // One of two modules gave the decorator; where both do the same it is all one.
        let mut made =
            ty.parts().iter().map(|part| self.decorated_by(function.clone(), part, is_called, &shown, place));
        let first = made.next().expect("a type has a part");
        match made.find(|other| *other != first) {
            Some(_) => Type::unknown(format!("the decorator `@{shown}` is one thing or another")),
            None => first,
        }
    }

    /// What one thing that a decorator may be makes of a function.
    fn decorated_by(&self, function: Type, ty: &Type, is_called: bool, shown: &str, place: Place) -> Type {
        let path = self.path_of(ty).unwrap_or_default();
        if let Some(known) = self.decorated_by_known(&function, &path, shown) {
            return known;
        }
        let effect = match ty {
            Type::Function(decorator) => self.effect(decorator.definition, usize::from(is_called), 4),
            Type::Class(..) if is_called => {
                let file = &self.entry(place.module).path;
                return Type::unknown(format!("`@{shown}` makes an object of it ({file})"));
            }
            Type::Class(class, _) if self.is_descriptor(*class) => Effect::Property,
            // An object stands where the function stood.
            Type::Class(class, _) => return Type::Instance(*class, Rc::new([])),
            Type::Unknown(reason) | Type::Foreign(reason, _) => Effect::Unknown(reason.to_string()),
            Type::Missing(..) => Effect::Unknown(format!("`{path}` cannot be read")),
            other => Effect::Unknown(format!("it is {}", self.describe(other))),
        };
        self.changed(function, effect, shown)
    }

    /// What the decorators make of a function that are known by their path.
    fn decorated_by_known(&self, function: &Type, path: &str, shown: &str) -> Option<Type> {
        let own = || Rc::new(function.clone());
        let untold = || Rc::new(Type::unknown("what it gives is not followed"));
        let called = || self.called(function);
        Some(match path {
            "builtins.staticmethod" | "abc.abstractstaticmethod" => Type::StaticMethod(own()),
            "builtins.classmethod" | "abc.abstractclassmethod" => Type::ClassMethod(own()),
            "builtins.property" | "abc.abstractproperty" | "types.DynamicClassAttribute" => Type::Property(own()),
            "functools.cached_property" => match called() {
                Type::Coroutine(_) => Type::unknown(format!("`@{shown}` keeps one coroutine for all uses")),
                _ => Type::Property(own()),
            },
            "functools.lru_cache" | "functools.cache" => match called() {
                Type::Coroutine(_) => Type::unknown(format!("`@{shown}` keeps one coroutine for all calls")),
                _ => function.clone(),
            },
            "contextlib.asynccontextmanager" => {
                let item = self.iterated_asynchronously(&called());
                Type::Callable(Rc::new(Type::value(Kind::AsyncManager, vec![item])))
            }
            "contextlib.contextmanager" => {
                let item = self.iterated(&called());
                Type::Callable(Rc::new(Type::value(Kind::Manager, vec![item])))
            }
            // What tornado makes runs at once.
            "tornado.gen.coroutine" => Type::Callable(Rc::new(Type::Future(untold()))),
            "asyncio.coroutine" | "types.coroutine" | "asgiref.sync.sync_to_async" => {
                Type::Callable(Rc::new(Type::Awaitable(untold())))
            }
            "asgiref.sync.async_to_sync" => Type::Callable(Rc::new(self.awaited(&called()))),
            path if standard().decorators.transparent.contains(path) => function.clone(),
            _ => return None,
        })
    }

    /// What a function becomes by what its decorator does.
    fn changed(&self, function: Type, effect: Effect, shown: &str) -> Type {
        match effect {
            Effect::Same => function,
            Effect::Coroutine => {
                let result = self.awaited(&self.called(&function));
                self.tell(|| format!("the decorator `@{shown}` makes a coroutine function of it"));
                Type::Callable(Rc::new(Type::Coroutine(Rc::new(result))))
            }
            // Reading it calls the function. One that keeps a coroutine is nobody's guess.
            Effect::Property => match self.called(&function) {
                Type::Coroutine(_) => Type::unknown(format!("`@{shown}` makes an object of a coroutine function")),
                _ => Type::Property(Rc::new(function)),
            },
            Effect::Plain => Type::Callable(Rc::new(Type::plain())),
            Effect::Gives(result) => Type::Callable(Rc::new(result)),
            Effect::CoroutineOfCoroutine(_) if matches!(self.called(&function), Type::Coroutine(_)) => function,
            Effect::CoroutineOfCoroutine(reason) | Effect::Unknown(reason) => {
                Type::unknown(format!("the decorator `@{shown}` may change what a call gives: {reason}"))
            }
        }
    }

    /// Whether the instances of a class give something else when they are read from a class's instance.
    fn is_descriptor(&self, class: Definition) -> bool {
        self.declares(class, "__get__")
    }

    /// What the annotations of a decorator say that it does: `def decorator(function: F) -> F`.
    fn annotated_effect(&self, decorator: Definition, factories: usize) -> Option<Effect> {
        let entry = self.entry(decorator.module);
        let head = entry.head(decorator.block);
        let mut returns = head.returns.as_ref()?;
        let mut taken = head.parameters.first().and_then(|parameter| parameter.annotation.as_ref());
        let parsed;
        if let Expression::String(text) = returns {
            parsed = Expression::parse(text);
            returns = &parsed;
        }
        for _ in 0..factories {
            let Expression::Subscript(callable, parts) = returns else { return None };
            let [Expression::List(arguments), result] = parts.as_slice() else { return None };
            if !callable.dotted()?.ends_with("Callable") {
                return None;
            }
            (taken, returns) = (arguments.first(), result);
        }
        if taken.is_some_and(|taken| without_places(taken) == without_places(returns)) {
            return Some(Effect::Same);
        }
        // `Callable[Concatenate[Request, P], R]` becomes `Callable[P, R]`.
        let place = Place { module: decorator.module, block: entry.summary.blocks[decorator.block as usize].parent };
        if let (Some(taken), Some(result)) = (taken.and_then(last_argument), last_argument(returns))
            && taken == result
            && self.can_be_called(returns, place)
        {
            return Some(Effect::Same);
        }
        match self.annotated(returns, &place) {
            Type::Callable(result) => match &*result {
                Type::Coroutine(_) => Some(Effect::Coroutine),
                _ => None,
            },
            Type::Instance(class, _) if self.is_descriptor(class) => Some(Effect::Property),
            _ => None,
        }
    }

    /// Whether an annotation stands for something to call: a `Callable`, or classes that say what a call gives.
    fn can_be_called(&self, annotation: &Expression, place: Place) -> bool {
        match annotation {
            Expression::Either(left, right) => self.can_be_called(left, place) && self.can_be_called(right, place),
            Expression::Subscript(base, parts) => match base.dotted().unwrap_or_default().rsplit('.').next() {
                Some("Union") => parts.iter().all(|part| self.can_be_called(part, place)),
                Some("Callable") => true,
                _ => match self.infer(base, &place) {
                    Type::Class(class, _) => self.declares(class, "__call__"),
                    // An alias of a `Callable`.
                    _ => matches!(self.annotated(annotation, &place), Type::Callable(_)),
                },
            },
            _ => false,
        }
    }

    /// What a decorator function does; `factories` is how many calls come before it gets the function.
    fn effect(&self, decorator: Definition, factories: usize, depth: usize) -> Effect {
        let entry = self.entry(decorator.module);
        let block = &entry.summary.blocks[decorator.block as usize];
        let path = self.path(decorator);
        if depth == 0 || block.kind == (BlockKind::Function { is_async: true }) {
            return Effect::Unknown(format!("`{path}` is not followed"));
        }
        let place = Place { module: decorator.module, block: Some(decorator.block) };
        let facts = entry.summary.facts.iter().enumerate();
        let returns = facts.filter(|(_, fact)| fact.block == Some(decorator.block) && fact.kind == FactKind::Return);
        if let Some(effect) = self.annotated_effect(decorator, factories) {
            return effect;
        }
        let mut effects: Vec<Effect> = Vec::new();
        let mut doubt = None;
        for (at, _) in returns {
            let Some(value) = &entry.fact(at as u32).value else { continue };
            let effect = self.returned_effect(decorator, value, place, factories, depth);
            let is_named = matches!(wrapper_in(value).unwrap_or(value), Expression::Name(..));
            if let (true, Effect::Unknown(reason)) = (is_named, &effect) {
                doubt.get_or_insert_with(|| reason.clone());
            }
            effects.push(effect);
        }
        effects.dedup();
        // `def decorator(function=None, **options)` returns the one or the other.
        let known: Vec<&Effect> = effects.iter().filter(|effect| !matches!(effect, Effect::Unknown(_))).collect();
        match known.as_slice() {
            // Beside a wrapper for coroutine functions, another is likely for the others.
            [Effect::Coroutine, ..] if doubt.is_some() => Effect::CoroutineOfCoroutine(doubt.unwrap_or_default()),
            [first, rest @ ..] if rest.iter().all(|other| other == first) => (*first).clone(),
            [_, ..] => Effect::Unknown(format!("`{path}` does one thing or another ({})", self.location(decorator))),
            [] => effects.into_iter().next().unwrap_or_else(|| {
                Effect::Unknown(format!("what `{path}` returns is not told ({})", self.location(decorator)))
            }),
        }
    }

    /// What it means that a decorator returns `value`.
    fn returned_effect(
        &self,
        decorator: Definition,
        value: &Expression,
        place: Place,
        factories: usize,
        depth: usize,
    ) -> Effect {
        let wrapper = wrapper_in(value);
        match wrapper.unwrap_or(value) {
            Expression::Name(name, _) => self.named_effect(decorator, name, place, factories, depth),
            Expression::Lambda(_) => Effect::Unknown("it returns a lambda".to_owned()),
            Expression::Call(callee, arguments, _) if wrapper.is_none() => {
                let is_other = factories == 0 && !arguments.is_empty();
                match is_other.then(|| self.infer(callee, &place)) {
                    // `return decorator(function)`: another decorator's affair.
                    Some(Type::Function(other)) => self.effect(other.definition, 0, depth - 1),
                    Some(Type::Class(class, _)) if self.is_descriptor(class) => Effect::Property,
                    _ => Effect::Unknown("it returns the result of a call".to_owned()),
                }
            }
            _ => Effect::Unknown("what it returns is not followed".to_owned()),
        }
    }

    /// What it means that a decorator returns what `name` stands for.
    fn named_effect(&self, decorator: Definition, name: &str, place: Place, factories: usize, depth: usize) -> Effect {
        let entry = self.entry(decorator.module);
        match self.visible(place, name).as_slice() {
            [Source::Parameter(function, 0)] if *function == decorator && factories == 0 => Effect::Same,
            [Source::Parameter(function, _)] if *function == decorator && factories == 0 => {
                let first = entry.head(decorator.block).parameters.first();
                let is_method = first.is_some_and(|first| matches!(&*first.name, "self" | "cls"));
                if is_method { Effect::Same } else { Effect::Unknown("it returns another parameter".to_owned()) }
            }
            [Source::Block(inner)] if inner.module == decorator.module => {
                let is_nested = entry.summary.blocks[inner.block as usize].parent == Some(decorator.block);
                match factories {
                    _ if !is_nested => Effect::Unknown("it returns something else".to_owned()),
                    0 => self.wrapper_effect(*inner, decorator),
                    _ => self.effect(*inner, factories - 1, depth - 1),
                }
            }
            // Two wrappers, one for coroutine functions and one for the others: the same kind comes out as went in.
            [Source::Block(one), Source::Block(_)] if factories == 0 && one.module == decorator.module => {
                Effect::Unknown("it returns one wrapper or another".to_owned())
            }
            _ => Effect::Unknown("what it returns is not followed".to_owned()),
        }
    }

    /// What calling a wrapper gives by its annotation, where nothing is kept of what it returns.
    fn declared_effect(&self, wrapper: Definition) -> Effect {
        let entry = self.entry(wrapper.module);
        let Some(annotation) = &entry.head(wrapper.block).returns else { return Effect::Plain };
        let result = self.annotated(annotation, &self.signature_place(wrapper));
        match result {
            Type::Coroutine(_) | Type::Awaitable(_) => Effect::Coroutine,
            _ if result.parts().iter().all(|part| self.is_value(part) == Some(true)) => Effect::Plain,
            Type::Instance(..) => Effect::Gives(result),
            _ => Effect::Unknown("what its wrapper returns is not followed".to_owned()),
        }
    }

    /// What calling a wrapper gives, in terms of the function that it wraps.
    fn wrapper_effect(&self, wrapper: Definition, decorator: Definition) -> Effect {
        let entry = self.entry(wrapper.module);
        let block = &entry.summary.blocks[wrapper.block as usize];
        // A decorator on the wrapper itself that is not `wraps` may do anything.
        let odd = entry.head(wrapper.block).decorators.iter().find(|decorator| {
            let name = match decorator {
                Expression::Call(callee, ..) => callee.dotted(),
                other => other.dotted(),
            };
            !name.is_some_and(|name| name.ends_with("wraps"))
        });
        if odd.is_some() {
            return Effect::Unknown("its wrapper is decorated itself".to_owned());
        }
        match (block.kind, block.is_generator) {
            (BlockKind::Class, _) => return Effect::Unknown("it returns a class".to_owned()),
            (BlockKind::Function { is_async: true }, false) => return Effect::Coroutine,
            (BlockKind::Function { .. }, true) => return Effect::Plain,
            _ => {}
        }
        let parameters = &entry.head(decorator.block).parameters;
        let facts = entry.summary.facts.iter().enumerate();
        let returns = facts.filter(|(_, fact)| fact.block == Some(wrapper.block) && fact.kind == FactKind::Return);
        let mut effects: Vec<Effect> = returns
            .filter_map(|(at, _)| entry.fact(at as u32).value.as_ref())
            .map(|value| match value {
                Expression::Call(callee, ..) => match &**callee {
                    Expression::Name(name, _) if parameters.iter().any(|parameter| parameter.name == *name) => {
                        Effect::Same
                    }
                    callee => {
                        let name = callee.dotted().unwrap_or_default();
                        let name = name.rsplit('.').next().unwrap_or_default();
                        match name {
                            "run" | "run_until_complete" | "result" => Effect::Plain,
                            _ => Effect::Unknown("its wrapper returns the result of another call".to_owned()),
                        }
                    }
                },
                _ => Effect::Unknown("what its wrapper returns is not followed".to_owned()),
            })
            .collect();
        effects.dedup();
        match effects.len() {
            0 => self.declared_effect(wrapper),
            1 => effects.remove(0),
            _ if effects.contains(&Effect::Same) => Effect::Same,
            _ => Effect::Unknown("its wrapper returns one thing or another".to_owned()),
        }
    }

    /// The function behind a type, where it is one.
    pub fn function_of_type<'t>(&self, ty: &'t Type) -> Option<&'t Function> {
        match ty {
            Type::Function(function) => Some(function),
            Type::StaticMethod(inner) | Type::ClassMethod(inner) => self.function_of_type(inner),
            _ => None,
        }
    }
}

/// The wrapper in `functools.wraps(function)(wrapper)`, `update_wrapper(wrapper, function)`, `cast(T, wrapper)`.
fn wrapper_in(value: &Expression) -> Option<&Expression> {
    let Expression::Call(callee, arguments, _) = value else { return None };
    let is = |callee: &Expression, name: &str| callee.dotted().is_some_and(|callee| callee.ends_with(name));
    match (&**callee, arguments.as_slice()) {
        (Expression::Call(inner, ..), [wrapper]) if is(inner, "wraps") => Some(wrapper),
        (callee, [wrapper, ..]) if is(callee, "update_wrapper") => Some(wrapper),
        (callee, [_, wrapper]) if is(callee, "cast") => Some(wrapper),
        _ => None,
    }
}

/// The name of the type variable that all alternatives of an annotation have for their last argument.
fn last_argument(annotation: &Expression) -> Option<Box<str>> {
    match annotation {
        Expression::Subscript(base, parts) if base.dotted().is_some_and(|base| base.ends_with("Union")) => {
            let mut all = parts.iter().map(last_argument);
            let first = all.next()??;
            all.all(|other| other.as_ref() == Some(&first)).then_some(first)
        }
        Expression::Subscript(base, parts) => match (base.dotted()?.as_str(), parts.last()?) {
            ("Awaitable" | "Coroutine" | "Generator" | "type" | "Type" | "list" | "Optional", _) => None,
            (_, Expression::Name(name, _)) if is_type_variable(name) => Some(name.clone()),
            _ => None,
        },
        Expression::Either(left, right) => last_argument(left).filter(|one| Some(one) == last_argument(right).as_ref()),
        _ => None,
    }
}

/// Whether a name is written as type variables are: `R`, `R_co`, `ReturnT`.
fn is_type_variable(name: &str) -> bool {
    let bare = name.trim_matches('_');
    bare.len() <= 2 || bare.ends_with("_co") || bare.ends_with('T') || bare.starts_with('T')
}

/// An annotation without the offsets of its names.
fn without_places(expression: &Expression) -> Expression {
    match expression {
        Expression::Name(name, _) => Expression::Name(name.clone(), 0),
        Expression::Attribute(object, name) => Expression::Attribute(Box::new(without_places(object)), name.clone()),
        Expression::Subscript(base, parts) => {
            Expression::Subscript(Box::new(without_places(base)), parts.iter().map(without_places).collect())
        }
        Expression::List(items) => Expression::List(items.iter().map(without_places).collect()),
        other => other.clone(),
    }
}
