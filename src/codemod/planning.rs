//! From a match to a plan: the steps are carried out, requests collected, and trust is lowered where the engine knows why.

use crate::codemod::matching::{Match, Sight, Way};
use crate::codemod::query::Argument;
use crate::codemod::template::{Piece, Template};
use crate::finding::{Applicability, Refusal};
use crate::plan::{Companion, Edit, Plan, Request};
use crate::project::descent::{Goal, Reached};
use crate::project::scopes::{BindingKind, Scope};
use crate::project::{Answer, Module, Row};
use crate::rewrite::imports;
use crate::text::{self, Span, on_one_line, words};
use std::sync::Arc;
use tree_sitter::Node;

/// The predicate of matches that lead to a function that runs an event loop.
const ENDS_IN_LOOP: &str = "descends-to-loop?";

/// A plan in the making.
#[derive(Debug, Default)]
pub struct Draft {
    pub edits: Vec<Edit>,
    /// What no other fix may touch in the same round, beside the edits.
    pub claims: Vec<Span>,
    pub requests: Vec<Request>,
    /// Where the function can now be suspended.
    pub suspensions: Vec<Span>,
    /// Calls that could only raise, and that the fix replaces.
    pub raising: Vec<Span>,
    /// Places that could only raise `TypeError` or `AttributeError`, since they took an object for one of another kind.
    pub mistaken: Vec<Span>,
    /// What the fix does, where a step knows better than the page.
    pub title: Option<String>,
    /// What is to be told of it beside.
    pub notes: Vec<String>,
    /// Other files that change with this one.
    pub elsewhere: Vec<Companion>,
}

/// The fixes of a match.
#[derive(Debug, Default)]
pub struct Plans {
    /// The one to apply: the first of those that are asked for, else the page's first.
    pub chosen: Option<Plan>,
    /// Why there is none, where the page has one.
    pub reason: Option<String>,
    /// The others, in the order of the page.
    pub others: Vec<Plan>,
    pub refusals: Vec<Refusal>,
}

/// Plans all fixes of a match; `prefer` names those that are asked for, the dearest first.
pub fn plans(found: &Match, prefer: &[String]) -> Plans {
    let mut plans = Plans::default();
    for (at, way) in found.ways.iter().enumerate() {
        match (plan(way), &way.sight.couple.name) {
            (Ok(plan), _) if at == 0 => plans.chosen = plan,
            (Ok(plan), _) => plans.others.extend(plan),
            (Err(reason), _) if at == 0 => plans.reason = Some(on_one_line(&reason)),
            (Err(reason), Some(name)) => {
                let is_preferred = prefer.iter().any(|wanted| **wanted == **name);
                let reason = on_one_line(&reason);
                plans.refusals.push(Refusal { name: name.clone(), reason, is_preferred });
            }
            (Err(_), None) => {}
        }
    }
    let is_called = |plan: &Plan, name: &String| plan.name.as_deref() == Some(name);
    let wanted = prefer.iter().find_map(|name| {
        let is_first = plans.chosen.as_ref().is_some_and(|plan| is_called(plan, name));
        let other = plans.others.iter().position(|plan| is_called(plan, name));
        if is_first { Some(None) } else { other.map(Some) }
    });
    if let Some(Some(at)) = wanted {
        let wanted = plans.others.remove(at);
        let first = plans.chosen.replace(wanted);
        plans.others.splice(0..0, first);
        plans.reason = None;
    }
    plans
}

