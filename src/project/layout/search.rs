//! Names to modules: what Python's finders do, on the tree of folders.
//!
//! In one folder a package goes before a module, and a module before a folder without an `__init__`. Among several
//! folders the first with a regular package or module has it, whether or not it has what stands behind the first dot;
//! only where none has, the folders without an `__init__` together are a namespace (PEP 420).

use super::{FolderId, Held, Holder, Kind, Layout, ModuleId, NameId, Resolution};
use std::cmp::Reverse;
use std::iter;

/// Folders of a project that are on its `sys.path`, though they are no packages.
pub(super) const SIDES: [&str; 3] = ["src", "lib", "python"];
/// Folders of a project in which type checkers look for stubs.
pub(super) const STUB_SIDES: [&str; 2] = ["typings", "stubs"];

/// What one folder has by a name.
struct Found {
    kind: Held,
    /// None for a namespace.
    module: Option<(ModuleId, Option<ModuleId>)>,
    /// Where its submodules are.
    folder: Option<FolderId>,
}

impl Layout {
    /// What `import a.b.c` and `from a.b.c import` mean in `from`: [`Layout::on_path`], else [`Layout::elsewhere`].
    ///
    /// Where installed packages are known as well, they stand between the two. A folder without an `__init__` around the
    /// file yields to a regular package below it: the folder of a project is often called like its package. It does
    /// not yield to one that lies in another project, such as the `tests` of that.
    pub fn absolute(&self, from: ModuleId, dotted: &str) -> Resolution {
        let near = self.on_path(from, dotted);
        if let Resolution::Module { .. } = near {
            return near;
        }
        match (&near, self.elsewhere(from, dotted)) {
            (_, Resolution::Missing) => near,
            (Resolution::Namespace(folders), Resolution::Module { id, .. })
                if !folders.iter().any(|&folder| self.holds(folder, self.place(id).folder)) =>
            {
                near
            }
            (_, far) => far,
        }
    }

    /// What an absolute import means in a file by the folders around it.
    ///
    /// These are, in this order: the file's own import root, which is the folder that holds its outermost package, or
    /// the file's own folder outside of packages; each folder above outside of packages, nearest first, and behind each
    /// its `src`, `lib` and `python`, and for stubs `typings` and `stubs`. A name of the standard library is looked up
    /// in the own import root alone, the only one that goes before it, and never means a namespace.
    pub fn on_path(&self, from: ModuleId, dotted: &str) -> Resolution {
        let Some(first) = self.first_name(dotted) else { return Resolution::Missing };
        let root = self.folder(self.place(from).folder).root;
        if self.facts[first.0 as usize].is_standard {
            return match self.search(iter::once(root), dotted) {
                Resolution::Namespace(_) => Resolution::Missing,
                found => found,
            };
        }
        self.search(self.path(root), dotted)
    }

    /// What an absolute import can mean in a file by other import roots of the run, when neither the folders around it nor
    /// an installed package have its first name.
    ///
    /// An import root here is a folder that holds a regular package, or is called `src`, `lib` or `python`: two scripts
    /// in different folders do not see each other, and one of them may well be called like an installed package. Of
    /// several roots the one that shares most of its path with the file counts, then the first in order of path. Folders
    /// without an `__init__` make a namespace of all that are there, in the same order behind those around the file.
    pub fn elsewhere(&self, from: ModuleId, dotted: &str) -> Resolution {
        let Some(first) = self.first_name(dotted) else { return Resolution::Missing };
        let root = self.folder(self.place(from).folder).root;
        let is_regular = |&folder: &FolderId| self.found(folder, first).is_some_and(|it| it.kind != Held::Namespace);
        if self.facts[first.0 as usize].is_standard || self.path(root).any(|folder| is_regular(&folder)) {
            return Resolution::Missing;
        }
        for kind in [Held::Regular, Held::Stubs] {
            if let Some(holder) = self.nearest(root, self.holders(first, kind)) {
                return self.search(iter::once(holder), dotted);
            }
        }
        let mut holders: Vec<FolderId> =
            self.holders(first, Held::Namespace).iter().map(|holder| holder.folder).collect();
        let near: Vec<FolderId> = self.path(root).collect();
        holders.sort_by_cached_key(|&folder| {
            let distance = near.iter().position(|&other| other == folder).unwrap_or(near.len());
            (distance, Reverse(self.shared(root, folder)), self.folder(folder).order)
        });
        self.search(holders.into_iter(), dotted)
    }

