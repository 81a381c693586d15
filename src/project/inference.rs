//! What an expression is: the questions, and what is remembered of their answers.
//!
//! An [`Inference`] belongs to the look at one file. It remembers what it found, bounds how deep it looks, and answers a
//! question that is part of its own answer with [`CYCLE`]. It is not shared between threads, so that the order of its
//! questions, and with it every answer, depends on nothing but the file. All that it sees of modules goes through
//! [`Inference::entry`].
//!
//! The rooms: `sources` follows a name to what binds it, [`super::classes`] knows members, [`super::results`] calls,
//! awaits, iterates and enters, [`super::annotations`] reads annotations, [`super::decorators`] decorators, and
//! [`super::flow`] the locals of the file that is looked at.

use crate::outline::BlockKind;
use crate::project::classes::Order;
use crate::project::expression::{Bound, Expression, How, ParameterKind};
use crate::project::layout::ModuleId;
use crate::project::linked::{Definition, Entry, Local, Project};
use crate::project::types::{CYCLE, Function, Kind, Type};
use crate::summary::{Condition, FactKind};
use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

/// How many questions may be open at once.
const DEPTH: usize = 48;

/// The look at one file.
pub struct Inference<'p> {
    pub project: &'p Project,
    entries: RefCell<FxHashMap<ModuleId, Arc<Entry>>>,
    answers: RefCell<FxHashMap<Question, Type>>,
    pub(super) orders: RefCell<FxHashMap<Definition, Rc<Order>>>,
    open: RefCell<Vec<Question>>,
    /// Answers that lean on a question that is still open, and on which one; they are forgotten when it is answered.
    provisional: RefCell<Vec<(Question, usize)>>,
    /// The outermost open question that the answer under way leans on.
    leaning: Cell<usize>,
    /// What awaited calls elsewhere tell of an origin.
    pub(super) usages: RefCell<FxHashMap<Rc<str>, Option<Rc<str>>>>,
    /// What they tell of the last two names of a chain.
    pub(super) tails: RefCell<FxHashMap<Box<str>, Option<Rc<str>>>>,
    /// Whether a method of a name may run without being awaited.
    pub(super) starters: RefCell<FxHashMap<Box<str>, bool>>,
    /// What was learned on the way, for `aiofix why`; none when nobody asks.
    evidence: RefCell<Option<Vec<String>>>,
}

/// A question that is asked over and over.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Question {
    /// What a source of a name is.
    Source(Source),
    /// What a member of a class is, before it is bound to a receiver.
    Member(Definition, Box<str>),
    /// What the binding at an offset of the file that is looked at makes of its name.
    Local(usize),
    /// What calling a function gives, before `async` and the like are considered.
    Returned(Definition),
    /// The same of a method that a class inherits.
    ReturnedIn(Definition, Definition),
}

/// What binds a name, behind all imports.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    Block(Definition),
    /// A fact of a module's summary.
    Fact(ModuleId, u32),
    /// A parameter of a function.
    Parameter(Definition, u32),
    Module(ModuleId),
    /// A dotted path that leads into a module that cannot be read.
    Missing(ModuleId, Rc<str>),
    Unknown(Rc<str>),
}

/// Where an expression of a summary is evaluated: directly in the module, or in a class or function of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub module: ModuleId,
    pub block: Option<u32>,
}

/// How names are looked up: in summaries, or in the tree of the file that is looked at.
pub trait Names {
    fn name(&self, inference: &Inference, name: &str, at: usize) -> Type;
    /// What a name in an annotation may refer to.
    fn sources(&self, inference: &Inference, name: &str) -> Vec<Source>;
    fn place(&self) -> Place;
    /// The type of an expression as the surrounding tests narrow it; none where they say nothing.
    fn narrowed(&self, _inference: &Inference, _expression: &Expression) -> Option<Type> {
        None
    }
    /// Whether the body of a lambda can be looked at: its parameters are known as such.
    fn knows_lambdas(&self) -> bool {
        false
    }
}

impl Names for Place {
    fn name(&self, inference: &Inference, name: &str, _at: usize) -> Type {
        let sources = inference.visible(*self, name);
        if sources.is_empty() {
            return inference.builtin(self.module, name);
        }
        Type::join(sources.into_iter().map(|source| inference.source(source)))
    }

