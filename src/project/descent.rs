//! How plain functions get to a call that blocks, through any number of calls across files.
//!
//! In: what is called. Out: whether running it blocks its thread, and by which way, or why nobody can tell. What a function
//! calls is in its summary ([`DeedKind::Call`]); each call is followed where the inference knows what it means, and where it
//! may be one of several, a method with overrides, all of them have to block. What a function hands to others without
//! calling it is not followed, and so nothing that a thread or an executor is given. A call that only asks the file system
//! about a name does not count: a function that makes one is no slower for it.
//!
//! A way is looked for only along the names of [`names()`], which a search of all files gives once.

mod names;

pub(super) use names::{Leaves, names};

use crate::outline::BlockKind;
use crate::project::blocking::{Cost, Family, Group, blocking};
use crate::project::blocks::Blocked;
use crate::project::expression::Expression;
use crate::project::inference::{Consulted, Inference, Place};
use crate::project::linked::{Definition, Origin};
use crate::project::types::Type;
use crate::project::{Answer, Module};
use crate::summary::{Deed, DeedKind, Summary, callee_end, last_name};
use crate::syntax::ancestors;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use tree_sitter::Node;

/// How many functions are looked at for one way.
const FUNCTIONS: usize = 400;

/// How many alternatives of alternatives are followed.
const DEPTH: usize = 12;

/// What a function asks that does one thing on an event loop and another elsewhere.
const ASKS_WHERE: [&str; 8] = [
    "_get_running_loop",
    "current_async_library",
    "current_task",
    "current_thread",
    "get_event_loop",
    "get_ident",
    "get_running_loop",
    "main_thread",
];

/// A way from a plain function to a call that blocks.
#[derive(Debug)]
pub struct Descent {
    /// `load → _read → time.sleep`, with the places of the calls.
    pub told: String,
    pub group: &'static Group,
}

/// Whether a call gets to one that blocks.
#[derive(Clone, Debug)]
pub enum Reached {
    By(Arc<Descent>),
    No(String),
    Unknown(String),
}

/// What was found out of functions, for all files.
#[derive(Default)]
pub struct Descents {
    known: Mutex<FxHashMap<Definition, Arc<Known>>>,
    leads: Mutex<FxHashMap<Definition, Arc<Leads>>>,
}

/// What one function leads to, and what that leans on.
struct Leads {
    /// Why its body is not run, or not as elsewhere.
    otherwise: Option<String>,
    /// The calls that lead somewhere, with their rows.
    edges: Vec<(Edge, u32)>,
    consulted: Consulted,
}

/// What was found out of one, and what that leans on.
struct Known {
    reached: Reached,
    consulted: Consulted,
}

/// What a function that fell over left behind is as good as before.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// What one call in a function leads to.
enum Edge {
    /// It blocks: the dotted path of what is called, as people know it.
    Leaf(String, &'static Group),
    /// It runs one of these.
    Functions(Vec<Definition>),
}

/// A function on the way, and the one that calls it in a row.
struct Step {
    function: Definition,
    from: Option<(usize, u32)>,
}

impl Module<'_> {
    /// Whether a call of `function` runs plain functions that get to a call that blocks.
    pub fn descends(&self, function: Node) -> Reached {
        let Some((inference, _)) = self.inference() else {
            return Reached::No("the file is looked at alone".to_owned());
        };
        let Some(call) = function.parent().filter(|call| call.kind() == "call") else {
            return Reached::No("it is not called".to_owned());
        };
        let around = ancestors(call).find(|outer| outer.kind() != "parenthesized_expression");
        if around.is_some_and(|outer| outer.kind() == "await") {
            return Reached::No("it is awaited".to_owned());
        }
        match self.blocking_call(function) {
            Ok(_) => Reached::No("it blocks by itself".to_owned()),
            Err(Answer::Unknown(reason)) if self.runs_by_hand() => Reached::Unknown(reason),
            Err(_) => inference.descends(&self.infer(function)),
        }
    }

    /// The same as an answer.
    pub fn descends_to_block(&self, function: Node) -> Answer {
        match self.descends(function) {
            Reached::By(_) => Answer::Yes,
            Reached::No(reason) => Answer::No(reason),
            Reached::Unknown(reason) => Answer::Unknown(reason),
        }
    }
}

