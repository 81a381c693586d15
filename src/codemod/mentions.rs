//! The places that hold what a pattern asks about by a predicate alone: something asynchronous, whatever its name.
//!
//! Each such pattern looks at one kind of place: behind `await`, `in`, `with` or a star, as an argument, as a statement, behind
//! `=`. The places are found by their keyword, the operand there is read lexically ([`crate::outline::operands`]), its last name has to be
//! one that the project knows for such a thing, and nothing that can be told without a tree may speak against it. As with
//! every trigger, in doubt a place counts.

use crate::codemod::awaitables::Own;
use crate::codemod::query::{Argument, Pattern};
use crate::outline::operands::{self, Operand, Reading};
use crate::outline::{Import, Outline, Statement, StatementKind};
use crate::project::quick::Glance;
use crate::text::{Span, is_whole_word, is_word};
use memchr::memmem;
use rustc_hash::FxHashSet;

/// The keywords behind which a star may unpack.
const KEYWORDS: [&str; 3] = ["return", "yield", "in"];

/// The longest list of loop targets that is looked through, in bytes.
const LONGEST: usize = 300;

/// What the names stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    CoroutineFunctions,
    /// What is iterated or entered asynchronously, or makes such a thing.
    Asynchronous,
    /// What is called for something that cannot be awaited.
    Unawaitable,
}

/// Where the name has to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// Anywhere, without a call behind it.
    Uncalled,
    /// Iterated by a `for`.
    Iterated,
    /// Entered by a plain `with`.
    Entered,
    /// Behind a star.
    Starred,
    /// As an argument.
    Argument,
    /// Behind `await`, called or not.
    Awaited { called: bool },
    /// As the whole statement.
    Alone,
    /// Called behind `=`, and awaited by the name that is bound.
    Assigned,
}

/// What a pattern needs a file to mention, and how; none where it asks about names of its own.
pub(super) fn needed(pattern: &Pattern) -> Option<(Kind, Stand)> {
    let asked = |name: &str| pattern.predicates.iter().find(|call| call.name == name && !call.negated);
    let (kind, call) = [
        ("coroutine-function?", Kind::CoroutineFunctions),
        ("awaited-again?", Kind::CoroutineFunctions),
        ("iterates-asynchronously?", Kind::Asynchronous),
        ("enters-asynchronously?", Kind::Asynchronous),
        ("unawaitable?", Kind::Unawaitable),
    ]
    .into_iter()
    .find_map(|(name, kind)| Some((kind, asked(name)?)))?;
    // What is asked about stands among the arguments of the call that the pattern names.
    let is_argument = || match call.arguments.first() {
        Some(Argument::Capture(capture)) => {
            let place = pattern.captures.iter().find(|(known, _)| known == capture).map_or(0, |(_, place)| *place);
            pattern.source.find("argument_list").is_some_and(|list| list < place)
        }
        _ => false,
    };
    let stand = match pattern.root.as_str() {
        "for_statement" | "for_in_clause" => Stand::Iterated,
        "with_statement" => Stand::Entered,
        "list_splat" => Stand::Starred,
        "call" | "await" | "return_statement" if is_argument() => Stand::Argument,
        "await" if !pattern.source.contains("function:") => Stand::Awaited { called: kind != Kind::CoroutineFunctions },
        "expression_statement" => Stand::Alone,
        "assignment" => Stand::Assigned,
        _ => Stand::Uncalled,
    };
    Some((kind, stand))
}

/// A file, and where it is asked what its names mean.
pub(super) struct Search<'s> {
    pub text: &'s str,
    pub outline: &'s Outline,
    pub glance: &'s Glance<'s, 's>,
    pub own: Own<'s>,
}

