//! Whether a loop of a coroutine keeps the event loop from running anything else.
//!
//! In: a `for` or a `while`. Out: an [`Answer`] for the [`Load`]s that somebody asks about. A loop with an `await`, an `async for`, an
//! `async with` or a `yield` on every way through it lets others run. Of the rest only what runs long for certain counts: nobody can
//! tell how many items a list has, and most lists are short.

use crate::project::scopes::{BindingKind, Scope};
use crate::project::{Answer, Module};
use crate::syntax::{ancestors, calls_in, is_async, named_children, own_descendants};
use crate::text::words;
use tree_sitter::Node;

/// Why a loop runs long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Load {
    /// Nothing in it ends it, and nothing suspends it.
    Endless,
    /// A way through it does nothing at all, so that it is gone again and again.
    Spinning,
    /// It counts far.
    Long,
    /// A loop in it makes the rounds multiply.
    Nested,
}

/// The loads by the words that pages use.
const WORDS: [(&str, Load); 4] =
    [("endless", Load::Endless), ("long", Load::Long), ("nested", Load::Nested), ("spinning", Load::Spinning)];

/// How many rounds are many: of a body that calls something, and of any body. A call of a plain function takes about
/// 50 ns to a microsecond on CPython 3.11, and an event loop is late from some milliseconds on.
const MANY_CALLS: u64 = 10_000;
const MANY_ROUNDS: u64 = 100_000;

/// What makes an iterable without an end.
const UNBOUNDED: [&str; 3] = ["itertools.count", "itertools.cycle", "itertools.repeat"];

/// Calls that end a loop by an error or by leaving the program, or that wait for somebody.
const ENDING: [&str; 16] = [
    "_exit",
    "accept",
    "exit",
    "get",
    "get_nowait",
    "input",
    "next",
    "pop",
    "popitem",
    "popleft",
    "put_nowait",
    "quit",
    "read",
    "readline",
    "recv",
    "send",
];

/// What gives the bytes of something.
const BYTES: [&str; 4] = ["encode", "getdata", "read_bytes", "tobytes"];

/// Calls that only tell something.
const TELLING: [&str; 8] = ["critical", "debug", "error", "exception", "info", "log", "print", "warning"];

/// Calls that only ask something, beside those that begin with `is` or `has`.
const ASKING: [&str; 13] = [
    "all_done",
    "cancelled",
    "closed",
    "done",
    "empty",
    "full",
    "len",
    "locked",
    "monotonic",
    "perf_counter",
    "qsize",
    "ready",
    "time",
];

