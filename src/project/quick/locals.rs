//! What a function binds, told from its statements without a tree.

use super::Glance;
use crate::outline::{BlockKind, Statement, StatementKind, operands};
use crate::project::expression::{Bound, Expression};
use crate::project::inference::{Inference, Names, Place, Source};
use crate::project::narrowing::{asks_for_coroutine_functions, tested_callables};
use crate::project::types::{CYCLE, Kind, Type};
use crate::text::{Span, is_word, words};
use memchr::memmem;
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// Why a local is unknown that only a tree can follow.
pub(super) const UNTOLD: &str = "only a tree can tell";

/// Why a container is unknown that is empty at first.
pub(super) const FILLED: &str = "only a tree can tell what is put into it";

/// How many locals are followed, one bound by the other.
const DEEPEST: usize = 6;

/// What the statements of a function bind.
#[derive(Default)]
pub(super) struct Locals<'a> {
    /// The statements that bind a name, by their index in the outline.
    statements: FxHashMap<&'a str, Vec<usize>>,
    /// What `isinstance` is asked of, with the classes that it names; none where these are not read, and where the test is
    /// one of coroutine functions.
    tested: Vec<(&'a str, Option<&'a str>)>,
}

/// Names as a function sees them, without its tree.
pub(super) struct Inside<'g, 'a, 'p> {
    pub glance: &'g Glance<'a, 'p>,
    pub place: Place,
    /// Where the names stand, if the statement there binds some by comprehensions.
    pub at: Option<usize>,
}

impl Inside<'_, '_, '_> {
    /// What each binding makes of a name that the function, or a comprehension, binds; none where none does.
    pub fn alternatives(&self, name: &str) -> Option<Vec<Type>> {
        let clauses = self.at.map(|at| self.glance.clauses(at, name)).unwrap_or_default();
        if clauses.is_empty() {
            return self.glance.local(self.place.block, name);
        }
        Some(clauses.into_iter().map(|start| self.iterated(start, name)).collect())
    }

    /// What the clause `for name in iterable` of a comprehension makes of its name.
    fn iterated(&self, start: usize, name: &str) -> Type {
        let glance = self.glance;
        let Some(within) = glance.text[start..].find(" in ") else { return Type::unknown(UNTOLD) };
        let iterable = start + within + " in ".len();
        let end = operands::iterable_end(glance.text, iterable);
        let Some(end) = end.filter(|end| words(&glance.text[iterable..*end], name).next().is_none()) else {
            return Type::unknown(UNTOLD);
        };
        let keyword = if glance.text[..start].ends_with("async ") { "async " } else { "" };
        let header = format!("{keyword}{}:", glance.text[start..end].trim_end()).replace(['\n', '\r'], " ");
        glance.deeper(|| glance.inference.bound(&Bound::parse(&header, name), self))
    }
}

impl Names for Inside<'_, '_, '_> {
    fn name(&self, inference: &Inference, name: &str, at: usize) -> Type {
        let Some(types) = self.alternatives(name) else { return self.place.name(inference, name, at) };
        let joined = Type::join(types.iter().cloned());
        // One binding of several may be the one that counts, and only the flow of control tells which.
        let is_untold = |ty: &Type| matches!(ty, Type::Unknown(reason) if [UNTOLD, FILLED].contains(&&**reason));
        let is_one_of = types.len() > 1 && joined.is_unknown() && types.iter().any(|ty| !ty.is_unknown());
        if is_one_of || types.iter().any(is_untold) {
            self.glance.is_ambiguous.set(true);
        }
        joined
    }

    fn sources(&self, inference: &Inference, name: &str) -> Vec<Source> {
        self.place.sources(inference, name)
    }

    fn place(&self) -> Place {
        self.place
    }
}

