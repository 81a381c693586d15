//! Which objects of the project's own classes have to be closed, and how.
//!
//! In: a call. Out: whether it makes an object of such a class. A class has to be closed where what closes it waits for something; it may be
//! entered without any other change where entering it only gives the object itself, and leaving it calls the method that closes it. What
//! becomes of the object is [`super::values`]'s affair.

use crate::project::conduct::methods_of;
use crate::project::inference::Inference;
use crate::project::linked::{Definition, Origin};
use crate::project::types::Type;
use crate::project::{Answer, Module};
use crate::syntax::{descendants, is_async, named_children};
use crate::text::words;
use rustc_hash::FxHashSet;
use tree_sitter::Node;

/// The methods that tell a class that has to be closed.
const TELLING: [&str; 2] = ["__aenter__", "aclose"];

impl Inference<'_> {
    /// The names of the project's own classes that may have to be closed.
    pub fn closable_classes(&self) -> FxHashSet<Box<str>> {
        let methods = TELLING.iter().flat_map(|name| self.methods(name).to_vec());
        let classes = methods.filter_map(|method| {
            let entry = self.entry(method.module);
            let summary = &entry.summary;
            let class = summary.blocks[method.block as usize].parent.filter(|_| entry.origin == Origin::Run)?;
            Some(summary.name_of(class).into())
        });
        classes.collect()
    }
}

