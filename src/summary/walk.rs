//! What the walk over an outline keeps in mind: rows, scopes, conditions, and which functions yield.

use super::Condition;
use super::targets::Cursor;
use crate::outline::{self, BlockKind, Outline, Statement, StatementKind};
use crate::text::{self, Span, is_word};
use memchr::memmem;

/// One-based rows of offsets that only grow, counted on from the last one.
pub(super) struct Rows<'t> {
    bytes: &'t [u8],
    has_carriage_returns: bool,
    at: usize,
    row: u32,
}

impl<'t> Rows<'t> {
    pub fn new(text: &'t str) -> Rows<'t> {
        let bytes = text.as_bytes();
        Rows { bytes, has_carriage_returns: memchr::memchr(b'\r', bytes).is_some(), at: 0, row: 1 }
    }

    /// The row of `offset`, which is no smaller than any asked for before.
    pub fn at(&mut self, offset: usize) -> u32 {
        let Some(passed) = self.bytes.get(self.at..offset) else { return self.row };
        let ends = if self.has_carriage_returns {
            let is_end = |at: usize| passed[at] == b'\n' || self.bytes.get(self.at + at + 1) != Some(&b'\n');
            memchr::memchr2_iter(b'\n', b'\r', passed).filter(|&at| is_end(at)).count()
        } else {
            memchr::memchr_iter(b'\n', passed).count()
        };
        self.at = offset;
        self.row += ends as u32;
        self.row
    }
}

/// Where something stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Position {
    pub offset: usize,
    /// The first header of the outermost compound statement in whose suites it stands.
    pub compound: Option<u32>,
}

/// What is known of a function or a class.
#[derive(Clone, Copy, Debug)]
struct Scope<'t> {
    is_function: bool,
    /// A function without a return annotation.
    wants_returns: bool,
    /// The first parameter of the method that it is or stands in.
    receiver: Option<&'t str>,
}

/// The functions and classes passed so far, and the suites for type checkers around the walk.
pub(super) struct Scopes<'t> {
    text: &'t str,
    outline: &'t Outline,
    scopes: Vec<Scope<'t>>,
    /// From the header to the end of the suite of each `if TYPE_CHECKING:` around the walk.
    typing: Vec<Span>,
}

impl<'t> Scopes<'t> {
    pub fn new(text: &'t str, outline: &'t Outline) -> Scopes<'t> {
        let scopes = Vec::with_capacity(outline.blocks.len());
        Scopes { text, outline, scopes, typing: Vec::new() }
    }

    pub fn is_function(&self, block: Option<u32>) -> bool {
        block.is_some_and(|block| self.scopes[block as usize].is_function)
    }

    pub fn wants_returns(&self, block: Option<u32>) -> bool {
        block.is_some_and(|block| self.scopes[block as usize].wants_returns)
    }

    pub fn receiver(&self, block: Option<u32>) -> Option<&'t str> {
        self.scopes[block? as usize].receiver
    }

    /// Adds the next block.
    pub fn enter(&mut self, block: &outline::Block) {
        let parent = block.parent.map(|parent| self.scopes[parent as usize]);
        let is_function = matches!(block.kind, BlockKind::Function { .. });
        let receiver = match parent {
            _ if !is_function => None,
            Some(parent) if !parent.is_function => self.first_parameter(block),
            Some(function) => function.receiver,
            None => None,
        };
        let wants_returns = is_function && !self.has_arrow(block);
        // A function with another inside may be a decorator, and what it returns says what it decorates with.
        if let Some(around) = block.parent.filter(|around| self.scopes[*around as usize].is_function) {
            self.scopes[around as usize].wants_returns = true;
        }
        self.scopes.push(Scope { is_function, wants_returns, receiver });
    }

    fn has_arrow(&self, block: &outline::Block) -> bool {
        let start = block.name.end;
        let head = &self.text.as_bytes()[start..block.header.end];
        let mut tips = memchr::memrchr_iter(b'>', head).filter(|&at| at > 0 && head[at - 1] == b'-');
        tips.any(|at| self.outline.is_code(Span::new(start + at, start + at + 1)))
    }

    /// The first parameter of a method; none of a static one.
    fn first_parameter(&self, block: &outline::Block) -> Option<&'t str> {
        let decorators = &self.text[block.span.start..block.header.start];
        if block.decorators > 0 && decorators.contains("staticmethod") {
            return None;
        }
        let head = Span::new(block.name.end, block.header.end);
        let open = head.start + self.text[head.range()].find('(')?;
        let mut list = Cursor { bytes: self.text.as_bytes(), at: open + 1, end: head.end };
        list.blanks();
        let name = list.word();
        (!name.is_empty()).then(|| &self.text[name.range()])
    }

    /// Notes the suite of `if TYPE_CHECKING:`.
    pub fn enter_header(&mut self, header: &Statement, text: &str, outline: &Outline) {
        let source = &text[header.span.range()];
        let is_clause = source.starts_with("elif");
        let condition = source.strip_prefix(if is_clause { "elif" } else { "if" });
        let Some(condition) = condition.filter(|rest| rest.ends_with("TYPE_CHECKING:")) else { return };
        let is_name = |byte: u8| is_word(byte) || matches!(byte, b'.' | b' ');
        if condition.trim_end_matches(':').trim().bytes().all(is_name) && !condition.contains("not ") {
            let end = if is_clause { header.end } else { first_suite_end(header, text, outline) };
            self.typing.push(Span::new(header.span.start, end));
        }
    }

    /// When something happens; what is asked for comes in source order.
    pub fn condition(&mut self, position: Position, outline: &Outline) -> Condition {
        while self.typing.pop_if(|suite| suite.end <= position.offset).is_some() {}
        let Some(compound) = position.compound else { return Condition::Always };
        let compound = outline.statements[compound as usize].span.start;
        match self.typing.last() {
            Some(suite) if suite.start >= compound => Condition::Typing,
            _ => Condition::Guarded,
        }
    }
}

