# page: unclosed-session
# before: Unclosed client session
# after: refused
import asyncio

import aiohttp


async def fetch(url):
    session = aiohttp.ClientSession()
    await session.get(url + "/refused")
    try:
        response = await session.get(url)
        print(await response.text())
    finally:
        await session.close()


async def main():
    try:
        await fetch("/a")
    except aiohttp.ClientError:
        print("refused")


asyncio.run(main())
