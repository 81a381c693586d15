//! What a change of some files can mean for what was found in the others.
//!
//! A look at a file sees the others in three ways, and each has its measure here. It sees summaries
//! ([`Consulted::modules`](super::inference::Consulted)): [`Change::between`] tells whether one says something else. It
//! searches all files for a name (`Consulted::names`): [`searched`] gives the names by which something else is found. And it
//! asks whether a name of its own text is in one of the nets of [`Index`](super::linked::Index): [`Nets`] are those, to be
//! kept and compared.

use crate::outline::BlockKind;
use crate::project::linked::Project;
use crate::project::passed;
use crate::summary::{Condition, DeedKind, Summary};
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use std::hash::BuildHasher;

/// How the summary of a file differs from a former one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Nothing,
    /// It says the same, on other lines in the same order. Only who tells of a line sees it.
    Rows,
    /// Its functions do something else, and everything else is the same but for the lines. Only who follows them sees it.
    Deeds,
    Meaning,
}

impl Change {
    pub fn between(before: &Summary, now: &Summary) -> Change {
        if before == now {
            return Change::Nothing;
        }
        if without_rows(before) != without_rows(now) {
            return Change::Meaning;
        }
        // What binds a name last is told by its row.
        let mut pairs: Vec<(u32, u32)> = rows(before).zip(rows(now)).collect();
        pairs.sort_unstable();
        let is_kept = |pair: &[(u32, u32)]| pair[0].0.cmp(&pair[1].0) == pair[0].1.cmp(&pair[1].1);
        if !pairs.windows(2).all(is_kept) {
            return Change::Meaning;
        }
        if deeds(before).eq(deeds(now)) { Change::Rows } else { Change::Deeds }
    }
}

fn deeds(summary: &Summary) -> impl Iterator<Item = (DeedKind, &str, u32, Condition)> {
    summary.deeds.iter().map(|deed| (deed.kind, summary.slice(deed.source), deed.block, deed.condition))
}

fn rows(summary: &Summary) -> impl Iterator<Item = u32> {
    let blocks = summary.blocks.iter().map(|block| block.row);
    let imports = summary.imports.iter().map(|import| import.row);
    let facts = summary.facts.iter().map(|fact| fact.row);
    let cells = summary.cells.iter().flat_map(|(row, number)| [*row, *number]);
    blocks.chain(imports).chain(facts).chain(summary.uses.iter().map(|each| each.row)).chain(cells)
}

fn without_rows(summary: &Summary) -> Summary {
    let mut bare = summary.clone();
    // They are told apart, and stand behind all other pieces.
    let end = bare.deeds.drain(..).map(|deed| deed.source.start).min();
    bare.text.truncate(end.map_or(bare.text.len(), |end| end as usize));
    bare.blocks.iter_mut().for_each(|block| block.row = 0);
    bare.imports.iter_mut().for_each(|import| import.row = 0);
    bare.facts.iter_mut().for_each(|fact| fact.row = 0);
    bare.uses.iter_mut().for_each(|each| each.row = 0);
    bare.cells.clear();
    bare
}

/// The names by which a search of all files for methods or calls finds something else in a file than before.
pub fn searched(before: &Summary, now: &Summary) -> FxHashSet<Box<str>> {
    let (before, now) = (found(before), found(now));
    let differs = |name: &&&str| before.get(**name) != now.get(**name);
    before.keys().chain(now.keys()).filter(differs).map(|name| Box::from(*name)).collect()
}

/// What a search for a name finds in a file.
#[derive(Default, PartialEq, Eq)]
struct Found<'s> {
    methods: Vec<BlockKind>,
    /// The chains that end so and are called, and whether that is awaited.
    uses: Vec<(bool, &'s str)>,
    /// The calls that are kept whole, with their places among all of these.
    calls: Vec<(usize, &'s str)>,
    /// What may stand for something of that name.
    heirs: Vec<&'s str>,
}

fn found(summary: &Summary) -> FxHashMap<&str, Found<'_>> {
    let mut found: FxHashMap<&str, Found> = FxHashMap::default();
    for block in &summary.blocks {
        let is_method = block.parent.is_some_and(|parent| summary.blocks[parent as usize].kind == BlockKind::Class);
        if is_method && block.kind != BlockKind::Class {
            found.entry(summary.slice(block.name)).or_default().methods.push(block.kind);
        }
    }
    for each in &summary.uses {
        let chain = summary.slice(each.chain);
        let name = chain.rsplit('.').next().unwrap_or(chain);
        found.entry(name).or_default().uses.push((each.is_awaited, chain));
    }
    for (at, each) in summary.calls.iter().enumerate() {
        let call = summary.slice(each.call);
        let callee = &call[..each.callee as usize];
        let name = callee.rsplit('.').next().unwrap_or(callee);
        found.entry(name).or_default().calls.push((at, call));
    }
    passed::heirs(summary, |name, heir| found.entry(name).or_default().heirs.push(heir));
    found
}

