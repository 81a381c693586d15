//! Where an interpreter keeps packages, told from where it lies: the layouts of CPython's `site.py` and `sysconfig`, of
//! `venv`, of Debian's `dist-packages` and of pyenv.

use super::Surroundings;
use crate::workspace::read_text;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The folder that an interpreter and its packages are installed in: `sys.prefix`.
#[derive(Debug)]
pub(super) struct Prefix {
    pub(super) folder: PathBuf,
    /// The name of the folder in `lib` that has the version in it, such as `python3.12`.
    version: Option<String>,
    /// `pyvenv.cfg`, of a virtual environment.
    configuration: Option<String>,
}

impl Prefix {
    /// The prefix that is the folder `folder`, if it is one.
    pub(super) fn at(folder: &Path) -> Option<Prefix> {
        Prefix::of_version(folder, None)
    }

    /// The prefix of the interpreter at `path`.
    pub(super) fn of_interpreter(path: &Path) -> Option<Prefix> {
        // The interpreter of a virtual environment is a link out of it.
        let own = [path.parent()?.parent(), path.parent()].into_iter().flatten();
        let is_virtual = |folder: &&Path| folder.join("pyvenv.cfg").is_file();
        if let Some(folder) = own.into_iter().find(is_virtual) {
            return Prefix::at(folder);
        }
        let real = fs::canonicalize(path).ok()?;
        let version = real.file_name()?.to_str()?;
        let version = version.contains('.').then_some(version).filter(|version| version.starts_with("py"));
        let folders = [real.parent()?.parent(), real.parent()].into_iter().flatten();
        folders.into_iter().find_map(|folder| Prefix::of_version(folder, version))
    }

    /// The prefix that pyenv would take for code at `start`, when `shims` is its folder of stand-ins.
    pub(super) fn of_shim(shims: &Path, start: &Path, surroundings: &Surroundings) -> Option<Prefix> {
        let root = shims.parent().filter(|_| shims.file_name().is_some_and(|name| name == "shims"))?;
        let versions = root.join("versions");
        let stated = |file: PathBuf| read_text(&file).ok();
        let wanted = surroundings.pyenv_version.clone().filter(|version| !version.is_empty());
        let wanted = wanted.or_else(|| start.ancestors().find_map(|folder| stated(folder.join(".python-version"))));
        let wanted = wanted.or_else(|| stated(root.join("version")))?;
        let names = wanted.lines().map(|line| line.split('#').next().unwrap_or_default());
        // Several can be named, as in `3.13.0:3.9.18`, and `python` is that of the first.
        let name = names.flat_map(|line| line.split([':', ' ', '\t'])).find(|name| !name.is_empty())?;
        if name.contains(['/', '\\']) || name == ".." {
            return None;
        }
        let exact = versions.join(name);
        Prefix::at(&exact).or_else(|| Prefix::at(&latest(&versions, name)?))
    }

    fn of_version(folder: &Path, version: Option<&str>) -> Option<Prefix> {
        let configuration = read_text(&folder.join("pyvenv.cfg")).ok();
        let stated = configuration.as_deref().and_then(|text| {
            let version = setting(text, "version").or_else(|| setting(text, "version_info"))?;
            let mut numbers = version.split('.');
            Some(format!("python{}.{}", numbers.next()?, numbers.next()?))
        });
        let library = folder.join("lib");
        let version = version.map(str::to_owned).or(stated).filter(|version| library.join(version).is_dir());
        let version = version.or_else(|| latest_in(&library));
        let prefix = Prefix { folder: folder.to_owned(), version, configuration };
        (!prefix.own_packages().is_empty()).then_some(prefix)
    }

