//! The operations: what an edit plan can order.
//!
//! Each is one plain function from a match to edits, or to the reason why it declines, with a sentence of documentation,
//! in one table that also prints `aiofix vocabulary`. An operation knows Python's grammar and no page.

use crate::codemod::matching::Sight;
use crate::codemod::planning::Draft;
use crate::codemod::template::Template;
use crate::codemod::{
    asynchronous, concurrent, enclosing, exchanging, extracting, gathering, grouping, handling, offloading, pacing,
    propagating, replacing, statements, swapping, unasync,
};
use crate::plan::Edit;
use crate::spelling;
use crate::syntax;
use crate::text;
use tree_sitter::Node;

/// One entry of the vocabulary.
pub struct Operation {
    pub name: &'static str,
    /// How it is written, for people.
    pub usage: &'static str,
    /// One sentence.
    pub doc: &'static str,
    arguments: &'static [(&'static str, Kind)],
    run: fn(&Sight, &Step, &mut Draft) -> Result<(), String>,
}

/// What the value of an argument is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Capture,
    /// A capture that may be left out.
    OptionalCapture,
    Template,
    Templates,
    /// Templates that may be left out.
    OptionalTemplates,
    Names,
    /// Names that may be left out.
    OptionalNames,
}

/// All operations, by name.
pub const OPERATIONS: &[Operation] = &[
    Operation {
        name: "async",
        usage: "{ async = \"@statement\" }",
        doc: "Puts `async` before a `for`, a `with` or a clause of a comprehension. Declines where no `await` may stand, and where a `with` enters something else beside.",
        arguments: &[("async", Kind::Capture)],
        run: asynchronous::make_async,
    },
    Operation {
        name: "await",
        usage: "{ await = \"@call\" } or { await = \"@call\", of = \"@argument\" }",
        doc: "Puts `await` before the call, or `await` and the argument where a call stood that could only raise, with the parentheses that precedence needs. Declines where no `await` may stand.",
        arguments: &[("await", Kind::Capture), ("of", Kind::OptionalCapture)],
        run: put_await,
    },
    Operation {
        name: "call",
        usage: "{ call = \"@function\" }",
        doc: "Puts `()` behind a function that is not called. Declines where it is not known to need no argument.",
        arguments: &[("call", Kind::Capture)],
        run: asynchronous::call,
    },
    Operation {
        name: "call-directly",
        usage: "{ call-directly = \"@function\", of = \"@call\" }",
        doc: "Replaces a call that would call one of its arguments by that very call, with the arguments behind it.",
        arguments: &[("call-directly", Kind::Capture), ("of", Kind::Capture)],
        run: asynchronous::call_directly,
    },
    Operation {
        name: "call-instead",
        usage: "{ call-instead = \"@call\", with = \"${helper:run}\", keeps = [\"0\", \"check\", …] }, with `adds = [\"check=True\"]` for arguments of its own",
        doc: "Calls something else with the same arguments. Declines where there are others than those of these positions and names.",
        arguments: &[
            ("call-instead", Kind::Capture),
            ("with", Kind::Template),
            ("keeps", Kind::Names),
            ("adds", Kind::OptionalTemplates),
        ],
        run: replacing::call_instead,
    },
    Operation {
        name: "collect",
        usage: "{ collect = \"@iterable\", in = \"[{}]\" } or { collect = \"@iterable\", in = \"[{}]\", of = \"@call\" }",
        doc: "Puts an asynchronous comprehension in the brackets around an iterable, or in the place of a call that takes it. Declines where no `await` may stand.",
        arguments: &[("collect", Kind::Capture), ("in", Kind::Template), ("of", Kind::OptionalCapture)],
        run: asynchronous::collect,
    },
    Operation {
        name: "concurrent",
        usage: "{ concurrent = \"@statement\" }",
        doc: "Makes the run of independent awaits that begins with the statement wait side by side: in a `TaskGroup` from Python 3.11 on where nobody expects an exception, else in `asyncio.gather`.",
        arguments: &[("concurrent", Kind::Capture)],
        run: concurrent::concurrent,
    },
    Operation {
        name: "drop-await",
        usage: "{ drop-await = \"@await\" }",
        doc: "Takes `await` away from its operand.",
        arguments: &[("drop-await", Kind::Capture)],
        run: asynchronous::drop_await,
    },
    Operation {
        name: "enclose",
        usage: "{ enclose = \"@statement\", in = \"async with {@manager}:\" }",
        doc: "Puts a statement below a header. String contents keep their bytes. Declines where a step before it replaces several lines.",
        arguments: &[("enclose", Kind::Capture), ("in", Kind::Template)],
        run: enclosing::enclose,
    },
    Operation {
        name: "enclose-rest",
        usage: "{ enclose-rest = \"@statement\", in = \"async with {@call} as {@name}:\", closed-by = [\"close\"] }, with `of` for what the statement does not assign",
        doc: "Replaces the statement by a header and indents the rest of its block below; a hand-written close at the block's own level, or in the `finally` of a `try` there, is absorbed. What is entered first in an `async with` joins its items, and what would lie deep is entered by an `AsyncExitStack`. String contents keep their bytes.",
        arguments: &[
            ("enclose-rest", Kind::Capture),
            ("of", Kind::OptionalCapture),
            ("in", Kind::Template),
            ("closed-by", Kind::Names),
        ],
        run: enclosing::enclose_rest,
    },
    Operation {
        name: "exchange",
        usage: "{ exchange = \"@queue\", with = \"${asyncio.Queue}\", awaits = [\"get()\", \"put(_)\"], calls = [\"qsize()\"], takes = [\"maxsize\"] }",
        doc: "Makes the value by another call, awaits each call in the file of its methods in `awaits`, leaves those in `calls`, and lets each `with` that enters it be an `async with`. Declines where it is made more than once, with arguments other than those of `takes`, or used in another way, where plain code uses it, and where other files may see it.",
        arguments: &[
            ("exchange", Kind::Capture),
            ("with", Kind::Template),
            ("awaits", Kind::OptionalNames),
            ("calls", Kind::OptionalNames),
            ("takes", Kind::OptionalNames),
        ],
        run: exchanging::exchange,
    },
    Operation {
        name: "extract",
        usage: "{ extract = \"@loop\" }",
        doc: "Moves a `for` or a `with` whole to a function right before it, and awaits that in a thread. Declines where something in it belongs to the event loop or is unknown, and where no `await` may stand.",
        arguments: &[("extract", Kind::Capture)],
        run: |sight, step, draft| extracting::extract(sight, step.node(sight, "extract")?, draft),
    },
    Operation {
        name: "gather-each",
        usage: "{ gather-each = \"@loop\", in = \"await f({})\" } or { gather-each = \"@comprehension\", of = \"@call\", in = \"…\" }",
        doc: "Puts what a loop or a comprehension makes each round, as the inside of a generator expression, into the text, in the place of the loop, the comprehension or a call of it. A list that a loop fills is extended, or made so where it was empty right before.",
        arguments: &[("gather-each", Kind::Capture), ("in", Kind::Template), ("of", Kind::OptionalCapture)],
        run: gathering::gather_each,
    },
    Operation {
        name: "gather-elements",
        usage: "{ gather-elements = \"@display\" }",
        doc: "Makes the awaits that are the elements of a display wait side by side in `asyncio.gather`; those that are the values of a dictionary get names before its statement.",
        arguments: &[("gather-elements", Kind::Capture)],
        run: concurrent::gather_elements,
    },
    Operation {
        name: "group-tasks",
        usage: "{ group-tasks = \"@statement\", of = \"@call\" }",
        doc: "Replaces a statement that awaits a gather by a task group that starts what the gather is given, and by what the statement does with the results. Declines where the gather is part of a larger expression, where what it is given is not all in sight, and where a name of a comprehension would become one of the function.",
        arguments: &[("group-tasks", Kind::Capture), ("of", Kind::Capture)],
        run: grouping::group_tasks,
    },
    Operation {
        name: "guard-rest",
        usage: "{ guard-rest = \"@statement\", of = \"@name\", finally = [\"await {@name}.stop()\"], started-by = [\"start\"], closed-by = [\"stop\"] }",
        doc: "Puts the rest of the statement's block into a `try` whose `finally` has the lines; a hand-written close is absorbed. With `started-by`, it begins behind the next statement, which has to call one of these methods. String contents keep their bytes.",
        arguments: &[
            ("guard-rest", Kind::Capture),
            ("of", Kind::OptionalCapture),
            ("finally", Kind::Templates),
            ("started-by", Kind::OptionalNames),
            ("closed-by", Kind::Names),
        ],
        run: enclosing::guard_rest,
    },
    Operation {
        name: "handle-groups",
        usage: "{ handle-groups = \"@gather\" }",
        doc: "Makes the handlers around a gather handlers of groups, `except*`.",
        arguments: &[("handle-groups", Kind::Capture)],
        run: handling::handle_groups,
    },
    Operation {
        name: "hoist-await",
        usage: "{ hoist-await = \"@name\", to = \"@call\" }",
        doc: "Awaits a call where its result gets the name, and no more where the name is read. Declines where the name is used without `await`.",
        arguments: &[("hoist-await", Kind::Capture), ("to", Kind::Capture)],
        run: asynchronous::hoist_await,
    },
    Operation {
        name: "insert-after",
        usage: "{ insert-after = \"@statement\", lines = [\"…\"] }",
        doc: "Adds statements after a statement, at its indentation.",
        arguments: &[("insert-after", Kind::Capture), ("lines", Kind::Templates)],
        run: statements::insert_after,
    },
    Operation {
        name: "let-cancellation-through",
        usage: "{ let-cancellation-through = \"@handler\" }",
        doc: "Ends a handler of `CancelledError` in `raise`, and puts such a handler before one that takes other exceptions as well.",
        arguments: &[("let-cancellation-through", Kind::Capture)],
        run: handling::let_cancellation_through,
    },
    Operation {
        name: "make-plain",
        usage: "{ make-plain = \"@call\" }",
        doc: "Takes `async` from the function around the node, which awaits nothing. Declines where anybody else than a route may call it, and where something in it is not known to be right in any thread.",
        arguments: &[("make-plain", Kind::Capture)],
        run: unasync::make_plain,
    },
    Operation {
        name: "offload",
        usage: "{ offload = \"@call\" }",
        doc: "Awaits a blocking call in a thread: `asyncio.to_thread`, before Python 3.9 the executor of the loop. What is called on its result, and a blocking call that it is made of, goes along in a lambda. A `with` that enters the result, and a `for` over the lines of a file, go whole, in a function right before them; an iterator is read to its end. Declines where the table of what blocks refuses, where something unknown would run in the thread as well, and where no `await` may stand.",
        arguments: &[("offload", Kind::Capture)],
        run: offloading::offload,
    },
    Operation {
        name: "pace",
        usage: "{ pace = \"@loop\", with = \"await ${asyncio.sleep}(0)\", every = \"1000\" }",
        doc: "Puts a statement that suspends at the beginning of a loop's body, to be reached in every round, or in every so many: by the loop's own counter, else by one of `enumerate`. Declines where no `await` may stand.",
        arguments: &[("pace", Kind::Capture), ("with", Kind::Template), ("every", Kind::Template)],
        run: pacing::pace,
    },
    Operation {
        name: "propagate",
        usage: "{ propagate = \"@function\" }",
        doc: "Makes a plain function that is called asynchronous, with all that calls it, up to coroutines and to where the program or a framework enters, over all files. Declines where something is in the way, and names it.",
        arguments: &[("propagate", Kind::Capture)],
        run: propagating::propagate,
    },
    Operation {
        name: "remove",
        usage: "{ remove = \"@statement\" }",
        doc: "Deletes a statement with its lines. Declines where other code shares them, and where a suite would be left empty.",
        arguments: &[("remove", Kind::Capture)],
        run: statements::remove,
    },
    Operation {
        name: "rename-methods",
        usage: "{ rename-methods = \"@function\", names = [\"__enter__=__aenter__\", …] }",
        doc: "Renames coroutine methods of the class around a method, all of them or none. Declines where the class lacks one, has one of the new names, or is entered by a plain `with`.",
        arguments: &[("rename-methods", Kind::Capture), ("names", Kind::Names)],
        run: asynchronous::rename_methods,
    },
    Operation {
        name: "replace",
        usage: "{ replace = \"@node\", with = \"…\" }",
        doc: "Replaces the node by the text.",
        arguments: &[("replace", Kind::Capture), ("with", Kind::Template)],
        run: replace,
    },
    Operation {
        name: "suspend",
        usage: "{ suspend = \"@node\" }",
        doc: "Says that the new text of the node suspends its function. Declines where no `await` may stand.",
        arguments: &[("suspend", Kind::Capture)],
        run: asynchronous::suspends,
    },
    Operation {
        name: "swap-headers",
        usage: "{ swap-headers = \"@loop\", of = \"@with\" }",
        doc: "Exchanges the headers of a compound statement and of the only statement of its suite. Declines where a header takes more than a line.",
        arguments: &[("swap-headers", Kind::Capture), ("of", Kind::OptionalCapture)],
        run: swapping::swap_headers,
    },
    Operation {
        name: "wait-for-all",
        usage: "{ wait-for-all = \"@call\", in = \"before{}after\" }",
        doc: "Gives a gather that is awaited `return_exceptions=True`, and puts text around its `await`, which takes the results. Declines where something that it runs may never end.",
        arguments: &[("wait-for-all", Kind::Capture), ("in", Kind::Template)],
        run: handling::wait_for_all,
    },
    Operation {
        name: "wrap",
        usage: "{ wrap = \"@node\", in = \"before{}after\" }",
        doc: "Puts text around the node, which keeps its bytes; `{}` stands for it.",
        arguments: &[("wrap", Kind::Capture), ("in", Kind::Template)],
        run: wrap,
    },
];

