//! Small projects and edits that nobody would think of: after each, a run with the cache prints what one without prints.

use crate::project::Project;
use proptest::prelude::*;
use proptest::sample::select;
use std::cell::Cell;
use std::fs::File;
use std::time::{Duration, SystemTime};

const MODULES: [&str; 5] = ["a", "b", "c", "d", "e"];
const FUNCTIONS: [&str; 4] = ["load_items", "store_all", "poll_feed", "close"];
const METHODS: [&str; 5] = ["load_items", "send_off", "drain_it", "close", "__await__"];
const CLASSES: [&str; 3] = ["Store", "Client", "Feed"];

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

/// An edit of a file: something is put in, taken away or replaced.
#[derive(Clone, Debug)]
enum Edit {
    Insert(String),
    Remove,
    Replace(String),
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
    prop_oneof![item().prop_map(Edit::Insert), Just(Edit::Remove), item().prop_map(Edit::Replace)]
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
    }
}

fn write(project: &Project, module: usize, items: &[String]) {
    let name = format!("pkg/{}.py", MODULES[module]);
    project.put(&name, format!("import asyncio\nimport time\n{}", items.concat()));
    let file = File::options().write(true).open(project.path(&name)).expect("the file is there");
    file.set_modified(SystemTime::now() - Duration::from_secs(100)).expect("its time can be set");
}

#[test]
fn a_run_after_an_edit_prints_what_one_without_the_cache_prints() {
    let told = Cell::new(0);
    let files = proptest::collection::vec(file(), MODULES.len());
    let edits = proptest::collection::vec((0..MODULES.len(), any::<usize>(), edit()), 1..3);
    let rounds = proptest::collection::vec(edits, 1..5);
    let config = ProptestConfig { cases: 12, max_shrink_iters: 60, failure_persistence: None, ..Default::default() };
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
