# page: unclosed-session
# before: Unclosed client session
# after: statuses: [200, 200]
import asyncio

import aiohttp


class Probe:
    def __init__(self, urls):
        self.urls = urls
        self.statuses = []

    async def run(self):
        if self.urls:
            session = aiohttp.ClientSession()
            for url in self.urls:
                async with session.get(url) as response:
                    self.statuses.append(response.status)
        return self.statuses


async def main():
    print("statuses:", await Probe(["/a", "/b"]).run())


asyncio.run(main())
