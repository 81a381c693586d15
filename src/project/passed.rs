//! What the calls of the project pass for a parameter that nobody annotates.
//!
//! In: the origin of something that is not to be known ([`Type::Foreign`]), which begins with a parameter. Out: what it is
//! where all known calls agree that it is one thing or another. The calls are those that summaries keep: of classes, of
//! constructors and of what is awaited. Somebody else may call the function too, or hand it on, so that what is found here is
//! likely and not certain.

use crate::outline::BlockKind;
use crate::project::expression::{Expression, ParameterKind};
use crate::project::inference::{Inference, Place, Question};
use crate::project::layout::ModuleId;
use crate::project::linked::{Definition, Entry};
use crate::project::types::Type;
use crate::summary::Summary;
use crate::text::is_word;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// How many calls of one name are looked at.
const SITES: usize = 32;

/// How many classes are looked at that may inherit a constructor.
const HEIRS: usize = 32;

const CONSTRUCTOR: &str = "__init__";

/// The calls that summaries keep, and who inherits from whom, by name.
#[derive(Default)]
pub(super) struct Calls {
    /// By the last name of what is called: the module, and which of its summary's calls it is.
    by_name: FxHashMap<Box<str>, Vec<(ModuleId, u32)>>,
    /// The names of classes whose bases mention a name, and those that are given to what has it.
    heirs: FxHashMap<Box<str>, Vec<Box<str>>>,
}

impl Calls {
    pub fn of(entries: &[Arc<Entry>]) -> Calls {
        let mut calls = Calls::default();
        for (at, entry) in entries.iter().enumerate() {
            let module = ModuleId(at as u32);
            for (call, name) in names(entry) {
                calls.by_name.entry(name.into()).or_default().push((module, call));
            }
            heirs(&entry.summary, |name, heir| {
                let heirs = calls.heirs.entry(name.into()).or_default();
                if heirs.len() < HEIRS && name != heir && !heirs.iter().any(|known| &**known == heir) {
                    heirs.push(heir.into());
                }
            });
        }
        calls
    }

    /// Where something of a name is called, for all that is known; `changed` are modules with another text by now.
    fn of_name(&self, name: &str, entries: &[Arc<Entry>], changed: &[ModuleId]) -> Vec<(ModuleId, u32)> {
        let known = self.by_name.get(name).into_iter().flatten();
        let mut found: Vec<_> = known.copied().filter(|(module, _)| !changed.contains(module)).collect();
        for module in changed {
            let now = names(&entries[module.0 as usize]).filter(|(_, other)| *other == name);
            found.extend(now.map(|(call, _)| (*module, call)));
        }
        found
    }
}

/// The calls of a summary, each with the last name of what it calls.
fn names(entry: &Entry) -> impl Iterator<Item = (u32, &str)> {
    entry.summary.calls.iter().enumerate().map(|(at, call)| {
        let callee = &entry.summary.slice(call.call)[..call.callee as usize];
        (at as u32, callee.rsplit('.').next().unwrap_or(callee))
    })
}

/// Tells which names may stand for what has another: those of classes that inherit from it, and aliases.
pub(super) fn heirs<'s>(summary: &'s Summary, mut tell: impl FnMut(&'s str, &'s str)) {
    for block in summary.blocks.iter().filter(|block| block.kind == BlockKind::Class) {
        let bases = summary.slice(block.head).split_once('(').map_or("", |(_, bases)| bases);
        let words = bases.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        words.filter(|base| !base.is_empty()).for_each(|base| tell(base, summary.slice(block.name)));
    }
    for import in &summary.imports {
        if let (Some(name), Some(alias)) = (import.name, import.alias) {
            tell(summary.slice(name), summary.slice(alias));
        }
    }
    for fact in &summary.facts {
        let value = summary.slice(fact.statement).rsplit_once('=').map_or("", |(_, value)| value.trim());
        let last = value.rsplit('.').next().unwrap_or(value);
        if last.starts_with(|first: char| first.is_ascii_uppercase() || first == '_') && last.bytes().all(is_word) {
            tell(last, summary.slice(fact.name));
        }
    }
}

