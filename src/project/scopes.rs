//! Who binds a name: Python's scopes, in one file.
//!
//! The scope of a node is the one it is *evaluated* in: a default value, an annotation, a decorator or a base class belongs
//! to the scope around the definition, the first iterable of a comprehension to the scope around the comprehension
//! (Python reference, 4.2 and 6.2.4). A class scope is seen only from directly inside it.
//!
//! What binds the names of a scope is [`super::bindings`]'s affair.

use crate::project::Module;
use crate::syntax::{self, named_children};
use crate::text::Span;
use rustc_hash::{FxHashMap, FxHashSet};
use tree_sitter::Node;

/// Where names live.
#[derive(Clone, Copy, Debug)]
pub enum Scope<'a> {
    /// A function, a lambda or a comprehension.
    Function(Node<'a>),
    /// A class, by its index in the outline.
    Class(u32),
    Module,
}

/// One way in which a name gets its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    pub kind: BindingKind,
    /// Byte offset of the name where it is bound.
    pub at: usize,
    /// Whether it happens only for type checkers, under `if TYPE_CHECKING:`.
    pub typing_only: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BindingKind {
    /// An import of this dotted path; a relative one keeps its leading dots.
    Import(String),
    /// A function or class of this file.
    Definition(u32),
    /// `name = <the expression at this span>`.
    Value(Span),
    /// `async with <the expression at this span> as name` (true), or the plain `with`.
    Entered(Span, bool),
    /// A parameter, with its annotation.
    Parameter(Option<Span>),
    /// Anything else, said in words: a loop target, `del`, an unpacking, …
    Other(&'static str),
}

/// What binds each name.
pub type Bound = FxHashMap<String, Vec<Binding>>;

/// What one scope binds.
#[derive(Debug, Default)]
pub struct Names {
    pub bound: Bound,
    pub globals: FxHashSet<String>,
    pub nonlocals: FxHashSet<String>,
}

/// The bindings that a name at some place can mean, and where they were found.
#[derive(Debug)]
pub struct Found<'a> {
    pub scope: Scope<'a>,
    pub bindings: Vec<Binding>,
}

impl Module<'_> {
    /// The scope in which `node` is evaluated.
    pub fn scope_of<'a>(&'a self, node: Node<'a>) -> Scope<'a> {
        let mut inner = node;
        // Whether the climb came out of the iterable of the clause `inner`.
        let mut from_iterable = false;
        while let Some(outer) = inner.parent() {
            let is_field = |field: &str| outer.child_by_field_name(field) == Some(inner);
            match outer.kind() {
                "function_definition" | "lambda" if is_field("body") => return Scope::Function(outer),
                "class_definition" if is_field("body") => {
                    if let Some(block) = self.block_of(outer) {
                        return Scope::Class(block);
                    }
                }
                _ if is_comprehension(outer) => {
                    let first = named_children(outer).find(|child| child.kind() == "for_in_clause");
                    if !(from_iterable && first == Some(inner)) {
                        return Scope::Function(outer);
                    }
                }
                _ => {}
            }
            from_iterable = outer.kind() == "for_in_clause" && is_field("right");
            inner = outer;
        }
        self.scope_around_tree(inner)
    }

    /// The scope that the root of a region's tree stands in.
    fn scope_around_tree(&self, root: Node) -> Scope<'_> {
        self.class_around(root.start_byte()).map_or(Scope::Module, Scope::Class)
    }

    /// The innermost block whose body, not header, holds the start of a region: a class, or none.
    pub(super) fn class_around(&self, offset: usize) -> Option<u32> {
        if self.is_whole() {
            return None;
        }
        let blocks = &self.outline.blocks;
        let mut at = blocks.partition_point(|block| block.span.start < offset).checked_sub(1).map(|at| at as u32);
        while let Some(index) = at {
            let block = &blocks[index as usize];
            let is_class = block.kind == crate::outline::BlockKind::Class;
            if is_class && block.header.end <= offset && offset < block.span.end {
                return Some(index);
            }
            at = block.parent;
        }
        None
    }

    /// Whether `node` is evaluated directly in a class body.
    pub fn class_around_node(&self, node: Node) -> bool {
        matches!(self.scope_of(node), Scope::Class(_))
    }

    /// The scope around a scope, as name look-up goes: classes are passed over.
    pub fn outer_scope<'a>(&'a self, scope: Scope<'a>) -> Option<Scope<'a>> {
        let around = match scope {
            Scope::Module => return None,
            Scope::Function(node) => self.scope_of(node),
            Scope::Class(block) if self.is_in_function(block) => match self.definition(block) {
                Some(node) => self.scope_of(node),
                None => Scope::Module,
            },
            // A class around it would be passed over, and needs no tree.
            Scope::Class(_) => Scope::Module,
        };
        match around {
            Scope::Class(_) => self.outer_scope(around),
            other => Some(other),
        }
    }

    /// What binds `name` as seen from `node`; none when no scope of the file does.
    pub fn lookup<'a>(&'a self, name: &str, node: Node<'a>) -> Option<Found<'a>> {
        let mut scope = self.scope_of(node);
        loop {
            if let Scope::Function(function) = scope {
                let names = self.names_of(function);
                if names.globals.contains(name) {
                    scope = Scope::Module;
                    continue;
                }
                if !names.nonlocals.contains(name)
                    && let Some(bindings) = names.bound.get(name)
                {
                    return Some(Found { scope, bindings: bindings.clone() });
                }
            } else {
                let block = if let Scope::Class(block) = scope { Some(block) } else { None };
                let bindings = self.bindings_in(block, name);
                if !bindings.is_empty() {
                    return Some(Found { scope, bindings });
                }
            }
            scope = self.outer_scope(scope)?;
        }
    }

    /// Whether a statement stands under `if TYPE_CHECKING:`, which never runs.
    pub fn is_typing_only(&self, statement: Node) -> bool {
        let mut inner = statement;
        for outer in syntax::ancestors(statement) {
            if outer.kind() == "if_statement"
                && outer.child_by_field_name("consequence") == Some(inner)
                && outer
                    .child_by_field_name("condition")
                    .is_some_and(|condition| self.of(condition).rsplit('.').next() == Some("TYPE_CHECKING"))
            {
                return true;
            }
            inner = outer;
        }
        self.outline_says_typing_only(statement.start_byte())
    }

    /// The same for a region's own surroundings, which its tree does not show.
    fn outline_says_typing_only(&self, offset: usize) -> bool {
        if self.is_whole() {
            return false;
        }
        let outline = &self.outline;
        let around = outline.enclosing_blocks(outline.innermost_block(offset).map(|block| block as u32));
        around.filter_map(|block| outline.blocks[block].compound).any(|compound| {
            let header = self.slice(outline.statements[compound as usize].span);
            let condition = header.strip_prefix("if").map(|rest| rest.trim_end_matches(':').trim());
            let has_other_branch = outline.statements[compound as usize + 1..]
                .iter()
                .take_while(|statement| statement.span.start < offset)
                .any(|statement| statement.compound == Some(compound) && self.slice(statement.span).starts_with("el"));
            condition.is_some_and(|condition| condition.rsplit('.').next() == Some("TYPE_CHECKING"))
                && !has_other_branch
        })
    }
}

/// Whether a node is one of the four comprehensions.
pub fn is_comprehension(node: Node) -> bool {
    matches!(
        node.kind(),
        "list_comprehension" | "set_comprehension" | "dictionary_comprehension" | "generator_expression"
    )
}