/// Plans one fix. None: the couple has none. An error: why it cannot be made here.
fn plan(way: &Way) -> Result<Option<Plan>, String> {
    let sight = &way.sight;
    if let Some(doubt) = &way.doubt {
        return if sight.couple.steps.is_empty() { Ok(None) } else { Err(doubt.clone()) };
    }
    if sight.couple.steps.is_empty() {
        return Ok(None);
    }
    let mut draft = Draft::default();
    for step in &sight.couple.steps {
        step.run(sight, &mut draft)?;
    }
    draft.edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    if let Some(pair) = draft.edits.windows(2).find(|pair| pair[0].span.end > pair[1].span.start) {
        return Err(format!("its edits overlap at byte {}", pair[1].span.start));
    }
    let (applicability, notes) = trust(sight, &draft);
    Ok(Some(Plan {
        page: sight.page.name.clone(),
        name: sight.couple.name.clone(),
        title: draft.title.take().unwrap_or_else(|| draft.plain(&sight.couple.title, sight)),
        applicability,
        notes,
        edits: draft.edits,
        claims: draft.claims,
        requests: draft.requests,
        elsewhere: draft.elsewhere,
    }))
}

/// The message of a match.
pub fn message(found: &Match) -> String {
    let sight = &found.ways[0].sight;
    Draft::default().plain(&sight.couple.message, sight)
}

/// How far the fix may be trusted: what the page says, lowered for what it does to this place.
fn trust(sight: &Sight, draft: &Draft) -> (Applicability, Vec<String>) {
    let module = sight.module;
    let mut notes = draft.notes.clone();
    for span in &draft.suspensions {
        let hazard = module.node_at(*span).and_then(|node| module.suspension_hazard(node, did_nothing(module, node)));
        notes.extend(hazard.filter(|hazard| !notes.contains(hazard)));
        if !draft.raising.contains(span) && !draft.mistaken.contains(span) {
            let deadline = module.node_at(*span).and_then(|node| missed_deadline(module, node));
            notes.extend(deadline.map(|row| format!("the deadline on line {row} can now cut it short")));
        }
    }
    for span in &draft.raising {
        let handled = module.node_at(*span).and_then(|node| module.error_handler_around(node, &["RuntimeError"]));
        notes.extend(handled.map(|row| format!("the error that the old code raised is handled on line {row}")));
        if text::uses(module.text, "nest_asyncio").next().is_some() {
            notes.push("`nest_asyncio` may have let the old code work".to_owned());
        }
    }
    for span in &draft.mistaken {
        let errors = ["TypeError", "AttributeError"];
        let handled = module.node_at(*span).and_then(|node| module.error_handler_around(node, &errors));
        notes.extend(handled.map(|row| format!("the error that the old code raised is handled on line {row}")));
    }
    for edit in &draft.edits {
        for comment in module.outline.comments.iter().filter(|comment| edit.span.encloses(**comment)) {
            if !edit.content.contains(module.slice(*comment)) {
                notes.push(format!("it drops the comment `{}`", module.slice(*comment)));
            }
        }
    }
    let lowered = if notes.is_empty() { Applicability::Safe } else { Applicability::Unsafe };
    (sight.couple.safety.min(lowered), notes)
}

/// The row of a deadline that what `node` does could not miss before. A coroutine that was never awaited did nothing, and
/// its author means the deadline for it.
fn missed_deadline(module: &Module, node: Node) -> Option<Row> {
    if did_nothing(module, node) { None } else { module.deadline_around(node) }
}

/// Whether a call only makes a coroutine, which nobody awaited.
fn did_nothing(module: &Module, node: Node) -> bool {
    node.kind() == "call" && module.returns_awaitable(node) == Answer::Yes
}

fn told_fate(sight: &Sight, call: &str) -> String {
    sight.capture(call).map_or(String::new(), |call| sight.module.lifecycle(call).clause)
}

/// What a match shares with others: the function that runs an event loop, to which many calls may lead.
pub fn matter(found: &Match) -> Option<Arc<str>> {
    let sight = &found.ways[0].sight;
    let asked = sight.couple.pattern.predicates.iter().find(|call| call.name == ENDS_IN_LOOP)?;
    let Some(Argument::Capture(name)) = asked.arguments.first() else { return None };
    let Reached::By(descent) = sight.module.descends(sight.capture(name)?, Goal::Loop) else { return None };
    let (inference, _) = sight.module.inference()?;
    Some(inference.path(descent.holder).into())
}

