# page: blocking-lock
# prefer: asyncio-kind
# before: the loop stands still
# before-exit: 3
# after: job: 0
# after: job: 1
# after: job: 2
# after: left: 0
# python: 3.10
import asyncio
import os
import queue
import threading


class Line:
    def __init__(self):
        self._jobs = queue.Queue(maxsize=1)

    async def produce(self):
        for number in range(3):
            self._jobs.put(number)

    async def consume(self):
        for _ in range(3):
            print("job:", self._jobs.get(), flush=True)
            self._jobs.task_done()
        self._jobs.join()
        print("left:", self._jobs.qsize())


async def main():
    line = Line()
    await asyncio.gather(line.consume(), line.produce())


# The consumer holds the loop, and the producer never has a turn.
def end():
    print("the loop stands still", flush=True)
    os._exit(3)


watch = threading.Timer(1.5, end)
watch.start()
asyncio.run(main())
watch.cancel()