    /// What a relative import means in `from`: `dotted` with its leading dots, such as `..pkg.mod` or `.`. A notebook
    /// is in no package.
    pub fn relative(&self, from: ModuleId, dotted: &str) -> Resolution {
        let place = self.place(from);
        if place.kind == Kind::Other {
            return Resolution::Missing;
        }
        let rest = dotted.trim_start_matches(|letter: char| letter == '.' || letter.is_whitespace() || letter == '\\');
        let dots = dotted[..dotted.len() - rest.len()].bytes().filter(|&byte| byte == b'.').count();
        let mut folder = place.folder;
        for _ in 1..dots {
            let Some(parent) = self.folder(folder).parent else { return Resolution::Missing };
            folder = parent;
        }
        if !rest.is_empty() {
            return self.search(iter::once(folder), rest);
        }
        let Some(id) = self.folder(folder).init.or(self.folder(folder).init_stub) else {
            return Resolution::Namespace(Box::new([folder]));
        };
        self.module(id)
    }

    /// The submodule `name` of a package or namespace, which may be a dotted path below it.
    pub fn submodule(&self, package: &Resolution, name: &str) -> Resolution {
        match package {
            Resolution::Missing => Resolution::Missing,
            Resolution::Namespace(folders) => self.search(folders.iter().copied(), name),
            Resolution::Module { id, stub } => {
                let files = iter::once(*id).chain(*stub).filter(|&id| self.is_package(id));
                self.search(files.map(|id| self.place(id).folder), name)
            }
        }
    }

    /// The folders that imports are looked up in by a file with this import root.
    fn path(&self, root: FolderId) -> impl Iterator<Item = FolderId> {
        let above = iter::successors(Some(root), |&folder| self.folder(folder).parent);
        let roots = above.filter(|&folder| self.folder(folder).root == folder);
        roots.flat_map(|folder| iter::once(folder).chain(self.sides(folder)))
    }

