//! What a call in a body does: what it runs of the project, and what the table says of all else.

use super::{Step, Trust};
use crate::outline::BlockKind;
use crate::project::harmless::{Harmless, harmless, is_plain_method, serves_many};
use crate::project::inference::Inference;
use crate::project::linked::{Definition, Origin};
use crate::project::names::Symbol;
use crate::project::presumption::Presumed;
use crate::project::scopes::{Binding, BindingKind};
use crate::project::types::{Kind, Type};
use crate::project::{Answer, Module};
use crate::summary::containers::changes_container;
use crate::syntax::{self, named_children};
use tree_sitter::Node;

/// Methods of loggers.
const LOGGING: [&str; 9] =
    ["critical", "debug", "error", "exception", "info", "isEnabledFor", "log", "warn", "warning"];

impl Module<'_> {
    /// What a call does: adds to `step`, or says why it may do harm.
    pub(super) fn call(&self, call: Node, made: Option<&str>, step: &mut Step) -> Result<(), String> {
        match self.known_call(call, made, step) {
            Err(_) if step.trust == Trust::Names => self.presumed_call(call, made, step),
            known => known,
        }
    }

    /// What a call that nobody can read may be presumed to do.
    fn presumed_call(&self, call: Node, made: Option<&str>, step: &mut Step) -> Result<(), String> {
        let object = call.child_by_field_name("function").and_then(|function| function.child_by_field_name("object"));
        let is_own = object.is_some_and(|object| self.is_own(object, made));
        match self.presumed(call, is_own).map_err(|reason| self.located(call, &reason))? {
            Presumed::Asks(objects) => {
                step.conduct.waits = true;
                step.conduct.asked.extend(objects);
            }
            Presumed::Computes => {}
        }
        Ok(())
    }

    fn known_call(&self, call: Node, made: Option<&str>, step: &mut Step) -> Result<(), String> {
        let Some(function) = call.child_by_field_name("function") else { return Ok(()) };
        // What is raised is made for whoever catches it.
        if call.parent().is_some_and(|outer| outer.kind() == "raise_statement") {
            return Ok(());
        }
        let (inference, _) = self.inference().ok_or("the file is looked at alone")?;
        let callee = self.infer(function);
        let is_known = !callee.parts().iter().any(Type::is_unknown);
        if is_known && callee.parts().iter().all(|part| self.is_of_run(inference, part)) {
            let is_own = function.child_by_field_name("object").is_some_and(|object| self.is_own(object, made));
            return callee.parts().iter().try_for_each(|part| self.of_run(inference, part, (call, is_own), step));
        }
        match self.known(function) {
            Some(Harmless::Waits) => step.conduct.waits = true,
            Some(Harmless::Queries) if self.reads_by_statement(call) => step.conduct.waits = true,
            Some(Harmless::Exclusive) if self.reads_by_statement(call) && self.is_made_here(function) => {
                step.conduct.waits = true
            }
            Some(Harmless::Computes | Harmless::Makes) => {}
            _ if self.runs_in_executor(function) => step.conduct.waits = true,
            _ if is_construction(self.of(function)) => {}
            _ if self.is_open_for_reading(call) => {}
            _ if is_logging(self.of(function)) => {}
            _ if self.is_plain(function) && !is_awaited(call) => {}
            _ if self.is_harmless_next(call) => {}
            _ => return Err(self.located(call, &format!("`{}` may do more than give a value", self.of(function)))),
        }
        self.handed_to_thread(call, step)
    }

    /// Whether what is called is a function or a class of the project.
    fn is_of_run(&self, inference: &Inference, callee: &Type) -> bool {
        let definition = match callee {
            Type::Class(class, _) => Some(*class),
            other => inference.function_of_type(other).map(|function| function.definition),
        };
        definition.is_some_and(|definition| inference.entry(definition.module).origin == Origin::Run)
    }

    /// Adds what a function or a class of the project runs when it is called.
    /// The flag says that a method is called on an object that nobody else has.
    fn of_run(
        &self,
        inference: &Inference,
        callee: &Type,
        (call, is_own): (Node, bool),
        step: &mut Step,
    ) -> Result<(), String> {
        if let Type::Class(class, _) = callee {
            return self.construction(inference, *class, call, step);
        }
        let Some(function) = inference.function_of_type(callee) else { return Ok(()) };
        let definition = function.definition;
        let entry = inference.entry(definition.module);
        let block = &entry.summary.blocks[definition.block as usize];
        let name = entry.summary.name_of(definition.block);
        let mut all = vec![definition];
        if let Some(Type::Instance(class, _) | Type::Class(class, _)) = &function.receiver {
            all.extend(inference.overrides(*class, name));
        }
        if block.is_empty {
            all.remove(0);
        }
        if all.is_empty() {
            return Err(self.located(call, &format!("`{name}` is left to others to define")));
        }
        step.calls.extend(all.into_iter().map(|definition| (definition, is_own)));
        Ok(())
    }

    /// Adds what making an object of a class runs.
    fn construction(
        &self,
        inference: &Inference,
        class: Definition,
        call: Node,
        step: &mut Step,
    ) -> Result<(), String> {
        let order = inference.order(class);
        let makers = methods_of(inference, class, &["__init__", "__post_init__", "__new__"]);
        step.calls.extend(makers.map(|maker| (maker, true)));
        match &order.missing {
            Some((_, missing)) if !is_value_base(inference, missing) => {
                Err(self.located(call, &format!("what making a `{}` does is not known", inference.path(class))))
            }
            _ => Ok(()),
        }
    }

    /// Adds what entering and leaving an object of a class of the project runs.
    pub(super) fn managed(&self, value: Node, step: &mut Step) {
        const MANAGING: [&str; 4] = ["__enter__", "__exit__", "__aenter__", "__aexit__"];
        let Some((inference, _)) = self.inference() else { return };
        for part in self.infer(value).parts() {
            if let Type::Instance(class, _) = part {
                step.calls.extend(methods_of(inference, *class, &MANAGING).map(|method| (method, true)));
            }
        }
    }

    /// What the table says of what is called, by one of its names.
    pub(in crate::project) fn known(&self, function: Node) -> Option<Harmless> {
        if let [Symbol::Path(path) | Symbol::Builtin(path)] = self.symbols(function).as_slice()
            && let Some(known) = harmless(path)
        {
            return Some(known);
        }
        let (inference, _) = self.inference()?;
        let object = function.child_by_field_name("object");
        let (Some(object), Some(name)) = (object, function.child_by_field_name("attribute")) else {
            return inference.path_of(&self.infer(function)).and_then(|path| harmless(&path));
        };
        let (receiver, name) = (self.infer(object), self.of(name));
        let mut all = receiver.parts().iter().map(|part| inference.known_method(part, name));
        let first = all.next()??;
        all.all(|other| other == Some(first)).then_some(first)
    }

    /// Whether the first argument says that a query only reads.
    pub(in crate::project) fn reads_by_statement(&self, call: Node) -> bool {
        let first = call.child_by_field_name("arguments").and_then(|arguments| named_children(arguments).next());
        first.is_some_and(|first| {
            self.is_query(first)
                || self.values_of(first).is_some_and(|all| all.into_iter().all(|value| self.is_query(value)))
        })
    }

    /// Whether an expression is written as a query that only reads.
    fn is_query(&self, node: Node) -> bool {
        let text = self.of(node).trim_start_matches(['r', 'f', 'b', '"', '\'', '\n', ' ', '\t', '(']);
        let is_method = matches!(text.trim_end_matches(['"', '\'']), "GET" | "HEAD" | "OPTIONS");
        is_method || text.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("select"))
    }

    /// What a local is assigned, where it is bound by nothing else.
    pub(in crate::project) fn values_of<'a>(&'a self, name: Node<'a>) -> Option<Vec<Node<'a>>> {
        let found = self.lookup(self.of(name), name).filter(|_| name.kind() == "identifier")?;
        let value = |binding: &Binding| match &binding.kind {
            BindingKind::Value(span) | BindingKind::Entered(span, _) => self.node_at(*span),
            _ => None,
        };
        found.bindings.iter().map(value).collect::<Option<Vec<Node>>>().filter(|all| !all.is_empty())
    }

    /// Whether a method belongs to what the function around made itself.
    fn is_made_here(&self, method: Node) -> bool {
        let object = method.child_by_field_name("object").filter(|object| object.kind() == "identifier");
        let Some(object) = object.filter(|object| self.function_of(*object).is_some()) else { return false };
        self.values_of(object)
            .is_some_and(|all| all.into_iter().all(|value| value.kind() == "call" || value.kind() == "await"))
    }

    /// Whether what is called is the method of an event loop that runs something in a thread.
    fn runs_in_executor(&self, function: Node) -> bool {
        let is_named = function.child_by_field_name("attribute").is_some_and(|name| self.of(name) == "run_in_executor");
        is_named
            && function.child_by_field_name("object").is_some_and(|object| self.is_event_loop(object) == Answer::Yes)
    }

    /// Whether a call opens a file to read it.
    fn is_open_for_reading(&self, call: Node) -> bool {
        let is_open = call.child_by_field_name("function").is_some_and(|function| self.of(function) == "open");
        is_open && self.mode_reads(call)
    }

    /// Whether the mode of a file is one to read.
    pub(in crate::project) fn mode_reads(&self, call: Node) -> bool {
        let Some(arguments) = call.child_by_field_name("arguments") else { return false };
        let mode = named_children(arguments).enumerate().find_map(|(at, argument)| match argument.kind() {
            "keyword_argument" => {
                let name = argument.child_by_field_name("name")?;
                (self.of(name) == "mode").then(|| argument.child_by_field_name("value")).flatten()
            }
            "comment" => None,
            _ => (at == 1).then_some(argument),
        });
        mode.is_none_or(|mode| mode.kind() == "string" && !self.of(mode).contains(['w', 'a', 'x', '+']))
    }

    /// Whether a method of something plain, or of nobody knows what, is named so that it only gives a value.
    fn is_plain(&self, function: Node) -> bool {
        let Some(object) = function.child_by_field_name("object") else { return false };
        let name = function.child_by_field_name("attribute").map_or("", |name| self.of(name));
        if changes_container(name) {
            return false;
        }
        let is_value =
            |part: &Type| matches!(part, Type::Value(Kind::Plain | Kind::Iterable | Kind::Mapping | Kind::Tuple, _));
        self.infer(object).parts().iter().all(|part| is_value(part) || is_plain_method(name))
    }

    /// Whether `next` advances an iterator that was made for it.
    fn is_harmless_next(&self, call: Node) -> bool {
        let is_next = call.child_by_field_name("function").is_some_and(|function| self.of(function) == "next");
        let Some(arguments) = call.child_by_field_name("arguments").filter(|_| is_next) else { return false };
        let first =
            if arguments.kind() == "generator_expression" { Some(arguments) } else { named_children(arguments).next() };
        first.is_some_and(|first| matches!(first.kind(), "generator_expression" | "call"))
    }

    /// Adds what a call runs in a thread: the function that it is given.
    fn handed_to_thread(&self, call: Node, step: &mut Step) -> Result<(), String> {
        let place = match self.called_name(call) {
            "to_thread" => 0,
            "run_in_executor" => 1,
            _ => return Ok(()),
        };
        let Some((inference, _)) = self.inference() else { return Ok(()) };
        let function = call.child_by_field_name("arguments").and_then(|arguments| named_children(arguments).nth(place));
        let Some(function) = function.filter(|function| function.kind() != "lambda") else { return Ok(()) };
        let callee = self.infer(function);
        if self.is_of_run(inference, &callee) {
            return self.of_run(inference, &callee, (call, false), step);
        }
        let is_plain = || self.known(function) == Some(Harmless::Computes);
        if is_plain() { Ok(()) } else { Err(self.located(call, &format!("`{}` runs in a thread", self.of(function)))) }
    }
}

