# page: unobserved-task
# unchanged
# after: seen: no answer
import asyncio


class Poller:
    def start(self):
        self._task = asyncio.create_task(self.poll())

    async def stop(self):
        await self._task

    async def poll(self):
        await asyncio.sleep(0)
        raise ConnectionError("no answer")


async def main():
    poller = Poller()
    poller.start()
    try:
        await poller.stop()
    except ConnectionError as error:
        print("seen:", error)


asyncio.run(main())
