//! Where something is, as people count it: rows and columns of the file, or of one cell of a notebook.

use crate::finding::FileReport;
use crate::outline::Cell;
use crate::plan::Edit;
use crate::text::{Lines, Location, Span};

/// A file by its sheets: all of it is one, or each cell of a notebook is.
pub(super) struct Sheets<'f> {
    text: &'f str,
    cells: &'f [Cell],
    lines: Vec<Lines>,
}

/// What rows are counted in.
pub(super) struct Sheet<'s> {
    /// The number of the cell, in a notebook.
    pub cell: Option<u32>,
    pub text: &'s str,
    pub lines: &'s Lines,
    start: usize,
}

impl<'f> Sheets<'f> {
    pub fn of(file: &'f FileReport) -> Sheets<'f> {
        let lines = match &file.cells[..] {
            [] => vec![Lines::of(&file.text)],
            cells => cells.iter().map(|cell| Lines::of(&file.text[cell.span.range()])).collect(),
        };
        Sheets { text: &file.text, cells: &file.cells, lines }
    }

    /// The sheet that holds an offset of the whole text.
    pub fn at(&self, offset: usize) -> Sheet<'_> {
        let at = self.cells.partition_point(|cell| cell.span.start <= offset).max(1) - 1;
        match self.cells.get(at) {
            Some(cell) => Sheet {
                cell: Some(cell.number),
                text: &self.text[cell.span.range()],
                lines: &self.lines[at],
                start: cell.span.start,
            },
            None => Sheet { cell: None, text: self.text, lines: &self.lines[0], start: 0 },
        }
    }

    /// Edits by the sheets that they are on, in order, with places on these.
    pub fn edits(&self, edits: &[Edit]) -> Vec<(Sheet<'_>, Vec<Edit>)> {
        let mut found: Vec<(Sheet, Vec<Edit>)> = Vec::new();
        for edit in edits {
            let sheet = self.at(edit.span.start);
            let moved = Edit { span: sheet.span(edit.span), content: edit.content.clone() };
            match found.last_mut().filter(|(last, _)| last.start == sheet.start) {
                Some((_, edits)) => edits.push(moved),
                None => found.push((sheet, vec![moved])),
            }
        }
        found
    }
}

impl Sheet<'_> {
    /// A place of the whole text as one on the sheet.
    pub fn span(&self, span: Span) -> Span {
        let offset = |offset: usize| offset.saturating_sub(self.start).min(self.text.len());
        Span::new(offset(span.start), offset(span.end))
    }

    pub fn location(&self, offset: usize) -> Location {
        self.lines.location(self.text, self.span(Span::at(offset)).start)
    }

    /// The path with the cell behind it, as ruff writes it: `nb.ipynb:cell 3`.
    pub fn path(&self, path: &str) -> String {
        self.cell.map_or_else(|| path.to_owned(), |cell| format!("{path}:cell {cell}"))
    }
}
