//! What other calls tell of a call that nobody knows: those of the same that are awaited, and those that pass its receiver.
//!
//! Awaiting what is no awaitable fails. Where the project calls and awaits the same thing at another place, the thing makes
//! awaitables, whatever it is: the method of a class that cannot be read, an attribute that is set from outside, a
//! parameter. Two calls are of the same thing where their results have one origin ([`Type::Foreign`]).

use crate::outline::BlockKind;
use crate::project::expression::Expression;
use crate::project::inference::{Inference, Place};
use crate::project::layout::ModuleId;
use crate::project::linked::{Definition, Origin};
use crate::project::sinks::Sink;
use crate::project::types::{ABSENT, Function, Type};
use crate::project::{Answer, Module};
use crate::syntax::{self, ancestors};
use std::rc::Rc;
use tree_sitter::Node;

/// How many calls of a name are looked at in the same file, and in the same package.
const SITES: usize = 48;

/// How many elsewhere.
const FAR_SITES: usize = 16;

/// How the origin ends of what a plain function made before it gave it: it may have started.
pub(super) const STARTED: char = '~';

/// How many methods may have a name for a call of what nobody knows to be one of them.
const NAMESAKES: usize = 4;

/// What a function says that takes both kinds of callables.
const TESTS: [&str; 3] = ["iscoroutine", "isawaitable", "is_coroutine"];

/// A use of a summary: its module, and which it is.
type Site = (ModuleId, u32);

/// Some of the calls of a name, and how many there are of its kind.
#[derive(Default)]
struct Sample {
    sites: Vec<Site>,
    total: usize,
}

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
        let is_alike = by_spelling && !self.is_used_plainly(call, chain);
        let alike = || if is_alike { inference.awaited_alike(&result, chain, own) } else { None };
        let Some(place) = place.or_else(alike) else {
            return match result.reason() {
                Some(reason) => Answer::No(format!("no other call of it is awaited, and {reason}")),
                None => Answer::No(format!("it gives {}", inference.describe(&result))),
            };
        };
        if self.is_meant_to_fail(call) {
            return Answer::No("the call is meant to fail".to_owned());
        }
        if self.is_told_apart(call) || self.is_of_other_kind(call, chain) {
            return Answer::No("a test around it tells what is awaitable".to_owned());
        }
        if self.is_dropped_again(call, chain) || self.is_entered_plainly(call, chain) {
            return Answer::No("what is around it shows that it need not be awaited".to_owned());
        }
        if matches!(result, Type::Instance(..)) && self.may_have_started(call) {
            return Answer::No("what it gives may run by itself".to_owned());
        }
        if self.is_asked_for_own(call, inference, &result) {
            return Answer::No("what it gives has what it is asked for".to_owned());
        }
        let function = ancestors(call).find(|node| node.kind() == "function_definition");
        if function.is_some_and(|function| TESTS.iter().any(|test| self.of(function).contains(test))) {
            return Answer::No("the function asks what is awaitable itself".to_owned());
        }
        inference.tell(|| place.to_string());
        Answer::Yes
    }

    /// Whether the function drops another call that is written the same, and awaits none: somebody means it.
    fn is_dropped_again(&self, call: Node, chain: &str) -> bool {
        let Some(function) = self.function_of(call) else { return false };
        let text = self.of(function);
        let opening = format!("{chain}(");
        let statements = text.split(['\n', '\r']).filter(|line| line.trim_start().starts_with(&opening));
        statements.take(2).count() > 1 && !text.contains(&format!("await {opening}"))
    }

    /// Whether the function calls other methods of the receiver as well, and awaits none of them.
    fn is_used_plainly(&self, call: Node, chain: &str) -> bool {
        let Some((receiver, _)) = chain.rsplit_once('.') else { return false };
        let Some(function) = self.function_of(call) else { return false };
        let is_awaited = |node: Node| matches!(self.sink(node), Sink::Awaited);
        let others: Vec<Node> = syntax::descendants(function)
            .filter(|node| node.kind() == "call" && *node != call)
            .filter(|node| {
                let function = node.child_by_field_name("function");
                let object = function.and_then(|function| function.child_by_field_name("object"));
                object.is_some_and(|object| self.of(object) == receiver)
            })
            .collect();
        !others.is_empty() && !others.into_iter().any(is_awaited)
    }

    /// Whether a plain `with` around the call enters its receiver, as the synchronous twin of something asynchronous.
    fn is_entered_plainly(&self, call: Node, chain: &str) -> bool {
        let Some((receiver, _)) = chain.rsplit_once('.') else { return false };
        let around = ancestors(call).take_while(|outer| outer.kind() != "function_definition");
        around.filter(|outer| outer.kind() == "with_statement" && !syntax::is_async(*outer)).any(|statement| {
            let clause = syntax::named_children(statement).find(|child| child.kind() == "with_clause");
            clause.is_some_and(|clause| {
                let clause = self.of(clause);
                clause == receiver || clause.ends_with(&format!(" as {receiver}"))
            })
        })
    }

    /// Whether the object that a call gives is asked for something by itself: what its class has, or, where nobody knows its
    /// class, what is awaited instead of it.
    fn is_asked_for_own(&self, call: Node, inference: &Inference, result: &Type) -> bool {
        let called = self.called_name(call);
        let has = |name: &str| match result {
            Type::Instance(class, _) => {
                inference.declares(*class, name) || !inference.overrides(*class, name).is_empty()
            }
            _ => inference.is_chained(called, name),
        };
        let local = call
            .parent()
            .and_then(|outer| outer.child_by_field_name("left"))
            .filter(|left| left.kind() == "identifier");
        match (self.asked_for(call), local) {
            (Some((_, name)), _) if has(name) => true,
            (Some((attribute, _)), _) => {
                let is_method =
                    attribute.parent().filter(|outer| outer.child_by_field_name("function") == Some(attribute));
                is_method.is_some_and(|method| matches!(self.sink(method), Sink::Awaited | Sink::Dropped))
            }
            (None, Some(local)) => self.reads_of_binding(local).is_ok_and(|reads| {
                reads.into_iter().filter_map(|read| self.asked_for(read)).any(|(_, name)| has(name))
            }),
            (None, None) => false,
        }
    }

    /// The attribute that an expression is asked for, and its name.
    fn asked_for<'a>(&self, node: Node<'a>) -> Option<(Node<'a>, &str)> {
        let attribute = node.parent().filter(|outer| outer.child_by_field_name("object") == Some(node))?;
        Some((attribute, self.of(attribute.child_by_field_name("attribute")?)))
    }
}

