//! What was seen of the file system, and whether it is still so.
//!
//! A [`Fingerprint`] is the hash of a file's content, with what the system says of the file. A file of which it says the same
//! is not read again, unless it was written shortly before it was looked at: then it could have been written again within
//! the same tick of the clock, as git knows of its index.

use crate::finding::Skip;
use crate::workspace::read_bytes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The hash of some content.
pub type Hash = [u8; blake3::OUT_LEN];

/// How long a file has to lie still before what the system says of it tells its content: file systems count in steps of up
/// to two seconds.
const STILL: Duration = Duration::from_secs(2);

/// The hash of some bytes.
pub fn hash(bytes: &[u8]) -> Hash {
    *blake3::hash(bytes).as_bytes()
}

/// A file as it was when it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// None where it tells nothing of the content.
    stamp: Option<Stamp>,
    /// Of the bytes; of the sentence that says why they could not be read.
    pub hash: Hash,
}

/// What the system says of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    size: u64,
    modified: (i64, i64),
    /// When content or rights changed, which nobody can set.
    changed: (i64, i64),
    inode: u64,
    device: u64,
}

impl Stamp {
    /// None for what was written after `started` or shortly before, by a process that began then.
    fn of(path: &Path, started: SystemTime) -> Option<Stamp> {
        let metadata = fs::metadata(path).ok()?;
        let stamp = Stamp::read(&metadata)?;
        let still = started.checked_sub(STILL)?.duration_since(UNIX_EPOCH).ok()?;
        let still = (still.as_secs() as i64, i64::from(still.subsec_nanos()));
        (stamp.modified < still && stamp.changed < still).then_some(stamp)
    }

    #[cfg(unix)]
    fn read(metadata: &Metadata) -> Option<Stamp> {
        use std::os::unix::fs::MetadataExt;
        Some(Stamp {
            size: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
            device: metadata.dev(),
        })
    }

    #[cfg(not(unix))]
    fn read(metadata: &Metadata) -> Option<Stamp> {
        let pair = |time: SystemTime| {
            let since = time.duration_since(UNIX_EPOCH).ok()?;
            Some((since.as_secs() as i64, i64::from(since.subsec_nanos())))
        };
        let modified = pair(metadata.modified().ok()?)?;
        Some(Stamp { size: metadata.len(), modified, changed: pair(metadata.created().ok()?)?, inode: 0, device: 0 })
    }
}

impl Fingerprint {
    /// Reads a file; `started` is when the process began.
    pub fn taken(path: &Path, started: SystemTime) -> (Fingerprint, Result<Vec<u8>, Skip>) {
        // The stamp comes first: what is written between the two has another stamp next time.
        let stamp = Stamp::of(path, started);
        let bytes = read_bytes(path);
        let fingerprint = match &bytes {
            Ok(bytes) => Fingerprint { stamp, hash: hash(bytes) },
            // Rights can come and go without a trace in the file.
            Err(skip) => Fingerprint { stamp: None, hash: hash(format!("{skip:?}").as_bytes()) },
        };
        (fingerprint, bytes)
    }

    /// Of bytes that are in no file.
    pub fn of(bytes: &[u8]) -> Fingerprint {
        Fingerprint { stamp: None, hash: hash(bytes) }
    }

    /// The fingerprint of the file at `path` now, of which this is a former one.
    pub fn renewed(&self, path: &Path, started: SystemTime) -> Fingerprint {
        match (self.stamp, Stamp::of(path, started)) {
            (Some(then), Some(now)) if then == now => self.clone(),
            _ => Fingerprint::taken(path, started).0,
        }
    }
}

/// What was seen of an environment, while it was asked for modules.
#[derive(Debug, Default)]
pub(in crate::workspace) struct Observations {
    seen: Mutex<Observed>,
}

/// The same, to be written down.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// The folders that were listed, with the hashes of what is in them.
    listings: BTreeMap<PathBuf, Hash>,
    /// Where folders lead.
    links: BTreeMap<PathBuf, PathBuf>,
    files: BTreeMap<PathBuf, Fingerprint>,
}

impl Observations {
    fn seen(&self) -> MutexGuard<'_, Observed> {
        self.seen.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub fn listed(&self, folder: &Path, names: &[(String, bool)]) {
        self.seen().listings.insert(folder.to_owned(), hash_of_listing(names));
    }

    pub fn followed(&self, folder: &Path, real: &Path) {
        self.seen().links.insert(folder.to_owned(), real.to_owned());
    }

    pub fn read(&self, path: &Path, fingerprint: Fingerprint) {
        self.seen().files.insert(path.to_owned(), fingerprint);
    }

    pub fn all(&self) -> Observed {
        self.seen().clone()
    }
}

impl Observed {
    /// Adds what was seen since.
    pub fn extend(&mut self, later: Observed) {
        self.listings.extend(later.listings);
        self.links.extend(later.links);
        self.files.extend(later.files);
    }

    /// Whether all of it would be seen again; what has to be read for that is remembered.
    pub fn holds(&mut self, started: SystemTime) -> bool {
        let listed = self.listings.iter().all(|(folder, then)| hash_of_listing(&listing(folder)) == *then);
        let led = || self.links.iter().all(|(folder, real)| super::super::real_path(folder) == *real);
        if !listed || !led() {
            return false;
        }
        self.files.iter_mut().all(|(path, then)| {
            let now = then.renewed(path, started);
            let is_same = now.hash == then.hash;
            *then = now;
            is_same
        })
    }
}

/// What is in a folder, in order of name, and whether that is a folder.
pub(in crate::workspace) fn listing(folder: &Path) -> Vec<(String, bool)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let named = entries.filter_map(|entry| {
        let kind = entry.file_type().ok()?;
        let is_folder = if kind.is_symlink() { entry.path().is_dir() } else { kind.is_dir() };
        Some((entry.file_name().to_str()?.to_owned(), is_folder))
    });
    let mut names: Vec<(String, bool)> = named.collect();
    names.sort();
    names
}

fn hash_of_listing(names: &[(String, bool)]) -> Hash {
    let mut hasher = blake3::Hasher::new();
    for (name, is_folder) in names {
        hasher.update(name.as_bytes());
        hasher.update(if *is_folder { b"/\n" } else { b"\n" });
    }
    *hasher.finalize().as_bytes()
}

/// What tells this program from another of the same version, as of someone who is building it.
pub fn executable() -> Hash {
    let metadata = std::env::current_exe().and_then(fs::metadata);
    hash(format!("{:?}", metadata.ok().as_ref().and_then(Stamp::read)).as_bytes())
}
