//! What a function takes along when it becomes asynchronous, as a tree, or why it cannot.

use super::{Styles, counted};
use crate::project::linked::{Definition, Project};
use crate::project::propagation::{Act, Change, Frontier, Spread, Turned};
use std::io::{self, Write};

/// A line of the tree, with those below it.
struct Branch {
    line: String,
    below: Vec<Branch>,
}

/// Prints the tree of all that changes, callers below what they call, and what is worth knowing.
pub fn spread(out: &mut impl Write, project: &Project, spread: &Spread, styles: &Styles) -> io::Result<()> {
    let Some(first) = spread.turned.first() else { return Ok(()) };
    let root = branch(project, spread, first);
    let strong = styles.strong;
    writeln!(out, "{strong}{}{strong:#}", root.line)?;
    write_below(out, &root.below, "")?;
    for note in &spread.notes {
        let style = styles.note;
        writeln!(out, "{style}note{style:#}: {note}")?;
    }
    writeln!(out)
}

fn write_below(out: &mut impl Write, branches: &[Branch], margin: &str) -> io::Result<()> {
    for (at, branch) in branches.iter().enumerate() {
        let is_last = at + 1 == branches.len();
        writeln!(out, "{margin}{} {}", if is_last { "└──" } else { "├──" }, branch.line)?;
        write_below(out, &branch.below, &format!("{margin}{}", if is_last { "    " } else { "│   " }))?;
    }
    Ok(())
}

fn branch(project: &Project, spread: &Spread, turned: &Turned) -> Branch {
    let own = turned.definition;
    let kind = match (spread.naming, turned.is_generator) {
        (Some(naming), _) => {
            let summary = &project.entry(own.module).summary;
            format!("gets the twin `{}`", naming.twin(summary.name_of(own.block)))
        }
        (None, true) => "becomes an asynchronous generator".to_owned(),
        (None, false) => "becomes a coroutine function".to_owned(),
    };
    let mut below: Vec<Branch> = Vec::new();
    for next in spread.turned.iter().filter(|next| next.because == Some(own)) {
        below.push(branch(project, spread, next));
    }
    let ends = spread.changes.values().filter(|change| change.of == own && is_end(spread, change));
    let mut lines: Vec<(Definition, String)> = Vec::new();
    let mut outside = 0;
    for change in ends {
        match change.within {
            Some(within) => {
                let what = if change.act == Act::Run { "stays plain, and runs it" } else { "awaits it" };
                let line = (within, format!("{} {what}", place(project, within)));
                if !lines.contains(&line) {
                    lines.push(line);
                }
            }
            None => outside += 1,
        }
    }
    below.extend(lines.into_iter().map(|(_, line)| Branch { line, below: Vec::new() }));
    if outside > 0 {
        below.push(Branch { line: "the program itself runs it".to_owned(), below: Vec::new() });
    }
    Branch { line: format!("{} {kind}", place(project, own)), below }
}

/// Whether a change is in a function that does not turn.
fn is_end(spread: &Spread, change: &Change) -> bool {
    !change.within.is_some_and(|within| spread.turned.iter().any(|turned| turned.definition == within))
}

/// `pkg.module:Class.method (pkg/module.py:3)`.
fn place(project: &Project, definition: Definition) -> String {
    let entry = project.entry(definition.module);
    let row = entry.summary.blocks[definition.block as usize].row;
    format!("{}:{} ({}:{row})", entry.name, entry.qualified(definition.block), entry.path)
}

/// Says why a function cannot become asynchronous.
pub fn refused(
    out: &mut impl Write,
    project: &Project,
    function: Definition,
    frontiers: &[Frontier],
    twins: bool,
    styles: &Styles,
) -> io::Result<()> {
    let strong = styles.strong;
    let what = if twins { "cannot get a twin" } else { "cannot become asynchronous" };
    writeln!(out, "{strong}{}{strong:#} {what}:", place(project, function))?;
    frontiers
        .iter()
        .try_for_each(|frontier| writeln!(out, "  {}:{}: {}", frontier.path, frontier.row, frontier.reason))?;
    writeln!(out, "Nothing was changed.")
}

/// Counts what changes.
pub fn spread_summary(out: &mut impl Write, spread: &Spread, files: usize, is_written: bool) -> io::Result<()> {
    let twins = spread.naming.is_some();
    let functions = match twins {
        true => counted(spread.turned.len(), "twin", "twins"),
        false => counted(spread.turned.len(), "function", "functions"),
    };
    let files = counted(files, "file", "files");
    match is_written {
        true if twins => writeln!(out, "Wrote {functions}, and changed {files}."),
        true => writeln!(out, "Changed {functions} in {files}."),
        false if twins => writeln!(out, "Would write {functions}, and change {files}; `--write` does."),
        false => writeln!(out, "Would change {functions} in {files}; `--write` does."),
    }
}
