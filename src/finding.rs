//! What the pipeline tells of one file: findings with their fixes, and outcomes that are no findings.
//!
//! These are the values that [`crate::report`] prints. They hold no path of the file system beyond the display name
//! that the driver gave, and nothing here decides anything.

use crate::outline::Cell;
use crate::plan::Edit;
use crate::text::{Location, Span};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How far a fix may be trusted, in ruff's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Applicability {
    /// Shown, never applied.
    Display,
    /// Valid, but behaviour can change: applied with `--unsafe-fixes`.
    Unsafe,
    /// The old behaviour was an error, a guaranteed no-op, or differs only in when other tasks run.
    Safe,
}

/// One fix as it would be applied alone: all its edits or none, those of its imports and helpers included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    pub title: String,
    /// The name by which `--prefer` asks for it; none where nobody can.
    pub name: Option<Arc<str>>,
    pub applicability: Applicability,
    /// Sorted and disjoint.
    pub edits: Vec<Edit>,
    /// Why the engine trusts it less than the page does, a sentence each.
    pub notes: Vec<String>,
    /// What it changes in other files, in order of path: all files or none.
    pub elsewhere: Vec<Elsewhere>,
}

/// What a fix changes in another file than that of its finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// The path as it is shown.
    pub path: String,
    /// Sorted and disjoint, each with the places where it begins and ends.
    pub edits: Vec<(Edit, Location, Location)>,
}

/// One pitfall at one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The page's name, such as `blocking-sleep`.
    pub page: Arc<str>,
    /// The page's code, such as `AIO201`.
    pub code: Arc<str>,
    pub message: String,
    pub span: Span,
    /// The one that is applied: the page's first, or the one that was asked for.
    pub fix: Option<Fix>,
    /// Why there is no fix, where the page has one for such places.
    pub reason: Option<String>,
    /// Other fixes of the same thing, in the order of the page.
    pub alternatives: Vec<Fix>,
    /// Other fixes that the page has for such places, and that this one cannot have.
    pub refusals: Vec<Refusal>,
    /// What it shares with other findings of its page, which one fix mends together; none where it stands alone.
    pub matter: Option<Arc<str>>,
}

/// A fix that cannot be made here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub name: Arc<str>,
    /// Why, as a clause.
    pub reason: String,
    /// Whether it was asked for.
    pub is_preferred: bool,
}

impl Finding {
    /// All its fixes, the one that is applied first.
    pub fn fixes(&self) -> impl Iterator<Item = &Fix> {
        self.fix.iter().chain(&self.alternatives)
    }
}

/// Why a file was left alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Skip {
    /// It could not be read or written: the system's sentence.
    Unreadable(String),
    /// Its bytes are not text in the encoding that it declares: which, and where.
    Undecodable(String),
    /// It is not valid Python: zero-based byte offset of the first error.
    Unparsable(usize),
    /// A notebook that cannot be read, or that is not Python's: a sentence.
    Notebook(String),
    /// It changed on disk between reading and writing.
    Changed,
    /// Too large or too deeply nested to look at: a sentence.
    TooLarge(String),
}

/// All that is told of one file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FileReport {
    /// The path as it is shown, with `/`, relative to the working directory where it lies below it.
    pub path: String,
    /// The text that spans refer to; empty when the file was skipped before it was decoded. It is not written down.
    #[serde(skip)]
    pub text: Arc<str>,
    /// The cells, where the text is that of a notebook.
    #[serde(skip)]
    pub cells: Vec<Cell>,
    /// In order of position.
    pub findings: Vec<Finding>,
    /// The text after all fixes that were allowed, when it differs.
    pub fixed: Option<String>,
    /// How many fixes made [`FileReport::fixed`], by page name.
    pub applied: Vec<(Arc<str>, usize)>,
    pub skip: Option<Skip>,
    /// Faults of aiofix itself: fixes dropped because their result could not be proved, each a sentence.
    pub bugs: Vec<String>,
}

impl FileReport {
    /// The report on a file of which there is nothing to say.
    pub fn of(path: String, text: Arc<str>) -> FileReport {
        FileReport {
            path,
            text,
            cells: Vec::new(),
            findings: Vec::new(),
            fixed: None,
            applied: Vec::new(),
            skip: None,
            bugs: Vec::new(),
        }
    }
}
