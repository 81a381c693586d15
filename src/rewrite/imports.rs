//! Imports and helpers: requests made into edits.
//!
//! A new `import` goes among the leading imports of the standard library, in alphabetical place among the plain ones; where
//! there are none, above the first import, else under the docstring. A helper goes under the leading imports. A notebook
//! runs cell by cell, so that its leading imports are those of the first cell that has any, up to the cell where they are
//! needed, or else that cell's.

use crate::outline::{Import, Statement, StatementKind};
use crate::plan::{Edit, Request};
use crate::project::Module;
use crate::project::standard::standard;
use crate::text::{self, Span};

/// The statements that a module, or a cell, begins with, up to the first that is neither docstring, import nor dunder.
struct Leading {
    /// The module or the cell.
    section: Span,
    /// Where the docstring, or the last dunder before an import, ends.
    docstring: Option<usize>,
    /// Import statements, and compound statements that hold nothing but imports: span, and whether it is `__future__`.
    imports: Vec<(Span, bool)>,
}

impl Leading {
    fn is_empty(&self) -> bool {
        self.docstring.is_none() && self.imports.is_empty()
    }

    /// Whether an import that is not `__future__` is among them.
    fn has_imports(&self) -> bool {
        self.imports.iter().any(|(_, is_future)| !is_future)
    }
}

/// Where the text of helpers that are needed at `before` begins, so that what is bound before it can be used by them.
pub fn helper_offset(module: &Module, before: usize) -> usize {
    end_of(module, &leading_before(module, before))
}

/// The end of what a module begins with.
fn end_of(module: &Module, leading: &Leading) -> usize {
    match (leading.imports.last(), leading.docstring) {
        (Some((last, _)), _) => text::line_end(module.text, last.end),
        (None, Some(end)) => text::line_end(module.text, end),
        (None, None) => top(module, leading.section),
    }
}

/// The edits that carry out requests of what stands behind `before`: in order of place, at places that do not move when other
/// fixes are left out.
pub fn edits(module: &Module, requests: &[Request], before: usize) -> Vec<Edit> {
    let newline = text::newline(module.text);
    let (modules, helpers) = distinct(requests);
    let leading = leading_before(module, before);
    let (mut edits, mut lines) = (Vec::new(), Vec::new());
    for name in modules {
        if leading.has_imports() {
            edits.push(among_imports(module, &leading, name, newline));
        } else {
            lines.push(format!("import {name}"));
        }
    }
    for (at, helper) in helpers.iter().enumerate() {
        // Under imports, whose line stands above; or under the new import, which is in `lines`.
        if !lines.is_empty() || !leading.is_empty() {
            let is_apart = is_definition(helper) || at > 0 && is_definition(helpers[at - 1]);
            let blanks = if is_apart { 2 } else { 1 };
            lines.extend(std::iter::repeat_n(String::new(), blanks));
        }
        // Pages indent by four spaces; the file may not.
        lines.extend(helper.lines().map(|line| {
            let code = line.trim_start_matches(' ');
            format!("{}{code}", module.indentation_unit().repeat((line.len() - code.len()) / 4))
        }));
    }
    if !lines.is_empty() {
        edits.push(under_leading(module, &leading, &lines, &helpers, newline));
    }
    edits.sort_by_key(|edit| edit.span.start);
    edits
}

/// The modules to import, in alphabetical order, and the texts of the helpers, in the order in which they need each other.
fn distinct(requests: &[Request]) -> (Vec<&str>, Vec<&str>) {
    let (mut modules, mut helpers) = (Vec::new(), Vec::new());
    for request in requests {
        match request {
            Request::Import { module } if !modules.contains(&module.as_str()) => modules.push(module.as_str()),
            Request::Helper { text, .. } if !helpers.contains(&text.as_str()) => helpers.push(text.as_str()),
            _ => {}
        }
    }
    modules.sort_unstable();
    (modules, helpers)
}

/// Puts lines, the helpers among them, under what a module begins with, and as many blank lines around them as PEP 8 wants.
fn under_leading(module: &Module, leading: &Leading, lines: &[String], helpers: &[&str], newline: &str) -> Edit {
    let ends_in_definition = helpers.last().is_some_and(|helper| is_definition(helper));
    let at = end_of(module, leading);
    let rest = &module.text[at..leading.section.end];
    let body = lines.join(newline);
    if leading.is_empty() {
        let blanks = newline.repeat(missing_blanks(rest, ends_in_definition));
        return Edit::insert(at, format!("{body}{newline}{blanks}"));
    }
    let after = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(['\n', '\r'])).unwrap_or(rest);
    let blanks = newline.repeat(missing_blanks(after, ends_in_definition));
    // Under a docstring or a `__future__` import, an import stands apart.
    let begins_with_import = lines.first().is_some_and(|line| !line.is_empty());
    let gap = if helpers.is_empty() || !leading.has_imports() && begins_with_import { newline } else { "" };
    Edit::insert(at, format!("{newline}{gap}{body}{blanks}"))
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

