//! What there is to look for and to write with: the list of pages, one page, the vocabulary of pages.

use super::{Styles, View};
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag};
use std::io::{self, Write};
use std::ops::Range;

/// One page in the list.
#[derive(Clone, Debug)]
pub struct PageRow {
    pub code: String,
    pub name: String,
    /// `safe`, `unsafe` or `display`.
    pub safety: String,
    /// What the page says where it finds something.
    pub summary: String,
    pub aliases: Vec<String>,
    /// Whether the page has a fix at all.
    pub fixable: bool,
    /// The names of the fixes that can be asked for.
    pub fixes: Vec<String>,
}

/// One word that pages are written with: a predicate or an operation.
#[derive(Clone, Debug)]
pub struct WordRow {
    /// The heading it stands under, such as `Predicates`.
    pub kind: String,
    pub name: String,
    /// What to write after the name.
    pub arguments: String,
    /// What it does, a sentence.
    pub sentence: String,
}

/// Columns that cells are wrapped to where the terminal says nothing: one line a page, for `grep`.
const UNLIMITED: usize = usize::MAX;
/// The summary gets at least this many columns, even on a narrow terminal.
const LEAST_SUMMARY: usize = 24;
/// The aliases get at most this many, and are wrapped.
const MOST_ALIASES: usize = 18;

