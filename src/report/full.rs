//! Each finding as a code frame, with what its fix would change and why there is none where there is none.
//!
//! The look is ruff's. The frame is drawn by `annotate-snippets`, which gets an [`Excerpt`] and never a whole file.

use super::excerpt::Excerpt;
use super::shared::{Shared, told};
use super::sheet::Sheets;
use super::{View, change};
use crate::finding::{Applicability, FileReport, Finding, Fix};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet, normalize_untrusted_str as printable};
use std::io::{self, Write};

/// As wide as any excerpt: frames that go into a file are not cut.
const UNLIMITED: usize = 100_000;

/// Writes a frame for each matter, with a blank line after each.
pub fn full(out: &mut impl Write, files: &[FileReport], view: &View) -> io::Result<()> {
    let renderer = if view.styles.is_plain() { Renderer::plain() } else { Renderer::styled() };
    let renderer = renderer.term_width(view.width.unwrap_or(UNLIMITED));
    let mut shared = Shared::of(files);
    for file in files.iter().filter(|file| !file.findings.is_empty()) {
        let sheets = Sheets::of(file);
        for finding in &file.findings {
            let Some(others) = shared.others(finding) else { continue };
            title(out, finding, view)?;
            frame(out, file, &sheets, finding, &renderer, view)?;
            advice(out, &sheets, finding, view)?;
            if !others.is_empty() {
                let (note, strong) = (view.styles.note, view.styles.strong);
                writeln!(out, "{note}note{note:#}{strong}: {}{strong:#}", printable(&told(&others)))?;
            }
            writeln!(out)?;
        }
    }
    Ok(())
}

fn title(out: &mut impl Write, finding: &Finding, view: &View) -> io::Result<()> {
    let (code, fixable, strong) = (view.styles.code, view.styles.fixable, view.styles.strong);
    write!(out, "{code}{}{code:#} ", finding.code)?;
    if view.applies(finding) {
        write!(out, "[{fixable}*{fixable:#}] ")?;
    }
    writeln!(out, "{strong}{}{strong:#}", printable(&finding.message))
}

/// The arrow to the place, and the lines around it. The arrow is ours and not the renderer's, because the excerpt may
/// have lost the left part of a long line, and the renderer would count columns without it.
fn frame(
    out: &mut impl Write,
    file: &FileReport,
    sheets: &Sheets,
    finding: &Finding,
    renderer: &Renderer,
    view: &View,
) -> io::Result<()> {
    let sheet = sheets.at(finding.span.start);
    let (place, path) = (sheet.location(finding.span.start), sheet.path(&file.path));
    let excerpt = Excerpt::around(sheet.text, sheet.lines, sheet.span(finding.span));
    let digits = (excerpt.first_row + excerpt.text.matches('\n').count()).to_string().len();
    let gutter = view.styles.gutter;
    writeln!(out, "{gutter}{:digits$}-->{gutter:#} {}:{}:{}", "", printable(&path), place.row, place.column)?;
    let snippet = Snippet::source(excerpt.text)
        .line_start(excerpt.first_row)
        .fold(false)
        .annotation(AnnotationKind::Primary.span(excerpt.range));
    writeln!(out, "{}", renderer.render(&[Group::with_level(Level::ERROR).element(snippet)]))
}

