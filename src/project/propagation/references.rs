//! Everything that mentions the functions that turn: calls that are awaited, and what cannot be crossed.
//!
//! A name is looked for as a word in all files. Each occurrence in code has to be told: a call of one of the functions, a
//! mention of something else for certain, or a frontier.

use super::meaning::Meaning;
use super::{Act, Spreading};
use crate::project::inference::{Names, Place};
use crate::project::layout::ModuleId;
use crate::project::linked::Definition;
use crate::project::types::Type;
use crate::project::{Answer, Module};
use crate::syntax::{self, ancestors};
use crate::text::{Span, words};
use std::rc::Rc;
use tree_sitter::Node;

impl Spreading<'_> {
    /// Looks at every mention of functions that stand in for each other; `makes` is whether they are generators.
    pub(super) fn look_at_references(&mut self, family: &[Definition], makes: bool) {
        if self.spread.naming.is_none() {
            self.look_at_composed_names(family);
            self.look_at_protocols(family);
        }
        let mut names = vec![self.name(family[0])];
        let mut at = 0;
        while at < names.len() {
            let name = names[at].clone();
            at += 1;
            for file in self.texts.mentioning(&name) {
                let Some(module) = self.module(file) else { continue };
                for offset in words(module.text, &name) {
                    if self.is_over() {
                        return;
                    }
                    let span = Span::new(offset, offset + name.len());
                    if !module.outline.is_code(span) {
                        self.look_at_string(&module, file, span, family);
                        continue;
                    }
                    if let Some(alias) = self.look_at_mention(&module, file, span, family, makes)
                        && !names.contains(&alias)
                    {
                        names.push(alias);
                    }
                }
            }
        }
    }

    /// One mention in code. Gives the other name that an import has for the function.
    fn look_at_mention(
        &mut self,
        module: &Rc<Module>,
        file: ModuleId,
        span: Span,
        family: &[Definition],
        makes: bool,
    ) -> Option<String> {
        if self.is_elsewhere_for_certain(module, span, family) {
            return None;
        }
        let node = module.node_at(span).filter(|node| node.kind() == "identifier" && syntax::span(*node) == span)?;
        if module.error_near(span.start).is_some() {
            self.refuse(module, file, span.start, "the code around it does not parse".to_owned());
            return None;
        }
        let parent = node.parent()?;
        let is_field = |field: &str| parent.child_by_field_name(field) == Some(node);
        match parent.kind() {
            "function_definition" | "class_definition" if is_field("name") => return None,
            "keyword_argument" if is_field("name") => return None,
            "aliased_import" | "parameters" | "lambda_parameters" | "typed_parameter" | "global_statement"
            | "nonlocal_statement" => {
                return None;
            }
            "default_parameter" | "typed_default_parameter" if is_field("name") => return None,
            "dotted_name" => return self.imported_as(module, file, span, family),
            _ => {}
        }
        let expression = if parent.kind() == "attribute" && is_field("attribute") { parent } else { node };
        if is_bound(expression) {
            let meaning = (expression.kind() == "attribute").then(|| self.meaning(module, file, expression, family));
            match meaning {
                Some(Meaning::Own) => {
                    self.refuse(module, file, span.start, format!("`{}` is replaced", module.of(expression)));
                }
                Some(Meaning::Unknown(reason)) if self.class_of(family[0]).is_none() => {
                    self.refuse(module, file, span.start, reason);
                }
                _ => self.note_mock(module, file, expression, true),
            }
            return None;
        }
        match self.meaning(module, file, expression, family) {
            Meaning::Other => self.note_mock(module, file, expression, false),
            Meaning::Unknown(reason) => self.refuse(module, file, span.start, reason),
            Meaning::Own => self.look_at_use(module, file, expression, family, makes),
        }
        None
    }

    /// Notes a mock that stands for one of the functions, where it is asked for an attribute of that name, or given one.
    fn note_mock(&mut self, module: &Module, file: ModuleId, expression: Node, is_bound: bool) {
        let Some(object) = expression.child_by_field_name("object") else { return };
        let is_mock = |part: &Type| {
            let Type::Instance(class, _) = part else { return false };
            let path = self.inference.path(*class);
            path.starts_with("unittest.mock.") && (is_bound || !path.contains("Async"))
        };
        if module.infer(object).parts().iter().any(is_mock) {
            let shown = module.of(expression).split_whitespace().collect::<String>();
            let (path, row) = (self.inference.entry(file).path.clone(), module.row(expression.start_byte()));
            let what = if is_bound {
                "is set on a mock, and has to give a coroutine"
            } else {
                "is a mock, which has to become an AsyncMock"
            };
            self.note(format!("`{shown}` {what} ({path}:{row})"));
        }
    }

    /// Whether a mention is none of the functions, which can be told without a tree: a method is reached through something,
    /// unless it is in its own class, and a local function from inside of its scope alone.
    fn is_elsewhere_for_certain(&self, module: &Module, span: Span, family: &[Definition]) -> bool {
        let before = module.text[..span.start].trim_end();
        let is_attribute = before.ends_with('.');
        let is_method = self.class_of(family[0]).is_some();
        if is_method && !is_attribute {
            let around = module.outline.innermost_block(span.start).map(|block| block as u32);
            return !around.is_some_and(|block| module.is_class(block));
        }
        let chain = || before.trim_end_matches(|letter: char| letter.is_alphanumeric() || "._".contains(letter));
        let root = &before[chain().len()..];
        !is_method && is_attribute && ["self.", "cls."].contains(&root)
    }

    /// The alias by which an import brings one of the functions.
    fn imported_as(&self, module: &Module, file: ModuleId, span: Span, family: &[Definition]) -> Option<String> {
        let import = module.outline.imports.iter().find(|import| import.name == Some(span))?;
        let alias = module.slice(import.alias?).to_owned();
        let place = Place { module: file, block: import.block };
        let ty = place.name(&self.inference, &alias, 0);
        let is_own = |part: &Type| self.definition_of(part).is_some_and(|found| family.contains(&found));
        let names = self.functions_named(place, &alias).iter().any(|found| family.contains(found));
        (names || ty.parts().iter().any(is_own)).then_some(alias)
    }

    /// A mention that is one of the functions.
    fn look_at_use(
        &mut self,
        module: &Rc<Module>,
        file: ModuleId,
        expression: Node,
        family: &[Definition],
        makes: bool,
    ) {
        let Some(parent) = expression.parent() else { return };
        if let Some(wrapper) = self.decorators.get(&family[0]).copied() {
            return self.look_at_decorator(module, file, expression, wrapper);
        }
        let name = self.name(family[0]);
        if parent.child_by_field_name("function") == Some(expression) && parent.kind() == "call" {
            match makes {
                true => self.look_at_iteration(module, file, parent, family[0]),
                false => self.look_at_call(module, file, parent, family[0], Act::Await),
            }
            return;
        }
        let attribute = parent.child_by_field_name("attribute").map(|name| module.of(name));
        if attribute.is_some_and(|name| name.starts_with("__") && name != "__call__" && name != "__get__") {
            return;
        }
        if ancestors(expression).any(|outer| outer.kind() == "type") || module.is_typing_only(expression) {
            return;
        }
        if self.is_taken_either_way(module, expression) {
            return;
        }
        let reason = if module.is_handed_to_thread(expression) {
            format!("`{name}` is handed to a thread, which calls it plainly")
        } else if parent.kind() == "decorator" {
            format!("`{name}` is a decorator")
        } else if parent.kind() == "keyword_argument" {
            let keyword = parent.child_by_field_name("name").map_or("", |name| module.of(name));
            format!("`{name}` is handed on as `{keyword}=`, to be called plainly")
        } else {
            format!("`{name}` is used without being called, and may be called plainly")
        };
        self.refuse(module, file, expression.start_byte(), reason);
    }

    /// A call of a function that turns; what is done with it depends on who runs it.
    pub(super) fn look_at_call(
        &mut self,
        module: &Rc<Module>,
        file: ModuleId,
        call: Node,
        callee: Definition,
        act: Act,
    ) {
        let at = call.start_byte();
        let name = self.name(callee);
        if module.is_typing_only(call) {
            return;
        }
        let Some(function) = module.function_of(call) else {
            if self.spread.naming.is_some() {
                return;
            }
            match module.under_main_guard(call) {
                Answer::Yes if act == Act::Await => self.act(module, file, call, Act::Run, callee),
                Answer::Yes => self.refuse(module, file, at, format!("`{name}` is iterated outside of a function")),
                _ => {
                    let reason = match module.class_around_node(call) {
                        true => format!("`{name}` is called in a class body"),
                        false => format!("`{name}` is called when the module is imported"),
                    };
                    self.refuse(module, file, at, reason);
                }
            }
            return;
        };
        if function.kind() == "lambda" {
            if self.spread.naming.is_some() {
                return;
            }
            return self.look_at_lambda(module, file, function, call, callee, act);
        }
        if syntax::is_async(function) {
            return self.act(module, file, call, act, callee);
        }
        let Some(block) = module.block_of(function) else { return };
        let caller = Definition { module: file, block };
        if !self.stays_plain(caller) {
            self.callers.insert((caller, callee));
            self.act(module, file, call, act, callee);
            return self.enqueue(caller, Some(callee));
        }
        if self.spread.naming.is_some() {
            return;
        }
        match act {
            Act::Await if words(module.of(function), "get_event_loop").next().is_some() => {
                let caller = self.name(caller);
                let reason =
                    format!("`{caller}` asks for an event loop, and `asyncio.run` for `{name}` would leave none");
                self.refuse(module, file, at, reason);
            }
            Act::Await => self.act(module, file, call, Act::Run, callee),
            _ => {
                let caller = self.name(caller);
                self.refuse(module, file, at, format!("`{caller}`, which stays plain, iterates `{name}`"));
            }
        }
    }

    /// A lambda that only calls a function that turns gives a coroutine, which is awaited where the lambda is called.
    fn look_at_lambda(
        &mut self,
        module: &Rc<Module>,
        file: ModuleId,
        lambda: Node,
        call: Node,
        callee: Definition,
        act: Act,
    ) {
        let name = self.name(callee);
        let at = call.start_byte();
        if act != Act::Await || lambda.child_by_field_name("body") != Some(call) {
            return self.refuse(module, file, at, format!("a lambda calls `{name}`, and cannot await it"));
        }
        let calls = match module.is_handed_to_thread(lambda) {
            true => None,
            false => calls_of(module, lambda),
        };
        let Some(calls) = calls else {
            let reason = format!("a lambda that calls `{name}` is handed on, to be called plainly");
            return self.refuse(module, file, at, reason);
        };
        for outer in calls {
            self.look_at_call(module, file, outer, callee, Act::Await);
        }
    }
}

