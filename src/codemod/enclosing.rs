//! The operations that put the rest of a block under a header, or into a `try` that cleans up.
//!
//! The rest reaches to the end of the block, to the hand-written close, or to the end of the `try` whose `finally` closes; what
//! closes by hand is absorbed. String contents keep their bytes.

use crate::codemod::entering;
use crate::codemod::matching::Sight;
use crate::codemod::operations::Step;
use crate::codemod::planning::Draft;
use crate::plan::Edit;
use crate::project::Module;
use crate::syntax::{self, ancestors, descendants, named_children};
use crate::text::{self, Span};
use tree_sitter::Node;

/// What follows a statement in its block, as far as something stays open.
pub(super) struct Rest<'a> {
    module: &'a Module<'a>,
    pub statement: Node<'a>,
    pub block: Node<'a>,
    /// The statements that go along.
    inside: Vec<Node<'a>>,
    /// The statements behind them that close by hand.
    closes: Vec<Node<'a>>,
    /// How the last statement inside closes.
    cleanup: Option<Cleanup<'a>>,
    /// Whether nothing follows in the block.
    pub ends_block: bool,
    /// Whether a `try` that closes only begins earlier, and its body stays as deep as it is.
    moves_try: bool,
}

/// A `try` whose `finally` closes.
struct Cleanup<'a> {
    attempt: Node<'a>,
    clause: Node<'a>,
    closes: Vec<Node<'a>>,
    /// Whether the clause does nothing else.
    is_sole: bool,
    /// Whether the `try` has no other clause.
    is_plain: bool,
}

/// Replaces the statement by a header and indents what follows it in its block; see the vocabulary.
pub fn enclose_rest(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let statement = step.node(sight, "enclose-rest")?;
    let rest = Rest::of(sight, step, statement, held_name(sight, step, statement)?)?;
    let header = draft.render(&step.templates("in")[0], sight, statement)?;
    if entering::join(sight, &rest, &header, draft)? {
        return Ok(());
    }
    draft.edits.push(Edit::replace(syntax::span(statement), header));
    rest.indent(draft)
}

/// Puts a statement below a header; see the vocabulary.
pub fn enclose(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let statement = step.node(sight, "enclose")?;
    let module = sight.module;
    let source = module.text;
    let line = text::line_end(source, statement.end_byte());
    if !text::starts_its_line(source, statement.start_byte()) || source[statement.end_byte()..line].contains(';') {
        return Err("other code shares its line".to_owned());
    }
    let header = draft.render(&step.templates("in")[0], sight, statement)?;
    let newline = text::newline(source);
    let indentation = text::indentation(source, statement.start_byte());
    let unit = module.indentation_unit();
    let strings = strings_within(statement);
    let mut at = text::next_line(source, statement.start_byte());
    while at < statement.end_byte() {
        if draft.edits.iter().any(|edit| edit.span.start < at && at < edit.span.end) {
            return Err("what moves into the header takes several lines".to_owned());
        }
        let is_text = strings.iter().any(|string| string.start < at && at < string.end);
        if !is_text && !source[at..text::line_end(source, at)].trim().is_empty() {
            draft.edits.push(Edit::insert(at, unit));
        }
        at = text::next_line(source, at);
    }
    draft.edits.push(Edit::insert(statement.start_byte(), format!("{header}{newline}{indentation}{unit}")));
    draft.claims.push(syntax::span(statement));
    Ok(())
}

/// What a lost connection raises, or who takes it as well.
const FAILURES: [&str; 8] = [
    "ConnectionError",
    "ConnectionResetError",
    "ConnectionAbortedError",
    "BrokenPipeError",
    "OSError",
    "IOError",
    "Exception",
    "BaseException",
];

