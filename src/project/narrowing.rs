//! What tests around an expression say of it: `isinstance`, and whether it is a coroutine function.
//!
//! A test counts where it surely held: in its own branch, behind `and`, behind an `assert`, and behind a branch that leaves.
//! Its result may have a name. Whatever binds the tested thing in between ends what is known.

use crate::project::Module;
use crate::project::effects::effect;
use crate::project::expression::Expression;
use crate::project::flow::Around;
use crate::project::inference::{Inference, Names};
use crate::project::scopes::Binding;
use crate::project::types::Type;
use crate::syntax::{ancestors, named_children};
use crate::text::{Span, is_word};
use std::cell::RefCell;
use std::rc::Rc;
use tree_sitter::Node;

/// Which tests the text of a block has.
#[derive(Clone, Copy)]
pub(super) struct Tests {
    of_class: bool,
    of_kind: bool,
}

/// The classes that tests ask for.
#[derive(Default)]
struct Classes<'t> {
    /// Those of which it is, the innermost test first.
    left: Vec<Node<'t>>,
    /// Those of which it is not.
    excluded: Vec<Node<'t>>,
}

impl Module<'_> {
    /// The conditions that decided whether `inner` is run as a part of `outer`, and whether they held.
    fn conditions_around<'t>(&self, inner: Node<'t>, outer: Node<'t>) -> Vec<(Node<'t>, bool)> {
        let is_field = |field: &str| outer.child_by_field_name(field) == Some(inner);
        let condition = |holds: bool| outer.child_by_field_name("condition").map(|condition| (condition, holds));
        match outer.kind() {
            "if_statement" if is_field("consequence") => condition(true).into_iter().collect(),
            "while_statement" if is_field("body") => condition(true).into_iter().collect(),
            "elif_clause" if is_field("consequence") => {
                condition(true).into_iter().chain(failed_before(outer)).collect()
            }
            "else_clause" => failed_before(outer).collect(),
            "boolean_operator" if is_field("right") => {
                let is_and = outer.child_by_field_name("operator").is_some_and(|operator| self.of(operator) == "and");
                outer.child_by_field_name("left").map(|left| (left, is_and)).into_iter().collect()
            }
            "conditional_expression" if outer.named_child(0) == Some(inner) => {
                outer.named_child(1).map(|condition| (condition, true)).into_iter().collect()
            }
            "conditional_expression" if outer.named_child(2) == Some(inner) => {
                outer.named_child(1).map(|condition| (condition, false)).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// Which tests stand in a block, or in the whole module. Looked for once.
    fn tests_in(&self, block: Option<usize>) -> Tests {
        *self.tests.borrow_mut().entry(block).or_insert_with(|| {
            let text = block.map_or(self.text, |block| self.slice(self.outline.blocks[block].span));
            Tests { of_class: text.contains("isinstance"), of_kind: asks_for_coroutine_functions(text) }
        })
    }
}

impl Around<'_> {
    /// The type of a name or an attribute as the tests around it narrow it; none where they say nothing.
    pub(super) fn narrowed_by_tests(&self, inference: &Inference, expression: &Expression) -> Option<Type> {
        let (Expression::Name(..) | Expression::Attribute(..)) = expression else { return None };
        let tests = self.module.tests_in(self.module.outline.innermost_block(self.at));
        if !tests.of_class && !tests.of_kind {
            return None;
        }
        let shown = expression.dotted()?;
        let start = offset_of(expression)?;
        let node = self.module.node_at(Span::new(start, start + 1))?;
        let classes = RefCell::new(Classes::default());
        let by_class = |condition, holds| {
            self.tested_classes(condition, &shown, holds, &mut classes.borrow_mut());
            None::<()>
        };
        if tests.of_class {
            self.found_test(node, &shown, &by_class);
        }
        let Classes { left, excluded } = classes.into_inner();
        if let [class, others @ ..] = left.as_slice() {
            return self.tested(inference, *class, others);
        }
        if !excluded.is_empty() {
            return self.without(inference, expression, &excluded);
        }
        let by_kind = || self.found_test(node, &shown, &|condition, holds| self.tested_kind(condition, &shown, holds));
        tests.of_kind.then(by_kind).flatten().map(|_| {
            let reason = "what a coroutine function gives is not told by the test of it";
            Type::Callable(Rc::new(Type::Awaitable(Rc::new(Type::unknown(reason)))))
        })
    }

    /// The innermost test around a use of `shown`, or before it, that `ask` finds in a condition which holds, or does not.
    fn found_test<'t, T>(&self, node: Node<'t>, shown: &str, ask: &dyn Fn(Node<'t>, bool) -> Option<T>) -> Option<T> {
        let module = self.module;
        let mut inner = node;
        for outer in ancestors(node) {
            if matches!(outer.kind(), "function_definition" | "lambda" | "class_definition") {
                return None;
            }
            let conditions = module.conditions_around(inner, outer);
            if let Some(found) = conditions.into_iter().find_map(|(condition, holds)| ask(condition, holds)) {
                return Some(found);
            }
            if outer.kind() == "block" {
                let before: Vec<Node> = named_children(outer).take_while(|child| *child != inner).collect();
                for statement in before.into_iter().rev() {
                    let found = match statement.kind() {
                        "assert_statement" => statement.named_child(0).and_then(|condition| ask(condition, true)),
                        "if_statement" if effect(statement, &[]).leaves || first_branch_leaves(statement) => {
                            statement.child_by_field_name("condition").and_then(|condition| ask(condition, false))
                        }
                        _ => None,
                    };
                    if found.is_some() {
                        return found;
                    }
                    // Whatever binds it again ends what is known.
                    if binds_text(statement, shown, module.text) {
                        return None;
                    }
                }
            }
            inner = outer;
        }
        None
    }

    /// Adds the class in `isinstance(shown, Class)`, itself or those of what `and` joins, where `holds`, and of what `or`
    /// joins, where it does not.
    fn tested_classes<'t>(&self, condition: Node<'t>, shown: &str, holds: bool, classes: &mut Classes<'t>) {
        let module = self.module;
        match condition.kind() {
            "parenthesized_expression" => {
                let inner = condition.named_child(0);
                inner.into_iter().for_each(|inner| self.tested_classes(inner, shown, holds, classes));
            }
            "boolean_operator" => {
                let all_hold = if holds { "and" } else { "or" };
                if condition.child_by_field_name("operator").is_some_and(|operator| module.of(operator) == all_hold) {
                    named_children(condition).for_each(|part| self.tested_classes(part, shown, holds, classes));
                }
            }
            "not_operator" => {
                let inner = condition.child_by_field_name("argument");
                inner.into_iter().for_each(|inner| self.tested_classes(inner, shown, !holds, classes));
            }
            "call" if holds => classes.left.extend(self.class_tested_by(condition, shown)),
            "call" => classes.excluded.extend(self.class_tested_by(condition, shown)),
            _ => {}
        }
    }

    /// `Class` of a call `isinstance(shown, Class)`.
    fn class_tested_by<'t>(&self, call: Node<'t>, shown: &str) -> Option<Node<'t>> {
        let mut arguments = named_children(call.child_by_field_name("arguments")?);
        let (subject, class) = (arguments.next()?, arguments.next()?);
        let function = self.module.of(call.child_by_field_name("function")?);
        (function == "isinstance" && self.module.of(subject) == shown).then_some(class)
    }

    /// The test that `shown` is a coroutine function, itself or one of what `and` joins, or a local that holds its result.
    fn tested_kind(&self, condition: Node, shown: &str, holds: bool) -> Option<()> {
        let module = self.module;
        match condition.kind() {
            "parenthesized_expression" => self.tested_kind(condition.named_child(0)?, shown, holds),
            "boolean_operator" if holds && module.of(condition.child_by_field_name("operator")?) == "and" => {
                named_children(condition).find_map(|part| self.tested_kind(part, shown, true))
            }
            "not_operator" if !holds => self.tested_kind(condition.child_by_field_name("argument")?, shown, true),
            "call" if holds => {
                let function = module.of(condition.child_by_field_name("function")?);
                let mut arguments = named_children(condition.child_by_field_name("arguments")?);
                let is_alone =
                    arguments.next().is_some_and(|only| module.of(only) == shown) && arguments.next().is_none();
                let name = function.rsplit('.').next().unwrap_or(function);
                (is_alone && asks_for_coroutine_functions(name)).then_some(())
            }
            // `is_async = iscoroutinefunction(handler)`, tested later.
            "identifier" if holds => {
                let found = module.lookup(module.of(condition), condition)?;
                let [binding] = found.bindings.as_slice() else { return None };
                let target = module.node_at(Span::new(binding.at, binding.at + module.of(condition).len()))?;
                let assignment = target.parent().filter(|outer| outer.child_by_field_name("left") == Some(target))?;
                let value = assignment.child_by_field_name("right").filter(|value| value.kind() == "call")?;
                let is_bound_between = |at: &Binding| value.end_byte() < at.at && at.at < condition.start_byte();
                let subject = module.lookup(shown.split('.').next()?, condition)?;
                if subject.bindings.iter().any(is_bound_between) {
                    return None;
                }
                self.tested_kind(value, shown, true)
            }
            _ => None,
        }
    }

    /// What the innermost test for a class leaves, where all others that hold are for what it inherits from: of something that
    /// is of two classes besides, one tells half.
    fn tested(&self, inference: &Inference, class: Node, others: &[Node]) -> Option<Type> {
        let left = Some(self.asked(inference, class)).filter(|ty| !ty.is_unknown())?;
        let is_implied = |other: &Type| match (&left, other) {
            (Type::Instance(class, _), Type::Instance(other, _)) => inference.inherits(*class, *other),
            _ => left == *other,
        };
        others.iter().all(|other| is_implied(&self.asked(inference, *other))).then_some(left)
    }

    /// What an expression may be without the alternatives that the tests for classes rule out.
    fn without(&self, inference: &Inference, expression: &Expression, excluded: &[Node]) -> Option<Type> {
        let all = match expression {
            Expression::Name(name, at) => self.name(inference, name, *at),
            Expression::Attribute(object, name) => inference.attribute(&inference.infer(object, self), name),
            _ => return None,
        };
        let excluded: Vec<Type> = excluded.iter().map(|class| self.asked(inference, *class)).collect();
        let is_excluded = |part: &Type| {
            excluded.iter().flat_map(Type::parts).any(|other| match (part, other) {
                (Type::Instance(class, _), Type::Instance(other, _)) => inference.inherits(*class, *other),
                _ => false,
            })
        };
        let left: Vec<Type> = all.parts().iter().filter(|part| !is_excluded(part)).cloned().collect();
        (!left.is_empty() && left.len() < all.parts().len()).then(|| Type::join(left))
    }

    /// What `isinstance` leaves that asks for `class`.
    fn asked(&self, inference: &Inference, class: Node) -> Type {
        let names = Around { at: class.start_byte(), ..*self };
        inference.tested(&Expression::of(class, self.module.text), &names)
    }
}

