"""Holds aiofix to its promises on real code. See README.md beside this file.

Python 3.11, the standard library, `git` and `patch`; nothing of the trees is executed or changed.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Nothing found or all fixed; findings remain or a diff is pending. All else is a fault without `--strict`.
DOCUMENTED_EXITS = {0, 1}
# A repository around the copies would make `git apply` skip files that it ignores.
ENVIRONMENT = {**os.environ, "GIT_CEILING_DIRECTORIES": tempfile.gettempdir(), "NO_COLOR": "1"}


class Broken(Exception):
    """A promise that was not kept, in one line."""


class Tool:
    def __init__(self, binary, limit):
        self.binary = binary
        self.limit = limit

    def run(self, command, tree, *options):
        """The bytes that `aiofix COMMAND … .` prints in a tree."""
        words = [self.binary, command, "--isolated", "--no-cache", *options, "."]
        try:
            done = subprocess.run(words, cwd=tree, capture_output=True, env=ENVIRONMENT, timeout=self.limit)
        except subprocess.TimeoutExpired:
            raise Broken(f"{command} {' '.join(options)}: longer than {self.limit} s") from None
        told = done.stderr.decode(errors="replace")
        if done.returncode not in DOCUMENTED_EXITS or "panicked at" in told:
            last = told.strip().splitlines()[-3:]
            raise Broken(f"{command} {' '.join(options)}: exit {done.returncode}: {' | '.join(last)}")
        bugs = [line for line in told.splitlines() if line.startswith("bug: ")]
        if bugs:
            raise Broken(f"{command} {' '.join(options)}: {len(bugs)} fixes dropped unproved: {bugs[0]}")
        return done.stdout


def source_files(tree):
    return sorted(path for path in tree.rglob("*.py") if path.is_file())


def contents(tree):
    """Every file below a tree with its bytes, whatever its name: a stray `.orig` or temporary file is a difference."""
    return {str(p.relative_to(tree)): p.read_bytes() for p in tree.rglob("*") if p.is_file() and ".git" not in p.parts}


def copy(tree, target):
    for path in source_files(tree):
        place = target / path.relative_to(tree)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    target.mkdir(exist_ok=True)
    return target


def compiles(source):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(source, "<source>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
            return False
    return True


def different(expected, found):
    names = [name for name in sorted({*expected, *found}) if expected.get(name) != found.get(name)]
    return f"{len(names)} files, first {names[0]}" if names else ""


def same(expected, found, what):
    names = different(expected, found)
    if names:
        raise Broken(f"{what}: {names}")


class Study:
    """One tree: what aiofix makes of it, and which promises hold."""

    def __init__(self, tool, tree, folder, pool):
        self.tool, self.tree, self.folder, self.pool = tool, tree, folder, pool
        self.original = copy(tree, folder / "original")
        self.before = contents(self.original)
        self.findings = []
        self.counts = collections.Counter()
        self.results = {}

    def run(self):
        for name, promise in PROMISES.items():
            try:
                promise(self)
                self.results[name] = ""
            except Broken as broken:
                self.results[name] = str(broken)
                if name == "exits":
                    break  # There is nothing to hold the other promises to.
        return self

    def changed(self):
        return [name for name, source in self.after.items() if source != self.before.get(name)]

    def exits(self):
        """It ends as documented; what it finds is counted."""
        self.after = self.before
        self.patch = b""
        self.findings = self.check()
        self.fixed = copy(self.original, self.folder / "fixed")
        self.tool.run("fix", self.fixed, "--unsafe-fixes", "-j", "8")
        self.after = contents(self.fixed)
        self.patch = self.tool.run("diff", self.original, "--unsafe-fixes", "-j", "8")

    def check(self, *options):
        # Exit 1 with nothing printed is not an empty report.
        return json.loads(self.tool.run("check", self.original, "--output-format", "json", *options) or b"null") or []

    def compiling(self):
        """What CPython compiled before the fix, it compiles after it."""
        names = self.changed()
        was = self.pool.map(compiles, [self.before[name] for name in names], chunksize=16)
        is_ = self.pool.map(compiles, [self.after[name] for name in names], chunksize=16)
        broken = [name for name, old, new in zip(names, was, is_) if old and not new]
        if broken:
            raise Broken(f"{len(broken)} of {len(names)} changed files no longer compile, first {broken[0]}")

    def quiet(self):
        """A second run changes nothing."""
        self.tool.run("fix", self.fixed, "--unsafe-fixes")
        same(self.after, contents(self.fixed), "changed by a second run")

    def git(self):
        """`aiofix diff | git apply` gives what `fix` gives."""
        self.apply(["git", "apply", "-p1", "--whitespace=nowarn", "--allow-empty", "-"], "git")

    def gnu(self):
        """`aiofix diff | patch -p1` gives what `fix` gives."""
        self.apply(["patch", "-p1", "--silent", "--force"], "patch")

    def apply(self, command, name):
        target = copy(self.original, self.folder / name)
        done = subprocess.run(command, cwd=target, input=self.patch, capture_output=True, env=ENVIRONMENT)
        if done.returncode != 0:
            told = (done.stderr + done.stdout).decode(errors="replace").strip().splitlines()
            raise Broken(f"{name}: exit {done.returncode}: {told[:1]}")
        same(self.after, contents(target), f"{name} against fix")
        shutil.rmtree(target)

    def threads(self):
        """One thread and eight give the same bytes."""
        if self.tool.run("diff", self.original, "--unsafe-fixes", "-j", "1") != self.patch:
            raise Broken("diff -j 1 and diff -j 8 differ")
        target = copy(self.original, self.folder / "one-thread")
        self.tool.run("fix", target, "--unsafe-fixes", "-j", "1")
        same(self.after, contents(target), "fix -j 1 against fix -j 8")
        shutil.rmtree(target)

    def whole(self):
        """Findings by region are those by whole file."""
        whole = self.check("--whole-files")
        if whole != self.findings:
            place = next((at for at, pair in enumerate(zip(whole, self.findings)) if pair[0] != pair[1]), 0)
            first = [described(row) for rows in (self.findings, whole) for row in rows[place : place + 1]]
            raise Broken(f"{len(self.findings)} by region, {len(whole)} whole; first: {' / '.join(first)}")

    def unmoved(self):
        """`check` and `diff` write nothing."""
        same(self.before, contents(self.original), "written by check or diff")

    def row(self):
        size = sum(map(len, self.before.values())) / 1e6
        fixable = sum(row.get("fix") is not None for row in self.findings)
        marks = ["-" if name not in self.results else "BROKEN" if self.results[name] else "ok" for name in PROMISES]
        numbers = [len(self.before), f"{size:.1f}", len(self.findings), fixable, len(self.changed())]
        return [self.tree.name, *numbers, *marks]


PROMISES = {
    "exits": Study.exits,
    "compiles": Study.compiling,
    "quiet": Study.quiet,
    "git": Study.git,
    "patch": Study.gnu,
    "threads": Study.threads,
    "regions": Study.whole,
    "reads": Study.unmoved,
}


def described(row):
    return f"{row['filename']}:{row['location']['row']}:{row['location']['column']} {row['name']}"


def printed(table):
    widths = [max(len(str(row[at])) for row in table) for at in range(len(table[0]))]
    for row in table:
        cells = [str(cell).ljust(w) if not at else str(cell).rjust(w) for at, (cell, w) in enumerate(zip(row, widths))]
        print("  ".join(cells).rstrip())


def study(tool, trees):
    table = [["tree", "files", "MB", "findings", "fixable", "changed", *PROMISES]]
    broken, pages, held = [], collections.Counter(), 0
    with concurrent.futures.ProcessPoolExecutor() as pool:
        for tree in trees:
            began = time.monotonic()
            with tempfile.TemporaryDirectory(prefix="aiofix-study-") as folder:
                done = Study(tool, tree, Path(folder), pool).run()
            table.append(done.row())
            pages.update(row["name"] for row in done.findings)
            failures = [f"{tree.name}: {name}: {why}" for name, why in done.results.items() if why]
            held += len(done.results) - len(failures)
            broken += failures
            print(f"{tree.name}: {time.monotonic() - began:.0f} s", *failures, sep="\n  ", file=sys.stderr)
    totals = [sum(float(row[at]) for row in table[1:]) for at in range(1, 6)]
    table.append(["all", *(f"{n:.1f}" if at == 1 else int(n) for at, n in enumerate(totals)), *[""] * len(PROMISES)])
    printed(table)
    print("findings:", ", ".join(f"{name} {count}" for name, count in sorted(pages.items())) or "none")
    print(*broken, sep="\n", end="\n" if broken else "")
    print(f"{held} passed, {len(broken)} failed")
    return 1 if broken else 0


def hunks(patch, tree):
    """The hunks of a unified diff, each with the file it changes."""
    name, rows, lines = "", [], patch.decode(errors="replace").split("\n")
    for line, following in zip(lines, [*lines[1:], ""]):
        if line.startswith("--- ") and following.startswith("+++ "):
            name = line[4:].split("\t")[0].strip().removeprefix("a/")
        elif line.startswith("@@ "):
            rows.append([f"{tree}/{name}", line + "\n"])
        elif rows and line[:1] in (" ", "+", "-", "\\") and line != f"+++ b/{name}":
            rows[-1][1] += line + "\n"
    return rows


def sample(tool, trees, page, count, seed):
    """Prints changes for reading by hand: the same ones for the same seed, trees and binary."""
    options = ["--unsafe-fixes", *(["--select", page] if page else [])]
    rows = [row for tree in trees for row in hunks(tool.run("diff", tree, *options), tree)]
    chosen = sorted(random.Random(seed).sample(rows, min(count, len(rows))))
    for number, (name, hunk) in enumerate(chosen, 1):
        print(f"[{number}/{len(chosen)}] {name}\n{hunk}")
    print(f"{len(chosen)} of {len(rows)} hunks, seed {seed}")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trees", nargs="*", type=Path, help="folders (default: each in corpus/src)")
    parser.add_argument("--binary", type=Path, default=ROOT / "target/release/aiofix")
    parser.add_argument("--limit", type=int, default=600, help="seconds that one run may take")
    parser.add_argument("--sample", type=int, metavar="N", help="print N random changes instead of checking")
    parser.add_argument("--page", help="with --sample: only changes of this page")
    parser.add_argument("--seed", type=int, default=0, help="with --sample: which N")
    words = parser.parse_args()
    trees = [tree.resolve() for tree in words.trees] or sorted((ROOT / "corpus/src").glob("*/"))
    if not words.binary.is_file():
        parser.error(f"no {words.binary}: run cargo build --release --locked")
    if not trees:
        parser.error("no trees: run tests/real/fetch.sh")
    tool = Tool(words.binary.resolve(), words.limit)
    if words.sample is not None:
        return sample(tool, trees, words.page, words.sample, words.seed)
    return study(tool, trees)


if __name__ == "__main__":
    sys.exit(main())
