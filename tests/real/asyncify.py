"""Makes plain functions of published projects asynchronous, and runs the projects' tests. See README.md beside this file.

It needs what suites.py needs, and keeps its projects where that keeps them.
"""

import argparse
import re
import shutil
import sys
import tempfile
import tomllib
from pathlib import Path

from suites import ROOT, Suite, broken, run

FOLDER = Path(__file__).parent
COMPILE = "import sys; [compile(open(path, 'rb').read(), path, 'exec') for path in sys.argv[1:]]"


def changed(tree):
    """The files of a tree that its repository does not have so."""
    return run(["git", "diff", "--name-only"], cwd=tree, check=True).stdout.split()


def turn(suite, function, options, tree):
    """Makes a function asynchronous in a copy of a suite's source; returns what was said."""
    shutil.copytree(suite.source, tree, symlinks=True)
    run(["git", "init", "-q"], cwd=tree, check=True)
    run(["git", "add", "-Af"], cwd=tree, check=True)
    words = ["asyncify", function, *options.extra, "--write", "--python", suite.python]
    return run([options.binary, *words], cwd=tree)


def study(suite, function, before, options, scratch):
    """Prints what became of a project; returns how many of its tests fail now, and counts a refusal as one."""
    done = turn(suite, function, options, scratch)
    if done.returncode:
        print(f"  {function}: {(done.stdout + done.stderr).strip()}")
        return 1
    said = re.sub(r"^Changed |\.$", "", done.stderr.strip())
    python = [path for path in changed(scratch) if path.endswith(".py")]
    compiled = run([suite.python, "-W", "error", "-c", COMPILE, *python], cwd=scratch)
    if compiled.returncode:
        print(f"  {function}: {said}: does not compile: {compiled.stderr.strip()[-200:]}")
        return 1
    after, complaint = suite.outcomes(scratch, options.limit)
    lost = broken(before, after)
    if lost:
        after, complaint = suite.outcomes(scratch, options.limit)
        lost = [test for test in lost if after.get(test) != "passed"]
    passing = sum(told == "passed" for told in before.values())
    print(f"  {function}: {said}: {passing - len(lost)} pass, {len(lost)} broken {complaint}")
    for test in lost[: options.show]:
        print(f"      {test}")
    if options.keep:
        kept = Path(options.keep) / suite.name / re.sub(r"\W+", "-", function)
        shutil.copytree(scratch, kept, dirs_exist_ok=True)
    return len(lost)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="the projects; all of asyncify.toml unless named")
    parser.add_argument("--binary", default=ROOT / "target/release/aiofix", type=Path)
    parser.add_argument("--function", action="append", help="another function than those of asyncify.toml")
    parser.add_argument("--extra", action="append", default=[], help="another option for aiofix, as --extra=--twin")
    parser.add_argument("--keep", help="a folder for the changed trees")
    parser.add_argument("--limit", default=600, type=int, help="seconds that a suite may take")
    parser.add_argument("--show", default=20, type=int, help="how many broken tests to name")
    options = parser.parse_args()
    options.binary = options.binary.resolve()
    functions = tomllib.loads((FOLDER / "asyncify.toml").read_text())
    suites = tomllib.loads((FOLDER / "suites.toml").read_text())
    lost = 0
    for name in options.names or functions:
        suite = Suite(name, suites[name])
        suite.prepare()
        with tempfile.TemporaryDirectory() as scratch:
            plain = Path(scratch) / "before"
            shutil.copytree(suite.source, plain, symlinks=True)
            first, complaint = suite.outcomes(plain, options.limit)
            again, _ = suite.outcomes(plain, options.limit)
            before = {test: told for test, told in first.items() if again.get(test) == told}
            passing = sum(told == "passed" for told in before.values())
            print(f"{name} {suite.version}: {passing} tests pass {complaint}", flush=True)
            for at, function in enumerate(options.function or functions[name]["functions"]):
                lost += study(suite, function, before, options, Path(scratch) / str(at))
                sys.stdout.flush()
    print(f"{lost} broken or refused")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
