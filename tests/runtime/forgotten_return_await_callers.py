# page: forgotten-return-await
# before: AttributeError: 'coroutine' object has no attribute 'upper'
# before: coroutine 'load' was never awaited
# before-exit: 1
# after: HELLO
import asyncio


async def load():
    await asyncio.sleep(0)
    return "hello"


async def greeting():
    return load()


async def main():
    text = await greeting()
    print(text.upper())


asyncio.run(main())
