//! `check`, `diff` and `fix`: every file through the driver, on all threads, reported in order of path.

mod again;
mod stdin;
mod together;

use super::Mistake;
use super::arguments::{CheckOptions, OutputFormat, RunOptions};
use super::cache::{Cache, Told};
use super::document::{self, Change};
use super::kept::Kept;
use super::mentions::Mentions;
use super::reading::{self, Reading};
use super::run::{self, Configured};
use super::sources::{Later, sources};
use crate::codemod::candidates::Selection;
use crate::driver::{self, Read, Settings};
use crate::finding::{Applicability, FileReport, Skip};
use crate::project::blocking::Own;
use crate::project::changes::Nets;
use crate::project::inference::Consulted;
use crate::project::layout::ModuleId;
use crate::project::linked::Project;
use crate::project::propagation::Texts;
use crate::report::{self, Progress, Styles, View};
use crate::workspace::{self, Discovery, Encoding, Environment, File, RequiresPython, interrupt};
use anyhow::{Context, Result};
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Instant, SystemTime};

/// What is done with each file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    Check,
    Diff,
    Fix,
}

/// One file, done.
struct Done {
    report: FileReport,
    /// The unified diff, where the task is to make one.
    diff: Vec<u8>,
}

impl Done {
    fn of(report: FileReport) -> Done {
        Done { report, diff: Vec::new() }
    }
}

/// What came of the look at one file.
struct Look {
    /// None when there is nothing to tell.
    done: Option<Box<Done>>,
    consulted: Consulted,
    /// It is to be done again, when the mentions are settled.
    is_open: bool,
}

/// What came of the looks at some files.
struct Looks {
    done: Vec<Done>,
    /// What they asked of other files, by their numbers.
    consulted: Vec<(usize, Consulted)>,
}

/// All that the threads share.
struct Run<'r> {
    task: Task,
    selection: Selection<'r>,
    stated_minor: Option<u8>,
    requires: RequiresPython,
    least: Applicability,
    prefer: Vec<String>,
    whole_files: bool,
    styles: Styles,
    mentions: Mentions,
    discovery: Discovery,
    environment: Arc<Environment>,
    /// What the configuration says of what blocks.
    own: &'r Own,
    /// How many files were looked at.
    looked: AtomicUsize,
}

pub fn check(options: &CheckOptions) -> Result<u8> {
    execute(Task::Check, &options.run, options.output_format, options.statistics)
}

pub fn diff(options: &RunOptions) -> Result<u8> {
    execute(Task::Diff, options, OutputFormat::Full, false)
}

pub fn fix(options: &CheckOptions) -> Result<u8> {
    execute(Task::Fix, &options.run, options.output_format, options.statistics)
}

