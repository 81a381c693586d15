//! What other files can know of one file, without a tree: its [`Summary`].
//!
//! A summary keeps the pieces of the source that say what a name is: the heads of functions and classes with their
//! decorators, imports, the assignments of a module, a class or an instance, and what a function without a return
//! annotation returns. Bodies are gone. The pieces are kept as written, in one string; whoever needs one parses it
//! ([`crate::project`]), so that there is one grammar and a summary costs no tree.
//!
//! Pure: the same text gives the same summary, whatever its path and whatever stands in other files. It can be written
//! down and read back. Blocks have the indices that they have in the [`crate::outline::Outline`] of the same text.

pub mod builtins;
mod calls;
pub mod containers;
mod deeds;
mod headers;
mod locals;
mod read;
mod targets;
#[cfg(test)]
mod tests;
mod uses;
mod walk;

pub use read::summarise;

use crate::outline::BlockKind;
use serde::{Deserialize, Serialize};

/// What other files can know of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The pieces of the source that are kept, one behind the other.
    pub text: String,
    /// The functions and classes, by their index in the outline.
    pub blocks: Vec<Block>,
    pub imports: Vec<Import>,
    /// In order of the source.
    pub facts: Vec<Fact>,
    /// The chains of names that functions call and await, and those that coroutine functions call for nothing; each once a
    /// function.
    pub uses: Vec<Use>,
    /// The calls that may tell what the parameters of what they call are, in order of the source.
    pub calls: Vec<Call>,
    /// What plain functions call and change, function by function; each once a function. Their pieces stand behind all others.
    pub deeds: Vec<Deed>,
    /// The cells of a notebook: the row at which the source of each begins, and its number.
    pub cells: Vec<(u32, u32)>,
    /// The outline lost its footing, so that something may be missing.
    pub is_partial: bool,
}

/// Where a piece stands in [`Summary::text`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    pub start: u32,
    pub end: u32,
}

/// A function or a class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    pub kind: BlockKind,
    /// Whether a function has a `yield` of its own.
    pub is_generator: bool,
    /// Whether such a `yield` stands in a `with`, or in a `try` with a `finally`.
    pub cleans_up: bool,
    /// Whether the body does nothing: a docstring, `...`, `pass` or `raise NotImplementedError`.
    pub is_empty: bool,
    pub name: Piece,
    /// Decorators and header as written, up to and with the colon.
    pub head: Piece,
    pub decorators: u32,
    /// The innermost function or class around it.
    pub parent: Option<u32>,
    pub condition: Condition,
    /// The one-based row of the name.
    pub row: u32,
}

/// One import statement, or one name of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// As written, leading dots included.
    pub module: Piece,
    /// None for `import a`; `*` for a star import.
    pub name: Option<Piece>,
    pub alias: Option<Piece>,
    pub block: Option<u32>,
    pub condition: Condition,
    pub row: u32,
}

/// A statement that says what something is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    pub kind: FactKind,
    /// The name that is bound; empty for a `return`.
    pub name: Piece,
    /// The whole statement as written, a header with its colon. A long one is cut behind the `=`, or, where
    /// the value is one call, behind the parenthesis that opens its arguments, and ends there.
    pub statement: Piece,
    pub block: Option<u32>,
    pub condition: Condition,
    pub row: u32,
}

/// What becomes of a call. That one is awaited where it stands shows that what is called makes awaitables; that many are
/// not shows that these need not be awaited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// What is called, as written: `self.session.get`, `super().close`.
    pub chain: Piece,
    /// Whether it is awaited; else the call is a whole statement.
    pub is_awaited: bool,
    pub block: u32,
    pub row: u32,
}

/// A call with names among its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// From the first name of what is called; its arguments in short, the own arguments of calls among them left out, `0` for a
    /// literal, `...` for what is not read, `*_` for the rest where that is not.
    pub call: Piece,
    /// How many bytes of it are the chain of names that is called.
    pub callee: u32,
    pub block: Option<u32>,
}

/// Something that a plain function does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    pub kind: DeedKind,
    /// A call, with its arguments in short as in [`Call::call`], or what is changed.
    pub source: Piece,
    pub block: u32,
    pub row: u32,
    /// Whether it is done whenever the function runs to it: not in a branch, while an error is handled, or after something was
    /// returned already.
    pub condition: Condition,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeedKind {
    /// It calls something.
    Call,
    /// It changes something that it did not make itself: an attribute, an item, or a name of the module.
    Change,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FactKind {
    /// `name = …`, `name: T = …`, `name: T`, `type name = …` directly in the module, in a class or in a function. One fact for each name
    /// that the statement binds. Of a function only names that one of its other facts reads.
    Name,
    /// The same with `+=` and its kin.
    Augmented,
    /// `self.name = …`, `cls.name = …` in a method, by whatever name its first parameter goes.
    Attribute,
    /// `name.other = …` on anything else.
    OtherAttribute,
    /// The header of a `for`, `with`, `except` or `case` that binds the name.
    Target,
    /// `global name` in a function that binds it.
    Global,
    /// `del name`, or a form that the lexical pass does not read.
    Unclear,
    /// `return …` with a value, of a function without a return annotation or with another function inside.
    Return,
}

/// When something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Condition {
    /// Whenever its block runs.
    Always,
    /// In the suite of a compound statement.
    Guarded,
    /// Under `if TYPE_CHECKING:`, for type checkers only.
    Typing,
}

impl Summary {
    pub fn slice(&self, piece: Piece) -> &str {
        &self.text[piece.start as usize..piece.end as usize]
    }

    /// A row as people find it: `7`, or `cell 3:2` in a notebook.
    pub fn place(&self, row: u32) -> String {
        let next = self.cells.partition_point(|(first, _)| *first <= row);
        match self.cells[..next].last() {
            Some((first, number)) => format!("cell {number}:{}", row - first + 1),
            None => row.to_string(),
        }
    }

    /// The name of a block.
    pub fn name_of(&self, block: u32) -> &str {
        self.slice(self.blocks[block as usize].name)
    }

    /// What a function does.
    pub fn deeds_of(&self, function: u32) -> &[Deed] {
        let first = self.deeds.partition_point(|deed| deed.block < function);
        let own = self.deeds[first..].partition_point(|deed| deed.block == function);
        &self.deeds[first..first + own]
    }
}

/// Where what is called ends in the call of a [`Deed`], `chain(…)` or `chain().name(…)`.
pub fn callee_end(call: &str) -> usize {
    let open = call.find('(').unwrap_or(call.len());
    match call[open..].strip_prefix("().") {
        Some(rest) => open + "().".len() + rest.find('(').unwrap_or(rest.len()),
        None => open,
    }
}

/// The last name of what is called in the call of a [`Deed`].
pub fn last_name(call: &str) -> &str {
    let callee = &call[..callee_end(call)];
    callee.rsplit('.').next().unwrap_or(callee)
}
