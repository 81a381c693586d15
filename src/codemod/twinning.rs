//! From the twins that functions get to the edits of each file.
//!
//! In: which functions get one and what changes in these and in coroutines ([`Spread`]). Out: one [`Part`] for each file. A twin
//! is the function as it would be if it turned, under another name, right behind the function; an import that brings the one
//! brings the other beside it.

use crate::codemod::planning::Draft;
use crate::codemod::propagating::{Order, Part, Writing, plan_of};
use crate::outline::Import;
use crate::plan::{Edit, Request};
use crate::project::Module;
use crate::project::inference::Inference;
use crate::project::layout::ModuleId;
use crate::project::linked::{Definition, Project};
use crate::project::propagation::{Act, Frontier, Naming, Place, Spread, Texts, Turned};
use crate::project::types::Type;
use crate::rewrite;
use crate::syntax::{self, ancestors, named_children};
use crate::text::{self, Span};
use rustc_hash::FxHashSet;
use std::collections::{BTreeMap, BTreeSet};
use tree_sitter::Node;

/// Why something cannot be written, and at which offset of which file.
type Refused = (ModuleId, usize, String);

/// The edits of all files, in their order.
pub fn parts<'t>(
    project: &'t Project,
    texts: &'t dyn Texts,
    spread: &Spread,
    order: &Order,
) -> Result<Vec<Part<'t>>, Vec<Frontier>> {
    let naming = spread.naming.expect("twins have names");
    let opened = |file: ModuleId| {
        let source = texts.text(file)?;
        Some(Module::by_region(&source.text, source.outline().clone()).within(Inference::new(project), file))
    };
    let turned = spread.turned.iter().map(|turned| turned.definition.module);
    let mut modules: BTreeMap<ModuleId, Module<'t>> = BTreeMap::new();
    for file in turned.chain(spread.changes.keys().map(|place| place.module)) {
        if !modules.contains_key(&file)
            && let Some(module) = opened(file)
        {
            modules.insert(file, module);
        }
    }
    let mut bringing = Bringing { project, naming, items: BTreeMap::new(), refused: Vec::new() };
    for (place, change) in &spread.changes {
        if let Some(module) = modules.get(&place.module)
            && let Some(callee) = node_of(module, place.span, change.act).and_then(|node| called(node, change.act))
        {
            bringing.bring_for(module, place.module, callee, &opened);
        }
    }
    for file in bringing.items.keys() {
        if !modules.contains_key(file)
            && let Some(module) = opened(*file)
        {
            modules.insert(*file, module);
        }
    }
    let mut refused = bringing.refused;
    let mut plans = Vec::new();
    for (file, module) in &modules {
        let brought = bringing.items.get(file).cloned().unwrap_or_default();
        let keeps = |name: &str| project.entry(*file).is_package || texts.keeps_import(*file, name);
        match drafted(module, *file, spread, order, &brought, &keeps) {
            Ok(draft) => plans.push((*file, plan_of(module, draft, order))),
            Err(reasons) => refused.extend(reasons.into_iter().map(|(at, reason)| (*file, at, reason))),
        }
    }
    if refused.is_empty() {
        let part = |(file, plan)| Part { file, module: modules.remove(&file).expect("it was opened"), plan };
        return Ok(plans.into_iter().map(part).collect());
    }
    let row = |file: &ModuleId, at| modules.get(file).map_or(1, |module| module.row(at).number());
    let frontiers: BTreeSet<Frontier> = refused
        .into_iter()
        .map(|(file, at, reason)| Frontier { path: project.entry(file).path.clone(), row: row(&file, at), reason })
        .collect();
    Err(frontiers.into_iter().collect())
}

/// One name of an import that gets another beside it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Item {
    span: Span,
    /// What the name is bound to.
    name: String,
    /// The other name, as the statement spells it.
    twin: String,
}

impl Item {
    /// Brings the other name beside the one, or in its place.
    fn edit(&self, module: &Module, is_kept: bool) -> Edit {
        let old = if is_kept { format!("{}, ", module.slice(self.span)) } else { String::new() };
        Edit::replace(self.span, format!("{old}{}", self.twin))
    }
}

/// The imports that bring a twin beside its function, over all files.
struct Bringing<'p> {
    project: &'p Project,
    naming: Naming,
    items: BTreeMap<ModuleId, BTreeSet<Item>>,
    refused: Vec<Refused>,
}