    fn sources(&self, inference: &Inference, name: &str) -> Vec<Source> {
        inference.visible(*self, name)
    }

    fn place(&self) -> Place {
        *self
    }
}

/// A place in a method that is called on an instance of a class that inherits it.
pub(super) struct Inherited {
    pub place: Place,
    pub class: Definition,
}

impl Names for Inherited {
    fn name(&self, inference: &Inference, name: &str, at: usize) -> Type {
        match (self.place.name(inference, name, at), inference.visible(self.place, name).as_slice()) {
            (Type::Instance(own, _), [Source::Parameter(_, 0)]) if inference.inherits(self.class, own) => {
                Type::Instance(self.class, Rc::new([]))
            }
            (Type::Class(own, _), [Source::Parameter(_, 0)]) if inference.inherits(self.class, own) => {
                Type::Class(self.class, Rc::new([]))
            }
            (other, _) => other,
        }
    }

    fn sources(&self, inference: &Inference, name: &str) -> Vec<Source> {
        inference.visible(self.place, name)
    }

    fn place(&self) -> Place {
        self.place
    }
}

impl<'p> Inference<'p> {
    pub fn new(project: &'p Project) -> Inference<'p> {
        Inference {
            project,
            entries: RefCell::default(),
            answers: RefCell::default(),
            orders: RefCell::default(),
            open: RefCell::default(),
            provisional: RefCell::default(),
            leaning: Cell::new(usize::MAX),
            usages: RefCell::default(),
            tails: RefCell::default(),
            starters: RefCell::default(),
            evidence: RefCell::default(),
        }
    }

    pub fn entry(&self, module: ModuleId) -> Arc<Entry> {
        self.entries.borrow_mut().entry(module).or_insert_with(|| self.project.entry(module)).clone()
    }

    /// Starts to collect evidence; nothing that was remembered is taken for granted.
    pub fn listen(&self) {
        self.answers.borrow_mut().clear();
        *self.evidence.borrow_mut() = Some(Vec::new());
    }

    /// What was learned since.
    pub fn heard(&self) -> Vec<String> {
        self.evidence.borrow_mut().take().unwrap_or_default()
    }

    pub(super) fn tell(&self, sentence: impl FnOnce() -> String) {
        if let Some(evidence) = &mut *self.evidence.borrow_mut() {
            let sentence = sentence();
            if !evidence.contains(&sentence) {
                evidence.push(sentence);
            }
        }
    }

    /// Answers a question once. An answer that leans on a question around it is kept only until that one is answered, so that
    /// what is remembered does not depend on which question came first.
    pub(super) fn ask(&self, question: Question, answer: impl FnOnce() -> Type) -> Type {
        let known = self.answers.borrow().get(&question).cloned();
        if let Some(known) = known {
            let provisional = self.provisional.borrow();
            if let Some((_, on)) = provisional.iter().find(|(other, _)| *other == question) {
                self.leaning.set(self.leaning.get().min(*on));
            }
            return known;
        }
        let (open, depth) = {
            let open = self.open.borrow();
            (open.iter().position(|other| *other == question), open.len())
        };
        if let Some(at) = open {
            self.leaning.set(self.leaning.get().min(at));
            return Type::unknown(CYCLE);
        }
        if depth >= DEPTH {
            return Type::unknown("it takes too many steps to tell");
        }
        let around = self.leaning.replace(usize::MAX);
        let first = self.provisional.borrow().len();
        self.open.borrow_mut().push(question.clone());
        let answer = answer();
        self.open.borrow_mut().pop();
        let leaning = self.leaning.get();
        let mut answers = self.answers.borrow_mut();
        let mut provisional = self.provisional.borrow_mut();
        answers.insert(question.clone(), answer.clone());
        if leaning < depth {
            provisional.push((question, leaning));
            self.leaning.set(around.min(leaning));
        } else {
            for (leant, _) in provisional.drain(first..) {
                answers.remove(&leant);
            }
            self.leaning.set(around);
        }
        answer
    }

    /// `file:line`, for people.
    pub fn location(&self, definition: Definition) -> String {
        let entry = self.entry(definition.module);
        format!("{}:{}", entry.path, entry.summary.blocks[definition.block as usize].row)
    }

    /// The dotted path of a definition: `pkg.mod.Store.save`.
    pub fn path(&self, definition: Definition) -> String {
        let entry = self.entry(definition.module);
        format!("{}.{}", entry.name, entry.qualified(definition.block))
    }

    /// The dotted path of a class, a function or something in a module that cannot be read, where there is one.
    pub fn path_of(&self, ty: &Type) -> Option<String> {
        match ty {
            Type::Class(definition, _) => Some(self.path(*definition)),
            Type::Function(function) => Some(self.path(function.definition)),
            Type::Missing(from, path) => Some(self.project.absolute(*from, path)),
            _ => None,
        }
    }

    /// What a name of the builtins module is, which nothing binds.
    pub(super) fn builtin(&self, module: ModuleId, name: &str) -> Type {
        let builtins = self.project.import(module, "builtins").map(|(id, _)| id).filter(|id| *id != module);
        let sources = builtins.map(|id| self.sources_in(id, None, name, 1)).unwrap_or_default();
        if sources.is_empty() {
            return Type::Missing(module, format!("builtins.{name}").into());
        }
        Type::join(sources.into_iter().map(|source| self.source(source)))
    }

    /// What a name means in a place of a summary: the scopes from the inside out, a class only from directly inside it.
    pub(super) fn visible(&self, place: Place, name: &str) -> Vec<Source> {
        let entry = self.entry(place.module);
        let mut scope = place.block;
        let mut is_inside = true;
        while let Some(block) = scope {
            let definition = Definition { module: place.module, block };
            let of = &entry.summary.blocks[block as usize];
            let is_class = of.kind == BlockKind::Class;
            if !is_class || is_inside {
                let found = self.sources_in(place.module, Some(block), name, 0);
                if !found.is_empty() {
                    return found;
                }
            }
            if !is_class && let Some(at) = entry.parameter(block, name) {
                return vec![Source::Parameter(definition, at)];
            }
            is_inside = false;
            scope = of.parent;
        }
        self.sources_in(place.module, None, name, 0)
    }

    /// What binds a name directly in a scope of a module, imports followed.
    pub(super) fn sources_in(&self, module: ModuleId, scope: Option<u32>, name: &str, hops: usize) -> Vec<Source> {
        let entry = self.entry(module);
        let mut locals = entry.locals(scope, name).to_vec();
        locals.retain(|local| !self.is_instance_fact(&entry, *local));
        let condition = |local: &Local| match local {
            Local::Block(at) => entry.summary.blocks[*at as usize].condition,
            Local::Fact(at) => entry.summary.facts[*at as usize].condition,
            Local::Import(at) => entry.summary.imports[*at as usize].condition,
        };
        if locals.iter().any(|local| condition(local) != Condition::Typing) {
            locals.retain(|local| condition(local) != Condition::Typing);
        }
        self.keep_last(&entry, &mut locals, condition);
        let mut found = Vec::new();
        for local in locals {
            for source in self.local_source(module, local, hops) {
                if !found.contains(&source) {
                    found.push(source);
                }
            }
        }
        if found.is_empty() && scope.is_none() {
            return self.sources_elsewhere(module, &entry, name, hops);
        }
        found
    }

    fn is_instance_fact(&self, entry: &Entry, local: Local) -> bool {
        matches!(local, Local::Fact(at) if entry.summary.facts[at as usize].kind == FactKind::Attribute)
    }

    /// Leaves out what a later definition replaces, overloads beside their implementation, and the setters of properties.
    fn keep_last(&self, entry: &Entry, locals: &mut Vec<Local>, condition: impl Fn(&Local) -> Condition) {
        if locals.len() < 2 {
            return;
        }
        let decorated = |local: &Local, wanted: &[&str]| match local {
            Local::Block(at) if entry.summary.blocks[*at as usize].decorators > 0 => {
                entry.head(*at).decorators.iter().any(|decorator| match decorator {
                    Expression::Name(name, _) | Expression::Attribute(_, name) => wanted.contains(&&**name),
                    Expression::Call(function, ..) => {
                        matches!(&**function, Expression::Attribute(_, name) if wanted.contains(&&**name))
                    }
                    _ => false,
                })
            }
            _ => false,
        };
        locals.retain(|local| !decorated(local, &["setter", "deleter", "register"]));
        if locals.iter().any(|local| !decorated(local, &["overload"])) {
            locals.retain(|local| !decorated(local, &["overload"]));
        }
        let row = |local: &Local| match local {
            Local::Block(at) => entry.summary.blocks[*at as usize].row,
            Local::Fact(at) => entry.summary.facts[*at as usize].row,
            Local::Import(at) => entry.summary.imports[*at as usize].row,
        };
        locals.sort_by_key(row);
        let is_definite = |local: &Local| {
            let is_clear = match local {
                Local::Fact(at) => matches!(entry.summary.facts[*at as usize].kind, FactKind::Name | FactKind::Unclear),
                _ => true,
            };
            is_clear && condition(local) == Condition::Always && !decorated(local, &["overload"])
        };
        if let Some(last) = locals.iter().rposition(is_definite) {
            locals.drain(..last);
        }
    }

    fn local_source(&self, module: ModuleId, local: Local, hops: usize) -> Vec<Source> {
        match local {
            Local::Block(block) => vec![Source::Block(Definition { module, block })],
            Local::Fact(fact) => vec![Source::Fact(module, fact)],
            Local::Import(at) => {
                let entry = self.entry(module);
                let import = &entry.summary.imports[at as usize];
                let path: String = entry.summary.slice(import.module).split_whitespace().collect();
                match (import.name, import.alias) {
                    (Some(name), _) => self.imported_name(module, &path, entry.summary.slice(name), hops),
                    (None, Some(_)) => vec![self.imported_module(module, &path)],
                    (None, None) => {
                        vec![self.imported_module(module, path.split('.').next().unwrap_or_default())]
                    }
                }
            }
        }
    }

    pub(super) fn imported_module(&self, module: ModuleId, path: &str) -> Source {
        match self.project.import(module, path) {
            Some((id, stub)) => Source::Module(stub.filter(|_| self.is_shell(id)).unwrap_or(id)),
            None => Source::Missing(module, path.into()),
        }
    }

    /// Whether a module says nothing itself, so that its stub has to.
    fn is_shell(&self, module: ModuleId) -> bool {
        let entry = self.entry(module);
        entry.summary.blocks.is_empty() && entry.summary.facts.is_empty() && entry.summary.imports.is_empty()
    }

    /// What `from path import name` binds.
    pub(super) fn imported_name(&self, module: ModuleId, path: &str, name: &str, hops: usize) -> Vec<Source> {
        let joined = if path.ends_with('.') { format!("{path}{name}") } else { format!("{path}.{name}") };
        let Some((id, stub)) = self.project.import(module, path) else {
            return vec![self.imported_module(module, &joined)];
        };
        if id == module {
            // `from . import name` in the package itself: the submodule.
            return vec![self.imported_module(module, &joined)];
        }
        let mut found = if hops > 12 {
            vec![Source::Unknown("it is imported through too many modules".into())]
        } else {
            self.sources_in(id, None, name, hops + 1)
        };
        // A module that imports itself under the name says nothing.
        found.retain(|source| *source != Source::Missing(module, joined.as_str().into()));
        if found.is_empty()
            && let Some(stub) = stub
        {
            found = self.sources_in(stub, None, name, hops + 1);
        }
        if found.is_empty() {
            found.push(self.imported_module(module, &joined));
        }
        found
    }

    /// What a module that does not bind a name itself may still mean by it: a star import, a submodule.
    fn sources_elsewhere(&self, module: ModuleId, entry: &Entry, name: &str, hops: usize) -> Vec<Source> {
        for import in entry.summary.imports.iter().rev() {
            if import.block.is_some() || import.name.is_none_or(|star| entry.summary.slice(star) != "*") {
                continue;
            }
            let path: String = entry.summary.slice(import.module).split_whitespace().collect();
            match self.project.import(module, &path) {
                Some((id, _)) if hops < 12 && self.exports(id, name, hops + 1) => {
                    let found = self.sources_in(id, None, name, hops + 1);
                    if !found.is_empty() {
                        return found;
                    }
                }
                Some(_) => {}
                None => {
                    let reason = format!("`from {path} import *` ({}:{}) may bind it", entry.path, import.row);
                    return vec![Source::Unknown(reason.into())];
                }
            }
        }
        if entry.is_package
            && let Some((id, _)) = self.project.import(module, &format!(".{name}"))
        {
            return vec![Source::Module(id)];
        }
        if !entry.locals(None, "__getattr__").is_empty() && hops > 0 {
            return vec![Source::Unknown(format!("`__getattr__` of {} may give it", entry.path).into())];
        }
        Vec::new()
    }

    /// Whether a star import of the module brings a name along.
    fn exports(&self, module: ModuleId, name: &str, hops: usize) -> bool {
        let entry = self.entry(module);
        let listed = entry.locals(None, "__all__");
        if listed.is_empty() {
            return !name.starts_with('_');
        }
        let quoted = |text: &str| text.contains(&format!("\"{name}\"")) || text.contains(&format!("'{name}'"));
        listed.iter().any(|local| match local {
            Local::Fact(at) => {
                let text = entry.summary.slice(entry.summary.facts[*at as usize].statement);
                // `__all__ = a.__all__ + b.__all__` lists what others do.
                quoted(text) || text.contains(".__all__") && hops < 12
            }
            _ => true,
        })
    }

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
        let at = || format!("{}:{}", entry.path, of.row);
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
        self.declared_parameter(function, at).of_origin(|| format!("{}:{}({at})", function.module.0, function.block))
    }

