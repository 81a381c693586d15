//! The table of what blocks the thread that calls it, and what may be done about it.
//!
//! Data, not code: `blocking.toml` beside this file, whose head explains the words. In goes a dotted path, out comes its
//! [`Group`]: the family, and whether the call may run in another thread. Whose path a call has is [`super::blocks`]'s affair.

use rustc_hash::FxHashMap;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The kinds of blocking calls, each with a page of its own.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    Sleep,
    Http,
    Database,
    File,
    Path,
    Process,
    Socket,
    Lock,
    Input,
    Cpu,
}

/// The families and their names.
pub const FAMILIES: [(&str, Family); 10] = [
    ("cpu", Family::Cpu),
    ("database", Family::Database),
    ("file", Family::File),
    ("http", Family::Http),
    ("input", Family::Input),
    ("lock", Family::Lock),
    ("path", Family::Path),
    ("process", Family::Process),
    ("sleep", Family::Sleep),
    ("socket", Family::Socket),
];

/// What the time that a call takes depends on.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Cost {
    Metadata,
    Data,
    Network,
    Process,
    Cpu,
    Forever,
}

impl Cost {
    /// The same in words.
    pub fn told(self) -> &'static str {
        match self {
            Cost::Metadata => "a system call",
            Cost::Data => "as long as there is data",
            Cost::Network => "as long as the network does",
            Cost::Process => "as long as another program runs",
            Cost::Cpu => "the processor",
            Cost::Forever => "until somebody does something",
        }
    }
}

/// Where a call may run instead.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Offload {
    Thread,
    Process,
    Refused,
}

/// Functions, constructors and methods of which the same is true.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Modules and classes.
    of: Vec<String>,
    names: Vec<String>,
    pub cost: Cost,
    pub offload: Offload,
    /// Why it is refused, as a clause.
    pub reason: Option<String>,
    /// Arguments with which the call returns at once: `blocking=False`, `0=False`.
    #[serde(default)]
    pub free: Vec<String>,
    /// It blocks only on an object that was made with a bound.
    #[serde(default)]
    pub bounded: bool,
    pub source: String,
}

/// The file as it is written.
#[derive(Deserialize)]
struct Tables {
    results: BTreeMap<String, String>,
    aliases: BTreeMap<String, String>,
    memory: Memory,
    #[serde(flatten)]
    families: BTreeMap<Family, Vec<Group>>,
}

/// What looks like a file and waits for nothing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    pub classes: Vec<String>,
    pub names: Vec<String>,
}

/// The table, ready to be asked.
pub struct Blocking {
    groups: Vec<(Family, Group)>,
    /// The group of each path, by its index.
    entries: FxHashMap<String, usize>,
    /// The families of each last name.
    names: FxHashMap<String, Families>,
    results: BTreeMap<String, String>,
    aliases: BTreeMap<String, String>,
    pub memory: Memory,
}

/// A set of families.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Families(u16);

impl Families {
    /// The families of these names; unknown names are left out.
    pub fn named<'n>(names: impl IntoIterator<Item = &'n str>) -> Families {
        let known = names.into_iter().filter_map(|name| FAMILIES.iter().find(|(known, _)| *known == name));
        known.fold(Families::default(), |all, (_, family)| all.with(*family))
    }

    pub fn has(self, family: Family) -> bool {
        self.0 & 1 << family as u16 != 0
    }

    pub fn overlaps(self, other: Families) -> bool {
        self.0 & other.0 != 0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn with(self, family: Family) -> Families {
        Families(self.0 | 1 << family as u16)
    }
}

/// The table of what blocks.
pub fn blocking() -> &'static Blocking {
    static TABLE: LazyLock<Blocking> = LazyLock::new(|| {
        let tables = toml::from_str(include_str!("blocking.toml"));
        Blocking::of(tables.expect("the embedded table is valid, as a test shows"))
    });
    &TABLE
}

impl Blocking {
    fn of(tables: Tables) -> Blocking {
        let Tables { results, aliases, memory, families } = tables;
        let groups = families.into_iter().flat_map(|(family, groups)| groups.into_iter().map(move |one| (family, one)));
        let groups: Vec<(Family, Group)> = groups.collect();
        let mut entries = FxHashMap::default();
        let mut names: FxHashMap<String, Families> = FxHashMap::default();
        for (at, (family, group)) in groups.iter().enumerate() {
            for name in &group.names {
                let families = names.entry(name.clone()).or_default();
                *families = families.with(*family);
                entries.extend(group.of.iter().map(|of| (format!("{of}.{name}"), at)));
            }
        }
        Blocking { groups, entries, names, results, aliases, memory }
    }

    /// The group of a dotted path, public or not.
    pub fn group(&self, path: &str) -> Option<(Family, &Group)> {
        let at = *self.entries.get(&self.public(path))?;
        let (family, group) = &self.groups[at];
        Some((*family, group))
    }

    /// The families that have something of this last name.
    pub fn families(&self, name: &str) -> Families {
        self.names.get(name).copied().unwrap_or_default()
    }

    /// What calling something gives: the path of a class. A constructor gives its class.
    pub fn result(&self, path: &str) -> String {
        let path = self.public(path);
        self.results.get(&path).cloned().unwrap_or(path)
    }

    /// The public spelling of a path.
    pub fn public(&self, path: &str) -> String {
        let ends = std::iter::once(path.len()).chain(path.rmatch_indices('.').map(|(at, _)| at));
        let alias = ends.into_iter().find_map(|end| Some((self.aliases.get(&path[..end])?, end)));
        alias.map_or_else(|| path.to_owned(), |(public, end)| format!("{public}{}", &path[end..]))
    }

    /// All paths with their family and group, in order.
    pub fn entries(&self) -> BTreeMap<&str, (Family, &Group)> {
        let told = |at: usize| (self.groups[at].0, &self.groups[at].1);
        self.entries.iter().map(|(path, at)| (path.as_str(), told(*at))).collect()
    }
}
