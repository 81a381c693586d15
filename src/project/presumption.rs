//! What may be presumed of a call that nobody can read, by its name and by what it is called on.
//!
//! In: a call of a file. Out: that it only asks for something, or computes it, or why not even that may be presumed. What is presumed makes
//! a finding and never an edit that is applied. The words are data, in `presumption.toml` beside this file, whose head explains them.

use crate::project::Module;
use crate::project::gathering::STARTERS;
use crate::project::harmless::shared_sessions;
use crate::syntax::{ancestors, is_async, named_children};
use rustc_hash::FxHashSet;
use serde::Deserialize;
use std::sync::LazyLock;
use tree_sitter::Node;

/// What stands for every object that serves one at a time: two names may mean the same connection.
const CONNECTION: &str = "a connection";

/// Words before the one that says what a function does.
const BEFORE: [&str; 5] = ["", "async", "do", "safe", "try"];

/// What a call may be presumed to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Presumed {
    /// Waits for an answer; the objects of which two calls may not ask at once.
    Asks(Vec<Box<str>>),
    /// Gives a value at once.
    Computes,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    asking: FxHashSet<String>,
    changing: FxHashSet<String>,
    ordered: FxHashSet<String>,
    requesting: FxHashSet<String>,
    single: FxHashSet<String>,
    many: FxHashSet<String>,
    transports: FxHashSet<String>,
    wrapping: FxHashSet<String>,
}

fn table() -> &'static Words {
    static TABLE: LazyLock<Words> = LazyLock::new(|| {
        toml::from_str(include_str!("presumption.toml")).expect("the embedded table is valid, as a test shows")
    });
    &TABLE
}

/// Whether a word in the name of something says that it asks.
pub(super) fn is_asking(word: &str) -> bool {
    table().asking.contains(word)
}

/// Whether the name of a function says that it asks for something, and nothing else.
pub(super) fn asks_by_name(name: &str) -> bool {
    let words = words_of(name);
    words.first().is_some_and(|first| is_asking(first)) && !names_order(&words)
}

/// Whether the name of a decorator or context manager speaks of letting one in at a time.
pub(super) fn wraps_by_name(name: &str) -> bool {
    name.split('.').flat_map(words_of).any(|word| table().wrapping.contains(&word))
}

/// Whether a name speaks of something that comes before something else, or changes something behind an `and`.
fn names_order(words: &[String]) -> bool {
    let changes_too = words
        .windows(2)
        .any(|pair| matches!(pair[0].as_str(), "and" | "or" | "then") && table().changing.contains(&pair[1]));
    changes_too || words.iter().any(|word| table().ordered.contains(word))
}

/// The words of a name in lower case, from the one that says what is done on: `get`, `user` of `_async_get_user` and `getUser`.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for letter in name.chars() {
        let starts = letter == '_' || letter.is_uppercase() && was_lower;
        if starts {
            words.push(String::new());
        }
        if letter != '_' {
            words.last_mut().expect("there is a word").extend(letter.to_lowercase());
        }
        was_lower = letter.is_lowercase() || letter.is_ascii_digit();
    }
    words.into_iter().skip_while(|word| BEFORE.contains(&word.as_str())).filter(|word| !word.is_empty()).collect()
}

fn is_single(name: &str) -> bool {
    words_of(name).iter().any(|word| table().single.contains(word))
}

