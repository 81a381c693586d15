//! Whether a call gives what it takes to get to an end: where a function raises or returns as long as a parameter is `None`, only
//! those get further who give that parameter.
//!
//! In: a call, and the way from the function that it runs. Out: the parameter that it leaves out, if there is one.

use super::ways::{Next, Way, called};
use super::{Goal, Ways};
use crate::outline::{self, BlockKind};
use crate::project::Module;
use crate::project::expression::{Expression, Parameter, ParameterKind};
use crate::project::inference::Inference;
use crate::project::linked::Definition;
use crate::project::scopes::BindingKind;
use crate::syntax::{self, ancestors, named_children};
use std::collections::BTreeSet;
use std::sync::Arc;
use tree_sitter::Node;

/// What a call has for a parameter.
enum Given<'a> {
    Value(Node<'a>),
    /// Nothing, or `None`, where that is the same.
    Nothing,
    /// A spread that may have it, or a parameter that is not there.
    Unknown,
}

impl Module<'_> {
    /// The parameter that a call leaves `None`, and without which what it runs never gets to the end.
    pub(super) fn leaves_out(&self, call: Node, first: Definition, goal: Goal) -> Option<String> {
        let (inference, _) = self.inference()?;
        let needed = inference.needed(inference.project.ways(goal), first);
        needed.into_iter().find(|name| matches!(given(self, call, inference, first, name), Given::Nothing))
    }
}

impl Inference<'_> {
    /// The parameters of a function on a way that must not be `None` for it to go on to the end.
    fn needed(&self, ways: &Ways, function: Definition) -> BTreeSet<String> {
        let mut needed = BTreeSet::new();
        let Some(way) = ways.of(function) else { return needed };
        let Some(text) = self.text(function.module) else { return needed };
        let outline = Arc::new(outline::read(&text));
        let module = Module::by_region(&text, outline).within(Inference::new(self.project), function.module);
        let Some(node) = module.definition(function.block) else { return needed };
        let Some(call) = self.call_of(&module, node, way) else { return needed };
        let is_own = |name: &str| is_own_parameter(&module, name, call);
        needed.extend(guards(&module, call, node).filter(|name| is_own(name)));
        if let Next::Function(next) = way.next {
            for name in self.needed(ways, next) {
                if let Given::Value(value) = given(&module, call, self, next, &name)
                    && value.kind() == "identifier"
                    && is_own(module.of(value))
                {
                    needed.insert(module.of(value).to_owned());
                }
            }
        }
        needed
    }

    /// The call by which a function goes on.
    fn call_of<'a>(&self, module: &Module, function: Node<'a>, way: &Way) -> Option<Node<'a>> {
        let name = match way.next {
            Next::Function(next) => Some(called(self.project, next)),
            Next::End(_) => None,
        };
        let is_it = |call: &Node| {
            let callee = call.child_by_field_name("function");
            let last = callee.map(|callee| callee.child_by_field_name("attribute").unwrap_or(callee));
            let last = last.map_or("", |last| module.of(last));
            module.row(call.start_byte()).number() == way.row as usize
                && name.map_or(last.starts_with("run"), |name| name == last)
        };
        let mut calls = syntax::calls_in(function.child_by_field_name("body")?).filter(is_it);
        calls.next().filter(|_| calls.next().is_none())
    }
}

/// What a call gives a function for one of its parameters.
fn given<'a>(module: &Module, call: Node<'a>, inference: &Inference, function: Definition, name: &str) -> Given<'a> {
    let entry = inference.entry(function.module);
    let head = entry.head(function.block);
    let of_class = entry.summary.blocks[function.block as usize]
        .parent
        .is_some_and(|parent| entry.summary.blocks[parent as usize].kind == BlockKind::Class);
    let is_static = head.decorators.iter().any(|decorator| decorator.dotted().as_deref() == Some("staticmethod"));
    let bound = usize::from(of_class && !is_static);
    let Some(at) = head.parameters.iter().position(|parameter| &*parameter.name == name) else { return Given::Unknown };
    let parameter: &Parameter = &head.parameters[at];
    let Some(arguments) = call.child_by_field_name("arguments") else { return Given::Unknown };
    let all: Vec<Node> = named_children(arguments).filter(|argument| argument.kind() != "comment").collect();
    if all.iter().any(|argument| argument.kind().ends_with("_splat")) {
        return Given::Unknown;
    }
    let named = all.iter().find_map(|argument| {
        let own = argument.child_by_field_name("name").filter(|_| argument.kind() == "keyword_argument")?;
        argument.child_by_field_name("value").filter(|_| module.of(own) == name)
    });
    let positional = all.iter().filter(|argument| argument.kind() != "keyword_argument");
    let placed = || positional.clone().nth(at.checked_sub(bound)?).copied();
    let value = named.or_else(|| placed().filter(|_| parameter.kind == ParameterKind::Plain));
    match value {
        Some(value) if value.kind() == "none" => Given::Nothing,
        Some(value) => Given::Value(value),
        None if matches!(&parameter.default, Some(Expression::None)) => Given::Nothing,
        None => Given::Unknown,
    }
}

/// Whether a name is a parameter of the function around a place, and never bound again.
fn is_own_parameter(module: &Module, name: &str, at: Node) -> bool {
    module.lookup(name, at).is_some_and(|found| match found.bindings.as_slice() {
        [only] => matches!(only.kind, BindingKind::Parameter(_)),
        _ => false,
    })
}

/// The names that are not `None` where a call runs: those that the statements around it and before it ask.
fn guards<'a>(module: &'a Module<'a>, call: Node<'a>, function: Node<'a>) -> impl Iterator<Item = String> + 'a {
    let around = std::iter::once(call).chain(ancestors(call).take_while(move |outer| *outer != function));
    around.flat_map(move |inner| {
        let Some(outer) = inner.parent() else { return Vec::new() };
        let mut names = Vec::new();
        if outer.kind() == "block" {
            let before = named_children(outer).take_while(|statement| *statement != inner);
            names.extend(before.filter_map(|statement| refused(module, statement)));
        }
        if outer.kind() == "if_statement" && outer.child_by_field_name("consequence") == Some(inner) {
            names.extend(outer.child_by_field_name("condition").and_then(|condition| asked(module, condition, false)));
        }
        names
    })
}

/// The name that a statement raises or returns for, where it is `None`.
fn refused(module: &Module, statement: Node) -> Option<String> {
    let body = statement.child_by_field_name("consequence").filter(|_| statement.kind() == "if_statement")?;
    let last = named_children(body).filter(|child| child.kind() != "comment").last()?;
    let ends = matches!(last.kind(), "raise_statement" | "return_statement");
    asked(module, statement.child_by_field_name("condition")?, true).filter(|_| ends)
}

/// The name that a condition asks for: whether it is `None`, or whether it is not.
fn asked(module: &Module, condition: Node, is_none: bool) -> Option<String> {
    let name = |node: Node| (node.kind() == "identifier").then(|| module.of(node).to_owned());
    match condition.kind() {
        "identifier" if !is_none => name(condition),
        "not_operator" if is_none => name(condition.child_by_field_name("argument")?),
        "comparison_operator" => {
            let sides: Vec<Node> = named_children(condition).collect();
            let [left, right] = sides.as_slice() else { return None };
            let words = module.text[left.end_byte()..right.start_byte()].split_whitespace().collect::<Vec<_>>();
            let wanted: &[&str] = if is_none { &["is"] } else { &["is", "not"] };
            (right.kind() == "none" && words == wanted).then(|| name(*left)).flatten()
        }
        _ => None,
    }
}
