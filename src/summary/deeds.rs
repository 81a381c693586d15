//! What the plain functions of a text do: what they call, and what they change that is not their own.
//!
//! In: a text and its outline. Out: for each plain function that is no generator the chains of names that it calls, each
//! once, with their arguments in short, and the first thing that it changes: an attribute or an item of what it did not make
//! itself. What a lambda does is left out, since nobody knows when it runs, and so is what can neither wait nor change
//! anything by its name: `len`, `str.strip`, a logger.

use super::builtins::is_calculating;
use super::calls::{arguments, string_end};
use super::containers::changes_container;
use super::{Condition, DeedKind};
use crate::outline::{BlockKind, Outline, Statement, StatementKind};
use crate::text::{Span, is_word};
use memchr::memmem;
use rustc_hash::{FxHashMap, FxHashSet};
use std::borrow::Cow;
use std::collections::hash_map::Entry;

/// Builtins that wait for nothing and change nothing, beside those that only make a value.
const BUILTINS: [&str; 13] = [
    "callable",
    "cast",
    "filter",
    "getattr",
    "hasattr",
    "hash",
    "hex",
    "id",
    "issubclass",
    "map",
    "object",
    "super",
    "type",
];

/// Methods of values and loggers that wait for nothing and change nothing.
const METHODS: [&str; 36] = [
    "capitalize",
    "casefold",
    "critical",
    "debug",
    "encode",
    "endswith",
    "error",
    "exception",
    "fullmatch",
    "get_logger",
    "getLogger",
    "group",
    "groups",
    "hexdigest",
    "info",
    "isdigit",
    "isoformat",
    "items",
    "keys",
    "lower",
    "lstrip",
    "partition",
    "removeprefix",
    "removesuffix",
    "rpartition",
    "rsplit",
    "rstrip",
    "splitlines",
    "startswith",
    "strftime",
    "strip",
    "title",
    "total_seconds",
    "upper",
    "values",
    "warning",
];

/// What makes a value that nobody else has, by its last name; so does a class.
const MAKERS: [&str; 17] = [
    "copy",
    "deepcopy",
    "defaultdict",
    "deque",
    "dict",
    "findall",
    "frozenset",
    "list",
    "load",
    "loads",
    "open",
    "read",
    "safe_load",
    "set",
    "sorted",
    "split",
    "tuple",
];

/// As much of a call as is kept.
const LONGEST: usize = 48;

/// Something that a plain function does.
pub(super) struct Deed<'t> {
    pub kind: DeedKind,
    /// Where what it is done to stands.
    pub at: usize,
    /// What is called, with its arguments, or what is changed.
    pub source: Cow<'t, str>,
    pub block: u32,
    /// Whether it is done whenever the function runs.
    pub condition: Condition,
    /// The first names of what is called and of its arguments.
    pub reads: Vec<Span>,
}

/// All of them, in order of the source within each function. `generators` are the blocks that yield.
pub(super) fn deeds<'t>(text: &'t str, outline: &Outline, is_generator: impl Fn(u32) -> bool) -> Vec<Deed<'t>> {
    let mut reader = Reader {
        text,
        outline,
        modules: None,
        seen: FxHashMap::default(),
        found: Vec::new(),
        branches: Vec::new(),
        returned: None,
        condition: Condition::Always,
    };
    let is_plain = |block: &u32| {
        outline.blocks[*block as usize].kind == BlockKind::Function { is_async: false } && !is_generator(*block)
    };
    for statement in &outline.statements {
        let Some(block) = statement.block.filter(is_plain) else { continue };
        reader.enter(statement, block);
        match statement.kind {
            StatementKind::Import => {}
            StatementKind::Global => reader.global(statement, block),
            StatementKind::Simple => {
                reader.calls(statement, block);
                reader.assignment(statement, block);
            }
            StatementKind::Header | StatementKind::Call { .. } => reader.calls(statement, block),
        }
    }
    reader.found
}

