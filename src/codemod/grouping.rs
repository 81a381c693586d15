//! The text of work that runs side by side: the lines of a task group, or one gather.
//!
//! In: the calls, as [`Work`], and where they are to stand. Out: text, without the indentation of its first line. Nothing here
//! knows where the calls come from, or asks whether they may run side by side.

use crate::codemod::matching::Sight;
use crate::codemod::operations::Step;
use crate::codemod::planning::Draft;
use crate::plan::Edit;
use crate::project::Module;
use crate::project::gathering::Given;
use crate::project::values::owns_its_lines;
use crate::syntax::{self, descendants, named_children};
use crate::text::{self, words};
use tree_sitter::Node;

/// Calls that make coroutines, and where the results go. The further lines of a call have no more indentation than it has
/// itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// One call, and the name of its task where somebody wants its result.
    Once { call: String, task: Option<String> },
    /// A call for each round of clauses as a comprehension has them (`for x in xs`, `if x`), and the name of the list of the
    /// tasks where somebody wants the results.
    Each { clauses: Vec<String>, call: String, tasks: Option<String> },
}

/// How the lines of a place are laid out.
#[derive(Clone, Copy, Debug)]
pub struct Layout<'t> {
    /// The indentation of its statements.
    pub indentation: &'t str,
    /// What one level more has.
    pub unit: &'t str,
    pub newline: &'t str,
}

impl<'t> Layout<'t> {
    /// The layout around a statement.
    pub fn at(module: &Module<'t>, statement: Node) -> Layout<'t> {
        Layout {
            indentation: text::indentation(module.text, statement.start_byte()),
            unit: module.indentation_unit(),
            newline: text::newline(module.text),
        }
    }
}

/// An `async with` that starts the work in a task group of this name. `opener` is how the place spells `asyncio.TaskGroup`.
pub fn task_group(opener: &str, group: &str, work: &[Work], layout: Layout) -> String {
    let mut lines = vec![(0, format!("async with {opener}() as {group}:"))];
    let start = |call: &str| format!("{group}.create_task({call})");
    for each in work {
        match each {
            Work::Once { call, task: None } => lines.push((1, start(call))),
            Work::Once { call, task: Some(task) } => lines.push((1, format!("{task} = {}", start(call)))),
            Work::Each { clauses, call, tasks: Some(tasks) } => {
                lines.push((1, format!("{tasks} = [{} {}]", start(call), clauses.join(" "))));
            }
            Work::Each { clauses, call, tasks: None } => {
                lines.extend(clauses.iter().enumerate().map(|(deep, clause)| (deep + 1, format!("{clause}:"))));
                lines.push((clauses.len() + 1, start(call)));
            }
        }
    }
    let mut text = String::new();
    for (deep, lines) in lines {
        let indentation = format!("{}{}", layout.indentation, layout.unit.repeat(deep));
        let line_break = format!("{}{indentation}", layout.newline);
        text.push_str(if deep == 0 { "" } else { &line_break });
        text.push_str(&lines.replace('\n', &line_break));
    }
    text
}

/// The results of the work once its group is left, as the list that a gather would give; none where some task has no name.
pub fn results(work: &[Work]) -> Option<String> {
    if let [Work::Each { tasks: Some(tasks), .. }] = work {
        return Some(format!("[task.result() for task in {tasks}]"));
    }
    let items = work.iter().map(|each| match each {
        Work::Once { task, .. } => task.as_ref().map(|task| format!("{task}.result()")),
        Work::Each { tasks, .. } => tasks.as_ref().map(|tasks| format!("*(task.result() for task in {tasks})")),
    });
    Some(format!("[{}]", items.collect::<Option<Vec<_>>>()?.join(", ")))
}

/// A call of `asyncio.gather`, which `opener` spells, without its `await`.
pub fn gather(opener: &str, calls: &[&str]) -> String {
    format!("{opener}({})", calls.join(", "))
}

/// Replaces a statement that awaits a gather by a task group; see the vocabulary.
pub fn group_tasks(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let statement = step.node(sight, "group-tasks")?;
    let call = step.node(sight, "of")?;
    let module = sight.module;
    if !owns_its_lines(module.text, syntax::span(statement)) {
        return Err("other code shares its lines".to_owned());
    }
    let awaited = call.parent().filter(|outer| outer.kind() == "await").ok_or("the gather is not awaited")?;
    let ending = Ending::of(module, statement, awaited).ok_or("the gather is part of a larger expression")?;
    let given = module.gathered(call).ok_or("it is not known what is gathered")?;
    let names = ending.task_names(module, &given);
    let mut work = Vec::new();
    for (part, name) in given.iter().zip(names) {
        work.push(started(module, part, statement, name)?);
    }
    let opener = draft.symbol("asyncio.TaskGroup", module, statement)?;
    let group = draft.fresh("group", module, statement);
    let layout = Layout::at(module, statement);
    let mut text = task_group(&opener, &group, &work, layout);
    if let Some(last) = ending.text(module, statement, awaited, &work)? {
        text.push_str(layout.newline);
        text.push_str(layout.indentation);
        text.push_str(&last);
    }
    draft.edits.push(Edit::replace(syntax::span(statement), text));
    Ok(())
}

/// What a statement does with the results that it awaits.
enum Ending<'t> {
    Nothing,
    /// Gives each result a name of its own: the targets.
    Unpacked(Vec<Node<'t>>),
    /// Takes them as a list.
    Taken,
}

impl<'t> Ending<'t> {
    fn of(module: &Module, statement: Node<'t>, awaited: Node<'t>) -> Option<Ending<'t>> {
        if statement.kind() == "return_statement" {
            return (awaited.parent() == Some(statement)).then_some(Ending::Taken);
        }
        let inner = named_children(statement).next().filter(|_| statement.kind() == "expression_statement")?;
        if inner == awaited {
            return Some(Ending::Nothing);
        }
        let is_value = inner.kind() == "assignment" && inner.child_by_field_name("right") == Some(awaited);
        let left = inner.child_by_field_name("left").filter(|_| is_value)?;
        let targets: Vec<Node> = named_children(left).collect();
        match left.kind() {
            "pattern_list" | "tuple_pattern" if targets.iter().all(|target| target.kind() != "list_splat_pattern") => {
                Some(Ending::Unpacked(targets))
            }
            "identifier" | "attribute" => Some(Ending::Taken),
            _ => None,
        }
        .filter(|_| !module.of(left).contains(['\n', '\r']))
    }

