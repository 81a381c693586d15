//! The sharp lexical question that a pattern asks of a file before anything is parsed.
//!
//! A trigger is a *necessary* condition for a match, read off the pattern's own predicates:
//! `#resolves-to? @function "time.sleep"` on what is called needs the word `sleep`, or a name that the file gives it, with a
//! parenthesis behind it. What a trigger lets through is parsed; what it stops is never seen, so that in doubt it lets
//! through.

use crate::codemod::mentions::{self, Kind, Stand};
use crate::codemod::query::{Argument, Call, Pattern};
use crate::codemod::suites::Suite;
use crate::outline::{BlockKind, Outline, StatementKind};
use crate::project::blocking::Families;
use crate::text::{self, Span};

/// What a file must hold for a pattern to match somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trigger {
    pub sign: Sign,
    /// Only inside a function with an `async def` around it.
    pub in_async: bool,
    /// Only in a statement that is a bare call.
    pub in_call_statement: bool,
    /// The word is what is called: a parenthesis follows it.
    is_called: bool,
    /// The dotted paths that the word has to be the end of; none where the word alone counts.
    paths: Vec<String>,
    /// What the statement has to mention beside the word, or in its stead.
    pub mention: Option<(Kind, Stand)>,
    /// Words that the file has to hold besides.
    pub needs: Vec<String>,
    /// The word is the name of a coroutine function where it is defined.
    names_coroutine: bool,
    /// The word is in a decorator, which is no statement.
    in_decorator: bool,
    /// The decorator is that of a coroutine function.
    decorates_coroutine: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// One of these whole words, or an alias of one.
    Words(Vec<String>),
    /// The name of one of the file's coroutine functions, or of asyncio's.
    Awaitable,
    /// What [`Trigger::mention`] says.
    Mention,
    /// A statement that binds what is awaited, and such another behind it.
    ConsecutiveAwaits,
    /// An `await` with which a loop begins, or of which a comprehension makes elements.
    AwaitsInLoops { is_display: bool },
    /// A call of what blocks, of these families.
    Blocks(Families),
    /// A compound statement whose suite has this shape.
    Suite(Suite),
    /// A handler that may take a cancellation.
    Handlers,
    /// A call of a plain function that may get to what blocks.
    Descends,
    /// A call of what gets to an event loop of its own.
    Bridges,
    /// A call of a class of the project that has something to close.
    Makers,
    /// Nothing in particular.
    Anything,
}

/// A whole word of the file that some trigger looks for, or that stands for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    pub span: Span,
    /// Which of the words is looked for.
    pub word: usize,
}

/// The predicates that ask whether a call makes something to await.
const AWAITABLE: [&str; 7] = [
    "awaitable-object?",
    "returns-awaitable?",
    "declared-awaitable?",
    "named-as-coroutine?",
    "awaited-elsewhere?",
    "gives-unkept-task?",
    "same-awaited-elsewhere?",
];

/// The predicates that ask about the suite of a compound statement.
const SUITES: [(&str, Suite); 4] = [
    ("assigned-elsewhere?", Suite::Waiting),
    ("cleans-up?", Suite::Abandoned),
    ("held-across-await?", Suite::Holding),
    ("starves?", Suite::Starving),
];

