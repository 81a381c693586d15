# page: unclosed-session
# before: Unclosed client session
# after: {'url': 'http://shop/orders'}
import asyncio

from aiohttp import ClientSession as Session


async def main():
    session = Session(
        "http://shop",
        headers={"Accept": "application/json"},
    )
    async with session.get("/orders") as response:
        print(await response.json())


asyncio.run(main())
