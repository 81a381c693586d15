//! What statements do to a name: whether they bind it, on all ways through, and whether control gets behind them.

use crate::syntax::{self, named_children};
use crate::text::Span;
use tree_sitter::Node;

/// What a statement does to a name.
#[derive(Default)]
pub(super) struct Effect {
    /// Where it is bound, and that binding can be the last one.
    pub bound: Vec<usize>,
    /// Whether it is bound on all ways through.
    pub always: bool,
    /// Whether control never gets behind the statement.
    pub leaves: bool,
}

/// What a statement or block does to a name that is bound at `offsets`.
pub(super) fn effect(node: Node, offsets: &[usize]) -> Effect {
    let span = syntax::span(node);
    let within = |span: Span| offsets.iter().copied().filter(|at| span.contains(*at)).collect::<Vec<_>>();
    match node.kind() {
        "return_statement" | "raise_statement" | "continue_statement" | "break_statement" => {
            Effect { leaves: true, ..Effect::default() }
        }
        "block" => {
            let mut whole = Effect::default();
            for statement in named_children(node) {
                let next = effect(statement, offsets);
                if next.always {
                    whole.bound.clear();
                    whole.always = true;
                }
                whole.bound.extend(next.bound);
                if next.leaves {
                    whole.leaves = true;
                    break;
                }
            }
            whole
        }
        "if_statement" => {
            let mut branches: Vec<Effect> = Vec::new();
            let mut has_else = false;
            for child in named_children(node) {
                match child.kind() {
                    "block" => branches.push(effect(child, offsets)),
                    "elif_clause" => {
                        branches.extend(child.child_by_field_name("consequence").map(|block| effect(block, offsets)));
                    }
                    "else_clause" => {
                        has_else = true;
                        branches.extend(child.child_by_field_name("body").map(|block| effect(block, offsets)));
                    }
                    _ => {}
                }
            }
            let condition = node.child_by_field_name("condition").map(|c| within(syntax::span(c))).unwrap_or_default();
            merged(branches, has_else, condition)
        }
        "try_statement" => {
            let mut branches: Vec<Effect> = Vec::new();
            let mut before = Vec::new();
            for child in named_children(node) {
                match child.kind() {
                    "block" => branches.push(effect(child, offsets)),
                    "except_clause" | "except_group_clause" => {
                        let body = named_children(child).find(|part| part.kind() == "block");
                        branches.extend(body.map(|body| effect(body, offsets)));
                    }
                    "else_clause" => {
                        let more =
                            child.child_by_field_name("body").map(|body| effect(body, offsets)).unwrap_or_default();
                        if let Some(first) = branches.first_mut() {
                            first.bound.extend(more.bound);
                            first.always |= more.always;
                            first.leaves |= more.leaves;
                        }
                    }
                    "finally_clause" => {
                        let body = named_children(child).find(|part| part.kind() == "block");
                        let last = body.map(|body| effect(body, offsets)).unwrap_or_default();
                        if last.always || last.leaves {
                            return last;
                        }
                        before.extend(last.bound);
                    }
                    _ => {}
                }
            }
            merged(branches, true, before)
        }
        "with_statement" => {
            let body = node.child_by_field_name("body").map(|body| effect(body, offsets)).unwrap_or_default();
            let clause = named_children(node).find(|child| child.kind() == "with_clause");
            let entered = clause.map(|clause| within(syntax::span(clause))).unwrap_or_default();
            let always = body.always || !entered.is_empty();
            let mut bound = if body.always { Vec::new() } else { entered };
            bound.extend(body.bound);
            // A manager may swallow what is raised inside, so that control can get behind.
            Effect { bound, always, leaves: body.leaves && always }
        }
        "for_statement" | "while_statement" | "match_statement" => {
            Effect { bound: within(span), always: false, leaves: false }
        }
        "function_definition" | "class_definition" | "decorated_definition" => {
            let bound = within(span);
            Effect { always: !bound.is_empty(), bound, leaves: false }
        }
        _ => {
            let bound = within(span);
            Effect { always: !bound.is_empty(), bound, leaves: false }
        }
    }
}

/// What branches do together; those that never get behind do not count.
fn merged(branches: Vec<Effect>, is_complete: bool, before: Vec<usize>) -> Effect {
    let leaves = is_complete && !branches.is_empty() && branches.iter().all(|branch| branch.leaves);
    let going: Vec<Effect> = branches.into_iter().filter(|branch| !branch.leaves).collect();
    let always = is_complete && !going.is_empty() && going.iter().all(|branch| branch.always);
    let mut bound: Vec<usize> = going.into_iter().flat_map(|branch| branch.bound).collect();
    bound.extend(before);
    Effect { bound, always, leaves }
}
