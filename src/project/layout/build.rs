//! Paths to a [`Layout`]: every file is hung where it belongs, then what the lookups ask of folders is counted once.

use super::search::{SIDES, STUB_SIDES};
use super::{Entry, Folder, FolderId, Held, Holder, Kind, Layout, ModuleId, NameFacts, NameId, Place};
use crate::project::standard::standard;
use rustc_hash::FxHashMap;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

const TOP: FolderId = FolderId(0);

/// What PEP 561 puts behind the name of a package to name the one with its stubs.
const STUBS: &str = "-stubs";

pub(super) fn build(paths: &[PathBuf]) -> Layout {
    let mut builder = Builder::new(paths);
    for index in 0..paths.len() {
        builder.hang(ModuleId(u32::try_from(index).expect("a run has fewer files than 32 bits count")));
    }
    let mut layout = builder.layout;
    number(&mut layout);
    root(&mut layout);
    hold(&mut layout);
    for module in &standard().modules {
        if let Some(name) = layout.names.get(module.as_str()) {
            layout.facts[name.0 as usize].is_standard = true;
        }
    }
    layout
}

struct Builder<'p> {
    paths: &'p [PathBuf],
    layout: Layout,
    /// The folders by their path as written. Hashing a [`Path`] looks at its parts, and is slower.
    known: FxHashMap<&'p OsStr, FolderId>,
    /// The same for stubs, whose folder can be another one.
    known_to_stubs: FxHashMap<&'p OsStr, (FolderId, Kind)>,
    sides: Vec<NameId>,
    init: NameId,
}

