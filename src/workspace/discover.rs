//! Roots to files: which Python files there are below the paths that a user names.
//!
//! The walk is ruff's, so that both tools look at the same files: hidden files are taken, `.gitignore` counts inside a
//! git repository only, symlinked files are followed and symlinked directories are not, and a path that is named is
//! taken whatever the rules say. It differs in one thing: a file that several paths lead to is taken once. The result
//! is in order of display name, whatever the number of threads. Nothing is read but directories.

use super::pyproject::is_notebook;
use crate::finding::Skip;
use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};
use ignore::{DirEntry, WalkBuilder, WalkState};
use rustc_hash::FxHashSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;

/// The names of directories that hold no code of the project: those of ruff, and our own cache.
pub const DEFAULT_EXCLUDES: [&str; 26] = [
    ".aiofix_cache",
    ".bzr",
    ".direnv",
    ".eggs",
    ".git",
    ".git-rewrite",
    ".hg",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pants.d",
    ".pyenv",
    ".pytest_cache",
    ".pytype",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    ".vscode",
    "__pypackages__",
    "_build",
    "buck-out",
    "dist",
    "node_modules",
    "site-packages",
    "venv",
];

/// How to look for files.
#[derive(Clone, Debug)]
pub struct Discovery {
    /// Globs as in ruff's `exclude`: one without `/` is held against every name, one with a `/` against the whole path
    /// from [`Discovery::working_directory`]; `*` matches `/` too.
    pub exclude: Vec<String>,
    /// Whether `.gitignore`, `.ignore` and git's own excludes count.
    pub respect_gitignore: bool,
    pub threads: usize,
    /// Absolute; what display names are relative to.
    pub working_directory: PathBuf,
}

impl Discovery {
    /// What holds when nobody says otherwise.
    pub fn in_directory(working_directory: PathBuf) -> Discovery {
        Discovery {
            exclude: DEFAULT_EXCLUDES.map(str::to_owned).to_vec(),
            respect_gitignore: true,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            working_directory,
        }
    }
}

/// One file to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// What to open.
    pub path: PathBuf,
    /// What to show: with `/`, relative to the working directory where it lies below it.
    pub display: String,
}

/// What a walk finds.
#[derive(Clone, Debug, Default)]
pub struct Discovered {
    /// In order of display name; no file twice.
    pub files: Vec<File>,
    /// What could not be looked at, in order of display name.
    pub skipped: Vec<(File, Skip)>,
}

/// A mistake in what was asked for, found before anything is done.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    #[error("`{}` does not exist; name a file or a directory that does", .0.display())]
    MissingRoot(PathBuf),
    #[error("`{}` cannot be looked at: {cause}", path.display())]
    UnreadableRoot { path: PathBuf, cause: String },
    #[error("the glob `{glob}` in `exclude` is malformed: {cause}")]
    Glob { glob: String, cause: String },
}

/// Finds the `.py` and `.ipynb` files below `roots`, and takes every file that is itself a root.
///
/// Stubs are left out unless named: they hold no bodies, so nothing in them runs.
pub fn discover(roots: &[PathBuf], options: &Discovery) -> Result<Discovered, DiscoverError> {
    let excludes = Excludes::new(options)?;
    let mut found = Vec::new();
    let mut skipped = Vec::new();
    for root in roots {
        let root = Root::new(root, &options.working_directory)?;
        if !root.is_directory {
            match file_type_fault(&root.path) {
                None => found.push(Found::named(&root)),
                Some(skip) => skipped.push((root.file(&root.path), skip)),
            }
            continue;
        }
        for step in walk(&root.path, options, &excludes, is_python) {
            match step {
                Step::File(path) => found.push(Found { file: root.file(&path), real: root.real(&path) }),
                Step::Link(path) => match followed(&path) {
                    Ok(Some(real)) => found.push(Found { file: root.file(&path), real }),
                    Ok(None) => {}
                    Err(skip) => skipped.push((root.file(&path), skip)),
                },
                Step::Fault(path, skip) => skipped.push((root.file(&path), skip)),
            }
        }
    }
    skipped.sort_by(|(one, _), (other, _)| one.display.cmp(&other.display));
    skipped.dedup_by(|(one, _), (other, _)| one.display == other.display);
    Ok(Discovered { files: deduplicated(found), skipped })
}