impl<'a> Glance<'a, '_> {
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
        self.bound.borrow_mut().insert(key.clone(), Type::unknown(CYCLE));
        let at = Some(of.span.start).filter(|at| self.has_clauses(*at));
        let names = Inside { glance: self, place: Place { module: self.id, block: Some(function) }, at };
        let ty = self.deeper(|| {
            let named = self.named_values(of, name);
            if named.is_empty() {
                return self.inference.bound(&Bound::parse(&self.text[of.span.range()], name), &names);
            }
            Type::join(named.iter().map(|value| self.inference.infer(value, &names)))
        });
        // What is put into it later is in other statements.
        let is_empty = matches!(&ty, Type::Value(Kind::Iterable | Kind::Mapping, parts) if parts.is_empty());
        let ty = if is_empty { Type::unknown(FILLED) } else { ty };
        self.bound.borrow_mut().insert(key, ty.clone());
        ty
    }

    /// The values that `name := value` gives to a name in a statement.
    fn named_values(&self, statement: &Statement, name: &str) -> Vec<Expression> {
        let source = &self.text[statement.span.range()];
        let ends = memmem::find_iter(source.as_bytes(), b":=").filter(|at| {
            let before = source[..*at].trim_end();
            before.strip_suffix(name).is_some_and(|rest| !rest.bytes().next_back().is_some_and(is_word))
        });
        ends.map(|at| {
            let start = statement.span.start + at + ":=".len();
            match operands::value_end(self.text, start) {
                Some(end) => Expression::parse(self.text[start..end].trim()),
                None => Expression::Other("a value that is not read"),
            }
        })
        .collect()
    }

    /// A look at what binds a name on the way to another.
    fn deeper(&self, look: impl FnOnce() -> Type) -> Type {
        if self.depth.get() >= DEEPEST {
            return Type::unknown("it is bound through too many names");
        }
        self.depth.set(self.depth.get() + 1);
        let ty = look();
        self.depth.set(self.depth.get() - 1);
        ty
    }

    /// Where the clauses of comprehensions begin, in the statement at an offset, that bind a name.
    pub(super) fn clauses(&self, at: usize, name: &str) -> Vec<usize> {
        let Some(statement) = self.outline.statement_at(at) else { return Vec::new() };
        let source = &self.text[statement.span.range()];
        let binds = |from: &usize| {
            let targets = &source[*from + "for ".len()..];
            let end = targets.find(" in ").unwrap_or(targets.len());
            // The header of a loop binds for what follows it, and is read with the other statements.
            let is_header = *from == 0 && statement.kind == StatementKind::Header;
            let word = Span::at(statement.span.start + from);
            !is_header && words(&targets[..end], name).next().is_some() && self.outline.is_code(word)
        };
        let found = memmem::find_iter(source.as_bytes(), b"for ").filter(binds);
        found.map(|from| statement.span.start + from).collect()
    }

    /// Whether the statement at an offset may hold a comprehension.
    pub(super) fn has_clauses(&self, at: usize) -> bool {
        let statement = self.outline.statement_at(at);
        statement.is_none_or(|statement| self.text[statement.span.range()].contains("for "))
    }

    /// Whether a lambda of the statement at an offset may bind a name.
    pub(super) fn is_lambda_parameter(&self, at: usize, name: &str) -> bool {
        let Some(statement) = self.outline.statement_at(at) else { return true };
        let source = &self.text[statement.span.range()];
        memmem::find_iter(source.as_bytes(), b"lambda").any(|at| {
            let parameters = &source[at + "lambda".len()..];
            let end = parameters.find(':').unwrap_or(parameters.len());
            words(&parameters[..end], name).next().is_some()
        })
    }

    /// What `isinstance` asks of the functions around a block, and with which classes.
    pub(super) fn tests(&self, block: Option<u32>) -> impl Iterator<Item = (&'a str, Option<&'a str>)> {
        let is_function = |around: &usize| matches!(self.outline.blocks[*around].kind, BlockKind::Function { .. });
        let functions = self.outline.enclosing_blocks(block).filter(is_function);
        functions.flat_map(|around| {
            let locals = self.locals(around as u32);
            (0..locals.tested.len()).map(move |at| locals.tested[at])
        })
    }

    /// What tests leave of a chain of names, where there are some; none where only a tree can tell.
    pub(super) fn tested(&self, block: Option<u32>, chain: &str) -> Option<Vec<Type>> {
        let names = Inside { glance: self, place: Place { module: self.id, block }, at: None };
        let here = self.tests(block).filter(|(tested, _)| *tested == chain);
        here.map(|(_, classes)| Some(self.inference.tested(&Expression::parse(classes?), &names))).collect()
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
        let has = |word: &[u8]| memmem::find(self.text[span.range()].as_bytes(), word).is_some();
        let (asks_class, names_values) = (has(b"isinstance("), has(b":="));
        for (at, statement) in self.outline.statements.iter().enumerate().skip(first) {
            if statement.span.start >= span.end {
                break;
            }
            let source = &self.text[statement.span.range()];
            if asks_class {
                let tests = memmem::find_iter(source.as_bytes(), b"isinstance(");
                locals.tested.extend(tests.filter_map(|at| test(&source[at + "isinstance(".len()..])));
            }
            if asks_kind {
                locals.tested.extend(tested_callables(source).map(|callable| (callable, None)));
            }
            if statement.block == Some(function) {
                let mut add = |name| locals.statements.entry(name).or_default().push(at);
                if names_values {
                    named(source, &mut add);
                }
                bound_names(statement, source, &mut add);
            }
        }
        let locals = Rc::new(locals);
        self.functions.borrow_mut().insert(function, locals.clone());
        locals
    }
}

