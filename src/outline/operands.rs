//! The operand behind a keyword, a bracket or a comma, read without a tree.
//!
//! In: the text, its outline, and where to begin. Out: where the operand stands, the last name of its chain, and whether
//! that is called. What is not read (a comment inside, an f-string, a very long text) is [`Reading::Unread`], which callers
//! take for anything.

use super::Outline;
use crate::text::{Span, is_word};

/// The longest operand that is read, in bytes.
const LONGEST: usize = 4000;

/// What stands at an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    Operand(Operand),
    /// An operand that is neither a name, nor an attribute, nor a call: a literal, a subscript, a lambda.
    Other,
    Unread,
}

/// A name, an attribute or a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operand {
    /// Where its chain starts: `self` in `self.a.b()`.
    pub start: usize,
    /// The last name of the chain; empty, and before the last parenthesis, where something else is called.
    pub name: Span,
    pub is_called: bool,
    /// Whether an `await` stands before it.
    pub is_awaited: bool,
    /// Behind its last token.
    pub end: usize,
}

/// Reads the operand that begins behind blanks and opening parentheses at `at`, before `end`.
pub fn operand(text: &str, outline: &Outline, at: usize, end: usize) -> Reading {
    Cursor::new(text, outline, at, end).operand()
}

/// Where the arguments of a call begin, its keyword arguments' values and the items inside its brackets among them, each
/// with how many brackets are around it; `open` is its parenthesis. None where that is not read.
pub fn arguments(text: &str, outline: &Outline, open: usize) -> Option<Vec<(usize, usize)>> {
    let mut cursor = Cursor::new(text, outline, open, text.len());
    let mut starts = Vec::new();
    cursor.brackets(|at, depth| starts.push((at, depth))).then_some(starts)
}

/// Where the iterable of a comprehension's clause ends, which begins at `at`: before the next clause, or before the bracket
/// that closes the comprehension. None where that is not read.
pub fn iterable_end(text: &str, outline: &Outline, at: usize) -> Option<usize> {
    let mut cursor = Cursor::new(text, outline, at, text.len());
    cursor.expression_end(|token| matches!(token, b"if" | b"for" | b"async" | b"else"))
}

/// Where the value ends that `:=` gives away, which begins at `at`. None where that is not read.
pub fn value_end(text: &str, outline: &Outline, at: usize) -> Option<usize> {
    let mut cursor = Cursor::new(text, outline, at, text.len());
    cursor.expression_end(|token| matches!(token, b"," | b":"))
}

struct Cursor<'t> {
    bytes: &'t [u8],
    outline: &'t Outline,
    at: usize,
    end: usize,
    /// Whether more follows behind the end.
    is_cut: bool,
}

/// The last link of a chain.
enum Link {
    Name(Span),
    Call(Span),
    Other,
}

