//! A small project in a folder of its own, and the binary run in it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The folder goes with the value.
pub struct Project {
    _folder: tempfile::TempDir,
    root: PathBuf,
}

impl Project {
    pub fn new(files: &[(&str, &str)]) -> Project {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let root = fs::canonicalize(folder.path()).expect("the folder is there");
        let project = Project { _folder: folder, root };
        for (name, text) in files {
            project.put(name, text);
        }
        project
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    pub fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("the folder can be made");
        fs::write(path, content).expect("the file can be made");
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("the file is there and is text")
    }

    /// `aiofix` with the words of `line`, in a terminal of 80 columns, where no Python is installed.
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aiofix"));
        command.args(line.split_whitespace()).current_dir(&self.root).env("COLUMNS", "80").env("NO_COLOR", "1");
        // The packages of whoever runs the tests are nobody's business.
        command.env_remove("VIRTUAL_ENV").env_remove("PYENV_VERSION").env("PATH", "").env("HOME", &self.root);
        command
    }

    /// What one line shows, standard output before standard error, and how it ends.
    pub fn run(&self, line: &str) -> String {
        let output = self.command(line).stdin(Stdio::null()).output().expect("the binary was built");
        self.shown(line, &output)
    }

    /// The same with `input` on standard input.
    pub fn piped(&self, line: &str, input: &str) -> String {
        let mut command = self.command(line);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary was built");
        // A command line that is wrong is told before anything is read.
        let _ = child.stdin.take().expect("it was piped").write_all(input.as_bytes());
        let output = child.wait_with_output().expect("it ends");
        self.shown(line, &output)
    }

    pub fn transcript(&self, lines: &[&str]) -> String {
        lines.iter().map(|line| self.run(line)).collect()
    }

    pub fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).expect("the file is there");
    }

    /// Compares what `lines` show with the reviewed text.
    pub fn snapshot(&self, name: &str, lines: &[&str]) {
        snapshot(name, &self.transcript(lines));
    }

    fn shown(&self, line: &str, output: &Output) -> String {
        let mut text = format!("$ aiofix {line}\n");
        for stream in [&output.stdout, &output.stderr] {
            text += &self.stable(&String::from_utf8_lossy(stream));
            if !text.ends_with('\n') {
                text += "⏎\n";
            }
        }
        match output.status.code() {
            Some(0) => {}
            Some(code) => text += &format!("[exit status {code}]\n"),
            None => text += &format!("[{}]\n", output.status),
        }
        text + "\n"
    }

    /// The text without what differs from run to run: the folder, and times.
    fn stable(&self, text: &str) -> String {
        let text = text.replace(&*Path::to_string_lossy(&self.root), "[project]");
        let seconds = |line: &str| match line.split_once(" in ") {
            Some((head, tail)) if tail.ends_with(" s") && tail.starts_with(|c: char| c.is_ascii_digit()) => {
                format!("{head} in [time] s")
            }
            _ => line.to_owned(),
        };
        let lines: String = text.lines().map(|line| seconds(line) + "\n").collect();
        if text.ends_with('\n') { lines } else { lines.trim_end_matches('\n').to_owned() }
    }
}

/// Compares `text` with the reviewed one under `snapshots/` at the top of the repository.
pub fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(format!("session_{name}"), text));
}
