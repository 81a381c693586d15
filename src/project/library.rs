//! The table of the standard library: which names its modules have, which are coroutines, what they give.
//!
//! Data, not code: `library.toml` beside this file, one TOML table a module, written by `tests/real/library.py` from the
//! facts in typeshed's stubs; its head explains the words. In goes the name of a module, out comes the source text of a
//! stub ([`Library::module_source`]), so that the outline and the summary read the standard library as they read any other
//! stub and nothing behind them has to know that it is a table.
//!
//! The whole table costs ten times what a short run may spend on it. So loading it finds the headings only, and a module is
//! parsed when somebody asks for it. The names of `library_names.txt` are another question and load apart; they are lines
//! and no TOML because a list of six thousand words has nothing to parse.

mod render;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

const TABLE: &str = include_str!("library.toml");
const NAMES: &str = include_str!("library_names.txt");

/// What each name of a module is, in the words of the table: `Queue.get` is `async`.
pub type Facts = BTreeMap<String, String>;

/// The table of the standard library.
pub struct Library {
    /// The TOML below the heading of each module.
    modules: BTreeMap<&'static str, &'static str>,
}

/// The table of the standard library.
pub fn library() -> &'static Library {
    static LIBRARY: LazyLock<Library> = LazyLock::new(|| Library { modules: sections(TABLE) });
    &LIBRARY
}

impl Library {
    /// Whether the table covers a module. That it does not says nothing about whether there is one.
    pub fn has_module(&self, module: &str) -> bool {
        self.modules.contains_key(module)
    }

    /// The names of the modules, sorted.
    pub fn modules(&self) -> impl Iterator<Item = &'static str> {
        self.modules.keys().copied()
    }

    /// What the table says about a module.
    pub fn facts(&self, module: &str) -> Option<Facts> {
        let section = self.modules.get(module)?;
        Some(toml::from_str(section).expect("the embedded table is valid, as a test shows"))
    }

    /// The facts of a module as the source text of a stub.
    ///
    /// A name of another module, and a class of the module itself, is spelled in full behind an import at the top. What
    /// is public under another name is imported from there. Parameters are missing, as the table does not have them.
    pub fn module_source(&self, module: &str) -> Option<String> {
        Some(render::stub(self, module, &self.facts(module)?))
    }

    /// Whether a public class of the standard library has a method or an attribute of this name that is no coroutine
    /// method, so that the name alone says little about who is called.
    pub fn is_common_name(&self, name: &str) -> bool {
        static COMMON: LazyLock<Vec<&str>> =
            LazyLock::new(|| NAMES.lines().filter(|line| !line.starts_with('#')).collect());
        COMMON.binary_search(&name).is_ok()
    }

    /// The last names of all coroutine functions and methods, sorted: what a scan of the bytes can look for.
    pub fn awaitable_names(&self) -> impl Iterator<Item = &'static str> {
        static AWAITABLE: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
            let ends = memchr::memmem::find_iter(TABLE.as_bytes(), "\" = \"async");
            ends.filter_map(|end| TABLE[..end].rsplit(['"', '.']).next()).collect()
        });
        AWAITABLE.iter().copied()
    }

    /// Splits the full name of something in the table into its module and the rest.
    fn split<'p>(&self, path: &'p str) -> Option<(&'p str, &'p str)> {
        let dots = path.rmatch_indices('.').map(|(at, _)| at);
        dots.map(|at| (&path[..at], &path[at + 1..])).find(|(module, _)| self.has_module(module))
    }
}

/// The text below each heading `["module"]`, which stands at the start of a line, where no other line has a bracket.
fn sections(table: &'static str) -> BTreeMap<&'static str, &'static str> {
    const OPEN: &str = "\n[\"";
    let starts = memchr::memmem::find_iter(table.as_bytes(), OPEN).map(|at| at + OPEN.len());
    let starts: Vec<usize> = starts.collect();
    let ends = starts.iter().skip(1).map(|next| next - OPEN.len()).chain([table.len()]);
    starts.iter().zip(ends).filter_map(|(&start, end)| table[start..end].split_once("\"]")).collect()
}
