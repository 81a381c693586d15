//! One CPython for all projects: it forks for each, which takes a tenth of a start.

use std::cell::RefCell;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

pub struct Python {
    child: RefCell<(Child, ChildStdin, BufReader<ChildStdout>)>,
    minor: u8,
}

/// What a program printed, and every fault that CPython told.
pub struct Printed {
    pub output: String,
    pub errors: String,
}

impl Python {
    pub fn start() -> Python {
        let server = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/propagation/server.py");
        let mut child = Command::new("python3")
            .arg(server)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the tests need a python3");
        let input = child.stdin.take().expect("it was piped");
        let mut output = BufReader::new(child.stdout.take().expect("it was piped"));
        let mut line = String::new();
        output.read_line(&mut line).expect("the server says its version");
        let minor = line.trim().parse().expect("a minor version is a number");
        Python { child: RefCell::new((child, input, output)), minor }
    }

    pub fn minor(&self) -> u8 {
        self.minor
    }

    /// Compiles all files and runs `main.py`; `apart` gives an `asyncio.run` inside a loop a thread of its own.
    pub fn run(&self, files: &[(String, String)], apart: bool) -> Printed {
        let folder = tempfile::tempdir().expect("a folder can be made");
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("the folder can be made");
            fs::write(path, text).expect("the file can be made");
        }
        let (_, input, output) = &mut *self.child.borrow_mut();
        writeln!(input, "{} {}", u8::from(apart), folder.path().display()).expect("the server reads");
        input.flush().expect("the server reads");
        let mut line = String::new();
        output.read_line(&mut line).expect("the server answers");
        assert_eq!(line.trim(), "done", "the server ends before its time");
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("the server wrote it");
        Printed { output: read("output.txt"), errors: read("errors.txt") }
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        let (child, ..) = self.child.get_mut();
        // It may be gone already.
        let _ = child.kill();
        let _ = child.wait();
    }
}
