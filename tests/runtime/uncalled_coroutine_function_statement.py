# page: uncalled-coroutine-function
# before: closed: False
# after: closed: True
import asyncio


class Session:
    closed = False

    async def close(self):
        self.closed = True


async def main():
    session = Session()
    session.close
    print("closed:", session.closed)


asyncio.run(main())
