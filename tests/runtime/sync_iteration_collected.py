# page: sync-iteration
# before: TypeError
# before-exit: 1
# after: [3, 1, 2] {1, 2, 3} (3, 1, 2)
# after: [1, 2, 3] 6 3 6
# after: 3-1-2
import asyncio


async def numbers():
    for number in (3, 1, 2):
        await asyncio.sleep(0)
        yield number


async def words():
    async for number in numbers():
        yield str(number)


async def main():
    print(list(numbers()), set(numbers()), tuple(numbers()))
    print(sorted(numbers()), sum(numbers()), max(numbers()), sum(number for number in numbers()))
    print("-".join(words()))


asyncio.run(main())
