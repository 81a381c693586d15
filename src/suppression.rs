//! Comments that silence findings: `# noqa`, `# noqa: CODE`, `# aiofix: ignore`, `# aiofix: ignore[name, …]` on any line of
//! the statement, and `# aiofix: skip-file` anywhere.

use crate::codemod::Page;
use crate::project::Module;
use crate::text::{self, Span};

/// Whether the file asks to be left alone.
pub fn skips_file(text: &str, comments: &[Span]) -> bool {
    comments.iter().any(|comment| {
        let words = directive(&text[comment.range()], "aiofix:");
        words.is_some_and(|words| words.trim_start().starts_with("skip-file"))
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

fn silences(comment: &str, page: &Page) -> bool {
    if let Some(rest) = directive(comment, "noqa") {
        let Some(codes) = rest.trim_start().strip_prefix(':') else { return true };
        let names = codes.split(|letter: char| letter == ',' || letter.is_whitespace()).filter(|code| !code.is_empty());
        let codes: Vec<&str> =
            names.take_while(|code| code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')).collect();
        return codes.iter().any(|code| page.is_called(code) || page.code.eq_ignore_ascii_case(code));
    }
    let Some(rest) = directive(comment, "aiofix:") else { return false };
    let Some(rest) = rest.trim_start().strip_prefix("ignore") else { return false };
    match rest.trim_start().strip_prefix('[') {
        Some(names) => names.split(']').next().unwrap_or_default().split(',').any(|name| page.is_called(name.trim())),
        None => true,
    }
}

/// What follows `# word` in a comment, which may hold other directives before it.
fn directive<'c>(comment: &'c str, word: &str) -> Option<&'c str> {
    comment.match_indices('#').find_map(|(at, _)| {
        let rest = comment[at + 1..].trim_start();
        let head = rest.get(..word.len())?;
        let rest = &rest[word.len()..];
        let ends = word.ends_with(':') || !rest.starts_with(|letter: char| letter.is_alphanumeric());
        (head.eq_ignore_ascii_case(word) && ends).then_some(rest)
    })
}
