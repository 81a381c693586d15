# page: blocking-sleep
# before: ticks: none
# after: polled
# after: ticks: 3 or more
import asyncio
import time

from ticker import ticks_during


async def poll():
    time.sleep(0.3)
    print("polled")


async def main():
    print("ticks:", await ticks_during(poll()))


asyncio.run(main())
