# page: blocking-sleep
# before: ticks: none
# after: [0, 1, 2]
# after: ticks: 3 or more
import asyncio
import time

from ticker import ticks_during


async def readings():
    for reading in range(3):
        time.sleep(0.1)
        yield reading


async def poll():
    print([reading async for reading in readings()])


async def main():
    print("ticks:", await ticks_during(poll()))


asyncio.run(main())
