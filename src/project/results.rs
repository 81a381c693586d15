//! What an expression gives: names, attributes, calls, subscripts, and what awaiting, iterating and entering it gives.

use crate::outline::BlockKind;
use crate::project::expression::Expression;
use crate::project::generics::Arguments;
use crate::project::inference::{Inference, Inherited, Names, Place, Question};
use crate::project::linked::{Definition, Origin};
use crate::project::types::{Function, Kind, Type};
use crate::project::usages::STARTED;
use crate::summary::FactKind;
use std::rc::Rc;

/// Methods of the standard library's generic classes that give what the class holds.
const HOLDS: [&str; 9] =
    ["get", "get_nowait", "result", "pop", "popleft", "__getitem__", "__next__", "__enter__", "__aenter__"];

impl Inference<'_> {
    /// What an expression is.
    pub fn infer(&self, expression: &Expression, names: &dyn Names) -> Type {
        if let Some(narrowed) = names.narrowed(self, expression) {
            return narrowed;
        }
        match expression {
            Expression::Name(name, at) => names.name(self, name, *at),
            Expression::Attribute(object, name) => self.attribute(&self.infer(object, names), name),
            Expression::Call(function, positional, named) => {
                self.call(function, Arguments { positional, named, names })
            }
            Expression::Subscript(object, arguments) => {
                let object = self.infer(object, names);
                self.subscript(&object, arguments.first(), names)
            }
            Expression::Await(inner) => self.awaited(&self.infer(inner, names)),
            Expression::String(_) | Expression::Literal(_) | Expression::Integer(_) => Type::plain(),
            Expression::None => Type::None,
            Expression::Ellipsis => Type::unknown("it is left open"),
            Expression::List(items) | Expression::Set(items) => self.display(items, names),
            Expression::Tuple(items) => {
                Type::value(Kind::Tuple, items.iter().map(|item| self.infer(item, names)).collect())
            }
            Expression::Dictionary(pairs) if pairs.is_empty() => Type::value(Kind::Mapping, Vec::new()),
            Expression::Dictionary(pairs) => {
                let values = pairs.iter().map(|(_, value)| self.infer(value, names));
                Type::value(Kind::Mapping, vec![Type::plain(), Type::join(values)])
            }
            Expression::OneOf(parts) => Type::join(parts.iter().map(|part| self.infer(part, names))),
            Expression::Lambda(body) if names.knows_lambdas() => Type::Callable(Rc::new(self.infer(body, names))),
            Expression::Lambda(_) => Type::Callable(Rc::new(Type::unknown("it is what a lambda gives"))),
            Expression::Comprehension("dict", value) => {
                let value =
                    if names.knows_lambdas() { self.infer(value, names) } else { Type::unknown("it is an element") };
                Type::value(Kind::Mapping, vec![Type::plain(), value])
            }
            Expression::Comprehension(_, element) => {
                let element =
                    if names.knows_lambdas() { self.infer(element, names) } else { Type::unknown("it is an element") };
                Type::value(Kind::Iterable, vec![element])
            }
            Expression::Starred(_) => Type::unknown("it is unpacked"),
            Expression::Either(..) | Expression::Other(_) => Type::unknown("it is the result of an operation"),
        }
    }

    fn display(&self, items: &[Expression], names: &dyn Names) -> Type {
        if items.is_empty() {
            return Type::value(Kind::Iterable, Vec::new());
        }
        let items = items.iter().map(|item| self.infer(item, names));
        Type::value(Kind::Iterable, vec![Type::join(items)])
    }

    fn call(&self, function: &Expression, arguments: Arguments) -> Type {
        let Arguments { positional, names, .. } = arguments;
        if let Expression::Name(name, _) = function {
            match (&**name, positional) {
                ("super", _) => return self.parent(names),
                ("type", [only]) => {
                    return match self.infer(only, names) {
                        Type::Instance(class, arguments) => Type::Class(class, arguments),
                        _ => Type::unknown("it is the class of something"),
                    };
                }
                _ => {}
            }
        }
        let callee = self.infer(function, names);
        let known = self.path_of(&callee).and_then(|path| self.special_call(&path, function, positional, names));
        known.unwrap_or_else(|| self.called_with(&callee, arguments))
    }

    /// `super()` in a method.
    fn parent(&self, names: &dyn Names) -> Type {
        let place = names.place();
        let entry = self.entry(place.module);
        match entry.class_around(place.block) {
            Some(block) => Type::Super(Definition { module: place.module, block }),
            None => Type::unknown("`super()` stands outside of a class"),
        }
    }

    /// What calling something gives.
    pub fn called(&self, callee: &Type) -> Type {
        match callee {
            Type::Union(_) => callee.map(|part| self.called(part)),
            Type::Class(class, arguments) => self.constructed(*class, arguments),
            Type::Function(function) => self.published_result(function, self.result(function)),
            // One of several callables may give None, which nobody can await.
            Type::Callable(result) if **result == Type::None => Type::plain(),
            Type::Callable(result) => (**result).clone(),
            Type::StaticMethod(inner) => self.called(inner),
            Type::Instance(class, _) => {
                let call = self.attribute(callee, "__call__");
                match call {
                    unknown if unknown.is_unknown() => unknown,
                    Type::Function(function) => self.published_result(&function, self.result(&function)),
                    Type::Callable(result) => (*result).clone(),
                    _ => Type::unknown(format!("calling a `{}` is not followed", self.path(*class))),
                }
            }
            Type::Missing(..) => {
                let path = self.path_of(callee).unwrap_or_default();
                if self.is_standard(&path) {
                    return Type::value(Kind::Plain, vec![callee.clone()]);
                }
                Type::Foreign(format!("`{path}` cannot be read").into(), format!("{path}()").into())
            }
            Type::Value(Kind::Plain, parts) if parts.is_empty() => Type::plain(),
            Type::Foreign(reason, origin) => Type::beyond(reason, origin, "()"),
            Type::Unknown(reason) => Type::Unknown(reason.clone()),
            other => Type::unknown(format!("it is not known what calling {} gives", self.describe(other))),
        }
    }

    /// Whether a path that cannot be read leads into the standard library: what makes coroutines there is in its table.
    pub(super) fn is_standard(&self, path: &str) -> bool {
        let top = path.split('.').next().unwrap_or_default();
        top == "builtins" || crate::project::standard::standard().modules.contains(top)
    }

    fn constructed(&self, class: Definition, arguments: &Rc<[Type]>) -> Type {
        // A metaclass may give anything, but hardly ever does; so may `__new__`, which says so.
        let order = self.order(class);
        let new = order.classes.iter().map(|(each, _)| *each).find(|each| {
            let entry = self.entry(each.module);
            entry.origin != Origin::Library && !entry.locals(Some(each.block), "__new__").is_empty()
        });
        let made = new.and_then(|owner| match self.own_member(owner, "__new__", true)? {
            Type::StaticMethod(function) => match &*function {
                Type::Function(function) => {
                    let is_annotated = self.entry(owner.module).head(function.definition.block).returns.is_some();
                    let made = || self.instantiated(self.returned(function.definition), owner, class, arguments);
                    is_annotated.then(made)
                }
                _ => None,
            },
            _ => None,
        });
        match made {
            Some(made @ Type::Value(..)) => made,
            _ => Type::Instance(class, arguments.clone()),
        }
    }

    /// What calling a function gives.
    pub(super) fn result(&self, function: &Function) -> Type {
        let definition = function.definition;
        let entry = self.entry(definition.module);
        let block = &entry.summary.blocks[definition.block as usize];
        let returned = match self.for_receiver(self.returned_to(function), function) {
            Type::Instance(class, arguments) if self.returns_self(definition) => match &function.receiver {
                Some(Type::Instance(own, _)) if self.inherits(*own, class) => Type::Instance(*own, arguments),
                Some(Type::Class(own, _)) if self.inherits(*own, class) => Type::Instance(*own, arguments),
                _ => Type::Instance(class, arguments),
            },
            other => other,
        };
        let returned = match (&returned, &function.receiver) {
            (Type::Unknown(_) | Type::Foreign(..), Some(Type::Instance(_, arguments)))
                if arguments.len() == 1
                    && entry.origin == Origin::Library
                    && HOLDS.contains(&entry.summary.name_of(definition.block)) =>
            {
                arguments[0].clone()
            }
            // A plain function with a body does something when it is called, whoever awaits what it gives.
            (Type::Foreign(reason, origin), _) if self.makes_itself(definition) => {
                Type::beyond(reason, origin, &STARTED.to_string())
            }
            _ if block.decorators == 0 && !block.is_empty => returned,
            _ => returned.of_origin(|| format!("{}:{}()", definition.module.0, definition.block)),
        };
        let is_async = block.kind == BlockKind::Function { is_async: true };
        match (is_async, block.is_generator) {
            // Declared without a body, it may stand for a generator, which needs none of the `await`.
            (true, false)
                if block.is_empty && matches!(returned, Type::Value(Kind::AsyncIterable | Kind::AsyncGenerator, _)) =>
            {
                Type::unknown(format!("`{}` may stand for an asynchronous generator", self.path(definition)))
            }
            (true, false) => {
                self.tell(|| {
                    format!("`{}` is a coroutine function ({})", self.path(definition), self.location(definition))
                });
                Type::Coroutine(Rc::new(returned))
            }
            (true, true) => Type::value(Kind::AsyncGenerator, vec![self.iterated_asynchronously(&returned)]),
            (false, true) if entry.head(definition.block).returns.is_none() => {
                Type::value(Kind::Iterable, vec![Type::unknown("what it yields is not followed")])
            }
            (false, _) => {
                if matches!(returned, Type::Coroutine(_) | Type::Awaitable(_)) {
                    self.tell(|| {
                        format!("`{}` returns an awaitable ({})", self.path(definition), self.location(definition))
                    });
                }
                // Among what a call may give, None is a value like others: it cannot be awaited.
                if returned == Type::None { Type::plain() } else { returned }
            }
        }
    }

    /// Whether a function is annotated to return its receiver: `Self`, or the type variable that the receiver has.
    fn returns_self(&self, definition: Definition) -> bool {
        let entry = self.entry(definition.module);
        let head = entry.head(definition.block);
        let receiver = || head.parameters.first().and_then(|first| first.annotation.as_ref());
        let is_receivers = |name: &str| match receiver() {
            Some(Expression::Name(own, _)) => **own == *name,
            Some(Expression::Subscript(_, of)) => matches!(of.as_slice(), [Expression::Name(own, _)] if **own == *name),
            _ => false,
        };
        match &head.returns {
            Some(Expression::Name(name, _)) => {
                let place = self.signature_place(definition);
                &**name == "Self" || is_receivers(name) && self.is_variable(name, &place)
            }
            Some(Expression::Attribute(_, name)) => &**name == "Self",
            Some(Expression::String(name)) => &**name == "Self",
            _ => false,
        }
    }

    /// What the body of a function gives its caller: the annotation, else what its `return`s agree on.
    pub(super) fn returned(&self, definition: Definition) -> Type {
        self.ask(Question::Returned(definition), || {
            let entry = self.entry(definition.module);
            let block = &entry.summary.blocks[definition.block as usize];
            if let Some(annotation) = &entry.head(definition.block).returns {
                let place = self.signature_place(definition);
                return match block.kind {
                    BlockKind::Function { is_async: false } => self.handed_out(annotation, &place),
                    _ => self.annotated(annotation, &place),
                };
            }
            if entry.origin == Origin::Library {
                return Type::unknown(format!("what `{}` gives is not told", self.path(definition)));
            }
            if block.is_empty {
                return Type::unknown(format!(
                    "`{}` has no body ({})",
                    self.path(definition),
                    self.location(definition)
                ));
            }
            let inside = Place { module: definition.module, block: Some(definition.block) };
            self.returned_from(definition, &inside)
        })
    }

    /// What the `return`s of a function agree on.
    fn returned_from(&self, definition: Definition, names: &dyn Names) -> Type {
        let entry = self.entry(definition.module);
        let facts = entry.summary.facts.iter().enumerate();
        let own = facts.filter(|(_, fact)| fact.block == Some(definition.block));
        let types: Vec<Type> = own
            .filter_map(|(at, fact)| match fact.kind {
                FactKind::Return => Some(match &entry.fact(at as u32).value {
                    Some(value) => self.infer(value, names),
                    None => Type::unknown("what it returns is not followed"),
                }),
                FactKind::Unclear => Some(Type::unknown("what it returns is too long to be followed")),
                _ => None,
            })
            .collect();
        if types.is_empty() { Type::None } else { Type::join(types) }
    }

    /// Whether a plain function gives what it made, instead of handing on what another call gives.
    fn makes_itself(&self, definition: Definition) -> bool {
        let entry = self.entry(definition.module);
        let block = &entry.summary.blocks[definition.block as usize];
        let is_plain = block.kind == BlockKind::Function { is_async: false } && block.decorators == 0;
        let facts = entry.summary.facts.iter().enumerate();
        let mut returns =
            facts.filter(|(_, fact)| fact.block == Some(definition.block) && fact.kind == FactKind::Return);
        is_plain
            && !block.is_empty
            && !returns.all(|(at, _)| matches!(entry.fact(at as u32).value, Some(Expression::Call(..))))
    }

    /// What a method gives that is found in a class above that of its receiver, whose own methods it may call.
    fn returned_to(&self, function: &Function) -> Type {
        let definition = function.definition;
        let returned = self.returned(definition);
        let entry = self.entry(definition.module);
        let (Some(Type::Instance(class, _) | Type::Class(class, _)), true) =
            (&function.receiver, returned.is_unknown())
        else {
            return returned;
        };
        let block = &entry.summary.blocks[definition.block as usize];
        let is_own = *class == Definition { module: definition.module, block: block.parent.unwrap_or(u32::MAX) };
        if is_own || block.is_empty || entry.head(definition.block).returns.is_some() {
            return returned;
        }
        self.ask(Question::ReturnedIn(definition, *class), || {
            let place = Place { module: definition.module, block: Some(definition.block) };
            let again = self.returned_from(definition, &Inherited { place, class: *class });
            if again.is_unknown() { returned } else { again }
        })
    }

    /// What `await` gives.
    pub fn awaited(&self, ty: &Type) -> Type {
        match ty {
            Type::Union(_) => ty.map(|part| self.awaited(part)),
            Type::Coroutine(result) | Type::Awaitable(result) | Type::Future(result) => (**result).clone(),
            Type::Foreign(reason, origin) => Type::beyond(reason, origin, "!"),
            Type::Unknown(reason) => Type::Unknown(reason.clone()),
            Type::Instance(class, arguments) => {
                let path = self.path(*class);
                if path.starts_with("asyncio.") && (path.ends_with("Future") || path.ends_with("Task")) {
                    return arguments.first().cloned().unwrap_or(Type::unknown("what the future gives is not told"));
                }
                let entry = self.attribute(ty, "__await__");
                match self.called(&entry) {
                    Type::Value(Kind::Iterable, parts) => {
                        parts.get(1).cloned().unwrap_or(Type::unknown("what awaiting it gives is not told"))
                    }
                    unknown if unknown.is_unknown() => unknown,
                    _ => Type::unknown("what awaiting it gives is not told"),
                }
            }
            _ => Type::unknown("it is not known what awaiting it gives"),
        }
    }

    /// What a `for` loop gets.
    pub fn iterated(&self, ty: &Type) -> Type {
        match ty {
            Type::Union(_) => ty.map(|part| self.iterated(part)),
            Type::Value(Kind::Iterable | Kind::Mapping, parts) => {
                parts.first().cloned().unwrap_or(Type::unknown("what it holds is not told"))
            }
            Type::Value(Kind::Tuple, parts) => Type::join(parts.iter().cloned()),
            Type::Value(Kind::Plain, _) => Type::plain(),
            Type::Instance(..) => {
                let iterator = self.called(&self.attribute(ty, "__iter__"));
                match &iterator {
                    Type::Value(Kind::Iterable, parts) => {
                        parts.first().cloned().unwrap_or(Type::unknown("what it holds is not told"))
                    }
                    Type::Instance(..) => self.called(&self.attribute(&iterator, "__next__")),
                    _ => Type::unknown("what it holds is not told"),
                }
            }
            Type::Foreign(reason, origin) => Type::beyond(reason, origin, "[]"),
            Type::Unknown(reason) => Type::Unknown(reason.clone()),
            _ => Type::unknown("what it holds is not told"),
        }
    }

    /// What an `async for` loop gets.
    pub fn iterated_asynchronously(&self, ty: &Type) -> Type {
        match ty {
            Type::Union(_) => ty.map(|part| self.iterated_asynchronously(part)),
            Type::Value(Kind::AsyncIterable | Kind::AsyncGenerator, parts) => {
                parts.first().cloned().unwrap_or(Type::unknown("what it yields is not told"))
            }
            Type::Instance(..) => {
                let iterator = self.called(&self.attribute(ty, "__aiter__"));
                match &iterator {
                    Type::Value(Kind::AsyncIterable | Kind::AsyncGenerator, parts) => {
                        parts.first().cloned().unwrap_or(Type::unknown("what it yields is not told"))
                    }
                    Type::Instance(..) => self.awaited(&self.called(&self.attribute(&iterator, "__anext__"))),
                    _ => Type::unknown("what it yields is not told"),
                }
            }
            Type::Foreign(reason, origin) => Type::beyond(reason, origin, "[!]"),
            Type::Unknown(reason) => Type::Unknown(reason.clone()),
            _ => Type::unknown("what it yields is not told"),
        }
    }

    /// What `with … as` gets.
    pub fn entered(&self, ty: &Type) -> Type {
        match ty {
            Type::Union(_) => ty.map(|part| self.entered(part)),
            Type::Value(Kind::Manager, parts) => {
                parts.first().cloned().unwrap_or(Type::unknown("what it gives is not told"))
            }
            Type::Value(Kind::Plain, _) => ty.clone(),
            Type::Instance(..) => self.called(&self.attribute(ty, "__enter__")),
            Type::Foreign(reason, origin) => Type::beyond(reason, origin, "<>"),
            Type::Unknown(reason) => Type::Unknown(reason.clone()),
            _ => Type::unknown("what entering it gives is not told"),
        }
    }

    /// What `async with … as` gets.
    pub fn entered_asynchronously(&self, ty: &Type) -> Type {
        match ty {
            Type::Union(_) => ty.map(|part| self.entered_asynchronously(part)),
            Type::Value(Kind::AsyncManager, parts) => {
                parts.first().cloned().unwrap_or(Type::unknown("what it gives is not told"))
            }
            Type::Instance(..) => self.awaited(&self.called(&self.attribute(ty, "__aenter__"))),
            Type::Foreign(reason, origin) => Type::beyond(reason, origin, "<!>"),
            Type::Unknown(reason) => Type::Unknown(reason.clone()),
            _ => Type::unknown("what entering it gives is not told"),
        }
    }

    /// One element of a value that is unpacked; `usize::MAX` is any.
    pub fn element(&self, ty: &Type, at: usize) -> Type {
        match ty {
            Type::Union(_) => ty.map(|part| self.element(part, at)),
            Type::Value(Kind::Tuple, parts) if at < parts.len() => parts[at].clone(),
            Type::Value(Kind::Tuple, _) => Type::unknown("it is unpacked from a longer value"),
            Type::Foreign(reason, origin) if at < usize::MAX => Type::beyond(reason, origin, &format!("[{at}]")),
            other => self.iterated(other),
        }
    }

    fn subscript(&self, object: &Type, index: Option<&Expression>, names: &dyn Names) -> Type {
        match object {
            Type::Union(_) => object.map(|part| self.subscript(part, index, names)),
            Type::Value(Kind::Mapping, parts) => parts.get(1).cloned().unwrap_or(Type::unknown("it is an element")),
            Type::Value(Kind::Tuple, parts) => match index {
                Some(Expression::Integer(at)) if (*at as usize) < parts.len() => parts[*at as usize].clone(),
                _ => Type::unknown("it is an element of a tuple"),
            },
            Type::Value(Kind::Iterable, parts) => parts.first().cloned().unwrap_or(Type::unknown("it is an element")),
            Type::Value(Kind::Plain, _) => Type::plain(),
            Type::Instance(..) => self.called(&self.attribute(object, "__getitem__")),
            // `Box[int](...)`: the class with its arguments.
            Type::Class(class, _) => {
                let arguments: Vec<Type> = index.map(|index| self.annotated(index, names)).into_iter().collect();
                Type::Class(*class, arguments.into())
            }
            Type::Foreign(reason, origin) => Type::beyond(reason, origin, "[]"),
            Type::Unknown(reason) => Type::Unknown(reason.clone()),
            // `anyio.create_memory_object_stream[bytes](0)`: the subscript says what is made of the same thing.
            Type::Missing(..) => object.clone(),
            _ => Type::unknown("it is an element of something"),
        }
    }
}
