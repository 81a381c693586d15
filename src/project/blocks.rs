//! Whether a call blocks the thread that runs it.
//!
//! In: a call. Out: the group of the table that all that it may call is in, or why there is none. What is called is known by
//! its dotted path: that of a definition, of something in a library that cannot be read, or of a method of what a call of
//! such gave. The table says what that is; nothing of it is written here.

use crate::project::blocking::{Families, Family, Group, blocking};
use crate::project::inference::Inference;
use crate::project::layout::ModuleId;
use crate::project::linked::{Definition, Origin};
use crate::project::names::Symbol;
use crate::project::scopes::{Binding, BindingKind};
use crate::project::types::{Kind, Type};
use crate::project::usages::STARTED;
use crate::project::{Answer, Module, Row};
use crate::syntax::{ancestors, descendants, named_children};
use crate::text::words;
use tree_sitter::Node;

/// What a file says that runs coroutines by itself, to the end, without an event loop.
const BY_HAND: [&str; 2] = [".send(None)", "except StopIteration"];

/// The name of a database that is in no file.
const IN_MEMORY: &str = ":memory:";

/// What the table says of something that is called.
#[derive(Clone)]
pub enum Blocked {
    By(Family, &'static Group),
    No(String),
    Unknown(String),
}

/// What one call of a file is, to those who move it.
pub struct BlockingCall {
    pub family: Family,
    pub group: &'static Group,
}

impl Module<'_> {
    /// Whether what is called belongs to one of the families of the table, and this call of it waits.
    pub fn blocks(&self, function: Node, families: &[&str]) -> Answer {
        let found = match self.blocking_call(function) {
            Ok(found) => found,
            Err(answer) => return answer,
        };
        if !Families::named(families.iter().copied()).has(found.family) {
            return Answer::No("it blocks in another way".to_owned());
        }
        if let Some(call) = function.parent()
            && let Some(row) = self.is_told_of_before(call, found.family)
        {
            return Answer::No(format!("what it belongs to is reported on line {row}"));
        }
        Answer::Yes
    }

    /// What blocks in a call of `function`; an error is the answer that it does not, or may not.
    pub fn blocking_call(&self, function: Node) -> Result<BlockingCall, Answer> {
        let Some((inference, _)) = self.inference() else { return Err(Answer::alone()) };
        if self.runs_by_hand() {
            return Err(Answer::Unknown("the file runs its coroutines by hand, without an event loop".to_owned()));
        }
        let call = function.parent().filter(|call| call.kind() == "call");
        let call = call.ok_or_else(|| Answer::No("it is not called".to_owned()))?;
        let around = ancestors(call).find(|outer| outer.kind() != "parenthesized_expression");
        if around.is_some_and(|outer| outer.kind() == "await") {
            return Err(Answer::No("it is awaited".to_owned()));
        }
        if let Some(object) = function.child_by_field_name("object")
            && self.is_future_of_own_loop(object) == Answer::Yes
        {
            return Err(Answer::No("it waits for its own loop, and never goes on".to_owned()));
        }
        let (family, group) = match self.blocked(inference, function) {
            Blocked::By(family, group) => (family, group),
            Blocked::No(reason) => return Err(Answer::No(reason)),
            Blocked::Unknown(reason) => return Err(Answer::Unknown(reason)),
        };
        if let Some(argument) = self.free_argument(call, group) {
            return Err(Answer::No(format!("with `{argument}` it returns at once")));
        }
        if let Some(answer) = self.waits_for_nothing(function, family, group) {
            return Err(answer);
        }
        let may_lie_in_memory = matches!(family, Family::File | Family::Database);
        if may_lie_in_memory && (self.is_given_memory(inference, call) || self.is_of_memory(inference, function)) {
            return Err(Answer::No("what it reads or writes lies in memory".to_owned()));
        }
        Ok(BlockingCall { family, group })
    }

    /// Why what a call of `function` runs of the project may not run in another thread; none where it runs nothing of it.
    pub fn own_affinity(&self, function: Node) -> Option<String> {
        let (inference, _) = self.inference()?;
        self.runs_own(function).then(|| inference.affinity(&self.infer(function))).flatten()
    }

    /// Whether a call of `function` runs functions of the project.
    pub fn runs_own(&self, function: Node) -> bool {
        let functions = self.inference().map(|(inference, _)| inference.functions_of(&self.infer(function)));
        functions.is_some_and(|functions| functions.is_ok_and(|functions| !functions.is_empty()))
    }

