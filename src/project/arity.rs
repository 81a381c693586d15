//! How many arguments a function needs.

use crate::project::Module;
use crate::project::protocols::Callee;
use crate::project::standard::standard;
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
        match self.callees(function).as_slice() {
            [Callee::Block(block, is_bound)] if !self.is_class(*block) => {
                let parameters = self.definition(*block)?.child_by_field_name("parameters")?;
                let required = |node: &Node| match node.kind() {
                    "identifier" => true,
                    "typed_parameter" => node.named_child(0).is_some_and(|name| name.kind() == "identifier"),
                    _ => false,
                };
                let count = named_children(parameters).filter(required).count();
                Some(count.saturating_sub(usize::from(*is_bound)))
            }
            [Callee::Path(path)] => {
                let (class, method) = path.rsplit_once('.')?;
                let is_method = standard().methods.get(class).is_some_and(|methods| methods.contains(method));
                is_method.then(|| usize::from(standard().protocols.with_arguments.contains(method)))
            }
            _ => None,
        }
    }
}
