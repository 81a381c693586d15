//! Whether a coroutine is welcome where it leaves its function.
//!
//! In: an [`Escape`]. Out: a [`Welcome`], as the project tells it: the annotation of the parameter that an argument is for,
//! of the function that returns it, of the attribute or the mapping that it is stored in, and what else is stored there.
//! Only what rules a coroutine out counts against one; whoever may await it, by type or by name, takes it over.

use crate::outline::BlockKind;
use crate::project::expression::{Bound, Expression, Parameter, ParameterKind};
use crate::project::inference::{Inference, Place};
use crate::project::linked::{Definition, Local, Origin};
use crate::project::sinks::{Effect, Escape, Sink};
use crate::project::types::{Kind, Type};
use crate::project::{Module, Row};
use crate::summary::FactKind;
use crate::syntax::named_children;
use crate::text::{Span, words};
use tree_sitter::Node;

/// How a coroutine is received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Welcome {
    /// A value is wanted: what is done, as a predicate.
    Refused(String),
    /// It may be awaited there.
    Taken,
    Unknown,
}

/// Parts of the name of what is to be awaited, or is a task already.
const AWAITED: [&str; 8] = ["coro", "task", "fut", "defer", "promise", "pending", "awaitable", "job"];

/// Parts of the name of what runs or awaits what it is given.
const RUNNING: [&str; 14] = [
    "gather",
    "spawn",
    "schedule",
    "submit",
    "run",
    "wait",
    "async",
    "background",
    "start",
    "execute",
    "loop",
    "thread",
    "block",
    "call_soon",
];

/// How parameters are called that are given what is to be run.
const CALLED: [&str; 10] =
    ["call", "callback", "fn", "func", "function", "handler", "main", "operation", "target", "work"];

/// Parts of the name of what takes work on.
const TAKERS: [&str; 7] = ["schedul", "group", "pool", "runner", "executor", "nursery", "supervisor"];

/// Methods that put something into a collection.
const COLLECTING: [&str; 6] = ["append", "add", "appendleft", "insert", "put_nowait", "put"];

/// Whether a name says that it stands for what is to be awaited.
pub(super) fn speaks_of_coroutines(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    AWAITED.iter().any(|part| name.contains(part)) || name.split('_').any(|word| matches!(word, "aw" | "aws"))
}

/// Whether the name of a callable says that it runs or awaits what it is given.
fn speaks_of_running(name: &str) -> bool {
    speaks_of_coroutines(name) || RUNNING.iter().any(|part| name.to_ascii_lowercase().contains(part))
}

