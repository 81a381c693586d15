//! The modules of installed packages that a run leads to, read before anything is looked at.
//!
//! What a scan of the bytes looks for are names ([`super::vocabulary`]), and those of coroutine functions of dependencies
//! must be among them, or a forgotten `await session.post(url)` is never looked at. So the modules that files of the run
//! import are read, and what those import in turn: in their own package all of it, in other packages what they hand on
//! under the same name (`from starlette.websockets import WebSocket as WebSocket`), with a star, or inherit from.
//!
//! Most modules of a package define types or run synchronously. Their imports are found without an outline; only a module
//! that speaks of something asynchronous is summarised. The others are read again if a type leads to them.

use crate::project::foreign::{self, Installed, Packages};
use crate::project::layout::{Layout, ModuleId, Resolution};
use crate::project::library::library;
use crate::project::linked::Entry;
use crate::project::vocabulary::{AwaitableNames, PACKAGES};
use crate::summary::Summary;
use crate::text::{self, is_word};
use memchr::memmem;
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A module without any of these words has no name that gives a coroutine.
const WORDS: [&str; 3] = ["async", "Awaitable", "Coroutine"];

/// What a run leads to.
pub(super) struct Dependencies {
    /// The modules that speak of something asynchronous, each with its stub first, in an order that every run has.
    pub(super) modules: Vec<(String, Vec<Entry>)>,
    /// The packages, by the first part of their modules' names, in order.
    packages: Vec<String>,
    /// Which packages hand on something of which others, a pair each, a package by its place in `packages`.
    handed_on: BTreeSet<(usize, usize)>,
}

impl Dependencies {
    pub(super) fn of(entries: &[Arc<Entry>], layout: &Layout, packages: &dyn Packages) -> Dependencies {
        let mut round: BTreeSet<String> = imported(entries, layout, packages);
        let mut known: FxHashSet<String> = round.iter().cloned().collect();
        let (mut modules, mut pairs) = (Vec::new(), BTreeSet::new());
        while !round.is_empty() {
            let dotted: Vec<String> = std::mem::take(&mut round).into_iter().collect();
            let scan = |dotted: String| scan(&dotted, packages).map(|scanned| (dotted, scanned));
            let scanned: Vec<(String, Scanned)> = dotted.into_par_iter().filter_map(scan).collect();
            for (dotted, scanned) in scanned {
                for import in scanned.imports {
                    if top(&import) != top(&dotted) {
                        pairs.insert((top(&dotted).to_owned(), top(&import).to_owned()));
                    }
                    if known.insert(import.clone()) {
                        round.insert(import);
                    }
                }
                if !scanned.entries.is_empty() {
                    modules.push((dotted, scanned.entries));
                }
            }
        }
        let tops = modules.iter().map(|(dotted, _)| top(dotted)).chain(pairs.iter().map(|(from, _)| &**from));
        let packages: Vec<String> = tops.map(str::to_owned).collect::<BTreeSet<String>>().into_iter().collect();
        let place = |name: &String| packages.binary_search(name).ok();
        let handed_on = pairs.iter().filter_map(|(from, to)| Some((place(from)?, place(to)?))).collect();
        Dependencies { modules, packages, handed_on }
    }

    /// The names that a scan looks for, in the files of the run with these entries.
    pub(super) fn awaitable_names(&self, entries: &[Arc<Entry>], layout: &Layout) -> AwaitableNames {
        let run: Vec<&Summary> = entries.iter().map(|entry| &*entry.summary).collect();
        let mut packages: Vec<Vec<&Summary>> = vec![Vec::new(); self.packages.len().min(PACKAGES)];
        for (dotted, entries) in &self.modules {
            if let Some(at) = self.number(top(dotted)) {
                packages[at].extend(entries.iter().map(|entry| &*entry.summary));
            }
        }
        AwaitableNames::new(&run, &packages, |wanted| self.near(wanted, entries, layout))
    }

    /// The number of a package in the sets of packages; those behind the last number share it.
    fn number(&self, top: &str) -> Option<usize> {
        self.packages.binary_search_by(|package| (**package).cmp(top)).ok().map(|at| at.min(PACKAGES - 1))
    }

