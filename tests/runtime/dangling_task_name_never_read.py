# page: dangling-task
# before: Task was destroyed but it is pending
# after: received: hello
import asyncio

from mailbox import deliver, receive


async def listen():
    print("received:", await receive())


async def start():
    task = asyncio.create_task(listen())
    await asyncio.sleep(0)


async def main():
    await start()
    await deliver("hello")


asyncio.run(main())
