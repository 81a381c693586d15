import asyncio


async def fetch(key):
    await asyncio.sleep(0)
    return key


def load(key):
    return asyncio.run(fetch(key))
