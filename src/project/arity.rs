//! How many arguments a function needs.

use crate::project::Module;
use crate::project::expression::ParameterKind;
use crate::project::inference::Inference;
use crate::project::linked::Origin;
use crate::project::standard::standard;
use crate::project::types::{Function, Type};
use crate::syntax::named_children;
use tree_sitter::Node;

impl Module<'_> {
    /// How many arguments a call of the function has to give, beside the one that a bound method has already. None where that
    /// is not to be known.
    pub fn minimum_arguments(&self, function: Node) -> Option<usize> {
        if let Some(inner) = (function.kind() == "call").then(|| self.partial_of(function)).flatten() {
            let given = named_children(function.child_by_field_name("arguments")?).skip(1).collect::<Vec<_>>();
            let positional =
                |node: &Node| !matches!(node.kind(), "keyword_argument" | "list_splat" | "dictionary_splat");
            let needed = self.minimum_arguments(inner)?;
            return given.iter().all(positional).then(|| needed.saturating_sub(given.len()));
        }
        let (inference, _) = self.inference()?;
        match self.infer(function) {
            Type::Function(function) => inference.minimum_arguments(&function),
            _ => None,
        }
    }
}

impl Inference<'_> {
    fn minimum_arguments(&self, function: &Function) -> Option<usize> {
        let entry = self.entry(function.definition.module);
        let block = function.definition.block;
        if entry.origin == Origin::Library {
            // The table has no parameters; of some methods another one says whether they need any.
            let path = self.path(function.definition);
            let (class, method) = path.rsplit_once('.')?;
            let is_method = standard().methods.get(class).is_some_and(|methods| methods.contains(method));
            return is_method.then(|| usize::from(standard().protocols.with_arguments.contains(method)));
        }
        let is_plain = |kind: ParameterKind| matches!(kind, ParameterKind::Plain | ParameterKind::KeywordOnly);
        let parameters = &entry.head(block).parameters;
        let required = parameters.iter().filter(|parameter| is_plain(parameter.kind) && parameter.default.is_none());
        Some(required.count().saturating_sub(usize::from(function.receiver.is_some())))
    }
}
