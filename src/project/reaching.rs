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
use std::sync::Arc;
use tree_sitter::Node;

/// How many bodies are read for one call.
const BODIES: usize = 24;

/// Words for what keeps requests apart on purpose.
pub(super) const PACES: [&str; 6] = ["limiter", "rate_limit", "ratelimit", "semaphore", "throttle", "backoff"];

/// What the body of one function does by itself, of what is asked about here.
#[derive(Debug, Default)]
pub(super) struct Passage {
    /// The dotted paths of what it calls and waits for.
    paths: FxHashSet<Box<str>>,
    /// It speaks of what keeps requests apart.
    paces: bool,
    /// The functions of the project that it calls and waits for.
    callees: Vec<Definition>,
}

impl Module<'_> {
    /// Whether calling it calls one of the paths.
    pub fn reaches(&self, call: Node, paths: &[&str]) -> Answer {
        let Some((inference, _)) = self.inference() else { return Answer::alone() };
        let is_wanted = |path: &str| paths.iter().any(|wanted| inference.is_published_as(path, wanted));
        let passes = |passage: &Passage| passage.paths.iter().any(|path| is_wanted(path));
        match self.finds_on_the_way(call, passes) {
            true => Answer::Yes,
            false => Answer::No("nothing that it calls is among them, as far as it can be read".to_owned()),
        }
    }

    /// Whether the function around a call, or one that the call gets to, speaks of what keeps requests apart.
    pub fn is_paced(&self, call: Node) -> Answer {
        let is_paced = self.function_of(call).is_some_and(|function| self.paces(function));
        match is_paced || self.finds_on_the_way(call, |passage| passage.paces) {
            true => Answer::Yes,
            false => Answer::No("nothing that it calls keeps requests apart, as far as it can be read".to_owned()),
        }
    }

    fn paces(&self, code: Node) -> bool {
        let text = self.of(code).to_ascii_lowercase();
        PACES.iter().any(|word| text.contains(word))
    }

    /// Whether something is found in a call, or in the body of a function that it gets to.
    fn finds_on_the_way(&self, call: Node, is_found: impl Fn(&Passage) -> bool) -> bool {
        let first = self.passage(call);
        if is_found(&first) {
            return true;
        }
        let mut open = first.callees;
        let mut seen: FxHashSet<Definition> = open.iter().copied().collect();
        while let Some(definition) = open.pop().filter(|_| seen.len() <= BODIES) {
            let Some(passage) = self.passage_of(definition) else { continue };
            if is_found(&passage) {
                return true;
            }
            open.extend(passage.callees.iter().copied().filter(|callee| seen.insert(*callee)));
        }
        false
    }

    /// What the body of a function does, in whatever file of the run it stands; none where it cannot be read.
    fn passage_of(&self, definition: Definition) -> Option<Arc<Passage>> {
        let (inference, own) = self.inference()?;
        let look = |module: &Module| {
            let body = module.definition(definition.block)?.child_by_field_name("body")?;
            Some(Arc::new(module.passage(body)))
        };
        if definition.module == own {
            let known = self.passages.borrow().get(&definition).cloned();
            return known.unwrap_or_else(|| {
                let found = look(self);
                self.passages.borrow_mut().insert(definition, found.clone());
                found
            });
        }
        let kept = inference.project.bodies().passages.get(&definition, || {
            let (found, consulted) = self.in_other_file(definition.module, look);
            Arc::new((found.flatten(), consulted))
        });
        inference.consult(&kept.1);
        kept.0.clone()
    }

    /// What some code does by itself.
    fn passage(&self, code: Node) -> Passage {
        let calls = || calls_in(code).filter(|call| *call == code || is_waited_for(*call));
        Passage {
            paths: calls().filter_map(|call| self.path_called(call)).map(Box::from).collect(),
            paces: self.paces(code),
            callees: self.functions_called(calls()),
        }
    }

    /// The functions of the project that are called.
    fn functions_called<'a>(&self, calls: impl Iterator<Item = Node<'a>>) -> Vec<Definition> {
        let Some((inference, _)) = self.inference() else { return Vec::new() };
        let mut found = Vec::new();
        for function in calls.filter_map(|call| call.child_by_field_name("function")) {
            let callee = self.infer(function);
            let functions = callee.parts().iter().filter_map(|part| inference.function_of_type(part));
            let is_of_run = |it: &Definition| inference.entry(it.module).origin == Origin::Run;
            found.extend(functions.map(|function| function.definition).filter(is_of_run));
        }
        found
    }

    /// The dotted path of what is called: by its name, or as a method of the class that its object is an instance of.
    pub(super) fn path_called(&self, call: Node) -> Option<String> {
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
