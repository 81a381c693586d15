//! What a name or an attribute chain refers to.
//!
//! Imports are followed through their aliases, and so is a name that is bound once to such a chain (`nap = time.sleep`).
//! A name with several bindings means all of them; a question about it is answered only when they agree. `None` bound
//! as an alternative (`except ImportError: asyncio = None`) is no meaning: using it would have failed. One file is what is
//! looked at; only what its classes inherit is asked of the project.

use crate::project::linked::Definition;
use crate::project::scopes::{Binding, BindingKind, Scope};
use crate::project::standard::Standard;
use crate::project::types::ABSENT;
use crate::project::{Answer, Module};
use crate::text::Span;
use tree_sitter::Node;

/// What an expression refers to, as far as one file tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Symbol {
    /// Something reached through imports, by its absolute dotted path (a relative import keeps its leading dots).
    Path(String),
    /// A name of the builtins module; nothing in the file binds it.
    Builtin(String),
    /// A function or a class of this file.
    Definition(u32),
    /// The result of an expression that is not a name: its span.
    Value(Span),
    /// Bound to something else for certain: a clause that says to what.
    Other(String),
    /// Not to be known, and why.
    Unknown(String),
}

/// How many assignments are followed from a name to what it stands for.
const DEPTH: usize = 6;

