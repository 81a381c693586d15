//! Where in a file the pages of a run could have something to say.
//!
//! A [`Selection`] asks the triggers of all its pages in one pass over the bytes. Only where a word of theirs stands does it
//! take an outline, follow the names that the file gives to the words, and name the regions worth a tree.

use crate::codemod::awaitables::{self, Awaitable};
use crate::codemod::mentions::{self, Kind, Named, Stand};
use crate::codemod::page::Page;
use crate::codemod::trigger::{self, Hit, Sign, Trigger};
use crate::outline::{Outline, StatementKind};
use crate::project::inference::Inference;
use crate::project::layout::ModuleId;
use crate::project::quick::Glance;
use crate::text::{Span, is_whole_word, words};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The pages that a run applies, ready to look at files.
pub struct Selection<'c> {
    pub pages: Vec<&'c Page>,
    triggers: Vec<Vec<Trigger>>,
    vocabulary: Vec<String>,
    searcher: Option<AhoCorasick>,
}

/// What is known of a file without a tree.
struct Scan<'s> {
    text: &'s str,
    outline: &'s Outline,
    hits: &'s [Hit<'s>],
    awaitable: &'s Awaitable,
    named: &'s [Named<'s>; 3],
    glance: &'s Glance<'s, 's>,
}

/// Where a file mentions what, and how, and whether in coroutines only.
type Mentioned = ((Kind, Stand, bool), Vec<usize>);

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

    fn add(&mut self, more: Places) {
        self.everywhere |= more.everywhere;
        for (places, more) in [(&mut self.covered, more.covered), (&mut self.started, more.started)] {
            if !more.is_empty() {
                places.extend(more);
                places.sort_unstable();
                places.dedup();
            }
        }
    }
}

impl Candidate {
    /// The whole of a text, for all of `pages` pages.
    pub fn everywhere(text: &str, pages: usize) -> Candidate {
        let all = (0..pages).map(|page| PageCandidate { page, places: Places::everywhere() });
        Candidate { region: Span::new(0, text.len()), pages: all.collect() }
    }
}

