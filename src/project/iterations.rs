//! Which awaits in a loop may wait side by side.
//!
//! In: a `for` loop that begins with an `await` and then only keeps what it gave, or a comprehension that awaits its elements. Out: the
//! [`Iteration`], or why its rounds may depend on each other. The call that is awaited has to wait for something and to change nothing
//! that others could see ([`super::conduct`]); nothing that it reads may be what the loop makes.

use crate::project::conduct::{Conduct, Trust};
use crate::project::harmless::Harmless;
use crate::project::reaching::PACES;
use crate::project::{Answer, Module};
use crate::syntax::{descendants, is_async, named_children};
use crate::text::words;
use tree_sitter::Node;

/// As many requests as nobody takes amiss at once, where the code says how many there are.
const FEW: i64 = 10;

/// A loop of awaits.
#[derive(Clone, Copy, Debug)]
pub struct Iteration<'a> {
    /// What becomes of each result.
    pub taking: Taking<'a>,
    /// What is called for each round.
    pub call: Node<'a>,
    /// The targets and the iterable of a loop; none for a comprehension.
    pub clause: Option<(Node<'a>, Node<'a>)>,
}

/// What a round does with what it awaited.
#[derive(Clone, Copy, Debug)]
pub enum Taking<'a> {
    /// A comprehension makes it an element.
    Element,
    /// A comprehension makes it the value of a key.
    Value { key: Node<'a> },
    /// It is appended to a list.
    Append { list: Node<'a> },
    /// It is stored in a dictionary under a key.
    Store { mapping: Node<'a>, key: Node<'a> },
    /// The first statement uses it, and what follows needs nothing else that takes time. The name that it gets there; none where it is
    /// part of the statement. Whether the targets of the loop are used, too.
    Use { first: Node<'a>, awaited: Node<'a>, name: Option<Node<'a>>, with_targets: bool },
}

impl<'a> Taking<'a> {
    /// What the loop fills.
    fn filled(&self) -> Option<Node<'a>> {
        match self {
            Taking::Append { list } => Some(*list),
            Taking::Store { mapping, .. } => Some(*mapping),
            _ => None,
        }
    }

    /// Whether a result is wanted together with what it was asked for.
    fn is_paired(&self) -> bool {
        matches!(self, Taking::Value { .. } | Taking::Store { .. } | Taking::Use { with_targets: true, .. })
    }
}

impl Module<'_> {
    /// What a loop or a comprehension awaits each round, where no round needs another; an error is the answer that one may.
    pub fn independent_iterations<'a>(&'a self, node: Node<'a>) -> Result<Iteration<'a>, Answer> {
        let iteration = self.iteration(node).map_err(Answer::No)?;
        let conduct = self.waiting_conduct(iteration.call, Trust::Proof).map_err(Answer::Unknown)?;
        match self.pace(node, &conduct) {
            Some(word) => Err(Answer::No(format!("`{word}` keeps the requests apart"))),
            None => Ok(iteration),
        }
    }

    /// What a loop or a comprehension awaits each round, where by the names in it no round seems to need another, and that cannot be proved.
    pub fn seemingly_independent_iterations<'a>(&'a self, node: Node<'a>) -> Result<Iteration<'a>, Answer> {
        let iteration = self.iteration(node).map_err(Answer::No)?;
        let conduct = self.waiting_conduct(iteration.call, Trust::Names).map_err(Answer::No)?;
        let targets = self.round_names(node);
        let changes = |text: &str| targets.iter().any(|name| words(text, name).next().is_some());
        if !changes(self.of(iteration.call)) {
            return Err(Answer::No("each round asks the same".to_owned()));
        }
        if let Some(object) = conduct.asked.iter().filter(|object| !changes(object)).min() {
            return Err(Answer::No(format!("{object} is asked in each round, which may serve one at a time")));
        }
        Ok(iteration)
    }

    /// Whether a loop or a comprehension wants each result together with what it was asked for.
    pub fn takes_pairs(&self, node: Node) -> Answer {
        match self.iteration(node) {
            Ok(iteration) if iteration.taking.is_paired() => Answer::Yes,
            Ok(_) => Answer::No("it only wants the results".to_owned()),
            Err(reason) => Answer::No(reason),
        }
    }

    /// The loop, where its rounds have a form in which they could wait side by side.
    fn iteration<'a>(&'a self, node: Node<'a>) -> Result<Iteration<'a>, String> {
        let iteration = match node.kind() {
            "for_statement" => self.loop_of_awaits(node)?,
            _ => self.awaiting_comprehension(node)?,
        };
        let mut bound: Vec<Node> = iteration.taking.filled().into_iter().collect();
        if let (Taking::Use { .. }, Some(body)) = (iteration.taking, node.child_by_field_name("body")) {
            bound.extend(self.changed_in(body));
        }
        match self.ordered_place(node, &bound) {
            Some(reason) => Err(reason),
            None => Ok(iteration),
        }
    }

    /// The names that are another thing in each round.
    fn round_names<'a>(&'a self, node: Node<'a>) -> Vec<&'a str> {
        let clauses = named_children(node).filter(|part| part.kind() == "for_in_clause");
        let targets = clauses.chain([node]).filter_map(|holder| holder.child_by_field_name("left"));
        let names = targets.flat_map(descendants).filter(|name| name.kind() == "identifier");
        names.map(|name| self.of(name)).collect()
    }

    /// A plain `for` whose first statement awaits, and whose others do not.
    fn loop_of_awaits<'a>(&'a self, node: Node<'a>) -> Result<Iteration<'a>, String> {
        let field = |name: &str| node.child_by_field_name(name).ok_or_else(|| "it is no loop".to_owned());
        let (targets, iterable, body) = (field("left")?, field("right")?, field("body")?);
        if is_async(node) || node.child_by_field_name("alternative").is_some() {
            return Err("it is no plain loop".to_owned());
        }
        let statements: Vec<Node> = named_children(body).filter(|part| part.kind() != "comment").collect();
        let (first, rest) = statements.split_first().ok_or("it does nothing")?;
        let awaited = awaited_first(*first).ok_or("it does not begin with an `await` whose result it takes")?;
        let call = awaited.named_child(0).filter(|call| call.kind() == "call").ok_or("it does not await a call")?;
        let taking = self.taking(node, *first, awaited, rest)?;
        if let Some(filled) = taking.filled() {
            let name = self.of(filled);
            if filled.kind() != "identifier" || !self.is_own(filled, None) {
                return Err(format!("others may see `{name}` while it grows"));
            }
            if [call, iterable].iter().any(|part| words(self.of(*part), name).next().is_some()) {
                return Err(format!("it reads `{name}`"));
            }
        }
        self.refuse_targets(node, targets)?;
        self.refuse_suspensions(iterable)?;
        Ok(Iteration { taking, call, clause: Some((targets, iterable)) })
    }

    /// What becomes of what the first statement of a loop awaits.
    fn taking<'a>(
        &'a self,
        node: Node<'a>,
        first: Node<'a>,
        awaited: Node<'a>,
        rest: &[Node<'a>],
    ) -> Result<Taking<'a>, String> {
        let expression = first.named_child(0).ok_or("it does nothing")?;
        if let Some(list) = self.appended_to(expression, |value| value == awaited).filter(|_| rest.is_empty()) {
            return Ok(Taking::Append { list });
        }
        let target = expression.child_by_field_name("left").filter(|_| expression.kind() == "assignment");
        if let Some(target) = target.filter(|target| target.kind() == "subscript" && rest.is_empty()) {
            return self.stored_in(target);
        }
        let name = target.filter(|target| target.kind() == "identifier");
        if let ([last], Some(name)) = (rest, name)
            && let Some(list) = last.named_child(0).and_then(|call| {
                self.appended_to(call, |value| value.kind() == "identifier" && self.of(value) == self.of(name))
            })
            && self.refuse_targets(node, name).is_ok()
        {
            return Ok(Taking::Append { list });
        }
        self.used(node, first, awaited, rest)
    }

    /// The list of `list.append(value)`, where the value is one that is wanted.
    fn appended_to<'a>(&self, call: Node<'a>, is_wanted: impl Fn(Node<'a>) -> bool) -> Option<Node<'a>> {
        let function = call.child_by_field_name("function").filter(|_| call.kind() == "call")?;
        let arguments = call.child_by_field_name("arguments").filter(|list| list.named_child_count() == 1)?;
        let is_append = function.kind() == "attribute" && self.called_name(call) == "append";
        function.child_by_field_name("object").filter(|_| is_append && arguments.named_child(0).is_some_and(is_wanted))
    }

    /// `mapping[key] = …`, where the mapping is a dictionary and the key can be told beforehand.
    fn stored_in<'a>(&'a self, target: Node<'a>) -> Result<Taking<'a>, String> {
        let mapping = target.child_by_field_name("value").ok_or("it stores nowhere")?;
        let key = target.child_by_field_name("subscript").filter(|_| target.named_child_count() == 2);
        let key = key.ok_or("it stores under several keys")?;
        let is_dictionary = |value: &Node| {
            matches!(value.kind(), "dictionary" | "dictionary_comprehension") || self.of(*value) == "dict()"
        };
        if !self.values_of(mapping).is_some_and(|values| values.iter().all(is_dictionary)) {
            return Err(format!("`{}` may be no dictionary", self.of(mapping)));
        }
        self.refuse_key(key)?;
        Ok(Taking::Store { mapping, key })
    }

    /// Refuses a key that cannot be told before the value is there.
    fn refuse_key(&self, key: Node) -> Result<(), String> {
        self.refuse_suspensions(key)?;
        let is_known = |call: &Node| {
            let function = call.child_by_field_name("function");
            function.is_some_and(|function| self.known(function) == Some(Harmless::Computes))
        };
        match descendants(key).filter(|part| part.kind() == "call").find(|call| !is_known(call)) {
            Some(call) => Err(format!("`{}` is called behind each `await`", self.of(call))),
            None => Ok(()),
        }
    }

    /// A body that takes the result and goes on with it, where no later round can tell.
    fn used<'a>(
        &'a self,
        node: Node<'a>,
        first: Node<'a>,
        awaited: Node<'a>,
        rest: &[Node<'a>],
    ) -> Result<Taking<'a>, String> {
        let expression = first.named_child(0).ok_or("it does nothing")?;
        let target = expression.child_by_field_name("left").ok_or("its body does more than to keep what it awaits")?;
        let is_kept = expression.child_by_field_name("right") == Some(awaited)
            && expression.child_by_field_name("type").is_none()
            && target.kind() == "identifier";
        if !is_kept {
            return Err("its body does more than to keep what it awaits".to_owned());
        }
        let name = (expression.kind() == "assignment").then_some(target);
        if name.is_some() && rest.is_empty() {
            return Err("it only keeps the last result".to_owned());
        }
        if let Some(name) = name {
            self.refuse_targets(node, name)?;
        }
        if self.has_function_within(node) {
            return Err("a function inside this one may see its names".to_owned());
        }
        self.refuse_leaving(rest)?;
        self.refuse_harm(rest)?;
        let body = node.child_by_field_name("body").ok_or("it has no body")?;
        let before = [awaited, node.child_by_field_name("right").unwrap_or(awaited)];
        let changed = self
            .changed_in(body)
            .into_iter()
            .filter(|changed| Some(self.of(*changed)) != name.map(|name| self.of(name)));
        for changed in changed {
            if !self.is_local(changed) {
                return Err(format!("others may see `{}`", self.of(changed)));
            }
            if before.iter().any(|part| words(self.of(*part), self.of(changed)).next().is_some()) {
                return Err(format!("a later round reads `{}`", self.of(changed)));
            }
        }
        let mentions = |name: &&str| rest.iter().any(|part| words(self.of(*part), name).next().is_some());
        let with_targets = self.round_names(node).iter().any(mentions);
        Ok(Taking::Use { first, awaited, name, with_targets })
    }

    /// Refuses statements that suspend, or leave the loop.
    fn refuse_leaving(&self, statements: &[Node]) -> Result<(), String> {
        const LEAVING: [&str; 9] = [
            "await",
            "yield",
            "break_statement",
            "return_statement",
            "raise_statement",
            "assert_statement",
            "global_statement",
            "nonlocal_statement",
            "function_definition",
        ];
        let mut parts = statements.iter().flat_map(|statement| descendants(*statement));
        match parts.find(|part| LEAVING.contains(&part.kind()) || is_async(*part)) {
            Some(part) => Err(format!("`{}` stands in its body", first_line(self.of(part)))),
            None => Ok(()),
        }
    }

    /// The names that code binds, or whose objects it may change.
    fn changed_in<'a>(&self, code: Node<'a>) -> Vec<Node<'a>> {
        let mut changed = Vec::new();
        for part in descendants(code) {
            let field = |name: &str| part.child_by_field_name(name);
            let targets = match part.kind() {
                "assignment" | "augmented_assignment" | "for_statement" | "for_in_clause" => field("left"),
                "named_expression" => field("name"),
                "call" => field("function").and_then(|function| function.child_by_field_name("object")),
                "delete_statement" => part.named_child(0),
                _ => None,
            };
            changed.extend(targets);
        }
        changed.into_iter().flat_map(roots).collect()
    }

    /// Whether a name is one of the function's own.
    fn is_local(&self, name: Node) -> bool {
        let Some(function) = self.function_of(name) else { return false };
        let names = self.names_of(function);
        let text = self.of(name);
        names.bound.contains_key(text) && !names.globals.contains(text) && !names.nonlocals.contains(text)
    }

    /// Refuses targets that are no local names of the loop alone.
    fn refuse_targets(&self, node: Node, targets: Node) -> Result<(), String> {
        let names: Vec<Node> = match targets.kind() {
            "identifier" => vec![targets],
            _ => named_children(targets).collect(),
        };
        if let Some(other) = names.iter().find(|name| name.kind() != "identifier") {
            return Err(format!("`{}` is no local name", self.of(*other)));
        }
        let function = self.function_of(node).ok_or("it is not in a function")?;
        let is_used = |name: &&Node| {
            let reads = self.reads(function, self.of(**name));
            reads.into_iter().any(|read| !node.byte_range().contains(&read.start_byte()))
        };
        match names.iter().find(is_used) {
            Some(name) => Err(format!("`{}` is used outside of the loop", self.of(*name))),
            None => Ok(()),
        }
    }

    /// `[await call for x in xs]`, `{key: await call for x in xs}`.
    fn awaiting_comprehension<'a>(&'a self, node: Node<'a>) -> Result<Iteration<'a>, String> {
        let body = node.child_by_field_name("body").ok_or("it is no comprehension")?;
        let (value, taking) = match (body.child_by_field_name("key"), body.child_by_field_name("value")) {
            (Some(key), Some(value)) => {
                self.refuse_key(key)?;
                (value, Taking::Value { key })
            }
            _ => (body, Taking::Element),
        };
        let awaited = Some(value).filter(|value| value.kind() == "await").ok_or("it does not await its elements")?;
        let call = awaited.named_child(0).filter(|call| call.kind() == "call").ok_or("it does not await a call")?;
        for clause in named_children(node).filter(|part| *part != body) {
            if clause.kind() == "for_in_clause" && is_async(clause) {
                return Err("it iterates asynchronously".to_owned());
            }
            self.refuse_suspensions(clause)?;
        }
        Ok(Iteration { taking, call, clause: None })
    }

    fn refuse_suspensions(&self, node: Node) -> Result<(), String> {
        let mut all = descendants(node);
        match all.find(|node| matches!(node.kind(), "await" | "yield" | "named_expression")) {
            Some(node) => Err(format!("`{}` happens in each round", self.of(node))),
            None => Ok(()),
        }
    }

    /// What keeps requests apart on purpose, around a node or in what it calls.
    pub(super) fn pace(&self, node: Node, conduct: &Conduct) -> Option<String> {
        let function = self.function_of(node).map_or("", |function| self.of(function)).to_ascii_lowercase();
        let own = PACES.iter().find(|word| function.contains(**word)).map(|word| (*word).to_owned());
        own.or_else(|| {
            let is_pace = |name: &&str| PACES.iter().any(|word| name.to_ascii_lowercase().contains(word));
            conduct.mentions.iter().map(|name| &**name).filter(is_pace).min().map(str::to_owned)
        })
    }

    /// Whether the code says of an iterable that it has a few elements at most.
    pub fn is_few(&self, iterable: Node) -> Answer {
        let few = |count: usize| count as i64 <= FEW;
        if let Some(values) = self.values_of(iterable).filter(|values| values.iter().all(|value| *value != iterable)) {
            return Answer::all_of(values.into_iter().map(|value| match value.kind() {
                "identifier" => Answer::No("nothing says how many there are".to_owned()),
                _ => self.is_few(value),
            }));
        }
        let is_few = match iterable.kind() {
            "list" | "tuple" | "set" | "dictionary" => {
                few(iterable.named_child_count()) && named_children(iterable).all(|item| !item.kind().contains("splat"))
            }
            "call" if self.called_name(iterable) == "range" => {
                let arguments = iterable.child_by_field_name("arguments").into_iter().flat_map(named_children);
                let bounds: Vec<Option<i64>> = arguments.map(|bound| self.of(bound).parse().ok()).collect();
                match bounds.as_slice() {
                    [Some(end)] => *end <= FEW,
                    [Some(start), Some(end)] => end - start <= FEW,
                    _ => false,
                }
            }
            _ => false,
        };
        if is_few { Answer::Yes } else { Answer::No("nothing says how many there are".to_owned()) }
    }
}

/// The names of what is written to: `a` of `a`, `a.b` and `a[i]`.
fn roots(target: Node) -> Vec<Node> {
    match target.kind() {
        "identifier" => vec![target],
        "attribute" => target.child_by_field_name("object").map(roots).unwrap_or_default(),
        "subscript" => target.child_by_field_name("value").map(roots).unwrap_or_default(),
        _ => named_children(target).flat_map(roots).collect(),
    }
}

/// The `await` whose result the first statement of a loop takes.
fn awaited_first(statement: Node) -> Option<Node> {
    let expression = statement.named_child(0).filter(|_| statement.kind() == "expression_statement")?;
    let value = match expression.kind() {
        "call" => expression.child_by_field_name("arguments").and_then(|arguments| arguments.named_child(0)),
        _ => expression.child_by_field_name("right"),
    };
    value.filter(|value| value.kind() == "await" && statement.named_child_count() == 1)
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
