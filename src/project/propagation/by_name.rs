//! Functions that turn and are reached by their name, as a string or as one that is put together: whoever does that calls
//! them plainly.

use super::Spreading;
use crate::project::Answer;
use crate::project::Module;
use crate::project::layout::ModuleId;
use crate::project::linked::{Definition, Origin};
use crate::project::scopes::BindingKind;
use crate::project::standard::standard;
use crate::project::types::Type;
use crate::syntax::{self, ancestors, named_children};
use crate::text::{Span, words};
use std::collections::BTreeSet;
use std::rc::Rc;
use tree_sitter::Node;

/// The functions that reach an attribute by the name in a string.
const BY_NAME: [&str; 5] = ["getattr", "setattr", "delattr", "methodcaller", "attrgetter"];

/// Functions that give the names of a module or an object with what they stand for.
const NAMESPACES: [&str; 3] = ["globals", "locals", "vars"];

impl Spreading<'_> {
    /// A string that is the name of the functions, where something is reached by it.
    pub(super) fn look_at_string(&mut self, module: &Rc<Module>, file: ModuleId, span: Span, family: &[Definition]) {
        let strings = &module.outline.strings;
        let at = strings.partition_point(|string| string.end <= span.start);
        let Some(string) = strings.get(at).copied().filter(|string| string.start < span.start) else { return };
        let content = content(module.slice(string));
        let name = self.name(family[0]);
        if content != name {
            let qualified = content.rsplit('.').next() == Some(&name) && content.contains('.');
            if qualified && !content.contains(char::is_whitespace) {
                let path = self.inference.entry(file).path.clone();
                self.note(format!("the string `{content}` names it ({path}:{})", module.row(span.start)));
            }
            return;
        }
        let Some(node) = module.node_at(string) else { return };
        if let Some(namespace) = node.parent().and_then(|outer| namespace(module, outer)) {
            return self.refuse(module, file, span.start, format!("`{namespace}` reaches `{name}` by its name"));
        }
        let call = ancestors(node).take(2).find(|outer| outer.kind() == "call");
        let Some(function) = call.and_then(|call| call.child_by_field_name("function")) else { return };
        let last = module.of(function).rsplit('.').next().unwrap_or_default();
        if !BY_NAME.contains(&last) {
            return;
        }
        let receiver = call.and_then(first_argument).filter(|first| *first != node);
        if let Some(receiver) = receiver {
            let member = self.inference.attribute(&module.infer(receiver), &name);
            if !self.is_among(&member, family) && !member.is_unknown() {
                return;
            }
        }
        self.refuse(module, file, span.start, format!("`{last}` reaches `{name}` by its name"));
    }

    fn is_among(&self, ty: &Type, family: &[Definition]) -> bool {
        ty.parts().iter().any(|part| self.definition_of(part).is_some_and(|found| family.contains(&found)))
    }

    /// Names that are put together where the functions are defined, or what these inherit from: `getattr(self, "on_" + kind)`.
    pub(super) fn look_at_composed_names(&mut self, family: &[Definition]) {
        let classes = family.iter().filter_map(|function| self.class_of(*function));
        let lines = classes
            .flat_map(|class| self.inference.order(class).classes.iter().map(|(each, _)| *each).collect::<Vec<_>>());
        let own = family.iter().copied().chain(lines).map(|definition| definition.module);
        let files: BTreeSet<ModuleId> = own.filter(|file| self.inference.entry(*file).origin == Origin::Run).collect();
        for file in files {
            let Some(module) = self.module(file) else { continue };
            for word in ["getattr", "globals"] {
                for at in words(module.text, word) {
                    let span = Span::new(at, at + word.len());
                    if module.outline.is_code(span)
                        && let Some(node) = module.node_at(span)
                        && let Some(call) =
                            node.parent().filter(|call| call.child_by_field_name("function") == Some(node))
                    {
                        self.look_at_composed_name(&module, file, call, family);
                    }
                }
            }
        }
    }

    /// A call of `getattr`, or of `globals` under a subscript.
    fn look_at_composed_name(&mut self, module: &Rc<Module>, file: ModuleId, call: Node, family: &[Definition]) {
        let receiver = first_argument(call);
        let given = match receiver {
            Some(_) => call.child_by_field_name("arguments").and_then(|arguments| named_children(arguments).nth(1)),
            None => call.parent().and_then(|outer| outer.child_by_field_name("subscript")),
        };
        let Some((start, end)) = given.and_then(|given| ends(module, given, 2)) else { return };
        let name = self.name(family[0]);
        if !name.starts_with(&*start) || !name.ends_with(&*end) || name.len() < start.len() + end.len() {
            return;
        }
        let is_named = !start.is_empty() || !end.is_empty();
        let is_reached = match receiver {
            Some(receiver) => {
                let member = self.inference.attribute(&module.infer(receiver), &name);
                let is_called = call.parent().is_some_and(|outer| outer.child_by_field_name("function") == Some(call));
                match is_named {
                    true => self.is_among(&member, family) || member.is_unknown(),
                    // Most attributes that are asked for so are no methods, unless they are called.
                    false => is_called && self.is_among(&member, family),
                }
            }
            None => is_named && self.class_of(family[0]).is_none() && family.iter().any(|own| own.module == file),
        };
        if is_reached {
            let shown = module.of(call).split_whitespace().collect::<Vec<_>>().join(" ");
            self.refuse(module, file, call.start_byte(), format!("`{shown}` may reach `{name}` by its name"));
        }
    }

    /// What calls a method of an object that it is given: `contextlib.closing(store)`.
    pub(super) fn look_at_protocols(&mut self, family: &[Definition]) {
        let name = self.name(family[0]);
        let Some(callers) = standard().protocols.callers.get(&name).filter(|_| self.class_of(family[0]).is_some())
        else {
            return;
        };
        for caller in callers {
            let last = caller.rsplit('.').next().unwrap_or_default();
            for file in self.texts.mentioning(last) {
                let Some(module) = self.module(file) else { continue };
                for at in words(module.text, last) {
                    let span = Span::new(at, at + last.len());
                    let node = module.outline.is_code(span).then(|| module.node_at(span)).flatten();
                    let call = node.and_then(|node| ancestors(node).take(2).find(|outer| outer.kind() == "call"));
                    let Some(call) = call else { continue };
                    let is_it = call
                        .child_by_field_name("function")
                        .is_some_and(|function| module.resolves_to(function, &[caller]) == Answer::Yes);
                    let arguments = call.child_by_field_name("arguments").filter(|_| is_it);
                    let is_given = arguments.into_iter().flat_map(named_children).any(|argument| {
                        self.is_among(&self.inference.attribute(&module.infer(argument), &name), family)
                    });
                    if is_given {
                        self.refuse(&module, file, at, format!("`{caller}` calls `{name}` plainly"));
                    }
                }
            }
        }
    }
}

