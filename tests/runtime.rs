//! Programs under CPython, before and after their fix.
//!
//! Each program in `tests/runtime` falls into one trap, or comes near it without falling in. Its opening comments
//! declare what happens:
//!
//! - `# page: NAME`: the pages to fix it with, separated by commas.
//! - `# before: TEXT`: text that its output or its errors contain before the fix, once a line; `# before-exit: N`
//!   where the fault ends the program.
//! - `# after: LINE`: its whole output after the fix, line by line. It then exits with 0 and tells of no fault.
//! - `# unchanged`: a near miss. The fix leaves it as it is, to the byte, and `after` is what it prints as it is.
//! - `# prefer: NAME`: the fix that is asked for.
//! - `# python: X.Y`: the oldest Python that has what it uses. An older `python3` does not run it; the fix is still
//!   compared.
//!
//! The modules that a program imports lie in a folder of its name. They belong to the same project, and no fix changes them,
//! unless `# modules: change` says so.
//!
//! Programs measure what does not depend on the machine: whether another task had a turn, not how long one took.
//! Libraries that a machine may lack are stood in for by `tests/runtime/standins`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// What CPython, asyncio and the stand-ins print when a trap closes.
const FAULTS: [&str; 6] =
    ["was never awaited", "Task was destroyed", "Unclosed", "Traceback", "Exception ignored", "SyntaxWarning"];

/// One test a program, so that they run side by side, and a test that no program is left out.
macro_rules! programs {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            Program::read(stringify!($name)).play();
        })*

        #[test]
        fn every_program_is_wired_in() {
            let listed = BTreeSet::from([$(stringify!($name).to_owned()),*]);
            let present: BTreeSet<String> = std::fs::read_dir(folder())
                .expect("tests/runtime is a folder")
                .map(|entry| entry.expect("tests/runtime can be read").path())
                .filter(|path| path.extension().is_some_and(|extension| extension == "py"))
                .map(|path| path.file_stem().expect("a .py file has a stem").to_string_lossy().into_owned())
                .collect();
            assert_eq!(listed, present, "add the program to `programs!` in tests/runtime.rs, or the file to tests/runtime");
        }
    };
}

