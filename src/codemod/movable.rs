//! What a statement may do in a thread: call what blocks, what the standard library has that knows of no thread, and the methods
//! of values that are builtin or that the statement made itself. What nobody knows stays on the event loop, since it may
//! be for that thread alone: tasks and futures, windows, sessions, context variables.

use crate::codemod::offloading::FRAME_BOUND;
use crate::project::blocking::{Family, Offload};
use crate::project::names::Symbol;
use crate::project::scopes::{BindingKind, Scope};
use crate::project::types::Type;
use crate::project::{Answer, Module};
use crate::summary::builtins::is_calculating;
use crate::syntax::{self, descendants, named_children};
use crate::text::Span;
use std::cell::Cell;
use tree_sitter::Node;

/// Modules of the standard library whose functions and objects belong to no thread.
const MODULES: [&str; 50] = [
    "array",
    "ast",
    "base64",
    "binascii",
    "bisect",
    "bz2",
    "calendar",
    "codecs",
    "collections",
    "configparser",
    "copy",
    "csv",
    "datetime",
    "difflib",
    "email",
    "errno",
    "fnmatch",
    "fractions",
    "glob",
    "gzip",
    "hashlib",
    "heapq",
    "hmac",
    "html",
    "io",
    "itertools",
    "json",
    "logging",
    "lzma",
    "math",
    "mimetypes",
    "operator",
    "os",
    "pathlib",
    "pickle",
    "plistlib",
    "posixpath",
    "random",
    "re",
    "secrets",
    "shutil",
    "stat",
    "string",
    "struct",
    "tarfile",
    "tempfile",
    "textwrap",
    "tomllib",
    "uuid",
    "zipfile",
];

/// Calls that give what is read on wherever it is iterated.
const LAZY: [&str; 12] = [
    "csv.DictReader",
    "csv.reader",
    "enumerate",
    "filter",
    "glob.iglob",
    "iter",
    "map",
    "os.scandir",
    "os.walk",
    "reversed",
    "shelve.open",
    "zip",
];

/// How many assignments are followed from a name to what it is.
const DEPTH: usize = 6;

/// A statement that wants to move.
pub struct Movable<'a> {
    module: &'a Module<'a>,
    statement: Node<'a>,
    function: Node<'a>,
    /// How many names are being followed to what they are bound to.
    depth: Cell<usize>,
}

