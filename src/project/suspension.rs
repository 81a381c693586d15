//! What a new suspension point would disturb: a lock that is held, cleanup, a cancellation that is being handled, or state
//! that others share, between where it is read and where it is written.
//!
//! All of this only lowers trust in a fix, so it errs towards a hazard.

use crate::project::scopes::{Binding, BindingKind, Names};
use crate::project::starvation::suspends;
use crate::project::{Answer, Module};
use crate::summary::containers::{CHANGERS, TAKERS};
use crate::syntax::{ancestors, is_async, named_children};
use crate::text::{self, Span};
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;
use tree_sitter::Node;

/// What the name of a lock of `threading` usually holds.
const LOCK_WORDS: [&str; 6] = ["lock", "mutex", "semaphore", "condition", "_cv", "cond"];

/// What makes a lock of `threading` or `multiprocessing`.
const LOCK_MAKERS: [&str; 4] = ["Lock(", "RLock(", "Condition(", "Semaphore("];

/// The longest spelling of a piece of state that is looked at, in bytes: a longer chain is generated code.
const LONGEST: usize = 200;

/// What a function does with state that others share, and with locks, in order of place.
#[derive(Debug, Default)]
pub struct Shared {
    uses: Vec<Use>,
    /// What is acquired without an `await`, where the call ends, and what is released, where it starts.
    acquired: Vec<(String, usize)>,
    released: Vec<(String, usize)>,
    /// The spellings of the state, by [`Use::state`].
    spellings: Vec<String>,
}

/// One use of a piece of state.
#[derive(Debug)]
struct Use {
    state: usize,
    at: usize,
    access: Access,
}

/// How code at some place uses a piece of state.
#[derive(Debug)]
struct Access {
    reads: bool,
    writes: bool,
    /// Where the write happens: behind what is assigned.
    written_at: usize,
}

