# page: nested-run
# before: This event loop is already running
# before-exit: 1
# after: a b c
import asyncio

import pkg
from pkg import Base, run


class Remote(Base):
    async def both(self, key):
        value = self.loop.run_until_complete(self.load(key))
        return value


async def main():
    print(await Remote().both("a"), run(Remote().load("b")), pkg.run(Remote().load("c")))


asyncio.run(main())
