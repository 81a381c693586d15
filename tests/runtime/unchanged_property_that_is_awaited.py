# The property gives a coroutine without a call.
# page: uncalled-coroutine-function
# unchanged
# after: open
import asyncio


class Session:
    @property
    async def status(self):
        return "open"


async def main():
    session = Session()
    print(await session.status)


asyncio.run(main())
