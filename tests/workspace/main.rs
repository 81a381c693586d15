//! The file system as a user meets it: trees to walk, encodings, files to replace, signals, missing rights.
//!
//! Every test works in a folder of its own. What only another process can show (another user, a limit, a signal) is
//! shown by this test program itself, run once more as a child that plays one part of one test; see [`Scene::child`].

mod discover;
mod encoding;
mod environment;
#[cfg(unix)]
mod interrupt;
mod project;
mod write;

use aiofix::finding::Skip;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The environment variable that holds the folder of the parent's scene, in a child.
const CHILD: &str = "AIOFIX_TEST_CHILD";

/// A folder of files that goes with the test.
struct Scene {
    _folder: tempfile::TempDir,
    root: PathBuf,
}

impl Scene {
    fn new(files: &[(&str, &str)]) -> Scene {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let root = fs::canonicalize(folder.path()).expect("the folder is there");
        let scene = Scene { _folder: folder, root };
        for (name, content) in files {
            scene.put(name, content);
        }
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    fn put(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("the folder can be made");
        fs::write(&path, content).expect("the file can be made");
        path
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("the file is there and is text")
    }

    /// The names of all temporary files that were left behind anywhere in the scene's top folder.
    fn leftovers(&self) -> Vec<String> {
        let names = fs::read_dir(&self.root).expect("the folder is there");
        let names = names.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
        names.filter(|name| name.starts_with(".aiofix-")).collect()
    }

    /// This program, to play the child's part of `test` on this scene.
    fn child(&self, test: &str) -> Command {
        let mut child = Command::new(std::env::current_exe().expect("a running program has a path"));
        child.args(["--exact", test, "--nocapture", "--quiet"]).env(CHILD, &self.root);
        child
    }

    /// Like [`Scene::child`], as a user without privileges when we have them: to a superuser no file is unwritable.
    #[cfg(unix)]
    fn unprivileged_child(&self, test: &str) -> Command {
        use std::os::unix::fs::PermissionsExt;
        use std::os::unix::process::CommandExt;
        fs::set_permissions(&self.root, fs::Permissions::from_mode(0o755)).expect("the folder is ours");
        if !is_superuser() {
            return self.child(test);
        }
        // The user nobody may not be able to reach the build folder.
        let program = self.path("program");
        fs::copy(std::env::current_exe().expect("a running program has a path"), &program).expect("room for a copy");
        let mut child = Command::new(program);
        child.args(["--exact", test, "--nocapture", "--quiet"]).env(CHILD, &self.root).current_dir(&self.root);
        child.uid(NOBODY).gid(NOBODY);
        child
    }
}

#[cfg(unix)]
const NOBODY: u32 = 65_534;

#[cfg(unix)]
fn is_superuser() -> bool {
    use std::os::unix::fs::MetadataExt;
    let probe = tempfile::NamedTempFile::new().expect("a file can be made");
    probe.as_file().metadata().expect("the file is there").uid() == 0
}

/// The folder of the parent's scene, in a child.
fn scene_of_parent() -> Option<PathBuf> {
    std::env::var_os(CHILD).map(PathBuf::from)
}

/// Replaces the text of a UTF-8 file.
fn rewrite(path: &Path, before: &str, after: &str) -> Result<(), Skip> {
    aiofix::workspace::write(path, aiofix::workspace::Encoding::UTF_8, before, after)
}

/// The sentence of a skip, which every kind but `Changed` and `Unparsable` has.
fn sentence(skip: Skip) -> String {
    match skip {
        Skip::Unreadable(sentence)
        | Skip::Undecodable(sentence)
        | Skip::Notebook(sentence)
        | Skip::TooLarge(sentence) => sentence,
        Skip::Changed | Skip::Unparsable(_) => panic!("{skip:?} has no sentence"),
    }
}

/// Runs a child and shows what it printed when it fails.
fn succeeds(mut child: Command) {
    let output = child.output().expect("the child can be started");
    let printed = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}");
    assert!(printed.contains("1 passed"), "no test of that name ran: {printed}");
}
