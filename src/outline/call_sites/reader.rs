//! The tokens of a statement, read for calls.
//!
//! In: the span of a statement or header. Out: sites. Brackets and f-strings nest on an explicit stack. What is not
//! Python's grammar is read in some way or other; no text makes the reader fail.

use super::super::scan::{Nest, Scanner};
use super::frame::{AWAITED, Before, Frame, Kind, Last, NONE, Next};
use super::{CallSite, Place};
use crate::text::{Span, is_word};

/// What a span is that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    Simple,
    Header,
    Decorators,
    /// The header of a function, from behind its name.
    Function,
    /// The header of a class, from behind its name.
    Class,
}

pub(super) struct Reader<'t> {
    bytes: &'t [u8],
    /// The plain strings of the text, of which the first `passed` have been passed.
    strings: &'t [Span],
    passed: usize,
    scan: Scanner<'t>,
    frames: Vec<Frame>,
    /// The innermost frame.
    top: Frame,
    sites: Vec<CallSite>,
    /// A site was found after one that stands behind it.
    is_unsorted: bool,
    pub in_async: bool,
}

impl<'t> Reader<'t> {
    pub fn new(bytes: &'t [u8], strings: &'t [Span]) -> Reader<'t> {
        Reader {
            bytes,
            strings,
            passed: 0,
            scan: Scanner::without_room(bytes),
            frames: Vec::new(),
            top: Frame::new(Kind::Statement, Place::Value),
            sites: Vec::with_capacity(bytes.len() / 64),
            is_unsorted: false,
            in_async: false,
        }
    }

    pub fn finish(mut self) -> Vec<CallSite> {
        if self.is_unsorted {
            self.sites.sort_by_key(|site| site.name.end);
        }
        self.sites
    }

    /// Finds the calls in `span`.
    pub fn read(&mut self, span: Span, opening: Opening) {
        if memchr::memchr(b'(', &self.bytes[span.range()]).is_none() {
            return;
        }
        let base = if opening == Opening::Simple { Place::Statement } else { Place::Value };
        self.top = Frame::new(Kind::Statement, base);
        self.frames.clear();
        self.scan.stack.clear();
        // `match` and `case` are keywords only here.
        let mut at = if opening == Opening::Header { self.scan.word_end(span.start) } else { span.start };
        while at < span.end {
            at = self.token(at, span.end, opening);
        }
        while !self.frames.is_empty() {
            self.close();
        }
        self.resolve(Next::End);
    }

    /// Reads the token at `at`, and gives the offset behind it.
    #[inline]
    fn token(&mut self, at: usize, end: usize, opening: Opening) -> usize {
        let byte = self.bytes[at];
        match byte {
            b' ' | b'\t' | b'\x0c' | b'\n' | b'\r' | b'\\' => return at + 1,
            _ if is_word(byte) => return self.word(at, end),
            b'"' | b'\'' => return self.string(at, at, end),
            b'#' => {
                let rest = &self.bytes[at..end];
                return at + memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            }
            b'.' => {
                if self.top.ends_operand() {
                    self.resolve(Next::Access);
                    self.top.last = Last::Dot;
                }
            }
            b'(' => self.parenthesis(at, opening),
            b'[' if self.is_parameters(opening) => self.push(Frame::new(Kind::Parameters, Place::Value)),
            b'[' if self.top.ends_operand() => {
                self.resolve(Next::Access);
                self.push(Frame::new(Kind::Subscript, Place::Value));
            }
            b'[' | b'{' => {
                self.top.chain = at;
                self.push(Frame::new(Kind::Display, Place::Element));
            }
            b'}' if self.top.kind == Kind::Field => {
                self.scan.stack.pop();
                self.close();
                return self.literal(at + 1, end);
            }
            b')' | b']' | b'}' => {
                if self.top.kind != Kind::Field {
                    self.close();
                }
            }
            b',' if self.top.lambdas == 0 => {
                self.resolve(Next::Comma);
                self.top.start_over(Before::Nothing);
                self.top.has_comma = true;
            }
            b',' => {
                self.resolve(Next::Use);
                self.top.start_over(Before::Operator);
            }
            b':' => return self.colon(at, end),
            b'=' => return self.equals(at),
            _ => {
                self.resolve(Next::Use);
                self.top.start_over(Before::Operator);
                let is_compared = self.bytes.get(at + 1) == Some(&b'=');
                return at + if is_compared { 2 } else { 1 };
            }
        }
        at + 1
    }

    /// Whether a bracket here opens the parameters, or type parameters, of a function or class.
    fn is_parameters(&self, opening: Opening) -> bool {
        matches!(opening, Opening::Function | Opening::Class)
            && self.frames.is_empty()
            && self.top.before == Before::Nothing
    }

    fn word(&mut self, at: usize, end: usize) -> usize {
        let stop = self.scan.word_end(at).min(end);
        let word = Span::new(at, stop);
        if self.top.last == Last::Dot {
            self.top.word = word;
            self.top.last = Last::Word;
            return stop;
        }
        if matches!(self.bytes.get(stop), Some(b'"' | b'\'')) && stop < end && is_prefix(&self.bytes[at..stop]) {
            return self.string(at, stop, end);
        }
        if stop - at > 8 || !self.keyword(word) {
            if self.top.ends_operand() {
                // Two operands in a row: `print x`, `type X = …`.
                self.resolve(Next::Use);
                self.top.start_over(Before::Operator);
                self.top.base = Place::Value;
            }
            self.top.chain = at;
            self.top.word = word;
            self.top.last = Last::Word;
        }
        stop
    }

    /// Reads a word as a keyword, if it is one.
    fn keyword(&mut self, word: Span) -> bool {
        match &self.bytes[word.range()] {
            b"await" => {
                self.resolve(Next::Use);
                self.top.last = Last::Nothing;
                self.top.is_awaited = true;
            }
            b"and" | b"or" | b"not" | b"in" | b"is" | b"if" | b"else" | b"as" | b"from" | b"with" => {
                self.resolve(Next::Use);
                self.top.start_over(Before::Operator);
            }
            b"for" => {
                self.resolve(Next::For);
                self.top.start_over(Before::Operator);
                self.top.base = Place::Value;
            }
            // Before Python 3.7 `async` is a name.
            b"async" if self.top.ends_operand() => {
                self.resolve(Next::For);
                self.top.start_over(Before::Operator);
            }
            b"lambda" => {
                self.top.start_over(Before::Operator);
                self.top.lambdas += 1;
            }
            b"return" => self.begin(Place::Returned),
            b"yield" => self.top.start_over(Before::Body),
            b"raise" | b"assert" | b"del" => self.begin(Place::Value),
            _ => return false,
        }
        true
    }

    /// A keyword that says what becomes of the rest.
    fn begin(&mut self, base: Place) {
        self.top.start_over(Before::Nothing);
        self.top.base = base;
        self.top.has_comma = false;
    }

    /// Reads the string at `start` whose quote is at `quote`.
    fn string(&mut self, start: usize, quote: usize, end: usize) -> usize {
        if self.top.last != Last::Other {
            self.top.chain = start;
        }
        self.top.last = Last::Other;
        while self.strings.get(self.passed).is_some_and(|string| string.end <= start) {
            self.passed += 1;
        }
        match self.strings.get(self.passed) {
            Some(string) if string.start == start => string.end,
            _ => match self.scan.open_format(start, quote) {
                Some(inside) => self.literal(inside, end),
                None => quote + 1,
            },
        }
    }

    /// Reads the literal part of an f-string, or a format specification, up to the next field or the end of the string.
    fn literal(&mut self, mut at: usize, end: usize) -> usize {
        while at < end {
            let depth = self.scan.stack.len();
            let next = match self.scan.stack.last() {
                Some(&Nest::Literal(quote)) => self.scan.literal(at, quote),
                Some(&Nest::Format(quote)) => self.scan.format(at, quote),
                _ => return at,
            };
            let Some(next) = next else {
                self.scan.stack.pop();
                return at + 1;
            };
            at = next;
            if self.scan.stack.len() > depth {
                self.push(Frame::new(Kind::Field, Place::Value));
                return at;
            }
            if self.scan.stack.len() < depth && self.scan.stack.last().is_none_or(|nest| matches!(nest, Nest::Field(_)))
            {
                return at;
            }
        }
        at
    }

    fn parenthesis(&mut self, at: usize, opening: Opening) {
        let is_outermost = self.frames.is_empty();
        if self.is_parameters(opening) {
            let kind = if opening == Opening::Class { Kind::Group } else { Kind::Parameters };
            return self.push(Frame::new(kind, Place::Value));
        }
        if !self.top.ends_operand() {
            self.top.chain = at;
            // The parentheses of `with (f(), g()):` are no tuple.
            let is_header = is_outermost && opening != Opening::Simple;
            return self.push(Frame::new(Kind::Group, if is_header { Place::Value } else { Place::Element }));
        }
        self.resolve(Next::Access);
        let is_named = self.top.last == Last::Word;
        if !is_named {
            self.top.word = Span::at(at);
        }
        self.top.open = AWAITED;
        if !self.top.is_awaited {
            self.top.open = self.sites.len() as u32;
            self.add_site();
        }
        let callee = Some(self.top.word).filter(|_| is_named);
        let is_consumer = callee.is_some_and(|callee| is_consumer(&self.bytes[callee.range()]));
        self.push(Frame { callee, is_consumer, ..Frame::new(Kind::Arguments, Place::Argument) });
    }

    /// Adds a site for the call of the last identifier.
    fn add_site(&mut self) {
        let Frame { word: name, chain, .. } = self.top;
        self.sites.push(CallSite { name, chain, place: Place::Value, callee: None, in_async: self.in_async });
    }

    fn push(&mut self, frame: Frame) {
        self.frames.push(std::mem::replace(&mut self.top, frame));
    }

    /// Closes the innermost frame.
    fn close(&mut self) {
        let inner = self.resolve(Next::End);
        let Some(around) = self.frames.pop() else { return };
        let closed = std::mem::replace(&mut self.top, around);
        self.top.last = Last::Other;
        self.top.pending = match closed.kind {
            Kind::Arguments => self.top.open,
            Kind::Group if self.top.is_awaited => NONE,
            Kind::Group => inner,
            _ => NONE,
        };
    }

    fn colon(&mut self, at: usize, end: usize) -> usize {
        if self.top.lambdas > 0 {
            self.resolve(Next::Use);
            self.top.lambdas -= 1;
            self.top.start_over(Before::Body);
            return at + 1;
        }
        if let Some(&Nest::Field(quote)) = self.scan.stack.last()
            && self.top.kind == Kind::Field
        {
            self.scan.stack.pop();
            self.scan.stack.push(Nest::Format(quote));
            self.close();
            return self.literal(at + 1, end);
        }
        if self.bytes.get(at + 1) == Some(&b'=') {
            self.top.start_over(Before::Walrus);
            return at + 2;
        }
        if self.top.kind == Kind::Display {
            self.resolve(Next::Comma);
            self.top.start_over(Before::Nothing);
        } else {
            self.resolve(Next::Use);
            self.top.start_over(Before::Operator);
        }
        at + 1
    }

    fn equals(&mut self, at: usize) -> usize {
        self.resolve(Next::Use);
        if self.bytes.get(at + 1) == Some(&b'=') {
            self.top.start_over(Before::Operator);
            return at + 2;
        }
        match self.top.kind {
            _ if self.top.lambdas > 0 => self.top.start_over(Before::Operator),
            Kind::Statement if self.top.base != Place::Value => self.begin(Place::Assigned),
            Kind::Arguments => self.top.start_over(Before::Nothing),
            Kind::Parameters => self.top.start_over(Before::Body),
            _ => self.top.start_over(Before::Operator),
        }
        at + 1
    }

    /// Settles the place of the pending call, now that it is known what comes behind it. Gives the call back whose
    /// place is that of the parentheses around it.
    #[inline]
    fn resolve(&mut self, next: Next) -> u32 {
        match std::mem::replace(&mut self.top.pending, NONE) {
            NONE => NONE,
            AWAITED => {
                self.resolve_awaited(next);
                NONE
            }
            pending => self.settle(pending, next),
        }
    }

    /// Of an awaited chain, every call is a site but the last.
    fn resolve_awaited(&mut self, next: Next) {
        if next == Next::Access {
            self.add_site();
            self.is_unsorted = true;
        }
    }

    fn settle(&mut self, pending: u32, next: Next) -> u32 {
        let site = &mut self.sites[pending as usize];
        let Some(place) = self.top.place(next) else { return pending };
        // Only `:=` inside parentheses gives a place to a call that is still pending.
        let is_bound = site.place == Place::Assigned;
        if !is_bound || place == Place::Value {
            site.place = place;
            site.callee = self.top.callee.filter(|_| place == Place::Argument);
        }
        if self.top.before == Before::Walrus { pending } else { NONE }
    }
}

/// Whether a function of that name takes all of a generator before it returns, where it is the builtin or `str.join`.
pub(super) fn is_consumer(name: &[u8]) -> bool {
    matches!(
        name,
        b"sum" | b"list" | b"tuple" | b"set" | b"frozenset" | b"sorted" | b"min" | b"max" | b"dict" | b"join"
    )
}

/// Whether a word before a quote is the prefix of the string.
fn is_prefix(word: &[u8]) -> bool {
    word.len() <= 2 && word.iter().all(|letter| matches!(letter.to_ascii_lowercase(), b'r' | b'b' | b'u' | b'f' | b't'))
}
