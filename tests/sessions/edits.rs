//! Small projects and edits that nobody would think of: after each, a run with the cache prints what one without prints.

use crate::project::Project;
use proptest::prelude::*;
use proptest::sample::select;
use std::cell::Cell;
use std::fs::File;
use std::time::{Duration, SystemTime};

const MODULES: [&str; 4] = ["a", "b", "c", "d"];
const FUNCTIONS: [&str; 3] = ["load_items", "store_all", "poll_feed"];
const METHODS: [&str; 4] = ["load_items", "send_off", "drain_it", "__await__"];
const CLASSES: [&str; 2] = ["Store", "Client"];

/// What a function does; `F`, `M` and `C` stand for names, and what only a coroutine may do has an `await` or an `async`.
const STATEMENTS: [&str; 14] = [
    "F(1)",
    "await F(1)",
    "self.M()",
    "thing.M()",
    "await thing.M()",
    "thing.owner.M()",
    "await thing.owner.M()",
    "value = F(1); value.append(2)",
    "for each in F(1): print(each)",
    "if F(1): pass",
    "return F(1)",
    "other: C = make(); other.M()",
    "async with thing.M(): time.sleep(1)",
    "asyncio.create_task(F(1))",
];

/// An edit of a file: something is put in, taken away or replaced, or a function becomes one of the other kind.
#[derive(Clone, Debug)]
enum Edit {
    Insert(String),
    Remove,
    Replace(String),
    Turn,
}

fn statement() -> impl Strategy<Value = String> {
    let names = (select(&FUNCTIONS[..]), select(&METHODS[..]), select(&CLASSES[..]));
    (select(&STATEMENTS[..]), names).prop_map(|(statement, (function, method, class))| {
        statement.replace('F', function).replace('M', method).replace("C =", &format!("{class} ="))
    })
}

/// A function without its indentation: `def` and two statements, which make it a coroutine function where they have to.
fn function(names: &'static [&'static str], first: &'static str) -> impl Strategy<Value = Vec<String>> {
    let annotation = select(&["", " -> int", " -> Awaitable[int]", " -> Store", " -> AsyncIterator[int]"][..]);
    let body = proptest::collection::vec(statement(), 1..3);
    (any::<bool>(), select(names), select(&CLASSES[..]), annotation, body).prop_map(
        move |(is_async, name, class, annotation, body)| {
            let must = body.iter().any(|line| line.contains("await") || line.contains("async "));
            let word = if is_async || must { "async def" } else { "def" };
            let head = format!("{word} {name}({first}thing: {class} = None){annotation}:");
            std::iter::once(head).chain(body.into_iter().map(|line| format!("    {line}"))).collect()
        },
    )
}

/// Something that stands in a module.
fn item() -> impl Strategy<Value = String> {
    let import =
        (select(&MODULES[..]), select(&FUNCTIONS[..]), select(&CLASSES[..])).prop_map(|(module, name, class)| {
            format!("from pkg.{module} import {name}\nfrom .{module} import {class} as {class}\n")
        });
    let star = select(&MODULES[..]).prop_map(|module| format!("from pkg.{module} import *\n"));
    let class =
        (select(&CLASSES[..]), select(&CLASSES[..]), proptest::collection::vec(function(&METHODS, "self, "), 1..3));
    let class = class.prop_map(|(name, base, methods)| {
        let bases = if name == base { String::new() } else { format!("({base})") };
        let lines: String = methods.into_iter().flatten().map(|line| format!("    {line}\n")).collect();
        format!("class {name}{bases}:\n{lines}")
    });
    let alias = (select(&FUNCTIONS[..]), select(&FUNCTIONS[..])).prop_map(|(one, other)| format!("{one} = {other}\n"));
    let comment = Just("# Why this is so.\n".to_owned());
    let function = || function(&FUNCTIONS, "").prop_map(|lines| lines.join("\n") + "\n");
    prop_oneof![2 => import, 1 => star, 3 => class, 4 => function(), 1 => alias, 1 => comment]
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![1 => item().prop_map(Edit::Insert), 1 => Just(Edit::Remove), 1 => item().prop_map(Edit::Replace), 3 => Just(Edit::Turn)]
}

fn file() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(item(), 1..5)
}

fn change(items: &mut Vec<String>, at: usize, edit: Edit) {
    match edit {
        Edit::Insert(item) => items.insert(at % (items.len() + 1), item),
        _ if items.is_empty() => {}
        Edit::Remove => drop(items.remove(at % items.len())),
        Edit::Replace(item) => {
            let at = at % items.len();
            items[at] = item;
        }
        Edit::Turn => {
            let at = at % items.len();
            items[at] = match items[at].contains("async def ") {
                true => items[at].replacen("async def ", "def ", 1),
                false => items[at].replacen("def ", "async def ", 1),
            };
        }
    }
}