impl Inference<'_> {
    /// Whether calling something gets to a call that blocks.
    pub fn descends(&self, callee: &Type) -> Reached {
        // Where the method itself does not block, no override changes that.
        if let Type::Function(function) = callee
            && self.is_of_run(function.definition)
            && !self.does_nothing(function.definition)
            && let reached @ (Reached::No(_) | Reached::Unknown(_)) = self.descent(function.definition)
        {
            return reached;
        }
        match self.functions_of(callee) {
            Ok(functions) => self.agreed(&functions),
            Err(reason) => Reached::Unknown(reason),
        }
    }

    fn does_nothing(&self, function: Definition) -> bool {
        self.entry(function.module).summary.blocks[function.block as usize].is_empty
    }

    /// What alternatives say together.
    fn agreed(&self, functions: &[Definition]) -> Reached {
        let mut all = functions.iter().map(|function| (*function, self.descent(*function)));
        let Some((_, first)) = all.next() else { return Reached::No("it runs no function of the project".to_owned()) };
        all.fold(first, |agreed, (function, reached)| match (&agreed, &reached) {
            (Reached::By(_), Reached::By(_)) | (Reached::No(_), Reached::No(_)) => agreed,
            (Reached::Unknown(_), _) => agreed,
            (_, Reached::Unknown(_)) => reached,
            _ => Reached::Unknown(format!("`{}` does otherwise ({})", self.path(function), self.location(function))),
        })
    }

    /// The functions of the project that calling something runs, one of them; none where it runs nothing of the kind.
    pub(super) fn functions_of(&self, callee: &Type) -> Result<Vec<Definition>, String> {
        match callee {
            Type::Unknown(reason) | Type::Foreign(reason, _) => Err(reason.to_string()),
            Type::StaticMethod(inner) | Type::ClassMethod(inner) => self.functions_of(inner),
            Type::Union(parts) => {
                let all: Result<Vec<_>, _> = parts.iter().map(|part| self.functions_of(part)).collect();
                let all = all?;
                match all.iter().any(Vec::is_empty) {
                    true if all.iter().any(|functions| !functions.is_empty()) => {
                        Err("it may be one thing or another".to_owned())
                    }
                    _ => Ok(all.concat()),
                }
            }
            Type::Class(class, _) => match self.member(*class, "__init__", false) {
                Type::Function(init) if self.is_of_run(init.definition) => Ok(vec![init.definition]),
                _ => Ok(Vec::new()),
            },
            Type::Function(function) if self.is_of_run(function.definition) => {
                let own = function.definition;
                let entry = self.entry(own.module);
                let mut all = match &function.receiver {
                    Some(Type::Instance(class, _)) => self.near_overrides(*class, entry.summary.name_of(own.block)),
                    _ => Vec::new(),
                };
                // A method that does nothing is there to be overridden.
                if all.is_empty() || !entry.summary.blocks[own.block as usize].is_empty {
                    all.insert(0, own);
                }
                Ok(all)
            }
            _ => Ok(Vec::new()),
        }
    }

    /// The methods of subclasses that stand in for a method of a class. A class that nobody names as a base has none.
    fn near_overrides(&self, class: Definition, name: &str) -> Vec<Definition> {
        if self.methods(name).len() < 2 || self.heirs(class).len() < 2 {
            Vec::new()
        } else {
            self.overrides(class, name)
        }
    }

    fn is_of_run(&self, function: Definition) -> bool {
        self.entry(function.module).origin == Origin::Run
    }

    /// Whether a function gets to a call that blocks, by the shortest way. Found out once for all files.
    pub fn descent(&self, function: Definition) -> Reached {
        let shared = &self.project.descents().known;
        let known = locked(shared).get(&function).cloned();
        if let Some(known) = known {
            self.consult(&known.consulted);
            return known.reached.clone();
        }
        let mut descending = self.descending.borrow().clone();
        if descending.len() >= DEPTH || descending.contains(&function) {
            self.leans_on_descent.set(true);
            return Reached::No("it is part of its own way".to_owned());
        }
        let is_first = descending.is_empty();
        descending.push(function);
        // What is asked on the way is all that the answer leans on.
        let apart = Inference::new(self.project);
        apart.descending.replace(descending);
        let reached = apart.shortest_descent(function);
        let consulted = apart.consulted();
        self.consult(&consulted);
        match apart.leans_on_descent.get() && !is_first {
            // What was found on the way to itself may be another thing when it is asked for first.
            true => self.leans_on_descent.set(true),
            false => drop(locked(shared).insert(function, Arc::new(Known { reached: reached.clone(), consulted }))),
        }
        reached
    }

    /// What one function leads to. Found out once for all files.
    fn leads(&self, function: Definition) -> Arc<Leads> {
        let shared = &self.project.descents().leads;
        let known = locked(shared).get(&function).cloned();
        let leads = known.unwrap_or_else(|| {
            let apart = Inference::new(self.project);
            let otherwise = apart.runs_otherwise(function);
            let deeds = if otherwise.is_some() { Vec::new() } else { apart.deeds(function) };
            let edges = deeds.iter().filter_map(|deed| Some((apart.edge(function, deed)?, deed.row))).collect();
            let leads = Arc::new(Leads { otherwise, edges, consulted: apart.consulted() });
            locked(shared).insert(function, leads.clone());
            leads
        });
        self.consult(&leads.consulted);
        leads
    }

    fn shortest_descent(&self, function: Definition) -> Reached {
        if let Some(reason) = &self.leads(function).otherwise {
            return Reached::No(reason.clone());
        }
        let mut steps = vec![Step { function, from: None }];
        let mut seen = FxHashSet::from_iter([function]);
        let mut doubt = None;
        let mut at = 0;
        while at < steps.len() && steps.len() < FUNCTIONS {
            for (edge, row) in &self.leads(steps[at].function).edges {
                let next = match edge {
                    Edge::Leaf(path, group) => {
                        let told = self.told_descent(&steps, at, path, *row);
                        return Reached::By(Arc::new(Descent { told, group }));
                    }
                    Edge::Functions(functions) => functions,
                };
                if next.len() > 1 {
                    match self.agreed(next) {
                        Reached::By(_) => {}
                        Reached::No(_) => continue,
                        Reached::Unknown(reason) => {
                            doubt.get_or_insert(reason);
                            continue;
                        }
                    }
                }
                let next = next[0];
                if seen.insert(next) && self.leads(next).otherwise.is_none() {
                    steps.push(Step { function: next, from: Some((at, *row)) });
                }
            }
            at += 1;
        }
        match doubt {
            Some(reason) => Reached::Unknown(reason),
            None => Reached::No("nothing that it is known to call blocks".to_owned()),
        }
    }

    /// Why calling a function does not run its body then and there, or not as it does elsewhere.
    fn runs_otherwise(&self, function: Definition) -> Option<String> {
        let entry = self.entry(function.module);
        let block = &entry.summary.blocks[function.block as usize];
        if block.kind != (BlockKind::Function { is_async: false }) {
            return Some("calling it only makes a coroutine".to_owned());
        }
        if block.is_generator {
            return Some("calling it only makes a generator".to_owned());
        }
        let name = || entry.summary.name_of(function.block);
        if self.project.blocking().ignores(&self.path(function)) {
            return Some(format!("the configuration says to ignore `{}`", name()));
        }
        if is_cached(&entry.summary, function.block) {
            return Some(format!("`{}` keeps what it gave, and only its first call blocks", name()));
        }
        let asks = |deed: &Deed| deed.kind == DeedKind::Call && asks_where(last_name(entry.summary.slice(deed.source)));
        self.deeds(function).iter().any(asks).then(|| format!("`{}` asks where it runs", name()))
    }

    /// What a function does, as its summary says.
    pub(super) fn deeds(&self, function: Definition) -> Vec<Deed> {
        self.follow(function.module);
        let entry = self.entry(function.module);
        let deeds = &entry.summary.deeds;
        let first = deeds.partition_point(|deed| deed.block < function.block);
        deeds[first..].iter().take_while(|deed| deed.block == function.block).cloned().collect()
    }

    /// What one call leads to, if it is anywhere. Of functions that are not among [`names()`] nothing is known here.
    fn edge(&self, caller: Definition, deed: &Deed) -> Option<Edge> {
        let entry = self.entry(caller.module);
        let source = entry.summary.slice(deed.source);
        let name = last_name(source);
        let may_block =
            !self.project.blocking().families(name).is_empty() || !source[..callee_end(source)].contains('.');
        let may_descend = self.may_descend(name);
        if deed.kind != DeedKind::Call || !(may_block || may_descend) {
            return None;
        }
        let call = Expression::parse(source);
        let Expression::Call(callee, positional, named) = &call else { return None };
        let place = Place { module: caller.module, block: Some(caller.block) };
        if may_block && let Some((family, group)) = self.table_says(callee, &place) {
            let may_be_short = group.bounded
                || is_free(group, positional, named)
                || self.is_excused(caller, deed, family)
                || family == Family::File && self.may_lie_in_memory(name, positional, &place);
            let is_short = group.cost == Cost::Metadata || !group.is_own && may_be_short;
            return (!is_short).then(|| Edge::Leaf(self.shown(callee, &place), group));
        }
        if !may_descend {
            return None;
        }
        match self.functions_of(&self.infer(callee, &place)) {
            Ok(functions) if !functions.is_empty() => Some(Edge::Functions(functions)),
            _ => None,
        }
    }

    /// What the table says of what is called in a place of a summary.
    pub(super) fn table_says(&self, callee: &Expression, place: &Place) -> Option<(Family, &'static Group)> {
        let said = match callee {
            Expression::Attribute(object, name) => self.method_blocks(&self.infer(object, place), name),
            callee => self.function_blocks(&self.infer(callee, place)),
        };
        match said {
            Blocked::By(family, group) => Some((family, group)),
            _ => None,
        }
    }

    /// Whether something around a call says that it does not wait: its object is asked first, or it was made so.
    fn is_excused(&self, caller: Definition, deed: &Deed, family: Family) -> bool {
        let entry = self.entry(caller.module);
        let source = entry.summary.slice(deed.source);
        let object = source[..callee_end(source)].rsplit_once('.').map_or("", |(object, _)| object);
        let asked = ["done", "poll", "is_alive"].map(|question| format!("{object}.{question}("));
        let deeds = self.deeds(caller);
        let is_asked = || {
            let mut sources = deeds.iter().map(|deed| entry.summary.slice(deed.source));
            sources.any(|other| asked.iter().any(|asked| other.starts_with(asked.as_str())))
        };
        let unblocks =
            |deed: &Deed| matches!(last_name(entry.summary.slice(deed.source)), "setblocking" | "settimeout");
        match family {
            Family::Socket => entry.summary.deeds.iter().any(unblocks),
            // A function that acquires a lock holds it for a while, as `with lock:` does.
            Family::Lock => last_name(source) == "acquire" || is_asked(),
            Family::Process => is_asked(),
            _ => false,
        }
    }

    /// Whether a function that takes an open file is given one that may be in memory.
    fn may_lie_in_memory(&self, name: &str, positional: &[Expression], place: &Place) -> bool {
        let Some(first) = positional.first() else { return false };
        match self.infer(first, place) {
            Type::Instance(class, _) => blocking().memory.classes.contains(&&*self.path(class)),
            ty => {
                ty.is_unknown() && !matches!(name, "open" | "read_text" | "read_bytes" | "write_text" | "write_bytes")
            }
        }
    }

    /// What is called, as people know it: by its path, or as it is written.
    fn shown(&self, callee: &Expression, place: &Place) -> String {
        let path = self.path_of(&self.infer(callee, place)).map(|path| blocking().public(&path));
        let path = path.map(|path| path.trim_start_matches("builtins.").to_owned());
        path.or_else(|| callee.dotted()).unwrap_or_else(|| match callee {
            Expression::Attribute(object, name) => match &**object {
                Expression::Call(made, ..) => format!("{}(…).{name}", made.dotted().unwrap_or_default()),
                _ => name.to_string(),
            },
            _ => "a call".to_owned(),
        })
    }

    /// The way from the first step to what the step at `at` calls in a row.
    fn told_descent(&self, steps: &[Step], at: usize, leaf: &str, row: u32) -> String {
        let mut names = vec![leaf.to_owned()];
        let mut places = Vec::new();
        let mut next = Some((at, row));
        while let Some((at, row)) = next {
            let Step { function, from } = &steps[at];
            let entry = self.entry(function.module);
            let name = entry.summary.name_of(function.block);
            let class = entry.summary.blocks[function.block as usize].parent.filter(|_| name == "__init__");
            names.push(class.map_or(name, |class| entry.summary.name_of(class)).to_owned());
            places.push(entry.place(row));
            next = *from;
        }
        names.reverse();
        places.reverse();
        format!("`{}` ({})", names.join(" → "), places.join(", "))
    }
}

