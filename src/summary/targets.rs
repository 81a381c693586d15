//! What a statement binds, read from its first bytes: the targets of an assignment, of `del` and of a header.
//!
//! In: the bytes of a text and the span of one statement of its outline. Out: the names, as spans of the text. A value is
//! not read but for its first token. Whatever is not as expected ends the reading; nothing here can fail.

use crate::outline::cursor::Cursor;
use crate::text::{Span, is_word};

/// A name that a statement binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub name: Span,
    pub place: Place,
}

/// What the name is a name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Of the scope that the statement stands in.
    Scope,
    /// Of what this name stands for: `a` in `a.name`.
    Named(Span),
    /// Of something longer: `a.b.name`, `a[0].name`, `f().name`.
    Other,
}

/// The form of an assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    Annotated,
    Augmented,
    /// `type name = …`
    Alias,
}

/// An assignment, without its targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Assignment {
    pub form: Form,
    /// Behind the last `=`; behind the `:` of an annotation.
    pub value: usize,
}

/// Reads an assignment and adds what it binds to `targets`.
pub(super) fn assignment(bytes: &[u8], statement: Span, targets: &mut Vec<Target>) -> Option<Assignment> {
    let mut cursor = Cursor { bytes, at: statement.start, end: statement.end };
    let form = cursor.target_list(true, targets)?;
    if form == Form::Alias {
        cursor.at = statement.start + "type".len();
        cursor.blanks();
        let name = cursor.word();
        if name.is_empty() {
            return None;
        }
        targets.push(Target { name, place: Place::Scope });
    }
    let mut value = cursor.at;
    let mut known = targets.len();
    while form == Form::Plain && cursor.target_list(false, targets).is_some() {
        (value, known) = (cursor.at, targets.len());
    }
    targets.truncate(known);
    Some(Assignment { form, value })
}

/// The names that `del` takes away.
pub(super) fn deleted(bytes: &[u8], statement: Span, targets: &mut Vec<Target>) {
    let mut cursor = Cursor { bytes, at: statement.start + "del".len(), end: statement.end };
    cursor.names(targets);
}

/// The names in `global a, b`.
pub(super) fn declared(bytes: &[u8], statement: Span, targets: &mut Vec<Target>) {
    let mut cursor = Cursor { bytes, at: statement.start + "global".len(), end: statement.end };
    cursor.names(targets);
}

impl<'t> Cursor<'t> {
    /// The identifier that the value at the cursor begins with, behind parentheses and `await`.
    pub fn first_name(mut self) -> Option<Span> {
        loop {
            self.blanks();
            if self.eat(b'(') {
                continue;
            }
            let word = self.word();
            match self.slice(word) {
                b"await" => continue,
                b"" | b"None" | b"True" | b"False" | b"not" | b"lambda" | b"yield" => return None,
                name if name[0].is_ascii_digit() || matches!(self.peek(), Some(b'"' | b'\'')) => return None,
                _ => return Some(word),
            }
        }
    }

    /// Where the arguments begin of the call that the rest of the statement is, as in `await a.b(`; none for anything else.
    pub fn sole_call(mut self) -> Option<usize> {
        loop {
            self.blanks();
            let word = self.word();
            match self.slice(word) {
                b"await" => continue,
                b"" | b"not" | b"lambda" | b"yield" => return None,
                _ => {}
            }
            match self.peek()? {
                b'.' => self.at += 1,
                b'(' => break,
                _ => return None,
            }
        }
        let arguments = self.at + 1;
        self.group()?;
        self.blanks();
        self.peek().is_none().then_some(arguments)
    }

    /// Reads targets up to behind `=`, `+=` or `:`. Only the `first` list of a statement can be anything but plain.
    fn target_list(&mut self, first: bool, targets: &mut Vec<Target>) -> Option<Form> {
        let mut depth = 0usize;
        let mut count = 0usize;
        loop {
            self.blanks();
            match self.peek()? {
                b'(' | b'[' => (self.at, depth) = (self.at + 1, depth + 1),
                b')' | b']' => (self.at, depth) = (self.at + 1, depth.checked_sub(1)?),
                b',' | b'*' if !first || count > 0 || depth > 0 || self.peek() == Some(b'*') => {
                    if first && count == 1 && depth == 0 && self.is_augmented() {
                        return Some(Form::Augmented);
                    }
                    self.at += 1;
                }
                b'=' if depth == 0 && count > 0 && self.bytes.get(self.at + 1) != Some(&b'=') => {
                    self.at += 1;
                    return Some(Form::Plain);
                }
                b':' if first && depth == 0 && count == 1 => {
                    self.at += 1;
                    return Some(Form::Annotated);
                }
                byte if is_word(byte) && !byte.is_ascii_digit() => {
                    let word = self.chain(first, targets)?;
                    count += 1;
                    if first && count == 1 && self.peek().is_some_and(is_word) {
                        return (word == b"type").then_some(Form::Alias);
                    }
                }
                _ if first && count == 1 && depth == 0 && self.is_augmented() => return Some(Form::Augmented),
                _ => return None,
            }
        }
    }

    /// Moves behind an augmented `=`, if one is at the cursor.
    fn is_augmented(&mut self) -> bool {
        let rest = &self.bytes[self.at..self.end];
        let signs = rest.iter().take(2).take_while(|byte| b"+-*/%&|^@<>".contains(byte)).count();
        let found = signs > 0 && rest.get(signs) == Some(&b'=') && !matches!(&rest[..signs], b"<" | b">");
        if found {
            self.at += signs + 1;
        }
        found
    }

    /// Reads `a.b[c].d`, and gives its first word. The word is followed by nothing but blanks where it is all.
    fn chain(&mut self, with_calls: bool, targets: &mut Vec<Target>) -> Option<&'t [u8]> {
        let first = self.word();
        let mut name = Some(first);
        let mut place = Place::Scope;
        if self.slice(first) == b"lambda" || matches!(self.peek(), Some(b'"' | b'\'')) {
            return None;
        }
        loop {
            self.blanks();
            match self.peek() {
                Some(b'.') => {
                    self.at += 1;
                    self.blanks();
                    place =
                        if name == Some(first) && place == Place::Scope { Place::Named(first) } else { Place::Other };
                    name = Some(self.word()).filter(|word| !word.is_empty());
                    name?;
                }
                Some(b'[') => (name, place) = self.group().map(|()| (None, Place::Other))?,
                Some(b'(') if with_calls => (name, place) = self.group().map(|()| (None, Place::Other))?,
                Some(b'(') => return None,
                _ => break,
            }
        }
        if !self.peek().is_some_and(is_word) {
            targets.extend(name.map(|name| Target { name, place }));
        }
        Some(self.slice(first))
    }

    /// Names with commas and brackets between them; chains are passed over.
    fn names(&mut self, targets: &mut Vec<Target>) {
        loop {
            self.blanks();
            match self.peek() {
                Some(b'(' | b')' | b'[' | b']' | b',' | b'*') => self.at += 1,
                Some(byte) if is_word(byte) && self.chain(true, targets).is_some() => {}
                _ => break,
            }
        }
        targets.retain(|target| target.place == Place::Scope);
    }

    /// Past the next `=` outside brackets and strings, which ends an annotation.
    pub fn skip_annotation(&mut self) -> Option<()> {
        loop {
            match self.peek()? {
                b'=' => {
                    self.at += 1;
                    return Some(());
                }
                b'(' | b'[' | b'{' => self.group()?,
                b'"' | b'\'' => self.string()?,
                b'#' => self.blanks(),
                _ => self.at += 1,
            }
        }
    }
}
