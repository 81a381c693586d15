//! The promises that hold for all built-in pages: each example in every way of playing, enough near misses, outputs that
//! CPython compiles, and a vocabulary without words that nobody uses.

use aiofix::codemod::candidates::Selection;
use aiofix::codemod::operations::OPERATIONS;
use aiofix::codemod::predicates;
use aiofix::codemod::query::Call;
use aiofix::codemod::template::FORMS;
use aiofix::codemod::{Catalogue, Page};
use aiofix::playing::{self, Stage};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// One test a page, so that a failure names its page; a page that is not named here is missed by a test below.
macro_rules! pages {
    ($($test:ident $name:literal,)*) => {
        const PLAYED: &[&str] = &[$($name),*];
        $(#[test]
        fn $test() {
            play($name);
        })*
    };
}

pages! {
    every_example_of_async_dunder_holds_in_all_ways "async-dunder",
    every_example_of_await_in_loop_holds_in_all_ways "await-in-loop",
    every_example_of_await_non_awaitable_holds_in_all_ways "await-non-awaitable",
    every_example_of_blocking_cpu_holds_in_all_ways "blocking-cpu",
    every_example_of_blocking_database_holds_in_all_ways "blocking-database",
    every_example_of_blocking_file_holds_in_all_ways "blocking-file",
    every_example_of_blocking_helper_holds_in_all_ways "blocking-helper",
    every_example_of_blocking_http_holds_in_all_ways "blocking-http",
    every_example_of_blocking_input_holds_in_all_ways "blocking-input",
    every_example_of_blocking_lock_holds_in_all_ways "blocking-lock",
    every_example_of_blocking_path_holds_in_all_ways "blocking-path",
    every_example_of_blocking_process_holds_in_all_ways "blocking-process",
    every_example_of_blocking_sleep_holds_in_all_ways "blocking-sleep",
    every_example_of_blocking_socket_holds_in_all_ways "blocking-socket",
    every_example_of_busy_wait_holds_in_all_ways "busy-wait",
    every_example_of_coroutine_callback_holds_in_all_ways "coroutine-callback",
    every_example_of_coroutine_reuse_holds_in_all_ways "coroutine-reuse",
    every_example_of_dangling_task_holds_in_all_ways "dangling-task",
    every_example_of_debug_mode_holds_in_all_ways "debug-mode",
    every_example_of_forgotten_await_holds_in_all_ways "forgotten-await",
    every_example_of_forgotten_await_value_holds_in_all_ways "forgotten-await-value",
    every_example_of_forgotten_return_await_holds_in_all_ways "forgotten-return-await",
    every_example_of_gather_exceptions_holds_in_all_ways "gather-exceptions",
    every_example_of_ignored_results_holds_in_all_ways "ignored-results",
    every_example_of_instance_resource_holds_in_all_ways "instance-resource",
    every_example_of_manual_lock_holds_in_all_ways "manual-lock",
    every_example_of_nested_loop_hack_holds_in_all_ways "nested-loop-hack",
    every_example_of_nested_run_holds_in_all_ways "nested-run",
    every_example_of_script_or_notebook_holds_in_all_ways "script-or-notebook",
    every_example_of_sequential_awaits_holds_in_all_ways "sequential-awaits",
    every_example_of_session_per_call_holds_in_all_ways "session-per-call",
    every_example_of_single_task_group_holds_in_all_ways "single-task-group",
    every_example_of_starving_loop_holds_in_all_ways "starving-loop",
    every_example_of_swallowed_cancellation_holds_in_all_ways "swallowed-cancellation",
    every_example_of_sync_bridge_holds_in_all_ways "sync-bridge",
    every_example_of_sync_iteration_holds_in_all_ways "sync-iteration",
    every_example_of_thread_lock_across_await_holds_in_all_ways "thread-lock-across-await",
    every_example_of_threadsafe_deadlock_holds_in_all_ways "threadsafe-deadlock",
    every_example_of_unbounded_gather_holds_in_all_ways "unbounded-gather",
    every_example_of_uncalled_coroutine_function_holds_in_all_ways "uncalled-coroutine-function",
    every_example_of_unclosed_generator_holds_in_all_ways "unclosed-generator",
    every_example_of_unclosed_session_holds_in_all_ways "unclosed-session",
    every_example_of_unobserved_task_holds_in_all_ways "unobserved-task",
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn catalogue() -> Catalogue {
    Catalogue::new(&[]).unwrap_or_else(|error| panic!("a built-in page does not load: {error}"))
}

fn page<'c>(catalogue: &'c Catalogue, name: &str) -> &'c Page {
    let found = catalogue.pages.iter().find(|page| &*page.name == name);
    found.unwrap_or_else(|| panic!("`{name}` is not in the catalogue: add it to BUILT_IN in src/codemod/catalogue.rs"))
}

