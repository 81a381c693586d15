//! The commands that change nothing and look at no tree of files: `list`, `explain`, `why`, `tree`, `vocabulary`.

use super::Mistake;
use super::arguments::{CleanOptions, ColorOptions, ExplainOptions, PageOptions, TreeOptions, WhyOptions};
use super::{document, reading, run};
use crate::codemod::operations::OPERATIONS;
use crate::codemod::predicates::{self, LIBRARY};
use crate::driver::{self, Read, Reasoning, Settings};
use crate::finding::{Applicability, Finding, Skip};
use crate::project::Answer;
use crate::report::{self, PageRow, Styles, View, WordRow};
use crate::suppression;
use crate::syntax;
use crate::text::{Lines, Span};
use crate::workspace::{self, CacheFolder, RequiresPython};
use anyhow::{Context, Result};
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Removes the cache that a run over a path would use.
pub fn clean(options: &CleanOptions) -> Result<u8> {
    let configured = run::configured_by(&options.configuration, &options.path)?;
    let folder = CacheFolder::at(run::cache_folder(&options.cache, &configured, &options.path));
    let shown = folder.path().display();
    match folder.clean().with_context(|| format!("{shown} cannot be removed"))? {
        true => println!("Removed the cache in {shown}"),
        false => println!("There is no cache in {shown}"),
    }
    Ok(0)
}

pub fn list(options: &PageOptions) -> Result<u8> {
    let configured = run::configured(options, Path::new("."))?;
    let catalogue = run::catalogue(options, &configured)?;
    let mut pages = run::selected(&catalogue, options, &configured)?;
    if options.select.is_none() && configured.config.select.is_none() {
        let is_listed = |name: &str| pages.iter().any(|page| *page.name == *name);
        let others = catalogue.pages.iter().filter(|page| !page.is_default && !is_listed(&page.name));
        pages.extend(others.collect::<Vec<_>>());
    }
    let mut rows: Vec<PageRow> = pages
        .iter()
        .map(|page| PageRow {
            code: page.code.to_string(),
            name: page.name.to_string(),
            safety: format!("{:?}", page.safety()).to_lowercase(),
            summary: page.summary.clone(),
            aliases: page.aliases.clone(),
            fixable: page.has_fix(),
            is_default: page.is_default,
            fixes: page.fix_names().into_iter().map(str::to_owned).collect(),
        })
        .collect();
    rows.sort_by(|one, other| one.code.cmp(&other.code));
    report::list(&mut io::stdout().lock(), &rows, &view(&options.color))?;
    Ok(0)
}

pub fn explain(options: &ExplainOptions) -> Result<u8> {
    let configured = run::configured(&options.pages, Path::new("."))?;
    let catalogue = run::catalogue(&options.pages, &configured)?;
    let page = catalogue
        .pages
        .iter()
        .find(|page| page.is_called(&options.name))
        .ok_or_else(|| Mistake(run::unknown(&options.name, &catalogue)))?;
    report::explain(&mut io::stdout().lock(), &page.markdown, &view(&options.pages.color).styles)?;
    Ok(0)
}

pub fn vocabulary(options: &ColorOptions) -> Result<u8> {
    let row = |kind: &str, name: &str, usage: &str, doc: &str| WordRow {
        kind: kind.to_owned(),
        name: name.to_owned(),
        arguments: usage.to_owned(),
        sentence: doc.to_owned(),
    };
    let mut rows: Vec<WordRow> = predicates::all()
        .map(|predicate| row("Predicates", &format!("#{}", predicate.name), predicate.usage, predicate.doc))
        .collect();
    rows.sort_by(|left, right| left.name.cmp(&right.name));
    let library = LIBRARY.iter().filter(|name| !name.starts_with("any-") && !name.starts_with("not-"));
    rows.extend(library.map(|name| {
        row(
            "Predicates",
            &format!("#{name}"),
            &format!("(#{name} @node \"text\")"),
            "The tree-sitter library's own, on the text of a node.",
        )
    }));
    rows.push(row(
        "Predicates",
        "#any-of?",
        "(#any-of? @node \"a\" \"b\")",
        "The tree-sitter library's own: the text is one of these.",
    ));
    rows.extend(OPERATIONS.iter().map(|operation| row("Operations", operation.name, operation.usage, operation.doc)));
    for (name, doc) in crate::codemod::template::FORMS {
        rows.push(row("Template forms", name, "", doc));
    }
    report::vocabulary(&mut io::stdout().lock(), &rows, &view(options))?;
    Ok(0)
}

