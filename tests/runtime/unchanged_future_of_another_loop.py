# The loop runs in another thread, and a worker thread waits for the loop of the program.
# page: threadsafe-deadlock
# unchanged
# after: 3
# after: 7
import asyncio
import threading


async def total(*numbers):
    await asyncio.sleep(0)
    return sum(numbers)


async def main(other):
    print(asyncio.run_coroutine_threadsafe(total(1, 2), other).result())
    loop = asyncio.get_running_loop()

    def work():
        return asyncio.run_coroutine_threadsafe(total(3, 4), loop).result()

    print(await loop.run_in_executor(None, work))


other = asyncio.new_event_loop()
thread = threading.Thread(target=other.run_forever)
thread.start()
asyncio.run(main(other))
other.call_soon_threadsafe(other.stop)
thread.join()
other.close()
