//! The summary of a text, from its outline: one walk over blocks and statements in source order.
//!
//! Of a statement only the first bytes are looked at. What a function binds is noted at first, and kept only where
//! something else that the summary says of the function reads it.

use super::targets::{self, Assignment, Form, Place, Target};
use super::uses::{self, Site};
use super::walk::{Position, Rows, Scopes, Yields, cleans_up};
use super::{Block, Call, Condition, Deed, Fact, FactKind, Import, Piece, Summary, Use, headers, locals};
use super::{calls, deeds};
use crate::outline::cursor::Cursor;
use crate::outline::{Outline, Statement, StatementKind};
use crate::text::{Span, is_word};
use memchr::memmem::FindIter;
use std::iter::Peekable;

/// An assignment longer than this is cut behind its `=`.
const LONG_ASSIGNMENT: usize = 400;
/// A longer value of a `return` is not kept.
const LONG_RETURN: usize = 300;

/// The summary of a text whose outline is `outline`.
pub fn summarise(text: &str, outline: &Outline) -> Summary {
    let mut reader = Reader {
        text,
        outline,
        summary: Summary {
            text: String::with_capacity(text.len() / 4),
            blocks: Vec::with_capacity(outline.blocks.len()),
            imports: Vec::with_capacity(outline.imports.len()),
            facts: Vec::new(),
            uses: Vec::new(),
            calls: Vec::new(),
            deeds: Vec::new(),
            cells: cells(text, outline),
            is_partial: outline.lost.is_some(),
        },
        scopes: Scopes::new(text, outline),
        rows: Rows::new(text),
        imports: 0,
        walrus: memchr::memmem::find_iter(text.as_bytes(), b":=").peekable(),
        drafts: Vec::new(),
        targets: Vec::new(),
        bound: Vec::new(),
    };
    reader.walk();
    reader.finish()
}

fn cells(text: &str, outline: &Outline) -> Vec<(u32, u32)> {
    let mut rows = Rows::new(text);
    outline.cells.iter().map(|cell| (rows.at(cell.span.start), cell.number)).collect()
}

/// A fact whose pieces are not taken out yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draft {
    pub kind: FactKind,
    pub name: Span,
    pub statement: Span,
    pub block: Option<u32>,
    pub condition: Condition,
    pub row: u32,
    /// The identifier that its value begins with.
    pub reads: Option<Span>,
    /// It binds a local name of a function, and is kept only where another fact of the function reads the name.
    pub is_local: bool,
}

struct Reader<'t> {
    text: &'t str,
    outline: &'t Outline,
    summary: Summary,
    scopes: Scopes<'t>,
    rows: Rows<'t>,
    /// How many imports of the outline are in the summary.
    imports: usize,
    /// Where the next `:=` stands.
    walrus: Peekable<FindIter<'t, 'static>>,
    drafts: Vec<Draft>,
    targets: Vec<Target>,
    bound: Vec<headers::Bound>,
}

impl<'t> Reader<'t> {
    fn walk(&mut self) {
        let (outline, mut blocks) = (self.outline, 0);
        for statement in &outline.statements {
            while outline.blocks.get(blocks).is_some_and(|block| block.span.start < statement.span.start) {
                self.block(blocks);
                blocks += 1;
            }
            self.statement(statement);
        }
        (blocks..outline.blocks.len()).for_each(|block| self.block(block));
    }