    /// Which of the packages `wanted` each file of the run leads to: by its own imports, or by those of the files that it
    /// imports, as a class there may keep an object of the package.
    fn near(&self, wanted: u64, entries: &[Arc<Entry>], layout: &Layout) -> Vec<u64> {
        let mut leads: Vec<u64> = (0..self.packages.len()).map(|at| 1 << at.min(PACKAGES - 1)).collect();
        for _ in &self.packages {
            for &(from, to) in &self.handed_on {
                leads[from] |= leads[to];
            }
        }
        let place = |import: &str| self.packages.binary_search_by(|package| (**package).cmp(top(import))).ok();
        let mut near: Vec<u64> = entries
            .par_iter()
            .map(|entry| {
                let modules = entry.summary.imports.iter().map(|import| entry.summary.slice(import.module));
                modules.filter_map(place).fold(0, |near, at| near | leads[at]) & wanted
            })
            .collect();
        if near.iter().all(|near| *near == 0) {
            return Vec::new();
        }
        let importers = importers(entries, layout);
        let mut open: Vec<u32> = (0..near.len() as u32).filter(|&at| near[at as usize] != 0).collect();
        while let Some(at) = open.pop() {
            for &importer in &importers[at as usize] {
                let both = near[importer as usize] | near[at as usize];
                if both != near[importer as usize] {
                    near[importer as usize] = both;
                    open.push(importer);
                }
            }
        }
        near
    }
}

/// For each file of the run the files that import it.
fn importers(entries: &[Arc<Entry>], layout: &Layout) -> Vec<Vec<u32>> {
    let imported = entries.par_iter().enumerate().map(|(at, entry)| {
        let (from, summary) = (ModuleId(at as u32), &*entry.summary);
        let mut found: FxHashSet<ModuleId> = FxHashSet::default();
        let mut add = |dotted: &str| {
            let resolution =
                if dotted.starts_with('.') { layout.relative(from, dotted) } else { layout.absolute(from, dotted) };
            if let Resolution::Module { id, .. } = resolution {
                found.insert(id);
            }
        };
        let mut last = "";
        for import in &summary.imports {
            let module = summary.slice(import.module);
            if library().has_module(module) {
                continue;
            }
            if module != last {
                add(module);
                last = module;
            }
            if let Some(name) = import.name {
                let dot = if module.ends_with('.') { "" } else { "." };
                add(&format!("{module}{dot}{}", summary.slice(name)));
            }
        }
        found
    });
    let imported: Vec<FxHashSet<ModuleId>> = imported.collect();
    let mut importers = vec![Vec::new(); entries.len()];
    for (at, imported) in imported.into_iter().enumerate() {
        for id in imported {
            importers[id.0 as usize].push(at as u32);
        }
    }
    importers
}

/// The dotted names of what the files of the run import, as far as an environment may have it: modules, and names of
/// packages that may be modules.
fn imported(entries: &[Arc<Entry>], layout: &Layout, packages: &dyn Packages) -> BTreeSet<String> {
    let tops: FxHashSet<&str> = entries
        .par_iter()
        .fold(FxHashSet::default, |mut tops, entry| {
            let summary = &*entry.summary;
            tops.extend(summary.imports.iter().map(|import| top(summary.slice(import.module))));
            tops
        })
        .reduce(FxHashSet::default, |mut tops, other| {
            tops.extend(other);
            tops
        });
    let is_installed = |name: &&str| !name.is_empty() && !library().has_module(name) && packages.has(name);
    let tops: FxHashSet<&str> = tops.into_iter().filter(is_installed).collect();
    if tops.is_empty() {
        return BTreeSet::new();
    }
    let found = entries.par_iter().enumerate().flat_map_iter(|(at, entry)| {
        let summary = &*entry.summary;
        let installed = summary.imports.iter().filter(|import| tops.contains(top(summary.slice(import.module))));
        let mut own: FxHashSet<String> = FxHashSet::default();
        for import in installed {
            let dotted: String = summary.slice(import.module).split_whitespace().collect();
            if !matches!(layout.on_path(ModuleId(at as u32), &dotted), Resolution::Module { .. }) {
                match import.name {
                    Some(name) => drop(own.insert(format!("{dotted}.{}", summary.slice(name)))),
                    // `import a.b` imports `a` as well.
                    None => own.extend(dotted.match_indices('.').map(|(end, _)| dotted[..end].to_owned())),
                }
                own.insert(dotted);
            }
        }
        own
    });
    found.collect::<Vec<String>>().into_iter().collect()
}