struct Reader<'t, 'o> {
    text: &'t str,
    outline: &'o Outline,
    /// The names that `import a` binds.
    modules: Option<FxHashSet<&'t str>>,
    /// What was found already, and where.
    seen: FxHashMap<(u32, Cow<'t, str>), usize>,
    found: Vec<Deed<'t>>,
    /// The functions that the branches around the walk are of, and where each ends.
    branches: Vec<(u32, usize)>,
    /// The function in which something was returned in a branch already.
    returned: Option<u32>,
    /// When the statement at hand runs.
    condition: Condition,
}

impl<'t> Reader<'t, '_> {
    /// Notes when a statement runs: a loop runs its suite, an `if`, a `case` and an `except` may not. What comes after something was
    /// returned that the function did not make, or nothing at all, runs only where nothing was kept or there is something to do.
    fn enter(&mut self, statement: &Statement, block: u32) {
        self.branches.retain(|(_, end)| *end > statement.span.start);
        let is_branch = self.branches.iter().any(|(function, _)| *function == block);
        let is_guarded = is_branch || self.returned == Some(block);
        self.condition = if is_guarded { Condition::Guarded } else { Condition::Always };
        let source = &self.text[statement.span.range()];
        if statement.kind == StatementKind::Header {
            if ["if", "except", "case"].iter().any(|word| source.starts_with(word)) {
                self.branches.push((block, statement.end));
            }
        } else if is_branch && let Some(value) = source.strip_prefix("return") {
            let value = value.trim();
            let is_constant = matches!(value, "None" | "True" | "False") || value.starts_with('-');
            if !is_constant && !self.is_made(value) {
                self.returned = Some(block);
            }
        }
    }

    /// When what stands at an offset of the statement at hand is evaluated.
    fn condition_at(&self, at: usize) -> Condition {
        let Some(statement) = self.outline.statement_at(at) else { return self.condition };
        let holds =
            |span: Span, word: &str| memmem::find(&self.text.as_bytes()[span.range()], word.as_bytes()).is_some();
        let before = Span::new(statement.span.start, at);
        let is_alternative = statement.kind != StatementKind::Header && holds(statement.span, " else ");
        match is_alternative || holds(before, " or ") || holds(before, " and ") {
            true => Condition::Guarded,
            false => self.condition,
        }
    }

    fn calls(&mut self, statement: &Statement, block: u32) {
        let bytes = &self.text.as_bytes()[..statement.span.end];
        let mut lambda = None;
        for open in memchr::memchr_iter(b'(', &bytes[statement.span.start..]).map(|at| statement.span.start + at) {
            if open == statement.span.start || !is_word(bytes[open - 1]) {
                continue;
            }
            let name = bytes[..open].iter().rposition(|byte| !is_word(*byte)).map_or(0, |last| last + 1);
            let lambda = *lambda.get_or_insert_with(|| {
                let rest = &bytes[statement.span.start..];
                memmem::find(rest, b"lambda").map_or(usize::MAX, |at| statement.span.start + at)
            });
            if open > lambda {
                break;
            }
            if name >= statement.span.start && !bytes[name].is_ascii_digit() {
                self.call(statement, block, Span::new(name, open));
            }
        }
    }

    fn call(&mut self, statement: &Statement, block: u32, name: Span) {
        let bytes = self.text.as_bytes();
        let word = &self.text[name.range()];
        let is_method = name.start > statement.span.start && bytes[name.start - 1] == b'.';
        let is_skipped = match is_method {
            true => METHODS.contains(&word),
            false => BUILTINS.contains(&word) || is_calculating(word),
        };
        if is_skipped || is_keyword(word) || !self.outline.is_code(name) {
            return;
        }
        let start = chain_start(bytes, statement.span.start, name.start);
        let callee: Cow<str> = match bytes.get(start) {
            Some(b'.') => match shortened(self.text, statement.span.start, start) {
                Some(object) => Cow::Owned(format!("{object}{}", &self.text[start..name.end])),
                // A method of a literal.
                None => return,
            },
            _ => Cow::Borrowed(&self.text[start..name.end]),
        };
        let root = &self.text[start..start + bytes[start..].iter().take_while(|byte| is_word(**byte)).count()];
        let is_changer = is_method && changes_container(word);
        if is_changer && !root.is_empty() && self.is_own(root, block) {
            return;
        }
        let object = callee.len().saturating_sub(word.len() + 1);
        if is_changer && start < name.start && !self.is_module(root) && (object > root.len() || !is_self(root)) {
            let object = match callee {
                Cow::Borrowed(callee) => Cow::Borrowed(&callee[..object]),
                Cow::Owned(callee) => Cow::Owned(callee[..object].to_owned()),
            };
            return self.add(DeedKind::Change, start, object, block, Vec::new());
        }
        let (given, mut reads) = arguments(bytes, name.end);
        let given = if given.len() > LONGEST || given.is_empty() { "...)".to_owned() } else { given };
        let given = if bytes.get(name.end + 1) == Some(&b')') { ")".to_owned() } else { given };
        if !root.is_empty() {
            reads.push(Span::new(start, start + root.len()));
        }
        let source = Cow::Owned(format!("{callee}({given}"));
        self.add(DeedKind::Call, name.start, source, block, reads);
    }

