import asyncio


async def read(language):
    await asyncio.sleep(0)
    return {"name": "Title", "language": language}


def load(language):
    texts = asyncio.run(read(language))
    return texts
