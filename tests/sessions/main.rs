//! What a user types and sees: small projects written from strings, the binary run in them, and all that it prints
//! compared with the reviewed text under `snapshots/`.

mod asyncify;
mod bad_input;
mod blocking;
mod cache;
mod edits;
mod notebooks;
mod packages;
mod project;

use aiofix::codemod::operations::OPERATIONS;
use aiofix::codemod::predicates;
use project::{Project, snapshot};
use std::io::{Read, Write};
use std::process::Stdio;

const APP: &str = "\
import asyncio
import time


async def poll(feed):
    while True:
        time.sleep(1)  # between two looks
        asyncio.create_task(feed.read())


async def close(feed, session):
    feed.close()
    asyncio.run(session.close())


def main():
    time.sleep(1)
";

const CLIENT: &str = "\
import aiohttp


async def fetch(url):
    session = aiohttp.ClientSession()
    response = await session.get(url)
    return await response.text()
";

/// A page of a user's own, which has nothing to do with asyncio.
const OWN: &str = r#"# old-name

The function was renamed, and the old name goes away.

```toml
code = "OWN001"
safety = "safe"
message = "`{@function}` has a new name"
```

```scheme
((call function: (identifier) @function)
  (#eq? @function "old"))
```

```toml
title = "Call `new`"
edits = [{ replace = "@function", with = "new" }]
```

## The old name is replaced

```diff
-old(1)
+new(1)
```

## Another name stays

```python
older(1)
```
"#;

fn service() -> Project {
    Project::new(&[("app.py", APP), ("lib/client.py", CLIENT)])
}

#[test]
fn check() {
    service().snapshot(
        "check",
        &[
            "check",
            "check --output-format concise",
            "check --output-format concise --unsafe-fixes",
            "check --statistics",
            "check --statistics --output-format json",
            "check -q --output-format concise app.py",
            "check --exit-zero --output-format concise lib",
            "check -v --output-format concise lib",
        ],
    );
}

#[test]
fn check_as_json() {
    service().snapshot("check_json", &["check --output-format json --select blocking-sleep"]);
}

#[test]
fn diff_and_fix() {
    let project = service();
    project.snapshot(
        "diff_and_fix",
        &[
            "diff",
            "diff --unsafe-fixes lib",
            "diff -q --select AIO601",
            "fix",
            "fix",
            "fix --unsafe-fixes --output-format concise",
            "diff",
        ],
    );
    assert!(project.read("app.py").contains("    await session.close()\n"));
    assert!(project.read("lib/client.py").contains("    async with aiohttp.ClientSession() as session:\n"));
}

#[test]
fn selecting() {
    service().snapshot(
        "selecting",
        &[
            "check --statistics --select blocking-sleep",
            "check --statistics --select AIO301,AIO4",
            "check --statistics --select ASYNC251",
            "check --statistics --select ALL --ignore AIO6,RUF006",
            "check --statistics --select AIO2 --extend-select nested-run",
            "check --select no-such",
            "check --ignore AI",
            "explain no-such",
            "list --select AIO2,AIO4",
        ],
    );
}

#[test]
fn preferring_a_fix() {
    let wait = "\
from concurrent.futures import Future


async def first(future: Future):
    return future.result(timeout=1) or future.result()
";
    let files = [("wait.py", wait), ("pyproject.toml", "[tool.aiofix]\nprefer = ['no-such']\n")];
    let project = Project::new(&files);
    project.snapshot(
        "preferring",
        &[
            "check --isolated",
            "check --isolated --prefer wrap-future",
            "check --isolated --prefer wrap-future --output-format json --target-version py311",
            "diff --isolated --unsafe-fixes --prefer loop-lookup,wrap-future",
            "why --isolated --target-version py311 --select AIO208 wait.py:5",
            "check --isolated --prefer no-such",
            "check",
            "list --isolated --select AIO207,AIO208",
        ],
    );
    project.put("pyproject.toml", "[tool.aiofix]\nprefer = ['wrap-future']\n");
    project.run("fix --unsafe-fixes");
    assert!(project.read("wait.py").contains("or await asyncio.wrap_future(future)\n"));
}

