//! The operation that makes awaits which follow each other wait side by side.
//!
//! From Python 3.11 on a `TaskGroup`, where nobody expects an exception: a group wraps what it raises in an `ExceptionGroup`, which a handler
//! of the exception does not catch. Else `asyncio.gather`, which raises the first one as it is. The statements keep their lines, their
//! comments and their formatting.

use crate::codemod::enclosing::strings_within;
use crate::codemod::matching::Sight;
use crate::codemod::operations::Step;
use crate::codemod::planning::Draft;
use crate::plan::Edit;
use crate::project::Answer;
use crate::project::independence::{Member, Run};
use crate::syntax::{self, ancestors, named_children};
use crate::text::{self, Span};
use tree_sitter::Node;

/// As long as a line may be that several were.
const LINE: usize = 88;

pub fn concurrent(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let statement = step.node(sight, "concurrent")?;
    let module = sight.module;
    let found = module.independent_awaits(statement).or_else(|_| module.seemingly_independent_awaits(statement));
    let run = found.map_err(reason)?;
    let (first, last) = (run.members[0].statement, run.members[run.members.len() - 1].statement);
    draft.claims.push(Span::new(first.start_byte(), last.end_byte()));
    if sight.minor >= 11 && !run.expects_errors {
        return in_group(sight, &run, draft);
    }
    if let Some(member) = run.members.iter().find(|member| member.annotation.is_some()) {
        return Err(format!(
            "`{}` is annotated where it is bound, and `gather` binds all at once",
            sight.module.of(member.target)
        ));
    }
    let gather = draft.symbol("asyncio.gather", sight.module, first)?;
    let targets: Vec<String> = run.members.iter().map(|member| target(sight, member)).collect();
    let head = format!("{} = await {gather}(", targets.join(", "));
    match fits_one_line(sight, &run, &head) {
        true => on_one_line(&run, head, draft),
        false => on_lines(sight, &run, head, draft),
    }
    Ok(())
}

/// Makes the awaits of a display wait side by side; see the vocabulary.
pub fn gather_elements(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let display = step.node(sight, "gather-elements")?;
    let module = sight.module;
    let found = module.independent_elements(display).or_else(|_| module.seemingly_independent_elements(display));
    let calls = found.map_err(reason)?;
    let gather = draft.symbol("asyncio.gather", module, display)?;
    let span = syntax::span(display);
    draft.claims.push(span);
    if display.kind() == "dictionary" {
        return name_values(sight, display, &calls, &gather, draft);
    }
    let is_list = display.kind() == "list" || is_unpacked(display, calls.len());
    if !is_list && module.lookup("tuple", display).is_some() {
        return Err("`tuple` means something else here".to_owned());
    }
    let (head, tail) = match is_list {
        true => (format!("await {gather}("), ")"),
        false => (format!("tuple(await {gather}("), "))"),
    };
    let is_open = display.kind() == "expression_list";
    for (at, call) in calls.iter().enumerate() {
        let start = call.parent().map_or(call.start_byte(), |awaited| awaited.start_byte());
        let before = if is_open && at == 0 { head.as_str() } else { "" };
        draft.edits.push(Edit::replace(Span::new(start, call.start_byte()), before));
    }
    if is_open {
        draft.edits.push(Edit::insert(span.end, tail));
    } else {
        draft.edits.push(Edit::replace(Span::new(span.start, span.start + 1), head));
        draft.edits.push(Edit::replace(Span::new(span.end - 1, span.end), tail));
    }
    Ok(())
}

/// Whether an assignment gives each element of a display a target of its own.
fn is_unpacked(display: Node, count: usize) -> bool {
    let target = display.parent().and_then(|outer| outer.child_by_field_name("left"));
    target.filter(|target| matches!(target.kind(), "pattern_list" | "tuple_pattern")).is_some_and(|target| {
        let targets: Vec<Node> = named_children(target).collect();
        targets.len() == count && targets.iter().all(|part| part.kind() != "list_splat_pattern")
    })
}

