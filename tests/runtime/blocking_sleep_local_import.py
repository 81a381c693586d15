# page: blocking-sleep
# before: ticks: none
# after: ticks: 3 or more
import asyncio

from ticker import ticks_during


async def poll():
    from time import sleep

    if True:
        sleep(0.3)


async def main():
    print("ticks:", await ticks_during(poll()))


asyncio.run(main())
