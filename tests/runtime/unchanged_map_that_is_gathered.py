# The coroutines of the map are all awaited.
# page: coroutine-callback
# unchanged
# after: [1, 4]
import asyncio


async def square(number):
    await asyncio.sleep(0)
    return number * number


async def main():
    print(await asyncio.gather(*map(square, [1, 2])))


asyncio.run(main())
