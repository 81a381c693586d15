//! Strings, comments and brackets: the tokens whose inside is not to be taken for code.
//!
//! In: bytes and an offset at which code stands. Out: the offset behind a token, and on the way the spans of the plain
//! strings and the comments. Nesting (brackets, f-strings and the replacement fields in them) lives on an explicit
//! stack, so that no depth of it can overflow the thread's own.

use crate::text::{Span, is_word};

/// The pass lost its footing at this offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lost(pub usize);

/// Ends or nests a statement at bracket depth zero.
pub(super) const LINE: u8 = 1;
/// A colon, which matters in a header and in a replacement field.
pub(super) const COLON: u8 = 2;
/// Matters inside brackets.
const NEST: u8 = 4;
/// Matters inside a single-quoted string.
const TEXT: u8 = 8;
/// Matters inside the literal part of an f-string, or its format specification.
const FORMAT: u8 = 16;
/// Can stand in an identifier.
pub(super) const WORD: u8 = 32;

/// What each byte matters for.
static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'"' | b'\'' => LINE | NEST | TEXT | FORMAT,
            b'#' | b'(' | b')' | b'[' | b']' | b'`' => LINE | NEST,
            b'{' | b'}' => LINE | NEST | FORMAT,
            b'\n' | b'\r' | b'\\' => LINE | TEXT | FORMAT,
            b';' => LINE,
            b':' => COLON,
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | 0x80..=0xff => WORD,
            _ => 0,
        };
        byte += 1;
    }
    classes
}

/// The quotes of an f-string or t-string.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quote {
    byte: u8,
    triple: bool,
    raw: bool,
}

/// What is open around an offset.
#[derive(Clone, Copy, Debug)]
pub(super) enum Nest {
    /// Code up to this closing bracket.
    Bracket(u8),
    /// Code between the braces of an f-string with these quotes.
    Field(Quote),
    /// A format specification, up to the brace that closes its field.
    Format(Quote),
    /// The literal part of an f-string.
    Literal(Quote),
}

/// A string or a bracketed group at depth zero of a statement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub span: Span,
    pub is_string: bool,
}

pub(super) struct Scanner<'t> {
    pub bytes: &'t [u8],
    pub strings: Vec<Span>,
    pub comments: Vec<Span>,
    /// The strings and groups at depth zero of the statement being read.
    pub items: Vec<Item>,
    /// What is open, the innermost last.
    pub stack: Vec<Nest>,
}

impl<'t> Scanner<'t> {
    pub fn new(bytes: &'t [u8]) -> Scanner<'t> {
        // Real code has a string and a comment every 60 and 200 bytes or so; growing in steps copies them all again.
        Scanner {
            bytes,
            strings: Vec::with_capacity(bytes.len() / 64),
            comments: Vec::with_capacity(bytes.len() / 256),
            items: Vec::new(),
            stack: Vec::new(),
        }
    }

    /// A scanner for those who know the strings and comments already, and have room for none.
    pub fn without_room(bytes: &'t [u8]) -> Scanner<'t> {
        Scanner { bytes, strings: Vec::new(), comments: Vec::new(), items: Vec::new(), stack: Vec::new() }
    }

    /// The first offset from `at` on whose byte is of one of the classes of `mask`.
    #[inline]
    fn skip_to(&self, at: usize, mask: u8) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        at + rest.iter().position(|&byte| CLASSES[byte as usize] & mask != 0).unwrap_or(rest.len())
    }

    /// Where the word at `at` ends.
    #[inline]
    pub fn word_end(&self, at: usize) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        at + rest.iter().position(|&byte| CLASSES[byte as usize] & WORD == 0).unwrap_or(rest.len())
    }

    /// Past white space and continued lines, which are no tokens inside a logical line.
    #[inline]
    pub fn skip_blanks(&self, mut at: usize) -> usize {
        loop {
            match self.bytes.get(at) {
                Some(b' ' | b'\t' | b'\x0c') => at += 1,
                Some(b'\\') => match self.line_end(at + 1) {
                    Some(next) => at = next,
                    None => return at,
                },
                _ => return at,
            }
        }
    }

    /// Past the line end at `at`, if there is one.
    #[inline]
    pub fn line_end(&self, at: usize) -> Option<usize> {
        match (self.bytes.get(at)?, self.bytes.get(at + 1)) {
            (b'\r', Some(b'\n')) => Some(at + 2),
            (b'\n' | b'\r', _) => Some(at + 1),
            _ => None,
        }
    }