/// Puts what follows the statement into a `try` with a `finally`; see the vocabulary.
pub fn guard_rest(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let assigned = step.node(sight, "guard-rest")?;
    let module = sight.module;
    let name = held_name(sight, step, assigned)?;
    let next = named_children(assigned.parent().ok_or("it stands alone")?)
        .find(|node| node.start_byte() > assigned.start_byte());
    let is_started = |node: &Node| is_close(module, *node, name, step.names("started-by"));
    let statement = match step.names("started-by") {
        [] => assigned,
        _ => next.filter(is_started).ok_or_else(|| format!("the statement behind it does not start `{name}`"))?,
    };
    let rest = Rest { moves_try: true, ..Rest::of(sight, step, statement, name)? };
    let source = module.text;
    let newline = text::newline(source);
    let indentation = text::indentation(source, statement.start_byte());
    draft.edits.push(Edit::insert(text::line_end(source, statement.end_byte()), format!("{newline}{indentation}try:")));
    let unit = rest.unit()?;
    let mut clause = format!("{indentation}finally:");
    // Whoever closed by hand and went on may be the one that the other side waits for.
    let closes_only = rest.goes_on() || rest.takes_failures();
    for (at, template) in step.templates("finally").iter().enumerate() {
        let line = draft.render(template, sight, statement)?;
        if !(closes_only && at > 0 && line.starts_with("await ")) {
            clause.push_str(&format!("{newline}{indentation}{unit}{line}"));
        }
    }
    rest.indent_before(clause, draft)
}

impl<'a> Rest<'a> {
    /// Whether it is closed by hand with a plain call first, and nothing waits for what that does.
    fn goes_on(&self) -> bool {
        let waits = |close: &Node| descendants(*close).any(|node| node.kind() == "await");
        !self.closes.is_empty() && !self.closes.iter().any(waits)
    }

    /// Whether it takes what a lost connection raises, which whoever waits for the end of that raises again
    /// (`StreamWriter.wait_closed` in CPython's `Lib/asyncio/streams.py`), and nobody waited for the end before.
    fn takes_failures(&self) -> bool {
        let takes = |node: Node| match node.kind() {
            "except_clause" => {
                let block = named_children(node).find(|part| part.kind() == "block");
                let goes_on = block.is_some_and(|block| {
                    named_children(block).last().is_some_and(|last| last.kind() != "raise_statement")
                });
                let head =
                    &self.module.text[node.start_byte()..block.map_or(node.end_byte(), |block| block.start_byte())];
                goes_on && (head.trim_end().ends_with("except:") || names_failure(head))
            }
            "with_clause" => {
                let head = self.module.of(node);
                ["raises(", "assertRaises", "suppress("].iter().any(|word| head.contains(word)) && names_failure(head)
            }
            _ => false,
        };
        self.closes.is_empty()
            && self.cleanup.is_none()
            && self.inside.iter().flat_map(|node| descendants(*node)).any(takes)
    }

