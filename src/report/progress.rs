//! A bar on standard error for runs that last.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A run shorter than this shows no bar, which would only flicker.
const QUIET_FOR: Duration = Duration::from_millis(500);

/// Counts files that are done, from any thread. Nothing is drawn in the first half second.
pub struct Progress {
    total: u64,
    wanted: bool,
    since: Instant,
    done: AtomicU64,
    bar: OnceLock<ProgressBar>,
}

impl Progress {
    /// A bar over `total` files; none at all when `quiet` or when standard error is no terminal.
    pub fn new(total: usize, quiet: bool) -> Progress {
        Progress {
            total: total as u64,
            wanted: !quiet && std::io::stderr().is_terminal(),
            since: Instant::now(),
            done: AtomicU64::new(0),
            bar: OnceLock::new(),
        }
    }

    /// Counts one more file.
    pub fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if self.wanted && self.since.elapsed() >= QUIET_FOR {
            self.bar.get_or_init(|| bar(self.total)).set_position(done);
        }
    }

    /// Takes the bar off the screen, before anything else is printed.
    pub fn finish(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

fn bar(total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} files, {elapsed}")
        .expect("the template is a constant that indicatif accepts");
    ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr()).with_style(style)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(wanted: bool, since: Instant) -> Progress {
        Progress { total: 3, wanted, since, done: AtomicU64::new(0), bar: OnceLock::new() }
    }

    #[test]
    fn a_bar_comes_only_late_and_only_when_wanted() {
        let long_ago = Instant::now().checked_sub(Duration::from_secs(2)).expect("the clock is past its first seconds");
        for (wanted, since, shown) in [(true, long_ago, true), (false, long_ago, false), (true, Instant::now(), false)]
        {
            let progress = progress(wanted, since);
            progress.step();
            assert_eq!(progress.bar.get().is_some(), shown);
            assert_eq!(progress.done.load(Ordering::Relaxed), 1);
        }
    }

    #[test]
    fn quiet_wants_no_bar() {
        assert!(!Progress::new(9, true).wanted);
    }
}
