//! What becomes, in its function, of the coroutine that a call makes.
//!
//! In: the call. Out: a [`Lifecycle`]: the call's own [`Sink`], or those of the local that it is bound to, over all the
//! reads that the binding reaches. A coroutine that is awaited anywhere under that name is nobody's to await again, so
//! that one `await` in one branch ends all doubt; so does whoever treats it as the coroutine that it is.
//!
//! Nothing here asks whether the call makes a coroutine: that is the other half of the question.

use crate::project::handover::{Welcome, speaks_of_coroutines};
use crate::project::linked::Origin;
use crate::project::scopes::{BindingKind, Scope};
use crate::project::sinks::{Effect, Escape, Sink, Use};
use crate::project::types::Type;
use crate::project::{Answer, Module, Row};
use crate::syntax::descendants;
use crate::text::Span;
use tree_sitter::Node;

/// The end of a coroutine, as far as its function tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Awaited, or handed to somebody who may await it.
    Kept,
    /// Not to be known.
    Unclear,
    /// The value of a statement, or an element of one: no name and no container keeps it.
    Dropped,
    /// Bound to a local that nothing reads before it is bound again.
    Unread,
    /// Used, now or under its local's name, only in ways that raise.
    Raises,
    /// Used as a value in a way that goes on with the coroutine object instead.
    Misleads,
    /// Used as a value, and handed on beside that.
    Misused,
    /// Handed, by way of a local, to what certainly wants a value, and not used otherwise.
    Refused,
    /// Bound to a local and only handed on, to whom nobody knows.
    HandedOn,
    /// Returned by the function, and nothing else.
    Returned,
}

impl Fate {
    /// The word that pages use for it; none where they do not ask for it.
    fn word(self) -> Option<&'static str> {
        match self {
            Fate::Dropped => Some("dropped"),
            Fate::Unread => Some("unread"),
            Fate::Raises => Some("raises"),
            Fate::Misleads => Some("misleads"),
            Fate::Misused => Some("misused"),
            Fate::Refused => Some("refused"),
            Fate::HandedOn => Some("handed-on"),
            Fate::Returned => Some("returned"),
            Fate::Kept | Fate::Unclear => None,
        }
    }
}

/// What becomes of a coroutine, and how it is told.
#[derive(Debug)]
pub struct Lifecycle<'a> {
    pub fate: Fate,
    /// A clause: "`text` is compared on line 12".
    pub clause: String,
    /// The ways out of the function that it takes, in source order.
    pub escapes: Vec<Escape<'a>>,
}

/// Everything that is done with a local, or with what a container holds.
#[derive(Default)]
pub(super) struct Uses<'a> {
    pub values: Vec<Use<'a>>,
    pub escapes: Vec<Escape<'a>>,
    /// Why the coroutine is in good hands, or why nobody can tell.
    pub excuse: Option<String>,
    /// It is asked for something that a coroutine or a task has, among others.
    pub is_shared: bool,
    /// Where code uses it that runs later: a closure, a generator.
    pub later: Option<Row>,
}

/// The places that read a local.
struct Reads<'a> {
    /// Those that the binding reaches while the function runs.
    now: Vec<Node<'a>>,
    /// Those of code that runs later, whatever is bound then.
    later: Vec<Node<'a>>,
}

/// How many names are followed from a coroutine to its uses.
const DEPTH: usize = 3;