impl Module<'_> {
    /// What a new suspension point at `node` could disturb, a sentence, or none. A call of a coroutine function is one by
    /// intent: where the author wrote it, cleanup is meant to wait for it and others may run, so that only what its author
    /// cannot have meant is a hazard.
    pub fn suspension_hazard(&self, node: Node, is_intended: bool) -> Option<String> {
        let function = self.function_of(node)?;
        let name = function.child_by_field_name("name").map_or("", |name| self.of(name));
        if name == "__del__" || name == "__aexit__" && !is_intended {
            return Some(format!("`{name}` now suspends, and can be cancelled there"));
        }
        let mut inner = node;
        for outer in ancestors(node).take_while(|outer| *outer != function) {
            match outer.kind() {
                "with_statement" if !is_async(outer) && outer.child_by_field_name("body") == Some(inner) => {
                    if let Some(lock) = self.thread_lock_of(outer) {
                        return Some(format!("other tasks now run while `{lock}` is held"));
                    }
                }
                "finally_clause" if !is_intended => {
                    return Some("a `finally` clause now suspends, and can be cancelled there".to_owned());
                }
                "except_clause" | "except_group_clause" if self.catches_cancellation(outer) => {
                    return Some(
                        "a handler of `CancelledError` now suspends while the task is being cancelled".to_owned(),
                    );
                }
                _ => {}
            }
            inner = outer;
        }
        if let Some(lock) = self.acquired_lock(node, function) {
            return Some(format!("other tasks now run while `{lock}` is held"));
        }
        if is_intended {
            return None;
        }
        self.shared_state_across(node, function).map(|state| {
            format!("other tasks can now change `{state}` between where it is read and where it is written")
        })
    }

    /// Whether a plain `with` statement enters a value that was there before it, and suspends in its body.
    pub fn is_held_across_await(&self, value: Node, with: Node) -> Answer {
        if is_async(with) || !matches!(value.kind(), "identifier" | "attribute") {
            return Answer::No("nothing is entered that was there before".to_owned());
        }
        let release = format!("{}.release(", self.of(value));
        if self.of(with).contains(&release) {
            return Answer::No(format!("`{release})` lets it go meanwhile"));
        }
        match with.child_by_field_name("body").is_some_and(suspends) {
            true => Answer::Yes,
            false => Answer::No("nothing else runs meanwhile".to_owned()),
        }
    }

    /// The context manager of a `with` statement that is a lock of `threading`, by its name or by what the file assigns it.
    fn thread_lock_of(&self, with: Node) -> Option<String> {
        let clause = named_children(with).find(|child| child.kind() == "with_clause")?;
        named_children(clause).filter_map(|item| item.child_by_field_name("value")).find_map(|value| {
            let value = if value.kind() == "as_pattern" { value.named_child(0)? } else { value };
            let text = self.of(value);
            let lower = text.to_ascii_lowercase();
            let is_lock = LOCK_WORDS.iter().any(|word| lower.contains(word))
                || matches!(value.kind(), "identifier" | "attribute") && self.is_assigned_a_lock(text);
            is_lock.then(|| text.to_owned())
        })
    }

    /// Whether a statement of the file assigns a lock to what `text` names last.
    fn is_assigned_a_lock(&self, text: &str) -> bool {
        let name = text.rsplit('.').next().unwrap_or(text);
        text::words(self.text, name).any(|at| {
            let line = &self.text[at + name.len()..text::line_end(self.text, at + name.len())];
            let value = line.split_once('=').map(|(target, value)| (target.trim_start(), value));
            value.is_some_and(|(target, value)| {
                (target.is_empty() || target.starts_with(':'))
                    && LOCK_MAKERS.iter().any(|maker| value.contains(maker))
                    && self.outline.is_code(Span::new(at, at + name.len()))
            })
        })
    }

    /// What `acquire` is called on before `node`, without an `await`, and is not let go before it on every way.
    fn acquired_lock(&self, node: Node, function: Node) -> Option<String> {
        let shared = self.shared_by(function);
        let is_held = |lock: &str| {
            let mut releases = shared.released.iter().filter(|(other, _)| other == lock).peekable();
            releases.peek().is_none() || releases.any(|(_, at)| *at >= node.end_byte())
        };
        let before = shared.acquired.iter().filter(|(_, end)| *end <= node.start_byte());
        before.map(|(lock, _)| lock).find(|lock| is_held(lock)).cloned()
    }

    fn catches_cancellation(&self, clause: Node) -> bool {
        let caught = clause
            .child_by_field_name("value")
            .or_else(|| named_children(clause).find(|child| child.kind() != "block"));
        caught.is_none_or(|caught| {
            let text = self.of(caught);
            text.contains("CancelledError") || text.contains("BaseException")
        })
    }

    /// State that others share, which the function reads before `node` and writes after it: an attribute, a global or nonlocal
    /// name, or a container that the function did not make. In a loop around `node`, before and after are one.
    fn shared_state_across(&self, node: Node, function: Node) -> Option<String> {
        let shared = self.shared_by(function);
        let looped = ancestors(node)
            .take_while(|outer| *outer != function)
            .filter(|outer| matches!(outer.kind(), "for_statement" | "while_statement"))
            .last();
        let (from, to) =
            looped.map_or((node.end_byte(), node.start_byte()), |outer| (outer.start_byte(), outer.end_byte()));
        let (mut read, mut written) = (FxHashSet::default(), FxHashSet::default());
        for used in shared.uses.iter().filter(|used| !node.byte_range().contains(&used.at)) {
            if used.access.reads && used.at < to {
                read.insert(used.state);
            }
            if used.access.writes && used.access.written_at >= from {
                written.insert(used.state);
            }
        }
        read.intersection(&written).map(|state| &shared.spellings[*state]).min().cloned()
    }

    /// What a function does with shared state and locks; made once for each function.
    fn shared_by(&self, function: Node) -> Rc<Shared> {
        if let Some(shared) = self.shared.borrow().get(&function.id()) {
            return shared.clone();
        }
        let names = self.names_of(function);
        let mut shared = Shared::default();
        let mut known: FxHashMap<String, usize> = FxHashMap::default();
        self.each_node(function, |at, around| {
            self.note_lock(at, around, &mut shared);
            let Some(state) = self.shared_state(at, around, &names) else { return };
            let next = known.len();
            let state = *known.entry(state).or_insert_with_key(|spelling| {
                shared.spellings.push(spelling.clone());
                next
            });
            shared.uses.push(Use { state, at: at.start_byte(), access: self.access(at, around) });
        });
        let shared = Rc::new(shared);
        self.shared.borrow_mut().insert(function.id(), shared.clone());
        shared
    }

    fn note_lock(&self, at: Node, around: &[Node], shared: &mut Shared) {
        let Some(called) = (at.kind() == "call").then(|| at.child_by_field_name("function")).flatten() else { return };
        if called.kind() != "attribute" {
            return;
        }
        let method = called.child_by_field_name("attribute").map_or("", |method| self.of(method));
        let lock = || called.child_by_field_name("object").map_or("", |object| self.of(object)).to_owned();
        let is_awaited = around.last().is_some_and(|parent| parent.kind() == "await");
        match method {
            "acquire" if !is_awaited => shared.acquired.push((lock(), at.end_byte())),
            "release" => shared.released.push((lock(), at.start_byte())),
            _ => {}
        }
    }

    /// Calls `look` on every named node of a function's own body, in order of place, with the nodes around it up to the body.
    fn each_node<'a>(&self, function: Node<'a>, mut look: impl FnMut(Node<'a>, &[Node<'a>])) {
        let Some(body) = function.child_by_field_name("body") else { return };
        let mut around: Vec<Node> = Vec::new();
        let mut cursor = body.walk();
        loop {
            let at = cursor.node();
            if at.is_named() {
                look(at, &around);
            }
            if !matches!(at.kind(), "function_definition" | "lambda") && cursor.goto_first_child() {
                around.push(at);
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
                around.pop();
            }
        }
    }

    /// The state that a name or an attribute chain stands for, as one spelling; none where it is the function's own.
    fn shared_state(&self, node: Node, around: &[Node], names: &Names) -> Option<String> {
        if node.byte_range().len() > LONGEST {
            return None;
        }
        let text = self.of(node);
        match node.kind() {
            "attribute" => {
                let mut root = node;
                while let Some(object) = root.child_by_field_name("object") {
                    root = object;
                }
                if root.kind() != "identifier" {
                    return None;
                }
                let root = self.of(root);
                match names.bound.get(root).map(Vec::as_slice) {
                    Some([binding]) if !is_caught(binding) => {
                        let alias = self.alias_or_own(binding)?;
                        Some(if alias.is_empty() { text.to_owned() } else { text.replacen(root, alias, 1) })
                    }
                    Some(bindings) if bindings.iter().all(is_caught) => None,
                    _ => Some(text.to_owned()),
                }
            }
            "identifier" if is_attribute_name(node, around.last()) => None,
            "identifier" if names.globals.contains(text) || names.nonlocals.contains(text) => Some(text.to_owned()),
            "identifier" => match names.bound.get(text).map(Vec::as_slice) {
                None => Some(text.to_owned()),
                Some([binding]) => match binding.kind {
                    BindingKind::Parameter(_) => Some(text.to_owned()),
                    BindingKind::Value(_) => {
                        self.alias_or_own(binding).filter(|alias| !alias.is_empty()).map(str::to_owned)
                    }
                    _ => None,
                },
                Some(_) => None,
            },
            _ => None,
        }
    }

    /// What a local stands for: another name or attribute, nothing in particular (empty), or an object that the function
    /// made itself (none).
    fn alias_or_own(&self, binding: &Binding) -> Option<&str> {
        let BindingKind::Value(span) = &binding.kind else { return Some("") };
        let Some(value) = self.node_at(*span) else { return Some("") };
        match value.kind() {
            "identifier" | "attribute" => Some(self.of(value)),
            "call" => {
                let name = self.called_name(value);
                let makes = name.trim_start_matches('_').starts_with(char::is_uppercase)
                    || matches!(name, "dict" | "list" | "set" | "deque" | "defaultdict" | "namedtuple");
                (!makes).then_some("")
            }
            "await" | "subscript" | "conditional_expression" | "boolean_operator" | "parenthesized_expression" => {
                Some("")
            }
            _ => None,
        }
    }

    /// Whether the place of a name or attribute reads it, and whether it writes it. An item counts as both.
    fn access(&self, node: Node, around: &[Node]) -> Access {
        let mut target = node;
        let mut outer = around.iter().rev().peekable();
        while let Some(&parent) = outer.next() {
            let is_field = |field: &str| parent.child_by_field_name(field) == Some(target);
            let is_item = target != node;
            let at = |reads, writes| Access { reads, writes, written_at: parent.end_byte() };
            match parent.kind() {
                "subscript" if is_field("value") => target = parent,
                "pattern_list" | "tuple_pattern" | "list_pattern" | "expression_list" | "tuple" | "list" => {
                    target = parent;
                }
                "assignment" if is_field("left") => return at(is_item, true),
                "augmented_assignment" if is_field("left") => return at(true, true),
                "delete_statement" => return at(is_item, true),
                "for_statement" if is_field("left") => {
                    return Access { reads: is_item, writes: true, written_at: node.start_byte() };
                }
                "attribute" if is_field("object") => {
                    let method = parent.child_by_field_name("attribute").map_or("", |name| self.of(name));
                    let is_called = outer.peek().is_some_and(|call| call.kind() == "call");
                    return match is_called {
                        true if CHANGERS.contains(&method) => at(is_item, true),
                        true if TAKERS.contains(&method) => at(true, true),
                        _ => at(true, false),
                    };
                }
                _ => return at(true, false),
            }
        }
        Access { reads: true, writes: false, written_at: node.end_byte() }
    }
}

