//! The programs of `shapes.md`: of each, a function and whether it turns.

/// One program.
pub struct Shape {
    pub title: String,
    pub path: String,
    pub function: String,
    /// A part of the reason why it stays plain; none where it turns.
    pub stays: Option<String>,
    /// By path, with their texts.
    pub files: Vec<(String, String)>,
}

/// All programs, in their order.
pub fn all() -> Vec<Shape> {
    let sections = include_str!("shapes.md").split("\n## ").skip(1);
    sections.map(read).collect()
}

fn read(section: &str) -> Shape {
    let (title, rest) = section.split_once('\n').expect("a heading has something under it");
    let line = rest.lines().find(|line| line.starts_with('`')).expect("a line says which function turns");
    let (named, verdict) = line[1..].split_once("` ").expect("the function stands in backquotes");
    let (path, function) = named.split_once(':').expect("a file and a function");
    let stays = verdict.strip_prefix("stays: ").map(str::to_owned);
    assert!(stays.is_some() || verdict == "turns", "{title}: expected `turns` or `stays: …`, found `{verdict}`");
    let files = rest.split("```python ").skip(1).map(|fence| {
        let (path, text) = fence.split_once('\n').expect("a fence names its file");
        (path.to_owned(), text.split("```").next().unwrap_or_default().to_owned())
    });
    let (path, function) = (path.to_owned(), function.to_owned());
    Shape { title: title.to_owned(), path, function, stays, files: files.collect() }
}
