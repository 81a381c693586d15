//! What is wrong with files, folders, pages and the machine ends in a clear sentence, and loses nothing.

use crate::project::{Project, snapshot};
use aiofix::codemod::Page;
use std::fs;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const SLEEPER: &str = "import time\n\n\nasync def poll():\n    time.sleep(1)\n";
const FIXED: &str = "import asyncio\n\n\nasync def poll():\n    await asyncio.sleep(1)\n";

/// Levels of nesting, and the time that one such file may take in a build without optimisation.
const LEVELS: usize = 100_000;
const PATIENCE: Duration = Duration::from_secs(20);

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn files_that_are_no_source() {
    let project = Project::new(&[("good.py", SLEEPER), ("codec.py", "# coding: no-such\nasync def f(): pass\n")]);
    project.put("binary.py", b"async\x00\x01\x02");
    project.put("latin.py", b"async = '\xe9'\n");
    project.put("declared.py", "# coding: ascii\nasync = 'é'\n");
    project.put("large.py", "time.sleep(1)\n".repeat(50_000_000 / 14));
    project.snapshot("no_source", &["fix", "check --strict --output-format concise", "tree latin.py"]);
    assert_eq!(project.read("good.py"), FIXED, "the walk goes on behind a file that was skipped");
    assert_eq!(fs::read(project.path("latin.py")).expect("it is there"), b"async = '\xe9'\n");
}

#[test]
fn an_interpreter_that_is_not_there() {
    let project = Project::new(&[("app.py", SLEEPER)]);
    let output = project.command("fix --python .venv/bin/pyton").output().expect("the binary was built");
    let told = told(&output);
    assert!(
        told.contains("'.venv/bin/pyton' for '--python <PATH>': it does not exist, expected an interpreter"),
        "{told}"
    );
    assert_eq!((output.status.code(), project.read("app.py")), (Some(2), SLEEPER.to_owned()));
}

#[test]
fn a_file_that_does_not_parse_is_left_alone_and_told() {
    for mistake in ["  x = (\n", "    x = (\n\n\ndef f():\n    pass\n", "\n\ndef f(:\n    pass\n"] {
        let text = format!("import time\n\n\nasync def poll():\n    time.sleep(1)\n{mistake}");
        let project = Project::new(&[("app.py", &text)]);
        for line in ["diff --strict", "fix --strict"] {
            let output = project.command(line).output().expect("the binary was built");
            assert!(told(&output).contains("not valid Python"), "{line}: {mistake}: {}", told(&output));
            assert_eq!(output.status.code(), Some(3), "{line}: {mistake}");
            assert_eq!(project.read("app.py"), text);
        }
    }
}

/// The nesting stands beside a finding, in a coroutine, so that it is parsed, matched, planned and reported.
#[test]
fn deep_nesting_neither_crashes_nor_takes_long() {
    let deep = |open: &str, inside: &str, close: &str| open.repeat(LEVELS) + inside + &close.repeat(LEVELS);
    let ifs: String = (0..900).map(|level| format!("{}if a:\n", " ".repeat(level + 4))).collect();
    for (name, statement) in [
        ("parentheses", deep("(", "1", ")")),
        ("lists", deep("[", "", "]")),
        ("dictionaries", deep("{1:", "1", "}")),
        ("calls", deep("f(", "", ")")),
        ("attributes", deep("", "a", ".b")),
        ("a chain of calls", deep("", "a", ".b()")),
        ("subscripts", deep("", "a", "[0]")),
        ("negations", deep("not ", "a", "")),
        ("sums", deep("1 + ", "1", "")),
        ("lambdas", deep("lambda: ", "1", "")),
        ("an unclosed parenthesis", deep("(", "", "")),
        ("blocks", format!("0\n{ifs}{}pass", " ".repeat(904))),
    ] {
        let text = format!("import time\n\n\nasync def poll():\n    time.sleep(1)\n    x = {statement}\n");
        let project = Project::new(&[("deep.py", &text)]);
        let mut child = project
            .command("check --output-format concise -j 1")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary was built");
        let start = Instant::now();
        while child.try_wait().expect("the child is ours").is_none() {
            if start.elapsed() > PATIENCE {
                child.kill().expect("the child is ours");
                panic!("{name}: no end after {PATIENCE:?}");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let output = child.wait_with_output().expect("it has ended");
        assert!(matches!(output.status.code(), Some(0 | 1)), "{name}: {}: {}", output.status, told(&output));
    }
}

#[test]
fn a_file_that_is_read_only() {
    let project = Project::new(&[("app.py", SLEEPER)]);
    let mut rights = fs::metadata(project.path("app.py")).expect("it is there").permissions();
    rights.set_readonly(true);
    fs::set_permissions(project.path("app.py"), rights).expect("the file is ours");
    project.snapshot("read_only", &["fix --output-format concise", "fix --output-format concise --strict"]);
    assert_eq!(project.read("app.py"), SLEEPER);
}

/// A superuser may read everything, so that the test runs the binary as nobody where it is started by one.
#[cfg(unix)]
#[test]
fn a_folder_and_a_file_without_permission() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::new(&[("app.py", SLEEPER), ("secret/app.py", SLEEPER), ("closed.py", SLEEPER)]);
    let mode = |name: &str, mode: u32| {
        fs::set_permissions(project.path(name), fs::Permissions::from_mode(mode)).expect("the file is ours");
    };
    let is_root = fs::read_dir("/proc/self/fd").is_ok() && fs::File::open("/etc/shadow").is_ok();
    let binary = project.path("aiofix");
    fs::copy(env!("CARGO_BIN_EXE_aiofix"), &binary).expect("there is room");
    mode(".", 0o755);
    mode("secret", 0o000);
    mode("closed.py", 0o000);
    let mut command = if is_root { Command::new("setpriv") } else { Command::new(&binary) };
    if is_root {
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(&binary);
    }
    let output = command
        .args(["check", "--isolated", "--output-format", "concise", "--strict"])
        .current_dir(project.path("."))
        .env("NO_COLOR", "1")
        .output()
        .expect("the binary can be run");
    mode("secret", 0o755);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(printed.starts_with("app.py:5:5: AIO201"), "the walk goes on: {printed}{}", told(&output));
    assert_eq!(output.status.code(), Some(3), "{}", told(&output));
    for warning in ["secret: it cannot be looked into", "closed.py: it cannot be read"] {
        assert!(told(&output).contains(&format!("warning: {warning}: Permission denied")), "{}", told(&output));
    }
}

/// A limit on the size of files stands for a disk that is full: a write stops in the middle.
#[cfg(unix)]
#[test]
fn a_full_disk() {
    let long = SLEEPER.to_owned() + &"# filler\n".repeat(2_000);
    let project = Project::new(&[("long.py", &long), ("short.py", SLEEPER)]);
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" fix --output-format concise"])
        .arg(env!("CARGO_BIN_EXE_aiofix"))
        .current_dir(project.path("."))
        .output()
        .expect("there is a shell");
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    let warning = "warning: long.py: its new content could not be stored (";
    assert!(told(&output).contains(warning) && told(&output).contains("make room"), "{}", told(&output));
    assert_eq!(project.read("long.py"), long);
    assert_eq!(project.read("short.py"), FIXED);
    assert!(leftovers(&project).is_empty());
}

