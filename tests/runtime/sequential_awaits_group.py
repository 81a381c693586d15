# page: sequential-awaits
# python: 3.11
# before: waited: 3 times
# after: order: a b c
# after: waited: once
import asyncio


class Store:
    async def read(self, path):
        # The later ones are the faster ones.
        await asyncio.sleep(0.6 - 0.01 * ord(path) % 0.1)
        return path

    async def load(self):
        self.first = await self.read("a")  # the title
        second = await self.read(
            "b",
        )
        # The last one.
        third: str = await self.read("c")
        print("order:", self.first, second, third)


async def main():
    loop = asyncio.get_running_loop()
    began = loop.time()
    await Store().load()
    elapsed = loop.time() - began
    print("waited:", "once" if elapsed < 1.1 else f"{round(elapsed / 0.55)} times")


asyncio.run(main())
