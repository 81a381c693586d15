# page: unclosed-session
# before: Unclosed client session
# after: body of /a
# after: refused
import asyncio

import aiohttp


async def fetch(url):
    session = aiohttp.ClientSession()
    response = await session.get(url)
    print(await response.text())
    await session.close()


async def main():
    await fetch("/a")
    try:
        await fetch("/refused")
    except aiohttp.ClientError:
        print("refused")


asyncio.run(main())
