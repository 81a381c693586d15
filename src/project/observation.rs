//! Whether anybody can see a task fail that an instance keeps.
//!
//! What a task raises is raised where it is awaited, told to its callbacks, or logged when the task is collected (`Task.__del__` in
//! CPython's `Lib/asyncio/futures.py`). A task that an attribute holds is not collected as long as its instance lives. In: the
//! attribute that a task is assigned to. Out: an answer, from all mentions of the attribute in the file.

use crate::project::{Answer, Module};
use crate::text::{Span, words};
use tree_sitter::Node;

/// Methods of a task that tell nothing of what it raised.
const BLIND: [&str; 6] = ["cancel", "done", "cancelled", "set_name", "get_name", "cancelling"];

impl Module<'_> {
    /// Whether nobody in the file awaits the task that is assigned to a private attribute, hands it on or asks for its outcome, and the
    /// coroutine that it runs does not handle its own failures.
    pub fn is_unobserved(&self, target: Node, made: Node) -> Answer {
        let no = |reason: String| Answer::No(reason);
        let (Some(object), Some(attribute)) =
            (target.child_by_field_name("object"), target.child_by_field_name("attribute"))
        else {
            return no("it is no attribute".to_owned());
        };
        let name = self.of(attribute);
        if self.of(object) != "self" || !name.starts_with('_') {
            return no(format!("others can see `{}`", self.of(target)));
        }
        if !self.may_fail_in_sight(made) {
            return no("nothing shows that the coroutine may fail".to_owned());
        }
        for at in words(self.text, name).filter(|at| *at != attribute.start_byte()) {
            let span = Span::new(at, at + name.len());
            let mention = self.node_at(span).and_then(|node| node.parent()).filter(|node| node.kind() == "attribute");
            if self.outline.is_code(span) && !mention.is_some_and(|mention| self.is_blind(mention)) {
                return no(format!("line {} may look at it", self.row(at)));
            }
        }
        Answer::Yes
    }

    /// Whether a mention of a task is assigned to, tested, or asked for nothing that tells what it raised.
    fn is_blind(&self, mention: Node) -> bool {
        let Some(outer) = mention.parent() else { return false };
        let is_field = |field: &str| outer.child_by_field_name(field) == Some(mention);
        match outer.kind() {
            "assignment" => is_field("left"),
            "attribute" => {
                let method = outer.child_by_field_name("attribute").map_or("", |method| self.of(method));
                is_field("object") && BLIND.contains(&method)
            }
            "if_statement" | "while_statement" | "elif_clause" => is_field("condition"),
            "boolean_operator" | "not_operator" | "comparison_operator" => true,
            _ => false,
        }
    }
}
