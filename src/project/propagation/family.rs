//! The methods that stand in for each other, and whether a function may turn at all.

use super::wrappers::Crossing;
use super::{Frontier, Spreading};
use crate::outline::BlockKind;
use crate::project::expression::Expression;
use crate::project::inference::Place;
use crate::project::library::library;
use crate::project::linked::{Definition, Local, Origin};
use crate::project::standard::standard;
use crate::project::types::Type;
use crate::summary::Condition;
use std::rc::Rc;

/// Modules of the standard library whose classes call none of the methods that others add to them.
const HARMLESS_BASES: [&str; 6] = ["abc", "typing", "typing_extensions", "enum", "collections.abc", "builtins"];

/// How the names begin that classes of the standard library put together and look up: `do_GET`, `visit_Name`.
const COMPOSED: [&str; 12] = [
    "complete_",
    "default_",
    "dispatch_",
    "do_",
    "handle_",
    "help_",
    "http_",
    "reducer_",
    "smtp_",
    "unknown_",
    "user_",
    "visit_",
];

/// The decorators after which a coroutine function is one.
const TRANSPARENT: [&str; 9] = [
    "builtins.staticmethod",
    "builtins.classmethod",
    "abc.abstractmethod",
    "typing.override",
    "typing.final",
    "typing.overload",
    "typing_extensions.override",
    "typing_extensions.final",
    "typing_extensions.overload",
];

