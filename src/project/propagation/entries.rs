//! Where a program, a test runner or a framework calls a function: there the spread ends.
//!
//! An entry is turned where what calls it takes a coroutine function, and stays plain where not: then `asyncio.run` starts
//! the loop in it.

use super::Spreading;
use crate::project::expression::Expression;
use crate::project::inference::{Names, Place, Source};
use crate::project::linked::Definition;
use crate::project::standard::standard;
use crate::project::types::Type;
use crate::project::{Answer, Module};
use crate::syntax::ancestors;
use crate::text::words;
use tree_sitter::Node;

/// What a test runner calls by its name.
const HOOKS: [&str; 10] = [
    "setUp",
    "tearDown",
    "setUpClass",
    "tearDownClass",
    "setup_method",
    "teardown_method",
    "setup_class",
    "teardown_class",
    "setup_module",
    "teardown_module",
];

impl Spreading<'_> {
    /// Whether something outside of the project calls a function that has to be plain.
    pub(super) fn stays_plain(&self, function: Definition) -> bool {
        if self.stops.contains(&function) || self.is_command(function) {
            return true;
        }
        let entry = self.inference.entry(function.module);
        let block = &entry.summary.blocks[function.block as usize];
        let place = Place { module: function.module, block: block.parent };
        let decorators = &entry.head(function.block).decorators;
        let callees: Vec<&Expression> = decorators.iter().map(callee).collect();
        if callees.iter().any(|callee| self.welcomes_coroutines(callee, place)) {
            return false;
        }
        if callees.iter().any(|callee| self.top_of(callee, place, 4).is_some_and(|top| is_plain_caller(&top))) {
            return true;
        }
        self.is_plain_test(function)
    }

    /// Whether a test runner calls a function, and awaits nothing.
    fn is_plain_test(&self, function: Definition) -> bool {
        let name = self.name(function);
        let entry = self.inference.entry(function.module);
        if name.starts_with("pytest_") && self.block(function).parent.is_none() {
            return true;
        }
        let is_test = name.starts_with("test") || HOOKS.contains(&name.as_str());
        if !is_test {
            return false;
        }
        match self.class_of(function) {
            Some(class) if self.is_test_case(class) => !self.is_async_case(class) || !name.starts_with("test"),
            Some(class) if !self.name(class).starts_with("Test") => false,
            _ => {
                let module = entry.name.rsplit('.').next().unwrap_or_default();
                let is_test_file = module.starts_with("test") || module.ends_with("_test") || module == "conftest";
                // A mark of the whole module speaks for its coroutine functions.
                let is_marked = entry.summary.facts.iter().any(|fact| {
                    let statement = entry.summary.slice(fact.statement);
                    fact.block.is_none()
                        && entry.summary.slice(fact.name) == "pytestmark"
                        && ["asyncio", "anyio", "trio"].iter().any(|mark| words(statement, mark).next().is_some())
                });
                is_test_file && !is_marked
            }
        }
    }

    /// Whether a decorator belongs to a framework that calls plain functions and coroutine functions, each in its way.
    pub(super) fn welcomes_coroutines(&self, callee: &Expression, place: Place) -> bool {
        let shown = callee.dotted().unwrap_or_default();
        if shown.starts_with("pytest.mark.") {
            return ["asyncio", "anyio"].contains(&shown.rsplit('.').next().unwrap_or_default());
        }
        self.top_of(callee, place, 4).is_some_and(|top| standard().entries.coroutines.contains(&top))
    }

    /// Whether a function is handed to a framework that calls plain functions and coroutine functions, each in its way:
    /// `Depends(database)`.
    pub(super) fn is_taken_either_way(&self, module: &Module, function: Node) -> bool {
        let call = ancestors(function).take(2).find(|outer| outer.kind() == "call");
        let Some(callee) = call.and_then(|call| call.child_by_field_name("function")) else { return false };
        let is_named = |path: &String| module.resolves_to(callee, &[path]) == Answer::Yes;
        if standard().entries.takers.iter().any(is_named) {
            return true;
        }
        let name = callee.child_by_field_name("attribute").map_or("", |name| module.of(name));
        let Some(object) = callee.child_by_field_name("object") else { return false };
        standard().entries.taking.contains(name)
            && self.origin_of(&module.infer(object)).is_some_and(|top| standard().entries.coroutines.contains(&top))
    }

    /// The package that something comes from which is no part of the project.
    fn origin_of(&self, ty: &Type) -> Option<String> {
        match ty {
            ty @ Type::Missing(..) => top(&self.inference.path_of(ty)?),
            Type::Foreign(_, origin) if origin.starts_with(|first: char| first.is_ascii_alphabetic()) => top(origin),
            _ => None,
        }
    }

    /// Whether the project's configuration makes a command of a function.
    fn is_command(&self, function: Definition) -> bool {
        let entry = self.inference.entry(function.module);
        let name = entry.summary.name_of(function.block);
        let target = format!(":{name}");
        let configuration = self.texts.configuration();
        let module = entry.name.rsplit('.').next().unwrap_or_default();
        self.block(function).parent.is_none()
            && memchr::memmem::find_iter(configuration.as_bytes(), &target).any(|at| {
                let behind = configuration[at + target.len()..].chars().next();
                let is_whole = behind.is_none_or(|letter| !letter.is_alphanumeric() && letter != '_');
                is_whole && configuration[..at].ends_with(module)
            })
    }

    /// Whether a class is a case of `unittest` or of a framework that builds on it.
    pub(super) fn is_test_case(&self, class: Definition) -> bool {
        self.bases_of(class).any(|base| base.ends_with("TestCase"))
    }

    fn is_async_case(&self, class: Definition) -> bool {
        self.bases_of(class).any(|base| base.ends_with("IsolatedAsyncioTestCase"))
    }

    fn bases_of(&self, class: Definition) -> impl Iterator<Item = String> {
        let order = self.inference.order(class);
        let all = order.classes.iter().flat_map(|(each, _)| {
            let entry = self.inference.entry(each.module);
            entry.head(each.block).bases.iter().filter_map(Expression::dotted).collect::<Vec<_>>()
        });
        all.collect::<Vec<_>>().into_iter()
    }

    /// The package that an expression comes from: `fastapi` for `app.get`, where `app = FastAPI()`.
    fn top_of(&self, expression: &Expression, place: Place, depth: usize) -> Option<String> {
        let own = |definition: Definition| top(&self.inference.entry(definition.module).name);
        let ty = self.inference.infer(expression, &place);
        if let Some(found) = self.origin_of(&ty) {
            return Some(found);
        }
        match ty {
            Type::Function(function) => own(function.definition),
            Type::Class(class, _) | Type::Instance(class, _) => own(class),
            _ if depth == 0 => None,
            // A command of a group, whose own decorator tells.
            _ => match expression {
                Expression::Attribute(object, _) => self.top_of(object, place, depth - 1),
                Expression::Call(callee, ..) => self.top_of(callee, place, depth - 1),
                Expression::Name(name, _) => {
                    let sources = place.sources(&self.inference, name);
                    let [Source::Block(definition)] = sources.as_slice() else { return None };
                    let entry = self.inference.entry(definition.module);
                    let around = entry.summary.blocks[definition.block as usize].parent;
                    let first = entry.head(definition.block).decorators.first()?;
                    self.top_of(callee(first), Place { module: definition.module, block: around }, depth - 1)
                }
                _ => None,
            },
        }
    }
}

fn top(path: &str) -> Option<String> {
    path.split(['.', '(']).next().map(str::to_owned)
}

fn callee(decorator: &Expression) -> &Expression {
    if let Expression::Call(callee, ..) = decorator { callee } else { decorator }
}

fn is_plain_caller(top: &str) -> bool {
    standard().entries.plain.contains(top)
}
