//! What iterates a generator that becomes an asynchronous one: all of it has to iterate asynchronously, or none.

use super::{Act, Spreading};
use crate::project::layout::ModuleId;
use crate::project::linked::Definition;
use crate::project::{Answer, Module};
use crate::syntax;
use std::rc::Rc;
use tree_sitter::Node;

/// Builtins that take all of an iterable, and a list as well.
const CONSUMERS: [&str; 9] = ["list", "tuple", "set", "frozenset", "sorted", "sum", "min", "max", "dict"];

impl Spreading<'_> {
    /// A call of a generator function that turns.
    pub(super) fn look_at_iteration(&mut self, module: &Rc<Module>, file: ModuleId, call: Node, callee: Definition) {
        let Some(parent) = call.parent() else { return };
        let is_right = parent.child_by_field_name("right") == Some(call);
        if matches!(parent.kind(), "for_statement" | "for_in_clause") && is_right && !syntax::is_async(parent) {
            return self.look_at_call(module, file, parent, callee, Act::Iterate);
        }
        let outer = parent.parent().filter(|outer| outer.kind() == "call" && parent.kind() == "argument_list");
        if let Some(outer) = outer.filter(|_| syntax::named_children(parent).next() == Some(call))
            && let Some(function) = outer.child_by_field_name("function")
        {
            if module.resolves_to(function, &CONSUMERS) == Answer::Yes {
                return self.look_at_call(module, file, outer, callee, Act::Collect(syntax::span(call)));
            }
            if module.resolves_to(function, &["next"]) == Answer::Yes {
                return self.look_at_call(module, file, outer, callee, Act::Next);
            }
        }
        let name = self.name(callee);
        let reason = format!("`{name}` is a generator that is not iterated where it is called");
        self.refuse(module, file, call.start_byte(), reason);
    }
}
