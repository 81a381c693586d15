//! Where a page matches: one walk over a region, dispatched on the kind of node, the query on the candidate alone.

use crate::codemod::candidates::Selection;
use crate::codemod::page::{Couple, Page};
use crate::codemod::predicates;
use crate::codemod::regions::{Candidate, PageCandidate, Places};
use crate::project::{Answer, Module};
use crate::syntax;
use crate::text::Span;
use std::cell::RefCell;
use tree_sitter::{Node, QueryCursor, StreamingIterator};

/// One match as predicates and operations see it.
#[derive(Clone)]
pub struct Sight<'a> {
    pub module: &'a Module<'a>,
    pub page: &'a Page,
    pub couple: &'a Couple,
    pub root: Node<'a>,
    captures: Vec<(&'a str, Node<'a>)>,
    /// The Python 3 minor version that the code is for.
    pub minor: u8,
    /// How many requests may wait at once.
    pub limit: u32,
}

/// A place where a page matches.
pub struct Match<'a> {
    pub page: &'a Page,
    pub span: Span,
    /// The couples that match there, in the order of the page: the first, and those that offer another fix.
    pub ways: Vec<Way<'a>>,
}

/// A couple whose predicates all hold, or are unknown where it reports such.
pub struct Way<'a> {
    pub sight: Sight<'a>,
    /// Why it is not certain.
    pub doubt: Option<String>,
}

impl<'a> Match<'a> {
    /// Whether a couple has nothing to say here that others did not say: a fix without a name is no alternative, and a name
    /// stands for one fix.
    fn is_settled(&self, couple: &Couple) -> bool {
        let mut known = self.ways.iter().map(|way| way.sight.couple);
        match &couple.name {
            Some(name) => known.any(|known| known.name.as_ref() == Some(name)),
            None => known.any(|known| known.name.is_none() || known.order < couple.order),
        }
    }

    fn add(&mut self, way: Way<'a>) {
        self.ways.push(way);
        self.ways.sort_by_key(|way| way.sight.couple.order);
        let first = self.ways[0].sight.couple.order;
        self.ways.retain(|way| way.sight.couple.order == first || way.sight.couple.name.is_some());
    }
}

/// What one predicate said of one candidate, for `aiofix why`.
pub struct Trial<'a> {
    pub page: &'a Page,
    pub span: Span,
    /// The predicates in order, up to the first that does not hold.
    pub answers: Vec<(String, Answer)>,
}

impl<'a> Sight<'a> {
    /// The node of a capture; none where the pattern's optional part did not match.
    pub fn capture(&self, name: &str) -> Option<Node<'a>> {
        self.captures.iter().find(|(known, _)| *known == name).map(|(_, node)| *node)
    }

    /// The place that a finding points at.
    fn place(&self) -> Span {
        let node = self.couple.at.as_deref().and_then(|name| self.capture(name)).unwrap_or(self.root);
        syntax::span(node)
    }
}

thread_local! {
    static CURSOR: RefCell<QueryCursor> = RefCell::new({
        let mut cursor = QueryCursor::new();
        cursor.set_max_start_depth(Some(0));
        cursor
    });
}