    /// A name for the task of each part whose result is wanted.
    fn task_names(&self, module: &Module, given: &[Given]) -> Vec<Option<String>> {
        let mut taken: Vec<String> = Vec::new();
        let mut names = Vec::new();
        for (at, part) in given.iter().enumerate() {
            let base = match (self, part) {
                (Ending::Nothing, _) => {
                    names.push(None);
                    continue;
                }
                (Ending::Unpacked(targets), Given::One(_)) => match targets.get(at) {
                    Some(target) if target.kind() == "identifier" && module.of(*target) != "_" => {
                        format!("{}_task", module.of(*target).trim_start_matches('_'))
                    }
                    _ => "task".to_owned(),
                },
                (_, Given::One(_)) => "task".to_owned(),
                (_, Given::Each { .. }) => "tasks".to_owned(),
            };
            let region = module.slice(module.outline.region_of(part.call().start_byte()));
            let is_free = |name: &String| words(region, name).next().is_none() && !taken.contains(name);
            let mut all = std::iter::once(base.clone()).chain((2..).map(|number| format!("{base}_{number}")));
            let name = all.find(is_free).expect("numbers do not end");
            taken.push(name.clone());
            names.push(Some(name));
        }
        names
    }

    /// The statement behind the group.
    fn text(&self, module: &Module, statement: Node, awaited: Node, work: &[Work]) -> Result<Option<String>, String> {
        let head = &module.text[statement.start_byte()..awaited.start_byte()];
        let list = || results(work).ok_or("some task has no name".to_owned());
        match self {
            Ending::Nothing => Ok(None),
            Ending::Taken => Ok(Some(format!("{head}{}", list()?))),
            Ending::Unpacked(targets) => {
                let list = list()?;
                let is_plain = targets.len() == work.len()
                    && work.len() > 1
                    && work.iter().all(|each| matches!(each, Work::Once { .. }));
                Ok(Some(format!("{head}{}", if is_plain { &list[1..list.len() - 1] } else { &list })))
            }
        }
    }
}

