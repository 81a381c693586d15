# page: sync-iteration
# before: 'async_generator' object is not iterable
# before-exit: 1
# after: 1
# after: 2
import asyncio


async def numbers():
    for number in (1, 2):
        await asyncio.sleep(0)
        yield number


async def main():
    for number in numbers():
        print(number)


asyncio.run(main())
