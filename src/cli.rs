//! The command line: what was typed ([`arguments`]), what it means (`run`), and the commands.
//!
//! Exit status: 0 nothing found, or all fixed; 1 findings remain, or a diff is pending; 2 a mistake in the command line, the
//! configuration or a page; 3 with `--strict`, files were skipped; 130 interrupted. A broken pipe is no error.

pub mod arguments;
mod asyncify;
mod cache;
mod document;
mod files;
mod inspect;
mod kept;
mod mentions;
mod packages;
mod play;
mod reading;
mod run;
mod sources;

use arguments::{Arguments, Command};
use clap::Parser;
use std::io;
use std::process::ExitCode;

/// A mistake of the user's, told in a sentence: exit status 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Mistake(pub String);

/// Runs the program that the process was started for.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::Check(ref options) => files::check(options),
        Command::Diff(ref options) => files::diff(options),
        Command::Fix(ref options) => files::fix(options),
        Command::Asyncify(ref options) => asyncify::asyncify(options),
        Command::List(ref options) => inspect::list(options),
        Command::Explain(ref options) => inspect::explain(options),
        Command::Why(ref options) => inspect::why(options),
        Command::Tree(ref options) => inspect::tree(options),
        Command::Vocabulary(ref options) => inspect::vocabulary(options),
        Command::Clean(ref options) => inspect::clean(options),
        Command::Test(ref options) => play::test(options),
    };
    match result {
        Ok(status) => ExitCode::from(status),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>()).any(|io| io.kind() == io::ErrorKind::BrokenPipe)
}
