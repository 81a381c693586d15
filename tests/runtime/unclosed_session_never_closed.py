# page: unclosed-session
# before: Unclosed client session
# after: body of /a
import asyncio

import aiohttp


async def fetch(url):
    session = aiohttp.ClientSession()
    async with session.get(url) as response:
        return await response.text()


async def main():
    print(await fetch("/a"))


asyncio.run(main())
