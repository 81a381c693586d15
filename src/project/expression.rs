//! Expressions as the inference sees them: a small value made from a node, free of its tree.
//!
//! The pieces of a [`Summary`](crate::summary::Summary) are parsed when somebody asks, into a [`Head`] or a [`Bound`]; the
//! nodes of a file that is looked at become the same [`Expression`]. What says nothing about types is
//! [`Expression::Other`].

mod nodes;

use crate::project::shorthand;
use crate::syntax::{self, named_children};
use tree_sitter::Node;

/// What an expression is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// A name, and the byte offset where it stands.
    Name(Box<str>, usize),
    Attribute(Box<Expression>, Box<str>),
    /// What is called, the positional arguments and the keyword arguments.
    Call(Box<Expression>, Vec<Expression>, Vec<(Box<str>, Expression)>),
    Subscript(Box<Expression>, Vec<Expression>),
    Await(Box<Expression>),
    /// A string's content, for annotations.
    String(Box<str>),
    /// A value of a builtin class.
    Literal(&'static str),
    /// An integer, for indices.
    Integer(i64),
    None,
    Ellipsis,
    List(Vec<Expression>),
    Set(Vec<Expression>),
    Tuple(Vec<Expression>),
    Dictionary(Vec<(Expression, Expression)>),
    /// `a | b`, in annotations; elsewhere an operation.
    Either(Box<Expression>, Box<Expression>),
    /// `a or b`, `a and b`, `b if t else c`: one of them.
    OneOf(Vec<Expression>),
    Lambda(Box<Expression>),
    /// A comprehension: what it makes, its element, and the offset where its scope begins.
    Comprehension(&'static str, Box<Expression>),
    /// `*x` in a display or an annotation.
    Starred(Box<Expression>),
    /// Anything that is not followed: its kind in the grammar.
    Other(&'static str),
}

/// What a parameter is written as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    pub name: Box<str>,
    pub annotation: Option<Expression>,
    pub default: Option<Expression>,
    pub kind: ParameterKind,
}

impl Parameter {
    /// Whether it takes one argument.
    pub fn is_single(&self) -> bool {
        matches!(self.kind, ParameterKind::Plain | ParameterKind::KeywordOnly)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    Plain,
    /// Behind `*` or `*args`.
    KeywordOnly,
    Arguments,
    Keywords,
}

/// The head of a function or a class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    pub decorators: Vec<Expression>,
    pub parameters: Vec<Parameter>,
    pub returns: Option<Expression>,
    pub bases: Vec<Expression>,
    /// `T` in `class Box[T]`.
    pub type_parameters: Vec<Box<str>>,
}

/// What a statement says of a name that it binds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bound {
    pub annotation: Option<Expression>,
    pub value: Option<Expression>,
    pub how: How,
    /// Which element of the value it is, from the outside in; empty for the value itself.
    pub path: Vec<usize>,
}

/// What the value is to the name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum How {
    #[default]
    Assigned,
    Iterated,
    IteratedAsynchronously,
    Entered,
    EnteredAsynchronously,
    /// In a way that is not followed.
    Otherwise,
}

impl Expression {
    /// `a.b.c` for a chain of names; none for anything else.
    pub fn dotted(&self) -> Option<String> {
        match self {
            Expression::Name(name, _) => Some(name.to_string()),
            Expression::Attribute(object, name) => Some(format!("{}.{name}", object.dotted()?)),
            _ => None,
        }
    }

    /// Parses an expression that is a text of its own.
    pub fn parse(source: &str) -> Expression {
        if let Some(plain) = shorthand::expression(source).or_else(|| shorthand::value(source)) {
            return plain;
        }
        let tree = syntax::parse(source);
        let root = tree.root_node();
        match named_children(root).next() {
            Some(statement) if !root.has_error() && statement.kind() == "expression_statement" => {
                Expression::of(statement, source)
            }
            _ => Expression::Other("an unreadable expression"),
        }
    }
}

/// The lines of a piece without their indentation, so that it parses as a text of its own.
fn flush_left(piece: &str) -> String {
    let mut out = String::with_capacity(piece.len() + 8);
    for line in piece.split_inclusive('\n') {
        out.push_str(line.trim_start_matches([' ', '\t', '\x0c']));
    }
    out
}

impl Head {
    /// Reads decorators and a header that ends with its colon.
    pub fn parse(piece: &str) -> Head {
        shorthand::head(piece).unwrap_or_else(|| Head::parse_by_grammar(piece))
    }

