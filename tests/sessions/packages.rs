//! Installed packages: where they are looked for, what is known of them, and that they are left alone.

use crate::project::Project;
use std::process::{Command, Stdio};

const SITE: &str = ".venv/lib/python3.11/site-packages";

const CLIENT: &str = "\
import abc


class Client(abc.ABC):
    async def post_all(self, url):
        pass

    async def append(self, item):
        pass


class Modern:
    async def begin(self):
        await self.ready()

    async def ready(self):
        self.begin()
";

const APP: &str = "\
from lib import Client


async def main(client: Client, items: list):
    client.post_all('u')
    items.append(1)
    client.append(1)
";

/// A project with `files`, and a virtual environment in its folder `.venv` with `installed`.
fn with(files: &[(&str, &str)], installed: &[(&str, &str)]) -> Project {
    let project = Project::new(files);
    project.put(".venv/pyvenv.cfg", "version = 3.11.7\n");
    for (name, text) in installed {
        project.put(&format!("{SITE}/{name}"), text);
    }
    project
}

fn with_client(files: &[(&str, &str)]) -> Project {
    with(files, &[("lib/__init__.py", "from ._client import Client as Client\n"), ("lib/_client.py", CLIENT)])
}

/// The places of the findings in concise form.
fn found(project: &Project, line: &str) -> Vec<String> {
    places(&mut project.command(&format!("check --isolated -q --select AIO101 --output-format concise {line}")))
}

fn places(command: &mut Command) -> Vec<String> {
    let output = command.stdin(Stdio::null()).output().expect("the binary was built");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let place = |line: &str| line.split(": ").next().unwrap_or_default().to_owned();
    String::from_utf8_lossy(&output.stdout).lines().map(place).collect()
}

#[test]
fn a_coroutine_of_a_package_beside_the_code_is_known_and_the_package_left_alone() {
    let project = with_client(&[("app.py", APP)]);
    assert_eq!(found(&project, "."), ["app.py:5:5", "app.py:7:5"]);
    let text = project.run("why app.py:5");
    assert!(text.contains(&format!("{SITE}/lib/_client.py:5")), "{text}");
    assert!(project.run("check -v").contains("packages: [project]/.venv (beside the code)\n"));

    project.run("fix --select AIO101 .");
    assert_eq!(project.read("app.py"), APP.replace("    client.", "    await client."));
    assert_eq!(project.read(&format!("{SITE}/lib/_client.py")), CLIENT);
}

#[test]
fn what_a_library_publishes_under_another_path_blocks_as_the_table_says() {
    let slack =
        "class WebClient:\n    def chat_postMessage(self, **arguments):\n        return self._send(arguments)\n";
    let openai = "\
from functools import cached_property


class Completions:
    def create(self, **arguments):
        return self._post(arguments)


class Chat:
    @cached_property
    def completions(self) -> Completions:
        return Completions()


class OpenAI:
    @cached_property
    def chat(self) -> Chat:
        return Chat()
";
    let boto3 = "\
_session = None


def client(*args, **kwargs):
    return _session.client(*args, **kwargs)
";
    let alchemy =
        "class sessionmaker:\n    def __call__(self, **arguments):\n        return self.class_(**arguments)\n";
    let app = "\
import boto3
from openai import OpenAI
from slack_sdk import WebClient
from sqlalchemy.orm import sessionmaker

s3 = boto3.client('s3')
Session = sessionmaker()


async def tell(slack: WebClient):
    slack.chat_postMessage(text='hello')
    OpenAI().chat.completions.create(model='m')
    s3.upload_file('a', 'b', 'c')
    with Session() as session:
        session.commit()
";
    let project = with(
        &[("app.py", app)],
        &[
            ("slack_sdk/__init__.py", "from .web import WebClient\n"),
            ("slack_sdk/web/__init__.py", "from .client import WebClient\n"),
            ("slack_sdk/web/client.py", slack),
            ("openai/__init__.py", "from ._client import OpenAI\n"),
            ("openai/_client.py", openai),
            ("boto3/__init__.py", boto3),
            ("sqlalchemy/__init__.py", ""),
            ("sqlalchemy/orm/__init__.py", "from .session import sessionmaker\n"),
            ("sqlalchemy/orm/session.py", alchemy),
        ],
    );
    let mut command = project.command("check --isolated -q --select AIO2 --output-format concise .");
    assert_eq!(places(&mut command), ["app.py:11:5", "app.py:12:5", "app.py:13:5", "app.py:15:9"]);
}