#[test]
fn why_there_is_a_finding_or_none() {
    let source = "\
import time
from tools import *


async def poll(feed, wait):
    time.sleep(1)
    time.sleep(2)  # noqa: ASYNC251
    sleep(3)
    feed.read()


def main():
    time.sleep(1)
";
    Project::new(&[("app.py", source)]).snapshot(
        "why",
        &[
            "why app.py:6 --select AIO2",
            "why app.py:7 --select AIO2",
            "why app.py:8 --select AIO2",
            "why app.py:13 --select AIO2",
            "why app.py:3",
            "why app.py:99",
            "why app.py",
            "why gone.py:1",
        ],
    );
}

#[test]
fn the_tree() {
    let project = Project::new(&[("app.py", "async def f():\n    await g(1)\n    h()\n")]);
    project.snapshot("tree", &["tree app.py", "tree app.py:2", "tree gone.py"]);
}

#[test]
fn what_there_is() {
    Project::new(&[]).snapshot("what_there_is", &["list", "--version"]);
    let vocabulary = Project::new(&[]).run("vocabulary");
    let words = predicates::all().map(|predicate| (predicate.name, predicate.doc));
    for (name, doc) in words.chain(OPERATIONS.iter().map(|operation| (operation.name, operation.doc))) {
        assert!(vocabulary.contains(name) && vocabulary.contains(&format!("\n    {doc}\n")), "{name}: {vocabulary}");
    }
    let explained = Project::new(&[]).run("explain AIO201");
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/codemods/blocking-sleep.md"));
    assert!(explained.contains(&page.expect("the page is there")), "a pipe gets the page as it is");
}