impl Search<'_> {
    /// The places where something of a kind stands so, in order.
    pub fn places(&self, kind: Kind, stand: Stand, in_async: bool) -> Vec<usize> {
        let mut found = Vec::new();
        match stand {
            Stand::Awaited { called } => self.awaited(|reading| self.add(kind, reading, Some(called), &mut found)),
            Stand::Iterated => self.iterated(|reading| self.add(kind, reading, None, &mut found)),
            Stand::Entered => self.entered(|reading| self.add(kind, reading, None, &mut found)),
            Stand::Starred => self.starred(|reading| self.add(kind, reading, None, &mut found)),
            Stand::Assigned => self.assigned(|reading| self.add(kind, reading, Some(true), &mut found)),
            Stand::Alone => self.alone(|reading| self.add(kind, reading, Some(false), &mut found)),
            Stand::Uncalled | Stand::Argument => self.uncalled(kind, &mut found),
        }
        found.retain(|at| {
            self.outline.is_code(Span::at(*at))
                && (!in_async || self.outline.in_async(self.outline.innermost_block(*at).map(|block| block as u32)))
        });
        found
    }

    /// Whether the call whose name ends at `end` has an argument of a kind.
    pub fn has_argument(&self, kind: Kind, end: usize) -> bool {
        let open = end + self.text[end..].len() - self.text[end..].trim_start().len();
        if !self.text[open..].starts_with('(') {
            return true;
        }
        let Some(starts) = operands::arguments(self.text, open) else { return true };
        starts.into_iter().any(|(at, depth)| match self.operand(at).1 {
            // What `functools.partial` is given may lie deeper.
            Reading::Operand(operand) if kind == Kind::CoroutineFunctions => {
                !operand.is_called && self.is_item(&operand) && self.may_be(kind, &operand)
            }
            Reading::Operand(operand) => depth == 1 && self.is_item(&operand) && self.may_be(kind, &operand),
            Reading::Other => false,
            Reading::Unread => true,
        })
    }

    /// Whether an operand is all of an item.
    fn is_item(&self, operand: &Operand) -> bool {
        let behind = self.text[operand.end..].trim_start_matches(BLANKS);
        behind.starts_with([',', ')', ']', '}', '#', ':'])
    }

    /// Adds the place of what was read, where it may be of a kind and is called as asked.
    fn add(&self, kind: Kind, (at, reading): (usize, Reading), called: Option<bool>, found: &mut Vec<usize>) {
        match reading {
            Reading::Operand(operand) => {
                if called.is_none_or(|called| called == operand.is_called) && self.may_be(kind, &operand) {
                    found.push(operand.start);
                }
            }
            Reading::Other => {}
            Reading::Unread => found.push(at),
        }
    }

    /// Whether what can be told without a tree leaves it possible that an operand is of a kind.
    fn may_be(&self, kind: Kind, operand: &Operand) -> bool {
        let name = &self.text[operand.name.range()];
        let (start, end) = (operand.start, operand.name.end);
        let makes = || self.glance.awaitable_names().contains(name) || self.own.awaitable.contains(name);
        match kind {
            Kind::CoroutineFunctions if operand.is_called => makes() && self.glance.may_make_coroutine(start, end),
            Kind::CoroutineFunctions => makes() && self.glance.may_be_coroutine_function(start, end),
            Kind::Unawaitable => !makes() && self.glance.may_make_plain(start, end),
            Kind::Asynchronous => {
                let index = self.glance.inference.project.index();
                (name.is_empty() || self.own.asynchronous.contains(name) || index.asynchronous.contains(name))
                    && self.glance.may_be_asynchronous(start, end, operand.is_called)
            }
        }
    }

    /// What stands behind an offset, in its statement.
    fn operand(&self, at: usize) -> (usize, Reading) {
        (at, operands::operand(self.text, at, self.statement_end(at)))
    }

    fn statement_end(&self, at: usize) -> usize {
        self.outline.statement_at(at - 1).map_or(self.text.len(), |statement| statement.span.end)
    }

    fn is_code(&self, at: usize, word: &str) -> bool {
        let span = Span::new(at, at + word.len());
        is_whole_word(self.text.as_bytes(), span) && self.outline.is_code(span)
    }

    fn awaited(&self, mut tell: impl FnMut((usize, Reading))) {
        const AWAIT: &str = "await";
        for at in memmem::find_iter(self.text.as_bytes(), AWAIT).filter(|at| self.is_code(*at, AWAIT)) {
            tell(self.operand(at + AWAIT.len()));
        }
    }

    /// What plain loops and comprehensions iterate.
    fn iterated(&self, mut tell: impl FnMut((usize, Reading))) {
        const FOR: &str = "for";
        for at in memmem::find_iter(self.text.as_bytes(), FOR).filter(|at| self.is_code(*at, FOR)) {
            // `async for` is what it should be.
            let before = self.text[..at].trim_end_matches(BLANKS);
            if before.ends_with("async") && before.len() < at {
                continue;
            }
            let (start, end) = (at + FOR.len(), self.statement_end(at + FOR.len()));
            let targets = &self.text.as_bytes()[start..end.min(start + LONGEST)];
            // The words of an f-string are code for the outline.
            let is_text = self.text[start..].trim_start_matches(BLANKS).starts_with(['\'', '"', '{', ',', '.']);
            match memmem::find_iter(targets, "in").find(|within| self.is_code(start + within, "in")) {
                _ if is_text => {}
                Some(within) => tell(self.operand(start + within + "in".len())),
                None if start + LONGEST < end => tell((at, Reading::Unread)),
                // The word of an f-string.
                None => {}
            }
        }
    }

    /// What plain `with` statements enter.
    fn entered(&self, mut tell: impl FnMut((usize, Reading))) {
        let headers = self.outline.statements.iter().filter(|statement| {
            statement.kind == StatementKind::Header && self.text[statement.span.start..].starts_with("with")
        });
        for Statement { span, .. } in headers {
            let commas = memchr::memchr_iter(b',', &self.text.as_bytes()[span.range()]).map(|at| span.start + at + 1);
            std::iter::once(span.start + "with".len()).chain(commas).for_each(|at| tell(self.operand(at)));
        }
    }

    /// What a star unpacks.
    fn starred(&self, mut tell: impl FnMut((usize, Reading))) {
        let bytes = self.text.as_bytes();
        for at in memchr::memchr_iter(b'*', bytes) {
            let is_single = bytes.get(at + 1) != Some(&b'*') && (at == 0 || bytes[at - 1] != b'*');
            // Behind an operand it multiplies. The parameters of a function are no statement.
            let before = self.text[..at].trim_end_matches(BLANKS);
            let is_item =
                before.ends_with(['(', '[', '{', ',', '=', ':']) || KEYWORDS.iter().any(|word| before.ends_with(word));
            if is_single && is_item && self.outline.statement_at(at).is_some() {
                let (at, reading) = self.operand(at + 1);
                if !matches!(reading, Reading::Operand(operand) if operand.name.is_empty()) {
                    tell((at, reading));
                }
            }
        }
    }

    /// The attributes that are all of a statement.
    fn alone(&self, mut tell: impl FnMut((usize, Reading))) {
        for Statement { span, .. } in self.outline.statements.iter().filter(|each| each.kind == StatementKind::Simple) {
            let source = &self.text[span.range()];
            let is_part = |byte: u8| is_word(byte) || matches!(byte, b'.' | b'(' | b')' | b'\\') || is_blank(byte);
            // What follows a comment may be part of it.
            let end = source.find('#').unwrap_or(source.len());
            if source[..end].bytes().all(is_part) && source[..end].contains('.') {
                tell((span.start, operands::operand(self.text, span.start, span.end)));
            }
        }
    }

    /// What is assigned to a name that the same function awaits.
    fn assigned(&self, mut tell: impl FnMut((usize, Reading))) {
        let mut awaited: FxHashSet<(usize, &str)> = FxHashSet::default();
        self.awaited(|(_, reading)| match reading {
            Reading::Operand(Operand { start, name, is_called: false, .. }) if start == name.start => {
                awaited.insert((self.outline.region_of(start).start, &self.text[name.range()]));
            }
            _ => {}
        });
        if awaited.is_empty() {
            return;
        }
        for statement in self.outline.statements.iter().filter(|each| each.kind == StatementKind::Simple) {
            let source = &self.text[statement.span.range()];
            let end = source.bytes().position(|byte| !is_word(byte)).unwrap_or(source.len());
            if !awaited.iter().any(|(_, name)| *name == &source[..end])
                || !awaited.contains(&(self.outline.region_of(statement.span.start).start, &source[..end]))
            {
                continue;
            }
            for at in memchr::memchr_iter(b'=', source.as_bytes()) {
                let (at, reading) = self.operand(statement.span.start + at + 1);
                if !matches!(reading, Reading::Operand(operand) if operand.is_awaited) {
                    tell((at, reading));
                }
            }
        }
    }

    /// The names that nothing is done with: for patterns that do not say where.
    fn uncalled(&self, kind: Kind, found: &mut Vec<usize>) {
        for statement in &self.outline.statements {
            if matches!(statement.kind, StatementKind::Import | StatementKind::Global) {
                continue;
            }
            let mut from = statement.span.start;
            while let Some(word) = next_word(self.text, from, statement.span.end) {
                from = word.end;
                let operand = Operand {
                    start: chain_start(self.text, word.start),
                    name: word,
                    is_called: false,
                    is_awaited: false,
                    end: from,
                };
                let behind = self.text[word.end..statement.span.end].trim_start();
                if !behind.starts_with(['(', '.']) && self.may_be(kind, &operand) {
                    found.push(word.start);
                }
            }
        }
    }
}

