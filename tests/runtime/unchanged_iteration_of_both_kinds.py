# A class that speaks both protocols is iterated by either loop.
# page: sync-iteration
# unchanged
# after: plain
# after: asynchronous
import asyncio


class Feed:
    def __iter__(self):
        return iter(["plain"])

    async def __aiter__(self):
        yield "asynchronous"


async def main():
    for item in Feed():
        print(item)
    async for item in Feed():
        print(item)


asyncio.run(main())
