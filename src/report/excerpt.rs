//! The few lines around a place, cut out of a text of any size, for a code frame.
//!
//! The renderer of frames walks all the text that it is given, and knows `\n` and `\r\n` only. An excerpt is small
//! whatever the file is, and has `\n` between its lines whatever the file has.

use crate::text::{Lines, Span, line_end};
use std::ops::Range;

/// Lines shown before and after the lines of the place.
const AROUND: usize = 2;
/// A place of more lines than this is marked as far as this only: its start says what it is about.
const MOST_LINES: usize = 16;
/// A line of more bytes than this is cut: no terminal shows them, and generated files have lines of a megabyte.
const MOST_BYTES: usize = 600;
/// Bytes kept before the place when its line is cut.
const LEAD: usize = 120;

/// Whole lines of a text, and where the place lies in them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    /// The lines with `\n` between them and none at the end.
    pub text: String,
    /// The one-based row of the first line.
    pub first_row: usize,
    /// The place as a byte range of [`Excerpt::text`].
    pub range: Range<usize>,
}

impl Excerpt {
    /// The lines of `span` with two lines around them, without blank lines at either end.
    pub fn around(text: &str, lines: &Lines, span: Span) -> Excerpt {
        let first = lines.line_at(span.start);
        let last = lines.line_at(span.end.saturating_sub(1).max(span.start)).min(first + MOST_LINES - 1);
        let (from, to) = context(text, lines, first, last);
        let mut excerpt = Excerpt { text: String::new(), first_row: from + 1, range: 0..0 };
        for line in from..=to {
            if line > from {
                excerpt.text.push('\n');
            }
            let start = lines.start_of(line, text);
            let whole = Span::new(start, line_end(text, start));
            // Both ends of the place are clamped into each of its lines, so the last of its lines has the last word.
            let clamped = |offset: usize| offset.clamp(whole.start, whole.end);
            let focus = if line == first { clamped(span.start) } else { whole.start };
            let kept = cut(text, whole, focus);
            let written = excerpt.text.len() + if kept.start > whole.start { '…'.len_utf8() } else { 0 };
            excerpt.write(text, whole, kept);
            let moved = |offset: usize| written + offset.clamp(kept.start, kept.end) - kept.start;
            if line == first {
                excerpt.range = moved(clamped(span.start))..moved(clamped(span.end));
            } else if line <= last && line > first {
                excerpt.range.end = moved(clamped(span.end));
            }
        }
        excerpt
    }

    fn write(&mut self, text: &str, whole: Span, kept: Span) {
        if kept.start > whole.start {
            self.text.push('…');
        }
        self.text.push_str(&text[kept.range()]);
        if kept.end < whole.end {
            self.text.push('…');
        }
    }
}

/// The lines to show for the lines of a place: more on both sides, but no blank line first or last.
fn context(text: &str, lines: &Lines, first: usize, last: usize) -> (usize, usize) {
    let blank = |line: usize| {
        let start = lines.start_of(line, text);
        text[start..line_end(text, start)].trim().is_empty()
    };
    let mut from = first.saturating_sub(AROUND);
    while from < first && blank(from) {
        from += 1;
    }
    let mut to = (last + AROUND).min(lines.count() - 1);
    while to > last && blank(to) {
        to -= 1;
    }
    (from, to)
}

/// The part of the line `whole` to show, on character boundaries, with `focus` in it.
fn cut(text: &str, whole: Span, focus: usize) -> Span {
    if whole.len() <= MOST_BYTES {
        return whole;
    }
    let start = boundary(text, focus.saturating_sub(LEAD).max(whole.start));
    Span::new(start, boundary(text, (start + MOST_BYTES).min(whole.end)))
}

/// The nearest start of a character at or before `offset`.
fn boundary(text: &str, mut offset: usize) -> usize {
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// `line` as it is shown where no frame cuts it.
pub(super) fn clipped(line: &str) -> &str {
    &line[..boundary(line, line.len().min(MOST_BYTES))]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(text: &str, marked: &str) -> Excerpt {
        let start = text.find(marked).expect("the text holds the place");
        Excerpt::around(text, &Lines::of(text), Span::new(start, start + marked.len()))
    }

    #[test]
    fn lines_around_a_place_lose_their_line_ends_and_outer_blanks() {
        let excerpt = around("a\r\n\r\nb\rxyz\n \nd\ne", "yz");
        assert_eq!(excerpt, Excerpt { text: "b\nxyz\n \nd".into(), first_row: 3, range: 3..5 });
    }

    #[test]
    fn a_place_over_several_lines_keeps_both_ends() {
        let excerpt = around("f(\r\n  1,\r\n)\r\n", "(\r\n  1,\r\n)");
        assert_eq!(excerpt.text, "f(\n  1,\n)");
        assert_eq!(&excerpt.text[excerpt.range], "(\n  1,\n)");
    }

    #[test]
    fn a_long_place_is_marked_at_its_start_only() {
        let text = "x = (\n".to_owned() + &"1,\n".repeat(5000) + ")\n";
        let excerpt = around(&text, &text[4..text.len() - 1]);
        assert_eq!(excerpt.text.lines().count(), MOST_LINES + AROUND);
        assert_eq!(excerpt.range.start, 4);
        assert!(excerpt.text[excerpt.range].ends_with("1,"));
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = "é".repeat(100_000) + "here" + &"ü".repeat(100_000);
        let excerpt = around(&text, "here");
        assert!(excerpt.text.len() < MOST_BYTES + 10);
        assert!(excerpt.text.starts_with('…') && excerpt.text.ends_with('…'));
        assert_eq!(&excerpt.text[excerpt.range], "here");
    }
}
