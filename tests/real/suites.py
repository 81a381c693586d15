"""Runs the tests of published projects before and after aiofix has fixed them. See README.md beside this file.

Python 3.11, pip and the network on the first run. Each project of suites.toml gets a folder in corpus/suites, which git
ignores: its source distribution, and an environment with what its tests need. The tests run on copies.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import venv
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SUITES = ROOT / "corpus" / "suites"
# Many projects name options of pytest-cov in their configuration.
PYTEST = ["pytest", "pytest-cov", "pytest-timeout"]
MODES = {"fix": ["fix"], "unsafe": ["fix", "--unsafe-fixes"]}


def run(words, **options):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, **options)


class Suite:
    def __init__(self, name, settings):
        self.name = name
        self.version = settings["version"]
        self.requires = settings.get("requires", [])
        self.tests = settings.get("tests", ["tests"])
        self.path = settings.get("path", ".")
        self.folder = SUITES / name
        self.source = self.folder / "source"
        self.python = self.folder / "env" / "bin" / "python"

    def prepare(self):
        """Downloads and installs what is not there at the wanted version; complains by raising."""
        wanted = " ".join([f"{self.name}=={self.version}", *PYTEST, *self.requires])
        stamp = self.folder / "stamp"
        if stamp.exists() and stamp.read_text() == wanted:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        venv.create(self.python.parents[1], with_pip=True)
        pip = [self.python, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        package = f"{self.name}=={self.version}"
        run([*pip, "install", *PYTEST, package, *self.requires], check=True)
        with tempfile.TemporaryDirectory() as folder:
            run([*pip, "download", "--no-deps", "--no-binary", ":all:", "--dest", folder, package], check=True)
            (archive,) = Path(folder).iterdir()
            with tarfile.open(archive) as opened:
                opened.extractall(folder, filter="data")
            (unpacked,) = [path for path in Path(folder).iterdir() if path.is_dir()]
            shutil.move(unpacked, self.source)
        stamp.write_text(wanted)

    def outcomes(self, tree, limit):
        """The outcome of each test in a tree: `passed`, `failed`, `skipped`."""
        report = tree / "aiofix-outcomes.xml"
        # A run that is killed writes none, and that of an earlier one would stand for it.
        report.unlink(missing_ok=True)
        environment = {**os.environ, "PYTHONPATH": str(tree / self.path), "PYTHONDONTWRITEBYTECODE": "1"}
        words = [self.python, "-m", "pytest", "-q", "--timeout=60", "--no-cov", f"--junitxml={report}"]
        try:
            done = run([*words, *self.tests], cwd=tree, env=environment, timeout=limit)
        except subprocess.TimeoutExpired:
            return {}, f"longer than {limit} s"
        if not report.exists():
            return {}, (done.stdout + done.stderr).strip()[-600:]
        cases = ElementTree.parse(report).iter("testcase")
        return {f"{case.get('classname')}::{case.get('name')}": outcome(case) for case in cases}, ""


def outcome(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "skipped" if case.find("skipped") is not None else "passed"


def fixed(suite, binary, words, tree):
    """Fixes a copy of a suite's source; returns what changed, as `git diff --shortstat` puts it."""
    shutil.copytree(suite.source, tree, symlinks=True)
    run(["git", "init", "-q"], cwd=tree, check=True)
    run(["git", "add", "-Af"], cwd=tree, check=True)
    done = run([binary, *words, "--no-cache", "--exit-zero", "-q", "--python", suite.python, "."], cwd=tree)
    if done.returncode:
        raise SystemExit(f"{suite.name}: {' '.join(words)}: exit {done.returncode}: {done.stderr[-400:]}")
    changed = run(["git", "diff", "--shortstat"], cwd=tree).stdout.strip()
    return changed.replace(" changed", "") or "no change"


def broken(before, after):
    """The tests that passed and do not any more."""
    return sorted(test for test, told in before.items() if told == "passed" and after.get(test) != "passed")


def study(suite, options, scratch):
    """Prints what became of one suite; returns how many tests a fix broke."""
    plain = scratch / "before"
    shutil.copytree(suite.source, plain, symlinks=True)
    before, complaint = suite.outcomes(plain, options.limit)
    again, _ = suite.outcomes(plain, options.limit)
    stable = {test: told for test, told in before.items() if again.get(test) == told}
    passing = sum(told == "passed" for told in stable.values())
    print(f"{suite.name} {suite.version}: {passing} tests pass, {len(before) - len(stable)} change by themselves")
    if not passing:
        print(f"  nothing to compare with: {complaint}")
        return 1
    count = 0
    for mode in options.mode or MODES:
        tree = scratch / mode
        changed = fixed(suite, options.binary, MODES[mode] + options.extra, tree)
        after, complaint = suite.outcomes(tree, options.limit)
        lost = broken(stable, after)
        # A test that leans on the clock may fail under load alone: what failed has to fail twice.
        if lost:
            after, complaint = suite.outcomes(tree, options.limit)
            lost = [test for test in lost if after.get(test) != "passed"]
        count += len(lost)
        print(f"  {mode:7} {changed}: {passing - len(lost)} pass, {len(lost)} broken {complaint}")
        for test in lost[: options.show]:
            print(f"          {test}")
        if options.keep:
            shutil.copytree(tree, Path(options.keep) / suite.name / mode, dirs_exist_ok=True)
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="the projects; all of suites.toml unless named")
    parser.add_argument("--binary", default=ROOT / "target/release/aiofix", type=Path)
    parser.add_argument("--mode", action="append", choices=MODES, help="how to fix; each way unless named")
    parser.add_argument("--extra", action="append", default=[], help="another option for aiofix, as --extra=--select=AIO1")
    parser.add_argument("--keep", help="a folder for the fixed trees")
    parser.add_argument("--limit", default=600, type=int, help="seconds that a suite may take")
    parser.add_argument("--show", default=20, type=int, help="how many broken tests to name")
    options = parser.parse_args()
    options.binary = options.binary.resolve()
    settings = tomllib.loads((Path(__file__).parent / "suites.toml").read_text())
    unknown = set(options.names) - set(settings)
    if unknown:
        parser.error(f"not in suites.toml: {', '.join(sorted(unknown))}")
    lost = 0
    for name in options.names or settings:
        suite = Suite(name, settings[name])
        try:
            suite.prepare()
        except subprocess.CalledProcessError as error:
            print(f"{name}: cannot be prepared: {error.stderr.strip()[-400:]}")
            lost += 1
            continue
        with tempfile.TemporaryDirectory() as scratch:
            lost += study(suite, options, Path(scratch))
        sys.stdout.flush()
    print(f"{lost} tests broken")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
