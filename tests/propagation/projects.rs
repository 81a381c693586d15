//! Random projects: a chain of definitions above one bridge, spread over files.
//!
//! A [`Recipe`] is small numbers, so that a failing one shrinks; [`Recipe::project`] reads them as Python. Each step defines
//! something that calls steps before it, and perhaps one behind it. Every call gives its callee one less, so that cycles end.

use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The comment behind a line that cannot be crossed.
pub const MARK: &str = "# frontier";

#[derive(Clone, Debug)]
pub struct Recipe {
    steps: Vec<Step>,
    files: usize,
    loop_by_hand: bool,
    /// Whether anything that cannot be crossed is there at all.
    with_frontiers: bool,
}

#[derive(Clone, Debug)]
struct Step {
    form: Form,
    file: usize,
    calls: Vec<(usize, Style, Import)>,
    /// A call of a step behind this one.
    back: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Function,
    Nested,
    Method,
    Static,
    ClassMethod,
    /// A method that a class inherits, and that another class overrides with `super()`.
    Overridden,
    Abstract,
    Generator,
    Coroutine,
    Property,
    Dunder,
    /// A wrapper adds to what it gives.
    Decorated,
    /// The same decorator for all of them.
    Shared,
    /// A wrapper gives on what it gives.
    Passing,
    /// A decorator keeps it in a list.
    Registered,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Plain,
    Attribute,
    Subscript,
    List,
    Set,
    Dictionary,
    Sum,
    Format,
    Choice,
    Condition,
    Lambda,
    Keyword,
    Walrus,
    Twice,
    Key,
    Partial,
    Stored,
    Thread,
    ByName,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Import {
    From,
    Alias,
    Module,
    Local,
    Export,
}

/// What a recipe makes.
pub struct Made {
    pub files: Vec<(String, String)>,
    /// The file and the name of the function with the bridge.
    pub bridge: (String, String),
    /// Whether something on the way up from the bridge cannot be crossed.
    pub has_frontier: bool,
    /// Whether something there gets no twin, so that a coroutine still calls what is plain.
    pub has_detour: bool,
}

const FORMS: &[Form] = &[
    Form::Function,
    Form::Function,
    Form::Nested,
    Form::Method,
    Form::Static,
    Form::ClassMethod,
    Form::Overridden,
    Form::Abstract,
    Form::Generator,
    Form::Coroutine,
    Form::Property,
    Form::Dunder,
    Form::Decorated,
    Form::Shared,
    Form::Shared,
    Form::Passing,
    Form::Registered,
];

const STYLES: &[Style] = &[
    Style::Plain,
    Style::Attribute,
    Style::Subscript,
    Style::List,
    Style::Set,
    Style::Dictionary,
    Style::Sum,
    Style::Format,
    Style::Choice,
    Style::Condition,
    Style::Lambda,
    Style::Keyword,
    Style::Walrus,
    Style::Twice,
    Style::Key,
    Style::Partial,
    Style::Stored,
    Style::Thread,
    Style::ByName,
];

const IMPORTS: &[Import] = &[Import::From, Import::Alias, Import::Module, Import::Local, Import::Export];

pub fn recipe() -> impl Strategy<Value = Recipe> {
    let call = (0..100usize, select(STYLES), select(IMPORTS));
    let step = (select(FORMS), 0..100usize, proptest::collection::vec(call, 1..3), proptest::option::of(0..100usize));
    let step = step.prop_map(|(form, file, calls, back)| Step { form, file, calls, back });
    let all = (proptest::collection::vec(step, 1..9), 3..=20usize, any::<bool>(), proptest::bool::weighted(0.35));
    all.prop_map(|(steps, files, loop_by_hand, with_frontiers)| Recipe { steps, files, loop_by_hand, with_frontiers })
}

/// A recipe with all numbers read as what they stand for.
struct Plan {
    steps: Vec<Planned>,
    files: usize,
}

struct Planned {
    form: Form,
    file: usize,
    calls: Vec<(usize, Style, Import)>,
}

impl Recipe {
    fn plan(&self) -> Plan {
        let files = self.files - 2;
        let mut steps = vec![Planned { form: Form::Function, file: 0, calls: Vec::new() }];
        for (at, step) in self.steps.iter().enumerate() {
            let own = at + 1;
            let form = match step.form {
                Form::Property | Form::Dunder | Form::Registered if !self.with_frontiers => Form::Function,
                form => form,
            };
            let calls = step.calls.iter().enumerate().map(|(nth, (callee, style, import))| {
                // The way down to the bridge is never lost.
                let callee = if nth == 0 { own - 1 - callee % own.min(2) } else { callee % own };
                let crosses =
                    !matches!(style, Style::Key | Style::Partial | Style::Stored | Style::Thread | Style::ByName);
                let style = if crosses || self.with_frontiers { *style } else { Style::Plain };
                (callee, style, *import)
            });
            let mut calls: Vec<_> = calls.collect();
            let count = self.steps.len() + 1;
            calls.extend(step.back.map(|back| (own + back % (count - own), Style::Plain, Import::Local)));
            steps.push(Planned { form, file: step.file % files, calls });
        }
        // What is called asynchronously already, or iterated, or by a protocol of Python, is called in one way.
        let forms: Vec<Form> = steps.iter().map(|step| step.form).collect();
        for step in &mut steps {
            let own = step.form;
            step.calls.retain(|(callee, ..)| forms[*callee] != Form::Coroutine || own == Form::Coroutine);
            for (callee, style, _) in &mut step.calls {
                if matches!(forms[*callee], Form::Generator | Form::Property | Form::Coroutine) {
                    *style = Style::Plain;
                }
            }
        }
        Plan { steps, files }
    }