    fn finish(mut self) -> Summary {
        for (generator, at) in Yields::new(self.text, self.outline) {
            let block = &mut self.summary.blocks[generator];
            block.is_generator = true;
            block.cleans_up |= cleans_up(self.text, self.outline, generator as u32, at);
        }
        let sites = uses::sites(self.text, self.outline);
        let calls = calls::calls(self.text, self.outline);
        let is_generator = |block: u32| self.summary.blocks[block as usize].is_generator;
        let deeds = deeds::deeds(self.text, self.outline, is_generator);
        let read = deeds.iter().flat_map(|deed| deed.reads.iter().map(|name| (deed.block, *name)));
        locals::keep_wanted(self.text, &mut self.drafts, &sites, &calls, read, self.outline.blocks.len());
        self.drafts.sort_by_key(|draft| draft.statement.start);
        self.summary.facts.reserve_exact(self.drafts.len());
        let mut last: Option<(Span, Piece)> = None;
        for draft in std::mem::take(&mut self.drafts) {
            let statement = match last {
                Some((span, piece)) if span == draft.statement => piece,
                _ => self.piece(draft.statement),
            };
            last = Some((draft.statement, statement));
            let start = statement.start + (draft.name.start - draft.statement.start) as u32;
            let name = Piece { start, end: start + draft.name.len() as u32 };
            let Draft { kind, block, condition, row, .. } = draft;
            self.summary.facts.push(Fact { kind, name, statement, block, condition, row });
        }
        let mut rows = Rows::new(self.text);
        for Site { chain, is_awaited, block } in sites {
            let row = rows.at(chain.start);
            let chain = self.piece(chain);
            self.summary.uses.push(Use { chain, is_awaited, block, row });
        }
        for calls::Call { callee, arguments, block, .. } in calls {
            let Piece { start, end: open } = self.piece(callee);
            self.summary.text.push_str(&arguments);
            let end = self.summary.text.len() as u32;
            self.summary.calls.push(Call { call: Piece { start, end }, callee: open - start, block });
        }
        let mut rows = Rows::new(self.text);
        for deeds::Deed { kind, at, source, block, condition, .. } in deeds {
            let start = self.summary.text.len() as u32;
            self.summary.text.push_str(&source);
            let source = Piece { start, end: self.summary.text.len() as u32 };
            self.summary.deeds.push(Deed { kind, source, block, row: rows.at(at), condition });
        }
        self.summary.deeds.sort_by_key(|deed| deed.block);
        self.summary
    }

    /// Keeps a piece of the source.
    fn piece(&mut self, span: Span) -> Piece {
        let start = self.summary.text.len() as u32;
        self.summary.text.push_str(&self.text[span.range()]);
        Piece { start, end: self.summary.text.len() as u32 }
    }

    fn block(&mut self, index: usize) {
        let block = &self.outline.blocks[index];
        let position = Position { offset: block.span.start, compound: block.compound };
        let condition = self.scopes.condition(position, self.outline);
        self.scopes.enter(block);
        if let Some(parent) = block.parent {
            self.summary.blocks[parent as usize].is_empty = false;
        }
        let head = self.piece(Span::new(block.span.start, block.header.end));
        let start = head.start + (block.name.start - block.span.start) as u32;
        let row = self.rows.at(block.name.start);
        self.summary.blocks.push(Block {
            kind: block.kind,
            is_generator: false,
            cleans_up: false,
            is_empty: true,
            name: Piece { start, end: start + block.name.len() as u32 },
            head,
            decorators: block.decorators,
            parent: block.parent,
            condition,
            row,
        });
    }

    fn statement(&mut self, statement: &Statement) {
        self.note_body(statement);
        match statement.kind {
            StatementKind::Import => self.imports(statement),
            StatementKind::Global if statement.block.is_some() => {
                targets::declared(self.text.as_bytes(), statement.span, &mut self.targets);
                self.bind_targets(statement, FactKind::Global);
            }
            StatementKind::Global => {}
            StatementKind::Header => self.header(statement),
            StatementKind::Call { .. } => self.call(statement),
            StatementKind::Simple => self.simple(statement),
        }
        self.walrus(statement);
    }

    /// A body with a statement that does something is not empty.
    fn note_body(&mut self, statement: &Statement) {
        let Some(block) = statement.block else { return };
        if self.summary.blocks[block as usize].is_empty && !does_nothing(self.text, self.outline, statement) {
            self.summary.blocks[block as usize].is_empty = false;
        }
    }