/// A path that was named, and how it is shown.
struct Root {
    path: PathBuf,
    real: PathBuf,
    display: PathBuf,
    is_directory: bool,
}

impl Root {
    fn new(path: &Path, working_directory: &Path) -> Result<Root, DiscoverError> {
        let absolute = working_directory.join(path);
        let looked_at = fs::metadata(&absolute).and_then(|metadata| Ok((metadata, fs::canonicalize(&absolute)?)));
        let (metadata, real) = looked_at.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => DiscoverError::MissingRoot(path.to_owned()),
            _ => DiscoverError::UnreadableRoot { path: path.to_owned(), cause: error.to_string() },
        })?;
        let goes_up = path.components().any(|component| component == Component::ParentDir);
        let display = if !goes_up {
            absolute.strip_prefix(working_directory).unwrap_or(&absolute).components().collect()
        } else {
            // Only the file system knows what lies above a symlink.
            let below =
                fs::canonicalize(working_directory).ok().and_then(|top| Some(real.strip_prefix(top).ok()?.into()));
            below.unwrap_or_else(|| path.components().collect())
        };
        Ok(Root { path: absolute.components().collect(), real, display, is_directory: metadata.is_dir() })
    }

    /// The file at `path`, which lies below this root or is it.
    fn file(&self, path: &Path) -> File {
        let below = path.strip_prefix(&self.path).unwrap_or(path);
        let shown = if below.as_os_str().is_empty() { self.display.clone() } else { self.display.join(below) };
        File { path: path.to_owned(), display: with_slashes(&shown) }
    }

    /// The path without symlinks of a file that the walk reached through none but the root.
    fn real(&self, path: &Path) -> PathBuf {
        self.real.join(path.strip_prefix(&self.path).unwrap_or(path))
    }
}

/// A file with the one path that all its names lead to.
struct Found {
    file: File,
    real: PathBuf,
}

impl Found {
    fn named(root: &Root) -> Found {
        Found { file: root.file(&root.path), real: root.real.clone() }
    }
}

/// The files in order of display name; of several names for one file the one that is no link, else the first.
fn deduplicated(mut found: Vec<Found>) -> Vec<File> {
    found.sort_by(|one, other| {
        let is_link = |found: &Found| found.file.path != found.real;
        (is_link(one), &one.file.display).cmp(&(is_link(other), &other.file.display))
    });
    let mut seen = FxHashSet::default();
    found.retain(|found| seen.insert(found.real.clone()));
    found.sort_by(|one, other| one.file.display.cmp(&other.file.display));
    found.into_iter().map(|found| found.file).collect()
}

/// What a walk comes across.
pub(super) enum Step {
    File(PathBuf),
    /// A symlink, dangling or not.
    Link(PathBuf),
    Fault(PathBuf, Skip),
}

/// All files below the directory `root` whose name `is_wanted`, in no order.
pub(super) fn walk(
    root: &Path,
    options: &Discovery,
    excludes: &Excludes,
    is_wanted: impl Fn(&Path) -> bool + Sync,
) -> Vec<Step> {
    let steps = Mutex::new(Vec::new());
    walker(root, options, excludes).build_parallel().run(|| {
        let mut batch = Batch { steps: Vec::new(), all: &steps };
        let is_wanted = &is_wanted;
        Box::new(move |entry| {
            batch.steps.extend(match entry {
                Ok(entry) => step(entry, is_wanted),
                Err(error) => Some(fault(root, &error)),
            });
            WalkState::Continue
        })
    });
    steps.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// The steps of one thread, handed over when it ends, so that no two threads wait for each other at every file.
struct Batch<'a> {
    steps: Vec<Step>,
    all: &'a Mutex<Vec<Step>>,
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        let mut all = self.all.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        all.append(&mut self.steps);
    }
}

