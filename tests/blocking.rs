//! What the table of blocking calls promises, entry by entry: the call in a coroutine is found by the page of its family; the
//! same call in a plain function, and what an executor calls, is not. And CPython has what the table says that it has.

use aiofix::codemod::Catalogue;
use aiofix::codemod::candidates::Selection;
use aiofix::codemod::example::{Example, ExampleFile};
use aiofix::driver;
use aiofix::playing::Stage;
use aiofix::project::blocking::{FAMILIES, Family, Offload, blocking};
use aiofix::project::standard::standard;
use std::process::Command;

/// Classes, and functions that give an object of a class without a name, that are spelled in small letters.
const SMALL: [&str; 7] = [
    "boto3.client",
    "boto3.resource",
    "pexpect.spawn",
    "psycopg2.extensions.connection",
    "psycopg2.extensions.cursor",
    "sched.scheduler",
    "socket.socket",
];

/// What only other versions or platforms have than those of Linux and CPython 3.11 to 3.13, and what is an attribute of the
/// objects and not of the name that makes them.
const ELSEWHERE: [&str; 18] = [
    "hashlib.file_digest",
    "msvcrt.getch",
    "msvcrt.getche",
    "msvcrt.getwch",
    "msvcrt.getwche",
    "multiprocessing.Queue.get",
    "pathlib.Path.copy",
    "pathlib.Path.copy_into",
    "pathlib.Path.link_to",
    "pathlib.Path.move",
    "pathlib.Path.move_into",
    "pathlib.Path.walk",
    "selectors.KqueueSelector.select",
    "telnetlib.Telnet",
    "threading.Condition.acquire",
    "threading.Lock.acquire",
    "threading.RLock.acquire",
    "tomllib.load",
];

/// How a program makes the call that a path stands for.
struct Spelling {
    imports: String,
    /// A parameter, or nothing.
    parameter: String,
    function: String,
}

impl Spelling {
    fn of(path: &str) -> Spelling {
        let (of, name) = path.rsplit_once('.').expect("a path has a dot");
        let parts: Vec<&str> = of.split('.').collect();
        let is_class = |end: usize| {
            let last = parts[end].chars().next().is_some_and(char::is_uppercase);
            last && !parts[..=end].join(".").starts_with("PIL.Image") || SMALL.contains(&&*parts[..=end].join("."))
        };
        if of == "builtins" {
            return Spelling { imports: String::new(), parameter: String::new(), function: name.to_owned() };
        }
        let Some(class) = (0..parts.len()).find(|end| *end > 0 && is_class(*end)) else {
            let module = if parts[0] == "sys" { "sys" } else { of };
            return Spelling {
                imports: format!("import {module}\n"),
                parameter: String::new(),
                function: path.to_owned(),
            };
        };
        let (module, rest) = (parts[..class].join("."), &parts[class + 1..]);
        let function = ["it"].iter().chain(rest).chain(&[name]).copied().collect::<Vec<_>>().join(".");
        let whole = parts[..=class].join(".");
        match whole.starts_with("boto3") {
            true => Spelling {
                imports: format!("import {module}\nit = {whole}('name')\n"),
                parameter: String::new(),
                function,
            },
            false => Spelling { imports: format!("import {module}\n"), parameter: format!("it: {whole}"), function },
        }
    }
}

/// The codes of what the pages find in a text.
fn found(selection: &Selection, text: &str) -> Vec<String> {
    let file = ExampleFile {
        path: "app.py".into(),
        before: text.to_owned(),
        after: text.to_owned(),
        ..ExampleFile::default()
    };
    let example = Example { name: "entry".into(), row: 1, files: vec![file] };
    let outcome = Stage::new(&example, 0).with(selection, text, false, driver::check);
    outcome.findings.iter().map(|finding| finding.page.to_string()).collect()
}

#[test]
fn every_entry_is_found_in_a_coroutine_and_nowhere_else() {
    let catalogue = Catalogue::new(&[]).expect("the built-in pages load");
    let pages = catalogue.pages.iter().filter(|page| page.name.starts_with("blocking-"));
    let selection = Selection::new(pages.collect());
    let family_name = |family: Family| FAMILIES.iter().find(|(_, known)| *known == family).expect("it has a name").0;
    let mut wrong = Vec::new();
    let entries = blocking().entries();
    assert!(entries.len() > 500, "{}", entries.len());
    for (path, (family, group)) in entries {
        let Spelling { mut imports, parameter, function } = Spelling::of(path);
        if group.bounded {
            imports += "bounded = queue.Queue(8)\n";
        }
        let wanted = vec![format!("blocking-{}", family_name(family))];
        let program = |definition: &str, statement: &str| {
            format!("import asyncio\n{imports}\n\n{definition} f({parameter}):\n    {statement}\n")
        };
        for (text, wanted) in [
            (program("async def", &format!("return {function}()")), &wanted),
            (program("def", &format!("return {function}()")), &Vec::new()),
            (program("async def", &format!("await asyncio.to_thread({function})")), &Vec::new()),
            (program("async def", &format!("await asyncio.to_thread(lambda: {function}())")), &Vec::new()),
            (program("async def", &format!("await {function}()")), &Vec::new()),
        ] {
            let found = found(&selection, &text);
            // The page of `time.sleep` also mends an `await` of it.
            if found != *wanted && !(path == "time.sleep" && text.contains("await time")) {
                wrong.push(format!("{path}: found {found:?} in\n{text}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn cpython_has_what_the_table_says_of_it() {
    const SCRIPT: &str = "import importlib, sys
for path in sys.argv[1:]:
    parts = path.split('.')
    for end in range(len(parts) - 1, 0, -1):
        try:
            value = importlib.import_module('.'.join(parts[:end]))
        except ImportError:
            continue
        try:
            for part in parts[end:]:
                value = getattr(value, part)
        except AttributeError:
            print(path)
        break
    else:
        print(path)
";
    let is_standard = |path: &&&str| standard().modules.contains(path.split('.').next().unwrap_or_default());
    let entries = blocking().entries();
    let paths: Vec<&str> = entries.keys().filter(is_standard).copied().collect();
    let output = Command::new("python3").args(["-W", "ignore", "-c", SCRIPT]).args(&paths).output();
    let output = output.expect("python3 is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let is_elsewhere = |path: &str| ELSEWHERE.contains(&path) || path.starts_with("telnetlib.");
    let missing: Vec<&str> = printed.lines().filter(|path| !is_elsewhere(path)).collect();
    assert!(missing.is_empty(), "no such thing, or it belongs to ELSEWHERE: {missing:?}");
}

#[test]
fn every_entry_that_is_refused_says_why_and_names_lead_somewhere() {
    for (path, (_, group)) in blocking().entries() {
        let is_refused = matches!(group.offload, Offload::Refused | Offload::Collected);
        assert_eq!(is_refused, group.reason.is_some(), "{path}: a reason is for what is refused");
        assert!(!group.source.is_empty(), "{path}");
        assert_eq!(blocking().public(path), path, "an alias hides the entry");
    }
}