fn execute(task: Task, options: &RunOptions, format: OutputFormat, statistics: bool) -> Result<u8> {
    let (started, began) = (Instant::now(), SystemTime::now());
    let from_stdin = run::is_from_stdin(options)?;
    let near = options.stdin_filename.as_deref().filter(|_| from_stdin).unwrap_or(&options.paths[0]);
    let configured = run::configured(
        &options.pages,
        if from_stdin && options.stdin_filename.is_none() { Path::new(".") } else { near },
    )?;
    let catalogue = run::catalogue(&options.pages, &configured)?;
    let pages = run::selected(&catalogue, &options.pages, &configured)?;
    let discovery = run::discovery(options, &configured)?;
    let unsafe_fixes = run::unsafe_fixes(options, &configured.config);
    let styles = Styles::of(options.pages.color.color.into(), &io::stdout());
    let run = Run {
        task,
        selection: run::selection(pages, &configured),
        stated_minor: run::stated_minor(options.target_version, &configured)?,
        requires: RequiresPython::default(),
        least: if unsafe_fixes { Applicability::Unsafe } else { Applicability::Safe },
        prefer: run::preferred(&catalogue, &options.fixes, &configured)?,
        whole_files: options.whole_files,
        styles,
        mentions: Mentions::new(discovery.clone()),
        environment: Arc::new(run::environment(&options.environment, &configured, near)?),
        discovery,
        own: &configured.config.blocking,
        looked: AtomicUsize::new(0),
    };
    let view = View { styles, unsafe_fixes, width: run::terminal_width() };
    let is_cached = task == Task::Check && !options.no_cache && !from_stdin;
    let cache = is_cached.then(|| run.cache(options, &configured, near, began));
    if from_stdin {
        return run.stdin(options, format, statistics, &view);
    }
    if task == Task::Fix {
        interrupt::watch().context("Ctrl-C cannot be caught")?;
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(run.discovery.threads)
        .build()
        .context("no threads could be started")?;
    let found = workspace::discover(&options.paths, &run.discovery).map_err(|error| Mistake(error.to_string()))?;
    let seen = found.files.len();
    let mut done = pool.install(|| {
        let again = cache.as_ref().and_then(|cache| run.again(cache, options, &found.files));
        again.unwrap_or_else(|| run.looked_at(found.files, options, cache.as_ref()))
    });
    done.extend(found.skipped.into_iter().map(|(file, skip)| Done::of(skipped(file.display, skip))));
    done.sort_by(|one, other| one.report.path.cmp(&other.report.path));
    if done.is_empty() && seen == 0 && !options.quiet {
        eprintln!("warning: no Python files were found");
    }
    if options.verbose {
        tell(&configured, seen, &run, started);
    }
    finish(task, options, format, statistics, &view, done)
}

fn tell(configured: &Configured, seen: usize, run: &Run, started: Instant) {
    match &configured.path {
        Some(path) => eprintln!("configuration: {}", path.display()),
        None => eprintln!("configuration: none"),
    }
    let names: Vec<&str> = run.selection.pages.iter().map(|page| &*page.name).collect();
    eprintln!("codemods: {}", names.join(", "));
    eprintln!("packages: {}", run.environment.origin);
    eprintln!("looked at: {} of {seen}", run.looked.load(Ordering::Relaxed));
    eprintln!("{seen} {} in {:.2} s", if seen == 1 { "file" } else { "files" }, started.elapsed().as_secs_f64());
}

/// Prints what was done and says how the process ends.
fn finish(
    task: Task,
    options: &RunOptions,
    format: OutputFormat,
    statistics: bool,
    view: &View,
    done: Vec<Done>,
) -> Result<u8> {
    let mut out = BufWriter::new(io::stdout().lock());
    let (reports, diffs): (Vec<FileReport>, Vec<Vec<u8>>) =
        done.into_iter().map(|done| (done.report, done.diff)).unzip();
    for diff in &diffs {
        out.write_all(diff)?;
    }
    let mut err = io::stderr().lock();
    match (task, format) {
        (Task::Diff, _) => {}
        (_, OutputFormat::Json) if statistics => report::statistics_json(&mut out, &reports, view)?,
        _ if statistics => report::statistics(&mut out, &reports, view)?,
        (_, OutputFormat::Full) => report::full(&mut out, &reports, view)?,
        (_, OutputFormat::Concise) => report::concise(&mut out, &reports, view)?,
        (_, OutputFormat::Json) => report::json(&mut out, &reports, &std::env::current_dir()?)?,
    }
    if !options.quiet {
        match task {
            Task::Check if format != OutputFormat::Json && !statistics => report::checked(&mut out, &reports, view)?,
            Task::Fix if format != OutputFormat::Json && !statistics => report::fixed(&mut out, &reports, view)?,
            Task::Diff => {
                out.flush()?;
                report::pending(&mut err, &reports, view)?;
            }
            _ => {}
        }
    }
    out.flush()?;
    let styles = Styles::of(options.pages.color.color.into(), &io::stderr());
    let skipped = report::skipped(&mut err, &reports, &styles)?;
    report::bugs(&mut err, &reports, &styles)?;
    if interrupt::interrupted() {
        writeln!(err, "aiofix: interrupted; every file is as it was or fixed whole. Run again to go on.")?;
        return Ok(interrupt::EXIT_CODE as u8);
    }
    let remains = diffs.iter().any(|diff| !diff.is_empty()) || reports.iter().any(|report| !report.findings.is_empty());
    Ok(status(options, remains, skipped))
}

fn status(options: &RunOptions, remains: bool, skipped: usize) -> u8 {
    match (remains && !options.exit_zero, skipped > 0 && options.strict) {
        (_, true) => 3,
        (true, false) => 1,
        (false, false) => 0,
    }
}

impl Run<'_> {
    /// The cache for runs like this one.
    fn cache(&self, options: &RunOptions, configured: &Configured, near: &Path, began: SystemTime) -> Cache {
        let pages: Vec<(&str, &str)> = self.selection.pages.iter().map(|page| (&*page.name, &*page.markdown)).collect();
        let Discovery { exclude, respect_gitignore, working_directory, .. } = &self.discovery;
        let files = (&options.paths, exclude, respect_gitignore, working_directory);
        let environment = (&self.environment.site_packages, &self.environment.origin);
        let settings = format!(
            "{:?}",
            (
                pages,
                files,
                environment,
                self.stated_minor,
                self.whole_files,
                &self.prefer,
                self.selection.limit,
                self.own
            )
        );
        Cache::new(run::cache_folder(&options.cache, configured, near), settings.as_bytes(), began)
    }

    /// All files, read and looked at together, and written down for the next run.
    fn looked_at(&self, files: Vec<File>, options: &RunOptions, cache: Option<&Cache>) -> Vec<Done> {
        let started = cache.map_or_else(SystemTime::now, Cache::started);
        let readings = reading::read_all(files, started);
        let project =
            reading::link(&readings, &self.environment, self.selection.asks().with(self.own), self.task == Task::Fix);
        let all: Vec<usize> = (0..readings.len()).collect();
        let Looks { mut done, consulted } = self.all(&readings, &all, &project, options.quiet);
        if self.task != Task::Check && !interrupt::interrupted() {
            self.together(&readings, &project, &mut done);
        }
        if let Some(cache) = cache {
            let mut of_all = vec![Consulted::default(); readings.len()];
            consulted.into_iter().for_each(|(at, consulted)| of_all[at] = consulted);
            let told = Told {
                readings: &readings,
                reports: done.iter().map(|done| done.report.clone()).collect(),
                nets: &Nets::of(&project),
                consulted: &of_all,
                observed: self.environment.observed(),
                asked: self.mentions.asked(),
            };
            self.store(cache, told, options, None);
        }
        // The process ends soon, and takes them along: freeing a whole tree of files piece by piece costs more than it gives.
        std::mem::forget((readings, project));
        done
    }

    /// Writes down what was told; that this cannot be is no failure.
    fn store(&self, cache: &Cache, told: Told, options: &RunOptions, known: Option<(&Kept, &FxHashSet<usize>)>) {
        let stored = cache.store(told, &options.paths, |path| self.minor(path), known);
        if let (Err(error), true) = (stored, options.verbose) {
            eprintln!("warning: {} cannot be written: {error}", cache.path().display());
        }
    }

    /// Some files, twice those whose imports another file may mean: the first time to learn of the names in question.
    fn all(&self, files: &[Reading], which: &[usize], project: &Project, quiet: bool) -> Looks {
        let progress = Progress::new(which.len(), quiet);
        self.looked.store(which.len(), Ordering::Relaxed);
        let later = Later::new(|| sources(files, &|_| None, &self.discovery, &self.mentions));
        // `fix` writes meanwhile, and has its turn with all texts afterwards.
        let texts: Option<&dyn Texts> = if self.task == Task::Fix { None } else { Some(&later) };
        let look = |at: usize, settled: bool| {
            let is_over = self.task == Task::Fix && interrupt::interrupted();
            (!is_over).then(|| self.file(at, &files[at], project, texts, settled))
        };
        let first = which.par_iter().filter_map(|&at| {
            let looked = look(at, false)?;
            progress.step();
            Some((at, looked))
        });
        let first: Vec<(usize, Look)> = first.collect();
        if first.iter().any(|(_, look)| look.is_open) {
            self.mentions.settle();
        }
        let again = |(at, first): (usize, Look)| Some((at, if first.is_open { look(at, true)? } else { first }));
        let all: Vec<(usize, Look)> = first.into_par_iter().filter_map(again).collect();
        progress.finish();
        let mut looks = Looks { done: Vec::new(), consulted: Vec::new() };
        for (at, look) in all {
            looks.done.extend(look.done.map(|done| *done));
            looks.consulted.push((at, look.consulted));
        }
        looks
    }

    /// One file. Before the mentions are settled, one that needs them is open.
    fn file(&self, at: usize, reading: &Reading, project: &Project, texts: Option<&dyn Texts>, settled: bool) -> Look {
        let file = &reading.file;
        let encoding = match &reading.encoding {
            Ok(encoding) => *encoding,
            Err(skip) => {
                let done = Done::of(skipped(file.display.clone(), skip.clone()));
                return Look { done: Some(Box::new(done)), consulted: Consulted::default(), is_open: false };
            }
        };
        let needed = std::cell::Cell::new(false);
        let keeps = |name: &str| match self.mentions.of(&file.path, name) {
            Some(answer) => answer,
            None => {
                needed.set(true);
                true
            }
        };
        let settings = self.settings(self.minor(&file.path), &keeps, project, ModuleId(at as u32));
        let settings = Settings { texts, ..settings };
        let read = reading.take();
        let content = || workspace::read(&file.path).map(|source| source.text);
        let (done, consulted) = self.source(&read, encoding, file, &settings, content);
        if needed.get() && !settled {
            reading.put(read);
            return Look { done: None, consulted, is_open: true };
        }
        let Some(mut done) = done else { return Look { done: None, consulted, is_open: false } };
        if self.task == Task::Fix
            && let Some(fixed) = &done.report.fixed
            && let Err(skip) = write(&file.path, encoding, &read, fixed)
        {
            // Nothing was written, so what was found is still there.
            done.report.findings = driver::check(&read, &settings).findings;
            done.report.text = read.shown.clone();
            done.report.cells = read.outline.cells.clone();
            done.report.fixed = None;
            done.report.applied.clear();
            done.report.skip = Some(skip);
        }
        Look { done: Some(Box::new(done)), consulted, is_open: false }
    }

    fn minor(&self, path: &Path) -> u8 {
        run::minor(self.stated_minor, &self.requires, path)
    }

    fn settings<'s>(
        &'s self,
        minor: u8,
        keeps: &'s dyn Fn(&str) -> bool,
        project: &'s Project,
        file: ModuleId,
    ) -> Settings<'s> {
        let Run { selection, least, prefer, whole_files, .. } = self;
        Settings {
            selection,
            minor,
            least: *least,
            prefer,
            whole_files: *whole_files,
            keeps,
            project,
            file,
            texts: None,
        }
    }

    /// What there is to tell of a source, none when there is nothing, and what the look at it asked of others.
    fn source(
        &self,
        read: &Read,
        encoding: Encoding,
        file: &File,
        settings: &Settings,
        content: impl FnOnce() -> Result<String, Skip>,
    ) -> (Option<Done>, Consulted) {
        let mut report = FileReport::of(file.display.clone(), Arc::from(""));
        let checked = driver::check(read, settings);
        report.skip = checked.skip;
        if checked.findings.is_empty() || self.task == Task::Check {
            report.findings = checked.findings;
            report.text = read.shown.clone();
            report.cells = read.outline.cells.clone();
            let is_quiet = report.findings.is_empty() && report.skip.is_none();
            return ((!is_quiet).then(|| Done::of(report)), checked.consulted);
        }
        let fixed = driver::fix(read, &Settings { texts: None, ..*settings });
        report.applied = fixed.applied;
        report.bugs = fixed.bugs;
        // A look at some regions of a file may miss the mistake that is in the way of a fix.
        report.skip = report.skip.or(fixed.remaining.skip);
        let mut diff = Vec::new();
        if self.task == Task::Diff {
            report.findings = checked.findings;
            report.text = read.shown.clone();
            report.cells = read.outline.cells.clone();
            if let Some(new) = &fixed.text {
                let made =
                    document::change(&file.path, read, new, content).and_then(|Change { old, new, headings }| {
                        let (old, new) = (encoding.encode(&old)?, encoding.encode(&new)?);
                        Ok(report::diff(&old, &new, &report.path, &headings, &self.styles))
                    });
                match made {
                    Ok(made) => diff = made,
                    Err(skip) => report.skip = Some(skip),
                }
            }
        } else {
            report.findings = fixed.remaining.findings;
            report.text = fixed.text.as_deref().map_or_else(|| read.shown.clone(), Arc::from);
            report.cells = fixed.cells;
        }
        report.fixed = fixed.text;
        (Some(Done { report, diff }), checked.consulted)
    }
}

/// Writes the file at `path` whose text `read` was fixed.
fn write(path: &Path, encoding: Encoding, read: &Read, fixed: &str) -> Result<(), Skip> {
    let Change { old, new, .. } =
        document::change(path, read, fixed, || workspace::read(path).map(|source| source.text))?;
    workspace::write(path, encoding, &old, &new)
}

fn skipped(path: String, skip: Skip) -> FileReport {
    FileReport { skip: Some(skip), ..FileReport::of(path, Arc::from("")) }
}
