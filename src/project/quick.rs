//! What can be told of a call without a tree: a [`Glance`].
//!
//! A chain of names (`self.session.get`) whose first name is no local of its function is followed through summaries alone,
//! with the same answers that the tree would give. A look into a tree is worth it only where the call makes a coroutine,
//! or where nobody knows and the name alone may tell.

use crate::outline::{BlockKind, Outline, StatementKind};
use crate::project::inference::{Inference, Names, Place};
use crate::project::layout::ModuleId;
use crate::project::linked::Definition;
use crate::project::types::Type;
use crate::text::{is_word, words};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use std::rc::Rc;

/// A look at one file that costs no tree.
pub struct Glance<'a, 'p> {
    pub inference: &'a Inference<'p>,
    pub id: ModuleId,
    pub text: &'a str,
    pub outline: &'a Outline,
    /// The names that a function may bind itself, and whether it tests for classes.
    functions: RefCell<FxHashMap<u32, Rc<Locals<'a>>>>,
}

struct Locals<'a> {
    names: FxHashSet<&'a str>,
    /// What `isinstance` is asked of: the first names.
    tested: FxHashSet<&'a str>,
}

impl<'a, 'p> Glance<'a, 'p> {
    pub fn new(inference: &'a Inference<'p>, id: ModuleId, text: &'a str, outline: &'a Outline) -> Glance<'a, 'p> {
        Glance { inference, id, text, outline, functions: RefCell::default() }
    }

    pub fn awaitable_names(&self) -> &'p FxHashSet<Box<str>> {
        self.inference.project.awaitable_names()
    }

    /// Whether calling the chain from `start` to `end` could make something that has to be awaited.
    pub fn may_make_coroutine(&self, start: usize, end: usize) -> bool {
        let Some((callee, name, has_tests)) = self.callee(start, end) else { return true };
        let result = self.inference.called(&callee, &[], &[]);
        let is_unknown = result.parts().iter().any(Type::is_unknown);
        if is_unknown {
            return has_tests || name.is_some_and(|name| self.inference.may_be_known_by_name(name));
        }
        result.parts().iter().any(|part| matches!(part, Type::Coroutine(_) | Type::Awaitable(_)))
    }

    /// What a chain of names is, its last name where it has several, and whether a test for its class may say more. None
    /// where only a tree can tell.
    fn callee(&self, start: usize, end: usize) -> Option<(Type, Option<&'a str>, bool)> {
        let chain = &self.text[start..end];
        let block = self.outline.innermost_block(start).map(|block| block as u32);
        let (first, rest) = match chain.strip_prefix("super()") {
            Some(rest) => ("super()", rest),
            None => {
                let length = chain.bytes().position(|byte| !is_word(byte)).unwrap_or(chain.len());
                chain.split_at(length)
            }
        };
        if !rest.bytes().all(|byte| is_word(byte) || byte == b'.') || first.is_empty() {
            return None;
        }
        let header = block.is_some_and(|block| start < self.outline.blocks[block as usize].header.end);
        if header || self.is_bound_in_statement(start, first) {
            return None;
        }
        let place = Place { module: self.id, block };
        let mut has_tests = false;
        let mut ty = if first == "super()" {
            let class = self.inference.entry(self.id).class_around(block)?;
            Type::Super(Definition { module: self.id, block: class })
        } else {
            for around in self.outline.enclosing_blocks(block) {
                if matches!(self.outline.blocks[around].kind, BlockKind::Function { .. }) {
                    let locals = self.locals(around as u32);
                    has_tests |= locals.tested.contains(first);
                    if locals.names.contains(first) {
                        return None;
                    }
                }
            }
            place.name(self.inference, first, 0)
        };
        let mut last = None;
        for name in rest.split('.').skip(1) {
            ty = self.inference.attribute(&ty, name);
            last = Some(name);
        }
        Some((ty, last, has_tests))
    }

    /// Whether a comprehension, a lambda or a `:=` of the statement at an offset may bind a name.
    fn is_bound_in_statement(&self, at: usize, name: &str) -> bool {
        let Some(statement) = self.outline.statement_at(at) else { return true };
        let source = &self.text[statement.span.range()];
        let binds = |word: &str| memchr::memmem::find(source.as_bytes(), word.as_bytes()).is_some();
        (binds("for ") || binds("lambda") || binds(":=")) && words(source, name).nth(1).is_some()
    }

    /// The names that statements of a function may bind.
    fn locals(&self, function: u32) -> Rc<Locals<'a>> {
        if let Some(known) = self.functions.borrow().get(&function) {
            return known.clone();
        }
        let span = self.outline.blocks[function as usize].span;
        let first = self.outline.statements.partition_point(|statement| statement.span.start < span.start);
        let mut locals = Locals { names: FxHashSet::default(), tested: FxHashSet::default() };
        for statement in self.outline.statements[first..].iter().take_while(|statement| statement.span.start < span.end)
        {
            let source = &self.text[statement.span.range()];
            for at in memchr::memmem::find_iter(source.as_bytes(), b"isinstance(") {
                let subject = source[at + "isinstance(".len()..].trim_start();
                let end = subject.bytes().position(|byte| !is_word(byte)).unwrap_or(subject.len());
                locals.tested.insert(&subject[..end]);
            }
            if statement.block != Some(function) {
                continue;
            }
            let bound = match statement.kind {
                StatementKind::Call { .. } if !source.contains(":=") => continue,
                StatementKind::Import | StatementKind::Global => continue,
                StatementKind::Header
                    if ["for", "with", "async", "except", "case"].iter().any(|word| source.starts_with(word)) =>
                {
                    source
                }
                _ => match source.rfind(":=").into_iter().chain(memchr::memchr(b'=', source.as_bytes())).max() {
                    Some(end) => &source[..end],
                    None => continue,
                },
            };
            locals.names.extend(bound.split(|letter: char| !letter.is_alphanumeric() && letter != '_'));
        }
        let locals = Rc::new(locals);
        self.functions.borrow_mut().insert(function, locals.clone());
        locals
    }
}