#[test]
fn requests_are_seen_of_a_client_that_is_installed() {
    let client = "\
import sys


class ClientSession:
    if sys.version_info >= (3, 11):
        def get(self, url: str) -> 'Request': ...
    else:
        def get(self, url) -> 'Request': ...


class Request:
    def __await__(self): ...
";
    let app = "\
import asyncio
from aiohttp import ClientSession


async def fetch(session: ClientSession, url):
    response = await session.get(url)
    return await response.text()


async def fetch_all(session, urls):
    return await asyncio.gather(*[fetch(session, url) for url in urls])
";
    let installed = [("aiohttp/__init__.py", "from .client import ClientSession\n"), ("aiohttp/client.py", client)];
    let project = with(&[("app.py", app)], &installed);
    let mut command = project.command("check --isolated -q --select AIO503 --output-format concise .");
    assert_eq!(places(&mut command), ["app.py:11:18"]);
}

#[test]
fn the_environment_is_the_one_that_is_named() {
    let project = with_client(&[("app.py", APP), ("empty/pyvenv.cfg", ""), ("config/app.py", APP)]);
    project.put("other/pyvenv.cfg", "version = 3.11.7\n");
    project.put("other/lib/python3.11/site-packages/unrelated.py", "");
    assert_eq!(found(&project, "--python .venv app.py"), ["app.py:5:5", "app.py:7:5"]);
    assert!(found(&project, "--python other app.py").is_empty());
    let mut activated = project.command("check -q --select AIO101 app.py");
    assert!(places(activated.env("VIRTUAL_ENV", project.path("other"))).is_empty());

    project.put("config/aiofix.toml", "python = '../other'\n");
    let known = |line: &str| project.run(line).contains("post_all");
    assert!(!known("check --select AIO101 config"));
    assert!(known("check --select AIO101 --isolated config"));
    assert!(known("check --select AIO101 --python .venv config"));

    let why = |line: &str| project.run(line).contains("lib/_client.py:5");
    assert!(why("why app.py:5"));
    assert!(!why("why --python other app.py:5"));
}

#[test]
fn an_environment_without_packages_is_a_mistake() {
    let project = with_client(&[("app.py", APP), ("empty/pyvenv.cfg", ""), ("config/app.py", APP)]);
    project.put("config/aiofix.toml", "python = 'gone'\n");
    project.snapshot(
        "environment_mistakes",
        &["check --python empty app.py", "check --python gone app.py", "why --python empty app.py:5", "check config"],
    );
}

#[test]
fn a_stub_goes_before_the_module_which_knows_what_the_stub_leaves_out() {
    let app = "\
from both import old, send
from plain_stub import fetch


async def main():
    fetch()
    send()
    old()
";
    let project = with(
        &[("app.py", app)],
        &[
            ("plain_stub-stubs/__init__.pyi", "async def fetch() -> None: ...\n"),
            ("both/__init__.py", "def send():\n    return make()\n\n\nasync def old():\n    pass\n"),
            ("both/__init__.pyi", "async def send() -> None: ...\n"),
        ],
    );
    assert_eq!(found(&project, "app.py"), ["app.py:6:5", "app.py:7:5", "app.py:8:5"]);
    assert!(project.run("why app.py:7").contains("both/__init__.pyi:1"));
    assert!(project.run("why app.py:8").contains("both/__init__.py:5"));
}

