//! Imports that our own edits left without a use.
//!
//! An import whose last use an edit took away goes, unless anything else might mean it: `__all__`, a package's `__init__`, a
//! redundant alias, a type comment, or a string that names it, such as the target of a mock.

use crate::outline::Import;
use crate::plan::Edit;
use crate::project::Module;
use crate::project::values::owns_its_lines;
use crate::rewrite::imports::is_definition;
use crate::text::{self, Span};

/// The deletions of imports that `edits` leave without a use; `added` are imports and helpers that come beside them.
/// `keeps` says of a bound name whether another file may mean it.
pub fn deletions(module: &Module, edits: &[Edit], added: &[Edit], keeps: &dyn Fn(&str) -> bool) -> Vec<Edit> {
    let imports = module.outline.imports.iter();
    let unused: Vec<&Import> = imports.filter(|import| is_unused(module, edits, added, keeps, import)).collect();
    let mut spans: Vec<Span> = unused.iter().filter_map(|import| deletion(module, import, &unused, added)).collect();
    // A statement that goes whole was named by each of its imports.
    spans.dedup();
    spans.into_iter().map(Edit::delete).collect()
}

fn is_unused(module: &Module, edits: &[Edit], added: &[Edit], keeps: &dyn Fn(&str) -> bool, import: &Import) -> bool {
    let Some((name, path, bound_at)) = module.import_parts(import) else { return false };
    let redundant = import.alias.is_some_and(|alias| {
        let original = import.name.unwrap_or(import.module);
        module.slice(alias) == module.slice(original)
    });
    let direct = module.outline.statement_at(import.statement.start).is_some_and(|statement| statement.direct);
    // What an edit writes in its place stays.
    let is_rewritten = edits.iter().any(|edit| edit.span == import.span && !edit.content.is_empty());
    if is_rewritten || redundant || !direct || path.starts_with("__future__") || !lost_a_use(module, edits, name) {
        return false;
    }
    let is_used_by = |edit: &Edit| text::uses(&edit.content, name).next().is_some();
    !added.iter().any(is_used_by) && !is_used_elsewhere(module, edits, name, import, bound_at) && !keeps(name)
}

/// Whether an edit takes code away that uses `name`.
fn lost_a_use(module: &Module, edits: &[Edit], name: &str) -> bool {
    edits.iter().any(|edit| {
        let old = module.slice(edit.span);
        text::uses(old, name).next().is_some() && text::uses(&edit.content, name).next().is_none()
    })
}

fn is_used_elsewhere(module: &Module, edits: &[Edit], name: &str, import: &Import, bound_at: usize) -> bool {
    let source = module.text;
    if edits.iter().any(|edit| text::uses(&edit.content, name).next().is_some()) {
        return true;
    }
    text::words(source, name).any(|at| {
        let span = Span::new(at, at + name.len());
        if import.span.encloses(span) || import.statement.encloses(span) && import.module.encloses(span) {
            return false;
        }
        if edits.iter().any(|edit| edit.span.encloses(span)) {
            return false;
        }
        let (before, after) = (source[..at].chars().next_back(), source[span.end..].chars().next());
        let outline = &module.outline;
        // The text of an f-string is no code, though its fields are.
        let is_text = module.node_at(span).is_some_and(|node| matches!(node.kind(), "string" | "string_content"));
        if outline.is_code(span) && !is_text {
            return before != Some('.') && may_mean(module, name, span, bound_at);
        }
        match enclosing(&outline.comments, at) {
            Some(comment) => module.slice(comment).contains("type:"),
            None => {
                let quoted = before.is_some_and(|c| "'\"".contains(c)) && after.is_some_and(|c| "'\"".contains(c));
                quoted || before == Some('.') || after == Some('.')
            }
        }
    })
}

