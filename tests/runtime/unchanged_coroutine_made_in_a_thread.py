# The coroutine that comes back from the thread is awaited here.
# page: coroutine-callback
# unchanged
# after: loaded
import asyncio


async def load():
    await asyncio.sleep(0)
    return "loaded"


async def main():
    coroutine = await asyncio.to_thread(load)
    print(await coroutine)


asyncio.run(main())
