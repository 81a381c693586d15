//! What stands in a file for the text that is looked at: the text itself, or the JSON of a notebook around its cells.

use crate::driver::Read;
use crate::finding::Skip;
use crate::notebook::Notebook;
use crate::workspace;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// What a file holds before and after its fixes.
pub struct Change {
    pub old: String,
    pub new: String,
    /// The lines of `old` that belong together, and what they are called.
    pub headings: Vec<(Range<usize>, String)>,
}

/// The text to look at in what the file at `path` holds.
pub fn read(path: &Path, content: String) -> Result<Read, Skip> {
    if !workspace::is_notebook(path) {
        return Ok(Read::of(content.into()));
    }
    Notebook::open(&content).map(|notebook| Read::of_cells(notebook.shown, notebook.mark))
}

/// The same, for whoever wants nothing but the program.
pub fn program(path: &Path, content: String) -> Result<Arc<str>, Skip> {
    match workspace::is_notebook(path) {
        true => read(path, content).map(|read| read.text),
        false => Ok(content.into()),
    }
}

/// What becomes of the file at `path` whose text `read` was fixed; `content` gives what a notebook holds, which is not kept.
pub fn change(
    path: &Path,
    read: &Read,
    fixed: &str,
    content: impl FnOnce() -> Result<String, Skip>,
) -> Result<Change, Skip> {
    if !workspace::is_notebook(path) {
        return Ok(Change { old: read.text.to_string(), new: fixed.to_owned(), headings: Vec::new() });
    }
    let old = content()?;
    let notebook = Notebook::open(&old)?;
    let new = notebook.with(fixed).filter(|_| notebook.shown == read.shown).ok_or(Skip::Changed)?;
    Ok(Change { old, new, headings: notebook.places() })
}
