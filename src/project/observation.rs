//! Whether anybody looks after what an instance keeps: sees its task fail, closes its session.
//!
//! What a task raises is raised where it is awaited, told to its callbacks, or logged when the task is collected (`Task.__del__` in
//! CPython's `Lib/asyncio/futures.py`). A task that an attribute holds is not collected as long as its instance lives. In: the
//! attribute that a task is assigned to. Out: an answer, from all mentions of the attribute in the file.

use crate::project::{Answer, Module, Row};
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
        match self.other_mention(attribute, |mention| mention.is_some_and(|mention| self.is_blind(mention))) {
            Some(row) => no(format!("line {row} may look at it")),
            None => Answer::Yes,
        }
    }

    /// Whether nothing in the project calls one of these methods of an attribute that is assigned to, or may do so.
    pub fn is_closed_nowhere(&self, target: Node, methods: &[&str]) -> Answer {
        let no = |reason: String| Answer::No(reason);
        let Some(attribute) = target.child_by_field_name("attribute") else {
            return no("it is no attribute".to_owned());
        };
        let Some((inference, own)) = self.inference() else { return Answer::alone() };
        // A plain name is another thing.
        let is_used = |mention: Option<Node>| mention.is_none_or(|it| self.is_blind(it) || self.is_asked(it, methods));
        if let Some(row) = self.other_mention(attribute, is_used) {
            return no(format!("line {row} may close it"));
        }
        let name = self.of(attribute);
        if self.text.contains(&format!("\"{name}\"")) || self.text.contains(&format!("'{name}'")) {
            return no(format!("`{name}` stands in a string"));
        }
        let is_call = |chain: &str, method: &str| {
            let object = chain.strip_suffix(method).and_then(|rest| rest.strip_suffix('.'));
            object.is_some_and(|object| object.rsplit_once('.').is_some_and(|(_, last)| last == name))
        };
        for method in methods {
            for (module, site) in inference.uses(method).filter(|(module, _)| *module != own) {
                let entry = inference.entry(module);
                let at = &entry.summary.uses[site as usize];
                if is_call(entry.summary.slice(at.chain), method) {
                    return no(format!("it is closed elsewhere ({})", entry.place(at.row)));
                }
            }
        }
        Answer::Yes
    }

    /// The row of the first other mention of an attribute's name in the file that is not of a kind, as the attribute that it names,
    /// if any.
    fn other_mention(&self, attribute: Node, is_of_kind: impl Fn(Option<Node>) -> bool) -> Option<Row> {
        let name = self.of(attribute);
        let others = words(self.text, name).filter(|at| *at != attribute.start_byte());
        let mut others = others.map(|at| Span::new(at, at + name.len())).filter(|span| self.outline.is_code(*span));
        let other = others.find(|span| {
            let node = self.node_at(*span);
            let mention =
                node.and_then(|node| node.parent()).filter(|outer| outer.child_by_field_name("attribute") == node);
            !is_of_kind(mention)
        })?;
        Some(self.row(other.start))
    }

    /// Whether a mention is asked for something else than these methods.
    fn is_asked(&self, mention: Node, methods: &[&str]) -> bool {
        let asked = mention.parent().filter(|outer| outer.child_by_field_name("object") == Some(mention));
        let name = asked.and_then(|asked| asked.child_by_field_name("attribute")).map_or("", |name| self.of(name));
        !name.is_empty() && !methods.contains(&name)
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
