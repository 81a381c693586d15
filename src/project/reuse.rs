//! How often what a name holds is awaited.
//!
//! A coroutine can be awaited once; the second time raises `RuntimeError`. What counts as twice has to happen on one way
//! through the function: in doubt it does not.

use crate::project::scopes::{BindingKind, Scope};
use crate::project::{Answer, Module};
use crate::syntax::{ancestors, named_children};
use tree_sitter::Node;

/// Statements that may leave a loop before its second turn, or the block before its end.
const LEAVERS: [&str; 4] = ["break_statement", "return_statement", "raise_statement", "yield"];

impl Module<'_> {
    /// Whether what a local is assigned to at `name`, the only thing that it is bound to, is awaited twice: one after the
    /// other, or in a loop that the assignment is not part of.
    pub fn is_awaited_again(&self, name: Node) -> Answer {
        let awaits = match self.awaits_of(name) {
            Ok(awaits) => awaits,
            Err(reason) => return Answer::No(reason),
        };
        let twice = awaits.iter().enumerate().any(|(at, first)| {
            awaits[at + 1..].iter().any(|second| self.follows_always(*first, *second)) || self.is_repeated(*first, name)
        });
        if twice { Answer::Yes } else { Answer::No(format!("`{}` is awaited once", self.of(name))) }
    }

    /// The places where the function of a local awaits it, in order. An error says why they are not all that matters.
    fn awaits_of<'a>(&self, name: Node<'a>) -> Result<Vec<Node<'a>>, String> {
        let local = self.of(name);
        let function = self.function_of(name).filter(|function| function.kind() == "function_definition");
        let function = function.ok_or("it is not in a function")?;
        let names = self.names_of(function);
        if names.globals.contains(local) || names.nonlocals.contains(local) {
            return Err(format!("`{local}` is not a local"));
        }
        if !matches!(names.bound.get(local).map(Vec::as_slice), Some([one]) if matches!(one.kind, BindingKind::Value(_)))
        {
            return Err(format!("`{local}` is bound more than once"));
        }
        let reads = self.reads(function, local).into_iter().filter(|read| self.function_of(*read) == Some(function));
        Ok(reads.filter_map(|read| read.parent().filter(|outer| outer.kind() == "await")).collect())
    }

    /// Whether `second` is reached after `first` on every way: `first` stands in a simple statement of a block that `second`
    /// is in as well, perhaps deeper.
    fn follows_always(&self, first: Node, second: Node) -> bool {
        let mut inner = first;
        for outer in ancestors(first) {
            match outer.kind() {
                "block" => {
                    let after = second.start_byte() > inner.end_byte() && outer.end_byte() >= second.end_byte();
                    let leaves = named_children(outer)
                        .filter(|node| {
                            node.start_byte() >= inner.start_byte() && node.end_byte() <= second.start_byte()
                        })
                        .any(|node| LEAVERS.contains(&node.kind()));
                    return after && !leaves;
                }
                "boolean_operator" | "conditional_expression" | "lambda" => return false,
                kind if kind.ends_with("comprehension") || kind == "generator_expression" => return false,
                kind if kind.ends_with("_statement") => {
                    let is_simple = matches!(kind, "expression_statement" | "assert_statement" | "delete_statement");
                    if !is_simple {
                        return false;
                    }
                }
                _ => {}
            }
            inner = outer;
        }
        false
    }

    /// Whether a loop, with the assignment outside of it and no way out before its end, awaits again and again.
    fn is_repeated(&self, awaited: Node, name: Node) -> bool {
        let mut inner = awaited;
        for outer in ancestors(awaited).take_while(|outer| !outer.kind().ends_with("_definition")) {
            let is_body = outer.child_by_field_name("body") == Some(inner);
            match outer.kind() {
                "for_statement" | "while_statement" if is_body => {
                    let is_inside = outer.byte_range().contains(&name.start_byte());
                    return !is_inside && !holds(inner, &LEAVERS);
                }
                "boolean_operator" | "conditional_expression" | "lambda" => return false,
                kind if kind.ends_with("comprehension") || kind == "generator_expression" => return false,
                kind if kind.ends_with("_clause") => return false,
                kind if kind.ends_with("_statement") && kind != "expression_statement" => return false,
                _ => {}
            }
            inner = outer;
        }
        false
    }

    /// Whether somebody awaits the value of an expression, as far as one function tells: `await` stands around it, or it is
    /// assigned to a local that is awaited or handed on. What leaves the function may be awaited elsewhere.
    pub fn is_value_awaited(&self, node: Node) -> Answer {
        let no = || Answer::No("nothing awaits it".to_owned());
        let Some(outer) = ancestors(node).find(|outer| outer.kind() != "parenthesized_expression") else { return no() };
        match outer.kind() {
            "expression_statement" => no(),
            "assignment" => {
                let left = outer.child_by_field_name("left").filter(|left| left.kind() == "identifier");
                let Some((left, Scope::Function(function))) = left.map(|left| (left, self.scope_of(left))) else {
                    return Answer::Yes;
                };
                let moves = |read: &Node| {
                    let around = read.parent().map_or("", |parent| parent.kind());
                    !matches!(
                        around,
                        "attribute" | "subscript" | "comparison_operator" | "if_statement" | "not_operator"
                    )
                };
                if self.reads(function, self.of(left)).iter().any(moves) { Answer::Yes } else { no() }
            }
            "attribute" | "subscript" | "comparison_operator" | "binary_operator" | "if_statement" => no(),
            _ => Answer::Yes,
        }
    }

    /// The awaits of a local that are all that its function does with it, where each can lose its `await` once the
    /// assignment awaits. An error says what else there is.
    pub fn awaits_alone<'a>(&self, name: Node<'a>) -> Result<Vec<Node<'a>>, String> {
        let awaits = self.awaits_of(name)?;
        let function = self.function_of(name).ok_or("it is not in a function")?;
        let reads = self.reads(function, self.of(name));
        match reads.iter().find(|read| !awaits.iter().any(|outer| Some(*outer) == read.parent())) {
            Some(other) => {
                Err(format!("`{}` is used without `await` on line {}", self.of(name), self.row(other.start_byte())))
            }
            None => Ok(awaits),
        }
    }
}

/// Whether a node of one of these kinds is below another, nested functions left out.
fn holds(node: Node, kinds: &[&str]) -> bool {
    kinds.contains(&node.kind())
        || named_children(node)
            .any(|child| !matches!(child.kind(), "function_definition" | "lambda") && holds(child, kinds))
}
