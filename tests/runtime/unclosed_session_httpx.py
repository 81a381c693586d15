# page: unclosed-session
# before: Unclosed httpx client
# after: body of http://shop/a
# after: refused
import asyncio

import httpx


async def fetch(url):
    client = httpx.AsyncClient(base_url="http://shop", timeout=None)
    response = await client.get(url)
    await client.aclose()
    return response.text


async def main():
    for url in ("/a", "/refused"):
        try:
            print(await fetch(url))
        except httpx.HTTPError:
            print("refused")


asyncio.run(main())
