//! Text and places in it: spans of bytes, lines, line ends, indentation.
//!
//! Every offset in aiofix is a zero-based byte offset into the decoded UTF-8 text of one file, without its byte order
//! mark. Rows and columns exist only for people and are made here, at the last moment. Nothing here knows Python.

use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A half-open range of bytes in the text of one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    pub fn new(start: usize, end: usize) -> Span {
        debug_assert!(start <= end, "a span runs forwards: {start}..{end}");
        Span { start, end }
    }

    /// The empty span at `offset`: a place between two bytes.
    pub fn at(offset: usize) -> Span {
        Span { start: offset, end: offset }
    }

    pub fn len(self) -> usize {
        self.end - self.start
    }

    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }

    pub fn contains(self, offset: usize) -> bool {
        self.start <= offset && offset < self.end
    }

    pub fn encloses(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Whether the two share a byte, or one is an insertion strictly inside the other.
    pub fn overlaps(self, other: Span) -> bool {
        self.start < other.end && other.start < self.end
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Span {
        Span::new(range.start, range.end)
    }
}

/// A place as people count it: one-based row, one-based column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Location {
    pub row: usize,
    pub column: usize,
}

/// Where each line of a text starts. `\n`, `\r\n` and a lone `\r` end a line, as CPython's tokenizer has it.
#[derive(Clone, Debug)]
pub struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    pub fn of(text: &str) -> Lines {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            if bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n') {
                starts.push(at + 1);
            }
        }
        Lines { starts }
    }

    /// The zero-based line that holds `offset`.
    pub fn line_at(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start <= offset) - 1
    }

    /// Where zero-based `line` starts; the end of the text for a line past the last.
    pub fn start_of(&self, line: usize, text: &str) -> usize {
        self.starts.get(line).copied().unwrap_or(text.len())
    }

    /// How many lines there are; a text that ends in a line end has an empty last line.
    pub fn count(&self) -> usize {
        self.starts.len()
    }

    pub fn location(&self, text: &str, offset: usize) -> Location {
        let line = self.line_at(offset);
        let column = text[self.starts[line]..offset].chars().count() + 1;
        Location { row: line + 1, column }
    }
}

/// Where the line that holds `offset` starts.
pub fn line_start(text: &str, offset: usize) -> usize {
    memchr::memrchr2(b'\n', b'\r', &text.as_bytes()[..offset]).map_or(0, |at| at + 1)
}

/// Where the line that holds `offset` ends, before its line end.
pub fn line_end(text: &str, offset: usize) -> usize {
    memchr::memchr2(b'\n', b'\r', &text.as_bytes()[offset..]).map_or(text.len(), |at| offset + at)
}

/// Where the next line starts: past the line end of the line that holds `offset`.
pub fn next_line(text: &str, offset: usize) -> usize {
    let end = line_end(text, offset);
    match &text.as_bytes()[end..] {
        [b'\r', b'\n', ..] => end + 2,
        [] => end,
        _ => end + 1,
    }
}

/// The lines of a text without their line ends, whatever those are.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut at = 0;
    std::iter::from_fn(move || {
        if at >= text.len() {
            return None;
        }
        let line = &text[at..line_end(text, at)];
        at = next_line(text, at);
        Some(line)
    })
}

/// The white space that the line of `offset` begins with.
pub fn indentation(text: &str, offset: usize) -> &str {
    let start = line_start(text, offset);
    let rest = &text[start..];
    &rest[..rest.len() - rest.trim_start_matches([' ', '\t', '\x0c']).len()]
}

/// Whether only white space stands before `offset` on its line.
pub fn starts_its_line(text: &str, offset: usize) -> bool {
    text[line_start(text, offset)..offset].bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\x0c'))
}

/// The line end that new lines take: the one most lines of the text have, `\n` where there is none.
pub fn newline(text: &str) -> &'static str {
    let (mut lf, mut crlf, mut cr) = (0usize, 0usize, 0usize);
    let bytes = text.as_bytes();
    for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
        match bytes[at] {
            b'\n' if at > 0 && bytes[at - 1] == b'\r' => crlf += 1,
            b'\n' => lf += 1,
            _ if bytes.get(at + 1) != Some(&b'\n') => cr += 1,
            _ => {}
        }
    }
    if crlf > lf && crlf >= cr {
        "\r\n"
    } else if cr > lf {
        "\r"
    } else {
        "\n"
    }
}

/// Some code with one blank where it has several, or lines.
pub fn on_one_line(source: &str) -> String {
    source.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether `byte` can stand inside a Python identifier; bytes of non-ASCII characters count as such.
pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Whether the bytes just outside `span` leave it a whole word.
pub fn is_whole_word(text: &[u8], span: Span) -> bool {
    (span.start == 0 || !is_word(text[span.start - 1])) && text.get(span.end).is_none_or(|&next| !is_word(next))
}

/// Where `word` stands as a whole word in `text`, in order.
pub fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    memchr::memmem::find_iter(text.as_bytes(), word.as_bytes())
        .filter(move |&at| is_whole_word(text.as_bytes(), Span::new(at, at + word.len())))
}

/// Where `text` uses `name` as a name of its own, rather than as an attribute of something.
pub fn uses<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = usize> + 'a {
    words(text, name).filter(|&at| !text[..at].ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_at_every_kind_of_line_end() {
        let text = "a\r\nb\rc\nd";
        let lines = Lines::of(text);
        assert_eq!(lines.count(), 4);
        assert_eq!(lines.location(text, 3), Location { row: 2, column: 1 });
        assert_eq!(lines.location(text, 7), Location { row: 4, column: 1 });
        assert_eq!(next_line(text, 0), 3);
        assert_eq!(next_line(text, 3), 5);
    }

    #[test]
    fn columns_count_characters() {
        let text = "é = 'ü'; x";
        assert_eq!(Lines::of(text).location(text, text.len()), Location { row: 1, column: 11 });
    }

    #[test]
    fn new_lines_take_the_line_end_of_most_lines() {
        assert_eq!(newline("a\r\nb\r\nc\n"), "\r\n");
        assert_eq!(newline("a\rb\r"), "\r");
        assert_eq!(newline("a"), "\n");
    }
}
