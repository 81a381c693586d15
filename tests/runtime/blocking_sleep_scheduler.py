# page: blocking-sleep
# before: ticks: none
# after: rung
# after: ticks: 3 or more
# python: 3.9
import asyncio
import sched

from ticker import ticks_during

scheduler = sched.scheduler()


async def work():
    scheduler.enter(0.3, 1, print, ["rung"])
    scheduler.run()


async def main():
    print("ticks:", await ticks_during(work()))


asyncio.run(main())