fn play(name: &str) {
    let catalogue = catalogue();
    let page = page(&catalogue, name);
    page.compile_all(&format!("codemods/{name}.md")).unwrap_or_else(|error| panic!("{error}"));
    let mut faults = Vec::new();
    for example in &page.examples {
        for fault in playing::play(&catalogue, name, example) {
            faults.push(format!("codemods/{name}.md:{}: {}: {fault}", example.row, example.name));
        }
    }
    assert!(faults.is_empty(), "`aiofix test codemods/{name}.md` shows the same:\n{}", faults.join("\n"));
}

/// The names of the pages in `codemods/`.
fn files() -> BTreeSet<String> {
    let entries = std::fs::read_dir(root().join("codemods")).expect("codemods is a folder");
    let names = entries.map(|entry| entry.expect("codemods can be read").file_name().to_string_lossy().into_owned());
    let names = names.filter(|name| name != "README.md");
    names.map(|name| name.strip_suffix(".md").unwrap_or_else(|| panic!("codemods/{name} is no page")).into()).collect()
}

#[test]
fn every_page_is_embedded_played_and_in_the_readme() {
    let (catalogue, readme) = (catalogue(), read("README.md"));
    for name in &files() {
        let page = page(&catalogue, name);
        assert_eq!(page.markdown, read(&format!("codemods/{name}.md")), "build again: `{name}` was embedded before");
        assert!(PLAYED.contains(&&**name), "add a line for `{name}` to pages! in tests/pages.rs");
        let row = format!("| `{name}` | {} |", page.code);
        assert!(readme.contains(&row), "add a row `{row} … |` to the table of codemods in README.md");
    }
    assert_eq!(catalogue.pages.len(), files().len(), "a built-in page has no file in codemods/");
}

#[test]
fn there_are_enough_examples_and_half_are_near_misses() {
    let catalogue = catalogue();
    let near_misses = |page: &Page| page.examples.iter().filter(|example| !example.rewrites()).count();
    let counts: Vec<(&str, usize, usize)> =
        catalogue.pages.iter().map(|page| (&*page.name, page.examples.len(), near_misses(page))).collect();
    let examples: usize = counts.iter().map(|(_, examples, _)| examples).sum();
    let near_misses: usize = counts.iter().map(|(_, _, near_misses)| near_misses).sum();
    assert!(examples >= 16 * counts.len(), "sixteen examples a page, of which half must stay: {counts:?}");
    assert!(
        near_misses * 2 >= examples,
        "add code that looks alike and must stay, page, examples, near misses: {counts:?}"
    );
}

#[test]
fn no_two_pages_answer_to_one_name() {
    let catalogue = catalogue();
    let mut owners: BTreeMap<String, &str> = BTreeMap::new();
    for page in &catalogue.pages {
        assert!(page.code.starts_with("AIO") && page.code.len() == 6, "{}: a code is AIO and three digits", page.code);
        for name in [&*page.name, &*page.code].into_iter().chain(page.aliases.iter().map(String::as_str)) {
            if let Some(other) = owners.insert(name.to_ascii_lowercase(), &page.name) {
                panic!("`{name}` means both `{other}` and `{}`: give it to one of them", page.name);
            }
        }
    }
}

/// A text that CPython has to compile: where it is from, and the minor version that it needs.
#[derive(serde::Serialize)]
struct Output {
    place: String,
    minor: u8,
    text: String,
    is_notebook: bool,
}

