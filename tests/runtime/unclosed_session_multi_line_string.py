# The rest of the block moves to the right; the string must not.
# page: unclosed-session
# before: Unclosed client session
# after: one
# after:     two: body of /a
# after: three
import asyncio

import aiohttp


async def report(url):
    session = aiohttp.ClientSession()
    response = await session.get(url)

    # The report has lines of its own.
    text = """one
    two: %s
three"""
    return text % await response.text()


async def main():
    print(await report("/a"))


asyncio.run(main())
