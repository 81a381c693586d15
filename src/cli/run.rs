//! What the arguments and the configuration mean together.

use super::Mistake;
use super::arguments::{
    CacheOptions, Color, ConfigurationOptions, EnvironmentOptions, FixOptions, PageOptions, RunOptions,
};
use crate::codemod::candidates::Selection;
use crate::codemod::{Catalogue, Page};
use crate::config::Config;
use crate::finding::Skip;
use crate::spelling;
use crate::workspace::{self, Discovery, Environment, RequiresPython, Surroundings};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// The configuration of a run, and the folder that its paths are relative to.
#[derive(Debug, Default)]
pub struct Configured {
    pub config: Config,
    pub folder: Option<PathBuf>,
    pub path: Option<PathBuf>,
}

/// Reads the configuration that holds for `start`.
pub fn configured(options: &PageOptions, start: &Path) -> Result<Configured> {
    configured_by(&options.configuration, start)
}

/// Reads the configuration that holds for `start`: the one that was named, or none where it is ignored.
pub fn configured_by(options: &ConfigurationOptions, start: &Path) -> Result<Configured> {
    let path = match &options.config {
        Some(path) => Some(path.clone()),
        None if options.isolated => None,
        None => workspace::find_config(start),
    };
    let Some(path) = path else { return Ok(Configured::default()) };
    let shown = path.display().to_string();
    let text = workspace::read_text(&path).map_err(|skip| unread(&path, &skip))?;
    let config = Config::parse(&shown, &text).map_err(Mistake)?;
    Ok(Configured { config, folder: path.parent().map(Path::to_owned), path: Some(path) })
}

/// All pages: the built-in ones and those of the folders that were named.
pub fn catalogue(options: &PageOptions, configured: &Configured) -> Result<Catalogue> {
    let mut own = Vec::new();
    let relative = configured.config.codemods.iter().map(|folder| match &configured.folder {
        Some(base) => base.join(folder),
        None => PathBuf::from(folder),
    });
    for folder in relative.chain(options.codemods.iter().cloned()) {
        for page in pages_in(&folder)? {
            let text = workspace::read_text(&page).map_err(|skip| unread(&page, &skip))?;
            own.push((page.display().to_string(), text));
        }
    }
    Ok(Catalogue::new(&own).map_err(|error| Mistake(error.to_string()))?)
}

/// The pages in a folder that somebody named, which is one of pages, then.
pub fn pages_in(folder: &Path) -> Result<Vec<PathBuf>, Mistake> {
    let pages = workspace::pages_in(folder).map_err(|skip| unread(folder, &skip))?;
    if pages.is_empty() {
        return Err(Mistake(format!("{}: there is no page in it, expected files `NAME.md`", folder.display())));
    }
    Ok(pages)
}

/// The pages that run.
pub fn selected<'c>(catalogue: &'c Catalogue, options: &PageOptions, configured: &Configured) -> Result<Vec<&'c Page>> {
    let config = &configured.config;
    let base = options.select.as_ref().or(config.select.as_ref());
    let path = configured.path.as_deref().unwrap_or(Path::new("")).display();
    for (place, names) in [
        ("--select".to_owned(), options.select.as_deref().unwrap_or_default()),
        ("--extend-select".to_owned(), &options.extend_select),
        ("--ignore".to_owned(), &options.ignore),
        (format!("{path}: `select`"), config.select.as_deref().unwrap_or_default()),
        (format!("{path}: `extend-select`"), &config.extend_select),
        (format!("{path}: `ignore`"), &config.ignore),
    ] {
        let is_unknown = |name: &&String| !catalogue.pages.iter().any(|page| matches(page, name));
        if let Some(name) = names.iter().find(is_unknown) {
            let unknown = unknown(name, catalogue);
            return Err(Mistake(format!(
                "{place}: {unknown}; a code, a prefix of codes such as AIO2, and ALL will do as well"
            ))
            .into());
        }
    }
    let extended: Vec<&String> = config.extend_select.iter().chain(&options.extend_select).collect();
    let ignored: Vec<&String> = config.ignore.iter().chain(&options.ignore).collect();
    // A page that is off by default runs where it is named, and not where its codes or all are meant.
    let names_it = |page: &Page, name: &str| matches(page, name) && (page.is_default || page.is_called(name));
    let wanted = |page: &&Page| {
        let in_base = base.as_ref().map_or(page.is_default, |names| names.iter().any(|name| names_it(page, name)));
        (in_base || extended.iter().any(|name| names_it(page, name))) && !ignored.iter().any(|name| matches(page, name))
    };
    Ok(catalogue.pages.iter().filter(wanted).collect())
}