impl Bringing<'_> {
    /// Brings the twin of what is called to where it is called.
    fn bring_for<'t>(
        &mut self,
        module: &Module,
        file: ModuleId,
        callee: Node,
        opened: &dyn Fn(ModuleId) -> Option<Module<'t>>,
    ) {
        let Some(object) = callee.child_by_field_name("object") else {
            return self.bring(module, file, module.of(callee), callee.start_byte(), opened);
        };
        let name = callee.child_by_field_name("attribute").map_or("", |name| module.of(name));
        for part in module.infer(object).parts() {
            if let Type::Module(id) = part
                && let Some(other) = opened(*id)
            {
                self.bring(&other, *id, name, 0, opened);
            }
        }
    }

    /// Brings it into a file that binds the function by a name, unless it defines it itself.
    fn bring<'t>(
        &mut self,
        module: &Module,
        file: ModuleId,
        name: &str,
        at: usize,
        opened: &dyn Fn(ModuleId) -> Option<Module<'t>>,
    ) {
        let is_defined = module.outline.blocks.iter().any(|block| module.slice(block.name) == name);
        let twin = self.naming.twin(name);
        let imports = module.outline.imports.iter().filter_map(|import| Some((import, import.name?)));
        let own = imports.filter(|(import, imported)| module.slice(import.alias.unwrap_or(*imported)) == name);
        let own: Vec<_> = own.collect();
        if own.is_empty() {
            if !is_defined {
                self.refused.push((file, at, format!("it is not seen how `{name}` comes to be called here")));
            }
            return;
        }
        for (import, imported) in own {
            let span = Span::new(imported.start, import.alias.unwrap_or(imported).end);
            let own = self.naming.twin(module.slice(imported));
            let twin = if import.alias.is_some() { format!("{own} as {twin}") } else { own };
            if self.items.entry(file).or_default().insert(Item { span, name: name.to_owned(), twin })
                && let Some((id, _)) = self.project.import(file, module.slice(import.module))
                && let Some(other) = opened(id)
            {
                self.bring(&other, id, module.slice(imported), 0, opened);
            }
        }
    }
}

/// What changes in one file: twins behind their functions, and coroutines that call them. `keeps` says of a bound name whether
/// another file may mean it.
fn drafted(
    module: &Module,
    file: ModuleId,
    spread: &Spread,
    order: &Order,
    brought: &BTreeSet<Item>,
    keeps: &dyn Fn(&str) -> bool,
) -> Result<Draft, Vec<(usize, String)>> {
    let own: Vec<&Turned> = spread.turned.iter().filter(|turned| turned.definition.module == file).collect();
    let block_of = |twin: &Turned| &module.outline.blocks[twin.definition.block as usize];
    let names: FxHashSet<usize> = own.iter().map(|turned| block_of(turned).name.start).collect();
    let turns = |function: Node| {
        syntax::is_async(function)
            || function.child_by_field_name("name").is_some_and(|name| names.contains(&name.start_byte()))
    };
    let mut copying = Copying { module, file, spread, minor: order.minor, turns: &turns, refused: Vec::new() };
    let mut draft = copying.changed(None);
    for twin in &own {
        let (behind, text, requests) = copying.twin(twin, brought);
        draft.edits.push(Edit::insert(behind, text));
        draft.requests.extend(requests);
    }
    let is_inside = |item: &&Item| own.iter().any(|twin| block_of(twin).span.encloses(item.span));
    for item in brought.iter().filter(|item| !is_inside(item)) {
        let whole = Span::new(0, module.text.len());
        let is_kept = keeps(&item.name) || is_used(module, whole, &draft.edits, item);
        draft.edits.push(item.edit(module, is_kept));
    }
    if copying.refused.is_empty() { Ok(draft) } else { Err(copying.refused) }
}

/// One file in the making.
struct Copying<'w> {
    module: &'w Module<'w>,
    file: ModuleId,
    spread: &'w Spread,
    minor: u8,
    /// Whether a function, or its twin, is a coroutine function.
    turns: &'w dyn Fn(Node) -> bool,
    refused: Vec<(usize, String)>,
}

