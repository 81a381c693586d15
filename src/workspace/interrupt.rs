//! Ctrl-C in the middle of many writes.
//!
//! The first signal is only noted: whoever writes many files asks [`interrupted`] between two, stops, and can still
//! tell what was done. A second one ends the process, once the writes under way are whole and their temporary files
//! gone. Without [`watch`] a signal kills at once, which a command that writes nothing should leave so.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{RwLock, RwLockReadGuard};

/// What a shell reports of a process that SIGINT ended.
pub const EXIT_CODE: i32 = 130;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Held for reading by each write, for writing by the end of the process.
static WRITES: RwLock<()> = RwLock::new(());

/// Takes over SIGINT, SIGTERM and SIGHUP, or Ctrl-C on Windows, for the rest of the process.
///
/// Where one of them is handled already nothing is taken over: a shell has its background commands ignore SIGINT, `nohup`
/// has its own ignore SIGHUP, and they mean it. A kill then ends the process at once; a file is whole all the same.
pub fn watch() -> Result<(), ctrlc::Error> {
    let taken = ctrlc::try_set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::SeqCst) {
            let _all = WRITES.write();
            process::exit(EXIT_CODE);
        }
    });
    match taken {
        Err(ctrlc::Error::MultipleHandlers) => Ok(()),
        other => other,
    }
}

/// Whether a signal came since [`watch`].
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Keeps the process from ending by a signal until the guard is dropped.
pub(super) fn writing() -> RwLockReadGuard<'static, ()> {
    WRITES.read().unwrap_or_else(|poisoned| poisoned.into_inner())
}
