//! What a fix asks for: edits, imports, helpers.
//!
//! An [`Edit`] replaces bytes. An import or a module-level helper is a [`Request`], not an edit: requests of all fixes of
//! a file are merged and rendered once, last, so that two fixes that need the same import never collide.

use crate::text::Span;
use serde::Serialize;

/// Replaces the bytes of `span` by `content`. An empty span inserts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edit {
    pub span: Span,
    pub content: String,
}

/// Something at module level that a fix needs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Request {
    /// `import module` at module level.
    Import { module: String },
    /// A definition of the page's own, such as a set of background tasks: its name and its text, `\n` between lines.
    Helper { name: String, text: String },
}

impl Edit {
    pub fn replace(span: Span, content: impl Into<String>) -> Edit {
        Edit { span, content: content.into() }
    }

    pub fn insert(offset: usize, content: impl Into<String>) -> Edit {
        Edit { span: Span::at(offset), content: content.into() }
    }

    pub fn delete(span: Span) -> Edit {
        Edit { span, content: String::new() }
    }
}
