//! What changes in a document, and what does not.

use super::*;
use proptest::prelude::*;

const LISTED: &str = "{\r\n \"metadata\": {\"z\": 1, \"a\": [ ]},\n \"cells\": [\n  {\"cell_type\": \"markdown\", \"source\": \"# x\"},\n  \
     {\"source\": [\n    \"import os\\n\",\n    \"f(\\u0022\\u00e9\\/\\\")  \\ud83d\\ude00\\n\",\n    \"g()\"\n   ],\n   \"outputs\": [1.0e5],\n   \
     \"cell_type\": \"code\"}\n ], \"nbformat\":4 }\n\n";

fn changed(document: &str, old: &str, new: &str) -> String {
    let notebook = Notebook::open(document).expect("it is a notebook");
    assert!(notebook.shown.contains(old), "{}", notebook.shown);
    notebook.with(&notebook.shown.replace(old, new)).expect("the cells stay")
}

fn refused(document: &str) -> String {
    match Notebook::open(document) {
        Err(Skip::Notebook(sentence)) => sentence,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_code_cells_are_shown_by_their_numbers() {
    let notebook = Notebook::open(LISTED).expect("it is a notebook");
    assert_eq!(&*notebook.shown, "# %% 2\nimport os\nf(\"é/\")  😀\ng()\n");
    assert_eq!(notebook.with(&notebook.shown).as_deref(), Some(LISTED));
}

#[test]
fn a_changed_line_keeps_the_escapes_of_what_stayed() {
    assert_eq!(changed(LISTED, "f(", "await f("), LISTED.replace("\"f(", "\"await f("));
    assert_eq!(
        changed(LISTED, "g()", "g(\"ü\")\nh()"),
        LISTED.replace("\"g()\"", "\"g(\\\"\\u00fc\\\")\\n\",\n    \"h()\"")
    );
}

#[test]
fn lines_come_and_go_between_the_same_white_space() {
    assert_eq!(changed(LISTED, "import os\n", ""), LISTED.replace("\"import os\\n\",\n    ", ""));
    assert_eq!(
        changed(LISTED, "import os\n", "import os\nimport sys\n"),
        LISTED.replace("\"import os\\n\"", "\"import os\\n\",\n    \"import sys\\n\"")
    );
    assert_eq!(
        changed(LISTED, "import os\nf(\"é/\")  😀\ng()\n", "\n"),
        LISTED.replace(
            &LISTED[LISTED.find("[\n    \"import").expect("it is there")
                ..LISTED.find(",\n   \"outputs").expect("it is there")],
            "[]"
        )
    );
}

#[test]
fn one_string_stays_one_string() {
    let document = "{\"cells\":[{\"cell_type\":\"code\",\"source\":\"a\\u000Ab()\\nc\"}]}";
    assert_eq!(changed(document, "b()", "x\nawait b()"), document.replace("b()", "x\\nawait b()"));
}

#[test]
fn the_third_format_has_worksheets_and_input() {
    let document = "{\"worksheets\":[{\"cells\":[{\"cell_type\":\"heading\",\"source\":\"h\"},{\"cell_type\":\"code\",\"input\":[\"a()\"],\
                    \"language\":\"python\"}]}],\"nbformat\":3}";
    assert_eq!(changed(document, "a()", "await a()"), document.replace("a()", "await a()"));
}

#[test]
fn a_list_of_one_line_shows_how_more_are_set() {
    let document = "{\"cells\":[{\"cell_type\":\"code\",\"source\":[\n  \"a()\"\n ]},{\"cell_type\":\"code\",\"source\":[\"b()\"]}]}";
    let text = changed(document, "a()\n", "x\na()\n");
    assert!(text.contains("[\n  \"x\\n\",\n  \"a()\"\n ]"), "{text}");
    assert!(changed(document, "b()\n", "x\nb()\n").contains("[\"x\\n\", \"b()\"]"));
}

#[test]
fn a_mark_is_none_that_a_cell_has() {
    let document =
        "{\"cells\":[{\"cell_type\":\"code\",\"source\":\"# %% 7\\nx\"},{\"cell_type\":\"code\",\"source\":\"\"}]}";
    let notebook = Notebook::open(document).expect("it is a notebook");
    assert_eq!(&*notebook.shown, "# %%% 1\n# %% 7\nx\n# %%% 2\n\n");
    assert_eq!(notebook.with("# %%% 1\nx\n"), None);
}

#[test]
fn what_is_no_notebook_of_python_is_told() {
    assert!(refused("{\"cells\": [").starts_with("it is not valid JSON: EOF while parsing a list at line 1"));
    assert!(refused("[1]").starts_with("it is not a notebook: invalid type"));
    assert!(refused("{\"nbformat\": 4}").starts_with("it is not a notebook: it has no `cells`"));
    assert!(
        refused("{\"cells\": [], \"metadata\": {\"language_info\": {\"name\": \"R\"}}}")
            .contains("its kernel speaks R")
    );
    let julia = "{\"cells\": [], \"metadata\": {\"kernelspec\": {\"language\": \"julia\", \"name\": \"python\"}}}";
    assert!(refused(julia).contains("its kernel speaks julia"));
    let broken = "{\"cells\": [{\"cell_type\": \"code\", \"source\": [\"\\ud800\"]}]}";
    assert!(refused(broken).starts_with("cell 1 cannot be read"));
    assert!(refused(&broken.replace("[\"\\ud800\"]", "3")).starts_with("cell 1 cannot be read"));
}

#[test]
fn a_cell_that_an_editor_holds_for_another_language_is_none() {
    let document = "{\"cells\":[{\"cell_type\":\"code\",\"source\":\"SELECT 1\",\"metadata\":{\"vscode\":{\"languageId\":\"sql\"}}}]}";
    assert_eq!(&*Notebook::open(document).expect("it is a notebook").shown, "");
}

proptest! {
    /// Whatever the sources are and become, the document means what it should, and means everything else as before.
    #[test]
    fn a_document_means_the_new_sources(
        sources in prop::collection::vec("[ab\"\\\\é😀\t\n]{0,12}", 1..4),
        news in prop::collection::vec("[ab\"\\\\é😀\t\n]{0,12}", 4),
        shape in 0usize..4,
    ) {
        let cell = |source: &String| match shape % 2 {
            0 => serde_json::json!({"cell_type": "code", "source": source, "outputs": []}),
            _ => serde_json::json!({
                "cell_type": "code", "source": source.split_inclusive('\n').collect::<Vec<_>>(), "outputs": [],
            }),
        };
        let notebook = |sources: &[String]| serde_json::json!({"cells": sources.iter().map(cell).collect::<Vec<_>>(), "nbformat": 4});
        let before = notebook(&sources);
        let document = if shape < 2 { before.to_string() } else { serde_json::to_string_pretty(&before).expect("JSON") };
        let opened = Notebook::open(&document).expect("it is a notebook");
        let shown: String =
            news.iter().take(sources.len()).zip(1..).map(|(new, at)| format!("{}{new}\n", outline::marked(&opened.mark, at))).collect();
        let made = opened.with(&shown).expect("the cells stay");
        let meant: serde_json::Value = serde_json::from_str(&made).expect("it stays JSON");
        prop_assert_eq!(meant, notebook(&news[..sources.len()]));
    }
}
