//! What was found in the bodies of functions, kept for all files of a run.
//!
//! Many files call the same few functions. What one of these does is looked at in its own file by a look of its own, so that the
//! answer does not depend on who asks, and is kept beside what the look consulted, since whoever asks leans on the same.

use crate::project::conduct::{Callee, Step, Trust};
use crate::project::inference::Consulted;
use crate::project::kept::Kept;
use crate::project::linked::Definition;
use crate::project::reaching::Passage;
use std::sync::Arc;

/// An answer, and what it leans on.
type Leaning<A> = Arc<(A, Consulted)>;

/// What a body does, or why it cannot be told.
type Done = Result<Arc<Step>, String>;

/// What is known of bodies so far.
#[derive(Default)]
pub struct Bodies {
    pub(super) steps: Kept<(Callee, Trust), Leaning<Done>>,
    pub(super) passages: Kept<Definition, Leaning<Option<Arc<Passage>>>>,
}