#[test]
fn python_compiles_every_example_before_and_after() {
    let catalogue = catalogue();
    let all = Selection::new(catalogue.pages.iter().filter(|page| page.is_default).collect());
    let mut outputs = Vec::new();
    for page in &catalogue.pages {
        for example in &page.examples {
            for (at, file) in example.files.iter().enumerate() {
                let minor = file.minor.unwrap_or(10);
                let fixed = Stage::new(example, at).fixed(&all, &file.before, false).text;
                let fixed = fixed.unwrap_or_else(|| file.before.clone());
                for (what, text) in
                    [("before", &file.before), ("after", &file.after), ("after, by the whole catalogue", &fixed)]
                {
                    let place = format!("codemods/{}.md:{}: {}: {what}", page.name, example.row, example.name);
                    let (text, is_notebook) = match file.is_notebook() {
                        true => (aiofix::outline::program(text, "# %%").text, true),
                        false => (text.clone(), false),
                    };
                    outputs.push(Output { place, minor, text, is_notebook });
                }
            }
        }
    }
    let report = compiled(&outputs);
    assert!(report.is_empty(), "CPython does not compile these:\n{report}");
}

/// What `compile` refuses, a line each; code for a newer Python than the one that is installed is left out.
fn compiled(outputs: &[Output]) -> String {
    const SCRIPT: &str = "import ast, json, sys, warnings
warnings.simplefilter('ignore')
for output in json.load(sys.stdin):
    if output['minor'] <= sys.version_info.minor:
        try:
            flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT if output['is_notebook'] else 0
            compile(output['text'], output['place'], 'exec', flags)
        except SyntaxError as error:
            print(output['place'], error, sep=': ')
print('done')
";
    let mut python = Command::new("python3")
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is installed");
    let json = serde_json::to_vec(outputs).expect("texts are JSON");
    python.stdin.take().expect("it was piped").write_all(&json).expect("python3 reads its input");
    let output = python.wait_with_output().expect("python3 ends");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    printed.strip_suffix("done\n").expect("python3 reads all of its input").to_owned()
}

#[test]
fn every_word_of_the_vocabulary_is_used_by_a_page() {
    let catalogue = catalogue();
    let couples = || catalogue.pages.iter().flat_map(|page| &page.couples);
    let mut used: BTreeSet<String> = BTreeSet::new();
    used.extend(couples().flat_map(|couple| &couple.pattern.predicates).map(|Call { name, .. }| name.clone()));
    // What a step shows of itself begins with the name of its operation.
    let steps = couples().flat_map(|couple| &couple.steps).map(|step| format!("{step:?}"));
    used.extend(steps.map(|step| step.split(' ').next().unwrap_or_default().to_owned()));
    let text: String = catalogue.pages.iter().map(|page| page.markdown.as_str()).collect();
    used.extend(FORMS.iter().filter(|(form, _)| is_written(form, &text)).map(|(form, _)| (*form).to_owned()));
    let words = predicates::all().map(|predicate| predicate.name);
    let words =
        words.chain(OPERATIONS.iter().map(|operation| operation.name)).chain(FORMS.iter().map(|(form, _)| *form));
    let unused: Vec<&str> = words.filter(|word| !used.contains(*word)).collect();
    assert!(unused.is_empty(), "no page uses {unused:?}: drop what has no second use");
}

/// Whether a template of this form stands in `text`.
fn is_written(form: &str, text: &str) -> bool {
    match form {
        "${module.symbol}" => text
            .split("${")
            .skip(1)
            .any(|rest| rest.split_once('}').is_some_and(|(inside, _)| inside.contains('.') && !inside.contains(':'))),
        _ => text.contains(&form[..form.find([':', '@']).map_or(form.len(), |at| at + 1)]),
    }
}

#[test]
fn the_vocabulary_is_told_in_sentences() {
    let predicates = predicates::all().map(|predicate| (predicate.name, predicate.usage, predicate.doc));
    let operations = OPERATIONS.iter().map(|operation| (operation.name, operation.usage, operation.doc));
    for (name, usage, doc) in predicates.chain(operations) {
        assert!(usage.contains(name), "the usage of `{name}` shows the word itself");
        assert!(doc.ends_with('.') && doc.starts_with(char::is_uppercase), "`{name}`: its doc is a sentence");
    }
    let names: Vec<&str> = predicates::all().map(|predicate| predicate.name).collect();
    let tables = names.chunk_by(|left, right| left < right).count();
    assert_eq!(tables, 2, "each table of predicates is in order of name");
    let names: Vec<&str> = OPERATIONS.iter().map(|operation| operation.name).collect();
    assert!(names.is_sorted(), "OPERATIONS is in order of name");
}
