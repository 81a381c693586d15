# page: async-dunder
# before: TypeError
# before-exit: 1
# after: open
# after: closed
import asyncio


class Session:
    async def __enter__(self):
        await asyncio.sleep(0)
        print("open")
        return self

    async def __exit__(self, *exc_info):
        print("closed")


async def main():
    async with Session():
        pass


try:
    asyncio.run(main())
except AttributeError as error:
    raise TypeError(error) from None
