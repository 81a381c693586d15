# page: blocking-lock
# before: ticks: none
# after: result: late
# after: ticks: 3 or more
# python: 3.9
import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

from ticker import ticks_during


def slow():
    time.sleep(0.3)
    return "late"


async def work():
    pool = ThreadPoolExecutor()
    print("result:", pool.submit(slow).result(timeout=5))


async def main():
    print("ticks:", await ticks_during(work()))


asyncio.run(main())