impl Trigger {
    pub fn of(pattern: &Pattern) -> Trigger {
        let asks = |name: &str| pattern.predicates.iter().find(|call| call.name == name && !call.negated);
        // A word in code that every match holds: of a capture that is always there, and of no string or comment.
        let is_plain = |call: &&Call| {
            let mut words = call.literals().peekable();
            words.peek().is_some()
                && words.all(|word| !word.is_empty() && word.bytes().all(text::is_word))
                && matches!(call.arguments.first(), Some(Argument::Capture(name)) if !pattern.optional.contains(name))
                && !["string", "comment"].iter().any(|kind| pattern.source.contains(kind))
        };
        let mention = mentions::needed(pattern);
        let mut paths = Vec::new();
        let mut named = None;
        let sign = if let Some((_, suite)) = SUITES.iter().find(|(name, _)| asks(name).is_some()) {
            Sign::Suite(*suite)
        } else if let Some(call) = asks("resolves-to?") {
            named = Some(call);
            paths = call.literals().map(str::to_owned).collect();
            Sign::Words(call.literals().map(|path| path.rsplit('.').next().unwrap_or(path).to_owned()).collect())
        } else if let Some(call) = asks("blocks?") {
            // The methods that block have the names of many that do not: `get`, `join`.
            Sign::Blocks(Families::named(call.literals()))
        } else if let Some(call) = asks("any-of?").or_else(|| asks("eq?")).filter(is_plain) {
            named = Some(call);
            Sign::Words(call.literals().map(str::to_owned).collect())
        } else if asks("swallows-cancellation?").is_some() {
            Sign::Handlers
        } else if asks("descends-to-loop?").is_some() {
            Sign::Bridges
        } else if asks("descends-to-block?").is_some() {
            Sign::Descends
        } else if asks("makes-closable?").or_else(|| asks("makes-enterable?")).is_some() {
            Sign::Makers
        } else if asks("independent-awaits?").or_else(|| asks("seemingly-independent-awaits?")).is_some() {
            Sign::ConsecutiveAwaits
        } else if asks("independent-iterations?").or_else(|| asks("seemingly-independent-iterations?")).is_some() {
            Sign::AwaitsInLoops { is_display: pattern.root != "for_statement" }
        } else if mention.is_some() {
            Sign::Mention
        } else if AWAITABLE.iter().any(|name| asks(name).is_some()) {
            Sign::Awaitable
        } else {
            Sign::Anything
        };
        let is_called = named.and_then(|call| call.arguments.first()).is_some_and(|argument| match argument {
            // Another alternative may capture what is not called.
            Argument::Capture(name) => pattern.called.contains(name) && !pattern.optional.contains(name),
            Argument::Literal(_) => false,
        });
        Trigger {
            in_async: asks("in-coroutine?").or_else(|| asks("loop-runs?")).is_some(),
            in_call_statement: pattern.is_call_statement,
            is_called,
            needs: asks("file-mentions?").map(|call| call.literals().map(str::to_owned).collect()).unwrap_or_default(),
            paths,
            mention,
            decorates_coroutine: pattern.source.contains("\"^async\""),
            in_decorator: pattern.root == "decorated_definition" && is_called_in_decorator(pattern, named),
            names_coroutine: pattern.root == "function_definition" && pattern.source.contains("\"async\""),
            sign,
        }
    }

    /// Whether a file could match that has its words, before its outline is known.
    pub fn is_possible(&self, has_async: bool) -> bool {
        let needs_async = self.in_async || self.mention.is_some() || self.names_coroutine || self.decorates_coroutine;
        has_async || !needs_async
    }

    /// Whether one of the words, at its place, could be part of a match.
    pub fn accepts(&self, source: &str, outline: &Outline, word: Span) -> bool {
        (!self.in_decorator || self.accepts_decorator(outline, word.start))
            && (!self.names_coroutine || names_coroutine(source, word.start))
            && (!self.is_called || may_be_called(source, outline, word))
            && (!self.in_async || outline.in_async(outline.innermost_block(word.start).map(|block| block as u32)))
            && (!self.in_call_statement || in_call_statement(outline, word))
            && (self.paths.is_empty() || may_resolve(source, outline, word, &self.paths))
    }

    /// Whether a name may stand for what the trigger looks for by a path.
    pub fn may_resolve(&self, source: &str, outline: &Outline, word: Span) -> bool {
        !self.paths.is_empty() && may_resolve(source, outline, word, &self.paths)
    }

    /// Whether one of its paths may begin in a module that is imported under this name.
    pub fn may_come_from(&self, module: &str) -> bool {
        let top = module.split('.').next().unwrap_or_default().trim();
        self.paths.iter().any(|path| path.split('.').next() == Some(top))
    }

