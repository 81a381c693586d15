//! Modules that nobody asked to look at: those of the standard library and of installed packages.
//!
//! Each becomes an entry when an import leads to it, and is remembered, as is that there is none. The standard library
//! comes from its table, installed packages from whoever implements [`Packages`]. A stub goes before the module that it
//! speaks of, which answers for the names that the stub does not have.
//!
//! The numbers of these modules depend on which thread asks first, so that nothing may be ordered by them.

use crate::outline;
use crate::project::layout::ModuleId;
use crate::project::library::library;
use crate::project::linked::{Entry, Origin};
use crate::summary;
use rustc_hash::FxHashMap;
use std::sync::{Arc, RwLock, RwLockReadGuard};

/// From here on, the numbers of modules are those of entries that are read on demand.
const FIRST: u32 = 1 << 30;

/// Never read: its names mean what they mean in `typing`, and its source makes them of what some version of that lacks.
const TYPING_EXTENSIONS: &str = "typing_extensions";

/// What an environment has by the name of a module.
pub enum Installed {
    /// A file of the run, that an editable install leads back to.
    Run(ModuleId),
    /// What is read: the stub first, where there is one, then what runs.
    Read { is_package: bool, sources: Vec<Loaded> },
}

/// A source that somebody else reads, and the file that it is, for people.
pub struct Loaded {
    pub path: String,
    pub text: String,
}

/// Finds the installed modules by their dotted name.
pub trait Packages: Send + Sync {
    /// Whether anything of this name is installed, which has no dots.
    fn has(&self, name: &str) -> bool;

    /// None for what cannot be read, too.
    fn load(&self, dotted: &str) -> Option<Installed>;
}

/// No installed modules.
pub struct NoPackages;

impl Packages for NoPackages {
    fn has(&self, _name: &str) -> bool {
        false
    }

    fn load(&self, _dotted: &str) -> Option<Installed> {
        None
    }
}

/// A module, and where to look for the names that it does not have.
pub type Pair = (ModuleId, Option<ModuleId>);

/// The modules that are known so far, and where others come from.
pub(super) struct Foreign {
    packages: Box<dyn Packages>,
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    by_name: FxHashMap<String, Option<Pair>>,
    entries: Vec<Arc<Entry>>,
}

impl Foreign {
    /// Begins with modules of installed packages that are read already.
    pub(super) fn new(packages: Box<dyn Packages>, read: Vec<(String, Vec<Entry>)>) -> Foreign {
        let mut known = Known::default();
        for (dotted, entries) in read.into_iter().filter(|(dotted, _)| dotted != TYPING_EXTENSIONS) {
            known.add(&dotted, entries);
        }
        Foreign { packages, known: RwLock::new(known) }
    }

    /// Whether a number is that of a module of this kind.
    pub(super) fn has(module: ModuleId) -> bool {
        module.0 >= FIRST
    }

    pub(super) fn entry(&self, module: ModuleId) -> Arc<Entry> {
        self.read().entries[(module.0 - FIRST) as usize].clone()
    }

    /// The module of this name.
    pub(super) fn module(&self, dotted: &str) -> Option<Pair> {
        if let Some(known) = self.read().by_name.get(dotted) {
            return *known;
        }
        let mut own = None;
        let entries = match library().module_source(dotted) {
            Some(text) => vec![entry(dotted, dotted.to_owned(), true, Origin::Library, &text)],
            None if dotted == TYPING_EXTENSIONS => Vec::new(),
            None => match self.packages.load(dotted) {
                Some(Installed::Read { is_package, sources }) => entries(dotted, is_package, sources),
                Some(Installed::Run(id)) => {
                    own = Some(id);
                    Vec::new()
                }
                None => Vec::new(),
            },
        };
        let mut known = self.known.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        match own {
            Some(id) => *known.by_name.entry(dotted.to_owned()).or_insert(Some((id, None))),
            None => known.add(dotted, entries),
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Known {
    /// Remembers the entries of a module, unless another thread did: the first two, or that there are none.
    fn add(&mut self, dotted: &str, entries: Vec<Entry>) -> Option<Pair> {
        if let Some(known) = self.by_name.get(dotted) {
            return *known;
        }
        let first = FIRST + self.entries.len() as u32;
        let pair = match entries.len() {
            0 => None,
            1 => Some((ModuleId(first), None)),
            _ => Some((ModuleId(first), Some(ModuleId(first + 1)))),
        };
        self.entries.extend(entries.into_iter().map(Arc::new));
        self.by_name.insert(dotted.to_owned(), pair);
        pair
    }
}

/// The entries of a module of an installed package.
pub(super) fn entries(dotted: &str, is_package: bool, sources: Vec<Loaded>) -> Vec<Entry> {
    let entry = |source: Loaded| entry(dotted, source.path, is_package, Origin::Dependency, &source.text);
    sources.into_iter().map(entry).collect()
}

fn entry(dotted: &str, path: String, is_package: bool, origin: Origin, text: &str) -> Entry {
    let summary = Arc::new(summary::summarise(text, &outline::read(text)));
    Entry::new(dotted.to_owned(), path, is_package, origin, summary)
}
