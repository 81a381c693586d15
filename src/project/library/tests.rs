//! What holds for every line of the table, and what an interpreter says about some of them.

use super::*;
use crate::outline::{self, BlockKind};
use crate::syntax;
use std::io::Write;
use std::process::{Command, Stdio};

/// The facts of all modules, as a reader of TOML sees them who knows nothing of [`sections`].
fn whole() -> BTreeMap<String, Facts> {
    toml::from_str(TABLE).expect("the table is TOML")
}

fn fact(module: &str, name: &str) -> Option<String> {
    library().facts(module)?.remove(name)
}

#[test]
fn a_section_holds_what_the_whole_file_says() {
    let whole = whole();
    assert!(whole.len() > 100, "{}", whole.len());
    assert!(whole.keys().map(String::as_str).eq(library().modules()));
    for (module, facts) in whole {
        assert_eq!(library().facts(&module), Some(facts), "{module}");
    }
}

#[test]
fn a_fact_is_one_of_the_documented_words_and_names_what_is_in_the_table() {
    let whole = whole();
    let words = ["async", "def", "classmethod", "staticmethod", "property", "attribute", "class", "alias"];
    let is_there = |path: &str| {
        let (module, name) = library().split(path).unwrap_or(("builtins", path));
        whole[module].contains_key(name) || ["None", "typing.Self", "typing.Any"].contains(&path)
    };
    for (module, facts) in &whole {
        for (name, fact) in facts {
            let (word, rest) = fact.split_once(' ').unwrap_or((fact, ""));
            assert!(words.contains(&word), "{module}.{name} = {fact}");
            let paths = rest.split(|letter: char| !letter.is_alphanumeric() && !"._".contains(letter));
            for path in paths.filter(|path| !path.trim_matches('.').is_empty()) {
                assert!(is_there(path), "{module}.{name} = {fact}: {path}");
            }
            let class = name.rsplit_once('.').map(|(class, _)| class);
            assert!(class.is_none_or(|class| facts[class].starts_with("class")), "{module}.{name}");
        }
    }
}

#[test]
fn every_stub_parses_and_has_a_block_for_each_class_and_function() {
    for (module, facts) in whole() {
        let source = library().module_source(&module).expect("it is in the table");
        assert_eq!(syntax::first_error(syntax::parse(&source).root_node()), None, "{module}\n{source}");
        let outline = outline::read(&source);
        assert!(outline.lost.is_none(), "{module}");
        let count = |words: &[&str]| {
            facts.values().filter(|fact| words.contains(&fact.split(' ').next().unwrap_or_default())).count()
        };
        let blocks = |kind: BlockKind| outline.blocks.iter().filter(|block| block.kind == kind).count();
        assert_eq!(blocks(BlockKind::Class), count(&["class"]), "{module}");
        assert_eq!(
            outline.blocks.len() - blocks(BlockKind::Class),
            count(&["async", "def", "property", "classmethod", "staticmethod"]),
            "{module}"
        );
    }
}

#[test]
fn a_stub_imports_what_it_names() {
    let source = library().module_source("asyncio").expect("it is in the table");
    for line in [
        "import asyncio\n",
        "import asyncio.subprocess\n",
        "class Queue:\n",
        "    async def get(self): ...\n",
        "    def put_nowait(self) -> None: ...\n",
        "class LifoQueue(asyncio.Queue): ...\n",
        "async def open_connection() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]: ...\n",
        "    @property\n    def transport(self) -> asyncio.WriteTransport: ...\n",
        "from builtins import TimeoutError as TimeoutError\n",
    ] {
        assert!(source.contains(line), "{line}");
    }
}

#[test]
fn a_stub_does_not_hide_the_modules_and_builtins_that_it_names() {
    let sockets = library().module_source("socket").expect("it is in the table");
    assert!(sockets.contains("import socket as _socket\n"), "{sockets}");
    assert!(sockets.contains("def accept(self) -> tuple[_socket.socket, typing.Any]: ..."), "{sockets}");
    let identifiers = library().module_source("uuid").expect("it is in the table");
    assert!(identifiers.contains("    int: builtins.int\n"), "{identifiers}");
}

