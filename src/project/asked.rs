//! What a run is going to ask: each answer needs an index of names that is made of all files, and only then.

/// What somebody is going to ask about names.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Which may stand for something asynchronous.
    pub names: bool,
    /// Which may get to a call that blocks.
    pub descents: bool,
    /// Which may get to what runs an event loop.
    pub bridges: bool,
}

impl Asked {
    pub const ALL: Asked = Asked { names: true, descents: true, bridges: true };
}
