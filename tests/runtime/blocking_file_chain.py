# page: blocking-file
# before: ticks: none
# after: text: late
# after: ticks: 3 or more
# python: 3.9
import asyncio
import os
import tempfile
import threading
import time

from ticker import ticks_during

path = os.path.join(tempfile.mkdtemp(), "pipe")
os.mkfifo(path)


def write():
    with open(path, "w") as pipe:
        time.sleep(0.3)
        pipe.write("late")


async def work():
    threading.Thread(target=write).start()
    text = open(path).read()
    print("text:", text)


async def main():
    print("ticks:", await ticks_during(work()))


asyncio.run(main())
