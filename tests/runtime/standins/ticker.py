"""Whether other tasks run while one of them waits."""

import asyncio


async def ticks_during(coroutine):
    """How often another task got its turn: `none`, `few` or `3 or more`, words that do not depend on the machine."""
    count = 0

    async def tick():
        nonlocal count
        while True:
            await asyncio.sleep(0.01)
            count += 1

    ticking = asyncio.ensure_future(tick())
    await asyncio.sleep(0)
    await coroutine
    ticking.cancel()
    return "none" if count == 0 else "few" if count < 3 else "3 or more"
