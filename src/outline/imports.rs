//! The items of an import statement, read from its bytes.

use super::Import;
use crate::text::{Span, is_word};

/// Adds the items of the import statement `statement` to `imports`. None where it is not one that Python takes.
pub(super) fn read(bytes: &[u8], statement: Span, block: Option<u32>, imports: &mut Vec<Import>) -> Option<()> {
    let mut tokens = Tokens { bytes, at: statement.start, end: statement.end };
    let keyword = tokens.word()?;
    if &bytes[keyword.range()] == b"import" {
        while !tokens.is_done() {
            let module = tokens.dotted()?;
            let alias = tokens.alias()?;
            let span = Span::new(module.start, alias.unwrap_or(module).end);
            imports.push(Import { statement, span, module, name: None, alias, block });
            tokens.comma()?;
        }
        return Some(());
    }
    let module = tokens.module()?;
    if &bytes[tokens.word()?.range()] != b"import" {
        return None;
    }
    if let Some(star) = tokens.byte(b'*') {
        imports.push(Import { statement, span: star, module, name: Some(star), alias: None, block });
        return tokens.is_done().then_some(());
    }
    let parenthesised = tokens.byte(b'(').is_some();
    loop {
        if parenthesised && tokens.byte(b')').is_some() {
            return tokens.is_done().then_some(());
        }
        if tokens.is_done() {
            return (!parenthesised).then_some(());
        }
        let name = tokens.dotted()?;
        let alias = tokens.alias()?;
        let span = Span::new(name.start, alias.unwrap_or(name).end);
        imports.push(Import { statement, span, module, name: Some(name), alias, block });
        tokens.comma()?;
    }
}

/// Words and punctuation of one import statement.
struct Tokens<'t> {
    bytes: &'t [u8],
    at: usize,
    end: usize,
}

impl Tokens<'_> {
    /// The next byte that is neither white space nor in a comment.
    fn peek(&mut self) -> Option<u8> {
        while self.at < self.end {
            match self.bytes[self.at] {
                b' ' | b'\t' | b'\x0c' | b'\n' | b'\r' | b'\\' => self.at += 1,
                b'#' => {
                    let rest = &self.bytes[self.at..self.end];
                    self.at += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
                }
                byte => return Some(byte),
            }
        }
        None
    }

    fn is_done(&mut self) -> bool {
        self.peek().is_none()
    }

    fn byte(&mut self, wanted: u8) -> Option<Span> {
        let found = self.peek() == Some(wanted);
        found.then(|| {
            self.at += 1;
            Span::new(self.at - 1, self.at)
        })
    }

    fn word(&mut self) -> Option<Span> {
        self.peek()?;
        let length = self.bytes[self.at..self.end].iter().take_while(|&&byte| is_word(byte)).count();
        let span = Span::new(self.at, self.at + length);
        self.at = span.end;
        (length > 0).then_some(span)
    }

    /// `a.b.c`.
    fn dotted(&mut self) -> Option<Span> {
        let mut span = self.word()?;
        while self.byte(b'.').is_some() {
            span.end = self.word()?.end;
        }
        Some(span)
    }

    /// The module of `from … import`: `a.b`, `.`, `..a`.
    fn module(&mut self) -> Option<Span> {
        let Some(mut span) = self.byte(b'.') else { return self.dotted() };
        while let Some(dot) = self.byte(b'.') {
            span.end = dot.end;
        }
        if !self.at_word(b"import") {
            span.end = self.dotted()?.end;
        }
        Some(span)
    }

    fn at_word(&mut self, word: &[u8]) -> bool {
        let before = self.at;
        let found = self.word().is_some_and(|span| &self.bytes[span.range()] == word);
        self.at = before;
        found
    }

    /// The name after `as`, if `as` comes next; none inside none where no name follows it.
    fn alias(&mut self) -> Option<Option<Span>> {
        if !self.at_word(b"as") {
            return Some(None);
        }
        self.word()?;
        self.word().map(Some)
    }

    /// Past the comma behind an item; what else may come next is the end or a closing parenthesis.
    fn comma(&mut self) -> Option<()> {
        (self.byte(b',').is_some() || matches!(self.peek(), None | Some(b')'))).then_some(())
    }
}
