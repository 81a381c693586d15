# page: nested-run
# before: RuntimeError: This event loop is already running
# before-exit: 1
# after: ['a', 'b']
import asyncio


async def fetch(name):
    await asyncio.sleep(0)
    return name


async def main():
    names = [asyncio.get_event_loop().run_until_complete(fetch(name)) for name in "ab"]
    print(names)


asyncio.run(main())
