# page: starving-loop
# before: it never stopped
# before-exit: 1
# after: handled: a
# after: stopped
import asyncio
import os
import threading


class Worker:
    def __init__(self):
        self.queue = asyncio.Queue()
        self.stopped = False

    async def run(self):
        while not self.stopped:
            if not self.queue.empty():
                print("handled:", await self.queue.get())

    async def feed(self):
        await self.queue.put("a")
        await asyncio.sleep(0.05)
        self.stopped = True


def give_up():
    print("it never stopped", flush=True)
    os._exit(1)


async def main():
    worker = Worker()
    watchdog = threading.Timer(3, give_up)
    watchdog.daemon = True
    watchdog.start()
    await asyncio.gather(worker.run(), worker.feed())
    watchdog.cancel()
    print("stopped")


asyncio.run(main())
