//! What the code right around an expression does with a coroutine that stands there.
//!
//! In: a node. Out: a [`Sink`], read off the node's parents alone, and of what a call does with its arguments off the
//! tables and the annotations that the file has. What holds several values (a list, a tuple, a dictionary) is a sink of
//! its own kind, which [`super::elements`] follows; a name is followed by [`super::lifecycle`].
//!
//! Nothing here asks whether the expression is a coroutine: the answer is what would happen if it were one.

use crate::project::Module;
use crate::syntax::{self, ancestors, children, named_children};
use tree_sitter::Node;

/// What happens to a coroutine at a place.
#[derive(Clone, Debug)]
pub enum Sink<'a> {
    /// It is awaited, or handed to something of asyncio that runs it.
    Awaited,
    /// It is treated as the coroutine or the task that it is, or is taken for.
    Inspected,
    /// It is asked for an attribute that coroutines or tasks have, and that other things have too: `close`, `result`.
    Shared,
    /// It stands where only a value makes sense.
    Value(Use<'a>),
    /// It is bound to the name at this node.
    Bound(Node<'a>),
    /// It is assigned to all of these: `first = self.second = f()`.
    Several(Vec<Sink<'a>>),
    /// It is bound to the name by `:=`, and goes on as the value of the expression around.
    Walrus(Node<'a>, Node<'a>),
    /// It becomes part of a display, or each value of a comprehension.
    Element(Node<'a>),
    /// It is a statement: nothing keeps it.
    Dropped,
    Escape(Escape<'a>),
}

/// A use that makes sense for a value and not for a coroutine.
#[derive(Clone, Debug)]
pub struct Use<'a> {
    pub at: Node<'a>,
    pub effect: Effect,
    /// What is done with it, as a predicate: "is compared".
    pub what: String,
}

/// What comes of using a coroutine as a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// CPython raises a `TypeError` or an `AttributeError`.
    Raises,
    /// The program goes on, with the coroutine object in place of the value.
    Misleads,
    /// As for `Misleads`, but code that handles coroutines may ask so too: truth, identity, type.
    Tests,
}

/// How a coroutine leaves the sight of its function.
#[derive(Clone, Copy, Debug)]
pub enum Escape<'a> {
    /// As an argument of `call`: the zero-based place among its arguments, and the keyword where it has one.
    Argument { call: Node<'a>, position: usize, keyword: Option<Node<'a>> },
    /// By this `return` statement.
    Return(Node<'a>),
    /// Into this attribute or item.
    Stored(Node<'a>),
    /// By `yield`, in a container, into a closure, or in a way that is not told apart.
    Elsewhere(Node<'a>),
}

impl Escape<'_> {
    /// The node at which it leaves.
    pub fn at(&self) -> Node<'_> {
        match self {
            Escape::Argument { call: node, .. }
            | Escape::Return(node)
            | Escape::Stored(node)
            | Escape::Elsewhere(node) => *node,
        }
    }
}

/// The attributes that a coroutine has and somebody may mean.
const OWN: [&str; 3] = ["send", "throw", "close"];

/// What a future or a task has: whoever writes these wants a task, not the value.
const FUTURES: [&str; 13] = [
    "add_done_callback",
    "remove_done_callback",
    "cancel",
    "cancelled",
    "cancelling",
    "uncancel",
    "done",
    "result",
    "exception",
    "set_name",
    "get_name",
    "get_loop",
    "get_coro",
];

/// Operators that libraries give meanings of their own; with these the right side may take anything.
const OVERLOADED: [&str; 6] = ["|", "&", "^", "<<", ">>", "@"];

impl Module<'_> {
    /// What becomes of a coroutine that stands at `value`.
    pub fn sink<'a>(&'a self, value: Node<'a>) -> Sink<'a> {
        let mut inner = value;
        while let Some(outer) = inner.parent() {
            if !passes_on(inner, outer) {
                return self.sink_in(inner, outer);
            }
            inner = outer;
        }
        Sink::Escape(Escape::Elsewhere(value))
    }

    fn sink_in<'a>(&'a self, inner: Node<'a>, outer: Node<'a>) -> Sink<'a> {
        let is_field = |field: &str| outer.child_by_field_name(field) == Some(inner);
        let raises = |what: &str| value(inner, Effect::Raises, what);
        let misleads = |what: &str| value(inner, Effect::Misleads, what);
        let tests = |what: &str| value(inner, Effect::Tests, what);
        let elsewhere = Sink::Escape(Escape::Elsewhere(outer));
        match outer.kind() {
            "await" => Sink::Awaited,
            "expression_statement" => Sink::Dropped,
            "return_statement" => Sink::Escape(Escape::Return(outer)),
            "assignment" if is_field("right") => self.assigned(inner, outer),
            "augmented_assignment" => match outer.child_by_field_name("operator").map_or("", |node| self.of(node)) {
                "|=" | "&=" | "^=" | "<<=" | ">>=" | "@=" => misleads("is an operand"),
                _ => raises("is an operand"),
            },
            "named_expression" => match outer.child_by_field_name("name") {
                Some(name) => Sink::Walrus(name, outer),
                None => elsewhere,
            },
            "if_statement"
            | "while_statement"
            | "elif_clause"
            | "if_clause"
            | "not_operator"
            | "boolean_operator"
            | "conditional_expression" => tests("is tested for truth"),
            "assert_statement" if named_children(outer).next() == Some(inner) => tests("is tested for truth"),
            "assert_statement" => misleads("is the message of an assertion"),
            "match_statement" => misleads("is matched"),
            "comparison_operator" => self.compared(inner, outer),
            "binary_operator" => self.operand(inner, outer),
            "unary_operator" => raises("is an operand"),
            "attribute" if is_field("object") => self.asked_for_attribute(inner, outer),
            "subscript" if is_field("value") => raises("is subscripted"),
            "subscript" => misleads("is a key"),
            "slice" => raises("is the bound of a slice"),
            "call" if is_field("function") => raises("is called"),
            "argument_list" => self.argument(inner, outer, None),
            "keyword_argument" if is_field("value") => match outer.parent() {
                Some(list) => self.argument(outer, list, outer.child_by_field_name("name")),
                None => elsewhere,
            },
            "interpolation" | "format_expression" => misleads("is put into an f-string"),
            // An asynchronous loop or block over what a stub declares may work: that is another pitfall's business.
            "for_statement" | "for_in_clause" if is_field("right") && !syntax::is_async(outer) => raises("is iterated"),
            "list_splat" => raises("is unpacked"),
            "dictionary_splat" => raises("is unpacked"),
            "with_item" | "as_pattern" if !entered_asynchronously(outer) => raises("is entered by `with`"),
            "raise_statement" => raises("is raised"),
            "pair" if is_field("key") => misleads("is a key"),
            "pair" => outer.parent().map_or(elsewhere, Sink::Element),
            "expression_list" | "tuple" => across(inner, outer).unwrap_or(Sink::Element(outer)),
            "list" | "set" => Sink::Element(outer),
            "list_comprehension" | "set_comprehension" | "dictionary_comprehension" | "generator_expression"
                if is_field("body") =>
            {
                Sink::Element(outer)
            }
            _ => elsewhere,
        }
    }

    /// The targets of an assignment, whose chain nests to the right.
    fn assigned<'a>(&self, inner: Node<'a>, assignment: Node<'a>) -> Sink<'a> {
        let chain = std::iter::successors(Some(assignment), |inner| inner.parent());
        let mut all: Vec<Sink> = chain
            .take_while(|outer| outer.kind() == "assignment")
            .map(|each| self.assigned_once(inner, each))
            .collect();
        if all.len() == 1 { all.remove(0) } else { Sink::Several(all) }
    }

    fn assigned_once<'a>(&self, inner: Node<'a>, assignment: Node<'a>) -> Sink<'a> {
        let Some(left) = assignment.child_by_field_name("left") else {
            return Sink::Escape(Escape::Elsewhere(assignment));
        };
        match left.kind() {
            "identifier" => Sink::Bound(left),
            "pattern_list" | "tuple_pattern" | "list_pattern" => value(inner, Effect::Raises, "is unpacked"),
            "attribute" | "subscript" => Sink::Escape(Escape::Stored(left)),
            _ => Sink::Escape(Escape::Elsewhere(assignment)),
        }
    }

    fn compared<'a>(&self, inner: Node<'a>, comparison: Node<'a>) -> Sink<'a> {
        let parts: Vec<Node> = children(comparison).filter(|child| child.kind() != "comment").collect();
        let at = parts.iter().position(|part| *part == inner).unwrap_or_default();
        let before = at.checked_sub(1).map_or("", |at| parts[at].kind());
        let behind = parts.get(at + 1).map_or("", |part| part.kind());
        let orders = |operator: &str| matches!(operator, "<" | ">" | "<=" | ">=");
        if matches!(before, "in" | "not in") {
            return value(inner, Effect::Raises, "is searched");
        }
        if orders(before) || orders(behind) {
            return value(inner, Effect::Raises, "is compared");
        }
        let by_identity = [before, behind].iter().all(|operator| matches!(*operator, "" | "is" | "is not"));
        value(inner, if by_identity { Effect::Tests } else { Effect::Misleads }, "is compared")
    }

    fn operand<'a>(&self, inner: Node<'a>, operation: Node<'a>) -> Sink<'a> {
        let operator = operation.child_by_field_name("operator").map_or("", |node| self.of(node));
        let is_right = operation.child_by_field_name("right") == Some(inner);
        // The grammar reads `await f() ** 2` as `await (f() ** 2)`, where Python awaits first.
        if operator == "**" && !is_right && operation.parent().is_some_and(|outer| outer.kind() == "await") {
            return Sink::Awaited;
        }
        if operator == "%" && is_right {
            return value(inner, Effect::Misleads, "is put into text");
        }
        let effect = if OVERLOADED.contains(&operator) { Effect::Misleads } else { Effect::Raises };
        value(inner, effect, "is an operand")
    }

    fn asked_for_attribute<'a>(&self, inner: Node<'a>, attribute: Node<'a>) -> Sink<'a> {
        let name = attribute.child_by_field_name("attribute").map_or("", |name| self.of(name));
        if matches!(name, "close" | "result" | "done" | "cancel" | "exception" | "send") {
            // What a coroutine or a task gives for these is nothing to await.
            let call = attribute.parent().filter(|outer| outer.child_by_field_name("function") == Some(attribute));
            if call.is_some_and(|call| matches!(self.sink(call), Sink::Awaited)) {
                return value(inner, Effect::Raises, &format!("is asked for `{name}`"));
            }
            return Sink::Shared;
        }
        if is_of_coroutines(name) {
            return Sink::Inspected;
        }
        value(inner, Effect::Raises, &format!("is asked for `{name}`"))
    }
}

