//! What a call gets to through functions of the project: a call of something that is known by its path, or something that paces it.
//!
//! In: a call. Out: an answer. The bodies of what is called are read, in whatever file they stand, and only what they call by
//! themselves counts: what they hand on to others, and what their nested functions do, does not.

use crate::project::inference::Inference;
use crate::project::linked::{Definition, Origin};
use crate::project::names::Symbol;
use crate::project::{Answer, Module};
use crate::syntax::calls_in;
use rustc_hash::FxHashSet;
use tree_sitter::Node;

/// How many bodies are read for one call.
const BODIES: usize = 24;

/// Words for what keeps requests apart on purpose.
pub(super) const PACES: [&str; 6] = ["limiter", "rate_limit", "ratelimit", "semaphore", "throttle", "backoff"];

impl Module<'_> {
    /// Whether calling it calls one of the paths.
    pub fn reaches(&self, call: Node, paths: &[&str]) -> Answer {
        let is_wanted =
            |module: &Module, call: Node| module.path_called(call).is_some_and(|path| paths.contains(&path.as_str()));
        match self.finds_on_the_way(call, |module, body| {
            calls_in(body).into_iter().any(|call| (call == body || is_waited_for(call)) && is_wanted(module, call))
        }) {
            true => Answer::Yes,
            false => Answer::No("nothing that it calls is among them, as far as it can be read".to_owned()),
        }
    }

    /// Whether the function around a call, or one that the call gets to, speaks of what keeps requests apart.
    pub fn is_paced(&self, call: Node) -> Answer {
        let paces = |module: &Module, node: Node| {
            let text = module.of(node).to_ascii_lowercase();
            PACES.iter().any(|word| text.contains(word))
        };
        let is_paced = self.function_of(call).is_some_and(|function| paces(self, function));
        match is_paced || self.finds_on_the_way(call, paces) {
            true => Answer::Yes,
            false => Answer::No("nothing that it calls keeps requests apart, as far as it can be read".to_owned()),
        }
    }

    /// Whether something is found in a call, or in the body of a function that it gets to.
    fn finds_on_the_way(&self, call: Node, is_found: impl Fn(&Module, Node) -> bool) -> bool {
        if is_found(self, call) {
            return true;
        }
        let mut open = self.functions_called(call);
        let mut seen: FxHashSet<Definition> = open.iter().copied().collect();
        while let Some(definition) = open.pop().filter(|_| seen.len() <= BODIES) {
            let look = |module: &Module| {
                let function = module.definition(definition.block).ok_or("it cannot be read")?;
                let body = function.child_by_field_name("body").ok_or("it has no body")?;
                Ok((is_found(module, body), module.functions_called(body)))
            };
            let Ok((is_found, callees)) = self.in_file_of(definition, look) else { continue };
            if is_found {
                return true;
            }
            open.extend(callees.into_iter().filter(|callee| seen.insert(*callee)));
        }
        false
    }

    /// The functions of the project that some code calls and waits for.
    fn functions_called(&self, code: Node) -> Vec<Definition> {
        let Some((inference, _)) = self.inference() else { return Vec::new() };
        let mut found = Vec::new();
        let calls = calls_in(code).into_iter().filter(|call| *call == code || is_waited_for(*call));
        for function in calls.filter_map(|call| call.child_by_field_name("function")) {
            let callee = self.infer(function);
            let functions = callee.parts().iter().filter_map(|part| inference.function_of_type(part));
            let is_of_run = |it: &Definition| inference.entry(it.module).origin == Origin::Run;
            found.extend(functions.map(|function| function.definition).filter(is_of_run));
        }
        found
    }

    /// The dotted path of what is called: by its name, or as a method of the class that its object is an instance of.
    fn path_called(&self, call: Node) -> Option<String> {
        let (inference, _): (&Inference, _) = self.inference()?;
        let function = call.child_by_field_name("function")?;
        if let [Symbol::Path(path)] = self.symbols(function).as_slice() {
            return Some(path.clone());
        }
        let (object, name) = (function.child_by_field_name("object")?, function.child_by_field_name("attribute")?);
        let object = self.infer(object);
        let path = object.parts().iter().find_map(|part| inference.class_path(part))?;
        Some(format!("{path}.{}", self.of(name)))
    }
}

/// Whether a call is awaited where it stands, entered, or an argument of one that is.
fn is_waited_for(call: Node) -> bool {
    call.parent().is_some_and(|outer| match outer.kind() {
        "await" | "with_item" | "as_pattern" => true,
        "argument_list" => outer.parent().is_some_and(is_waited_for),
        _ => false,
    })
}
