//! Which calls of a file could block the event loop, without a tree of it.
//!
//! In: the calls of the file and the look at it. Out: where their chains start, with the families of what they may call. A
//! call counts when it has the name of something in the table, or one that the file gives to such, and when the project
//! knows what it is called on. What nobody knows is not found: a name alone says nothing.

use crate::outline::{BlockKind, CallSite, Outline, StatementKind};
use crate::project::blocking::Families;
use crate::project::descent::Goal;
use crate::project::quick::Glance;
use rustc_hash::FxHashMap;

/// Looks through the calls of a file for those of some families.
pub(super) fn find(sites: &[CallSite], glance: &Glance, wanted: Families) -> Vec<(usize, Families)> {
    let blocking = glance.inference.project.blocking();
    let mut found = Vec::new();
    let mut aliases = None;
    for site in sites.iter().filter(|site| site.in_async) {
        let name = &glance.text[site.name.range()];
        let mut families = blocking.families(name).both(wanted);
        if families.is_empty() && site.chain == site.name.start {
            let aliases = aliases.get_or_insert_with(|| aliases_of(glance));
            families = aliases.get(name).copied().unwrap_or_default().both(wanted);
        }
        if families.is_empty() || !runs_in_coroutine(glance.outline, site.chain) {
            continue;
        }
        let families = glance.may_block(site.chain, site.name.end, families);
        if !families.is_empty() {
            found.push((site.chain, families));
        }
    }
    found
}

/// Looks through the calls of a file for those of plain functions that get to an end: where their chains start in coroutines.
pub(super) fn find_descents(sites: &[CallSite], glance: &Glance, goal: Goal) -> Vec<usize> {
    let project = glance.inference.project;
    let is_named = |site: &&CallSite| site.in_async && project.may_descend(&glance.text[site.name.range()], goal);
    let runs = |site: &&CallSite| runs_in_coroutine(glance.outline, site.chain);
    let found = sites.iter().filter(is_named).filter(runs);
    found.filter(|site| glance.may_descend(site.chain, site.name.end, goal)).map(|site| site.chain).collect()
}

/// Whether the function that runs what stands at an offset is a coroutine function.
fn runs_in_coroutine(outline: &Outline, at: usize) -> bool {
    let mut blocks = outline.enclosing_blocks(outline.innermost_block(at).map(|block| block as u32));
    let function = blocks.find(|block| outline.blocks[*block].kind != BlockKind::Class);
    function.is_some_and(|block| outline.blocks[block].kind == BlockKind::Function { is_async: true })
}

/// The names that the imports and assignments of a file give to what blocks.
fn aliases_of<'t>(glance: &Glance<'t, '_>) -> FxHashMap<&'t str, Families> {
    let blocking = glance.inference.project.blocking();
    let mut aliases = FxHashMap::default();
    for import in &glance.outline.imports {
        if let (Some(name), Some(alias)) = (import.name, import.alias) {
            let families = blocking.families(&glance.text[name.range()]);
            aliases.insert(&glance.text[alias.range()], families);
        }
    }
    for statement in glance.outline.statements.iter().filter(|statement| statement.kind == StatementKind::Simple) {
        let source = &glance.text[statement.span.range()];
        let Some((target, value)) = source.split_once('=') else { continue };
        let families = blocking.families(value.trim().rsplit('.').next().unwrap_or_default());
        if !families.is_empty() {
            aliases.insert(target.split(':').next().unwrap_or_default().trim(), families);
        }
    }
    aliases.retain(|_, families| !families.is_empty());
    aliases
}