    fn imports(&mut self, statement: &Statement) {
        let condition = self.condition(statement);
        let row = self.rows.at(statement.span.start);
        let outline = self.outline;
        let mut last: Option<(Span, Piece)> = None;
        while let Some(import) = outline.imports.get(self.imports).filter(|next| next.statement == statement.span) {
            let module = match last {
                Some((span, piece)) if span == import.module => piece,
                _ => self.piece(import.module),
            };
            last = Some((import.module, module));
            let name = import.name.map(|name| self.piece(name));
            let alias = import.alias.map(|alias| self.piece(alias));
            self.summary.imports.push(Import { module, name, alias, block: import.block, condition, row });
            self.imports += 1;
        }
    }

    fn header(&mut self, statement: &Statement) {
        let bytes = self.text.as_bytes();
        self.scopes.enter_header(statement, self.text, self.outline);
        let Some(kind) = headers::kind(bytes, statement.span) else { return };
        self.bound.clear();
        headers::bound(bytes, statement.span, kind, &mut self.bound);
        for bound in std::mem::take(&mut self.bound) {
            let end = statement.span.end;
            let reads = bound.value.and_then(|at| Cursor { bytes, at, end }.first_name());
            let always = kind.0 == headers::Kind::With;
            let draft = Draft { reads, ..self.draft(statement, FactKind::Target, bound.name) };
            let is_guarded = !always && draft.condition == Condition::Always;
            self.drafts.push(Draft {
                condition: if is_guarded { Condition::Guarded } else { draft.condition },
                is_local: self.scopes.is_function(statement.block),
                ..draft
            });
        }
    }

    /// A call that changes `__all__`.
    fn call(&mut self, statement: &Statement) {
        let source = &self.text.as_bytes()[statement.span.range()];
        if statement.block.is_none() && source.starts_with(b"__all__") && source.get(7) == Some(&b'.') {
            let name = Span::new(statement.span.start, statement.span.start + 7);
            let draft = self.draft(statement, FactKind::Augmented, name);
            self.drafts.push(draft);
        }
    }

    fn simple(&mut self, statement: &Statement) {
        let bytes = self.text.as_bytes();
        let source = &bytes[statement.span.range()];
        if begins(source, b"return") {
            return self.returned(statement);
        }
        if begins(source, b"del") {
            if !self.scopes.is_function(statement.block) {
                targets::deleted(bytes, statement.span, &mut self.targets);
                self.bind_targets(statement, FactKind::Unclear);
            }
            return;
        }
        if let Some(assignment) = targets::assignment(bytes, statement.span, &mut self.targets)
            && !self.targets.is_empty()
        {
            self.assignment(statement, assignment);
        }
        self.targets.clear();
    }

    fn assignment(&mut self, statement: &Statement, assignment: Assignment) {
        let bytes = self.text.as_bytes();
        let is_function = self.scopes.is_function(statement.block);
        let has_value = matches!(assignment.form, Form::Plain | Form::Augmented);
        let value = Cursor { bytes, at: assignment.value, end: statement.span.end };
        let reads = if is_function && has_value { value.first_name() } else { None };
        let kept = self.cut(statement.span, assignment);
        for target in std::mem::take(&mut self.targets) {
            let kind = match (target.place, assignment.form) {
                (Place::Scope, Form::Augmented) => FactKind::Augmented,
                (Place::Scope, _) => FactKind::Name,
                (_, Form::Augmented) => continue,
                (Place::Named(receiver), _) if self.is_receiver(statement.block, receiver) => FactKind::Attribute,
                _ => FactKind::OtherAttribute,
            };
            let is_local = is_function && target.place == Place::Scope;
            let draft = self.draft(statement, kind, target.name);
            self.drafts.push(Draft { statement: kept, reads, is_local, ..draft });
        }
    }

    fn is_receiver(&self, block: Option<u32>, name: Span) -> bool {
        self.scopes.receiver(block) == Some(&self.text[name.range()])
    }

