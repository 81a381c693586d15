//! The locals of the file that is looked at: which bindings reach a use, and what surrounding tests say of it.
//!
//! Inside one function the bindings that can reach a name are found by climbing from the use: what stands before it in
//! each block around it, the later rest of a loop, the branches of a conditional, up to the parameters. A closure sees all
//! bindings of the scope that it closes over. Names of the module and of classes come from its summary.

use crate::project::Module;
use crate::project::effects::effect_before;
use crate::project::expression::{Expression, How};
use crate::project::inference::{Inference, Names, Place, Question, Source};
use crate::project::layout::ModuleId;
use crate::project::linked::Definition;
use crate::project::scopes::{Binding, BindingKind, Found, Scope, is_comprehension};
use crate::project::types::{Kind, Type};
use crate::syntax::{self, ancestors, named_children};
use crate::text::{Span, words};
use tree_sitter::Node;

/// How many mentions of a container are looked at for what is put into it.
const MENTIONS: usize = 24;

/// Names as a place in a tree sees them.
#[derive(Clone, Copy)]
pub struct Around<'m> {
    pub module: &'m Module<'m>,
    pub id: ModuleId,
    /// An offset inside the expression in question.
    pub at: usize,
}

impl Names for Around<'_> {
    fn name(&self, inference: &Inference, name: &str, at: usize) -> Type {
        let module = self.module;
        let Some(node) = module.node_at(Span::new(at, at + name.len())) else {
            return Type::unknown("it stands in no tree");
        };
        let found = module.lookup(name, node);
        let Some(Found { scope: Scope::Function(scope), bindings }) = found else {
            let block = match module.scope_of(node) {
                Scope::Class(block) => Some(block),
                _ => None,
            };
            return Place { module: self.id, block }.name(inference, name, at);
        };
        let same_function = module.function_of(node).is_some_and(|function| function == scope)
            || matches!(module.scope_of(node), Scope::Function(own) if own == scope);
        let reaching: Vec<&Binding> = if same_function && scope.kind() != "lambda" {
            let offsets = self.reaching(scope, node, &bindings);
            bindings.iter().filter(|binding| offsets.contains(&binding.at)).collect()
        } else {
            bindings.iter().collect()
        };
        if reaching.is_empty() {
            return Type::unknown(format!("`{name}` is bound nowhere before"));
        }
        let ask =
            |binding: &Binding| inference.ask(Question::Local(binding.at), || self.binding(inference, binding, name));
        let joined = Type::join(reaching.into_iter().map(ask));
        if joined.is_unknown() {
            // `handler: Handler` by itself says what is assigned later.
            let question = Question::Declared(scope.start_byte(), name.into());
            let declared = inference.ask(question, || self.declared(inference, scope, name).unwrap_or(Type::None));
            return if declared == Type::None { joined } else { declared };
        }
        joined
    }

    fn sources(&self, inference: &Inference, name: &str) -> Vec<Source> {
        self.place().sources(inference, name)
    }

    fn place(&self) -> Place {
        Place { module: self.id, block: self.module.outline.innermost_block(self.at).map(|block| block as u32) }
    }

    fn narrowed(&self, inference: &Inference, expression: &Expression) -> Option<Type> {
        self.narrowed_by_tests(inference, expression)
    }

    fn knows_lambdas(&self) -> bool {
        true
    }
}

impl<'m> Around<'m> {
    /// What an annotation without a value, among the statements of a function, says of one of its locals.
    fn declared(&self, inference: &Inference, scope: Node, name: &str) -> Option<Type> {
        let module = self.module;
        let is_annotated = |at: &usize| module.text[at + name.len()..].starts_with(':');
        let all = words(module.of(scope), name).map(|at| scope.start_byte() + at).filter(is_annotated).take(MENTIONS);
        all.filter_map(|at| module.node_at(Span::new(at, at + name.len()))).find_map(|target| {
            let statement = target.parent().filter(|outer| outer.child_by_field_name("left") == Some(target))?;
            let annotation = statement.child_by_field_name("type")?;
            let is_own = module.function_of(target) == Some(scope) && statement.child_by_field_name("right").is_none();
            let expression = Expression::of(annotation, module.text);
            let ty = || inference.annotated(&expression, &Around { at: annotation.start_byte(), ..*self });
            is_own.then(ty).filter(|ty| !matches!(ty, Type::Unknown(_)))
        })
    }

