//! The floor under `aiofix check`: walking a tree, reading its Python files and parsing each whole, and nothing else.
//!
//! `cargo bench --bench floor -- DIR -j N` prints one line, how many files and bytes it parsed on how many threads and
//! in what time. `benches/speed.py` runs it beside the tool. The walk is the tool's own, so that both see the same files;
//! the largest share of the time by far is tree-sitter's.

use aiofix::workspace::{Discovery, discover};
use anyhow::{Context, Result, ensure};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::time::Instant;

fn main() -> Result<()> {
    let (folder, threads) = words()?;
    let began = Instant::now();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().context("threads could not be started")?;
    let files = python_files(&folder)?;
    let bytes = pool.install(|| files.par_iter().map(|path| parsed(path)).sum::<Result<usize>>())?;
    println!("files {} bytes {bytes} threads {threads} seconds {:.3}", files.len(), began.elapsed().as_secs_f64());
    Ok(())
}

/// The folder, `examples` where none is named, and the number of threads. `cargo bench` adds `--bench` of its own.
fn words() -> Result<(PathBuf, usize)> {
    let mut folder = None;
    let mut threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut words = std::env::args_os().skip(1).filter(|word| word != "--bench");
    while let Some(word) = words.next() {
        if word == "-j" {
            let count = words.next().context("-j takes a number")?;
            threads = count.to_string_lossy().parse().context("-j takes a number")?;
        } else {
            ensure!(folder.is_none(), "one folder at a time");
            folder = Some(PathBuf::from(word));
        }
    }
    Ok((folder.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")), threads))
}

/// The Python files that `aiofix check` would look at.
fn python_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let discovery = Discovery::in_directory(std::env::current_dir().context("there is no working directory")?);
    let found = discover(&[folder.to_owned()], &discovery)?;
    ensure!(!found.files.is_empty(), "no Python files below {}", folder.display());
    Ok(found.files.into_iter().map(|file| file.path).collect())
}

/// How many bytes one file has, once it is parsed.
fn parsed(path: &Path) -> Result<usize> {
    let bytes = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let text = String::from_utf8_lossy(&bytes);
    std::hint::black_box(aiofix::syntax::parse(&text));
    Ok(bytes.len())
}
