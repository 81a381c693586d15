# page: forgotten-await-value
# before: AttributeError: 'coroutine' object has no attribute 'upper'
# before: coroutine 'load' was never awaited
# before-exit: 1
# after: HELLO
import asyncio


async def load():
    await asyncio.sleep(0)
    return "hello"


async def main():
    print(
        load()
        .upper()  # for the banner
    )


asyncio.run(main())
