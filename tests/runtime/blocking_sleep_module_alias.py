# page: blocking-sleep
# before: ticks: none
# after: ticks: 3 or more
import asyncio as aio
import time as clock

from ticker import ticks_during


async def poll():
    clock.sleep(0.3)


async def main():
    print("ticks:", await ticks_during(poll()))


aio.run(main())
