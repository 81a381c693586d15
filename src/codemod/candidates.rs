//! Where in a file the pages of a run could have something to say.
//!
//! A [`Selection`] asks the triggers of all its pages in one pass over the bytes. Only where a word of theirs stands does it
//! take an outline, follow the names that the file gives to the words, and name the regions worth a tree.

use crate::codemod::page::Page;
use crate::codemod::trigger::{self, Hit, Sign, Trigger};
use crate::outline::{Outline, StatementKind};
use crate::project::vocabulary::Vocabulary;
use crate::text::{Span, is_whole_word, words};
use aho_corasick::{AhoCorasick, MatchKind};
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;

/// The pages that a run applies, ready to look at files.
pub struct Selection<'c> {
    pub pages: Vec<&'c Page>,
    triggers: Vec<Vec<Trigger>>,
    vocabulary: Vec<String>,
    searcher: Option<AhoCorasick>,
}

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

/// Offsets that a match has to cover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Places {
    Everywhere,
    /// In order.
    At(Vec<usize>),
}

impl Places {
    /// Whether one of the places is in `span`.
    pub fn touch(&self, span: Span) -> bool {
        match self {
            Places::Everywhere => true,
            Places::At(places) => {
                places.get(places.partition_point(|at| *at < span.start)).is_some_and(|at| *at < span.end)
            }
        }
    }

    fn add(&mut self, more: Places) {
        match (self, more) {
            (Places::At(places), Places::At(more)) => {
                places.extend(more);
                places.sort_unstable();
                places.dedup();
            }
            (places, _) => *places = Places::Everywhere,
        }
    }
}

impl Candidate {
    /// The whole of a text, for all of `pages` pages.
    pub fn everywhere(text: &str, pages: usize) -> Candidate {
        let all = (0..pages).map(|page| PageCandidate { page, places: Places::Everywhere });
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
            builder.match_kind(MatchKind::LeftmostLongest).build(&vocabulary).expect("a few short words always build")
        });
        Selection { pages, triggers, vocabulary, searcher }
    }

    /// Where in a file the pages could have something to say. None: nowhere, and no outline was needed to know.
    ///
    /// `awaitables` are the names of all that is known to make a coroutine.
    pub fn candidates(&self, text: &str, outline: &Outline, awaitables: Vocabulary) -> Vec<Candidate> {
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
        let awaitable = self.awaitable_statements(text, outline, awaitables);
        let mut found: BTreeMap<Span, Vec<PageCandidate>> = BTreeMap::new();
        for (page, triggers) in self.triggers.iter().enumerate() {
            for (region, places) in self.regions_of(triggers, text, outline, &hits, &awaitable) {
                let pages = found.entry(region).or_default();
                match pages.last_mut().filter(|last| last.page == page) {
                    Some(last) => last.places.add(places),
                    None => pages.push(PageCandidate { page, places }),
                }
            }
        }
        found.into_iter().map(|(region, pages)| Candidate { region, pages }).collect()
    }

    fn regions_of(
        &self,
        triggers: &[Trigger],
        text: &str,
        outline: &Outline,
        hits: &[Hit],
        awaitable: &[(usize, bool)],
    ) -> Vec<(Span, Places)> {
        let mut regions = Vec::new();
        let at = |offset: usize| (outline.region_of(offset), Places::At(vec![offset]));
        for trigger in triggers {
            match &trigger.sign {
                Sign::Words(_) => {
                    let accepted = hits.iter().filter(|hit| trigger.accepts(text, outline, hit));
                    regions.extend(accepted.map(|hit| at(hit.span.start)));
                }
                Sign::Awaitable if trigger.in_call_statement => {
                    let wanted = awaitable.iter().filter(|(_, in_async)| *in_async || !trigger.in_async);
                    regions.extend(wanted.map(|(offset, _)| at(*offset)));
                }
                Sign::Awaitable | Sign::Anything => {
                    let all = outline.regions();
                    let accepted = all.into_iter().filter(|region| trigger.accepts_region(outline, *region));
                    regions.extend(accepted.map(|region| (region, Places::Everywhere)));
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
            let is_called = text[name.end..].trim_start().starts_with('(');
            let statement = outline.statement_at(name.start).filter(|_| !is_called);
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

    /// The bare call statements in coroutines whose callee has the name of something that makes a coroutine.
    fn awaitable_statements(&self, text: &str, outline: &Outline, awaitables: Vocabulary) -> Vec<(usize, bool)> {
        if !self.triggers.iter().flatten().any(|trigger| trigger.sign == Sign::Awaitable) {
            return Vec::new();
        }
        let mut own: FxHashSet<&str> = FxHashSet::default();
        let known = |own: &FxHashSet<&str>, name: &str| awaitables.contains(name) || own.contains(name);
        for import in &outline.imports {
            if let (Some(name), Some(alias)) = (import.name, import.alias)
                && known(&own, &text[name.range()])
            {
                own.insert(&text[alias.range()]);
            }
        }
        for statement in outline.statements.iter().filter(|statement| statement.kind == StatementKind::Simple) {
            let source = &text[statement.span.range()];
            if let Some(end) = source.rfind('=')
                && source.len() - end < 80
                && known(&own, source[end + 1..].trim().rsplit('.').next().unwrap_or_default())
            {
                own.extend(trigger::targets(&source[..=end]));
            } else if let Some((target, value)) = source.split_once('=')
                && let Some(open) = value.find('(')
                && known(&own, value[..open].trim().trim_start_matches("await ").rsplit('.').next().unwrap_or_default())
            {
                // An object that can be called itself, or something that gives one.
                own.extend(trigger::targets(&source[..=target.len()]));
            } else if let Some(end) = memchr::memmem::find(source.as_bytes(), b"partial(") {
                own.extend(source[..end].rfind('=').into_iter().flat_map(|end| trigger::targets(&source[..=end])));
            }
        }
        let calls = outline.statements.iter().filter_map(|statement| match statement.kind {
            StatementKind::Call { callee } => Some((statement, callee)),
            _ => None,
        });
        calls
            .filter(|(_, callee)| callee.is_empty() || known(&own, &text[callee.range()]))
            .map(|(statement, _)| (statement.span.start, outline.in_async(statement.block)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::vocabulary::AwaitableNames;

    /// Whether a text is looked into for a page with this query.
    fn looks(query: &str, text: &str) -> bool {
        let page = format!(
            "# own\n\nWhy.\n\n```toml\ncode = \"OWN1\"\nsafety = \"safe\"\nmessage = \"m\"\n```\n\n```scheme\n{query}\n```\n\n## A near \
             miss\n\n```python\npass\n```\n"
        );
        let page = Page::parse("own.md", &page).expect("the page loads");
        let outline = crate::outline::read(text);
        !Selection::new(vec![&page]).candidates(text, &outline, AwaitableNames::default().of(0)).is_empty()
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
