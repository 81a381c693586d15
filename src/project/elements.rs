//! What becomes of a coroutine that is an element of a list, a tuple, a set or a dictionary, or of a comprehension.
//!
//! The container's own surroundings decide: a gathering takes the coroutines over, a text or a sum would have wanted
//! values. A local that holds the container is followed, one level deep: its items, its loops. Whatever else happens to a
//! container may hand its elements to somebody.

use crate::project::Module;
use crate::project::lifecycle::Uses;
use crate::project::names::Symbol;
use crate::project::sinks::{Effect, Escape, Sink, Use, passes_on};
use crate::syntax::{self, descendants};
use tree_sitter::Node;

/// Methods of a container that neither read nor give away what it holds already.
pub(super) const FILLING: [&str; 5] = ["append", "add", "extend", "insert", "update"];

/// Builtins whose result holds what their argument held.
const COPIES: [&str; 6] = ["list", "tuple", "set", "frozenset", "dict", "reversed"];

/// Builtins that do with the elements what only works for values.
const REDUCTIONS: [&str; 4] = ["sum", "sorted", "min", "max"];

impl Module<'_> {
    /// Adds what is done with the elements of `container`; gives the name of the local that it is bound to, where it is.
    pub(super) fn add_container_sink<'a>(
        &'a self,
        container: Node<'a>,
        uses: &mut Uses<'a>,
        depth: usize,
    ) -> Option<Node<'a>> {
        let mut inner = container;
        let mut outer = inner.parent()?;
        while passes_on(inner, outer) || holds(inner, outer) {
            inner = outer;
            outer = inner.parent()?;
        }
        let is_field = |field: &str| outer.child_by_field_name(field) == Some(inner);
        let mut add = |effect: Effect, what: &str| uses.values.push(Use { at: inner, effect, what: what.to_owned() });
        match outer.kind() {
            "expression_statement" => {}
            "interpolation" => add(Effect::Misleads, "is put into an f-string"),
            "comparison_operator" if !self.of(outer).contains(" is ") => add(Effect::Misleads, "is compared"),
            "binary_operator" if is_field("right") && self.is_formatting(outer) => {
                add(Effect::Misleads, "is put into text");
            }
            "call" | "argument_list" | "keyword_argument" => self.add_container_argument(inner, outer, uses, depth),
            "subscript"
                if is_field("value")
                    && outer.child_by_field_name("subscript").is_some_and(|key| key.kind() != "slice") =>
            {
                self.add_sink(self.sink(outer), uses, depth.saturating_sub(1));
            }
            "assignment" if is_field("right") => {
                let left = outer.child_by_field_name("left").filter(|left| left.kind() == "identifier");
                match left {
                    Some(left) if depth > 0 => {
                        self.add_container_local(left, uses, depth - 1);
                        return Some(left);
                    }
                    _ => uses.escapes.push(Escape::Elsewhere(outer)),
                }
            }
            "list_splat" => {
                let list = outer.parent()?;
                let sink =
                    if list.kind() == "argument_list" { self.argument(outer, list, None) } else { Sink::Element(list) };
                self.add_sink(sink, uses, depth.saturating_sub(1));
            }
            "for_statement" | "for_in_clause" if is_field("right") && !syntax::is_async(outer) => {
                self.add_loop(inner, outer, uses, depth);
            }
            "return_statement" => uses.escapes.push(Escape::Elsewhere(outer)),
            _ => uses.escapes.push(Escape::Elsewhere(outer)),
        }
        None
    }

    fn is_formatting(&self, operation: Node) -> bool {
        let is_text = operation.child_by_field_name("left").is_some_and(|left| left.kind().ends_with("string"));
        is_text && operation.child_by_field_name("operator").is_some_and(|operator| self.of(operator) == "%")
    }

    /// A container among the arguments of a call; a generator expression may be the whole argument list.
    fn add_container_argument<'a>(&'a self, inner: Node<'a>, outer: Node<'a>, uses: &mut Uses<'a>, depth: usize) {
        let call = std::iter::successors(Some(outer), |node| node.parent()).find(|node| node.kind() == "call");
        let elsewhere = Escape::Elsewhere(outer);
        let Some(call) = call.filter(|_| outer.kind() != "call" || inner.kind() == "generator_expression") else {
            return uses.escapes.push(elsewhere);
        };
        let Some(function) = call.child_by_field_name("function") else { return uses.escapes.push(elsewhere) };
        let name = match self.symbols(function).as_slice() {
            [Symbol::Builtin(name)] => name.clone(),
            _ => String::new(),
        };
        let is_text = |node: Node| node.child_by_field_name("object").is_some_and(|object| object.kind() == "string");
        let used = |effect: Effect, what: String| Use { at: inner, effect, what };
        match name.as_str() {
            "len" | "bool" => {}
            "any" | "all" => uses.values.push(used(Effect::Misleads, format!("is given to `{name}`"))),
            _ if REDUCTIONS.contains(&name.as_str()) && outer.kind() != "keyword_argument" => {
                uses.values.push(used(Effect::Raises, format!("is given to `{name}`")));
            }
            _ if COPIES.contains(&name.as_str()) => {
                if depth == 0 {
                    uses.escapes.push(elsewhere);
                } else {
                    self.add_container_sink(call, uses, depth - 1);
                }
            }
            "" if is_text(function) && self.called_name(call) == "join" => {
                uses.values.push(used(Effect::Raises, "is joined".to_owned()));
            }
            _ => {
                let (argument, list, keyword) = match outer.kind() {
                    "keyword_argument" => (outer, outer.parent(), outer.child_by_field_name("name")),
                    "argument_list" => (inner, Some(outer), None),
                    _ => return uses.escapes.push(elsewhere),
                };
                match list.map(|list| self.argument(argument, list, keyword)) {
                    // What wants text or JSON wants no coroutine inside; any other value may well be a container.
                    Some(Sink::Value(found)) if self.shows_contents(&found, function) => uses.values.push(found),
                    Some(Sink::Awaited) => uses.excuse = Some("it is awaited".to_owned()),
                    _ => uses.escapes.push(elsewhere),
                }
            }
        }
    }

    /// Whether a call puts what its argument holds into text.
    fn shows_contents(&self, used: &Use, function: Node) -> bool {
        let name = self.of(function);
        used.effect == Effect::Misleads
            && (matches!(used.what.as_str(), "is logged" | "is put into text")
                || matches!(name, "print" | "str" | "repr")
                || matches!(name.rsplit('.').next(), Some("dumps" | "dump" | "pprint" | "pformat")))
    }

    /// A loop over the container: its target is each of the coroutines. Iterating a dictionary gives its keys.
    fn add_loop<'a>(&'a self, container: Node<'a>, clause: Node<'a>, uses: &mut Uses<'a>, depth: usize) {
        let target = clause.child_by_field_name("left").filter(|left| left.kind() == "identifier");
        let is_keyed = container.kind().starts_with("dictionary");
        match target {
            Some(target) if depth > 0 && !is_keyed && clause.kind() == "for_statement" => {
                uses.absorb(self.uses_of_local(target, depth - 1));
            }
            Some(target) if depth > 0 && !is_keyed => {
                let Some(comprehension) = clause.parent() else { return };
                for read in self.identifiers(comprehension, self.of(target)) {
                    if read != target {
                        self.add_sink(self.sink(read), uses, depth - 1);
                    }
                }
            }
            _ => uses.escapes.push(Escape::Elsewhere(clause)),
        }
    }

    fn identifiers<'a>(&self, node: Node<'a>, name: &str) -> Vec<Node<'a>> {
        let is_it = |node: &Node| node.kind() == "identifier" && self.of(*node) == name;
        descendants(node).filter(is_it).collect()
    }

    /// Everything that is done with the elements of the container that is bound to a local at `name`.
    fn add_container_local<'a>(&'a self, name: Node<'a>, uses: &mut Uses<'a>, depth: usize) {
        let reads = match self.reads_of_binding(name) {
            Ok(found) => found,
            Err(reason) => {
                uses.excuse = Some(reason);
                return;
            }
        };
        for read in reads {
            let outer = read.parent();
            let method = outer
                .filter(|outer| outer.kind() == "attribute")
                .and_then(|outer| outer.child_by_field_name("attribute").map(|attribute| self.of(attribute)));
            let is_stored_into = outer.filter(|outer| outer.kind() == "subscript").is_some_and(|item| {
                item.parent().is_some_and(|parent| parent.child_by_field_name("left") == Some(item))
            });
            let is_tested = outer.is_some_and(|outer| {
                matches!(outer.kind(), "if_statement" | "while_statement" | "not_operator" | "assert_statement")
            });
            if !is_stored_into && !is_tested && !method.is_some_and(|method| FILLING.contains(&method)) {
                self.add_container_sink(read, uses, depth);
            }
        }
    }
}

/// Whether `outer` is a display, or an addition, that holds what `inner` holds.
fn holds(inner: Node, outer: Node) -> bool {
    let is_field = |field: &str| outer.child_by_field_name(field) == Some(inner);
    match outer.kind() {
        "list" | "tuple" | "set" | "dictionary" | "expression_list" => true,
        "pair" => is_field("value"),
        "list_comprehension" | "set_comprehension" | "dictionary_comprehension" | "generator_expression" => {
            is_field("body")
        }
        "binary_operator" => outer.child_by_field_name("operator").is_some_and(|operator| operator.kind() == "+"),
        _ => false,
    }
}
