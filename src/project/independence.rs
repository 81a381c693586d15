//! Which awaits that follow each other may wait side by side.
//!
//! In: a statement that binds what one `await` of a call gives. Out: the [`Run`] that begins with it, or why there is none. The members of a
//! run wait for something, change nothing that the others could see ([`super::conduct`]), and read nothing that an earlier one
//! binds. No handler, transaction or test stands around: there, an order that shows is part of what the code means.

use crate::outline::BlockKind;
use crate::project::conduct::Conduct;
use crate::project::{Answer, Module};
use crate::syntax::{ancestors, is_async, named_children};
use crate::text::{self, words};
use tree_sitter::Node;

/// What opens a transaction, in whatever library.
const TRANSACTIONS: [&str; 6] = ["transaction", "atomic", "begin", "begin_nested", "in_transaction", "savepoint"];

/// A statement `target = await call`.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    pub statement: Node<'a>,
    pub target: Node<'a>,
    /// `: T` behind the target.
    pub annotation: Option<Node<'a>>,
    pub call: Node<'a>,
}

/// Statements that follow each other, each independent of those before it.
#[derive(Debug)]
pub struct Run<'a> {
    pub members: Vec<Member<'a>>,
    /// Whether an exception of one is expected somewhere: one of them has a `raise`, or a caller handles some.
    pub expects_errors: bool,
}

