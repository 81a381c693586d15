//! The folder of the cache: files of bytes by name, and whether what they were made from is still so.
//!
//! A file of the cache is replaced whole, by rename, so that two runs at once read the one or the other. Each begins with
//! [`MAGIC`] and the hash of what follows; what does not is no file of ours, and is as good as none. Nothing here knows what
//! the bytes mean. The folder says of itself that it is a cache (`CACHEDIR.TAG`) and that git should not see it.

mod fingerprint;

pub use fingerprint::{Fingerprint, Hash, Observed, executable, hash};
pub(super) use fingerprint::{Observations, listing};

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The name of the folder, where nobody gives another.
pub const CACHE_FOLDER: &str = ".aiofix_cache";

/// What a file of the cache opens with; the number is that of this layout.
const MAGIC: &[u8; 16] = b"aiofix cache 01\n";

const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n# This is a cache of aiofix, and can be removed.\n";

/// How many runs are kept, the latest written: one for each combination of paths and settings.
const RUNS: usize = 32;

const SUFFIX: &str = ".run";
const TEMPORARY: &str = ".aiofix-";

/// A folder with what former runs found out; it need not be there.
#[derive(Clone, Debug)]
pub struct CacheFolder {
    path: PathBuf,
}

impl CacheFolder {
    pub fn at(path: PathBuf) -> CacheFolder {
        CacheFolder { path }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was written by this name; none where it was not, or is damaged.
    pub fn read(&self, name: &str) -> Option<Vec<u8>> {
        let mut bytes = fs::read(self.file(name)).ok()?;
        let start = MAGIC.len() + blake3::OUT_LEN;
        let (head, content) = bytes.split_at_checked(start)?;
        let (magic, stated) = head.split_at(MAGIC.len());
        if magic != MAGIC || stated != blake3::hash(content).as_bytes() {
            return None;
        }
        bytes.drain(..start);
        Some(bytes)
    }

    /// Replaces what is kept by this name.
    pub fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        self.make()?;
        let builder = || tempfile::Builder::new().prefix(TEMPORARY).suffix(".tmp").tempfile_in(&self.path);
        let mut temporary = builder()?;
        temporary.write_all(MAGIC)?;
        temporary.write_all(blake3::hash(content).as_bytes())?;
        temporary.write_all(content)?;
        temporary.persist(self.file(name)).map_err(|refused| refused.error)?;
        self.prune();
        Ok(())
    }

    /// Removes what aiofix wrote, and the folder when nothing else is in it. Says whether there was anything.
    pub fn clean(&self) -> io::Result<bool> {
        let entries = match fs::read_dir(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            entries => entries?,
        };
        let paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<PathBuf>>>()?;
        let tag = self.path.join("CACHEDIR.TAG");
        let is_tagged = fs::read(&tag).is_ok_and(|content| content == TAG.as_bytes());
        let ours = |path: &&PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let is_mark = is_tagged && ["CACHEDIR.TAG", ".gitignore"].contains(&&*name);
            is_mark || is_run(path) || name.starts_with(TEMPORARY)
        };
        let mut removed = false;
        for path in paths.iter().filter(ours) {
            fs::remove_file(path)?;
            removed = true;
        }
        // What somebody else put there stays, and the folder with it.
        let _ = fs::remove_dir(&self.path);
        Ok(removed)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path.join(format!("{name}{SUFFIX}"))
    }

    /// Makes the folder. One that was there with other things in it is not marked as a cache.
    fn make(&self) -> io::Result<()> {
        fs::create_dir_all(&self.path)?;
        if fs::read_dir(&self.path)?.next().is_none() {
            fs::write(self.path.join("CACHEDIR.TAG"), TAG)?;
            fs::write(self.path.join(".gitignore"), "*\n")?;
        }
        Ok(())
    }

    /// Removes the runs that were written longest ago, when there are too many. That another process was faster is no fault.
    fn prune(&self) {
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        let runs = entries.map(|entry| entry.path()).filter(|path| is_run(path));
        let mut runs: Vec<_> =
            runs.filter_map(|path| Some((fs::metadata(&path).ok()?.modified().ok()?, path))).collect();
        runs.sort();
        for (_, path) in runs.iter().take(runs.len().saturating_sub(RUNS)) {
            let _ = fs::remove_file(path);
        }
    }
}

/// Whether a file holds a run: its name is a hash.
fn is_run(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.strip_suffix(SUFFIX).is_some_and(|stem| stem.len() == 32 && stem.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
