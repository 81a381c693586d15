# page: coroutine-reuse
# before: cannot reuse already awaited coroutine
# before-exit: 1
# after: one text
# after: two text
import asyncio


async def load():
    await asyncio.sleep(0)
    return "text"


async def main():
    text = load()
    for client in ("one", "two"):
        print(client, await text)


asyncio.run(main())
