//! The table of what gives a value and changes nothing that others could see.
//!
//! Data, not code: `harmless.toml` beside this file, whose head explains the words. In goes a dotted path, out comes whether a call of it
//! only waits for an answer, or only computes one. What is called is [`super::conduct`]'s affair.

use crate::project::standard::Standard;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;
use std::sync::LazyLock;

/// What may follow the name of an exception's class.
const RAISED: [&str; 5] = ["Error", "Exception", "Exit", "Iteration", "Warning"];

/// What a call does, by the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Harmless {
    /// Waits for an answer.
    Waits,
    /// Waits for an answer, where its first argument says that it reads.
    Queries,
    /// The same, on an object that serves one at a time.
    Exclusive,
    /// Gives a value at once.
    Computes,
    /// Makes something through which more can be done.
    Makes,
}

/// The table as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    waits: FxHashMap<String, Vec<String>>,
    queries: FxHashMap<String, Vec<String>>,
    exclusive: FxHashMap<String, Vec<String>>,
    computes: Computes,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Computes {
    names: FxHashSet<String>,
    resources: FxHashSet<String>,
    modules: FxHashSet<String>,
    except: FxHashSet<String>,
    fresh: FxHashSet<String>,
    methods: FxHashSet<String>,
}

fn table() -> &'static Table {
    static TABLE: LazyLock<Table> = LazyLock::new(|| {
        toml::from_str(include_str!("harmless.toml")).expect("the embedded table is valid, as a test shows")
    });
    &TABLE
}

/// What a call of a dotted path does; none where nothing is known of it. A plain name is a builtin.
pub fn harmless(path: &str) -> Option<Harmless> {
    let (table, path) = (table(), Standard::public(path.strip_prefix("builtins.").unwrap_or(path)));
    if table.computes.except.contains(&path) {
        return None;
    }
    let has = |of: &FxHashMap<String, Vec<String>>| {
        path.rsplit_once('.')
            .is_some_and(|(of_what, name)| of.get(of_what).is_some_and(|names| names.iter().any(|each| each == name)))
    };
    if has(&table.waits) {
        return Some(Harmless::Waits);
    }
    if has(&table.queries) {
        return Some(Harmless::Queries);
    }
    if has(&table.exclusive) {
        return Some(Harmless::Exclusive);
    }
    if table.computes.resources.contains(&path) {
        return Some(Harmless::Makes);
    }
    let mut beginnings = path.match_indices('.').map(|(at, _)| &path[..at]);
    let computes = table.computes.names.contains(&path)
        || beginnings
            .any(|beginning| table.computes.modules.contains(beginning) || table.computes.names.contains(beginning))
        || !path.contains('.') && RAISED.iter().any(|end| path.ends_with(end));
    computes.then_some(Harmless::Computes)
}

/// Whether many may use an object of a class at once: a client with connections of its own.
pub fn serves_many(class: &str) -> bool {
    let (table, class) = (table(), Standard::public(class));
    class.contains('.') && (table.waits.contains_key(class.as_str()) || table.queries.contains_key(class.as_str()))
}

/// Whether the sessions of a module's library are used by many at once; none where it has no sessions that the table knows.
pub fn shared_sessions(module: &str) -> Option<bool> {
    let top = module.split('.').next().unwrap_or_default();
    let has_sessions = |of: &FxHashMap<String, Vec<String>>| {
        of.keys().any(|class| class.split('.').next() == Some(top) && class.contains("Session"))
    };
    match (has_sessions(&table().waits), has_sessions(&table().exclusive)) {
        (_, true) => Some(false),
        (true, false) => Some(true),
        (false, false) => None,
    }
}

/// Whether a builtin gives a new object.
pub fn is_fresh(builtin: &str) -> bool {
    table().computes.fresh.contains(builtin)
}

/// Whether no class gives this name to a method that changes something.
pub fn is_plain_method(name: &str) -> bool {
    table().computes.methods.contains(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_known_by_itself_or_by_what_it_is_part_of() {
        assert_eq!(harmless("asyncio.tasks.sleep"), Some(Harmless::Waits));
        assert_eq!(harmless("aiohttp.ClientSession.get"), Some(Harmless::Waits));
        assert_eq!(harmless("asyncpg.Pool.fetch"), Some(Harmless::Queries));
        assert_eq!(harmless("datetime.datetime.now"), Some(Harmless::Computes));
        assert_eq!(harmless("len"), Some(Harmless::Computes));
        assert_eq!(harmless("TimeoutError"), Some(Harmless::Computes));
    }

    #[test]
    fn what_does_more_is_not_among_them() {
        for path in [
            "print",
            "aiohttp.ClientSession.post",
            "pathlib.Path.write_text",
            "json.dump",
            "shop.Error",
            "asyncio.Queue.get",
        ] {
            assert_eq!(harmless(path), None, "{path}");
        }
        assert!(!is_plain_method("append") && !is_plain_method("commit") && is_plain_method("strip"));
    }
}
