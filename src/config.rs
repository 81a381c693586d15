//! The configuration file: `[tool.aiofix]` of a `pyproject.toml`, or the top level of `aiofix.toml` and `.aiofix.toml`.
//!
//! A value in, a value out: this module reads text, not files. An unknown key is an error that names the known ones.

use crate::project::blocking::Own;
use serde::Deserialize;

/// What a configuration file says; every key may be absent.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The codemods to run: names, codes, code prefixes, aliases, or `ALL`.
    pub select: Option<Vec<String>>,
    #[serde(default)]
    pub extend_select: Vec<String>,
    #[serde(default)]
    pub ignore: Vec<String>,
    /// Replaces the default list of excluded names.
    pub exclude: Option<Vec<String>>,
    #[serde(default)]
    pub extend_exclude: Vec<String>,
    pub respect_gitignore: Option<bool>,
    /// Folders of pages, relative to the configuration file.
    #[serde(default)]
    pub codemods: Vec<String>,
    /// Such as `py310`.
    pub target_version: Option<String>,
    pub unsafe_fixes: Option<bool>,
    /// The names of the fixes to take where a finding has several, the dearest first.
    #[serde(default)]
    pub prefer: Vec<String>,
    /// The interpreter or virtual environment whose packages are read, relative to the configuration file.
    pub python: Option<String>,
    /// How many requests the code that fixes write lets wait at once.
    pub concurrency_limit: Option<std::num::NonZeroU32>,
    /// Where the cache is, relative to the configuration file.
    pub cache_dir: Option<String>,
    /// What blocks beside what is known to, and what is not to be reported.
    #[serde(default)]
    pub blocking: Own,
}

#[derive(Deserialize)]
struct Pyproject {
    tool: Option<Tool>,
}

#[derive(Deserialize)]
struct Tool {
    aiofix: Option<Config>,
}

impl Config {
    /// Reads a configuration; `path` is its file, whose name tells the shape, and for messages.
    pub fn parse(path: &str, text: &str) -> Result<Config, String> {
        let fail = |error: toml::de::Error| {
            let at = error.span().map_or(0, |span| span.start);
            let place = crate::text::Lines::of(text).location(text, at.min(text.len()));
            format!("{path}:{}:{}: {}", place.row, place.column, error.message())
        };
        if path.ends_with("pyproject.toml") {
            let whole: Pyproject = toml::from_str(text).map_err(fail)?;
            return Ok(whole.tool.and_then(|tool| tool.aiofix).unwrap_or_default());
        }
        toml::from_str(text).map_err(fail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_are_read() {
        let own = Config::parse("aiofix.toml", "select = ['AIO2']\nunsafe-fixes = true\n").unwrap();
        let pyproject = "[project]\nname = 'x'\n[tool.aiofix]\nselect = ['AIO2']\nunsafe-fixes = true\n";
        assert_eq!(Config::parse("a/pyproject.toml", pyproject).unwrap(), own);
        assert_eq!(Config::parse("pyproject.toml", "[tool.ruff]\nx = 1\n").unwrap(), Config::default());
    }

    #[test]
    fn what_blocks_has_a_cost_and_may_have_a_replacement() {
        let text = "'a.f' = 'cpu'\n'a.C.g' = { cost = 'data', replacement = 'a.C.ag' }\n'os.stat' = 'ignore'\n\
                    'pathlib.Path.*' = 'ignore'\ninput = 'ignore'\n'b.helper' = 'ignore'\n";
        let own = Config::parse("aiofix.toml", &format!("[blocking]\n{text}")).expect("it is right").blocking;
        assert!(!own.is_empty());
        let pyproject = Config::parse("pyproject.toml", &format!("[tool.aiofix.blocking]\n{text}"));
        assert_eq!(pyproject.expect("it is right").blocking, own);
    }

    #[test]
    fn what_cannot_be_said_of_what_blocks_is_told_with_what_can() {
        for (line, told) in [
            ("'a.f' = 'cpus'", "2:9: no cost is called `cpus`, did you mean `cpu`?"),
            (
                "'a.f' = 'slow'",
                "2:9: no cost is called `slow`, expected one of metadata, data, network, process, cpu, forever, ignore",
            ),
            ("'a.f' = 3", "2:9: invalid type: integer `3`, expected a cost such as"),
            ("'a.f' = { replacement = 'a.g' }", "2:9: missing field `cost`"),
            ("'a.f' = { cost = 'data', with = 'a.g' }", "2:26: unknown field `with`, expected `cost` or `replacement`"),
            ("'a.f' = { cost = 'data', replacement = 'g' }", "2:9: `g` is no dotted path of a coroutine function"),
            ("a.f = 'cpu'", "2:1: `a` is no dotted path"),
            ("'a f' = 'cpu'", "2:9: `a f` is no dotted path"),
            ("'a.*' = 'cpu'", "2:9: `a.*`: `*` stands only in what is ignored"),
            ("'os.stats' = 'ignore'", "2:14: `os.stats` is not known to block, did you mean `os.stat`?"),
            ("'subprocess.Open.*' = 'ignore'", "2:23: nothing below `subprocess.Open` is known to block"),
        ] {
            let message = Config::parse("aiofix.toml", &format!("[blocking]\n{line}\n")).expect_err(line);
            assert!(message.starts_with(&format!("aiofix.toml:{told}")), "{line}: {message}");
        }
    }

    #[test]
    fn an_unknown_key_is_told_with_its_place_and_the_known_ones() {
        let message = Config::parse("pyproject.toml", "[tool.aiofix]\nselects = []\n").unwrap_err();
        assert!(message.starts_with("pyproject.toml:2:1: unknown field `selects`, expected one of"), "{message}");
    }
}