pub fn why(options: &WhyOptions) -> Result<u8> {
    let (path, cell, line) = place(&options.place);
    let line =
        line.ok_or_else(|| Mistake(format!("expected FILE:LINE, such as `app.py:7`, found `{}`", options.place)))?;
    let configured = run::configured(&options.pages, &path)?;
    let catalogue = run::catalogue(&options.pages, &configured)?;
    let pages = run::selected(&catalogue, &options.pages, &configured)?;
    let text = read(&path)?;
    let (sheet, first) = sheet(&text, cell, &path)?;
    let lines = Lines::of(sheet);
    if line == 0 || line > lines.count() {
        return Err(Mistake(format!("{} has {} lines, and no line {line}", path.display(), lines.count())).into());
    }
    let span = Span::new(first + lines.start_of(line - 1, sheet), first + lines.start_of(line, sheet));
    let stated = run::stated_minor(options.target_version, &configured)?;
    let environment = Arc::new(run::environment(&options.environment, &configured, &path)?);
    let discovery = run::configured_discovery(&configured)?;
    let (project, file) = reading::project_around(&path, &text, &discovery, &environment, &configured.config.blocking);
    let settings = Settings {
        selection: &run::selection(pages, &configured),
        minor: run::minor(stated, &RequiresPython::default(), &path),
        least: Applicability::Unsafe,
        prefer: &run::preferred(&catalogue, &options.fixes, &configured)?,
        whole_files: true,
        keeps: &|_: &str| true,
        project: &project,
        file,
        texts: None,
    };
    let checked = driver::check(&text, &settings);
    let mut out = skip_lines(&path, &text, checked.skip.as_ref());
    let reasonings = told_once(driver::reasons(&text, span, &settings), &checked.findings);
    let told = Told {
        name: shown(&path, cell),
        sheet,
        first,
        lines: &lines,
        left_alone: !out.is_empty(),
        styles: view(&options.pages.color).styles,
    };
    for (reasoning, finding) in &reasonings {
        told.write(&mut out, reasoning, *finding)?;
    }
    if out.is_empty() {
        writeln!(out, "No page has a pattern that fits anything on {}:{line}.", shown(&path, cell))?;
    }
    io::stdout().lock().write_all(out.as_bytes())?;
    Ok(0)
}

/// Why a file is left alone as a whole, a line for each cause.
fn skip_lines(path: &Path, read: &Read, skip: Option<&Skip>) -> String {
    let unreadable = skip.map(|skip| match skip {
        Skip::Unparsable(at) => {
            let row = read.summary.place(Lines::of(&read.text).location(&read.text, *at).row as u32);
            let what = if read.outline.is_notebook() { "" } else { "line " };
            format!("{what}{row} is not valid Python")
        }
        other => run::sentence(other),
    });
    let is_told = suppression::skips_file(&read.text, &read.outline.comments);
    let told = is_told.then(|| "a comment in it says `aiofix: skip-file`".to_owned());
    let causes = unreadable.into_iter().chain(told);
    causes.map(|cause| format!("{} is left alone: {cause}.\n", path.display())).collect()
}

/// What came of something first, and each answer once, however many patterns of a page asked the same.
fn told_once(reasonings: Vec<Reasoning>, findings: &[Finding]) -> Vec<(Reasoning, Option<&Finding>)> {
    let finding_of = |reasoning: &Reasoning| {
        findings.iter().find(|finding| finding.span == reasoning.span && finding.page == reasoning.page)
    };
    let mut told: Vec<String> = Vec::new();
    let with_finding = |reasoning: Reasoning| {
        let finding = finding_of(&reasoning);
        (reasoning, finding)
    };
    let mut all: Vec<_> = reasonings.into_iter().map(with_finding).collect();
    all.sort_by_key(|(reasoning, finding)| (finding.is_none(), !reasoning.suppressed));
    all.retain(|(reasoning, _)| {
        let key = format!("{} {:?} {:?}", reasoning.page, reasoning.span, reasoning.answers);
        let is_new = !told.contains(&key);
        told.push(key);
        is_new
    });
    all
}

/// The file whose reasonings are told, or the cell.
struct Told<'a> {
    name: String,
    sheet: &'a str,
    /// Where it begins in the whole text.
    first: usize,
    lines: &'a Lines,
    left_alone: bool,
    styles: Styles,
}

impl Told<'_> {
    /// Writes what the predicates of a pattern said of one place, and what came of it.
    fn write(&self, out: &mut String, reasoning: &Reasoning, finding: Option<&Finding>) -> std::fmt::Result {
        let (strong, note, added) = (self.styles.strong, self.styles.note, self.styles.added);
        let start = reasoning.span.start - self.first;
        let at = self.lines.location(self.sheet, start);
        let end = (reasoning.span.end - self.first).min(self.sheet.len());
        let code = self.sheet[start..end].lines().next().unwrap_or_default();
        let place = format!("{}:{}:{} `{code}`", self.name, at.row, at.column);
        writeln!(out, "{strong}{} {}{strong:#} {place}", reasoning.code, reasoning.page)?;
        for (predicate, answer) in &reasoning.answers {
            match answer {
                Answer::Yes => writeln!(out, "  {predicate} {added}yes{added:#}")?,
                Answer::No(reason) => writeln!(out, "  {predicate} no: {reason}")?,
                Answer::Unknown(reason) => writeln!(out, "  {predicate} {note}unknown{note:#}: {reason}")?,
            }
        }
        let all_hold = reasoning.answers.iter().all(|(_, answer)| *answer == Answer::Yes);
        match finding {
            _ if reasoning.suppressed => writeln!(out, "  → silenced by a comment")?,
            Some(finding) => write_finding(out, finding)?,
            None if all_hold && self.left_alone => writeln!(out, "  → left alone with its file")?,
            None if all_hold => writeln!(out, "  → told by another pattern of the page")?,
            None => writeln!(out, "  → no finding")?,
        }
        reasoning.evidence.iter().try_for_each(|known| writeln!(out, "    {known}"))
    }
}