/// Whether the word at `span` may mean the import that binds `name` at `bound_at`, rather than a keyword, a
/// parameter or a name of another scope.
fn may_mean(module: &Module, name: &str, span: Span, bound_at: usize) -> bool {
    let Some(node) = module.node_at(span).filter(|node| node.kind() == "identifier") else { return true };
    let is_keyword = node
        .parent()
        .is_some_and(|parent| parent.kind() == "keyword_argument" && parent.child_by_field_name("name") == Some(node));
    let is_parameter = node.parent().is_some_and(|parent| match parent.kind() {
        "default_parameter" | "typed_default_parameter" => parent.child_by_field_name("name") == Some(node),
        kind => matches!(kind, "parameters" | "lambda_parameters" | "typed_parameter"),
    });
    let found = module.lookup(name, node);
    !is_keyword
        && !is_parameter
        && found.is_none_or(|found| found.bindings.iter().any(|binding| binding.at == bound_at))
}

/// The line above the one that starts at `offset`.
fn previous_line(source: &str, offset: usize) -> Option<&str> {
    let before = &source[..offset];
    let end = before.strip_suffix("\r\n").or_else(|| before.strip_suffix(['\n', '\r']))?.len();
    Some(&source[text::line_start(source, end)..end])
}

fn enclosing(spans: &[Span], offset: usize) -> Option<Span> {
    let last = spans.partition_point(|span| span.start <= offset).checked_sub(1)?;
    Some(spans[last]).filter(|span| span.contains(offset))
}

/// What to delete for one of the `unused` imports: the lines of its statement, where all its names are unused, else the
/// item with one comma. None where a comment, or another statement, would be hurt.
fn deletion(module: &Module, import: &Import, unused: &[&Import], added: &[Edit]) -> Option<Span> {
    let source = module.text;
    let outline = &module.outline;
    let lines =
        Span::new(text::line_start(source, import.statement.start), text::next_line(source, import.statement.end));
    if outline.comments.iter().any(|comment| lines.overlaps(*comment)) {
        return None;
    }
    let items: Vec<&Import> = outline.imports.iter().filter(|other| other.statement == import.statement).collect();
    let stays = |item: &&Import| !unused.contains(item);
    if items.iter().any(stays) {
        // The comma behind an item goes with it, and behind the last that stays, the comma before it.
        let at = items.iter().position(|item| item.span == import.span)?;
        return Some(match items.get(at + 1).filter(|_| items[at..].iter().any(stays)) {
            Some(next) => Span::new(import.span.start, next.span.start),
            None => Span::new(items[at - 1].span.end, import.span.end),
        });
    }
    whole_lines(module, import, lines, added)
}

/// The lines of a statement that goes whole, with the blank lines that nothing needs behind it.
fn whole_lines(module: &Module, import: &Import, lines: Span, added: &[Edit]) -> Option<Span> {
    let source = module.text;
    let outline = &module.outline;
    let is_alone =
        !outline.statements.iter().any(|other| other.block == import.block && other.span != import.statement)
            && !outline.blocks.iter().any(|block| block.parent == import.block);
    if !owns_its_lines(source, import.statement) || is_alone && import.block.is_some() {
        return None;
    }
    // At the top, behind a blank line, and at the head of a suite, the blank line below goes too.
    let begins_cell = outline.cells.iter().any(|cell| cell.span.start == lines.start);
    let above = previous_line(source, lines.start).filter(|_| !begins_cell);
    if above.is_none() && added.is_empty() {
        let code = text::lines(&source[lines.end..]).position(|line| !line.trim().is_empty()).unwrap_or(0);
        let end = (0..code).fold(lines.end, |at, _| text::next_line(source, at));
        return Some(Span::new(lines.start, end));
    }
    let above_is_blank = above.is_none_or(|above| above.trim().is_empty() || above.trim_end().ends_with(':'));
    let below = &source[lines.end..text::line_end(source, lines.end)];
    let next_code = text::lines(&source[lines.end..]).find(|line| !line.trim().is_empty()).unwrap_or_default();
    if above_is_blank && below.trim().is_empty() && lines.end < source.len() && !is_definition(next_code) {
        return Some(Span::new(lines.start, text::next_line(source, lines.end)));
    }
    Some(lines)
}
