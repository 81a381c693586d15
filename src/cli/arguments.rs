//! What was typed. The doc comments are the help.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Find asyncio pitfalls in Python code and rewrite them.
#[derive(Debug, Parser)]
#[command(name = "aiofix", version, max_term_width = 100, disable_help_subcommand = true)]
#[command(
    after_help = "Exit status: 0 nothing found, or all fixed; 1 findings remain, or a diff is pending; 2 a mistake in \
the command line, the configuration or a page; 3 files were skipped, with --strict."
)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Report the pitfalls, with the lines around them
    Check(CheckOptions),
    /// Print what `fix` would change, as a unified diff for `git apply` or `patch -p1`
    Diff(RunOptions),
    /// Fix the files in place
    Fix(CheckOptions),
    /// Make a plain function asynchronous, together with all that calls it
    Asyncify(AsyncifyOptions),
    /// List the codemods
    List(PageOptions),
    /// Print the page of a codemod
    Explain(ExplainOptions),
    /// Say why a line has a finding, a fix, or none
    Why(WhyOptions),
    /// Print the syntax tree of a file, for those who write queries
    Tree(TreeOptions),
    /// Print the predicates, operations and template forms that pages are written in
    Vocabulary(ColorOptions),
    /// Remove the cache of a project
    Clean(CleanOptions),
    /// Play the examples of pages, as the project's own tests do
    Test(TestOptions),
}

#[derive(Debug, Args)]
pub struct CheckOptions {
    #[command(flatten)]
    pub run: RunOptions,
    /// How to print the findings; `json` has the shape of ruff's
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = OutputFormat::Full)]
    pub output_format: OutputFormat,
    /// Count the findings by codemod instead of listing them
    #[arg(long)]
    pub statistics: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    Full,
    Concise,
    Json,
}

#[derive(Debug, Args)]
pub struct RunOptions {
    /// Files and folders; `-` is standard input, and `fix` prints what becomes of it
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Apply fixes that can change behaviour, too
    #[arg(long, overrides_with = "no_unsafe_fixes", help_heading = "Fixes")]
    pub unsafe_fixes: bool,
    #[arg(long, overrides_with = "unsafe_fixes", hide = true)]
    pub no_unsafe_fixes: bool,
    #[command(flatten)]
    pub fixes: FixOptions,
    /// The least Python version that the code has to run on, such as `py39` [default: `requires-python` of the nearest
    /// pyproject.toml, else py310]
    #[arg(long, value_name = "VERSION", value_parser = parse_version, help_heading = "Fixes")]
    pub target_version: Option<u8>,
    #[command(flatten)]
    pub environment: EnvironmentOptions,
    /// Leave out files and folders that match [replaces the default list]
    #[arg(long, value_name = "GLOB", value_delimiter = ',', help_heading = "File selection")]
    pub exclude: Option<Vec<String>>,
    /// Leave out files and folders that match, besides those left out already
    #[arg(long, value_name = "GLOB", value_delimiter = ',', help_heading = "File selection")]
    pub extend_exclude: Vec<String>,
    /// Leave out what .gitignore leaves out (the default)
    #[arg(long, overrides_with = "no_respect_gitignore", help_heading = "File selection")]
    pub respect_gitignore: bool,
    /// Look at what .gitignore leaves out, too
    #[arg(long, overrides_with = "respect_gitignore", help_heading = "File selection")]
    pub no_respect_gitignore: bool,
    /// The name that the file on standard input would have; give `-` as the path
    #[arg(long, value_name = "NAME", help_heading = "File selection")]
    pub stdin_filename: Option<PathBuf>,
    /// Exit with 0 although findings remain
    #[arg(long, short = 'e', help_heading = "Exit status")]
    pub exit_zero: bool,
    /// Exit with 3 when files were skipped
    #[arg(long, help_heading = "Exit status")]
    pub strict: bool,
    #[command(flatten)]
    pub pages: PageOptions,
    /// How many threads to use [default: one for each core]
    #[arg(long, short = 'j', value_name = "N", help_heading = "Miscellaneous")]
    pub jobs: Option<usize>,
    /// Neither read nor write the cache, with which `check` looks at what changed only: slower, with the same findings
    #[arg(long, short = 'n', help_heading = "Miscellaneous")]
    pub no_cache: bool,
    #[command(flatten)]
    pub cache: CacheOptions,
    /// Parse every file whole, rather than the functions around candidates: slower, with the same findings
    #[arg(long, help_heading = "Miscellaneous")]
    pub whole_files: bool,
    /// Print the findings and the diff, and nothing else
    #[arg(long, short = 'q', conflicts_with = "verbose", help_heading = "Miscellaneous")]
    pub quiet: bool,
    /// Say what is read and how long it takes
    #[arg(long, short = 'v', help_heading = "Miscellaneous")]
    pub verbose: bool,
}

/// Where the cache is.
#[derive(Debug, Args)]
pub struct CacheOptions {
    /// The folder of the cache [default: `.aiofix_cache` beside the configuration, at the root of the project, or in the
    /// working directory]
    #[arg(long, value_name = "DIR", help_heading = "Miscellaneous")]
    pub cache_dir: Option<PathBuf>,
}

/// Which configuration holds.
#[derive(Debug, Args)]
pub struct ConfigurationOptions {
    /// The configuration file to use
    #[arg(long, value_name = "FILE", help_heading = "Configuration")]
    pub config: Option<PathBuf>,
    /// Use no configuration file
    #[arg(long, help_heading = "Configuration")]
    pub isolated: bool,
}

