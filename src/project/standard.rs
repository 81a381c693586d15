//! The facts about the standard library, read from `standard.toml` beside this file. Data, not code.

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standard {
    /// The top-level modules of the standard library.
    pub modules: BTreeSet<String>,
    /// Methods whose call makes a coroutine, by class.
    pub methods: BTreeMap<String, BTreeSet<String>>,
    pub loops: Loops,
    pub threads: Threads,
    pub decorators: Decorators,
    pub entries: Entries,
    pub arguments: Arguments,
    pub protocols: Protocols,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Loops {
    pub factories: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threads {
    pub receivers: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decorators {
    pub transparent: BTreeSet<String>,
}

/// Packages whose decorators hand a function to a framework that calls it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entries {
    /// They await a coroutine function.
    pub coroutines: BTreeSet<String>,
    /// They call plain functions alone.
    pub plain: BTreeSet<String>,
    /// Functions and classes that they are given a function by.
    pub takers: BTreeSet<String>,
    /// The names of the methods that they are given one by.
    pub taking: BTreeSet<String>,
    /// Classes by which they take routes, and run the plain ones in a thread.
    pub threaded: Vec<String>,
}

/// What functions do with a coroutine that they are given as an argument.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// They go on, with the coroutine object in place of the value.
    pub misleading: BTreeSet<String>,
    /// They raise, whichever positional argument it is.
    pub raising: BTreeSet<String>,
    /// They raise where it is the first argument.
    pub raising_first: BTreeSet<String>,
    /// They ask what it is, or keep it: nothing wrong with it.
    pub inspecting: BTreeSet<String>,
    /// Modules all of whose functions raise.
    pub modules: BTreeSet<String>,
}

/// What speaks the asynchronous protocols alone, and what cannot be awaited.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protocols {
    /// Classes and functions whose result is an async iterable and no plain one.
    pub iterables: BTreeSet<String>,
    /// Coroutine functions that give what is iterated or entered asynchronously.
    pub givers: BTreeSet<String>,
    /// Classes and functions whose result is an async context manager and no plain one.
    pub managers: BTreeSet<String>,
    /// By the name of a method, what calls it plainly on an object that it is given.
    pub callers: BTreeMap<String, BTreeSet<String>>,
    /// Annotations that promise an async iterable.
    pub iterable_types: BTreeSet<String>,
    /// Annotations that promise an async context manager.
    pub manager_types: BTreeSet<String>,
    /// Builtins whose result cannot be awaited.
    pub not_awaitable: BTreeSet<String>,
    /// The coroutine methods of `methods` that cannot be called without an argument, and those that can are the rest.
    pub with_arguments: BTreeSet<String>,
    /// Class decorators that leave the class and what it makes as they are.
    pub class_decorators: BTreeSet<String>,
}

/// The table of the standard library.
pub fn standard() -> &'static Standard {
    static TABLE: LazyLock<Standard> = LazyLock::new(|| {
        toml::from_str(include_str!("standard.toml")).expect("the embedded table is valid, as a test shows")
    });
    &TABLE
}

impl Standard {
    /// The module that a dotted path is in; none for a builtin. A class counts as the module of its methods.
    pub fn module_of(path: &str) -> Option<&str> {
        path.rsplit_once('.').map(|(module, _)| module)
    }

    /// The public spelling of a path into one of asyncio's submodules: `asyncio.tasks.sleep` is `asyncio.sleep`.
    pub fn public(path: &str) -> String {
        const ROOMS: [&str; 11] = [
            "tasks",
            "events",
            "locks",
            "queues",
            "runners",
            "streams",
            "futures",
            "threads",
            "taskgroups",
            "timeouts",
            "base_events",
        ];
        match path.strip_prefix("asyncio.").and_then(|rest| rest.split_once('.')) {
            Some((room, name)) if ROOMS.contains(&room) => format!("asyncio.{name}"),
            _ => path.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_loads_and_names_modules_that_it_lists() {
        let table = standard();
        let known = |path: &String| table.modules.contains(path.split('.').next().unwrap_or_default());
        assert!(table.methods.keys().all(known), "{:?}", table.methods.keys());
        assert!(table.protocols.with_arguments.iter().all(|name| table.methods.values().any(|all| all.contains(name))));
    }
}
