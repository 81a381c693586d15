//! From a spread to the edits of each file.
//!
//! In: what turns, and what has to be done where ([`Spread`]). Out: one [`Plan`] for each file, none of which makes sense
//! without the others, and the new texts ([`rewritten`]), or the [`Frontier`]s that only the grammar shows: a lambda, a generator expression that somebody else
//! consumes, an annotation.

use crate::codemod::asynchronous::suspend_among;
use crate::codemod::matching::Sight;
use crate::codemod::operations::{Step, awaited, awaited_instead};
use crate::codemod::planning::Draft;
use crate::finding::Applicability;
use crate::plan::{Companion, Edit, Joint, Plan};
use crate::project::Module;
use crate::project::inference::Inference;
use crate::project::layout::ModuleId;
use crate::project::linked::Project;
use crate::project::propagation::{self, Act, Frontier, Place, Spread, Texts, Turned};
use crate::rewrite;
use crate::syntax::{self, ancestors, named_children};
use crate::text::Span;
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;
use std::sync::Arc;
use tree_sitter::Node;

/// What is to be written, and for which page, if any.
pub struct Order {
    pub page: Arc<str>,
    pub title: String,
    /// The Python 3 minor version that the code is for.
    pub minor: u8,
}

/// The edits of one file.
pub struct Part<'t> {
    pub file: ModuleId,
    pub module: Module<'t>,
    pub plan: Plan,
}

/// The edits of all files, in their order.
pub fn parts<'t>(
    project: &'t Project,
    texts: &'t dyn Texts,
    spread: &Spread,
    order: &Order,
) -> Result<Vec<Part<'t>>, Vec<Frontier>> {
    let turned = spread.turned.iter().map(|turned| turned.definition.module);
    let files: BTreeSet<ModuleId> = turned.chain(spread.changes.keys().map(|place| place.module)).collect();
    let mut parts = Vec::new();
    let mut frontiers = Vec::new();
    for file in files {
        let Some(source) = texts.text(file) else { continue };
        let module = Module::by_region(&source.text, source.outline().clone()).within(Inference::new(project), file);
        match drafted(&module, file, spread, order) {
            Ok(plan) => parts.push(Part { file, module, plan }),
            Err(refused) => frontiers.extend(refused.into_iter().map(|(at, reason)| Frontier {
                path: project.entry(file).path.clone(),
                row: module.row(at).number(),
                reason,
            })),
        }
    }
    if frontiers.is_empty() { Ok(parts) } else { Err(frontiers) }
}

/// One file, rewritten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewritten {
    pub file: ModuleId,
    /// Those of imports included; sorted and disjoint.
    pub edits: Vec<Edit>,
    pub text: String,
}

/// Carries out all parts, each proved; an error is why one could not be, which is a fault of ours.
pub fn rewritten(parts: &[Part], texts: &dyn Texts) -> Result<Vec<Rewritten>, String> {
    let rewritten = |part: &Part| {
        let Part { file, module, plan } = part;
        let edits = rewrite::assemble(module, &[plan], &|name| texts.keeps_import(*file, name));
        let text = rewrite::replaced(module.text, &edits).ok_or("its edits overlap")?;
        rewrite::prove(&rewrite::shape(module.text, false), module, &edits, &text)?;
        Ok(Rewritten { file: *file, edits, text })
    };
    parts.iter().map(rewritten).collect()
}

/// The operation `propagate`: a plain function that is called becomes asynchronous, with all that calls it, over all files.
pub fn propagate(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let function = step.node(sight, "propagate")?;
    let module = sight.module;
    let (Some((inference, own)), Some(texts)) = (module.inference(), module.texts()) else {
        return Err("the other files of the project are not at hand".to_owned());
    };
    let callee = module.infer(function);
    let called = inference.function_of_type(&callee).ok_or("it is not known which function is called")?.definition;
    inference.search_texts();
    let spread = propagation::spread_or_frontier(inference.project, texts, called);
    let spread = spread.as_ref().as_ref().map_err(Frontier::to_string)?;
    let write = || (sight.minor, joints(inference.project, texts, spread, sight));
    let known = spread.written.get_or_init(write);
    // Files of one project may be for several versions of Python.
    let other = (known.0 != sight.minor).then(write);
    let joints = other.as_ref().unwrap_or(known).1.as_ref().map_err(Clone::clone)?;
    let here = joints.iter().find(|joint| joint.companion.file == own.0);
    let here = here.ok_or("the function around it does not change")?;
    let others = joints.iter().filter(|joint| joint.companion.file != own.0);
    draft.elsewhere.extend(others.map(|joint| joint.companion.clone()));
    draft.edits.extend(here.plan.edits.iter().cloned());
    draft.claims.extend(here.plan.claims.iter().copied());
    draft.requests.extend(here.plan.requests.iter().cloned());
    draft.notes.extend(spread.notes.iter().cloned());
    Ok(())
}

