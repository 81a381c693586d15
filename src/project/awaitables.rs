//! Whether a call makes something that has to be awaited: the questions of the pages, on top of the inference.
//!
//! *Resolved* means that the callee is known: its definition, or each of its definitions, makes a coroutine, and nothing
//! that may stand in for it does otherwise. *By name* means that nobody knows the receiver, but that whatever has a
//! method of that name in the project makes a coroutine of it.

use crate::outline::BlockKind;
use crate::project::expression::Expression;
use crate::project::flow::Around;
use crate::project::inference::{Inference, Place};
use crate::project::layout::ModuleId;
use crate::project::library::library;
use crate::project::linked::{Definition, Origin};
use crate::project::narrowing::tested_callables;
use crate::project::types::{Function, Type};
use crate::project::{Answer, Module};
use crate::summary::{DeedKind, FactKind};
use crate::syntax;
use crate::text::{Span, words};
use tree_sitter::Node;

impl<'t> Module<'t> {
    /// The inference that knows this file's project, and the file's number in it.
    pub fn inference(&self) -> Option<(&Inference<'t>, ModuleId)> {
        self.linked.as_ref().map(|(inference, id)| (inference, *id))
    }

    /// What an expression of this file is.
    pub fn infer(&self, node: Node) -> Type {
        match self.inference() {
            Some((inference, id)) => {
                inference.infer(&Expression::of(node, self.text), &Around { module: self, id, at: node.start_byte() })
            }
            None => Type::unknown("the file is looked at alone"),
        }
    }

    /// Whether a call makes a coroutine that does nothing until it is awaited. Asked once of each call.
    pub fn returns_awaitable(&self, call: Node) -> Answer {
        if let Some(known) = self.awaitables.borrow().get(&call.id()) {
            return known.clone();
        }
        let answer = self.gives(call, |ty| matches!(ty, Type::Coroutine(_)), true);
        self.awaitables.borrow_mut().insert(call.id(), answer.clone());
        answer
    }

    /// What a call gives. Found once.
    pub(super) fn result_of(&self, call: Node) -> Type {
        if let Some(known) = self.results.borrow().get(&call.id()) {
            return known.clone();
        }
        let result = self.infer(call);
        self.results.borrow_mut().insert(call.id(), result.clone());
        result
    }

    /// Whether a call gives an awaitable by what is declared of it. A subclass may do otherwise, and what is annotated as
    /// `Awaitable` may run already.
    pub fn is_declared_awaitable(&self, call: Node) -> Answer {
        if self.calls_application(call) {
            return Answer::Yes;
        }
        match self.gives(call, |ty| matches!(ty, Type::Awaitable(_) | Type::Coroutine(_)), false) {
            Answer::Yes if self.stands_for_plain(call) => Answer::No("what overrides it makes no coroutine".to_owned()),
            Answer::Yes if self.may_have_started(call) => Answer::No("what it gives may run by itself".to_owned()),
            told => told,
        }
    }

    /// Whether what is called has no body, and something plain overrides it.
    fn stands_for_plain(&self, call: Node) -> bool {
        let (Some((inference, _)), Some(function)) = (self.inference(), call.child_by_field_name("function")) else {
            return false;
        };
        let callee = self.infer(function);
        let mut functions = callee.parts().iter().filter_map(|part| inference.function_of_type(part));
        functions.any(|function| {
            let Some(Type::Instance(class, _) | Type::Class(class, _)) = function.receiver.as_ref() else {
                return false;
            };
            let entry = inference.entry(function.definition.module);
            let is_plain = |other: Definition| {
                let block = &inference.entry(other.module).summary.blocks[other.block as usize];
                block.kind == BlockKind::Function { is_async: false } && !block.is_empty
            };
            entry.summary.blocks[function.definition.block as usize].is_empty
                && inference
                    .overrides(*class, entry.summary.name_of(function.definition.block))
                    .into_iter()
                    .any(is_plain)
        })
    }

    /// Whether what a call gives may run already, or need not be awaited: a plain function did something before it gave it.
    pub(super) fn may_have_started(&self, call: Node) -> bool {
        let (Some((inference, _)), Some(function)) = (self.inference(), call.child_by_field_name("function")) else {
            return false;
        };
        let callee = self.infer(function);
        let mut functions = callee.parts().iter().filter_map(|part| inference.function_of_type(part));
        functions.any(|function| inference.gives_started(function.definition, STARTERS))
    }

