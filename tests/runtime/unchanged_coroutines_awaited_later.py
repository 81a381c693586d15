# page: forgotten-await
# unchanged
# after: [1, 2, 3]
import asyncio


async def double(number):
    await asyncio.sleep(0)
    return number


async def main():
    first = double(1)
    rest = [double(2)]
    rest.append(double(3))
    factory = lambda number: double(number)  # noqa: E731
    assert await factory(4) == 4
    print(await asyncio.gather(first, *rest))


asyncio.run(main())