/// The pages that run, as the configuration wants their fixes.
pub fn selection<'c>(pages: Vec<&'c Page>, configured: &Configured) -> Selection<'c> {
    let selection = Selection::new(pages);
    match configured.config.concurrency_limit {
        Some(limit) => selection.with_limit(limit.get()),
        None => selection,
    }
}

/// The fixes that are asked for, the dearest first: those that are typed before those that are configured.
pub fn preferred(catalogue: &Catalogue, options: &FixOptions, configured: &Configured) -> Result<Vec<String>> {
    let path = configured.path.as_deref().unwrap_or(Path::new("")).display();
    let stated = &configured.config.prefer;
    let mut known: Vec<&str> = catalogue.pages.iter().flat_map(Page::fix_names).collect();
    known.sort_unstable();
    known.dedup();
    for (place, names) in [("--prefer".to_owned(), &options.prefer), (format!("{path}: `prefer`"), stated)] {
        if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
            let known = known.join(", ");
            return Err(Mistake(format!("{place}: no fix is called `{name}`, expected one of {known}")).into());
        }
    }
    Ok(options.prefer.iter().chain(stated).cloned().collect())
}

/// That no codemod has a name, and which one may have been meant.
pub fn unknown(name: &str, catalogue: &Catalogue) -> String {
    match spelling::nearest(name, catalogue.pages.iter().map(|page| &*page.name)) {
        Some(near) => format!("no codemod is called `{name}`, did you mean `{near}`? (`aiofix list` shows them all)"),
        None => format!("no codemod is called `{name}`; `aiofix list` shows them"),
    }
}

/// Whether a selector means a page: its name, its code or a prefix of it, an alias, or ALL.
fn matches(page: &Page, selector: &str) -> bool {
    let is_prefix = selector.len() >= 3 && selector.bytes().all(|byte| byte.is_ascii_alphanumeric());
    selector == "ALL" || page.is_called(selector) || is_prefix && page.code.starts_with(selector)
}

/// Whether the one file is on standard input.
pub fn is_from_stdin(options: &RunOptions) -> Result<bool> {
    let from_stdin = options.paths.iter().any(|path| path.as_os_str() == "-");
    if from_stdin && options.paths.len() > 1 {
        return Err(Mistake("`-` stands for one file: name no other path beside it".to_owned()).into());
    }
    if !from_stdin && options.stdin_filename.is_some() {
        let message = "`--stdin-filename` names the file on standard input: give `-` as the path";
        return Err(Mistake(message.to_owned()).into());
    }
    Ok(from_stdin)
}

/// Which files to look at.
pub fn discovery(options: &RunOptions, configured: &Configured) -> Result<Discovery> {
    let mut discovery = configured_discovery(configured)?;
    if let Some(typed) = &options.exclude {
        discovery.exclude = typed.clone();
        discovery.exclude.extend(anchored(&configured.config.extend_exclude, configured));
    }
    discovery.exclude.extend(options.extend_exclude.iter().cloned());
    if options.no_respect_gitignore || options.respect_gitignore {
        discovery.respect_gitignore = !options.no_respect_gitignore;
    }
    if let Some(threads) = options.jobs {
        discovery.threads = threads.max(1);
    }
    Ok(discovery)
}

/// Which files to look at where nothing is typed.
pub fn configured_discovery(configured: &Configured) -> Result<Discovery> {
    let working_directory = std::env::current_dir().context("the working directory cannot be told")?;
    let mut discovery = Discovery::in_directory(working_directory);
    let config = &configured.config;
    if let Some(globs) = &config.exclude {
        discovery.exclude = anchored(globs, configured);
    }
    discovery.exclude.extend(anchored(&config.extend_exclude, configured));
    discovery.respect_gitignore = config.respect_gitignore.unwrap_or(true);
    Ok(discovery)
}