/// The files that a spread changes, each written and proved.
fn joints(project: &Project, texts: &dyn Texts, spread: &Spread, sight: &Sight) -> Result<Vec<Joint>, String> {
    let told = |frontiers: Vec<Frontier>| frontiers.first().map(Frontier::to_string).unwrap_or_default();
    let order = Order { page: sight.page.name.clone(), title: String::new(), minor: sight.minor };
    let parts = parts(project, texts, spread, &order).map_err(told)?;
    let written = rewritten(&parts, texts)?;
    let joint = |(part, new): (Part, Rewritten)| Joint {
        companion: Companion {
            file: part.file.0,
            path: project.entry(part.file).path.clone(),
            edits: new.edits.into(),
            before: part.module.text.into(),
            after: new.text.into(),
        },
        plan: part.plan,
    };
    Ok(parts.into_iter().zip(written).map(joint).collect())
}

/// The plan of one file; an error is where it cannot be, and why.
fn drafted(module: &Module, file: ModuleId, spread: &Spread, order: &Order) -> Result<Plan, Vec<(usize, String)>> {
    let own: Vec<&Turned> = spread.turned.iter().filter(|turned| turned.definition.module == file).collect();
    let names: FxHashSet<usize> =
        own.iter().map(|turned| module.outline.blocks[turned.definition.block as usize].name.start).collect();
    let turns = |function: Node| {
        syntax::is_async(function)
            || function.child_by_field_name("name").is_some_and(|name| names.contains(&name.start_byte()))
    };
    let mut writing = Writing { module, minor: order.minor, draft: Draft::default(), turns: &turns, spread, file };
    let mut refused = Vec::new();
    for turned in own {
        if let Err(reason) = writing.turn(turned) {
            refused.push((module.outline.blocks[turned.definition.block as usize].name.start, reason));
        }
    }
    let from = Place { module: file, span: Span::at(0) };
    let mut here: Vec<_> = spread.changes.range(from..).take_while(|(at, _)| at.module == file).collect();
    // What stands before an expression that begins with another is written first.
    here.sort_by_key(|(place, _)| (place.span.start, std::cmp::Reverse(place.span.end)));
    for (place, change) in here {
        if let Err(reason) = writing.act(place.span, change.act) {
            refused.push((place.span.start, reason));
        }
    }
    if !refused.is_empty() {
        return Err(refused);
    }
    Ok(plan_of(module, writing.draft, order))
}

/// The plan that a draft is for a file.
pub(super) fn plan_of(module: &Module, draft: Draft, order: &Order) -> Plan {
    let Draft { mut edits, claims, requests, suspensions, .. } = draft;
    // What ends at a place is written before what begins there.
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut notes: Vec<String> = Vec::new();
    for span in suspensions {
        let hazard = module.node_at(span).and_then(|node| module.suspension_hazard(node, false));
        notes.extend(hazard.filter(|hazard| !notes.contains(hazard)));
    }
    let (page, title) = (order.page.clone(), order.title.clone());
    Plan {
        page,
        name: None,
        title,
        applicability: Applicability::Unsafe,
        notes,
        edits,
        claims,
        requests,
        elsewhere: Vec::new(),
    }
}

/// The plan of one file in the making.
pub(super) struct Writing<'w> {
    pub module: &'w Module<'w>,
    pub minor: u8,
    pub draft: Draft,
    /// Whether a function is a coroutine function afterwards.
    pub turns: &'w dyn Fn(Node) -> bool,
    pub spread: &'w Spread,
    pub file: ModuleId,
}

