# page: unobserved-task
# before: seen: nothing
# after: seen: no answer
import asyncio
import logging

seen = []


class Told(logging.Handler):
    def emit(self, record):
        seen.append(str(record.exc_info[1]))


class Poller:
    def start(self):
        self._task = asyncio.create_task(self.poll())

    def stop(self):
        self._task.cancel()

    async def poll(self):
        await asyncio.sleep(0)
        raise ConnectionError("no answer")


async def main():
    poller = Poller()
    poller.start()
    await asyncio.sleep(0.01)
    poller.stop()
    print("seen:", *(seen or ["nothing"]))
    logging.getLogger().removeHandler(told)
    logging.getLogger("asyncio").disabled = True


told = Told()
logging.getLogger().addHandler(told)
asyncio.run(main())
