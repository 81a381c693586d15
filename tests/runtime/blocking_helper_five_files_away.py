# page: blocking-helper
# before: ticks: none
# after: measured: 21
# after: ticks: 3 or more
# python: 3.9
import asyncio

from weather import report
from ticker import ticks_during


async def work():
    value = report("north")
    print("measured:", value)


async def main():
    print("ticks:", await ticks_during(work()))


asyncio.run(main())
