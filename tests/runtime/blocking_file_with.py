# page: blocking-file
# before: ticks: none
# after: head: ['a', 'b', 'c']
# after: longest: 5 of 3
# after: kept: missing
# after: ticks: 3 or more
# python: 3.9
import asyncio
import os
import tempfile
import threading
import time

from ticker import ticks_during


def feed(path):
    with open(path, "w") as pipe:
        time.sleep(0.3)
        pipe.write("a\nb\nc\n")


async def head(path):
    with open(path) as file:
        lines = [line.strip() for line in file]
    print("head:", lines)


async def longest(path):
    with open(path, "w") as file:
        file.write("one\ntwo\nthree\n")
    length, count = 0, 0
    for line in open(path):
        length = max(length, len(line.strip()))
        count += 1
    print("longest:", length, "of", count)


async def kept(path):
    text = "missing"
    try:
        with open(path) as file:
            text = file.read()
    except FileNotFoundError:
        pass
    print("kept:", text)


async def work(folder):
    pipe = os.path.join(folder, "pipe")
    os.mkfifo(pipe)
    threading.Thread(target=feed, args=(pipe,)).start()
    await head(pipe)
    await longest(os.path.join(folder, "text"))
    await kept(os.path.join(folder, "nothing"))


async def main(folder):
    print("ticks:", await ticks_during(work(folder)))


with tempfile.TemporaryDirectory() as folder:
    asyncio.run(main(folder))