    pub fn project(&self) -> Made {
        let plan = self.plan();
        let mut texts: Vec<File> = (0..plan.files).map(|_| File::default()).collect();
        for (at, step) in plan.steps.iter().enumerate() {
            let body = match at {
                0 => self.bridge(),
                _ => plan.define(at, &mut texts[step.file]),
            };
            texts[step.file].body.push_str(&body);
        }
        let mut files: Vec<(String, String)> = vec![("pkg/__init__.py".to_owned(), String::new())];
        files.extend(texts.iter().enumerate().map(|(at, file)| (format!("pkg/m{at}.py"), file.text())));
        files.push(("api.py".to_owned(), plan.exports()));
        files.push(("main.py".to_owned(), plan.main()));
        Made {
            files,
            bridge: ("pkg/m0.py".to_owned(), "f0".to_owned()),
            has_frontier: plan.has_frontier(),
            has_detour: plan.has_frontier() || plan.has_detour(),
        }
    }

    fn bridge(&self) -> String {
        let run = match self.loop_by_hand {
            false => "    return asyncio.run(work(n))\n",
            true => {
                "    loop = asyncio.new_event_loop()\n    try:\n        return loop.run_until_complete(work(n))\n    finally:\n        loop.close()\n"
            }
        };
        format!(
            "async def work(n):\n    await asyncio.sleep(0)\n    print('work', n)\n    return n + 1\n\n\ndef noted(function):\n    @functools.wraps(function)\n    def wrapper(*arguments):\n        try:\n            result = function(*arguments)\n        finally:\n            print('noted', function.__name__)\n        return result\n    return wrapper\n\n\ndef f0(n):\n{run}\n\n"
        )
    }
}

/// One file in the making.
#[derive(Default)]
struct File {
    imports: BTreeSet<String>,
    body: String,
}

impl File {
    fn text(&self) -> String {
        let imports: String = self.imports.iter().map(|line| format!("{line}\n")).collect();
        format!("import asyncio\nimport functools\nimport threading\n{imports}\n\n{}", self.body)
    }
}

impl Plan {
    /// What a step is called by: its function, or its class.
    fn name(&self, at: usize) -> String {
        match self.steps[at].form {
            Form::Property
            | Form::Dunder
            | Form::Method
            | Form::Static
            | Form::ClassMethod
            | Form::Overridden
            | Form::Abstract => format!("C{at}"),
            _ => format!("f{at}"),
        }
    }

