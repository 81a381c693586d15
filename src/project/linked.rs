//! All files of a run together: the [`Project`], and what it knows of modules that no one asked to look at.
//!
//! A file of the run is an [`Entry`] with its summary; so are the modules of [`super::foreign`]. An entry parses the pieces of its summary on demand, each once.
//! What names mean is [`super::inference`]'s affair.

use crate::outline::BlockKind;
use crate::project::asked::Asked;
use crate::project::blocking::{Blocking, blocking};
use crate::project::bodies::Bodies;
use crate::project::dependencies::Dependencies;
use crate::project::descent::{Descents, Goal, Ways};
use crate::project::expression::{Bound, Head};
use crate::project::foreign::{Foreign, Pair};
use crate::project::index::{Index, methods};
use crate::project::layout::{Layout, ModuleId, Resolution};
use crate::project::passed::Calls;
use crate::project::propagation::Spreads;
use crate::project::published::Published;
use crate::project::texts::{NoTexts, Texts};
use crate::project::vocabulary::Vocabulary;
use crate::summary::{Condition, FactKind, Summary};
use crate::text::words;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

pub use crate::project::foreign::{Installed, Loaded, NoPackages, Packages};

/// A function or a class of some module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Definition {
    pub module: ModuleId,
    pub block: u32,
}

/// Where a module comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It is looked at.
    Run,
    /// The table of the standard library.
    Library,
    /// Read because an import leads to it, and never reported on.
    Dependency,
}

/// What binds each name, by its scope.
type Locals = FxHashMap<(Option<u32>, Box<str>), Vec<Local>>;

/// One module.
pub struct Entry {
    /// `pkg.mod`.
    pub name: String,
    /// The file, for people; the module's name where there is none.
    pub path: String,
    pub is_package: bool,
    pub origin: Origin,
    pub summary: Arc<Summary>,
    heads: Vec<OnceLock<Box<Head>>>,
    facts: Vec<OnceLock<Box<Bound>>>,
    locals: OnceLock<Locals>,
}

/// One way in which a scope of a module binds a name; indices into its summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Local {
    Block(u32),
    Fact(u32),
    Import(u32),
}

/// All files of a run, and how to read what they import.
#[derive(Clone)]
pub struct Project {
    entries: Arc<[Arc<Entry>]>,
    layout: Arc<Layout>,
    foreign: Arc<Foreign>,
    index: Arc<Index>,
    blocking: &'static Blocking,
    texts: Arc<dyn Texts>,
    /// Made when somebody asks for it.
    calls: Arc<OnceLock<Calls>>,
    /// How plain functions get to what blocks or runs an event loop, as far as somebody asked.
    descents: Arc<Descents>,
    /// What has to become asynchronous with functions, as far as somebody asked.
    spreads: Arc<Spreads>,
    /// What bodies do, as far as somebody asked.
    bodies: Arc<Bodies>,
    /// What installed packages publish, as far as somebody asked.
    published: Arc<Published>,
    /// The files whose text is not that of the index any more.
    changed: Vec<ModuleId>,
}

impl Entry {
    pub fn new(name: String, path: String, is_package: bool, origin: Origin, summary: Arc<Summary>) -> Entry {
        Entry {
            name,
            path,
            is_package,
            origin,
            heads: summary.blocks.iter().map(|_| OnceLock::new()).collect(),
            facts: summary.facts.iter().map(|_| OnceLock::new()).collect(),
            locals: OnceLock::new(),
            summary,
        }
    }

    /// A row of the file, for people: `pkg/mod.py:7`, `nb.ipynb:cell 3:2`.
    pub fn place(&self, row: u32) -> String {
        format!("{}:{}", self.path, self.summary.place(row))
    }

    /// The head of a function or a class.
    pub fn head(&self, block: u32) -> &Head {
        let piece = self.summary.blocks[block as usize].head;
        self.heads[block as usize].get_or_init(|| Box::new(Head::parse(self.summary.slice(piece))))
    }

    /// Which parameter of a function has a name. The head is parsed only where the name stands in it.
    pub fn parameter(&self, block: u32, name: &str) -> Option<u32> {
        let head = self.summary.slice(self.summary.blocks[block as usize].head);
        words(head, name).next()?;
        let at = self.head(block).parameters.iter().position(|parameter| &*parameter.name == name)?;
        Some(at as u32)
    }

    /// What a fact says of its name.
    pub fn fact(&self, fact: u32) -> &Bound {
        let of = &self.summary.facts[fact as usize];
        let parse = || Box::new(Bound::parse(self.summary.slice(of.statement), self.summary.slice(of.name)));
        self.facts[fact as usize].get_or_init(parse)
    }

