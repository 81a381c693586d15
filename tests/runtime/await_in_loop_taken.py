# page: await-in-loop
# before: stored: {0: 0, 1: 1, 2: 4, 3: 9, 4: 16}, after 5 waits
# before: comprehended: {0: 0, 1: 1, 2: 4, 3: 9, 4: 16}, after 5 waits
# before: summed: 30, after 5 waits
# before: kept: ['0:0', '2:4', '4:16'], after 5 waits
# after: stored: {0: 0, 1: 1, 2: 4, 3: 9, 4: 16}, after 1 wait
# after: comprehended: {0: 0, 1: 1, 2: 4, 3: 9, 4: 16}, after 1 wait
# after: summed: 30, after 1 wait
# after: kept: ['0:0', '2:4', '4:16'], after 1 wait
import asyncio


async def square(number):
    await asyncio.sleep(0.2 - 0.01 * number)
    return number * number


async def stored(numbers):
    found = {}
    for number in numbers:
        found[number] = await square(number)
    return found


async def comprehended(numbers):
    return {number: await square(number) for number in numbers}


async def summed(numbers):
    total = 0
    for number in numbers:
        total += await square(number)
    return total


async def kept(numbers):
    lines = []
    for number in numbers:
        result = await square(number)
        if result % 2 == 0:
            lines.append(f"{number}:{result}")
    return lines


async def main():
    loop = asyncio.get_running_loop()
    for take in (stored, comprehended, summed, kept):
        began = loop.time()
        found = await take(iter([0, 1, 2, 3, 4]))
        waits = "1 wait" if loop.time() - began < 0.5 else "5 waits"
        print(f"{take.__name__}: {found}, after {waits}")


asyncio.run(main())