impl<'c> Selection<'c> {
    pub fn new(pages: Vec<&'c Page>) -> Selection<'c> {
        let triggers: Vec<Vec<Trigger>> =
            pages.iter().map(|page| page.couples.iter().map(|couple| Trigger::of(&couple.pattern)).collect()).collect();
        let mut vocabulary: Vec<String> = triggers
            .iter()
            .flatten()
            .filter_map(|trigger| if let Sign::Words(words) = &trigger.sign { Some(words.clone()) } else { None })
            .flatten()
            .collect();
        vocabulary.sort();
        vocabulary.dedup();
        let searcher = (!vocabulary.is_empty()).then(|| {
            let mut builder = AhoCorasick::builder();
            builder
                .kind(Some(AhoCorasickKind::DFA))
                .match_kind(MatchKind::LeftmostLongest)
                .build(&vocabulary)
                .expect("a few short words always build")
        });
        Selection { pages, triggers, vocabulary, searcher }
    }

    /// Where in a file the pages could have something to say. None: nowhere, and no outline was needed to know.
    ///
    /// The inference is that of the file, whose number is `id`.
    pub fn candidates(&self, text: &str, outline: &Outline, inference: &Inference, id: ModuleId) -> Vec<Candidate> {
        let bytes = text.as_bytes();
        let has_async = memchr::memmem::find(bytes, b"async").is_some();
        let mut hits: Vec<Hit> = Vec::new();
        if let Some(searcher) = &self.searcher {
            for found in searcher.find_iter(bytes) {
                if is_whole_word(bytes, Span::new(found.start(), found.end())) {
                    hits.push(Hit {
                        span: Span::new(found.start(), found.end()),
                        word: &self.vocabulary[found.pattern()],
                    });
                }
            }
        }
        let possible = self.triggers.iter().flatten().any(|trigger| trigger.is_possible(&hits, has_async));
        if !possible {
            return Vec::new();
        }
        if outline.lost.is_some() {
            return vec![Candidate::everywhere(text, self.pages.len())];
        }
        hits.retain(|hit| outline.is_code(hit.span));
        self.add_aliases(text, outline, &mut hits);
        let glance = Glance::new(inference, id, text, outline);
        let own = Rc::new(awaitables::own_names(text, outline, &glance));
        let signs = || self.triggers.iter().flatten().filter(|trigger| trigger.sign == Sign::Awaitable);
        let awaitable = match signs().next() {
            Some(_) => {
                awaitables::find(text, outline, &glance, &own, !signs().all(|trigger| trigger.in_call_statement))
            }
            None => Awaitable::default(),
        };
        let all = [Kind::CoroutineFunctions, Kind::Asynchronous, Kind::Unawaitable];
        let named = all.map(|kind| Named::of(kind, &own, &glance));
        let scan = Scan { text, outline, hits: &hits, awaitable: &awaitable, named: &named, glance: &glance };
        let mut mentioned: Vec<Mentioned> = Vec::new();
        let mut found: BTreeMap<Span, Vec<PageCandidate>> = BTreeMap::new();
        for (page, triggers) in self.triggers.iter().enumerate() {
            for (region, places) in self.regions_of(triggers, &scan, &mut mentioned) {
                let pages = found.entry(region).or_default();
                match pages.last_mut().filter(|last| last.page == page) {
                    Some(last) => last.places.add(places),
                    None => pages.push(PageCandidate { page, places }),
                }
            }
        }
        found.into_iter().map(|(region, pages)| Candidate { region, pages }).collect()
    }

    fn regions_of(&self, triggers: &[Trigger], scan: &Scan, mentioned: &mut Vec<Mentioned>) -> Vec<(Span, Places)> {
        let Scan { text, outline, hits, awaitable, named, glance } = *scan;
        let mut regions = Vec::new();
        let at = |offset: usize| (outline.region_of(offset), Places { covered: vec![offset], ..Places::default() });
        let from = |offset: usize| (outline.region_of(offset), Places { started: vec![offset], ..Places::default() });
        for trigger in triggers {
            match &trigger.sign {
                Sign::Words(_) => {
                    let mut hits = hits.iter().filter(|hit| trigger.is_after(hit)).peekable();
                    let mention = trigger.mention.filter(|_| hits.peek().is_some());
                    let mentioned = hits.filter(|hit| {
                        mention.is_none_or(|(kind, stand)| {
                            mentions::holds(text, outline, &named[kind as usize], stand, glance, hit.span.start)
                        })
                    });
                    let accepted = mentioned.filter(|hit| trigger.accepts(text, outline, hit));
                    regions.extend(accepted.map(|hit| at(hit.span.start)));
                }
                Sign::Mention => {
                    let Some((kind, stand)) = trigger.mention else { continue };
                    let key = (kind, stand, trigger.in_async());
                    let places = match mentioned.iter().position(|(known, _)| *known == key) {
                        Some(known) => &mentioned[known].1,
                        None => {
                            let mut places =
                                mentions::places(text, outline, &named[kind as usize], stand, trigger.in_async());
                            places.retain(|place| mentions::is_worth_it(text, glance, kind, *place));
                            mentioned.push((key, places));
                            &mentioned[mentioned.len() - 1].1
                        }
                    };
                    regions.extend(places.iter().map(|place| at(*place)));
                }
                Sign::Awaitable if trigger.in_call_statement => {
                    let wanted = awaitable.statements.iter().filter(|(_, in_async)| *in_async || !trigger.in_async);
                    regions.extend(wanted.map(|(offset, _)| at(*offset)));
                }
                Sign::Awaitable => regions.extend(awaitable.calls.iter().map(|offset| from(*offset))),
                Sign::Anything => {
                    let all = outline.regions();
                    let accepted = all.into_iter().filter(|region| trigger.accepts_region(outline, *region));
                    regions.extend(accepted.map(|region| (region, Places::everywhere())));
                }
            }
        }
        regions
    }

    /// Follows the names that the file gives to the words in question: `from time import sleep as nap`, `nap = time.sleep`.
    fn add_aliases<'s>(&'s self, text: &str, outline: &Outline, hits: &mut Vec<Hit<'s>>) {
        let mut aliases: Vec<(&str, usize)> = Vec::new();
        let index_of = |word: &str| self.vocabulary.iter().position(|known| known == word);
        for import in &outline.imports {
            if let (Some(name), Some(alias)) = (import.name, import.alias)
                && let Some(word) = index_of(&text[name.range()])
            {
                aliases.push((&text[alias.range()], word));
            }
        }
        let mut seen: FxHashSet<(&str, usize)> = FxHashSet::default();
        let assigned = |name: Span| {
            let statement = outline.statement_at(name.start).filter(|_| trigger::may_be_assigned(text, name));
            let statement = statement.filter(|statement| statement.kind != StatementKind::Import);
            statement.into_iter().flat_map(move |statement| trigger::targets(&text[statement.span.start..name.start]))
        };
        for hit in hits.iter() {
            if let Some(word) = index_of(hit.word) {
                aliases.extend(assigned(hit.span).map(|alias| (alias, word)));
            }
        }
        while let Some((alias, word)) = aliases.pop() {
            if alias == self.vocabulary[word] || !seen.insert((alias, word)) {
                continue;
            }
            let places = words(text, alias).map(|at| Span::new(at, at + alias.len()));
            for span in places.filter(|span| outline.is_code(*span)) {
                aliases.extend(assigned(span).map(|next| (next, word)));
                // The word that the alias stands for is what triggers ask about.
                hits.push(Hit { span, word: &self.vocabulary[word] });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::linked::Project;
    use std::sync::Arc;

    /// Whether a text is looked into for a page with this query.
    fn looks(query: &str, text: &str) -> bool {
        let page = format!(
            "# own\n\nWhy.\n\n```toml\ncode = \"OWN1\"\nsafety = \"safe\"\nmessage = \"m\"\n```\n\n```scheme\n{query}\n```\n\n## A near \
             miss\n\n```python\npass\n```\n"
        );
        let page = Page::parse("own.md", &page).expect("the page loads");
        let outline = crate::outline::read(text);
        let project = Project::of_files(&[("own.py", Arc::new(crate::summary::summarise(text, &outline)))]);
        !Selection::new(vec![&page]).candidates(text, &outline, &Inference::new(&project), ModuleId(0)).is_empty()
    }

    #[test]
    fn a_word_is_looked_for_in_code_only() {
        let query = "((call function: (identifier) @f) @c (#eq? @f \"fetch\"))";
        assert!(looks(query, "fetch(1)\n"));
        assert!(!looks(query, "print('fetch')  # fetch()\n"));
        assert!(!looks(query, "callback = fetch\n"));
    }

    #[test]
    fn what_no_word_tells_is_looked_for_everywhere() {
        for query in [
            "((string (string_content) @s) @t (#eq? @s \"utf8\"))",
            "((assignment left: (_) @a right: (_) @b) @x (#eq? @a @b))",
            "((call function: [(identifier) @f (attribute)]) @c (#eq? @f \"fetch\"))",
            "((function_definition (type)? @t) @d (#eq? @t \"int\"))",
            "((identifier) @n (#match? @n \"^_\"))",
        ] {
            assert!(looks(query, "x = x\n"), "{query}");
        }
    }

    #[test]
    fn a_name_that_the_file_gives_to_a_word_counts() {
        let query = "((call function: (_) @f) @c (#resolves-to? @f \"time.sleep\"))";
        assert!(looks(query, "from time import sleep as nap\nnap(1)\n"));
        assert!(looks(query, "import time\nnap = time.sleep\nnap(1)\n"));
        assert!(looks(query, "import time\n(time.  # the module\n    sleep(1))\n"));
        assert!(!looks(query, "import time\nself.sleep(1)\n"));
        assert!(!looks(query, "from trio import sleep\nsleep(1)\n"));
    }
}
