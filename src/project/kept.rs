//! What was found once in a run, for all who ask.

use rustc_hash::FxHashMap;
use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard};

/// Answers by what was asked, shared between threads.
pub(super) struct Kept<K, A>(Mutex<FxHashMap<K, A>>);

impl<K, A> Default for Kept<K, A> {
    fn default() -> Kept<K, A> {
        Kept(Mutex::default())
    }
}

impl<K: Eq + Hash, A: Clone> Kept<K, A> {
    /// The answer for a key, which `find` gives where nobody asked before. Two may find the same at the same time.
    pub(super) fn get<Q>(&self, key: &Q, find: impl FnOnce() -> A) -> A
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        let known = self.all().get(key).cloned();
        known.unwrap_or_else(|| {
            let found = find();
            self.all().entry(key.to_owned()).or_insert(found).clone()
        })
    }

    fn all(&self) -> MutexGuard<'_, FxHashMap<K, A>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
