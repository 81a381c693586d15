//! The texts of a project in memory, for what looks at all mentions of a name and changes several files.

use super::Read;
use crate::project::layout::ModuleId;
use crate::project::propagation::{FileText, Texts};
use crate::text::words;
use rayon::prelude::*;

/// Whether another file may mean an imported name of a file.
type Keeps<'s> = Box<dyn Fn(ModuleId, &str) -> bool + Send + Sync + 's>;

/// All files of a project.
pub struct Sources<'s> {
    /// By their numbers; none for those that could not be read.
    pub files: Vec<Option<FileText>>,
    /// Files of the same project that are not among them: their paths and texts.
    pub beyond: Vec<(String, String)>,
    /// What configures the project.
    pub configuration: String,
    pub keeps: Keeps<'s>,
}

impl Sources<'_> {
    /// Puts another text in the place of a file's.
    pub fn put(&mut self, file: ModuleId, read: &Read) {
        self.files[file.0 as usize] = Some(FileText::new(read.text.clone()));
    }
}

impl Texts for Sources<'_> {
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

    fn keeps_import(&self, file: ModuleId, name: &str) -> bool {
        (self.keeps)(file, name)
    }
}
