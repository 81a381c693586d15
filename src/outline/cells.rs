//! The cells of a notebook, as one program.
//!
//! The code cells of a notebook share their names and run, as far as one can see, from the first to the last, so that they
//! are read as one text: of each cell a line with a mark, then its source. That is the percent format that editors know
//! (`# %%`). What is IPython's in it and not Python's (magics, shell lines, help) is masked with text of the same length,
//! so that an offset means the same in what is parsed and in what people see.

use super::magics::{self, Masked};
use crate::text::{self, Span};
use serde::{Deserialize, Serialize};

/// One code cell, where it stands in the text of all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// As ruff and people count it: among all cells of the notebook, from one.
    pub number: u32,
    /// Its source, without the line end that sets it apart from the mark of the next.
    pub span: Span,
    /// Why no `await` may stand at its top level.
    pub refusal: Option<String>,
    /// Whether none of it is this program's Python.
    pub is_opaque: bool,
}

/// What the cells of a notebook are together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// What is parsed: as long as what is shown, and different only where IPython is meant.
    pub text: String,
    pub cells: Vec<Cell>,
}

/// Reads the text of all cells, in which a line that begins with `mark` begins a cell; a number may follow the mark.
pub fn program(shown: &str, mark: &str) -> Program {
    let mut cells = split(shown, mark);
    let mut bytes = shown.as_bytes().to_owned();
    let mut waits_nowhere = false;
    for cell in &mut cells {
        let Masked { refusal, is_opaque, turns_await_off } = magics::mask(&mut bytes[cell.span.range()]);
        cell.refusal = refusal;
        cell.is_opaque = is_opaque;
        waits_nowhere |= turns_await_off;
    }
    if waits_nowhere {
        let reason = "`%autoawait` takes top-level `await` away from the notebook";
        cells.iter_mut().for_each(|cell| cell.refusal = Some(reason.to_owned()));
    }
    let text = String::from_utf8(bytes).expect("whole characters are masked by ASCII");
    Program { text, cells }
}

/// The line that begins a cell: `mark` and the cell's number.
pub fn marked(mark: &str, number: u32) -> String {
    format!("{mark} {number}\n")
}

fn split(shown: &str, mark: &str) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    let mut at = 0;
    while at < shown.len() {
        let (line, next) = (&shown[at..text::line_end(shown, at)], text::next_line(shown, at));
        let told = line.strip_prefix(mark).map(|rest| rest.trim().parse().ok());
        if told.is_some() || cells.is_empty() {
            let before = cells.last().map_or(0, |cell| cell.number);
            let number = told.flatten().unwrap_or(before + 1);
            if let Some(last) = cells.last_mut() {
                last.span.end = at;
            }
            let start = if told.is_some() { next } else { at };
            cells.push(Cell { number, span: Span::at(start), refusal: None, is_opaque: false });
        }
        at = next;
    }
    if let Some(last) = cells.last_mut() {
        last.span.end = shown.len();
    }
    for cell in &mut cells {
        let source = &shown[cell.span.range()];
        let end = ["\r\n", "\n", "\r"].iter().find_map(|end| source.strip_suffix(end)).unwrap_or(source);
        cell.span.end = cell.span.start + end.len();
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources<'t>(shown: &'t str, cells: &[Cell]) -> Vec<(u32, &'t str)> {
        cells.iter().map(|cell| (cell.number, &shown[cell.span.range()])).collect()
    }

    #[test]
    fn a_mark_begins_a_cell_and_may_number_it() {
        let shown = "# %% 2\nimport os\n# %% 5\n\n# %% 6\nx = 1\n\n";
        let Program { cells, text } = program(shown, "# %%");
        assert_eq!(sources(shown, &cells), [(2, "import os"), (5, ""), (6, "x = 1\n")]);
        assert_eq!(text, shown);
        let shown = "# %%\r\na\r\n# %%\r\n";
        assert_eq!(sources(shown, &program(shown, "# %%").cells), [(1, "a"), (2, "")]);
    }

    #[test]
    fn what_stands_before_the_first_mark_is_a_cell_too() {
        assert_eq!(sources("a\n# %%\nb", &program("a\n# %%\nb", "# %%").cells), [(1, "a"), (2, "b")]);
        assert_eq!(program("", "# %%"), Program::default());
    }

    #[test]
    fn a_notebook_without_top_level_await_has_none_in_any_cell() {
        let cells = program("# %%\nx\n# %%\n%autoawait off\n", "# %%").cells;
        assert!(cells.iter().all(|cell| cell.refusal.is_some()));
        let cells = program("# %%\nx\n# %%\n%autoawait asyncio\n%autoawait\n", "# %%").cells;
        assert!(cells.iter().all(|cell| cell.refusal.is_none()));
    }
}