    /// Whether a call gives an object whose class makes it something to await, among other things.
    pub fn is_awaitable_object(&self, call: Node) -> Answer {
        let Some((inference, _)) = self.inference() else {
            return Answer::Unknown("the file is looked at alone".to_owned());
        };
        match self.result_of(call) {
            Type::Instance(class, _) if inference.declares(class, "__call__") => {
                Answer::No(format!("a `{}` is to be called", inference.path(class)))
            }
            Type::Instance(class, _) if inference.declares(class, "__await__") => Answer::Yes,
            other => Answer::No(format!("it gives {}", inference.describe(&other))),
        }
    }

    fn gives(&self, call: Node, wanted: fn(&Type) -> bool, is_strict: bool) -> Answer {
        let Some((inference, _)) = self.inference() else {
            return Answer::Unknown("the file is looked at alone".to_owned());
        };
        let Some(function) = call.child_by_field_name("function").filter(|_| call.kind() == "call") else {
            return Answer::No("it is not a call".to_owned());
        };
        let result = self.result_of(call);
        if !is_strict && matches!(result, Type::Future(_)) && inference.gathers(&self.infer(function)) {
            return Answer::Yes;
        }
        if self.is_meant_to_fail(call) {
            return Answer::No("the call is meant to fail".to_owned());
        }
        let parts = result.parts();
        if let Some(reason) = parts.iter().find_map(Type::reason) {
            return Answer::No(reason.to_string());
        }
        if !parts.iter().any(wanted) {
            return Answer::No(format!("it gives {}", inference.describe(&result)));
        }
        if let Some(other) = parts.iter().find(|part| !wanted(part)) {
            return Answer::No(format!("it may give {}", inference.describe(other)));
        }
        let is_told = if is_strict { self.is_told_plain(call, self.of(function)) } else { self.is_told_apart(call) };
        if is_told {
            return Answer::No("a test around it tells what is awaitable".to_owned());
        }
        if !is_strict {
            return Answer::Yes;
        }
        let callee = self.infer(function);
        // `@app.get("/")` and its kin are annotated with what they take, not with what they give.
        if function.kind() == "call" && callee.parts().iter().any(|part| matches!(part, Type::Callable(_))) {
            return Answer::No("what is called is only declared to make a coroutine".to_owned());
        }
        let functions = callee.parts().iter().filter_map(|part| inference.function_of_type(part));
        match functions.filter_map(|function| self.replacement(inference, function, wanted)).next() {
            Some(reason) => Answer::No(reason),
            None => Answer::Yes,
        }
    }

    /// Whether a call is that of an ASGI application, whose calling convention is three arguments that everybody names alike,
    /// and what is called may be a coroutine function.
    fn calls_application(&self, call: Node) -> bool {
        let Some(arguments) = call.child_by_field_name("arguments") else { return false };
        let arguments: Vec<Node> = syntax::named_children(arguments).collect();
        let last = |argument: &Node, word: &str| {
            let name = self.of(*argument).rsplit('.').next().unwrap_or_default();
            argument.kind() != "string" && name.contains(word)
        };
        let [scope, receive, send] = arguments.as_slice() else { return false };
        // A mock asserts that it was called with the three.
        let is_asserted = self.called_name(call).starts_with("assert");
        if is_asserted || !(last(scope, "scope") && last(receive, "receive") && last(send, "send")) {
            return false;
        }
        let result = self.infer(call);
        let may_await = |part: &Type| part.is_unknown() || matches!(part, Type::Coroutine(_) | Type::Awaitable(_));
        result.parts().iter().any(may_await)
    }

    /// Whether a call stands in a `with` that waits for its exception, as a test does.
    pub(super) fn is_meant_to_fail(&self, call: Node) -> bool {
        let around = syntax::ancestors(call).take_while(|node| node.kind() != "function_definition");
        around.filter(|node| node.kind() == "with_statement").any(|statement| {
            let clause = syntax::named_children(statement).find(|child| child.kind() == "with_clause");
            clause.is_some_and(|clause| {
                ["raises(", "assertRaises", "warns("].iter().any(|word| self.of(clause).contains(word))
            })
        })
    }

    /// Whether a condition around a call asks what is awaitable, and does not say that this is.
    pub(super) fn is_told_apart(&self, call: Node) -> bool {
        self.branches(call).any(|branch| asks_for_awaitables(self.of(branch.condition)) && !self.affirms(&branch))
    }

    /// Whether a call stands where a test has found that what is called is no coroutine function.
    fn is_told_plain(&self, call: Node, called: &str) -> bool {
        let mut others = self.branches(call).filter(|branch| !self.affirms(branch));
        others.any(|branch| tested_callables(self.of(branch.condition)).any(|tested| tested == called))
    }