/// Whether a binding is that of a caught exception, which nobody else has.
fn is_caught(binding: &Binding) -> bool {
    matches!(binding.kind, BindingKind::Other(how) if how.contains("exception caught"))
}

/// Whether an identifier is the name of an attribute, or of a keyword argument, rather than a name.
fn is_attribute_name(node: Node, parent: Option<&Node>) -> bool {
    parent.is_some_and(|parent| match parent.kind() {
        "attribute" => parent.child_by_field_name("attribute") == Some(node),
        "keyword_argument" => parent.child_by_field_name("name") == Some(node),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hazard(body: &str) -> Option<String> {
        let text = format!("import threading\nguard = threading.RLock()\nstock = {{}}\n{body}");
        let module = Module::whole(&text);
        let at = text.find("pause()").expect("every text pauses");
        let call = module.node_at(Span::new(at, at + "pause()".len())).expect("the text parses");
        module.suspension_hazard(call, false)
    }

    #[test]
    fn a_lock_that_is_held_is_a_hazard_however_it_was_taken() {
        for body in [
            "async def f():\n    with guard:\n        pause()\n",
            "async def f():\n    guard.acquire()\n    pause()\n    guard.release()\n",
            "async def f():\n    guard.acquire()\n    try:\n        pause()\n    finally:\n        guard.release()\n",
        ] {
            assert!(hazard(body).is_some_and(|reason| reason.contains("`guard` is held")), "{body}");
        }
    }

    #[test]
    fn a_lock_that_is_let_go_is_none() {
        assert_eq!(hazard("async def f():\n    guard.acquire()\n    guard.release()\n    pause()\n"), None);
        assert_eq!(hazard("async def f(lock):\n    await lock.acquire()\n    pause()\n    lock.release()\n"), None);
    }

    #[test]
    fn state_that_others_share_is_a_hazard_between_read_and_write() {
        for body in [
            "async def f(k):\n    if stock[k]:\n        pause()\n        stock[k] -= 1\n",
            "async def f(account):\n    if account.total > 1:\n        pause()\n        account.total -= 1\n",
            "class A:\n    async def f(self):\n        me = self\n        if me.n:\n            pause()\n            self.n -= 1\n",
            "class A:\n    async def f(this, x):\n        if x not in this.seen:\n            pause()\n            this.seen.add(x)\n",
            "class A:\n    async def f(self):\n        self.n += pause() or 1\n",
        ] {
            assert!(hazard(body).is_some_and(|reason| reason.contains("can now change")), "{body}");
        }
    }

    #[test]
    fn what_a_function_made_itself_is_its_own() {
        for body in [
            "async def f():\n    page = Page()\n    if page.n:\n        pause()\n        page.n = 0\n",
            "async def f(k):\n    seen = {}\n    if seen.get(k):\n        pause()\n        seen[k] = 1\n",
            "async def f(log):\n    log.append(1)\n    pause()\n    log.append(2)\n",
            "async def f():\n    try:\n        go()\n    except E as e:\n        e.n = e.n or 1\n        pause()\n        e.n = 2\n",
            "async def f(n):\n    n = n + 1\n    pause()\n    n += 1\n",
        ] {
            assert_eq!(hazard(body), None, "{body}");
        }
    }
}