impl Inference<'_> {
    /// What `isinstance` leaves of something that is asked for `classes`: a class, or a tuple of some.
    pub(super) fn tested(&self, classes: &Expression, names: &dyn Names) -> Type {
        let classes = match classes {
            Expression::Tuple(classes) => classes.as_slice(),
            class => std::slice::from_ref(class),
        };
        Type::join(classes.iter().map(|class| match self.infer(class, names) {
            Type::Class(class, arguments) => Type::Instance(class, arguments),
            Type::Missing(..) => self.annotated(class, names),
            Type::Value(..) => Type::plain(),
            other => Type::unknown(format!("it is tested for {}", self.describe(&other))),
        }))
    }
}

/// Whether a text has, or is, the name of a test of coroutine functions: `iscoroutinefunction`, `is_async_callable`.
pub fn asks_for_coroutine_functions(text: &str) -> bool {
    const STARTS: [&str; 4] = ["iscoroutine", "is_coroutine", "is_async_", "isasync"];
    const ENDS: [&str; 4] = ["func", "_func", "callable", "_callable"];
    STARTS.iter().any(|start| {
        let mut found = memchr::memmem::find_iter(text.as_bytes(), start);
        found.any(|at| ENDS.iter().any(|end| text[at + start.len()..].starts_with(end)))
    })
}