    /// As much of an assignment as is kept.
    fn cut(&self, statement: Span, assignment: Assignment) -> Span {
        let bytes = self.text.as_bytes();
        if statement.len() <= LONG_ASSIGNMENT || begins(&bytes[statement.range()], b"__all__") {
            return statement;
        }
        let mut cursor = Cursor { bytes, at: assignment.value, end: statement.end };
        if assignment.form == Form::Plain
            && let Some(end) = cursor.sole_call()
        {
            return Span::new(statement.start, end);
        }
        let is_typed = matches!(assignment.form, Form::Annotated | Form::Alias);
        if is_typed && cursor.skip_annotation().is_none() {
            return statement;
        }
        Span::new(statement.start, cursor.at)
    }

    fn returned(&mut self, statement: &Statement) {
        let value =
            Cursor { bytes: self.text.as_bytes(), at: statement.span.start + "return".len(), end: statement.span.end };
        let source = self.text[value.at..value.end].trim();
        if source.is_empty() || source == "None" || !self.scopes.wants_returns(statement.block) {
            return;
        }
        let is_long = statement.span.len() > LONG_RETURN;
        let call = value.sole_call().filter(|_| is_long);
        let kind = if is_long && call.is_none() { FactKind::Unclear } else { FactKind::Return };
        let draft = self.draft(statement, kind, Span::at(statement.span.start));
        let statement = match (is_long, call) {
            (true, Some(end)) => Span::new(statement.span.start, end),
            (true, None) => Span::at(statement.span.start),
            (false, _) => statement.span,
        };
        self.drafts.push(Draft { reads: value.first_name(), statement, ..draft });
    }

    /// The names that `:=` binds in a statement of the module or of a class.
    fn walrus(&mut self, statement: &Statement) {
        while let Some(at) = self.walrus.next_if(|&at| at < statement.span.end) {
            let is_code = at > statement.span.start && self.outline.is_code(Span::new(at, at + 2));
            if !is_code || self.scopes.is_function(statement.block) {
                continue;
            }
            let before = self.text[..at].trim_end();
            let length = before.bytes().rev().take_while(|&byte| is_word(byte)).count();
            let name = Span::new(before.len() - length, before.len());
            if length > 0 && statement.span.encloses(name) {
                let draft = self.draft(statement, FactKind::Unclear, name);
                let is_long = statement.span.len() > LONG_ASSIGNMENT;
                let kept = if is_long { Span::new(name.start, at + 2) } else { statement.span };
                self.drafts.push(Draft { statement: kept, ..draft });
            }
        }
    }

    /// Notes each of `self.targets` as bound by the whole statement.
    fn bind_targets(&mut self, statement: &Statement, kind: FactKind) {
        for target in std::mem::take(&mut self.targets) {
            let draft = self.draft(statement, kind, target.name);
            self.drafts.push(draft);
        }
    }

    fn draft(&mut self, statement: &Statement, kind: FactKind, name: Span) -> Draft {
        Draft {
            kind,
            name,
            statement: statement.span,
            block: statement.block,
            condition: self.condition(statement),
            row: self.rows.at(statement.span.start),
            reads: None,
            is_local: false,
        }
    }

    fn condition(&mut self, statement: &Statement) -> Condition {
        let compound = statement.compound.filter(|_| !statement.direct);
        let position = Position { offset: statement.span.start, compound };
        self.scopes.condition(position, self.outline)
    }
}

/// Whether a statement begins with this word.
fn begins(source: &[u8], word: &[u8]) -> bool {
    source.starts_with(word) && source.get(word.len()).is_none_or(|&next| !is_word(next))
}

/// Whether a statement is a docstring, `...`, `pass` or `raise NotImplementedError`.
fn does_nothing(text: &str, outline: &Outline, statement: &Statement) -> bool {
    let source = text[statement.span.range()].as_bytes();
    match source[0] {
        b'.' => source == b"...",
        b'p' => source == b"pass",
        b'r' if begins(source, b"raise") => begins(source["raise".len()..].trim_ascii_start(), b"NotImplementedError"),
        b'"' | b'\'' | b'r' | b'R' | b'u' | b'U' | b'b' | b'B' => {
            let at = outline.strings.partition_point(|string| string.start < statement.span.start);
            outline.strings.get(at) == Some(&statement.span)
        }
        _ => false,
    }
}
