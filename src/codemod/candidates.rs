//! Where in a file the pages of a run could have something to say.
//!
//! A [`Selection`] asks the triggers of all its pages in one pass over the bytes. Only where a word of theirs stands does it
//! take an outline, follow the names that the file gives to the words, and name the regions worth a tree.

use crate::codemod::awaitables::{self, Awaitable, Own};
use crate::codemod::awaits::Awaits;
use crate::codemod::blocking;
use crate::codemod::makers;
use crate::codemod::mentions::{self, Kind, Search, Stand};
use crate::codemod::page::Page;
use crate::codemod::regions::{Candidate, Regions};
use crate::codemod::suites::{self, Suite};
use crate::codemod::trigger::{self, Hit, Sign, Trigger};
use crate::outline::{Outline, Statement, StatementKind, call_sites};
use crate::project::asked::Asked;
use crate::project::blocking::Families;
use crate::project::descent::Goal;
use crate::project::inference::Inference;
use crate::project::layout::ModuleId;
use crate::project::quick::Glance;
use crate::text::{Span, is_whole_word, words};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;

/// The predicates that ask who else calls a function of that name.
const CALLERS: [&str; 3] = ["fits-handled-group?", "fits-task-group?", "swallows-cancellation?"];
/// As many requests at once as the other side takes without asking for patience, as a rule.
const LIMIT: u32 = 10;

/// The pages that a run applies, ready to look at files.
pub struct Selection<'c> {
    pub pages: Vec<&'c Page>,
    /// How many requests the code that fixes write lets wait at once.
    pub limit: u32,
    triggers: Vec<Vec<Trigger>>,
    vocabulary: Vec<Word>,
    /// Looks for all words.
    searcher: Option<AhoCorasick>,
}

/// A word that triggers look for.
struct Word {
    text: String,
    /// Which trigger of which page.
    triggers: Vec<(usize, usize)>,
}

/// What is known of a file without a tree.
struct Scan<'s> {
    text: &'s str,
    outline: &'s Outline,
    hits: Vec<Hit>,
    awaitable: Awaitable,
    awaits: Awaits<'s>,
    /// Where calls of what blocks start.
    blocking: Vec<(usize, Families)>,
    /// Where compound statements of some shapes start.
    suites: Vec<(Suite, Vec<usize>)>,
    /// Where chains start whose call may get to what blocks.
    descending: Vec<usize>,
    /// Where chains start whose call may get to what runs an event loop.
    bridging: Vec<usize>,
    /// Where classes of the project are called that have something to close.
    makers: Vec<usize>,
    search: Search<'s>,
}

/// Where a file mentions what, and how, and whether in coroutines only.
type Mentioned = ((Kind, Stand, bool), Vec<usize>);

impl<'c> Selection<'c> {
    pub fn new(pages: Vec<&'c Page>) -> Selection<'c> {
        let triggers: Vec<Vec<Trigger>> =
            pages.iter().map(|page| page.couples.iter().map(|couple| Trigger::of(&couple.pattern)).collect()).collect();
        let mut vocabulary: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
        for (page, triggers) in triggers.iter().enumerate() {
            for (at, trigger) in triggers.iter().enumerate() {
                let Sign::Words(words) = &trigger.sign else { continue };
                words.iter().for_each(|word| vocabulary.entry(word).or_default().push((page, at)));
            }
        }
        let words = vocabulary.into_iter().map(|(text, triggers)| Word { text: text.to_owned(), triggers });
        let vocabulary: Vec<Word> = words.collect();
        let searcher = (!vocabulary.is_empty()).then(|| {
            let mut builder = AhoCorasick::builder();
            builder
                .kind(Some(AhoCorasickKind::DFA))
                .match_kind(MatchKind::LeftmostLongest)
                .build(vocabulary.iter().map(|word| &word.text))
                .expect("a few short words always build")
        });
        Selection { pages, limit: LIMIT, triggers, vocabulary, searcher }
    }

    /// The same, with another number of requests that may wait at once.
    pub fn with_limit(self, limit: u32) -> Selection<'c> {
        Selection { limit, ..self }
    }