/// What a text tests for being a coroutine function.
pub fn tested_callables(text: &str) -> impl Iterator<Item = &str> {
    memchr::memchr_iter(b'(', text.as_bytes()).filter_map(move |open| {
        let start = text[..open].bytes().rposition(|byte| !is_word(byte)).map_or(0, |at| at + 1);
        let subject = &text[open + 1..];
        let end = subject.bytes().position(|byte| !is_word(byte) && byte != b'.').unwrap_or(subject.len());
        (end > 0 && asks_for_coroutine_functions(&text[start..open])).then(|| &subject[..end])
    })
}

/// Where a chain of names starts.
fn offset_of(expression: &Expression) -> Option<usize> {
    match expression {
        Expression::Name(_, at) => Some(*at),
        Expression::Attribute(object, _) => offset_of(object),
        _ => None,
    }
}

/// Whether a statement assigns to something that is written as `shown`.
fn binds_text(statement: Node, shown: &str, text: &str) -> bool {
    let source = &text[statement.byte_range()];
    crate::text::words(source, shown.rsplit('.').next().unwrap_or(shown)).any(|at| {
        let rest =
            source[at..].trim_start_matches(|letter: char| letter.is_alphanumeric() || letter == '_').trim_start();
        rest.starts_with('=') && !rest.starts_with("==")
    })
}

/// The conditions of an `if` that did not hold where one of its later branches runs.
fn failed_before<'t>(branch: Node<'t>) -> impl Iterator<Item = (Node<'t>, bool)> {
    let statement = branch.parent().filter(|outer| outer.kind() == "if_statement");
    let branches = statement.into_iter().flat_map(move |outer| {
        let earlier = named_children(outer).take_while(move |child| *child != branch);
        std::iter::once(outer).chain(earlier.filter(|child| child.kind() == "elif_clause"))
    });
    branches.filter_map(|each| Some((each.child_by_field_name("condition")?, false)))
}

fn first_branch_leaves(statement: Node) -> bool {
    statement.child_by_field_name("consequence").is_some_and(|branch| effect(branch, &[]).leaves)
}
