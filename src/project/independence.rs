//! Which awaits that follow each other may wait side by side.
//!
//! In: a statement that binds what one `await` of a call gives. Out: the [`Run`] that begins with it, or why there is none. The members of a
//! run wait for something, change nothing that the others could see ([`super::conduct`]), and read nothing that an earlier one
//! binds. The elements of a display that are all awaited are such a run without names. No handler, transaction or test stands around: there, an order that shows is part of what the code means.

use crate::project::conduct::{Conduct, Trust};
use crate::project::{Answer, Module};
use crate::syntax::named_children;
use crate::text::{self, words};
use tree_sitter::Node;

/// A statement `target = await call`.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    pub statement: Node<'a>,
    pub target: Node<'a>,
    /// `: T` behind the target.
    pub annotation: Option<Node<'a>>,
    pub call: Node<'a>,
}

/// Statements that are independent of each other, and what keeps the next one from being so.
struct Part<'a> {
    members: Vec<Member<'a>>,
    raises: bool,
    obstacle: Option<String>,
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
        let members = self.members_around(statement)?;
        self.run_from(statement, &self.runs(&members, Trust::Proof), Answer::Unknown)
    }

    /// The run of awaits that begins with a statement and seems to be independent by the names in it, where that cannot be proved; an error is the
    /// answer that there is none.
    pub fn seemingly_independent_awaits<'a>(&'a self, statement: Node<'a>) -> Result<Run<'a>, Answer> {
        let members = self.members_around(statement)?;
        let proven = self.runs(&members, Trust::Proof);
        let is_proven = |member: &Member| {
            let own = proven.iter().find(|part| part.members.iter().any(|other| other.statement == member.statement));
            own.is_some_and(|part| part.members.len() > 1)
        };
        let parts = members.chunk_by(|one, other| is_proven(one) == is_proven(other));
        let open = parts.filter(|part| !is_proven(&part[0]));
        let runs: Vec<Part> = open.flat_map(|part| self.runs(part, Trust::Names)).collect();
        self.run_from(statement, &runs, Answer::No)
    }

    /// The calls that a display awaits, where it has no other elements and they are independent; an error is the answer that they are not.
    pub fn independent_elements<'a>(&self, display: Node<'a>) -> Result<Vec<Node<'a>>, Answer> {
        let calls = self.awaited_elements(display)?;
        match self.elements_obstacle(&calls, Trust::Proof) {
            Some(reason) => Err(Answer::Unknown(reason)),
            None => Ok(calls),
        }
    }

    /// The calls that a display awaits that seem to be independent by the names in them, where that cannot be proved; an error is the answer that
    /// they are not.
    pub fn seemingly_independent_elements<'a>(&self, display: Node<'a>) -> Result<Vec<Node<'a>>, Answer> {
        let calls = self.awaited_elements(display)?;
        if self.elements_obstacle(&calls, Trust::Proof).is_none() {
            return Err(Answer::No("it is proved that they are independent".to_owned()));
        }
        match self.elements_obstacle(&calls, Trust::Names) {
            Some(reason) => Err(Answer::No(reason)),
            None => Ok(calls),
        }
    }

    /// The calls that are awaited for the elements of a display that a statement returns or binds, or for the values of one with plain keys.
    fn awaited_elements<'a>(&self, display: Node<'a>) -> Result<Vec<Node<'a>>, Answer> {
        let no = |reason: &str| Answer::No(reason.to_owned());
        let statement = display.parent().filter(|outer| match outer.kind() {
            "return_statement" => true,
            "assignment" => {
                let is_value = outer.child_by_field_name("right") == Some(display);
                is_value && outer.parent().is_some_and(|it| it.kind() == "expression_statement")
            }
            _ => false,
        });
        let statement = statement.ok_or_else(|| no("no statement returns or binds it as it is"))?;
        let call = |element: Node<'a>| {
            let value = match element.kind() {
                "pair" => element.child_by_field_name("value").filter(|_| self.has_plain_key(element))?,
                _ => element,
            };
            value.named_child(0).filter(|call| value.kind() == "await" && call.kind() == "call")
        };
        let elements = named_children(display).filter(|element| element.kind() != "comment");
        let calls: Option<Vec<Node>> = elements.map(call).collect();
        let calls = calls.filter(|calls| calls.len() > 1).ok_or_else(|| no("not all of its elements await a call"))?;
        let target = statement.child_by_field_name("left");
        let bound: Vec<Node> = match target.map_or("", |target| target.kind()) {
            "pattern_list" | "tuple_pattern" => target.into_iter().flat_map(named_children).collect(),
            _ => target.into_iter().collect(),
        };
        match self.ordered_place(statement, &bound) {
            Some(reason) => Err(Answer::No(reason)),
            None => Ok(calls),
        }
    }

    /// Whether the key of a pair is a string as it is written.
    fn has_plain_key(&self, pair: Node) -> bool {
        let key = pair.child_by_field_name("key").filter(|key| key.kind() == "string");
        key.is_some_and(|key| named_children(key).all(|part| part.kind() != "interpolation"))
    }

    /// Why some calls cannot wait beside each other.
    fn elements_obstacle(&self, calls: &[Node], trust: Trust) -> Option<String> {
        let conducts: Result<Vec<Conduct>, String> =
            calls.iter().map(|call| self.waiting_conduct(*call, trust)).collect();
        let conducts = match conducts {
            Ok(conducts) => conducts,
            Err(reason) => return Some(reason),
        };
        let pairs =
            conducts.iter().enumerate().flat_map(|(at, one)| conducts[..at].iter().map(move |other| (one, other)));
        let object = pairs.filter_map(|(one, other)| one.shares(other)).next()?;
        Some(format!("{object} is asked by both, which may serve one at a time"))
    }

    /// The run that begins with a statement.
    fn run_from<'a>(
        &self,
        statement: Node,
        parts: &[Part<'a>],
        alone: fn(String) -> Answer,
    ) -> Result<Run<'a>, Answer> {
        let no = |reason: &str| Err(Answer::No(reason.to_owned()));
        let Some(part) = parts.iter().find(|part| part.members[0].statement == statement) else {
            return no("it belongs to a run that begins before it");
        };
        match (&part.obstacle, part.members.len()) {
            (Some(reason), 1) => Err(alone(reason.clone())),
            (None, 1) => no("it is the last of the awaits that follow each other"),
            _ => {
                let bound = bound_by(&part.members);
                if let Some(reason) = self.ordered_place(statement, &bound) {
                    return Err(Answer::No(reason));
                }
                let expects_errors =
                    part.raises || self.has_handler_around(statement) || self.has_handling_caller(statement);
                Ok(Run { members: part.members.clone(), expects_errors })
            }
        }
    }

    /// Statements that follow each other, in parts of which the members are independent.
    fn runs<'a>(&self, members: &[Member<'a>], trust: Trust) -> Vec<Part<'a>> {
        let conducts: Vec<Result<Conduct, String>> =
            members.iter().map(|member| self.waiting_conduct(member.call, trust)).collect();
        let mut parts = Vec::new();
        let mut first = 0;
        while first < members.len() {
            let mut end = first + 1;
            let mut obstacle = None;
            while end < members.len() && obstacle.is_none() {
                obstacle = self.obstacle(&members[first..=end], &conducts[first..=end]);
                end += usize::from(obstacle.is_none());
            }
            let raises = conducts[first..end].iter().flatten().any(|conduct| conduct.raises);
            parts.push(Part { members: members[first..end].to_vec(), raises, obstacle });
            first = end;
        }
        parts
    }

    /// The statements of this form around one, without any other between them.
    fn members_around<'a>(&self, statement: Node<'a>) -> Result<Vec<Member<'a>>, Answer> {
        let no = |reason: &str| Err(Answer::No(reason.to_owned()));
        let Some(block) = statement.parent().filter(|_| self.binding_await(statement).is_some()) else {
            return no("it does not bind what one `await` of a call gives");
        };
        let mut around = Vec::new();
        for each in named_children(block).filter(|each| each.kind() != "comment") {
            match self.binding_await(each) {
                Some(member) => around.push(member),
                None if each.start_byte() > statement.start_byte() => break,
                None => around.clear(),
            }
        }
        if around.len() < 2 {
            return no("the statements beside it await nothing");
        }
        match self.ordered_place(statement, &[]) {
            Some(reason) => Err(Answer::No(reason)),
            None => Ok(around),
        }
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

    /// What a call does, where it waits for something and its arguments do no more than give values.
    pub(super) fn waiting_conduct(&self, call: Node, trust: Trust) -> Result<Conduct, String> {
        let conduct = self.conduct_of(call, trust)?;
        if let Some(word) = self.pace(call, &conduct).filter(|_| trust == Trust::Names) {
            return Err(format!("`{word}` keeps the requests apart"));
        }
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
        let (conduct, others) = conducts.split_last()?;
        let conduct = conduct.as_ref().ok()?;
        if let Some(object) = others.iter().flatten().find_map(|other| conduct.shares(other)) {
            return Some(format!("{object} is asked by both, which may serve one at a time"));
        }
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
    pub(super) fn has_function_within(&self, node: Node) -> bool {
        let block = self.function_of(node).and_then(|function| self.block_of(function));
        block.is_some_and(|block| self.blocks_in(Some(block)).next().is_some())
    }
}

/// The targets of some members.
fn bound_by<'a>(members: &[Member<'a>]) -> Vec<Node<'a>> {
    let parts = |target: Node<'a>| match target.kind() {
        "pattern_list" | "tuple_pattern" => named_children(target).collect(),
        _ => vec![target],
    };
    members.iter().flat_map(|member| parts(member.target)).collect()
}