impl Module<'_> {
    /// What a call may be presumed to do that cannot be read, on the way of something that asks by its name. `is_own` where it is a method of
    /// an object that nobody else has.
    pub(super) fn presumed(&self, call: Node, is_own: bool) -> Result<Presumed, String> {
        let function = call.child_by_field_name("function").ok_or("it calls nothing")?;
        let name = self.called_name(call);
        match Use::of(call, self) {
            Use::Awaited if !asks_by_name(name) && !table().requesting.contains(name) => {
                Err(format!("nothing says that `{}` only asks", self.of(function)))
            }
            Use::Awaited if is_own => Ok(Presumed::Asks(Vec::new())),
            Use::Awaited => self.asked_of(call, function),
            Use::Entered if wraps_by_name(name) => Err(format!("`{name}` may let one in at a time")),
            Use::Entered if asks_by_name(name) || table().requesting.contains(name) => self.asked_of(call, function),
            Use::Entered => Ok(Presumed::Computes),
            Use::Nothing | Use::Value if function.kind() == "identifier" && is_builtin(name) => {
                Err(format!("`{name}` does more than to give a value"))
            }
            Use::Nothing if words_of(name).iter().any(|word| table().changing.contains(word)) => {
                Err(format!("`{}` changes something by its name", self.of(function)))
            }
            Use::Value if words_of(name).first().is_some_and(|word| table().changing.contains(word)) => {
                Err(format!("`{}` changes something by its name", self.of(function)))
            }
            Use::Nothing | Use::Value => Ok(Presumed::Computes),
        }
    }

    /// The objects that a call asks, or hands on, of which nobody says that they serve many at once.
    fn asked_of(&self, call: Node, function: Node) -> Result<Presumed, String> {
        let mut asked: Vec<Box<str>> = Vec::new();
        if let Some(object) = function.child_by_field_name("object") {
            if self.is_single_object(object) {
                return Err(format!("`{}` may serve one at a time", self.of(object)));
            }
            let segments = self.of(object).split(['.', '(', ')', '[', ']']).flat_map(words_of);
            let is_many = segments.into_iter().any(|word| table().many.contains(&word));
            if let Some(module) = self.transport().filter(|_| !self.serves_many(object)) {
                return Err(format!("what `{module}` is for may serve one at a time"));
            }
            if !(self.serves_many(object) || is_many) {
                asked.push(self.of(object).into());
            }
        }
        let arguments = call.child_by_field_name("arguments").into_iter().flat_map(named_children);
        let values = arguments.map(|argument| argument.child_by_field_name("value").unwrap_or(argument));
        if values.into_iter().any(|value| self.is_single_object(value)) {
            asked.push(CONNECTION.into());
        }
        Ok(Presumed::Asks(asked))
    }

    /// Whether a name or attribute is that of an object that serves one at a time, and nothing says otherwise.
    fn is_single_object(&self, node: Node) -> bool {
        let last = match node.kind() {
            "identifier" => self.of(node),
            "attribute" => node.child_by_field_name("attribute").map_or("", |name| self.of(name)),
            "call" => self.called_name(node),
            _ => return false,
        };
        is_single(last) && !self.serves_many(node) && !(last.ends_with("session") && self.has_shared_sessions())
    }

    /// Whether the table says of an object that many may ask it at once.
    fn serves_many(&self, node: Node) -> bool {
        let Some((inference, _)) = self.inference() else { return false };
        let inferred = self.infer(node);
        !inferred.parts().is_empty() && inferred.parts().iter().all(|part| inference.serves_many(part))
    }

    /// Whether the sessions of the file are those of a library that shares them, as its imports say.
    fn has_shared_sessions(&self) -> bool {
        let modules = self.outline.imports.iter().map(|import| self.slice(import.module));
        let mut known = modules.filter_map(shared_sessions).peekable();
        known.peek().is_some() && known.all(|is_shared| is_shared)
    }

    /// The import of the file that speaks of a line, a bus or a window.
    fn transport(&self) -> Option<&str> {
        let mut modules = self.outline.imports.iter().map(|import| self.slice(import.module));
        modules.find(|module| module.split('.').flat_map(words_of).any(|word| table().transports.contains(&word)))
    }
}

/// What becomes of what a call gives.
enum Use {
    Awaited,
    Entered,
    Nothing,
    Value,
}

impl Use {
    fn of(call: Node, module: &Module) -> Use {
        const BETWEEN: [&str; 3] = ["parenthesized_expression", "as_pattern", "as_pattern_target"];
        let Some(outer) = ancestors(call).find(|outer| !BETWEEN.contains(&outer.kind())) else { return Use::Value };
        let is_iterable = || outer.child_by_field_name("right") == Some(call) && is_async(outer);
        match outer.kind() {
            "await" => Use::Awaited,
            "for_statement" | "for_in_clause" if is_iterable() => Use::Awaited,
            "argument_list" if hands_on(outer, module) => Use::Awaited,
            "with_item" => Use::Entered,
            "expression_statement" => Use::Nothing,
            _ => Use::Value,
        }
    }
}

/// Whether arguments are those of a call that waits for the first.
fn hands_on(arguments: Node, module: &Module) -> bool {
    let call = arguments.parent().filter(|call| call.kind() == "call");
    call.is_some_and(|call| STARTERS.contains(&module.called_name(call)) || module.called_name(call) == "gather")
}

/// Whether a name is that of a builtin that is not known to do no harm.
fn is_builtin(name: &str) -> bool {
    matches!(name, "print" | "input" | "exec" | "eval" | "setattr" | "delattr" | "next" | "open" | "breakpoint")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_that_something_only_asks() {
        for name in
            ["get_user", "_async_fetch_orders", "listInvoices", "get_post", "load", "count_rows", "find_all_and_sort"]
        {
            assert!(asks_by_name(name), "{name}");
        }
        for name in [
            "create_order",
            "get_or_create",
            "get_token",
            "fetchone",
            "get_next",
            "login",
            "settings",
            "read_until",
            "",
        ] {
            assert!(!asks_by_name(name), "{name}");
        }
    }

    #[test]
    fn names_say_what_serves_one_at_a_time() {
        assert!(is_single("_db_session") && is_single("conn") && !is_single("client") && !is_single("sessions"));
        assert!(wraps_by_name("self._lock.acquire") && !wraps_by_name("clock"));
    }
}
