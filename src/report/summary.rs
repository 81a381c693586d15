//! The last lines: how much was found, would be fixed, was fixed; which files were left alone; our own faults.

use super::sheet::Sheets;
use super::{Styles, View, counted};
use crate::finding::{FileReport, Skip};
use annotate_snippets::normalize_untrusted_str as printable;
use std::io::{self, Write};

/// Ends `check`: what was found, and how much of it `fix` would mend.
pub fn checked(out: &mut impl Write, files: &[FileReport], view: &View) -> io::Result<()> {
    let found = found(files);
    if found == 0 {
        return writeln!(out, "{}", nothing(files));
    }
    writeln!(out, "Found {}.", counted(found, "error", "errors"))?;
    fixable(out, files, view)
}

/// Ends `diff`: how much the diff mends. `applied` of `files` counts it; their findings are those of the old text.
pub fn pending(out: &mut impl Write, files: &[FileReport], view: &View) -> io::Result<()> {
    let (would, hidden) = (applied(files), hidden(files, view));
    match (would, hidden) {
        (0, 0) if found(files) == 0 => writeln!(out, "{}", nothing(files)),
        (0, 0) => writeln!(out, "No errors would be fixed."),
        (0, _) => writeln!(
            out,
            "No errors would be fixed ({} available with `--unsafe-fixes`).",
            counted(hidden, "fix", "fixes")
        ),
        (_, 0) => writeln!(out, "Would fix {}.", counted(would, "error", "errors")),
        _ => writeln!(
            out,
            "Would fix {} ({} available with `--unsafe-fixes`).",
            counted(would, "error", "errors"),
            counted(hidden, "additional fix", "additional fixes")
        ),
    }
}

/// Ends `fix`: what was fixed where, and what remains. The findings of `files` are those that remain.
pub fn fixed(out: &mut impl Write, files: &[FileReport], view: &View) -> io::Result<()> {
    let (done, remaining) = (applied(files), found(files));
    if done == 0 {
        return checked(out, files, view);
    }
    let (strong, separator) = (view.styles.strong, view.styles.separator);
    writeln!(out, "Fixed {}:", counted(done, "error", "errors"))?;
    for file in files.iter().filter(|file| !file.applied.is_empty()) {
        writeln!(out, "- {strong}{}{strong:#}{separator}:{separator:#}", printable(&file.path))?;
        let digits = file.applied.iter().map(|(_, count)| count.to_string().len()).max().unwrap_or(0);
        for (page, count) in &file.applied {
            writeln!(out, "    {count:>digits$} × {page}")?;
        }
    }
    writeln!(out)?;
    writeln!(out, "Found {} ({done} fixed, {remaining} remaining).", counted(done + remaining, "error", "errors"))?;
    fixable(out, files, view)
}

/// Names each file that was left alone, the cause, and what to do next. Returns how many there are.
pub fn skipped(out: &mut impl Write, files: &[FileReport], styles: &Styles) -> io::Result<usize> {
    let mut count = 0;
    for file in files {
        let Some(skip) = &file.skip else { continue };
        count += 1;
        let (note, help, strong) = (styles.note, styles.help, styles.strong);
        let (place, cause, next) = told(skip, file);
        let path = printable(&file.path);
        writeln!(out, "{note}warning{note:#}{strong}: {path}{place}{strong:#}: {}", printable(&cause))?;
        writeln!(out, "  {help}help{help:#}: {next}")?;
    }
    if count > 0 {
        writeln!(out, "Skipped {}.", counted(count, "file", "files"))?;
    }
    Ok(count)
}

/// Names our own faults: fixes that were dropped because their result could not be proved. Returns how many there are.
pub fn bugs(out: &mut impl Write, files: &[FileReport], styles: &Styles) -> io::Result<usize> {
    let mut count = 0;
    let (code, help, strong) = (styles.code, styles.help, styles.strong);
    for file in files {
        for bug in &file.bugs {
            count += 1;
            let path = printable(&file.path);
            writeln!(out, "{code}bug{code:#}{strong}: {path}{strong:#}: {}", printable(bug))?;
        }
    }
    if count > 0 {
        writeln!(
            out,
            "  {help}help{help:#}: {} of aiofix, not of your code. No such fix was applied.\n  \
             Please report {} with the lines concerned and `aiofix --version`.",
            if count == 1 { "This is a fault" } else { "These are faults" },
            if count == 1 { "it" } else { "them" },
        )?;
    }
    Ok(count)
}

/// Where a skip is, beyond its file; its cause; what the user can do.
fn told(skip: &Skip, file: &FileReport) -> (String, String, String) {
    match skip {
        Skip::Unreadable(cause) => {
            let (cause, next) = advised(cause, "check that the file exists and that you may read and write it");
            (String::new(), cause, next)
        }
        Skip::Undecodable(cause) | Skip::Notebook(cause) => {
            let (cause, next) = advised(cause, "leave it out with `--exclude`");
            (String::new(), cause, next)
        }
        Skip::Unparsable(offset) => (
            place(file, *offset),
            "not valid Python".to_owned(),
            "mend it (aiofix reads Python 3 only), or leave it out with `--exclude`".to_owned(),
        ),
        Skip::Changed => (
            String::new(),
            "changed on disk after it was read, so it was not written".to_owned(),
            "run aiofix again".to_owned(),
        ),
        Skip::TooLarge(cause) => {
            let (cause, _) = advised(cause, "");
            (String::new(), cause, "leave it out with `--exclude` if it is generated".to_owned())
        }
    }
}

