//! What has to happen in one go: a blocking call that may not become a place where other tasks run, whatever is waited for.
//!
//! Two calls on an object that others have as well, one right after the other, count on nobody coming between: a file is
//! positioned and read, a message is written in pieces. A lock that is taken back in cleanup counts on being had: who is
//! cancelled there would go on without it. And who shuts the loop's executor down has no thread left to wait in. Where
//! [`super::suspension`] tells of a risk, this tells of a fault.

use crate::project::Module;
use crate::project::scopes::{Binding, BindingKind, Scope};
use crate::syntax::{ancestors, descendants, named_children};
use crate::text::words;
use tree_sitter::Node;

/// What a function speaks of that shuts the default executor of its loop down (CPython's `Lib/asyncio/base_events.py`): it takes
/// no more work from then on.
const EXECUTOR: [&str; 3] = ["shutdown_default_executor", "_default_executor", "_executor_shutdown_called"];

impl Module<'_> {
    /// Why no other task may run while a call blocks; none where nothing is known to forbid it.
    pub fn indivisible(&self, call: Node) -> Option<String> {
        let function = call.child_by_field_name("function").filter(|function| function.kind() == "attribute")?;
        let object = function.child_by_field_name("object")?;
        let around = self.function_of(call)?;
        if EXECUTOR.iter().any(|word| words(self.of(around), word).next().is_some()) {
            return Some("its function shuts down the executor in which it would run".to_owned());
        }
        let mut outers = ancestors(call).take_while(|outer| *outer != around);
        if self.called_name(call) == "acquire" && outers.any(|outer| outer.kind() == "finally_clause") {
            return Some(format!("a task that is cancelled here would go on without `{}`", self.of(object)));
        }
        if !self.is_others_too(object, around) {
            return None;
        }
        let other = self.neighbour_on(call, self.of(object))?;
        Some(format!("no other task may use `{}` between it and `{}`", self.of(object), self.of(other)))
    }

    /// Whether an object is one that other calls of the function have as well: reached through a parameter, or through a
    /// value of the module.
    fn is_others_too(&self, object: Node, function: Node) -> bool {
        let root = std::iter::successors(Some(object), |object| object.child_by_field_name("object")).last();
        let Some(root) = root.filter(|root| root.kind() == "identifier") else { return false };
        let is_parameter = |binding: &Binding| matches!(binding.kind, BindingKind::Parameter(_));
        let is_value = |binding: &Binding| matches!(binding.kind, BindingKind::Value(_));
        match self.names_of(function).bound.get(self.of(root)) {
            Some(bindings) => bindings.iter().all(is_parameter),
            None => self
                .lookup(self.of(root), root)
                .is_some_and(|found| matches!(found.scope, Scope::Module) && found.bindings.iter().all(is_value)),
        }
    }

    /// A call on `receiver` for its effect alone that blocks too or sets a position, in the statements before or behind that
    /// of `call`, up to where others run.
    fn neighbour_on<'a>(&self, call: Node<'a>, receiver: &str) -> Option<Node<'a>> {
        let statement = ancestors(call).find(|outer| outer.parent().is_some_and(|block| block.kind() == "block"))?;
        let others = named_children(statement.parent()?).filter(|other| *other != statement);
        let (before, behind): (Vec<Node>, Vec<Node>) =
            others.partition(|other| other.end_byte() <= statement.start_byte());
        let stays = |other: &Node| !descendants(*other).any(|node| node.kind() == "await");
        let near = before.into_iter().rev().take_while(stays).chain(behind.into_iter().take_while(stays));
        let calls =
            near.filter(|other| other.kind() == "expression_statement").filter_map(|other| other.named_child(0));
        calls.filter(|other| other.kind() == "call").find(|other| {
            other.child_by_field_name("function").is_some_and(|function| {
                let object = function.child_by_field_name("object");
                let works = self.called_name(*other) == "seek" || self.blocking_call(function).is_ok();
                object.is_some_and(|object| self.of(object) == receiver) && works
            })
        })
    }
}
