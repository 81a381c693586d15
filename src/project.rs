//! What the names of a file mean: its semantics, three-valued.
//!
//! A [`Module`] is one file: its text, its outline and the trees of the regions that somebody asked about. On it stand
//! [`scopes`] and [`bindings`] (who binds a name), [`names`] (what a name or an attribute chain refers to), [`execution`] (which
//! function runs a node, and whether that is a coroutine), [`awaitables`] and [`protocols`] (what is awaited, iterated,
//! entered or called asynchronously), [`unawaitable`] (what is not), [`lifecycle`], [`reuse`] and [`values`] (what becomes of a value) and
//! [`suspension`] (what an `await` would disturb) and [`blocks`] (what blocks the event loop), [`descent`] (what plain functions get to) and `affinity` (what has to stay in its thread),
//! [`gathering`], [`siblings`] and [`groups`] (what runs side by side, and what is around it), [`independence`] and [`iterations`] (what could), with [`conduct`] (what a call does) and `presumption` (what its
//! name speaks of), [`cancellation`] (who takes it) and [`observation`] (who sees a task fail); [`blocking`], [`standard`] and [`library`] hold the facts about the standard
//! library and its kin. What can be in doubt is answered with an [`Answer`]: unknown is one, with its reason.
//!
//! All files together are a [`linked::Project`], made of their summaries; [`inference`] tells what an expression is, and
//! [`quick`] what can be told of it without a tree.
//!
//! Across files, [`layout`] says which file a module's name means. What is installed is handed in ([`linked::Packages`]).
//!
//! Nothing here knows a page or an edit.

mod affinity;
pub mod annotations;
pub mod arguments;
pub mod arity;
pub mod asked;
pub mod awaitables;
pub mod bindings;
pub mod blocking;
pub mod blocks;
mod bodies;
pub mod callers;
pub mod cancellation;
pub mod changes;
pub mod classes;
pub mod conduct;
pub mod decorators;
mod dependencies;
pub mod descent;
mod dotted;
mod effects;
pub mod elements;
mod elsewhere;
pub mod execution;
pub mod expression;
mod facts;
pub mod flow;
mod foreign;
pub mod frames;
pub mod gathering;
mod generics;
pub mod groups;
mod handover;
mod harmless;
pub mod independence;
pub mod index;
pub mod indivisible;
pub mod inference;
pub mod iterations;
mod kept;
mod known_calls;
pub mod layout;
pub mod library;
pub mod lifecycle;
pub mod linked;
pub mod loops;
pub mod members;
pub mod module;
pub mod names;
pub mod narrowing;
pub mod observation;
mod order;
mod own;
mod pairs;
mod passed;
mod presumption;
pub mod propagation;
pub mod protocols;
pub mod published;
pub mod quick;
mod reaching;
pub mod reads;
mod repetition;
mod resources;
pub mod results;
pub mod reuse;
pub mod scopes;
pub mod shorthand;
pub mod siblings;
pub mod sinks;
mod sources;
mod spawning;
pub mod standard;
mod starvation;
pub mod suspension;
pub mod texts;
pub mod types;
pub mod unawaitable;
pub mod usages;
pub mod values;
pub mod vocabulary;

pub use module::{Module, Row};

/// Yes, no, or unknown; the last two with the reason, as a clause without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Yes,
    No(String),
    Unknown(String),
}

impl Answer {
    /// What can be said of a file that belongs to no project.
    fn alone() -> Answer {
        Answer::Unknown("the file is looked at alone".to_owned())
    }

    /// Turns yes into no and no into yes; unknown stays unknown.
    pub fn negated(self) -> Answer {
        match self {
            Answer::Yes => Answer::No("it does".to_owned()),
            Answer::No(_) => Answer::Yes,
            unknown => unknown,
        }
    }

    /// What several possible meanings say together: they have to agree.
    pub fn all_of(answers: impl IntoIterator<Item = Answer>) -> Answer {
        answers
            .into_iter()
            .reduce(|one, other| match (one, other) {
                (Answer::Unknown(reason), _) | (_, Answer::Unknown(reason)) => Answer::Unknown(reason),
                (Answer::Yes, Answer::Yes) => Answer::Yes,
                (Answer::No(reason), Answer::No(_)) => Answer::No(reason),
                (Answer::No(reason), Answer::Yes) | (Answer::Yes, Answer::No(reason)) => {
                    Answer::Unknown(format!("it is bound more than once, and {reason}"))
                }
            })
            .unwrap_or_else(|| Answer::Unknown("nothing binds it".to_owned()))
    }
}
