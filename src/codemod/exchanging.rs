//! The operation that gives a name an object of another kind: one that is entered and awaited in coroutines.
//!
//! All that a file does with the name has to be told, and nobody else may see it: then the object is made by another call,
//! `with` becomes `async with`, and calls of what waits are awaited.

use crate::codemod::asynchronous::{managers, suspend};
use crate::codemod::matching::Sight;
use crate::codemod::operations::{Step, awaited};
use crate::codemod::planning::Draft;
use crate::plan::Edit;
use crate::project::scopes::Scope;
use crate::project::{Answer, Module};
use crate::syntax::{self, ancestors, named_children};
use crate::text::{Span, words};
use tree_sitter::Node;

/// What a mention of a value does.
enum Use<'a> {
    /// It is assigned what a call of this function gives, and may be annotated.
    Made(Node<'a>),
    /// A plain `with` enters it, and nothing beside.
    Entered(Node<'a>),
    /// A method of it is called.
    Called(Node<'a>, &'a str),
}

pub fn exchange(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let value = step.node(sight, "exchange")?;
    let module = sight.module;
    let written = module.of(value);
    let name = value.child_by_field_name("attribute").unwrap_or(value);
    if !is_of_this_file(module, value, module.of(name)) {
        return Err(format!("other files may use `{written}` as well"));
    }
    let mut makers = Vec::new();
    let mentions = words(module.text, module.of(name)).map(|at| Span::new(at, at + name.byte_range().len()));
    for span in mentions.filter(|span| module.outline.is_code(*span)) {
        let row = module.row(span.start);
        let used = use_of(module, span, value).ok_or_else(|| format!("line {row} uses it in another way"))?;
        let place = match used {
            Use::Made(function) => {
                makers.push(function);
                continue;
            }
            Use::Entered(place) | Use::Called(place, _) => place,
        };
        if module.in_coroutine(place) != Answer::Yes {
            return Err(format!("line {row} uses it in plain code"));
        }
        match used {
            Use::Called(call, method) if has(step.names("awaits"), method, call) => {
                suspend(sight, call, draft)?;
                draft.edits.extend(awaited(call));
            }
            Use::Called(call, method) if has(step.names("calls"), method, call) => {}
            Use::Called(..) => return Err(format!("line {row} uses it in another way")),
            _ => {
                suspend(sight, place, draft)?;
                draft.edits.push(Edit::insert(place.start_byte(), "async "));
            }
        }
        draft.mistaken.push(syntax::span(place));
    }
    let [maker] = makers[..] else { return Err(format!("`{written}` is not made once, in this file")) };
    if !takes(step.names("takes"), maker, module) {
        return Err(format!("line {} makes it with arguments", module.row(maker.start_byte())));
    }
    let text = draft.render(&step.templates("with")[0], sight, maker)?;
    draft.edits.push(Edit::replace(syntax::span(maker), text));
    Ok(())
}

/// Whether no other file uses what a name of this file stands for.
fn is_of_this_file(module: &Module, value: Node, name: &str) -> bool {
    let is_local =
        module.lookup(module.of(value), value).is_some_and(|found| matches!(found.scope, Scope::Function(_)));
    if is_local || name.starts_with('_') {
        return true;
    }
    let (Some((inference, own)), Some(texts)) = (module.inference(), module.texts()) else { return false };
    inference.search_texts();
    texts.mentioned_beyond(name).is_none() && texts.mentioning(name).iter().all(|file| *file == own)
}

/// What the name at a place does with a value, where it stands for that and is made, entered, or a method of it is called.
fn use_of<'a>(module: &'a Module, span: Span, value: Node) -> Option<Use<'a>> {
    let name = module.node_at(span)?;
    let mention = name.parent().filter(|outer| outer.child_by_field_name("attribute") == Some(name)).unwrap_or(name);
    if module.of(mention) != module.of(value) && !is_made_in_class_body(mention, value) {
        return None;
    }
    let outer = mention.parent()?;
    if outer.child_by_field_name("left") == Some(mention) {
        let call = outer.child_by_field_name("right").filter(|_| outer.child_by_field_name("type").is_none())?;
        return call.child_by_field_name("function").map(Use::Made);
    }
    if outer.child_by_field_name("object") == Some(mention) {
        let call = outer.parent().filter(|call| call.child_by_field_name("function") == Some(outer))?;
        return outer.child_by_field_name("attribute").map(|method| Use::Called(call, module.of(method)));
    }
    let with =
        ancestors(mention).nth(2).filter(|with| outer.kind() == "with_item" && with.kind() == "with_statement")?;
    (!syntax::is_async(with) && managers(with).count() == 1).then_some(Use::Entered(with))
}

/// Whether a name that is assigned in a class is an attribute of its instances, as `self.name` is.
fn is_made_in_class_body(name: Node, attribute: Node) -> bool {
    let in_class = ancestors(name).find(|outer| matches!(outer.kind(), "function_definition" | "class_definition"));
    attribute.kind() == "attribute" && in_class.is_some_and(|outer| outer.kind() == "class_definition")
}

/// Whether a call of a method is one of those that are written like `put(_)`: with as many arguments, none of them named.
fn has(written: &[String], method: &str, call: Node) -> bool {
    let arguments: Vec<Node> = call.child_by_field_name("arguments").into_iter().flat_map(named_children).collect();
    let is_plain = |argument: &Node| {
        !matches!(argument.kind(), "keyword_argument" | "list_splat" | "dictionary_splat" | "generator_expression")
    };
    arguments.iter().all(is_plain) && written.contains(&format!("{method}({})", vec!["_"; arguments.len()].join(", ")))
}

/// Whether the one constructor takes what the other is called with: arguments of these names, in their order.
fn takes(names: &[String], maker: Node, module: &Module) -> bool {
    let arguments = maker.parent().and_then(|call| call.child_by_field_name("arguments"));
    let arguments: Vec<Node> = arguments.into_iter().flat_map(named_children).collect();
    arguments.len() <= names.len()
        && arguments.iter().all(|argument| match argument.child_by_field_name("name") {
            Some(name) => names.iter().any(|known| known == module.of(name)),
            None => !matches!(argument.kind(), "list_splat" | "dictionary_splat"),
        })
}
