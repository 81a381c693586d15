//! Which calls are found in small sources, and in what place each.

use super::Place::{Argument, Assigned, Element, Generated, Returned, Statement, Value};
use super::*;
use crate::outline;
use crate::syntax;
use proptest::prelude::*;

fn sites(text: &str) -> Vec<CallSite> {
    call_sites(text, &outline::read(text))
}

/// The name and the place of each call of a source, whose tree has the same calls.
fn places(text: &str) -> Vec<(&str, Place)> {
    let tree = syntax::parse(text);
    assert!(!tree.root_node().has_error(), "the source is Python: {text}");
    let sites = sites(text);
    for (name, place) in call_places(&tree, text) {
        let site = sites.iter().find(|site| site.name == name);
        let site = site.unwrap_or_else(|| panic!("{} has a site in {text}", &text[name.start..]));
        assert!(site.place == place || site.place == Value, "{site:?} is {place:?} in {text}");
    }
    sites.iter().map(|site| (&text[site.name.range()], site.place)).collect()
}

/// The place of the call of `f` in a source.
fn place(text: &str) -> Place {
    let found: Vec<Place> = places(text).iter().filter(|(name, _)| *name == "f").map(|(_, place)| *place).collect();
    assert_eq!(found.len(), 1, "one call of f: {text}");
    found[0]
}

fn assert_place(expected: Place, texts: &[&str]) {
    for text in texts {
        assert_eq!(place(text), expected, "{text}");
    }
}

#[test]
fn a_call_can_be_a_statement() {
    assert_place(
        Statement,
        &["f()", "a.b[c].f(d)", "(f())", "(\n    f(x)  # why\n)", "if x: f()", "class A:\n    f()"],
    );
}

#[test]
fn a_call_can_be_what_is_assigned() {
    assert_place(Assigned, &["x = f()", "x = y = f()", "x: T = f()", "a, b = f()", "x[0] = (f())", "g((x := f()))"]);
}

#[test]
fn a_call_can_be_what_is_returned() {
    assert_place(Returned, &["return f()", "return (\n    a.f()\n)", "return a().f()"]);
}

#[test]
fn a_call_can_be_what_a_generator_makes_later() {
    assert_place(
        Generated,
        &["g(f() for x in y)", "(f() for x in y)", "g(*(f() for x in y))", "sum((f() for x in y))"],
    );
}

#[test]
fn a_call_can_be_an_argument() {
    for text in ["g(f())", "a.g(1, f())", "g(x=f())", "g((f()))", "await g(f(), x)", "g(lambda: x, f())"] {
        assert_eq!(place(text), Argument, "{text}");
        let site = sites(text).into_iter().find(|site| &text[site.name.range()] == "f").expect("f is called");
        assert_eq!(site.callee.map(|callee| &text[callee.range()]), Some("g"), "{text}");
    }
    assert_eq!(sites("g()(f())")[2].callee, None);
}

#[test]
fn a_call_can_be_an_element() {
    assert_place(
        Element,
        &[
            "[f()]",
            "(f(), x)",
            "(x, f())",
            "{f(), x}",
            "{'k': f()}",
            "{f(): x}",
            "f(), x",
            "f(),",
            "x = y, f()",
            "return f(), x",
            "return [f()]",
            "yield f()",
            "x = yield f()",
            "(yield f())",
            "lambda: f()",
            "g(lambda x, y: f())",
            "x = lambda: f()",
            "[f() for x in y]",
            "list(f() for x in y)",
            "','.join(f() for x in y)",
            "{x: f() for x in y}",
            "async def g(): return [f() async for x in y]",
            "def g(x=f()): pass",
            "def g[T](x: int = f()): pass",
        ],
    );
}

#[test]
fn whatever_needs_a_value_or_is_not_known_is_a_value() {
    assert_place(
        Value,
        &[
            "f().x",
            "f()[0]",
            "f()()",
            "x = f().y",
            "(f()).y",
            "return not f()",
            "x += f()",
            "x = a + f()",
            "x = f() or y",
            "x = f() if c else y",
            "x = y if c else f()",
            "x = y == f()",
            "x = -f()",
            "x = f'{f()}'",
            "x = f'{y:{f()}}'",
            "x = f'''{y!r}{f()!r:>10}'''",
            "if f(): pass",
            "if (f()): pass",
            "if x: pass\nelif y and f(): pass",
            "while f(): pass",
            "assert f()",
            "assert x, f()",
            "raise f()",
            "for x in f(): pass",
            "for x in (f()): pass",
            "with f() as x: pass",
            "with (f() as x, g()): pass",
            "with (g(), f()): pass",
            "match f():\n    case 1: pass",
            "[x for x in f()]",
            "[x for x in y if f()]",
            "g(x for x in y if f())",
            "g(*f())",
            "g(**f())",
            "[*f()]",
            "{**f()}",
            "x[f()]",
            "x[1:f()]",
            "yield from f()",
            "@f()\ndef g(): pass",
            "class A(f()): pass",
            "class A(f(), metaclass=M): pass",
            "def g(x: f()): pass",
            "def g() -> f(): pass",
            "def g(x: int, y=1) -> f(): pass",
            "if x := f(): pass",
            "if (x := f()) is None: pass",
            "(x := f()).y",
            "g(lambda x=f(): x)",
            "del f().x",
        ],
    );
}

