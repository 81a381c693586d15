//! Comments that silence findings: `# noqa`, `# noqa: CODE`, `# aiofix: ignore`, `# aiofix: ignore[name, …]` on any line of
//! the statement, and `# aiofix: skip-file` anywhere.

use crate::codemod::Page;
use crate::project::Module;
use crate::text::{self, Span};

/// Whether the file asks to be left alone.
pub fn skips_file(text: &str, comments: &[Span]) -> bool {
    comments.iter().any(|comment| {
        directives(&text[comment.range()], "aiofix:").any(|rest| after_word(rest, "skip-file").is_some())
    })
}

/// Whether a comment on the lines of the statement around `span` silences `page` there.
pub fn is_suppressed(module: &Module, page: &Page, span: Span) -> bool {
    let statement = module.outline.statement_at(span.start).map_or(span, |statement| statement.span);
    let whole = Span::new(statement.start.min(span.start), statement.end.max(span.end));
    // A statement with a suite, such as a `with` that a finding points at, is silenced from its header.
    let end =
        if statement.encloses(Span::at(span.start)) && statement.end < span.end { statement.end } else { whole.end };
    let lines = Span::new(text::line_start(module.text, whole.start), text::line_end(module.text, end));
    let comments = &module.outline.comments;
    let first = comments.partition_point(|comment| comment.start < lines.start);
    comments[first..]
        .iter()
        .take_while(|comment| comment.start < lines.end)
        .any(|comment| silences(module.slice(*comment), page))
}

/// Whether one of the directives of a comment names `page`, or names none.
fn silences(comment: &str, page: &Page) -> bool {
    directives(comment, "noqa").any(|rest| {
        let Some(codes) = rest.trim_start().strip_prefix(':') else { return true };
        let words = codes.split(|letter: char| letter == ',' || letter.is_whitespace()).filter(|word| !word.is_empty());
        // Behind the codes there may be prose, or another directive.
        let mut codes = words.take_while(|word| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
        codes.any(|code| page.is_called(code) || page.code.eq_ignore_ascii_case(code))
    }) || directives(comment, "aiofix:").filter_map(|rest| after_word(rest, "ignore")).any(|rest| {
        match rest.trim_start().strip_prefix('[') {
            Some(names) => {
                names.split(']').next().unwrap_or_default().split(',').any(|name| page.is_called(name.trim()))
            }
            None => true,
        }
    })
}

/// What follows each `# word` in a comment, which may hold several directives behind each other.
fn directives<'c>(comment: &'c str, word: &'c str) -> impl Iterator<Item = &'c str> {
    comment.match_indices('#').filter_map(move |(at, _)| after_word(&comment[at + 1..], word))
}

/// What follows `word` at the beginning of `text`, in capitals or not; none where a longer word stands there.
fn after_word<'c>(text: &'c str, word: &str) -> Option<&'c str> {
    let (head, rest) = text.trim_start().split_at_checked(word.len())?;
    let goes_on = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_');
    let ends = word.ends_with(':') || !rest.starts_with(goes_on);
    (head.eq_ignore_ascii_case(word) && ends).then_some(rest)
}
