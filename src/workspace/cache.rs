//! The folder of the cache: files of bytes by name, and whether what they were made from is still so.
//!
//! A run leaves two files by one name: what the next run needs in any case, and what it needs besides where something
//! changed. Each is replaced whole, by rename, so that two runs at once read the one or the other. Each begins with
//! [`MAGIC`] and the hash of what follows, which are parts with their lengths; what does not is no file of ours, and is as
//! good as none. Nothing here knows what the bytes mean. The folder says of itself that it is a cache (`CACHEDIR.TAG`) and that git should not see it.

mod fingerprint;

pub use fingerprint::{Fingerprint, Hash, Observed, executable, hash};
pub(super) use fingerprint::{Observations, listing};

use std::fs;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The name of the folder, where nobody gives another.
pub const CACHE_FOLDER: &str = ".aiofix_cache";

/// What a file of the cache opens with; the number is that of this layout.
const MAGIC: &[u8; 16] = b"aiofix cache 02\n";

const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n# This is a cache of aiofix, and can be removed.\n";

/// How many runs are kept, the latest written: one for each combination of paths and settings.
const RUNS: usize = 32;

/// How many projects: they have a third of the size of the files, and without them a run is only slower.
const PROJECTS: usize = 4;

const TEMPORARY: &str = ".aiofix-";

/// Before the parts.
const START: usize = MAGIC.len() + blake3::OUT_LEN;
/// Of the length of a part.
const LENGTH: usize = size_of::<u64>();

/// Which half of what a run leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// What it told, and from what.
    Run,
    /// What it knew of the project.
    Project,
}

impl Half {
    fn suffix(self) -> &'static str {
        match self {
            Half::Run => ".run",
            Half::Project => ".project",
        }
    }

    fn most(self) -> usize {
        match self {
            Half::Run => RUNS,
            Half::Project => PROJECTS,
        }
    }
}

/// What a file of the cache holds.
#[derive(Debug)]
pub struct Content {
    bytes: Vec<u8>,
    parts: Vec<Range<usize>>,
    /// Of all parts.
    pub hash: Hash,
}

impl Content {
    pub fn part(&self, at: usize) -> Option<&[u8]> {
        Some(&self.bytes[self.parts.get(at)?.clone()])
    }

    pub fn count(&self) -> usize {
        self.parts.len()
    }
}

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
    pub fn read(&self, name: &str, half: Half) -> Option<Content> {
        let bytes = fs::read(self.file(name, half)).ok()?;
        let (head, content) = bytes.split_at_checked(START)?;
        let hash = *blake3::hash(content).as_bytes();
        let (magic, stated) = head.split_at(MAGIC.len());
        if magic != MAGIC || stated != hash {
            return None;
        }
        let (mut parts, mut at) = (Vec::new(), START);
        while at < bytes.len() {
            let start = at + LENGTH;
            at = start.checked_add(u64::from_le_bytes(bytes.get(at..start)?.try_into().ok()?) as usize)?;
            parts.push(start..at);
        }
        (at == bytes.len()).then_some(Content { bytes, parts, hash })
    }

    /// Replaces what is kept by this name, and gives its hash. The parts are written one by one as they come.
    pub fn write(&self, name: &str, half: Half, parts: impl Iterator<Item = io::Result<Vec<u8>>>) -> io::Result<Hash> {
        self.make()?;
        let mut temporary = tempfile::Builder::new().prefix(TEMPORARY).suffix(".tmp").tempfile_in(&self.path)?;
        let mut hasher = blake3::Hasher::new();
        let mut writer = BufWriter::new(temporary.as_file_mut());
        writer.write_all(&[0; START])?;
        for part in parts {
            let part = part?;
            for bytes in [&(part.len() as u64).to_le_bytes()[..], &part] {
                hasher.update(bytes);
                writer.write_all(bytes)?;
            }
        }
        let hash = *hasher.finalize().as_bytes();
        writer.seek(SeekFrom::Start(0))?;
        writer.write_all(MAGIC)?;
        writer.write_all(&hash)?;
        writer.into_inner().map_err(|failed| failed.into_error())?;
        temporary.persist(self.file(name, half)).map_err(|refused| refused.error)?;
        self.prune(half);
        Ok(hash)
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
            is_mark || is_of(path, Half::Run) || is_of(path, Half::Project) || name.starts_with(TEMPORARY)
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

    fn file(&self, name: &str, half: Half) -> PathBuf {
        self.path.join(format!("{name}{}", half.suffix()))
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

    /// Removes what was written longest ago, when there is too much. That another process was faster is no fault.
    fn prune(&self, half: Half) {
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        let runs = entries.map(|entry| entry.path()).filter(|path| is_of(path, half));
        let mut runs: Vec<_> =
            runs.filter_map(|path| Some((fs::metadata(&path).ok()?.modified().ok()?, path))).collect();
        runs.sort();
        for (_, path) in runs.iter().take(runs.len().saturating_sub(half.most())) {
            let _ = fs::remove_file(path);
        }
    }
}

/// Whether a file is one of the two: its name is a hash.
fn is_of(path: &Path, half: Half) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.strip_suffix(half.suffix())
        .is_some_and(|stem| stem.len() == 32 && stem.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
