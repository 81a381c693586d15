//! The examples of a page: small projects, before and after.

use crate::codemod::page::{Fence, minor_of};

/// One heading and the fences below it.
#[derive(Clone, Debug)]
pub struct Example {
    pub name: String,
    /// One-based row of the heading in the page.
    pub row: usize,
    pub files: Vec<ExampleFile>,
}

/// One fence.
#[derive(Clone, Debug, Default)]
pub struct ExampleFile {
    pub path: String,
    pub before: String,
    pub after: String,
    /// The minor version that the fence asks for, such as 8 in `python py38`.
    pub minor: Option<u8>,
    /// The fix that the fence asks for, such as `wrap-future` in `diff prefer=wrap-future`.
    pub prefer: Option<String>,
    /// Whether the fence shows what a fix that is never applied would make, as `diff display` says.
    pub is_display: bool,
    /// One-based lines of `before` that the fence removes.
    pub changed: Vec<usize>,
}

impl ExampleFile {
    /// Whether the fence holds the cells of a notebook, in the percent format.
    pub fn is_notebook(&self) -> bool {
        self.path.ends_with(".ipynb")
    }
}

impl Example {
    /// Whether the example shows a rewrite, rather than a near miss.
    pub fn rewrites(&self) -> bool {
        self.files.iter().any(|file| file.before != file.after)
    }
}

/// Reads a `diff` or a `python` fence of a page whose fixes have these names. An error is a byte offset in the fence's body and
/// a sentence.
pub fn parse_fence(path: String, fence: &Fence, fixes: &[&str]) -> Result<ExampleFile, (usize, String)> {
    let mut words = fence.info.split_whitespace();
    let kind = words.next().unwrap_or_default();
    let mut file = ExampleFile { path, ..ExampleFile::default() };
    for word in words {
        if word == "display" {
            file.is_display = true;
            continue;
        }
        match word.strip_prefix("prefer=") {
            Some(name) if fixes.contains(&name) => file.prefer = Some(name.to_owned()),
            Some(name) => {
                let known = if fixes.is_empty() { "none" } else { &fixes.join(", ") };
                return Err((0, format!("no fix of the page is called `{name}`, expected one of these: {known}")));
            }
            None => {
                let expected =
                    || format!("expected a version such as `py38`, `prefer=` a fix, or `display`, found `{word}`");
                file.minor = Some(minor_of(word).ok_or_else(|| (0, expected()))?);
            }
        }
    }
    match kind {
        "python" => Ok(ExampleFile { before: fence.body.clone(), after: fence.body.clone(), ..file }),
        "diff" => parse_diff(file, &fence.body),
        other => Err((0, format!("an example is a `diff` fence or a `python` fence, found `{other}`"))),
    }
}

fn parse_diff(mut file: ExampleFile, body: &str) -> Result<ExampleFile, (usize, String)> {
    let (mut at, mut row) = (0, 0);
    for line in body.split_inclusive('\n') {
        let rest = line.get(1..).unwrap_or_default();
        match line.as_bytes()[0] {
            b' ' => {
                file.before.push_str(rest);
                file.after.push_str(rest);
                row += 1;
            }
            b'\n' => {
                file.before.push('\n');
                file.after.push('\n');
                row += 1;
            }
            b'-' => {
                file.before.push_str(rest);
                row += 1;
                file.changed.push(row);
            }
            b'+' => file.after.push_str(rest),
            _ => {
                let message = "a line of a `diff` fence begins with a space, `-` or `+`".to_owned();
                return Err((at, message));
            }
        }
        at += line.len();
    }
    if file.before == file.after {
        return Err((0, "a `diff` fence that changes nothing: expected a `python` fence".to_owned()));
    }
    Ok(file)
}
