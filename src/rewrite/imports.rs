//! Imports and helpers: requests made into edits, and imports that our own edits left without a use.
//!
//! A new `import` goes in alphabetical place among the leading plain imports, else before the first import, else under
//! the docstring. A helper goes under the leading imports. An import whose last use an edit took away goes too, unless
//! anything else might mean it: `__all__`, a package's `__init__`, a redundant alias, a type comment, or a string that
//! names it, such as the target of a mock.

use crate::outline::{Import, Statement, StatementKind};
use crate::plan::{Edit, Request};
use crate::project::Module;
use crate::project::values::owns_its_lines;
use crate::text::{self, Span};

/// The statements that a module begins with, up to the first that is neither docstring, import nor dunder.
struct Leading {
    /// Where the docstring, or the last dunder before an import, ends.
    docstring: Option<usize>,
    /// Import statements, and compound statements that hold nothing but imports: span, and whether it is `__future__`.
    imports: Vec<(Span, bool)>,
}

/// Where the text of helpers begins, so that what is bound before it can be used by them.
pub fn helper_offset(module: &Module) -> usize {
    let leading = leading(module);
    match (leading.imports.last(), leading.docstring) {
        (Some((last, _)), _) => text::line_end(module.text, last.end),
        (None, Some(end)) => text::line_end(module.text, end),
        (None, None) => top(module),
    }
}

/// The edits that carry out requests: in order of place, at places that do not move when other fixes are left out.
pub fn edits(module: &Module, requests: &[Request]) -> Vec<Edit> {
    let source = module.text;
    let newline = text::newline(source);
    let mut modules: Vec<&str> = Vec::new();
    let mut helpers: Vec<&str> = Vec::new();
    for request in requests {
        match request {
            Request::Import { module } if !modules.contains(&module.as_str()) => modules.push(module),
            Request::Helper { text, .. } if !helpers.contains(&text.as_str()) => helpers.push(text),
            _ => {}
        }
    }
    modules.sort_unstable();
    let leading = leading(module);
    let has_imports = leading.imports.iter().any(|(_, is_future)| !is_future);
    let mut edits = Vec::new();
    let mut lines: Vec<String> = Vec::new();
    for name in &modules {
        if has_imports {
            edits.push(among_imports(module, &leading, name, newline));
        } else {
            lines.push(format!("import {name}"));
        }
    }
    let blank_before_helper = |lines: &mut Vec<String>, helper: &str, is_first: bool| {
        let blanks = if !is_first && is_definition(helper) { 2 } else { 1 };
        lines.extend(std::iter::repeat_n(String::new(), blanks));
    };
    for helper in &helpers {
        // Under imports, whose line stands above; or under the new import, which is in `lines`.
        if !lines.is_empty() || has_imports || leading.docstring.is_some() || !leading.imports.is_empty() {
            blank_before_helper(&mut lines, helper, false);
        }
        // Pages indent by four spaces; the file may not.
        lines.extend(helper.lines().map(|line| {
            let code = line.trim_start_matches(' ');
            format!("{}{code}", module.indentation_unit().repeat((line.len() - code.len()) / 4))
        }));
    }
    if lines.is_empty() {
        edits.sort_by_key(|edit| edit.span.start);
        return edits;
    }
    let ends_in_definition = helpers.last().is_some_and(|helper| is_definition(helper));
    let at = helper_offset(module);
    let body = lines.join(newline);
    if leading.imports.is_empty() && leading.docstring.is_none() {
        let rest = &source[at..];
        let blanks = missing_blanks(rest, ends_in_definition);
        edits.push(Edit::insert(at, format!("{body}{newline}{}", newline.repeat(blanks))));
    } else {
        let rest = &source[at..];
        let after = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(['\n', '\r'])).unwrap_or(rest);
        let blanks = missing_blanks(after, ends_in_definition);
        // Under a docstring or a `__future__` import, an import stands apart.
        let gap = if helpers.is_empty() || !has_imports && lines.first().is_some_and(|line| !line.is_empty()) {
            newline
        } else {
            ""
        };
        edits.push(Edit::insert(at, format!("{newline}{gap}{body}{}", newline.repeat(blanks))));
    }
    edits.sort_by_key(|edit| edit.span.start);
    edits
}

