//! The rules of the house that a machine can check: which way dependencies point, who touches files and terminals, how
//! a module opens and how long it is. Each failure says how to mend it.

use std::path::{Path, PathBuf};

/// The modules, from the ground up; what stands in one line is one floor. A floor knows only itself and those above it
/// in this list.
const FLOORS: &[&[&str]] = &[
    &["text", "spelling"],
    &["syntax"],
    &["outline"],
    &["summary"],
    &["plan", "finding"],
    &["project"],
    &["rewrite"],
    &["codemod"],
    &["suppression", "config", "notebook", "workspace", "report"],
    &["driver"],
    &["playing"],
    &["cli"],
];
/// Lines of a file at most; past some 400 it is asking to be two.
const LONGEST: usize = 500;

/// A file of `src`, with the tests at its end cut off.
struct Room {
    /// Relative to `src`, with `/`.
    name: String,
    text: String,
    code: String,
}

impl Room {
    /// The module of the crate's root that the file belongs to.
    fn module(&self) -> &str {
        self.name.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }

    /// The lines of code, without comments, each with its number.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.code.lines().enumerate().map(|(index, line)| (index + 1, line));
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// Each line of code with one of `words`, as `file:line: word`.
    fn uses<'r>(&'r self, words: &'r [&str]) -> impl Iterator<Item = String> + 'r {
        self.lines().filter_map(move |(row, line)| {
            let word = words.iter().find(|word| line.contains(**word))?;
            Some(format!("src/{}:{row}: {word}", self.name))
        })
    }
}

fn rooms() -> Vec<Room> {
    let src = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut rooms = Vec::new();
    gather(&src, &src, &mut rooms);
    assert!(rooms.len() > 40, "src has files");
    rooms
}

fn gather(folder: &Path, src: &Path, rooms: &mut Vec<Room>) {
    for entry in std::fs::read_dir(folder).expect("src can be read") {
        let path = entry.expect("src can be read").path();
        if path.is_dir() {
            gather(&path, src, rooms);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(src).expect("it lies in src").to_string_lossy().replace('\\', "/");
            let text = std::fs::read_to_string(&path).expect("a source is text");
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
            rooms.push(Room { name, text, code });
        }
    }
}

/// Whether a file holds tests only, and is compiled for them only.
fn is_test(room: &Room) -> bool {
    room.name.contains("/tests") || room.name == "report/samples.rs"
}

fn assert_none(found: Vec<String>, mend: &str) {
    assert!(found.is_empty(), "{mend}\n  {}", found.join("\n  "));
}

#[test]
fn dependencies_point_down() {
    let floor = |module: &str| FLOORS.iter().position(|floor| floor.contains(&module));
    let mut found = Vec::new();
    for room in rooms().iter().filter(|room| !is_test(room) && !["lib", "main"].contains(&room.module())) {
        let own = floor(room.module());
        let own = own.unwrap_or_else(|| panic!("give `{}` a floor in tests/house.rs", room.module()));
        for (row, line) in room.lines() {
            for rest in line.split("crate::").skip(1) {
                let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
                let other = &rest[..end];
                if floor(other).is_some_and(|other_floor| {
                    other_floor > own || other_floor == own && FLOORS[own][0] != "plan" && other != room.module()
                }) {
                    found.push(format!("src/{}:{row}: `{}` knows `{other}`", room.name, room.module()));
                }
            }
        }
    }
    assert_none(
        found,
        "dependencies point down (the floors are in tests/house.rs): hand the value in, or move it down",
    );
}

#[test]
fn only_the_workspace_touches_files() {
    let words = ["std::fs", "fs::", "File::open", "File::create", "File::options", "tempfile::", "read_dir"];
    let rooms = rooms();
    let others = rooms.iter().filter(|room| room.module() != "workspace" && !is_test(room));
    assert_none(
        others.flat_map(|room| room.uses(&words)).collect(),
        "ask src/workspace for it, so that errors are values",
    );
}

#[test]
fn only_reports_and_commands_print() {
    let words = ["println!", "print!", "dbg!", "stdout()", "stderr()"];
    let rooms = rooms();
    let others = rooms.iter().filter(|room| !["report", "cli"].contains(&room.module()) && !is_test(room));
    assert_none(others.flat_map(|room| room.uses(&words)).collect(), "return the value, and let src/report print it");
}

#[test]
fn nothing_panics_without_saying_why() {
    let words = [".unwrap()", "panic!(", "todo!(", "unimplemented!(", "TODO", "FIXME"];
    let rooms = rooms();
    let found = rooms.iter().filter(|room| !is_test(room)).flat_map(|room| room.uses(&words)).collect();
    assert_none(found, "state the invariant with `expect`, or handle it");
}

#[test]
fn every_module_opens_with_its_story() {
    let rooms = rooms();
    let silent = rooms.iter().filter(|room| !room.text.starts_with("//! "));
    let found = silent.map(|room| format!("src/{}", room.name)).collect();
    assert_none(found, "open with `//!`: what it is, what goes in and out, its invariants");
}

#[test]
fn no_file_is_too_long() {
    let rooms = rooms();
    let long = rooms.iter().filter(|room| room.text.lines().count() > LONGEST);
    let found = long.map(|room| format!("src/{}: {} lines", room.name, room.text.lines().count())).collect();
    assert_none(found, "make it two files, each with a story of its own");
}

#[test]
fn no_module_is_a_drawer() {
    let rooms = rooms();
    let drawers = ["utils", "helpers", "common", "manager", "misc"];
    let is_drawer = |room: &&Room| room.name.split('/').any(|part| drawers.contains(&part.trim_end_matches(".rs")));
    let found = rooms.iter().filter(is_drawer).map(|room| format!("src/{}", room.name)).collect();
    assert_none(found, "name the module after what it knows");
}

#[test]
fn no_test_is_ignored_and_every_snapshot_is_reviewed() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let ignored = format!("#[{}", "ignore");
    let rooms = rooms();
    let mut found: Vec<String> =
        rooms.iter().filter(|room| room.text.contains(&ignored)).map(|room| room.name.clone()).collect();
    for entry in std::fs::read_dir(root.join("snapshots")).expect("snapshots is a folder") {
        let name = entry.expect("snapshots can be read").file_name().to_string_lossy().into_owned();
        found.extend((!name.ends_with(".snap")).then(|| format!("snapshots/{name}")));
    }
    assert_none(found, "mend the test or drop it; read a new snapshot and rename it from `.snap.new`");
}
