//! The one file on standard input.

use super::{Done, Run, Task, finish, skipped, status};
use crate::cli::arguments::{OutputFormat, RunOptions};
use crate::cli::{document, reading};
use crate::finding::FileReport;
use crate::project::layout::ModuleId;
use crate::report::{self, Styles, View};
use crate::workspace::{self, File, Source};
use anyhow::{Context, Result};
use std::io::{self, Read as _, Write};
use std::path::PathBuf;

impl Run<'_> {
    pub(super) fn stdin(
        &self,
        options: &RunOptions,
        format: OutputFormat,
        statistics: bool,
        view: &View,
    ) -> Result<u8> {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).context("standard input cannot be read")?;
        let path = options.stdin_filename.clone().unwrap_or_else(|| PathBuf::from("-"));
        let display = path.display().to_string();
        let source = Source::decode(bytes.clone()).and_then(|source| {
            let read = document::read(&path, source.text.clone())?;
            Ok((source, read))
        });
        let done = match &source {
            Ok((source, read)) => {
                let is_init = workspace::is_package_init(&path);
                // What other files mention cannot be told of a text without a place.
                let keeps = |name: &str| is_init || options.stdin_filename.is_some() && self.mentions.now(&path, name);
                let (project, file) = match &options.stdin_filename {
                    Some(_) => reading::project_around(&path, read, &self.discovery, &self.environment, self.own),
                    None => (reading::link_one(&path, read, source.encoding, &self.environment, self.own), ModuleId(0)),
                };
                let settings = self.settings(self.minor(&path), &keeps, &project, file);
                let file = File { path: path.clone(), display };
                self.source(read, source.encoding, &file, &settings, || Ok(source.text.clone())).0
            }
            Err(skip) => Some(Done::of(skipped(display, skip.clone()))),
        };
        if self.task != Task::Fix {
            return finish(self.task, options, format, statistics, view, done.into_iter().collect());
        }
        let mut reports: Vec<FileReport> = done.into_iter().map(|done| done.report).collect();
        let fixed = reports.first().and_then(|report| report.fixed.as_deref()).zip(source.ok());
        let new = fixed.map(|(fixed, (source, read))| {
            let change = document::change(&path, &read, fixed, || Ok(source.text))?;
            source.encoding.encode(&change.new).map(|bytes| bytes.into_owned())
        });
        match new {
            Some(Ok(new)) => io::stdout().lock().write_all(&new)?,
            Some(Err(skip)) => {
                io::stdout().lock().write_all(&bytes)?;
                reports = vec![skipped(path.display().to_string(), skip)];
            }
            None => io::stdout().lock().write_all(&bytes)?,
        }
        finish_stdin(options, format, view, &reports)
    }
}

/// What `fix` tells of the text on standard input. Standard output is the text, so that this goes beside it.
fn finish_stdin(options: &RunOptions, format: OutputFormat, view: &View, reports: &[FileReport]) -> Result<u8> {
    let mut err = io::stderr().lock();
    let styles = Styles::of(options.pages.color.color.into(), &io::stderr());
    let view = View { styles, ..*view };
    match format {
        OutputFormat::Full => report::full(&mut err, reports, &view)?,
        OutputFormat::Concise => report::concise(&mut err, reports, &view)?,
        OutputFormat::Json => report::json(&mut err, reports, &std::env::current_dir()?)?,
    }
    if !options.quiet && format != OutputFormat::Json {
        report::fixed(&mut err, reports, &view)?;
    }
    let skipped = report::skipped(&mut err, reports, &styles)?;
    report::bugs(&mut err, reports, &styles)?;
    Ok(status(options, reports.iter().any(|report| !report.findings.is_empty()), skipped))
}
