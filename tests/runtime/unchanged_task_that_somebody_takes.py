# Returned, awaited through a name, yielded, and stored by whoever is called.
# page: dangling-task
# unchanged
# after: ['awaited', 'kept', 'returned', 'yielded']
import asyncio

from mailbox import deliver, receive

kept = []
names = []


async def listen(name):
    await receive()
    names.append(name)


def start(name):
    return asyncio.create_task(listen(name))


async def running(name):
    yield asyncio.create_task(listen(name))


async def main():
    first = start("returned")
    second = asyncio.create_task(listen("awaited"))
    kept.append(asyncio.create_task(listen("kept")))
    async for third in running("yielded"):
        await deliver("hello")
        await third
    await first
    await second
    print(sorted(names))


asyncio.run(main())
