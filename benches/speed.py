"""How long `aiofix check` takes on a tree, beside the floor and beside ruff.

    python3 benches/speed.py DIR [-j N] [--rounds N]

Each round runs every command once, in an order that turns with the round, so that a busy machine slows all of them
alike. The table gives the median of each command's wall-clock time from start to exit, the ratio of that median to
the floor's and to ruff's, and the peak of its resident memory; a peak below that of this Python, which a new process
starts from, cannot be told and is printed as `<`. The floor walks the tree, reads its Python files and
parses each of them with tree-sitter (benches/floor.rs). The exit status is 1 where a limit is missed.

Python 3.9, the standard library and cargo; without ruff its rows and limits are left out.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ALL, SLEEP, FLOOR, RUFF = "aiofix check", "aiofix check --select blocking-sleep", "floor", "ruff ASYNC,RUF006"
# Which command, against which, at most how many times its median.
LIMITS = [(ALL, RUFF, 1.0), (SLEEP, RUFF, 0.5)]


def built(name, *target):
    """The executable of that name that cargo makes of a target."""
    command = ["cargo", *target, "--locked", "--message-format", "json-render-diagnostics"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True)
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    made = [message for message in messages if message.get("executable")]
    return next(message["executable"] for message in made if message["target"]["name"] == name)


def commands(tree, threads):
    binary = built("aiofix", "build", "--release", "--bin", "aiofix")
    check = [binary, "check", "--no-cache", "--isolated", "-j", str(threads)]
    rows = {
        ALL: [*check, tree],
        SLEEP: [*check, "--select", "blocking-sleep", tree],
        FLOOR: [built("floor", "bench", "--bench", "floor", "--no-run"), tree, "-j", str(threads)],
    }
    ruff = shutil.which("ruff")
    if ruff:
        options = ["check", "--no-cache", "--isolated", "--select", "ASYNC,RUF006", "--preview"]
        rows[RUFF] = [native(ruff), *options, tree]
    return rows


def native(ruff):
    """The program behind a launcher script, which would be measured too."""
    with open(ruff, "rb") as start:
        script = start.read(2) == b"#!"
    if not script:
        return ruff
    found = subprocess.run(
        [sys.executable, "-c", "import ruff; print(ruff.find_ruff_bin())"], capture_output=True, text=True
    )
    return found.stdout.strip() or ruff


def measured(command, threads):
    """Seconds from start to exit, and the peak of resident memory in MB."""
    environment = {**os.environ, "RAYON_NUM_THREADS": str(threads)}
    with tempfile.TemporaryFile() as told:
        began = time.perf_counter()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=told, env=environment)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in (0, 1):
            told.seek(0)
            sys.exit(f"{' '.join(map(str, command))}: exit {child.returncode}\n{told.read().decode(errors='replace')}")
    return seconds, megabytes(usage)


def megabytes(usage):
    """Linux counts in kilobytes, macOS in bytes."""
    return usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def rounds(rows, count, threads):
    names = list(rows)
    times, peaks = {name: [] for name in names}, dict.fromkeys(names, 0)
    for name in names:
        measured(rows[name], threads)  # The files come into the page cache.
    for turn in range(count):
        at = turn % len(names)
        for name in [*names[at:], *names[:at]]:
            seconds, peak = measured(rows[name], threads)
            times[name].append(seconds)
            peaks[name] = max(peaks[name], peak)
    return {name: statistics.median(values) for name, values in times.items()}, times, peaks


def size(rows):
    """What each of the walks looks at, in words."""
    words = subprocess.run(rows[FLOOR], capture_output=True, text=True, check=True).stdout.split()
    text = f"{words[1]} files, {int(words[3]) / 1e6:.1f} MB"
    if RUFF in rows:
        options = ["check", "--isolated", "--show-files", rows[RUFF][-1]]
        shown = subprocess.run([rows[RUFF][0], *options], capture_output=True, check=True).stdout
        text += f" (ruff: {len(shown.splitlines())} files)"
    return text


def table(medians, times, peaks):
    def against(name, other):
        return f"{medians[name] / medians[other]:.2f}" if other in medians else "-"

    own = megabytes(resource.getrusage(resource.RUSAGE_SELF))
    lines = [["command", "median s", "least s", "most s", "of floor", "of ruff", "peak MB"]]
    for name, median in medians.items():
        least, most = min(times[name]), max(times[name])
        seconds = [f"{value:.3f}" for value in (median, least, most)]
        lines.append([name, *seconds, against(name, FLOOR), against(name, RUFF)])
        lines[-1].append(f"{peaks[name]:.0f}" if peaks[name] > own else f"<{own:.0f}")
    width = max(len(line[0]) for line in lines)
    return "\n".join(line[0].ljust(width) + "".join(cell.rjust(10) for cell in line[1:]) for line in lines)


def limits(medians):
    """Prints how each limit stands; whether all are kept."""
    kept = True
    for name, other, most in LIMITS:
        if other not in medians:
            continue
        ratio = medians[name] / medians[other]
        kept = kept and ratio <= most
        print(f"{'kept' if ratio <= most else 'MISSED'}: {name} is {ratio:.2f} of {other}, at most {most}")
    return kept


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", metavar="DIR")
    parser.add_argument("-j", dest="threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=11)
    words = parser.parse_args()
    rows = commands(words.tree, words.threads)
    print(f"{words.tree}: {size(rows)}; {words.threads} threads, {words.rounds} rounds")
    medians, times, peaks = rounds(rows, words.rounds, words.threads)
    print(table(medians, times, peaks))
    return 0 if limits(medians) else 1


if __name__ == "__main__":
    sys.exit(main())