    fn accepts_decorator(&self, outline: &Outline, offset: usize) -> bool {
        let Some(block) = outline.innermost_block(offset).map(|block| &outline.blocks[block]) else { return false };
        let is_coroutine = block.kind == BlockKind::Function { is_async: true };
        block.decorators > 0 && offset < block.header.start && (is_coroutine || !self.decorates_coroutine)
    }

    /// Whether a region could match by its blocks alone.
    pub fn accepts_region(&self, outline: &Outline, region: Span) -> bool {
        let is_coroutine = |kind: BlockKind| kind == BlockKind::Function { is_async: true };
        !self.in_async
            || outline.is_notebook()
            || outline.blocks.iter().any(|block| region.encloses(block.span) && is_coroutine(block.kind))
    }
}

/// Whether the capture that a predicate asks about first stands in a pattern's decorator: before its definition.
fn is_called_in_decorator(pattern: &Pattern, named: Option<&Call>) -> bool {
    let Some(Argument::Capture(name)) = named.and_then(|call| call.arguments.first()) else { return false };
    let place = |name: &str| pattern.captures.iter().find(|(known, _)| known == name).map(|(_, place)| *place);
    let definition = pattern.source.find("definition:");
    place(name).zip(definition).is_some_and(|(capture, definition)| capture < definition)
}

/// What may stand between two tokens of a line, continued or not.
const BLANK: [char; 6] = [' ', '\t', '\x0c', '\\', '\r', '\n'];

