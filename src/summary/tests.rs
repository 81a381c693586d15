//! What a summary keeps of small sources, one behaviour each.

use super::*;
use crate::outline;
use proptest::prelude::*;

fn summary(text: &str) -> Summary {
    let outline = outline::read(text);
    assert_eq!(outline.lost, None, "the source is Python: {text}");
    summarise(text, &outline)
}

/// The facts of a source, each as `kind name | statement`.
fn facts(text: &str) -> Vec<String> {
    let summary = summary(text);
    let fact =
        |fact: &Fact| format!("{:?} {} | {}", fact.kind, summary.slice(fact.name), summary.slice(fact.statement));
    summary.facts.iter().map(fact).collect()
}

/// The facts of a source, each as `kind name`.
fn names(text: &str) -> Vec<String> {
    facts(text).iter().map(|fact| fact.split(" | ").next().unwrap_or_default().to_owned()).collect()
}

/// The one block of a source.
fn block(text: &str) -> Block {
    let [block] = summary(text).blocks.try_into().expect("one block");
    block
}

#[test]
fn a_block_has_its_head_with_decorators_and_the_index_of_the_outline() {
    let summary =
        summary("x = 1\n@a\n@b(\n    1)\nasync def f(x: int) -> str: return x\nclass A(B):\n    def g(self): pass\n");
    let heads: Vec<&str> = summary.blocks.iter().map(|block| summary.slice(block.head)).collect();
    assert_eq!(heads, ["@a\n@b(\n    1)\nasync def f(x: int) -> str:", "class A(B):", "def g(self):"]);
    assert_eq!((0..3).map(|block| summary.name_of(block)).collect::<Vec<_>>(), ["f", "A", "g"]);
    assert_eq!(summary.blocks.iter().map(|block| block.row).collect::<Vec<_>>(), [5, 6, 7]);
    assert_eq!(summary.blocks[0].decorators, 2);
    assert_eq!(summary.blocks[2].parent, Some(1));
}

#[test]
fn a_function_with_a_yield_of_its_own_is_a_generator() {
    for text in ["def f():\n    yield\n", "def f():\n    x = yield 1\n", "def f():\n    return (yield from g())\n"] {
        assert!(block(text).is_generator, "{text}");
    }
    for text in [
        "def f():\n    'yield'\n",
        "def f():\n    g(f'the (yield {x}')\n",
        "def f():\n    f'''\nyield {x}'''\n",
        "def f():\n    x = yielded\n",
        "def f():\n    pass  # = yield\n",
    ] {
        assert!(!block(text).is_generator, "{text}");
    }
    let nested = summary("def f():\n    def g():\n        yield\n    return g\nyield\ndef h():\n    yield\n");
    assert_eq!(nested.blocks.iter().map(|block| block.is_generator).collect::<Vec<_>>(), [false, true, true]);
}

#[test]
fn a_body_that_does_nothing_is_empty() {
    for body in ["...", "pass", "'''doc'''", "raise NotImplementedError", "raise NotImplementedError('x')", "'d'; ..."]
    {
        assert!(block(&format!("def f(): {body}\n")).is_empty, "{body}");
    }
    for body in ["f()", "raise NotImplemented", "'a' + b", "'a'.b()", "passed", "return", "'d'; f()"] {
        assert!(!block(&format!("def f(): {body}\n")).is_empty, "{body}");
    }
    assert!(!summary("class A:\n    def f(self): ...\n").blocks[0].is_empty);
}

#[test]
fn a_condition_is_that_of_the_suites_of_its_own_block() {
    let text = "import a\ntry:\n    import b\nexcept E:\n    import c\nif x:\n    def f():\n        import d\n        if y: import e\n";
    let conditions: Vec<Condition> = summary(text).imports.iter().map(|import| import.condition).collect();
    use Condition::{Always, Guarded};
    assert_eq!(conditions, [Always, Guarded, Guarded, Always, Guarded]);
    assert_eq!(summary(text).blocks[0].condition, Guarded);
}