    /// What one binding of a local makes of it.
    fn binding(&self, inference: &Inference, binding: &Binding, name: &str) -> Type {
        let module = self.module;
        let here = |at: usize| Around { at, ..*self };
        let infer = |node: Node| inference.infer(&Expression::of(node, module.text), &here(node.start_byte()));
        let told = |ty: Type| {
            if !ty.is_unknown() && ty != Type::None {
                let path = &inference.entry(self.id).path;
                let row = module.row(binding.at);
                inference.tell(|| format!("`{name}` is {} ({path}:{row})", inference.describe(&ty)));
            }
            ty
        };
        match &binding.kind {
            BindingKind::Import(path) => {
                let sources = match path.rsplit_once('.') {
                    Some((from, last)) if !from.is_empty() && binding_is_from(module, binding.at) => {
                        let from =
                            if from.bytes().all(|byte| byte == b'.') { format!("{from}.") } else { from.to_owned() };
                        inference.imported_name(self.id, &from, last, 0)
                    }
                    _ => vec![inference.imported_module(self.id, path)],
                };
                Type::join(sources.into_iter().map(|source| inference.source(source)))
            }
            BindingKind::Definition(block) => {
                inference.source(Source::Block(Definition { module: self.id, block: *block }))
            }
            BindingKind::Parameter(_) => told(self.parameter(inference, binding, name)),
            _ => match module.node_at(Span::new(binding.at, binding.at + name.len())) {
                Some(target) => told(self.filled(inference, self.target(inference, target, &infer), target)),
                None => Type::unknown("it stands in no tree"),
            },
        }
    }

    /// What an empty container holds that `target` is bound to: whatever its function puts into it.
    fn filled(&self, inference: &Inference, ty: Type, target: Node) -> Type {
        let Type::Value(kind @ (Kind::Iterable | Kind::Mapping), parts) = &ty else { return ty };
        let module = self.module;
        let Some(function) = module.function_of(target).filter(|_| parts.is_empty()) else { return ty };
        let name = module.of(target);
        let all = words(module.of(function), name).map(|at| function.start_byte() + at).take(MENTIONS);
        let put = all.filter_map(|at| {
            let mention = module.node_at(Span::new(at, at + name.len()))?;
            let value = put_into(mention, module, *kind)?;
            Some(inference.infer(&Expression::of(value, module.text), &Around { at: value.start_byte(), ..*self }))
        });
        // Coroutines that are put into it say nothing of what it is for.
        let held: Vec<Type> = put.filter(|ty| !matches!(ty, Type::Coroutine(_) | Type::Awaitable(_))).collect();
        match (kind, held.is_empty()) {
            (_, true) => ty,
            (Kind::Mapping, _) => Type::value(*kind, vec![Type::plain(), Type::join(held)]),
            _ => Type::value(*kind, vec![Type::join(held)]),
        }
    }

    fn parameter(&self, inference: &Inference, binding: &Binding, name: &str) -> Type {
        let module = self.module;
        let node = module.node_at(Span::new(binding.at, binding.at + name.len()));
        let function =
            node.and_then(|node| ancestors(node).find(|n| matches!(n.kind(), "function_definition" | "lambda")));
        let Some(function) = function.filter(|function| function.kind() == "function_definition") else {
            return Type::unknown(format!("`{name}` is a parameter of a lambda"));
        };
        let Some(block) = module.block_of(function) else { return Type::unknown("it is in no function") };
        let definition = Definition { module: self.id, block };
        let at = inference.entry(self.id).head(block).parameters.iter().position(|p| &*p.name == name);
        match at {
            Some(at) => inference.source(Source::Parameter(definition, at as u32)),
            None => Type::unknown("its parameter is not followed"),
        }
    }

