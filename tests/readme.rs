//! What the README shows is what the binary prints, and its table names the pages there are.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text of the first fence with this word after its backquotes.
fn fence<'t>(text: &'t str, language: &str) -> &'t str {
    let start = format!("```{language}\n");
    let (_, rest) = text.split_once(&start).unwrap_or_else(|| panic!("no fence `{language}`"));
    rest.split_once("```").expect("a fence ends").0
}

/// The value of a `key = "value"` line of a page's metadata.
fn metadata(page: &str, key: &str) -> String {
    let start = format!("{key} = \"");
    let line = fence(page, "toml").lines().find_map(|line| line.strip_prefix(start.as_str()));
    line.unwrap_or_else(|| panic!("no `{key}` in {page}")).trim_end_matches('"').to_owned()
}

#[test]
fn the_diff_is_what_the_command_above_it_prints() {
    let readme = read(&root().join("README.md"));
    let command = fence(&readme, "console").trim().strip_prefix("$ aiofix ").expect("the first command is aiofix");
    let output = Command::new(env!("CARGO_BIN_EXE_aiofix"))
        .args(command.split(' '))
        .current_dir(root())
        .env("NO_COLOR", "1")
        .output()
        .expect("the binary was built");
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        fence(&readme, "diff"),
        "paste what `aiofix {command}` prints into the README"
    );
}

#[test]
fn the_table_of_codemods_has_a_row_for_each_page() {
    let rows: BTreeSet<[String; 3]> = read(&root().join("README.md"))
        .lines()
        .filter(|line| line.starts_with("| `") && line.contains("| AIO"))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            [cells[0].trim_matches('`'), cells[1], cells[cells.len() - 1]].map(str::to_owned)
        })
        .collect();
    let pages: BTreeSet<[String; 3]> = std::fs::read_dir(root().join("codemods"))
        .expect("codemods is a folder")
        .map(|entry| entry.expect("codemods can be read").path())
        .map(|path| {
            let page = read(&path);
            let name = path.file_stem().expect("a page has a name").to_string_lossy().into_owned();
            [name, metadata(&page, "code"), metadata(&page, "safety")]
        })
        .collect();
    assert!(!pages.is_empty());
    assert_eq!(rows, pages, "the README's table gives name, code and, in the last column, safety of each page");
}

#[test]
fn every_link_into_the_repository_leads_somewhere() {
    for name in ["README.md", "examples/README.md", "tests/real/README.md"] {
        let path = root().join(name);
        for link in read(&path).split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|pair| pair.0) {
            let target = path.parent().expect("a file is in a folder").join(link);
            assert!(link.starts_with("http") || target.exists(), "{name}: {link} leads nowhere");
        }
    }
}