/// Writes a table of the pages, in the order given, within the width of the terminal.
pub fn list(out: &mut impl Write, pages: &[PageRow], view: &View) -> io::Result<()> {
    let rows: Vec<[String; 5]> = pages.iter().map(cells).collect();
    let head = ["Code", "Name", "Fix", "Also", "Pitfall"].map(str::to_owned);
    let widest = |column: usize| {
        let cells = rows.iter().chain([&head]).map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let mut widths = [widest(0), widest(1), widest(2), widest(3), UNLIMITED];
    if let Some(width) = view.width {
        widths[3] = widths[3].min(MOST_ALIASES);
        let taken: usize = widths[..4].iter().map(|width| width + 2).sum();
        widths[4] = width.saturating_sub(taken).max(LEAST_SUMMARY);
    }
    let (strong, code) = (view.styles.strong, view.styles.code);
    table_row(out, &head, &widths, strong, strong)?;
    for row in &rows {
        table_row(out, row, &widths, code, strong)?;
    }
    Ok(())
}

fn cells(page: &PageRow) -> [String; 5] {
    let fix = if page.fixable { page.safety.as_str() } else { "none" };
    let choice = page.fixes.iter().map(|name| format!(" [--prefer {name}]")).collect::<String>();
    [page.code.clone(), page.name.clone(), fix.to_owned(), page.aliases.join(" "), page.summary.clone() + &choice]
}

/// Writes one row, as many lines high as its highest cell; the first two columns are styled.
fn table_row(
    out: &mut impl Write,
    cells: &[String; 5],
    widths: &[usize; 5],
    first: anstyle::Style,
    second: anstyle::Style,
) -> io::Result<()> {
    let wrapped: Vec<Vec<String>> = cells.iter().zip(widths).map(|(cell, &width)| wrap(cell, width)).collect();
    let height = wrapped.iter().map(Vec::len).max().unwrap_or(0);
    for line in 0..height {
        let mut gap = 0;
        for (column, lines) in wrapped.iter().enumerate() {
            let text = lines.get(line).map_or("", String::as_str);
            let style = [first, second].get(column).copied().unwrap_or_default();
            // Gaps are written only before text, so that no line ends in white space.
            if !text.is_empty() {
                write!(out, "{:gap$}{style}{text}{style:#}", "")?;
                gap = 0;
            }
            gap += widths[column].saturating_sub(text.chars().count()).min(200) + 2;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// Writes the vocabulary under its headings, in the order given.
pub fn vocabulary(out: &mut impl Write, words: &[WordRow], view: &View) -> io::Result<()> {
    let (strong, code) = (view.styles.strong, view.styles.help);
    let width = view.width.map_or(UNLIMITED, |width| width.saturating_sub(4).max(LEAST_SUMMARY));
    for (index, word) in words.iter().enumerate() {
        if index == 0 || words[index - 1].kind != word.kind {
            writeln!(out, "{}{strong}{}{strong:#}\n", if index == 0 { "" } else { "\n" }, word.kind)?;
        }
        let gap = if word.arguments.is_empty() { "" } else { " " };
        writeln!(out, "{code}{}{code:#}{gap}{}", word.name, word.arguments)?;
        for line in wrap(&word.sentence, width) {
            writeln!(out, "    {line}")?;
        }
    }
    Ok(())
}

/// Breaks `text` at spaces into lines of at most `width` characters; a longer word has a line of its own.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Writes a page: its Markdown to the byte, with headings and fences styled where there are styles.
pub fn explain(out: &mut impl Write, markdown: &str, styles: &Styles) -> io::Result<()> {
    if styles.is_plain() {
        return out.write_all(markdown.as_bytes());
    }
    let blocks = blocks(markdown);
    let mut blocks = blocks.iter().peekable();
    let mut at = 0;
    for line in markdown.split_inclusive('\n') {
        while blocks.next_if(|block| block.range.end <= at).is_some() {}
        let block = blocks.peek().filter(|block| block.range.start < at + line.len());
        let style = block.map_or_else(anstyle::Style::new, |block| block.style(at, line, styles));
        let body = line.trim_end_matches(['\r', '\n']);
        write!(out, "{style}{body}{style:#}{}", &line[body.len()..])?;
        at += line.len();
    }
    Ok(())
}

/// A heading, or a fence when it has a language.
struct Block {
    range: Range<usize>,
    language: Option<String>,
}

impl Block {
    fn style(&self, at: usize, line: &str, styles: &Styles) -> anstyle::Style {
        let Some(language) = &self.language else { return styles.strong };
        let is_fence = at <= self.range.start || at + line.len() >= self.range.end;
        match line.as_bytes().first() {
            _ if is_fence => styles.gutter,
            Some(b'+') if language == "diff" => styles.added,
            Some(b'-') if language == "diff" => styles.removed,
            _ => anstyle::Style::new(),
        }
    }
}

/// Where the headings and fences of `markdown` are, in order.
fn blocks(markdown: &str) -> Vec<Block> {
    let events = Parser::new(markdown).into_offset_iter();
    events
        .filter_map(|(event, range)| match event {
            Event::Start(Tag::Heading { .. }) => Some(Block { range, language: None }),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                let language = info.split_whitespace().next().unwrap_or("").to_owned();
                Some(Block { range, language: Some(language) })
            }
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples::{plain, printed, snapshot};
    use super::*;

    fn pages() -> Vec<PageRow> {
        let page = |code: &str, name: &str, safety: &str, summary: &str, aliases: &[&str]| PageRow {
            code: code.into(),
            name: name.into(),
            safety: safety.into(),
            summary: summary.into(),
            aliases: aliases.iter().map(|&alias| alias.to_owned()).collect(),
            fixable: true,
            fixes: Vec::new(),
        };
        vec![
            page("AIO101", "forgotten-await", "safe", "`{@call}` is a coroutine that nobody awaits", &[]),
            page("AIO201", "blocking-sleep", "safe", "`{@function}` blocks the event loop", &["ASYNC251", "ASYNC101"]),
            PageRow {
                fixes: vec!["wrap-future".into()],
                ..page("AIO208", "blocking-lock", "unsafe", "`{@function}` blocks the event loop", &[])
            },
            PageRow {
                fixable: false,
                ..page("AIO301", "dangling-task", "unsafe", "Nothing keeps the task", &["RUF006"])
            },
            page(
                "AIO601",
                "unclosed-session",
                "unsafe",
                "`{@call}` is not closed",
                &["A1", "B22222222", "C3333333", "D4"],
            ),
        ]
    }

    #[test]
    fn the_list_fits_the_terminal() {
        let text = printed(|out| list(out, &pages(), &plain()));
        assert!(text.lines().all(|line| line.chars().count() <= 80 && line == line.trim_end()), "{text}");
        snapshot("list", &text);
    }

    #[test]
    fn a_pipe_gets_a_line_a_page() {
        let text = printed(|out| list(out, &pages(), &View { width: None, ..plain() }));
        assert_eq!(text.lines().count(), 1 + pages().len());
    }

    #[test]
    fn the_vocabulary_stands_under_its_headings() {
        let word = |kind: &str, name: &str, arguments: &str| WordRow {
            kind: kind.into(),
            name: name.into(),
            arguments: arguments.into(),
            sentence: "Whether the captured name means the thing with that dotted name, whatever the file calls it."
                .into(),
        };
        let words = [
            word("Predicates", "#resolves-to?", "@capture \"dotted.name\""),
            word("Predicates", "#in-coroutine?", "@capture"),
            word("Operations", "await", ""),
        ];
        snapshot("vocabulary", &printed(|out| vocabulary(out, &words, &plain())));
    }

    const PAGE: &str = "# a-page\n\nProse.\n\n## Heading\n\n```diff\n-old\n+new\n same\n```\n\n\
        ```toml\n# no heading\n-1\n```\n- item\n";

    #[test]
    fn a_page_is_plain_in_a_pipe_and_the_same_under_its_styles() {
        assert_eq!(printed(|out| explain(out, PAGE, &Styles::PLAIN)), PAGE);
        let styled = printed(|out| explain(out, PAGE, &Styles::COLOURED));
        assert_eq!(anstream::adapter::strip_str(&styled).to_string(), PAGE);
        snapshot("explain_coloured", &styled.replace('\x1b', "␛"));
    }
}
