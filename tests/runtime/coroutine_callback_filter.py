# page: coroutine-callback
# before: was never awaited
# before: [1, 2, 3, 4]
# after: [2, 4]
import asyncio


async def is_even(number):
    await asyncio.sleep(0)
    return number % 2 == 0


async def main():
    numbers = [1, 2, 3, 4]
    print(list(filter(is_even, numbers)))


asyncio.run(main())
