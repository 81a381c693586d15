# page: await-non-awaitable
# before: can't be used in 'await' expression
# before-exit: 1
# after: item True
import asyncio


async def main():
    queue = asyncio.Queue()
    done = asyncio.Event()
    await queue.put_nowait("item")
    await done.set()
    print(await queue.get(), done.is_set())


asyncio.run(main())
