//! Every call of a file, found without a tree, and what becomes of its value.
//!
//! One lexical pass over the code that the outline lists: statements, headers, decorators, and what stands between the
//! braces of f-strings. It is a filter before the parser: it never loses a call, and where it cannot tell what becomes
//! of a value it says [`Place::Value`], the place that is looked at. Whoever edits anything asks the tree.
//!
//! Over 29,326 real files (229 MB), no call of an error-free tree is without its site, and none has a place that is wrong
//! in any other way than [`Place::Value`] (`cargo bench --bench call_sites -- DIR...`).
//!
//! The rooms: `reader` reads tokens, `frame` knows what stands around a call, `tree` says the same from a tree.

mod frame;
mod reader;
#[cfg(test)]
mod tests;
mod tree;

pub use tree::call_places;

use super::{Block, BlockKind, Outline, StatementKind};
use crate::text::Span;
use reader::{Opening, Reader};

/// A call, other than one that is awaited where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallSite {
    /// The identifier before the parenthesis. Empty, and just before the parenthesis, where something else stands there:
    /// `f()()`, `f[0]()`, `(f)()`.
    pub name: Span,
    /// Where the chain starts: `self` in `self.a.b()`.
    pub chain: usize,
    pub place: Place,
    /// For an argument, the identifier before the parenthesis of the call that takes it.
    pub callee: Option<Span>,
    /// Whether some function around it is a coroutine function, and no lambda is in between.
    pub in_async: bool,
}

/// What becomes of the value of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// The call is a whole statement.
    Statement,
    /// It is the whole right side of an assignment, with or without annotation, or of `:=`.
    Assigned,
    /// It is the whole value of a `return`.
    Returned,
    /// Something is done with it that cannot be done with a coroutine, or it is not known what: an operand, a condition, an
    /// attribute or item of it, an iterable, an item of a `with`, part of an f-string.
    Value,
    /// It is an argument, positional or keyword.
    Argument,
    /// It is the element of a generator expression that nothing but its consumer runs.
    Generated,
    /// It is an element of a list, tuple, set or dictionary, what a `yield`, a lambda or a comprehension gives, or a
    /// default.
    Element,
}

/// The calls of a text whose outline is `outline`, in source order of their names.
///
/// Only what the outline lists is read: where the pass was lost, the rest is missing here too. A call that is awaited is
/// no site; a call in the chain of an awaited one is, `f()` in `await f().g()`.
pub fn call_sites(text: &str, outline: &Outline) -> Vec<CallSite> {
    let mut reader = Reader::new(text.as_bytes(), &outline.strings);
    let mut in_async: Vec<bool> = Vec::with_capacity(outline.blocks.len());
    let mut blocks = outline.blocks.iter().peekable();
    for statement in &outline.statements {
        while let Some(block) = blocks.next_if(|block| block.span.start < statement.span.start) {
            head(&mut reader, outline, block, &mut in_async);
        }
        let opening = match statement.kind {
            StatementKind::Header => Opening::Header,
            StatementKind::Call { .. } | StatementKind::Simple => Opening::Simple,
            StatementKind::Import | StatementKind::Global => continue,
        };
        reader.in_async = statement.block.map_or(outline.is_notebook(), |block| in_async[block as usize]);
        reader.read(statement.span, opening);
    }
    blocks.for_each(|block| head(&mut reader, outline, block, &mut in_async));
    reader.finish()
}

/// Reads the decorators and the header of a block, which run in what is around it.
fn head(reader: &mut Reader, outline: &Outline, block: &Block, in_async: &mut Vec<bool>) {
    let around = block.parent.map_or(outline.is_notebook(), |parent| in_async[parent as usize]);
    in_async.push(match outline.is_notebook() {
        true => outline.in_async(Some(in_async.len() as u32)),
        false => around || block.kind == BlockKind::Function { is_async: true },
    });
    reader.in_async = around;
    if block.decorators > 0 {
        reader.read(Span::new(block.span.start, block.header.start), Opening::Decorators);
    }
    let opening = if block.kind == BlockKind::Class { Opening::Class } else { Opening::Function };
    reader.read(Span::new(block.name.end, block.header.end), opening);
}
