# page: forgotten-await
# before: coroutine 'save' was never awaited
# before: saved: []
# after: saved: [1, 2]
import asyncio

saved = []


async def save(item):
    await asyncio.sleep(0)
    saved.append(item)


async def main():
    for item in (1, 2):
        save(item)
    print("saved:", saved)


asyncio.run(main())
