//! What a fix would change, as the few lines around its edits.

use super::Styles;
use super::excerpt::clipped;
use crate::plan::Edit;
use crate::text::{Lines, Span};
use annotate_snippets::normalize_untrusted_str as printable;
use similar::{Algorithm, ChangeTag, DiffOp, capture_diff_slices, group_diff_ops};
use std::io::{self, Write};

/// Lines shown before and after a change.
const AROUND: usize = 1;

/// Writes the changed lines: removed ones with `-`, new ones with `+` and their row in the new text.
///
/// Edits that lie apart (a call and its import) are shown apart; a text of any size costs only the lines shown.
pub(super) fn preview(
    out: &mut impl Write,
    text: &str,
    lines: &Lines,
    edits: &[Edit],
    styles: &Styles,
) -> io::Result<()> {
    let hunks = hunks(text, lines, edits);
    let last_row = hunks.iter().flat_map(|hunk| hunk.iter().filter_map(|line| line.row)).max();
    let Some(last_row) = last_row else { return Ok(()) };
    let width = last_row.to_string().len();
    let gutter = styles.gutter;
    writeln!(out, "{gutter}{:width$} |{gutter:#}", "")?;
    for (index, hunk) in hunks.iter().enumerate() {
        if index > 0 {
            writeln!(out, "{}", "-".repeat(80))?;
        }
        for line in hunk {
            line.write(out, width, styles)?;
        }
    }
    writeln!(out, "{gutter}{:width$} |{gutter:#}", "")
}

/// One line of a preview.
struct Shown {
    tag: ChangeTag,
    /// One-based, in the new text; none for a removed line.
    row: Option<usize>,
    text: String,
}

impl Shown {
    fn write(&self, out: &mut impl Write, width: usize, styles: &Styles) -> io::Result<()> {
        let row = self.row.map_or_else(String::new, |row| row.to_string());
        let (sign, sign_style, style) = match self.tag {
            ChangeTag::Equal => ('|', styles.gutter, anstyle::Style::new()),
            ChangeTag::Delete => ('-', styles.removed.bold(), styles.removed),
            ChangeTag::Insert => ('+', styles.added.bold(), styles.added),
        };
        let sign_style = if styles.is_plain() { anstyle::Style::new() } else { sign_style };
        let gutter = styles.gutter;
        write!(out, "{gutter}{row:<width$}{gutter:#} {sign_style}{sign}{sign_style:#}")?;
        if self.text.is_empty() { writeln!(out) } else { writeln!(out, " {style}{}{style:#}", self.text) }
    }
}

fn hunks(text: &str, lines: &Lines, edits: &[Edit]) -> Vec<Vec<Shown>> {
    let mut hunks = Vec::new();
    let mut shift = 0isize;
    for (first, last, group) in windows(lines, edits) {
        let window = Span::new(lines.start_of(first, text), lines.start_of(last + 1, text));
        let old = &text[window.range()];
        let new = applied(text, window, group);
        let (old_lines, new_lines) = (split(old), split(&new));
        let base = first.saturating_add_signed(shift);
        for ops in group_diff_ops(capture_diff_slices(Algorithm::Myers, &old_lines, &new_lines), AROUND) {
            hunks.push(ops.iter().flat_map(|op| shown(op, &old_lines, &new_lines, base)).collect());
        }
        shift += new_lines.len() as isize - old_lines.len() as isize;
    }
    hunks
}

fn shown(op: &DiffOp, old: &[&str], new: &[&str], base: usize) -> Vec<Shown> {
    op.iter_changes(old, new)
        .map(|change| Shown {
            tag: change.tag(),
            row: change.new_index().map(|index| base + index + 1),
            text: printable(clipped(change.value().trim_end_matches(['\r', '\n']))),
        })
        .collect()
}

