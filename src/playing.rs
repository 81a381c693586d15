//! The examples of a page, played in many ways: as they are, twice, with other line ends, with tabs, nested one block
//! deeper, without a final newline, with each finding silenced, cut at every line end, under the whole catalogue, parsed
//! whole instead of by region. None of the ways is written by hand, so that a page that loads is a page that is tested.

use crate::codemod::Catalogue;
use crate::codemod::candidates::Selection;
use crate::codemod::example::{Example, ExampleFile};
use crate::driver::{self, Fixed, Read, Settings, Sources, Wide};
use crate::finding::{Applicability, Finding};
use crate::outline;
use crate::project::layout::ModuleId;
use crate::project::linked::Project;
use crate::project::propagation::FileText;
use crate::summary::Summary;
use crate::text::{self, Lines};
use crate::workspace::Source;
use similar::TextDiff;
use std::sync::Arc;

/// One way of playing, made of the texts before and after; none where it does not apply.
type Way = (&'static str, fn(&ExampleFile) -> Option<(String, String)>);

const WAYS: &[Way] = &[
    ("as it is", |file| Some((file.before.clone(), file.after.clone()))),
    ("with CRLF line ends", |file| Some((with_line_end(&file.before, "\r\n"), with_line_end(&file.after, "\r\n")))),
    ("with CR line ends", |file| Some((with_line_end(&file.before, "\r"), with_line_end(&file.after, "\r")))),
    ("with tabs", |file| Some((with_tabs(&file.before)?, with_tabs(&file.after)?))),
    ("without a final newline", |file| {
        let cut = |text: &str| text.strip_suffix('\n').map(str::to_owned);
        Some((cut(&file.before)?, cut(&file.after)?))
    }),
];

/// The files of an example as one project, with the one that is looked at in whatever shape it is played in.
pub struct Stage<'e> {
    example: &'e Example,
    summaries: Vec<Arc<Summary>>,
    texts: Vec<Arc<str>>,
    at: usize,
}

impl<'e> Stage<'e> {
    /// The file at index `at` is looked at, and the others are as they were.
    pub fn new(example: &'e Example, at: usize) -> Stage<'e> {
        Stage::of(example, at, example.files.iter().map(|file| file.before.as_str()).collect())
    }

    /// The same where the others are as the page's own fixes leave them.
    fn after(example: &'e Example, at: usize) -> Stage<'e> {
        Stage::of(example, at, example.files.iter().map(|file| file.after.as_str()).collect())
    }

    fn of(example: &'e Example, at: usize, texts: Vec<&'e str>) -> Stage<'e> {
        let reads = example.files.iter().zip(texts).map(|(file, text)| read(file, text));
        let (summaries, texts) = reads.map(|read| (read.summary, read.text)).unzip();
        Stage { example, summaries, texts, at }
    }

    fn file(&self) -> &'e ExampleFile {
        &self.example.files[self.at]
    }

    /// Does something with a text in the place of the file.
    pub fn with<T>(
        &self,
        selection: &Selection,
        text: &str,
        whole_files: bool,
        act: impl Fn(&Read, &Settings) -> T,
    ) -> T {
        let read = read(self.file(), text);
        let paths = self.example.files.iter().map(|file| file.path.as_str());
        let mut files: Vec<(&str, Arc<Summary>)> = paths.zip(self.summaries.iter().cloned()).collect();
        files[self.at].1 = read.summary.clone();
        let project = Project::of_files(&files).with_texts(Arc::new(self.texts.clone()));
        let settings = Settings {
            selection,
            minor: self.file().minor.unwrap_or(10),
            prefer: self.file().prefer.as_slice(),
            least: if self.file().is_display { Applicability::Display } else { Applicability::Unsafe },
            whole_files,
            keeps: &|_| false,
            project: &project,
            file: ModuleId(self.at as u32),
            texts: Some(&self.sources(text)),
        };
        act(&read, &settings)
    }

