# page: sync-bridge
# before: cannot be called from a running event loop
# before-exit: 1
# after: loaded a
# modules: change
import asyncio

from store import load


async def main():
    print("loaded", load("a"))


asyncio.run(main())
