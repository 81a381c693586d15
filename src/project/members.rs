//! What kind of class a method belongs to, and what kind of class made an object.
//!
//! A metaclass, a decorator or `__new__` may make anything of a class; where there is one, or where a base cannot be read,
//! the answer is unknown.

use crate::outline::BlockKind;
use crate::project::expression::Expression;
use crate::project::inference::{Inference, Place};
use crate::project::linked::{Definition, Local, Origin};
use crate::project::scopes::BindingKind;
use crate::project::sinks::Sink;
use crate::project::standard::standard;
use crate::project::types::{ABSENT, Type};
use crate::project::{Answer, Module};
use crate::syntax::{ancestors, own_descendants};
use crate::text::{is_word, words};
use tree_sitter::Node;

impl Module<'_> {
    /// Whether the local that a call is assigned to is asked for an attribute that the call's object does not have.
    pub fn is_asked_for_absent(&self, call: Node) -> Answer {
        let Some((inference, _)) = self.inference() else {
            return Answer::Unknown("the file is looked at alone".to_owned());
        };
        let Sink::Bound(name) = self.sink(call) else { return Answer::No("it is not assigned to a name".to_owned()) };
        let reads = match self.reads_of_binding(name) {
            Ok(reads) => reads,
            Err(reason) => return Answer::No(reason),
        };
        let object = self.result_of(call);
        let is_absent = |read: &Node| {
            let attribute = read.parent().filter(|outer| outer.child_by_field_name("object") == Some(*read));
            let name = attribute.and_then(|attribute| attribute.child_by_field_name("attribute"));
            name.is_some_and(|name| match inference.attribute(&object, self.of(name)) {
                Type::Unknown(reason) => reason.ends_with(ABSENT),
                _ => false,
            })
        };
        match reads.iter().any(is_absent) {
            true => Answer::Yes,
            false => Answer::No(format!("{} may have what it is asked for", inference.describe(&object))),
        }
    }

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
        match self.inference() {
            Some((inference, own)) => inference.instances_lack_await(Definition { module: own, block: class }),
            None => Answer::alone(),
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

    /// Whether a function has a `yield` of its own.
    pub fn is_generator(&self, definition: Node) -> bool {
        let Some(body) = definition.child_by_field_name("body") else { return false };
        own_descendants(body).any(|node| node.kind() == "yield")
    }

    /// Whether an expression is an asyncio event loop.
    pub fn is_event_loop(&self, node: Node) -> Answer {
        let Some((inference, _)) = self.inference() else { return Answer::alone() };
        if let Some(reason) = self.reason_for_no_loop(node) {
            return Answer::No(reason);
        }
        let ty = self.infer(node);
        Answer::all_of(ty.parts().iter().map(|part| match part {
            Type::Instance(class, _) if inference.is_loop(*class) => Answer::Yes,
            _ if maker(part).is_some_and(|maker| standard().loops.factories.contains(maker)) => Answer::Yes,
            Type::Unknown(reason) | Type::Foreign(reason, _) => Answer::Unknown(reason.to_string()),
            other => Answer::No(format!("it is {}", inference.describe(other))),
        }))
    }

    /// What is entered by `with` is a task group or a nursery, and what is annotated with another name is that.
    fn reason_for_no_loop(&self, node: Node) -> Option<String> {
        let found = self.lookup(self.of(node), node).filter(|_| node.kind() == "identifier")?;
        found.bindings.iter().find_map(|binding| match &binding.kind {
            BindingKind::Entered(span, _) => Some(format!("`{}` is a context manager", self.slice(*span))),
            BindingKind::Parameter(Some(annotation))
                if !["Loop", "Any", "object"].iter().any(|word| self.slice(*annotation).contains(word)) =>
            {
                Some(format!("it is annotated as `{}`", self.slice(*annotation)))
            }
            _ => None,
        })
    }
}