    /// Past the comment at `at`, before the line end.
    pub fn comment(&mut self, at: usize) -> usize {
        let end = memchr::memchr2(b'\n', b'\r', &self.bytes[at..]).map_or(self.bytes.len(), |length| at + length);
        self.comments.push(Span::new(at, end));
        end
    }

    /// Reads on to what ends the statement at depth zero (a line end, a comment, `;`, the end of the text, or a colon
    /// if `mask` asks for it), noting the strings and groups on the way.
    pub fn statement_end(&mut self, mut at: usize, mask: u8) -> Result<usize, Lost> {
        loop {
            at = self.skip_to(at, mask);
            let Some(&byte) = self.bytes.get(at) else { return Ok(at) };
            match byte {
                b'"' | b'\'' => {
                    let start = self.prefix_start(at);
                    let end = self.string(start, at)?;
                    self.items.push(Item { span: Span::new(start, end), is_string: true });
                    at = end;
                }
                b'(' | b'[' | b'{' => {
                    self.stack.push(Nest::Bracket(closing(byte)));
                    let end = self.nested(at, at + 1)?;
                    self.items.push(Item { span: Span::new(at, end), is_string: false });
                    at = end;
                }
                b'\\' => at = self.line_end(at + 1).ok_or(Lost(at))?,
                b')' | b']' | b'}' | b'`' => return Err(Lost(at)),
                _ => return Ok(at),
            }
        }
    }

    /// Where the prefix of the string with its quote at `quote` starts: `quote` itself if the word before it is none,
    /// as in `print"x"` or `if"x"in y`.
    fn prefix_start(&self, quote: usize) -> usize {
        let mut at = quote;
        while at > 0 && is_word(self.bytes[at - 1]) {
            let letter = self.bytes[at - 1].to_ascii_lowercase();
            if quote - at == 2 || !matches!(letter, b'r' | b'b' | b'u' | b'f' | b't') {
                return quote;
            }
            at -= 1;
        }
        at
    }

    /// Where the string ends whose quote, or the first of them, is at `quote`; none where it is not closed.
    pub fn string_end(bytes: &'t [u8], quote: usize) -> Option<usize> {
        let mut scan = Scanner::without_room(bytes);
        scan.string(scan.prefix_start(quote), quote).ok()
    }

    /// Past the string of any kind at `start`, whose quote is at `quote`.
    fn string(&mut self, start: usize, quote: usize) -> Result<usize, Lost> {
        match self.open_format(start, quote) {
            Some(inside) => self.nested(start, inside),
            None => self.plain_string(start, quote),
        }
    }

    /// Opens an f-string or t-string and gives the offset behind its opening quotes; none for a plain string.
    #[inline]
    pub fn open_format(&mut self, start: usize, quote: usize) -> Option<usize> {
        let prefix = &self.bytes[start..quote];
        if !prefix.iter().any(|letter| matches!(letter, b'f' | b'F' | b't' | b'T')) {
            return None;
        }
        let byte = self.bytes[quote];
        let triple = self.is_triple(quote, byte);
        let raw = prefix.iter().any(|letter| matches!(letter, b'r' | b'R'));
        self.stack.push(Nest::Literal(Quote { byte, triple, raw }));
        Some(quote + if triple { 3 } else { 1 })
    }

    fn is_triple(&self, at: usize, quote: u8) -> bool {
        self.bytes[at..].starts_with(&[quote; 3])
    }

    /// Past a string that is neither an f-string nor a t-string. A backslash keeps the next byte from ending it, in a
    /// raw string too.
    fn plain_string(&mut self, start: usize, quote: usize) -> Result<usize, Lost> {
        let byte = self.bytes[quote];
        let end = if self.is_triple(quote, byte) {
            self.triple_end(quote + 3, byte)
        } else {
            self.single_end(quote + 1, byte)
        };
        let end = end.ok_or(Lost(start))?;
        self.strings.push(Span::new(start, end));
        Ok(end)
    }

    fn triple_end(&self, mut at: usize, quote: u8) -> Option<usize> {
        loop {
            at += memchr::memchr2(quote, b'\\', self.bytes.get(at..)?)?;
            if self.bytes[at] == b'\\' {
                at += 2;
            } else if self.is_triple(at, quote) {
                return Some(at + 3);
            } else {
                at += 1;
            }
        }
    }

