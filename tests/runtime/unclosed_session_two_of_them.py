# page: unclosed-session
# before: Unclosed client session
# before: Unclosed httpx client
# after: refused
# python: 3.10
import asyncio

import aiohttp
import httpx


async def compare(url):
    session = aiohttp.ClientSession()
    client = httpx.AsyncClient()
    first = await session.get(url)
    second = await client.get(url + "/refused")
    print(first.status == second.status_code)


async def main():
    try:
        await compare("/a")
    except httpx.HTTPError:
        print("refused")


asyncio.run(main())
