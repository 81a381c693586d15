//! Type variables: which ones a class has, and what stands for them where it, or a function, is used.
//!
//! A variable is a [`Type::Foreign`] of its own name ([`Type::variable`]), so that whoever does not ask for it sees something
//! that is not to be known. An instance replaces the variables of its class and of the bases by its type arguments, a call
//! those that its arguments tell. What stays is unknown to the caller ([`Type::settled`]).

use crate::project::expression::{Expression, Head, Parameter, ParameterKind};
use crate::project::inference::{Inference, Names, Place, Source};
use crate::project::linked::Definition;
use crate::project::types::{Function, Kind, Type};
use std::rc::Rc;

/// What stands for the variables, by their names.
type Bindings = Vec<(Rc<str>, Type)>;

/// The arguments of a call, and where they stand.
#[derive(Clone, Copy)]
pub(super) struct Arguments<'e> {
    pub positional: &'e [Expression],
    pub named: &'e [(Box<str>, Expression)],
    pub names: &'e dyn Names,
}

impl Inference<'_> {
    /// Where the annotations of a function are evaluated: its own type parameters are seen from inside only.
    pub(super) fn signature_place(&self, function: Definition) -> Place {
        let entry = self.entry(function.module);
        let is_generic = !entry.head(function.block).type_parameters.is_empty();
        let outside = entry.summary.blocks[function.block as usize].parent;
        Place { module: function.module, block: if is_generic { Some(function.block) } else { outside } }
    }

    /// Whether a class or function around a place has a type parameter of that name (PEP 695).
    pub(super) fn is_type_parameter(&self, place: Place, name: &str) -> bool {
        // Names of builtin types are asked for all the time, and begin with a small letter.
        if name.starts_with(|first: char| first.is_ascii_lowercase()) {
            return false;
        }
        let entry = self.entry(place.module);
        std::iter::successors(place.block, |block| entry.summary.blocks[*block as usize].parent)
            .any(|block| entry.head(block).type_parameters.iter().any(|each| each.trim_start_matches('*') == name))
    }

    /// The type variables of a class, in the order of its type arguments.
    pub(super) fn variables(&self, class: Definition) -> Rc<[Rc<str>]> {
        if let Some(known) = self.variables.borrow().get(&class) {
            return known.clone();
        }
        let entry = self.entry(class.module);
        let place = Place { module: class.module, block: entry.summary.blocks[class.block as usize].parent };
        let found: Rc<[Rc<str>]> = self.variables_of(entry.head(class.block), &place).into();
        self.variables.borrow_mut().insert(class, found.clone());
        found
    }

    fn variables_of(&self, head: &Head, place: &Place) -> Vec<Rc<str>> {
        if !head.type_parameters.is_empty() {
            return head.type_parameters.iter().map(|name| (**name).into()).collect();
        }
        let bases = head.bases.iter().filter_map(|base| match base {
            Expression::Subscript(base, arguments) => Some((base.dotted().unwrap_or_default(), arguments)),
            _ => None,
        });
        let mut found: Vec<Rc<str>> = Vec::new();
        for (base, arguments) in bases {
            let mut named = Vec::new();
            self.collect_variables(arguments, place, &mut named);
            // `Generic[K, V]` says the order, wherever it stands.
            if matches!(base.rsplit('.').next(), Some("Generic" | "Protocol")) {
                return named;
            }
            named.retain(|name| !found.contains(name));
            found.extend(named);
        }
        found
    }

    fn collect_variables(&self, arguments: &[Expression], place: &Place, found: &mut Vec<Rc<str>>) {
        for argument in arguments {
            match argument {
                Expression::Name(name, _)
                    if self.is_variable(name, place) && !found.iter().any(|known| **known == **name) =>
                {
                    found.push((**name).into());
                }
                Expression::Subscript(_, inner) | Expression::List(inner) | Expression::Tuple(inner) => {
                    self.collect_variables(inner, place, found);
                }
                Expression::Either(left, right) => {
                    self.collect_variables(std::slice::from_ref(left), place, found);
                    self.collect_variables(std::slice::from_ref(right), place, found);
                }
                _ => {}
            }
        }
    }

    /// Whether a name is bound to a type variable.
    pub(super) fn is_variable(&self, name: &str, place: &Place) -> bool {
        self.visible(*place, name).iter().any(|source| match source {
            Source::Fact(module, fact) => match &self.entry(*module).fact(*fact).value {
                Some(Expression::Call(made, ..)) => {
                    let made = made.dotted().unwrap_or_default();
                    matches!(made.rsplit('.').next(), Some("TypeVar" | "ParamSpec" | "TypeVarTuple"))
                }
                _ => false,
            },
            _ => false,
        })
    }

    /// What a class that is given these type arguments makes of a type that `owner`, one of its bases or itself, declares.
    pub(super) fn instantiated(&self, ty: Type, owner: Definition, class: Definition, arguments: &[Type]) -> Type {
        if !ty.has_variable() {
            return ty;
        }
        let ty = match self.order(class).classes.iter().find(|(each, _)| *each == owner && owner != class) {
            Some((_, of_base)) => self.with_arguments(&ty, owner, of_base),
            None => ty,
        };
        self.with_arguments(&ty, class, arguments)
    }

    /// A type that a class declares, with type arguments in place of the class's variables.
    pub(super) fn with_arguments(&self, ty: &Type, class: Definition, arguments: &[Type]) -> Type {
        if arguments.is_empty() || !ty.has_variable() {
            return ty.clone();
        }
        let variables = self.variables(class);
        ty.substituted(&|name| {
            let at = variables.iter().position(|variable| &**variable == name)?;
            arguments.get(at).cloned()
        })
    }

    /// What a method's receiver makes of a type that the method declares.
    pub(super) fn for_receiver(&self, ty: Type, function: &Function) -> Type {
        let (Some(Type::Instance(class, arguments) | Type::Class(class, arguments)), true) =
            (&function.receiver, ty.has_variable())
        else {
            return ty;
        };
        let definition = function.definition;
        match self.entry(definition.module).summary.blocks[definition.block as usize].parent {
            Some(owner) => {
                self.instantiated(ty, Definition { module: definition.module, block: owner }, *class, arguments)
            }
            None => ty,
        }
    }

    /// What a call gives, with the variables replaced that its arguments tell.
    pub(super) fn called_with(&self, callee: &Type, arguments: Arguments) -> Type {
        match callee {
            Type::Union(_) => callee.map(|part| self.called_with(part, arguments)),
            Type::StaticMethod(inner) => self.called_with(inner, arguments),
            Type::Class(class, given) if given.is_empty() && !self.variables(*class).is_empty() => {
                match self.called(callee).settled() {
                    Type::Instance(class, _) => self.constructed_with(class, arguments),
                    other => other,
                }
            }
            Type::Function(function) => {
                let result = self.called(callee);
                if !result.has_variable() {
                    return result;
                }
                let mut bindings = self.told_by(function.definition, function.receiver.is_some(), arguments);
                if let Some(receiver) = &function.receiver {
                    self.tell_receiver(function.definition, receiver, &mut bindings);
                }
                replaced(&result, &bindings).settled()
            }
            _ => self.called(callee).settled(),
        }
    }

    /// An instance of a generic class whose type arguments its constructor is told.
    fn constructed_with(&self, class: Definition, arguments: Arguments) -> Type {
        let plain = Type::Instance(class, Rc::new([]));
        let Type::Function(init) = self.member(class, "__init__", false) else { return plain };
        let entry = self.entry(init.definition.module);
        let owner = entry.summary.blocks[init.definition.block as usize].parent;
        if owner != Some(class.block) || init.definition.module != class.module {
            return plain;
        }
        let bindings = self.told_by(init.definition, true, arguments);
        if bindings.is_empty() {
            return plain;
        }
        let bound = |name: &Rc<str>| bindings.iter().find(|(known, _)| known == name).map(|(_, ty)| ty.clone());
        let variables = self.variables(class);
        Type::Instance(class, variables.iter().map(|name| bound(name).unwrap_or(Type::variable(name))).collect())
    }

    fn tell_receiver(&self, function: Definition, receiver: &Type, bindings: &mut Bindings) {
        let entry = self.entry(function.module);
        let first = entry.head(function.block).parameters.first();
        if let Some(annotation) = first.and_then(|first| first.annotation.as_ref()) {
            self.match_types(&self.annotated(annotation, &self.signature_place(function)), receiver, bindings);
        }
    }

    /// What the arguments of a call tell of the variables in a function's annotations.
    fn told_by(&self, function: Definition, is_bound: bool, arguments: Arguments) -> Bindings {
        let entry = self.entry(function.module);
        let place = self.signature_place(function);
        let parameters = &entry.head(function.block).parameters;
        let mut bindings = Vec::new();
        let mut tell = |parameter: Option<&Parameter>, argument: &Expression| {
            let Some(annotation) = parameter.and_then(|parameter| parameter.annotation.as_ref()) else { return };
            let wanted = self.annotated(annotation, &place);
            if wanted.has_variable() {
                self.match_types(&wanted, &self.infer(argument, arguments.names), &mut bindings);
            }
        };
        for (at, argument) in arguments.positional.iter().enumerate() {
            if matches!(argument, Expression::Starred(_)) {
                break;
            }
            let plain = parameters.iter().filter(|parameter| parameter.kind == ParameterKind::Plain);
            let rest = || parameters.iter().find(|parameter| parameter.kind == ParameterKind::Arguments);
            tell(plain.into_iter().nth(at + usize::from(is_bound)).or_else(rest), argument);
        }
        for (name, argument) in arguments.named {
            tell(parameters.iter().find(|parameter| parameter.name == *name), argument);
        }
        bindings
    }

    /// Finds what stands for the variables of `pattern` where a value is `actual`.
    fn match_types(&self, pattern: &Type, actual: &Type, bindings: &mut Bindings) {
        if actual.is_unknown() || !pattern.has_variable() {
            return;
        }
        if let Some(name) = pattern.as_variable() {
            if !bindings.iter().any(|(known, _)| &**known == name) {
                bindings.push((name.into(), actual.clone()));
            }
            return;
        }
        if let Some(name) = pattern.as_class_of_variable() {
            if let Type::Class(class, arguments) = actual
                && !bindings.iter().any(|(known, _)| &**known == name)
            {
                bindings.push((name.into(), Type::Instance(*class, arguments.clone())));
            }
            return;
        }
        match (pattern, actual) {
            (Type::Instance(wanted, parts), Type::Instance(class, arguments)) => {
                let order = self.order(*class);
                let Some((_, of_base)) = order.classes.iter().find(|(each, _)| each == wanted) else { return };
                let given: Vec<Type> = match class == wanted {
                    true => arguments.to_vec(),
                    false => of_base.iter().map(|each| self.with_arguments(each, *class, arguments)).collect(),
                };
                self.match_all(parts, &given, bindings);
            }
            (Type::Value(Kind::Tuple, parts), Type::Value(Kind::Tuple, others))
            | (Type::Value(Kind::Mapping, parts), Type::Value(Kind::Mapping, others)) => {
                self.match_all(parts, others, bindings);
            }
            (Type::Value(kind, parts), _) => {
                let held = match kind {
                    Kind::Iterable => self.iterated(actual),
                    Kind::AsyncIterable | Kind::AsyncGenerator => self.iterated_asynchronously(actual),
                    Kind::Manager => self.entered(actual),
                    Kind::AsyncManager => self.entered_asynchronously(actual),
                    _ => return,
                };
                self.match_all(parts, &[held], bindings);
            }
            (Type::Coroutine(inner) | Type::Awaitable(inner) | Type::Future(inner), _) => {
                self.match_types(inner, &self.awaited(actual), bindings);
            }
            (Type::Callable(result), _) => self.match_types(result, &self.called(actual), bindings),
            (Type::Union(parts), _) => parts.iter().for_each(|part| self.match_types(part, actual, bindings)),
            _ => {}
        }
    }

    fn match_all(&self, patterns: &[Type], actual: &[Type], bindings: &mut Bindings) {
        patterns.iter().zip(actual).for_each(|(pattern, actual)| self.match_types(pattern, actual, bindings));
    }
}

fn replaced(ty: &Type, bindings: &Bindings) -> Type {
    ty.substituted(&|name| bindings.iter().find(|(known, _)| &**known == name).map(|(_, ty)| ty.clone()))
}