impl Writing<'_> {
    pub fn turn(&mut self, turned: &Turned) -> Result<(), String> {
        let block = &self.module.outline.blocks[turned.definition.block as usize];
        self.draft.edits.push(Edit::insert(block.header.start, "async "));
        if !turned.is_generator {
            return Ok(());
        }
        let node = self.module.definition(turned.definition.block);
        let Some(annotation) = node.and_then(|node| node.child_by_field_name("return_type")) else { return Ok(()) };
        self.annotate(annotation)
    }

    /// An annotation that promises an iterator promises an asynchronous one.
    fn annotate(&mut self, annotation: Node) -> Result<(), String> {
        let base = innermost_base(annotation);
        let name = self.module.of(base);
        let last = name.rsplit('.').next().unwrap_or_default();
        let other = match last {
            "Iterator" | "Iterable" => format!("Async{last}"),
            "Generator" => "AsyncGenerator".to_owned(),
            _ => return Ok(()),
        };
        let spelled = match name.rsplit_once('.') {
            Some((object, _)) => format!("{object}.{other}"),
            None => self.draft.symbol(&format!("collections.abc.{other}"), self.module, base)?,
        };
        self.draft.edits.push(Edit::replace(syntax::span(base), spelled));
        if other != "AsyncGenerator" {
            return Ok(());
        }
        // An asynchronous generator returns nothing, and has no third type.
        let parts = base.parent().into_iter().flat_map(named_children).filter(|part| *part != base);
        let parts: Vec<Node> = match parts.collect::<Vec<_>>().as_slice() {
            [only] if only.kind() == "type_parameter" => named_children(*only).collect(),
            several => several.to_vec(),
        };
        if let [_, second, third] = parts.as_slice() {
            self.draft.edits.push(Edit::delete(Span::new(second.end_byte(), third.end_byte())));
        }
        Ok(())
    }

    pub fn act(&mut self, span: Span, act: Act) -> Result<(), String> {
        let wanted = match act {
            Act::Iterate => ["for_statement", "for_in_clause"].as_slice(),
            _ => ["call"].as_slice(),
        };
        let node = self.module.node_at(span).map(|node| std::iter::once(node).chain(ancestors(node)));
        let node = node.into_iter().flatten().find(|node| wanted.contains(&node.kind()) && syntax::span(*node) == span);
        let node = node.ok_or("it is not found again")?;
        match act {
            Act::Run => {
                let run = self.draft.symbol("asyncio.run", self.module, node)?;
                self.draft.edits.push(Edit::insert(node.start_byte(), format!("{run}(")));
                self.draft.edits.push(Edit::insert(node.end_byte(), ")"));
                Ok(())
            }
            Act::Await => {
                self.suspend(node)?;
                // Where the call around it is replaced by `await` and this one, there are two.
                let is_awaited_twice = node.parent().and_then(|list| list.parent()).is_some_and(|outer| {
                    let place = Place { module: self.file, span: syntax::span(outer) };
                    self.spread.changes.get(&place).is_some_and(|change| change.act == Act::Bridge(span))
                });
                match is_awaited_twice {
                    true => {
                        self.draft.edits.push(Edit::insert(node.start_byte(), "(await "));
                        self.draft.edits.push(Edit::insert(node.end_byte(), ")"));
                    }
                    false => self.draft.edits.extend(awaited(node)),
                }
                Ok(())
            }
            Act::Bridge(operand) => {
                self.suspend(node)?;
                let arguments = node.child_by_field_name("arguments").into_iter().flat_map(named_children);
                let operand = arguments.into_iter().find(|argument| syntax::span(*argument) == operand);
                let operand = operand.ok_or("its argument is not found again")?;
                self.keeps_comments(node, operand)?;
                self.draft.edits.extend(awaited_instead(node, operand, self.module.text));
                Ok(())
            }
            Act::Iterate => {
                self.suspend(node)?;
                self.draft.edits.push(Edit::insert(node.start_byte(), "async "));
                Ok(())
            }
            Act::Collect(iterable) => self.collect(node, iterable),
            Act::Next => {
                if self.minor < 10 {
                    return Err("`anext` needs Python 3.10".to_owned());
                }
                self.suspend(node)?;
                let function = node.child_by_field_name("function").ok_or("nothing is called")?;
                self.draft.edits.extend(awaited(node));
                self.draft.edits.push(Edit::replace(syntax::span(function), "anext"));
                Ok(())
            }
        }
    }

    /// `list(g())` becomes `[x async for x in g()]`, and what takes a list gets one.
    fn collect(&mut self, call: Node, iterable: Span) -> Result<(), String> {
        self.suspend(call)?;
        if self.minor < 11 && !self.module.comprehensions_around(call).is_empty() {
            return Err("an asynchronous comprehension inside another needs Python 3.11".to_owned());
        }
        let item = self.draft.fresh("item", self.module, call);
        let function = call.child_by_field_name("function").map_or("", |function| self.module.of(function));
        let arguments = call.child_by_field_name("arguments").ok_or("nothing is called")?;
        let is_alone = named_children(arguments).count() == 1;
        let (open, close) = match function {
            "list" if is_alone => ("[", "]"),
            "set" if is_alone => ("{", "}"),
            _ => {
                self.draft.edits.push(Edit::insert(iterable.start, format!("[{item} async for {item} in ")));
                self.draft.edits.push(Edit::insert(iterable.end, "]"));
                return Ok(());
            }
        };
        let before = Span::new(call.start_byte(), iterable.start);
        self.draft.edits.push(Edit::replace(before, format!("{open}{item} async for {item} in ")));
        self.draft.edits.push(Edit::replace(Span::new(iterable.end, call.end_byte()), close));
        Ok(())
    }

    fn suspend(&mut self, node: Node) -> Result<(), String> {
        suspend_among(self.module, self.minor, node, &mut self.draft, self.turns)
    }

    /// A comment between a call and its argument would be lost with the call.
    fn keeps_comments(&self, call: Node, operand: Node) -> Result<(), String> {
        let gone =
            |comment: &&Span| syntax::span(call).encloses(**comment) && !syntax::span(operand).encloses(**comment);
        match self.module.outline.comments.iter().find(gone) {
            Some(comment) => Err(format!("the comment `{}` would be lost", self.module.slice(*comment))),
            None => Ok(()),
        }
    }
}

/// The name of a generic annotation: `Iterator` of `Iterator[int]`, also in quotes.
fn innermost_base(annotation: Node) -> Node {
    let mut node = annotation;
    while let Some(inner) = named_children(node).next() {
        if !matches!(node.kind(), "type" | "generic_type" | "subscript") {
            break;
        }
        node = inner;
    }
    node
}
