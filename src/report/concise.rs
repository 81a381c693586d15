//! One line a finding, for people in a hurry and for editors that parse lines.

use super::shared::Shared;
use super::sheet::Sheets;
use super::{Styles, View};
use crate::finding::FileReport;
use annotate_snippets::normalize_untrusted_str as printable;
use std::io::{self, Write};

/// Writes `path:row:column: CODE [*] message` for each matter.
pub fn concise(out: &mut impl Write, files: &[FileReport], view: &View) -> io::Result<()> {
    let Styles { code, fixable, strong, separator, .. } = view.styles;
    let mut shared = Shared::of(files);
    for file in files.iter().filter(|file| !file.findings.is_empty()) {
        let sheets = Sheets::of(file);
        for finding in &file.findings {
            let Some(others) = shared.others(finding) else { continue };
            let more = if others.is_empty() { String::new() } else { format!(" (and {} more)", others.len()) };
            let sheet = sheets.at(finding.span.start);
            let place = sheet.location(finding.span.start);
            let star = if view.applies(finding) { format!("[{fixable}*{fixable:#}] ") } else { String::new() };
            writeln!(
                out,
                "{strong}{path}{strong:#}{separator}:{separator:#}{row}{separator}:{separator:#}{column}{separator}:\
                 {separator:#} {code}{id}{code:#} {star}{message}{more}",
                path = printable(&sheet.path(&file.path)),
                row = place.row,
                column = place.column,
                id = finding.code,
                message = printable(&finding.message),
            )?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::samples::{self, plain, snapshot};
    use super::*;

    #[test]
    fn one_line_a_finding() {
        snapshot("concise", &samples::printed(|out| concise(out, &samples::service(), &plain())));
    }

    #[test]
    fn a_star_needs_a_fix_that_would_be_applied() {
        let view = View { unsafe_fixes: true, ..plain() };
        let stars =
            |view: &View| samples::printed(|out| concise(out, &samples::service(), view)).matches("[*]").count();
        assert_eq!((stars(&plain()), stars(&view)), (1, 2));
    }
}
