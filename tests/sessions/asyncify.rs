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

const DECORATED: &str = "\
import functools


def traced(function):
    @functools.wraps(function)
    def wrapper(*arguments):
        try:
            result = function(*arguments)
        finally:
            print(function.__name__)
        return result
    return wrapper


def named(name):
    def decorator(function):
        def wrapper(*arguments):
            print(name)
            return function(*arguments)
        return wrapper
    return decorator


handlers = []


def handler(function):
    handlers.append(function)
    return function


@traced
def load(key):
    return key


@traced
def title(key):
    return str(key)


@named(\"page\")
def page(key):
    return title(key)


@handler
def on_start(key):
    return page(key)


class Options:
    @property
    def first(self):
        return load(1)

    @functools.cached_property
    def second(self):
        return 2


async def main():
    return load(1), page(2)
";

#[test]
fn a_wrapper_turns_with_all_that_is_decorated() {
    let plain = DECORATED.split("@handler").next().expect("it is there").to_owned();
    let main = DECORATED.split_once("async def main").expect("it is there").1;
    let project = Project::new(&[("app.py", &format!("{plain}async def main{main}"))]);
    project.snapshot("asyncify decorators", &["asyncify app:load --write", "diff"]);
    let project = Project::new(&[("app.py", DECORATED)]);
    let asked = ["asyncify app:load", "asyncify app:Options.second", "asyncify app:on_start"];
    project.snapshot("asyncify odd decorators", &asked);
}

const CONVERTERS: &str = "\
class Route:
    def matches(self, path):
        raise NotImplementedError


class Page(Route):
    def matches(self, path):
        return convert(path)


class Mount(Route):
    def matches(self, path):
        return convert(path + 1)


def convert(path):
    return path


async def find(routes: list[Route], path):
    return [route for route in routes if route.matches(path)]
";

const MOCKED: &str = "\
from unittest.mock import Mock

import app


def test_find(monkeypatch):
    route = Mock()
    monkeypatch.setattr(app, \"Page\", route)
    app.Page().matches(1)
    route.matches.assert_called()
";

#[test]
fn a_mock_of_what_turns_is_told() {
    let project = Project::new(&[("app.py", CONVERTERS), ("test_app.py", MOCKED)]);
    project.snapshot("asyncify mock", &["asyncify app:convert"]);
}

#[test]
fn methods_of_one_family_turn_once() {
    let project = Project::new(&[("app.py", CONVERTERS)]);
    project.snapshot("asyncify family", &["asyncify app:convert"]);
}

const LIBRARY: &str = "\
import asyncio
import json


async def fetch(key):
    await asyncio.sleep(0)
    return json.dumps(key)


def load(key):
    # A loop of its own.
    return asyncio.run(fetch(key))


class Base:
    def get(self, key):
        raise NotImplementedError


class Store(Base):
    def get(self, key):
        \"\"\"Loads it.\"\"\"
        return load(key)

    @staticmethod
    def names(keys):
        for key in keys:
            yield load(key)

    def __getitem__(self, key):
        return load(key)
";

const SERVICE: &str = "\
from . import (
    load as near,
)
from .store import Base, Store


def title(store: Base, key):
    return store.get(key).upper()


def plainly(keys):
    return sorted(keys, key=near)


async def handle(key):
    print(near(key), title(Store(), key))
    for name in Store.names([key]):
        print(name)
    return [near(key).upper() for key in [key]]


def main():
    print(near(1), plainly([2, 1]))
";

fn library() -> Project {
    Project::new(&[
        ("pyproject.toml", ""),
        ("pkg/__init__.py", "from .store import Store, load\n"),
        ("pkg/store.py", LIBRARY),
        ("pkg/service.py", SERVICE),
    ])
}

#[test]
fn a_twin_stands_beside_the_function_for_coroutines() {
    let project = library();
    let asked =
        ["asyncify pkg.store:load --twin", "asyncify pkg.store:load --twin --write", "asyncify pkg.store:load --twin"];
    project.snapshot("asyncify twin", &asked);
}

#[test]
fn a_twin_is_named_as_others_are() {
    let pair = "class Pair:\n    def get(self):\n        return 1\n\n    async def aget(self):\n        return 1\n\n\n";
    let project = Project::new(&[(
        "app.py",
        &format!("{pair}def _load():\n    return 1\n\n\nasync def main():\n    return _load()\n"),
    )]);
    let asked = ["asyncify app:_load --twin", "asyncify app:Pair.get --twin"];
    project.snapshot("asyncify twin names", &asked);
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

/// A page of a user's own, whose fix changes several files.
const OWN: &str = r#"# plain-refresh

`refresh` is to be asynchronous wherever a coroutine calls it.

```toml
code = "OWN001"
safety = "unsafe"
message = "`{@function}` is plain"
```

```scheme
((return_statement (call function: (identifier) @function) @call)
  (#eq? @function "refresh")
  (#in-coroutine? @call))
```

```toml
title = "Make `{@function}` asynchronous"
edits = [{ propagate = "@function" }]
```

## Both files change

`store.py`:

```diff
-def refresh():
+async def refresh():
     return 1
```

`api.py`:

```diff
 from store import refresh


 async def handle():
-    return refresh()
+    return await refresh()
```

## A method of that name stays

```python
async def handle(cache):
    return cache.refresh()
```
"#;

const HANDLERS: &str = "\
from pkg.store import refresh


async def one(request):
    return refresh()


async def other(request):
    return refresh()
";

const REFRESH: &str = "\
import time


def refresh():
    time.sleep(1)
    return 1


def twice():
    return refresh() + refresh()
";

fn refreshing() -> Project {
    let project = Project::new(&[
        ("pyproject.toml", ""),
        ("pages/plain-refresh.md", OWN),
        ("pkg/__init__.py", ""),
        ("pkg/store.py", REFRESH),
        ("pkg/handlers.py", HANDLERS),
    ]);
    project.put("pkg/other.py", "from pkg.store import twice\n\n\nasync def four():\n    return twice() * 2\n");
    project
}

#[test]
fn one_bridge_is_told_once() {
    let app =
        "from .store import load\n\n\nasync def one():\n    return load(1)\n\n\nasync def two():\n    return load(2)\n";
    let other = "from .store import Store\n\n\nasync def three(store: Store):\n    return store.get(1)\n";
    let files = [
        ("pyproject.toml", ""),
        ("pkg/__init__.py", ""),
        ("pkg/store.py", STORE),
        ("pkg/app.py", app),
        ("pkg/other.py", other),
    ];
    let project = Project::new(&files);
    let asked = ["check --no-cache", "check --no-cache --output-format concise"];
    project.snapshot("one bridge", &asked);
}

#[test]
fn a_fix_changes_several_files_or_none() {
    let project = refreshing();
    let select = "--codemods pages --select plain-refresh,blocking-sleep";
    let lines = [
        "test pages".to_owned(),
        format!("check --no-cache {select}"),
        "check --no-cache --output-format json --codemods pages --select plain-refresh pkg".to_owned(),
        format!("diff {select}"),
        format!("diff --unsafe-fixes {select}"),
        format!("fix --unsafe-fixes {select}"),
        format!("diff --unsafe-fixes {select}"),
    ];
    project.snapshot("several_files", &lines.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(project.read("pkg/store.py").contains("    await asyncio.sleep(1)\n"));
}

#[test]
fn a_file_that_cannot_be_written_keeps_the_others_as_they_are() {
    let project = refreshing();
    let path = project.path("pkg/store.py");
    let mut permissions = std::fs::metadata(&path).expect("it is there").permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&path, permissions).expect("it is ours");
    let line = "fix --unsafe-fixes --codemods pages --select plain-refresh";
    project.snapshot("several_files_read_only", &[line]);
    assert_eq!(project.read("pkg/handlers.py"), HANDLERS);
}

#[test]
fn what_was_found_in_all_texts_is_found_again_when_one_changes() {
    let project = refreshing();
    let select = "check --codemods pages --select plain-refresh --unsafe-fixes pkg";
    let before = project.run(select);
    assert_eq!(project.run(select), before);
    project.put("pkg/late.py", "x = 1\n");
    project.run(select);
    project.put("pkg/late.py", "from pkg.store import refresh\n\nrefreshing = refresh\n");
    let after = project.run(select);
    assert!(before.contains("It changes pkg/store.py, too") && !before.contains("late.py"), "{before}");
    assert!(after.contains("`refresh` is used without being called") && after.contains("pkg/late.py:3"), "{after}");
}
