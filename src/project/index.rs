//! What a search of all files for names gives at once.

use crate::outline::BlockKind;
use crate::project::layout::ModuleId;
use crate::project::linked::{Definition, Entry};
use crate::project::vocabulary::{self, AwaitableNames};
use crate::summary::Summary;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// Every function of the run that is a method, by its name, and every name of a coroutine function.
#[derive(Default)]
pub struct Index {
    pub methods: FxHashMap<Box<str>, Vec<Definition>>,
    /// The names of methods that are defined by `async def` alone.
    pub async_methods: FxHashSet<Box<str>>,
    /// The names of all that may make a coroutine when it is called, and nothing less.
    pub awaitables: AwaitableNames,
    /// Where a chain of names that ends so is called: its module, and which of the summary's uses it is. Only of names
    /// that are awaited somewhere.
    pub uses: FxHashMap<Box<str>, Vec<(ModuleId, u32)>>,
    /// The names of what is iterated or entered asynchronously, or gives such a thing.
    pub asynchronous: FxHashSet<Box<str>>,
}

impl Index {
    /// Where what is awaited somewhere is called, in the order of modules.
    fn uses(entries: &[Arc<Entry>]) -> FxHashMap<Box<str>, Vec<(ModuleId, u32)>> {
        let mut uses: FxHashMap<Box<str>, Vec<(ModuleId, u32)>> = FxHashMap::default();
        for is_awaited in [true, false] {
            for (at, entry) in entries.iter().enumerate() {
                let all = entry.summary.uses.iter().enumerate();
                for (site, each) in all.filter(|(_, each)| each.is_awaited == is_awaited) {
                    let chain = entry.summary.slice(each.chain);
                    let site = (ModuleId(at as u32), site as u32);
                    let name = chain.rsplit('.').next().unwrap_or(chain);
                    match uses.get_mut(name) {
                        Some(known) => known.push(site),
                        None if is_awaited => drop(uses.insert(name.into(), vec![site])),
                        None => {}
                    }
                }
            }
        }
        uses
    }

    pub(super) fn of(entries: &[Arc<Entry>], awaitables: impl FnOnce() -> AwaitableNames + Send) -> Index {
        let by_site = || rayon::join(|| Index::uses(entries), || Index::methods(entries));
        let by_name = || rayon::join(awaitables, || vocabulary::asynchronous_names(entries));
        let ((uses, methods), (awaitables, asynchronous)) = rayon::join(by_site, by_name);
        Index { awaitables, uses, asynchronous, ..methods }
    }

    /// The methods alone.
    pub(super) fn methods(entries: &[Arc<Entry>]) -> Index {
        let mut index = Index::default();
        for (at, entry) in entries.iter().enumerate() {
            let summary = &*entry.summary;
            for block in methods(summary) {
                let definition = Definition { module: ModuleId(at as u32), block };
                match index.methods.get_mut(summary.name_of(block)) {
                    Some(known) => known.push(definition),
                    None => drop(index.methods.insert(summary.name_of(block).into(), vec![definition])),
                }
            }
        }
        let is_async = |method: &Definition| {
            let block = &entries[method.module.0 as usize].summary.blocks[method.block as usize];
            block.kind == BlockKind::Function { is_async: true }
        };
        let all = index.methods.iter().filter(|(_, methods)| methods.iter().all(is_async));
        index.async_methods = all.map(|(name, _)| name.clone()).collect();
        // `utils.encode()`, where nobody knows what `utils` is, may as well be a plain function of a module.
        for summary in entries.iter().map(|entry| &entry.summary) {
            let plain = summary
                .blocks
                .iter()
                .filter(|block| block.parent.is_none() && block.kind == BlockKind::Function { is_async: false });
            for block in plain {
                index.async_methods.remove(summary.slice(block.name));
            }
        }
        index
    }
}

/// The functions of a summary that are methods.
pub(super) fn methods(summary: &Summary) -> impl Iterator<Item = u32> + '_ {
    let is_class = |block: u32| summary.blocks[block as usize].kind == BlockKind::Class;
    let blocks = summary.blocks.iter().enumerate().filter(move |(_, block)| block.parent.is_some_and(is_class));
    blocks.filter(|(_, block)| matches!(block.kind, BlockKind::Function { .. })).map(|(at, _)| at as u32)
}
