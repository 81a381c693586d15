# page: blocking-sleep
# unchanged
# after: function: slept
# after: ticks: 3 or more
import asyncio
import time

from ticker import ticks_during


async def poll():
    def work():
        time.sleep(0.15)
        return "slept"

    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, lambda: time.sleep(0.15))
    print("function:", await loop.run_in_executor(None, work))


async def main():
    print("ticks:", await ticks_during(poll()))


asyncio.run(main())