    /// What binds a name directly in the module (`None`), a class or a function; in a class its methods' `self.name` count.
    pub fn locals(&self, scope: Option<u32>, name: &str) -> &[Local] {
        let all = self.locals.get_or_init(|| self.index());
        all.get(&(scope, name.into())).map_or(&[], Vec::as_slice)
    }

    /// Whether something directly in a function binds a name on all ways.
    pub fn is_always_bound(&self, block: u32, name: &str) -> bool {
        self.locals(Some(block), name).iter().any(|local| match local {
            Local::Block(at) => self.summary.blocks[*at as usize].condition == Condition::Always,
            Local::Fact(at) => self.summary.facts[*at as usize].condition == Condition::Always,
            Local::Import(at) => self.summary.imports[*at as usize].condition == Condition::Always,
        })
    }

    fn index(&self) -> FxHashMap<(Option<u32>, Box<str>), Vec<Local>> {
        let summary = &*self.summary;
        let mut all: FxHashMap<(Option<u32>, Box<str>), Vec<Local>> = FxHashMap::default();
        let mut add = |scope: Option<u32>, name: &str, local: Local| {
            all.entry((scope, name.into())).or_default().push(local);
        };
        for (at, import) in summary.imports.iter().enumerate() {
            let bound = match (import.alias, import.name) {
                (Some(name), _) | (None, Some(name)) => summary.slice(name),
                (None, None) => summary.slice(import.module).split('.').next().unwrap_or_default().trim(),
            };
            add(import.block, bound, Local::Import(at as u32));
        }
        for (at, block) in summary.blocks.iter().enumerate() {
            add(block.parent, summary.slice(block.name), Local::Block(at as u32));
        }
        for (at, fact) in summary.facts.iter().enumerate() {
            let name = summary.slice(fact.name);
            match fact.kind {
                FactKind::Attribute => {
                    if let Some(class) = self.class_around(fact.block) {
                        add(Some(class), name, Local::Fact(at as u32));
                    }
                }
                FactKind::Global => add(None, name, Local::Fact(at as u32)),
                FactKind::OtherAttribute | FactKind::Return => {}
                _ => add(fact.block, name, Local::Fact(at as u32)),
            }
        }
        all
    }

    /// The innermost class around a block, or that it is.
    pub fn class_around(&self, block: Option<u32>) -> Option<u32> {
        let blocks = &self.summary.blocks;
        std::iter::successors(block, |&at| blocks[at as usize].parent)
            .find(|&at| blocks[at as usize].kind == BlockKind::Class)
    }

    /// The dotted name of the package that the module is or belongs to.
    pub fn package(&self) -> &str {
        if self.is_package { &self.name } else { self.name.rsplit_once('.').map_or("", |(package, _)| package) }
    }

    /// The dotted name of a block inside its module: `Store.save`.
    pub fn qualified(&self, block: u32) -> String {
        let mut names: Vec<&str> = std::iter::successors(Some(block), |&at| self.summary.blocks[at as usize].parent)
            .map(|at| self.summary.name_of(at))
            .collect();
        names.reverse();
        names.join(".")
    }
}

impl Project {
    /// `paths` and `summaries` belong together, in the order of their numbers; the paths as people know them.
    ///
    /// Only what is asked for is known of what names may stand for.
    pub fn new(
        layout: Layout,
        files: Vec<(String, Arc<Summary>)>,
        packages: Box<dyn Packages>,
        asked: Asked,
    ) -> Project {
        let entry = |(at, (path, summary)): (usize, (String, Arc<Summary>))| {
            let id = ModuleId(at as u32);
            Arc::new(Entry::new(layout.name(id), path, layout.is_package(id), Origin::Run, summary))
        };
        let entries: Arc<[Arc<Entry>]> = files.into_iter().enumerate().map(entry).collect();
        let dependencies = Dependencies::of(&entries, &layout, &*packages);
        let index = match asked.names {
            true => Index::of(&entries, || dependencies.awaitable_names(&entries, &layout)),
            false => Index::methods(&entries),
        };
        let foreign = Foreign::new(packages, dependencies.modules);
        let project = Project {
            entries,
            layout: Arc::new(layout),
            foreign: Arc::new(foreign),
            index: Arc::default(),
            blocking: blocking(),
            texts: Arc::new(NoTexts),
            calls: Arc::default(),
            descents: Arc::default(),
            spreads: Arc::default(),
            bodies: Arc::default(),
            published: Arc::default(),
            changed: Vec::new(),
        };
        let blocking = asked.own.map_or(project.blocking, |own| own.beside_the_table(&project));
        let project = Project { index: Arc::new(index), blocking, ..project };
        if asked.descents {
            project.descents.find(&project, &Goal::ALL);
        }
        project
    }

