//! A statement that moves to a thread whole: it becomes the body of a function right before it.
//!
//! `with open(path) as file: data = json.load(file)` becomes `def in_thread(): …` and `data = await asyncio.to_thread(in_thread)`. What
//! the statement begins with and leaves behind is [`crate::project::frames`]'s affair, what may be called in a thread that
//! of [`super::movable`].

use crate::codemod::asynchronous::suspend;
use crate::codemod::matching::Sight;
use crate::codemod::movable::Movable;
use crate::codemod::offloading::Runner;
use crate::codemod::planning::Draft;
use crate::plan::Edit;
use crate::project::Module;
use crate::project::frames::Frame;
use crate::syntax::{self, ancestors, descendants, named_children};
use crate::text::{self, Span, words};
use tree_sitter::Node;

/// What the function is called.
const NAME: &str = "in_thread";

/// Moves a statement to a function, and awaits that in a thread. An error is the reason why it has to stay.
pub fn extract(sight: &Sight, statement: Node, draft: &mut Draft) -> Result<(), String> {
    let module = sight.module;
    if !matches!(statement.kind(), "with_statement" | "for_statement") {
        return Err("what it gives is read on the event loop".to_owned());
    }
    let function = module.function_of(statement).ok_or("it is in no function")?;
    let movable = Movable::of(module, statement, function);
    movable.refuse()?;
    let frame = module.frame_of(statement, function)?;
    let layout = Layout::of(module, statement)?;
    let last = last_assignment(module, statement, &frame);
    refuse_results(module, &movable, statement, &frame, last)?;
    suspend(sight, statement, draft)?;
    let name = draft.fresh(NAME, module, statement);
    let runner = Runner::of(sight, statement, false, draft)?;
    let (indentation, unit, newline) = (layout.indentation, layout.unit, layout.newline);
    let arguments: String = frame.takes.iter().map(|name| format!(", {name}")).collect();
    let call = format!("await {}{name}{arguments}){}", runner.before, runner.after);
    let (returned, call) = match last {
        _ if frame.returns => (String::new(), format!("return {call}")),
        Some((target, value)) => {
            draft.edits.push(Edit::replace(Span::new(target.start_byte(), value.start_byte()), "return "));
            (String::new(), format!("{} = {call}", module.of(target)))
        }
        None if frame.gives.is_empty() => (String::new(), call),
        None => {
            let gives = frame.gives.join(", ");
            (format!("{newline}{indentation}{unit}return {gives}"), format!("{gives} = {call}"))
        }
    };
    let header = format!("def {name}({}):{newline}{indentation}{unit}", frame.takes.join(", "));
    draft.edits.extend(layout.blank_line.map(|at| Edit::insert(at, newline)));
    draft.edits.push(Edit::insert(statement.start_byte(), header));
    draft.edits.extend(layout.inner_lines.iter().map(|at| Edit::insert(*at, unit)));
    draft.edits.push(Edit::insert(layout.end, format!("{returned}{newline}{newline}{indentation}{call}")));
    draft.claims.push(syntax::span(statement));
    // The next function that goes to a thread wants another name.
    draft.claims.extend(function.child_by_field_name("name").map(syntax::span));
    Ok(())
}

/// The lines of a statement, and what goes around them.
struct Layout<'m> {
    indentation: &'m str,
    unit: &'m str,
    newline: &'static str,
    /// Where a blank line goes before the function, if one does.
    blank_line: Option<usize>,
    /// Where the lines begin that move in, but the first.
    inner_lines: Vec<usize>,
    /// Behind the last line.
    end: usize,
}