/// One order of an edit plan.
pub struct Step {
    operation: &'static Operation,
    captures: Vec<(&'static str, String)>,
    templates: Vec<(&'static str, Vec<Template>)>,
    names: Vec<(&'static str, Vec<String>)>,
}

impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:?} {:?}", self.operation.name, self.captures, self.templates)
    }
}

impl Step {
    /// The captures that the step uses.
    pub fn captures(&self) -> impl Iterator<Item = &str> {
        let own = self.captures.iter().map(|(_, name)| name.as_str());
        own.chain(self.templates.iter().flat_map(|(_, templates)| templates).flat_map(Template::captures))
    }

    /// The helpers that the step asks for.
    pub fn helpers(&self) -> impl Iterator<Item = &str> {
        self.templates.iter().flat_map(|(_, templates)| templates).flat_map(Template::helpers)
    }

    /// Whether the step may change other files.
    pub fn spreads(&self) -> bool {
        self.operation.name == "propagate"
    }

    /// Carries the step out.
    pub fn run(&self, sight: &Sight, draft: &mut Draft) -> Result<(), String> {
        (self.operation.run)(sight, self, draft)
    }

    pub(super) fn node<'a>(&self, sight: &Sight<'a>, argument: &str) -> Result<Node<'a>, String> {
        let name = self.captures.iter().find(|(known, _)| *known == argument).map(|(_, name)| name.as_str());
        let name = name.expect("the arguments of an operation are checked when its page is loaded");
        sight.capture(name).ok_or_else(|| format!("@{name} captured nothing"))
    }

    /// The node of a capture that may be left out of the step.
    pub(super) fn optional_node<'a>(&self, sight: &Sight<'a>, argument: &str) -> Option<Node<'a>> {
        let (_, name) = self.captures.iter().find(|(known, _)| *known == argument)?;
        sight.capture(name)
    }

    pub(super) fn templates(&self, argument: &str) -> &[Template] {
        let found = self.templates.iter().find(|(known, _)| *known == argument);
        found.map(|(_, templates)| templates.as_slice()).unwrap_or_default()
    }

    pub(super) fn names(&self, argument: &str) -> &[String] {
        let found = self.names.iter().find(|(known, _)| *known == argument);
        found.map(|(_, names)| names.as_slice()).unwrap_or_default()
    }
}

