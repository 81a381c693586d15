//! The operand behind a keyword, a bracket or a comma, read without a tree.
//!
//! In: the text, and where to begin. Out: where the operand stands, the last name of its chain, and whether
//! that is called. What is not read (a comment inside, an f-string, a very long text) is [`Reading::Unread`], which callers
//! take for anything.

use super::cursor::Cursor;
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
pub fn operand(text: &str, at: usize, end: usize) -> Reading {
    let mut cursor = cursor(text, at, end);
    match cursor.operand() {
        Reading::Other if cursor.peek().is_none() && cursor.end < end => Reading::Unread,
        read => read,
    }
}

/// Where the arguments of a call begin, its keyword arguments' values and the items inside its brackets among them, each
/// with how many brackets are around it; `open` is its parenthesis. None where that is not read.
pub fn arguments(text: &str, open: usize) -> Option<Vec<(usize, usize)>> {
    let mut starts = Vec::new();
    cursor(text, open, text.len()).items(|at, depth| starts.push((at, depth)))?;
    Some(starts)
}

/// Where the iterable of a comprehension's clause ends, which begins at `at`: before the next clause, or before the bracket
/// that closes the comprehension. None where that is not read.
pub fn iterable_end(text: &str, at: usize) -> Option<usize> {
    cursor(text, at, text.len()).expression_end(|token| matches!(token, b"if" | b"for" | b"async" | b"else"))
}

/// Where the value ends that `:=` gives away, which begins at `at`. None where that is not read.
pub fn value_end(text: &str, at: usize) -> Option<usize> {
    cursor(text, at, text.len()).expression_end(|token| matches!(token, b"," | b":"))
}

fn cursor(text: &str, at: usize, end: usize) -> Cursor<'_> {
    Cursor { bytes: text.as_bytes(), at, end: end.min(at + LONGEST) }
}

/// The last link of a chain.
enum Link {
    Name(Span),
    Call(Span),
    Other,
}

impl Cursor<'_> {
    fn operand(&mut self) -> Reading {
        self.blanks();
        while self.eat(b'(') {
            self.blanks();
        }
        let start = self.at;
        let link = match self.peek() {
            Some(byte) if is_word(byte) && !byte.is_ascii_digit() => {
                let word = self.word();
                match self.slice(word) {
                    b"await" => {
                        return match self.operand() {
                            Reading::Operand(operand) => Reading::Operand(Operand { is_awaited: true, ..operand }),
                            other => other,
                        };
                    }
                    b"lambda" | b"not" | b"None" | b"True" | b"False" => return Reading::Other,
                    _ if !matches!(self.peek(), Some(b'"' | b'\'')) => Some(Link::Name(word)),
                    _ => self.string().map(|()| Link::Other),
                }
            }
            Some(b'"' | b'\'') => self.string().map(|()| Link::Other),
            Some(b'[' | b'{') => self.group().map(|()| Link::Other),
            _ => return Reading::Other,
        };
        link.map_or(Reading::Unread, |link| self.links(start, link))
    }

    /// Reads the attributes, calls and subscripts behind the first link of a chain.
    fn links(&mut self, start: usize, mut link: Link) -> Reading {
        loop {
            let end = self.at;
            self.blanks();
            let next = match self.peek() {
                Some(b'.') => {
                    self.at += 1;
                    self.blanks();
                    Some(Link::Name(self.word()))
                }
                Some(b'(') => {
                    let name = if let Link::Name(name) = link { name } else { Span::at(self.at) };
                    self.group().map(|()| Link::Call(name))
                }
                Some(b'[') => self.group().map(|()| Link::Other),
                _ => {
                    let operand =
                        |name, is_called| Reading::Operand(Operand { start, name, is_called, is_awaited: false, end });
                    return match link {
                        Link::Name(name) => operand(name, false),
                        Link::Call(name) => operand(name, true),
                        Link::Other => Reading::Other,
                    };
                }
            };
            match next {
                Some(next) => link = next,
                None => return Reading::Unread,
            }
        }
    }

    /// Goes on to a bracket that closes what is around, or to a word or sign that stops.
    fn expression_end(&mut self, stops: impl Fn(&[u8]) -> bool) -> Option<usize> {
        loop {
            let start = self.at;
            match self.peek()? {
                b'(' | b'[' | b'{' => self.group()?,
                b')' | b']' | b'}' => return Some(start),
                b'"' | b'\'' => self.string()?,
                b'#' => return None,
                byte if is_word(byte) => drop(self.word()),
                _ => self.at += 1,
            }
            if stops(self.slice(Span::new(start, self.at))) {
                return Some(start);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(&str, &str, bool)> {
        match operand(text, 0, text.len()) {
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
            assert_eq!(operand(text, 0, text.len()), Reading::Other, "{text}");
        }
        for text in ["f(  # why\n", "f(1\n"] {
            assert_eq!(operand(text, 0, text.len()), Reading::Unread, "{text}");
        }
    }

    #[test]
    fn arguments_begin_behind_brackets_commas_and_equals_signs() {
        let text = "run(f, key=g, *[h])\n";
        let starts = arguments(text, 3).expect("it is closed");
        let words: Vec<&str> = starts
            .iter()
            .map(|(at, _)| text[*at..].trim_start().split([',', ']', ')']).next().unwrap_or_default())
            .collect();
        assert_eq!(words, ["f", "key=g", "g", "*[h", "[h", "h"]);
    }

    #[test]
    fn an_iterable_ends_before_the_next_clause_or_bracket() {
        let end = |text: &str| {
            iterable_end(text, text.find(" in ").expect("the text has a clause") + 4).map(|end| text[..end].to_owned())
        };
        assert_eq!(end("[x for x in f(1, ']')[0] if x]\n").as_deref(), Some("[x for x in f(1, ']')[0] "));
        assert_eq!(end("{x for x in xs}\n").as_deref(), Some("{x for x in xs"));
        assert_eq!(end("[x for x in xs  # why\n]\n"), None);
    }
}
