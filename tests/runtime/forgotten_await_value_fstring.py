# page: forgotten-await-value
# before: Hello, <coroutine object name at
# before: coroutine 'name' was never awaited
# after: Hello, 'Ada'!
# after: 3 letters, 100%
import asyncio


async def name():
    await asyncio.sleep(0)
    return "Ada"


async def letters():
    return len(await name())


async def main():
    print(f"Hello, {name()!r}!")
    print("%s letters, 100%%" % letters())


asyncio.run(main())