#[test]
fn an_editable_install_of_the_run_means_the_files_of_the_run() {
    let tests = "from pkg.work import job\n\n\nasync def test():\n    job()\n";
    let project = Project::new(&[
        ("pyproject.toml", ""),
        ("lib/deep/pkg/__init__.py", ""),
        ("lib/deep/pkg/work.py", "async def job(): pass\n"),
    ]);
    project.put("tests/test_work.py", tests);
    project.put("other/pkg/__init__.py", "");
    project.put("other/pkg/work.py", "def job(): pass\n");
    project.put("venv/pyvenv.cfg", "version = 3.11.7\n");
    let path = project.path("lib/deep");
    project.put("venv/lib/python3.11/site-packages/_pkg.pth", path.display().to_string());
    assert_eq!(found(&project, "."), ["tests/test_work.py:5:5"]);
    let why = project.run("why tests/test_work.py:5");
    assert!(why.contains("lib/deep/pkg/work.py:1") && !why.contains("[project]/lib"), "{why}");
}

#[test]
fn a_common_name_counts_where_imports_lead_to_the_package() {
    let base = "from lib import Client\n\n\nclass Base:\n    def __init__(self, client: Client):\n        self.client = client\n";
    let user = "from base import Base\n\n\nclass User(Base):\n    async def go(self):\n        self.client.append(1)\n";
    let project =
        with_client(&[("base.py", base), ("user.py", user), ("far.py", "async def go(x):\n    x.append(1)\n")]);
    assert_eq!(found(&project, "."), ["user.py:6:9"]);
}

#[test]
fn what_a_package_hands_on_of_another_is_known() {
    let app = "from web import Socket\n\n\nasync def go(socket: Socket):\n    socket.accept_it()\n";
    let project = with(
        &[("app.py", app)],
        &[
            ("web/__init__.py", "from .sockets import Socket as Socket\n"),
            ("web/sockets.py", "from base.sockets import (\n    Socket as Socket,  # noqa\n)\n"),
            ("base/__init__.py", ""),
            ("base/sockets.py", "class Socket:\n    async def accept_it(self): ...\n"),
        ],
    );
    assert_eq!(found(&project, "app.py"), ["app.py:5:5"]);
}

#[test]
fn standard_input_with_a_name_is_part_of_the_project_around_it() {
    let helper = "async def refresh_all():\n    pass\n";
    let project = with_client(&[("pyproject.toml", ""), ("helper.py", helper)]);
    let app = "import helper\nfrom lib import Client\n\n\nasync def go(client: Client):\n    helper.refresh_all()\n    client.post_all('u')\n";
    let named = project.piped("check --select AIO101 --output-format concise --stdin-filename app.py -", app);
    assert!(named.contains("app.py:6:5") && named.contains("app.py:7:5"), "{named}");
    let alone = project.piped("check --select AIO101 --output-format concise -", app);
    assert!(!alone.contains("-:6:5") && alone.contains("-:7:5"), "{alone}");
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let project = with_client(&[("app.py", APP)]);
    for at in 0..40 {
        let module = format!("class C{at}:\n    async def job_{at}(self): ...\n    async def append(self): ...\n");
        project.put(&format!("{SITE}/lib/m{at}.py"), module);
        let app = format!(
            "from lib.m{at} import C{at}\nfrom lib import m{}\n\n\nasync def f(c: C{at}, d: m{}.C{}):\n    c.job_{at}()\n    \
             c.append()\n    d.append()\n",
            39 - at,
            39 - at,
            39 - at
        );
        project.put(&format!("app_{at}.py"), app);
    }
    let check = |threads: usize| project.run(&format!("check -q --no-cache -j {threads}"));
    let one = check(1).replace("-j 1", "");
    assert_eq!(one.matches("AIO101").count(), 2 + 40 * 3);
    assert_eq!(one, check(8).replace("-j 8", ""));
}
