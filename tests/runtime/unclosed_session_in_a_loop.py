# page: unclosed-session
# before: Unclosed client session
# after: body of /a
# after: body of /b
import asyncio

import aiohttp


async def main():
    for url in ("/a", "/skip", "/b"):
        session = aiohttp.ClientSession()
        if url == "/skip":
            continue
        response = await session.get(url)
        print(await response.text())


asyncio.run(main())