#[test]
fn the_help_fits_eighty_columns() {
    let commands = ["", "check", "diff", "fix", "asyncify", "list", "explain", "why", "tree", "vocabulary", "test"];
    let lines: Vec<String> = commands.iter().map(|command| format!("{command} --help").trim().to_owned()).collect();
    let project = Project::new(&[]);
    let text = project.transcript(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    snapshot("help", &text);
}

#[test]
fn standard_input() {
    let project = service();
    let mut text = project.piped("check --output-format concise -", APP);
    text += &project.piped("check --output-format concise --stdin-filename lib/x.py -", APP);
    text += &project.piped("check --statistics -", APP);
    text += &project.piped("diff --stdin-filename lib/x.py -", APP);
    text += &project.piped("fix --output-format concise -", CLIENT);
    text += &project.piped("fix --unsafe-fixes -q --stdin-filename lib/client.py -", CLIENT);
    text += &project.piped("fix -", "x = 1\n");
    text += &project.piped("fix -", "# coding: no-such\nx = 1\n");
    text += &project.piped("check - app.py", "");
    text += &project.run("check --stdin-filename x.py app.py");
    snapshot("standard_input", &text);
}

#[test]
fn the_target_version() {
    let task = "import asyncio\n\n\nasync def f(g):\n    asyncio.create_task(g())\n";
    let project = Project::new(&[
        ("app.py", task),
        ("old/pyproject.toml", "[project]\nrequires-python = '>=3.8'\n"),
        ("old/app.py", task),
    ]);
    project.snapshot(
        "target_version",
        &[
            "diff -q",
            "diff -q app.py --target-version py38",
            "diff -q app.py --target-version 3.7",
            "check --target-version 2.7",
        ],
    );
}

#[test]
fn the_configuration() {
    let project = Project::new(&[
        ("app.py", APP),
        ("lib/client.py", CLIENT),
        ("vendor/app.py", APP),
        ("pyproject.toml", "[tool.aiofix]\nselect = ['AIO2', 'AIO601']\nexclude = ['vendor']\nunsafe-fixes = true\n"),
        ("lib/aiofix.toml", "ignore = ['unclosed-session']\n"),
        ("other.toml", "select = ['nested-run']\n"),
        ("unknown.toml", "selects = []\n"),
        ("wrong.toml", "select = ['AIO9']\n"),
        ("version.toml", "target-version = '2.7'\n"),
        ("broken.toml", "select = [\n"),
        ("folder.toml", "codemods = ['no-such']\n"),
    ]);
    project.snapshot(
        "configuration",
        &[
            "check --statistics",
            "check --statistics lib",
            "check --statistics --select AIO301",
            "check --statistics --isolated",
            "check --statistics --config other.toml",
            "check --config unknown.toml",
            "check --config wrong.toml",
            "check --config version.toml",
            "check --config broken.toml",
            "check --config folder.toml",
            "check --config gone.toml",
        ],
    );
}

#[test]
fn which_files() {
    let project = Project::new(&[
        (".gitignore", "build/\n"),
        ("app.py", "import time\nasync def f():\n    time.sleep(1)\n"),
        ("build/app.py", "import time\nasync def f():\n    time.sleep(1)\n"),
        ("tests/app.py", "import time\nasync def f():\n    time.sleep(1)\n"),
        ("notes.txt", "time.sleep(1)\n"),
        ("empty/readme.txt", ""),
    ]);
    std::fs::create_dir(project.path(".git")).expect("a folder can be made");
    project.snapshot(
        "which_files",
        &[
            "check -q --output-format concise",
            "check -q --output-format concise --no-respect-gitignore",
            "check -q --output-format concise --exclude tests",
            "check -q --output-format concise --extend-exclude tests/*.py",
            "check -q --output-format concise build/app.py notes.txt",
            "check --exclude [",
            "check empty",
            "check gone",
            "check -j none",
        ],
    );
}

#[test]
fn suppression() {
    let source = "\
import time


async def poll(feed):
    time.sleep(1)
    time.sleep(2)  # noqa
    time.sleep(3)  # noqa: AIO201
    time.sleep(4)  # noqa: ASYNC251, E501
    time.sleep(5)  # noqa: E501
    time.sleep(6)  # aiofix: ignore
    time.sleep(7)  # aiofix: ignore[blocking-sleep]
    time.sleep(8)  # aiofix: ignore[nested-run]
    feed.wait(  # noqa: AIO201
        time.sleep(9),
    )
    feed.wait(
        time.sleep(10),
        # aiofix: ignore[AIO201]
    )
    feed.wait(
        time.sleep(11),
    )  # aiofix: ignore[nested-run, blocking-sleep]
    feed.note('# noqa', time.sleep(12))
    time.sleep(13)  # noqa: E501  # aiofix: ignore[blocking-sleep]
    time.sleep(14)  # aiofix: ignore[nested-run]  # noqa: AIO201
    time.sleep(15)  # noqa: E501  # noqa: AIO201
    time.sleep(16)  # aiofix: ignored by the reviewer
";
    let project = Project::new(&[
        ("app.py", source),
        ("left.py", "# aiofix: skip-file\nimport time\nasync def f():\n    time.sleep(1)\n"),
    ]);
    project.snapshot("suppression", &["check --output-format concise", "why left.py:4 --select AIO2"]);
}

#[test]
fn pages_of_ones_own() {
    let failing = OWN.replace("+new(1)", "+newer(1)").replace("older(1)", "old(2)");
    let project = Project::new(&[
        ("pages/old-name.md", OWN),
        ("pages/README.md", "Our pages.\n"),
        ("failing/old-name.md", &failing),
        ("empty/notes.txt", ""),
        ("app.py", "old(old(2))\n"),
    ]);
    project.snapshot(
        "own_pages",
        &[
            "test pages/old-name.md",
            "test pages",
            "test failing",
            "test empty",
            "test gone.md",
            "check --codemods pages",
            "diff --codemods pages --select OWN",
            "list --codemods pages --select old-name",
            "why app.py:1 --codemods pages",
            "check --codemods gone",
            "check --codemods empty",
        ],
    );
}

#[test]
fn exit_statuses() {
    let project = Project::new(&[("clean.py", "x = 1\n"), ("app.py", APP), ("bad.py", "# coding: no-such\nasync\n")]);
    let status = |line: &str| project.command(line).output().expect("the binary was built").status.code();
    assert_eq!(status("check clean.py"), Some(0));
    assert_eq!(status("diff clean.py"), Some(0));
    assert_eq!(status("check app.py"), Some(1));
    assert_eq!(status("diff app.py"), Some(1));
    assert_eq!(status("check --exit-zero app.py"), Some(0));
    assert_eq!(status("check --bogus"), Some(2));
    assert_eq!(status("no-such-command"), Some(2));
    assert_eq!(status("check bad.py"), Some(0));
    assert_eq!(status("check --strict bad.py"), Some(3));
    assert_eq!(status("check --strict --exit-zero bad.py app.py"), Some(3));
    assert_eq!(status("fix app.py"), Some(0));
    assert_eq!(status("fix app.py"), Some(0));
}

#[test]
fn any_number_of_threads_prints_the_same() {
    let files: Vec<(String, &str)> =
        (0..60).map(|at| (format!("p{}/m{at}.py", at % 7), [APP, CLIENT][at % 2])).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    let project = Project::new(&files);
    for line in ["check", "diff --unsafe-fixes", "check --output-format json"] {
        let one = project.command(&format!("{line} -j 1")).output().expect("the binary was built");
        let eight = project.command(&format!("{line} -j 8")).output().expect("the binary was built");
        assert!(!one.stdout.is_empty());
        assert!(one == eight, "`{line}` depends on the number of threads");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let project =
        Project::new(&[("app.py", &("import time\nasync def f():\n".to_owned() + &"    time.sleep(1)\n".repeat(300)))]);
    for line in ["check", "diff", "explain blocking-sleep", "vocabulary", "tree app.py"] {
        let mut child = project.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut first = [0; 1];
        child.stdout.take().expect("it was piped").read_exact(&mut first).expect("it prints something");
        let output = child.wait_with_output().expect("it ends");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(!told.contains("error:") && !told.contains("panicked"), "{line}: {told}");
        assert!(matches!(output.status.code(), Some(0 | 1)), "{line}: {:?}", output.status);
    }
}

#[test]
fn the_diff_is_one_that_git_applies() {
    let (patched, fixed) = (service(), service());
    let diff = patched.command("diff --unsafe-fixes").output().expect("the binary was built").stdout;
    let mut git = std::process::Command::new("git")
        .args(["apply", "-"])
        .current_dir(patched.path("."))
        .stdin(Stdio::piped())
        .spawn()
        .expect("git is installed");
    git.stdin.take().expect("it was piped").write_all(&diff).expect("git reads");
    assert!(git.wait().expect("git ends").success());
    fixed.run("fix --unsafe-fixes");
    for name in ["app.py", "lib/client.py"] {
        assert_eq!(patched.read(name), fixed.read(name));
    }
}

/// The words of a text that begin with `start`, up to what is no letter and no hyphen.
fn words<'t>(text: &'t str, start: &'t str) -> impl Iterator<Item = String> + 't {
    let ends = |letter: char| !letter.is_ascii_alphanumeric() && letter != '-';
    text.split(start).skip(1).map(move |rest| format!("{start}{}", rest.split(ends).next().unwrap_or_default()))
}

#[test]
fn the_readme_names_commands_flags_and_keys_that_there_are() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("it is there");
    let project = Project::new(&[]);
    let help = project.run("check --help") + &project.run("asyncify --help");
    // Those of cargo, python3 and git, which the README names, too.
    let others = ["--release", "--locked"];
    for flag in words(&readme, " --").chain(words(&readme, "`--")) {
        let flag = flag.trim_start_matches([' ', '`']);
        assert!(
            others.contains(&flag) || help.contains(flag),
            "README.md names `{flag}`, and neither `aiofix check` nor `asyncify` has one"
        );
    }
    for command in words(&readme, "aiofix ") {
        let name = command.trim_start_matches("aiofix ");
        if readme.contains(&format!("`{command}")) || readme.contains(&format!("$ {command}")) {
            let told = project.run(&format!("{name} --help"));
            assert!(told.contains(&format!("Usage: aiofix {name}")), "README.md names `{command}`: {told}");
        }
    }
    let (_, rest) = readme.split_once("```toml\n").expect("the README shows a configuration");
    let text = rest.split_once("```").expect("a fence ends").0;
    let config = aiofix::config::Config::parse("pyproject.toml", text).unwrap_or_else(|error| panic!("{error}"));
    assert_ne!(config, aiofix::config::Config::default());
}
