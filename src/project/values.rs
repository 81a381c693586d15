//! What becomes of a value: whether anything keeps it, and whether a local stays inside its block.

use crate::project::scopes::{BindingKind, Scope};
use crate::project::{Answer, Module, Row};
use crate::syntax::{self, ancestors, named_children};
use crate::text::{self, Span};
use tree_sitter::Node;

/// Methods of a task or future that give nothing back that would keep it.
const CHAINED: [&str; 3] = ["add_done_callback", "remove_done_callback", "set_name"];

/// How methods are called that keep what they are given.
const KEEPERS: [&str; 10] = ["add", "attach", "bind", "connect", "init", "register", "set", "setup", "start", "use"];

/// How many names are followed from a value to where it leaves its function.
const DEPTH: usize = 4;

impl Module<'_> {
    /// Whether nothing keeps the value of an expression: no name, no container, no caller.
    pub fn value_unused(&self, node: Node) -> Answer {
        let Some((inner, outer)) = self.climb_through_discards(node) else {
            return Answer::No("nothing is around it".to_owned());
        };
        if self.is_chained(inner, outer) {
            return Answer::Yes;
        }
        let is_field = |field: &str| outer.child_by_field_name(field) == Some(inner);
        match outer.kind() {
            "expression_statement" if self.is_shown_by_ipython(outer) => {
                Answer::No("IPython keeps it in `Out`, as the last value of its cell".to_owned())
            }
            "expression_statement" => Answer::Yes,
            "assignment" if is_field("right") => self.assigned_and_unread(outer),
            "await" => Answer::No("it is awaited".to_owned()),
            "return_statement" | "yield" => Answer::No("it is handed to the caller".to_owned()),
            "lambda" => Answer::No("the lambda gives it to its caller".to_owned()),
            "argument_list" | "keyword_argument" if self.is_let_go(inner, outer) => Answer::Yes,
            "argument_list" | "keyword_argument" => Answer::No("it is handed on as an argument".to_owned()),
            _ => Answer::No(format!("it is used by {}", outer.kind().replace('_', " "))),
        }
    }

    /// Whether a statement is the last of a notebook's cell, at its top level and without a semicolon behind it.
    fn is_shown_by_ipython(&self, statement: Node) -> bool {
        let is_at_top = statement.parent().is_none_or(|outer| outer.kind() == "module");
        let Some(cell) = self.outline.cell_at(statement.start_byte()).filter(|_| is_at_top) else { return false };
        let rest = self.text.get(statement.end_byte()..cell.span.end).unwrap_or_default();
        text::lines(rest).all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
    }

    /// Climbs from an expression through everything that only passes its value up, to the first node that does something
    /// with it; gives that node and its child on the way.
    fn climb_through_discards<'a>(&self, node: Node<'a>) -> Option<(Node<'a>, Node<'a>)> {
        let mut inner = node;
        let mut outer = inner.parent()?;
        loop {
            let is_field = |field: &str| outer.child_by_field_name(field) == Some(inner);
            let passes = match outer.kind() {
                "parenthesized_expression" | "expression_list" | "tuple" | "list" | "set" => true,
                "boolean_operator" => is_field("right"),
                // `a if test else b`: the grammar gives the three parts no fields.
                "conditional_expression" => outer.named_child(1) != Some(inner),
                "list_comprehension" | "set_comprehension" => is_field("body"),
                _ => false,
            };
            if !passes {
                return Some((inner, outer));
            }
            inner = outer;
            outer = inner.parent()?;
        }
    }

    /// Whether `outer` is a method of the value that gives nothing back: there the value ends, whatever becomes of the None.
    fn is_chained(&self, inner: Node, outer: Node) -> bool {
        outer.kind() == "attribute"
            && outer.child_by_field_name("object") == Some(inner)
            && outer.child_by_field_name("attribute").is_some_and(|name| CHAINED.contains(&self.of(name)))
            && outer
                .parent()
                .is_some_and(|call| call.kind() == "call" && call.child_by_field_name("function") == Some(outer))
    }

    /// Whether an assignment binds one local name that its function never reads.
    fn assigned_and_unread(&self, assignment: Node) -> Answer {
        // `first = second = value` nests to the right.
        let targets = std::iter::successors(Some(assignment), |inner| inner.parent())
            .take_while(|outer| outer.kind() == "assignment")
            .map(|outer| outer.child_by_field_name("left"));
        let answers = targets.map(|left| match left.filter(|left| left.kind() == "identifier") {
            Some(left) => self.unread_local(left),
            None => Answer::No("it is stored".to_owned()),
        });
        answers.reduce(|one, other| if one == Answer::Yes { other } else { one }).unwrap_or(Answer::Yes)
    }

    /// Whether the name that is bound at `left` is a local that its function never reads.
    pub fn unread_local(&self, left: Node) -> Answer {
        let name = self.of(left);
        let Scope::Function(function) = self.scope_of(left) else {
            return Answer::No(format!("`{name}` is not a local: others can read it"));
        };
        let names = self.names_of(function);
        if names.globals.contains(name) || names.nonlocals.contains(name) {
            return Answer::No(format!("`{name}` is not a local: others can read it"));
        }
        match self.reads(function, name).iter().find(|read| !self.only_adds_callback(**read)) {
            Some(read) => Answer::No(format!("`{name}` is read on line {}", self.row(read.start_byte()))),
            None if self.mentions_locals(function) => Answer::Unknown("`locals()` or `exec` can read it".to_owned()),
            None => Answer::Yes,
        }
    }

    /// Whether a read is `name.add_done_callback(…)` and nothing more: the task keeps its callback, not the other way round.
    fn only_adds_callback(&self, read: Node) -> bool {
        read.parent().is_some_and(|outer| {
            let statement = outer.parent().and_then(|call| call.parent());
            self.is_chained(read, outer) && statement.is_some_and(|node| node.kind() == "expression_statement")
        })
    }

    pub(super) fn mentions_locals(&self, function: Node) -> bool {
        let text = self.of(function);
        let is_called = |word: &str| text::uses(text, word).any(|at| text[at + word.len()..].starts_with('('));
        ["locals", "eval", "exec", "vars"].iter().any(|word| is_called(word))
    }

    /// The places where a function, or anything nested in it, reads a name.
    pub fn reads<'a>(&self, function: Node<'a>, name: &str) -> Vec<Node<'a>> {
        let mut found = Vec::new();
        let mut stack: Vec<Node> = function.child_by_field_name("body").into_iter().collect();
        while let Some(node) = stack.pop() {
            if node.kind() == "identifier" && self.of(node) == name && is_read(node) {
                found.push(node);
            }
            let children: Vec<Node> = named_children(node).collect();
            stack.extend(children.into_iter().rev());
        }
        found
    }

    /// Whether `node` is a statement by itself, on lines of its own.
    pub fn is_statement(&self, node: Node) -> Answer {
        let statement = if node.kind() == "expression_statement" { Some(node) } else { node.parent() };
        let Some(statement) = statement.filter(|statement| statement.kind() == "expression_statement") else {
            return Answer::No("it is part of a larger expression".to_owned());
        };
        if owns_its_lines(self.text, syntax::span(statement)) {
            Answer::Yes
        } else {
            Answer::No("other code shares its line".to_owned())
        }
    }

    /// Whether the local that `statement` binds to `name` lives and dies in the rest of the statement's own block.
    pub fn scoped_to_block(&self, name: Node, statement: Node) -> Answer {
        let local = self.of(name);
        let Some(function) = self.function_of(statement).filter(|function| function.kind() == "function_definition")
        else {
            return Answer::No("it is not in a function".to_owned());
        };
        if statement.parent().is_none_or(|parent| parent.kind() != "block") {
            return Answer::No("it is not in a block of statements".to_owned());
        }
        if !owns_its_lines(self.text, syntax::span(statement)) {
            return Answer::No("other code shares its line".to_owned());
        }
        if self.is_generator(function) {
            return Answer::No("the function yields: its caller decides how long the block lasts".to_owned());
        }
        let names = self.names_of(function);
        if names.globals.contains(local) || names.nonlocals.contains(local) {
            return Answer::No(format!("`{local}` is not a local"));
        }
        match names.bound.get(local).map(Vec::as_slice) {
            Some([one]) if matches!(one.kind, BindingKind::Value(_)) || one.at == name.start_byte() => {}
            _ => return Answer::No(format!("`{local}` is bound more than once")),
        }
        match self.reads(function, local).first() {
            None => Answer::No(format!("`{local}` is never used")),
            Some(first) if self.is_closed_at_once(*first, statement) => {
                Answer::No(format!("`{local}` is closed at once"))
            }
            Some(_) => self.stays_in_block(name, statement),
        }
    }

    /// Whether every use of the local at `name` lies behind `statement` in its block, and none lets it out.
    pub fn stays_in_block(&self, name: Node, statement: Node) -> Answer {
        let local = self.of(name);
        let around = self.function_of(statement).zip(statement.parent());
        let Some((function, block)) = around else { return Answer::No("it is not in a function".to_owned()) };
        let reads = self.reads(function, local).into_iter();
        let reason = reads.filter_map(|read| self.escape(read, local, function, block, statement)).next();
        reason.map_or(Answer::Yes, Answer::No)
    }

    /// Whether the first use of a local closes it, and nothing that could fail comes before.
    fn is_closed_at_once(&self, first: Node, statement: Node) -> bool {
        let own = ancestors(first).find(|outer| outer.parent() == statement.parent());
        let Some(own) = own.filter(|own| own.kind() == "expression_statement" && self.closes(first)) else {
            return false;
        };
        !between(statement, own).any(|node| holds(node, &|node| matches!(node.kind(), "call" | "await")))
    }

    /// Why a use of a local lets it out of its block, if it does.
    fn escape(&self, read: Node, local: &str, function: Node, block: Node, statement: Node) -> Option<String> {
        let row = self.row(read.start_byte());
        if self.function_of(read) != Some(function) {
            return Some(format!("a nested function uses `{local}` on line {row}"));
        }
        if read.start_byte() < statement.end_byte() {
            return Some(format!("`{local}` is used before it, on line {row}, in a loop"));
        }
        if !ancestors(read).any(|outer| outer == block) {
            return Some(format!("`{local}` is used outside of the block, on line {row}"));
        }
        if ancestors(read)
            .take_while(|outer| *outer != function)
            .any(|outer| outer.kind() == "generator_expression" && !self.is_consumed_at_once(outer))
        {
            return Some(format!("a generator expression on line {row} uses `{local}` later"));
        }
        let parent = read.parent()?;
        let is_field = |field: &str| parent.child_by_field_name(field) == Some(read);
        if self.closes(read)
            && let Some(clause) = ancestors(read).find(|outer| outer.kind() == "finally_clause")
            && !self.is_reached_late(clause, read, statement)
        {
            return Some(format!("`{local}` is closed in the `finally` around line {row}"));
        }
        match parent.kind() {
            "attribute" if is_field("object") => self.method_escape(parent, local, row),
            "argument_list" => self.argument_escape(parent, local, row),
            "comparison_operator" | "not_operator" | "if_statement" | "while_statement" | "assert_statement" => None,
            "with_item" | "as_pattern" => Some(format!("`{local}` is entered by `with` on line {row} already")),
            "return_statement" => Some(format!("`{local}` is returned on line {row}")),
            "yield" => Some(format!("`{local}` is yielded on line {row}")),
            "assignment" => Some(format!("`{local}` is stored on line {row}")),
            _ => Some(format!("`{local}` is handed on, on line {row}")),
        }
    }

    /// Whether a use of a local closes it.
    fn closes(&self, read: Node) -> bool {
        let method = read.parent().and_then(|parent| parent.child_by_field_name("attribute"));
        method.is_some_and(|method| matches!(self.of(method), "close" | "aclose" | "stop" | "wait_closed"))
    }

    /// Whether a `finally` that closes belongs to a `try` of the statement's own block, and the function can be left between
    /// the two: by a cancellation, an error, a `return`.
    fn is_reached_late(&self, clause: Node, read: Node, statement: Node) -> bool {
        let attempt = clause.parent().filter(|attempt| attempt.parent() == statement.parent());
        let close = ancestors(read).find(|outer| outer.kind() == "expression_statement");
        let is_own = close.and_then(|close| close.parent()).and_then(|block| block.parent()) == Some(clause);
        // Where it fails to start, there is nothing to stop.
        let starts = |node: Node| self.of(node).starts_with(&format!("await {}.start(", self.of(read)));
        let may_leave = |node: Node| !starts(node) && holds(node, &may_leave);
        attempt.is_some_and(|attempt| is_own && between(statement, attempt).any(may_leave))
    }

    /// `session.get(…)` keeps the session here; `callback = session.get` does not, and neither does a call whose result
    /// leaves the function unawaited or that becomes a task.
    fn method_escape(&self, attribute: Node, local: &str, row: Row) -> Option<String> {
        let mut inner = attribute;
        // Whether the climb came to no call or item yet, so that it may still be a method, bound to the local.
        let mut is_method = true;
        loop {
            let outer = inner.parent()?;
            let is_field = |field: &str| outer.child_by_field_name(field) == Some(inner);
            match outer.kind() {
                "call" | "subscript" if is_field("function") || is_field("value") => {
                    (inner, is_method) = (outer, false);
                }
                "attribute" if is_field("object") => inner = outer,
                "parenthesized_expression" => inner = outer,
                "keyword_argument" if is_field("value") => inner = outer,
                "argument_list" if is_method => return self.argument_escape(outer, local, row),
                "argument_list" if self.hands_to_task(outer.parent()?) => {
                    return Some(format!("a task started on line {row} uses `{local}`"));
                }
                "assignment" if inner.kind() == "attribute" && is_field("right") => {
                    return Some(format!("a method of `{local}` is stored on line {row}"));
                }
                _ => {
                    return self
                        .leaves_function(inner, DEPTH)
                        .then(|| format!("what `{local}` gives leaves the function unawaited on line {row}"));
                }
            }
        }
    }

    /// Whether the value of an expression, as it is, leaves its function: returned, yielded or stored, by itself, in a
    /// container, or in a gathering.
    fn leaves_function(&self, value: Node, depth: usize) -> bool {
        let mut inner = value;
        while let Some(outer) = inner.parent() {
            let is_field = |field: &str| outer.child_by_field_name(field) == Some(inner);
            match outer.kind() {
                "return_statement" | "yield" | "lambda" => return true,
                "assignment" if is_field("right") => {
                    let Some(left) = outer.child_by_field_name("left") else { return false };
                    return match left.kind() {
                        "identifier" => self.named_value_leaves(left, depth),
                        kind => matches!(kind, "attribute" | "subscript"),
                    };
                }
                "list_comprehension" | "set_comprehension" | "generator_expression" | "dictionary_comprehension"
                    if is_field("body") => {}
                "parenthesized_expression"
                | "expression_list"
                | "tuple"
                | "list"
                | "set"
                | "pair"
                | "dictionary"
                | "list_splat"
                | "boolean_operator"
                | "named_expression" => {}
                "conditional_expression" if outer.named_child(1) != Some(inner) => {}
                "argument_list" => {
                    let name = outer.parent().map_or("", |call| self.called_name(call));
                    if !matches!(name, "gather" | "wait" | "wait_for" | "shield" | "as_completed" | "list" | "tuple") {
                        return false;
                    }
                }
                "call" => {}
                _ => return false,
            }
            inner = outer;
        }
        false
    }

    /// Whether what is bound at `name` leaves its function under that name, in a closure for one.
    fn named_value_leaves(&self, name: Node, depth: usize) -> bool {
        let Some(function) = self.function_of(name).filter(|_| depth > 0) else { return false };
        let leaves = |read| self.function_of(read) != Some(function) || self.leaves_function(read, depth - 1);
        self.reads(function, self.of(name)).into_iter().any(leaves)
    }

    /// Whether what some `methods` of a local give, once it is awaited, stays in the local's function as well.
    pub fn results_stay(&self, name: Node, statement: Node, methods: &[&str]) -> Answer {
        let local = self.of(name);
        let Some(function) = self.function_of(statement) else {
            return Answer::No("it is not in a function".to_owned());
        };
        for read in self.reads(function, local) {
            let method = read.parent().filter(|attribute| attribute.child_by_field_name("object") == Some(read));
            let Some(name) = method.and_then(|method| method.child_by_field_name("attribute")) else { continue };
            let call = method.and_then(|method| method.parent()).filter(|call| call.kind() == "call");
            let awaited = call.and_then(|call| call.parent()).filter(|outer| outer.kind() == "await");
            if let Some(awaited) = awaited
                && methods.contains(&self.of(name))
                && self.leaves_function(awaited, DEPTH)
            {
                let row = self.row(read.start_byte());
                return Answer::No(format!("what `{local}.{}` gives on line {row} leaves the function", self.of(name)));
            }
        }
        Answer::Yes
    }

    /// A session that is an argument stays here only where the call is awaited on the spot and is no constructor.
    fn argument_escape(&self, arguments: Node, local: &str, row: Row) -> Option<String> {
        let call = arguments.parent()?;
        let name = self.called_name(call);
        let is_constructor = name.trim_start_matches('_').starts_with(char::is_uppercase);
        let awaited = std::iter::successors(call.parent(), |node| node.parent())
            .find(|outer| outer.kind() != "parenthesized_expression")
            .is_some_and(|outer| outer.kind() == "await");
        if is_constructor {
            return Some(format!("`{local}` is handed to a constructor on line {row}"));
        }
        if matches!(name, "enter_async_context" | "enter_context" | "push_async_exit" | "aclosing" | "closing") {
            return Some(format!("`{local}` is entered on line {row} already"));
        }
        let is_method = call.child_by_field_name("function").is_some_and(|function| function.kind() == "attribute");
        if is_method && KEEPERS.iter().any(|word| name.trim_start_matches('_').starts_with(word)) {
            return Some(format!("`{local}` is handed to `{name}`, which may keep it, on line {row}"));
        }
        if awaited || matches!(name, "print" | "isinstance" | "repr" | "id" | "type") {
            return None;
        }
        if self.hands_to_task(call)
            || call.parent().is_some_and(|outer| outer.kind() == "argument_list" && self.hands_to_task(call))
        {
            return Some(format!("a task started on line {row} uses `{local}`"));
        }
        Some(format!("`{local}` is handed on, on line {row}"))
    }

    /// Whether a call starts a task or hands work to somebody who runs it later.
    fn hands_to_task(&self, call: Node) -> bool {
        let starts = matches!(
            self.called_name(call),
            "create_task"
                | "ensure_future"
                | "start_soon"
                | "run_coroutine_threadsafe"
                | "call_soon"
                | "call_later"
                | "append"
                | "add"
                | "put"
                | "put_nowait"
                | "partial"
                | "submit"
                | "setattr"
                | "extend"
                | "update"
        );
        starts || self.is_handed_to_thread(call)
    }
}

