//! What the engine trusts less than a page does: the fix is there, unsafe, and says why.

use aiofix::codemod::Catalogue;
use aiofix::codemod::candidates::Selection;
use aiofix::driver::{self, Read, Settings};
use aiofix::finding::{Applicability, Fix};
use aiofix::project::{layout::ModuleId, linked::Project};

/// The one fix of a text.
fn fix_of(text: &str) -> Fix {
    fix_by(&Catalogue::new(&[]).expect("the built-in pages load"), text)
}

/// The one fix that the pages of a catalogue have for a text.
fn fix_by(catalogue: &Catalogue, text: &str) -> Fix {
    let selection = Selection::new(catalogue.pages.iter().collect());
    let read = Read::of(text.into());
    let project = Project::of_files(&[("module.py", read.summary.clone())]);
    let settings = Settings {
        project: &project,
        texts: None,
        file: ModuleId(0),
        selection: &selection,
        minor: 10,
        least: Applicability::Safe,
        prefer: &[],
        whole_files: false,
        keeps: &|_| false,
    };
    let mut findings = driver::check(&read, &settings).findings;
    assert_eq!(findings.len(), 1, "{findings:?}");
    let finding = findings.remove(0);
    finding.fix.unwrap_or_else(|| panic!("no fix: {:?}", finding.reason))
}

fn is_safe(text: &str) {
    let fix = fix_of(text);
    assert_eq!((fix.applicability, fix.notes), (Applicability::Safe, Vec::new()), "{text}");
}

fn is_lowered(text: &str, note: &str) {
    let fix = fix_of(text);
    assert_eq!(fix.applicability, Applicability::Unsafe, "{text}");
    assert!(fix.notes.iter().any(|told| told.contains(note)), "{:?}", fix.notes);
}

#[test]
fn a_sleep_between_two_other_things_is_safe() {
    is_safe(
        "import time\n\n\nasync def poll(feed):\n    await feed.open()\n    time.sleep(1)\n    await feed.read()\n",
    );
}

#[test]
fn a_sleep_under_the_lock_of_a_thread_is_not() {
    is_lowered(
        "import time\n\n\nasync def poll(self):\n    with self._lock:\n        time.sleep(1)\n",
        "other tasks now run while `self._lock` is held",
    );
}

#[test]
fn a_sleep_in_cleanup_is_not() {
    is_lowered(
        "import time\n\n\nasync def poll(feed):\n    try:\n        await feed.read()\n    finally:\n        time.sleep(1)\n",
        "`finally`",
    );
    is_lowered(
        "import time\n\n\nclass Feed:\n    async def __aexit__(self, *exc):\n        time.sleep(1)\n",
        "`__aexit__`",
    );
    is_lowered(
        "import asyncio\nimport time\n\n\nasync def poll(feed):\n    try:\n        await feed.read()\n    except \
         asyncio.CancelledError:\n        time.sleep(1)\n        raise\n",
        "`CancelledError`",
    );
}

#[test]
fn a_sleep_between_a_check_and_its_act_is_not() {
    let account = "import time\n\n\nclass Account:\n    async def draw(self, amount):\n        if self.balance >= amount:\n            \
                   time.sleep(1)\n            self.balance -= amount\n";
    is_lowered(account, "`self.balance`");
}

#[test]
fn a_run_whose_error_was_handled_is_not() {
    let handled = "import asyncio\n\n\nasync def load(job):\n    try:\n        asyncio.run(job())\n    except RuntimeError:\n        pass\n";
    is_lowered(handled, "the error that the old code raised is handled on line 7");
    is_safe(
        "import asyncio\n\n\nasync def load(job):\n    try:\n        asyncio.run(job())\n    except KeyError:\n        pass\n",
    );
}

#[test]
fn a_run_whose_error_is_handled_where_its_local_function_is_run_is_not() {
    let expected = "import asyncio\nimport pytest\n\n\ndef check(job):\n    async def main():\n        asyncio.run(job())\n\n    \
                    with pytest.raises(\n        RuntimeError\n    ):\n        asyncio.run(main())\n";
    is_lowered(expected, "the error that the old code raised is handled on line 9");
    is_safe(&expected.replace("RuntimeError", "KeyError"));
}

#[test]
fn a_sleep_that_a_deadline_can_now_cut_short_is_not() {
    is_lowered(
        "import asyncio\nimport time\n\n\nasync def crunch(job):\n    async with asyncio.timeout(1) as limit:\n        \
         time.sleep(2)\n        await job(limit)\n",
        "the deadline on line 6 can now cut it short",
    );
    let local = "import asyncio\nimport time\n\n\nasync def check():\n    async def slow():\n        time.sleep(2)\n\n    await \
                 asyncio.wait_for(slow(), 1)\n";
    is_lowered(local, "the deadline on line 9 can now cut it short");
    is_safe(&local.replace("wait_for", "gather"));
}

#[test]
fn a_forgotten_await_under_its_deadline_is() {
    is_safe(
        "import asyncio\n\n\nasync def load():\n    await asyncio.sleep(1)\n\n\nasync def main():\n    async with \
         asyncio.timeout(5):\n        load()\n",
    );
}

#[test]
fn a_run_where_loops_may_nest_is_not() {
    let nested = "import asyncio\nimport nest_asyncio\n\nnest_asyncio.apply()  # aiofix: ignore[nested-loop-hack]\n\n\nasync def load(job):\n    asyncio.run(job())\n";
    is_lowered(nested, "`nest_asyncio` may have let the old code work");
}

#[test]
fn a_fix_that_drops_a_comment_is_not() {
    let page = r##"# old-call

A call of `old` has a new name.

```toml
code = "OWN001"
safety = "safe"
message = "`old` has a new name"
title = "Call `new`"
```

```scheme
((call function: (identifier) @function) @call
  (#eq? @function "old"))
```

```toml
edits = [{ replace = "@call", with = "new()" }]
```

## The old name is replaced

```diff
-old()
+new()
```

## Another name stays

```python
older()
```
"##;
    let own = [("old-call.md".to_owned(), page.to_owned())];
    let catalogue = Catalogue::new(&own).expect("the page loads");
    assert_eq!(fix_by(&catalogue, "old()\n").applicability, Applicability::Safe);
    let fix = fix_by(&catalogue, "old(\n    # the first one\n)\n");
    assert_eq!(
        (fix.applicability, fix.notes),
        (Applicability::Unsafe, vec!["it drops the comment `# the first one`".into()])
    );
}
