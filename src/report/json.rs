//! Findings as JSON in ruff's shape, so that whatever reads ruff's report reads this one.
//!
//! The keys are ruff's, in ruff's (alphabetical) order; `reason`, a fix's `notes`, an edit's `cell`, `fixes` and `refusals` are
//! ours. `fixes` are all that a finding could have, the one in `fix` first. The array is written as it is made: a report of a
//! million findings is never in memory.

use super::sheet::{Sheet, Sheets};
use crate::finding::{Applicability, Elsewhere, FileReport, Finding, Fix, Refusal};
use crate::plan::Edit;
use crate::text::Location;
use serde::{Serialize, Serializer};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

/// Writes one array with an object for each finding; file names are absolute, as seen from `directory`.
pub fn json(out: &mut impl Write, files: &[FileReport], directory: &Path) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::pretty(&mut *out);
    serializer.collect_seq(files.iter().filter(|file| !file.findings.is_empty()).flat_map(|file| {
        let filename = absolute(&file.path, directory);
        let sheets = Sheets::of(file);
        file.findings.iter().map(move |finding| Diagnostic::of(finding, &sheets, &filename, directory))
    }))?;
    writeln!(out)
}

#[derive(Serialize)]
struct Diagnostic<'a> {
    /// The cell of a notebook, in which rows are counted.
    cell: Option<u32>,
    code: &'a str,
    end_location: Place,
    filename: String,
    fix: Option<FixObject<'a>>,
    fixes: Vec<Choice<'a>>,
    location: Place,
    message: &'a str,
    name: &'a str,
    /// The row where a `# noqa` silences the finding.
    noqa_row: usize,
    reason: Option<&'a str>,
    refusals: Vec<RefusalObject<'a>>,
    severity: &'static str,
    url: Option<&'a str>,
}

/// One-based, in characters.
#[derive(Clone, Copy, Serialize)]
struct Place {
    column: usize,
    row: usize,
}

impl Place {
    fn of(offset: usize, sheet: &Sheet) -> Place {
        let location = sheet.location(offset);
        Place { column: location.column, row: location.row }
    }
}

#[derive(Serialize)]
struct FixObject<'a> {
    applicability: &'static str,
    edits: Vec<EditObject<'a>>,
    message: &'a str,
    notes: &'a [String],
}

/// One of several fixes.
#[derive(Serialize)]
struct Choice<'a> {
    applicability: &'static str,
    edits: Vec<EditObject<'a>>,
    /// What changes in other files: all or none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    elsewhere: Vec<ElsewhereObject<'a>>,
    name: Option<&'a str>,
    notes: &'a [String],
    title: &'a str,
}

#[derive(Serialize)]
struct ElsewhereObject<'a> {
    edits: Vec<EditObject<'a>>,
    filename: String,
}

#[derive(Serialize)]
struct RefusalObject<'a> {
    name: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct EditObject<'a> {
    /// Ours: ruff does not tell, and an edit can be in another cell than the finding.
    #[serde(skip_serializing_if = "Option::is_none")]
    cell: Option<u32>,
    content: &'a str,
    end_location: Place,
    location: Place,
}