/// A cause and the advice behind its last semicolon; `otherwise` where it has none.
fn advised(cause: &str, otherwise: &str) -> (String, String) {
    let (cause, next) = cause.rsplit_once("; ").unwrap_or((cause, otherwise));
    (cause.to_owned(), next.to_owned())
}

/// `:row:column`, where the text is there to count in.
fn place(file: &FileReport, offset: usize) -> String {
    if !file.text.is_char_boundary(offset) || file.text.is_empty() {
        return String::new();
    }
    let sheets = Sheets::of(file);
    let sheet = sheets.at(offset);
    let place = sheet.location(offset);
    sheet.path("") + &format!(":{}:{}", place.row, place.column)
}

/// What to say where nothing was found, which is no praise of what could not be looked at.
fn nothing(files: &[FileReport]) -> &'static str {
    if files.iter().any(|file| file.skip.is_some()) {
        "Nothing found in the files that could be checked."
    } else {
        "All checks passed!"
    }
}

fn found(files: &[FileReport]) -> usize {
    files.iter().map(|file| file.findings.len()).sum()
}

fn applied(files: &[FileReport]) -> usize {
    files.iter().flat_map(|file| &file.applied).map(|(_, count)| count).sum()
}

fn hidden(files: &[FileReport], view: &View) -> usize {
    files.iter().flat_map(|file| &file.findings).filter(|finding| view.hides(finding)).count()
}

/// The line on what can be fixed, where something can.
fn fixable(out: &mut impl Write, files: &[FileReport], view: &View) -> io::Result<()> {
    let fixable = files.iter().flat_map(|file| &file.findings).filter(|finding| view.applies(finding)).count();
    let hidden = hidden(files, view);
    let more =
        format!("{} can be enabled with the `--unsafe-fixes` option", counted(hidden, "hidden fix", "hidden fixes"));
    let star = view.styles.fixable;
    match (fixable, hidden) {
        (0, 0) => Ok(()),
        (0, _) => writeln!(out, "No fixes available ({more})."),
        (_, 0) => writeln!(out, "[{star}*{star:#}] {fixable} fixable with the `fix` command."),
        _ => writeln!(out, "[{star}*{star:#}] {fixable} fixable with the `fix` command ({more})."),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{self, plain, printed, snapshot};
    use super::*;
    use std::sync::Arc;

    #[test]
    fn what_was_found() {
        let with_unsafe = View { unsafe_fixes: true, ..plain() };
        let mut no_fixes = samples::service();
        no_fixes.iter_mut().flat_map(|file| &mut file.findings).for_each(|finding| finding.fix = None);
        let lines = [
            printed(|out| checked(out, &[], &plain())),
            printed(|out| checked(out, &samples::service(), &plain())),
            printed(|out| checked(out, &samples::service(), &with_unsafe)),
            printed(|out| checked(out, &no_fixes[1..], &plain())),
        ];
        snapshot("summary_checked", &lines.join("\n"));
    }

    #[test]
    fn what_a_diff_would_fix() {
        let with_unsafe = View { unsafe_fixes: true, ..plain() };
        let mut files = samples::service();
        let none = printed(|out| pending(out, &files, &plain()));
        files[0].applied = vec![(Arc::from("blocking-sleep"), 1)];
        let lines = [
            printed(|out| pending(out, &[], &plain())),
            none,
            printed(|out| pending(out, &files, &plain())),
            printed(|out| pending(out, &files, &with_unsafe)),
        ];
        snapshot("summary_pending", &lines.join("\n"));
    }

    #[test]
    fn what_was_fixed_and_what_remains() {
        let mut files = samples::service();
        files[0].applied = vec![(Arc::from("blocking-sleep"), 12), (Arc::from("dangling-task"), 1)];
        files[1].applied = vec![(Arc::from("nested-run"), 1)];
        let text = printed(|out| fixed(out, &files, &plain()));
        let nothing = printed(|out| fixed(out, &samples::service(), &plain()));
        assert_eq!(nothing, printed(|out| checked(out, &samples::service(), &plain())));
        snapshot("summary_fixed", &text);
    }

    #[test]
    fn each_skipped_file_has_its_cause_and_the_next_step() {
        let mut count = 0;
        let text = printed(|out| {
            count = skipped(out, &samples::skipped(), &Styles::PLAIN)?;
            Ok(())
        });
        assert_eq!(count, samples::skipped().len());
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        snapshot("summary_skipped", &text);
    }

    #[test]
    fn our_own_faults_are_ours() {
        let mut file = samples::file("src/app.py", "", &[]);
        file.bugs = vec!["the fix of `blocking-sleep` at line 3 puts `await` outside a coroutine".into()];
        snapshot("summary_bugs", &printed(|out| bugs(out, &[file], &Styles::PLAIN).map(drop)));
    }
}
