# A class of its own kind awaits the constructor.
# page: async-dunder
# unchanged
# after: connected
import asyncio


class Awaiting:
    async def __new__(cls, *arguments):
        made = super().__new__(cls)
        await made.__init__(*arguments)
        return made


class Session(Awaiting):
    async def __init__(self, state):
        await asyncio.sleep(0)
        self.state = state


async def main():
    session = await Session("connected")
    print(session.state)


asyncio.run(main())
