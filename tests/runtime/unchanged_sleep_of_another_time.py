# `time` is a parameter here, and `sleep` a function of this file there.
# page: blocking-sleep
# unchanged
# after: clock sleeps 5
# after: sleep 7
import asyncio
import time


class Clock:
    def sleep(self, seconds):
        print("clock sleeps", seconds)


def sleep(seconds):
    print("sleep", seconds)


async def poll(time):
    time.sleep(5)
    sleep(7)


asyncio.run(poll(Clock() if time else None))
