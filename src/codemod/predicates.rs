//! The predicates: what a matched node alone cannot tell.
//!
//! Each is one plain function over the module and the captured nodes, with a sentence of documentation, in one table that
//! also prints `aiofix vocabulary`. Every predicate of ours can be negated with `not-`; unknown stays unknown. `eq?`,
//! `match?` and `any-of?` are the tree-sitter library's own.

use crate::codemod::matching::Sight;
use crate::codemod::page::minor_of;
use crate::codemod::query::{Argument, Call};
use crate::project::Answer;
use crate::spelling;
use tree_sitter::Node;

/// One entry of the vocabulary.
pub struct Predicate {
    pub name: &'static str,
    /// How it is written, for people.
    pub usage: &'static str,
    /// One sentence.
    pub doc: &'static str,
    nodes: usize,
    literals: Literals,
    holds: fn(&Sight, &[Node], &[&str]) -> Answer,
}

enum Literals {
    None,
    Some,
}

/// All predicates of ours, by name.
pub const PREDICATES: &[Predicate] = &[
    Predicate {
        name: "annotated-as-value?",
        usage: "(#annotated-as-value? @node)",
        doc: "The return annotation of the function around the node names types of which none can be awaited.",
        nodes: 1,
        literals: Literals::None,
        holds: |sight, nodes, _| sight.module.annotated_as_value(nodes[0]),
    },
    Predicate {
        name: "assigned-elsewhere?",
        usage: "(#assigned-elsewhere? @condition)",
        doc: "The condition reads names and attributes only, and other functions of the file than constructors assign them all. Unknown in a file with threads.",
        nodes: 1,
        literals: Literals::None,
        holds: |sight, nodes, _| sight.module.is_assigned_elsewhere(nodes[0]),
    },
    Predicate {
        name: "awaitable-object?",
        usage: "(#awaitable-object? @call)",
        doc: "The call gives an object of a class that has `__await__`.",
        nodes: 1,
        literals: Literals::None,
        holds: |sight, nodes, _| sight.module.is_awaitable_object(nodes[0]),
    },
    Predicate {
        name: "awaited-again?",
        usage: "(#awaited-again? @name)",
        doc: "What the local is assigned to here, and nowhere else, is awaited twice: one `await` always follows another, or a loop repeats it.",
        nodes: 1,
        literals: Literals::None,
        holds: |sight, nodes, _| sight.module.is_awaited_again(nodes[0]),
    },
    Predicate {
        name: "awaited-elsewhere?",
        usage: "(#awaited-elsewhere? @call)",
        doc: "Nobody knows what the call gives, but the same thing is called and awaited elsewhere in the project.",
        nodes: 1,
        literals: Literals::None,
        holds: |sight, nodes, _| sight.module.is_awaited_elsewhere(nodes[0], true),
    },
    Predicate {
        name: "blocks?",
        usage: "(#blocks? @function \"http\" …)",
        doc: "A call of the function blocks its thread, by the table of what blocks: a family of `cpu`, `database`, `file`, `http`, `input`, `lock`, `path`, `process`, `sleep`, `socket`. No where its arguments say that it returns at once, and where another finding tells of it. Unknown for a receiver that nobody knows.",
        nodes: 1,
        literals: Literals::Some,
        holds: |sight, nodes, families| sight.module.blocks(nodes[0], families),
    },
    Predicate {
        name: "callers-use-value?",
        usage: "(#callers-use-value? @node)",
        doc: "Everyone who calls the coroutine function around the node awaits it once, and uses what that gives as a value or drops it. Unknown for an exported or ambiguous name, and where nobody uses it.",
        nodes: 1,
        literals: Literals::None,
        holds: |sight, nodes, _| sight.module.returned_to_value_users(nodes[0]),
    },
    Predicate {
        name: "cleans-up?",
        usage: "(#cleans-up? @call)",
        doc: "The call makes an asynchronous generator whose function has a `yield` in a `try` with a `finally`, or in a `with`.",
        nodes: 1,
        literals: Literals::None,
        holds: |sight, nodes, _| sight.module.makes_cleaning_generator(nodes[0]),
    },
    Predicate {
        name: "coroutine-function?",
        usage: "(#coroutine-function? @callback)",
        doc: "The expression, which is not called, refers to a coroutine function: by name, as a method, or through `functools.partial`. Unknown under a decorator that may change it.",
        nodes: 1,
        literals: Literals::None,
        holds: |sight, nodes, _| sight.module.is_coroutine_function_reference(nodes[0]),
    },
    Predicate {
        name: "declared-awaitable?",
        usage: "(#declared-awaitable? @call)",
        doc: "The call gives an awaitable by what is declared of it; a subclass may override it, and what is annotated as `Awaitable` may be a future.",
        nodes: 1,
        literals: Literals::None,
        holds: |sight, nodes, _| sight.module.is_declared_awaitable(nodes[0]),
    },
    Predicate {
        name: "enters-asynchronously?",
        usage: "(#enters-asynchronously? @manager)",
        doc: "The value is an async context manager and no plain one: of an `asynccontextmanager`, of a class with `__aenter__` alone, or of a table of known ones.",
        nodes: 1,
        literals: Literals::None,
        holds: |sight, nodes, _| sight.module.enters_asynchronously(nodes[0]),
    },
    Predicate {
        name: "event-loop?",
        usage: "(#event-loop? @receiver)",
        doc: "The expression is an asyncio event loop: a call of `asyncio.get_running_loop()` and its kin, or a name bound only to such calls. Unknown for anything else but a context manager's target.",
        nodes: 1,
        literals: Literals::None,
        holds: |sight, nodes, _| sight.module.is_event_loop(nodes[0]),
    },
    Predicate {
        name: "fate?",
        usage: "(#fate? @call \"raises\" …)",
        doc: "What becomes of the coroutine that the call makes, in its function: `dropped` (nothing keeps it), `unread` (a local that nothing reads), `raises` or `misleads` (used as a value, by itself or under its local's name, so that CPython raises or the program goes on with the wrong object), `misused` (used so, and handed on as well), `refused` (handed to what is declared to take, or takes elsewhere, a value), `handed-on` (given a name and handed on, with nothing to show who would await it), `returned`. No where it is awaited or only handed on.",
        nodes: 1,
        literals: Literals::Some,
        holds: |sight, nodes, words| sight.module.fate_is(nodes[0], words),
    },
    Predicate {
        name: "few?",
        usage: "(#few? @iterable)",
        doc: "The code says of the iterable that it has ten elements at most: a display of so many, or a `range` of such a number.",
        nodes: 1,
        literals: Literals::None,
        holds: |sight, nodes, _| sight.module.is_few(nodes[0]),
    },
    Predicate {
        name: "followed-by?",
        usage: "(#followed-by? @object @statement \"start\" …)",
        doc: "The statement right behind the statement calls one of these methods of the object.",
        nodes: 2,
        literals: Literals::Some,
        holds: |sight, nodes, methods| sight.module.is_followed_by(nodes[0], nodes[1], methods),
    },
    Predicate {
        name: "generator?",
        usage: "(#generator? @function)",
        doc: "The function has a `yield` of its own.",
        nodes: 1,
        literals: Literals::None,
        holds: |sight, nodes, _| sight.module.is_generator_function(nodes[0]),
    },
    Predicate {
        name: "in-coroutine?",
        usage: "(#in-coroutine? @node)",
        doc: "The node runs as part of a coroutine: its innermost function is an `async def`, and no lambda, nested `def`, annotation or unconsumed generator expression stands between.",
        nodes: 1,
        literals: Literals::None,
        holds: |sight, nodes, _| sight.module.in_coroutine(nodes[0]),
    },
    Predicate {
        name: "independent-awaits?",
        usage: "(#independent-awaits? @statement)",
        doc: "The statement begins a run of statements `name = await call(…)` that follow each other, of which each waits for something, changes nothing that the others could see, with all that it calls, and reads nothing that an earlier one binds. Unknown where a body cannot be read, or may do more than give a value.",
        nodes: 1,
        literals: Literals::None,
        holds: |sight, nodes, _| {
            sight.module.independent_awaits(nodes[0]).map_or_else(|answer| answer, |_| Answer::Yes)
        },
    },
    Predicate {
        name: "independent-iterations?",
        usage: "(#independent-iterations? @loop)",
        doc: "The loop does nothing but append what it awaits to a list of its own, or the comprehension awaits its elements, and no round needs another, as for `independent-awaits?`. Unknown where a body cannot be read, or may do more than give a value.",
        nodes: 1,
        literals: Literals::None,
        holds: |sight, nodes, _| {
            sight.module.independent_iterations(nodes[0]).map_or_else(|answer| answer, |_| Answer::Yes)
        },
    },
    Predicate {
        name: "instance-of?",
        usage: "(#instance-of? @object \"module.Class\" …)",
        doc: "The object is an instance of one of the classes, by what is known of it.",
        nodes: 1,
        literals: Literals::Some,
        holds: |sight, nodes, paths| sight.module.is_instance_of(nodes[0], paths),
    },
    Predicate {
        name: "is-statement?",
        usage: "(#is-statement? @node)",
        doc: "The expression is a statement by itself, and no other code shares its lines.",
        nodes: 1,
        literals: Literals::None,
        holds: |sight, nodes, _| sight.module.is_statement(nodes[0]),
    },
    Predicate {
        name: "iterates-asynchronously?",
        usage: "(#iterates-asynchronously? @iterable)",
        doc: "The value is an async iterable and no plain one: of an async generator function, of a class with `__aiter__` alone, or annotated so.",
        nodes: 1,
        literals: Literals::None,
        holds: |sight, nodes, _| sight.module.iterates_asynchronously(nodes[0]),
    },
    Predicate {
        name: "left-early?",
        usage: "(#left-early? @loop)",
        doc: "A `break` or a `return` in the body leaves the loop.",
        nodes: 1,
        literals: Literals::None,
        holds: |sight, nodes, _| sight.module.is_left_early(nodes[0]),
    },
    Predicate {
        name: "loop-runs?",
        usage: "(#loop-runs? @node)",
        doc: "An event loop runs whenever the node does, on the same thread: it is part of a coroutine, as `in-coroutine?` tells, or of the top level of a notebook's cell.",
        nodes: 1,
        literals: Literals::None,
        holds: |sight, nodes, _| sight.module.loop_runs(nodes[0]),
    },
    Predicate {
        name: "made-by?",
        usage: "(#made-by? @object \"module.symbol\" …)",
        doc: "The object is what a call of one of the symbols gave, or a name that is bound only to such calls, by `=` or by `with`.",
        nodes: 1,
        literals: Literals::Some,
        holds: |sight, nodes, paths| sight.module.is_made_by(nodes[0], paths),
    },
    Predicate {
        name: "made-plainly?",
        usage: "(#made-plainly? @function)",
        doc: "The class around the method makes its instances as Python does: all its bases are known, and none has a metaclass, an unknown decorator, `__new__` or `__await__`.",
        nodes: 1,
        literals: Literals::None,
        holds: |sight, nodes, _| sight.module.is_made_plainly(nodes[0]),
    },
    Predicate {
        name: "may-be-event-loop?",
        usage: "(#may-be-event-loop? @receiver)",
        doc: "Nothing shows that the expression is no event loop: it is neither the target of a context manager nor a parameter with another annotation.",
        nodes: 1,
        literals: Literals::None,
        holds: |sight, nodes, _| match sight.module.is_event_loop(nodes[0]) {
            Answer::Unknown(_) => Answer::Yes,
            told => told,
        },
    },
    Predicate {
        name: "named-as-coroutine?",
        usage: "(#named-as-coroutine? @call)",
        doc: "Nobody knows what the call's receiver is, but every method of that name in the project is a coroutine function, the name is a distinctive one, and no library in sight has it.",
        nodes: 1,
        literals: Literals::None,
        holds: |sight, nodes, _| sight.module.is_named_as_coroutine(nodes[0]),
    },
    Predicate {
        name: "protocol-method?",
        usage: "(#protocol-method? @function)",
        doc: "The function is an undecorated method, directly in a class without a metaclass, and no call of its name is awaited in the file.",
        nodes: 1,
        literals: Literals::None,
        holds: |sight, nodes, _| sight.module.is_protocol_method(nodes[0]),
    },
    Predicate {
        name: "resolves-to?",
        usage: "(#resolves-to? @name \"module.symbol\" …)",
        doc: "The name or attribute chain refers to one of the symbols, through import aliases, local imports and names bound once to it. Unknown after a star import or a rebinding.",
        nodes: 1,
        literals: Literals::Some,
        holds: |sight, nodes, paths| sight.module.resolves_to(nodes[0], paths),
    },
    Predicate {
        name: "results-stay?",
        usage: "(#results-stay? @name @statement \"method\" …)",
        doc: "What these methods of the local that the statement binds give, once it is awaited, is not returned, yielded or stored by the function.",
        nodes: 2,
        literals: Literals::Some,
        holds: |sight, nodes, methods| sight.module.results_stay(nodes[0], nodes[1], methods),
    },
    Predicate {
        name: "returns-awaitable?",
        usage: "(#returns-awaitable? @call)",
        doc: "The call makes a coroutine that does nothing until it is awaited: of a coroutine function of the project, of an installed package or of the standard library.",
        nodes: 1,
        literals: Literals::None,
        holds: |sight, nodes, _| sight.module.returns_awaitable(nodes[0]),
    },
    Predicate {
        name: "same-awaited-elsewhere?",
        usage: "(#same-awaited-elsewhere? @call)",
        doc: "As `awaited-elsewhere?`, where the other calls are of the same thing for certain, and not only spelled alike.",
        nodes: 1,
        literals: Literals::None,
        holds: |sight, nodes, _| sight.module.is_awaited_elsewhere(nodes[0], false),
    },
    Predicate {
        name: "scoped-to-block?",
        usage: "(#scoped-to-block? @name @statement)",
        doc: "The local that the statement binds is bound once and used only later in the statement's own block: not returned, yielded, stored, closed elsewhere, or handed to a constructor, a closure or a task.",
        nodes: 2,
        literals: Literals::None,
        holds: |sight, nodes, _| sight.module.scoped_to_block(nodes[0], nodes[1]),
    },
    Predicate {
        name: "starves?",
        usage: "(#starves? @loop \"endless\" …)",
        doc: "The loop keeps the event loop from running anything else: `endless` (nothing ends it, nothing suspends it), `spinning` (a way through it does nothing, and is gone again and again), `long` (it counts far) or `nested` (the rounds of loops in it multiply). No where a call in it blocks, which is another matter.",
        nodes: 1,
        literals: Literals::Some,
        holds: |sight, nodes, words| sight.module.starves(nodes[0], words),
    },
    Predicate {
        name: "stays-in-block?",
        usage: "(#stays-in-block? @name @statement)",
        doc: "Every use of the local lies behind the statement in its own block, and none lets it out; there need not be one.",
        nodes: 2,
        literals: Literals::None,
        holds: |sight, nodes, _| sight.module.stays_in_block(nodes[0], nodes[1]),
    },
    Predicate {
        name: "target-python?",
        usage: "(#target-python? \"3.10\")",
        doc: "The code is for this version of Python or a later one.",
        nodes: 0,
        literals: Literals::Some,
        holds: |sight, _, versions| match versions
            .iter()
            .all(|version| minor_of(version).is_some_and(|least| least <= sight.minor))
        {
            true => Answer::Yes,
            false => Answer::No("the code is for an older Python".to_owned()),
        },
    },
    Predicate {
        name: "unawaitable?",
        usage: "(#unawaitable? @call)",
        doc: "The call gives something that can certainly not be awaited: a plain function of this file whose results show it, a builtin, or a class without `__await__`.",
        nodes: 1,
        literals: Literals::None,
        holds: |sight, nodes, _| sight.module.is_not_awaitable(nodes[0]),
    },
    Predicate {
        name: "under-main-guard?",
        usage: "(#under-main-guard? @node)",
        doc: "The node runs at module level, under `if __name__ == \"__main__\":`.",
        nodes: 1,
        literals: Literals::None,
        holds: |sight, nodes, _| sight.module.under_main_guard(nodes[0]),
    },
    Predicate {
        name: "undone-in-block?",
        usage: "(#undone-in-block? @object @statement \"release\" …)",
        doc: "A later statement of the block calls one of these methods of the object, and nothing between leaves the block.",
        nodes: 2,
        literals: Literals::Some,
        holds: |sight, nodes, methods| sight.module.is_undone_in_block(nodes[0], nodes[1], methods),
    },
    Predicate {
        name: "undone-in-finally?",
        usage: "(#undone-in-finally? @object @statement \"release\" …)",
        doc: "The `try` right behind the statement calls one of these methods of the object in its `finally`.",
        nodes: 2,
        literals: Literals::Some,
        holds: |sight, nodes, methods| sight.module.is_undone_in_finally(nodes[0], nodes[1], methods),
    },
    Predicate {
        name: "value-awaited?",
        usage: "(#value-awaited? @node)",
        doc: "Somebody awaits the value of the expression, or may: it is awaited, handed on, or assigned to a local of which that is true.",
        nodes: 1,
        literals: Literals::None,
        holds: |sight, nodes, _| sight.module.is_value_awaited(nodes[0]),
    },
    Predicate {
        name: "value-unused?",
        usage: "(#value-unused? @node)",
        doc: "Nothing keeps the value of the expression: it is a statement, an operand or an element of one, has only a callback chained, or is assigned to a local that is never read.",
        nodes: 1,
        literals: Literals::None,
        holds: |sight, nodes, _| sight.module.value_unused(nodes[0]),
    },
];

