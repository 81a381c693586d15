# page: blocking-lock
# before: ticks: none
# after: job: late
# after: ticks: 3 or more
# python: 3.9
import asyncio
import queue
import threading

from ticker import ticks_during

jobs = queue.Queue()


async def work():
    threading.Timer(0.3, jobs.put, ["late"]).start()
    print("job:", jobs.get())


async def main():
    print("ticks:", await ticks_during(work()))


asyncio.run(main())