    /// Whether a page of that name has fixes that change several files.
    pub fn spreads(&self, page: &str) -> bool {
        self.pages.iter().any(|known| &*known.name == page && known.spreads())
    }

    /// Whether some page is after what the project knows by name.
    fn asks_names(&self) -> bool {
        let asks = |trigger: &Trigger| trigger.sign == Sign::Awaitable || trigger.mention.is_some();
        let mut predicates =
            self.pages.iter().flat_map(|page| &page.couples).flat_map(|couple| &couple.pattern.predicates);
        self.triggers.iter().flatten().any(asks) || predicates.any(|call| CALLERS.contains(&call.name.as_str()))
    }

    fn signs(&self) -> impl Iterator<Item = &Sign> {
        self.triggers.iter().flatten().map(|trigger| &trigger.sign)
    }

    /// What the pages are going to ask about names.
    pub fn asks(&self) -> Asked<'static> {
        let asks = |wanted: Sign| self.signs().any(|sign| *sign == wanted);
        Asked { names: self.asks_names(), descents: asks(Sign::Descends) || asks(Sign::Bridges), own: None }
    }

    /// The families of blocking calls that some page is after.
    fn families(&self) -> Families {
        self.signs().fold(Families::default(), |all, sign| match sign {
            Sign::Blocks(families) => all.either(*families),
            _ => all,
        })
    }

    /// Where the compound statements are whose shape some page is after.
    fn suites(&self, text: &str, outline: &Outline) -> Vec<(Suite, Vec<usize>)> {
        let mut found: Vec<(Suite, Vec<usize>)> = Vec::new();
        for sign in self.signs() {
            if let Sign::Suite(suite) = sign
                && !found.iter().any(|(known, _)| known == suite)
            {
                found.push((*suite, suites::find(text, outline, *suite)));
            }
        }
        found
    }

    /// Where in a file the pages could have something to say. None: nowhere, and no outline was needed to know.
    ///
    /// The inference is that of the file, whose number is `id`.
    pub fn candidates(&self, text: &str, outline: &Outline, inference: &Inference, id: ModuleId) -> Vec<Candidate> {
        let has_async = outline.is_notebook() || memchr::memmem::find(text.as_bytes(), b"async").is_some();
        let mut hits = self.hits(text.as_bytes());
        if !self.is_possible(&hits, text, has_async) {
            return Vec::new();
        }
        if outline.lost.is_some() {
            return vec![Candidate::everywhere(text, &self.pages)];
        }
        hits.retain(|hit| outline.is_code(hit.span));
        self.add_aliases(text, outline, &mut hits);
        let glance = Glance::new(inference, id, text, outline);
        let scan = self.scan(&glance, hits, has_async);
        let mut mentioned: Vec<Mentioned> = Vec::new();
        let mut regions = Regions::new(outline);
        self.add_words(&scan, &mut regions);
        for (page, triggers) in self.triggers.iter().enumerate() {
            for (at, trigger) in triggers.iter().enumerate() {
                add_wordless((page, at), trigger, &scan, &mut mentioned, &mut regions);
            }
        }
        regions.candidates()
    }

    /// Where the words stand, in code or not.
    fn hits(&self, bytes: &[u8]) -> Vec<Hit> {
        let found = self.searcher.iter().flat_map(|searcher| searcher.find_iter(bytes));
        let hits =
            found.map(|found| Hit { span: Span::new(found.start(), found.end()), word: found.pattern().as_usize() });
        hits.filter(|hit| is_whole_word(bytes, hit.span)).collect()
    }

    /// Whether some page could have something to say, by the words of a file alone.
    fn is_possible(&self, hits: &[Hit], text: &str, has_async: bool) -> bool {
        let mut is_present = vec![false; self.vocabulary.len()];
        hits.iter().for_each(|hit| is_present[hit.word] = true);
        let has_words = |(word, _): (&Word, _)| {
            let mut triggers = word.triggers.iter().map(|(page, at)| &self.triggers[*page][*at]);
            triggers.any(|trigger| trigger.is_possible(has_async) && has_needs(trigger, text))
        };
        let is_wordless = |trigger: &Trigger| !matches!(trigger.sign, Sign::Words(_)) && trigger.is_possible(has_async);
        self.triggers.iter().flatten().any(is_wordless)
            || self.vocabulary.iter().zip(&is_present).filter(|(_, is_present)| **is_present).any(has_words)
    }

    /// What the pages ask of a file, as far as some page does.
    fn scan<'s>(&self, glance: &'s Glance<'s, 's>, hits: Vec<Hit>, has_async: bool) -> Scan<'s> {
        let (text, outline) = (glance.text, glance.outline);
        let own = if self.asks_names() { awaitables::own_names(text, outline, glance) } else { Own::default() };
        let asks = |wanted: Sign| self.signs().any(|sign| *sign == wanted);
        let families = if has_async { self.families() } else { Families::default() };
        let asks_awaitable = asks(Sign::Awaitable);
        let asks_descents = has_async && asks(Sign::Descends);
        let asks_bridges = has_async && asks(Sign::Bridges);
        let asks_sites = asks_awaitable || asks_descents || asks_bridges || !families.is_empty();
        let sites = if asks_sites { call_sites(text, outline) } else { Vec::new() };
        let descents = |is_asked: bool, goal: Goal| match is_asked {
            true => blocking::find_descents(&sites, glance, goal),
            false => Vec::new(),
        };
        let asks_makers = has_async && asks(Sign::Makers);
        Scan {
            text,
            outline,
            hits,
            awaitable: match asks_awaitable {
                true => awaitables::find(text, &sites, glance, &own),
                false => Awaitable::default(),
            },
            awaits: Awaits::new(text, outline),
            blocking: if families.is_empty() { Vec::new() } else { blocking::find(&sites, glance, families) },
            suites: if has_async { self.suites(text, outline) } else { Vec::new() },
            descending: descents(asks_descents, Goal::Block),
            bridging: descents(asks_bridges, Goal::Loop),
            makers: if asks_makers { makers::find(text, outline, glance.inference) } else { Vec::new() },
            search: Search { text, outline, glance, own },
        }
    }

    /// Adds the words that triggers accept.
    fn add_words(&self, scan: &Scan, regions: &mut Regions) {
        // Whether the file has what else a trigger needs, asked once.
        let mut needs: FxHashMap<(usize, usize), bool> = FxHashMap::default();
        for hit in &scan.hits {
            for (page, at) in &self.vocabulary[hit.word].triggers {
                let trigger = &self.triggers[*page][*at];
                let mut is_met = || *needs.entry((*page, *at)).or_insert_with(|| has_needs(trigger, scan.text));
                let is_accepted = (trigger.needs.is_empty() || is_met())
                    && trigger.accepts(scan.text, scan.outline, hit.span)
                    && match trigger.mention {
                        Some((kind, Stand::Argument)) => scan.search.has_argument(kind, hit.span.end),
                        _ => true,
                    };
                if is_accepted {
                    regions.add((*page, *at), hit.span.start, false);
                }
            }
        }
    }

    /// Follows the names that the file gives to the words in question: `from time import sleep as nap`, `nap = time.sleep`.
    fn add_aliases(&self, text: &str, outline: &Outline, hits: &mut Vec<Hit>) {
        let mut aliases: Vec<(&str, usize)> = Vec::new();
        let triggers_of =
            |word: usize| self.vocabulary[word].triggers.iter().map(|(page, at)| &self.triggers[*page][*at]);
        for import in &outline.imports {
            if let (Some(name), Some(alias)) = (import.name, import.alias)
                && let Ok(word) = self.vocabulary.binary_search_by(|known| (*known.text).cmp(&text[name.range()]))
                && triggers_of(word).any(|trigger| trigger.may_come_from(&text[import.module.range()]))
            {
                aliases.push((&text[alias.range()], word));
            }
        }
        let mut seen: FxHashSet<(&str, usize)> = FxHashSet::default();
        let assigned = |name: Span| {
            let statement = outline.statement_at(name.start);
            let statement = statement.filter(|statement| statement.kind != StatementKind::Import);
            statement.into_iter().flat_map(move |Statement { span, .. }| {
                trigger::aliases(&text[span.range()], name.start - span.start, name.end - span.start)
            })
        };
        for hit in hits.iter() {
            let mut names = assigned(hit.span).peekable();
            if names.peek().is_some()
                && triggers_of(hit.word).any(|trigger| trigger.may_resolve(text, outline, hit.span))
            {
                aliases.extend(names.map(|alias| (alias, hit.word)));
            }
        }
        while let Some((alias, word)) = aliases.pop() {
            if alias == self.vocabulary[word].text || !seen.insert((alias, word)) {
                continue;
            }
            let places = words(text, alias).map(|at| Span::new(at, at + alias.len()));
            for span in places.filter(|span| outline.is_code(*span)) {
                aliases.extend(assigned(span).map(|next| (next, word)));
                // The word that the alias stands for is what triggers ask about.
                hits.push(Hit { span, word });
            }
        }
    }
}

