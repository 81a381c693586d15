# page: gather-exceptions
# before: written without the lock
# after: written with the lock
# after: no answer
import asyncio


class Store:
    def __init__(self):
        self.lock = asyncio.Lock()

    async def pull(self):
        raise ConnectionError("no answer")

    async def push(self):
        for _ in range(3):
            await asyncio.sleep(0)
        print("written", "with" if self.lock.locked() else "without", "the lock")

    async def sync(self):
        async with self.lock:
            await asyncio.gather(self.pull(), self.push())


async def main():
    try:
        await Store().sync()
    except ConnectionError as error:
        await asyncio.sleep(0.01)
        print(error)


asyncio.run(main())
