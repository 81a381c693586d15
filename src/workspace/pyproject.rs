//! What lies above a file: the project it belongs to, its configuration, the Python versions it is for.
//!
//! Each answer goes from a path upwards through the real folders, and looks at a few fixed names in each.

use super::{Skip, read_text};
use pep440_rs::{Version, VersionSpecifiers};
use rustc_hash::FxHashMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Mutex;

/// A Python version, such as `(3, 9)`.
pub type PythonVersion = (u8, u8);

/// The nearest configuration file at or above the directory or file `start`: in each directory `.aiofix.toml`, then
/// `aiofix.toml`, then a `pyproject.toml` with a table `[tool.aiofix]`, as ruff looks for its own.
pub fn find_config(start: &Path) -> Option<PathBuf> {
    let start = std::path::absolute(start).ok()?;
    start.ancestors().find_map(|directory| {
        let own =
            [".aiofix.toml", "aiofix.toml"].map(|name| directory.join(name)).into_iter().find(|path| path.is_file());
        own.or_else(|| Some(directory.join("pyproject.toml")).filter(|path| configures_aiofix(path)))
    })
}

/// A file with a syntax error counts when it names the table, so that whoever loads it reports the error.
fn configures_aiofix(pyproject: &Path) -> bool {
    let Ok(text) = read_text(pyproject) else { return false };
    text.contains("aiofix")
        && match text.parse::<toml::Table>() {
            Ok(table) => table.get("tool").and_then(|tool| tool.get("aiofix")).is_some(),
            Err(_) => text.contains("[tool.aiofix"),
        }
}

/// The root of the project that `path` belongs to: the nearest folder above it with `pyproject.toml`, `setup.py`,
/// `setup.cfg` or `.git`, else the one that holds its outermost package.
pub fn project_root(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let folder = if path.is_dir() { path.as_path() } else { path.parent().unwrap_or(&path) };
    if let Some(marked) = marked_root(&path) {
        return marked;
    }
    let is_package = |folder: &Path| folder.join("__init__.py").is_file();
    // A folder of a package may have no `__init__` of its own.
    let outermost = folder.ancestors().filter(|folder| is_package(folder)).last();
    outermost.and_then(Path::parent).unwrap_or(folder).to_owned()
}

/// The nearest folder at or above `path` with `pyproject.toml`, `setup.py`, `setup.cfg` or `.git`.
pub fn marked_root(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    let folder = if path.is_dir() { path.as_path() } else { path.parent()? };
    let is_marked = |folder: &&Path| {
        ["pyproject.toml", "setup.py", "setup.cfg", ".git"].iter().any(|name| folder.join(name).exists())
    };
    folder.ancestors().find(is_marked).map(Path::to_owned)
}

/// Whether `path` is the `__init__.py` of a package, whose imports are its interface.
pub fn is_package_init(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "__init__.py")
}

/// Whether `path` names a Jupyter notebook.
pub fn is_notebook(path: &Path) -> bool {
    path.extension().is_some_and(|suffix| suffix == "ipynb")
}

/// The last part of the dotted name that a file is imported by: its stem, or its folder's name for an `__init__.py`.
pub fn module_stem(path: &Path) -> Option<String> {
    let path =
        if is_package_init(path) { std::path::absolute(path).ok()?.parent()?.to_owned() } else { path.to_owned() };
    Some(path.file_stem()?.to_string_lossy().into_owned())
}

/// The least Python version that each file must run on, by the `requires-python` of the nearest `pyproject.toml` that
/// has one. Folders are looked at once; one value serves all threads.
#[derive(Debug, Default)]
pub struct RequiresPython {
    /// The answer for the files of each folder.
    known: Mutex<FxHashMap<PathBuf, Option<PythonVersion>>>,
    faults: Mutex<Vec<(PathBuf, Skip)>>,
}

impl RequiresPython {
    /// The least version for the file at `path`; `None` where no project sets a lower bound.
    pub fn of(&self, path: &Path) -> Option<PythonVersion> {
        let path = std::path::absolute(path).ok()?;
        self.of_folder(path.parent()?)
    }

    /// The files that could not be read or understood on the way, each once, in order.
    pub fn faults(&self) -> Vec<(PathBuf, Skip)> {
        let mut faults = self.faults.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone();
        faults.sort_by(|(one, _), (other, _)| one.cmp(other));
        faults.dedup();
        faults
    }

    fn of_folder(&self, folder: &Path) -> Option<PythonVersion> {
        let known = || self.known.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(&answer) = known().get(folder) {
            return answer;
        }
        let answer = self.stated_in(folder).or_else(|| self.of_folder(folder.parent()?));
        known().insert(folder.to_owned(), answer);
        answer
    }

    fn stated_in(&self, folder: &Path) -> Option<PythonVersion> {
        let path = folder.join("pyproject.toml");
        if !path.is_file() {
            return None;
        }
        let stated = read_text(&path).and_then(|text| {
            least_python_of(&text).map_err(|fault| Skip::Unreadable(format!("its least Python is unknown: {fault}")))
        });
        stated.unwrap_or_else(|skip| {
            self.faults.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push((path, skip));
            None
        })
    }
}

/// The least Python version that the text of a `pyproject.toml` allows, by `[project] requires-python`, else by
/// Poetry's `[tool.poetry.dependencies] python`.
fn least_python_of(pyproject: &str) -> Result<Option<PythonVersion>, String> {
    let table = pyproject.parse::<toml::Table>().map_err(|error| error.message().to_owned())?;
    if let Some(required) = table.get("project").and_then(|project| project.get("requires-python")?.as_str()) {
        return least_python(required);
    }
    let poetry = table.get("tool").and_then(|tool| tool.get("poetry")?.get("dependencies")?.get("python")?.as_str());
    let Some(constraint) = poetry else { return Ok(None) };
    let alternatives = constraint.split("||").flat_map(|part| part.split(" | ")).map(pep440_of_poetry);
    let least = alternatives.map(|specifiers| least_python(&specifiers)).collect::<Result<Vec<_>, _>>()?;
    // An alternative without a lower bound leaves the whole without one.
    Ok(least.into_iter().min().flatten())
}

/// The least version that PEP 440 `specifiers` allow; `None` where they set no lower bound.
fn least_python(specifiers: &str) -> Result<Option<PythonVersion>, String> {
    let specifiers = VersionSpecifiers::from_str(specifiers).map_err(|error| error.to_string())?;
    if specifiers.contains(&Version::new([0])) {
        return Ok(None);
    }
    let versions = (0..=7).map(|minor| (2, minor)).chain((0..=99).map(|minor| (3, minor)));
    // A bound can name a patch release, and no release had as many as fifty.
    let is_allowed = |&(major, minor): &PythonVersion| {
        (0..50u64).any(|patch| specifiers.contains(&Version::new([u64::from(major), u64::from(minor), patch])))
    };
    Ok(versions.into_iter().find(is_allowed))
}

/// The lower bounds of one Poetry constraint: `^3.9` and `~3.9` differ in their upper bounds alone.
fn pep440_of_poetry(constraint: &str) -> String {
    let bound = |part: &str| match part.strip_prefix(['^', '~']) {
        _ if part == "*" => None,
        Some(rest) if !part.starts_with("~=") => Some(format!(">={}", rest.trim())),
        _ if part.starts_with(|first: char| first.is_ascii_digit()) => Some(format!("=={part}")),
        _ => Some(part.to_owned()),
    };
    constraint.split(',').map(str::trim).filter_map(bound).collect::<Vec<_>>().join(",")
}