/// Whether a text has all words that a trigger needs besides its own.
fn has_needs(trigger: &Trigger, text: &str) -> bool {
    trigger.needs.iter().all(|word| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some())
}

/// Adds what a trigger without words of its own is after.
fn add_wordless(
    couple: (usize, usize),
    trigger: &Trigger,
    scan: &Scan,
    mentioned: &mut Vec<Mentioned>,
    regions: &mut Regions,
) {
    match trigger.sign {
        Sign::Words(_) => {}
        Sign::Mention => {
            let Some((kind, stand)) = trigger.mention else { return };
            let key = (kind, stand, trigger.in_async);
            let at = mentioned.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
                mentioned.push((key, scan.search.places(kind, stand, trigger.in_async)));
                mentioned.len() - 1
            });
            mentioned[at].1.iter().for_each(|place| regions.add(couple, *place, false));
        }
        Sign::Awaitable if trigger.in_call_statement => {
            let wanted = scan.awaitable.statements.iter().filter(|(_, in_async)| *in_async || !trigger.in_async);
            wanted.for_each(|(place, _)| regions.add(couple, *place, false));
        }
        Sign::Awaitable => scan.awaitable.calls.iter().for_each(|place| regions.add(couple, *place, true)),
        Sign::Blocks(families) => {
            let wanted = scan.blocking.iter().filter(|(_, found)| found.overlaps(families));
            wanted.for_each(|(place, _)| regions.add(couple, *place, true));
        }
        Sign::Suite(suite) => {
            let at = scan.suites.iter().position(|(known, _)| *known == suite);
            let places = at.map_or(&[][..], |at| &scan.suites[at].1);
            places.iter().for_each(|place| regions.add(couple, *place, true));
        }
        Sign::Handlers => {
            let all = mentions::broad_handlers(scan.text, scan.outline);
            let wanted =
                all.filter(|at| scan.outline.in_async(scan.outline.innermost_block(*at).map(|block| block as u32)));
            wanted.for_each(|place| regions.add(couple, place, true));
        }
        Sign::Bridges => scan.bridging.iter().for_each(|place| regions.add(couple, *place, true)),
        Sign::Makers => scan.makers.iter().for_each(|place| regions.add(couple, *place, false)),
        Sign::Descends => scan.descending.iter().for_each(|place| regions.add(couple, *place, true)),
        Sign::ConsecutiveAwaits => {
            scan.awaits.pairs().iter().for_each(|place| regions.add(couple, *place, true));
        }
        Sign::ElementAwaits => {
            scan.awaits.elements().iter().for_each(|place| regions.add(couple, *place, false));
        }
        Sign::AwaitsInLoops { is_display } => {
            scan.awaits.in_rounds(is_display).iter().for_each(|place| regions.add(couple, *place, false));
        }
        Sign::Anything => {
            let all = scan.outline.regions();
            for region in all.into_iter().filter(|region| trigger.accepts_region(scan.outline, *region)) {
                regions.add_all(couple, region);
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
