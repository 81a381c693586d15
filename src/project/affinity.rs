//! Whether what is called may run in another thread: what it does, and what all does that it calls.
//!
//! In: what is called. Out: why it has to stay where it is, with the place, or nothing. A function that changes what it did
//! not make shares it with whoever runs meanwhile; one that speaks to an event loop, its futures or its queues has to do so in the
//! loop's own thread; and what nobody knows may do either.

use crate::outline::BlockKind;
use crate::project::Module;
use crate::project::blocking::{Family, Offload, blocking};
use crate::project::dependencies::top;
use crate::project::expression::Expression;
use crate::project::inference::{Inference, Place};
use crate::project::linked::{Definition, Origin};
use crate::project::types::{Kind, Type};
use crate::summary::{Deed, DeedKind, last_name};
use rustc_hash::FxHashSet;
use tree_sitter::Node;

/// How many functions are looked at.
const FUNCTIONS: usize = 400;

/// What only works, or works otherwise, in the thread of the event loop, or in the first one.
const BOUND: [&str; 26] = [
    "_getframe",
    "add_done_callback",
    "call_at",
    "call_later",
    "call_soon",
    "chdir",
    "create_future",
    "create_task",
    "current_thread",
    "currentframe",
    "ensure_future",
    "get_event_loop",
    "get_ident",
    "get_running_loop",
    "localcontext",
    "new_event_loop",
    "put_nowait",
    "run_until_complete",
    "set_event_loop",
    "set_exception",
    "set_result",
    "set_wakeup_fd",
    "setcontext",
    "signal",
    "stack",
    "umask",
];

/// Modules whose objects belong to a thread or a task.
const BOUND_MODULES: [&str; 6] = ["asyncio", "contextvars", "curses", "sqlite3", "threading.local", "tkinter"];

/// A function that is going to be looked at.
struct Open {
    function: Definition,
    /// Whether it is called on an object that is being made, which nobody else has yet.
    is_fresh: bool,
}

impl Module<'_> {
    /// Why what a call of `function` runs may not run in another thread.
    pub fn affinity(&self, function: Node) -> Option<String> {
        let (inference, _) = self.inference()?;
        inference.affinity(&self.infer(function))
    }
}

impl Inference<'_> {
    /// Why calling something may do harm in another thread.
    pub fn affinity(&self, callee: &Type) -> Option<String> {
        let functions = match self.functions_of(callee) {
            Ok(functions) => functions,
            Err(reason) => return Some(reason),
        };
        let awaits = |part: &Type| {
            let is_manager = matches!(part, Type::Value(Kind::Manager | Kind::AsyncManager | Kind::AsyncGenerator, _));
            is_manager || matches!(part, Type::Coroutine(_) | Type::Awaitable(_) | Type::Future(_))
        };
        if self.called(callee).parts().iter().any(awaits) {
            return Some("it gives something to await or to enter".to_owned());
        }
        let is_fresh = matches!(callee, Type::Class(..));
        let mut open: Vec<Open> = functions.into_iter().map(|function| Open { function, is_fresh }).collect();
        let mut seen: FxHashSet<(Definition, bool)> = FxHashSet::default();
        while let Some(next) = open.pop() {
            if !seen.insert((next.function, next.is_fresh)) {
                continue;
            }
            if seen.len() > FUNCTIONS {
                return Some("it calls too many functions to look at".to_owned());
            }
            if let Err(reason) = self.follow_deeds(&next, &mut open) {
                return Some(reason);
            }
        }
        None
    }

    fn follow_deeds(&self, of: &Open, open: &mut Vec<Open>) -> Result<(), String> {
        let entry = self.entry(of.function.module);
        let name = entry.summary.name_of(of.function.block);
        if entry.summary.blocks[of.function.block as usize].kind != (BlockKind::Function { is_async: false }) {
            return Err(format!("`{name}` is a coroutine function ({})", self.location(of.function)));
        }
        for deed in self.deeds(of.function) {
            let source = entry.summary.slice(deed.source);
            let place = || entry.place(deed.row);
            let is_of_self = source.starts_with("self.");
            if deed.kind == DeedKind::Change {
                if of.is_fresh && is_of_self {
                    continue;
                }
                return Err(format!("`{name}` changes `{source}`, which others may use meanwhile ({})", place()));
            }
            let next = self.called_by(of.function, &deed).map_err(|reason| format!("{reason} ({})", place()))?;
            for (function, makes) in next {
                let is_own = is_of_self && source.matches('.').count() == 1 || source.starts_with("super().");
                open.push(Open { function, is_fresh: makes || of.is_fresh && is_own });
            }
        }
        Ok(())
    }

    /// The functions of the project that a call runs, and whether it makes an object by them. An error: why it cannot move.
    fn called_by(&self, caller: Definition, deed: &Deed) -> Result<Vec<(Definition, bool)>, String> {
        let entry = self.entry(caller.module);
        let source = entry.summary.slice(deed.source);
        let called = source.split('(').next().unwrap_or(source);
        if BOUND.contains(&last_name(source)) {
            return Err(format!("`{called}` belongs to the thread that it is called in"));
        }
        let place = Place { module: caller.module, block: Some(caller.block) };
        let Expression::Call(callee, ..) = Expression::parse(source) else {
            return Err(format!("`{called}` is not read"));
        };
        if let Some((family, group)) = self.table_says(&callee, &place) {
            return match group.offload {
                // Where a coroutine would sleep without a thread, a plain function needs one.
                Offload::Refused if family != Family::Sleep => {
                    Err(format!("`{called}` cannot move: {}", group.reason.as_deref().unwrap_or_default()))
                }
                Offload::Process => Err(format!(
                    "`{called}` holds the interpreter lock, so that a thread would not help: a `ProcessPoolExecutor` would"
                )),
                _ => Ok(Vec::new()),
            };
        }
        let ty = self.infer(&callee, &place);
        let path = self.path_of(&ty).or_else(|| self.known_path(&ty)).unwrap_or_default();
        let is_bound =
            |module: &&&str| path.strip_prefix(**module).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        if let Some(module) = BOUND_MODULES.iter().find(is_bound) {
            return Err(format!("`{called}` is of `{module}`, whose objects belong to one thread or task"));
        }
        match self.functions_of(&ty) {
            Ok(functions) if functions.is_empty() && !self.may_move(&ty, &path) => {
                Err(format!("nobody knows whether `{called}` may run in another thread"))
            }
            Ok(functions) => {
                let makes = matches!(ty, Type::Class(..));
                Ok(functions.into_iter().map(|function| (function, makes)).collect())
            }
            Err(_) if !path.is_empty() && self.may_move(&ty, &path) => Ok(Vec::new()),
            Err(_) if !path.is_empty() => Err(format!("nobody knows whether `{called}` may run in another thread")),
            Err(reason) => Err(format!("nobody knows what `{called}` does: {reason}")),
        }
    }

    /// Whether something that runs no function of the project may be called in any thread: a method of a plain value, what is of
    /// the standard library or of a library that the table knows to be made for threads, and a class that says nothing of how it
    /// is made.
    fn may_move(&self, ty: &Type, path: &str) -> bool {
        match ty {
            Type::Value(..) => true,
            Type::Class(class, _) if self.entry(class.module).origin == Origin::Run => {
                self.order(*class).missing.is_none()
            }
            _ => !path.is_empty() && (self.is_standard(path) || blocking().named_in(top(path)).is_some()),
        }
    }
}