/// The target that stands across from an item of what is assigned: `a` from `f()` in `a, b = f(), g()`.
fn across<'a>(item: Node<'a>, items: Node<'a>) -> Option<Sink<'a>> {
    let assignment = items.parent().filter(|outer| outer.child_by_field_name("right") == Some(items))?;
    let left = assignment.child_by_field_name("left").filter(|left| left.kind() != "identifier")?;
    let is_chained = assignment.parent().is_some_and(|outer| outer.kind() == "assignment");
    let (targets, values): (Vec<Node>, Vec<Node>) = (named_children(left).collect(), named_children(items).collect());
    let is_starred = targets.iter().chain(&values).any(|part| part.kind().starts_with("list_splat"));
    if is_chained || is_starred || targets.len() != values.len() {
        return None;
    }
    let target = targets[values.iter().position(|value| *value == item)?];
    match target.kind() {
        "identifier" => Some(Sink::Bound(target)),
        "attribute" | "subscript" => Some(Sink::Escape(Escape::Stored(target))),
        _ => None,
    }
}

/// Whether coroutines, futures or all objects have an attribute of that name.
pub(super) fn is_of_coroutines(name: &str) -> bool {
    OWN.contains(&name) || FUTURES.contains(&name) || name.starts_with("cr_") || name.starts_with("__")
}

/// A value that is used as one.
pub(super) fn value<'a>(at: Node<'a>, effect: Effect, what: &str) -> Sink<'a> {
    Sink::Value(Use { at, effect, what: what.to_owned() })
}

/// Whether the value of `inner` may be the value of `outer`, unchanged.
pub(super) fn passes_on(inner: Node, outer: Node) -> bool {
    match outer.kind() {
        "parenthesized_expression" => true,
        "boolean_operator" => outer.child_by_field_name("right") == Some(inner),
        // `a if test else b`: the grammar gives the three parts no fields.
        "conditional_expression" => named_children(outer).nth(1) != Some(inner),
        _ => false,
    }
}

fn entered_asynchronously(item: Node) -> bool {
    let statement = ancestors(item).find(|outer| outer.kind() != "with_item" && outer.kind() != "with_clause");
    statement.is_none_or(|statement| statement.kind() != "with_statement" || syntax::is_async(statement))
}
