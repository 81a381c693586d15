//! How fast summaries are made, and how large they are.
//!
//! `cargo bench --bench summary -- DIR...` reads every `.py` file under the directories and reports the speed of
//! `summary::summarise` on one thread, on top of the outline, and what the summaries hold, next to the source.

use aiofix::outline::{self, Outline};
use aiofix::summary::{self, FactKind, Summary};
use std::path::{Path, PathBuf};
use std::time::Instant;

fn main() {
    let roots: Vec<PathBuf> =
        std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).map(PathBuf::from).collect();
    let Some((first, rest)) = roots.split_first() else {
        println!("usage: cargo bench --bench summary -- DIR...");
        return;
    };
    let mut walk = ignore::WalkBuilder::new(first);
    rest.iter().for_each(|root| {
        walk.add(root);
    });
    let entries = walk.standard_filters(false).sort_by_file_path(Path::cmp).build().flatten();
    let python = entries.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "py"));
    let files: Vec<(String, Outline)> = python
        .filter_map(|entry| {
            let text = String::from_utf8_lossy(&std::fs::read(entry.path()).ok()?).into_owned();
            let outline = outline::read(&text);
            Some((text, outline))
        })
        .collect();
    let megabytes = files.iter().map(|(text, _)| text.len()).sum::<usize>() as f64 / 1e6;
    println!("{} files, {megabytes:.1} MB", files.len());
    for round in 1..=5 {
        let start = Instant::now();
        let facts: usize = files.iter().map(|(text, outline)| summary::summarise(text, outline).facts.len()).sum();
        let seconds = start.elapsed().as_secs_f64();
        println!("summarise, round {round}: {:.0} MB/s on one thread, {facts} facts", megabytes / seconds);
    }
    let summaries: Vec<Summary> = files.iter().map(|(text, outline)| summary::summarise(text, outline)).collect();
    report_size(&summaries, megabytes);
}

fn report_size(summaries: &[Summary], megabytes: f64) {
    let total = |size: &dyn Fn(&Summary) -> usize| summaries.iter().map(size).sum::<usize>();
    let share =
        |bytes: usize| format!("{:.1} MB, {:.1} % of the source", bytes as f64 / 1e6, bytes as f64 / 1e4 / megabytes);
    let pieces = total(&|summary| summary.text.len());
    let tables = total(&|summary| {
        std::mem::size_of_val(&summary.blocks[..])
            + std::mem::size_of_val(&summary.imports[..])
            + std::mem::size_of_val(&summary.facts[..])
    });
    println!("pieces: {}", share(pieces));
    println!("tables in memory: {}", share(tables));
    println!("{} blocks, {} imports", total(&|summary| summary.blocks.len()), total(&|summary| summary.imports.len()));
    println!("generators: {}", total(&|summary| summary.blocks.iter().filter(|block| block.is_generator).count()));
    for kind in [
        FactKind::Name,
        FactKind::Augmented,
        FactKind::Attribute,
        FactKind::OtherAttribute,
        FactKind::Target,
        FactKind::Global,
        FactKind::Unclear,
        FactKind::Return,
    ] {
        let of_kind = |summary: &Summary| summary.facts.iter().filter(|fact| fact.kind == kind).count();
        println!("{kind:?}: {}", total(&of_kind));
    }
}