/// The names of which a look only asks whether they are there, and the packages that each file leads to, told apart by what
/// the paths of the configuration lead to.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Nets {
    sets: Vec<FxHashSet<Box<str>>>,
    /// By the names of what gets to an end, what tells the ways apart.
    ways: Vec<FxHashMap<Box<str>, u64>>,
    near: Vec<u64>,
}

impl Nets {
    pub fn of(project: &Project) -> Nets {
        let index = project.index();
        let called = index.uses.keys().cloned().collect();
        let (awaitable, near) = index.awaitables.sets();
        let others = [&index.async_methods, &index.asynchronous].into_iter().chain(awaitable).cloned();
        let own = project.blocking().own();
        let apart = if own.is_empty() { 0 } else { FxBuildHasher.hash_one(own) };
        let near = (0..project.entries().len()).map(|at| near.get(at).copied().unwrap_or_default() ^ apart);
        let ways = project.known_ways().map(|ways| ways.names.clone()).collect();
        Nets { sets: std::iter::once(called).chain(others).collect(), ways, near: near.collect() }
    }

    /// The names that are in a net of the one and not in the same of the other, or lead another way.
    pub fn differing<'n>(&'n self, other: &'n Nets) -> FxHashSet<&'n str> {
        self.beyond(other).chain(other.beyond(self)).collect()
    }

    fn beyond<'n>(&'n self, other: &'n Nets) -> impl Iterator<Item = &'n str> {
        let sets = self.sets.iter().enumerate();
        let is_new = |at: usize, name: &str| !other.sets.get(at).is_some_and(|set| set.contains(name));
        let told = |nets: &Nets, at: usize, name: &str| nets.ways.get(at).and_then(|ways| ways.get(name).copied());
        let ways = self.ways.iter().enumerate();
        let ways = ways.flat_map(move |(at, ways)| {
            let all = ways.iter().map(|(name, own)| (&**name, *own));
            all.filter(move |(name, own)| told(other, at, name) != Some(*own)).map(|(name, _)| name)
        });
        sets.flat_map(move |(at, set)| set.iter().map(|name| &**name).filter(move |name| is_new(at, name))).chain(ways)
    }

    /// Whether a file leads to other packages than in another run over the same files.
    pub fn leads_elsewhere(&self, other: &Nets, file: usize) -> bool {
        let near = |nets: &Nets| nets.near.get(file).copied().unwrap_or_default();
        near(self) != near(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{outline, summary};

    fn read(text: &str) -> Summary {
        summary::summarise(text, &outline::read(text))
    }

    fn change(before: &str, now: &str) -> Change {
        Change::between(&read(before), &read(now))
    }

    #[test]
    fn rows_alone_change_no_meaning() {
        let text = "import a\n\n\ndef f() -> int:\n    return 1\n";
        assert_eq!(change(text, &text.replace("return 1", "return 2")), Change::Nothing);
        assert_eq!(change(text, &format!("# why\n{text}")), Change::Rows);
        assert_eq!(change(text, &text.replace("int", "str")), Change::Meaning);
        assert_eq!(change(text, &text.replace("def", "async def")), Change::Meaning);
    }

    #[test]
    fn what_a_function_does_is_told_apart_from_what_it_is() {
        let text = "def f():\n    g()\n\n\ndef h():\n    pass\n";
        assert_eq!(change(text, &text.replace("g()", "h()")), Change::Deeds);
        assert_eq!(change(text, &text.replace("g()", "# why\n    h()")), Change::Deeds);
        assert_eq!(change(text, &text.replace("g()", "# why\n    g()")), Change::Rows);
        assert_eq!(change(text, &text.replace("def h", "def i")), Change::Meaning);
    }

    #[test]
    fn what_binds_a_name_last_is_told_by_its_row() {
        let before = "import a\n\n\ndef a():\n    pass\n";
        let now = "def a():\n    pass\n\n\nimport a\n";
        assert_eq!(change(before, now), Change::Meaning);
    }

    #[test]
    fn a_search_finds_methods_and_calls() {
        let before =
            read("class A:\n    def f(self): ...\n    def g(self): ...\n\n\nasync def h(a):\n    await a.b()\n");
        let now =
            read("class A:\n    async def f(self): ...\n    def g(self): ...\n\n\nasync def h(a):\n    await a.c()\n");
        let mut names: Vec<Box<str>> = searched(&before, &now).into_iter().collect();
        names.sort();
        assert_eq!(names, ["b", "c", "f"].map(Box::from));
    }
}
