//! What an expression is: the questions, and what is remembered of their answers.
//!
//! An [`Inference`] belongs to the look at one file. It remembers what it found, bounds how deep it looks, and answers a
//! question that is part of its own answer with [`CYCLE`]. It is not shared between threads, so that the order of its
//! questions, and with it every answer, depends on nothing but the file. All that it sees of modules goes through
//! [`Inference::entry`], [`Inference::methods`] and [`Inference::uses`], so that it can tell what it leans on
//! ([`Inference::consulted`]).
//!
//! The rooms: `sources` follows a name to what binds it, `facts` says what that is, [`super::classes`] knows members,
//! [`super::usages`] what awaited calls elsewhere tell, [`super::results`] calls,
//! awaits, iterates and enters, [`super::annotations`] reads annotations, [`super::generics`] type variables, [`super::decorators`] decorators, and
//! [`super::flow`] the locals of the file that is looked at.

use crate::project::classes::Order;
use crate::project::expression::Expression;
use crate::project::layout::ModuleId;
use crate::project::linked::{Definition, Entry, Origin, Project};
use crate::project::types::{CYCLE, Kind, Type};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

/// How many questions may be open at once.
const DEPTH: usize = 48;

/// What other calls tell a file of something, by its origin or its name.
type Told = FxHashMap<(ModuleId, Rc<str>), Option<Rc<str>>>;

/// The look at one file.
pub struct Inference<'p> {
    pub project: &'p Project,
    entries: RefCell<FxHashMap<ModuleId, Arc<Entry>>>,
    /// The files whose texts were seen.
    texts: RefCell<FxHashSet<ModuleId>>,
    /// The names that all files were searched for.
    names: RefCell<FxHashSet<Box<str>>>,
    /// Whether the texts of all files were searched.
    searched_texts: Cell<bool>,
    answers: RefCell<FxHashMap<Question, Type>>,
    /// What binds a name directly in a module.
    pub(super) named: RefCell<FxHashMap<ModuleId, Named>>,
    pub(super) orders: RefCell<FxHashMap<Definition, Rc<Order>>>,
    /// The type variables of classes.
    pub(super) variables: RefCell<FxHashMap<Definition, Rc<[Rc<str>]>>>,
    open: RefCell<Vec<Question>>,
    /// Answers that lean on a question that is still open, and on which one; they are forgotten when it is answered.
    provisional: RefCell<Vec<(Question, usize)>>,
    /// The outermost open question that the answer under way leans on.
    leaning: Cell<usize>,
    /// What awaited calls elsewhere tell a file of an origin.
    pub(super) usages: RefCell<Told>,
    /// What they tell it of the last two names of a chain.
    pub(super) tails: RefCell<Told>,
    /// Whether a method of a name may run without being awaited.
    pub(super) starters: RefCell<FxHashMap<Box<str>, bool>>,
    /// The modules of which it was asked what functions do.
    followed: RefCell<FxHashSet<ModuleId>>,
    /// Whether it is asked what a package publishes, so that it cannot ask for that itself.
    pub(super) publishes: Cell<bool>,
    /// What was learned on the way, for `aiofix why`; none when nobody asks.
    evidence: RefCell<Option<Vec<String>>>,
}

/// What a look at one file asked of the others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consulted {
    /// The files of the run whose summaries were seen, the file itself among them, by their numbers in order.
    pub modules: Vec<u32>,
    /// The names whose methods, calls or heirs were looked for in all files.
    pub names: Vec<Box<str>>,
    /// The texts of all files were searched, so that any change counts.
    pub all_texts: bool,
    /// Those of the modules of which it was asked what their functions do.
    pub followed: Vec<u32>,
    /// The files whose texts were seen, beyond their summaries.
    pub texts: Vec<u32>,
}

/// What binds each name of a module.
type Named = FxHashMap<Box<str>, Vec<Source>>;

