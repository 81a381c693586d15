//! What a dotted path that somebody wrote leads to in the project.
//!
//! In: what people import, such as `pkg.load` or `pkg.Client.fetch`. Out: what it is, where it is defined, and whether a file means the
//! same by a member of something. What is not there to be read has no answer.

use crate::project::Module;
use crate::project::inference::Inference;
use crate::project::layout::ModuleId;
use crate::project::types::{ABSENT, Type};
use tree_sitter::Node;

impl Inference<'_> {
    /// The path of what a path leads to, where it is defined: `pkg.load` may be `pkg._store.load`. What a class has, it has
    /// under its own name, even where it inherits it.
    pub fn defined_at(&self, path: &str) -> Option<String> {
        let (ty, rest) = self.reached(path)?;
        let known = match ty {
            Type::Module(module) => self.entry(module).name.clone(),
            ty => self.path_of(&ty)?,
        };
        Some(format!("{known}{rest}"))
    }

    /// What a path leads to.
    fn at_path(&self, path: &str) -> Option<Type> {
        let (ty, rest) = self.reached(path)?;
        let names = rest.split('.').filter(|name| !name.is_empty());
        Some(names.fold(ty, |ty, name| self.attribute(&ty, name)))
    }

    /// The first class that a path leads through, or what it leads to, and the rest of the path with its dot.
    fn reached<'p>(&self, path: &'p str) -> Option<(Type, &'p str)> {
        let ends = std::iter::once(path.len()).chain(path.rmatch_indices('.').map(|(at, _)| at));
        let found = ends.into_iter().find_map(|end| Some((self.project.module_named(&path[..end])?, end)));
        let (module, end): (ModuleId, usize) = found?;
        let (mut ty, mut rest) = (Type::Module(module), &path[end..]);
        while let Some(next) = rest.strip_prefix('.').filter(|_| !matches!(ty, Type::Class(..))) {
            let name = next.split('.').next().unwrap_or(next);
            ty = self.attribute(&ty, name);
            rest = &next[name.len()..];
        }
        Some((ty, rest))
    }
}

impl Module<'_> {
    /// The path of what a path leads to, where it is defined.
    pub fn defined_at(&self, path: &str) -> Option<String> {
        self.inference()?.0.defined_at(path)
    }

    /// Why what a call of something at a path gives cannot be awaited, as far as the project knows it.
    pub fn unawaitable_at(&self, path: &str) -> Option<String> {
        let (inference, _) = self.inference()?;
        let ty = inference.at_path(path)?;
        let is_missing = |from: ModuleId, of: &str| {
            let name = &inference.entry(from).name;
            of.strip_prefix(&**name).is_some_and(|rest| rest.starts_with('.'))
        };
        let is_absent = match &ty {
            Type::Missing(from, of) => is_missing(*from, of),
            ty => ty.reason().is_some_and(|reason| reason.ends_with(ABSENT)),
        };
        if is_absent {
            return Some(format!("there is no `{path}`"));
        }
        let given = inference.called(&ty);
        if matches!(ty, Type::Function(_)) && given.is_unknown() {
            return Some(format!("nobody knows whether what `{path}` gives can be awaited"));
        }
        let may_await = |part: &Type| {
            let awaits = matches!(part, Type::Coroutine(_) | Type::Awaitable(_) | Type::Future(_) | Type::Missing(..));
            awaits || part.is_unknown()
        };
        let is_awaited = given.parts().iter().all(may_await);
        (!is_awaited).then(|| format!("what `{path}` gives cannot be awaited"))
    }

    /// Whether the member of something that has a name is what a path leads to.
    pub fn has_member_at(&self, object: Node, name: &str, path: &str) -> bool {
        let Some((inference, _)) = self.inference() else { return false };
        let known = |ty: &Type| inference.path_of(ty).or_else(|| inference.known_path(ty));
        let of_object = self.infer(object);
        match inference.at_path(path).and_then(|ty| known(&ty)) {
            Some(wanted) => known(&inference.attribute(&of_object, name)).is_some_and(|member| member == wanted),
            None => {
                let of = inference.class_path(&of_object).or_else(|| inference.path_of(&of_object));
                of.is_some_and(|of| format!("{of}.{name}") == path)
            }
        }
    }
}
