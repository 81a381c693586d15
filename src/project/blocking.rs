//! The table of what blocks the thread that calls it, and what may be done about it.
//!
//! Data, not code: `blocking.toml` beside this file, whose head explains the words. In goes a dotted path, out comes its
//! [`Group`]: the family, and whether the call may run in another thread. Whose path a call has is [`super::blocks`]'s affair.
//!
//! Reading all of it as TOML takes half as long as a whole run over one file. So loading it finds the headings and the
//! quoted names only, and a group is parsed when somebody asks for it; a test holds the two against each other.

mod own;

pub use own::Own;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::StrDeserializer;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, OnceLock};

/// Stands behind a class for whatever an object of it is asked for.
const ANY: &str = ".*";

const TABLE: &str = include_str!("blocking.toml");

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

impl Family {
    /// The family that is called so in the table and on pages.
    fn named(name: &str) -> Option<Family> {
        let name: StrDeserializer<serde::de::value::Error> = name.into_deserializer();
        Family::deserialize(name).ok()
    }
}

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

/// The costs and their names.
const COSTS: [(&str, Cost); 6] = [
    ("metadata", Cost::Metadata),
    ("data", Cost::Data),
    ("network", Cost::Network),
    ("process", Cost::Process),
    ("cpu", Cost::Cpu),
    ("forever", Cost::Forever),
];

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
    /// What it gives is to be read to its end there as well.
    Collected,
    Refused,
}

/// Functions, constructors and methods of which the same is true.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Modules and classes, and the names in each.
    #[serde(rename = "of")]
    _of: serde::de::IgnoredAny,
    #[serde(rename = "names")]
    _names: serde::de::IgnoredAny,
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
    /// It keeps what it gave, so that only its first call blocks.
    #[serde(default)]
    pub kept: bool,
    pub source: String,
    /// The dotted path of a coroutine function that does the same.
    #[serde(skip)]
    pub replacement: Option<String>,
    /// Whether it is the configuration's.
    #[serde(skip)]
    pub is_own: bool,
}

/// What looks like a file and waits for nothing.
pub struct Memory {
    pub classes: Vec<&'static str>,
    pub names: Vec<&'static str>,
}

/// The table, ready to be asked.
pub struct Blocking {
    /// The TOML below the heading of each group, and what it says.
    groups: Vec<(Family, &'static str, OnceLock<Group>)>,
    /// The group of each path, by its index.
    entries: FxHashMap<String, usize>,
    /// The families of each last name.
    names: FxHashMap<Cow<'static, str>, Families>,
    /// The paths of the configuration.
    own: BTreeSet<String>,
    /// Those of them that are not to be reported.
    ignored: FxHashSet<String>,
    results: FxHashMap<&'static str, &'static str>,
    aliases: FxHashMap<&'static str, &'static str>,
    /// The modules and classes that the table names, by the package that they begin in.
    packages: FxHashMap<&'static str, BTreeSet<&'static str>>,
    pub memory: Memory,
}

/// A set of families.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Families(u16);

impl Families {
    /// The families of these names; unknown names are left out.
    pub fn named<'n>(names: impl IntoIterator<Item = &'n str>) -> Families {
        names.into_iter().filter_map(Family::named).fold(Families::default(), Families::with)
    }

    pub fn has(self, family: Family) -> bool {
        self.0 & 1 << family as u16 != 0
    }

    pub fn overlaps(self, other: Families) -> bool {
        !self.both(other).is_empty()
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those that are in both.
    pub fn both(self, other: Families) -> Families {
        Families(self.0 & other.0)
    }

    /// Those that are in one or the other.
    pub fn either(self, other: Families) -> Families {
        Families(self.0 | other.0)
    }

    pub fn with(self, family: Family) -> Families {
        Families(self.0 | 1 << family as u16)
    }
}

/// The table of what blocks.
pub fn blocking() -> &'static Blocking {
    static BLOCKING: LazyLock<Blocking> = LazyLock::new(|| Blocking::of(TABLE));
    &BLOCKING
}

impl Blocking {
    fn of(table: &'static str) -> Blocking {
        let mut blocking = Blocking {
            groups: Vec::new(),
            entries: FxHashMap::default(),
            names: FxHashMap::default(),
            own: BTreeSet::new(),
            ignored: FxHashSet::default(),
            results: FxHashMap::default(),
            aliases: FxHashMap::default(),
            packages: FxHashMap::default(),
            memory: Memory { classes: Vec::new(), names: Vec::new() },
        };
        for (heading, section) in sections(table) {
            match heading {
                "results" => {
                    blocking.results = pairs(section);
                    let named: Vec<&str> = blocking.results.iter().flat_map(|(maker, made)| [*maker, *made]).collect();
                    named.into_iter().for_each(|path| blocking.name(path));
                }
                "aliases" => blocking.aliases = pairs(section),
                "memory" => {
                    blocking.memory = Memory {
                        classes: listed(section, "classes").collect(),
                        names: listed(section, "names").collect(),
                    }
                }
                family => {
                    let family = Family::named(family).expect("the headings are families, as a test shows");
                    blocking.add(family, section);
                }
            }
        }
        blocking
    }

    fn add(&mut self, family: Family, section: &'static str) {
        listed(section, "of").for_each(|of| self.name(of));
        for name in listed(section, "names") {
            let families = self.names.entry(Cow::Borrowed(name)).or_default();
            *families = families.with(family);
            self.entries.extend(listed(section, "of").map(|of| (format!("{of}.{name}"), self.groups.len())));
        }
        self.groups.push((family, section, OnceLock::new()));
    }

