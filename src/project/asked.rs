//! What a run is going to ask: each answer needs an index of names that is made of all files, and only then.

use crate::project::blocking::Own;

/// What somebody is going to ask about names.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'o> {
    /// Which may stand for something asynchronous.
    pub names: bool,
    /// Which get to a call that blocks, or to what runs an event loop.
    pub descents: bool,
    /// What a configuration says of what blocks.
    pub own: Option<&'o Own>,
}

impl<'o> Asked<'o> {
    pub const ALL: Asked<'static> = Asked { names: true, descents: true, own: None };

    /// The same where a configuration says something of what blocks.
    pub fn with(self, own: &'o Own) -> Asked<'o> {
        Asked { own: (!own.is_empty()).then_some(own), ..self }
    }
}
