//! What a source of a name is: a definition with its decorators, a statement that binds the name, a parameter.

use crate::outline::BlockKind;
use crate::project::expression::{Bound, Expression, How, ParameterKind};
use crate::project::inference::{Inference, Names, Place, Question, Source};
use crate::project::layout::ModuleId;
use crate::project::linked::{Definition, Entry};
use crate::project::types::{Function, Kind, Type};
use crate::summary::FactKind;
use std::rc::Rc;

impl Inference<'_> {
    /// What a source of a name is.
    pub(super) fn source(&self, source: Source) -> Type {
        let asked = source.clone();
        match source {
            Source::Module(id) => Type::Module(id),
            Source::Missing(from, path) => Type::Missing(from, path),
            Source::Unknown(reason) => Type::Unknown(reason),
            Source::Block(definition) => self.ask(Question::Source(asked), || self.definition(definition)),
            Source::Fact(module, fact) => self.ask(Question::Source(asked), || self.fact(module, fact)),
            Source::Parameter(function, at) => {
                self.ask(Question::Source(asked), || self.parameter(function, at as usize))
            }
        }
    }

    /// What a class or a function is, with what its decorators make of it.
    fn definition(&self, definition: Definition) -> Type {
        let entry = self.entry(definition.module);
        let block = &entry.summary.blocks[definition.block as usize];
        if block.kind == BlockKind::Class {
            return Type::Class(definition, Rc::new([]));
        }
        let plain = Type::Function(Rc::new(Function { definition, receiver: None }));
        if block.decorators == 0 {
            return self.implicit_kind(&entry, definition, plain);
        }
        let place = Place { module: definition.module, block: block.parent };
        let head = entry.head(definition.block);
        let made = head.decorators.iter().rev().fold(plain, |ty, decorator| self.decorated(ty, decorator, place));
        let made = made.of_origin(|| format!("{}:{}", definition.module.0, definition.block));
        self.implicit_kind(&entry, definition, made)
    }

    /// `__new__`, `__init_subclass__` and `__class_getitem__` need no decorator.
    fn implicit_kind(&self, entry: &Entry, definition: Definition, ty: Type) -> Type {
        match entry.summary.name_of(definition.block) {
            "__new__" => Type::StaticMethod(Rc::new(ty)),
            "__init_subclass__" | "__class_getitem__" => Type::ClassMethod(Rc::new(ty)),
            _ => ty,
        }
    }

    /// What a statement makes of the name that it binds.
    fn fact(&self, module: ModuleId, fact: u32) -> Type {
        let entry = self.entry(module);
        let of = &entry.summary.facts[fact as usize];
        let at = || entry.place(of.row);
        match of.kind {
            FactKind::Name | FactKind::Attribute | FactKind::Target => {
                let place = Place { module, block: of.block };
                let ty = self.bound(entry.fact(fact), &place);
                if !ty.is_unknown() && ty != Type::None {
                    let name = entry.summary.slice(of.name);
                    self.tell(|| format!("`{name}` is {} ({})", self.describe(&ty), at()));
                }
                // An attribute has its class for an origin, and a local name may be bound again.
                let is_shared = of.kind == FactKind::Name && of.block.is_none();
                if is_shared { ty.of_origin(|| format!("{}:={}", module.0, entry.summary.slice(of.name))) } else { ty }
            }
            FactKind::Global => self.assigned_globally(module, fact),
            _ => Type::unknown(format!(
                "`{}` is bound in a way that is not followed ({})",
                entry.summary.slice(of.name),
                at()
            )),
        }
    }

    /// What a function assigns to a name that it declares as the module's.
    fn assigned_globally(&self, module: ModuleId, fact: u32) -> Type {
        let entry = self.entry(module);
        let summary = &entry.summary;
        let of = &summary.facts[fact as usize];
        let name = summary.slice(of.name);
        let assigned = summary.facts.iter().enumerate().filter(|(_, other)| {
            other.block == of.block && other.kind != FactKind::Global && summary.slice(other.name) == name
        });
        let assigned: Vec<Type> = assigned.map(|(at, _)| self.source(Source::Fact(module, at as u32))).collect();
        // A function may declare a name that it only reads.
        if assigned.is_empty() { Type::None } else { Type::join(assigned) }
    }

    /// What a statement gives the name that it binds.
    pub(super) fn bound(&self, bound: &Bound, names: &dyn Names) -> Type {
        if let Some(annotation) = &bound.annotation {
            let ty = self.annotated(annotation, names);
            if !ty.is_unknown() || bound.value.is_none() {
                return ty;
            }
        }
        let Some(value) = &bound.value else { return Type::unknown("its value is not told") };
        if bound.how == How::Otherwise {
            return Type::unknown("it is bound in a way that is not followed");
        }
        let value = self.infer(value, names);
        let whole = match bound.how {
            How::Assigned | How::Otherwise => value,
            How::Iterated => self.iterated(&value),
            How::IteratedAsynchronously => self.iterated_asynchronously(&value),
            How::Entered => self.entered(&value),
            How::EnteredAsynchronously => self.entered_asynchronously(&value),
        };
        bound.path.iter().fold(whole, |ty, at| self.element(&ty, *at))
    }

    /// What a parameter is: its annotation, or the receiver of a method.
    pub(super) fn parameter(&self, function: Definition, at: usize) -> Type {
        let declared = self.declared_parameter(function, at);
        let declared = if declared.as_variable().is_some() { declared.settled() } else { declared };
        declared.of_origin(|| format!("{}:{}({at})", function.module.0, function.block))
    }

    fn declared_parameter(&self, function: Definition, at: usize) -> Type {
        let entry = self.entry(function.module);
        let block = &entry.summary.blocks[function.block as usize];
        let head = entry.head(function.block);
        let Some(parameter) = head.parameters.get(at) else { return Type::unknown("it is no parameter") };
        if let Some(annotation) = &parameter.annotation {
            let ty = self.annotated(annotation, &self.signature_place(function));
            if !ty.is_unknown() {
                self.tell(|| {
                    format!("parameter `{}` is {} ({})", parameter.name, self.describe(&ty), self.location(function))
                });
            }
            return match parameter.kind {
                ParameterKind::Arguments => Type::value(Kind::Iterable, vec![ty]),
                ParameterKind::Keywords => Type::value(Kind::Mapping, vec![Type::plain(), ty]),
                _ => ty,
            };
        }
        let class = block.parent.filter(|parent| entry.summary.blocks[*parent as usize].kind == BlockKind::Class);
        if let (Some(class), 0) = (class, at) {
            let class = Definition { module: function.module, block: class };
            let is = |wanted: &str| {
                head.decorators
                    .iter()
                    .any(|decorator| matches!(decorator, Expression::Name(name, _) if &**name == wanted))
            };
            let name = entry.summary.name_of(function.block);
            if is("classmethod") || name == "__init_subclass__" || name == "__class_getitem__" || name == "__new__" {
                return Type::Class(class, Rc::new([]));
            }
            if !is("staticmethod") {
                return Type::Instance(class, Rc::new([]));
            }
        }
        // The calling convention of ASGI names its parameters, and nobody annotates them.
        let has = |name: &str| head.parameters.iter().any(|other| &*other.name == name);
        if matches!(&*parameter.name, "receive" | "send") && has("scope") && has("receive") && has("send") {
            let reason = "what an ASGI server gives is not told";
            return Type::Callable(Rc::new(Type::Awaitable(Rc::new(Type::unknown(reason)))));
        }
        Type::unknown(format!("parameter `{}` has no annotation ({})", parameter.name, self.location(function)))
    }
}
