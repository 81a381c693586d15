//! A codemod is one page: why, what to match, what to change, and the proof.
//!
//! [`page`] reads a page of Markdown into values and refuses every mistake with its line and column. [`query`] compiles
//! the tree-sitter queries on first need. [`predicates`] and [`operations`] are the closed vocabulary that pages speak;
//! each entry is one plain function with a sentence of documentation. [`template`] makes text. [`catalogue`] holds the
//! pages of a run; [`trigger`], `awaitables`, `blocking`, `makers`, `mentions`, `suites` and [`candidates`] tell which regions of a
//! file could mean work for them. [`matching`] finds the places in one [`crate::project::Module`] and [`planning`] says what
//! to do there. [`example`] reads the examples that [`crate::playing`] plays.
//!
//! The larger operations have rooms of their own: [`asynchronous`] puts `async` and `await`, [`enclosing`] and `entering` move
//! the rest of a block, `offloading` moves a call to a thread (`extracting` a whole statement, where `movable` allows it),
//! `pacing` lets others run, `exchanging` gives a name an object of another kind, [`grouping`] and `concurrent` make work run side by side, `handling` minds failures and their
//! handlers, and [`propagating`] spreads over files, or [`twinning`] beside what stays.
//!
//! No page has a Rust module of its own, and nothing here touches a file.

pub mod asynchronous;
mod awaitables;
mod awaits;
mod blocking;
pub mod candidates;
pub mod catalogue;
mod concurrent;
pub mod enclosing;
mod entering;
pub mod example;
mod exchanging;
mod extracting;
mod gathering;
pub mod grouping;
mod handling;
mod makers;
pub mod matching;
mod mentions;
mod movable;
mod offloading;
pub mod operations;
mod pacing;
pub mod page;
pub mod planning;
pub mod predicates;
pub mod propagating;
pub mod query;
pub mod regions;
mod replacing;
mod statements;
mod suites;
mod swapping;
pub mod template;
pub mod trigger;
pub mod twinning;
mod unasync;

pub use catalogue::Catalogue;
pub use page::{Page, PageError};