pub(super) fn is_definition(code: &str) -> bool {
    ["def ", "async ", "class ", "@"].iter().any(|start| code.starts_with(start))
}

fn among_imports(module: &Module, leading: &Leading, name: &str, newline: &str) -> Edit {
    let source = module.text;
    let groups = groups(module, leading);
    let own = groups.iter().find(|group| group.iter().any(|statement| is_standard(module, *statement)));
    let first = groups.first().and_then(|group| group.first());
    let (before, apart) = match own {
        Some(group) => {
            let imports = module.outline.imports.iter();
            let plain = imports.filter(|import| import.name.is_none() && group.contains(&import.statement));
            let plain: Vec<&Import> = plain.collect();
            match (plain.iter().find(|import| module.slice(import.module) > name), plain.last()) {
                (Some(next), _) => (next.statement, ""),
                (None, Some(last)) => {
                    return Edit::insert(end_of_lines(module, last.statement), format!("{newline}import {name}"));
                }
                (None, None) => (group[0], ""),
            }
        }
        // The imports of other packages stand apart from those of the standard library.
        None => (*first.expect("the caller saw an import that is not `__future__`"), newline),
    };
    let line = text::line_start(source, before.start);
    if source[line..before.start].trim().is_empty() {
        Edit::insert(line, format!("import {name}{newline}{apart}"))
    } else {
        // A docstring or a `__future__` import shares the line, and has to stay first.
        Edit::insert(end_of_lines(module, before), format!("{newline}import {name}"))
    }
}

/// The leading imports that are not `__future__`, in runs without a blank line between.
fn groups(module: &Module, leading: &Leading) -> Vec<Vec<Span>> {
    let source = module.text;
    let mut groups: Vec<Vec<Span>> = Vec::new();
    let mut end = 0;
    for (statement, _) in leading.imports.iter().filter(|(_, is_future)| !is_future) {
        let from = text::next_line(source, end).min(statement.start);
        let is_apart = text::lines(&source[from..statement.start]).any(|line| line.trim().is_empty());
        match groups.last_mut().filter(|_| !is_apart) {
            Some(group) => group.push(*statement),
            None => groups.push(vec![*statement]),
        }
        end = statement.end;
    }
    groups
}

/// Whether an import statement names a module of the standard library.
fn is_standard(module: &Module, statement: Span) -> bool {
    module.outline.imports.iter().filter(|import| import.statement == statement).any(|import| {
        let top = module.slice(import.module).split('.').next().unwrap_or_default();
        standard().modules.contains(top.trim())
    })
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

/// What the module begins with, or the cell of a notebook to whose imports more are added that are needed at `before`.
fn leading_before(module: &Module, before: usize) -> Leading {
    let cells = &module.outline.cells;
    let Some(own) = module.outline.cell_at(before) else { return leading(module, Span::new(0, module.text.len())) };
    let earlier = cells.iter().filter(|cell| cell.span.start <= own.span.start && cell.refusal.is_none());
    let mut earlier = earlier.map(|cell| leading(module, cell.span));
    earlier.find(Leading::has_imports).unwrap_or_else(|| {
        let first = &module.text[own.span.start..text::line_end(module.text, own.span.start)];
        // A cell magic has to stay first.
        let start = if first.starts_with("#%") { text::next_line(module.text, own.span.start) } else { own.span.start };
        leading(module, Span::new(start.min(own.span.end), own.span.end))
    })
}

fn leading(module: &Module, section: Span) -> Leading {
    let outline = &module.outline;
    let blocks = outline.blocks.iter().filter(|block| block.parent.is_none() && section.contains(block.span.start));
    let first_block = blocks.map(|block| block.span.start).min();
    let mut leading = Leading { section, docstring: None, imports: Vec::new() };
    let statements = outline.statements.iter().filter(|statement| statement.block.is_none() && statement.direct);
    let statements = statements.filter(|statement| section.contains(statement.span.start));
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
            // A magic.
            _ if outline.is_notebook() && code == "0" => {}
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

/// Where the first line of a module, or a cell, without docstring and imports can go: behind its leading comments, if a blank line or a
/// shebang sets them apart from the code.
fn top(module: &Module, section: Span) -> usize {
    let source = &module.text[..section.end];
    let mut at = section.start;
    let mut apart = section.start;
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
