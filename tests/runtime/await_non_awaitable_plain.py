# page: await-non-awaitable
# before: object NoneType can't be used in 'await' expression
# before-exit: 1
# after: ['one'] 3
import asyncio

lines = []


def log(text):
    lines.append(text)


async def main():
    await log("one")
    print(lines, await len("one"))


asyncio.run(main())
