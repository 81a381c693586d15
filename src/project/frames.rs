//! What a statement takes from the frame of its function and what it gives back, were it the body of another function.
//!
//! In: a statement and the function that it stands in. Out: the names that have to be handed to it, the names that have to be
//! handed back, and whether it ends in `return`; or why it cannot be moved. A name that the statement only reads is seen from a
//! nested function as it is. A branch or a loop may bind a name or not, so that a name counts as bound only behind a
//! statement that always runs.

use crate::project::Module;
use crate::project::scopes::{Binding, BindingKind, Scope};
use crate::project::values::is_read;
use crate::syntax::{self, ancestors, children, named_children};
use crate::text::{Span, words};
use tree_sitter::Node;

/// What goes in and out of a statement.
#[derive(Debug, Default)]
pub struct Frame {
    /// The names whose values it begins with, and that it binds itself; in order of their place.
    pub takes: Vec<String>,
    /// The names that it binds and that are read behind it.
    pub gives: Vec<String>,
    /// Whether it always ends in a `return`.
    pub returns: bool,
}

impl Module<'_> {
    /// The frame of a compound statement of `function`; an error says why it cannot stand in another function.
    pub fn frame_of<'a>(&'a self, statement: Node<'a>, function: Node<'a>) -> Result<Frame, String> {
        self.refuse_jumps(statement)?;
        let names = self.names_of(function);
        let span = syntax::span(statement);
        let mut bound: Vec<(&String, &Vec<Binding>)> =
            names.bound.iter().filter(|(_, bindings)| bindings.iter().any(|each| span.contains(each.at))).collect();
        bound.sort_by_key(|(_, bindings)| bindings.iter().map(|each| each.at).find(|at| span.contains(*at)));
        if let Some((name, _)) = bound.iter().find(|(name, _)| names.globals.contains(*name)) {
            return Err(format!("it binds `{name}`, which is global"));
        }
        self.refuse_shared(statement, function)?;
        let mut frame = Frame { returns: ends_in_return(statement), ..Frame::default() };
        if !frame.returns && holds(statement, &["return_statement"]) {
            return Err("it returns on some paths and goes on on others".to_owned());
        }
        for (name, bindings) in bound {
            let inside: Vec<Node> = bindings
                .iter()
                .filter(|each| span.contains(each.at))
                .filter_map(|each| self.node_at(Span::new(each.at, each.at + name.len())))
                .collect();
            let is_given = self.is_read_behind(name, &inside, statement, function)?;
            let reads = self.reads_in(name, statement, function);
            let is_bound_first =
                |read: &Node| inside.iter().any(|binding| covers(*binding, *read)) && !is_augmented(*read);
            let is_left = inside.iter().any(|binding| is_left_bound(*binding, statement));
            if !reads.iter().all(is_bound_first) || is_given && !is_left {
                self.refuse_unbound(name, bindings, statement)?;
                frame.takes.push(name.clone());
            }
            if is_given {
                frame.gives.push(name.clone());
            }
        }
        Ok(frame)
    }

    fn refuse_jumps(&self, statement: Node) -> Result<(), String> {
        for node in syntax::descendants(statement) {
            let refused = match node.kind() {
                "await" | "yield" => true,
                "for_statement" | "with_statement" | "for_in_clause" => syntax::is_async(node),
                "function_definition" | "class_definition" | "global_statement" | "nonlocal_statement" => true,
                "delete_statement" => named_children(node).any(|target| target.kind() != "subscript"),
                "break_statement" | "continue_statement" => {
                    let is_loop = |outer: &Node| matches!(outer.kind(), "for_statement" | "while_statement");
                    ancestors(node).find(is_loop).is_none_or(|around| around.start_byte() < statement.start_byte())
                }
                "raise_statement" if node.named_child_count() == 0 => {
                    let handler = ancestors(node).find(|outer| outer.kind() == "except_clause");
                    handler.is_none_or(|handler| handler.start_byte() < statement.start_byte())
                }
                _ => false,
            };
            if refused {
                let line = self.of(node).lines().next().unwrap_or_default();
                return Err(format!("`{line}` on line {} has no meaning in a thread", self.row(node.start_byte())));
            }
        }
        Ok(())
    }

    /// Refuses names of the statement that another function inside this one rebinds whenever it runs.
    fn refuse_shared(&self, statement: Node, function: Node) -> Result<(), String> {
        let own = self.of(statement);
        let shared = syntax::descendants(function).filter(|node| node.kind() == "nonlocal_statement");
        for name in shared.flat_map(named_children).filter(|name| name.kind() == "identifier") {
            if words(own, self.of(name)).next().is_some() {
                let row = self.row(name.start_byte());
                return Err(format!("line {row} may rebind `{}` meanwhile", self.of(name)));
            }
        }
        Ok(())
    }

    /// Whether what the statement binds to a name is read where the statement is over, or in another function.
    fn is_read_behind<'a>(
        &'a self,
        name: &str,
        inside: &[Node<'a>],
        statement: Node<'a>,
        function: Node<'a>,
    ) -> Result<bool, String> {
        let span = syntax::span(statement);
        for binding in inside {
            let reads = self.reached_reads(*binding, function)?;
            if reads.iter().any(|read| !span.contains(read.start_byte())) {
                return Ok(true);
            }
        }
        let is_nested = |read: &Node| {
            !span.contains(read.start_byte()) && self.function_of(*read).is_some_and(|around| around != function)
        };
        Ok(self.reads_in(name, function, function).iter().any(is_nested))
    }

    /// Where a local of the function is read in a node.
    fn reads_in<'a>(&'a self, name: &str, node: Node<'a>, function: Node<'a>) -> Vec<Node<'a>> {
        let found = words(self.of(node), name).filter_map(|at| {
            let start = node.start_byte() + at;
            let read = self.node_at(Span::new(start, start + name.len()))?;
            (read.kind() == "identifier" && is_read(read)).then_some(read)
        });
        found
            .filter(|read| {
                let known = self.lookup(name, *read);
                known.is_some_and(|known| matches!(known.scope, Scope::Function(owner) if owner == function))
            })
            .collect()
    }

    /// Refuses a name that may have no value where the statement begins.
    fn refuse_unbound(&self, name: &str, bindings: &[Binding], statement: Node) -> Result<(), String> {
        let before = bindings.iter().filter(|each| each.at < statement.start_byte());
        let is_bound = before.into_iter().any(|each| {
            let node = self.node_at(Span::new(each.at, each.at + name.len()));
            matches!(each.kind, BindingKind::Parameter(_)) || node.is_some_and(|node| covers(node, statement))
        });
        match is_bound {
            true => Ok(()),
            false => Err(format!("it may leave `{name}` as it was, and nothing shows that it had a value")),
        }
    }
}

