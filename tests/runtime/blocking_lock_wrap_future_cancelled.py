# page: blocking-lock
# prefer: wrap-future
# before: cancelled: after the work
# after: cancelled: at once
import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

began = threading.Event()
ended = threading.Event()
pool = ThreadPoolExecutor()


def slow():
    began.set()
    time.sleep(0.3)
    ended.set()


async def work():
    future = pool.submit(slow)
    future.result()
    await asyncio.sleep(0)


async def main():
    task = asyncio.create_task(work())
    while not began.is_set():
        await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("cancelled:", "after the work" if ended.is_set() else "at once")


asyncio.run(main())
