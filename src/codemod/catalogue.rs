//! The pages of a run, and the sharp lexical question each asks of a file before anything is parsed.
//!
//! A page's [`Trigger`] is a necessary condition for a match, read off its predicates: `#resolves-to? @f "time.sleep"` needs
//! the word `sleep`, or a name that the file gives it. A [`Selection`] asks the triggers of all its pages in one pass
//! over the bytes, and only then takes an outline, and names the regions in which each page could have something to say.

use crate::codemod::page::{Page, PageError};
use crate::codemod::query::{Argument, Pattern};
use crate::outline::{self, BlockKind, Outline, StatementKind};
use crate::project::standard::standard;
use crate::text::{Span, is_whole_word, words};
use aho_corasick::{AhoCorasick, MatchKind};
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;

/// The pages that ship with aiofix, in order of name.
const BUILT_IN: &[(&str, &str)] = &[
    ("codemods/blocking-sleep.md", include_str!("../../codemods/blocking-sleep.md")),
    ("codemods/dangling-task.md", include_str!("../../codemods/dangling-task.md")),
    ("codemods/forgotten-await.md", include_str!("../../codemods/forgotten-await.md")),
    ("codemods/nested-run.md", include_str!("../../codemods/nested-run.md")),
    ("codemods/unclosed-session.md", include_str!("../../codemods/unclosed-session.md")),
];

/// All pages that a run knows.
#[derive(Debug)]
pub struct Catalogue {
    /// In order of name.
    pub pages: Vec<Page>,
}

impl Catalogue {
    /// The built-in pages and a user's own: path for messages, and text. A user's page replaces a built-in one of its name.
    pub fn new(own: &[(String, String)]) -> Result<Catalogue, PageError> {
        let mut pages: BTreeMap<_, Page> = BTreeMap::new();
        for (path, text) in BUILT_IN {
            let page = Page::parse(path, text)?;
            pages.insert(page.name.clone(), page);
        }
        for (path, text) in own {
            let page = Page::parse(path, text)?;
            page.compile_all(path)?;
            pages.insert(page.name.clone(), page);
        }
        Ok(Catalogue { pages: pages.into_values().collect() })
    }
}

impl Page {
    /// Compiles every query of the page, so that its mistakes are told now.
    pub fn compile_all(&self, path: &str) -> Result<(), PageError> {
        for couple in &self.couples {
            couple.pattern.compile().map_err(|(at, message)| {
                let start = self.markdown.find(&couple.pattern.source).unwrap_or(0);
                let place = crate::text::Lines::of(&self.markdown).location(&self.markdown, start + at);
                PageError { path: path.to_owned(), row: place.row, column: place.column, message }
            })?;
        }
        Ok(())
    }
}

/// What a file must hold for a pattern to match somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Trigger {
    sign: Sign,
    /// Only inside a function with an `async def` around it.
    in_async: bool,
    /// Only in a statement that is a bare call.
    in_call_statement: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Sign {
    /// One of these whole words, or an alias of one.
    Words(Vec<String>),
    /// The name of one of the file's coroutine functions, or of asyncio's.
    Awaitable,
    /// Nothing in particular.
    Anything,
}

impl Trigger {
    fn of(pattern: &Pattern) -> Trigger {
        let asks = |name: &str| pattern.predicates.iter().find(|call| call.name == name && !call.negated);
        let last = |path: &str| path.rsplit('.').next().unwrap_or(path).to_owned();
        let literal_words = || {
            let call = asks("any-of?").or_else(|| asks("eq?"))?;
            matches!(call.arguments.first(), Some(Argument::Capture(_)))
                .then(|| call.literals().map(str::to_owned).collect::<Vec<_>>())
                .filter(|found| !found.is_empty() && found.iter().all(|word| word.bytes().all(crate::text::is_word)))
        };
        let sign = if let Some(call) = asks("resolves-to?") {
            Sign::Words(call.literals().map(last).collect())
        } else if asks("returns-awaitable?").is_some() {
            Sign::Awaitable
        } else if let Some(words) = literal_words() {
            Sign::Words(words)
        } else {
            Sign::Anything
        };
        let in_async = asks("in-coroutine?").is_some() || sign == Sign::Awaitable && pattern.is_call_statement;
        Trigger { sign, in_async, in_call_statement: pattern.is_call_statement }
    }
}

/// The pages that a run applies, ready to look at files.
pub struct Selection<'c> {
    pub pages: Vec<&'c Page>,
    triggers: Vec<Vec<Trigger>>,
    vocabulary: Vec<String>,
    searcher: Option<AhoCorasick>,
}

/// A region of a file, and the pages that could match in it, as indices into [`Selection::pages`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub region: Span,
    pub pages: Vec<usize>,
}

