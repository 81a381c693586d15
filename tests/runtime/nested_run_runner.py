# page: nested-run
# python: 3.11
# before: RuntimeError: Runner.run() cannot be called from a running event loop
# before-exit: 1
# after: fetched 1
import asyncio


async def fetch(number):
    await asyncio.sleep(0)
    return "fetched %d" % number


async def main():
    print(asyncio.Runner().run(fetch(1)))


asyncio.run(main())
