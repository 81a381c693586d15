//! What a configuration says of what blocks: `[tool.aiofix.blocking]`.

use crate::project::Project;

const FILES: [(&str, &str); 5] = [
    (
        "mypkg/__init__.py",
        "from ._client import Client as Client\nfrom .core import load as load, load_async as load_async, render as render\n",
    ),
    (
        "mypkg/_client.py",
        "\
class Client:
    def fetch(self, url):
        return url

    async def fetch_async(self, url):
        return url
",
    ),
    (
        "mypkg/core.py",
        "\
from pathlib import Path

drawn = []


def load(name):
    return Path(name).read_text()


async def load_async(name):
    return name


def store(name):
    return load(name)


def render(page):
    return page.upper()


def draw(page):
    drawn.append(page)


async def reload(name):
    draw(name)
    return load(name)
",
    ),
    (
        "app.py",
        "\
import os

import mypkg
import vendor
from mypkg import Client, load
from mypkg.core import render, store


async def show(client: Client, name):
    page = load(name) or mypkg.load(name)
    store(name)
    print(client.fetch(name).strip(), os.stat(name), os.path.exists(name), input())
    vendor.Session().send(name)
    vendor.compute(name)
    return render(page)


def plain(client: Client, name):
    return client.fetch(name), vendor.compute(name)
",
    ),
    (
        "pyproject.toml",
        "\
[tool.aiofix]
extend-select = ['blocking-helper']

[tool.aiofix.blocking]
'mypkg.load' = { cost = 'data', replacement = 'mypkg.load_async' }
'mypkg.render' = 'cpu'
'mypkg.core.draw' = 'forever'
'mypkg.Client.fetch' = { cost = 'network', replacement = 'mypkg.Client.fetch_async' }
'vendor.Session.send' = 'network'
'vendor.compute' = { cost = 'process', replacement = 'vendor.compute_async' }
'os.path.*' = 'ignore'
input = 'ignore'
",
    ),
];

#[test]
fn what_the_configuration_says_to_block_is_found_and_replaced() {
    let project = Project::new(&FILES);
    project.snapshot("blocking_configured", &["check --output-format concise", "diff --unsafe-fixes", "check mypkg"]);
}

#[test]
fn a_replacement_that_cannot_be_awaited_or_is_not_there_is_none() {
    let project = Project::new(&FILES);
    for (replacement, told) in [
        ("mypkg.core.render", "nobody knows whether what `mypkg.core.render` gives can be awaited"),
        ("mypkg.core.draw", "what `mypkg.core.draw` gives cannot be awaited"),
        ("mypkg.core.loud", "there is no `mypkg.core.loud`"),
    ] {
        let table = format!("[blocking]\n'mypkg.load' = {{ cost = 'data', replacement = '{replacement}' }}\n");
        project.put("aiofix.toml", table);
        let found = project.run("check --config aiofix.toml --select AIO204 --no-cache app.py mypkg");
        assert!(found.contains(told), "{found}");
    }
    let table = "[blocking]\n'mypkg.Client.fetch' = { cost = 'network', replacement = 'mypkg.core.load_async' }\n";
    project.put("aiofix.toml", table);
    let found = project.run("check --config aiofix.toml --select AIO202 --no-cache app.py mypkg");
    assert!(found.contains("`client` is no `mypkg.core`, which has `load_async`"), "{found}");
}

#[test]
fn what_is_ignored_is_no_way_to_what_blocks() {
    let project = Project::new(&FILES);
    let found = |table: &str| {
        project.put("aiofix.toml", format!("[blocking]\n{table}\n"));
        project.run("check -q --config aiofix.toml --select AIO204,AIO211 --output-format concise --no-cache")
    };
    assert!(found("").contains("app.py:10:12: AIO211 `load` blocks the event loop: `load → pathlib.Path.read_text`"));
    for ignored in ["mypkg.load", "mypkg.core.load", "mypkg.core.*", "mypkg.*", "pathlib.Path.read_text", "pathlib.*"] {
        let found = found(&format!("'{ignored}' = 'ignore'"));
        assert!(!found.contains(": AIO2"), "{ignored}: {found}");
    }
    assert!(found("'pathlib.Path.write_text' = 'ignore'").contains("AIO211"));
}

#[test]
fn a_table_that_is_wrong_is_told_with_its_place() {
    let project = Project::new(&FILES);
    project.put("aiofix.toml", "[blocking]\n'mypkg.load' = 'dat'\n");
    project.put("other.toml", "[blocking]\n'os.path.exist' = 'ignore'\n");
    project.put("bare.toml", "[blocking]\nmypkg.load = 'data'\n");
    project.snapshot(
        "blocking_configured_wrong",
        &["check --config aiofix.toml", "check --config other.toml", "check --config bare.toml"],
    );
}

#[test]
fn the_cache_knows_what_the_configuration_says() {
    let project = Project::new(&FILES);
    let found = |line: &str| project.run(&format!("check -q --select AIO2 --output-format concise {line}"));
    let first = found("");
    assert_eq!(found(""), first);
    project.put("pyproject.toml", "[tool.aiofix.blocking]\n'vendor.compute' = 'cpu'\n");
    let second = found("");
    assert!(second.contains("AIO210 `vendor.compute`") && !second.contains("AIO206"), "{second}");
    assert_eq!(found(""), found("--no-cache").replacen("--no-cache", "", 1));
}

#[test]
fn a_name_that_leads_elsewhere_now_is_looked_at_again() {
    let project = Project::new(&FILES);
    project.put("pyproject.toml", "[tool.aiofix.blocking]\n'mypkg.render' = 'cpu'\n");
    let found = || project.run("check -q --select AIO210 --output-format concise").contains("app.py:15:12: AIO210");
    assert!(found());
    project.put("mypkg/__init__.py", "from .core import draw as render\n");
    assert!(!found(), "`mypkg.core.render` is not `mypkg.render` any more");
}
