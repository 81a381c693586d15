//! The legacy service in `examples/`: every page finds something in it, its fix compiles and is complete, and the code
//! in it that only resembles a pitfall stays.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Lines that are right as they stand: in a thread, at an entry point, in a task group, kept by an instance.
const NEAR_MISSES: [(&str, &str); 11] = [
    ("archive.py", "        with self.guard:"),
    ("archive.py", "                data = await asyncio.to_thread(self.pack, month)"),
    ("archive.py", "            print(month, await total)"),
    ("store.py", "            sleep(0.5)"),
    ("worker.py", "            time.sleep(60)"),
    ("worker.py", "                asyncio.run_coroutine_threadsafe(post_chat(\"worker is stuck\"), self.loop)"),
    ("app.py", "        asyncio.run(serve())"),
    ("app.py", "        group.create_task(heartbeat(poller))"),
    ("client.py", "        self._session = aiohttp.ClientSession(loop=loop)"),
    ("notifications.py", "        asyncio.run(post_chat(\"%d orders today\" % len(orders)))"),
    ("poller.py", "        self.started = time.time()"),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn aiofix(words: &[&str], tree: &Path) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_aiofix"))
        .args(words)
        .args(["--isolated", "--no-cache"])
        .arg(tree)
        .output()
        .expect("the binary was built");
    assert!(matches!(output.status.code(), Some(0 | 1)), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// A copy of the service in a folder of its own.
fn copied() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in modules(&root().join("examples/orders")) {
        std::fs::write(folder.path().join(name), text).expect("the copy can be written");
    }
    folder
}

/// The modules of a folder, by name, with their text.
fn modules(folder: &Path) -> BTreeSet<(String, String)> {
    std::fs::read_dir(folder)
        .expect("the folder can be read")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "py"))
        .map(|path| {
            let name = path.file_name().expect("a module has a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("a module is text"))
        })
        .collect()
}

#[test]
fn every_page_finds_something() {
    let pages = std::fs::read_dir(root().join("codemods")).expect("codemods is a folder");
    let pages: Vec<PathBuf> = pages.map(|entry| entry.expect("codemods can be read").path()).collect();
    let is_opt_in =
        |page: &&PathBuf| std::fs::read_to_string(page).expect("a page is text").contains("\ndefault = false\n");
    let stem = |page: &PathBuf| page.file_stem().expect("a page has a name").to_string_lossy().into_owned();
    let opt_in = pages.iter().filter(is_opt_in).map(stem).collect::<Vec<_>>().join(",");
    let words = ["check", "--output-format", "json", "--extend-select", &opt_in];
    let output = aiofix(&words, &root().join("examples"));
    let findings: serde_json::Value = serde_json::from_slice(&output.stdout).expect("the report is JSON");
    let found: BTreeSet<&str> = findings
        .as_array()
        .expect("the report is a list")
        .iter()
        .map(|finding| finding["name"].as_str().expect("a finding has a name"))
        .collect();
    for page in pages.iter().map(stem) {
        assert!(found.contains(&*page), "examples/ should show `{page}`; it shows {found:?}");
    }
}

#[test]
fn the_fixed_service_compiles_and_is_done() {
    let folder = copied();
    let before = modules(folder.path());
    aiofix(&["fix", "--unsafe-fixes"], folder.path());
    let after = modules(folder.path());
    assert_ne!(before, after);
    let compiled = Command::new("python3").args(["-m", "compileall", "-q"]).arg(folder.path()).output();
    let compiled = compiled.expect("python3 is installed");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stdout));
    aiofix(&["fix", "--unsafe-fixes"], folder.path());
    assert_eq!(modules(folder.path()), after, "a second run changes something");
}

#[test]
fn what_only_resembles_a_pitfall_stays() {
    let folder = copied();
    aiofix(&["fix", "--unsafe-fixes"], folder.path());
    for (name, line) in NEAR_MISSES {
        let fixed = std::fs::read_to_string(folder.path().join(name)).expect("a module is text");
        assert!(fixed.lines().any(|other| other == line), "`{}` is gone from {name}:\n{fixed}", line.trim());
    }
}
