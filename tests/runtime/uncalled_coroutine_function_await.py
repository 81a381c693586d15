# page: uncalled-coroutine-function
# before: object method can't be used in 'await' expression
# before-exit: 1
# after: item
import asyncio


async def main():
    queue = asyncio.Queue()
    await queue.put("item")
    print(await queue.get)


asyncio.run(main())
