# page: gather-exceptions
# before: asked a closed session
# after: total of nothing: no answer
import asyncio


class Session:
    is_open = False

    async def __aenter__(self):
        self.is_open = True
        return self

    async def __aexit__(self, *error):
        self.is_open = False

    async def get(self, turns):
        for _ in range(turns):
            await asyncio.sleep(0)
            if not self.is_open:
                print("asked a closed session")
                return 0
        if turns == 1:
            raise ConnectionError("no answer")
        return turns


async def total():
    async with Session() as session:
        first, second = await asyncio.gather(session.get(1), session.get(4))
    return first + second


async def main():
    try:
        print("total:", await total())
    except ConnectionError as error:
        await asyncio.sleep(0.01)
        print("total of nothing:", error)


asyncio.run(main())