/// Where the suite of an `if` ends: at its `elif` or `else`, which stands in the same column.
fn first_suite_end(header: &Statement, text: &str, outline: &Outline) -> usize {
    let column = |at: usize| at - text::line_start(text, at);
    let own = column(header.span.start);
    let next = outline.statements.partition_point(|statement| statement.span.start <= header.span.start);
    let inside = outline.statements[next..].iter().take_while(|statement| statement.span.start < header.end);
    let mut clauses = inside.filter(|statement| {
        statement.kind == StatementKind::Header
            && text[statement.span.range()].starts_with("el")
            && column(statement.span.start) == own
    });
    clauses.next().map_or(header.end, |clause| clause.span.start)
}

/// Whether what stands at an offset of a function is followed by cleanup: a `with` around it ends, or a `finally` runs.
pub(super) fn cleans_up(text: &str, outline: &Outline, function: u32, at: usize) -> bool {
    let column = |at: usize| at - text::line_start(text, at);
    let is_header = |each: &&Statement| each.kind == StatementKind::Header && each.block == Some(function);
    let last = outline.statements.partition_point(|each| each.span.start <= at);
    let around = outline.statements[..last]
        .iter()
        .rev()
        .take_while(|each| outline.blocks[function as usize].header.end <= each.span.start);
    around.filter(is_header).filter(|header| header.span.end <= at && at < header.end).any(|header| {
        let source = &text[header.span.range()];
        let source = source.strip_prefix("async").map_or(source, str::trim_start);
        let behind = outline.statements[last..].iter().take_while(|each| each.span.start < header.end);
        source.starts_with("with")
            || source.starts_with("try")
                && behind.filter(is_header).any(|clause| {
                    text[clause.span.range()].starts_with("finally")
                        && column(clause.span.start) == column(header.span.start)
                })
    })
}

/// The functions with a `yield` of their own.
pub(super) struct Yields<'t> {
    text: &'t str,
    outline: &'t Outline,
    found: memmem::FindIter<'t, 'static>,
}

impl<'t> Yields<'t> {
    pub fn new(text: &'t str, outline: &'t Outline) -> Yields<'t> {
        Yields { text, outline, found: memmem::find_iter(text.as_bytes(), b"yield") }
    }

    /// Whether the word at `span` is the keyword. In the literal part of an f-string, which the outline does not tell
    /// from code, it is not: there a quote is open before it.
    fn is_keyword(&self, span: Span) -> bool {
        if !text::is_whole_word(self.text.as_bytes(), span) || !self.outline.is_code(span) {
            return false;
        }
        let Some(statement) = self.outline.statement_at(span.start) else { return false };
        let before = &self.text.as_bytes()[statement.span.start..span.start];
        match before.trim_ascii_end().last() {
            None => true,
            Some(b'=' | b'(') => {
                let is_quote = |at: &usize| self.outline.is_code(Span::new(*at, at + 1));
                let quotes = memchr::memchr2_iter(b'"', b'\'', before).map(|at| statement.span.start + at);
                quotes.filter(is_quote).count() % 2 == 0
            }
            _ => false,
        }
    }
}

impl Iterator for Yields<'_> {
    /// The function, and where its `yield` stands.
    type Item = (usize, usize);

    fn next(&mut self) -> Option<(usize, usize)> {
        loop {
            let at = self.found.next()?;
            if self.is_keyword(Span::new(at, at + "yield".len())) {
                let block = self.outline.innermost_block(at);
                let is_function =
                    |&block: &usize| matches!(self.outline.blocks[block].kind, BlockKind::Function { .. });
                if let Some(function) = block.filter(is_function) {
                    return Some((function, at));
                }
            }
        }
    }
}
