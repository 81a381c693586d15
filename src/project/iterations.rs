//! Which awaits in a loop may wait side by side.
//!
//! In: a `for` loop that does nothing but append what it awaits to a list, or a list comprehension that awaits its elements. Out: the
//! [`Iteration`], or why its rounds may depend on each other. The call that is awaited has to wait for something and to change nothing
//! that others could see ([`super::conduct`]); nothing that it reads may be what the loop makes.

use crate::project::conduct::Conduct;
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
    /// The list that a loop appends to; none for a comprehension.
    pub list: Option<Node<'a>>,
    /// What is called for each round.
    pub call: Node<'a>,
    /// The targets and the iterable of a loop; none for a comprehension.
    pub clause: Option<(Node<'a>, Node<'a>)>,
}

impl Module<'_> {
    /// What a loop or a comprehension awaits each round, where no round needs another; an error is the answer that one may.
    pub fn independent_iterations<'a>(&'a self, node: Node<'a>) -> Result<Iteration<'a>, Answer> {
        let no = |reason: String| Answer::No(reason);
        let iteration = match node.kind() {
            "for_statement" => self.appending_loop(node).map_err(no)?,
            _ => self.awaiting_comprehension(node).map_err(no)?,
        };
        if let Some(reason) = self.ordered_place(node) {
            return Err(no(reason));
        }
        let conduct = self.waiting_conduct(iteration.call).map_err(Answer::Unknown)?;
        if let Some(word) = self.pace(node, &conduct) {
            return Err(no(format!("`{word}` keeps the requests apart")));
        }
        Ok(iteration)
    }

    /// `for x in xs: list.append(await call)`, and nothing else.
    fn appending_loop<'a>(&'a self, node: Node<'a>) -> Result<Iteration<'a>, String> {
        let field = |name: &str| node.child_by_field_name(name).ok_or_else(|| "it is no loop".to_owned());
        let (targets, iterable, body) = (field("left")?, field("right")?, field("body")?);
        if is_async(node) || node.child_by_field_name("alternative").is_some() {
            return Err("it is no plain loop".to_owned());
        }
        let only = |node: Node<'a>| node.named_child(0).filter(|_| node.named_child_count() == 1);
        let call = only(body).filter(|statement| statement.kind() == "expression_statement").and_then(only);
        let call =
            call.filter(|call| call.kind() == "call").ok_or("its body does more than to append what it awaits")?;
        let list = call
            .child_by_field_name("function")
            .filter(|function| function.kind() == "attribute")
            .filter(|_| self.called_name(call) == "append");
        let list = list
            .and_then(|function| function.child_by_field_name("object"))
            .ok_or("its body does more than to append what it awaits")?;
        let awaited =
            call.child_by_field_name("arguments").and_then(only).filter(|argument| argument.kind() == "await");
        let awaited = awaited
            .and_then(only)
            .filter(|call| call.kind() == "call")
            .ok_or("its body does more than to append what it awaits")?;
        let name = self.of(list);
        if list.kind() != "identifier" || !self.is_own(list, None) {
            return Err(format!("others may see `{name}` while it grows"));
        }
        if [awaited, iterable].iter().any(|part| words(self.of(*part), name).next().is_some()) {
            return Err(format!("it reads `{name}`"));
        }
        self.refuse_targets(node, targets)?;
        self.refuse_suspensions(iterable)?;
        Ok(Iteration { list: Some(list), call: awaited, clause: Some((targets, iterable)) })
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

    /// `[await call for x in xs]`.
    fn awaiting_comprehension<'a>(&'a self, node: Node<'a>) -> Result<Iteration<'a>, String> {
        let body = node
            .child_by_field_name("body")
            .filter(|body| body.kind() == "await")
            .ok_or("it does not await its elements")?;
        let call = body.named_child(0).filter(|call| call.kind() == "call").ok_or("it does not await a call")?;
        let clauses = named_children(node).filter(|part| *part != body);
        for clause in clauses {
            if clause.kind() == "for_in_clause" && is_async(clause) {
                return Err("it iterates asynchronously".to_owned());
            }
            self.refuse_suspensions(clause)?;
        }
        Ok(Iteration { list: None, call, clause: None })
    }

    fn refuse_suspensions(&self, node: Node) -> Result<(), String> {
        let mut all = descendants(node);
        match all.find(|node| matches!(node.kind(), "await" | "yield" | "named_expression")) {
            Some(node) => Err(format!("`{}` happens in each round", self.of(node))),
            None => Ok(()),
        }
    }

    /// What keeps requests apart on purpose, around a node or in what it calls.
    fn pace(&self, node: Node, conduct: &Conduct) -> Option<String> {
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