/// How many blank lines `rest` still needs before its first code, after what is put there.
fn missing_blanks(rest: &str, after_definition: bool) -> usize {
    let mut blanks = 0;
    let mut lines = text::lines(rest).peekable();
    while lines.next_if(|line| line.trim().is_empty()).is_some() {
        blanks += 1;
    }
    if lines.peek().is_none() {
        return 0;
    }
    let code = lines.find(|line| !line.trim_start().starts_with('#')).unwrap_or_default();
    let needed = if after_definition || is_definition(code) { 2 } else { 1 };
    needed.max(blanks) - blanks
}

fn is_definition(code: &str) -> bool {
    ["def ", "async ", "class ", "@"].iter().any(|start| code.starts_with(start))
}

fn among_imports(module: &Module, leading: &Leading, name: &str, newline: &str) -> Edit {
    let source = module.text;
    let plain: Vec<&Import> = module
        .outline
        .imports
        .iter()
        .filter(|import| import.name.is_none() && leading.imports.iter().any(|(span, _)| *span == import.statement))
        .collect();
    // The first run of plain imports on lines that follow each other, `from` imports between them or not.
    let mut group: Vec<&Import> = Vec::new();
    for import in plain {
        if let Some(last) = group.last() {
            let between = &source[text::line_end(source, last.statement.end)
                ..text::line_start(source, import.statement.start).max(text::line_end(source, last.statement.end))];
            if text::lines(between).skip(1).any(|line| line.trim().is_empty()) {
                break;
            }
        }
        group.push(import);
    }
    let next = group.iter().find(|import| module.slice(import.module) > name);
    let first = || leading.imports.iter().find(|(_, is_future)| !is_future).map(|(span, _)| *span);
    let before = match (next, group.last()) {
        (Some(next), _) => next.statement,
        (None, Some(last)) => {
            return Edit::insert(end_of_lines(module, last.statement), format!("{newline}import {name}"));
        }
        (None, None) => first().expect("the caller saw an import that is not `__future__`"),
    };
    let line = text::line_start(source, before.start);
    if source[line..before.start].trim().is_empty() {
        Edit::insert(line, format!("import {name}{newline}"))
    } else {
        // A docstring or a `__future__` import shares the line, and has to stay first.
        Edit::insert(end_of_lines(module, before), format!("{newline}import {name}"))
    }
}

/// The end of the lines of a statement and of what shares them.
fn end_of_lines(module: &Module, statement: Span) -> usize {
    let mut end = text::line_end(module.text, statement.end);
    for other in module.outline.statements.iter().filter(|other| other.span.start >= statement.start) {
        if other.span.start > end {
            break;
        }
        end = end.max(text::line_end(module.text, other.span.end));
    }
    end
}

fn leading(module: &Module) -> Leading {
    let outline = &module.outline;
    let first_block = outline.blocks.iter().filter(|block| block.parent.is_none()).map(|block| block.span.start).min();
    let mut leading = Leading { docstring: None, imports: Vec::new() };
    let statements = outline.statements.iter().filter(|statement| statement.block.is_none() && statement.direct);
    for (index, statement) in statements.enumerate() {
        if first_block.is_some_and(|block| block < statement.end) {
            break;
        }
        let code = module.slice(statement.span);
        match statement.kind {
            StatementKind::Import => leading.imports.push((statement.span, code.contains("__future__"))),
            StatementKind::Header if statement.compound.is_some() && holds_only_imports(module, statement) => {
                if !code.starts_with("el") && !code.starts_with("ex") && !code.starts_with("fi") {
                    leading.imports.push((Span::new(statement.span.start, statement.end), false));
                }
            }
            _ if index == 0 && is_string(code) => leading.docstring = Some(statement.span.end),
            _ if code.starts_with("__") && leading.imports.is_empty() => leading.docstring = Some(statement.span.end),
            _ if code.starts_with("__") => {}
            _ => break,
        }
    }
    leading
}

fn is_string(code: &str) -> bool {
    code.trim_start_matches(|letter: char| "rRbBuUfF".contains(letter)).starts_with(['"', '\''])
}

