//! Which objects nobody else has: those that an expression makes, or that a call gives which is known to make them.

use crate::project::Module;
use crate::project::conduct::unparenthesized;
use crate::project::harmless::{Harmless, harmless, is_fresh};
use crate::project::linked::Origin;
use crate::project::names::Symbol;
use crate::project::scopes::{Binding, BindingKind};
use crate::project::types::Type;
use crate::syntax::{ancestors, named_children};
use crate::text::Span;
use tree_sitter::Node;

/// How many names and calls are followed from an object to what made it.
const DEPTH: usize = 6;

/// Which objects count.
#[derive(Clone, Copy)]
struct Within<'n> {
    /// The name of an object that is being made.
    made: Option<&'n str>,
    /// Only answers to what was waited for.
    answers_only: bool,
}

impl Module<'_> {
    /// Whether an object is this function's own; `made` is the name of one that is being made.
    pub(super) fn is_own(&self, node: Node, made: Option<&str>) -> bool {
        self.is_own_within(node, Within { made, answers_only: false }, DEPTH)
    }

    /// Whether an object is the answer to something that was waited for, or part of one.
    pub(super) fn is_answer(&self, node: Node) -> bool {
        self.is_own_within(node, Within { made: None, answers_only: true }, DEPTH)
    }

    fn is_own_within(&self, node: Node, within: Within, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let field = |name: &str| node.child_by_field_name(name);
        let own = |node: Node| self.is_own_within(node, within, depth);
        match node.kind() {
            "list"
            | "dictionary"
            | "set"
            | "tuple"
            | "string"
            | "concatenated_string"
            | "integer"
            | "float"
            | "none"
            | "true"
            | "false"
            | "list_comprehension"
            | "dictionary_comprehension"
            | "set_comprehension"
            | "generator_expression"
            | "binary_operator"
            | "comparison_operator" => !within.answers_only,
            "identifier" => Some(self.of(node)) == within.made || self.is_own_local(node, within, depth),
            "parenthesized_expression" => own(unparenthesized(node)),
            "await" => node.named_child(0).is_some_and(own),
            "attribute" => field("object").is_some_and(own),
            "subscript" => field("value").is_some_and(own),
            "boolean_operator" => named_children(node).all(own),
            "conditional_expression" => {
                let parts: Vec<Node> = named_children(node).collect();
                parts.len() == 3 && own(parts[0]) && own(parts[2])
            }
            "call" => self.gives_own(node, within, depth),
            _ => false,
        }
    }

    /// Whether a call gives something that nobody else has.
    fn gives_own(&self, call: Node, within: Within, depth: usize) -> bool {
        let Some(function) = call.child_by_field_name("function") else { return false };
        if let Some(object) = function.child_by_field_name("object")
            && self.is_own_within(object, within, depth)
        {
            return true;
        }
        match self.known(function) {
            Some(Harmless::Waits) => return self.called_name(call) != "open" || self.mode_reads(call),
            Some(Harmless::Queries | Harmless::Exclusive) => return self.reads_by_statement(call),
            _ => {}
        }
        if within.answers_only {
            return matches!(self.symbols(function).as_slice(), [Symbol::Builtin(name)] if name == "open")
                && self.mode_reads(call);
        }
        match self.symbols(function).as_slice() {
            [Symbol::Builtin(name)] if name == "open" => self.mode_reads(call),
            [Symbol::Builtin(name)] => is_fresh(name),
            [Symbol::Path(path)] if path.contains('.') && harmless(path) == Some(Harmless::Computes) => {
                !path.starts_with("asyncio.") && !path.starts_with("typing.")
            }
            _ => matches!((self.infer(function), self.inference()), (Type::Class(class, _), Some((inference, _)))
                if inference.entry(class.module).origin == Origin::Run),
        }
    }

    /// Whether a local is bound to such objects only.
    fn is_own_local(&self, name: Node, within: Within, depth: usize) -> bool {
        let Some(found) = self.lookup(self.of(name), name) else { return false };
        if self.function_of(name).is_none() || found.bindings.is_empty() {
            return false;
        }
        found.bindings.iter().all(|binding| self.binds_own(binding, self.of(name), within, depth))
    }

    fn binds_own(&self, binding: &Binding, name: &str, within: Within, depth: usize) -> bool {
        let own = |node: Node| self.is_own_within(node, within, depth);
        match &binding.kind {
            BindingKind::Value(span) | BindingKind::Entered(span, _) => self.node_at(*span).is_some_and(own),
            BindingKind::Other(_) => {
                // The target of a loop over such an object, or a part of one that is unpacked.
                let Some(target) = self.node_at(Span::new(binding.at, binding.at + name.len())) else { return false };
                let holder = ancestors(target).find(|outer| outer.child_by_field_name("left").is_some());
                holder.is_some_and(|holder| {
                    let is_target =
                        holder.child_by_field_name("left").is_some_and(|left| left.byte_range().contains(&binding.at));
                    is_target && holder.child_by_field_name("right").is_some_and(own)
                })
            }
            _ => false,
        }
    }
}
