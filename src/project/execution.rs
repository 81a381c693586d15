//! Which function runs a node, and whether an `await` may stand there.
//!
//! A class body runs inline in its function; a lambda, a nested `def` and a generator expression run when somebody else
//! decides; decorators, defaults and base classes run with the statement that holds them.

use crate::project::linked::Entry;
use crate::project::scopes::is_comprehension;
use crate::project::standard::standard;
use crate::project::{Answer, Module, Row};
use crate::syntax::{self, ancestors, descendants, is_async, named_children};
use crate::text;
use tree_sitter::Node;

/// Builtins that consume an iterable whole, and so may be given a list where they got a generator expression. `any` and
/// `all` stop early, which a list does not.
const CONSUMERS: [&str; 9] = ["sum", "list", "tuple", "set", "frozenset", "sorted", "min", "max", "dict"];

/// What cancels a coroutine that takes too long, in asyncio, async-timeout and AnyIO.
const DEADLINES: [&str; 7] =
    ["timeout", "timeout_at", "wait_for", "fail_after", "fail_at", "move_on_after", "move_on_at"];

/// What runs a coroutine function as a program.
const RUNNERS: [&str; 4] = ["run", "run_until_complete", "main", "Runner"];

/// How many functions, each local to the next, an error or a deadline is followed through.
const LOCAL_CALLS: usize = 3;

impl Entry {
    /// Whether it is a file of tests, by its name or those of the packages and the folder around it.
    pub fn is_test(&self) -> bool {
        let folder = self.path.rsplit(['/', '\\']).nth(1);
        folder.is_some_and(is_test) || self.name.split('.').any(is_test)
    }
}

