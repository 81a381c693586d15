# page: unclosed-session
# unchanged
# after: body of /a
# after: body of /b
import asyncio

import aiohttp


async def main():
    async with aiohttp.ClientSession() as session:
        response = await session.get("/a")
        print(await response.text())
    session = aiohttp.ClientSession()
    async with session:
        response = await session.get("/b")
        print(await response.text())


asyncio.run(main())
