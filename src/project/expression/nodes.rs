//! The expression that a node of a tree is.
//!
//! In: a node and its text. Out: an [`Expression`]. A node that is not as its grammar has it, as in a tree with errors, is
//! [`Expression::Other`].

use super::Expression;
use crate::syntax::{self, named_children};
use tree_sitter::Node;

impl Expression {
    /// The expression that a node is.
    pub fn of(node: Node, text: &str) -> Expression {
        let part = Part { node, text };
        let made = match node.kind() {
            "identifier" => Some(Expression::Name(part.own(node), node.start_byte())),
            "attribute" => part.attribute(),
            "call" => part.call(),
            "subscript" => part.subscript(),
            "generic_type" => part.generic(),
            "member_type" => part.member(),
            "union_type" => part.union(),
            "await" => part.first().map(Expression::Await),
            "parenthesized_expression" | "type" | "expression_statement" | "as_pattern_target" => Some(part.wrapped()),
            "none" => Some(Expression::None),
            "ellipsis" => Some(Expression::Ellipsis),
            "string" => Some(part.string()),
            "concatenated_string" => Some(Expression::Literal("str")),
            "integer" => Some(part.own(node).parse().map_or(Expression::Literal("int"), Expression::Integer)),
            "float" => Some(Expression::Literal("float")),
            "true" | "false" | "not_operator" | "comparison_operator" => Some(Expression::Literal("bool")),
            "list" | "list_pattern" => Some(Expression::List(part.all(node))),
            "set" => Some(Expression::Set(part.all(node))),
            "tuple" | "expression_list" | "pattern_list" | "tuple_pattern" => Some(Expression::Tuple(part.all(node))),
            "dictionary" => Some(part.dictionary()),
            "binary_operator" => Some(part.operation().unwrap_or(Expression::Other("binary_operator"))),
            "boolean_operator" => Some(Expression::OneOf(part.all(node))),
            "conditional_expression" => Some(part.conditional()),
            "named_expression" => part.field("value").map(|value| part.of(value)),
            "lambda" => part.field("body").map(|body| Expression::Lambda(part.boxed(body))),
            "list_comprehension" => Some(part.comprehension("list")),
            "set_comprehension" => Some(part.comprehension("set")),
            "dictionary_comprehension" => Some(part.comprehension("dict")),
            "generator_expression" => Some(part.comprehension("generator")),
            "list_splat" | "splat_type" | "list_splat_pattern" => part.first().map(Expression::Starred),
            _ => Some(Expression::Other("an expression that is not followed")),
        };
        made.unwrap_or(Expression::Other("a node with an error in it"))
    }
}

/// The node that is read, and the text that it stands in.
#[derive(Clone, Copy)]
struct Part<'t> {
    node: Node<'t>,
    text: &'t str,
}

impl<'t> Part<'t> {
    fn own(self, node: Node) -> Box<str> {
        self.text[node.byte_range()].into()
    }