impl Module<'_> {
    /// Whether a loop keeps others from running, by one of the loads that the words stand for.
    pub fn starves(&self, node: Node, words: &[&str]) -> Answer {
        let Some(load) = self.load(node) else { return Answer::No("nothing shows that it runs long".to_owned()) };
        if self.is_told_by_outer_loop(node) {
            return Answer::No("the loop around it does".to_owned());
        }
        if let Some(call) = self.first_blocking(node) {
            return Answer::No(format!("`{}` blocks in it, which is another matter", self.of(call)));
        }
        let is_wanted = WORDS.iter().any(|(word, known)| *known == load && words.contains(word));
        if is_wanted { Answer::Yes } else { Answer::No("it runs long in another way".to_owned()) }
    }

    /// Whether something in the body of a loop leaves it, other than by an error.
    pub fn is_left_early(&self, node: Node) -> Answer {
        let jumps = |body: Node| holds(body, &|node| node.kind() != "raise_statement" && leaves_from(body, node));
        match node.child_by_field_name("body").is_some_and(jumps) {
            true => Answer::Yes,
            false => Answer::No("nothing in it leaves the loop".to_owned()),
        }
    }

    fn load(&self, node: Node) -> Option<Load> {
        let body = node.child_by_field_name("body")?;
        let suspends = suspends(body) || node.child_by_field_name("condition").is_some_and(suspends) || is_async(node);
        if !suspends && self.never_ends(node) {
            return Some(Load::Endless);
        }
        if node.kind() == "while_statement" {
            return self.spins(node, body).then_some(Load::Spinning);
        }
        let rounds = self.rounds(node);
        let inner = loops_in(body);
        if suspends || leaves(body) {
            return None;
        }
        let is_many =
            |rounds: u64| rounds >= if holds(body, &|node| node.kind() == "call") { MANY_CALLS } else { MANY_ROUNDS };
        if inner.is_empty() {
            return rounds.is_some_and(is_many).then_some(Load::Long);
        }
        let multiplied = |inner: &Node| match (rounds, self.rounds(*inner)) {
            (Some(rounds), Some(others)) => is_many(rounds.saturating_mul(others)),
            (Some(rounds), None) => is_many(rounds),
            (None, Some(others)) => is_many(others),
            (None, None) => self.multiplies(node, *inner),
        };
        (inner.iter().any(multiplied) && !self.only_collects(body)).then_some(Load::Nested)
    }

    /// Whether a loop has no condition, and nothing in it or around it ends it.
    fn never_ends(&self, node: Node) -> bool {
        let unconditional = match node.kind() {
            "while_statement" => {
                node.child_by_field_name("condition").is_some_and(|test| matches!(self.of(test), "True" | "1"))
            }
            _ => self.is_unbounded(node),
        };
        let Some(body) = node.child_by_field_name("body").filter(|body| unconditional && !leaves(*body)) else {
            return false;
        };
        let ends = |call: Node| ENDING.contains(&self.called_name(call));
        !calls_in(body).any(ends) && !self.is_guarded(node)
    }

    /// Whether something around a node in its function takes the error that may end it.
    fn is_guarded(&self, node: Node) -> bool {
        let function = self.function_of(node);
        ancestors(node).take_while(|outer| Some(*outer) != function).any(|outer| match outer.kind() {
            "try_statement" => named_children(outer).any(|part| part.kind().starts_with("except")),
            "with_statement" => true,
            _ => false,
        })
    }

    fn is_unbounded(&self, node: Node) -> bool {
        let iterable = node.child_by_field_name("right").filter(|right| right.kind() == "call");
        let Some(function) = iterable.and_then(|call| call.child_by_field_name("function")) else { return false };
        let arguments = iterable.and_then(|call| call.child_by_field_name("arguments"));
        let count = arguments.map_or(0, |arguments| named_children(arguments).count());
        let is_repeated = || self.called_name(function.parent().unwrap_or(function)) != "repeat" || count == 1;
        self.resolves_to(function, &UNBOUNDED) == Answer::Yes && is_repeated()
    }

    /// Whether a way through the body of a `while` does nothing that could end it, and does not suspend.
    fn spins(&self, node: Node, body: Node) -> bool {
        let asks = node.child_by_field_name("condition").is_some_and(|test| self.only_asks(test));
        let way = self.idle_way(body);
        asks && (way.goes_on || way.falls)
    }

    /// The ways through a block on which nothing happens.
    fn idle_way(&self, block: Node) -> Idle {
        let mut found = Idle { falls: true, goes_on: false };
        for statement in named_children(block) {
            let here = self.idle_statement(statement);
            found.goes_on |= here.goes_on;
            found.falls = here.falls;
            if !found.falls {
                break;
            }
        }
        found
    }

    fn idle_statement(&self, statement: Node) -> Idle {
        let stops = Idle { falls: false, goes_on: false };
        match statement.kind() {
            "pass_statement" => Idle { falls: true, goes_on: false },
            "continue_statement" => Idle { falls: false, goes_on: true },
            "expression_statement" => {
                let value = statement.named_child(0);
                let only_tells = value.is_some_and(|value| match value.kind() {
                    "call" => TELLING.contains(&self.called_name(value)) && !suspends(value),
                    kind => matches!(kind, "ellipsis" | "string"),
                });
                Idle { falls: only_tells, ..stops }
            }
            "if_statement" => self.idle_branches(statement),
            _ => stops,
        }
    }

    fn idle_branches(&self, statement: Node) -> Idle {
        let mut found = Idle { falls: false, goes_on: false };
        let mut has_else = false;
        let parts =
            named_children(statement).filter(|part| matches!(part.kind(), "block" | "elif_clause" | "else_clause"));
        if !statement.child_by_field_name("condition").is_some_and(|test| self.only_asks(test)) {
            return found;
        }
        for part in parts {
            has_else |= part.kind() == "else_clause";
            if part.kind() == "elif_clause"
                && !part.child_by_field_name("condition").is_some_and(|test| self.only_asks(test))
            {
                return found;
            }
            let block = if part.kind() == "block" {
                Some(part)
            } else {
                part.child_by_field_name("consequence").or_else(|| part.child_by_field_name("body"))
            };
            let here = block.map_or(Idle { falls: false, goes_on: false }, |block| self.idle_way(block));
            found = Idle { falls: found.falls || here.falls, goes_on: found.goes_on || here.goes_on };
        }
        // A chain of tests for what something is has a branch for everything.
        let is_chain = named_children(statement).any(|part| part.kind() == "elif_clause");
        let compares = statement
            .child_by_field_name("condition")
            .is_some_and(|test| holds(test, &|node| node.kind() == "comparison_operator"));
        found.falls |= !has_else && !is_chain && !compares;
        found
    }

    /// Whether evaluating a condition changes nothing: names, attributes, and calls that are named as questions.
    fn only_asks(&self, test: Node) -> bool {
        let asks = |call: Node| {
            let name = self.called_name(call);
            ASKING.contains(&name) || name.starts_with("is") || name.starts_with("has")
        };
        !suspends(test) && !holds(test, &|node| node.kind() == "named_expression") && calls_in(test).all(asks)
    }

    /// How many rounds a `for` over a `range` makes, where the bounds are integers or constants of the module.
    fn rounds(&self, node: Node) -> Option<u64> {
        let call = self.range_of(node)?;
        let bounds: Vec<Option<i64>> =
            named_children(call.child_by_field_name("arguments")?).map(|bound| self.constant(bound)).collect();
        let (start, end, step) = match bounds.as_slice() {
            [end] => (0, (*end)?, 1),
            [start, end] => ((*start)?, (*end)?, 1),
            [start, end, step] => ((*start)?, (*end)?, (*step)?),
            _ => return None,
        };
        (step != 0).then(|| ((end - start) / step).max(0) as u64)
    }

    /// The call of the builtin `range` that a `for` iterates, counted by `enumerate` or not.
    fn range_of<'a>(&self, node: Node<'a>) -> Option<Node<'a>> {
        let mut right = node.child_by_field_name("right")?;
        if right.kind() == "call" && self.called_name(right) == "enumerate" {
            right = named_children(right.child_by_field_name("arguments")?).next()?;
        }
        let function = right.child_by_field_name("function").filter(|_| right.kind() == "call")?;
        (self.resolves_to(function, &["range"]) == Answer::Yes).then_some(right)
    }

    /// The value of an integer, of a product or a power of integers, or of a name that is bound once to such.
    fn constant(&self, node: Node) -> Option<i64> {
        match node.kind() {
            "integer" => self.of(node).replace('_', "").parse().ok(),
            "parenthesized_expression" => self.constant(node.named_child(0)?),
            "binary_operator" => {
                let left = self.constant(node.child_by_field_name("left")?)?;
                let right = self.constant(node.child_by_field_name("right")?)?;
                match self.of(node.child_by_field_name("operator")?) {
                    "*" => left.checked_mul(right),
                    "**" => left.checked_pow(u32::try_from(right).ok()?),
                    "+" => left.checked_add(right),
                    "-" => left.checked_sub(right),
                    _ => None,
                }
            }
            "identifier" => {
                let found = self.lookup(self.of(node), node)?;
                let [binding] = found.bindings.as_slice() else { return None };
                let BindingKind::Value(span) = binding.kind else { return None };
                let is_settled = matches!(found.scope, Scope::Module | Scope::Function(_));
                self.node_at(span)
                    .filter(|value| is_settled && value.kind() != "identifier")
                    .and_then(|value| self.constant(value))
            }
            _ => None,
        }
    }

    /// Whether two loops, of which nobody knows the rounds, multiply for certain: over two ranges, over the bytes of each
    /// item, or over each item with each other, where something is called with both.
    fn multiplies(&self, outer: Node, inner: Node) -> bool {
        let field = |node: Node<'_>, name: &str| node.child_by_field_name(name).map(|part| self.of(part));
        let both_count = self.range_of(outer).is_some() && self.range_of(inner).is_some();
        let is_same = field(outer, "right") == field(inner, "right")
            && outer
                .child_by_field_name("right")
                .is_some_and(|right| matches!(right.kind(), "identifier" | "attribute"));
        let bytes = inner.child_by_field_name("right").filter(|right| right.kind() == "call");
        let is_text = |argument: Node| matches!(argument.kind(), "string" | "keyword_argument");
        let of_bytes = bytes.is_some_and(|right| {
            let mut arguments = right.child_by_field_name("arguments").into_iter().flat_map(named_children);
            BYTES.contains(&self.called_name(right)) && arguments.all(is_text)
        });
        let Some(body) = inner.child_by_field_name("body").filter(|body| !leaves(*body)) else { return false };
        let takes_both = |call: Node| {
            let reads = |name: &str| words(self.of(call), name).next().is_some();
            [outer, inner].into_iter().filter_map(|node| field(node, "left")).all(reads)
        };
        both_count || of_bytes || is_same && calls_in(body).any(takes_both)
    }

    /// Whether all that a loop and those in it do is to add to collections.
    fn only_collects(&self, body: Node) -> bool {
        named_children(body).all(|statement| match statement.kind() {
            "for_statement" => statement.child_by_field_name("body").is_some_and(|body| self.only_collects(body)),
            "expression_statement" => statement.named_child(0).is_some_and(|value| {
                value.kind() == "call" && matches!(self.called_name(value), "append" | "add" | "extend")
            }),
            _ => false,
        })
    }

    fn is_told_by_outer_loop(&self, node: Node) -> bool {
        let function = self.function_of(node);
        let mut around = ancestors(node).take_while(|outer| Some(*outer) != function);
        around.any(|outer| matches!(outer.kind(), "for_statement" | "while_statement") && self.load(outer).is_some())
    }

    /// What a loop calls that blocks, by the table.
    fn first_blocking<'a>(&'a self, node: Node<'a>) -> Option<Node<'a>> {
        let body = node.child_by_field_name("body")?;
        let functions = calls_in(body).filter_map(|call| call.child_by_field_name("function"));
        functions.into_iter().find(|function| self.blocking_call(*function).is_ok())
    }
}

