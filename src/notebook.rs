//! Notebooks (`.ipynb`): JSON to the text of their code cells, and a changed text back into the same JSON.
//!
//! [`Notebook::open`] reads a document of nbformat 3 or 4 and joins the sources of its code cells as
//! [`crate::outline::program`] reads them. [`Notebook::with`] puts another text in their place: nothing changes in the document
//! but the `source` (`input` in nbformat 3) of cells whose text changed, and in these only the lines that did. serde_json finds
//! the values and keeps their bytes, so that the order of keys, white space and escapes stay. A document that is no notebook, or
//! one in another language, is a [`Skip`] with a sentence.

mod literal;

use crate::finding::Skip;
use crate::outline;
use crate::text::Span;
use literal::Literal;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// A notebook of which the code cells are known.
#[derive(Debug)]
pub struct Notebook {
    document: Arc<str>,
    cells: Vec<Code>,
    /// What begins the line before each cell.
    pub mark: Arc<str>,
    /// The sources of all code cells, each under its mark.
    pub shown: Arc<str>,
}

/// The source of one code cell.
#[derive(Debug)]
struct Code {
    number: u32,
    literal: Literal,
}

#[derive(Deserialize)]
struct Document<'d> {
    #[serde(borrow)]
    cells: Option<Vec<CellObject<'d>>>,
    #[serde(borrow)]
    worksheets: Option<Vec<Worksheet<'d>>>,
    #[serde(borrow, default)]
    metadata: Metadata<'d>,
}

#[derive(Deserialize)]
struct Worksheet<'d> {
    #[serde(borrow, default)]
    cells: Vec<CellObject<'d>>,
}

#[derive(Deserialize)]
struct CellObject<'d> {
    #[serde(borrow)]
    cell_type: Cow<'d, str>,
    #[serde(borrow)]
    source: Option<&'d RawValue>,
    /// What `source` is called in nbformat 3.
    #[serde(borrow)]
    input: Option<&'d RawValue>,
    #[serde(borrow)]
    language: Option<Cow<'d, str>>,
    #[serde(default)]
    metadata: CellMetadata,
}

#[derive(Default, Deserialize)]
struct CellMetadata {
    vscode: Option<EditorMetadata>,
}

#[derive(Deserialize)]
struct EditorMetadata {
    #[serde(rename = "languageId")]
    language: Option<String>,
}

#[derive(Default, Deserialize)]
struct Metadata<'d> {
    #[serde(borrow)]
    language_info: Option<Language<'d>>,
    #[serde(borrow)]
    kernelspec: Option<Kernel<'d>>,
}

#[derive(Deserialize)]
struct Language<'d> {
    #[serde(borrow)]
    name: Option<Cow<'d, str>>,
}

#[derive(Deserialize)]
struct Kernel<'d> {
    #[serde(borrow)]
    language: Option<Cow<'d, str>>,
}

impl Notebook {
    /// Reads a document.
    pub fn open(document: &str) -> Result<Notebook, Skip> {
        let read: Document = serde_json::from_str(document).map_err(|error| {
            let kind = if error.is_data() { "it is not a notebook" } else { "it is not valid JSON" };
            Skip::Notebook(format!("{kind}: {error}; open it in Jupyter and save it again"))
        })?;
        if let Some(language) = read.metadata.language().filter(|language| !is_python(language)) {
            return Err(Skip::Notebook(format!("its kernel speaks {language}, and aiofix reads Python only")));
        }
        let objects = match (read.cells, read.worksheets) {
            (Some(cells), _) => cells,
            (None, Some(worksheets)) => worksheets.into_iter().flat_map(|sheet| sheet.cells).collect(),
            (None, None) => {
                let sentence = "it is not a notebook: it has no `cells`; open it in Jupyter and save it again";
                return Err(Skip::Notebook(sentence.to_owned()));
            }
        };
        let mut cells = Vec::new();
        for (object, number) in objects.iter().zip(1..) {
            let Some(source) = object.source.or(object.input).filter(|_| object.is_python()) else { continue };
            let start = source.get().as_ptr() as usize - document.as_ptr() as usize;
            let literal = Literal::read(document, Span::new(start, start + source.get().len()));
            let literal = literal.ok_or_else(|| {
                let what = "its source is no string and no list of strings";
                Skip::Notebook(format!("cell {number} cannot be read: {what}; open it in Jupyter and save it again"))
            })?;
            cells.push(Code { number, literal });
        }
        let mark = free_mark(&cells);
        let mut shown = String::new();
        for cell in &cells {
            shown.push_str(&outline::marked(&mark, cell.number));
            shown.push_str(&cell.literal.text);
            shown.push('\n');
        }
        Ok(Notebook { document: document.into(), cells, mark: mark.into(), shown: shown.into() })
    }

    /// The document with the sources that `shown` has, which is [`Notebook::shown`] after some edits. None where the cells are
    /// no longer the same ones.
    pub fn with(&self, shown: &str) -> Option<String> {
        let now = outline::program(shown, &self.mark).cells;
        if !now.iter().map(|cell| cell.number).eq(self.cells.iter().map(|cell| cell.number)) {
            return None;
        }
        let escapes_all = self.document.is_ascii() && self.document.contains("\\u");
        let mut out = String::with_capacity(self.document.len());
        let mut at = 0;
        for (cell, now) in self.cells.iter().zip(&now) {
            let text = &shown[now.span.range()];
            if *text != cell.literal.text {
                out.push_str(&self.document[at..cell.literal.span.start]);
                out.push_str(&cell.literal.with(text, &self.document, escapes_all));
                at = cell.literal.span.end;
            }
        }
        out.push_str(&self.document[at..]);
        Some(out)
    }

    /// The zero-based lines of the document, as git counts them, that the source of each code cell takes, and its name.
    pub fn places(&self) -> Vec<(Range<usize>, String)> {
        let (mut line, mut at) = (0, 0);
        let mut line_of = |offset: usize| {
            line += memchr::memchr_iter(b'\n', &self.document.as_bytes()[at..offset]).count();
            at = offset;
            line
        };
        let place = |cell: &Code| {
            let (first, last) = (line_of(cell.literal.span.start), line_of(cell.literal.span.end));
            (first..last + 1, format!("cell {}", cell.number))
        };
        self.cells.iter().map(place).collect()
    }
}

impl CellObject<'_> {
    /// Whether it is a code cell that no editor holds for another language.
    fn is_python(&self) -> bool {
        let own = self.metadata.vscode.as_ref().and_then(|editor| editor.language.as_deref());
        self.cell_type == "code" && own.or(self.language.as_deref()).is_none_or(is_python)
    }
}

impl Metadata<'_> {
    fn language(&self) -> Option<&str> {
        let told = self.language_info.as_ref().and_then(|language| language.name.as_deref());
        told.or(self.kernelspec.as_ref().and_then(|kernel| kernel.language.as_deref())).filter(|name| !name.is_empty())
    }
}

fn is_python(language: &str) -> bool {
    let language = language.to_ascii_lowercase();
    language.starts_with("python") || language == "ipython"
}

/// A mark with which no line of any cell begins.
fn free_mark(cells: &[Code]) -> String {
    let mut mark = "# %%".to_owned();
    let is_taken = |mark: &str| {
        let texts = cells.iter().map(|cell| &cell.literal.text);
        texts.into_iter().any(|text| text.split(['\n', '\r']).any(|line| line.starts_with(mark)))
    };
    while is_taken(&mark) {
        mark.push('%');
    }
    mark
}

#[cfg(test)]
mod tests;