    /// The dotted path of the class that what an expression gives is an instance of.
    pub fn class_of_value(&self, node: Node) -> Option<String> {
        self.inference()?.0.class_path(&self.infer(node))
    }

    /// The dotted path of what an expression gives: of a thing that is defined somewhere, or of the class that it is an instance
    /// of.
    pub fn path_of_value(&self, node: Node) -> Option<String> {
        let (inference, _) = self.inference()?;
        inference.known_path(&self.infer(node))
    }

    /// Whether the file runs coroutines without an event loop.
    pub fn runs_by_hand(&self) -> bool {
        BY_HAND.iter().all(|words| self.text.contains(words))
    }

    fn blocked(&self, inference: &Inference, function: Node) -> Blocked {
        if let [Symbol::Path(path)] = self.symbols(function).as_slice() {
            if blocking().memory.names.iter().any(|name| path.starts_with(name)) {
                return Blocked::No(format!("`{path}` is the program's own output"));
            }
            if let Some((family, group)) = inference.group(path) {
                return Blocked::By(family, group);
            }
        }
        let (object, name) = (function.child_by_field_name("object"), function.child_by_field_name("attribute"));
        match object.zip(name) {
            Some((object, name)) => inference.method_blocks(&self.infer(object), self.of(name)),
            None => inference.function_blocks(&self.infer(function)),
        }
    }

    /// The argument of a call with which it returns at once.
    fn free_argument(&self, call: Node, group: &Group) -> Option<String> {
        let arguments = call.child_by_field_name("arguments")?;
        let all: Vec<Node> = named_children(arguments).filter(|node| node.kind() != "comment").collect();
        group.free.iter().find_map(|free| {
            let (key, value) = free.split_once('=')?;
            let given = match key.parse::<usize>() {
                Ok(at) => all.get(at).filter(|node| node.kind() != "keyword_argument").copied(),
                Err(_) => all.iter().find_map(|node| {
                    let name = node.child_by_field_name("name")?;
                    node.child_by_field_name("value").filter(|_| self.of(name) == key)
                }),
            };
            given.filter(|given| self.of(*given) == value).map(|given| self.of(given).to_owned())
        })
    }

    /// Why a call that may wait does not: its object says so, or what the function around does with it.
    fn waits_for_nothing(&self, function: Node, family: Family, group: &Group) -> Option<Answer> {
        let unknown = |reason: String| Some(Answer::Unknown(reason));
        let around = self.function_of(function).map_or(self.text, |function| self.of(function));
        let object = function.child_by_field_name("object").map(|object| self.of(object))?;
        let asked = ["done", "poll", "is_alive"].map(|question| format!("{object}.{question}()"));
        let own = format!("{}()", self.of(function));
        if let Some(asked) = asked.iter().find(|asked| **asked != own && around.contains(asked.as_str())) {
            return unknown(format!("`{asked}` tells whether there is something to wait for"));
        }
        let chain = self.of(function);
        let is_handed_on = |(at, _): (usize, &str)| {
            let next = around[at + chain.len()..].trim_start().bytes().next();
            next.is_some_and(|next| matches!(next, b',' | b')'))
        };
        if around.match_indices(chain).any(is_handed_on) {
            return unknown(format!(
                "`{chain}` is handed on in the same function, and this call may be for another case"
            ));
        }
        if family == Family::Process && self.of(function).ends_with(".wait") && around.contains(".poll()") {
            return unknown("the function asks by `poll` whether there is something to wait for".to_owned());
        }
        if family == Family::Process
            && let Some(row) = function.parent().and_then(|call| self.has_ended(call, object))
        {
            return Some(Answer::No(format!("`{object}` has ended on line {row}")));
        }
        let made = ["threading.Lock()", "Lock()"].map(|maker| format!("{object} = {maker}"));
        if made.iter().any(|made| around.contains(made.as_str())) {
            return Some(Answer::No(format!("`{object}` is made here, and nobody else has it yet")));
        }
        let unblocked = ["setblocking(False)", "setblocking(0)", "settimeout(0)"];
        if family == Family::Socket && unblocked.iter().any(|call| self.text.contains(call)) {
            return unknown("the file has sockets that do not block".to_owned());
        }
        let is_bounded = || {
            words(self.text, "Queue").any(|at| {
                let rest = &self.text[at + "Queue".len()..];
                rest.starts_with('(') && !rest.starts_with("()") && !rest.starts_with("(0)")
            })
        };
        if group.bounded && !is_bounded() {
            return unknown("nothing in the file gives it a bound".to_owned());
        }
        None
    }