impl<'t> Cursor<'t> {
    fn new(text: &'t str, outline: &'t Outline, at: usize, end: usize) -> Cursor<'t> {
        Cursor { bytes: text.as_bytes(), outline, at, end: end.min(at + LONGEST), is_cut: at + LONGEST < end }
    }

    fn byte(&self) -> Option<u8> {
        self.bytes[..self.end].get(self.at).copied()
    }

    fn operand(&mut self) -> Reading {
        self.skip_blanks();
        while self.byte() == Some(b'(') {
            self.at += 1;
            self.skip_blanks();
        }
        let start = self.at;
        let link = match self.byte() {
            None => return if self.is_cut { Reading::Unread } else { Reading::Other },
            Some(byte) if is_word(byte) && !byte.is_ascii_digit() => {
                let word = self.word();
                match &self.bytes[word.range()] {
                    b"await" => {
                        return match self.operand() {
                            Reading::Operand(operand) => Reading::Operand(Operand { is_awaited: true, ..operand }),
                            other => other,
                        };
                    }
                    b"lambda" | b"not" | b"None" | b"True" | b"False" => return Reading::Other,
                    _ if !matches!(self.byte(), Some(b'"' | b'\'')) => Link::Name(word),
                    _ if self.string() => Link::Other,
                    _ => return Reading::Unread,
                }
            }
            Some(b'"' | b'\'') if self.string() => Link::Other,
            Some(b'[' | b'{') if self.brackets(|_, _| {}) => Link::Other,
            Some(b'"' | b'\'' | b'[' | b'{') => return Reading::Unread,
            Some(_) => return Reading::Other,
        };
        self.links(start, link)
    }

    /// Reads the attributes, calls and subscripts behind the first link of a chain.
    fn links(&mut self, start: usize, mut link: Link) -> Reading {
        loop {
            let behind = self.at;
            self.skip_blanks();
            link = match self.byte() {
                Some(b'.') => {
                    self.at += 1;
                    self.skip_blanks();
                    Link::Name(self.word())
                }
                Some(b'(') => {
                    let name = if let Link::Name(name) = link { name } else { Span::at(self.at) };
                    if !self.brackets(|_, _| {}) {
                        return Reading::Unread;
                    }
                    Link::Call(name)
                }
                Some(b'[') if self.brackets(|_, _| {}) => Link::Other,
                Some(b'[') => return Reading::Unread,
                _ => {
                    let (name, is_called) = match link {
                        Link::Name(name) => (name, false),
                        Link::Call(name) => (name, true),
                        Link::Other => return Reading::Other,
                    };
                    return Reading::Operand(Operand { start, name, is_called, is_awaited: false, end: behind });
                }
            };
        }
    }

    /// Goes on to a bracket that closes what is around, or to a word or sign that stops.
    fn expression_end(&mut self, stops: impl Fn(&[u8]) -> bool) -> Option<usize> {
        loop {
            let start = self.at;
            match self.byte()? {
                b'(' | b'[' | b'{' => self.brackets(|_, _| {}).then_some(())?,
                b')' | b']' | b'}' => return Some(start),
                b'"' | b'\'' => self.string().then_some(())?,
                b'#' => return None,
                byte if is_word(byte) => drop(self.word()),
                _ => self.at += 1,
            }
            if stops(&self.bytes[start..self.at]) {
                return Some(start);
            }
        }
    }

    fn word(&mut self) -> Span {
        let start = self.at;
        while self.byte().is_some_and(is_word) {
            self.at += 1;
        }
        Span::new(start, self.at)
    }

    /// Goes behind blanks and comments. The end is that of a statement, so that line ends are blanks.
    fn skip_blanks(&mut self) {
        while let Some(byte) = self.byte() {
            match byte {
                b'#' => self.comment(),
                b' ' | b'\t' | b'\r' | b'\n' | b'\\' | b'\x0c' => self.at += 1,
                _ => break,
            }
        }
    }

    fn comment(&mut self) {
        let rest = &self.bytes[self.at..self.end];
        self.at += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
    }

    /// Goes behind the string whose quote, or first one, is here.
    fn string(&mut self) -> bool {
        let strings = &self.outline.strings;
        let last = strings.partition_point(|string| string.start <= self.at).checked_sub(1);
        match last.map(|last| strings[last]).filter(|string| string.contains(self.at)) {
            Some(string) => self.at = string.end,
            None => return self.formatted(),
        }
        true
    }

    /// Goes behind the f-string whose quote is here.
    fn formatted(&mut self) -> bool {
        let quote = self.bytes[self.at];
        let is_long = self.bytes[self.at..].starts_with(&[quote; 3]);
        let is_raw = self.bytes[..self.at].iter().rev().take(2).any(|letter| letter.eq_ignore_ascii_case(&b'r'));
        self.at += if is_long { 3 } else { 1 };
        while let Some(byte) = self.byte() {
            match byte {
                b'\\' if !is_raw => self.at += 1,
                b'{' if self.bytes.get(self.at + 1) == Some(&b'{') => self.at += 1,
                b'{' => {
                    if !self.brackets(|_, _| {}) {
                        return false;
                    }
                    continue;
                }
                _ if byte == quote && (!is_long || self.bytes[self.at..].starts_with(&[quote; 3])) => {
                    self.at += if is_long { 3 } else { 1 };
                    return true;
                }
                _ => {}
            }
            self.at += 1;
        }
        false
    }

    /// Goes behind the bracket that closes the one here, and tells of the beginning of each item inside; false where it is
    /// not read that far.
    fn brackets(&mut self, mut item: impl FnMut(usize, usize)) -> bool {
        let mut depth = 0usize;
        while let Some(byte) = self.byte() {
            match byte {
                b'(' | b'[' | b'{' => {
                    depth += 1;
                    item(self.at + 1, depth);
                }
                b')' | b']' | b'}' => {
                    depth -= 1;
                    if depth == 0 {
                        self.at += 1;
                        return true;
                    }
                }
                b',' | b'=' | b'*' => item(self.at + 1, depth),
                b'"' | b'\'' => {
                    if !self.string() {
                        return false;
                    }
                    continue;
                }
                b'#' => {
                    self.comment();
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(text: &str) -> Outline {
        crate::outline::read(text)
    }

    fn read(text: &str) -> Option<(&str, &str, bool)> {
        match operand(text, &outline(text), 0, text.len()) {
            Reading::Operand(read) => Some((&text[read.start..read.end], &text[read.name.range()], read.is_called)),
            Reading::Other | Reading::Unread => None,
        }
    }

    #[test]
    fn a_chain_is_read_to_its_last_link() {
        assert_eq!(read("stream\n"), Some(("stream", "stream", false)));
        assert_eq!(read("self.store.rows(1, ')')\n"), Some(("self.store.rows(1, ')')", "rows", true)));
        assert_eq!(read("super().close() + 1\n"), Some(("super().close()", "close", true)));
        assert_eq!(read("table[k](1)\n"), Some(("table[k](1)", "", true)));
        assert_eq!(
            read("f(f'{g(\"}\")} {{ {x:>{n}}').rows\n"),
            Some(("f(f'{g(\"}\")} {{ {x:>{n}}').rows", "rows", false))
        );
        assert_eq!(
            read("(  # why\n  f(  # a )\n  )  # b\n  .rows)\n"),
            Some(("f(  # a )\n  )  # b\n  .rows", "rows", false))
        );
    }

    #[test]
    fn what_is_no_name_and_no_call_is_other() {
        for text in ["1\n", "'a'\n", "rows[0]\n", "[f()]\n", "lambda: f()\n", "-f()\n"] {
            assert_eq!(operand(text, &outline(text), 0, text.len()), Reading::Other, "{text}");
        }
        for text in ["f(  # why\n", "f(1\n"] {
            assert_eq!(operand(text, &outline(text), 0, text.len()), Reading::Unread, "{text}");
        }
    }

    #[test]
    fn arguments_begin_behind_brackets_commas_and_equals_signs() {
        let text = "run(f, key=g, *[h])\n";
        let starts = arguments(text, &outline(text), 3).expect("it is closed");
        let words: Vec<&str> = starts
            .iter()
            .map(|(at, _)| text[*at..].trim_start().split([',', ']', ')']).next().unwrap_or_default())
            .collect();
        assert_eq!(words, ["f", "key=g", "g", "*[h", "[h", "h"]);
    }

    #[test]
    fn an_iterable_ends_before_the_next_clause_or_bracket() {
        let end = |text: &str| {
            iterable_end(text, &outline(text), text.find(" in ").expect("the text has a clause") + 4)
                .map(|end| text[..end].to_owned())
        };
        assert_eq!(end("[x for x in f(1, ']')[0] if x]\n").as_deref(), Some("[x for x in f(1, ']')[0] "));
        assert_eq!(end("{x for x in xs}\n").as_deref(), Some("{x for x in xs"));
        assert_eq!(end("[x for x in xs  # why\n]\n"), None);
    }
}
