//! What a configuration says of what blocks: beside the table, and against it.
//!
//! In: the keys and values of `[tool.aiofix.blocking]`, dotted paths with a cost, a replacement, or that they are to be
//! ignored. Out: the table with these. A path is what people import: where it leads to something that is defined elsewhere, both
//! count.

use crate::project::blocking::{Blocking, COSTS, Cost, Families, Family, Group, Offload, TABLE, blocking};
use crate::project::dependencies::top;
use crate::project::inference::Inference;
use crate::project::linked::Project;
use crate::spelling;
use crate::text::is_word;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::{self, Formatter};
use std::sync::OnceLock;

/// What stands for whatever lies below a module or a class.
const BELOW: &str = ".*";

/// What is said of what is not to be reported.
const IGNORE: &str = "ignore";

/// What a configuration says of dotted paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Own(BTreeMap<String, Said>);

/// What is said of one.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Said {
    Blocks {
        cost: Cost,
        /// The dotted path of a coroutine function that does the same.
        replacement: Option<String>,
    },
    /// It is not to be reported.
    Ignored,
}

impl Own {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The table with what is said here, as the project knows the paths. It lives as long as the process, like the table.
    pub fn beside_the_table(&self, project: &Project) -> &'static Blocking {
        let mut blocking = Blocking::of(TABLE);
        for (path, said) in &self.0 {
            let mut paths = vec![blocking.public(path)];
            paths.extend(defined_at(project, path).filter(|defined| *defined != paths[0]));
            for path in paths {
                blocking.say(path, said);
            }
        }
        Box::leak(Box::new(blocking))
    }
}

impl Blocking {
    fn say(&mut self, path: String, said: &Said) {
        if let Some(above) = path.strip_suffix('*') {
            self.entries.retain(|known, _| !known.starts_with(above));
        } else if let Said::Blocks { cost, replacement } = said {
            let families = self.names.entry(Cow::Owned(last(&path).to_owned())).or_default();
            *families = families.either(Families::default().with(cost.family()));
            self.entries.insert(path.clone(), self.groups.len());
            self.groups.push((cost.family(), "", OnceLock::from(Group::own(*cost, replacement.clone()))));
        } else {
            self.entries.remove(&path);
        }
        if *said == Said::Ignored {
            self.ignored.insert(path.clone());
        }
        self.own.insert(path);
    }

    /// Whether what is defined at a path is not to be reported.
    pub fn ignores(&self, path: &str) -> bool {
        let is_below = |above: &String| above.strip_suffix('*').is_some_and(|above| path.starts_with(above));
        self.ignored.contains(path) || self.ignored.iter().any(is_below)
    }
}

impl Group {
    fn own(cost: Cost, replacement: Option<String>) -> Group {
        Group {
            _of: IgnoredAny,
            _names: IgnoredAny,
            cost,
            offload: if cost == Cost::Cpu { Offload::Process } else { Offload::Thread },
            reason: None,
            free: Vec::new(),
            bounded: false,
            kept: false,
            source: "the configuration".to_owned(),
            replacement,
            is_own: true,
        }
    }
}

impl Cost {
    /// The family of what somebody says costs that.
    fn family(self) -> Family {
        match self {
            Cost::Metadata => Family::Path,
            Cost::Data => Family::File,
            Cost::Network => Family::Http,
            Cost::Process => Family::Process,
            Cost::Cpu => Family::Cpu,
            Cost::Forever => Family::Lock,
        }
    }
}