/// One part of a gather as work that a group starts.
fn started(module: &Module, part: &Given, statement: Node, name: Option<String>) -> Result<Work, String> {
    let call = outdented(module, part.call())?;
    if let Some(reason) = refusal(module, part.call(), statement) {
        return Err(reason);
    }
    match part {
        Given::One(_) => Ok(Work::Once { call, task: name }),
        Given::Each { comprehension, .. } => {
            let clauses: Vec<Node> = named_children(*comprehension)
                .filter(|child| matches!(child.kind(), "for_in_clause" | "if_clause"))
                .collect();
            let leaks = |clause: &Node| {
                let targets = clause.child_by_field_name("left").into_iter().flat_map(identifiers);
                targets.into_iter().any(|target| is_used_beside(module, target, *comprehension))
            };
            if name.is_none() && clauses.iter().any(leaks) {
                return Err("a name of its loop is used elsewhere in the function".to_owned());
            }
            let clauses = clauses.into_iter().map(|clause| outdented(module, clause));
            Ok(Work::Each { clauses: clauses.collect::<Result<_, _>>()?, call, tasks: name })
        }
    }
}

/// Why a call may not be made in another place of its function.
fn refusal(module: &Module, call: Node, statement: Node) -> Option<String> {
    let mut all = descendants(call);
    if let Some(node) = all.find(|node| matches!(node.kind(), "await" | "yield" | "named_expression")) {
        return Some(format!("`{}` cannot be moved", module.of(node)));
    }
    (syntax::first_error(statement).is_some()).then(|| "the statement has a syntax error".to_owned())
}

/// The text of a node, its further lines without the indentation of its first.
fn outdented(module: &Module, node: Node) -> Result<String, String> {
    let source = module.of(node);
    if !source.contains(['\n', '\r']) {
        return Ok(source.to_owned());
    }
    let is_long = |inner: Node| inner.kind() == "string" && module.of(inner).contains(['\n', '\r']);
    if descendants(node).any(is_long) {
        return Err("a string of several lines stands in it".to_owned());
    }
    let indentation = text::indentation(module.text, node.start_byte());
    let lines = text::lines(source).enumerate().map(|(at, line)| match (at, line.strip_prefix(indentation)) {
        (0, _) => line.trim_end(),
        (_, Some(rest)) => rest.trim_end(),
        (_, None) => line.trim(),
    });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

fn identifiers(node: Node) -> Vec<Node> {
    descendants(node).filter(|node| node.kind() == "identifier").collect()
}

/// Whether the function around mentions a name outside of a comprehension that binds it.
fn is_used_beside(module: &Module, name: Node, comprehension: Node) -> bool {
    let region = module.outline.region_of(name.start_byte());
    let within = comprehension.byte_range();
    words(module.slice(region), module.of(name)).any(|at| !within.contains(&(region.start + at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYOUT: Layout = Layout { indentation: "    ", unit: "  ", newline: "\n" };

    fn once(call: &str, task: Option<&str>) -> Work {
        Work::Once { call: call.to_owned(), task: task.map(str::to_owned) }
    }

    fn each(call: &str, tasks: Option<&str>) -> Work {
        let clauses = vec!["for x in xs".to_owned(), "if x".to_owned()];
        Work::Each { clauses, call: call.to_owned(), tasks: tasks.map(str::to_owned) }
    }

    #[test]
    fn a_group_starts_its_work_line_by_line() {
        let work = [once("f()", None), each("g(x)", None)];
        assert_eq!(
            task_group("asyncio.TaskGroup", "group", &work, LAYOUT),
            "async with asyncio.TaskGroup() as group:\n      group.create_task(f())\n      for x in xs:\n        if x:\n          \
             group.create_task(g(x))"
        );
        assert_eq!(results(&work), None);
    }

    #[test]
    fn results_are_a_list_as_of_a_gather() {
        assert_eq!(
            results(&[each("g(x)", Some("tasks"))]).expect("the results have names"),
            "[task.result() for task in tasks]"
        );
        assert_eq!(
            results(&[once("f()", Some("a")), each("g(x)", Some("more"))]).expect("the results have names"),
            "[a.result(), *(task.result() for task in more)]"
        );
        assert_eq!(gather("asyncio.gather", &["f()", "g()"]), "asyncio.gather(f(), g())");
    }
}
