//! The places where objects of the project's own classes are made that may have to be closed, found without a tree.

use crate::outline::{BlockKind, Outline};
use crate::project::inference::Inference;
use crate::text::{Span, words};

/// Where such classes are called in coroutines, by the names that the file defines or imports.
pub(super) fn find(source: &str, outline: &Outline, inference: &Inference) -> Vec<usize> {
    let classes = inference.closable_classes();
    let imported = outline.imports.iter().filter_map(|import| {
        let name = import.name.filter(|name| classes.contains(&source[name.range()]))?;
        Some(&source[import.alias.unwrap_or(name).range()])
    });
    let defined = outline.blocks.iter().filter(|block| block.kind == BlockKind::Class);
    let defined = defined.map(|block| &source[block.name.range()]).filter(|name| classes.contains(*name));
    let mut names: Vec<&str> = imported.chain(defined).collect();
    names.sort_unstable();
    names.dedup();
    let calls = |name: &'_ str| -> Vec<usize> {
        let is_made = |at: &usize| {
            let end = at + name.len();
            source[end..].starts_with('(')
                && source[..*at].trim_end().ends_with('=')
                && outline.is_code(Span::new(*at, end))
                && outline.in_async(outline.innermost_block(*at).map(|block| block as u32))
        };
        words(source, name).filter(is_made).collect()
    };
    names.into_iter().flat_map(calls).collect()
}