/// What a test is about, and the classes: its arguments and what is behind them.
fn test(arguments: &str) -> Option<(&str, Option<&str>)> {
    let arguments = arguments.trim_start();
    let end = arguments.bytes().position(|byte| !is_word(byte) && byte != b'.').unwrap_or(arguments.len());
    let classes = arguments[end..].trim_start().strip_prefix(',').map(str::trim_start);
    let classes = classes.and_then(|rest| match rest.strip_prefix('(') {
        Some(inner) => inner.find(['(', ')']).filter(|at| inner[*at..].starts_with(')')).map(|at| &rest[..at + 2]),
        None => rest.find([')', '(', '|']).filter(|at| rest[*at..].starts_with(')')).map(|at| &rest[..at]),
    });
    (end > 0).then_some((&arguments[..end], classes.filter(|classes| !classes.contains('#'))))
}

/// The names that `name := value` binds.
fn named<'a>(source: &'a str, add: &mut impl FnMut(&'a str)) {
    for at in memmem::find_iter(source.as_bytes(), b":=") {
        let before = source[..at].trim_end();
        let start = before.bytes().rposition(|byte| !is_word(byte)).map_or(0, |at| at + 1);
        add(&before[start..]);
    }
}

/// The names that a statement may bind otherwise; a name too many costs a look.
fn bound_names<'a>(statement: &Statement, source: &'a str, add: &mut impl FnMut(&'a str)) {
    match statement.kind {
        StatementKind::Header => {
            let words = source.strip_prefix("async").unwrap_or(source).trim_start();
            if let Some(targets) = words.strip_prefix("for") {
                names(&targets[..targets.find(" in ").unwrap_or(targets.len())], add);
            } else if words.starts_with("case") {
                words.split(|letter: char| !letter.is_alphanumeric() && letter != '_').for_each(add);
            } else if words.starts_with("with") || words.starts_with("except") {
                for at in memmem::find_iter(words.as_bytes(), b" as ") {
                    let rest = &words[at + 4..];
                    let end = rest.find(':').into_iter().chain(rest.find(" as ")).min().unwrap_or(rest.len());
                    names(&rest[..end], add);
                }
            }
        }
        // A docstring binds nothing.
        StatementKind::Simple if !source.starts_with(['"', '\'']) => {
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
