//! Which reads of a local one of its bindings can reach.
//!
//! In: the name where it is bound, and its function. Out: the reads that some path from there comes to before the name
//! is bound again, in source order. The walk follows Python's statements: branches join, a loop's body is walked twice,
//! a handler may be reached from anywhere in its `try`. Conditions are not judged, so a path may be one that no run takes.
//! Where a local is captured by a pattern or bound by an import, the walk declines.

use crate::project::Module;
use crate::project::scopes::Scope;
use crate::project::values::is_read;
use crate::syntax::{self, children, named_children};
use tree_sitter::Node;

/// A walk over one function.
struct Walk<'a, 'm> {
    module: &'m Module<'m>,
    name: &'m str,
    /// The name node of the binding in question.
    binding: Node<'a>,
    reached: Vec<Node<'a>>,
    loops: Vec<Jumps>,
    /// Whether `del` ends the binding.
    is_deleted: bool,
    declined: Option<&'static str>,
}

/// Whether the binding is alive at a `break` or `continue` of the loop.
#[derive(Clone, Copy, Default)]
struct Jumps {
    broken: bool,
    continued: bool,
}

impl Module<'_> {
    /// The reads in the function's own frame that the binding at `name` reaches; an error says why that is not told.
    pub(super) fn reached_reads<'a>(&'a self, name: Node<'a>, function: Node<'a>) -> Result<Vec<Node<'a>>, String> {
        let mut walk = Walk {
            module: self,
            name: self.of(name),
            binding: name,
            reached: Vec::new(),
            loops: Vec::new(),
            is_deleted: false,
            declined: None,
        };
        if let Some(body) = function.child_by_field_name("body") {
            walk.run(body, false);
        }
        match walk.declined {
            Some(reason) => Err(format!("`{}` {reason}", walk.name)),
            // Who writes that means to drop it.
            None if walk.is_deleted && walk.reached.is_empty() => Err(format!("`{}` is only deleted", walk.name)),
            None => {
                walk.reached.sort_by_key(|read| read.start_byte());
                walk.reached.dedup();
                Ok(walk.reached)
            }
        }
    }
}

