//! What can be told of a call without a tree: a [`Glance`].
//!
//! A chain of names (`self.session.get`) is followed through summaries, and through the statements that bind the locals it
//! begins with, each parsed by itself. The flow of control is left out: what any binding of a local allows is allowed.
//! A look into a tree is worth it only where the call may make a coroutine, or where nobody knows and the name alone may
//! tell; where that is in doubt, it is.

use crate::outline::{BlockKind, Outline, Statement, StatementKind, operands};
use crate::project::expression::{Bound, Expression};
use crate::project::inference::{Inference, Names, Place, Source};
use crate::project::layout::ModuleId;
use crate::project::linked::Definition;
use crate::project::narrowing::{asks_for_coroutine_functions, test, tested_callables};
use crate::project::standard::standard;
use crate::project::types::{CYCLE, Kind, Type};
use crate::project::vocabulary::Vocabulary;
use crate::text::{is_word, words};
use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Why a local is unknown that only a tree can follow.
const UNTOLD: &str = "only a tree can tell";

/// How many locals are followed, one bound by the other.
const LOCALS: usize = 6;

/// A look at one file that costs no tree.
pub struct Glance<'a, 'p> {
    pub inference: &'a Inference<'p>,
    pub id: ModuleId,
    pub text: &'a str,
    pub outline: &'a Outline,
    functions: RefCell<FxHashMap<u32, Rc<Locals<'a>>>>,
    bound: RefCell<FxHashMap<(usize, Box<str>), Type>>,
    depth: Cell<usize>,
    is_ambiguous: Cell<bool>,
    /// What chains of names may be, by the block that they stand in.
    known: RefCell<FxHashMap<(Option<u32>, &'a str), Option<Rc<[Callee<'a>]>>>>,
}

/// What the statements of a function bind.
#[derive(Default)]
struct Locals<'a> {
    /// The statements that bind a name, by their index in the outline.
    statements: FxHashMap<&'a str, Vec<usize>>,
    /// What `isinstance` is asked of, with the classes that it names; none where these are not read.
    tested: Vec<(&'a str, Option<&'a str>)>,
}

/// Names as a function sees them, without its tree.
struct Inside<'g, 'a, 'p> {
    glance: &'g Glance<'a, 'p>,
    place: Place,
}

impl Names for Inside<'_, '_, '_> {
    fn name(&self, inference: &Inference, name: &str, at: usize) -> Type {
        match self.glance.local(self.place.block, name) {
            Some(types) => {
                let joined = Type::join(types.iter().cloned());
                // One binding of several may be the one that counts, and only the flow of control tells which.
                if types.len() > 1 && joined.is_unknown() && types.iter().any(|ty| !ty.is_unknown()) {
                    self.glance.is_ambiguous.set(true);
                }
                joined
            }
            None => self.place.name(inference, name, at),
        }
    }

    fn sources(&self, inference: &Inference, name: &str) -> Vec<Source> {
        self.place.sources(inference, name)
    }

    fn place(&self) -> Place {
        self.place
    }
}

/// What is known of what a chain of names calls.
struct Callee<'a> {
    /// What the receiver may be; none for a name alone.
    receiver: Option<Type>,
    name: &'a str,
    ty: Type,
}

impl<'a, 'p> Glance<'a, 'p> {
    pub fn new(inference: &'a Inference<'p>, id: ModuleId, text: &'a str, outline: &'a Outline) -> Glance<'a, 'p> {
        Glance {
            inference,
            id,
            text,
            outline,
            functions: RefCell::default(),
            bound: RefCell::default(),
            depth: Cell::new(0),
            is_ambiguous: Cell::new(false),
            known: RefCell::default(),
        }
    }

