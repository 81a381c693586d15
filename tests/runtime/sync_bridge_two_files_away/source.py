import asyncio


class Source:
    def read(self, key):
        raise NotImplementedError

    def every(self, keys):
        for key in keys:
            yield self.read(key)


class Remote(Source):
    async def fetch(self, key):
        await asyncio.sleep(0)
        return key

    def read(self, key):
        loop = asyncio.new_event_loop()
        try:
            return loop.run_until_complete(self.fetch(key))
        finally:
            loop.close()


class Cached(Remote):
    def read(self, key):
        return super().read(key) + 1