/// Edits with the zero-based first and last line to look at for them; edits whose lines touch share a window.
fn windows<'a>(lines: &Lines, edits: &'a [Edit]) -> Vec<(usize, usize, &'a [Edit])> {
    let mut windows: Vec<(usize, usize, usize, usize)> = Vec::new();
    for (index, edit) in edits.iter().enumerate() {
        let first = lines.line_at(edit.span.start).saturating_sub(AROUND);
        let last = (lines.line_at(edit.span.end) + AROUND).min(lines.count() - 1);
        match windows.last_mut() {
            Some(open) if first <= open.1 + 1 => (open.1, open.3) = (open.1.max(last), index + 1),
            _ => windows.push((first, last, index, index + 1)),
        }
    }
    windows.into_iter().map(|(first, last, from, to)| (first, last, &edits[from..to])).collect()
}

/// The text of `window` after `edits`, which lie in it.
fn applied(text: &str, window: Span, edits: &[Edit]) -> String {
    let mut new = String::with_capacity(window.len());
    let mut at = window.start;
    for edit in edits {
        new.push_str(&text[at..edit.span.start]);
        new.push_str(&edit.content);
        at = edit.span.end;
    }
    new.push_str(&text[at..window.end]);
    new
}

/// The lines of `text`, each with its line end; no empty last line.
fn split(text: &str) -> Vec<&str> {
    let lines = Lines::of(text);
    let starts = (0..=lines.count()).map(|line| lines.start_of(line, text));
    starts
        .clone()
        .zip(starts.skip(1))
        .filter(|(start, end)| start < end)
        .map(|(start, end)| &text[start..end])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples::printed;
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str, edits: &[Edit]) -> String {
        printed(|out| preview(out, text, &Lines::of(text), edits, &Styles::PLAIN))
    }

    #[test]
    fn edits_that_lie_apart_are_shown_apart_with_their_new_rows() {
        let text = "import time\n\n\n\n\nasync def f():\n    time.sleep(1)\n    return 1\n";
        let at = text.find("time.sleep").expect("it is there");
        let edits = [Edit::insert(0, "import asyncio\n"), Edit::replace(Span::new(at, at + 10), "await asyncio.sleep")];
        let expected = "  |
1 + import asyncio
2 | import time
--------------------------------------------------------------------------------
7 | async def f():
  -     time.sleep(1)
8 +     await asyncio.sleep(1)
9 |     return 1
  |
";
        assert_eq!(shown(text, &edits), expected);
    }

    #[test]
    fn a_removed_line_and_lone_carriage_returns() {
        let expected = "  |\n1 | a\n  - b\n2 | c\n  |\n";
        assert_eq!(shown("a\rb\rc", &[Edit::delete(Span::new(2, 4))]), expected);
    }

    proptest! {
        /// Every line that a preview keeps or adds stands at the row it names in the text that the edits make.
        #[test]
        fn rows_are_those_of_the_new_text(
            text in "[a-c\r\n]{0,60}",
            cuts in prop::collection::vec((0usize..12, 0usize..5, "[d\r\n]{0,4}"), 0..4),
        ) {
            let mut edits = Vec::new();
            let mut at = 0;
            for (skip, length, content) in cuts {
                let start = (at + skip).min(text.len());
                at = (start + length).min(text.len());
                edits.push(Edit::replace(Span::new(start, at), content));
                at += 1;
            }
            edits.dedup_by(|next, edit| next.span.start <= edit.span.end);
            let new = applied(&text, Span::new(0, text.len()), &edits);
            let new_lines = split(&new);
            for line in hunks(&text, &Lines::of(&text), &edits).iter().flatten() {
                let Some(row) = line.row else { continue };
                prop_assert_eq!(new_lines[row - 1].trim_end_matches(['\r', '\n']), &line.text);
            }
        }
    }

    #[test]
    fn a_fix_that_changes_nothing_shows_nothing() {
        assert_eq!(shown("a\n", &[Edit::replace(Span::new(0, 1), "a")]), "");
    }
}
