//! The cache: that nothing which is printed depends on it, whatever happens between two runs, and what it leaves behind.

use crate::project::Project;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

const STORE: &str = "\
class Store:
    async def save_all(self):
        pass


async def load(path):
    return path
";

const APP: &str = "\
import time

from pkg.store import Store, load


async def main(store: Store):
    store.save_all()
    load('x')
    time.sleep(1)
";

const CHECK: &str = "check --select AIO1,AIO2";

/// A project whose files were written long ago, so that what the system says of them is trusted.
fn project() -> Project {
    let project =
        Project::new(&[("pyproject.toml", ""), ("pkg/__init__.py", ""), ("pkg/store.py", STORE), ("pkg/app.py", APP)]);
    ["pkg/__init__.py", "pkg/store.py", "pkg/app.py"].iter().for_each(|name| age(&project, name, 100));
    project
}

/// Lets a file look as if it was written some seconds ago.
fn age(project: &Project, name: &str, seconds: u64) {
    let file = File::options().write(true).open(project.path(name)).expect("the file is there");
    file.set_modified(SystemTime::now() - Duration::from_secs(seconds)).expect("its time can be set");
}

/// What a run prints with the cache, which is what it prints without.
fn both(project: &Project, line: &str) -> String {
    let without = project.run(&format!("{line} --no-cache"));
    let with = project.run(line);
    assert_eq!(with, without.replacen(" --no-cache", "", 1));
    assert_eq!(project.run(line), with, "and once more");
    with
}

fn findings(project: &Project) -> Vec<String> {
    let told = both(project, &format!("{CHECK} -q --output-format concise"));
    told.lines().filter_map(|line| Some(line.split_once(": AIO")?.0.to_owned())).collect()
}

fn runs(project: &Project) -> Vec<PathBuf> {
    let entries = fs::read_dir(project.path(".aiofix_cache")).into_iter().flatten().flatten();
    let mut runs: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    runs.retain(|path| path.extension().is_some_and(|suffix| suffix == "run"));
    runs.sort();
    runs
}

/// Lets the stamps of a project become old enough to be trusted.
fn settle() {
    std::thread::sleep(Duration::from_millis(2100));
}

#[test]
fn a_second_run_prints_the_same_bytes_in_every_format() {
    let project = project();
    settle();
    for format in ["full", "concise", "json"] {
        let told = both(&project, &format!("{CHECK} --output-format {format}"));
        assert!(told.contains("AIO101") && told.contains("AIO201"), "{told}");
    }
    both(&project, &format!("{CHECK} --statistics"));
    both(&project, &format!("{CHECK} --unsafe-fixes"));
    both(&project, &format!("{CHECK} --exit-zero pkg/app.py"));
    assert_eq!(runs(&project).len(), 2, "one for each combination of paths and settings");
}

#[test]
fn a_change_is_seen_wherever_it_matters() {
    let project = project();
    settle();
    assert_eq!(findings(&project), ["pkg/app.py:7:5", "pkg/app.py:8:5", "pkg/app.py:9:5"]);
    project.put("pkg/store.py", STORE.replace("async def save_all", "def save_all"));
    assert_eq!(findings(&project), ["pkg/app.py:8:5", "pkg/app.py:9:5"], "an imported file");
    project.put("pkg/app.py", APP.replace("time.sleep(1)", "pass"));
    assert_eq!(findings(&project), ["pkg/app.py:8:5"], "the file itself");
    project.put("pkg/other.py", APP);
    assert_eq!(findings(&project).len(), 3, "a new file");
    project.remove("pkg/store.py");
    assert_eq!(findings(&project), ["pkg/other.py:9:5"], "a file that is gone");
}

#[test]
fn after_a_change_few_files_are_looked_at() {
    let project = project();
    project.put("pkg/free.py", "def free():\n    pass\n");
    settle();
    let looked = || {
        let told = project.run(&format!("{CHECK} -v"));
        let line = told.lines().find_map(|line| line.strip_prefix("looked at: "));
        line.expect("it is told").to_owned()
    };
    assert_eq!(looked(), "4 of 4");
    assert_eq!(looked(), "0 of 4");
    project.put("pkg/free.py", "def free():\n    return 1\n");
    assert_eq!(looked(), "1 of 4");
    project.put("pkg/store.py", format!("# Why.\n{STORE}"));
    assert_eq!(looked(), "1 of 4", "nothing that is told names a line of it");
    project.put("pkg/store.py", STORE.replace("async def load", "def load"));
    assert_eq!(looked(), "2 of 4", "who imports it leans on it");
}

