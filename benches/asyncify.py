"""How long `aiofix asyncify` takes on a tree, beside a `check` of the same tree.

    python3 benches/asyncify.py DIR [--files N] [--rounds N] [--function PATH:NAME ...]

The first N Python files of DIR, in the order of their paths, are copied, and a package with a helper that runs an event loop
is put beside them: few functions reach one such helper, hundreds in a hundred files reach another. Each round runs `check` and
`asyncify` of each function once, in an order that turns with the round. The table gives the medians of wall-clock and of
processor time, and the ratio to those of `check`. The exit status is 1 where one takes more than a tenth longer than `check`.

Python 3.9, the standard library and cargo, unless `--binary` names an aiofix.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from speed import built

CHECK = "check"
LIMIT = 1.10
LOADING = """\
import asyncio


async def fetch_setting(key):
    await asyncio.sleep(0)
    return key


def load_few_settings(key):
    return asyncio.run(fetch_setting(key))


def load_many_settings(key):
    return asyncio.run(fetch_setting(key))
"""
FEW = """\
from bridged.loading import load_few_settings


def title_of(key):
    return load_few_settings(key).title()


async def show(key):
    print(title_of(key))
"""
MANY = """\
from bridged.loading import load_many_settings


class Reader{0}:
    def setting_{0}(self, key):
        return load_many_settings(key)

    def settings_{0}(self, keys):
        return [self.setting_{0}(key) for key in keys]


async def show_{0}(keys):
    return Reader{0}().settings_{0}(keys)
"""
FUNCTIONS = ["bridged/loading.py:load_few_settings", "bridged/loading.py:load_many_settings"]


def planted(tree, source, count):
    """Copies the first files of a folder, and puts the bridges beside them; gives how many files there are."""
    paths = sorted(path for path in Path(source).rglob("*.py") if path.is_file())[: count - 103]
    for path in paths:
        to = tree / path.relative_to(source)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, to)
    folder = tree / "bridged"
    folder.mkdir()
    files = {"__init__": "", "loading": LOADING, "few": FEW}
    files.update({f"many_{at}": MANY.format(at) for at in range(100)})
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    (tree / "pyproject.toml").write_text("")
    return len(paths) + len(files)


def measured(command, tree):
    """Seconds from start to exit, and those of the processors."""
    began = time.perf_counter()
    child = subprocess.Popen(command, cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    complaint = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1):
        sys.exit(f"{' '.join(map(str, command))}: exit {child.returncode}\n{complaint.decode(errors='replace')}")
    return seconds, usage.ru_utime + usage.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", metavar="DIR", type=Path)
    parser.add_argument("--files", default=5000, type=int, help="how many files the tree has")
    parser.add_argument("--rounds", default=5, type=int)
    parser.add_argument("--function", action="append", default=[], help="another function of the tree")
    parser.add_argument("--binary", help="the aiofix to measure; cargo makes it unless named")
    options = parser.parse_args()
    binary = os.path.abspath(options.binary) if options.binary else built("aiofix", "build", "--release", "--bin", "aiofix")
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        count = planted(tree, options.source.resolve(), options.files)
        rows = {CHECK: [binary, "check", "--no-cache", "--isolated", "."]}
        rows.update({function: [binary, "asyncify", function, "--isolated"] for function in FUNCTIONS + options.function})
        said = {name: subprocess.run(words, cwd=tree, capture_output=True, text=True) for name, words in rows.items()}
        times = {name: [] for name in rows}
        names = list(rows)
        for turn in range(options.rounds):
            at = turn % len(names)
            for name in [*names[at:], *names[:at]]:
                times[name].append(measured(rows[name], tree))
    median = {name: [statistics.median(each) for each in zip(*of)] for name, of in times.items()}
    print(f"{options.source}: {count} files, median of {options.rounds} rounds")
    print(f"{'command':45} {'wall s':>7} {'ratio':>6} {'cpu s':>7} {'ratio':>6}  what it would change")
    for name, (wall, cpu) in median.items():
        ratios = wall / median[CHECK][0], cpu / median[CHECK][1]
        reach = "" if name == CHECK else (said[name].stderr.strip().splitlines() or ["nothing: it is refused"])[-1]
        print(f"{name:45} {wall:7.2f} {ratios[0]:6.2f} {cpu:7.2f} {ratios[1]:6.2f}  {reach}")
    missed = [name for name, (_, cpu) in median.items() if cpu > LIMIT * median[CHECK][1]]
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
