//! How names are bound: every form that Python has, in one file.
//!
//! Functions, lambdas and comprehensions are bound by one walk over their node. The module and classes are not walked:
//! only their imports, their blocks and the statements that mention the name in question are looked at, so that asking
//! about one name does not parse the file.

use crate::outline::{Import, StatementKind};
use crate::project::Module;
use crate::project::scopes::{Binding, BindingKind, Names, Scope};
use crate::syntax::{self, children, named_children};
use crate::text::{Span, words};
use std::rc::Rc;
use tree_sitter::Node;

impl Module<'_> {
    /// What a function, a lambda or a comprehension binds.
    pub fn names_of(&self, scope: Node) -> Rc<Names> {
        if let Some(names) = self.scopes.borrow().get(&scope.id()) {
            return names.clone();
        }
        let mut names = Names::default();
        if let Some(parameters) = scope.child_by_field_name("parameters") {
            named_children(parameters).for_each(|parameter| self.bind_parameter(parameter, &mut names));
        }
        match scope.child_by_field_name("body") {
            Some(body) if matches!(scope.kind(), "function_definition" | "lambda") => self.bind(body, &mut names),
            _ => self.bind_comprehension(scope, &mut names),
        }
        let names = Rc::new(names);
        self.scopes.borrow_mut().insert(scope.id(), names.clone());
        names
    }

    /// What binds `name` directly in a class, or in the module (`None`). Looked for once.
    pub fn bindings_in(&self, block: Option<u32>, name: &str) -> Vec<Binding> {
        if let Some(found) = self.bindings.borrow().get(&block).and_then(|names| names.get(name)) {
            return found.clone();
        }
        let found = self.find_bindings(block, name);
        self.bindings.borrow_mut().entry(block).or_default().insert(name.to_owned(), found.clone());
        found
    }

    fn find_bindings(&self, block: Option<u32>, name: &str) -> Vec<Binding> {
        let mut found = Vec::new();
        for import in self.outline.imports.iter().filter(|import| import.block == block) {
            if let Some(binding) = self.import_binding(import, name) {
                found.push(binding);
            }
        }
        for at in self.blocks_in(block) {
            if self.name_of(at) == name {
                let at_name = self.outline.blocks[at as usize].name.start;
                found.push(Binding { kind: BindingKind::Definition(at), at: at_name, typing_only: false });
            }
        }
        for statement in &self.outline.statements {
            let text = self.slice(statement.span);
            let rebinds = match statement.kind {
                StatementKind::Import | StatementKind::Call { .. } if !text.contains(":=") => false,
                StatementKind::Global => block.is_none() && statement.block.is_some(),
                _ => statement.block == block,
            };
            if rebinds && words(text, name).next().is_some() {
                self.bind_statement(statement.span, statement.kind, name, &mut found);
            }
        }
        found.sort_by_key(|binding| binding.at);
        found.dedup();
        found
    }

    fn bind_statement(&self, span: Span, kind: StatementKind, name: &str, found: &mut Vec<Binding>) {
        let Some(node) = self.node_at(span) else { return };
        if kind == StatementKind::Global {
            if let Scope::Function(function) = self.scope_of(node) {
                let names = self.names_of(function);
                if names.globals.contains(name) && names.bound.contains_key(name) {
                    let kind = BindingKind::Other("a function rebinds it through `global`");
                    found.push(Binding { kind, at: span.start, typing_only: false });
                }
            }
            return;
        }
        let mut names = Names::default();
        // A header is not a node of its own: its parts are children of the compound statement.
        if kind == StatementKind::Header {
            let owner = std::iter::successors(self.node_starting_at(span), |node| node.parent())
                .find(|node| node.end_byte() > span.end || node.parent().is_none());
            if let Some(owner) = owner {
                self.bind_within(owner, span, &mut names);
            }
        } else {
            self.bind(node, &mut names);
        }
        found.extend(names.bound.remove(name).unwrap_or_default().into_iter().filter(|b| span.contains(b.at)));
    }

    fn node_starting_at(&self, span: Span) -> Option<Node<'_>> {
        self.tree_at(span.start)?.root_node().descendant_for_byte_range(span.start, span.start + 1)
    }

    /// Binds what the parts of `node` inside `span` bind.
    fn bind_within(&self, node: Node, span: Span, names: &mut Names) {
        if matches!(
            node.kind(),
            "for_statement" | "with_statement" | "except_clause" | "case_clause" | "match_statement"
        ) {
            self.bind_here(node, names);
        }
        children(node).filter(|child| span.encloses(syntax::span(*child))).for_each(|child| self.bind(child, names));
    }

    /// Binds what `node` and what is below it bind in their scope. Iterative in depth only as far as the grammar nests.
    fn bind(&self, node: Node, names: &mut Names) {
        let mut stack = vec![node];
        while let Some(node) = stack.pop() {
            self.bind_here(node, names);
            match node.kind() {
                "function_definition" | "class_definition" | "lambda" => {
                    // Defaults, annotations and bases are evaluated here, and a walrus may hide in them.
                    let body = node.child_by_field_name("body");
                    stack.extend(named_children(node).filter(|child| Some(*child) != body));
                }
                _ => stack.extend(named_children(node)),
            }
        }
    }

    /// Binds what this very node binds.
    fn bind_here(&self, node: Node, names: &mut Names) {
        let field = |name: &str| node.child_by_field_name(name);
        match node.kind() {
            "assignment" => match (field("left"), field("right")) {
                (Some(left), Some(right)) if left.kind() == "identifier" => {
                    let value = std::iter::successors(Some(right), |right| {
                        (right.kind() == "assignment").then(|| right.child_by_field_name("right")).flatten()
                    });
                    let value = value.last().unwrap_or(right);
                    self.add(names, left, BindingKind::Value(syntax::span(value)));
                }
                (Some(left), Some(_)) => self.bind_target(left, "it is unpacked from a value", names),
                _ => {}
            },
            "augmented_assignment" => {
                if let Some(left) = field("left") {
                    self.bind_target(left, "it is changed by an augmented assignment", names);
                }
            }
            "named_expression" => {
                if let (Some(name), Some(value)) = (field("name"), field("value")) {
                    self.add(names, name, BindingKind::Value(syntax::span(value)));
                }
            }
            // The targets of a comprehension live in the comprehension's own scope.
            "for_statement" => {
                if let Some(left) = field("left") {
                    self.bind_target(left, "it is a loop's target", names);
                }
            }
            "with_item" => self.bind_with_item(node, names),
            "except_clause" => {
                let alias = field("alias").or_else(|| alias_of(node));
                if let Some(alias) = alias {
                    self.bind_target(alias, "it is an exception caught as that name", names);
                }
            }
            "delete_statement" => {
                named_children(node).for_each(|target| self.bind_target(target, "it is deleted", names));
            }
            "case_pattern" | "as_pattern" if in_case(node) => self.bind_pattern(node, names),
            "import_statement" | "import_from_statement" => self.bind_import(node, names),
            "function_definition" | "class_definition" => {
                if let (Some(name), Some(block)) = (field("name"), self.block_of(node)) {
                    self.add(names, name, BindingKind::Definition(block));
                }
            }
            "global_statement" => names.globals.extend(named_children(node).map(|name| self.of(name).to_owned())),
            "nonlocal_statement" => names.nonlocals.extend(named_children(node).map(|name| self.of(name).to_owned())),
            "type_alias_statement" => {
                if let Some(name) = node.named_child(0) {
                    self.bind_target(name, "it is a type alias", names);
                }
            }
            _ => {}
        }
    }

    fn bind_with_item(&self, item: Node, names: &mut Names) {
        let Some(pattern) = item.child_by_field_name("value").filter(|value| value.kind() == "as_pattern") else {
            return;
        };
        let Some(target) = alias_of(pattern) else { return };
        let statement = syntax::ancestors(item).find(|node| node.kind() == "with_statement");
        match (target.named_child(0), pattern.named_child(0)) {
            (Some(name), Some(value)) if name.kind() == "identifier" => {
                let entered = BindingKind::Entered(syntax::span(value), statement.is_some_and(syntax::is_async));
                self.add(names, name, entered);
            }
            _ => self.bind_target(target, "it is unpacked from a value", names),
        }
    }

    fn bind_parameter(&self, parameter: Node, names: &mut Names) {
        let annotation = parameter.child_by_field_name("type").map(syntax::span);
        let name = match parameter.kind() {
            "identifier" => Some(parameter),
            "default_parameter" | "typed_default_parameter" => parameter.child_by_field_name("name"),
            _ => parameter.named_child(0),
        };
        match name {
            Some(name) if name.kind() == "identifier" => self.add(names, name, BindingKind::Parameter(annotation)),
            Some(name) => self.bind_target(name, "it is a parameter", names),
            None => {}
        }
    }

    fn bind_comprehension(&self, comprehension: Node, names: &mut Names) {
        for clause in named_children(comprehension).filter(|child| child.kind() == "for_in_clause") {
            if let Some(left) = clause.child_by_field_name("left") {
                self.bind_target(left, "it is a loop's target", names);
            }
        }
    }

    fn bind_pattern(&self, pattern: Node, names: &mut Names) {
        let mut stack = vec![pattern];
        while let Some(node) = stack.pop() {
            if node.kind() == "identifier" || (node.kind() == "dotted_name" && node.named_child_count() == 1) {
                self.add(names, node, BindingKind::Other("it is captured by a pattern"));
            }
            stack.extend(named_children(node));
        }
    }

    /// Binds every name of an assignment target; attributes and subscripts bind none.
    fn bind_target(&self, target: Node, how: &'static str, names: &mut Names) {
        let mut stack = vec![target];
        while let Some(node) = stack.pop() {
            match node.kind() {
                "identifier" => self.add(names, node, BindingKind::Other(how)),
                "attribute" | "subscript" => {}
                _ => stack.extend(named_children(node)),
            }
        }
    }

    fn bind_import(&self, statement: Node, names: &mut Names) {
        let span = syntax::span(statement);
        let first = self.outline.imports.partition_point(|import| import.statement.start < span.start);
        for import in self.outline.imports[first..].iter().take_while(|import| import.statement.start < span.end) {
            let Some((name, path, at)) = self.import_parts(import) else { continue };
            let binding = Binding { kind: BindingKind::Import(path), at, typing_only: self.is_typing_only(statement) };
            names.bound.entry(name.to_owned()).or_default().push(binding);
        }
    }

    fn import_binding(&self, import: &Import, wanted: &str) -> Option<Binding> {
        if import.bound_name(self.text) != wanted {
            return None;
        }
        let (_, path, at) = self.import_parts(import)?;
        let typing_only = || self.node_at(import.statement).is_some_and(|node| self.is_typing_only(node));
        Some(Binding { kind: BindingKind::Import(path), at, typing_only: typing_only() })
    }

    /// The name that an import binds, the path it stands for, and where the name is; none for a star import.
    pub fn import_parts(&self, import: &Import) -> Option<(&str, String, usize)> {
        let bound = import.bound_name(self.text);
        let module = compact(self.slice(import.module));
        let path = match (import.name, import.alias) {
            _ if bound == "*" => return None,
            (None, None) => bound.to_owned(),
            (None, Some(_)) => module,
            (Some(name), _) => {
                let dot = if module.ends_with('.') { "" } else { "." };
                format!("{module}{dot}{}", self.slice(name))
            }
        };
        let at = import.alias.or(import.name).unwrap_or(import.module).start;
        Some((bound, path, at))
    }

    /// The star import that may bind a name behind our back after offset `after`.
    pub fn star_import(&self, after: usize) -> Option<&Import> {
        self.outline
            .imports
            .iter()
            .rev()
            .find(|import| import.statement.start >= after && import.name.is_some_and(|name| self.slice(name) == "*"))
    }

    fn add(&self, names: &mut Names, name: Node, kind: BindingKind) {
        let binding = Binding { kind, at: name.start_byte(), typing_only: false };
        names.bound.entry(self.of(name).to_owned()).or_default().push(binding);
    }
}

/// The dotted name without the blanks that Python allows in it.
fn compact(dotted: &str) -> String {
    dotted.split_whitespace().filter(|part| *part != "\\").collect()
}

/// The target of `as`, where the grammar gives it a node but no field of the outer one.
fn alias_of(node: Node) -> Option<Node> {
    node.child_by_field_name("alias").or_else(|| {
        let pattern = named_children(node).find(|child| child.kind() == "as_pattern")?;
        pattern.child_by_field_name("alias")
    })
}

fn in_case(node: Node) -> bool {
    node.kind() == "case_pattern" || syntax::ancestors(node).any(|outer| outer.kind() == "case_pattern")
}