    /// Everything above a step that does what it does, itself included.
    fn above(&self) -> BTreeSet<usize> {
        let mut reached = BTreeSet::from([0]);
        loop {
            // A wrapper that turns takes all that is decorated along.
            let is_shared = reached.iter().any(|at| self.steps[*at].form == Form::Shared);
            let next = self.steps.iter().enumerate().filter(|(at, step)| {
                let calls = || step.calls.iter().any(|(callee, ..)| reached.contains(callee));
                !reached.contains(at)
                    && step.form != Form::Coroutine
                    && (is_shared && step.form == Form::Shared || calls())
            });
            let next: Vec<usize> = next.map(|(at, _)| at).collect();
            if next.is_empty() {
                return reached;
            }
            reached.extend(next);
        }
    }

    fn has_frontier(&self) -> bool {
        let above = self.above();
        self.steps.iter().enumerate().any(|(at, step)| {
            let is_odd = matches!(step.form, Form::Property | Form::Dunder | Form::Registered);
            let hands_on = |(callee, style, _): &(usize, Style, Import)| {
                let crosses =
                    !matches!(style, Style::Key | Style::Partial | Style::Stored | Style::Thread | Style::ByName);
                !crosses && above.contains(callee)
            };
            is_odd && above.contains(&at) || step.calls.iter().any(hands_on)
        })
    }

    fn has_detour(&self) -> bool {
        let above = self.above();
        let no_twin = [Form::Nested, Form::Decorated, Form::Shared];
        self.steps.iter().enumerate().any(|(at, step)| {
            let hides = |(callee, style, _): &(usize, Style, Import)| *style == Style::Lambda && above.contains(callee);
            no_twin.contains(&step.form) && above.contains(&at) || step.calls.iter().any(hides)
        })
    }

    /// How step `at` spells step `callee`: the name, the line of a local import, and what the file has to import.
    fn spelled(&self, at: usize, callee: usize, import: Import, file: &mut File) -> (String, String) {
        let name = self.name(callee);
        let (own, other) = (self.steps[at].file, self.steps[callee].file);
        if own == other {
            return (name, String::new());
        }
        match import {
            Import::From if other < own => {
                file.imports.insert(format!("from pkg.m{other} import {name}"));
                (name, String::new())
            }
            Import::Alias if other < own => {
                file.imports.insert(format!("from .m{other} import {name} as other_{name}"));
                (format!("other_{name}"), String::new())
            }
            Import::Module if other < own => {
                file.imports.insert(format!("import pkg.m{other}"));
                (format!("pkg.m{other}.{name}"), String::new())
            }
            Import::Module | Import::Alias => {
                (format!("near{other}.{name}"), format!("    from pkg import m{other} as near{other}\n"))
            }
            Import::Export => (format!("api_{name}"), format!("    from api import {name} as api_{name}\n")),
            Import::Local | Import::From => {
                (format!("near_{name}"), format!("    from pkg.m{other} import {name} as near_{name}\n"))
            }
        }
    }

    /// The lines before a call, what is called, and its result as an expression, of the callee with `n - 1`.
    fn call(&self, at: usize, callee: usize, import: Import, file: &mut File) -> (String, String) {
        let (name, before) = self.spelled(at, callee, import, file);
        let function = match self.steps[callee].form {
            Form::Static | Form::ClassMethod => format!("{name}.act{callee}"),
            Form::Method | Form::Overridden | Form::Abstract => format!("{name}().act{callee}"),
            Form::Property => return (before, format!("{name}(n - 1).value")),
            Form::Dunder => format!("{name}()"),
            _ => name,
        };
        (before, function)
    }

