//! The predicates: what a matched node alone cannot tell.
//!
//! Each is one plain function over the module and the captured nodes, with a sentence of documentation, in one of two tables
//! that also print `aiofix vocabulary`. Every predicate of ours can be negated with `not-`; unknown stays unknown. `eq?`,
//! `match?` and `any-of?` are the tree-sitter library's own.

mod places;
mod values;

use crate::codemod::matching::Sight;
use crate::codemod::query::{Argument, Call};
use crate::project::Answer;
use crate::spelling;
use tree_sitter::Node;

/// One entry of the vocabulary.
pub struct Predicate {
    pub name: &'static str,
    /// How it is written, for people.
    pub usage: &'static str,
    /// One sentence.
    pub doc: &'static str,
    nodes: usize,
    literals: Literals,
    holds: fn(&Sight, &[Node], &[&str]) -> Answer,
}

enum Literals {
    None,
    Some,
}

/// All predicates of ours, those of each kind in order of name.
pub fn all() -> impl Iterator<Item = &'static Predicate> {
    places::PLACES.iter().chain(values::VALUES)
}

/// The predicates that the tree-sitter library evaluates itself.
pub const LIBRARY: &[&str] = &[
    "eq?",
    "not-eq?",
    "any-eq?",
    "any-not-eq?",
    "match?",
    "not-match?",
    "any-match?",
    "any-not-match?",
    "any-of?",
    "not-any-of?",
];

pub fn is_ours(name: &str) -> bool {
    all().any(|predicate| predicate.name == name)
}

/// Refuses an unknown name or wrong arguments, in a sentence.
pub fn check(call: &Call) -> Result<(), String> {
    if LIBRARY.contains(&call.name.as_str()) {
        return Ok(());
    }
    let Some(predicate) = all().find(|predicate| predicate.name == call.name) else {
        let names = all().map(|predicate| predicate.name).chain(LIBRARY.iter().copied());
        let known: Vec<String> = names.map(|name| format!("#{name}")).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let unknown = format!("#{}", call.name);
        return Err(format!("unknown predicate `{unknown}`, {}", spelling::advice(&unknown, &known)));
    };
    let nodes = call.arguments.iter().filter(|argument| matches!(argument, Argument::Capture(_))).count();
    let literals = call.arguments.len() - nodes;
    let right = match predicate.literals {
        Literals::None => literals == 0,
        Literals::Some => literals > 0,
    };
    if nodes == predicate.nodes && right { Ok(()) } else { Err(format!("expected `{}`", predicate.usage)) }
}

/// Evaluates a predicate of ours; yes for those of the library, which has evaluated them already.
pub fn evaluate(call: &Call, sight: &Sight) -> Answer {
    let Some(predicate) = all().find(|predicate| predicate.name == call.name) else {
        return Answer::Yes;
    };
    let mut nodes = Vec::new();
    for argument in &call.arguments {
        if let Argument::Capture(name) = argument {
            match sight.capture(name) {
                Some(node) => nodes.push(node),
                None => return Answer::No(format!("@{name} captured nothing")),
            }
        }
    }
    let literals: Vec<&str> = call.literals().collect();
    let answer = (predicate.holds)(sight, &nodes, &literals);
    if call.negated { answer.negated() } else { answer }
}