/// What can happen in a block without anything being done.
#[derive(Clone, Copy)]
struct Idle {
    /// Its end is reached.
    falls: bool,
    /// A `continue` is.
    goes_on: bool,
}

/// Whether something is true of a node, or of one below it that is in no function inside.
fn holds(node: Node, is_wanted: &dyn Fn(Node) -> bool) -> bool {
    own_descendants(node).any(is_wanted)
}

/// Whether others may run somewhere in a node.
pub(super) fn suspends(node: Node) -> bool {
    holds(node, &|node| match node.kind() {
        "await" | "yield" => true,
        "for_statement" | "with_statement" | "for_in_clause" => is_async(node),
        _ => false,
    })
}

/// Whether a body leaves its loop.
fn leaves(body: Node) -> bool {
    holds(body, &|node| leaves_from(body, node))
}

/// Whether a node leaves the loop that it is in the body of.
fn leaves_from(body: Node, node: Node) -> bool {
    match node.kind() {
        "return_statement" | "raise_statement" => true,
        "break_statement" => ancestors(node)
            .find(|outer| matches!(outer.kind(), "for_statement" | "while_statement"))
            .is_some_and(|owner| owner.child_by_field_name("body") == Some(body)),
        _ => false,
    }
}

/// The `for` loops in a body, at whatever depth.
fn loops_in(body: Node) -> Vec<Node> {
    own_descendants(body).filter(|node| node.kind() == "for_statement").collect()
}
