//! The outline of a file: its functions, classes, statements, imports, strings and comments, found without a tree.
//!
//! One lexical pass over the bytes, at the speed of memory more than of a parser. It finds blocks and names only;
//! whatever has an expression in it is tree-sitter's. [`read`] makes the outline lexically, [`from_tree`] makes the same
//! value from a whole-file tree, and on real code the two are equal: that is the contract of this module.
//!
//! Where the pass loses its footing (unbalanced brackets, an unterminated string, a dedent to no level, a header without
//! a suite, a backquote) it sets [`Outline::lost`], and the caller parses the file whole.
//!
//! Over 29,306 real files (228 MB: Home Assistant, litellm and others, and CPython 3.13's library) the pass was never lost
//! and no error-free tree differed (`cargo bench --bench outline -- DIR...`). The trees of 13 of these files have errors,
//! 11 of them for defaults of type parameters (PEP 696), which the grammar does not know; the pass is lost in none of these.
//!
//! Known to differ, and in none of them: the grammar counts eight columns for a tab wherever it stands, where Python goes
//! on to the next multiple of eight; it takes an attribute on the line after its dot (`a.`, line end, `b`), a header
//! without a suite and other texts that Python refuses. On these the pass does as Python does.
//!
//! The rooms: `scan` reads strings, comments and brackets, `head` what the first word of a statement makes of it,
//! `imports` the items of an import statement, `lexical` the lines and blocks ([`read`]), `tree` the same from a tree
//! ([`from_tree`]), and `queries` answers what callers ask of an outline. `call_sites` finds the calls of a text whose
//! outline is known, `operands` reads what stands at an offset of it. `cells` makes one text of a notebook's cells, and
//! `magics` masks what is no Python in them.

mod call_sites;
mod cells;
mod head;
mod imports;
mod lexical;
mod magics;
pub mod operands;
mod queries;
mod scan;
#[cfg(test)]
mod tests;
mod tree;

pub use call_sites::{CallSite, Place, call_places, call_sites};
pub use cells::{Cell, Program, marked, program};
pub use lexical::read;
pub use tree::from_tree;

use crate::text::Span;
use serde::{Deserialize, Serialize};

/// The blocks and names of one file. All vectors are in source order of `span.start`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outline {
    pub blocks: Vec<Block>,
    pub statements: Vec<Statement>,
    pub imports: Vec<Import>,
    /// String literals that hold no code: neither f-strings nor t-strings. From the prefix to the closing quote.
    pub strings: Vec<Span>,
    /// Comments, from `#` to before the line end.
    pub comments: Vec<Span>,
    /// The code cells, where the text is that of a notebook: then a loop runs at its top level, and `await` is legal there.
    pub cells: Vec<Cell>,
    /// Byte offset at which the pass lost its footing; then the rest of the file is missing from the outline.
    pub lost: Option<usize>,
}

/// A function or a class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    pub kind: BlockKind,
    /// From the first decorator, else from `async`, `def` or `class`, to the end of the last statement inside.
    pub span: Span,
    /// From `async`, `def` or `class` to behind the colon.
    pub header: Span,
    pub name: Span,
    /// Index of the innermost function or class around this one.
    pub parent: Option<u32>,
    /// How many decorators it has.
    pub decorators: u32,
    /// Index of the first header of the outermost compound statement around it inside its parent (or the module).
    pub compound: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BlockKind {
    Function { is_async: bool },
    Class,
}

/// One statement that is not a function or a class. A compound statement (`if`, `elif`, `else`, `for`, `while`, `try`,
/// `except`, `finally`, `with`, `match`, `case`) is listed with the span of its header, keyword to colon inclusive, and the
/// statements of its suite follow it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    pub kind: StatementKind,
    pub span: Span,
    /// Index of the innermost function or class around it.
    pub block: Option<u32>,
    /// Whether it stands directly in its block (or in the module), not in the suite of a compound statement.
    pub direct: bool,
    /// Index of the first header of the outermost compound statement, inside its block (or the module), that it belongs
    /// to. The first header of such a statement names itself; `elif`, `else`, `except` and `finally` name the `if`,
    /// `for`, `while` or `try` that they continue, or what is around that.
    pub compound: Option<u32>,
    /// Where the last statement in its suites ends. The first header of a compound statement covers all its clauses, a
    /// clause (`else`, `case`, …) only its own suite. `span.end` for all that has no suite.
    pub end: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StatementKind {
    /// A header of a compound statement.
    Header,
    Import,
    Global,
    /// An expression statement that is one chain (a name, a literal or a bracket, then attributes, subscripts and calls)
    /// whose last link is a call: the identifier before the parenthesis, empty where anything else stands there
    /// (`f()[0](x)`). Nothing else may stand beside the chain at bracket depth zero, so `await f()`, `not f()`,
    /// `a and f()`, `x = f()` and `f(),` are [`StatementKind::Simple`]. A statement that is one pair of parentheses,
    /// whatever it holds, counts as a call with an empty callee, so that `(f())` is among them.
    Call {
        callee: Span,
    },
    /// Anything else that is simple.
    Simple,
}

/// One import statement, or one name of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// The whole statement.
    pub statement: Span,
    /// The item: `a.b as c` in `import x, a.b as c`; `*` in a star import.
    pub span: Span,
    /// `a.b` in `import a.b`; in `from .a import b` the module as written, dots included.
    pub module: Span,
    /// `b` in `from a import b`; none for `import a`. `*` for a star import.
    pub name: Option<Span>,
    /// The name after `as`.
    pub alias: Option<Span>,
    pub block: Option<u32>,
}