    /// Whether a branch is taken where its condition holds, which says something positive.
    fn affirms(&self, branch: &Branch) -> bool {
        branch.is_first && !self.of(branch.condition).trim_start_matches('(').starts_with("not ")
    }

    /// Whether a condition around a call asks for the receiver's class, or for what is asynchronous, and another branch awaits
    /// what is written the same: here, it gives something else. Where another branch awaits the very call, any condition tells.
    pub(super) fn is_of_other_kind(&self, call: Node, chain: &str) -> bool {
        let awaited = format!("await {chain}(");
        let same = format!("await {}", self.of(call));
        let receiver = chain.rsplit_once('.').map_or(chain, |(receiver, _)| receiver);
        let instance = format!("isinstance({receiver},");
        self.branches(call).any(|branch| {
            let condition = self.of(branch.condition);
            if self.of(branch.statement).contains(&same) {
                return true;
            }
            !self.affirms(&branch)
                && (condition.contains(&instance) || condition.to_ascii_lowercase().contains("async"))
                && self.of(branch.statement).contains(&awaited)
        })
    }

    /// The branches of conditionals that a node stands in, from the inside out, in its function.
    fn branches<'a>(&self, node: Node<'a>) -> impl Iterator<Item = Branch<'a>> {
        let around = syntax::ancestors(node).take_while(|outer| outer.kind() != "function_definition");
        let at = node.start_byte();
        around.filter_map(move |statement| {
            let (condition, first) = match statement.kind() {
                "if_statement" | "elif_clause" => {
                    (statement.child_by_field_name("condition")?, statement.child_by_field_name("consequence")?)
                }
                "conditional_expression" => (statement.named_child(1)?, statement.named_child(0)?),
                _ => return None,
            };
            let is_condition = condition.byte_range().contains(&at);
            (!is_condition).then(|| Branch { statement, condition, is_first: first.byte_range().contains(&at) })
        })
    }

    /// Why a method may not be the one that is found: a subclass overrides it otherwise, or something is assigned to it.
    fn replacement(&self, inference: &Inference, function: &Function, wanted: fn(&Type) -> bool) -> Option<String> {
        let (Type::Instance(class, _) | Type::Class(class, _)) = function.receiver.as_ref()? else { return None };
        let entry = inference.entry(function.definition.module);
        let name = entry.summary.name_of(function.definition.block);
        for other in inference.overrides(*class, name) {
            let made = inference.result(&Function { definition: other, receiver: None });
            let is_empty = inference.entry(other.module).summary.blocks[other.block as usize].is_empty;
            if !made.parts().iter().all(wanted) && !is_empty {
                return Some(format!("`{}` overrides it ({})", inference.path(other), inference.location(other)));
            }
        }
        let (_, own) = self.inference()?;
        for module in [own, function.definition.module] {
            let entry = inference.entry(module);
            let assigned = entry.summary.facts.iter().enumerate().find(|(at, fact)| {
                fact.kind == FactKind::OtherAttribute
                    && entry.summary.slice(fact.name) == name
                    && !self.assigns_coroutine_function(inference, module, *at as u32)
                    && !self.is_assigned_to_another(inference, module, *at as u32, *class)
            });
            if let Some((_, fact)) = assigned {
                return Some(format!("something is assigned to `{name}` ({})", entry.place(fact.row)));
            }
        }
        None
    }

    /// Whether a statement assigns to an attribute of something that is known, and is no instance of a class or its kin.
    fn is_assigned_to_another(&self, inference: &Inference, module: ModuleId, fact: u32, class: Definition) -> bool {
        let entry = inference.entry(module);
        let of = &entry.summary.facts[fact as usize];
        let object = match self.inference() {
            Some((_, own)) if own == module => self.assigned_object(entry.summary.slice(of.name), of.row),
            _ => {
                let target = entry.summary.slice(of.statement).split('=').next().unwrap_or_default();
                match Expression::parse(target.trim()) {
                    Expression::Attribute(object, _) => inference.infer(&object, &Place { module, block: of.block }),
                    _ => return false,
                }
            }
        };
        match object {
            Type::Instance(other, _) => !inference.inherits(other, class) && !inference.inherits(class, other),
            _ => false,
        }
    }

    /// What has the attribute that is assigned to on a line of this file.
    fn assigned_object(&self, name: &str, row: u32) -> Type {
        let places = words(self.text, name).filter(|at| self.text[..*at].ends_with('.'));
        let mut here = places.filter(|at| self.line_at(*at) + 1 == row as usize);
        let object = here.find_map(|at| {
            let attribute = self.node_at(Span::new(at, at + name.len()))?.parent()?;
            attribute.parent().filter(|outer| outer.child_by_field_name("left") == Some(attribute))?;
            attribute.child_by_field_name("object")
        });
        object.map_or_else(|| Type::unknown("it is assigned to nowhere"), |object| self.infer(object))
    }

    /// Whether what a statement assigns to an attribute is a coroutine function itself, as far as its name tells.
    fn assigns_coroutine_function(&self, inference: &Inference, module: ModuleId, fact: u32) -> bool {
        let entry = inference.entry(module);
        let Some(Expression::Attribute(_, name)) = &entry.fact(fact).value else { return false };
        let methods = inference.methods(name);
        !methods.is_empty() && methods.iter().all(|method| inference.makes_coroutine(*method))
    }

    /// Whether a call of a method of nobody knows what makes a coroutine by all that the project knows of that name.
    pub fn is_named_as_coroutine(&self, call: Node) -> Answer {
        let Some((inference, own)) = self.inference() else {
            return Answer::Unknown("the file is looked at alone".to_owned());
        };
        let function = call.child_by_field_name("function").filter(|function| function.kind() == "attribute");
        let field = |name: &str| function.and_then(|function| function.child_by_field_name(name));
        let (Some(receiver), Some(name)) = (field("object"), field("attribute")) else {
            return Answer::No("it is no method".to_owned());
        };
        let name = self.of(name);
        let caller = self.function_of(call).and_then(|function| self.block_of(function));
        let caller = caller.map(|block| Definition { module: own, block });
        let doubt = self
            .known_receiver(inference, call, receiver)
            .or_else(|| inference.other_method(name, caller))
            .or_else(|| inference.plain_function_in_dependency(name, own));
        if let Some(reason) = doubt {
            return Answer::No(reason);
        }
        inference.tell(|| {
            let methods = inference.methods(name);
            let places: Vec<String> = methods.iter().take(3).map(|method| inference.location(*method)).collect();
            format!("every `{name}` of the project is a coroutine function ({})", places.join(", "))
        });
        Answer::Yes
    }

    /// Why a call, or its receiver, is not so unknown that the name of a method could tell more.
    fn known_receiver(&self, inference: &Inference, call: Node, receiver: Node) -> Option<String> {
        match self.result_of(call) {
            Type::Unknown(_) | Type::Foreign(..) => {}
            other => return Some(format!("it gives {}", inference.describe(&other))),
        }
        match self.infer(receiver) {
            Type::Unknown(reason) | Type::Foreign(reason, _) if reason.contains("cannot be read") => {
                Some(reason.to_string())
            }
            Type::Unknown(_) | Type::Foreign(..) | Type::Instance(..) | Type::Class(..) | Type::Super(_) => None,
            other => Some(format!("its receiver is {}", inference.describe(&other))),
        }
    }

    /// What the inference learns on the way to an answer about a node, for `aiofix why`.
    pub fn evidence(&self, node: Node) -> Vec<String> {
        let Some((inference, _)) = self.inference() else { return Vec::new() };
        inference.listen();
        let function = node.child_by_field_name("function").filter(|_| node.kind() == "call");
        self.infer(node);
        if function.is_some_and(|function| function.kind() == "attribute") {
            self.is_named_as_coroutine(node);
        }
        inference.heard()
    }
}

