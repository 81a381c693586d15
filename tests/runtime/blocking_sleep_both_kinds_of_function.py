# The plain function still needs the import that the coroutine gave up.
# page: blocking-sleep
# before: ticks: none
# after: thread slept
# after: ticks: 3 or more
import asyncio
import threading
from time import sleep

from ticker import ticks_during


def in_thread():
    sleep(0.01)
    print("thread slept")


async def poll():
    sleep(0.3)


async def main():
    thread = threading.Thread(target=in_thread)
    thread.start()
    thread.join()
    print("ticks:", await ticks_during(poll()))


asyncio.run(main())
