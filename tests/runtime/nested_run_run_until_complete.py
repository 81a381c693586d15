# page: nested-run
# before: RuntimeError: This event loop is already running
# before-exit: 1
# after: fetched 1
import asyncio


async def fetch(number):
    await asyncio.sleep(0)
    return "fetched %d" % number


async def main():
    loop = asyncio.get_event_loop()
    answer = loop.run_until_complete(fetch(1))
    print(answer)


asyncio.run(main())