impl<'a> Movable<'a> {
    pub fn of(module: &'a Module<'a>, statement: Node<'a>, function: Node<'a>) -> Movable<'a> {
        Movable { module, statement, function, depth: Cell::new(0) }
    }

    /// An error is the reason why something in it has to stay.
    pub fn refuse(&self) -> Result<(), String> {
        let of = |node| self.module.of(node);
        for node in descendants(self.statement) {
            match node.kind() {
                "identifier" if FRAME_BOUND.contains(&of(node)) => {
                    return Err(format!("`{}` means something else in a function", of(node)));
                }
                "attribute" if is_of_one_thread(self.module, node) && !is_target(node) => {
                    return Err(format!("`{}` is another thing in every thread", of(node)));
                }
                "call" => self.refuse_call(node)?,
                "with_item" => {
                    let value = node.child_by_field_name("value").map(|value| match value.kind() {
                        "as_pattern" => value.named_child(0).unwrap_or(value),
                        _ => value,
                    });
                    let other = value.filter(|value| !(value.kind() == "call" && self.opens(*value)));
                    if let Some(other) = other {
                        return Err(format!("`{}` is entered beside, and may belong to the event loop", of(other)));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// An error is the reason why a call has to stay.
    pub fn refuse_call(&self, call: Node) -> Result<(), String> {
        let Some(function) = call.child_by_field_name("function") else { return Ok(()) };
        let is_variable = |object: Node| self.module.is_instance_of(object, &["contextvars.ContextVar"]) == Answer::Yes;
        let stays = || match function.child_by_field_name("object") {
            Some(object) if is_variable(object) => Err(format!(
                "`{}` is about the context of the coroutine, and what a thread sets is lost",
                self.module.of(call)
            )),
            _ => Err(format!("`{}` would run in the thread as well", self.module.of(call))),
        };
        match self.module.blocking_call(function) {
            Ok(found) if found.group.offload == Offload::Thread => return Ok(()),
            // What only its own thread may use is right where it is made.
            Ok(found) if matches!(found.family, Family::Database | Family::Path) => return Ok(()),
            Ok(found) => return Err(found.group.reason.clone().unwrap_or_default()),
            Err(_) => {}
        }
        match self.module.symbols(function).as_slice() {
            [Symbol::Builtin(name)] if is_threadless_builtin(name) || is_error(name) => return Ok(()),
            [Symbol::Path(path)] if is_threadless(path) => return Ok(()),
            _ => {}
        }
        let Some(object) = function.child_by_field_name("object") else { return stays() };
        let is_builtin = self.module.infer(object).parts().iter().all(|part| matches!(part, Type::Value(..)));
        let is_known = || self.module.path_of_value(object).is_some_and(|path| is_threadless(&path));
        if is_builtin || self.is_made_here(object) || is_known() { Ok(()) } else { stays() }
    }

    /// Whether a call opens something that waits for nothing but the system.
    fn opens(&self, call: Node) -> bool {
        let function = call.child_by_field_name("function");
        function.is_some_and(|function| self.module.blocking_call(function).is_ok()) || self.is_made_here(call)
    }

    /// Whether the statement made what an expression gives, so that nobody else has it.
    pub fn is_made_here(&self, node: Node) -> bool {
        let all = |node: Node| named_children(node).all(|child| self.is_made_here(child));
        match node.kind() {
            "string" | "integer" | "float" | "true" | "false" | "none" | "concatenated_string" => true,
            "identifier" => self.is_own(node),
            "attribute" => node.child_by_field_name("object").is_some_and(|object| self.is_made_here(object)),
            "subscript" => node.child_by_field_name("value").is_some_and(|value| self.is_made_here(value)),
            "keyword_argument" => node.child_by_field_name("value").is_some_and(|value| self.is_made_here(value)),
            "call" => self.is_made_by(node),
            _ => all(node),
        }
    }

    fn is_made_by(&self, call: Node) -> bool {
        let Some(function) = call.child_by_field_name("function") else { return false };
        if self.module.blocking_call(function).is_ok_and(|_| !self.is_method(function)) {
            return true;
        }
        match self.module.symbols(function).as_slice() {
            [Symbol::Path(path)] => is_threadless(path),
            [Symbol::Builtin(name)] if is_threadless_builtin(name) => {
                call.child_by_field_name("arguments").is_some_and(|arguments| self.is_made_here(arguments))
            }
            _ => function.child_by_field_name("object").is_some_and(|object| self.is_made_here(object)),
        }
    }

    /// Whether what is called is a method of a value, and not a member of a module.
    fn is_method(&self, function: Node) -> bool {
        function.kind() == "attribute" && !matches!(self.module.symbols(function).as_slice(), [Symbol::Path(_)])
    }

    /// Whether a name is bound by the statement alone, and only to what it made.
    fn is_own(&self, name: Node) -> bool {
        let Some(found) = self.module.lookup(self.module.of(name), name) else { return false };
        let span = syntax::span(self.statement);
        let is_local = match found.scope {
            Scope::Function(owner) => owner == self.function || span.encloses(syntax::span(owner)),
            _ => false,
        };
        if !is_local || self.depth.get() == DEPTH {
            return false;
        }
        self.depth.set(self.depth.get() + 1);
        let is_own = found.bindings.iter().all(|binding| {
            let source = self.source(&binding.kind, binding.at).filter(|_| span.contains(binding.at));
            source.is_some_and(|source| self.is_made_here(source))
        });
        self.depth.set(self.depth.get() - 1);
        is_own
    }

    /// The expression that a name gets its value from, or an element of it.
    fn source(&self, kind: &BindingKind, at: usize) -> Option<Node<'a>> {
        match kind {
            BindingKind::Value(span) | BindingKind::Entered(span, _) => self.module.node_at(*span),
            BindingKind::Other(_) => {
                let name = self.module.node_at(Span::new(at, at + 1))?;
                let clause = syntax::ancestors(name)
                    .find(|outer| matches!(outer.kind(), "for_statement" | "for_in_clause" | "assignment"))?;
                let left = clause.child_by_field_name("left")?;
                clause.child_by_field_name("right").filter(|_| syntax::span(left).contains(at))
            }
            _ => None,
        }
    }

    /// Whether the statement binds what a name means.
    pub fn binds(&self, name: Node) -> bool {
        let found = self.module.lookup(self.module.of(name), name);
        found.is_some_and(|found| found.bindings.iter().any(|each| syntax::span(self.statement).contains(each.at)))
    }

    /// What in an expression is read on wherever it is iterated.
    pub fn lazy(&self, node: Node<'a>) -> Option<Node<'a>> {
        let value = match node.kind() {
            "return_statement" | "parenthesized_expression" => node.named_child(0)?,
            _ => node,
        };
        match value.kind() {
            "generator_expression" => Some(value),
            "expression_list" | "tuple" | "list" => named_children(value).find_map(|child| self.lazy(child)),
            "identifier" => self.gives_open(self.module.of(value)).then_some(value),
            "call" => {
                let function = value.child_by_field_name("function")?;
                let is_lazy = self.module.symbols(function).iter().any(|symbol| match symbol {
                    Symbol::Path(name) | Symbol::Builtin(name) => LAZY.contains(&name.as_str()),
                    _ => false,
                });
                let opens = || {
                    let found = self.module.blocking_call(function).ok().filter(|_| !self.is_method(function));
                    found.is_some() && self.module.of(function).ends_with("open")
                };
                (is_lazy || opens()).then_some(value)
            }
            _ => None,
        }
    }

    /// Whether a name is bound to what the statement enters, or to what is read on wherever it is iterated.
    pub fn gives_open(&self, name: &str) -> bool {
        let names = self.module.names_of(self.function);
        let span = syntax::span(self.statement);
        let bindings = names.bound.get(name).into_iter().flatten().filter(|each| span.contains(each.at));
        bindings.into_iter().any(|each| match &each.kind {
            BindingKind::Entered(..) => true,
            BindingKind::Value(value) => self
                .module
                .node_at(*value)
                .is_some_and(|value| value.kind() != "identifier" && self.lazy(value).is_some()),
            _ => false,
        })
    }
}

/// Whether an attribute is of an object that every thread sees its own state of.
pub(super) fn is_of_one_thread(module: &Module, attribute: Node) -> bool {
    let object = attribute.child_by_field_name("object");
    object.is_some_and(|object| module.is_instance_of(object, &["threading.local"]) == Answer::Yes)
}

/// Whether something is assigned to the node.
fn is_target(node: Node) -> bool {
    node.parent().is_some_and(|outer| outer.kind() == "assignment" && outer.child_by_field_name("left") == Some(node))
}

/// Whether a builtin does nothing with a thread; what it gives is as old as its arguments.
fn is_threadless_builtin(name: &str) -> bool {
    is_calculating(name) || matches!(name, "next" | "print")
}

fn is_error(name: &str) -> bool {
    ["Error", "Exception", "Warning"].iter().any(|end| name.ends_with(end))
}

fn is_threadless(path: &str) -> bool {
    MODULES.contains(&path.split('.').next().unwrap_or(path))
}