/// Gives the values of a dictionary names before its statement, which are bound together.
fn name_values(sight: &Sight, display: Node, calls: &[Node], gather: &str, draft: &mut Draft) -> Result<(), String> {
    let module = sight.module;
    let source = module.text;
    let statement = ancestors(display).find(|outer| outer.kind().ends_with("_statement"));
    let statement = statement.filter(|it| text::starts_its_line(source, it.start_byte()));
    let statement = statement.ok_or("other code shares the line of its statement")?;
    let texts: Vec<&str> = calls.iter().map(|call| module.of(*call)).collect();
    if texts.iter().any(|call| call.contains(['\n', '\r'])) {
        return Err("one of the calls takes several lines".to_owned());
    }
    let mut names: Vec<String> = Vec::new();
    for call in calls {
        let awaited = call.parent().ok_or("it is not awaited")?;
        let key = awaited.parent().and_then(|pair| pair.child_by_field_name("key")).map_or("", |key| module.of(key));
        let name = untaken(sight, &name_of(key), display, &names, draft);
        draft.edits.push(Edit::replace(syntax::span(awaited), name.as_str()));
        names.push(name);
    }
    let (newline, indentation) = (text::newline(source), text::indentation(source, statement.start_byte()));
    let head = format!("{} = await {gather}(", names.join(", "));
    let line = format!("{head}{})", texts.join(", "));
    let line = match indentation.len() + line.len() <= LINE {
        true => line,
        false => {
            let inner = format!("{newline}{indentation}{}", module.indentation_unit());
            let calls: String = texts.iter().map(|call| format!("{inner}{call},")).collect();
            format!("{head}{calls}{newline}{indentation})")
        }
    };
    draft.edits.push(Edit::insert(statement.start_byte(), format!("{line}{newline}{indentation}")));
    Ok(())
}

/// A name for the value behind a key: `user_result` for `"User"`.
fn name_of(key: &str) -> String {
    let key = key.trim_matches(['"', '\'']).to_lowercase();
    let is_name = key.starts_with(|first: char| first.is_ascii_alphabetic()) && key.is_ascii();
    if is_name && key.bytes().all(text::is_word) { format!("{key}_result") } else { "result".to_owned() }
}

/// Why there is no run.
fn reason(answer: Answer) -> String {
    match answer {
        Answer::No(reason) | Answer::Unknown(reason) => reason,
        Answer::Yes => String::new(),
    }
}

/// The target of a member as one of several.
fn target(sight: &Sight, member: &Member) -> String {
    let text = sight.module.of(member.target);
    if member.target.kind() == "pattern_list" { format!("({text})") } else { text.to_owned() }
}

/// Puts the statements into a group, and what they bind behind it.
fn in_group(sight: &Sight, run: &Run, draft: &mut Draft) -> Result<(), String> {
    let module = sight.module;
    let (first, last) = (run.members[0].statement, run.members[run.members.len() - 1].statement);
    let group = draft.symbol("asyncio.TaskGroup", module, first)?;
    let name = draft.fresh("tg", module, first);
    let (newline, indentation) = (text::newline(module.text), text::indentation(module.text, first.start_byte()));
    let unit = module.indentation_unit();
    let mut results = String::new();
    let mut taken: Vec<String> = Vec::new();
    for (at, member) in run.members.iter().enumerate() {
        let task = task_name(sight, member, &taken, draft);
        let header = if at == 0 {
            format!("async with {group}() as {name}:{newline}{indentation}{unit}")
        } else {
            String::new()
        };
        let before = Span::new(member.statement.start_byte(), member.call.start_byte());
        draft.edits.push(Edit::replace(before, format!("{header}{task} = {name}.create_task(")));
        draft.edits.push(Edit::insert(member.call.end_byte(), ")"));
        let target = module.text[member.statement.start_byte()..member.call.start_byte()].trim_end();
        let target = target.strip_suffix("await").unwrap_or(target).trim_end();
        results.push_str(&format!("{newline}{indentation}{target} {task}.result()"));
        taken.push(task);
    }
    indent(sight, run, unit, draft);
    draft.edits.push(Edit::insert(text::line_end(module.text, last.end_byte()), results));
    Ok(())
}