impl Inference<'_> {
    /// How other calls show, for people, that the result of a call, whose callee has this last name, is to be awaited: one of
    /// the same origin is, and not too many are not, or what is passed for a parameter makes it so.
    pub(super) fn awaited_elsewhere(&self, result: &Type, name: &str, own: ModuleId) -> Option<Rc<str>> {
        let origin = self.key(result)?;
        // What is near counts most, so that each file has an answer of its own.
        let key = (own, origin.clone());
        if let Some(known) = self.usages.borrow().get(&key) {
            return known.clone();
        }
        let may_start = !matches!(result, Type::Instance(..)) && self.may_start_by_itself(name);
        let place = if may_start { None } else { self.awaited_of(&origin, name, own) };
        let place = place.or_else(|| self.passed_awaitable(&origin, name));
        self.usages.borrow_mut().insert(key, place.clone());
        place
    }

    /// That what calls pass for a parameter makes something of an origin an awaitable, in a project that awaits what has its
    /// name.
    fn passed_awaitable(&self, origin: &str, name: &str) -> Option<Rc<str>> {
        self.project.uses(name).next()?;
        let is_awaitable = |part: &Type| matches!(part, Type::Coroutine(_) | Type::Awaitable(_));
        let passed = self.passed_on(origin)?;
        passed.parts().iter().all(is_awaitable).then(|| "all calls that are known pass what makes an awaitable".into())
    }

    fn awaited_of(&self, origin: &Rc<str>, name: &str, own: ModuleId) -> Option<Rc<str>> {
        let is_same = |module: ModuleId, site: u32| {
            let entry = &self.project.entries()[module.0 as usize];
            let at = &entry.summary.uses[site as usize];
            let Some(callee) = chain(entry.summary.slice(at.chain)) else { return false };
            let call = Expression::Call(Box::new(callee), Vec::new(), Vec::new());
            self.key(&self.infer(&call, &Place { module, block: Some(at.block) })).as_ref() == Some(origin)
        };
        let [awaited, dropped] = self.sites(origin, name, own);
        let of_origin = |sample: &Sample| {
            let same: Vec<Site> =
                sample.sites.iter().copied().filter(|(module, site)| is_same(*module, *site)).collect();
            // Only some were looked at.
            (same.len() * sample.total / sample.sites.len().max(1), same.first().copied())
        };
        let (awaited, first) = of_origin(&awaited);
        let (module, site) = first?;
        if of_origin(&dropped).0 > most_dropped(awaited) {
            return None;
        }
        let entry = &self.project.entries()[module.0 as usize];
        Some(elsewhere(&entry.place(entry.summary.uses[site as usize].row)))
    }

    /// The calls of a name that may be of one origin, those that are awaited and those that are not: of the same file, of the
    /// same package, and some others.
    fn sites(&self, origin: &str, name: &str, own: ModuleId) -> [Sample; 2] {
        let all: Vec<Site> = self.uses(name).collect();
        let entry = |module: ModuleId| &self.project.entries()[module.0 as usize];
        let here = self.entry(own);
        // Nobody else sees a parameter.
        let is_local = origin.as_bytes()[0].is_ascii_digit() && origin.contains('(') && !origin.contains(":=");
        let mut found = [Sample::default(), Sample::default()];
        for distance in 0..if is_local { 1 } else { 3 } {
            let mut left = [[SITES, SITES, FAR_SITES][distance]; 2];
            for (module, site) in &all {
                let is_at = match distance {
                    0 => *module == own,
                    1 => *module != own && entry(*module).package() == here.package(),
                    _ => entry(*module).package() != here.package(),
                };
                let kind = usize::from(!entry(*module).summary.uses[*site as usize].is_awaited);
                found[kind].total += usize::from(is_at);
                if is_at && left[kind] > 0 {
                    left[kind] -= 1;
                    found[kind].sites.push((*module, *site));
                }
            }
        }
        found
    }

    /// Whether a class of the project has a plain method and another that it is asked for, as a query has that is built up.
    fn is_chained(&self, called: &str, asked: &str) -> bool {
        let class = |method: &Definition| {
            let parent = self.entry(method.module).summary.blocks[method.block as usize].parent?;
            Some(Definition { module: method.module, block: parent })
        };
        let is_plain = |method: &Definition| {
            let entry = self.entry(method.module);
            entry.summary.blocks[method.block as usize].kind == BlockKind::Function { is_async: false }
        };
        let asked: Vec<Definition> = self.methods(asked).iter().take(SITES).filter_map(class).collect();
        !asked.is_empty()
            && self
                .methods(called)
                .iter()
                .filter(|method| is_plain(method))
                .take(SITES)
                .filter_map(class)
                .any(|class| asked.contains(&class))
    }

    /// Whether a use may call a function: what it calls is the function, one that the function overrides, or not known and no
    /// other's by its name.
    pub(super) fn may_call(&self, module: ModuleId, site: u32, wanted: Definition) -> bool {
        let entry = self.entry(module);
        let at = &entry.summary.uses[site as usize];
        let spelled = entry.summary.slice(at.chain);
        let Some(callee) = chain(spelled) else { return true };
        let owner = |method: Definition| {
            let parent = self.entry(method.module).summary.blocks[method.block as usize].parent?;
            Some(Definition { module: method.module, block: parent })
        };
        let is_overridden = |called: Definition| {
            owner(called).zip(owner(wanted)).is_some_and(|(theirs, ours)| self.inherits(ours, theirs))
        };
        let is_near = || match owner(wanted) {
            Some(_) => {
                let name = spelled.rsplit('.').next().unwrap_or(spelled);
                spelled.contains('.') && (module == wanted.module || self.methods(name).len() <= NAMESAKES)
            }
            None => !spelled.contains('.'),
        };
        let callee = self.infer(&callee, &Place { module, block: Some(at.block) });
        match callee.parts() {
            [] => is_near(),
            parts => parts.iter().any(|part| match self.function_of_type(part) {
                Some(function) => function.definition == wanted || is_overridden(function.definition),
                None => is_near(),
            }),
        }
    }

    /// What makes two results of calls of the same thing the same.
    fn key(&self, result: &Type) -> Option<Rc<str>> {
        match result {
            // A type variable is something else for everybody who uses it.
            Type::Foreign(_, origin) if !origin.ends_with(STARTED) && !result.has_variable() => Some(origin.clone()),
            // An object of the project's own that can be awaited, such as a request that is sent then.
            Type::Instance(class, _)
                if self.entry(class.module).origin == Origin::Run
                    && self.declares(*class, "__await__")
                    && !self.is_future(*class) =>
            {
                Some(format!("{}:{}", class.module.0, class.block).into())
            }
            _ => None,
        }
    }

    /// Whether a class inherits from one of asyncio's, which run by themselves.
    fn is_future(&self, class: Definition) -> bool {
        self.order(class).classes.iter().any(|(each, _)| self.path(*each).starts_with("asyncio."))
    }

    /// Where a call is awaited that is written as this one, the receiver's name included, where nobody knows either. Only in
    /// the same package: elsewhere the name may stand for something else.
    pub(super) fn awaited_alike(&self, result: &Type, chain: &str, own: ModuleId) -> Option<Rc<str>> {
        let receiver = chain.rsplit('.').nth(1).filter(|name| !matches!(*name, "self" | "cls" | "super()" | ""))?;
        let name = chain.rsplit('.').next()?;
        let has_started = matches!(result, Type::Foreign(_, origin) if origin.ends_with(STARTED));
        // A class that is known has no such method: its subclasses may have anything under that name.
        let is_absent = result.reason().is_some_and(|reason| reason.ends_with(ABSENT));
        if !result.is_unknown() || has_started || is_absent {
            return None;
        }
        let tail = &chain[chain.len() - receiver.len() - name.len() - 1..];
        let key = (own, Rc::from(tail));
        if let Some(known) = self.tails.borrow().get(&key) {
            return known.clone();
        }
        let found = self.tail_awaited(tail, name, own).filter(|_| !self.may_start_by_itself(name));
        self.tails.borrow_mut().insert(key, found.clone());
        found
    }

    /// Where a chain with this tail is awaited in the package of a module; none where too many calls of it are not.
    fn tail_awaited(&self, tail: &str, name: &str, own: ModuleId) -> Option<Rc<str>> {
        let here = self.entry(own);
        let (mut awaited, mut dropped, mut first) = (0, 0, None);
        let (mut awaited_here, mut dropped_here) = (0, 0);
        for (module, site) in self.uses(name) {
            let entry = &self.project.entries()[module.0 as usize];
            if entry.package() != here.package() {
                continue;
            }
            let at = &entry.summary.uses[site as usize];
            let other = entry.summary.slice(at.chain).strip_suffix(tail);
            if !other.is_some_and(|rest| rest.is_empty() || rest.ends_with('.')) {
                continue;
            }
            if at.is_awaited {
                awaited += 1;
                awaited_here += usize::from(module == own);
                first.get_or_insert((entry, at.row));
            } else {
                dropped += 1;
                dropped_here += usize::from(module == own);
            }
        }
        // A file that never awaits it has another thing of that name.
        if awaited_here == 0 && dropped_here > 1 {
            return None;
        }
        let (entry, row) = first.filter(|_| awaited > 1 && dropped <= most_dropped(awaited))?;
        Some(elsewhere(&entry.place(row)))
    }

    /// Whether a method of that name gives something that may run by itself: its calls are awaited only by those who wait.
    fn may_start_by_itself(&self, name: &str) -> bool {
        if let Some(known) = self.starters.borrow().get(name) {
            return *known;
        }
        let methods = self.methods(name);
        let may_start = methods.iter().take(SITES).any(|method| {
            let block = &self.entry(method.module).summary.blocks[method.block as usize];
            let is_async = block.kind == BlockKind::Function { is_async: true };
            let class = Definition { module: method.module, block: block.parent.unwrap_or(u32::MAX) };
            // `send`, `throw` and `close` of an awaitable are the protocol of coroutines.
            if matches!(name, "send" | "throw" | "close") && self.declares(class, "throw") {
                return false;
            }
            let made = || self.result(&Function { definition: *method, receiver: None });
            !is_async
                && made().parts().iter().any(|part| match part {
                    Type::Future(_) => true,
                    Type::Instance(class, _) => {
                        self.path(*class).starts_with("asyncio.") || self.declares(*class, "__await__")
                    }
                    _ => false,
                })
        });
        self.starters.borrow_mut().insert(name.into(), may_start);
        may_start
    }
}

/// How people are told where the same is awaited.
fn elsewhere(place: &str) -> Rc<str> {
    format!("the same is called and awaited elsewhere ({place})").into()
}

/// How many of the calls of a thing may drop what it gives, the one in question included, for it to be meant to be awaited
/// when so many others are: forgetting is rarer than remembering.
fn most_dropped(awaited: usize) -> usize {
    1 + awaited.saturating_sub(1) * 3 / 4
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
