//! Statements that bind a name, and the values that they give it, where their text is plain enough.

use super::Reader;
use crate::project::expression::{Bound, Expression, How};
use crate::text::is_word;

/// A value made of names, attributes, calls, subscripts, `await` and plain literals; none for anything else.
pub fn value(source: &str) -> Option<Expression> {
    let mut reader = Reader::of(source);
    let value = reader.value()?;
    reader.is_done().then_some(value)
}

/// What a statement says of a name that it binds, where it binds nothing else.
pub fn bound(piece: &str, wanted: &str) -> Option<Bound> {
    let mut reader = Reader::of(piece);
    let start = reader.at;
    let is_async = reader.keyword("async");
    let (how, target) = match reader.word()? {
        "for" => {
            let how = if is_async { How::IteratedAsynchronously } else { How::Iterated };
            let target = reader.word()?;
            return (reader.keyword("in") && target == wanted).then(|| reader.header(how))?;
        }
        "with" => {
            let how = if is_async { How::EnteredAsynchronously } else { How::Entered };
            let value = reader.value()?;
            let is_target = reader.keyword("as") && reader.word()? == wanted;
            let is_whole = is_target && reader.eat(b':') && reader.is_done();
            return is_whole.then(|| Bound { value: Some(value), how, ..Bound::default() });
        }
        _ if is_async => return None,
        "return" => {
            let value = reader.value()?;
            return reader.is_done().then(|| Bound { value: Some(value), ..Bound::default() });
        }
        "del" | "global" | "nonlocal" | "import" | "from" | "type" | "if" | "elif" | "while" | "except" | "case"
        | "match" => {
            return None;
        }
        _ => {
            reader.at = start;
            (How::Assigned, reader.target()?)
        }
    };
    if target != wanted {
        return None;
    }
    let annotation = match reader.eat(b':') {
        true => Some(reader.alternatives()?),
        false => None,
    };
    if annotation.is_some() && reader.is_done() {
        return Some(Bound { annotation, how, ..Bound::default() });
    }
    let value = match reader.eat(b'=') && reader.bytes.get(reader.at) != Some(&b'=') {
        // The value of a long statement is cut.
        true if reader.is_done() => None,
        true => Some(reader.value()?),
        false => return None,
    };
    reader.is_done().then(|| Bound { annotation, value, how, ..Bound::default() })
}

/// Positional arguments, and those by keyword.
type Arguments = (Vec<Expression>, Vec<(Box<str>, Expression)>);

impl<'s> Reader<'s> {
    fn of(source: &'s str) -> Reader<'s> {
        Reader { bytes: source.as_bytes(), source, at: 0 }
    }

    fn is_done(&mut self) -> bool {
        self.blanks();
        self.at == self.source.len()
    }

    /// Goes behind a word, if it is the next.
    fn keyword(&mut self, wanted: &str) -> bool {
        let start = self.at;
        let is_next = self.word() == Some(wanted);
        if !is_next {
            self.at = start;
        }
        is_next
    }

    /// The name that is bound: the last one of a chain.
    fn target(&mut self) -> Option<&'s str> {
        let mut name = self.word()?;
        while self.eat(b'.') {
            name = self.word()?;
        }
        Some(name)
    }

    /// What the header of a loop iterates.
    fn header(&mut self, how: How) -> Option<Bound> {
        let value = self.value()?;
        (self.eat(b':') && self.is_done()).then(|| Bound { value: Some(value), how, ..Bound::default() })
    }

    fn value(&mut self) -> Option<Expression> {
        self.blanks();
        let start = self.at;
        match self.bytes.get(self.at)? {
            b'"' | b'\'' => return self.string(),
            b'[' => {
                self.at += 1;
                return self.values(b']').map(Expression::List);
            }
            byte if byte.is_ascii_digit() => return self.integer(),
            byte if !is_word(*byte) => return None,
            _ => {}
        }
        let chain = match self.word()? {
            "await" => return Some(Expression::Await(Box::new(self.value()?))).filter(|value| is_awaited(value)),
            "None" => Expression::None,
            "True" | "False" => Expression::Literal("bool"),
            "not" | "lambda" | "yield" | "if" | "else" | "and" | "or" | "in" | "is" | "for" | "async" => return None,
            // A string with a prefix.
            _ if matches!(self.bytes.get(self.at), Some(b'"' | b'\'')) => return None,
            word => Expression::Name(word.into(), start),
        };
        self.trailers(chain)
    }

    fn trailers(&mut self, mut chain: Expression) -> Option<Expression> {
        loop {
            if self.eat(b'.') {
                chain = Expression::Attribute(Box::new(chain), self.word()?.into());
            } else if self.eat(b'[') {
                let arguments = self.values(b']').filter(|arguments| !arguments.is_empty())?;
                chain = Expression::Subscript(Box::new(chain), arguments);
            } else if self.eat(b'(') {
                let (positional, named) = self.arguments()?;
                chain = Expression::Call(Box::new(chain), positional, named);
            } else {
                return Some(chain);
            }
        }
    }

