//! The pages of a run: those that ship with aiofix, and a user's own.

use crate::codemod::page::{Page, PageError};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// The pages that ship with aiofix, in order of name.
const BUILT_IN: &[(&str, &str)] = &[
    ("codemods/async-dunder.md", include_str!("../../codemods/async-dunder.md")),
    ("codemods/await-in-loop.md", include_str!("../../codemods/await-in-loop.md")),
    ("codemods/await-non-awaitable.md", include_str!("../../codemods/await-non-awaitable.md")),
    ("codemods/blocking-cpu.md", include_str!("../../codemods/blocking-cpu.md")),
    ("codemods/blocking-database.md", include_str!("../../codemods/blocking-database.md")),
    ("codemods/blocking-file.md", include_str!("../../codemods/blocking-file.md")),
    ("codemods/blocking-helper.md", include_str!("../../codemods/blocking-helper.md")),
    ("codemods/blocking-http.md", include_str!("../../codemods/blocking-http.md")),
    ("codemods/blocking-input.md", include_str!("../../codemods/blocking-input.md")),
    ("codemods/blocking-lock.md", include_str!("../../codemods/blocking-lock.md")),
    ("codemods/blocking-path.md", include_str!("../../codemods/blocking-path.md")),
    ("codemods/blocking-process.md", include_str!("../../codemods/blocking-process.md")),
    ("codemods/blocking-sleep.md", include_str!("../../codemods/blocking-sleep.md")),
    ("codemods/blocking-socket.md", include_str!("../../codemods/blocking-socket.md")),
    ("codemods/busy-wait.md", include_str!("../../codemods/busy-wait.md")),
    ("codemods/coroutine-callback.md", include_str!("../../codemods/coroutine-callback.md")),
    ("codemods/coroutine-reuse.md", include_str!("../../codemods/coroutine-reuse.md")),
    ("codemods/dangling-task.md", include_str!("../../codemods/dangling-task.md")),
    ("codemods/debug-mode.md", include_str!("../../codemods/debug-mode.md")),
    ("codemods/forgotten-await.md", include_str!("../../codemods/forgotten-await.md")),
    ("codemods/forgotten-await-value.md", include_str!("../../codemods/forgotten-await-value.md")),
    ("codemods/forgotten-return-await.md", include_str!("../../codemods/forgotten-return-await.md")),
    ("codemods/gather-exceptions.md", include_str!("../../codemods/gather-exceptions.md")),
    ("codemods/ignored-results.md", include_str!("../../codemods/ignored-results.md")),
    ("codemods/instance-resource.md", include_str!("../../codemods/instance-resource.md")),
    ("codemods/manual-lock.md", include_str!("../../codemods/manual-lock.md")),
    ("codemods/nested-loop-hack.md", include_str!("../../codemods/nested-loop-hack.md")),
    ("codemods/nested-run.md", include_str!("../../codemods/nested-run.md")),
    ("codemods/script-or-notebook.md", include_str!("../../codemods/script-or-notebook.md")),
    ("codemods/sequential-awaits.md", include_str!("../../codemods/sequential-awaits.md")),
    ("codemods/session-per-call.md", include_str!("../../codemods/session-per-call.md")),
    ("codemods/single-task-group.md", include_str!("../../codemods/single-task-group.md")),
    ("codemods/starving-loop.md", include_str!("../../codemods/starving-loop.md")),
    ("codemods/swallowed-cancellation.md", include_str!("../../codemods/swallowed-cancellation.md")),
    ("codemods/sync-bridge.md", include_str!("../../codemods/sync-bridge.md")),
    ("codemods/sync-iteration.md", include_str!("../../codemods/sync-iteration.md")),
    ("codemods/thread-lock-across-await.md", include_str!("../../codemods/thread-lock-across-await.md")),
    ("codemods/threadsafe-deadlock.md", include_str!("../../codemods/threadsafe-deadlock.md")),
    ("codemods/unbounded-gather.md", include_str!("../../codemods/unbounded-gather.md")),
    ("codemods/uncalled-coroutine-function.md", include_str!("../../codemods/uncalled-coroutine-function.md")),
    ("codemods/unclosed-generator.md", include_str!("../../codemods/unclosed-generator.md")),
    ("codemods/unclosed-session.md", include_str!("../../codemods/unclosed-session.md")),
    ("codemods/unobserved-task.md", include_str!("../../codemods/unobserved-task.md")),
];

/// All pages that a run knows.
#[derive(Debug)]
pub struct Catalogue {
    /// In order of name.
    pub pages: Vec<Page>,
}

impl Catalogue {
    /// The built-in pages and a user's own: path for messages, and text. A user's page replaces a built-in one of its name.
    pub fn new(own: &[(String, String)]) -> Result<Catalogue, PageError> {
        let mut pages: BTreeMap<_, Page> = BTreeMap::new();
        for (path, text) in BUILT_IN {
            let page = Page::parse(path, text)?;
            pages.insert(page.name.clone(), page);
        }
        for (path, text) in own {
            let page = Page::parse(path, text)?;
            page.compile_all(path)?;
            pages.insert(page.name.clone(), page);
        }
        let mut pages: Vec<Page> = pages.into_values().collect();
        let mut shared = FxHashMap::default();
        for couple in pages.iter_mut().flat_map(|page| &mut page.couples) {
            couple.pattern.share(&mut shared);
        }
        Ok(Catalogue { pages })
    }
}

impl Page {
    /// Compiles every query of the page, so that its mistakes are told now.
    pub fn compile_all(&self, path: &str) -> Result<(), PageError> {
        for couple in &self.couples {
            couple.pattern.compile().map_err(|(at, message)| {
                let start = self.markdown.find(&couple.pattern.source).unwrap_or(0);
                let place = crate::text::Lines::of(&self.markdown).location(&self.markdown, start + at);
                PageError { path: path.to_owned(), row: place.row, column: place.column, message }
            })?;
        }
        Ok(())
    }
}
