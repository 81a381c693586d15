# A task can be awaited as often as one likes.
# page: coroutine-reuse
# unchanged
# after: text text
import asyncio


async def load():
    return "text"


async def main():
    task = asyncio.create_task(load())
    first = await task
    print(first, await task)


asyncio.run(main())