fn walker(root: &Path, options: &Discovery, excludes: &Excludes) -> WalkBuilder {
    let excludes = excludes.clone();
    let mut walker = WalkBuilder::new(root);
    walker
        .standard_filters(options.respect_gitignore)
        .hidden(false)
        .current_dir(&options.working_directory)
        .threads(options.threads.max(1))
        .filter_entry(move |entry| entry.depth() == 0 || !excludes.holds(entry.path()));
    walker
}

fn step(entry: DirEntry, is_wanted: &impl Fn(&Path) -> bool) -> Option<Step> {
    let kind = entry.file_type()?;
    if kind.is_dir() || !is_wanted(entry.path()) {
        return None;
    }
    let path = entry.into_path();
    Some(if kind.is_symlink() {
        Step::Link(path)
    } else if kind.is_file() {
        Step::File(path)
    } else {
        Step::Fault(path, not_regular())
    })
}

/// Where a symlink leads: `None` for a directory, which a walk does not enter.
fn followed(link: &Path) -> Result<Option<PathBuf>, Skip> {
    let dangling = |error: io::Error| Skip::Unreadable(format!("it is a symlink that leads nowhere: {error}"));
    let metadata = fs::metadata(link).map_err(dangling)?;
    if metadata.is_dir() {
        return Ok(None);
    }
    if !metadata.is_file() {
        return Err(not_regular());
    }
    fs::canonicalize(link).map(Some).map_err(dangling)
}

/// Reading a pipe or a device can take for ever.
fn file_type_fault(path: &Path) -> Option<Skip> {
    let is_regular = fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    (!is_regular).then(not_regular)
}

fn not_regular() -> Skip {
    Skip::Unreadable("it is not a regular file; give its content on standard input, as `-`".to_owned())
}

fn fault(root: &Path, error: &ignore::Error) -> Step {
    let path = path_of(error).unwrap_or(root).to_owned();
    let cause = error.io_error().map_or_else(|| error.to_string(), io::Error::to_string);
    let sentence = format!("it cannot be looked into: {cause}; make it readable, or exclude it");
    Step::Fault(path, Skip::Unreadable(sentence))
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        ignore::Error::Loop { child, .. } => Some(child),
        _ => None,
    }
}

fn is_python(path: &Path) -> bool {
    path.extension() == Some(OsStr::new("py")) || is_notebook(path)
}

fn with_slashes(path: &Path) -> String {
    let shown = path.to_string_lossy();
    if cfg!(windows) { shown.replace('\\', "/") } else { shown.into_owned() }
}

/// The globs of [`Discovery::exclude`], compiled.
#[derive(Clone)]
pub(super) struct Excludes {
    names: GlobSet,
    paths: GlobSet,
}

impl Excludes {
    pub(super) fn new(options: &Discovery) -> Result<Excludes, DiscoverError> {
        let mut names = GlobSetBuilder::new();
        let mut paths = GlobSetBuilder::new();
        for written in &options.exclude {
            let fault = |error: globset::Error| malformed(written, &error);
            let glob = written.strip_prefix("./").unwrap_or(written).trim_end_matches('/');
            if glob.contains('/') {
                paths.add(rooted(glob, &options.working_directory).map_err(fault)?);
            } else {
                names.add(Glob::new(glob).map_err(fault)?);
            }
        }
        let built = |set: GlobSetBuilder| set.build().map_err(|error| malformed(&options.exclude.join(", "), &error));
        Ok(Excludes { names: built(names)?, paths: built(paths)? })
    }

    fn holds(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| self.names.is_match(Path::new(name)))
            || (!self.paths.is_empty() && self.paths.is_match(path))
    }
}

fn malformed(glob: &str, error: &globset::Error) -> DiscoverError {
    DiscoverError::Glob { glob: glob.to_owned(), cause: error.kind().to_string() }
}

/// The glob for whole paths that `glob` means from `directory`, whose own name is no glob.
fn rooted(glob: &str, directory: &Path) -> Result<Glob, globset::Error> {
    let whole = match Path::new(glob).is_absolute() {
        true => glob.to_owned(),
        false => format!("{}/{glob}", globset::escape(&with_slashes(directory))),
    };
    GlobBuilder::new(&whole).build()
}
