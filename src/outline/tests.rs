//! Each fact of Python's lexical structure, on a small source: the pass and the tree agree, and on something concrete.

use super::*;
use crate::syntax;

mod strings;

/// The outline of a source on which the pass and an error-free tree must agree.
fn outline(text: &str) -> Outline {
    let tree = syntax::parse(text);
    assert!(!tree.root_node().has_error(), "the source is Python: {}", tree.root_node().to_sexp());
    let lexical = read(text);
    assert_eq!(lexical.lost, None);
    assert_eq!(lexical, from_tree(&tree, text));
    lexical
}

fn texts(text: &str, spans: impl IntoIterator<Item = Span>) -> Vec<&str> {
    spans.into_iter().map(|span| &text[span.range()]).collect()
}

fn statements(text: &str) -> Vec<&str> {
    texts(text, outline(text).statements.iter().map(|statement| statement.span))
}

fn blocks(text: &str) -> Vec<&str> {
    texts(text, outline(text).blocks.iter().map(|block| block.span))
}

fn headers(text: &str) -> Vec<&str> {
    let outline = outline(text);
    let headers = outline.statements.iter().filter(|statement| statement.kind == StatementKind::Header);
    texts(text, headers.map(|header| header.span))
}

/// What the one statement of a source calls, if it is a call.
fn callee(text: &str) -> Option<&str> {
    let outline = outline(text);
    assert_eq!(outline.statements.len(), 1, "one statement: {text}");
    match outline.statements[0].kind {
        StatementKind::Call { callee } => Some(&text[callee.range()]),
        _ => None,
    }
}

#[test]
fn a_block_ends_with_its_last_statement_not_with_comments_or_blank_lines() {
    let text = "def f():\n    x = 1\n\n    # trailing\n\n# outside\ny = 2\n";
    assert_eq!(blocks(text), ["def f():\n    x = 1"]);
}

#[test]
fn blank_and_comment_lines_have_no_say_in_the_indentation() {
    let text = "def f():\n    a\n# column zero\n  \n        # column eight\n    b\n";
    let outline = outline(text);
    assert!(outline.statements.iter().all(|statement| statement.block == Some(0)));
    assert_eq!(texts(text, outline.comments), ["# column zero", "# column eight"]);
}

#[test]
fn every_kind_of_line_end_ends_a_line() {
    for end in ["\n", "\r\n", "\r"] {
        let text = ["async def f():", "    a  # why", "    b = '''", "'''", "c", ""].join(end);
        let outline = outline(&text);
        assert_eq!(texts(&text, outline.comments.clone()), ["# why"]);
        assert_eq!(outline.statements.len(), 3, "{end:?}");
        assert_eq!(outline.statements[2].block, None);
    }
}

#[test]
fn the_last_line_needs_no_line_end() {
    assert_eq!(blocks("def f():\n    return 1"), ["def f():\n    return 1"]);
    assert_eq!(statements("x = 1  # c"), ["x = 1"]);
}

#[test]
fn a_backslash_continues_a_line() {
    for end in ["\n", "\r\n"] {
        let text = format!("x = 1 + \\{end}  2\nif a and \\{end} b:\n    c\n");
        assert_eq!(headers(&text), [format!("if a and \\{end} b:")]);
    }
    let text = "async \\\n  def f(): pass\nasync \\\n def g():\n    async \\\n with a: b\n";
    let outline = outline(text);
    assert!(outline.in_async(Some(0)) && outline.in_async(Some(1)));
    assert_eq!(texts(text, outline.blocks.iter().map(|block| block.name)), ["f", "g"]);
    assert_eq!(statements("x = f() \\\n\ny\n"), ["x = f()", "y"]);
}

#[test]
fn a_form_feed_starts_the_column_anew() {
    let text = "def f():\n    a\n\x0c\nclass A:\n    \x0c    b\n";
    assert_eq!(blocks(text).len(), 2);
}