    /// All files, with a text in the place of the one that is looked at.
    fn sources(&self, text: &str) -> Sources<'static> {
        let text_of = |(at, file): (usize, &ExampleFile)| {
            let text = if at == self.at { text.into() } else { self.texts[at].clone() };
            (!file.is_notebook()).then_some(FileText::new(text))
        };
        let files = self.example.files.iter().enumerate().map(text_of);
        let (beyond, configuration) = (Vec::new(), String::new());
        Sources { files: files.collect(), beyond, configuration, keeps: Box::new(|_, _| false) }
    }

    /// What becomes of a text in the place of the file.
    pub fn fixed(&self, selection: &Selection, text: &str, whole_files: bool) -> Fixed {
        let mut fixed = self.with(selection, text, whole_files, |read, settings| {
            driver::fix(read, &Settings { texts: None, ..*settings })
        });
        if selection.pages.iter().any(|page| page.spreads()) {
            self.fix_together(selection, text, whole_files, &mut fixed);
        }
        fixed
    }

    /// Goes on with the fixes that change several files.
    fn fix_together(&self, selection: &Selection, text: &str, whole_files: bool, fixed: &mut Fixed) {
        let now = fixed.text.clone().unwrap_or_else(|| text.to_owned());
        let all: Vec<ModuleId> = (0..self.example.files.len() as u32).map(ModuleId).collect();
        let made = self.with(selection, &now, whole_files, |_, settings| {
            let minor = |_: ModuleId| settings.minor;
            let Settings { selection, prefer, least, .. } = *settings;
            let wide = Wide { selection, prefer, least, whole_files, minor: &minor };
            driver::fix_together(&wide, &mut self.sources(&now), settings.project, &all)
        });
        fixed.bugs.extend(made.bugs.into_iter().map(|(_, bug)| bug));
        if let Some(text) = made.texts.get(&ModuleId(self.at as u32)) {
            fixed.text = Some(text.clone());
        }
    }

    fn found(&self, selection: &Selection, text: &str, whole_files: bool) -> Vec<Finding> {
        self.with(selection, text, whole_files, driver::check).findings
    }
}

/// A text in the place of a file. The cells of a notebook begin at lines with `# %%`.
fn read(file: &ExampleFile, text: &str) -> Read {
    match file.is_notebook() {
        true => Read::of_cells(text.into(), "# %%".into()),
        false => Read::of(text.into()),
    }
}

/// Plays one example of the page called `name`; gives a sentence for each fault.
pub fn play(catalogue: &Catalogue, name: &str, example: &Example) -> Vec<String> {
    let own = Selection::new(catalogue.pages.iter().filter(|page| &*page.name == name).collect());
    let all = Selection::new(catalogue.pages.iter().filter(|page| page.is_default || &*page.name == name).collect());
    let mut faults = Vec::new();
    for (at, file) in example.files.iter().enumerate() {
        let (stage, stage_after) = (Stage::new(example, at), Stage::after(example, at));
        for (way, make) in WAYS {
            if let Some((before, after)) = make(file) {
                for whole_files in [false, true] {
                    let fixed = stage.fixed(&own, &before, whole_files);
                    expect(way, whole_files, &before, &after, &fixed, &mut faults);
                }
            }
        }
        for whole_files in [false, true] {
            let fixed = stage_after.fixed(&own, &file.after, whole_files);
            expect("after its own fix", whole_files, &file.after, &file.after, &fixed, &mut faults);
        }
        if let Some((before, after)) = nested(file) {
            let fixed = stage.fixed(&own, &before, false);
            // How many blank lines an import needs depends on what follows it, and that is now another statement.
            let squeeze = |text: &str| {
                text.lines().filter(|line| !line.trim().is_empty()).map(|line| format!("{line}\n")).collect::<String>()
            };
            let text = squeeze(fixed.text.as_deref().unwrap_or(&before));
            expect(
                "nested one block deeper",
                false,
                &squeeze(&before),
                &squeeze(&after),
                &Fixed { text: Some(text), ..fixed },
                &mut faults,
            );
        }
        with_byte_order_mark(&own, &stage, &mut faults);
        silenced(&own, &stage, &mut faults);
        cut(&own, &stage);
        by_region_and_whole(&own, &stage, &mut faults);
        under_the_whole_catalogue(&all, &stage, &stage_after, &mut faults);
    }
    faults
}

fn expect(way: &str, whole_files: bool, before: &str, after: &str, fixed: &Fixed, faults: &mut Vec<String>) {
    let way = if whole_files { format!("{way}, parsed whole") } else { way.to_owned() };
    faults.extend(fixed.bugs.iter().map(|bug| format!("{way}: {bug}")));
    if let Some(skip) = &fixed.remaining.skip {
        faults.push(format!("{way}: the result was skipped: {skip:?}"));
    }
    let text = fixed.text.as_deref().unwrap_or(before);
    if text != after {
        let diff = TextDiff::from_lines(after, text).unified_diff().header("expected", "made").to_string();
        faults.push(format!("{way}:\n{diff}"));
    }
}

fn with_line_end(text: &str, end: &str) -> String {
    text.replace('\n', end)
}