/// The predicates that the tree-sitter library evaluates itself.
pub const LIBRARY: &[&str] = &[
    "eq?",
    "not-eq?",
    "any-eq?",
    "any-not-eq?",
    "match?",
    "not-match?",
    "any-match?",
    "any-not-match?",
    "any-of?",
    "not-any-of?",
];

pub fn is_ours(name: &str) -> bool {
    PREDICATES.iter().any(|predicate| predicate.name == name)
}

/// Refuses an unknown name or wrong arguments, in a sentence.
pub fn check(call: &Call) -> Result<(), String> {
    if LIBRARY.contains(&call.name.as_str()) {
        return Ok(());
    }
    let Some(predicate) = PREDICATES.iter().find(|predicate| predicate.name == call.name) else {
        let names = PREDICATES.iter().map(|predicate| predicate.name).chain(LIBRARY.iter().copied());
        let known: Vec<String> = names.map(|name| format!("#{name}")).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let unknown = format!("#{}", call.name);
        return Err(format!("unknown predicate `{unknown}`, {}", spelling::advice(&unknown, &known)));
    };
    let nodes = call.arguments.iter().filter(|argument| matches!(argument, Argument::Capture(_))).count();
    let literals = call.arguments.len() - nodes;
    let right = match predicate.literals {
        Literals::None => literals == 0,
        Literals::Some => literals > 0,
    };
    if nodes == predicate.nodes && right { Ok(()) } else { Err(format!("expected `{}`", predicate.usage)) }
}

/// Evaluates a predicate of ours; yes for those of the library, which has evaluated them already.
pub fn evaluate(call: &Call, sight: &Sight) -> Answer {
    let Some(predicate) = PREDICATES.iter().find(|predicate| predicate.name == call.name) else {
        return Answer::Yes;
    };
    let mut nodes = Vec::new();
    for argument in &call.arguments {
        if let Argument::Capture(name) = argument {
            match sight.capture(name) {
                Some(node) => nodes.push(node),
                None => return Answer::No(format!("@{name} captured nothing")),
            }
        }
    }
    let literals: Vec<&str> = call.literals().collect();
    let answer = (predicate.holds)(sight, &nodes, &literals);
    if call.negated { answer.negated() } else { answer }
}