    /// A project of files that lie somewhere below one folder, without installed packages.
    pub fn of_files(files: &[(&str, Arc<Summary>)]) -> Project {
        let paths: Vec<PathBuf> = files.iter().map(|(path, _)| PathBuf::from(path)).collect();
        let files = files.iter().map(|(path, summary)| ((*path).to_owned(), summary.clone()));
        Project::new(Layout::new(&paths), files.collect(), Box::new(NoPackages), Asked::ALL)
    }

    /// The same project, with the texts of its files at hand.
    pub fn with_texts(self, texts: Arc<dyn Texts>) -> Project {
        Project { texts, ..self }
    }

    /// The text of a file of the run, as its summary knows it.
    pub(super) fn text(&self, file: ModuleId) -> Option<Arc<str>> {
        if Foreign::has(file) || self.changed.contains(&file) { None } else { self.texts.text(file) }
    }

    /// The same project with another text in one file.
    pub fn with(&self, module: ModuleId, summary: Arc<Summary>) -> Project {
        // They are of the texts before any change, and shared.
        self.calls();
        let old = &self.entries[module.0 as usize];
        let entry = Entry::new(old.name.clone(), old.path.clone(), old.is_package, old.origin, summary);
        let mut entries = self.entries.to_vec();
        entries[module.0 as usize] = Arc::new(entry);
        let mut changed = self.changed.clone();
        changed.retain(|other| *other != module);
        changed.push(module);
        let descents = Arc::new(Descents::of_changed(&self.descents));
        Project {
            entries: entries.into(),
            changed,
            descents,
            spreads: Arc::default(),
            bodies: Arc::default(),
            published: Arc::default(),
            ..self.clone()
        }
    }

    pub fn entry(&self, module: ModuleId) -> Arc<Entry> {
        match Foreign::has(module) {
            true => self.foreign.entry(module),
            false => self.entries[module.0 as usize].clone(),
        }
    }

    pub fn entries(&self) -> &[Arc<Entry>] {
        &self.entries
    }