impl Inference<'_> {
    /// Whether a class is asyncio's event loop or one of its kind.
    fn is_loop(&self, class: Definition) -> bool {
        self.order(class).classes.iter().any(|(each, _)| self.path(*each) == "asyncio.AbstractEventLoop")
    }

    /// Whether a class binds a name, itself or by inheritance, by nothing but a `def` in its body.
    pub(super) fn defines(&self, class: Definition, name: &str) -> bool {
        let order = self.order(class);
        let owner = order.classes.iter().map(|(each, _)| *each).find(|each| {
            let entry = self.entry(each.module);
            !entry.locals(Some(each.block), name).is_empty()
        });
        owner.is_some_and(|owner| {
            let entry = self.entry(owner.module);
            entry.locals(Some(owner.block), name).iter().all(|local| matches!(local, Local::Block(_)))
        })
    }

    /// Why calling a class may not give an instance of it with the methods that can be seen: a base that cannot be read, or an
    /// unknown decorator, a metaclass or `__new__`, its own or inherited.
    pub(super) fn class_doubt(&self, class: Definition) -> Option<String> {
        let order = self.order(class);
        if let Some((_, missing)) = &order.missing {
            return Some(missing.reason().map_or("a base class is not to be known".to_owned(), |why| why.to_string()));
        }
        order.classes.iter().find_map(|(each, _)| self.own_doubt(*each))
    }

    fn own_doubt(&self, class: Definition) -> Option<String> {
        let entry = self.entry(class.module);
        if entry.origin == Origin::Library {
            return None;
        }
        let name = entry.summary.name_of(class.block);
        let header = entry.summary.slice(entry.summary.blocks[class.block as usize].head);
        let head = entry.head(class.block);
        let place = Place { module: class.module, block: entry.summary.blocks[class.block as usize].parent };
        if !head.decorators.iter().all(|decorator| self.leaves_class(decorator, place)) {
            return Some(format!("a decorator may change the class `{name}`"));
        }
        if words(header, "metaclass").next().is_some() && words(header, "ABCMeta").next().is_none() {
            return Some(format!("a metaclass makes the class `{name}`"));
        }
        if !entry.locals(Some(class.block), "__new__").is_empty() {
            return Some(format!("`{name}.__new__` may make something else"));
        }
        let unread = head.bases.iter().find(|base| !self.is_read(base, place))?;
        let shown = unread.dotted().unwrap_or_default();
        Some(format!("the base class `{shown}` of `{name}` is not to be known"))
    }

    /// Whether a decorator gives back the class that it gets.
    fn leaves_class(&self, decorator: &Expression, place: Place) -> bool {
        let callee = if let Expression::Call(callee, ..) = decorator { callee } else { decorator };
        self.path_of(&self.infer(callee, &place)).is_some_and(|path| {
            // `attr._make.define` is `attr.define` for everybody else.
            let short = match (path.split_once('.'), path.rsplit_once('.')) {
                (Some((top, _)), Some((_, last))) => format!("{top}.{last}"),
                _ => path.clone(),
            };
            let known = &standard().protocols.class_decorators;
            known.contains(&path) || known.contains(&short)
        })
    }

    /// Whether the methods that a base class brings are all known: it is a class, or none that has any of interest.
    fn is_read(&self, base: &Expression, place: Place) -> bool {
        const EMPTY: [&str; 4] = ["builtins.object", "typing.Protocol", "typing.Generic", "typing_extensions.Protocol"];
        let plain = if let Expression::Subscript(plain, _) = base { plain } else { base };
        match self.infer(plain, &place) {
            Type::Class(..) => true,
            other => self.path_of(&other).is_some_and(|path| EMPTY.contains(&path.as_str())),
        }
    }
}

/// The dotted path of what made a value, where that is a class or a function that cannot be read.
pub(super) fn maker(ty: &Type) -> Option<&str> {
    let Type::Foreign(_, origin) = ty else { return None };
    origin.strip_suffix("()").filter(|path| path.bytes().all(|byte| is_word(byte) || byte == b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outline;
    use crate::project::layout::ModuleId;
    use crate::project::linked::Project;
    use crate::summary::{Summary, summarise};
    use crate::syntax;
    use std::sync::Arc;

    fn summary(text: &str) -> Arc<Summary> {
        Arc::new(summarise(text, &outline::from_tree(&syntax::parse(text), text)))
    }

    /// Whether the class of the first function is made plainly, with another file beside.
    fn answer(base: &str) -> Answer {
        let own = "from base import Base\n\n\nclass Session(Base):\n    async def __init__(self):\n        pass\n";
        let project = Project::of_files(&[("own.py", summary(own)), ("base.py", summary(base))]);
        let module = Module::whole(own).within(Inference::new(&project), ModuleId(0));
        let at = own.find("__init__").expect("the text has a constructor");
        let name = module.node_at(crate::text::Span::new(at, at + 8)).expect("the file is parsed whole");
        module.is_made_plainly(name.parent().expect("a name is part of its definition"))
    }

    #[test]
    fn a_parent_in_another_module_makes_its_instances_or_leaves_it_to_python() {
        assert_eq!(answer("class Base:\n    size = 1\n"), Answer::Yes);
        assert_eq!(
            answer("from dataclasses import dataclass\n\n\n@dataclass\nclass Base:\n    size: int\n"),
            Answer::Yes
        );
        let texts = [
            "class Meta(type):\n    pass\n\n\nclass Base(metaclass=Meta):\n    pass\n",
            "class Base:\n    def __new__(cls):\n        return make(cls)\n",
            "from elsewhere import Root\n\n\nclass Base(Root):\n    pass\n",
            "from elsewhere import awaiting\n\n\n@awaiting\nclass Base:\n    pass\n",
        ];
        for text in texts {
            assert!(matches!(answer(text), Answer::Unknown(_)), "{text}");
        }
        assert!(matches!(answer("class Base:\n    def __await__(self):\n        yield\n"), Answer::No(_)));
    }
}