#[test]
fn a_touched_file_is_the_same_and_one_set_back_is_not() {
    let project = project();
    settle();
    let before = findings(&project);
    age(&project, "pkg/app.py", 50);
    assert_eq!(findings(&project), before);
    let stamp = fs::metadata(project.path("pkg/app.py")).and_then(|file| file.modified()).expect("it has a time");
    project.put("pkg/app.py", APP.replace("time.sleep(1)", "time.sleeq(1)"));
    let file = File::options().write(true).open(project.path("pkg/app.py")).expect("the file is there");
    file.set_modified(stamp).expect("its time can be set");
    assert_eq!(findings(&project).len(), before.len() - 1);
}

#[test]
fn edits_faster_than_the_clock_are_seen() {
    let project = project();
    for round in 0..20 {
        let text = if round % 2 == 0 { APP.replace("time.sleep(1)", "time.sleeq(1)") } else { APP.to_owned() };
        project.put("pkg/app.py", text);
        assert_eq!(findings(&project).len(), 2 + round % 2);
    }
}

#[test]
fn a_damaged_cache_is_ignored_and_replaced() {
    let project = project();
    let line = format!("{CHECK} -q --output-format concise");
    let told = project.run(&line);
    let [run] = &runs(&project)[..] else { panic!("one run is kept") };
    let whole = fs::read(run).expect("it can be read");
    let mut damaged: Vec<Vec<u8>> = (0..whole.len()).step_by(100).map(|end| whole[..end].to_vec()).collect();
    damaged.extend([b"[]".to_vec(), b"aiofix cache 99\n".to_vec(), vec![0xff; 5000]]);
    for at in (0..whole.len()).step_by(97) {
        let mut other = whole.clone();
        other[at] ^= 0x11;
        damaged.push(other);
    }
    for content in damaged {
        fs::write(run, &content).expect("it can be written");
        assert_eq!(project.run(&line), told);
        let anew = fs::read(run).expect("it can be read");
        assert!(anew != content || anew == whole, "it is written anew");
    }
}