    pub fn awaitable_names(&self) -> Vocabulary<'p> {
        self.inference.project.awaitable_names(self.id)
    }

    /// Whether something of that name, whatever it is, is called and awaited somewhere.
    pub fn is_awaited_name(&self, name: &str) -> bool {
        self.inference.project.index().uses.contains_key(name)
    }

    /// Whether calling the chain from `start` to `end` could make something that has to be awaited.
    pub fn may_make_coroutine(&self, start: usize, end: usize) -> bool {
        self.callees(start, end).is_none_or(|callees| self.may_be_made_by(&callees))
    }

    /// Whether the chain from `start` to `end`, which is not called, may be a coroutine function, for certain.
    pub fn may_be_coroutine_function(&self, start: usize, end: usize) -> bool {
        let makes = |callee: &Callee| {
            let result = self.inference.called(&callee.ty);
            result.parts().iter().any(|part| matches!(part, Type::Coroutine(_) | Type::Awaitable(_)))
        };
        self.callees(start, end).is_none_or(|callees| callees.iter().any(makes))
    }

    /// Whether other calls of the same show that what the chain gives has to be awaited; that a tree might tell is no sign.
    pub fn is_awaited_elsewhere(&self, start: usize, end: usize) -> bool {
        let chain = &self.text[start..end];
        self.is_awaited_name(chain.rsplit('.').next().unwrap_or(chain))
            && self.callees(start, end).is_some_and(|callees| {
                callees.iter().any(|callee| {
                    let result = self.inference.called(&callee.ty);
                    self.inference.awaited_elsewhere(&result, callee.name, self.id).is_some()
                        || self.inference.awaited_alike(&result, chain, self.id).is_some()
                })
            })
    }

    fn may_be_made_by(&self, callees: &[Callee]) -> bool {
        callees.iter().any(|callee| {
            let result = self.inference.called(&callee.ty);
            if !result.parts().iter().any(Type::is_unknown) {
                return result.parts().iter().any(|part| matches!(part, Type::Coroutine(_) | Type::Awaitable(_)))
                    || matches!(result, Type::Future(_)) && self.inference.gathers(&callee.ty)
                    || result.parts().iter().any(|part| self.is_awaitable_object(part));
            }
            let by_name = callee.receiver.as_ref().is_some_and(|receiver| {
                let may_have = |part: &Type| {
                    part.is_unknown() || matches!(part, Type::Instance(..) | Type::Class(..) | Type::Super(_))
                };
                receiver.parts().iter().any(may_have)
            });
            by_name && self.inference.may_be_known_by_name(callee.name)
        })
    }

    fn is_awaitable_object(&self, part: &Type) -> bool {
        matches!(part, Type::Instance(class, _) if self.inference.declares(*class, "__await__"))
    }

    /// Whether calling the chain from `start` to `end` could give something that cannot be awaited, for certain.
    pub fn may_make_plain(&self, start: usize, end: usize) -> bool {
        let Some(callees) = self.callees(start, end) else { return true };
        callees.iter().any(|callee| {
            let result = self.inference.called(&callee.ty);
            let awaits = |part: &Type| {
                part.is_unknown() || matches!(part, Type::Coroutine(_) | Type::Awaitable(_) | Type::Future(_))
            };
            !result.parts().iter().any(awaits)
        })
    }

    /// What a chain may be, one for each binding of the local that it begins with. None where only a tree can tell.
    fn callees(&self, start: usize, end: usize) -> Option<Rc<[Callee<'a>]>> {
        let chain = &self.text[start..end];
        let block = self.outline.innermost_block(start).map(|block| block as u32);
        if block.is_some_and(|block| start < self.outline.blocks[block as usize].header.end) {
            return None;
        }
        let first = first_name(chain);
        if let Some(bound) = self.bound_in_statement(start, first) {
            let names = Inside { glance: self, place: Place { module: self.id, block } };
            let root = self.inference.bound(&bound?, &names);
            return self.chain(chain, block, Some(root)).map(Rc::from);
        }
        if let Some(known) = self.known.borrow().get(&(block, chain)) {
            return known.clone();
        }
        let found = self.chain(chain, block, None).map(Rc::from);
        self.known.borrow_mut().insert((block, chain), found.clone());
        found
    }

    /// The same, with `root` for the first name where the statement itself binds that.
    fn chain(&self, chain: &'a str, block: Option<u32>, root: Option<Type>) -> Option<Vec<Callee<'a>>> {
        let first = first_name(chain);
        let rest = &chain[first.len()..];
        if first.is_empty() || !rest.bytes().all(|byte| is_word(byte) || byte == b'.') {
            return if root.is_some() { None } else { self.parsed_callee(chain, block).map(|callee| vec![callee]) };
        }
        let place = Place { module: self.id, block };
        let mut roots = match root {
            Some(root) => vec![root],
            None if first == "super()" => {
                let class = self.inference.entry(self.id).class_around(block)?;
                vec![Type::Super(Definition { module: self.id, block: class })]
            }
            None => self.local(block, first).unwrap_or_else(|| vec![place.name(self.inference, first, 0)]),
        };
        if roots.iter().any(|root| matches!(root, Type::Unknown(reason) if &**reason == UNTOLD)) {
            return None;
        }
        roots.extend(self.tested(block, first)?);
        let mut callees: Vec<Callee> =
            roots.into_iter().map(|root| Callee { receiver: None, name: first, ty: root }).collect();
        let mut end = first.len();
        for name in rest.split('.').skip(1) {
            end += 1 + name.len();
            let name = &chain[end - name.len()..end];
            for callee in &mut callees {
                let ty = self.inference.attribute(&callee.ty, name);
                *callee = Callee { receiver: Some(std::mem::replace(&mut callee.ty, ty.clone())), name, ty };
            }
            let tested = self.tested(block, &chain[..end])?;
            callees.extend(tested.into_iter().map(|ty| Callee { receiver: None, name, ty }));
        }
        Some(callees)
    }

    /// The same of a chain that has more than names in it.
    fn parsed_callee(&self, chain: &'a str, block: Option<u32>) -> Option<Callee<'a>> {
        const LONGEST: usize = 400;
        let name = &chain[chain.bytes().rposition(|byte| !is_word(byte)).map_or(0, |at| at + 1)..];
        let object = chain[..chain.len() - name.len()].trim_end();
        // What is called may be the result of a call, or an item.
        let object = if name.is_empty() { object } else { object.strip_suffix('.')? };
        if object.starts_with(['"', '\'', '[', '{']) && !object.contains("await") {
            return Some(Callee { receiver: Some(Type::plain()), name, ty: Type::plain() });
        }
        let binds = |word: &str| object.contains(word);
        let is_tested = || self.tests(block).any(|(chain, _)| object.starts_with(chain));
        if object.len() > LONGEST || binds("lambda") || binds("for ") || binds(":=") || is_tested() {
            return None;
        }
        let names = Inside { glance: self, place: Place { module: self.id, block } };
        self.is_ambiguous.set(false);
        let ty = self.inference.infer(&Expression::parse(object), &names);
        if self.is_ambiguous.get() || ty.reason().is_some_and(|reason| &**reason == UNTOLD) {
            return None;
        }
        if name.is_empty() {
            return Some(Callee { receiver: None, name, ty });
        }
        Some(Callee { ty: self.inference.attribute(&ty, name), receiver: Some(ty), name })
    }

    /// What `isinstance` asks of the functions around a block, and with which classes.
    fn tests(&self, block: Option<u32>) -> impl Iterator<Item = (&'a str, Option<&'a str>)> {
        let is_function = |around: &usize| matches!(self.outline.blocks[*around].kind, BlockKind::Function { .. });
        let functions = self.outline.enclosing_blocks(block).filter(is_function);
        functions.flat_map(|around| {
            let locals = self.locals(around as u32);
            (0..locals.tested.len()).map(move |at| locals.tested[at])
        })
    }

    /// What tests leave of a chain of names, where there are some; none where only a tree can tell.
    fn tested(&self, block: Option<u32>, chain: &str) -> Option<Vec<Type>> {
        let names = Inside { glance: self, place: Place { module: self.id, block } };
        let here = self.tests(block).filter(|(tested, _)| *tested == chain);
        here.map(|(_, classes)| Some(self.inference.tested(&Expression::parse(classes?), &names))).collect()
    }

    /// What a chain of names gives, called or not, where that can be told without a tree; nothing that matters is unknown.
    pub fn may_be_asynchronous(&self, start: usize, end: usize, is_called: bool) -> bool {
        let Some(callees) = self.callees(start, end) else { return true };
        callees.iter().any(|callee| {
            let ty = match is_called {
                true => self.inference.called(&callee.ty),
                false => callee.ty.clone(),
            };
            ty.parts().iter().any(|part| match part {
                Type::Value(kind, _) => matches!(kind, Kind::AsyncIterable | Kind::AsyncGenerator | Kind::AsyncManager),
                Type::Instance(class, _) => {
                    self.inference.speaks_only(*class, "__aiter__", &["__iter__", "__getitem__"])
                        || self.inference.speaks_only(*class, "__aenter__", &["__enter__"])
                }
                // Some of what cannot be read is known by name.
                Type::Missing(..) | Type::Unknown(_) | Type::Foreign(..) => {
                    let path = self.inference.path_of(&callee.ty).unwrap_or_default();
                    let protocols = &standard().protocols;
                    protocols.managers.contains(&path) || protocols.iterables.contains(&path)
                }
                _ => false,
            })
        })
    }

    /// What each binding makes of a name that a function around binds by its statements; none where none does.
    fn local(&self, block: Option<u32>, name: &str) -> Option<Vec<Type>> {
        for around in self.outline.enclosing_blocks(block) {
            if !matches!(self.outline.blocks[around].kind, BlockKind::Function { .. }) {
                continue;
            }
            let around = around as u32;
            let locals = self.locals(around);
            if let Some(statements) = locals.statements.get(name) {
                let mut types: Vec<Type> =
                    statements.iter().map(|statement| self.binding(*statement, around, name)).collect();
                let place = Place { module: self.id, block: Some(around) };
                // A parameter of that name is another binding.
                let entry = self.inference.entry(self.id);
                if entry.parameter(around, name).is_some() {
                    types.push(place.name(self.inference, name, 0));
                }
                return Some(types);
            }
            let entry = self.inference.entry(self.id);
            if entry.parameter(around, name).is_some() || !entry.locals(Some(around), name).is_empty() {
                return None;
            }
        }
        None
    }

    /// What a statement makes of a name that it binds.
    fn binding(&self, statement: usize, function: u32, name: &str) -> Type {
        let of = &self.outline.statements[statement];
        let key: (usize, Box<str>) = (of.span.start, name.into());
        if let Some(known) = self.bound.borrow().get(&key) {
            return known.clone();
        }
        if self.depth.get() >= LOCALS {
            return Type::unknown("it is bound through too many names");
        }
        let source = self.text[of.span.range()].as_bytes();
        let has = |word: &str| memchr::memmem::find(source, word.as_bytes()).is_some();
        if has("lambda") || has(":=") {
            return Type::unknown(UNTOLD);
        }
        self.bound.borrow_mut().insert(key.clone(), Type::unknown(CYCLE));
        self.depth.set(self.depth.get() + 1);
        let names = Inside { glance: self, place: Place { module: self.id, block: Some(function) } };
        let ty = self.inference.bound(&Bound::parse(&self.text[of.span.range()], name), &names);
        self.depth.set(self.depth.get() - 1);
        // What is put into it later is in other statements.
        let is_empty = matches!(&ty, Type::Value(Kind::Iterable | Kind::Mapping, parts) if parts.is_empty());
        let ty = if is_empty { Type::unknown(UNTOLD) } else { ty };
        self.bound.borrow_mut().insert(key, ty.clone());
        ty
    }

    /// What a comprehension of the statement at an offset binds a name to, where one does; an inner none where only a tree can
    /// tell.
    fn bound_in_statement(&self, at: usize, name: &str) -> Option<Option<Bound>> {
        let Some(statement) = self.outline.statement_at(at) else { return Some(None) };
        let source = &self.text[statement.span.range()];
        let bytes = source.as_bytes();
        let named = |from: usize, until: &str| {
            let rest = &source[from..];
            let end = rest.find(until).unwrap_or(rest.len());
            words(&rest[..end], name).next().is_some()
        };
        let is_bound_otherwise = memchr::memmem::find_iter(bytes, b"lambda").any(|at| named(at + 6, ":"))
            || memchr::memmem::find_iter(bytes, b":=").any(|at| source[..at].trim_end().ends_with(name));
        let mut loops = memchr::memmem::find_iter(bytes, b"for ").filter(|at| named(at + 4, " in "));
        match (loops.next(), loops.next()) {
            (None, _) if !is_bound_otherwise => None,
            // The header of a loop binds for what follows it, and is read with the other statements.
            (Some(0), None) if !is_bound_otherwise && statement.kind == StatementKind::Header => None,
            (Some(clause), None) if !is_bound_otherwise => Some(self.clause(statement.span.start + clause, name)),
            _ => Some(None),
        }
    }

    /// What the clause of a comprehension binds a name to: `for name in iterable`, where the iterable names nothing that the
    /// comprehension binds.
    fn clause(&self, start: usize, name: &str) -> Option<Bound> {
        let targets = self.text[start..].find(" in ")?;
        if self.text[..start].ends_with("async ") {
            return None;
        }
        let end = operands::iterable_end(self.text, self.outline, start + targets + " in ".len())?;
        let clause = self.text[start..end].trim_end();
        let iterable = &clause[targets + " in ".len()..];
        let own = |word: &str| words(iterable, word).next().is_some();
        let statement = self.outline.statement_at(start)?;
        let source = &self.text[statement.span.range()];
        let is_nested = source.matches("for ").count() > 1 || source.contains("lambda") || source.contains(":=");
        if is_nested || own(name) {
            return None;
        }
        let header = format!("{clause}:").replace(['\n', '\r'], " ");
        Some(Bound::parse(&header, name))
    }

    /// The names that statements of a function bind.
    fn locals(&self, function: u32) -> Rc<Locals<'a>> {
        if let Some(known) = self.functions.borrow().get(&function) {
            return known.clone();
        }
        let span = self.outline.blocks[function as usize].span;
        let first = self.outline.statements.partition_point(|statement| statement.span.start < span.start);
        let mut locals = Locals::default();
        let asks_kind = asks_for_coroutine_functions(&self.text[span.range()]);
        for (at, statement) in self.outline.statements.iter().enumerate().skip(first) {
            if statement.span.start >= span.end {
                break;
            }
            let source = &self.text[statement.span.range()];
            for at in memchr::memmem::find_iter(source.as_bytes(), b"isinstance(") {
                locals.tested.extend(test(&source[at + "isinstance(".len()..]));
            }
            if asks_kind {
                locals.tested.extend(tested_callables(source).map(|callable| (callable, None)));
            }
            if statement.block == Some(function) {
                bound_names(statement, source, &mut |name| locals.statements.entry(name).or_default().push(at));
            }
        }
        let locals = Rc::new(locals);
        self.functions.borrow_mut().insert(function, locals.clone());
        locals
    }
}

