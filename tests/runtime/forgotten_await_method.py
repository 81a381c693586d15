# page: forgotten-await
# before: coroutine 'Store.flush' was never awaited
# before: flushed: False
# after: flushed: True
import asyncio


class Store:
    def __init__(self):
        self.flushed = False

    async def flush(self):
        self.flushed = True

    async def close(self):
        self.flush()
        print("flushed:", self.flushed)


async def main():
    await Store().close()


asyncio.run(main())