fn write(project: &Project, module: usize, items: &[String]) {
    let name = format!("pkg/{}.py", MODULES[module]);
    project.put(&name, format!("import asyncio\nimport time\n{}", items.concat()));
    let file = File::options().write(true).open(project.path(&name)).expect("the file is there");
    file.set_modified(SystemTime::now() - Duration::from_secs(100)).expect("its time can be set");
}

/// Changes a file, and checks that this changes what is told, in the cached run as in the other.
fn changes(files: &[(&str, &str)], name: &str, text: &str) {
    let project = Project::new(&[("pyproject.toml", ""), ("pkg/__init__.py", "")]);
    files.iter().for_each(|(name, text)| project.put(name, text));
    let before = project.run("check --select AIO1");
    project.put(name, text);
    let without = project.run("check --select AIO1 --no-cache").replacen(" --no-cache", "", 1);
    assert_ne!(before, without, "the change is to be seen");
    assert_eq!(project.run("check --select AIO1"), without);
}

const SAVER: &str = "class Saver:\n    async def save_all(self):\n        pass\n";
const OTHER: &str = "class Other:\n    def save_all(self):\n        pass\n";

#[test]
fn what_a_module_means_by_a_name_counts() {
    changes(
        &[
            ("pkg/saver.py", SAVER),
            ("pkg/other.py", OTHER),
            ("pkg/middle.py", "from .saver import Saver as Used\n"),
            ("pkg/app.py", "from .middle import Used\n\n\nasync def main(used: Used):\n    used.save_all()\n"),
        ],
        "pkg/middle.py",
        "from .other import Other as Used\n",
    );
}

#[test]
fn a_method_in_a_file_that_nobody_knew_counts() {
    changes(
        &[
            ("pkg/saver.py", SAVER),
            ("pkg/other.py", OTHER),
            ("pkg/more.py", ""),
            ("pkg/app.py", "from .saver import Saver\n\n\nasync def main(saver: Saver):\n    saver.save_all()\n"),
        ],
        "pkg/more.py",
        "from .saver import Saver\n\n\nclass More(Saver):\n    def save_all(self):\n        return 1\n",
    );
}

#[test]
fn a_name_of_coroutine_functions_counts_for_those_who_call_it() {
    changes(
        &[("pkg/more.py", ""), ("pkg/app.py", "async def main(saver):\n    saver.save_all()\n")],
        "pkg/more.py",
        SAVER,
    );
}

/// A page that tells of a doubt, which names a place.
const DOUBTFUL: &str = r#"# doubtful

An `await` of what may be no awaitable.

```toml
code = "OWN001"
safety = "safe"
message = "`{@call}` may be no awaitable"
```

```scheme
((await (call) @call) @await
  (#unawaitable? @call))
```

```toml
title = "Remove `await`"
at = "@call"
unknown = "report"
edits = [{ replace = "@await", with = "{@call}" }]
```

## A length is no awaitable

```diff
 async def main():
-    await len([])
+    len([])
```

## Another call stays

```python
print()
```
"#;

#[test]
fn a_line_counts_for_those_who_are_told_of_it() {
    let more = "from .saver import Saver\n\n\nclass More(Saver):\n    def save_all(self):\n        return 1\n";
    let project = Project::new(&[
        ("pyproject.toml", ""),
        ("pages/doubtful.md", DOUBTFUL),
        ("pkg/__init__.py", ""),
        ("pkg/saver.py", "class Saver:\n    def save_all(self) -> int:\n        return 1\n"),
        ("pkg/more.py", more),
        ("pkg/app.py", "from .saver import Saver\n\n\nasync def main(saver: Saver):\n    await saver.save_all()\n"),
    ]);
    let line = "check --codemods pages --select OWN001";
    assert!(project.run(line).contains("(pkg/more.py:5)"), "{}", project.run(line));
    project.put("pkg/more.py", format!("# Why.\n{more}"));
    assert!(project.run(line).contains("(pkg/more.py:6)"), "{}", project.run(line));
}

#[test]
fn a_run_after_an_edit_prints_what_one_without_the_cache_prints() {
    let told = Cell::new(0);
    let files = proptest::collection::vec(file(), MODULES.len());
    let edits = proptest::collection::vec((0..MODULES.len(), any::<usize>(), edit()), 1..3);
    let rounds = proptest::collection::vec(edits, 1..6);
    let config = ProptestConfig { cases: 24, max_shrink_iters: 60, failure_persistence: None, ..Default::default() };
    proptest!(config, |(mut files in files, rounds in rounds)| {
        let project = Project::new(&[("pyproject.toml", ""), ("pkg/__init__.py", "")]);
        files.iter().enumerate().for_each(|(module, items)| write(&project, module, items));
        project.run("check");
        for edits in rounds {
            for (module, at, edit) in edits {
                change(&mut files[module], at, edit);
                write(&project, module, &files[module]);
            }
            let without = project.run("check --no-cache").replacen(" --no-cache", "", 1);
            let with = project.run("check");
            prop_assert_eq!(&with, &without);
            told.set(told.get() + usize::from(without.contains("AIO1")));
        }
    });
    assert!(told.get() > 10, "the edits leave something to tell, or the test shows nothing");
}