impl<'p> Builder<'p> {
    fn new(paths: &'p [PathBuf]) -> Builder<'p> {
        let layout = Layout {
            names: FxHashMap::default(),
            facts: Vec::new(),
            folders: Vec::new(),
            entries: FxHashMap::with_capacity_and_hasher(paths.len() * 5 / 4, Default::default()),
            places: Vec::with_capacity(paths.len()),
            holders: Vec::new(),
        };
        let mut builder = Builder {
            paths,
            layout,
            known: FxHashMap::default(),
            known_to_stubs: FxHashMap::default(),
            sides: Vec::new(),
            init: NameId(0),
        };
        let nameless = builder.name("");
        builder.init = builder.name("__init__");
        builder.sides = SIDES.iter().chain(&STUB_SIDES).map(|side| builder.name(side)).collect();
        builder.layout.folders.push(folder(None, nameless, 0));
        builder
    }

    fn name(&mut self, text: &str) -> NameId {
        if let Some(&name) = self.layout.names.get(text) {
            return name;
        }
        let name = NameId(u32::try_from(self.layout.facts.len()).expect("a run has fewer names than 32 bits count"));
        let text: Arc<str> = Arc::from(text);
        let facts =
            NameFacts { text: text.clone(), is_standard: false, is_stubbed: false, is_top: false, holders: (0, 0) };
        self.layout.facts.push(facts);
        self.layout.names.insert(text, name);
        name
    }

    fn hang(&mut self, id: ModuleId) {
        let path = &self.paths[id.0 as usize];
        let parent = path.parent().unwrap_or(Path::new(""));
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let (stem, folder, kind) = match file.rsplit_once('.') {
            Some((stem, "py")) => (stem, self.folder_at(parent), Kind::Regular),
            Some((stem, "pyi")) => {
                let (folder, kind) = self.stub_folder_at(parent);
                (stem, folder, kind)
            }
            Some((stem, _)) => (stem, self.folder_at(parent), Kind::Other),
            None => (&*file, self.folder_at(parent), Kind::Other),
        };
        let name = self.name(stem);
        self.layout.places.push(Place { folder, name, kind });
        if kind != Kind::Other {
            self.enter(id);
        }
    }

    /// Makes a module known by its name.
    fn enter(&mut self, id: ModuleId) {
        let Place { folder, name, kind } = *self.layout.place(id);
        let held = self.layout.entries.get(&(folder, name)).copied().unwrap_or_default();
        let rival = if kind == Kind::Regular { held.module } else { held.stub };
        if rival.is_none_or(|rival| self.goes_before(id, rival)) {
            let entry = self.layout.entries.entry((folder, name)).or_default();
            *(if kind == Kind::Regular { &mut entry.module } else { &mut entry.stub }) = Some(id);
            if name == self.init {
                let folder = &mut self.layout.folders[folder.0 as usize];
                *(if kind == Kind::Regular { &mut folder.init } else { &mut folder.init_stub }) = Some(id);
            }
        }
        let mut above = Some(folder);
        while let Some(id) = above {
            let folder = &mut self.layout.folders[id.0 as usize];
            if folder.has_modules && (folder.has_regular_modules || kind != Kind::Regular) {
                break;
            }
            folder.has_modules = true;
            folder.has_regular_modules |= kind == Kind::Regular;
            above = folder.parent;
        }
    }

    /// Which of two files by one name counts, whatever their order.
    fn goes_before(&self, id: ModuleId, rival: ModuleId) -> bool {
        let rank = |id: ModuleId| (self.layout.place(id).kind != Kind::PackagedStub, &self.paths[id.0 as usize]);
        rank(id) < rank(rival)
    }

    fn folder_at(&mut self, path: &'p Path) -> FolderId {
        if let Some(&folder) = self.known.get(path.as_os_str()) {
            return folder;
        }
        let mut parts = path.components();
        let folder = match parts.next_back() {
            None | Some(Component::RootDir) => TOP,
            Some(Component::CurDir) => self.folder_at(parts.as_path()),
            Some(part) => {
                let parent = self.folder_at(parts.as_path());
                self.child(parent, &part.as_os_str().to_string_lossy())
            }
        };
        self.known.insert(path.as_os_str(), folder);
        folder
    }

    /// Where the stubs in the folder at `path` hang: below the package that they speak of.
    fn stub_folder_at(&mut self, path: &'p Path) -> (FolderId, Kind) {
        if let Some(&known) = self.known_to_stubs.get(path.as_os_str()) {
            return known;
        }
        let packaged = path.ancestors().find_map(|folder| {
            let package = folder.file_name()?.to_str()?.strip_suffix(STUBS).filter(|package| !package.is_empty())?;
            Some((package, folder))
        });
        let hung = match packaged {
            None => (self.folder_at(path), Kind::Stub),
            Some((package, folder)) => {
                let parent = self.folder_at(folder.parent().unwrap_or(Path::new("")));
                let mut hung = self.child(parent, package);
                self.layout.folders[hung.0 as usize].is_stub_package = true;
                for part in path.strip_prefix(folder).unwrap_or(Path::new("")) {
                    hung = self.child(hung, &part.to_string_lossy());
                }
                (hung, Kind::PackagedStub)
            }
        };
        self.known_to_stubs.insert(path.as_os_str(), hung);
        hung
    }

    fn child(&mut self, parent: FolderId, name: &str) -> FolderId {
        let name = self.name(name);
        let layout = &mut self.layout;
        let entry = layout.entries.entry((parent, name)).or_default();
        *entry.folder.get_or_insert_with(|| {
            let id = FolderId(u32::try_from(layout.folders.len()).expect("a folder has a file"));
            let above = &mut layout.folders[parent.0 as usize];
            above.has_sides |= self.sides.contains(&name);
            let depth = above.depth + 1;
            layout.folders.push(folder(Some(parent), name, depth));
            id
        })
    }
}

fn folder(parent: Option<FolderId>, name: NameId, depth: u32) -> Folder {
    Folder {
        parent,
        name,
        init: None,
        init_stub: None,
        is_stub_package: false,
        has_modules: false,
        has_regular_modules: false,
        root: TOP,
        is_import_root: false,
        has_sides: false,
        depth,
        order: 0,
        last: 0,
    }
}

/// Numbers the folders in order of their paths, whatever the order in which they came.
fn number(layout: &mut Layout) {
    let count = u32::try_from(layout.folders.len()).expect("the folders have indices of 32 bits");
    let mut children: Vec<FolderId> = (1..count).map(FolderId).collect();
    let key = |layout: &Layout, id: FolderId| layout.folder(id).parent;
    children.sort_unstable_by(|&one, &other| {
        let text = |id| layout.text(layout.folder(id).name);
        (key(layout, one), text(one)).cmp(&(key(layout, other), text(other)))
    });
    let mut ranges = vec![0..0; layout.folders.len()];
    let mut start = 0;
    for group in children.chunk_by(|&one, &other| key(layout, one) == key(layout, other)) {
        let parent = key(layout, group[0]).expect("only the top has no parent, and it is no child");
        ranges[parent.0 as usize] = start..start + group.len();
        start += group.len();
    }
    let mut order = 0;
    let mut waiting = vec![TOP];
    let mut walked = Vec::with_capacity(layout.folders.len());
    while let Some(id) = waiting.pop() {
        let folder = &mut layout.folders[id.0 as usize];
        (folder.order, folder.last) = (order, order);
        order += 1;
        walked.push(id);
        waiting.extend(children[ranges[id.0 as usize].clone()].iter().rev());
    }
    for id in walked.into_iter().rev() {
        let Folder { parent: Some(parent), last, .. } = layout.folders[id.0 as usize] else { continue };
        let above = &mut layout.folders[parent.0 as usize];
        above.last = above.last.max(last);
    }
}

/// Finds where dotted names begin. A folder without an `__init__` in a package is a namespace of that package, and what
/// lies in it is not imported by its last name; only a `src` begins a project of its own.
fn root(layout: &mut Layout) {
    let src = layout.names["src"];
    // A folder has a greater index than the one that it lies in.
    for index in 1..layout.folders.len() {
        let Folder { parent: Some(parent), name, .. } = layout.folders[index] else { continue };
        let above = layout.folder(parent).root;
        let is_root = !layout.folders[index].is_package() && (above == parent || name == src);
        layout.folders[index].root =
            if is_root { FolderId(u32::try_from(index).expect("folders have indices of 32 bits")) } else { above };
    }
}

/// Finds what can be imported from where by its first name.
fn hold(layout: &mut Layout) {
    let sides = SIDES.map(|side| layout.names[side]);
    for index in 0..layout.folders.len() {
        let Folder { parent, name, init, .. } = layout.folders[index];
        layout.folders[index].is_import_root |= sides.contains(&name);
        if let (Some(parent), Some(_)) = (parent, init) {
            layout.folders[parent.0 as usize].is_import_root = true;
        }
    }
    let mut holders = Vec::new();
    for (&(parent, name), entry) in &layout.entries {
        let Some(kind) = kind_of(layout, entry) else { continue };
        let folder = &layout.folders[parent.0 as usize];
        let facts = &mut layout.facts[name.0 as usize];
        facts.is_stubbed |= kind == Held::Stubs;
        let is_root = folder.root == parent;
        facts.is_top |= is_root;
        if is_root && (folder.is_import_root || kind != Held::Regular) {
            holders.push(Holder { name, kind, order: folder.order, folder: parent });
        }
    }
    holders.sort_unstable();
    let mut start = 0;
    for group in holders.chunk_by(|one, other| one.name == other.name) {
        let count = u32::try_from(group.len()).expect("there are fewer than entries");
        layout.facts[group[0].name.0 as usize].holders = (start, count);
        start += count;
    }
    layout.holders = holders;
}

fn kind_of(layout: &Layout, entry: &Entry) -> Option<Held> {
    let folder = entry.folder.map(|folder| layout.folder(folder));
    if entry.module.is_some() || folder.is_some_and(|folder| folder.init.is_some()) {
        Some(Held::Regular)
    } else if entry.stub.is_some() || folder.is_some_and(Folder::has_stubs_only) {
        Some(Held::Stubs)
    } else {
        folder.filter(|folder| folder.has_modules).map(|_| Held::Namespace)
    }
}