    /// The row of a statement that is always run before a call, and waits until a process has ended.
    fn has_ended(&self, call: Node, process: &str) -> Option<Row> {
        let ends = ["communicate", "wait"].map(|method| format!("{process}.{method}"));
        let is_end = |node: &Node| {
            let is_named = node.kind() == "attribute" && ends.iter().any(|end| self.of(*node) == end);
            let outer = node.parent().filter(|_| is_named);
            // It is called, or handed to what is awaited.
            let arguments = outer.and_then(|outer| match outer.kind() {
                "call" => outer.child_by_field_name("arguments"),
                "argument_list" => ancestors(outer).nth(1).filter(|outer| outer.kind() == "await").map(|_| outer),
                _ => None,
            });
            arguments.is_some_and(|arguments| !self.of(arguments).contains("timeout"))
        };
        let is_bound = |node: &Node| {
            let target = node.child_by_field_name("left").filter(|_| node.kind() == "assignment");
            target.is_some_and(|target| words(self.of(target), process).next().is_some())
        };
        let function = self.function_of(call)?;
        for around in ancestors(call).take_while(|outer| *outer != function) {
            let before = std::iter::successors(around.prev_named_sibling(), |node| node.prev_named_sibling());
            for statement in before {
                if descendants(statement).any(|node| is_bound(&node)) {
                    return None;
                }
                if statement.kind() == "expression_statement" && descendants(statement).any(|node| is_end(&node)) {
                    return Some(self.row(statement.start_byte()));
                }
            }
        }
        None
    }

    /// Whether a call is given a file or a database in memory.
    fn is_given_memory(&self, inference: &Inference, call: Node) -> bool {
        let first = call.child_by_field_name("arguments").and_then(|arguments| named_children(arguments).next());
        let is_memory = |part: &Type| match part {
            Type::Instance(class, _) => blocking().memory.classes.contains(&&*inference.path(*class)),
            _ => false,
        };
        first.is_some_and(|first| {
            let is_named = self.of(first).trim_matches(['"', '\'']) == IN_MEMORY;
            is_named || self.infer(first).parts().iter().any(is_memory)
        })
    }

    /// Whether what has the method was made of something in memory: `TextIOWrapper(BytesIO(data)).read`.
    fn is_of_memory(&self, inference: &Inference, function: Node) -> bool {
        let Some(object) = function.child_by_field_name("object") else { return false };
        let made: Vec<Node> = match object.kind() {
            "identifier" => {
                let bindings = self.lookup(self.of(object), object).map_or(Vec::new(), |found| found.bindings);
                let value = |binding: &Binding| match binding.kind {
                    BindingKind::Value(span) | BindingKind::Entered(span, _) => self.node_at(span),
                    _ => None,
                };
                bindings.iter().map(value).collect::<Option<_>>().unwrap_or_default()
            }
            _ => vec![object],
        };
        !made.is_empty() && made.iter().all(|made| made.kind() == "call" && self.is_given_memory(inference, *made))
    }

    /// The row of a finding that tells of a call already: the call of its chain that waits last, or the `with` that opened
    /// what it is a method of, or is given.
    fn is_told_of_before(&self, call: Node, family: Family) -> Option<Row> {
        let is_same = |function: Node| self.blocking_call(function).is_ok_and(|found| found.family == family);
        let next = chained(call).and_then(|outer| outer.child_by_field_name("function"));
        if let Some(next) = next.filter(|next| is_same(*next)) {
            return Some(self.row(next.start_byte()));
        }
        let object = call.child_by_field_name("function")?.child_by_field_name("object");
        let arguments = call.child_by_field_name("arguments").into_iter().flat_map(named_children);
        let arguments = arguments.map(|argument| argument.child_by_field_name("value").unwrap_or(argument));
        let used = object.into_iter().chain(arguments).filter(|node| node.kind() == "identifier");
        let used: Vec<&str> = used.map(|node| self.of(node)).collect();
        let function = self.function_of(call).filter(|_| !used.is_empty())?;
        let statements = ancestors(call).take_while(|outer| *outer != function);
        let entered = statements.filter(|outer| outer.kind() == "with_statement").find_map(|statement| {
            let clause = named_children(statement).find(|child| child.kind() == "with_clause")?;
            let mut values = named_children(clause).filter_map(|item| item.child_by_field_name("value"));
            values.find(|value| {
                let target = value.named_child(1).filter(|_| value.kind() == "as_pattern");
                target.is_some_and(|target| used.contains(&self.of(target)))
            })
        })?;
        let opener = entered.named_child(0)?.child_by_field_name("function")?;
        is_same(opener).then(|| self.row(opener.start_byte()))
    }
}