impl<'a> Walk<'a, '_> {
    /// Walks over a node with the binding alive or not; gives whether it is alive behind.
    fn run(&mut self, node: Node<'a>, live: bool) -> bool {
        let field = |name: &str| node.child_by_field_name(name);
        match node.kind() {
            "identifier" => self.meet(node, live),
            "function_definition" | "class_definition" | "lambda" => self.pass_definition(node, live),
            "if_statement" => self.branches(node, live),
            "for_statement" => {
                let live = self.maybe(field("right"), live);
                self.repeat(node, field("left"), live)
            }
            "while_statement" => self.repeat(node, field("condition"), live),
            "try_statement" => self.attempt(node, live),
            "match_statement" => self.cases(node, live),
            "return_statement" | "raise_statement" => {
                self.all(node, live);
                false
            }
            "break_statement" | "continue_statement" => {
                if let Some(jumps) = self.loops.last_mut() {
                    jumps.broken |= live && node.kind() == "break_statement";
                    jumps.continued |= live && node.kind() == "continue_statement";
                }
                false
            }
            "assignment" | "augmented_assignment" => {
                let target = field("left").filter(|left| left.kind() == "identifier");
                if let Some(target) =
                    target.filter(|left| node.kind() == "augmented_assignment" && self.is_named(*left))
                {
                    self.record(target, live);
                }
                let live = self.maybe(field("right"), live);
                // An annotation without a value binds nothing.
                if field("right").is_some() { self.maybe(field("left"), live) } else { live }
            }
            "named_expression" => {
                let live = self.maybe(field("value"), live);
                self.maybe(field("name"), live)
            }
            "list_comprehension" | "set_comprehension" | "dictionary_comprehension" | "generator_expression" => {
                let body = field("body");
                let live = named_children(node)
                    .filter(|child| Some(*child) != body)
                    .fold(live, |live, child| self.run(child, live));
                self.maybe(body, live)
            }
            "keyword_argument" => self.maybe(field("value"), live),
            "attribute" => self.maybe(field("object"), live),
            "conditional_expression" | "boolean_operator" => {
                // The first part in order of evaluation always runs; the others may not.
                self.all(node, live) || live
            }
            "delete_statement" if self.deletes(node) => {
                self.is_deleted |= live;
                false
            }
            "import_statement" | "import_from_statement" | "global_statement" | "nonlocal_statement"
                if self.mentions(node) =>
            {
                self.declined = Some("is imported or not a local");
                live
            }
            "type" => live,
            _ => self.all(node, live),
        }
    }

    /// Whether `del` takes the name itself, and not an item or an attribute.
    fn deletes(&self, statement: Node<'a>) -> bool {
        let targets = named_children(statement).flat_map(|child| match child.kind() {
            "expression_list" => named_children(child).collect(),
            _ => vec![child],
        });
        targets.into_iter().any(|target| target.kind() == "identifier" && self.is_named(target))
    }

    fn all(&mut self, node: Node<'a>, live: bool) -> bool {
        named_children(node).fold(live, |live, child| self.run(child, live))
    }

    fn maybe(&mut self, node: Option<Node<'a>>, live: bool) -> bool {
        node.map_or(live, |node| self.run(node, live))
    }

    fn is_named(&self, node: Node) -> bool {
        self.module.of(node) == self.name
    }

    fn mentions(&self, node: Node) -> bool {
        crate::text::words(self.module.of(node), self.name).next().is_some()
    }

    fn record(&mut self, node: Node<'a>, live: bool) {
        if live {
            self.reached.push(node);
        }
    }

    /// An identifier is read, or bound; a comprehension's own target of the same name is another variable.
    fn meet(&mut self, node: Node<'a>, live: bool) -> bool {
        if !self.is_named(node) {
            return live;
        }
        let parent = node.parent().map_or("", |parent| parent.kind());
        if is_read(node) && parent != "augmented_assignment" {
            let is_ours = match self.module.lookup(self.name, node).map(|found| found.scope) {
                Some(Scope::Function(function)) => function.kind() != "lambda" && !function.kind().contains("compre"),
                _ => false,
            };
            self.record(node, live && is_ours);
            return live;
        }
        if node == self.binding {
            return true;
        }
        match parent {
            "for_in_clause" => live,
            "assignment"
            | "augmented_assignment"
            | "named_expression"
            | "for_statement"
            | "pattern_list"
            | "tuple_pattern"
            | "list_pattern"
            | "list_splat_pattern"
            | "as_pattern_target" => {
                // The targets of a comprehension are its own.
                live && syntax::ancestors(node)
                    .find(|outer| !outer.kind().ends_with("pattern") && outer.kind() != "pattern_list")
                    .is_some_and(|outer| outer.kind() == "for_in_clause")
            }
            _ => {
                self.declined = Some("is bound in a way that is not followed");
                live
            }
        }
    }

    /// A nested definition binds its name; what its body reads is a closure's.
    fn pass_definition(&mut self, node: Node<'a>, live: bool) -> bool {
        if node.child_by_field_name("name").is_some_and(|name| self.is_named(name)) {
            self.declined = Some("is a definition as well");
        }
        let body = node.child_by_field_name("body");
        let evaluated = ["parameters", "superclasses"].iter().filter_map(|field| node.child_by_field_name(field));
        for part in evaluated {
            for default in named_children(part).filter_map(|parameter| parameter.child_by_field_name("value")) {
                self.run(default, live);
            }
        }
        match body {
            Some(body) if node.kind() == "class_definition" => self.run(body, live),
            _ => live,
        }
    }

    fn branches(&mut self, node: Node<'a>, live: bool) -> bool {
        let mut live = self.maybe(node.child_by_field_name("condition"), live);
        let mut after = self.maybe(node.child_by_field_name("consequence"), live);
        let mut has_else = false;
        for branch in named_children(node).filter(|child| matches!(child.kind(), "elif_clause" | "else_clause")) {
            live = self.maybe(branch.child_by_field_name("condition"), live);
            let block = branch.child_by_field_name("consequence").or_else(|| branch.child_by_field_name("body"));
            after |= self.maybe(block, live);
            has_else |= branch.kind() == "else_clause";
        }
        after || live && !has_else
    }

    fn repeat(&mut self, node: Node<'a>, head: Option<Node<'a>>, live: bool) -> bool {
        let mut entry = live;
        let mut after = live;
        let mut broken = false;
        for _ in 0..2 {
            self.loops.push(Jumps::default());
            let inside = self.maybe(head, entry);
            let end = self.maybe(node.child_by_field_name("body"), inside);
            let jumps = self.loops.pop().unwrap_or_default();
            broken |= jumps.broken;
            entry |= end || jumps.continued;
            // A `while`'s condition is read once more before the loop ends; a `for`'s target is not bound once more.
            after = if node.kind() == "while_statement" { self.maybe(head, entry) } else { entry };
        }
        let runs_forever =
            node.kind() == "while_statement" && head.is_some_and(|head| matches!(self.module.of(head), "True" | "1"));
        after &= !runs_forever;
        for other in named_children(node).filter(|child| child.kind() == "else_clause") {
            after = self.all(other, after);
        }
        after || broken
    }

    fn attempt(&mut self, node: Node<'a>, live: bool) -> bool {
        let Some(body) = node.child_by_field_name("body") else { return live };
        let mut after = self.run(body, live);
        // A binding is the last thing that its statement does: when a call in it raises, it has not happened.
        let anywhere = live || self.binds_before_end(body);
        let mut last = None;
        for part in children(node) {
            match part.kind() {
                "else_clause" => after = self.all(part, after),
                "except_clause" | "except_group_clause" => after |= self.all(part, anywhere),
                "finally_clause" => last = Some(part),
                _ => {}
            }
        }
        if let Some(last) = last {
            self.all(last, anywhere || after);
            after = self.all(last, after);
        }
        after
    }

    /// Whether the binding is in `body` and something comes behind it there.
    fn binds_before_end(&self, body: Node) -> bool {
        let at = self.binding.start_byte();
        body.byte_range().contains(&at)
            && named_children(body)
                .last()
                .is_none_or(|last| !last.byte_range().contains(&at) || last.kind() != "expression_statement")
    }

    fn cases(&mut self, node: Node<'a>, live: bool) -> bool {
        let mut cursor = node.walk();
        let subjects: Vec<Node> = node.children_by_field_name("subject", &mut cursor).collect();
        let live = subjects.into_iter().fold(live, |live, subject| self.run(subject, live));
        let Some(body) = node.child_by_field_name("body") else { return live };
        let mut after = live;
        for case in named_children(body) {
            let patterns = named_children(case).filter(|child| child.kind() == "case_pattern");
            if patterns.into_iter().any(|pattern| self.mentions(pattern)) {
                self.declined = Some("is captured by a pattern");
            }
            let guarded = self.maybe(case.child_by_field_name("guard"), live);
            after |= self.maybe(case.child_by_field_name("consequence"), guarded);
        }
        after
    }
}
