//! From Markdown to a [`Page`]. Every mistake is a [`PageError`] with the line and column it stands at.

use crate::codemod::example::{self, Example};
use crate::codemod::operations::{self, Step};
use crate::codemod::query::Pattern;
use crate::codemod::template::Template;
use crate::finding::Applicability;
use crate::text::Lines;
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// One pitfall: its prose, its patterns with their edits, and its examples.
#[derive(Debug)]
pub struct Page {
    /// File stem, heading, and the name in `--select` and `# aiofix: ignore[…]`.
    pub name: Arc<str>,
    pub code: Arc<str>,
    pub aliases: Vec<String>,
    /// The first paragraph's first sentence, for lists.
    pub summary: String,
    /// The page as it was written.
    pub markdown: String,
    /// The least Python 3 minor version that the page has something to say to.
    pub least_minor: u8,
    /// Module-level definitions that edits can ask for, by name; for each, texts by least minor version, newest first.
    pub helpers: BTreeMap<String, Vec<(u8, Template)>>,
    pub couples: Vec<Couple>,
    pub examples: Vec<Example>,
}

/// A query and what to do with its matches.
#[derive(Debug)]
pub struct Couple {
    /// Its number among the couples of its page, from zero.
    pub order: usize,
    /// The name of its fix, by which a user may prefer it.
    pub name: Option<Arc<str>>,
    pub pattern: Pattern,
    /// None: the page has no fix for such a place.
    pub steps: Vec<Step>,
    pub safety: Applicability,
    pub message: Template,
    pub title: Template,
    /// Whether a predicate that answers unknown keeps the finding, without a fix.
    pub reports_unknown: bool,
    /// The capture that a finding points at, without `@`; the query's root where it is none.
    pub at: Option<String>,
}

/// A mistake in a page, where it is and what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}:{row}:{column}: {message}")]
pub struct PageError {
    pub path: String,
    /// One-based.
    pub row: usize,
    /// One-based, in characters.
    pub column: usize,
    pub message: String,
}

/// The metadata block of a page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    code: toml::Spanned<String>,
    safety: Applicability,
    message: toml::Spanned<String>,
    title: Option<toml::Spanned<String>>,
    #[serde(default)]
    aliases: Vec<String>,
    python: Option<toml::Spanned<String>>,
    #[serde(default)]
    helpers: BTreeMap<String, HelperText>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum HelperText {
    Always(String),
    ByVersion(BTreeMap<String, String>),
}

/// The block behind a query.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    #[serde(default)]
    edits: Vec<toml::Spanned<toml::Table>>,
    safety: Option<Applicability>,
    message: Option<toml::Spanned<String>>,
    title: Option<toml::Spanned<String>>,
    at: Option<toml::Spanned<String>>,
    unknown: Option<Unknown>,
    name: Option<toml::Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Unknown {
    Report,
    Ignore,
}

/// A fenced block of the page.
#[derive(Clone, Debug)]
pub struct Fence {
    pub info: String,
    pub body: String,
    /// Byte offset of the body in the page.
    pub offset: usize,
}

/// The parts of a page, in order.
enum Part {
    Title(String, usize),
    Heading(String, usize),
    /// A paragraph with its text.
    Prose(String),
    Fence(Fence),
}

impl Page {
    /// Reads a page. `path` is for messages, and its file stem has to be the heading.
    pub fn parse(path: &str, markdown: &str) -> Result<Page, PageError> {
        Reader { path, lines: Lines::of(markdown), markdown }.page()
    }

    /// The names by which people select or suppress the page.
    pub fn is_called(&self, name: &str) -> bool {
        *self.name == *name || *self.code == *name || self.aliases.iter().any(|alias| alias == name)
    }

    /// Whether any match of the page can be fixed.
    pub fn has_fix(&self) -> bool {
        self.couples.iter().any(|couple| !couple.steps.is_empty())
    }

    /// Whether a fix of the page may change several files.
    pub fn spreads(&self) -> bool {
        self.couples.iter().flat_map(|couple| &couple.steps).any(Step::spreads)
    }

    /// The names of its fixes, in order and each once.
    pub fn fix_names(&self) -> Vec<&str> {
        names_of(&self.couples)
    }

    /// The most that a fix of this page is trusted.
    pub fn safety(&self) -> Applicability {
        let fixes = self.couples.iter().filter(|couple| !couple.steps.is_empty());
        fixes.map(|couple| couple.safety).max().unwrap_or(Applicability::Display)
    }
}

pub(super) struct Reader<'p> {
    path: &'p str,
    lines: Lines,
    markdown: &'p str,
}

