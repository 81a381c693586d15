# page: forgotten-await
# before: coroutine 'sleep' was never awaited
# before: ticks: none
# after: ticks: 3 or more
import asyncio

from ticker import ticks_during


async def poll():
    asyncio.sleep(0.3)


async def main():
    print("ticks:", await ticks_during(poll()))


asyncio.run(main())
