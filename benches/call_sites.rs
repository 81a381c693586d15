//! How fast the calls of a file are found without a tree, and whether they are those of its tree.
//!
//! `cargo bench --bench call_sites -- DIR...` reads every `.py` file under the directories and reports the speed of
//! `outline::call_sites` on one thread, on top of the outline. Of the files whose tree has no error it lists the calls
//! without a site, and the sites with another place than the tree's; a site that says `Value` only asks to be looked
//! at, and is counted. It exits with 1 when a call has no site, or a wrong place that is not `Value`.

use aiofix::outline::{self, CallSite, Outline, Place};
use aiofix::syntax;
use aiofix::text::{Lines, Span};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// How many discrepancies of a kind are listed.
const LISTED: usize = 30;

fn main() -> ExitCode {
    let roots: Vec<PathBuf> =
        std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).map(PathBuf::from).collect();
    let Some((first, rest)) = roots.split_first() else {
        println!("usage: cargo bench --bench call_sites -- DIR...");
        return ExitCode::SUCCESS;
    };
    let mut walk = ignore::WalkBuilder::new(first);
    rest.iter().for_each(|root| {
        walk.add(root);
    });
    let entries = walk.standard_filters(false).sort_by_file_path(Path::cmp).build().flatten();
    let python = entries.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "py"));
    let files: Vec<(PathBuf, String, Outline)> = python
        .filter_map(|entry| {
            let text = String::from_utf8_lossy(&std::fs::read(entry.path()).ok()?).into_owned();
            let outline = outline::read(&text);
            Some((entry.into_path(), text, outline))
        })
        .collect();
    report_speed(&files);
    let judged: Vec<Judged> = files.par_iter().map(|(path, text, outline)| judge(path, text, outline)).collect();
    if report_judgement(&judged) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn report_speed(files: &[(PathBuf, String, Outline)]) {
    let megabytes = files.iter().map(|(_, text, _)| text.len()).sum::<usize>() as f64 / 1e6;
    println!("{} files, {megabytes:.1} MB", files.len());
    for round in 1..=5 {
        let start = Instant::now();
        let sites: usize = files.iter().map(|(_, text, outline)| outline::call_sites(text, outline).len()).sum();
        let seconds = start.elapsed().as_secs_f64();
        println!("call_sites, round {round}: {:.0} MB/s on one thread, {sites} sites", megabytes / seconds);
    }
}

#[derive(Default)]
struct Judged {
    has_errors: bool,
    calls: usize,
    sites: usize,
    missing: Vec<String>,
    wrong: Vec<String>,
    /// How many calls have this place in the tree, and how many of them have a site that says so.
    places: BTreeMap<String, (usize, usize)>,
}

fn judge(path: &Path, text: &str, outline: &Outline) -> Judged {
    let tree = syntax::parse(text);
    if tree.root_node().has_error() || outline.lost.is_some() {
        return Judged { has_errors: true, ..Judged::default() };
    }
    let lines = Lines::of(text);
    let sites = outline::call_sites(text, outline);
    let mut judged = Judged { sites: sites.len(), ..Judged::default() };
    let place_of = |name: Span| format!("{}:{}", path.display(), lines.line_at(name.start) + 1);
    let find = |name: Span| -> Option<&CallSite> {
        let at = sites.binary_search_by_key(&name.end, |site| site.name.end).ok()?;
        Some(&sites[at]).filter(|site| site.name == name)
    };
    for (name, place) in outline::call_places(&tree, text) {
        judged.calls += 1;
        let (all, same) = judged.places.entry(format!("{place:?}")).or_default();
        *all += 1;
        match find(name) {
            None => judged.missing.push(format!("{} {}", place_of(name), &text[name.range()])),
            Some(site) if site.place == place => *same += 1,
            Some(CallSite { place: Place::Value, .. }) => {}
            Some(site) => judged.wrong.push(format!("{}: {:?}, tree {place:?}", place_of(name), site.place)),
        }
    }
    judged
}

fn report_judgement(judged: &[Judged]) -> bool {
    let sum = |count: fn(&Judged) -> usize| judged.iter().map(count).sum::<usize>();
    println!("{} files whose tree has errors are left out", sum(|file| usize::from(file.has_errors)));
    println!("{} calls that are not awaited, {} sites", sum(|file| file.calls), sum(|file| file.sites));
    let mut places: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (place, (all, same)) in judged.iter().flat_map(|file| &file.places) {
        let total = places.entry(place).or_default();
        *total = (total.0 + all, total.1 + same);
    }
    for (place, (all, same)) in places {
        println!("{place}: {all} calls, {same} sites say so");
    }
    let missing: Vec<&String> = judged.iter().flat_map(|file| &file.missing).collect();
    list("calls without a site", &missing);
    let wrong: Vec<&String> = judged.iter().flat_map(|file| &file.wrong).collect();
    list("sites with a wrong place other than Value", &wrong);
    missing.is_empty() && wrong.is_empty()
}

fn list(what: &str, places: &[&String]) {
    println!("{} {what}", places.len());
    for place in places.iter().take(LISTED) {
        println!("    {place}");
    }
}
