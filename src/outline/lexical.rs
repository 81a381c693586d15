//! Lines, blocks and statements: the lexical construction of an outline.

use super::head::{self, Head};
use super::scan::{COLON, LINE, Lost, Scanner};
use super::{Block, BlockKind, Outline, Statement, StatementKind, imports};
use crate::text::Span;

/// Makes the outline of a decoded text in one pass over its bytes.
///
/// It never fails: where the text is not Python, or nests in a way that only the parser can judge, the outline ends and
/// [`Outline::lost`] says where.
pub fn read(text: &str) -> Outline {
    let bytes = text.as_bytes();
    let mut reader = Reader {
        scan: Scanner::new(bytes),
        outline: Outline {
            blocks: Vec::with_capacity(bytes.len() / 1024),
            statements: Vec::with_capacity(bytes.len() / 64),
            ..Outline::default()
        },
        suites: vec![Suite { column: 0, block: None, compound: None, owner: Owner::Module, is_match: false }],
        pending: None,
        decorators: None,
        closed: None,
        last_end: 0,
    };
    let lost = reader.run().err();
    reader.finish(lost)
}

/// The column of a suite that stands on the line of its header, or whose first line is not read yet.
const INLINE: usize = usize::MAX;

/// Statements of one indentation.
#[derive(Clone, Copy, Debug)]
struct Suite {
    column: usize,
    /// Index of the function or class that its statements belong to.
    block: Option<u32>,
    /// Index of the first header of the outermost compound statement around it inside that block.
    compound: Option<u32>,
    owner: Owner,
    /// Whether it holds the `case` clauses of a `match`.
    is_match: bool,
}

/// Whose suite it is.
#[derive(Clone, Copy, Debug)]
enum Owner {
    Module,
    Block(u32),
    /// A header, and the first header of the compound statement that it is part of.
    Header {
        header: u32,
        opener: u32,
    },
}

/// Decorators that wait for their function or class.
#[derive(Clone, Copy, Debug)]
struct Decorators {
    start: usize,
    count: u32,
}

struct Reader<'t> {
    scan: Scanner<'t>,
    outline: Outline,
    /// The open suites, the module's first.
    suites: Vec<Suite>,
    /// A suite whose header ended its line, and whose column the next statement tells.
    pending: Option<Suite>,
    decorators: Option<Decorators>,
    /// The first header of the compound statement that ended just before this line, which a clause may continue.
    closed: Option<u32>,
    /// Where the last statement or header ends.
    last_end: usize,
}