/// Whether an expression is bound where it stands: the target of an assignment, a loop, a `with`, an `except` or a `del`.
fn is_bound(expression: Node) -> bool {
    let mut inner = expression;
    for outer in ancestors(expression) {
        let is_field = |field: &str| outer.child_by_field_name(field) == Some(inner);
        match outer.kind() {
            "pattern_list" | "tuple_pattern" | "list_pattern" | "as_pattern_target" => {}
            "assignment" | "augmented_assignment" | "for_statement" | "for_in_clause" => return is_field("left"),
            "named_expression" => return is_field("name"),
            "as_pattern" => return is_field("alias"),
            "delete_statement" | "case_pattern" => return true,
            _ => return false,
        }
        inner = outer;
    }
    false
}

/// All calls of a lambda that has one name and is only called; none where somebody else may call it.
fn calls_of<'a>(module: &'a Module<'a>, lambda: Node<'a>) -> Option<Vec<Node<'a>>> {
    let mut value = lambda;
    let mut parent = lambda.parent()?;
    while parent.kind() == "parenthesized_expression" {
        (value, parent) = (parent, parent.parent()?);
    }
    if parent.kind() == "call" && parent.child_by_field_name("function") == Some(value) {
        return Some(vec![parent]);
    }
    let target = parent.child_by_field_name("left").filter(|_| parent.kind() == "assignment")?;
    let function = module.function_of(lambda)?;
    let name = module.of(target);
    let found = module.lookup(name, target).filter(|_| target.kind() == "identifier")?;
    if found.bindings.len() != 1 {
        return None;
    }
    let called = |read: Node<'a>| {
        let call = read.parent()?;
        let is_called = call.kind() == "call" && call.child_by_field_name("function") == Some(read);
        (is_called && module.function_of(call) == Some(function)).then_some(call)
    };
    module.reads(function, name).into_iter().map(called).collect()
}
