//! What an expression that has the name of functions that turn is: one of them, something else for certain, or perhaps one.

use super::Spreading;
use crate::project::Module;
use crate::project::layout::ModuleId;
use crate::project::library::library;
use crate::project::linked::{Definition, Origin};
use crate::project::scopes::BindingKind;
use crate::project::types::{ABSENT, Type};
use crate::syntax::named_children;
use tree_sitter::Node;

/// What gives a module by its name.
const MODULE_GIVERS: [&str; 4] = ["__import__", "import_module", "importorskip", "reload"];

/// What an expression is to the functions that turn.
pub(super) enum Meaning {
    Own,
    Other,
    /// Perhaps one of them: why that cannot be told.
    Unknown(String),
}

impl Spreading<'_> {
    pub(super) fn definition_of(&self, ty: &Type) -> Option<Definition> {
        match ty {
            Type::Property(inner) => self.definition_of(inner),
            other => self.inference.function_of_type(other).map(|function| function.definition),
        }
    }

    pub(super) fn meaning(&self, module: &Module, file: ModuleId, expression: Node, family: &[Definition]) -> Meaning {
        let shown = || module.of(expression).split_whitespace().collect::<String>();
        let ty = module.infer(expression);
        if family.iter().any(|function| self.block(*function).decorators > 0) {
            let named = self.defined_at(module, file, expression);
            if !named.is_empty() && named.iter().all(|found| family.contains(found)) {
                return Meaning::Own;
            }
        }
        let object = expression.child_by_field_name("object").filter(|_| self.class_of(family[0]).is_none());
        if let Some(object) = object.filter(|object| is_looked_up(module, *object, 2)) {
            return Meaning::Unknown(self.module_reason(module, object, family));
        }
        let (mut own, mut other, mut unknown) = (false, false, None);
        for part in ty.parts() {
            match (self.definition_of(part), part) {
                (Some(found), _) if family.contains(&found) => own = true,
                (Some(found), _) => {
                    let protocol = self.class_of(found).filter(|class| self.is_protocol(*class));
                    match protocol.filter(|_| self.class_of(family[0]).is_some()) {
                        Some(_) => unknown = Some(format!("`{}` is a method of a protocol", shown())),
                        None => other = true,
                    }
                }
                (None, Type::Unknown(_) | Type::Foreign(..)) => match self.of_heirs(module, expression, family) {
                    (false, false) => {
                        let doubt = self.doubt(module, expression, family, part);
                        other |= doubt.is_none() && matches!(part, Type::Foreign(_, origin) if is_of_package(origin));
                        unknown = unknown.or(doubt);
                    }
                    (is_own, is_other) => (own, other) = (own || is_own, other || is_other),
                },
                _ => other = true,
            }
        }
        match (own, other, unknown) {
            (_, _, Some(reason)) => Meaning::Unknown(reason),
            (true, true, None) => Meaning::Unknown(format!("`{}` may be something else as well", shown())),
            (true, false, None) => Meaning::Own,
            (false, _, None) => Meaning::Other,
        }
    }

    /// Why something that is not to be known may be one of the functions; none where it is another thing for certain.
    fn doubt(&self, module: &Module, expression: Node, family: &[Definition], part: &Type) -> Option<String> {
        let is_method = self.class_of(family[0]).is_some();
        if expression.kind() == "identifier" {
            // Something that its own scope binds is what it was bound to, and that is looked at where it is mentioned.
            return match module.lookup(module.of(expression), expression) {
                Some(_) => None,
                None if module.star_import(0).is_some() && !is_method => {
                    Some(format!("a star import may bring `{}`", module.of(expression)))
                }
                None => None,
            };
        }
        let object = expression.child_by_field_name("object")?;
        let receiver = module.infer(object);
        if !is_method {
            let may_be = self.may_be_module(&receiver, expression, family);
            return may_be.then(|| self.module_reason(module, object, family));
        }
        // A class that is known and has no such method; a package that cannot be read and knows nothing of this project.
        let is_absent = matches!(part, Type::Unknown(reason) if reason.ends_with(ABSENT));
        if is_absent || matches!(part, Type::Foreign(_, origin) if is_of_package(origin)) {
            return None;
        }
        let is_foreign = |part: &Type| match part {
            Type::Foreign(_, origin) => is_of_package(origin),
            Type::Missing(..) | Type::Module(_) | Type::Value(..) | Type::None => true,
            Type::Instance(class, _) | Type::Class(class, _) => {
                self.inference.entry(class.module).origin != Origin::Run
            }
            _ => false,
        };
        if receiver.parts().iter().all(is_foreign) || !self.fits(expression, family) {
            return None;
        }
        let shown = module.of(object).split_whitespace().collect::<String>();
        Some(format!("it cannot be told whether `{shown}` has the method `{}`", self.name(family[0])))
    }

    /// What a name is that the class of its receiver does not have, but those have that inherit from it, or stand behind it in
    /// their order: whether one of the functions, and whether something else.
    fn of_heirs(&self, module: &Module, expression: Node, family: &[Definition]) -> (bool, bool) {
        let object = expression.child_by_field_name("object").filter(|_| self.class_of(family[0]).is_some());
        let (mut own, mut other) = (false, false);
        for part in object.map(|object| module.infer(object)).iter().flat_map(|receiver| receiver.parts()) {
            let (Type::Instance(class, _) | Type::Class(class, _) | Type::Super(class)) = part else { continue };
            for heir in self.heirs_of(*class, &self.name(family[0])).iter() {
                let methods = self.own_method(*heir, &self.name(family[0])).unwrap_or_default();
                own |= methods.iter().any(|method| family.contains(method));
                other |= methods.iter().any(|method| !family.contains(method));
            }
        }
        (own, other)
    }

    fn module_reason(&self, module: &Module, object: Node, family: &[Definition]) -> String {
        let shown = module.of(object).split_whitespace().collect::<String>();
        format!("it cannot be told whether `{shown}` is the module that has `{}`", self.name(family[0]))
    }

    /// Whether something that nobody knows may be the module of a function: nothing else that is known has the name.
    fn may_be_module(&self, receiver: &Type, expression: Node, family: &[Definition]) -> bool {
        let name = self.name(family[0]);
        let is_unknown = |part: &Type| match part {
            Type::Unknown(reason) => !reason.ends_with(ABSENT),
            Type::Foreign(_, origin) => !is_of_package(origin),
            _ => false,
        };
        // Data of an object has any name; what is called may be the function.
        let is_called =
            expression.parent().is_some_and(|call| call.child_by_field_name("function") == Some(expression));
        is_called
            && receiver.parts().iter().any(is_unknown)
            && self.block(family[0]).parent.is_none()
            && self.inference.methods(&name).is_empty()
            && !library().is_common_name(&name)
            && self.fits(expression, family)
    }

    /// Whether one of the functions can take the arguments of a call; true where that is not told.
    fn fits(&self, expression: Node, family: &[Definition]) -> bool {
        let call = expression.parent().filter(|call| call.child_by_field_name("function") == Some(expression));
        let Some(arguments) = call.and_then(|call| call.child_by_field_name("arguments")) else { return true };
        let all: Vec<Node> = named_children(arguments).collect();
        if arguments.kind() != "argument_list" || all.iter().any(|each| each.kind().ends_with("_splat")) {
            return true;
        }
        let named = all.iter().filter(|each| each.kind() == "keyword_argument").count();
        family.iter().any(|function| {
            let entry = self.inference.entry(function.module);
            let parameters = &entry.head(function.block).parameters;
            use crate::project::expression::ParameterKind::{Arguments, Keywords, Plain};
            let count = |kind| parameters.iter().filter(|parameter| parameter.kind == kind).count();
            let is_static = entry
                .head(function.block)
                .decorators
                .iter()
                .any(|decorator| decorator.dotted().is_some_and(|name| name.ends_with("staticmethod")));
            let bound = usize::from(self.class_of(*function).is_some() && !is_static);
            let most = count(Plain).saturating_sub(bound);
            let required = parameters.iter().filter(|each| each.kind == Plain && each.default.is_none()).count();
            let required = required.saturating_sub(bound);
            let enough = all.len() >= required;
            enough
                && (count(Arguments) > 0 || all.len() - named <= most)
                && (count(Keywords) > 0 || all.len() <= parameters.len())
        })
    }
}

/// Whether an origin begins in a package that cannot be read: a dotted path, where those of the project begin with a number.
fn is_of_package(origin: &str) -> bool {
    origin.starts_with(|first: char| first.is_ascii_alphabetic())
}

/// Whether an expression is a module that is asked for by a name: `importlib.import_module(…)`, `sys.modules[…]`.
fn is_looked_up(module: &Module, node: Node, depth: usize) -> bool {
    match node.kind() {
        "call" => node.child_by_field_name("function").is_some_and(|function| {
            let last = function.child_by_field_name("attribute").unwrap_or(function);
            MODULE_GIVERS.contains(&module.of(last))
        }),
        "subscript" => node.child_by_field_name("value").is_some_and(|value| module.of(value) == "sys.modules"),
        "identifier" if depth > 0 => module.lookup(module.of(node), node).is_some_and(|found| {
            found.bindings.iter().any(|binding| match binding.kind {
                BindingKind::Value(span) => {
                    module.node_at(span).is_some_and(|value| is_looked_up(module, value, depth - 1))
                }
                _ => false,
            })
        }),
        _ => false,
    }
}