    /// The same, by the grammar.
    pub fn parse_by_grammar(piece: &str) -> Head {
        let text = flush_left(piece) + " ...\n";
        let tree = syntax::parse(&text);
        let mut head = Head::default();
        let Some(mut node) = named_children(tree.root_node()).next() else { return head };
        if node.kind() == "decorated_definition" {
            for decorator in named_children(node).filter(|child| child.kind() == "decorator") {
                let expression = decorator.named_child(0).map(|child| Expression::of(child, &text));
                head.decorators.extend(expression);
            }
            match node.child_by_field_name("definition") {
                Some(definition) => node = definition,
                None => return head,
            }
        }
        if let Some(types) = node.child_by_field_name("type_parameters") {
            head.type_parameters = named_children(types)
                .map(|each| text[each.byte_range()].split([':', '=']).next().unwrap_or_default().trim().into())
                .collect();
        }
        if let Some(bases) = node.child_by_field_name("superclasses") {
            let plain = named_children(bases).filter(|base| base.kind() != "keyword_argument");
            head.bases = plain.map(|base| Expression::of(base, &text)).collect();
        }
        if let Some(returns) = node.child_by_field_name("return_type") {
            head.returns = Some(Expression::of(returns, &text));
        }
        let mut kind = ParameterKind::Plain;
        for parameter in node.child_by_field_name("parameters").into_iter().flat_map(named_children) {
            if parameter.kind() == "keyword_separator" {
                kind = ParameterKind::KeywordOnly;
                continue;
            }
            let Some(made) = Parameter::of(parameter, &text, kind) else { continue };
            if made.kind == ParameterKind::Arguments {
                kind = ParameterKind::KeywordOnly;
            }
            head.parameters.push(made);
        }
        head
    }
}

impl Parameter {
    fn of(node: Node, text: &str, kind: ParameterKind) -> Option<Parameter> {
        let of = |field: &str| node.child_by_field_name(field).map(|child| Expression::of(child, text));
        let name = match node.kind() {
            "identifier" => node,
            "list_splat_pattern" | "dictionary_splat_pattern" => node,
            _ => node.child_by_field_name("name").or_else(|| node.named_child(0))?,
        };
        let (name, kind) = match name.kind() {
            "list_splat_pattern" => (name.named_child(0)?, ParameterKind::Arguments),
            "dictionary_splat_pattern" => (name.named_child(0)?, ParameterKind::Keywords),
            "identifier" => (name, kind),
            _ => return None,
        };
        Some(Parameter { name: text[name.byte_range()].into(), annotation: of("type"), default: of("value"), kind })
    }
}

impl Bound {
    /// What the statement in `piece` says of the name or attribute `wanted` that it binds.
    pub fn parse(piece: &str, wanted: &str) -> Bound {
        shorthand::bound(piece, wanted).unwrap_or_else(|| Bound::parse_by_grammar(piece, wanted))
    }

    /// The same, by the grammar.
    pub fn parse_by_grammar(piece: &str, wanted: &str) -> Bound {
        let mut text = flush_left(piece);
        // The suite of a header, or the value that was cut.
        if text.trim_end().ends_with([':', '=']) {
            text.push_str(" ...\n");
        } else if text.ends_with('(') {
            text.push_str(")\n");
        }
        let tree = syntax::parse(&text);
        let root = tree.root_node();
        let Some(statement) = named_children(root).next().filter(|_| !root.has_error()) else {
            return Bound { how: How::Otherwise, ..Bound::default() };
        };
        let mut bound = Bound::of_statement(statement, wanted, &text);
        if piece.trim_end().ends_with('=') && bound.value == Some(Expression::Ellipsis) {
            bound.value = None;
        }
        bound
    }

    fn of_statement(statement: Node, wanted: &str, text: &str) -> Bound {
        let of = |node: Node| Some(Expression::of(node, text));
        let bound = match statement.kind() {
            "expression_statement" => Bound::assigned(statement.named_child(0), wanted, text),
            "type_alias_statement" => {
                let value = named_children(statement).nth(1).and_then(of);
                Some(Bound { value, ..Bound::default() })
            }
            "return_statement" => Some(Bound { value: statement.named_child(0).and_then(of), ..Bound::default() }),
            "for_statement" => Bound::iterated(statement, wanted, text),
            "with_statement" => Bound::entered(statement, wanted, text),
            _ => None,
        };
        bound.unwrap_or(Bound { how: How::Otherwise, ..Bound::default() })
    }