    /// What follows `statement` until `name` is closed, where it can be told apart.
    fn of(sight: &Sight<'a>, step: &Step, statement: Node<'a>, name: &str) -> Result<Rest<'a>, String> {
        let module = sight.module;
        let methods = step.names("closed-by");
        let is_own = step.optional_node(sight, "of").is_none();
        let block =
            statement.parent().filter(|parent| parent.kind() == "block").ok_or("it is not in a block of statements")?;
        let all: Vec<Node> = named_children(block).filter(|node| node.start_byte() > statement.start_byte()).collect();
        let closes = |node: &Node| is_close(module, *node, name, methods);
        let end = all.iter().position(|node| closes(node) || Cleanup::of(*node, closes).is_some());
        let cleanup = end.and_then(|at| Cleanup::of(all[at], closes));
        let (inside, later) = match end {
            Some(at) => all.split_at(at + usize::from(cleanup.is_some())),
            None => (all.as_slice(), &[][..]),
        };
        let (absorbed, later) = later.split_at(later.iter().take_while(|node| closes(node)).count());
        if inside.is_empty() {
            return Err("nothing follows it in its block".to_owned());
        }
        let known = absorbed.iter().chain(cleanup.iter().flat_map(|cleanup| &cleanup.closes)).map(|node| node.id());
        let known: Vec<usize> = known.collect();
        let searched = if is_own { &all[..] } else { inside };
        let other = searched.iter().flat_map(|node| closes_within(module, *node, name, methods));
        if let Some(other) = other.into_iter().find(|other| !known.contains(&other.id())) {
            return Err(format!("`{name}` is closed on line {} already", module.row(other.start_byte())));
        }
        if let Some(later) = later.iter().find(|node| is_own && mentions(module, **node, name)) {
            let row = module.row(later.start_byte());
            return Err(format!("`{name}` is used on line {row}, after it is closed"));
        }
        if !all.iter().all(|node| text::starts_its_line(module.text, node.start_byte())) {
            return Err("other code shares a line with the rest of the block".to_owned());
        }
        let (inside, closes) = (inside.to_vec(), absorbed.to_vec());
        Ok(Rest { module, statement, block, inside, closes, ends_block: later.is_empty(), cleanup, moves_try: false })
    }

    /// Whether a `try` closes it.
    pub fn has_cleanup(&self) -> bool {
        self.cleanup.is_some()
    }

    /// Indents the rest, and takes away what closed by hand.
    pub fn indent(&self, draft: &mut Draft) -> Result<(), String> {
        let source = self.module.text;
        let mut deleted = self.close_lines();
        if let Some(cleanup) = &self.cleanup {
            deleted.extend(cleanup.lines_to_drop(source)?);
        }
        self.indent_lines(&deleted, draft)?;
        deleted.iter().for_each(|lines| draft.edits.push(Edit::delete(last_line_of_text(source, *lines))));
        Ok(())
    }

    /// Takes away what closed by hand, and leaves the rest where it is.
    pub fn drop_closes(&self, draft: &mut Draft) {
        let source = self.module.text;
        let lines = self.close_lines();
        let end = lines.iter().map(|lines| lines.end).max().unwrap_or_default().max(self.end());
        draft.edits.extend(lines.into_iter().map(|lines| Edit::delete(last_line_of_text(source, lines))));
        draft.claims.push(Span::new(self.statement.start_byte(), end.max(self.statement.end_byte())));
    }

    /// Indents the rest, and puts a clause behind it in the place of what closed by hand. A `try` that cleans up already
    /// begins earlier.
    fn indent_before(&self, clause: String, draft: &mut Draft) -> Result<(), String> {
        let source = self.module.text;
        let newline = text::newline(source);
        match &self.cleanup {
            Some(cleanup) if cleanup.is_plain => {
                let opening = cleanup.opening_line(source)?;
                draft.edits.push(Edit::delete(opening));
                return self.indent_lines(&[opening], draft);
            }
            Some(cleanup) => {
                let row = self.module.row(cleanup.attempt.start_byte());
                return Err(format!("the `try` on line {row} has handlers of its own"));
            }
            None => {}
        }
        let closes = self.close_lines();
        self.indent_lines(&closes, draft)?;
        let at = source[..self.end()].trim_end_matches(['\n', '\r']).len();
        draft.edits.push(match closes.first() {
            Some(lines) => {
                // Blank lines that stood before what closed would stand before the clause.
                let start = text::next_line(source, source[..lines.start].trim_end().len());
                Edit::replace(Span::new(start, text::line_end(source, self.closes[0].end_byte())), clause)
            }
            None => Edit::insert(at, format!("{newline}{clause}")),
        });
        if let [first, .., last] = self.closes.as_slice() {
            let after = text::line_end(source, first.end_byte());
            draft.edits.push(Edit::delete(Span::new(after, text::line_end(source, last.end_byte()))));
        }
        Ok(())
    }

    /// The lines of the hand-written close behind the rest.
    fn close_lines(&self) -> Vec<Span> {
        let source = self.module.text;
        let lines = |first: &Node, last: &Node| {
            Span::new(text::line_start(source, first.start_byte()), text::next_line(source, last.end_byte()))
        };
        self.closes.first().zip(self.closes.last()).map(|(first, last)| lines(first, last)).into_iter().collect()
    }

    /// Where the rest ends: behind its last statement and the comments there, before what closes.
    fn end(&self) -> usize {
        let source = self.module.text;
        match (self.closes.first(), self.inside.last()) {
            (Some(close), _) => text::line_start(source, close.start_byte()),
            (None, Some(last)) if self.ends_block => {
                behind_comments(source, last.end_byte(), text::indentation(source, self.statement.start_byte()))
            }
            (None, last) => last.map_or(self.statement.end_byte(), |last| text::next_line(source, last.end_byte())),
        }
    }

    fn indent_lines(&self, deleted: &[Span], draft: &mut Draft) -> Result<(), String> {
        let source = self.module.text;
        let unit = self.unit()?;
        let deep = self.deep_try();
        let end = self.end();
        let strings = strings_within(self.block);
        let first = text::next_line(source, self.statement.end_byte());
        let is_blank = |at: &usize| *at < end && source[*at..text::line_end(source, *at)].trim().is_empty();
        let mut at = std::iter::successors(Some(first), |at| Some(text::next_line(source, *at)))
            .find(|at| !is_blank(at))
            .unwrap_or(first);
        if at > first {
            draft.edits.push(Edit::delete(Span::new(first, at)));
        }
        while at < end {
            let line = &source[at..text::line_end(source, at)];
            let stays = strings.iter().any(|string| string.start < at && at < string.end)
                || deleted.iter().any(|lines| lines.contains(at) || lines.contains(text::line_end(source, at)))
                || deep.is_some_and(|attempt| attempt.start_byte() <= at && at < attempt.end_byte());
            if !stays && !line.trim().is_empty() {
                draft.edits.push(Edit::insert(at, unit.as_str()));
            }
            let next = text::next_line(source, at);
            if next == at {
                break;
            }
            at = next;
        }
        let last = deleted.iter().map(|lines| lines.end).max().unwrap_or_default();
        let end = end.max(self.statement.end_byte()).max(last);
        draft.claims.push(Span::new(self.statement.start_byte(), end));
        Ok(())
    }

    /// The `try` that goes away or begins earlier, so that its body is deep enough already.
    fn deep_try(&self) -> Option<Node<'a>> {
        let is_deep = |cleanup: &&Cleanup| cleanup.is_plain && (self.moves_try || cleanup.is_sole);
        self.cleanup.as_ref().filter(is_deep).map(|cleanup| cleanup.attempt)
    }

    /// One level of indentation: what such a `try` has, else what the block has beyond its owner.
    pub fn unit(&self) -> Result<String, String> {
        let source = self.module.text;
        let inner = text::indentation(source, self.statement.start_byte());
        if let Some(attempt) = self.deep_try() {
            let body = attempt.child_by_field_name("body").ok_or("its `try` is empty")?;
            let body = text::indentation(source, body.start_byte());
            let unit = body.strip_prefix(inner).filter(|unit| !unit.is_empty());
            return unit.map(str::to_owned).ok_or_else(|| "its `try` is indented in another way".to_owned());
        }
        let owner = self.block.parent().map_or("", |owner| text::indentation(source, owner.start_byte()));
        Ok(inner.strip_prefix(owner).filter(|unit| !unit.is_empty()).unwrap_or("    ").to_owned())
    }
}

