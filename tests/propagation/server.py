"""Runs the projects that tests/propagation makes, each in a fork of this process.

A line `0 FOLDER` runs the folder's main.py, `1 FOLDER` the same with threads for event loops inside of others. What it
prints is in output.txt, what is wrong in errors.txt.
"""

import asyncio
import gc
import os
import pathlib
import runpy
import sys
import threading
import traceback
import warnings


def apart(function):
    """Gives a call inside a running loop a thread of its own."""

    def wrapper(*arguments, **keywords):
        if asyncio._get_running_loop() is None:
            return function(*arguments, **keywords)
        result = []
        thread = threading.Thread(target=lambda: result.append(function(*arguments, **keywords)))
        thread.start()
        thread.join()
        return result[0]

    return wrapper


def play(folder, is_apart):
    os.chdir(folder)
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = True
    errors = open("errors.txt", "w")
    os.dup2(os.open("output.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
    os.dup2(errors.fileno(), 2)
    warnings.simplefilter("always")
    try:
        for path in sorted(pathlib.Path(".").rglob("*.py")):
            compile(path.read_text(), str(path), "exec")
        if is_apart:
            asyncio.run = apart(asyncio.run)
            loop = asyncio.base_events.BaseEventLoop
            loop.run_until_complete = apart(loop.run_until_complete)
        runpy.run_path("main.py", run_name="__main__")
        gc.collect()
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def main():
    print(sys.version_info.minor, flush=True)
    for line in sys.stdin:
        is_apart, folder = line.rstrip("\n").split(" ", 1)
        child = os.fork()
        if child == 0:
            play(folder, is_apart == "1")
        os.waitpid(child, 0)
        print("done", flush=True)


main()
