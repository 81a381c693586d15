//! The operations that take a statement away, or add some behind it.

use crate::codemod::matching::Sight;
use crate::codemod::operations::Step;
use crate::codemod::planning::Draft;
use crate::plan::Edit;
use crate::project::Answer;
use crate::syntax;
use crate::text;
use tree_sitter::Node;

/// Deletes a statement with its lines.
pub fn remove(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let node = step.node(sight, "remove")?;
    if let Answer::No(reason) | Answer::Unknown(reason) = sight.module.is_statement(node) {
        return Err(format!("it cannot go: {reason}"));
    }
    let is_alone = |suite: Node| suite.kind() == "block" && syntax::named_children(suite).count() == 1;
    if node.parent().is_some_and(is_alone) {
        return Err("nothing would be left of its suite".to_owned());
    }
    let source = sight.module.text;
    let (first, last) = sight
        .module
        .outline
        .cell_at(node.start_byte())
        .map_or((0, source.len()), |cell| (cell.span.start, cell.span.end));
    let (mut start, end) = (text::line_start(source, node.start_byte()), text::next_line(source, node.end_byte()));
    // Of what stood last, the blank lines above go along.
    if end >= last || source[end..last].trim().is_empty() {
        let code = source[..start].trim_end().len();
        start = text::next_line(source, code).clamp(first, start);
    }
    draft.edits.push(Edit::delete(text::Span::new(start, end)));
    Ok(())
}

/// Adds statements at the indentation of the one before them.
pub fn insert_after(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let node = step.node(sight, "insert-after")?;
    let source = sight.module.text;
    // Nothing shares the lines of a definition that begins one.
    let is_definition = node.kind() == "function_definition" && text::starts_its_line(source, node.start_byte());
    match sight.module.is_statement(node) {
        Answer::No(reason) | Answer::Unknown(reason) if !is_definition => {
            return Err(format!("no statement can follow: {reason}"));
        }
        _ => {}
    }
    let indentation = text::indentation(source, node.start_byte());
    let newline = text::newline(source);
    let mut added = String::new();
    for line in step.templates("lines") {
        let line = draft.render(line, sight, node)?;
        added.push_str(newline);
        let code = line.trim_start_matches(' ');
        if !code.is_empty() {
            added.push_str(indentation);
            added.push_str(&sight.module.indentation_unit().repeat((line.len() - code.len()) / 4));
            added.push_str(code);
        }
    }
    draft.edits.push(Edit::insert(text::line_end(source, node.end_byte()), added));
    Ok(())
}
