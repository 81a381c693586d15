# page: blocking-lock
# prefer: wrap-future
# before: ticks: none
# after: result: late
# after: failure: KeyError('lost')
# after: ticks: 3 or more
import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

from ticker import ticks_during


def slow():
    time.sleep(0.3)
    return "late"


def failing():
    raise KeyError("lost")


async def work():
    pool = ThreadPoolExecutor()
    print("result:", pool.submit(slow).result())
    lost = pool.submit(failing)
    try:
        lost.result()
    except KeyError as error:
        print("failure:", repr(error))


async def main():
    print("ticks:", await ticks_during(work()))


asyncio.run(main())
