//! The source of a cell as it is written in JSON: one string, or a list of strings that are lines.
//!
//! Each character of the text is known with the bytes that stand for it, so that a changed text keeps the escapes of all that
//! stayed. serde_json has found the value and checked it; what is read here is only which bytes of it mean which character.

use crate::text::Span;
use serde_json::value::RawValue;
use similar::{Algorithm, DiffOp, capture_diff_slices};

#[derive(Debug)]
pub(super) struct Literal {
    /// The whole value in the document.
    pub span: Span,
    /// What it means.
    pub text: String,
    /// The strings, quotes included; none around it where the value is one string.
    strings: Vec<Span>,
    is_list: bool,
}

/// A character, and the bytes of the document that stand for it.
#[derive(Clone, Copy)]
struct Unit<'d> {
    character: char,
    written: &'d str,
}

impl Literal {
    /// Reads the value at `span` of a document; none where it is neither a string nor a list of strings.
    pub fn read(document: &str, span: Span) -> Option<Literal> {
        let value = &document[span.range()];
        if let Ok(text) = serde_json::from_str::<String>(value) {
            return Some(Literal { span, text, strings: vec![span], is_list: false });
        }
        let elements: Vec<&RawValue> = serde_json::from_str(value).ok()?;
        let (mut text, mut strings) = (String::new(), Vec::new());
        for element in elements {
            text.push_str(&serde_json::from_str::<String>(element.get()).ok()?);
            let start = element.get().as_ptr() as usize - document.as_ptr() as usize;
            strings.push(Span::new(start, start + element.get().len()));
        }
        Some(Literal { span, text, strings, is_list: true })
    }

    /// The value that means `text`; `escapes_all` is whether the document is ASCII by choice.
    pub fn with(&self, text: &str, document: &str, escapes_all: bool) -> String {
        let old = lines(self.units(document), |unit| unit.character);
        let old_texts: Vec<String> = old.iter().map(|line| line.iter().map(|unit| unit.character).collect()).collect();
        let new: Vec<&str> = text.split_inclusive('\n').collect();
        let old_lines: Vec<&str> = old_texts.iter().map(String::as_str).collect();
        let mut written: Vec<String> = Vec::new();
        for change in capture_diff_slices(Algorithm::Myers, &old_lines, &new) {
            if let DiffOp::Equal { old_index, len, .. } = change {
                written.extend(old[old_index..old_index + len].iter().map(|line| rendered(line)));
                continue;
            }
            for (index, at) in change.new_range().enumerate() {
                let before = change.old_range().nth(index).map_or(&[][..], |at| &old[at]);
                written.push(line_like(before, new[at], escapes_all));
            }
        }
        if self.is_list { self.listed(&written, document) } else { format!("\"{}\"", written.concat()) }
    }

    /// The list with other elements, between the same white space.
    fn listed(&self, written: &[String], document: &str) -> String {
        let (Some(first), Some(last)) = (self.strings.first(), self.strings.last()) else {
            let elements: Vec<String> = written.iter().map(|line| format!("\"{line}\"")).collect();
            return format!("[{}]", elements.join(", "));
        };
        if written.is_empty() {
            return "[]".to_owned();
        }
        let opening = &document[self.span.start..first.start];
        let mut gaps = self.strings.windows(2).map(|pair| &document[pair[0].end..pair[1].start]).collect::<Vec<_>>();
        // A list of one element shows by its bracket whether each stands on a line of its own.
        let derived = match opening[1..].contains('\n') {
            true => format!(",{}", &opening[1..]),
            false => ", ".to_owned(),
        };
        if gaps.is_empty() {
            gaps.push(&derived);
        }
        let mut out = opening.to_owned();
        for (index, line) in written.iter().enumerate() {
            if index > 0 {
                out.push_str(gaps[(index - 1).min(gaps.len() - 1)]);
            }
            out.push_str(&format!("\"{line}\""));
        }
        out + &document[last.end..self.span.end]
    }

    /// The characters of all strings, in order.
    fn units<'d>(&self, document: &'d str) -> Vec<Unit<'d>> {
        let bodies = self.strings.iter().map(|string| &document[string.start + 1..string.end - 1]);
        bodies.flat_map(units).collect()
    }
}

/// The characters of the body of a valid JSON string.
fn units(body: &str) -> Vec<Unit<'_>> {
    let mut units = Vec::with_capacity(body.len());
    let mut at = 0;
    while let Some(character) = body[at..].chars().next() {
        let length = match body.as_bytes().get(at + 1) {
            _ if character != '\\' => character.len_utf8(),
            // Two escapes make one character beyond the first 65,536.
            Some(b'u') if is_leading(&body[at + 2..at + 6]) => 12,
            Some(b'u') => 6,
            _ => 2,
        };
        let written = &body[at..at + length];
        let meant = serde_json::from_str::<String>(&format!("\"{written}\"")).unwrap_or_default();
        units.push(Unit { character: meant.chars().next().unwrap_or(character), written });
        at += length;
    }
    units
}

/// Whether four hexadecimal digits are the first half of a surrogate pair.
fn is_leading(digits: &str) -> bool {
    u32::from_str_radix(digits, 16).is_ok_and(|code| (0xd800..0xdc00).contains(&code))
}

/// The lines of a text, each with its line end.
fn lines<T>(all: Vec<T>, character: impl Fn(&T) -> char) -> Vec<Vec<T>> {
    let mut lines = vec![Vec::new()];
    for one in all {
        let ends = character(&one) == '\n';
        lines.last_mut().expect("there is one from the beginning").push(one);
        if ends {
            lines.push(Vec::new());
        }
    }
    lines.retain(|line| !line.is_empty());
    lines
}

fn rendered(line: &[Unit]) -> String {
    line.iter().map(|unit| unit.written).collect()
}

/// How `new` is written in the place of a line: as that one was, where the two are equal at their ends.
fn line_like(old: &[Unit], new: &str, escapes_all: bool) -> String {
    let characters: Vec<char> = new.chars().collect();
    let head = old.iter().zip(&characters).take_while(|(unit, new)| unit.character == **new).count();
    let (old_rest, new_rest) = (&old[head..], &characters[head..]);
    let tail = old_rest.iter().rev().zip(new_rest.iter().rev());
    let tail = tail.take_while(|(unit, new)| unit.character == **new).count();
    let middle: String =
        new_rest[..new_rest.len() - tail].iter().map(|character| escaped(*character, escapes_all)).collect();
    rendered(&old[..head]) + &middle + &rendered(&old_rest[old_rest.len() - tail..])
}

fn escaped(character: char, escapes_all: bool) -> String {
    if escapes_all && !character.is_ascii() {
        let mut halves = [0; 2];
        return character.encode_utf16(&mut halves).iter().map(|half| format!("\\u{half:04x}")).collect();
    }
    let quoted = serde_json::to_string(&character).expect("a character is JSON");
    quoted[1..quoted.len() - 1].to_owned()
}
