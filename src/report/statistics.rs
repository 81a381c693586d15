//! How often each pitfall was found: `--statistics`.

use super::View;
use crate::finding::FileReport;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The findings of one page, in ruff's keys.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Count<'a> {
    code: &'a str,
    name: &'a str,
    count: usize,
    /// Whether each of them would be fixed.
    fixable: bool,
    fixable_count: usize,
}

/// Writes a line a page: count, code, how much of it would be fixed (`[*]` all, `[-]` some, `[ ]` none), name.
pub fn statistics(out: &mut impl Write, files: &[FileReport], view: &View) -> io::Result<()> {
    let counts = counts(files, view);
    let digits = counts.first().map_or(0, |most| most.count.to_string().len());
    let width = counts.iter().map(|count| count.code.len()).max().unwrap_or(0);
    let any_fixable = counts.iter().any(|count| count.fixable_count > 0);
    let (strong, code, fixable) = (view.styles.strong, view.styles.code, view.styles.fixable);
    for count in &counts {
        write!(out, "{strong}{:>digits$}{strong:#}\t{code}{:<width$}{code:#}\t", count.count, count.code)?;
        if any_fixable {
            match count.fixable_count {
                0 => write!(out, "[ ] ")?,
                some if some < count.count => write!(out, "[{fixable}-{fixable:#}] ")?,
                _ => write!(out, "[{fixable}*{fixable:#}] ")?,
            }
        }
        writeln!(out, "{}", count.name)?;
    }
    Ok(())
}

/// Writes the same as an array of objects.
pub fn statistics_json(out: &mut impl Write, files: &[FileReport], view: &View) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &counts(files, view))?;
    writeln!(out)
}

/// The most frequent first; by code among equals.
fn counts<'a>(files: &'a [FileReport], view: &View) -> Vec<Count<'a>> {
    let mut by_page: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
    for finding in files.iter().flat_map(|file| &file.findings) {
        let (count, fixable) = by_page.entry((&finding.code, &finding.page)).or_default();
        *count += 1;
        *fixable += usize::from(view.applies(finding));
    }
    let mut counts: Vec<Count> = by_page
        .into_iter()
        .map(|((code, name), (count, fixable_count))| Count {
            code,
            name,
            count,
            fixable: fixable_count == count,
            fixable_count,
        })
        .collect();
    // The sort is stable, and the map gave the codes in order.
    counts.sort_by_key(|count| std::cmp::Reverse(count.count));
    counts
}

#[cfg(test)]
mod tests {
    use super::super::samples::{self, plain, printed, snapshot};
    use super::*;

    #[test]
    fn a_line_a_page_the_most_frequent_first() {
        snapshot("statistics", &printed(|out| statistics(out, &samples::service(), &plain())));
    }

    #[test]
    fn the_json_has_ruffs_keys() {
        snapshot("statistics_json", &printed(|out| statistics_json(out, &samples::service(), &plain())));
    }

    #[test]
    fn no_marker_where_nothing_is_fixable() {
        let mut files = samples::service();
        files.iter_mut().flat_map(|file| &mut file.findings).for_each(|finding| finding.fix = None);
        assert!(!printed(|out| statistics(out, &files, &plain())).contains('['));
    }
}