impl Inference<'_> {
    /// Whether a callee is one of asyncio's functions whose future is made to be waited for: nobody else hears of its result
    /// or its error.
    pub(super) fn gathers(&self, callee: &Type) -> bool {
        callee.parts().iter().all(|part| {
            self.path_of(part).is_some_and(|path| {
                let name = path.rsplit('.').next().unwrap_or_default();
                path.starts_with("asyncio.") && GATHERING.contains(&name)
            })
        })
    }

    /// Whether a plain function gives what may run already: it does more than make a coroutine or an object, or hand on what
    /// another function gives that does not.
    fn gives_started(&self, definition: Definition, depth: usize) -> bool {
        let entry = self.entry(definition.module);
        let block = &entry.summary.blocks[definition.block as usize];
        let is_seen = block.kind == BlockKind::Function { is_async: false }
            && block.decorators == 0
            && !block.is_empty
            && entry.origin != Origin::Library
            && !entry.path.ends_with(".pyi");
        if !is_seen {
            return false;
        }
        let place = Place { module: definition.module, block: Some(definition.block) };
        let (mut makes, mut called) = (false, Vec::new());
        for deed in self.deeds(definition) {
            let Expression::Call(callee, ..) = Expression::parse(entry.summary.slice(deed.source)) else { return true };
            let callee = self.infer(&callee, &place);
            let is_inert = deed.kind == DeedKind::Call
                && (matches!(callee, Type::Class(..)) || matches!(self.called(&callee), Type::Coroutine(_)));
            if is_inert { makes = true } else { called.push(callee) }
        }
        match called.as_slice() {
            [] => !makes,
            [one] if depth > 0 => {
                let mut functions = one.parts().iter().filter_map(|part| self.function_of_type(part));
                functions.any(|function| self.gives_started(function.definition, depth - 1))
            }
            _ => true,
        }
    }

    /// Why a call of `name`, in the function `caller`, may be of something else than the project's coroutine functions.
    fn other_method(&self, name: &str, caller: Option<Definition>) -> Option<String> {
        let methods = self.methods(name);
        if AWAITED_BY_PYTHON.contains(&name) {
            let plain = methods.iter().find(|method| self.gives_plainly(**method))?;
            return Some(format!("`{}` gives nothing to await ({})", self.path(*plain), self.location(*plain)));
        }
        if !is_distinctive(name) || library().is_common_name(name) {
            return Some(format!("`{name}` is a name that many classes have"));
        }
        if methods.is_empty() {
            return Some(format!("nothing in the project has a method `{name}`"));
        }
        if methods.len() == 1 && methods.first() == caller.as_ref() {
            return Some(format!("`{name}` calls what it stands for"));
        }
        if !self.may_be_known_by_name(name) {
            return Some(format!("not everything in the project that is called `{name}` is a coroutine function"));
        }
        let other = methods.iter().find(|method| !self.makes_coroutine(**method))?;
        Some(format!("`{}` makes no coroutine ({})", self.path(*other), self.location(*other)))
    }

    /// Why a method may be of a library that a file imports: something plain has its name there.
    fn plain_function_in_dependency(&self, name: &str, file: ModuleId) -> Option<String> {
        let entry = self.entry(file);
        entry.summary.imports.iter().find_map(|import| {
            let path: String = entry.summary.slice(import.module).split_whitespace().collect();
            let (id, _) = self.project.import(file, &path)?;
            let other = self.entry(id);
            let mut blocks = other.summary.blocks.iter();
            let is_there = other.origin == Origin::Dependency
                && blocks.any(|block| {
                    block.kind == BlockKind::Function { is_async: false } && other.summary.slice(block.name) == name
                });
            is_there.then(|| format!("`{}` has a `{name}` too", other.name))
        })
    }

    fn makes_coroutine(&self, method: Definition) -> bool {
        matches!(self.result(&Function { definition: method, receiver: None }), Type::Coroutine(_))
    }

    /// Whether a method certainly gives something else than an awaitable.
    fn gives_plainly(&self, method: Definition) -> bool {
        let made = self.result(&Function { definition: method, receiver: None });
        let awaits = |part: &Type| matches!(part, Type::Coroutine(_) | Type::Awaitable(_) | Type::Future(_));
        !made.parts().iter().any(|part| part.is_unknown() || awaits(part))
    }

    /// Whether a name alone may tell that a call makes a coroutine: the cheap part of the question.
    pub(super) fn may_be_known_by_name(&self, name: &str) -> bool {
        AWAITED_BY_PYTHON.contains(&name)
            || is_distinctive(name)
                && self.project.index().async_methods.contains(name)
                && !library().is_common_name(name)
    }
}

/// Methods whose result Python awaits by itself (PEP 492 and PEP 525), so that whatever has one of these names gives something
/// to await.
const AWAITED_BY_PYTHON: [&str; 6] = ["__aenter__", "__aexit__", "__anext__", "aclose", "asend", "athrow"];

/// How many functions are followed that hand on what another gives.
const STARTERS: usize = 4;

/// Functions and methods of asyncio that give a future for the caller to wait for.
pub(super) const GATHERING: [&str; 3] = ["gather", "shield", "run_in_executor"];

/// Whether a condition asks what is awaitable.
fn asks_for_awaitables(condition: &str) -> bool {
    ["iscoroutine", "isawaitable", "is_coroutine", "is_async", "is_awaitable"]
        .iter()
        .any(|test| condition.contains(test))
}

/// A branch of a conditional.
struct Branch<'t> {
    statement: Node<'t>,
    condition: Node<'t>,
    /// Whether it is the one that is taken where the condition holds.
    is_first: bool,
}

/// Whether a name says enough by itself: it has two words, or one long one.
fn is_distinctive(name: &str) -> bool {
    let bare = name.trim_matches('_');
    bare.contains('_') || bare.len() >= 9
}
