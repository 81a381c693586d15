//! Which files are which modules, and what an import means: the module graph's vertices.
//!
//! Paths go in, and nothing is looked up on the disk: a module exists when its path was given. An import is searched as
//! `sys.path` would have it, with the folders that a project is usually run or tested from standing in for the
//! `sys.path` that nobody knows ([`Layout::on_path`], [`Layout::elsewhere`]). The answers depend on the set of paths
//! alone, not on their order, and none of the lookups allocates but for namespaces.
//!
//! Files are hung into a tree of folders by name. A stub of a stub-only package (PEP 561), `foo-stubs/bar.pyi`, hangs
//! where `foo/bar.pyi` would, and goes before it.

mod build;
mod search;
#[cfg(test)]
mod tests;

use rustc_hash::FxHashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Index of a file of the run (or read on demand) in its Project.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct ModuleId(pub u32);

/// A folder of a [`Layout`], which means nothing to another layout.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct FolderId(u32);

/// What the name of a module leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Resolution {
    /// A regular module or package. `id` is what runs, and `stub` what type checkers read in its place; where there
    /// is a stub only, `id` is the stub and `stub` is none.
    Module { id: ModuleId, stub: Option<ModuleId> },
    /// Folders without an `__init__` that have modules below, in the order in which they are searched.
    Namespace(Box<[FolderId]>),
    /// No file of the run.
    Missing,
}

/// The modules of a set of files, by name.
#[derive(Debug)]
pub struct Layout {
    names: FxHashMap<Arc<str>, NameId>,
    facts: Vec<NameFacts>,
    folders: Vec<Folder>,
    entries: FxHashMap<(FolderId, NameId), Entry>,
    places: Vec<Place>,
    /// Sorted.
    holders: Vec<Holder>,
}

/// One part of dotted names.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
struct NameId(u32);

/// What is known of a name wherever it stands.
#[derive(Debug)]
struct NameFacts {
    text: Arc<str>,
    /// A top-level module of the standard library.
    is_standard: bool,
    /// Some folder has nothing but stubs by this name.
    is_stubbed: bool,
    /// Some folder that is no package has something by this name.
    is_top: bool,
    /// Where the name begins in [`Layout::holders`], and how many of them are of it.
    holders: (u32, u32),
}

#[derive(Debug)]
struct Folder {
    /// None for the top of all paths.
    parent: Option<FolderId>,
    name: NameId,
    /// Of `__init__.py` and `__init__.pyi`.
    init: Option<ModuleId>,
    init_stub: Option<ModuleId>,
    /// A stub-only package of PEP 561.
    is_stub_package: bool,
    /// Here or below.
    has_modules: bool,
    /// A `.py` here or below.
    has_regular_modules: bool,
    /// The folder that its files' dotted names begin in: itself, or for a package, and for a folder without an `__init__`
    /// in one, the folder that holds the outermost package.
    root: FolderId,
    /// Whether files elsewhere can import from it: it holds a regular package, or has a name that says so.
    is_import_root: bool,
    /// A folder directly in it that [`search`] takes for an import root.
    has_sides: bool,
    depth: u32,
    /// The number of the folder in a walk that takes names in order, and that of the last folder below it.
    order: u32,
    last: u32,
}

impl Folder {
    fn is_package(&self) -> bool {
        self.init.is_some() || self.init_stub.is_some()
    }

    /// Whether it says what something is without running.
    fn has_stubs_only(&self) -> bool {
        self.init_stub.is_some() && self.init.is_none() || self.is_stub_package && !self.has_regular_modules
    }
}

/// What a folder has by one name.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    folder: Option<FolderId>,
    module: Option<ModuleId>,
    stub: Option<ModuleId>,
}

/// Where a file hangs.
#[derive(Debug)]
struct Place {
    folder: FolderId,
    /// The file's name without its suffix.
    name: NameId,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Regular,
    Stub,
    /// A stub of a stub-only package.
    PackagedStub,
    /// A notebook or another file that nothing can import, and that imports.
    Other,
}

/// A folder that has something by a name, from which files elsewhere can import it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Holder {
    name: NameId,
    kind: Held,
    /// The folder's place in the order of paths.
    order: u32,
    folder: FolderId,
}

/// In order of precedence.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Held {
    Regular,
    Stubs,
    Namespace,
}

impl Layout {
    /// The layout of `paths`, in order of their [`ModuleId`]: `.py` and `.pyi` are modules, and everything else may only
    /// import. They are absolute, or all relative to the same folder.
    pub fn new(paths: &[PathBuf]) -> Layout {
        build::build(paths)
    }

    /// The dotted name for people: from the outermost package down to the module.
    pub fn name(&self, id: ModuleId) -> String {
        let place = self.place(id);
        let mut parts = Vec::new();
        let (mut folder, root) = (place.folder, self.folder(place.folder).root);
        while let Some(parent) = self.folder(folder).parent.filter(|_| folder != root) {
            parts.push(self.text(self.folder(folder).name));
            folder = parent;
        }
        parts.reverse();
        if !self.is_package(id) || parts.is_empty() {
            parts.push(self.text(place.name));
        }
        parts.join(".")
    }

    /// Whether the file is an `__init__`.
    pub fn is_package(&self, id: ModuleId) -> bool {
        let place = self.place(id);
        place.kind != Kind::Other && self.text(place.name) == "__init__"
    }

    /// Whether the file says what a module is, and does not run.
    pub fn is_stub(&self, id: ModuleId) -> bool {
        matches!(self.place(id).kind, Kind::Stub | Kind::PackagedStub)
    }

    /// The stub beside a regular module, or in the stub-only package beside its package.
    pub fn stub_of(&self, id: ModuleId) -> Option<ModuleId> {
        if self.place(id).kind != Kind::Regular { None } else { self.beside(id)?.stub }
    }

    /// The regular module that a stub speaks of.
    pub fn implementation_of(&self, id: ModuleId) -> Option<ModuleId> {
        if !self.is_stub(id) { None } else { self.beside(id)?.module }
    }

    /// The module of a file, with its stub.
    pub fn module(&self, id: ModuleId) -> Resolution {
        Resolution::Module { id, stub: self.stub_of(id) }
    }

    fn beside(&self, id: ModuleId) -> Option<Entry> {
        let place = self.place(id);
        self.entries.get(&(place.folder, place.name)).copied()
    }

    fn place(&self, id: ModuleId) -> &Place {
        &self.places[id.0 as usize]
    }

    fn folder(&self, id: FolderId) -> &Folder {
        &self.folders[id.0 as usize]
    }

    fn text(&self, name: NameId) -> &str {
        &self.facts[name.0 as usize].text
    }
}