/// Reads one table of `edits`; an error is a sentence.
pub fn parse_step(table: &toml::Table) -> Result<Step, String> {
    let operation = OPERATIONS.iter().find(|operation| table.contains_key(operation.name)).ok_or_else(|| {
        let known: Vec<&str> = OPERATIONS.iter().map(|operation| operation.name).collect();
        let found: Vec<&str> = table.keys().map(String::as_str).collect();
        let advice = spelling::advice(found.first().copied().unwrap_or_default(), &known);
        format!("unknown operation in {{ {} }}, {advice}", found.join(", "))
    })?;
    let expected = || format!("expected {}", operation.usage);
    let mut step = Step { operation, captures: Vec::new(), templates: Vec::new(), names: Vec::new() };
    for (name, value) in table {
        let known = operation.arguments.iter().find(|(known, _)| known == name);
        let (name, kind) = known.ok_or_else(|| format!("unknown argument `{name}`, {}", expected()))?;
        match (kind, value) {
            (Kind::Capture | Kind::OptionalCapture, toml::Value::String(text)) => {
                let capture = text.strip_prefix('@').ok_or_else(|| format!("`{name}` is a capture, {}", expected()))?;
                step.captures.push((name, capture.to_owned()));
            }
            (Kind::Template, toml::Value::String(text)) => step.templates.push((name, vec![Template::parse(text)?])),
            (Kind::Templates | Kind::OptionalTemplates, toml::Value::Array(lines)) => {
                let lines = lines.iter().map(|line| Template::parse(line.as_str().ok_or_else(expected)?));
                step.templates.push((name, lines.collect::<Result<_, _>>()?));
            }
            (Kind::Names | Kind::OptionalNames, toml::Value::Array(names)) => {
                let names = names.iter().map(|name| name.as_str().map(str::to_owned).ok_or_else(expected));
                step.names.push((name, names.collect::<Result<_, _>>()?));
            }
            _ => return Err(format!("`{name}` is of the wrong kind, {}", expected())),
        }
    }
    for (name, kind) in operation.arguments {
        let is_optional = matches!(kind, Kind::OptionalCapture | Kind::OptionalNames | Kind::OptionalTemplates);
        if !table.contains_key(*name) && !is_optional {
            return Err(format!("argument `{name}` is missing, {}", expected()));
        }
    }
    Ok(step)
}

