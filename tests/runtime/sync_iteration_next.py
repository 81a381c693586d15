# page: sync-iteration
# before: TypeError
# before-exit: 1
# after: first second last
import asyncio


async def lines():
    yield "first"
    await asyncio.sleep(0)
    yield "second"


async def main():
    feed = lines()
    print(next(feed), next(feed).strip(), end=" ")
    async for _ in feed:
        print("never")
    print("last")


asyncio.run(main())
