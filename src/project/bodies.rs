//! What was found in the bodies of functions, kept for all files of a run.
//!
//! Many files call the same few functions. What one of these does is looked at in its own file by a look of its own, so that the
//! answer does not depend on who asks, and is kept beside what the look consulted, since whoever asks leans on the same.

use crate::project::conduct::{Callee, Step, Trust};
use crate::project::inference::Consulted;
use crate::project::linked::Definition;
use crate::project::reaching::Passage;
use rustc_hash::FxHashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard};

/// What is known of bodies so far.
#[derive(Default)]
pub struct Bodies {
    pub(super) steps: Kept<(Callee, Trust), Result<Arc<Step>, String>>,
    pub(super) passages: Kept<Definition, Option<Arc<Passage>>>,
}

/// Answers with what they lean on.
pub(super) struct Kept<K, A>(Mutex<FxHashMap<K, Arc<(A, Consulted)>>>);

impl<K, A> Default for Kept<K, A> {
    fn default() -> Kept<K, A> {
        Kept(Mutex::default())
    }
}

impl<K: Eq + Hash, A> Kept<K, A> {
    /// The answer for a key, which `find` gives where nobody asked before. Two may find the same at the same time.
    pub(super) fn get(&self, key: K, find: impl FnOnce() -> (A, Consulted)) -> Arc<(A, Consulted)> {
        let known = self.all().get(&key).cloned();
        known.unwrap_or_else(|| {
            let found = Arc::new(find());
            self.all().entry(key).or_insert(found).clone()
        })
    }

    fn all(&self) -> MutexGuard<'_, FxHashMap<K, Arc<(A, Consulted)>>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
