//! Where the order of awaits is part of what the code means: in a transaction, in a cleanup, in a test, under a handler that sees how far
//! they came.
//!
//! In: a place in a coroutine, and what the awaits there bind. Out: the reason why they stay as they are. Side by side, none of them has bound
//! anything when one fails; a handler, or what follows it, may not tell the difference.

use crate::outline::BlockKind;
use crate::project::Module;
use crate::project::effects::effect;
use crate::syntax::{ancestors, descendants, is_async, named_children};
use crate::text::{Span, words};
use tree_sitter::Node;

/// What opens a transaction, in whatever library.
const TRANSACTIONS: [&str; 6] = ["transaction", "atomic", "begin", "begin_nested", "in_transaction", "savepoint"];

impl Module<'_> {
    /// Why the order of what happens at a place is part of what the code means.
    /// `bound` is what the awaits there bind.
    pub(super) fn ordered_place(&self, node: Node, bound: &[Node]) -> Option<String> {
        let function = self.function_of(node)?;
        if !is_async(function) {
            return Some("it is not in a coroutine".to_owned());
        }
        let mut inner = node;
        for outer in ancestors(node).take_while(|outer| *outer != function) {
            let is_body = outer.child_by_field_name("body") == Some(inner);
            match outer.kind() {
                "try_statement" if is_body => {
                    if let Some(reason) = bound.iter().find_map(|name| self.is_partly_bound(outer, *name)) {
                        return Some(reason);
                    }
                }
                "with_statement" if is_body => {
                    if let Some(name) = self.transaction(outer) {
                        return Some(format!(
                            "`{name}` around it may be a transaction (line {})",
                            self.row(outer.start_byte())
                        ));
                    }
                }
                "finally_clause" => return Some("it is part of a cleanup".to_owned()),
                _ => {}
            }
            inner = outer;
        }
        self.stands_in_test(function).then(|| "a test shows an order".to_owned())
    }

    /// What a `with` statement enters that may be a transaction.
    fn transaction(&self, statement: Node) -> Option<String> {
        let clause = named_children(statement).find(|child| child.kind() == "with_clause")?;
        let values = named_children(clause).filter_map(|item| item.child_by_field_name("value"));
        let mut names = values.map(|value| {
            let value = if value.kind() == "as_pattern" { value.named_child(0).unwrap_or(value) } else { value };
            if value.kind() == "call" {
                self.called_name(value)
            } else {
                self.of(value).rsplit('.').next().unwrap_or_default()
            }
        });
        names.find(|name| TRANSACTIONS.iter().any(|word| name.to_ascii_lowercase().contains(word))).map(str::to_owned)
    }

    /// Whether a handler stands around a node.
    pub(super) fn has_handler_around(&self, node: Node) -> bool {
        let mut inner = node;
        ancestors(node).take_while(|outer| outer.kind() != "function_definition").any(|outer| {
            let is_body = outer.child_by_field_name("body") == Some(inner);
            inner = outer;
            is_body && outer.kind() == "try_statement" && handlers(outer).next().is_some()
        })
    }

    /// Why somebody may see that a name is bound in a `try` although something behind it failed there.
    fn is_partly_bound(&self, statement: Node, name: Node) -> Option<String> {
        handlers(statement).next()?;
        let at = self.row(statement.start_byte());
        let takes_groups = |clause: Node| self.of(clause).trim_start_matches("except").trim_start().starts_with('*');
        if handlers(statement).any(takes_groups) {
            return Some(format!("the `try` around it handles groups (line {at})"));
        }
        if name.kind() != "identifier" {
            return Some(format!("a handler may find `{}` bound (line {at})", self.of(name)));
        }
        let text = self.of(name);
        let behind = named_children(statement)
            .filter(|part| part.kind().starts_with("except") || part.kind() == "finally_clause");
        let reads = |part: Node| words(self.of(part), text).next().is_some();
        if let Some(part) = behind.into_iter().find(|part| reads(*part)) {
            return Some(format!("`{text}` is used where it failed (line {})", self.row(part.start_byte())));
        }
        if handlers(statement).all(leaves) {
            return None;
        }
        let region = self.outline.region_of(statement.start_byte());
        let rest = Span::new(statement.end_byte(), region.end);
        let mut before = words(&self.text[region.start..statement.start_byte()], text);
        let is_used = before.next().is_some() || words(self.slice(rest), text).next().is_some();
        is_used.then(|| format!("a handler goes on to where `{text}` is used (line {at})"))
    }

    /// Whether some caller in the file of the function around a node awaits it where a handler stands around.
    pub(super) fn has_handling_caller(&self, node: Node) -> bool {
        let Some(block) = self.function_of(node).and_then(|function| self.block_of(function)) else { return false };
        let (name, own) = (self.name_of(block), self.outline.blocks[block as usize].name.start);
        let is_function = matches!(self.outline.blocks[block as usize].kind, BlockKind::Function { .. });
        words(self.text, name).filter(|at| is_function && *at != own).any(|at| {
            let node = self.node_at(Span::new(at, at + name.len()));
            let around = node
                .into_iter()
                .flat_map(|node| ancestors(node).take_while(|outer| outer.kind() != "function_definition"));
            around.filter(|outer| outer.kind() == "try_statement").any(|statement| {
                let is_body = statement.child_by_field_name("body").is_some_and(|body| body.byte_range().contains(&at));
                is_body && handlers(statement).next().is_some()
            })
        })
    }
}

/// The clauses of a `try` that take exceptions.
fn handlers(statement: Node) -> impl Iterator<Item = Node> {
    named_children(statement).filter(|part| part.kind().starts_with("except"))
}

/// Whether a handler always leaves the function.
fn leaves(clause: Node) -> bool {
    let Some(body) = named_children(clause).find(|part| part.kind() == "block") else { return false };
    let goes_on = |node: &Node| matches!(node.kind(), "continue_statement" | "break_statement");
    effect(body, &[]).leaves && !descendants(body).any(|node| goes_on(&node))
}
