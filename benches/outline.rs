//! How fast the outline is, and whether it says what a whole-file tree says.
//!
//! `cargo bench --bench outline -- DIR...` reads every `.py` file under the directories and reports the speed of
//! `outline::read` on one thread, the files whose outline differs from `outline::from_tree` (only error-free trees
//! count), the files in which the pass lost its footing, and how many outermost functions and other regions do not parse
//! alone. It exits with 1 when anything differs.

use aiofix::outline::{self, Outline};
use aiofix::syntax;
use aiofix::text::{Lines, Span};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use tree_sitter::Node;

/// How many differences are listed.
const LISTED: usize = 40;
/// One region in this many is parsed alone.
const EVERY: usize = 10;

fn main() -> ExitCode {
    let roots: Vec<PathBuf> =
        std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).map(PathBuf::from).collect();
    if roots.is_empty() {
        println!("usage: cargo bench --bench outline -- DIR...");
        return ExitCode::SUCCESS;
    }
    let files = python_files(&roots);
    report_speed(&files);
    let judged: Vec<Judged> = files.par_iter().map(|(path, text)| judge(path, text)).collect();
    if report_judgement(&judged) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn python_files(roots: &[PathBuf]) -> Vec<(PathBuf, String)> {
    let (first, rest) = roots.split_first().expect("main asks for a directory");
    let mut walk = ignore::WalkBuilder::new(first);
    rest.iter().for_each(|root| {
        walk.add(root);
    });
    let entries = walk.standard_filters(false).sort_by_file_path(Path::cmp).build().flatten();
    let python = entries.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "py"));
    python
        .filter_map(|entry| {
            let bytes = std::fs::read(entry.path()).ok()?;
            Some((entry.into_path(), String::from_utf8_lossy(&bytes).into_owned()))
        })
        .collect()
}

fn report_speed(files: &[(PathBuf, String)]) {
    let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
    let megabytes = bytes as f64 / 1e6;
    println!("{} files, {megabytes:.1} MB", files.len());
    for round in 1..=3 {
        let start = Instant::now();
        let statements: usize = files.iter().map(|(_, text)| outline::read(text).statements.len()).sum();
        let seconds = start.elapsed().as_secs_f64();
        println!("read, round {round}: {:.0} MB/s on one thread, {statements} statements", megabytes / seconds);
    }
}

/// What is wrong with the outline of one file.
#[derive(Default)]
struct Judged {
    /// Where the first error of the tree is.
    tree_error: Option<String>,
    /// Where the pass was lost.
    lost: Option<String>,
    difference: Option<String>,
    parsed_regions: usize,
    faulty_regions: Vec<String>,
}

fn judge(path: &Path, text: &str) -> Judged {
    let lexical = outline::read(text);
    let tree = syntax::parse(text);
    let lines = Lines::of(text);
    let place = |offset: usize| format!("{}:{}", path.display(), lines.line_at(offset) + 1);
    let tree_error = first_error(tree.root_node()).map(place);
    let mut judged = Judged { tree_error, lost: lexical.lost.map(place), ..Judged::default() };
    if judged.tree_error.is_some() || lexical.lost.is_some() {
        return judged;
    }
    let from_tree = outline::from_tree(&tree, text);
    judged.difference =
        first_difference(&lexical, &from_tree).map(|(offset, what)| format!("{}: {what}", place(offset)));
    for span in lexical.regions().into_iter().step_by(EVERY) {
        judged.parsed_regions += 1;
        if syntax::parse_region(text, span).root_node().has_error() {
            judged.faulty_regions.push(place(span.start));
        }
    }
    judged
}

/// Where the first ERROR or MISSING node starts.
fn first_error(root: Node) -> Option<usize> {
    if !root.has_error() {
        return None;
    }
    let mut node = root;
    while !node.is_error() && !node.is_missing() {
        let Some(inner) = syntax::children(node).find(|child| child.has_error() || child.is_missing()) else { break };
        node = inner;
    }
    Some(node.start_byte())
}

/// The first item, of any kind, in which two outlines differ.
fn first_difference(lexical: &Outline, tree: &Outline) -> Option<(usize, String)> {
    first_of(&lexical.blocks, &tree.blocks, |block| block.span.start)
        .or_else(|| first_of(&lexical.statements, &tree.statements, |statement| statement.span.start))
        .or_else(|| first_of(&lexical.imports, &tree.imports, |import| import.span.start))
        .or_else(|| first_of(&lexical.strings, &tree.strings, |span: &Span| span.start))
        .or_else(|| first_of(&lexical.comments, &tree.comments, |span: &Span| span.start))
}

fn first_of<T: PartialEq + std::fmt::Debug>(
    lexical: &[T],
    tree: &[T],
    offset: impl Fn(&T) -> usize,
) -> Option<(usize, String)> {
    let count = lexical.len().max(tree.len());
    let at = (0..count).find(|&at| lexical.get(at) != tree.get(at))?;
    let place = [lexical.get(at), tree.get(at)].into_iter().flatten().map(offset).min()?;
    Some((place, format!("lexical {:?}, tree {:?}", lexical.get(at), tree.get(at))))
}

fn report_judgement(judged: &[Judged]) -> bool {
    let with_errors: Vec<&String> = judged.iter().filter_map(|file| file.tree_error.as_ref()).collect();
    list("files whose tree has errors", &with_errors);
    let lost_in_errors = judged.iter().filter(|file| file.tree_error.is_some() && file.lost.is_some()).count();
    println!("{lost_in_errors} of them in which the pass lost its footing");
    let lost: Vec<&String> =
        judged.iter().filter(|file| file.tree_error.is_none()).filter_map(|file| file.lost.as_ref()).collect();
    list("error-free files in which the pass lost its footing", &lost);
    let differences: Vec<&String> = judged.iter().filter_map(|file| file.difference.as_ref()).collect();
    list("error-free files whose outline differs from the tree's", &differences);
    let regions: usize = judged.iter().map(|file| file.parsed_regions).sum();
    let faults: Vec<&String> = judged.iter().flat_map(|file| &file.faulty_regions).collect();
    println!("{regions} regions parsed alone");
    list("of them have errors", &faults);
    differences.is_empty()
}

fn list(what: &str, places: &[&String]) {
    println!("{} {what}", places.len());
    for place in places.iter().take(LISTED) {
        println!("    {place}");
    }
}