fn told_descent(sight: &Sight, function: &str) -> String {
    let asks_loop = sight.couple.pattern.predicates.iter().any(|call| call.name == ENDS_IN_LOOP);
    let goal = if asks_loop { Goal::Loop } else { Goal::Block };
    match sight.capture(function).map(|function| sight.module.descends(function, goal)) {
        Some(Reached::By(descent)) => descent.told,
        _ => String::new(),
    }
}

impl Draft {
    /// Fills a template as code that stands at `node`. An error is the reason why it cannot.
    pub fn render(&mut self, template: &Template, sight: &Sight, node: Node) -> Result<String, String> {
        let mut text = String::new();
        for piece in &template.pieces {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Capture(name) => text.push_str(sight.capture(name).map_or("", |node| sight.module.of(node))),
                Piece::Fate(name) => text.push_str(&told_fate(sight, name)),
                Piece::Descent(name) => text.push_str(&told_descent(sight, name)),
                Piece::Old => text.push_str("{}"),
                Piece::Symbol(path) => text.push_str(&self.symbol(path, sight.module, node)?),
                Piece::Fresh(name) => text.push_str(&fresh(name, sight.module, node)),
                Piece::Helper(name) => text.push_str(&self.helper(name, sight, Some(node))?),
                Piece::Setting(_) => text.push_str(&sight.limit.to_string()),
            }
        }
        Ok(text)
    }

    /// Fills a message or a title: captures on one line, everything else as written.
    fn plain(&self, template: &Template, sight: &Sight) -> String {
        let mut text = String::new();
        for piece in &template.pieces {
            match piece {
                Piece::Text(piece)
                | Piece::Symbol(piece)
                | Piece::Fresh(piece)
                | Piece::Helper(piece)
                | Piece::Setting(piece) => text.push_str(piece),
                Piece::Fate(name) => text.push_str(&told_fate(sight, name)),
                Piece::Descent(name) => text.push_str(&told_descent(sight, name)),
                Piece::Old => text.push_str("{}"),
                Piece::Capture(name) => {
                    let source = sight.capture(name).map_or("", |node| sight.module.of(node));
                    let line = on_one_line(source);
                    let short: String = line.chars().take(60).collect();
                    text.push_str(&short);
                    if short.len() < line.len() {
                        text.push('…');
                    }
                }
            }
        }
        text
    }

    /// A name like `name` that the function around `node` does not use.
    pub fn fresh(&self, name: &str, module: &Module, node: Node) -> String {
        fresh(name, module, node)
    }

    /// How code at `node` spells a dotted path; an import is asked for where there is none.
    pub(super) fn symbol(&mut self, path: &str, module: &Module, node: Node) -> Result<String, String> {
        if let Some(spelled) = module.spelling(path, node)? {
            return Ok(spelled);
        }
        if path.starts_with("asyncio.")
            && let Some(other) = other_event_loop(module)
        {
            return Err(format!(
                "the file is for `{other}` and does not import asyncio: its event loop may be another"
            ));
        }
        self.request(import_of(path));
        Ok(path.to_owned())
    }

    /// The name of a module-level definition of the page's own; it is asked for unless the module has it already.
    fn helper(&mut self, name: &str, sight: &Sight, node: Option<Node>) -> Result<String, String> {
        let module = sight.module;
        let texts = sight.page.helpers.get(name).ok_or_else(|| format!("the page has no helper `{name}`"))?;
        if let Some(node) = node
            && let Some(found) = module.lookup(name, node)
            && !matches!(found.scope, Scope::Module)
        {
            return Err(format!("`{name}` means something else here (line {})", module.row(found.bindings[0].at)));
        }
        let template = texts.iter().find(|(least, _)| *least <= sight.minor).map(|(_, template)| template);
        let template = template.ok_or_else(|| format!("helper `{name}` needs a newer Python"))?;
        let before = imports::helper_offset(module, sight.root.start_byte());
        let mut text = String::new();
        let mut needs = Vec::new();
        for piece in &template.pieces {
            match piece {
                Piece::Symbol(path) => match module.spelling_before(path, before)? {
                    Some(spelled) => text.push_str(&spelled),
                    None => {
                        needs.push(import_of(path));
                        text.push_str(path);
                    }
                },
                Piece::Setting(_) => text.push_str(&sight.limit.to_string()),
                Piece::Helper(other) if other != name => text.push_str(&self.helper(other, sight, None)?),
                Piece::Text(piece)
                | Piece::Fresh(piece)
                | Piece::Capture(piece)
                | Piece::Fate(piece)
                | Piece::Descent(piece)
                | Piece::Helper(piece) => text.push_str(piece),
                Piece::Old => text.push_str("{}"),
            }
        }
        if let Some(reason) = hidden_builtin(module, &text, before) {
            return Err(reason);
        }
        match module.bindings_in(None, name).as_slice() {
            [] => {
                needs.into_iter().for_each(|need| self.request(need));
                self.request(Request::Helper { name: name.to_owned(), text });
                Ok(name.to_owned())
            }
            [one] if is_same_definition(module, &one.kind, &text) => Ok(name.to_owned()),
            [other, ..] => Err(format!("the name `{name}` is taken on line {}", module.row(other.at))),
        }
    }

    fn request(&mut self, request: Request) {
        if !self.requests.contains(&request) {
            self.requests.push(request);
        }
    }
}