/// Whether a node or something in it is of one of these kinds.
fn holds(node: Node, kinds: &[&str]) -> bool {
    syntax::descendants(node).any(|node| kinds.contains(&node.kind()))
}

/// Whether the body of a `with` ends in a `return` of its own.
fn ends_in_return(statement: Node) -> bool {
    let body = statement.child_by_field_name("body").filter(|_| statement.kind() == "with_statement");
    let last = body.and_then(|body| named_children(body).filter(|child| child.kind() != "comment").last());
    last.is_some_and(|last| last.kind() == "return_statement" || ends_in_return(last))
}

/// The statement or clause that binds a name at its place.
fn binder(binding: Node) -> Option<Node> {
    ancestors(binding).find(|outer| {
        matches!(
            outer.kind(),
            "expression_statement"
                | "for_statement"
                | "with_statement"
                | "except_clause"
                | "import_statement"
                | "import_from_statement"
                | "named_expression"
                | "match_statement"
        )
    })
}

/// Whether a name that is bound at one place certainly has that value, or a later one, where a node stands.
fn covers(binding: Node, node: Node) -> bool {
    let Some(binder) = binder(binding) else { return false };
    let body = binder.child_by_field_name("body");
    let is_in = |outer: Option<Node>| outer.is_some_and(|outer| syntax::span(outer).encloses(syntax::span(node)));
    let is_behind = binder.end_byte() <= node.start_byte() && is_in(binder.parent());
    match binder.kind() {
        "for_statement" => is_in(body),
        "with_statement" => is_in(body) || is_behind,
        "except_clause" => children(binder).any(|child| child.kind() == "block" && is_in(Some(child))),
        "named_expression" => tested(binder).is_some_and(|tested| is_in(Some(tested))),
        "expression_statement" => is_behind && !is_augmented(binding),
        "import_statement" | "import_from_statement" => is_behind,
        _ => false,
    }
}

/// The block that runs only once a condition has been evaluated that a `:=` is part of, and always.
fn tested(walrus: Node) -> Option<Node> {
    let is_evaluated =
        |outer: &Node| matches!(outer.kind(), "parenthesized_expression" | "comparison_operator" | "not_operator");
    let statement = ancestors(walrus).find(|outer| !is_evaluated(outer))?;
    let field = match statement.kind() {
        "while_statement" => "body",
        "if_statement" | "elif_clause" => "consequence",
        _ => return None,
    };
    statement.child_by_field_name(field)
}

/// Whether a name is the target of an augmented assignment.
fn is_augmented(name: Node) -> bool {
    name.parent().is_some_and(|parent| {
        parent.kind() == "augmented_assignment" && parent.child_by_field_name("left") == Some(name)
    })
}

/// Whether a name that is bound in the statement certainly has a value behind it.
fn is_left_bound(binding: Node, statement: Node) -> bool {
    let Some(mut inner) = binder(binding).filter(|binder| binder.kind() != "named_expression") else { return false };
    if is_augmented(binding) || matches!(inner.kind(), "for_statement" | "except_clause" | "match_statement") {
        return false;
    }
    while inner != statement {
        let Some(around) = inner.parent().filter(|outer| outer.kind() == "block").and_then(|block| block.parent())
        else {
            return false;
        };
        if around.kind() != "with_statement" {
            return false;
        }
        inner = around;
    }
    true
}
