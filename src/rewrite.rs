//! From plans to a new text that is proved.
//!
//! Fixes that touch the same bytes are settled by position, then by page name: the loser waits for the next round. What is
//! left is applied together with the imports and helpers it asks for, and the new text is held to [`prove`]. A fix that
//! fails is dropped alone, and that is our bug; the rest of the file is kept.

pub mod imports;
mod proof;
mod unused;

pub use proof::{Shape, prove, shape};

use crate::plan::{Edit, Plan, Request};
use crate::project::Module;
use crate::text::Span;

/// A new text, and what became of the plans that were meant to make it.
#[derive(Debug, Default)]
pub struct Applied {
    /// None when no plan was applied.
    pub text: Option<String>,
    /// What makes it of the old text.
    pub edits: Vec<Edit>,
    /// Indices of the plans that are in the text.
    pub kept: Vec<usize>,
    /// Plans that could not be proved, and why: faults of ours.
    pub refused: Vec<(usize, String)>,
}

/// Whether another file may mean an imported name of this one, so that its import has to stay.
pub type Keeps<'k> = &'k dyn Fn(&str) -> bool;

/// Applies as many of `plans` as can stand together, and proves the result against `before`, the shape of the old text.
pub fn apply(module: &Module, before: &Shape, plans: &[Plan], keeps: Keeps) -> Applied {
    let settled = settle(plans);
    if settled.is_empty() {
        return Applied::default();
    }
    let attempt = |chosen: &[usize]| -> Result<(String, Vec<Edit>), String> {
        let chosen: Vec<&Plan> = chosen.iter().map(|&at| &plans[at]).collect();
        let edits = assemble(module, &chosen, keeps);
        let text = replaced(module.text, &edits).ok_or("its edits overlap those of another fix")?;
        prove(before, module, &edits, &text)?;
        Ok((text, edits))
    };
    if let Ok((text, edits)) = attempt(&settled) {
        return Applied { text: Some(text), edits, kept: settled, refused: Vec::new() };
    }
    // Something among them is at fault: each has to stand alone, and then beside those before it.
    let mut applied = Applied::default();
    for at in settled {
        let mut more = applied.kept.clone();
        more.push(at);
        match attempt(&[at]).and_then(|_| attempt(&more)) {
            Ok((text, edits)) => {
                applied.text = Some(text);
                applied.edits = edits;
                applied.kept = more;
            }
            Err(reason) => applied.refused.push((at, reason)),
        }
    }
    applied
}

/// The plans that do not touch each other, as indices in order of position.
fn settle(plans: &[Plan]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..plans.len()).filter(|&at| !plans[at].edits.is_empty()).collect();
    order.sort_by_key(|&at| (plans[at].edits[0].span, plans[at].page.clone()));
    let mut taken: Vec<Span> = Vec::new();
    order.retain(|&at| {
        let plan = &plans[at];
        let wanted: Vec<Span> = plan.edits.iter().map(|edit| edit.span).chain(plan.claims.iter().copied()).collect();
        let free = wanted.iter().all(|span| taken.iter().all(|other| !touches(*span, *other)));
        if free {
            taken.extend(wanted);
        }
        free
    });
    order
}

/// Whether two spans share a byte or meet: at a common place, the order of two insertions would matter.
fn touches(one: Span, other: Span) -> bool {
    one.start <= other.end && other.start <= one.end
}

/// All edits of some plans: their own, their imports and helpers, and the imports that they leave without a use.
pub fn assemble(module: &Module, plans: &[&Plan], keeps: Keeps) -> Vec<Edit> {
    let mut edits: Vec<Edit> = plans.iter().flat_map(|plan| plan.edits.iter().cloned()).collect();
    let mut requests: Vec<Request> = Vec::new();
    for request in plans.iter().flat_map(|plan| &plan.requests) {
        if !requests.contains(request) {
            requests.push(request.clone());
        }
    }
    let first = edits.iter().map(|edit| edit.span.start).min().unwrap_or(0);
    let mut added = imports::edits(module, &requests, first);
    let mut deletions = unused::deletions(module, &edits, &added, keeps);
    for deletion in &mut deletions {
        // The blank line behind an import may be one that a fix takes along.
        let inside = edits.iter().filter(|edit| deletion.span.contains(edit.span.start));
        deletion.span.end = inside.map(|edit| edit.span.start).min().unwrap_or(deletion.span.end);
    }
    give_way(&mut deletions, &mut added);
    edits.extend(deletions);
    // A line of its own goes above what else is put at its place, and what begins with the end of a line behind that.
    let (above, behind): (Vec<Edit>, Vec<Edit>) =
        added.into_iter().partition(|edit| !edit.content.starts_with(['\r', '\n']));
    edits.splice(0..0, above);
    edits.extend(behind);
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    edits
}

/// Where an import goes and something comes in its place at the end of its line, takes the import alone away and leaves its
/// line to what comes.
fn give_way(deletions: &mut [Edit], added: &mut [Edit]) {
    for deletion in deletions {
        let inside = |edit: &&mut Edit| deletion.span.start < edit.span.start && edit.span.start < deletion.span.end;
        if let Some(first) = added.iter_mut().find(inside) {
            deletion.span.end = first.span.start;
            let line_end = if first.content.starts_with("\r\n") { 2 } else { 1 };
            first.content.drain(..line_end.min(first.content.len()));
        }
    }
}

/// The text with all edits made. None when two of them share a byte.
pub fn replaced(text: &str, edits: &[Edit]) -> Option<String> {
    let added: usize = edits.iter().map(|edit| edit.content.len()).sum();
    let mut out = String::with_capacity(text.len() + added);
    let mut at = 0;
    for edit in edits {
        out.push_str(text.get(at..edit.span.start)?);
        out.push_str(&edit.content);
        at = edit.span.end;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_that_share_a_byte_are_refused() {
        let edits = [Edit::replace(Span::new(0, 3), "x"), Edit::replace(Span::new(2, 4), "y")];
        assert_eq!(replaced("abcdef", &edits), None);
        assert_eq!(replaced("abcdef", &edits[..1]).as_deref(), Some("xdef"));
    }

    #[test]
    fn an_import_gives_its_line_to_the_helper_that_comes_behind_it() {
        let text = "import asyncio\nfrom time import sleep\n\nasync def f():\n    sleep(1)\n    work()\n";
        let module = Module::whole(text);
        let call = text.find("sleep(1)").expect("it is there");
        let plan = |edits, requests| Plan {
            page: "page".into(),
            name: None,
            title: String::new(),
            applicability: crate::finding::Applicability::Safe,
            notes: Vec::new(),
            edits,
            claims: Vec::new(),
            requests,
            elsewhere: Vec::new(),
        };
        let helper = Request::Helper { name: "tasks".into(), text: "tasks = set()".into() };
        let work = text.find("work").expect("it is there");
        let plans = [
            plan(vec![Edit::replace(Span::new(call, call + 5), "await asyncio.sleep")], Vec::new()),
            plan(vec![Edit::replace(Span::new(work, work + 4), "tasks.add")], vec![helper]),
        ];
        let applied = apply(&module, &shape(module.text, false), &plans, &|_| false);
        let expected =
            "import asyncio\n\ntasks = set()\n\n\nasync def f():\n    await asyncio.sleep(1)\n    tasks.add()\n";
        assert_eq!(applied.refused, []);
        assert_eq!(applied.text.as_deref(), Some(expected));
    }
}
