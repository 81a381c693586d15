# page: dangling-task
# before: Task was destroyed but it is pending
# after: received: hello
import asyncio

from mailbox import deliver, receive


async def listen():
    print("received:", await receive())


async def main():
    loop = asyncio.get_running_loop()
    loop.create_task(listen())
    await deliver("hello")


asyncio.run(main())
