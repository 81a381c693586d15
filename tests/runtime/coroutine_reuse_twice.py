# page: coroutine-reuse
# before: cannot reuse already awaited coroutine
# before-exit: 1
# after: 6 text
import asyncio


async def load():
    await asyncio.sleep(0)
    return " text "


async def main():
    text = load()
    length = len(await text)
    print(length, (await text).strip())


asyncio.run(main())
