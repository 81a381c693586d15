# The value of the call is used: `await` binds tighter than `or`.
# page: blocking-sleep
# before: ticks: none
# after: result: slept
# after: ticks: 3 or more
import asyncio
import time

from ticker import ticks_during


async def poll():
    result = time.sleep(0.3) or "slept"
    print("result:", result)


async def main():
    print("ticks:", await ticks_during(poll()))


asyncio.run(main())
