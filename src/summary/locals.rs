//! Which local names of functions a summary keeps: those that another fact of the same function, a call that it awaits, one that is
//! kept for its arguments, or what a plain function calls, reads.

use super::FactKind;
use super::calls::Call;
use super::read::Draft;
use super::uses::Site;
use crate::text::Span;
use rustc_hash::FxHashSet;

/// How often what a kept name itself reads is followed; each round goes from the last statement to the first, and so
/// through any number of names that are bound one after the other.
const ROUNDS: usize = 2;

/// Drops the local names that nothing reads. `read` are names that the functions of some blocks read beside these, `blocks` is
/// how many blocks the file has.
pub(super) fn keep_wanted(
    text: &str,
    drafts: &mut Vec<Draft>,
    uses: &[Site],
    calls: &[Call],
    read: impl Iterator<Item = (u32, Span)>,
    blocks: usize,
) {
    let mut wanted: FxHashSet<(u32, &str)> = FxHashSet::default();
    let mut has_wanted = vec![false; blocks];
    for Site { chain, block, .. } in uses.iter().filter(|site| site.is_awaited) {
        let chain = &text[chain.range()];
        wanted.insert((*block, chain.split('.').next().unwrap_or(chain)));
        has_wanted[*block as usize] = true;
    }
    for Call { block, reads, .. } in calls {
        if let Some(block) = block {
            wanted.extend(reads.iter().map(|name| (*block, &text[name.range()])));
            has_wanted[*block as usize] = true;
        }
    }
    for (block, name) in read {
        wanted.insert((block, &text[name.range()]));
        has_wanted[block as usize] = true;
    }
    for draft in drafts.iter().filter(|draft| !draft.is_local) {
        let name = if draft.kind == FactKind::Global { Some(draft.name) } else { draft.reads };
        if let (Some(block), Some(name)) = (draft.block, name) {
            wanted.insert((block, &text[name.range()]));
            has_wanted[block as usize] = true;
        }
    }
    for _ in 0..ROUNDS {
        for draft in drafts.iter_mut().rev().filter(|draft| draft.is_local) {
            if let Some(block) = draft.block
                && has_wanted[block as usize]
                && wanted.contains(&(block, &text[draft.name.range()]))
            {
                draft.is_local = false;
                wanted.extend(draft.reads.map(|name| (block, &text[name.range()])));
            }
        }
    }
    drafts.retain(|draft| !draft.is_local);
}