/// The path of what a path leads to in a project, where it is defined.
fn defined_at(project: &Project, path: &str) -> Option<String> {
    let (path, below) = path.strip_suffix(BELOW).map_or((path, ""), |path| (path, BELOW));
    Some(Inference::new(project).defined_at(path)? + below)
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

impl<'de> Deserialize<'de> for Own {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Own, D::Error> {
        deserializer.deserialize_map(OfPaths)
    }
}

/// Reads the whole table.
struct OfPaths;

impl<'de> Visitor<'de> for OfPaths {
    type Value = Own;

    fn expecting(&self, formatter: &mut Formatter) -> fmt::Result {
        formatter.write_str("dotted paths, such as \"mypkg.heavy\" = \"cpu\"")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Own, A::Error> {
        let mut own = BTreeMap::new();
        while let Some(path) = map.next_key::<String>()? {
            let said = map.next_value_seed(OfPath(&path))?;
            let is_builtin = !path.contains('.');
            own.insert(if is_builtin { format!("builtins.{path}") } else { path }, said);
        }
        Ok(Own(own))
    }
}

/// Reads what is said of one path.
struct OfPath<'p>(&'p str);

impl<'de> DeserializeSeed<'de> for OfPath<'_> {
    type Value = Said;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Said, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for OfPath<'_> {
    type Value = Said;

    fn expecting(&self, formatter: &mut Formatter) -> fmt::Result {
        formatter.write_str("a cost such as \"cpu\", \"ignore\", or a table with `cost` and `replacement`")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Said, E> {
        let said = match word {
            IGNORE => Said::Ignored,
            cost => Said::Blocks { cost: cost_named(cost).map_err(E::custom)?, replacement: None },
        };
        self.refuse(&said).map_or(Ok(said), |reason| Err(E::custom(reason)))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Said, A::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            cost: String,
            replacement: Option<String>,
        }
        if !self.0.contains('.') && !is_builtin(self.0) {
            return Err(de::Error::custom(unquoted(self.0)));
        }
        let Table { cost, replacement } = Table::deserialize(MapAccessDeserializer::new(map))?;
        let cost = cost_named(&cost).map_err(de::Error::custom)?;
        if let Some(replacement) = replacement.as_ref().filter(|path| !is_path(path)) {
            return Err(de::Error::custom(format!(
                "`{replacement}` is no dotted path of a coroutine function, such as `mypkg.fetch_async`"
            )));
        }
        let said = Said::Blocks { cost, replacement };
        self.refuse(&said).map_or(Ok(said), |reason| Err(de::Error::custom(reason)))
    }
}

impl OfPath<'_> {
    /// Why that cannot be said of the path.
    fn refuse(&self, said: &Said) -> Option<String> {
        let path = self.0;
        let bare = path.strip_suffix(BELOW).unwrap_or(path);
        if !path.contains('.') {
            return (!is_builtin(path)).then(|| unquoted(path));
        }
        if bare != path && *said != Said::Ignored {
            return Some(format!("`{path}`: `*` stands only in what is ignored: name each function that blocks"));
        }
        if !bare.split('.').all(is_name) {
            return Some(format!("`{path}` is no dotted path, such as `mypkg.heavy` or `mypkg.Client.fetch`"));
        }
        if *said == Said::Ignored { not_known(path, bare) } else { None }
    }
}

/// That nothing is to be ignored at a path of something that the table knows.
fn not_known(path: &str, bare: &str) -> Option<String> {
    let table = blocking();
    let all = table.entries();
    if bare != path {
        let is_known = all.keys().any(|known| known.strip_prefix(bare).is_some_and(|rest| rest.starts_with('.')));
        return (!is_known && table.named_in(top(bare)).is_some())
            .then(|| format!("nothing below `{bare}` is known to block"));
    }
    let public = table.public(path);
    let (of, name) = public.rsplit_once('.')?;
    let names: Vec<&str> = all
        .keys()
        .filter_map(|known| known.rsplit_once('.').filter(|(other, _)| *other == of))
        .map(|(_, name)| name)
        .collect();
    if names.is_empty() || names.contains(&name) {
        return None;
    }
    let near = spelling::nearest(name, names).map_or(String::new(), |near| format!(", did you mean `{of}.{near}`?"));
    Some(format!("`{path}` is not known to block{near}"))
}

fn cost_named(name: &str) -> Result<Cost, String> {
    let known = COSTS.iter().find(|(known, _)| *known == name).map(|(_, cost)| *cost);
    known.ok_or_else(|| {
        let mut words: Vec<&str> = COSTS.iter().map(|(word, _)| *word).collect();
        words.push(IGNORE);
        format!("no cost is called `{name}`, {}", spelling::advice(name, &words))
    })
}

fn is_builtin(name: &str) -> bool {
    blocking().group(&format!("builtins.{name}")).is_some()
}

fn unquoted(key: &str) -> String {
    format!("`{key}` is no dotted path: quote it whole, as in \"{key}.heavy\" = \"cpu\"")
}

fn is_path(path: &str) -> bool {
    path.contains('.') && path.split('.').all(is_name)
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with(|letter: char| letter.is_ascii_digit()) && name.bytes().all(is_word)
}