/// The call of a method of what a call gives.
pub fn chained(call: Node) -> Option<Node> {
    let attribute = call.parent().filter(|outer| outer.kind() == "attribute")?;
    let outer = attribute.parent().filter(|outer| outer.kind() == "call")?;
    let is_object = attribute.child_by_field_name("object") == Some(call);
    (is_object && outer.child_by_field_name("function") == Some(attribute)).then_some(outer)
}

impl Inference<'_> {
    /// What the table says of a method of something.
    pub fn method_blocks(&self, receiver: &Type, name: &str) -> Blocked {
        if self.project.blocking().families(name).is_empty() {
            return Blocked::No(format!("nothing that is known to block is called `{name}`"));
        }
        self.together(receiver.parts().iter().map(|part| match self.method_path(part, name) {
            Ok(path) => self.told(path),
            Err(reason) => Blocked::Unknown(reason),
        }))
    }

    /// What the table says of something that is called by its own name.
    pub fn function_blocks(&self, callee: &Type) -> Blocked {
        self.together(callee.parts().iter().map(|part| match part {
            Type::Unknown(reason) => Blocked::Unknown(reason.to_string()),
            part => self.told(self.known_path(part)),
        }))
    }

    /// What alternatives say together: they have to agree.
    fn together(&self, parts: impl Iterator<Item = Blocked>) -> Blocked {
        let agree = |one: Blocked, other: Blocked| match (&one, &other) {
            (Blocked::By(..), Blocked::By(..)) | (Blocked::No(_), Blocked::No(_)) => one,
            (Blocked::Unknown(_), _) => one,
            (_, Blocked::Unknown(_)) => other,
            _ => Blocked::Unknown("it may be one thing or another".to_owned()),
        };
        let found = parts.reduce(agree).unwrap_or_else(|| Blocked::Unknown("nothing binds it".to_owned()));
        if let Blocked::By(_, group) = &found {
            self.tell(|| format!("it takes {} ({})", group.cost.told(), group.source));
        }
        found
    }

    /// The path of a method of something; none where it is nothing that the table could have. An error: nobody knows.
    fn method_path(&self, receiver: &Type, name: &str) -> Result<Option<String>, String> {
        let of = |path: String| Some(format!("{path}.{name}"));
        match receiver {
            Type::Instance(class, _) => Ok(self.inherited_path(*class, name, 0)),
            Type::Super(class) => Ok(self.inherited_path(*class, name, 1)),
            Type::Module(_) | Type::Missing(..) | Type::Class(..) => {
                Ok(self.known_path(&self.attribute(receiver, name)))
            }
            Type::Unknown(reason) => Err(reason.to_string()),
            Type::Foreign(reason, _) => self.known_path(receiver).map(of).ok_or_else(|| reason.to_string()),
            _ => Ok(self.known_path(receiver).and_then(of)),
        }
    }

    /// The dotted path of the class that a value is an instance of.
    pub fn class_path(&self, ty: &Type) -> Option<String> {
        match ty {
            Type::Instance(class, _) => Some(self.public(&self.path(*class))),
            Type::Foreign(..) | Type::Value(..) => self.known_path(ty).map(|path| self.public(&path)),
            _ => None,
        }
    }

    /// The dotted path of a value: of what it is, or of the class that it is an instance of.
    pub(super) fn known_path(&self, ty: &Type) -> Option<String> {
        match ty {
            Type::Foreign(_, origin) => self.path_of_origin(origin),
            Type::Value(Kind::Plain, parts) => parts.first().and_then(|made_by| self.path_of(made_by)),
            ty => self.path_of(ty),
        }
    }

    /// The path of a method where the class, or one that it inherits from, has it in the table. What a class of the
    /// project has itself is its own.
    fn inherited_path(&self, class: Definition, name: &str, skipped: usize) -> Option<String> {
        let order = self.order(class);
        for (at, (each, _)) in order.classes.iter().enumerate().skip(skipped) {
            if let Some((_, missing)) = order.missing.as_ref().filter(|(behind, _)| *behind < at) {
                return self.known_path(missing).map(|path| format!("{path}.{name}"));
            }
            let path = self.path(*each);
            if blocking().memory.classes.contains(&&*path) {
                return None;
            }
            let path = format!("{path}.{name}");
            if self.group(&path).is_some() {
                return Some(path);
            }
            let entry = self.entry(each.module);
            if entry.origin != Origin::Library && !entry.locals(Some(each.block), name).is_empty() {
                return None;
            }
        }
        let (_, missing) = order.missing.as_ref()?;
        self.known_path(missing).map(|path| format!("{path}.{name}"))
    }

    /// The dotted path that the steps of an origin lead to: `requests.Session().get` is `requests.Session.get`.
    fn path_of_origin(&self, origin: &str) -> Option<String> {
        let is_step = |letter: char| matches!(letter, '(' | '<' | '[' | '!' | '=' | STARTED);
        let starts_with_number = origin.starts_with(|letter: char| letter.is_ascii_digit());
        let end = origin.find(|letter| is_step(letter) || starts_with_number && letter == '.').unwrap_or(origin.len());
        let (root, mut rest) = origin.split_at(end);
        let mut path = match root.split_once(':') {
            Some((module, block)) => {
                let definition = Definition { module: ModuleId(module.parse().ok()?), block: block.parse().ok()? };
                self.path(definition)
            }
            None => root.to_owned(),
        };
        while !rest.is_empty() {
            if let Some(next) = rest.strip_prefix("()") {
                let is_made = origin[..origin.len() - rest.len()].ends_with("()");
                path = self.given_by(&path, is_made);
                rest = next;
            } else if let Some(next) = ["<>", "<!>"].iter().find_map(|entered| rest.strip_prefix(entered)) {
                // What is entered gives itself, as a rule.
                rest = next;
            } else if let Some(next) = rest.strip_prefix(STARTED) {
                rest = next;
            } else if let Some(next) = rest.strip_prefix("[]") {
                path = blocking().member(&self.public(&path))?.to_owned();
                rest = next;
            } else if let Some(next) = rest.strip_prefix('.') {
                let end = next.find(|letter| is_step(letter) || letter == '.').unwrap_or(next.len());
                path = self.member_path(&path, &next[..end], next[end..].starts_with("()"));
                rest = &next[end..];
            } else {
                return None;
            }
        }
        Some(path)
    }

    /// The path of what calling something gives: its class, or, for a constructor, itself. `is_made` where it is called itself
    /// what a call gave.
    fn given_by(&self, path: &str, is_made: bool) -> String {
        let path = self.public(path);
        let given = match is_made {
            true => blocking().result(&format!("{path}.__call__")),
            false => blocking().result(&path),
        };
        given.map_or(path, str::to_owned)
    }

    /// The path of an attribute of an object of a class.
    fn member_path(&self, class: &str, name: &str, is_called: bool) -> String {
        let class = self.public(class);
        let path = format!("{class}.{name}");
        let is_known = is_called && blocking().result(&path).is_some() || blocking().group(&path).is_some();
        match blocking().member(&class).filter(|_| !is_known) {
            Some(member) => member.to_owned(),
            None => path,
        }
    }

    /// What the table says of a path.
    fn told(&self, path: Option<String>) -> Blocked {
        match path.map(|path| self.group(&path).ok_or(path)) {
            Some(Ok((family, group))) => Blocked::By(family, group),
            Some(Err(path)) => Blocked::No(format!("`{}` is not known to block", self.public(&path))),
            None => Blocked::No("it is nothing that is known to block".to_owned()),
        }
    }

    /// What the table says of a path, or of the public one that leads to the same.
    pub(super) fn group(&self, path: &str) -> Option<(Family, &'static Group)> {
        let blocking = self.project.blocking();
        blocking.group(path).or_else(|| blocking.group(&self.public(path)))
    }
}