/// A whole word of the file that one of the pages looks for.
struct Hit<'w> {
    at: usize,
    word: &'w str,
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
    pub fn candidates(&self, text: &str) -> Option<(Outline, Vec<Candidate>)> {
        let bytes = text.as_bytes();
        let has_async = memchr::memmem::find(bytes, b"async").is_some();
        let mut hits: Vec<Hit> = Vec::new();
        if let Some(searcher) = &self.searcher {
            for found in searcher.find_iter(bytes) {
                if is_whole_word(bytes, Span::new(found.start(), found.end())) {
                    hits.push(Hit { at: found.start(), word: &self.vocabulary[found.pattern()] });
                }
            }
        }
        let possible = self.triggers.iter().flatten().any(|trigger| {
            (!trigger.in_async || has_async)
                && match &trigger.sign {
                    Sign::Words(words) => hits.iter().any(|hit| words.iter().any(|word| word == hit.word)),
                    Sign::Awaitable => has_async,
                    Sign::Anything => true,
                }
        });
        if !possible {
            return None;
        }
        let outline = outline::read(text);
        if outline.lost.is_some() {
            let everywhere = Candidate { region: Span::new(0, text.len()), pages: (0..self.pages.len()).collect() };
            return Some((outline, vec![everywhere]));
        }
        hits.retain(|hit| outline.is_code(Span::new(hit.at, hit.at + hit.word.len())));
        self.add_aliases(text, &outline, &mut hits);
        let awaitable = self.awaitable_statements(text, &outline);
        let mut found: BTreeMap<Span, Vec<usize>> = BTreeMap::new();
        for (page, triggers) in self.triggers.iter().enumerate() {
            for region in self.regions_of(triggers, &outline, &hits, &awaitable) {
                let pages = found.entry(region).or_default();
                if pages.last() != Some(&page) {
                    pages.push(page);
                }
            }
        }
        let candidates = found.into_iter().map(|(region, pages)| Candidate { region, pages }).collect();
        Some((outline, candidates))
    }

    fn regions_of(
        &self,
        triggers: &[Trigger],
        outline: &Outline,
        hits: &[Hit],
        awaitable: &[usize],
    ) -> FxHashSet<Span> {
        let mut regions = FxHashSet::default();
        let is_async = |at: usize| outline.in_async(outline.innermost_block(at).map(|block| block as u32));
        for trigger in triggers {
            match &trigger.sign {
                Sign::Words(words) => {
                    for hit in hits.iter().filter(|hit| words.iter().any(|word| word == hit.word)) {
                        if !trigger.in_async || is_async(hit.at) {
                            regions.insert(outline.region_of(hit.at));
                        }
                    }
                }
                Sign::Awaitable if trigger.in_call_statement => {
                    regions.extend(awaitable.iter().map(|at| outline.region_of(*at)));
                }
                Sign::Awaitable | Sign::Anything => {
                    let all = outline.regions();
                    regions.extend(all.into_iter().filter(|region| {
                        !trigger.in_async
                            || outline.blocks.iter().any(|block| {
                                region.encloses(block.span) && block.kind == BlockKind::Function { is_async: true }
                            })
                    }));
                }
            }
        }
        regions
    }

    /// Follows the names that the file gives to the words in question: `from time import sleep as nap`, `nap = time.sleep`.
    fn add_aliases<'s>(&'s self, text: &str, outline: &Outline, hits: &mut Vec<Hit<'s>>) {
        let mut aliases: Vec<(String, usize)> = Vec::new();
        let index_of = |word: &str| self.vocabulary.iter().position(|known| known == word);
        for import in &outline.imports {
            if let (Some(name), Some(alias)) = (import.name, import.alias)
                && let Some(word) = index_of(&text[name.range()])
            {
                aliases.push((text[alias.range()].to_owned(), word));
            }
        }
        let mut seen: FxHashSet<(String, usize)> = FxHashSet::default();
        let assigned = |hit: usize, length: usize| -> Option<String> {
            let rest = text[hit + length..].trim_start();
            let statement = outline.statement_at(hit)?;
            let source = &text[statement.span.start..hit];
            (!rest.starts_with('(') && source.contains('=') && statement.kind != StatementKind::Import)
                .then(|| source.bytes().take_while(|byte| crate::text::is_word(*byte)).count())
                .filter(|length| *length > 0)
                .map(|length| source[..length].to_owned())
        };
        for hit in hits.iter() {
            if let (Some(alias), Some(word)) = (assigned(hit.at, hit.word.len()), index_of(hit.word)) {
                aliases.push((alias, word));
            }
        }
        while let Some((alias, word)) = aliases.pop() {
            if alias == self.vocabulary[word] || !seen.insert((alias.clone(), word)) {
                continue;
            }
            for at in words(text, &alias).filter(|at| outline.is_code(Span::new(*at, *at + alias.len()))) {
                if let Some(next) = assigned(at, alias.len()) {
                    aliases.push((next, word));
                }
                // The word that the alias stands for is what triggers ask about.
                hits.push(Hit { at, word: &self.vocabulary[word] });
            }
        }
    }

    /// The bare call statements in coroutines whose callee has the name of a coroutine function.
    fn awaitable_statements(&self, text: &str, outline: &Outline) -> Vec<usize> {
        if !self.triggers.iter().flatten().any(|trigger| trigger.sign == Sign::Awaitable) {
            return Vec::new();
        }
        let mut names: FxHashSet<&str> = standard().awaitable_names().collect();
        for block in &outline.blocks {
            if block.kind == (BlockKind::Function { is_async: true }) {
                names.insert(&text[block.name.range()]);
            }
        }
        for import in &outline.imports {
            if let (Some(name), Some(alias)) = (import.name, import.alias)
                && names.contains(&text[name.range()])
            {
                names.insert(&text[alias.range()]);
            }
        }
        for statement in outline.statements.iter().filter(|statement| statement.kind == StatementKind::Simple) {
            let source = &text[statement.span.range()];
            if let Some((target, value)) = source.split_once('=')
                && value.len() < 80
                && names.contains(value.trim().rsplit('.').next().unwrap_or_default())
            {
                names.insert(target.trim().split(':').next().unwrap_or_default());
            }
        }
        let calls = outline.statements.iter().filter_map(|statement| match statement.kind {
            StatementKind::Call { callee } if outline.in_async(statement.block) => Some((statement.span.start, callee)),
            _ => None,
        });
        calls
            .filter(|(_, callee)| callee.is_empty() || names.contains(&text[callee.range()]))
            .map(|(at, _)| at)
            .collect()
    }
}