/// A name for the task of a member: `user_task` for `user`.
fn task_name(sight: &Sight, member: &Member, taken: &[String], draft: &Draft) -> String {
    let target = match member.target.kind() {
        "attribute" => member.target.child_by_field_name("attribute").map_or("", |name| sight.module.of(name)),
        "identifier" => sight.module.of(member.target),
        _ => "",
    };
    let target = target.trim_matches('_');
    let wanted = if target.is_empty() { "task".to_owned() } else { format!("{target}_task") };
    untaken(sight, &wanted, member.statement, taken, draft)
}

/// A name like the one that is wanted that neither the scope nor the others have.
fn untaken(sight: &Sight, wanted: &str, node: Node, taken: &[String], draft: &Draft) -> String {
    let first = std::iter::once(wanted.to_owned());
    let mut all = first.chain((2..).map(|number| format!("{wanted}_{number}")));
    let names = all.by_ref().map(|name| draft.fresh(&name, sight.module, node));
    names.into_iter().find(|name| !taken.contains(name)).expect("numbers do not end")
}

/// Indents the lines behind the first of a run.
fn indent(sight: &Sight, run: &Run, unit: &str, draft: &mut Draft) {
    let source = sight.module.text;
    let strings: Vec<Span> = run.members.iter().flat_map(|member| strings_within(member.statement)).collect();
    let end = run.members[run.members.len() - 1].statement.end_byte();
    let mut at = text::next_line(source, run.members[0].statement.start_byte());
    while at < end {
        let line = &source[at..text::line_end(source, at)];
        if !strings.iter().any(|string| string.start < at && at < string.end) && !line.trim().is_empty() {
            draft.edits.push(Edit::insert(at, unit));
        }
        at = text::next_line(source, at);
    }
}

/// Whether a run is short enough for one line, and has no comment.
fn fits_one_line(sight: &Sight, run: &Run, head: &str) -> bool {
    let source = sight.module.text;
    let (first, last) = (run.members[0].statement, run.members[run.members.len() - 1].statement);
    let lines = Span::new(first.start_byte(), text::line_end(source, last.end_byte()));
    let has_comment = sight.module.outline.comments.iter().any(|comment| comment.overlaps(lines));
    let calls: Vec<&str> = run.members.iter().map(|member| sight.module.of(member.call)).collect();
    let is_broken = calls.iter().any(|call| call.contains(['\n', '\r']));
    let length = text::indentation(source, first.start_byte()).len() + head.len() + calls.join(", ").len() + 1;
    !has_comment && !is_broken && length <= LINE
}

fn on_one_line(run: &Run, head: String, draft: &mut Draft) {
    let mut from = run.members[0].statement.start_byte();
    let mut before = head;
    for member in &run.members {
        draft.edits.push(Edit::replace(
            Span::new(from, member.call.start_byte()),
            std::mem::replace(&mut before, ", ".to_owned()),
        ));
        from = member.call.end_byte();
    }
    draft.edits.push(Edit::insert(from, ")"));
}

/// Makes each statement an argument, on its own lines.
fn on_lines(sight: &Sight, run: &Run, head: String, draft: &mut Draft) {
    let source = sight.module.text;
    let (first, last) = (run.members[0].statement, run.members[run.members.len() - 1].statement);
    let (newline, indentation) = (text::newline(source), text::indentation(source, first.start_byte()));
    let unit = sight.module.indentation_unit();
    for (at, member) in run.members.iter().enumerate() {
        let before = Span::new(member.statement.start_byte(), member.call.start_byte());
        let head = if at == 0 { format!("{head}{newline}{indentation}{unit}") } else { String::new() };
        draft.edits.push(Edit::replace(before, head));
        draft.edits.push(Edit::insert(syntax::span(member.call).end, ","));
    }
    indent(sight, run, unit, draft);
    draft.edits.push(Edit::insert(text::line_end(source, last.end_byte()), format!("{newline}{indentation})")));
}