    /// What the statement or clause around a target gives it.
    fn target(&self, inference: &Inference, target: Node, infer: &dyn Fn(Node) -> Type) -> Type {
        let mut path = Vec::new();
        let mut inner = target;
        for outer in ancestors(target) {
            let field = |name: &str| outer.child_by_field_name(name);
            let whole = match outer.kind() {
                "pattern_list" | "tuple_pattern" | "list_pattern" | "tuple" | "list" | "expression_list" => {
                    let starred = named_children(outer).position(|child| child.kind() == "list_splat_pattern");
                    let at = named_children(outer).position(|child| child == inner).unwrap_or(usize::MAX);
                    path.push(if starred.is_some_and(|star| star <= at) { usize::MAX } else { at });
                    None
                }
                "list_splat_pattern" | "parenthesized_expression" | "as_pattern_target" => None,
                "assignment" => {
                    let annotation = field("type").filter(|_| path.is_empty());
                    let annotated = annotation.map(|node| {
                        let expression = Expression::of(node, self.module.text);
                        inference.annotated(&expression, &Around { at: node.start_byte(), ..*self })
                    });
                    match (annotated, innermost_value(outer)) {
                        (Some(ty), None) => Some(ty),
                        (Some(ty), _) if !ty.is_unknown() => Some(ty),
                        (_, Some(value)) => Some(infer(value)),
                        _ => Some(Type::unknown("it has no value yet")),
                    }
                }
                "named_expression" => field("value").map(infer),
                "for_statement" | "for_in_clause" => {
                    let right = if outer.kind() == "for_statement" {
                        field("right")
                    } else {
                        // The iterable is what stands behind `in`.
                        named_children(outer).last()
                    };
                    let value = right.map(infer);
                    let how = if syntax::is_async(outer) { How::IteratedAsynchronously } else { How::Iterated };
                    value.map(|value| match how {
                        How::Iterated => inference.iterated(&value),
                        _ => inference.iterated_asynchronously(&value),
                    })
                }
                "as_pattern" => {
                    let statement = ancestors(outer).find(|n| matches!(n.kind(), "with_statement" | "except_clause"));
                    match statement.filter(|statement| statement.kind() == "with_statement") {
                        Some(statement) => outer.named_child(0).map(infer).map(|value| {
                            if syntax::is_async(statement) {
                                inference.entered_asynchronously(&value)
                            } else {
                                inference.entered(&value)
                            }
                        }),
                        None => Some(Type::unknown("it is an exception or a pattern")),
                    }
                }
                _ => Some(Type::unknown("it is bound in a way that is not followed")),
            };
            if let Some(whole) = whole {
                return path.iter().rev().fold(whole, |ty, at| inference.element(&ty, *at));
            }
            inner = outer;
        }
        Type::unknown("it is bound in a way that is not followed")
    }

    /// Where the name that `node` is may have been bound last, in its own function.
    fn reaching(&self, scope: Node, node: Node, bindings: &[Binding]) -> Vec<usize> {
        let offsets: Vec<usize> = bindings.iter().map(|binding| binding.at).collect();
        let mut found: Vec<usize> = Vec::new();
        let mut inner = node;
        for outer in ancestors(node).take_while(|outer| outer.id() != scope.id()) {
            let before = effect_before(outer, inner, node.start_byte(), &offsets);
            found.extend(before.bound);
            if before.always {
                return found;
            }
            inner = outer;
        }
        let parameters = scope.child_by_field_name("parameters").map(syntax::span);
        found.extend(offsets.iter().copied().filter(|at| parameters.is_some_and(|span| span.contains(*at))));
        if is_comprehension(scope) {
            found.extend(offsets.iter().copied());
        }
        found
    }
}

/// Whether an import at an offset is of the form `from … import …`.
fn binding_is_from(module: &Module, at: usize) -> bool {
    let import = module.outline.imports.iter().find(|import| import.statement.contains(at) && import.span.contains(at));
    import.is_some_and(|import| import.name.is_some())
}

/// What is put into a container at a mention of it: `name.append(value)`, `name[key] = value`.
fn put_into<'t>(mention: Node<'t>, module: &Module, kind: Kind) -> Option<Node<'t>> {
    let outer = mention.parent()?;
    if kind == Kind::Mapping {
        let item = Some(outer).filter(|item| item.child_by_field_name("value") == Some(mention))?;
        let assignment = item.parent().filter(|next| next.child_by_field_name("left") == Some(item))?;
        return assignment.child_by_field_name("right");
    }
    let method =
        outer.child_by_field_name("attribute").filter(|_| outer.child_by_field_name("object") == Some(mention))?;
    let call = outer.parent().filter(|call| call.child_by_field_name("function") == Some(outer))?;
    let mut arguments = named_children(call.child_by_field_name("arguments")?);
    match module.of(method) {
        "append" | "add" | "appendleft" => arguments.next(),
        "insert" => arguments.nth(1),
        _ => None,
    }
}

/// The value of `a = b = value`.
fn innermost_value(assignment: Node) -> Option<Node> {
    let mut value = assignment.child_by_field_name("right")?;
    while value.kind() == "assignment" {
        value = value.child_by_field_name("right")?;
    }
    Some(value)
}
