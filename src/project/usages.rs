//! What awaited calls elsewhere tell of a call that nobody knows.
//!
//! Awaiting what is no awaitable fails. Where the project calls and awaits the same thing at another place, the thing makes
//! awaitables, whatever it is: the method of a class that cannot be read, an attribute that is set from outside, a
//! parameter. Two calls are of the same thing where their results have one origin ([`Type::Foreign`]).

use crate::project::expression::Expression;
use crate::project::inference::{Inference, Place};
use crate::project::layout::ModuleId;
use crate::project::linked::Origin;
use crate::project::types::{Function, Type};
use crate::project::{Answer, Module};
use crate::syntax::ancestors;
use std::rc::Rc;
use tree_sitter::Node;

/// How many calls of a name are looked at, those of the same file first.
const SITES: usize = 64;

/// What a function says that takes both kinds of callables.
const TESTS: [&str; 3] = ["iscoroutine", "isawaitable", "is_coroutine"];

impl Module<'_> {
    /// Whether nobody knows what a call gives, but the same thing is called and awaited elsewhere.
    ///
    /// With `by_spelling`, calls of receivers that are only named alike count where nothing else is known.
    pub fn is_awaited_elsewhere(&self, call: Node, by_spelling: bool) -> Answer {
        let Some((inference, own)) = self.inference() else {
            return Answer::Unknown("the file is looked at alone".to_owned());
        };
        let name = call.child_by_field_name("function").and_then(|function| match function.kind() {
            "identifier" => Some(function),
            _ => function.child_by_field_name("attribute"),
        });
        let Some(name) = name else { return Answer::No("what is called has no name".to_owned()) };
        if self.of(name) == "getattr" {
            return Answer::No("`getattr` gives something else each time".to_owned());
        }
        let result = self.infer(call);
        let place = inference.awaited_elsewhere(&result, self.of(name), own);
        let chain = call.child_by_field_name("function").map(|function| self.of(function)).unwrap_or_default();
        let alike = || if by_spelling { inference.awaited_alike(&result, chain, own) } else { None };
        let Some(place) = place.or_else(alike) else {
            return match result.reason() {
                Some(reason) => Answer::No(format!("no other call of it is awaited, and {reason}")),
                None => Answer::No(format!("it gives {}", inference.describe(&result))),
            };
        };
        let function = ancestors(call).find(|node| node.kind() == "function_definition");
        if function.is_some_and(|function| TESTS.iter().any(|test| self.of(function).contains(test))) {
            return Answer::No("the function asks what is awaitable itself".to_owned());
        }
        inference.tell(|| format!("the same is called and awaited elsewhere ({place})"));
        Answer::Yes
    }
}

