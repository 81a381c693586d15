//! What a fix asks for: edits, imports, helpers.
//!
//! An [`Edit`] replaces bytes. An import or a module-level helper is a [`Request`], not an edit: requests of all fixes of
//! a file are merged and rendered once, last, so that two fixes that need the same import never collide.

use crate::finding::Applicability;
use crate::text::Span;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Replaces the bytes of `span` by `content`. An empty span inserts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    pub span: Span,
    pub content: String,
}

/// One fix before it is rendered: its edits or none of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub page: Arc<str>,
    /// The name of the fix, where it has one.
    pub name: Option<Arc<str>>,
    pub title: String,
    pub applicability: Applicability,
    /// Why the engine trusts it less than the page does.
    pub notes: Vec<String>,
    /// Sorted and disjoint.
    pub edits: Vec<Edit>,
    /// What no other fix may touch in the same round, beside the edits.
    pub claims: Vec<Span>,
    pub requests: Vec<Request>,
    /// The other files that change with this one: all or none.
    pub elsewhere: Vec<Companion>,
}

/// A file that changes together with the one that a plan is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Companion {
    /// Its number in the project.
    pub file: u32,
    /// Its path as it is shown.
    pub path: String,
    /// All its edits, those of imports included; sorted and disjoint.
    pub edits: Arc<[Edit]>,
    pub before: Arc<str>,
    /// Its new text, which is proved.
    pub after: Arc<str>,
}

/// One of several files that change together: its own plan, and what it is to the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joint {
    pub plan: Plan,
    pub companion: Companion,
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