/// Where the handlers start that may take a cancellation by what they are spelled: those of everything, of `BaseException`, and of
/// what the file calls `CancelledError`.
pub(super) fn broad_handlers<'s>(text: &'s str, outline: &'s Outline) -> impl Iterator<Item = usize> + 's {
    const EXCEPT: &str = "except";
    let is_cancelled = |import: &Import| {
        let alias = import.alias.filter(|_| import.name.is_some_and(|name| &text[name.range()] == "CancelledError"))?;
        Some(&text[alias.range()])
    };
    let aliases: Vec<&str> = outline.imports.iter().filter_map(is_cancelled).collect();
    memmem::find_iter(text.as_bytes(), EXCEPT).filter(move |at| {
        let rest = text[at + EXCEPT.len()..].trim_start_matches(BLANKS);
        let head = &rest[..memchr::memchr(b':', rest.as_bytes()).unwrap_or(rest.len())];
        let takes = |name: &str| memmem::find(head.as_bytes(), name.as_bytes()).is_some();
        (head.is_empty() || takes("CancelledError") || takes("BaseException") || aliases.iter().any(|name| takes(name)))
            && is_whole_word(text.as_bytes(), Span::new(*at, at + EXCEPT.len()))
            && outline.is_code(Span::new(*at, at + EXCEPT.len()))
    })
}

fn is_blank(byte: u8) -> bool {
    BLANKS.contains(&char::from(byte))
}

const BLANKS: [char; 5] = [' ', '\t', '\r', '\n', '\\'];

/// The next name of a text, from an offset on.
fn next_word(text: &str, from: usize, end: usize) -> Option<Span> {
    let bytes = &text.as_bytes()[..end];
    let start = (from..end).find(|at| is_word(bytes[*at]) && !bytes[*at].is_ascii_digit())?;
    let length = bytes[start..].iter().take_while(|byte| is_word(**byte)).count();
    Some(Span::new(start, start + length))
}

/// Where the chain of names starts whose last one is at an offset.
fn chain_start(text: &str, at: usize) -> usize {
    let is_link = |byte: &u8| is_word(*byte) || *byte == b'.';
    text.as_bytes()[..at].iter().rposition(|byte| !is_link(byte)).map_or(0, |last| last + 1)
}