    /// What one of the assignments of `a = b = value` says.
    fn assigned(outermost: Option<Node>, wanted: &str, text: &str) -> Option<Bound> {
        let of = |node: Node| Some(Expression::of(node, text));
        let is_assignment = |node: &Node| node.kind() == "assignment";
        let chain = std::iter::successors(outermost.filter(is_assignment), |outer| {
            outer.child_by_field_name("right").filter(is_assignment)
        });
        let value = chain.clone().last().and_then(|innermost| innermost.child_by_field_name("right"));
        for assignment in chain {
            if let Some(path) = target_path(assignment.child_by_field_name("left")?, wanted, text) {
                let annotation = assignment.child_by_field_name("type").and_then(of);
                return Some(Bound { annotation, value: value.and_then(of), how: How::Assigned, path });
            }
        }
        None
    }

    fn iterated(statement: Node, wanted: &str, text: &str) -> Option<Bound> {
        let how = if syntax::is_async(statement) { How::IteratedAsynchronously } else { How::Iterated };
        let path = target_path(statement.child_by_field_name("left")?, wanted, text)?;
        let value = statement.child_by_field_name("right").map(|right| Expression::of(right, text));
        Some(Bound { annotation: None, value, how, path })
    }

    fn entered(statement: Node, wanted: &str, text: &str) -> Option<Bound> {
        let how = if syntax::is_async(statement) { How::EnteredAsynchronously } else { How::Entered };
        let clause = named_children(statement).find(|child| child.kind() == "with_clause")?;
        named_children(clause).find_map(|item| {
            let pattern = item.child_by_field_name("value").filter(|value| value.kind() == "as_pattern")?;
            let path = target_path(pattern.child_by_field_name("alias")?, wanted, text)?;
            let value = pattern.named_child(0).map(|value| Expression::of(value, text));
            Some(Bound { annotation: None, value, how, path })
        })
    }
}

/// Where in an assignment target the name, or the attribute of that name, stands: indices from the outside in.
fn target_path(target: Node, wanted: &str, text: &str) -> Option<Vec<usize>> {
    match target.kind() {
        "identifier" => (&text[target.byte_range()] == wanted).then(Vec::new),
        "attribute" => {
            let name = target.child_by_field_name("attribute")?;
            (&text[name.byte_range()] == wanted).then(Vec::new)
        }
        "as_pattern_target" | "parenthesized_expression" => target_path(target.named_child(0)?, wanted, text),
        "pattern_list" | "tuple_pattern" | "list_pattern" | "tuple" | "list" | "expression_list" => {
            let starred = named_children(target).position(|child| child.kind() == "list_splat_pattern");
            named_children(target).enumerate().find_map(|(at, child)| {
                let mut path = target_path(child, wanted, text)?;
                // Behind a starred target the position is not known.
                path.insert(0, if starred.is_some_and(|star| star <= at) { usize::MAX } else { at });
                Some(path)
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_gives_its_decorators_parameters_and_result() {
        let head = Head::parse(
            "@a.b\n    @c(1)\n    async def f(self, x: int = 1, *args: T, y, **kw) -> dict[str, X | None]:",
        );
        assert_eq!(head.decorators.len(), 2);
        let names: Vec<&str> = head.parameters.iter().map(|parameter| &*parameter.name).collect();
        assert_eq!(names, ["self", "x", "args", "y", "kw"]);
        assert_eq!(head.parameters[3].kind, ParameterKind::KeywordOnly);
        assert!(matches!(head.returns, Some(Expression::Subscript(_, ref items)) if items.len() == 2), "{head:?}");
    }

    #[test]
    fn a_class_gives_its_bases() {
        let head = Head::parse("class Box[T](Base[T], metaclass=Meta):");
        assert_eq!(head.bases.len(), 1);
        assert_eq!(&*head.type_parameters[0], "T");
    }

    #[test]
    fn a_statement_says_what_a_name_is() {
        let bound = Bound::parse("self.a = b = Foo(1)", "a");
        assert!(matches!(bound.value, Some(Expression::Call(..))), "{bound:?}");
        let bound = Bound::parse("reader, self.writer = await open()", "writer");
        assert_eq!(bound.path, [1]);
        let bound = Bound::parse("async with a() as x, b() as (y, z):", "z");
        assert_eq!((bound.how, bound.path), (How::EnteredAsynchronously, vec![1]));
        let bound = Bound::parse("table: dict[str, int] =", "table");
        assert!(bound.annotation.is_some() && bound.value.is_none(), "{bound:?}");
    }
}