impl Spreading<'_> {
    /// A function alone, or a method with those that it overrides and those that override it.
    pub(super) fn family(&mut self, function: Definition) -> Result<Vec<Definition>, Frontier> {
        let Some(class) = self.class_of(function) else { return Ok(self.variants(function)) };
        let name = self.name(function);
        if name.starts_with("__") && name.ends_with("__") {
            return Err(self.frontier_at(function, format!("Python itself calls `{name}`")));
        }
        let mut family = Vec::new();
        let mut classes = vec![class];
        let mut at = 0;
        while at < classes.len() {
            let class = classes[at];
            at += 1;
            self.may_be_based(class, &name, function)?;
            let order: Vec<Definition> = self.inference.order(class).classes.iter().map(|(each, _)| *each).collect();
            for each in order.iter().chain(self.heirs_of(class, &name).iter()).copied() {
                if self.own_method(each, &name).is_some() && !classes.contains(&each) {
                    classes.push(each);
                }
            }
        }
        for class in classes {
            for method in self.own_method(class, &name).into_iter().flatten() {
                family.push(method);
            }
        }
        family.sort_unstable();
        family.dedup();
        // The one that was asked for tells the story.
        family.sort_by_key(|member| *member != function);
        Ok(family)
    }

    /// The classes that override a method of a class, and those that inherit it beside another's.
    pub(super) fn heirs_of(&self, class: Definition, name: &str) -> Rc<[Definition]> {
        let key = (class, name.to_owned());
        if let Some(known) = self.heirs.borrow().get(&key) {
            return known.clone();
        }
        let found: Rc<[Definition]> = self.heirs_found(class, name).into();
        self.heirs.borrow_mut().insert(key, found.clone());
        found
    }

    fn heirs_found(&self, class: Definition, name: &str) -> Vec<Definition> {
        let overrides = self.inference.overrides(class, name);
        let mut heirs: Vec<Definition> = overrides.into_iter().filter_map(|method| self.class_of(method)).collect();
        let owners: Vec<Definition> =
            self.inference.methods(name).iter().filter_map(|method| self.class_of(*method)).collect();
        let is_beside = |owner: &Definition| *owner != class && !heirs.contains(owner);
        if !owners.iter().any(is_beside) {
            return heirs;
        }
        // `class Both(One, Other)` makes `Other.name` stand behind `One.name`.
        for (at, entry) in self.project.entries().iter().enumerate() {
            let summary = &entry.summary;
            for (block, each) in summary.blocks.iter().enumerate() {
                let head = summary.slice(each.head);
                if each.kind != BlockKind::Class || !head.contains(',') || !head.contains('(') {
                    continue;
                }
                let both = Definition { module: crate::project::layout::ModuleId(at as u32), block: block as u32 };
                let order = self.inference.order(both);
                if order.classes.iter().any(|(each, _)| *each == class) {
                    heirs.extend(order.classes.iter().map(|(each, _)| *each).filter(|each| owners.contains(each)));
                }
            }
        }
        heirs
    }

    /// The methods of a name that a class itself defines: more than one where they are overloads.
    pub(super) fn own_method(&self, class: Definition, name: &str) -> Option<Vec<Definition>> {
        let entry = self.inference.entry(class.module);
        let methods = entry.locals(Some(class.block), name).iter().filter_map(|local| match local {
            Local::Block(block) if entry.summary.blocks[*block as usize].kind != BlockKind::Class => {
                Some(Definition { module: class.module, block: *block })
            }
            _ => None,
        });
        let methods: Vec<Definition> = methods.collect();
        (!methods.is_empty()).then_some(methods)
    }

    /// A function with its overloads.
    fn variants(&self, function: Definition) -> Vec<Definition> {
        let entry = self.inference.entry(function.module);
        let parent = entry.summary.blocks[function.block as usize].parent;
        let all = entry.locals(parent, entry.summary.name_of(function.block)).iter().filter_map(|local| match local {
            Local::Block(block) => Some(Definition { module: function.module, block: *block }),
            _ => None,
        });
        let all: Vec<Definition> = all.filter(|other| *other == function || self.is_overload(*other)).collect();
        if all.contains(&function) { all } else { vec![function] }
    }

    fn is_overload(&self, function: Definition) -> bool {
        let entry = self.inference.entry(function.module);
        let decorators = &entry.head(function.block).decorators;
        decorators.iter().any(|decorator| decorator.dotted().is_some_and(|name| name.ends_with("overload")))
    }

    /// Whether all that a class inherits from is known, and calls no method of a name by itself.
    fn may_be_based(&self, class: Definition, name: &str, function: Definition) -> Result<(), Frontier> {
        let refused = |reason: String| Err(self.frontier_at(class, reason));
        let shown = self.inference.entry(class.module).qualified(class.block);
        let order = self.inference.order(class);
        if order.missing.is_some() && !self.is_test_case(class) {
            return refused(format!("`{shown}` inherits from a class that cannot be read, which may call `{name}`"));
        }
        for (each, _) in &order.classes {
            let entry = self.inference.entry(each.module);
            let declares = !entry.locals(Some(each.block), name).is_empty();
            if declares && entry.origin != Origin::Run {
                return refused(format!(
                    "`{}`, a base of `{shown}`, has the method `{name}`",
                    self.inference.path(*each)
                ));
            }
            if self.reaches_by_name(*each) {
                let base = self.inference.path(*each);
                return refused(format!(
                    "`{base}`, a base of `{shown}`, reaches methods by names that it puts together"
                ));
            }
            if declares && self.is_protocol(*each) && *each != class {
                return refused(format!("the protocol `{}` has the method `{name}`", entry.qualified(each.block)));
            }
            for base in entry.head(each.block).bases.iter().filter(|_| entry.origin == Origin::Run) {
                if let Some(reason) = self.standard_base(base, *each, name) {
                    return refused(format!("`{shown}` inherits from {reason}, which may call `{name}`"));
                }
            }
        }
        if self.is_protocol(class) {
            return Err(self.frontier_at(function, format!("`{shown}` is a protocol, and anything may follow it")));
        }
        Ok(())
    }

    /// Whether a class of an installed package looks for methods by names that it makes: `getattr(self, f"visit_{kind}")`.
    fn reaches_by_name(&self, class: Definition) -> bool {
        let entry = self.inference.entry(class.module);
        let is_own = |block: u32| entry.summary.blocks[block as usize].parent == Some(class.block);
        let methods = (0..entry.summary.blocks.len() as u32).filter(|block| is_own(*block));
        entry.origin != Origin::Run
            && methods.flat_map(|method| entry.summary.deeds_of(method)).any(|deed| {
                let source = entry.summary.slice(deed.source);
                let name = source.strip_prefix("getattr(self,").map(str::trim_start);
                name.is_some_and(|name| name.starts_with("..."))
            })
    }

    /// A base from the standard library whose methods call each other.
    fn standard_base(&self, base: &Expression, class: Definition, name: &str) -> Option<String> {
        let place = Place { module: class.module, block: self.block(class).parent };
        let plain = if let Expression::Subscript(plain, _) = base { plain } else { base };
        let path = match self.inference.infer(plain, &place) {
            Type::Missing(from, path) => self.project.absolute(from, &path),
            _ => return None,
        };
        let module = path.rsplit_once('.').map_or("", |(module, _)| module);
        let is_harmless = HARMLESS_BASES.contains(&module) || module == "unittest" || module == "unittest.case";
        let is_own = !name.starts_with('_')
            && !library().is_common_name(name)
            && !COMPOSED.iter().any(|prefix| name.starts_with(prefix));
        let is_standard = !is_own && standard().modules.contains(path.split('.').next().unwrap_or_default());
        (is_standard && !is_harmless).then(|| format!("`{path}`"))
    }

    pub(super) fn is_protocol(&self, class: Definition) -> bool {
        let entry = self.inference.entry(class.module);
        let place = Place { module: class.module, block: self.block(class).parent };
        let is_it = |base: &Expression| {
            let plain = if let Expression::Subscript(plain, _) = base { plain } else { base };
            plain.dotted().is_some_and(|name| name.rsplit('.').next() == Some("Protocol"))
                // That of asyncio is a class like others.
                && !self.inference.path_of(&self.inference.infer(plain, &place)).is_some_and(|path| path.starts_with("asyncio."))
        };
        entry.head(class.block).bases.iter().any(is_it)
    }

    /// Whether a function can become a coroutine function, as far as its definition tells.
    pub(super) fn may_turn(&self, function: Definition) -> Result<(), Frontier> {
        let refused = |reason: String| Err(self.frontier_at(function, reason));
        let name = self.name(function);
        let entry = self.inference.entry(function.module);
        let block = &entry.summary.blocks[function.block as usize];
        if entry.origin != Origin::Run {
            return refused(format!("`{name}` is none of the project's own functions"));
        }
        if self.is_async(function) {
            return refused(format!("`{name}` is a coroutine function already"));
        }
        if entry.path.ends_with(".pyi") || entry.summary.is_partial || self.texts.text(function.module).is_none() {
            return refused(format!("`{name}` stands in a file that cannot be edited"));
        }
        if self.spread.naming.is_none() && self.stays_plain(function) {
            return refused(format!(
                "`{name}` is where a framework, a test runner or the program enters, and is called plainly"
            ));
        }
        if block.condition == Condition::Typing {
            return refused(format!("`{name}` is defined for type checkers alone"));
        }
        let others = entry.locals(block.parent, &name).iter().filter(|local| match local {
            Local::Block(other) => {
                let other = Definition { module: function.module, block: *other };
                other != function && !self.is_overload(other) && !self.is_overload(function)
            }
            Local::Fact(_) | Local::Import(_) => true,
        });
        if others.count() > 0 {
            return refused(format!("`{name}` is bound more than once"));
        }
        if let Some(naming) = self.spread.naming {
            self.may_be_twinned(function, naming)?;
        } else if let Some(path) = self.texts.mentioned_beyond(&name) {
            return refused(format!("`{path}`, which is not looked at, mentions `{name}`"));
        }
        self.may_be_rewritten(function)
    }
    /// The wrappers that have to turn with a function; an error where no coroutine function comes out of its decorators.
    pub(super) fn wrappers_around(&self, function: Definition) -> Result<Vec<Definition>, Frontier> {
        let refused = |reason: String| Err(self.frontier_at(function, reason));
        let mut wrappers = Vec::new();
        // Whether a decorator further out asks what comes out of those below.
        let mut is_told = false;
        let name = self.name(function);
        let entry = self.inference.entry(function.module);
        let block = &entry.summary.blocks[function.block as usize];
        let place = Place { module: function.module, block: block.parent };
        for decorator in &entry.head(function.block).decorators {
            let callee = if let Expression::Call(callee, ..) = decorator { callee } else { decorator };
            let shown = callee.dotted().unwrap_or_else(|| "…".to_owned());
            if shown.ends_with(".setter") || shown.ends_with(".deleter") || shown.ends_with(".getter") {
                return refused(format!("`{name}` is a property, which is used without a call"));
            }
            let path = self.inference.path_of(&self.inference.infer(callee, &place)).unwrap_or_default();
            match path.as_str() {
                "builtins.property" | "functools.cached_property" | "abc.abstractproperty" => {
                    return refused(format!("`{name}` is a property, which is used without a call"));
                }
                "functools.lru_cache" | "functools.cache" => {
                    return refused(format!("`@{shown}` would keep a coroutine, and only one caller could await it"));
                }
                "contextlib.contextmanager" => {
                    return refused(format!("`{name}` is a context manager, which `with` enters"));
                }
                _ if self.spread.naming.is_some()
                    && (shown.ends_with("overload") || self.welcomes_coroutines(callee, place)) =>
                {
                    return refused(format!("`@{shown}` would have it twice"));
                }
                path if TRANSPARENT.contains(&path) => continue,
                path if standard().decorators.transparent.contains(path) || self.welcomes_coroutines(callee, place) => {
                    is_told = true;
                    continue;
                }
                _ => {}
            }
            match self.crossing(decorator, place) {
                Some(Ok(Crossing::Same)) => {}
                Some(Ok(Crossing::Passing(_))) if !is_told => {}
                Some(Ok(Crossing::Passing(_) | Crossing::Awaiting(_))) if self.spread.naming.is_some() => {
                    return refused(format!("the wrapper of `@{shown}` does not await"));
                }
                Some(Ok(Crossing::Passing(wrapper) | Crossing::Awaiting(wrapper))) if !block.is_generator => {
                    wrappers.push(wrapper);
                }
                Some(Ok(Crossing::Telling)) if !block.is_generator => is_told = true,
                Some(Ok(_)) => return refused(format!("the wrapper of `@{shown}` would have to iterate")),
                Some(Err(frontier)) => return Err(frontier),
                None => {
                    let reason = format!("the decorator `@{shown}` is not known to take a coroutine function");
                    return refused(reason);
                }
            }
        }
        Ok(wrappers)
    }
}
