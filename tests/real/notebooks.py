"""Holds aiofix to its promises on real notebooks. See README.md beside this file.

Python 3.11 with nbformat and IPython, and `git`; no notebook is executed or changed.
"""

import argparse
import ast
import collections
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import nbformat
from IPython.core.inputtransformer2 import TransformerManager

ROOT = Path(__file__).resolve().parents[2]
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+|\s+')
ENVIRONMENT = {**os.environ, "GIT_CEILING_DIRECTORIES": tempfile.gettempdir(), "NO_COLOR": "1"}


def value_end(tokens, at):
    """Where the value that begins at a token ends."""
    depth = 0
    while True:
        depth += (tokens[at] in "{[") - (tokens[at] in "}]")
        at += 1
        if depth == 0:
            return at


def without_sources(text):
    """The bytes of a notebook as tokens, with a mark in the place of the source of every cell."""
    tokens, kept, at, keys = TOKEN.findall(text), [], 0, ('"source"', '"input"')
    assert "".join(tokens) == text
    while at < len(tokens):
        kept.append(tokens[at])
        at += 1
        if kept[-1] in keys:
            while at < len(tokens) and (tokens[at].isspace() or tokens[at] == ":"):
                kept.append(tokens[at])
                at += 1
            if kept[-1] != kept[-1].strip() or kept[-1] == ":":
                at = value_end(tokens, at)
                kept.append("SOURCE")
    return kept


def other_cells(document):
    """The cells that are no code, which stay whole."""
    sheets = document.get("worksheets") or [document]
    cells = [cell for sheet in sheets for cell in sheet.get("cells", [])]
    return [cell for cell in cells if cell["cell_type"] != "code"]


def compiles(source):
    """Whether IPython takes a cell. What its magics do with the rest is theirs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            python = TransformerManager().transform_cell(source)
            compile(python, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        except (SyntaxError, ValueError):
            return False
    return True


def sources(text):
    cells = nbformat.reads(text, as_version=4).cells
    return [cell.source for cell in cells if cell.cell_type == "code"]


def faults(before, after):
    """What is wrong with the text that a fix made of a notebook."""
    if without_sources(before) != without_sources(after):
        yield "something but a source changed"
    if other_cells(json.loads(before)) != other_cells(json.loads(after)):
        yield "a cell changed that is no code"
    old, new = sources(before), sources(after)
    if len(old) != len(new):
        yield "a cell came or went"
    for at, (one, other) in enumerate(zip(old, new)):
        if compiles(one) and not compiles(other):
            yield f"code cell {at} does not compile any more"


def run(binary, command, tree):
    words = [binary, command, "--isolated", "--no-cache", "--unsafe-fixes", "-q", "."]
    done = subprocess.run(words, cwd=tree, capture_output=True, env=ENVIRONMENT, timeout=600)
    told = done.stderr.decode(errors="replace")
    if done.returncode not in (0, 1) or "panicked at" in told or "bug: " in told:
        raise SystemExit(f"{command}: exit {done.returncode}: {told[-2000:]}")
    return done.stdout, told


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--binary", default=str(ROOT / "target/release/aiofix"))
    options = parser.parse_args()
    binary = str(Path(options.binary).resolve())
    counts, failed = collections.Counter(), 0
    with tempfile.TemporaryDirectory() as folder:
        fixed, patched = Path(folder, "fixed"), Path(folder, "patched")
        texts = {}
        for path in sorted(path for root in options.folders for path in root.rglob("*.ipynb")):
            # One folder for all, since packages ship some notebooks twice.
            data = path.read_bytes()
            name = f"{hashlib.sha256(data).hexdigest()[:8]}-{path.name}"
            texts[name] = data
            for tree in (fixed, patched):
                tree.mkdir(exist_ok=True)
                (tree / name).write_bytes(data)
        diff, told = run(binary, "diff", patched)
        run(binary, "fix", fixed)
        once = {name: (fixed / name).read_bytes() for name in texts}
        run(binary, "fix", fixed)
        if diff:
            subprocess.run(["git", "apply", "-"], input=diff, cwd=patched, check=True, env=ENVIRONMENT)
        for name, data in texts.items():
            made, wrong = once[name], []
            counts["notebooks"] += 1
            if (fixed / name).read_bytes() != made:
                wrong.append("a second fix changes something")
            if (patched / name).read_bytes() != made:
                wrong.append("`diff | git apply` makes another text")
            if made != data:
                counts["changed"] += 1
                wrong += faults(data.decode(), made.decode())
                print(f"changed  {name}")
            failed += bool(wrong)
            for each in wrong:
                print(f"WRONG    {name}: {each}")
        counts["skipped"] = told.count("warning: ")
    print(", ".join(f"{count} {what}" for what, count in counts.items()), f"- {failed} failed", sep=" ")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
