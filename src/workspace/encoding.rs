//! Bytes to text and back: byte order marks and PEP 263.
//!
//! [`Source::decode`] takes the bytes of a file, or of standard input, and gives text with the [`Encoding`] that makes
//! bytes of it again. The text has no byte order mark and is otherwise unchanged, line ends included. For every source
//! that decodes, encoding its text gives the bytes it came from; what cannot promise that is refused. Nothing here
//! touches the file system.

use super::codec::{Codec, Fault, Malformed};
use crate::finding::Skip;
use std::borrow::Cow;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// The text of one file, and how it is written in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Without a byte order mark.
    pub text: String,
    pub encoding: Encoding,
}

/// How text is written in bytes: a codec, after a byte order mark or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding {
    codec: Codec,
    bom: bool,
}

impl Source {
    /// Decodes as CPython's tokenizer does: by byte order mark, else by declaration, else as UTF-8.
    ///
    /// UTF-8 without a byte order mark costs one pass for validation and no copy.
    pub fn decode(mut bytes: Vec<u8>) -> Result<Source, Skip> {
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            return Err(undecodable("it is UTF-16, which Python does not read as source; save it as UTF-8"));
        }
        if let Some(at) = memchr::memchr(0, &bytes) {
            return Err(undecodable(format!("it is binary, not Python source: there is {}", place(&bytes, at))));
        }
        let bom = bytes.starts_with(BOM);
        if bom {
            bytes.drain(..BOM.len());
        }
        let declared = declaration(&bytes);
        let codec = match &declared {
            Some(declaration) => declaration.codec(bom)?,
            None => Codec::UTF_8,
        };
        match codec.decode(bytes) {
            Ok(text) => Ok(Source { text, encoding: Encoding { codec, bom } }),
            Err(Malformed { mut bytes, fault }) => {
                bytes.splice(..0, BOM.iter().copied().take_while(|_| bom));
                Err(undecodable(explained(fault, &bytes, codec, bom, declared.as_ref())))
            }
        }
    }
}

impl Encoding {
    pub const UTF_8: Encoding = Encoding { codec: Codec::UTF_8, bom: false };

    /// The bytes that `text` has in a file of this encoding, byte order mark included.
    ///
    /// Fails on a character that the codec has no bytes for, such as one that a fix brought in.
    pub fn encode(self, text: &str) -> Result<Cow<'_, [u8]>, Skip> {
        let bytes = self.encode_part(text)?;
        Ok(if self.bom { Cow::Owned([BOM, &bytes].concat()) } else { bytes })
    }

    /// The bytes that `text` has in the middle of a file of this encoding: what the lines of a patch must hold for
    /// `git apply` to find them.
    pub fn encode_part(self, text: &str) -> Result<Cow<'_, [u8]>, Skip> {
        self.codec.encode(text).map_err(|character| {
            let codec = self.codec;
            undecodable(format!("its encoding, {codec}, has no `{character}`, which a fix would bring in"))
        })
    }

    /// Whether a byte order mark opens the file.
    pub fn has_bom(self) -> bool {
        self.bom
    }

    /// Whether the file is UTF-8, so that text needs no conversion.
    pub fn is_utf8(self) -> bool {
        self.codec.is_utf8()
    }
}

/// An encoding declaration as PEP 263 has it.
struct Declaration {
    label: String,
    /// One-based.
    line: usize,
}

impl Declaration {
    /// The codec that is declared; with a byte order mark it must be UTF-8.
    fn codec(&self, bom: bool) -> Result<Codec, Skip> {
        let Declaration { label, line } = self;
        let Some(codec) = Codec::named(label) else {
            let advice = "name one that Python and aiofix know, or save the file as UTF-8";
            return Err(undecodable(format!(
                "line {line} declares the encoding `{label}`, which is unknown; {advice}"
            )));
        };
        if bom && !codec.is_utf8() {
            let advice = "remove one of them";
            return Err(undecodable(format!(
                "line {line} declares the encoding `{label}`, but the byte order mark says utf-8; {advice}"
            )));
        }
        Ok(codec)
    }
}

/// The declaration in the first two lines; in the second only after a blank line or a comment.
fn declaration(bytes: &[u8]) -> Option<Declaration> {
    let (first, rest) = split_line(bytes);
    if let Some(label) = declared_label(first) {
        return Some(Declaration { label, line: 1 });
    }
    let content = first.trim_ascii_start();
    if !(content.is_empty() || content[0] == b'#') {
        return None;
    }
    let label = declared_label(split_line(rest).0)?;
    Some(Declaration { label, line: 2 })
}

/// The first line, without its line end, and what follows it. A lone `\r` ends a line too: CPython reads source with
/// universal newlines.
fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let Some(end) = memchr::memchr2(b'\n', b'\r', bytes) else {
        return (bytes, &[]);
    };
    let next = if bytes[end..].starts_with(b"\r\n") { end + 2 } else { end + 1 };
    (&bytes[..end], &bytes[next..])
}

/// What PEP 263's expression captures: `^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)`.
fn declared_label(line: &[u8]) -> Option<String> {
    let start = line.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\x0c'))?;
    let comment = line[start..].strip_prefix(b"#")?;
    memchr::memmem::find_iter(comment, b"coding").find_map(|at| {
        let after = &comment[at + b"coding".len()..];
        let value = after.strip_prefix(b":").or_else(|| after.strip_prefix(b"="))?;
        let value = &value[value.iter().position(|byte| !matches!(byte, b' ' | b'\t'))?..];
        let is_label = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let label: Vec<u8> = value.iter().take_while(is_label).copied().collect();
        (!label.is_empty()).then(|| String::from_utf8(label).expect("a label is ASCII"))
    })
}

fn undecodable(sentence: impl Into<String>) -> Skip {
    Skip::Undecodable(sentence.into())
}

/// The sentence about a fault in `bytes`, which are those of the whole file; the fault counts without a mark.
fn explained(fault: Fault, bytes: &[u8], codec: Codec, bom: bool, declared: Option<&Declaration>) -> String {
    let mark = if bom { BOM.len() } else { 0 };
    match (fault, declared) {
        (Fault::OtherSpelling(at), _) => format!(
            "{} begins one of several spellings that {codec} has for a character, and could not be written back as it \
             is; save the file as UTF-8",
            place(bytes, at + mark)
        ),
        (Fault::NoCharacter(at), _) if bom => {
            format!("{} is not utf-8, as the byte order mark says; save the file as UTF-8", place(bytes, at + mark))
        }
        (Fault::NoCharacter(at), Some(Declaration { line, .. })) => format!(
            "{} is not {codec}, as line {line} declares; declare the encoding that the file has (PEP 263), or save it \
             as UTF-8",
            place(bytes, at)
        ),
        (Fault::NoCharacter(at), None) => format!(
            "{} is not utf-8, and no other encoding is declared; declare the one that the file has, as in \
             `# coding: latin-1` (PEP 263), or save it as UTF-8",
            place(bytes, at)
        ),
    }
}

/// A byte as people find it: by one-based line, and by zero-based offset from the start of the file.
fn place(bytes: &[u8], at: usize) -> String {
    let mut line = 1;
    let mut rest = &bytes[..at];
    while memchr::memchr2(b'\n', b'\r', rest).is_some() {
        rest = split_line(rest).1;
        line += 1;
    }
    let byte = bytes.get(at).map_or("the end of the file".to_owned(), |byte| format!("byte 0x{byte:02x}"));
    format!("{byte} on line {line} (offset {at})")
}
