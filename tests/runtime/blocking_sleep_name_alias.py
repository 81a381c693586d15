# The file imports names only, so the fix has to find a spelling of its own.
# page: blocking-sleep
# before: ticks: none
# after: ticks: 3 or more
from asyncio import run
from time import sleep as nap

from ticker import ticks_during


async def poll():
    nap(0.3)


async def main():
    print("ticks:", await ticks_during(poll()))


run(main())
