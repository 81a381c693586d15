//! What is known of something by what stands elsewhere: who assigns it, which class it is of, how a generator function cleans up.
//!
//! Assignments are told by the text and the outline of the file, place by place; who runs when is not asked.

use crate::outline::BlockKind;
use crate::project::types::Type;
use crate::project::{Answer, Module};
use crate::syntax::named_children;
use crate::text::{Span, words};
use tree_sitter::Node;

impl Module<'_> {
    /// Whether all that a condition reads are names and attributes, and other functions assign them.
    pub fn is_assigned_elsewhere(&self, condition: Node) -> Answer {
        let mut read = Vec::new();
        let mut stack = vec![condition];
        while let Some(node) = stack.pop() {
            match node.kind() {
                "call" | "await" | "subscript" => {
                    return Answer::No(format!("`{}` may ask anybody", self.of(node)));
                }
                "attribute" | "identifier" if self.is_constant_name(node) => {}
                "attribute" | "identifier" => read.push(node),
                _ => stack.extend(named_children(node)),
            }
        }
        let own = self.function_of(condition).and_then(|function| self.block_of(function));
        if ["Thread", "threading"].iter().any(|word| words(self.text, word).next().is_some()) {
            return Answer::Unknown("the file has threads, which could not set an event of asyncio".to_owned());
        }
        match !read.is_empty() && read.iter().all(|node| self.is_assigned_by_other(*node, own)) {
            true => Answer::Yes,
            false => Answer::No("no other function of the file assigns all that it reads".to_owned()),
        }
    }

    /// Whether a chain begins with, or is, a name that is written as a constant or a class: `Status.ready`, `READY`.
    fn is_constant_name(&self, node: Node) -> bool {
        self.of(node).starts_with(char::is_uppercase)
    }

    fn is_assigned_by_other(&self, node: Node, own: Option<u32>) -> bool {
        let name = node.child_by_field_name("attribute").unwrap_or(node);
        let is_attribute = node.kind() == "attribute";
        words(self.text, self.of(name)).any(|at| {
            let end = at + name.byte_range().len();
            let before = &self.text[..at];
            let function = self.function_block(at);
            let is_other = function.is_some() && function != own;
            let is_made = function.is_some_and(|block| matches!(self.name_of(block), "__init__" | "__new__"));
            before.ends_with('.') == is_attribute
                && is_other
                && !is_made
                && is_assignment(&self.text[end..])
                && self.outline.is_code(Span::new(at, end))
                && (is_attribute || function.is_some_and(|block| self.declares_outer(block, self.of(name))))
        })
    }

    /// Whether a function says of a name that it is another's.
    fn declares_outer(&self, block: u32, name: &str) -> bool {
        let text = self.slice(self.outline.blocks[block as usize].span);
        ["global", "nonlocal"].iter().any(|word| {
            words(text, word).any(|at| words(text[at..].lines().next().unwrap_or_default(), name).next().is_some())
        })
    }

    /// The innermost function around an offset.
    fn function_block(&self, at: usize) -> Option<u32> {
        let block = self.outline.innermost_block(at).map(|block| block as u32);
        let mut around = self.outline.enclosing_blocks(block).map(|block| block as u32);
        around.find(|block| !self.is_class(*block))
    }

    /// Whether an expression is an instance of a class with one of the dotted paths.
    pub fn is_instance_of(&self, node: Node, paths: &[&str]) -> Answer {
        let Some((inference, _)) = self.inference() else { return Answer::alone() };
        let ty = self.infer(node);
        Answer::all_of(ty.parts().iter().map(|part| match (inference.class_path(part), part.reason()) {
            (Some(path), _) if paths.contains(&path.as_str()) => Answer::Yes,
            (None, Some(reason)) => Answer::Unknown(reason.to_string()),
            _ => Answer::No(format!("it is {}", inference.describe(part))),
        }))
    }

    /// Whether a call makes an asynchronous generator that has something to clean up where it yields.
    pub fn makes_cleaning_generator(&self, call: Node) -> Answer {
        let Some((inference, _)) = self.inference() else { return Answer::alone() };
        let Some(function) = call.child_by_field_name("function").filter(|_| call.kind() == "call") else {
            return Answer::No("it is no call".to_owned());
        };
        let Type::Function(function) = self.infer(function) else {
            return Answer::No("it is not known which function makes it".to_owned());
        };
        let entry = inference.entry(function.definition.module);
        let block = &entry.summary.blocks[function.definition.block as usize];
        let is_generator = block.kind == BlockKind::Function { is_async: true } && block.is_generator;
        match is_generator && block.decorators == 0 && block.cleans_up {
            true => {
                inference
                    .tell(|| format!("it cleans up behind its `yield` ({})", inference.location(function.definition)));
                Answer::Yes
            }
            false => Answer::No("it has nothing to clean up".to_owned()),
        }
    }
}

/// Whether a text begins with what assigns to the name before it.
fn is_assignment(rest: &str) -> bool {
    let rest = rest.trim_start_matches([' ', '\t']);
    let operator = rest.trim_start_matches(['+', '-', '*', '/', '%', '&', '|', '^', '@', '<', '>']);
    operator.starts_with('=')
        && !operator.starts_with("==")
        && (operator.len() == rest.len() || rest.len() - operator.len() <= 2)
        && !rest.starts_with("<=")
        && !rest.starts_with(">=")
}