/// The text of a string without its quotes.
fn content(literal: &str) -> &str {
    literal.trim_start_matches(|letter: char| letter.is_alphabetic()).trim_matches(['"', '\''])
}

fn first_argument(call: Node) -> Option<Node> {
    call.child_by_field_name("arguments").and_then(|arguments| named_children(arguments).next())
}

/// What a subscript looks a name up in, where that holds the names of a module or an object: `globals()`, `vars(x)`,
/// `x.__dict__`.
fn namespace<'a>(module: &'a Module, subscript: Node<'a>) -> Option<&'a str> {
    let value = subscript.child_by_field_name("value").filter(|_| subscript.kind() == "subscript")?;
    let is_it = match value.kind() {
        "call" => value.child_by_field_name("function").is_some_and(|name| NAMESPACES.contains(&module.of(name))),
        "attribute" => value.child_by_field_name("attribute").is_some_and(|name| module.of(name) == "__dict__"),
        _ => false,
    };
    is_it.then(|| module.of(value))
}

/// How a name begins and ends that is put together; both are empty where nothing is told. None for a whole string.
fn ends<'a>(module: &'a Module, given: Node<'a>, depth: usize) -> Option<(String, String)> {
    let part = |node: Node<'a>| match node.kind() {
        "string" => content(module.of(node)).to_owned(),
        _ => String::new(),
    };
    let nothing = || Some((String::new(), String::new()));
    let cut = |text: &str, mark: &str| Some((text.split(mark).next().unwrap_or_default().to_owned(), String::new()));
    match given.kind() {
        "string" => {
            let text = module.of(given);
            let mut gaps = named_children(given).filter(|child| child.kind() == "interpolation").map(syntax::span);
            let first = gaps.next()?;
            let last = gaps.last().unwrap_or(first);
            let start = content(&text[..first.start - given.start_byte()]).to_owned();
            Some((start, content(&text[last.end - given.start_byte()..]).to_owned()))
        }
        "binary_operator" => {
            let (left, right) = (given.child_by_field_name("left")?, given.child_by_field_name("right")?);
            match given.child_by_field_name("operator").map(|operator| operator.kind()) {
                Some("+") => {
                    // `"a" + b + "c"` is `("a" + b) + "c"`.
                    let start = ends(module, left, depth).map_or_else(|| part(left), |(start, _)| start);
                    Some((start, part(right)))
                }
                Some("%") => cut(&part(left), "%"),
                _ => nothing(),
            }
        }
        "call" => {
            let function = given.child_by_field_name("function")?;
            let object = function.child_by_field_name("object").filter(|object| object.kind() == "string");
            match object.zip(function.child_by_field_name("attribute")) {
                Some((object, name)) if module.of(name) == "format" => cut(&part(object), "{"),
                _ => nothing(),
            }
        }
        "identifier" if depth > 0 => {
            let found = module.lookup(module.of(given), given)?;
            let [only] = found.bindings.as_slice() else { return nothing() };
            match only.kind {
                BindingKind::Value(span) => ends(module, module.node_at(span)?, depth - 1),
                _ => nothing(),
            }
        }
        _ => nothing(),
    }
}