    fn single_end(&self, mut at: usize, quote: u8) -> Option<usize> {
        loop {
            at = self.skip_to(at, TEXT);
            match *self.bytes.get(at)? {
                b'\\' => at = self.behind_escape(at),
                b'\n' | b'\r' => return None,
                byte if byte == quote => return Some(at + 1),
                _ => at += 1,
            }
        }
    }

    /// Past a backslash in a string and the byte or line end that it escapes.
    fn behind_escape(&self, at: usize) -> usize {
        self.line_end(at + 1).unwrap_or(at + 2)
    }

    /// Reads until all that is open on the stack is closed; `start` is where the outermost of it opened.
    fn nested(&mut self, start: usize, mut at: usize) -> Result<usize, Lost> {
        while let Some(&top) = self.stack.last() {
            let next = match top {
                Nest::Bracket(close) => self.code(at, NEST, close),
                Nest::Field(quote) => self.field(at, quote),
                Nest::Format(quote) => self.format(at, quote),
                Nest::Literal(quote) => self.literal(at, quote),
            };
            at = next.ok_or(Lost(start))?;
        }
        Ok(at)
    }

    /// One step through code inside brackets: to the next bracket, string or comment, and past it. None where the text
    /// ends or the brackets do not pair.
    #[inline]
    fn code(&mut self, at: usize, mask: u8, close: u8) -> Option<usize> {
        let at = self.skip_to(at, mask);
        match *self.bytes.get(at)? {
            b'"' | b'\'' => {
                let start = self.prefix_start(at);
                match self.open_format(start, at) {
                    Some(inside) => Some(inside),
                    None => self.plain_string(start, at).ok(),
                }
            }
            b'#' => Some(self.comment(at)),
            byte @ (b'(' | b'[' | b'{') => {
                self.stack.push(Nest::Bracket(closing(byte)));
                Some(at + 1)
            }
            byte if byte == close => {
                self.stack.pop();
                Some(at + 1)
            }
            _ => None,
        }
    }

    /// One step through the code of a replacement field. A colon at its depth begins the format specification.
    fn field(&mut self, at: usize, quote: Quote) -> Option<usize> {
        let stop = self.skip_to(at, NEST | COLON);
        if self.bytes.get(stop) == Some(&b':') {
            self.stack.pop();
            self.stack.push(Nest::Format(quote));
            return Some(stop + 1);
        }
        self.code(stop, NEST, b'}')
    }

    /// One step through a format specification: literal text with fields, in which a doubled brace escapes nothing.
    pub fn format(&mut self, at: usize, quote: Quote) -> Option<usize> {
        let at = self.skip_to(at, FORMAT);
        match *self.bytes.get(at)? {
            b'{' => {
                self.stack.push(Nest::Field(quote));
                Some(at + 1)
            }
            b'}' => {
                self.stack.pop();
                Some(at + 1)
            }
            b'\\' => Some(self.behind_format_escape(at, quote)),
            byte if byte == quote.byte && (!quote.triple || self.is_triple(at, byte)) => None,
            _ => Some(at + 1),
        }
    }

    /// One step through the literal part of an f-string.
    pub fn literal(&mut self, at: usize, quote: Quote) -> Option<usize> {
        let at = self.skip_to(at, FORMAT);
        match *self.bytes.get(at)? {
            b'{' if self.bytes.get(at + 1) == Some(&b'{') => Some(at + 2),
            b'{' => {
                self.stack.push(Nest::Field(quote));
                Some(at + 1)
            }
            b'\\' => Some(self.behind_format_escape(at, quote)),
            b'\n' | b'\r' if !quote.triple => None,
            byte if byte == quote.byte && !quote.triple => {
                self.stack.pop();
                Some(at + 1)
            }
            byte if byte == quote.byte && self.is_triple(at, byte) => {
                self.stack.pop();
                Some(at + 3)
            }
            _ => Some(at + 1),
        }
    }

    /// Past a backslash in an f-string. It never escapes a brace, and `\N{DASH}` holds no code unless the string is raw.
    fn behind_format_escape(&self, at: usize, quote: Quote) -> usize {
        match self.bytes.get(at + 1) {
            Some(b'{' | b'}') => at + 1,
            Some(b'N') if !quote.raw && self.bytes.get(at + 2) == Some(&b'{') => {
                memchr::memchr(b'}', &self.bytes[at..]).map_or(self.bytes.len(), |length| at + length + 1)
            }
            _ => self.behind_escape(at),
        }
    }
}

fn closing(open: u8) -> u8 {
    match open {
        b'(' => b')',
        b'[' => b']',
        _ => b'}',
    }
}