impl<'m> Layout<'m> {
    fn of(module: &Module<'m>, statement: Node) -> Result<Layout<'m>, String> {
        let source = module.text;
        let body = statement.child_by_field_name("body").ok_or("it has no body")?;
        let starts = |node: Node| text::starts_its_line(source, node.start_byte());
        // The grammar takes a carriage return for a part of the comment before it.
        let last = source[..statement.end_byte()].trim_end_matches(['\r', '\n']).len();
        let first_end = text::line_end(source, last);
        let rest = source[last..first_end].trim_start();
        if !starts(statement) || !named_children(body).all(starts) || !(rest.is_empty() || rest.starts_with('#')) {
            return Err("other code shares a line with it".to_owned());
        }
        let start = text::line_start(source, statement.start_byte());
        let indentation = text::indentation(source, statement.start_byte());
        let end = behind_comments(source, first_end, indentation);
        let strings: Vec<Span> =
            descendants(statement).filter(|node| node.kind() == "string").map(syntax::span).collect();
        let is_code = |at: &usize| {
            let line = &source[*at..text::line_end(source, *at)];
            !line.trim().is_empty() && !strings.iter().any(|string| string.start < *at && *at < string.end)
        };
        let lines =
            std::iter::successors(Some(start), |at| Some(text::next_line(source, *at)).filter(|next| next > at));
        let inner_lines = lines.skip(1).take_while(|at| *at < end).filter(is_code).collect();
        let above = source[..start].trim_end_matches([' ', '\t']);
        let line_above = above.trim_end_matches(['\r', '\n']).rsplit(['\n', '\r']).next().unwrap_or_default();
        let is_first = statement.prev_named_sibling().is_none();
        let is_blank = above.ends_with("\n\n") || above.ends_with("\r\n\r\n") || above.ends_with("\r\r");
        Ok(Layout {
            indentation,
            unit: module.indentation_unit(),
            newline: text::newline(source),
            blank_line: (!is_first && !is_blank && !line_above.trim_start().starts_with('#')).then_some(start),
            inner_lines,
            end,
        })
    }
}

/// The end of the last of the comments that follow a block and are indented as part of it.
fn behind_comments(source: &str, end: usize, indentation: &str) -> usize {
    let mut at = end;
    loop {
        let next = text::next_line(source, at);
        let line_end = text::line_end(source, next);
        let line = &source[next..line_end];
        let is_inner = line.strip_prefix(indentation).is_some_and(|rest| rest.starts_with([' ', '\t']));
        if next == at || !is_inner || !line.trim_start().starts_with('#') {
            return at;
        }
        at = line_end;
    }
}

/// The target and the value of the assignment that a statement ends in, where what it gives is that alone.
fn last_assignment<'a>(module: &Module, statement: Node<'a>, frame: &Frame) -> Option<(Node<'a>, Node<'a>)> {
    let body = statement.child_by_field_name("body").filter(|_| statement.kind() == "with_statement")?;
    let last = named_children(body).last().filter(|last| last.kind() == "expression_statement")?;
    let assignment = last.named_child(0).filter(|node| node.kind() == "assignment")?;
    let (target, value) = (assignment.child_by_field_name("left")?, assignment.child_by_field_name("right")?);
    let is_plain = assignment.child_by_field_name("type").is_none() && value.kind() != "assignment";
    let between = module.slice(Span::new(target.start_byte(), value.start_byte()));
    let is_object = matches!(target.kind(), "attribute" | "subscript");
    let mentions = |name: &String| words(module.of(target), name).next().is_some();
    let is_all = frame.gives.iter().all(mentions);
    let is_wanted = is_object || !frame.gives.is_empty();
    (is_plain && is_all && is_wanted && !between.contains(['\n', '\r'])).then_some((target, value))
}

/// Why what the statement gives cannot come from a thread.
fn refuse_results(
    module: &Module,
    movable: &Movable,
    statement: Node,
    frame: &Frame,
    last: Option<(Node, Node)>,
) -> Result<(), String> {
    if frame.returns && !frame.gives.is_empty() {
        return Err(format!("`{}` is read elsewhere, and it returns", frame.gives[0]));
    }
    let is_guarded = ancestors(statement).any(|outer| outer.kind() == "try_statement");
    if is_guarded && last.is_none() && !frame.gives.is_empty() {
        return Err(format!("`{}` may be read where an error is handled", frame.gives[0]));
    }
    for node in descendants(statement) {
        let is_store = |target: Node| matches!(target.kind(), "attribute" | "subscript");
        let targets = node.child_by_field_name("left").filter(|_| node.kind().ends_with("assignment"));
        for target in targets.into_iter().flat_map(descendants).filter(|target| is_store(*target)) {
            let is_last = last.is_some_and(|(last, _)| last == target);
            let names = descendants(target).filter(|name| name.kind() == "identifier");
            if is_last && names.into_iter().any(|name| movable.binds(name)) {
                return Err(format!("`{}` is stored under a name of its own", module.of(target)));
            }
            if !is_last && !movable.is_made_here(target) {
                return Err(format!("`{}` would be stored from the thread", module.of(target)));
            }
        }
    }
    let handed: Vec<Node> = match last {
        Some((_, value)) => vec![value],
        None => descendants(statement).filter(|node| node.kind() == "return_statement").collect(),
    };
    if let Some(lazy) = handed.into_iter().find_map(|node| movable.lazy(node)) {
        return Err(format!("`{}` would be read on, on the event loop", module.of(lazy)));
    }
    match frame.gives.iter().find(|name| movable.gives_open(name)) {
        Some(name) if last.is_none() => Err(format!("`{name}` is used behind it, on the event loop")),
        _ => Ok(()),
    }
}
