//! The operation that lets a compound statement and the only statement of its suite change places.

use crate::codemod::matching::Sight;
use crate::codemod::operations::Step;
use crate::codemod::planning::Draft;
use crate::plan::Edit;
use crate::syntax::{self, named_children};
use crate::text::{self, Span};
use tree_sitter::Node;

/// Exchanges the headers of two statements; see the vocabulary.
pub fn swap_headers(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let outer = step.node(sight, "swap-headers")?;
    let inner = step.optional_node(sight, "of").ok_or("it has no inner statement")?;
    let module = sight.module;
    let suite = outer.child_by_field_name("body").ok_or("it has no suite")?;
    let is_only = named_children(suite).filter(|child| child.kind() != "comment").collect::<Vec<Node>>() == [inner];
    if !is_only || outer.child_by_field_name("alternative").is_some() {
        return Err("one is not all that is in the other".to_owned());
    }
    let (first, second) = (header(outer)?, header(inner)?);
    let is_on_own_line = text::starts_its_line(module.text, inner.start_byte());
    if !is_on_own_line || [first, second].iter().any(|span| module.text[span.range()].contains('\n')) {
        return Err("a header takes more than a line".to_owned());
    }
    draft.claims.push(Span::new(first.start, second.end));
    draft.edits.push(Edit::replace(first, module.slice(second).to_owned()));
    draft.edits.push(Edit::replace(second, module.slice(first).to_owned()));
    Ok(())
}

/// A statement up to the colon before its suite.
fn header(statement: Node) -> Result<Span, String> {
    let body = statement.child_by_field_name("body").ok_or("it has no suite")?;
    let mut before = body.prev_sibling();
    while let Some(token) = before.filter(|token| token.kind() != ":") {
        before = token.prev_sibling();
    }
    let colon = before.ok_or("its header does not end in a colon")?;
    Ok(Span::new(syntax::span(statement).start, colon.end_byte()))
}
