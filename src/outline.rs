//! The outline of a file: its functions, classes, statements, imports, strings and comments, found without a tree.
//!
//! One lexical pass over the bytes, at the speed of memory more than of a parser. It finds blocks and names only;
//! whatever has an expression in it is tree-sitter's. [`read`] makes the outline lexically, [`from_tree`] makes the same
//! value from a whole-file tree, and on real code the two are equal: that is the contract of this module.
//!
//! Where the pass loses its footing (unbalanced brackets, an unterminated string, a dedent to no level) it sets
//! [`Outline::lost`], and the caller parses the file whole.

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
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StatementKind {
    /// A header of a compound statement.
    Header,
    Import,
    Global,
    /// An expression statement that ends in a call at bracket depth zero: the last identifier before the parenthesis
    /// (empty where an expression stands there).
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
