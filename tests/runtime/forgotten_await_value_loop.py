# page: forgotten-await-value
# before: TypeError
# before-exit: 1
# after: ['begin', 'one', 'two']
import asyncio

lines = ["one", "two", ""]


async def next_line():
    await asyncio.sleep(0)
    return lines.pop(0)


async def main():
    seen = []
    line = "begin"
    while len(line) > 0:
        seen.append(line)
        line = next_line()
    print(seen)


asyncio.run(main())