impl Inference<'_> {
    /// Whether the table says that many may use something at once.
    pub(in crate::project) fn serves_many(&self, receiver: &Type) -> bool {
        let Type::Instance(class, _) = receiver else {
            return self.known_path(receiver).is_some_and(|path| serves_many(&path));
        };
        let order = self.order(*class);
        order.classes.iter().any(|(each, _)| serves_many(&self.path(*each)))
            || order
                .missing
                .as_ref()
                .and_then(|(_, missing)| self.known_path(missing))
                .is_some_and(|path| serves_many(&path))
    }

    /// What the table says of a method of something.
    fn known_method(&self, receiver: &Type, name: &str) -> Option<Harmless> {
        let of = |path: String| harmless(&format!("{path}.{name}"));
        let class = match receiver {
            Type::Instance(class, _) => *class,
            Type::Module(_) | Type::Missing(..) | Type::Class(..) => {
                return self.path_of(&self.attribute(receiver, name)).and_then(|path| harmless(&path));
            }
            other => return self.known_path(other).and_then(of),
        };
        let order = self.order(class);
        let outside = order.classes.iter().filter(|(each, _)| self.entry(each.module).origin != Origin::Run);
        let own = outside.filter_map(|(each, _)| of(self.path(*each))).next();
        own.or_else(|| order.missing.as_ref().and_then(|(_, missing)| self.known_path(missing)).and_then(of))
    }
}