impl<'a> Cleanup<'a> {
    /// A statement as a `try` whose `finally` closes, by statements of its own.
    fn of(statement: Node<'a>, is_close: impl Fn(&Node<'a>) -> bool) -> Option<Cleanup<'a>> {
        let attempt = Some(statement).filter(|node| node.kind() == "try_statement")?;
        let clause = named_children(attempt).find(|part| part.kind() == "finally_clause")?;
        let block = named_children(clause).find(|part| part.kind() == "block")?;
        let all: Vec<Node> = named_children(block).collect();
        let closes: Vec<Node> = all.iter().copied().filter(|node| is_close(node)).collect();
        let is_plain = named_children(attempt).count() == 2;
        (!closes.is_empty()).then_some(Cleanup {
            attempt,
            clause,
            is_sole: closes.len() == all.len(),
            is_plain,
            closes,
        })
    }

    /// The lines that go when something else closes.
    fn lines_to_drop(&self, source: &str) -> Result<Vec<Span>, String> {
        let lines = |node: Node| {
            Span::new(text::line_start(source, node.start_byte()), text::next_line(source, node.end_byte()))
        };
        if self.is_sole {
            let opening = if self.is_plain { Some(self.opening_line(source)?) } else { None };
            return Ok(opening.into_iter().chain([lines(self.clause)]).collect());
        }
        let block = self.closes[0].parent().ok_or("its `finally` is empty")?;
        let (last, first) = (self.closes.last().map(Node::end_byte), self.closes[0].start_byte());
        let is_last = named_children(block).all(|node| node.start_byte() < first || Some(node.end_byte()) <= last);
        if !is_last {
            return Err("its `finally` does more after it closes".to_owned());
        }
        Ok(self.closes.iter().map(|close| lines(*close)).collect())
    }

    /// The line of `try:`.
    fn opening_line(&self, source: &str) -> Result<Span, String> {
        let start = text::line_start(source, self.attempt.start_byte());
        let next = text::next_line(source, self.attempt.start_byte());
        let body = self.attempt.child_by_field_name("body").ok_or("its `try` is empty")?;
        let inside = body.start_byte() >= next && text::starts_its_line(source, self.clause.start_byte());
        if inside { Ok(Span::new(start, next)) } else { Err("its `try` stands on one line".to_owned()) }
    }
}