fn replace(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let node = step.node(sight, "replace")?;
    let text = draft.render(&step.templates("with")[0], sight, node)?;
    draft.edits.push(Edit::replace(syntax::span(node), text));
    Ok(())
}

fn wrap(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let node = step.node(sight, "wrap")?;
    let text = draft.render(&step.templates("in")[0], sight, node)?;
    let (before, after) = text.split_once("{}").ok_or("the text of `wrap` has no `{}`")?;
    draft.edits.push(Edit::insert(node.start_byte(), before));
    draft.edits.push(Edit::insert(node.end_byte(), after));
    draft.claims.push(syntax::span(node));
    Ok(())
}

fn put_await(sight: &Sight, step: &Step, draft: &mut Draft) -> Result<(), String> {
    let call = step.node(sight, "await")?;
    if offloading::blocks(sight.module, call)
        && let Some(reason) = sight.module.purposeful_blocking(call)
    {
        return Err(reason.to_owned());
    }
    asynchronous::suspend(sight, call, draft)?;
    match step.captures.iter().any(|(name, _)| *name == "of") {
        false => draft.edits.extend(awaited(call)),
        true => {
            draft.edits.extend(awaited_instead(call, step.node(sight, "of")?, sight.module.text));
            draft.raising.push(syntax::span(call));
        }
    }
    Ok(())
}