impl Module<'_> {
    /// The function or lambda whose frame evaluates `node`; none at module level.
    pub fn function_of<'a>(&self, node: Node<'a>) -> Option<Node<'a>> {
        let mut inner = node;
        for outer in ancestors(node) {
            if matches!(outer.kind(), "function_definition" | "lambda")
                && outer.child_by_field_name("body") == Some(inner)
            {
                return Some(outer);
            }
            inner = outer;
        }
        None
    }

    /// Whether a function is a test, or stands in a file of tests.
    pub fn stands_in_test(&self, function: Node) -> bool {
        let name = function.child_by_field_name("name").map_or("", |name| self.of(name));
        is_test(name) || self.inference().is_some_and(|(inference, own)| inference.entry(own).is_test())
    }

    /// Why what blocks in the function around a place may have to: a test does it on purpose as often as not, and nobody
    /// else waits for its loop.
    pub fn purposeful_blocking(&self, node: Node) -> Option<&'static str> {
        let function = self.function_of(node)?;
        self.stands_in_test(function).then_some("a test may block on purpose, and nobody else waits for its loop")
    }

    /// Whether the function around a place calls one of the dotted `paths`, before it or behind it.
    pub fn calls_around(&self, node: Node, paths: &[&str]) -> Answer {
        let is_one = |call: Node| {
            let function = call.child_by_field_name("function");
            function.is_some_and(|function| self.resolves_to(function, paths) == Answer::Yes)
        };
        let found = self.function_of(node).and_then(|function| {
            descendants(function).filter(|inner| inner.kind() == "call").find(|call| is_one(*call))
        });
        if found.is_some() { Answer::Yes } else { Answer::No("its function calls nothing of the kind".to_owned()) }
    }

    /// Whether `node` runs inside a coroutine, as part of it.
    pub fn in_coroutine(&self, node: Node) -> Answer {
        self.runs_with(node, Answer::No("it runs at module level".to_owned()))
    }

    /// Whether an event loop runs whenever `node` does, on the same thread: as part of a coroutine, or of the top level of a
    /// notebook.
    pub fn loop_runs(&self, node: Node) -> Answer {
        let top = match self.outline.is_notebook() {
            true => Answer::Yes,
            false => Answer::No("it runs at module level".to_owned()),
        };
        self.runs_with(node, top)
    }

    /// Whether `node` runs inside a coroutine; `top` is the answer where it runs at module level.
    fn runs_with(&self, node: Node, top: Answer) -> Answer {
        if let Some(generator) = self.lazy_generator(node) {
            let row = self.row(generator.start_byte());
            return Answer::No(format!("the generator expression on line {row} runs where it is consumed"));
        }
        if ancestors(node).any(|outer| outer.kind() == "type") {
            return Answer::No("it is part of an annotation".to_owned());
        }
        if self.is_typing_only(node) {
            return Answer::No("it stands under `if TYPE_CHECKING:` and never runs".to_owned());
        }
        match self.function_of(node) {
            Some(function) if function.kind() == "lambda" => {
                Answer::No("a lambda is called by somebody else".to_owned())
            }
            Some(function) if is_async(function) => Answer::Yes,
            Some(function) => {
                let name = function.child_by_field_name("name").map_or("", |name| self.of(name));
                Answer::No(format!("`{name}` is a plain function"))
            }
            None => top,
        }
    }

    /// Whether `node` runs at module level, as part of the program that the file is when it is started itself.
    pub fn under_main_guard(&self, node: Node) -> Answer {
        if self.function_of(node).is_some() {
            return Answer::No("it runs in a function".to_owned());
        }
        let mut inner = node;
        for outer in ancestors(node) {
            let condition = outer.child_by_field_name("condition").filter(|_| outer.kind() == "if_statement");
            if let Some(condition) = condition
                && outer.child_by_field_name("consequence") == Some(inner)
                && text::words(self.of(condition), "__name__").next().is_some()
                && self.of(condition).contains("__main__")
            {
                return Answer::Yes;
            }
            inner = outer;
        }
        Answer::No("it runs whenever the module is imported".to_owned())
    }

    /// Whether a node is part of a program's own entry, or of a test: what fails there ends all.
    pub fn in_program_entry(&self, node: Node) -> Answer {
        let modules = self.outline.imports.iter().map(|import| self.slice(import.module));
        if modules.into_iter().any(|module| matches!(module.split('.').next(), Some("pytest" | "unittest"))) {
            return Answer::Yes;
        }
        let Some(function) = self.function_of(node) else { return Answer::Yes };
        let name_of = |function: Node| function.child_by_field_name("name").map_or("", |name| self.of(name));
        let around = ancestors(function).filter(|outer| outer.kind() == "function_definition");
        if around.into_iter().chain([function]).any(|function| name_of(function).starts_with("test")) {
            return Answer::Yes;
        }
        let name = name_of(function);
        if matches!(name, "main" | "_main" | "amain" | "async_main") {
            return Answer::Yes;
        }
        let is_run = |at: usize| {
            let before = self.text[..at].trim_end();
            let runner =
                before.strip_suffix('(').map(|head| head.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next());
            runner.flatten().is_some_and(|runner| RUNNERS.contains(&runner))
        };
        match text::words(self.text, name).any(is_run) {
            true => Answer::Yes,
            false => Answer::No(format!("nothing shows that `{name}` is run as a program")),
        }
    }

    /// The generator expression that delays `node`, unless a builtin consumes it on the spot.
    fn lazy_generator<'a>(&self, node: Node<'a>) -> Option<Node<'a>> {
        self.generators_around(node).into_iter().find(|generator| !self.is_consumed_at_once(*generator))
    }

    /// The generator expressions that delay `node`, from the inside out, up to its function.
    pub fn generators_around<'a>(&self, node: Node<'a>) -> Vec<Node<'a>> {
        self.comprehensions_around(node).into_iter().filter(|node| node.kind() == "generator_expression").collect()
    }

    /// The comprehensions that evaluate `node` over and over, from the inside out, up to its function. The one of whose
    /// first iterable `node` is part is not among them.
    pub fn comprehensions_around<'a>(&self, node: Node<'a>) -> Vec<Node<'a>> {
        let mut found = Vec::new();
        let (mut inner, mut from_iterable) = (node, false);
        for outer in ancestors(node) {
            if matches!(outer.kind(), "function_definition" | "lambda" | "class_definition") {
                break;
            }
            if is_comprehension(outer) {
                let first = named_children(outer).find(|child| child.kind() == "for_in_clause");
                if !(from_iterable && first == Some(inner)) {
                    found.push(outer);
                }
            }
            from_iterable = outer.kind() == "for_in_clause" && outer.child_by_field_name("right") == Some(inner);
            inner = outer;
        }
        found
    }

    /// The row of the handler that one of the `errors`, raised at `node`, would reach in its own function, or where that one is
    /// local to another, which uses it: `except RuntimeError` or wider, `pytest.raises`, `contextlib.suppress` and their kin.
    pub fn error_handler_around(&self, node: Node, errors: &[&str]) -> Option<Row> {
        let takes = |head: &str| {
            let wider = ["Exception", "BaseException"];
            errors.iter().chain(&wider).any(|name| text::words(head, name).next().is_some())
                || head.trim_end() == "except:"
        };
        self.callers_around(node, LOCAL_CALLS).into_iter().find_map(|outer| {
            let handler = match outer.kind() {
                "try_statement" => named_children(outer)
                    .filter(|part| part.kind().starts_with("except"))
                    .find(|part| takes(text::lines(self.of(*part)).next().unwrap_or_default())),
                "with_statement" => named_children(outer)
                    .find(|part| part.kind() == "with_clause")
                    .filter(|clause| takes(self.of(*clause))),
                _ => None,
            };
            handler.map(|handler| self.row(handler.start_byte()))
        })
    }

    /// The row of the deadline that a coroutine suspended at `node` can miss: `asyncio.timeout`, `asyncio.wait_for` and their
    /// kin, around the node, or around a use of the local function that holds it.
    pub fn deadline_around(&self, node: Node) -> Option<Row> {
        let is_deadline = |call: Node| {
            let function = call.child_by_field_name("function").map_or("", |function| self.of(function));
            DEADLINES.contains(&function.rsplit('.').next().unwrap_or_default())
        };
        self.callers_around(node, LOCAL_CALLS).into_iter().find_map(|outer| {
            let deadline = match outer.kind() {
                "call" => Some(outer).filter(|call| is_deadline(*call)),
                "with_statement" => named_children(outer)
                    .find(|part| part.kind() == "with_clause")
                    .into_iter()
                    .flat_map(named_children)
                    .filter_map(|item| item.child_by_field_name("value"))
                    .map(
                        |value| {
                            if value.kind() == "as_pattern" { value.named_child(0).unwrap_or(value) } else { value }
                        },
                    )
                    .find(|value| value.kind() == "call" && is_deadline(*value)),
                _ => None,
            };
            deadline.map(|deadline| self.row(deadline.start_byte()))
        })
    }

    /// The statements in whose body `node` runs and the calls of whose arguments it is part, from the inside out: in its own
    /// function, and where that one is local to another, around each use of its name there, over `steps` functions.
    fn callers_around<'a>(&self, node: Node<'a>, steps: usize) -> Vec<Node<'a>> {
        let function = self.function_of(node);
        let mut found = Vec::new();
        let mut inner = node;
        for outer in ancestors(node).take_while(|outer| Some(*outer) != function) {
            let runs = match outer.kind() {
                "call" => outer.child_by_field_name("arguments") == Some(inner),
                _ => outer.child_by_field_name("body") == Some(inner),
            };
            if runs {
                found.push(outer);
            }
            inner = outer;
        }
        let name = function.and_then(|function| function.child_by_field_name("name")).map(|name| self.of(name));
        let around = function.and_then(|function| self.function_of(function));
        if let (Some(function), Some(name), Some(around), true) = (function, name, around, steps > 0) {
            let uses = self.reads(around, name).into_iter();
            let uses = uses.filter(|used| !function.byte_range().contains(&used.start_byte()));
            found.extend(uses.flat_map(|used| self.callers_around(used, steps - 1)));
        }
        found
    }

    /// Whether a generator expression is the sole argument of a builtin, or of `str.join`, that takes all of it at once.
    pub fn is_consumed_at_once(&self, generator: Node) -> bool {
        let Some(call) = generator.parent().filter(|parent| parent.kind() == "call") else { return false };
        let Some(function) = call.child_by_field_name("function") else { return false };
        match function.kind() {
            "identifier" => self.resolves_to(function, &CONSUMERS) == Answer::Yes,
            "attribute" => {
                function.child_by_field_name("object").is_some_and(|object| object.kind() == "string")
                    && function.child_by_field_name("attribute").is_some_and(|name| self.of(name) == "join")
            }
            _ => false,
        }
    }

    /// Whether the callable `node` is handed to something that runs it in another thread or process.
    pub fn is_handed_to_thread(&self, node: Node) -> bool {
        ancestors(node).take_while(|outer| outer.kind() != "block").filter(|outer| outer.kind() == "call").any(|call| {
            let Some(function) = call.child_by_field_name("function") else { return false };
            !syntax::span(function).encloses(syntax::span(node))
                && standard().threads.receivers.contains(self.called_name(call))
        })
    }

    /// Why no `await` may stand at `node`, as far as the generator expressions around it are not concerned.
    pub fn await_refusal(&self, node: Node, minor: u8) -> Option<String> {
        self.await_refusal_among(node, minor, &|function| is_async(function))
    }

    /// The same where other functions are coroutine functions, or are going to be.
    pub fn await_refusal_among(&self, node: Node, minor: u8, is_coroutine: &dyn Fn(Node) -> bool) -> Option<String> {
        let mut inner = node;
        let mut in_arguments = false;
        for outer in ancestors(node) {
            let is_body = outer.child_by_field_name("body") == Some(inner);
            match outer.kind() {
                "argument_list" => in_arguments = true,
                "decorator" if minor < 9 && !in_arguments => {
                    return Some("a decorator that is no dotted name needs Python 3.9 (PEP 614)".to_owned());
                }
                "lambda" if is_body => return Some("`await` cannot stand in a lambda".to_owned()),
                "class_definition" if is_body => return Some("`await` cannot stand in a class body".to_owned()),
                "type" | "type_alias_statement" | "type_parameter" => {
                    return Some("`await` cannot stand in an annotation".to_owned());
                }
                "interpolation" if children_hold(outer, "=") => {
                    return Some("an f-string with `=` prints the source of its expression".to_owned());
                }
                "function_definition" if is_body => {
                    return (!is_coroutine(outer)).then(|| "the function around it is a plain `def`".to_owned());
                }
                _ if is_comprehension(outer) && minor < 11 && self.is_nested_comprehension(node, outer) => {
                    let reason = "an asynchronous comprehension inside another needs Python 3.11 (PEP 530, bpo-33346)";
                    return Some(reason.to_owned());
                }
                _ => {}
            }
            inner = outer;
        }
        match self.outline.cell_at(node.start_byte()) {
            Some(cell) => cell.refusal.clone(),
            None => Some("`await` needs a coroutine around it".to_owned()),
        }
    }

    /// Whether `node` makes comprehension `outer` asynchronous, and `outer` lies in another that is not.
    fn is_nested_comprehension(&self, node: Node, outer: Node) -> bool {
        self.comprehensions_around(node).contains(&outer) && !self.comprehensions_around(outer).is_empty()
    }
}

fn children_hold(node: Node, token: &str) -> bool {
    syntax::children(node).any(|child| child.kind() == token)
}

/// Whether a name is that of a test, of a file of tests or of a folder of such.
fn is_test(name: &str) -> bool {
    matches!(name, "test" | "tests" | "conftest") || name.starts_with("test_") || name.ends_with("_test")
}
