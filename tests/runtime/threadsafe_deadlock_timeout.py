# page: threadsafe-deadlock
# before: TimeoutError
# before-exit: 1
# after: 3
# after: 7
import asyncio


async def total(*numbers):
    await asyncio.sleep(0)
    return sum(numbers)


async def main():
    loop = asyncio.get_running_loop()
    print(asyncio.run_coroutine_threadsafe(total(1, 2), loop).result(0.2))
    future = asyncio.run_coroutine_threadsafe(total(3, 4), asyncio.get_event_loop())
    print(future.result())


asyncio.run(main())