/// The text with a tab for each four columns of indentation; none where it has a string or a continued line that counts on
/// its blanks.
fn with_tabs(text: &str) -> Option<String> {
    let strings = outline::read(text).strings;
    let mut out = String::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let code = line.trim_start_matches(' ');
        let blanks = line.len() - code.len();
        let in_string = strings.iter().any(|string| string.start < at && at < string.end);
        if in_string || blanks % 4 != 0 && !code.trim().is_empty() {
            return None;
        }
        out.push_str(&"\t".repeat(blanks / 4));
        out.push_str(code);
        at += line.len();
    }
    Some(out)
}

/// The example with its functions and classes under `if True:`.
fn nested(file: &ExampleFile) -> Option<(String, String)> {
    if file.is_notebook() {
        return None;
    }
    let is_definition = |line: &&str| ["def ", "async def ", "class ", "@"].iter().any(|start| line.starts_with(start));
    let first = file.before.lines().position(|line| is_definition(&line))?;
    // The same line of the result: as far from the end of what is equal behind it.
    let diff = TextDiff::from_lines(&file.before, &file.after);
    let same = diff.iter_all_changes().find(|change| change.old_index() == Some(first))?.new_index()?;
    Some((under_if(&file.before, first)?, under_if(&file.after, same)?))
}

fn under_if(source: &str, first: usize) -> Option<String> {
    let strings = outline::read(source).strings;
    let mut out = String::new();
    let mut at = 0;
    for (index, line) in source.split_inclusive('\n').enumerate() {
        if index == first {
            out.push_str("if True:\n");
        }
        let in_string = strings.iter().any(|string| string.start < at && at < string.end);
        if in_string && index >= first || line.ends_with("\\\n") {
            return None;
        }
        if index >= first && !line.trim().is_empty() {
            out.push_str("    ");
        }
        out.push_str(line);
        at += line.len();
    }
    Some(out)
}

fn with_byte_order_mark(own: &Selection, stage: &Stage, faults: &mut Vec<String>) {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    let bytes = [MARK, stage.file().before.as_bytes()].concat();
    let made = Source::decode(bytes).and_then(|source| {
        let fixed = stage.fixed(own, &source.text, false);
        source.encoding.encode(fixed.text.as_deref().unwrap_or(&source.text)).map(|bytes| bytes.into_owned())
    });
    if made.as_deref() != Ok(&[MARK, stage.file().after.as_bytes()].concat()) {
        faults.push("with a byte order mark: the result is another one".to_owned());
    }
}

/// Each finding silenced on the first of its lines: it is gone, and its line stays.
fn silenced(own: &Selection, stage: &Stage, faults: &mut Vec<String>) {
    let source = &stage.file().before;
    let outline = outline::read(source);
    for finding in stage.found(own, source, false) {
        let end = text::line_end(source, finding.span.start);
        let line = &source[text::line_start(source, end)..end];
        let in_string = outline.strings.iter().any(|string| string.start < end && end < string.end);
        if in_string || line.contains('#') || line.ends_with('\\') || line.contains("f'''") || line.contains("f\"\"\"")
        {
            continue;
        }
        for comment in [
            "# aiofix: ignore",
            "# noqa",
            &format!("# aiofix: ignore[{}]", finding.page),
            &format!("# noqa: {}", finding.code),
        ] {
            let silent = format!("{}  {comment}{}", &source[..end], &source[end..]);
            let row = Lines::of(source).line_at(end);
            let left = stage.found(own, &silent, false);
            if left.iter().any(|left| Lines::of(&silent).line_at(left.span.start) == row) {
                faults.push(format!("silenced by `{comment}` on line {}: it is still found", row + 1));
            }
        }
    }
}

/// Cut at every line end: whatever is left, nothing panics.
fn cut(own: &Selection, stage: &Stage) {
    let before = &stage.file().before;
    for at in memchr::memchr_iter(b'\n', before.as_bytes()) {
        for end in [at, at + 1] {
            stage.fixed(own, &before[..end], false);
        }
    }
}

fn by_region_and_whole(own: &Selection, stage: &Stage, faults: &mut Vec<String>) {
    for text in [&stage.file().before, &stage.file().after] {
        let by_region = stage.found(own, text, false);
        let whole = stage.found(own, text, true);
        if by_region != whole {
            faults.push(format!("found by region {} and whole {}", by_region.len(), whole.len()));
        }
    }
}

fn under_the_whole_catalogue(all: &Selection, stage: &Stage, stage_after: &Stage, faults: &mut Vec<String>) {
    let once = stage.fixed(all, &stage.file().before, false);
    faults.extend(once.bugs.iter().map(|bug| format!("under the whole catalogue: {bug}")));
    let text = once.text.as_deref().unwrap_or(&stage.file().before);
    if stage_after.fixed(all, text, false).text.is_some() {
        faults.push("under the whole catalogue: a second run changes something".to_owned());
    }
}