    /// `global name`, which a function says that binds it.
    fn global(&mut self, statement: &Statement, block: u32) {
        let source = &self.text[statement.span.range()];
        let names = source.split_once(char::is_whitespace).map_or("", |(_, names)| names);
        let first = names.split(',').next().unwrap_or_default().trim();
        self.change(statement.span.start, first, block);
    }

    /// What an assignment or a `del` does to something that is not a name.
    fn assignment(&mut self, statement: &Statement, block: u32) {
        let source = &self.text[statement.span.range()];
        let targets = match source.strip_prefix("del ") {
            Some(deleted) => deleted,
            None => match source[..targets_end(source)].split_once(": ") {
                Some((target, _)) => target,
                None => &source[..targets_end(source)],
            },
        };
        if !targets.contains(['.', '[']) {
            return;
        }
        for target in targets.split([',', '=']) {
            let target = target.trim().trim_start_matches(['(', '*', '[']);
            let end = target.bytes().position(|byte| !is_word(byte) && byte != b'.').unwrap_or(target.len());
            let chain = &target[..end];
            let root = chain.split('.').next().unwrap_or_default();
            let is_part = chain.len() > root.len() || target[end..].starts_with('[');
            if is_part && !root.is_empty() && !self.is_own(root, block) {
                return self.change(statement.span.start, chain, block);
            }
        }
    }

    fn change(&mut self, at: usize, changed: &'t str, block: u32) {
        self.add(DeedKind::Change, at, Cow::Borrowed(changed), block, Vec::new());
    }

    fn add(&mut self, kind: DeedKind, at: usize, source: Cow<'t, str>, block: u32, reads: Vec<Span>) {
        // One change says as much as many.
        let key = if kind == DeedKind::Change { Cow::Borrowed("") } else { source.clone() };
        let condition = self.condition_at(at);
        match self.seen.entry((block, key)) {
            Entry::Vacant(slot) => {
                slot.insert(self.found.len());
                self.found.push(Deed { kind, at, source, block, condition, reads });
            }
            Entry::Occupied(known) if condition == Condition::Always => self.found[*known.get()].condition = condition,
            Entry::Occupied(_) => {}
        }
    }

    fn is_module(&mut self, name: &str) -> bool {
        let (outline, text) = (self.outline, self.text);
        let modules = self.modules.get_or_insert_with(|| {
            outline
                .imports
                .iter()
                .filter(|import| import.name.is_none())
                .map(|import| import.bound_name(text))
                .collect()
        });
        modules.contains(name)
    }

    /// Whether a function made what a name holds: all that binds it there is the call of a class, a display or the like.
    fn is_own(&mut self, name: &str, block: u32) -> bool {
        let (outline, text) = (self.outline, self.text);
        let function = &outline.blocks[block as usize];
        if text[function.name.range()] == *"__init__" && is_self(name) {
            return true;
        }
        let first = outline.statements.partition_point(|statement| statement.span.start < function.header.end);
        let inside =
            outline.statements[first..].iter().take_while(|statement| statement.span.start < function.span.end);
        let values: Vec<&str> = inside
            .filter(|statement| statement.block == Some(block))
            .filter_map(|statement| value_of(&text[statement.span.range()], name))
            .collect();
        !values.is_empty() && values.iter().all(|value| self.is_made(value))
    }

    fn is_made(&mut self, value: &str) -> bool {
        if value.starts_with(['[', '{', '"', '\'']) || value.starts_with(|first: char| first.is_ascii_digit()) {
            return true;
        }
        let end = value.bytes().position(|byte| !is_word(byte) && byte != b'.').unwrap_or(value.len());
        let (chain, rest) = value.split_at(end);
        if rest.starts_with(['"', '\'']) {
            return true;
        }
        let (root, last) = (chain.split('.').next().unwrap_or_default(), chain.rsplit('.').next().unwrap_or_default());
        let is_class = last.trim_start_matches('_').starts_with(|first: char| first.is_ascii_uppercase());
        rest.starts_with('(') && (is_class || MAKERS.contains(&last) || chain.contains('.') && self.is_module(root))
    }
}

