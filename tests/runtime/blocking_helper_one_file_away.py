# page: blocking-helper
# before: ticks: none
# after: measured: 21
# after: ticks: 3 or more
# python: 3.9
import asyncio

from probe import measure
from ticker import ticks_during


async def work():
    value = measure()
    print("measured:", value)


async def main():
    print("ticks:", await ticks_during(work()))


asyncio.run(main())
