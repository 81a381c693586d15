# The handler hides the error, and the fallback has been served ever since.
# page: nested-run
# before: answer: fallback
# before: coroutine 'fetch' was never awaited
# after: answer: fresh
import asyncio


async def fetch():
    await asyncio.sleep(0)
    return "fresh"


class Cache:
    async def read(self):
        try:
            return asyncio.run(fetch())
        except RuntimeError:
            return "fallback"


async def main():
    print("answer:", await Cache().read())


asyncio.run(main())
