//! `asyncify`: a plain function made asynchronous, with all that calls it.

use super::Mistake;
use super::arguments::AsyncifyOptions;
use super::mentions::Mentions;
use super::reading::{self, Reading};
use super::run;
use super::sources::sources;
use crate::codemod::propagating::{self, Order};
use crate::codemod::twinning;
use crate::outline::BlockKind;
use crate::project::asked::Asked;
use crate::project::layout::ModuleId;
use crate::project::linked::{Definition, Project};
use crate::project::propagation;
use crate::report::{self, Styles};
use crate::spelling;
use crate::workspace::{self, RequiresPython};
use anyhow::{Context, Result};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

pub fn asyncify(options: &AsyncifyOptions) -> Result<u8> {
    let root = workspace::project_root(&options.path);
    let configured = run::configured_by(&options.configuration, &options.path)?;
    let discovery = run::configured_discovery(&configured)?;
    let environment = Arc::new(run::environment(&options.environment, &configured, &options.path)?);
    let found =
        workspace::discover(std::slice::from_ref(&root), &discovery).map_err(|error| Mistake(error.to_string()))?;
    let readings = reading::read_all(found.files, SystemTime::now());
    let project = reading::link(&readings, &environment, Asked::ALL.with(&configured.config.blocking), false);
    let function = function_named(&project, &options.function)?;
    let stops: Vec<Definition> =
        options.stop_at.iter().map(|name| function_named(&project, name)).collect::<Result<_, _>>()?;
    let mentions = Mentions::new(discovery.clone());
    let sources = sources(&readings, &|at| Some(readings[at].take().text), &discovery, &mentions);
    let stated = run::stated_minor(options.target_version, &configured)?;
    let path = &readings[function.module.0 as usize].file.path;
    let order = Order {
        page: "asyncify".into(),
        title: String::new(),
        minor: run::minor(stated, &RequiresPython::default(), path),
    };
    let styles = Styles::of(options.color.color.into(), &io::stdout());
    let spread = match options.twin {
        true => propagation::twins(&project, &sources, function, &stops),
        false => propagation::spread(&project, &sources, function, &stops),
    };
    let made = spread.and_then(|spread| {
        let parts = match options.twin {
            true => twinning::parts(&project, &sources, &spread, &order)?,
            false => propagating::parts(&project, &sources, &spread, &order)?,
        };
        Ok((spread, parts))
    });
    let (spread, parts) = match made {
        Ok(made) => made,
        Err(frontiers) => {
            report::refused(&mut io::stdout().lock(), &project, function, &frontiers, options.twin, &styles)?;
            return Ok(1);
        }
    };
    let rewritten = propagating::rewritten(&parts, &sources)
        .map_err(|reason| anyhow::anyhow!("{reason}; this is a fault of aiofix, and nothing was changed"))?;
    let mut out = io::stdout().lock();
    report::spread(&mut out, &project, &spread, &styles)?;
    let texts: Vec<(&Reading, String, String)> = parts
        .iter()
        .zip(rewritten)
        .map(|(part, new)| (&readings[part.file.0 as usize], part.module.text.to_owned(), new.text))
        .collect();
    for (reading, old, new) in &texts {
        let encoding = reading.encoding.clone().map_err(|skip| run::unread(&reading.file.path, &skip))?;
        let encoded = |text: &str| encoding.encode(text).map(|bytes| bytes.into_owned());
        let (old, new) = (encoded(old), encoded(new));
        let (old, new) = old.and_then(|old| Ok((old, new?))).map_err(|skip| run::unread(&reading.file.path, &skip))?;
        out.write_all(&report::diff(&old, &new, &reading.file.display, &[], &styles))?;
    }
    out.flush()?;
    if options.write {
        write_all(&texts)?;
    }
    report::spread_summary(&mut io::stderr().lock(), &spread, texts.len(), options.write)?;
    Ok(0)
}

/// Writes all files; where one cannot be written, those before it get their old text again.
fn write_all(texts: &[(&Reading, String, String)]) -> Result<()> {
    for (at, (reading, old, new)) in texts.iter().enumerate() {
        let encoding = reading.encoding.clone().expect("a file that was rewritten was read");
        let Err(skip) = workspace::write(&reading.file.path, encoding, old, new) else { continue };
        for (reading, old, new) in texts[..at].iter().rev() {
            let encoding = reading.encoding.clone().expect("a file that was rewritten was read");
            let undone = workspace::write(&reading.file.path, encoding, new, old);
            undone.map_err(|skip| run::unread(&reading.file.path, &skip)).context("nothing else was left changed")?;
        }
        let cause = run::unread(&reading.file.path, &skip);
        return Err(Mistake(format!("{cause}; nothing was changed")).into());
    }
    Ok(())
}

/// The function that a name means: `pkg.module:function`, `pkg.module:Class.method`, or the file's path in the place of the
/// module.
fn function_named(project: &Project, name: &str) -> Result<Definition, Mistake> {
    let Some((module, function)) = name.rsplit_once(':') else {
        let message = format!("expected `pkg.module:function` or `pkg.module:Class.method`, found `{name}`");
        return Err(Mistake(message));
    };
    let path = Path::new(module.trim_start_matches("./"));
    let is_named = |at: &usize| {
        let entry = &project.entries()[*at];
        entry.name == module || Path::new(&entry.path) == path
    };
    let named: Vec<usize> = (0..project.entries().len()).filter(is_named).collect();
    let [at] = named.as_slice() else {
        let names = project.entries().iter().map(|entry| &*entry.name);
        return Err(Mistake(match named.is_empty() {
            true => format!("there is no module `{module}`{}", meant(module, names)),
            false => {
                format!("more than one file is the module `{module}`: name the file, as in `pkg/module.py:function`")
            }
        }));
    };
    let entry = &project.entries()[*at];
    let is_function = |block: &u32| matches!(entry.summary.blocks[*block as usize].kind, BlockKind::Function { .. });
    let all: Vec<(u32, String)> = (0..entry.summary.blocks.len() as u32)
        .filter(is_function)
        .map(|block| (block, entry.qualified(block)))
        .collect();
    let definition = |block: u32| Definition { module: ModuleId(*at as u32), block };
    // Of overloads the last is the function.
    let Some((block, _)) = all.iter().rev().find(|(_, qualified)| qualified == function) else {
        let names = all.iter().map(|(_, name)| name.as_str());
        return Err(Mistake(format!("`{module}` has no function `{function}`{}", meant(function, names))));
    };
    if entry.summary.blocks[*block as usize].kind == (BlockKind::Function { is_async: true }) {
        return Err(Mistake(format!("`{function}` is a coroutine function already")));
    }
    Ok(definition(*block))
}

/// The name that is most like one that there is not, as the end of a sentence.
fn meant<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> String {
    spelling::nearest(name, names).map_or(String::new(), |near| format!(", did you mean `{near}`?"))
}