impl Module<'_> {
    /// Whether one of the `words` tells what becomes of the coroutine that a call makes.
    pub fn fate_is(&self, call: Node, words: &[&str]) -> Answer {
        let found = self.lifecycle(call);
        if found.fate == Fate::Unclear {
            return Answer::Unknown(found.clause);
        }
        match found.fate.word().is_some_and(|word| words.contains(&word)) {
            true => Answer::Yes,
            false => Answer::No(found.clause),
        }
    }

    /// The ways out of its function that the coroutine takes, directly or under its local's name, where it takes one and is
    /// neither awaited nor used as a value: each argument of a call with its place, each `return`, each attribute or item
    /// that it is stored in. None where one of them is something else (`yield`, a container, a closure), or in doubt.
    ///
    /// Who knows the callee's parameters, the function's callers or the attribute's other uses can judge whether a coroutine
    /// is welcome there; what an annotation in this file forbids is a use as a value already.
    pub fn escapes_only_as<'a>(&'a self, call: Node<'a>) -> Option<Vec<Escape<'a>>> {
        let found = self.lifecycle(call);
        let told = found.escapes.iter().all(|escape| !matches!(escape, Escape::Elsewhere(_)));
        let is_alone = matches!(found.fate, Fate::Kept | Fate::Returned | Fate::Refused | Fate::HandedOn);
        (is_alone && told && !found.escapes.is_empty()).then_some(found.escapes)
    }

    /// What becomes of the coroutine that a call makes.
    pub fn lifecycle<'a>(&'a self, call: Node<'a>) -> Lifecycle<'a> {
        match self.sink(call) {
            Sink::Awaited => kept("it is awaited"),
            Sink::Inspected | Sink::Shared => kept("it is treated as a coroutine or a task"),
            Sink::Dropped => Lifecycle { fate: Fate::Dropped, clause: "nothing keeps it".to_owned(), escapes: vec![] },
            Sink::Value(used) => {
                let fate = if used.effect == Effect::Raises { Fate::Raises } else { Fate::Misleads };
                Lifecycle { fate, clause: format!("it {}", used.what), escapes: vec![] }
            }
            Sink::Bound(name) => self.judged(name, self.uses_of_local(name, DEPTH)),
            Sink::Walrus(name, around) => {
                let mut uses = self.uses_of_local(name, DEPTH);
                self.add_sink(self.sink(around), &mut uses, DEPTH);
                self.judged(name, uses)
            }
            Sink::Element(container) => self.judged_element(container),
            Sink::Several(sinks) => {
                let name = sinks.iter().find_map(|sink| if let Sink::Bound(name) = sink { Some(*name) } else { None });
                let Some(name) = name else { return kept("it is stored in several places") };
                let mut uses = Uses::default();
                sinks.into_iter().for_each(|sink| self.add_sink(sink, &mut uses, DEPTH));
                self.judged(name, uses)
            }
            Sink::Escape(escape) => match self.welcome(&escape) {
                Welcome::Refused(what) if !matches!(escape, Escape::Return(_)) => {
                    Lifecycle { fate: Fate::Refused, clause: format!("it {what}"), escapes: vec![escape] }
                }
                Welcome::Unknown if matches!(escape, Escape::Stored(target) if self.is_known_attribute(target)) => {
                    Lifecycle {
                        fate: Fate::HandedOn,
                        clause: "it is stored, and nothing shows that anybody awaits it".to_owned(),
                        escapes: vec![escape],
                    }
                }
                _ => Lifecycle {
                    fate: if matches!(escape, Escape::Return(_)) { Fate::Returned } else { Fate::Kept },
                    clause: "it is handed on".to_owned(),
                    escapes: vec![escape],
                },
            },
        }
    }

    fn judged_element<'a>(&'a self, container: Node<'a>) -> Lifecycle<'a> {
        let mut uses = Uses::default();
        if let Some(name) = self.add_container_sink(container, &mut uses, DEPTH) {
            let found = self.judged(name, uses);
            // Who hands on a container may hand on what is to be awaited in it.
            let is_alone = matches!(found.fate, Fate::HandedOn | Fate::Refused);
            return if is_alone { kept(&found.clause) } else { found };
        }
        let clause = |used: &Use| format!("what holds it {}", used.what);
        match (&uses.excuse, uses.values.first(), uses.escapes.is_empty()) {
            (Some(excuse), ..) => kept(excuse),
            (None, Some(used), true) => Lifecycle {
                fate: if used.effect == Effect::Raises { Fate::Raises } else { Fate::Misleads },
                clause: clause(used),
                escapes: vec![],
            },
            (None, None, true) => Lifecycle { fate: Fate::Dropped, clause: "nothing keeps it".into(), escapes: vec![] },
            // The coroutine leaves in a container, not by itself.
            _ => kept("it is handed on in a container"),
        }
    }

    /// What the uses of the local at `name` come to.
    fn judged<'a>(&'a self, name: Node<'a>, uses: Uses<'a>) -> Lifecycle<'a> {
        let local = self.of(name);
        if let Some(excuse) = uses.excuse {
            return kept(&excuse);
        }
        let raises = uses.values.iter().any(|used| used.effect == Effect::Raises);
        if let Some(row) = uses.later.filter(|_| !raises) {
            return kept(&format!("code that runs later uses `{local}`, on line {row}"));
        }
        let is_only_asked = |used: &Use| matches!(used.what.as_str(), "is compared" | "is tested for truth");
        let handed_over = match uses.values.iter().all(|used| used.effect == Effect::Tests || is_only_asked(used)) {
            true => self.handed_over(name, &uses.escapes),
            false => None,
        };
        if uses.is_shared && !raises && !matches!(handed_over, Some((Fate::Refused, _))) {
            return kept("it is treated as a coroutine or a task");
        }
        if let Some((fate, clause)) = handed_over {
            return Lifecycle { fate, clause, escapes: uses.escapes };
        }
        if uses.values.iter().all(is_only_asked)
            && uses.escapes.iter().any(|escape| self.welcome(escape) == Welcome::Taken)
        {
            return Lifecycle { escapes: uses.escapes, ..kept(&format!("`{local}` is given to what may await it")) };
        }
        if !raises && uses.escapes.iter().any(|escape| self.is_awaited_with(escape)) {
            return Lifecycle { escapes: uses.escapes, ..kept(&format!("`{local}` is given to what is awaited")) };
        }
        let strong = uses.values.iter().find(|used| used.effect != Effect::Tests);
        let told = |used: &Use| format!("`{local}` {} on line {}", used.what, self.row(used.at.start_byte()));
        let returned = uses.escapes.iter().find_map(|escape| match escape {
            Escape::Return(statement) if self.returns_value(*statement) => Some(*statement),
            _ => None,
        });
        let (fate, clause) = match (strong, returned, uses.values.first()) {
            (None, None, Some(used)) if uses.escapes.is_empty() => (Fate::Misleads, told(used)),
            (None, Some(statement), _) => {
                let row = self.row(statement.start_byte());
                (Fate::Misused, format!("`{local}` is returned as a value on line {row}"))
            }
            (None, None, None) if uses.escapes.is_empty() => (Fate::Unread, format!("nothing reads `{local}`")),
            (None, None, _) => (Fate::Kept, format!("`{local}` is handed on")),
            (Some(used), ..) if !uses.escapes.is_empty() || uses.is_shared || uses.later.is_some() => {
                (Fate::Misused, told(used))
            }
            (Some(used), ..) if uses.values.iter().all(|used| used.effect == Effect::Raises) => {
                (Fate::Raises, told(used))
            }
            (Some(used), ..) => (Fate::Misleads, told(used)),
        };
        Lifecycle { fate, clause, escapes: uses.escapes }
    }

    /// What comes of a local that holds a coroutine and is only handed on.
    fn handed_over(&self, name: Node, escapes: &[Escape]) -> Option<(Fate, String)> {
        let local = self.of(name);
        let welcomes: Vec<Welcome> = escapes.iter().map(|escape| self.welcome(escape)).collect();
        if escapes.is_empty() || speaks_of_coroutines(local) || welcomes.contains(&Welcome::Taken) {
            return None;
        }
        if self.may_hold_anything(name) {
            return None;
        }
        let refused = welcomes.iter().zip(escapes).find_map(|(welcome, escape)| match welcome {
            Welcome::Refused(what) => Some((what, self.row(escape.at().start_byte()))),
            _ => None,
        });
        if let Some((what, row)) = refused {
            return Some((Fate::Refused, format!("`{local}` {what} on line {row}")));
        }
        if let Some(row) = self.is_value_elsewhere(name) {
            return Some((Fate::Refused, format!("`{local}` holds what is awaited on line {row}")));
        }
        Some((Fate::HandedOn, format!("`{local}` is only handed on, and nothing shows that anybody awaits it")))
    }

    /// Whether a node is the attribute of an object whose class is the project's own.
    fn is_known_attribute(&self, node: Node) -> bool {
        let Some((inference, _)) = self.inference() else { return false };
        let object = node.child_by_field_name("object").filter(|_| node.kind() == "attribute");
        object.is_some_and(|object| match self.infer(object) {
            Type::Instance(class, _) | Type::Class(class, _) => inference.entry(class.module).origin == Origin::Run,
            _ => false,
        })
    }

    /// Whether an annotation of the local at `name` leaves open what it holds.
    fn may_hold_anything(&self, name: Node) -> bool {
        let local = self.of(name);
        let Some(function) = self.function_of(name) else { return false };
        descendants(function).filter(|node| node.kind() == "assignment").any(|assignment| {
            let field = |field: &str| assignment.child_by_field_name(field).map(|node| self.of(node));
            let is_open = |annotation: &str| matches!(annotation.rsplit('.').next(), Some("Any" | "object"));
            field("left") == Some(local) && field("type").is_some_and(is_open)
        })
    }

    /// Whether the escape is into a call that is awaited, and so may await what it is given.
    fn is_awaited_with(&self, escape: &Escape) -> bool {
        matches!(escape, Escape::Argument { call, .. } if matches!(self.sink(*call), Sink::Awaited))
    }

    /// Whether a `return` stands in a coroutine that says it gives a value.
    pub fn returns_value(&self, statement: Node) -> bool {
        self.function_of(statement)
            .and_then(|function| function.child_by_field_name("return_type"))
            .is_some_and(|annotation| self.is_annotated_as_value(annotation))
    }

    /// Everything that is done with the coroutine that is bound to a local at `name`.
    pub(super) fn uses_of_local<'a>(&'a self, name: Node<'a>, depth: usize) -> Uses<'a> {
        match self.all_reads(name) {
            Ok(reads) if depth > 0 => {
                let later = reads.later.first().map(|read| self.row(read.start_byte()));
                let mut uses = Uses { later, ..Uses::default() };
                let is_only_binding = self.lookup(self.of(name), name).is_some_and(|found| found.bindings.len() == 1);
                let later = reads.later.into_iter().filter(|_| is_only_binding);
                for read in reads.now.into_iter().chain(later) {
                    let mut sink = self.sink(read);
                    // Asking whether there is a coroutine makes sense only where there may be something else.
                    if let Sink::Value(used) = &mut sink
                        && used.effect == Effect::Tests
                        && self.is_sole_value(name, read)
                    {
                        used.effect = Effect::Misleads;
                    }
                    self.add_sink(sink, &mut uses, depth - 1);
                }
                uses
            }
            Ok(_) => excused("it goes through too many names"),
            Err(reason) => Uses { excuse: Some(reason), ..Uses::default() },
        }
    }

    /// The reads that the binding of a local at `name` reaches. An error where it is awaited or is a closure's too, where it
    /// is no plain local, or where its flow is not told.
    pub(super) fn reads_of_binding<'a>(&'a self, name: Node<'a>) -> Result<Vec<Node<'a>>, String> {
        let reads = self.all_reads(name)?;
        match reads.later.first() {
            Some(read) => {
                let row = self.row(read.start_byte());
                Err(format!("code that runs later uses `{}`, on line {row}", self.of(name)))
            }
            None => Ok(reads.now),
        }
    }

    /// The reads of a local that is bound at `name`. An error where what is bound there is awaited, now or later, or treated
    /// as a coroutine by what runs later, where it is no plain local, or where its flow is not told.
    fn all_reads<'a>(&'a self, name: Node<'a>) -> Result<Reads<'a>, String> {
        let local = self.of(name);
        let function = match self.scope_of(name) {
            Scope::Function(function) if function.kind() == "function_definition" => function,
            _ => return Err(format!("`{local}` is not a local of a function")),
        };
        let names = self.names_of(function);
        if names.globals.contains(local) || names.nonlocals.contains(local) {
            return Err(format!("`{local}` is not a local: others can read it"));
        }
        if self.mentions_locals(function) {
            return Err("`locals()` or `exec` can read it".to_owned());
        }
        if let Some(annotation) = name.parent().and_then(|assignment| assignment.child_by_field_name("type"))
            && !self.is_annotated_as_value(annotation)
            && ["Await", "Corout", "Future", "Task"].iter().any(|word| self.of(annotation).contains(word))
        {
            return Err(format!("`{local}` is annotated as awaitable"));
        }
        let is_delayed =
            |read: Node| self.generators_around(read).iter().any(|around| !self.is_consumed_at_once(*around));
        let (now, mut later): (Vec<Node>, Vec<Node>) =
            self.reached_reads(name, function)?.into_iter().partition(|read| !is_delayed(*read));
        let of_closures = self
            .reads(function, local)
            .into_iter()
            .filter(|read| self.function_of(*read) != Some(function) && self.is_same_variable(*read, local, function));
        later.extend(of_closures);
        let row = |read: &Node| self.row(read.start_byte());
        if let Some(read) = now.iter().chain(&later).find(|read| matches!(self.sink(**read), Sink::Awaited)) {
            return Err(format!("`{local}` is awaited on line {}", row(read)));
        }
        if let Some(read) = later.iter().find(|read| matches!(self.sink(**read), Sink::Inspected | Sink::Shared)) {
            return Err(format!("code that runs later uses `{local}`, on line {}", row(read)));
        }
        Ok(Reads { now, later })
    }

    /// Whether nothing but what the binding at `name` assigns comes to `read`.
    fn is_sole_value<'a>(&'a self, name: Node<'a>, read: Node<'a>) -> bool {
        let is_certain = name
            .parent()
            .and_then(|binding| binding.child_by_field_name("right").or_else(|| binding.child_by_field_name("value")))
            .is_some_and(|value| matches!(value.kind(), "call" | "identifier"));
        let Some(function) = self.function_of(name).filter(|_| is_certain) else { return false };
        let names = self.names_of(function);
        let others = names.bound.get(self.of(name)).into_iter().flatten().filter(|other| other.at != name.start_byte());
        others.into_iter().all(|other| {
            let node = self.node_at(Span::new(other.at, other.at + self.of(name).len()));
            !matches!(other.kind, BindingKind::Parameter(_))
                && node.is_some_and(|node| self.reached_reads(node, function).is_ok_and(|reads| !reads.contains(&read)))
        })
    }

    fn is_same_variable(&self, read: Node, local: &str, function: Node) -> bool {
        match self.lookup(local, read).map(|found| found.scope) {
            Some(Scope::Function(scope)) => scope == function,
            _ => false,
        }
    }

    /// Adds what one place does with the coroutine.
    pub(super) fn add_sink<'a>(&'a self, sink: Sink<'a>, uses: &mut Uses<'a>, depth: usize) {
        match sink {
            Sink::Awaited => uses.excuse = Some("it is awaited".to_owned()),
            Sink::Shared => uses.is_shared = true,
            Sink::Inspected => uses.excuse = Some("it is treated as a coroutine or a task".to_owned()),
            Sink::Value(used) => uses.values.push(used),
            Sink::Bound(name) => uses.absorb(self.uses_of_local(name, depth)),
            Sink::Several(sinks) => sinks.into_iter().for_each(|sink| self.add_sink(sink, uses, depth)),
            Sink::Walrus(name, around) => {
                uses.absorb(self.uses_of_local(name, depth));
                if depth > 0 {
                    self.add_sink(self.sink(around), uses, depth - 1);
                }
            }
            Sink::Element(container) => {
                if depth == 0 {
                    uses.excuse = Some("it goes through too many names".to_owned());
                } else {
                    self.add_container_sink(container, uses, depth - 1);
                }
            }
            Sink::Dropped => {}
            Sink::Escape(escape) => uses.escapes.push(escape),
        }
    }
}

impl<'a> Uses<'a> {
    pub(super) fn absorb(&mut self, more: Uses<'a>) {
        self.values.extend(more.values);
        self.escapes.extend(more.escapes);
        self.is_shared |= more.is_shared;
        self.later = self.later.or(more.later);
        self.excuse = self.excuse.take().or(more.excuse);
    }
}

pub(super) fn excused<'a>(reason: &str) -> Uses<'a> {
    Uses { excuse: Some(reason.to_owned()), ..Uses::default() }
}

fn kept<'a>(clause: &str) -> Lifecycle<'a> {
    Lifecycle { fate: Fate::Kept, clause: clause.to_owned(), escapes: Vec::new() }
}
