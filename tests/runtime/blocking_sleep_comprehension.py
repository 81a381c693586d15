# page: blocking-sleep
# before: ticks: none
# after: [None, None, None]
# after: ticks: 3 or more
import asyncio
import time

from ticker import ticks_during


async def poll():
    print([time.sleep(pause) for pause in (0.1, 0.1, 0.1)])


async def main():
    print("ticks:", await ticks_during(poll()))


asyncio.run(main())
