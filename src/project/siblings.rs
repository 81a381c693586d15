//! What stands around a gather, and what that means for the calls that go on when one of them has failed.
//!
//! A block that the failure leaves lets go of what they use; a handler takes the exception, or would get a group of exceptions
//! instead. In: a call of `gather`. Out: answers.

use crate::project::gathering::{CLOSING, closes};
use crate::project::{Answer, Module, Row};
use crate::syntax::{ancestors, descendants, named_children};
use crate::text::{Span, words};
use tree_sitter::Node;

/// Parts of the name of a context manager that lets others in when it is left.
const LOCKS: [&str; 4] = ["lock", "semaphore", "mutex", "limiter"];

impl<'t> Module<'t> {
    /// Whether what a gather runs uses something that a `with` or `finally` around it lets go of, so that it is gone for the
    /// calls that go on after one has failed.
    pub fn outlives_scope(&self, call: Node) -> Answer {
        let no = || Answer::No("nothing around it lets go of what its calls use".to_owned());
        let Some(function) = self.function_of(call) else { return no() };
        let Some(arguments) = call.child_by_field_name("arguments") else { return no() };
        let mut used: Vec<Node> = vec![arguments];
        for argument in named_children(arguments).filter(|argument| argument.kind() == "list_splat") {
            used.extend(
                argument.named_child(0).into_iter().flat_map(|inner| self.made_in(inner)).map(|(call, _)| call),
            );
        }
        let uses = |name: &str| used.iter().any(|node| words(self.of(*node), name).next().is_some());
        let mut inner = call;
        for outer in ancestors(call).take_while(|outer| *outer != function) {
            let is_body = outer.child_by_field_name("body") == Some(inner);
            let is_gone = match outer.kind() {
                "with_statement" if is_body => {
                    self.entered_names(outer).into_iter().any(&uses) || self.holds_lock(outer)
                }
                "try_statement" if is_body => self.closed_finally(outer).into_iter().any(&uses),
                _ => false,
            };
            if is_gone {
                return Answer::Yes;
            }
            inner = outer;
        }
        no()
    }

    /// The names that a `with` gives to what it enters, deadlines and suppressions left out.
    fn entered_names(&self, with: Node) -> Vec<&'t str> {
        let targets = self.managers(with).into_iter().filter_map(|(_, target)| target);
        let names = targets.filter_map(|target| target.named_child(0)).filter(|name| name.kind() == "identifier");
        names.map(|name| self.of(name)).collect()
    }

    fn holds_lock(&self, with: Node) -> bool {
        self.managers(with).into_iter().any(|(manager, target)| {
            let name = self.of(manager).to_ascii_lowercase();
            target.is_none() && LOCKS.iter().any(|part| name.contains(part))
        })
    }

    /// What a `with` enters, each with the target that it gets.
    fn managers<'a>(&self, with: Node<'a>) -> Vec<(Node<'a>, Option<Node<'a>>)> {
        let clause = named_children(with).find(|child| child.kind() == "with_clause");
        let values = clause.into_iter().flat_map(named_children).filter_map(|item| item.child_by_field_name("value"));
        let pairs = values.map(|value| match value.kind() {
            "as_pattern" => (value.named_child(0).unwrap_or(value), value.child_by_field_name("alias")),
            _ => (value, None),
        });
        pairs.collect()
    }

    /// The names that the `finally` of a `try` closes.
    fn closed_finally(&self, attempt: Node) -> Vec<&'t str> {
        let Some(clause) = named_children(attempt).find(|part| part.kind() == "finally_clause") else {
            return Vec::new();
        };
        let is_close = |node: &Node| node.kind() == "call" && CLOSING.contains(&self.called_name(*node));
        let objects = descendants(clause).filter(is_close).filter_map(|call| {
            let object = call.child_by_field_name("function")?.child_by_field_name("object")?;
            (object.kind() == "identifier").then(|| self.of(object))
        });
        objects.collect()
    }

    /// Whether a gather may be a task group: all that it is given is calls of coroutine functions that may be cancelled, no handler
    /// of its function takes what they raise, and everyone who calls the function is in sight and handles nothing.
    pub fn fits_task_group(&self, call: Node) -> Answer {
        let Some(function) = self.function_of(call) else { return Answer::No("it is in no function".to_owned()) };
        if let Some(row) = handler_row(self, call, Some(function)) {
            return Answer::No(format!("the handler on line {row} would get a group of exceptions"));
        }
        match self.refuses_group(call, function) {
            Some(reason) => Answer::No(reason),
            None => Answer::Yes,
        }
    }

    /// Why what a gather is given may not be started in a task group, or a caller of its function may not get a group of exceptions.
    pub(super) fn refuses_group(&self, call: Node, function: Node) -> Option<String> {
        let Some(given) = self.gathered(call) else { return Some("what it is given is not all in sight".to_owned()) };
        for part in &given {
            let made = part.call();
            if made.kind() != "call" || self.returns_awaitable(made) != Answer::Yes {
                return Some(format!("`{}` is not known to make a coroutine", self.of(made)));
            }
            if closes(self.called_name(made)) {
                return Some(format!("`{}` should end even where another fails", self.called_name(made)));
            }
        }
        self.handled_by_callers(function)
    }

    /// Why a caller of a function may handle what it raises; none where all of them are in sight and do not.
    fn handled_by_callers(&self, function: Node) -> Option<String> {
        let name = self.of(function.child_by_field_name("name")?);
        if self.is_generator(function) {
            return Some("it is in a generator".to_owned());
        }
        let (inference, own) = self.inference()?;
        if inference.uses(name).any(|(module, _)| module != own) {
            return Some(format!("`{name}` is called in other files"));
        }
        let at_definition = function.child_by_field_name("name").map(|node| node.start_byte());
        let mut is_called = false;
        for at in words(self.text, name).filter(|at| Some(*at) != at_definition) {
            let Some(mention) = self.node_at(Span::new(at, at + name.len())) else { continue };
            if mention.kind() != "identifier" {
                continue;
            }
            if let Some(row) = handler_row(self, mention, None) {
                return Some(format!("the handler on line {row} would get a group of exceptions"));
            }
            is_called = true;
        }
        (!is_called).then(|| format!("nobody in sight calls `{name}`"))
    }

    /// Whether a node mentions a name.
    pub fn mentions(&self, node: Node, name: Node) -> Answer {
        match words(self.of(node), self.of(name)).next() {
            Some(_) => Answer::Yes,
            None => Answer::No(format!("`{}` is not mentioned", self.of(name))),
        }
    }
}

/// The row of the handler, of whatever exception, in whose `try` or `with` a node stands, up to a function.
pub(super) fn handler_row(module: &Module, node: Node, function: Option<Node>) -> Option<Row> {
    let mut inner = node;
    for outer in ancestors(node).take_while(|outer| Some(*outer) != function) {
        let is_body = outer.child_by_field_name("body") == Some(inner);
        let takes = match outer.kind() {
            "try_statement" if is_body => {
                named_children(outer).find(|part| part.kind() == "except_clause").map(|clause| clause.start_byte())
            }
            "with_statement" if is_body => {
                let swallows = |(manager, _): &(Node, Option<Node>)| {
                    manager.kind() == "call" && matches!(module.called_name(*manager), "suppress" | "raises")
                };
                module.managers(outer).iter().any(swallows).then(|| outer.start_byte())
            }
            _ => None,
        };
        if let Some(at) = takes {
            return Some(module.row(at));
        }
        inner = outer;
    }
    None
}