impl Copying<'_> {
    /// What changes in the copy of a function that becomes its twin, or in the coroutines of the file.
    fn changed(&mut self, twin: Option<&Turned>) -> Draft {
        let Copying { module, file, spread, minor, turns, .. } = *self;
        let naming = spread.naming.expect("twins have names");
        let mut writing = Writing { module, minor, draft: Draft::default(), turns, spread, file };
        if let Some(twin) = twin
            && let Err(reason) = writing.turn(twin)
        {
            self.refused.push((module.outline.blocks[twin.definition.block as usize].name.start, reason));
        }
        let within = twin.map(|twin| twin.definition);
        let from = Place { module: file, span: Span::at(0) };
        let here = spread.changes.range(from..).take_while(|(place, _)| place.module == file);
        let mut here: Vec<_> = here.filter(|(_, change)| is_within(spread, change.within) == within).collect();
        // What stands before an expression that begins with another is written first.
        here.sort_by_key(|(place, _)| (place.span.start, std::cmp::Reverse(place.span.end)));
        for (place, change) in here {
            if let Err(reason) = writing.act(place.span, change.act) {
                self.refused.push((place.span.start, reason));
            }
            let callee = node_of(module, place.span, change.act).and_then(|node| called(node, change.act));
            if let Some(callee) = callee {
                let name = callee.child_by_field_name("attribute").unwrap_or(callee);
                writing.draft.edits.push(Edit::replace(syntax::span(name), naming.twin(module.of(name))));
            }
        }
        writing.draft
    }

    /// Where the twin of a function goes, its text, and what it needs.
    fn twin(&mut self, twin: &Turned, brought: &BTreeSet<Item>) -> (usize, String, Vec<Request>) {
        let module = self.module;
        let naming = self.spread.naming.expect("twins have names");
        let block = &module.outline.blocks[twin.definition.block as usize];
        let mut copy = self.changed(Some(twin));
        copy.edits.push(Edit::replace(block.name, naming.twin(module.slice(block.name))));
        // What a function imports itself, its twin does.
        for item in brought.iter().filter(|item| block.span.encloses(item.span)) {
            copy.edits.push(item.edit(module, is_used(module, block.span, &copy.edits, item)));
        }
        copy.edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
        let behind = text::line_end(module.text, block.span.end);
        let Some(text) = rewrite::replaced(module.text, &copy.edits) else {
            self.refused.push((block.name.start, "what changes in it overlaps".to_owned()));
            return (behind, String::new(), Vec::new());
        };
        let end = text.len() - (module.text.len() - block.span.end);
        let indent = &module.text[text::line_start(module.text, block.span.start)..block.span.start];
        let newline = if module.text.contains("\r\n") { "\r\n" } else { "\n" };
        let between = newline.repeat(if indent.is_empty() { 3 } else { 2 });
        (behind, format!("{between}{indent}{}", &text[block.span.start..end]), copy.requests)
    }
}

/// Whether something else than the edits of some code, and what they write, mentions what an import binds.
fn is_used(module: &Module, code: Span, edits: &[Edit], item: &Item) -> bool {
    // What a file only passes on is used by others.
    let lost_a_use = edits.iter().any(|edit| module.slice(edit.span) == item.name);
    let is_written = edits.iter().any(|edit| text::uses(&edit.content, &item.name).next().is_some());
    !lost_a_use
        || is_written
        || text::words(module.slice(code), &item.name).any(|at| {
            let span = Span::new(code.start + at, code.start + at + item.name.len());
            let is_import = |import: &Import| import.span.encloses(span);
            !module.outline.imports.iter().any(is_import) && !edits.iter().any(|edit| edit.span.encloses(span))
        })
}

/// The twin that a change is made in; none where it is made in a coroutine.
fn is_within(spread: &Spread, within: Option<Definition>) -> Option<Definition> {
    within.filter(|within| spread.turned.iter().any(|turned| turned.definition == *within))
}

/// The node of a change.
fn node_of<'a>(module: &'a Module, span: Span, act: Act) -> Option<Node<'a>> {
    let wanted = match act {
        Act::Iterate => ["for_statement", "for_in_clause"].as_slice(),
        _ => ["call"].as_slice(),
    };
    let node = module.node_at(span)?;
    std::iter::once(node)
        .chain(ancestors(node))
        .find(|node| wanted.contains(&node.kind()) && syntax::span(*node) == span)
}

/// What a change calls that has a twin.
fn called(node: Node, act: Act) -> Option<Node> {
    let call = match act {
        Act::Await => Some(node),
        Act::Iterate => node.child_by_field_name("right"),
        Act::Collect(_) | Act::Next => named_children(node.child_by_field_name("arguments")?).next(),
        Act::Run | Act::Bridge(_) => None,
    };
    call?.child_by_field_name("function")
}
