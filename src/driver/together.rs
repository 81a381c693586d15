//! A change of several files: all of it, or nothing.
//!
//! In: the parts of a change, one for each file, each with its plan. Out: the new texts, every one of them proved, or the
//! reason why one could not be.

use crate::codemod::propagating::Part;
use crate::plan::Edit;
use crate::project::layout::ModuleId;
use crate::rewrite;

/// One file, rewritten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewritten {
    pub file: ModuleId,
    /// Those of imports included; sorted and disjoint.
    pub edits: Vec<Edit>,
    pub text: String,
}

/// Carries out all parts. `keeps` says whether another file may mean an imported name of a file.
pub fn rewritten(parts: &[Part], keeps: &dyn Fn(ModuleId, &str) -> bool) -> Result<Vec<Rewritten>, String> {
    let rewritten = |part: &Part| {
        let Part { file, module, plan } = part;
        let edits = rewrite::assemble(module, &[plan], &|name| keeps(*file, name));
        let text = rewrite::replaced(module.text, &edits).ok_or("its edits overlap")?;
        rewrite::prove(&rewrite::shape(module.text), module, &edits, &text)?;
        Ok(Rewritten { file: *file, edits, text })
    };
    parts.iter().map(rewritten).collect()
}