/// The methods of some names that a class has from classes of the project, where they do something.
pub(in crate::project) fn methods_of<'n>(
    inference: &Inference,
    class: Definition,
    names: &'n [&str],
) -> impl Iterator<Item = Definition> + use<'n> {
    let order = inference.order(class);
    let entries: Vec<_> = order.classes.iter().map(|(each, _)| (*each, inference.entry(each.module))).collect();
    let in_run = entries.into_iter().filter(|(_, entry)| entry.origin == Origin::Run);
    in_run.flat_map(move |(each, entry)| {
        let blocks = entry.summary.blocks.iter().enumerate();
        let own = blocks
            .filter(|(_, block)| block.parent == Some(each.block) && block.kind != BlockKind::Class && !block.is_empty);
        let named = own.filter(|(_, block)| names.contains(&entry.summary.slice(block.name)));
        named.map(|(at, _)| Definition { module: each.module, block: at as u32 }).collect::<Vec<_>>()
    })
}

/// Whether a base class that cannot be read is one of values: of models, of exceptions.
fn is_value_base(inference: &Inference, missing: &Type) -> bool {
    let Some(path) = inference.known_path(missing) else { return false };
    let name = path.rsplit('.').next().unwrap_or_default();
    matches!(name, "BaseModel" | "Struct" | "NamedTuple" | "TypedDict")
        || name.ends_with("Error")
        || name.ends_with("Exception")
}

/// Whether a class hands the making of an object on to those that it inherits from, which are looked at as well.
fn is_construction(chain: &str) -> bool {
    matches!(chain, "super().__init__" | "super().__post_init__" | "super().__new__")
}

/// Whether a chain is a method of a logger.
pub(in crate::project) fn is_logging(chain: &str) -> bool {
    chain.rsplit_once('.').is_some_and(|(object, method)| {
        LOGGING.contains(&method)
            && object.rsplit('.').next().is_some_and(|last| last.to_ascii_lowercase().contains("log"))
    })
}

fn is_awaited(call: Node) -> bool {
    syntax::ancestors(call)
        .find(|outer| outer.kind() != "parenthesized_expression")
        .is_some_and(|outer| outer.kind() == "await")
}