/// A question that is asked over and over.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Question {
    /// What a source of a name is.
    Source(Source),
    /// What a member of a class is, before it is bound to a receiver.
    Member(Definition, Box<str>),
    /// What the binding at an offset of the file that is looked at makes of its name.
    Local(usize),
    /// What an annotation without a value says of a local of the function at an offset; None where there is none.
    Declared(usize, Box<str>),
    /// What calling a function gives, before `async` and the like are considered.
    Returned(Definition),
    /// What calls pass for a parameter of a function.
    Passed(Definition, u32),
    /// The same as `Returned`, of a method that a class inherits.
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
            texts: RefCell::default(),
            names: RefCell::default(),
            searched_texts: Cell::new(false),
            answers: RefCell::default(),
            named: RefCell::default(),
            orders: RefCell::default(),
            variables: RefCell::default(),
            open: RefCell::default(),
            provisional: RefCell::default(),
            leaning: Cell::new(usize::MAX),
            usages: RefCell::default(),
            tails: RefCell::default(),
            starters: RefCell::default(),
            followed: RefCell::default(),
            publishes: Cell::new(false),
            evidence: RefCell::default(),
        }
    }

    pub fn entry(&self, module: ModuleId) -> Arc<Entry> {
        self.entries.borrow_mut().entry(module).or_insert_with(|| self.project.entry(module)).clone()
    }

    /// Every method of the run by a name.
    pub(super) fn methods(&self, name: &str) -> Cow<'p, [Definition]> {
        self.search(name);
        self.project.methods(name)
    }

    /// Where something of a name is called that is awaited somewhere.
    pub(super) fn uses<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (ModuleId, u32)> + 'a {
        self.search(name);
        self.project.uses(name)
    }

    /// Remembers that all files were searched for a name.
    pub(super) fn search(&self, name: &str) {
        let mut names = self.names.borrow_mut();
        if !names.contains(name) {
            names.insert(name.into());
        }
    }

    /// Remembers that the texts of all files were searched.
    pub fn search_texts(&self) {
        self.searched_texts.set(true);
    }

    /// Remembers that it was asked what the functions of a module do.
    pub(super) fn follow(&self, module: ModuleId) {
        self.followed.borrow_mut().insert(module);
    }

    /// Remembers that somebody asked this of other files on its behalf.
    pub(super) fn consult(&self, consulted: &Consulted) {
        consulted.modules.iter().for_each(|module| drop(self.entry(ModuleId(*module))));
        consulted.names.iter().for_each(|name| self.search(name));
        consulted.followed.iter().for_each(|module| self.follow(ModuleId(*module)));
        self.texts.borrow_mut().extend(consulted.texts.iter().copied().map(ModuleId));
    }

    /// The text of another file of the run.
    pub(super) fn text(&self, file: ModuleId) -> Option<Arc<str>> {
        self.read(file);
        self.project.text(file)
    }

    /// Remembers that the text of a file was seen.
    pub(super) fn read(&self, file: ModuleId) {
        self.texts.borrow_mut().insert(file);
    }

    /// What was asked of other files so far.
    pub fn consulted(&self) -> Consulted {
        let entries = self.entries.borrow();
        let in_run = entries.iter().filter(|(_, entry)| entry.origin == Origin::Run);
        let mut modules: Vec<u32> = in_run.map(|(id, _)| id.0).collect();
        modules.sort_unstable();
        let sorted = |seen: &RefCell<FxHashSet<ModuleId>>| {
            let mut numbers: Vec<u32> = seen.borrow().iter().map(|id| id.0).collect();
            numbers.sort_unstable();
            numbers
        };
        Consulted {
            modules,
            names: self.names.borrow().iter().cloned().collect(),
            all_texts: self.searched_texts.get(),
            followed: sorted(&self.followed),
            texts: sorted(&self.texts),
        }
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
        entry.place(entry.summary.blocks[definition.block as usize].row)
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