#[test]
fn what_is_for_type_checkers_only_says_so() {
    use Condition::{Always, Guarded, Typing};
    for (text, expected) in [
        ("if TYPE_CHECKING:\n    import a\nimport b\n", vec![Typing, Always]),
        ("if typing.TYPE_CHECKING:\n    if x:\n        import a\n    else:\n        import b\n", vec![Typing, Typing]),
        ("if TYPE_CHECKING:\n    import a\nelse:\n    import b\n", vec![Typing, Guarded]),
        (
            "if x:\n    import a\nelif TYPE_CHECKING:\n    import b\nelse:\n    import c\n",
            vec![Guarded, Typing, Guarded],
        ),
        ("if x:\n    if TYPE_CHECKING:\n        import a\n    import b\n", vec![Typing, Guarded]),
        ("if not TYPE_CHECKING:\n    import a\n", vec![Guarded]),
        ("if TYPE_CHECKING or x:\n    import a\n", vec![Guarded]),
        ("if TYPE_CHECKING:\n    def f():\n        import a\n        if x: import b\n", vec![Always, Guarded]),
    ] {
        let found: Vec<Condition> = summary(text).imports.iter().map(|import| import.condition).collect();
        assert_eq!(found, expected, "{text}");
    }
    let facts = summary("if TYPE_CHECKING:\n    class A: ...\n    B = 1\n");
    assert_eq!((facts.blocks[0].condition, facts.facts[0].condition), (Typing, Typing));
}

#[test]
fn an_import_has_its_parts_as_written() {
    let summary = summary("import a.b as c\nfrom ..d import (e as f,  # here\n    g)\nfrom h import *\n");
    let import = |import: &Import| {
        let part = |piece: Option<Piece>| piece.map_or("-", |piece| summary.slice(piece));
        format!("{} {} {} {}", summary.slice(import.module), part(import.name), part(import.alias), import.row)
    };
    let imports: Vec<String> = summary.imports.iter().map(import).collect();
    assert_eq!(imports, ["a.b - c 1", "..d e f 2", "..d g - 2", "h * - 4"]);
}

#[test]
fn a_name_of_a_module_or_class_is_a_fact_for_each_name() {
    for (text, expected) in [
        ("x = 1", vec!["Name x"]),
        ("x: int = 1", vec!["Name x"]),
        ("x: int", vec!["Name x"]),
        ("x = y = f(a=1)", vec!["Name x", "Name y"]),
        ("x = y == z", vec!["Name x"]),
        ("a, b = f()", vec!["Name a", "Name b"]),
        ("(a, *b), [c] = f()", vec!["Name a", "Name b", "Name c"]),
        ("type X[T] = list[T]", vec!["Name X"]),
        ("type = 1", vec!["Name type"]),
        ("x += 1", vec!["Augmented x"]),
        ("x **= 1", vec!["Augmented x"]),
        ("x <<= 1", vec!["Augmented x"]),
        ("x = a[0] = [b, c]", vec!["Name x"]),
        ("x \\\n  = (  # why\n  1)", vec!["Name x"]),
        ("class A:\n    x = 1", vec!["Name x"]),
        ("for x in y:\n    z = x", vec!["Target x", "Name z"]),
        ("x[0] = 1", vec![]),
        ("x <= 1", vec![]),
        ("x == 1", vec![]),
        ("x, y", vec![]),
        ("f(x=1)", vec![]),
        ("f(x=1) + 1", vec![]),
        ("lambda: x", vec![]),
        ("assert x, y", vec![]),
    ] {
        assert_eq!(names(&format!("{text}\n")), expected, "{text}");
    }
}

#[test]
fn a_change_of_all_is_augmented() {
    for text in ["__all__ += ['a']", "__all__.extend(b.__all__)", "__all__.append('c')"] {
        assert_eq!(facts(text), [format!("Augmented __all__ | {text}")]);
    }
}

#[test]
fn a_long_assignment_is_cut_behind_its_sign() {
    let long = format!("f({}) + 1", "1, ".repeat(200));
    assert_eq!(facts(&format!("x = {long}\n")), ["Name x | x ="]);
    assert_eq!(facts(&format!("x = y = {long}\n")), ["Name x | x = y =", "Name y | x = y ="]);
    assert_eq!(facts(&format!("x: T['=', \"=\"] = {long}\n")), ["Name x | x: T['=', \"=\"] ="]);
    assert_eq!(facts(&format!("__all__ = {long}\n")), [format!("Name __all__ | __all__ = {long}")]);
}

#[test]
fn a_long_call_keeps_what_is_called() {
    let long = format!("f({})", "1, ".repeat(200));
    assert_eq!(facts(&format!("x = {long}\n")), ["Name x | x = f("]);
    assert_eq!(facts(&format!("def g():\n    return {long}\n")), ["Return  | return f("]);
}

#[test]
fn an_attribute_of_the_first_parameter_is_of_the_instance() {
    let text = "class A:\n    def f(this, other):\n        this.a = 1\n        this.b: int = 2\n        this.c, this.d = 3\n        \
                x = this.e = 4\n        other.f = 5\n        this.g.h = 6\n        this.i[0] = 7\n        this.j += 8\n        def \
                g():\n            this.k = 9\n";
    assert_eq!(
        names(text),
        [
            "Attribute a",
            "Attribute b",
            "Attribute c",
            "Attribute d",
            "Attribute e",
            "OtherAttribute f",
            "OtherAttribute h",
            "Attribute k"
        ]
    );
    assert_eq!(summary(text).facts[7].block, Some(2));
}