/// Whether what is called tells its caller apart: whether it runs on an event loop, or in which thread. What is called for the sake
/// of another thread's loop is called in none.
fn asks_where(name: &str) -> bool {
    ASKS_WHERE.contains(&name) || name.ends_with("_threadsafe")
}

/// Whether a decorator keeps what a function gave.
fn is_cached(summary: &Summary, function: u32) -> bool {
    let block = &summary.blocks[function as usize];
    let decorators =
        summary.slice(block.head).split(['\n', '\r']).filter_map(|line| line.trim_start().strip_prefix('@'));
    block.decorators > 0
        && decorators.into_iter().any(|decorator| {
            let path = decorator.split('(').next().unwrap_or(decorator).trim();
            matches!(path.rsplit('.').next(), Some("cache" | "lru_cache"))
        })
}

/// Whether one of the arguments says that a call returns at once.
fn is_free(group: &Group, positional: &[Expression], named: &[(Box<str>, Expression)]) -> bool {
    group.free.iter().filter_map(|free| free.split_once('=')).any(|(key, _)| {
        let given = match key.parse::<usize>() {
            Ok(at) => positional.get(at),
            Err(_) => named.iter().find(|(name, _)| &**name == key).map(|(_, value)| value),
        };
        // A summary keeps of a literal only that it is one.
        given.is_some()
    })
}
