# page: uncalled-coroutine-function
# before: TypeError
# before-exit: 1
# after: [1, 2] 1
import asyncio


async def one():
    await asyncio.sleep(0)
    return 1


async def two():
    return 2


async def main():
    both = await asyncio.gather(one, two())
    task = asyncio.create_task(one)
    print(both, await asyncio.wait_for(task, 5))


asyncio.run(main())