#[test]
fn the_first_parameter_may_stand_behind_a_comment() {
    assert_eq!(names("class A:\n    def f(  # why\n        me,\n    ):\n        me.a = 1\n"), ["Attribute a"]);
}

#[test]
fn an_attribute_elsewhere_is_of_something_else() {
    for text in [
        "def f(self):\n    self.a = 1\n",
        "self.a = 1\n",
        "class A:\n    @staticmethod\n    def f(x):\n        x.a = 1\n",
        "class A:\n    def f(*, x):\n        x.a = 1\n",
        "def f():\n    b().a = 1\n",
    ] {
        assert_eq!(names(text), ["OtherAttribute a"], "{text}");
    }
}

#[test]
fn what_a_function_returns_is_kept_where_its_head_does_not_say() {
    assert_eq!(facts("def f():\n    return g()\n"), ["Return  | return g()"]);
    assert_eq!(facts("def f(a='->'):\n    return(g)\n"), ["Return  | return(g)"]);
    assert_eq!(facts("def f() -> 'a->b':\n    return g()\n"), [""; 0]);
    assert_eq!(facts("def f():\n    if x: return None\n    return\n"), [""; 0]);
    let long = format!("def f():\n    return g({}) + 1\n", "1, ".repeat(100));
    assert_eq!(facts(&long), ["Unclear  | "]);
}

/// The uses of a source, each as `awaited chain` or `dropped chain`.
fn uses(text: &str) -> Vec<String> {
    let summary = summary(text);
    let kind = |each: &Use| if each.is_awaited { "awaited" } else { "dropped" };
    summary.uses.iter().map(|each| format!("{} {}", kind(each), summary.slice(each.chain))).collect()
}

#[test]
fn a_call_that_is_awaited_or_dropped_is_kept_once_a_function() {
    let text = "async def f(a):\n    await a.b()\n    x = await a.b(1)\n    a.c()\n    a.c()\n    a[0].d()\n    await \
                super().e()\n    await g\n    await (a.h())\n";
    assert_eq!(uses(text), ["awaited a.b", "dropped a.c", "awaited super().e"]);
    assert_eq!(uses("def f(a):\n    a.b()\n# async\n"), [""; 0]);
    assert_eq!(uses("async def f(a):\n    'await a.b()'\n    # await a.b()\n"), [""; 0]);
}

#[test]
fn a_function_that_asks_what_is_awaitable_shows_nothing() {
    let text = "async def f(a):\n    if iscoroutinefunction(a):\n        await a()\nasync def g(b):\n    await b()\n";
    assert_eq!(uses(text), ["awaited b"]);
}

#[test]
fn a_local_that_is_awaited_on_is_kept() {
    assert_eq!(names("async def f():\n    a = b()\n    c = d()\n    await a.x()\n"), ["Name a"]);
}

#[test]
fn a_local_name_is_kept_where_another_fact_reads_it() {
    assert_eq!(names("def f():\n    a = b()\n    c = d()\n    return a\n"), ["Name a", "Return "]);
    assert_eq!(names("def f():\n    a = b()\n    return await a.x\n"), ["Name a", "Return "]);
    assert_eq!(names("def f():\n    a = b()\n    return (a or c)\n"), ["Name a", "Return "]);
    assert_eq!(names("def f():\n    a = b()\n    c = a.d()\n    return c\n"), ["Name a", "Name c", "Return "]);
    assert_eq!(names("def f():\n    a = b()\n    def g():\n        return a\n"), ["Return "]);
    assert_eq!(names("def f(x):\n    a = b()\n    x.y = a\n"), ["Name a", "OtherAttribute y"]);
    assert_eq!(names("def f():\n    with g() as a, h() as c:\n        return a\n"), ["Target a", "Return "]);
    assert_eq!(names("def f():\n    for a in b:\n        return a\n"), ["Target a", "Return "]);
    assert_eq!(names("def f():\n    b = g()\n    for a in b:\n        return a\n"), ["Name b", "Target a", "Return "]);
    assert_eq!(names("def f():\n    global a\n    a = g()\n"), ["Global a", "Name a"]);
}

