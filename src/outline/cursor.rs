//! A place in the bytes of a statement that moves on by its tokens.
//!
//! In: bytes, and where to begin and to end. The end is that of a statement, or lies inside brackets, so that line ends
//! are blanks. Nothing here can fail: what is not closed is none, and moves to the end.

use super::scan::Scanner;
use crate::text::{Span, is_word};

/// Reads bytes from `at` to `end`.
#[derive(Clone, Copy)]
pub struct Cursor<'t> {
    pub bytes: &'t [u8],
    pub at: usize,
    pub end: usize,
}

impl<'t> Cursor<'t> {
    pub fn peek(&self) -> Option<u8> {
        if self.at < self.end { self.bytes.get(self.at).copied() } else { None }
    }

    pub fn eat(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    /// Past white space, continued lines and comments.
    pub fn blanks(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\x0c' | b'\n' | b'\r' | b'\\' => self.at += 1,
                b'#' => {
                    let rest = &self.bytes[self.at..self.end];
                    self.at += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
                }
                _ => return,
            }
        }
    }

    /// The word at the cursor, empty if there is none.
    pub fn word(&mut self) -> Span {
        let start = self.at;
        while self.peek().is_some_and(is_word) {
            self.at += 1;
        }
        Span::new(start, self.at)
    }

    pub fn slice(&self, span: Span) -> &'t [u8] {
        &self.bytes[span.range()]
    }

    /// Past the string whose quote is at the cursor.
    pub fn string(&mut self) -> Option<()> {
        let end = Scanner::string_end(self.bytes, self.at).filter(|end| *end <= self.end);
        self.at = end.unwrap_or(self.end);
        end.map(|_| ())
    }

    /// Past the bracket at the cursor and all in it.
    pub fn group(&mut self) -> Option<()> {
        self.items(|_, _| {})
    }

    /// The same, and tells where each item inside begins, a keyword argument's value among them, with how many brackets
    /// are around it.
    pub fn items(&mut self, mut item: impl FnMut(usize, usize)) -> Option<()> {
        let mut depth = 0usize;
        loop {
            match self.peek()? {
                b'(' | b'[' | b'{' => {
                    depth += 1;
                    item(self.at + 1, depth);
                }
                b')' | b']' | b'}' => depth = depth.checked_sub(1)?,
                b',' | b'=' | b'*' => item(self.at + 1, depth),
                b'"' | b'\'' => {
                    self.string()?;
                    continue;
                }
                b'#' => {
                    self.blanks();
                    continue;
                }
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Some(());
            }
        }
    }
}
