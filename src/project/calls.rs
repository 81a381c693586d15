//! What a call gives back: a coroutine, an event loop, a task. What an expression is an instance of.
//!
//! One file is all there is to know: functions and classes of this file, and asyncio itself. A class whose bases are
//! elsewhere may inherit anything, so a method that is not found in the file is unknown, not absent.

use crate::outline::BlockKind;
use crate::project::names::Symbol;
use crate::project::scopes::BindingKind;
use crate::project::standard::standard;
use crate::project::types::Type;
use crate::project::{Answer, Module};
use crate::syntax::{self, ancestors, named_children};
use crate::text::Span;
use tree_sitter::Node;

/// What an expression is an instance of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Instance {
    /// Of a class of this file.
    Of(u32),
    /// Of a class of the standard library.
    Standard(String),
    /// The class object itself.
    Class(u32),
}

pub(super) const DEPTH: usize = 5;

impl Module<'_> {
    /// The function or class of this file that a call calls, where it is one for certain.
    pub fn called_definition(&self, call: Node) -> Option<u32> {
        let (inference, id) = self.inference()?;
        let callee = self.infer(call.child_by_field_name("function")?);
        let definition = match &callee {
            Type::Class(class, _) => *class,
            other => inference.function_of_type(other)?.definition,
        };
        (definition.module == id).then_some(definition.block)
    }

    /// Whether calling an expression makes a coroutine.
    pub(super) fn makes_coroutine(&self, function: Node) -> Answer {
        let Some((inference, _)) = self.inference() else {
            return Answer::Unknown("the file is looked at alone".to_owned());
        };
        let callee = self.infer(function);
        let result = inference.called(&callee);
        match result.parts() {
            parts if parts.iter().all(|part| matches!(part, Type::Coroutine(_))) => Answer::Yes,
            parts => match parts.iter().find(|part| part.is_unknown()) {
                Some(Type::Unknown(reason)) => Answer::Unknown(reason.to_string()),
                _ => Answer::No(format!("calling it gives {}", inference.describe(&result))),
            },
        }
    }

    /// Whether calling a block of this file makes a coroutine.
    pub(super) fn is_coroutine_function(&self, block: u32) -> Answer {
        let name = self.name_of(block);
        match self.outline.blocks[block as usize].kind {
            BlockKind::Class => return Answer::No(format!("`{name}` is a class")),
            BlockKind::Function { is_async: false } => return Answer::No(format!("`{name}` is a plain function")),
            BlockKind::Function { is_async: true } => {}
        }
        let Some(definition) = self.definition(block) else {
            return Answer::Unknown(format!("`{name}` could not be parsed"));
        };
        if self.is_generator(definition) {
            return Answer::No(format!("`{name}` is an asynchronous generator"));
        }
        self.decorators_of(definition)
            .into_iter()
            .map(|decorator| self.keeps_awaitable(decorator))
            .find(|answer| *answer != Answer::Yes)
            .unwrap_or(Answer::Yes)
    }

    pub(super) fn decorators_of<'a>(&self, definition: Node<'a>) -> Vec<Node<'a>> {
        let Some(outer) = definition.parent().filter(|parent| parent.kind() == "decorated_definition") else {
            return Vec::new();
        };
        named_children(outer).filter(|child| child.kind() == "decorator").collect()
    }

    /// Whether a decorated coroutine function still makes a coroutine when it is called.
    pub(super) fn keeps_awaitable(&self, decorator: Node) -> Answer {
        let Some(mut expression) = decorator.named_child(0) else { return Answer::Yes };
        if expression.kind() == "call" {
            expression = expression.child_by_field_name("function").unwrap_or(expression);
        }
        let transparent = |symbol: &Symbol| match symbol {
            Symbol::Path(path) | Symbol::Builtin(path) => standard().decorators.transparent.contains(path),
            _ => false,
        };
        if self.symbols(expression).iter().all(transparent) {
            return Answer::Yes;
        }
        let row = self.row(decorator.start_byte());
        Answer::Unknown(format!("the decorator `@{}` on line {row} may change what a call gives", self.of(expression)))
    }

    /// Whether a function has a `yield` of its own.
    pub fn is_generator(&self, definition: Node) -> bool {
        let Some(body) = definition.child_by_field_name("body") else { return false };
        let mut stack = vec![body];
        while let Some(node) = stack.pop() {
            match node.kind() {
                "yield" => return true,
                "function_definition" | "lambda" | "class_definition" => {}
                _ => stack.extend(named_children(node)),
            }
        }
        false
    }

    /// The method `name` of a class of this file, in its method resolution order as far as the file tells. An error where
    /// that is not to be known.
    pub fn method(&self, class: u32, name: &str) -> Result<Option<u32>, String> {
        let mut queue = vec![class];
        let mut seen = Vec::new();
        let mut elsewhere = None;
        while let Some(class) = queue.pop() {
            if seen.contains(&class) {
                continue;
            }
            seen.push(class);
            let bindings = self.bindings_in(Some(class), name);
            match bindings.as_slice() {
                [] => {}
                [one] => match one.kind {
                    BindingKind::Definition(method) if elsewhere.is_none() => return Ok(Some(method)),
                    BindingKind::Definition(_) => break,
                    _ => return Err(format!("`{name}` is assigned in class `{}`", self.name_of(class))),
                },
                _ => return Err(format!("`{name}` is bound more than once in class `{}`", self.name_of(class))),
            }
            let mut bases = self.bases(class);
            bases.reverse();
            for base in bases {
                match base {
                    Ok(base) => queue.push(base),
                    Err(name) => elsewhere = Some(name),
                }
            }
        }
        match elsewhere {
            Some(base) => Err(format!("the base class `{base}` is defined elsewhere")),
            None => Ok(None),
        }
    }

    /// Why a method that a class has may not be the one that an instance has: an instance or a subclass replaces it.
    pub(super) fn replaced_elsewhere(&self, class: u32, name: &str) -> Option<Answer> {
        for at in crate::text::words(self.text, name) {
            let rest = self.text[at + name.len()..].trim_start();
            let is_assigned = rest.starts_with('=') && !rest.starts_with("==");
            if is_assigned && self.text[..at].ends_with('.') && self.outline.is_code(Span::new(at, at + name.len())) {
                return Some(Answer::Unknown(format!("line {} assigns something to `{name}`", self.row(at))));
            }
        }
        let blocks = (0..self.outline.blocks.len() as u32).filter(|&block| self.name_of(block) == name);
        for method in blocks {
            let Some(owner) = self.outline.blocks[method as usize].parent.filter(|owner| self.is_class(*owner)) else {
                continue;
            };
            if owner != class && self.derives(owner, class, DEPTH) && self.is_coroutine_function(method) != Answer::Yes
            {
                let row = self.row(self.outline.blocks[method as usize].name.start);
                return Some(Answer::Unknown(format!("`{}` overrides `{name}` on line {row}", self.name_of(owner))));
            }
        }
        None
    }

    /// Whether a class of this file inherits from another.
    pub(super) fn derives(&self, class: u32, from: u32, depth: usize) -> bool {
        let bases = self.bases(class);
        depth > 0 && bases.into_iter().flatten().any(|base| base == from || self.derives(base, from, depth - 1))
    }

    /// The bases of a class: a class of this file, or the text of one from elsewhere. `object`, `abc.ABC`, `Protocol` and
    /// `Generic` bring no methods of interest and are left out.
    pub(super) fn bases(&self, class: u32) -> Vec<Result<u32, String>> {
        let Some(arguments) = self.bases_node(class) else { return Vec::new() };
        let mut bases = Vec::new();
        for base in named_children(arguments).filter(|child| child.kind() != "keyword_argument") {
            let plain =
                if base.kind() == "subscript" { base.child_by_field_name("value").unwrap_or(base) } else { base };
            let symbols = self.symbols(plain);
            match symbols.as_slice() {
                [Symbol::Definition(block)] if self.is_class(*block) => bases.push(Ok(*block)),
                [Symbol::Path(path) | Symbol::Builtin(path)]
                    if matches!(
                        path.as_str(),
                        "object" | "abc.ABC" | "typing.Protocol" | "typing.Generic" | "typing_extensions.Protocol"
                    ) => {}
                _ => bases.push(Err(self.of(base).to_owned())),
            }
        }
        bases
    }

    /// The class of this file whose method `node` stands in, and the name of the method's first parameter.
    fn method_around<'a>(&'a self, node: Node<'a>) -> Option<(u32, &'a str, bool)> {
        let method = std::iter::successors(self.function_of(node), |function| self.function_of(*function))
            .filter(|function| function.kind() == "function_definition")
            .last()?;
        let block = self.block_of(method)?;
        let class = self.outline.blocks[block as usize].parent.filter(|parent| self.is_class(*parent))?;
        let first = named_children(method.child_by_field_name("parameters")?).next()?;
        let name = if first.kind() == "identifier" { first } else { first.named_child(0)? };
        let decorators = self.decorators_of(method);
        let is = |wanted: &str| {
            decorators.iter().filter_map(|decorator| decorator.named_child(0)).any(|name| self.of(name) == wanted)
        };
        (!is("staticmethod")).then(|| (class, self.of(name), is("classmethod")))
    }

    /// What an expression is an instance of, where the file tells for certain.
    pub(super) fn instance_of(&self, node: Node, depth: usize) -> Option<Instance> {
        if depth == 0 {
            return None;
        }
        match node.kind() {
            "call" => self.instance_made_by(node, depth),
            "await" => self.awaited_instance(node.named_child(0)?, 0),
            "parenthesized_expression" => self.instance_of(node.named_child(0)?, depth),
            "identifier" => self.instance_named(node, depth),
            "attribute" => self.instance_in_attribute(node, depth),
            _ => None,
        }
    }

    fn instance_made_by(&self, call: Node, depth: usize) -> Option<Instance> {
        let function = call.child_by_field_name("function")?;
        if self.of(function) == "super" {
            let (class, ..) = self.method_around(call)?;
            return match self.bases(class).as_slice() {
                [Ok(base)] => Some(Instance::Of(*base)),
                _ => None,
            };
        }
        match self.symbols_of(function)? {
            Symbol::Definition(class) if self.is_class(class) => Some(Instance::Of(class)),
            Symbol::Path(path) if standard().has_class(&path) => Some(Instance::Standard(path)),
            _ => {
                // `cls()` in a class method, or a class kept in a variable.
                match self.instance_of(function, depth - 1)? {
                    Instance::Class(class) => Some(Instance::Of(class)),
                    _ => None,
                }
            }
        }
    }

    /// The one symbol of an expression.
    pub(super) fn symbols_of(&self, node: Node) -> Option<Symbol> {
        let mut symbols = self.symbols(node);
        if symbols.len() == 1 { symbols.pop() } else { None }
    }

    fn awaited_instance(&self, call: Node, at: usize) -> Option<Instance> {
        let function = call.child_by_field_name("function")?;
        let Symbol::Path(path) = self.symbols_of(function)? else { return None };
        let classes = standard().returns.get(&path)?;
        (at > 0 || classes.len() == 1).then(|| classes.get(at).cloned().map(Instance::Standard))?
    }

    fn instance_named(&self, name: Node, depth: usize) -> Option<Instance> {
        let found = self.lookup(self.of(name), name)?;
        let runtime: Vec<_> = found.bindings.iter().filter(|binding| !binding.typing_only).collect();
        if let ([binding], Some((class, first, is_class_method))) = (runtime.as_slice(), self.method_around(name))
            && self.of(name) == first
            && matches!(binding.kind, BindingKind::Parameter(_))
        {
            return Some(if is_class_method { Instance::Class(class) } else { Instance::Of(class) });
        }
        let mut agreed: Option<Instance> = None;
        for binding in runtime {
            let instance = match &binding.kind {
                BindingKind::Value(span) => {
                    let value = self.node_at(*span)?;
                    if value.kind() == "none" {
                        continue;
                    }
                    self.instance_of(value, depth - 1)?
                }
                BindingKind::Parameter(Some(annotation)) => self.annotated(*annotation)?,
                BindingKind::Entered(span, _) => {
                    // A class of this file may return anything from `__enter__`; only itself is taken for granted
                    // where it has such a method and the method returns its first parameter.
                    self.entered_instance(*span, depth)?
                }
                BindingKind::Other("it is unpacked from a value") => self.unpacked_instance(binding.at)?,
                BindingKind::Definition(class) if self.is_class(*class) => Instance::Class(*class),
                _ => return None,
            };
            if agreed.as_ref().is_some_and(|agreed| *agreed != instance) {
                return None;
            }
            agreed = Some(instance);
        }
        agreed
    }

    fn entered_instance(&self, span: Span, depth: usize) -> Option<Instance> {
        let Instance::Of(class) = self.instance_of(self.node_at(span)?, depth - 1)? else { return None };
        let enter = ["__aenter__", "__enter__"].iter().find_map(|name| self.method(class, name).ok().flatten())?;
        let body = self.definition(enter)?.child_by_field_name("body")?;
        let last = named_children(body).last()?;
        (self.of(last) == "return self").then_some(Instance::Of(class))
    }

    /// An instance bound by `reader, writer = await asyncio.open_connection(…)`.
    fn unpacked_instance(&self, at: usize) -> Option<Instance> {
        let name = self.node_at(Span::new(at, at + 1))?;
        let assignment = ancestors(name).find(|node| node.kind() == "assignment")?;
        let position = named_children(assignment.child_by_field_name("left")?).position(|target| target == name)?;
        let value = assignment.child_by_field_name("right").filter(|value| value.kind() == "await")?;
        let call = value.named_child(0)?;
        let Symbol::Path(path) = self.symbols_of(call.child_by_field_name("function")?)? else { return None };
        standard().returns.get(&path)?.get(position).cloned().map(Instance::Standard)
    }

    /// The instance that a parameter's annotation promises: a class of this file or of asyncio, as a name, a string, or
    /// with `| None`.
    fn annotated(&self, annotation: Span) -> Option<Instance> {
        let node = self.node_at(annotation)?;
        let mut inner = if node.kind() == "type" { node.named_child(0)? } else { node };
        if inner.kind() == "binary_operator" && self.of(inner).ends_with("| None") {
            inner = inner.child_by_field_name("left")?;
        }
        match self.symbols_of(inner)? {
            Symbol::Definition(class) if self.is_class(class) => Some(Instance::Of(class)),
            Symbol::Path(path) if standard().has_class(&path) => Some(Instance::Standard(path)),
            _ => None,
        }
    }

    /// `self.queue`, where the class assigns it exactly one kind of thing.
    fn instance_in_attribute(&self, node: Node, depth: usize) -> Option<Instance> {
        let object = node.child_by_field_name("object")?;
        let name = self.of(node.child_by_field_name("attribute")?);
        let (class, first, is_class_method) = self.method_around(node)?;
        if self.of(object) != first || is_class_method || !self.bases(class).is_empty() {
            return None;
        }
        let mut agreed: Option<Instance> = None;
        let body = self.outline.blocks[class as usize].span;
        let needle = format!(".{name}");
        for at in crate::text::words(self.slice(body), &needle[1..]) {
            let at = body.start + at;
            let attribute = self.node_at(Span::new(at, at + name.len()))?.parent()?;
            if attribute.kind() != "attribute" || attribute.end_byte() != at + name.len() {
                // The name alone: a class attribute, a parameter, a string.
                if self.outline.is_code(Span::new(at, at + 1)) && self.binds_in_class(class, name) {
                    return None;
                }
                continue;
            }
            let Some(parent) = attribute.parent() else { continue };
            if parent.child_by_field_name("left") != Some(attribute) {
                continue;
            }
            let value = parent.child_by_field_name("right").filter(|_| parent.kind() == "assignment")?;
            if value.kind() == "none" {
                continue;
            }
            let instance = self.instance_of(value, depth - 1)?;
            if agreed.as_ref().is_some_and(|agreed| *agreed != instance) {
                return None;
            }
            agreed = Some(instance);
        }
        agreed
    }

    fn binds_in_class(&self, class: u32, name: &str) -> bool {
        !self.bindings_in(Some(class), name).is_empty()
    }

    /// Whether an expression is an asyncio event loop.
    pub fn is_event_loop(&self, node: Node) -> Answer {
        self.event_loop_within(node, DEPTH)
    }

    fn event_loop_within(&self, node: Node, depth: usize) -> Answer {
        let unknown = || Answer::Unknown(format!("it is not known what `{}` is", self.of(node)));
        if depth == 0 {
            return unknown();
        }
        match node.kind() {
            "call" => {
                let Some(function) = node.child_by_field_name("function") else { return unknown() };
                let factories: Vec<&str> = standard().loops.factories.iter().map(String::as_str).collect();
                match self.resolves_to(function, &factories) {
                    Answer::Yes => Answer::Yes,
                    _ => unknown(),
                }
            }
            "identifier" => {
                let Some(found) = self.lookup(self.of(node), node) else { return unknown() };
                Answer::all_of(found.bindings.iter().map(|binding| match &binding.kind {
                    BindingKind::Value(span) => {
                        self.node_at(*span).map_or_else(unknown, |value| self.event_loop_within(value, depth - 1))
                    }
                    BindingKind::Entered(span, _) => self.entered_is_loop(*span).unwrap_or_else(unknown),
                    BindingKind::Parameter(Some(annotation))
                        if !["Loop", "Any", "object"].iter().any(|word| self.slice(*annotation).contains(word)) =>
                    {
                        Answer::No(format!("it is annotated as `{}`", self.slice(*annotation)))
                    }
                    _ => unknown(),
                }))
            }
            _ => unknown(),
        }
    }

    /// What is entered by `async with` is a task group or a nursery, never a loop.
    fn entered_is_loop(&self, span: Span) -> Option<Answer> {
        let call = self.node_at(span)?;
        Some(Answer::No(format!("`{}` is a context manager", self.of(call))))
    }

    /// The last name of what a call calls: `get` in `session.get(url)`.
    pub(super) fn called_name(&self, call: Node) -> &str {
        let function = call.child_by_field_name("function").map_or("", |function| self.of(function));
        function.rsplit('.').next().unwrap_or(function)
    }

    /// Whether the callable `node` is handed to something that runs it in another thread or process.
    pub fn is_handed_to_thread(&self, node: Node) -> bool {
        ancestors(node).take_while(|outer| outer.kind() != "block").filter(|outer| outer.kind() == "call").any(|call| {
            let Some(function) = call.child_by_field_name("function") else { return false };
            !syntax::span(function).encloses(syntax::span(node))
                && standard().threads.receivers.contains(self.called_name(call))
        })
    }
}