impl Inference<'_> {
    /// Where something of the same origin as the result of a call, whose callee has this last name, is awaited; none where
    /// as many calls of it are not.
    pub(super) fn awaited_elsewhere(&self, result: &Type, name: &str, own: ModuleId) -> Option<Rc<str>> {
        let origin = self.key(result)?;
        if let Some(known) = self.usages.borrow().get(&origin) {
            return known.clone();
        }
        let is_object = matches!(result, Type::Instance(..));
        let may_start = !is_object && self.may_start_by_itself(name);
        let place = if may_start { None } else { self.awaited_of(&origin, name, own) };
        self.usages.borrow_mut().insert(origin, place.clone());
        place
    }

    fn awaited_of(&self, origin: &Rc<str>, name: &str, own: ModuleId) -> Option<Rc<str>> {
        let sites = self.project.index().uses.get(name)?;
        let is_same = |&&(module, site): &&(ModuleId, u32)| {
            let entry = self.entry(module);
            let at = &entry.summary.uses[site as usize];
            let Some(callee) = chain(entry.summary.slice(at.chain)) else { return false };
            let call = Expression::Call(Box::new(callee), Vec::new(), Vec::new());
            self.key(&self.infer(&call, &Place { module, block: Some(at.block) })).as_ref() == Some(origin)
        };
        let of_kind = |is_awaited: bool| {
            let all = sites.iter().filter(move |(module, site)| {
                self.entry(*module).summary.uses[*site as usize].is_awaited == is_awaited
            });
            let (near, far): (Vec<_>, Vec<_>) = all.partition(|(module, _)| *module == own);
            near.into_iter().chain(far).take(SITES)
        };
        let awaited: Vec<&(ModuleId, u32)> = of_kind(true).filter(is_same).collect();
        let first = awaited.first()?;
        let dropped = of_kind(false).filter(is_same).take(awaited.len() + 1).count();
        let (module, site) = **first;
        let entry = self.entry(module);
        (dropped <= awaited.len()).then(|| format!("{}:{}", entry.path, entry.summary.uses[site as usize].row).into())
    }

    /// What makes two results of calls of the same thing the same.
    fn key(&self, result: &Type) -> Option<Rc<str>> {
        match result {
            Type::Foreign(_, origin) => Some(origin.clone()),
            // An object of the project's own that can be awaited, such as a request that is sent then.
            Type::Instance(class, _)
                if self.entry(class.module).origin == Origin::Run && self.own_or_inherited(*class, "__await__") =>
            {
                Some(format!("{}:{}", class.module.0, class.block).into())
            }
            _ => None,
        }
    }

    /// Where a call is awaited that is written as this one, the receiver's name included, where nobody knows either. Only in
    /// the same package: elsewhere the name may stand for something else.
    pub(super) fn awaited_alike(&self, result: &Type, chain: &str, own: ModuleId) -> Option<Rc<str>> {
        let receiver = chain.rsplit('.').nth(1).filter(|name| !matches!(*name, "self" | "cls" | "super()" | ""))?;
        let name = chain.rsplit('.').next()?;
        if !result.is_unknown() || self.may_start_by_itself(name) {
            return None;
        }
        let tail = &chain[chain.len() - receiver.len() - name.len() - 1..];
        let sites = self.project.index().uses.get(name)?;
        let (mut awaited, mut dropped, mut first) = (0, 0, None);
        let package = |module: ModuleId| {
            let entry = self.entry(module);
            let end = if entry.is_package { entry.name.len() } else { entry.name.rfind('.').unwrap_or(0) };
            entry.name[..end].to_owned()
        };
        let own = package(own);
        for (module, site) in sites.iter().filter(|(module, _)| package(*module) == own) {
            let entry = self.entry(*module);
            let at = &entry.summary.uses[*site as usize];
            let other = entry.summary.slice(at.chain);
            let is_alike = other.strip_suffix(tail).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
            match at.is_awaited {
                _ if !is_alike => {}
                true => {
                    awaited += 1;
                    first.get_or_insert((*module, at.row));
                }
                false => dropped += 1,
            }
        }
        let (module, row) = first.filter(|_| awaited > 1 && dropped <= awaited)?;
        Some(format!("{}:{row}", self.entry(module).path).into())
    }

    /// Whether a method of that name gives something that may run by itself: its calls are awaited only by those who wait.
    fn may_start_by_itself(&self, name: &str) -> bool {
        let methods = self.project.index().methods.get(name).map_or(&[][..], Vec::as_slice);
        methods.iter().take(SITES).any(|method| {
            let made = self.result(&Function { definition: *method, receiver: None });
            made.parts().iter().any(|part| match part {
                Type::Future(_) => true,
                Type::Instance(class, _) => {
                    self.path(*class).starts_with("asyncio.") || self.own_or_inherited(*class, "__await__")
                }
                _ => false,
            })
        })
    }
}

/// A chain of names, which may begin with `super()`.
fn chain(text: &str) -> Option<Expression> {
    let mut names = text.split('.');
    let first = match names.next()? {
        "super()" => Expression::Call(Box::new(Expression::Name("super".into(), 0)), Vec::new(), Vec::new()),
        name => Expression::Name(name.into(), 0),
    };
    Some(names.fold(first, |object, name| Expression::Attribute(Box::new(object), name.into())))
}
