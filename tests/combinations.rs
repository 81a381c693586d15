//! Several pitfalls in one function: whatever their number, nesting and order, the fixes come to an end and agree.
//!
//! Random coroutines are made of pitfalls that lie in one another (a forgotten `await` in a pair of awaits in an unclosed session in a loop
//! …). For each of them, all pages together leave nothing that they would fix, CPython compiles what they made, a second run
//! changes nothing, and the text is the same whatever the order of the pages. `AIOFIX_CASES` sets how many coroutines are tried.

use aiofix::codemod::candidates::Selection;
use aiofix::codemod::{Catalogue, Page};
use aiofix::driver::{self, Fixed, Read, Settings};
use aiofix::finding::Applicability;
use aiofix::project::layout::ModuleId;
use aiofix::project::linked::Project;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

/// What every module begins with: what its coroutines call.
const HEAD: &str = "\
import asyncio
import threading
import time

import aiohttp

lock = asyncio.Lock()


async def load(number):
    await asyncio.sleep(0)
    return number


async def refresh():
    await asyncio.sleep(0)


async def post(number):
    await asyncio.sleep(0)
    if number:
        raise ValueError(number)


async def numbers():
    yield await load(1)
    await refresh()


def start(coroutine):
    return asyncio.create_task(coroutine)


";