programs! {
    async_dunder_pair
    await_in_loop_bounded
    await_in_loop_error
    await_in_loop_few
    await_in_loop_taken
    await_non_awaitable_asyncio
    await_non_awaitable_plain
    blocking_cpu_key
    blocking_file_chain
    blocking_file_path
    blocking_file_with
    blocking_helper_five_files_away
    blocking_helper_one_file_away
    blocking_helper_two_files_away
    blocking_http_urlopen
    blocking_input_line
    blocking_lock_asyncio_lock
    blocking_lock_asyncio_queue
    blocking_lock_future
    blocking_lock_queue
    blocking_lock_wrap_future
    blocking_lock_wrap_future_cancelled
    blocking_process_async
    blocking_process_plain_route
    blocking_process_run
    blocking_sleep_async_generator
    blocking_sleep_both_kinds_of_function
    blocking_sleep_comprehension
    blocking_sleep_expression
    blocking_sleep_local_import
    blocking_sleep_method
    blocking_sleep_module
    blocking_sleep_module_alias
    blocking_sleep_name_alias
    blocking_sleep_scheduler
    blocking_socket_loop_lookup
    blocking_socket_recv
    busy_wait_event
    coroutine_callback_filter
    coroutine_callback_to_thread
    coroutine_reuse_loop
    coroutine_reuse_twice
    dangling_task_and
    dangling_task_bare
    dangling_task_callback
    dangling_task_cancelled_late
    dangling_task_discarded_list
    dangling_task_ensure_future
    dangling_task_loop
    dangling_task_loop_call
    dangling_task_method
    dangling_task_name_never_read
    dangling_task_spawner
    dangling_task_ternary
    dangling_task_watched
    debug_mode_entry
    forgotten_await_asyncio_sleep
    forgotten_await_classmethod
    forgotten_await_discarded
    forgotten_await_function
    forgotten_await_in_handler
    forgotten_await_method
    forgotten_await_nested_coroutine
    forgotten_await_value_attribute
    forgotten_await_value_condition
    forgotten_await_value_elements
    forgotten_await_value_fstring
    forgotten_await_value_iteration
    forgotten_await_value_local
    forgotten_await_value_loop
    forgotten_await_value_parameter
    forgotten_await_value_unread
    forgotten_await_wait_for
    forgotten_return_await_callers
    forgotten_return_await_try
    gather_exceptions_effects
    gather_exceptions_handled_group
    gather_exceptions_lock
    gather_exceptions_session
    ignored_results_gather
    ignored_results_wait
    manual_lock_error
    manual_lock_finally
    nested_run_get_event_loop
    nested_run_handled
    nested_run_held_loops
    nested_run_name_alias
    nested_run_over_several_lines
    nested_run_run
    nested_run_run_until_complete
    nested_run_runner
    nested_run_subscript
    script_or_notebook_both
    sequential_awaits_error
    sequential_awaits_gather
    sequential_awaits_group
    sequential_awaits_handler
    single_task_group
    starving_loop_in_thread
    starving_loop_nested
    starving_loop_range
    starving_loop_spinning
    swallowed_cancellation_loop
    swallowed_cancellation_timeout
    sync_bridge_five_files_away
    sync_bridge_one_file_away
    sync_bridge_two_files_away
    sync_iteration_collected
    sync_iteration_comprehension
    sync_iteration_for
    sync_iteration_handled
    sync_iteration_next
    sync_iteration_with
    thread_lock_across_await_two_tasks
    threadsafe_deadlock_own_loop
    threadsafe_deadlock_timeout
    unbounded_gather_connections
    uncalled_coroutine_function_await
    uncalled_coroutine_function_gather
    uncalled_coroutine_function_run
    uncalled_coroutine_function_statement
    unchanged_await_of_what_a_plain_function_returns
    unchanged_awaits_that_share_state
    unchanged_call_of_a_decorated_coroutine
    unchanged_connection_of_its_thread
    unchanged_constructor_that_is_awaited
    unchanged_coroutine_made_in_a_thread
    unchanged_coroutine_that_one_branch_awaits
    unchanged_coroutines_awaited_later
    unchanged_coroutines_in_other_hands
    unchanged_future_of_another_loop
    unchanged_gather_of_calls_that_handle_their_failures
    unchanged_handler_of_the_task_that_was_cancelled
    unchanged_iteration_of_both_kinds
    unchanged_map_that_is_gathered
    unchanged_name_bound_again
    unchanged_property_that_is_awaited
    unchanged_results_of_cancelled_tasks
    unchanged_run_at_the_entry_point
    unchanged_run_in_a_thread
    unchanged_session_already_entered
    unchanged_session_that_escapes
    unchanged_sleep_in_worker_threads
    unchanged_sleep_of_another_time
    unchanged_task_group_with_work_beside
    unchanged_task_in_a_set_of_the_instance
    unchanged_task_in_a_set_of_the_module
    unchanged_task_of_a_group
    unchanged_task_that_is_awaited_twice
    unchanged_task_that_somebody_takes
    unchanged_task_that_stop_awaits
    unclosed_generator_break
    unclosed_session_alias
    unclosed_session_closed_only_on_success
    unclosed_session_httpx
    unclosed_session_in_a_loop
    unclosed_session_late_finally
    unclosed_session_method
    unclosed_session_multi_line_string
    unclosed_session_never_closed
    unclosed_session_two_of_them
    unclosed_session_writer
    unobserved_task_attribute
}

/// A program and what its opening comments declare.
#[derive(Default)]
struct Program {
    name: String,
    text: String,
    pages: String,
    before: Vec<String>,
    before_exit: i32,
    after: Vec<String>,
    unchanged: bool,
    changes_modules: bool,
    prefer: Option<String>,
    python: Option<(u32, u32)>,
}

impl Program {
    fn read(name: &str) -> Program {
        let path = folder().join(name).with_extension("py");
        let text = std::fs::read_to_string(&path).expect("a listed program is a file");
        let mut program = Program { name: name.to_owned(), ..Program::default() };
        for line in text.lines().map_while(|line| line.strip_prefix("# ")) {
            program.declare(line);
        }
        program.text = text;
        assert!(!program.pages.is_empty(), "{name}: no `# page:`");
        assert!(!program.after.is_empty(), "{name}: no `# after:`");
        assert!(
            program.unchanged || !program.before.is_empty(),
            "{name}: neither a fault in `# before:` nor `# unchanged`"
        );
        program
    }

    /// Takes in one line of the opening comments; a line of prose has a space before any colon.
    fn declare(&mut self, line: &str) {
        let (key, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value).to_owned();
        match key {
            "page" => self.pages = value,
            "before" => self.before.push(value),
            "before-exit" => self.before_exit = value.parse().expect("`# before-exit:` is a number"),
            "after" => self.after.push(value),
            "unchanged" => self.unchanged = true,
            "modules" => self.changes_modules = true,
            "prefer" => self.prefer = Some(value),
            "python" => self.python = Some(version(&value)),
            prose => assert!(prose.contains(' '), "{}: unknown declaration `{prose}`", self.name),
        }
    }

