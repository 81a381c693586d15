# page: blocking-lock
# prefer: asyncio-kind
# before: the loop stands still
# before-exit: 3
# after: one
# after: two
# python: 3.10
import asyncio
import os
import threading

_turn = threading.Lock()


async def take(name):
    _turn.acquire()
    await asyncio.sleep(0)
    print(name)
    _turn.release()


async def main():
    await asyncio.gather(take("one"), take("two"))


# The second holds the loop, and the first never releases.
def end():
    print("the loop stands still", flush=True)
    os._exit(3)


watch = threading.Timer(1.5, end)
watch.start()
asyncio.run(main())
watch.cancel()
