# page: blocking-file
# before: ticks: none
# after: text: LATE
# after: ticks: 3 or more
# python: 3.9
import asyncio
import os
import tempfile
import threading
import time
from pathlib import Path

from ticker import ticks_during

folder = Path(tempfile.mkdtemp())
os.mkfifo(folder / "pipe")


def write():
    with open(folder / "pipe", "w") as pipe:
        time.sleep(0.3)
        pipe.write("late")


async def work():
    threading.Thread(target=write).start()
    print("text:", (folder / "pipe").read_text().upper())


async def main():
    print("ticks:", await ticks_during(work()))


asyncio.run(main())