#[test]
fn a_header_binds_its_targets() {
    for (header, expected) in [
        ("for a, (b, *c) in d:", vec!["a", "b", "c"]),
        ("for a.b in c:", vec![]),
        ("with f(x) as a, g('as', y) as (b, c):", vec!["a", "b", "c"]),
        ("with (f(), g() as a):", vec!["a"]),
        ("with f() as a.b:", vec![]),
        ("while a:", vec![]),
    ] {
        let expected: Vec<String> = expected.iter().map(|name| format!("Target {name} | {header}")).collect();
        assert_eq!(facts(&format!("{header}\n    pass\n")), expected, "{header}");
    }
    assert_eq!(names("try: pass\nexcept (A, B) as e: pass\n"), ["Target e"]);
    assert_eq!(names("match x:\n    case A(b=c, d=1) | [e, *f] if g: pass\n"), ["Target c", "Target e", "Target f"]);
}

#[test]
fn only_a_with_binds_its_target_whenever_its_block_runs() {
    let conditions = |text: &str| summary(text).facts.iter().map(|fact| fact.condition).collect::<Vec<_>>();
    assert_eq!(conditions("with a as b: pass\n"), [Condition::Always]);
    assert_eq!(conditions("for b in a: pass\n"), [Condition::Guarded]);
}

#[test]
fn what_is_deleted_or_bound_inside_an_expression_is_unclear() {
    assert_eq!(names("del a, (b), c.d, e[0]\n"), ["Unclear a", "Unclear b"]);
    assert_eq!(names("if (a := f()): pass\n"), ["Unclear a"]);
    assert_eq!(names("def f():\n    del a\n    if (b := c): pass\n"), [""; 0]);
}

#[test]
fn a_row_counts_every_kind_of_line_end() {
    for end in ["\n", "\r\n", "\r"] {
        let text = "'''a\n'''\nx = 1\ndef f():\n    return 2\n".replace('\n', end);
        let summary = summary(&text);
        assert_eq!(summary.blocks[0].row, 4);
        assert_eq!(summary.facts.iter().map(|fact| fact.row).collect::<Vec<_>>(), [3, 5]);
    }
}

#[test]
fn a_summary_of_a_lost_text_is_partial() {
    let text = "x = 1\ny = (\n";
    let summary = summarise(text, &outline::read(text));
    assert!(summary.is_partial);
    assert_eq!(summary.facts.len(), 1);
}

/// Makes the summary of a text, and holds what every summary must keep.
fn hold(text: &str) {
    let outline = outline::read(text);
    let summary = summarise(text, &outline);
    assert_eq!(summary.blocks.len(), outline.blocks.len());
    assert_eq!(summary.imports.len(), outline.imports.len());
    let pieces = summary.facts.iter().flat_map(|fact| [fact.name, fact.statement]);
    for piece in pieces.chain(summary.blocks.iter().flat_map(|block| [block.name, block.head])) {
        assert!(text.contains(summary.slice(piece)));
    }
}

proptest! {
    #[test]
    fn any_text_has_a_summary(text in any::<String>()) {
        hold(&text);
    }

    #[test]
    fn any_string_of_tokens_has_a_summary(tokens in proptest::collection::vec(token(), 0..40)) {
        hold(&tokens.concat());
    }
}

/// Pieces of Python that bind something or end something.
fn token() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "\n",
        "\n    ",
        "\r\n",
        "\\\n",
        ";",
        ":",
        ":=",
        ",",
        "=",
        "+=",
        ".",
        "(",
        ")",
        "[",
        "]",
        "'",
        "\"",
        "f'",
        "#",
        "*",
        "if TYPE_CHECKING:",
        "else:",
        "try:",
        "except E as e:",
        "match x:",
        "case y:",
        "async ",
        "with a as b:",
        "for a in b:",
        "def f(a):",
        "class A:",
        "type X",
        "import a",
        "from b import c",
        " as ",
        "global a",
        "return ",
        "del ",
        "yield",
        "é",
        "1",
        "f(x)",
        "__all__",
        "self.x",
        " ",
    ])
}

#[test]
fn calls_that_pass_names_are_kept_in_short() {
    let text = "\
class Line:
    def __init__(self, wire, name=None): ...
    async def call(self, wire):
        self.modem = Modem(self, 'a(', wire.end, speed = wire[1], on=make(1, (2)), **rest)
        await self.dial(wire)
        self.log(wire)
        raise LineError(wire)
class Car(Line):
    def __init__(self, wire):
        super().__init__(wire, '''unread''', 1)
";
    let summary = summary(text);
    let calls: Vec<&str> = summary.calls.iter().map(|call| summary.slice(call.call)).collect();
    assert_eq!(
        calls,
        ["Modem(self,0,wire.end,speed=...,on=make(),*_)", "self.dial(wire)", "super().__init__(wire,*_)"]
    );
    assert_eq!(summary.calls[1].callee as usize, "self.dial".len());
    // Where all parameters are annotated, so are those of what is called.
    assert!(self::summary("async def call(wire: Wire):\n    await dial(wire)\n").calls.is_empty());
}