impl Module<'_> {
    /// How the coroutine is received at one way out of its function.
    pub(super) fn welcome(&self, escape: &Escape) -> Welcome {
        let Some((inference, own)) = self.inference() else { return Welcome::Unknown };
        match escape {
            Escape::Argument { call, position, keyword } => {
                self.received(inference, *call, *position, keyword.map(|keyword| self.of(keyword)))
            }
            Escape::Return(statement) => {
                let function = self.function_of(*statement).and_then(|function| self.block_of(function));
                let Some(block) = function else { return Welcome::Unknown };
                let entry = inference.entry(own);
                let Some(annotation) = &entry.head(block).returns else { return Welcome::Unknown };
                let place = inference.signature_place(Definition { module: own, block });
                inference.welcome_as(&inference.annotated(annotation, &place), || "is returned as".to_owned())
            }
            Escape::Stored(target) => self.stored(inference, *target),
            Escape::Elsewhere(_) => Welcome::Unknown,
        }
    }

    fn received(&self, inference: &Inference, call: Node, position: usize, keyword: Option<&str>) -> Welcome {
        let Some(function) = call.child_by_field_name("function") else { return Welcome::Unknown };
        let list = call.child_by_field_name("arguments");
        let arguments = list.into_iter().flat_map(named_children);
        let is_counted = keyword.is_some() || !arguments.take(position).any(|other| other.kind().ends_with("_splat"));
        let name = self.called_name(call);
        let callee = self.infer(function);
        let wanted = if is_counted { inference.wanted(&callee, position, keyword) } else { None };
        let parameter = if is_counted { inference.slot(&callee, position, keyword) } else { None };
        let receiver = function.child_by_field_name("object").map(|object| self.of(object).to_ascii_lowercase());
        let is_taker = receiver.is_some_and(|receiver| TAKERS.iter().any(|part| receiver.contains(part)));
        if COLLECTING.contains(&name)
            && !is_taker
            && let Some(collection) = function.child_by_field_name("object")
        {
            return self.collected(inference, collection);
        }
        let by_type = wanted.map(|wanted| inference.welcome_as(&wanted, || format!("is given to `{name}` as")));
        let told = by_type.filter(|told| *told != Welcome::Unknown).or_else(|| {
            let (function, parameter) = parameter.as_ref()?;
            Some(self.received_by(*function, &parameter.name)).filter(|told| *told != Welcome::Unknown)
        });
        let named =
            parameter.as_ref().filter(|(_, parameter)| parameter.is_single()).map(|(_, parameter)| &*parameter.name);
        let is_run = match named.or(keyword) {
            Some(slot) => speaks_of_coroutines(slot) || CALLED.contains(&slot),
            None => speaks_of_running(name),
        };
        match told {
            Some(told) => told,
            None if is_taker || is_run => Welcome::Taken,
            None => Welcome::Unknown,
        }
    }

    /// What the body of a function of the run does with a parameter: whoever may await it takes it, and what raises with a
    /// coroutine refuses it.
    fn received_by(&self, function: Definition, parameter: &str) -> Welcome {
        let Some((inference, own)) = self.inference() else { return Welcome::Unknown };
        if inference.entry(function.module).origin != Origin::Run {
            return Welcome::Unknown;
        }
        if function.module == own {
            return self.received_in(function.block, parameter);
        }
        let (found, consulted) =
            self.in_other_file(function.module, |other| other.received_in(function.block, parameter));
        inference.consult(&consulted);
        found.unwrap_or(Welcome::Unknown)
    }

    /// The same for a function of this file.
    fn received_in(&self, function: u32, parameter: &str) -> Welcome {
        let Some(definition) = self.definition(function) else { return Welcome::Unknown };
        let (mut refused, mut is_inspected) = (None, false);
        for read in self.reads(definition, parameter) {
            match self.sink(read) {
                Sink::Awaited => return Welcome::Taken,
                Sink::Inspected => is_inspected = true,
                Sink::Escape(Escape::Argument { call, .. }) if speaks_of_running(self.called_name(call)) => {
                    return Welcome::Taken;
                }
                Sink::Value(found) if found.effect == Effect::Raises => {
                    refused.get_or_insert_with(|| {
                        let place = self.located(read, &found.what);
                        format!("is given to `{}`, where it {place}", self.name_of(function))
                    });
                }
                _ => {}
            }
        }
        let is_bound_again = self.names_of(definition).bound.get(parameter).is_some_and(|bound| bound.len() > 1);
        match refused.filter(|_| !is_bound_again) {
            Some(what) => Welcome::Refused(what),
            None if is_inspected => Welcome::Taken,
            None => Welcome::Unknown,
        }
    }

    /// What a collection is for: what it is declared to hold, or whether the function awaits what it holds.
    fn collected(&self, inference: &Inference, collection: Node) -> Welcome {
        let name = self.of(collection);
        if speaks_of_coroutines(name) {
            return Welcome::Taken;
        }
        let held = match self.infer(collection) {
            Type::Value(Kind::Iterable, parts) if parts.len() == 1 => parts[0].clone(),
            _ => Type::unknown("what it holds is not told"),
        };
        let told = inference.welcome_as(&held, || format!("is put into `{name}` as"));
        if told != Welcome::Unknown {
            return told;
        }
        let Some(function) = self.function_of(collection).filter(|_| collection.kind() == "identifier") else {
            return Welcome::Taken;
        };
        let awaits = |node: Node| words(self.of(node), "await").next().is_some();
        let is_given_on = self.reads(function, name).into_iter().any(|read| {
            let Some(outer) = read.parent() else { return true };
            match outer.kind() {
                "for_statement" => awaits(outer),
                "for_in_clause" => outer.parent().is_some_and(awaits),
                "list_splat" => true,
                "argument_list" => matches!(self.sink(read), Sink::Awaited) || self.is_run(outer),
                "yield" | "assignment" => true,
                _ => self.function_of(read) != Some(function),
            }
        });
        if is_given_on { Welcome::Taken } else { Welcome::Unknown }
    }

    /// Whether the call that has these arguments is awaited, or runs what it is given by its name.
    fn is_run(&self, arguments: Node) -> bool {
        arguments
            .parent()
            .is_some_and(|call| speaks_of_running(self.called_name(call)) || matches!(self.sink(call), Sink::Awaited))
    }

    /// What an attribute or an item is for.
    fn stored(&self, inference: &Inference, target: Node) -> Welcome {
        match target.kind() {
            "attribute" => {
                let (Some(object), Some(name)) =
                    (target.child_by_field_name("object"), target.child_by_field_name("attribute"))
                else {
                    return Welcome::Unknown;
                };
                let name = self.of(name);
                if speaks_of_coroutines(name) || self.awaits_attribute(name) {
                    return Welcome::Taken;
                }
                match self.infer(object) {
                    Type::Instance(class, _) | Type::Class(class, _) => {
                        match inference.attribute_welcome(class, name) {
                            Welcome::Unknown if object.kind() == "identifier" => self.attribute_is_used(object, name),
                            told => told,
                        }
                    }
                    _ => Welcome::Unknown,
                }
            }
            "subscript" => {
                let Some(object) = target.child_by_field_name("value") else { return Welcome::Unknown };
                let told = match self.infer(object) {
                    Type::Value(Kind::Mapping, parts) if parts.len() == 2 => {
                        inference.welcome_as(&parts[1], || format!("is stored in `{}` as", self.of(object)))
                    }
                    _ => Welcome::Unknown,
                };
                match self.item_awaited(target, object) {
                    Some(row) if told == Welcome::Unknown => Welcome::Refused(format!(
                        "is stored in `{}`, as what is awaited on line {row}",
                        self.of(object)
                    )),
                    _ => told,
                }
            }
            _ => Welcome::Unknown,
        }
    }

    /// Whether the file awaits an attribute of that name, of whatever object.
    fn awaits_attribute(&self, name: &str) -> bool {
        let places = words(self.text, name).filter(|at| self.text[..*at].ends_with('.'));
        places.map(|at| Span::new(at, at + name.len())).any(|span| {
            let attribute = self.node_at(span).and_then(|node| node.parent()).filter(|node| node.kind() == "attribute");
            attribute.is_some_and(|node| matches!(self.sink(node), Sink::Awaited))
        })
    }

    /// Where the function stores something in the same container that it has awaited.
    fn item_awaited(&self, target: Node, container: Node) -> Option<Row> {
        let function = self.function_of(target)?;
        let name = self.of(container);
        let within = Span::new(function.start_byte(), function.end_byte());
        let places = words(self.slice(within), name).map(|at| within.start + at);
        places.filter(|at| !target.byte_range().contains(at)).find_map(|at| {
            let node = self.node_at(Span::new(at, at + name.len()))?;
            let item = node.parent().filter(|item| item.child_by_field_name("value") == Some(node))?;
            let assignment = item.parent().filter(|outer| outer.child_by_field_name("left") == Some(item))?;
            let value = assignment.child_by_field_name("right")?;
            (value.kind() == "await").then(|| self.row(at))
        })
    }

    /// What the class around does with an attribute of its instances: awaiting it once excuses all.
    fn attribute_is_used(&self, object: Node, name: &str) -> Welcome {
        let receiver = self.of(object);
        let class = self.function_of(object).and_then(|function| self.block_of(function)).and_then(|block| {
            let parent = self.outline.blocks[block as usize].parent?;
            (receiver == "self" && self.is_class(parent)).then(|| self.outline.blocks[parent as usize].span)
        });
        let Some(class) = class else { return Welcome::Unknown };
        let (mut used, mut is_inspected) = (None, false);
        for at in words(self.slice(class), name).map(|at| class.start + at) {
            let node = self.node_at(Span::new(at, at + name.len()));
            let attribute = node.and_then(|node| node.parent()).filter(|parent| parent.kind() == "attribute");
            let Some(attribute) = attribute
                .filter(|node| node.child_by_field_name("object").is_some_and(|object| self.of(object) == receiver))
            else {
                continue;
            };
            match self.sink(attribute) {
                Sink::Awaited => return Welcome::Taken,
                Sink::Inspected => is_inspected = true,
                Sink::Value(found) if found.effect != Effect::Tests => {
                    used.get_or_insert_with(|| format!("is stored as `{receiver}.{name}`, which {}", found.what));
                }
                Sink::Escape(escape @ Escape::Argument { .. }) => {
                    if let Welcome::Refused(what) = self.welcome(&escape) {
                        used.get_or_insert_with(|| format!("is stored as `{receiver}.{name}`, which {what}"));
                    }
                }
                _ => {}
            }
        }
        match used {
            Some(what) => Welcome::Refused(what),
            None if is_inspected => Welcome::Taken,
            None => Welcome::Unknown,
        }
    }

    /// Whether another binding of the local at `name` gives it what was awaited, or a plain value.
    pub(super) fn is_value_elsewhere(&self, name: Node) -> Option<Row> {
        let local = self.of(name);
        let found = self.lookup(local, name)?;
        let others = found.bindings.iter().filter(|binding| binding.at != name.start_byte());
        others.filter_map(|binding| self.node_at(Span::new(binding.at, binding.at + local.len()))).find_map(|node| {
            let assignment = node.parent().filter(|parent| parent.child_by_field_name("left") == Some(node))?;
            let value = assignment.child_by_field_name("right")?;
            (value.kind() == "await").then(|| self.row(node.start_byte()))
        })
    }
}