impl Module<'_> {
    /// Whether `node` refers to one of the dotted `paths`. A plain name stands for a builtin.
    pub fn resolves_to(&self, node: Node, paths: &[&str]) -> Answer {
        Answer::all_of(self.symbols(node).into_iter().map(|symbol| self.is_one_of(&symbol, paths)))
    }

    fn is_one_of(&self, symbol: &Symbol, paths: &[&str]) -> Answer {
        match symbol {
            Symbol::Path(path) | Symbol::Builtin(path) if paths.contains(&path.as_str()) => Answer::Yes,
            Symbol::Path(path) => Answer::No(format!("it is `{path}`")),
            Symbol::Builtin(name) => Answer::No(format!("nothing in the file binds `{name}`")),
            Symbol::Definition(block) => Answer::No(format!(
                "`{}` is defined on line {}",
                self.name_of(*block),
                self.row(self.outline.blocks[*block as usize].name.start)
            )),
            Symbol::Value(_) => Answer::No("it is the result of an expression".to_owned()),
            Symbol::Other(reason) => Answer::No(reason.clone()),
            Symbol::Unknown(reason) => Answer::Unknown(reason.clone()),
        }
    }

    /// Everything that `node` may refer to; at least one symbol.
    pub fn symbols(&self, node: Node) -> Vec<Symbol> {
        self.symbols_within(node, DEPTH)
    }

    fn symbols_within(&self, node: Node, depth: usize) -> Vec<Symbol> {
        if depth == 0 {
            return vec![Symbol::Unknown("it is assigned through too many names".to_owned())];
        }
        match node.kind() {
            "identifier" => self.name_symbols(node, depth),
            "attribute" => {
                let (Some(object), Some(name)) =
                    (node.child_by_field_name("object"), node.child_by_field_name("attribute"))
                else {
                    return vec![Symbol::Value(crate::syntax::span(node))];
                };
                let bases = self.symbols_within(object, depth);
                bases.into_iter().map(|base| self.member(base, node, self.of(name))).collect()
            }
            "parenthesized_expression" => match node.named_child(0) {
                Some(inner) if node.named_child_count() == 1 => self.symbols_within(inner, depth),
                _ => vec![Symbol::Value(crate::syntax::span(node))],
            },
            _ => vec![Symbol::Value(crate::syntax::span(node))],
        }
    }

    fn member(&self, base: Symbol, node: Node, name: &str) -> Symbol {
        match base {
            Symbol::Path(path) => Symbol::Path(Standard::public(&format!("{path}.{name}"))),
            Symbol::Definition(block) if self.is_class(block) => self.method(block, name, node),
            Symbol::Unknown(reason) => Symbol::Unknown(reason),
            Symbol::Other(reason) => Symbol::Other(reason),
            _ => Symbol::Value(crate::syntax::span(node)),
        }
    }

    /// The method `name` that a class of this file has in itself, or inherits, where the file has that too.
    fn method(&self, class: u32, name: &str, node: Node) -> Symbol {
        let Some((inference, own)) = self.inference() else {
            return Symbol::Unknown("the file is looked at alone".to_owned());
        };
        let member = inference.member(Definition { module: own, block: class }, name, true);
        match (inference.function_of_type(&member), member.reason()) {
            (Some(function), _) if function.definition.module == own => Symbol::Definition(function.definition.block),
            (_, Some(reason)) if !reason.ends_with(ABSENT) => Symbol::Unknown(reason.to_string()),
            _ => Symbol::Value(crate::syntax::span(node)),
        }
    }

    fn name_symbols(&self, node: Node, depth: usize) -> Vec<Symbol> {
        let name = self.of(node);
        let Some(found) = self.lookup(name, node) else {
            return vec![match self.star_import(0) {
                Some(star) => self.maybe_starred(star),
                None => Symbol::Builtin(name.to_owned()),
            }];
        };
        let mut symbols = Vec::new();
        if !matches!(found.scope, Scope::Function(_)) {
            let last = found.bindings.iter().map(|binding| binding.at).max().unwrap_or(0);
            symbols.extend(self.star_import(last).map(|star| self.maybe_starred(star)));
        }
        let at_run_time = found.bindings.iter().any(|binding| !binding.typing_only);
        for binding in found.bindings.iter().filter(|binding| !(at_run_time && binding.typing_only)) {
            for symbol in self.binding_symbols(binding, depth) {
                if !symbols.contains(&symbol) {
                    symbols.push(symbol);
                }
            }
        }
        if symbols.is_empty() {
            symbols.push(Symbol::Other(format!("`{name}` is only ever None")));
        }
        symbols
    }

    fn maybe_starred(&self, star: &crate::outline::Import) -> Symbol {
        Symbol::Unknown(format!(
            "`{}` on line {} may bind that name",
            self.slice(star.statement),
            self.row(star.statement.start)
        ))
    }

    fn binding_symbols(&self, binding: &Binding, depth: usize) -> Vec<Symbol> {
        let row = || self.row(binding.at);
        match &binding.kind {
            BindingKind::Import(path) => vec![Symbol::Path(Standard::public(path))],
            BindingKind::Definition(block) => vec![Symbol::Definition(*block)],
            BindingKind::Value(span) => match self.node_at(*span) {
                Some(value) if value.kind() == "none" => Vec::new(),
                Some(value) => self.symbols_within(value, depth - 1),
                None => vec![Symbol::Value(*span)],
            },
            BindingKind::Entered(..) => vec![Symbol::Other(format!("it is bound by `with … as` on line {}", row()))],
            BindingKind::Parameter(_) => vec![Symbol::Other(format!("it is a parameter, line {}", row()))],
            BindingKind::Other(how) => vec![Symbol::Other(format!("{how}, line {}", row()))],
        }
    }

    /// How code at `node` spells the dotted `path`, through an import that the file already has and that is bound there
    /// for certain; none when it needs an import; an error when the name that an import would bind is taken.
    pub fn spelling(&self, path: &str, node: Node) -> Result<Option<String>, String> {
        let mut best: Option<String> = None;
        for import in &self.outline.imports {
            let Some((name, imported, at)) = self.import_parts(import) else { continue };
            let rest = match path.strip_prefix(imported.as_str()) {
                Some("") => "",
                Some(rest) if rest.starts_with('.') => rest,
                _ => continue,
            };
            let spelled = format!("{name}{rest}");
            let shorter = best.as_ref().is_none_or(|best| spelled.matches('.').count() < best.matches('.').count());
            if shorter && self.is_bound_for_certain(name, &imported, at, node) {
                best = Some(spelled);
            }
        }
        if best.is_some() {
            return Ok(best);
        }
        let top = path.split('.').next().unwrap_or(path);
        if let Some(star) = self.star_import(0) {
            let (statement, row) = (self.slice(star.statement), self.row(star.statement.start));
            return Err(format!("`{statement}` on line {row} may bind `{top}`"));
        }
        match self.lookup(top, node) {
            Some(found) if found.bindings.iter().any(|binding| !self.is_import_of(binding, top)) => {
                Err(format!("`{top}` means something else here (line {})", self.row(found.bindings[0].at)))
            }
            // A local name hides the module's, even where its own import has not run.
            Some(found) if !matches!(found.scope, Scope::Module) => {
                Err(format!("the local import of `{top}` on line {} may not have run", self.row(found.bindings[0].at)))
            }
            _ => Ok(None),
        }
    }

    /// How module-level code behind offset `before` spells the dotted `path`; as for [`Module::spelling`].
    pub fn spelling_before(&self, path: &str, before: usize) -> Result<Option<String>, String> {
        let top = path.split('.').next().unwrap_or(path);
        for import in
            self.outline.imports.iter().filter(|import| import.block.is_none() && import.statement.end <= before)
        {
            let Some((name, imported, at)) = self.import_parts(import) else { continue };
            let Some(rest) =
                path.strip_prefix(imported.as_str()).filter(|rest| rest.is_empty() || rest.starts_with('.'))
            else {
                continue;
            };
            let direct = self.outline.statement_at(at).is_some_and(|statement| statement.direct);
            let bindings = self.bindings_in(None, name);
            if direct && bindings.iter().all(|binding| self.is_import_of(binding, &imported)) {
                return Ok(Some(format!("{name}{rest}")));
            }
        }
        match self.bindings_in(None, top).iter().find(|binding| !self.is_import_of(binding, top)) {
            Some(other) => Err(format!("`{top}` means something else in the module (line {})", self.row(other.at))),
            None => Ok(None),
        }
    }

    fn is_import_of(&self, binding: &Binding, path: &str) -> bool {
        matches!(&binding.kind, BindingKind::Import(imported) if imported == path)
    }

    /// Whether `name`, looked up at `node`, is the import of `path` at offset `at` and nothing else, bound before use.
    fn is_bound_for_certain(&self, name: &str, path: &str, at: usize, node: Node) -> bool {
        let Some(found) = self.lookup(name, node) else { return false };
        let is_import = |binding: &Binding| self.is_import_of(binding, path) && !binding.typing_only;
        if !found.bindings.iter().any(|binding| binding.at == at) || !found.bindings.iter().all(is_import) {
            return false;
        }
        let import = self.outline.statement_at(at);
        match found.scope {
            Scope::Module => {
                let is_bound = self.function_of(node).is_some() || at < node.start_byte();
                is_bound && import.is_some_and(|statement| statement.direct) && self.star_import(at).is_none()
            }
            _ => import.is_some_and(|statement| statement.direct) && at < node.start_byte(),
        }
    }
}