/// What the statement holds: what the step names, else the name that it binds.
fn held_name<'a>(sight: &Sight<'a>, step: &Step, statement: Node<'a>) -> Result<&'a str, String> {
    let assigned = || {
        let assignment = named_children(statement).find(|child| child.kind() == "assignment")?;
        assignment.child_by_field_name("left").filter(|left| left.kind() == "identifier")
    };
    let name = step.optional_node(sight, "of").or_else(assigned);
    name.map(|name| sight.module.of(name)).ok_or_else(|| "it binds no name".to_owned())
}

/// The lines to delete; when they are the last of a text without a final newline, the line end before them goes too.
pub(super) fn last_line_of_text(source: &str, lines: Span) -> Span {
    if lines.end < source.len() || source.ends_with(['\n', '\r']) {
        return lines;
    }
    let before = source[..lines.start].trim_end_matches(['\n', '\r']).len();
    Span::new(before, lines.end)
}

/// Whether a statement is `await name.close()` or `name.close()`.
fn is_close(module: &Module, statement: Node, name: &str, methods: &[String]) -> bool {
    if statement.kind() != "expression_statement" || statement.named_child_count() != 1 {
        return false;
    }
    let Some(mut value) = statement.named_child(0) else { return false };
    if value.kind() == "await" {
        value = value.named_child(0).unwrap_or(value);
    }
    is_close_call(module, value, name, methods)
}

fn is_close_call(module: &Module, call: Node, name: &str, methods: &[String]) -> bool {
    let Some(function) = call.child_by_field_name("function").filter(|function| function.kind() == "attribute") else {
        return false;
    };
    let field = |field: &str| function.child_by_field_name(field).map(|node| module.of(node));
    field("object") == Some(name)
        && field("attribute").is_some_and(|method| methods.iter().any(|known| known == method))
}

/// The statements at or below a node that close `name`, at whatever depth.
fn closes_within<'a>(module: &Module, node: Node<'a>, name: &str, methods: &[String]) -> Vec<Node<'a>> {
    let is_close = |node: &Node| node.kind() == "call" && is_close_call(module, *node, name, methods);
    let statement = |call: Node<'a>| ancestors(call).find(|outer| outer.kind() == "expression_statement");
    descendants(node).filter(is_close).map(|call| statement(call).unwrap_or(call)).collect()
}

/// Whether the head of a clause takes what a lost connection raises.
fn names_failure(head: &str) -> bool {
    FAILURES.iter().any(|failure| text::words(head, failure).next().is_some())
}

fn mentions(module: &Module, node: Node, name: &str) -> bool {
    text::words(module.of(node), name).next().is_some()
}

/// Behind the comments that follow the last statement of a block at the block's own indentation.
fn behind_comments(source: &str, offset: usize, indentation: &str) -> usize {
    let mut end = text::next_line(source, offset);
    let mut at = end;
    while at < source.len() {
        let line = &source[at..text::line_end(source, at)];
        if line.trim_start().starts_with('#') && line.starts_with(indentation) {
            end = text::next_line(source, at);
        } else if !line.trim().is_empty() {
            break;
        }
        let next = text::next_line(source, at);
        if next == at {
            break;
        }
        at = next;
    }
    end
}

/// The string literals, whose bytes belong to the program.
pub(super) fn strings_within(block: Node) -> Vec<Span> {
    let mut found = Vec::new();
    let mut stack = vec![block];
    while let Some(node) = stack.pop() {
        if node.kind() == "string" {
            found.push(syntax::span(node));
        } else {
            stack.extend(named_children(node));
        }
    }
    found
}