fn leftovers(project: &Project) -> Vec<String> {
    let names = fs::read_dir(project.path(".")).expect("the folder is there");
    let names = names.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with(".aiofix")).collect()
}

#[cfg(unix)]
#[test]
fn an_interrupted_fix_leaves_each_file_old_or_new() {
    // A busy machine may deliver the signal when all is done: then there was too little to do.
    let interrupted = [900, 2700, 8100].into_iter().find_map(interrupted_fix);
    let (project, names, told) = interrupted.expect("the signal comes before 8,100 files are fixed");
    assert!(told.contains("every file is as it was or fixed whole"), "{told}");
    assert!(names.iter().map(|name| project.read(name)).all(|text| text == SLEEPER || text == FIXED));
    assert!(leftovers(&project).is_empty());
    project.run("fix -q");
    assert!(names.iter().all(|name| project.read(name) == FIXED), "a second run ends the work");
}

/// A project of so many files whose fix was interrupted with some of them left, the names of the files, and what was told.
fn interrupted_fix(count: usize) -> Option<(Project, Vec<String>, String)> {
    let names: Vec<String> = (0..count).map(|at| format!("m{at:04}.py")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), SLEEPER)).collect();
    let project = Project::new(&files);
    let mut fix = with_default_signals(&project.command("fix -j 2"));
    let child = fix.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    let start = Instant::now();
    while project.read(&names[0]) == SLEEPER {
        assert!(start.elapsed() < PATIENCE, "nothing is fixed");
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(sent.expect("kill is there").success());
    let output = child.wait_with_output().expect("it ends");
    let is_left = names.iter().any(|name| project.read(name) == SLEEPER);
    if is_left {
        assert_eq!(output.status.code(), Some(130), "{}", told(&output));
    }
    is_left.then(|| (project, names, told(&output)))
}

/// The same command where signals do what they do by default, whatever `nohup` or a shell made of them for the tests.
#[cfg(unix)]
fn with_default_signals(command: &Command) -> Command {
    let mut wrapped = Command::new("/usr/bin/env");
    if cfg!(target_os = "linux") {
        wrapped.arg("--default-signal");
    }
    wrapped.arg(command.get_program()).args(command.get_args());
    wrapped.current_dir(command.get_current_dir().expect("a project has a folder"));
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => wrapped.env(name, value),
            None => wrapped.env_remove(name),
        };
    }
    wrapped
}

const PAGE: &str = r#"# a-page

Why it is a pitfall.

```toml
code = "OWN001"
safety = "safe"
message = "`{@function}` has a new name"
```