/// Whose cache is removed.
#[derive(Debug, Args)]
pub struct CleanOptions {
    /// A file or folder of the project
    #[arg(default_value = ".")]
    pub path: PathBuf,
    #[command(flatten)]
    pub cache: CacheOptions,
    #[command(flatten)]
    pub configuration: ConfigurationOptions,
}

/// Where the packages are that the code depends on.
#[derive(Debug, Args)]
pub struct EnvironmentOptions {
    /// The interpreter or virtual environment whose packages are read, to know what their functions give; it is not
    /// run, and the packages are not reported on [default: `VIRTUAL_ENV`, the nearest `.venv` or `venv`, or the
    /// interpreter on `PATH`]
    #[arg(long, value_name = "PATH", value_parser = parse_python, help_heading = "Dependencies")]
    pub python: Option<PathBuf>,
}

/// Which fix a finding with several gets.
#[derive(Debug, Args)]
pub struct FixOptions {
    /// Where a finding has a fix of this name, apply that one; `list` shows the names [may be given several times, the
    /// dearest first]
    #[arg(long, value_name = "NAME", value_delimiter = ',', help_heading = "Fixes")]
    pub prefer: Vec<String>,
}

/// Which pages there are, and which of them run.
#[derive(Debug, Args)]
pub struct PageOptions {
    /// Run these codemods only: names, codes, code prefixes, aliases, or ALL
    #[arg(long, value_name = "NAME", value_delimiter = ',', help_heading = "Codemod selection")]
    pub select: Option<Vec<String>>,
    /// Run these codemods besides those selected
    #[arg(long, value_name = "NAME", value_delimiter = ',', help_heading = "Codemod selection")]
    pub extend_select: Vec<String>,
    /// Do not run these codemods
    #[arg(long, value_name = "NAME", value_delimiter = ',', help_heading = "Codemod selection")]
    pub ignore: Vec<String>,
    /// A folder of codemod pages of your own
    #[arg(long, value_name = "DIR", help_heading = "Codemod selection")]
    pub codemods: Vec<PathBuf>,
    #[command(flatten)]
    pub configuration: ConfigurationOptions,
    #[command(flatten)]
    pub color: ColorOptions,
}

#[derive(Debug, Args)]
pub struct ColorOptions {
    /// When to use colour
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto, help_heading = "Miscellaneous")]
    pub color: Color,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Args)]
pub struct ExplainOptions {
    /// The name, the code or an alias of a codemod
    pub name: String,
    #[command(flatten)]
    pub pages: PageOptions,
}

#[derive(Debug, Args)]
pub struct WhyOptions {
    /// The line, as `FILE:LINE`
    #[arg(value_name = "FILE:LINE")]
    pub place: String,
    #[command(flatten)]
    pub environment: EnvironmentOptions,
    #[command(flatten)]
    pub fixes: FixOptions,
    #[command(flatten)]
    pub pages: PageOptions,
    /// The least Python version that the code has to run on, such as `py39`
    #[arg(long, value_name = "VERSION", value_parser = parse_version)]
    pub target_version: Option<u8>,
}

#[derive(Debug, Args)]
pub struct TreeOptions {
    /// The file; `FILE:LINE` prints what begins on that line
    #[arg(value_name = "FILE[:LINE]")]
    pub place: String,
}

#[derive(Debug, Args)]
pub struct TestOptions {
    /// Pages, or folders of pages
    #[arg(required = true, value_name = "PAGE")]
    pub pages: Vec<PathBuf>,
    #[command(flatten)]
    pub color: ColorOptions,
}

/// What is made asynchronous.
///
/// The function becomes `async def`, its callers await it and become asynchronous too, up to a coroutine or to where the
/// program, a test runner or a framework enters, over all files of the project. Where that is not possible nothing is
/// changed, and the places that are in the way are named. Prints the functions that change and the diff.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 the change is printed or written; 1 it is not possible; 2 a mistake in the command \
line or the configuration."
)]
pub struct AsyncifyOptions {
    /// The function, as `pkg.module:function`, `pkg.module:Class.method` or `path/to/module.py:function`
    pub function: String,
    /// A file or folder of the project, all of which is looked at
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// Write the change
    #[arg(long, short = 'w')]
    pub write: bool,
    /// Keep the function, and write an asynchronous twin beside it, which coroutines call
    #[arg(long)]
    pub twin: bool,
    /// A function that stays plain, written as the first argument: it calls `asyncio.run`, and its callers stay as they are
    #[arg(long, value_name = "FUNCTION")]
    pub stop_at: Vec<String>,
    /// The least Python version that the code has to run on, such as `py39` [default: `requires-python` of the nearest
    /// pyproject.toml, else py310]
    #[arg(long, value_name = "VERSION", value_parser = parse_version)]
    pub target_version: Option<u8>,
    #[command(flatten)]
    pub environment: EnvironmentOptions,
    #[command(flatten)]
    pub configuration: ConfigurationOptions,
    #[command(flatten)]
    pub color: ColorOptions,
}

/// Reads `py39`; `3.9` is understood, too.
fn parse_version(text: &str) -> Result<u8, String> {
    let minor = crate::codemod::page::minor_of(text).filter(|minor| (5..=30).contains(minor));
    minor.ok_or_else(|| "expected a version such as py39 or py313".to_owned())
}

/// Takes an interpreter or the folder of a virtual environment, which is there.
fn parse_python(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    match path.exists() {
        true => Ok(path),
        false => Err(format!("it does not exist, {}", crate::workspace::EnvironmentError::EXPECTED)),
    }
}
