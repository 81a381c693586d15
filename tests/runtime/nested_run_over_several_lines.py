# page: nested-run
# before: RuntimeError
# before-exit: 1
# after: both: x y
import asyncio


async def fetch(name):
    await asyncio.sleep(0)
    return name


async def main():
    print("both: " + asyncio.run(fetch("x")) + " " + asyncio.run(
        fetch("y")
    ))


asyncio.run(main())
