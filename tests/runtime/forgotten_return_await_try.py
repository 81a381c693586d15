# page: forgotten-return-await
# before: ConnectionError: refused
# before-exit: 1
# after: status: offline
import asyncio


class Client:
    async def _get(self):
        await asyncio.sleep(0)
        raise ConnectionError("refused")

    async def status(self) -> str:
        try:
            return self._get()
        except ConnectionError:
            return "offline"


async def main():
    status = await Client().status()
    if asyncio.iscoroutine(status):
        status = await status
    print("status:", status)


asyncio.run(main())
