//! Under which paths libraries publish what the table of what blocks names.
//!
//! The table has the paths that people write, `slack_sdk.WebClient`. Where the library is installed, an import is followed to where
//! the class is defined, `slack_sdk.web.client.WebClient`. So what the table names of a package is looked up there, once in a run and
//! when somebody asks, and [`Inference::public`] leads back.

use crate::project::blocking::blocking;
use crate::project::dependencies::top;
use crate::project::inference::Inference;
use crate::project::kept::Kept;
use crate::project::linked::{Origin, Project};
use crate::project::standard::standard;
use crate::project::types::{Function, Type};
use crate::summary::last_name;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

/// The public paths of some definitions.
type Paths = FxHashMap<String, &'static str>;

/// What packages publish, as far as somebody asked.
#[derive(Default)]
pub struct Published {
    packages: Kept<String, Arc<Paths>>,
    /// Where single paths are defined.
    definitions: Kept<String, Option<Arc<str>>>,
}

impl Inference<'_> {
    /// The path under which people know a path: that of the table, where it leads to the same.
    pub fn public(&self, path: &str) -> String {
        let path = blocking().public(path);
        let package = top(&path);
        let Some(named) = blocking().named_in(package).filter(|_| !self.publishes.get()) else { return path };
        if standard().modules.contains(package) {
            return path;
        }
        let packages = &self.project.published().packages;
        let published = packages.get(package, || Arc::new(published(self.project, named)));
        let mut ends = std::iter::once(path.len()).chain(path.rmatch_indices('.').map(|(at, _)| at));
        let known = ends.find_map(|end| Some((*published.get(&path[..end])?, end)));
        known.map_or_else(|| path.clone(), |(public, end)| format!("{public}{}", &path[end..]))
    }

    /// What a function gives: what is known of it, or, where its code does not tell, what the table says of it.
    pub(super) fn published_result(&self, function: &Function, known: Type) -> Type {
        if !known.is_unknown() || self.entry(function.definition.module).origin != Origin::Dependency {
            return known;
        }
        let path = self.public(&self.path(function.definition));
        match (blocking().result(&path), known.reason()) {
            (Some(_), Some(reason)) => Type::Foreign(reason.clone(), format!("{path}()").into()),
            _ => known,
        }
    }

    /// Whether a path is a public one of an installed package, or where that is defined.
    pub(super) fn is_published_as(&self, path: &str, public: &str) -> bool {
        if path == public {
            return true;
        }
        let find = || Inference::new(self.project).definition_of(public).map(Arc::from);
        let is_near = top(path) == top(public) && path.ends_with(last_name(public));
        is_near && self.project.published().definitions.get(public, find).is_some_and(|defined| *path == *defined)
    }

    /// Where something of an installed package is defined. Behind a class its objects are asked for the rest.
    fn definition_of(&self, path: &str) -> Option<String> {
        let mut names = path.split('.').peekable();
        let (top, _) = self.project.installed(names.next()?)?;
        if self.entry(top).origin != Origin::Dependency {
            return None;
        }
        let is_class = |ty: &Type| matches!(ty, Type::Class(..));
        let mut ty = Type::Module(top);
        while let Some(name) = names.next() {
            let of_object = match &ty {
                Type::Class(class, _) => Type::Instance(*class, Rc::new([])),
                other => other.clone(),
            };
            let found = self.attribute(&of_object, name);
            if is_class(&ty) && found.parts().iter().all(|part| matches!(part, Type::Function(_))) {
                // Wherever the class has its method from, people call it the class's own.
                return self.path_of(&ty).filter(|_| names.peek().is_none()).map(|class| format!("{class}.{name}"));
            }
            ty = found;
        }
        match &ty {
            Type::Instance(class, _) => Some(self.path(*class)),
            ty => self.path_of(ty),
        }
    }
}

/// Where a package defines what the table names of it, with the names.
fn published(project: &Project, named: &BTreeSet<&'static str>) -> Paths {
    let inference = Inference::new(project);
    inference.publishes.set(true);
    let mut paths = Paths::default();
    for public in named {
        // Of several names, that of a class comes first. What the table names itself keeps its name.
        let defined = inference.definition_of(public).filter(|defined| !named.contains(&**defined));
        if let Some(defined) = defined {
            paths.entry(defined).or_insert(public);
        }
    }
    paths
}
