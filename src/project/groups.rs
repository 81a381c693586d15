//! Which handlers can take groups of exceptions instead of exceptions: `except` that may become `except*`.
//!
//! In: a gather. Out: the clauses of the `try` around it, or why they may not. What is raised behind `except*` is a group, and so is what
//! the clause names; it cannot leave by `return`, `break` or `continue`, and what it raises itself is put into a group (PEP 654).

use crate::project::conduct::is_logging;
use crate::project::siblings::handler_row;
use crate::project::{Answer, Module};
use crate::syntax::{ancestors, named_children, own_descendants};
use crate::text::{Span, words};
use tree_sitter::Node;

/// Exceptions of which a handler may not take groups, or that a task group raises by themselves.
const ALONE: [&str; 3] = ["BaseException", "CancelledError", "Group"];

impl Module<'_> {
    /// Whether a gather may be a task group if the handlers around it take groups.
    pub fn fits_handled_group(&self, call: Node) -> Answer {
        let Some(function) = self.function_of(call) else { return Answer::No("it is in no function".to_owned()) };
        match self.group_handlers(call).err().or_else(|| self.refuses_group(call, function)) {
            Some(reason) => Answer::No(reason),
            None => Answer::Yes,
        }
    }

    /// The clauses that take what a gather raises, where each of them may take groups.
    pub fn group_handlers<'a>(&self, call: Node<'a>) -> Result<Vec<Node<'a>>, String> {
        let function = self.function_of(call).ok_or("it is in no function")?;
        let mut inner = call;
        let mut around = ancestors(call).take_while(|outer| *outer != function);
        let attempt = around.find(|outer| {
            let is_body = outer.child_by_field_name("body") == Some(inner);
            inner = *outer;
            is_body && outer.kind() == "try_statement" && handlers(*outer).next().is_some()
        });
        let attempt = attempt.ok_or("no handler stands around it")?;
        let rows = (handler_row(self, call, Some(attempt)), handler_row(self, attempt, Some(function)));
        if let (Some(row), _) | (_, Some(row)) = rows {
            return Err(format!("the handler on line {row} would get a group of exceptions"));
        }
        match handlers(attempt).find_map(|clause| self.refuses_groups(clause)) {
            Some(reason) => Err(reason),
            None => Ok(handlers(attempt).collect()),
        }
    }

    /// Why a clause may not take groups.
    fn refuses_groups(&self, clause: Node) -> Option<String> {
        let row = self.row(clause.start_byte());
        let Some(value) = clause.child_by_field_name("value") else {
            return Some(format!("the handler on line {row} takes everything"));
        };
        let taken = if value.kind() == "as_pattern" { value.named_child(0).unwrap_or(value) } else { value };
        let is_named = matches!(taken.kind(), "identifier" | "attribute" | "tuple");
        if !is_named || ALONE.iter().any(|word| self.of(taken).contains(word)) {
            return Some(format!("the handler on line {row} takes `{}`", self.of(taken)));
        }
        let block = named_children(clause).find(|part| part.kind() == "block")?;
        let leaves = |part: &Node| {
            matches!(part.kind(), "return_statement" | "break_statement" | "continue_statement")
                || part.kind() == "raise_statement" && part.named_child_count() > 0
        };
        if let Some(part) = own_descendants(block).find(leaves) {
            return Some(format!("`{}` cannot stand in a handler of groups", self.of(part)));
        }
        let alias = value.child_by_field_name("alias").map_or("", |alias| self.of(alias));
        let names = words(self.text, alias).filter(|at| !alias.is_empty() && block.byte_range().contains(at));
        let mut told = names.map(|at| self.is_told(at, alias));
        told.any(|is_told| !is_told).then(|| format!("`{alias}` would be a group"))
    }

    /// Whether a name at a place is only given to a logger.
    fn is_told(&self, at: usize, name: &str) -> bool {
        let node = self.node_at(Span::new(at, at + name.len()));
        let call = node.and_then(|node| node.parent()).filter(|list| list.kind() == "argument_list");
        let call = call.and_then(|list| list.parent()).filter(|call| call.kind() == "call");
        let function = call.and_then(|call| call.child_by_field_name("function"));
        function.is_some_and(|function| is_logging(self.of(function)))
    }
}

/// The clauses of a `try` that take exceptions, and no groups of them.
fn handlers(attempt: Node) -> impl Iterator<Item = Node> {
    named_children(attempt).filter(|part| part.kind() == "except_clause")
}