#[test]
fn the_facts_that_the_fixes_stand_on() {
    for (module, name, expected) in [
        ("asyncio", "sleep", "async"),
        ("asyncio", "start_server", "async asyncio.Server"),
        ("asyncio", "create_task", "def asyncio.Task"),
        ("asyncio", "gather", "def asyncio.Future"),
        ("asyncio", "AbstractEventLoop.run_in_executor", "def asyncio.Future"),
        ("asyncio", "AbstractEventLoop.sock_recv", "async bytes"),
        ("asyncio", "TaskGroup.__aenter__", "async typing.Self"),
        ("asyncio", "StreamReader.__anext__", "async bytes"),
        ("asyncio.subprocess", "Process.stdout", "attribute asyncio.StreamReader | None"),
        ("asyncio.queues", "Queue", "alias asyncio.Queue"),
        ("contextlib", "AsyncExitStack.enter_async_context", "async"),
        ("collections.abc", "AsyncIterator", "alias typing.AsyncIterator"),
        ("typing", "AsyncGenerator.aclose", "async None"),
        ("unittest", "IsolatedAsyncioTestCase.asyncSetUp", "async None"),
        ("threading", "Event.wait", "def bool"),
        ("builtins", "str.split", "def list[str]"),
        ("time", "sleep", "def None"),
    ] {
        assert_eq!(fact(module, name).as_deref(), Some(expected), "{module}.{name}");
    }
    assert_eq!(fact("asyncio", "Lock.__await__"), None, "a lock is nothing to await since Python 3.9");
}

#[test]
fn names_that_many_classes_have_are_common_and_those_of_coroutines_are_not() {
    for name in ["close", "get", "run", "wait", "append", "zfill"] {
        assert!(library().is_common_name(name), "{name}");
    }
    for name in ["drain", "readexactly", "sock_recv", "aclose", "asyncSetUp", "fetch_user", "#", ""] {
        assert!(!library().is_common_name(name), "{name}");
    }
    let names: Vec<&str> = NAMES.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(names.is_sorted() && names.len() > 5000, "{}", names.len());
}

#[test]
fn the_awaitable_names_are_the_last_names_of_all_coroutines() {
    let whole = whole();
    let facts = whole.values().flatten().filter(|(_, fact)| fact.split(' ').next() == Some("async"));
    let expected: BTreeSet<&str> = facts.map(|(name, _)| name.rsplit('.').next().unwrap_or(name)).collect();
    assert!(library().awaitable_names().eq(expected.iter().copied()));
    assert!(expected.contains("sleep") && expected.contains("drain") && !expected.contains("put_nowait"));
}

/// Reads `module name word` a line; prints how many of them are Python functions, then each that the interpreter denies.
const WITNESS: &str = r#"
import importlib, inspect, sys
checked, denied = 0, []
for line in sys.stdin:
    module, name, word = line.split()
    try:
        found = importlib.import_module(module)
        for part in name.split("."):
            found = inspect.getattr_static(found, part)
    except (ImportError, AttributeError):
        continue
    found = getattr(found, "__func__", found)
    if inspect.isfunction(found):
        checked += 1
        if inspect.iscoroutinefunction(found) != (word == "async"):
            denied.append(f"{module}.{name} is not {word}")
print(checked, *denied, sep="\n")
"#;

/// A program that reads Python; there is none on some machines.
fn python() -> Option<Command> {
    let programs = ["python3.11", "python3", "python"];
    let is_there =
        |program: &&&str| Command::new(program).arg("--version").output().is_ok_and(|it| it.status.success());
    programs.iter().find(is_there).map(Command::new)
}

#[test]
fn an_interpreter_agrees_on_what_is_a_coroutine_function() {
    let Some(mut python) = python() else { return };
    let mut child = python
        .args(["-W", "ignore", "-c", WITNESS])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it has just told its version");
    let mut stdin = child.stdin.take().expect("it is piped");
    for (module, facts) in whole() {
        for (name, fact) in facts {
            let word = fact.split(' ').next().unwrap_or_default();
            if ["async", "def", "classmethod", "staticmethod"].contains(&word) {
                writeln!(stdin, "{module} {name} {word}").expect("it reads");
            }
        }
    }
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let (checked, denied) = told.split_once('\n').expect("it counts");
    assert!(checked.parse::<u32>().is_ok_and(|checked| checked > 1000), "{told}");
    assert_eq!(denied, "", "the interpreter says otherwise");
}