impl Inference<'_> {
    /// How a place that is declared to hold a type receives a coroutine.
    fn welcome_as(&self, wanted: &Type, done: impl Fn() -> String) -> Welcome {
        let mut all = Welcome::Refused(String::new());
        for part in wanted.parts() {
            match self.is_value(part) {
                Some(true) => {}
                Some(false) => return Welcome::Taken,
                None => all = Welcome::Unknown,
            }
        }
        match all {
            Welcome::Refused(_) => Welcome::Refused(format!("{} {}", done(), self.describe(wanted))),
            other => other,
        }
    }

    /// Whether a value of a type can certainly not be awaited; no where it can, none where nobody knows.
    pub(super) fn is_value(&self, ty: &Type) -> Option<bool> {
        match ty {
            Type::None | Type::Module(_) | Type::Class(..) | Type::Function(_) | Type::Callable(_) => Some(true),
            Type::Value(Kind::AsyncManager, _) => None,
            Type::Value(..) => Some(true),
            Type::Coroutine(_) | Type::Awaitable(_) | Type::Future(_) => Some(false),
            Type::Instance(class, _) if self.declares(*class, "__await__") => Some(false),
            Type::Instance(class, _) => {
                const DOUBTFUL: [&str; 9] =
                    ["Await", "Corout", "Future", "Task", "Deferred", "Promise", "Protocol", "Mock", "TypeVar"];
                let entry = self.entry(class.module);
                let head = entry.summary.slice(entry.summary.blocks[class.block as usize].head);
                let path = self.path(*class);
                let is_future = path.starts_with("asyncio.") && (path.ends_with("Future") || path.ends_with("Task"));
                (!is_future && !DOUBTFUL.iter().any(|word| head.contains(word))).then_some(true)
            }
            _ => None,
        }
    }

    /// What the parameter is declared to be that an argument is for; none where that is not told.
    fn wanted(&self, callee: &Type, position: usize, keyword: Option<&str>) -> Option<Type> {
        match callee {
            Type::Class(class, _) if !self.declares(*class, "__init__") => self.field_type(*class, position, keyword),
            Type::Union(parts) => {
                let all: Option<Vec<Type>> = parts.iter().map(|part| self.wanted(part, position, keyword)).collect();
                all.map(Type::join)
            }
            _ => {
                let (function, parameter) = self.slot(callee, position, keyword)?;
                let place = self.signature_place(function);
                parameter.annotation.as_ref().map(|annotation| self.annotated(annotation, &place))
            }
        }
    }

    /// The parameter that an argument of a call is for, and whose it is.
    fn slot(&self, callee: &Type, position: usize, keyword: Option<&str>) -> Option<(Definition, Parameter)> {
        match callee {
            Type::Function(function) => {
                let definition = function.definition;
                let position = position + usize::from(function.receiver.is_some());
                Some((definition, self.parameter_for(definition, position, keyword)?))
            }
            Type::StaticMethod(inner) => self.slot(inner, position, keyword),
            Type::Class(class, _) if self.declares(*class, "__init__") => {
                let init = self.attribute(&Type::Instance(*class, std::rc::Rc::new([])), "__init__");
                if matches!(init, Type::Function(_)) { self.slot(&init, position, keyword) } else { None }
            }
            _ => None,
        }
    }

    fn parameter_for(&self, function: Definition, position: usize, keyword: Option<&str>) -> Option<Parameter> {
        let entry = self.entry(function.module);
        let head = entry.head(function.block);
        let plain = |parameter: &&Parameter| parameter.kind == ParameterKind::Plain;
        let parameter = match keyword {
            Some(keyword) => {
                let named = head.parameters.iter().find(|parameter| {
                    &*parameter.name == keyword
                        && matches!(parameter.kind, ParameterKind::Plain | ParameterKind::KeywordOnly)
                });
                named.or_else(|| head.parameters.iter().find(|other| other.kind == ParameterKind::Keywords))
            }
            None => head
                .parameters
                .iter()
                .filter(plain)
                .nth(position)
                .or_else(|| head.parameters.iter().find(|other| other.kind == ParameterKind::Arguments)),
        };
        parameter.cloned()
    }

    /// What a field of a class is declared to be whose constructor is made from its annotations.
    fn field_type(&self, class: Definition, position: usize, keyword: Option<&str>) -> Option<Type> {
        let order = self.order(class);
        for (at, (owner, _)) in order.classes.iter().enumerate() {
            let entry = self.entry(owner.module);
            let summary = &entry.summary;
            let mut fields = summary.facts.iter().enumerate().filter(|(fact, of)| {
                of.kind == FactKind::Name
                    && of.block == Some(owner.block)
                    && entry.fact(*fact as u32).annotation.is_some()
            });
            let found = match keyword {
                Some(keyword) => fields.find(|(_, of)| summary.slice(of.name) == keyword),
                None if at == 0 && order.classes.len() == 1 && order.missing.is_none() => fields.nth(position),
                None => None,
            };
            if let Some((fact, _)) = found {
                let annotation = entry.fact(fact as u32).annotation.as_ref()?;
                let place = Place { module: owner.module, block: Some(owner.block) };
                return Some(self.annotated(annotation, &place));
            }
        }
        None
    }

    /// How an attribute of a class receives a coroutine: by its annotation, else by what else is assigned to it.
    fn attribute_welcome(&self, class: Definition, name: &str) -> Welcome {
        let mut has_value = false;
        for (owner, _) in &self.order(class).classes {
            let entry = self.entry(owner.module);
            for local in entry.locals(Some(owner.block), name) {
                let Local::Fact(fact) = local else {
                    let is_setter = matches!(local, Local::Block(at)
                        if matches!(entry.summary.blocks[*at as usize].kind, BlockKind::Function { .. }));
                    return if is_setter { self.setter_welcome(*owner, name) } else { Welcome::Unknown };
                };
                let of = &entry.summary.facts[*fact as usize];
                let block = if of.kind == FactKind::Attribute { of.block } else { Some(owner.block) };
                let place = Place { module: owner.module, block };
                let bound: &Bound = entry.fact(*fact);
                if let Some(annotation) = &bound.annotation {
                    let told =
                        self.welcome_as(&self.annotated(annotation, &place), || format!("is stored in `{name}` as"));
                    if told != Welcome::Unknown {
                        return told;
                    }
                }
                match &bound.value {
                    Some(Expression::Await(_)) => has_value = true,
                    Some(Expression::None) | None => {}
                    Some(value) => match self.infer(value, &place) {
                        Type::Future(_) => return Welcome::Taken,
                        Type::Coroutine(_) | Type::Awaitable(_) => {}
                        other => has_value |= other.parts().iter().all(|part| self.is_value(part) == Some(true)),
                    },
                }
            }
        }
        match has_value {
            true => Welcome::Refused(format!("is stored in `{name}`, which holds values elsewhere")),
            false => Welcome::Unknown,
        }
    }

    /// What a property's setter, or the annotation of its getter, says of what is stored.
    fn setter_welcome(&self, owner: Definition, name: &str) -> Welcome {
        let ty = self.attribute(&Type::Instance(owner, std::rc::Rc::new([])), name);
        self.welcome_as(&ty, || format!("is stored in `{name}` as"))
    }
}