```scheme
((call function: (identifier) @function) @call
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

/// Each kind of mistake: what it is called, the text of [`PAGE`] that it replaces, and by what.
const MISTAKES: &[(&str, &str, &str)] = &[
    ("another heading", "# a-page", "# another-page"),
    ("no heading", "# a-page\n", ""),
    ("no prose", "Why it is a pitfall.\n", ""),
    ("no code", "code = \"OWN001\"\n", ""),
    ("a bad code", "OWN001", "own-1"),
    ("a bad safety", "\"safe\"", "\"sure\""),
    ("an unknown key", "safety =", "saftey ="),
    ("metadata that is no TOML", "code = ", "code "),
    ("a bad version", "safety = \"safe\"", "safety = \"safe\"\npython = \"three\""),
    ("no title", "title = \"Call `new`\"\n", ""),
    ("an unknown predicate", "#eq? @function", "#equals? @function"),
    ("too few arguments", "(#eq? @function \"old\")", "(#resolves-to? @function)"),
    ("too many arguments", "(#eq? @function \"old\")", "(#in-coroutine? @function @call)"),
    ("a predicate on an unknown capture", "#eq? @function", "#eq? @name"),
    ("an edit of an unknown capture", "replace = \"@function\"", "replace = \"@name\""),
    ("a message with an unknown capture", "`{@function}` has", "`{@name}` has"),
    (
        "a capture that nobody uses",
        "(identifier) @function) @call",
        "(identifier) @function arguments: (_) @rest) @call",
    ),
    ("two patterns", "(#eq? @function \"old\"))", "(#eq? @function \"old\"))\n(call) @other"),
    ("a pattern without a root", "((call function: (identifier) @function) @call", "((_) @function"),
    ("an unknown node kind", "(call function", "(calls function"),
    ("an unknown field", "function:", "callee:"),
    ("an impossible structure", "function: (identifier)", "function: (block)"),
    ("a parenthesis that is not closed", "\"old\"))", "\"old\")"),
    ("a string that is not closed", "\"old\"))", "\"old))"),
    ("an unknown operation", "replace =", "substitute ="),
    ("a missing argument", ", with = \"new\"", ""),
    ("an argument of another kind", "with = \"new\"", "with = 1"),
    ("an unknown argument", "with = \"new\"", "with = \"new\", by = \"x\""),
    ("a template that is not closed", "with = \"new\"", "with = \"${asyncio.new\""),
    ("an unknown template form", "with = \"new\"", "with = \"${frsh:new}\""),
    ("a symbol without a module", "with = \"new\"", "with = \"${new}\""),
    ("an unknown helper", "with = \"new\"", "with = \"${helper:new}\""),
    ("no rewrite", "```diff\n-old(1)\n+new(1)\n", "```python\nolder(2)\n"),
    ("no near miss", "```python\nolder(1)\n", "```diff\n-old(2)\n+new(2)\n"),
    ("a bad line in a diff", "-old(1)\n", "-old(1)\nold(2)\n"),
    ("a diff that changes nothing", "+new(1)\n", "+old(1)\n"),
    ("a fence of another language", "```python", "```ruby"),
    ("an example without a fence", "## Another name stays", "## Nothing\n\n## Another name stays"),
    ("one heading twice", "## Another name stays", "## The old name is replaced"),
    ("no query", "```scheme", "```text"),
];

#[test]
#[cfg(unix)]
fn a_fix_in_the_background_ignores_what_it_was_told_to_ignore() {
    let project = Project::new(&[("app.py", SLEEPER)]);
    let fix = format!("trap '' INT HUP; exec {} fix --isolated app.py", env!("CARGO_BIN_EXE_aiofix"));
    let output =
        Command::new("sh").args(["-c", &fix]).current_dir(project.path("")).output().expect("there is a shell");
    assert!(output.status.success(), "{}", told(&output));
    assert_eq!(project.read("app.py"), FIXED);
}

#[test]
fn pages_with_each_kind_of_mistake() {
    let read = |text: &str| {
        Page::parse("pages/a-page.md", text).and_then(|page| page.compile_all("pages/a-page.md").map(|()| page))
    };
    assert!(read(PAGE).is_ok(), "{:?}", read(PAGE).err());
    let mut shown = String::new();
    for (name, old, new) in MISTAKES {
        assert_eq!(PAGE.matches(old).count(), 1, "{name}: `{old}` stands once on the page");
        match read(&PAGE.replace(old, new)) {
            Ok(_) => panic!("{name}: the page loads"),
            // The list of predicates grows.
            Err(error) => {
                let error = error.to_string();
                let (told, _) = error.split_once("#event-loop?").unwrap_or((&error, ""));
                shown += &format!("{name}\n    {told}\n");
            }
        }
    }
    snapshot("page_mistakes", &shown);
}

#[test]
fn a_mistake_in_a_page_of_ones_own_ends_the_run() {
    let project =
        Project::new(&[("pages/a-page.md", &PAGE.replace("replace =", "substitute =")), ("app.py", "old(1)\n")]);
    for line in ["check --codemods pages", "fix --codemods pages", "test pages", "list --codemods pages"] {
        let output = project.command(line).output().expect("the binary was built");
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert!(told(&output).starts_with("error: pages/a-page.md:18:10: unknown operation"), "{}", told(&output));
    }
    assert_eq!(project.read("app.py"), "old(1)\n");
}