impl Reader<'_> {
    pub(super) fn error(&self, offset: usize, message: impl Into<String>) -> PageError {
        let place = self.lines.location(self.markdown, offset.min(self.markdown.len()));
        PageError { path: self.path.to_owned(), row: place.row, column: place.column, message: message.into() }
    }

    fn page(&self) -> Result<Page, PageError> {
        let parts = self.parts();
        let stem = self.path.rsplit(['/', '\\']).next().unwrap_or(self.path).trim_end_matches(".md");
        match parts.first() {
            Some(Part::Title(title, _)) if title == stem => {}
            Some(Part::Title(title, at)) => {
                return Err(self.error(*at, format!("the heading is `{title}`, but the file's name says `{stem}`")));
            }
            _ => return Err(self.error(0, format!("a page begins with its name: expected `# {stem}`"))),
        }
        let first_example = parts.iter().position(|part| matches!(part, Part::Heading(..))).unwrap_or(parts.len());
        let (definition, examples) = parts.split_at(first_example);
        let (metadata, at) = self.metadata(definition)?;
        let helpers = self.helpers(&metadata, at)?;
        let couples = self.couples(definition, &metadata, at, &helpers)?;
        let examples = self.examples(examples, &couples)?;
        if !examples.iter().any(Example::rewrites) && couples.iter().any(|couple| !couple.steps.is_empty()) {
            return Err(self.error(self.markdown.len(), "a page shows at least one rewrite: expected a `diff` fence"));
        }
        if examples.iter().all(Example::rewrites) {
            return Err(self.error(
                self.markdown.len(),
                "a page shows at least one near miss: expected a `python` fence that stays as it is",
            ));
        }
        let summary = definition.iter().find_map(|part| if let Part::Prose(text) = part { Some(text) } else { None });
        let summary = summary.map(|text| text.split(". ").next().unwrap_or(text).trim_end_matches('.').to_owned());
        let least_minor = match &metadata.python {
            Some(version) => minor_of(version.get_ref())
                .ok_or_else(|| self.error(at + version.span().start, "expected a version such as \"3.11\""))?,
            None => 0,
        };
        Ok(Page {
            name: stem.into(),
            code: self.code(&metadata, at)?,
            aliases: metadata.aliases,
            summary: summary.ok_or_else(|| self.error(0, "a page says in prose why its pitfall is one"))?,
            markdown: self.markdown.to_owned(),
            least_minor,
            helpers,
            couples,
            examples,
        })
    }

    fn code(&self, metadata: &Metadata, at: usize) -> Result<Arc<str>, PageError> {
        let code = metadata.code.get_ref();
        let digits = code.trim_start_matches(|letter: char| letter.is_ascii_uppercase());
        if code.len() == digits.len() || digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let message = format!("expected a code such as \"AIO201\", capital letters and digits, found \"{code}\"");
            return Err(self.error(at + metadata.code.span().start, message));
        }
        Ok(code.as_str().into())
    }

    fn parts(&self) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut fence: Option<(String, Range<usize>)> = None;
        let mut start = 0;
        for (event, range) in Parser::new_ext(self.markdown, Options::empty()).into_offset_iter() {
            match event {
                Event::Start(Tag::Heading { .. } | Tag::Paragraph) => {
                    text.clear();
                    start = range.start;
                }
                Event::End(TagEnd::Heading(HeadingLevel::H1)) => parts.push(Part::Title(text.trim().to_owned(), start)),
                Event::End(TagEnd::Heading(_)) => parts.push(Part::Heading(text.trim().to_owned(), start)),
                Event::End(TagEnd::Paragraph) => parts.push(Part::Prose(text.trim().to_owned())),
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                    let body = range.start + self.markdown[range.start..].find('\n').map_or(0, |at| at + 1);
                    fence = Some((info.to_string(), body..body));
                    text.clear();
                }
                Event::End(TagEnd::CodeBlock) => {
                    if let Some((info, range)) = fence.take() {
                        parts.push(Part::Fence(Fence { info, body: text.clone(), offset: range.start }));
                    }
                }
                Event::Code(code) => text.push_str(&format!("`{code}`")),
                Event::Text(piece) => text.push_str(&piece),
                Event::SoftBreak | Event::HardBreak => text.push(' '),
                _ => {}
            }
        }
        parts
    }

    fn metadata(&self, parts: &[Part]) -> Result<(Metadata, usize), PageError> {
        let first = parts.iter().find_map(|part| if let Part::Fence(fence) = part { Some(fence) } else { None });
        match first {
            Some(fence) if fence.info == "toml" => Ok((self.toml(fence)?, fence.offset)),
            Some(fence) => {
                let found = &fence.info;
                Err(self.error(fence.offset, format!("expected the page's metadata, a `toml` fence, found `{found}`")))
            }
            None => Err(self.error(self.markdown.len(), "expected the page's metadata, a `toml` fence")),
        }
    }

    fn toml<T: serde::de::DeserializeOwned>(&self, fence: &Fence) -> Result<T, PageError> {
        toml::from_str(&fence.body).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            self.error(fence.offset + at, error.message().to_owned())
        })
    }

    fn template(&self, text: &toml::Spanned<String>, at: usize) -> Result<Template, PageError> {
        Template::parse(text.get_ref()).map_err(|message| self.error(at + text.span().start, message))
    }

    fn helpers(&self, metadata: &Metadata, at: usize) -> Result<BTreeMap<String, Vec<(u8, Template)>>, PageError> {
        let mut helpers = BTreeMap::new();
        for (name, text) in &metadata.helpers {
            let texts = match text {
                HelperText::Always(text) => vec![(0, text)],
                HelperText::ByVersion(texts) => {
                    let mut by_minor = Vec::new();
                    for (version, text) in texts {
                        let minor = minor_of(version);
                        let minor = minor.ok_or_else(|| {
                            self.error(
                                at,
                                format!("helper `{name}`: expected a version such as \"3.9\", found \"{version}\""),
                            )
                        })?;
                        by_minor.push((minor, text));
                    }
                    by_minor.sort_by_key(|(minor, _)| std::cmp::Reverse(*minor));
                    by_minor
                }
            };
            let mut templates = Vec::new();
            for (minor, text) in texts {
                let template = Template::parse(text.trim_end())
                    .map_err(|message| self.error(at, format!("helper `{name}`: {message}")))?;
                templates.push((minor, template));
            }
            helpers.insert(name.clone(), templates);
        }
        Ok(helpers)
    }

    fn couples(
        &self,
        parts: &[Part],
        metadata: &Metadata,
        metadata_at: usize,
        helpers: &BTreeMap<String, Vec<(u8, Template)>>,
    ) -> Result<Vec<Couple>, PageError> {
        let fences = parts.iter().filter_map(|part| if let Part::Fence(fence) = part { Some(fence) } else { None });
        let mut fences = fences.skip(1).peekable();
        let mut couples = Vec::new();
        while let Some(fence) = fences.next() {
            if fence.info != "scheme" {
                let message = format!("expected a query, a `scheme` fence, found `{}`", fence.info);
                return Err(self.error(fence.offset, message));
            }
            let pattern =
                Pattern::parse(&fence.body).map_err(|(at, message)| self.error(fence.offset + at, message))?;
            let change = fences.next_if(|next| next.info == "toml");
            let couple = self.couple(pattern, fence, change, metadata, metadata_at, helpers)?;
            couples.push(Couple { order: couples.len(), ..couple });
        }
        if couples.is_empty() {
            return Err(self.error(self.markdown.len(), "expected a query, a `scheme` fence"));
        }
        Ok(couples)
    }

    fn couple(
        &self,
        pattern: Pattern,
        fence: &Fence,
        change: Option<&Fence>,
        metadata: &Metadata,
        metadata_at: usize,
        helpers: &BTreeMap<String, Vec<(u8, Template)>>,
    ) -> Result<Couple, PageError> {
        let offset = change.map_or(0, |change| change.offset);
        let change: Change = match change {
            Some(change) => self.toml(change)?,
            None => Change::default(),
        };
        let pick = |own: &Option<toml::Spanned<String>>, pages: &toml::Spanned<String>| match own {
            Some(own) => self.template(own, offset),
            None => self.template(pages, metadata_at),
        };
        let mut steps = Vec::new();
        for edit in &change.edits {
            let step = operations::parse_step(edit.get_ref())
                .map_err(|message| self.error(offset + edit.span().start, message))?;
            steps.push(step);
        }
        let message = pick(&change.message, &metadata.message)?;
        let title = match &metadata.title {
            Some(title) => pick(&change.title, title)?,
            None => match &change.title {
                Some(title) => self.template(title, offset)?,
                None if steps.is_empty() => Template::default(),
                None => return Err(self.error(offset, "expected a `title` for the fix, here or in the metadata")),
            },
        };
        let at = change.at.as_ref().map(|at| (at.get_ref().trim_start_matches('@').to_owned(), at.span().start));
        let used = steps.iter().flat_map(Step::captures).chain(message.captures()).chain(title.captures());
        let mut used: Vec<String> = used.map(str::to_owned).collect();
        used.extend(at.iter().map(|(name, _)| name.clone()));
        self.check_captures(&pattern, &used, fence.offset, if offset > 0 { offset } else { metadata_at })?;
        if let Some(name) = steps.iter().flat_map(Step::helpers).find(|name| !helpers.contains_key(*name)) {
            let known: Vec<&str> = helpers.keys().map(String::as_str).collect();
            let known = if known.is_empty() { "a definition under `[helpers]`".into() } else { known.join(", ") };
            return Err(self.error(offset, format!("unknown helper `{name}`, expected {known}")));
        }
        Ok(Couple {
            order: 0,
            name: self.fix_name(&change, offset)?,
            pattern,
            steps,
            safety: change.safety.unwrap_or(metadata.safety),
            message,
            title,
            reports_unknown: matches!(change.unknown, Some(Unknown::Report)),
            at: at.map(|(name, _)| name),
        })
    }

    fn fix_name(&self, change: &Change, at: usize) -> Result<Option<Arc<str>>, PageError> {
        let Some(name) = &change.name else { return Ok(None) };
        let text = name.get_ref().as_str();
        let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        match text {
            _ if change.edits.is_empty() => {
                Err(self.error(at + name.span().start, "a name is that of a fix: expected `edits`"))
            }
            _ if change.title.is_none() => {
                Err(self.error(at + name.span().start, "expected a `title` beside the name"))
            }
            _ if text.is_empty() || !text.bytes().all(is_part) => {
                let message = format!("expected a name such as \"wrap-future\", in small letters, found \"{text}\"");
                Err(self.error(at + name.span().start, message))
            }
            _ => Ok(Some(text.into())),
        }
    }

    /// Refuses names in `used` that the pattern at `pattern_at` does not capture, told at `used_at`, and captures without a use.
    fn check_captures(
        &self,
        pattern: &Pattern,
        used: &[String],
        pattern_at: usize,
        used_at: usize,
    ) -> Result<(), PageError> {
        if let Some(name) = used.iter().find(|name| !pattern.captures.iter().any(|(capture, _)| capture == *name)) {
            let known: Vec<String> = pattern.captures.iter().map(|(name, _)| format!("@{name}")).collect();
            let message = format!("the query has no capture @{name}, expected one of {}", known.join(", "));
            return Err(self.error(used_at, message));
        }
        for (capture, place) in &pattern.captures {
            let is_root = pattern.root_capture.as_deref() == Some(capture);
            if !is_root && !used.contains(capture) && !pattern.predicate_captures.contains(capture) {
                let message = format!("capture @{capture} is not used by any predicate, edit or message");
                return Err(self.error(pattern_at + place, message));
            }
        }
        Ok(())
    }

    fn examples(&self, parts: &[Part], couples: &[Couple]) -> Result<Vec<Example>, PageError> {
        let mut examples: Vec<Example> = Vec::new();
        let mut file: Option<String> = None;
        for part in parts {
            match part {
                Part::Title(text, at) | Part::Heading(text, at) => {
                    if let Some(last) = examples.last().filter(|last| last.files.is_empty()) {
                        return Err(self.error(*at, format!("the example `{}` has no fence", last.name)));
                    }
                    if examples.iter().any(|example| example.name == *text) {
                        return Err(self.error(*at, format!("two examples are called `{text}`")));
                    }
                    let row = self.lines.location(self.markdown, *at).row;
                    examples.push(Example { name: text.clone(), row, files: Vec::new() });
                }
                Part::Prose(text) => {
                    file = text.strip_suffix("`:").and_then(|text| text.strip_prefix('`')).map(str::to_owned);
                }
                Part::Fence(fence) => {
                    let example = examples.last_mut().expect("the first part of the examples is a heading");
                    let path = file.take().unwrap_or_else(|| "example.py".to_owned());
                    if example.files.iter().any(|other| other.path == path) {
                        let message =
                            format!("the example has two files `{path}`: name each in a line \"`pkg/a.py`:\"");
                        return Err(self.error(fence.offset, message));
                    }
                    let parsed = example::parse_fence(path, fence, &names_of(couples));
                    example.files.push(parsed.map_err(|(at, message)| self.error(fence.offset + at, message))?);
                }
            }
        }
        if let Some(last) = examples.last().filter(|last| last.files.is_empty()) {
            return Err(self.error(self.markdown.len(), format!("the example `{}` has no fence", last.name)));
        }
        Ok(examples)
    }
}

fn names_of(couples: &[Couple]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for name in couples.iter().filter_map(|couple| couple.name.as_deref()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The minor version of `3.11` or `py311`.
pub fn minor_of(version: &str) -> Option<u8> {
    version.strip_prefix("3.").or_else(|| version.strip_prefix("py3"))?.parse().ok()
}