#[test]
fn a_tab_runs_to_a_multiple_of_eight() {
    let text = "if a:\n        b\n\tc\n\tif d:\n\t\te\n                f\n";
    let outline = outline(text);
    assert_eq!(outline.statements.len(), 6);
    assert_eq!(outline.statements[0].end, text.len() - 1);
    // The grammar counts eight columns a tab, wherever it stands; CPython has `b` and `c` in one suite here.
    let text = "if a:\n  \tb\n\tc\n";
    assert_eq!(read(text).lost, None);
    assert_eq!(read(text).statements.len(), 3);
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_statement() {
    assert_eq!(statements("\u{feff}import a\n"), ["import a"]);
}

#[test]
fn semicolons_part_statements() {
    assert_eq!(statements("a; b = ';' ;c()  ; \nd;# e\n"), ["a", "b = ';'", "c()", "d"]);
    let outline = outline("if x: a; b\nc\n");
    assert_eq!(
        outline.statements.iter().map(|statement| statement.direct).collect::<Vec<_>>(),
        [true, false, false, true]
    );
}

#[test]
fn a_suite_may_stand_on_the_line_of_its_header() {
    let text = "if x: a\nelse: b\nclass A: pass\ndef f(): return 1\nwhile 1: c; d\ny\n";
    assert_eq!(headers(text), ["if x:", "else:", "while 1:"]);
    assert_eq!(blocks(text), ["class A: pass", "def f(): return 1"]);
    let outline = outline(text);
    assert_eq!(&text[outline.statements[0].span.start..outline.statements[0].end], "if x: a\nelse: b");
}

#[test]
fn only_the_colon_of_the_suite_ends_a_header() {
    for header in [
        "if (lambda: 0)() or d[1:2]:",
        "if lambda x, y=lambda: 1: x:",
        "if {1: 2}[1]:",
        "if (y := 1):",
        "if y := 1:",
        "while lambdas[a:b] or not_lambda:",
        "with open(f'{a:>{w}}') as f:",
        "for x in lambda: y, z:",
    ] {
        assert_eq!(headers(&format!("{header} pass\n")), [header]);
        assert_eq!(headers(&format!("{header}\n    pass\n")), [header]);
        assert_eq!(headers(&format!("{header}  # c\n    pass\n")), [header]);
    }
    let text = "def f(a: int = 1, *b: str, c=lambda x: {x: 1}) -> dict[str, 'x:y']: pass\n";
    let outline = outline(text);
    assert!(text[outline.blocks[0].header.range()].ends_with("'x:y']:"));
}

#[test]
fn annotations_and_slices_make_no_header() {
    assert_eq!(
        statements("x: int = 1\ny[1:2] = z\nd: dict[str, int]\n"),
        ["x: int = 1", "y[1:2] = z", "d: dict[str, int]"]
    );
}

#[test]
fn all_clauses_belong_to_the_compound_statement_that_they_continue() {
    let text = "\
try:
    a
except A: b
except (B, C) as e:
    if x: c
    elif y:
        d
    else:
        e
else:
    f
finally:
    g
    # after
h
";
    let outline = outline(text);
    assert_eq!(text[..outline.statements[0].end].lines().last(), Some("    g"));
    let direct = outline.statements.iter().filter(|statement| statement.direct);
    assert_eq!(
        texts(text, direct.map(|statement| statement.span)),
        ["try:", "except A:", "except (B, C) as e:", "else:", "finally:", "h"]
    );
    assert!(outline.statements[..outline.statements.len() - 1].iter().all(|s| s.compound == Some(0)));
}

#[test]
fn an_else_belongs_to_the_statement_of_its_own_column() {
    let text = "for x in y:\n    if a:\n        b\nelse:\n    c\n";
    let outline = outline(text);
    assert_eq!(&text[..outline.statements[0].end], text.trim_end());
    assert_eq!(&text[outline.statements[1].span.start..outline.statements[1].end], "if a:\n        b");
}

#[test]
fn soft_keywords_are_names_unless_they_open_a_suite() {
    let text = "\
match = case = type = 1
match(x)
match[x]: int = 2
case.y = type(z)
type X = int
match x, y:
    case {'a': 1} | [b, *_] if c[1:2]: d
    case _ if (lambda: 1)():
        match (e):
            case 1: f
case: int = 1
match.z(1)
";
    assert_eq!(
        headers(text),
        ["match x, y:", "case {'a': 1} | [b, *_] if c[1:2]:", "case _ if (lambda: 1)():", "match (e):", "case 1:"]
    );
}

#[test]
fn print_and_exec_are_names_or_statements_of_python_2() {
    assert_eq!(statements("print 'a', b\nprint >>f, (c)\nexec 'd'\nprint(e)\n").len(), 4);
    assert_eq!(callee("print(x)\n"), Some("print"));
    assert_eq!(callee("print f(x)\n"), None);
}

#[test]
fn async_makes_a_coroutine_function_and_leaves_its_statements_plain_headers() {
    let text = "async def f():\n    async for x in y:\n        async with z as w: a\n    def g():\n        b\nc\n";
    let outline = outline(text);
    assert_eq!(outline.blocks[0].kind, BlockKind::Function { is_async: true });
    assert_eq!(outline.blocks[1].kind, BlockKind::Function { is_async: false });
    assert!(outline.in_async(Some(1)) && !outline.in_async(None));
    assert_eq!(headers(text), ["async for x in y:", "async with z as w:"]);
}

#[test]
fn decorators_belong_to_the_definition_after_comments_and_blank_lines() {
    let text = "@a\n# why\n\n@b.c(lambda: 1)  # d\n\nasync def f():\n    x\n@e\nclass A: y\n";
    let outline = outline(text);
    assert_eq!(outline.blocks[0].span.start, 0);
    assert_eq!(&text[outline.blocks[0].header.range()], "async def f():");
    assert_eq!(outline.blocks.iter().map(|block| block.decorators).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(outline.statements.len(), 2);
}

#[test]
fn type_parameters_stand_before_the_colon() {
    let text = "def f[T: int, *Ts, **P](x: T) -> T: pass\nclass A[T](B[T]): pass\n";
    assert_eq!(texts(text, outline(text).blocks.iter().map(|block| block.name)), ["f", "A"]);
    // The grammar has no defaults of type parameters (PEP 696).
    let text = "class A[T: int = str]:\n    x = 1\n";
    let outline = read(text);
    assert_eq!((outline.lost, outline.blocks.len()), (None, 1));
    assert_eq!(&text[outline.blocks[0].header.range()], "class A[T: int = str]:");
}

#[test]
fn blocks_nest_and_know_their_parents() {
    let text = "class A:\n    def f(self):\n        class B:\n            x = 1\n        return B\n    y = 2\nz\n";
    let outline = outline(text);
    assert_eq!(outline.blocks.iter().map(|block| block.parent).collect::<Vec<_>>(), [None, Some(0), Some(1)]);
    assert_eq!(
        outline.statements.iter().map(|statement| statement.block).collect::<Vec<_>>(),
        [Some(2), Some(1), Some(0), None]
    );
}

#[test]
fn a_definition_knows_the_compound_statement_around_it() {
    let text = "if x:\n    y\nelse:\n    def f():\n        z\n    class A: w\n";
    assert_eq!(outline(text).blocks.iter().map(|block| block.compound).collect::<Vec<_>>(), [Some(0), Some(0)]);
}

#[test]
fn imports_are_listed_name_by_name() {
    let text = "\
import a.b as c, d
from .e . f import (  # why
    g as h,
    i,
)
from ... import j
from k import *
from __future__ import annotations as l, m
def n():
    from . o import p; import \\
        q
";
    let outline = outline(text);
    assert_eq!(
        texts(text, outline.imports.iter().map(|import| import.span)),
        ["a.b as c", "d", "g as h", "i", "j", "*", "annotations as l", "m", "p", "q"]
    );
    assert_eq!(
        texts(text, outline.imports.iter().map(|import| import.module)),
        ["a.b", "d", ".e . f", ".e . f", "...", "k", "__future__", "__future__", ". o", "q"]
    );
    assert_eq!(texts(text, outline.imports.iter().filter_map(|import| import.alias)), ["c", "h", "l"]);
    assert_eq!(texts(text, outline.imports.iter().filter_map(|import| import.name)).len(), 7);
    assert_eq!(outline.imports.last().and_then(|import| import.block), Some(0));
}

#[test]
fn global_is_a_kind_and_nonlocal_is_simple() {
    let outline = outline("def f():\n    global a, b\n    nonlocal c\n");
    assert_eq!(outline.statements[0].kind, StatementKind::Global);
    assert_eq!(outline.statements[1].kind, StatementKind::Simple);
}

#[test]
fn a_chain_that_ends_in_a_call_is_a_call_of_its_last_name() {
    for (text, name) in [
        ("f(x)", "f"),
        ("a.b.c(x)", "c"),
        ("super().start()", "start"),
        ("a [0] . b \\\n (x) # c", "b"),
        ("f(x for x in y)", "f"),
        ("''.join(x)", "join"),
        ("'a' f'b'\"c\".format(x)", "format"),
        ("{}.update(x)", "update"),
        ("(await f()).g()", "g"),
        ("1.5.hex()", "hex"),
        ("é(x)", "é"),
        ("await_(x)", "await_"),
        ("exec(x)", "exec"),
        ("a.match(x)", "match"),
    ] {
        assert_eq!(callee(text), Some(name), "{text}");
    }
    for text in ["f()[0](x)", "f()(x)", "(f)(x)", "''(x)", "None()", "...()", "(f())", "((f()))", "(a, b)", "(yield x)"]
    {
        assert_eq!(callee(text), Some(""), "{text}");
    }
}

#[test]
fn what_stands_beside_a_chain_makes_it_no_call() {
    for text in [
        "x = f()",
        "x: t = f()",
        "x += f()",
        "f(x).y",
        "f(x)[0]",
        "f(),",
        "a, f()",
        "a + f()",
        "-f()",
        "a and f()",
        "not f()",
        "not(f())",
        "await f()",
        "await(f())",
        "yield f()",
        "yield(x)",
        "lambda: f()",
        "a if b else f()",
        "return f()",
        "return(x)",
        "raise f()",
        "assert f()",
        "assert(x)",
        "del(x)",
        "a == f()",
        "x = (y)",
        "a in(b)",
        "'%s' % (x)",
        "f'{x}'",
        "a",
        "(a) + (b)",
    ] {
        assert_eq!(callee(text), None, "{text}");
    }
}

#[test]
fn the_pass_says_where_it_lost_its_footing() {
    for (text, lost) in [
        ("x\n(a,\n", 2),
        ("x\na)\n", 3),
        ("x\n(a]\n", 2),
        ("x = 'a\n", 4),
        ("x = '''a\n", 4),
        ("x = f'{a'\n", 4),
        ("if a:\n        b\n    c\n", 20),
        ("a\n  b\n", 4),
        ("if a:\nb\n", 6),
        ("if a:\n", 6),
        ("if a\n    b\n", 0),
        ("else: a\n", 0),
        ("a\nelse: b\n", 2),
        ("if a: for b in c: d\n", 6),
        ("if a: match b:\n    case c: d\n", 6),
        ("@a\nb\n", 3),
        ("@a\n", 3),
        ("def (): a\n", 0),
        ("a\\b\n", 1),
        ("a;;b\n", 2),
        ("`a`\n", 0),
        ("import a b\n", 0),
        ("from a b\n", 0),
        ("match a:\n    b\n", 13),
    ] {
        assert_eq!(read(text).lost, Some(lost), "{text:?}");
    }
    let outline = read("def f():\n    a\n    g('b',  # c\nd\n");
    assert_eq!((outline.blocks.len(), outline.statements.len()), (1, 1));
    assert_eq!((outline.strings.len(), outline.comments.len()), (0, 0), "nothing is listed past the offset");
}