    fn play(&self) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let copy = folder.path().join("program.py");
        std::fs::write(&copy, &self.text).expect("the copy can be written");
        let modules = modules(&crate::folder().join(&self.name));
        for (path, text) in &modules {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("a folder can be made");
            std::fs::write(path, text).expect("a module can be written");
        }
        let runs = self.python.is_none_or(|least| least <= *installed());
        if runs {
            self.expect_before(&run(&copy));
        }
        self.fix(if modules.is_empty() { &copy } else { folder.path() });
        for (path, text) in modules.iter().filter(|_| !self.changes_modules) {
            let now = std::fs::read_to_string(folder.path().join(path)).expect("the module is still there");
            assert_eq!(now, *text, "{}: {} was changed", self.name, path.display());
        }
        let fixed = std::fs::read_to_string(&copy).expect("the fixed copy is text");
        if self.unchanged {
            assert_eq!(fixed, self.text, "{}: a near miss was changed", self.name);
            return;
        }
        assert_ne!(fixed, self.text, "{}: nothing was fixed", self.name);
        if runs {
            self.expect_after(&run(&copy), &fixed);
        }
    }

    /// Fixes the copy, or the folder of the project, for the oldest Python that it declares, else for the one that runs it, where that is older than what aiofix
    /// assumes. A near miss may leave findings without a fix behind; a trap may not.
    fn fix(&self, project: &Path) {
        let assumed = *installed().min(&(3, 10));
        let (major, minor) = self.python.map_or(assumed, |least| least.max(assumed));
        let output = Command::new(env!("CARGO_BIN_EXE_aiofix"))
            .args(["fix", "--unsafe-fixes", "--isolated", "--no-cache", "--select", &self.pages])
            .args(["--target-version", &format!("py{major}{minor}")])
            .args(self.prefer.iter().flat_map(|name| ["--prefer", name]))
            .arg(project)
            .output()
            .expect("the binary was built");
        let expected = if self.unchanged { 0..=1 } else { 0..=0 };
        let status = output.status.code().expect("no signal ends the fix");
        assert!(expected.contains(&status), "{}: aiofix fix ends with {status}\n{}", self.name, told(&output));
    }

    fn expect_before(&self, output: &Output) {
        let told = told(output);
        for text in &self.before {
            assert!(told.contains(text), "{}: before the fix there is no `{text}` in\n{told}", self.name);
        }
        assert_eq!(output.status.code(), Some(self.before_exit), "{}: the exit status before\n{told}", self.name);
        if self.unchanged {
            self.expect_lines(output, &self.text);
            self.expect_no_fault(output, &self.text);
        }
    }

    fn expect_after(&self, output: &Output, fixed: &str) {
        assert_eq!(output.status.code(), Some(0), "{}: after\n{}\n{fixed}", self.name, told(output));
        self.expect_lines(output, fixed);
        self.expect_no_fault(output, fixed);
    }

    fn expect_lines(&self, output: &Output, text: &str) {
        let stdout = String::from_utf8_lossy(&output.stdout);
        let lines: Vec<&str> = stdout.lines().collect();
        assert_eq!(lines, self.after, "{}: the output of\n{text}\n{}", self.name, told(output));
    }

    /// A near miss may show a fault that it declares: one that only its author can mend.
    fn expect_no_fault(&self, output: &Output, text: &str) {
        let told = told(output);
        let declared = |fault: &str| self.unchanged && self.before.iter().any(|text| text.contains(fault));
        for fault in FAULTS {
            assert!(!told.contains(fault) || declared(fault), "{}: `{fault}` in\n{told}\nof\n{text}", self.name);
        }
    }
}

/// The Python files below a folder, by their paths in it; none where there is no such folder.
fn modules(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("the folder can be read").path();
        let name = PathBuf::from(path.file_name().expect("an entry has a name"));
        if path.is_dir() {
            found.extend(modules(&path).into_iter().map(|(below, text)| (name.join(below), text)));
        } else if path.extension().is_some_and(|extension| extension == "py") {
            found.push((name, std::fs::read_to_string(&path).expect("a module is text")));
        }
    }
    found
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/runtime")
}

/// A command that no setting of the developer's own Python changes.
fn python() -> Command {
    let mut command = Command::new("python3");
    command
        .args(["-X", "dev", "-B"])
        .env("PYTHONPATH", folder().join("standins"))
        .env("PYTHONIOENCODING", "utf-8")
        .env_remove("PYTHONWARNINGS")
        .env_remove("PYTHONASYNCIODEBUG");
    command
}

fn run(program: &Path) -> Output {
    python().arg(program).output().expect("python3 is installed")
}

/// The version of `python3`, asked for once.
fn installed() -> &'static (u32, u32) {
    static INSTALLED: OnceLock<(u32, u32)> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let output =
            python().args(["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]).output().expect("python3 runs");
        version(String::from_utf8_lossy(&output.stdout).trim())
    })
}

fn version(text: &str) -> (u32, u32) {
    let (major, minor) = text.split_once('.').expect("a version is X.Y");
    (major.parse().expect("X is a number"), minor.parse().expect("Y is a number"))
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}
