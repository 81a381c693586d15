//! Whether something is made again and again that one would do for.
//!
//! In: a call. Out: an answer. It is made again in a loop of its own function, or where the file calls its function in a loop or a
//! comprehension; and one would do where nothing that it is given changes meanwhile.

use crate::project::scopes::Scope;
use crate::project::{Answer, Module, Row};
use crate::syntax::{ancestors, descendants};
use crate::text::{Span, words};
use tree_sitter::Node;

/// What runs its body, or its element, again and again.
const REPEATING: [&str; 4] = ["for_statement", "list_comprehension", "set_comprehension", "generator_expression"];

impl Module<'_> {
    /// Whether a call is made again and again with the same arguments.
    pub fn is_made_repeatedly(&self, call: Node) -> Answer {
        let Some(function) = self.function_of(call) else {
            return Answer::No("it is not in a function".to_owned());
        };
        if let Some(name) = self.changing_argument(call) {
            return Answer::No(format!("`{name}` may be another one each time"));
        }
        if let Some(repeating) = self.repetition_around(call) {
            return match self.is_left_early(repeating) {
                Answer::Yes => Answer::No("the loop is left when one has done".to_owned()),
                _ => Answer::Yes,
            };
        }
        match self.call_in_a_loop(function) {
            Some(row) => {
                self.inference().into_iter().for_each(|(inference, _)| {
                    inference.tell(|| format!("its function is called again and again on line {row}"));
                });
                Answer::Yes
            }
            None => Answer::No("nothing in the file makes it again".to_owned()),
        }
    }

    /// An argument's name that the function around binds.
    fn changing_argument<'a>(&'a self, call: Node<'a>) -> Option<&'a str> {
        let arguments = call.child_by_field_name("arguments")?;
        let is_name = |node: &Node| {
            let is_keyword = node.parent().is_some_and(|outer| {
                outer.kind() == "keyword_argument" && outer.child_by_field_name("name") == Some(*node)
            });
            node.kind() == "identifier" && !is_keyword
        };
        let names = descendants(arguments).filter(is_name);
        let is_local = |name: &&str| {
            !matches!(*name, "self" | "cls")
                && self.lookup(name, call).is_some_and(|found| matches!(found.scope, Scope::Function(_)))
        };
        names.map(|name| self.of(name)).find(is_local)
    }

    /// The innermost loop or comprehension in the function around a node that reaches it each time.
    fn repetition_around<'a>(&'a self, node: Node<'a>) -> Option<Node<'a>> {
        let mut inner = node;
        for outer in ancestors(node) {
            if matches!(outer.kind(), "function_definition" | "lambda" | "class_definition") {
                return None;
            }
            if REPEATING.contains(&outer.kind()) && outer.child_by_field_name("body") == Some(inner) {
                return Some(outer);
            }
            inner = outer;
        }
        None
    }

    /// The row of a call of a function in a loop or a comprehension of the file.
    fn call_in_a_loop(&self, function: Node) -> Option<Row> {
        let name = function.child_by_field_name("name").map(|name| self.of(name))?;
        let own = self.block_of(function)?;
        let is_alone = (0..self.outline.blocks.len() as u32).all(|block| block == own || self.name_of(block) != name);
        let places = words(self.text, name).filter(|_| is_alone && self.outline.blocks[own as usize].decorators == 0);
        places.map(|at| Span::new(at, at + name.len())).find_map(|span| {
            let node = self.node_at(span).filter(|_| self.outline.is_code(span))?;
            let called = match node.parent() {
                Some(outer) if outer.child_by_field_name("attribute") == Some(node) => outer,
                _ => node,
            };
            let call = called.parent().filter(|outer| outer.child_by_field_name("function") == Some(called))?;
            let repeating = self.repetition_around(call)?;
            (self.is_left_early(repeating) != Answer::Yes).then(|| self.row(span.start))
        })
    }
}