    /// The lines of step `at` that call its `nth` callee and add what it gives to `total`.
    fn lines(&self, at: usize, nth: usize, file: &mut File) -> String {
        let (callee, style, import) = self.steps[at].calls[nth];
        let (mut out, function) = self.call(at, callee, import, file);
        match self.steps[callee].form {
            Form::Property => {
                let _ = writeln!(out, "    total += {function}");
                return out;
            }
            Form::Coroutine => {
                let _ = writeln!(out, "    total += await {function}(n - 1)");
                return out;
            }
            Form::Generator => {
                let lines = match (callee + nth) % 5 {
                    0 => format!("    for item in {function}(n - 1):\n        total += item\n"),
                    1 => format!("    total += sum({function}(n - 1))\n"),
                    2 => format!("    total += len(list({function}(n - 1)))\n"),
                    3 => format!("    total += sum([item + 1 for item in {function}(n - 1)])\n"),
                    _ => format!("    total += next({function}(n - 1), 0)\n"),
                };
                out.push_str(&lines);
                return out;
            }
            _ => {}
        }
        let method = function.rsplit('.').next().unwrap_or_default();
        let is_call = self.steps[callee].form == Form::Dunder;
        let lines = match style {
            Style::Plain => format!("    total += {function}(n - 1)\n"),
            Style::Attribute => format!("    total += {function}(n - 1).bit_length()\n"),
            Style::Subscript => format!("    total += [1, 2, 3][{function}(n - 1) % 3]\n"),
            Style::List => format!("    total += sum([{function}(n - 1) + k for k in range(2)])\n"),
            Style::Set => format!("    total += len({{{function}(n - 1) for k in range(2) if {function}(n - 1)}})\n"),
            Style::Dictionary => format!("    total += {{k: {function}(n - 1) for k in range(2)}}[1]\n"),
            Style::Sum => format!("    total += sum({function}(n - 1) for k in range(2))\n"),
            Style::Format => format!("    total += len(f'{{{function}(n - 1)!r:>4}}')\n"),
            Style::Choice => format!("    total += {function}(n - 1) if n % 2 else -{function}(n - 1) ** 2\n"),
            Style::Condition => {
                format!("    if not {function}(n - 1) > 2 and {function}(n - 1):\n        total += 1\n")
            }
            Style::Lambda => format!("    g{nth} = lambda m: {function}(m - 1)\n    total += g{nth}(n) + g{nth}(n)\n"),
            Style::Keyword => format!("    total += int('12', base=3 + {function}(n - 1) % 5)\n"),
            Style::Walrus => format!("    if (more{nth} := {function}(n - 1)) > 1:\n        total += more{nth}\n"),
            Style::Twice => format!("    total += {function}({function}(n - 1) % 2)\n"),
            _ if is_call => format!("    total += {function}(n - 1)\n"),
            Style::Key => format!("    total += sorted([n - 1, n - 1], key={function})[0]  {MARK}\n"),
            Style::Partial => format!("    total += functools.partial({function}, n - 1)()  {MARK}\n"),
            Style::Stored => {
                format!("    table{nth} = {{'f': {function}}}  {MARK}\n    total += table{nth}['f'](n - 1)\n")
            }
            Style::Thread => format!(
                "    thread{nth} = threading.Thread(target={function}, args=(n - 1,))  {MARK}\n    thread{nth}.start()\n    thread{nth}.join()\n"
            ),
            Style::ByName => match function.rsplit_once('.') {
                Some((object, _)) => format!("    total += getattr({object}, '{method}')(n - 1)  {MARK}\n"),
                None => format!("    table{nth} = [{function}]  {MARK}\n    total += table{nth}[0](n - 1)\n"),
            },
        };
        out.push_str(&lines);
        out
    }

