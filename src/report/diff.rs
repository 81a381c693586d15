//! Unified diffs that `git apply` and `patch -p1` take, of the bytes on disk.
//!
//! Only `\n` ends a line here, as for git: the `\r` of a CRLF line and a lone `\r` are bytes of a line like others, and
//! so is a byte order mark. What is diffed is what will be written, in the encoding of the file, never the decoded
//! text.

use super::Styles;
use similar::{Algorithm, ChangeTag, DiffOp, DiffTag, capture_diff_slices, group_diff_ops};
use std::ops::Range;

/// Unchanged lines around a change, as git and diff have it.
const AROUND: usize = 3;

/// The diff from `old` to `new`, empty when they are equal. `path` is the file's, with `/`.
///
/// With styles the lines have git's colours; with [`Styles::PLAIN`] the bytes can be applied.
///
/// `headings` are zero-based lines of `old` with a name for people, which stands behind the line numbers of each hunk that
/// changes one of them, where git shows the function around: `@@ -12 +12 @@ cell 3`.
pub fn diff(
    old: &[u8],
    new: &[u8],
    path: impl AsRef<[u8]>,
    headings: &[(Range<usize>, String)],
    styles: &Styles,
) -> Vec<u8> {
    let mut out = Vec::new();
    if old == new {
        return out;
    }
    let strong = styles.strong;
    for (sign, side) in [("---", "a/"), ("+++", "b/")] {
        out.extend_from_slice(format!("{strong}{sign} ").as_bytes());
        out.extend_from_slice(&name(side, path.as_ref()));
        out.extend_from_slice(format!("{strong:#}\n").as_bytes());
    }
    let (old_lines, new_lines) = (split(old), split(new));
    // No deadline: a diff that depends on the machine's load would not be the same twice. The algorithm bounds its work
    // by giving up minimal diffs, as git does.
    let ops = capture_diff_slices(Algorithm::Myers, &old_lines, &new_lines);
    for hunk in group_diff_ops(ops, AROUND) {
        let heading = heading(&hunk, headings);
        write_hunk(&mut out, &hunk, &heading, &old_lines, &new_lines, styles);
    }
    out
}

/// The lines of `bytes`, each with its `\n` where it has one; none for no bytes.
fn split(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|&byte| byte == b'\n').collect()
}

/// The names of what a hunk changes, each with a blank before it.
fn heading(hunk: &[DiffOp], headings: &[(Range<usize>, String)]) -> String {
    let changed = |lines: &Range<usize>| {
        let touched = hunk.iter().filter(|op| op.tag() != DiffTag::Equal).map(DiffOp::old_range);
        touched.into_iter().any(|old| old.start < lines.end && lines.start < old.end.max(old.start + 1))
    };
    let names: Vec<&str> = headings.iter().filter(|(lines, _)| changed(lines)).map(|(_, name)| name.as_str()).collect();
    if names.is_empty() { String::new() } else { format!(" {}", names.join(", ")) }
}

fn write_hunk(out: &mut Vec<u8>, hunk: &[DiffOp], heading: &str, old: &[&[u8]], new: &[&[u8]], styles: &Styles) {
    let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { return };
    let old_rows = rows(first.old_range().start..last.old_range().end);
    let new_rows = rows(first.new_range().start..last.new_range().end);
    let style = styles.hunk;
    out.extend_from_slice(format!("{style}@@ -{old_rows} +{new_rows} @@{style:#}{heading}\n").as_bytes());
    for change in hunk.iter().flat_map(|op| op.iter_changes(old, new)) {
        let (sign, style) = match change.tag() {
            ChangeTag::Equal => (' ', anstyle::Style::new()),
            ChangeTag::Delete => ('-', styles.removed),
            ChangeTag::Insert => ('+', styles.added),
        };
        let line = change.value();
        let body = line.strip_suffix(b"\n").unwrap_or(line);
        out.extend_from_slice(format!("{style}{sign}").as_bytes());
        out.extend_from_slice(body);
        out.extend_from_slice(format!("{style:#}\n").as_bytes());
        if body.len() == line.len() {
            out.extend_from_slice(b"\\ No newline at end of file\n");
        }
    }
}

/// Zero-based lines as a hunk's header counts them: one-based start and length, the length left out when it is one; no
/// lines start at the line before them.
fn rows(lines: Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => format!("{}", lines.start + 1),
        many => format!("{},{many}", lines.start + 1),
    }
}

