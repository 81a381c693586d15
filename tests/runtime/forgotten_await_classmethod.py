# page: forgotten-await
# before: was never awaited
# before: opened: 0
# after: opened: 1
import asyncio


class Pool:
    opened = 0

    @classmethod
    async def open(cls):
        cls.opened += 1


async def main():
    Pool.open()
    print("opened:", Pool.opened)


asyncio.run(main())