    fn sides(&self, folder: FolderId) -> impl Iterator<Item = FolderId> {
        let side = move |name: &'static str| {
            let side = self.entries.get(&(folder, *self.names.get(name)?))?.folder?;
            let is_stubs = STUB_SIDES.contains(&name);
            let is_code = is_stubs && self.folder(side).has_regular_modules;
            (!is_code && !self.folder(side).is_package()).then_some(side)
        };
        let names = if self.folder(folder).has_sides { (&SIDES[..], &STUB_SIDES[..]) } else { (&[][..], &[][..]) };
        names.0.iter().chain(names.1).filter_map(move |&name| side(name))
    }

    /// The first name of `dotted`, when anything by it can be imported from anywhere.
    fn first_name(&self, dotted: &str) -> Option<NameId> {
        let name = *self.names.get(split(dotted).0)?;
        self.facts[name.0 as usize].is_top.then_some(name)
    }

    /// What several folders together have by a dotted name.
    fn search(&self, roots: impl Iterator<Item = FolderId>, dotted: &str) -> Resolution {
        let (first, rest) = split(dotted);
        let Some(&name) = self.names.get(first) else { return Resolution::Missing };
        let is_stubbed = self.facts[name.0 as usize].is_stubbed;
        let (mut regular, mut stubs) = (None, None);
        let mut portions = Vec::new();
        for root in roots {
            match self.found(root, name).map(|found| (found.kind, found.folder)) {
                Some((Held::Regular, _)) if regular.is_none() => regular = Some(root),
                Some((Held::Stubs, _)) if stubs.is_none() => stubs = Some(root),
                Some((Held::Namespace, Some(folder))) if !portions.contains(&folder) => portions.push(folder),
                _ => {}
            }
            if regular.is_some() && !is_stubbed {
                break;
            }
        }
        let walked = |root: Option<FolderId>| root.map_or(Resolution::Missing, |root| self.walk(root, dotted));
        if regular.is_some() || stubs.is_some() {
            return self.stubbed(walked(regular), walked(stubs));
        }
        match rest {
            _ if portions.is_empty() => Resolution::Missing,
            None => Resolution::Namespace(portions.into()),
            // Boxed, for the type of the iterator would contain itself.
            Some(rest) => self.search(Box::new(portions.into_iter()) as Box<dyn Iterator<Item = FolderId>>, rest),
        }
    }

    /// A regular module with what another folder's stubs say of it.
    fn stubbed(&self, regular: Resolution, stubs: Resolution) -> Resolution {
        match (regular, stubs) {
            (Resolution::Module { id, .. }, Resolution::Module { id: stub, .. }) if self.is_stub(stub) => {
                Resolution::Module { id, stub: Some(stub) }
            }
            (regular @ Resolution::Module { .. }, _) | (regular, Resolution::Missing) => regular,
            (_, stubs) => stubs,
        }
    }

    /// What one folder has by a dotted name.
    fn walk(&self, root: FolderId, dotted: &str) -> Resolution {
        let mut folder = root;
        let mut rest = Some(dotted);
        let mut result = Resolution::Missing;
        while let Some(dotted) = rest {
            let (first, behind) = split(dotted);
            let Some(found) = self.names.get(first).and_then(|&name| self.found(folder, name)) else {
                return Resolution::Missing;
            };
            rest = behind;
            match (found.folder, found.module) {
                (Some(below), _) if rest.is_some() => folder = below,
                (None, _) if rest.is_some() => return Resolution::Missing,
                (_, Some((id, stub))) => result = Resolution::Module { id, stub },
                (Some(below), None) => result = Resolution::Namespace(Box::new([below])),
                (None, None) => {}
            }
        }
        result
    }

    fn found(&self, folder: FolderId, name: NameId) -> Option<Found> {
        let entry = self.entries.get(&(folder, name))?;
        let below = entry.folder.map(|below| (below, self.folder(below)));
        let package = below.filter(|(_, folder)| folder.is_package()).map(|(below, _)| below);
        let init = below.and_then(|(_, folder)| folder.init);
        let init_stub = below.and_then(|(_, folder)| folder.init_stub);
        let (kind, module, folder) = match (init, entry.module, init_stub, entry.stub) {
            (Some(id), ..) => (Held::Regular, Some((id, init_stub)), package),
            (_, Some(id), _, stub) => (Held::Regular, Some((id, stub.or(init_stub))), package),
            (_, _, Some(id), _) => (Held::Stubs, Some((id, None)), package),
            (_, _, _, Some(id)) => (Held::Stubs, Some((id, None)), None),
            _ => {
                let (below, folder) = below.filter(|(_, folder)| folder.has_modules)?;
                let kind = if folder.has_stubs_only() { Held::Stubs } else { Held::Namespace };
                (kind, None, Some(below))
            }
        };
        Some(Found { kind, module, folder })
    }

    /// The import roots that have `name`, in order of path.
    fn holders(&self, name: NameId, kind: Held) -> &[Holder] {
        let (start, count) = self.facts[name.0 as usize].holders;
        let all = &self.holders[start as usize..(start + count) as usize];
        let start = all.partition_point(|holder| holder.kind < kind);
        let end = all.partition_point(|holder| holder.kind <= kind);
        &all[start..end]
    }

    /// Of folders in order of path the first of those that share most of their path with `from`.
    fn nearest(&self, from: FolderId, holders: &[Holder]) -> Option<FolderId> {
        // In order of path, what shares most of it stands beside.
        let at = holders.partition_point(|holder| holder.order <= self.folder(from).order);
        let beside = &holders[at.saturating_sub(1)..holders.len().min(at + 1)];
        let shared = beside.iter().map(|holder| self.folder(self.common(from, holder.folder)));
        let common = shared.max_by_key(|folder| folder.depth)?;
        let start = holders.partition_point(|holder| holder.order < common.order);
        holders.get(start).map(|holder| holder.folder)
    }

    /// The number of folders that two paths share.
    fn shared(&self, one: FolderId, other: FolderId) -> u32 {
        self.folder(self.common(one, other)).depth
    }

    /// The innermost folder that holds both, which may be one of them.
    fn common(&self, one: FolderId, other: FolderId) -> FolderId {
        let mut above = iter::successors(Some(one), |&folder| self.folder(folder).parent);
        above.find(|&folder| self.holds(folder, other)).expect("the top holds every folder")
    }

    /// Whether `inner` is the folder or lies below it.
    fn holds(&self, folder: FolderId, inner: FolderId) -> bool {
        let folder = self.folder(folder);
        (folder.order..=folder.last).contains(&self.folder(inner).order)
    }
}

/// The first name of a dotted one, and what stands behind it.
fn split(dotted: &str) -> (&str, Option<&str>) {
    match dotted.split_once('.') {
        Some((first, rest)) => (trimmed(first), Some(rest)),
        None => (trimmed(dotted), None),
    }
}

/// A name without the white space and the continued lines that Python lets stand around dots.
fn trimmed(name: &str) -> &str {
    name.trim_matches(|letter: char| letter.is_whitespace() || letter == '\\')
}