/// The statements between two of one block.
fn between<'a>(first: Node<'a>, last: Node<'a>) -> impl Iterator<Item = Node<'a>> {
    let block = first.parent();
    let within = move |node: &Node| node.start_byte() > first.start_byte() && node.end_byte() <= last.start_byte();
    block.into_iter().flat_map(named_children).filter(within)
}

/// Whether something is true of a node, or of one below it that is in no function inside.
fn holds(node: Node, is_wanted: &dyn Fn(Node) -> bool) -> bool {
    let is_function = matches!(node.kind(), "function_definition" | "lambda");
    is_wanted(node) || !is_function && named_children(node).any(|child| holds(child, is_wanted))
}

/// Whether a function can be left at a node, other than by an error of plain code.
fn may_leave(node: Node) -> bool {
    match node.kind() {
        "await" | "return_statement" | "raise_statement" | "assert_statement" => true,
        "for_statement" | "with_statement" => syntax::is_async(node),
        _ => false,
    }
}

/// Whether an identifier reads a name, rather than binds it or names an attribute, a keyword or a parameter.
pub(super) fn is_read(node: Node) -> bool {
    let Some(parent) = node.parent() else { return false };
    let is_field = |field: &str| parent.child_by_field_name(field) == Some(node);
    match parent.kind() {
        "attribute" => is_field("object"),
        "keyword_argument" => is_field("value"),
        "assignment" | "for_in_clause" | "for_statement" => !is_field("left"),
        "augmented_assignment" => true,
        "named_expression" => is_field("value"),
        "parameters" | "lambda_parameters" | "global_statement" | "nonlocal_statement" | "as_pattern_target" => false,
        "default_parameter" | "typed_default_parameter" => is_field("value"),
        "typed_parameter" => false,
        "pattern_list" | "tuple_pattern" | "list_pattern" | "list_splat_pattern" | "dictionary_splat_pattern" => false,
        "function_definition" | "class_definition" => false,
        "dotted_name" | "aliased_import" => false,
        _ => true,
    }
}

/// Whether nothing but white space and a comment shares the lines of `span`.
pub fn owns_its_lines(text: &str, span: Span) -> bool {
    let rest = text[span.end..text::line_end(text, span.end)].trim_start_matches([' ', '\t', '\x0c']);
    let above = text[..text::line_start(text, span.start)].trim_end_matches(['\r', '\n']);
    // Behind a backslash, the statement began on the line above.
    text::starts_its_line(text, span.start) && (rest.is_empty() || rest.starts_with('#')) && !above.ends_with('\\')
}
