//! Strings, f-strings and brackets, and the queries on an outline.

use super::*;

/// The plain strings of a source that holds one statement.
fn strings(text: &str) -> Vec<&str> {
    let outline = outline(text);
    assert_eq!(outline.statements.len(), 1, "one statement: {text}");
    texts(text, outline.strings)
}

#[test]
fn a_string_begins_at_its_prefix() {
    for string in ["'a'", "r'a'", "B'a'", "Rb'a'", "bR\"a\"", "u'''a'''", "U''", "'' ", "\"'\"", "'\"'"] {
        assert_eq!(strings(&format!("x = {string}\n")), [string.trim_end()]);
    }
    assert_eq!(strings("x = y if'a'in'b'else r'c'\n"), ["'a'", "'b'", "r'c'"]);
    assert_eq!(strings("x = 'a'b'c'\n"), ["'a'", "b'c'"]);
}

#[test]
fn a_backslash_escapes_a_quote_in_raw_strings_too() {
    assert_eq!(strings(r"x = 'a\'b', r'c\'d', '\\', r'\\'"), [r"'a\'b'", r"r'c\'d'", r"'\\'", r"r'\\'"]);
    assert_eq!(strings("x = 'a\\\nb', 'c\\\r\nd'\n"), ["'a\\\nb'", "'c\\\r\nd'"]);
}

#[test]
fn a_triple_quoted_string_holds_lines_and_quotes() {
    let text = "x = '''a ' '' \\''' # no\n  \"\"\" b''', \"\"\"\"c\"\"\"\n";
    assert_eq!(strings(text), ["'''a ' '' \\''' # no\n  \"\"\" b'''", "\"\"\"\"c\"\"\""]);
}

#[test]
fn strings_that_hold_code_are_not_listed_but_the_strings_in_their_fields_are() {
    assert_eq!(strings("x = f'a {b[\"c\"]!r} d', 'e', F'f', rf'{g}', fR'{h}'\n"), ["\"c\"", "'e'"]);
    assert_eq!(strings("x = t'a {b[\"c\"]} d', Tr'{e}', 'f'\n"), ["\"c\"", "'f'"]);
}

#[test]
fn a_field_may_hold_the_quotes_of_its_f_string() {
    assert_eq!(strings("x = f'{a['b']} {f'{c['d']}'}', 'e'\n"), ["'b'", "'d'", "'e'"]);
    assert_eq!(strings("x = f\"{f\"{f\"{1}\"}\"}\", 'e'\n"), ["'e'"]);
    assert_eq!(strings("x = f'''{\na['b'] # c\n}''', 'e'\n"), ["'b'", "'e'"]);
}

#[test]
fn doubled_braces_hold_no_code() {
    assert_eq!(strings("x = f'{{\"a\"}} {{{b}}} }}', 'c'\n"), ["'c'"]);
}

#[test]
fn a_format_specification_is_text_with_fields() {
    assert_eq!(strings("x = f'{a:>{b[\"c\"]}} {d:%H:%M \"} {e!r:^{f}.{g}} {h:{{1}}}', 'i'\n"), ["\"c\"", "'i'"]);
    assert_eq!(
        strings("x = f'{a[1:\"b\"]} {(lambda: \"c\")()} {d != \"e\"} {{}}', 'f'\n"),
        ["\"b\"", "\"c\"", "\"e\"", "'f'"]
    );
    assert_eq!(strings("x = f'{ {\"a\": 1}[\"a\"] }'\n"), ["\"a\"", "\"a\""]);
}

#[test]
fn a_backslash_in_an_f_string_never_escapes_a_brace() {
    assert_eq!(
        strings("x = f'\\{a[\"b\"]} \\N{DASH} \\\\{c} \\'', rf'\\N{a[\"d\"]}', 'e'\n"),
        ["\"b\"", "\"d\"", "'e'"]
    );
    assert_eq!(strings("x = f'a\\\nb {c}', f'''\nd {e} '' ''', 'f'\n"), ["'f'"]);
}

#[test]
fn old_f_strings_read_as_new_ones() {
    assert_eq!(strings("x = f'''{a['b']} \"{c[\"d\"]}\" {e:'>{f}}''', 'g'\n"), ["'b'", "\"d\"", "'g'"]);
}

#[test]
fn a_number_sign_is_a_comment_only_in_code() {
    let text = "x = '#a', f'#b {c:#x}', [  # d\n 1]  # e\n";
    assert_eq!(texts(text, outline(text).comments), ["# d", "# e"]);
}

