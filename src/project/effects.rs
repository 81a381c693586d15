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
    match node.kind() {
        "return_statement" | "raise_statement" | "continue_statement" | "break_statement" => {
            Effect { leaves: true, ..Effect::default() }
        }
        "block" => of_block(node, offsets),
        "if_statement" => of_if(node, offsets),
        "try_statement" => of_try(node, offsets),
        "with_statement" => of_with(node, offsets),
        "for_statement" | "while_statement" | "match_statement" => {
            Effect { bound: within(syntax::span(node), offsets), ..Effect::default() }
        }
        _ => surely(within(syntax::span(node), offsets)),
    }
}

/// What has run in `outer`, by the time that control is at `at` in its child `inner`, does to a name that is bound at
/// `offsets`. What a loop does behind that place counts too.
pub(super) fn effect_before(outer: Node, inner: Node, at: usize, offsets: &[usize]) -> Effect {
    let field = |name: &str| outer.child_by_field_name(name);
    let is_body = field("body") == Some(inner);
    let before = Span::new(outer.start_byte(), inner.start_byte());
    match outer.kind() {
        "block" | "module" => before_in_block(outer, inner, offsets),
        "for_statement" | "while_statement" => {
            let left = field("left").filter(|_| is_body).map(|left| within(syntax::span(left), offsets));
            let mut effect = surely(left.unwrap_or_default());
            if is_body {
                effect.bound.extend(within(syntax::span(inner), offsets).into_iter().filter(|later| *later > at));
            }
            effect.bound.extend(field("condition").into_iter().flat_map(|test| within(syntax::span(test), offsets)));
            effect
        }
        "with_statement" if is_body => surely(entered(outer, offsets)),
        "if_statement" | "elif_clause" => {
            let condition = field("condition").filter(|condition| *condition != inner);
            let bound = condition.map(|condition| within(syntax::span(condition), offsets)).unwrap_or_default();
            Effect { bound, ..Effect::default() }
        }
        "try_statement" => before_in_try(outer, inner, offsets),
        "except_clause" | "except_group_clause" | "case_clause" => surely(within(before, offsets)),
        // `(m := f()) and m.x`, `[y for x in xs if (y := f(x))]`.
        "boolean_operator" | "conditional_expression" | "call" | "argument_list" | "comparison_operator" => {
            Effect { bound: within(before, offsets), ..Effect::default() }
        }
        _ => Effect::default(),
    }
}

fn within(span: Span, offsets: &[usize]) -> Vec<usize> {
    offsets.iter().copied().filter(|at| span.contains(*at)).collect()
}

/// What binds at these places, on all ways through if at any.
fn surely(bound: Vec<usize>) -> Effect {
    Effect { always: !bound.is_empty(), bound, leaves: false }
}

fn of_block(block: Node, offsets: &[usize]) -> Effect {
    let mut whole = Effect::default();
    for statement in named_children(block) {
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

fn of_if(statement: Node, offsets: &[usize]) -> Effect {
    let mut branches: Vec<Effect> = Vec::new();
    let mut has_else = false;
    for child in named_children(statement) {
        let block = match child.kind() {
            "block" => Some(child),
            "elif_clause" => child.child_by_field_name("consequence"),
            "else_clause" => {
                has_else = true;
                child.child_by_field_name("body")
            }
            _ => None,
        };
        branches.extend(block.map(|block| effect(block, offsets)));
    }
    let condition = statement.child_by_field_name("condition");
    let tested = condition.map(|condition| within(syntax::span(condition), offsets)).unwrap_or_default();
    merged(branches, has_else, tested)
}

fn of_try(statement: Node, offsets: &[usize]) -> Effect {
    let mut branches: Vec<Effect> = Vec::new();
    let mut before = Vec::new();
    for child in named_children(statement) {
        let block = || named_children(child).find(|part| part.kind() == "block");
        match child.kind() {
            "block" => branches.push(effect(child, offsets)),
            "except_clause" | "except_group_clause" => branches.extend(block().map(|body| effect(body, offsets))),
            "else_clause" => {
                let more = block().map(|body| effect(body, offsets)).unwrap_or_default();
                if let Some(first) = branches.first_mut() {
                    first.bound.extend(more.bound);
                    first.always |= more.always;
                    first.leaves |= more.leaves;
                }
            }
            "finally_clause" => {
                let last = block().map(|body| effect(body, offsets)).unwrap_or_default();
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

fn of_with(statement: Node, offsets: &[usize]) -> Effect {
    let body = statement.child_by_field_name("body").map(|body| effect(body, offsets)).unwrap_or_default();
    let entered = entered(statement, offsets);
    let always = body.always || !entered.is_empty();
    let mut bound = if body.always { Vec::new() } else { entered };
    bound.extend(body.bound);
    // A manager may swallow what is raised inside, so that control can get behind.
    Effect { bound, always, leaves: body.leaves && always }
}

/// What the items of a `with` bind.
fn entered(statement: Node, offsets: &[usize]) -> Vec<usize> {
    let clause = named_children(statement).find(|child| child.kind() == "with_clause");
    clause.map(|clause| within(syntax::span(clause), offsets)).unwrap_or_default()
}

fn before_in_block(block: Node, inner: Node, offsets: &[usize]) -> Effect {
    let mut whole = Effect::default();
    let before: Vec<Node> = named_children(block).take_while(|child| *child != inner).collect();
    for statement in before.into_iter().rev() {
        let last = effect(statement, offsets);
        whole.bound.extend(last.bound);
        if last.always {
            whole.always = true;
            break;
        }
    }
    whole
}

fn before_in_try(statement: Node, inner: Node, offsets: &[usize]) -> Effect {
    let body = statement.child_by_field_name("body").filter(|body| *body != inner);
    if inner.kind() == "else_clause" {
        let body = body.map(|body| effect(body, offsets)).unwrap_or_default();
        return Effect { leaves: false, ..body };
    }
    let before = match inner.kind() {
        "finally_clause" => Some(Span::new(statement.start_byte(), inner.start_byte())),
        _ => body.map(syntax::span),
    };
    Effect { bound: before.map(|span| within(span, offsets)).unwrap_or_default(), ..Effect::default() }
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
