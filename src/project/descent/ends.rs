//! What ends a way: the calls that block, by the table, and those that run an event loop.
//!
//! In: a call as a summary keeps it. Out: what it is, as people know it, if it is an end.

use super::{Ends, Goal};
use crate::project::blocking::{Cost, Family, Group, blocking};
use crate::project::blocks::Blocked;
use crate::project::expression::Expression;
use crate::project::inference::{Inference, Place};
use crate::project::linked::{Definition, Project};
use crate::project::types::Type;
use crate::summary::{Deed, callee_end, last_name};

/// What runs a loop, by its path.
const RUNNERS: [&str; 2] = ["asyncio.run", "asyncio.run_until_complete"];

/// What opens a file by its path, and so no file that somebody else opened.
const OPENERS: [&str; 5] = ["open", "read_bytes", "read_text", "write_bytes", "write_text"];

/// The method of a loop that runs a coroutine to its end.
const RUN: &str = "run_until_complete";

impl<'p> Ends<'p> {
    /// Those of a goal in a project.
    pub fn of(project: &'p Project, goal: Goal) -> Ends<'p> {
        match goal {
            Goal::Block => Ends::of_table(project.blocking()),
            Goal::Loop => Ends::of_paths(goal, &RUNNERS),
        }
    }
}

impl Inference<'_> {
    /// What a call is, as people know it, where it is an end.
    pub(super) fn end(&self, goal: Goal, caller: Definition, deed: &Deed) -> Option<String> {
        match goal {
            Goal::Block => self.blocker(caller, deed),
            Goal::Loop => self.runner(caller, deed),
        }
    }

    /// The same of a call that blocks.
    fn blocker(&self, caller: Definition, deed: &Deed) -> Option<String> {
        let entry = self.entry(caller.module);
        let source = entry.summary.slice(deed.source);
        let call = Expression::parse(source);
        let Expression::Call(callee, positional, named) = &call else { return None };
        let place = Place { module: caller.module, block: Some(caller.block) };
        let (family, group) = self.table_says(callee, &place)?;
        let may_be_short = group.bounded
            || group.kept
            || self.is_handed_in(callee, caller, family)
            || is_free(group, positional, named)
            || self.is_excused(caller, deed, family)
            || family == Family::File && self.may_lie_in_memory(last_name(source), positional, &place);
        let is_short = group.cost == Cost::Metadata || !group.is_own && may_be_short;
        (!is_short).then(|| self.shown(callee, &place))
    }

    /// The same of a call that runs a loop.
    fn runner(&self, caller: Definition, deed: &Deed) -> Option<String> {
        let entry = self.entry(caller.module);
        let source = entry.summary.slice(deed.source);
        if last_name(source) == RUN {
            return Some(source[..callee_end(source)].to_owned());
        }
        let Expression::Call(callee, ..) = Expression::parse(source) else { return None };
        let place = Place { module: caller.module, block: Some(caller.block) };
        let path = self.path_of(&self.infer(&callee, &place))?;
        matches!(path.as_str(), "asyncio.run" | "asyncio.runners.run").then(|| "asyncio.run".to_owned())
    }

    /// What the table says of what is called in a place of a summary.
    pub(in crate::project) fn table_says(
        &self,
        callee: &Expression,
        place: &Place,
    ) -> Option<(Family, &'static Group)> {
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
        let deeds = entry.summary.deeds_of(caller.block);
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

    /// Whether a file or a socket comes from the caller, who may know that it lies in memory or does not wait.
    fn is_handed_in(&self, callee: &Expression, caller: Definition, family: Family) -> bool {
        let Expression::Attribute(object, method) = callee else { return false };
        let Expression::Name(name, _) = &**object else { return false };
        let may_not_wait = family == Family::Socket || family == Family::File && !OPENERS.contains(&&**method);
        may_not_wait && self.entry(caller.module).parameter(caller.block, name).is_some()
    }

    /// Whether a function that takes an open file is given one that may be in memory.
    fn may_lie_in_memory(&self, name: &str, positional: &[Expression], place: &Place) -> bool {
        let Some(first) = positional.first() else { return false };
        match self.infer(first, place) {
            Type::Instance(class, _) => blocking().memory.classes.contains(&&*self.path(class)),
            ty => ty.is_unknown() && !OPENERS.contains(&name),
        }
    }

    /// What is called, as people know it: by its path, or as it is written.
    fn shown(&self, callee: &Expression, place: &Place) -> String {
        let path = self.path_of(&self.infer(callee, place)).map(|path| self.public(&path));
        let path = path.map(|path| path.trim_start_matches("builtins.").to_owned());
        path.or_else(|| callee.dotted()).unwrap_or_else(|| match callee {
            Expression::Attribute(object, name) => match &**object {
                Expression::Call(made, ..) => format!("{}(…).{name}", made.dotted().unwrap_or_default()),
                _ => name.to_string(),
            },
            _ => "a call".to_owned(),
        })
    }
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
