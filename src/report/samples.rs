//! Reports that the tests of this room print, and how they compare what is printed.

use super::{Styles, View};
use crate::finding::{Applicability, FileReport, Finding, Fix, Refusal, Skip};
use crate::plan::Edit;
use crate::text::Span;
use std::io;
use std::sync::Arc;

/// A plain terminal of 80 columns.
pub(super) fn plain() -> View {
    View { styles: Styles::PLAIN, unsafe_fixes: false, width: Some(80) }
}

/// What `print` writes.
pub(super) fn printed(print: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
    let mut out = Vec::new();
    print(&mut out).expect("writing into memory does not fail");
    String::from_utf8(out).expect("reports of text are text")
}

/// Compares `text` with the reviewed one under `snapshots/` at the top of the repository.
pub(super) fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(format!("report_{name}"), text));
}

/// A file with a finding at the first occurrence of each of `marked`.
pub(super) fn file(path: &str, text: &str, marked: &[&str]) -> FileReport {
    let places: Vec<Span> = marked
        .iter()
        .map(|marked| text.find(marked).map(|at| Span::new(at, at + marked.len())).expect("the text holds the place"))
        .collect();
    file_at(path, text, &places)
}

pub(super) fn file_at(path: &str, text: &str, places: &[Span]) -> FileReport {
    let findings = places.iter().map(|&place| finding(place)).collect();
    FileReport { findings, ..FileReport::of(path.to_owned(), Arc::from(text)) }
}

fn finding(span: Span) -> Finding {
    Finding {
        page: Arc::from("blocking-sleep"),
        code: Arc::from("AIO201"),
        message: "`time.sleep` blocks the event loop".to_owned(),
        span,
        fix: None,
        reason: None,
        alternatives: Vec::new(),
        refusals: Vec::new(),
        matter: None,
    }
}

const SERVICE: &str = "\
\"\"\"Polls the naïve server.\"\"\"
import time

import requests


async def poll(server):
    for attempt in range(3):
        time.sleep(1)  # be kind
        asyncio.create_task(server.ping(
            attempt,
        ))

    return None
";

/// Two files: a safe fix of two edits, an unsafe fix with a note, and a finding without a fix.
pub(super) fn service() -> Vec<FileReport> {
    let mut app = file(
        "src/app.py",
        SERVICE,
        &["time.sleep(1)", "asyncio.create_task(server.ping(\n            attempt,\n        ))"],
    );
    let sleep = app.findings[0].span.start;
    app.findings[0].fix = Some(Fix {
        title: "Replace `time.sleep` by an awaited `asyncio.sleep`".to_owned(),
        name: None,
        applicability: Applicability::Safe,
        edits: vec![
            Edit::insert(SERVICE.find("import time").expect("it is there"), "import asyncio\n"),
            Edit::replace(Span::new(sleep, sleep + "time.sleep".len()), "await asyncio.sleep"),
        ],
        notes: Vec::new(),
        elsewhere: Vec::new(),
    });
    let task = app.findings[1].span;
    app.findings[1] = Finding {
        page: Arc::from("dangling-task"),
        code: Arc::from("AIO301"),
        message: "Nothing keeps the task of `asyncio.create_task`: it can be collected while it runs".to_owned(),
        fix: Some(Fix {
            title: "Keep the task in a set until it is done".to_owned(),
            name: None,
            applicability: Applicability::Unsafe,
            edits: vec![
                Edit::insert(task.start, "task = "),
                Edit::insert(task.end, "\n        tasks.add(task)\n        task.add_done_callback(tasks.discard)"),
            ],
            notes: vec!["The name `task` is read later in this function".to_owned()],
            elsewhere: Vec::new(),
        }),
        alternatives: vec![Fix {
            title: "Await the task".to_owned(),
            name: Some(Arc::from("await-task")),
            applicability: Applicability::Unsafe,
            edits: vec![Edit::insert(task.start, "await ")],
            notes: Vec::new(),
            elsewhere: Vec::new(),
        }],
        refusals: vec![Refusal {
            name: Arc::from("task-group"),
            reason: "no `async with` stands around it".to_owned(),
            is_preferred: true,
        }],
        ..app.findings[1].clone()
    };
    let mut other = file("src/other one.py", "async def f():\n\tsleep(1)\n", &["sleep(1)"]);
    other.findings[0].reason = Some("a star import may bind `sleep`".to_owned());
    vec![app, other]
}

/// Findings at (2, 2), (3, 9), (4, 5) and (5, 1), counted as Python counts rows.
pub(super) fn mixed_line_ends() -> FileReport {
    let text = "# é\r\n\tnap(1)\r# 日本語 = nap(2)\n\t'é' nap(3)\r\nnap(\r\n  4)";
    file("src/mixed.py", text, &["nap(1)", "nap(2)", " nap(3)", "nap(\r\n  4)"])
}

/// A file for each cause of leaving one alone.
pub(super) fn skipped() -> Vec<FileReport> {
    let causes = [
        (
            "a.py",
            Skip::Unreadable(
                "it cannot be read: Permission denied (os error 13); make it readable, or exclude it".to_owned(),
            ),
        ),
        ("b.py", Skip::Undecodable("byte 0xe9 on line 1 is not utf-8; declare its encoding".to_owned())),
        ("c.py", Skip::Unparsable(9)),
        ("d.py", Skip::Changed),
        ("e.py", Skip::TooLarge("it has 50 MB; exclude it".to_owned())),
    ];
    causes.map(|(path, skip)| FileReport { skip: Some(skip), ..file(path, "x = 1\ny =\n", &[]) }).into()
}
