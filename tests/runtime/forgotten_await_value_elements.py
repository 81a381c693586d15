# page: forgotten-await-value
# before: TypeError: unsupported operand type(s) for +: 'int' and 'coroutine'
# before: was never awaited
# before-exit: 1
# after: 6
# after: 1, 2, 3
# after: 30.0
import asyncio


async def size(number):
    await asyncio.sleep(0)
    return number


async def label(number):
    return str(number)


async def main():
    print(sum(size(number) for number in [1, 2, 3]))
    print(", ".join([label(number) for number in [1, 2, 3]]))
    sizes = [size(number) for number in [3, 30]]
    for found in sizes:
        largest = found / 1
    print(largest)


asyncio.run(main())
