//! What the callers of a coroutine function do with its result.
//!
//! In: the function's node. Out: whether all of them await it once and then use the result as a value, which shows that
//! the function means to give a value and not a coroutine. Of the callers in other files only the first is known here.

use crate::outline::BlockKind;
use crate::project::handover::Welcome;
use crate::project::scopes::Scope;
use crate::project::sinks::{Effect, Sink};
use crate::project::{Answer, Module};
use crate::summary::Summary;
use crate::syntax;
use crate::text::{Span, words};
use tree_sitter::Node;

impl Module<'_> {
    /// Another file of the run that imports a name, or calls it by the name of this module.
    pub fn file_that_calls(&self, name: &str) -> Option<String> {
        let (inference, own) = self.inference()?;
        let module = self.dotted_name()?;
        let module = module.rsplit('.').next().unwrap_or_default();
        let chain = format!("{module}.{name}");
        inference.search_texts();
        let others = inference.project.entries().iter().enumerate().filter(|(at, _)| *at != own.0 as usize);
        let calls = |summary: &Summary| {
            let mut imported = summary.imports.iter().filter_map(|import| import.name);
            let is_chain = |source: &str| source.split('(').next().is_some_and(|callee| callee.ends_with(&chain));
            imported.any(|imported| summary.slice(imported) == name)
                || summary.deeds.iter().any(|deed| is_chain(summary.slice(deed.source)))
                || summary.uses.iter().any(|each| is_chain(summary.slice(each.chain)))
        };
        others.into_iter().find(|(_, entry)| calls(&entry.summary)).map(|(_, entry)| entry.path.clone())
    }

    /// Whether every caller of a function awaits it once and uses the result as a value, or drops it; at least one uses it.
    /// Unknown where the name is exported, ambiguous or used without a call.
    pub fn callers_use_value(&self, function: Node) -> Answer {
        let unknown = |reason: String| Answer::Unknown(reason);
        let Some(block) = self.block_of(function) else { return unknown("it has no name".to_owned()) };
        let name = self.name_of(block);
        if let Some(reason) = self.ambiguity(block, name) {
            return unknown(reason);
        }
        let own = self.outline.blocks[block as usize].name.start;
        let mut has_user = false;
        for at in words(self.text, name) {
            let span = Span::new(at, at + name.len());
            if at == own || !self.outline.is_code(span) {
                continue;
            }
            let Some(node) = self.node_at(span).filter(|node| node.kind() == "identifier") else { continue };
            let row = self.row(at);
            let reference = match self.reference(node, block) {
                Ok(Some(reference)) => reference,
                Ok(None) => continue,
                Err(reason) => return unknown(reason),
            };
            let call = reference.parent().filter(|call| call.child_by_field_name("function") == Some(reference));
            let Some(call) = call else { return unknown(format!("`{name}` is handed on, on line {row}")) };
            let awaited = call.parent().filter(|outer| outer.kind() == "await");
            let Some(awaited) = awaited else { return unknown(format!("line {row} does not await it on the spot")) };
            match self.result_is_value(awaited) {
                Answer::Yes => has_user = true,
                Answer::No(reason) => return Answer::No(format!("{reason} on line {row}")),
                Answer::Unknown(reason) if reason.is_empty() => {}
                Answer::Unknown(reason) => return unknown(format!("{reason} on line {row}")),
            }
        }
        if has_user { Answer::Yes } else { unknown(format!("nothing in the file uses what `{name}` gives")) }
    }

    /// What a caller does with what it awaited. Unknown without a reason where it drops it.
    fn result_is_value(&self, awaited: Node) -> Answer {
        let handed_on = || Answer::Unknown("its result is handed on".to_owned());
        match self.sink(awaited) {
            Sink::Awaited => Answer::No("its result is awaited again".to_owned()),
            Sink::Value(used) if used.effect != Effect::Tests => Answer::Yes,
            Sink::Escape(escape) if matches!(self.welcome(&escape), Welcome::Refused(_)) => Answer::Yes,
            Sink::Dropped => Answer::Unknown(String::new()),
            Sink::Bound(name) | Sink::Walrus(name, _) => {
                let uses = self.uses_of_local(name, 2);
                match uses.excuse {
                    Some(reason) => Answer::Unknown(reason),
                    None if uses.values.iter().any(|used| used.effect != Effect::Tests) => Answer::Yes,
                    None => handed_on(),
                }
            }
            _ => handed_on(),
        }
    }

    /// The node through which `node`, an identifier of the function's name, refers to it; none where it is another's name.
    fn reference<'a>(&'a self, node: Node<'a>, block: u32) -> Result<Option<Node<'a>>, String> {
        let row = || self.row(node.start_byte());
        let name = self.of(node);
        let Some(parent) = node.parent() else { return Ok(None) };
        let is_field = |field: &str| parent.child_by_field_name(field) == Some(node);
        let is_method = self.outline.blocks[block as usize].parent.is_some_and(|parent| self.is_class(parent));
        match parent.kind() {
            "attribute" if is_field("attribute") => Ok(is_method.then_some(parent)),
            "keyword_argument" if is_field("name") => Ok(None),
            _ if is_method => Ok(None),
            "function_definition" | "class_definition" if is_field("name") => {
                Err(format!("line {} binds `{name}`", row()))
            }
            _ => match self.lookup(name, node) {
                Some(found) if found.bindings.len() == 1 && !matches!(found.scope, Scope::Class(_)) => {
                    let at = self.outline.blocks[block as usize].name.start;
                    Ok((found.bindings[0].at == at).then_some(node))
                }
                _ => Err(format!("`{name}` is bound more than once")),
            },
        }
    }

    /// Why callers of that name may mean another function, or why others may call it.
    fn ambiguity(&self, block: u32, name: &str) -> Option<String> {
        let blocks = &self.outline.blocks;
        if name.starts_with("__") && name.ends_with("__") {
            return Some("Python itself calls it".to_owned());
        }
        if blocks[block as usize].decorators > 0 {
            return Some("a decorator may call it".to_owned());
        }
        let is_function = |other: &u32| matches!(blocks[*other as usize].kind, BlockKind::Function { .. });
        let others = (0..blocks.len() as u32).filter(|other| *other != block && self.name_of(*other) == name);
        if others.into_iter().any(|other| is_function(&other)) {
            return Some(format!("`{name}` is defined more than once"));
        }
        if blocks[block as usize].parent.is_none() && self.is_exported(name) {
            return Some(format!("`__all__` exports `{name}`"));
        }
        None
    }

    fn is_exported(&self, name: &str) -> bool {
        let exports = self.bindings_in(None, "__all__");
        exports.iter().any(|binding| {
            let statement = self.outline.statement_at(binding.at);
            statement.is_some_and(|statement| words(self.slice(statement.span), name).next().is_some())
        })
    }

    /// Whether `return`ing the coroutine from where it stands is a fault by itself: the function's callers use the result as
    /// a value.
    pub fn returned_to_value_users(&self, node: Node) -> Answer {
        match self.function_of(node).filter(|function| syntax::is_async(*function)) {
            Some(function) => self.callers_use_value(function),
            None => Answer::No("it is not in a coroutine".to_owned()),
        }
    }

    /// Whether a coroutine that is returned leaves a `with`, or a `try` with handlers, before it runs: what is there for it has no
    /// part in it. Not where a caller awaits it a second time, who wants it so.
    pub fn leaves_block(&self, node: Node) -> Answer {
        let Some(function) = self.function_of(node).filter(|function| syntax::is_async(*function)) else {
            return Answer::No("it is not in a coroutine".to_owned());
        };
        let holds = |outer: Node, inner: Node| match outer.kind() {
            "with_statement" => true,
            "try_statement" => {
                outer.child_by_field_name("body") == Some(inner)
                    && syntax::named_children(outer).any(|part| part.kind().starts_with("except"))
            }
            _ => false,
        };
        let within = std::iter::once(node).chain(syntax::ancestors(node));
        let mut around = syntax::ancestors(node).take_while(|outer| *outer != function).zip(within);
        if !around.any(|(outer, inner)| holds(outer, inner)) {
            return Answer::No("no `with` is around it, and no `try` with handlers".to_owned());
        }
        match self.callers_use_value(function) {
            no @ Answer::No(_) => no,
            _ => Answer::Yes,
        }
    }

    /// Whether the function around `node` says by its return annotation that it gives a value that nobody can await.
    pub fn annotated_as_value(&self, node: Node) -> Answer {
        let annotation = self.function_of(node).and_then(|function| function.child_by_field_name("return_type"));
        match annotation {
            Some(annotation) if self.is_annotated_as_value(annotation) => Answer::Yes,
            Some(annotation) => Answer::No(format!("it is annotated to return `{}`", self.of(annotation))),
            None => Answer::No("its function has no return annotation".to_owned()),
        }
    }
}
