# Returned, stored and handed on: somebody else closes it.
# page: unclosed-session
# unchanged
# after: body of /a
# after: body of /b
# after: body of /c
import asyncio

import aiohttp


async def connect():
    session = aiohttp.ClientSession()
    await asyncio.sleep(0)
    return session


class Client:
    async def open(self):
        session = aiohttp.ClientSession()
        self.session = session

    async def close(self):
        await self.session.close()


class Owner:
    def __init__(self, session):
        self.session = session


async def own():
    session = aiohttp.ClientSession()
    return Owner(session)


async def text(session, url):
    response = await session.get(url)
    return await response.text()


async def main():
    async with await connect() as session:
        print(await text(session, "/a"))
    client = Client()
    await client.open()
    print(await text(client.session, "/b"))
    await client.close()
    owner = await own()
    print(await text(owner.session, "/c"))
    await owner.session.close()


asyncio.run(main())
