//! The texts of a project, for what has to look at all mentions of a name.

use super::reading::Reading;
use crate::project::layout::ModuleId;
use crate::project::propagation::{FileText, Texts};
use crate::text::words;
use crate::workspace;
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// All files of a run with their texts, and what lies beside them in the same project.
pub struct Sources {
    files: Vec<Option<FileText>>,
    /// Files of the project that the run leaves out.
    beyond: Vec<(String, String)>,
    configuration: String,
}

impl Sources {
    /// Of files that were read and are looked at nowhere else; `roots` are the folders of their projects.
    pub fn of(readings: &[Reading], roots: &[PathBuf], beyond: Vec<(String, String)>) -> Sources {
        let text = |reading: &Reading| {
            let read = reading.take();
            reading.encoding.is_ok().then_some(FileText { text: read.text, outline: read.outline })
        };
        Sources {
            files: readings.iter().map(text).collect(),
            beyond,
            configuration: roots.iter().map(|root| configuration(root)).collect(),
        }
    }
}

/// What configures the project at `root`.
fn configuration(root: &Path) -> String {
    let files = ["pyproject.toml", "setup.cfg", "setup.py"];
    files.iter().filter_map(|name| workspace::read_text(&root.join(name)).ok()).collect()
}

impl Texts for Sources {
    fn text(&self, file: ModuleId) -> Option<&FileText> {
        self.files.get(file.0 as usize)?.as_ref()
    }

    fn mentioning(&self, word: &str) -> Vec<ModuleId> {
        let has = |file: &Option<FileText>| file.as_ref().is_some_and(|it| words(&it.text, word).next().is_some());
        let all = self.files.par_iter().enumerate().filter(|(_, file)| has(file));
        all.map(|(at, _)| ModuleId(at as u32)).collect()
    }

    fn mentioned_beyond(&self, word: &str) -> Option<String> {
        let mut others = self.beyond.iter();
        others.find(|(_, text)| words(text, word).next().is_some()).map(|(path, _)| path.clone())
    }

    fn configuration(&self) -> &str {
        &self.configuration
    }
}