#[test]
fn runs_at_once_do_not_hurt_each_other() {
    let project = project();
    let line = format!("{CHECK} -q --output-format concise");
    let told = project.run(&format!("{line} --no-cache")).replacen(" --no-cache", "", 1);
    for _ in 0..5 {
        let spawn = |_| {
            let mut command = project.command(&line);
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().expect("the binary was built")
        };
        let children: Vec<_> = (0..4).map(spawn).collect();
        for child in children {
            let output = child.wait_with_output().expect("it ends");
            assert!(told.contains(&*String::from_utf8_lossy(&output.stdout)) && output.stderr.is_empty());
            assert_eq!(output.status.code(), Some(1));
        }
        assert_eq!(project.run(&line), told);
        runs(&project).iter().for_each(|run| fs::remove_file(run).expect("it is there"));
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_told_to_those_who_ask() {
    let project = project();
    project.put("taken", "a file where the folder should be");
    let told = project.run(&format!("{CHECK} --no-cache")).replacen("--no-cache", "--cache-dir taken", 1);
    assert_eq!(project.run(&format!("{CHECK} --cache-dir taken")), told);
    let told = project.run(&format!("{CHECK} -v --cache-dir taken"));
    assert!(told.contains("warning: taken cannot be written: "), "{told}");
}

#[test]
fn without_the_cache_nothing_is_left_behind() {
    let project = project();
    for line in ["check --no-cache", "diff", "list", "why pkg/app.py:7"] {
        project.run(line);
        assert!(!project.path(".aiofix_cache").exists(), "{line}");
    }
    let mut command = project.command("check -");
    assert!(command.stdin(Stdio::null()).status().is_ok() && !project.path(".aiofix_cache").exists());
}

#[test]
fn the_folder_says_what_it_is_and_goes_on_request() {
    let project = project();
    project.run("check");
    assert!(project.read(".aiofix_cache/CACHEDIR.TAG").starts_with("Signature: 8a477f597d28d172789f06886806bc55"));
    assert_eq!(project.read(".aiofix_cache/.gitignore"), "*\n");
    project.put(".aiofix_cache/hidden.py", "import time\nasync def f():\n    time.sleep(1)\n");
    assert!(!project.run("check").contains("hidden.py"), "nothing in it is looked at");
    project.remove(".aiofix_cache/hidden.py");
    assert_eq!(project.run("clean"), "$ aiofix clean\nRemoved the cache in [project]/.aiofix_cache\n\n");
    assert!(!project.path(".aiofix_cache").exists());
    assert_eq!(project.run("clean"), "$ aiofix clean\nThere is no cache in [project]/.aiofix_cache\n\n");
}

#[test]
fn a_folder_with_other_things_is_neither_marked_nor_emptied() {
    let project = project();
    project.run("check --cache-dir pkg");
    assert!(!project.path("pkg/.gitignore").exists() && !project.path("pkg/CACHEDIR.TAG").exists());
    project.run("clean --cache-dir pkg");
    assert_eq!(fs::read_dir(project.path("pkg")).map(Iterator::count).ok(), Some(3), "the three files of the package");
}

#[test]
fn the_configuration_places_the_cache() {
    let project = project();
    project.put("pyproject.toml", "[tool.aiofix]\ncache-dir = 'made/here'\n");
    project.run("check pkg");
    assert!(project.path("made/here/CACHEDIR.TAG").exists() && !project.path(".aiofix_cache").exists());
    project.run("check pkg --cache-dir there");
    assert!(project.path("there/CACHEDIR.TAG").exists());
    project.run("clean pkg");
    assert!(!project.path("made/here").exists());
}

#[test]
fn other_settings_share_nothing() {
    let project = project();
    settle();
    let page = "# own-sleep\n\nOwn.\n\n```toml\ncode = \"OWN001\"\nsafety = \"safe\"\nmessage = \"own\"\n```\n\n\
        ```scheme\n((call function: (identifier) @f)\n  (#eq? @f \"load\"))\n```\n\n## Found\n\n```python bad\nload(1)\n```\n";
    project.put("pages/own-sleep.md", page);
    let python = "check --select AIO102 --target-version";
    for line in [
        "check --select AIO1",
        "check --select AIO2",
        "check",
        "check --codemods pages",
        &format!("{python} py38"),
        &format!("{python} py313"),
        "check --whole-files",
        "check --exclude store.py",
        "check pkg/app.py",
    ] {
        both(&project, line);
    }
    project.put("pages/own-sleep.md", page.replace("message = \"own\"", "message = \"other\""));
    both(&project, "check --codemods pages");
}

#[test]
fn the_python_that_a_project_requires_is_part_of_it() {
    let project = project();
    project.put(
        "pkg/tasks.py",
        "import asyncio\n\n\nasync def f(g):\n    asyncio.create_task(g())\n    asyncio.get_event_loop()\n",
    );
    settle();
    for version in ["3.6", "3.8", "3.11", "3.13"] {
        project.put("pyproject.toml", format!("[project]\nrequires-python = '>={version}'\n"));
        both(&project, "check");
    }
}

#[test]
fn installed_packages_are_part_of_it() {
    let project = project();
    let site = ".venv/lib/python3.11/site-packages";
    project.put(".venv/pyvenv.cfg", "version = 3.11.7\n");
    project.put("pkg/app.py", "from lib import fetch_all\n\n\nasync def f():\n    fetch_all()\n");
    settle();
    let count = |project: &Project| findings(project).len();
    assert_eq!(count(&project), 0, "nothing is installed");
    project.put(&format!("{site}/lib.py"), "async def fetch_all():\n    pass\n");
    assert_eq!(count(&project), 1, "it is installed");
    project.put(&format!("{site}/lib.py"), "def fetch_all():\n    pass\n");
    assert_eq!(count(&project), 0, "another version");
    project.put(&format!("{site}/lib/__init__.py"), "from .inner import fetch_all\n");
    project.put(&format!("{site}/lib/inner.py"), "async def fetch_all():\n    pass\n");
    assert_eq!(count(&project), 1, "a package goes before a module");
    project.remove(&format!("{site}/lib/inner.py"));
    assert_eq!(count(&project), 0, "half of it is gone");
}

#[test]
fn what_other_files_mention_is_part_of_it() {
    let project = project();
    project.put("pkg/app.py", "import time\n\n\nasync def f():\n    time.sleep(1)\n");
    settle();
    let before = both(&project, "check --output-format json pkg/app.py");
    project.put("tests/test_app.py", "from unittest import mock\n\nmock.patch('pkg.app.time')\n");
    let after = both(&project, "check --output-format json pkg/app.py");
    assert_ne!(before, after, "the import stays where a mock names it, though the file is none of the run");
}