fn write_finding(out: &mut String, finding: &Finding) -> std::fmt::Result {
    writeln!(out, "  → {}", finding.message)?;
    match (&finding.fix, &finding.reason) {
        (Some(fix), _) => {
            let trust = format!("{:?}", fix.applicability).to_lowercase();
            writeln!(out, "    fix: {} ({trust})", fix.title)?;
            fix.notes.iter().try_for_each(|note| writeln!(out, "    unsafe: {note}"))
        }
        (None, Some(reason)) => writeln!(out, "    no fix: {reason}"),
        (None, None) => writeln!(out, "    no fix: the page has none for such a place"),
    }?;
    for fix in &finding.alternatives {
        let trust = format!("{:?}", fix.applicability).to_lowercase();
        let name = fix.name.as_deref().unwrap_or("the page's first");
        writeln!(out, "    another fix, {name}: {} ({trust})", fix.title)?;
    }
    finding.refusals.iter().try_for_each(|each| writeln!(out, "    no fix {}: {}", each.name, each.reason))
}

pub fn tree(options: &TreeOptions) -> Result<u8> {
    let (path, cell, line) = place(&options.place);
    let text = read(&path)?;
    let (sheet, first) = sheet(&text, cell, &path)?;
    let source = &text.text[first..first + sheet.len()];
    let lines = Lines::of(source);
    let tree = syntax::parse(source);
    let mut cursor = tree.walk();
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut depth = 0usize;
    // The depth of the node on the wanted line whose subtree is being printed.
    let mut printing: Option<usize> = None;
    loop {
        let node = cursor.node();
        let at = lines.location(source, node.start_byte());
        if printing.is_some_and(|from| depth <= from) {
            printing = None;
        }
        // A block begins with its first statement, and goes on behind it.
        let is_wanted = line.is_none_or(|line| at.row == line && !matches!(node.kind(), "module" | "block"));
        if printing.is_none() && is_wanted && node.is_named() {
            printing = Some(depth);
        }
        if printing.is_some() && (node.is_named() || node.is_error() || node.kind() == "async") {
            let field = cursor.field_name().map_or(String::new(), |field| format!("{field}: "));
            let leaf =
                if node.child_count() == 0 { format!(" {:?}", &source[node.byte_range()]) } else { String::new() };
            let missing = if node.is_missing() { "MISSING " } else { "" };
            writeln!(
                out,
                "{:indent$}{field}{missing}{} [{}:{}]{leaf}",
                "",
                node.kind(),
                at.row,
                at.column,
                indent = depth * 2
            )?;
        }
        if cursor.goto_first_child() {
            depth += 1;
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                out.flush()?;
                return Ok(0);
            }
            depth -= 1;
        }
    }
}

fn read(path: &Path) -> Result<Read> {
    let read = workspace::read(path).and_then(|source| document::read(path, source.text));
    Ok(read.map_err(|skip| run::unread(path, &skip))?)
}

/// `FILE:LINE`, or `FILE`, or the same of one cell of a notebook: `FILE:cell 3:LINE`.
fn place(text: &str) -> (PathBuf, Option<u32>, Option<usize>) {
    let (rest, line) = match text.rsplit_once(':') {
        Some((rest, line)) if line.parse::<usize>().is_ok() => (rest, line.parse().ok()),
        _ => (text, None),
    };
    let cell = rest.rsplit_once(":cell ").and_then(|(path, cell)| Some((path, cell.parse().ok()?)));
    match cell {
        Some((path, cell)) => (PathBuf::from(path), Some(cell), line),
        None => (PathBuf::from(rest), None, line),
    }
}

/// The text of a file in which lines are counted, and where it begins in the whole: of a notebook, the text of one cell.
fn sheet<'r>(read: &'r Read, cell: Option<u32>, path: &Path) -> Result<(&'r str, usize), Mistake> {
    let cells = &read.outline.cells;
    match cell {
        None if cells.is_empty() => Ok((&read.shown, 0)),
        None => Err(Mistake(format!("expected FILE:cell NUMBER:LINE, such as `{}:cell 3:2`", path.display()))),
        Some(number) => match cells.iter().find(|cell| cell.number == number) {
            Some(cell) => Ok((&read.shown[cell.span.range()], cell.span.start)),
            None => Err(Mistake(format!("{} has no code cell {number}", path.display()))),
        },
    }
}

fn shown(path: &Path, cell: Option<u32>) -> String {
    let cell = cell.map_or_else(String::new, |cell| format!(":cell {cell}"));
    format!("{}{cell}", path.display())
}

fn view(options: &ColorOptions) -> View {
    let styles = Styles::of(options.color.into(), &io::stdout());
    View { styles, unsafe_fixes: false, width: run::terminal_width() }
}