/// Puts `await` before a call.
pub(super) fn awaited(call: Node) -> Vec<Edit> {
    match needs_parentheses(call) {
        true => vec![Edit::insert(call.start_byte(), "(await "), Edit::insert(call.end_byte(), ")")],
        false => vec![Edit::insert(call.start_byte(), "await ")],
    }
}

/// Puts `await` and an argument of a call in the place of the call.
pub(super) fn awaited_instead(call: Node, operand: Node, text: &str) -> Vec<Edit> {
    let (open, close) = if needs_parentheses(call) { ("(", ")") } else { ("", "") };
    let (inner_open, inner_close) = match is_primary(operand, syntax::text_of(operand, text)) {
        true => ("", ""),
        false => ("(", ")"),
    };
    let before = text::Span::new(call.start_byte(), operand.start_byte());
    let after = text::Span::new(operand.end_byte(), call.end_byte());
    vec![
        Edit::replace(before, format!("{open}await {inner_open}")),
        Edit::replace(after, format!("{inner_close}{close}")),
    ]
}

/// Whether `await f()` needs parentheses where the call stands: `await` binds looser than a call, an attribute and a
/// subscript, and `await await f()` is no Python. As an operand of anything else it needs none.
pub(super) fn needs_parentheses(call: Node) -> bool {
    let Some(parent) = call.parent() else { return false };
    let is_field = |field: &str| parent.child_by_field_name(field) == Some(call);
    match parent.kind() {
        "attribute" => is_field("object"),
        "call" => is_field("function"),
        "subscript" => is_field("value"),
        "await" => true,
        _ => false,
    }
}

/// Whether an expression can follow `await` without parentheses, on its lines alone: what held a line break together may
/// have been the parentheses of the outer call, which go.
fn is_primary(node: Node, source: &str) -> bool {
    matches!(
        node.kind(),
        "identifier" | "parenthesized_expression" | "list" | "tuple" | "call" | "attribute" | "subscript"
    ) && !breaks_outside_brackets(source)
}

/// Whether a line ends outside of all brackets.
fn breaks_outside_brackets(source: &str) -> bool {
    let mut depth = 0usize;
    source.bytes().any(|byte| {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && matches!(byte, b'\n' | b'\r')
    })
}
