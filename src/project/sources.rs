//! What a name means in a place of a summary: the definitions and statements that bind it, behind all imports.

use crate::outline::BlockKind;
use crate::project::expression::Expression;
use crate::project::inference::{Inference, Place, Source};
use crate::project::layout::ModuleId;
use crate::project::linked::{Definition, Entry, Local};
use crate::project::types::Type;
use crate::summary::{Condition, FactKind};
use rustc_hash::FxHashMap;

impl Inference<'_> {
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
                let mut found = self.sources_in(place.module, Some(block), name, 0);
                if !found.is_empty() {
                    // What is bound on some ways only may still be what was passed.
                    if !is_class && !entry.is_always_bound(block, name) {
                        let parameter = entry.parameter(block, name).map(|at| Source::Parameter(definition, at));
                        found.extend(parameter);
                    }
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
        if scope.is_some() || hops > 0 {
            return self.sources_now(module, scope, name, hops);
        }
        let known = |named: &FxHashMap<Box<str>, Vec<Source>>| named.get(name).cloned();
        if let Some(known) = self.named.borrow().get(&module).and_then(known) {
            return known;
        }
        let found = self.sources_now(module, scope, name, hops);
        self.named.borrow_mut().entry(module).or_default().insert(name.into(), found.clone());
        found
    }

    fn sources_now(&self, module: ModuleId, scope: Option<u32>, name: &str, hops: usize) -> Vec<Source> {
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
                    let reason = format!("`from {path} import *` ({}) may bind it", entry.place(import.row));
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
}