    fn declared_parameter(&self, function: Definition, at: usize) -> Type {
        let entry = self.entry(function.module);
        let block = &entry.summary.blocks[function.block as usize];
        let head = entry.head(function.block);
        let Some(parameter) = head.parameters.get(at) else { return Type::unknown("it is no parameter") };
        let place = Place { module: function.module, block: block.parent };
        if let Some(annotation) = &parameter.annotation {
            let ty = self.annotated(annotation, &place);
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

    /// A type in words.
    pub fn describe(&self, ty: &Type) -> String {
        match ty {
            Type::Unknown(reason) | Type::Foreign(reason, _) => format!("unknown: {reason}"),
            Type::None => "None".to_owned(),
            Type::Module(id) => format!("module `{}`", self.entry(*id).name),
            Type::Missing(..) => format!("`{}`", self.path_of(ty).unwrap_or_default()),
            Type::Class(class, _) => format!("class `{}`", self.path(*class)),
            Type::Instance(class, _) => format!("a `{}`", self.path(*class)),
            Type::Super(class) => format!("what `{}` inherits", self.path(*class)),
            Type::Function(function) => format!("function `{}`", self.path(function.definition)),
            Type::Property(inner) | Type::StaticMethod(inner) | Type::ClassMethod(inner) => self.describe(inner),
            Type::Value(Kind::Plain, _) => "a plain value".to_owned(),
            Type::Value(Kind::Iterable, parts) => match parts.first() {
                Some(part) => format!("an iterable of {}", self.describe(part)),
                None => "an iterable".to_owned(),
            },
            Type::Value(Kind::Tuple, _) => "a tuple".to_owned(),
            Type::Value(Kind::Mapping, _) => "a mapping".to_owned(),
            Type::Value(Kind::AsyncIterable, _) => "an asynchronous iterable".to_owned(),
            Type::Value(Kind::AsyncGenerator, _) => "an asynchronous generator".to_owned(),
            Type::Value(Kind::Manager, _) => "a context manager".to_owned(),
            Type::Value(Kind::AsyncManager, _) => "an asynchronous context manager".to_owned(),
            Type::Coroutine(_) => "a coroutine".to_owned(),
            Type::Awaitable(_) => "an awaitable".to_owned(),
            Type::Future(_) => "a future".to_owned(),
            Type::Callable(result) => format!("a callable that gives {}", self.describe(result)),
            Type::Union(parts) => {
                let parts: Vec<String> = parts.iter().map(|part| self.describe(part)).collect();
                parts.join(" or ")
            }
        }
    }
}