/// The first name of a chain; `super()` counts as one.
fn first_name(chain: &str) -> &str {
    if chain.starts_with("super()") {
        return &chain[.."super()".len()];
    }
    &chain[..chain.bytes().position(|byte| !is_word(byte)).unwrap_or(chain.len())]
}

/// The names that a statement may bind; a name too many costs a look.
fn bound_names<'a>(statement: &Statement, source: &'a str, add: &mut impl FnMut(&'a str)) {
    for at in memchr::memmem::find_iter(source.as_bytes(), b":=") {
        let before = source[..at].trim_end();
        let start = before.bytes().rposition(|byte| !is_word(byte)).map_or(0, |at| at + 1);
        add(&before[start..]);
    }
    match statement.kind {
        StatementKind::Header => {
            let words = source.strip_prefix("async").unwrap_or(source).trim_start();
            if let Some(targets) = words.strip_prefix("for") {
                names(&targets[..targets.find(" in ").unwrap_or(targets.len())], add);
            } else if words.starts_with("case") {
                words.split(|letter: char| !letter.is_alphanumeric() && letter != '_').for_each(add);
            } else if words.starts_with("with") || words.starts_with("except") {
                for at in memchr::memmem::find_iter(words.as_bytes(), b" as ") {
                    let rest = &words[at + 4..];
                    let end = rest.find(':').into_iter().chain(rest.find(" as ")).min().unwrap_or(rest.len());
                    names(&rest[..end], add);
                }
            }
        }
        StatementKind::Simple => {
            let bytes = source.as_bytes();
            let mut from = 0;
            // `name: T` alone says what the name is when it is bound.
            if let Some((target, _)) = source.split_once(':')
                && target.bytes().all(is_word)
                && !source.contains('=')
            {
                add(target);
            }
            // Every `=` of `a = b = value`, and none of a keyword argument.
            while let Some(at) = memchr::memchr(b'=', &bytes[from..]).map(|at| from + at) {
                let target = &source[from..at];
                let is_comparison = bytes.get(at + 1) == Some(&b'=') || target.ends_with(['!', '<', '>', ':']);
                if is_comparison || target.matches(['(', '[', '{']).count() != target.matches([')', ']', '}']).count() {
                    break;
                }
                names(target.split(':').next().unwrap_or_default(), add);
                from = at + 1;
            }
        }
        _ => {}
    }
}

/// The names of a target list: no attributes, no subscripts.
fn names<'a>(targets: &'a str, add: &mut impl FnMut(&'a str)) {
    let bytes = targets.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !is_word(bytes[at]) {
            at += 1;
            continue;
        }
        let end = bytes[at..].iter().position(|byte| !is_word(*byte)).map_or(bytes.len(), |length| at + length);
        let is_part = at > 0 && bytes[at - 1] == b'.' || matches!(bytes.get(end), Some(b'.' | b'[' | b'('));
        if !is_part {
            add(&targets[at..end]);
        }
        at = end;
    }
}
