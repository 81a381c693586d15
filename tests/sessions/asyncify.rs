//! `asyncify`: a function made asynchronous with all that calls it, or nothing at all.

use super::project::Project;

const STORE: &str = "\
import asyncio


async def fetch(key):
    await asyncio.sleep(0)
    return key * 2


def load(key):
    return asyncio.run(fetch(key))


class Base:
    def get(self, key):
        raise NotImplementedError


class Store(Base):
    def get(self, key):
        return load(key)

    def many(self, keys):
        return [self.get(key) for key in keys]
";

const API: &str = "\
from .store import Store


def refresh():
    store = Store()
    return store.get(1).bit_length() + sum(store.many([2, 3]))


async def handle(request):
    return refresh()


def main():
    print(refresh())


if __name__ == \"__main__\":
    main()
";

const SORTED: &str = "\
from pkg.store import load


def best(keys):
    return sorted(keys, key=load)


def first(key):
    return load(key)
";

fn shop() -> Project {
    Project::new(&[("pyproject.toml", ""), ("pkg/__init__.py", ""), ("pkg/store.py", STORE), ("pkg/api.py", API)])
}

#[test]
fn a_function_turns_with_all_that_calls_it() {
    let project = shop();
    project.snapshot("asyncify", &["asyncify pkg.store:load", "asyncify pkg/store.py:load --write", "diff"]);
    assert!(
        project
            .read("pkg/api.py")
            .contains("    return (await store.get(1)).bit_length() + sum(await store.many([2, 3]))")
    );
    assert!(project.read("pkg/store.py").contains("    async def get(self, key):\n        raise NotImplementedError"));
}

#[test]
fn a_function_that_stays_plain_runs_what_it_calls() {
    let project = shop();
    project.snapshot("asyncify_stop_at", &["asyncify pkg.store:Store.get --stop-at pkg.api:refresh"]);
}

#[test]
fn what_cannot_be_crossed_is_named_and_nothing_changes() {
    let project = shop();
    project.put("pkg/sorting.py", SORTED);
    project.snapshot("asyncify_refused", &["asyncify pkg.store:load --write"]);
    assert_eq!(project.read("pkg/store.py"), STORE);
    assert_eq!(project.read("pkg/sorting.py"), SORTED);
}

#[test]
fn what_was_meant_is_told() {
    shop().snapshot(
        "asyncify_mistakes",
        &[
            "asyncify load",
            "asyncify pkg.stor:load",
            "asyncify pkg.store:laod",
            "asyncify pkg.store:fetch",
            "asyncify pkg.store:load --stop-at pkg.api:man",
        ],
    );
}