    /// The names of all that may make a coroutine when it is called in a file.
    pub fn awaitable_names(&self, file: ModuleId) -> Vocabulary<'_> {
        self.index.awaitables.of(file.0 as usize)
    }

    /// The module of a dotted name, of the run or installed. A file of a package that the run has a part of only counts by where
    /// it lies.
    pub fn module_named(&self, name: &str) -> Option<ModuleId> {
        let at = |is_it: &dyn Fn(&Entry) -> bool| {
            let at = self.entries.iter().position(|entry| is_it(entry));
            at.map(|at| ModuleId(at as u32))
        };
        let file = name.replace('.', "/");
        let files = [format!("{file}.py"), format!("{file}/__init__.py")];
        let lies_there = |entry: &Entry| files.iter().any(|file| Path::new(&entry.path).ends_with(file));
        let named = at(&|entry| entry.name == name).or_else(|| at(&lies_there).filter(|_| name.contains('.')));
        named.or_else(|| self.foreign.module(name).map(|(id, _)| id))
    }

    pub fn index(&self) -> &Index {
        &self.index
    }

    /// What blocks.
    pub fn blocking(&self) -> &'static Blocking {
        self.blocking
    }

    /// The calls that summaries keep, as they were before any file changed.
    pub(super) fn calls(&self) -> &Calls {
        self.calls.get_or_init(|| Calls::of(&self.entries))
    }

    pub(super) fn published(&self) -> &Published {
        &self.published
    }

    /// The module of an installed package, with its stub before what runs.
    pub(super) fn installed(&self, name: &str) -> Option<Pair> {
        self.foreign.module(name)
    }

    pub(super) fn bodies(&self) -> &Bodies {
        &self.bodies
    }

    pub(super) fn spreads(&self) -> &Spreads {
        &self.spreads
    }

    /// The same where somebody asked already.
    pub(super) fn known_ways(&self) -> impl Iterator<Item = &Ways> {
        self.descents.known()
    }

    /// Whether something of a name may get to an end.
    pub fn may_descend(&self, name: &str, goal: Goal) -> bool {
        self.descents.has_name(self, goal, name)
    }

    /// How plain functions get to an end.
    pub fn ways(&self, goal: Goal) -> &Ways {
        self.descents.ways(self, goal)
    }

    /// The files whose text is another than it was.
    pub(super) fn changed(&self) -> &[ModuleId] {
        &self.changed
    }

    /// Every method of a name, in the order of modules.
    pub fn methods(&self, name: &str) -> Cow<'_, [Definition]> {
        let known = self.index.methods.get(name).map_or(&[][..], Vec::as_slice);
        if self.changed.is_empty() {
            return Cow::Borrowed(known);
        }
        let mut all: Vec<Definition> =
            known.iter().copied().filter(|method| !self.changed.contains(&method.module)).collect();
        for module in &self.changed {
            let summary = &self.entries[module.0 as usize].summary;
            all.extend(
                methods(summary)
                    .filter(|block| summary.name_of(*block) == name)
                    .map(|block| Definition { module: *module, block }),
            );
        }
        all.sort_unstable();
        Cow::Owned(all)
    }

    /// Where something of a name is called that is awaited somewhere: the module, and which of its summary's uses it is.
    pub fn uses<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (ModuleId, u32)> + 'a {
        let known = self.index.uses.get(name).map_or(&[][..], Vec::as_slice);
        let still = known.iter().copied().filter(|(module, _)| !self.changed.contains(module));
        let now = self.changed.iter().filter(move |_| !known.is_empty()).flat_map(move |module| {
            let summary = &self.entries[module.0 as usize].summary;
            let is_named = move |chain: &str| chain.rsplit('.').next() == Some(name);
            let all = summary.uses.iter().enumerate().filter(move |(_, site)| is_named(summary.slice(site.chain)));
            all.map(|(at, _)| (*module, at as u32))
        });
        still.chain(now)
    }

    /// The module that `dotted`, perhaps with leading dots, means in `from`, and where to look for the names that it does
    /// not have: in its stub, for a file of the run, and for an installed module that has a stub, in what runs.
    pub fn import(&self, from: ModuleId, dotted: &str) -> Option<Pair> {
        if !Foreign::has(from) {
            let module = |resolution: Resolution| match resolution {
                Resolution::Module { id, stub } => Some((id, stub)),
                Resolution::Namespace(_) | Resolution::Missing => None,
            };
            if dotted.starts_with('.') {
                return module(self.layout.relative(from, dotted));
            }
            let near = module(self.layout.on_path(from, dotted));
            return near.or_else(|| self.foreign.module(dotted)).or_else(|| module(self.layout.absolute(from, dotted)));
        }
        self.foreign.module(&self.absolute(from, dotted))
    }

    /// The dotted absolute name that `dotted` stands for in `from`, for people.
    pub fn absolute(&self, from: ModuleId, dotted: &str) -> String {
        let Some(mut rest) = dotted.strip_prefix('.') else { return dotted.to_owned() };
        let entry = self.entry(from);
        let mut package: Vec<&str> = entry.name.split('.').collect();
        if !entry.is_package {
            package.pop();
        }
        while let Some(more) = rest.strip_prefix('.') {
            package.pop();
            rest = more;
        }
        if !rest.is_empty() {
            package.push(rest);
        }
        package.join(".")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{outline, summary};

    fn read(text: &str) -> Arc<Summary> {
        Arc::new(summary::summarise(text, &outline::read(text)))
    }

    #[test]
    fn the_uses_of_a_changed_file_are_those_of_its_new_text() {
        let before = read("async def f(a):\n    a.b()\n    await a.b()\n");
        // A call that is dropped and one that is awaited are two uses, two that are awaited are one.
        let after = read("async def f(a):\n    await a.b()\n    await a.b()\n");
        let project = Project::of_files(&[("a.py", before), ("b.py", read("async def f(a):\n    await a.b()\n"))]);
        assert_eq!(project.uses("b").count(), 3);
        let changed = project.with(ModuleId(0), after);
        let uses: Vec<_> = changed.uses("b").collect();
        assert_eq!(uses.len(), 2);
        for (module, site) in uses {
            assert!(changed.entry(module).summary.uses[site as usize].is_awaited);
        }
    }

    #[test]
    fn the_methods_of_a_changed_file_are_those_of_its_new_text() {
        let before = read("def f(): ...\nclass A:\n    def f(self): ...\n    def g(self): ...\n");
        let after = read("class A:\n    def g(self): ...\n");
        let project = Project::of_files(&[("a.py", before), ("b.py", read("class B:\n    def f(self): ...\n"))]);
        let changed = project.with(ModuleId(0), after);
        let found = |project: &Project, name: &str| -> Vec<(u32, u32)> {
            project.methods(name).iter().map(|method| (method.module.0, method.block)).collect()
        };
        assert_eq!((found(&project, "f"), found(&project, "g")), (vec![(0, 2), (1, 1)], vec![(0, 3)]));
        assert_eq!((found(&changed, "f"), found(&changed, "g")), (vec![(1, 1)], vec![(0, 1)]));
    }
}
