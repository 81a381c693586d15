# page: swallowed-cancellation
# before: page: None
# after: timed out
import asyncio


class Session:
    async def get(self, url):
        await asyncio.sleep(60)


async def fetch(session, url):
    try:
        return await session.get(url)
    except BaseException as error:
        print("no page", type(error).__name__, end=" ")
    return None


async def load(session, url):
    return await fetch(session, url)


async def main():
    try:
        print("page:", await asyncio.wait_for(load(Session(), "/"), 0.01))
    except asyncio.TimeoutError:
        print("timed out")


asyncio.run(main())
