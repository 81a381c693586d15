//! Heads, annotations and bindings without a parser, where their text is plain enough.
//!
//! Splitting a head into decorators, parameters and result is a matter of brackets, strings and commas, and most
//! annotations are names, names with arguments, and alternatives of these. Whatever is more than that is left to the
//! grammar, with the same result: a test holds the two against each other.

mod statements;

pub use statements::{bound, value};

use crate::project::expression::{Expression, Head, Parameter, ParameterKind};
use crate::text::is_word;

/// An expression of names, attributes, subscripts, `|`, `None` and `...`; none for anything else.
pub fn expression(source: &str) -> Option<Expression> {
    let mut reader = Reader { bytes: source.as_bytes(), source, at: 0 };
    let expression = reader.alternatives()?;
    reader.blanks();
    (reader.at == source.len()).then_some(expression)
}

/// The expression that a text is.
fn any(source: &str) -> Expression {
    expression(source).unwrap_or_else(|| Expression::parse(source.trim()))
}

struct Reader<'s> {
    bytes: &'s [u8],
    source: &'s str,
    at: usize,
}

impl<'s> Reader<'s> {
    fn blanks(&mut self) {
        while self.bytes.get(self.at).is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, wanted: u8) -> bool {
        self.blanks();
        let found = self.bytes.get(self.at) == Some(&wanted);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self) -> Option<&'s str> {
        self.blanks();
        let start = self.at;
        while self.bytes.get(self.at).copied().is_some_and(is_word) {
            self.at += 1;
        }
        let word = &self.source[start..self.at];
        (!word.is_empty() && !word.as_bytes()[0].is_ascii_digit()).then_some(word)
    }

    fn alternatives(&mut self) -> Option<Expression> {
        let mut left = self.chain()?;
        while self.eat(b'|') {
            left = Expression::Either(Box::new(left), Box::new(self.chain()?));
        }
        Some(left)
    }

    fn chain(&mut self) -> Option<Expression> {
        self.blanks();
        if self.bytes[self.at..].starts_with(b"...") {
            self.at += 3;
            return Some(Expression::Ellipsis);
        }
        if self.bytes.get(self.at) == Some(&b'[') {
            return self.arguments_of_annotation().map(Expression::List);
        }
        let start = self.at;
        let mut chain = match self.word()? {
            "None" => Expression::None,
            "await" | "not" | "lambda" | "True" | "False" | "if" | "else" | "and" | "or" | "in" | "is" | "yield" => {
                return None;
            }
            word => Expression::Name(word.into(), start),
        };
        loop {
            if self.eat(b'.') {
                chain = Expression::Attribute(Box::new(chain), self.word()?.into());
            } else if self.bytes.get(self.at) == Some(&b'[') {
                chain = Expression::Subscript(Box::new(chain), self.arguments_of_annotation()?);
            } else {
                return Some(chain);
            }
        }
    }

    /// What stands between the square brackets of an annotation.
    fn arguments_of_annotation(&mut self) -> Option<Vec<Expression>> {
        self.at += 1;
        let mut arguments = Vec::new();
        while !self.eat(b']') {
            arguments.push(self.alternatives()?);
            if !self.eat(b',') && self.bytes.get(self.at) != Some(&b']') {
                return None;
            }
        }
        Some(arguments)
    }
}

/// The head of a function or a class whose text is plain enough.
pub fn head(piece: &str) -> Option<Head> {
    let mut head = Head::default();
    let mut rest = piece.trim_start();
    while let Some(decorator) = rest.strip_prefix('@') {
        let line = &decorator[..decorator.find('\n')?];
        // Its brackets may go on over more lines.
        let end = if line.contains(['(', '[', '#', '\\']) { balanced(decorator)? } else { line.len() };
        head.decorators.push(any(decorator[..end].trim()));
        rest = decorator[end..].trim_start();
    }
    let open = rest.find(['(', '[', ':'])?;
    if rest.as_bytes()[open] == b'[' || rest.contains(['#', '\\']) {
        return None;
    }
    if rest.as_bytes()[open] == b':' {
        return Some(head);
    }
    let items = items(&rest[open..])?;
    let behind = rest[open + items.end..].trim();
    if rest.starts_with("class") {
        head.bases = items.parts.into_iter().filter(|item| !has_keyword(item)).map(any).collect();
        return (behind == ":").then_some(head);
    }
    let mut kind = ParameterKind::Plain;
    for item in items.parts.into_iter().filter(|item| *item != "/") {
        if item.starts_with('*') && !item.starts_with("**") {
            kind = ParameterKind::KeywordOnly;
        }
        if item != "*" {
            head.parameters.push(parameter(item, kind)?);
        }
    }
    match behind.strip_suffix(':')?.trim().strip_prefix("->") {
        Some(returns) => head.returns = Some(any(returns)),
        None if behind == ":" => {}
        None => return None,
    }
    Some(head)
}

