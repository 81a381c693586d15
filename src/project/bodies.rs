//! The texts of the files of a run, for the questions about bodies, which summaries do not have.
//!
//! A text is that of the beginning of the run, whatever was written since: what is found in it must not depend on which file
//! was fixed first.

use crate::project::layout::ModuleId;
use std::sync::Arc;

/// Gives the texts of files by their number.
pub trait Bodies: Send + Sync {
    /// None for what cannot be read.
    fn text(&self, file: ModuleId) -> Option<Arc<str>>;
}

/// No texts: bodies are unknown.
pub struct NoBodies;

impl Bodies for NoBodies {
    fn text(&self, _file: ModuleId) -> Option<Arc<str>> {
        None
    }
}

impl Bodies for Vec<Arc<str>> {
    fn text(&self, file: ModuleId) -> Option<Arc<str>> {
        self.get(file.0 as usize).cloned()
    }
}
