//! Which calls of a text may tell what the parameters of something are that it defines or imports.
//!
//! In: a text and its outline. Out: the calls with a name, an attribute or another call among their arguments, where a class
//! is called by its usual spelling, a constructor by its name, or what is called is awaited. Arguments are shortened to what
//! says what they are; from where a call is not read, `*_` stands for the rest.

use crate::outline::{BlockKind, Outline};
use crate::text::{Span, is_word};
use memchr::memmem;

/// As much of a call as is read.
const LONGEST: usize = 1000;

/// A call, and the function or class in which it stands.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// The names by which something is called.
    pub callee: Span,
    /// The arguments in short, with their parentheses.
    pub arguments: String,
    pub block: Option<u32>,
    /// The first names of the arguments that begin with one.
    pub reads: Vec<Span>,
}

/// All such calls of a text, in order of the source.
pub(super) fn calls(text: &str, outline: &Outline) -> Vec<Call> {
    let bytes = text.as_bytes();
    if memmem::find(bytes, b"async").is_none() || !has_open_parameters(text, outline) {
        return Vec::new();
    }
    let opens = memchr::memchr_iter(b'(', bytes).filter(|open| *open > 0 && is_word(bytes[open - 1]));
    opens.filter_map(|open| call(text, outline, open)).collect()
}

/// Whether some function of a text has a parameter without an annotation, its receiver aside. Who annotates all calls what is
/// annotated, as a rule.
fn has_open_parameters(text: &str, outline: &Outline) -> bool {
    outline.blocks.iter().filter(|block| block.kind != BlockKind::Class).any(|block| {
        let header = &text.as_bytes()[block.name.end..block.header.end];
        header.first() == Some(&b'(') && is_open(&header[1..])
    })
}

/// Whether a list of parameters has one without an annotation, behind its first.
fn is_open(header: &[u8]) -> bool {
    let (mut depth, mut is_first, mut is_annotated, mut begins_with) = (0usize, true, false, None);
    for byte in header {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth > 0 => depth -= 1,
            b',' | b')' if depth == 0 => {
                if !is_first && !is_annotated && begins_with.is_some_and(is_word) {
                    return true;
                }
                if *byte == b')' {
                    return false;
                }
                (is_first, is_annotated, begins_with) = (false, false, None);
            }
            b':' if depth == 0 => is_annotated = true,
            _ if begins_with.is_none() && !byte.is_ascii_whitespace() => begins_with = Some(*byte),
            _ => {}
        }
    }
    false
}

fn call(text: &str, outline: &Outline, open: usize) -> Option<Call> {
    let bytes = text.as_bytes();
    let is_link = |byte: &u8| is_word(*byte) || *byte == b'.';
    let name = bytes[..open].iter().rposition(|byte| !is_word(*byte)).map_or(0, |last| last + 1);
    let is_class = is_class_name(&bytes[name..open]);
    if bytes.get(open + 1) == Some(&b')') {
        return None;
    }
    let start = bytes[..name].iter().rposition(|byte| !is_link(byte)).map_or(0, |last| last + 1);
    let start = if bytes[..start].ends_with(b"super()") { start - b"super()".len() } else { start };
    let is_constructor = start < name && &bytes[name..open] == b"__init__";
    let before = text[..start].trim_end_matches(' ').as_bytes();
    let is_awaited = || before.ends_with(b"await") && before.len() < start;
    if !(is_class || is_constructor || is_awaited()) || before.ends_with(b"class") {
        return None;
    }
    let (arguments, reads) = arguments(bytes, open);
    if reads.is_empty() || !outline.is_code(Span::new(start, open)) {
        return None;
    }
    let block = outline.innermost_block(start).map(|block| block as u32);
    Some(Call { callee: Span::new(start, open), arguments: format!("({arguments}"), block, reads })
}

/// Whether a name is written as that of a class which is no exception.
fn is_class_name(name: &[u8]) -> bool {
    let first = name.iter().find(|byte| **byte != b'_');
    first.is_some_and(u8::is_ascii_uppercase) && !name.ends_with(b"Error") && !name.ends_with(b"Exception")
}

/// What stands behind the parenthesis at `open`: the arguments in short, and what they read by name.
pub(super) fn arguments(bytes: &[u8], open: usize) -> (String, Vec<Span>) {
    let (mut short, mut reads) = (String::new(), Vec::new());
    let (mut depth, mut from) = (0usize, open + 1);
    let mut at = open + 1;
    while at < bytes.len().min(open + LONGEST) {
        match bytes[at] {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth > 0 => depth -= 1,
            b')' | b',' if depth == 0 => {
                shorten(bytes, Span::new(from, at), &mut short, &mut reads);
                if bytes[at] == b')' {
                    short.push(')');
                    return (short, reads);
                }
                short.push(',');
                from = at + 1;
            }
            quote @ (b'"' | b'\'') => match string_end(bytes, at, quote) {
                Some(end) => at = end,
                None => break,
            },
            b'#' | b'\\' => break,
            _ => {}
        }
        at += 1;
    }
    short.push_str("*_)");
    (short, reads)
}

/// Where a string on one line ends; none for others.
pub(super) fn string_end(bytes: &[u8], start: usize, quote: u8) -> Option<usize> {
    if bytes[start..].starts_with(&[quote; 3]) {
        return None;
    }
    let end = memchr::memchr3(quote, b'\\', b'\n', &bytes[start + 1..])? + start + 1;
    (bytes[end] == quote).then_some(end)
}

/// Writes an argument: a name, an attribute, and a call of such without its own arguments; `0` stands for a literal, `...` for
/// all else.
fn shorten(bytes: &[u8], argument: Span, short: &mut String, reads: &mut Vec<Span>) {
    let (mut start, mut source) = (argument.start, &bytes[argument.range()]);
    let trim = |start: &mut usize, source: &mut &[u8]| {
        *start += source.len() - source.trim_ascii_start().len();
        *source = source.trim_ascii();
    };
    trim(&mut start, &mut source);
    let word = source.iter().take_while(|byte| is_word(**byte)).count();
    let behind = source[word..].trim_ascii_start();
    if word > 0 && behind.starts_with(b"=") && !behind.starts_with(b"==") {
        short.push_str(std::str::from_utf8(&source[..word]).unwrap_or_default());
        short.push('=');
        start += source.len() - behind.len() + 1;
        source = &behind[1..];
        trim(&mut start, &mut source);
    }
    let chain = source.iter().take_while(|byte| is_word(**byte) || **byte == b'.').count();
    let is_name = source.first().is_some_and(|first| is_word(*first) && !first.is_ascii_digit());
    let tail = &source[chain..];
    match source {
        [] => {}
        b"None" => short.push_str("None"),
        b"True" | b"False" => short.push('0'),
        [b'*', ..] => short.push_str("*_"),
        [b'0'..=b'9' | b'"' | b'\'', ..] => short.push('0'),
        _ if is_name && (tail.is_empty() || is_all_brackets(tail)) => {
            let chain = std::str::from_utf8(&source[..chain]).unwrap_or("...");
            short.push_str(chain);
            short.push_str(if tail.is_empty() { "" } else { "()" });
            reads.push(Span::new(start, start + chain.find('.').unwrap_or(chain.len())));
        }
        _ => short.push_str("..."),
    }
}

/// Whether a text is one pair of parentheses with all that is in it.
fn is_all_brackets(tail: &[u8]) -> bool {
    let mut depth = 0usize;
    let closed = tail.iter().position(|byte| {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    });
    closed == Some(tail.len() - 1)
}
