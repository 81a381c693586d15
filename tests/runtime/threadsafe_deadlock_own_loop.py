# page: threadsafe-deadlock
# before: no turn for anybody else
# before-exit: 1
# after: 3
import asyncio
import os
import threading


async def total(*numbers):
    await asyncio.sleep(0)
    return sum(numbers)


async def main():
    loop = asyncio.get_running_loop()
    print(asyncio.run_coroutine_threadsafe(total(1, 2), loop).result())


def give_up():
    print("no turn for anybody else", flush=True)
    os._exit(1)


watchdog = threading.Timer(2, give_up)
watchdog.start()
asyncio.run(main())
watchdog.cancel()
