//! What kind of class a method belongs to, and what kind of class made an object.
//!
//! A metaclass, a decorator or `__new__` may make anything of a class; where there is one, or where a base is elsewhere, the
//! answer is unknown.

use crate::outline::BlockKind;
use crate::project::names::Symbol;
use crate::project::scopes::BindingKind;
use crate::project::standard::standard;
use crate::project::{Answer, Module};
use crate::syntax::ancestors;
use crate::text::words;
use tree_sitter::Node;

impl Module<'_> {
    /// Whether a function is a method that a class defines directly and that Python alone calls by its name: no metaclass is
    /// named, and nothing in the file awaits a call of it.
    pub fn is_protocol_method(&self, function: Node) -> Answer {
        let Some(block) = self.block_of(function) else { return Answer::No("it is not a function".to_owned()) };
        let Some(class) = self.outline.blocks[block as usize].parent.filter(|parent| self.is_class(*parent)) else {
            return Answer::No("it is not in a class".to_owned());
        };
        if function.parent().is_some_and(|outer| outer.kind() == "decorated_definition") {
            return Answer::Unknown("a decorator may make something else of it".to_owned());
        }
        let name = self.name_of(block);
        if let Some(call) = words(self.text, name).find(|at| self.is_awaited_call(*at, name)) {
            return Answer::Unknown(format!("line {} calls it and awaits that", self.row(call)));
        }
        if words(self.slice(self.outline.blocks[class as usize].header), "metaclass").next().is_some() {
            return Answer::Unknown(format!("a metaclass makes the class `{}`", self.name_of(class)));
        }
        Answer::Yes
    }

    /// Whether the word at an offset is called as a method of something, and that is awaited.
    fn is_awaited_call(&self, at: usize, name: &str) -> bool {
        let is_called = self.text[at + name.len()..].trim_start().starts_with('(');
        is_called
            && self.text[..at].ends_with('.')
            && self
                .node_at(crate::text::Span::new(at, at + name.len()))
                .is_some_and(|node| ancestors(node).take(5).any(|outer| outer.kind() == "await"))
    }

    /// Whether the class around a method makes its instances as Python does: all its bases are known, none has a metaclass,
    /// an unknown decorator, `__new__` or `__await__`.
    pub fn is_made_plainly(&self, function: Node) -> Answer {
        let class = self.block_of(function).and_then(|block| self.outline.blocks[block as usize].parent);
        let Some(class) = class.filter(|class| self.is_class(*class)) else {
            return Answer::No("it is not in a class".to_owned());
        };
        if let Some(doubt) = self.class_doubt(class) {
            return Answer::Unknown(doubt);
        }
        match self.method(class, "__await__") {
            Ok(None) => Answer::Yes,
            Ok(Some(_)) => Answer::Unknown(format!("`{}` can be awaited", self.name_of(class))),
            Err(reason) => Answer::Unknown(reason),
        }
    }

    /// Whether a function has a `yield` of its own.
    pub fn is_generator_function(&self, function: Node) -> Answer {
        if self.is_generator(function) { Answer::Yes } else { Answer::No("it has no `yield`".to_owned()) }
    }

    /// Whether an expression is what a call of one of the dotted `paths` gave, or what `with` bound for such a call.
    pub fn is_made_by(&self, node: Node, paths: &[&str]) -> Answer {
        let made = |call: Node| match call.child_by_field_name("function").filter(|_| call.kind() == "call") {
            Some(function) => self.resolves_to(function, paths),
            None => Answer::No("it is no call".to_owned()),
        };
        if node.kind() != "identifier" {
            return made(node);
        }
        let unknown = || Answer::Unknown(format!("it is not known what `{}` is", self.of(node)));
        let Some(found) = self.lookup(self.of(node), node) else { return unknown() };
        Answer::all_of(found.bindings.iter().map(|binding| match &binding.kind {
            BindingKind::Value(span) | BindingKind::Entered(span, _) => self.node_at(*span).map_or_else(unknown, made),
            _ => unknown(),
        }))
    }

    /// The block of the method `name` directly in a class, where it is bound once and is a coroutine function.
    pub fn coroutine_method(&self, class: u32, name: &str) -> Option<u32> {
        match self.bindings_in(Some(class), name).as_slice() {
            [one] => match one.kind {
                BindingKind::Definition(block) => {
                    let kind = self.outline.blocks[block as usize].kind;
                    (kind == BlockKind::Function { is_async: true }).then_some(block)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Why calling a class may not give an instance of it with its methods: an unknown decorator or metaclass, or `__new__`.
    pub fn class_doubt(&self, class: u32) -> Option<String> {
        let name = self.name_of(class);
        let plain = |symbol: &Symbol| match symbol {
            Symbol::Path(path) => standard().protocols.class_decorators.contains(path),
            _ => false,
        };
        let block = &self.outline.blocks[class as usize];
        if block.decorators > 0 {
            let known = self.definition(class).is_some_and(|definition| {
                self.decorators_of(definition).into_iter().filter_map(|decorator| decorator.named_child(0)).all(
                    |node| {
                        let function = node.child_by_field_name("function").filter(|_| node.kind() == "call");
                        self.symbols(function.unwrap_or(node)).iter().all(plain)
                    },
                )
            });
            if !known {
                return Some(format!("a decorator may change the class `{name}`"));
            }
        }
        let header = self.slice(block.header);
        if words(header, "metaclass").next().is_some() && words(header, "ABCMeta").next().is_none() {
            return Some(format!("a metaclass makes the class `{name}`"));
        }
        let makes_other = !matches!(self.method(class, "__new__"), Ok(None));
        makes_other.then(|| format!("`{name}.__new__` may make something else"))
    }

    /// Whether one of a function's decorators is spelled so.
    pub(super) fn is_decorated(&self, block: u32, decorator: &str) -> bool {
        let decorators = self.definition(block).map(|definition| self.decorators_of(definition)).unwrap_or_default();
        decorators.into_iter().filter_map(|node| node.named_child(0)).any(|node| self.of(node) == decorator)
    }
}