/// What the fix would do and how far to trust it, or why there is none.
fn advice(out: &mut impl Write, sheets: &Sheets, finding: &Finding, view: &View) -> io::Result<()> {
    let (help, note, strong) = (view.styles.help, view.styles.note, view.styles.strong);
    if let Some(fix) = &finding.fix {
        writeln!(out, "{help}help{help:#}{strong}: {}{strong:#}", printable(&fix.title))?;
        for (sheet, edits) in sheets.edits(&fix.edits) {
            if let Some(cell) = sheet.cell {
                writeln!(out, "{gutter} :::{gutter:#} cell {cell}", gutter = view.styles.gutter)?;
            }
            change::preview(out, sheet.text, sheet.lines, &edits, &view.styles)?;
        }
        for other in &fix.elsewhere {
            let mut rows: Vec<String> = other.edits.iter().map(|(_, start, _)| start.row.to_string()).collect();
            rows.dedup();
            let lines = if rows.len() == 1 { "line" } else { "lines" };
            let (path, rows) = (printable(&other.path), rows.join(", "));
            writeln!(out, "{help}help{help:#}{strong}: It changes {path}, too, on {lines} {rows}{strong:#}")?;
        }
        let trust = match fix.applicability {
            Applicability::Safe => None,
            Applicability::Unsafe => Some("This is an unsafe fix and may change runtime behavior"),
            Applicability::Display => Some("This is a display-only fix and is likely to be incorrect"),
        };
        for line in trust.into_iter().chain(fix.notes.iter().map(String::as_str)) {
            writeln!(out, "{note}note{note:#}{strong}: {}{strong:#}", printable(line))?;
        }
    }
    if let Some(reason) = &finding.reason {
        writeln!(out, "{note}note{note:#}{strong}: No fix: {}{strong:#}", printable(reason))?;
    }
    for refusal in finding.refusals.iter().filter(|refusal| refusal.is_preferred) {
        let (name, reason) = (printable(&refusal.name), printable(&refusal.reason));
        writeln!(out, "{note}note{note:#}{strong}: No fix `{name}`: {reason}{strong:#}")?;
    }
    let others: Vec<String> = finding.alternatives.iter().map(alternative).collect();
    if !others.is_empty() {
        let others = printable(&others.join(", or ")).to_string();
        writeln!(out, "{help}help{help:#}{strong}: Other fixes: {others}{strong:#}")?;
    }
    Ok(())
}

/// What another fix would do, and how to ask for it.
fn alternative(fix: &Fix) -> String {
    match &fix.name {
        Some(name) => format!("{} (`--prefer {name}`)", fix.title),
        None => format!("{} (the default)", fix.title),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Styles;
    use super::super::samples::{self, plain, printed, snapshot};
    use super::*;
    use crate::text::{Lines, Span};
    use proptest::prelude::*;

    #[test]
    fn a_frame_a_finding() {
        snapshot("full", &printed(|out| full(out, &samples::service(), &plain())));
    }

    #[test]
    fn a_terminal_gets_colour() {
        let view = View { styles: Styles::COLOURED, unsafe_fixes: true, ..plain() };
        let text = printed(|out| full(out, &samples::service()[..1], &view));
        snapshot("full_coloured", &text.replace('\x1b', "␛"));
    }

    #[test]
    fn every_kind_of_line_end_and_wide_characters() {
        snapshot("full_line_ends", &printed(|out| full(out, &[samples::mixed_line_ends()], &plain())));
    }

    #[test]
    fn a_long_line_fits_the_terminal() {
        let text = "x = [".to_owned() + &"1, ".repeat(400_000) + "time.sleep(1)]\n";
        let file = samples::file("long.py", &text, &["time.sleep(1)"]);
        let shown = printed(|out| full(out, &[file], &plain()));
        assert!(shown.contains("--> long.py:1:1200006\n"), "{shown}");
        assert!(shown.contains("time.sleep(1)]") && shown.contains("^^^^^^^^^^^^^"), "{shown}");
        assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    }

    #[test]
    fn thousands_of_findings_in_a_large_file_are_shown() {
        let line = "        value = time.sleep(1)  # be kind to the server and to everybody else there\n";
        let text = line.repeat(12_000);
        let places: Vec<_> = (0..5_000).map(|at| Span::new(at * line.len() + 16, at * line.len() + 29)).collect();
        let file = samples::file_at("large.py", &text, &places);
        let shown = printed(|out| full(out, &[file], &plain()));
        assert_eq!(shown.matches("--> large.py").count(), 5_000);
    }

    proptest! {
        /// Whatever the text and the place, a frame is drawn and names the place that `Lines` gives.
        #[test]
        fn any_place_has_a_frame(text in "[a é\t\r\n\u{c}\u{1b}本\u{200b}]{0,40}", a in 0usize..60, b in 0usize..60) {
            let mut ends = [a, b].map(|at| {
                let at = at.min(text.len());
                (0..=at).rev().find(|&at| text.is_char_boundary(at)).expect("zero is a boundary")
            });
            ends.sort_unstable();
            let file = samples::file_at("p.py", &text, &[Span::new(ends[0], ends[1])]);
            let place = Lines::of(&text).location(&text, ends[0]);
            let shown = printed(|out| full(out, &[file], &plain()));
            let arrow = format!("--> p.py:{}:{}\n", place.row, place.column);
            prop_assert!(shown.contains(&arrow), "{}", shown);
            prop_assert!(shown.contains('^'), "{}", shown);
        }
    }
}