/// A statement with a pitfall, or one around others.
#[derive(Clone, Debug)]
enum Piece {
    /// Lines, in which `#` stands for a number of their own.
    Lines(&'static str),
    /// A header, what is in its suite, and the lines behind it.
    Around(&'static str, Vec<Piece>, &'static str),
}

const PITFALLS: &[&str] = &[
    "time.sleep(0)",
    "refresh()",
    "refresh()  # now",
    "value_# = load(#)\nprint(value_# + 1)",
    "first_# = await load(#)\nsecond_# = await load(# + 1)",
    "first_# = await load(#)\nsecond_# = load(# + 1)\nprint(first_#, second_# + 1)",
    "asyncio.run(load(#))",
    "answer_# = asyncio.run(load(#))",
    "asyncio.create_task(refresh())",
    "task_# = asyncio.create_task(refresh())",
    "await asyncio.gather(load, refresh())",
    "numbers_# = []\nfor number_# in range(#):\n    numbers_#.append(await load(number_#))",
    "print([await load(number_#) for number_# in (1, 2)])",
    "session_# = aiohttp.ClientSession()\nawait session_#.get('/')\nawait session_#.close()",
    "with open('file') as file_#:\n    print(file_#.read())",
    "print(open('file').read())",
    "reuse_# = load(#)\nprint(await reuse_#)\nprint(await reuse_#)",
    "await asyncio.gather(post(#), post(# + 1))",
    "await asyncio.gather(*(post(number_#) for number_# in range(#)), return_exceptions=True)",
    "await asyncio.wait([asyncio.create_task(post(#))])",
    "done_#, late_# = await asyncio.wait([asyncio.create_task(post(#))])\nprint(late_#)",
    "start(post(#))",
    "ticking_# = asyncio.create_task(post(#))\nawait refresh()\nticking_#.cancel()",
    "async with asyncio.TaskGroup() as group_#:\n    group_#.create_task(post(#))",
    "both_# = await load(#), await load(# + 1)\nprint(both_#)",
    "left_#, right_# = await load(#), await load(# + 1)\nprint(left_#, right_#)",
    "named_# = {'first': await load(#), 'second': await load(# + 1)}\nprint(named_#)",
    "await asyncio.gather(*[load(number_#) for number_# in range(100000)])",
    "await lock.acquire()\nawait refresh()\nlock.release()",
    "async for item_# in numbers():\n    if item_#:\n        break",
    "for item_# in numbers():\n    print(item_#)",
    "await asyncio.to_thread(refresh)",
    "asyncio.get_running_loop().call_soon(refresh())",
    "for step_# in range(10000000):\n    time.monotonic()",
    "if load is None:\n    return load(#)",
    "asyncio.get_running_loop().run_until_complete(load(#))",
    "asyncio.run_coroutine_threadsafe(load(#), asyncio.get_running_loop()).result()",
    "text_# = '''\n  a text\n'''",
    "pass  # nothing",
];

const COMPOUNDS: &[(&str, &str)] = &[
    ("for turn_# in range(2):", ""),
    ("if refresh is not None:", ""),
    ("if load(#):", ""),
    ("while time.monotonic() < #:", ""),
    ("try:", "finally:\n    print(#)"),
    ("try:", "except ValueError:\n    refresh()"),
    ("session_# = aiohttp.ClientSession()\nif session_#:", "await session_#.close()"),
    ("async with asyncio.Lock():", ""),
    ("with threading.Lock():", ""),
    ("try:", "except asyncio.CancelledError:\n    print(#)"),
    ("try:", "except:\n    print(#)"),
];

fn piece() -> impl Strategy<Value = Piece> {
    let leaf = prop::sample::select(PITFALLS).prop_map(Piece::Lines);
    leaf.prop_recursive(3, 12, 4, |inner| {
        let compound = (prop::sample::select(COMPOUNDS), prop::collection::vec(inner, 1..4));
        compound.prop_map(|((before, behind), suite)| Piece::Around(before, suite, behind))
    })
}

/// Writes pieces at an indentation; each has its number.
fn write(pieces: &[Piece], depth: usize, next: &mut usize, text: &mut String) {
    for piece in pieces {
        *next += 1;
        let number = *next;
        match piece {
            Piece::Lines(source) => write_lines(source, number, depth, text),
            Piece::Around(before, suite, behind) => {
                write_lines(before, number, depth, text);
                write(suite, depth + 1, next, text);
                write_lines(behind, number, depth, text);
            }
        }
    }
}

/// Writes lines, with the number for each `#` that begins no comment. The lines of a string keep their place.
fn write_lines(source: &str, number: usize, depth: usize, text: &mut String) {
    const COMMENT: &str = "  # ";
    let numbered = source.split(COMMENT).map(|part| part.replace('#', &number.to_string())).collect::<Vec<_>>();
    let mut in_string = false;
    for line in numbered.join(COMMENT).lines() {
        let indentation = if in_string { 0 } else { depth };
        text.push_str(&format!("{}{line}\n", "    ".repeat(indentation)));
        in_string ^= line.matches("'''").count() % 2 == 1;
    }
}

fn module(functions: &[Vec<Piece>]) -> String {
    let mut text = HEAD.to_owned();
    let mut next = 0;
    for (at, pieces) in functions.iter().enumerate() {
        text.push_str(&format!("async def work_{at}():\n"));
        write(pieces, 1, &mut next, &mut text);
        text.push_str("\n\n");
    }
    format!("{}\n", text.trim_end())
}

fn fixed(pages: Vec<&Page>, text: &str, minor: u8) -> Fixed {
    let selection = Selection::new(pages);
    let read = Read::of(text.into());
    let texts: Arc<Vec<Arc<str>>> = Arc::new(vec![text.into()]);
    let project = Project::of_files(&[("module.py", read.summary.clone())]).with_texts(texts);
    let settings = Settings {
        project: &project,
        file: ModuleId(0),
        selection: &selection,
        minor,
        least: Applicability::Unsafe,
        prefer: &[],
        whole_files: false,
        keeps: &|_| false,
        texts: None,
    };
    driver::fix(&read, &settings)
}

/// Why CPython refuses some of the texts, which have no line of dashes.
fn compile(texts: &[String]) -> String {
    const CHECK: &str = "import sys\nfor text in sys.stdin.read().split('\\n---\\n'):\n    try:\n        compile(text, 'module.py', \
                         'exec')\n    except SyntaxError as error:\n        print(error, text, sep='\\n')\n";
    let mut python = Command::new("python3")
        .args(["-W", "ignore", "-c", CHECK])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("`python3` is on the path");
    let mut stdin = python.stdin.take().expect("it was asked for");
    stdin.write_all(texts.join("\n---\n").as_bytes()).expect("it reads");
    drop(stdin);
    let output = python.wait_with_output().expect("it ends");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn pitfalls_in_one_another_are_fixed_to_one_end_in_any_order() {
    let cases = std::env::var("AIOFIX_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(40);
    let catalogue = Catalogue::new(&[]).expect("the built-in pages load");
    let made: Mutex<Vec<String>> = Mutex::default();
    let functions = prop::collection::vec(prop::collection::vec(piece(), 1..5), 1..3);
    let order = Just((0..catalogue.pages.len()).collect::<Vec<usize>>()).prop_shuffle();
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    // The same cases each time, so that what fails once fails again.
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let result =
        runner.run(&(functions, order, prop::sample::select(vec![8u8, 10, 11])), |(functions, order, minor)| {
            let text = module(&functions);
            let all = fixed(catalogue.pages.iter().collect(), &text, minor);
            prop_assert!(all.bugs.is_empty(), "{:?}\n{text}", all.bugs);
            prop_assert!(all.remaining.skip.is_none(), "{:?}\n{text}", all.remaining.skip);
            let end = all.text.clone().unwrap_or_else(|| text.clone());
            let left = all
                .remaining
                .findings
                .iter()
                .find(|finding| finding.fix.as_ref().is_some_and(|fix| fix.applicability >= Applicability::Unsafe));
            prop_assert!(left.is_none(), "{left:?}\n{text}\n----\n{end}");
            let shuffled = fixed(order.iter().map(|at| &catalogue.pages[*at]).collect(), &text, minor);
            let other = shuffled.text.unwrap_or_else(|| text.clone());
            prop_assert_eq!(&other, &end);
            prop_assert_eq!(fixed(catalogue.pages.iter().collect(), &end, minor).text, None);
            let mut made = made.lock().expect("nobody panics with it");
            made.extend([text, end]);
            Ok(())
        });
    if let Err(error) = result {
        panic!("{error}");
    }
    let made = made.into_inner().expect("nobody panics with it");
    let changed = made.chunks(2).filter(|pair| pair[0] != pair[1]).count();
    assert!(changed * 2 > made.len() / 2, "most coroutines have something to fix: {changed} of {}", made.len() / 2);
    let refused = compile(&made);
    assert!(refused.is_empty(), "{refused}");
}
