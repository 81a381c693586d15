# The decorator makes a plain function of the coroutine function, and its call must not be awaited.
# page: forgotten-await
# unchanged
# after: ran: [1]
import asyncio
import functools
import threading

ran = []


def in_thread(function):
    @functools.wraps(function)
    def call(*args):
        thread = threading.Thread(target=lambda: asyncio.run(function(*args)))
        thread.start()
        thread.join()

    return call


@in_thread
async def job(number):
    ran.append(number)


async def main():
    job(1)
    print("ran:", ran)


asyncio.run(main())