impl Reader<'_> {
    fn run(&mut self) -> Result<(), Lost> {
        let mut at = if self.scan.bytes.starts_with("\u{feff}".as_bytes()) { 3 } else { 0 };
        while let Some((column, start)) = self.next_line(at) {
            self.settle(column, start)?;
            at = self.line(start)?;
        }
        if self.pending.is_some() || self.decorators.is_some() {
            return Err(Lost(self.scan.bytes.len()));
        }
        Ok(())
    }

    fn finish(mut self, lost: Option<Lost>) -> Outline {
        if let Some(suite) = self.pending.take() {
            self.close(suite);
        }
        while let Some(suite) = self.suites.pop() {
            self.close(suite);
        }
        let mut outline = self.outline;
        outline.strings = self.scan.strings;
        outline.comments = self.scan.comments;
        if let Some(Lost(offset)) = lost {
            outline.strings.truncate(outline.strings.partition_point(|span| span.start < offset));
            outline.comments.truncate(outline.comments.partition_point(|span| span.start < offset));
            outline.imports.truncate(outline.imports.partition_point(|import| import.statement.start < offset));
            outline.lost = Some(offset);
        }
        outline
    }

    /// The column and the offset of the first token of the next logical line. Blank lines and lines with only a comment
    /// have no say in the indentation; a tab runs to the next multiple of eight, a form feed starts the column anew, and
    /// of a line continued inside its indentation the first part counts (CPython's `tok_get_normal_mode`).
    fn next_line(&mut self, mut at: usize) -> Option<(usize, usize)> {
        let (mut column, mut continued) = (0usize, 0usize);
        loop {
            match *self.scan.bytes.get(at)? {
                b' ' => (column, at) = (column + 1, at + 1),
                b'\t' => (column, at) = ((column / 8 + 1) * 8, at + 1),
                b'\x0c' => (column, at) = (0, at + 1),
                b'\n' | b'\r' => (column, continued, at) = (0, 0, at + 1),
                b'#' => at = self.scan.comment(at),
                b'\\' => match self.scan.line_end(at + 1) {
                    Some(next) => {
                        continued = if continued == 0 { column } else { continued };
                        at = next;
                    }
                    None => return Some((column, at)),
                },
                _ => return Some((if continued == 0 { column } else { continued }, at)),
            }
        }
    }

    /// Opens or closes suites for a line at `column`.
    fn settle(&mut self, column: usize, at: usize) -> Result<(), Lost> {
        let innermost = self.innermost().column;
        if let Some(mut suite) = self.pending.take() {
            if column <= innermost {
                self.close(suite);
                return Err(Lost(at));
            }
            suite.column = column;
            self.suites.push(suite);
            return Ok(());
        }
        if column != innermost && (column > innermost || self.decorators.is_some()) {
            return Err(Lost(at));
        }
        while column < self.innermost().column {
            let suite = self.suites.pop().expect("the suite of the module has column 0 and stays");
            self.close(suite);
        }
        if column == self.innermost().column { Ok(()) } else { Err(Lost(at)) }
    }

    fn innermost(&self) -> Suite {
        *self.suites.last().expect("the suite of the module stays until the end")
    }

    /// Ends a suite, and what it belongs to, at the last statement read.
    fn close(&mut self, suite: Suite) {
        match suite.owner {
            Owner::Module => {}
            Owner::Block(block) => {
                self.outline.blocks[block as usize].span.end = self.last_end;
                self.closed = None;
            }
            Owner::Header { header, opener } => {
                self.outline.statements[header as usize].end = self.last_end;
                self.outline.statements[opener as usize].end = self.last_end;
                self.closed = Some(opener);
            }
        }
    }

    /// Reads the logical line whose first token is at `start`, and gives the offset of its line end.
    fn line(&mut self, start: usize) -> Result<usize, Lost> {
        let closed = self.closed.take();
        self.scan.items.clear();
        let head = head::head(&self.scan, start);
        let is_definition = matches!(head, Head::Def { .. } | Head::Class { .. });
        if self.decorators.is_some() && !is_definition && head != Head::Decorator {
            return Err(Lost(start));
        }
        let (suite, at) = match head {
            Head::Decorator => return self.decorator(start),
            Head::Def { is_async, end } => self.definition(start, end, BlockKind::Function { is_async })?,
            Head::Class { end } => self.definition(start, end, BlockKind::Class)?,
            Head::Opener => self.header(start, None)?,
            Head::Clause => self.header(start, Some(closed.ok_or(Lost(start))?))?,
            _ if self.innermost().is_match => {
                let end = self.scan.word_end(start);
                if &self.scan.bytes[start..end] != b"case" {
                    return Err(Lost(start));
                }
                self.header(start, None)?
            }
            head => return self.simple_statements(start, head),
        };
        let at = self.scan.skip_blanks(at);
        match self.scan.bytes.get(at) {
            None | Some(b'\n' | b'\r' | b'#') => {
                self.pending = Some(suite);
                Ok(at)
            }
            Some(_) => {
                self.suites.push(suite);
                self.scan.items.clear();
                let end = self.simple_statements(at, head::head(&self.scan, at));
                self.suites.pop();
                self.close(suite);
                end
            }
        }
    }

    fn decorator(&mut self, start: usize) -> Result<usize, Lost> {
        let end = self.scan.statement_end(start + 1, LINE)?;
        if self.scan.bytes.get(end) == Some(&b';') {
            return Err(Lost(end));
        }
        self.decorators.get_or_insert(Decorators { start, count: 0 }).count += 1;
        Ok(end)
    }

    /// Reads the head of a function or class up to behind its colon; `keyword_end` is behind `def` or `class`.
    fn definition(&mut self, start: usize, keyword_end: usize, kind: BlockKind) -> Result<(Suite, usize), Lost> {
        let name_start = self.scan.skip_blanks(keyword_end);
        let name = Span::new(name_start, self.scan.word_end(name_start));
        if name.is_empty() {
            return Err(Lost(start));
        }
        let end = self.colon(start, name.end)?;
        let around = self.innermost();
        let index = self.outline.blocks.len() as u32;
        let decorators = self.decorators.take().unwrap_or(Decorators { start, count: 0 });
        self.outline.blocks.push(Block {
            kind,
            span: Span::new(decorators.start, end),
            header: Span::new(start, end),
            name,
            parent: around.block,
            decorators: decorators.count,
            compound: around.compound,
        });
        self.last_end = end;
        let owner = Owner::Block(index);
        Ok((Suite { column: INLINE, block: Some(index), compound: None, owner, is_match: false }, end))
    }

    /// Reads a header up to behind its colon. `continued` is the first header of the statement that a clause continues.
    fn header(&mut self, start: usize, continued: Option<u32>) -> Result<(Suite, usize), Lost> {
        let end = self.colon(start, self.scan.word_end(start))?;
        Ok((self.push_header(Span::new(start, end), continued, false), end))
    }

    fn push_header(&mut self, span: Span, continued: Option<u32>, is_match: bool) -> Suite {
        let around = self.innermost();
        let header = self.outline.statements.len() as u32;
        let opener = continued.unwrap_or(header);
        let compound = around.compound.or(Some(opener));
        self.outline.statements.push(Statement {
            kind: StatementKind::Header,
            span,
            block: around.block,
            direct: around.compound.is_none(),
            compound,
            end: span.end,
        });
        self.last_end = span.end;
        Suite { column: INLINE, block: around.block, compound, owner: Owner::Header { header, opener }, is_match }
    }

    /// The offset behind the colon that ends the header at `start`. Walrus colons have `=` behind them; each `lambda`
    /// takes the next colon for itself, but one that ends its line cannot be a lambda's.
    fn colon(&mut self, start: usize, mut at: usize) -> Result<usize, Lost> {
        let mut colons = 0;
        loop {
            let stop = self.scan.statement_end(at, LINE | COLON)?;
            if self.scan.bytes.get(stop) != Some(&b':') {
                return Err(Lost(start));
            }
            at = stop + 1;
            match self.scan.bytes.get(at) {
                None | Some(b'\n' | b'\r') => return Ok(at),
                Some(b'=') => continue,
                Some(_) => {}
            }
            colons += 1;
            if head::lambdas(&self.scan, Span::new(start, stop)) < colons {
                return Ok(at);
            }
        }
    }

    /// Reads simple statements up to the end of their logical line, and gives the offset of its line end or comment.
    fn simple_statements(&mut self, start: usize, mut head: Head) -> Result<usize, Lost> {
        let mut at = start;
        loop {
            if !matches!(head, Head::Match | Head::Import | Head::Global | Head::Keyword | Head::Other) {
                return Err(Lost(at));
            }
            let stop = self.scan.statement_end(at, LINE)?;
            let span = Span::new(at, self.last_token_end(at, stop));
            if span.is_empty() {
                return Err(Lost(at));
            }
            let ends_line = self.scan.bytes.get(stop) != Some(&b';');
            if self.scan.bytes[span.end - 1] == b':' {
                return match head {
                    Head::Match if at == start && ends_line => self.match_header(span, stop),
                    _ => Err(Lost(at)),
                };
            }
            self.simple(span, head)?;
            if ends_line {
                return Ok(stop);
            }
            at = self.scan.skip_blanks(stop + 1);
            if matches!(self.scan.bytes.get(at), None | Some(b'\n' | b'\r' | b'#')) {
                return Ok(at);
            }
            self.scan.items.clear();
            head = head::head(&self.scan, at);
        }
    }

    /// Opens the suite of `match …:`. It cannot stand in the suite of a header on its own line, where the innermost suite
    /// has no column yet.
    fn match_header(&mut self, span: Span, stop: usize) -> Result<usize, Lost> {
        if self.innermost().column == INLINE {
            return Err(Lost(span.start));
        }
        let suite = self.push_header(span, None, true);
        self.pending = Some(suite);
        Ok(stop)
    }

    /// Where the last token before `stop` ends: before white space and continued lines.
    fn last_token_end(&self, start: usize, stop: usize) -> usize {
        let mut text = &self.scan.bytes[start..stop];
        loop {
            text = match text {
                [rest @ .., b' ' | b'\t' | b'\x0c'] => rest,
                [rest @ .., b'\\', b'\r', b'\n'] | [rest @ .., b'\\', b'\n' | b'\r'] => rest,
                _ => return start + text.len(),
            };
        }
    }

    fn simple(&mut self, span: Span, head: Head) -> Result<(), Lost> {
        let around = self.innermost();
        let kind = match head {
            Head::Import => {
                imports::read(self.scan.bytes, span, around.block, &mut self.outline.imports)
                    .ok_or(Lost(span.start))?;
                StatementKind::Import
            }
            Head::Global => StatementKind::Global,
            Head::Keyword => StatementKind::Simple,
            _ => match head::callee(&self.scan, span) {
                Some(callee) => StatementKind::Call { callee },
                None => StatementKind::Simple,
            },
        };
        self.outline.statements.push(Statement {
            kind,
            span,
            block: around.block,
            direct: around.compound.is_none(),
            compound: around.compound,
            end: span.end,
        });
        self.last_end = span.end;
        Ok(())
    }
}
