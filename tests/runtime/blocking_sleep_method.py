# page: blocking-sleep
# before: ticks: none
# after: attempts: 3
# after: ticks: 3 or more
import asyncio
import time

from ticker import ticks_during


class Poller:
    def __init__(self):
        self.attempts = 0

    async def poll(self):
        while self.attempts < 3:
            self.attempts += 1
            try:
                raise OSError("not yet")
            except OSError:
                time.sleep(0.1 * 1)  # back off
        print("attempts:", self.attempts)


async def main():
    print("ticks:", await ticks_during(Poller().poll()))


asyncio.run(main())