/// Why the text of a helper, at offset `before`, would not mean the builtins that it calls or subscripts.
fn hidden_builtin(module: &Module, text: &str, before: usize) -> Option<String> {
    let bytes = text.as_bytes();
    for at in memchr::memchr2_iter(b'(', b'[', bytes) {
        let start = bytes[..at].iter().rposition(|byte| !crate::text::is_word(*byte)).map_or(0, |before| before + 1);
        let (head, name) = (&text[..start], &text[start..at]);
        if name.is_empty() || head.ends_with('.') || head.trim_end().ends_with("def") {
            continue;
        }
        if let Some(other) = module.bindings_in(None, name).iter().find(|binding| binding.at < before) {
            return Some(format!("`{name}` means something else in the module (line {})", module.row(other.at)));
        }
    }
    None
}

/// A library in whose coroutines asyncio's functions do not work, where the file imports it or is a part of it.
fn other_event_loop(module: &Module) -> Option<&'static str> {
    let tops = module.outline.imports.iter().map(|import| module.slice(import.module).split('.').next().unwrap_or(""));
    let own = module.dotted_name().unwrap_or_default();
    let mut names = tops.map(str::trim).chain(own.split('.'));
    names.find_map(|name| ["trio", "curio", "anyio"].into_iter().find(|library| *library == name))
}

fn import_of(path: &str) -> Request {
    Request::Import { module: path.rsplit_once('.').map_or(path, |(module, _)| module).to_owned() }
}

/// Whether a binding of the module is the helper that `text` would define: the same value, or the same function.
fn is_same_definition(module: &Module, kind: &BindingKind, text: &str) -> bool {
    match kind {
        BindingKind::Value(span) => {
            text.split_once('=').is_some_and(|(_, value)| on_one_line(value) == on_one_line(module.slice(*span)))
        }
        BindingKind::Definition(block) => {
            on_one_line(module.slice(module.outline.blocks[*block as usize].span)) == on_one_line(text)
        }
        _ => false,
    }
}

/// A name like `name` that nothing in the outermost function around `node` mentions; outside of functions, nothing in the
/// module, whose names everybody sees.
fn fresh(name: &str, module: &Module, node: Node) -> String {
    let region = match module.scope_of(node) {
        Scope::Function(_) => module.slice(module.outline.region_of(node.start_byte())),
        Scope::Class(_) | Scope::Module => module.text,
    };
    let is_free = |candidate: &str| words(region, candidate).next().is_none();
    if is_free(name) {
        return name.to_owned();
    }
    (2..).map(|number| format!("{name}_{number}")).find(|candidate| is_free(candidate)).expect("numbers do not end")
}