    /// The folders with packages, those first that go before others; with the folders that their `.pth` files name.
    pub(super) fn site_packages(&self, home: Option<&Path>) -> Vec<PathBuf> {
        let mut folders = Vec::new();
        let base = self.configuration.as_deref().map(|text| {
            let sees_base =
                setting(text, "include-system-site-packages").is_some_and(|it| it.eq_ignore_ascii_case("true"));
            setting(text, "home").filter(|_| sees_base).and_then(|bin| {
                let interpreters = self.version.as_deref().into_iter().chain(["python3", "python", "python.exe"]);
                interpreters.into_iter().find_map(|name| Prefix::of_interpreter(&Path::new(bin).join(name)))
            })
        });
        if let (None, Some(home), Some(version)) = (&base, home, &self.version) {
            folders.push(home.join(".local/lib").join(version).join("site-packages"));
        }
        folders.extend(self.own_packages());
        if let Some(Some(base)) = base {
            folders.extend(base.site_packages(home));
        }
        folders.retain(|folder| folder.is_dir());
        let named: Vec<PathBuf> = folders.iter().flat_map(|folder| named_in(folder)).collect();
        let mut all: Vec<PathBuf> = Vec::new();
        for folder in folders.into_iter().chain(named) {
            if !all.contains(&folder) {
                all.push(folder);
            }
        }
        all
    }

    fn own_packages(&self) -> Vec<PathBuf> {
        let mut folders = Vec::new();
        if let Some(version) = &self.version {
            for library in ["lib", "lib64", "local/lib"].map(|library| self.folder.join(library).join(version)) {
                folders.extend(["site-packages", "dist-packages"].map(|kind| library.join(kind)));
            }
        }
        folders.extend([self.folder.join("lib/python3/dist-packages"), self.folder.join("Lib/site-packages")]);
        folders.retain(|folder| folder.is_dir());
        // On a file system that tells no case `Lib` is `lib`, and `lib64` can be a link.
        let mut seen = Vec::new();
        folders.retain(|folder| {
            let real = fs::canonicalize(folder).unwrap_or_else(|_| folder.clone());
            let is_new = !seen.contains(&real);
            seen.push(real);
            is_new
        });
        folders
    }
}

/// The value of `key` in a `pyvenv.cfg`, which is no INI: it has no sections.
fn setting<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    pairs
        .map(|(name, value)| (name.trim(), value.trim()))
        .find(|(name, _)| name.eq_ignore_ascii_case(key))
        .map(|it| it.1)
}

/// The latest of the folders `python3.12`, `pypy3.10` and so on in `library` that have packages.
fn latest_in(library: &Path) -> Option<String> {
    let minor = |name: &str| {
        let minor = name.strip_prefix("python3.").or_else(|| name.strip_prefix("pypy3."))?;
        let end = minor.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(minor.len());
        minor[..end].parse::<u32>().ok()
    };
    let has_packages =
        |name: &str| ["site-packages", "dist-packages"].iter().any(|kind| library.join(name).join(kind).is_dir());
    let versions = names_in(library).into_iter().filter(|name| has_packages(name));
    versions.filter_map(|name| Some((minor(&name)?, name))).max().map(|(_, name)| name)
}

/// The latest release of the version `name` that pyenv has installed: `3.12` stands for `3.12.7`.
fn latest(versions: &Path, name: &str) -> Option<PathBuf> {
    let start = format!("{name}.");
    let release = |installed: &str| installed.strip_prefix(&start)?.parse::<u32>().ok();
    let releases = names_in(versions).into_iter().filter_map(|installed| Some((release(&installed)?, installed)));
    releases.max().map(|(_, installed)| versions.join(installed))
}

/// The folders that the `.pth` files of `folder` add, such as those of editable installs. The lines that would run are
/// left alone.
fn named_in(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<String> = names_in(folder);
    files.retain(|name| name.ends_with(".pth") && !name.starts_with('.'));
    files.sort_unstable();
    let texts = files.iter().filter_map(|file| read_text(&folder.join(file)).ok());
    let lines = texts.flat_map(|text| text.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>());
    let paths = lines.filter(|line| {
        !line.is_empty() && !line.starts_with('#') && !line.starts_with("import ") && !line.starts_with("import\t")
    });
    // A path with dots in it would not be the one that the same folder has in a run.
    let plain = |path: PathBuf| match path.components().any(|part| part == Component::ParentDir) {
        true => fs::canonicalize(&path).unwrap_or(path),
        false => path,
    };
    paths.map(|line| plain(folder.join(line))).filter(|path| path.is_dir()).collect()
}

/// The names of what lies in a folder, none where it cannot be read.
fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}