/// The globs of a configuration; one with a slash is relative to its folder.
fn anchored(globs: &[String], configured: &Configured) -> Vec<String> {
    let anchored = |glob: &String| match &configured.folder {
        Some(folder) if glob.contains('/') && !glob.starts_with('/') => {
            std::path::absolute(folder.join(glob)).map_or_else(|_| glob.clone(), |path| path.display().to_string())
        }
        _ => glob.clone(),
    };
    globs.iter().map(anchored).collect()
}

/// The environment whose packages the code at `start` depends on.
pub fn environment(options: &EnvironmentOptions, configured: &Configured, start: &Path) -> Result<Environment> {
    let surroundings = Surroundings::of_process();
    if let Some(python) = &options.python {
        let typed = Environment::at(python, "--python", &surroundings);
        return Ok(typed.map_err(|error| Mistake(format!("--python: {error}")))?);
    }
    let Some(python) = &configured.config.python else { return Ok(Environment::around(start, &surroundings)) };
    let python = configured.folder.as_deref().unwrap_or(Path::new("")).join(python);
    let shown = configured.path.as_deref().unwrap_or(Path::new("")).display();
    let stated = Environment::at(&python, "configuration", &surroundings);
    Ok(stated.map_err(|error| Mistake(format!("{shown}: `python`: {error}")))?)
}

/// Where the cache is, for a run over `start`.
pub fn cache_folder(options: &CacheOptions, configured: &Configured, start: &Path) -> PathBuf {
    let beside = configured.folder.as_deref();
    if let Some(typed) = &options.cache_dir {
        return typed.clone();
    }
    if let Some(stated) = &configured.config.cache_dir {
        return beside.unwrap_or(Path::new("")).join(stated);
    }
    let root = beside.map(Path::to_owned).or_else(|| workspace::marked_root(start));
    root.unwrap_or_default().join(workspace::CACHE_FOLDER)
}

/// Whether unsafe fixes are applied.
pub fn unsafe_fixes(options: &RunOptions, config: &Config) -> bool {
    options.unsafe_fixes || !options.no_unsafe_fixes && config.unsafe_fixes.unwrap_or(false)
}

/// The target version that the configuration states.
pub fn stated_minor(typed: Option<u8>, configured: &Configured) -> Result<Option<u8>> {
    match (typed, &configured.config.target_version) {
        (Some(minor), _) => Ok(Some(minor)),
        (None, Some(text)) => {
            let minor = crate::codemod::page::minor_of(text);
            Ok(Some(minor.ok_or_else(|| {
                let shown = configured.path.as_deref().unwrap_or(Path::new("")).display();
                Mistake(format!("{shown}: `target-version`: expected a version such as py39, found `{text}`"))
            })?))
        }
        (None, None) => Ok(None),
    }
}

/// The Python 3 minor version that the code at `path` is for: the stated one, else that of its project, else 10. A project
/// for Python 2 or 4 says nothing of use.
pub fn minor(stated: Option<u8>, requires: &RequiresPython, path: &Path) -> u8 {
    let required = || requires.of(path).filter(|(major, _)| *major == 3).map(|(_, minor)| minor);
    stated.or_else(required).unwrap_or(10)
}

/// The columns of the terminal that standard output is.
pub fn terminal_width() -> Option<usize> {
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
}

impl From<Color> for anstream::ColorChoice {
    fn from(color: Color) -> anstream::ColorChoice {
        match color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        }
    }
}

/// What is wrong with a path that somebody named.
pub fn unread(path: &Path, skip: &Skip) -> Mistake {
    let shown = path.display();
    // The sentence of a file that is gone speaks of those that were found a moment before.
    if !path.exists() {
        return Mistake(format!("`{shown}` does not exist"));
    }
    Mistake(format!("{shown}: {}", sentence(skip)))
}

/// Why something could not be read, as a clause.
pub fn sentence(skip: &Skip) -> String {
    match skip {
        Skip::Unreadable(text) | Skip::Undecodable(text) | Skip::Notebook(text) | Skip::TooLarge(text) => text.clone(),
        Skip::Unparsable(offset) => format!("it is not valid Python (byte {offset})"),
        Skip::Changed => "it changed meanwhile".to_owned(),
    }
}