    fn define(&self, at: usize, file: &mut File) -> String {
        let step = &self.steps[at];
        let calls: String = (0..step.calls.len()).map(|nth| self.lines(at, nth, file)).collect();
        let start = |stop: &str| format!("    print('f{at}', n)\n    if n <= 0:\n        {stop}\n    total = {at}\n");
        let body = format!("{}{calls}    return total\n", start("return 1"));
        let deep = indented(&body);
        match step.form {
            Form::Function => format!("def f{at}(n):\n{body}\n\n"),
            Form::Coroutine => format!("async def f{at}(n):\n{body}\n\n"),
            Form::Decorated => format!(
                "def traced{at}(function):\n    @functools.wraps(function)\n    def wrapper(*arguments):\n        return function(*arguments) + 1\n    return wrapper\n\n\n@traced{at}\ndef f{at}(n):\n{body}\n\n"
            ),
            Form::Passing => format!(
                "def named{at}(name):\n    def decorator(function):\n        def wrapper(*arguments):\n            print(name)\n            return function(*arguments)\n        return wrapper\n    return decorator\n\n\n@named{at}('passing')\ndef f{at}(n):\n{body}\n\n"
            ),
            Form::Registered => format!(
                "kept{at} = []\n\n\ndef keep{at}(function):\n    kept{at}.append(function)  {MARK}\n    return function\n\n\n@keep{at}\ndef f{at}(n):\n{body}\n\n"
            ),
            Form::Shared => {
                let decorator = if step.file == 0 { "noted" } else { "shared.noted" };
                if step.file > 0 {
                    file.imports.insert("import pkg.m0 as shared".to_owned());
                }
                format!("@{decorator}\ndef f{at}(n):\n{body}\n\n")
            }
            Form::Nested => format!("def f{at}(n):\n    def inner(n):\n{deep}\n    return inner(n) + inner(0)\n\n\n"),
            Form::Generator => {
                let body = format!("{}{calls}    yield total\n    yield {at}\n", start("return"));
                format!("def f{at}(n):\n{body}\n\n")
            }
            Form::Method => format!("class C{at}:\n    def act{at}(self, n):\n{deep}\n\n"),
            Form::Static => format!("class C{at}:\n    @staticmethod\n    def act{at}(n):\n{deep}\n\n"),
            Form::ClassMethod => format!("class C{at}:\n    @classmethod\n    def act{at}(cls, n):\n{deep}\n\n"),
            Form::Overridden => format!(
                "class B{at}:\n    def act{at}(self, n):\n{deep}\n    def twice(self, n):\n        return self.act{at}(n) + self.act{at}(0)\n\n\nclass C{at}(B{at}):\n    def act{at}(self, n):\n        return super().act{at}(n) + 1\n\n\n"
            ),
            Form::Abstract => format!(
                "class B{at}:\n    def act{at}(self, n):\n        raise NotImplementedError\n\n    def both(self, n):\n        return self.act{at}(n)\n\n\nclass C{at}(B{at}):\n    def act{at}(self, n):\n{deep}\n\nclass D{at}(B{at}):\n    def act{at}(self, n):\n{deep}\n\n"
            ),
            Form::Property => format!(
                "class C{at}:\n    def __init__(self, n):\n        self.n = n\n\n    @property\n    def value(self):  {MARK}\n        n = self.n\n{deep}\n\n"
            ),
            Form::Dunder => format!("class C{at}:\n    def __call__(self, n):  {MARK}\n{deep}\n\n"),
        }
    }

    fn exports(&self) -> String {
        (0..self.steps.len())
            .map(|at| format!("from pkg.m{} import {}\n", self.steps[at].file, self.name(at)))
            .collect()
    }

    /// The program: a coroutine calls the last steps, and so does the module itself, outside of any loop.
    fn main(&self) -> String {
        let mut out = "import asyncio\n\nimport api\n\n\nasync def main(n):\n    total = 0\n".to_owned();
        let last = self.steps.len();
        for at in last.saturating_sub(3)..last {
            out.push_str(&self.entry(at, true));
        }
        out.push_str("    print('total', total)\n\n\ndef plain(n):\n    total = 0\n");
        out.push_str(&self.entry(last - 1, false));
        out.push_str(
            "    return total\n\n\nif __name__ == '__main__':\n    asyncio.run(main(4))\n    print(plain(2))\n",
        );
        out
    }

    fn entry(&self, at: usize, in_coroutine: bool) -> String {
        let name = format!("api.{}", self.name(at));
        let call = match self.steps[at].form {
            Form::Static | Form::ClassMethod => format!("{name}.act{at}(n)"),
            Form::Method | Form::Abstract => format!("{name}().act{at}(n)"),
            Form::Overridden => format!("{name}().twice(n)"),
            Form::Property => format!("{name}(n).value"),
            Form::Dunder => format!("{name}()(n)"),
            Form::Generator => format!("sum({name}(n))"),
            Form::Coroutine if in_coroutine => format!("await {name}(n)"),
            Form::Coroutine => return "    total += 1\n".to_owned(),
            _ => format!("{name}(n)"),
        };
        format!("    total += {call}\n")
    }
}

/// The lines of a body, one level deeper.
fn indented(body: &str) -> String {
    body.lines().map(|line| format!("    {line}\n")).collect()
}