/// Whether the compound statement that `header` belongs to holds imports and nothing that does anything.
fn holds_only_imports(module: &Module, header: &Statement) -> bool {
    let outline = &module.outline;
    let Some(first) = header.compound else { return false };
    let opener = &outline.statements[first as usize];
    let whole = Span::new(opener.span.start, opener.end);
    let mut imports = false;
    let quiet = outline.statements.iter().filter(|statement| whole.contains(statement.span.start)).all(|statement| {
        let code = module.slice(statement.span);
        imports |= statement.kind == StatementKind::Import;
        match statement.kind {
            StatementKind::Import => true,
            StatementKind::Header => ["if", "el", "try", "ex", "fi", "with contextlib.suppress", "with suppress"]
                .iter()
                .any(|word| code.starts_with(word)),
            _ => {
                code == "pass"
                    || code == "..."
                    || code
                        .split_once('=')
                        .is_some_and(|(_, value)| matches!(value.trim(), "None" | "True" | "False" | "object"))
            }
        }
    });
    quiet && imports && !outline.blocks.iter().any(|block| whole.contains(block.span.start))
}

/// Where the first line of a module without docstring and imports can go: behind its leading comments, if a blank line or a
/// shebang sets them apart from the code.
fn top(module: &Module) -> usize {
    let source = module.text;
    let mut at = 0;
    let mut apart = 0;
    let mut index = 0;
    while at < source.len() {
        let line = &source[at..text::line_end(source, at)];
        let next = text::next_line(source, at);
        if line.trim().is_empty() {
            apart = next;
        } else if !line.starts_with('#') {
            break;
        } else if index < 2 && (line.starts_with("#!") || line.contains("coding")) {
            apart = next;
        }
        index += 1;
        at = next;
    }
    apart.min(source.len())
}

/// The deletions of imports that `edits` leave without a use; `added` are imports and helpers that come beside them.
/// `keeps` says of a bound name whether another file may mean it.
pub fn unused(module: &Module, edits: &[Edit], added: &[Edit], keeps: &dyn Fn(&str) -> bool) -> Vec<Edit> {
    let mut deletions: Vec<Edit> = Vec::new();
    for import in &module.outline.imports {
        let Some((name, path, bound_at)) = module.import_parts(import) else { continue };
        let redundant = import.alias.is_some_and(|alias| {
            let original = import.name.unwrap_or(import.module);
            module.slice(alias) == module.slice(original)
        });
        let direct = module.outline.statement_at(import.statement.start).is_some_and(|statement| statement.direct);
        if redundant || !direct || path.starts_with("__future__") || !lost_a_use(module, edits, name) {
            continue;
        }
        let is_used_by = |edit: &Edit| text::uses(&edit.content, name).next().is_some();
        if added.iter().any(is_used_by) || is_used_elsewhere(module, edits, name, import, bound_at) || keeps(name) {
            continue;
        }
        if let Some(span) =
            item_span(module, import, added).filter(|span| deletions.iter().all(|other| !other.span.overlaps(*span)))
        {
            deletions.push(Edit::delete(span));
        }
    }
    deletions
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

/// What to delete for one imported name: its lines, or its item with one comma. None where a comment, or another statement,
/// would be hurt.
fn item_span(module: &Module, import: &Import, added: &[Edit]) -> Option<Span> {
    let source = module.text;
    let outline = &module.outline;
    let lines =
        Span::new(text::line_start(source, import.statement.start), text::next_line(source, import.statement.end));
    if outline.comments.iter().any(|comment| lines.overlaps(*comment)) {
        return None;
    }
    let items: Vec<&Import> = outline.imports.iter().filter(|other| other.statement == import.statement).collect();
    if let [_, _, ..] = items.as_slice() {
        let at = items.iter().position(|item| item.span == import.span)?;
        return Some(match items.get(at + 1) {
            Some(next) => Span::new(import.span.start, next.span.start),
            None => Span::new(items[at - 1].span.end, import.span.end),
        });
    }
    let is_alone =
        !outline.statements.iter().any(|other| other.block == import.block && other.span != import.statement)
            && !outline.blocks.iter().any(|block| block.parent == import.block);
    if !owns_its_lines(source, import.statement) || is_alone && import.block.is_some() {
        return None;
    }
    // At the top, behind a blank line, and at the head of a suite, the blank line below goes too.
    let above = previous_line(source, lines.start);
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