#[test]
fn line_ends_colons_and_semicolons_in_brackets_part_nothing() {
    assert_eq!(statements("x = [\n1,\n\n  # c\n2][a:b], {c: d,\n}; y = (\n)\nz\n").len(), 3);
}

#[test]
fn nesting_of_any_depth_is_read_on_one_stack() {
    let depth = 100_000;
    let text = format!("x = {}{}\ny\n", "([{".repeat(depth), "}])".repeat(depth));
    assert_eq!(read(&text).statements.len(), 2);
    assert_eq!(read(&"(".repeat(depth)).lost, Some(0));
    let text = format!("x = {}1{}\n", "f'{".repeat(depth), "}'".repeat(depth));
    assert_eq!(read(&text).statements.len(), 1);
    let deep_suites: String = (0..2_000).map(|column| format!("{}if x:\n", " ".repeat(column))).collect();
    assert_eq!(read(&deep_suites).statements.len(), 2_000);
}

#[test]
fn the_tree_of_a_broken_file_still_gives_an_outline() {
    let text = "def f():\n    x = (\n\ndef g(:\n    pass\n";
    assert!(!from_tree(&syntax::parse(text), text).blocks.is_empty());
}

#[test]
fn code_is_what_is_neither_string_nor_comment() {
    let text = "x = 'abc' + y  # z\n";
    let outline = outline(text);
    let at = |word: &str| text.find(word).map(|start| Span::new(start, start + word.len())).expect("the word is there");
    assert!(outline.is_code(at("y")) && outline.is_code(at("x =")));
    assert!(!outline.is_code(at("bc")) && !outline.is_code(at("= 'a")) && !outline.is_code(at("z")));
}

const REGIONS: &str = "\
import a
@dec
async def outer():
    class Inner:
        def method(self):
            in_method
class A(base):
    attribute = 1
    if condition:
        conditional
        @wrapped
        def guarded(self):
            in_guarded
        # remark
        class B(other):
            in_b
    else:
        alternative

    def method(self): in_short
last
";

/// The region of the first place of `word`, by its first and its last line.
fn region(word: &str) -> (&'static str, &'static str) {
    let region = outline(REGIONS).region_of(REGIONS.find(word).expect("the word is there"));
    let text = &REGIONS[region.range()];
    (text.lines().next().unwrap_or(""), text.lines().last().unwrap_or("").trim_start())
}

#[test]
fn the_innermost_block_has_its_decorators_and_header() {
    let outline = outline(REGIONS);
    let name = |word: &str| {
        let block = outline.innermost_block(REGIONS.find(word).expect("the word is there"))?;
        Some(&REGIONS[outline.blocks[block].name.range()])
    };
    assert_eq!(name("import"), None);
    assert_eq!(name("@dec"), Some("outer"));
    assert_eq!(name("in_method"), Some("method"));
    assert_eq!(name("(base)"), Some("A"));
    assert_eq!(name("alternative"), Some("A"));
    assert_eq!(name("@wrapped"), Some("guarded"));
    assert_eq!(name("last"), None);
}

#[test]
fn a_region_is_the_outermost_function() {
    for word in ["@dec", "outer", "Inner", "in_method"] {
        assert_eq!(region(word), ("@dec", "in_method"));
    }
    assert_eq!(region("@wrapped"), ("@wrapped", "in_guarded"));
    assert_eq!(region("in_short"), ("def method(self): in_short", "def method(self): in_short"));
}

#[test]
fn a_region_outside_functions_is_the_whole_statement() {
    assert_eq!(region("import"), ("import a", "import a"));
    assert_eq!(region("attribute"), ("attribute = 1", "attribute = 1"));
    for word in ["condition:", "conditional", "# remark", "class B", "else:", "alternative"] {
        assert_eq!(region(word), ("if condition:", "alternative"), "{word}");
    }
    assert_eq!(region("in_b"), ("in_b", "in_b"));
    assert_eq!(region("base"), ("class A(base):", "def method(self): in_short"));
    assert_eq!(region("\nlast"), ("", ""));
}

#[test]
fn the_regions_are_all_that_any_offset_gives() {
    let outline = outline(REGIONS);
    let mut found: Vec<Span> =
        (0..REGIONS.len()).map(|at| outline.region_of(at)).filter(|span| !span.is_empty()).collect();
    found.sort_unstable_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
    found.dedup();
    assert_eq!(outline.regions(), found);
}
