//! What becomes of a task between the functions of the project, and on its way to where it is cancelled.
//!
//! In: a call, an argument, a statement. Out: whether the functions that it gets to only give a task that they have just started, or only tell
//! something to one that they are given, and so leave it to their callers to keep; whether a task is cancelled on one way out of its block
//! only. Whether the caller keeps the task is [`super::values`]'s affair.

use crate::outline::BlockKind;
use crate::project::cancellation::awaits_in;
use crate::project::linked::{Definition, Origin};
use crate::project::types::Type;
use crate::project::{Answer, Module};
use crate::syntax::{named_children, own_descendants};
use crate::text::words;
use tree_sitter::Node;

/// What starts a task.
const STARTING: [&str; 4] =
    ["asyncio.create_task", "asyncio.ensure_future", "asyncio.tasks.create_task", "asyncio.tasks.ensure_future"];

/// Methods of a task that do not keep it.
const TOLD: [&str; 3] = ["add_done_callback", "set_name", "get_name"];

impl Module<'_> {
    /// Whether a call gives a task that a function of the project has started, and nobody keeps yet.
    pub fn gives_unkept_task(&self, call: Node) -> Answer {
        let no = |reason: &str| Answer::No(reason.to_owned());
        match self.plain_functions(call) {
            None => no("it is no plain function of the project"),
            Some(all) => match all.into_iter().all(|function| self.looks(function, |it, node| it.only_starts(node))) {
                true => Answer::Yes,
                false => no("it gives more than a task that it has just started"),
            },
        }
    }

    /// Whether a call hands an argument of its own to plain functions of the project of which none keeps it.
    pub(super) fn is_let_go(&self, argument: Node, list: Node) -> bool {
        let keyword = list.child_by_field_name("name").filter(|_| list.kind() == "keyword_argument");
        let Some(list) = (if keyword.is_some() { list.parent() } else { Some(list) }) else { return false };
        let Some(call) = list.parent().filter(|call| call.kind() == "call") else { return false };
        let others = named_children(list).take_while(|other| *other != argument);
        let before: Vec<&str> = others.map(|other| other.kind()).filter(|kind| *kind != "comment").collect();
        if keyword.is_none() && before.iter().any(|kind| kind.ends_with("_splat")) {
            return false;
        }
        let position = before.len();
        let keyword = keyword.map(|keyword| self.of(keyword));
        self.plain_functions(call).is_some_and(|all| {
            all.into_iter().all(|function| self.looks(function, |it, node| it.only_tells(node, position, keyword)))
        })
    }

    /// The functions that a call gets to, where all are plain functions of the run and no subclass has another.
    fn plain_functions(&self, call: Node) -> Option<Vec<Definition>> {
        let (inference, _) = self.inference()?;
        let callee = self.infer(call.child_by_field_name("function")?);
        let definition = |part: &Type| {
            let definition = inference.function_of_type(part)?.definition;
            let entry = inference.entry(definition.module);
            let block = &entry.summary.blocks[definition.block as usize];
            let is_plain = block.kind == BlockKind::Function { is_async: false } && block.decorators == 0;
            let is_overridden = || {
                let class = block.parent.map(|class| Definition { module: definition.module, block: class });
                class.is_some_and(|class| !inference.overrides(class, entry.summary.slice(block.name)).is_empty())
            };
            (entry.origin == Origin::Run && is_plain && !block.is_generator && !is_overridden()).then_some(definition)
        };
        let all: Option<Vec<Definition>> = callee.parts().iter().map(definition).collect();
        all.filter(|all| !all.is_empty())
    }

    fn looks(&self, function: Definition, look: impl Fn(&Module, Node) -> bool) -> bool {
        self.in_its_file(function, look) == Some(true)
    }

    /// Whether a function only tells something to the task that it is given for a parameter.
    fn only_tells(&self, function: Node, position: usize, keyword: Option<&str>) -> bool {
        let list: Vec<Node> = function.child_by_field_name("parameters").into_iter().flat_map(named_children).collect();
        let is_bound = list.first().is_some_and(|first| matches!(self.of(*first), "self" | "cls"));
        let name_of = |parameter: &Node| match parameter.kind() {
            "identifier" => Some(self.of(*parameter)),
            "typed_parameter" => {
                parameter.named_child(0).filter(|name| name.kind() == "identifier").map(|name| self.of(name))
            }
            "default_parameter" | "typed_default_parameter" => {
                parameter.child_by_field_name("name").map(|name| self.of(name))
            }
            _ => None,
        };
        let named = |name: &str| list.iter().filter_map(name_of).find(|known| *known == name);
        let parameter = match keyword {
            Some(keyword) => named(keyword),
            None => list.get(position + usize::from(is_bound)).and_then(name_of),
        };
        parameter.is_some_and(|name| {
            !self.mentions_locals(function)
                && self.reads(function, name).into_iter().all(|read| self.only_hears(read, function))
        })
    }

    /// Whether a read of a task in a function is a statement that tells it something.
    fn only_hears(&self, read: Node, function: Node) -> bool {
        let method = read.parent().filter(|outer| outer.child_by_field_name("object") == Some(read));
        let name = method.and_then(|method| method.child_by_field_name("attribute")).map_or("", |name| self.of(name));
        let call = method.and_then(|method| method.parent()).filter(|call| call.kind() == "call");
        let statement = call.and_then(|call| call.parent());
        TOLD.contains(&name)
            && statement.is_some_and(|statement| statement.kind() == "expression_statement")
            && self.function_of(read) == Some(function)
    }

    /// Whether a task is cancelled further down in the block of the statement that names it, and what is awaited on the way may fail
    /// or be cancelled.
    pub fn is_cancelled_behind(&self, name: Node, statement: Node) -> Answer {
        let no = |reason: &str| Answer::No(reason.to_owned());
        let text = self.of(name);
        let (Some(function), Some(block)) = (self.function_of(statement), statement.parent()) else {
            return no("it is in no function");
        };
        let is_test = self.inference().is_some_and(|(inference, own)| inference.entry(own).is_test());
        if is_test || self.in_program_entry(statement) == Answer::Yes {
            return no("the program or the test ends with it");
        }
        let behind: Vec<Node> =
            named_children(block).filter(|node| node.start_byte() > statement.start_byte()).collect();
        let cancels = |node: &Node| self.of(*node).starts_with(&format!("{text}.cancel("));
        let Some(at) = behind.iter().position(cancels) else { return no("it is not cancelled in its block") };
        let (between, cancel) = (&behind[..at], behind[at]);
        if !between.iter().any(|node| !awaits_in(*node).is_empty()) {
            return no("nothing is awaited before it is cancelled");
        }
        let names = self.names_of(function);
        if names.bound.get(text).is_none_or(|all| all.len() != 1)
            || names.globals.contains(text)
            || names.nonlocals.contains(text)
        {
            return no("others may bind it");
        }
        let is_later =
            |read: &Node| read.start_byte() >= cancel.start_byte() && self.function_of(*read) == Some(function);
        match self.reads(function, text).into_iter().find(|read| !is_later(read)) {
            Some(read) => Answer::No(format!("`{text}` is used on line {}", self.row(read.start_byte()))),
            None if self.mentions_locals(function) => Answer::Unknown("`locals()` or `exec` can read it".to_owned()),
            None => Answer::Yes,
        }
    }

    /// Whether all that a function returns is tasks that it has just started, and keeps nowhere.
    fn only_starts(&self, function: Node) -> bool {
        let Some(body) = function.child_by_field_name("body") else { return false };
        let mut returned = own_descendants(body).filter(|part| part.kind() == "return_statement").peekable();
        returned.peek().is_some()
            && returned.all(|statement| statement.named_child(0).is_some_and(|value| self.is_new_task(value)))
    }

    fn is_new_task(&self, value: Node) -> bool {
        match value.kind() {
            "call" => self.starts_task(value),
            "identifier" => {
                let all_start = self.values_of(value).is_some_and(|values| {
                    values.into_iter().all(|value| value.kind() == "call" && self.starts_task(value))
                });
                all_start && self.is_only_told(value)
            }
            _ => false,
        }
    }

    fn starts_task(&self, call: Node) -> bool {
        let Some(function) = call.child_by_field_name("function") else { return false };
        let is_loop = || {
            let object = function.child_by_field_name("object");
            self.called_name(call) == "create_task"
                && object.is_some_and(|object| self.is_event_loop(object) == Answer::Yes)
        };
        self.path_called(call).is_some_and(|path| STARTING.contains(&path.as_str())) || is_loop()
    }

    /// Whether a local is only bound, returned and told something in its function.
    fn is_only_told(&self, name: Node) -> bool {
        let text = self.of(name);
        let region = self.slice(self.outline.region_of(name.start_byte()));
        words(region, text).all(|at| {
            let (before, behind) = (region[..at].trim_end(), &region[at + text.len()..]);
            let is_told = TOLD.iter().any(|method| behind.starts_with(&format!(".{method}(")));
            let is_bound = behind.trim_start().starts_with(['=', ':']) && !behind.trim_start().starts_with("==");
            is_told || is_bound || before.ends_with("return")
        })
    }
}