impl Module<'_> {
    /// Whether a call makes an object of a class of the project that can be entered without any other change, and is closed by one of the methods
    /// when it is left; no other of them is called on what it is assigned to.
    pub fn makes_enterable(&self, call: Node, closing: &[&str]) -> Answer {
        let no = |reason: String| Answer::No(reason);
        match self.leaving(call) {
            Ok(closes) if !closing.contains(&closes.as_str()) => no(format!("it is closed by `{closes}`")),
            Ok(closes) => self.closed_by_others(call, &closes, closing),
            Err(reason) => no(reason),
        }
    }

    /// Whether a call makes an object of a class of the project that cannot be entered, and whose method of the name, the first, waits and takes
    /// nothing; no other of them is called on what it is assigned to.
    pub fn makes_closable(&self, call: Node, closing: &[&str]) -> Answer {
        let found = self.class_made(call).and_then(|class| {
            if self.method_of(class, "__aenter__").is_some() {
                return Err("entering it does more than to give the object".to_owned());
            }
            let close = self.method_of(class, "aclose").ok_or("its class has no `aclose`")?;
            match self.in_its_file(close, |_, function| waits(function) && takes_nothing(function)) {
                Some(true) => Ok("aclose".to_owned()),
                _ => Err("closing it waits for nothing".to_owned()),
            }
        });
        match found {
            Ok(closes) => self.closed_by_others(call, &closes, closing),
            Err(reason) => Answer::No(reason),
        }
    }

    /// The method that leaving the object closes it by, where entering it does nothing.
    fn leaving(&self, call: Node) -> Result<String, String> {
        let class = self.class_made(call)?;
        let enter = self.method_of(class, "__aenter__").ok_or("its class cannot be entered")?;
        let leave = self.method_of(class, "__aexit__").ok_or("its class cannot be left")?;
        if self.in_its_file(enter, |module, function| module.returns_itself(function)) != Some(true) {
            return Err("entering it does more than to give the object".to_owned());
        }
        let closes = self.in_its_file(leave, |module, function| module.awaits_own_method(function)).flatten();
        let closes = closes.ok_or("leaving it does more than to close it")?;
        let close = self.method_of(class, &closes).ok_or("what closes it is not to be read")?;
        match self.in_its_file(close, |_, function| waits(function)) {
            Some(true) => Ok(closes),
            _ => Err("closing it waits for nothing".to_owned()),
        }
    }

    /// The class of the project that a call makes an object of.
    fn class_made(&self, call: Node) -> Result<Definition, String> {
        let (inference, _) = self.inference().ok_or("the file is looked at alone")?;
        if self.function_of(call).is_some_and(|function| self.stands_in_test(function)) {
            return Err("a test of it closes it when it likes".to_owned());
        }
        let made = self.infer(call);
        let [Type::Instance(class, _)] = made.parts() else { return Err("it is not known what it makes".to_owned()) };
        if inference.entry(class.module).origin != Origin::Run {
            return Err("its class is not one of the project".to_owned());
        }
        match &inference.order(*class).missing {
            Some(_) => Err("it is not known what its class inherits".to_owned()),
            None => Ok(*class),
        }
    }

    /// The method of a name that a class of the project has.
    fn method_of(&self, class: Definition, name: &str) -> Option<Definition> {
        let (inference, _) = self.inference()?;
        methods_of(inference, class, &[name]).next()
    }

    /// What `look` finds in a function of the project, in whatever file it stands.
    pub(super) fn in_its_file<T>(&self, definition: Definition, look: impl Fn(&Module, Node) -> T) -> Option<T> {
        let (inference, own) = self.inference()?;
        let look = |module: &Module| module.definition(definition.block).map(|function| look(module, function));
        if definition.module == own {
            return look(self);
        }
        let (found, consulted) = self.in_other_file(definition.module, look);
        inference.consult(&consulted);
        found.flatten()
    }

    /// Whether a method does nothing but give its object.
    fn returns_itself(&self, method: Node) -> bool {
        let [only] = self.statements_of(method)[..] else { return false };
        let given = only.named_child(0).filter(|_| only.kind() == "return_statement");
        given.is_some_and(|given| Some(self.of(given)) == self.first_parameter(method))
    }

    /// The method of its own object that a method awaits, where it does nothing else.
    fn awaits_own_method(&self, method: Node) -> Option<String> {
        let [only] = self.statements_of(method)[..] else { return None };
        let call = only.named_child(0).filter(|awaited| awaited.kind() == "await")?.named_child(0)?;
        let function = call.child_by_field_name("function").filter(|_| call.kind() == "call")?;
        let is_bare = call.child_by_field_name("arguments").is_some_and(|list| list.named_child_count() == 0);
        let object = function.child_by_field_name("object").filter(|_| is_bare)?;
        (Some(self.of(object)) == self.first_parameter(method)).then(|| self.called_name(call).to_owned())
    }

    /// The statements of a function without its docstring.
    fn statements_of<'a>(&self, function: Node<'a>) -> Vec<Node<'a>> {
        let body = function.child_by_field_name("body").into_iter().flat_map(named_children);
        let is_text = |statement: &Node| statement.named_child(0).is_some_and(|child| child.kind() == "string");
        body.filter(|statement| !(statement.kind() == "expression_statement" && is_text(statement))).collect()
    }

    /// No where another of the methods is called on what a call is assigned to.
    fn closed_by_others(&self, call: Node, closes: &str, closing: &[&str]) -> Answer {
        let assignment = call.parent().filter(|outer| outer.kind() == "assignment");
        let Some(target) = assignment.and_then(|assignment| assignment.child_by_field_name("left")) else {
            return Answer::No("it is assigned to nothing".to_owned());
        };
        let region = self.slice(self.outline.region_of(call.start_byte()));
        let is_called = |method: &&&str| {
            let rest = words(region, self.of(target)).map(|at| &region[at + self.of(target).len()..]);
            rest.into_iter().any(|rest| rest.starts_with('.') && rest[1..].starts_with(&format!("{method}(")))
        };
        match closing.iter().filter(|method| **method != closes).find(is_called) {
            Some(other) => Answer::No(format!("`{other}` closes it, too")),
            None => Answer::Yes,
        }
    }
}

/// Whether a function suspends.
fn waits(function: Node) -> bool {
    is_async(function) && descendants(function).any(|part| part.kind() == "await" || part != function && is_async(part))
}

/// Whether a method can be called without arguments.
fn takes_nothing(method: Node) -> bool {
    let parameters = method.child_by_field_name("parameters").into_iter().flat_map(named_children);
    parameters.skip(1).all(|parameter| parameter.child_by_field_name("value").is_some())
}
