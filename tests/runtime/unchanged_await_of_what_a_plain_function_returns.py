# A plain function may give something to await.
# page: await-non-awaitable
# unchanged
# after: loaded
import asyncio


async def read():
    return "loaded"


def load():
    return read()


async def main():
    print(await load())


asyncio.run(main())