    fn name(&mut self, path: &'static str) {
        let path = path.strip_suffix(ANY).unwrap_or(path);
        let named = self.packages.entry(path.split('.').next().unwrap_or(path)).or_default();
        named.insert(path);
        // The class of a method is named as well.
        named.extend(path.rsplit_once('.').map(|(of, _)| of).filter(|of| of.contains('.')));
    }

    /// The modules, classes and functions of a package that the table names; none where it names none.
    pub fn named_in(&self, package: &str) -> Option<&BTreeSet<&'static str>> {
        self.packages.get(package)
    }

    /// The group of a public path.
    pub fn group(&self, path: &str) -> Option<(Family, &Group)> {
        self.entries.get(path).map(|at| self.group_at(*at))
    }

    fn group_at(&self, at: usize) -> (Family, &Group) {
        let (family, section, group) = &self.groups[at];
        let parse = || toml::from_str(section).expect("the embedded table is valid, as a test shows");
        (*family, group.get_or_init(parse))
    }

    /// The paths of the configuration, as the project knows them, in order.
    pub fn own(&self) -> &BTreeSet<String> {
        &self.own
    }

    /// The families that have something of this last name.
    pub fn families(&self, name: &str) -> Families {
        self.names.get(name).copied().unwrap_or_default()
    }

    /// What calling something at a public path gives: the path of a class; none where the table does not say.
    pub fn result(&self, path: &str) -> Option<&'static str> {
        self.results.get(path).copied()
    }

    /// What any attribute or item of an object of a class is, where they are all alike.
    pub fn member(&self, class: &str) -> Option<&'static str> {
        self.results.get(&*format!("{class}{ANY}")).copied()
    }

    /// The public spelling of a path.
    pub fn public(&self, path: &str) -> String {
        let ends = std::iter::once(path.len()).chain(path.rmatch_indices('.').map(|(at, _)| at));
        let alias = ends.into_iter().find_map(|end| Some((self.aliases.get(&path[..end])?, end)));
        alias.map_or_else(|| path.to_owned(), |(public, end)| format!("{public}{}", &path[end..]))
    }

    /// All paths with their family and group, in order.
    pub fn entries(&self) -> BTreeMap<&str, (Family, &Group)> {
        self.entries.iter().map(|(path, at)| (path.as_str(), self.group_at(*at))).collect()
    }
}

/// The heading of each table of the file, without its brackets, and the text below it.
fn sections(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut rest = table;
    std::iter::from_fn(move || {
        let start = memchr::memmem::find(rest.as_bytes(), b"\n[")? + 1;
        let (heading, below) = rest[start..].split_once('\n')?;
        let end = memchr::memmem::find(below.as_bytes(), b"\n[").map_or(below.len(), |end| end + 1);
        // The line end before the next heading belongs to both.
        rest = &below[end.saturating_sub(1)..];
        Some((heading.trim_matches(['[', ']']), &below[..end]))
    })
}

/// The strings of the list under a key, which has no string with a bracket or an escape in it.
fn listed(section: &'static str, key: &str) -> impl Iterator<Item = &'static str> {
    let is_key = |at: &usize| *at == 0 || section.as_bytes()[at - 1] == b'\n';
    let start = section
        .match_indices(key)
        .map(|(at, _)| at)
        .find(|at| is_key(at) && section[at + key.len()..].starts_with(" = ["));
    let list = start.map_or("", |start| &section[start..]);
    let list = &list[..list.find(']').unwrap_or(list.len())];
    list.split('"').skip(1).step_by(2)
}

/// The keys and values of a table of strings, one on each line.
fn pairs(section: &'static str) -> FxHashMap<&'static str, &'static str> {
    let pair = |line: &'static str| {
        let mut parts = line.split('"').skip(1).step_by(2);
        Some((parts.next()?, parts.next()?))
    };
    section.lines().filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The file as a reader of TOML sees it.
    #[derive(Deserialize)]
    struct Tables {
        results: BTreeMap<String, String>,
        aliases: BTreeMap<String, String>,
        memory: BTreeMap<String, Vec<String>>,
        #[serde(flatten)]
        families: BTreeMap<Family, Vec<Listed>>,
    }

    #[derive(Deserialize)]
    struct Listed {
        of: Vec<String>,
        names: Vec<String>,
    }

    #[test]
    fn what_is_read_lexically_is_what_the_file_says() {
        let tables: Tables = toml::from_str(TABLE).expect("the table is TOML");
        let blocking = blocking();
        let mut paths = BTreeSet::new();
        for (family, group) in
            tables.families.iter().flat_map(|(family, groups)| groups.iter().map(move |one| (family, one)))
        {
            for (of, name) in group.of.iter().flat_map(|of| group.names.iter().map(move |name| (of, name))) {
                let path = format!("{of}.{name}");
                assert_eq!(blocking.group(&path).map(|(family, _)| family), Some(*family), "{path}");
                assert!(blocking.families(name).has(*family), "{path}");
                assert!(paths.insert(path.clone()), "{path} is in the table twice");
            }
        }
        assert!(blocking.entries().keys().copied().eq(paths.iter().map(String::as_str)));
        let same = |told: &FxHashMap<&str, &str>, written: &BTreeMap<String, String>| {
            told.len() == written.len() && written.iter().all(|(key, value)| told.get(&**key) == Some(&&**value))
        };
        assert!(same(&blocking.results, &tables.results) && same(&blocking.aliases, &tables.aliases));
        assert_eq!(blocking.memory.classes, tables.memory["classes"]);
        assert_eq!(blocking.memory.names, tables.memory["names"]);
    }
}
