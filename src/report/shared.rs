//! Findings of one matter: they say the same of many places, and one fix mends them all.
//!
//! The first is shown, with the places of the others behind it. Only people are spared: JSON lists each, a comment silences
//! each, and all are counted.

use super::sheet::Sheets;
use crate::finding::{FileReport, Finding};
use rustc_hash::FxHashMap;

/// How many places are named.
const NAMED: usize = 8;

/// The places of each matter, in the order of the files.
pub(super) struct Shared<'f> {
    places: FxHashMap<(&'f str, &'f str), Vec<String>>,
}

impl<'f> Shared<'f> {
    pub fn of(files: &'f [FileReport]) -> Shared<'f> {
        let mut places: FxHashMap<_, Vec<String>> = FxHashMap::default();
        for file in files.iter().filter(|file| file.findings.iter().any(|finding| finding.matter.is_some())) {
            let sheets = Sheets::of(file);
            for finding in &file.findings {
                if let Some(matter) = &finding.matter {
                    let sheet = sheets.at(finding.span.start);
                    let row = sheet.location(finding.span.start).row;
                    let place = format!("{}:{row}", sheet.path(&file.path));
                    places.entry((&*finding.page, &**matter)).or_default().push(place);
                }
            }
        }
        Shared { places }
    }

    /// The other places of a finding's matter, where it is the first to be shown; none where it has been shown already.
    pub fn others(&mut self, finding: &'f Finding) -> Option<Vec<String>> {
        let Some(matter) = &finding.matter else { return Some(Vec::new()) };
        let all = self.places.remove(&(&*finding.page, &**matter))?;
        Some(all.into_iter().skip(1).collect())
    }
}

/// How many other places there are, and the first of them.
pub(super) fn told(others: &[String]) -> String {
    let named = others.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = others.len().saturating_sub(NAMED);
    let count = match others.len() {
        1 => "one more place".to_owned(),
        many => format!("{many} more places"),
    };
    if more == 0 {
        format!("The same in {count}: {named}")
    } else {
        format!("The same in {count}: {named}, … (`--output-format json` lists all)")
    }
}