    fn field(self, name: &str) -> Option<Node<'t>> {
        self.node.child_by_field_name(name)
    }

    fn of(self, node: Node) -> Expression {
        Expression::of(node, self.text)
    }

    fn boxed(self, node: Node) -> Box<Expression> {
        Box::new(self.of(node))
    }

    /// The first child.
    fn first(self) -> Option<Box<Expression>> {
        self.node.named_child(0).map(|child| self.boxed(child))
    }

    /// The first two children.
    fn couple(self) -> Option<(Node<'t>, Node<'t>)> {
        let mut children = named_children(self.node);
        Some((children.next()?, children.next()?))
    }

    /// All children of a node.
    fn all(self, node: Node) -> Vec<Expression> {
        named_children(node).map(|child| self.of(child)).collect()
    }

    fn attribute(self) -> Option<Expression> {
        Some(Expression::Attribute(self.boxed(self.field("object")?), self.own(self.field("attribute")?)))
    }

    fn call(self) -> Option<Expression> {
        let (mut positional, mut named) = (Vec::new(), Vec::new());
        match self.field("arguments") {
            Some(only) if only.kind() == "generator_expression" => positional.push(self.of(only)),
            arguments => {
                for argument in arguments.into_iter().flat_map(named_children) {
                    match (argument.child_by_field_name("name"), argument.child_by_field_name("value")) {
                        (Some(name), Some(value)) if argument.kind() == "keyword_argument" => {
                            named.push((self.own(name), self.of(value)));
                        }
                        _ => positional.push(self.of(argument)),
                    }
                }
            }
        }
        Some(Expression::Call(self.boxed(self.field("function")?), positional, named))
    }

    fn subscript(self) -> Option<Expression> {
        let value = self.field("value")?;
        let arguments = named_children(self.node).filter(|child| *child != value);
        let arguments = arguments.map(|child| self.of(child)).collect();
        Some(Expression::Subscript(self.boxed(value), without_tuple(arguments)))
    }

    /// `list[T]` in an annotation.
    fn generic(self) -> Option<Expression> {
        let (base, parameters) = self.couple()?;
        Some(Expression::Subscript(self.boxed(base), without_tuple(self.all(parameters))))
    }

    /// `a.T` in an annotation.
    fn member(self) -> Option<Expression> {
        let (object, name) = self.couple()?;
        Some(Expression::Attribute(self.boxed(object), self.own(name)))
    }

    /// `T | None` in an annotation.
    fn union(self) -> Option<Expression> {
        let (left, right) = self.couple()?;
        Some(Expression::Either(self.boxed(left), self.boxed(right)))
    }

    /// What stands in parentheses, or in a node that adds nothing.
    fn wrapped(self) -> Expression {
        let mut children = named_children(self.node);
        match (children.next(), children.next()) {
            (Some(only), None) => self.of(only),
            (Some(_), Some(_)) => Expression::Tuple(self.all(self.node)),
            _ => Expression::Other("nothing"),
        }
    }

    fn string(self) -> Expression {
        let source = &self.text[self.node.byte_range()];
        let prefix = &source[..source.find(['"', '\'']).unwrap_or(0)];
        if prefix.contains(['b', 'B']) {
            return Expression::Literal("bytes");
        }
        let content = syntax::children(self.node).find(|child| child.kind() == "string_content");
        match content {
            Some(content) if !prefix.contains(['f', 'F', 't', 'T']) => Expression::String(self.own(content)),
            _ => Expression::Literal("str"),
        }
    }

    fn dictionary(self) -> Expression {
        let pairs = named_children(self.node).filter(|child| child.kind() == "pair");
        let side = |pair: Node, name: &str| {
            pair.child_by_field_name(name).map_or(Expression::Other("nothing"), |side| self.of(side))
        };
        Expression::Dictionary(pairs.map(|pair| (side(pair, "key"), side(pair, "value"))).collect())
    }

    fn operation(self) -> Option<Expression> {
        let (left, right) = (self.field("left")?, self.field("right")?);
        match self.field("operator")?.kind() {
            "|" => Some(Expression::Either(self.boxed(left), self.boxed(right))),
            // What it gives is told by the class of its left side: `folder / "name"` is a path.
            "/" => {
                let method = Expression::Attribute(self.boxed(left), "__truediv__".into());
                Some(Expression::Call(Box::new(method), vec![self.of(right)], Vec::new()))
            }
            _ => None,
        }
    }

    /// What stands before `if` and behind `else`.
    fn conditional(self) -> Expression {
        let mut parts = self.all(self.node);
        if parts.len() == 3 {
            parts.remove(1);
        }
        Expression::OneOf(parts)
    }

    fn comprehension(self, kind: &'static str) -> Expression {
        let element = self.field("body").map(|body| match body.child_by_field_name("value") {
            Some(value) if body.kind() == "pair" => self.boxed(value),
            _ => self.boxed(body),
        });
        Expression::Comprehension(kind, element.unwrap_or_else(|| Box::new(Expression::Other("nothing"))))
    }
}

/// The arguments of a subscript, which a tuple without parentheses may hold together.
fn without_tuple(mut arguments: Vec<Expression>) -> Vec<Expression> {
    match arguments.as_mut_slice() {
        [Expression::Tuple(items)] => std::mem::take(items),
        _ => arguments,
    }
}
