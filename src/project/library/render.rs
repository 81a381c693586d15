//! Writes the facts of one module as the source text of a stub.
//!
//! Invariants: every name that the text refers to is bound in it, by an import at the top or by `builtins`, and no name of
//! the module or of one of its classes hides it there (`socket.socket`, `uuid.UUID.int`): then the import has an alias.

use super::{Facts, Library};
use crate::text::is_word;
use rustc_hash::FxHashSet;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The stub of a module.
pub(super) fn stub(library: &Library, module: &str, facts: &Facts) -> String {
    let bound: FxHashSet<&str> = facts.keys().flat_map(|name| name.split('.')).collect();
    let mut writer = Writer { library, module, bound, imports: BTreeSet::new(), body: String::new() };
    let mut names = facts.iter().peekable();
    while let Some((name, fact)) = names.next() {
        // Members follow their class, because no letter sorts before a dot.
        let is_member = |next: &str| next.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('.'));
        let is_empty = names.peek().is_none_or(|(next, _)| !is_member(next));
        writer.define(name, fact, is_empty);
    }
    let mut source = String::new();
    for &module in &writer.imports {
        let import = match writer.alias(module) {
            Some(alias) => writeln!(source, "import {module} as {alias}"),
            None => writeln!(source, "import {module}"),
        };
        import.expect("a string takes all text");
    }
    source + "\n" + &writer.body
}

struct Writer<'l> {
    library: &'l Library,
    module: &'l str,
    /// What the module and its classes bind.
    bound: FxHashSet<&'l str>,
    /// The modules that annotations and bases name.
    imports: BTreeSet<&'l str>,
    body: String,
}

impl<'l> Writer<'l> {
    /// Writes what one fact says.
    fn define(&mut self, path: &'l str, fact: &'l str, is_empty: bool) {
        let (word, rest) = fact.split_once(' ').unwrap_or((fact, ""));
        let (class, name) = path.rsplit_once('.').map_or((None, path), |(class, name)| (Some(class), name));
        let indent = "    ".repeat(class.map_or(0, |class| class.split('.').count()));
        let spelled = if word == "alias" { rest.to_owned() } else { self.spell(rest) };
        let result = if rest.is_empty() { String::new() } else { format!(" -> {spelled}") };
        let own = if class.is_some() { "self" } else { "" };
        let text = match word {
            "class" => {
                let bases = if rest.is_empty() { String::new() } else { format!("({spelled})") };
                format!("class {name}{bases}:{}", if is_empty { " ..." } else { "" })
            }
            "alias" => {
                let (module, original) = self.library.split(rest).expect("an alias names what is in the table");
                format!("from {module} import {original} as {name}")
            }
            "attribute" if rest.is_empty() => format!("{name}: {}", self.spell("typing.Any")),
            "attribute" => format!("{name}: {spelled}"),
            "async" => format!("async def {name}({own}){result}: ..."),
            "property" => format!("@property\n{indent}def {name}(self){result}: ..."),
            "classmethod" => format!("@classmethod\n{indent}def {name}(cls){result}: ..."),
            "staticmethod" => format!("@staticmethod\n{indent}def {name}(){result}: ..."),
            _ => format!("def {name}({own}){result}: ..."),
        };
        writeln!(self.body, "{indent}{text}").expect("a string takes all text");
    }

    /// Spells the names of an annotation so that they mean in this module what they mean in the table.
    fn spell(&mut self, annotation: &'l str) -> String {
        let mut spelled = String::new();
        let mut rest = annotation;
        while !rest.is_empty() {
            let is_name = |byte: u8| is_word(byte) || byte == b'.';
            let length = rest.bytes().take_while(|&byte| is_name(byte)).count();
            let (name, behind) = rest.split_at(length);
            if name.starts_with(|letter: char| letter.is_alphabetic() || letter == '_') {
                spelled += &self.name(name);
            } else {
                spelled += name;
            }
            let length = behind.bytes().take_while(|&byte| !is_name(byte)).count();
            spelled += &behind[..length];
            rest = &behind[length..];
        }
        spelled
    }

    /// Spells one full name, and has its module imported.
    fn name(&mut self, path: &'l str) -> Cow<'l, str> {
        let is_builtin = !path.contains('.');
        if is_builtin && (self.module == "builtins" || !self.bound.contains(path)) {
            return Cow::Borrowed(path);
        }
        let place = if is_builtin { Some(("builtins", path)) } else { self.library.split(path) };
        let (module, name) = place.expect("the table names what is in the table, as a test shows");
        self.imports.insert(module);
        match self.alias(module) {
            Some(alias) => Cow::Owned(format!("{alias}.{name}")),
            None if is_builtin => Cow::Owned(format!("builtins.{name}")),
            None => Cow::Borrowed(path),
        }
    }

    /// How a module is called here whose own name means something else here.
    fn alias(&self, module: &str) -> Option<String> {
        let root = module.split('.').next().unwrap_or(module);
        self.bound.contains(root).then(|| format!("_{}", module.replace('.', "_")))
    }
}
