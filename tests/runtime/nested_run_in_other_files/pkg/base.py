import asyncio


class Base:
    def __init__(self):
        self.loop = asyncio.get_running_loop()

    async def load(self, key):
        await asyncio.sleep(0)
        return key
