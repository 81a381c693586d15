# page: uncalled-coroutine-function
# before: a coroutine was expected
# before-exit: 1
# after: ready
import asyncio


async def main(name="ready"):
    print(name)


asyncio.run(main)