/// One parameter; `kind` is what it is without stars.
fn parameter(item: &str, kind: ParameterKind) -> Option<Parameter> {
    let (name, kind) = match (item.strip_prefix("**"), item.strip_prefix('*')) {
        (Some(name), _) => (name, ParameterKind::Keywords),
        (None, Some(name)) => (name, ParameterKind::Arguments),
        _ => (item, kind),
    };
    let end = name.bytes().position(|byte| !is_word(byte)).unwrap_or(name.len());
    let (name, tail) = name.split_at(end);
    let tail = tail.trim_start();
    let (annotation, default) = match tail.strip_prefix(':') {
        Some(annotation) => match outer_equals(annotation) {
            Some(at) => (Some(&annotation[..at]), Some(&annotation[at + 1..])),
            None => (Some(annotation), None),
        },
        None => (None, tail.strip_prefix('=')),
    };
    if name.is_empty() || tail.is_empty() != (annotation.is_none() && default.is_none()) {
        return None;
    }
    Some(Parameter {
        name: name.into(),
        annotation: annotation.map(any),
        default: default.map(|_| Expression::Other("a default")),
        kind,
    })
}

/// Where the line ends on which no bracket of a text is open any more; none where a string or a comment is in the way.
fn balanced(source: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut scan = Scan { bytes: source.as_bytes(), at: 0 };
    while let Some(byte) = scan.next()? {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.checked_sub(1)?,
            b'\n' if depth == 0 => return Some(scan.at - 1),
            _ => {}
        }
    }
    None
}

/// The bytes of a text that are code.
struct Scan<'s> {
    bytes: &'s [u8],
    at: usize,
}

impl Scan<'_> {
    /// The next byte outside of strings; the outer none where a comment, an escape or an open string is in the way.
    fn next(&mut self) -> Option<Option<u8>> {
        let Some(&byte) = self.bytes.get(self.at) else { return Some(None) };
        self.at += 1;
        match byte {
            b'#' | b'\\' => None,
            b'"' | b'\'' => {
                let rest = &self.bytes[self.at..];
                let end = rest.iter().position(|other| matches!(*other, b'\\' | b'\n') || *other == byte)?;
                if rest[end] != byte || rest.get(end + 1) == Some(&byte) && end == 0 {
                    return None;
                }
                self.at += end + 1;
                Some(Some(b's'))
            }
            _ => Some(Some(byte)),
        }
    }
}

struct Items<'s> {
    parts: Vec<&'s str>,
    /// Behind the closing parenthesis.
    end: usize,
}

/// What stands between the commas of the parentheses that a text begins with.
fn items(source: &str) -> Option<Items<'_>> {
    let mut scan = Scan { bytes: source.as_bytes(), at: 0 };
    let (mut depth, mut from, mut parts) = (0usize, 1, Vec::new());
    while let Some(byte) = scan.next()? {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 1 && byte == b',' || depth == 0 {
            let part = source[from..scan.at - 1].trim();
            if !part.is_empty() {
                parts.push(part);
            }
            from = scan.at;
        }
        if depth == 0 {
            return Some(Items { parts, end: scan.at });
        }
    }
    None
}

/// Where the `=` of a default stands behind an annotation.
fn outer_equals(source: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut scan = Scan { bytes: source.as_bytes(), at: 0 };
    while let Some(byte) = scan.next()? {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'=' if depth == 0 => return Some(scan.at - 1),
            _ => {}
        }
    }
    None
}

/// Whether an argument is given by keyword.
fn has_keyword(item: &str) -> bool {
    let end = item.bytes().position(|byte| !is_word(byte)).unwrap_or(item.len());
    let rest = item[end..].trim_start();
    rest.starts_with('=') && !rest.starts_with("==") || item.starts_with('*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_what_the_grammar_says() {
        for piece in [
            "def f():",
            "async def f(self, x: int = 1, *args: T, y, **kw) -> dict[str, X | None]:",
            "@a.b\n    @c(1,\n       2)\n    def f(self, /, a: \"A\" = None, *, b=(1, 2)) -> None:",
            "class Box(Base[T], a.B, metaclass=Meta):",
            "class Box:",
            "def f(a: Callable[[], None], b: Callable[[int, A.B], dict[str, T]] | None) -> Callable[..., Awaitable[T]]:",
            "def f(\n    a: Callable[[int], str],\n    b: Optional[x.Y] = None,\n) -> 'F':",
        ] {
            let mut expected = Head::parse_by_grammar(piece);
            let mut made = head(piece).unwrap_or_else(|| panic!("{piece}"));
            for head in [&mut expected, &mut made] {
                head.parameters.iter_mut().for_each(|parameter| parameter.default = None);
            }
            assert_eq!(format!("{:?}", without_offsets(&made)), format!("{:?}", without_offsets(&expected)), "{piece}");
        }
    }

    fn without_offsets(head: &Head) -> String {
        let text = format!("{head:?}");
        let mut out = String::new();
        for part in text.split("Name(") {
            out.push_str(part.split_once(", ").map_or(part, |(name, rest)| {
                let _ = rest;
                name
            }));
            out.push_str(part.split_once(')').map_or("", |(_, rest)| rest));
        }
        out
    }

    #[test]
    fn what_is_not_plain_is_left_to_the_grammar() {
        assert!(expression("f(x)").is_none());
        assert!(expression("not x").is_none());
        assert!(head("def f[T](x: T) -> T:").is_none());
        assert!(head("def f(x=\"a\\n\"):").is_none());
        assert!(head("def f(  # why\n    x):").is_none());
    }
}