/// The first name of a dotted one; empty for a relative one.
pub(super) fn top(dotted: &str) -> &str {
    dotted.split(|letter: char| letter == '.' || letter.is_whitespace()).next().unwrap_or_default()
}

/// A module of a package.
struct Scanned {
    /// The dotted names of what it leads to.
    imports: Vec<String>,
    /// None where it speaks of nothing asynchronous.
    entries: Vec<Entry>,
}

fn scan(dotted: &str, packages: &dyn Packages) -> Option<Scanned> {
    let Installed::Read { is_package, sources } = packages.load(dotted)? else { return None };
    let mut imports = Vec::new();
    for source in &sources {
        follow(&source.text, dotted, is_package, &mut imports);
    }
    let speaks = |text: &str| WORDS.iter().any(|word| memmem::find(text.as_bytes(), word.as_bytes()).is_some());
    let is_asynchronous = sources.iter().any(|source| speaks(&source.text));
    let entries = if is_asynchronous { foreign::entries(dotted, is_package, sources) } else { Vec::new() };
    Some(Scanned { imports, entries })
}

/// Adds what the module `own` with this text leads to. A docstring that shows an import counts: it leads to a module too
/// many at worst.
fn follow(text: &str, own: &str, is_package: bool, found: &mut Vec<String>) {
    for at in text::words(text, "import") {
        let start = memchr::memrchr(b'\n', &text.as_bytes()[..at]).map_or(0, |end| end + 1);
        let before = text[start..at].trim_start();
        if before.is_empty() {
            let line = &text[at + "import".len()..text::line_end(text, at)];
            let modules = line.split(',').map(|item| item.split_whitespace().next().unwrap_or_default());
            found.extend(modules.filter(|module| top(module) == top(own)).map(str::to_owned));
            continue;
        }
        let Some(module) = before.strip_prefix("from").map(str::trim).filter(|module| is_dotted(module)) else {
            continue;
        };
        let Some(dotted) = absolute(module, own, is_package) else { continue };
        let is_near = top(&dotted) == top(own);
        let mut leads = false;
        for (name, alias) in names(&text[at + "import".len()..]) {
            if is_near || name == "*" || alias == Some(name) || is_inherited(text, alias.unwrap_or(name)) {
                leads = true;
                found.extend((name != "*").then(|| format!("{dotted}.{name}")));
            }
        }
        if leads && !library().has_module(&dotted) {
            found.push(dotted);
        }
    }
}

fn is_dotted(module: &str) -> bool {
    !module.is_empty() && module.bytes().all(|byte| byte == b'.' || is_word(byte))
}

/// What a module after `from` means in the module `own`.
fn absolute(module: &str, own: &str, is_package: bool) -> Option<String> {
    let rest = module.trim_start_matches('.');
    let dots = module.len() - rest.len();
    if dots == 0 {
        return Some(module.to_owned());
    }
    let mut package = own;
    for _ in usize::from(is_package)..dots {
        package = package.rsplit_once('.')?.0;
    }
    Some(if rest.is_empty() { package.to_owned() } else { format!("{package}.{rest}") })
}

/// The names behind `import`, with what they are called here.
fn names(text: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let text = text.trim_start_matches([' ', '\t']);
    let (items, is_long) = match text.strip_prefix('(') {
        Some(inner) => (&inner[..memchr::memchr(b')', inner.as_bytes()).unwrap_or(inner.len())], true),
        None => (&text[..text::line_end(text, 0)], false),
    };
    let lines = items.split('\n').take(if is_long { usize::MAX } else { 1 });
    lines.flat_map(|line| line.split('#').next().unwrap_or_default().split(',')).filter_map(|item| {
        let mut words = item.split_whitespace();
        let name = words.next().filter(|name| *name == "*" || name.bytes().all(is_word))?;
        Some((name, words.next().filter(|word| *word == "as").and_then(|_| words.next())))
    })
}

/// Whether a class of the text may have a base of this name.
fn is_inherited(text: &str, name: &str) -> bool {
    text::words(text, name).any(|at| {
        let start = memchr::memrchr(b'\n', &text.as_bytes()[..at]).map_or(0, |end| end + 1);
        text[start..at].trim_start().starts_with("class ")
    })
}
