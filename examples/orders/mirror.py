"""Product pictures, copied from the suppliers once a night."""

import asyncio
import logging
import threading

import aiohttp

log = logging.getLogger(__name__)


class Mirror:
    def __init__(self, folder):
        self.folder = folder
        self.lock = threading.Lock()
        self.copied = 0

    async def copy(self, url):
        async with aiohttp.ClientSession() as session:
            async with session.get(url) as response:
                data = await response.read()
        with self.lock:
            await self.write(url, data)
            self.copied += 1

    async def copy_all(self, urls):
        await asyncio.gather(*[self.copy(url) for url in urls])
        log.info("%d pictures", self.copied)

    async def write(self, url, data):
        loop = asyncio.get_event_loop()
        target = self.folder / url.rsplit("/", 1)[-1]
        await loop.run_in_executor(None, target.write_bytes, data)


class Catalogue:
    def __init__(self, base):
        self.base = base
        self.feed = aiohttp.ClientSession()

    async def pictures(self):
        async with self.feed.get(self.base + "/pictures") as response:
            return await response.json()
