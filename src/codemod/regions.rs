//! The regions of a file that are worth a tree, with the pages that could match in each and where.

use crate::codemod::page::Page;
use crate::outline::Outline;
use crate::text::Span;
use std::collections::BTreeMap;

/// A region of a file, and the pages that could match in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub region: Span,
    pub pages: Vec<PageCandidate>,
}

/// A page that could match in a region, and where: every match covers one of the places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageCandidate {
    /// Index into [`Selection::pages`].
    pub page: usize,
    /// Which of the page's couples could match, in order.
    pub couples: Vec<usize>,
    pub places: Places,
}

/// Where a match has to lie.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    everywhere: bool,
    /// Offsets of which a match covers one. In order.
    covered: Vec<usize>,
    /// Offsets at one of which a match starts. In order.
    started: Vec<usize>,
}

impl Places {
    pub fn everywhere() -> Places {
        Places { everywhere: true, ..Places::default() }
    }

    /// Whether a match may lie in `span`.
    pub fn touch(&self, span: Span) -> bool {
        let within = |places: &[usize]| {
            places.get(places.partition_point(|at| *at < span.start)).is_some_and(|at| *at < span.end)
        };
        self.everywhere || within(&self.covered) || within(&self.started)
    }

    /// Whether a match may be all of `span`.
    pub fn fit(&self, span: Span) -> bool {
        let covers = || {
            let places = &self.covered;
            places.get(places.partition_point(|at| *at < span.start)).is_some_and(|at| *at < span.end)
        };
        self.everywhere || self.started.binary_search(&span.start).is_ok() || covers()
    }
}

impl Candidate {
    /// The whole of a text, for all couples of some pages.
    pub fn everywhere(text: &str, pages: &[&Page]) -> Candidate {
        let all = pages.iter().enumerate().map(|(page, of)| PageCandidate {
            page,
            couples: (0..of.couples.len()).collect(),
            places: Places::everywhere(),
        });
        Candidate { region: Span::new(0, text.len()), pages: all.collect() }
    }
}

/// The regions that were found so far.
pub(super) struct Regions<'o> {
    outline: &'o Outline,
    found: BTreeMap<Span, Vec<PageCandidate>>,
}

impl<'o> Regions<'o> {
    pub fn new(outline: &'o Outline) -> Regions<'o> {
        Regions { outline, found: BTreeMap::new() }
    }

    /// Where a page may match in a region, now also by one of its couples.
    fn places(&mut self, (page, couple): (usize, usize), region: Span) -> &mut Places {
        let pages = self.found.entry(region).or_default();
        let at = pages.binary_search_by_key(&page, |known| known.page).unwrap_or_else(|at| {
            pages.insert(at, PageCandidate { page, couples: Vec::new(), places: Places::default() });
            at
        });
        let known = &mut pages[at];
        if let Err(at) = known.couples.binary_search(&couple) {
            known.couples.insert(at, couple);
        }
        &mut known.places
    }

    /// Adds an offset that a match of a page by one of its couples covers, or at which it starts.
    pub fn add(&mut self, couple: (usize, usize), offset: usize, is_start: bool) {
        let region = self.outline.region_of(offset);
        let places = self.places(couple, region);
        if is_start { places.started.push(offset) } else { places.covered.push(offset) }
    }

    /// Adds a region of which nobody knows where in it a match of a page by one of its couples lies.
    pub fn add_all(&mut self, couple: (usize, usize), region: Span) {
        self.places(couple, region).everywhere = true;
    }

    /// The regions in order, and in each the places in order.
    pub fn candidates(self) -> Vec<Candidate> {
        let mut candidates: Vec<Candidate> =
            self.found.into_iter().map(|(region, pages)| Candidate { region, pages }).collect();
        for places in candidates.iter_mut().flat_map(|candidate| &mut candidate.pages).map(|page| &mut page.places) {
            for offsets in [&mut places.covered, &mut places.started] {
                offsets.sort_unstable();
                offsets.dedup();
            }
        }
        candidates
    }
}