impl Inference<'_> {
    /// What something of an origin is, if it begins with a parameter and the calls of its function agree.
    pub(super) fn passed_on(&self, origin: &str) -> Option<Type> {
        let (function, at, mut steps) = root(origin)?;
        let mut ty = self.passed(function, at);
        while !steps.is_empty() && !ty.is_unknown() {
            (ty, steps) = self.step(&ty, steps)?;
        }
        Some(ty).filter(|ty| !ty.is_unknown())
    }

    /// What the first of some steps from an origin makes of a type, and the other steps.
    fn step<'s>(&self, ty: &Type, steps: &'s str) -> Option<(Type, &'s str)> {
        if let Some(rest) = steps.strip_prefix('.') {
            let end = rest.bytes().position(|byte| !is_word(byte)).unwrap_or(rest.len());
            return Some((self.attribute(ty, &rest[..end]), &rest[end..]));
        }
        if let Some(rest) = steps.strip_prefix("()") {
            return Some((self.called(ty), rest));
        }
        if let Some(rest) = steps.strip_prefix('!') {
            return Some((self.awaited(ty), rest));
        }
        None
    }

    /// What the calls of a function pass for one of its parameters.
    fn passed(&self, function: Definition, at: usize) -> Type {
        self.ask(Question::Passed(function, at as u32), || {
            let calls = self.calls_of(function).into_iter();
            let types: Vec<Type> =
                calls.filter_map(|(module, call)| self.argument(function, at, module, call)).collect();
            if types.is_empty() {
                return Type::unknown("no call of it is known");
            }
            let passed = Type::join(types);
            if !passed.is_unknown() {
                let name = &self.entry(function.module).head(function.block).parameters[at].name.clone();
                let told = || format!("`{name}` is {} in all calls of it", self.describe(&passed));
                self.tell(|| format!("{} ({})", told(), self.location(function)));
            }
            passed
        })
    }

    /// Calls that may be of a function, in its own package.
    fn calls_of(&self, function: Definition) -> Vec<(ModuleId, u32)> {
        let own = self.entry(function.module);
        let block = &own.summary.blocks[function.block as usize];
        let name = own.summary.name_of(function.block);
        let mut names: FxHashSet<String> = FxHashSet::from_iter([name.to_owned()]);
        if let Some(class) = block.parent.filter(|_| name == CONSTRUCTOR) {
            names.extend(self.heirs(Definition { module: function.module, block: class }));
        }
        let mut names: Vec<String> = names.into_iter().collect();
        names.sort_unstable();
        names.iter().for_each(|name| self.search(name));
        let entries = self.project.entries();
        let top = |entry: &Entry| entry.name.split('.').next().unwrap_or_default().to_owned();
        let package = top(&own);
        let all = names.iter().flat_map(|name| self.project.calls().of_name(name, entries, self.project.changed()));
        let mut all: Vec<_> = all.filter(|(module, _)| top(&entries[module.0 as usize]) == package).collect();
        all.sort_by_key(|site| (site.0 != function.module, *site));
        all.truncate(SITES);
        all
    }

    /// The names of a class and of those that may inherit from it.
    pub(super) fn heirs(&self, class: Definition) -> Vec<String> {
        let mut found = vec![self.entry(class.module).summary.name_of(class.block).to_owned()];
        let mut at = 0;
        while at < found.len() && found.len() < HEIRS {
            self.search(&found[at]);
            for heir in self.project.calls().heirs.get(found[at].as_str()).into_iter().flatten() {
                if !found.iter().any(|known| known.as_str() == &**heir) {
                    found.push(heir.to_string());
                }
            }
            at += 1;
        }
        found
    }

    /// What a call passes for a parameter of a function; none where it calls something else, or passes nothing.
    fn argument(&self, function: Definition, at: usize, module: ModuleId, call: u32) -> Option<Type> {
        let entry = self.entry(module);
        let site = &entry.summary.calls[call as usize];
        let place = Place { module, block: site.block };
        let Expression::Call(callee, positional, named) = Expression::parse(entry.summary.slice(site.call)) else {
            return Some(Type::unknown("a call of it is not read"));
        };
        let is_bound = match self.infer(&callee, &place) {
            Type::Class(class, _) => match self.member(class, CONSTRUCTOR, false) {
                Type::Function(own) if own.definition == function => true,
                _ => return None,
            },
            Type::Function(called) if called.definition == function => called.receiver.is_some(),
            _ => return None,
        };
        let own = self.entry(function.module);
        let parameter = &own.head(function.block).parameters[at];
        let is_open = |argument: &Expression| matches!(argument, Expression::Starred(_) | Expression::Other(_));
        let position = at.checked_sub(usize::from(is_bound)).filter(|_| parameter.kind == ParameterKind::Plain);
        let by_position = position.and_then(|position| positional.get(position).map(|value| (position, value)));
        let argument = match by_position {
            Some((position, _)) if positional[..=position].iter().any(is_open) => None,
            Some((_, value)) => Some(value),
            None => match named.iter().find(|(name, _)| *name == parameter.name) {
                Some((_, value)) => Some(value),
                None if positional.iter().any(is_open) => None,
                // The default, if there is one, is hardly ever more than None.
                None => parameter
                    .default
                    .as_ref()
                    .filter(|default| **default != Expression::None)
                    .or(Some(&Expression::None)),
            },
        };
        let Some(argument) = argument else { return Some(Type::unknown("a call of it is not read")) };
        Some(match self.infer(argument, &place) {
            Type::Foreign(reason, origin) => self.passed_on(&origin).unwrap_or(Type::Foreign(reason, origin)),
            other => other,
        })
    }
}

/// The parameter that an origin begins with, and the steps from there.
fn root(origin: &str) -> Option<(Definition, usize, &str)> {
    let (module, rest) = origin.split_once(':')?;
    let (block, rest) = rest.split_once('(')?;
    let (at, steps) = rest.split_once(')')?;
    let definition = Definition { module: ModuleId(module.parse().ok()?), block: block.parse().ok()? };
    Some((definition, at.parse().ok()?, steps))
}