#[test]
fn an_awaited_call_is_no_site_but_a_call_in_its_chain_is() {
    assert_eq!(places("await f()"), []);
    assert_eq!(places("x = await a.f(1) + 1"), []);
    assert_eq!(places("await f().g()"), [("f", Value)]);
    assert_eq!(places("await f(g()).h()"), [("f", Value), ("g", Argument)]);
    assert_eq!(places("await f()()"), [("f", Value)]);
    assert_eq!(places("(await f()).g()"), [("g", Statement)]);
    assert_eq!(places("await x, f()"), [("f", Element)]);
}

#[test]
fn what_is_no_call_has_no_site() {
    for text in [
        "'f()'",
        "x = 'a' '''f()'''  # f()",
        "x = f'f() {{f()}} {x}'",
        "x = rf'\\{x} f()'",
        "if(x): pass",
        "return(x)",
        "x = not(y) and(z) or(a in(b))",
        "for(x)in(y): pass",
        "lambda:(x)",
        "assert(x)",
        "def f(): pass",
        "class A(B): pass",
        "def f[T](x): pass",
        "match (x):\n    case (y): pass",
        "x = await(y)",
        "x = [(y) for(y)in(z)if(a)]",
        "from a import (b)",
    ] {
        assert_eq!(places(text), [], "{text}");
    }
}

#[test]
fn a_call_of_no_name_has_a_site_without_one() {
    for text in ["f()()", "x[0]()", "(f)()", "(lambda: x)()"] {
        let last = *sites(text).last().expect("a site");
        assert_eq!((last.name, last.chain), (Span::at(text.len() - 2), 0), "{text}");
    }
}

#[test]
fn a_chain_starts_where_its_first_operand_does() {
    for (text, chain) in [
        ("x = self.a.b()", "self"),
        ("x = a + b[0](1).c()", "b"),
        ("x = 'a' rb'b'.c()", "'a'"),
        ("x = f'{y}'.c()", "f'"),
        ("x = (a or b).c()", "(a"),
        ("x = [a].c()", "[a"),
        ("x = not {}.c()", "{}"),
        ("x = a . b \\\n . c ()", "a ."),
    ] {
        let site = *sites(text).last().expect("a site");
        assert!(text[site.chain..].starts_with(chain), "{text}");
    }
}

#[test]
fn code_inside_f_strings_is_code() {
    assert_eq!(places("x = f'{a(f\"{b()}\")} {c():{d()}}' + e()").len(), 5);
    assert_eq!(places("x = f'{a(\"(\", \")\")}' f'{{' f'{b()}'").len(), 2);
    assert_eq!(places("x = f'\\N{DASH} {a()}'").len(), 1);
}

#[test]
fn a_call_knows_whether_it_runs_in_a_coroutine() {
    let text = "a()\n@b()\nasync def f(x=c()):\n    d()\n    def g(y=e()):\n        h()\n    class A(i()):\n        j()\nk()\n";
    let inside: Vec<&str> =
        sites(text).iter().filter(|site| site.in_async).map(|site| &text[site.name.range()]).collect();
    assert_eq!(inside, ["d", "e", "h", "i", "j"]);
    assert_eq!(places(text).len(), 9);
}

#[test]
fn sites_come_in_source_order() {
    let text = "await a(b(), c(d())).e(f())\ng(h())\n";
    let names: Vec<&str> = sites(text).iter().map(|site| &text[site.name.range()]).collect();
    assert_eq!(names, ["a", "b", "c", "d", "f", "g", "h"]);
}

/// Finds the calls of any text, and holds what every site must keep.
fn hold(text: &str) {
    let sites = sites(text);
    assert!(sites.is_sorted_by_key(|site| site.name.end));
    for site in sites {
        assert!(site.chain <= site.name.start);
        assert!(site.callee.is_none() || site.place == Argument);
        assert!(text[site.name.end..].contains('(') && text.is_char_boundary(site.chain));
    }
}

proptest! {
    #[test]
    fn any_text_has_its_calls_found(text in any::<String>()) {
        hold(&text);
    }

    #[test]
    fn any_string_of_tokens_has_its_calls_found(tokens in proptest::collection::vec(token(), 0..40)) {
        hold(&tokens.concat());
    }
}

/// Pieces of Python around calls.
fn token() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "\n",
        "\n    ",
        "\\\n",
        ";",
        ":",
        ":=",
        ",",
        "=",
        "==",
        ".",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "{{",
        "'",
        "\"",
        "f'",
        "f'''",
        "'''",
        "\\N{",
        "!r",
        "#",
        "*",
        "f(",
        "g(x)",
        "await ",
        "lambda ",
        "if x:",
        "else:",
        "for ",
        " in ",
        " if ",
        "return ",
        "yield ",
        "def f(a=b()):",
        "class A:",
        "@a()\n",
        "é",
        "1",
        "self.x",
        " ",
    ])
}
