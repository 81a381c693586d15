# page: thread-lock-across-await
# before: stands still
# before-exit: 3
# after: one
# after: two
# python: 3.10
import asyncio
import os
import threading

_lock = threading.Lock()


def watch():
    if not ended.wait(3):
        print("stands still", flush=True)
        os._exit(3)


ended = threading.Event()
threading.Thread(target=watch, daemon=True).start()


async def write(name):
    with _lock:
        await asyncio.sleep(0)
        print(name)


async def main():
    await asyncio.gather(write("one"), write("two"))
    ended.set()


asyncio.run(main())
