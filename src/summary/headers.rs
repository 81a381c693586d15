//! What the header of a `for`, a `with`, an `except` or a `case` binds.
//!
//! In: the bytes of a text and the span of a header of its outline. Out: the names, each with the offset at which the
//! expression that it comes from begins. A `case` gives every name that could be a capture.

use crate::outline::cursor::Cursor;
use crate::text::{Span, is_word};

/// A name that a header binds, and where what it is taken from begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bound {
    pub name: Span,
    pub value: Option<usize>,
}

/// What a header is a header of, as far as binding goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    For,
    With,
    Except,
    Case,
}

/// The kind of a header that can bind a name, and where its keyword ends.
pub(super) fn kind(bytes: &[u8], header: Span) -> Option<(Kind, usize)> {
    if !matches!(bytes[header.start], b'f' | b'w' | b'e' | b'c' | b'a') {
        return None;
    }
    let mut cursor = Cursor { bytes, at: header.start, end: header.end };
    let mut word = cursor.word();
    if &bytes[word.range()] == b"async" {
        cursor.blanks();
        word = cursor.word();
    }
    let kind = match &bytes[word.range()] {
        b"for" => Kind::For,
        b"with" => Kind::With,
        b"except" => Kind::Except,
        b"case" => Kind::Case,
        _ => return None,
    };
    Some((kind, word.end))
}

/// Adds the names that a header of this kind binds to `found`; its keyword ends at `at`.
pub(super) fn bound(bytes: &[u8], header: Span, (kind, at): (Kind, usize), found: &mut Vec<Bound>) {
    let cursor = Cursor { bytes, at, end: header.end };
    match kind {
        Kind::For => loop_targets(cursor, found),
        Kind::Case => captures(cursor, found),
        Kind::With | Kind::Except => behind_as(cursor, kind == Kind::With, found),
    }
}

fn loop_targets(mut cursor: Cursor, found: &mut Vec<Bound>) {
    let known = found.len();
    while let Some(word) = cursor.next_word() {
        if &cursor.bytes[word.range()] == b"in" {
            found[known..].iter_mut().for_each(|bound| bound.value = Some(word.end));
            return;
        }
        if cursor.is_name(word) {
            found.push(Bound { name: word, value: None });
        }
    }
}

/// The names behind each `as`, which only an item of the header itself can have.
fn behind_as(mut cursor: Cursor, has_value: bool, found: &mut Vec<Bound>) {
    let mut item = Some(cursor.at).filter(|_| has_value);
    while let Some(word) = cursor.next_word() {
        if &cursor.bytes[word.range()] != b"as" {
            continue;
        }
        cursor.blanks();
        let open = cursor.at;
        let is_group = matches!(cursor.peek(), Some(b'(' | b'['));
        let end = if is_group && cursor.group().is_none() { cursor.end } else { cursor.at };
        let mut inside = Cursor { at: open, end: if is_group { end } else { cursor.end }, ..cursor };
        while let Some(name) = inside.next_word() {
            if inside.is_name(name) {
                found.push(Bound { name, value: item });
            }
            if !is_group {
                cursor.at = inside.at;
                break;
            }
        }
        cursor.blanks();
        item = item.and(Some(cursor.at + usize::from(cursor.peek() == Some(b','))));
    }
}

fn captures(mut cursor: Cursor, found: &mut Vec<Bound>) {
    while let Some(word) = cursor.next_word() {
        match &cursor.bytes[word.range()] {
            b"if" => return,
            b"as" | b"_" | b"None" | b"True" | b"False" => {}
            _ if cursor.is_name(word) => found.push(Bound { name: word, value: None }),
            _ => {}
        }
    }
}

impl Cursor<'_> {
    /// The next word that is in no string and no comment.
    fn next_word(&mut self) -> Option<Span> {
        loop {
            match self.peek()? {
                b'"' | b'\'' => self.string()?,
                b'#' => self.blanks(),
                byte if is_word(byte) => return Some(self.word()),
                _ => self.at += 1,
            }
        }
    }

    /// Whether a word that was just read is a name of its own: no number, no prefix of a string, no part of a chain, no
    /// callee, and no keyword of an argument.
    fn is_name(&self, word: Span) -> bool {
        let mut behind = *self;
        behind.blanks();
        let follows = behind.peek();
        !self.bytes[word.start].is_ascii_digit()
            && self.bytes[..word.start].last() != Some(&b'.')
            && !matches!(follows, Some(b'.' | b'(' | b'[' | b'=' | b'"' | b'\''))
    }
}