impl<'a> Diagnostic<'a> {
    fn of(finding: &'a Finding, sheets: &Sheets, filename: &str, directory: &Path) -> Diagnostic<'a> {
        let sheet = sheets.at(finding.span.start);
        let location = Place::of(finding.span.start, &sheet);
        Diagnostic {
            cell: sheet.cell,
            code: &finding.code,
            end_location: Place::of(finding.span.end, &sheet),
            filename: filename.to_owned(),
            // Who reads ruff's report knows of one file, and half of a fix would be worse than none.
            fix: finding.fix.as_ref().filter(|fix| fix.elsewhere.is_empty()).map(|fix| FixObject::of(fix, sheets)),
            fixes: finding.fixes().map(|fix| Choice::of(fix, sheets, directory)).collect(),
            location,
            message: &finding.message,
            name: &finding.page,
            noqa_row: location.row,
            reason: finding.reason.as_deref(),
            refusals: finding.refusals.iter().map(RefusalObject::of).collect(),
            severity: "error",
            url: None,
        }
    }
}

impl<'a> FixObject<'a> {
    fn of(fix: &'a Fix, sheets: &Sheets) -> FixObject<'a> {
        FixObject {
            applicability: word(fix.applicability),
            edits: edits(fix, sheets),
            message: &fix.title,
            notes: &fix.notes,
        }
    }
}

impl<'a> Choice<'a> {
    fn of(fix: &'a Fix, sheets: &Sheets, directory: &Path) -> Choice<'a> {
        Choice {
            applicability: word(fix.applicability),
            edits: edits(fix, sheets),
            elsewhere: fix.elsewhere.iter().map(|other| ElsewhereObject::of(other, directory)).collect(),
            name: fix.name.as_deref(),
            notes: &fix.notes,
            title: &fix.title,
        }
    }
}

impl<'a> ElsewhereObject<'a> {
    fn of(other: &'a Elsewhere, directory: &Path) -> ElsewhereObject<'a> {
        let place = |at: &Location| Place { column: at.column, row: at.row };
        let edit = |(edit, start, end): &'a (Edit, Location, Location)| EditObject {
            cell: None,
            content: &edit.content,
            end_location: place(end),
            location: place(start),
        };
        ElsewhereObject { edits: other.edits.iter().map(edit).collect(), filename: absolute(&other.path, directory) }
    }
}

impl<'a> RefusalObject<'a> {
    fn of(refusal: &'a Refusal) -> RefusalObject<'a> {
        RefusalObject { name: &refusal.name, reason: &refusal.reason }
    }
}

fn word(applicability: Applicability) -> &'static str {
    match applicability {
        Applicability::Safe => "safe",
        Applicability::Unsafe => "unsafe",
        Applicability::Display => "display",
    }
}

fn edits<'a>(fix: &'a Fix, sheets: &Sheets) -> Vec<EditObject<'a>> {
    fix.edits.iter().map(|edit| EditObject::of(edit, &sheets.at(edit.span.start))).collect()
}

impl<'a> EditObject<'a> {
    fn of(edit: &'a Edit, sheet: &Sheet) -> EditObject<'a> {
        EditObject {
            cell: sheet.cell,
            content: &edit.content,
            end_location: Place::of(edit.span.end, sheet),
            location: Place::of(edit.span.start, sheet),
        }
    }
}

/// `path` seen from `directory`, without `.` and `..`, which are taken as text, as ruff does; `-` is standard input.
fn absolute(path: &str, directory: &Path) -> String {
    if path == "-" {
        return path.to_owned();
    }
    let mut plain = PathBuf::new();
    for component in directory.join(path).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::samples::{self, printed, snapshot};
    use super::*;

    fn json_of(files: &[FileReport]) -> String {
        printed(|out| json(out, files, Path::new("/home/me")))
    }

    #[test]
    fn the_shape_is_ruffs() {
        snapshot("json", &json_of(&samples::service()));
    }

    #[test]
    fn rows_and_columns_are_pythons() {
        let value: serde_json::Value =
            serde_json::from_str(&json_of(&[samples::mixed_line_ends()])).expect("what serde wrote, serde reads");
        let places: Vec<(u64, u64)> = value
            .as_array()
            .expect("an array")
            .iter()
            .map(|object| &object["location"])
            .map(|place| (place["row"].as_u64().expect("a row"), place["column"].as_u64().expect("a column")))
            .collect();
        assert_eq!(places, [(2, 2), (3, 9), (4, 5), (5, 1)]);
    }

    #[test]
    fn nothing_found_is_an_empty_array() {
        assert_eq!(json_of(&[]), "[]\n");
    }

    #[test]
    fn file_names_are_absolute() {
        let directory = Path::new("/home/me");
        let absolutes = ["src/a.py", "./a.py", "../b.py", "/tmp/c.py", "-"].map(|path| absolute(path, directory));
        assert_eq!(absolutes, ["/home/me/src/a.py", "/home/me/a.py", "/home/b.py", "/tmp/c.py", "-"]);
    }
}