impl Module<'_> {
    /// The run of independent awaits that begins with a statement; an error is the answer that there is none.
    pub fn independent_awaits<'a>(&'a self, statement: Node<'a>) -> Result<Run<'a>, Answer> {
        let no = |reason: &str| Err(Answer::No(reason.to_owned()));
        let Some(block) = statement.parent().filter(|_| self.binding_await(statement).is_some()) else {
            return no("it does not bind what one `await` of a call gives");
        };
        let members = self.members_around(block, statement);
        if members.len() < 2 {
            return no("the statements beside it await nothing");
        }
        if let Some(reason) = self.ordered_place(statement) {
            return Err(Answer::No(reason));
        }
        let conducts: Vec<Result<Conduct, String>> =
            members.iter().map(|member| self.waiting_conduct(member.call)).collect();
        let mut first = 0;
        while first < members.len() {
            let mut end = first + 1;
            let mut obstacle = None;
            while end < members.len() && obstacle.is_none() {
                obstacle = self.obstacle(&members[first..=end], &conducts[first..=end]);
                end += usize::from(obstacle.is_none());
            }
            if members[first].statement == statement {
                return match (end - first, obstacle) {
                    (1, Some(reason)) => Err(Answer::Unknown(reason)),
                    (1, None) => no("it is the last of the awaits that follow each other"),
                    _ => Ok(self.run(&members[first..end], &conducts[first..end])),
                };
            }
            first = end;
        }
        no("it belongs to a run that begins before it")
    }

    fn run<'a>(&self, members: &[Member<'a>], conducts: &[Result<Conduct, String>]) -> Run<'a> {
        let raises = conducts.iter().flatten().any(|conduct| conduct.raises);
        let expects_errors = raises || self.has_handling_caller(members[0].statement);
        Run { members: members.to_vec(), expects_errors }
    }

    /// The statements of this form around one, without any other between them.
    fn members_around<'a>(&self, block: Node<'a>, statement: Node<'a>) -> Vec<Member<'a>> {
        let mut around = Vec::new();
        for each in named_children(block).filter(|each| each.kind() != "comment") {
            match self.binding_await(each) {
                Some(member) => around.push(member),
                None if each.start_byte() > statement.start_byte() => break,
                None => around.clear(),
            }
        }
        around
    }

    fn binding_await<'a>(&self, statement: Node<'a>) -> Option<Member<'a>> {
        let assignment = statement.named_child(0).filter(|_| statement.kind() == "expression_statement")?;
        let is_alone = statement.named_child_count() == 1 && assignment.kind() == "assignment";
        let awaited = assignment.child_by_field_name("right").filter(|right| is_alone && right.kind() == "await")?;
        let call = awaited.named_child(0).filter(|call| call.kind() == "call" && awaited.named_child_count() == 1)?;
        let target = assignment.child_by_field_name("left")?;
        let is_on_own_lines = text::starts_its_line(self.text, statement.start_byte());
        let rest = &self.text[statement.end_byte()..text::line_end(self.text, statement.end_byte())];
        let is_last = rest.trim_start().is_empty() || rest.trim_start().starts_with('#');
        (is_on_own_lines && is_last).then_some(Member {
            statement,
            target,
            annotation: assignment.child_by_field_name("type"),
            call,
        })
    }

    /// Why the order of what happens at a place is part of what the code means.
    pub(super) fn ordered_place(&self, node: Node) -> Option<String> {
        let function = self.function_of(node)?;
        if !is_async(function) {
            return Some("it is not in a coroutine".to_owned());
        }
        let mut inner = node;
        for outer in ancestors(node).take_while(|outer| *outer != function) {
            let is_body = outer.child_by_field_name("body") == Some(inner);
            match outer.kind() {
                "try_statement" if is_body && named_children(outer).any(|part| part.kind().starts_with("except")) => {
                    return Some(format!(
                        "a `try` with handlers stands around it (line {})",
                        self.row(outer.start_byte())
                    ));
                }
                "with_statement" if is_body => {
                    if let Some(name) = self.transaction(outer) {
                        return Some(format!(
                            "`{name}` around it may be a transaction (line {})",
                            self.row(outer.start_byte())
                        ));
                    }
                }
                "finally_clause" => return Some("it is part of a cleanup".to_owned()),
                _ => {}
            }
            inner = outer;
        }
        self.stands_in_test(function).then(|| "a test shows an order".to_owned())
    }

    /// What a `with` statement enters that may be a transaction.
    fn transaction(&self, statement: Node) -> Option<String> {
        let clause = named_children(statement).find(|child| child.kind() == "with_clause")?;
        let values = named_children(clause).filter_map(|item| item.child_by_field_name("value"));
        let mut names = values.map(|value| {
            let value = if value.kind() == "as_pattern" { value.named_child(0).unwrap_or(value) } else { value };
            if value.kind() == "call" {
                self.called_name(value)
            } else {
                self.of(value).rsplit('.').next().unwrap_or_default()
            }
        });
        names.find(|name| TRANSACTIONS.iter().any(|word| name.to_ascii_lowercase().contains(word))).map(str::to_owned)
    }

    /// What a call does, where it waits for something and its arguments do no more than give values.
    pub(super) fn waiting_conduct(&self, call: Node) -> Result<Conduct, String> {
        let conduct = self.conduct_of(call)?;
        match conduct.waits {
            true => Ok(conduct),
            false => Err(format!("`{}` waits for nothing that is known to take time", self.called_name(call))),
        }
    }

    /// Why the last of some members cannot wait beside the others.
    fn obstacle(&self, members: &[Member], conducts: &[Result<Conduct, String>]) -> Option<String> {
        let (last, before) = members.split_last()?;
        if let Some(reason) = conducts.iter().find_map(|conduct| conduct.as_ref().err()) {
            return Some(reason.clone());
        }
        let conduct = conducts.last()?.as_ref().ok()?;
        before
            .iter()
            .chain([last])
            .find_map(|member| self.shared_target(*member))
            .or_else(|| before.iter().find_map(|member| self.dependence(*member, *last, conduct)))
    }

    /// Why others may see what a member binds.
    fn shared_target(&self, member: Member) -> Option<String> {
        let target = member.target;
        let function = self.function_of(target)?;
        let names = self.names_of(function);
        match target.kind() {
            "identifier" => {
                let name = self.of(target);
                let is_shared = names.globals.contains(name) || names.nonlocals.contains(name);
                is_shared.then(|| format!("`{name}` is a name that others see"))
            }
            "pattern_list" | "tuple_pattern" => {
                let mut parts = named_children(target);
                let other = parts.find(|part| part.kind() != "identifier")?;
                Some(format!("`{}` is no local name", self.of(other)))
            }
            "attribute" if target.child_by_field_name("object").is_some_and(|object| object.kind() == "identifier") => {
                None
            }
            _ => Some(format!("`{}` is no local name", self.of(target))),
        }
    }

    /// What the later of two members reads that the earlier one binds.
    fn dependence(&self, earlier: Member, later: Member, conduct: &Conduct) -> Option<String> {
        let bound: Vec<Node> = match earlier.target.kind() {
            "pattern_list" | "tuple_pattern" => named_children(earlier.target).collect(),
            "attribute" => earlier.target.child_by_field_name("attribute").into_iter().collect(),
            _ => vec![earlier.target],
        };
        bound.into_iter().map(|name| self.of(name)).find_map(|name| {
            if words(self.of(later.call), name).next().is_some() {
                return Some(format!("line {} reads `{name}`", self.row(later.call.start_byte())));
            }
            // A function that is local to this one sees its names, a method the attributes.
            let is_seen = earlier.target.kind() == "attribute" || self.has_function_within(earlier.statement);
            (is_seen && conduct.mentions.contains(name))
                .then(|| format!("`{}` reads `{name}`", self.called_name(later.call)))
        })
    }

    /// Whether the function around a node has another inside.
    fn has_function_within(&self, node: Node) -> bool {
        let block = self.function_of(node).and_then(|function| self.block_of(function));
        block.is_some_and(|block| self.blocks_in(Some(block)).next().is_some())
    }

    /// Whether some caller in the file of the function around a node awaits it where a handler stands around.
    fn has_handling_caller(&self, node: Node) -> bool {
        let Some(block) = self.function_of(node).and_then(|function| self.block_of(function)) else { return false };
        let (name, own) = (self.name_of(block), self.outline.blocks[block as usize].name.start);
        let is_function = matches!(self.outline.blocks[block as usize].kind, BlockKind::Function { .. });
        words(self.text, name).filter(|at| is_function && *at != own).any(|at| {
            let node = self.node_at(text::Span::new(at, at + name.len()));
            let around = node
                .into_iter()
                .flat_map(|node| ancestors(node).take_while(|outer| outer.kind() != "function_definition"));
            around.filter(|outer| outer.kind() == "try_statement").any(|statement| {
                let is_body = statement.child_by_field_name("body").is_some_and(|body| body.byte_range().contains(&at));
                is_body && named_children(statement).any(|part| part.kind().starts_with("except"))
            })
        })
    }
}