/// The couples of some pages, by the kind of node that their patterns are rooted in.
struct Dispatch<'a, 'p> {
    by_kind: Vec<(u16, &'a Page, &'a Couple, &'p Places)>,
    /// Whether some pattern is rooted in a kind, by its number.
    wanted: Vec<bool>,
}

impl<'a, 'p> Dispatch<'a, 'p> {
    fn new(selection: &'a Selection, pages: &'p [PageCandidate], minor: u8) -> Dispatch<'a, 'p> {
        let wanted = pages.iter().filter(|candidate| selection.pages[candidate.page].least_minor <= minor);
        let by_kind: Vec<_> = wanted
            .flat_map(|candidate| {
                let page = selection.pages[candidate.page];
                candidate.couples.iter().map(move |couple| (page, &page.couples[*couple], &candidate.places))
            })
            .map(|(page, couple, places)| (couple.pattern.root_kind(), page, couple, places))
            .collect();
        let mut wanted = vec![false; by_kind.iter().map(|(kind, ..)| usize::from(*kind) + 1).max().unwrap_or(0)];
        by_kind.iter().for_each(|(kind, ..)| wanted[usize::from(*kind)] = true);
        Dispatch { by_kind, wanted }
    }
}

/// All matches of the candidate's pages in its region, in order of place; a page matches a place once, by the first of its
/// couples that does, and by those with a name behind it. Nodes that cover none of the candidate's places are not looked into.
pub fn matches<'a>(
    module: &'a Module<'a>,
    selection: &'a Selection<'a>,
    candidate: &Candidate,
    minor: u8,
    mut trials: Option<&mut Vec<Trial<'a>>>,
) -> Vec<Match<'a>> {
    let span = candidate.region;
    let Some(tree) = module.tree_at(span.start) else { return Vec::new() };
    let dispatch = Dispatch::new(selection, &candidate.pages, minor);
    let mut found: Vec<Match<'a>> = Vec::new();
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        let covered = syntax::span(node);
        if covered.overlaps(span) && candidate.pages.iter().any(|page| page.places.touch(covered)) {
            let kind = node.kind_id();
            let is_wanted = dispatch.wanted.get(usize::from(kind)).is_some_and(|wanted| *wanted);
            let couples = if is_wanted { &dispatch.by_kind[..] } else { &[] };
            let here = couples.iter().filter(|(wanted, .., places)| *wanted == kind && places.fit(covered));
            for (_, page, couple, _) in here {
                try_couple(module, page, couple, node, (minor, selection.limit), &mut found, trials.as_deref_mut());
            }
            if cursor.goto_first_child() {
                continue;
            }
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                found.sort_by(|a, b| {
                    (a.span.start, a.span.end, &a.page.name).cmp(&(b.span.start, b.span.end, &b.page.name))
                });
                return found;
            }
        }
    }
}

fn try_couple<'a>(
    module: &'a Module<'a>,
    page: &'a Page,
    couple: &'a Couple,
    node: Node<'a>,
    (minor, limit): (u8, u32),
    found: &mut Vec<Match<'a>>,
    mut trials: Option<&mut Vec<Trial<'a>>>,
) {
    let query =
        couple.pattern.compile().expect("the queries of a page are compiled when it is loaded, or by its tests");
    let names = query.capture_names();
    CURSOR.with_borrow_mut(|cursor| {
        let mut matches = cursor.matches(query, node, module.text.as_bytes());
        while let Some(matched) = matches.next() {
            let captures =
                matched.captures().iter().map(|capture| (names[capture.index as usize], capture.node)).collect();
            let sight = Sight { module, page, couple, root: node, captures, minor, limit };
            let span = sight.place();
            let known = found.iter_mut().find(|known| known.span == span && known.page.name == page.name);
            if known.as_ref().is_some_and(|known| known.is_settled(couple)) {
                continue;
            }
            let mut answers = Vec::new();
            let doubt = verdict(&sight, &mut answers);
            if let Some(trials) = trials.as_deref_mut() {
                trials.push(Trial { page, span, answers });
            }
            let way = match doubt {
                Answer::Yes => Way { sight, doubt: None },
                Answer::Unknown(reason) if couple.reports_unknown => Way { sight, doubt: Some(reason) },
                _ => continue,
            };
            match known {
                Some(known) => known.add(way),
                None => found.push(Match { page, span, ways: vec![way] }),
            }
        }
    });
}

/// What the predicates say together: the first no, else the first unknown, else yes.
fn verdict(sight: &Sight, answers: &mut Vec<(String, Answer)>) -> Answer {
    let mut doubt = Answer::Yes;
    for call in &sight.couple.pattern.predicates {
        let answer = predicates::evaluate(call, sight);
        let shown = format!("#{}{}", if call.negated { "not-" } else { "" }, call.name);
        answers.push((shown, answer.clone()));
        match answer {
            Answer::Yes => {}
            Answer::No(_) => return answer,
            Answer::Unknown(_) if doubt == Answer::Yes => doubt = answer,
            Answer::Unknown(_) => {}
        }
    }
    doubt
}
