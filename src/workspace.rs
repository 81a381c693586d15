//! The file system: the only module of aiofix that touches it.
//!
//! Paths go in, and values come out: files to look at ([`discover`]), their text and encoding ([`read`]), what lies
//! around them ([`find_config`], [`project_root`], [`RequiresPython`], [`mentions`]), the installed packages that they
//! import ([`Environment`]), what former runs wrote down ([`CacheFolder`]). Text goes in, and files are replaced whole ([`write()`]). What cannot be done is a [`Skip`]
//! with a sentence for the user, which speaks of the file as "it" and leaves naming the path to whoever reports it.
//! Nothing here knows Python beyond the encoding of its sources and where it keeps modules, and nothing prints.

mod cache;
mod codec;
mod discover;
mod encoding;
mod environment;
pub mod interrupt;
mod mentions;
mod pyproject;
mod write;

pub use cache::{CACHE_FOLDER, CacheFolder, Content, Fingerprint, Half, Hash, Observed, executable, hash};
pub use discover::{DEFAULT_EXCLUDES, DiscoverError, Discovered, Discovery, File, discover};
pub use encoding::{Encoding, Source};
pub use environment::{Environment, EnvironmentError, Found, Surroundings};
pub use mentions::mentions;
pub use pyproject::{
    PythonVersion, RequiresPython, find_config, is_notebook, is_package_init, marked_root, module_stem, project_root,
};
pub use write::write;

use crate::finding::Skip;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The size in bytes up to which a file is looked at. Nobody writes more by hand, and the largest generated module of
/// the packages that aiofix is tried on has a seventh of it.
pub const MAX_BYTES: u64 = 20_000_000;

/// Reads and decodes the source at `path`.
pub fn read(path: &Path) -> Result<Source, Skip> {
    Source::decode(read_bytes(path)?)
}

/// Reads a configuration or a page: UTF-8, with or without a byte order mark, which is not part of the text.
pub fn read_text(path: &Path) -> Result<String, Skip> {
    let mut text = String::from_utf8(read_bytes(path)?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Skip::Undecodable(format!("the byte at offset {at} is not UTF-8; save it as UTF-8"))
    })?;
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok(text)
}

/// The path without links in it; as it is where it cannot be followed.
pub fn real_path(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// The codemod pages in the folder `directory`, which is flat, in order of their names; a `README.md` is none.
pub fn pages_in(directory: &Path) -> Result<Vec<PathBuf>, Skip> {
    let mut pages = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let is_readme = path.file_name().is_some_and(|name| name.eq_ignore_ascii_case("README.md"));
        if path.extension().is_some_and(|suffix| suffix == "md") && !is_readme && path.is_file() {
            pages.push(path);
        }
    }
    pages.sort();
    Ok(pages)
}

/// The bytes of the file at `path`.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, Skip> {
    let file = fs::File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(Skip::Unreadable("it is a directory, where a file was expected".to_owned()));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len().min(MAX_BYTES)).unwrap_or(0) + 1);
    // The size is taken from what was read: a file can grow, and a device has none.
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        let (size, most) = (metadata.len().max(MAX_BYTES) / 1_000_000, MAX_BYTES / 1_000_000);
        return Err(Skip::TooLarge(format!("it has {size} MB, and files up to {most} MB are looked at; exclude it")));
    }
    Ok(bytes)
}

fn unreadable(error: io::Error) -> Skip {
    let advice = match error.kind() {
        io::ErrorKind::PermissionDenied => "; make it readable, or exclude it",
        io::ErrorKind::NotFound => "; it may have been removed meanwhile",
        _ => "",
    };
    Skip::Unreadable(format!("it cannot be read: {error}{advice}"))
}