    /// The values up to a closing bracket.
    fn values(&mut self, close: u8) -> Option<Vec<Expression>> {
        let mut values = Vec::new();
        while !self.eat(close) {
            values.push(self.value()?);
            if !self.eat(b',') && self.bytes.get(self.at) != Some(&close) {
                return None;
            }
        }
        Some(values)
    }

    fn arguments(&mut self) -> Option<Arguments> {
        let (mut positional, mut named) = (Vec::new(), Vec::new());
        // The arguments of a long call are cut.
        while !self.is_done() && !self.eat(b')') {
            let start = self.at;
            let name = self.word();
            let is_named = name.is_some() && self.eat(b'=') && self.bytes.get(self.at) != Some(&b'=');
            match name.filter(|_| is_named) {
                Some(name) => named.push((name.into(), self.value()?)),
                None => {
                    self.at = start;
                    positional.push(self.value()?);
                }
            }
            if !self.eat(b',') && self.bytes.get(self.at) != Some(&b')') {
                return None;
            }
        }
        Some((positional, named))
    }

    fn integer(&mut self) -> Option<Expression> {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        let goes_on = self.bytes.get(self.at).is_some_and(|byte| is_word(*byte) || *byte == b'.');
        let number = self.source[start..self.at].parse().ok().filter(|_| !goes_on)?;
        Some(Expression::Integer(number))
    }

    /// A string of one line without escapes, and what is done with it.
    fn string(&mut self) -> Option<Expression> {
        let quote = self.bytes[self.at];
        let start = self.at + 1;
        let length =
            self.bytes[start..].iter().position(|byte| matches!(byte, b'\\' | b'\n' | b'\r') || *byte == quote)?;
        let end = start + length;
        if self.bytes[end] != quote || length == 0 {
            return None;
        }
        self.at = end + 1;
        self.blanks();
        if matches!(self.bytes.get(self.at), Some(b'"' | b'\'')) {
            return None;
        }
        self.trailers(Expression::String(self.source[start..end].into()))
    }
}

/// Whether an operand of `await` is one: it binds closer than what a literal or another `await` may be part of.
fn is_awaited(value: &Expression) -> bool {
    matches!(value, Expression::Await(operand) if matches!(**operand, Expression::Name(..) | Expression::Attribute(..) | Expression::Call(..) | Expression::Subscript(..)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::expression::Bound;
    use proptest::prelude::*;

    /// What is made without a parser is what the grammar says, but for where names stand in indented lines.
    fn assert_same(piece: &str, wanted: &str) {
        if let Some(made) = bound(piece, wanted) {
            assert_eq!(made, Bound::parse_by_grammar(piece, wanted), "{piece}");
        }
    }

    #[test]
    fn a_plain_statement_needs_no_parser() {
        for (piece, wanted) in [
            ("store = Store(hass, 1, key=\"a.b\")", "store"),
            ("self.store = pkg.Store", "store"),
            ("data: dict[str, T] | None = await self.store.load()", "data"),
            ("data: T", "data"),
            ("data =", "data"),
            ("data = load(", "data"),
            ("x = rows[0].get('a', None)[k](True)", "x"),
            ("x = \", \".join(names)", "x"),
            ("x = [a, b.c(), 3]", "x"),
            ("return self.load(1)", ""),
            ("for row in self.rows():", "row"),
            ("async for row in rows:", "row"),
            ("with open(path) as file:", "file"),
            ("async with connect(url) as self.socket:", "socket"),
        ] {
            let is_plain = bound(piece, wanted).is_some();
            assert!(is_plain || piece.ends_with("self.socket:"), "{piece}");
            assert_same(piece, wanted);
        }
    }

    #[test]
    fn what_is_not_plain_is_left_to_the_grammar() {
        for piece in [
            "x = y = f()",
            "x, y = f()",
            "x = f(*a)",
            "x = f(y for y in z)",
            "x = a or b",
            "x = a if b else c",
            "x = (a)",
            "x = 'a' 'b'",
            "x = f'{a}'",
            "x = -1",
            "x = 1.5",
            "x = 0x1f",
            "x = a[1:2]",
            "x = ''",
            "x += f()",
            "x == f()",
            "x = f()  # why",
            "x = await a ** b",
        ] {
            assert_eq!(bound(piece, "x"), None, "{piece}");
        }
    }

    proptest! {
        #[test]
        fn a_statement_is_what_the_grammar_says(
            target in "(x|self\\.x|x: T|x: a\\.B\\[C, D\\])",
            value in "(await )?(f|a\\.b|'s'|\\[f, 1\\]|None|True|12)(\\.g|\\(\\)|\\(a, k=b\\.c\\(1\\)\\)|\\[0\\]|\\[a, b\\]| \\. h){0,3}",
        ) {
            assert_same(&format!("{target} = {value}"), "x");
            assert_same(&format!("for x in {value}:"), "x");
            assert_same(&format!("async with {value} as x:"), "x");
        }
    }
}
