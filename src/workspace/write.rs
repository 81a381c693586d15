//! Replacing a file: all of it or nothing.
//!
//! The new content goes into a temporary file in the same folder, takes over mode and owner, is flushed to the disk,
//! and is renamed over the old one, so that a reader, a crash, a full disk or a kill finds the old content or the new,
//! never a part. A symlink stays, and what it leads to is replaced. A hard link is cut: this name gets the new
//! content, other names keep the old, since a copy made of hard links (a backup, a package cache) is not ours to edit.
//! A file that its user may not write, or that is marked read-only, is refused, although a rename could replace it; so
//! is one whose owner or group would be lost. Access control lists and extended attributes are not carried over.
//!
//! A temporary file is called `.aiofix-….tmp`. It goes when writing fails, and on Ctrl-C where
//! [`super::interrupt::watch`] was called; only a kill that cannot be caught leaves one behind.

use super::encoding::Encoding;
use super::interrupt;
use crate::finding::Skip;
use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::Path;

/// Replaces the content of `path`, which was `before` when it was read, by `after`, both in `encoding`.
///
/// Fails with [`Skip::Changed`] when the file no longer holds the bytes of `before`. They are compared when the new
/// content is safely on the disk, so that only the time of one rename is left in which a change could be missed. On
/// any failure the file is as it was.
pub fn write(path: &Path, encoding: Encoding, before: &str, after: &str) -> Result<(), Skip> {
    let new = encoding.encode(after)?;
    let old = encoding.encode(before)?;
    let target = fs::canonicalize(path).map_err(|error| failed("it is not there any more", &error, "run again"))?;
    let metadata = writable(&target)?;
    let folder = target.parent().expect("the canonical path of a file has a parent");
    let _guard = interrupt::writing();
    let mut temporary = tempfile::Builder::new()
        .prefix(".aiofix-")
        .suffix(".tmp")
        .tempfile_in(folder)
        .map_err(|error| failed("no file can be made in its folder", &error, "make the folder writable"))?;
    keep_owner(temporary.as_file(), &metadata)?;
    fill(temporary.as_file_mut(), &new, &metadata)
        .map_err(|error| failed("its new content could not be stored", &error, "make room and run again"))?;
    if fs::read(&target).map_err(|error| failed("it cannot be read again", &error, "run again"))? != *old {
        return Err(Skip::Changed);
    }
    match temporary.persist(&target) {
        Ok(_) => Ok(()),
        Err(refused) => Err(failed("it cannot be replaced", &refused.error, "check the rights on its folder")),
    }
}

/// What the file system says of a file that may be replaced.
fn writable(target: &Path) -> Result<Metadata, Skip> {
    let advice = "make it writable and run again";
    let cannot = |error: io::Error| failed("it cannot be written", &error, advice);
    let metadata = fs::metadata(target).map_err(cannot)?;
    if !metadata.is_file() {
        return Err(Skip::Unreadable("it cannot be written: it is not a regular file".to_owned()));
    }
    // A superuser may open what is marked read-only, so that the mark is asked first.
    if metadata.permissions().readonly() {
        return Err(Skip::Unreadable(format!("it is read-only, and is left as it was; {advice}")));
    }
    File::options().write(true).open(target).map_err(cannot)?;
    Ok(metadata)
}

fn fill(file: &mut File, content: &[u8], metadata: &Metadata) -> io::Result<()> {
    file.write_all(content)?;
    file.set_permissions(metadata.permissions())?;
    file.sync_all()
}

/// Gives `file` the owner and group in `metadata`; done before the mode is set, which a change of owner strips.
#[cfg(unix)]
fn keep_owner(file: &File, metadata: &Metadata) -> Result<(), Skip> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let advice = "run as its owner";
    let lost = |error: io::Error| failed("its owner and group would be lost", &error, advice);
    let ours = file.metadata().map_err(lost)?;
    let owner = (ours.uid() != metadata.uid()).then_some(metadata.uid());
    let group = (ours.gid() != metadata.gid()).then_some(metadata.gid());
    if owner.is_none() && group.is_none() {
        return Ok(());
    }
    fchown(file, owner, group).map_err(lost)
}

/// A file made in a folder belongs to whom the folder says.
#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) -> Result<(), Skip> {
    Ok(())
}

fn failed(what: &str, error: &io::Error, advice: &str) -> Skip {
    // An error about the temporary file would name it, which by now is gone.
    let cause = match error.raw_os_error() {
        Some(_) => error.to_string(),
        None => error.kind().to_string(),
    };
    Skip::Unreadable(format!("{what} ({cause}), and it is left as it was; {advice}"))
}
