# page: blocking-input
# before: ticks: none
# after: line: late
# after: ticks: 3 or more
# python: 3.9
import asyncio
import os
import threading

from ticker import ticks_during

read, write = os.pipe()
os.dup2(read, 0)


async def work():
    threading.Timer(0.3, os.write, [write, b"late\n"]).start()
    line = input()
    print("line:", line)


async def main():
    print("ticks:", await ticks_during(work()))


asyncio.run(main())
