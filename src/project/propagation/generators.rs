//! What iterates a generator that becomes an asynchronous one: all of it has to iterate asynchronously, or none.

use super::bodies::own_nodes;
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
    /// Notes a loop that may end before the generator, whose last part then runs later: CPython closes a plain generator at
    /// once, and leaves an asynchronous one to the event loop.
    fn note_early_end(&mut self, module: &Module, file: ModuleId, iteration: Node, callee: Definition) {
        let ends = |node: &Node| matches!(node.kind(), "break_statement" | "return_statement");
        if iteration.kind() != "for_statement" || !syntax::own_descendants(iteration).any(|node| ends(&node)) {
            return;
        }
        let Some(its_module) = self.module(callee.module) else { return };
        let Some(function) = its_module.definition(callee.block) else { return };
        let is_cleanup = |node: &Node| match node.kind() {
            "try_statement" => syntax::named_children(*node).any(|clause| clause.kind() == "finally_clause"),
            kind => kind == "with_statement",
        };
        let cleans_up =
            |node: Node| syntax::ancestors(node).take_while(|outer| *outer != function).any(|outer| is_cleanup(&outer));
        if own_nodes(function).into_iter().any(|node| node.kind() == "yield" && cleans_up(node)) {
            let (path, row) = (self.inference.entry(file).path.clone(), module.row(iteration.start_byte()));
            let name = self.name(callee);
            self.note(format!("a loop that ends early leaves `{name}` open for a while: `contextlib.aclosing` closes it ({path}:{row})"));
        }
    }

    /// A call of a generator function that turns.
    pub(super) fn look_at_iteration(&mut self, module: &Rc<Module>, file: ModuleId, call: Node, callee: Definition) {
        let Some(parent) = call.parent() else { return };
        let is_right = parent.child_by_field_name("right") == Some(call);
        if matches!(parent.kind(), "for_statement" | "for_in_clause") && is_right && !syntax::is_async(parent) {
            self.note_early_end(module, file, parent, callee);
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
