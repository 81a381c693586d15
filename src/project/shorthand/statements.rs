//! Statements that bind a name, and the values that they give it, where their text is plain enough.

use super::Reader;
use crate::project::expression::{Bound, Expression, How};
use crate::text::is_word;

/// A value made of names, attributes, calls, subscripts, `await`, `or`, `and`, `if` and plain literals; none for anything
/// else.
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
    let (how, path) = match reader.word()? {
        "for" => {
            let how = if is_async { How::IteratedAsynchronously } else { How::Iterated };
            let path = reader.targets(wanted)?;
            return reader.keyword("in").then(|| reader.header(how, path))?;
        }
        "with" => {
            let how = if is_async { How::EnteredAsynchronously } else { How::Entered };
            let value = reader.operand()?;
            let is_target = reader.keyword("as") && reader.word()? == wanted;
            let is_whole = is_target && reader.eat(b':') && reader.is_done();
            return is_whole.then(|| Bound { value: Some(value), how, ..Bound::default() });
        }
        _ if is_async => return None,
        "return" => {
            let value = reader.values_or_one()?;
            return reader.is_done().then(|| Bound { value: Some(value), ..Bound::default() });
        }
        "del" | "global" | "nonlocal" | "import" | "from" | "type" | "if" | "elif" | "while" | "except" | "case"
        | "match" => {
            return None;
        }
        _ => {
            reader.at = start;
            (How::Assigned, reader.targets(wanted)?)
        }
    };
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
        true => Some(reader.values_or_one()?),
        false => return None,
    };
    reader.is_done().then_some(Bound { annotation, value, how, path })
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

    /// Where in a list of targets a name stands: indices from the outside in.
    fn targets(&mut self, wanted: &str) -> Option<Vec<usize>> {
        let is_enclosed = self.eat(b'(');
        let (mut found, mut count) = (None, 0);
        loop {
            if self.target()? == wanted && found.is_none() {
                found = Some(count);
            }
            count += 1;
            if !self.eat(b',') {
                break;
            }
        }
        if is_enclosed && !self.eat(b')') {
            return None;
        }
        // Parentheses around one target are left to the grammar.
        let at = found.filter(|_| count > 1 || !is_enclosed)?;
        Some(if count > 1 { vec![at] } else { Vec::new() })
    }

    /// What the header of a loop iterates.
    fn header(&mut self, how: How, path: Vec<usize>) -> Option<Bound> {
        let value = self.value()?;
        (self.eat(b':') && self.is_done()).then_some(Bound { annotation: None, value: Some(value), how, path })
    }

    /// A value, or a tuple of some without parentheses.
    fn values_or_one(&mut self) -> Option<Expression> {
        let first = self.value()?;
        if self.is_done() || self.bytes[self.at] != b',' {
            return Some(first);
        }
        let mut values = vec![first];
        while self.eat(b',') {
            values.push(self.value()?);
        }
        Some(Expression::Tuple(values))
    }

    fn value(&mut self) -> Option<Expression> {
        let value = self.alternative()?;
        if !self.keyword("if") {
            return Some(value);
        }
        self.skip_condition()?;
        Some(Expression::OneOf(vec![value, self.value()?]))
    }

    /// Goes behind the `else` of a conditional expression.
    fn skip_condition(&mut self) -> Option<()> {
        loop {
            self.blanks();
            match self.bytes.get(self.at)? {
                b'"' | b'\'' | b'(' | b'[' | b'{' => drop(self.operand()?),
                byte if is_word(*byte) => {
                    let start = self.at;
                    while self.bytes.get(self.at).copied().is_some_and(is_word) {
                        self.at += 1;
                    }
                    match &self.source[start..self.at] {
                        "else" => return Some(()),
                        "if" | "for" | "lambda" => return None,
                        _ => {}
                    }
                }
                b'#' | b'\\' | b',' | b':' | b')' | b']' | b'}' => return None,
                _ => self.at += 1,
            }
        }
    }

    /// Operands joined by `or`, or by `and`.
    fn alternative(&mut self) -> Option<Expression> {
        let mut value = self.operand()?;
        let mut joined = None;
        while let Some(operator) = ["or", "and"].into_iter().find(|operator| self.keyword(operator)) {
            // `and` binds closer.
            if joined.is_some_and(|joined| joined != operator) {
                return None;
            }
            joined = Some(operator);
            value = Expression::OneOf(vec![value, self.operand()?]);
        }
        Some(value)
    }

    fn operand(&mut self) -> Option<Expression> {
        self.blanks();
        let start = self.at;
        let value = match self.bytes.get(self.at)? {
            b'"' | b'\'' => self.string("")?,
            b'[' => {
                self.at += 1;
                Expression::List(self.values(b']')?)
            }
            b'{' => self.display()?,
            b'(' => self.enclosed()?,
            byte if byte.is_ascii_digit() => return self.number(),
            byte if !is_word(*byte) => return None,
            _ => match self.word()? {
                "await" => {
                    let awaited = Expression::Await(Box::new(self.operand()?));
                    return Some(awaited).filter(is_awaited);
                }
                "None" => Expression::None,
                "True" | "False" => Expression::Literal("bool"),
                "not" | "lambda" | "yield" | "if" | "else" | "and" | "or" | "in" | "is" | "for" | "async" => {
                    return None;
                }
                prefix if matches!(self.bytes.get(self.at), Some(b'"' | b'\'')) => self.string(prefix)?,
                word => Expression::Name(word.into(), start),
            },
        };
        self.trailers(value)
    }

    /// A dictionary or a set.
    fn display(&mut self) -> Option<Expression> {
        self.at += 1;
        let (mut pairs, mut items) = (Vec::new(), Vec::new());
        while !self.eat(b'}') {
            let item = self.value()?;
            if self.eat(b':') {
                pairs.push((item, self.value()?));
            } else {
                items.push(item);
            }
            if !self.eat(b',') && self.bytes.get(self.at) != Some(&b'}') {
                return None;
            }
        }
        match (pairs.is_empty(), items.is_empty()) {
            (_, true) => Some(Expression::Dictionary(pairs)),
            (true, false) => Some(Expression::Set(items)),
            (false, false) => None,
        }
    }

    /// A value in parentheses, or a tuple.
    fn enclosed(&mut self) -> Option<Expression> {
        self.at += 1;
        if self.eat(b')') {
            return Some(Expression::Tuple(Vec::new()));
        }
        let first = self.value()?;
        if self.eat(b')') {
            return Some(first);
        }
        let mut values = vec![first];
        if !self.eat(b',') {
            return None;
        }
        values.extend(self.values(b')')?);
        Some(Expression::Tuple(values))
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
            if self.eat(b'*') {
                positional.push(match self.eat(b'*') {
                    true => self.value().map(|_| Expression::Other("an expression that is not followed"))?,
                    false => Expression::Starred(Box::new(self.value()?)),
                });
                if !self.eat(b',') && self.bytes.get(self.at) != Some(&b')') {
                    return None;
                }
                continue;
            }
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

    fn number(&mut self) -> Option<Expression> {
        let start = self.at;
        let skip = |at: &mut usize| {
            while self.bytes.get(*at).is_some_and(u8::is_ascii_digit) {
                *at += 1;
            }
        };
        let mut at = self.at;
        skip(&mut at);
        let is_float = self.bytes.get(at) == Some(&b'.');
        if is_float {
            at += 1;
            skip(&mut at);
        }
        self.at = at;
        let goes_on = self.bytes.get(at).is_some_and(|byte| is_word(*byte) || *byte == b'.');
        if goes_on {
            return None;
        }
        Some(match is_float {
            true => Expression::Literal("float"),
            false => Expression::Integer(self.source[start..at].parse().ok()?),
        })
    }

    /// A string of one line without escapes.
    fn string(&mut self, prefix: &str) -> Option<Expression> {
        let quote = self.bytes[self.at];
        let start = self.at + 1;
        let length =
            self.bytes[start..].iter().position(|byte| matches!(byte, b'\\' | b'\n' | b'\r') || *byte == quote)?;
        let end = start + length;
        if self.bytes[end] != quote || length == 0 && self.bytes.get(end + 1) == Some(&quote) {
            return None;
        }
        self.at = end + 1;
        self.blanks();
        if matches!(self.bytes.get(self.at), Some(b'"' | b'\'')) {
            return None;
        }
        match prefix {
            "" if length > 0 => Some(Expression::String(self.source[start..end].into())),
            "" => Some(Expression::Literal("str")),
            "b" => Some(Expression::Literal("bytes")),
            "f" if !self.source[start..end].contains(['{', '}']) => Some(Expression::Literal("str")),
            _ => None,
        }
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
            ("x, self.y = await f(*a, **b), (1.5, '')", "y"),
            ("x = a.b or c.d() or {}", "x"),
            ("x = {'k': [b'', f'a'], 'l': {a, b}} if isinstance(a, (b, c)) and 1 < 2 else (a)", "x"),
            ("return self.load(1)", ""),
            ("return a, b", ""),
            ("for x, row in rows.items():", "row"),
            ("for (x, row) in (a, b):", "row"),
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
            "(x) = f()",
            "*x, y = f()",
            "x = f(y for y in z)",
            "x = a or b and c",
            "x = not a",
            "x = lambda: a",
            "x = 'a' 'b'",
            "x = f'{a}'",
            "x = -1",
            "x = 1e5",
            "x = 0x1f",
            "x = a[1:2]",
            "x = \"\"\"a\"\"\"",
            "x = {**a}",
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
            target in "(x|self\\.x|x, y|y, \\(x\\)|\\(y, z\\.x\\)|x: T|x: a\\.B\\[C, D\\])",
            value in "(await |a or |a and b and |f\\(\\) if a\\.b == 1 else |\\*)?(f|a\\.b|'s'|''|b'x'|\\[f, 1\\]|\\(f, g\\)|\\(f\\)|\\{\\}|\\{'a': f, b: 1\\}|\\{f, 2\\}|None|True|12|1\\.5)(\\.g|\\(\\)|\\(a, k=b\\.c\\(1\\)\\)|\\(\\*a, \\*\\*b\\)|\\[0\\]|\\[a, b\\]| \\. h){0,3}",
        ) {
            assert_same(&format!("{target} = {value}"), "x");
            assert_same(&format!("for x in {value}:"), "x");
            assert_same(&format!("async with {value} as x:"), "x");
        }
    }
}