fn is_self(name: &str) -> bool {
    matches!(name, "self" | "cls")
}

fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "and"
            | "assert"
            | "await"
            | "elif"
            | "except"
            | "for"
            | "if"
            | "in"
            | "is"
            | "not"
            | "or"
            | "print"
            | "return"
            | "while"
            | "with"
            | "yield"
            | "else"
            | "del"
            | "from"
            | "lambda"
            | "case"
            | "match"
            | "raise"
    )
}

/// Where the chain of names starts that ends in the name at `name`; at a `.` where it goes on with something else.
fn chain_start(bytes: &[u8], least: usize, name: usize) -> usize {
    let start = bytes[least..name].iter().rposition(|byte| !is_word(*byte) && *byte != b'.');
    let start = start.map_or(least, |last| least + last + 1);
    if bytes[start].is_ascii_digit() { name } else { start }
}

/// What the object of a chain that starts with a `.` is, in short: `Path()`, or `_[0]` where it is no call. None for a literal.
fn shortened(text: &str, least: usize, dot: usize) -> Option<String> {
    const UNKNOWN: &str = "_[0]";
    let bytes = text.as_bytes();
    let mut at = dot;
    match bytes[least..dot].last()? {
        b'"' | b'\'' => return None,
        b')' => {}
        _ => return Some(UNKNOWN.to_owned()),
    }
    let mut depth = 0usize;
    while at > least {
        at -= 1;
        match bytes[at] {
            b')' => depth += 1,
            b'(' if depth == 1 => break,
            b'(' => depth -= 1,
            _ => {}
        }
    }
    let name = bytes[least..at]
        .iter()
        .rposition(|byte| !is_word(*byte) && *byte != b'.')
        .map_or(least, |last| least + last + 1);
    let is_name = name < at && bytes[at] == b'(' && !bytes[name].is_ascii_digit() && bytes[name] != b'.';
    let callee = &text[name..at];
    Some(if is_name && !is_keyword(callee) { format!("{callee}()") } else { UNKNOWN.to_owned() })
}

/// Where the targets of an assignment end: before the last `=` that is one; nowhere in another statement.
fn targets_end(source: &str) -> usize {
    let bytes = source.as_bytes();
    let (mut depth, mut end, mut at) = (0usize, 0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            quote @ (b'"' | b'\'') => match string_end(bytes, at, quote) {
                Some(end) => at = end,
                None => break,
            },
            b'=' if depth == 0 && bytes.get(at + 1) == Some(&b'=') => break,
            b'=' if depth == 0 && matches!(bytes[at.saturating_sub(1)], b'!' | b':') => break,
            b'=' if depth == 0 => end = at,
            b'#' => break,
            _ => {}
        }
        at += 1;
    }
    source[..end].trim_end_matches(['+', '-', '*', '/', '|', '&', '^', '%', '@', '<', '>']).len()
}

/// The value that a statement gives to a name, if it binds it.
fn value_of<'s>(source: &'s str, name: &str) -> Option<&'s str> {
    if let Some(rest) = source.strip_prefix(name) {
        let rest = rest.trim_start();
        let annotated = || rest.strip_prefix(':').and_then(|rest| rest.split_once('='));
        let value = match rest.strip_prefix('=') {
            Some(value) if !value.starts_with('=') => Some(value),
            _ => annotated().map(|(_, value)| value),
        };
        return value.map(str::trim_start);
    }
    let is_header = source.starts_with("with ") || source.starts_with("for ");
    let bound = |(at, _): &(usize, &str)| {
        let before = source[..*at].trim_end();
        let rest = &source[at + name.len()..];
        !rest.starts_with(|next: char| next.is_ascii() && is_word(next as u8)) && before.ends_with(" as")
    };
    match source.match_indices(name).find(bound) {
        Some((at, _)) if is_header => source[..at].trim_end().strip_suffix(" as").map(|item| {
            let item = item.strip_prefix("with ").unwrap_or(item);
            item.rsplit(", ").next().unwrap_or(item).trim()
        }),
        _ if source.starts_with("for ") => {
            let (targets, _) = source["for ".len()..].split_once(" in ")?;
            crate::text::words(targets, name).next().map(|_| "")
        }
        _ => None,
    }
}
