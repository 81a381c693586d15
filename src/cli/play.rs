//! `aiofix test`: the examples of pages, played as the project's own tests play them.

use super::Mistake;
use super::arguments::TestOptions;
use super::run;
use crate::codemod::{Catalogue, Page};
use crate::playing;
use crate::workspace;
use anyhow::Result;
use std::io::{self, Write};
use std::path::PathBuf;

pub fn test(options: &TestOptions) -> Result<u8> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for path in &options.pages {
        if path.is_dir() {
            paths.extend(run::pages_in(path)?);
        } else {
            paths.push(path.clone());
        }
    }
    let mut out = io::stdout().lock();
    let (mut passed, mut failed) = (0, 0);
    for path in paths {
        let shown = path.display().to_string();
        let text = workspace::read_text(&path).map_err(|skip| run::unread(&path, &skip))?;
        let page = Page::parse(&shown, &text).map_err(|error| Mistake(error.to_string()))?;
        page.compile_all(&shown).map_err(|error| Mistake(error.to_string()))?;
        let catalogue = Catalogue::new(&[(shown.clone(), text)]).map_err(|error| Mistake(error.to_string()))?;
        for example in &page.examples {
            let faults = playing::play(&catalogue, &page.name, example);
            if faults.is_empty() {
                passed += 1;
                continue;
            }
            failed += 1;
            // What fails as it is fails in all ways for the same reason, and one reason is enough.
            let first = if faults[0].starts_with("as it is") { 1 } else { faults.len() };
            for fault in &faults[..first] {
                writeln!(out, "{shown}:{}: {}: {fault}", example.row, example.name)?;
            }
        }
    }
    writeln!(out, "{passed} passed, {failed} failed")?;
    Ok(u8::from(failed > 0))
}