/// What stands before the `def` whose name is at `offset`; none where the name is not one of a `def`.
fn before_def(source: &str, offset: usize) -> Option<&str> {
    let before = source[..offset].trim_end_matches(BLANK).strip_suffix("def")?;
    (!before.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_')).then_some(before)
}

/// Whether the name at `offset` is that of an `async def`.
fn names_coroutine(source: &str, offset: usize) -> bool {
    let is_async = |before: &str| before.trim_end_matches(BLANK).ends_with("async");
    before_def(source, offset).is_some_and(is_async)
}

/// Whether a name may be called where it stands: a parenthesis follows, or something that may hide one, and it is not the name
/// of a definition.
fn may_be_called(source: &str, outline: &Outline, name: Span) -> bool {
    let end = outline.statement_at(name.start).map_or(source.len(), |statement| statement.span.end);
    let rest = source[name.end..end].trim_start();
    let closed = rest.trim_start_matches(|letter: char| letter == ')' || letter.is_whitespace());
    let is_open = rest.starts_with(['(', '\\', '#']) || rest.starts_with(')') && closed.starts_with('(');
    is_open && before_def(source, name.start).is_none()
}

fn in_call_statement(outline: &Outline, hit: Span) -> bool {
    outline.statement_at(hit.start).is_none_or(|statement| matches!(statement.kind, StatementKind::Call { .. }))
}

/// Whether the chain that ends in a word may be one of the paths: its first name is imported as a beginning of one, or is
/// bound by something else than an import.
fn may_resolve(source: &str, outline: &Outline, word: Span, paths: &[String]) -> bool {
    let bytes = source.as_bytes();
    let mut start = word.start;
    while start > 0 && (text::is_word(bytes[start - 1]) || bytes[start - 1] == b'.') {
        start -= 1;
    }
    let chain = &source[start..word.end];
    let root = chain.split('.').next().unwrap_or(chain);
    // `f().sleep`, `x[0].sleep`, and chains that are broken by blanks or lines, perhaps behind a comment.
    let is_broken = text::starts_its_line(source, start)
        && outline.statement_at(start).is_some_and(|statement| statement.span.start < start);
    if root.is_empty() || is_broken || source[..start].trim_end().ends_with(['.', '\\']) {
        return true;
    }
    if matches!(root, "self" | "cls") {
        return false;
    }
    let mut is_imported = false;
    for import in &outline.imports {
        let bound = import.bound_name(source);
        if bound != root && bound != "*" {
            continue;
        }
        is_imported = true;
        let module = source[import.module.range()].split('.').next().unwrap_or_default().trim();
        if bound == "*" || paths.iter().any(|path| path.split('.').next() == Some(module)) {
            return true;
        }
    }
    // Bound by an assignment, perhaps to such a module or function; or, for a builtin, by nothing.
    !is_imported && (paths.iter().any(|path| !path.contains('.')) || is_assigned(source, root))
}

/// The names that a statement gives to what follows `before`, its beginning: `a` and `b` in `a = b = …`, `a` in
/// `a: T = …`, `b` in `if (b := …`. A keyword argument is none: behind a parenthesis only `:=` counts.
pub(super) fn targets(before: &str) -> impl Iterator<Item = &str> + Clone {
    let is_part = |letter: char| !letter.is_ascii() || text::is_word(letter as u8);
    let opened = before.find('(').unwrap_or(before.len());
    let ends = memchr::memchr_iter(b'=', before.as_bytes());
    let ends = ends.filter(move |end| *end < opened || before[..*end].ends_with(':'));
    let last_words = ends.map(move |end| {
        let head = before[..end].trim_end_matches(':').trim_end();
        &head[head.trim_end_matches(is_part).len()..]
    });
    let annotated = before.contains('=').then(|| &before[..before.len() - before.trim_start_matches(is_part).len()]);
    last_words.chain(annotated).filter(|name| !name.is_empty())
}

/// The names that a statement may give to the symbol that ends at `end` in it, where the chain there starts behind `=`. What is
/// called or subscripted, and the value of a keyword argument, is a value of its own.
pub(super) fn aliases(statement: &str, start: usize, end: usize) -> impl Iterator<Item = &str> {
    let is_link =
        |byte: &u8| text::is_word(*byte) || matches!(byte, b'.' | b' ' | b'\t' | b'\r' | b'\n' | b'\\' | b'(');
    let is_value = statement[end..].trim_start().starts_with(['(', '[', '.']);
    let sign = statement.as_bytes()[..start].iter().rposition(|byte| !is_link(byte));
    let gives = sign.filter(|_| !is_value).is_some_and(|at| {
        let head = &statement[..at];
        // A comment may stand between, on a line of its own.
        let is_commented = head[text::line_start(statement, at)..].contains('#');
        let is_keyword = head.contains('(') && !head.ends_with(':');
        is_commented || statement.as_bytes()[at] == b'=' && !is_keyword
    });
    targets(if gives { &statement[..start] } else { "" })
}

/// Whether a statement somewhere may give a name to what begins one of the paths: `name = module`, `name = other.part`, a
/// list of targets. What is called or written out is a value of its own.
fn is_assigned(source: &str, name: &str) -> bool {
    text::words(source, name).any(|at| {
        let rest = source[at + name.len()..].trim_start();
        let line = &rest[..text::line_end(rest, 0)];
        let Some((between, value)) = line.split_once('=') else { return false };
        let is_target =
            between.trim_end().is_empty() || between.starts_with([':', ',']) || between.trim_end().ends_with(':');
        is_target
            && !value.starts_with('=')
            && may_be_chain(&source[value.as_ptr() as usize - source.as_ptr() as usize..])
    })
}

/// Whether a value may be a name or an attribute: what is not called, no literal and no display.
fn may_be_chain(value: &str) -> bool {
    let value = value.trim_start_matches([' ', '\t', '(', '\\', '\r', '\n', '=']);
    let end = value.bytes().position(|byte| !text::is_word(byte) && byte != b'.').unwrap_or(value.len());
    let is_literal = value.starts_with(|first: char| first.is_ascii_digit())
        || matches!(&value[..end], "None" | "True" | "False" | "await");
    match value[end..].trim_start_matches([' ', '\t']).chars().next() {
        Some('(' | '[' | '"' | '\'') => false,
        _ if end == 0 => value.starts_with('#'),
        _ => !is_literal,
    }
}
