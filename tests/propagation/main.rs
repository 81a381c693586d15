//! Random projects, made asynchronous from a function that runs an event loop.
//!
//! Each project has functions, methods with overrides, generators, aliases, re-exports, cycles and lambdas over 3 to 20
//! files, with one `asyncio.run` at the bottom, which a coroutine reaches. After the edit it compiles, runs without an
//! error or a coroutine that nobody awaited, and prints what it printed when the same `asyncio.run` had a thread of its own.
//! Some have a callback, a property, a thread, … on the way: then nothing changes, and the lines that are named are those
//! where the generator put one, which it marks.
//!
//! The same projects get twins: then nobody but coroutines changes, the program runs in the same way, and its plain part prints
//! what it printed.
//!
//! The programs of `shapes.md` are written by hand: what people do with functions, each shape by itself.
//!
//! `AIOFIX_PROPAGATION_CASES=500 cargo test --test propagation` looks at more projects than the suite does.

mod projects;
mod python;
mod shapes;

use aiofix::codemod::propagating::{self, Order};
use aiofix::codemod::twinning;
use aiofix::driver::{Read, Sources};
use aiofix::project::layout::ModuleId;
use aiofix::project::linked::{Definition, Project};
use aiofix::project::propagation::{self, FileText, Frontier};
use projects::{MARK, Made};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use python::Python;

/// How many projects the suite looks at.
const CASES: u32 = 48;

/// The files after their edit, or what is in the way; `twin` is whether functions get twins instead.
fn made_asynchronous(
    files: &[(String, String)],
    path: &str,
    function: &str,
    minor: u8,
    twin: bool,
) -> Result<Vec<(String, String)>, Vec<Frontier>> {
    let reads: Vec<Read> = files.iter().map(|(_, text)| Read::of(text.as_str().into())).collect();
    let summaries: Vec<_> =
        files.iter().zip(&reads).map(|((path, _), read)| (path.as_str(), read.summary.clone())).collect();
    let project = Project::of_files(&summaries);
    let texts = reads.into_iter().map(|read| FileText::new(read.text));
    let files_of = texts.map(Some).collect();
    let (beyond, configuration) = (Vec::new(), String::new());
    let texts = Sources { files: files_of, beyond, configuration, keeps: Box::new(|_, _| false) };
    let module = files.iter().position(|(name, _)| name == path).expect("the file is there");
    let entry = &project.entries()[module];
    let block = (0..entry.summary.blocks.len() as u32).find(|block| entry.qualified(*block) == function);
    let definition = Definition { module: ModuleId(module as u32), block: block.expect("the function is there") };
    let order = Order { page: "test".into(), title: String::new(), minor };
    let parts = if twin {
        let spread = propagation::twins(&project, &texts, definition, &[])?;
        twinning::parts(&project, &texts, &spread, &order)?
    } else {
        let spread = propagation::spread(&project, &texts, definition, &[])?;
        propagating::parts(&project, &texts, &spread, &order)?
    };
    let rewritten = propagating::rewritten(&parts, &texts).expect("what is made is proved");
    let mut after = files.to_vec();
    rewritten.into_iter().for_each(|new| after[new.file.0 as usize].1 = new.text);
    Ok(after)
}

/// The fault of the twins in a project, if there is one.
fn fault_of_twins(project: &Made, python: &Python) -> Result<(), String> {
    let (path, function) = &project.bridge;
    let made = made_asynchronous(&project.files, path, function, python.minor(), true);
    let after = made.map_err(|frontiers| format!("no twin: {}", frontiers[0]))?;
    let shown = |fault: &str| {
        let files: String = after.iter().map(|(path, text)| format!("# {path}\n{text}\n")).collect();
        format!("{fault}\n\nwith twins:\n{files}")
    };
    // What no twin reaches runs a loop of its own as before.
    let printed = python.run(&after, project.has_detour);
    if !printed.errors.is_empty() {
        return Err(shown(&printed.errors));
    }
    let expected = python.run(&project.files, true).output;
    if printed.output == expected {
        Ok(())
    } else {
        Err(shown(&format!("expected:\n{expected}printed:\n{}", printed.output)))
    }
}

/// The fault of one project, if it has one.
fn fault(project: &Made, python: &Python) -> Result<(), String> {
    match made_asynchronous(&project.files, &project.bridge.0, &project.bridge.1, python.minor(), false) {
        Err(frontiers) => frontiers.iter().try_for_each(|frontier| {
            let text = project.files.iter().find(|(path, _)| *path == frontier.path).map(|(_, text)| text.as_str());
            let line = text.and_then(|text| text.lines().nth(frontier.row - 1)).unwrap_or_default();
            match line.contains(MARK) {
                true => Ok(()),
                false => Err(format!("refused without need: {frontier}\n    {line}")),
            }
        }),
        Ok(_) if project.has_frontier => Err("nothing was refused".to_owned()),
        Ok(after) => {
            let expected = python.run(&project.files, true);
            let printed = python.run(&after, false);
            if !expected.errors.is_empty() {
                return Err(format!("the project itself is wrong:\n{}", expected.errors));
            }
            if !printed.errors.is_empty() {
                return Err(printed.errors);
            }
            if printed.output != expected.output {
                return Err(format!("expected:\n{}printed:\n{}", expected.output, printed.output));
            }
            Ok(())
        }
    }
}

#[test]
fn a_project_does_what_it_did() {
    let cases = std::env::var("AIOFIX_PROPAGATION_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(CASES);
    let python = Python::start();
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2000, ..Config::default() };
    let counts = std::cell::Cell::new((0, 0));
    let tested = TestRunner::new(config).run(&projects::recipe(), |recipe| {
        let (changed, refused) = counts.get();
        counts.set(match recipe.project().has_frontier {
            true => (changed, refused + 1),
            false => (changed + 1, refused),
        });
        let project = recipe.project();
        fault(&project, &python).and_then(|()| fault_of_twins(&project, &python)).map_err(|fault| {
            let files = &project.files;
            let shown: String = files.iter().map(|(path, text)| format!("# {path}\n{text}\n")).collect();
            TestCaseError::fail(format!("{fault}\n\n{shown}"))
        })
    });
    let (changed, refused) = counts.get();
    println!("{changed} projects were to be changed, {refused} to be refused");
    tested.unwrap_or_else(|error| panic!("{error}"));
    assert!(changed > 0 && refused > 0);
}

#[test]
fn each_shape_turns_or_says_why_not() {
    let python = Python::start();
    for shape in shapes::all() {
        let made = made_asynchronous(&shape.files, &shape.path, &shape.function, python.minor(), false);
        let said = |frontiers: &[Frontier]| frontiers.iter().map(|each| format!("\n    {each}")).collect::<String>();
        match (made, &shape.stays) {
            (Ok(after), None) => {
                let (before, after) = (python.run(&shape.files, true), python.run(&after, false));
                assert_eq!((&*before.errors, &*after.errors), ("", ""), "{}", shape.title);
                assert_eq!(after.output, before.output, "{}", shape.title);
            }
            (Ok(_), Some(reason)) => panic!("{}: it turns, and should not: {reason}", shape.title),
            (Err(frontiers), None) => panic!("{}: refused:{}", shape.title, said(&frontiers)),
            (Err(frontiers), Some(reason)) => {
                let is_told = frontiers.iter().any(|frontier| frontier.reason.contains(reason));
                assert!(is_told, "{}: expected {reason}, found:{}", shape.title, said(&frontiers));
            }
        }
    }
}
