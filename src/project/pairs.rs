//! What is done and undone by hand: whether the second always follows the first.

use crate::project::{Answer, Module};
use crate::syntax::{ancestors, named_children};
use tree_sitter::Node;

impl Module<'_> {
    /// Whether the `try` right behind a statement undoes, in its `finally`, what the statement did to an object.
    pub fn is_undone_in_finally(&self, object: Node, statement: Node, methods: &[&str]) -> Answer {
        let next = self.behind(statement).into_iter().next();
        let attempt = next.filter(|next| next.kind() == "try_statement");
        let clause = attempt.and_then(|attempt| named_children(attempt).find(|part| part.kind() == "finally_clause"));
        let block = clause.and_then(|clause| named_children(clause).find(|part| part.kind() == "block"));
        let undoes = |block: Node| named_children(block).any(|each| self.is_call_of(each, object, methods));
        match block.is_some_and(undoes) {
            true => Answer::Yes,
            false => Answer::No(format!("no `finally` behind it undoes it for `{}`", self.of(object))),
        }
    }

    /// Whether a later statement of the same block undoes it, and nothing between leaves the block.
    pub fn is_undone_in_block(&self, object: Node, statement: Node, methods: &[&str]) -> Answer {
        let behind = self.behind(statement);
        let Some(at) = behind.iter().position(|each| self.is_call_of(*each, object, methods)) else {
            return Answer::No(format!("nothing in its block undoes it for `{}`", self.of(object)));
        };
        match behind[..at].iter().find_map(|each| leaving(*each)) {
            Some(way) => Answer::No(format!("line {} leaves the block before", self.row(way.start_byte()))),
            None => Answer::Yes,
        }
    }

    /// Whether the statement right behind another calls one of the methods of an object.
    pub fn is_followed_by(&self, object: Node, statement: Node, methods: &[&str]) -> Answer {
        let next = self.behind(statement).into_iter().next();
        match next.is_some_and(|next| self.is_call_of(next, object, methods)) {
            true => Answer::Yes,
            false => Answer::No(format!("the statement behind it does not start `{}`", self.of(object))),
        }
    }

    fn behind<'a>(&self, statement: Node<'a>) -> Vec<Node<'a>> {
        let block = statement.parent().into_iter().flat_map(named_children);
        block.filter(|node| node.start_byte() > statement.start_byte()).collect()
    }

    /// Whether a statement is a call of one of an object's methods, awaited or not, and nothing else.
    fn is_call_of(&self, statement: Node, object: Node, methods: &[&str]) -> bool {
        let call = Some(statement).filter(|statement| statement.kind() == "expression_statement");
        let value = call.and_then(|statement| statement.named_child(0));
        let call =
            value.map(|value| if value.kind() == "await" { value.named_child(0).unwrap_or(value) } else { value });
        let function = call.and_then(|call| call.child_by_field_name("function"));
        function.is_some_and(|function| {
            function.child_by_field_name("object").is_some_and(|other| self.of(other) == self.of(object))
                && methods.contains(&self.called_name(function.parent().unwrap_or(function)))
        })
    }
}

/// What leaves the block that a statement is in, at or below it.
fn leaving(statement: Node) -> Option<Node> {
    match statement.kind() {
        "function_definition" | "lambda" | "class_definition" => None,
        "return_statement" | "raise_statement" | "yield" => Some(statement),
        "break_statement" | "continue_statement" => {
            let owner = ancestors(statement).any(|outer| matches!(outer.kind(), "for_statement" | "while_statement"));
            owner.then_some(statement)
        }
        _ => named_children(statement).find_map(leaving),
    }
}