/// The file's name in a header: as it is where a reader cannot mistake it, else in git's C-style quotes.
///
/// A name with spaces is followed by a tab, where the date would be, as git writes it: `patch` ends a name at white
/// space otherwise. Bytes above ASCII stay, as with git's `core.quotePath=false`. A leading `/` goes: `a//tmp/x` has no
/// name that `-p1` leaves inside the tree.
fn name(side: &str, path: &[u8]) -> Vec<u8> {
    let mut path = path;
    while let Some(rest) = path.strip_prefix(b"./").or_else(|| path.strip_prefix(b"/")) {
        path = rest;
    }
    let mut name = [side.as_bytes(), path].concat();
    if path.iter().any(|&byte| byte < b' ' || matches!(byte, b'"' | b'\\' | 0x7f)) {
        return quoted(&name);
    }
    if path.contains(&b' ') {
        name.push(b'\t');
    }
    name
}

fn quoted(name: &[u8]) -> Vec<u8> {
    let mut out = vec![b'"'];
    for &byte in name {
        match byte {
            b'"' | b'\\' => out.extend([b'\\', byte]),
            0x07 => out.extend(b"\\a"),
            0x08 => out.extend(b"\\b"),
            b'\t' => out.extend(b"\\t"),
            b'\n' => out.extend(b"\\n"),
            0x0b => out.extend(b"\\v"),
            0x0c => out.extend(b"\\f"),
            b'\r' => out.extend(b"\\r"),
            0..0x20 | 0x7f => out.extend(format!("\\{byte:03o}").bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
    out
}

#[cfg(test)]
mod tests {
    use super::super::samples::snapshot;
    use super::*;
    use proptest::prelude::*;
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    use std::path::Path;
    use std::process::Command;

    fn plain(old: &str, new: &str, path: &str) -> String {
        String::from_utf8(diff(old.as_bytes(), new.as_bytes(), path, &[], &Styles::PLAIN)).expect("text gives text")
    }

    /// Applies all diffs of `pairs` at once, by `command`, in a folder of the old texts, and compares with the new
    /// ones.
    fn applies(pairs: &[(String, Vec<u8>, Vec<u8>)], command: &[&str]) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut patch = Vec::new();
        for (path, old, new) in pairs {
            let file = folder.path().join(path);
            std::fs::create_dir_all(file.parent().expect("a file has a folder")).expect("a folder can be made");
            std::fs::write(file, old).expect("a file can be written");
            patch.extend(diff(old, new, path, &[], &Styles::PLAIN));
        }
        let patch_file = folder.path().join("all.diff");
        std::fs::write(&patch_file, &patch).expect("a file can be written");
        run(folder.path(), command, &patch_file);
        for (path, old, new) in pairs {
            // A file that ends up empty may be removed, as `patch` does.
            let found = std::fs::read(folder.path().join(path)).unwrap_or_default();
            let shown = String::from_utf8_lossy(&diff(old, new, path, &[], &Styles::PLAIN)).into_owned();
            assert!(found == *new, "{command:?} made {found:?} of {old:?}, not {new:?}, by\n{shown}");
        }
    }

    fn run(folder: &Path, command: &[&str], patch: &Path) {
        let output = Command::new(command[0])
            .args(&command[1..])
            .arg(patch)
            .current_dir(folder)
            .env("GIT_CEILING_DIRECTORIES", folder.parent().expect("a temporary folder has a parent"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .output()
            .unwrap_or_else(|error| panic!("this test needs `{}` on the path: {error}", command[0]));
        let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{command:?}: {said}\n{}", {
            String::from_utf8_lossy(&std::fs::read(patch).expect("the patch was written")).into_owned()
        });
    }

    const GIT: &[&str] = &["git", "apply", "--whitespace=nowarn"];
    const PATCH: &[&str] = &["patch", "-p1", "--fuzz=0", "-i"];

    /// Lines of few kinds, so that the same line stands in many places, with every kind of line end and none at the
    /// end.
    fn lines() -> impl Strategy<Value = Vec<u8>> {
        let line = prop::sample::select(vec![
            "\n",
            "\r\n",
            "a\n",
            "b\n",
            "-- c\n",
            "++ d\n",
            "\\ e\n",
            "f\r\n",
            "g\rh\n",
            " \n",
            "\té本\n",
            "\x0c\n",
            "@@ -1 +1 @@\n",
        ]);
        let end = prop::sample::select(vec!["", "", "tail", "tail\r", "\u{feff}"]);
        (prop::collection::vec(line, 0..30), end).prop_map(|(lines, end)| (lines.concat() + end).into_bytes())
    }

    /// A text and what a few edits of whole lines make of it.
    fn pair() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
        let edits = prop::collection::vec((0usize..40, 0usize..3, lines()), 0..4);
        (lines(), edits).prop_map(|(old, edits)| {
            let mut new: Vec<&[u8]> = split(&old);
            for (at, removed, inserted) in &edits {
                let at = (*at).min(new.len());
                let to = (at + removed).min(new.len());
                new.splice(at..to, split(inserted).into_iter().take(3));
            }
            let new = new.concat();
            (old, new)
        })
    }

    #[test]
    fn git_and_patch_make_the_new_text_of_the_old() {
        let mut runner = TestRunner::deterministic();
        let mut pairs = Vec::new();
        while pairs.len() < 1500 {
            let (old, new) = pair().new_tree(&mut runner).expect("no value is filtered out").current();
            if old != new {
                pairs.push((format!("d/{}.py", pairs.len()), old, new));
            }
        }
        applies(&pairs, GIT);
        applies(&pairs, PATCH);
    }

    #[test]
    fn git_and_patch_find_files_of_any_name() {
        let names = [
            "a b.py",
            "naïve/日本.py",
            "tab\t.py",
            "quote\".py",
            "back\\slash.py",
            " lead.py",
            "new\nline.py",
            "trail .py",
            "bell\x07\x1b\x7f.py",
            "'single'.py",
            "a\u{a0}b.py",
            "$HOME %s.py",
        ];
        let pairs: Vec<_> =
            names.iter().map(|name| ((*name).to_owned(), b"a\nb".to_vec(), b"a\nc\n".to_vec())).collect();
        applies(&pairs, GIT);
        applies(&pairs, PATCH);
    }

    #[test]
    fn bytes_that_are_no_utf_8_and_a_byte_order_mark_stay() {
        let pairs = vec![
            ("latin.py".to_owned(), b"# \xe9\nx\n".to_vec(), b"# \xe9\ny\n".to_vec()),
            ("bom.py".to_owned(), b"\xef\xbb\xbfx\r\nz".to_vec(), b"\xef\xbb\xbfy\r\nz".to_vec()),
        ];
        applies(&pairs, GIT);
        applies(&pairs, PATCH);
    }

    #[test]
    fn a_hunk_names_what_it_changes() {
        let lines = |names: &[&str]| names.iter().map(|name| format!("{name}\n")).collect::<String>();
        let old = lines(&["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]);
        let new = old.replace("b\n", "x\n").replace("j\n", "y\n");
        let headings = [(0..3, "cell 1".to_owned()), (3..5, "cell 2".to_owned()), (9..10, "cell 4".to_owned())];
        let text = diff(old.as_bytes(), new.as_bytes(), "n.ipynb", &headings, &Styles::PLAIN);
        let text = String::from_utf8(text).expect("text gives text");
        assert!(text.contains("@@ -1,5 +1,5 @@ cell 1\n") && text.contains("@@ -7,4 +7,4 @@ cell 4\n"), "{text}");
    }

    #[test]
    fn equal_texts_have_no_diff() {
        assert_eq!(plain("a\n", "a\n", "a.py"), "");
    }

    #[test]
    fn the_headers_are_gits() {
        assert!(plain("", "b\n", "x/a.py").starts_with("--- a/x/a.py\n+++ b/x/a.py\n@@ -0,0 +1 @@\n+b\n"));
        assert!(
            plain("a", "b", "a b.py").starts_with("--- a/a b.py\t\n+++ b/a b.py\t\n@@ -1 +1 @@\n-a\n\\ No newline")
        );
        assert!(plain("a", "b", "a\t.py").starts_with("--- \"a/a\\t.py\"\n+++ \"b/a\\t.py\"\n"));
        assert!(plain("a", "b", "/tmp/a.py").starts_with("--- a/tmp/a.py\n"));
    }

    #[test]
    fn a_terminal_gets_gits_colours() {
        let old = "a\nb\nc\nd\ne";
        let text = diff(old.as_bytes(), old.replace('e', "f").as_bytes(), "a.py", &[], &Styles::COLOURED);
        snapshot("diff_coloured", &String::from_utf8_lossy(&text).replace('\x1b', "␛"));
    }

    #[test]
    fn a_large_file_has_a_diff() {
        let old: String = (0..50_000).map(|line| format!("    value = {}\n", line % 700)).collect();
        let few = "import asyncio\n".to_owned() + &old.replacen("value = 699\n", "await value\n", 20);
        let many: String = old
            .lines()
            .enumerate()
            .map(|(at, line)| if at % 9 == 0 { "x\n".into() } else { format!("{line}\n") })
            .collect();
        let reversed = old.lines().rev().fold(String::new(), |text, line| text + line + "\n");
        for new in [few, many, reversed] {
            let shown = plain(&old, &new, "a.py");
            let lines = |sign: char| shown.lines().skip(2).filter(|line| line.starts_with(sign)).count();
            assert_eq!(lines('+') + old.lines().count(), lines('-') + new.lines().count());
        }
    }
}
