//! What the user sees: every line that aiofix prints is made here, and nothing else prints.
//!
//! In go the values of [`crate::finding`] and plain rows of text; out goes whatever [`std::io::Write`] the caller hands
//! over, so that every form can be tested as a string. The words and shapes are ruff's where ruff has the thing,
//! because editors, CI systems and people already read them.
//!
//! Invariants: the same values give the same bytes; rows and columns are one-based and count characters, made from byte
//! offsets by [`crate::text::Lines`] at the last moment; a style that is switched off prints nothing at all, so plain
//! output never needs stripping (stripping would damage a diff of a file that holds escape sequences). Deliberately
//! absent: reading files, deciding exit codes, and choosing the stream.

mod catalogue;
mod change;
mod concise;
mod diff;
mod excerpt;
mod full;
mod json;
mod progress;
#[cfg(test)]
mod samples;
mod shared;
mod sheet;
mod spread;
mod statistics;
mod styles;
mod summary;

pub use catalogue::{PageRow, WordRow, explain, list, vocabulary};
pub use concise::concise;
pub use diff::diff;
pub use full::full;
pub use json::json;
pub use progress::Progress;
pub use spread::{refused, spread, spread_summary};
pub use statistics::{statistics, statistics_json};
pub use styles::Styles;
pub use summary::{bugs, checked, fixed, pending, skipped};

use crate::finding::{Applicability, Finding};
use std::io;

/// How findings are shown.
#[derive(Clone, Copy, Debug)]
pub struct View {
    pub styles: Styles,
    /// Whether `--unsafe-fixes` is given: which fixes count as applicable.
    pub unsafe_fixes: bool,
    /// Columns of the terminal; `None` cuts and wraps nothing, for pipes and files.
    pub width: Option<usize>,
}

impl View {
    /// Whether the `fix` command would apply this finding's fix.
    fn applies(&self, finding: &Finding) -> bool {
        finding.fix.as_ref().is_some_and(|fix| match fix.applicability {
            Applicability::Safe => true,
            Applicability::Unsafe => self.unsafe_fixes,
            Applicability::Display => false,
        })
    }

    /// Whether only the missing `--unsafe-fixes` keeps this finding's fix from being applied.
    fn hides(&self, finding: &Finding) -> bool {
        let unsafe_fix = finding.fix.as_ref().is_some_and(|fix| fix.applicability == Applicability::Unsafe);
        unsafe_fix && !self.unsafe_fixes
    }
}

/// Takes a reader that went away, such as `head`, for the ordinary end of printing.
pub fn ended(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// `1 error`, `2 errors`.
fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_went_away_is_no_error() {
        assert!(ended(Err(io::Error::from(io::ErrorKind::BrokenPipe))).is_ok());
        assert!(ended(Err(io::Error::from(io::ErrorKind::StorageFull))).is_err());
        assert!(ended(Ok(())).is_ok());
    }
}
